// SPDX-License-Identifier: Apache-2.0
// Workbooks in: an archive and XML of a stranger's making. Sizes are counted while unpacking,
// not believed; the XML is read as a stream; nothing is ever written to a path it names.
#include "view/table.h"

#include "base/text.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum {
    ENTRIES_MAX = 1000,
    UNPACKED_MAX = 64 * 1024 * 1024,
    STRINGS_MAX = 2000000,
    MERGES_MAX = 20000,
    NAME_MAX_ = 256
};

// What is being collected while the XML goes by.
enum part { PART_WORKBOOK, PART_RELATIONS, PART_STRINGS, PART_MERGES, PART_SHEET };

// A merged area: only its first cell holds the text.
struct merge {
    size_t top, bottom, left, right; // lines from 1, columns from 0
    const char *text;                // NULL until the first cell was seen
};

struct reader {
    struct arena *a;
    struct arena *cells_of; // texts of a row
    size_t unpacked_max;
    enum language language;
    zip_t *zip;
    zip_source_t *source;
    zip_file_t *file;
    XML_Parser xml;
    const char *why; // in the reader's language; set once
    size_t unpacked;
    enum part part;

    char sheet_id[NAME_MAX_];     // r:id of the first sheet
    char sheet_path[NAME_MAX_];   // and the entry it leads to
    char strings_path[NAME_MAX_]; // of the shared strings
    const char **strings;
    size_t strings_n, strings_cap;

    struct buf text; // of the cell or shared string
    bool in_text;
    unsigned phonetic; // depth inside of <rPh>, which repeats the text for reading aloud
    char type[12];     // t="…" of the cell
    size_t column;
    size_t line;
    const char **cells;
    size_t cells_n;
    csv_row_fn row;
    void *arg;
    bool stopped; // by the callback

    struct merge *merges; // by their first line
    size_t merges_n, merges_cap;
    size_t merges_past; // those before it end above the line
};

static void
reader_close(void *arg)
{
    struct reader *r = arg;
    if (r->xml != NULL) {
        XML_ParserFree(r->xml);
        r->xml = NULL;
    }
    if (r->file != NULL) {
        zip_fclose(r->file);
        r->file = NULL;
    }
    if (r->zip != NULL) {
        zip_discard(r->zip); // frees the source with it
        r->zip = NULL;
    } else if (r->source != NULL) {
        zip_source_free(r->source);
    }
    r->source = NULL;
}

static bool
fail(struct reader *r, const char *what)
{
    if (r->why == NULL) {
        r->why = tr(r->language, what);
    }
    if (r->xml != NULL) {
        XML_StopParser(r->xml, XML_FALSE);
    }
    return false;
}

static bool
fail_row(struct reader *r, const char *what)
{
    if (r->why == NULL) {
        r->why = trf(r->a, r->language, what, 1, arena_printf(r->a, "%zu", r->line));
    }
    XML_StopParser(r->xml, XML_FALSE);
    return false;
}

#define DAMAGED T("文件不是完整的 xlsx 工作簿")
#define TOO_LARGE T("工作簿解压后太大，请拆分后再导入")
#define UNSAFE T("工作簿内含有不允许的内容")

// --- small helpers on XML ---

// "namespace|name" without the namespace: strict and transitional workbooks differ in it.
static const char *
local(const char *name)
{
    const char *bar = strrchr(name, '|');
    return bar == NULL ? name : bar + 1;
}

static const char *
attribute(const char **atts, const char *name)
{
    for (; atts[0] != NULL; atts += 2) {
        if (strcmp(atts[0], name) == 0) {
            return atts[1];
        }
    }
    return NULL;
}

static void
copy(char *to, size_t room, const char *from)
{
    size_t n = from == NULL ? 0 : strnlen(from, room - 1);
    memcpy(to, n == 0 ? "" : from, n);
    to[n] = '\0';
}

static int
hex4(const char *s)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        const char *digits = "0123456789abcdef";
        char c = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] + 32) : s[i];
        const char *d = c == '\0' ? NULL : strchr(digits, c);
        if (d == NULL) {
            return -1;
        }
        v = v * 16 + (int)(d - digits);
    }
    return v;
}

// Workbooks write characters XML cannot hold as _x000D_. Only ASCII is worth undoing.
static const char *
unescaped(struct reader *r, struct arena *a)
{
    char *s = arena_strdup(a, buf_str(&r->text));
    char *to = s;
    for (const char *p = s; *p != '\0';) {
        int code = p[0] == '_' && p[1] == 'x' ? hex4(p + 2) : -1;
        if (code > 0 && code < 0x80 && p[6] == '_') {
            *to++ = (char)code;
            p += 7;
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
    return s;
}

// --- the four parts ---

static void
start_workbook(struct reader *r, const char *name, const char **atts)
{
    const char *old_mac = strcmp(name, "workbookPr") == 0 ? attribute(atts, "date1904") : NULL;
    if (old_mac != NULL && (strcmp(old_mac, "1") == 0 || strcmp(old_mac, "true") == 0)) {
        fail(r, T("这个工作簿用的是 1904 日期系统，日期会差四年："
                  "请在表格程序的选项里取消“1904 日期系统”，核对日期后再导入"));
    }
    if (strcmp(name, "sheet") != 0 || r->sheet_id[0] != '\0') {
        return;
    }
    for (; atts[0] != NULL; atts += 2) {
        if (strchr(atts[0], '|') != NULL && strcmp(local(atts[0]), "id") == 0) {
            copy(r->sheet_id, sizeof r->sheet_id, atts[1]);
        }
    }
}

// Targets are relative to xl/, or absolute with a slash in front.
static void
resolve(char *to, const char *target)
{
    if (target == NULL || strlen(target) > NAME_MAX_ - 8) {
        return;
    }
    if (target[0] == '/') {
        copy(to, NAME_MAX_, target + 1);
    } else {
        memcpy(to, "xl/", 3);
        copy(to + 3, NAME_MAX_ - 3, target);
    }
}

static void
start_relations(struct reader *r, const char *name, const char **atts)
{
    if (strcmp(name, "Relationship") != 0) {
        return;
    }
    const char *id = attribute(atts, "Id");
    const char *type = attribute(atts, "Type");
    const char *mode = attribute(atts, "TargetMode");
    if (mode != NULL && strcmp(mode, "External") == 0) {
        return;
    }
    if (id != NULL && strcmp(id, r->sheet_id) == 0) {
        resolve(r->sheet_path, attribute(atts, "Target"));
    }
    if (type != NULL && text_ends(type, "/sharedStrings")) {
        resolve(r->strings_path, attribute(atts, "Target"));
    }
}

// Forgets the text but keeps its room.
static void
clear_text(struct reader *r)
{
    r->text.n = 0;
    if (r->text.p != NULL) {
        r->text.p[0] = '\0';
    }
}

static void
start_strings(struct reader *r, const char *name)
{
    if (strcmp(name, "si") == 0) {
        clear_text(r);
    } else if (strcmp(name, "rPh") == 0) {
        r->phonetic++;
    } else if (strcmp(name, "t") == 0) {
        r->in_text = r->phonetic == 0;
    }
}

static void
end_strings(struct reader *r, const char *name)
{
    if (strcmp(name, "t") == 0) {
        r->in_text = false;
    } else if (strcmp(name, "rPh") == 0) {
        r->phonetic -= r->phonetic > 0;
    } else if (strcmp(name, "si") == 0) {
        if (r->strings_n == STRINGS_MAX) {
            fail(r, TOO_LARGE);
            return;
        }
        if (r->strings_n == r->strings_cap) {
            size_t cap = r->strings_cap == 0 ? 256 : r->strings_cap * 2;
            const char **p = ARENA_ARRAY(r->a, const char *, cap);
            if (r->strings_n > 0) {
                memcpy(p, r->strings, r->strings_n * sizeof *p);
            }
            r->strings = p;
            r->strings_cap = cap;
        }
        r->strings[r->strings_n++] = unescaped(r, r->a);
    }
}

// "BC12" → 54, counted from 0; SIZE_MAX when it is not a reference.
static size_t
column_of(const char *ref)
{
    size_t c = 0;
    size_t letters = 0;
    for (; *ref >= 'A' && *ref <= 'Z' && letters < 4; ref++, letters++) {
        c = c * 26 + (size_t)(*ref - 'A') + 1;
    }
    return letters == 0 || *ref < '0' || *ref > '9' ? SIZE_MAX : c - 1;
}

static void
start_cell(struct reader *r, const char **atts)
{
    const char *ref = attribute(atts, "r");
    r->column = ref == NULL ? r->cells_n : column_of(ref);
    if (r->column == SIZE_MAX || r->column < r->cells_n) {
        fail(r, DAMAGED);
    } else if (r->column >= TABLE_COLUMNS_MAX) {
        fail_row(r, T("第 {0} 行：列数太多"));
    }
    copy(r->type, sizeof r->type, attribute(atts, "t"));
    clear_text(r);
}

static void
start_sheet(struct reader *r, const char *name, const char **atts)
{
    if (strcmp(name, "row") == 0) {
        int64_t n = 0;
        const char *number = attribute(atts, "r");
        bool given = number != NULL && text_to_int(number, &n) && n > 0;
        r->line = given ? (size_t)n : r->line + 1;
        r->cells_n = 0;
    } else if (strcmp(name, "c") == 0) {
        start_cell(r, atts);
    } else if (strcmp(name, "v") == 0) {
        r->in_text = true;
    } else if (strcmp(name, "rPh") == 0) {
        r->phonetic++;
    } else if (strcmp(name, "t") == 0) {
        r->in_text = r->phonetic == 0 && strcmp(r->type, "inlineStr") == 0;
    }
}

// --- merged areas ---

// "B3:D3"; areas of one cell and areas too far away say nothing.
static void
start_merges(struct reader *r, const char *name, const char **atts)
{
    const char *ref = strcmp(name, "mergeCell") == 0 ? attribute(atts, "ref") : NULL;
    const char *colon = ref == NULL ? NULL : strchr(ref, ':');
    if (colon == NULL || r->merges_n == MERGES_MAX) {
        return;
    }
    struct merge m = {.left = column_of(ref), .right = column_of(colon + 1)};
    m.top = strtoul(ref + strcspn(ref, "0123456789"), NULL, 10);
    m.bottom = strtoul(colon + strcspn(colon, "0123456789"), NULL, 10);
    if (m.right >= TABLE_COLUMNS_MAX || m.left > m.right || m.top == 0 || m.top > m.bottom) {
        return;
    }
    if (r->merges_n == r->merges_cap) {
        size_t cap = r->merges_cap == 0 ? 64 : r->merges_cap * 2;
        struct merge *wider = ARENA_ARRAY(r->a, struct merge, cap);
        if (r->merges_n > 0) {
            memcpy(wider, r->merges, r->merges_n * sizeof *wider);
        }
        r->merges = wider;
        r->merges_cap = cap;
    }
    r->merges[r->merges_n++] = m;
}

static int
by_top(const void *a, const void *b)
{
    const struct merge *x = a, *y = b;
    return (x->top > y->top) - (x->top < y->top);
}

static void
fill_cell(struct reader *r, size_t column, const char *text)
{
    while (r->cells_n <= column) {
        r->cells[r->cells_n++] = "";
    }
    if (*r->cells[column] == '\0') {
        r->cells[column] = text;
    }
}

static void
fill_merge(struct reader *r, struct merge *m)
{
    if (r->line == m->top && m->left < r->cells_n) {
        m->text = arena_strdup(r->a, r->cells[m->left]);
    }
    size_t right = r->line <= TABLE_HEAD_MAX ? m->right : m->left;
    for (size_t c = m->left; m->text != NULL && *m->text != '\0' && c <= right; c++) {
        fill_cell(r, c, m->text);
    }
}

static void
fill_merges(struct reader *r)
{
    for (size_t i = r->merges_past; i < r->merges_n && r->merges[i].top <= r->line; i++) {
        if (r->merges[i].bottom >= r->line) {
            fill_merge(r, &r->merges[i]);
        } else if (i == r->merges_past) {
            r->merges_past++;
        }
    }
}

static const char *
cell_text(struct reader *r)
{
    const char *s = buf_str(&r->text);
    if (strcmp(r->type, "s") == 0) {
        int64_t i = 0;
        if (!text_to_int(s, &i) || i < 0 || (size_t)i >= r->strings_n) {
            fail(r, DAMAGED);
            return "";
        }
        return r->strings[i];
    }
    if (strcmp(r->type, "b") == 0) {
        return strcmp(s, "1") == 0 ? "TRUE" : "FALSE";
    }
    return unescaped(r, r->cells_of);
}

static void
end_cell(struct reader *r)
{
    if (r->text.n == 0 || r->why != NULL) {
        return;
    }
    while (r->cells_n < r->column) {
        r->cells[r->cells_n++] = "";
    }
    r->cells[r->cells_n++] = cell_text(r);
}

static void
end_sheet(struct reader *r, const char *name)
{
    if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) {
        r->in_text = false;
    } else if (strcmp(name, "rPh") == 0) {
        r->phonetic -= r->phonetic > 0;
    } else if (strcmp(name, "c") == 0) {
        end_cell(r);
    } else if (strcmp(name, "row") == 0 && r->cells_n > 0 && r->why == NULL && !r->stopped) {
        fill_merges(r);
        if (!r->row(r->arg, r->line, r->cells, r->cells_n)) {
            r->stopped = true;
            XML_StopParser(r->xml, XML_FALSE);
        }
        r->cells_n = 0;
        if (r->cells_of != r->a) {
            arena_reset(r->cells_of);
        }
    }
}

// --- expat ---

static void XMLCALL
on_start(void *arg, const char *name, const char **atts)
{
    struct reader *r = arg;
    switch (r->part) {
    case PART_WORKBOOK:
        start_workbook(r, local(name), atts);
        return;
    case PART_RELATIONS:
        start_relations(r, local(name), atts);
        return;
    case PART_STRINGS:
        start_strings(r, local(name));
        return;
    case PART_MERGES:
        start_merges(r, local(name), atts);
        return;
    case PART_SHEET:
        start_sheet(r, local(name), atts);
        return;
    }
}

static void XMLCALL
on_end(void *arg, const char *name)
{
    struct reader *r = arg;
    if (r->part == PART_STRINGS) {
        end_strings(r, local(name));
    } else if (r->part == PART_SHEET) {
        end_sheet(r, local(name));
    }
}

static void XMLCALL
on_text(void *arg, const char *s, int n)
{
    struct reader *r = arg;
    if (!r->in_text) {
        return;
    }
    buf_put(&r->text, s, (size_t)n);
    if (r->text.full && r->part == PART_STRINGS) {
        fail(r, TOO_LARGE);
    } else if (r->text.full) {
        fail_row(r, T("第 {0} 行：单元格内容太长"));
    }
}

// Workbooks have no DTD; attacks by entities do.
static void XMLCALL
on_doctype(void *arg, const char *name, const char *system, const char *public, int subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)subset;
    fail(arg, UNSAFE);
}

static bool
parse_entry(struct reader *r, const char *path, enum part part)
{
    zip_int64_t i = zip_name_locate(r->zip, path, 0);
    r->file = i < 0 ? NULL : zip_fopen_index(r->zip, (zip_uint64_t)i, 0);
    r->xml = XML_ParserCreateNS(NULL, '|');
    if (r->file == NULL || r->xml == NULL) {
        return fail(r, DAMAGED);
    }
    r->part = part;
    r->in_text = false;
    r->phonetic = 0;
    XML_SetUserData(r->xml, r);
    XML_SetElementHandler(r->xml, on_start, on_end);
    XML_SetCharacterDataHandler(r->xml, on_text);
    XML_SetStartDoctypeDeclHandler(r->xml, on_doctype);
    for (zip_int64_t got = 1; got > 0 && r->why == NULL && !r->stopped;) {
        char part_of[16 * 1024];
        got = zip_fread(r->file, part_of, sizeof part_of);
        r->unpacked += got > 0 ? (size_t)got : 0;
        if (r->unpacked > r->unpacked_max) {
            fail(r, TOO_LARGE);
        } else if (got < 0 || XML_Parse(r->xml, part_of, (int)got, got == 0) != XML_STATUS_OK) {
            r->why = r->why == NULL && !r->stopped ? tr(r->language, DAMAGED) : r->why;
        }
    }
    XML_ParserFree(r->xml);
    r->xml = NULL;
    zip_fclose(r->file);
    r->file = NULL;
    return r->why == NULL;
}

// --- the archive ---

static bool
path_is_plain(const char *name)
{
    if (name[0] == '/' || name[0] == '\0' || strchr(name, '\\') != NULL ||
        strchr(name, ':') != NULL || text_has_control(name, false)) {
        return false;
    }
    for (const char *p = name; p != NULL; p = strchr(p, '/')) {
        p += *p == '/';
        if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || p[2] == '\0')) {
            return false;
        }
    }
    return true;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// What the directory says; what it does not say is counted later, while unpacking.
static bool
check_archive(struct reader *r)
{
    zip_int64_t n = zip_get_num_entries(r->zip, 0);
    if (n <= 0 || n > ENTRIES_MAX) {
        return fail(r, n <= 0 ? DAMAGED : UNSAFE);
    }
    const char **names = ARENA_ARRAY(r->a, const char *, n);
    zip_uint64_t total = 0;
    for (zip_int64_t i = 0; i < n; i++) {
        zip_stat_t st;
        if (zip_stat_index(r->zip, (zip_uint64_t)i, 0, &st) != 0 ||
            (st.valid & ZIP_STAT_NAME) == 0 || (st.valid & ZIP_STAT_SIZE) == 0) {
            return fail(r, DAMAGED);
        }
        bool locked =
            (st.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && st.encryption_method != ZIP_EM_NONE;
        if (locked || !path_is_plain(st.name)) {
            return fail(r, UNSAFE);
        }
        names[i] = st.name;
        if (st.size > r->unpacked_max || (total += st.size) > r->unpacked_max) {
            return fail(r, TOO_LARGE);
        }
    }
    // Two entries of one name: two programs may read two different workbooks.
    qsort(names, (size_t)n, sizeof *names, by_name);
    for (zip_int64_t i = 1; i < n; i++) {
        if (strcmp(names[i], names[i - 1]) == 0) {
            return fail(r, UNSAFE);
        }
    }
    return true;
}

static bool
open_archive(struct reader *r, const void *data, size_t size)
{
    zip_error_t err;
    zip_error_init(&err);
    r->source = zip_source_buffer_create(data, size, 0, &err);
    if (r->source != NULL) {
        r->zip = zip_open_from_source(r->source, ZIP_RDONLY, &err);
    }
    zip_error_fini(&err);
    return r->zip != NULL || fail(r, DAMAGED);
}

static bool
read_all(struct reader *r)
{
    if (!parse_entry(r, "xl/workbook.xml", PART_WORKBOOK) ||
        !parse_entry(r, "xl/_rels/workbook.xml.rels", PART_RELATIONS)) {
        return false;
    }
    if (r->sheet_id[0] == '\0' || r->sheet_path[0] == '\0') {
        return fail(r, DAMAGED);
    }
    bool strings = r->strings_path[0] != '\0';
    if (strings && !parse_entry(r, r->strings_path, PART_STRINGS)) {
        return false;
    }
    // Merged areas are told of behind all rows, so the sheet is read twice where they count.
    if (r->cells_of != r->a) {
        r->unpacked_max *= 2;
        if (!parse_entry(r, r->sheet_path, PART_MERGES)) {
            return false;
        }
        if (r->merges_n > 0) { // without any there is no array
            qsort(r->merges, r->merges_n, sizeof *r->merges, by_top);
        }
    }
    return parse_entry(r, r->sheet_path, PART_SHEET);
}

const char *
xlsx_stream(struct arena *a, struct arena *cells, enum language l, const void *data,
            size_t size, size_t unpacked, csv_row_fn row, void *arg)
{
    struct reader *r = ARENA_NEW(a, struct reader);
    r->a = a;
    r->cells_of = cells;
    r->unpacked_max = unpacked;
    r->language = l;
    r->row = row;
    r->arg = arg;
    r->cells = ARENA_ARRAY(a, const char *, TABLE_COLUMNS_MAX);
    buf_init(&r->text, a, 256, TABLE_CELL_MAX);
    arena_defer(a, reader_close, r);
    if (open_archive(r, data, size) && check_archive(r)) {
        read_all(r);
    }
    reader_close(r);
    return r->why;
}

const char *
xlsx_read(struct arena *a, enum language l, const void *data, size_t size, csv_row_fn row,
          void *arg)
{
    return xlsx_stream(a, a, l, data, size, UNPACKED_MAX, row, arg);
}
