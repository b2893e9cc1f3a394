// SPDX-License-Identifier: Apache-2.0
// What one of all the servers of a district does alone: the work of a minute, an import. On
// PostgreSQL a claim is a lock of the session that writes, so it ends when its holder lets go,
// ends, or loses the connection, and nobody's clock is asked. A file has one server, which has
// every claim. All of these inside a write.
#ifndef KIT_CLAIM_H
#define KIT_CLAIM_H

#include "db/db.h"

// True when it is ours from now on, or was before.
bool claim_take(struct db_tx *tx, const char *what);
// Once for each claim_take that succeeded.
void claim_drop(struct db_tx *tx, const char *what);
// Takes part from now on, and says how many servers of the district do: at least 1.
int64_t claim_nodes(struct db_tx *tx);

extern const struct db_stmt *const CLAIM_STATEMENTS[];

#endif
