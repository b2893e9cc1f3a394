// SPDX-License-Identifier: Apache-2.0
// What both engines share of whole tables: the catalogue, the texts of statements made from it,
// canonical bytes and their sums. Names come from the database's own catalogue and must be
// plain.
#include "db/bulk.h"

#include "db/bulk_engine.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
bulk_fail(struct bulk *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!b->failed) { // the first reason is the reason
        vsnprintf(b->why, sizeof b->why, fmt, ap);
    }
    va_end(ap);
    b->failed = true;
    return false;
}

const char *
bulk_why(const struct bulk *b)
{
    return b->failed ? b->why : NULL;
}

// ---- the catalogue ---------------------------------------------------------------------

static bool
name_is_plain(const char *s)
{
    return *s != '\0' && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool
type_of(const char *name, enum db_type *type)
{
    static const struct {
        const char *name;
        enum db_type type;
    } TYPES[] = {{"INTEGER", DB_INT_T}, {"bigint", DB_INT_T}, {"TEXT", DB_TEXT_T},
                 {"text", DB_TEXT_T},   {"REAL", DB_REAL_T},  {"double precision", DB_REAL_T},
                 {"BLOB", DB_BLOB_T},   {"bytea", DB_BLOB_T}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (strcmp(TYPES[i].name, name) == 0) {
            *type = TYPES[i].type;
            return true;
        }
    }
    return false;
}

static struct bulk_table *
table_for(struct bulk *b, const char *name)
{
    struct bulk_table *last = b->count == 0 ? NULL : &b->tables[b->count - 1];
    if (last != NULL && strcmp(last->name, name) == 0) {
        return last;
    }
    if (b->tables == NULL || b->count == b->cap) {
        size_t cap = b->cap == 0 ? 64 : b->cap * 2;
        struct bulk_table *more = ARENA_ARRAY(b->arena, struct bulk_table, cap);
        if (b->tables != NULL) {
            memcpy(more, b->tables, b->count * sizeof *more);
        }
        b->tables = more;
        b->cap = cap;
    }
    struct bulk_table *t = &b->tables[b->count++];
    *t = (struct bulk_table){.name = arena_strdup(b->arena, name),
                             .column =
                                 ARENA_ARRAY(b->arena, struct bulk_column, BULK_COLUMNS_MOST),
                             .key = ARENA_ARRAY(b->arena, unsigned, BULK_COLUMNS_MOST)};
    return t;
}

bool
bulk_add(struct bulk *b, const struct bulk_found *f)
{
    enum db_type type = DB_NULL_T;
    if (!name_is_plain(f->table) || !name_is_plain(f->column) || !type_of(f->type, &type)) {
        return bulk_fail(b, "%s.%s is of a kind (%s) that is not copied", f->table, f->column,
                         f->type);
    }
    struct bulk_table *t = table_for(b, f->table);
    if (t->columns == BULK_COLUMNS_MOST || f->key > BULK_COLUMNS_MOST) {
        return bulk_fail(b, "%s has too many columns", f->table);
    }
    ((struct bulk_column *)(uintptr_t)t->column)[t->columns] =
        (struct bulk_column){arena_strdup(b->arena, f->column), type};
    if (f->key > 0) {
        ((unsigned *)(uintptr_t)t->key)[f->key - 1] = t->columns;
        t->keys++;
    }
    t->columns++;
    return true;
}

bool
bulk_look(struct bulk *b)
{
    b->count = 0;
    b->unfinished = NULL;
    if (!b->engine->look(b)) {
        return false;
    }
    for (size_t i = 0; i < b->count; i++) {
        if (b->tables[i].keys == 0) {
            return bulk_fail(b, "%s has no primary key", b->tables[i].name);
        }
    }
    return true;
}

struct bulk *
bulk_open(struct arena *a, struct db *db, bool reads, const char **why)
{
    const struct bulk_engine *e = db->engine == &db_sqlite ? &bulk_sqlite : &bulk_postgres;
    struct bulk *b = e->open(a, db, reads, why);
    if (b == NULL) {
        return NULL;
    }
    if (!bulk_look(b)) {
        *why = arena_strdup(a, b->why);
        bulk_close(b);
        return NULL;
    }
    return b;
}

void
bulk_close(struct bulk *b)
{
    if (b != NULL) {
        b->engine->close(b);
    }
}

size_t
bulk_count(const struct bulk *b)
{
    return b->count;
}

const struct bulk_table *
bulk_at(const struct bulk *b, size_t i)
{
    return &b->tables[i];
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct bulk_table *)a)->name, ((const struct bulk_table *)b)->name);
}

const struct bulk_table *
bulk_find(const struct bulk *b, const char *name)
{
    const struct bulk_table key = {.name = name};
    return b->count == 0 ? NULL : bsearch(&key, b->tables, b->count, sizeof key, by_name);
}

size_t
bulk_patches(struct bulk *b, int64_t *numbers, size_t most)
{
    return b->engine->patches(b, numbers, most);
}

const char *
bulk_unfinished(const struct bulk *b)
{
    return b->unfinished;
}

// ---- texts -----------------------------------------------------------------------------

void
bulk_name(struct buf *out, const char *name)
{
    buf_putc(out, '"');
    buf_puts(out, name);
    buf_putc(out, '"');
}

void
bulk_names(struct buf *out, const struct bulk_table *t)
{
    for (unsigned i = 0; i < t->columns; i++) {
        buf_puts(out, i == 0 ? "" : ", ");
        bulk_name(out, t->column[i].name);
    }
}

bool
bulk_read(struct bulk *b, const struct bulk_table *t)
{
    struct buf sql;
    buf_init(&sql, b->arena, 1024, (size_t)64 << 10);
    buf_puts(&sql, "SELECT ");
    bulk_names(&sql, t);
    buf_puts(&sql, " FROM ");
    bulk_name(&sql, t->name);
    for (unsigned i = 0; i < t->keys; i++) {
        buf_puts(&sql, i == 0 ? " ORDER BY " : ", ");
        bulk_name(&sql, t->column[t->key[i]].name);
    }
    b->at = t;
    return !b->failed && b->engine->read(b, buf_str(&sql));
}

bool
bulk_next(struct bulk *b, struct db_arg *cells)
{
    return !b->failed && b->engine->next(b, cells);
}

bool
bulk_rows(struct bulk *b, const struct bulk_table *t, int64_t *n)
{
    struct buf sql;
    buf_init(&sql, b->arena, 128, 1024);
    buf_puts(&sql, "SELECT count(*) FROM ");
    bulk_name(&sql, t->name);
    return !b->failed && b->engine->rows(b, buf_str(&sql), n);
}

// ---- loading ---------------------------------------------------------------------------

bool
bulk_begin(struct bulk *b, const char *what)
{
    return !b->failed && b->engine->begin(b, what);
}

bool
bulk_clear(struct bulk *b, const struct bulk_table *t)
{
    return !b->failed && b->engine->clear(b, t);
}

bool
bulk_write(struct bulk *b, const struct bulk_table *t)
{
    b->at = t;
    b->pending = 0;
    return !b->failed && b->engine->write(b, t);
}

bool
bulk_put(struct bulk *b, const struct db_arg *cells)
{
    if (b->failed || !b->engine->put(b, cells)) {
        return false;
    }
    b->pending += (size_t)16 * b->at->columns;
    for (unsigned i = 0; i < b->at->columns; i++) {
        b->pending += cells[i].type == DB_TEXT_T || cells[i].type == DB_BLOB_T ? cells[i].n : 0;
    }
    if (b->pending < BULK_COMMIT_BYTES) {
        return true;
    }
    b->pending = 0;
    return b->engine->flush(b) && b->engine->write(b, b->at);
}

bool
bulk_write_end(struct bulk *b)
{
    return !b->failed && b->engine->flush(b);
}

bool
bulk_given(struct bulk *b, const struct bulk_table *t, int64_t given)
{
    return !b->failed && (given <= 0 || b->engine->given(b, t, given));
}

bool
bulk_mend(struct bulk *b, const char **what)
{
    return !b->failed && b->engine->mend(b, what);
}

bool
bulk_finish(struct bulk *b)
{
    return !b->failed && b->engine->finish(b);
}

// ---- canonical bytes -------------------------------------------------------------------

static void
put_number(struct buf *out, char tag, uint64_t v)
{
    uint64_t be = htobe64(v);
    buf_putc(out, tag);
    buf_put(out, &be, sizeof be);
}

static void
put_bytes(struct buf *out, char tag, const struct db_arg *cell)
{
    uint32_t be = htobe32((uint32_t)cell->n);
    buf_putc(out, tag);
    buf_put(out, &be, sizeof be);
    buf_put(out, cell->p == NULL ? "" : cell->p, cell->n);
}

void
bulk_encode(struct buf *out, const struct db_arg *cells, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t bits = 0;
        switch (cells[i].type) {
        case DB_NULL_T:
            buf_putc(out, 0);
            break;
        case DB_INT_T:
            put_number(out, 1, (uint64_t)cells[i].i);
            break;
        case DB_REAL_T:
            memcpy(&bits, &cells[i].r, sizeof bits);
            put_number(out, 2, bits);
            break;
        case DB_TEXT_T:
            put_bytes(out, 3, &cells[i]);
            break;
        case DB_BLOB_T:
            put_bytes(out, 4, &cells[i]);
            break;
        }
    }
}

static crypto_generichash_state *
state_of(struct bulk_sum *s)
{
    const uintptr_t more = _Alignof(crypto_generichash_state) - 1;
    return (crypto_generichash_state *)(((uintptr_t)s->room + more) & ~more);
}

static void
sum_text(struct bulk_sum *s, const char *text)
{
    crypto_generichash_update(state_of(s), (const unsigned char *)text, strlen(text) + 1);
}

void
bulk_sum_begin(struct bulk_sum *s, const struct bulk_table *t)
{
    static const char LETTERS[][2] = {"?", "i", "t", "r", "b"}; // by db_type
    s->rows = 0;
    crypto_generichash_init(state_of(s), NULL, 0, BULK_SUM_SIZE);
    sum_text(s, t->name);
    for (unsigned i = 0; i < t->columns; i++) {
        sum_text(s, t->column[i].name);
        sum_text(s, LETTERS[t->column[i].type]);
    }
    sum_text(s, "");
}

void
bulk_sum_row(struct bulk_sum *s, const void *bytes, size_t n)
{
    s->rows++;
    crypto_generichash_update(state_of(s), bytes, n);
}

void
bulk_sum_end(struct bulk_sum *s, unsigned char out[BULK_SUM_SIZE])
{
    crypto_generichash_final(state_of(s), out, BULK_SUM_SIZE);
}

bool
bulk_sum_table(struct bulk *b, const struct bulk_table *t, struct buf *row, uint64_t *rows,
               unsigned char out[BULK_SUM_SIZE])
{
    struct db_arg cells[BULK_COLUMNS_MOST];
    struct bulk_sum s;
    bulk_sum_begin(&s, t);
    if (!bulk_read(b, t)) {
        return false;
    }
    while (bulk_next(b, cells)) {
        row->n = 0;
        bulk_encode(row, cells, t->columns);
        bulk_sum_row(&s, row->p, row->n);
    }
    *rows = s.rows;
    bulk_sum_end(&s, out);
    return !b->failed;
}
