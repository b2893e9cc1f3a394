// SPDX-License-Identifier: Apache-2.0
// A district with the whole schema and requests made by hand: what tests of the kit need that
// ask neither the gate nor a socket.
#ifndef TESTS_STORE_REQUEST_H
#define TESTS_STORE_REQUEST_H

#include "store/fixture.h"

#include "base/log.h"
#include "base/timestamp.h"
#include "kit/account.h"
#include "kit/app.h"
#include "kit/embedded.h"
#include "kit/session.h"

#include <sodium.h>

enum { HEADERS_MOST = 8 };

struct world {
    struct store s;
    struct app app;
    struct arena *a; // of one request
    struct http_req req;
    struct http_resp resp;
    struct http_kv headers[HEADERS_MOST], cookies[HEADERS_MOST], form[HEADERS_MOST];
    struct ctx c;
    int64_t now;
    const char *peer;
};

#define MORNING INT64_C(1795395600000) // 2026-11-23 09:00 in Beijing

static inline int
world_set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    const char *why = "";
    assert_non_null(w);
    log_set_level(LOG_WARN);
    assert_true(sodium_init() >= 0);
    w->s.a = arena_new((size_t)64 << 20);
    w->a = arena_new((size_t)64 << 20);
    w->s.url = store_url(&w->s);
    w->s.db = store_open(&w->s, &(struct db_options){.create = true, .sync_off = true});
    if (db_migrate(w->s.db, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, &why) != ERR_OK) {
        fail_msg("%s", why);
    }
    w->app = (struct app){.arena = w->s.a, .db = w->s.db};
    w->now = MORNING;
    w->peer = "203.0.113.7";
    *state = w;
    return 0;
}

static inline int
world_tear_down(void **state)
{
    struct world *w = *state;
    db_close(w->s.db);
    store_clear(&w->s);
    arena_free(w->a);
    arena_free(w->s.a);
    free(w);
    return 0;
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_set_up, world_tear_down)

// A fresh request at w->now; the arena of the one before is gone.
static inline struct ctx *
request(struct world *w, const struct actor *who)
{
    arena_reset(w->a);
    w->req = (struct http_req){
        .arena = w->a, .path = "/", .base = "", .query_text = "", .peer = w->peer};
    w->req.headers.items = w->headers;
    w->req.cookies.items = w->cookies;
    w->req.form.items = w->form;
    w->resp = (struct http_resp){0};
    w->c = (struct ctx){.app = &w->app,
                        .arena = w->a,
                        .req = &w->req,
                        .resp = &w->resp,
                        .actor = who,
                        .in = value_map(w->a),
                        .now = w->now};
    return &w->c;
}

static inline void
add_pair(struct http_list *l, const char *name, const char *value)
{
    assert_true(l->count < HEADERS_MOST);
    l->items[l->count++] = (struct http_kv){name, value};
}

typedef enum err (*world_fn)(struct ctx *c, void *arg);
struct world_job {
    struct ctx *c;
    world_fn fn;
    void *arg;
};

static inline enum err
world_work(struct db_tx *tx, void *arg)
{
    struct world_job *j = arg;
    j->c->tx = tx;
    enum err e = j->fn(j->c, j->arg);
    j->c->tx = NULL;
    return e;
}

static inline enum err
in_write(struct world *w, struct ctx *c, world_fn fn, void *arg)
{
    struct world_job j = {c, fn, arg};
    return db_write(w->s.db, NULL, world_work, &j);
}

static inline void
read_begin(struct world *w, struct ctx *c)
{
    c->tx = db_read_begin(w->s.db);
    assert_non_null(c->tx);
}

static inline void
read_end(struct ctx *c)
{
    assert_int_equal(db_tx_err(c->tx), ERR_OK);
    db_read_end(c->tx);
    c->tx = NULL;
}

static inline enum err
make_account(struct ctx *c, void *arg)
{
    int64_t *id = ((void **)arg)[1];
    *id = account_create(c, ((void **)arg)[0]);
    return *id != 0 ? ERR_OK : ERR_CONFLICT;
}

static inline int64_t
add_account(struct world *w, const struct account_new *new)
{
    int64_t id = 0;
    void *arg[] = {(void *)(uintptr_t) new, &id};
    assert_int_equal(in_write(w, request(w, &ACTOR_NOBODY), make_account, arg), ERR_OK);
    return id;
}

// Runs a statement without rows, made up for the test.
static inline enum err
run_sql(struct ctx *c, void *stmt)
{
    db_run(c->tx, stmt, DB_NONE);
    return ERR_OK;
}

// `sql` must be a literal: statements are kept by address.
#define CHANGE(w, text)                                                                        \
    do {                                                                                       \
        static const struct db_stmt change_ = {                                                \
            .name = "test.change", .sql = (text), .scans = "test"};                            \
        assert_int_equal(                                                                      \
            in_write((w), request((w), &ACTOR_NOBODY), run_sql, (void *)(uintptr_t)&change_),  \
            ERR_OK);                                                                           \
    } while (0)

static inline void
check_statements(struct world *w, const struct db_stmt *const *list)
{
    unsigned wrong = 0;
    for (; *list != NULL; list++) {
        const char *why = "";
        if (!db_check_stmt(w->s.db, w->s.a, *list, &why)) {
            print_error("%s\n", why);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

#endif
