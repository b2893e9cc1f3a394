// SPDX-License-Identifier: Apache-2.0
#include "kit/listing_own.h"

#include "base/text.h"
#include "http/form.h"
#include "kit/field.h"
#include "kit/listing.h"
#include "kit/route.h"

#include <string.h>

static const struct db_stmt VIEWS = {
    .name = "listing.views",
    .sql = "SELECT id, name, query FROM list_view WHERE account_id = $1 AND list = $2"
           " ORDER BY name LIMIT 12",
    .params = "account:int list:text",
    .row = "id:int name:text query:text"};
static const struct db_stmt SAME = {
    .name = "listing.view_same",
    .sql = "SELECT id FROM list_view WHERE account_id = $1 AND list = $2 AND name = $3",
    .params = "account:int list:text name:text",
    .row = "id:int"};
static const struct db_stmt ADD = {
    .name = "listing.view_add",
    .sql = "INSERT INTO list_view (account_id, list, name, query, created_at)"
           " VALUES ($1, $2, $3, $4, $5)",
    .params = "account:int list:text name:text query:text now:time"};
static const struct db_stmt RENAME = {
    .name = "listing.view_rename",
    .sql = "UPDATE list_view SET name = $4 WHERE id = $1 AND account_id = $2 AND list = $3",
    .params = "id:int account:int list:text name:text"};
static const struct db_stmt REMOVE = {
    .name = "listing.view_remove",
    .sql = "DELETE FROM list_view WHERE id = $1 AND account_id = $2 AND list = $3",
    .params = "id:int account:int list:text"};
static const struct db_stmt LAYOUT = {
    .name = "listing.layout",
    .sql = "SELECT columns, dense FROM list_layout WHERE account_id = $1 AND list = $2",
    .params = "account:int list:text",
    .row = "columns:text? dense:bool"};
static const struct db_stmt LAYOUT_SET = {
    .name = "listing.layout_set",
    .sql = "INSERT INTO list_layout (account_id, list, columns, dense) VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (account_id, list) DO UPDATE SET columns = excluded.columns,"
           " dense = excluded.dense",
    .params = "account:int list:text columns:text? dense:bool"};
const struct db_stmt *const LISTING_STATEMENTS[] = {&VIEWS,  &SAME,   &ADD,        &RENAME,
                                                    &REMOVE, &LAYOUT, &LAYOUT_SET, NULL};

struct listing_layout
listing_layout_of(struct ctx *c, const char *list)
{
    const struct value *row =
        c->actor->id <= 0
            ? NULL
            : db_one(c->tx, c->arena, &LAYOUT, DB_ARGS(DB_INT(c->actor->id), DB_TEXT(list)));
    return (struct listing_layout){.columns = value_get_text(row, "columns"),
                                   .dense = row != NULL && value_get_bool(row, "dense")};
}

void
listing_layout_set(struct ctx *c, const char *list, const struct listing_layout *l)
{
    db_put(c->tx, &LAYOUT_SET,
           DB_ARGS(DB_INT(c->actor->id), DB_TEXT(list), DB_TEXT(l->columns),
                   DB_INT(l->dense ? 1 : 0)));
}

// ---- views -----------------------------------------------------------------------------

struct value *
listing_views(struct ctx *c, const char *list)
{
    return db_list(c->tx, c->arena, &VIEWS, DB_ARGS(DB_INT(c->actor->id), DB_TEXT(list)));
}

// NULL and a fault when no view of another id may be called so.
static const char *
checked_name(struct ctx *c, const char *list, int64_t id, const char *name)
{
    const char *tidy = text_tidy(c->arena, name == NULL ? "" : name, false);
    if (*tidy == '\0') {
        ctx_fault(c, "name", "missing", T("请给视图起个名字"));
        return NULL;
    }
    if (text_length(tidy) > LISTING_VIEW_NAME || text_has_control(tidy, false)) {
        ctx_fault(c, "name", "too_long", T("名字最多 20 个字"));
        return NULL;
    }
    int64_t same = db_value_int(c->tx, &SAME,
                                DB_ARGS(DB_INT(c->actor->id), DB_TEXT(list), DB_TEXT(tidy)), 0);
    if (same != 0 && same != id) {
        ctx_fault(c, "name", "taken", T("您已经有一个同名的视图"));
        return NULL;
    }
    return tidy;
}

enum err
listing_view_add(struct ctx *c, const char *list, const char *name, const char *query)
{
    const char *tidy = checked_name(c, list, 0, name);
    if (tidy == NULL) {
        return ERR_INVALID;
    }
    if (query == NULL || query[0] != '?' || strlen(query) > LISTING_VIEW_QUERY ||
        text_has_control(query, false)) {
        return ctx_fault(c, "name", "query", T("先筛选，再把筛选条件存成视图"));
    }
    if (value_count(listing_views(c, list)) >= LISTING_VIEWS_MOST) {
        return ctx_fault(c, "name", "too_many", T("视图最多 12 个，请先删掉不用的"));
    }
    db_put(c->tx, &ADD,
           DB_ARGS(DB_INT(c->actor->id), DB_TEXT(list), DB_TEXT(tidy), DB_TEXT(query),
                   DB_INT(c->now)));
    return db_tx_err(c->tx);
}

enum err
listing_view_rename(struct ctx *c, const char *list, int64_t id, const char *name)
{
    const char *tidy = checked_name(c, list, id, name);
    if (tidy == NULL) {
        return ERR_INVALID;
    }
    struct db_arg args[] = {DB_INT(id), DB_INT(c->actor->id), DB_TEXT(list), DB_TEXT(tidy)};
    return db_run(c->tx, &RENAME, args, 4) == 1 ? ERR_OK : ERR_NOT_FOUND;
}

enum err
listing_view_remove(struct ctx *c, const char *list, int64_t id)
{
    struct db_arg args[] = {DB_INT(id), DB_INT(c->actor->id), DB_TEXT(list)};
    return db_run(c->tx, &REMOVE, args, 3) == 1 ? ERR_OK : ERR_NOT_FOUND;
}

// ---- tabs ------------------------------------------------------------------------------

struct ctx *
listing_asking(struct ctx *c, const char *query)
{
    struct http_req *req = ARENA_NEW(c->arena, struct http_req);
    struct ctx *other = ARENA_NEW(c->arena, struct ctx);
    struct http_list list = {0};
    query += *query == '?';
    *req = *c->req;
    *other = *c;
    req->query = form_parse_urlencoded(c->arena, query, strlen(query), &list)
                     ? list
                     : (struct http_list){0};
    other->req = req;
    other->faults = (struct faults){0};
    return other;
}

static void
put_tab(struct ctx *c, struct value *tabs, const char *label, const char *url, bool current,
        int64_t count)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "url", url);
    value_set_text(a, m, "label", label);
    value_set_bool(a, m, "current", current);
    value_set_text(a, m, "count", count < 0 ? NULL : listing_count_text(a, count));
    value_push(a, tabs, m);
}

bool
listing_push_views(struct ctx *c, struct value *tabs, const char *list,
                   int64_t (*count)(struct ctx *c, const char *query))
{
    struct arena *a = c->arena;
    const struct value *views = listing_views(c, list);
    const char *now = listing_query(c, "limit", NULL, NULL);
    bool any = false;
    for (size_t i = 0; i < value_count(views); i++) {
        const struct value *v = value_at(views, i);
        const char *query = value_get_text(v, "query");
        bool current = strcmp(query, now) == 0;
        put_tab(c, tabs, value_get_text(v, "name"), arena_printf(a, "/%s%s", list, query),
                current, count == NULL ? -1 : count(c, query));
        any = any || current;
    }
    return any;
}

struct value *
listing_tabs(struct ctx *c, const char *list,
             int64_t (*count)(struct ctx *c, const char *query))
{
    struct arena *a = c->arena;
    struct value *tabs = value_list(a);
    const char *now = listing_query(c, "limit", NULL, NULL);
    put_tab(c, tabs, ctx_tr(c, T("全部")), arena_printf(a, "/%s", list), *now == '\0', -1);
    listing_push_views(c, tabs, list, count);
    return value_count(tabs) > 1 ? tabs : value_list(a);
}

// ---- its page --------------------------------------------------------------------------

// The filter of the moment: of the address, or sent with the form that is shown again.
static const char *
asked_query(struct ctx *c)
{
    const char *sent = c->renewed ? http_list_get(&c->req->form, "query") : NULL;
    return sent != NULL ? sent : c->renewed ? "" : listing_query(c, "limit", NULL, NULL);
}

static void
push_crumb(struct ctx *c, struct value *crumbs, const char *label, const char *url)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", ctx_tr(c, label));
    value_set_text(c->arena, m, "url", url);
    value_push(c->arena, crumbs, m);
}

struct value *
listing_own_page(struct ctx *c, const struct listing_own *o)
{
    struct arena *a = c->arena;
    const char *query = asked_query(c), *list = arena_printf(a, "/%s", o->list);
    struct value *page = value_map(a), *crumbs = value_list(a);
    struct value *views = listing_views(c, o->list);
    push_crumb(c, crumbs, o->label, arena_printf(a, "%s%s", list, query));
    push_crumb(c, crumbs, T("列表设置"), NULL);
    value_set_text(a, page, "title", ctx_tr(c, T("列表设置")));
    value_set(a, page, "crumbs", crumbs);
    value_set_text(a, page, "list", list);
    value_set_text(a, page, "query", *query == '\0' ? NULL : query);
    value_set_text(a, page, "name", c->renewed ? http_list_get(&c->req->form, "name") : NULL);
    value_set_text(a, page, "errors_title",
                   c->faults.count > 0 ? ctx_tr(c, T("没有保存")) : NULL);
    value_set(a, page, "errors_summary", field_summary(c, NULL, "errors"));
    value_set_bool(a, page, "has_boxes", false);
    value_set(a, page, "views", views);
    value_set_bool(a, page, "has_views", value_count(views) > 0);
    value_set_bool(a, page, "is_bare", *query == '\0' && value_count(views) == 0);
    return page;
}

struct value *
listing_own_action(struct ctx *c, const struct listing_own *o)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "url",
                   arena_printf(a, "/%s/layout%s", o->list, listing_query(c, NULL, NULL)));
    value_set_text(a, m, "label", ctx_tr(c, T("列表设置")));
    value_set_text(a, m, "icon", "settings");
    value_set_bool(a, m, "primary", false);
    return m;
}

static enum err
back_to_list(struct ctx *c, const struct listing_own *o, const char *query, const char *flash)
{
    c->location = arena_printf(c->arena, "/%s%s", o->list, query);
    c->flash = ctx_tr(c, flash);
    return ERR_OK;
}

enum err
listing_own_add(struct ctx *c, const struct listing_own *o)
{
    const struct http_list *form = &c->req->form;
    const char *query = http_list_get(form, "query");
    enum err e = listing_view_add(c, o->list, http_list_get(form, "name"), query);
    return e != ERR_OK ? e : back_to_list(c, o, query, T("视图已保存"));
}

enum err
listing_own_change(struct ctx *c, const struct listing_own *o)
{
    int64_t id = ctx_id(c, "view");
    if (http_list_get(&c->req->form, "remove") != NULL) {
        enum err e = listing_view_remove(c, o->list, id);
        return e != ERR_OK ? e : back_to_list(c, o, "/layout", T("视图已删除"));
    }
    enum err e = listing_view_rename(c, o->list, id, http_list_get(&c->req->form, "name"));
    return e != ERR_OK ? e : back_to_list(c, o, "/layout", T("视图已改名"));
}

// ---- routes of a list that is no kind of records ---------------------------------------

enum err
listing_own_run(struct ctx *c)
{
    c->out = value_map(c->arena);
    return ERR_OK;
}

enum err
listing_own_show(struct ctx *c)
{
    c->page = listing_own_page(c, c->route->data);
    return ERR_OK;
}

enum err
listing_own_add_run(struct ctx *c)
{
    return listing_own_add(c, c->route->data);
}

enum err
listing_own_change_run(struct ctx *c)
{
    return listing_own_change(c, c->route->data);
}
