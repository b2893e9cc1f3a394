// SPDX-License-Identifier: Apache-2.0
// The engine for more than one machine: transactions, read snapshots and statements of
// PostgreSQL (docs/adr/0011-postgresql-engine.md). One connection of a node writes; nodes take
// turns by a lock of the schema, so that code inside a write means what it means with one.
#include "db/postgres.h"

#include "base/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READERS_RETRY_MS = 200, STALE_MOST = 16 };

// ---- opening the database --------------------------------------------------------------

static void
pg_close(struct db *base)
{
    struct pg_db *db = pg_db_of(base);
    pg_listen_stop(db);
    db_pool_destroy(&db->pool);
    pthread_mutex_destroy(&db->lines_lock);
    pg_hosts_free(db);
    free(db->url);
    free(db->schema);
    free(db);
}

static struct db *
pg_open(struct arena *a, const char *url, const struct db_options *o, const char **why)
{
    struct pg_db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        *why = "out of memory";
        return NULL;
    }
    db_pool_init(&db->pool, o->readers);
    pthread_mutex_init(&db->lines_lock, NULL);
    db->create = o->create;
    db->sync_off = o->sync_off;
    db->wake = -1;
    db->primary = db->standby = db->last = -1;
    const char *reason = "out of memory";
    bool good = pg_url_split(url, &db->url, &db->schema, &reason) && pg_hosts_read(db, &reason);
    if (good) {
        snprintf(db->channel, sizeof db->channel, "huiqiao.%s", db->schema);
        good = pg_listen_start(db, &reason);
    }
    if (!good) {
        *why = arena_strdup(a, reason);
        pg_close(&db->db);
        return NULL;
    }
    return &db->db;
}

static struct db_tx *
pg_write_open(struct db *base, struct arena *a, const char **why)
{
    struct pg_conn *c = pg_conn_open(pg_db_of(base), PG_WRITER, a, why);
    return c == NULL ? NULL : &c->tx;
}

static struct db_tx *
pg_patch_open(struct db *base, struct arena *a, const char **why)
{
    struct pg_conn *c = pg_conn_open(pg_db_of(base), PG_PATCHER, a, why);
    return c == NULL ? NULL : &c->tx;
}

static void
pg_write_close(struct db_tx *tx)
{
    pg_settle(pg_conn_of(tx));
    pg_conn_close(pg_conn_of(tx));
}

// ---- transactions ----------------------------------------------------------------------

static void
pg_rollback(struct db_tx *tx)
{
    struct pg_conn *c = pg_conn_of(tx);
    if (c->in_tx) {
        pg_send_control(c, PG_ROLLBACK);
        pg_send_sync(c);
    }
    c->in_tx = false;
    c->spoilt = false;
}

static enum db_outcome
pg_begin(struct db_tx *tx)
{
    struct pg_conn *c = pg_conn_of(tx);
    if (!pg_conn_ready(c)) {
        return DB_FAILED;
    }
    c->spoilt = c->again = c->dirty = false;
    c->in_tx = true;
    pg_send_control(c, PG_BEGIN);
    pg_send_control(c, PG_LOCK);
    return DB_DONE;
}

// Why there was no commit, though the server was there to say so.
static enum db_outcome
refused(struct pg_conn *c)
{
    bool again = c->again || c->tx.err == ERR_UNAVAILABLE;
    db_tx_fail(&c->tx, ERR_INTERNAL);
    c->spoilt = true;
    pg_rollback(&c->tx);
    return again ? DB_ALONE : DB_REFUSED;
}

static enum db_outcome
pg_commit(struct db_tx *tx)
{
    struct pg_conn *c = pg_conn_of(tx);
    if (c->lost) {
        c->in_tx = false;
        return DB_ALONE; // nobody had asked for the commit yet
    }
    struct pg_db *db = pg_db_of(tx->db);
    tx->err = ERR_OK;
    c->committed = c->unsure = false;
    atomic_store(&db->commit_line, c->h);
    atomic_store(&db->commit_since, pg_now_ms()); // the listener ends what takes too long
    pg_send_control(c, PG_COMMIT);
    pg_send_sync(c);
    // Sent at once, or a process that ends here would leave other nodes with what they keep;
    // but outside the transaction: NOTIFY makes commits of all districts wait for each other.
    unsigned before = c->count;
    if (c->dirty || c->role == PG_PATCHER) {
        pg_send_control(c, PG_TELL);
        pg_send_sync(c);
    }
    pg_settle_to(c, c->count - before);
    atomic_store(&db->commit_since, 0);
    if (c->committed) {
        c->in_tx = false;
        return DB_DONE;
    }
    if (c->lost || c->unsure) {
        // It may have happened, or may not last. Running it again might do it twice, so that is
        // for whoever asked, whose idempotency key tells (security.md D7).
        log_error("a commit's outcome is unknown: %s",
                  c->lost ? "the connection was lost" : "no standby has confirmed it");
        atomic_fetch_add(&tx->db->generation, 1);
        c->in_tx = false;
        return DB_FAILED;
    }
    return refused(c);
}

static enum db_outcome
control(struct db_tx *tx, enum pg_control which)
{
    struct pg_conn *c = pg_conn_of(tx);
    pg_send_control(c, which);
    return c->lost ? DB_FAILED : DB_DONE;
}

static enum db_outcome
pg_mark(struct db_tx *tx)
{
    return control(tx, PG_MARK);
}

static enum db_outcome
pg_mark_keep(struct db_tx *tx)
{
    return control(tx, PG_MARK_KEEP);
}

static enum db_outcome
pg_mark_undo(struct db_tx *tx)
{
    pg_settle(pg_conn_of(tx)); // what still fails belongs to what is undone
    pg_conn_of(tx)->spoilt = false;
    control(tx, PG_MARK_UNDO);
    return control(tx, PG_MARK_KEEP);
}

static enum db_state
pg_state(struct db_tx *tx)
{
    const struct pg_conn *c = pg_conn_of(tx);
    return c->lost || c->again ? DB_AGAIN : c->spoilt ? DB_SPOILT : DB_GOOD;
}

static void
pg_settle_puts(struct db_tx *tx)
{
    if (pg_conn_of(tx)->puts > 0) {
        pg_settle(pg_conn_of(tx));
    }
}

static uint64_t
pg_changed(struct db_tx *tx)
{
    pg_settle_puts(tx);
    return pg_conn_of(tx)->changed;
}

static enum db_outcome
pg_tidy(struct db_tx *tx, bool idle)
{
    struct pg_conn *c = pg_conn_of(tx);
    if (idle) {
        pg_settle(c);
    }
    return DB_DONE;
}

// ---- readers ---------------------------------------------------------------------------

static struct db_tx *
new_reader(struct pg_db *db)
{
    struct pg_conn *c = NULL;
    if (pg_now_ms() >= atomic_load(&db->retry)) {
        c = pg_conn_open(db, PG_READER, NULL, NULL);
        if (c == NULL) {
            atomic_store(&db->retry, pg_now_ms() + READERS_RETRY_MS);
        }
    }
    if (c == NULL) {
        db_pool_give(&db->pool, NULL, NULL);
    }
    return c == NULL ? NULL : &c->tx;
}

static struct db_tx *
pg_read_begin(struct db *base)
{
    struct pg_db *db = pg_db_of(base);
    bool make = false;
    struct db_tx *tx = db_pool_take(&db->pool, &make);
    if (tx != NULL) {
        pg_look(pg_conn_of(tx));
        if (pg_conn_of(tx)->lost) { // cut while nobody used it
            pg_conn_close(pg_conn_of(tx));
            make = true;
        }
    }
    if (make) {
        tx = new_reader(db);
    }
    if (tx != NULL) {
        struct pg_conn *c = pg_conn_of(tx);
        tx->err = ERR_OK;
        c->in_tx = c->spoilt = c->again = false;
    }
    return tx;
}

// Its connection is made for it and ends with it: there are seconds of this in a year.
static struct db_tx *
pg_read_stale(struct db *base)
{
    struct pg_db *db = pg_db_of(base);
    struct pg_conn *c = NULL;
    bool wanted = atomic_load(&db->primary) < 0 && atomic_load(&db->standby) >= 0;
    if (wanted && atomic_fetch_add(&db->stale, 1) < STALE_MOST) {
        c = pg_conn_open(db, PG_STALE, NULL, NULL);
    }
    if (wanted && c == NULL) {
        atomic_fetch_sub(&db->stale, 1);
    }
    return c == NULL ? NULL : &c->tx;
}

static void
pg_read_end(struct db_tx *tx)
{
    struct pg_conn *c = pg_conn_of(tx);
    if (c->role == PG_STALE) {
        atomic_fetch_sub(&pg_db_of(tx->db)->stale, 1);
        pg_conn_close(c);
        return;
    }
    if (c->in_tx) { // also ends one that failed
        pg_send_control(c, PG_COMMIT);
        pg_send_sync(c);
    }
    c->in_tx = false;
    struct db_pool *pool = &pg_db_of(tx->db)->pool;
    if (c->lost) {
        pg_conn_close(c);
        tx = NULL;
    }
    db_pool_give(pool, tx, NULL);
}

static void
drop_reader(struct db_tx *tx)
{
    pg_conn_close(pg_conn_of(tx));
}

static void
pg_read_close(struct db *base)
{
    db_pool_close(&pg_db_of(base)->pool, drop_reader);
}

// ---- statements ------------------------------------------------------------------------

// The server ignores parameters that a text does not name; a signature that says more than the
// text is a mistake all the same.
static bool
names_parameters(const char *sql, unsigned count)
{
    bool seen[128] = {false};
    unsigned found = 0;
    for (const char *p = sql; *p != '\0'; p++) {
        if (*p == '\'') {
            for (p++; *p != '\0' && *p != '\''; p++) {
            }
            if (*p == '\0') {
                return false;
            }
        } else if (*p == '$' && isdigit((unsigned char)p[1])) {
            unsigned long n = strtoul(p + 1, NULL, 10);
            if (n == 0 || n > count || n > sizeof seen) {
                return false;
            }
            found += !seen[n - 1];
            seen[n - 1] = true;
        }
    }
    return found == count;
}

static Oid
oid_of(enum db_kind kind)
{
    switch (kind) {
    case KIND_INT:
    case KIND_BOOL:
    case KIND_TIME:
        return 20; // bigint
    case KIND_REAL:
        return 701; // double precision
    case KIND_BLOB:
        return 17; // bytea
    case KIND_TEXT:
    case KIND_JSON:
        break;
    }
    return 25; // text
}

static bool
is_write(const char *sql)
{
    const char *first = sql + strspn(sql, " \n(");
    return (strncasecmp(first, "SELECT", 6) != 0 && strncasecmp(first, "WITH", 4) != 0 &&
            strncasecmp(first, "VALUES", 6) != 0) ||
           db_text_has_word(sql, "INSERT") || db_text_has_word(sql, "DELETE") ||
           (strncasecmp(first, "WITH", 4) == 0 && db_text_has_word(sql, "UPDATE"));
}

struct db_rows *
pg_compile(struct db_tx *tx, const struct db_stmt *s)
{
    struct pg_conn *c = pg_conn_of(tx);
    const struct db_signature *params = db_signature_get(s->params);
    const struct db_signature *row = db_signature_get(s->row);
    const char *sql = db_stmt_sql(s, tx->db->engine);
    const char *what = sql == NULL                     ? "there is no text for this engine"
                       : params == NULL || row == NULL ? "a signature is malformed"
                       : !names_parameters(sql, params->count)
                           ? "the parameters are not those of the signature"
                       : is_write(sql) && pg_only_reads(c) ? "writes through a read snapshot"
                                                           : NULL;
    if (what != NULL) {
        db_blame(tx, s, ERR_INTERNAL, what);
        return NULL;
    }
    struct pg_stmt *st = calloc(1, sizeof *st + params->count * sizeof st->types[0]);
    if (st == NULL) {
        db_tx_fail(tx, ERR_UNAVAILABLE);
        return NULL;
    }
    st->rows = (struct db_rows){
        .tx = tx, .stmt = s, .params = params, .row = row, .sql = sql, .writes = is_write(sql)};
    st->number = c->numbers++;
    st->cursor = s->scans != NULL && !st->rows.writes && row->count > 0;
    for (unsigned i = 0; i < params->count; i++) {
        st->types[i] = oid_of(params->fields[i].kind);
    }
    return &st->rows;
}

void
pg_rows_drop(struct db_rows *r)
{
    PQclear(pg_stmt_of(r)->got);
    free(pg_stmt_of(r));
}

static struct db_rows *
pg_prepare(struct db_tx *tx, const struct db_stmt *s)
{
    return db_slots_get(&pg_conn_of(tx)->slots, tx, s, pg_compile);
}

static bool
pg_bind(struct db_rows *r, const struct db_arg *args)
{
    pg_send(pg_conn_of(r->tx), pg_stmt_of(r), args, WANT_ROWS);
    return r->tx->err == ERR_OK;
}

static void
pg_put(struct db_rows *r, const struct db_arg *args)
{
    pg_send(pg_conn_of(r->tx), pg_stmt_of(r), args, WANT_COUNT);
}

static bool
pg_step(struct db_rows *r)
{
    struct pg_stmt *st = pg_stmt_of(r);
    struct pg_conn *c = pg_conn_of(r->tx);
    if (st->asked) {
        pg_settle(c);
    }
    if (r->tx->err != ERR_OK || st->got == NULL) {
        return false;
    }
    if (++st->at < PQntuples(st->got)) {
        return true;
    }
    if (!st->cursor || PQntuples(st->got) < PG_FETCH_ROWS) {
        return false;
    }
    PQclear(st->got);
    st->got = NULL;
    pg_send_more(c, st);
    return pg_step(r);
}

static void
pg_finish(struct db_rows *r)
{
    struct pg_stmt *st = pg_stmt_of(r);
    struct pg_conn *c = pg_conn_of(r->tx);
    if (st->asked) {
        pg_settle(c);
    }
    if (st->opened) {
        pg_send_close(c, st);
    }
    st->opened = false;
    PQclear(st->got);
    st->got = NULL;
}

static int64_t
pg_affected(struct db_rows *r)
{
    return pg_stmt_of(r)->affected;
}

static int64_t
pg_inserted(struct db_rows *r)
{
    return pg_stmt_of(r)->inserted;
}

static bool
pg_script(struct db_tx *tx, struct arena *a, const char *sql, const char **why)
{
    struct pg_conn *c = pg_conn_of(tx);
    *why = "the connection is lost";
    if (!pg_pipeline(c, false)) {
        return false;
    }
    PGresult *got = PQexec(c->h, sql);
    ExecStatusType status = PQresultStatus(got);
    bool good =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    c->spoilt = !good;
    if (!good) {
        *why = arena_strdup(a, PQresultErrorMessage(got));
    }
    PQclear(got);
    return pg_pipeline(c, true) && good;
}

// The server checks references as they are made, also in patches.
static bool
pg_references(struct db_tx *tx, struct arena *a, const char **why)
{
    return pg_script(tx, a, "SET CONSTRAINTS ALL IMMEDIATE", why);
}

static enum err
pg_copy(struct db *db, const char *path, const char **why)
{
    (void)db;
    (void)path;
    *why = "a district in PostgreSQL is not a file: back it up with pg_dump or pgBackRest";
    return ERR_UNAVAILABLE;
}

const struct db_engine db_postgres = {
    .name = "postgres",
    .reads_wait = true,
    .batch = 256,
    .open = pg_open,
    .close = pg_close,
    .read_begin = pg_read_begin,
    .read_stale = pg_read_stale,
    .read_end = pg_read_end,
    .read_close = pg_read_close,
    .write_open = pg_write_open,
    .patch_open = pg_patch_open,
    .write_close = pg_write_close,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .mark = pg_mark,
    .mark_keep = pg_mark_keep,
    .mark_undo = pg_mark_undo,
    .state = pg_state,
    .changed = pg_changed,
    .tidy = pg_tidy,
    .prepare = pg_prepare,
    .bind = pg_bind,
    .step = pg_step,
    .finish = pg_finish,
    .put = pg_put,
    .settle = pg_settle_puts,
    .affected = pg_affected,
    .inserted = pg_inserted,
    .cell = pg_cell,
    .script = pg_script,
    .references = pg_references,
    .check = pg_check,
    .integrity = pg_integrity,
    .copy = pg_copy,
};
