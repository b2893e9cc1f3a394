// SPDX-License-Identifier: Apache-2.0
// How many members each chamber has, won, lost and kept, year by year, counted from the dated
// memberships; and the list of those in publicity, which is for everybody.
#include "mod/membership/membership_impl.h"

#include "base/text.h"

enum { YEARS = 5, YEAR_FIRST = 1950, PUBLICITY_MOST = 200 };

// A row a chamber, a year of joining and one of leaving: all years' counts follow from one walk
// through the index.
const struct db_stmt MEMBERSHIP_MOVED = {
    .name = "membership.moved",
    .sql = "SELECT o.id, o.name, g.joined, g.ended, g.expelled, g.n FROM"
           " (SELECT organization_id, CAST(substr(since, 1, 4) AS INTEGER) AS joined,"
           " CAST(substr(until, 1, 4) AS INTEGER) AS ended,"
           " CASE WHEN state = 'expelled' THEN 1 ELSE 0 END AS expelled, count(*) AS n"
           " FROM membership WHERE since IS NOT NULL"
           " GROUP BY organization_id, substr(since, 1, 4), substr(until, 1, 4),"
           " CASE WHEN state = 'expelled' THEN 1 ELSE 0 END) g"
           " JOIN organization o ON o.id = g.organization_id ORDER BY o.id",
    .row = "id:int name:text joined:int ended:int? expelled:int n:int",
    .scans = "a report over all memberships"};
const struct db_stmt MEMBERSHIP_IN_PUBLICITY = {
    .name = "membership.in_publicity",
    .sql = "SELECT o.name AS chamber, o.phone, e.name AS enterprise, p.name AS person,"
           " m.publicity_until FROM membership m"
           " JOIN organization o ON o.id = m.organization_id"
           " LEFT JOIN enterprise e ON e.id = m.enterprise_id"
           " LEFT JOIN person p ON p.id = m.person_id"
           " WHERE m.state = 'publicity' AND m.publicity_until >= $1"
           " ORDER BY m.publicity_until, m.id LIMIT $2",
    .params = "today:text most:int",
    .row = "chamber:text phone:text? enterprise:text? person:text? publicity_until:text"};

// ---- counts ----------------------------------------------------------------------------

static int
this_year(const struct ctx *c)
{
    int year, month, day;
    day_to_civil(time_to_day(c->now), &year, &month, &day);
    return year;
}

static int
asked_year(struct ctx *c)
{
    int64_t year = 0;
    int now = this_year(c);
    const char *s = ctx_query(c, "year");
    return s != NULL && text_to_int(s, &year) && year >= YEAR_FIRST && year <= now ? (int)year
                                                                                   : now;
}

enum count { BEFORE, JOINED, GONE, EXPELLED, LOST, AFTER, COUNTS };
static const char *const COUNT_NAMES[COUNTS] = {"before",   "joined", "gone",
                                                "expelled", "lost",   "after"};

struct chamber_counts {
    int64_t id;
    const char *name;
    int64_t n[COUNTS];
    int64_t stock[YEARS]; // at the end of each of the last years, the asked one last
};

// n stays that began in the year `joined` and ended in `ended`, 0: go on. One was a member at
// the turn to a year when the stay began before and had not ended by then.
static void
count_stays(struct chamber_counts *x, int year, int joined, int ended, bool expelled, int64_t n)
{
    bool was = joined < year && (ended == 0 || ended >= year);
    bool ends = ended == year;
    x->n[BEFORE] += was ? n : 0;
    x->n[JOINED] += joined == year ? n : 0;
    x->n[GONE] += ends && !expelled ? n : 0;
    x->n[EXPELLED] += ends && expelled ? n : 0;
    x->n[LOST] += was && ends ? n : 0;
    for (int i = 0; i < YEARS; i++) {
        int turn = year - YEARS + 2 + i;
        x->stock[i] += joined < turn && (ended == 0 || ended >= turn) ? n : 0;
    }
    x->n[AFTER] = x->stock[YEARS - 1];
}

static struct value *
counts_value(struct arena *a, const struct chamber_counts *x)
{
    struct value *v = value_map(a), *stock = value_list(a);
    if (x->id != 0) {
        value_set_int(a, v, "id", x->id);
        value_set_text(a, v, "name", x->name);
    }
    for (int i = 0; i < COUNTS; i++) {
        value_set_int(a, v, COUNT_NAMES[i], x->n[i]);
    }
    for (int i = 0; i < YEARS; i++) {
        value_push(a, stock, value_int(a, x->stock[i]));
    }
    value_set(a, v, "stock", stock);
    return v;
}

enum err
membership_report_run(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *out = value_map(a), *items = value_list(a);
    struct chamber_counts one = {0}, all = {0};
    int year = asked_year(c);
    struct db_rows *r = db_query(c->tx, &MEMBERSHIP_MOVED, DB_NONE);
    while (db_next(r)) {
        if (db_int(r, 0) != one.id) {
            if (one.id != 0) {
                value_push(a, items, counts_value(a, &one));
            }
            one = (struct chamber_counts){.id = db_int(r, 0),
                                          .name = arena_strdup(a, db_text(r, 1))};
        }
        int joined = (int)db_int(r, 2), ended = (int)db_int(r, 3);
        bool expelled = db_int(r, 4) == 1;
        count_stays(&one, year, joined, ended, expelled, db_int(r, 5));
        count_stays(&all, year, joined, ended, expelled, db_int(r, 5));
    }
    db_end(r);
    if (one.id != 0) {
        value_push(a, items, counts_value(a, &one));
    }
    value_set_int(a, out, "year", year);
    value_set(a, out, "items", items);
    value_set(a, out, "total", counts_value(a, &all));
    c->out = out;
    return ERR_OK;
}

// "12.5%" of a whole; "—" of nothing.
static const char *
share(struct arena *a, int64_t part, int64_t whole)
{
    int64_t tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
    return whole == 0 ? "—"
                      : arena_printf(a, "%lld.%lld%%", (long long)(tenths / 10),
                                     (long long)(tenths % 10));
}

static struct value *
report_row(struct ctx *c, const struct value *counts, const char *name)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a);
    static const char *const NUMBERS[] = {"before", "joined", "gone", "expelled", "after"};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        value_set_int(a, row, NUMBERS[i], value_get_int(counts, NUMBERS[i], 0));
    }
    int64_t before = value_get_int(counts, "before", 0),
            lost = value_get_int(counts, "lost", 0);
    value_set_text(a, row, "name", name);
    value_set_text(a, row, "attrition", share(a, lost, before));
    value_set_text(a, row, "renewal", share(a, before - lost, before));
    return row;
}

// Members at the end of each of the last years.
static struct value *
stock_row(struct ctx *c, const struct value *item)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *cells = value_list(a);
    const struct value *stock = value_get(item, "stock");
    for (size_t i = 0; i < value_count(stock); i++) {
        struct value *cell = value_map(a);
        value_set(a, cell, "n", value_at(stock, i));
        value_push(a, cells, cell);
    }
    value_set(a, row, "name", value_get(item, "name"));
    value_set(a, row, "cells", cells);
    return row;
}

enum err
membership_report_show(struct ctx *c)
{
    struct arena *a = c->arena;
    int year = (int)value_get_int(c->out, "year", 0), now = this_year(c);
    const struct value *items = value_get(c->out, "items");
    struct value *rows = value_list(a), *stock = value_list(a);
    struct value *years = value_list(a), *heads = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_at(items, i);
        value_push(a, rows, report_row(c, item, value_get_text(item, "name")));
        value_push(a, stock, stock_row(c, item));
    }
    if (value_count(items) > 0) {
        value_push(a, rows, report_row(c, value_get(c->out, "total"), ctx_tr(c, T("合计"))));
    }
    for (int i = YEARS - 1; i >= 0; i--) {
        struct value *link = value_map(a), *head = value_map(a);
        value_set_text(a, link, "label", arena_printf(a, "%d", now - i));
        value_set_text(a, link, "url", arena_printf(a, "/membership-report?year=%d", now - i));
        value_set_bool(a, link, "current", now - i == year);
        value_push(a, years, link);
        value_set_text(a, head, "label", arena_printf(a, "%d", year - i));
        value_push(a, heads, head);
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("会员增减")));
    value_set_text(a, c->page, "of_year", arena_printf(a, "%d", year));
    value_set(a, c->page, "years", years);
    value_set(a, c->page, "heads", heads);
    value_set(a, c->page, "rows", rows);
    value_set(a, c->page, "stock", stock);
    value_set_bool(a, c->page, "has_rows", value_count(rows) > 0);
    return ERR_OK;
}

// ---- publicity -------------------------------------------------------------------------

// Enterprises by name; a person only half, since nobody else has agreed to more.
enum err
membership_publicity_run(struct ctx *c)
{
    struct arena *a = c->arena;
    const char *today = day_text(a, time_to_day(c->now));
    struct value *out = value_map(a), *items = value_list(a);
    const struct value *found = db_list(c->tx, a, &MEMBERSHIP_IN_PUBLICITY,
                                        DB_ARGS(DB_TEXT(today), DB_INT(PUBLICITY_MOST)));
    for (size_t i = 0; i < value_count(found); i++) {
        const struct value *of = value_at(found, i);
        const char *enterprise = value_get_text(of, "enterprise");
        const char *person = value_get_text(of, "person");
        struct value *item = value_map(a);
        value_set_text(a, item, "name",
                       enterprise != NULL ? enterprise
                       : person != NULL   ? text_mask(a, person)
                                          : "");
        value_set(a, item, "chamber", value_get(of, "chamber"));
        value_set_text(a, item, "phone", value_get_text(of, "phone"));
        value_set(a, item, "until", value_get(of, "publicity_until"));
        value_push(a, items, item);
    }
    value_set(a, out, "items", items);
    c->out = out;
    return ERR_OK;
}

enum err
membership_publicity_show(struct ctx *c)
{
    const struct value *items = value_get(c->out, "items");
    value_set_text(c->arena, c->page, "title", ctx_tr(c, T("入会公示")));
    value_set(c->arena, c->page, "rows", items);
    value_set_bool(c->arena, c->page, "has_rows", value_count(items) > 0);
    return ERR_OK;
}
