// SPDX-License-Identifier: Apache-2.0
// The rule `clock`: the log as JSON in, dues, light, cards and minutes as JSON out. Units keep
// whatever name the caller gave them, number or text.
#include "mod/demand/clock.h"

#include "base/text.h"
#include "kit/rule.h"

#include <stdlib.h>
#include <string.h>

// A real demand has some dozens of events; the bound keeps a hostile log cheap.
enum { DAYS_MAX = 1000, EVENTS_MAX = 1000 };

struct reader {
    struct arena *a;
    struct faults *f;
    const struct value **units; // [id - 1]
    int64_t unit_count;
};

// Settings.

static void
read_days(struct reader *r, const struct value *settings, const char *key, int least, int most,
          int *out)
{
    int64_t v = *out;
    rule_int(r->a, settings, key, least, most, r->f, &v);
    *out = (int)v;
}

// Puts the name of the surrounding member before the fields of the faults since `from`.
static void
name_inside(struct reader *r, unsigned from, const char *outer)
{
    for (unsigned i = from; i < r->f->count; i++) {
        struct fault *fault = &r->f->items[i];
        fault->field = arena_printf(r->a, "%s.%s", outer, fault->field);
    }
}

static void
read_minute_of_day(struct reader *r, const struct value *settings, const char *key, int *out)
{
    const struct value *v = value_get(settings, key);
    if (v == NULL || v->type == VALUE_NULL) {
        return;
    }
    int64_t ms = 0;
    const char *whole = v->type == VALUE_TEXT && v->n == 5
                            ? arena_printf(r->a, "1970-01-01T%s:00+00:00", v->s)
                            : NULL;
    if (whole == NULL || !time_parse(whole, &ms)) {
        rule_fault(r->a, r->f, "time_of_day", "时刻要写成 09:00 这样", "%s", key);
        return;
    }
    *out = (int)(ms / TIME_MINUTE);
}

static void
read_levels(struct reader *r, const struct value *settings, struct clock_profile *p)
{
    static const char *const LEVELS[] = {"L1", "L2", "L3", "L4"};
    const struct value *answer = value_get(settings, "answer");
    unsigned before = r->f->count;
    for (int i = 0; i < CLOCK_LEVELS; i++) {
        read_days(r, answer, LEVELS[i], 0, DAYS_MAX, &p->answer[i + 1]);
    }
    name_inside(r, before, "answer");
}

static void
read_profile(struct reader *r, const struct value *s, struct clock_profile *p)
{
    const struct {
        const char *key;
        int *days;
    } days[] = {
        {"accept", &p->accept},
        {"dispatch", &p->dispatch},
        {"sign", &p->sign},
        {"objection", &p->objection},
        {"contact", &p->contact},
        {"assist", &p->assist},
        {"confirm", &p->confirm},
        {"callback", &p->callback},
        {"yellow_days", &p->yellow_days},
        {"max_reopenings", &p->max_reopenings},
        {"extension_percent", &p->extension_percent},
        {"review_months", &p->review_months},
    };
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        read_days(r, s, days[i].key, 0, DAYS_MAX, days[i].days);
    }
    read_days(r, s, "red_day", 1, DAYS_MAX, &p->red_day);
    read_days(r, s, "callback_percent", 0, 100, &p->callback_percent);
    read_days(r, s, "callback_level", 1, CLOCK_LEVELS + 1, &p->callback_level);
    read_levels(r, s, p);
    read_minute_of_day(r, s, "office_open", &p->hours.open);
    read_minute_of_day(r, s, "office_close", &p->hours.close);
    if (p->hours.open >= p->hours.close) {
        rule_fault(r->a, r->f, "range", "下班时刻要晚于上班时刻", "office_close");
    }
    p->callback_owed = value_get_bool(s, "callback_owed");
}

static void
read_settings(struct reader *r, const struct value *in, struct clock_profile *p)
{
    const struct value *s = value_get(in, "settings");
    if (s == NULL || s->type == VALUE_NULL) {
        return;
    }
    if (s->type != VALUE_MAP) {
        rule_fault(r->a, r->f, "type", "设置要是一个 JSON 对象", "settings");
        return;
    }
    unsigned before = r->f->count;
    read_profile(r, s, p);
    name_inside(r, before, "settings");
}

// Events.

static int64_t
unit_id(struct reader *r, const struct value *v, size_t index)
{
    if (v == NULL || v->type == VALUE_NULL) {
        return 0;
    }
    if (v->type != VALUE_TEXT && v->type != VALUE_INT) {
        rule_fault(r->a, r->f, "type", "单位要是编号或名称", "events[%zu].unit", index);
        return 0;
    }
    for (int64_t i = 0; i < r->unit_count; i++) {
        if (value_equal(r->units[i], v)) {
            return i + 1;
        }
    }
    r->units[r->unit_count++] = v;
    return r->unit_count;
}

static void
read_data(struct reader *r, const struct value *in, size_t index, struct clock_event *e)
{
    const struct value *data = value_get(in, "data");
    const struct value *role = value_get(data, "role");
    if (e->type == CLOCK_DISPATCHED && role != NULL && role->type != VALUE_NULL) {
        const char *text = role->type == VALUE_TEXT ? role->s : "";
        e->assist = strcmp(text, "assist") == 0;
        if (!e->assist && strcmp(text, "lead") != 0) {
            rule_fault(r->a, r->f, "choice", "要是 lead 或 assist", "events[%zu].data.role",
                       index);
        }
    }
    const struct value *days = value_get(data, "days");
    if (e->type == CLOCK_EXTENSION_GRANTED) {
        if (days == NULL || days->type != VALUE_INT || days->i < 1 || days->i > DAYS_MAX) {
            rule_fault(r->a, r->f, "range", "要写明延长几个工作日", "events[%zu].data.days",
                       index);
            return;
        }
        e->days = (int)days->i;
    }
    const struct value *score = value_get(data, "satisfaction");
    if (e->type == CLOCK_CONFIRMED && score != NULL && score->type != VALUE_NULL) {
        if (score->type != VALUE_INT || score->i < 1 || score->i > 5) {
            rule_fault(r->a, r->f, "range", "满意度是 1 到 5", "events[%zu].data.satisfaction",
                       index);
            return;
        }
        e->satisfaction = (int)score->i;
    }
}

static void
read_event(struct reader *r, const struct value *in, size_t index, struct clock_event *e)
{
    const char *at = value_get_text(in, "at");
    if (at == NULL || !time_parse(at, &e->at)) {
        rule_fault(r->a, r->f, "time", "时间要写成 2026-02-12T09:00:00+08:00 这样",
                   "events[%zu].at", index);
    }
    if (!clock_event_parse(value_get_text(in, "type"), &e->type)) {
        rule_fault(r->a, r->f, "choice", "没有这种事件", "events[%zu].type", index);
        return;
    }
    e->unit = unit_id(r, value_get(in, "unit"), index);
    read_data(r, in, index, e);
}

// Logs come in order; one that does not is put in order, keeping what is simultaneous.
static void
sort_events(struct clock_event *events, struct clock_event *spare, size_t n)
{
    if (n < 2) {
        return;
    }
    size_t half = n / 2;
    sort_events(events, spare, half);
    sort_events(events + half, spare, n - half);
    memcpy(spare, events, half * sizeof *events);
    for (size_t i = 0, j = half, k = 0; i < half; k++) {
        events[k] = j < n && events[j].at < spare[i].at ? events[j++] : spare[i++];
    }
}

static struct clock_event *
read_events(struct reader *r, const struct value *in, size_t *n)
{
    const struct value *list = value_get(in, "events");
    if (list == NULL || list->type != VALUE_LIST) {
        rule_fault(r->a, r->f, "required", "要给出事件列表", "events");
        return NULL;
    }
    *n = value_count(list);
    if (*n > EVENTS_MAX) {
        rule_fault(r->a, r->f, "too_many", "一件诉求最多 1000 个事件", "events");
        return NULL;
    }
    struct clock_event *events = ARENA_ARRAY(r->a, struct clock_event, *n + 1);
    r->units = ARENA_ARRAY(r->a, const struct value *, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        read_event(r, value_at(list, i), i, &events[i]);
    }
    sort_events(events, ARENA_ARRAY(r->a, struct clock_event, *n + 1), *n);
    return events;
}

static int
parse_level(const struct value *v)
{
    const char *s = v != NULL && v->type == VALUE_TEXT ? v->s : "";
    bool valid = s[0] == 'L' && s[1] >= '1' && s[1] <= '4' && s[2] == '\0';
    return valid ? s[1] - '0' : 0;
}

// The level of the demand, or of its acceptance; unknown is no level, so that a dispatched
// demand without one cannot be computed.
static int
read_level(struct reader *r, const struct value *in)
{
    const struct value *level = value_get(in, "level");
    const struct value *events = value_get(in, "events");
    bool dispatched = false;
    for (size_t i = 0; i < value_count(events); i++) {
        const struct value *e = value_at(events, i);
        const struct value *given = value_get(value_get(e, "data"), "level");
        bool unknown = level == NULL || level->type == VALUE_NULL;
        if (unknown && given != NULL && text_equal(value_get_text(e, "type"), "accepted")) {
            level = given;
        }
        dispatched |= text_equal(value_get_text(e, "type"), "dispatched");
    }
    bool absent = level == NULL || level->type == VALUE_NULL;
    int n = parse_level(level);
    if (n == 0 && (!absent || dispatched)) {
        rule_fault(r->a, r->f, absent ? "required" : "choice", "级别是 L1、L2、L3 或 L4",
                   "level");
    }
    return n;
}

// The answer.

static const struct value *
unit_value(const struct reader *r, int64_t id)
{
    return id == 0 ? &value_null : r->units[id - 1];
}

static const struct value *
due_value(const struct reader *r, const struct clock_due *d)
{
    struct value *v = value_map(r->a);
    value_set_text(r->a, v, "what", clock_what_text(d->what));
    value_set(r->a, v, "unit", unit_value(r, d->unit));
    value_set(r->a, v, "at", value_time(r->a, d->at));
    value_set(r->a, v, "met",
              d->met == CLOCK_PENDING ? &value_null : value_bool(d->met == CLOCK_MET));
    return v;
}

static const struct value *
card_value(const struct reader *r, const struct clock_card *c)
{
    struct value *v = value_map(r->a);
    value_set_text(r->a, v, "kind", clock_card_kind_text(c->kind));
    value_set(r->a, v, "at", value_time(r->a, c->at));
    value_set_text(r->a, v, "why", clock_card_why_text(c->why));
    value_set(r->a, v, "unit", unit_value(r, c->unit));
    return v;
}

static const struct value *
result_value(const struct reader *r, const struct clock_result *result)
{
    struct arena *a = r->a;
    struct value *out = value_map(a);
    struct value *dues = value_list(a);
    struct value *cards = value_list(a);
    for (size_t i = 0; i < result->due_count; i++) {
        value_push(a, dues, due_value(r, &result->dues[i]));
    }
    for (size_t i = 0; i < result->card_count; i++) {
        value_push(a, cards, card_value(r, &result->cards[i]));
    }
    value_set(a, out, "due", dues);
    value_set_text(a, out, "light", clock_light_text(result->light));
    value_set(a, out, "cards", cards);
    value_set_int(a, out, "spent_minutes", result->spent_minutes);
    value_set_int(a, out, "silence_minutes", result->silence_minutes);
    if (result->no_calendar != 0) {
        value_set_text(a, out, "warning",
                       arena_printf(a, "no_calendar:%d", result->no_calendar));
    }
    return out;
}

const struct value *
clock_rule(struct arena *a, const struct value *in, struct faults *f)
{
    unsigned before = f->count;
    struct reader r = {.a = a, .f = f};
    struct clock_profile profile = CLOCK_PROFILE_DEFAULT;
    read_settings(&r, in, &profile);
    int level = read_level(&r, in);
    size_t n = 0;
    struct clock_event *events = read_events(&r, in, &n);
    int64_t now = 0;
    if (rule_time(a, in, "now", f, &now) == RULE_ABSENT) {
        rule_fault(a, f, "required", "要给出现在的时间", "now");
    }
    if (f->count > before) {
        return NULL;
    }
    struct clock_result result;
    clock_compute(a, &profile, level, events, n, now, &result);
    return result_value(&r, &result);
}
