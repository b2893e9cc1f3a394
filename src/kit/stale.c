// SPDX-License-Identifier: Apache-2.0
// While no server takes writes: what may be shown of a standby all the same, and how what a
// person has typed waits for the next one (docs/adr/0016-failover.md).
#include "kit/gate.h"

#include "base/text.h"

// A file carries no word of how old it is, and a page that vouches for something is a decision
// of whoever reads it.
static bool
may_lag(const struct ctx *c)
{
    const struct route *r = c->route;
    return c->req != NULL && c->req->method == HTTP_GET &&
           (r == NULL || ((r->flags & (ROUTE_FRESH | ROUTE_WAITS)) == 0 &&
                          !text_ends(r->pattern, ".csv") && !text_ends(r->pattern, ".xlsx")));
}

bool
ctx_read_begin(struct ctx *c)
{
    c->tx = db_read_begin(c->app->db);
    c->stale = false;
    if (c->tx == NULL && may_lag(c)) {
        c->tx = db_read_stale(c->app->db);
        c->stale = c->tx != NULL;
    }
    return c->tx != NULL;
}

// ---- sending it again ------------------------------------------------------------------

// Passwords are typed again, and do not stand in a page.
static bool
has_password(const struct field *f)
{
    while (f != NULL && f->name != NULL && f->type != FIELD_PASSWORD) {
        f++;
    }
    return f != NULL && f->name != NULL;
}

static void
add_fields(struct ctx *c, struct value *form)
{
    struct value *fields = value_list(c->arena);
    for (size_t i = 0; i < c->req->form.count; i++) {
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "name", c->req->form.items[i].name);
        value_set_text(c->arena, m, "value", c->req->form.items[i].value);
        value_push(c->arena, fields, m);
    }
    value_set(c->arena, form, "fields", fields);
}

// One chooser for each field that had files.
static void
add_files(struct ctx *c, struct value *form)
{
    struct value *files = value_list(c->arena);
    const char *last = NULL;
    for (size_t i = 0; i < c->req->file_count; i++) {
        const struct http_file *file = &c->req->files[i];
        const struct field *f = field_find(c->route->fields, file->field);
        if (file->size == 0 || text_equal(file->field, last)) {
            continue;
        }
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "name", file->field);
        value_set_text(c->arena, m, "id", arena_printf(c->arena, "resend-%zu", i));
        value_set_text(c->arena, m, "label",
                       tr(c->lang, f == NULL || f->label == NULL ? T("附件") : f->label));
        value_push(c->arena, files, m);
        last = file->field;
    }
    value_set(c->arena, form, "files", files);
    value_set_bool(c->arena, form, "multipart", value_count(files) > 0);
}

const struct value *
stale_resend(struct ctx *c)
{
    const struct http_req *r = c->req;
    bool unwritten =
        c->result == ERR_UNAVAILABLE || c->result == ERR_FULL || c->result == ERR_READ_ONLY;
    if (!unwritten || r->method != HTTP_POST || r->form.count == 0 || r->bad_form ||
        r->too_large || c->route == NULL || (c->route->flags & ROUTE_RATED) != 0 ||
        has_password(c->route->fields)) {
        return &value_null;
    }
    struct value *form = value_map(c->arena);
    value_set_text(c->arena, form, "action",
                   *r->query_text == '\0'
                       ? r->path
                       : arena_printf(c->arena, "%s?%s", r->path, r->query_text));
    value_set_bool(c->arena, form, "once", http_list_get(&r->form, "token") != NULL);
    add_fields(c, form);
    add_files(c, form);
    return form;
}
