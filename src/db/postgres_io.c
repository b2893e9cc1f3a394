// SPDX-License-Identifier: Apache-2.0
// Statements to the server and its answers, in libpq's pipeline mode: what nobody waits for
// travels with what somebody does, so that a question costs one journey and most writes none.
#include "db/postgres.h"

#include "base/log.h"

#include <endian.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 128, NAME_SIZE = 16 };

// ---- failures --------------------------------------------------------------------------

static void
forget_answer(struct pg_pending *p)
{
    if (p->st != NULL) {
        p->st->asked = false;
        p->st->prepared = p->st->prepared && p->want != WANT_PREPARE;
    }
}

// Nothing more comes from this connection.
static void
lose(struct pg_conn *c)
{
    if (!c->lost) {
        char reason[160];
        log_warn("a connection to the database is lost: %s",
                 pg_reason(PQerrorMessage(c->h), reason, sizeof reason));
    }
    c->lost = true;
    while (c->count > 0) {
        forget_answer(&c->pending[c->first]);
        c->first = (c->first + 1) % PG_PENDING;
        c->count--;
    }
    c->unsynced = 0;
    c->puts = 0;
    db_tx_fail(&c->tx, ERR_UNAVAILABLE);
}

static bool
state_is(const char *state, const char *class)
{
    return strncmp(state, class, strlen(class)) == 0;
}

// SQLSTATE → what callers know. docs: PostgreSQL 15, appendix A.
static enum err
err_of(const struct pg_conn *c, const char *state)
{
    static const struct {
        const char *class;
        enum err e;
    } KNOWN[] = {
        {"23505", ERR_CONFLICT},  {"23503", ERR_CONFLICT},    {"23001", ERR_CONFLICT},
        {"23P01", ERR_CONFLICT},  {"P0001", ERR_CONFLICT}, // a trigger of ours refuses
        {"54000", ERR_TOO_LARGE}, {"53100", ERR_FULL},        {"53", ERR_UNAVAILABLE},
        {"57", ERR_UNAVAILABLE},  {"08", ERR_UNAVAILABLE},    {"58", ERR_UNAVAILABLE},
        {"40", ERR_UNAVAILABLE},  {"55P03", ERR_UNAVAILABLE}, {"25P03", ERR_UNAVAILABLE},
    };
    if (strcmp(state, "25006") == 0) { // a standby, or a reader that writes
        return pg_only_reads(c) ? ERR_INTERNAL : ERR_UNAVAILABLE;
    }
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        if (state_is(state, KNOWN[i].class)) {
            return KNOWN[i].e;
        }
    }
    return ERR_INTERNAL;
}

// The server ends the connection, or is no longer the one that writes.
static bool
state_ends(const struct pg_conn *c, const char *state)
{
    return state_is(state, "57P0") || state_is(state, "08") || strcmp(state, "25P03") == 0 ||
           (strcmp(state, "25006") == 0 && !pg_only_reads(c));
}

static void
on_failure(struct pg_conn *c, const struct pg_pending *p, const PGresult *got)
{
    const char *state = PQresultErrorField(got, PG_DIAG_SQLSTATE);
    const char *what = PQresultErrorField(got, PG_DIAG_MESSAGE_PRIMARY);
    if (p->st == NULL && p->control == PG_TELL) {
        return; // nothing was committed that others would have to be told of
    }
    if (state == NULL || state_ends(c, state)) {
        c->again = true;
        lose(c);
        return;
    }
    what = what == NULL ? "failed" : what;
    enum err e = err_of(c, state);
    bool again = state_is(state, "40001") || state_is(state, "40P01");
    c->spoilt = true;
    c->again = c->again || again;
    if (e == ERR_CONFLICT || again) {
        db_tx_fail(&c->tx, e); // ordinary outcomes, not faults
    } else if (p->st != NULL) {
        char text[256];
        snprintf(text, sizeof text, "%s (%s)", what, state);
        db_blame(&c->tx, p->st->rows.stmt, e, text);
    } else {
        log_error("transaction: %s (%s)", what, state);
        db_tx_fail(&c->tx, e);
    }
}

// ---- answers ---------------------------------------------------------------------------

static void
blame(struct pg_conn *c, struct pg_stmt *st, const char *what)
{
    c->spoilt = true; // the statement ran: it must not stay
    db_blame(&c->tx, st->rows.stmt, ERR_INTERNAL, what);
}

// What a text of this engine's own answers though nobody asked for rows: the id of an INSERT,
// or nothing of use, from a function called for what it does.
static bool
take_id(struct pg_stmt *st, const PGresult *got)
{
    st->inserted = 0;
    if (st->rows.row->count > 0 || st->rows.stmt->postgres == NULL) {
        return false;
    }
    return !st->rows.writes || PQntuples(got) == 0 ||
           pg_cell_int(got, PQntuples(got) - 1, 0, &st->inserted);
}

static void
on_answer(struct pg_conn *c, const struct pg_pending *p, PGresult *got)
{
    struct pg_stmt *st = p->st;
    if (p->want == WANT_COMMIT) {
        c->committed = strcmp(PQcmdStatus(got), "COMMIT") == 0 && !c->unsure;
    }
    if (p->want != WANT_ROWS && p->want != WANT_COUNT) {
        return;
    }
    if (st->rows.writes) {
        st->affected = strtoll(PQcmdTuples(got), NULL, 10);
        c->changed += (uint64_t)st->affected;
        c->dirty = c->dirty || st->affected > 0;
    }
    bool rows = PQresultStatus(got) == PGRES_TUPLES_OK;
    if (rows && take_id(st, got)) {
        return;
    }
    if ((rows ? (unsigned)PQnfields(got) : 0) != st->rows.row->count) {
        blame(c, st, "the columns are not those of the signature");
        return;
    }
    if (p->want == WANT_ROWS && rows) {
        st->got = got; // now the statement's
        st->at = -1;
        st->opened = st->cursor;
    }
}

// One answer of those outstanding, waiting for it.
static void
read_one(struct pg_conn *c)
{
    struct pg_pending p = c->pending[c->first];
    PGresult *got = PQgetResult(c->h);
    if (got == NULL || PQstatus(c->h) != CONNECTION_OK) {
        const char *state = PQresultErrorField(got, PG_DIAG_SQLSTATE);
        c->again = true;
        if (state != NULL && !c->lost) {
            log_warn("the database ends a connection (%s)", state);
        }
        PQclear(got);
        lose(c);
        return;
    }
    c->first = (c->first + 1) % PG_PENDING;
    c->count--;
    c->puts -= p.want == WANT_COUNT;
    ExecStatusType status = PQresultStatus(got);
    if (p.want == WANT_ROWS) {
        p.st->asked = false;
    }
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        on_answer(c, &p, got);
    } else if (status != PGRES_PIPELINE_SYNC) {
        forget_answer(&p);
        if (p.want == WANT_PREPARE && p.st == NULL) {
            c->controls &= ~(UINT64_C(1) << p.control);
        }
        if (status == PGRES_FATAL_ERROR) {
            on_failure(c, &p, got);
        }
    }
    if (p.st == NULL || p.st->got != got) {
        PQclear(got);
    }
    // A command's answers end in NULL, a sync's does not.
    while (!c->lost && status != PGRES_PIPELINE_SYNC && (got = PQgetResult(c->h)) != NULL) {
        PQclear(got);
    }
}

void
pg_settle_to(struct pg_conn *c, unsigned left)
{
    while (!c->lost && c->count > left) {
        read_one(c);
    }
}

void
pg_settle(struct pg_conn *c)
{
    if (c->unsynced > 0) {
        pg_send_sync(c);
    }
    pg_settle_to(c, 0);
}

void
pg_look(struct pg_conn *c)
{
    for (int i = 0; i < 4 && !c->lost; i++) {
        struct pollfd f = {.fd = PQsocket(c->h), .events = POLLIN};
        if (poll(&f, 1, 0) <= 0) {
            return;
        }
        if (PQconsumeInput(c->h) == 0 || PQstatus(c->h) != CONNECTION_OK) {
            lose(c);
        }
    }
}

// ---- sending ---------------------------------------------------------------------------

static void
push(struct pg_conn *c, struct pg_pending p)
{
    c->pending[(c->first + c->count) % PG_PENDING] = p;
    c->count++;
    c->unsynced = p.want == WANT_SYNC ? 0 : c->unsynced + 1;
    c->puts += p.want == WANT_COUNT;
}

// False when nothing can be sent any more. Never so much is outstanding that the server's
// answers could fill the line while we fill the other way.
static bool
make_room(struct pg_conn *c)
{
    if (!c->lost && c->count + 8 > PG_PENDING) {
        pg_settle(c);
    }
    return !c->lost && !c->spoilt;
}

static void
sent(struct pg_conn *c, int ok, struct pg_pending p)
{
    if (ok == 0) {
        c->again = true;
        lose(c);
    } else if (!c->lost) {
        push(c, p);
    }
}

void
pg_send_sync(struct pg_conn *c)
{
    if (!c->lost) {
        sent(c, PQpipelineSync(c->h), (struct pg_pending){.want = WANT_SYNC});
    }
}

static const char *
control_text(struct pg_conn *c, enum pg_control which, char *out, size_t size)
{
    static const char LOCK[] = "SELECT pg_catalog.pg_advisory_xact_lock("
                               "pg_catalog.hashtextextended("
                               "'huiqiao.' || current_schema(), 0))";
    static const char *const TEXTS[PG_CONTROLS] = {
        [PG_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        [PG_BEGIN] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        [PG_LOCK] = LOCK,
        [PG_COMMIT] = "COMMIT",
        [PG_ROLLBACK] = "ROLLBACK",
        [PG_MARK] = "SAVEPOINT job",
        [PG_MARK_KEEP] = "RELEASE job",
        [PG_MARK_UNDO] = "ROLLBACK TO job",
    };
    const struct pg_db *db = pg_db_of(c->tx.db);
    if (which == PG_TELL) {
        snprintf(out, size, "NOTIFY \"%s\"", db->channel);
        return out;
    }
    return TEXTS[which];
}

void
pg_send_control(struct pg_conn *c, enum pg_control which)
{
    char name[NAME_SIZE];
    char text[128];
    if (c->lost) {
        return;
    }
    struct pg_pending p = {.control = which, .want = WANT_PREPARE};
    snprintf(name, sizeof name, "c%u", (unsigned)which);
    if ((c->controls >> which & 1) == 0) {
        const char *sql = control_text(c, which, text, sizeof text);
        sent(c, PQsendPrepare(c->h, name, sql, 0, NULL), p);
        c->controls |= UINT64_C(1) << which;
    }
    p.want = which == PG_COMMIT ? WANT_COMMIT : WANT_NOTHING;
    if (!c->lost) {
        sent(c, PQsendQueryPrepared(c->h, name, 0, NULL, NULL, NULL, 0), p);
    }
}

// The transaction of a reader begins with its first statement: a request that asks nothing
// costs nothing.
static void
begin_lazily(struct pg_conn *c)
{
    if (!c->in_tx && pg_only_reads(c)) {
        c->in_tx = true;
        pg_send_control(c, PG_BEGIN_READ);
    }
}

// libpq wants numbers in network order; it copies what it is given.
struct parameters {
    const char *values[MOST_PARAMETERS];
    int lengths[MOST_PARAMETERS];
    int formats[MOST_PARAMETERS];
    uint64_t numbers[MOST_PARAMETERS];
};

static void
encode(struct parameters *p, const struct db_signature *sig, const struct db_arg *args)
{
    for (unsigned i = 0; i < sig->count; i++) {
        const struct db_arg *arg = &args[i];
        p->formats[i] = 1;
        p->lengths[i] = (int)sizeof p->numbers[i];
        p->values[i] = (const char *)&p->numbers[i];
        switch (arg->type) {
        case DB_INT_T:
            p->numbers[i] = htobe64((uint64_t)arg->i);
            break;
        case DB_REAL_T:
            memcpy(&p->numbers[i], &arg->r, sizeof arg->r);
            p->numbers[i] = htobe64(p->numbers[i]);
            break;
        case DB_TEXT_T:
        case DB_BLOB_T:
            p->values[i] = arg->p == NULL ? "" : arg->p;
            p->lengths[i] = (int)arg->n;
            break;
        case DB_NULL_T:
            p->values[i] = NULL;
            break;
        }
    }
}

static void
prepare(struct pg_conn *c, struct pg_stmt *st, const char *name)
{
    const char *text = st->rows.sql;
    char *cursor = NULL;
    if (st->cursor) {
        static const char DECLARE[] = "DECLARE %s NO SCROLL CURSOR FOR %s";
        size_t size = sizeof DECLARE + NAME_SIZE + strlen(text);
        cursor = malloc(size);
        if (cursor == NULL) {
            db_tx_fail(&c->tx, ERR_UNAVAILABLE);
            c->spoilt = true;
            return;
        }
        snprintf(cursor, size, DECLARE, name, text);
    }
    sent(c,
         PQsendPrepare(c->h, name, cursor == NULL ? text : cursor, (int)st->rows.params->count,
                       st->types),
         (struct pg_pending){.want = WANT_PREPARE, .st = st});
    st->prepared = true; // unless the answer says otherwise
    free(cursor);
}

static void
send_fetch(struct pg_conn *c, struct pg_stmt *st)
{
    char text[64];
    snprintf(text, sizeof text, "FETCH %d FROM s%u", PG_FETCH_ROWS, st->number);
    sent(c, PQsendQueryParams(c->h, text, 0, NULL, NULL, NULL, NULL, 1),
         (struct pg_pending){.want = WANT_ROWS, .st = st});
}

void
pg_send(struct pg_conn *c, struct pg_stmt *st, const struct db_arg *args, enum pg_want want)
{
    struct parameters p;
    char name[NAME_SIZE];
    if (!make_room(c)) {
        return;
    }
    begin_lazily(c);
    snprintf(name, sizeof name, "s%u", st->number);
    if (!st->prepared) {
        prepare(c, st, name);
    }
    if (c->lost || c->spoilt) {
        return;
    }
    encode(&p, st->rows.params, args);
    st->affected = 0;
    st->asked = want == WANT_ROWS;
    sent(c,
         PQsendQueryPrepared(c->h, name, (int)st->rows.params->count, p.values, p.lengths,
                             p.formats, 1),
         (struct pg_pending){.want = st->cursor ? WANT_NOTHING : want, .st = st});
    if (st->cursor && !c->lost) {
        send_fetch(c, st);
    }
}

void
pg_send_more(struct pg_conn *c, struct pg_stmt *st)
{
    if (make_room(c)) {
        st->asked = true;
        send_fetch(c, st);
    }
}

void
pg_send_close(struct pg_conn *c, struct pg_stmt *st)
{
    char text[64];
    if (make_room(c) && c->in_tx) {
        snprintf(text, sizeof text, "CLOSE s%u", st->number);
        sent(c, PQsendQueryParams(c->h, text, 0, NULL, NULL, NULL, NULL, 1),
             (struct pg_pending){.want = WANT_NOTHING});
    }
}
