// SPDX-License-Identifier: Apache-2.0
// How many members each chamber has, won, lost and kept, year by year, counted from the dated
// memberships; and the list of those in publicity, which is for everybody.
#include "mod/membership/membership_impl.h"

#include "base/text.h"

enum { YEARS = 5, YEAR_FIRST = 1950, PUBLICITY_MOST = 200 };

// On the day $1 one was a member when the stay began by then and had not ended.
const struct db_stmt MEMBERSHIP_MOVED = {
    .name = "membership.moved",
    .sql =
        "SELECT o.id, o.name,"
        " sum(CASE WHEN m.since < $1 AND (m.until IS NULL OR m.until >= $1) THEN 1 ELSE 0 END)"
        " AS before,"
        " sum(CASE WHEN m.since >= $1 AND m.since < $2 THEN 1 ELSE 0 END) AS joined,"
        " sum(CASE WHEN m.until >= $1 AND m.until < $2 AND m.state <> 'expelled' THEN 1 ELSE 0"
        " END) AS gone,"
        " sum(CASE WHEN m.until >= $1 AND m.until < $2 AND m.state = 'expelled' THEN 1 ELSE 0"
        " END) AS expelled,"
        " sum(CASE WHEN m.since < $1 AND m.until >= $1 AND m.until < $2 THEN 1 ELSE 0 END)"
        " AS lost,"
        " sum(CASE WHEN m.since < $2 AND (m.until IS NULL OR m.until >= $2) THEN 1 ELSE 0 END)"
        " AS after"
        " FROM organization o JOIN membership m ON m.organization_id = o.id"
        " WHERE m.since IS NOT NULL GROUP BY o.id, o.name ORDER BY o.id",
    .params = "from:text to:text",
    .row = "id:int name:text before:int joined:int gone:int expelled:int lost:int after:int",
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

static struct value *
moved(struct ctx *c, int year)
{
    const char *from = arena_printf(c->arena, "%04d-01-01", year);
    const char *to = arena_printf(c->arena, "%04d-01-01", year + 1);
    return db_list(c->tx, c->arena, &MEMBERSHIP_MOVED, DB_ARGS(DB_TEXT(from), DB_TEXT(to)));
}

enum err
membership_report_run(struct ctx *c)
{
    struct value *out = value_map(c->arena);
    int year = asked_year(c);
    value_set_int(c->arena, out, "year", year);
    value_set(c->arena, out, "items", moved(c, year));
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

static struct value *
total_of(struct ctx *c, const struct value *items)
{
    static const char *const KEYS[] = {"before", "joined", "gone", "expelled", "lost", "after"};
    struct value *sum = value_map(c->arena);
    for (size_t k = 0; k < sizeof KEYS / sizeof *KEYS; k++) {
        int64_t n = 0;
        for (size_t i = 0; i < value_count(items); i++) {
            n += value_get_int(value_at(items, i), KEYS[k], 0);
        }
        value_set_int(c->arena, sum, KEYS[k], n);
    }
    return sum;
}

// Members at the end of each of the last years, a row for each chamber.
static struct value *
stock_rows(struct ctx *c, int last)
{
    struct arena *a = c->arena;
    struct value *years[YEARS], *rows = value_list(a);
    for (int i = 0; i < YEARS; i++) {
        years[i] = moved(c, last - YEARS + 1 + i);
    }
    for (size_t k = 0; k < value_count(years[0]); k++) { // the same chambers, in one order
        struct value *row = value_map(a), *cells = value_list(a);
        for (int i = 0; i < YEARS; i++) {
            struct value *cell = value_map(a);
            value_set_int(a, cell, "n", value_get_int(value_at(years[i], k), "after", 0));
            value_push(a, cells, cell);
        }
        value_set(a, row, "name", value_get(value_at(years[0], k), "name"));
        value_set(a, row, "cells", cells);
        value_push(a, rows, row);
    }
    return rows;
}

enum err
membership_report_show(struct ctx *c)
{
    struct arena *a = c->arena;
    int year = (int)value_get_int(c->out, "year", 0), now = this_year(c);
    const struct value *items = value_get(c->out, "items");
    struct value *rows = value_list(a), *years = value_list(a), *heads = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_at(items, i);
        value_push(a, rows, report_row(c, item, value_get_text(item, "name")));
    }
    if (value_count(items) > 0) {
        value_push(a, rows, report_row(c, total_of(c, items), ctx_tr(c, T("合计"))));
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
    value_set(a, c->page, "stock", stock_rows(c, year));
    value_set_bool(a, c->page, "has_rows", value_count(rows) > 0);
    return ERR_OK;
}

// ---- publicity -------------------------------------------------------------------------

enum err
membership_publicity_run(struct ctx *c)
{
    const char *today = day_text(c->arena, time_to_day(c->now));
    struct value *out = value_map(c->arena);
    struct value *items = db_list(c->tx, c->arena, &MEMBERSHIP_IN_PUBLICITY,
                                  DB_ARGS(DB_TEXT(today), DB_INT(PUBLICITY_MOST)));
    value_set(c->arena, out, "items", items);
    c->out = out;
    return ERR_OK;
}

// Enterprises by name; a person only half, since nobody else has agreed to more.
enum err
membership_publicity_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_at(items, i);
        const char *enterprise = value_get_text(item, "enterprise");
        const char *person = value_get_text(item, "person");
        struct value *row = value_map(a);
        value_set_text(a, row, "name",
                       enterprise != NULL ? enterprise
                       : person != NULL   ? text_mask(a, person)
                                          : "");
        value_set(a, row, "chamber", value_get(item, "chamber"));
        value_set_text(a, row, "phone", value_get_text(item, "phone"));
        value_set(a, row, "until", value_get(item, "publicity_until"));
        value_push(a, rows, row);
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("入会公示")));
    value_set(a, c->page, "rows", rows);
    value_set_bool(a, c->page, "has_rows", value_count(rows) > 0);
    return ERR_OK;
}
