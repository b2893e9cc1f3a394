// SPDX-License-Identifier: Apache-2.0
// Buckets of tokens: what may be taken at once, how fast it comes back, whom it concerns.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/rate.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>

enum { MEMORY = 16 * 1024 * 1024, MINUTE = 60000 };
#define NOW INT64_C(1795395600000)

static struct arena *a;

static int
set_up(void **state)
{
    a = arena_new(MEMORY);
    return sodium_init() < 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static struct rates *
rates_of(uint32_t burst, uint32_t minute)
{
    struct rate_limit limits[RATE_CLASSES] = {
        [RATE_EXPORT] = {burst, minute}, [RATE_WRITE] = {burst, minute}};
    return rates_new(a, limits);
}

static unsigned
take_all(struct rates *r, const char *who, int64_t now)
{
    unsigned n = 0;
    while (n < 1000 && rates_take(r, RATE_EXPORT, who, now) == 0) {
        n++;
    }
    return n;
}

static void
a_burst_then_a_trickle(void **state)
{
    struct rates *r = rates_of(5, 2);
    assert_int_equal(take_all(r, "a7", NOW), 5);
    assert_int_equal(rates_take(r, RATE_EXPORT, "a7", NOW), MINUTE / 2);
    assert_int_equal(rates_take(r, RATE_EXPORT, "a7", NOW + MINUTE / 2 - 1), 1);
    assert_int_equal(rates_take(r, RATE_EXPORT, "a7", NOW + MINUTE / 2), 0);
    assert_int_equal(take_all(r, "a7", NOW + MINUTE / 2), 0);
    assert_int_equal(take_all(r, "a7", NOW + 2 * MINUTE), 3);
}

static void
servers_share_a_limit(void **state)
{
    struct rates *r = rates_of(10, 4);
    rates_divide(r, 2);
    assert_int_equal(take_all(r, "a7", NOW), 5);
    assert_int_equal(rates_take(r, RATE_EXPORT, "a7", NOW), MINUTE / 2);
    rates_divide(r, 1000); // a part of nothing would shut everybody out
    assert_int_equal(take_all(r, "a8", NOW), 1);
    assert_int_equal(rates_take(r, RATE_SEARCH, "a8", NOW), 0); // what has no limit gets none
    rates_divide(r, 1);
    assert_int_equal(take_all(r, "a9", NOW), 10);
    rates_divide(r, 0);
    assert_int_equal(take_all(r, "b1", NOW), 10);
}

static void
it_fills_up_and_no_further(void **state)
{
    struct rates *r = rates_of(5, 2);
    assert_int_equal(take_all(r, "a7", NOW), 5);
    assert_int_equal(take_all(r, "a7", NOW + 3 * MINUTE), 5);
    assert_int_equal(take_all(r, "a7", NOW + INT64_C(100000) * MINUTE), 5);
    // A clock that was set back neither gives nor takes.
    assert_int_equal(take_all(r, "a7", NOW), 0);
}

static void
everybody_has_their_own(void **state)
{
    struct rates *r = rates_of(3, 1);
    assert_int_equal(take_all(r, "a7", NOW), 3);
    assert_int_equal(take_all(r, "a8", NOW), 3);
    assert_int_equal(rates_take(r, RATE_WRITE, "a7", NOW), 0);
    for (int i = 0; i < 100; i++) { // without a limit
        assert_int_equal(rates_take(r, RATE_SEARCH, "a7", NOW), 0);
        assert_int_equal(rates_take(r, RATE_FREE, "a7", NOW), 0);
    }
}

// Many strangers push out those who have not come for long, not the one who keeps asking.
static void
a_crowd_does_not_free_the_greedy(void **state)
{
    struct rates *r = rates_of(3, 1);
    char who[32];
    assert_int_equal(take_all(r, "greedy", NOW), 3);
    for (int i = 0; i < 50000; i++) {
        snprintf(who, sizeof who, "%d.%d", i / 256, i % 256);
        rates_take(r, RATE_EXPORT, who, NOW + 1 + i / 100);
        if (i % 100 == 0) {
            assert_int_not_equal(rates_take(r, RATE_EXPORT, "greedy", NOW + 2 + i / 100), 0);
        }
    }
}

static void *
take_many(void *arg)
{
    unsigned n = 0;
    for (int i = 0; i < 20000; i++) {
        n += rates_take(arg, RATE_EXPORT, "a7", NOW) == 0;
    }
    return (void *)(uintptr_t)n;
}

static void
threads_share_one_bucket(void **state)
{
    struct rates *r = rates_of(1000, 1);
    pthread_t t[4];
    uintptr_t all = 0;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&t[i], NULL, take_many, r), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *n;
        pthread_join(t[i], &n);
        all += (uintptr_t)n;
    }
    assert_int_equal(all, 1000);
}

static void
limits_as_text(void **state)
{
    struct rate_limit l = {7, 7};
    assert_true(rate_parse("200 60", &l) && l.burst == 200 && l.minute == 60);
    assert_true(rate_parse("off", &l) && l.burst == 0);
    static const char *const BAD[] = {"",    "200",   "200 ", " 200 60",       "200 60 ",
                                      "0 1", "1 0",   "-1 5", "200/60",        "x",
                                      "1 x", "1.5 2", "1  2", "99999999999 1", "1000001 1"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        l = (struct rate_limit){7, 7};
        if (rate_parse(BAD[i], &l) || l.burst != 7) {
            fail_msg("\"%s\" is taken", BAD[i]);
        }
    }
    for (int c = RATE_FREE + 1; c < RATE_CLASSES; c++) {
        assert_non_null(RATE_KEYS[c]);
        assert_true(RATE_DEFAULTS[c].burst >= 30);
    }
}

static void
networks(void **state)
{
    assert_string_equal(rate_network(a, "203.0.113.9"), "203.0.113.9");
    assert_string_equal(rate_network(a, "2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_string_equal(rate_network(a, ""), "");
    static const char *const LOCAL[] = {"127.0.0.1", "127.8.9.1", "::1", "", "local"};
    static const char *const FAR[] = {"203.0.113.9", "10.0.0.1", "128.0.0.1", "2001:db8::1"};
    for (size_t i = 0; i < sizeof LOCAL / sizeof *LOCAL; i++) {
        assert_true(rate_is_local(LOCAL[i]));
    }
    for (size_t i = 0; i < sizeof FAR / sizeof *FAR; i++) {
        assert_false(rate_is_local(FAR[i]));
    }
}

int
main(void)
{
#define RATE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RATE_TEST(a_burst_then_a_trickle),
        RATE_TEST(servers_share_a_limit),
        RATE_TEST(it_fills_up_and_no_further),
        RATE_TEST(everybody_has_their_own),
        RATE_TEST(a_crowd_does_not_free_the_greedy),
        RATE_TEST(threads_share_one_bucket),
        RATE_TEST(limits_as_text),
        RATE_TEST(networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
