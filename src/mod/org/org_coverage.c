// SPDX-License-Identifier: Apache-2.0
// Where there is no chamber: the district's towns, and the sections and divisions of GB/T 4754,
// each with the chambers that cover it and the enterprises there that are in none. Counted from
// the memberships of today; every figure leads to the enterprises behind it.
#include "mod/org/org_impl.h"

#include "base/text.h"
#include "kit/app.h"
#include "kit/listing.h"
#include "mod/enterprise/enterprise.h"
#include "view/html.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_MOST = 1000, CHAMBERS_MOST = 2000, NEED = 1000000000 };

// An enterprise that is a member anywhere has exactly one main membership.
const struct db_stmt ORG_TOWNS = {
    .name = "org.towns",
    .sql = "SELECT e.town, count(*) AS enterprises, sum(CASE WHEN EXISTS (SELECT 1 FROM"
           " membership m WHERE m.enterprise_id = e.id AND m.is_main = 1) THEN 0 ELSE 1 END)"
           " AS outside FROM enterprise e WHERE e.state = 'active' GROUP BY e.town"
           " ORDER BY e.town NULLS FIRST",
    .row = "town:text? enterprises:int outside:int?",
    .scans = "a report over all enterprises"};
const struct db_stmt ORG_TRADES = {
    .name = "org.trades",
    .sql =
        "SELECT e.industry, substr(e.industry_code, 1, 2) AS division, count(*) AS"
        " enterprises, sum(CASE WHEN EXISTS (SELECT 1 FROM membership m"
        " WHERE m.enterprise_id = e.id AND m.is_main = 1) THEN 0 ELSE 1 END) AS outside"
        " FROM enterprise e WHERE e.state = 'active' GROUP BY e.industry,"
        " substr(e.industry_code, 1, 2) ORDER BY e.industry NULLS FIRST, division NULLS FIRST",
    .row = "industry:text? division:text? enterprises:int outside:int?",
    .scans = "a report over all enterprises"};
const struct db_stmt ORG_COVERS = {
    .name = "org.covers",
    .sql = "SELECT id, name, kind, towns, industries FROM organization WHERE state = 'active'"
           " AND (towns IS NOT NULL OR industries IS NOT NULL) ORDER BY id LIMIT $1",
    .params = "most:int",
    .row = "id:int name:text kind:text towns:text? industries:text?"};

#define LISTED                                                                                 \
    "SELECT e.id, e.name, e.uscc, e.town, e.industry_code, e.chamber_id, o.name AS chamber"    \
    " FROM enterprise e LEFT JOIN organization o ON o.id = e.chamber_id WHERE "
#define REST                                                                                   \
    " AND e.state || '' = 'active' AND ($2 = 0 OR NOT EXISTS (SELECT 1 FROM membership m"      \
    " WHERE m.enterprise_id = e.id AND m.is_main = 1)) AND e.id > $3 ORDER BY e.id LIMIT $4"
#define ROW                                                                                    \
    "id:int name:text uscc:text town:text? industry_code:text? chamber_id:int? chamber:text?"
const struct db_stmt ORG_IN_TOWN = {.name = "org.in_town",
                                    .sql = LISTED "e.town = $1" REST,
                                    .params = "town:text outside:int after:int most:int",
                                    .row = ROW};
const struct db_stmt ORG_NO_TOWN = {.name = "org.no_town",
                                    .sql = LISTED "e.town IS NULL AND $1 IS NULL" REST,
                                    .params = "none:text? outside:int after:int most:int",
                                    .row = ROW};
const struct db_stmt ORG_IN_TRADE = {
    .name = "org.in_trade",
    .sql = LISTED "e.industry = $1 AND ($5 IS NULL OR substr(e.industry_code, 1, 2) = $5)" REST,
    .params = "industry:text outside:int after:int most:int division:text?",
    .row = ROW};

// ---- putting it together -----------------------------------------------------------------

static struct value *
place_of(struct ctx *c, const char *code, const char *name)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "code", code);
    value_set_text(a, m, "name", name);
    value_set(a, m, "organizations", value_list(a));
    value_set_int(a, m, "enterprises", 0);
    value_set_int(a, m, "outside", 0);
    return m;
}

// The place of this code, added when it is new; NULL when there are too many.
static struct value *
find_or_add(struct ctx *c, struct value *places, const char *code, const char *name)
{
    for (size_t i = 0; i < value_count(places); i++) {
        if (text_equal(value_get_text(value_at(places, i), "code"), code)) {
            return (struct value *)(uintptr_t)value_at(places, i); // made here
        }
    }
    struct value *m = value_count(places) < PLACES_MOST ? place_of(c, code, name) : NULL;
    if (m != NULL) {
        value_push(c->arena, places, m);
    }
    return m;
}

static void
add_counts(struct ctx *c, struct value *place, const struct value *row)
{
    static const char *const KEYS[] = {"enterprises", "outside"};
    for (size_t i = 0; place != NULL && i < sizeof KEYS / sizeof *KEYS; i++) {
        value_set_int(c->arena, place, KEYS[i],
                      value_get_int(place, KEYS[i], 0) + value_get_int(row, KEYS[i], 0));
    }
}

static void
add_chamber(struct ctx *c, struct value *place, const struct value *chamber)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    if (place != NULL) {
        value_set(a, m, "id", value_get(chamber, "id"));
        value_set(a, m, "name", value_get(chamber, "name"));
        value_push(a, (struct value *)(uintptr_t)value_get(place, "organizations"), m);
    }
}

// Towns are called by their names: where enterprises say they are, what chambers cover, and
// what the setting `towns` lists.
static void
add_towns(struct ctx *c, struct value *towns, const char *words, const struct value *chamber)
{
    words = words == NULL ? NULL : text_tidy(c->arena, words, false); // full-width spaces, too
    for (const char *p = words; p != NULL && *(p += strspn(p, " ")) != '\0';) {
        size_t n = strcspn(p, " ");
        const char *town = arena_strndup(c->arena, p, n);
        struct value *place = find_or_add(c, towns, town, town);
        if (chamber != NULL) {
            add_chamber(c, place, chamber);
        }
        p += n;
    }
}

static struct value *
towns_of(struct ctx *c, const struct value *chambers, struct value **elsewhere)
{
    struct value *towns = value_list(c->arena);
    const struct value *rows = db_list(c->tx, c->arena, &ORG_TOWNS, DB_NONE);
    *elsewhere = place_of(c, NULL, NULL);
    for (size_t i = 0; i < value_count(rows); i++) {
        const char *town = value_get_text(value_at(rows, i), "town");
        add_counts(c, town == NULL ? *elsewhere : find_or_add(c, towns, town, town),
                   value_at(rows, i));
    }
    add_towns(c, towns, setting_get(c->tx, c->arena, "towns"), NULL);
    for (size_t i = 0; i < value_count(chambers); i++) {
        const struct value *o = value_at(chambers, i);
        add_towns(c, towns, value_get_text(o, "towns"), o);
    }
    return towns;
}

static struct value *
place_at(const struct value *places, size_t i)
{
    return (struct value *)(uintptr_t)value_at(places, i); // made here
}

// A chamber of a section covers its divisions; a section has a chamber when some division has.
static void
add_trades_chambers(struct ctx *c, struct value *trades, const struct value *chamber)
{
    const char *codes = value_get_text(chamber, "industries");
    struct value *section = NULL, *told = NULL;
    for (size_t i = 0; codes != NULL && i < value_count(trades); i++) {
        struct value *place = place_at(trades, i);
        const char *code = value_get_text(place, "code");
        bool division = strlen(code) == 2;
        section = division ? section : place;
        if (!text_list_has(codes, code) &&
            !text_list_has(codes, value_get_text(section, "code"))) {
            continue;
        }
        if (division && told != section) {
            add_chamber(c, section, chamber);
        }
        add_chamber(c, place, chamber);
        told = section;
    }
}

static struct value *
trades_of(struct ctx *c, const struct value *chambers)
{
    struct arena *a = c->arena;
    struct value *trades = value_list(a);
    const char *code, *name, *section = "";
    for (size_t i = 0; (code = enterprise_industry_at(i, &name)) != NULL; i++) {
        struct value *m = place_of(c, code, ctx_tr(c, name));
        section = strlen(code) == 1 ? code : section;
        value_set_text(a, m, "section", section);
        value_push(a, trades, m);
    }
    const struct value *rows = db_list(c->tx, a, &ORG_TRADES, DB_NONE);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        const char *letter = value_get_text(row, "industry"),
                   *division = value_get_text(row, "division");
        for (size_t n = 0; letter != NULL && n < value_count(trades); n++) {
            const char *at = value_get_text(value_at(trades, n), "code");
            if (text_equal(at, letter) ||
                (division != NULL && strlen(division) == 2 && text_equal(at, division))) {
                add_counts(c, place_at(trades, n), row);
            }
        }
    }
    for (size_t i = 0; i < value_count(chambers); i++) {
        add_trades_chambers(c, trades, value_at(chambers, i));
    }
    return trades;
}

// Nobody there, and many outside: that first.
static int64_t
need_of(const struct value *place)
{
    bool none = value_count(value_get(place, "organizations")) == 0;
    int64_t enterprises = value_get_int(place, "enterprises", 0);
    return (none && enterprises > 0 ? NEED : 0) + value_get_int(place, "outside", 0) * 1000 +
           (enterprises < 1000 ? enterprises : 999);
}

static int
by_need(const void *a, const void *b)
{
    int64_t x = need_of(*(const struct value *const *)a),
            y = need_of(*(const struct value *const *)b);
    return x > y ? -1 : x < y;
}

static void
sort(struct value *places)
{
    qsort(places->list.items, places->list.count, sizeof *places->list.items, by_need);
}

enum err
org_coverage_run(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *out = value_map(a), *elsewhere;
    const struct value *chambers =
        db_list(c->tx, a, &ORG_COVERS, DB_ARGS(DB_INT(CHAMBERS_MOST)));
    struct value *towns = towns_of(c, chambers, &elsewhere), *trades = trades_of(c, chambers);
    sort(towns);
    sort(trades);
    value_set(a, out, "towns", towns);
    value_set(a, out, "without_town", elsewhere);
    value_set(a, out, "industries", trades);
    c->out = out;
    return ERR_OK;
}

// ---- the page ----------------------------------------------------------------------------

static const char *
list_url(struct ctx *c, const char *key, const char *code, bool outside)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 1024);
    buf_printf(&b, "/organizations/coverage/enterprises?%s=", key);
    url_component(&b, code == NULL ? "" : code);
    buf_puts(&b, outside ? "&outside=1" : "");
    return buf_str(&b);
}

static struct value *
place_row(struct ctx *c, const struct value *place, const char *key)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *chambers = value_list(a);
    const struct value *all = value_get(place, "organizations");
    const char *code = value_get_text(place, "code");
    bool trade = strcmp(key, "industry") == 0;
    long long enterprises = value_get_int(place, "enterprises", 0),
              outside = value_get_int(place, "outside", 0);
    for (size_t i = 0; i < value_count(all); i++) {
        struct value *m = value_map(a);
        value_set(a, m, "name", value_get(value_at(all, i), "name"));
        value_set_text(a, m, "url",
                       arena_printf(a, "/organizations/%lld",
                                    (long long)value_get_int(value_at(all, i), "id", 0)));
        value_push(a, chambers, m);
    }
    const char *name = value_get_text(place, "name");
    value_set_text(a, row, "name",
                   name == NULL ? ctx_tr(c, T("没有填镇街的"))
                   : trade      ? arena_printf(a, "%s %s", code, name)
                                : name);
    value_set(a, row, "chambers", chambers);
    value_set_bool(a, row, "missing", name != NULL && value_count(all) == 0);
    value_set_int(a, row, "enterprises", enterprises);
    value_set_int(a, row, "outside", outside);
    value_set_text(a, row, "all_url", enterprises > 0 ? list_url(c, key, code, false) : NULL);
    value_set_text(a, row, "outside_url", outside > 0 ? list_url(c, key, code, true) : NULL);
    return row;
}

static void
push_rows(struct ctx *c, const struct value *places, const char *key, struct value *rows,
          struct value *quiet, int64_t *without)
{
    for (size_t i = 0; i < value_count(places); i++) {
        const struct value *p = value_at(places, i);
        bool none = value_count(value_get(p, "organizations")) == 0;
        bool silent = none && value_get_int(p, "enterprises", 0) == 0 && quiet != NULL;
        *without += none && !silent;
        value_push(c->arena, silent ? quiet : rows, place_row(c, p, key));
    }
}

// Sections and divisions are two tables: a section is the sum of its divisions.
static struct value *
of_length(struct ctx *c, const struct value *trades, size_t n)
{
    struct value *some = value_list(c->arena);
    for (size_t i = 0; i < value_count(trades); i++) {
        if (strlen(value_get_text(value_at(trades, i), "code")) == n) {
            value_push(c->arena, some, value_at(trades, i));
        }
    }
    return some;
}

static struct value *
part(struct ctx *c, const char *id, const char *title, const struct value *places,
     const char *key, const struct value *rest)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a), *rows = value_list(a), *quiet = value_list(a);
    int64_t without = 0;
    bool trade = strcmp(key, "industry") == 0;
    push_rows(c, places, key, rows, trade ? quiet : NULL, &without);
    if (rest != NULL && value_get_int(rest, "enterprises", 0) > 0) {
        value_push(a, rows, place_row(c, rest, key));
    }
    value_set_text(a, m, "id", id);
    value_set_text(a, m, "title", ctx_tr(c, title));
    value_set_text(
        a, m, "summary",
        ctx_trf(c, T("{0} 个还没有商会"), 1, arena_printf(a, "%lld", (long long)without)));
    value_set(a, m, "rows", rows);
    value_set_bool(a, m, "has_rows", value_count(rows) > 0);
    value_set(a, m, "quiet", quiet);
    value_set_bool(a, m, "has_quiet", value_count(quiet) > 0);
    value_set_text(a, m, "quiet_text",
                   ctx_trf(c, T("另有 {0} 个没有企业也没有商会"), 1,
                           arena_printf(a, "%zu", value_count(quiet))));
    return m;
}

enum err
org_coverage_show(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *parts = value_list(a);
    const struct value *trades = value_get(c->out, "industries");
    value_push(a, parts,
               part(c, "towns", T("镇街"), value_get(c->out, "towns"), "town",
                    value_get(c->out, "without_town")));
    value_push(a, parts,
               part(c, "sections", T("行业门类"), of_length(c, trades, 1), "industry", NULL));
    value_push(a, parts,
               part(c, "divisions", T("行业大类"), of_length(c, trades, 2), "industry", NULL));
    value_set_text(a, c->page, "title", ctx_tr(c, T("商会覆盖情况")));
    value_set(a, c->page, "tabs_of", org_tabs(c, "/organizations/coverage"));
    value_set(a, c->page, "parts", parts);
    return ERR_OK;
}

// ---- the enterprises behind a figure -----------------------------------------------------

static struct value *
asked_rows(struct ctx *c, int64_t after, int64_t most)
{
    const char *town = ctx_query(c, "town"), *trade = ctx_query(c, "industry");
    bool outside = text_equal(ctx_query(c, "outside"), "1");
    if (trade != NULL && enterprise_industry_name(trade) != NULL) {
        bool division = strlen(trade) == 2;
        const char *name, *code, *section = "";
        for (size_t i = 0; (code = enterprise_industry_at(i, &name)) != NULL; i++) {
            section = strlen(code) == 1 ? code : section;
            if (strcmp(code, trade) == 0) {
                break;
            }
        }
        return db_list(c->tx, c->arena, &ORG_IN_TRADE,
                       DB_ARGS(DB_TEXT(section), DB_INT(outside), DB_INT(after), DB_INT(most),
                               DB_TEXT(division ? trade : NULL)));
    }
    if (trade != NULL || town == NULL) {
        return NULL;
    }
    return *town == '\0'
               ? db_list(c->tx, c->arena, &ORG_NO_TOWN,
                         DB_ARGS(DB_NULL, DB_INT(outside), DB_INT(after), DB_INT(most)))
               : db_list(c->tx, c->arena, &ORG_IN_TOWN,
                         DB_ARGS(DB_TEXT(town), DB_INT(outside), DB_INT(after), DB_INT(most)));
}

enum err
org_uncovered_run(struct ctx *c)
{
    struct arena *a = c->arena;
    struct listing_cursor from = {.id = 0};
    unsigned limit = listing_limit(c);
    const char *after = ctx_query(c, "after"), *next = NULL;
    if (after != NULL && *after != '\0' && !listing_cursor_decode(a, after, &from)) {
        ctx_fault(c, "after", "cursor", T("这个翻页位置不对，请从第一页看起"));
    }
    struct value *rows = asked_rows(c, from.id, (int64_t)limit + 1);
    if (rows == NULL) {
        ctx_fault(c, "town", "missing", T("请选一个镇街或行业"));
        return ERR_INVALID;
    }
    if (value_count(rows) > limit) {
        rows->list.count = limit;
        int64_t id = value_get_int(value_at(rows, limit - 1), "id", 0);
        next = listing_cursor_encode(a, value_int(a, id), id);
    }
    struct value *out = value_map(a);
    value_set(a, out, "items", rows);
    value_set_text(a, out, "next", next);
    c->out = out;
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

static struct value *
enterprise_row(struct ctx *c, const struct value *e)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *cells = value_list(a);
    const char *url =
        arena_printf(a, "/enterprises/%lld", (long long)value_get_int(e, "id", 0));
    struct value *title = listing_cell(c, value_get_text(e, "name"), "wide");
    const char *code = value_get_text(e, "industry_code"),
               *chamber = value_get_text(e, "chamber");
    const char *division = code == NULL ? NULL : arena_printf(a, "%.2s", code);
    const char *trade = division == NULL ? NULL : enterprise_industry_name(division);
    value_set_bool(a, title, "is_title", true);
    value_set_text(a, title, "url", url);
    value_set_text(a, title, "sub", value_get_text(e, "uscc"));
    value_push(a, cells, title);
    value_push(a, cells, listing_cell(c, value_get_text(e, "town"), ""));
    value_push(a, cells, listing_cell(c, trade == NULL ? "" : ctx_tr(c, trade), "hide-s"));
    value_push(a, cells, listing_cell(c, chamber == NULL ? "" : chamber, ""));
    value_set(a, row, "id", value_get(e, "id"));
    value_set_text(a, row, "url", url);
    value_set_text(a, row, "select_label", "");
    value_set(a, row, "cells", cells);
    return row;
}

// "34 通用设备制造业", "港口镇".
static const char *
asked_name(struct ctx *c)
{
    const char *town = ctx_query(c, "town"), *trade = ctx_query(c, "industry");
    if (trade != NULL) {
        return arena_printf(c->arena, "%s %s", trade,
                            ctx_tr(c, enterprise_industry_name(trade)));
    }
    return town == NULL || *town == '\0' ? ctx_tr(c, T("没有填镇街的")) : town;
}

enum err
org_uncovered_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *page = c->page, *rows = value_list(a), *columns = value_list(a);
    struct value *blocks = value_list(a);
    bool outside = text_equal(ctx_query(c, "outside"), "1");
    const char *title =
        ctx_trf(c, outside ? T("{0}：不在任何商会的企业") : T("{0}：企业"), 1, asked_name(c));
    struct value *block = record_block(c, "enterprises", T("企业"), T("没有这样的企业。"));
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(a, rows, enterprise_row(c, value_at(items, i)));
    }
    listing_column(c, columns, T("企业名称"), "", NULL, "");
    listing_column(c, columns, T("镇街"), "", NULL, "");
    listing_column(c, columns, T("行业"), "hide-s", NULL, "");
    listing_column(c, columns, T("所属商会"), "", NULL, "");
    record_block_table(c, block, columns, rows);
    value_push(a, blocks, block);
    const char *next = value_get_text(c->out, "next");
    value_set_text(a, page, "title", title);
    value_set(a, page, "blocks", blocks);
    value_set_text(a, page, "next", next == NULL ? NULL : listing_url(c, "after", next, NULL));
    return ERR_OK;
}
