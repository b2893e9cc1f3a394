// SPDX-License-Identifier: Apache-2.0
// OpenAPI 3.1 from the tables: nothing is described twice, so nothing can be described wrong.
#include "mod/system/system.h"

#include "base/buf.h"
#include "kit/record.h"

#include <ctype.h>
#include <string.h>

static const struct value *
schema_type(struct arena *a, const char *type, const char *format)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "type", type);
    if (format != NULL) {
        value_set_text(a, m, "format", format);
    }
    return m;
}

static struct value *
choice_schema(struct arena *a, const struct field *f)
{
    struct value *m = value_map(a);
    struct value *list = value_list(a);
    for (const struct choice *o = f->choices; o != NULL && o->value != NULL; o++) {
        value_push(a, list, value_ref(a, o->value));
    }
    value_set_text(a, m, "type", "string");
    value_set(a, m, "enum", list);
    return m;
}

static struct value *
text_schema(struct arena *a, const struct field *f)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "type", "string");
    value_set_int(a, m, "maxLength", f->max > 0 ? f->max : f->type == FIELD_LONG ? 10000 : 200);
    if (f->min > 0) {
        value_set_int(a, m, "minLength", f->min);
    }
    return m;
}

static const struct value *
field_schema(struct arena *a, const struct field *f)
{
    struct value *m;
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_MOBILE:
    case FIELD_PASSWORD:
        return text_schema(a, f);
    case FIELD_CHOICE:
        return choice_schema(a, f);
    case FIELD_INT:
    case FIELD_MONEY:
    case FIELD_REF:
        return schema_type(a, "integer", "int64");
    case FIELD_DATE:
        return schema_type(a, "string", "date");
    case FIELD_TIME:
        return schema_type(a, "string", "date-time");
    case FIELD_FLAG:
        return schema_type(a, "boolean", NULL);
    case FIELD_REFS:
    case FIELD_FILES:
        m = value_map(a);
        value_set_text(a, m, "type", "array");
        value_set(a, m, "items", schema_type(a, "integer", "int64"));
        return m;
    }
    return schema_type(a, "string", NULL);
}

static const struct value *
body_schema(struct arena *a, const struct route *r)
{
    struct value *schema = value_map(a), *properties = value_map(a), *required = value_list(a);
    for (const struct field *f = r->fields; f != NULL && f->name != NULL; f++) {
        if ((f->where & IN_FORM) == 0) {
            continue;
        }
        value_set(a, properties, f->name, field_schema(a, f));
        if (f->required && (r->flags & ROUTE_PARTIAL) == 0) {
            value_push(a, required, value_ref(a, f->name));
        }
    }
    value_set_text(a, schema, "type", "object");
    value_set(a, schema, "properties", properties);
    if (value_count(required) > 0) {
        value_set(a, schema, "required", required);
    }
    value_set_bool(a, schema, "additionalProperties", false);
    return schema;
}

static const struct value *
media(struct arena *a, const char *type, const struct value *schema)
{
    struct value *content = value_map(a), *of = value_map(a);
    value_set(a, of, "schema", schema);
    value_set(a, content, type, of);
    return content;
}

static const struct value *
response(struct arena *a, const char *what, const char *type, const struct value *schema)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "description", what);
    if (type != NULL) {
        value_set(a, m, "content", media(a, type, schema));
    }
    return m;
}

static const struct value *
schema_ref(struct arena *a, const char *name)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "$ref", arena_printf(a, "#/components/schemas/%s", name));
    return m;
}

static void
add_parameters(struct arena *a, struct value *operation, const char *pattern)
{
    struct value *list = value_list(a);
    for (const char *p = strchr(pattern, '{'); p != NULL; p = strchr(p + 1, '{')) {
        const char *end = strchr(p, '}');
        const char *name = arena_strndup(a, p + 1, (size_t)(end - p - 1));
        struct value *m = value_map(a);
        value_set_text(a, m, "name", name);
        value_set_text(a, m, "in", "path");
        value_set_bool(a, m, "required", true);
        value_set(a, m, "schema",
                  strcmp(name, "id") == 0 ? schema_type(a, "integer", "int64")
                                          : schema_type(a, "string", NULL));
        value_push(a, list, m);
    }
    if (value_count(list) > 0) {
        value_set(a, operation, "parameters", list);
    }
}

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

static void
add_route(struct arena *a, struct value *paths, const struct route *r)
{
    const char *method = r->method == HTTP_GET    ? "get"
                         : r->method == HTTP_POST ? "post"
                                                  : "patch";
    struct value *path = (struct value *)value_get(paths, r->pattern);
    struct value *operation = value_map(a), *answers = value_map(a);
    if (path == NULL) {
        path = value_map(a);
        value_set(a, paths, r->pattern, path);
    }
    value_set_text(a, operation, "operationId", operation_id(a, method, r->pattern));
    value_set_text(a, operation, "summary", r->help == NULL ? r->pattern : r->help);
    value_set(a, operation, "x-roles", roles_value(a, r->roles));
    add_parameters(a, operation, r->pattern);
    if (r->fields != NULL) {
        struct value *body = value_map(a);
        value_set_bool(a, body, "required", true);
        value_set(a, body, "content", media(a, "application/json", body_schema(a, r)));
        value_set(a, operation, "requestBody", body);
    }
    value_set(a, answers, "200",
              response(a, "The answer", "application/json", schema_type(a, "object", NULL)));
    value_set(a, answers, "default",
              response(a, "A problem", "application/problem+json", schema_ref(a, "Problem")));
    value_set(a, operation, "responses", answers);
    value_set(a, path, method, operation);
}

static void
add_routes(struct arena *a, struct value *paths, const struct route *routes)
{
    for (const struct route *r = routes; r != NULL && r->pattern != NULL; r++) {
        if ((r->flags & ROUTE_PAGE) == 0) {
            add_route(a, paths, r);
        }
    }
}

static const struct value *
components(struct arena *a)
{
    struct value *all = value_map(a), *schemas = value_map(a), *problem = value_map(a);
    struct value *properties = value_map(a), *errors = value_map(a), *security = value_map(a);
    struct value *bearer = value_map(a);
    static const char *const TEXTS[] = {"type", "title", "detail"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        value_set(a, properties, TEXTS[i], schema_type(a, "string", NULL));
    }
    value_set(a, properties, "status", schema_type(a, "integer", NULL));
    value_set_text(a, errors, "type", "array");
    value_set(a, errors, "items", schema_type(a, "object", NULL));
    value_set(a, properties, "errors", errors);
    value_set_text(a, problem, "type", "object");
    value_set(a, problem, "properties", properties);
    value_set(a, schemas, "Problem", problem);
    value_set_text(a, bearer, "type", "http");
    value_set_text(a, bearer, "scheme", "bearer");
    value_set(a, security, "bearer", bearer);
    value_set(a, all, "schemas", schemas);
    value_set(a, all, "securitySchemes", security);
    return all;
}

const struct value *
system_openapi(struct app *app, struct arena *a)
{
    struct value *doc = value_map(a), *info = value_map(a), *paths = value_map(a);
    struct value *servers = value_list(a), *server = value_map(a);
    struct value *security = value_list(a), *bearer = value_map(a);
    for (size_t i = 0; app->modules[i] != NULL; i++) {
        add_routes(a, paths, app->modules[i]->routes);
        if (app->modules[i]->kind != NULL) {
            add_routes(a, paths, record_routes(app->arena, app->modules[i]->kind));
        }
    }
    value_set_text(a, info, "title", "Huiqiao");
    value_set_text(a, info, "version", "0.1.0");
    value_set_text(a, server, "url", "/api/v1");
    value_push(a, servers, server);
    value_set(a, bearer, "bearer", value_list(a));
    value_push(a, security, bearer);
    value_set_text(a, doc, "openapi", "3.1.0");
    value_set(a, doc, "info", info);
    value_set(a, doc, "servers", servers);
    value_set(a, doc, "security", security);
    value_set(a, doc, "paths", paths);
    value_set(a, doc, "components", components(a));
    return doc;
}
