// SPDX-License-Identifier: Apache-2.0
// The embedded engine: transactions, read snapshots and statements of SQLite in WAL mode, with
// one writing connection and a pool of read-only ones.
#include "db/sqlite.h"

#include "base/log.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    // A checkpoint after this many pages in the log: seldom enough to write a page that is
    // changed often only once, small enough to take milliseconds.
    CHECKPOINT_FRAMES = 2000,
    // Then readers have held the log back for long: wait for them a moment.
    LOG_TOO_LONG = 8 * CHECKPOINT_FRAMES,
    // A snapshot serves the requests of this time when nothing is written meanwhile: that
    // saves taking and leaving the file's locks, most of the cost of a small read. What
    // another process writes is seen this much later.
    HOLD_MS = 5,
    // After a transaction of this length, other processes that want to write get a moment to
    // begin theirs (they ask each millisecond).
    LONG_MS = 100,
    TURN_MS = 5,
};

// ---- opening the database --------------------------------------------------------------

static void
sq_close(struct db *base)
{
    struct sq_db *db = (struct sq_db *)(void *)base;
    db_pool_destroy(&db->pool);
    free(db->path);
    free(db);
}

static struct sq_db *
db_new(const char *url, const struct db_options *o)
{
    struct sq_db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        return NULL;
    }
    // "file:" would be read as a URI with options, and the directory must be nameable.
    db->path = sqlite3_mprintf("%s%s", *url == '/' ? "" : "./", url);
    char *path = db->path == NULL ? NULL : strdup(db->path);
    sqlite3_free(db->path);
    db->path = path;
    if (path == NULL) {
        free(db);
        return NULL;
    }
    db_pool_init(&db->pool, o->readers);
    return db;
}

static struct db *
sq_open(struct arena *a, const char *url, const struct db_options *o, const char **why)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sq_library_start);
    struct sq_db *db = db_new(url, o);
    if (db == NULL) {
        *why = "out of memory";
        return NULL;
    }
    int rc = o->create ? sq_make_file(db->path) : 0;
    if (rc != 0 && rc != EEXIST) {
        *why = arena_printf(a, "cannot make %s: %s", db->path, strerror(rc));
        sq_close(&db->db);
        return NULL;
    }
    return &db->db;
}

static struct db_tx *
sq_write_open(struct db *base, struct arena *a, const char **why)
{
    struct sq_conn *c = sq_conn_open((struct sq_db *)(void *)base, SQ_WRITER, a, why);
    if (c != NULL) {
        sq_log_again(c);
    }
    return c == NULL ? NULL : &c->tx;
}

static struct db_tx *
sq_patch_open(struct db *base, struct arena *a, const char **why)
{
    struct sq_conn *c = sq_conn_open((struct sq_db *)(void *)base, SQ_PATCHER, a, why);
    return c == NULL ? NULL : &c->tx;
}

static void
sq_write_close(struct db_tx *tx)
{
    sq_conn_close(sq_conn_of(tx));
}

// ---- transactions ----------------------------------------------------------------------

// The index of the log is memory shared through a file, which needs room, too.
static bool
sq_is_full(int rc, int error)
{
    return (rc & 0xff) == SQLITE_FULL || (rc == SQLITE_IOERR_SHMSIZE && error == ENOSPC);
}

static enum db_outcome
outcome(struct sq_conn *c, int rc, const char *what)
{
    if (rc == SQLITE_DONE) {
        return DB_DONE;
    }
    if ((rc & 0xff) == SQLITE_CONSTRAINT) { // a deferred reference of one of the jobs
        db_tx_fail(&c->tx, ERR_CONFLICT);
        return DB_REFUSED;
    }
    log_error("%s failed: %s (%d)", what, sqlite3_errmsg(c->h), rc);
    if (sq_is_full(rc, sqlite3_system_errno(c->h))) {
        db_tx_fail(&c->tx, ERR_FULL);
        return DB_ALONE;
    }
    switch (rc & 0xff) {
    case SQLITE_IOERR:
        if (rc == SQLITE_IOERR_NOMEM) {
            return DB_ALONE;
        }
        // Closing must not copy into the database what may not be on the disk.
        sqlite3_db_config(c->h, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        return DB_BROKEN;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return DB_BROKEN;
    case SQLITE_NOMEM:
        return DB_ALONE;
    default:
        return DB_FAILED;
    }
}

static enum db_outcome
sq_begin(struct db_tx *tx)
{
    struct sq_conn *c = sq_conn_of(tx);
    const struct timespec turn = {.tv_nsec = TURN_MS * 1000000L};
    if (c->ended - c->begun >= LONG_MS && sq_now_ms() - c->ended < TURN_MS) {
        nanosleep(&turn, NULL);
    }
    tx->err = ERR_OK;
    int rc = sq_control(c, SQ_BEGIN);
    c->begun = c->ended = sq_now_ms();
    return outcome(c, rc, "begin");
}

static void
sq_rollback(struct db_tx *tx)
{
    struct sq_conn *c = sq_conn_of(tx);
    if (!sqlite3_get_autocommit(c->h)) {
        sq_control(c, SQ_ROLLBACK);
    }
}

static enum db_outcome
sq_commit(struct db_tx *tx)
{
    struct sq_conn *c = sq_conn_of(tx);
    c->idle = 0;
    tx->err = ERR_OK;
    enum db_outcome o = outcome(c, sq_control(c, SQ_COMMIT), "commit");
    c->ended = sq_now_ms();
    if (o != DB_DONE) {
        sq_rollback(tx);
    }
    return o;
}

static enum db_outcome
sq_mark(struct db_tx *tx)
{
    struct sq_conn *c = sq_conn_of(tx);
    return outcome(c, sq_control(c, SQ_MARK), "savepoint");
}

static enum db_outcome
sq_mark_keep(struct db_tx *tx)
{
    struct sq_conn *c = sq_conn_of(tx);
    return outcome(c, sq_control(c, SQ_MARK_KEEP), "release");
}

static enum db_outcome
sq_mark_undo(struct db_tx *tx)
{
    struct sq_conn *c = sq_conn_of(tx);
    enum db_outcome o = outcome(c, sq_control(c, SQ_MARK_UNDO), "rollback to");
    return o == DB_DONE ? sq_mark_keep(tx) : o;
}

static enum db_state
sq_state(struct db_tx *tx)
{
    return sqlite3_get_autocommit(sq_conn_of(tx)->h) ? DB_GONE : DB_GOOD;
}

static uint64_t
sq_changed(struct db_tx *tx)
{
    return (uint64_t)sqlite3_total_changes64(sq_conn_of(tx)->h);
}

static void
let_go(struct db_tx *tx)
{
    struct sq_conn *c = sq_conn_of(tx);
    if (c->held) {
        c->held = false;
        sq_rollback(tx);
    }
}

// Lets go of the snapshots that no request uses, which would hold the log back.
static void
release_held(struct sq_db *db, bool keep_none)
{
    pthread_mutex_lock(&db->pool.lock);
    db->keep_none = keep_none;
    atomic_fetch_add(&db->epoch, 1); // those in use are not kept afterwards
    for (struct db_tx *tx = db->pool.free; tx != NULL; tx = tx->next) {
        let_go(tx);
    }
    pthread_mutex_unlock(&db->pool.lock);
}

static enum db_outcome
checkpoint(struct sq_conn *c, int mode, int wait_ms)
{
    int log = 0;
    int copied = 0;
    struct sq_db *db = (struct sq_db *)(void *)c->tx.db;
    release_held(db, true);
    c->busy_ms = wait_ms;
    int rc = sqlite3_wal_checkpoint_v2(c->h, NULL, mode, &log, &copied);
    c->busy_ms = SQ_BUSY_MS;
    c->ended = mode == SQLITE_CHECKPOINT_PASSIVE ? c->ended : sq_now_ms(); // others had to wait
    pthread_mutex_lock(&db->pool.lock);
    db->keep_none = false;
    pthread_mutex_unlock(&db->pool.lock);
    if (rc == SQLITE_OK) {
        c->copied = copied > 0 ? copied : 0;
        c->logged = mode != SQLITE_CHECKPOINT_TRUNCATE && c->logged;
    } else if ((rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED) {
        return outcome(c, rc, "checkpoint") == DB_BROKEN ? DB_BROKEN : DB_DONE;
    }
    return DB_DONE;
}

static enum db_outcome
sq_tidy(struct db_tx *tx, bool idle)
{
    struct sq_conn *c = sq_conn_of(tx);
    sq_look_for_others(c);
    if (c->frames < c->copied) {
        c->copied = 0; // the log began again
    }
    if (c->frames - c->copied >= CHECKPOINT_FRAMES) {
        bool wait = c->frames >= LOG_TOO_LONG;
        c->burst = true;
        return checkpoint(c, wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                          wait ? 200 : 0);
    }
    if (idle && c->logged && ++c->idle >= 4) {
        if (c->burst) { // the pages that it has collected go back
            sqlite3_db_release_memory(c->h);
            malloc_trim(0);
            c->burst = false;
        }
        return checkpoint(c, SQLITE_CHECKPOINT_TRUNCATE, 0);
    }
    if (idle) {
        release_held((struct sq_db *)(void *)tx->db, false);
    }
    return DB_DONE;
}

// ---- readers ---------------------------------------------------------------------------

// Under the pool's lock: what is given back while a checkpoint works is not kept.
static void
give_up_held(struct db_tx *tx)
{
    if (((struct sq_db *)(void *)tx->db)->keep_none) {
        let_go(tx);
    }
}

static bool
is_current(struct sq_db *db, const struct sq_conn *c)
{
    return c->generation == db_generation(&db->db) && c->epoch == atomic_load(&db->epoch);
}

static struct db_tx *
sq_read_begin(struct db *base)
{
    struct sq_db *db = (struct sq_db *)(void *)base;
    bool make = false;
    struct db_tx *tx = db_pool_take(&db->pool, &make);
    struct sq_conn *c = tx == NULL ? NULL : sq_conn_of(tx);
    if (make) {
        c = sq_conn_open(db, SQ_READER, NULL, NULL);
        if (c == NULL) {
            db_pool_give(&db->pool, NULL, NULL);
        }
    }
    if (c == NULL) {
        return NULL;
    }
    c->tx.err = ERR_OK;
    if (c->held && is_current(db, c) && sq_now_ms() - c->begun < HOLD_MS) {
        return &c->tx;
    }
    sq_rollback(&c->tx);
    // Asked first: a snapshot newer than its number is only thrown away too early.
    c->generation = db_generation(base);
    c->epoch = atomic_load(&db->epoch);
    c->begun = sq_now_ms();
    if (sq_control(c, SQ_BEGIN) != SQLITE_DONE) {
        c->tx.err = ERR_UNAVAILABLE;
    }
    return &c->tx;
}

static void
sq_read_end(struct db_tx *tx)
{
    struct sq_db *db = (struct sq_db *)(void *)tx->db;
    struct sq_conn *c = sq_conn_of(tx);
    c->held = tx->err == ERR_OK && is_current(db, c);
    if (!c->held) {
        sq_rollback(tx);
    }
    db_pool_give(&db->pool, tx, give_up_held);
}

static void
drop_reader(struct db_tx *tx)
{
    sq_conn_close(sq_conn_of(tx));
}

static void
sq_read_close(struct db *base)
{
    db_pool_close(&((struct sq_db *)(void *)base)->pool, drop_reader);
}

// ---- statements ------------------------------------------------------------------------

static bool
map_parameters(struct sq_stmt *st, const char **what)
{
    unsigned n = st->rows.params->count;
    if ((unsigned)sqlite3_bind_parameter_count(st->h) != n) {
        *what = "the parameters are not those of the signature";
        return false;
    }
    // $1 is a name to SQLite, numbered by first appearance: never bind by position.
    for (unsigned i = 0; i < n; i++) {
        char name[16];
        sqlite3_snprintf(sizeof name, name, "$%u", i + 1);
        st->index[i] = sqlite3_bind_parameter_index(st->h, name);
        if (st->index[i] == 0) {
            *what = "a parameter of the signature is missing in the text";
            return false;
        }
    }
    return true;
}

static bool
fits_signature(struct sq_stmt *st, const char *tail, const char **what)
{
    while (*tail == ' ' || *tail == '\n' || *tail == ';') {
        tail++;
    }
    if (*tail != '\0' || st->h == NULL) {
        *what = "the text is not one statement";
        return false;
    }
    if ((unsigned)sqlite3_column_count(st->h) != st->rows.row->count) {
        *what = "the columns are not those of the signature";
        return false;
    }
    return map_parameters(st, what);
}

struct sq_stmt *
sq_stmt_new(struct sq_conn *c, const struct db_stmt *s, int *rc, const char **what)
{
    const struct db_signature *params = db_signature_get(s->params);
    const struct db_signature *row = db_signature_get(s->row);
    const char *sql = db_stmt_sql(s, c->tx.db->engine);
    *rc = SQLITE_OK;
    if (params == NULL || row == NULL || sql == NULL) {
        *what = sql == NULL ? "there is no text for this engine" : "a signature is malformed";
        return NULL;
    }
    struct sq_stmt *st = calloc(1, sizeof *st + params->count * sizeof st->index[0]);
    if (st == NULL) {
        *rc = SQLITE_NOMEM;
        *what = "out of memory";
        return NULL;
    }
    st->rows =
        (struct db_rows){.tx = &c->tx, .stmt = s, .params = params, .row = row, .sql = sql};
    const char *tail = "";
    *rc = sqlite3_prepare_v3(c->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->h, &tail);
    if (*rc != SQLITE_OK) {
        *what = sqlite3_errmsg(c->h);
    }
    if (*rc != SQLITE_OK || !fits_signature(st, tail, what)) {
        sq_stmt_free(st);
        return NULL;
    }
    st->rows.writes = !sqlite3_stmt_readonly(st->h);
    return st;
}

void
sq_stmt_free(struct sq_stmt *st)
{
    sqlite3_finalize(st->h);
    free(st);
}

void
sq_rows_drop(struct db_rows *r)
{
    sq_stmt_free((struct sq_stmt *)(void *)r);
}

static enum err
err_of(int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
    case SQLITE_CONSTRAINT_TRIGGER:
        return ERR_CONFLICT;
    default:
        break;
    }
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
        return ERR_UNAVAILABLE;
    case SQLITE_TOOBIG:
        return ERR_TOO_LARGE;
    default:
        return ERR_INTERNAL;
    }
}

static void
stmt_failed(struct sq_conn *c, const struct db_stmt *s, int rc, const char *what)
{
    enum err e = rc == SQLITE_OK ? ERR_INTERNAL : err_of(rc);
    if (e == ERR_CONFLICT) {
        db_tx_fail(&c->tx, e); // an ordinary outcome, not a fault
    } else {
        db_blame(&c->tx, s, e, what);
    }
}

static struct db_rows *
compile(struct db_tx *tx, const struct db_stmt *s)
{
    struct sq_conn *c = sq_conn_of(tx);
    int rc;
    const char *what = "";
    struct sq_stmt *st = sq_stmt_new(c, s, &rc, &what);
    if (st == NULL) {
        stmt_failed(c, s, rc, what);
        return NULL;
    }
    if (st->rows.writes && c->role == SQ_READER) {
        db_blame(tx, s, ERR_INTERNAL, "writes through a read snapshot");
        sq_stmt_free(st);
        return NULL;
    }
    return &st->rows;
}

static struct db_rows *
sq_prepare(struct db_tx *tx, const struct db_stmt *s)
{
    return db_slots_get(&sq_conn_of(tx)->slots, tx, s, compile);
}

static struct sq_stmt *
stmt_of(struct db_rows *r)
{
    return (struct sq_stmt *)(void *)r;
}

int
sq_bind_one(sqlite3_stmt *h, int i, const struct db_arg *arg)
{
    switch (arg->type) {
    case DB_INT_T:
        return sqlite3_bind_int64(h, i, arg->i);
    case DB_REAL_T:
        return sqlite3_bind_double(h, i, arg->r);
    case DB_TEXT_T:
        return sqlite3_bind_text64(h, i, arg->p, arg->n, SQLITE_STATIC, SQLITE_UTF8);
    case DB_BLOB_T:
        return arg->n == 0 ? sqlite3_bind_zeroblob(h, i, 0)
                           : sqlite3_bind_blob64(h, i, arg->p, arg->n, SQLITE_STATIC);
    case DB_NULL_T:
        break;
    }
    return sqlite3_bind_null(h, i);
}

static bool
sq_bind(struct db_rows *r, const struct db_arg *args)
{
    struct sq_stmt *st = stmt_of(r);
    for (unsigned i = 0; i < r->params->count; i++) {
        int rc = sq_bind_one(st->h, st->index[i], &args[i]);
        if (rc != SQLITE_OK) {
            stmt_failed(sq_conn_of(r->tx), r->stmt, rc, sqlite3_errstr(rc));
            return false;
        }
    }
    return true;
}

static bool
sq_step(struct db_rows *r)
{
    int rc = sqlite3_step(stmt_of(r)->h);
    if (rc == SQLITE_ROW) {
        return true;
    }
    if (rc != SQLITE_DONE) {
        struct sq_conn *c = sq_conn_of(r->tx);
        stmt_failed(c, r->stmt, rc, sqlite3_errmsg(c->h));
    }
    return false;
}

static void
sq_finish(struct db_rows *r)
{
    sqlite3_reset(stmt_of(r)->h);
}

static int64_t
sq_affected(struct db_rows *r)
{
    return r->writes ? sqlite3_changes64(sq_conn_of(r->tx)->h) : 0;
}

static int64_t
sq_inserted(struct db_rows *r)
{
    return sqlite3_last_insert_rowid(sq_conn_of(r->tx)->h);
}

static enum db_type
sq_cell(struct db_rows *r, unsigned col, struct db_arg *out)
{
    // One look at the statement's row a cell. The value is unprotected, as nobody else uses
    // this connection meanwhile.
    sqlite3_value *v = sqlite3_column_value(stmt_of(r)->h, (int)col);
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        if (r->row->fields[col].kind == KIND_REAL) {
            out->r = sqlite3_value_double(v);
            return DB_REAL_T;
        }
        out->i = sqlite3_value_int64(v);
        return DB_INT_T;
    case SQLITE_FLOAT:
        out->r = sqlite3_value_double(v);
        return DB_REAL_T;
    case SQLITE_TEXT:
        out->p = sqlite3_value_text(v);
        out->n = (size_t)sqlite3_value_bytes(v);
        if (out->p == NULL) { // not NULL is there, but no memory for it
            db_tx_fail(r->tx, ERR_UNAVAILABLE);
        }
        return out->p == NULL ? DB_NULL_T : DB_TEXT_T;
    case SQLITE_BLOB:
        out->p = sqlite3_value_blob(v);
        out->n = (size_t)sqlite3_value_bytes(v);
        out->p = out->p == NULL ? "" : out->p;
        return DB_BLOB_T;
    default:
        return DB_NULL_T;
    }
}

static bool
sq_script(struct db_tx *tx, struct arena *a, const char *sql, const char **why)
{
    struct sq_conn *c = sq_conn_of(tx);
    if (sqlite3_exec(c->h, sql, NULL, NULL, NULL) != SQLITE_OK) {
        *why = arena_strdup(a, sqlite3_errmsg(c->h));
        return false;
    }
    return true;
}

const struct db_engine db_sqlite = {
    .name = "sqlite",
    .reads_wait = false,
    .batch = 256,
    .open = sq_open,
    .close = sq_close,
    .read_begin = sq_read_begin,
    .read_end = sq_read_end,
    .read_close = sq_read_close,
    .write_open = sq_write_open,
    .patch_open = sq_patch_open,
    .write_close = sq_write_close,
    .begin = sq_begin,
    .commit = sq_commit,
    .rollback = sq_rollback,
    .mark = sq_mark,
    .mark_keep = sq_mark_keep,
    .mark_undo = sq_mark_undo,
    .state = sq_state,
    .changed = sq_changed,
    .tidy = sq_tidy,
    .prepare = sq_prepare,
    .bind = sq_bind,
    .step = sq_step,
    .finish = sq_finish,
    .affected = sq_affected,
    .inserted = sq_inserted,
    .cell = sq_cell,
    .script = sq_script,
    .references = sq_references,
    .check = sq_check,
    .integrity = sq_integrity,
    .copy = sq_copy,
};
