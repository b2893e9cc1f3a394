// SPDX-License-Identifier: Apache-2.0
// The module of dues: routes, navigation, settings, and what its pages share.
#include "mod/dues/dues_impl.h"

#include "base/text.h"
#include "kit/app.h"
#include "kit/attachment.h"
#include "mod/org/org.h"

#include <string.h>

enum {
    REMIND_BEFORE = 14,
    REMIND_EVERY = 30,
    CHARTER_YEARS = 2,
    DAYS_MOST = 366,
    YEARS_MOST = 10,
    YEARS_SHOWN = 5,
    FEN = 100,
};

// ---- settings --------------------------------------------------------------------------

static int64_t
number(struct ctx *c, const char *key, int64_t otherwise, int64_t most)
{
    int64_t n = otherwise;
    const char *s = setting_get(c->tx, c->arena, key);
    return s != NULL && text_to_int(s, &n) && n >= 0 && n <= most ? n : otherwise;
}

const char *
dues_half_after(struct ctx *c)
{
    const char *s = setting_get(c->tx, c->arena, "dues_half_after");
    s = s == NULL || !dues_is_boundary(s) ? "07-01" : s; // domain.md §8 (F:13d)
    return strcmp(s, "off") == 0 ? NULL : s;
}

int64_t
dues_remind_before(struct ctx *c)
{
    return number(c, "dues_remind_before_days", REMIND_BEFORE, DAYS_MOST);
}

int64_t
dues_remind_every(struct ctx *c)
{
    return number(c, "dues_remind_every_days", REMIND_EVERY, DAYS_MOST);
}

int64_t
dues_charter_years(struct ctx *c)
{
    return number(c, "dues_charter_years", CHARTER_YEARS, YEARS_MOST);
}

// ---- what the pages share --------------------------------------------------------------

const char *
dues_today(struct ctx *c)
{
    return day_text(c->arena, time_to_day(c->now));
}

int
dues_this_year(const struct ctx *c)
{
    return time_civil(c->now).year;
}

const char *
dues_yuan(struct arena *a, int64_t fen)
{
    return text_grouped(
        a, arena_printf(a, "%lld.%02lld", (long long)(fen / FEN), (long long)(fen % FEN)));
}

int
dues_asked_year(struct ctx *c)
{
    int64_t year = 0;
    const char *s = ctx_query(c, "year");
    return s != NULL && text_to_int(s, &year) && year >= DUES_YEAR_FIRST &&
                   year <= DUES_YEAR_LAST
               ? (int)year
               : dues_this_year(c);
}

static const struct db_stmt COLLECTS = {
    .name = "dues.collects",
    .sql = "SELECT kind, name FROM organization WHERE id = $1 AND state = 'active'",
    .params = "id:int",
    .row = "kind:text name:text"};

enum err
dues_asked_chamber(struct ctx *c, int64_t *id)
{
    bool all = ctx_is(c, ROLE_OFFICE | ROLE_LEADER);
    const char *s = ctx_query(c, "organization_id");
    *id = value_get_int(c->in, "organization_id", 0);
    if (*id == 0 && s != NULL && *s != '\0' && !text_to_int(s, id)) {
        return ERR_NOT_FOUND;
    }
    if (!all && *id == 0) {
        *id = c->actor->organization_id;
    }
    if (!all && *id != c->actor->organization_id) {
        return ERR_NOT_FOUND;
    }
    const struct value *of =
        *id == 0 ? NULL : db_one(c->tx, c->arena, &COLLECTS, DB_ARGS(DB_INT(*id)));
    return *id == 0 || dues_collects(value_get_text(of, "kind")) ? ERR_OK : ERR_NOT_FOUND;
}

static void
push_choice(struct ctx *c, struct value *list, const char *value, const char *label,
            bool selected)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "value", value);
    value_set_text(c->arena, m, "label", label);
    value_set_bool(c->arena, m, "selected", selected);
    value_push(c->arena, list, m);
}

struct value *
dues_chambers(struct ctx *c, int64_t current)
{
    struct value *list = value_list(c->arena);
    static const char *const KINDS[] = {"chamber", "federation"};
    for (size_t k = 0; k < sizeof KINDS / sizeof *KINDS; k++) {
        const struct value *some = !ctx_is(c, ROLE_OFFICE | ROLE_LEADER)
                                       ? NULL
                                       : org_options(c->tx, c->arena, KINDS[k]);
        for (size_t i = 0; i < value_count(some); i++) {
            int64_t id = 0;
            const char *value = value_get_text(value_at(some, i), "value");
            text_to_int(value, &id);
            push_choice(c, list, value, value_get_text(value_at(some, i), "label"),
                        id == current);
        }
    }
    return list;
}

struct value *
dues_years(struct ctx *c, int64_t current)
{
    struct value *list = value_list(c->arena);
    int last = dues_this_year(c) + 1;
    for (int year = last; year > last - YEARS_SHOWN; year--) {
        const char *text = arena_printf(c->arena, "%d", year);
        push_choice(c, list, text, text, year == current);
    }
    if (current > last || current <= last - YEARS_SHOWN) {
        const char *text = arena_printf(c->arena, "%lld", (long long)current);
        push_choice(c, list, text, text, true);
    }
    return list;
}

// ---- the module ------------------------------------------------------------------------

static const struct route ROUTES[] = {
    RECORD_STEP(DUES_STANDARD_STEPS, "dues-standards", "approve", DUES_KEEPERS, DUES_IN_NOTE, 0,
                "the assembly's resolution holds: bills may be made"),
    RECORD_STEP(DUES_STANDARD_STEPS, "dues-standards", "refuse", DUES_KEEPERS, DUES_IN_REASON,
                0, "the assembly did not pass it"),
    RECORD_STEP(DUES_STANDARD_STEPS, "dues-standards", "revise", DUES_KEEPERS, DUES_IN_NOTE, 0,
                "a draft again"),
    RECORD_STEP(DUES_STANDARD_STEPS, "dues-standards", "attach", DUES_KEEPERS, DUES_IN_FILES,
                (size_t)ATTACHMENT_MAX * 3, "papers of the resolution"),
    RECORD_STEP(BILL_STEPS, "bills", "remind", DUES_KEEPERS, NULL, 0,
                "a notice to the member's accounts"),
    RECORD_STEP(BILL_STEPS, "bills", "waive", DUES_KEEPERS, BILL_IN_WAIVE, 0,
                "waives what is owed, or a part"),
    RECORD_STEP(BILL_STEPS, "bills", "unwaive", DUES_KEEPERS, DUES_IN_REASON, 0,
                "takes a waiver back"),
    RECORD_STEP(BILL_STEPS, "bills", "postpone", DUES_KEEPERS, BILL_IN_DUE, 0,
                "another day to pay by"),
    RECORD_STEP(BILL_STEPS, "bills", "cancel", DUES_KEEPERS, DUES_IN_REASON, 0,
                "a bill that was a mistake"),
    RECORD_STEP(PAYMENT_STEPS, "payments", "reverse", DUES_KEEPERS, DUES_IN_REASON, 0,
                "takes a payment out of the count; the record stays"),
    {.method = HTTP_GET,
     .pattern = "/dues-issue",
     .roles = DUES_KEEPERS,
     .run = dues_issue_run,
     .show = dues_issue_show,
     .page = "dues-issue",
     .help = "What making a chamber's bills for a year would do"},
    {.method = HTTP_POST,
     .pattern = "/dues-issue",
     .roles = DUES_KEEPERS,
     .fields = DUES_IN_ISSUE,
     .run = dues_issue_make,
     .again = dues_issue_run,
     .again_show = dues_issue_show,
     .again_page = "dues-issue",
     .help = "Makes a chamber's bills for a year, one for each member, once"},
    {.method = HTTP_GET,
     .pattern = "/dues-arrears",
     .roles = DUES_KEEPERS,
     .run = dues_arrears_run,
     .show = dues_arrears_show,
     .page = "dues-arrears",
     .help = "Members who owe dues past their day, the longest first"},
    {.method = HTTP_POST,
     .pattern = "/dues-remind",
     .roles = DUES_KEEPERS,
     .fields = DUES_IN_REMIND,
     .run = dues_remind_run,
     .help = "Reminds a chamber's members in arrears, each not more often than the setting"},
    {.method = HTTP_GET,
     .pattern = "/dues-statement",
     .roles = DUES_READERS,
     .run = dues_statement_run,
     .show = dues_statement_show,
     .page = "dues-statement",
     .help = "Dues of a year: of one chamber, or of all as sums"},
    {.method = HTTP_GET,
     .pattern = "/dues-statement.csv",
     .roles = DUES_READERS,
     .run = dues_statement_csv,
     .help = "The statement as CSV"},
    {.method = HTTP_GET,
     .pattern = "/dues-statement.xlsx",
     .roles = DUES_READERS,
     .run = dues_statement_xlsx,
     .help = "The statement as XLSX"},
    {0},
};

static const struct nav_item NAV[] = {
    {.group = "会费",
     .url = "/bills",
     .label = "会费账单",
     .icon = "inbox",
     .roles = DUES_KEEPERS},
    {.group = "会费",
     .url = "/dues-issue",
     .label = "生成账单",
     .icon = "plus",
     .roles = DUES_KEEPERS},
    {.group = "会费",
     .url = "/dues-arrears",
     .label = "会费欠缴",
     .icon = "clock",
     .roles = DUES_KEEPERS},
    {.group = "会费",
     .url = "/dues-statement",
     .label = "年度会费",
     .icon = "chart-bar",
     .roles = DUES_READERS},
    {.group = "会费",
     .url = "/dues-standards",
     .label = "会费标准",
     .icon = "circle-check",
     .roles = DUES_READERS},
    {.group = "资料",
     .url = "/bills",
     .label = "我的会费",
     .icon = "inbox",
     .roles = ROLE_MEMBER},
    {0},
};

static const struct db_stmt *const STATEMENTS[] = {
    &COLLECTS,        &DUES_KIND_OF,       &DUES_TIERS_OF,    &DUES_IN_FORCE,
    &DUES_NEWER,      &DUES_HOLDING,       &DUES_SET,         &DUES_TIER_COUNT,
    &DUES_TIER_SAME,  &BILL_OF_MEMBERSHIP, &BILL_PAID,        &BILL_SET,
    &BILL_LATER,      &BILL_REMINDABLE,    &BILL_OVERDUE,     &BILL_ACCOUNTS,
    &PAYMENT_SAME,    &PAYMENT_PAYER,      &PAYMENT_REVERSE,  &PAYMENT_BILLS,
    &DUES_MEMBERS,    &DUES_ARREARS,       &DUES_ARREARS_ALL, &DUES_BY_TIER,
    &DUES_BY_CHAMBER, &DUES_PAYERS,        &DUES_RECEIVED,    NULL};

static const struct record_kind *const KINDS[] = {&DUES_STANDARD_KIND, &DUES_TIER_KIND,
                                                  &BILL_KIND, &PAYMENT_KIND, NULL};

static bool
open_module(struct program *p, const char **why)
{
    (void)p;
    (void)why;
    attachment_register(DUES_STANDARD_KIND.name, dues_standard_may_read);
    return true;
}

static const struct import_kind *const IMPORTS[] = {&PAYMENT_IMPORT, NULL};

const struct module DUES_MODULE = {.name = "dues",
                                   .routes = ROUTES,
                                   .stmts = STATEMENTS,
                                   .nav = NAV,
                                   .kinds = KINDS,
                                   .open = open_module,
                                   .links = DUES_LINKS,
                                   .watches = DUES_WATCHES,
                                   .imports = IMPORTS};
