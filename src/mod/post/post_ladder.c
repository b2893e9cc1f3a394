// SPDX-License-Identifier: Apache-2.0
// The ladder of posts as one table, highest first: which body has a rung, and what its holders
// are.
#include "mod/post/post_rules.h"

#include "mod/post/post.h"

#include <string.h>

enum {
    FED = POST_FEDERATION,
    CHM = POST_CHAMBER,
    COM = POST_COMMITTEE,
    PTY = POST_PARTY,
    BOARD = POST_STANDING | POST_DIRECTOR,
    OFFICER = POST_OFFICER | BOARD
};

// domain.md §8 (chain of the federation; secretary-general), §1 (负责人, 理事, 监事), §13
// (codes).
#define LADDER(X)                                                                              \
    X("chair", "主席", FED, OFFICER | POST_EXECUTIVE | POST_SINGLE)                            \
    X("party_group_secretary", "党组书记", FED, POST_SINGLE)                                   \
    X("executive_vice_chair", "常务副主席", FED, OFFICER)                                      \
    X("fulltime_vice_chair", "专职副主席", FED, OFFICER)                                       \
    X("parttime_vice_chair", "兼职副主席", FED, OFFICER | POST_EXECUTIVE)                      \
    X("general_chamber_president", "总商会会长", FED, POST_EXECUTIVE | POST_SINGLE)            \
    X("general_chamber_vice_president", "总商会副会长", FED, POST_EXECUTIVE)                   \
    X("president", "会长", CHM, OFFICER | POST_EXECUTIVE | POST_SINGLE)                        \
    X("executive_vice_president", "常务副会长", CHM, OFFICER | POST_EXECUTIVE)                 \
    X("vice_president", "副会长", CHM, OFFICER | POST_EXECUTIVE)                               \
    X("chief_board_supervisor", "监事长", CHM, POST_SUPERVISOR | POST_SINGLE)                  \
    X("secretary_general", "秘书长", FED | CHM,                                                \
      OFFICER | POST_SECRETARY | POST_SINGLE | POST_HIREABLE)                                  \
    X("deputy_secretary_general", "副秘书长", FED | CHM, POST_HIREABLE)                        \
    X("standing_committee_member", "常务委员", FED, BOARD | POST_EXECUTIVE)                    \
    X("executive_member", "执委", FED, POST_DIRECTOR | POST_EXECUTIVE)                         \
    X("standing_director", "常务理事", CHM, BOARD)                                             \
    X("director", "理事", CHM, POST_DIRECTOR)                                                  \
    X("board_supervisor", "监事", CHM, POST_SUPERVISOR)                                        \
    X("accountant", "会计", CHM, POST_ACCOUNTANT | POST_HIREABLE)                              \
    X("honorary_president", "名誉会长", CHM, POST_HIREABLE)                                    \
    X("party_secretary", "书记", PTY, POST_SINGLE)                                             \
    X("party_deputy_secretary", "副书记", PTY, 0)                                              \
    X("committee_head", "主任", COM, POST_SINGLE)                                              \
    X("committee_deputy", "副主任", COM, 0)                                                    \
    X("committee_member", "委员", COM | PTY, 0)

#define CHOICE(code, word, bodies, is) {.value = (code), .label = word},
#define RUNG(code, word, bodies, is) {(code), word, (bodies), (is)},

const struct choice POST_CODES[] = {LADDER(CHOICE){0}};

static const struct post_rung RUNGS[] = {LADDER(RUNG)};
enum { RUNG_COUNT = sizeof RUNGS / sizeof *RUNGS };

size_t
post_rung_count(void)
{
    return RUNG_COUNT;
}

const struct post_rung *
post_rung_at(size_t rank)
{
    return rank < RUNG_COUNT ? &RUNGS[rank] : NULL;
}

size_t
post_rank(const char *code)
{
    size_t i = 0;
    while (i < RUNG_COUNT && (code == NULL || strcmp(RUNGS[i].code, code) != 0)) {
        i++;
    }
    return i;
}

const struct post_rung *
post_rung(const char *code)
{
    return post_rung_at(post_rank(code));
}

enum post_body
post_body_of(const char *organization_kind)
{
    static const struct {
        const char *kind;
        enum post_body body;
    } BODIES[] = {
        {"federation", POST_FEDERATION}, {"town", POST_CHAMBER},  {"industry", POST_CHAMBER},
        {"out_of_town", POST_CHAMBER},   {"joint", POST_CHAMBER}, {"committee", POST_COMMITTEE},
        {"party_committee", POST_PARTY},
    };
    for (size_t i = 0; organization_kind != NULL && i < sizeof BODIES / sizeof *BODIES; i++) {
        if (strcmp(BODIES[i].kind, organization_kind) == 0) {
            return BODIES[i].body;
        }
    }
    return 0;
}

unsigned
post_is(const struct post_rung *r, bool hired)
{
    return hired ? r->is & ~(unsigned)BOARD : r->is;
}
