// SPDX-License-Identifier: Apache-2.0
// OpenAPI 3.1 from the tables: nothing is described twice, so nothing can be described wrong.
#include "mod/system/system.h"

#include "base/buf.h"
#include "base/text.h"
#include "kit/record.h"
#include "mod/demand/demand.h"
#include "mod/system/schemas.h"

#include <ctype.h>
#include <string.h>

static const char XLSX[] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

// One route on its way into the document.
struct operation {
    struct arena *a;
    const struct route *route;
    const struct record_kind *kind; // that its path is about, or NULL
    bool collection;                // "/x", "/x.csv": no {id}
    bool download;                  // ".csv", ".xlsx"
};

static const struct value *
media(struct arena *a, const char *type, const struct value *schema)
{
    struct value *content = value_map(a), *of = value_map(a);
    value_set(a, of, "schema", schema);
    value_set(a, content, type, of);
    return content;
}

static const struct value *
component(struct arena *a, const char *section, const char *name)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "$ref", arena_printf(a, "#/components/%s/%s", section, name));
    return m;
}

// ---- what is asked ---------------------------------------------------------------------

static void
add_parameter(struct arena *a, struct value *list, const char *in, const char *name,
              const struct value *schema)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "name", name);
    value_set_text(a, m, "in", in);
    value_set_bool(a, m, "required", strcmp(in, "path") == 0);
    value_set(a, m, "schema", schema);
    value_push(a, list, m);
}

static void
add_path_parameters(const struct operation *o, struct value *list)
{
    const char *p = strchr(o->route->pattern, '{');
    for (; p != NULL; p = strchr(p + 1, '{')) {
        const char *name = arena_strndup(o->a, p + 1, strcspn(p + 1, "}"));
        add_parameter(o->a, list, "path", name,
                      strcmp(name, "id") == 0 ? schema_type(o->a, "integer", "int64")
                                              : schema_type(o->a, "string", NULL));
    }
}

static void
add_filter(struct arena *a, struct value *list, const struct field *f, bool ranges)
{
    bool range =
        ranges && (f->type == FIELD_DATE || f->type == FIELD_TIME || f->type == FIELD_MONEY);
    struct field plain = *f;
    plain.required = true; // a parameter is given or not, never null
    const struct value *schema = schema_field(a, &plain);
    if (range) {
        add_parameter(a, list, "query", arena_printf(a, "%s_from", f->name), schema);
        add_parameter(a, list, "query", arena_printf(a, "%s_to", f->name), schema);
    } else {
        add_parameter(a, list, "query", f->name, schema);
    }
}

static void
add_filters(const struct operation *o, struct value *list)
{
    static const struct field TIMES[] = {{.name = "created_at", .type = FIELD_DATE},
                                         {.name = "updated_at", .type = FIELD_DATE}};
    static const struct field VIEW = {
        .name = "view", .type = FIELD_CHOICE, .choices = DEMAND_VIEWS};
    struct arena *a = o->a;
    if (o->kind != NULL) {
        for (const struct field *f = o->kind->fields; f->name != NULL; f++) {
            if ((f->where & IN_FILTER) != 0) {
                add_filter(a, list, f, true);
            }
        }
        add_filter(a, list, &TIMES[0], true);
        add_filter(a, list, &TIMES[1], true);
    } else if (text_starts(o->route->pattern, "/demands")) {
        for (const struct field *f = DEMAND_FILTERS; f->name != NULL; f++) {
            add_filter(a, list, f, false);
        }
        add_filter(a, list, &VIEW, false);
    }
}

static void
add_query_parameters(const struct operation *o, struct value *list)
{
    static const struct field LIMIT = {
        .name = "limit", .type = FIELD_INT, .min = 1, .max = 200};
    static const char *const TEXTS[] = {"after", "q", "sort"};
    bool one = false;
    schema_of_path(o->route->pattern, &one);
    if (strcmp(o->route->pattern, "/search") == 0) {
        add_parameter(o->a, list, "query", "q", schema_type(o->a, "string", NULL));
    }
    if (!o->collection || one || text_starts(o->route->pattern, "/rules")) {
        return;
    }
    if (!o->download) {
        add_filter(o->a, list, &LIMIT, false);
    }
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        if (o->kind == NULL || strcmp(TEXTS[i], "q") != 0 || record_is_searched(o->kind)) {
            add_parameter(o->a, list, "query", TEXTS[i], schema_type(o->a, "string", NULL));
        }
    }
    add_filters(o, list);
}

static void
add_parameters(const struct operation *o, struct value *operation)
{
    struct value *list = value_list(o->a);
    const struct value *text = schema_type(o->a, "string", NULL);
    add_path_parameters(o, list);
    if (o->route->method == HTTP_GET) {
        add_query_parameters(o, list);
    } else if ((o->route->flags & ROUTE_NO_TX) == 0) {
        add_parameter(o->a, list, "header", "Idempotency-Key", text);
    }
    if (o->route->method == HTTP_PATCH) {
        add_parameter(o->a, list, "header", "If-Match", text);
    }
    if (value_count(list) > 0) {
        value_set(o->a, operation, "parameters", list);
    }
}

static const struct value *
upload_schema(struct arena *a, bool kind)
{
    struct value *m = value_map(a), *properties = value_map(a), *file = value_map(a);
    struct value *required = value_list(a);
    value_set_text(a, file, "type", "string");
    value_set_text(a, file, "contentMediaType", "application/octet-stream");
    value_set(a, properties, "file", file);
    value_push(a, required, value_ref(a, "file"));
    if (kind) { // an import says what the rows are
        value_set(a, properties, "kind", schema_type(a, "string", NULL));
        value_push(a, required, value_ref(a, "kind"));
    }
    value_set_text(a, m, "type", "object");
    value_set(a, m, "properties", properties);
    value_set(a, m, "required", required);
    return m;
}

static bool
takes_file(const struct route *r)
{
    return strcmp(r->pattern, "/attachments") == 0 || strcmp(r->pattern, "/imports") == 0;
}

static void
add_body(const struct operation *o, struct value *operation)
{
    const struct route *r = o->route;
    struct arena *a = o->a;
    const struct value *content = NULL;
    if (r->method == HTTP_GET) {
        return;
    }
    if (r->fields != NULL) {
        bool partial = (r->flags & ROUTE_PARTIAL) != 0;
        content = media(a, "application/json", schema_input(a, r->fields, partial));
    } else if (takes_file(r)) {
        content = media(a, "multipart/form-data",
                        upload_schema(a, strcmp(r->pattern, "/imports") == 0));
    } else if ((r->flags & ROUTE_NO_TX) != 0) {
        content = media(a, "application/json", schema_type(a, "object", NULL));
    } else { // nothing to say, and nothing else is taken
        static const struct field NOTHING[1];
        content = media(a, "application/json", schema_input(a, NOTHING, false));
    }
    if (content != NULL) {
        struct value *body = value_map(a);
        value_set_bool(a, body, "required", r->fields != NULL || takes_file(r));
        value_set(a, body, "content", content);
        value_set(a, operation, "requestBody", body);
    }
}

// ---- what is answered ------------------------------------------------------------------

static const struct value *
json_answer(const struct operation *o)
{
    struct arena *a = o->a;
    const char *pattern = o->route->pattern;
    bool one = false;
    const char *name = schema_of_path(pattern, &one);
    if (o->kind != NULL) {
        name = schema_name(a, o->kind);
    }
    if (text_ends(pattern, "/events")) {
        return schema_page(a, schema_ref(a, "Event"));
    }
    if (text_ends(pattern, "/rows")) {
        return schema_page(a, schema_ref(a, "ImportRow"));
    }
    bool many = false;
    const char *other =
        o->kind == NULL ? NULL : schema_of_answer(pattern, o->route->method == HTTP_GET, &many);
    if (other != NULL) {
        const struct value *one_of = schema_ref(a, other);
        return many ? schema_page(a, one_of) : one_of;
    }
    if (strcmp(pattern, "/rules") == 0) {
        return schema_page(a, schema_type(a, "string", NULL));
    }
    if (name == NULL) {
        return schema_type(a, "object", NULL);
    }
    bool list = o->collection && !one && o->route->method == HTTP_GET;
    return list ? schema_page(a, schema_ref(a, name)) : schema_ref(a, name);
}

static const struct value *
content_of(const struct operation *o)
{
    const char *pattern = o->route->pattern;
    bool file = strcmp(pattern, "/attachments/{id}") == 0;
    if (o->download || file) {
        const char *type = text_ends(pattern, ".csv")    ? "text/csv"
                           : text_ends(pattern, ".xlsx") ? XLSX
                                                         : "*/*";
        return media(o->a, type, schema_type(o->a, "string", file ? NULL : "binary"));
    }
    return media(o->a, "application/json", json_answer(o));
}

static void
add_problems(const struct operation *o, struct value *answers)
{
    const struct route *r = o->route;
    bool write = r->method != HTTP_GET;
    const struct {
        const char *status;
        bool when;
    } MAY[] = {
        {"400", true},
        {"401", (r->roles & ROLE_ANYONE) == 0},
        {"403", (r->roles & ROLE_ANYONE) == 0},
        {"404", strchr(r->pattern, '{') != NULL},
        {"409", write},
        {"412", r->method == HTTP_PATCH},
        {"413", write},
        {"415", write},
        {"422", write || o->collection},
        {"429", true},
        {"503", true},
        {"507", true},
    };
    for (size_t i = 0; i < sizeof MAY / sizeof *MAY; i++) {
        if (MAY[i].when) {
            value_set(o->a, answers, MAY[i].status, component(o->a, "responses", "Problem"));
        }
    }
}

static const struct value *
answers_of(const struct operation *o)
{
    struct arena *a = o->a;
    struct value *answers = value_map(a), *good = value_map(a);
    bool one = false;
    schema_of_path(o->route->pattern, &one);
    bool creates = o->route->method == HTTP_POST && o->collection && !one;
    bool empty = strcmp(o->route->pattern, "/notices/read") == 0;
    value_set_text(a, good, "description", creates ? "Created" : "Done");
    if (!empty) {
        value_set(a, good, "content", content_of(o));
    }
    if (creates) {
        struct value *headers = value_map(a), *location = value_map(a);
        value_set(a, location, "schema", schema_type(a, "string", NULL));
        value_set(a, headers, "Location", location);
        value_set(a, good, "headers", headers);
    }
    value_set(a, answers, creates ? "201" : empty ? "204" : "200", good);
    add_problems(o, answers);
    return answers;
}

// ---- operations ------------------------------------------------------------------------

// "post /demands/{id}/accept" → "post_demands_id_accept"
static const char *
operation_id(struct arena *a, const char *method, const char *pattern)
{
    struct buf b;
    buf_init(&b, a, 64, 256);
    buf_puts(&b, method);
    for (const char *p = pattern; *p != '\0'; p++) {
        if (isalnum((unsigned char)*p)) {
            buf_putc(&b, *p);
        } else if (b.p[b.n - 1] != '_' && p[1] != '\0') {
            buf_putc(&b, '_');
        }
    }
    return buf_str(&b);
}

static const struct value *
roles_value(struct arena *a, unsigned roles)
{
    struct value *list = value_list(a);
    for (unsigned r = 1; r <= ROLE_MEMBER; r <<= 1) {
        if ((roles & r) != 0 && (roles & ROLE_ANYONE) == 0) {
            value_push(a, list, value_ref(a, role_word((enum role)r)));
        }
    }
    return list;
}

static const struct record_kind *
kind_of_path(const struct module *const *modules, const char *pattern)
{
    size_t n = strcspn(pattern + 1, "/.");
    for (; *modules != NULL; modules++) {
        const struct record_kind *const *k = (*modules)->kinds;
        for (; k != NULL && *k != NULL; k++) {
            const char *plural = (*k)->plural;
            if (strlen(plural) == n && memcmp(plural, pattern + 1, n) == 0) {
                return *k;
            }
        }
    }
    return NULL;
}

static void
add_route(const struct app *app, struct arena *a, struct value *paths, const struct route *r)
{
    const char *method = r->method == HTTP_GET    ? "get"
                         : r->method == HTTP_POST ? "post"
                                                  : "patch";
    bool download = text_ends(r->pattern, ".csv") || text_ends(r->pattern, ".xlsx");
    struct operation o = {.a = a,
                          .route = r,
                          .kind = kind_of_path(app->modules, r->pattern),
                          .download = download,
                          .collection = strchr(r->pattern + 1, '/') == NULL};
    struct value *path = (struct value *)(uintptr_t)value_get(paths, r->pattern);
    struct value *operation = value_map(a);
    if (path == NULL) {
        path = value_map(a);
        value_set(a, paths, r->pattern, path);
    }
    value_set_text(a, operation, "operationId", operation_id(a, method, r->pattern));
    value_set_text(a, operation, "summary", r->help == NULL ? r->pattern : r->help);
    value_set(a, operation, "x-roles", roles_value(a, r->roles));
    add_parameters(&o, operation);
    add_body(&o, operation);
    value_set(a, operation, "responses", answers_of(&o));
    value_set(a, path, method, operation);
}

static void
add_routes(const struct app *app, struct arena *a, struct value *paths,
           const struct route *routes)
{
    for (const struct route *r = routes; r != NULL && r->pattern != NULL; r++) {
        if ((r->flags & ROUTE_PAGE) == 0) {
            add_route(app, a, paths, r);
        }
    }
}

static const struct value *
components(const struct app *app, struct arena *a)
{
    struct value *all = value_map(a), *responses = value_map(a), *problem = value_map(a);
    struct value *security = value_map(a), *bearer = value_map(a);
    value_set_text(a, problem, "description", "A problem (RFC 9457)");
    value_set(a, problem, "content",
              media(a, "application/problem+json", schema_ref(a, "Problem")));
    value_set(a, responses, "Problem", problem);
    value_set_text(a, bearer, "type", "http");
    value_set_text(a, bearer, "scheme", "bearer");
    value_set(a, security, "bearer", bearer);
    value_set(a, all, "schemas", schemas_all(a, app->modules));
    value_set(a, all, "responses", responses);
    value_set(a, all, "securitySchemes", security);
    return all;
}

const struct value *
system_openapi(struct app *app, struct arena *a)
{
    struct value *doc = value_map(a), *info = value_map(a), *paths = value_map(a);
    struct value *servers = value_list(a), *server = value_map(a), *license = value_map(a);
    struct value *security = value_list(a), *bearer = value_map(a);
    for (size_t i = 0; app->modules[i] != NULL; i++) {
        add_routes(app, a, paths, app->modules[i]->routes);
        const struct record_kind *const *k = app->modules[i]->kinds;
        for (; k != NULL && *k != NULL; k++) {
            add_routes(app, a, paths, record_routes(app->arena, *k));
        }
    }
    value_set_text(a, license, "name", "Apache-2.0");
    value_set_text(a, license, "identifier", "Apache-2.0");
    value_set_text(a, info, "title", "Huiqiao");
    value_set_text(a, info, "version", "0.1.0");
    value_set(a, info, "license", license);
    value_set_text(a, server, "url", "/api/v1");
    value_push(a, servers, server);
    value_set(a, bearer, "bearer", value_list(a));
    value_push(a, security, bearer);
    value_set_text(a, doc, "openapi", "3.1.0");
    value_set(a, doc, "info", info);
    value_set(a, doc, "servers", servers);
    value_set(a, doc, "security", security);
    value_set(a, doc, "paths", paths);
    value_set(a, doc, "components", components(app, a));
    return doc;
}
