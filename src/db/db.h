// SPDX-License-Identifier: Apache-2.0
// One interface, two engines. Modules see statements, transactions and rows, never an
// engine's own types. SQL is static: every statement is a row of a table like
//
//     static const struct db_stmt GET = {
//         .name = "org.get", .sql = "SELECT id, name FROM org WHERE id = $1",
//         .params = "id:int", .row = "id:int name:text"};
//
// Types in signatures: int text real blob bool time json; a trailing `?` allows NULL. `time`
// is INTEGER milliseconds UTC, `bool` INTEGER 0/1, `json` TEXT holding JSON.
#ifndef DB_DB_H
#define DB_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;    // an open district database
struct db_tx; // a read snapshot, or a turn inside the write transaction

struct db_stmt {
    const char *name;   // "module.what", unique
    const char *sql;    // for both engines; or NULL and the two below
    const char *sqlite; // engine's own text where one text is impossible; "": there is
                        // nothing to do (db_run, db_put, db_later)
    const char *postgres;
    const char *params; // "id:int q:text?" for $1, $2 …; NULL or "" = none
    const char *row;    // the columns; NULL = no rows
    const char *scans;  // why this statement may read a whole table; NULL = it must not
};

// The texts of an INSERT whose id db_insert() wants. SQLite knows it without being asked, and
// RETURNING would cost it a temporary table and a copy of every page the row touches.
#define DB_INSERTS(text) .sqlite = text, .postgres = text " RETURNING id"

enum db_type { DB_NULL_T, DB_INT_T, DB_TEXT_T, DB_REAL_T, DB_BLOB_T };

struct db_arg {
    enum db_type type;
    union {
        int64_t i;
        double r;
        struct {
            const void *p;
            size_t n;
        };
    };
};

static inline struct db_arg
db_arg_text(const char *s)
{
    return s == NULL ? (struct db_arg){.type = DB_NULL_T}
                     : (struct db_arg){.type = DB_TEXT_T, .p = s, .n = __builtin_strlen(s)};
}
// Argument lists: db_run(tx, &STMT, DB_ARGS(DB_INT(7), DB_TEXT(name)))
#define DB_INT(x) ((struct db_arg){.type = DB_INT_T, .i = (x)})
#define DB_REAL(x) ((struct db_arg){.type = DB_REAL_T, .r = (x)})
#define DB_TEXT(x) db_arg_text(x)
#define DB_BLOB(ptr, len) ((struct db_arg){.type = DB_BLOB_T, .p = (ptr), .n = (len)})
#define DB_NULL ((struct db_arg){.type = DB_NULL_T})
// 0 as NULL: for optional references.
#define DB_REF(x) db_arg_ref(x)
static inline struct db_arg
db_arg_ref(int64_t id)
{
    return id == 0 ? (struct db_arg){.type = DB_NULL_T}
                   : (struct db_arg){.type = DB_INT_T, .i = id};
}
#define DB_ARGS(...)                                                                           \
    ((const struct db_arg[]){__VA_ARGS__}),                                                    \
        (sizeof((const struct db_arg[]){__VA_ARGS__}) / sizeof(struct db_arg))
#define DB_NONE NULL, 0

// ---- opening -------------------------------------------------------------------------

struct db_options {
    bool create;      // make the file when missing
    bool sync_off;    // benches and test fixtures only: durability is given up
    bool bulk;        // much is written at once: the writer keeps up to 512 MB of pages
    unsigned readers; // most read snapshots open at once; 0 = 16
    size_t queue;     // most writes waiting; 0 = 4096. More answer ERR_UNAVAILABLE.
};

// `url` is a file path, or postgresql://user@host:port/database?schema=NAME with whatever else
// libpq knows; the district is the schema ("huiqiao" when none is named). NULL and *why (in the
// arena, or constant) on failure. A second process may open and write the same database; its
// writes are seen by readers at once and by db_generation() within milliseconds; within six
// seconds where a line to the server has gone silent, within one second on SQLite.
struct db *db_open(struct arena *a, const char *url, const struct db_options *o,
                   const char **why);
// Waits for the writes already submitted, then closes.
void db_close(struct db *db);
// "sqlite" or "postgres".
const char *db_engine(const struct db *db);
// The URL is not a file's.
bool db_is_network(const char *url);
// Which files the client of such a database reads whenever it connects: names of hosts,
// passwords, certificates. NULL-ended, at most `most`.
void db_client_files(struct arena *a, const char *url, const char **out, size_t most);
// True when a read may wait on the network: then the http threads must not run it.
bool db_reads_wait(const struct db *db);
// The disk failed in a way that leaves unknown what it holds: writes answer ERR_READ_ONLY until
// the process starts anew.
bool db_is_read_only(const struct db *db);
// What the writing thread did since the start, and what waits for it.
struct db_stats {
    uint64_t jobs, turns; // writes, and the transactions they shared
    uint64_t busy_us;     // in these
    uint64_t waiting;
};
void db_stats(const struct db *db, struct db_stats *out);

// ---- reading -------------------------------------------------------------------------

// Opens a snapshot (read-only: a write through it fails). One thread uses it at a time.
// NULL when none is free within a second. It holds what was committed when its first statement
// runs, or earlier, but never less than the writes this process has answered when it begins.
struct db_tx *db_read_begin(struct db *db);
// A snapshot for showing, never for deciding anything: of a standby, while no server takes
// writes. It may lack what was written in the last seconds before. NULL when there is a server
// that takes writes, or no standby that is recent enough.
struct db_tx *db_read_stale(struct db *db);
// Also ends queries left open, for instance by an arena that ran out. NULL does nothing.
void db_read_end(struct db_tx *tx);

// ---- writing -------------------------------------------------------------------------

// A unit of writing. It may run more than once and must not answer anybody; what it learns
// goes into `arg`. Anything but ERR_OK, or a failed statement, rolls it back alone.
typedef enum err (*db_work)(struct db_tx *tx, void *arg);
// Called once, from a thread of the engine, after the commit is durable (or the roll-back).
typedef void (*db_done)(enum err e, void *arg);

struct db_job {
    db_work work;
    db_done done;
    void *arg;
    struct arena *arena; // guarded while `work` runs: exhaustion rolls back, ERR_TOO_LARGE
    struct db_job *next; // the engine's
    enum err result;     // the engine's
};

// Queues the job; `job` must live until done(). ERR_UNAVAILABLE when the queue is full,
// ERR_READ_ONLY when the disk failed: then done() is not called.
enum err db_submit(struct db *db, struct db_job *job);
// The same and waits, for the command line, jobs and tests. Never from `work` or `done`: they
// run on the thread that would have to do it.
enum err db_write(struct db *db, struct arena *a, db_work work, void *arg);

// Inside `work`: whether others' writes are committed together with this one, or wait until it
// is over. Work that could also stop early should, then.
bool db_others_wait(const struct db_tx *tx);

// Counts committed writes; what is computed from the database may be kept until it changes. As
// long as writes of other processes would not be noticed it is another number at every call.
uint64_t db_generation(struct db *db);
// What that number was before the snapshot began: whatever is computed from the snapshot is
// kept under this one, or a write in between would leave it there for good.
uint64_t db_tx_generation(const struct db_tx *tx);

// ---- statements ----------------------------------------------------------------------

// A statement that fails marks the transaction: later ones do nothing, and it rolls back
// with db_tx_err(). So rules need not check every call.
enum err db_tx_err(struct db_tx *tx);
void db_tx_fail(struct db_tx *tx, enum err e);
// Rows changed through this connection so far: the same twice means that nothing was written
// in between.
uint64_t db_tx_changed(struct db_tx *tx);

// Errors: a broken uniqueness or reference is ERR_CONFLICT, other constraints and all mistakes
// of ours (arguments, signatures) ERR_INTERNAL with a log line, a full disk ERR_FULL, a busy
// database ERR_UNAVAILABLE. A write answers with these last two, and ERR_READ_ONLY, whatever
// its work makes of them.

// Runs a statement without rows; returns the number of rows changed (0 on failure).
int64_t db_run(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n);
// The same for who does not want the number: an engine beyond a network goes on without waiting
// for the answer. db_tx_err, the next statement with rows, or the end of the write tells of a
// failure.
void db_put(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n);
// Runs the statement just before the commit, after the statements of all writes committed
// together with this one; arguments are copied. For the upkeep of an index nobody asks within
// the transaction: SQLite's full-text search writes its pages out whenever another statement
// comes in between. A failure undoes the write, as everywhere.
void db_later(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n);
// Runs an INSERT of one row (DB_INSERTS, no row signature); returns its id, 0 when there is
// none, because of a failure or ON CONFLICT DO NOTHING.
int64_t db_insert(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args,
                  size_t n);

struct db_rows;
// Never NULL. Every query ends with db_end(), also after the last row. Texts and blobs among
// the arguments are not copied: they stay until db_end(). Queries nest, also of one statement.
struct db_rows *db_query(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args,
                         size_t n);
bool db_next(struct db_rows *r);
void db_end(struct db_rows *r);
bool db_is_null(struct db_rows *r, int col);
int64_t db_int(struct db_rows *r, int col); // 0 for NULL
double db_real(struct db_rows *r, int col);
const char *db_text(struct db_rows *r, int col); // NULL for NULL; valid until db_next/db_end
const void *db_blob(struct db_rows *r, int col, size_t *n);
// The row as a map with the names of the row signature; text is copied into the arena. real is
// VALUE_DEC rounded to four places, blob is text in hexadecimal. The names outlive the
// database.
struct value *db_row(struct db_rows *r, struct arena *a);
// One cell as db_row would have it, but a text is not copied: it is the row's and valid until
// db_next or db_end. Not for json.
void db_cell(struct db_rows *r, unsigned col, struct value *out);
// Which column of the rows has this name; -1 none.
int db_column(const struct db_stmt *s, const char *name);

// Whole results. db_one: NULL when there is no row. db_list: never NULL.
struct value *db_one(struct db_tx *tx, struct arena *a, const struct db_stmt *s,
                     const struct db_arg *args, size_t n);
struct value *db_list(struct db_tx *tx, struct arena *a, const struct db_stmt *s,
                      const struct db_arg *args, size_t n);
// First column of the first row as integer, or `otherwise`.
int64_t db_value_int(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args,
                     size_t n, int64_t otherwise);

// ---- schema --------------------------------------------------------------------------

// A numbered, immutable piece of schema, in the words of SQLite (db/dialect.h says them to
// PostgreSQL). Text between lines `-- @sqlite` / `-- @postgres` and `-- @end` is for that
// engine only. A line `-- @recorded HASH` names a hash under which earlier programs recorded
// it.
struct db_patch {
    int number;
    const char *name; // "0012_demand"
    const char *sql;
};

// Applies what is missing, in order, each in its own transaction, recorded with the hash of
// this engine's text.
// Fails when an applied patch's text has changed, or the database is newer than the program;
// *why stays until this thread migrates again. References are off while a patch runs (so that
// tables can be rebuilt) and all checked before its commit.
enum err db_migrate(struct db *db, const struct db_patch *patches, size_t n, const char **why);

// Prepares the statement and reads its plan. False with *why (in the arena) when it does not
// prepare, its signatures disagree with the engine, or it scans a table without `scans`: a walk
// that is neither a search nor ordered by an index and stopped by LIMIT, or sorting all rows to
// show a LIMIT of them.
bool db_check_stmt(struct db *db, struct arena *a, const struct db_stmt *s, const char **why);

// Engine's own integrity check (pages, indexes, foreign keys). NULL when sound, else what is
// wrong.
const char *db_check_integrity(struct db *db, struct arena *a);

// A consistent copy of the running database into a new file, mode 0600; ERR_CONFLICT when the
// file exists. *why is constant.
enum err db_copy_to(struct db *db, const char *path, const char **why);

#endif
