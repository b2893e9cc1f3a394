// SPDX-License-Identifier: Apache-2.0
// Civil dates by arithmetic on 400-year eras counted from 1 March, so that the leap day is
// the last of its year; no table, no tz database, no locale.
#include "base/timestamp.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

enum { ERA_DAYS = 146097, EPOCH_DAYS = 719468 }; // 0000-03-01 to 1970-01-01

#define BEIJING (8 * TIME_HOUR)

static _Atomic int64_t frozen;

int64_t
time_now(void)
{
    int64_t ms = atomic_load_explicit(&frozen, memory_order_relaxed);
    if (ms != 0) {
        return ms;
    }
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * TIME_SECOND + ts.tv_nsec / 1000000;
}

void
time_freeze(int64_t ms)
{
    atomic_store(&frozen, ms);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int32_t
day_from_civil(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (int32_t)(era * ERA_DAYS + days - EPOCH_DAYS);
}

void
day_to_civil(int32_t day, int *year, int *month, int *dom)
{
    int64_t z = (int64_t)day + EPOCH_DAYS;
    int64_t era = floor_div(z, ERA_DAYS);
    int64_t doe = z - era * ERA_DAYS;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *dom = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

int32_t
day_add_months(int32_t day, int months)
{
    enum { MONTHS = 12 };
    int year, month, dom;
    day_to_civil(day, &year, &month, &dom);
    int64_t count = (int64_t)year * MONTHS + month - 1 + months;
    year = (int)floor_div(count, MONTHS);
    month = (int)(count - (int64_t)year * MONTHS) + 1;
    int32_t next =
        month == MONTHS ? day_from_civil(year + 1, 1, 1) : day_from_civil(year, month + 1, 1);
    int32_t last = next - 1, same = day_from_civil(year, month, dom);
    return same > last ? last : same;
}

int
day_weekday(int32_t day)
{
    int64_t z = ((int64_t)day + 3) % 7; // 1970-01-01 was a Thursday
    return (int)(z < 0 ? z + 8 : z + 1);
}

int32_t
time_to_day(int64_t ms)
{
    return (int32_t)floor_div(ms + BEIJING, TIME_DAY);
}

int64_t
time_of_day(int32_t day)
{
    return day * TIME_DAY - BEIJING;
}

struct civil
time_civil(int64_t ms)
{
    struct civil c;
    int32_t day = time_to_day(ms);
    day_to_civil(day, &c.year, &c.month, &c.day);
    c.weekday = day_weekday(day);
    int rest = (int)(ms - time_of_day(day));
    c.hour = rest / (int)TIME_HOUR;
    c.minute = rest / (int)TIME_MINUTE % 60;
    c.second = rest / (int)TIME_SECOND % 60;
    c.ms = rest % (int)TIME_SECOND;
    return c;
}

int64_t
time_from_civil(int year, int month, int day, int hour, int minute, int second)
{
    return time_of_day(day_from_civil(year, month, day)) + hour * TIME_HOUR +
           minute * TIME_MINUTE + second * TIME_SECOND;
}

// Reads exactly n digits; moves *s past them.
static bool
digits(const char **s, int n, int *out)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        v = v * 10 + (c - '0');
    }
    *s += n;
    *out = v;
    return true;
}

static bool
skip(const char **s, char c)
{
    if (**s != c) {
        return false;
    }
    ++*s;
    return true;
}

static int
month_days(int year, int month)
{
    static const unsigned char DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return DAYS[month - 1] + (month == 2 && leap);
}

static bool
parse_date(const char **s, int32_t *day)
{
    int y = 0;
    int m = 0;
    int d = 0;
    if (!digits(s, 4, &y) || !skip(s, '-') || !digits(s, 2, &m) || !skip(s, '-') ||
        !digits(s, 2, &d)) {
        return false;
    }
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > month_days(y, m)) {
        return false;
    }
    *day = day_from_civil(y, m, d);
    return true;
}

bool
day_parse(const char *s, int32_t *day)
{
    int32_t parsed = 0;
    if (s == NULL || !parse_date(&s, &parsed) || *s != '\0') {
        return false;
    }
    *day = parsed;
    return true;
}

static bool
parse_clock(const char **s, int64_t *ms)
{
    int h = 0;
    int m = 0;
    int sec = 0;
    if (!digits(s, 2, &h) || !skip(s, ':') || !digits(s, 2, &m) || !skip(s, ':') ||
        !digits(s, 2, &sec) || h > 23 || m > 59 || sec > 59) {
        return false;
    }
    *ms = h * TIME_HOUR + m * TIME_MINUTE + sec * TIME_SECOND;
    if (!skip(s, '.')) {
        return true;
    }
    int64_t unit = 100;
    const char *from = *s;
    for (; **s >= '0' && **s <= '9'; ++*s) {
        *ms += unit * (**s - '0');
        unit /= 10;
    }
    return *s != from;
}

static bool
parse_offset(const char **s, int64_t *ms)
{
    if (skip(s, 'Z') || skip(s, 'z')) {
        *ms = 0;
        return true;
    }
    int sign = **s == '-' ? -1 : 1;
    int h = 0;
    int m = 0;
    if ((!skip(s, '+') && !skip(s, '-')) || !digits(s, 2, &h) || !skip(s, ':') ||
        !digits(s, 2, &m) || h > 23 || m > 59) {
        return false;
    }
    *ms = sign * (h * TIME_HOUR + m * TIME_MINUTE);
    return true;
}

bool
time_parse(const char *s, int64_t *ms)
{
    int32_t day = 0;
    int64_t clock = 0;
    int64_t offset = 0;
    if (s == NULL || !parse_date(&s, &day) || (!skip(&s, 'T') && !skip(&s, 't')) ||
        !parse_clock(&s, &clock) || !parse_offset(&s, &offset) || *s != '\0') {
        return false;
    }
    *ms = day * TIME_DAY + clock - offset;
    return true;
}

static char *
put(char *p, int v, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        p[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return p + width;
}

// A year outside 0–9999 has no RFC 3339 text; it is printed at the nearest end.
static char *
put_date(char *p, int year, int month, int dom)
{
    p = put(p, year < 0 ? 0 : year > 9999 ? 9999 : year, 4);
    *p++ = '-';
    p = put(p, month, 2);
    *p++ = '-';
    return put(p, dom, 2);
}

enum { DATE_TEXT = 10 };

// A page says a few days over and over, so a thread keeps the last ones that it wrote.
static char *
copy_date(char *p, int32_t day)
{
    enum { KEPT = 16 };
    static _Thread_local struct {
        char text[DATE_TEXT + 2]; // empty: none
        int32_t day;
    } kept[KEPT];
    unsigned i = (uint32_t)day % KEPT;
    if (kept[i].day != day || kept[i].text[0] == '\0') {
        int y, m, d;
        day_to_civil(day, &y, &m, &d);
        put_date(kept[i].text, y, m, d);
        kept[i].day = day;
    }
    memcpy(p, kept[i].text, DATE_TEXT);
    return p + DATE_TEXT;
}

static char *
put_pair(char *p, unsigned v)
{
    p[0] = (char)('0' + v / 10);
    p[1] = (char)('0' + v % 10);
    return p + 2;
}

// "14:05" of the milliseconds since midnight.
static char *
put_minute(char *p, unsigned ms)
{
    p = put_pair(p, ms / (unsigned)TIME_HOUR);
    *p++ = ':';
    return put_pair(p, ms / (unsigned)TIME_MINUTE % 60);
}

size_t
time_format(char out[TIME_TEXT_MAX], int64_t ms)
{
    int32_t day = time_to_day(ms);
    unsigned rest = (unsigned)(ms - time_of_day(day));
    char *p = copy_date(out, day);
    *p++ = 'T';
    p = put_minute(p, rest);
    *p++ = ':';
    p = put_pair(p, rest / (unsigned)TIME_SECOND % 60);
    if (rest % (unsigned)TIME_SECOND != 0) {
        *p++ = '.';
        p = put(p, (int)(rest % (unsigned)TIME_SECOND), 3);
    }
    memcpy(p, "+08:00", sizeof "+08:00");
    return (size_t)(p - out) + sizeof "+08:00" - 1;
}

const char *
time_rfc3339(struct arena *a, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    size_t n = time_format(text, ms);
    return arena_strndup(a, text, n);
}

const char *
day_text(struct arena *a, int32_t day)
{
    char text[DATE_TEXT];
    copy_date(text, day);
    return arena_strndup(a, text, sizeof text);
}

size_t
time_minute_format(char out[TIME_TEXT_MAX], int64_t ms)
{
    int32_t day = time_to_day(ms);
    char *p = copy_date(out, day);
    *p++ = ' ';
    p = put_minute(p, (unsigned)(ms - time_of_day(day)));
    *p = '\0';
    return (size_t)(p - out);
}

const char *
time_minute_text(struct arena *a, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    size_t n = time_minute_format(text, ms);
    return arena_strndup(a, text, n);
}

const char *
time_short_text(struct arena *a, int64_t ms)
{
    return time_minute_text(a, ms) + 5;
}
