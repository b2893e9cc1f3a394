// SPDX-License-Identifier: Apache-2.0
// The table of the 2017 rule and its one algorithm: the first of large, medium, small whose
// every listed lower bound is met, else micro. So a size is the least of its indicators' sizes.
#include "mod/enterprise/size.h"

#include "kit/rule.h"
#include "mod/enterprise/enterprise.h"
#include "mod/enterprise/industry.h"

#include <string.h>

const char *const SIZE_CODES[] = {"XS", "S", "M", "L", "N/A", "need_data"};

enum { INDICATORS = 3, LEVELS = 3 };

// Lower bounds of large, medium, small by indicator: people, 万元 of revenue, 万元 of assets.
// All zero: the indicator does not count.
struct bounds {
    const char *from, *to; // codes, compared as far as they go
    int32_t of[INDICATORS][LEVELS];
};

static const struct bounds TABLE[] = {
    {"01", "05", {{0}, {20000, 500, 50}}},                           // A
    {"06", "46", {{1000, 300, 20}, {40000, 2000, 300}}},             // B C D
    {"47", "50", {{0}, {80000, 6000, 300}, {80000, 5000, 300}}},     // E
    {"51", "51", {{200, 20, 5}, {40000, 5000, 1000}}},               // wholesale
    {"52", "52", {{300, 50, 10}, {20000, 500, 100}}},                // retail
    {"54", "58", {{1000, 300, 20}, {30000, 3000, 200}}},             // transport
    {"591", "591", {{1000, 300, 20}, {30000, 3000, 200}}},           //
    {"592", "599", {{200, 100, 20}, {30000, 1000, 100}}},            // storage
    {"60", "60", {{1000, 300, 20}, {30000, 2000, 100}}},             // post
    {"61", "62", {{300, 100, 10}, {10000, 2000, 100}}},              // hotels, catering
    {"63", "64", {{2000, 100, 10}, {100000, 1000, 100}}},            // transmission
    {"65", "65", {{300, 100, 10}, {10000, 1000, 50}}},               // software
    {"701", "701", {{0}, {200000, 1000, 100}, {10000, 5000, 2000}}}, // development
    {"702", "702", {{1000, 300, 100}, {5000, 1000, 500}}},           // property management
    {"703", "703", {{300, 100, 10}}},                                //
    {"709", "709", {{300, 100, 10}}},                                //
    {"71", "72", {{300, 100, 10}, {0}, {120000, 8000, 100}}},        // L
    {"73", "82", {{300, 100, 10}}},                                  // M N O
    {"85", "85", {{300, 100, 10}}},                                  //
    {"86", "90", {{300, 100, 10}}},                                  // R
};

// Finance has a standard of its own; education, health, government and the rest have none.
static const struct bounds OUTSIDE[] = {
    {"53", "53", {{0}}}, {"66", "69", {{0}}}, {"704", "704", {{0}}},
    {"83", "84", {{0}}}, {"91", "97", {{0}}},
};

static const struct bounds *
bounds_in(const struct bounds *table, size_t n, const char *code)
{
    for (size_t i = 0; i < n; i++) {
        size_t depth = strlen(table[i].from);
        if (strlen(code) >= depth && strncmp(code, table[i].from, depth) >= 0 &&
            strncmp(code, table[i].to, depth) <= 0) {
            return &table[i];
        }
    }
    return NULL;
}

// The bounds for a division or deeper; *outside when the rule does not reach it. Neither: the
// code is not deep enough, or no such group exists.
static const struct bounds *
bounds_of(const char *digits, bool *outside)
{
    *outside = bounds_in(OUTSIDE, sizeof OUTSIDE / sizeof *OUTSIDE, digits) != NULL;
    return bounds_in(TABLE, sizeof TABLE / sizeof *TABLE, digits);
}

// A section says as much as its divisions agree on.
static void
bounds_of_section(char section, const struct bounds **bounds, bool *outside)
{
    bool first = true, inside = false;
    for (size_t i = 0; i < sizeof INDUSTRIES / sizeof *INDUSTRIES; i++) {
        const char *code = INDUSTRIES[i].code;
        bool out;
        if (code[1] == '\0') {
            inside = code[0] == section;
            continue;
        }
        if (!inside) {
            continue;
        }
        const struct bounds *b = bounds_of(code, &out);
        if ((b == NULL && !out) || (!first && (b != *bounds || out != *outside))) {
            *bounds = NULL;
            *outside = false;
            return;
        }
        *bounds = b;
        *outside = out;
        first = false;
    }
}

static enum enterprise_size
level_of(const int32_t bounds[LEVELS], int64_t value, int64_t unit)
{
    for (int i = 0; i < LEVELS; i++) {
        if (value >= bounds[i] * unit) {
            return (enum enterprise_size)(SIZE_LARGE - i);
        }
    }
    return SIZE_MICRO;
}

static void
judge(const struct size_input *in, const struct bounds *b, enum enterprise_size *size,
      unsigned *missing)
{
    static const int64_t UNITS[INDICATORS] = {1, 10000, 10000};
    const int64_t values[INDICATORS] = {in->staff, in->revenue_yuan, in->assets_yuan};
    *size = SIZE_LARGE;
    for (int i = 0; i < INDICATORS; i++) {
        unsigned bit = 1U << i;
        if (b->of[i][0] == 0) {
            continue;
        }
        if ((in->known & bit) == 0) {
            *missing |= bit;
            continue;
        }
        enum enterprise_size level = level_of(b->of[i], values[i], UNITS[i]);
        *size = level < *size ? level : *size;
    }
    // What is unknown can only make it smaller, and nothing is smaller than micro.
    if (*size == SIZE_MICRO) {
        *missing = 0;
    } else if (*missing != 0) {
        *size = SIZE_UNKNOWN;
    }
}

bool
size_of(const struct size_input *in, enum enterprise_size *size, unsigned *missing)
{
    const struct bounds *b = NULL;
    bool outside = false;
    const char *digits = "";
    char section = in->industry == NULL ? '\0' : industry_section(in->industry, &digits);
    *missing = 0;
    *size = SIZE_UNKNOWN;
    if (in->industry != NULL && section == '\0') {
        return false;
    }
    if (*digits != '\0') {
        b = bounds_of(digits, &outside);
    } else if (section != '\0') {
        bounds_of_section(section, &b, &outside);
    }
    if (outside) {
        *size = SIZE_NONE;
    } else if (b == NULL) {
        *missing = SIZE_INDUSTRY;
        return strlen(digits) <= 2; // 705 and 590 do not exist
    } else {
        judge(in, b, size, missing);
    }
    return true;
}

// ---- the rule --------------------------------------------------------------------------

static const struct value *
answer(struct arena *a, enum enterprise_size size, unsigned missing)
{
    static const char *const NAMES[] = {"staff", "revenue_wan", "assets_wan", "industry"};
    struct value *out = value_map(a);
    struct value *list = value_list(a);
    for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if ((missing >> i & 1) != 0) {
            value_push(a, list, value_ref(a, NAMES[i]));
        }
    }
    value_set_text(a, out, "size", SIZE_CODES[size]);
    value_set(a, out, "missing", list);
    return out;
}

static bool
read_industry(struct arena *a, const struct value *in, struct faults *f, const char **industry)
{
    const struct value *v = value_get(in, "industry");
    *industry = NULL;
    if (v == NULL || v->type == VALUE_NULL) {
        return true;
    }
    if (v->type != VALUE_TEXT) {
        rule_fault(a, f, "type", "行业要写成门类字母或代码", "industry");
        return false;
    }
    *industry = v->s;
    return true;
}

const struct value *
size_rule(struct arena *a, const struct value *in, struct faults *f)
{
    struct size_input input = {0};
    enum enterprise_size size;
    unsigned missing;
    bool fine = read_industry(a, in, f, &input.industry);
    enum rule_read staff = rule_int(a, in, "staff", 0, INT32_MAX, f, &input.staff);
    enum rule_read revenue = rule_decimal(a, in, "revenue_wan", f, &input.revenue_yuan);
    enum rule_read assets = rule_decimal(a, in, "assets_wan", f, &input.assets_yuan);
    if (!fine || staff == RULE_BAD || revenue == RULE_BAD || assets == RULE_BAD) {
        return NULL;
    }
    input.known = (staff == RULE_READ ? SIZE_STAFF : 0U) |
                  (revenue == RULE_READ ? SIZE_REVENUE : 0U) |
                  (assets == RULE_READ ? SIZE_ASSETS : 0U);
    return size_of(&input, &size, &missing)
               ? answer(a, size, missing)
               : rule_fault(a, f, "industry", "没有这个行业代码（GB/T 4754-2017）", "industry");
}
