// SPDX-License-Identifier: Apache-2.0
// The table of rules, and those that belong to no module: counting working days,
// identity numbers.
#include "mod/rules.h"

#include "base/resident_id.h"
#include "base/text.h"
#include "base/workday.h"
#include "kit/rule.h"
#include "mod/demand/clock.h"
#include "mod/enterprise/enterprise.h"
#include "mod/post/post.h"

enum { WORKDAYS_MAX = 100000 };

static void
warn_uncovered(struct arena *a, struct value *out, int32_t from, int32_t to)
{
    int32_t day = workday_uncovered(from, to);
    if (day != INT32_MIN) {
        int year;
        int month;
        int dom;
        day_to_civil(day, &year, &month, &dom);
        value_set_text(a, out, "warning", arena_printf(a, "no_calendar:%d", year));
    }
}

// Only the days that were counted can be wrong for want of a calendar: not day 0, unless the
// question is about it.
static const struct value *
workday_date(struct arena *a, int32_t from, int days, struct faults *f)
{
    int32_t date = workday_add(from, days);
    if (date < day_from_civil(1, 1, 1) || date > day_from_civil(9999, 12, 31)) {
        return rule_fault(a, f, "range", "结果要在公元 1 年到 9999 年之间", "days");
    }
    struct value *out = value_map(a);
    value_set_text(a, out, "date", day_text(a, date));
    if (days < 0) {
        warn_uncovered(a, out, date, from - 1);
    } else {
        warn_uncovered(a, out, from + (days > 0), date);
    }
    return out;
}

static const struct value *
workday_span(struct arena *a, int32_t from, int32_t to)
{
    struct value *out = value_map(a);
    value_set_int(a, out, "days", workday_between(from, to));
    warn_uncovered(a, out, (from < to ? from : to) + 1, from < to ? to : from);
    return out;
}

static const struct value *
workday_rule(struct arena *a, const struct value *in, struct faults *f)
{
    int32_t from = 0;
    int32_t to = 0;
    int64_t days = 0;
    enum rule_read has_from = rule_day(a, in, "from", f, &from);
    enum rule_read has_to = rule_day(a, in, "to", f, &to);
    enum rule_read has_days = rule_int(a, in, "days", -WORKDAYS_MAX, WORKDAYS_MAX, f, &days);
    if (has_from == RULE_ABSENT) {
        rule_fault(a, f, "required", "要给出起算的日期", "from");
    }
    if ((has_to == RULE_ABSENT) == (has_days == RULE_ABSENT)) {
        rule_fault(a, f, "required", "days 和 to 要给出其中一个", "days");
    }
    if (has_from != RULE_READ || (has_to != RULE_READ && has_days != RULE_READ) ||
        has_to == has_days || has_to == RULE_BAD || has_days == RULE_BAD) {
        return NULL;
    }
    return has_to == RULE_READ ? workday_span(a, from, to)
                               : workday_date(a, from, (int)days, f);
}

static const struct value *
resident_id_rule(struct arena *a, const struct value *in, struct faults *f)
{
    static const char *const WORDS[] = {NULL, "length", "characters", "birth_date",
                                        "check_digit"};
    const char *given = value_get_text(in, "id");
    int32_t birth = 0;
    bool male = false;
    if (given == NULL) {
        return rule_fault(a, f, "required", "要给出身份证号", "id");
    }
    const char *id = text_upper(a, text_tidy(a, given, false));
    enum resident_id_fault fault = resident_id_check(id, &birth, &male);
    struct value *out = value_map(a);
    value_set_bool(a, out, "ok", fault == RESIDENT_ID_SOUND);
    if (fault != RESIDENT_ID_SOUND) {
        struct value *errors = value_list(a);
        value_push(a, errors, value_ref(a, WORDS[fault]));
        value_set(a, out, "errors", errors);
        return out;
    }
    value_set_text(a, out, "birth_date", day_text(a, birth));
    value_set_text(a, out, "sex", male ? "male" : "female");
    return out;
}

static const struct rule RULES[] = {
    {"workday", workday_rule},
    {"clock", clock_rule},
    {"uscc", uscc_rule},
    {"resident-id", resident_id_rule},
    {"enterprise-size", size_rule},
    {"post-check", post_check_rule},
    {"board-check", board_check_rule},
};

void
rules_register(void)
{
    rule_register(RULES, sizeof RULES / sizeof RULES[0]);
}
