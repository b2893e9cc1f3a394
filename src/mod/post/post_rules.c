// SPDX-License-Identifier: Apache-2.0
// The rules about posts. Every one names the paragraph of the domain book it comes from; what
// another place sees differently is a setting.
#include "mod/post/post_rules.h"

#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

enum { MONTHS_IN_YEAR = 12, MONTH_TEXT = 7 };
enum { SUPERVISORS_LEAST = 3, SUPERVISORS_MOST = 9, OFFICERS_LEAST = 3 };
enum { DIRECTORS_PART = 3, STANDING_PART = 3, OFFICERS_PART = 3, OFFICERS_STANDING_PART = 2 };
enum { STANDING_FROM = 70 };

// §1: ≤2 consecutive terms, ≤70 and not nominated if turning 70 in the term (F:2); evaluation
// valid 3 years (F:12); term 3–5 years (F:4,6).
const struct post_limits POST_LIMITS = {.officer_terms = 2,
                                        .officer_age = 70,
                                        .grade_years = 3,
                                        .term_years = 5,
                                        .evaluation_needed = true};

#define CHARTER "domain.md §1 F:2"
#define EVALUATION "domain.md §1 F:12"
#define REGISTRATION "domain.md §1 F:1, Art 12"

const struct choice POST_RULES[] = {
    {.value = "term_cap", .label = "连任届数"},
    {.value = "age", .label = "年龄"},
    {.value = "evaluation", .label = "综合评价"},
    {.value = "incompatible", .label = "兼任"},
    {.value = "legal_representative", .label = "法定代表人"},
    {0},
};

struct collector {
    struct arena *a;
    struct post_reason *out;
    size_t n;
};

static void
because(struct collector *w, const struct post_reason *r)
{
    if (w->n < POST_REASONS_MOST) {
        w->out[w->n++] = *r;
    }
}

static const char *
number(struct collector *w, int64_t n)
{
    return arena_printf(w->a, "%lld", (long long)n);
}

// ---- one nomination --------------------------------------------------------------------

// The day of the n-th birthday; the first of the month when only the month is known: the
// benefit of the doubt is the office's to give, with a reason.
static bool
birthday(struct arena *a, const char *birth, int64_t n, int32_t *day)
{
    int32_t born;
    bool month = birth != NULL && strlen(birth) == MONTH_TEXT;
    if (birth == NULL || !day_parse(month ? arena_printf(a, "%s-01", birth) : birth, &born)) {
        return false;
    }
    *day = day_add_months(born, (int)n * MONTHS_IN_YEAR);
    return true;
}

static void
check_terms(struct collector *w, const struct post_limits *l, const struct post_nomination *n)
{
    if ((n->rung->is & POST_OFFICER) != 0 && !n->hired && n->body == POST_CHAMBER &&
        n->terms_before >= l->officer_terms) {
        because(w, &(struct post_reason){
                       .rule = "term_cap",
                       .field = "post",
                       .text = T("已经连任{0}届，这个职务连任不超过{1}届"),
                       .args = {number(w, n->terms_before), number(w, l->officer_terms)},
                       .source = CHARTER});
    }
}

static void
check_age(struct collector *w, const struct post_limits *l, const struct post_nomination *n)
{
    int32_t day;
    bool officer = (n->rung->is & POST_OFFICER) != 0 && n->body == POST_CHAMBER;
    if (!officer || !birthday(w->a, n->birth, l->officer_age, &day)) {
        return;
    }
    if (n->term_ends != 0 && day > n->on && day <= n->term_ends) {
        because(w,
                &(struct post_reason){.rule = "age",
                                      .field = "person_id",
                                      .text = T("任期内将满{0}周岁（{1}），不能提名"),
                                      .args = {number(w, l->officer_age),
                                               arena_printf(w->a, "%.7s", day_text(w->a, day))},
                                      .source = CHARTER});
    } else if (day <= n->on) {
        because(w, &(struct post_reason){.rule = "age",
                                         .field = "person_id",
                                         .text = T("提名时已满{0}周岁"),
                                         .args = {number(w, l->officer_age)},
                                         .source = CHARTER});
    }
}

// Full-time posts of the federation are cadres, whom other rules look at (D).
static void
check_evaluation(struct collector *w, const struct post_limits *l,
                 const struct post_nomination *n)
{
    struct post_reason r = {.rule = "evaluation", .field = "grade", .source = EVALUATION};
    bool cadre = n->body == POST_FEDERATION && n->full_time;
    if (!l->evaluation_needed || (n->rung->is & POST_EXECUTIVE) == 0 || cadre) {
        return;
    }
    if (n->grade == NULL) {
        r.text = T("没有综合评价，不能任执行职务：要有 A 或 B 等");
    } else if (strcmp(n->grade, "C") == 0) {
        r.text = T("综合评价为 C 等，不能任执行职务");
    } else if (n->graded_on == 0) {
        r.text = T("请填写评价日期，综合评价{0}年内有效");
        r.field = "graded_on";
    } else if (n->graded_on > n->on ||
               day_add_months(n->graded_on, (int)l->grade_years * MONTHS_IN_YEAR) < n->on) {
        r.text = n->graded_on > n->on ? T("评价日期在提名之后，提名时还没有综合评价")
                                      : T("综合评价超过{0}年，已经失效");
        r.field = "graded_on";
    } else {
        return;
    }
    r.args[0] = number(w, l->grade_years);
    because(w, &r);
}

// A supervisor watches over directors, the secretary-general and the accounts.
static void
check_incompatible(struct collector *w, const struct post_nomination *n)
{
    enum { WATCHED = POST_DIRECTOR | POST_SECRETARY | POST_ACCOUNTANT };
    unsigned is = post_is(n->rung, n->hired);
    bool clash = ((is & POST_SUPERVISOR) != 0 && (n->also & WATCHED) != 0) ||
                 ((is & WATCHED) != 0 && (n->also & POST_SUPERVISOR) != 0);
    if (clash) {
        because(w, &(struct post_reason){.rule = "incompatible",
                                         .field = "post",
                                         .text = T("现任{0}：监事不能兼任理事、秘书长和会计"),
                                         .args = {n->also_text == NULL ? "" : n->also_text},
                                         .source = CHARTER});
    }
}

static void
check_representative(struct collector *w, const struct post_nomination *n)
{
    if (n->legal_representative && n->elsewhere != NULL) {
        because(w, &(struct post_reason){
                       .rule = "legal_representative",
                       .field = "legal_representative",
                       .text = T("已经是{0}的法定代表人，不能再担任别的社会团体的"),
                       .args = {n->elsewhere},
                       .source = REGISTRATION});
    }
}

size_t
post_check(struct arena *a, const struct post_limits *l, const struct post_nomination *n,
           struct post_reason out[POST_REASONS_MOST])
{
    struct collector w = {.a = a, .out = out};
    check_terms(&w, l, n);
    check_age(&w, l, n);
    check_evaluation(&w, l, n);
    check_incompatible(&w, n);
    check_representative(&w, n);
    return w.n;
}

// ---- a board ---------------------------------------------------------------------------

static void
find(struct collector *w, const char *rule, const char *text, int64_t x, int64_t y, int64_t z)
{
    because(w, &(struct post_reason){.rule = rule,
                                     .text = text,
                                     .args = {number(w, x), number(w, y), number(w, z)},
                                     .source = CHARTER});
}

static void
check_directors(struct collector *w, const struct post_board *b)
{
    int64_t base = b->delegates > 0 ? b->delegates : b->members;
    if (b->directors > 0 && b->directors % 2 == 0) {
        find(w, "directors_odd", T("理事 {0} 人，应为单数"), b->directors, 0, 0);
    }
    if (base > 0 && b->directors * DIRECTORS_PART > base) {
        find(w, "directors_share",
             b->delegates > 0 ? T("理事 {0} 人，超过会员代表 {1} 人的三分之一（最多 {2} 人）")
                              : T("理事 {0} 人，超过会员 {1} 人的三分之一（最多 {2} 人）"),
             b->directors, base, base / DIRECTORS_PART);
    }
}

static void
check_standing(struct collector *w, const struct post_board *b)
{
    if (b->standing > 0 && b->standing % 2 == 0) {
        find(w, "standing_odd", T("常务理事 {0} 人，应为单数"), b->standing, 0, 0);
    }
    if (b->standing * STANDING_PART > b->directors && b->standing > 0) {
        find(w, "standing_share",
             T("常务理事 {0} 人，超过理事 {1} 人的三分之一（最多 {2} 人）"), b->standing,
             b->directors, b->directors / STANDING_PART);
    }
    if (b->standing == 0 && b->directors >= STANDING_FROM) {
        find(w, "standing_missing", T("理事 {0} 人，满 {1} 人应设常务理事会"), b->directors,
             STANDING_FROM, 0);
    }
}

// ≤⅓ of directors, or ≤½ of the standing ones where there are some.
static void
check_officers(struct collector *w, const struct post_board *b)
{
    if (b->presidents == 0) {
        find(w, "president_missing", T("会长空缺"), 0, 0, 0);
    }
    if (b->officers < OFFICERS_LEAST) {
        find(w, "officers_few", T("负责人 {0} 人，不少于 {1} 人"), b->officers, OFFICERS_LEAST,
             0);
    }
    if (b->standing > 0 && b->officers * OFFICERS_STANDING_PART > b->standing) {
        find(w, "officers_share",
             T("负责人 {0} 人，超过常务理事 {1} 人的二分之一（最多 {2} 人）"), b->officers,
             b->standing, b->standing / OFFICERS_STANDING_PART);
    } else if (b->standing == 0 && b->officers * OFFICERS_PART > b->directors) {
        find(w, "officers_share", T("负责人 {0} 人，超过理事 {1} 人的三分之一（最多 {2} 人）"),
             b->officers, b->directors, b->directors / OFFICERS_PART);
    }
}

static void
check_supervisors(struct collector *w, const struct post_board *b)
{
    if (b->supervisors < SUPERVISORS_LEAST || b->supervisors > SUPERVISORS_MOST) {
        find(w, "supervisors_number", T("监事 {0} 人，应为 {1} 至 {2} 人"), b->supervisors,
             SUPERVISORS_LEAST, SUPERVISORS_MOST);
    } else if (b->supervisors % 2 == 0) {
        find(w, "supervisors_odd", T("监事 {0} 人，应为单数"), b->supervisors, 0, 0);
    }
}

size_t
post_board_check(struct arena *a, const struct post_board *b,
                 struct post_reason out[POST_REASONS_MOST])
{
    struct collector w = {.a = a, .out = out};
    check_directors(&w, b);
    check_standing(&w, b);
    check_officers(&w, b);
    check_supervisors(&w, b);
    return w.n;
}

// ---- reminders -------------------------------------------------------------------------

const int POST_REMINDERS[] = {12, 6, 3, 0};

int
post_reminder(int32_t today, int32_t closes_on)
{
    int due = -1;
    for (const int *months = POST_REMINDERS; *months != 0; months++) {
        if (today >= day_add_months(closes_on, -*months)) {
            due = *months;
        }
    }
    return today > closes_on ? 0 : due;
}
