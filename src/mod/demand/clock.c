// SPDX-License-Identifier: Apache-2.0
// The log is played once in order. Between two events the working minutes and the cards of the
// interval are added in closed form, so that the cost is a few table look-ups an event however
// long the case lies; each event then starts, ends or moves clocks.
#include "mod/demand/clock.h"

#include <string.h>

const struct clock_profile CLOCK_PROFILE_DEFAULT = {
    .hours = {.open = 9 * 60, .close = 17 * 60 + 30},
    .accept = 1,
    .dispatch = 1,
    .sign = 1,
    .objection = 1,
    .contact = 2,
    .answer = {0, 3, 5, 10, 15},
    .assist = 3,
    .confirm = 5,
    .callback = 3,
    .max_reopenings = 2,
    .callback_percent = 20,
    .callback_level = 3,
    .extension_percent = 100,
    .review_months = 6,
    .yellow_days = 1,
    .red_day = 4,
    .from = INT64_MIN,
};

static const char *const EVENT_TEXT[CLOCK_EVENT_COUNT] = {
    [CLOCK_SUBMITTED] = "submitted",
    [CLOCK_ACCEPTED] = "accepted",
    [CLOCK_REJECTED] = "rejected",
    [CLOCK_DISPATCHED] = "dispatched",
    [CLOCK_SIGNED] = "signed",
    [CLOCK_OBJECTED] = "objected",
    [CLOCK_CONTACTED] = "contacted",
    [CLOCK_NOTED] = "noted",
    [CLOCK_SUSPENDED] = "suspended",
    [CLOCK_RESUMED] = "resumed",
    [CLOCK_EXTENSION_REQUESTED] = "extension_requested",
    [CLOCK_EXTENSION_GRANTED] = "extension_granted",
    [CLOCK_EXTENSION_REFUSED] = "extension_refused",
    [CLOCK_ANSWERED] = "answered",
    [CLOCK_CONFIRMED] = "confirmed",
    [CLOCK_REOPENED] = "reopened",
    [CLOCK_CALLED_BACK] = "called_back",
    [CLOCK_PENDED] = "pended",
    [CLOCK_REVIVED] = "revived",
    [CLOCK_SUPERVISED] = "supervised",
    [CLOCK_URGED] = "urged",
    [CLOCK_MERGED] = "merged",
    [CLOCK_WITHDRAWN] = "withdrawn",
    [CLOCK_CLOSED] = "closed",
    [CLOCK_ARCHIVED] = "archived",
};

const char *
clock_event_text(enum clock_event_type type)
{
    return EVENT_TEXT[type];
}

bool
clock_event_parse(const char *text, enum clock_event_type *type)
{
    for (int i = 0; text != NULL && i < CLOCK_EVENT_COUNT; i++) {
        if (strcmp(EVENT_TEXT[i], text) == 0) {
            *type = (enum clock_event_type)i;
            return true;
        }
    }
    return false;
}

const char *
clock_what_text(enum clock_what what)
{
    static const char *const TEXT[] = {"accept", "dispatch", "sign",    "contact",
                                       "answer", "confirm",  "callback"};
    return TEXT[what];
}

const char *
clock_light_text(enum clock_light light)
{
    static const char *const TEXT[] = {"green", "yellow", "red", "paused", "done"};
    return TEXT[light];
}

const char *
clock_card_kind_text(enum clock_card_kind kind)
{
    return kind == CLOCK_CARD_RED ? "red" : "yellow";
}

const char *
clock_card_why_text(enum clock_card_why why)
{
    static const char *const TEXT[] = {"overdue", "reopened", "second_yellow"};
    return TEXT[why];
}

enum pause { PAUSE_SUSPENDED = 1, PAUSE_PENDED = 2 };

#define NO_LEG SIZE_MAX

struct timer {
    struct clock_due due;
    const struct clock_profile *p; // in force when it started: later ones do not touch it
    int32_t start_day;
    int32_t day;  // due at its closing time; always a working day
    int original; // working days it was given at first
    int extended; // working days granted on top
    int overdue;  // opening times that found it past, open and not paused
    size_t leg;
    bool yellow; // the card of this overrun was given
    bool red;
    bool owed;    // false: a call-back nobody owes so far
    bool dropped; // no longer owed before it was due
};

struct leg {
    int64_t unit;
    bool assist;
    bool open;
};

struct play {
    const struct clock_profile *p; // in force at `t`
    int level;
    struct timer *timers;
    size_t timer_count;
    struct clock_card *cards;
    size_t card_count;
    struct leg *legs;
    size_t leg_count;
    size_t lead;
    int64_t t; // minutes and cards are complete up to this moment
    int64_t paused_at;
    unsigned paused; // enum pause, both may hold at once
    bool running;    // between submission and answer
    bool done;
    int64_t spent_ms;
    int64_t silence_ms;
    int reopenings;
    int yellows;
    int32_t uncovered; // first day without a calendar; INT32_MIN none
};

static void
note_uncovered(struct play *s, int32_t from, int32_t to)
{
    int32_t day = workday_uncovered(from, to);
    if (day != INT32_MIN && (s->uncovered == INT32_MIN || day < s->uncovered)) {
        s->uncovered = day;
    }
}

// Clocks.

static struct timer *
start(struct play *s, enum clock_what what, size_t leg, int days, int64_t at)
{
    struct timer *t = &s->timers[s->timer_count++];
    *t = (struct timer){.p = s->p, .original = days, .leg = leg, .owed = true};
    t->start_day = time_to_day(at);
    t->day = workday_add(workday_start(&s->p->hours, at), days);
    t->due.what = what;
    t->due.unit = leg == NO_LEG ? 0 : s->legs[leg].unit;
    t->due.start = at;
    t->due.at = workday_close(&s->p->hours, t->day);
    t->due.open = true;
    t->due.colours = what != CLOCK_CONFIRM && what != CLOCK_CALLBACK;
    return t;
}

// The due day if a pause that lasts ended on `today`; its own day when none lasts.
static int32_t
day_after_pause(const struct play *s, const struct timer *t, int32_t today)
{
    if (s->paused == 0) {
        return t->day;
    }
    int32_t from = time_to_day(s->paused_at);
    from = from > t->start_day ? from : t->start_day;
    return workday_add(t->day, workday_between(from, today));
}

static void
set_day(struct timer *t, int32_t day)
{
    t->day = day;
    t->due.at = workday_close(&t->p->hours, day);
}

static bool
is_past(const struct play *s, const struct timer *t, int64_t at)
{
    return (s->paused != 0 ? s->paused_at : at) > t->due.at;
}

static void
end(struct play *s, struct timer *t, int64_t at, enum clock_met met)
{
    set_day(t, day_after_pause(s, t, time_to_day(at)));
    t->due.met = met;
    t->due.open = false;
    t->due.done_at = at;
}

static void
finish(struct play *s, enum clock_what what, size_t leg, int64_t at)
{
    for (size_t i = 0; i < s->timer_count; i++) {
        struct timer *t = &s->timers[i];
        if (t->due.open && t->due.what == what && t->leg == leg) {
            end(s, t, at, is_past(s, t, at) ? CLOCK_MISSED : CLOCK_MET);
        }
    }
}

// What is no longer owed disappears, unless it was late already.
static void
drop(struct play *s, struct timer *t, int64_t at)
{
    t->dropped = !is_past(s, t, at);
    end(s, t, at, CLOCK_MISSED);
}

static void
drop_kind(struct play *s, enum clock_what what, int64_t at)
{
    for (size_t i = 0; i < s->timer_count; i++) {
        if (s->timers[i].due.open && s->timers[i].due.what == what) {
            drop(s, &s->timers[i], at);
        }
    }
}

static struct timer *
open_timer(struct play *s, enum clock_what what, size_t leg)
{
    for (size_t i = 0; i < s->timer_count; i++) {
        struct timer *t = &s->timers[i];
        if (t->due.open && t->due.what == what && t->leg == leg) {
            return t;
        }
    }
    return NULL;
}

// Cards.

// The last day whose opening time lies before the moment.
static int32_t
opened_before(const struct timer *t, int64_t at)
{
    int32_t day = time_to_day(at);
    return workday_open(&t->p->hours, day) < at ? day : day - 1;
}

// The day after which opening times count towards the cards of this due, from s->t on.
static int32_t
count_from(const struct play *s, const struct timer *t)
{
    int32_t opened = opened_before(t, s->t);
    return opened > t->day ? opened : t->day;
}

// Moment of the next card of the clock if it stays as it is; INT64_MAX none.
static int64_t
next_card(const struct play *s, const struct timer *t)
{
    int nth = !t->yellow ? 1 : t->p->red_day;
    if (!t->due.open || !t->due.colours || t->red || nth <= t->overdue) {
        return INT64_MAX;
    }
    return workday_open(&t->p->hours, workday_add(count_from(s, t), nth - t->overdue));
}

static void
give(struct play *s, enum clock_card_kind kind, enum clock_card_why why,
     const struct clock_due *due, int64_t at)
{
    s->cards[s->card_count++] = (struct clock_card){
        .kind = kind, .why = why, .what = due->what, .at = at, .unit = due->unit};
}

// True when this yellow brought the red card of the case.
static bool
give_yellow(struct play *s, enum clock_card_why why, const struct clock_due *due, int64_t at)
{
    give(s, CLOCK_CARD_YELLOW, why, due, at);
    if (++s->yellows != 2) {
        return false;
    }
    give(s, CLOCK_CARD_RED, CLOCK_WHY_SECOND_YELLOW, due, at);
    return true;
}

// Gives every card of [s->t, limit) in time order, which decides whose yellow is the second.
static void
give_cards(struct play *s, int64_t limit)
{
    for (;;) {
        struct timer *first = NULL;
        int64_t at = limit;
        for (size_t i = 0; i < s->timer_count; i++) {
            struct timer *t = &s->timers[i];
            if (!t->due.open || t->due.at >= at) {
                continue;
            }
            int64_t next = next_card(s, t);
            if (next < at) {
                first = t;
                at = next;
            }
        }
        if (first == NULL) {
            return;
        }
        if (!first->yellow) {
            first->yellow = true;
            first->red = give_yellow(s, CLOCK_WHY_OVERDUE, &first->due, at);
        } else {
            first->red = true;
            give(s, CLOCK_CARD_RED, CLOCK_WHY_OVERDUE, &first->due, at);
        }
    }
}

static void
count_overdue(struct play *s, int64_t limit)
{
    for (size_t i = 0; i < s->timer_count; i++) {
        struct timer *t = &s->timers[i];
        int32_t until = opened_before(t, limit);
        int32_t from = count_from(s, t);
        if (t->due.open && t->due.colours && until > from) {
            t->overdue += workday_between(from, until);
        }
    }
}

// Office time of [s->t, to), each stretch by the hours then in force. Leaves in s->p the
// profile in force at `to`.
static void
spend(struct play *s, int64_t to)
{
    for (int64_t from = s->t;;) {
        const struct clock_profile *next = s->p->next;
        bool changes = next != NULL && next->from <= to;
        int64_t until = changes && next->from > from ? next->from : changes ? from : to;
        if (s->running) {
            int64_t ms = workday_ms(&s->p->hours, from, until);
            s->silence_ms += ms;
            s->spent_ms += s->paused == 0 ? ms : 0;
        }
        if (!changes) {
            return;
        }
        from = until;
        s->p = next;
    }
}

// Lets time pass up to `to`; what happens at `to` itself comes after.
static void
advance(struct play *s, int64_t to)
{
    if (s->running) {
        note_uncovered(s, time_to_day(s->t), time_to_day(to));
    }
    spend(s, to);
    if (s->paused == 0) {
        give_cards(s, to);
        count_overdue(s, to);
    }
    s->t = to;
}

// Pauses.

static void
pause(struct play *s, enum pause why, int64_t at)
{
    if (s->paused == 0) {
        s->paused_at = at;
    }
    s->paused |= why;
}

static void
unpause(struct play *s, unsigned why, int64_t at)
{
    if (s->paused == 0 || (s->paused & ~why) != 0) {
        s->paused &= ~why;
        return;
    }
    for (size_t i = 0; i < s->timer_count; i++) {
        struct timer *t = &s->timers[i];
        if (t->due.open) {
            set_day(t, day_after_pause(s, t, time_to_day(at)));
        }
    }
    s->paused = 0;
}

// Legs.

// The leg an event speaks of: the unit's latest, or the lead's when it names no unit.
static size_t
leg_of(const struct play *s, int64_t unit)
{
    if (unit == 0) {
        return s->lead;
    }
    for (size_t i = s->leg_count; i-- > 0;) {
        if (s->legs[i].unit == unit) {
            return i;
        }
    }
    return NO_LEG;
}

static void
end_leg(struct play *s, size_t leg, int64_t at)
{
    for (size_t i = 0; i < s->timer_count; i++) {
        struct timer *t = &s->timers[i];
        if (t->due.open && t->leg == leg) {
            drop(s, t, at);
        }
    }
    s->legs[leg].open = false;
}

static void
start_answer(struct play *s, size_t leg, int64_t at)
{
    if (leg != NO_LEG && s->legs[leg].assist) {
        start(s, CLOCK_ANSWER, leg, s->p->assist, at);
    } else if (s->level > 0) {
        start(s, CLOCK_ANSWER, leg, s->p->answer[s->level], at);
    }
}

static void
on_dispatched(struct play *s, const struct clock_event *e, int64_t at)
{
    drop_kind(s, CLOCK_ACCEPT, at);
    finish(s, CLOCK_DISPATCH, NO_LEG, at);
    size_t old = e->unit == 0 ? NO_LEG : leg_of(s, e->unit);
    if (old != NO_LEG && s->legs[old].open) {
        if (s->legs[old].assist == e->assist) {
            return;
        }
        end_leg(s, old, at);
    }
    if (!e->assist && s->lead != NO_LEG && s->legs[s->lead].open) {
        end_leg(s, s->lead, at);
    }
    size_t leg = s->leg_count++;
    s->legs[leg] = (struct leg){.unit = e->unit, .assist = e->assist, .open = true};
    if (!e->assist) {
        s->lead = leg;
    }
    start(s, CLOCK_SIGN, leg, s->p->sign, at);
    start_answer(s, leg, at);
}

static void
on_signed(struct play *s, size_t leg, int64_t at)
{
    bool waited = open_timer(s, CLOCK_SIGN, leg) != NULL;
    finish(s, CLOCK_SIGN, leg, at);
    if (waited && leg == s->lead) {
        start(s, CLOCK_CONTACT, leg, s->p->contact, at);
    }
}

static void
on_extended(struct play *s, size_t leg, int days, int64_t at)
{
    struct timer *t = open_timer(s, CLOCK_ANSWER, leg);
    if (t == NULL) {
        return;
    }
    int room = clock_extension_most(t->p, t->original) - t->extended;
    days = days < 0 ? 0 : days < room ? days : room;
    t->extended += days;
    set_day(t, workday_add(t->day, days));
    int past = workday_between(day_after_pause(s, t, time_to_day(at)), opened_before(t, at));
    past = past < 0 ? 0 : past;
    t->overdue = past < t->overdue ? past : t->overdue;
    if (t->overdue == 0) {
        t->yellow = false;
        t->red = false;
    }
}

static void
on_answered(struct play *s, const struct clock_event *e, int64_t at)
{
    size_t leg = leg_of(s, e->unit);
    if (leg == NO_LEG && s->lead != NO_LEG) {
        return; // of a unit that was never asked
    }
    bool lead = leg == s->lead;
    if (lead) {
        unpause(s, PAUSE_SUSPENDED | PAUSE_PENDED, at);
    }
    finish(s, CLOCK_SIGN, leg, at);
    finish(s, CLOCK_CONTACT, leg, at);
    finish(s, CLOCK_ANSWER, leg, at);
    if (leg != NO_LEG) {
        s->legs[leg].open = false;
    }
    if (!lead || !s->running) {
        return;
    }
    drop_kind(s, CLOCK_ACCEPT, at);
    drop_kind(s, CLOCK_DISPATCH, at);
    s->running = false;
    start(s, CLOCK_CONFIRM, NO_LEG, s->p->confirm, at);
    struct timer *callback = start(s, CLOCK_CALLBACK, NO_LEG, s->p->callback, at);
    callback->owed = s->level >= s->p->callback_level || s->p->callback_owed;
}

static void
on_confirmed(struct play *s, int satisfaction, int64_t at)
{
    finish(s, CLOCK_CONFIRM, NO_LEG, at);
    bool dissatisfied = satisfaction >= 1 && satisfaction <= 2;
    for (size_t i = s->timer_count; dissatisfied && i-- > 0;) {
        if (s->timers[i].due.what == CLOCK_CALLBACK) {
            s->timers[i].owed = true;
            return;
        }
    }
}

static void
on_reopened(struct play *s, int64_t at)
{
    finish(s, CLOCK_CONFIRM, NO_LEG, at);
    s->done = false;
    s->running = true;
    if (s->lead != NO_LEG) {
        s->legs[s->lead].open = true;
    }
    if (open_timer(s, CLOCK_ANSWER, s->lead) == NULL) {
        start_answer(s, s->lead, at);
    }
    if (++s->reopenings == 1) {
        int64_t unit = s->lead == NO_LEG ? 0 : s->legs[s->lead].unit;
        give_yellow(s, CLOCK_WHY_REOPENED,
                    &(struct clock_due){.what = CLOCK_ANSWER, .unit = unit}, at);
    }
}

static void
on_submitted(struct play *s, int64_t at)
{
    if (!s->running) {
        s->running = true;
        s->done = false;
        start(s, CLOCK_ACCEPT, NO_LEG, s->p->accept, at);
    }
}

static void
on_accepted(struct play *s, int64_t at)
{
    finish(s, CLOCK_ACCEPT, NO_LEG, at);
    if (s->leg_count == 0 && open_timer(s, CLOCK_DISPATCH, NO_LEG) == NULL) {
        start(s, CLOCK_DISPATCH, NO_LEG, s->p->dispatch, at);
    }
}

static void
on_done(struct play *s, bool keep_callback, int64_t at)
{
    unpause(s, PAUSE_SUSPENDED | PAUSE_PENDED, at);
    for (size_t i = 0; i < s->timer_count; i++) {
        struct timer *t = &s->timers[i];
        if (t->due.open && !(keep_callback && t->due.what == CLOCK_CALLBACK)) {
            drop(s, t, at);
        }
    }
    for (size_t i = 0; i < s->leg_count; i++) {
        s->legs[i].open = false;
    }
    s->running = false;
    s->done = true;
}

// Events of one unit's leg; of no known unit they say nothing about the clocks.
static void
apply_to_leg(struct play *s, const struct clock_event *e, int64_t at)
{
    size_t leg = leg_of(s, e->unit);
    if (leg == NO_LEG) {
        return;
    }
    switch (e->type) {
    case CLOCK_SIGNED:
        on_signed(s, leg, at);
        return;
    case CLOCK_OBJECTED:
        finish(s, CLOCK_SIGN, leg, at);
        end_leg(s, leg, at);
        return;
    case CLOCK_CONTACTED:
        finish(s, CLOCK_SIGN, leg, at);
        finish(s, CLOCK_CONTACT, leg, at);
        return;
    case CLOCK_EXTENSION_GRANTED:
        on_extended(s, leg, e->days, at);
        return;
    default:
        return;
    }
}

static void
apply(struct play *s, const struct clock_event *e, int64_t at)
{
    switch (e->type) {
    case CLOCK_SUBMITTED:
        on_submitted(s, at);
        return;
    case CLOCK_ACCEPTED:
        on_accepted(s, at);
        return;
    case CLOCK_REJECTED:
        finish(s, CLOCK_ACCEPT, NO_LEG, at);
        on_done(s, false, at);
        return;
    case CLOCK_DISPATCHED:
        on_dispatched(s, e, at);
        return;
    case CLOCK_SIGNED:
    case CLOCK_OBJECTED:
    case CLOCK_CONTACTED:
    case CLOCK_EXTENSION_GRANTED:
        apply_to_leg(s, e, at);
        return;
    case CLOCK_SUSPENDED:
        pause(s, PAUSE_SUSPENDED, at);
        return;
    case CLOCK_RESUMED:
        unpause(s, PAUSE_SUSPENDED, at);
        return;
    case CLOCK_PENDED:
        pause(s, PAUSE_PENDED, at);
        return;
    case CLOCK_REVIVED:
        unpause(s, PAUSE_PENDED, at);
        return;
    case CLOCK_ANSWERED:
        on_answered(s, e, at);
        return;
    case CLOCK_CONFIRMED:
        on_confirmed(s, e->satisfaction, at);
        return;
    case CLOCK_REOPENED:
        on_reopened(s, at);
        return;
    case CLOCK_CALLED_BACK:
        finish(s, CLOCK_CALLBACK, NO_LEG, at);
        return;
    case CLOCK_MERGED:
    case CLOCK_WITHDRAWN:
        on_done(s, false, at);
        return;
    case CLOCK_CLOSED:
    case CLOCK_ARCHIVED:
        on_done(s, true, at);
        return;
    case CLOCK_NOTED:
    case CLOCK_EXTENSION_REQUESTED:
    case CLOCK_EXTENSION_REFUSED:
    case CLOCK_SUPERVISED:
    case CLOCK_URGED:
    case CLOCK_EVENT_COUNT:
        return;
    }
}

// The result.

enum clock_light
clock_light_of(const struct clock_profile *profile, int64_t next_due_at, int64_t now)
{
    const struct clock_profile *p = profile == NULL ? &CLOCK_PROFILE_DEFAULT : profile;
    if (next_due_at == 0) {
        return CLOCK_GREEN;
    }
    if (now > next_due_at) {
        return CLOCK_RED;
    }
    int64_t margin = (p->hours.close - p->hours.open) * TIME_MINUTE * p->yellow_days;
    int64_t left = workday_ms(&p->hours, now, next_due_at);
    return left <= margin ? CLOCK_YELLOW : CLOCK_GREEN;
}

static void
fill_dues(struct play *s, struct arena *a, int64_t now, struct clock_result *out)
{
    out->dues = ARENA_ARRAY(a, struct clock_due, s->timer_count + 1);
    for (size_t i = 0; i < s->timer_count; i++) {
        struct timer *t = &s->timers[i];
        if (t->dropped || !t->owed) {
            continue;
        }
        struct clock_due *d = &out->dues[out->due_count++];
        int32_t day = t->day;
        *d = t->due;
        if (d->open) {
            d->met = is_past(s, t, now) ? CLOCK_MISSED : CLOCK_PENDING;
            day = day_after_pause(s, t, time_to_day(now));
            d->at = workday_close(&t->p->hours, day);
        }
        note_uncovered(s, t->start_day, day);
        bool counts = d->open && d->colours && s->paused == 0 && !s->done;
        if (counts && (out->next_due_at == 0 || d->at < out->next_due_at)) {
            out->next_due_at = d->at;
        }
    }
}

static enum clock_light
state_light(const struct play *s, int64_t next_due_at, int64_t now)
{
    if (s->done) {
        return CLOCK_DONE;
    }
    return s->paused != 0 ? CLOCK_PAUSED : clock_light_of(s->p, next_due_at, now);
}

static void
fill_legs(const struct play *s, struct arena *a, int64_t now, struct clock_result *out)
{
    out->legs = ARENA_ARRAY(a, struct clock_leg, s->leg_count + 1);
    out->leg_count = s->leg_count;
    out->lead = s->lead;
    for (size_t i = 0; i < s->leg_count; i++) {
        struct clock_leg *leg = &out->legs[i];
        leg->unit = s->legs[i].unit;
        leg->assist = s->legs[i].assist;
        leg->open = s->legs[i].open;
        int64_t earliest = 0;
        for (size_t k = 0; k < s->timer_count; k++) {
            const struct timer *t = &s->timers[k];
            if (t->leg != i || t->dropped) {
                continue;
            }
            if (t->due.open && (earliest == 0 || t->due.at < earliest)) {
                earliest = t->due.at;
            }
            if (t->due.what == CLOCK_ANSWER) {
                int32_t day = t->due.open ? day_after_pause(s, t, time_to_day(now)) : t->day;
                leg->due_at = workday_close(&t->p->hours, day);
                leg->met = !t->due.open         ? t->due.met
                           : is_past(s, t, now) ? CLOCK_MISSED
                                                : CLOCK_PENDING;
            }
        }
        leg->light = leg->open ? state_light(s, earliest, now) : CLOCK_DONE;
    }
}

static void
fill_cards(struct play *s, int64_t now, struct clock_result *out)
{
    out->cards = s->cards;
    out->card_count = s->card_count;
    if (s->paused == 0) {
        give_cards(s, INT64_MAX);
    }
    for (size_t i = 0; i < s->card_count; i++) {
        const struct clock_card *c = &s->cards[i];
        int64_t *first = c->kind == CLOCK_CARD_RED ? &out->red_at : &out->yellow_at;
        *first = *first == 0 ? c->at : *first;
        if (c->at > now && out->next_card_at == 0) {
            out->next_card_at = c->at;
        }
    }
}

void
clock_compute(struct arena *a, const struct clock_profile *profile, int level,
              const struct clock_event *events, size_t n, int64_t now, struct clock_result *out)
{
    // An event starts at most two clocks; a clock gives at most two cards, and two more after
    // each extension; a reopening at most two once.
    size_t timers = 2 * n;
    const struct clock_profile *first = profile == NULL ? &CLOCK_PROFILE_DEFAULT : profile;
    struct play s = {
        .p = clock_profile_at(first, n > 0 ? events[0].at : now),
        .level = level >= 1 && level <= CLOCK_LEVELS ? level : 0,
        .timers = arena_raw(a, sizeof(struct timer) * (timers + 1)),
        .cards = arena_raw(a, sizeof(struct clock_card) * (2 * timers + 2 * n + 2)),
        .legs = arena_raw(a, sizeof(struct leg) * (n + 1)),
        .lead = NO_LEG,
        .t = n > 0 ? events[0].at : now,
        .uncovered = INT32_MIN,
    };
    *out = (struct clock_result){0};
    for (size_t i = 0; i < n && events[i].at <= now; i++) {
        int64_t at = events[i].at > s.t ? events[i].at : s.t;
        advance(&s, at);
        apply(&s, &events[i], at);
    }
    if (s.t <= now) {
        advance(&s, now);
        if (s.paused == 0) {
            give_cards(&s, now + 1); // a card of this very moment is given
        }
    }
    fill_dues(&s, a, now, out);
    out->light = state_light(&s, out->next_due_at, now);
    fill_legs(&s, a, now, out);
    fill_cards(&s, now, out);
    out->spent_minutes = s.spent_ms / TIME_MINUTE;
    out->silence_minutes = s.silence_ms / TIME_MINUTE;
    out->reopenings = s.reopenings;
    if (s.uncovered != INT32_MIN) {
        int month;
        int dom;
        day_to_civil(s.uncovered, &out->no_calendar, &month, &dom);
    }
}

int
clock_extension_most(const struct clock_profile *profile, int days)
{
    const struct clock_profile *p = profile == NULL ? &CLOCK_PROFILE_DEFAULT : profile;
    return days * p->extension_percent / 100;
}

const struct clock_profile *
clock_profile_at(const struct clock_profile *first, int64_t at)
{
    while (first->next != NULL && first->next->from <= at) {
        first = first->next;
    }
    return first;
}

int64_t
clock_objection_until(const struct clock_profile *profile, int64_t dispatched_at)
{
    const struct clock_profile *p = profile == NULL ? &CLOCK_PROFILE_DEFAULT : profile;
    return workday_due(&p->hours, dispatched_at, p->objection);
}

bool
clock_callback_sampled(const struct clock_profile *profile, int64_t demand_id)
{
    const struct clock_profile *p = profile == NULL ? &CLOCK_PROFILE_DEFAULT : profile;
    // splitmix64's finalizer: neighbouring numbers fall apart evenly.
    uint64_t x = (uint64_t)demand_id + 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    x ^= x >> 31;
    return (int64_t)(x % 100) < p->callback_percent;
}
