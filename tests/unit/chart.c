// SPDX-License-Identifier: Apache-2.0
// Charts: well-formed SVG, places of points, hostile labels, extreme numbers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "view/chart.h"

#include <expat.h>
#include <string.h>

static int
setup(void **state)
{
    *state = arena_new(16 * 1024 * 1024);
    return 0;
}

static int
teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void
assert_xml(const struct buf *b)
{
    XML_Parser p = XML_ParserCreate("UTF-8");
    if (XML_Parse(p, b->p, (int)b->n, 1) != XML_STATUS_OK) {
        fail_msg("%s: %s", XML_ErrorString(XML_GetErrorCode(p)), b->p);
    }
    XML_ParserFree(p);
    assert_null(strstr(b->p, "style="));
    assert_null(strstr(b->p, "<script"));
}

static size_t
count(const struct buf *b, const char *what)
{
    size_t n = 0;
    for (const char *p = b->p; (p = strstr(p, what)) != NULL; p++) {
        n++;
    }
    return n;
}

static struct buf
new_buf(void **state)
{
    struct buf b;
    buf_init(&b, *state, 4096, 1000000);
    return b;
}

// The figures of the design page come out at the design's places.
static void
test_lines(void **state)
{
    static const char *const months[] = {"12月", "1月", "2月", "3月", "4月",  "5月",
                                         "6月",  "7月", "8月", "9月", "10月", "11月"};
    static const int64_t in[] = {182, 151, 98, 204, 231, 219, 246, 238, 252, 267, 241, 198};
    static const int64_t out[] = {176, 149, 104, 190, 222, 224, 239, 240, 247, 257, 250, 181};
    struct chart_series series[] = {{"受理", in}, {"办结", out}};
    struct buf b = new_buf(state);
    chart_lines(&b, "t1-t", months, 12, series, 2, "件");
    assert_xml(&b);
    assert_non_null(strstr(b.p, "<svg viewBox=\"0 0 720 250\" class=\"cs\" role=\"img\" "
                                "aria-labelledby=\"t1-t\">"));
    assert_int_equal(count(&b, "<path class=\"g\""), 4); // 0 100 200 300
    assert_non_null(strstr(b.p, ">300</text>"));
    assert_int_equal(count(&b, "class=\"ax m\""), 12);
    assert_int_equal(count(&b, "<circle class=\"p1\""), 12);
    assert_int_equal(count(&b, "<circle class=\"p2\""), 12);
    assert_non_null(strstr(b.p, "<title>9月 受理 267 件</title>"));
    assert_non_null(strstr(b.p, "<polyline class=\"l1\" points=\"40,95.4 100.7,117.3 "));
}

static void
test_lines_edges(void **state)
{
    static const char *const labels[] = {"<a>", "\"&'"};
    static const int64_t zero[] = {0, 0};
    static const int64_t wild[] = {INT64_MIN, INT64_MAX};
    static const int64_t below[] = {-7, 3};
    struct buf b = new_buf(state);
    struct chart_series s = {"<script>", zero};
    chart_lines(&b, "\"x", labels, 2, &s, 1, "<b>");
    assert_xml(&b);
    s.values = wild;
    b = new_buf(state);
    chart_lines(&b, "t", labels, 2, &s, 1, "");
    assert_xml(&b);
    s.values = below;
    b = new_buf(state);
    chart_lines(&b, "t", labels, 2, &s, 1, "");
    assert_xml(&b);
    assert_non_null(strstr(b.p, ">-10</text>"));
    b = new_buf(state);
    chart_lines(&b, "t", labels, 1, &s, 1, ""); // one point
    assert_xml(&b);
    b = new_buf(state);
    chart_lines(&b, "t", labels, 0, &s, 1, ""); // none
    assert_xml(&b);
    b = new_buf(state);
    chart_lines(&b, "t", labels, 0, NULL, 0, "");
    assert_xml(&b);
}

static void
test_many_labels(void **state)
{
    const char *labels[100];
    int64_t values[100];
    for (int i = 0; i < 100; i++) {
        labels[i] = i == 99 ? "last" : "d";
        values[i] = i * 1000000;
    }
    struct chart_series s = {"x", values};
    struct buf b = new_buf(state);
    chart_lines(&b, "t", labels, 100, &s, 1, "");
    assert_xml(&b);
    assert_in_range(count(&b, "class=\"ax m\""), 6, 12);
    assert_non_null(strstr(b.p, ">last</text>"));
}

static void
test_bars(void **state)
{
    static const char *const labels[] = {"市财政局", "市自然资源局", "名称特别长的某个市级部门",
                                         "<&>", "负数"};
    static const int64_t values[] = {62, 44, 31, 0, -5};
    static const char *const notes[] = {"62 件　97%", "44 件　▼86%", NULL, "<b>", NULL};
    static const bool flag[] = {false, true, false, false, false};
    struct buf b = new_buf(state);
    chart_bars(&b, "t2-t", labels, values, notes, flag, 5);
    assert_xml(&b);
    assert_non_null(strstr(b.p, "viewBox=\"0 0 460 150\""));
    assert_non_null(strstr(b.p, "<text class=\"ax e\" x=\"104\" y=\"20\">市财政局</text>"
                                "<rect class=\"b1\" x=\"112\" y=\"7\" width=\"252\" "
                                "height=\"16\" rx=\"2\"/>"
                                "<text class=\"vl\" x=\"370\" y=\"20\">62 件　97%</text>"));
    assert_non_null(strstr(b.p, "<rect class=\"b2\" x=\"112\" y=\"37\" width=\"178.8\""));
    assert_int_equal(count(&b, "class=\"b2\""), 1);
    assert_non_null(strstr(b.p, "<title>名称特别长的某个市级部门</title>"));
    assert_non_null(strstr(b.p, "…</text>"));
    assert_non_null(strstr(b.p, ">31</text>"));
    b = new_buf(state);
    chart_bars(&b, "t", labels, values, NULL, NULL, 0);
    assert_xml(&b);
}

static void
test_bars_in_english(void **state)
{
    static const char *const labels[] = {"Environment and work safety", "Law", "用地"};
    static const int64_t values[] = {4, 2, 1};
    struct buf b = new_buf(state);
    chart_bars(&b, "t", labels, values, NULL, NULL, 3);
    assert_xml(&b);
    assert_non_null(strstr(b.p, "x=\"154\" y=\"20\">Environment and work…</text>"));
    assert_non_null(strstr(b.p, "<rect class=\"b1\" x=\"162\" y=\"7\" width=\"202\""));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines), TEST(test_lines_edges),     TEST(test_many_labels),
        TEST(test_bars),  TEST(test_bars_in_english),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
