// SPDX-License-Identifier: Apache-2.0
// The statements of merging, composed once from the tables of kinds and links; only names that
// stand in those tables become text of a statement.
#include "base/text.h"
#include "kit/app.h"
#include "kit/record_merge_impl.h"

#include <stdlib.h>

enum { TABLES_MOST = 64, LINKS_MOST = 256, SQL_MOST = 16384 };

static struct merge_table *tables[TABLES_MOST];
static struct merge_link *links[LINKS_MOST];

static struct arena *
lasting(void)
{
    static struct arena *a;
    a = a == NULL ? arena_new((size_t)8 << 20) : a;
    return a;
}

// ---- raw rows --------------------------------------------------------------------------

static bool
is_number(const struct record_kind *k, const char *column)
{
    const struct field *f = field_find(k->fields, column);
    for (const struct record_key *s = k->keys; s != NULL && s->sort != NULL; s++) {
        if (strcmp(s->column, column) == 0) {
            return false;
        }
    }
    return f == NULL ? !text_ends(column, "_index") && !text_ends(column, "_end")
                     : f->type == FIELD_INT || f->type == FIELD_MONEY || f->type == FIELD_REF ||
                           f->type == FIELD_TIME || f->type == FIELD_FLAG;
}

static void
find_columns(struct arena *a, struct merge_table *t)
{
    t->columns[t->count++] = "id";
    for (const struct field *f = t->k->fields; f->name != NULL; f++) {
        if (record_is_stored(f)) {
            t->columns[t->count++] = f->name;
        }
        if (f->sealed) {
            t->columns[t->count++] = arena_printf(a, "%s_index", f->name);
        }
        if (f->sealed && f->type == FIELD_MOBILE) {
            t->columns[t->count++] = arena_printf(a, "%s_end", f->name);
        }
    }
    for (const struct record_key *s = t->k->keys; s != NULL && s->sort != NULL; s++) {
        t->columns[t->count++] = s->column;
    }
    static const char *const KEPT[] = {"created_at", "updated_at", "version"};
    for (size_t i = 0; i < sizeof KEPT / sizeof *KEPT; i++) {
        t->columns[t->count++] = KEPT[i];
    }
}

static void
compose_rows(struct arena *a, struct merge_table *t)
{
    struct buf names, types, marks, sets;
    buf_init(&names, a, 512, SQL_MOST);
    buf_init(&types, a, 512, SQL_MOST);
    buf_init(&marks, a, 512, SQL_MOST);
    buf_init(&sets, a, 512, SQL_MOST);
    for (unsigned i = 0; i < t->count; i++) {
        const char *name = t->columns[i], *gap = i == 0 ? "" : ", ";
        buf_printf(&names, "%s%s", gap, name);
        buf_printf(&marks, "%s$%u", gap, i + 1);
        buf_printf(&types, "%s%s:%s%s", i == 0 ? "" : " ", name,
                   is_number(t->k, name) ? "int" : "text", i == 0 ? "" : "?");
        if (i > 0) {
            buf_printf(&sets, "%s%s = $%u", i == 1 ? "" : ", ", name, i);
        }
    }
    const char *table = t->k->table, *name = t->k->name, *all = buf_str(&types);
    t->image = (struct db_stmt){
        .name = arena_printf(a, "%s.row", name),
        .sql = arena_printf(a, "SELECT %s FROM %s WHERE id = $1", buf_str(&names), table),
        .params = "id:int",
        .row = all};
    t->insert = (struct db_stmt){.name = arena_printf(a, "%s.row_back", name),
                                 .sql = arena_printf(a, "INSERT INTO %s (%s) VALUES (%s)",
                                                     table, buf_str(&names), buf_str(&marks)),
                                 .params = all};
    t->restore = (struct db_stmt){.name = arena_printf(a, "%s.row_set", name),
                                  .sql = arena_printf(a, "UPDATE %s SET %s WHERE id = $%u",
                                                      table, buf_str(&sets), t->count),
                                  .params = arena_printf(a, "%s id:int", strchr(all, ' ') + 1)};
    t->remove = (struct db_stmt){.name = arena_printf(a, "%s.row_remove", name),
                                 .sql = arena_printf(a, "DELETE FROM %s WHERE id = $1", table),
                                 .params = "id:int"};
    t->next = (struct db_stmt){
        .name = arena_printf(a, "%s.row_next", name),
        .sql = arena_printf(a, "SELECT id FROM %s WHERE id > $1 ORDER BY id LIMIT $2", table),
        .params = "after:int most:int",
        .row = "id:int"};
}

const struct merge_table *
merge_table_of(const struct record_kind *k)
{
    for (size_t i = 0; i < TABLES_MOST; i++) {
        if (tables[i] == NULL) {
            struct merge_table *t = ARENA_NEW(lasting(), struct merge_table);
            *t = (struct merge_table){.k = k};
            find_columns(lasting(), t);
            compose_rows(lasting(), t);
            tables[i] = t;
        }
        if (tables[i]->k == k) {
            return tables[i];
        }
    }
    abort(); // more kinds than TABLES_MOST: found at the first start
}

const struct merge_table *
merge_table_named(const struct app *app, const char *kind)
{
    for (const struct module *const *m = app->modules; m != NULL && *m != NULL; m++) {
        const struct record_kind *const *k = (*m)->kinds;
        for (; k != NULL && *k != NULL; k++) {
            if (text_equal((*k)->name, kind)) {
                return merge_table_of(*k);
            }
        }
    }
    return NULL;
}

// ---- references ------------------------------------------------------------------------

static void
compose_link(struct arena *a, struct merge_link *m)
{
    const struct record_link *l = m->l;
    const char *table = l->table, *column = l->column;
    const char *name = m->name = arena_printf(a, "%s.%s", table, column);
    // One column of kinds and numbers is asked by several links: their statements differ in
    // name.
    const char *of = l->kind_column == NULL ? "" : arena_printf(a, "_%s", l->to);
    m->self = l->kind != NULL && strcmp(l->kind->plural, l->to) == 0;
    m->rows = (struct db_stmt){
        .name = arena_printf(a, "merge.%s%s", name, of),
        .sql = arena_printf(
            a, "SELECT id FROM %s WHERE %s = $1%s ORDER BY id", table, column,
            l->kind_column == NULL ? "" : arena_printf(a, " AND %s = $2", l->kind_column)),
        .params = l->kind_column == NULL ? "id:int" : "id:int kind:text",
        .row = "id:int"};
    m->move = (struct db_stmt){
        .name = arena_printf(a, "merge.%s%s_move", name, of),
        .sql = arena_printf(
            a, "UPDATE %s SET %s = $1%s WHERE id = $2 AND %s = $3", table, column,
            l->versioned ? ", version = version + 1, updated_at = $4" : "", column),
        .params = l->versioned ? "to:int id:int from:int now:time" : "to:int id:int from:int"};
    m->now = (struct db_stmt){
        .name = arena_printf(a, "merge.%s%s_now", name, of),
        .sql = arena_printf(a, "SELECT %s AS id FROM %s WHERE id = $1", column, table),
        .params = "id:int",
        .row = "id:int?"};
    m->version =
        (struct db_stmt){.name = arena_printf(a, "merge.%s%s_version", name, of),
                         .sql = arena_printf(a, "SELECT version FROM %s WHERE id = $1", table),
                         .params = "id:int",
                         .row = "version:int"};
}

static const struct merge_link *
link_of(const struct record_link *l)
{
    for (size_t i = 0; i < LINKS_MOST; i++) {
        if (links[i] == NULL) {
            struct merge_link *m = ARENA_NEW(lasting(), struct merge_link);
            *m = (struct merge_link){.l = l};
            compose_link(lasting(), m);
            links[i] = m;
        }
        if (links[i]->l == l) {
            return links[i];
        }
    }
    abort(); // more links than LINKS_MOST: found at the first start
}

const struct merge_link *
merge_link_at(const struct app *app, const struct record_kind *k, size_t i)
{
    for (const struct module *const *m = app->modules; m != NULL && *m != NULL; m++) {
        for (const struct record_link *l = (*m)->links; l != NULL && l->to != NULL; l++) {
            if (strcmp(l->to, k->plural) == 0 && i-- == 0) {
                return link_of(l);
            }
        }
    }
    return NULL;
}

const struct merge_link *
merge_link_named(const struct app *app, const char *name)
{
    for (const struct module *const *m = app->modules; m != NULL && *m != NULL; m++) {
        for (const struct record_link *l = (*m)->links; l != NULL && l->to != NULL; l++) {
            if (text_equal(link_of(l)->name, name)) {
                return link_of(l);
            }
        }
    }
    return NULL;
}

// ---- for `huiqiao sql`, and so that everything is composed before threads start
// --------------

static void
push_table(const struct record_kind *k, const struct db_stmt **all, size_t *n)
{
    const struct merge_table *t = merge_table_of(k);
    const struct db_stmt *const own[] = {&t->image, &t->insert, &t->restore, &t->remove,
                                         &t->next};
    for (size_t i = 0; i < *n; i++) {
        if (all[i] == &t->image) {
            return;
        }
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        all[(*n)++] = own[i];
    }
}

static void
push_link(const struct record_link *l, const struct db_stmt **all, size_t *n)
{
    const struct merge_link *m = link_of(l);
    all[(*n)++] = &m->rows;
    if (l->kind != NULL) {
        push_table(l->kind, all, n);
        return;
    }
    all[(*n)++] = &m->move;
    all[(*n)++] = &m->now;
    if (l->versioned) {
        all[(*n)++] = &m->version;
    }
}

const struct db_stmt *const *
record_link_statements(const struct module *m)
{
    enum { STATEMENTS_MOST = 512 };
    const struct db_stmt **all =
        ARENA_ARRAY(lasting(), const struct db_stmt *, STATEMENTS_MOST);
    size_t n = 0;
    for (const struct record_kind *const *k = m->kinds; k != NULL && *k != NULL; k++) {
        if ((*k)->duplicates != NULL) {
            push_table(*k, all, &n);
        }
    }
    for (const struct record_link *l = m->links; l != NULL && l->to != NULL; l++) {
        push_link(l, all, &n);
    }
    all[n] = NULL;
    return all;
}
