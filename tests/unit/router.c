// SPDX-License-Identifier: Apache-2.0
// Routing: literal before parameter, methods across both, conflicts, and what a path may not
// match.
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *a;
static const char *why;

static int
set_up(void **state)
{
    a = arena_new(1 << 24);
    why = NULL;
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static void
add(struct http_router *r, enum http_method m, const char *pattern, const char *target)
{
    assert_true(http_router_add(r, m, pattern, target, &why));
}

static void
assert_found(const struct http_router *r, enum http_method m, const char *path,
             const char *target)
{
    struct http_match match = http_router_find(r, a, m, path);
    if (target == NULL) {
        assert_null(match.target);
    } else {
        assert_non_null(match.target);
        assert_string_equal(match.target, target);
    }
}

static struct http_router *
demands(void)
{
    struct http_router *r = http_router_new(a);
    add(r, HTTP_GET, "/", "home");
    add(r, HTTP_GET, "/demands", "list");
    add(r, HTTP_POST, "/demands", "create");
    add(r, HTTP_GET, "/demands/new", "form");
    add(r, HTTP_GET, "/demands/{id}", "show");
    add(r, HTTP_POST, "/demands/{id}", "change");
    add(r, HTTP_GET, "/demands/{id}/events", "events");
    add(r, HTTP_GET, "/demands/{id}/sign", "sign form");
    add(r, HTTP_POST, "/demands/{id}/{step}", "step");
    return r;
}

static void
literal_wins(void **state)
{
    struct http_router *r = demands();
    assert_found(r, HTTP_GET, "/", "home");
    assert_found(r, HTTP_GET, "/demands", "list");
    assert_found(r, HTTP_POST, "/demands", "create");
    assert_found(r, HTTP_GET, "/demands/new", "form");
    assert_found(r, HTTP_GET, "/demands/news", "show");
    assert_found(r, HTTP_GET, "/demands/ne", "show");
    assert_found(r, HTTP_GET, "/demands/7/events", "events");
}

static void
falls_back_to_the_parameter(void **state)
{
    struct http_router *r = demands();
    // The literal child knows the path but neither these continuations nor this method.
    assert_found(r, HTTP_GET, "/demands/new/events", "events");
    assert_found(r, HTTP_POST, "/demands/new", "change");
    assert_found(r, HTTP_POST, "/demands/7/sign", "step");
    assert_found(r, HTTP_POST, "/demands/7/events", "step");
}

static void
binds_parameters(void **state)
{
    struct http_match m = http_router_find(demands(), a, HTTP_POST, "/demands/12/转办");
    assert_int_equal(m.count, 2);
    assert_string_equal(m.params[0].name, "id");
    assert_string_equal(m.params[0].value, "12");
    assert_string_equal(m.params[1].name, "step");
    assert_string_equal(m.params[1].value, "转办");
}

// A dead end must not leave its parameter behind.
static void
backtracking_unbinds(void **state)
{
    struct http_router *r = http_router_new(a);
    add(r, HTTP_GET, "/{x}/a/{y}/end", "one");
    add(r, HTTP_GET, "/{x}/{z}/b", "two");
    struct http_match m = http_router_find(r, a, HTTP_GET, "/1/a/b");
    assert_string_equal(m.target, "two");
    assert_int_equal(m.count, 2);
    assert_string_equal(m.params[1].name, "z");
    assert_string_equal(m.params[1].value, "a");
}

static void
names_belong_to_the_method(void **state)
{
    struct http_router *r = http_router_new(a);
    add(r, HTTP_GET, "/x/{id}", "get");
    add(r, HTTP_POST, "/x/{key}", "post");
    assert_string_equal(http_router_find(r, a, HTTP_GET, "/x/1").params[0].name, "id");
    assert_string_equal(http_router_find(r, a, HTTP_POST, "/x/1").params[0].name, "key");
}

static void
tells_allowed_methods(void **state)
{
    struct http_router *r = demands();
    struct http_match m = http_router_find(r, a, HTTP_DELETE, "/demands/new");
    assert_null(m.target);
    assert_int_equal(m.allowed, HTTP_GET | HTTP_POST);
    assert_int_equal(http_router_find(r, a, HTTP_PUT, "/demands/7/events").allowed,
                     HTTP_GET | HTTP_POST);
    assert_int_equal(http_router_find(r, a, HTTP_GET, "/nothing").allowed, 0);
}

static void
does_not_match(void **state)
{
    struct http_router *r = demands();
    static const char *const paths[] = {
        "",
        "demands",
        "/demands/",
        "//demands",
        "/demands//",
        "/demands//events",
        "/demands/1/events/",
        "/Demands",
        "/demands/1/events/2",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_found(r, HTTP_GET, paths[i], NULL);
    }
}

static void
refuses(const char *first, const char *second)
{
    struct http_router *r = http_router_new(a);
    if (first != NULL) {
        add(r, HTTP_GET, first, "first");
    }
    why = NULL;
    assert_false(http_router_add(r, HTTP_GET, second, "second", &why));
    assert_non_null(why);
    assert_non_null(strstr(why, second));
    // Unusable from then on: a server must not start with half a table.
    assert_false(http_router_add(r, HTTP_GET, "/fine", "third", &why));
    assert_found(r, HTTP_GET, first == NULL ? "/fine" : first, NULL);
}

static void
detects_conflicts(void **state)
{
    refuses("/a/b", "/a/b");
    refuses("/a/{id}", "/a/{key}");
    refuses(NULL, "/a/{id}/{id}");
    refuses(NULL, "a");
    refuses(NULL, "");
    refuses(NULL, "/a/x{id}");
    refuses(NULL, "/a/{}");
    refuses(NULL, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}");
}

// As many routes as the product will have, found again each one.
static void
finds_among_many(void **state)
{
    struct http_router *r = http_router_new(a);
    char name[32];
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "/kind%d/{id}/step%d", (i * 7919) % 600, i % 3);
        add(r, HTTP_POST, arena_strdup(a, name), arena_strdup(a, name));
    }
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "/kind%d/42/step%d", (i * 7919) % 600, i % 3);
        struct http_match m = http_router_find(r, a, HTTP_POST, name);
        assert_non_null(m.target);
        snprintf(name, sizeof name, "/kind%d/{id}/step%d", (i * 7919) % 600, i % 3);
        assert_string_equal(m.target, name);
        assert_string_equal(m.params[0].value, "42");
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(literal_wins),
        TEST(falls_back_to_the_parameter),
        TEST(binds_parameters),
        TEST(backtracking_unbinds),
        TEST(names_belong_to_the_method),
        TEST(tells_allowed_methods),
        TEST(does_not_match),
        TEST(detects_conflicts),
        TEST(finds_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
