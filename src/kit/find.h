// SPDX-License-Identifier: Apache-2.0
// The search box: what is found of every kind the reader may see, a group each. A module whose
// records are no kind of the kit (kit/record.h) makes its group itself (module.find).
#ifndef KIT_FIND_H
#define KIT_FIND_H

#include "kit/record.h"

enum { FIND_MOST = 5, FIND_COUNTED = 200, FIND_TEXT_MOST = 100 };

// Groups of all modules, in their order: [{kind label items[{id title sub url}] count more url
// near}], without the empty ones. `count` is a text ("12", "200+") or null, `more` whether
// there are more than the items, `url` their list, `near` that nothing has all of the text.
// Everything is counted and shown in the reader's scope only.
struct value *find_all(struct ctx *c, const char *text);
// The group of one kind; NULL when the reader may see nothing of it or nothing is found. What
// a text means is the same here and in the kind's own list (record_query_text).
struct value *find_kind(struct ctx *c, const struct record_kind *k, const char *text);

// For module.find: a group, and an item of it.
struct value *find_group(struct ctx *c, const char *kind, const char *label, const char *url);
void find_item(struct ctx *c, struct value *group, int64_t id, const char *title,
               const char *sub, const char *url);

#endif
