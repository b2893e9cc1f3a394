// SPDX-License-Identifier: Apache-2.0
// Sheets as offices have them: cells, headings, and what the sandboxed reader hands over. No
// database.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "kit/import.h"
#include "kit/parser.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct choice KINDS[] = {
    {.value = "han", .label = "汉族"}, {.value = "hui", .label = "回族"}, {0}};
static const struct choice PARTIES[] = {
    {.value = "cpc", .label = "中共党员"}, {.value = "rcck", .label = "民革党员"}, {0}};

static const char *
code_fault(struct arena *a, const char *s)
{
    (void)a;
    return strlen(s) == 4 ? NULL : "应是 4 位";
}

enum { NAME, CODE, PEOPLE, PARTY, SINCE, COUNT, MONEY, MOBILE, YES, CONTACT };
static const struct field FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .label = "企业名称",
     .required = true,
     .max = 10,
     .where = IN_FORM},
    {.name = "code",
     .type = FIELD_TEXT,
     .label = "代码",
     .check = code_fault,
     .where = IN_FORM},
    {.name = "people",
     .type = FIELD_CHOICE,
     .label = "民族",
     .choices = KINDS,
     .where = IN_FORM},
    {.name = "party",
     .type = FIELD_CHOICE,
     .label = "面貌",
     .choices = PARTIES,
     .where = IN_FORM},
    {.name = "since", .type = FIELD_DATE, .label = "入会日期", .where = IN_FORM},
    {.name = "count", .type = FIELD_INT, .label = "人数", .max = 5000, .where = IN_FORM},
    {.name = "money", .type = FIELD_MONEY, .label = "会费", .where = IN_FORM},
    {.name = "mobile", .type = FIELD_MOBILE, .label = "联系手机", .where = IN_FORM},
    {.name = "yes", .type = FIELD_FLAG, .label = "是否", .where = IN_FORM},
    {.name = "contact", .type = FIELD_TEXT, .label = "联系人", .where = IN_FORM},
    {.name = "id", .type = FIELD_INT, .label = "编号", .where = IN_DETAIL}, // the system's own
    {0},
};
static const struct record_kind KIND = {.name = "test", .plural = "tests", .fields = FIELDS};
static const struct import_title TITLES[] = {
    {.field = "name", .titles = "单位名称 公司名"},
    {.field = "contact", .titles = "联系人姓名"},
    {.field = "mobile", .titles = "联系人手机 电话"},
    {0},
};
static const struct import_kind IMPORT = {.kind = &KIND, .titles = TITLES};

static int
set_up(void **state)
{
    *state = arena_new((size_t)256 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

// ---- cells -----------------------------------------------------------------------------

static void
dates_of_every_spelling(void **state)
{
    static const struct {
        const char *text, *day;
    } cases[] = {
        {"2021/3/5", "2021-03-05"},
        {"2021-03-05", "2021-03-05"},
        {"2021.3.5", "2021-03-05"},
        {"2021年3月5日", "2021-03-05"},
        {"20210305", "2021-03-05"},
        {"２０２１年３月５日", "2021-03-05"},
        {"2021年3月", "2021-03-01"},
        {"2021/3/5 0:00:00", "2021-03-05"},
        {"44260", "2021-03-05"}, // the serial of every spreadsheet of the 1900 system
        {"44260.75", "2021-03-05"},
        {"61", "1900-03-01"},
        {"60", NULL}, // 29 February 1900, which never was
        {"2021/2/29", NULL},
        {"2021/13/1", NULL},
        {"3/5/2021", NULL},
        {"昨天", NULL},
        {"2021", NULL /* a serial of 1905, more likely a year */},
        {"20211305", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *day = import_date(*state, cases[i].text);
        if (!text_equal(day, cases[i].day)) {
            fail_msg("%s: %s", cases[i].text, day == NULL ? "none" : day);
        }
    }
}

static const struct value *
cell(struct arena *a, int field, int scale, const char *text, const char **wrong)
{
    const struct import_column c = {.field = &FIELDS[field], .scale = scale};
    *wrong = NULL;
    return import_cell(a, LANG_ZH, &c, text, wrong);
}

static void
takes(struct arena *a, int field, const char *text, const char *expected)
{
    const char *wrong;
    const struct value *v = cell(a, field, 0, text, &wrong);
    if (wrong != NULL || strcmp(v->s, expected) != 0) {
        fail_msg("%s: %s", text, wrong != NULL ? wrong : v->s);
    }
}

static void
counts(struct arena *a, int field, int scale, const char *text, int64_t expected)
{
    const char *wrong;
    const struct value *v = cell(a, field, scale, text, &wrong);
    if (wrong != NULL || v->i != expected) {
        fail_msg("%s: %s", text, wrong != NULL ? wrong : "another number");
    }
}

static void
refuses(struct arena *a, int field, const char *text, const char *says)
{
    const char *wrong;
    cell(a, field, 0, text, &wrong);
    if (wrong == NULL || strstr(wrong, says) == NULL) {
        fail_msg("%s: %s", text, wrong == NULL ? "taken" : wrong);
    }
}

static void
cells_as_people_write_them(void **state)
{
    struct arena *a = *state;
    takes(a, NAME, "　江南\x01精密 ", "江南精密");
    takes(a, CODE, "Ａ１２Ｂ", "A12B"); // full-width
    takes(a, PEOPLE, "汉", "han");
    takes(a, PEOPLE, "hui", "hui");
    takes(a, MOBILE, "１３８ 1234-6620", "13812346620");
    takes(a, MOBILE, "+8613812346620", "13812346620");
    takes(a, MOBILE, "13812346620.0", "13812346620");
    counts(a, COUNT, 0, "１,２３４人", 1234);
    counts(a, COUNT, 0, "12.0", 12);
    counts(a, MONEY, 0, "1,234.5 元", 123450);
    counts(a, MONEY, 0, "¥12", 1200);
    counts(a, MONEY, 0, "0.30000000000000004", 30);
    counts(a, MONEY, 0, "1.5万元", 1500000);
    counts(a, MONEY, 1000000, "1.5", 1500000); // the title says 万元
    const char *wrong;
    assert_ptr_equal(cell(a, YES, 0, "√", &wrong), &value_true);
    assert_ptr_equal(cell(a, YES, 0, "否", &wrong), &value_false);
}

static void
wrong_cells_say_how_to_mend_them(void **state)
{
    struct arena *a = *state;
    refuses(a, NAME, "一二三四五六七八九十多", "最多 10 个字");
    refuses(a, CODE, "123", "应是 4 位");
    refuses(a, CODE, "9.13E+17", "设为文本");
    refuses(a, PEOPLE, "满", "可以填：汉族、回族");
    refuses(a, PARTY, "党员", "可以填"); // a part of two
    refuses(a, SINCE, "去年", "2021年3月5日");
    refuses(a, COUNT, "很多", "不是整数");
    refuses(a, COUNT, "5001", "不能大于 5000");
    refuses(a, MONEY, "-1", "不是金额");
    refuses(a, MONEY, "1.234", "不是金额");
    refuses(a, MOBILE, "1.38E+10", "设为文本");
    refuses(a, MOBILE, "0515-8823", "11 位");
    refuses(a, YES, "也许", "“是”或“否”");
}

// ---- headings --------------------------------------------------------------------------

enum { WIDE = 6 };

static struct import_head
head_of(struct arena *a, const char *rows[][WIDE], size_t count)
{
    struct import_cells *cells = ARENA_ARRAY(a, struct import_cells, count);
    for (size_t i = 0; i < count; i++) {
        cells[i] = (struct import_cells){i + 1, WIDE, ARENA_ARRAY(a, const char *, WIDE)};
        for (size_t c = 0; c < WIDE; c++) {
            cells[i].cells[c] = rows[i][c] == NULL ? "" : rows[i][c];
        }
    }
    struct import_head h = {0};
    assert_true(import_head_find(a, &IMPORT, cells, count, &h));
    return h;
}

static void
headings_stand_below_titles(void **state)
{
    const char *rows[][WIDE] = {
        {"临江区企业名册", "临江区企业名册", "临江区企业名册"},
        {"填报单位：工商联", NULL, "日期：2026年"},
        {"序号", "*企业名称\n(全称)", "代码", "电话：", "入会日期"},
        {"1", "甲公司", "1234", "13812346620", "2021/3/5"},
    };
    struct import_head h = head_of(*state, rows, 4);
    assert_int_equal(h.first, 2);
    assert_int_equal(h.rows, 1);
    assert_string_equal(import_field_of_title(*state, &IMPORT, h.titles[1])->name, "name");
    assert_string_equal(import_field_of_title(*state, &IMPORT, h.titles[3])->name, "mobile");
    assert_null(import_field_of_title(*state, &IMPORT, h.titles[0]));
    assert_null(import_field_of_title(*state, &IMPORT, "编号")); // the system keeps it
}

static void
headings_stand_in_two_rows(void **state)
{
    const char *rows[][WIDE] = {
        {"单位名称", "联系人", NULL, "会费（万元）"},
        {NULL, "姓名", "手机", NULL},
        {"甲公司", "王五", "13812346620", "1"},
    };
    struct import_head h = head_of(*state, rows, 3);
    assert_int_equal(h.first, 0);
    assert_int_equal(h.rows, 2);
    assert_string_equal(h.titles[0], "单位名称");
    assert_string_equal(h.titles[1], "联系人姓名");
    assert_string_equal(h.titles[2], "联系人手机");
    assert_string_equal(import_field_of_title(*state, &IMPORT, h.titles[3])->name, "money");
}

static void
headings_nobody_knows(void **state)
{
    const char *rows[][WIDE] = {{"表"}, {"甲", "乙"}, {"1", "2"}};
    struct import_head h = head_of(*state, rows, 3);
    assert_int_equal(h.first, 1);
    const char *one[] = {"甲", "乙"}, *two[] = {"甲乙", ""};
    assert_string_not_equal(import_signature(*state, one, 2), import_signature(*state, two, 2));
}

// ---- rows as bytes ---------------------------------------------------------------------

static void
rows_as_bytes(void **state)
{
    struct arena *a = *state;
    struct buf b;
    const char *cells[] = {"甲", "", "丙"};
    buf_init(&b, a, 16, 1 << 20);
    assert_true(import_rows_put(&b, 7, cells, 3));
    assert_true(import_rows_put(&b, 8, cells, 0));
    struct import_rows r = {b.p, b.p + b.n};
    struct import_cells out;
    assert_int_equal(import_rows_next(&r, a, &out), 1);
    assert_int_equal(out.line, 7);
    assert_int_equal(out.n, 3);
    assert_string_equal(out.cells[2], "丙");
    assert_int_equal(import_rows_next(&r, a, &out), 1);
    assert_int_equal(import_rows_next(&r, a, &out), 0);
    // Bytes of a process that lies: no prefix and no change of a byte reads past the end.
    for (size_t n = 1; n < b.n; n++) {
        char *copy = arena_memdup(a, b.p, n);
        r = (struct import_rows){copy, copy + n};
        while (import_rows_next(&r, a, &out) == 1) {
        }
        copy = arena_memdup(a, b.p, b.n);
        copy[n] = (char)0xFF;
        r = (struct import_rows){copy, copy + b.n};
        while (import_rows_next(&r, a, &out) == 1) {
        }
    }
}

// ---- the reader ------------------------------------------------------------------------

struct got {
    struct arena *a;
    char text[4096];
    size_t rows;
};

static bool
collect(void *arg, size_t line, const char **cells, size_t n)
{
    struct got *g = arg;
    size_t at = strlen(g->text);
    for (size_t i = 0; i < n && at < sizeof g->text - 64; i++) {
        at += (size_t)snprintf(g->text + at, sizeof g->text - at, "%s%s", i == 0 ? "" : ",",
                               cells[i]);
    }
    snprintf(g->text + at, sizeof g->text - at, "@%zu ", line);
    return ++g->rows < 1000;
}

static const char *
parse(struct got *g, const void *data, size_t n, enum parser_format format)
{
    int fd = memfd_create("sheet", MFD_CLOEXEC);
    assert_int_equal(write(fd, data, n), (ssize_t)n);
    g->text[0] = '\0';
    g->rows = 0;
    const char *why = parser_read(g->a, LANG_ZH, fd, format, collect, g);
    close(fd);
    return why;
}

static void
files_are_read_by_another_process(void **state)
{
    struct got g = {.a = *state};
    static const char UTF8[] = "\xEF\xBB\xBF名称,电话\r\n甲,1\r\n";
    static const char GBK[] = "\xC3\xFB\xB3\xC6,\xB5\xE7\xBB\xB0\r\n\xBC\xD7,1\r\n";
    static const char EURO[] = "\xA2\xE3,\x81\x30\x84\x36\n"; // GB 18030: two and four bytes
    assert_null(parse(&g, UTF8, sizeof UTF8 - 1, PARSER_CSV));
    assert_string_equal(g.text, "名称,电话@1 甲,1@2 ");
    assert_null(parse(&g, GBK, sizeof GBK - 1, PARSER_CSV));
    assert_string_equal(g.text, "名称,电话@1 甲,1@2 ");
    assert_null(parse(&g, EURO, sizeof EURO - 1, PARSER_CSV));
    assert_string_equal(g.text, "€,¥@1 ");
    assert_non_null(strstr(parse(&g, "\"open", 5, PARSER_CSV), "引号"));
    assert_non_null(strstr(parse(&g, "a\0b", 3, PARSER_CSV), "编码"));
    assert_non_null(parse(&g, "PK\3\4 no archive", 15, PARSER_XLSX));
    assert_null(parse(&g, "", 0, PARSER_CSV));
    assert_string_equal(g.text, "");
}

static void
reading_may_stop_early(void **state)
{
    struct got g = {.a = *state};
    enum { LINES = 300000 };
    char *text = arena_raw(*state, LINES * 2);
    for (size_t i = 0; i < LINES; i++) {
        memcpy(text + 2 * i, "a\n", 2);
    }
    assert_null(parse(&g, text, LINES * 2, PARSER_CSV));
    assert_int_equal(g.rows, 1000);
    static const char AGAIN[] = "b\n";
    assert_null(parse(&g, AGAIN, 2, PARSER_CSV)); // the starter lives on
    assert_string_equal(g.text, "b@1 ");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(dates_of_every_spelling),
        TEST(cells_as_people_write_them),
        TEST(wrong_cells_say_how_to_mend_them),
        TEST(headings_stand_below_titles),
        TEST(headings_stand_in_two_rows),
        TEST(headings_nobody_knows),
        TEST(rows_as_bytes),
        TEST(files_are_read_by_another_process),
        TEST(reading_may_stop_early),
    };
    if (!parser_start()) {
        return 1;
    }
    return cmocka_run_group_tests_name("import_sheet", tests, NULL, NULL);
}
