// SPDX-License-Identifier: Apache-2.0
// The calendar against the State Council's notices as written in domain.md §3, and every
// function against the slow way: walking day by day, minute by minute.
#include "base/workday.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct span {
    int from_month, from_day, to_month, to_day;
};

static const struct span OFF_2025[] = {{1, 1, 1, 1}, {1, 28, 2, 4}, {4, 4, 4, 6},
                                       {5, 1, 5, 5}, {5, 31, 6, 2}, {10, 1, 10, 8}};
static const struct span ON_2025[] = {
    {1, 26, 1, 26}, {2, 8, 2, 8}, {4, 27, 4, 27}, {9, 28, 9, 28}, {10, 11, 10, 11}};
static const struct span OFF_2026[] = {{1, 1, 1, 3},  {2, 15, 2, 23}, {4, 4, 4, 6},
                                       {5, 1, 5, 5},  {6, 19, 6, 21}, {9, 25, 9, 27},
                                       {10, 1, 10, 7}};
static const struct span ON_2026[] = {{1, 4, 1, 4}, {2, 14, 2, 14}, {2, 28, 2, 28},
                                      {5, 9, 5, 9}, {9, 20, 9, 20}, {10, 10, 10, 10}};

static bool
inside(const struct span *spans, size_t n, int year, int32_t day)
{
    for (size_t i = 0; i < n; i++) {
        if (day >= day_from_civil(year, spans[i].from_month, spans[i].from_day) &&
            day <= day_from_civil(year, spans[i].to_month, spans[i].to_day)) {
            return true;
        }
    }
    return false;
}

static void
check_year(int year, const struct span *off, size_t off_n, const struct span *on, size_t on_n)
{
    int working = 0;
    for (int32_t d = day_from_civil(year, 1, 1); d < day_from_civil(year + 1, 1, 1); d++) {
        bool want =
            inside(on, on_n, year, d) || (!inside(off, off_n, year, d) && day_weekday(d) <= 5);
        if (workday_is(d) != want) {
            fail_msg("day %d of %d", d - day_from_civil(year, 1, 1) + 1, year);
        }
        working += want;
    }
    assert_int_equal(working, 248);
    assert_int_equal(
        workday_between(day_from_civil(year - 1, 12, 31), day_from_civil(year, 12, 31)), 248);
}

#define COUNT(x) (sizeof(x) / sizeof(x)[0])

static void
every_day_of_2025_and_2026(void **state)
{
    check_year(2025, OFF_2025, COUNT(OFF_2025), ON_2025, COUNT(ON_2025));
    check_year(2026, OFF_2026, COUNT(OFF_2026), ON_2026, COUNT(ON_2026));
}

static int32_t
day(const char *s)
{
    int32_t d = 0;
    assert_true(day_parse(s, &d));
    return d;
}

static void
adds_as_the_rule_book_says(void **state)
{
    assert_int_equal(workday_add(day("2026-02-12"), 5), day("2026-02-26"));
    assert_int_equal(workday_add(day("2026-02-14"), 5), day("2026-02-28"));
    assert_int_equal(workday_add(day("2026-04-30"), 3), day("2026-05-08"));
    assert_int_equal(workday_add(day("2026-09-30"), 5), day("2026-10-13"));
    assert_int_equal(workday_add(day("2026-10-01"), 0), day("2026-10-08"));
    assert_int_equal(workday_add(day("2026-10-08"), 0), day("2026-10-08"));
    assert_int_equal(workday_add(day("2026-02-26"), -5), day("2026-02-12"));
    assert_int_equal(workday_add(day("2026-02-20"), -1), day("2026-02-14"));
}

static int32_t
slow_add(int32_t d, int n)
{
    int step = n < 0 ? -1 : 1;
    if (n == 0) {
        while (!workday_is(d)) {
            d++;
        }
        return d;
    }
    for (; n != 0; n -= step) {
        do {
            d += step;
        } while (!workday_is(d));
    }
    return d;
}

// From before the table to after it, so that both seams are crossed.
static void
agrees_with_walking(void **state)
{
    for (int32_t d = day("2003-11-01"); d < day("2027-03-01"); d += 3) {
        for (int n = -40; n <= 40; n += 7) {
            assert_int_equal(workday_add(d, n), slow_add(d, n));
        }
        assert_int_equal(workday_add(d, 0), slow_add(d, 0));
        int count = 0;
        for (int32_t e = d + 1; e < d + 60; e++) {
            count += workday_is(e);
            assert_int_equal(workday_between(d, e), count);
            assert_int_equal(workday_between(e, d), -count);
        }
    }
}

static void
weekdays_outside_the_table(void **state)
{
    for (int32_t d = day("0001-01-01"); d < day("2004-01-01"); d += 11) {
        assert_int_equal(workday_is(d), day_weekday(d) <= 5);
    }
    for (int32_t d = day("2027-01-01"); d < day("2040-01-01"); d++) {
        assert_int_equal(workday_is(d), day_weekday(d) <= 5);
    }
    assert_int_equal(workday_add(day("2003-12-31"), 1), day("2004-01-02"));
    assert_int_equal(workday_add(day("2026-12-31"), 1), day("2027-01-01")); // a Friday
}

static void
tells_where_the_calendar_ends(void **state)
{
    assert_true(workday_has_calendar(2004) && workday_has_calendar(2026));
    assert_false(workday_has_calendar(2003) || workday_has_calendar(2027));
    assert_int_equal(workday_uncovered(day("2004-01-01"), day("2026-12-31")), INT32_MIN);
    assert_int_equal(workday_uncovered(day("2026-12-31"), day("2027-01-01")),
                     day("2027-01-01"));
    assert_int_equal(workday_uncovered(day("2003-12-31"), day("2004-01-01")),
                     day("2003-12-31"));
    assert_int_equal(workday_uncovered(day("2026-12-31"), day("9999-12-31")),
                     day("2027-01-01"));
    assert_int_equal(workday_uncovered(day("2030-01-01"), day("2029-01-01")), INT32_MIN);
}

static void
clocks_start_the_next_day_after_closing(void **state)
{
    const struct office_hours *h = &OFFICE_HOURS;
    int64_t four = time_from_civil(2026, 4, 30, 16, 0, 0);
    int64_t closing = time_from_civil(2026, 4, 30, 17, 30, 0);
    assert_int_equal(workday_start(h, four), day("2026-04-30"));
    assert_int_equal(workday_start(h, closing), day("2026-04-30"));
    assert_int_equal(workday_start(h, closing + 1), day("2026-05-06"));
    assert_int_equal(workday_start(h, time_from_civil(2026, 5, 1, 23, 0, 0)),
                     day("2026-05-06"));
    assert_int_equal(workday_start(h, time_from_civil(2026, 5, 6, 0, 0, 0)), day("2026-05-06"));
    assert_true(workday_due(h, four, 1) == time_from_civil(2026, 5, 6, 17, 30, 0));
    assert_true(workday_due(h, closing + 1, 1) == time_from_civil(2026, 5, 7, 17, 30, 0));
}

static void
minutes_agree_with_counting(void **state)
{
    const struct office_hours hours[] = {OFFICE_HOURS, {.open = 8 * 60 + 30, .close = 12 * 60}};
    for (size_t k = 0; k < COUNT(hours); k++) {
        const struct office_hours *h = &hours[k];
        int64_t from = time_from_civil(2026, 2, 13, 7, 0, 0);
        int64_t want = 0;
        for (int64_t t = from; t < from + 20 * TIME_DAY; t += TIME_MINUTE) {
            assert_true(workday_minutes(h, from, t) == want);
            int32_t d = time_to_day(t);
            int minute = (int)((t - time_of_day(d)) / TIME_MINUTE);
            want += workday_is(d) && minute >= h->open && minute < h->close;
        }
    }
    int64_t t = time_from_civil(2026, 3, 2, 9, 0, 30);
    assert_true(workday_ms(&OFFICE_HOURS, t, t + 1500) == 1500);
    assert_true(workday_minutes(&OFFICE_HOURS, t, t + 59999) == 0);
    assert_true(workday_minutes(&OFFICE_HOURS, t, t - 1) == 0);
    assert_true(workday_minutes(&OFFICE_HOURS, time_from_civil(2025, 12, 31, 0, 0, 0),
                                time_from_civil(2026, 12, 31, 0, 0, 0)) == 248 * 510);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_2025_and_2026),
        cmocka_unit_test(adds_as_the_rule_book_says),
        cmocka_unit_test(agrees_with_walking),
        cmocka_unit_test(weekdays_outside_the_table),
        cmocka_unit_test(tells_where_the_calendar_ends),
        cmocka_unit_test(clocks_start_the_next_day_after_closing),
        cmocka_unit_test(minutes_agree_with_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
