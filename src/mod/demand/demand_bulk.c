// SPDX-License-Identifier: Apache-2.0
// Several demands go to one department at once: chosen in the list, every row looked at, then
// handed over together or not at all.
#include "base/text.h"
#include "base/workday.h"
#include "kit/listing.h"
#include "mod/demand/demand_impl.h"
#include "mod/demand/demand_pages.h"
#include "mod/demand/demand_view.h"

#include <string.h>

enum { BULK_MOST = LISTING_MOST };

const struct field DEMAND_IN_BULK[] = {
    {.name = "ids",
     .type = FIELD_REFS,
     .label = "诉求",
     .required = true,
     .ref = "demand",
     .where = IN_FORM},
    {.name = "lead_unit_id",
     .type = FIELD_REF,
     .label = "主办单位",
     .required = true,
     .ref = "organization",
     .where = IN_FORM},
    {.name = "assist_unit_ids",
     .type = FIELD_REFS,
     .label = "协办单位",
     .ref = "organization",
     .where = IN_FORM},
    {0},
};

// ---- looking ---------------------------------------------------------------------------

static bool
has_id(const struct value *ids, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (value_at(ids, i)->i == id) {
            return true;
        }
    }
    return false;
}

// The ids that the address, or the form that was refused, names; each once.
static struct value *
asked_ids(struct ctx *c, const char *name)
{
    const struct http_list *from = c->renewed ? &c->req->form : &c->req->query;
    struct value *ids = value_list(c->arena);
    for (size_t i = 0; i < from->count && value_count(ids) < BULK_MOST; i++) {
        int64_t id = 0;
        if (strcmp(from->items[i].name, name) == 0 && text_to_int(from->items[i].value, &id) &&
            id > 0 && !has_id(ids, value_count(ids), id)) {
            value_push(c->arena, ids, value_int(c->arena, id));
        }
    }
    return ids;
}

// Why it cannot be handed over now; NULL when it can.
static const char *
obstacle(struct ctx *c, const struct value *d)
{
    const struct transition *t = demand_transition("dispatch");
    const char *state = value_get_text(d, "state");
    if (d == NULL) {
        return ctx_tr(c, T("没有这件诉求。"));
    }
    if (text_list_has(t->from, state)) {
        return NULL;
    }
    return strcmp(state, "submitted") == 0
               ? ctx_tr(c, T("还没有受理，请先受理定级。"))
               : ctx_trf(c, "现在是“{0}”，不能交办。", 1,
                         choice_label(DEMAND_STATES, state, c->lang));
}

// [{id name}] of those of the ids that are departments.
static struct value *
departments(struct ctx *c, const struct value *ids)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < value_count(ids); i++) {
        const struct value *unit = demand_store_department(c, value_at(ids, i)->i);
        if (unit != NULL) {
            value_push(c->arena, list, unit);
        }
    }
    return list;
}

// {"rows":[{id demand why}],"leads":[…],"assists":[…]}: reads, whatever the address says.
enum err
demand_bulk_form(struct ctx *c)
{
    struct value *out = value_map(c->arena);
    struct value *rows = value_list(c->arena);
    const struct value *ids = asked_ids(c, c->renewed ? "ids" : "id");
    for (size_t i = 0; i < value_count(ids); i++) {
        const struct value *d = demand_get(c, value_at(ids, i)->i);
        struct value *m = value_map(c->arena);
        value_set(c->arena, m, "id", value_at(ids, i));
        value_set(c->arena, m, "demand", d == NULL ? &value_null : d);
        value_set_text(c->arena, m, "why", obstacle(c, d));
        value_push(c->arena, rows, m);
    }
    value_set(c->arena, out, "rows", rows);
    value_set(c->arena, out, "leads", departments(c, asked_ids(c, "lead_unit_id")));
    value_set(c->arena, out, "assists", departments(c, asked_ids(c, "assist_unit_ids")));
    c->out = out;
    return ERR_OK;
}

// ---- doing -----------------------------------------------------------------------------

static enum err
refuse(struct ctx *c, enum err e, int64_t id)
{
    struct demand d;
    bool seen = demand_store_load(c, id, &d, NULL) && demand_relations(c, &d) != 0;
    const char *number = seen ? d.receipt_no : arena_printf(c->arena, "%lld", (long long)id);
    const char *why = c->detail == NULL ? ctx_tr(c, T("没有这件诉求。")) : c->detail;
    c->detail = arena_printf(c->arena, "%s：%s", number, why);
    return e == ERR_NOT_FOUND || e == ERR_FORBIDDEN ? ERR_CONFLICT : e;
}

enum err
demand_bulk_run(struct ctx *c)
{
    const struct value *ids = value_get(c->in, "ids");
    const struct transition *t = demand_transition("dispatch");
    struct value *items = value_list(c->arena);
    struct value *out = value_map(c->arena);
    for (size_t i = 0; i < value_count(ids); i++) {
        struct lifecycle_record r;
        int64_t id = value_at(ids, i)->i;
        if (has_id(ids, i, id)) {
            continue;
        }
        enum err e = lifecycle_step(c, &DEMAND_LIFECYCLE, t, id, &r);
        if (e != ERR_OK) {
            return c->faults.count > 0 ? e : refuse(c, e, id);
        }
        struct value *m = value_map(c->arena);
        value_set_int(c->arena, m, "id", id);
        value_set_text(c->arena, m, "state", r.state);
        value_push(c->arena, items, m);
    }
    value_set(c->arena, out, "items", items);
    c->out = out;
    if (!c->api) {
        int64_t lead = value_get_int(c->in, "lead_unit_id", 0);
        c->location = arena_printf(c->arena, "/demands?lead_unit_id=%lld&state=dispatched",
                                   (long long)lead);
        c->flash = ctx_trf(c, T("已交办 {0} 件。"), 1,
                           arena_printf(c->arena, "%zu", value_count(items)));
    }
    return ERR_OK;
}

// ---- the page --------------------------------------------------------------------------

static struct value *
row_shown(struct ctx *c, const struct value *row)
{
    struct arena *a = c->arena;
    const struct value *d = value_get(row, "demand");
    const char *why = value_get_text(row, "why");
    struct value *m = value_map(a);
    const struct clock_profile *p = demand_rules_now(c);
    int level = demand_level_number(value_get_text(d, "level"));
    const char *enterprise = value_get_text(d, "enterprise");
    bool known = d->type == VALUE_MAP;
    long long id = (long long)value_get_int(row, "id", 0);
    value_set_text(a, m, "url", known ? arena_printf(a, "/demands/%lld", id) : NULL);
    value_set_text(a, m, "title",
                   known ? value_get_text(d, "title") : arena_printf(a, "%lld", id));
    value_set_text(a, m, "sub",
                   known ? arena_printf(a, "%s　%s", value_get_text(d, "receipt_no"),
                                        enterprise == NULL ? "" : enterprise)
                         : "");
    value_set(a, m, "state", known ? demand_view_state(c, d) : &value_null);
    value_set(a, m, "verdict",
              why == NULL ? demand_view_badge(c, "is-ok", "check", ctx_tr(c, T("可以交办")))
                          : demand_view_badge(c, "is-bad", "x", ctx_tr(c, T("不能交办"))));
    value_set_text(a, m, "why", why);
    value_set_text(a, m, "due",
                   why == NULL && level > 0
                       ? demand_view_when(c, workday_due(&p->hours, c->now, p->answer[level]))
                       : "");
    return m;
}

// The category they share, for a suggestion; NULL when they differ.
static const char *
shared_category(const struct value *rows)
{
    const char *shared = NULL;
    for (size_t i = 0; i < value_count(rows); i++) {
        const char *own = value_get_text(value_get(value_at(rows, i), "demand"), "category");
        if (own != NULL && shared != NULL && strcmp(own, shared) != 0) {
            return NULL;
        }
        shared = own == NULL ? shared : own;
    }
    return shared;
}

static const struct value *
ids_of(struct ctx *c, const struct value *items)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(c->arena, list, value_get(value_at(items, i), "id"));
    }
    return list;
}

static const char *
names_of(struct ctx *c, const struct value *units)
{
    const char *names = NULL;
    for (size_t i = 0; i < value_count(units); i++) {
        const char *name = value_get_text(value_at(units, i), "name");
        names = names == NULL ? name : arena_printf(c->arena, "%s、%s", names, name);
    }
    return names;
}

// The same rows again, with nothing chosen yet.
static const char *
change_url(struct ctx *c, const struct value *ids)
{
    const char *url = "/demands/dispatch";
    for (size_t i = 0; i < value_count(ids); i++) {
        url = arena_printf(c->arena, "%s%cid=%lld", url, i == 0 ? '?' : '&',
                           (long long)value_at(ids, i)->i);
    }
    return url;
}

static const struct value *
confirm_shown(struct ctx *c, const struct value *all, const struct value *ready)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    const struct value *lead = value_at(value_get(c->out, "leads"), 0);
    const struct value *assists = value_get(c->out, "assists");
    value_set(a, m, "ids", ready);
    value_set(a, m, "lead_id", value_get(lead, "id"));
    value_set_text(a, m, "lead", value_get_text(lead, "name"));
    value_set(a, m, "assist_ids", ids_of(c, assists));
    value_set_text(a, m, "assists", names_of(c, assists));
    value_set_text(a, m, "change_url", change_url(c, all));
    value_set_text(
        a, m, "submit_label",
        ctx_trf(c, T("确认交办 {0} 件"), 1, arena_printf(a, "%zu", value_count(ready))));
    return m;
}

// What stands in the way of all of them; NULL when nothing does.
static const char *
problem_of(struct ctx *c, size_t rows, size_t ready)
{
    const struct value *leads = value_get(c->out, "leads");
    const struct value *assists = ids_of(c, value_get(c->out, "assists"));
    if (c->renewed) {
        return c->faults.count > 0 ? c->faults.items[0].message : c->detail;
    }
    if (rows == 0) {
        return ctx_tr(c, T("还没有选诉求，请回到列表勾选。"));
    }
    if (ready == 0) {
        return ctx_tr(c, T("选中的诉求现在都不能交办。"));
    }
    bool both = value_count(leads) > 0 && has_id(assists, value_count(assists),
                                                 value_get_int(value_at(leads, 0), "id", 0));
    return both ? ctx_tr(c, T("主办单位不能同时协办。")) : NULL;
}

enum err
demand_bulk_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *rows = value_get(c->out, "rows");
    struct value *shown = value_list(a);
    struct value *ready = value_list(a);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        value_push(a, shown, row_shown(c, row));
        if (value_get_text(row, "why") == NULL) {
            value_push(a, ready, value_get(row, "id"));
        }
    }
    const struct value *all = ids_of(c, rows);
    const char *problem = problem_of(c, value_count(rows), value_count(ready));
    bool some = value_count(ready) > 0;
    bool chosen =
        value_count(value_get(c->out, "leads")) == 1 && (problem == NULL || c->renewed);
    demand_show_units(c, shared_category(rows), 0, &c->req->query);
    value_set_text(a, c->page, "title", ctx_tr(c, T("批量交办")));
    value_set_text(a, c->page, "problem", problem);
    value_set_text(a, c->page, "summary",
                   ctx_trf(c, T("共 {0} 件，可以交办 {1} 件"), 2,
                           arena_printf(a, "%zu", value_count(rows)),
                           arena_printf(a, "%zu", value_count(ready))));
    value_set(a, c->page, "rows", shown);
    value_set(a, c->page, "ids", all);
    value_set_bool(a, c->page, "choose", some && !chosen);
    value_set(a, c->page, "confirm",
              some && chosen ? confirm_shown(c, all, ready) : &value_null);
    value_set_text(a, c->page, "token", demand_view_token(c));
    value_set(a, c->page, "record_version", &value_null);
    return ERR_OK;
}
