// SPDX-License-Identifier: Apache-2.0
#include "kit/find.h"

#include "kit/app.h"
#include "kit/listing.h"
#include "kit/record_impl.h"
#include "view/html.h"

struct value *
find_group(struct ctx *c, const char *kind, const char *label, const char *url)
{
    struct arena *a = c->arena;
    struct value *g = value_map(a);
    value_set_text(a, g, "kind", kind);
    value_set_text(a, g, "label", ctx_tr(c, label));
    value_set_text(a, g, "url", url);
    value_set(a, g, "items", value_list(a));
    value_set(a, g, "count", &value_null);
    value_set_bool(a, g, "more", false);
    value_set_bool(a, g, "near", false);
    return g;
}

void
find_item(struct ctx *c, struct value *group, int64_t id, const char *title, const char *sub,
          const char *url)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_int(a, m, "id", id);
    value_set_text(a, m, "title", title);
    value_set_text(a, m, "sub", sub);
    value_set_text(a, m, "url", url);
    value_push(a, (struct value *)(uintptr_t)value_get(group, "items"), m); // made above
}

static const char *
list_url(struct ctx *c, const char *plural, const char *text)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 4096);
    buf_printf(&b, "/%s?q=", plural);
    url_component(&b, text);
    return buf_str(&b);
}

static void
put_records(struct ctx *c, const struct record_kind *k, const struct value *rows,
            struct value *group)
{
    const struct field *title = field_find(k->fields, k->title);
    for (size_t i = 0; i < value_count(rows) && i < FIND_MOST; i++) {
        const struct value *rec = value_at(rows, i);
        int64_t id = value_get_int(rec, "id", 0);
        const struct field *sub =
            k->subtitle == NULL ? NULL : field_find(k->fields, k->subtitle);
        const char *below = sub == NULL ? "" : record_shown(c, sub, rec);
        find_item(c, group, id, record_shown(c, title, rec), *below == '\0' ? NULL : below,
                  record_url(c, k, id, ""));
    }
}

// ---- what is found ---------------------------------------------------------------------

struct value *
find_kind(struct ctx *c, const struct record_kind *k, const char *text)
{
    const struct record_grant *g;
    enum record_scope scope;
    if (!record_is_searched(k) || !record_scope_of(c, k, RECORD_READ, &g, &scope)) {
        return NULL;
    }
    struct record_query q = record_query_of(c, k, scope, FIND_MOST);
    q.counted = FIND_COUNTED;
    int64_t n = record_query_text(c, &q, text) ? record_query_count(c, &q) : 0;
    if (n <= 0) {
        return NULL;
    }
    struct value *group = find_group(c, k->name, k->list_label, list_url(c, k->plural, text));
    put_records(c, k, record_query_run(c, &q).items, group);
    value_set_text(c->arena, group, "count", listing_count_to(c->arena, n, FIND_COUNTED));
    value_set_bool(c->arena, group, "more", n > FIND_MOST);
    value_set_bool(c->arena, group, "near", q.near);
    return group;
}

struct value *
find_all(struct ctx *c, const char *text)
{
    struct value *groups = value_list(c->arena);
    for (size_t i = 0; c->app->modules[i] != NULL; i++) {
        const struct module *m = c->app->modules[i];
        struct value *own = m->find == NULL ? NULL : m->find(c, text, FIND_MOST);
        if (own != NULL) {
            value_push(c->arena, groups, own);
        }
        for (size_t k = 0; m->kinds != NULL && m->kinds[k] != NULL; k++) {
            struct value *group = find_kind(c, m->kinds[k], text);
            if (group != NULL) {
                value_push(c->arena, groups, group);
            }
        }
    }
    return groups;
}
