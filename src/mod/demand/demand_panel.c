// SPDX-License-Identifier: Apache-2.0
// What the page of an enterprise says of its demands: the newest five, all of them, a new one.
#include "mod/demand/demand_pages.h"

#include "kit/listing.h"
#include "kit/record.h"
#include "mod/demand/demand.h"
#include "mod/demand/demand_view.h"

// demand_list() of one enterprise, in the reader's scope.
static const struct value *
newest_of(struct ctx *c, int64_t enterprise_id)
{
    struct http_kv query[] = {
        {"view", "all"},
        {"limit", "5"},
        {"sort", "-created_at"},
        {"enterprise_id", arena_printf(c->arena, "%lld", (long long)enterprise_id)}};
    struct http_req req = *c->req;
    req.query = (struct http_list){.items = query, .count = sizeof query / sizeof *query};
    struct ctx other = *c;
    other.req = &req;
    other.faults = (struct faults){0};
    return demand_list(&other);
}

static struct value *
columns_of(struct ctx *c)
{
    struct value *cols = value_list(c->arena);
    listing_column(c, cols, T("诉求"), "", NULL, NULL);
    listing_column(c, cols, T("类别"), "hide-s", NULL, NULL);
    listing_column(c, cols, T("状态"), "", NULL, NULL);
    listing_column(c, cols, T("提交"), "", NULL, NULL);
    return cols;
}

static struct value *
row_of(struct ctx *c, const struct value *item)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *cells = value_list(a);
    struct value *title = listing_cell(c, value_get_text(item, "title"), "wide");
    value_set_bool(a, title, "is_title", true);
    value_set_text(a, title, "sub", value_get_text(item, "receipt_no"));
    value_set_text(a, title, "url", value_get_text(item, "url"));
    struct value *state = listing_cell(c, NULL, "");
    value_set(a, state, "badge", value_get(item, "state"));
    value_push(a, cells, title);
    value_push(a, cells, listing_cell(c, value_get_text(item, "category"), "hide-s"));
    value_push(a, cells, state);
    value_push(a, cells, listing_cell(c, value_get_text(item, "day"), "num"));
    value_set(a, row, "id", value_get(item, "id"));
    value_set(a, row, "url", value_get(item, "url"));
    value_set(a, row, "select_label", &value_null);
    value_set(a, row, "cells", cells);
    return row;
}

static struct value *
demands_of_enterprise(struct ctx *c, int64_t id)
{
    struct arena *a = c->arena;
    bool own = ctx_is(c, ROLE_MEMBER) && c->actor->enterprise_id == id;
    bool may_add = own || ctx_is(c, ROLE_OFFICE | ROLE_SECRETARY);
    const struct value *list = newest_of(c, id);
    if (list == NULL) { // this reader has no list of demands
        return NULL;
    }
    struct value *items = demand_view_items(c, list), *rows = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(a, rows, row_of(c, value_at(items, i)));
    }
    struct value *block = record_block(c, "demands", T("诉求"), T("还没有诉求。"));
    const char *n = arena_printf(a, "enterprise_id=%lld", (long long)id);
    record_block_table(c, block, columns_of(c), rows);
    record_block_links(c, block, own ? T("提诉求") : T("代企业登记"),
                       may_add ? arena_printf(a, "/demands/new?%s", n) : NULL,
                       value_count(rows) > 0 ? arena_printf(a, "/demands?view=all&%s", n)
                                             : NULL);
    return block;
}

const struct record_panel DEMAND_PANELS[] = {{"enterprises", demands_of_enterprise}, {0}};
