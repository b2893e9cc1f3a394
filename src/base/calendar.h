// SPDX-License-Identifier: Apache-2.0
// The table that tools/calendar.mjs writes at build time. Only workday.c reads it.
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

struct calendar {
    int first_year, last_year;
    int32_t first_day, last_day; // days since 1970-01-01, both inside
    int32_t working;             // working days in the whole table
    const uint16_t *ranks;       // [day - first_day]: working days up to and including it
    const uint16_t *nth;         // [k - 1]: first_day plus this is the k-th working day
    const bool *held;            // [year - first_year]: the year's notice is in the table
};
extern const struct calendar CALENDAR;

#endif
