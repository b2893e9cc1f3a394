// SPDX-License-Identifier: Apache-2.0
// Values: order, replacing, absent members, truth, equality.
#include "base/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *a;

static int
set_up(void **state)
{
    a = arena_new(4 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static void
maps_keep_order_and_replace(void **state)
{
    struct value *m = value_map(a);
    for (int i = 0; i < 40; i++) {
        value_set_int(a, m, arena_printf(a, "k%d", i), i);
    }
    value_set_int(a, m, "k3", 300);
    assert_int_equal(m->map.count, 40);
    assert_string_equal(m->map.pairs[3].key, "k3");
    assert_int_equal(value_get_int(m, "k3", -1), 300);
    assert_int_equal(value_get_int(m, "k39", -1), 39);
}

static void
absent_is_not_zero(void **state)
{
    struct value *m = value_map(a);
    value_set(a, m, "null", &value_null);
    value_set_text(a, m, "text", "0");
    assert_null(value_get(m, "none"));
    assert_null(value_get(NULL, "none"));
    assert_null(value_get(&value_true, "none"));
    assert_int_equal(value_get_int(m, "none", -7), -7);
    assert_int_equal(value_get_int(m, "null", -7), -7);
    assert_int_equal(value_get_int(m, "text", -7), -7);
    assert_null(value_get_text(m, "null"));
    assert_false(value_get_bool(m, "text"));
    value_set_text(a, m, "text", NULL);
    assert_int_equal(value_get(m, "text")->type, VALUE_NULL);
}

static void
lists_grow(void **state)
{
    struct value *l = value_list(a);
    for (int i = 0; i < 1000; i++) {
        value_push(a, l, value_int(a, i));
    }
    assert_int_equal(value_count(l), 1000);
    assert_int_equal(value_at(l, 999)->i, 999);
    assert_null(value_at(l, 1000));
    assert_null(value_at(NULL, 0));
    assert_int_equal(value_count(&value_true), 0);
}

static void
truth_is_mustaches(void **state)
{
    assert_false(value_is_truthy(NULL));
    assert_false(value_is_truthy(&value_null));
    assert_false(value_is_truthy(&value_false));
    assert_false(value_is_truthy(&value_empty_list));
    assert_true(value_is_truthy(value_int(a, 0)));
    assert_true(value_is_truthy(value_text(a, "")));
    assert_true(value_is_truthy(value_map(a)));
}

static void
equality_looks_inside(void **state)
{
    struct value *x = value_map(a);
    struct value *y = value_map(a);
    value_set_int(a, x, "a", 1);
    value_set_text(a, x, "b", "二");
    value_set_text(a, y, "b", "二");
    assert_false(value_equal(x, y));
    value_set_int(a, y, "a", 1);
    assert_true(value_equal(x, y)); // order does not matter
    value_set_int(a, y, "a", 2);
    assert_false(value_equal(x, y));
    assert_false(value_equal(value_int(a, 1), value_text(a, "1")));
    assert_false(value_equal(value_int(a, 10000), value_dec(a, 10000)));
    struct value *l = value_list(a);
    value_push(a, l, &value_null);
    assert_false(value_equal(l, &value_empty_list));
}

static void
text_is_copied_and_ref_is_not(void **state)
{
    char s[] = "abc";
    const struct value *copy = value_text(a, s);
    const struct value *ref = value_ref(a, s);
    s[0] = 'X';
    assert_string_equal(copy->s, "abc");
    assert_string_equal(ref->s, "Xbc");
    assert_ptr_equal(value_text(a, NULL), &value_null);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_keep_order_and_replace),
        cmocka_unit_test(absent_is_not_zero),
        cmocka_unit_test(lists_grow),
        cmocka_unit_test(truth_is_mustaches),
        cmocka_unit_test(equality_looks_inside),
        cmocka_unit_test(text_is_copied_and_ref_is_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
