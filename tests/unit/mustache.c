// SPDX-License-Identifier: Apache-2.0
// What the template engine does beyond the specification: escaping by context, refusals,
// translation marks, strict mode, recursion, limits.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/timestamp.h"
#include "view/mustache.h"

#include <stdio.h>
#include <string.h>

struct fixture {
    struct arena *a;
    struct value *data;
    const char *partials[8][2];
    const char *why;
    unsigned flags;
    mustache_translate translate;
};

static int
setup(void **state)
{
    struct arena *a = arena_new(64 * 1024 * 1024);
    struct fixture *f = ARENA_NEW(a, struct fixture);
    f->a = a;
    f->data = value_map(a);
    f->flags = MUSTACHE_STRICT;
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    struct fixture *f = *state;
    arena_free(f->a);
    return 0;
}

static const char *
source(void *arg, const char *name)
{
    struct fixture *f = arg;
    for (size_t i = 0; i < 8 && f->partials[i][0] != NULL; i++) {
        if (strcmp(f->partials[i][0], name) == 0) {
            return f->partials[i][1];
        }
    }
    return NULL;
}

static struct mustache *
parse(struct fixture *f, const char *text)
{
    struct mustache_options o = {f->flags, source, f->translate, f};
    f->why = NULL;
    return mustache_parse(f->a, "t.html", text, &o, &f->why);
}

// The page, or NULL with f->why.
static const char *
page(struct fixture *f, const char *text)
{
    struct mustache *m = parse(f, text);
    if (m == NULL) {
        return NULL;
    }
    struct buf out;
    buf_init(&out, f->a, 64, 1024 * 1024);
    return mustache_render(m, f->data, &out, &f->why) ? buf_str(&out) : NULL;
}

static void
expect(struct fixture *f, const char *text, const char *expected)
{
    const char *got = page(f, text);
    if (got == NULL) {
        fail_msg("%s: %s", text, f->why);
    }
    assert_string_equal(got, expected);
}

static void
expect_error(struct fixture *f, const char *text, const char *part)
{
    const char *got = page(f, text);
    if (got != NULL) {
        fail_msg("accepted: %s", text);
    }
    if (f->why == NULL || strstr(f->why, part) == NULL) {
        fail_msg("%s: \"%s\" does not name \"%s\"", text, f->why, part);
    }
}

static void
set(struct fixture *f, const char *key, const char *text)
{
    value_set_text(f->a, f->data, key, text);
}

static void
test_text_and_attribute(void **state)
{
    struct fixture *f = *state;
    set(f, "x", "\"><script>'&");
    expect(f, "<p>{{x}}</p>", "<p>&quot;&gt;&lt;script&gt;&#39;&amp;</p>");
    expect(f, "<p title=\"{{x}}\">", "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">");
    expect(f, "<p title='{{x}}'>", "<p title='&quot;&gt;&lt;script&gt;&#39;&amp;'>");
    expect(f, "<title>{{x}}</title>", "<title>&quot;&gt;&lt;script&gt;&#39;&amp;</title>");
    // Behind a comment, a doctype and a finished script it is text again.
    expect(f, "<!doctype html><!-- <a href=\" --><script>\"<b href='\"</script>{{x}}",
           "<!doctype html><!-- <a href=\" --><script>\"<b href='\"</script>"
           "&quot;&gt;&lt;script&gt;&#39;&amp;");
}

// A map that notes its names, one that was read and one that got more later: what they lack is
// sought further out, what they have is found.
static void
test_names_of_any_map(void **state)
{
    struct fixture *f = *state;
    const char *text = "{\"inner\":{\"one\":\"1\"},\"list\":[{\"four\":\"4\"}]}", *why;
    const struct value *read = json_parse(f->a, text, strlen(text), &why);
    struct value *inner = (struct value *)(uintptr_t)value_get(read, "inner"); // just read
    value_set_text(f->a, inner, "two", "2");
    const struct value_pair pairs[] = {VALUE_PAIR("three", value_ref(f->a, "3"))};
    struct value *map = value_map_of(f->a, pairs, 1);
    value_set_text(f->a, map, "five", "5");
    set(f, "outer", "0");
    value_set(f->a, f->data, "inner", inner);
    value_set(f->a, f->data, "map", map);
    value_set(f->a, f->data, "list", value_get(read, "list"));
    expect(
        f,
        "{{#inner}}{{one}}{{two}}{{outer}}{{#map}}{{three}}{{five}}{{one}}{{/map}}{{/inner}}",
        "120351");
    expect(f, "{{#list}}{{four}}{{outer}}{{/list}}", "40");
    for (int i = 0; i < 100; i++) { // more names than there are bits for
        const char *name = arena_printf(f->a, "name%d", i);
        value_set_text(f->a, map, name, name);
        expect(f, arena_printf(f->a, "{{map.%s}}{{#map}}{{outer}}{{/map}}", name),
               arena_printf(f->a, "%s0", name));
    }
}

static void
test_url(void **state)
{
    struct fixture *f = *state;
    set(f, "good", "/a?b=1&c=2");
    set(f, "evil", "javascript:alert(1)");
    set(f, "part", "a b/c:?&\"");
    value_set_int(f->a, f->data, "id", 12);
    expect(f, "<a href=\"{{good}}\">", "<a href=\"/a?b=1&amp;c=2\">");
    expect(f, "<a href=\"{{evil}}\">", "<a href=\"#\">");
    expect(f, "<A HREF = '{{evil}}'>", "<A HREF = '#'>");
    expect(f, "<form action=\"{{evil}}\">", "<form action=\"#\">");
    expect(f, "<button formaction=\"{{evil}}\">", "<button formaction=\"#\">");
    expect(f, "<img src=\"{{evil}}\">", "<img src=\"#\">");
    expect(f, "<b hx-get=\"{{evil}}\" hx-post=\"/x/{{part}}\">",
           "<b hx-get=\"#\" hx-post=\"/x/a%20b%2Fc%3A%3F%26%22\">");
    expect(f, "<a href=\"/d/{{id}}?q={{part}}\">",
           "<a href=\"/d/12?q=a%20b%2Fc%3A%3F%26%22\">");
    expect(f, "<a href=\"java{{evil}}\">", "<a href=\"javajavascript%3Aalert%281%29\">");
    expect(f, "<a href=\"{{good}}{{evil}}\">",
           "<a href=\"/a?b=1&amp;c=2javascript%3Aalert%281%29\">");
    expect(f, "<a href=\"tel:{{id}}\" data-href=\"{{evil}}\">",
           "<a href=\"tel:12\" data-href=\"javascript:alert(1)\">");
    // An attribute after a URL is plain again.
    expect(f, "<a href=\"{{good}}\" title=\"{{evil}}\">{{evil}}</a>",
           "<a href=\"/a?b=1&amp;c=2\" title=\"javascript:alert(1)\">javascript:alert(1)</a>");
    expect(f, "<a href=\"{{#id}}/x/{{id}}{{/id}}{{^id}}/y{{/id}}\">", "<a href=\"/x/12\">");
    expect(f, "<a href=\"{{#id}}/x{{/id}}/y/{{id}}\">", "<a href=\"/x/y/12\">");
}

static void
test_refused_places(void **state)
{
    struct fixture *f = *state;
    set(f, "x", "v");
    set(f, "x_html", "<b>");
    expect_error(f, "<p>\n<a href={{x}}>", "t.html:2: {{x}}");
    expect_error(f, "<a href=/d/{{x}}>", "without quotes");
    expect_error(f, "<a class=a{{#x}}b{{/x}}>", "without quotes");
    expect_error(f, "<script>var a = \"{{x}}\"</script>", "script");
    expect_error(f, "<style>{{x}}</style>", "style");
    expect_error(f, "<STYLE>{{x}}</STYLE>", "style");
    expect_error(f, "<script></scrip></script2>{{x}}</script>", "script");
    expect_error(f, "<!-- {{x}} -->", "comment");
    expect_error(f, "<{{x}}>", "name of an element");
    expect_error(f, "<h{{x}}>", "in a tag");
    expect_error(f, "<p {{x}}>", "in a tag");
    expect_error(f, "<p {{x}}=\"a\">", "in a tag");
    expect_error(f, "<p onclick=\"{{x}}\">", "program");
    expect_error(f, "<p style=\"{{x}}\">", "program");
    expect_error(f, "<iframe srcdoc=\"{{x}}\">", "program");
    expect_error(f, "<p hx-on:click=\"{{x}}\">", "program");
    expect_error(f, "<p hx-vals='{{x}}'>", "program");
    expect_error(f, "<a href=\"javascript:{{x}}\">", "scheme");
    expect_error(f, "<a href=\"JAVAscript:a('{{x}}')\">", "scheme");
    expect_error(f, "<a href=\"{{#x}}http{{/x}}s:{{x}}\">", "scheme");
    expect_error(f, "<a href=\"{{#x}}/a{{/x}}{{x}}\">", "section in front");
    expect_error(f, "{{{x}}}", "_html");
    expect_error(f, "{{&x}}", "_html");
    expect_error(f, "<p title=\"{{{x_html}}}\">", "between elements");
    expect_error(f, "<textarea>{{{x_html}}}</textarea>", "between elements");
    expect(f, "<i>{{{x_html}}}</i>{{x_html}}", "<i><b></i>&lt;b&gt;");
}

static void
test_sections_in_tags(void **state)
{
    struct fixture *f = *state;
    value_set_bool(f->a, f->data, "on", true);
    value_set_bool(f->a, f->data, "off", false);
    set(f, "x", "<");
    expect(f, "<input{{#on}} checked{{/on}}{{#off}} disabled{{/off}} value=\"{{x}}\">",
           "<input checked value=\"&lt;\">");
    expect(f, "<input {{#on}}required{{/on}} value=\"{{x}}\">",
           "<input required value=\"&lt;\">");
    expect(f, "<p {{#on}}title=\"{{x}}\"{{/on}}>{{x}}", "<p title=\"&lt;\">&lt;");
    expect(f, "<p class=\"a{{#on}} b{{/on}}{{^on}} {{x}}{{/on}}\">", "<p class=\"a b\">");
    expect_error(f, "<a {{#on}}href{{/on}}=\"{{x}}\">", "not in one piece");
    expect_error(f, "<a h{{#on}}re{{/on}}f=\"{{x}}\">", "put a space");
    expect_error(f, "<s{{#on}}cript{{/on}}>", "put a space");
    expect_error(f, "<p {{#on}}title=\"{{/on}}\">", "different places");
    expect_error(f, "{{#on}}<p {{/on}}>", "different places");
    expect_error(f, "{{#on}}<script>{{/on}}</script>", "different places");
    expect_error(f, "<p", "ends inside");
    expect_error(f, "<p title=\"", "ends inside");
    expect_error(f, "<script>", "ends inside");
}

static const char *
english(void *arg, const char *chinese)
{
    (void)arg;
    if (strcmp(chinese, "共 {{n}} 件") == 0) {
        return "{{n}} in all";
    }
    return strcmp(chinese, "标题") == 0 ? "Title" : NULL;
}

static void
test_marks(void **state)
{
    struct fixture *f = *state;
    value_set_int(f->a, f->data, "n", 3);
    const char *text = "<p title=\"[[标题]]\">[[ 共 {{n}} 件 ]]</p>[[没有]]";
    expect(f, text, "<p title=\"标题\"> 共 3 件 </p>没有");
    f->translate = english;
    expect(f, text, "<p title=\"Title\"> 3 in all </p>没有");
    f->partials[0][0] = "p";
    f->partials[0][1] = "[[标题]]!";
    expect(f, "{{>p}}", "Title!");
    expect_error(f, "a\n[[标题", "t.html:2: unclosed [[");
    f->flags = MUSTACHE_SPEC;
    expect(f, "[[标题]]", "[[标题]]");
}

static void
test_strict(void **state)
{
    struct fixture *f = *state;
    value_set(f->a, f->data, "nothing", &value_null);
    struct value *m = value_map(f->a);
    value_set_text(f->a, m, "inner", "i");
    value_set(f->a, f->data, "map", m);
    value_set(f->a, f->data, "list", &value_empty_list);
    expect(f, "{{nothing}}{{#nothing}}a{{/nothing}}{{^nothing}}b{{/nothing}}", "b");
    expect(f, "{{map.inner}}{{#map}}{{inner}}{{/map}}{{#list}}{{not_reached}}{{/list}}", "ii");
    expect_error(f, "\n\n{{absent}}", "t.html:3: no key absent");
    expect_error(f, "{{#absent}}{{/absent}}", "absent");
    expect_error(f, "{{^absent}}{{/absent}}", "absent");
    expect_error(f, "{{map.absent}}", "map.absent");
    expect_error(f, "{{map}}", "not a text");
    f->flags = 0;
    expect(f, "[{{absent}}{{#absent}}x{{/absent}}{{map.absent}}{{map}}]", "[]");
}

static void
test_values(void **state)
{
    struct fixture *f = *state;
    value_set_int(f->a, f->data, "i", -120);
    value_set(f->a, f->data, "d", value_dec(f->a, 1208000));
    value_set(f->a, f->data, "t", value_time(f->a, time_from_civil(2026, 11, 23, 10, 5, 59)));
    value_set_bool(f->a, f->data, "b", true);
    expect(f, "{{i}} {{d}} {{t}} {{b}}", "-120 120.8 2026-11-23 10:05 true");
    expect(f, "<a href=\"/x?t={{t}}\">", "<a href=\"/x?t=2026-11-23%2010%3A05\">");
}

static void
shout(struct buf *out, const char *text, void *arg)
{
    buf_puts(out, arg);
    buf_puts(out, text);
    buf_puts(out, arg);
}

static void
test_lambda(void **state)
{
    struct fixture *f = *state;
    value_set(f->a, f->data, "shout", value_lambda_new(f->a, shout, "<!>"));
    expect(f, "{{#shout}}a {{b}} c{{/shout}}{{^shout}}never{{/shout}}", "<!>a {{b}} c<!>");
    expect(f, "{{shout}}", "&lt;!&gt;&lt;!&gt;");
}

static void
test_page_frame(void **state)
{
    struct fixture *f = *state;
    f->partials[0][0] = "frame";
    f->partials[0][1] = "<main>\n  {{$main}}none{{/main}}\n</main>\n{{$foot}}-{{/foot}}\n";
    f->partials[1][0] = "row";
    f->partials[1][1] = "<li>{{.}}\n";
    struct value *rows = value_list(f->a);
    value_push(f->a, rows, value_text(f->a, "<a>"));
    value_push(f->a, rows, value_int(f->a, 2));
    value_set(f->a, f->data, "rows", rows);
    expect(f,
           "{{<frame}}\n{{$main}}\n  <ul>\n  {{#rows}}\n    {{>row}}\n  {{/rows}}\n  </ul>\n"
           "{{/main}}\n{{/frame}}\n",
           "<main>\n  <ul>\n    <li>&lt;a&gt;\n    <li>2\n  </ul>\n\n</main>\n-\n");
    expect_error(f, "{{<frame}}lost{{/frame}}", "only blocks");
    expect_error(f, "{{<frame}}{{x}}{{/frame}}", "only blocks");
    expect_error(f, "{{>absent}}", "no template absent");
    expect_error(f, "{{<absent}}{{/absent}}", "no template absent");
}

// The HTML context flows through partials and blocks.
static void
test_context_through_partials(void **state)
{
    struct fixture *f = *state;
    set(f, "x", "javascript:a");
    f->partials[0][0] = "value";
    f->partials[0][1] = "{{$v}}{{x}}{{/v}}";
    expect(f, "<a href=\"{{>value}}\">{{>value}}</a>", "<a href=\"#\">javascript:a</a>");
    expect(f, "<a href=\"/{{<value}}{{$v}}{{x}}{{/v}}{{/value}}\">",
           "<a href=\"/javascript%3Aa\">");
    f->partials[1][0] = "script";
    f->partials[1][1] = "\n<script>{{$v}}{{/v}}</script>";
    expect_error(f, "{{<script}}{{$v}}\n\n{{x}}{{/v}}{{/script}}", "t.html:3:");
    f->partials[1][1] = "\n<script>{{x}}</script>";
    expect_error(f, "{{>script}}", "script:2:");
}

static void
test_recursion(void **state)
{
    struct fixture *f = *state;
    f->partials[0][0] = "tree";
    f->partials[0][1] = "<li>{{name}}{{#kids}}<ul>{{>tree}}</ul>{{/kids}}</li>";
    struct value *leaf = value_map(f->a);
    value_set_text(f->a, leaf, "name", "叶");
    value_set(f->a, leaf, "kids", &value_empty_list);
    struct value *top = leaf;
    for (int i = 0; i < 40; i++) {
        struct value *m = value_map(f->a);
        struct value *kids = value_list(f->a);
        value_push(f->a, kids, top);
        value_push(f->a, kids, leaf);
        value_set_text(f->a, m, "name", "枝");
        value_set(f->a, m, "kids", kids);
        top = m;
    }
    f->data = top;
    const char *got = page(f, "{{>tree}}");
    assert_non_null(got);
    size_t items = 0;
    for (const char *p = got; (p = strstr(p, "<li>")) != NULL; p++) {
        items++;
    }
    assert_int_equal(items, 81);
    // Circular data and partials that never stop end in an error, not in a crash.
    struct value *loop = value_map(f->a);
    value_set_text(f->a, loop, "name", "圈");
    value_set(f->a, loop, "kids", loop);
    f->data = loop;
    expect_error(f, "{{>tree}}", "without end");
    f->partials[1][0] = "self";
    f->partials[1][1] = "x{{>self}}";
    expect_error(f, "{{>self}}", "without end");
    f->partials[1][1] = "x\n  {{>self}}\n";
    expect_error(f, "{{>self}}", "too deeply");
    f->partials[1][1] = "<p {{>self}}>";
    expect_error(f, "{{>self}}", "");
}

static void
test_syntax_errors(void **state)
{
    struct fixture *f = *state;
    expect_error(f, "a\n{{#rows}}\n", "t.html:2: unclosed section rows");
    expect_error(f, "{{#a}}{{#b}}{{/a}}{{/b}}", "unclosed section b");
    expect_error(f, "{{/a}}", "nothing to close with a");
    expect_error(f, "x {{a", "unclosed tag");
    expect_error(f, "{{{a}}", "unclosed tag");
    expect_error(f, "{{}}", "needs a name");
    expect_error(f, "{{#}}{{/}}", "needs a name");
    expect_error(f, "{{a b}}", "a b");
    expect_error(f, "{{a..b}}", "bad name");
    expect_error(f, "{{=x=}}", "delimiters");
    expect_error(f, "{{= a b c =}}", "delimiters");
    struct buf deep;
    buf_init(&deep, f->a, 0, 100000);
    for (int i = 0; i < 200; i++) {
        buf_puts(&deep, "{{#a}}");
    }
    expect_error(f, buf_str(&deep), "too deeply");
}

// The place where a key was found is remembered; rows built otherwise must not be misread.
static void
test_hints(void **state)
{
    struct fixture *f = *state;
    struct value *rows = value_list(f->a);
    for (int i = 0; i < 6; i++) {
        struct value *m = value_map(f->a);
        if (i % 2 == 0) {
            value_set_text(f->a, m, "pad", "p");
        }
        if (i != 3) {
            value_set_int(f->a, m, "n", i);
        }
        value_set_text(f->a, m, "m", "m");
        value_push(f->a, rows, m);
    }
    value_set(f->a, f->data, "rows", rows);
    value_set_text(f->a, f->data, "n", "outer");
    expect(f, "{{#rows}}{{n}}{{m}} {{/rows}}", "0m 1m 2m outerm 4m 5m ");
}

static void
test_full_buffer(void **state)
{
    struct fixture *f = *state;
    struct mustache *m = parse(f, "0123456789");
    struct buf out;
    buf_init(&out, f->a, 0, 5);
    assert_false(mustache_render(m, f->data, &out, &f->why));
    assert_non_null(strstr(f->why, "larger"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_text_and_attribute),
        TEST(test_names_of_any_map),
        TEST(test_url),
        TEST(test_refused_places),
        TEST(test_sections_in_tags),
        TEST(test_marks),
        TEST(test_strict),
        TEST(test_values),
        TEST(test_lambda),
        TEST(test_page_frame),
        TEST(test_context_through_partials),
        TEST(test_recursion),
        TEST(test_syntax_errors),
        TEST(test_hints),
        TEST(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
