// SPDX-License-Identifier: Apache-2.0
// The promises of db.h about statements, cells and read snapshots, on either engine.
#include "store/fixture.h"

#include <pthread.h>
#include <time.h>

static const struct db_stmt THING_ADD = {
    .name = "test.thing_add",
    DB_INSERTS("INSERT INTO thing (org_id, title, note, score, open, at, data, raw) "
               "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
    .params =
        "org:int title:text note:text? score:real? open:bool at:time data:json? raw:blob?"};
static const struct db_stmt THING_GET = {
    .name = "test.thing_get",
    .sql = "SELECT id, title, note, score, open, at, data, raw FROM thing WHERE id = $1",
    .params = "id:int",
    .row = "id:int title:text note:text? score:real? open:bool at:time data:json? raw:blob?"};
static const struct db_stmt THING_LIST = {
    .name = "test.thing_list",
    .sql = "SELECT id, title FROM thing WHERE org_id = $1 ORDER BY id",
    .params = "org:int",
    .row = "id:int title:text"};
static const struct db_stmt THING_CLOSE = {
    .name = "test.thing_close",
    .sql = "UPDATE thing SET open = 0 WHERE org_id = $1 AND open = 1",
    .params = "org:int"};

static enum err
fill(struct db_tx *tx, void *arg)
{
    int64_t *ids = arg;
    ids[0] = db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("会桥区工商联"), DB_NULL));
    ids[1] = db_insert(tx, &THING_ADD,
                       DB_ARGS(DB_INT(ids[0]), DB_TEXT("土地证"), DB_TEXT(""), DB_REAL(120.8),
                               DB_INT(1), DB_INT(1700000000123), DB_TEXT("{\"a\":[1,2.5]}"),
                               DB_BLOB("\x00\xff\x10", 3)));
    ids[2] = db_insert(tx, &THING_ADD,
                       DB_ARGS(DB_INT(ids[0]), DB_TEXT("空"), DB_NULL, DB_NULL, DB_INT(0),
                               DB_INT(0), DB_NULL, DB_NULL));
    return ERR_OK;
}

static void
filled(struct store *s, int64_t ids[3])
{
    assert_int_equal(db_write(s->db, s->a, fill, ids), ERR_OK);
    assert_true(ids[0] > 0 && ids[1] > 0 && ids[2] > ids[1]);
}

static void
row_is_a_value(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    struct db_tx *tx = db_read_begin(s->db);
    const struct value *v = db_one(tx, s->a, &THING_GET, DB_ARGS(DB_INT(ids[1])));
    assert_int_equal(db_tx_err(tx), ERR_OK);
    assert_int_equal(value_get_int(v, "id", 0), ids[1]);
    assert_string_equal(value_get_text(v, "title"), "土地证");
    assert_string_equal(value_get_text(v, "note"), ""); // empty is not NULL
    assert_int_equal(value_get(v, "score")->type, VALUE_DEC);
    assert_int_equal(value_get(v, "score")->i, 1208000);
    assert_true(value_get_bool(v, "open"));
    assert_int_equal(value_get(v, "at")->type, VALUE_TIME);
    assert_int_equal(value_get(v, "at")->i, 1700000000123);
    const struct value *list = value_get(value_get(v, "data"), "a");
    assert_int_equal(value_at(list, 1)->i, 25000);
    assert_string_equal(value_get_text(v, "raw"), "00ff10");

    v = db_one(tx, s->a, &THING_GET, DB_ARGS(DB_INT(ids[2])));
    static const char *const NULLS[] = {"note", "score", "data", "raw"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(value_get(v, NULLS[i])->type, VALUE_NULL);
    }
    assert_int_equal(value_get(v, "open")->type, VALUE_BOOL);
    assert_false(value_get_bool(v, "open"));
    assert_null(db_one(tx, s->a, &THING_GET, DB_ARGS(DB_INT(999))));
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
}

static void
cells_one_by_one(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    struct db_tx *tx = db_read_begin(s->db);
    struct db_rows *r = db_query(tx, &THING_GET, DB_ARGS(DB_INT(ids[1])));
    assert_int_equal(db_int(r, 0), 0); // not on a row yet
    assert_true(db_next(r));
    assert_int_equal(db_int(r, 0), ids[1]);
    assert_string_equal(db_text(r, 1), "土地证");
    assert_float_equal(db_real(r, 3), 120.8, 1e-9);
    assert_int_equal(db_int(r, 4), 1);
    size_t n = 0;
    assert_memory_equal(db_blob(r, 7, &n), "\x00\xff\x10", 3);
    assert_int_equal(n, 3);
    assert_false(db_next(r));
    assert_false(db_next(r));
    assert_null(db_text(r, 1));
    db_end(r);

    r = db_query(tx, &THING_GET, DB_ARGS(DB_INT(ids[2])));
    assert_true(db_next(r));
    assert_true(db_is_null(r, 2));
    assert_false(db_is_null(r, 1));
    assert_null(db_text(r, 2));
    assert_float_equal(db_real(r, 3), 0, 0);
    assert_null(db_blob(r, 7, &n));
    assert_int_equal(n, 0);
    db_end(r);
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
}

// In SQLite $2 is the first parameter when it appears first: binding by position would swap.
static void
parameters_bind_by_name(void **state)
{
    static const struct db_stmt SWAPPED = {.name = "test.swapped",
                                           .sql = "SELECT $2 || '-' || $1 || '-' || $2 AS t",
                                           .params = "one:text two:text",
                                           .row = "t:text"};
    struct store *s = *state;
    struct db_tx *tx = db_read_begin(s->db);
    const struct value *v =
        db_one(tx, s->a, &SWAPPED, DB_ARGS(DB_TEXT("first"), DB_TEXT("second")));
    assert_string_equal(value_get_text(v, "t"), "second-first-second");
    db_read_end(tx);
}

struct mismatch {
    const struct db_stmt *stmt;
    struct db_arg args[3];
    size_t n;
};

static enum err
try_mismatch(struct db_tx *tx, void *arg)
{
    const struct mismatch *m = arg;
    add_org(tx, "must vanish");
    db_run(tx, m->stmt, m->args, m->n);
    assert_int_equal(db_tx_err(tx), ERR_INTERNAL);
    // Later statements do nothing.
    assert_int_equal(db_value_int(tx, &ORG_COUNT, DB_NONE, -7), -7);
    return ERR_OK;
}

static void
signatures_are_enforced(void **state)
{
    static const struct db_stmt PAIR = {.name = "test.pair",
                                        .sql = "UPDATE thing SET open = $2 WHERE id = $1",
                                        .params = "id:int open:bool"};
    static const struct db_stmt UNUSED = {.name = "test.unused",
                                          .sql = "UPDATE thing SET open = 0 WHERE id = $1",
                                          .params = "id:int open:bool"};
    static const struct db_stmt UNNAMED = {.name = "test.unnamed",
                                           .sql = "UPDATE thing SET open = 0 WHERE id = ?",
                                           .params = "id:int"};
    static const struct db_stmt COLUMNS = {
        .name = "test.columns", .sql = "SELECT id, name FROM org", .row = "id:int"};
    static const struct db_stmt MALFORMED = {
        .name = "test.malformed", .sql = "SELECT 1 AS a", .row = "a:number"};
    static const struct db_stmt TWICE = {
        .name = "test.twice", .sql = "SELECT 1 AS a, 2 AS a", .row = "a:int a:int"};
    static const struct db_stmt TWO = {.name = "test.two",
                                       .sql = "DELETE FROM thing; DELETE FROM org"};
    static const struct db_stmt WRONG = {
        .name = "test.wrong", .sql = "SELEC 1", .row = "a:int"};
    static const struct db_stmt NO_TEXT = {.name = "test.no_text"};
    const struct mismatch cases[] = {
        {&PAIR, {DB_INT(1)}, 1},
        {&PAIR, {DB_INT(1), DB_INT(1), DB_INT(1)}, 3},
        {&PAIR, {DB_TEXT("1"), DB_INT(1)}, 2},
        {&PAIR, {DB_NULL, DB_INT(1)}, 2},
        {&PAIR, {DB_INT(1), DB_INT(2)}, 2}, // not a truth value
        {&UNUSED, {DB_INT(1), DB_INT(1)}, 2},
        {&UNNAMED, {DB_INT(1)}, 1},
        {&COLUMNS, {DB_NULL}, 0},
        {&MALFORMED, {DB_NULL}, 0},
        {&TWICE, {DB_NULL}, 0},
        {&TWO, {DB_NULL}, 0},
        {&WRONG, {DB_NULL}, 0},
        {&NO_TEXT, {DB_NULL}, 0},
    };
    struct store *s = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mismatch m = cases[i];
        assert_int_equal(db_write(s->db, s->a, try_mismatch, &m), ERR_INTERNAL);
    }
    assert_int_equal(org_count(s->db), 0);
}

static void
wrong_columns_fail(void **state)
{
    static const struct db_stmt LIES = {
        .name = "test.lies", .sql = "SELECT 'x' AS a, 1 AS b", .row = "a:int b:int"};
    struct store *s = *state;
    struct db_tx *tx = db_read_begin(s->db);
    db_one(tx, s->a, &LIES, DB_NONE);
    assert_int_equal(db_tx_err(tx), ERR_INTERNAL);
    db_read_end(tx);

    tx = db_read_begin(s->db);
    assert_int_equal(db_tx_err(tx), ERR_OK); // a new snapshot starts clean
    struct db_rows *r = db_query(tx, &LIES, DB_NONE);
    assert_true(db_next(r));
    assert_null(db_text(r, 1)); // declared int
    assert_int_equal(db_tx_err(tx), ERR_INTERNAL);
    db_end(r);
    db_read_end(tx);
}

static enum err
conflict(struct db_tx *tx, void *arg)
{
    add_org(tx, "same");
    add_org(tx, "same");
    assert_int_equal(db_tx_err(tx), ERR_CONFLICT);
    add_org(tx, "other"); // does nothing
    return ERR_OK;
}

static enum err
no_such_parent(struct db_tx *tx, void *arg)
{
    db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("orphan"), DB_REF(99)));
    return ERR_OK;
}

static enum err
check_fails(struct db_tx *tx, void *arg)
{
    static const struct db_stmt BAD = {.name = "test.bad_open",
                                       .sql = "INSERT INTO thing (org_id, title, open) "
                                              "VALUES ($1, 'x', $2)",
                                       .params = "org:int open:int"};
    int64_t org = db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("unlucky"), DB_NULL));
    db_run(tx, &BAD, DB_ARGS(DB_INT(org), DB_INT(7)));
    return ERR_OK;
}

static void
constraints_have_errors(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, conflict, NULL), ERR_CONFLICT);
    assert_int_equal(db_write(s->db, s->a, no_such_parent, NULL), ERR_CONFLICT);
    assert_int_equal(db_write(s->db, s->a, check_fails, NULL), ERR_INTERNAL);
    assert_int_equal(org_count(s->db), 0);
}

static enum err
close_all(struct db_tx *tx, void *arg)
{
    int64_t *n = arg;
    n[0] = db_run(tx, &THING_CLOSE, DB_ARGS(DB_INT(n[2])));
    n[1] = db_run(tx, &THING_CLOSE, DB_ARGS(DB_INT(n[2])));
    return ERR_OK;
}

static void
run_counts_changes(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    int64_t n[3] = {-1, -1, ids[0]};
    assert_int_equal(db_write(s->db, s->a, close_all, n), ERR_OK);
    assert_int_equal(n[0], 1);
    assert_int_equal(n[1], 0);
}

// A query inside a query of the same statement is a second cursor, not the same one.
static void
queries_nest(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    struct db_tx *tx = db_read_begin(s->db);
    int seen = 0;
    struct db_rows *outer = db_query(tx, &THING_LIST, DB_ARGS(DB_INT(ids[0])));
    while (db_next(outer)) {
        struct db_rows *inner = db_query(tx, &THING_LIST, DB_ARGS(DB_INT(ids[0])));
        while (db_next(inner)) {
            seen++;
        }
        db_end(inner);
    }
    db_end(outer);
    assert_int_equal(seen, 4);
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
}

static void
queries_left_open_are_ended(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    for (int i = 0; i < 50; i++) {
        struct db_tx *tx = db_read_begin(s->db);
        struct db_rows *r = db_query(tx, &THING_LIST, DB_ARGS(DB_INT(ids[0])));
        assert_true(db_next(r));
        db_query(tx, &THING_LIST, DB_ARGS(DB_INT(ids[0])));
        db_read_end(tx);
    }
    // A snapshot still held would show the past.
    assert_int_equal(db_write(s->db, s->a, add_org, "later"), ERR_OK);
    assert_true(org_exists(s->db, "later"));
}

static void
endless_recursion_is_refused(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    struct db_tx *tx = db_read_begin(s->db);
    for (int i = 0; i < 1000 && db_tx_err(tx) == ERR_OK; i++) {
        db_next(db_query(tx, &THING_LIST, DB_ARGS(DB_INT(ids[0]))));
    }
    assert_int_equal(db_tx_err(tx), ERR_INTERNAL);
    db_read_end(tx);
}

static void
snapshot_does_not_move(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, add_org, "before"), ERR_OK);
    struct db_tx *tx = db_read_begin(s->db);
    assert_int_equal(db_value_int(tx, &ORG_COUNT, DB_NONE, -1), 1);
    assert_int_equal(db_write(s->db, s->a, add_org, "after"), ERR_OK);
    assert_int_equal(db_value_int(tx, &ORG_COUNT, DB_NONE, -1), 1);
    assert_int_equal(org_count(s->db), 2);
    db_read_end(tx);
    assert_int_equal(org_count(s->db), 2);
}

static void
reader_cannot_write(void **state)
{
    struct store *s = *state;
    struct db_tx *tx = db_read_begin(s->db);
    assert_int_equal(db_insert(tx, &ORG_ADD, DB_ARGS(DB_TEXT("sneaky"), DB_NULL)), 0);
    assert_int_equal(db_tx_err(tx), ERR_INTERNAL);
    db_read_end(tx);
    assert_int_equal(org_count(s->db), 0);
}

static void
readers_run_out_and_come_back(void **state)
{
    struct store *s = *state;
    db_close(s->db);
    s->db = store_open(s, &(struct db_options){.readers = 2});
    struct db_tx *one = db_read_begin(s->db);
    struct db_tx *two = db_read_begin(s->db);
    assert_true(one != NULL && two != NULL && one != two);
    struct timespec t0;
    struct timespec t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    assert_null(db_read_begin(s->db));
    clock_gettime(CLOCK_MONOTONIC, &t1);
    double waited = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
    assert_true(waited > 0.9 && waited < 2.0);
    db_read_end(one);
    struct db_tx *three = db_read_begin(s->db);
    assert_non_null(three);
    db_read_end(two);
    db_read_end(three);
}

static void *
hold_for_a_moment(void *arg)
{
    struct timespec t = {.tv_nsec = 100000000};
    nanosleep(&t, NULL);
    db_read_end(arg);
    return NULL;
}

static void
waiting_reader_is_woken(void **state)
{
    struct store *s = *state;
    db_close(s->db);
    s->db = store_open(s, &(struct db_options){.readers = 1});
    struct db_tx *tx = db_read_begin(s->db);
    pthread_t t;
    pthread_create(&t, NULL, hold_for_a_moment, tx);
    struct db_tx *next = db_read_begin(s->db);
    assert_non_null(next);
    db_read_end(next);
    pthread_join(t, NULL);
}

static void
value_int_has_a_default(void **state)
{
    static const struct db_stmt HIGHEST = {
        .name = "test.highest", .sql = "SELECT max(id) AS m FROM org", .row = "m:int?"};
    struct store *s = *state;
    struct db_tx *tx = db_read_begin(s->db);
    assert_int_equal(db_value_int(tx, &HIGHEST, DB_NONE, -5), -5); // NULL
    assert_int_equal(db_value_int(tx, &ORG_ID, DB_ARGS(DB_TEXT("x")), -6), -6);
    assert_int_equal(value_count(db_list(tx, s->a, &THING_LIST, DB_ARGS(DB_INT(1)))), 0);
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
}

// Keys of a row outlive the database: a value may be printed after db_close.
static void
rows_outlive_the_database(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    struct db_tx *tx = db_read_begin(s->db);
    const struct value *list = db_list(tx, s->a, &THING_LIST, DB_ARGS(DB_INT(ids[0])));
    db_read_end(tx);
    store_reopen(s);
    assert_int_equal(value_count(list), 2);
    assert_string_equal(value_get_text(value_at(list, 0), "title"), "土地证");
    assert_string_equal(value_get_text(value_at(list, 1), "title"), "空");
}

static void
arena_too_small_for_a_list(void **state)
{
    struct store *s = *state;
    int64_t ids[3];
    filled(s, ids);
    struct arena *small = arena_new(64);
    struct arena_guard g;
    struct db_tx *tx = db_read_begin(s->db);
    volatile bool unwound = false;
    if (ARENA_TRY(small, &g)) {
        db_list(tx, small, &THING_LIST, DB_ARGS(DB_INT(ids[0])));
        arena_end(small, &g);
    } else {
        unwound = true;
    }
    assert_true(unwound);
    db_read_end(tx);
    arena_free(small);
    tx = db_read_begin(s->db);
    assert_int_equal(value_count(db_list(tx, s->a, &THING_LIST, DB_ARGS(DB_INT(ids[0])))), 2);
    db_read_end(tx);
}

static void
opening_fails_with_reasons(void **state)
{
    struct store *s = *state;
    const char *why = NULL;
    assert_null(db_open(s->a, "", NULL, &why));
    assert_non_null(why);
    why = NULL;
    assert_null(
        db_open(s->a, "/nonexistent/dir/x.db", &(struct db_options){.create = true}, &why));
    assert_non_null(strstr(why, "No such file"));
    why = NULL;
    assert_null(db_open(s->a, arena_printf(s->a, "%s/missing.db", s->dir), NULL, &why));
    assert_non_null(why);
    why = NULL;
    assert_null(db_open(s->a, "postgresql://127.0.0.1:1/x", NULL, &why));
    assert_non_null(strstr(why, "refused"));
    static const char *const NAMES[] = {"Big", "a-b", "", "pg_toast", "a%20b", "1a"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const char *url = arena_printf(s->a, "postgresql://127.0.0.1:1/x?schema=%s", NAMES[i]);
        why = NULL;
        assert_null(db_open(s->a, url, NULL, &why));
        assert_non_null(strstr(why, "schema"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST_FAST(row_is_a_value),
        STORE_TEST_FAST(cells_one_by_one),
        STORE_TEST_FAST(parameters_bind_by_name),
        STORE_TEST_FAST(signatures_are_enforced),
        STORE_TEST_FAST(wrong_columns_fail),
        STORE_TEST_FAST(constraints_have_errors),
        STORE_TEST_FAST(run_counts_changes),
        STORE_TEST_FAST(queries_nest),
        STORE_TEST_FAST(queries_left_open_are_ended),
        STORE_TEST_FAST(endless_recursion_is_refused),
        STORE_TEST_FAST(snapshot_does_not_move),
        STORE_TEST_FAST(reader_cannot_write),
        STORE_TEST_FAST(readers_run_out_and_come_back),
        STORE_TEST_FAST(waiting_reader_is_woken),
        STORE_TEST_FAST(value_int_has_a_default),
        STORE_TEST_FAST(rows_outlive_the_database),
        STORE_TEST_FAST(arena_too_small_for_a_list),
        STORE_TEST_FAST(opening_fails_with_reasons),
    };
    return cmocka_run_group_tests_name("store/db", tests, NULL, NULL);
}
