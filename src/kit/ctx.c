// SPDX-License-Identifier: Apache-2.0
// Small readers of the request context, and the words for roles.
#include "kit/ctx.h"

#include "base/text.h"
#include "kit/app.h"

#include <string.h>

const struct actor ACTOR_NOBODY = {
    .login = "", .name = "", .organization = "", .theme = "auto", .size = "normal"};

static const struct actor SYSTEM = {.id = -1,
                                    .login = "system",
                                    .name = "系统",
                                    .organization = "",
                                    .theme = "auto",
                                    .size = "normal"};

static const struct {
    enum role role;
    const char *word;
    const char *label;
} ROLES[] = {
    {ROLE_ADMIN, "admin", T("系统管理员")},
    {ROLE_STAFF, "staff", T("工作人员")},
    {ROLE_SECRETARY, "secretary", T("商会秘书长")},
    {ROLE_OFFICER, "officer", T("部门经办人")},
    {ROLE_LEADER, "leader", T("领导")},
    {ROLE_MEMBER, "member", T("企业")},
};

unsigned
role_parse(const char *word)
{
    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
        if (strcmp(ROLES[i].word, word) == 0) {
            return ROLES[i].role;
        }
    }
    return 0;
}

const char *
role_word(enum role r)
{
    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
        if (ROLES[i].role == r) {
            return ROLES[i].word;
        }
    }
    return "";
}

const char *
role_label(enum role r)
{
    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
        if (ROLES[i].role == r) {
            return ROLES[i].label;
        }
    }
    return "";
}

const char *
ctx_param(const struct ctx *c, const char *name)
{
    for (size_t i = 0; i < c->match.count; i++) {
        if (strcmp(c->match.params[i].name, name) == 0) {
            return c->match.params[i].value;
        }
    }
    return NULL;
}

int64_t
ctx_id(const struct ctx *c, const char *name)
{
    const char *s = ctx_param(c, name);
    int64_t id = 0;
    return s != NULL && text_to_int(s, &id) && id > 0 ? id : 0;
}

const char *
ctx_query(const struct ctx *c, const char *name)
{
    return c->req == NULL ? NULL : http_list_get(&c->req->query, name);
}

const char *
ctx_tr(const struct ctx *c, const char *chinese)
{
    return tr(c->lang, chinese);
}

enum err
ctx_fault(struct ctx *c, const char *field, const char *code, const char *chinese)
{
    return faults_add(c->arena, &c->faults, field, code, tr(c->lang, chinese));
}

enum err
ctx_refuse(struct ctx *c, enum err e, const char *chinese)
{
    c->detail = tr(c->lang, chinese);
    return e;
}

void
ctx_read_shown(struct ctx *c)
{
    if (c->shown == NULL) {
        return;
    }
    struct value *v = c->tx == NULL ? NULL : c->shown(c, c->shown_id);
    if (v == NULL) {
        v = value_map(c->arena);
        value_set_int(c->arena, v, "id", c->shown_id);
    }
    c->out = v;
    c->shown = NULL;
}

struct ctx
ctx_system(struct app *app, struct arena *a)
{
    return (struct ctx){
        .app = app, .arena = a, .actor = &SYSTEM, .lang = LANG_ZH, .now = time_now()};
}
