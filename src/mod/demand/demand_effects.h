// SPDX-License-Identifier: Apache-2.0
// What the table of steps (demand_steps.c) shares with what the steps do (demand_effects.c).
#ifndef MOD_DEMAND_DEMAND_EFFECTS_H
#define MOD_DEMAND_DEMAND_EFFECTS_H

#include "mod/demand/demand_impl.h"

// The demand that a step works on.
struct demand *demand_in(const struct lifecycle_record *r);
// The leg of the present lead; NULL before the first dispatch.
struct demand_leg *demand_lead_leg(struct demand *d);
// The leg of the department that acts; its lead's when the system acts. NULL: has none.
struct demand_leg *demand_acting_leg(const struct ctx *c, struct demand *d);
// Tells the staff of the federation; {0} is the receipt number, {1} the title.
void demand_tell_office(struct ctx *c, const struct demand *d, const char *chinese);

// Effects by the names of their steps (lifecycle_effect).
#define DEMAND_EFFECT(step)                                                                    \
    enum err demand_do_##step(struct ctx *c, const struct transition *t,                       \
                              struct lifecycle_record *r)
DEMAND_EFFECT(submit);
DEMAND_EFFECT(withdraw);
DEMAND_EFFECT(reopen);
DEMAND_EFFECT(confirm);
DEMAND_EFFECT(supplement);
DEMAND_EFFECT(accept);
DEMAND_EFFECT(reject);
DEMAND_EFFECT(dispatch);
DEMAND_EFFECT(grant);
DEMAND_EFFECT(refuse);
DEMAND_EFFECT(merge);
DEMAND_EFFECT(supervise);
DEMAND_EFFECT(urge);
DEMAND_EFFECT(callback);
DEMAND_EFFECT(pend);
DEMAND_EFFECT(revive);
DEMAND_EFFECT(close);
DEMAND_EFFECT(archive);
DEMAND_EFFECT(sign);
DEMAND_EFFECT(object);
DEMAND_EFFECT(contact);
DEMAND_EFFECT(note);
DEMAND_EFFECT(suspend);
DEMAND_EFFECT(resume);
DEMAND_EFFECT(extend);
DEMAND_EFFECT(answer);
#undef DEMAND_EFFECT

#endif
