// SPDX-License-Identifier: Apache-2.0
// Demands in the search box: their list, asked for the text typed.
#include "kit/find.h"
#include "mod/demand/demand_impl.h"
#include "view/html.h"

struct value *
demand_find(struct ctx *c, const char *text, unsigned most)
{
    struct arena *a = c->arena;
    struct http_kv query[] = {
        {"view", "all"}, {"q", text}, {"limit", arena_printf(a, "%u", most)}};
    struct http_req req = *c->req;
    req.query = (struct http_list){.items = query, .count = sizeof query / sizeof *query};
    struct ctx other = *c;
    other.req = &req;
    other.faults = (struct faults){0};
    const struct value *list = demand_list(&other);
    const struct value *items = value_get(list, "items");
    if (value_count(items) == 0) {
        return NULL;
    }
    struct buf b;
    buf_init(&b, a, 128, 4096);
    buf_puts(&b, "/demands?view=all&q=");
    url_component(&b, text);
    struct value *group = find_group(c, "demand", T("诉求"), buf_str(&b));
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *d = value_at(items, i);
        int64_t id = value_get_int(d, "id", 0);
        const char *no = value_get_text(d, "receipt_no");
        const char *who = value_get_text(d, "enterprise");
        find_item(c, group, id, value_get_text(d, "title"),
                  who == NULL ? no : arena_printf(a, "%s　%s", no, who),
                  arena_printf(a, "/demands/%lld", (long long)id));
    }
    bool more = value_get_text(list, "next") != NULL;
    value_set_bool(a, group, "more", more);
    value_set_text(a, group, "count", more ? NULL : arena_printf(a, "%zu", value_count(items)));
    return group;
}
