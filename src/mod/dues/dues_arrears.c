// SPDX-License-Identifier: Apache-2.0
// Who owes dues past their day: a row for each member, the longest first, and from when on the
// charter says what follows.
#include "mod/dues/dues_impl.h"

#include "base/text.h"
#include "mod/org/org.h"

#include <string.h>

enum { ROWS_MOST = 500, REMIND_MOST = 500 };

const struct field DUES_IN_REMIND[] = {{.name = "organization_id",
                                        .type = FIELD_REF,
                                        .label = "商会",
                                        .ref = "organizations",
                                        .where = IN_FORM},
                                       {0}};

#define ARREARS(where)                                                                         \
    "SELECT b.membership_id, b.organization_id, o.name AS chamber,"                            \
    " coalesce(e.name, p.name) AS who, min(b.due_on) AS first_due, min(b.year) AS first_year," \
    " count(*) AS bills, sum(b.owed_fen) AS owed_fen, max(b.reminded_on) AS reminded_on"       \
    " FROM bill b JOIN organization o ON o.id = b.organization_id"                             \
    " LEFT JOIN enterprise e ON e.id = b.enterprise_id"                                        \
    " LEFT JOIN person p ON p.id = b.person_id"                                                \
    " WHERE b.owed_fen > 0 AND b.due_on < $1" where                                            \
    " GROUP BY b.membership_id, b.organization_id, o.name, e.name, p.name"                     \
    " ORDER BY min(b.due_on), b.membership_id LIMIT $2"
#define ARREARS_ROW                                                                            \
    "membership_id:int organization_id:int chamber:text who:text? first_due:text"              \
    " first_year:int bills:int owed_fen:int reminded_on:text?"

const struct db_stmt DUES_ARREARS = {.name = "dues.arrears",
                                     .sql = ARREARS(" AND b.organization_id = $3"),
                                     .params = "today:text most:int organization:int",
                                     .row = ARREARS_ROW,
                                     .scans = "what one chamber is owed, summed by member"};
const struct db_stmt DUES_ARREARS_ALL = {.name = "dues.arrears_all",
                                         .sql = ARREARS(""),
                                         .params = "today:text most:int",
                                         .row = ARREARS_ROW,
                                         .scans = "what is owed, summed by member"};

// ---- data ------------------------------------------------------------------------------

// "none" while it is only late, "warning" from a year on, "charter" from the setting on.
static const char *
action_of(struct ctx *c, const char *first_due, int64_t charter)
{
    int32_t day = 0;
    day_parse(first_due, &day);
    int years = dues_years_since(day, time_to_day(c->now));
    return charter > 0 && years >= charter ? "charter" : years >= 1 ? "warning" : "none";
}

enum err
dues_arrears_run(struct ctx *c)
{
    struct arena *a = c->arena;
    int64_t organization, fen = 0, charter = dues_charter_years(c);
    enum err e = dues_asked_chamber(c, &organization);
    if (e != ERR_OK) {
        return e;
    }
    const char *today = dues_today(c);
    struct value *items =
        organization != 0
            ? db_list(c->tx, a, &DUES_ARREARS,
                      DB_ARGS(DB_TEXT(today), DB_INT(ROWS_MOST), DB_INT(organization)))
            : db_list(c->tx, a, &DUES_ARREARS_ALL, DB_ARGS(DB_TEXT(today), DB_INT(ROWS_MOST)));
    for (size_t i = 0; i < value_count(items); i++) {
        struct value *row = (struct value *)(uintptr_t)value_at(items, i); // made for us
        fen += value_get_int(row, "owed_fen", 0);
        value_set_text(a, row, "action",
                       action_of(c, value_get_text(row, "first_due"), charter));
    }
    struct value *out = value_map(a);
    value_set(a, out, "organization_id",
              organization == 0 ? &value_null : value_int(a, organization));
    value_set_text(a, out, "organization", org_name(c->tx, a, organization));
    value_set_int(a, out, "owed_fen", fen);
    value_set(a, out, "items", items);
    c->out = out;
    return ERR_OK;
}

// ---- page ------------------------------------------------------------------------------

static struct value *
row_of(struct ctx *c, const struct value *item, int64_t charter)
{
    struct arena *a = c->arena;
    const char *action = value_get_text(item, "action");
    bool over = strcmp(action, "charter") == 0, year = strcmp(action, "warning") == 0;
    struct value *m = value_map(a), *badge = value_map(a);
    value_set_text(a, badge, "class", over ? "is-bad" : year ? "is-warn" : "is-mute");
    value_set_text(a, badge, "icon", over ? "alert-triangle" : NULL);
    value_set_text(a, badge, "text",
                   over   ? ctx_trf(c, T("满 {0} 年，可按章程处理"), 1,
                                    arena_printf(a, "%lld", (long long)charter))
                   : year ? ctx_tr(c, T("满一年"))
                          : ctx_tr(c, T("已逾期")));
    value_set(a, m, "badge", badge);
    value_set_text(a, m, "name", value_get_text(item, "who"));
    value_set_text(a, m, "chamber", value_get_text(item, "chamber"));
    value_set_text(a, m, "url",
                   arena_printf(a, "/memberships/%lld",
                                (long long)value_get_int(item, "membership_id", 0)));
    value_set_text(a, m, "first_year",
                   arena_printf(a, "%lld", (long long)value_get_int(item, "first_year", 0)));
    value_set_text(a, m, "first_due", value_get_text(item, "first_due"));
    value_set_int(a, m, "bills", value_get_int(item, "bills", 0));
    value_set_text(a, m, "owed", dues_yuan(a, value_get_int(item, "owed_fen", 0)));
    value_set_text(a, m, "reminded_on", value_get_text(item, "reminded_on"));
    return m;
}

enum err
dues_arrears_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    int64_t organization = value_get_int(c->out, "organization_id", 0),
            charter = dues_charter_years(c);
    struct value *page = value_map(a), *rows = value_list(a);
    struct value *chambers = dues_chambers(c, organization);
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(a, rows, row_of(c, value_at(items, i), charter));
    }
    value_set_text(a, page, "title", ctx_tr(c, T("会费欠缴")));
    value_set_text(a, page, "organization", value_get_text(c->out, "organization"));
    value_set_int(a, page, "organization_id", organization);
    value_set_bool(a, page, "has_chambers", value_count(chambers) > 0);
    value_set(a, page, "chambers", chambers);
    value_set_bool(a, page, "one", organization != 0);
    value_set(a, page, "rows", rows);
    value_set_bool(a, page, "has_rows", value_count(rows) > 0);
    value_set_bool(a, page, "more", value_count(rows) == ROWS_MOST);
    value_set_bool(a, page, "can_remind", organization != 0 && value_count(rows) > 0);
    value_set_text(a, page, "count", arena_printf(a, "%zu", value_count(rows)));
    value_set_text(a, page, "owed", dues_yuan(a, value_get_int(c->out, "owed_fen", 0)));
    c->page = page;
    return ERR_OK;
}

// ---- reminding -------------------------------------------------------------------------

enum err
dues_remind_run(struct ctx *c)
{
    struct arena *a = c->arena;
    int64_t organization;
    enum err e = dues_asked_chamber(c, &organization);
    if (e != ERR_OK) {
        return e;
    }
    if (organization == 0) {
        return ctx_fault(c, "organization_id", "missing", T("请选择商会"));
    }
    int64_t n = dues_remind_overdue(c, organization, REMIND_MOST);
    struct value *out = value_map(a);
    value_set_int(a, out, "organization_id", organization);
    value_set_int(a, out, "reminded", n);
    c->out = out;
    if (!c->api) {
        c->location =
            arena_printf(a, "/dues-arrears?organization_id=%lld", (long long)organization);
        c->flash = n > 0 ? ctx_trf(c, T("已提醒 {0} 张账单。"), 1,
                                   arena_printf(a, "%lld", (long long)n))
                         : T("没有可以提醒的：最近都提醒过，或者会员没有登录账号。");
    }
    return db_tx_err(c->tx);
}
