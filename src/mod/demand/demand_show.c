// SPDX-License-Identifier: Apache-2.0
// One demand: the enterprise's face (who has it, until when, the answer, the rating), the
// working face of staff and departments, the receipt and the paper.
#include "mod/demand/demand_show.h"

#include "base/text.h"
#include "base/workday.h"
#include "kit/app.h"
#include "kit/listing.h"
#include "mod/demand/clock.h"
#include "mod/demand/demand.h"
#include "mod/demand/demand_pages.h"
#include "mod/demand/demand_rules.h"
#include "mod/demand/demand_view.h"

#include <string.h>

#define TR(c, text) tr((c)->lang, text)

static int64_t
at_of(const struct value *d, const char *key)
{
    return value_get_int(d, key, 0);
}

static bool
is_enterprise(const struct ctx *c)
{
    return ctx_is(c, ROLE_MEMBER) &&
           !ctx_is(c, ROLE_OFFICE | ROLE_SECRETARY | ROLE_OFFICER | ROLE_LEADER);
}

static void
push_crumb(struct ctx *c, struct value *list, const char *label, const char *url)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "url", url);
    value_push(c->arena, list, m);
}

static const char *
url_of(struct ctx *c, const struct value *d, const char *rest)
{
    return arena_printf(c->arena, "/demands/%lld%s", (long long)at_of(d, "id"), rest);
}

static const char *
number_of(struct ctx *c, const struct value *d)
{
    const char *no = value_get_text(d, "receipt_no");
    return no == NULL ? TR(c, "草稿") : no;
}

void
demand_show_crumbs(struct ctx *c, const struct value *demand, const char *last)
{
    struct value *list = value_list(c->arena);
    push_crumb(c, list, is_enterprise(c) ? TR(c, "我的诉求") : TR(c, "诉求办理"), "/demands");
    push_crumb(c, list, number_of(c, demand), last == NULL ? NULL : url_of(c, demand, ""));
    if (last != NULL) {
        push_crumb(c, list, last, NULL);
    }
    value_set(c->arena, c->page, "crumbs", list);
}

// ---- facts -------------------------------------------------------------------------------

static void
push_row(struct ctx *c, struct value *list, const char *label, const char *text,
         const struct value *badge, const char *url)
{
    if (badge == NULL && (text == NULL || *text == '\0')) {
        return;
    }
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "text", text);
    value_set(c->arena, m, "badge", badge == NULL ? &value_null : badge);
    value_set_text(c->arena, m, "url", url);
    value_push(c->arena, list, m);
}

static void
push_section(struct ctx *c, struct value *list, const char *title, const struct value *rows)
{
    if (value_count(rows) == 0) {
        return;
    }
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "title", title);
    value_set(c->arena, m, "rows", rows);
    value_push(c->arena, list, m);
}

static const char *
moment(struct ctx *c, const struct value *d, const char *key)
{
    int64_t at = at_of(d, key);
    return at == 0 ? NULL : demand_view_when(c, at);
}

static const char *
due_label(struct ctx *c, const char *what)
{
    static const struct choice WHAT[] = {
        {"accept", T("受理"), NULL},     {"dispatch", T("交办"), NULL},
        {"sign", T("签收"), NULL},       {"contact", T("联系企业"), NULL},
        {"answer", T("答复企业"), NULL}, {"confirm", T("企业评价"), NULL},
        {"callback", T("回访"), NULL},   {0},
    };
    return choice_label(WHAT, what, c->lang);
}

static const struct value *
due_badge(struct ctx *c, const struct value *d, const struct value *due)
{
    if (value_get_bool(due, "open")) {
        return text_equal(value_get_text(d, "light"), "paused")
                   ? demand_view_badge(c, "is-mute", "player-pause", TR(c, "暂停计时"))
                   : demand_view_left(c, at_of(due, "at"));
    }
    return value_get_bool(due, "met")
               ? demand_view_badge(c, "is-ok", "check", TR(c, "按时"))
               : demand_view_badge(c, "is-bad", "alert-triangle", TR(c, "超期"));
}

// A matter that waits for its conditions has a day on which they are looked at again.
static void
push_review(struct ctx *c, struct value *rows, const struct value *d)
{
    int32_t day = 0;
    const char *on = value_get_text(d, "review_on");
    if (on == NULL || !day_parse(on, &day) ||
        !text_equal(value_get_text(d, "state"), "pending_conditions")) {
        return;
    }
    push_row(c, rows, TR(c, "挂账复查"), on,
             day <= time_to_day(c->now)
                 ? demand_view_badge(c, "is-warn", "alert-triangle", TR(c, "该复查了"))
                 : NULL,
             NULL);
}

static struct value *
clock_rows(struct ctx *c, const struct value *d)
{
    const struct value *dues = value_get(value_get(d, "clock"), "due");
    struct value *rows = value_list(c->arena);
    push_review(c, rows, d);
    for (size_t i = 0; i < value_count(dues); i++) {
        const struct value *due = value_at(dues, i);
        const char *unit = value_get_text(due, "unit");
        const char *label = due_label(c, value_get_text(due, "what"));
        bool assist = unit != NULL && at_of(due, "unit_id") != at_of(d, "lead_unit_id");
        push_row(c, rows, assist ? arena_printf(c->arena, "%s（%s）", label, unit) : label,
                 demand_view_when(c, at_of(due, "at")), due_badge(c, d, due), NULL);
    }
    return rows;
}

static struct value *
leg_rows(struct ctx *c, const struct value *d)
{
    const struct value *legs = value_get(d, "legs");
    struct value *rows = value_list(c->arena);
    for (size_t i = 0; i < value_count(legs); i++) {
        const struct value *l = value_at(legs, i);
        bool lead = text_equal(value_get_text(l, "role"), "lead");
        const char *state = value_get_text(l, "state");
        const struct choice *ch = choice_find(DEMAND_LEG_STATES, state == NULL ? "" : state);
        push_row(c, rows, lead ? TR(c, "主办") : TR(c, "协办"), value_get_text(l, "unit"),
                 demand_view_badge(c, ch == NULL ? NULL : ch->tone, NULL,
                                   choice_label(DEMAND_LEG_STATES, state, c->lang)),
                 NULL);
    }
    return rows;
}

static struct value *
card_rows(struct ctx *c, const struct value *d)
{
    static const struct choice WHY[] = {
        {"overdue", T("超期"), NULL},
        {"reopened", T("企业不满意，重新办理"), NULL},
        {"second_yellow", T("同一件第二张黄牌"), NULL},
        {0},
    };
    const struct value *cards = value_get(d, "cards");
    struct value *rows = value_list(c->arena);
    for (size_t i = 0; i < value_count(cards); i++) {
        const struct value *k = value_at(cards, i);
        bool red = text_equal(value_get_text(k, "kind"), "red");
        const char *unit = value_get_text(k, "unit");
        push_row(c, rows, demand_view_day(c, at_of(k, "at")),
                 arena_printf(c->arena, "%s　%s",
                              choice_label(WHY, value_get_text(k, "why"), c->lang),
                              unit == NULL ? "" : unit),
                 demand_view_badge(c, red ? "is-bad" : "is-warn", "alert-triangle",
                                   red ? TR(c, "红牌") : TR(c, "黄牌")),
                 NULL);
    }
    return rows;
}

// Where a merged one went; its number only for those who may open it.
static void
push_merged(struct ctx *c, struct value *rows, const struct demand_seen *seen)
{
    int64_t id = at_of(seen->record, "merged_into");
    if (seen->merged_no != NULL) {
        push_row(c, rows, TR(c, "并入"), seen->merged_no, NULL,
                 arena_printf(c->arena, "/demands/%lld", (long long)id));
    } else if (id != 0) {
        push_row(c, rows, TR(c, "并入"), TR(c, "与同类诉求合并办理"), NULL, NULL);
    }
}

// "5 很满意" of a record or of an event's data; NULL when nobody rated.
static const char *
score_text(struct ctx *c, const struct value *v)
{
    int64_t score = at_of(v, "satisfaction");
    const char *text = arena_printf(c->arena, "%lld", (long long)score);
    return score == 0 ? NULL
                      : arena_printf(c->arena, "%s %s", text,
                                     choice_label(DEMAND_SATISFACTIONS, text, c->lang));
}

static struct value *
about_rows(struct ctx *c, const struct demand_seen *seen)
{
    const struct value *d = seen->record;
    struct value *rows = value_list(c->arena);
    int64_t enterprise = at_of(d, "enterprise_id");
    push_merged(c, rows, seen);
    bool links = ctx_is(c, ROLE_OFFICE | ROLE_SECRETARY | ROLE_OFFICER);
    push_row(c, rows, TR(c, "企业"), value_get_text(d, "enterprise"), NULL,
             links && enterprise != 0
                 ? arena_printf(c->arena, "/enterprises/%lld", (long long)enterprise)
                 : NULL);
    push_row(c, rows, TR(c, "所属商会"), value_get_text(d, "chamber"), NULL, NULL);
    push_row(c, rows, TR(c, "联系人"), value_get_text(d, "contact_name"), NULL, NULL);
    push_row(c, rows, TR(c, "电话"), value_get_text(d, "contact_mobile"), NULL, NULL);
    push_row(c, rows, TR(c, "来源"),
             choice_label(DEMAND_SOURCES, value_get_text(d, "source"), c->lang), NULL, NULL);
    push_row(c, rows, TR(c, "级别"),
             choice_label(DEMAND_LEVELS, value_get_text(d, "level"), c->lang), NULL, NULL);
    push_row(c, rows, TR(c, "谁能看到"),
             choice_label(DEMAND_VISIBILITIES, value_get_text(d, "visibility"), c->lang), NULL,
             NULL);
    push_row(c, rows, TR(c, "满意程度"), score_text(c, d), NULL, NULL);
    return rows;
}

static struct value *
aside_of(struct ctx *c, const struct value *d, const struct value *about)
{
    struct value *list = value_list(c->arena);
    push_section(c, list, TR(c, "时限"), clock_rows(c, d));
    push_section(c, list, TR(c, "承办"), leg_rows(c, d));
    push_section(c, list, TR(c, "亮牌"), card_rows(c, d));
    push_section(c, list, TR(c, "企业"), about);
    return list;
}

// ---- steps and what happened -------------------------------------------------------------

static void
push_step(struct ctx *c, struct value *list, const char *label, const char *text, int place,
          int now)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "text", text);
    value_set_bool(c->arena, m, "done", place < now);
    value_set_bool(c->arena, m, "current", place == now);
    value_push(c->arena, list, m);
}

// Which of the six steps the case is at: 0 submit … 5 rating, 6 all done.
static int
place_of(const struct value *d)
{
    static const struct {
        const char *states;
        int place;
    } PLACES[] = {{"draft", 0},
                  {"submitted rejected", 1},
                  {"accepted objected", 2},
                  {"dispatched signed handling suspended pending_conditions reopened", 3},
                  {"answered", 5},
                  {"confirmed closed archived", 6}};
    const char *state = value_get_text(d, "state");
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        if (text_list_has(PLACES[i].states, state)) {
            return PLACES[i].place;
        }
    }
    return at_of(d, "answered_at") != 0 ? 4 : at_of(d, "accepted_at") != 0 ? 2 : 1;
}

// When the open due of that kind is due, an answer being the lead's; 0 none.
static int64_t
open_due(const struct value *d, const char *what)
{
    const struct value *dues = value_get(value_get(d, "clock"), "due");
    bool lead_only = strcmp(what, "answer") == 0;
    for (size_t i = 0; i < value_count(dues); i++) {
        const struct value *due = value_at(dues, i);
        bool lead = at_of(due, "unit_id") == at_of(d, "lead_unit_id");
        if (value_get_bool(due, "open") && text_equal(value_get_text(due, "what"), what) &&
            (lead || !lead_only)) {
            return at_of(due, "at");
        }
    }
    return 0;
}

// The same as "11月25日 周三 17:30 前"; else `otherwise`.
static const char *
until(struct ctx *c, const struct value *d, const char *what, const char *otherwise)
{
    int64_t at = open_due(d, what);
    return at == 0 ? otherwise : trf(c->arena, c->lang, "{0} 前", 1, demand_view_when(c, at));
}

// Until when a case that is only submitted reaches a department at the latest.
static const char *
dispatch_by(struct ctx *c, const struct value *d)
{
    int64_t from = at_of(d, "submitted_at");
    const struct clock_profile *p = demand_rules_at(c, from);
    int64_t at = workday_due(&p->hours, from, p->accept + p->dispatch);
    return trf(c->arena, c->lang, "{0} 前", 1, demand_view_when(c, at));
}

// What a department is given at least and at most, before the level is known.
static const char *
answer_span(struct ctx *c)
{
    const struct clock_profile *p = demand_rules_now(c);
    int least = p->answer[1];
    int most = p->answer[1];
    for (int i = 2; i <= CLOCK_LEVELS; i++) {
        least = p->answer[i] < least ? p->answer[i] : least;
        most = p->answer[i] > most ? p->answer[i] : most;
    }
    return trf(c->arena, c->lang, "交办后 {0}–{1} 个工作日内", 2,
               arena_printf(c->arena, "%d", least), arena_printf(c->arena, "%d", most));
}

static struct value *
steps_of(struct ctx *c, const struct value *d)
{
    struct value *list = value_list(c->arena);
    int now = place_of(d);
    bool own = is_enterprise(c);
    bool over = text_list_has("rejected withdrawn merged", value_get_text(d, "state"));
    const char *later = over ? "" : own ? TR(c, "还没到") : TR(c, "待开始");
    const char *unit = value_get_text(d, "lead_unit");
    const char *at = moment(c, d, "submitted_at");
    push_step(c, list, TR(c, "诉求提交"), at == NULL ? later : at, 0, now);
    at = moment(c, d, "accepted_at");
    push_step(c, list, TR(c, "工商联受理"), at == NULL ? until(c, d, "accept", later) : at, 1,
              now);
    const char *to = now == 1 && !over ? dispatch_by(c, d) : later;
    push_step(c, list, TR(c, "交办部门"), unit == NULL ? until(c, d, "dispatch", to) : unit, 2,
              now);
    push_step(c, list, TR(c, "部门办理"),
              over       ? ""
              : now == 1 ? answer_span(c)
              : now == 3 ? until(c, d, "answer", TR(c, "办理中"))
              : now > 3  ? ""
                         : later,
              3, now);
    at = moment(c, d, "answered_at");
    push_step(c, list, own ? TR(c, "答复您") : TR(c, "答复企业"), at == NULL ? later : at, 4,
              now);
    push_step(c, list, own ? TR(c, "您来评分") : TR(c, "企业评价"),
              now == 5  ? until(c, d, "confirm", TR(c, "等待评价"))
              : now > 5 ? ""
                        : later,
              5, now);
    return list;
}

static bool
has_id(const struct value *ids, int64_t id)
{
    for (size_t i = 0; i < value_count(ids); i++) {
        if (value_at(ids, i)->i == id) {
            return true;
        }
    }
    return false;
}

// The files of the demand; with `ids` only those.
static struct value *
files_of(struct ctx *c, const struct value *d, const struct value *ids)
{
    const struct value *list = value_get(d, "attachments");
    struct value *out = value_list(c->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *f = value_at(list, i);
        if (ids != NULL && !has_id(ids, at_of(f, "id"))) {
            continue;
        }
        int64_t kb = (value_get_int(f, "size", 0) + 1023) / 1024;
        struct value *m = value_map(c->arena);
        value_set_text(
            c->arena, m, "url",
            arena_printf(c->arena, "/attachments/%lld", (long long)value_get_int(f, "id", 0)));
        value_set_text(c->arena, m, "name", value_get_text(f, "name"));
        value_set_text(c->arena, m, "size_text",
                       kb < 1024
                           ? arena_printf(c->arena, "%lld KB", (long long)kb)
                           : arena_printf(c->arena, "%lld.%lld MB", (long long)(kb / 1024),
                                          (long long)(kb % 1024 * 10 / 1024)));
        value_push(c->arena, out, m);
    }
    return out;
}

static const char *
event_class(const char *type, bool first)
{
    if (text_list_has("rejected objected withdrawn", type)) {
        return "bad";
    }
    if (text_list_has(
            "suspended extension_requested extension_refused urged supervised reopened",
            type)) {
        return "warn";
    }
    return first ? "now" : text_list_has("noted contacted", type) ? "" : "ok";
}

static const char OFFICE_STEPS[] =
    "dispatched urged supervised extension_granted extension_refused pended revived reopened";

static bool
is_supplement(const struct value *event)
{
    return text_equal(value_get_text(event, "type"), "noted") &&
           text_equal(value_get_text(value_get(event, "data"), "from"), "enterprise");
}

// What was written, after the score that came with it.
static const char *
said_in(struct ctx *c, const struct value *event)
{
    const char *score = score_text(c, value_get(event, "data"));
    const char *text = value_get_text(event, "text");
    return score == NULL  ? text
           : text == NULL ? score
                          : arena_printf(c->arena, "%s\n%s", score, text);
}

static struct value *
timeline_of(struct ctx *c, const struct value *d, const struct value *events)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < value_count(events); i++) {
        const struct value *e = value_at(events, i);
        const char *actor = value_get_text(e, "actor");
        const char *unit = value_get_text(e, "unit");
        const char *type = value_get_text(e, "type");
        int64_t at = at_of(e, "at");
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "class", event_class(type, i == 0));
        value_set_text(c->arena, m, "who", actor == NULL ? TR(c, "系统") : actor);
        // The federation's own steps name the department they go to, not the actor's.
        bool to = unit != NULL && text_list_has(OFFICE_STEPS, type);
        const char *label = is_supplement(e) ? TR(c, "企业补充说明")
                                             : choice_label(DEMAND_EVENTS, type, c->lang);
        const struct value *files = value_get(value_get(e, "data"), "files");
        value_set_text(c->arena, m, "unit", to || text_equal(unit, actor) ? NULL : unit);
        value_set_text(c->arena, m, "at_text", demand_view_when(c, at));
        value_set_text(c->arena, m, "at_iso", time_rfc3339(c->arena, at));
        value_set_text(c->arena, m, "label",
                       to ? arena_printf(c->arena, "%s → %s", label, unit) : label);
        value_set_text(c->arena, m, "body", said_in(c, e));
        value_set_bool(c->arena, m, "internal", value_get_bool(e, "internal"));
        value_set(c->arena, m, "files",
                  files == NULL ? &value_empty_list : files_of(c, d, files));
        value_push(c->arena, list, m);
    }
    return list;
}

// The newest answer, as the enterprise reads it; NULL before there is one.
static const struct value *
answer_of(struct ctx *c, const struct value *d, const struct value *events)
{
    if (!text_list_has("answered confirmed closed archived", value_get_text(d, "state"))) {
        return &value_null;
    }
    const struct value *rated = NULL;
    for (size_t i = 0; i < value_count(events); i++) {
        const struct value *e = value_at(events, i);
        if (rated == NULL && text_equal(value_get_text(e, "type"), "confirmed")) {
            rated = e; // after this answer, not one before it
        }
        if (!text_equal(value_get_text(e, "type"), "answered") ||
            value_get_bool(e, "internal")) {
            continue;
        }
        const char *unit = value_get_text(e, "unit");
        const char *outcome = value_get_text(d, "outcome");
        const struct choice *ch = choice_find(DEMAND_OUTCOMES, outcome == NULL ? "" : outcome);
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "title",
                       unit == NULL ? TR(c, "答复")
                                    : trf(c->arena, c->lang, "{0}的答复", 1, unit));
        value_set_text(c->arena, m, "who", value_get_text(e, "actor"));
        value_set_text(c->arena, m, "at_text", demand_view_when(c, at_of(e, "at")));
        value_set_text(c->arena, m, "text", value_get_text(e, "text"));
        value_set_text(c->arena, m, "rating_label",
                       is_enterprise(c) ? TR(c, "您的评分") : TR(c, "企业评价"));
        value_set_text(c->arena, m, "rating", rated == NULL ? NULL : said_in(c, rated));
        value_set(c->arena, m, "badge",
                  ch == NULL ? &value_null
                             : demand_view_badge(c, ch->tone, NULL, tr(c->lang, ch->label)));
        return m;
    }
    return &value_null;
}

// What a suspended case waits for, and whether it came: {reason supplied own}.
static const struct value *
papers_of(struct ctx *c, const struct value *d, const struct value *events)
{
    bool supplied = false;
    if (!text_equal(value_get_text(d, "state"), "suspended")) {
        return &value_null;
    }
    for (size_t i = 0; i < value_count(events); i++) {
        const struct value *e = value_at(events, i);
        supplied = supplied || is_supplement(e);
        if (text_equal(value_get_text(e, "type"), "suspended")) {
            struct value *m = value_map(c->arena);
            value_set_text(c->arena, m, "reason", value_get_text(e, "text"));
            value_set_bool(c->arena, m, "supplied", supplied);
            value_set_bool(c->arena, m, "own", is_enterprise(c));
            return m;
        }
    }
    return &value_null;
}

// The due that counts now, as the share of its office time that has gone by:
// {what until class icon text meter}; NULL when nothing runs.
static const struct value *
running_due(struct ctx *c, const struct value *d)
{
    const struct value *dues = value_get(value_get(d, "clock"), "due");
    int64_t at = at_of(d, "due_at");
    bool answered = text_equal(value_get_text(d, "state"), "answered");
    for (size_t i = 0; i < value_count(dues); i++) {
        const struct value *due = value_at(dues, i);
        bool confirm = text_equal(value_get_text(due, "what"), "confirm");
        if (!value_get_bool(due, "open") || (answered ? !confirm : at_of(due, "at") != at)) {
            continue;
        }
        int64_t start = at_of(due, "start");
        int64_t end = at_of(due, "at");
        const struct office_hours *h = &demand_rules_at(c, start)->hours;
        int64_t whole = workday_minutes(h, start, end);
        int64_t gone = workday_minutes(h, start, c->now < end ? c->now : end);
        int64_t share = whole == 0 ? 100 : gone * 100 / whole;
        struct value *m = demand_view_left(c, end);
        struct value *meter = value_map(c->arena);
        value_set_int(c->arena, meter, "value", share);
        value_set_text(c->arena, meter, "label",
                       trf(c->arena, c->lang, "时限已用 {0}%", 1,
                           arena_printf(c->arena, "%lld", (long long)share)));
        value_set(c->arena, m, "meter", meter);
        value_set_text(c->arena, m, "what", due_label(c, value_get_text(due, "what")));
        value_set_text(c->arena, m, "until", demand_view_when(c, end));
        return m;
    }
    return &value_null;
}

// ---- a whole case ------------------------------------------------------------------------

static struct value *
badges_of(struct ctx *c, const struct value *d)
{
    struct value *list = value_list(c->arena);
    const struct value *sla = demand_view_sla(c, d);
    const struct value *state = demand_view_state(c, d);
    value_push(c->arena, list, state);
    // A state that says itself that the clock stands still says it once.
    if (sla != NULL &&
        !text_equal(value_get_text(state, "text"), value_get_text(sla, "text"))) {
        value_push(c->arena, list, sla);
    }
    if (at_of(d, "supervised_at") != 0) {
        value_push(c->arena, list,
                   demand_view_badge(c, "is-accent", "alert-triangle", TR(c, "督办件")));
    }
    const char *ext = value_get_text(d, "extension");
    if (ext != NULL && strcmp(ext, "none") != 0) {
        const struct choice *ch = choice_find(DEMAND_EXTENSIONS, ext);
        value_push(c->arena, list,
                   demand_view_badge(c, ch == NULL ? NULL : ch->tone, NULL,
                                     choice_label(DEMAND_EXTENSIONS, ext, c->lang)));
    }
    return list;
}

// The inline form of one step that this reader may take, or null.
static const struct value *
inline_form(struct ctx *c, const struct value *d, const struct value *allowed, const char *name)
{
    const struct transition *t = demand_transition(name);
    if (t == NULL || !demand_view_has_step(allowed, name)) {
        return &value_null;
    }
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "action",
                   arena_printf(c->arena, "/demands/%lld/%s", (long long)at_of(d, "id"), name));
    value_set_text(c->arena, m, "label", tr(c->lang, t->label));
    value_set_text(c->arena, m, "consequence",
                   t->consequence == NULL ? NULL : tr(c->lang, t->consequence));
    value_set(c->arena, m, "fields", field_form(c, t->needs, NULL));
    value_set_text(c->arena, m, "token", demand_view_token(c));
    return m;
}

static struct value *
cut(struct ctx *c, const struct value *list, size_t from, size_t to)
{
    struct value *out = value_list(c->arena);
    for (size_t i = from; i < value_count(list) && i < to; i++) {
        value_push(c->arena, out, value_at(list, i));
    }
    return out;
}

// The grades as buttons, from the worst: [{value label}].
static const struct value *
scores(struct ctx *c)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 5; i-- > 0;) {
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "value", DEMAND_SATISFACTIONS[i].value);
        value_set_text(c->arena, m, "label", tr(c->lang, DEMAND_SATISFACTIONS[i].label));
        value_push(c->arena, list, m);
    }
    return list;
}

enum { ACTIONS_IN_HEAD = 4 };

struct value *
demand_show_case(struct ctx *c, const struct demand_seen *seen)
{
    struct arena *a = c->arena;
    const struct value *demand = seen->record;
    struct value *m = demand_view_item(c, demand);
    const struct value *allowed = demand_allowed(c, seen);
    const struct value *events = demand_timeline(c, seen);
    const struct value *about = about_rows(c, seen);
    bool own = is_enterprise(c);
    const char *without = own ? "confirm reopen supplement withdraw" : "answer";
    const struct value *actions = demand_view_actions(c, at_of(demand, "id"), allowed, without);
    value_set(a, m, "badges", badges_of(c, demand));
    value_set_text(a, m, "number", number_of(c, demand));
    value_set_text(a, m, "body", value_get_text(demand, "body"));
    value_set_text(a, m, "hope", value_get_text(demand, "hope"));
    value_set(a, m, "files", files_of(c, demand, NULL));
    value_set(a, m, "steps", steps_of(c, demand));
    value_set(a, m, "timeline", timeline_of(c, demand, events));
    value_set(a, m, "aside", aside_of(c, demand, about));
    value_set(a, m, "facts", about);
    value_set(a, m, "reply", answer_of(c, demand, events));
    value_set(a, m, "actions", cut(c, actions, 0, ACTIONS_IN_HEAD));
    value_set(a, m, "more_actions", cut(c, actions, ACTIONS_IN_HEAD, SIZE_MAX));
    value_set_bool(a, m, "has_more_actions", value_count(actions) > ACTIONS_IN_HEAD);
    value_set(a, m, "answer", own ? &value_null : inline_form(c, demand, allowed, "answer"));
    value_set(a, m, "confirm", own ? inline_form(c, demand, allowed, "confirm") : &value_null);
    value_set(a, m, "scores", scores(c));
    value_set(a, m, "reopen", own ? inline_form(c, demand, allowed, "reopen") : &value_null);
    value_set(a, m, "note", own ? inline_form(c, demand, allowed, "supplement") : &value_null);
    struct value *outlook = value_list(a);
    push_merged(c, outlook, seen);
    push_review(c, outlook, demand);
    value_set(a, m, "outlook", outlook);
    value_set_bool(a, m, "has_outlook", value_count(outlook) > 0);
    value_set(a, m, "papers", papers_of(c, demand, events));
    value_set(a, m, "running", running_due(c, demand));
    value_set_bool(a, m, "has_actions",
                   value_count(actions) > 0 || value_is_truthy(value_get(m, "note")));
    value_set_bool(a, m, "may_withdraw", own && demand_view_has_step(allowed, "withdraw"));
    return m;
}

// Who has it now, in the enterprise's words.
static const char *
holder(struct ctx *c, const struct value *d)
{
    const char *state = value_get_text(d, "state");
    const char *unit = value_get_text(d, "lead_unit");
    if (text_list_has("draft", state)) {
        return TR(c, "还没有提交");
    }
    if (text_list_has("answered", state)) {
        return is_enterprise(c) ? TR(c, "等您评分") : TR(c, "等企业评价");
    }
    if (text_list_has("rejected confirmed closed archived withdrawn merged", state)) {
        return choice_label(DEMAND_STATES, state, c->lang);
    }
    return unit == NULL ? c->app->federation : unit;
}

static void set_print(struct ctx *c, const struct value *d);

static void
set_receipt(struct ctx *c, const struct value *d)
{
    const char *heading = is_enterprise(c) ? TR(c, "收到了，我们来办") : TR(c, "已登记");
    value_set_text(c->arena, c->page, "title", heading);
    value_set_text(c->arena, c->page, "heading", heading);
    value_set_bool(c->arena, c->page, "own", is_enterprise(c));
    value_set_text(c->arena, c->page, "received", moment(c, d, "submitted_at"));
    c->template = "demand-receipt";
}

enum err
demand_show_detail(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *d = c->out;
    bool own = is_enterprise(c);
    int64_t due = at_of(d, "due_at");
    value_set_text(a, c->page, "title", value_get_text(d, "title"));
    value_set(a, c->page, "case", demand_show_case(c, c->prepared));
    value_set(a, c->page, "record_version", value_get(d, "version"));
    value_set_text(a, c->page, "holder", holder(c, d));
    value_set_text(a, c->page, "until_text",
                   due == 0 ? until(c, d, "confirm", NULL)
                            : trf(a, c->lang, "{0} 前", 1, demand_view_when(c, due)));
    value_set_text(a, c->page, "print_url", url_of(c, d, "?print=1"));
    value_set_text(a, c->page, "withdraw_url", url_of(c, d, "/withdraw"));
    demand_show_crumbs(c, d, NULL);
    c->template = own ? "demand-own" : "demand-detail";
    if (ctx_query(c, "receipt") != NULL && at_of(d, "submitted_at") != 0) {
        set_receipt(c, d);
    } else if (ctx_query(c, "print") != NULL && !own) {
        set_print(c, d);
    }
    return ERR_OK;
}

// ---- the paper ---------------------------------------------------------------------------

static void
push_part(struct ctx *c, struct value *parts, const char *heading, const char *text)
{
    if (text == NULL || *text == '\0') {
        return;
    }
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "heading", heading);
    value_set_text(c->arena, m, "text", text);
    value_set(c->arena, m, "table", &value_null);
    value_push(c->arena, parts, m);
}

static const char *
long_day(struct ctx *c, int64_t ms)
{
    struct civil t = time_civil(ms);
    return trf(c->arena, c->lang, "{0}年{1}月{2}日", 3, arena_printf(c->arena, "%d", t.year),
               arena_printf(c->arena, "%d", t.month), arena_printf(c->arena, "%d", t.day));
}

// A paper is read on another day: "2026年11月24日17:30", never tomorrow.
static const char *
paper_moment(struct ctx *c, int64_t ms)
{
    struct civil t = time_civil(ms);
    return trf(c->arena, c->lang, T("{0}年{1}月{2}日{3}"), 4,
               arena_printf(c->arena, "%d", t.year), arena_printf(c->arena, "%d", t.month),
               arena_printf(c->arena, "%d", t.day),
               arena_printf(c->arena, "%02d:%02d", t.hour, t.minute));
}

// To whom and until when: the sentence a paper is for.
static const char *
order_text(struct ctx *c, const struct value *d, bool supervised)
{
    const char *unit = value_get_text(d, "lead_unit");
    int64_t due = open_due(d, "answer");
    const char *to = unit == NULL ? TR(c, "承办单位") : unit;
    if (due == 0) {
        return trf(c->arena, c->lang, "请{0}按规定办理，并将结果答复企业。", 1, to);
    }
    return supervised ? trf(c->arena, c->lang,
                            "本件已列入督办。请{0}于{1}前将办理结果答复企业并报区工商联。", 2,
                            to, paper_moment(c, due))
                      : trf(c->arena, c->lang, "请{0}于{1}前将办理结果答复企业。", 2, to,
                            paper_moment(c, due));
}

static void
set_print(struct ctx *c, const struct value *d)
{
    struct arena *a = c->arena;
    bool supervised = at_of(d, "supervised_at") != 0;
    struct value *paper = value_map(a);
    struct value *parts = value_list(a);
    struct value *papers = value_list(a);
    const char *enterprise = value_get_text(d, "enterprise");
    push_part(c, parts, NULL, order_text(c, d, supervised));
    push_part(c, parts, TR(c, "一、事项"), value_get_text(d, "title"));
    push_part(c, parts, TR(c, "二、企业"), enterprise);
    push_part(c, parts, TR(c, "三、情况"), value_get_text(d, "body"));
    push_part(c, parts, TR(c, "四、企业希望"), value_get_text(d, "hope"));
    value_set_text(a, paper, "class", "");
    value_set_text(a, paper, "head", c->app->federation);
    value_set_text(a, paper, "number", number_of(c, d));
    value_set_text(a, paper, "title",
                   supervised ? TR(c, "企业诉求督办单") : TR(c, "企业诉求交办单"));
    value_set(a, paper, "parts", parts);
    value_set_text(a, paper, "signature", c->app->federation);
    value_set_text(a, paper, "date_text", long_day(c, c->now));
    value_push(a, papers, paper);
    value_set(a, c->page, "papers", papers);
    value_set_text(a, c->page, "back_url", url_of(c, d, ""));
    value_set_text(a, c->page, "print_hint", TR(c, "A4，单面；请在打印设置中关闭页眉页脚"));
    c->template = "paper";
}
