// SPDX-License-Identifier: Apache-2.0
// What only the engine beyond the network promises: every type arrives as it was sent, lost
// connections are made anew without losing or doubling a write, an unknown outcome is said to
// be one (D7), and nodes that share a district take turns and hear of each other.
#include "store/fixture.h"

#include "kit/claim.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

static int
set_up(void **state)
{
    setenv("HUIQIAO_TEST_DB", "postgres", 1);
    return store_set_up_fast(state);
}

#define PG_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, store_tear_down)

static const struct db_stmt COUNTER_GET = {.name = "test.counter_get",
                                           .sql = "SELECT at FROM thing WHERE id = $1",
                                           .params = "id:int",
                                           .row = "at:int"};
static const struct db_stmt COUNTER_SET = {.name = "test.counter_set",
                                           .sql = "UPDATE thing SET at = $2 WHERE id = $1",
                                           .params = "id:int at:int"};
static const struct db_stmt THING_ADD = {
    .name = "test.thing_add",
    DB_INSERTS("INSERT INTO thing (org_id, title) VALUES ($1, $2)"),
    .params = "org:int title:text"};

static void
server(struct store *s, const char *sql)
{
    store_server(arena_printf(s->a, "SET search_path TO %s; %s", s->schema, sql));
}

static void
nap(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

// ---- types -----------------------------------------------------------------------------

static void
numbers_of_every_width(void **state)
{
    static const struct db_stmt NUMBERS = {
        .name = "test.numbers",
        .postgres = "SELECT $1::int8 AS a, (-7)::int4 AS b, (-8)::int2 AS c, "
                    "sum(x)::numeric AS d, 1.5::float4 AS e, 1e300::float8 AS f, "
                    "123456789.25::numeric AS g, -0.0625::numeric AS h, true AS i, "
                    "10000::numeric AS j, 9223372036854775807::numeric AS k "
                    "FROM (VALUES (9000000000::int8), (-20000::int8)) AS v(x)",
        .params = "a:int",
        .row = "a:int b:int c:int d:int e:real f:real g:real h:real i:bool j:int k:int"};
    struct store *s = *state;
    const int64_t ends[] = {INT64_MIN, INT64_MAX, -1, 0, 255, 256};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct db_tx *tx = db_read_begin(s->db);
        struct db_rows *r = db_query(tx, &NUMBERS, DB_ARGS(DB_INT(ends[i])));
        assert_true(db_next(r));
        assert_true(db_int(r, 0) == ends[i]);
        assert_int_equal(db_int(r, 1), -7);
        assert_int_equal(db_int(r, 2), -8);
        assert_int_equal(db_int(r, 3), INT64_C(8999980000));
        assert_float_equal(db_real(r, 4), 1.5, 0);
        assert_float_equal(db_real(r, 5), 1e300, 0);
        assert_float_equal(db_real(r, 6), 123456789.25, 0);
        assert_float_equal(db_real(r, 7), -0.0625, 0);
        assert_int_equal(db_int(r, 8), 1);
        assert_int_equal(db_int(r, 9), 10000);
        assert_true(db_int(r, 10) == INT64_MAX);
        assert_int_equal(db_tx_err(tx), ERR_OK);
        db_end(r);
        db_read_end(tx);
    }
}

// What does not fit is refused, not bent.
static void
numbers_that_do_not_fit(void **state)
{
    static const struct db_stmt HALF = {
        .name = "test.half", .sql = "SELECT 0.5::numeric AS a", .row = "a:int"};
    static const struct db_stmt WIDE = {
        .name = "test.wide", .sql = "SELECT 9223372036854775808::numeric AS a", .row = "a:int"};
    static const struct db_stmt *const CASES[] = {&HALF, &WIDE};
    struct store *s = *state;
    for (size_t i = 0; i < 2; i++) {
        struct db_tx *tx = db_read_begin(s->db);
        assert_int_equal(db_value_int(tx, CASES[i], DB_NONE, -7), -7);
        assert_int_equal(db_tx_err(tx), ERR_INTERNAL);
        db_read_end(tx);
    }
}

static void
texts_and_blobs(void **state)
{
    static const struct db_stmt ECHO = {.name = "test.echo",
                                        .sql = "SELECT $1 AS t, $2 AS b, $3 AS j, $4 AS r",
                                        .params = "t:text? b:blob? j:json? r:real?",
                                        .row = "t:text? b:blob? j:json? r:real?"};
    struct store *s = *state;
    size_t n = 3 << 20;
    char *large = arena_alloc(s->a, n);
    for (size_t i = 0; i < n; i++) {
        large[i] = (char)(i * 31);
    }
    struct db_tx *tx = db_read_begin(s->db);
    struct db_rows *r = db_query(tx, &ECHO,
                                 DB_ARGS(DB_TEXT("会'桥\\ \n𠮷"), DB_BLOB(large, n),
                                         DB_TEXT("{\"a\":null}"), DB_REAL(-0.1)));
    size_t got = 0;
    assert_true(db_next(r));
    assert_string_equal(db_text(r, 0), "会'桥\\ \n𠮷");
    assert_memory_equal(db_blob(r, 1, &got), large, n);
    assert_int_equal(got, n);
    assert_string_equal(db_text(r, 2), "{\"a\":null}");
    assert_float_equal(db_real(r, 3), -0.1, 0);
    db_end(r);
    r = db_query(tx, &ECHO, DB_ARGS(DB_TEXT(""), DB_BLOB("", 0), DB_NULL, DB_NULL));
    assert_true(db_next(r));
    assert_string_equal(db_text(r, 0), "");
    assert_non_null(db_blob(r, 1, &got)); // empty is not NULL
    assert_int_equal(got, 0);
    assert_true(db_is_null(r, 2) && db_is_null(r, 3));
    db_end(r);
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
}

// ---- many rows -------------------------------------------------------------------------

static const struct db_stmt SERIES = {.name = "test.series",
                                      .postgres =
                                          "SELECT g AS n FROM generate_series(1, $1) AS g",
                                      .params = "most:int",
                                      .row = "n:int",
                                      .scans = "read piece by piece"};

static void
pieces_follow_each_other(void **state)
{
    struct store *s = *state;
    const int64_t sizes[] = {0, 1, 999, 1000, 1001, 3500};
    struct db_tx *tx = db_read_begin(s->db);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct db_rows *r = db_query(tx, &SERIES, DB_ARGS(DB_INT(sizes[i])));
        int64_t n = 0;
        while (db_next(r)) {
            assert_int_equal(db_int(r, 0), ++n);
        }
        db_end(r);
        assert_int_equal(n, sizes[i]);
    }
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
}

// One inside the other, and left in the middle.
static void
pieces_nest(void **state)
{
    struct store *s = *state;
    struct db_tx *tx = db_read_begin(s->db);
    for (int turn = 0; turn < 3; turn++) {
        struct db_rows *outer = db_query(tx, &SERIES, DB_ARGS(DB_INT(2500)));
        int64_t n = 0;
        for (; db_next(outer) && n < 1500; n++) {
            if (n % 500 == 0) {
                struct db_rows *inner = db_query(tx, &SERIES, DB_ARGS(DB_INT(1200)));
                int64_t m = 0;
                while (m < 1100 && db_next(inner)) {
                    m++;
                }
                assert_int_equal(db_int(inner, 0), 1100);
                db_end(inner);
            }
            assert_int_equal(db_int(outer, 0), n + 1);
        }
        db_end(outer);
    }
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
}

// ---- statements nobody waits for -------------------------------------------------------

static const struct db_stmt ORG_PUT = {
    .name = "test.org_put", .sql = "INSERT INTO org (name) VALUES ($1)", .params = "name:text"};

struct put {
    int count;
    int twice; // this one is there already; -1 none
    bool ask;
    int runs;
    enum err seen;
};

static enum err
put_many(struct db_tx *tx, void *arg)
{
    struct put *p = arg;
    char name[32];
    p->runs++;
    for (int i = 0; i < p->count; i++) {
        snprintf(name, sizeof name, "put %d", i == p->twice ? 0 : i); // reused: it is copied
        db_put(tx, &ORG_PUT, DB_ARGS(DB_TEXT(name)));
    }
    p->seen = p->ask ? db_tx_err(tx) : ERR_OK;
    return ERR_OK;
}

static void
puts_are_written(void **state)
{
    struct store *s = *state;
    struct put p = {.count = 2000, .twice = -1, .ask = true};
    assert_int_equal(db_write(s->db, s->a, put_many, &p), ERR_OK);
    assert_int_equal(p.seen, ERR_OK);
    assert_int_equal(org_count(s->db), 2000);
}

static void
puts_that_fail_are_noticed(void **state)
{
    struct store *s = *state;
    struct put late = {.count = 300, .twice = 299};
    assert_int_equal(db_write(s->db, s->a, put_many, &late), ERR_CONFLICT);
    struct put asked = {.count = 5, .twice = 3, .ask = true};
    assert_int_equal(db_write(s->db, s->a, put_many, &asked), ERR_CONFLICT);
    assert_int_equal(asked.seen, ERR_CONFLICT);
    assert_int_equal(org_count(s->db), 0);
    struct put good = {.count = 3, .twice = -1};
    assert_int_equal(db_write(s->db, s->a, put_many, &good), ERR_OK);
    assert_int_equal(org_count(s->db), 3);
}

// ---- lost connections ------------------------------------------------------------------

// Ends all connections to this district.
static void
cut_all(const struct store *s)
{
    store_server(arena_printf(s->a,
                              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                              "WHERE application_name = '%s'",
                              s->schema));
    nap(50);
}

static void
idle_connections_are_made_anew(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, add_org, "before"), ERR_OK);
    struct db_tx *two[2] = {db_read_begin(s->db), db_read_begin(s->db)};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_value_int(two[i], &ORG_COUNT, DB_NONE, -1), 1);
        db_read_end(two[i]);
    }
    cut_all(s);
    assert_int_equal(org_count(s->db), 1);
    assert_int_equal(db_write(s->db, s->a, add_org, "after"), ERR_OK);
    assert_int_equal(org_count(s->db), 2);
}

static void
a_reader_cut_in_its_work_fails_alone(void **state)
{
    struct store *s = *state;
    struct db_tx *tx = db_read_begin(s->db);
    assert_int_equal(db_value_int(tx, &ORG_COUNT, DB_NONE, -1), 0);
    cut_all(s);
    assert_int_equal(db_value_int(tx, &ORG_COUNT, DB_NONE, -1), -1);
    assert_int_equal(db_tx_err(tx), ERR_UNAVAILABLE);
    db_read_end(tx);
    assert_int_equal(org_count(s->db), 0);
}

struct cut {
    const struct store *s;
    int runs;
    int cuts; // how often still
};

static enum err
cut_within(struct db_tx *tx, void *arg)
{
    struct cut *c = arg;
    c->runs++;
    db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("first"), DB_NULL));
    if (c->cuts > 0) {
        c->cuts--;
        cut_all(c->s);
    }
    db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("second"), DB_NULL));
    return ERR_OK;
}

// Nothing was asked to be committed yet: the work runs again, and is done once.
static void
a_write_cut_in_its_work_runs_again(void **state)
{
    struct store *s = *state;
    struct cut c = {.s = s, .cuts = 1};
    assert_int_equal(db_write(s->db, s->a, cut_within, &c), ERR_OK);
    assert_int_equal(c.runs, 2);
    assert_int_equal(org_count(s->db), 2);
}

static void
a_write_cut_again_and_again_is_given_up(void **state)
{
    struct store *s = *state;
    struct cut c = {.s = s, .cuts = 100};
    assert_int_equal(db_write(s->db, s->a, cut_within, &c), ERR_UNAVAILABLE);
    assert_true(c.runs >= 2 && c.runs < 10);
    assert_int_equal(org_count(s->db), 0);
    assert_int_equal(db_write(s->db, s->a, add_org, "later"), ERR_OK);
}

static const struct db_stmt FAIL_ONCE = {
    .name = "test.fail_once", .sql = "SELECT fail_once() AS n", .row = "n:int"};

static enum err
work_fails_once(struct db_tx *tx, void *arg)
{
    int *runs = arg;
    ++*runs;
    db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("kept"), DB_NULL));
    db_value_int(tx, &FAIL_ONCE, DB_NONE, 0);
    return ERR_OK;
}

static void
a_serialization_failure_runs_again(void **state)
{
    struct store *s = *state;
    server(s, "CREATE SEQUENCE tries; CREATE FUNCTION fail_once() RETURNS bigint AS $$ "
              "BEGIN IF nextval('tries') = 1 THEN RAISE serialization_failure; END IF; "
              "RETURN 1; END $$ LANGUAGE plpgsql");
    int runs = 0;
    assert_int_equal(db_write(s->db, s->a, work_fails_once, &runs), ERR_OK);
    assert_int_equal(runs, 2);
    assert_int_equal(org_count(s->db), 1);
}

// ---- a line that is cut in the middle of a commit --------------------------------------

struct proxy {
    char dir[64];
    char path[108];
    struct sockaddr_un to;
    int listener;
    pthread_t thread;
    atomic_bool armed; // cuts at the next answer to COMMIT
    atomic_int cuts;
};

struct line {
    struct proxy *p;
    int client;
};

// Copies what has arrived; false ends the line.
static bool
pass_on(struct line *l, int from, int to, bool answers)
{
    char bytes[16384];
    ssize_t n = recv(from, bytes, sizeof bytes, 0);
    if (n <= 0) {
        return false;
    }
    if (answers && atomic_load(&l->p->armed) &&
        memmem(bytes, (size_t)n, "COMMIT", sizeof "COMMIT") != NULL) {
        atomic_store(&l->p->armed, false);
        atomic_fetch_add(&l->p->cuts, 1);
        return false;
    }
    return send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void *
line_main(void *arg)
{
    struct line *l = arg;
    int up = socket(AF_UNIX, SOCK_STREAM, 0);
    bool on = connect(up, (struct sockaddr *)&l->p->to, sizeof l->p->to) == 0;
    while (on) {
        fd_set set;
        FD_ZERO(&set);
        FD_SET(up, &set);
        FD_SET(l->client, &set);
        if (select((up > l->client ? up : l->client) + 1, &set, NULL, NULL, NULL) <= 0) {
            break;
        }
        on = (!FD_ISSET(l->client, &set) || pass_on(l, l->client, up, false)) &&
             (!FD_ISSET(up, &set) || pass_on(l, up, l->client, true));
    }
    close(up);
    close(l->client);
    free(l);
    return NULL;
}

static void *
proxy_main(void *arg)
{
    struct proxy *p = arg;
    for (int fd; (fd = accept(p->listener, NULL, NULL)) >= 0;) {
        struct line *l = calloc(1, sizeof *l);
        pthread_t thread;
        *l = (struct line){.p = p, .client = fd};
        assert_int_equal(pthread_create(&thread, NULL, line_main, l), 0);
        pthread_detach(thread);
    }
    return NULL;
}

// The directory of the server's socket; NULL when it is reached otherwise.
static const char *
socket_directory(struct arena *a)
{
    const char *dir = NULL;
    PQconninfoOption *options = PQconninfoParse(getenv("HUIQIAO_TEST_POSTGRES"), NULL);
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "host") == 0 && o->val != NULL && o->val[0] == '/') {
            dir = arena_strdup(a, o->val);
        }
    }
    PQconninfoFree(options);
    return dir;
}

static struct proxy *
proxy_start(struct store *s)
{
    const char *dir = socket_directory(s->a);
    if (dir == NULL) {
        skip();
    }
    struct proxy *p = calloc(1, sizeof *p);
    p->to.sun_family = AF_UNIX;
    snprintf(p->to.sun_path, sizeof p->to.sun_path, "%s/.s.PGSQL.5432", dir);
    snprintf(p->path, sizeof p->path, "%s/.s.PGSQL.5432", s->dir);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, p->path, sizeof p->path);
    p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p->listener, 16), 0);
    assert_int_equal(pthread_create(&p->thread, NULL, proxy_main, p), 0);
    return p;
}

static void
proxy_stop(struct proxy *p)
{
    shutdown(p->listener, SHUT_RDWR);
    pthread_join(p->thread, NULL);
    close(p->listener);
    nap(50); // lines end with their clients
    free(p);
}

static enum err
count_runs(struct db_tx *tx, void *arg)
{
    ++*(int *)arg;
    db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("unknown"), DB_NULL));
    return ERR_OK;
}

static void
an_unknown_outcome_is_not_repeated(void **state)
{
    struct store *s = *state;
    struct proxy *p = proxy_start(s);
    const char *why = "";
    const char *url = arena_printf(s->a, "postgresql://huiqiao@/huiqiao?host=%s&schema=%s",
                                   s->dir, s->schema);
    struct db *db = db_open(s->a, url, NULL, &why);
    if (db == NULL) {
        fail_msg("%s", why);
    }
    assert_int_equal(db_write(db, s->a, add_org, "known"), ERR_OK);
    nap(600); // the writer has settled
    uint64_t generation = db_generation(db);
    int runs = 0;
    atomic_store(&p->armed, true);
    assert_int_equal(db_write(db, s->a, count_runs, &runs), ERR_UNAVAILABLE);
    assert_int_equal(atomic_load(&p->cuts), 1);
    assert_int_equal(runs, 1);
    assert_true(db_generation(db) > generation); // it may have happened
    assert_true(org_exists(s->db, "unknown"));   // it has
    // Whoever asks again finds it.
    assert_int_equal(db_write(db, s->a, count_runs, &runs), ERR_CONFLICT);
    assert_int_equal(db_write(db, s->a, add_org, "goes on"), ERR_OK);
    assert_int_equal(org_count(s->db), 3);
    db_close(db);
    proxy_stop(p);
}

// ---- nodes -----------------------------------------------------------------------------

static enum err
fill(struct db_tx *tx, void *arg)
{
    int64_t org = db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("o"), DB_NULL));
    *(int64_t *)arg = db_insert(tx, &THING_ADD, DB_ARGS(DB_INT(org), DB_TEXT("counter")));
    return ERR_OK;
}

struct node {
    struct db *db;
    int64_t id;
    int64_t last; // what the last run read
    bool seen[401];
    atomic_int failures;
};

// Reads, then writes what it has read and one more: only who takes turns counts right.
static enum err
count_up(struct db_tx *tx, void *arg)
{
    struct node *n = arg;
    n->last = db_value_int(tx, &COUNTER_GET, DB_ARGS(DB_INT(n->id)), -1);
    db_run(tx, &COUNTER_SET, DB_ARGS(DB_INT(n->id), DB_INT(n->last + 1)));
    return ERR_OK;
}

static void *
node_main(void *arg)
{
    struct node *n = arg;
    struct arena *a = arena_new(1 << 20);
    for (int i = 0; i < 200; i++) {
        if (db_write(n->db, a, count_up, n) != ERR_OK || n->last < 0 || n->last > 400) {
            atomic_fetch_add(&n->failures, 1);
        } else {
            n->seen[n->last] = true;
        }
    }
    arena_free(a);
    return NULL;
}

static void
nodes_take_turns(void **state)
{
    struct store *s = *state;
    int64_t id = 0;
    assert_int_equal(db_write(s->db, s->a, fill, &id), ERR_OK);
    struct node *nodes = calloc(2, sizeof *nodes);
    pthread_t threads[2];
    nodes[0].db = s->db;
    nodes[1].db = store_open(s, &(struct db_options){.sync_off = true});
    for (int i = 0; i < 2; i++) {
        nodes[i].id = id;
        assert_int_equal(pthread_create(&threads[i], NULL, node_main, &nodes[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(atomic_load(&nodes[i].failures), 0);
    }
    for (int i = 0; i < 400; i++) { // each number to exactly one of them
        assert_true(nodes[0].seen[i] != nodes[1].seen[i]);
    }
    struct db_tx *tx = db_read_begin(s->db);
    assert_int_equal(db_value_int(tx, &COUNTER_GET, DB_ARGS(DB_INT(id)), -1), 400);
    db_read_end(tx);
    db_close(nodes[1].db);
    free(nodes);
}

static bool
moves_within(struct db *db, uint64_t from, long ms)
{
    for (long i = 0; i < ms && db_generation(db) == from; i += 5) {
        nap(5);
    }
    return db_generation(db) != from;
}

static void
nodes_hear_of_each_other(void **state)
{
    struct store *s = *state;
    struct db *other = store_open(s, NULL);
    nap(100);
    uint64_t before = db_generation(other);
    nap(100);
    assert_true(db_generation(other) == before); // nothing happens by itself
    assert_int_equal(db_write(s->db, s->a, add_org, "news"), ERR_OK);
    assert_true(moves_within(other, before, 2000));
    assert_true(org_exists(other, "news"));
    db_close(other);
}

// While nobody listens nothing may be kept; then it goes on as before.
static void
a_deaf_node_keeps_nothing(void **state)
{
    struct store *s = *state;
    struct db *other = store_open(s, NULL);
    nap(100);
    uint64_t before = db_generation(other);
    cut_all(s);
    assert_int_equal(db_write(s->db, s->a, add_org, "missed"), ERR_OK);
    assert_true(moves_within(other, before, 2000));
    bool settled = false;
    for (int i = 0; i < 100 && !settled; i++) {
        uint64_t now = db_generation(other);
        nap(100);
        settled = db_generation(other) == now;
    }
    assert_true(settled);
    before = db_generation(other);
    assert_int_equal(db_write(s->db, s->a, add_org, "heard"), ERR_OK);
    assert_true(moves_within(other, before, 2000));
    db_close(other);
}

struct claim {
    bool got;
    int64_t nodes;
};

static enum err
claim(struct db_tx *tx, void *arg)
{
    struct claim *c = arg;
    c->got = claim_take(tx, "work");
    c->nodes = claim_nodes(tx);
    return ERR_OK;
}

static enum err
let_go(struct db_tx *tx, void *arg)
{
    claim_drop(tx, "work");
    return ERR_OK;
}

static struct claim
claimed(struct store *s, struct db *db)
{
    struct claim c = {0};
    assert_int_equal(db_write(db, s->a, claim, &c), ERR_OK);
    return c;
}

// What was taken twice is let go twice; whoever has lost the connection has lost the claim.
static void
one_node_has_a_claim(void **state)
{
    struct store *s = *state;
    struct db *other = store_open(s, NULL);
    assert_true(claimed(s, s->db).got);
    assert_true(claimed(s, s->db).got);
    assert_false(claimed(s, other).got);
    assert_int_equal(db_write(s->db, s->a, let_go, NULL), ERR_OK);
    assert_false(claimed(s, other).got);
    assert_int_equal(db_write(s->db, s->a, let_go, NULL), ERR_OK);
    assert_true(claimed(s, other).got);
    assert_int_equal(claimed(s, s->db).nodes, 2);
    cut_all(s);
    assert_true(claimed(s, s->db).got);
    struct claim c = claimed(s, other);
    assert_false(c.got);
    assert_int_equal(c.nodes, 2);
    db_close(s->db);
    s->db = other;
    bool got = false; // the server ends the other's session in its own time
    for (int i = 0; i < 100 && !got; i++) {
        nap(20);
        got = claimed(s, other).got;
    }
    assert_true(got);
    assert_int_equal(claimed(s, other).nodes, 1);
}

// What is computed from a snapshot is kept under a number older than whatever came after it.
static void
a_snapshot_knows_its_generation(void **state)
{
    struct store *s = *state;
    nap(100); // what the patches have changed is heard of
    struct db_tx *tx = db_read_begin(s->db);
    uint64_t before = db_tx_generation(tx);
    assert_int_equal(db_value_int(tx, &ORG_COUNT, DB_NONE, -1), 0);
    assert_true(before == db_generation(s->db));
    assert_int_equal(db_write(s->db, s->a, add_org, "later"), ERR_OK);
    assert_int_equal(db_value_int(tx, &ORG_COUNT, DB_NONE, -1), 0);
    assert_true(db_tx_generation(tx) == before);
    assert_true(db_generation(s->db) != before);
    db_read_end(tx);
    tx = db_read_begin(s->db);
    assert_true(db_tx_generation(tx) == db_generation(s->db));
    db_read_end(tx);
}

// ---- schemas ---------------------------------------------------------------------------

// Beside a host that refuses and one that takes connections and never says a word, the one that
// takes writes is found at once, also by those who connect later.
static void
the_host_that_writes_is_found(void **state)
{
    struct store *s = *state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(silent, 16), 0);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&at, &size), 0);
    const char *host = strchr(s->url, '@');
    assert_non_null(host);
    const char *url = arena_printf(s->a, "%.*s@127.0.0.1:1,127.0.0.1:%d,%s",
                                   (int)(host - s->url), s->url, ntohs(at.sin_port), host + 1);
    const char *why = "";
    struct timespec began;
    struct timespec ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    struct db *db = db_open(s->a, url, NULL, &why);
    if (db == NULL) {
        fail_msg("%s", why);
    }
    assert_int_equal(db_write(db, s->a, add_org, "found"), ERR_OK);
    cut_all(s);
    assert_int_equal(db_write(db, s->a, add_org, "again"), ERR_OK);
    assert_int_equal(org_count(db), 2);
    assert_null(db_read_stale(db)); // not while there is one that takes writes
    clock_gettime(CLOCK_MONOTONIC, &ended);
    assert_true(ended.tv_sec - began.tv_sec <= 2); // libpq would wait five seconds each time
    db_close(db);
    close(silent);
}

static void
schemas_are_districts(void **state)
{
    struct store *s = *state;
    const char *why = "";
    const char *base = getenv("HUIQIAO_TEST_POSTGRES");
    const char *missing = arena_printf(s->a, "%s?schema=%s_none", base, s->schema);
    assert_null(db_open(s->a, missing, NULL, &why));
    assert_non_null(strstr(why, "no such schema"));

    char *name = arena_printf(s->a, "%s_b", s->schema);
    const char *second = arena_printf(s->a, "%s?schema=%s", base, name);
    struct db *db = db_open(s->a, second, &(struct db_options){.create = true}, &why);
    assert_non_null(db);
    assert_int_equal(db_migrate(db, STORE_SCHEMA, 1, &why), ERR_OK);
    assert_int_equal(db_write(db, s->a, add_org, "there"), ERR_OK);
    assert_int_equal(org_count(db), 1);
    assert_int_equal(org_count(s->db), 0);
    db_close(db);
    store_drop_schema(name);

    store_server(arena_printf(s->a, "CREATE SCHEMA %s CREATE TABLE theirs (a int)", name));
    assert_null(db_open(s->a, second, &(struct db_options){.create = true}, &why));
    assert_non_null(strstr(why, "another program"));
    store_drop_schema(name);
}

static void
unsound_indexes_are_told(void **state)
{
    struct store *s = *state;
    assert_null(db_check_integrity(s->db, s->a));
    server(s, "ALTER TABLE thing ADD CONSTRAINT short CHECK (length(title) < 100) NOT VALID");
    const char *what = db_check_integrity(s->db, s->a);
    assert_non_null(what);
    assert_non_null(strstr(what, "short"));
    const char *why = NULL;
    assert_int_equal(db_copy_to(s->db, "/tmp/never", &why), ERR_UNAVAILABLE);
    assert_non_null(strstr(why, "pg_dump"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PG_TEST(numbers_of_every_width),
        PG_TEST(numbers_that_do_not_fit),
        PG_TEST(texts_and_blobs),
        PG_TEST(pieces_follow_each_other),
        PG_TEST(pieces_nest),
        PG_TEST(puts_are_written),
        PG_TEST(puts_that_fail_are_noticed),
        PG_TEST(idle_connections_are_made_anew),
        PG_TEST(a_reader_cut_in_its_work_fails_alone),
        PG_TEST(a_write_cut_in_its_work_runs_again),
        PG_TEST(a_write_cut_again_and_again_is_given_up),
        PG_TEST(a_serialization_failure_runs_again),
        PG_TEST(an_unknown_outcome_is_not_repeated),
        PG_TEST(nodes_take_turns),
        PG_TEST(nodes_hear_of_each_other),
        PG_TEST(a_deaf_node_keeps_nothing),
        PG_TEST(the_host_that_writes_is_found),
        PG_TEST(one_node_has_a_claim),
        PG_TEST(a_snapshot_knows_its_generation),
        PG_TEST(schemas_are_districts),
        PG_TEST(unsound_indexes_are_told),
    };
    return cmocka_run_group_tests_name("store/postgres", tests, NULL, NULL);
}
