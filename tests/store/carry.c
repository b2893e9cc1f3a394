// SPDX-License-Identifier: Apache-2.0
// Rows from one database into another: every kind of cell, the sum that both engines agree on,
// going on after half of it, and a source that says one thing and gives another.
#include "fixture.h"

#include "cmd/carry.h"
#include "kit/embedded.h"

struct two {
    struct store *s; // the target, of the engine under test
    struct db *from; // a file
    struct bulk *snapshot;
    char path[96];
};

static const struct db_stmt ACCOUNT = {.name = "t.account",
                                       .sql =
                                           "INSERT INTO account (id, login, name, created_at, "
                                           "updated_at) VALUES ($1, $2, $3, $4, 0)",
                                       .params = "id:int login:text name:text at:int"};
static const struct db_stmt FILE_OF = {
    .name = "t.file",
    .sql =
        "INSERT INTO attachment (id, name, type, size, sha256, account_id, created_at) VALUES "
        "($1, $2, 'x', 0, $3, 1, 0)",
    .params = "id:int name:text sha:blob"};
static const struct db_stmt DATA = {
    .name = "t.data",
    .sql = "INSERT INTO attachment_data (id, data) VALUES ($1, $2)",
    .params = "id:int data:blob"};
static const struct db_stmt DRAFT = {
    .name = "t.draft",
    .sql = "INSERT INTO draft (account_id, name, data, updated_at) VALUES ($1, $2, $3, 0)",
    .params = "id:int name:text data:text"};
static const struct db_stmt COUNT = {.name = "t.count",
                                     .sql = "SELECT count(*) AS n FROM account",
                                     .row = "n:int",
                                     .scans = "a few"};
static const struct db_stmt RENAME = {
    .name = "t.rename", .sql = "UPDATE account SET name = 'changed' WHERE id = 7"};
static const struct db_stmt BY_LOGIN = {.name = "t.by_login",
                                        .sql = "SELECT id FROM account WHERE login = $1",
                                        .params = "login:text",
                                        .row = "id:int"};

enum { ACCOUNTS = 3000 };

static enum err
fill(struct db_tx *tx, void *arg)
{
    char login[32];
    static const char zeros[70000];
    for (int64_t i = 1; i <= ACCOUNTS; i++) {
        snprintf(login, sizeof login, "u%lld", (long long)(i * 7919 % ACCOUNTS));
        db_put(tx, &ACCOUNT,
               DB_ARGS(DB_INT(i), DB_TEXT(login), DB_TEXT(i % 2 ? "张三" : ""),
                       DB_INT(i == 1 ? INT64_MIN : INT64_MAX - i)));
    }
    db_put(tx, &FILE_OF, DB_ARGS(DB_INT(1), DB_TEXT(""), DB_BLOB("", 0)));
    db_put(tx, &FILE_OF, DB_ARGS(DB_INT(2), DB_TEXT("b"), DB_BLOB("\0\xff\\x", 4)));
    db_put(tx, &DATA, DB_ARGS(DB_INT(1), DB_BLOB(zeros, sizeof zeros)));
    db_put(tx, &DATA, DB_ARGS(DB_INT(2), DB_BLOB("", 0)));
    // A key of two columns, one of them a text whose order differs between locales.
    static const char *const NAMES[] = {"b", "B", "ä", "a b", "a", "_", "张", "Z", "\\.", "\t"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        db_put(tx, &DRAFT,
               DB_ARGS(DB_INT((int64_t)i % 3), DB_TEXT(NAMES[i]), DB_TEXT("{\"a\":\"\\n\"}")));
    }
    return db_tx_err(tx);
}

static int
set_up(void **state)
{
    struct two *t = calloc(1, sizeof *t);
    struct store *s = calloc(1, sizeof *s);
    const char *why = "";
    assert_non_null(t);
    assert_non_null(s);
    t->s = s;
    s->a = arena_new((size_t)1 << 30);
    s->url = store_url(s);
    s->db = store_open(s, &(struct db_options){.create = true, .sync_off = true});
    snprintf(t->path, sizeof t->path, "%s/from.db", s->dir);
    t->from =
        db_open(s->a, t->path, &(struct db_options){.create = true, .sync_off = true}, &why);
    assert_non_null(t->from);
    assert_int_equal(db_migrate(t->from, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, &why),
                     ERR_OK);
    assert_int_equal(db_write(t->from, s->a, fill, NULL), ERR_OK);
    *state = t;
    return 0;
}

static int
tear_down(void **state)
{
    struct two *t = *state;
    bulk_close(t->snapshot);
    db_close(t->from);
    db_close(t->s->db);
    store_clear(t->s);
    arena_free(t->s->a);
    free(t->s);
    free(t);
    return 0;
}

static void
source_of(struct two *t, struct carry_database *d)
{
    const char *why = "";
    bulk_close(t->snapshot);
    t->snapshot = bulk_open(t->s->a, t->from, true, &why);
    if (t->snapshot == NULL) {
        fail_msg("%s", why);
    }
    memset(d, 0, sizeof *d);
    snprintf(d->from.name, sizeof d->from.name, "this");
    carry_database(d, t->s->a, t->snapshot);
}

struct sums {
    unsigned n;
    char of[128][2 * BULK_SUM_SIZE + 1];
};

static void
keep(const struct carry_said *said, void *arg)
{
    struct sums *sums = arg;
    assert_true(sums->n < 128);
    sodium_bin2hex(sums->of[sums->n++], sizeof *sums->of, said->sum, sizeof said->sum);
}

static void
carry_over(struct two *t, struct carry_from *from, struct sums *sums)
{
    struct carry c = {
        .arena = t->s->a, .db = t->s->db, .from = from, .table = keep, .arg = sums};
    if (!carry_begin(&c) || !carry_rows(&c) || !carry_finish(&c)) {
        fail_msg("%s", c.why);
    }
    carry_end(&c);
}

static int64_t
count(struct db *db)
{
    struct db_tx *tx = db_read_begin(db);
    int64_t n = db_value_int(tx, &COUNT, DB_NONE, -1);
    db_read_end(tx);
    return n;
}

static void
test_every_cell(void **state)
{
    struct two *t = *state;
    struct carry_database d;
    struct sums sums = {0};
    const char *why = "";
    source_of(t, &d);
    carry_over(t, &d.from, &sums);
    assert_int_equal(sums.n, bulk_count(t->snapshot));
    assert_int_equal(count(t->s->db), ACCOUNTS);
    // A district like any other: it migrates, is sound, and its indexes are there.
    assert_int_equal(db_migrate(t->s->db, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, &why),
                     ERR_OK);
    assert_null(db_check_integrity(t->s->db, t->s->a));
    struct db_tx *tx = db_read_begin(t->s->db);
    assert_int_equal(db_value_int(tx, &BY_LOGIN, DB_ARGS(DB_TEXT("u7")), 0) * 7919 % ACCOUNTS,
                     7);
    db_read_end(tx);
    // Read back, the sums are those of the file it came from.
    struct bulk *b = bulk_open(t->s->a, t->s->db, true, &why);
    assert_non_null(b);
    for (unsigned i = 0; i < bulk_count(b); i++) {
        unsigned char sum[BULK_SUM_SIZE];
        char hex[2 * BULK_SUM_SIZE + 1];
        struct buf row;
        uint64_t rows = 0;
        buf_init(&row, t->s->a, 1024, BULK_ROW_MOST);
        assert_true(bulk_sum_table(b, bulk_at(b, i), &row, &rows, sum));
        sodium_bin2hex(hex, sizeof hex, sum, sizeof sum);
        assert_string_equal(hex, sums.of[i]);
    }
    bulk_close(b);
}

// The bytes that are hashed are a promise: backups of other years hold them.
static void
test_canonical_bytes(void **state)
{
    (void)state;
    static const struct bulk_column COLUMNS[] = {{"a", DB_INT_T}, {"b", DB_TEXT_T}};
    static const unsigned KEY[] = {0};
    const struct bulk_table t = {
        .name = "t", .columns = 2, .keys = 1, .column = COLUMNS, .key = KEY};
    const struct db_arg cells[] = {DB_INT(-2), DB_REAL(1.5), DB_TEXT("区"), DB_BLOB("\1", 1),
                                   DB_NULL};
    static const char EXPECTED[] = "\1\377\377\377\377\377\377\377\376"
                                   "\2\77\370\0\0\0\0\0\0"
                                   "\3\0\0\0\3\xe5\x8c\xba"
                                   "\4\0\0\0\1\1"
                                   "\0";
    struct arena *a = arena_new(1 << 20);
    struct buf out;
    struct bulk_sum sum;
    unsigned char hash[BULK_SUM_SIZE];
    char hex[2 * BULK_SUM_SIZE + 1];
    buf_init(&out, a, 64, 4096);
    bulk_encode(&out, cells, 5);
    assert_int_equal(out.n, sizeof EXPECTED - 1);
    assert_memory_equal(out.p, EXPECTED, out.n);
    bulk_sum_begin(&sum, &t);
    bulk_sum_row(&sum, out.p, out.n);
    bulk_sum_end(&sum, hash);
    // python3: hashlib.blake2b(b"t\0a\0i\0b\0t\0\0" + row, digest_size=32)
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    assert_string_equal(hex,
                        "042d788dd3094522e551edd556890f89ec1156e743aef4bb9680445f26051ebd");
    arena_free(a);
}

// Ends after so many rows, as a process that is killed.
struct halting {
    struct carry_database d; // first
    bool (*row)(struct carry_from *f, struct db_arg *cells, const void **bytes, size_t *n);
    int64_t left;
};

static bool
halting_row(struct carry_from *f, struct db_arg *cells, const void **bytes, size_t *n)
{
    struct halting *h = (struct halting *)(void *)f;
    if (h->left-- <= 0) {
        snprintf(f->why, sizeof f->why, "killed");
        return false;
    }
    return h->row(f, cells, bytes, n);
}

static void
halt_after(struct two *t, int64_t rows)
{
    struct halting h;
    struct carry c = {.arena = t->s->a, .db = t->s->db, .from = &h.d.from};
    memset(&h, 0, sizeof h);
    source_of(t, &h.d);
    h.row = h.d.from.row;
    h.left = rows;
    h.d.from.row = halting_row;
    assert_true(carry_begin(&c));
    assert_false(carry_rows(&c));
    assert_non_null(strstr(c.why, "killed"));
    carry_end(&c);
}

static enum err
write_name(struct db_tx *tx, void *arg)
{
    (void)arg;
    db_run(tx, &RENAME, DB_NONE);
    return db_tx_err(tx);
}

static void
test_going_on(void **state)
{
    struct two *t = *state;
    struct carry_database d;
    struct sums whole = {0};
    struct sums again = {0};
    const char *why = "";
    halt_after(t, 1234);
    assert_int_equal(db_migrate(t->s->db, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, &why),
                     ERR_INTERNAL);
    assert_non_null(strstr(why, "not finished"));
    halt_after(t, ACCOUNTS + 3);
    // Meanwhile the source goes on: what is there already is no longer right.
    assert_int_equal(db_write(t->from, t->s->a, write_name, NULL), ERR_OK);
    source_of(t, &d);
    carry_over(t, &d.from, &whole);
    assert_int_equal(count(t->s->db), ACCOUNTS);
    for (unsigned i = 0; i < whole.n; i++) {
        unsigned char sum[BULK_SUM_SIZE];
        struct buf row;
        uint64_t rows = 0;
        buf_init(&row, t->s->a, 1024, BULK_ROW_MOST);
        assert_true(bulk_sum_table(t->snapshot, bulk_at(t->snapshot, i), &row, &rows, sum));
        sodium_bin2hex(again.of[i], sizeof *again.of, sum, sizeof sum);
        assert_string_equal(again.of[i], whole.of[i]);
    }
}

static void
test_refusals(void **state)
{
    struct two *t = *state;
    struct carry_database d;
    struct sums sums = {0};
    struct carry c = {.arena = t->s->a, .db = t->s->db, .from = &d.from};
    halt_after(t, 10);
    source_of(t, &d);
    snprintf(d.from.name, sizeof d.from.name, "another");
    assert_false(carry_begin(&c));
    assert_non_null(strstr(c.why, "another district"));
    carry_end(&c);
    source_of(t, &d);
    carry_over(t, &d.from, &sums);
    source_of(t, &d);
    c.why = NULL;
    assert_false(carry_begin(&c));
    assert_non_null(strstr(c.why, "holds a district already"));
    carry_end(&c);
}

// Bytes that are not those of the cells: the comparison must see it and name the table.
static bool
lying_row(struct carry_from *f, struct db_arg *cells, const void **bytes, size_t *n)
{
    struct halting *h = (struct halting *)(void *)f;
    if (!h->row(f, cells, bytes, n)) {
        return false;
    }
    if (h->left-- == 0) {
        cells[1] = DB_INT(-1); // activation_until
    }
    return true;
}

static void
test_difference(void **state)
{
    struct two *t = *state;
    struct halting h;
    struct carry c = {.arena = t->s->a, .db = t->s->db, .from = &h.d.from};
    memset(&h, 0, sizeof h);
    source_of(t, &h.d);
    h.row = h.d.from.row;
    h.left = 5;
    h.d.from.row = lying_row;
    assert_true(carry_begin(&c));
    assert_false(carry_rows(&c));
    assert_string_equal(c.differs, "account");
    assert_string_equal(c.why, "account is not the same in the target");
    carry_end(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_bytes),
        cmocka_unit_test_setup_teardown(test_every_cell, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_going_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_difference, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
