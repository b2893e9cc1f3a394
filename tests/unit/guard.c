// SPDX-License-Identifier: Apache-2.0
// The guard's judgements one by one; the hostile set tests them again through sockets. Also
// content coding negotiation and header safety of answers.
#include "http/guard.h"
#include "http/reply.h"

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
    a = arena_new(1 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static void
targets(void **state)
{
    static const struct {
        const char *raw, *path, *query; // path NULL: refused
    } rows[] = {
        {"/", "/", ""},
        {"/a/b?c=d?e", "/a/b", "c=d?e"},
        {"/a?", "/a", ""},
        {"/%E4%B8%AD", "/中", ""},
        {"/a+b", "/a+b", ""},
        {"/...", "/...", ""},
        {"/.well-known/x", "/.well-known/x", ""},
        {"/a?x=/../%00", "/a", "x=/../%00"}, // the query's own reader judges it
        {NULL, NULL, NULL},
        {"", NULL, NULL},
        {"*", NULL, NULL},
        {"http://a/", NULL, NULL},
        {"a", NULL, NULL},
        {"/..", NULL, NULL},
        {"/a/../b", NULL, NULL},
        {"/a/./b", NULL, NULL},
        {"/a/%2E%2e", NULL, NULL},
        {"/a%2fb", NULL, NULL},
        {"/a%2Fb", NULL, NULL},
        {"/a%00", NULL, NULL},
        {"/a%", NULL, NULL},
        {"/a%4", NULL, NULL},
        {"/a%?4", NULL, NULL},
        {"/a%g0", NULL, NULL},
        {"/%c0%ae", NULL, NULL},
        {"/%ed%a0%80", NULL, NULL},
        {"/a%0a", NULL, NULL},
        {"/a%7f", NULL, NULL},
        {"/a%c2%85", NULL, NULL},    // C1
        {"/a%e2%80%ae", NULL, NULL}, // right-to-left override
        {"/a b", NULL, NULL},
        {"/a\tb", NULL, NULL},
        {"/a#b", NULL, NULL},
        {"/a?b c", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path, *query;
        int status = guard_target(a, rows[i].raw, &path, &query);
        assert_int_equal(status, rows[i].path == NULL ? 400 : 0);
        if (rows[i].path != NULL) {
            assert_string_equal(path, rows[i].path);
            assert_string_equal(query, rows[i].query);
        }
    }
}

struct header_row {
    const char *name, *value;
    int status; // of this header alone, after Host
};

static int
judge(struct guard_head *h, const char *name, const char *value)
{
    return guard_header(h, name, strlen(name), value, strlen(value));
}

static void
headers(void **state)
{
    static const struct header_row rows[] = {
        {"Content-Length", "0", 0},
        {"Content-Length", "123456789012345678", 0},
        {"Content-Length", "1234567890123456789", 400},
        {"content-length", "", 400},
        {"Content-Length", "+1", 400},
        {"Content-Length", "1 ", 400},
        {"Content-Length", "1,1", 400},
        {"Content-Length", "0x1", 400},
        {"Transfer-Encoding", "chunked", 0},
        {"Transfer-Encoding", "CHUNKED", 0},
        {"Transfer-Encoding", "chunked, chunked", 501},
        {"Transfer-Encoding", "identity", 501},
        {"Transfer-Encoding", "", 501},
        {"Transfer-Encoding",
         "\x0b"
         "chunked",
         400},
        {"Expect", "100-Continue", 0},
        {"Expect", "200-ok", 417},
        {"X-Tab", "a\tb", 0},
        {"X-Chinese", "中文", 0},
        {"X-Bad", "a\rb", 400},
        {"X-Bad", "a\x7f", 400},
        {"X Bad", "a", 400},
        {"", "a", 400},
        {"X(", "a", 400},
        {"Host", "b", 400}, // the second
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct guard_head h = {0};
        assert_int_equal(judge(&h, "hOsT", "a:80"), 0);
        assert_int_equal(judge(&h, rows[i].name, rows[i].value), rows[i].status);
    }
    struct guard_head nul = {0};
    assert_int_equal(guard_header(&nul, "X", 1, "a\0b", 3), 400);
    assert_int_equal(guard_header(&nul, "X\0Y", 3, "a", 1), 400);
}

static void
hosts(void **state)
{
    static const char *const good[] = {"a", "example.com:8080", "[::1]:80", "127.0.0.1",
                                       "a_b-c.d"};
    static const char *const bad[] = {"", "a b", "a/b", "a@b", "a,b", "a\tb", "a?b", "中.cn"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct guard_head h = {0};
        assert_int_equal(judge(&h, "Host", good[i]), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct guard_head h = {0};
        assert_int_equal(judge(&h, "Host", bad[i]), 400);
    }
}

static void
framing(void **state)
{
    struct guard_head none = {0};
    assert_int_equal(guard_finish(&none, "HTTP/1.1"), 400);
    assert_int_equal(guard_finish(&none, "HTTP/1.0"), 0);
    struct guard_head both = {0};
    judge(&both, "Host", "a");
    judge(&both, "Content-Length", "3");
    assert_int_equal(both.length, 3);
    assert_int_equal(guard_finish(&both, "HTTP/1.1"), 0);
    judge(&both, "Transfer-Encoding", "chunked");
    assert_true(both.chunked);
    assert_int_equal(guard_finish(&both, "HTTP/1.1"), 400);
    struct guard_head old = {0};
    judge(&old, "Transfer-Encoding", "chunked");
    assert_int_equal(guard_finish(&old, "HTTP/1.0"), 400);
    static const char *const single[] = {"Host", "Content-Length", "Transfer-Encoding",
                                         "Content-Type", "Expect"};
    static const char *const values[] = {"a", "1", "chunked", "text/plain", "100-continue"};
    for (size_t i = 0; i < 5; i++) {
        struct guard_head twice = {0};
        assert_int_equal(judge(&twice, single[i], values[i]), 0);
        assert_int_equal(judge(&twice, single[i], values[i]), 400);
    }
}

static void
sizes(void **state)
{
    struct guard_head many = {0};
    for (int i = 0; i < GUARD_HEADERS_MAX; i++) {
        assert_int_equal(judge(&many, "X", "y"), 0);
    }
    assert_int_equal(judge(&many, "X", "y"), 431);
    struct guard_head large = {.size = 100};
    char value[GUARD_HEAD_MAX + 1];
    memset(value, 'a', sizeof value);
    value[GUARD_HEAD_MAX - 105] = '\0';
    assert_int_equal(judge(&large, "X", value), 0);
    assert_int_equal(judge(&large, "X", ""), 431);
}

static void
methods_and_versions(void **state)
{
    enum http_method m = 0;
    bool head = false;
    assert_int_equal(guard_method("HEAD", &m, &head), 0);
    assert_true(head && m == HTTP_GET);
    assert_int_equal(guard_method("DELETE", &m, &head), 0);
    assert_true(!head && m == HTTP_DELETE);
    assert_int_equal(guard_method("OPTIONS", &m, &head), 0);
    assert_int_equal(m, HTTP_OTHER);
    static const char *const unknown[] = {"", "get", "GETS", "TRACE", "CONNECT", "PRI"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_int_equal(guard_method(unknown[i], &m, &head), 501);
    }
    assert_int_equal(guard_version("HTTP/1.0"), 0);
    assert_int_equal(guard_version("HTTP/2.0"), 505);
    assert_int_equal(guard_version("HTTP/1.1 x"), 505);
    assert_int_equal(guard_version(""), 400);
}

static void
codings(void **state)
{
    static const struct {
        const char *accept;
        bool gzip;
    } rows[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"deflate, GZIP;q=0.5, br", true},
        {"gzip;q=0", false},
        {"gzip; q=0.000", false},
        {"gzip;q=0.001", true},
        {"*", true},
        {"*;q=0", false},
        {"*, gzip;q=0", false},
        {"identity, *;q=0, gzip", true},
        {"xgzip, gzipx", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(reply_accepts(rows[i].accept, "gzip"), rows[i].gzip);
    }
}

static const char *
header_of(const struct http_resp *resp, const char *name)
{
    return http_list_get(&resp->headers, name);
}

static void
assets(void **state)
{
    static const unsigned char text[] = "plain", packed[] = "gz", brotli[] = "b";
    const struct http_asset f = {.type = "text/css",
                                 .etag = "\"1a2b\"",
                                 .plain = text,
                                 .plain_size = 5,
                                 .gzip = packed,
                                 .gzip_size = 2,
                                 .brotli = brotli,
                                 .brotli_size = 1};
    static const struct {
        const char *accept, *known, *encoding;
        int status;
    } rows[] = {
        {NULL, NULL, NULL, 200},
        {"gzip", NULL, "gzip", 200},
        {"gzip, br", NULL, "br", 200},
        {"gzip, br;q=0", NULL, "gzip", 200},
        {"br", "\"1a2b\"", NULL, 304},
        {"br", "W/\"1a2b\"", NULL, 304},
        {NULL, "\"x\", \"1a2b\" ,\"y\"", NULL, 304},
        {NULL, "*", NULL, 304},
        {NULL, "\"1a2\"", NULL, 200},
        {NULL, "1a2b", NULL, 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_kv items[] = {{"accept-encoding", rows[i].accept},
                                  {"if-none-match", rows[i].known}};
        struct http_req r = {.arena = a, .headers = {items, 2}};
        struct http_resp resp = {0};
        http_serve_asset(&f, &r, &resp);
        assert_int_equal(resp.status, rows[i].status);
        assert_string_equal(header_of(&resp, "ETag"), f.etag);
        assert_string_equal(header_of(&resp, "Vary"), "Accept-Encoding");
        assert_non_null(strstr(header_of(&resp, "Cache-Control"), "immutable"));
        if (rows[i].encoding == NULL) {
            assert_null(resp.encoding);
        } else {
            assert_string_equal(resp.encoding, rows[i].encoding);
        }
        assert_int_equal(resp.type == NULL, rows[i].status == 304);
    }
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(targets), TEST(headers), TEST(hosts),
        TEST(framing), TEST(sizes),   TEST(methods_and_versions),
        TEST(codings), TEST(assets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
