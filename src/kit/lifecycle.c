// SPDX-License-Identifier: Apache-2.0
// The engine of life cycles: the same order of questions for every kind of record and every
// step, so that no module can forget one.
#include "kit/lifecycle.h"

#include "base/text.h"

#include <string.h>

const struct transition *
lifecycle_find(const struct lifecycle *l, const char *name)
{
    for (const struct transition *t = l->steps; t->name != NULL; t++) {
        if (strcmp(t->name, name) == 0) {
            return t;
        }
    }
    return NULL;
}

static bool
who_fits(const struct ctx *c, const struct transition *t, const struct lifecycle_record *r)
{
    return ctx_is(c, t->roles) && (t->relations == 0 || (t->relations & r->relations) != 0);
}

bool
lifecycle_may(const struct ctx *c, const struct transition *t, const struct lifecycle_record *r)
{
    return who_fits(c, t, r) && text_list_has(t->from, r->state);
}

// Possible now, as far as it can be known without the input.
static bool
is_open(struct ctx *c, const struct transition *t, const struct lifecycle_record *r)
{
    return lifecycle_may(c, t, r) && (t->guard == NULL || t->guard(c, r) == NULL);
}

struct value *
lifecycle_allowed(struct ctx *c, const struct lifecycle *l, const struct lifecycle_record *r)
{
    struct value *out = value_list(c->arena);
    for (const struct transition *t = l->steps; t->name != NULL; t++) {
        if (!is_open(c, t, r)) {
            continue;
        }
        struct value *v = value_map(c->arena);
        value_set_text(c->arena, v, "name", t->name);
        value_set_text(c->arena, v, "label", ctx_tr(c, t->label));
        value_set_text(c->arena, v, "tone", t->tone);
        value_set_text(c->arena, v, "consequence",
                       t->consequence == NULL ? NULL : ctx_tr(c, t->consequence));
        value_set_bool(c->arena, v, "input", t->needs != NULL);
        value_push(c->arena, out, v);
    }
    return out;
}

static enum err
refuse(struct ctx *c, const struct lifecycle *l, const struct lifecycle_record *r,
       const char *chinese)
{
    struct value *names = value_list(c->arena);
    for (const struct transition *t = l->steps; t->name != NULL; t++) {
        if (is_open(c, t, r)) {
            value_push(c->arena, names, value_ref(c->arena, t->name));
        }
    }
    struct value *extra = value_map(c->arena);
    value_set(c->arena, extra, "allowed", names);
    value_set_text(c->arena, extra, "state", r->state);
    c->extra = extra;
    return ctx_refuse(c, ERR_CONFLICT, chinese);
}

// "7", "\"7\"" or "W/\"7\""; 0 when it is no version of ours, which then never matches.
static int64_t
etag_version(struct arena *a, const char *text)
{
    text += text_starts(text, "W/") ? 2 : 0;
    size_t n = strlen(text);
    if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
        text = arena_strndup(a, text + 1, n - 2);
    }
    int64_t version = 0;
    return text_to_int(text, &version) ? version : 0;
}

// A page sends the version it showed as a hidden field, the API an If-Match header.
bool
lifecycle_version_fits(struct ctx *c, int64_t version)
{
    const char *wanted = c->req == NULL ? NULL : http_header(c->req, "if-match");
    if (wanted == NULL && c->req != NULL && !c->api) {
        wanted = http_list_get(&c->req->form, "version");
    }
    if (wanted == NULL || *wanted == '\0' || strcmp(wanted, "*") == 0) {
        return true;
    }
    return etag_version(c->arena, wanted) == version;
}

enum err
lifecycle_step(struct ctx *c, const struct lifecycle *l, const struct transition *t, int64_t id,
               struct lifecycle_record *r)
{
    *r = (struct lifecycle_record){.id = id};
    if (id <= 0 || !l->load(c, id, r)) {
        return ERR_NOT_FOUND;
    }
    if (!who_fits(c, t, r)) {
        return ERR_FORBIDDEN;
    }
    if (!text_list_has(t->from, r->state)) {
        return refuse(c, l, r, "现在的状态不能这样办理。");
    }
    if (!lifecycle_version_fits(c, r->version)) {
        return ctx_refuse(c, ERR_STALE, "别人刚刚更新了这条记录，请刷新后再办。");
    }
    const char *reason = t->guard == NULL ? NULL : t->guard(c, r);
    if (reason != NULL) {
        return refuse(c, l, r, reason);
    }
    if (t->to != NULL) {
        r->state = t->to;
    }
    return t->effect(c, t, r);
}
