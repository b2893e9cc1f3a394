// SPDX-License-Identifier: Apache-2.0
// The index in the database: what is put is found by every part of it, what is replaced is
// forgotten, kinds do not see each other, and putting is fast.
#include "store/fixture.h"

#include "base/timestamp.h"
#include "kit/embedded.h"
#include "kit/search.h"

static const struct db_stmt FIND = {
    .name = "test.find",
    .sqlite = "SELECT rowid AS id FROM search_index WHERE search_index MATCH $1"
              " AND rowid > $2 AND rowid < $3 ORDER BY rowid DESC LIMIT 50",
    .postgres = "SELECT s.id FROM" SEARCH_DOWN("$1", "$2", "$3") " WHERE s.id > $2"
                                                                 " AND s.id < $3 LIMIT 50",
    .params = "q:text low:int high:int",
    .row = "id:int"};

struct put {
    struct arena *a;
    const char *kind;
    int64_t id, count;
    const char *text;
};

static enum err
put_job(struct db_tx *tx, void *arg)
{
    const struct put *p = arg;
    for (int64_t i = 0; i < p->count; i++) {
        search_put(tx, p->kind, p->id + i, search_tokens(p->a, p->text, p->count == 1));
    }
    return ERR_OK;
}

static enum err
put(struct store *s, const char *kind, int64_t id, const char *text)
{
    struct put p = {s->a, kind, id, 1, text};
    return db_write(s->db, s->a, put_job, &p);
}

static size_t
hits(struct store *s, const char *kind, const char *q, int64_t *first)
{
    struct db_tx *tx = db_read_begin(s->db);
    int64_t base = search_base(kind);
    const char *e = search_expression(s->a, q, NULL);
    assert_non_null(e);
    struct value *rows = db_list(
        tx, s->a, &FIND, DB_ARGS(DB_TEXT(e), DB_INT(base), DB_INT(base + (INT64_C(1) << 40))));
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
    *first = value_count(rows) == 0 ? 0 : value_get_int(value_at(rows, 0), "id", 0) - base;
    return value_count(rows);
}

static int
set_up(void **state)
{
    struct store *s = calloc(1, sizeof *s);
    assert_non_null(s);
    const char *why = "";
    s->a = arena_new((size_t)256 << 20);
    s->url = store_url(s);
    s->db = store_open(s, &(struct db_options){.create = true, .sync_off = true});
    if (db_migrate(s->db, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, &why) != ERR_OK) {
        fail_msg("%s", why);
    }
    *state = s;
    return 0;
}

static void
statements_are_bounded(void **state)
{
    struct store *s = *state;
    const char *why = "";
    for (const struct db_stmt *const *st = SEARCH_STATEMENTS; *st != NULL; st++) {
        if (!db_check_stmt(s->db, s->a, *st, &why)) {
            fail_msg("%s", why);
        }
    }
    if (!db_check_stmt(s->db, s->a, &FIND, &why)) {
        fail_msg("%s", why);
    }
}

static void
what_is_put_is_found(void **state)
{
    struct store *s = *state;
    int64_t id;
    put(s, "enterprise", 12, "江南精密制造（临江）2号厂 ABC-9");
    put(s, "enterprise", 13, "恒鲜冷链");
    static const char *const WORDS[] = {"江南",  "精密制造", "临江", "江南 制造", "abc",
                                        "ABC-9", "jiangnan", "jnjm", "９",        "2号厂"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (hits(s, "enterprise", WORDS[i], &id) != 1 || id != 12) {
            fail_msg("%s", WORDS[i]);
        }
    }
    assert_int_equal(hits(s, "enterprise", "江南 恒鲜", &id), 0);
    assert_int_equal(hits(s, "organization", "江南", &id), 0);
}

static void
the_newest_comes_first(void **state)
{
    struct store *s = *state;
    int64_t id;
    put(s, "enterprise", 7, "商会");
    put(s, "enterprise", 9, "商会");
    put(s, "enterprise", 8, "商会");
    assert_int_equal(hits(s, "enterprise", "商会", &id), 3);
    assert_int_equal(id, 9);
}

static void
what_is_replaced_is_forgotten(void **state)
{
    struct store *s = *state;
    int64_t id;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(put(s, "enterprise", 1, "江南精密"), ERR_OK);
        assert_int_equal(put(s, "enterprise", 1, "恒鲜冷链"), ERR_OK);
    }
    assert_int_equal(hits(s, "enterprise", "江南", &id), 0);
    assert_int_equal(hits(s, "enterprise", "冷链", &id), 1);
    assert_int_equal(put(s, "enterprise", 1, ""), ERR_OK);
    assert_int_equal(hits(s, "enterprise", "冷链", &id), 0);
    assert_null(db_check_integrity(s->db, s->a));
}

static void
an_unknown_kind_rolls_back(void **state)
{
    struct store *s = *state;
    assert_int_equal(put(s, "nonsense", 1, "江南"), ERR_INTERNAL);
}

static void
putting_is_fast(void **state)
{
    struct store *s = *state;
    enum { COUNT = 5000 };
    struct put p = {s->a, "demand", 1, COUNT,
                    "设备更新贷款贴息材料反复补正，申请一次性告知，请协调主管部门尽快办理"};
    int64_t before = time_now();
    assert_int_equal(db_write(s->db, s->a, put_job, &p), ERR_OK);
    int64_t ms = time_now() - before;
    print_message("%d entries in %lld ms\n", COUNT, (long long)ms);
    assert_true(ms < 20000); // far away from what it takes, even under a sanitizer
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, store_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(statements_are_bounded),     TEST(what_is_put_is_found),
        TEST(the_newest_comes_first),     TEST(what_is_replaced_is_forgotten),
        TEST(an_unknown_kind_rolls_back), TEST(putting_is_fast),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
