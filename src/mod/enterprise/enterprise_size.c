// SPDX-License-Identifier: Apache-2.0
// An enterprise's size is worked out, never typed, as soon as there are figures: the newest
// year counts, and in it each indicator from the most trusted source that has it.
#include "mod/enterprise/enterprise_facts.h"

#include "base/text.h"
#include "mod/enterprise/enterprise.h"
#include "mod/enterprise/size.h"

const struct db_stmt ENTERPRISE_FIGURES = {
    .name = "enterprise_figure.newest",
    .sql = "SELECT year, staff, revenue_fen, assets_fen, source FROM enterprise_figure"
           " WHERE enterprise_id = $1 AND year = (SELECT max(year) FROM enterprise_figure"
           " WHERE enterprise_id = $1) ORDER BY source",
    .params = "enterprise:int",
    .row = "year:int staff:int? revenue_fen:int? assets_fen:int? source:text"};
// Not by the kind's update: nobody changed the record, and whoever is editing it keeps their
// version.
const struct db_stmt ENTERPRISE_SIZED = {
    .name = "enterprise.sized",
    .sql = "UPDATE enterprise SET size = $1, size_year = $2, size_missing = $3 WHERE id = $4",
    .params = "size:text? year:int missing:text? id:int"};

static const char *const TRUSTED[] = {"statistics", "audit", "tax", "self", "other"};

static const char *const SIZES[] = {"micro", "small", "medium", "large", NULL, NULL};

const char *
enterprise_size_of(const char *industry, int64_t staff, int64_t revenue_yuan,
                   int64_t assets_yuan)
{
    const struct size_input in = {.industry = industry,
                                  .known = SIZE_STAFF | SIZE_REVENUE | SIZE_ASSETS,
                                  .staff = staff,
                                  .revenue_yuan = revenue_yuan,
                                  .assets_yuan = assets_yuan};
    enum enterprise_size size;
    unsigned missing;
    return size_of(&in, &size, &missing) ? SIZES[size] : NULL;
}

static void
take(const struct value *row, const char *key, unsigned bit, int64_t unit,
     struct size_input *in, int64_t *out)
{
    const struct value *v = value_get(row, key);
    if (v != NULL && v->type == VALUE_INT && (in->known & bit) == 0) {
        in->known |= bit;
        *out = v->i / unit;
    }
}

static const char *
missing_text(struct arena *a, unsigned missing)
{
    static const char *const WORDS[] = {"staff", "revenue", "assets", "industry"};
    const char *text = NULL;
    for (unsigned i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if ((missing >> i & 1) != 0) {
            text = text == NULL ? WORDS[i] : arena_printf(a, "%s %s", text, WORDS[i]);
        }
    }
    return text;
}

// {size size_year size_missing}, NULL without figures.
static struct value *
work_out(struct ctx *c, int64_t id, const char *industry)
{
    struct arena *a = c->arena;
    struct value *rows = db_list(c->tx, a, &ENTERPRISE_FIGURES, DB_ARGS(DB_INT(id)));
    struct size_input in = {.industry = industry};
    if (value_count(rows) == 0) {
        return NULL;
    }
    for (size_t t = 0; t < sizeof TRUSTED / sizeof *TRUSTED; t++) {
        for (size_t i = 0; i < value_count(rows); i++) {
            const struct value *row = value_at(rows, i);
            if (text_equal(value_get_text(row, "source"), TRUSTED[t])) {
                take(row, "staff", SIZE_STAFF, 1, &in, &in.staff);
                take(row, "revenue_fen", SIZE_REVENUE, 100, &in, &in.revenue_yuan);
                take(row, "assets_fen", SIZE_ASSETS, 100, &in, &in.assets_yuan);
            }
        }
    }
    enum enterprise_size size;
    unsigned missing;
    if (!size_of(&in, &size, &missing)) {
        size = SIZE_UNKNOWN;
        missing = SIZE_INDUSTRY;
    }
    struct value *out = value_map(a);
    value_set_text(a, out, "size", SIZES[size]);
    value_set_int(a, out, "size_year", value_get_int(value_at(rows, 0), "year", 0));
    value_set_text(a, out, "size_missing",
                   size == SIZE_NONE ? "not_applicable" : missing_text(a, missing));
    return out;
}

// {field: [old, new]} of what differs.
static struct value *
changes_of(struct arena *a, const struct value *old, const struct value *now)
{
    struct value *out = value_map(a);
    for (uint32_t i = 0; i < now->map.count; i++) {
        const struct value_pair *p = &now->map.pairs[i];
        const struct value *was = value_get(old, p->key);
        was = was == NULL ? &value_null : was;
        if (!value_equal(was, p->v)) {
            struct value *pair = value_list(a);
            value_push(a, pair, was);
            value_push(a, pair, p->v);
            value_set(a, out, p->key, pair);
        }
    }
    return out;
}

enum err
enterprise_size_renew(struct ctx *c, int64_t id)
{
    const struct value *old = record_get(c, &ENTERPRISE_KIND, id);
    struct value *now =
        old == NULL ? NULL : work_out(c, id, value_get_text(old, "industry_code"));
    if (now == NULL) {
        return db_tx_err(c->tx);
    }
    struct value *changes = changes_of(c->arena, old, now);
    if (changes->map.count == 0) {
        return ERR_OK;
    }
    const char *size = value_get_text(now, "size"),
               *missing = value_get_text(now, "size_missing");
    db_put(c->tx, &ENTERPRISE_SIZED,
           DB_ARGS(DB_TEXT(size), DB_INT(value_get_int(now, "size_year", 0)), DB_TEXT(missing),
                   DB_INT(id)));
    record_event(c, ENTERPRISE_KIND.name, id, "update", changes);
    return db_tx_err(c->tx);
}
