// SPDX-License-Identifier: Apache-2.0
// The module of roll-ups: the districts whose summaries are taken, and the page that adds them
// up.
#include "mod/rollup/rollup_impl.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/listing.h"

#include <string.h>

enum { MONTHS_SHOWN = 12, ROWS_MOST = 1000, KEY_DIGITS = 64 };
// A district that sends every night is late after the second.
#define LATE_AFTER (2 * TIME_DAY)

const struct rollup_figure ROLLUP_FIGURES[] = {
    {"chambers", T("商会"), NULL},
    {"enterprises", T("企业"), NULL},
    {"members", T("会员"), NULL},
    {"joined", T("当月入会"), NULL},
    {"lost", T("当月离会"), NULL},
    {"submitted", T("新提交"), NULL},
    {"closed", T("办结"), NULL},
    {"open", T("正在办"), NULL},
    {"overdue", T("超期未办"), NULL},
    {"on_time", T("按时答复率"), "timed"},
    {"timed", NULL, NULL},
    {"satisfied", T("企业满意率"), "rated"},
    {"rated", NULL, NULL},
    {0},
};

// ---- the districts ---------------------------------------------------------------------

static const struct choice STATES[] = {
    {.value = "active", .label = "接收", .tone = "is-ok"},
    {.value = "paused", .label = "暂停接收", .tone = "is-mute"},
    {0},
};

static const char *
check_key(struct arena *a, const char *text)
{
    (void)a;
    return strlen(text) == KEY_DIGITS && strspn(text, "0123456789abcdef") == KEY_DIGITS
               ? NULL
               : T("公钥是 64 位的小写十六进制数");
}

static const struct field FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .label = "区",
     .max = 60,
     .required = true,
     .where = IN_ALL & ~IN_FILTER},
    {.name = "public_key",
     .type = FIELD_TEXT,
     .label = "公钥",
     .hint = "由该区在自己的服务器上运行 huiqiao rollup --data DIR key 得到。",
     .max = KEY_DIGITS,
     .required = true,
     .check = check_key,
     .where = IN_FORM | IN_DETAIL | IN_EXPORT},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .initial = "active",
     .required = true,
     .where = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT},
    {.name = "contact",
     .type = FIELD_TEXT,
     .label = "联系方式",
     .max = 100,
     .where = IN_FORM | IN_DETAIL | IN_EXPORT},
    {0},
};

static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_ADMIN, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_STAFF | ROLE_LEADER, SCOPE_ALL, NULL},
    {0},
};
static const struct record_sort SORTS[] = {{"updated_at", NULL}, {0}};
static const struct record_more MORE[] = {
    {"/rollup", "各区汇总", "chart-bar", ROLE_OFFICE | ROLE_LEADER}, {0}};

const struct record_kind ROLLUP_SOURCE_KIND = {
    .name = "rollup_source",
    .plural = "rollup-sources",
    .label = "下级区",
    .list_label = "下级区",
    .table = "rollup_source",
    .title = "name",
    .fields = FIELDS,
    .grants = GRANTS,
    .sorts = SORTS,
    .order = "-id",
    .uniques = "name public_key",
    .more = MORE,
    .empty_text = "登记了公钥的区，才能向这里报送每月的汇总数据。",
};

// ---- the page --------------------------------------------------------------------------

static const struct db_stmt OF_MONTH = {
    .name = "rollup.of_month",
    .sql = "SELECT s.id, s.name, s.state, m.made_at, m.received_at, m.summary"
           " FROM rollup_source s"
           " LEFT JOIN rollup_summary m ON m.source_id = s.id AND m.month = $1"
           " ORDER BY s.id LIMIT $2",
    .params = "month:text most:int",
    .row = "id:int name:text state:text made_at:time? received_at:time? summary:text?",
    .scans = "every district of the city is a row of the page"};
static const struct db_stmt SETTING = {
    .name = "rollup.is_on",
    .sql = "SELECT count(*) AS n FROM setting WHERE key = 'rollup' AND value = 'on'",
    .row = "n:int"};

static const char *
asked_month(struct ctx *c)
{
    const char *now = rollup_month(c->arena, c->now, 0);
    const char *s = ctx_query(c, "month");
    return s != NULL && rollup_is_month(s) && strcmp(s, now) <= 0 ? s : now;
}

static struct value *
item_of(struct ctx *c, const struct value *row, int64_t *totals)
{
    struct arena *a = c->arena;
    const char *why = NULL, *text = value_get_text(row, "summary");
    const struct value *summary = text == NULL ? NULL : json_parse(a, text, strlen(text), &why);
    const struct value *figures = value_get(summary, "figures");
    struct value *item = value_map(a), *own = value_map(a);
    value_set(a, item, "id", value_get(row, "id"));
    value_set(a, item, "name", value_get(row, "name"));
    value_set(a, item, "state", value_get(row, "state"));
    value_set(a, item, "made_at", value_get(row, "made_at"));
    for (size_t i = 0; figures != NULL && ROLLUP_FIGURES[i].name != NULL; i++) {
        int64_t n = value_get_int(figures, ROLLUP_FIGURES[i].name, 0);
        value_set_int(a, own, ROLLUP_FIGURES[i].name, n);
        totals[i] += n;
    }
    value_set(a, item, "figures", figures == NULL ? &value_null : own);
    return item;
}

enum err
rollup_page_run(struct ctx *c)
{
    enum { FIGURES = sizeof ROLLUP_FIGURES / sizeof *ROLLUP_FIGURES };
    struct arena *a = c->arena;
    int64_t totals[FIGURES] = {0};
    struct value *out = value_map(a), *items = value_list(a), *total = value_map(a);
    const char *month = asked_month(c);
    const struct value *rows =
        db_list(c->tx, a, &OF_MONTH, DB_ARGS(DB_TEXT(month), DB_INT(ROWS_MOST)));
    for (size_t i = 0; i < value_count(rows); i++) {
        value_push(a, items, item_of(c, value_at(rows, i), totals));
    }
    for (size_t i = 0; ROLLUP_FIGURES[i].name != NULL; i++) {
        value_set_int(a, total, ROLLUP_FIGURES[i].name, totals[i]);
    }
    value_set_text(a, out, "month", month);
    value_set(a, out, "items", items);
    value_set(a, out, "total", total);
    c->out = out;
    return ERR_OK;
}

static const char *
cell(struct ctx *c, const struct value *figures, const struct rollup_figure *f)
{
    struct arena *a = c->arena;
    if (figures == NULL || figures->type != VALUE_MAP) {
        return "—";
    }
    int64_t n = value_get_int(figures, f->name, 0);
    if (f->of == NULL) {
        return text_grouped(a, arena_printf(a, "%lld", (long long)n));
    }
    int64_t whole = value_get_int(figures, f->of, 0);
    int64_t tenths = whole == 0 ? 0 : (n * 2000 + whole) / (whole * 2);
    return whole == 0 ? "—"
                      : arena_printf(a, "%lld.%lld%%", (long long)(tenths / 10),
                                     (long long)(tenths % 10));
}

static struct value *
row_of(struct ctx *c, const char *name, const struct value *figures)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *cells = value_list(a);
    for (const struct rollup_figure *f = ROLLUP_FIGURES; f->name != NULL; f++) {
        struct value *v = value_map(a);
        if (f->label != NULL) {
            value_set_text(a, v, "text", cell(c, figures, f));
            value_push(a, cells, v);
        }
    }
    value_set_text(a, row, "name", name);
    value_set(a, row, "cells", cells);
    value_set_text(a, row, "as_of", NULL);
    value_set_bool(a, row, "late", false);
    value_set_bool(a, row, "paused", false);
    return row;
}

// What is known of this month is late when the district has sent nothing for two days.
static void
set_rows(struct ctx *c, bool present)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_at(items, i);
        const struct value *made = value_get(item, "made_at");
        bool has = made != NULL && made->type == VALUE_TIME;
        struct value *row = row_of(c, value_get_text(item, "name"), value_get(item, "figures"));
        value_set_text(a, row, "as_of", has ? time_short_text(a, made->i) : NULL);
        value_set_bool(a, row, "late", present && (!has || c->now - made->i > LATE_AFTER));
        value_set_bool(a, row, "paused", text_equal(value_get_text(item, "state"), "paused"));
        value_push(a, rows, row);
    }
    value_set_bool(a, c->page, "has_rows", value_count(rows) > 0);
    if (value_count(rows) > 0) {
        value_push(a, rows, row_of(c, ctx_tr(c, T("合计")), value_get(c->out, "total")));
    }
    value_set(a, c->page, "rows", rows);
}

enum err
rollup_page_show(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *months = value_list(a), *heads = value_list(a);
    const char *month = value_get_text(c->out, "month");
    for (int back = 0; back < MONTHS_SHOWN; back++) { // the newest first: phones show three
        struct value *link = value_map(a);
        const char *name = rollup_month(a, c->now, back);
        value_set_text(a, link, "label", name);
        value_set_text(a, link, "url", arena_printf(a, "/rollup?month=%s", name));
        value_set_bool(a, link, "current", strcmp(name, month) == 0);
        value_push(a, months, link);
    }
    for (const struct rollup_figure *f = ROLLUP_FIGURES; f->name != NULL; f++) {
        struct value *head = value_map(a);
        if (f->label != NULL) {
            value_set_text(a, head, "label", ctx_tr(c, f->label));
            value_push(a, heads, head);
        }
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("各区汇总")));
    value_set_text(a, c->page, "month", month);
    value_set(a, c->page, "months", months);
    value_set(a, c->page, "heads", heads);
    value_set_bool(a, c->page, "may_add", ctx_is(c, ROLE_ADMIN));
    set_rows(c, strcmp(month, rollup_month(a, c->now, 0)) == 0);
    return ERR_OK;
}

// ---- the module ------------------------------------------------------------------------

static int64_t
is_on(void *arg)
{
    struct ctx *c = arg;
    return db_value_int(c->tx, &SETTING, DB_NONE, 0);
}

// Most installations are no city: nothing of this shows there.
static bool
is_hidden(struct ctx *c)
{
    return listing_count_cached(c->app, "rollup", db_generation(c->app->db), is_on, c) == 0;
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/rollup",
     .roles = ROLE_OFFICE | ROLE_LEADER,
     .run = rollup_page_run,
     .show = rollup_page_show,
     .page = "rollup",
     .help = "The districts' figures of a month, and their sums"},
    {.method = HTTP_POST,
     .pattern = "/rollup",
     .roles = ROLE_ANYONE | ROLE_SIGNED_IN,
     .fields = ROLLUP_IN,
     .run = rollup_take,
     .flags = ROUTE_API | ROUTE_RATED,
     .help = "Takes a district's signed summary of a month: whoever has the key may send"},
    {0},
};

static const struct nav_item NAV[] = {{.group = "分析",
                                       .url = "/rollup",
                                       .label = "各区汇总",
                                       .icon = "chart-bar",
                                       .roles = ROLE_OFFICE | ROLE_LEADER,
                                       .hidden = is_hidden},
                                      {.group = "管理",
                                       .url = "/rollup-sources",
                                       .label = "下级区",
                                       .icon = "sitemap",
                                       .roles = ROLE_ADMIN,
                                       .hidden = is_hidden},
                                      {0}};

static const struct record_kind *const KINDS[] = {&ROLLUP_SOURCE_KIND, NULL};
static const struct db_stmt *const STATEMENTS[] = {&OF_MONTH,
                                                   &SETTING,
                                                   &ROLLUP_ROSTER,
                                                   &ROLLUP_MEMBERS,
                                                   &ROLLUP_DEMANDS,
                                                   &ROLLUP_CLOSED,
                                                   &ROLLUP_NOW,
                                                   &ROLLUP_SOURCE,
                                                   &ROLLUP_MADE,
                                                   &ROLLUP_KEEP,
                                                   NULL};

const struct module ROLLUP_MODULE = {
    .name = "rollup", .routes = ROUTES, .stmts = STATEMENTS, .nav = NAV, .kinds = KINDS};
