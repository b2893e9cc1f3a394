// SPDX-License-Identifier: Apache-2.0
// Who did what, in a tamper-evident chain (L1–L3): each row's SHA-256 and SM3 cover the row
// before. Written inside the transaction it tells of.
#ifndef KIT_AUDIT_H
#define KIT_AUDIT_H

#include "kit/ctx.h"

// action: "demand.accept", "session.login" …; kind and id name the record (NULL, 0: none);
// data may be NULL and never holds secrets or full personal data.
void audit_write(struct ctx *c, const char *action, const char *kind, int64_t id,
                 const struct value *data);
// Walks the whole chain. NULL when sound, else what is wrong (row id, field).
const char *audit_verify(struct db_tx *tx, struct arena *a, int64_t *rows);

#endif
