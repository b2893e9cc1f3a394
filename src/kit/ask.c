// SPDX-License-Identifier: Apache-2.0
// Pages that ask for one thing.
#include "kit/ask.h"

#include "base/text.h"

#include <sodium.h>
#include <string.h>

static void
push_crumb(struct ctx *c, struct value *list, const char *label, const char *url)
{
    struct value *m = value_map(c->arena);
    if (label == NULL) {
        return;
    }
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "url", url);
    value_push(c->arena, list, m);
}

static const char *
token(struct ctx *c)
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    return text_hex(c->arena, bytes, sizeof bytes);
}

static bool
takes_files(const struct field *fields)
{
    while (fields != NULL && fields->name != NULL && fields->type != FIELD_FILES) {
        fields++;
    }
    return fields != NULL && fields->name != NULL;
}

struct value *
ask_page(struct ctx *c, const struct ask *ask)
{
    struct arena *a = c->arena;
    struct value *page = value_map(a), *crumbs = value_list(a);
    const char *n = arena_printf(a, "%u", c->faults.count);
    const char *version = arena_printf(a, "%lld", (long long)ask->version);
    bool danger = ask->tone != NULL && strstr(ask->tone, "danger") != NULL;
    push_crumb(c, crumbs, ctx_tr(c, ask->back_label), ask->back_url);
    push_crumb(c, crumbs, ask->of_label, ask->of_url);
    push_crumb(c, crumbs, ctx_tr(c, ask->title), NULL);
    value_set_text(a, page, "title", ctx_tr(c, ask->title));
    value_set_text(a, page, "label",
                   ask->of_label == NULL ? ctx_tr(c, ask->title) : ask->of_label);
    value_set(a, page, "crumbs", crumbs);
    value_set_text(a, page, "consequence",
                   ask->consequence == NULL ? NULL : ctx_tr(c, ask->consequence));
    value_set_text(a, page, "method", "post");
    value_set_text(a, page, "action", ask->action);
    value_set_text(a, page, "token", ask->once ? token(c) : NULL);
    value_set_text(a, page, "record_version", ask->version > 0 ? version : NULL);
    value_set_bool(a, page, "multipart", takes_files(ask->fields));
    value_set(a, page, "draft", &value_null);
    value_set_text(a, page, "errors_title",
                   c->faults.count > 0 ? ctx_trf(c, T("还有 {0} 处要改，改好就能提交"), 1, n)
                   : c->renewed ? c->detail
                                : NULL);
    value_set(a, page, "errors_summary", field_summary(c, ask->fields, "errors"));
    value_set(a, page, "fields", field_form(c, ask->fields, ask->values));
    value_set_text(a, page, "submit_label", ctx_tr(c, ask->submit));
    value_set_text(a, page, "submit_class", ask->tone == NULL ? "btn-primary" : ask->tone);
    value_set_bool(a, page, "danger", danger);
    value_set_text(a, page, "cancel_url", ask->of_url != NULL ? ask->of_url : ask->back_url);
    return page;
}
