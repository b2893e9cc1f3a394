// SPDX-License-Identifier: Apache-2.0
// Words and badges of demands. Deadlines are said in working days and office hours, as people
// in the departments count them.
#include "mod/demand/demand_view.h"

#include "base/text.h"
#include "base/workday.h"
#include "mod/demand/demand.h"
#include "mod/demand/demand_rules.h"

#include <sodium.h>
#include <string.h>

static const char *const WEEKDAYS[] = {T("周一"), T("周二"), T("周三"), T("周四"),
                                       T("周五"), T("周六"), T("周日")};

static const char *
number(struct ctx *c, int64_t n)
{
    struct buf b;
    buf_init(&b, c->arena, 24, 24);
    buf_int(&b, n);
    return buf_str(&b);
}

static const char *
clock_text(struct ctx *c, const struct civil *t)
{
    // By hand: every row of a list says a time or two, and a format costs more than the rest.
    const char text[] = {(char)('0' + t->hour / 10), (char)('0' + t->hour % 10), ':',
                         (char)('0' + t->minute / 10), (char)('0' + t->minute % 10)};
    return arena_strndup(c->arena, text, sizeof text);
}

const char *
demand_view_when(struct ctx *c, int64_t ms)
{
    struct civil t = time_civil(ms);
    const char *clock = clock_text(c, &t);
    int32_t ahead = time_to_day(ms) - time_to_day(c->now);
    if (ahead == 0) {
        return trf(c->arena, c->lang, "今天 {0}", 1, clock);
    }
    if (ahead == 1) {
        return trf(c->arena, c->lang, "明天 {0}", 1, clock);
    }
    const char *month = number(c, t.month);
    const char *day = number(c, t.day);
    if (t.year != time_civil(c->now).year) {
        return trf(c->arena, c->lang, "{0}年{1}月{2}日 {3}", 4, number(c, t.year), month, day,
                   clock);
    }
    return trf(c->arena, c->lang, "{0}月{1}日 {2} {3}", 4, month, day,
               tr(c->lang, WEEKDAYS[t.weekday - 1]), clock);
}

const char *
demand_view_accept_by(struct ctx *c)
{
    const struct clock_profile *p = demand_rules_now(c);
    return demand_view_when(c, workday_due(&p->hours, c->now, p->accept));
}

const char *
demand_view_day(struct ctx *c, int64_t ms)
{
    const char *text = day_text(c->arena, time_to_day(ms));
    return time_civil(ms).year == time_civil(c->now).year ? text + strlen("2026-") : text;
}

struct value *
demand_view_badge(struct ctx *c, const char *class, const char *icon, const char *text)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "class", class == NULL ? "" : class);
    value_set_text(c->arena, m, "icon", icon);
    value_set_text(c->arena, m, "text", text);
    return m;
}

struct value *
demand_view_state(struct ctx *c, const struct value *demand)
{
    const char *state = value_get_text(demand, "state");
    const struct choice *ch = choice_find(DEMAND_STATES, state == NULL ? "" : state);
    return demand_view_badge(c, ch == NULL ? NULL : ch->tone, NULL,
                             choice_label(DEMAND_STATES, state, c->lang));
}

// "1 个工作日 3 小时", "3 小时", "20 分钟".
static const char *
span_text(struct ctx *c, int64_t minutes)
{
    const struct office_hours *h = &demand_rules_now(c)->hours;
    int64_t full = h->close - h->open;
    int64_t days = minutes / full;
    int64_t hours = minutes % full / 60;
    if (days > 0 && hours > 0) {
        return trf(c->arena, c->lang, "{0} 个工作日 {1} 小时", 2, number(c, days),
                   number(c, hours));
    }
    if (days > 0) {
        return trf(c->arena, c->lang, "{0} 个工作日", 1, number(c, days));
    }
    if (hours > 0) {
        return trf(c->arena, c->lang, "{0} 小时", 1, number(c, hours));
    }
    return trf(c->arena, c->lang, "{0} 分钟", 1, number(c, minutes % 60));
}

static struct value *
sla(struct ctx *c, const char *class, const char *icon, const char *text)
{
    struct value *m = demand_view_badge(c, class, icon, text);
    value_set(c->arena, m, "meter", &value_null);
    return m;
}

static struct value *
overdue(struct ctx *c, int64_t due_at)
{
    int32_t days = workday_between(time_to_day(due_at), time_to_day(c->now));
    int64_t minutes = workday_minutes(&demand_rules_now(c)->hours, due_at, c->now);
    const char *span = days > 0 ? trf(c->arena, c->lang, "{0} 个工作日", 1, number(c, days))
                                : span_text(c, minutes);
    // Past closing time of the very day: no office time has gone by yet.
    if (days <= 0 && minutes == 0) {
        return sla(c, "is-bad", "alert-triangle", tr(c->lang, "已过时限"));
    }
    return sla(c, "is-bad", "alert-triangle", trf(c->arena, c->lang, "超期 {0}", 1, span));
}

struct value *
demand_view_left(struct ctx *c, int64_t due_at)
{
    if (due_at < c->now) {
        return overdue(c, due_at);
    }
    struct civil t = time_civil(due_at);
    const struct clock_profile *p = demand_rules_now(c);
    int64_t left = workday_minutes(&p->hours, c->now, due_at);
    const char *class = clock_light_of(p, due_at, c->now) == CLOCK_GREEN ? "is-ok" : "is-warn";
    const char *text = time_to_day(due_at) == time_to_day(c->now)
                           ? trf(c->arena, c->lang, "今天 {0} 前", 1, clock_text(c, &t))
                           : trf(c->arena, c->lang, "剩 {0}", 1, span_text(c, left));
    return sla(c, class, "clock", text);
}

// Whether the lead's answer came in time; -1 when the record does not say (lists).
static int
answered_in_time(const struct value *demand)
{
    const struct value *dues = value_get(value_get(demand, "clock"), "due");
    int64_t unit = value_get_int(demand, "lead_unit_id", 0);
    int met = -1;
    for (size_t i = 0; i < value_count(dues); i++) {
        const struct value *d = value_at(dues, i);
        if (text_equal(value_get_text(d, "what"), "answer") &&
            value_get_int(d, "unit_id", 0) == unit && !value_get_bool(d, "open")) {
            met = value_get_bool(d, "met") ? 1 : 0;
        }
    }
    return met;
}

// Where lists do not know, the state alone says enough.
static struct value *
finished(struct ctx *c, const struct value *demand)
{
    bool answered = text_equal(value_get_text(demand, "state"), "answered");
    int met = answered_in_time(demand);
    if (met < 0 ||
        text_list_has("withdrawn merged rejected", value_get_text(demand, "state"))) {
        return NULL;
    }
    if (met == 1) {
        return sla(c, "is-ok", "check",
                   answered ? tr(c->lang, "按时答复") : tr(c->lang, "按时办结"));
    }
    return sla(c, "is-bad", "alert-triangle",
               answered ? tr(c->lang, "超期答复") : tr(c->lang, "超期办结"));
}

// What the federation owes when no due runs: the reason why a closed case is in its to-do list.
static struct value *
call_back(struct ctx *c, int64_t due_at)
{
    bool late = due_at < c->now;
    return sla(c, late ? "is-bad" : "is-warn", late ? "alert-triangle" : "clock",
               late ? tr(c->lang, "回访超期") : tr(c->lang, "待回访"));
}

struct value *
demand_view_sla(struct ctx *c, const struct value *demand)
{
    const char *light = value_get_text(demand, "light");
    int64_t due_at = value_get_int(demand, "due_at", 0);
    if (light == NULL) {
        return NULL;
    }
    int64_t owed = value_get_int(demand, "callback_due_at", 0);
    if (owed != 0 && due_at == 0 && ctx_is(c, ROLE_OFFICE)) {
        return call_back(c, owed);
    }
    if (strcmp(light, "done") == 0) {
        return finished(c, demand);
    }
    if (strcmp(light, "paused") == 0) {
        return sla(c, "is-mute", "player-pause", tr(c->lang, "暂停计时"));
    }
    return due_at == 0 ? NULL : demand_view_left(c, due_at);
}

static const char *
demand_url(struct ctx *c, int64_t id, const char *rest)
{
    struct buf b;
    buf_init(&b, c->arena, 48, 128);
    buf_puts(&b, "/demands/");
    buf_int(&b, id);
    buf_puts(&b, rest);
    return buf_str(&b);
}

struct value *
demand_view_item(struct ctx *c, const struct value *demand)
{
    struct value *m = value_map(c->arena);
    int64_t id = value_get_int(demand, "id", 0);
    int64_t at = value_get_int(demand, "submitted_at", value_get_int(demand, "created_at", 0));
    int64_t due = value_get_int(demand, "due_at", 0);
    const struct value *s = demand_view_sla(c, demand);
    value_set_int(c->arena, m, "id", id);
    value_set_text(c->arena, m, "url", demand_url(c, id, ""));
    value_set_text(c->arena, m, "title", value_get_text(demand, "title"));
    value_set_text(c->arena, m, "receipt_no", value_get_text(demand, "receipt_no"));
    value_set_text(c->arena, m, "enterprise", value_get_text(demand, "enterprise"));
    value_set_text(c->arena, m, "unit", value_get_text(demand, "lead_unit"));
    value_set_text(
        c->arena, m, "category",
        choice_label(DEMAND_CATEGORIES, value_get_text(demand, "category"), c->lang));
    value_set_text(c->arena, m, "day", demand_view_day(c, at));
    value_set(c->arena, m, "state", demand_view_state(c, demand));
    value_set(c->arena, m, "sla", s == NULL ? &value_null : s);
    value_set_text(c->arena, m, "due_text", due == 0 ? NULL : demand_view_when(c, due));
    value_set_bool(c->arena, m, "supervised", value_get_int(demand, "supervised_at", 0) != 0);
    return m;
}

struct value *
demand_view_items(struct ctx *c, const struct value *list)
{
    const struct value *items = value_get(list, "items");
    struct value *out = value_list(c->arena);
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(c->arena, out, demand_view_item(c, value_at(items, i)));
    }
    return out;
}

const struct value *
demand_view_list(struct ctx *c, const char *view, const char *sort, const char *limit)
{
    struct http_kv query[] = {{"view", view}, {"limit", limit}, {"sort", sort}};
    struct http_req req = *c->req;
    req.query = (struct http_list){.items = query, .count = sort == NULL ? 2 : 3};
    struct ctx other = *c;
    other.req = &req;
    other.faults = (struct faults){0};
    return demand_list(&other);
}

void
demand_view_errors(struct ctx *c, const struct field *fields)
{
    const char *title = c->renewed ? c->detail : NULL;
    if (c->faults.count > 0) {
        title = trf(c->arena, c->lang, "还有 {0} 处要改，改好就能提交", 1,
                    number(c, c->faults.count));
    }
    value_set_text(c->arena, c->page, "errors_title", title);
    value_set(c->arena, c->page, "errors_summary", field_summary(c, fields, "main"));
}

const struct value *
demand_view_field(const struct value *list, const char *name)
{
    for (size_t i = 0; i < value_count(list); i++) {
        if (text_equal(value_get_text(value_at(list, i), "name"), name)) {
            return value_at(list, i);
        }
    }
    return NULL;
}

void
demand_view_need_enterprise(struct ctx *c, struct value *fields)
{
    // The form was made for this page alone.
    struct value *f = (struct value *)(uintptr_t)demand_view_field(fields, "enterprise_id");
    if (f != NULL) {
        value_set_bool(c->arena, f, "optional", false);
        value_set_text(c->arena, f, "hint", tr(c->lang, "名称、代码或拼音首字母"));
        value_set_text(c->arena, f, "source", "/enterprises/options");
    }
}

const char *
demand_view_token(struct ctx *c)
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    return text_hex(c->arena, bytes, sizeof bytes);
}

static const char *
button_class(const char *tone)
{
    if (text_equal(tone, "is-main")) {
        return "btn-primary";
    }
    return text_equal(tone, "is-bad") || text_equal(tone, "is-danger") ? "btn-danger" : "";
}

struct value *
demand_view_actions(struct ctx *c, int64_t id, const struct value *allowed, const char *without)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < value_count(allowed); i++) {
        const struct value *s = value_at(allowed, i);
        const char *name = value_get_text(s, "name");
        if (name == NULL || text_list_has(without, name)) {
            continue;
        }
        struct buf rest;
        buf_init(&rest, c->arena, 32, 64);
        buf_putc(&rest, '/');
        buf_puts(&rest, name);
        // Pages with more than a few fields are pages of their own.
        bool own = text_list_has("dispatch accept answer supplement", name);
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "name", name);
        value_set_text(c->arena, m, "url", demand_url(c, id, buf_str(&rest)));
        value_set_text(c->arena, m, "label", value_get_text(s, "label"));
        value_set_text(c->arena, m, "class", button_class(value_get_text(s, "tone")));
        value_set(c->arena, m, "icon", &value_null);
        value_set_text(c->arena, m, "dialog_id", own ? NULL : "act");
        value_push(c->arena, list, m);
    }
    return list;
}

bool
demand_view_has_step(const struct value *allowed, const char *name)
{
    return demand_view_field(allowed, name) != NULL;
}
