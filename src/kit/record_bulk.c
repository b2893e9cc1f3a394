// SPDX-License-Identifier: Apache-2.0
// One thing done to several records: chosen in the list, every row looked at with what would
// change or why not, then all of them or none. Works with plain forms.
#include "base/text.h"
#include "kit/listing.h"
#include "kit/record_impl.h"

enum { BULK_MOST = LISTING_MOST };

static const struct record_kind *
kind_of(const struct ctx *c)
{
    return c->route->data;
}

// What was asked for: by the address, or by the form that confirms it.
struct bulk {
    const struct record_bulk *action;
    struct field input[2]; // the field that is set; required here
    struct value *ids;
    const struct value *to; // NULL: not chosen yet
};

static const struct record_bulk *
action_of(const struct record_kind *k, const char *name)
{
    for (const struct record_bulk *b = k->bulk; b != NULL && b->name != NULL; b++) {
        if (text_equal(b->name, name)) {
            return b;
        }
    }
    return NULL;
}

static struct value *
ids_of(struct ctx *c, const struct http_list *from)
{
    struct value *ids = value_list(c->arena);
    for (size_t i = 0; i < from->count && value_count(ids) < BULK_MOST; i++) {
        int64_t id = 0;
        bool known = false;
        if (strcmp(from->items[i].name, "id") != 0 || !text_to_int(from->items[i].value, &id)) {
            continue;
        }
        for (size_t n = 0; n < value_count(ids); n++) {
            known = known || value_at(ids, n)->i == id;
        }
        if (!known) {
            value_push(c->arena, ids, value_int(c->arena, id));
        }
    }
    return ids;
}

// False when there is no such action. A wrong value is a fault of c.
static bool
bulk_read(struct ctx *c, const struct http_list *from, struct bulk *out)
{
    const struct record_kind *k = kind_of(c);
    *out = (struct bulk){.action = action_of(k, http_list_get(from, "action"))};
    if (out->action == NULL) {
        return false;
    }
    out->input[0] = *field_find(k->fields, out->action->sets);
    out->input[0].required = true;
    out->ids = ids_of(c, from);
    const char *typed = http_list_get(from, out->action->sets);
    if (typed == NULL || (*typed == '\0' && c->req->method == HTTP_GET)) {
        return true;
    }
    struct http_req req = *c->req;
    req.form = *from; // the parser of forms, whichever way it came
    struct ctx other = *c;
    other.req = &req;
    other.faults = (struct faults){0};
    if (field_read(&other, out->input, false) == ERR_OK) {
        out->to = value_get(other.in, out->action->sets);
    }
    c->faults = other.faults;
    return true;
}

// Why this reader may not do it to this record; NULL when he may.
static const char *
reason_of(struct ctx *c, const struct record_kind *k, const struct bulk *b,
          const struct value *rec)
{
    const struct record_grant *g;
    enum record_scope scope;
    if (!record_may(c, k, RECORD_UPDATE, rec) ||
        !record_scope_of(c, k, RECORD_UPDATE, &g, &scope)) {
        return T("您不能修改这一条");
    }
    if (text_list_has(g->keeps, b->action->sets)) {
        return T("这一项由工商联维护，您不能修改");
    }
    if (b->to != NULL && value_equal(b->to, value_get(rec, b->action->sets))) {
        return T("已经是这样");
    }
    return NULL;
}

// ---- looking ---------------------------------------------------------------------------

static const char *
new_text(struct ctx *c, const struct record_kind *k, const struct bulk *b)
{
    const struct field *f = &b->input[0];
    const char *name = f->type == FIELD_REF ? record_ref_title(c, k, f->name, b->to->i) : NULL;
    return name != NULL ? name : field_text(c, f, b->to);
}

static struct value *
row_of(struct ctx *c, const struct record_kind *k, const struct bulk *b,
       const struct value *rec, unsigned *able)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    int64_t id = value_get_int(rec, "id", 0);
    const char *why = reason_of(c, k, b, rec);
    *able += why == NULL;
    value_set_text(a, m, "title", record_shown(c, field_find(k->fields, k->title), rec));
    value_set_text(a, m, "url", record_url(c, k, id, ""));
    value_set_text(a, m, "was", record_shown(c, &b->input[0], rec));
    value_set_text(a, m, "to", b->to == NULL || why != NULL ? NULL : new_text(c, k, b));
    value_set(a, m, "verdict",
              why == NULL ? listing_badge(c, "is-ok", "check", ctx_tr(c, T("可以")))
                          : listing_badge(c, "is-mute", NULL, ctx_tr(c, why)));
    return m;
}

enum err
record_bulk_run(struct ctx *c)
{
    struct bulk *b = ARENA_NEW(c->arena, struct bulk);
    if (!bulk_read(c, c->renewed ? &c->req->form : &c->req->query, b)) {
        return ERR_NOT_FOUND;
    }
    c->prepared = b;
    c->out = value_map(c->arena);
    return ERR_OK;
}

// The records among those chosen that this reader may see.
static struct value *
rows_of(struct ctx *c, const struct bulk *b, struct value *shown, unsigned *able)
{
    const struct record_kind *k = kind_of(c);
    struct value *rows = value_list(c->arena);
    for (size_t i = 0; i < value_count(b->ids); i++) {
        struct value *rec = record_get(c, k, value_at(b->ids, i)->i);
        if (rec != NULL) {
            unsigned before = *able;
            value_push(c->arena, rows, row_of(c, k, b, record_masked(c, k, rec), able));
            if (*able > before) {
                value_push(c->arena, shown, value_at(b->ids, i));
            }
        }
    }
    return rows;
}

static struct value *
bulk_crumbs(struct ctx *c, const struct record_kind *k, const char *title)
{
    struct arena *a = c->arena;
    struct value *crumbs = value_list(a), *up = value_map(a), *here = value_map(a);
    value_set_text(a, up, "label", ctx_tr(c, k->list_label));
    value_set_text(a, up, "url", arena_printf(a, "/%s", k->plural));
    value_set_text(a, here, "label", title);
    value_set_text(a, here, "url", NULL);
    value_push(a, crumbs, up);
    value_push(a, crumbs, here);
    return crumbs;
}

enum err
record_bulk_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    const struct bulk *b = c->prepared;
    struct arena *a = c->arena;
    struct value *page = value_map(a), *ids = value_list(a);
    unsigned able = 0;
    struct value *rows = rows_of(c, b, ids, &able);
    const char *n = arena_printf(a, "%u", able);
    const char *title = ctx_tr(c, b->action->label);
    bool ready = b->to != NULL && c->faults.count == 0 && able > 0;
    struct value *begin = value_map(a);
    value_set_text(a, page, "title", title);
    value_set(a, page, "crumbs", bulk_crumbs(c, k, title));
    value_set_text(a, page, "list", arena_printf(a, "/%s", k->plural));
    value_set_text(a, page, "action", b->action->name);
    value_set_text(a, page, "errors_title",
                   c->faults.count > 0     ? ctx_tr(c, T("没有修改"))
                   : c->renewed            ? c->detail
                   : value_count(rows) < 1 ? ctx_tr(c, T("请先在列表里选几条"))
                                           : NULL);
    value_set(a, page, "errors_summary", field_summary(c, k->fields, "errors"));
    value_set_text(a, page, "field_label", ctx_tr(c, b->input[0].label));
    value_set(a, page, "rows", rows);
    value_set(a, page, "ids", ids);
    value_set(a, page, "fields", field_form(c, b->input, begin));
    value_set_bool(a, page, "choose", !ready && value_count(rows) > 0);
    value_set_bool(a, page, "confirm", ready);
    value_set_text(a, page, "field_name", b->action->sets);
    const char *sent =
        http_list_get(c->renewed ? &c->req->form : &c->req->query, b->action->sets);
    value_set_text(a, page, "sent", sent == NULL ? "" : sent);
    value_set_text(a, page, "submit_label", ctx_trf(c, T("确认修改 {0} 条"), 1, n));
    c->page = page;
    return ERR_OK;
}

// ---- doing -----------------------------------------------------------------------------

enum err
record_bulk_do(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    struct bulk b;
    if (!bulk_read(c, &c->req->form, &b)) {
        return ERR_NOT_FOUND;
    }
    if (c->faults.count > 0 || b.to == NULL || value_count(b.ids) == 0) {
        return c->faults.count > 0 ? ERR_INVALID
                                   : ctx_fault(c, NULL, "missing", T("请先在列表里选几条"));
    }
    struct value *change = value_map(a);
    value_set(a, change, b.action->sets, b.to);
    for (size_t i = 0; i < value_count(b.ids); i++) {
        enum err e = record_update(c, k, value_at(b.ids, i)->i, change, 0);
        if (e != ERR_OK) {
            return e;
        }
    }
    c->location = arena_printf(a, "/%s", k->plural);
    c->flash = ctx_trf(c, T("已修改 {0} 条"), 1, arena_printf(a, "%zu", value_count(b.ids)));
    return ERR_OK;
}

const struct value *
record_bulk_part(struct ctx *c, const struct record_kind *k)
{
    struct arena *a = c->arena;
    const struct record_grant *g;
    enum record_scope scope;
    struct value *buttons = value_list(a);
    if (k->bulk == NULL || !record_scope_of(c, k, RECORD_UPDATE, &g, &scope)) {
        return &value_null;
    }
    for (const struct record_bulk *b = k->bulk; b->name != NULL; b++) {
        if (!text_list_has(g->keeps, b->sets)) {
            struct value *m = value_map(a);
            value_set_text(a, m, "name", "action");
            value_set_text(a, m, "value", b->name);
            value_set_text(a, m, "label", ctx_tr(c, b->label));
            value_set_text(a, m, "class", "");
            value_push(a, buttons, m);
        }
    }
    struct value *part = value_map(a);
    value_set_text(a, part, "action", arena_printf(a, "/%s/bulk", k->plural));
    value_set_bool(a, part, "get", true);
    value_set(a, part, "buttons", buttons);
    return value_count(buttons) == 0 ? &value_null : part;
}
