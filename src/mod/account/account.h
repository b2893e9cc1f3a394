// SPDX-License-Identifier: Apache-2.0
// Logging in and out, one's own account, preferences, notices, drafts, attachments, and the
// audit log for the administrator.
#ifndef MOD_ACCOUNT_ACCOUNT_H
#define MOD_ACCOUNT_ACCOUNT_H

#include "kit/route.h"

extern const struct module ACCOUNT_MODULE;

// What the actor typed into a form of this name and did not send, and when: texts by the names
// of the fields; NULL when nothing.
const struct value *draft_get(struct ctx *c, const char *name, int64_t *at);
void draft_drop(struct ctx *c, const char *name); // inside a write

#endif
