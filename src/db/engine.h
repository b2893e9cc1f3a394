// SPDX-License-Identifier: Apache-2.0
// Private to src/db: what an engine implements. db.c checks signatures and builds values,
// writer.c batches and answers jobs, migrate.c applies patches; an engine only moves rows.
#ifndef DB_ENGINE_H
#define DB_ENGINE_H

#include "db/db.h"

#include <pthread.h>
#include <stdatomic.h>

// ---- signatures ------------------------------------------------------------------------

enum db_kind { KIND_INT, KIND_TEXT, KIND_REAL, KIND_BLOB, KIND_BOOL, KIND_TIME, KIND_JSON };

struct db_field {
    const char *name; // interned for the life of the process: a value map may keep it
    enum db_kind kind;
    bool null;    // NULL is allowed
    uint64_t tag; // value_tag(name)
};

struct db_signature {
    unsigned count;
    const struct db_field *fields;
};

// Parses "id:int q:text?" once and keeps it for ever, so that names may be kept. NULL or ""
// is the empty signature. NULL when the text is not a signature.
const struct db_signature *db_signature_get(const char *text);

// ---- what every engine's objects begin with --------------------------------------------

struct db_engine;
struct db_writer;

struct db {
    const struct db_engine *engine;
    struct db_options options;
    struct db_writer *writer;
    _Atomic uint64_t generation;
    // Writes of others would not be noticed now: nothing read may be kept (db_generation).
    _Atomic bool deaf;
    _Atomic bool read_only; // the disk failed
    _Atomic uint64_t jobs, turns, busy_us;
};

struct db_put_off;
struct db_later_list {
    struct db_put_off *first;
    struct db_put_off **last;
};

struct db_tx {
    struct db *db;
    enum err err;                // first failure; later statements do nothing
    struct db_rows *open;        // queries not ended yet, innermost first
    uint64_t generation;         // of a read: db_generation before it began
    struct db_later_list *later; // where db_later() puts them; NULL: runs them at once
    struct db_tx *next;          // in the pool
};

enum db_rows_state {
    ROWS_IDLE, // prepared, not in use; also the answer to a query that failed
    ROWS_OPEN, // arguments bound
    ROWS_ON,   // standing on a row
    ROWS_DONE, // behind the last row, not ended
};

struct db_rows {
    struct db_tx *tx;
    const struct db_stmt *stmt;
    const struct db_signature *params;
    const struct db_signature *row;
    struct db_rows *outer; // next in tx->open
    struct db_rows *twin;  // the same statement again, for a query inside its own query
    const char *sql;       // what was prepared, to notice a db_stmt that changed underneath
    enum db_rows_state state;
    bool writes;
    bool blamed; // a NULL where none is declared was logged already
};

// How a transaction step ended.
enum db_outcome {
    DB_DONE,
    DB_ALONE,   // the transaction is lost, but each job in it may succeed alone
    DB_REFUSED, // a constraint checked at the commit: so too, but final for a job alone, with
                // tx->err
    DB_FAILED,  // nothing was written; answer ERR_UNAVAILABLE, or tx->err when that is
                // ERR_FULL, and go on
    DB_BROKEN,  // what is on the disk is unknown: no more writes until a restart (D4)
};

// How a transaction stands after a job.
enum db_state {
    DB_GOOD,
    DB_SPOILT, // a statement failed: it must go back to a mark or to its beginning
    DB_GONE,   // the engine gave all of it up
    DB_AGAIN,  // so too, and the job that did it may succeed when it runs again
};

struct db_engine {
    const char *name;
    bool reads_wait;
    unsigned batch; // most jobs in one transaction

    // NULL and *why. The generic part of struct db is filled by the caller.
    struct db *(*open)(struct arena *a, const char *url, const struct db_options *o,
                       const char **why);
    void (*close)(struct db *db); // after read_close and write_close; frees db

    struct db_tx *(*read_begin)(struct db *db);
    struct db_tx *(*read_stale)(struct db *db); // NULL: there are no such
    void (*read_end)(struct db_tx *tx);
    void (*read_close)(struct db *db); // no reader is open, none will be

    // A connection that writes, and one that may change the schema (close: write_close).
    struct db_tx *(*write_open)(struct db *db, struct arena *a, const char **why);
    struct db_tx *(*patch_open)(struct db *db, struct arena *a, const char **why);
    void (*write_close)(struct db_tx *tx);
    enum db_outcome (*begin)(struct db_tx *tx);
    enum db_outcome (*commit)(struct db_tx *tx);
    void (*rollback)(struct db_tx *tx);
    // A mark inside a transaction: set, forget it, or go back to it.
    enum db_outcome (*mark)(struct db_tx *tx);
    enum db_outcome (*mark_keep)(struct db_tx *tx);
    enum db_outcome (*mark_undo)(struct db_tx *tx);
    enum db_state (*state)(struct db_tx *tx);
    // Rows changed through this connection so far, also those undone.
    uint64_t (*changed)(struct db_tx *tx);
    // Housekeeping between transactions, after answers are sent. `idle`: nobody is waiting.
    enum db_outcome (*tidy)(struct db_tx *tx, bool idle);

    // Statements. NULL after failing tx. The result is ROWS_IDLE with its signatures set.
    struct db_rows *(*prepare)(struct db_tx *tx, const struct db_stmt *s);
    // `args` fit the signature; they and what they point to live until finish.
    bool (*bind)(struct db_rows *r, const struct db_arg *args);
    bool (*step)(struct db_rows *r); // false: no more rows, or tx failed
    void (*finish)(struct db_rows *r);
    // Runs a prepared statement whose answer nobody waits for; a failure shows at settle or
    // commit. Arguments are not needed afterwards. NULL: such a statement runs as any other.
    void (*put)(struct db_rows *r, const struct db_arg *args);
    // Waits for the answers to what was put; tx->err then says how it went. NULL with put.
    void (*settle)(struct db_tx *tx);
    int64_t (*affected)(struct db_rows *r);
    // The id of the row an INSERT made; asked once, behind its last row and before finish.
    int64_t (*inserted)(struct db_rows *r);
    // The cell and the type found, which the caller compares with the declared one: i, r, or
    // p and n (text ends in NUL). Whole numbers in a real column answer as real.
    enum db_type (*cell)(struct db_rows *r, unsigned col, struct db_arg *out);

    // A script of several statements, engine's own sections only. False and *why.
    bool (*script)(struct db_tx *tx, struct arena *a, const char *sql, const char **why);
    // After a patch, before its commit: references that lead nowhere. False and *why.
    bool (*references)(struct db_tx *tx, struct arena *a, const char **why);
    bool (*check)(struct db_tx *tx, struct arena *a, const struct db_stmt *s, const char **why);
    const char *(*integrity)(struct db *db, struct arena *a);
    enum err (*copy)(struct db *db, const char *path, const char **why);
};

// postgres_url.c
void pg_client_files(struct arena *a, const char *url, const char **out, size_t most);

extern const struct db_engine db_sqlite;
extern const struct db_engine db_postgres;

// The engine's text of a statement; NULL when it has none.
const char *db_stmt_sql(const struct db_stmt *s, const struct db_engine *e);

// True when the text holds the word outside of quotes.
bool db_text_has_word(const char *sql, const char *word);

// Ends what work or a reader left open, for instance when its arena ran out.
void db_end_all(struct db_tx *tx);

// Marks tx failed with e and logs, once, what is wrong with the statement.
void db_blame(struct db_tx *tx, const struct db_stmt *s, enum err e, const char *what);

// ---- slots.c ---------------------------------------------------------------------------

// The prepared statements of one connection, found by the address of their db_stmt.
struct db_slots {
    struct db_rows **at; // open addressing
    unsigned cap;
    unsigned used;
};

// A statement not in use, prepared when there is none: `make` compiles one more. NULL after
// failing tx.
struct db_rows *db_slots_get(struct db_slots *slots, struct db_tx *tx, const struct db_stmt *s,
                             struct db_rows *(*make)(struct db_tx *tx,
                                                     const struct db_stmt *s));
void db_slots_free(struct db_slots *slots, void (*drop)(struct db_rows *r));

// ---- pool.c ----------------------------------------------------------------------------

// The readers nobody uses.
struct db_pool {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct db_tx *free; // last in, first out: pages and statements are warm
    unsigned most;
    unsigned opened;
    unsigned waiters;
    bool closed;
};

void db_pool_init(struct db_pool *p, unsigned most);
void db_pool_destroy(struct db_pool *p);
// A free reader; NULL with *make set when the caller may open one, which it then gives back
// in any case; NULL otherwise: none became free within a second.
struct db_tx *db_pool_take(struct db_pool *p, bool *make);
// Gives it back; NULL: it is no more. `before` is called under the lock, or NULL.
void db_pool_give(struct db_pool *p, struct db_tx *tx, void (*before)(struct db_tx *tx));
// None will be taken from now on; closes those that are free.
void db_pool_close(struct db_pool *p, void (*drop)(struct db_tx *tx));

// ---- later.c ---------------------------------------------------------------------------

// Drops what was put off since list->last was `from`.
void db_later_forget(struct db_later_list *list, struct db_put_off **from);
// Runs all that was put off and empties the list. False: tx->err says why.
bool db_later_run(struct db_tx *tx);

// ---- writer.c --------------------------------------------------------------------------

// Starts the writing thread on a connection of its own. NULL and *why.
struct db_writer *db_writer_start(struct db *db, struct arena *a, const char **why);
enum err db_writer_submit(struct db_writer *w, struct db_job *job);
size_t db_writer_waiting(struct db_writer *w);
// Asked by the job that runs: whether another is in its batch or waits.
bool db_writer_is_asked(struct db_writer *w);
// Runs what is queued and ends the thread. Returns its connection, for write_close.
struct db_tx *db_writer_stop(struct db_writer *w);

#endif
