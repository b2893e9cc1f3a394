// SPDX-License-Identifier: Apache-2.0
// The demand's clock: every sentence of rules.md, then thousands of random logs against slow
// and obvious references (minute by minute, morning by morning) and laws that must always hold.
#include "mod/demand/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { A = 11, B = 12, C = 13 }; // departments

static struct arena *arena;
static struct clock_event events[64];
static size_t event_count;
static struct clock_result result;

static int
set_up(void **state)
{
    arena = arena_new(64 << 20);
    event_count = 0;
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(arena);
    return 0;
}

// "2026-05-06 17:30"
static int64_t
at(const char *s)
{
    int64_t ms = 0;
    char text[32];
    snprintf(text, sizeof text, "%.10sT%.5s:00+08:00", s, s + 11);
    assert_true(strlen(s) == 16 && time_parse(text, &ms));
    return ms;
}

static struct clock_event *
add(const char *when, enum clock_event_type type, int64_t unit)
{
    struct clock_event *e = &events[event_count++];
    *e = (struct clock_event){.at = at(when), .type = type, .unit = unit};
    return e;
}

static const struct clock_result *
compute(int level, const char *now)
{
    clock_compute(arena, NULL, level, events, event_count, at(now), &result);
    return &result;
}

static const struct clock_due *
due(enum clock_what what, int64_t unit)
{
    const struct clock_due *found = NULL; // the latest of its kind
    for (size_t i = 0; i < result.due_count; i++) {
        if (result.dues[i].what == what && result.dues[i].unit == unit) {
            found = &result.dues[i];
        }
    }
    return found;
}

#define assert_at(ms, text) assert_string_equal(time_minute_text(arena, (ms)), (text))

static void
assert_due(enum clock_what what, int64_t unit, const char *when, enum clock_met met)
{
    const struct clock_due *d = due(what, unit);
    assert_non_null(d);
    assert_at(d->at, when);
    assert_int_equal(d->met, met);
}

static void
assert_card(size_t i, const char *kind, const char *when, const char *why, int64_t unit)
{
    assert_true(i < result.card_count);
    const struct clock_card *c = &result.cards[i];
    assert_string_equal(clock_card_kind_text(c->kind), kind);
    assert_at(c->at, when);
    assert_string_equal(clock_card_why_text(c->why), why);
    assert_int_equal(c->unit, unit);
}

// Submitted on Monday 2026-03-02; no holiday until April.
static void
dispatched_case(void)
{
    add("2026-03-02 10:00", CLOCK_SUBMITTED, 0);
    add("2026-03-02 11:00", CLOCK_ACCEPTED, 0);
    add("2026-03-02 12:00", CLOCK_DISPATCHED, A);
    add("2026-03-03 10:00", CLOCK_SIGNED, A);
    add("2026-03-03 11:00", CLOCK_CONTACTED, A);
}

static void
accepts_within_one_working_day(void **state)
{
    add("2026-04-30 16:00", CLOCK_SUBMITTED, 0);
    compute(0, "2026-04-30 16:00");
    assert_due(CLOCK_ACCEPT, 0, "2026-05-06 17:30", CLOCK_PENDING);
    events[0].at = at("2026-04-30 18:00");
    compute(0, "2026-05-01 10:00");
    assert_due(CLOCK_ACCEPT, 0, "2026-05-07 17:30", CLOCK_PENDING);
    events[0].at = at("2026-04-30 17:30");
    compute(0, "2026-05-01 10:00");
    assert_due(CLOCK_ACCEPT, 0, "2026-05-06 17:30", CLOCK_PENDING);
}

static void
the_due_moment_is_inside(void **state)
{
    add("2026-03-02 10:00", CLOCK_SUBMITTED, 0);
    add("2026-03-03 17:30", CLOCK_ACCEPTED, 0);
    compute(2, "2026-03-03 17:30");
    assert_due(CLOCK_ACCEPT, 0, "2026-03-03 17:30", CLOCK_MET);
    events[1].at += 1;
    clock_compute(arena, NULL, 2, events, 2, events[1].at, &result);
    assert_due(CLOCK_ACCEPT, 0, "2026-03-03 17:30", CLOCK_MISSED);
    compute(2, "2026-03-03 17:30"); // what comes after now has not happened
    assert_due(CLOCK_ACCEPT, 0, "2026-03-03 17:30", CLOCK_PENDING);
    assert_int_equal(result.light, CLOCK_YELLOW);
}

static void
answers_by_level(void **state)
{
    static const char *const WANT[] = {"2026-03-05 17:30", "2026-03-09 17:30",
                                       "2026-03-16 17:30", "2026-03-23 17:30"};
    dispatched_case();
    events[event_count] = (struct clock_event){
        .at = at("2026-03-04 09:00"), .type = CLOCK_DISPATCHED, .unit = B, .assist = true};
    event_count++;
    for (int level = 1; level <= 4; level++) {
        compute(level, "2026-03-04 10:00");
        assert_due(CLOCK_ANSWER, A, WANT[level - 1], CLOCK_PENDING);
        assert_due(CLOCK_ANSWER, B, "2026-03-09 17:30", CLOCK_PENDING);
        assert_due(CLOCK_SIGN, B, "2026-03-05 17:30", CLOCK_PENDING);
    }
    assert_int_equal(result.leg_count, 2);
    assert_int_equal(result.lead, 0);
    assert_true(result.legs[1].assist);
}

static void
every_step_has_its_clock(void **state)
{
    add("2026-03-02 10:00", CLOCK_SUBMITTED, 0);
    add("2026-03-02 11:00", CLOCK_ACCEPTED, 0);
    compute(2, "2026-03-02 11:30");
    assert_due(CLOCK_ACCEPT, 0, "2026-03-03 17:30", CLOCK_MET);
    assert_due(CLOCK_DISPATCH, 0, "2026-03-03 17:30", CLOCK_PENDING);
    add("2026-03-04 12:00", CLOCK_DISPATCHED, A);
    add("2026-03-05 10:00", CLOCK_SIGNED, A);
    compute(2, "2026-03-05 10:00");
    assert_due(CLOCK_DISPATCH, 0, "2026-03-03 17:30", CLOCK_MISSED);
    assert_due(CLOCK_SIGN, A, "2026-03-05 17:30", CLOCK_MET);
    assert_due(CLOCK_CONTACT, A, "2026-03-09 17:30", CLOCK_PENDING);
    add("2026-03-09 17:00", CLOCK_CONTACTED, A);
    add("2026-03-10 10:00", CLOCK_ANSWERED, A);
    compute(2, "2026-03-10 10:00");
    assert_due(CLOCK_CONTACT, A, "2026-03-09 17:30", CLOCK_MET);
    assert_due(CLOCK_ANSWER, A, "2026-03-11 17:30", CLOCK_MET);
    assert_due(CLOCK_CONFIRM, 0, "2026-03-17 17:30", CLOCK_PENDING);
    assert_null(due(CLOCK_CALLBACK, 0)); // nobody owes one at level 2
    assert_int_equal(result.light, CLOCK_GREEN);
    assert_true(result.next_due_at == 0);
    // In the order in which they started.
    for (size_t i = 1; i < result.due_count; i++) {
        assert_true(result.dues[i - 1].start <= result.dues[i].start);
    }
}

static void
an_answer_is_a_contact(void **state)
{
    add("2026-03-02 10:00", CLOCK_SUBMITTED, 0);
    add("2026-03-02 11:00", CLOCK_ACCEPTED, 0);
    add("2026-03-02 12:00", CLOCK_DISPATCHED, A);
    add("2026-03-02 13:00", CLOCK_SIGNED, A);
    add("2026-03-02 14:00", CLOCK_ANSWERED, 0); // the lead, without being named
    compute(1, "2026-05-20 10:00");
    assert_due(CLOCK_CONTACT, A, "2026-03-04 17:30", CLOCK_MET);
    assert_due(CLOCK_ANSWER, A, "2026-03-05 17:30", CLOCK_MET);
    assert_due(CLOCK_CONFIRM, 0, "2026-03-09 17:30", CLOCK_MISSED);
    assert_int_equal(result.light, CLOCK_GREEN); // confirm does not colour
    assert_int_equal(result.card_count, 0);
}

static void
callbacks_where_owed(void **state)
{
    dispatched_case();
    add("2026-03-04 10:00", CLOCK_ANSWERED, A);
    compute(3, "2026-03-04 10:00");
    assert_due(CLOCK_CALLBACK, 0, "2026-03-09 17:30", CLOCK_PENDING);
    struct clock_profile p = CLOCK_PROFILE_DEFAULT;
    p.callback_owed = true;
    clock_compute(arena, &p, 1, events, event_count, at("2026-03-04 10:00"), &result);
    assert_due(CLOCK_CALLBACK, 0, "2026-03-09 17:30", CLOCK_PENDING);
    add("2026-03-05 10:00", CLOCK_CONFIRMED, 0)->satisfaction = 3;
    compute(2, "2026-03-05 10:00");
    assert_null(due(CLOCK_CALLBACK, 0));
    events[event_count - 1].satisfaction = 2;
    compute(2, "2026-03-05 10:00");
    assert_due(CLOCK_CALLBACK, 0, "2026-03-09 17:30", CLOCK_PENDING);
    add("2026-03-05 10:00", CLOCK_CLOSED, 0); // a call-back outlives closing
    add("2026-03-09 17:30", CLOCK_CALLED_BACK, 0);
    compute(2, "2026-03-10 10:00");
    assert_due(CLOCK_CALLBACK, 0, "2026-03-09 17:30", CLOCK_MET);
    assert_int_equal(result.light, CLOCK_DONE);
}

// A district changes its numbers in the middle of a case.
static void
what_started_keeps_its_numbers(void **state)
{
    struct clock_profile later = CLOCK_PROFILE_DEFAULT;
    later.from = at("2026-03-03 10:00");
    later.hours.close = 17 * 60;
    later.contact = 4;
    later.answer[2] = 9;
    later.callback_level = 2;
    later.red_day = 2;
    struct clock_profile first = CLOCK_PROFILE_DEFAULT;
    first.next = &later;
    dispatched_case();
    events[4].at = at("2026-03-05 12:00"); // the contact
    clock_compute(arena, &first, 2, events, event_count, at("2026-03-13 12:00"), &result);
    assert_due(CLOCK_SIGN, A, "2026-03-03 17:30", CLOCK_MET);
    assert_due(CLOCK_ANSWER, A, "2026-03-09 17:30", CLOCK_MISSED);
    assert_due(CLOCK_CONTACT, A, "2026-03-09 17:00", CLOCK_MET); // signed as it changed
    assert_card(0, "yellow", "2026-03-10 09:00", "overdue", A);
    assert_card(1, "red", "2026-03-13 09:00", "overdue", A); // the fourth day, as at the start
    add("2026-03-13 14:00", CLOCK_ANSWERED, A);
    add("2026-03-16 09:00", CLOCK_REOPENED, 0);
    clock_compute(arena, &first, 2, events, event_count, at("2026-03-16 17:00"), &result);
    assert_due(CLOCK_ANSWER, A, "2026-03-27 17:00", CLOCK_PENDING);
    assert_due(CLOCK_CALLBACK, 0, "2026-03-18 17:00", CLOCK_PENDING);
    // 450 of 510 minutes on the first day, 510 until the change and after it 480 a day.
    int64_t spent = 450 + 60 + 420 + 7 * 480 + 300 + 480;
    assert_int_equal(result.silence_minutes, spent);
    assert_ptr_equal(clock_profile_at(&first, later.from), &later);
    assert_ptr_equal(clock_profile_at(&first, later.from - 1), &first);
}

static void
objection_ends_the_leg(void **state)
{
    add("2026-03-02 10:00", CLOCK_SUBMITTED, 0);
    add("2026-03-02 11:00", CLOCK_ACCEPTED, 0);
    add("2026-03-02 12:00", CLOCK_DISPATCHED, A);
    add("2026-03-03 10:00", CLOCK_OBJECTED, A);
    compute(2, "2026-03-12 10:00");
    assert_due(CLOCK_SIGN, A, "2026-03-03 17:30", CLOCK_MET);
    assert_null(due(CLOCK_ANSWER, A));
    assert_int_equal(result.card_count, 0);
    assert_int_equal(result.legs[0].light, CLOCK_DONE);
    add("2026-03-04 10:00", CLOCK_DISPATCHED, B);
    compute(2, "2026-03-04 10:00");
    assert_due(CLOCK_SIGN, B, "2026-03-05 17:30", CLOCK_PENDING);
    assert_due(CLOCK_ANSWER, B, "2026-03-11 17:30", CLOCK_PENDING);
    assert_int_equal(result.leg_count, 2);
    assert_int_equal(result.lead, 1);
    assert_true(result.legs[1].due_at == at("2026-03-11 17:30"));
    assert_at(clock_objection_until(NULL, at("2026-03-02 12:00")), "2026-03-03 17:30");
    assert_at(clock_objection_until(NULL, at("2026-03-06 18:00")), "2026-03-10 17:30");
}

static void
another_lead_replaces_the_first(void **state)
{
    dispatched_case();
    add("2026-03-04 10:00", CLOCK_DISPATCHED, A); // the same again: its clocks run on
    compute(2, "2026-03-04 11:00");
    assert_int_equal(result.leg_count, 1);
    assert_due(CLOCK_ANSWER, A, "2026-03-09 17:30", CLOCK_PENDING);
    add("2026-03-11 10:00", CLOCK_DISPATCHED, B);
    compute(2, "2026-03-11 11:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-09 17:30", CLOCK_MISSED); // it was late: that stays
    assert_due(CLOCK_ANSWER, B, "2026-03-18 17:30", CLOCK_PENDING);
    assert_int_equal(result.light, CLOCK_GREEN);
    assert_int_equal(result.card_count, 1);
    assert_card(0, "yellow", "2026-03-10 09:00", "overdue", A);
    add("2026-03-12 10:00", CLOCK_ANSWERED, A); // no longer asked
    compute(2, "2026-03-12 11:00");
    assert_null(due(CLOCK_CONFIRM, 0));
}

static void
extension_at_most_doubles(void **state)
{
    dispatched_case();
    add("2026-03-04 10:00", CLOCK_EXTENSION_GRANTED, A)->days = 2;
    compute(2, "2026-03-04 10:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-11 17:30", CLOCK_PENDING);
    events[event_count - 1].days = 100;
    compute(2, "2026-03-04 10:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-16 17:30", CLOCK_PENDING);
    add("2026-03-04 11:00", CLOCK_EXTENSION_GRANTED, 0)->days = 3;
    compute(2, "2026-03-04 11:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-16 17:30", CLOCK_PENDING);
    events[event_count - 2].days = 3;
    compute(2, "2026-03-04 11:00"); // 3 and 3, of which 2 still fit
    assert_due(CLOCK_ANSWER, A, "2026-03-16 17:30", CLOCK_PENDING);
}

static void
extension_never_withdraws_a_card(void **state)
{
    dispatched_case();
    add("2026-03-10 10:00", CLOCK_EXTENSION_GRANTED, A)->days = 2; // due was 03-09
    compute(2, "2026-03-10 10:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-11 17:30", CLOCK_PENDING);
    assert_card(0, "yellow", "2026-03-10 09:00", "overdue", A);
    compute(2, "2026-03-31 10:00"); // a second overrun is a second yellow
    assert_int_equal(result.card_count, 3);
    assert_card(1, "yellow", "2026-03-12 09:00", "overdue", A);
    assert_card(2, "red", "2026-03-12 09:00", "second_yellow", A);
}

static void
extension_that_leaves_it_late_goes_on_counting(void **state)
{
    dispatched_case();
    add("2026-03-12 10:00", CLOCK_EXTENSION_GRANTED, A)->days = 1; // 03-09 → 03-10
    compute(2, "2026-03-31 10:00");
    assert_int_equal(result.card_count, 2);
    assert_card(0, "yellow", "2026-03-10 09:00", "overdue", A);
    assert_card(1, "red", "2026-03-16 09:00", "overdue", A); // 11, 12, 13, 16 March
}

static void
suspension_moves_open_dues(void **state)
{
    dispatched_case(); // answer due 03-09
    add("2026-03-05 16:00", CLOCK_SUSPENDED, A);
    compute(2, "2026-03-05 16:30");
    assert_int_equal(result.light, CLOCK_PAUSED);
    assert_int_equal(result.legs[0].light, CLOCK_PAUSED);
    assert_true(result.next_due_at == 0);
    assert_due(CLOCK_ANSWER, A, "2026-03-09 17:30", CLOCK_PENDING);
    compute(2, "2026-03-20 10:00"); // as if it ended now: 11 working days
    assert_due(CLOCK_ANSWER, A, "2026-03-24 17:30", CLOCK_PENDING);
    assert_int_equal(result.card_count, 0);
    assert_true(result.yellow_at == 0);
    add("2026-03-10 09:30", CLOCK_RESUMED, A); // 6, 9, 10 March
    compute(2, "2026-03-10 10:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-12 17:30", CLOCK_PENDING);
    assert_due(CLOCK_SIGN, A, "2026-03-03 17:30", CLOCK_MET); // was not open
    assert_int_equal(result.light, CLOCK_GREEN);
    compute(2, "2026-03-13 10:00");
    assert_card(0, "yellow", "2026-03-13 09:00", "overdue", A);
}

static void
suspension_keeps_how_late_it_was(void **state)
{
    dispatched_case(); // answer due 03-09, yellow on 10
    add("2026-03-11 10:00", CLOCK_SUSPENDED, A);
    add("2026-03-16 10:00", CLOCK_RESUMED, A); // 12, 13, 16: due 03-12
    compute(2, "2026-03-16 12:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-12 17:30", CLOCK_MISSED);
    assert_int_equal(result.light, CLOCK_RED);
    assert_int_equal(result.card_count, 1);
    compute(2, "2026-03-31 12:00"); // found late on 10, 11, 17, 18
    assert_int_equal(result.card_count, 2);
    assert_card(1, "red", "2026-03-18 09:00", "overdue", A);
}

static void
pending_conditions_pause_too(void **state)
{
    dispatched_case();
    add("2026-03-05 16:00", CLOCK_PENDED, 0);
    add("2026-03-06 16:00", CLOCK_SUSPENDED, A);
    add("2026-03-10 09:30", CLOCK_REVIVED, 0);
    compute(2, "2026-03-11 10:00");
    assert_int_equal(result.light, CLOCK_PAUSED); // still suspended
    add("2026-03-12 09:30", CLOCK_RESUMED, A);    // one pause: 6, 9, 10, 11, 12
    compute(2, "2026-03-12 10:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-16 17:30", CLOCK_PENDING);
}

static void
an_answer_ends_the_pause(void **state)
{
    dispatched_case();
    add("2026-03-09 16:00", CLOCK_SUSPENDED, A);
    add("2026-03-20 10:00", CLOCK_ANSWERED, A);
    compute(2, "2026-03-20 10:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-20 17:30", CLOCK_MET);
    assert_due(CLOCK_CONFIRM, 0, "2026-03-27 17:30", CLOCK_PENDING);
    assert_int_equal(result.light, CLOCK_GREEN);
}

static void
lights(void **state)
{
    add("2026-03-02 10:00", CLOCK_SUBMITTED, 0); // due 03-03 17:30
    assert_int_equal(compute(2, "2026-03-02 17:29")->light, CLOCK_GREEN);
    assert_int_equal(compute(2, "2026-03-02 17:30")->light, CLOCK_YELLOW); // 510 minutes left
    assert_int_equal(compute(2, "2026-03-03 17:30")->light, CLOCK_YELLOW);
    assert_int_equal(compute(2, "2026-03-03 17:31")->light, CLOCK_RED);
    event_count = 0;
    dispatched_case(); // answer due 03-09, a Monday
    assert_int_equal(compute(2, "2026-03-06 17:29")->light, CLOCK_GREEN);
    assert_int_equal(compute(2, "2026-03-07 12:00")->light, CLOCK_YELLOW);
    struct clock_event *e = add("2026-03-04 10:00", CLOCK_DISPATCHED, B);
    e->assist = true;
    compute(2, "2026-03-05 17:31"); // B has not signed: the worst leg wins
    assert_int_equal(result.light, CLOCK_RED);
    assert_int_equal(result.legs[0].light, CLOCK_GREEN);
    assert_int_equal(result.legs[1].light, CLOCK_RED);
    add("2026-03-06 10:00", CLOCK_WITHDRAWN, 0);
    assert_int_equal(compute(2, "2026-03-20 10:00")->light, CLOCK_DONE);
    assert_due(CLOCK_SIGN, B, "2026-03-05 17:30", CLOCK_MISSED);
    assert_null(due(CLOCK_ANSWER, A));
    assert_true(result.next_due_at == 0 && result.next_card_at == 0);
}

static void
cards_of_one_overdue(void **state)
{
    add("2026-04-28 10:00", CLOCK_SUBMITTED, 0); // due 04-29; 05-01…05 off, 05-09 made up
    compute(0, "2026-04-30 08:59");
    assert_int_equal(result.card_count, 0);
    assert_at(result.next_card_at, "2026-04-30 09:00");
    assert_at(result.yellow_at, "2026-04-30 09:00");
    assert_at(result.red_at, "2026-05-08 09:00"); // 04-30, 05-06, 07, 08
    compute(0, "2026-04-30 09:00");
    assert_int_equal(result.card_count, 1);
    assert_card(0, "yellow", "2026-04-30 09:00", "overdue", 0);
    assert_at(result.next_card_at, "2026-05-08 09:00");
    compute(0, "2026-05-08 09:00");
    assert_int_equal(result.card_count, 2);
    assert_card(1, "red", "2026-05-08 09:00", "overdue", 0);
    assert_true(result.next_card_at == 0);
    add("2026-05-20 10:00", CLOCK_ACCEPTED, 0);
    add("2026-05-20 11:00", CLOCK_REJECTED, 0);
    compute(0, "2026-06-20 10:00"); // never withdrawn
    assert_int_equal(result.card_count, 2);
}

static void
done_before_nine_gives_no_card(void **state)
{
    add("2026-03-02 10:00", CLOCK_SUBMITTED, 0);
    add("2026-03-04 09:00", CLOCK_ACCEPTED, 0); // late, but before the card
    compute(2, "2026-03-04 09:00");
    assert_due(CLOCK_ACCEPT, 0, "2026-03-03 17:30", CLOCK_MISSED);
    assert_int_equal(result.card_count, 0);
    events[1].at += 1;
    compute(2, "2026-03-04 10:00");
    assert_int_equal(result.card_count, 1);
}

static void
the_second_yellow_is_red(void **state)
{
    dispatched_case();
    add("2026-03-06 10:00", CLOCK_ANSWERED, A);
    add("2026-03-09 10:00", CLOCK_REOPENED, 0);
    compute(1, "2026-03-09 10:00");
    assert_int_equal(result.card_count, 3);
    assert_card(0, "yellow", "2026-03-06 09:00", "overdue", A); // level 1 was due on 03-05
    assert_card(1, "yellow", "2026-03-09 10:00", "reopened", A);
    assert_card(2, "red", "2026-03-09 10:00", "second_yellow", A);
    event_count = 0;
    dispatched_case();
    add("2026-03-05 10:00", CLOCK_ANSWERED, A);
    add("2026-03-09 10:00", CLOCK_REOPENED, 0);
    compute(2, "2026-03-17 08:00");
    assert_due(CLOCK_ANSWER, A, "2026-03-16 17:30", CLOCK_MISSED);
    assert_int_equal(result.card_count, 1);
    assert_card(0, "yellow", "2026-03-09 10:00", "reopened", A);
    assert_at(result.red_at, "2026-03-17 09:00");
    compute(2, "2026-04-20 09:00"); // and no second red for the same due
    assert_int_equal(result.card_count, 3);
    assert_card(1, "yellow", "2026-03-17 09:00", "overdue", A);
    assert_card(2, "red", "2026-03-17 09:00", "second_yellow", A);
}

static void
only_the_first_reopening_is_yellow(void **state)
{
    dispatched_case();
    add("2026-03-05 10:00", CLOCK_ANSWERED, A);
    add("2026-03-06 10:00", CLOCK_REOPENED, 0);
    add("2026-03-09 10:00", CLOCK_ANSWERED, A);
    add("2026-03-10 10:00", CLOCK_REOPENED, 0);
    compute(2, "2026-03-10 10:00");
    assert_int_equal(result.card_count, 1);
    assert_int_equal(result.reopenings, 2);
    assert_due(CLOCK_ANSWER, A, "2026-03-17 17:30", CLOCK_PENDING);
    assert_due(CLOCK_CONFIRM, 0, "2026-03-16 17:30", CLOCK_MET);
    assert_int_equal(result.light, CLOCK_GREEN);
    assert_int_equal(result.legs[0].light, CLOCK_GREEN);
}

static void
counts_minutes(void **state)
{
    dispatched_case(); // from Monday 10:00
    add("2026-03-03 14:00", CLOCK_SUSPENDED, A);
    add("2026-03-04 12:00", CLOCK_RESUMED, A);
    add("2026-03-05 09:30", CLOCK_ANSWERED, A);
    compute(2, "2026-03-31 10:00");
    assert_int_equal(result.silence_minutes, 450 + 510 + 510 + 30);
    assert_int_equal(result.spent_minutes, 450 + 510 + 510 + 30 - 210 - 180);
    add("2026-03-06 17:00", CLOCK_REOPENED, 0);
    compute(2, "2026-03-09 09:20");
    assert_int_equal(result.silence_minutes, 1500 + 30 + 20);
    add("2026-03-09 09:40", CLOCK_WITHDRAWN, 0);
    compute(2, "2026-03-31 10:00");
    assert_int_equal(result.silence_minutes, 1500 + 30 + 40);
}

static void
warns_without_next_years_calendar(void **state)
{
    add("2026-12-30 10:00", CLOCK_SUBMITTED, 0);
    compute(0, "2026-12-30 10:00");
    assert_due(CLOCK_ACCEPT, 0, "2026-12-31 17:30", CLOCK_PENDING);
    assert_int_equal(result.no_calendar, 0);
    events[0].at = at("2026-12-31 10:00");
    compute(0, "2026-12-31 10:00");
    assert_due(CLOCK_ACCEPT, 0, "2027-01-01 17:30", CLOCK_PENDING); // a plain Friday
    assert_int_equal(result.no_calendar, 2027);
    events[0].at = at("2025-12-31 10:00");
    compute(0, "2025-12-31 10:00");
    assert_due(CLOCK_ACCEPT, 0, "2026-01-04 17:30", CLOCK_PENDING); // a make-up Sunday
    assert_int_equal(result.no_calendar, 0);
}

static void
empty_and_hostile_logs(void **state)
{
    clock_compute(arena, NULL, 0, NULL, 0, at("2026-03-09 09:40"), &result);
    assert_int_equal(result.light, CLOCK_GREEN);
    assert_int_equal(result.due_count + result.card_count + result.leg_count, 0);
    assert_true(result.lead == SIZE_MAX);
    // Every type alone, in every pair, out of any sense: nothing but an answer may come of it.
    for (int i = 0; i < CLOCK_EVENT_COUNT; i++) {
        for (int k = 0; k < CLOCK_EVENT_COUNT; k++) {
            for (int64_t unit = 0; unit < 2; unit++) {
                event_count = 0;
                add("2026-03-09 09:40", (enum clock_event_type)i, unit)->days = 1 << 30;
                add("2026-03-08 09:40", (enum clock_event_type)k, 1 - unit)->days = -5;
                add("2026-03-10 09:40", (enum clock_event_type)i, unit)->days = 1;
                compute(k % 6, "2026-05-09 09:40");
                assert_true(result.spent_minutes >= 0);
            }
        }
    }
}

static void
names(void **state)
{
    enum clock_event_type type = CLOCK_ARCHIVED;
    for (int i = 0; i < CLOCK_EVENT_COUNT; i++) {
        assert_true(clock_event_parse(clock_event_text((enum clock_event_type)i), &type));
        assert_int_equal(type, i);
    }
    assert_false(clock_event_parse("submit", &type) || clock_event_parse(NULL, &type));
    assert_string_equal(clock_what_text(CLOCK_CALLBACK), "callback");
    assert_string_equal(clock_light_text(CLOCK_DONE), "done");
    int sampled = 0;
    for (int64_t id = 1; id <= 10000; id++) {
        sampled += clock_callback_sampled(NULL, id);
        assert_int_equal(clock_callback_sampled(NULL, id), clock_callback_sampled(NULL, id));
    }
    assert_in_range(sampled, 1900, 2100);
}

// Random logs.

static uint64_t seed;

static unsigned
below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

static bool
one_in(unsigned n)
{
    return below(n) == 0;
}

// A later whole minute; often on an edge of the office day.
static int64_t
later(int64_t t)
{
    if (one_in(3)) {
        return t + below(600) * TIME_MINUTE;
    }
    int32_t day = time_to_day(t) + (int32_t)below(one_in(4) ? 12 : 3);
    static const int EDGES[] = {540, 1050, 1051, 539, 0, 1439, 600, 700};
    int64_t next = time_of_day(day) + EDGES[below(8)] * TIME_MINUTE;
    return next > t ? next : t + TIME_MINUTE;
}

static struct clock_event *
push(int64_t t, enum clock_event_type type, int64_t unit)
{
    struct clock_event *e = &events[event_count++];
    *e = (struct clock_event){.at = t, .type = type, .unit = unit};
    return e;
}

// The way of one case between dispatch and answer.
struct way {
    int64_t t;
    int64_t lead;
    int64_t next_unit;
    bool suspended;
    bool lead_signed;
    bool assist;
};

static void
random_step(struct way *w)
{
    w->t = later(w->t);
    switch (below(9)) {
    case 0:
    case 1:
        if (!w->lead_signed) {
            push(w->t, CLOCK_SIGNED, w->lead);
            w->lead_signed = true;
        }
        break;
    case 2:
        push(w->t, CLOCK_CONTACTED, w->lead);
        break;
    case 3:
    case 4:
        push(w->t, w->suspended ? CLOCK_RESUMED : CLOCK_SUSPENDED, w->lead);
        w->suspended = !w->suspended;
        break;
    case 5:
        push(w->t, CLOCK_EXTENSION_GRANTED, w->lead)->days = 1 + (int)below(6);
        break;
    case 6:
        if (!w->lead_signed) {
            push(w->t, CLOCK_OBJECTED, w->lead);
            w->t = later(w->t);
        }
        w->lead = w->next_unit++;
        w->lead_signed = false;
        push(w->t, CLOCK_DISPATCHED, w->lead);
        break;
    case 7:
        if (!w->assist) {
            push(w->t, CLOCK_DISPATCHED, 500)->assist = true;
        } else {
            push(w->t, one_in(2) ? CLOCK_SIGNED : CLOCK_ANSWERED, 500);
        }
        w->assist = true;
        break;
    default:
        push(w->t, CLOCK_NOTED, w->lead);
        break;
    }
}

// A case as the life cycle allows it, cut off anywhere; returns its level.
static int
random_log(void)
{
    event_count = 0;
    int year = 2004 + (int)below(23);
    // One call a statement: the compilers differ in the order of arguments, and would try
    // different logs.
    int month = one_in(3) ? 12 : 1 + (int)below(12);
    int32_t day = day_from_civil(year, month, 1 + (int)below(28));
    struct way w = {.t = later(time_of_day(day)), .lead = 1, .next_unit = 2};
    push(w.t, CLOCK_SUBMITTED, 0);
    w.t = later(w.t);
    if (one_in(20)) {
        push(w.t, CLOCK_REJECTED, 0);
        return 0;
    }
    push(w.t, CLOCK_ACCEPTED, 0);
    w.t = later(w.t);
    push(w.t, CLOCK_DISPATCHED, 1);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned steps = below(9); steps > 0; steps--) {
            random_step(&w);
        }
        if (one_in(6)) {
            break;
        }
        w.t = later(w.t);
        push(w.t, CLOCK_ANSWERED, w.lead);
        w.suspended = false;
        w.t = later(w.t);
        if (one_in(2)) {
            push(w.t, CLOCK_CONFIRMED, 0)->satisfaction = 1 + (int)below(5);
            w.t = one_in(2) ? w.t : later(w.t);
            push(w.t, CLOCK_CLOSED, 0);
            break;
        }
        push(w.t, CLOCK_REOPENED, 0);
    }
    if (one_in(8)) {
        push(later(w.t), CLOCK_WITHDRAWN, 0);
    }
    return 1 + (int)below(4);
}

static bool
is_end(enum clock_event_type type)
{
    return type == CLOCK_CLOSED || type == CLOCK_WITHDRAWN || type == CLOCK_REJECTED;
}

// Minute by minute, event by event: what the sentence about the minutes says.
static void
slow_minutes(int64_t now, int64_t *spent, int64_t *silence)
{
    bool running = false;
    bool suspended = false;
    int64_t lead = 0;
    size_t i = 0;
    *spent = 0;
    *silence = 0;
    for (int64_t t = events[0].at; t < now; t += TIME_MINUTE) {
        for (; i < event_count && events[i].at <= t; i++) {
            const struct clock_event *e = &events[i];
            lead = e->type == CLOCK_DISPATCHED && !e->assist ? e->unit : lead;
            bool answered = e->type == CLOCK_ANSWERED && e->unit == lead;
            if (e->type == CLOCK_SUBMITTED || e->type == CLOCK_REOPENED) {
                running = true;
            } else if (answered || is_end(e->type)) {
                running = false;
                suspended = false;
            } else if (e->type == CLOCK_SUSPENDED) {
                suspended = true;
            } else if (e->type == CLOCK_RESUMED) {
                suspended = false;
            }
        }
        int32_t day = time_to_day(t);
        int64_t minute = (t - time_of_day(day)) / TIME_MINUTE;
        if (running && minute >= 540 && minute < 1050 && workday_is(day)) {
            ++*silence;
            *spent += !suspended;
        }
    }
}

static void
minutes_agree_with_counting(void **state)
{
    seed = 20260430;
    for (int i = 0; i < 1500; i++) {
        int level = random_log();
        int64_t now = later(events[event_count - 1].at);
        int64_t spent;
        int64_t silence;
        slow_minutes(now, &spent, &silence);
        clock_compute(arena, NULL, level, events, event_count, now, &result);
        if (result.spent_minutes != spent || result.silence_minutes != silence) {
            fail_msg("log %d: %d/%d for %d/%d", i, (int)result.spent_minutes,
                     (int)result.silence_minutes, (int)spent, (int)silence);
        }
        arena_reset(arena);
    }
}

// What one due has been through, morning by morning.
struct watch {
    enum clock_what what;
    int64_t unit, start;
    int late; // mornings that found it late
    bool yellow, red;
};

static struct watch watches[128];
static size_t watch_count;
static struct clock_card slow[256];
static size_t slow_count;
static int slow_yellows;

static struct watch *
watch_of(const struct clock_due *d)
{
    for (size_t i = 0; i < watch_count; i++) {
        struct watch *w = &watches[i];
        if (w->what == d->what && w->unit == d->unit && w->start == d->start) {
            return w;
        }
    }
    watches[watch_count] = (struct watch){.what = d->what, .unit = d->unit, .start = d->start};
    return &watches[watch_count++];
}

static bool
slow_card(enum clock_card_kind kind, enum clock_card_why why, int64_t when, int64_t unit)
{
    slow[slow_count++] =
        (struct clock_card){.kind = kind, .why = why, .at = when, .unit = unit};
    if (kind == CLOCK_CARD_YELLOW && ++slow_yellows == 2) {
        slow_card(CLOCK_CARD_RED, CLOCK_WHY_SECOND_YELLOW, when, unit);
        return true;
    }
    return false;
}

static void
slow_morning(int64_t when)
{
    for (size_t i = 0; i < result.due_count; i++) {
        const struct clock_due *d = &result.dues[i];
        if (!d->open || !d->colours || d->met != CLOCK_MISSED || result.light == CLOCK_PAUSED) {
            continue;
        }
        struct watch *w = watch_of(d);
        w->late++;
        if (!w->yellow) {
            w->yellow = true;
            w->red = slow_card(CLOCK_CARD_YELLOW, CLOCK_WHY_OVERDUE, when, d->unit);
        } else if (w->late == 4 && !w->red) {
            w->red = true;
            slow_card(CLOCK_CARD_RED, CLOCK_WHY_OVERDUE, when, d->unit);
        }
    }
}

// An extension: of the mornings that found the due late, those before the new due no longer
// count.
static void
slow_extension(int level, const struct clock_event *e)
{
    size_t upto = (size_t)(e - events) + 1;
    clock_compute(arena, NULL, level, events, upto, e->at, &result);
    const struct clock_due *d = due(CLOCK_ANSWER, e->unit);
    if (d == NULL || !d->open) {
        return;
    }
    int late = 0;
    for (int32_t day = time_to_day(d->at); day <= time_to_day(e->at); day++) {
        int64_t nine = workday_open(&OFFICE_HOURS, day);
        late += workday_is(day) && nine > d->at && nine < e->at;
    }
    struct watch *w = watch_of(d);
    w->late = late < w->late ? late : w->late;
    if (w->late == 0) {
        w->yellow = false;
        w->red = false;
    }
}

static size_t slow_next;
static int64_t slow_lead;
static bool slow_reopened;

static void
slow_events(int level, int64_t until)
{
    for (; slow_next < event_count && events[slow_next].at <= until; slow_next++) {
        const struct clock_event *e = &events[slow_next];
        if (e->type == CLOCK_DISPATCHED && !e->assist) {
            slow_lead = e->unit;
        } else if (e->type == CLOCK_EXTENSION_GRANTED) {
            slow_extension(level, e);
        } else if (e->type == CLOCK_REOPENED && !slow_reopened) {
            slow_card(CLOCK_CARD_YELLOW, CLOCK_WHY_REOPENED, e->at, slow_lead);
            slow_reopened = true;
        }
    }
}

// Cards by asking every working morning what is late then.
static void
slow_cards(int level, int64_t now)
{
    watch_count = 0;
    slow_count = 0;
    slow_yellows = 0;
    slow_next = 0;
    slow_lead = 0;
    slow_reopened = false;
    for (int32_t day = time_to_day(events[0].at); day <= time_to_day(now); day++) {
        int64_t nine = workday_open(&OFFICE_HOURS, day);
        if (!workday_is(day) || nine > now || nine < events[0].at) {
            continue;
        }
        slow_events(level, nine);
        clock_compute(arena, NULL, level, events, event_count, nine, &result);
        slow_morning(nine);
    }
    slow_events(level, now);
}

static bool
same_card(const struct clock_card *x, const struct clock_card *y)
{
    return x->at == y->at && x->kind == y->kind && x->why == y->why && x->unit == y->unit;
}

static void
cards_agree_with_asking_every_morning(void **state)
{
    seed = 17300900;
    size_t cards = 0;
    for (int i = 0; i < 3000; i++) {
        int level = random_log();
        int64_t now = later(events[event_count - 1].at + (int64_t)below(15) * TIME_DAY);
        slow_cards(level, now);
        clock_compute(arena, NULL, level, events, event_count, now, &result);
        cards += slow_count;
        bool same = result.card_count == slow_count;
        for (size_t k = 0; same && k < slow_count; k++) {
            same = same_card(&result.cards[k], &slow[k]);
        }
        if (!same) {
            fail_msg("log %d: %zu cards for %zu", i, result.card_count, slow_count);
        }
        arena_reset(arena);
    }
    assert_true(cards > 3000); // the logs must be worth the while
}

static const struct clock_due *
same_due(const struct clock_result *in, const struct clock_due *d)
{
    for (size_t i = 0; i < in->due_count; i++) {
        const struct clock_due *o = &in->dues[i];
        if (o->what == d->what && o->unit == d->unit && o->start == d->start) {
            return o;
        }
    }
    return NULL;
}

// Whether an extension or the end of a pause may have brought a late due into the future. An
// answer and what ends the case end a pause, too.
static bool
moved_between(int64_t from, int64_t to)
{
    bool moved = false;
    bool paused = false;
    for (size_t i = 0; i < event_count; i++) {
        enum clock_event_type type = events[i].type;
        bool ends = paused && (type == CLOCK_RESUMED || type == CLOCK_ANSWERED ||
                               type == CLOCK_WITHDRAWN || type == CLOCK_CLOSED);
        bool moves = type == CLOCK_EXTENSION_GRANTED || ends;
        moved |= moves && events[i].at > from && events[i].at <= to;
        paused = (paused || type == CLOCK_SUSPENDED) && !ends;
    }
    return moved;
}

static void
assert_went_on(const struct clock_result *was, const struct clock_result *is, bool moved)
{
    assert_true(is->spent_minutes >= was->spent_minutes);
    assert_true(is->silence_minutes >= was->silence_minutes);
    assert_true(is->spent_minutes <= is->silence_minutes);
    assert_true(is->leg_count >= was->leg_count);
    assert_true(is->card_count >= was->card_count); // never withdrawn
    for (size_t i = 0; i < was->card_count; i++) {
        assert_true(same_card(&was->cards[i], &is->cards[i]));
    }
    for (size_t i = 0; i < was->due_count; i++) {
        const struct clock_due *before = &was->dues[i];
        const struct clock_due *after = same_due(is, before);
        if (!before->open) { // what ended stays as it was
            assert_non_null(after);
            assert_true(after->at == before->at && after->done_at == before->done_at);
            assert_true(after->met == before->met && !after->open);
        } else if (after != NULL) {
            assert_true(after->at >= before->at);
        } else { // a late one does not disappear
            assert_true(before->met == CLOCK_PENDING || moved);
        }
    }
}

static void
assert_sound(const struct clock_result *r, int64_t now)
{
    int64_t earliest = 0;
    for (size_t i = 0; i < r->due_count; i++) {
        const struct clock_due *d = &r->dues[i];
        assert_true(d->at >= d->start);
        assert_true(workday_is(time_to_day(d->at)));
        assert_true(d->open == (d->done_at == 0));
        assert_true(i == 0 || r->dues[i - 1].start <= d->start);
        if (d->open && d->colours && (earliest == 0 || d->at < earliest)) {
            earliest = d->at;
        }
    }
    if (r->light == CLOCK_PAUSED || r->light == CLOCK_DONE) {
        assert_true(r->next_due_at == 0 && r->next_card_at == 0);
    } else {
        assert_true(r->next_due_at == earliest);
        assert_int_equal(clock_light_of(NULL, r->next_due_at, now), r->light);
    }
    for (size_t i = 0; i < r->card_count; i++) {
        assert_true(r->cards[i].at <= now);
        assert_true(i == 0 || r->cards[i - 1].at <= r->cards[i].at);
    }
}

static void
the_clock_never_runs_backwards(void **state)
{
    seed = 4711;
    for (int i = 0; i < 4000; i++) {
        int level = random_log();
        struct clock_result was = {0};
        int64_t end = events[event_count - 1].at + 30 * TIME_DAY;
        int64_t before = 0;
        for (int64_t now = events[0].at; now < end; now = later(now)) {
            clock_compute(arena, NULL, level, events, event_count, now, &result);
            assert_sound(&result, now);
            assert_went_on(&was, &result, moved_between(before, now));
            was = result;
            before = now;
        }
        arena_reset(arena);
    }
}

static void
pauses_only_ever_help_the_unit(void **state)
{
    seed = 99;
    for (int i = 0; i < 3000; i++) {
        int level = random_log();
        int64_t now = events[event_count - 1].at + below(20) * TIME_DAY;
        struct clock_result paused;
        clock_compute(arena, NULL, level, events, event_count, now, &paused);
        size_t kept = 0;
        for (size_t k = 0; k < event_count; k++) {
            if (events[k].type != CLOCK_SUSPENDED && events[k].type != CLOCK_RESUMED) {
                events[kept++] = events[k];
            }
        }
        clock_compute(arena, NULL, level, events, kept, now, &result);
        assert_true(paused.silence_minutes == result.silence_minutes);
        assert_true(paused.spent_minutes <= result.spent_minutes);
        for (size_t k = 0; k < paused.due_count; k++) {
            const struct clock_due *without = same_due(&result, &paused.dues[k]);
            assert_true(without == NULL || without->at <= paused.dues[k].at);
        }
        arena_reset(arena);
    }
}

static void
the_projection_comes_true(void **state)
{
    seed = 271828;
    for (int i = 0; i < 3000; i++) {
        int level = random_log();
        int64_t now = events[event_count - 1].at + below(5) * TIME_DAY;
        clock_compute(arena, NULL, level, events, event_count, now, &result);
        struct clock_result at_last;
        clock_compute(arena, NULL, level, events, event_count, now + 400 * TIME_DAY, &at_last);
        assert_true(result.yellow_at == at_last.yellow_at && result.red_at == at_last.red_at);
        assert_true((at_last.yellow_at != 0) == (at_last.card_count > 0));
        if (result.next_card_at != 0) {
            assert_true(result.next_card_at > now);
            int64_t then = result.next_card_at;
            size_t have = result.card_count;
            clock_compute(arena, NULL, level, events, event_count, then - 1, &result);
            assert_int_equal(result.card_count, have);
            clock_compute(arena, NULL, level, events, event_count, then, &result);
            assert_true(result.card_count > have);
        } else {
            assert_int_equal(at_last.card_count, result.card_count);
        }
        arena_reset(arena);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(accepts_within_one_working_day),
        TEST(the_due_moment_is_inside),
        TEST(answers_by_level),
        TEST(every_step_has_its_clock),
        TEST(an_answer_is_a_contact),
        TEST(callbacks_where_owed),
        TEST(what_started_keeps_its_numbers),
        TEST(objection_ends_the_leg),
        TEST(another_lead_replaces_the_first),
        TEST(extension_at_most_doubles),
        TEST(extension_never_withdraws_a_card),
        TEST(extension_that_leaves_it_late_goes_on_counting),
        TEST(suspension_moves_open_dues),
        TEST(suspension_keeps_how_late_it_was),
        TEST(pending_conditions_pause_too),
        TEST(an_answer_ends_the_pause),
        TEST(lights),
        TEST(cards_of_one_overdue),
        TEST(done_before_nine_gives_no_card),
        TEST(the_second_yellow_is_red),
        TEST(only_the_first_reopening_is_yellow),
        TEST(counts_minutes),
        TEST(warns_without_next_years_calendar),
        TEST(empty_and_hostile_logs),
        TEST(names),
        TEST(minutes_agree_with_counting),
        TEST(cards_agree_with_asking_every_morning),
        TEST(the_clock_never_runs_backwards),
        TEST(pauses_only_ever_help_the_unit),
        TEST(the_projection_comes_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
