// SPDX-License-Identifier: Apache-2.0
#include "kit/find.h"

#include "base/text.h"
#include "kit/app.h"
#include "kit/listing.h"
#include "kit/record_impl.h"
#include "kit/search.h"
#include "view/html.h"

enum { CODE_LEAST = 4, CODE_MOST = 18 };

struct value *
find_group(struct ctx *c, const char *kind, const char *label, const char *url)
{
    struct arena *a = c->arena;
    struct value *g = value_map(a);
    value_set_text(a, g, "kind", kind);
    value_set_text(a, g, "label", ctx_tr(c, label));
    value_set_text(a, g, "url", url);
    value_set(a, g, "items", value_list(a));
    value_set(a, g, "count", &value_null);
    value_set_bool(a, g, "more", false);
    value_set_bool(a, g, "near", false);
    return g;
}

void
find_item(struct ctx *c, struct value *group, int64_t id, const char *title, const char *sub,
          const char *url)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_int(a, m, "id", id);
    value_set_text(a, m, "title", title);
    value_set_text(a, m, "sub", sub);
    value_set_text(a, m, "url", url);
    value_push(a, (struct value *)(uintptr_t)value_get(group, "items"), m); // made above
}

static const char *
list_url(struct ctx *c, const char *plural, const char *text)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 4096);
    buf_printf(&b, "/%s?q=", plural);
    url_component(&b, text);
    return buf_str(&b);
}

static void
put_records(struct ctx *c, const struct record_kind *k, const struct value *rows,
            struct value *group)
{
    const struct field *title = field_find(k->fields, k->title);
    for (size_t i = 0; i < value_count(rows) && i < FIND_MOST; i++) {
        const struct value *rec = value_at(rows, i);
        int64_t id = value_get_int(rec, "id", 0);
        const struct field *sub =
            k->subtitle == NULL ? NULL : field_find(k->fields, k->subtitle);
        const char *below = sub == NULL ? "" : record_shown(c, sub, rec);
        find_item(c, group, id, record_shown(c, title, rec), *below == '\0' ? NULL : below,
                  record_url(c, k, id, ""));
    }
}

// ---- by code ---------------------------------------------------------------------------

// Digits and Latin letters, with a digit among them: the beginning of a code, not a word.
static const char *
code_of(struct arena *a, const char *text)
{
    size_t n = strlen(text);
    bool digit = false;
    char *code = arena_strndup(a, text, n);
    for (char *p = code; *p != '\0'; p++) {
        digit = digit || (*p >= '0' && *p <= '9');
        *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
        if (!(*p >= '0' && *p <= '9') && !(*p >= 'A' && *p <= 'Z')) {
            return NULL;
        }
    }
    return digit && n >= CODE_LEAST && n <= CODE_MOST ? code : NULL;
}

static bool
find_code(struct ctx *c, const struct record_query *q, const char *text, struct value *group)
{
    const struct record_built *b = q->b;
    const struct db_stmt *s = &b->by_code[q->scope];
    const char *code = s->sql == NULL ? NULL : code_of(c->arena, text);
    if (code == NULL) {
        return false;
    }
    // after the last code that begins so: all are ASCII
    const char *end = arena_printf(c->arena, "%s~", code);
    struct db_arg args[] = {DB_TEXT(code), DB_TEXT(end), DB_INT(FIND_MOST + 1),
                            q->args[SLOT_SCOPE]};
    struct value *rows = db_list(c->tx, c->arena, s, args, q->scope == SCOPE_ALL ? 3 : 4);
    size_t n = value_count(rows);
    put_records(c, b->k, record_page_of(c, b, rows), group);
    value_set_bool(c->arena, group, "more", n > FIND_MOST);
    if (n == 1) {
        value_set_text(c->arena, group, "count", "1");
    }
    return n > 0;
}

// ---- by words --------------------------------------------------------------------------

static bool
find_words(struct ctx *c, struct record_query *q, const char *expression, struct value *group)
{
    if (expression == NULL) {
        return false;
    }
    q->lead = q->b->lead_count + 1;
    q->args[SLOT_QUERY] = DB_TEXT(expression);
    int64_t n = record_query_count(c, q);
    if (n <= 0) {
        return false;
    }
    put_records(c, q->b->k, record_query_run(c, q).items, group);
    value_set_text(c->arena, group, "count", listing_count_text(c->arena, n));
    value_set_bool(c->arena, group, "more", n > FIND_MOST);
    return true;
}

struct value *
find_kind(struct ctx *c, const struct record_kind *k, const char *text)
{
    struct record_query q = {
        .b = record_built_of(k), .limit = FIND_MOST, .order = "-id", .down = true};
    const struct record_grant *g;
    if (!q.b->searched || !record_scope_of(c, k, RECORD_READ, &g, &q.scope)) {
        return NULL;
    }
    q.args[SLOT_ID] = DB_INT(INT64_C(1) << 40);
    q.args[SLOT_SCOPE] = DB_INT(q.scope == SCOPE_ORGANIZATION ? c->actor->organization_id
                                                              : c->actor->enterprise_id);
    struct value *group = find_group(c, k->name, k->list_label, list_url(c, k->plural, text));
    if (find_words(c, &q, search_expression(c->arena, text), group)) {
        return group;
    }
    if (find_code(c, &q, text, group)) {
        value_set(c->arena, group, "url", &value_null); // lists know no beginnings
        return group;
    }
    value_set_bool(c->arena, group, "near", true);
    return find_words(c, &q, search_near(c->arena, text), group) ? group : NULL;
}

struct value *
find_all(struct ctx *c, const char *text)
{
    struct value *groups = value_list(c->arena);
    for (size_t i = 0; c->app->modules[i] != NULL; i++) {
        const struct module *m = c->app->modules[i];
        struct value *own = m->find == NULL ? NULL : m->find(c, text, FIND_MOST);
        if (own != NULL) {
            value_push(c->arena, groups, own);
        }
        for (size_t k = 0; m->kinds != NULL && m->kinds[k] != NULL; k++) {
            struct value *group = find_kind(c, m->kinds[k], text);
            if (group != NULL) {
                value_push(c->arena, groups, group);
            }
        }
    }
    return groups;
}
