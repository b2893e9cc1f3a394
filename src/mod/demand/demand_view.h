// SPDX-License-Identifier: Apache-2.0
// A demand in the words of a page: badges, times, what is left of a deadline. Shared by the
// pages of demands and by the start pages.
#ifndef MOD_DEMAND_DEMAND_VIEW_H
#define MOD_DEMAND_DEMAND_VIEW_H

#include "kit/ctx.h"

// "今天 17:30", "明天 09:00", "11月25日 周三 17:30"; other years with their number.
const char *demand_view_when(struct ctx *c, int64_t ms);
// Until when one submitted now is accepted.
const char *demand_view_accept_by(struct ctx *c);
// "11-20", other years "2025-11-20".
const char *demand_view_day(struct ctx *c, int64_t ms);
// {class icon text}.
struct value *demand_view_badge(struct ctx *c, const char *class, const char *icon,
                                const char *text);
struct value *demand_view_state(struct ctx *c, const struct value *demand);
// {class icon text meter}: what is left of the due that counts. NULL when nothing runs.
struct value *demand_view_sla(struct ctx *c, const struct value *demand);
// The same for any one due that is open.
struct value *demand_view_left(struct ctx *c, int64_t due_at);
// {id url title receipt_no enterprise unit category day state sla due_text}: a line of a list.
struct value *demand_view_item(struct ctx *c, const struct value *demand);
struct value *demand_view_items(struct ctx *c, const struct value *list);
// demand_list() with the given view, order and number of rows instead of the query's.
const struct value *demand_view_list(struct ctx *c, const char *view, const char *sort,
                                     const char *limit);
// Sets errors_title and errors_summary of c->page from c->faults and c->detail. `fields` names
// the labels; may be NULL.
void demand_view_errors(struct ctx *c, const struct field *fields);
// Entry of a field_form() list by name; NULL when it has none.
const struct value *demand_view_field(const struct value *list, const char *name);
// Makes the enterprise of a form one that must be given, with a hint how to find it.
void demand_view_need_enterprise(struct ctx *c, struct value *fields);
// A fresh idempotency token for a form.
const char *demand_view_token(struct ctx *c);
// What is chosen as `class`, tone and icon of the buttons of the steps, [{url label class icon
// dialog_id}]: of demand_allowed(); steps whose names are in the space list `without` are left
// out.
struct value *demand_view_actions(struct ctx *c, int64_t id, const struct value *allowed,
                                  const char *without);
bool demand_view_has_step(const struct value *allowed, const char *name);

#endif
