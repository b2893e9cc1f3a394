// SPDX-License-Identifier: Apache-2.0
// The page on which a reader makes a list their own: the filter of the moment as a view, the
// columns, the density, the views there are. Plain forms, one button each.
#include "base/text.h"
#include "kit/listing.h"
#include "kit/listing_own.h"
#include "kit/record_impl.h"

static const struct record_kind *
kind_of(const struct ctx *c)
{
    return c->route->data;
}

bool
record_may_list(const struct record_kind *k, const struct field *f)
{
    return (record_is_stored(f) || f->derived) && f->type != FIELD_LONG &&
           f->type != FIELD_REFS && (f->where & (IN_LIST | IN_DETAIL)) != 0 &&
           !text_equal(f->name, k->subtitle);
}

// Those of `words` that exist, in the order of the table; the title always.
static const char *
tidy_columns(struct ctx *c, const struct record_kind *k, const char *words)
{
    struct buf b;
    buf_init(&b, c->arena, 256, 4096);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        bool title = strcmp(f->name, k->title) == 0;
        if (record_may_list(k, f) && (title || text_list_has(words, f->name))) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : " ", f->name);
        }
    }
    return buf_str(&b);
}

bool
record_is_listed(const struct record_kind *k, const struct field *f, const char *chosen)
{
    return chosen == NULL ? (f->where & IN_LIST) != 0 && !text_equal(f->name, k->subtitle)
                          : record_may_list(k, f) && text_list_has(chosen, f->name);
}

const char *
record_shown_columns(struct ctx *c, const struct record_kind *k, const char *chosen)
{
    struct buf b;
    buf_init(&b, c->arena, 256, 4096);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (record_is_listed(k, f, chosen) || text_equal(f->name, k->subtitle)) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : " ", f->name);
        }
    }
    return buf_str(&b);
}

int64_t
record_view_count(struct ctx *c, const char *query)
{
    struct record_query q;
    struct ctx *other = listing_asking(c, query);
    return record_query_read(other, kind_of(c), 0, &q) ? record_query_count(other, &q) : -1;
}

// ---- the page --------------------------------------------------------------------------

enum err
record_own_run(struct ctx *c)
{
    c->out = value_map(c->arena);
    return ERR_OK;
}

static struct value *
boxes(struct ctx *c, const struct record_kind *k, const char *chosen)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (record_may_list(k, f)) {
            struct value *m = value_map(a);
            value_set_text(a, m, "name", f->name);
            value_set_text(a, m, "label", ctx_tr(c, f->label));
            value_set_bool(a, m, "checked", record_is_listed(k, f, chosen));
            value_set_bool(a, m, "always", strcmp(f->name, k->title) == 0);
            value_push(a, list, m);
        }
    }
    return list;
}

struct listing_own
record_own_of(const struct record_kind *k)
{
    return (struct listing_own){.list = k->plural, .label = k->list_label};
}

enum err
record_own_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    const struct listing_own own = record_own_of(k);
    struct listing_layout l = listing_layout_of(c, k->plural);
    struct value *page = listing_own_page(c, &own);
    value_set(c->arena, page, "boxes", boxes(c, k, l.columns));
    value_set_bool(c->arena, page, "has_boxes", true);
    value_set_bool(c->arena, page, "is_bare", false);
    value_set_bool(c->arena, page, "is_dense", l.dense);
    c->page = page;
    return ERR_OK;
}

// ---- saving ----------------------------------------------------------------------------

enum err
record_own_layout_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    const struct http_list *form = &c->req->form;
    struct listing_layout l = {.dense = text_equal(http_list_get(form, "dense"), "1")};
    struct buf words;
    buf_init(&words, c->arena, 256, 8192);
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->items[i].name, "column") == 0) {
            buf_printf(&words, "%s ", form->items[i].value);
        }
    }
    if (http_list_get(form, "reset") == NULL) {
        l.columns = tidy_columns(c, k, buf_str(&words));
    } else {
        l.dense = false;
    }
    listing_layout_set(c, k->plural, &l);
    c->location = arena_printf(c->arena, "/%s", k->plural);
    c->flash = ctx_tr(c, T("列表设置已保存"));
    return ERR_OK;
}

enum err
record_own_view_run(struct ctx *c)
{
    const struct listing_own own = record_own_of(kind_of(c));
    return listing_own_add(c, &own);
}

enum err
record_own_change_run(struct ctx *c)
{
    const struct listing_own own = record_own_of(kind_of(c));
    return listing_own_change(c, &own);
}
