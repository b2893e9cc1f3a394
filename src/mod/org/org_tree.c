// SPDX-License-Identifier: Apache-2.0
// What stands under what: one walk over the organisations with the members each has today, put
// in order here, so that the page is as fast with a hundred chambers as with ten.
#include "mod/org/org_impl.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 8, NODES_MOST = 5000, SHOWN_MOST = 4 };

// Members today by the dates of the stays, whatever their state says about rights.
const struct db_stmt ORG_TREE = {
    .name = "org.tree",
    .sql =
        "SELECT o.id, o.parent_id, o.kind, o.name, o.state, o.phone,"
        " (SELECT count(*) FROM membership m WHERE m.organization_id = o.id AND m.since <= $1"
        " AND (m.until IS NULL OR m.until > $1)) AS members"
        " FROM organization o ORDER BY o.sort, o.id LIMIT $2",
    .params = "today:text most:int",
    .row = "id:int parent_id:int? kind:text name:text state:text phone:text? members:int",
    .scans = "the whole tree, some hundred organisations"};

struct tree {
    struct ctx *c;
    const struct value *rows;
    bool *placed;
    struct value *items;
};

// Adds the node and what stands under it; returns the members of all of them together.
static int64_t
place(struct tree *t, size_t at, int depth)
{
    struct arena *a = t->c->arena;
    const struct value *row = value_at(t->rows, at);
    struct value *item = value_map(a);
    int64_t id = value_get_int(row, "id", 0), members = value_get_int(row, "members", 0);
    t->placed[at] = true;
    for (uint32_t i = 0; i < row->map.count; i++) {
        value_set(a, item, row->map.pairs[i].key, row->map.pairs[i].v);
    }
    value_set_int(a, item, "depth", depth);
    value_push(a, t->items, item);
    int64_t below = 0;
    for (size_t i = 0; i < value_count(t->rows) && depth < DEPTH_MOST; i++) {
        if (!t->placed[i] && value_get_int(value_at(t->rows, i), "parent_id", 0) == id) {
            below += place(t, i, depth + 1);
        }
    }
    value_set_int(a, item, "members_below", below);
    return members + below;
}

enum err
org_tree_run(struct ctx *c)
{
    struct arena *a = c->arena;
    const char *today = day_text(a, time_to_day(c->now));
    struct tree t = {.c = c, .items = value_list(a)};
    t.rows = db_list(c->tx, a, &ORG_TREE, DB_ARGS(DB_TEXT(today), DB_INT(NODES_MOST)));
    t.placed = ARENA_ARRAY(a, bool, value_count(t.rows) + 1);
    for (size_t i = 0; i < value_count(t.rows); i++) {
        if (value_get_int(value_at(t.rows, i), "parent_id", 0) == 0) {
            place(&t, i, 0);
        }
    }
    for (size_t i = 0; i < value_count(t.rows); i++) {
        if (!t.placed[i]) { // deeper than anything sensible
            place(&t, i, 0);
        }
    }
    struct value *out = value_map(a);
    value_set(a, out, "items", t.items);
    value_set_text(a, out, "next", NULL);
    c->out = out;
    return ERR_OK;
}

static const struct field *
state_field(void)
{
    return field_find(ORG_KIND.fields, "state");
}

// Chambers have members; committees, departments and the federation itself mostly have not.
static bool
is_joined(const char *kind)
{
    return text_list_has("town industry out_of_town joint", kind);
}

// Everybody reads how many members a chamber has, by name only its own secretary and the
// office.
static bool
may_list(const struct ctx *c, int64_t id)
{
    return ctx_is(c, ROLE_OFFICE | ROLE_LEADER) ||
           (ctx_is(c, ROLE_SECRETARY) && c->actor->organization_id == id);
}

enum err
org_tree_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_at(items, i);
        struct value *row = value_map(a);
        long long id = value_get_int(item, "id", 0),
                  members = value_get_int(item, "members", 0);
        long long below = value_get_int(item, "members_below", 0);
        const char *state = value_get_text(item, "state");
        const struct choice *ch = choice_find(state_field()->choices, state);
        value_set_text(a, row, "name", value_get_text(item, "name"));
        value_set_text(a, row, "kind",
                       choice_label(ORG_KINDS, value_get_text(item, "kind"), c->lang));
        value_set_text(a, row, "url", arena_printf(a, "/organizations/%lld", id));
        value_set_text(a, row, "class",
                       arena_printf(a, "in%lld",
                                    (long long)value_get_int(item, "depth", 0) < SHOWN_MOST
                                        ? (long long)value_get_int(item, "depth", 0)
                                        : (long long)SHOWN_MOST));
        value_set_text(a, row, "state",
                       text_equal(state, "active") || ch == NULL ? NULL : ctx_tr(c, ch->label));
        value_set_text(a, row, "tone", ch == NULL ? "is-mute" : ch->tone);
        value_set_text(a, row, "members",
                       members > 0 || is_joined(value_get_text(item, "kind"))
                           ? arena_printf(a, "%lld", members)
                           : NULL);
        value_set_text(
            a, row, "members_url",
            may_list(c, id) ? arena_printf(a, "/memberships?organization_id=%lld", id) : NULL);
        value_set_text(a, row, "below", below > 0 ? arena_printf(a, "%lld", below) : NULL);
        value_push(a, rows, row);
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("组织架构")));
    value_set(a, c->page, "tabs_of", org_tabs(c, "/organizations/tree"));
    value_set(a, c->page, "rows", rows);
    value_set_bool(a, c->page, "has_rows", value_count(rows) > 0);
    return ERR_OK;
}
