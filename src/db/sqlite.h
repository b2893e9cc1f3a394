// SPDX-License-Identifier: Apache-2.0
// Private to the SQLite engine (sqlite*.c); nothing else includes it.
#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include "db/engine.h"

#include <pthread.h>
#include <sqlite3.h>

enum sq_role { SQ_READER, SQ_WRITER, SQ_PATCHER };

// Our own statements, prepared once per connection.
enum sq_control {
    SQ_BEGIN,
    SQ_COMMIT,
    SQ_ROLLBACK,
    SQ_MARK,
    SQ_MARK_KEEP,
    SQ_MARK_UNDO,
    SQ_DATA_VERSION,
    SQ_CONTROLS
};

struct sq_stmt {
    struct db_rows rows; // first: the engine's callers see only this
    sqlite3_stmt *h;
    int index[]; // SQLite's number of parameter $1, $2 …
};

struct sq_conn {
    struct db_tx tx; // first
    sqlite3 *h;
    enum sq_role role;
    bool own; // one of our own statements is at work: the authorizer lets it pass
    sqlite3_stmt *control[SQ_CONTROLS];
    struct db_slots slots;
    // of a reader: its snapshot is kept open between requests as long as nothing changes
    bool held;
    uint64_t generation; // of the snapshot, or older
    unsigned epoch;
    int64_t begun; // ms; of the writer its last transaction
    // of the writer
    int64_t ended; // ms, of its last transaction
    int frames;    // in the write-ahead log after the last commit
    int copied;    // of these, copied into the database by the last checkpoint
    bool logged;   // the log holds something
    bool burst;    // much was written since the writer was last idle
    unsigned idle; // times found idle since the last write
    int64_t seen;  // data_version: moves when another connection has written
    int busy_ms;   // how long it waits for another process that writes
    int64_t asked; // ms, since when it does
};

struct sq_db {
    struct db db; // first
    char *path;
    struct db_pool pool;
    _Atomic unsigned epoch; // moves when kept snapshots must go
    // While a checkpoint works: a snapshot kept in the pool would be waited for until somebody
    // uses it again. Under the pool's lock.
    bool keep_none;
};

static inline struct sq_conn *
sq_conn_of(struct db_tx *tx)
{
    return (struct sq_conn *)(void *)tx;
}

// sqlite.c

// Compiles a statement and compares it with its signatures. NULL: *rc is SQLite's code, or
// SQLITE_OK when SQLite is content but the signature is not, and *what says why until the
// connection is used again.
struct sq_stmt *sq_stmt_new(struct sq_conn *c, const struct db_stmt *s, int *rc,
                            const char **what);
// Parameter i of SQLite's counting; SQLite's code. Texts and blobs are not copied.
int sq_bind_one(sqlite3_stmt *h, int i, const struct db_arg *arg);
void sq_stmt_free(struct sq_stmt *st);
void sq_rows_drop(struct db_rows *r);

// sqlite_conn.c

int64_t sq_now_ms(void);
enum { SQ_BUSY_MS = 5000 }; // how long to wait for another process that writes

// Once a process, before the first connection.
void sq_library_start(void);
// NULL and *why, which is in the arena; without an arena the reason is logged.
struct sq_conn *sq_conn_open(struct sq_db *db, enum sq_role role, struct arena *a,
                             const char **why);
void sq_conn_close(struct sq_conn *c);
// Runs one of our own statements; SQLite's code.
int sq_control(struct sq_conn *c, enum sq_control which);
// Moves the generation when another connection (a patch, the command line beside the server)
// has written since the last call.
void sq_look_for_others(struct sq_conn *c);
// Brings the log to the disk whatever became of it: after a sync that failed, memory holds what
// the disk does not, every later sync says that all is well, and whoever starts then would
// build on it. Writing it once more is what helps. On a connection that writes.
void sq_log_again(struct sq_conn *c);
// Makes an empty file that must not exist yet. It holds personal data, so nobody else may read
// it, and it must be found after a power cut, so its directory entry is made durable. `path`
// holds a slash. 0 or errno.
int sq_make_file(const char *path);

// sqlite_check.c
bool sq_check(struct db_tx *tx, struct arena *a, const struct db_stmt *s, const char **why);
bool sq_references(struct db_tx *tx, struct arena *a, const char **why);
const char *sq_integrity(struct db *db, struct arena *a);
enum err sq_copy(struct db *db, const char *path, const char **why);

#endif
