// SPDX-License-Identifier: Apache-2.0
// The rules of dues, without input or output: when a standard holds, what a member owes.
// Sources: domain.md §1 (row of the dues standard, F:2, 13) and §8 (F:13a–d).
#ifndef MOD_DUES_DUES_RULES_H
#define MOD_DUES_DUES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DUES_CHECKS = 9, DUES_TIERS_MOST = 4 };

// A resolution as it was written down; numbers are -1, days INT32_MIN and texts NULL when not.
struct dues_resolution {
    const char *organization_kind; // of mod/org
    const char *meeting;
    int32_t held_on, effective_on, today;
    bool secret_ballot;
    int64_t eligible, present, approve;
    size_t tiers;
    int64_t least_fen; // the smallest amount of a tier
    bool newest;       // no standard of the chamber that holds begins on that day or later
};
struct dues_check {
    const char *code;  // "secret_ballot"
    const char *label; // Chinese: what is asked
    const char *fault; // Chinese: why it is not so; NULL when it is
};
// Fills `out` in the order people read them; true when all hold.
bool dues_checks(const struct dues_resolution *r, struct dues_check out[DUES_CHECKS]);

// May an organisation of this kind collect dues? Committees and departments may not.
bool dues_collects(const char *organization_kind);

// Which of a standard's tiers a seat (NULL: none) falls into: its own, else the next one down.
// `codes` is a space list of the standard's; NULL when none fits.
const char *dues_tier_of_seat(const char *seat, const char *codes);

// What somebody who is a member `since` owes for a year at a full amount. Who joined after
// `half_after` ("07-01"; NULL: never) of that year owes half, an odd fen in the member's
// favour; 0: not a member in that year yet.
int64_t dues_amount(int64_t full_fen, const char *since, int64_t year, const char *half_after,
                    bool *half);

// Whole years from one day to another, 29 February counting as the 28th; 0 when it has not
// come.
int dues_years_since(int32_t from, int32_t to);

#endif
