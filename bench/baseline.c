// SPDX-License-Identifier: Apache-2.0
// The bare comparison of every bench: libmicrohttpd and SQLite with nothing between them. A
// GET runs the given statements, reads all their columns and answers a given number of bytes; a
// POST inserts a copy of one row into each of the tables a creation writes, group-committed
// with synchronous=FULL, and answers after the commit. No login, no templates, no checks. As
// `baseline csv DB SQL` it prints the rows of a statement as CSV, quoting what needs it, and
// does nothing else.
#include "bare.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 2, COLUMNS = 64, TABLES = 8, STATEMENTS = 8 };

static const char *db_path, *query;
static size_t answer_bytes;

// ---- reading --------------------------------------------------------------------------

static _Thread_local sqlite3 *reader;
static _Thread_local sqlite3_stmt *reading[STATEMENTS];

static void
open_reader(void)
{
    const char *rest = query;
    if (sqlite3_open_v2(db_path, &reader, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        exit(1);
    }
    for (int i = 0; i < STATEMENTS && *rest != '\0'; i++) {
        if (sqlite3_prepare_v2(reader, rest, -1, &reading[i], &rest) != SQLITE_OK) {
            fprintf(stderr, "baseline: %s\n", sqlite3_errmsg(reader));
            exit(1);
        }
    }
}

static size_t
read_rows(void)
{
    size_t bytes = 0;
    if (reader == NULL) {
        open_reader();
    }
    sqlite3_exec(reader, "BEGIN", NULL, NULL, NULL);
    for (int s = 0; s < STATEMENTS && reading[s] != NULL; s++) {
        while (sqlite3_step(reading[s]) == SQLITE_ROW) {
            int n = sqlite3_column_count(reading[s]);
            for (int i = 0; i < n; i++) {
                if (sqlite3_column_text(reading[s], i) != NULL) {
                    bytes += (size_t)sqlite3_column_bytes(reading[s], i);
                }
            }
        }
        sqlite3_reset(reading[s]);
    }
    sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL);
    return bytes;
}

// ---- writing --------------------------------------------------------------------------

struct copy { // INSERT of one table with the template row's values bound
    sqlite3_stmt *insert;
    sqlite3_value *values[COLUMNS];
    int count;
    int receipt; // parameter that must differ each time; 0 none
    int rowid;   // parameter that is the row inserted before: the search index; 0 none
};

struct waiting {
    struct waiting *next;
    struct MHD_Connection *connection;
};

static sqlite3 *writer;
static struct copy copies[TABLES];
static int copy_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct waiting *queue;

static void
prepare_copy(const char *table, struct copy *c)
{
    char sql[4096], values[1024];
    sqlite3_stmt *s;
    snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY rowid DESC LIMIT 1", table);
    if (sqlite3_prepare_v2(writer, sql, -1, &s, NULL) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_ROW) {
        fprintf(stderr, "baseline: no row in %s to copy\n", table);
        exit(1);
    }
    size_t at = (size_t)snprintf(sql, sizeof sql, "INSERT INTO %s (", table), v = 0;
    if (strcmp(table, "search_index") == 0) {
        c->values[c->count++] = NULL;
        c->rowid = c->count;
        at += (size_t)snprintf(sql + at, sizeof sql - at, "rowid");
        v += (size_t)snprintf(values, sizeof values, "?");
    }
    for (int i = 0; i < sqlite3_column_count(s); i++) {
        const char *name = sqlite3_column_name(s, i);
        if (strcmp(name, "id") == 0) {
            continue;
        }
        c->values[c->count++] = sqlite3_value_dup(sqlite3_column_value(s, i));
        if (strcmp(name, "receipt_no") == 0) {
            c->receipt = c->count;
        }
        at +=
            (size_t)snprintf(sql + at, sizeof sql - at, "%s%s", c->count > 1 ? "," : "", name);
        v += (size_t)snprintf(values + v, sizeof values - v, "%s?", c->count > 1 ? "," : "");
    }
    snprintf(sql + at, sizeof sql - at, ") VALUES (%s)", values);
    sqlite3_finalize(s);
    if (sqlite3_prepare_v2(writer, sql, -1, &c->insert, NULL) != SQLITE_OK) {
        fprintf(stderr, "baseline: %s: %s\n", sql, sqlite3_errmsg(writer));
        exit(1);
    }
}

static void
insert_all(void)
{
    static unsigned long long serial;
    char receipt[32];
    snprintf(receipt, sizeof receipt, "BARE-%llu-%d", ++serial, (int)getpid());
    for (int t = 0; t < copy_count; t++) {
        struct copy *c = &copies[t];
        for (int i = 0; i < c->count; i++) {
            if (i + 1 == c->receipt) {
                sqlite3_bind_text(c->insert, i + 1, receipt, -1, SQLITE_STATIC);
            } else if (i + 1 == c->rowid) {
                sqlite3_bind_int64(c->insert, i + 1, sqlite3_last_insert_rowid(writer));
            } else {
                sqlite3_bind_value(c->insert, i + 1, c->values[i]);
            }
        }
        if (sqlite3_step(c->insert) != SQLITE_DONE) {
            fprintf(stderr, "baseline: %s\n", sqlite3_errmsg(writer));
            exit(1);
        }
        sqlite3_reset(c->insert);
    }
}

static void *
write_loop(void *arg)
{
    (void)arg;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (queue == NULL) {
            pthread_cond_wait(&wake, &lock);
        }
        struct waiting *batch = queue;
        queue = NULL;
        pthread_mutex_unlock(&lock);
        sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        for (struct waiting *w = batch; w != NULL; w = w->next) {
            insert_all();
        }
        sqlite3_exec(writer, "COMMIT", NULL, NULL, NULL);
        while (batch != NULL) {
            struct waiting *next = batch->next;
            MHD_resume_connection(batch->connection);
            free(batch);
            batch = next;
        }
    }
    return NULL;
}

static void
open_writer(char *tables)
{
    pthread_t thread;
    if (sqlite3_open_v2(db_path, &writer, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        exit(1);
    }
    sqlite3_exec(writer,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                 "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192;",
                 NULL, NULL, NULL);
    for (char *t = strtok(tables, ","); t != NULL && copy_count < TABLES;
         t = strtok(NULL, ",")) {
        prepare_copy(t, &copies[copy_count++]);
    }
    pthread_create(&thread, NULL, write_loop, NULL);
}

// ---- serving --------------------------------------------------------------------------

static enum MHD_Result
handle(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *upload, size_t *size, void **state)
{
    static int seen, queued;
    (void)cls, (void)url, (void)version, (void)upload;
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    if (*size > 0) {
        *size = 0;
        return MHD_YES;
    }
    if (strcmp(method, "POST") != 0) {
        read_rows();
        return bare_answer(connection, 200, answer_bytes);
    }
    if (*state == &queued) {
        return bare_answer(connection, 201, answer_bytes);
    }
    *state = &queued;
    struct waiting *w = malloc(sizeof *w);
    w->connection = connection;
    MHD_suspend_connection(connection);
    pthread_mutex_lock(&lock);
    w->next = queue;
    queue = w;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
    return MHD_YES;
}

// ---- CSV ------------------------------------------------------------------------------

static void
print_cell(const char *s)
{
    if (s[strcspn(s, ",\"\r\n")] == '\0') {
        fputs_unlocked(s, stdout);
        return;
    }
    putchar_unlocked('"');
    for (; *s != '\0'; s++) {
        if (*s == '"') {
            putchar_unlocked('"');
        }
        putchar_unlocked(*s);
    }
    putchar_unlocked('"');
}

static int
print_csv(const char *sql)
{
    static char room[65536];
    setvbuf(stdout, room, _IOFBF, sizeof room);
    query = sql;
    open_reader();
    int n = sqlite3_column_count(reading[0]);
    while (sqlite3_step(reading[0]) == SQLITE_ROW) {
        for (int i = 0; i < n; i++) {
            const char *s = (const char *)sqlite3_column_text(reading[0], i);
            if (i > 0) {
                putchar_unlocked(',');
            }
            if (s != NULL) {
                print_cell(s);
            }
        }
        fputs_unlocked("\r\n", stdout);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "csv") == 0) {
        db_path = argv[2];
        return print_csv(argv[3]);
    }
    if (argc != 6) {
        fprintf(stderr, "usage: baseline DB PORT BYTES SQL TABLE,TABLE…\n"
                        "       baseline csv DB SQL\n");
        return 2;
    }
    db_path = argv[1];
    answer_bytes = (size_t)atol(argv[3]);
    query = argv[4];
    if (*argv[5] != '\0') {
        open_writer(argv[5]);
    }
    return bare_serve((uint16_t)atoi(argv[2]), THREADS, handle);
}
