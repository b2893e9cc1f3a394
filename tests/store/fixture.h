// SPDX-License-Identifier: Apache-2.0
// What every store test begins with: a fresh database of the engine that HUIQIAO_TEST_DB
// names (nothing or "sqlite": a new file; "postgres": a new schema in the database of
// HUIQIAO_TEST_POSTGRES), with a small schema, removed afterwards.
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/db.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct store {
    struct arena *a;
    struct db *db;
    char dir[64];
    char schema[32]; // "" in a file
    const char *url;
};

static const struct db_patch STORE_SCHEMA[] = {
    {1, "0001_base",
     "CREATE TABLE org (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, parent_id INTEGER"
     " REFERENCES org(id)) STRICT;\n"
     "CREATE INDEX org_parent ON org(parent_id);\n"
     "CREATE TABLE thing (id INTEGER PRIMARY KEY, org_id INTEGER NOT NULL REFERENCES org(id),"
     " title TEXT NOT NULL, note TEXT, score REAL, open INTEGER NOT NULL DEFAULT 1"
     " CHECK (open IN (0, 1)), at INTEGER NOT NULL DEFAULT 0, data TEXT, raw BLOB) STRICT;\n"
     "CREATE INDEX thing_org ON thing(org_id, id);\n"},
};

static inline bool
store_is_postgres(void)
{
    const char *engine = getenv("HUIQIAO_TEST_DB");
    return engine != NULL && strcmp(engine, "postgres") == 0;
}

static inline void
store_no_notice(void *arg, const PGresult *r)
{
}

// One statement to the server, past the engine.
static inline void
store_server(const char *sql)
{
    PGconn *h = PQconnectdb(getenv("HUIQIAO_TEST_POSTGRES"));
    PQsetNoticeReceiver(h, store_no_notice, NULL);
    PGresult *r = PQexec(h, sql);
    ExecStatusType status = PQresultStatus(r);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        fail_msg("%s: %s", sql, PQerrorMessage(h));
    }
    PQclear(r);
    PQfinish(h);
}

// The one place that knows which engine is tested and where its database is.
static inline const char *
store_url(struct store *s)
{
    static unsigned count;
    const char *server = getenv("HUIQIAO_TEST_POSTGRES");
    snprintf(s->dir, sizeof s->dir, "/tmp/huiqiao-store-XXXXXX");
    if (!store_is_postgres()) {
        assert_non_null(mkdtemp(s->dir));
        return arena_printf(s->a, "%s/district.db", s->dir);
    }
    if (server == NULL || *server == '\0') {
        fputs("skipped: HUIQIAO_TEST_POSTGRES names no server\n", stderr);
        exit(77);
    }
    assert_non_null(mkdtemp(s->dir)); // for what tests keep beside their database
    snprintf(s->schema, sizeof s->schema, "t%d_%u", getpid(), count++);
    return arena_printf(s->a, "%s%cschema=%s&application_name=%s", server,
                        strchr(server, '?') == NULL ? '?' : '&', s->schema, s->schema);
}

static inline struct db *
store_open(struct store *s, const struct db_options *o)
{
    const char *why = "";
    struct db *db = db_open(s->a, s->url, o, &why);
    if (db == NULL) {
        fail_msg("%s: %s", s->url, why);
    }
    return db;
}

static inline int
store_set_up_with(void **state, const struct db_options *o)
{
    struct store *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->a = arena_new((size_t)64 << 20);
    s->url = store_url(s);
    s->db = store_open(s, o);
    const char *why = "";
    if (db_migrate(s->db, STORE_SCHEMA, 1, &why) != ERR_OK) {
        fail_msg("%s", why);
    }
    *state = s;
    return 0;
}

static inline int
store_set_up(void **state)
{
    return store_set_up_with(state, &(struct db_options){.create = true});
}

// For tests that write much and do not ask whether it lasts.
static inline int
store_set_up_fast(void **state)
{
    return store_set_up_with(state, &(struct db_options){.create = true, .sync_off = true});
}

static inline void
store_drop_schema(const char *schema)
{
    char sql[96];
    if (*schema != '\0') {
        snprintf(sql, sizeof sql, "DROP SCHEMA IF EXISTS %s CASCADE", schema);
        store_server(sql);
    }
}

static inline void
store_remove(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d != NULL) {
        closedir(d);
    }
    rmdir(dir);
}

// What store_url made; after everybody has closed it.
static inline void
store_clear(struct store *s)
{
    store_drop_schema(s->schema);
    store_remove(s->dir);
}

static inline int
store_tear_down(void **state)
{
    struct store *s = *state;
    db_close(s->db);
    store_clear(s);
    arena_free(s->a);
    free(s);
    return 0;
}

static inline void
store_reopen(struct store *s)
{
    db_close(s->db);
    s->db = store_open(s, NULL);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, store_set_up, store_tear_down)
#define STORE_TEST_FAST(f)                                                                     \
    cmocka_unit_test_setup_teardown(f, store_set_up_fast, store_tear_down)

// ---- statements that most tests use ----------------------------------------------------

static const struct db_stmt ORG_ADD = {
    .name = "test.org_add",
    DB_INSERTS("INSERT INTO org (name, parent_id) VALUES ($1, $2)"),
    .params = "name:text parent:int?"};
static const struct db_stmt ORG_COUNT = {.name = "test.org_count",
                                         .sql = "SELECT count(*) AS n FROM org",
                                         .row = "n:int",
                                         .scans = "test"};
static const struct db_stmt ORG_ID = {.name = "test.org_id",
                                      .sql = "SELECT id FROM org WHERE name = $1",
                                      .params = "name:text",
                                      .row = "id:int"};

static inline int64_t
org_count(struct db *db)
{
    struct db_tx *tx = db_read_begin(db);
    assert_non_null(tx);
    int64_t n = db_value_int(tx, &ORG_COUNT, DB_NONE, -1);
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
    return n;
}

static inline bool
org_exists(struct db *db, const char *name)
{
    struct db_tx *tx = db_read_begin(db);
    assert_non_null(tx);
    int64_t id = db_value_int(tx, &ORG_ID, DB_ARGS(DB_TEXT(name)), 0);
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
    return id != 0;
}

static inline enum err
add_org(struct db_tx *tx, void *name)
{
    db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT(name), DB_NULL));
    return ERR_OK;
}

#endif
