// SPDX-License-Identifier: Apache-2.0
#include "kit/claim.h"

// Beside the lock of the schema by which writes take turns (db/postgres_io.c).
#define KEY_OF(what)                                                                           \
    "pg_catalog.hashtextextended('huiqiao.' || current_schema() || '.' || " what ", 0)"
#define NODE_KEY KEY_OF("'node'")

static const struct db_stmt TAKE = {
    .name = "claim.take",
    .sqlite = "SELECT 1 AS got WHERE $1 <> ''",
    .postgres =
        "SELECT CASE WHEN pg_catalog.pg_try_advisory_lock(" KEY_OF("$1") ") THEN 1 ELSE 0 END"
                                                                         " AS got",
    .params = "what:text",
    .row = "got:int"};
static const struct db_stmt DROP = {
    .name = "claim.drop",
    .sqlite = "SELECT 1 AS got WHERE $1 <> ''",
    .postgres =
        "SELECT CASE WHEN pg_catalog.pg_advisory_unlock(" KEY_OF("$1") ") THEN 1 ELSE 0 END"
                                                                       " AS got",
    .params = "what:text",
    .row = "got:int"};
static const struct db_stmt JOIN = {
    .name = "claim.join",
    .sqlite = "SELECT 1 AS got",
    .postgres = "SELECT CASE WHEN pg_catalog.pg_try_advisory_lock_shared(" NODE_KEY
                ") THEN 1 ELSE 0 END AS got",
    .row = "got:int"};
static const struct db_stmt NODES = {
    .name = "claim.nodes",
    .sqlite = "SELECT 1 AS n",
    .postgres = "SELECT count(*) AS n FROM pg_catalog.pg_locks l"
                " WHERE l.locktype = 'advisory' AND l.mode = 'ShareLock' AND l.granted"
                " AND l.objsubid = 1 AND ((l.classid::bigint << 32) | l.objid::bigint) ="
                " " NODE_KEY " AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d"
                " WHERE d.datname = current_database())",
    .row = "n:int",
    .scans = "the locks held in the server, once a minute"};
const struct db_stmt *const CLAIM_STATEMENTS[] = {&TAKE, &DROP, &JOIN, &NODES, NULL};

bool
claim_take(struct db_tx *tx, const char *what)
{
    return db_value_int(tx, &TAKE, DB_ARGS(DB_TEXT(what)), 0) == 1;
}

void
claim_drop(struct db_tx *tx, const char *what)
{
    db_value_int(tx, &DROP, DB_ARGS(DB_TEXT(what)), 0);
}

int64_t
claim_nodes(struct db_tx *tx)
{
    db_value_int(tx, &JOIN, DB_NONE, 0);
    int64_t n = db_value_int(tx, &NODES, DB_NONE, 1);
    return n > 1 ? n : 1;
}
