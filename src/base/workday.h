// SPDX-License-Identifier: Apache-2.0
// Working days of the People's Republic of China: weekends, the State Council's holidays and
// make-up working days. Precedence: make-up day, then holiday, then weekday (domain.md §3).
#ifndef BASE_WORKDAY_H
#define BASE_WORKDAY_H

#include "base/timestamp.h"

#include <stdbool.h>
#include <stdint.h>

// Office hours in minutes after midnight, +08:00. Default 09:00–17:30, 510 minutes.
struct office_hours {
    int open;
    int close;
};
extern const struct office_hours OFFICE_HOURS;

// True for years whose notice we hold (2004–2026); others fall back to plain weekdays.
bool workday_has_calendar(int year);
bool workday_is(int32_t day);

// day + n working days: day 0 is not counted; n = 0 on a day off rolls forward; negative n
// counts back. Civil Code 201, 203.
int32_t workday_add(int32_t day, int n);
// Working days in (from, to]; negative when to < from.
int workday_between(int32_t from, int32_t to);
// The first day outside the calendars in the closed range, or INT32_MIN when all are inside.
int32_t workday_uncovered(int32_t from, int32_t to);

// Day 0 of a clock that starts at `ms`: that day, or the next working day when it is a day
// off or the moment is after closing time (17:30:00 itself still counts).
int32_t workday_start(const struct office_hours *h, int64_t ms);
// Closing time of the day `n` working days after day 0.
int64_t workday_due(const struct office_hours *h, int64_t start_ms, int n);
// Opening and closing time of a day, working or not.
int64_t workday_open(const struct office_hours *h, int32_t day);
int64_t workday_close(const struct office_hours *h, int32_t day);
// Office time in [from, to) in milliseconds, and in whole minutes; 0 when to ≤ from. All
// functions here take the same short time whatever the span.
int64_t workday_ms(const struct office_hours *h, int64_t from, int64_t to);
int64_t workday_minutes(const struct office_hours *h, int64_t from, int64_t to);

#endif
