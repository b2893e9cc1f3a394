// SPDX-License-Identifier: Apache-2.0
// Every question is answered through two functions: the rank of a day (how many working days
// up to it) and the day of a rank. Both are one look-up inside the table and arithmetic on
// plain weekdays outside, so no answer costs more for a longer span.
#include "base/workday.h"

#include "base/calendar.h"

const struct office_hours OFFICE_HOURS = {.open = 9 * 60, .close = 17 * 60 + 30};

enum { SUNDAY = 3 }; // 1970-01-04

// Monday to Friday days in (SUNDAY, day]; negative before it.
static int64_t
weekday_rank(int64_t day)
{
    int64_t x = day - SUNDAY;
    int64_t weeks = x / 7 - (x % 7 < 0);
    int64_t rest = x - weeks * 7;
    return weeks * 5 + (rest < 5 ? rest : 5);
}

// The first day of that rank.
static int64_t
weekday_nth(int64_t rank)
{
    int64_t k = rank - 1;
    int64_t weeks = k / 5 - (k % 5 < 0);
    return SUNDAY + weeks * 7 + (k - weeks * 5) + 1;
}

// Working days from the start of the table up to and including the day; negative before.
static int64_t
rank_of(int64_t day)
{
    const struct calendar *c = &CALENDAR;
    if (day < c->first_day) {
        return weekday_rank(day) - weekday_rank(c->first_day - 1);
    }
    if (day > c->last_day) {
        return c->working + weekday_rank(day) - weekday_rank(c->last_day);
    }
    return c->ranks[day - c->first_day];
}

static int32_t
day_of_rank(int64_t rank)
{
    const struct calendar *c = &CALENDAR;
    int64_t day = 0;
    if (rank < 1) {
        day = weekday_nth(rank + weekday_rank(c->first_day - 1));
    } else if (rank > c->working) {
        day = weekday_nth(rank - c->working + weekday_rank(c->last_day));
    } else {
        day = c->first_day + c->nth[rank - 1];
    }
    return (int32_t)day;
}

bool
workday_has_calendar(int year)
{
    const struct calendar *c = &CALENDAR;
    return year >= c->first_year && year <= c->last_year && c->held[year - c->first_year];
}

bool
workday_is(int32_t day)
{
    return rank_of(day) != rank_of((int64_t)day - 1);
}

int32_t
workday_add(int32_t day, int n)
{
    if (n < 0) {
        return day_of_rank(rank_of((int64_t)day - 1) + n + 1);
    }
    if (n == 0) {
        return day_of_rank(rank_of((int64_t)day - 1) + 1);
    }
    return day_of_rank(rank_of(day) + n);
}

int
workday_between(int32_t from, int32_t to)
{
    return (int)(rank_of(to) - rank_of(from));
}

int32_t
workday_uncovered(int32_t from, int32_t to)
{
    while (from <= to) {
        int year;
        int month;
        int dom;
        day_to_civil(from, &year, &month, &dom);
        if (!workday_has_calendar(year)) {
            return from;
        }
        from = day_from_civil(year + 1, 1, 1);
    }
    return INT32_MIN;
}

int32_t
workday_start(const struct office_hours *h, int64_t ms)
{
    int32_t day = time_to_day(ms);
    return workday_is(day) && ms <= workday_close(h, day) ? day : workday_add(day, 1);
}

int64_t
workday_due(const struct office_hours *h, int64_t start_ms, int n)
{
    return workday_close(h, workday_add(workday_start(h, start_ms), n));
}

int64_t
workday_open(const struct office_hours *h, int32_t day)
{
    return time_of_day(day) + h->open * TIME_MINUTE;
}

int64_t
workday_close(const struct office_hours *h, int32_t day)
{
    return time_of_day(day) + h->close * TIME_MINUTE;
}

// Office time from the start of the table to the moment: its differences are durations.
static int64_t
position(const struct office_hours *h, int64_t ms)
{
    int64_t length = (h->close - h->open) * TIME_MINUTE;
    int32_t day = time_to_day(ms);
    int64_t before = rank_of((int64_t)day - 1);
    int64_t today = 0;
    if (rank_of(day) != before) {
        today = ms - workday_open(h, day);
        today = today < 0 ? 0 : today > length ? length : today;
    }
    return before * length + today;
}

int64_t
workday_ms(const struct office_hours *h, int64_t from, int64_t to)
{
    return to <= from ? 0 : position(h, to) - position(h, from);
}

int64_t
workday_minutes(const struct office_hours *h, int64_t from, int64_t to)
{
    return workday_ms(h, from, to) / TIME_MINUTE;
}
