// SPDX-License-Identifier: Apache-2.0
// Every test of the Mustache specification, from the JSON files in
// $HUIQIAO_REAL_DATA/mustache-spec. Skipped when the variable is not set.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "view/mustache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *
read_file(struct arena *a, const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return NULL;
    }
    struct buf b;
    buf_init(&b, a, 64 * 1024, 4 * 1024 * 1024);
    char part[4096];
    for (size_t got; (got = fread(part, 1, sizeof part, f)) > 0;) {
        buf_put(&b, part, got);
    }
    fclose(f);
    *n = b.n;
    return buf_str(&b);
}

static const char *
partial(void *arg, const char *name)
{
    return value_get_text(arg, name);
}

static bool
run_one(struct arena *a, const char *file, const struct value *test)
{
    const struct value *partials = value_get(test, "partials");
    struct mustache_options o = {MUSTACHE_SPEC, partial, NULL, (void *)(uintptr_t)partials};
    const char *name = value_get_text(test, "name");
    const char *expected = value_get_text(test, "expected");
    const char *why = NULL;
    struct mustache *m = mustache_parse(a, name, value_get_text(test, "template"), &o, &why);
    if (m == NULL) {
        print_error("%s / %s: %s\n", file, name, why);
        return false;
    }
    const struct value *data = value_get(test, "data");
    for (int pass = 0; pass < 2; pass++) { // the second time with warm hints
        struct buf out;
        buf_init(&out, a, 1024, 1024 * 1024);
        if (!mustache_render(m, data, &out, &why)) {
            print_error("%s / %s: %s\n", file, name, why);
            return false;
        }
        if (strcmp(buf_str(&out), expected) != 0) {
            print_error("%s / %s:\nexpected <%s>\n     got <%s>\n", file, name, expected,
                        buf_str(&out));
            return false;
        }
    }
    return true;
}

static void
run_file(const char *file, size_t least)
{
    const char *dir = getenv("HUIQIAO_REAL_DATA");
    if (dir == NULL || *dir == '\0') {
        print_message("HUIQIAO_REAL_DATA is not set: %s not run\n", file);
        skip();
    }
    struct arena *a = arena_new(64 * 1024 * 1024);
    size_t n = 0;
    const char *text = read_file(a, arena_printf(a, "%s/mustache-spec/%s.json", dir, file), &n);
    assert_non_null(text);
    const char *why = NULL;
    const struct value *spec = json_parse(a, text, n, &why);
    if (spec == NULL) {
        fail_msg("%s: %s", file, why);
    }
    const struct value *tests = value_get(spec, "tests");
    assert_true(value_count(tests) >= least);
    size_t failed = 0;
    for (size_t i = 0; i < value_count(tests); i++) {
        failed += !run_one(a, file, value_at(tests, i));
    }
    print_message("%s: %zu of %zu\n", file, value_count(tests) - failed, value_count(tests));
    assert_int_equal(failed, 0);
    arena_free(a);
}

static void
test_comments(void **state)
{
    (void)state;
    run_file("comments", 12);
}

static void
test_delimiters(void **state)
{
    (void)state;
    run_file("delimiters", 14);
}

static void
test_inheritance(void **state)
{
    (void)state;
    run_file("inheritance", 25);
}

static void
test_interpolation(void **state)
{
    (void)state;
    run_file("interpolation", 42);
}

static void
test_inverted(void **state)
{
    (void)state;
    run_file("inverted", 22);
}

static void
test_partials(void **state)
{
    (void)state;
    run_file("partials", 12);
}

static void
test_sections(void **state)
{
    (void)state;
    run_file("sections", 34);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comments),    cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_inheritance), cmocka_unit_test(test_interpolation),
        cmocka_unit_test(test_inverted),    cmocka_unit_test(test_partials),
        cmocka_unit_test(test_sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
