// SPDX-License-Identifier: Apache-2.0
// One demand as a page shows it, whole (demand_pages.h) or as a part of another page.
#ifndef MOD_DEMAND_DEMAND_SHOW_H
#define MOD_DEMAND_DEMAND_SHOW_H

#include "kit/ctx.h"

struct demand_seen;

// The case for case.html's readers: {id url title receipt_no badges[] state sla facts[] body
// hope category files[] steps[] timeline[] actions[] answer …}.
struct value *demand_show_case(struct ctx *c, const struct demand_seen *seen);
// Sets crumbs: the list, the demand, and `last` (NULL: the demand is the last).
void demand_show_crumbs(struct ctx *c, const struct value *demand, const char *last);

#endif
