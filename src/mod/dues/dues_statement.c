// SPDX-License-Identifier: Apache-2.0
// Dues of a year: billed, paid, waived, owed, by tier and by payer for one chamber; the sums of
// every chamber for those who look after all of them. Leaders see sums, never who paid.
#include "mod/dues/dues_impl.h"

#include "base/buf.h"
#include "base/text.h"
#include "mod/org/org.h"
#include "view/table.h"

enum { PAYERS_MOST = 5000, PAYERS_SHOWN = 500, CHAMBERS_MOST = 1000, CSV_MOST = 16 << 20 };

#define SUMS                                                                                   \
    " count(*) AS bills, sum(amount_fen) AS amount_fen, sum(paid_fen) AS paid_fen,"            \
    " sum(waived_fen) AS waived_fen, sum(owed_fen) AS owed_fen,"                               \
    " sum(CASE WHEN owed_fen = 0 THEN 1 ELSE 0 END) AS settled"
#define SUMS_ROW                                                                               \
    " bills:int amount_fen:int paid_fen:int waived_fen:int owed_fen:int settled:int"

const struct db_stmt DUES_BY_TIER = {
    .name = "dues.by_tier",
    .sql = "SELECT tier," SUMS " FROM bill WHERE year = $1 AND organization_id = $2"
           " AND state <> 'cancelled' GROUP BY tier ORDER BY max(amount_fen) DESC, tier",
    .params = "year:int organization:int",
    .row = "tier:text" SUMS_ROW};
const struct db_stmt DUES_BY_CHAMBER = {
    .name = "dues.by_chamber",
    .sql = "SELECT organization_id, (SELECT o.name FROM organization o"
           " WHERE o.id = organization_id) AS chamber," SUMS
           " FROM bill WHERE year = $1 AND state <> 'cancelled'"
           " GROUP BY organization_id ORDER BY organization_id LIMIT $2",
    .params = "year:int most:int",
    .row = "organization_id:int chamber:text?" SUMS_ROW};
const struct db_stmt DUES_PAYERS = {
    .name = "dues.payers",
    .sql = "SELECT b.id, b.name AS number, coalesce(e.name, p.name) AS who, b.tier, b.basis,"
           " b.amount_fen, b.paid_fen, b.waived_fen, b.owed_fen, b.due_on, b.state,"
           " (SELECT max(y.paid_on) FROM payment y WHERE y.bill_id = b.id"
           " AND y.state = 'recorded') AS paid_on"
           " FROM bill b LEFT JOIN enterprise e ON e.id = b.enterprise_id"
           " LEFT JOIN person p ON p.id = b.person_id"
           " WHERE b.year = $1 AND b.organization_id = $2 AND b.state <> 'cancelled'"
           " ORDER BY b.id LIMIT $3",
    .params = "year:int organization:int most:int",
    .row = "id:int number:text who:text? tier:text basis:text amount_fen:int paid_fen:int"
           " waived_fen:int owed_fen:int due_on:text state:text paid_on:text?"};
// What came in during the year, whatever year it was for.
const struct db_stmt DUES_RECEIVED = {
    .name = "dues.received",
    .sql = "SELECT sum(y.amount_fen) AS fen FROM bill b JOIN payment y ON y.bill_id = b.id"
           " WHERE b.organization_id = $1 AND y.state = 'recorded'"
           " AND y.paid_on >= $2 AND y.paid_on <= $3",
    .params = "organization:int first:text last:text",
    .row = "fen:int?"};

static const char *const SUM_KEYS[] = {"bills",      "settled",  "amount_fen", "paid_fen",
                                       "waived_fen", "owed_fen", NULL};

// ---- data ------------------------------------------------------------------------------

static void
add_sums(struct ctx *c, struct value *out, const struct value *rows)
{
    for (const char *const *key = SUM_KEYS; *key != NULL; key++) {
        int64_t n = 0;
        for (size_t i = 0; i < value_count(rows); i++) {
            n += value_get_int(value_at(rows, i), *key, 0);
        }
        value_set_int(c->arena, out, *key, n);
    }
}

static bool
sees_payers(const struct ctx *c)
{
    return ctx_is(c, DUES_KEEPERS);
}

static void
fill_chamber(struct ctx *c, struct value *out, int64_t organization, int64_t year,
             int64_t payers)
{
    struct arena *a = c->arena;
    const char *first = arena_printf(a, "%lld-01-01", (long long)year),
               *last = arena_printf(a, "%lld-12-31", (long long)year);
    struct dues_standard s;
    struct value *tiers =
        db_list(c->tx, a, &DUES_BY_TIER, DB_ARGS(DB_INT(year), DB_INT(organization)));
    bool held = dues_standard_of(c, organization, year, &s);
    add_sums(c, out, tiers);
    value_set_int(a, out, "received_fen",
                  db_value_int(c->tx, &DUES_RECEIVED,
                               DB_ARGS(DB_INT(organization), DB_TEXT(first), DB_TEXT(last)),
                               0));
    value_set(a, out, "standard_id", held ? value_int(a, s.id) : &value_null);
    value_set(a, out, "tiers", tiers);
    value_set(a, out, "payers",
              sees_payers(c)
                  ? db_list(c->tx, a, &DUES_PAYERS,
                            DB_ARGS(DB_INT(year), DB_INT(organization), DB_INT(payers)))
                  : &value_null);
    value_set(a, out, "chambers", &value_null);
}

static void
fill_all(struct ctx *c, struct value *out, int64_t year)
{
    struct arena *a = c->arena;
    struct value *rows =
        db_list(c->tx, a, &DUES_BY_CHAMBER, DB_ARGS(DB_INT(year), DB_INT(CHAMBERS_MOST)));
    add_sums(c, out, rows);
    value_set(a, out, "received_fen", &value_null);
    value_set(a, out, "standard_id", &value_null);
    value_set(a, out, "tiers", &value_null);
    value_set(a, out, "payers", &value_null);
    value_set(a, out, "chambers", rows);
}

static enum err
collect(struct ctx *c, int64_t payers)
{
    struct arena *a = c->arena;
    struct value *out = value_map(a);
    int64_t organization, year = dues_asked_year(c);
    enum err e = dues_asked_chamber(c, &organization);
    if (e != ERR_OK) {
        return e;
    }
    value_set_int(a, out, "year", year);
    value_set(a, out, "organization_id",
              organization == 0 ? &value_null : value_int(a, organization));
    value_set_text(a, out, "organization", org_name(c->tx, a, organization));
    if (organization != 0) {
        fill_chamber(c, out, organization, year, payers);
    } else {
        fill_all(c, out, year);
    }
    c->out = out;
    return ERR_OK;
}

enum err
dues_statement_run(struct ctx *c)
{
    return collect(c, PAYERS_SHOWN);
}

// ---- page ------------------------------------------------------------------------------

// "80.0%" of what is asked has come in; "—" of nothing.
static const char *
rate(struct arena *a, int64_t paid, int64_t asked)
{
    int64_t tenths = asked <= 0 ? 0 : (paid * 1000 + asked / 2) / asked;
    return asked <= 0 ? "—"
                      : arena_printf(a, "%lld.%lld%%", (long long)(tenths / 10),
                                     (long long)(tenths % 10));
}

static const char *
rate_of(struct arena *a, const struct value *row)
{
    return rate(a, value_get_int(row, "paid_fen", 0),
                value_get_int(row, "amount_fen", 0) - value_get_int(row, "waived_fen", 0));
}

static void
set_amounts(struct ctx *c, struct value *m, const struct value *row)
{
    static const struct {
        const char *to, *from;
    } AMOUNTS[] = {{"amount", "amount_fen"},
                   {"paid", "paid_fen"},
                   {"waived", "waived_fen"},
                   {"owed", "owed_fen"},
                   {"received", "received_fen"}};
    for (size_t i = 0; i < sizeof AMOUNTS / sizeof *AMOUNTS; i++) {
        value_set_text(c->arena, m, AMOUNTS[i].to,
                       dues_yuan(c->arena, value_get_int(row, AMOUNTS[i].from, 0)));
    }
    value_set_int(c->arena, m, "bills", value_get_int(row, "bills", 0));
    value_set_int(c->arena, m, "settled", value_get_int(row, "settled", 0));
    value_set_text(c->arena, m, "rate", rate_of(c->arena, row));
}

static struct value *
sum_rows(struct ctx *c, const struct value *list, int64_t year)
{
    struct arena *a = c->arena;
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *row = value_at(list, i);
        const char *tier = value_get_text(row, "tier");
        struct value *m = value_map(a);
        set_amounts(c, m, row);
        value_set_text(a, m, "name",
                       tier == NULL ? value_get_text(row, "chamber")
                                    : choice_label(MEMBERSHIP_DUES_TIERS, tier, c->lang));
        value_set_text(a, m, "url",
                       tier != NULL
                           ? NULL
                           : arena_printf(a, "/dues-statement?organization_id=%lld&year=%lld",
                                          (long long)value_get_int(row, "organization_id", 0),
                                          (long long)year));
        value_push(a, rows, m);
    }
    return rows;
}

static struct value *
payer_rows(struct ctx *c, const struct value *list)
{
    struct arena *a = c->arena;
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *row = value_at(list, i);
        const struct choice *state = choice_find(BILL_STATES, value_get_text(row, "state"));
        struct value *m = value_map(a), *badge = value_map(a);
        set_amounts(c, m, row);
        value_set_text(a, badge, "class", state->tone);
        value_set_text(a, badge, "icon", NULL);
        value_set_text(a, badge, "text", ctx_tr(c, state->label));
        value_set(a, m, "badge", badge);
        value_set_text(a, m, "name", value_get_text(row, "who"));
        value_set_text(a, m, "url",
                       arena_printf(a, "/bills/%lld", (long long)value_get_int(row, "id", 0)));
        value_set_text(
            a, m, "tier",
            choice_label(MEMBERSHIP_DUES_TIERS, value_get_text(row, "tier"), c->lang));
        value_set_text(a, m, "paid_on", value_get_text(row, "paid_on"));
        value_push(a, rows, m);
    }
    return rows;
}

// The address of this statement in another form; `kind` is "", ".csv" or ".xlsx".
static const char *
address(struct ctx *c, const char *kind, int64_t organization, int64_t year)
{
    const char *of = organization == 0 ? ""
                                       : arena_printf(c->arena, "organization_id=%lld&",
                                                      (long long)organization);
    return arena_printf(c->arena, "/dues-statement%s?%syear=%lld", kind, of, (long long)year);
}

enum err
dues_statement_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *o = c->out, *payers = value_get(o, "payers");
    int64_t organization = value_get_int(o, "organization_id", 0),
            year = value_get_int(o, "year", 0), bills = value_get_int(o, "bills", 0);
    struct value *page = value_map(a), *chambers = dues_chambers(c, organization);
    const struct value *list = value_get(o, organization != 0 ? "tiers" : "chambers");
    set_amounts(c, page, o);
    value_set_text(a, page, "title", ctx_tr(c, T("年度会费")));
    value_set_text(a, page, "organization", value_get_text(o, "organization"));
    value_set_text(a, page, "of_year", arena_printf(a, "%lld", (long long)year));
    value_set_bool(a, page, "one", organization != 0);
    value_set_bool(a, page, "has_chambers", value_count(chambers) > 0);
    value_set(a, page, "chambers", chambers);
    value_set(a, page, "years", dues_years(c, year));
    value_set_bool(a, page, "no_standard",
                   organization != 0 && value_get_int(o, "standard_id", 0) == 0);
    value_set_bool(a, page, "has_bills", bills > 0);
    value_set(a, page, "rows", sum_rows(c, list, year));
    value_set_bool(a, page, "has_payers", value_count(payers) > 0);
    value_set_bool(a, page, "more_payers", bills > PAYERS_SHOWN);
    value_set(a, page, "payers", payer_rows(c, payers));
    value_set_text(a, page, "csv_url", address(c, ".csv", organization, year));
    value_set_text(a, page, "xlsx_url", address(c, ".xlsx", organization, year));
    c->page = page;
    return ERR_OK;
}

// ---- files -----------------------------------------------------------------------------

enum { SUM_COLUMNS = 7, PAYER_COLUMNS = 11 };

static size_t
columns_of(struct ctx *c, bool payers, struct table_column *out)
{
    static const struct table_column SUMS_OF[SUM_COLUMNS] = {
        {"name", T("名称")},         {"bills", T("账单数")},    {"settled", T("已结清")},
        {"amount", T("应缴（元）")}, {"paid", T("已缴（元）")}, {"waived", T("减免（元）")},
        {"owed", T("欠缴（元）")}};
    static const struct table_column OF_PAYERS[PAYER_COLUMNS] = {
        {"number", T("账单号")},     {"name", T("会员")},         {"tier", T("档次")},
        {"basis", T("全年或半年")},  {"amount", T("应缴（元）")}, {"paid", T("已缴（元）")},
        {"waived", T("减免（元）")}, {"owed", T("欠缴（元）")},   {"due_on", T("缴费期限")},
        {"paid_on", T("最近缴费")},  {"state", T("状态")}};
    const struct table_column *from = payers ? OF_PAYERS : SUMS_OF;
    size_t n = payers ? PAYER_COLUMNS : SUM_COLUMNS;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct table_column){from[i].key, ctx_tr(c, from[i].title)};
    }
    return n;
}

static struct value *
file_row(struct ctx *c, const struct value *row)
{
    struct arena *a = c->arena;
    static const char *const AMOUNTS[][2] = {{"amount", "amount_fen"},
                                             {"paid", "paid_fen"},
                                             {"waived", "waived_fen"},
                                             {"owed", "owed_fen"}};
    static const char *const SAME[] = {"bills", "settled", "number", "due_on", "paid_on"};
    struct value *m = value_map(a);
    for (size_t i = 0; i < sizeof AMOUNTS / sizeof *AMOUNTS; i++) {
        enum { PLACES = 100 }; // a decimal has four places, fen are two
        value_set(a, m, AMOUNTS[i][0],
                  value_dec(a, value_get_int(row, AMOUNTS[i][1], 0) * PLACES));
    }
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        const struct value *v = value_get(row, SAME[i]);
        value_set(a, m, SAME[i], v == NULL ? &value_null : v);
    }
    const char *tier =
        choice_label(MEMBERSHIP_DUES_TIERS, value_get_text(row, "tier"), c->lang);
    const char *who = value_get_text(row, "who"), *chamber = value_get_text(row, "chamber");
    value_set_text(a, m, "tier", tier);
    value_set_text(a, m, "name", who != NULL ? who : chamber != NULL ? chamber : tier);
    value_set_text(a, m, "basis",
                   choice_label(BILL_BASES, value_get_text(row, "basis"), c->lang));
    value_set_text(a, m, "state",
                   choice_label(BILL_STATES, value_get_text(row, "state"), c->lang));
    return m;
}

// Payers for those who may see them, else sums by tier or by chamber.
static enum err
file_rows(struct ctx *c, struct table_column *cols, size_t *n, struct value **rows)
{
    enum err e = collect(c, PAYERS_MOST);
    if (e != ERR_OK) {
        return e;
    }
    const struct value *list = value_get(c->out, "payers");
    bool payers = list != NULL && list->type == VALUE_LIST;
    bool one = value_get_int(c->out, "organization_id", 0) != 0;
    list = payers ? list : value_get(c->out, one ? "tiers" : "chambers");
    *n = columns_of(c, payers, cols);
    *rows = value_list(c->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        value_push(c->arena, *rows, file_row(c, value_at(list, i)));
    }
    return ERR_OK;
}

enum err
dues_statement_csv(struct ctx *c)
{
    struct table_column cols[PAYER_COLUMNS];
    size_t n = 0;
    struct value *rows = NULL;
    enum err e = file_rows(c, cols, &n, &rows);
    if (e != ERR_OK) {
        return e;
    }
    struct buf b;
    buf_init(&b, c->arena, 65536, CSV_MOST);
    csv_head(&b, cols, n);
    for (size_t i = 0; i < value_count(rows); i++) {
        csv_row(&b, cols, n, value_at(rows, i));
    }
    c->raw_type = "text/csv; charset=utf-8";
    c->raw_body = buf_str(&b);
    c->raw_size = b.n;
    c->raw_name = "dues.csv";
    return b.full ? ERR_TOO_LARGE : ERR_OK;
}

enum err
dues_statement_xlsx(struct ctx *c)
{
    struct table_column cols[PAYER_COLUMNS];
    size_t n = 0;
    struct value *rows = NULL;
    enum err e = file_rows(c, cols, &n, &rows);
    if (e != ERR_OK) {
        return e;
    }
    c->raw_body = xlsx_write(c->arena, ctx_tr(c, T("年度会费")), cols, n, rows, &c->raw_size);
    c->raw_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    c->raw_name = "dues.xlsx";
    return c->raw_body == NULL ? ERR_INTERNAL : ERR_OK;
}
