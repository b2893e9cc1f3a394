// SPDX-License-Identifier: Apache-2.0
// Records that belong to others: what a page shows of them, where their forms come from and
// go back to, and what other modules add to a record's page.
#include "base/text.h"
#include "kit/app.h"
#include "kit/record_impl.h"

// A block is a glance: what a reader may not see is left out of those read.
enum { BLOCK_ROWS = 6, BLOCK_READ = 60 };

const struct record_parent *
record_parent_of(const struct record_kind *k, const char *field)
{
    for (const struct record_parent *p = k->parents; p != NULL && p->field != NULL; p++) {
        if (strcmp(p->field, field) == 0) {
            return p;
        }
    }
    return NULL;
}

const char *
record_ref_title(struct ctx *c, const struct record_kind *k, const char *field, int64_t id)
{
    const struct field *f = field_find(k->fields, field);
    const struct db_stmt *s = &record_built_of(k)->ref[f - k->fields];
    return id <= 0 ? NULL
                   : value_get_text(db_one(c->tx, c->arena, s, DB_ARGS(DB_INT(id))), "name");
}

// Whoever adds records of one enterprise or chamber only is not asked which.
static const char *
own_parent(struct ctx *c, const struct record_kind *k, int64_t *id)
{
    const struct record_grant *g;
    enum record_scope scope;
    if (!record_scope_of(c, k, RECORD_CREATE, &g, &scope) || scope == SCOPE_ALL) {
        return NULL;
    }
    const char *column =
        scope == SCOPE_ENTERPRISE ? k->enterprise_column : k->organization_column;
    const struct record_parent *p = column == NULL ? NULL : record_parent_of(k, column);
    *id = scope == SCOPE_ENTERPRISE ? c->actor->enterprise_id : c->actor->organization_id;
    return p == NULL || *id <= 0 ? NULL : p->field;
}

const char *
record_home(struct ctx *c, const struct record_kind *k, const struct value *rec, int64_t *id)
{
    const struct record_parent *p = k->parents;
    for (; p != NULL && p->field != NULL; p++) {
        const char *asked = ctx_query(c, p->field);
        if (asked != NULL && text_to_int(asked, id) && *id > 0) {
            return p->field;
        }
    }
    const char *own = value_get_int(rec, "id", 0) == 0 ? own_parent(c, k, id) : NULL;
    if (own != NULL) {
        return own;
    }
    for (p = k->parents; p != NULL && p->field != NULL; p++) {
        *id = value_get_int(rec, p->field, 0);
        if (*id > 0) {
            return p->field;
        }
    }
    return NULL;
}

const char *
record_home_url(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    int64_t id;
    const char *home = record_home(c, k, rec, &id);
    return home != NULL
               ? arena_printf(c->arena, "/%s/%lld#%s", field_find(k->fields, home)->ref,
                              (long long)id, k->plural)
               : arena_printf(c->arena, "/%s/%lld", k->plural,
                              (long long)value_get_int(rec, "id", 0));
}

// ---- blocks ----------------------------------------------------------------------------

struct value *
record_block(struct ctx *c, const char *id, const char *title, const char *empty)
{
    struct arena *a = c->arena;
    struct value *block = value_map(a);
    value_set_text(a, block, "id", id);
    value_set_text(a, block, "title", ctx_tr(c, title));
    value_set_text(a, block, "empty", empty == NULL ? NULL : ctx_tr(c, empty));
    value_set(a, block, "columns", &value_empty_list);
    value_set(a, block, "rows", &value_empty_list);
    value_set_bool(a, block, "has_rows", false);
    value_set(a, block, "bulk", &value_null);
    record_block_links(c, block, NULL, NULL, NULL);
    return block;
}

void
record_block_table(struct ctx *c, struct value *block, struct value *columns,
                   struct value *rows)
{
    value_set(c->arena, block, "columns", columns);
    value_set(c->arena, block, "rows", rows);
    value_set_bool(c->arena, block, "has_rows", value_count(rows) > 0);
}

void
record_block_links(struct ctx *c, struct value *block, const char *add_label,
                   const char *add_url, const char *all_url)
{
    struct arena *a = c->arena;
    struct value *add = value_map(a);
    value_set_text(a, add, "url", add_url);
    value_set_text(a, add, "label", add_label == NULL ? NULL : ctx_tr(c, add_label));
    value_set(a, block, "add", add_url == NULL ? &value_null : add);
    value_set_text(a, block, "all_url", all_url);
}

static bool
may_add(struct ctx *c, const struct record_kind *k, const char *field, int64_t id)
{
    struct value *rec = value_map(c->arena);
    value_set_int(c->arena, rec, field, id);
    record_fill_scope(c, k, rec);
    return record_may(c, k, RECORD_CREATE, rec);
}

// The first of a parent's records that the reader may see; *more: there are others.
static struct value *
rows_of(struct ctx *c, const struct record_kind *k, const char *field, int64_t id, bool *more)
{
    struct record_query q;
    record_query_parent(c, k, field, id, BLOCK_READ, &q);
    struct value *found = record_query_run(c, &q).items;
    struct value *items = value_list(c->arena);
    size_t seen = 0;
    for (size_t i = 0; i < value_count(found); i++) {
        const struct value *rec = value_at(found, i);
        if (record_may(c, k, RECORD_READ, rec) && ++seen <= BLOCK_ROWS) {
            value_push(c->arena, items, rec);
        }
    }
    *more = seen > BLOCK_ROWS;
    return items;
}

static struct value *
child_block(struct ctx *c, const struct record_kind *k, const struct record_parent *p,
            int64_t id)
{
    struct arena *a = c->arena;
    const struct record_grant *g;
    struct record_query q = {.b = record_built_of(k), .order = k->order};
    if (!record_scope_of(c, k, RECORD_READ, &g, &q.scope)) {
        return NULL;
    }
    bool more;
    struct value *items = rows_of(c, k, p->field, id, &more);
    bool add = may_add(c, k, p->field, id);
    if (value_count(items) == 0 && !add && p->empty == NULL) {
        return NULL;
    }
    struct value *block =
        record_block(c, k->plural, p->label, p->empty == NULL ? T("还没有登记。") : p->empty);
    record_block_table(c, block, record_columns(c, &q, p->field, NULL),
                       record_rows(c, k, p->field, NULL, items));
    const char *asked = arena_printf(a, "%s=%lld", p->field, (long long)id);
    record_block_links(c, block, T("登记"),
                       add ? arena_printf(a, "/%s/new?%s", k->plural, asked) : NULL,
                       more ? arena_printf(a, "/%s?%s", k->plural, asked) : NULL);
    return block;
}

static void
push_children(struct ctx *c, const struct record_kind *child, const char *plural, int64_t id,
              struct value *list)
{
    const struct record_parent *p = child->parents;
    for (; p != NULL && p->field != NULL; p++) {
        const struct field *f = field_find(child->fields, p->field);
        bool shown = p->label != NULL && strcmp(f->ref, plural) == 0;
        struct value *block = shown ? child_block(c, child, p, id) : NULL;
        if (block != NULL) {
            value_push(c->arena, list, block);
        }
    }
}

struct value *
record_blocks(struct ctx *c, const struct record_kind *k, int64_t id)
{
    struct value *list = value_list(c->arena);
    const struct module *const *m = c->app->modules;
    for (; m != NULL && *m != NULL; m++) {
        for (size_t i = 0; (*m)->kinds != NULL && (*m)->kinds[i] != NULL; i++) {
            push_children(c, (*m)->kinds[i], k->plural, id, list);
        }
        const struct record_panel *p = (*m)->panels;
        for (; p != NULL && p->of != NULL; p++) {
            struct value *block = strcmp(p->of, k->plural) == 0 ? p->make(c, id) : NULL;
            if (block != NULL) {
                value_push(c->arena, list, block);
            }
        }
    }
    return list;
}
