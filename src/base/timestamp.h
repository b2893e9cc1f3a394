// SPDX-License-Identifier: Apache-2.0
// Moments are milliseconds UTC; days are days since 1970-01-01 in Beijing time (+08:00, no
// daylight saving in any year we compute). Only here is the offset known.
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIME_SECOND INT64_C(1000)
#define TIME_MINUTE (60 * TIME_SECOND)
#define TIME_HOUR (60 * TIME_MINUTE)
#define TIME_DAY (24 * TIME_HOUR)

// The clock on the wall; tests may freeze it with time_freeze (0 thaws).
int64_t time_now(void);
void time_freeze(int64_t ms);

struct civil {
    int year, month, day; // Beijing
    int hour, minute, second, ms;
    int weekday; // 1 Monday … 7 Sunday
};
struct civil time_civil(int64_t ms);
// Milliseconds of a Beijing date and time; fields are not checked.
int64_t time_from_civil(int year, int month, int day, int hour, int minute, int second);

int32_t time_to_day(int64_t ms);  // the Beijing day a moment falls on
int64_t time_of_day(int32_t day); // its first millisecond
int32_t day_from_civil(int year, int month, int day);
void day_to_civil(int32_t day, int *year, int *month, int *dom);
// So many months later (or earlier); the last day of the month where that day does not exist.
int32_t day_add_months(int32_t day, int months);
int day_weekday(int32_t day); // 1 Monday … 7 Sunday

// Strict "2026-02-12" with a real date.
bool day_parse(const char *s, int32_t *day);
const char *day_text(struct arena *a, int32_t day);
// Strict RFC 3339 with any offset; `T` and `Z` in either case.
bool time_parse(const char *s, int64_t *ms);
const char *time_rfc3339(struct arena *a, int64_t ms); // +08:00, ms only when not zero
// The same without an arena; returns the length.
#define TIME_TEXT_MAX 32
size_t time_format(char out[TIME_TEXT_MAX], int64_t ms);
// For people: "2026-11-23 10:05", and "11-23 10:05".
// The same into a buffer, with its NUL; gives its length.
size_t time_minute_format(char out[TIME_TEXT_MAX], int64_t ms);
const char *time_minute_text(struct arena *a, int64_t ms);
const char *time_short_text(struct arena *a, int64_t ms);

#endif
