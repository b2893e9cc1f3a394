// SPDX-License-Identifier: Apache-2.0
// Private to mod/membership.
#ifndef MOD_MEMBERSHIP_MEMBERSHIP_IMPL_H
#define MOD_MEMBERSHIP_MEMBERSHIP_IMPL_H

#include "kit/import.h"
#include "kit/record_merge.h"
#include "kit/record_step.h"
#include "mod/membership/membership.h"

extern const struct choice MEMBERSHIP_STATES[], MEMBERSHIP_SEATS[];

// What the actor is to a membership.
enum { MEMBERSHIP_OFFICE = 1, MEMBERSHIP_CHAMBER = 2, MEMBERSHIP_MEMBER = 4 };

// "HY000123": what stands on the card and in what is signed.
const char *membership_number(struct arena *a, int64_t id);

// membership_steps.c
extern const struct lifecycle MEMBERSHIP_LIFECYCLE;
extern const struct field MEMBERSHIP_IN_NOTE[], MEMBERSHIP_IN_REASON[], MEMBERSHIP_IN_APPROVE[],
    MEMBERSHIP_IN_LEAVE[], MEMBERSHIP_IN_EXPEL[];
extern const struct record_steps MEMBERSHIP_STEPS;

// membership_main.c: the one place that keeps the main membership and enterprise.chamber_id
// together. An enterprise that is a member somewhere has exactly one main membership, whose
// chamber is its chamber.
enum err membership_settle(struct ctx *c, int64_t enterprise_id);
// The same after a chamber has ended: an enterprise without another is under none.
enum err membership_settle_after(struct ctx *c, int64_t enterprise_id, int64_t chamber);
enum err membership_make_main(struct ctx *c, int64_t enterprise_id, int64_t id);
extern const struct record_watch MEMBERSHIP_WATCHES[];

// membership_chamber.c: what an organisation's end means for its members
enum err membership_chamber_saved(struct ctx *c, const struct value *rec,
                                  const struct value *old);

// membership_merge.c
extern const struct record_link MEMBERSHIP_LINKS[];

// membership_card.c
enum err membership_card_run(struct ctx *c);
enum err membership_card_show(struct ctx *c);
enum err membership_verify_run(struct ctx *c);
enum err membership_verify_show(struct ctx *c);
// What the QR of a card holds after the address of the site: number and signature.
const char *membership_token(const struct app *app, struct arena *a, int64_t id);

// membership_import.c
extern const struct import_kind ENTERPRISE_IMPORT, MEMBERSHIP_IMPORT;

// membership_report.c
enum err membership_report_run(struct ctx *c);
enum err membership_report_show(struct ctx *c);
enum err membership_publicity_run(struct ctx *c);
enum err membership_publicity_show(struct ctx *c);

extern const struct db_stmt MEMBERSHIP_GOES_ON, MEMBERSHIP_OF_CHAMBER, MEMBERSHIP_END,
    MEMBERSHIP_GO_ON, MEMBERSHIP_SET, MEMBERSHIP_LINK, MEMBERSHIP_DUE, MEMBERSHIP_CURRENT,
    MEMBERSHIP_MARK, MEMBERSHIP_ENDED, MEMBERSHIP_OF_NEW, MEMBERSHIP_SEATED, MEMBERSHIP_UNSEAT,
    MEMBERSHIP_CARD, MEMBERSHIP_MOVED, MEMBERSHIP_IN_PUBLICITY;

#endif
