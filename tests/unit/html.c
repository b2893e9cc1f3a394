// SPDX-License-Identifier: Apache-2.0
// The output sinks against hostile values.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "view/html.h"

typedef void (*sink)(struct buf *b, const char *s, size_t n);

static void
check(sink fn, const char *in, const char *expected)
{
    struct arena *a = arena_new(1024 * 1024);
    struct buf b;
    buf_init(&b, a, 0, 100000);
    fn(&b, in, strlen(in));
    assert_string_equal(buf_str(&b), expected);
    arena_free(a);
}

static void
component(struct buf *b, const char *s, size_t n)
{
    (void)n;
    url_component(b, s);
}

static void
test_text(void **state)
{
    (void)state;
    check(html_text, "", "");
    check(html_text, "会桥 plain", "会桥 plain");
    check(html_text, "<script>alert('x')</script>",
          "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    check(html_text, "\"&amp;\"", "&quot;&amp;amp;&quot;");
    check(html_text, "&&", "&amp;&amp;");
    check(html_text, "a<", "a&lt;");
}

static void
test_url_accepts(void **state)
{
    (void)state;
    check(html_url, "/", "/");
    check(html_url, "/demands/12?a=1&b=2", "/demands/12?a=1&amp;b=2");
    check(html_url, "#top", "#top");
    check(html_url, "?after=3", "?after=3");
    check(html_url, "https://example.org/x", "https://example.org/x");
    check(html_url, "HTTPS://example.org", "HTTPS://example.org");
    check(html_url, "mailto:a@b.cn", "mailto:a@b.cn");
    check(html_url, "tel:+86571", "tel:+86571");
    check(html_url, "/a\"onclick=x", "/a&quot;onclick=x");
}

static void
test_url_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\\\\evil.example",
        "https\n:evil",
        "relative",
        "&#106;avascript:alert(1)",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check(html_url, bad[i], "#");
    }
}

static void
test_component(void **state)
{
    (void)state;
    check(component, "", "");
    check(component, "Az09-._~,@", "Az09-._~,@");
    check(component, "a b&c=d+e/f?g#h", "a%20b%26c%3Dd%2Be%2Ff%3Fg%23h");
    check(component, "会", "%E4%BC%9A");
    check(component, "%41", "%2541");
    check(component, "'\"<>:\\", "%27%22%3C%3E%3A%5C");
    check(component, "\x01\x7f\xff", "%01%7F%FF");
}

// Sixteen bytes are looked at at once: what must be escaped may stand anywhere among them.
static void
test_every_place(void **state)
{
    (void)state;
    static const char ODD[] = "&<>\"'";
    struct arena *a = arena_new(1 << 20);
    for (size_t n = 1; n < 50; n++) {
        for (size_t at = 0; at < n; at++) {
            for (const char *odd = ODD; *odd != '\0'; odd++) {
                char text[50];
                struct buf b, plain;
                memset(text, 'b', n);
                text[at] = *odd;
                buf_init(&b, a, 128, 1024);
                html_text(&b, text, n);
                assert_true(strpbrk(buf_str(&b), "<>\"'") == NULL);
                assert_int_equal(b.n, n + (*odd == '"'                  ? 5
                                           : *odd == '<' || *odd == '>' ? 3
                                                                        : 4));
                text[0] = '/';
                text[at] = '\x01';
                buf_init(&plain, a, 128, 1024);
                html_url(&plain, text, n);
                assert_string_equal(buf_str(&plain), "#");
                arena_reset(a);
            }
        }
    }
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_url_accepts), cmocka_unit_test(test_url_refuses),
        cmocka_unit_test(test_component),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
