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

// The filter of the moment: of the address, or sent with the form that is shown again.
static const char *
asked_query(struct ctx *c)
{
    const char *sent = c->renewed ? http_list_get(&c->req->form, "query") : NULL;
    return sent != NULL ? sent : c->renewed ? "" : listing_query(c, "limit", NULL, NULL);
}

enum err
record_own_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    struct listing_layout l = listing_layout_of(c, k->plural);
    const char *query = asked_query(c);
    const char *list = arena_printf(a, "/%s", k->plural);
    struct value *page = value_map(a);
    struct value *crumbs = value_list(a), *up = value_map(a), *here = value_map(a);
    value_set_text(a, up, "label", ctx_tr(c, k->list_label));
    value_set_text(a, up, "url", arena_printf(a, "%s%s", list, query));
    value_set_text(a, here, "label", ctx_tr(c, T("列表设置")));
    value_set_text(a, here, "url", NULL);
    value_push(a, crumbs, up);
    value_push(a, crumbs, here);
    struct value *views = listing_views(c, k->plural);
    value_set_text(a, page, "title", ctx_tr(c, T("列表设置")));
    value_set(a, page, "crumbs", crumbs);
    value_set_text(a, page, "list", list);
    value_set_text(a, page, "query", *query == '\0' ? NULL : query);
    value_set_text(a, page, "name", c->renewed ? http_list_get(&c->req->form, "name") : NULL);
    value_set_text(a, page, "errors_title",
                   c->faults.count > 0 ? ctx_tr(c, T("没有保存")) : NULL);
    value_set(a, page, "errors_summary", field_summary(c, NULL, "errors"));
    value_set(a, page, "boxes", boxes(c, k, l.columns));
    value_set_bool(a, page, "is_dense", l.dense);
    value_set(a, page, "views", views);
    value_set_bool(a, page, "has_views", value_count(views) > 0);
    c->page = page;
    return ERR_OK;
}

// ---- saving ----------------------------------------------------------------------------

static enum err
back_to_list(struct ctx *c, const char *query, const char *flash)
{
    c->location = arena_printf(c->arena, "/%s%s", kind_of(c)->plural, query);
    c->flash = ctx_tr(c, flash);
    return ERR_OK;
}

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
    return back_to_list(c, "", T("列表设置已保存"));
}

enum err
record_own_view_run(struct ctx *c)
{
    const struct http_list *form = &c->req->form;
    const char *query = http_list_get(form, "query");
    enum err e = listing_view_add(c, kind_of(c)->plural, http_list_get(form, "name"), query);
    return e != ERR_OK ? e : back_to_list(c, query, T("视图已保存"));
}

enum err
record_own_change_run(struct ctx *c)
{
    const char *list = kind_of(c)->plural;
    int64_t id = ctx_id(c, "view");
    if (http_list_get(&c->req->form, "remove") != NULL) {
        enum err e = listing_view_remove(c, list, id);
        return e != ERR_OK ? e : back_to_list(c, "/layout", T("视图已删除"));
    }
    enum err e = listing_view_rename(c, list, id, http_list_get(&c->req->form, "name"));
    return e != ERR_OK ? e : back_to_list(c, "/layout", T("视图已改名"));
}
