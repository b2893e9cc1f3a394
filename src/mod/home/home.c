// SPDX-License-Identifier: Apache-2.0
// "/" answers everybody with what they came for: the enterprise can say what is wrong, staff
// see what is due, officers have their inbox, leaders the figures, visitors an explanation.
#include "mod/home/home.h"

#include "base/workday.h"
#include "kit/listing.h"
#include "mod/demand/demand.h"
#include "mod/demand/demand_pages.h"
#include "mod/demand/demand_view.h"
#include "mod/home/home_impl.h"
#include "mod/post/post.h"

#define TR(c, text) tr((c)->lang, text)

enum { WORKING = ROLE_OFFICE | ROLE_SECRETARY, CLOSING_SHOWN = 5 };

static enum err
home_run(struct ctx *c)
{
    bool officer = ctx_is(c, ROLE_OFFICER) && !ctx_is(c, WORKING);
    if (!officer) {
        c->out = value_map(c->arena);
    } else if (ctx_query(c, "view") == NULL) {
        c->out = demand_view_list(c, "mine", "due_at", "50");
    } else {
        c->out = demand_list(c);
    }
    return c->out == NULL ? ERR_INVALID : ERR_OK;
}

static void
push_counter(struct ctx *c, struct value *list, const char *view, const char *label,
             const char *note)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "url", arena_printf(a, "/demands?view=%s", view));
    value_set_text(a, m, "count", listing_count_text(a, demand_count(c, view)));
    value_set_text(a, m, "label", label);
    value_set_text(a, m, "note", note);
    value_push(a, list, m);
}

// Today, and whether tomorrow surprises: a Saturday that is worked, a weekday that is not.
static const char *
today_text(struct ctx *c)
{
    struct civil t = time_civil(c->now);
    int32_t next = time_to_day(c->now) + 1;
    const char *month = arena_printf(c->arena, "%d", t.month);
    const char *day = arena_printf(c->arena, "%d", t.day);
    bool weekend = day_weekday(next) >= 6;
    if (workday_is(next) == weekend) {
        return weekend ? trf(c->arena, c->lang, "{0}月{1}日　明天是补班日，计入办理时限", 2,
                             month, day)
                       : trf(c->arena, c->lang, "{0}月{1}日　明天放假，不计入办理时限", 2,
                             month, day);
    }
    return trf(c->arena, c->lang, "{0}月{1}日", 2, month, day);
}

static const struct value *
quick_fields(struct ctx *c)
{
    static const char *const NAMES[] = {"enterprise_id", "title", "body"};
    struct value *all = field_form(c, DEMAND_FIELDS, NULL);
    demand_view_need_enterprise(c, all);
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const struct value *f = demand_view_field(all, NAMES[i]);
        if (f != NULL) {
            value_push(c->arena, list, f);
        }
    }
    return list;
}

static enum err
show_workbench(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *counters = value_list(a);
    push_counter(c, counters, "due", TR(c, "件快到期"), TR(c, "1 个工作日内"));
    push_counter(c, counters, "overdue", TR(c, "件已超期"), TR(c, "已亮牌或将亮牌"));
    push_counter(c, counters, "unassigned", TR(c, "件待交办"), TR(c, "等着受理或交办"));
    push_counter(c, counters, "supervised", TR(c, "件督办"), TR(c, "已抄送领导"));
    push_counter(c, counters, "to_rate", TR(c, "件待评价"), TR(c, "等企业评分"));
    value_set_text(a, c->page, "title", TR(c, "工作台"));
    value_set_text(a, c->page, "today", today_text(c));
    value_set(a, c->page, "counters", counters);
    value_set(a, c->page, "due", demand_view_items(c, demand_view_list(c, "due", NULL, "6")));
    value_set(a, c->page, "overdue",
              demand_view_items(c, demand_view_list(c, "overdue", NULL, "6")));
    value_set(a, c->page, "unassigned",
              demand_view_items(c, demand_view_list(c, "unassigned", NULL, "6")));
    struct value *closing = post_closing(c, CLOSING_SHOWN);
    value_set(a, c->page, "closing", closing);
    value_set_bool(a, c->page, "has_closing", value_count(closing) > 0);
    value_set(a, c->page, "quick", quick_fields(c));
    value_set_text(a, c->page, "accept_by", demand_view_accept_by(c));
    value_set_text(a, c->page, "token", demand_view_token(c));
    value_set(a, c->page, "record_version", &value_null);
    c->template = "home-work";
    return ERR_OK;
}

static enum err
show_member(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *mine = demand_view_items(c, demand_view_list(c, "all", NULL, "5"));
    int64_t rate = demand_count(c, "to_rate");
    value_set_text(a, c->page, "title", TR(c, "首页"));
    value_set(a, c->page, "items", mine);
    value_set_bool(a, c->page, "has_items", value_count(mine) > 0);
    value_set_text(a, c->page, "to_rate", rate > 0 ? listing_count_text(a, rate) : NULL);
    value_set_text(a, c->page, "accept_by", demand_view_accept_by(c));
    c->template = "home-member";
    return ERR_OK;
}

static enum err
show_statistics(struct ctx *c)
{
    home_cockpit(c, demand_statistics(c));
    value_set(c->arena, c->page, "worst",
              demand_view_items(c, demand_view_list(c, "overdue", NULL, "5")));
    c->template = "cockpit";
    return ERR_OK;
}

static enum err
home_show(struct ctx *c)
{
    if (ctx_is(c, WORKING)) {
        return show_workbench(c);
    }
    if (ctx_is(c, ROLE_OFFICER)) {
        return demand_show_inbox(c);
    }
    if (ctx_is(c, ROLE_LEADER)) {
        return show_statistics(c);
    }
    if (ctx_is(c, ROLE_MEMBER)) {
        return show_member(c);
    }
    value_set_text(c->arena, c->page, "title", TR(c, "企业有事，马上办"));
    c->template = "home-public";
    return ERR_OK;
}

static enum err
statistics_run(struct ctx *c)
{
    c->out = demand_statistics(c);
    return ERR_OK;
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/",
     .roles = ROLE_ANYONE | ROLE_SIGNED_IN,
     .run = home_run,
     .show = home_show,
     .page = "home-public",
     .flags = ROUTE_PAGE,
     .help = "start page of the reader's role"},
    {.method = HTTP_GET,
     .pattern = "/statistics",
     .roles = ROLE_OFFICE | ROLE_LEADER,
     .run = statistics_run,
     .show = show_statistics,
     .page = "cockpit",
     .help = "figures of the last 12 months"},
    {0},
};

static const struct nav_item NAV[] = {
    {.group = "工作",
     .url = "/",
     .label = "工作台",
     .icon = "home",
     .roles = WORKING,
     .tab = true},
    {.group = "工作",
     .url = "/",
     .label = "待办",
     .icon = "inbox",
     .roles = ROLE_OFFICER,
     .tab = true},
    {.group = "工作",
     .url = "/",
     .label = "驾驶舱",
     .icon = "chart-bar",
     .roles = ROLE_LEADER,
     .tab = true},
    {.group = "工作",
     .url = "/",
     .label = "首页",
     .icon = "home",
     .roles = ROLE_MEMBER,
     .tab = true},
    {.group = "分析",
     .url = "/statistics",
     .label = "统计",
     .icon = "chart-bar",
     .roles = ROLE_OFFICE},
    {0},
};

static const struct db_stmt *const STATEMENTS[] = {NULL};

const struct module HOME_MODULE = {
    .name = "home", .routes = ROUTES, .stmts = STATEMENTS, .nav = NAV};
