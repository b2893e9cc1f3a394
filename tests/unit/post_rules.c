// SPDX-License-Identifier: Apache-2.0
// The rules about posts at their bounds: the last day that passes and the first that does not.
#include "mod/post/post_rules.h"

#include "base/timestamp.h"
#include "kit/ctx.h"
#include "mod/org/org.h"
#include "mod/post/post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static int32_t
day(const char *s)
{
    int32_t d;
    assert_true(day_parse(s, &d));
    return d;
}

// A president nobody can object to.
static struct post_nomination
president(void)
{
    return (struct post_nomination){.body = POST_CHAMBER,
                                    .rung = post_rung("president"),
                                    .on = day("2026-11-23"),
                                    .term_ends = day("2031-11-22"),
                                    .birth = "1975-03",
                                    .grade = "B",
                                    .graded_on = day("2025-01-10")};
}

// The rules that stand against it, "" for none.
static const char *
against(const struct post_nomination *n)
{
    struct post_reason r[POST_REASONS_MOST];
    size_t count = post_check(a, &POST_LIMITS, n, r);
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        assert_non_null(choice_find(POST_RULES, r[i].rule));
        assert_non_null(r[i].source);
        assert_non_null(r[i].field);
        text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : " ", r[i].rule);
    }
    return text;
}

static void
a_third_term_in_a_row(void **state)
{
    struct post_nomination n = president();
    n.terms_before = 1;
    assert_string_equal(against(&n), "");
    n.terms_before = 2;
    assert_string_equal(against(&n), "term_cap");
    n.rung = post_rung("director"); // not an officer
    assert_string_equal(against(&n), "");
    n.rung = post_rung("secretary_general");
    assert_string_equal(against(&n), "term_cap");
    n.hired = true;
    assert_string_equal(against(&n), "");
    n.rung = post_rung("chair"); // the federation has its own rules
    n.hired = false;
    n.body = POST_FEDERATION;
    assert_string_equal(against(&n), "");
}

static void
seventy_in_the_term(void **state)
{
    struct post_nomination n = president();
    n.birth = "1961-11-23"; // 70 on the day after the end
    assert_string_equal(against(&n), "");
    n.birth = "1961-11-22";
    assert_string_equal(against(&n), "age");
    n.birth = "1961-11"; // only the month: perhaps in the term
    assert_string_equal(against(&n), "age");
    n.birth = "1961-12";
    assert_string_equal(against(&n), "");
    n.birth = "1956-11-23"; // 70 today
    assert_string_equal(against(&n), "age");
    n.term_ends = 0;
    assert_string_equal(against(&n), "age");
    n.birth = "1956-11-24"; // tomorrow, and nobody knows of a term
    assert_string_equal(against(&n), "");
    n.birth = NULL;
    assert_string_equal(against(&n), "");
    n.birth = "1940-01";
    n.rung = post_rung("honorary_president");
    assert_string_equal(against(&n), "");
}

static void
an_evaluation_that_holds(void **state)
{
    struct post_nomination n = president();
    n.graded_on = day("2023-11-23");
    assert_string_equal(against(&n), "");
    n.graded_on = day("2023-11-22");
    assert_string_equal(against(&n), "evaluation");
    n.graded_on = day("2026-11-24");
    assert_string_equal(against(&n), "evaluation");
    n.graded_on = 0;
    assert_string_equal(against(&n), "evaluation");
    n = president();
    n.grade = "A";
    assert_string_equal(against(&n), "");
    n.grade = "C";
    assert_string_equal(against(&n), "evaluation");
    n.grade = NULL;
    assert_string_equal(against(&n), "evaluation");
    n.rung = post_rung("secretary_general"); // no executive post
    assert_string_equal(against(&n), "");
    n.rung = post_rung("parttime_vice_chair");
    n.body = POST_FEDERATION;
    assert_string_equal(against(&n), "evaluation");
    n.full_time = true; // a cadre
    assert_string_equal(against(&n), "");
}

static void
the_evaluation_can_be_switched_off(void **state)
{
    struct post_reason r[POST_REASONS_MOST];
    struct post_limits l = POST_LIMITS;
    struct post_nomination n = president();
    n.grade = NULL;
    assert_int_equal(post_check(a, &l, &n, r), 1);
    l.evaluation_needed = false;
    assert_int_equal(post_check(a, &l, &n, r), 0);
}

static void
supervisors_keep_apart(void **state)
{
    struct post_nomination n = president();
    n.rung = post_rung("board_supervisor");
    n.also = post_is(post_rung("director"), false);
    assert_string_equal(against(&n), "incompatible");
    n.also = post_is(post_rung("secretary_general"), true); // hired, but still she
    assert_string_equal(against(&n), "incompatible");
    n.also = post_is(post_rung("accountant"), true);
    assert_string_equal(against(&n), "incompatible");
    n.also = post_is(post_rung("honorary_president"), false);
    assert_string_equal(against(&n), "");
    n = president(); // and the other way round
    n.also = POST_SUPERVISOR;
    assert_string_equal(against(&n), "incompatible");
}

static void
one_legal_representative(void **state)
{
    struct post_nomination n = president();
    n.elsewhere = "云溪镇商会";
    assert_string_equal(against(&n), "");
    n.legal_representative = true;
    assert_string_equal(against(&n), "legal_representative");
    n.elsewhere = NULL;
    assert_string_equal(against(&n), "");
}

static const char *
found(const struct post_board *b)
{
    struct post_reason r[POST_REASONS_MOST];
    size_t count = post_board_check(a, b, r);
    const char *text = "";
    for (size_t i = 0; i < count; i++) {
        text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : " ", r[i].rule);
    }
    return text;
}

static void
a_board_and_its_numbers(void **state)
{
    struct post_board b = {.members = 81,
                           .delegates = -1,
                           .directors = 27,
                           .officers = 9,
                           .supervisors = 3,
                           .presidents = 1};
    assert_string_equal(found(&b), "");
    b.members = 80;
    assert_string_equal(found(&b), "directors_share");
    b.delegates = 81; // compared with the delegates where there are some
    assert_string_equal(found(&b), "");
    b.directors = 28;
    assert_string_equal(found(&b), "directors_odd directors_share");
    b.directors = 27;
    b.officers = 10;
    assert_string_equal(found(&b), "officers_share");
    b.officers = 2;
    assert_string_equal(found(&b), "officers_few");
    b.officers = 9;
    b.supervisors = 1;
    assert_string_equal(found(&b), "supervisors_number");
    b.supervisors = 4;
    assert_string_equal(found(&b), "supervisors_odd");
    b.supervisors = 9;
    assert_string_equal(found(&b), "");
    b.supervisors = 11;
    assert_string_equal(found(&b), "supervisors_number");
    b.supervisors = 3;
    b.presidents = 0;
    assert_string_equal(found(&b), "president_missing");
}

static void
a_standing_board(void **state)
{
    struct post_board b = {.members = 400,
                           .delegates = -1,
                           .directors = 69,
                           .officers = 11,
                           .supervisors = 5,
                           .presidents = 1};
    assert_string_equal(found(&b), "");
    b.directors = 71;
    assert_string_equal(found(&b), "standing_missing");
    b.standing = 23;
    assert_string_equal(found(&b), "");
    b.standing = 24;
    assert_string_equal(found(&b), "standing_odd standing_share");
    b.standing = 21; // officers at most half of it
    assert_string_equal(found(&b), "officers_share");
}

static void
months_and_reminders(void **state)
{
    assert_int_equal(day_add_months(day("2024-02-29"), 12), day("2025-02-28"));
    assert_int_equal(day_add_months(day("2026-01-31"), 1), day("2026-02-28"));
    assert_int_equal(day_add_months(day("2026-01-31"), -2), day("2025-11-30"));
    assert_int_equal(day_add_months(day("2026-12-31"), -12), day("2025-12-31"));
    int32_t end = day("2027-05-31");
    assert_int_equal(post_reminder(day("2026-05-30"), end), -1);
    assert_int_equal(post_reminder(day("2026-05-31"), end), 12);
    assert_int_equal(post_reminder(day("2026-11-29"), end), 12);
    assert_int_equal(post_reminder(day("2026-11-30"), end), 6);
    assert_int_equal(post_reminder(day("2027-02-27"), end), 6);
    assert_int_equal(post_reminder(day("2027-02-28"), end), 3);
    assert_int_equal(post_reminder(end, end), 3);
    assert_int_equal(post_reminder(end + 1, end), 0);
}

// One table, three bodies: no rung without a body, no code twice, a body for every kind of
// organisation but departments.
static void
the_ladder_is_whole(void **state)
{
    for (size_t i = 0; i < post_rung_count(); i++) {
        const struct post_rung *r = post_rung_at(i);
        assert_int_not_equal(r->bodies, 0);
        assert_int_equal(post_rank(r->code), i);
        assert_string_equal(choice_find(POST_CODES, r->code)->label, r->label);
    }
    assert_null(post_rung("emperor"));
    assert_null(post_rung(NULL));
    for (const struct choice *k = ORG_KINDS; k->value != NULL; k++) {
        assert_int_equal(post_body_of(k->value) == 0, strcmp(k->value, "department") == 0);
    }
    assert_true((post_is(post_rung("secretary_general"), false) & POST_DIRECTOR) != 0);
    assert_false((post_is(post_rung("secretary_general"), true) & POST_DIRECTOR) != 0);
    assert_true((post_is(post_rung("secretary_general"), true) & POST_OFFICER) != 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_third_term_in_a_row),
        cmocka_unit_test(seventy_in_the_term),
        cmocka_unit_test(an_evaluation_that_holds),
        cmocka_unit_test(the_evaluation_can_be_switched_off),
        cmocka_unit_test(supervisors_keep_apart),
        cmocka_unit_test(one_legal_representative),
        cmocka_unit_test(a_board_and_its_numbers),
        cmocka_unit_test(a_standing_board),
        cmocka_unit_test(months_and_reminders),
        cmocka_unit_test(the_ladder_is_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
