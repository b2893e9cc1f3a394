// SPDX-License-Identifier: Apache-2.0
#include "kit/listing_own.h"

#include "base/text.h"
#include "http/form.h"
#include "kit/listing.h"

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
    db_run(c->tx, &LAYOUT_SET,
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
    db_run(c->tx, &ADD,
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

struct value *
listing_tabs(struct ctx *c, const char *list,
             int64_t (*count)(struct ctx *c, const char *query))
{
    struct arena *a = c->arena;
    struct value *tabs = value_list(a);
    struct value *views = listing_views(c, list);
    const char *now = listing_query(c, "limit", NULL, NULL);
    if (value_count(views) == 0) {
        return tabs;
    }
    put_tab(c, tabs, ctx_tr(c, T("全部")), arena_printf(a, "/%s", list), *now == '\0', -1);
    for (size_t i = 0; i < value_count(views); i++) {
        const struct value *v = value_at(views, i);
        const char *query = value_get_text(v, "query");
        put_tab(c, tabs, value_get_text(v, "name"), arena_printf(a, "/%s%s", list, query),
                strcmp(query, now) == 0, count == NULL ? -1 : count(c, query));
    }
    return tabs;
}
