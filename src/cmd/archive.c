// SPDX-License-Identifier: Apache-2.0
// The stream: H head, then T table, R row …, E end of it for every table, then Z. Lengths and
// counts have the greatest byte first; heads are JSON.
#include "cmd/archive.h"

#include "base/json.h"
#include "base/text.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_MOST = 64 * 1024 * 1024, TABLE_MOST = 256 * 1024, TABLES_MOST = 4096 };

// ---- writing ---------------------------------------------------------------------------

struct out {
    archive_put put;
    void *to;
    struct arena *arena;
};

static bool
put_json(struct out *o, char tag, const struct value *v, size_t most)
{
    struct buf b;
    buf_init(&b, o->arena, 1024, most);
    json_write(&b, v);
    uint32_t n = htobe32((uint32_t)b.n);
    return !b.full && o->put(o->to, &tag, 1) && o->put(o->to, &n, sizeof n) &&
           o->put(o->to, b.p, b.n);
}

static const char *const LETTERS[] = {"?", "int", "text", "real", "blob"}; // by db_type

static bool
put_table(struct out *o, const struct bulk_table *t)
{
    struct arena *a = o->arena;
    struct value *m = value_map(a);
    struct value *columns = value_list(a);
    struct value *key = value_list(a);
    for (unsigned i = 0; i < t->columns; i++) {
        struct value *c = value_map(a);
        value_set_text(a, c, "name", t->column[i].name);
        value_set_text(a, c, "type", LETTERS[t->column[i].type]);
        value_push(a, columns, c);
    }
    for (unsigned i = 0; i < t->keys; i++) {
        value_push(a, key, value_int(a, t->key[i]));
    }
    value_set_text(a, m, "name", t->name);
    value_set(a, m, "columns", columns);
    value_set(a, m, "key", key);
    value_set_int(a, m, "given", t->given);
    return put_json(o, 'T', m, TABLE_MOST);
}

static bool
put_count(struct out *o, char tag, uint64_t n, const void *p, size_t size)
{
    uint64_t be = htobe64(n);
    return o->put(o->to, &tag, 1) && o->put(o->to, &be, sizeof be) && o->put(o->to, p, size);
}

static bool
put_rows(struct out *o, struct carry_from *f, const struct bulk_table *t,
         struct carry_said *said)
{
    struct db_arg cells[BULK_COLUMNS_MOST];
    struct bulk_sum sum;
    const void *bytes = NULL;
    size_t n = 0;
    bool ok = true;
    bulk_sum_begin(&sum, t);
    while (ok && f->row(f, cells, &bytes, &n)) {
        bulk_sum_row(&sum, bytes, n);
        ok = o->put(o->to, "R", 1) && o->put(o->to, bytes, n);
    }
    said->table = t->name;
    said->rows = sum.rows;
    bulk_sum_end(&sum, said->sum);
    return ok && f->why[0] == '\0' && put_count(o, 'E', said->rows, said->sum, BULK_SUM_SIZE);
}

bool
archive_write(struct arena *a, const struct value *head, struct carry_from *f, archive_put put,
              void *to, void (*said)(const struct carry_said *said, void *arg), void *arg)
{
    struct out o = {put, to, a};
    struct bulk_table t;
    uint64_t rows = 0;
    uint32_t tables = 0;
    bool ok = put_json(&o, 'H', head, HEAD_MOST);
    while (ok && f->table(f, &t)) {
        struct carry_said one;
        ok = put_table(&o, &t) && put_rows(&o, f, &t, &one);
        rows += ok ? one.rows : 0;
        tables++;
        if (ok && said != NULL) {
            said(&one, arg);
        }
    }
    tables = htobe32(tables);
    return ok && f->why[0] == '\0' && put_count(&o, 'Z', rows, &tables, sizeof tables);
}

// ---- reading ---------------------------------------------------------------------------

static bool
fails(struct archive *r, const char *why)
{
    if (r->from.why[0] == '\0') {
        snprintf(r->from.why, sizeof r->from.why, "%s", why);
    }
    return false;
}

static const char DAMAGED[] = "what it holds is damaged";

static bool
get(struct archive *r, void *p, size_t n)
{
    return r->from.why[0] == '\0' && (r->get(r->arg, p, n) || fails(r, DAMAGED));
}

static bool
get_number(struct archive *r, uint64_t *n)
{
    bool ok = get(r, n, sizeof *n);
    *n = be64toh(*n);
    return ok;
}

static const struct value *
get_json(struct archive *r, struct arena *a, size_t most)
{
    uint32_t n = 0;
    const char *why = "";
    if (!get(r, &n, sizeof n)) {
        return NULL;
    }
    n = be32toh(n);
    if (n == 0 || n > most) {
        fails(r, DAMAGED);
        return NULL;
    }
    char *text = arena_raw(a, (size_t)n + 1);
    if (!get(r, text, n)) {
        return NULL;
    }
    text[n] = '\0';
    const struct value *v = json_parse(a, text, n, &why);
    if (v == NULL || v->type != VALUE_MAP) {
        fails(r, DAMAGED);
        return NULL;
    }
    return v;
}

static bool
take_patches(struct archive *r)
{
    const struct value *list = value_get(r->head, "patches");
    size_t n = value_count(list);
    if (n == 0 || n > CARRY_PATCHES_MOST) {
        return fails(r, DAMAGED);
    }
    for (size_t i = 0; i < n; i++) {
        const struct value *v = value_at(list, i);
        if (v->type != VALUE_INT) {
            return fails(r, DAMAGED);
        }
        r->from.patches[i] = v->i;
    }
    r->from.patch_count = n;
    return true;
}

static bool
take_columns(struct archive *r, const struct value *list, struct bulk_column *columns)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *name = value_get_text(value_at(list, i), "name");
        const char *type = value_get_text(value_at(list, i), "type");
        enum db_type t = DB_INT_T;
        while (t <= DB_BLOB_T && !text_equal(LETTERS[t], type)) {
            t++;
        }
        if (name == NULL || t > DB_BLOB_T) {
            return fails(r, DAMAGED);
        }
        columns[i] = (struct bulk_column){name, t};
    }
    return true;
}

static bool
take_table(struct archive *r, struct bulk_table *t)
{
    struct arena *a = r->rows;
    const struct value *m = get_json(r, a, TABLE_MOST);
    const struct value *columns = m == NULL ? NULL : value_get(m, "columns");
    const struct value *key = m == NULL ? NULL : value_get(m, "key");
    size_t n = value_count(columns);
    size_t keys = value_count(key);
    if (m == NULL || n == 0 || n > BULK_COLUMNS_MOST || keys == 0 || keys > n ||
        value_get_text(m, "name") == NULL) {
        return fails(r, DAMAGED);
    }
    struct bulk_column *column = ARENA_ARRAY(a, struct bulk_column, n);
    unsigned *at = ARENA_ARRAY(a, unsigned, keys);
    for (size_t i = 0; i < keys; i++) {
        const struct value *v = value_at(key, i);
        if (v->type != VALUE_INT || v->i < 0 || (size_t)v->i >= n) {
            return fails(r, DAMAGED);
        }
        at[i] = (unsigned)v->i;
    }
    *t = (struct bulk_table){.name = value_get_text(m, "name"),
                             .columns = (unsigned)n,
                             .keys = (unsigned)keys,
                             .column = column,
                             .key = at,
                             .given = value_get_int(m, "given", 0)};
    return take_columns(r, columns, column);
}

// The last: counts, and nothing behind it.
static bool
take_end(struct archive *r)
{
    uint64_t rows = 0;
    uint32_t tables = 0;
    if (!get_number(r, &rows) || !get(r, &tables, sizeof tables)) {
        return false;
    }
    if (rows != r->total || be32toh(tables) != r->tables) {
        return fails(r, DAMAGED);
    }
    r->whole = r->end(r->arg);
    return r->whole || fails(r, DAMAGED);
}

static bool
next_table(struct carry_from *f, struct bulk_table *t)
{
    struct archive *r = (struct archive *)(void *)f;
    char tag = 0;
    if (r->whole || !get(r, &tag, 1)) {
        return false;
    }
    if (tag == 'Z') {
        return take_end(r) && false;
    }
    arena_reset(r->rows);
    buf_init(&r->row, r->rows, (size_t)64 << 10, BULK_ROW_MOST);
    if (tag != 'T' || r->tables == TABLES_MOST || !take_table(r, &r->table)) {
        return fails(r, DAMAGED);
    }
    r->tables++;
    r->count = 0;
    bulk_sum_begin(&r->sum, &r->table);
    *t = r->table;
    return true;
}

// n more bytes of the row; where they begin.
static bool
more(struct archive *r, size_t n, size_t *at)
{
    char *p = n <= BULK_CELL_MOST ? buf_room(&r->row, n) : NULL;
    *at = r->row.n;
    if (p == NULL) {
        return fails(r, DAMAGED);
    }
    if (!get(r, p, n)) {
        return false;
    }
    r->row.n += n;
    return true;
}

// The cell's offset stands in for its address until the row has stopped growing.
static bool
take_cell(struct archive *r, const struct bulk_column *c, struct db_arg *cell, size_t *offset)
{
    size_t at = 0;
    uint64_t v = 0;
    uint32_t n = 0;
    if (!more(r, 1, &at)) {
        return false;
    }
    char tag = r->row.p[at];
    if (tag == 0) {
        *cell = DB_NULL;
        return true;
    }
    static const enum db_type TYPES[] = {DB_NULL_T, DB_INT_T, DB_REAL_T, DB_TEXT_T, DB_BLOB_T};
    if (tag < 0 || tag > 4 || TYPES[(unsigned char)tag] != c->type) {
        return fails(r, DAMAGED);
    }
    cell->type = c->type;
    if (c->type == DB_TEXT_T || c->type == DB_BLOB_T) {
        if (!more(r, sizeof n, &at)) {
            return false;
        }
        memcpy(&n, r->row.p + at, sizeof n);
        cell->n = be32toh(n);
        return more(r, cell->n, offset);
    }
    if (!more(r, sizeof v, &at)) {
        return false;
    }
    memcpy(&v, r->row.p + at, sizeof v);
    v = be64toh(v);
    memcpy(&cell->i, &v, sizeof v); // a real stands in the same eight bytes
    return true;
}

static bool
take_row(struct archive *r, struct db_arg *cells)
{
    size_t offsets[BULK_COLUMNS_MOST] = {0};
    r->row.n = 0;
    for (unsigned i = 0; i < r->table.columns; i++) {
        if (!take_cell(r, &r->table.column[i], &cells[i], &offsets[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < r->table.columns; i++) {
        if (cells[i].type == DB_TEXT_T || cells[i].type == DB_BLOB_T) {
            cells[i].p = r->row.p + offsets[i];
        }
    }
    r->count++;
    r->total++;
    bulk_sum_row(&r->sum, r->row.p, r->row.n);
    return true;
}

static bool
next_row(struct carry_from *f, struct db_arg *cells, const void **bytes, size_t *n)
{
    struct archive *r = (struct archive *)(void *)f;
    unsigned char said[BULK_SUM_SIZE];
    unsigned char found[BULK_SUM_SIZE];
    uint64_t rows = 0;
    char tag = 0;
    if (!get(r, &tag, 1)) {
        return false;
    }
    if (tag == 'R') {
        bool ok = take_row(r, cells);
        *bytes = r->row.p;
        *n = r->row.n;
        return ok;
    }
    if (tag != 'E' || !get_number(r, &rows) || !get(r, said, sizeof said)) {
        return fails(r, DAMAGED);
    }
    bulk_sum_end(&r->sum, found);
    if (rows != r->count || memcmp(said, found, sizeof said) != 0) {
        fails(r, DAMAGED);
    }
    return false;
}

bool
archive_open(struct archive *r, struct arena *a, archive_get get_bytes, archive_end end,
             void *arg)
{
    char tag = 0;
    memset(r, 0, sizeof *r);
    r->from.table = next_table;
    r->from.row = next_row;
    r->arena = a;
    r->get = get_bytes;
    r->end = end;
    r->arg = arg;
    r->rows = arena_new(BULK_ROW_MOST * 4);
    if (!get(r, &tag, 1) || tag != 'H') {
        return fails(r, DAMAGED);
    }
    r->head = get_json(r, a, HEAD_MOST);
    if (r->head == NULL) {
        return false;
    }
    const char *name = value_get_text(r->head, "name");
    if (value_get_int(r->head, "format", 0) != 1 || name == NULL ||
        strlen(name) >= sizeof r->from.name) {
        return fails(r, "it was made by a newer program");
    }
    snprintf(r->from.name, sizeof r->from.name, "%s", name);
    return take_patches(r);
}

bool
archive_verify(struct archive *r, void (*said)(const struct carry_said *said, void *arg),
               void *arg)
{
    struct db_arg cells[BULK_COLUMNS_MOST];
    struct bulk_table t;
    const void *bytes = NULL;
    size_t n = 0;
    while (r->from.table(&r->from, &t)) {
        struct carry_said one = {.table = t.name};
        while (r->from.row(&r->from, cells, &bytes, &n)) {
        }
        one.rows = r->count;
        if (r->from.why[0] == '\0' && said != NULL) {
            said(&one, arg);
        }
    }
    return r->whole && r->from.why[0] == '\0';
}

void
archive_close(struct archive *r)
{
    if (r->rows != NULL) {
        arena_free(r->rows);
        r->rows = NULL;
    }
}
