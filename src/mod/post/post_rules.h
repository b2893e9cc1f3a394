// SPDX-License-Identifier: Apache-2.0
// The rules about posts (domain.md §1), without database or clock: who may be nominated, and
// whether a board as a whole is as it should be. Every reason says which rule and its source.
#ifndef MOD_POST_POST_RULES_H
#define MOD_POST_POST_RULES_H

#include "base/err.h"
#include "base/value.h"
#include "kit/field.h"

// Which part of the ladder an organisation has.
enum post_body { POST_FEDERATION = 1, POST_CHAMBER = 2, POST_COMMITTEE = 4, POST_PARTY = 8 };

// What a rung is. Officers 负责人 and standing directors are directors as well; EXECUTIVE
// posts need a comprehensive evaluation; SINGLE ones have one holder at a time.
enum {
    POST_OFFICER = 1,
    POST_STANDING = 2,
    POST_DIRECTOR = 4,
    POST_SUPERVISOR = 8,
    POST_SECRETARY = 16,
    POST_ACCOUNTANT = 32,
    POST_EXECUTIVE = 64,
    POST_SINGLE = 128,
    POST_HIREABLE = 256,
};

struct post_rung {
    const char *code, *label;
    unsigned bodies, is;
};
// NULL for a code that is none.
const struct post_rung *post_rung(const char *code);
// Its place, 0 the highest; a number beyond the ladder for a code that is none.
size_t post_rank(const char *code);
size_t post_rung_count(void);
const struct post_rung *post_rung_at(size_t rank);
// The body an organisation of that kind ("town") has; 0: it has no posts.
enum post_body post_body_of(const char *organization_kind);
// What a holder is: a hired secretary-general is no director.
unsigned post_is(const struct post_rung *r, bool hired);

// Settings (huiqiao setting), with the values of domain.md §1 as defaults.
struct post_limits {
    int64_t officer_terms;  // in a row
    int64_t officer_age;    // not reached in the term
    int64_t grade_years;    // an evaluation holds for so long
    int64_t term_years;     // a term at most
    bool evaluation_needed; // false: districts that do not evaluate yet
};
extern const struct post_limits POST_LIMITS;

// A rule that is broken. `text` is Chinese with {0}, {1} for `args`; `field` is the one of the
// post's form that shows it, NULL for findings about a board.
struct post_reason {
    const char *rule, *field, *text, *source;
    const char *args[3];
};
enum { POST_REASONS_MOST = 12 };

// The rules' names with their words, for the history of exceptions.
extern const struct choice POST_RULES[];

struct post_nomination {
    enum post_body body;
    const struct post_rung *rung;
    bool hired, full_time;
    int32_t on;            // when nominated
    int32_t term_ends;     // 0: in no term
    const char *birth;     // "1975-03" or "1975-03-21"; NULL unknown
    int64_t terms_before;  // in the same post, in a row, before this one
    const char *grade;     // "A" "B" "C" or NULL
    int32_t graded_on;     // 0 unknown
    unsigned also;         // what else the person is in this organisation (POST_… bits)
    const char *also_text; // in words
    const char *elsewhere; // whose legal representative the person is besides; NULL none
    bool legal_representative;
};
// Every reason against it, none: 0.
size_t post_check(struct arena *a, const struct post_limits *l, const struct post_nomination *n,
                  struct post_reason out[POST_REASONS_MOST]);

// A chamber's board: persons, each counted once. -1: not known.
struct post_board {
    int64_t members, delegates, directors, standing, officers, supervisors, presidents;
};
size_t post_board_check(struct arena *a, const struct post_board *b,
                        struct post_reason out[POST_REASONS_MOST]);

// When somebody is told before a term ends, in months, furthest first, ended by 0.
extern const int POST_REMINDERS[];
// The smallest of them that has come, 0 when the day has passed, -1 while it is further away.
int post_reminder(int32_t today, int32_t closes_on);

#endif
