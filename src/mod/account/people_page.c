// SPDX-License-Identifier: Apache-2.0
// Pages of other people's accounts.
#include "base/text.h"
#include "kit/listing.h"
#include "mod/account/account_impl.h"
#include "mod/account/people.h"

#include <string.h>

static const struct {
    const char *step, *label, *consequence, *class;
} STEPS[] = {
    {"code", T("发开通码"),
     T("生成一个 7 天内有效、只能用一次的开通码，本人用它重设密码。以前发的码作废。"),
     "btn-primary"},
    {"disable", T("停用账号"), T("立即退出所有设备，停用期间不能登录。经办过的记录不变。"),
     "btn-danger"},
    {"enable", T("恢复账号"), T("恢复后可以用原来的密码登录。"), "btn-primary"},
};

static const char *
step_url(struct ctx *c, const struct value *person, const char *step)
{
    return arena_printf(c->arena, "/accounts/%lld%s%s",
                        (long long)value_get_int(person, "id", 0), *step == '\0' ? "" : "/",
                        step);
}

static const char *
post_text(struct ctx *c, const struct value *post)
{
    const char *role =
        ctx_tr(c, role_label((enum role)role_parse(value_get_text(post, "role"))));
    const char *at = value_get_text(post, "enterprise");
    at = at == NULL ? value_get_text(post, "organization") : at;
    return at == NULL ? role : arena_printf(c->arena, "%s　%s", role, at);
}

static struct value *
state_badge(struct ctx *c, const struct value *person)
{
    bool active = text_equal(value_get_text(person, "state"), "active");
    bool activated = value_get_bool(person, "activated");
    return !active      ? listing_badge(c, "is-mute", NULL, ctx_tr(c, T("已停用")))
           : !activated ? listing_badge(c, "is-warn", NULL, ctx_tr(c, T("待开通")))
                        : listing_badge(c, "is-ok", NULL, ctx_tr(c, T("可登录")));
}

static struct value *
action(struct ctx *c, const char *label, const char *url, const char *class)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "label", ctx_tr(c, label));
    value_set_text(a, m, "url", url);
    value_set_text(a, m, "class", class);
    value_set_bool(a, m, "primary", *class != '\0');
    value_set(a, m, "icon", &value_null);
    value_set(a, m, "dialog_id", &value_null);
    return m;
}

static struct value *
crumbs(struct ctx *c, const struct value *person)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a), *all = value_map(a);
    value_set_text(a, all, "label", ctx_tr(c, T("账号")));
    value_set_text(a, all, "url", "/accounts");
    value_push(a, list, all);
    if (person != NULL) {
        struct value *one = value_map(a);
        value_set(a, one, "label", value_get(person, "name"));
        value_set_text(a, one, "url", step_url(c, person, ""));
        value_push(a, list, one);
    }
    return list;
}

// ---- list -----------------------------------------------------------------------------

static struct value *
list_row(struct ctx *c, const struct value *person)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *cells = value_list(a);
    const struct value *posts = value_get(person, "posts");
    struct value *name = listing_cell(c, value_get_text(person, "name"), "");
    struct value *state = listing_cell(c, "", "");
    value_set_bool(a, name, "is_title", true);
    value_set_text(a, name, "url", step_url(c, person, ""));
    value_set(a, state, "badge", state_badge(c, person));
    value_push(a, cells, name);
    value_push(a, cells, listing_cell(c, value_get_text(person, "login"), "num"));
    value_push(
        a, cells,
        listing_cell(c, value_count(posts) == 0 ? "" : post_text(c, value_at(posts, 0)), ""));
    value_push(a, cells, state);
    value_set(a, row, "url", &value_null);
    value_set(a, row, "id", value_get(person, "id"));
    value_set_text(a, row, "select_label", "");
    value_set(a, row, "cells", cells);
    return row;
}

static void
list_parts(struct ctx *c)
{
    struct arena *a = c->arena;
    const char *q = ctx_query(c, "q");
    bool office = ctx_is(c, ROLE_OFFICE);
    struct value *actions = value_list(a), *filters = value_list(a);
    value_push(a, actions, action(c, T("开设账号"), "/accounts/new", "btn-primary"));
    if (office) {
        listing_filter(c, filters, LISTING_SEARCH, "q", T("查找"), T("账号或姓名的开头"), NULL);
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("账号")));
    value_set(a, c->page, "subtitle", &value_null);
    value_set(a, c->page, "actions", actions);
    value_set(a, c->page, "views", value_list(a));
    value_set_bool(a, c->page, "has_filters", office);
    value_set_bool(a, c->page, "more_filters", false);
    value_set(a, c->page, "filters", filters);
    value_set(a, c->page, "hidden", value_list(a));
    value_set(a, c->page, "chips", value_list(a));
    value_set_text(a, c->page, "clear_url", q != NULL && *q != '\0' ? "/accounts" : NULL);
    value_set(a, c->page, "bulk", &value_null);
    value_set(a, c->page, "exports", &value_null);
}

enum err
people_list_show(struct ctx *c)
{
    static const char *const HEADS[] = {T("姓名"), T("登录账号"), T("身份"), T("状态")};
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *columns = value_list(a), *rows = value_list(a), *empty = value_map(a);
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        listing_column(c, columns, HEADS[i], "", NULL, NULL);
    }
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(a, rows, list_row(c, value_at(items, i)));
    }
    value_set_text(a, empty, "title", ctx_tr(c, T("没有符合条件的记录")));
    value_set_text(a, empty, "text", ctx_tr(c, T("换个条件试试。")));
    value_set(a, empty, "action", &value_null);
    list_parts(c);
    value_set(a, c->page, "columns", columns);
    value_set(a, c->page, "rows", rows);
    value_set(a, c->page, "empty", value_count(rows) == 0 ? empty : &value_null);
    value_set(a, c->page, "pager",
              listing_pager(c, NULL, value_get_text(c->out, "next"), value_count(rows), -1));
    return ERR_OK;
}

// ---- one account -----------------------------------------------------------------------

static void
add_fact(struct ctx *c, struct value *rows, const char *label, const char *text)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "label", ctx_tr(c, label));
    value_set_text(a, m, "text", text);
    value_set(a, m, "url", &value_null);
    value_set(a, m, "badge", &value_null);
    value_push(a, rows, m);
}

enum err
people_detail_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *posts = value_get(c->out, "posts");
    struct value *badges = value_list(a), *actions = value_list(a), *rows = value_list(a);
    struct value *sections = value_list(a), *section = value_map(a);
    value_push(a, badges, state_badge(c, c->out));
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        if (people_may_step(c, c->out, STEPS[i].step)) {
            value_push(a, actions,
                       action(c, STEPS[i].label, step_url(c, c->out, STEPS[i].step), ""));
        }
    }
    add_fact(c, rows, T("登录账号"), value_get_text(c->out, "login"));
    for (size_t i = 0; i < value_count(posts); i++) {
        add_fact(c, rows, T("身份"), post_text(c, value_at(posts, i)));
    }
    add_fact(c, rows, T("开设时间"),
             time_minute_text(a, value_get_int(c->out, "created_at", 0)));
    value_set_text(a, section, "title", ctx_tr(c, T("基本资料")));
    value_set(a, section, "rows", rows);
    value_push(a, sections, section);
    value_set(a, c->page, "title", value_get(c->out, "name"));
    value_set(a, c->page, "badges", badges);
    value_set(a, c->page, "crumbs", crumbs(c, NULL));
    value_set(a, c->page, "actions", actions);
    value_set(a, c->page, "sections", sections);
    value_set(a, c->page, "blocks", &value_empty_list);
    value_set_bool(a, c->page, "has_timeline", false);
    value_set(a, c->page, "timeline", value_list(a));
    value_set(a, c->page, "aside", value_list(a));
    return ERR_OK;
}

enum err
people_new_show(struct ctx *c)
{
    // What must be filled depends on who asks: a secretary's accounts are enterprises', the
    // office says first whose it is.
    static const char *const OFFICE[] = {"login", "name", "role", "organization_id",
                                         "enterprise_id"};
    static const char *const SECRETARY[] = {"login", "name", "enterprise_id"};
    bool office = ctx_is(c, ROLE_OFFICE);
    struct field fields[6] = {0};
    for (size_t i = 0; i < (office ? 5U : 3U); i++) {
        fields[i] = *field_find(PEOPLE_FIELDS, office ? OFFICE[i] : SECRETARY[i]);
    }
    fields[2].required = true;
    if (!office) {
        fields[2].hint = NULL;
    }
    enum err e = account_show_form(c, T("开设账号"), "/accounts", T("开设并取开通码"),
                                   "/accounts", fields);
    value_set(c->arena, c->page, "crumbs", crumbs(c, NULL));
    return e;
}

enum err
people_step_form_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const char *step = ctx_param(c, "step");
    size_t i = 0;
    while (strcmp(STEPS[i].step, step) != 0) {
        i++;
    }
    account_show_form(c, STEPS[i].label, step_url(c, c->out, step), STEPS[i].label,
                      step_url(c, c->out, ""), NULL);
    value_set(a, c->page, "title", value_get(c->out, "name"));
    value_set(a, c->page, "crumbs", crumbs(c, c->out));
    value_set_text(a, c->page, "label", ctx_tr(c, STEPS[i].label));
    value_set_text(a, c->page, "consequence", ctx_tr(c, STEPS[i].consequence));
    value_set_text(a, c->page, "submit_class", STEPS[i].class);
    value_set_bool(a, c->page, "danger", strcmp(step, "disable") == 0);
    return ERR_OK;
}
