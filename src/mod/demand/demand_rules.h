// SPDX-License-Identifier: Apache-2.0
// The numbers of the service profile as this district set them, and their page.
#ifndef MOD_DEMAND_DEMAND_RULES_H
#define MOD_DEMAND_DEMAND_RULES_H

#include "kit/ctx.h"
#include "mod/demand/clock.h"

// All profiles there were, in order, each leading to the next: for clock_compute.
const struct clock_profile *demand_rules(struct ctx *c);
// The same for one demand, with whether the sample chose it for a call-back.
const struct clock_profile *demand_rules_of(struct ctx *c, int64_t id);
// The one in force at a moment, and now.
const struct clock_profile *demand_rules_at(struct ctx *c, int64_t at);
const struct clock_profile *demand_rules_now(struct ctx *c);
// The last day on which what begins to wait for its conditions today is looked at again.
int32_t demand_rules_review_by(struct ctx *c);

// The page and its routes.
extern const struct field DEMAND_RULES_FIELDS[];
extern const struct db_stmt DEMAND_RULES_ALL, DEMAND_RULES_ADD;
enum err demand_rules_run(struct ctx *c);
enum err demand_rules_save(struct ctx *c);
enum err demand_rules_show(struct ctx *c);

#endif
