// SPDX-License-Identifier: Apache-2.0
// The routes of a kind and what they run.
#include "base/text.h"
#include "kit/code.h"
#include "kit/listing.h"
#include "kit/record_impl.h"
#include "kit/record_merge_impl.h"
#include "kit/search.h"

enum { OPTIONS_MOST = 20 };

static const struct record_kind *
kind_of(const struct ctx *c)
{
    return c->route->data;
}

// ---- reading ---------------------------------------------------------------------------

// Keeps what it found for the page, which shows more than the data says.
static enum err
list_run(struct ctx *c)
{
    struct record_found *found = ARENA_NEW(c->arena, struct record_found);
    if (!record_query_read(c, kind_of(c), 0, &found->query)) {
        return c->faults.count > 0 ? ERR_INVALID : ERR_FORBIDDEN;
    }
    found->page = record_query_run(c, &found->query);
    struct value *out = value_map(c->arena);
    value_set(c->arena, out, "items", found->page.items);
    value_set_text(c->arena, out, "next", found->page.next);
    c->out = out;
    c->prepared = found;
    return ERR_OK;
}

// A record that was merged: its page leads to the one it became part of, the API tells which.
static enum err
went_elsewhere(struct ctx *c, const struct record_kind *k, int64_t id)
{
    int64_t into = id <= 0 ? 0 : record_merged_into(c->tx, k->name, id);
    if (into == 0 || record_get(c, k, into) == NULL) {
        return ERR_NOT_FOUND;
    }
    if (!c->api) {
        c->location = record_url(c, k, into, "");
        c->flash = ctx_tr(c, T("原来的那条和这条重复，已经并入这条。"));
        return ERR_OK;
    }
    struct value *extra = value_map(c->arena);
    value_set_int(c->arena, extra, "merged_into", into);
    c->extra = extra;
    return ctx_refuse(c, ERR_NOT_FOUND, T("已经并入另一条记录"));
}

static enum err
detail_run(struct ctx *c)
{
    struct value *rec = record_get(c, kind_of(c), ctx_id(c, "id"));
    if (rec == NULL) {
        return went_elsewhere(c, kind_of(c), ctx_id(c, "id"));
    }
    c->out = record_masked(c, kind_of(c), rec);
    return ERR_OK;
}

static enum err
events_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    int64_t id = ctx_id(c, "id");
    const struct value *rec = record_get(c, k, id);
    if (rec == NULL) {
        return ERR_NOT_FOUND;
    }
    struct value *out = value_map(c->arena);
    value_set(c->arena, out, "items", record_history(c, k, rec));
    c->out = out;
    return ERR_OK;
}

static enum err
new_run(struct ctx *c)
{
    struct value *rec = value_map(c->arena);
    if (kind_of(c)->begin != NULL) {
        kind_of(c)->begin(c, rec);
    }
    c->out = rec;
    return ERR_OK;
}

static enum err
edit_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct value *rec = record_get(c, k, ctx_id(c, "id"));
    if (rec == NULL) {
        return ERR_NOT_FOUND;
    }
    if (!record_may(c, k, RECORD_UPDATE, rec)) {
        return ERR_FORBIDDEN;
    }
    c->out = rec;
    return ERR_OK;
}

// Suggestions for a reference: whatever the asking field is called, its text is searched.
static const char *
asked_for(struct ctx *c)
{
    for (size_t i = 0; c->req != NULL && i < c->req->query.count; i++) {
        if (*c->req->query.items[i].value != '\0') {
            return c->req->query.items[i].value;
        }
    }
    return NULL;
}

static enum err
options_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    const struct record_grant *g;
    enum record_scope scope;
    if (!record_scope_of(c, k, RECORD_READ, &g, &scope)) {
        return ERR_FORBIDDEN;
    }
    struct record_query q = record_query_of(c, k, scope, OPTIONS_MOST);
    if (record_is_searched(k)) {
        record_query_text(c, &q, asked_for(c));
    }
    struct record_page page = record_query_run(c, &q);
    struct buf out;
    buf_init(&out, c->arena, 2048, 65536);
    for (size_t i = 0; i < value_count(page.items); i++) {
        const struct value *rec = value_at(page.items, i);
        const char *name = value_get_text(rec, k->title);
        const char *value = arena_printf(
            c->arena, "%lld %s", (long long)value_get_int(rec, "id", 0), name ? name : "");
        code_option(&out, value);
    }
    c->raw_type = "text/html; charset=utf-8";
    c->raw_body = buf_str(&out);
    c->raw_size = out.n;
    return ERR_OK;
}

// ---- writing ---------------------------------------------------------------------------

static const char *
url_of(struct ctx *c, const struct record_kind *k, int64_t id)
{
    return arena_printf(c->arena, "/%s/%lld", k->plural, (long long)id);
}

static enum err
answer(struct ctx *c, const struct record_kind *k, int64_t id)
{
    // also for whoever may write but not read: the answer to what they just sent
    struct value *rec = record_load(c, record_built_of(k), id);
    if (rec == NULL) {
        enum err e = db_tx_err(c->tx);
        return e != ERR_OK ? e : ERR_INTERNAL;
    }
    c->out = record_masked(c, k, rec);
    c->flash = T("已保存");
    return ERR_OK;
}

static struct value *
copy_of_input(struct ctx *c)
{
    struct value *rec = value_map(c->arena);
    for (uint32_t i = 0; c->in != NULL && i < c->in->map.count; i++) {
        value_set(c->arena, rec, c->in->map.pairs[i].key, c->in->map.pairs[i].v);
    }
    return rec;
}

static enum err
create_prepare(struct ctx *c)
{
    c->prepared = record_ahead(c->arena, c->arena, c->app, kind_of(c), c->in);
    return ERR_OK;
}

static enum err
create_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    int64_t id = record_create_with(c, k, copy_of_input(c), c->prepared);
    if (id == 0) {
        return c->result != ERR_OK ? c->result : ERR_INTERNAL;
    }
    enum err e = answer(c, k, id);
    c->location = c->api || e != ERR_OK ? url_of(c, k, id) : record_home_url(c, k, c->out);
    return e;
}

// What the client read: If-Match, or the form's hidden field. False when it is not a version.
static bool
version_of(struct ctx *c, int64_t *version)
{
    *version = 0;
    const char *s = c->req == NULL ? NULL : http_header(c->req, "if-match");
    if (s == NULL && c->req != NULL && !c->api) {
        s = http_list_get(&c->req->form, "version");
    }
    if (s == NULL || *s == '\0' || strcmp(s, "*") == 0) {
        return true;
    }
    s += text_starts(s, "W/") ? 2 : 0;
    size_t n = strlen(s);
    bool quoted = n >= 2 && s[0] == '"' && s[n - 1] == '"';
    return text_to_int(quoted ? arena_strndup(c->arena, s + 1, n - 2) : s, version) &&
           *version > 0;
}

static enum err
save(struct ctx *c, const struct value *rec)
{
    const struct record_kind *k = kind_of(c);
    int64_t id = ctx_id(c, "id");
    int64_t version;
    if (!version_of(c, &version)) {
        return ERR_STALE;
    }
    enum err e = record_update(c, k, id, rec, version);
    if (e != ERR_OK) {
        return e;
    }
    e = answer(c, k, id);
    if (!c->api && e == ERR_OK) {
        c->location = record_home_url(c, k, c->out);
    }
    return e;
}

static enum err
patch_run(struct ctx *c)
{
    return save(c, c->in);
}

// A form sends all it shows, and what is empty comes as null; what it did not send stays.
static enum err
form_run(struct ctx *c)
{
    return save(c, copy_of_input(c));
}

// ---- the table -------------------------------------------------------------------------

static unsigned
roles_of(const struct record_kind *k, unsigned action)
{
    unsigned roles = 0;
    for (const struct record_grant *g = k->grants; g->actions != 0; g++) {
        roles |= (g->actions & action) != 0 ? g->roles : 0;
    }
    return roles;
}

// Stands for the fields of the kind.
static const struct field ANY_FIELDS[1];

// The routes of any kind: %s is its plural, roles name the action, record_routes fills in the
// rest.
static const struct route TEMPLATE[] = {
    {.method = HTTP_GET,
     .pattern = "/%s",
     .roles = RECORD_READ,
     .run = list_run,
     .show = record_list_show,
     .page = "list",
     .help = "List"},
    {.method = HTTP_GET,
     .pattern = "/%s.csv",
     .roles = RECORD_READ,
     .run = record_csv_run,
     .help = "The list as CSV"},
    {.method = HTTP_GET,
     .pattern = "/%s.xlsx",
     .roles = RECORD_READ,
     .run = record_xlsx_run,
     .flags = ROUTE_WAITS,
     .help = "The list as XLSX"},
    {.method = HTTP_GET,
     .pattern = "/%s/options",
     .roles = RECORD_READ,
     .run = options_run,
     .flags = ROUTE_PAGE,
     .help = "Suggestions for a reference"},
    {.method = HTTP_GET,
     .pattern = "/%s/bulk",
     .roles = RECORD_UPDATE,
     .run = record_bulk_run,
     .show = record_bulk_show,
     .page = "bulk",
     .flags = ROUTE_PAGE,
     .help = "One value for several records: choose it, look at every row"},
    {.method = HTTP_POST,
     .pattern = "/%s/bulk",
     .roles = RECORD_UPDATE,
     .run = record_bulk_do,
     .again = record_bulk_run,
     .again_show = record_bulk_show,
     .again_page = "bulk",
     .flags = ROUTE_PAGE,
     .help = "One value for several records"},
    {.method = HTTP_GET,
     .pattern = "/%s/layout",
     .roles = RECORD_READ,
     .run = record_own_run,
     .show = record_own_show,
     .page = "layout",
     .flags = ROUTE_PAGE,
     .help = "Views, columns and density that the reader keeps"},
    {.method = HTTP_POST,
     .pattern = "/%s/layout",
     .roles = RECORD_READ,
     .run = record_own_layout_run,
     .flags = ROUTE_PAGE,
     .help = "Keep columns and density"},
    {.method = HTTP_POST,
     .pattern = "/%s/views",
     .roles = RECORD_READ,
     .run = record_own_view_run,
     .again = record_own_run,
     .again_show = record_own_show,
     .again_page = "layout",
     .flags = ROUTE_PAGE,
     .help = "Keep a filter under a name"},
    {.method = HTTP_POST,
     .pattern = "/%s/views/{view}",
     .roles = RECORD_READ,
     .run = record_own_change_run,
     .again = record_own_run,
     .again_show = record_own_show,
     .again_page = "layout",
     .flags = ROUTE_PAGE,
     .help = "Rename or remove a kept filter"},
    {.method = HTTP_GET,
     .pattern = "/%s/new",
     .roles = RECORD_CREATE,
     .run = new_run,
     .show = record_form_show,
     .page = "form",
     .flags = ROUTE_PAGE,
     .help = "Form for a new record"},
    {.method = HTTP_POST,
     .pattern = "/%s",
     .roles = RECORD_CREATE,
     .fields = ANY_FIELDS,
     .prepare = create_prepare,
     .run = create_run,
     .again = new_run,
     .again_show = record_form_show,
     .again_page = "form",
     .help = "Create"},
    {.method = HTTP_GET,
     .pattern = "/%s/{id}",
     .roles = RECORD_READ,
     .run = detail_run,
     .show = record_detail_show,
     .page = "detail",
     .help = "Read"},
    {.method = HTTP_GET,
     .pattern = "/%s/{id}/edit",
     .roles = RECORD_UPDATE,
     .run = edit_run,
     .show = record_form_show,
     .page = "form",
     .flags = ROUTE_PAGE,
     .help = "Form to change a record"},
    {.method = HTTP_POST,
     .pattern = "/%s/{id}",
     .roles = RECORD_UPDATE,
     .fields = ANY_FIELDS,
     .run = form_run,
     .again = edit_run,
     .again_show = record_form_show,
     .again_page = "form",
     .flags = ROUTE_PAGE,
     .help = "Change from a form"},
    {.method = HTTP_GET,
     .pattern = "/%s/{id}/reveal",
     .roles = RECORD_REVEAL,
     .run = record_reveal_form,
     .show = record_reveal_form_show,
     .page = "action",
     .flags = ROUTE_PAGE,
     .help = "Form that asks why a sealed field is opened"},
    {.method = HTTP_POST,
     .pattern = "/%s/{id}/reveal",
     .roles = RECORD_REVEAL,
     .fields = ANY_FIELDS,
     .run = record_reveal_run,
     .again = record_reveal_form,
     .again_show = record_reveal_form_show,
     .again_page = "action",
     .help = "Opens one sealed field, with a reason that is written down"},
    {.method = HTTP_PATCH,
     .pattern = "/%s/{id}",
     .roles = RECORD_UPDATE,
     .fields = ANY_FIELDS,
     .run = patch_run,
     .flags = ROUTE_API | ROUTE_PARTIAL,
     .help = "Change"},
    {.method = HTTP_GET,
     .pattern = "/%s/{id}/events",
     .roles = RECORD_READ,
     .run = events_run,
     .flags = ROUTE_API,
     .help = "History"},
};

// Those of finding and merging duplicates, for a kind that takes part.
static size_t
add_merge_routes(struct arena *a, const struct record_kind *k, struct route *routes)
{
    size_t n = 0;
    for (const struct route *t = RECORD_MERGE_ROUTES;
         k->duplicates != NULL && t->pattern != NULL; t++) {
        routes[n] = *t;
        routes[n].pattern = arena_printf(a, "/%s%s", k->plural, t->pattern + 3); // after "/%s"
        routes[n].data = k;
        if (t->again_page != NULL && strcmp(t->again_page, "merge") == 0) {
            routes[n].fields = record_merge_fields(k);
        }
        n++;
    }
    return n;
}

const struct route *
record_routes(struct arena *a, const struct record_kind *k)
{
    enum { MERGE_ROUTES_MOST = 16 };
    size_t count = sizeof TEMPLATE / sizeof TEMPLATE[0], n = 0;
    struct route *routes = ARENA_ARRAY(a, struct route, count + MERGE_ROUTES_MOST + 1);
    record_built_of(k);
    for (size_t i = 0; i < count; i++) {
        struct route r = TEMPLATE[i];
        const char *suffix = r.pattern + 3; // after "/%s"
        r.roles = roles_of(k, r.roles);
        r.pattern = arena_printf(a, "/%s%s", k->plural, suffix);
        r.fields = r.fields == NULL             ? NULL
                   : r.run == record_reveal_run ? record_built_of(k)->reveal
                                                : k->fields;
        r.data = k;
        bool bulk = r.run == record_bulk_run || r.run == record_bulk_do;
        if (bulk && k->bulk == NULL) {
            continue;
        }
        if (r.roles != 0) { // an action that is granted to nobody has no address
            routes[n++] = r;
        }
    }
    add_merge_routes(a, k, routes + n);
    return routes;
}
