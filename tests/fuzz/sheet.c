// SPDX-License-Identifier: Apache-2.0
// libFuzzer target for what strangers' sheets pass through. The first byte says what the rest
// is: 'c' a CSV file, 'x' the parts of a workbook with lines "--" between them, 'z' a whole
// archive, 'r' the bytes of a reader that was taken over, 'd' cells, one a line, read as every
// type. Rows that come out are bounded UTF-8, and survive the way between the processes.
#include "kit/import.h"
#include "view/table.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum { ROOM = 64 << 20, UNPACKED = 4 << 20, ROWS = 2000, PARTS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
    if (!ok) {
        abort();
    }
}

struct reading {
    size_t rows;
};

// Through the bytes that go from the reading process to the program, and out again.
static void
send_row(size_t line, const char **cells, size_t n)
{
    static struct arena *a;
    struct buf b;
    a = a == NULL ? arena_new(ROOM) : a;
    arena_reset(a);
    struct import_cells got;
    buf_init(&b, a, 256, 2 * IMPORT_ROW_MAX);
    if (!import_rows_put(&b, line, cells, n)) {
        return;
    }
    char *bytes = malloc(b.n); // its own block, so that one byte too far is seen
    memcpy(bytes, b.p, b.n);
    struct import_rows rows = {bytes, bytes + b.n};
    require(import_rows_next(&rows, a, &got) == 1 && got.line == line && got.n == n);
    for (size_t i = 0; i < n; i++) {
        require(strcmp(got.cells[i], cells[i]) == 0);
    }
    require(import_rows_next(&rows, a, &got) == 0);
    free(bytes);
}

static bool
take_row(void *arg, size_t line, const char **cells, size_t n)
{
    struct reading *r = arg;
    require(n <= TABLE_COLUMNS_MAX);
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(cells[i]);
        require(length <= TABLE_CELL_MAX && text_is_utf8(cells[i], length));
    }
    send_row(line, cells, n);
    return ++r->rows < ROWS;
}

static void
read_csv(struct arena *a, const char *text, size_t n)
{
    struct reading r = {0};
    csv_read(a, LANG_ZH, text, n, take_row, &r);
}

static void
read_archive(struct arena *a, const void *data, size_t n)
{
    struct reading r = {0};
    struct arena *cells = arena_new(ROOM);
    struct arena_guard g;
    if (ARENA_TRY(cells, &g)) {
        xlsx_stream(a, cells, LANG_ZH, data, n, UNPACKED, take_row, &r);
        arena_end(cells, &g);
    }
    arena_free(cells);
}

// ---- a workbook of parts ---------------------------------------------------------------

static const char *const NAMES[PARTS] = {"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
                                         "xl/workbook.xml", "xl/_rels/workbook.xml.rels"};
#define NS "http://schemas.openxmlformats.org/"
static const char *const DEFAULTS[PARTS] = {
    "", "",
    "<workbook xmlns=\"" NS "spreadsheetml/2006/main\" xmlns:r=\"" NS
    "officeDocument/2006/relationships\"><sheets><sheet name=\"1\" sheetId=\"1\" r:id=\"r1\"/>"
    "</sheets></workbook>",
    "<Relationships xmlns=\"" NS
    "package/2006/relationships\"><Relationship Id=\"r1\" Type=\"" NS
    "officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
    "<Relationship Id=\"r2\" Type=\"" NS
    "officeDocument/2006/relationships/sharedStrings\" Target=\"sharedStrings.xml\"/>"
    "</Relationships>"};

static void
add_part(zip_t *z, size_t i, const char *text, size_t n)
{
    zip_source_t *s = zip_source_buffer(z, text, n, 0);
    zip_int64_t at = s == NULL ? -1 : zip_file_add(z, NAMES[i], s, ZIP_FL_OVERWRITE);
    require(at >= 0);
    zip_set_file_compression(z, (zip_uint64_t)at, ZIP_CM_STORE, 0);
}

static void
read_source(struct arena *a, zip_source_t *s)
{
    zip_stat_t st;
    zip_stat_init(&st);
    require(zip_source_stat(s, &st) == 0 && zip_source_open(s) == 0);
    char *bytes = malloc(st.size + (st.size == 0));
    require(zip_source_read(s, bytes, st.size) == (zip_int64_t)st.size);
    zip_source_close(s);
    read_archive(a, bytes, st.size);
    free(bytes);
}

static void
read_parts(struct arena *a, const char *text, size_t n)
{
    zip_error_t e;
    zip_error_init(&e);
    zip_source_t *s = zip_source_buffer_create(NULL, 0, 0, &e);
    zip_t *z = s == NULL ? NULL : zip_open_from_source(s, ZIP_TRUNCATE, &e);
    require(z != NULL);
    zip_source_keep(s);
    for (size_t i = 0; i < PARTS; i++) {
        const char *end = n == 0 ? NULL : memmem(text, n, "\n--\n", 4);
        size_t size = end == NULL ? n : (size_t)(end - text);
        bool given = size > 0 || i < 2;
        add_part(z, i, given ? text : DEFAULTS[i], given ? size : strlen(DEFAULTS[i]));
        text += end == NULL ? n : size + 4;
        n -= end == NULL ? n : size + 4;
    }
    require(zip_close(z) == 0);
    read_source(a, s);
    zip_source_free(s);
}

// ---- bytes and cells -------------------------------------------------------------------

static void
read_bytes(struct arena *a, const char *p, size_t n)
{
    struct import_rows rows = {p, p + n};
    struct import_cells c;
    while (import_rows_next(&rows, a, &c) == 1) {
        require(rows.p > p && rows.p <= rows.end && c.n <= TABLE_COLUMNS_MAX);
        for (size_t i = 0; i < c.n; i++) {
            require(c.cells[i] >= p && c.cells[i] + strlen(c.cells[i]) < p + n);
            require(text_is_utf8(c.cells[i], strlen(c.cells[i])));
        }
    }
}

static const struct choice CHOICES[] = {
    {.value = "yes", .label = "是"}, {.value = "no", .label = "否"}, {0}};

static void
read_cell(struct arena *a, const char *text)
{
    static const enum field_type TYPES[] = {
        FIELD_TEXT, FIELD_LONG,   FIELD_INT,  FIELD_MONEY,  FIELD_DATE,
        FIELD_TIME, FIELD_MOBILE, FIELD_FLAG, FIELD_CHOICE, FIELD_CHOICES};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        const struct field f = {
            .name = "f", .type = TYPES[i], .label = "f", .choices = CHOICES, .max = 200};
        const struct import_column c = {.field = &f};
        const char *wrong = NULL;
        const struct value *v = import_cell(a, LANG_ZH, &c, text, &wrong);
        require((v == NULL) == (wrong != NULL));
        require(v == NULL || v->type != VALUE_TEXT || text_is_utf8(v->s, strlen(v->s)));
    }
    const char *clean = import_clean(a, text, false), *day = import_date(a, text);
    require(!text_has_control(clean, false));
    require(day == NULL || strlen(day) == 10);
}

static void
read_cells(struct arena *a, const char *text, size_t n)
{
    const char *all = arena_strndup(a, text, n);
    for (const char *p = all; text_is_utf8(text, n) && *p != '\0';) {
        size_t size = strcspn(p, "\n");
        read_cell(a, arena_strndup(a, p, size));
        p += size + (p[size] == '\n');
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *a;
    struct arena_guard g;
    a = a == NULL ? arena_new(ROOM) : a;
    if (size == 0) {
        return 0;
    }
    size_t n = size - 1;
    char *body = malloc(n + (n == 0)); // its own block, so that one byte too far is seen
    memcpy(body, data + 1, n);
    if (ARENA_TRY(a, &g)) {
        switch (data[0]) {
        case 'c':
            read_csv(a, body, n);
            break;
        case 'x':
            read_parts(a, body, n);
            break;
        case 'z':
            read_archive(a, body, n);
            break;
        case 'r':
            read_bytes(a, body, n);
            break;
        default:
            read_cells(a, body, n);
            break;
        }
        arena_end(a, &g);
    }
    arena_reset(a);
    free(body);
    return 0;
}
