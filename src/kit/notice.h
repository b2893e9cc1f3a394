// SPDX-License-Identifier: Apache-2.0
// In-app notices: short text, link, read or not. Sent in the transaction of what they tell.
#ifndef KIT_NOTICE_H
#define KIT_NOTICE_H

#include "kit/ctx.h"

// `chinese` with {0}, {1}: the texts are kept with the notice and shown in the reader's
// language. Never to the actor.
void notice_to_account(struct ctx *c, int64_t account_id, const char *link, const char *chinese,
                       const char *arg0, const char *arg1);
// To every active account with one of the roles; organization_id or enterprise_id narrow it
// (0 = all).
void notice_to_role(struct ctx *c, unsigned roles, int64_t organization_id,
                    int64_t enterprise_id, const char *link, const char *chinese,
                    const char *arg0, const char *arg1);
int64_t notice_unread(struct db_tx *tx, int64_t account_id);

#endif
