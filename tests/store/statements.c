// SPDX-License-Identifier: Apache-2.0
// Every statement of the program, as `huiqiao sql` prints them, prepares on this engine, has
// the signatures it says and scans no table unless it says why.
#include "store/request.h"

#include "cmd/cmd.h"

enum { STATEMENTS_LEAST = 100, NAMES_MOST = 2000 };

struct checked {
    struct world *w;
    const char *names[NAMES_MOST];
    unsigned count, wrong;
};

static void
check_one(const struct db_stmt *s, void *arg)
{
    struct checked *k = arg;
    const char *why = "";
    assert_true(k->count < NAMES_MOST);
    k->names[k->count++] = s->name;
    if (!db_check_stmt(k->w->s.db, k->w->a, s, &why)) {
        print_error("%s: %s\n", s->name, why);
        k->wrong++;
    }
    arena_reset(k->w->a);
}

static void
every_statement_is_sound(void **state)
{
    static struct checked k;
    k = (struct checked){.w = *state};
    cmd_each_statement(check_one, &k);
    assert_int_equal(k.wrong, 0);
    // A list that lost a module would pass, too.
    assert_true(k.count >= STATEMENTS_LEAST);
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Errors and profiles speak of statements by name.
static void
names_are_unique(void **state)
{
    static struct checked k;
    k = (struct checked){.w = *state};
    cmd_each_statement(check_one, &k);
    qsort(k.names, k.count, sizeof *k.names, by_text);
    for (unsigned i = 1; i < k.count; i++) {
        if (strcmp(k.names[i - 1], k.names[i]) == 0) {
            fail_msg("two statements are called %s", k.names[i]);
        }
    }
}

static void
a_scan_is_found(void **state)
{
    static const struct db_stmt SCAN = {.name = "test.scan",
                                        .sql = "SELECT id FROM audit WHERE data = $1",
                                        .params = "data:text",
                                        .row = "id:int"};
    static struct checked k;
    k = (struct checked){.w = *state};
    check_one(&SCAN, &k);
    assert_int_equal(k.wrong, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(every_statement_is_sound),
        WORLD_TEST(names_are_unique),
        WORLD_TEST(a_scan_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
