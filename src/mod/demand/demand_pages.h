// SPDX-License-Identifier: Apache-2.0
// Presentation of demands: each fills c->page from c->out for its template. The rules and the
// data are demand.h's; here nothing is decided and nothing written.
#ifndef MOD_DEMAND_DEMAND_PAGES_H
#define MOD_DEMAND_DEMAND_PAGES_H

#include "kit/ctx.h"
#include "kit/listing_own.h"
#include "kit/record.h"

// c->out of each GET, on the same snapshot:
enum err demand_show_list(struct ctx *c);  // "demand-list", demand_list()
enum err demand_show_inbox(struct ctx *c); // "demand-inbox", demand_list() of view=unassigned…
// "demand-detail", demand_see(), also in c->prepared. ?receipt=1 (where a submitted form should
// lead) shows the receipt, ?print=1 the paper of staff.
enum err demand_show_detail(struct ctx *c);
enum err
demand_show_new(struct ctx *c); // "demand-new", an empty map or, with c->renewed, c->in
// "demand-step", {"demand": its record, "step": one entry of demand_allowed()}; demand_see()
// in c->prepared
enum err demand_show_step(struct ctx *c);
// "demand-bulk", demand_bulk_form()
enum err demand_bulk_show(struct ctx *c);

// Sets `units` and `suggested_unit` of demand-units.html: departments for the category, the
// present lead chosen, or what `chosen` (a query or a form, may be NULL) holds.
void demand_show_units(struct ctx *c, const char *category, int64_t lead,
                       const struct http_list *chosen);

extern const struct listing_own DEMAND_OWN; // the views that readers keep of the working list
extern const struct record_panel DEMAND_PANELS[]; // on the page of an enterprise

#endif
