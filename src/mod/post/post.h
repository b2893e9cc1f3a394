// SPDX-License-Identifier: Apache-2.0
// Posts (职务) in the federation and its chambers, term (届) by term: who was elected or
// appointed to what, since when and until when. docs/adr/0010-posts-and-seats.md tells how a
// member's seat follows from them.
#ifndef MOD_POST_POST_H
#define MOD_POST_POST_H

#include "kit/record.h"

extern const struct module POST_MODULE;
extern const struct record_kind POST_KIND, TERM_KIND;
extern const struct choice POST_CODES[]; // the whole ladder, highest first

// The highest post that a person, or somebody of an enterprise, holds in an organisation today;
// NULL when none. 0 for whom it is not asked about.
const char *post_highest(struct ctx *c, int64_t organization_id, int64_t person_id,
                         int64_t enterprise_id);
// Whom the present posts of an organisation belong to: [{person_id enterprise_id post}].
const struct value *post_holders(struct ctx *c, int64_t organization_id);

// Tells secretaries and staff of terms that end in 12, 6 and 3 months, and of those that have
// ended, once each; at most `most` terms at a time, in a write. Returns how many.
int64_t post_remind(struct ctx *c, int64_t most);
// Terms that end within a year, soonest first, as the actor may see them, at most `most`:
// [{id url organization name closes_on days tone text}]. Empty for whoever may see none.
struct value *post_closing(struct ctx *c, unsigned most);
// How many they are; -1 for whoever may see none.
int64_t post_closing_count(struct ctx *c);

// The rules `post-check` and `board-check`.
const struct value *post_check_rule(struct arena *a, const struct value *in, struct faults *f);
const struct value *board_check_rule(struct arena *a, const struct value *in, struct faults *f);

#endif
