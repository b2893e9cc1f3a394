// SPDX-License-Identifier: Apache-2.0
// The arena and the buffer: limits, unwinding, clean-ups, alignment.
#include "base/arena.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
gives_zeroed_aligned_memory(void **state)
{
    struct arena *a = arena_new(1 << 20);
    for (size_t n = 0; n < 3000; n += 7) {
        unsigned char *p = arena_alloc(a, n);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 0xAA, n); // the next allocation must not show it
    }
    arena_free(a);
}

static void
reused_memory_is_zeroed_again(void **state)
{
    struct arena *a = arena_new(1 << 20);
    memset(arena_alloc(a, 1000), 0xFF, 1000);
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
    unsigned char *p = arena_alloc(a, 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
    }
    arena_free(a);
}

static void
unwinds_at_the_maximum(void **state)
{
    struct arena *a = arena_new(64 * 1024);
    struct arena_guard g;
    volatile size_t got = 0;
    volatile bool unwound = false;
    if (ARENA_TRY(a, &g)) {
        for (;;) {
            arena_raw(a, 1024);
            got += 1024;
        }
    } else {
        unwound = true;
    }
    assert_true(unwound);
    assert_in_range(got, 48 * 1024, 64 * 1024);
    arena_reset(a);
    assert_non_null(arena_raw(a, 32 * 1024)); // the maximum is per use, not per life
    arena_free(a);
}

static void
unwinds_to_the_innermost_guard(void **state)
{
    struct arena *a = arena_new(32 * 1024);
    struct arena_guard outer;
    struct arena_guard inner;
    volatile int reached = 0;
    if (ARENA_TRY(a, &outer)) {
        if (ARENA_TRY(a, &inner)) {
            arena_raw(a, SIZE_MAX);
            reached = 100;
        } else {
            reached += 1;
        }
        arena_raw(a, 1 << 20);
        reached = 100;
    } else {
        reached += 10;
    }
    assert_int_equal(reached, 11);
    arena_free(a);
}

static void
a_request_of_nearly_everything_does_not_overflow(void **state)
{
    struct arena *a = arena_new(SIZE_MAX);
    struct arena_guard g;
    volatile int refused = 0;
    for (volatile size_t i = 0; i < 40; i++) {
        if (ARENA_TRY(a, &g)) {
            arena_raw(a, SIZE_MAX - i);
            arena_end(a, &g);
        } else {
            refused++;
        }
    }
    assert_int_equal(refused, 40);
    arena_free(a);
}

static char order[8];

static void
note(void *arg)
{
    strcat(order, arg);
}

static void
cleans_up_in_reverse_once(void **state)
{
    struct arena *a = arena_new(1 << 16);
    order[0] = '\0';
    arena_defer(a, note, "a");
    arena_defer(a, note, "b");
    arena_defer(a, note, "c");
    arena_reset(a);
    assert_string_equal(order, "cba");
    arena_free(a);
    assert_string_equal(order, "cba");
}

static void
copies_text(void **state)
{
    struct arena *a = arena_new(1 << 16);
    assert_null(arena_strdup(a, NULL));
    assert_null(arena_memdup(a, NULL, 3));
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    assert_string_equal(arena_printf(a, "%d-%s", 7, "七"), "7-七");
    char *big = arena_printf(a, "%02000d", 1);
    assert_int_equal(strlen(big), 2000);
    arena_free(a);
}

static void
a_buffer_stops_at_its_maximum(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct buf b;
    buf_init(&b, a, 0, 100);
    assert_string_equal(buf_str(&b), "");
    for (int i = 0; i < 10; i++) {
        buf_puts(&b, "0123456789");
    }
    assert_false(b.full);
    assert_int_equal(b.n, 100);
    buf_putc(&b, 'x');
    assert_true(b.full);
    assert_int_equal(b.n, 100);
    assert_int_equal(strlen(b.p), 100);
    arena_free(a);
}

static void
a_buffer_prints_every_integer(void **state)
{
    struct arena *a = arena_new(1 << 20);
    struct buf b;
    buf_init(&b, a, 1, 1000);
    buf_int(&b, 0);
    buf_putc(&b, ' ');
    buf_int(&b, INT64_MIN);
    buf_putc(&b, ' ');
    buf_int(&b, INT64_MAX);
    assert_string_equal(b.p, "0 -9223372036854775808 9223372036854775807");
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory),
        cmocka_unit_test(reused_memory_is_zeroed_again),
        cmocka_unit_test(unwinds_at_the_maximum),
        cmocka_unit_test(unwinds_to_the_innermost_guard),
        cmocka_unit_test(a_request_of_nearly_everything_does_not_overflow),
        cmocka_unit_test(cleans_up_in_reverse_once),
        cmocka_unit_test(copies_text),
        cmocka_unit_test(a_buffer_stops_at_its_maximum),
        cmocka_unit_test(a_buffer_prints_every_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
