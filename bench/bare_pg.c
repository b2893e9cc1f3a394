// SPDX-License-Identifier: Apache-2.0
// The bare comparison on PostgreSQL: libmicrohttpd and libpq with nothing between them, with as
// many connections as the program has. Every request runs the given statements in one pipeline
// on one of twelve reading connections and fetches all their columns. A GET then answers a
// given number of bytes; a POST goes on to the one writing connection, which for each runs
// further statements and inserts a copy of one row into each of the tables a creation writes,
// all that wait in one pipeline and one transaction behind the lock by which servers take
// turns, and answers after the commit.
#include "bare.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HTTP_THREADS = 2, READERS = 12, COLUMNS = 64, TABLES = 8, STATEMENTS = 8, TEXT = 8192 };

static const char *conninfo, *schema, *query, *also;
static size_t answer_bytes;

// ---- waiting requests ------------------------------------------------------------------

struct waiting {
    struct waiting *next;
    struct MHD_Connection *connection;
    bool post;
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct waiting *first, **last;
};

static struct queue reads = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL,
                             &reads.first};
static struct queue writes = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL,
                              &writes.first};

static void
put(struct queue *q, struct waiting *w)
{
    w->next = NULL;
    pthread_mutex_lock(&q->lock);
    *q->last = w;
    q->last = &w->next;
    pthread_cond_signal(&q->wake);
    pthread_mutex_unlock(&q->lock);
}

// One, or all that wait.
static struct waiting *
take(struct queue *q, int all)
{
    pthread_mutex_lock(&q->lock);
    while (q->first == NULL) {
        pthread_cond_wait(&q->wake, &q->lock);
    }
    struct waiting *w = q->first;
    q->first = all ? NULL : w->next;
    if (q->first == NULL) {
        q->last = &q->first;
    }
    if (!all) {
        w->next = NULL;
    }
    pthread_mutex_unlock(&q->lock);
    return w;
}

static void
release(struct waiting *w)
{
    while (w != NULL) {
        struct waiting *next = w->next;
        MHD_resume_connection(w->connection);
        free(w);
        w = next;
    }
}

// ---- connections -----------------------------------------------------------------------

static void
fail(PGconn *h, const char *what)
{
    fprintf(stderr, "bare_pg: %s: %s\n", what, PQerrorMessage(h));
    exit(1);
}

static PGconn *
dial(void)
{
    char text[512];
    PGconn *h = PQconnectdb(conninfo);
    snprintf(text, sizeof text,
             "SET search_path TO %s; SET jit TO off; SET random_page_cost TO 1.1; "
             "SET max_parallel_workers_per_gather TO 0; SET client_min_messages TO error",
             schema);
    PGresult *r = PQexec(h, text);
    if (PQstatus(h) != CONNECTION_OK || PQresultStatus(r) != PGRES_COMMAND_OK) {
        fail(h, "cannot connect");
    }
    PQclear(r);
    return h;
}

static void
prepare(PGconn *h, const char *name, const char *sql)
{
    PGresult *r = PQprepare(h, name, sql, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK) {
        fail(h, sql);
    }
    PQclear(r);
}

static void
ask(PGconn *h, const char *name)
{
    if (PQsendQueryPrepared(h, name, 0, NULL, NULL, NULL, 1) == 0) {
        fail(h, name);
    }
}

// Reads every answer up to the sync; of rows every cell.
static size_t
settle(PGconn *h)
{
    size_t bytes = 0;
    if (PQpipelineSync(h) == 0) {
        fail(h, "sync");
    }
    for (;;) {
        PGresult *r = PQgetResult(h);
        ExecStatusType status = PQresultStatus(r);
        if (r == NULL) {
            continue;
        }
        if (status == PGRES_FATAL_ERROR || status == PGRES_PIPELINE_ABORTED) {
            fail(h, PQresultErrorMessage(r));
        }
        for (int i = 0; status == PGRES_TUPLES_OK && i < PQntuples(r); i++) {
            for (int k = 0; k < PQnfields(r); k++) {
                bytes += (size_t)PQgetlength(r, i, k);
            }
        }
        PQclear(r);
        if (status == PGRES_PIPELINE_SYNC) {
            return bytes;
        }
    }
}

// Prepares each of the statements between semicolons as PREFIX0, PREFIX1 …; how many.
static int
prepare_all(PGconn *h, const char *sql, const char *prefix)
{
    char text[TEXT * 4], name[16];
    char *rest = NULL;
    int n = 0;
    snprintf(text, sizeof text, "%s", sql);
    for (char *s = strtok_r(text, ";", &rest); s != NULL && n < STATEMENTS;
         s = strtok_r(NULL, ";", &rest)) {
        if (s[strspn(s, " \n")] != '\0') {
            snprintf(name, sizeof name, "%s%d", prefix, n++);
            prepare(h, name, s);
        }
    }
    return n;
}

static void
ask_all(PGconn *h, const char *prefix, int n)
{
    char name[16];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s%d", prefix, i);
        ask(h, name);
    }
}

// ---- reading ---------------------------------------------------------------------------

static void *
read_loop(void *arg)
{
    PGconn *h = dial();
    (void)arg;
    prepare(h, "begin", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    prepare(h, "commit", "COMMIT");
    int n = prepare_all(h, query, "s");
    PQenterPipelineMode(h);
    for (;;) {
        struct waiting *w = take(&reads, 0);
        ask(h, "begin");
        ask_all(h, "s", n);
        ask(h, "commit");
        settle(h);
        if (w->post) {
            put(&writes, w);
        } else {
            release(w);
        }
    }
    return NULL;
}

// ---- writing ---------------------------------------------------------------------------

struct copy { // INSERT of one table with the template row's values as parameters
    char name[16];
    const char *values[COLUMNS];
    int count;
    int receipt; // parameter that must differ each time; 0 none
};

static struct copy copies[TABLES];
static int copy_count;

static PGresult *
rows_of(PGconn *h, const char *sql)
{
    PGresult *r = PQexec(h, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) == 0) {
        fail(h, sql);
    }
    return r; // kept: the template's texts are in it
}

static void
prepare_copy(PGconn *h, const char *table, struct copy *c)
{
    char sql[TEXT], values[TEXT / 2];
    snprintf(c->name, sizeof c->name, "t%d", copy_count);
    snprintf(sql, sizeof sql,
             "SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT max(id) FROM %s))",
             table, table);
    PQclear(rows_of(h, sql));
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY id DESC LIMIT 1", table);
    PGresult *r = rows_of(h, sql);
    size_t at = (size_t)snprintf(sql, sizeof sql, "INSERT INTO %s (", table), v = 0;
    for (int i = 0; i < PQnfields(r); i++) {
        const char *column = PQfname(r, i);
        if (strcmp(column, "id") == 0) {
            continue;
        }
        c->values[c->count++] = PQgetisnull(r, 0, i) ? NULL : PQgetvalue(r, 0, i);
        c->receipt = strcmp(column, "receipt_no") == 0 ? c->count : c->receipt;
        const char *comma = c->count > 1 ? "," : "";
        at += (size_t)snprintf(sql + at, sizeof sql - at, "%s%s", comma, column);
        v += (size_t)snprintf(values + v, sizeof values - v, "%s$%d", comma, c->count);
    }
    snprintf(sql + at, sizeof sql - at, ") VALUES (%s)", values);
    prepare(h, c->name, sql);
}

static void
insert_all(PGconn *h)
{
    static unsigned long long serial;
    char receipt[48];
    snprintf(receipt, sizeof receipt, "BARE-%llu-%d", ++serial, (int)getpid());
    for (int t = 0; t < copy_count; t++) {
        struct copy *c = &copies[t];
        if (c->receipt > 0) {
            c->values[c->receipt - 1] = receipt;
        }
        if (PQsendQueryPrepared(h, c->name, c->count, c->values, NULL, NULL, 1) == 0) {
            fail(h, c->name);
        }
    }
}

static void *
write_loop(void *arg)
{
    PGconn *h = arg;
    prepare(h, "begin", "BEGIN");
    prepare(h, "lock",
            "SELECT pg_advisory_xact_lock(hashtextextended('huiqiao.' || current_schema(), "
            "0))");
    prepare(h, "commit", "COMMIT");
    int n = prepare_all(h, also, "a");
    PQenterPipelineMode(h);
    for (;;) {
        struct waiting *batch = take(&writes, 1);
        ask(h, "begin");
        ask(h, "lock");
        for (struct waiting *w = batch; w != NULL; w = w->next) {
            ask_all(h, "a", n);
            insert_all(h);
        }
        ask(h, "commit");
        settle(h);
        release(batch);
    }
    return NULL;
}

static void
open_writer(char *tables)
{
    pthread_t thread;
    PGconn *h = dial();
    char *rest = NULL;
    for (char *t = strtok_r(tables, ",", &rest); t != NULL && copy_count < TABLES;
         t = strtok_r(NULL, ",", &rest)) {
        prepare_copy(h, t, &copies[copy_count]);
        copy_count++;
    }
    pthread_create(&thread, NULL, write_loop, h);
}

// ---- serving ---------------------------------------------------------------------------

static enum MHD_Result
handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *upload, size_t *size, void **state)
{
    static int seen, queued;
    (void)cls, (void)url, (void)version, (void)upload;
    bool post = strcmp(method, "POST") == 0;
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    if (*size > 0) {
        *size = 0;
        return MHD_YES;
    }
    if (*state == &queued) {
        return bare_answer(connection, post ? 201 : 200, answer_bytes);
    }
    *state = &queued;
    struct waiting *w = malloc(sizeof *w);
    *w = (struct waiting){.connection = connection, .post = post};
    MHD_suspend_connection(connection);
    put(&reads, w);
    return MHD_YES;
}

int
main(int argc, char **argv)
{
    if (argc != 8) {
        fprintf(stderr, "usage: bare_pg CONNINFO SCHEMA PORT BYTES SQL TABLE,TABLE… SQL\n");
        return 2;
    }
    conninfo = argv[1];
    schema = argv[2];
    answer_bytes = (size_t)atol(argv[4]);
    query = argv[5];
    also = argv[7];
    for (int i = 0; i < READERS; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, read_loop, NULL);
    }
    if (*argv[6] != '\0') {
        open_writer(argv[6]);
    }
    return bare_serve((uint16_t)atoi(argv[3]), HTTP_THREADS, handle);
}
