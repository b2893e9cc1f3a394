// SPDX-License-Identifier: Apache-2.0
// Private to the PostgreSQL engine (postgres*.c); nothing else includes it.
#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H

#include "db/engine.h"

#include <libpq-fe.h>
#include <pthread.h>

// A stale reader asks a server that does not take writes, while none does.
enum pg_role { PG_READER, PG_STALE, PG_WRITER, PG_PATCHER };

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
    bool unsure;       // the server gave up waiting for the standby that was to have it, too
    bool dirty;        // rows changed in this transaction
    uint64_t changed;
    // when connecting fails: not again before `retry` (ms), which moves away
    int64_t retry;
    int64_t delay;
};

// NULL: libpq's default.
struct pg_host {
    char *host;
    char *address;
    char *port;
};

enum { PG_HOSTS = 8, PG_DIAL = 16 };

struct pg_line;

struct pg_db {
    struct db db; // first
    char *url;    // for libpq: without what is ours
    struct pg_host hosts[PG_HOSTS];
    unsigned host_count;
    _Atomic int primary;    // which of them takes writes; -1 none
    _Atomic int standby;    // while none does: which may be read all the same; -1 none
    _Atomic unsigned stale; // stale readers that are open
    pthread_mutex_t lines_lock;
    struct pg_line *lines;         // all connections but the listener's
    _Atomic int64_t commit_since;  // ms; a commit waits for its answer. 0: none
    _Atomic(PGconn *) commit_line; // whose
    // The listener's own: the last primary (-1 none yet), the latest timeline that took writes,
    // how far the primary was when last asked and the time before, and why no server was found.
    int last;
    int64_t timeline;
    int64_t floor[2];
    char reason[200];
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

static inline bool
pg_only_reads(const struct pg_conn *c)
{
    return c->role == PG_READER || c->role == PG_STALE;
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
// A connection that is set up but knows no statements yet; ended by pg_line_end. NULL and *why
// (in a buffer of the thread's).
PGconn *pg_connect(struct pg_db *db, enum pg_role role, const char **why);
// A notice receiver that drops what it is given.
void pg_no_notice(void *arg, const PGresult *got);
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

// postgres_hosts.c

bool pg_hosts_read(struct pg_db *db, const char **why);
void pg_hosts_free(struct pg_db *db);

struct pg_dial {
    const char *names[PG_DIAL];
    const char *values[PG_DIAL];
    unsigned count;
};
// What libpq is told of a connection to that host; `attrs` as in target_session_attrs.
void pg_dial_fill(const struct pg_db *db, int host, const char *attrs, struct pg_dial *d);
// Asks all hosts at once. A connection to the one that takes writes, with *primary; or NULL,
// *standby (-1: none that is recent enough) and db->reason. For the listening thread.
PGconn *pg_hosts_seek(struct pg_db *db, int *primary, int *standby);
// Runs a statement, its one number into *out. False: it failed, no answer came within `ms`, or
// the listening thread is to end; then the connection is of no use any more.
bool pg_ask_within(const struct pg_db *db, PGconn *h, const char *sql, int ms, int64_t *out);

// Every connection is known while it is open, so that it can be cut from outside.
bool pg_line_add(struct pg_db *db, PGconn *h, bool stale);
void pg_line_end(struct pg_db *db, PGconn *h); // also finishes it
enum pg_lines { PG_LINES_ALL, PG_LINES_STALE };
void pg_lines_cut(struct pg_db *db, enum pg_lines which);
void pg_line_cut(struct pg_db *db, const PGconn *h);

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
