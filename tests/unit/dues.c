// SPDX-License-Identifier: Apache-2.0
// The rules of dues: when a standard holds, half years, odd fen, tiers of seats.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "mod/dues/dues.h"
#include "mod/dues/dues_rules.h"

#include <string.h>

static struct dues_resolution
sound(void)
{
    return (struct dues_resolution){.organization_kind = "town",
                                    .meeting = "第三届第一次会员大会",
                                    .held_on = day_from_civil(2024, 3, 12),
                                    .effective_on = day_from_civil(2024, 3, 12),
                                    .today = day_from_civil(2026, 11, 23),
                                    .secret_ballot = true,
                                    .eligible = 90,
                                    .present = 60,
                                    .approve = 30,
                                    .tiers = 4,
                                    .least_fen = 1,
                                    .newest = true};
}

// The codes of what does not hold, in order, with spaces.
static const char *
faults(struct dues_resolution r)
{
    static char list[200];
    struct dues_check checks[DUES_CHECKS];
    bool good = dues_checks(&r, checks);
    list[0] = '\0';
    for (size_t i = 0; i < DUES_CHECKS; i++) {
        assert_non_null(checks[i].label);
        if (checks[i].fault != NULL) {
            strcat(strcat(list, list[0] == '\0' ? "" : " "), checks[i].code);
        }
    }
    assert_int_equal(good, list[0] == '\0');
    return list;
}

#define WITH(expected, ...)                                                                    \
    do {                                                                                       \
        struct dues_resolution r = sound();                                                    \
        __VA_ARGS__;                                                                           \
        assert_string_equal(faults(r), expected);                                              \
    } while (0)

static void
test_standards(void **state)
{
    (void)state;
    WITH("", (void)0); // exactly half, exactly two thirds, on the very day
    WITH("majority", r.approve = 29);
    WITH("majority", r.present = 61; r.approve = 30); // half of an odd number is not reached
    WITH("", r.present = 61; r.approve = 31);
    WITH("majority", r.approve = -1);
    WITH("majority", r.present = -1);
    WITH("majority", r.present = 0; r.approve = 0; r.eligible = -1);
    WITH("quorum", r.eligible = 91);
    WITH("", r.eligible = -1); // was not written down: not asked
    WITH("secret_ballot", r.secret_ballot = false);
    WITH("tiers", r.tiers = 0);
    WITH("", r.tiers = 1);
    WITH("tiers", r.tiers = 5);
    WITH("amounts", r.least_fen = 0);
    WITH("effective", r.effective_on--);
    WITH("", r.effective_on++);
    WITH("resolution", r.meeting = NULL);
    WITH("resolution", r.held_on = INT32_MIN);
    WITH("resolution", r.today = r.held_on - 1);
    WITH("", r.today = r.held_on);
    WITH("branch", r.organization_kind = "committee");
    WITH("branch", r.organization_kind = "department");
    WITH("newest", r.newest = false);
    WITH("branch resolution secret_ballot majority tiers",
         r = (struct dues_resolution){.organization_kind = "committee",
                                      .held_on = INT32_MIN,
                                      .eligible = -1,
                                      .present = -1,
                                      .approve = -1,
                                      .newest = true});
}

static void
test_half_years(void **state)
{
    (void)state;
    static const struct {
        const char *since, *after;
        int64_t full, amount;
        bool half;
    } CASES[] = {
        {"2019-05-01", "07-01", 100000, 100000, false},
        {"2026-01-01", "07-01", 100000, 100000, false},
        {"2026-06-30", "07-01", 100000, 100000, false},
        {"2026-07-01", "07-01", 100000, 100000, false}, // after the 1st, not on it
        {"2026-07-02", "07-01", 100000, 50000, true},
        {"2026-07-02", "07-01", 100001, 50000, true}, // the odd fen is the member's
        {"2026-07-02", "07-01", 1, 0, true},
        {"2026-12-31", "07-01", 100000, 50000, true},
        {"2027-01-01", "07-01", 100000, 0, false}, // not a member yet
        {"2025-12-31", "07-01", 100000, 100000, false},
        {"2026-07-01", "06-30", 100000, 50000, true}, // who counts the day itself
        {"2026-12-31", NULL, 100000, 100000, false},
        {"2027-01-01", NULL, 100000, 0, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        bool half = !CASES[i].half;
        assert_int_equal(
            dues_amount(CASES[i].full, CASES[i].since, 2026, CASES[i].after, &half),
            CASES[i].amount);
        assert_int_equal(half, CASES[i].half);
    }
    assert_true(dues_is_boundary("07-01") && dues_is_boundary("off"));
    assert_false(dues_is_boundary("02-29") || dues_is_boundary("7-1") ||
                 dues_is_boundary("13-01") || dues_is_boundary("") ||
                 dues_is_boundary("2026-07-01"));
}

static void
test_tiers_of_seats(void **state)
{
    (void)state;
    static const struct {
        const char *seat, *codes, *tier;
    } CASES[] = {
        {"president", "president vice_president director member", "president"},
        {"executive_vice_president", "president vice_president director member",
         "vice_president"},
        {"standing_director", "president vice_president director member", "director"},
        {"chief_board_supervisor", "president vice_president director member", "director"},
        {"board_supervisor", "president supervisor member", "supervisor"},
        {NULL, "president vice_president director member", "member"},
        {"president", "member", "member"}, // one amount for everybody
        {"director", "president director", "director"},
        {NULL, "president director", NULL}, // members are not asked
        {"standing_director", "president", NULL},
        {"unknown", "member", "member"},
        {"director", "", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const char *tier = dues_tier_of_seat(CASES[i].seat, CASES[i].codes);
        if (CASES[i].tier == NULL) {
            assert_null(tier);
        } else {
            assert_non_null(tier);
            assert_string_equal(tier, CASES[i].tier);
        }
    }
}

static void
test_years_of_arrears(void **state)
{
    (void)state;
    static const struct {
        int from[3], to[3], years;
    } CASES[] = {
        {{2024, 6, 30}, {2024, 6, 30}, 0}, {{2024, 6, 30}, {2025, 6, 29}, 0},
        {{2024, 6, 30}, {2025, 6, 30}, 1}, {{2024, 6, 30}, {2026, 6, 29}, 1},
        {{2024, 6, 30}, {2026, 6, 30}, 2}, {{2024, 2, 29}, {2025, 2, 28}, 1},
        {{2026, 6, 30}, {2024, 6, 30}, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int32_t from = day_from_civil(CASES[i].from[0], CASES[i].from[1], CASES[i].from[2]);
        int32_t to = day_from_civil(CASES[i].to[0], CASES[i].to[1], CASES[i].to[2]);
        assert_int_equal(dues_years_since(from, to), CASES[i].years);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standards),
        cmocka_unit_test(test_half_years),
        cmocka_unit_test(test_tiers_of_seats),
        cmocka_unit_test(test_years_of_arrears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
