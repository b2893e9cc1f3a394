// SPDX-License-Identifier: Apache-2.0
// Tables out and in: formulas, quoting, encodings, damaged and hostile files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "view/table.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zip.h>

static int
setup(void **state)
{
    *state = arena_new(128 * 1024 * 1024);
    return 0;
}

static int
teardown(void **state)
{
    arena_free(*state);
    return 0;
}

// --- CSV out ---

// Cells are looked through eight bytes at a time: what is special counts wherever it stands.
static void
test_csv_special_anywhere(void **state)
{
    struct arena *a = *state;
    static const char SPECIAL[] = {',', '"', '\n', '\r'};
    for (size_t n = 1; n < 24; n++) {
        for (size_t at = 0; at < n; at++) {
            for (size_t k = 0; k < sizeof SPECIAL; k++) {
                char text[32] = {0};
                memset(text, 'a', n);
                text[at] = SPECIAL[k];
                struct value v = {.type = VALUE_TEXT};
                v.s = text;
                v.n = n;
                struct buf b;
                buf_init(&b, a, 0, 1000);
                csv_cells(&b, &v, 1);
                bool defused = at == 0 && SPECIAL[k] != ',' && SPECIAL[k] != '"';
                size_t wanted = n + 4 + (SPECIAL[k] == '"') + defused; // quotes and CRLF
                assert_int_equal(b.n, wanted);
                assert_int_equal(b.p[0], '"');
                assert_int_equal(b.p[b.n - 3], '"');
            }
        }
        char plain[32] = {0};
        memset(plain, '-' + 1, n); // the least that is not looked at closely
        struct value v = {.type = VALUE_TEXT};
        v.s = plain;
        v.n = n;
        struct buf b;
        buf_init(&b, a, 0, 1000);
        csv_cells(&b, &v, 1);
        assert_int_equal(b.n, n + 2);
    }
}

static void
test_csv_cells_in_order(void **state)
{
    struct arena *a = *state;
    struct value cells[4] = {{.type = VALUE_INT, .i = -7},
                             {.type = VALUE_NULL},
                             {.type = VALUE_DEC, .i = 15000},
                             {.type = VALUE_BOOL, .b = true}};
    struct buf b;
    buf_init(&b, a, 0, 1000);
    csv_cells(&b, cells, 4);
    assert_string_equal(buf_str(&b), "-7,,1.5,true\r\n");
}

static const char *
csv_of(struct arena *a, const struct value *v)
{
    struct table_column col = {"x", "列"};
    struct value *row = value_map(a);
    value_set(a, row, "x", v);
    struct buf b;
    buf_init(&b, a, 0, 100000);
    csv_row(&b, &col, 1, row);
    return buf_str(&b);
}

static void
test_csv_cells(void **state)
{
    struct arena *a = *state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"", "\r\n"},
        {"临江", "临江\r\n"},
        {"a,b", "\"a,b\"\r\n"},
        {"说\"是\"", "\"说\"\"是\"\"\"\r\n"},
        {"a\nb", "\"a\nb\"\r\n"},
        {" x", "\" x\"\r\n"},
        {"=1+1", "'=1+1\r\n"},
        {"+8613800000000", "'+8613800000000\r\n"},
        {"-1", "'-1\r\n"},
        {"@SUM(A1)", "'@SUM(A1)\r\n"},
        {"\tx", "'\tx\r\n"},
        {"\rx", "\"'\rx\"\r\n"},
        {"\n=x", "\"'\n=x\"\r\n"},
        {"=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"\r\n"},
        {"＝1", "'＝1\r\n"},
        {"a=1", "a=1\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(csv_of(a, value_text(a, rows[i].in)), rows[i].out);
    }
    assert_string_equal(csv_of(a, value_int(a, -5)), "-5\r\n");
    assert_string_equal(csv_of(a, value_dec(a, 1208000)), "120.8\r\n");
    assert_string_equal(csv_of(a, &value_null), "\r\n");
    assert_string_equal(csv_of(a, value_time(a, time_from_civil(2026, 2, 3, 4, 5, 0))),
                        "2026-02-03 04:05\r\n");
    struct value *list = value_list(a);
    value_push(a, list, value_text(a, "=甲"));
    value_push(a, list, value_int(a, 2));
    assert_string_equal(csv_of(a, list), "'=甲;2\r\n");
}

static void
test_csv_table(void **state)
{
    struct arena *a = *state;
    struct table_column cols[] = {{"id", "编号"}, {"name", "名称"}, {"gone", "=缺"}};
    struct value *row = value_map(a);
    value_set_text(a, row, "name", "甲,乙");
    value_set_int(a, row, "id", 7);
    struct buf b;
    buf_init(&b, a, 0, 100000);
    csv_head(&b, cols, 3);
    csv_row(&b, cols, 3, row);
    assert_string_equal(buf_str(&b), "\xEF\xBB\xBF编号,名称,'=缺\r\n7,\"甲,乙\",\r\n");
}

// --- reading ---

struct seen {
    struct arena *a;
    struct buf text; // 1:a|b;2:c|d;
    size_t stop_after;
    size_t rows;
};

static bool
see(void *arg, size_t line, const char **cells, size_t n)
{
    struct seen *s = arg;
    buf_printf(&s->text, "%zu:", line);
    for (size_t i = 0; i < n; i++) {
        buf_puts(&s->text, i > 0 ? "|" : "");
        buf_puts(&s->text, cells[i]);
    }
    buf_puts(&s->text, ";");
    return ++s->rows != s->stop_after;
}

static struct seen
nothing_seen(struct arena *a)
{
    struct seen s = {.a = a};
    buf_init(&s.text, a, 256, 10000000);
    return s;
}

static void
check_csv(struct arena *a, const char *text, size_t n, const char *expected)
{
    struct seen s = nothing_seen(a);
    char *exact = arena_memdup(a, text, n); // no NUL behind it: reading over shows up in ASan
    const char *why = csv_read(a, LANG_ZH, exact, n, see, &s);
    if (why != NULL) {
        fail_msg("%s: %s", text, why);
    }
    assert_string_equal(buf_str(&s.text), expected);
}

#define CSV(text, expected) check_csv(*state, text, sizeof(text) - 1, expected)

static void
test_csv_read(void **state)
{
    CSV("", "");
    CSV("\xEF\xBB\xBF", "");
    CSV("a,b\r\nc,d\r\n", "1:a|b;2:c|d;");
    CSV("a,b\nc,d", "1:a|b;2:c|d;");
    CSV("\xEF\xBB\xBF编号,名称\n1,会\n", "1:编号|名称;2:1|会;");
    CSV("a,\n,b\n,\n", "1:a|;2:|b;3:|;");
    CSV("a,", "1:a|;");
    CSV("\"a,b\",\"c\"\"d\"\n", "1:a,b|c\"d;");
    CSV("\"\"\n\"\"\"\"\n", "1:;2:\";");
    CSV("\"a\nb\r\nc\",d\ne\n", "1:a\nb\r\nc|d;4:e;");
    CSV("\n\r\na\n\n\nb\n", "3:a;6:b;");
    CSV(" a , b\n", "1: a | b;");
    CSV("'=1\n", "1:'=1;");
}

static void
test_csv_gb18030(void **state)
{
    // 商会,企业 / 𠮷 in four bytes
    CSV("\xC9\xCC\xBB\xE1,\xC6\xF3\xD2\xB5\n\x95\x34\xB2\x35\n", "1:商会|企业;2:𠮷;");
    CSV("\x84\x31\x95\x33\xC9\xCC\n", "1:商;"); // with its BOM
    // A second byte may look like a letter of ASCII.
    CSV("\x81\x41,\x81\x5C\n", "1:丄|乗;");
}

static void
check_csv_error(struct arena *a, const char *text, size_t n, const char *expected)
{
    struct seen s = nothing_seen(a);
    const char *why = csv_read(a, LANG_ZH, text, n, see, &s);
    if (why == NULL) {
        fail_msg("accepted: %s", text);
    }
    assert_string_equal(why, expected);
}

#define CSV_ERROR(text, expected) check_csv_error(*state, text, sizeof(text) - 1, expected)

static void
test_csv_errors(void **state)
{
    CSV_ERROR("a\n\"b\nc", "第 2 行：引号没有结束");
    CSV_ERROR("\"", "第 1 行：引号没有结束");
    CSV_ERROR("\"\"\"", "第 1 行：引号没有结束");
    CSV_ERROR("a\n\"b\nc\"d\n", "第 3 行：引号后面只能是逗号或换行");
    CSV_ERROR("a\nb\"c\n", "第 2 行：引号只能出现在加引号的单元格里");
    CSV_ERROR("a\rb\n", "第 1 行：换行符不完整");
    CSV_ERROR("a,b\0c", "文件编码既不是 UTF-8 也不是 GB18030");
    CSV_ERROR("a\xFF\xFF", "文件编码既不是 UTF-8 也不是 GB18030");
    CSV_ERROR("\xFF\xFE\x61\x00", "文件编码既不是 UTF-8 也不是 GB18030");
    struct buf b;
    buf_init(&b, *state, 0, 1000000);
    for (int i = 0; i < TABLE_COLUMNS_MAX; i++) {
        buf_putc(&b, ',');
    }
    check_csv_error(*state, b.p, b.n, "第 1 行：列数太多");
    struct seen s = nothing_seen(*state); // one less is allowed
    assert_null(csv_read(*state, LANG_ZH, b.p, b.n - 1, see, &s));
    assert_int_equal(s.text.n, strlen("1:;") + TABLE_COLUMNS_MAX - 1);
}

static void
test_csv_limits(void **state)
{
    struct arena *a = *state;
    size_t n = TABLE_CELL_MAX + 1;
    char *text = arena_alloc(a, n);
    memset(text, 'x', n);
    check_csv_error(a, text, n, "第 1 行：单元格内容太长");
    struct seen s = nothing_seen(a);
    assert_null(csv_read(a, LANG_ZH, text, n - 1, see, &s));
    s.stop_after = 2;
    s.rows = 0;
    assert_null(csv_read(a, LANG_ZH, "a\nb\n\"", 5, see, &s)); // stops before the fault
    assert_int_equal(s.rows, 2);
}

// What we write, we read.
static void
test_csv_round_trip(void **state)
{
    struct arena *a = *state;
    struct table_column cols[] = {{"a", "甲"}, {"b", "乙"}};
    struct value *row = value_map(a);
    value_set_text(a, row, "a", "x\"y\",\r\n z");
    value_set_text(a, row, "b", " ");
    struct buf b;
    buf_init(&b, a, 0, 100000);
    csv_head(&b, cols, 2);
    csv_row(&b, cols, 2, row);
    check_csv(a, b.p, b.n, "1:甲|乙;2:x\"y\",\r\n z| ;");
}

// --- workbooks ---

struct entry {
    const char *name, *content;
    size_t n;
};

static const void *
make_zip(struct arena *a, const struct entry *entries, size_t count, size_t *size)
{
    zip_error_t err;
    zip_error_init(&err);
    zip_source_t *src = zip_source_buffer_create(NULL, 0, 0, &err);
    zip_source_keep(src);
    zip_t *z = zip_open_from_source(src, ZIP_TRUNCATE, &err);
    assert_non_null(z);
    for (size_t i = 0; i < count; i++) {
        size_t n = entries[i].n == 0 ? strlen(entries[i].content) : entries[i].n;
        zip_source_t *part = zip_source_buffer(z, entries[i].content, n, 0);
        assert_true(zip_file_add(z, entries[i].name, part, ZIP_FL_ENC_UTF_8) >= 0);
    }
    assert_int_equal(zip_close(z), 0);
    zip_stat_t st;
    zip_source_stat(src, &st);
    char *p = arena_alloc(a, st.size);
    zip_source_open(src);
    assert_int_equal(zip_source_read(src, p, st.size), (zip_int64_t)st.size);
    zip_source_close(src);
    zip_source_free(src);
    *size = st.size;
    return p;
}

#define NS "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static const char WORKBOOK[] =
    "<workbook " NS " xmlns:r=\"" REL "\"><sheets>"
    "<sheet name=\"b\" sheetId=\"2\" r:id=\"rId7\"/>"
    "<sheet name=\"a\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
static const char RELS[] =
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"rId1\" Type=\"" REL "/worksheet\" Target=\"worksheets/other.xml\"/>"
    "<Relationship Id=\"rId7\" Type=\"" REL
    "/worksheet\" Target=\"/xl/worksheets/sheet2.xml\"/>"
    "<Relationship Id=\"rId3\" Type=\"" REL "/sharedStrings\" Target=\"sharedStrings.xml\"/>"
    "</Relationships>";
static const char STRINGS[] =
    "<sst " NS "><si><t>商会</t></si><si><r><t>a</t></r><r><t xml:space=\"preserve\"> b</t></r>"
    "<rPh><t>phonetic</t></rPh></si><si><t>x_x000A_y_x005F_x000A_</t></si></sst>";

// Reads a workbook with the given sheet and, when not NULL, another entry beside it.
static const char *
read_sheet(struct arena *a, const char *sheet, const char *strings, struct entry extra,
           struct seen *s)
{
    struct entry entries[] = {
        {"xl/workbook.xml", WORKBOOK, 0},
        {"xl/_rels/workbook.xml.rels", RELS, 0},
        {"xl/sharedStrings.xml", strings, 0},
        {"xl/worksheets/sheet2.xml", sheet, 0},
        extra,
    };
    size_t size = 0;
    const void *zip = make_zip(a, entries, extra.name == NULL ? 4 : 5, &size);
    return xlsx_read(a, LANG_ZH, zip, size, see, s);
}

static void
check_sheet(struct arena *a, const char *rows, const char *expected)
{
    struct seen s = nothing_seen(a);
    const char *sheet =
        arena_printf(a, "<worksheet " NS "><sheetData>%s</sheetData></worksheet>", rows);
    const char *why = read_sheet(a, sheet, STRINGS, (struct entry){NULL, NULL, 0}, &s);
    assert_string_equal(why == NULL ? buf_str(&s.text) : why, expected);
}

static void
test_xlsx_read(void **state)
{
    struct arena *a = *state;
    check_sheet(a, "", "");
    check_sheet(a,
                "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c>"
                "</row><row r=\"2\"/><row r=\"5\"><c r=\"C5\"><v>1.50</v></c>"
                "<c r=\"D5\" t=\"b\"><v>1</v></c><c r=\"E5\" s=\"1\"/></row>",
                "1:商会|a b;5:||1.50|TRUE;");
    check_sheet(
        a,
        "<row><c t=\"inlineStr\"><is><t>甲</t><rPh><t>no</t></rPh></is></c>"
        "<c t=\"str\"><f>1+1</f><v>&lt;2&gt;</v></c></row><row><c><v>13812346620</v></c>"
        "</row>",
        "1:甲|<2>;2:13812346620;");
    check_sheet(a, "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>2</v></c></row>", "1:x\ny_x000A_;");
}

static void
test_xlsx_damaged(void **state)
{
    struct arena *a = *state;
    static const char damaged[] = "文件不是完整的 xlsx 工作簿";
    check_sheet(a, "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>3</v></c></row>", damaged);
    check_sheet(a, "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>-1</v></c></row>", damaged);
    check_sheet(a, "<row r=\"1\"><c r=\"1\"><v>3</v></c></row>", damaged);
    check_sheet(a, "<row r=\"1\"><c r=\"B1\"><v>3</v></c><c r=\"A1\"><v>3</v></c></row>",
                damaged);
    check_sheet(a, "<row>", damaged);
    check_sheet(a, "<row r=\"4\"><c r=\"ZZZ1\"><v>1</v></c></row>", "第 4 行：列数太多");
    struct seen s = nothing_seen(a);
    assert_string_equal(xlsx_read(a, LANG_ZH, "", 0, see, &s), damaged);
    assert_string_equal(xlsx_read(a, LANG_ZH, "PK\3\4garbage", 11, see, &s), damaged);
    size_t size = 0;
    struct entry only[] = {{"readme.txt", "x", 0}};
    const void *zip = make_zip(a, only, 1, &size);
    assert_string_equal(xlsx_read(a, LANG_ZH, zip, size, see, &s), damaged);
    assert_int_equal(s.rows, 0);
}

static void
test_xlsx_hostile(void **state)
{
    struct arena *a = *state;
    static const char unsafe[] = "工作簿内含有不允许的内容";
    static const char sheet[] = "<worksheet " NS "><sheetData><row><c><v>1</v></c></row>"
                                "</sheetData></worksheet>";
    static const char *const paths[] = {"../evil",  "xl/../../evil", "/etc/passwd",
                                        "xl\\evil", "C:/evil",       "a/.."};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct seen s = nothing_seen(a);
        const char *why = read_sheet(a, sheet, STRINGS, (struct entry){paths[i], "x", 0}, &s);
        assert_non_null(why);
        assert_string_equal(why, unsafe);
        assert_int_equal(s.rows, 0);
    }
    // Entities need a DTD, and a DTD is refused, in the sheet and in the strings.
    static const char dtd[] =
        "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;\">"
        "<!ENTITY f SYSTEM \"file:///etc/passwd\">]>";
    struct seen s = nothing_seen(a);
    struct entry none = {NULL, NULL, 0};
    const char *bad = arena_printf(a, "%s%s", dtd, sheet);
    assert_string_equal(read_sheet(a, bad, STRINGS, none, &s), unsafe);
    bad = arena_printf(a, "%s%s", dtd, STRINGS);
    assert_string_equal(read_sheet(a, sheet, bad, none, &s), unsafe);
    assert_int_equal(s.rows, 0);
    assert_null(read_sheet(a, sheet, STRINGS, none, &s));
    assert_string_equal(buf_str(&s.text), "1:1;");
}

// 70 MB of spaces that pack into 70 KB.
static void
test_xlsx_bomb(void **state)
{
    struct arena *a = *state;
    static const char sheet[] = "<worksheet " NS "><sheetData></sheetData></worksheet>";
    static const char large[] = "工作簿解压后太大，请拆分后再导入";
    size_t n = 70u * 1000 * 1000;
    struct arena *room = arena_new(100u * 1000 * 1000);
    char *spaces = arena_alloc(room, n);
    memset(spaces, ' ', n);
    struct seen s = nothing_seen(a);
    struct entry bomb = {"xl/media/bomb.bin", spaces, n};
    assert_string_equal(read_sheet(a, sheet, STRINGS, bomb, &s), large);

    // The same in the sheet itself, whose stated size lies: 1 KB in both headers.
    memcpy(spaces, sheet, sizeof sheet - 1);
    struct entry entries[] = {
        {"xl/workbook.xml", WORKBOOK, 0},
        {"xl/_rels/workbook.xml.rels", RELS, 0},
        {"xl/sharedStrings.xml", STRINGS, 0},
        {"xl/worksheets/sheet2.xml", spaces, n},
    };
    size_t size = 0;
    char *zip = (char *)(uintptr_t)make_zip(a, entries, 4, &size);
    unsigned char real[4] = {n & 255, n >> 8 & 255, n >> 16 & 255, n >> 24 & 255};
    static const unsigned char lie[4] = {0, 4, 0, 0};
    size_t lies = 0;
    for (size_t i = 0; i + 4 <= size; i++) {
        if (memcmp(zip + i, real, 4) == 0) {
            memcpy(zip + i, lie, 4);
            lies++;
        }
    }
    assert_true(lies >= 1);
    assert_non_null(xlsx_read(a, LANG_ZH, zip, size, see, &s));
    assert_int_equal(s.rows, 0);
    arena_free(room);

    struct entry *many = ARENA_ARRAY(a, struct entry, 1001);
    for (size_t i = 0; i < 1001; i++) {
        many[i] = (struct entry){arena_printf(a, "f%zu", i), "x", 0};
    }
    const void *crowd = make_zip(a, many, 1001, &size);
    assert_string_equal(xlsx_read(a, LANG_ZH, crowd, size, see, &s),
                        "工作簿内含有不允许的内容");
}

// Content of one entry of a workbook.
static const char *
unpack(struct arena *a, const void *data, size_t size, const char *name)
{
    zip_error_t err;
    zip_error_init(&err);
    zip_t *z =
        zip_open_from_source(zip_source_buffer_create(data, size, 0, &err), ZIP_RDONLY, &err);
    assert_non_null(z);
    zip_file_t *f = zip_fopen(z, name, 0);
    assert_non_null(f);
    struct buf b;
    buf_init(&b, a, 0, 1000000);
    char part[1000];
    for (zip_int64_t n; (n = zip_fread(f, part, sizeof part)) > 0;) {
        buf_put(&b, part, (size_t)n);
    }
    zip_fclose(f);
    zip_discard(z);
    return buf_str(&b);
}

static void
test_xlsx_write(void **state)
{
    struct arena *a = *state;
    struct table_column cols[] = {{"id", "编号"},  {"name", "名称"}, {"due", "时限"},
                                  {"fee", "会费"}, {"big", "代码"},  {"gone", "缺"},
                                  {"ok", "是否"}};
    struct value *rows = value_list(a);
    static const char *const names[] = {"=1+1", "<&\">", " 甲\n乙 ", "\x01"};
    for (int i = 0; i < 4; i++) {
        struct value *m = value_map(a);
        value_set_int(a, m, "id", i - 1);
        value_set_text(a, m, "name", names[i]);
        value_set(a, m, "due", value_time(a, time_from_civil(2026, 11, 23, 12, 0, 0)));
        value_set(a, m, "fee", value_dec(a, 1208000));
        value_set_int(a, m, "big", INT64_C(1234567890123456789));
        value_set_bool(a, m, "ok", i == 0);
        value_push(a, rows, m);
    }
    size_t size = 0;
    const char *book = xlsx_write(a, "诉求[2026]/*", cols, 7, rows, &size);
    assert_non_null(book);
    const char *sheet = unpack(a, book, size, "xl/worksheets/sheet1.xml");
    assert_null(strstr(sheet, "<f>"));
    assert_non_null(strstr(sheet, "state=\"frozen\""));
    assert_non_null(strstr(unpack(a, book, size, "xl/workbook.xml"), "诉求_2026___"));
    struct seen s = nothing_seen(a);
    assert_null(xlsx_read(a, LANG_ZH, book, size, see, &s));
    // 46349.5: noon of 2026-11-23 in Beijing.
    assert_string_equal(buf_str(&s.text),
                        "1:编号|名称|时限|会费|代码|缺|是否;"
                        "2:-1|=1+1|46349.5|120.8|1234567890123456789||TRUE;"
                        "3:0|<&\">|46349.5|120.8|1234567890123456789||FALSE;"
                        "4:1| 甲\n乙 |46349.5|120.8|1234567890123456789||FALSE;"
                        "5:2|\x01|46349.5|120.8|1234567890123456789||FALSE;");
}

// Row by row the workbook says the same, whatever happens to the rows' memory in between.
static void
test_xlsx_stream(void **state)
{
    enum { ROWS = 3000 };
    struct arena *a = *state, *cells = arena_new(256 * 1024);
    struct table_column cols[] = {{"id", "编号"}, {"name", "名称"}, {"due", "时限"}};
    int fd = memfd_create("test", 0);
    struct xlsx *x = xlsx_open(a, cells, "/tmp", "诉求", cols, 3);
    assert_non_null(x);
    for (int i = 1; i <= ROWS; i++) {
        struct value *m = value_map(cells);
        value_set_int(cells, m, "id", i);
        value_set_text(cells, m, "name", i == 1 ? "=<&\">" : "名称");
        value_set(cells, m, "due", value_time(cells, time_from_civil(2026, 11, 23, 12, 0, 0)));
        assert_true(xlsx_row(x, m));
        arena_reset(cells);
    }
    assert_true(xlsx_close(x, fd));
    size_t size = (size_t)lseek(fd, 0, SEEK_END);
    char *book = arena_raw(a, size);
    assert_int_equal(pread(fd, book, size, 0), size);
    struct seen s = nothing_seen(a);
    assert_null(xlsx_read(a, LANG_ZH, book, size, see, &s));
    const char *text = buf_str(&s.text);
    const char *head = "1:编号|名称|时限;2:1|=<&\">|46349.5;3:2|名称|46349.5;";
    assert_memory_equal(text, head, strlen(head));
    assert_non_null(strstr(text, "3001:3000|名称|46349.5;"));
    assert_null(xlsx_open(a, cells, "/nowhere", "x", cols, 3));
    close(fd);
    arena_free(cells);
}

static void
test_xlsx_write_edges(void **state)
{
    struct arena *a = *state;
    struct table_column col = {"x", "列"};
    size_t size = 0;
    const char *book = xlsx_write(a, "", &col, 1, &value_empty_list, &size);
    assert_non_null(book);
    struct seen s = nothing_seen(a);
    assert_null(xlsx_read(a, LANG_EN, book, size, see, &s));
    assert_string_equal(buf_str(&s.text), "1:列;");
    // A text longer than a cell may be is cut at a character, not refused.
    struct buf b;
    buf_init(&b, a, 0, 1000000);
    for (int i = 0; i < 33000; i++) {
        buf_puts(&b, "会");
    }
    struct value *rows = value_list(a), *m = value_map(a);
    value_set_text(a, m, "x", buf_str(&b));
    value_push(a, rows, m);
    book = xlsx_write(a, "长", &col, 1, rows, &size);
    assert_non_null(book);
    s = nothing_seen(a);
    assert_null(xlsx_read(a, LANG_EN, book, size, see, &s));
    assert_int_equal(s.text.n, strlen("1:列;2:;") + 3 * 32767);
}

// Memory that runs out half way is an unwinding, not a leak (run under ASan).
static void
test_out_of_memory(void **state)
{
    struct arena *a = *state;
    struct table_column col = {"x", "列"};
    struct value *rows = value_list(a), *m = value_map(a);
    value_set_text(a, m, "x", "甲");
    for (int i = 0; i < 3000; i++) {
        value_push(a, rows, m);
    }
    size_t size = 0;
    const char *book = xlsx_write(a, "表", &col, 1, rows, &size);
    assert_non_null(book);
    for (size_t max = 16 * 1024; max < 200 * 1024; max += 24 * 1024) {
        struct arena *small = arena_new(max);
        struct arena_guard g;
        if (ARENA_TRY(small, &g)) {
            struct seen s = nothing_seen(a);
            xlsx_read(small, LANG_ZH, book, size, see, &s);
            xlsx_write(small, "表", &col, 1, rows, &size);
            arena_end(small, &g);
        }
        arena_free(small);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_csv_cells),          TEST(test_csv_special_anywhere),
        TEST(test_csv_cells_in_order), TEST(test_csv_table),
        TEST(test_csv_read),           TEST(test_csv_gb18030),
        TEST(test_csv_errors),         TEST(test_csv_limits),
        TEST(test_csv_round_trip),     TEST(test_xlsx_read),
        TEST(test_xlsx_damaged),       TEST(test_xlsx_hostile),
        TEST(test_xlsx_bomb),          TEST(test_xlsx_write),
        TEST(test_xlsx_write_edges),   TEST(test_out_of_memory),
        TEST(test_xlsx_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
