// SPDX-License-Identifier: Apache-2.0
#include "cmd/carry.h"

#include "base/text.h"
#include "kit/embedded.h"

#include <stdio.h>
#include <string.h>

enum { ROW_HINT = 64 * 1024 };

// ---- rows of a database ----------------------------------------------------------------

static bool
source_failed(struct carry_database *d)
{
    const char *why = bulk_why(d->bulk);
    snprintf(d->from.why, sizeof d->from.why, "%s", why == NULL ? "" : why);
    return false;
}

static bool
database_table(struct carry_from *f, struct bulk_table *t)
{
    struct carry_database *d = (struct carry_database *)(void *)f;
    if (d->next == bulk_count(d->bulk)) {
        return false;
    }
    const struct bulk_table *found = bulk_at(d->bulk, d->next++);
    *t = *found;
    return bulk_read(d->bulk, found) || source_failed(d);
}

static bool
database_row(struct carry_from *f, struct db_arg *cells, const void **bytes, size_t *n)
{
    struct carry_database *d = (struct carry_database *)(void *)f;
    if (!bulk_next(d->bulk, cells)) {
        return source_failed(d);
    }
    d->row.n = 0;
    bulk_encode(&d->row, cells, bulk_at(d->bulk, d->next - 1)->columns);
    *bytes = d->row.p;
    *n = d->row.n;
    return !d->row.full || snprintf(f->why, sizeof f->why, "a row is too large") < 0;
}

static bool
database_again(struct carry_from *f)
{
    struct carry_database *d = (struct carry_database *)(void *)f;
    return bulk_read(d->bulk, bulk_at(d->bulk, d->next - 1)) || source_failed(d);
}

void
carry_database(struct carry_database *d, struct arena *a, struct bulk *b)
{
    d->from.table = database_table;
    d->from.row = database_row;
    d->from.again = database_again;
    d->from.patch_count = bulk_patches(b, d->from.patches, CARRY_PATCHES_MOST);
    d->bulk = b;
    buf_init(&d->row, a, ROW_HINT, BULK_ROW_MOST * 2);
}

// ---- beginning -------------------------------------------------------------------------

static bool
fails(struct carry *c, const char *why)
{
    c->why = c->why == NULL ? why : c->why;
    return false;
}

static bool
target_fails(struct carry *c)
{
    const char *why = bulk_why(c->to);
    return fails(c, why == NULL ? "the target cannot be written" : arena_strdup(c->arena, why));
}

// A district has at least somebody who can log in and a log of what was done.
static bool
holds_district(struct carry *c)
{
    static const char *const TABLES[] = {"account", "audit"};
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        const struct bulk_table *t = bulk_find(c->to, TABLES[i]);
        int64_t n = 0;
        if (t != NULL && (!bulk_rows(c->to, t, &n) || n > 0)) {
            return true;
        }
    }
    return false;
}

// The source's schema, which may be an older program's; what is newer is applied afterwards,
// when the district is opened.
static bool
make_schema(struct carry *c)
{
    const struct carry_from *f = c->from;
    struct db_patch *some = ARENA_ARRAY(c->arena, struct db_patch, EMBEDDED_PATCHES_COUNT + 1);
    size_t n = 0;
    for (size_t i = 0; i < EMBEDDED_PATCHES_COUNT; i++) {
        for (size_t k = 0; k < f->patch_count; k++) {
            if (EMBEDDED_PATCHES[i].number == f->patches[k]) {
                some[n++] = EMBEDDED_PATCHES[i];
                break;
            }
        }
    }
    if (n != f->patch_count) {
        return fails(c, "the source is newer than this program");
    }
    const char *why = "";
    if (db_migrate(c->db, some, n, &why) != ERR_OK) {
        return fails(c, arena_strdup(c->arena, why));
    }
    return bulk_look(c->to) && bulk_begin(c->to, f->name) ? true : target_fails(c);
}

bool
carry_begin(struct carry *c)
{
    const char *why = "";
    c->to = bulk_open(c->arena, c->db, false, &why);
    if (c->to == NULL) {
        return fails(c, why);
    }
    const char *unfinished = bulk_unfinished(c->to);
    if (unfinished != NULL) {
        return strcmp(unfinished, c->from->name) == 0 ||
               fails(c, "the target holds an unfinished copy of another district");
    }
    if (holds_district(c)) {
        return fails(c, "the target holds a district already; nothing was changed");
    }
    return make_schema(c);
}

// ---- rows ------------------------------------------------------------------------------

static bool
same_columns(const struct bulk_table *a, const struct bulk_table *b)
{
    bool same = a->columns == b->columns && a->keys == b->keys;
    for (unsigned i = 0; same && i < a->columns; i++) {
        same = strcmp(a->column[i].name, b->column[i].name) == 0 &&
               a->column[i].type == b->column[i].type;
    }
    for (unsigned i = 0; same && i < a->keys; i++) {
        same = a->key[i] == b->key[i];
    }
    return same;
}

// Puts what is not there yet: the first `have` rows were committed by a load before this one.
static bool
put_rows(struct carry *c, const struct bulk_table *t, int64_t have, struct carry_said *said)
{
    struct db_arg cells[BULK_COLUMNS_MOST];
    struct bulk_sum sum;
    const void *bytes = NULL;
    size_t n = 0;
    bulk_sum_begin(&sum, t);
    bool ok = bulk_write(c->to, t);
    while (ok && c->from->row(c->from, cells, &bytes, &n)) {
        bulk_sum_row(&sum, bytes, n);
        c->bytes += n;
        ok = (int64_t)sum.rows <= have || bulk_put(c->to, cells);
    }
    ok = bulk_write_end(c->to) && ok;
    said->rows = sum.rows;
    bulk_sum_end(&sum, said->sum);
    if (c->from->why[0] != '\0') {
        return fails(c, arena_printf(c->arena, "%s: %s", t->name, c->from->why));
    }
    return ok || target_fails(c);
}

static bool
is_there(struct carry *c, const struct bulk_table *t, const struct carry_said *said, bool *same)
{
    unsigned char sum[BULK_SUM_SIZE];
    struct buf row;
    uint64_t rows = 0;
    struct arena *own = arena_new((size_t)1 << 30);
    buf_init(&row, own, ROW_HINT, BULK_ROW_MOST * 2);
    bool ok = bulk_sum_table(c->to, t, &row, &rows, sum);
    arena_free(own);
    *same = rows == said->rows && memcmp(sum, said->sum, sizeof sum) == 0;
    return ok || target_fails(c);
}

static bool
carry_table(struct carry *c, const struct bulk_table *from)
{
    const struct bulk_table *t = bulk_find(c->to, from->name);
    struct carry_said said = {.table = from->name};
    int64_t have = 0;
    bool same = false;
    if (t == NULL || !same_columns(t, from)) {
        return fails(c,
                     arena_printf(c->arena, "%s is another table in the target", from->name));
    }
    if (!bulk_rows(c->to, t, &have)) {
        return target_fails(c);
    }
    bool ok = put_rows(c, t, have, &said) && is_there(c, t, &said, &same);
    if (ok && !same && have > 0 && c->from->again != NULL) {
        // The source was written since the load that put these rows.
        ok = bulk_clear(c->to, t) && c->from->again(c->from) && put_rows(c, t, 0, &said) &&
             is_there(c, t, &said, &same);
        ok = ok || target_fails(c);
    }
    if (ok && !same) {
        c->differs = arena_strdup(c->arena, from->name);
        return fails(c, arena_printf(c->arena, "%s is not the same in the target", c->differs));
    }
    if (ok && !bulk_given(c->to, t, from->given)) {
        return target_fails(c);
    }
    c->rows += said.rows;
    if (ok && c->table != NULL) {
        c->table(&said, c->arg);
    }
    return ok;
}

bool
carry_rows(struct carry *c)
{
    struct bulk_table t;
    const char *what = "";
    while (c->from->table(c->from, &t)) {
        if (!carry_table(c, &t)) {
            return false;
        }
    }
    if (c->from->why[0] != '\0') {
        return fails(c, arena_strdup(c->arena, c->from->why));
    }
    while (bulk_mend(c->to, &what)) {
        if (c->step != NULL) {
            c->step(what, c->arg);
        }
    }
    return bulk_why(c->to) == NULL || target_fails(c);
}

bool
carry_finish(struct carry *c)
{
    return bulk_finish(c->to) || target_fails(c);
}

void
carry_end(struct carry *c)
{
    bulk_close(c->to);
    c->to = NULL;
}
