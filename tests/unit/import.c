// SPDX-License-Identifier: Apache-2.0
// Reading foreign tables: dates as spreadsheets write them, columns by map, what is refused.
#include "kit/import.h"
#include "cmd/import_read.h"

#include "base/text.h"
#include "base/timestamp.h"
#include "cmd/uscc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct choice KINDS[] = {{"finance", "融资", NULL}, {"other", "其他", NULL}, {0}};
static const struct field FIELDS[] = {
    {.name = "title", .type = FIELD_TEXT, .label = "标题", .required = true, .max = 10},
    {.name = "body", .type = FIELD_LONG, .label = "内容", .max = 30},
    {.name = "category", .type = FIELD_CHOICE, .label = "类别", .choices = KINDS},
    {.name = "submitted_at", .type = FIELD_TIME, .label = "提交时间"},
    {.name = "stars", .type = FIELD_INT, .label = "满意度", .min = 1, .max = 5},
    {0},
};

static struct import_table
table(struct arena *a, const struct import_map *map)
{
    return (struct import_table){.arena = a, .map = map, .fields = FIELDS};
}

static void
check_time(const char *text, const char *expected)
{
    struct arena *a = arena_new(4096);
    int64_t ms = 0;
    bool ok = import_moment(text, 8 * TIME_HOUR, &ms);
    if (expected == NULL) {
        assert_false(ok);
    } else {
        assert_true(ok);
        assert_string_equal(time_rfc3339(a, ms), expected);
    }
    arena_free(a);
}

static void
test_times(void **state)
{
    (void)state;
    check_time("2019/4/25 9:32:09", "2019-04-25T09:32:09+08:00");
    check_time("2019-04-25 09:32", "2019-04-25T09:32:00+08:00");
    check_time("2019/4/25", "2019-04-25T00:00:00+08:00");
    check_time("2020年2月29日", "2020-02-29T00:00:00+08:00");
    check_time("2019-04-25T01:32:09Z", "2019-04-25T09:32:09+08:00");
    // 43687 is 2019-08-10 in every spreadsheet; half a day is noon.
    check_time("43687.5", "2019-08-10T12:00:00+08:00");
    check_time("43687", "2019-08-10T00:00:00+08:00");
    // The fraction is a third of a day with the digits a spreadsheet keeps.
    check_time("43687.3333333333", "2019-08-10T08:00:00+08:00");
}

static void
test_times_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2019/2/30",
        "2019/13/1",
        "2019/4/25 24:00:00",
        "25/4/2019",
        "2019/4/25 9:61",
        "yesterday",
        "20190425123456",
        "2019/4/25x",
        "2019/4/25 9:32:09x",
        "1e5",
        "43687.5.1",
        "17",
        "2019/4",
        "2019/4/25 9",
        "-43687",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        check_time(wrong[i], NULL);
    }
}

static void
test_other_clock(void **state)
{
    (void)state;
    int64_t beijing = 0;
    int64_t utc = 0;
    assert_true(import_moment("2019/4/25 8:00:00", 8 * TIME_HOUR, &beijing));
    assert_true(import_moment("2019/4/25 0:00:00", 0, &utc));
    assert_int_equal(beijing, utc);
}

static void
test_map_and_row(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const char *why = NULL;
    struct import_map map;
    static const char json[] = "{\"columns\":{\"when\":\"submitted_at\",\"title\":\"\"},"
                               "\"timezone\":\"+08:00\",\"defaults\":{\"category\":\"other\"},"
                               "\"values\":{\"category\":{\"loan\":\"finance\"}}}";
    assert_true(import_map_parse(a, json, strlen(json), &map, &why));
    struct import_table t = table(a, &map);
    // A Chinese label names a column too; "title" is dropped by the map.
    const char *head[] = {"标题", "when", "title", "满意度", "category", "noise"};
    assert_true(import_header(&t, head, 6, &why));
    assert_int_equal(t.unknown_count, 1); // "title" was dropped on purpose
    struct faults f = {0};
    const char *cells[] = {"　两 行\n标题 ", "2019/4/25 9:32:09", "x", "5", "loan", "y"};
    struct value *row = import_row(&t, a, cells, 6, &f);
    assert_non_null(row);
    assert_string_equal(value_get_text(row, "title"), "两 行 标题");
    assert_string_equal(value_get_text(row, "category"), "finance");
    assert_int_equal(value_get_int(row, "stars", 0), 5);
    assert_int_equal(value_get(row, "submitted_at")->type, VALUE_TIME);
    const char *bare[] = {"短"};
    row = import_row(&t, a, bare, 1, &f);
    assert_non_null(row);
    assert_string_equal(value_get_text(row, "category"), "other");
    assert_null(value_get(row, "stars"));
    arena_free(a);
}

static void
test_row_faults(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const char *why = NULL;
    struct import_table t = table(a, &IMPORT_MAP_NONE);
    const char *head[] = {"title", "category", "submitted_at", "stars"};
    assert_true(import_header(&t, head, 4, &why));
    struct faults f = {0};
    const char *cells[] = {"一二三四五六七八九十一", "money", "soon", "6", "extra"};
    assert_null(import_row(&t, a, cells, 5, &f));
    assert_int_equal(f.count, 5); // four cells and the extra one
    assert_non_null(faults_of(&f, "category"));
    assert_non_null(faults_of(&f, "submitted_at"));
    assert_non_null(faults_of(&f, "stars"));
    f = (struct faults){0};
    const char *empty[] = {"", "", "", ""};
    assert_null(import_row(&t, a, empty, 4, &f));
    assert_string_equal(faults_of(&f, "title")->code, "required");
    arena_free(a);
}

static void
test_texts_kept(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const char *why = NULL;
    struct import_table t = table(a, &IMPORT_MAP_NONE);
    const char *head[] = {"title", "body"};
    assert_true(import_header(&t, head, 2, &why));
    struct faults f = {0};
    const char *cells[] = {"\xef\xbb\xbf'); --", "<p>a&nbsp;b</p>\r\n\x01\u202e😀 "};
    struct value *row = import_row(&t, a, cells, 2, &f);
    assert_non_null(row);
    assert_string_equal(value_get_text(row, "title"), "'); --");
    // Markup is text; what cannot be seen is not kept.
    assert_string_equal(value_get_text(row, "body"), "<p>a&nbsp;b</p>\n😀");
    arena_free(a);
}

static void
test_headers_refused(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const char *why = NULL;
    struct import_table t = table(a, &IMPORT_MAP_NONE);
    const char *none[] = {"body"};
    assert_false(import_header(&t, none, 1, &why));
    assert_non_null(strstr(why, "title"));
    t = table(a, &IMPORT_MAP_NONE);
    const char *twice[] = {"title", "标题"};
    assert_false(import_header(&t, twice, 2, &why));
    struct import_map map;
    static const char *const wrong[] = {"[]", "{\"column\":{}}", "{\"timezone\":\"8\"}",
                                        "{\"columns\":[]}", "{"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(import_map_parse(a, wrong[i], strlen(wrong[i]), &map, &why));
    }
    arena_free(a);
}

static void
test_uscc(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);
    // domain.md §4's example.
    assert_string_equal(uscc_make(a, "91320902", "MA0TEK01"), "91320902MA0TEK012E");
    arena_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),           cmocka_unit_test(test_times_refused),
        cmocka_unit_test(test_other_clock),     cmocka_unit_test(test_map_and_row),
        cmocka_unit_test(test_row_faults),      cmocka_unit_test(test_texts_kept),
        cmocka_unit_test(test_headers_refused), cmocka_unit_test(test_uscc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
