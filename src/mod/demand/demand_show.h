// SPDX-License-Identifier: Apache-2.0
// One demand as a page shows it, whole (demand_pages.h) or as a part of another page.
#ifndef MOD_DEMAND_DEMAND_SHOW_H
#define MOD_DEMAND_DEMAND_SHOW_H

#include "kit/ctx.h"

// The case for case.html's readers: {id url title receipt_no badges[] state sla facts[] body
// hope category files[] steps[] timeline[] actions[] answer …} of a full record.
struct value *demand_show_case(struct ctx *c, const struct value *demand);
// Sets crumbs: the list, the demand, and `last` (NULL: the demand is the last).
void demand_show_crumbs(struct ctx *c, const struct value *demand, const char *last);

#endif
