// SPDX-License-Identifier: Apache-2.0
// Private to the PostgreSQL engine (postgres*.c); nothing else includes it.
#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H

#include "db/engine.h"

#include <libpq-fe.h>
#include <pthread.h>

enum pg_role { PG_READER, PG_WRITER, PG_PATCHER };

// Our own statements, prepared once per connection.
enum pg_control {
    PG_BEGIN_READ,
    PG_BEGIN,
    PG_LOCK,
    PG_COMMIT,
    PG_ROLLBACK,
    PG_MARK,
    PG_MARK_KEEP,
    PG_MARK_UNDO,
    PG_TELL,
    PG_CONTROLS
};

// A statement of a connection. A query that may read a whole table is asked for piece by piece
// through a cursor; any other answer comes whole.
struct pg_stmt {
    struct db_rows rows; // first: the engine's callers see only this
    unsigned number;     // its name on the server is "s<number>"
    bool prepared;
    bool asked;    // sent, and the answer is not in yet
    bool cursor;   // read piece by piece
    bool opened;   // the cursor is
    PGresult *got; // rows in hand
    int at;        // the row stood on
    int64_t affected;
    int64_t inserted;
    Oid types[]; // of the parameters
};

// What was sent and not answered yet, in order.
enum pg_want {
    WANT_NOTHING, // only that it works
    WANT_PREPARE, // of st
    WANT_COUNT,   // rows changed
    WANT_ROWS,    // of st
    WANT_COMMIT,
    WANT_SYNC,
};

struct pg_pending {
    enum pg_want want;
    struct pg_stmt *st;
    enum pg_control control; // WANT_NOTHING
};

enum { PG_PENDING = 256, PG_FETCH_ROWS = 1000 };

struct pg_conn {
    struct db_tx tx; // first
    PGconn *h;       // NULL: not connected
    enum pg_role role;
    struct db_slots slots;
    unsigned numbers;  // given to statements
    uint64_t controls; // which controls are prepared, a bit each
    struct pg_pending pending[PG_PENDING];
    unsigned first; // ring
    unsigned count;
    unsigned unsynced; // sent since the last sync
    unsigned puts;     // of those outstanding, statements that may fail
    bool in_tx;        // begun and neither committed nor rolled back
    bool spoilt;       // a statement failed: the transaction only rolls back
    bool again;        // by no fault of the job's
    bool lost;         // the connection
    bool committed;    // the last commit was answered
    bool dirty;        // rows changed in this transaction
    uint64_t changed;
    // when connecting fails: not again before `retry` (ms), which moves away
    int64_t retry;
    int64_t delay;
};

struct pg_db {
    struct db db; // first
    char *url;    // for libpq: without what is ours
    char *schema;
    bool create;
    bool sync_off;
    char channel[80]; // of the schema's notifications
    struct db_pool pool;
    _Atomic int64_t retry;  // of readers, as in pg_conn
    _Atomic int writer_pid; // backend whose notifications are our own
    pthread_t listener;
    PGconn *heard; // what it begins with
    int wake;      // eventfd that ends the listener
    bool listening;
};

static inline struct pg_conn *
pg_conn_of(struct db_tx *tx)
{
    return (struct pg_conn *)(void *)tx;
}

static inline struct pg_stmt *
pg_stmt_of(struct db_rows *r)
{
    return (struct pg_stmt *)(void *)r;
}

static inline struct pg_db *
pg_db_of(struct db *db)
{
    return (struct pg_db *)(void *)db;
}

// postgres_url.c

// Takes the schema out of the URL. NULL and *why; both texts are the caller's to free.
bool pg_url_split(const char *url, char **rest, char **schema, const char **why);

// postgres_conn.c

int64_t pg_now_ms(void);
// A connection that is set up but knows no statements yet. NULL and *why (in a buffer of the
// thread's).
PGconn *pg_connect(struct pg_db *db, enum pg_role role, const char **why);
// NULL and *why, which is in the arena; without an arena the reason is logged.
struct pg_conn *pg_conn_open(struct pg_db *db, enum pg_role role, struct arena *a,
                             const char **why);
void pg_conn_close(struct pg_conn *c);
// A lost connection is made anew, not too often. False: there is none.
bool pg_conn_ready(struct pg_conn *c);
// Leaves and enters the pipeline, for a script. False: the connection is lost.
bool pg_pipeline(struct pg_conn *c, bool on);
// The first line of what libpq says.
const char *pg_reason(const char *message, char *out, size_t size);

// postgres_io.c: sending and answers

void pg_send_control(struct pg_conn *c, enum pg_control which);
// Sends a statement (prepared with it when need be) and what of its answer is wanted.
void pg_send(struct pg_conn *c, struct pg_stmt *st, const struct db_arg *args,
             enum pg_want want);
// The next piece of a cursor's rows; and no more of them.
void pg_send_more(struct pg_conn *c, struct pg_stmt *st);
void pg_send_close(struct pg_conn *c, struct pg_stmt *st);
void pg_send_sync(struct pg_conn *c);
// Reads all answers. Failures are in tx->err and the flags of the connection.
void pg_settle(struct pg_conn *c);
// Reads answers until no more than `left` are outstanding.
void pg_settle_to(struct pg_conn *c, unsigned left);
// Takes in what has arrived without waiting; notices a connection that was cut.
void pg_look(struct pg_conn *c);

// postgres_check.c
bool pg_check(struct db_tx *tx, struct arena *a, const struct db_stmt *s, const char **why);
const char *pg_integrity(struct db *db, struct arena *a);

// postgres_cell.c
enum db_type pg_cell(struct db_rows *r, unsigned col, struct db_arg *out);
// The value of a whole number in any of the server's types.
bool pg_cell_int(const PGresult *got, int row, int col, int64_t *out);

// postgres.c
struct db_rows *pg_compile(struct db_tx *tx, const struct db_stmt *s);
void pg_rows_drop(struct db_rows *r);

// postgres_listen.c
bool pg_listen_start(struct pg_db *db, const char **why);
void pg_listen_stop(struct pg_db *db);

#endif
