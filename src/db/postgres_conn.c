// SPDX-License-Identifier: Apache-2.0
// Connections to PostgreSQL: how each is set up, the schema it works in, and making a lost one
// anew.
#include "db/postgres.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_VERSION = 150000, FIRST_DELAY_MS = 50, LAST_DELAY_MS = 2000 };

int64_t
pg_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *
pg_reason(const char *message, char *out, size_t size)
{
    const char *m = message == NULL ? "" : message;
    size_t n = strcspn(m, "\n");
    n = n < size - 1 ? n : size - 1;
    memcpy(out, m, n);
    out[n] = '\0';
    return out;
}

// ---- one connection --------------------------------------------------------------------

// False and *why, in a buffer of the thread's.
static bool
refuse(PGconn *h, const char *what, const char **why)
{
    static _Thread_local char reason[256];
    char first[200];
    if (what == NULL) {
        what = pg_reason(PQerrorMessage(h), first, sizeof first);
    }
    snprintf(reason, sizeof reason, "%s", what);
    *why = reason;
    return false;
}

static bool
run(PGconn *h, const char *sql, const char **why)
{
    PGresult *got = PQexec(h, sql);
    ExecStatusType status = PQresultStatus(got);
    PQclear(got);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? true
                                                                   : refuse(h, NULL, why);
}

// The first cell of the answer, at most size - 1 bytes; "" when there is none.
static bool
ask(PGconn *h, const char *sql, char *out, size_t size, const char **why)
{
    PGresult *got = PQexec(h, sql);
    bool good = PQresultStatus(got) == PGRES_TUPLES_OK;
    bool some = good && PQntuples(got) > 0 && PQnfields(got) > 0;
    snprintf(out, size, "%s", some ? PQgetvalue(got, 0, 0) : "");
    PQclear(got);
    return good ? true : refuse(h, NULL, why);
}

static PGconn *
dial(const struct pg_db *db, int host, enum pg_role role)
{
    struct pg_dial d;
    pg_dial_fill(db, host, role == PG_STALE ? "any" : "read-write", &d);
    return PQconnectdbParams(d.names, d.values, 1);
}

// Statements are planned for what they are, not for what the server is set to by default: short
// and by index.
static bool
set_up(const struct pg_db *db, PGconn *h, enum pg_role role, const char **why)
{
    static const char COMMON[] =
        "SET search_path TO %s; SET timezone TO 'UTC'; SET jit TO off; "
        "SET random_page_cost TO 1.1; SET cursor_tuple_fraction TO 1; "
        "SET max_parallel_workers_per_gather TO 0; SET DateStyle TO ISO; "
        "SET idle_in_transaction_session_timeout TO '60s'; "
        "SET client_min_messages TO warning; ";
    static const char READS[] =
        "SET default_transaction_read_only TO on; SET statement_timeout TO '60s'";
    static const char *const ROLES[] = {
        [PG_READER] = READS,
        [PG_STALE] = READS,
        // A machine that is gone, or stands still, holds up the others no longer than this.
        [PG_WRITER] = "SET lock_timeout TO '5s'; SET statement_timeout TO '60s'; "
                      "SET idle_in_transaction_session_timeout TO '20s'; "
                      "SET tcp_keepalives_idle TO 10; SET tcp_keepalives_interval TO 3; "
                      "SET tcp_keepalives_count TO 3; SET tcp_user_timeout TO 15000",
        [PG_PATCHER] = "SET lock_timeout TO '10s'"};
    // Whoever runs the server may have traded durability for speed; an answered write lasts.
    static const char DURABLE[] =
        "SELECT pg_catalog.set_config('synchronous_commit', 'on', false) WHERE "
        "pg_catalog.current_setting('synchronous_commit') IN ('off', 'local')";
    char text[sizeof COMMON + 80];
    snprintf(text, sizeof text, COMMON, db->schema);
    bool durable = role == PG_READER || role == PG_STALE ? true
                   : db->sync_off ? run(h, "SET synchronous_commit TO off", why)
                                  : run(h, DURABLE, why);
    return durable && run(h, text, why) && run(h, ROLES[role], why);
}

// A schema that is not ours is left alone.
static bool
schema_is_ours(const struct pg_db *db, PGconn *h, const char **why)
{
    static const char ASK[] =
        "SELECT CASE WHEN to_regnamespace('%s') IS NULL THEN 'none'"
        " WHEN to_regclass('%s.schema_patch') IS NOT NULL THEN 'ours'"
        " WHEN EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace('%s'))"
        " THEN 'other' ELSE 'empty' END";
    char text[sizeof ASK + 180];
    char answer[16];
    snprintf(text, sizeof text, ASK, db->schema, db->schema, db->schema);
    if (!ask(h, text, answer, sizeof answer, why)) {
        return false;
    }
    if (strcmp(answer, "other") == 0) {
        return refuse(h, "the schema holds the tables of another program", why);
    }
    if (strcmp(answer, "none") != 0) {
        return true;
    }
    if (!db->create) {
        return refuse(h, "the database has no such schema", why);
    }
    snprintf(text, sizeof text, "CREATE SCHEMA IF NOT EXISTS %s", db->schema);
    // Two that begin together: one of them fails, and finds what the other has made.
    bool made = run(h, text, why);
    return made || run(h, text, why);
}

static bool
server_is_fit(PGconn *h, const char **why)
{
    char encoding[32];
    if (PQserverVersion(h) < LEAST_VERSION) {
        return refuse(h, "the server is older than PostgreSQL 15", why);
    }
    if (!ask(h, "SHOW server_encoding", encoding, sizeof encoding, why)) {
        return false;
    }
    return strcmp(encoding, "UTF8") == 0
               ? true
               : refuse(h, "the database's encoding is not UTF8", why);
}

// Nothing the server says goes to standard error.
void
pg_no_notice(void *arg, const PGresult *got)
{
    (void)arg;
    (void)got;
}

static bool
prepare_line(struct pg_db *db, PGconn *h, enum pg_role role, const char **why)
{
    bool reads = role == PG_READER || role == PG_STALE;
    if (PQstatus(h) != CONNECTION_OK) {
        return refuse(h, NULL, why);
    }
    return (reads || (server_is_fit(h, why) && schema_is_ours(db, h, why))) &&
           set_up(db, h, role, why);
}

PGconn *
pg_connect(struct pg_db *db, enum pg_role role, const char **why)
{
    _Atomic int *place = role == PG_STALE ? &db->standby : &db->primary;
    int host = atomic_load(place);
    if (host < 0) {
        *why = "no server takes writes";
        return NULL;
    }
    PGconn *h = dial(db, host, role);
    *why = "out of memory";
    if (h == NULL) {
        return NULL;
    }
    PQsetNoticeReceiver(h, pg_no_notice, NULL);
    // From here on it can be cut; nobody is left waiting at a host that was given up meanwhile.
    bool good = pg_line_add(db, h, role == PG_STALE);
    if (good && atomic_load(place) != host) {
        good = refuse(h, "the server was given up", why);
    }
    if (good && prepare_line(db, h, role, why)) {
        return h;
    }
    pg_line_end(db, h);
    return NULL;
}

// ---- with statements -------------------------------------------------------------------

// The one thing a server says beside its answers that matters: "canceling wait for synchronous
// replication" comes with a COMMIT that only this server has (security.md D7).
static void
on_notice(void *arg, const PGresult *got)
{
    struct pg_conn *c = arg;
    const char *severity = PQresultErrorField(got, PG_DIAG_SEVERITY_NONLOCALIZED);
    bool commits = c->count > 0 && c->pending[c->first].want == WANT_COMMIT;
    if (commits && severity != NULL && strcmp(severity, "WARNING") == 0) {
        c->unsure = true;
    }
}

static bool
attach(struct pg_conn *c, const char **why)
{
    struct pg_db *db = pg_db_of(c->tx.db);
    c->h = pg_connect(db, c->role, why);
    if (c->h == NULL) {
        return false;
    }
    PQsetNoticeReceiver(c->h, on_notice, c);
    c->lost = PQenterPipelineMode(c->h) == 0;
    if (c->role == PG_WRITER) {
        atomic_store(&db->writer_pid, PQbackendPID(c->h));
    }
    *why = "no pipeline";
    return !c->lost;
}

struct pg_conn *
pg_conn_open(struct pg_db *db, enum pg_role role, struct arena *a, const char **why)
{
    const char *reason = "out of memory";
    struct pg_conn *c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->tx.db = &db->db;
        c->role = role;
        if (attach(c, &reason)) {
            return c;
        }
        pg_conn_close(c);
    }
    if (a != NULL) {
        *why = arena_strdup(a, reason);
    } else if (atomic_load(&db->primary) >= 0) { // else it was said once
        log_error("cannot open another reader: %s", reason);
    }
    return NULL;
}

void
pg_conn_close(struct pg_conn *c)
{
    db_slots_free(&c->slots, pg_rows_drop);
    pg_line_end(pg_db_of(c->tx.db), c->h);
    free(c);
}

// Statements are prepared in a connection and end with it.
static void
forget_prepared(struct pg_conn *c)
{
    c->controls = 0;
    for (unsigned i = 0; i < c->slots.cap; i++) {
        for (struct db_rows *r = c->slots.at[i]; r != NULL; r = r->twin) {
            pg_stmt_of(r)->prepared = false;
        }
    }
}

bool
pg_conn_ready(struct pg_conn *c)
{
    if (c->h != NULL && !c->lost) {
        pg_look(c);
    }
    if (c->h != NULL && !c->lost) {
        return true;
    }
    if (pg_now_ms() < c->retry || atomic_load(&pg_db_of(c->tx.db)->primary) < 0) {
        return false;
    }
    pg_line_end(pg_db_of(c->tx.db), c->h);
    c->h = NULL;
    c->first = c->count = c->unsynced = c->puts = 0;
    c->in_tx = false;
    forget_prepared(c);
    const char *why = "";
    if (attach(c, &why)) {
        log_info("connected to the database again");
        c->delay = 0;
        return true;
    }
    log_error("cannot connect to the database: %s", why);
    c->delay = c->delay == 0 ? FIRST_DELAY_MS : c->delay * 2;
    c->delay = c->delay < LAST_DELAY_MS ? c->delay : LAST_DELAY_MS;
    c->retry = pg_now_ms() + c->delay;
    return false;
}

bool
pg_pipeline(struct pg_conn *c, bool on)
{
    if (!on) {
        pg_settle(c);
    }
    if (!c->lost && (on ? PQenterPipelineMode(c->h) : PQexitPipelineMode(c->h)) == 0) {
        c->lost = true;
    }
    return !c->lost;
}
