// SPDX-License-Identifier: Apache-2.0
// Private to src/db: patches are written once, in the words of SQLite; this says the same to
// PostgreSQL.
//
//   INTEGER → bigint, INTEGER PRIMARY KEY → an identity, REAL → double precision, BLOB → bytea,
//   TEXT → text in byte order, STRICT and WITHOUT ROWID → nothing. References are added at the
//   end of the patch, deferrable, so that they are off while it runs and hold after it; those
//   to a table that is made anew (DROP TABLE, RENAME) are put back. Identities go on behind the
//   ids that rows were given. An index goes on with the row's id, as every index of SQLite
//   does.
//
// These words are types where they stand in capitals, and only there; everything else is left
// as it is, so a patch keeps to what both engines read, or gives each a section of its own.
#ifndef DB_DIALECT_H
#define DB_DIALECT_H

#include "base/arena.h"

// The script that applies the patch inside one transaction. NULL and *why (in the arena, or
// constant) when it would end that transaction or cannot be read.
const char *db_dialect_postgres(struct arena *a, const char *patch, const char **why);

// Moves every identity of the schema on behind the largest id in its table: after rows came in
// with ids of their own. A script of one statement.
extern const char DB_DIALECT_MOVE_ON[];

#endif
