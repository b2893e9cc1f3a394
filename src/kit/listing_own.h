// SPDX-License-Identifier: Apache-2.0
// What an account keeps of a list: its filters under names, as tabs, and how it wants the
// table. `list` is the plural of a kind of records: "enterprises".
#ifndef KIT_LISTING_OWN_H
#define KIT_LISTING_OWN_H

#include "kit/ctx.h"

enum { LISTING_VIEWS_MOST = 12, LISTING_VIEW_NAME = 20, LISTING_VIEW_QUERY = 1000 };

struct listing_layout {
    const char *columns; // space list of fields in the table's own order; NULL: as it comes
    bool dense;
};

// The actor's, on c->tx.
struct listing_layout listing_layout_of(struct ctx *c, const char *list);
// [{id name query}] by name.
struct value *listing_views(struct ctx *c, const char *list);
// Tabs for list.html: everything, then the actor's views; empty when there are none. `count`
// counts the rows of a view (-1: unknown); may be NULL.
struct value *listing_tabs(struct ctx *c, const char *list,
                           int64_t (*count)(struct ctx *c, const char *query));
// Puts the actor's views behind the tabs a list has anyway. Whether one of them is the list as
// it is asked for now.
bool listing_push_views(struct ctx *c, struct value *tabs, const char *list,
                        int64_t (*count)(struct ctx *c, const char *query));

// The page 列表设置 of a list and its forms: data of these routes, where the list is no kind of
// records. /x/layout shows it (page "layout"); POST /x/views and /x/views/{view} change views.
struct listing_own {
    const char *list;  // "demands", which is its path too
    const char *label; // Chinese: "诉求办理"
};
enum err listing_own_run(struct ctx *c);
enum err listing_own_show(struct ctx *c);
enum err listing_own_add_run(struct ctx *c);
enum err listing_own_change_run(struct ctx *c);
// What those do, for any list. The page has no columns to choose from.
struct value *listing_own_page(struct ctx *c, const struct listing_own *o);
enum err listing_own_add(struct ctx *c, const struct listing_own *o);
enum err listing_own_change(struct ctx *c, const struct listing_own *o);
// Its button among those above the list.
struct value *listing_own_action(struct ctx *c, const struct listing_own *o);

// A ctx that asks for `query` ("?a=b&c=d", as listing_query writes it) in place of c's.
struct ctx *listing_asking(struct ctx *c, const char *query);

// In a write, for the actor. Faults on `name`.
enum err listing_view_add(struct ctx *c, const char *list, const char *name, const char *query);
enum err listing_view_rename(struct ctx *c, const char *list, int64_t id, const char *name);
enum err listing_view_remove(struct ctx *c, const char *list, int64_t id);
void listing_layout_set(struct ctx *c, const char *list, const struct listing_layout *l);

extern const struct db_stmt *const LISTING_STATEMENTS[];

#endif
