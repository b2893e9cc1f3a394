// SPDX-License-Identifier: Apache-2.0
// Dates against the C library over four centuries and two eras; strict parsing; printing.
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct arena *a;

static int
set_up(void **state)
{
    a = arena_new(1 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static void
agrees_with_the_c_library(void **state)
{
    for (int32_t day = -150000; day < 150000; day++) {
        time_t t = (time_t)day * 86400;
        struct tm tm;
        gmtime_r(&t, &tm);
        int y;
        int m;
        int d;
        day_to_civil(day, &y, &m, &d);
        assert_int_equal(y, tm.tm_year + 1900);
        assert_int_equal(m, tm.tm_mon + 1);
        assert_int_equal(d, tm.tm_mday);
        assert_int_equal(day_from_civil(y, m, d), day);
        assert_int_equal(day_weekday(day), tm.tm_wday == 0 ? 7 : tm.tm_wday);
    }
}

static void
days_begin_at_beijing_midnight(void **state)
{
    int64_t midnight = time_from_civil(2026, 1, 1, 0, 0, 0);
    assert_true(midnight == INT64_C(1767196800000)); // 2025-12-31T16:00:00Z
    int32_t day = day_from_civil(2026, 1, 1);
    assert_int_equal(time_to_day(midnight), day);
    assert_int_equal(time_to_day(midnight - 1), day - 1);
    assert_int_equal(time_to_day(midnight + TIME_DAY - 1), day);
    assert_true(time_of_day(day) == midnight);
    struct civil c = time_civil(midnight - 1);
    assert_int_equal(c.year, 2025);
    assert_int_equal(c.hour, 23);
    assert_int_equal(c.ms, 999);
    assert_int_equal(c.weekday, 3);
    c = time_civil(-1); // before the epoch
    assert_int_equal(c.year, 1970);
    assert_int_equal(c.hour, 7);
    assert_int_equal(c.second, 59);
}

static void
parses_strict_dates(void **state)
{
    int32_t day = 0;
    assert_true(day_parse("2026-02-12", &day));
    assert_string_equal(day_text(a, day), "2026-02-12");
    assert_true(day_parse("2024-02-29", &day) && day_parse("2000-02-29", &day));
    static const char *const BAD[] = {
        "2026-02-29",  "2100-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
        "2026-1-01",   "2026-04-31", "20260212",   "2026/02/12", "2026-02-12 ",
        "2026-02-12T", "",           "0000-01-01", "-026-01-01", "２026-01-01",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (day_parse(BAD[i], &day)) {
            fail_msg("accepted: %s", BAD[i]);
        }
    }
    assert_false(day_parse(NULL, &day));
}

static void
parses_strict_rfc3339(void **state)
{
    int64_t want = time_from_civil(2026, 4, 30, 16, 0, 0);
    static const char *const SAME[] = {
        "2026-04-30T16:00:00+08:00", "2026-04-30t08:00:00z",
        "2026-04-30T08:00:00.000Z",  "2026-04-30T08:00:00-00:00",
        "2026-05-01T00:30:00+16:30", "2026-04-29T22:00:00.0009-10:00",
    };
    for (size_t i = 0; i < sizeof SAME / sizeof SAME[0]; i++) {
        int64_t ms = 0;
        assert_true(time_parse(SAME[i], &ms));
        assert_true(ms == want);
    }
    int64_t ms = 0;
    assert_true(time_parse("2026-04-30T16:00:00.123456+08:00", &ms) && ms == want + 123);
    static const char *const BAD[] = {
        "2026-04-30T16:00:00",
        "2026-04-30 16:00:00Z",
        "2026-04-30T16:00Z",
        "2026-04-30T24:00:00Z",
        "2026-04-30T16:60:00Z",
        "2026-04-30T16:00:60Z",
        "2026-04-30T16:00:00.Z",
        "2026-04-30T16:00:00+0800",
        "2026-04-30T16:00:00+8:00",
        "2026-04-30T16:00:00+24:00",
        "2026-04-30T16:00:00Zx",
        "2026-02-30T16:00:00Z",
        "2026-04-30T16:00:00,5Z",
        "2026-04-30",
        "",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        if (time_parse(BAD[i], &ms)) {
            fail_msg("accepted: %s", BAD[i]);
        }
    }
}

static void
prints_for_machines_and_people(void **state)
{
    int64_t ms = time_from_civil(2026, 11, 23, 10, 5, 9);
    assert_string_equal(time_rfc3339(a, ms), "2026-11-23T10:05:09+08:00");
    assert_string_equal(time_rfc3339(a, ms + 7), "2026-11-23T10:05:09.007+08:00");
    assert_string_equal(time_minute_text(a, ms), "2026-11-23 10:05");
    assert_string_equal(time_short_text(a, ms), "11-23 10:05");
    int64_t back = 0;
    assert_true(time_parse(time_rfc3339(a, ms + 7), &back) && back == ms + 7);
    // A hostile moment must not write past its buffer.
    assert_int_equal(strlen(time_rfc3339(a, INT64_C(999999999999999))), 29);
}

static void
freezes(void **state)
{
    time_freeze(12345);
    assert_true(time_now() == 12345);
    time_freeze(0);
    assert_true(time_now() > INT64_C(1600000000000));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(days_begin_at_beijing_midnight),
        cmocka_unit_test(parses_strict_dates),
        cmocka_unit_test(parses_strict_rfc3339),
        cmocka_unit_test(prints_for_machines_and_people),
        cmocka_unit_test(freezes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
