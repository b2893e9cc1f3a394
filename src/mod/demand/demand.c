// SPDX-License-Identifier: Apache-2.0
// What a demand is to whom, and its caches: every clock is computed from the log, here and
// nowhere else, whenever the log grows.
#include "mod/demand/demand_impl.h"

#include "base/buf.h"
#include "base/text.h"
#include "kit/search.h"

#include <string.h>

int
demand_level_number(const char *level)
{
    return level != NULL && level[0] == 'L' && level[1] >= '1' && level[1] <= '4'
               ? level[1] - '0'
               : 0;
}

bool
demand_state_open(const char *state)
{
    return text_list_has("submitted accepted dispatched signed objected handling suspended"
                         " pending_conditions answered reopened",
                         state);
}

bool
demand_state_unassigned(const char *state)
{
    return text_list_has("submitted accepted objected", state);
}

// ---- who -------------------------------------------------------------------------------

static const struct demand_leg *
leg_of(const struct demand *d, int64_t unit_id)
{
    for (size_t i = 0; unit_id != 0 && i < d->leg_count; i++) {
        if (d->legs[i].unit_id == unit_id) {
            return &d->legs[i];
        }
    }
    return NULL;
}

// A department that sent the matter back, or lost it, still sees what became of it.
static unsigned
department_relations(const struct demand *d, const struct demand_leg *leg)
{
    if (leg == NULL) {
        return 0;
    }
    if (leg->unit_id == d->lead_unit_id) {
        return DEMAND_LEAD;
    }
    return strcmp(leg->role, "assist") == 0 ? DEMAND_ASSIST : DEMAND_LOOKS;
}

unsigned
demand_relations(const struct ctx *c, const struct demand *d)
{
    const struct actor *a = c->actor;
    bool draft = strcmp(d->state, "draft") == 0;
    unsigned r = 0;
    if (a->id == -1) {
        return DEMAND_OFFICE | DEMAND_OWNER;
    }
    if (a->id > 0 && d->created_by == a->id && !ctx_is(c, ROLE_MEMBER)) {
        r |= DEMAND_AUTHOR;
    }
    if (ctx_is(c, ROLE_MEMBER) && a->enterprise_id != 0 &&
        a->enterprise_id == d->enterprise_id) {
        r |= DEMAND_OWNER;
    }
    if (draft) {
        return r;
    }
    if (ctx_is(c, ROLE_OFFICE)) {
        // Whoever wrote in without an enterprise of the district is spoken for by the office.
        r |= DEMAND_OFFICE | (d->enterprise_id == 0 ? DEMAND_OWNER : 0);
    }
    if (ctx_is(c, ROLE_LEADER)) {
        r |= DEMAND_LOOKS;
    }
    if (ctx_is(c, ROLE_OFFICER)) {
        r |= department_relations(d, leg_of(d, a->organization_id));
    }
    if (ctx_is(c, ROLE_SECRETARY) && a->organization_id != 0 &&
        a->organization_id == d->chamber_id && strcmp(d->visibility, "chamber") == 0) {
        r |= DEMAND_LOOKS;
    }
    return r;
}

bool
demand_may_read(struct ctx *c, int64_t id)
{
    struct demand d;
    return demand_store_load(c, id, &d, NULL) && demand_relations(c, &d) != 0;
}

// ---- clocks ----------------------------------------------------------------------------

const char *
demand_light(struct ctx *c, const char *state, bool open, bool paused, int64_t due_at)
{
    if (strcmp(state, "draft") == 0) {
        return NULL;
    }
    if (!open) {
        return clock_light_text(CLOCK_DONE);
    }
    return paused ? clock_light_text(CLOCK_PAUSED)
                  : clock_light_text(clock_light_of(demand_rules_now(c), due_at, c->now));
}

static void
leg_times(struct demand *d, const struct clock_result *r)
{
    for (size_t i = 0; i < d->leg_count; i++) {
        struct demand_leg *leg = &d->legs[i];
        for (size_t k = 0; k < r->leg_count; k++) {
            if (r->legs[k].unit == leg->unit_id) { // the last one is the present one
                leg->due_at = r->legs[k].due_at;
                leg->met = r->legs[k].met == CLOCK_PENDING ? -1 : r->legs[k].met == CLOCK_MET;
                leg->open = r->legs[k].open;
            }
        }
    }
}

bool
demand_is_history(const struct demand *d, const struct clock_event *log, size_t n)
{
    bool ended = false;
    for (size_t i = 0; i < n; i++) {
        if (log[i].type == CLOCK_DISPATCHED || log[i].type == CLOCK_ACCEPTED) {
            return false;
        }
        ended = ended || log[i].type == CLOCK_CLOSED;
    }
    return ended && strcmp(d->source, "import") == 0;
}

void
demand_history(struct ctx *c, struct demand *d)
{
    const struct clock_profile *p = demand_rules_at(c, d->submitted_at);
    int days = p->answer[demand_level_number(d->level)];
    d->next_due_at = d->confirm_due_at = d->callback_due_at = d->yellow_at = d->red_at = 0;
    d->paused = false;
    d->on_time = -1;
    d->spent_minutes = 0;
    if (d->answered_at == 0) {
        return;
    }
    d->spent_minutes = workday_minutes(&p->hours, d->submitted_at, d->answered_at);
    if (d->level != NULL) {
        d->on_time = d->answered_at <= workday_due(&p->hours, d->submitted_at, days);
    }
}

void
demand_compute(struct ctx *c, struct demand *d, const struct clock_event *log, size_t n)
{
    struct clock_result r;
    if (demand_is_history(d, log, n)) {
        demand_history(c, d);
        return;
    }
    clock_compute(c->arena, demand_rules_of(c, d->id), demand_level_number(d->level), log, n,
                  c->now, &r);
    d->next_due_at = r.next_due_at;
    d->yellow_at = r.yellow_at;
    d->red_at = r.red_at;
    d->paused = r.light == CLOCK_PAUSED;
    d->spent_minutes = r.spent_minutes;
    d->confirm_due_at = 0;
    d->callback_due_at = 0;
    d->on_time = -1;
    // Owed or not, a call-back is to do only where the step can be taken.
    bool can_be_called = text_list_has(demand_transition("callback")->from, d->state);
    for (size_t i = 0; i < r.due_count; i++) {
        const struct clock_due *due = &r.dues[i];
        if (due->what == CLOCK_CONFIRM && due->open) {
            d->confirm_due_at = due->at;
        }
        if (due->what == CLOCK_CALLBACK && due->open && can_be_called &&
            (d->callback_due_at == 0 || due->at < d->callback_due_at)) {
            d->callback_due_at = due->at;
        }
        // The matter was answered in time when every answer of its lead was.
        if (due->what == CLOCK_ANSWER && due->unit == d->lead_unit_id && !due->open &&
            d->on_time != 0) {
            d->on_time = due->met == CLOCK_PENDING ? d->on_time : due->met == CLOCK_MET;
        }
    }
    leg_times(d, &r);
}

void
demand_settle(struct ctx *c, struct demand *d)
{
    size_t n = 0;
    const struct clock_event *log = demand_store_log(c, d->id, &n);
    demand_compute(c, d, log, n);
    demand_store_save(c, d);
    for (size_t i = 0; i < d->leg_count; i++) {
        demand_store_save_leg(c, d, &d->legs[i]);
    }
}

static bool
same_caches(const struct demand *a, const struct demand *b)
{
    bool same = a->next_due_at == b->next_due_at && a->confirm_due_at == b->confirm_due_at &&
                a->callback_due_at == b->callback_due_at && a->yellow_at == b->yellow_at &&
                a->red_at == b->red_at && a->paused == b->paused && a->on_time == b->on_time;
    for (size_t i = 0; same && i < a->leg_count; i++) {
        const struct demand_leg *x = &a->legs[i];
        const struct demand_leg *y = &b->legs[i];
        // In a pause dues move on with the time.
        same = (x->due_at == y->due_at || a->paused) && x->open == y->open;
    }
    return same;
}

bool
demand_recompute(struct ctx *c, int64_t id)
{
    struct demand d;
    if (!demand_store_load(c, id, &d, NULL)) {
        return true;
    }
    struct demand fresh = d;
    fresh.legs = arena_memdup(c->arena, d.legs, sizeof *d.legs * (d.leg_count + 1));
    size_t n = 0;
    const struct clock_event *log = demand_store_log(c, id, &n);
    demand_compute(c, &fresh, log, n);
    if (same_caches(&d, &fresh)) {
        return true;
    }
    demand_store_save(c, &fresh);
    for (size_t i = 0; i < fresh.leg_count; i++) {
        demand_store_save_leg(c, &fresh, &fresh.legs[i]);
    }
    return false;
}

// ---- log, search -----------------------------------------------------------------------

void
demand_log(struct ctx *c, const struct demand *d, const char *type, int64_t unit_id,
           bool internal, const struct value *data)
{
    demand_store_event(c, d->id,
                       &(struct demand_event){.at = c->now,
                                              .type = type,
                                              .unit_id = unit_id,
                                              .internal = internal,
                                              .data = data});
}

// Besides the words: whose it is, as words of their own, so that a search inside one
// enterprise or chamber never walks the hits of the others.
const char *
demand_search_text(struct arena *a, const char *receipt_no, const char *enterprise,
                   const struct value *in, int64_t enterprise_id, int64_t chamber_id)
{
    static const char *const TEXTS[] = {"title", "body", "hope"};
    struct buf b;
    buf_init(&b, a, 512, (size_t)128 << 10);
    buf_puts(&b, search_whose(a, 'e', enterprise_id));
    if (chamber_id != 0) {
        buf_puts(&b, search_whose(a, 'c', chamber_id));
    }
    if (receipt_no != NULL) {
        buf_putc(&b, ' ');
        buf_puts(&b, receipt_no);
    }
    if (enterprise != NULL) {
        buf_putc(&b, ' ');
        buf_puts(&b, enterprise);
    }
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        const char *s = value_get_text(in, TEXTS[i]);
        if (s != NULL) {
            buf_putc(&b, '\n');
            buf_puts(&b, s);
        }
    }
    return text_join(a, search_tokens(a, buf_str(&b), false),
                     search_singles(a, value_get_text(in, "title")));
}
