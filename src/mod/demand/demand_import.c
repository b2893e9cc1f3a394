// SPDX-License-Identifier: Apache-2.0
// Demands from elsewhere: closed history with its own times, or live ones. History has no
// dispatch of ours in its log, so no clock of ours judges it and no card is given for it.
#include "mod/demand/demand_impl.h"

#include "base/text.h"
#include "kit/search.h"

#include <string.h>

struct history {
    int64_t submitted, accepted, answered, closed;
};

static const char *
choice_or(struct ctx *c, const struct value *row, const char *key, const struct choice *choices,
          const char *otherwise)
{
    const char *s = value_get_text(row, key);
    if (s == NULL || *s == '\0') {
        return otherwise;
    }
    if (choice_find(choices, s) == NULL) {
        ctx_fault(c, key, "choice", T("没有这个选项。"));
    }
    return s;
}

static void
check_text(struct ctx *c, const struct value *row, const char *key, size_t most)
{
    const char *s = value_get_text(row, key);
    if (s == NULL || *s == '\0') {
        ctx_fault(c, key, "required", T("不能为空。"));
    } else if (text_length(s) > most) {
        ctx_fault(c, key, "too_long", T("太长。"));
    }
}

// Times that contradict each other would make figures that nobody can explain.
static struct history
read_times(struct ctx *c, const struct value *row)
{
    struct history h = {
        .submitted = value_get_int(row, "submitted_at", c->now),
        .accepted = value_get_int(row, "accepted_at", 0),
        .answered = value_get_int(row, "answered_at", 0),
        .closed = value_get_int(row, "closed_at", 0),
    };
    int64_t last = h.submitted;
    const struct {
        const char *key;
        int64_t at;
    } order[] = {
        {"accepted_at", h.accepted}, {"answered_at", h.answered}, {"closed_at", h.closed}};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (order[i].at != 0 && order[i].at < last) {
            ctx_fault(c, order[i].key, "order", T("时间早于前一步。"));
        }
        last = order[i].at > last ? order[i].at : last;
    }
    if (last > c->now) {
        ctx_fault(c, "submitted_at", "future", T("时间在将来。"));
    }
    return h;
}

static struct demand
read_row(struct ctx *c, const struct value *row, const struct history *h)
{
    bool history = h->closed != 0 || h->answered != 0;
    struct demand d = {
        .title = value_get_text(row, "title"),
        .state = history ? "closed" : "submitted",
        .source = choice_or(c, row, "source", DEMAND_SOURCES, "import"),
        .level = choice_or(c, row, "level", DEMAND_LEVELS, NULL),
        .category = choice_or(c, row, "category", DEMAND_CATEGORIES, "other"),
        .visibility = choice_or(c, row, "visibility", DEMAND_VISIBILITIES, "chamber"),
        .outcome = history ? choice_or(c, row, "outcome", DEMAND_OUTCOMES, NULL) : NULL,
        .satisfaction = history ? value_get_int(row, "satisfaction", 0) : 0,
        .enterprise_id = value_get_int(row, "enterprise_id", 0),
        .lead_unit_id = value_get_int(row, "lead_unit_id", 0),
        .created_by = c->actor->id > 0 ? c->actor->id : 0,
        .extension = "none",
        .created_at = h->submitted,
        .submitted_at = h->submitted,
        .on_time = -1,
    };
    if (history) {
        d.accepted_at = h->accepted != 0 ? h->accepted : h->submitted;
        d.answered_at = h->answered;
        d.closed_at = h->closed != 0 ? h->closed : h->answered;
        d.closed_by = "import";
        // Of our own sources only import means "not judged by our clocks".
        d.source = "import";
    }
    if (d.satisfaction < 0 || d.satisfaction > 5) {
        ctx_fault(c, "satisfaction", "range", T("满意度是 1 到 5。"));
    }
    return d;
}

static void
log_at(struct ctx *c, const struct demand *d, int64_t at, const char *type, int64_t unit,
       const struct value *data)
{
    demand_store_event(
        c, d->id,
        &(struct demand_event){.at = at, .type = type, .unit_id = unit, .data = data});
}

static const struct value *
one(struct ctx *c, const char *key, const char *text)
{
    struct value *v = value_map(c->arena);
    value_set_text(c->arena, v, key, text);
    return v;
}

static void
log_history(struct ctx *c, const struct demand *d, const struct value *row)
{
    log_at(c, d, d->submitted_at, "submitted", 0, NULL);
    if (d->answered_at != 0) {
        struct value *v = value_map(c->arena);
        const char *body = value_get_text(row, "answer");
        value_set_text(c->arena, v, "body", body);
        value_set_text(c->arena, v, "outcome", d->outcome);
        log_at(c, d, d->answered_at, "answered", d->lead_unit_id, v);
    }
    if (d->satisfaction != 0) {
        struct value *v = value_map(c->arena);
        value_set_int(c->arena, v, "satisfaction", d->satisfaction);
        log_at(c, d, d->closed_at, "confirmed", 0, v);
    }
    log_at(c, d, d->closed_at, "closed", 0, one(c, "closed_by", "import"));
}

// The department sees what it once handled.
static void
keep_leg(struct ctx *c, struct demand *d)
{
    struct demand_leg leg = {.unit_id = d->lead_unit_id,
                             .role = "lead",
                             .state = d->answered_at != 0 ? "answered" : "ended",
                             .dispatched_at = d->accepted_at,
                             .answered_at = d->answered_at,
                             .met = d->on_time};
    demand_store_save_leg(c, d, &leg);
}

static void
log_live(struct ctx *c, struct demand *d)
{
    log_at(c, d, d->submitted_at, "submitted", 0, NULL);
    if (d->level != NULL) {
        d->accepted_at = d->accepted_at != 0 ? d->accepted_at : d->submitted_at;
        d->state = "accepted";
        log_at(c, d, d->accepted_at, "accepted", 0, one(c, "level", d->level));
    }
    d->legs = ARENA_NEW(c->arena, struct demand_leg);
    if (d->level != NULL && d->lead_unit_id != 0) {
        d->state = "dispatched";
        log_at(c, d, d->accepted_at, "dispatched", d->lead_unit_id, one(c, "role", "lead"));
        d->legs[0] = (struct demand_leg){.unit_id = d->lead_unit_id,
                                         .role = "lead",
                                         .state = "dispatched",
                                         .dispatched_at = d->accepted_at,
                                         .met = -1,
                                         .open = true};
        d->leg_count = 1;
    } else {
        d->lead_unit_id = 0;
    }
    demand_settle(c, d);
}

static const struct value *
check_places(struct ctx *c, const struct demand *d)
{
    const struct value *e =
        d->enterprise_id == 0 ? NULL : demand_store_enterprise(c, d->enterprise_id);
    // History and messages from elsewhere may name no enterprise of this district.
    if (e == NULL && d->enterprise_id != 0) {
        ctx_fault(c, "enterprise_id", "unknown", T("没有这家企业。"));
    }
    if (d->lead_unit_id != 0 && demand_store_department(c, d->lead_unit_id) == NULL) {
        ctx_fault(c, "lead_unit_id", "unknown", T("没有这个单位。"));
    }
    return e;
}

int64_t
demand_import(struct ctx *c, const struct value *row)
{
    check_text(c, row, "title", 200);
    check_text(c, row, "body", 20000);
    struct history h = read_times(c, row);
    struct demand d = read_row(c, row, &h);
    const struct value *e = check_places(c, &d);
    if (c->faults.count > 0) {
        return 0;
    }
    bool closed = d.closed_at != 0;
    d.chamber_id = value_get_int(e, "chamber_id", 0);
    d.receipt_no = demand_store_receipt(c, d.submitted_at);
    if (closed) {
        demand_history(c, &d);
    }
    d.id = demand_store_insert(c, &d, row, NULL);
    if (d.id == 0) {
        return 0;
    }
    search_add(c->tx, "demand", d.id,
               demand_search_text(c->arena, d.receipt_no, value_get_text(e, "name"), row,
                                  d.enterprise_id, d.chamber_id));
    if (!closed) {
        d.accepted_at = h.accepted;
        log_live(c, &d);
        return d.id;
    }
    log_history(c, &d, row);
    if (d.lead_unit_id != 0) {
        keep_leg(c, &d);
    }
    return d.id;
}
