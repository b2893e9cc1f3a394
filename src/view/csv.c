// SPDX-License-Identifier: Apache-2.0
// CSV both ways. The writer defuses formulas; the reader splits a private copy in place, so a
// large import costs one copy and no allocation per cell.
#include "view/table.h"

#include "base/json.h"
#include "base/text.h"
#include "base/timestamp.h"

#include <string.h>
#include <unicode/ucnv.h>

// --- writing ---

// Excel takes full-width signs for their ASCII twins in East Asian settings.
static bool
looks_like_formula(const char *s)
{
    switch (*s) {
    case '=':
    case '+':
    case '-':
    case '@':
    case '\t':
    case '\r':
    case '\n':
        return true;
    case '\xEF':
        return text_starts(s, "＝") || text_starts(s, "＋") || text_starts(s, "－") ||
               text_starts(s, "＠");
    default:
        return false;
    }
}

// Whether one of eight bytes is below '-': all that needs quotes is, and little else.
static bool
is_plain(const char *s)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t x;
    memcpy(&x, s, sizeof x);
    return ((x - ones * '-') & ~x & (ones * 0x80)) == 0;
}

// Whether a cell must stand in quotes; *doubles: one is inside it.
static bool
needs_quotes(const char *s, size_t n, bool *doubles)
{
    static const unsigned char SPECIAL['-'] = {[','] = 1, ['\n'] = 1, ['\r'] = 1, ['"'] = 2};
    unsigned found = n > 0 && (s[0] == ' ' || s[n - 1] == ' ');
    for (size_t i = 0; i < n; i++) {
        while (i + 8 <= n && is_plain(s + i)) {
            i += 8;
        }
        unsigned char ch = i < n ? (unsigned char)s[i] : '-';
        found |= ch < '-' ? SPECIAL[ch] : 0;
    }
    *doubles = (found & 2) != 0;
    return found != 0;
}

static void
put_doubled(struct buf *b, const char *s, size_t n)
{
    for (const char *end = s + n; s < end;) {
        const char *q = memchr(s, '"', (size_t)(end - s));
        size_t run = q == NULL ? (size_t)(end - s) : (size_t)(q - s) + 1;
        buf_put(b, s, run);
        buf_put(b, "\"", q != NULL);
        s += run;
    }
}

static void
put_cell(struct buf *b, const char *s, size_t n)
{
    bool doubles;
    bool quote = needs_quotes(s, n, &doubles);
    buf_put(b, "\"", quote);
    buf_put(b, "'", looks_like_formula(s));
    if (doubles) {
        put_doubled(b, s, n);
    } else {
        buf_put(b, s, n);
    }
    buf_put(b, "\"", quote);
}

static void
put_list(struct buf *b, const struct value *list)
{
    struct buf text;
    buf_init(&text, b->arena, 128, TABLE_CELL_MAX);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *v = value_at(list, i);
        if (i > 0) {
            buf_putc(&text, ';');
        }
        if (v->type == VALUE_TEXT) {
            buf_put(&text, v->s, v->n);
        } else {
            json_write(&text, v);
        }
    }
    put_cell(b, buf_str(&text), text.n);
}

static void
put_value(struct buf *b, const struct value *v)
{
    switch (v->type) {
    case VALUE_NULL:
    case VALUE_LAMBDA:
        return;
    case VALUE_INT:
        buf_int(b, v->i);
        return;
    case VALUE_BOOL:
    case VALUE_DEC:
        json_write(b, v); // digits, sign and point only, or true and false
        return;
    case VALUE_TIME: {
        char text[TIME_TEXT_MAX];
        buf_put(b, text, time_minute_format(text, v->i));
        return;
    }
    case VALUE_TEXT:
        put_cell(b, v->s, v->n);
        return;
    case VALUE_LIST:
        put_list(b, v);
        return;
    case VALUE_MAP: {
        struct buf text;
        buf_init(&text, b->arena, 128, TABLE_CELL_MAX);
        json_write(&text, v);
        put_cell(b, buf_str(&text), text.n);
        return;
    }
    }
}

void
csv_head(struct buf *b, const struct table_column *cols, size_t n)
{
    buf_puts(b, "\xEF\xBB\xBF");
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i > 0 ? "," : "");
        put_cell(b, cols[i].title, strlen(cols[i].title));
    }
    buf_puts(b, "\r\n");
}

void
csv_row(struct buf *b, const struct table_column *cols, size_t n, const struct value *row)
{
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i > 0 ? "," : "");
        const struct value *v = value_get(row, cols[i].key);
        if (v != NULL) {
            put_value(b, v);
        }
    }
    buf_puts(b, "\r\n");
}

void
csv_cells(struct buf *b, const struct value *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_put(b, ",", i > 0);
        put_value(b, &cells[i]);
    }
    buf_puts(b, "\r\n");
}

// --- GB18030 ---

static void
close_converter(void *arg)
{
    ucnv_close(*(UConverter **)arg);
}

// UTF-8 of GB18030 text, or NULL when it is not that either.
static char *
from_gb18030(struct arena *a, const char *text, size_t size)
{
    UErrorCode err = U_ZERO_ERROR;
    UConverter **c = ARENA_NEW(a, UConverter *);
    *c = ucnv_open("gb18030", &err);
    if (U_FAILURE(err) || size > INT32_MAX / 4) {
        ucnv_close(*c);
        return NULL;
    }
    arena_defer(a, close_converter, c);
    ucnv_setToUCallBack(*c, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &err);
    // Two bytes become at most three, four stay four; one is one, or two of U+0080.
    int32_t cap = (int32_t)size * 2 + 1;
    char *utf8 = arena_raw(a, (size_t)cap);
    int32_t len = ucnv_toAlgorithmic(UCNV_UTF8, *c, utf8, cap, text, (int32_t)size, &err);
    if (U_FAILURE(err) || len >= cap || !text_is_utf8(utf8, (size_t)len)) {
        return NULL;
    }
    return utf8;
}

// A private, NUL-terminated UTF-8 copy without BOM, or NULL.
static char *
to_utf8(struct arena *a, const char *text, size_t size)
{
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (memchr(text, '\0', size) != NULL) {
        return NULL;
    }
    if (text_is_utf8(text, size)) {
        return arena_strndup(a, text, size);
    }
    char *utf8 = from_gb18030(a, text, size);
    bool bom = utf8 != NULL && text_starts(utf8, "\xEF\xBB\xBF");
    return bom ? utf8 + 3 : utf8;
}

// --- reading ---

struct csv {
    struct arena *a;
    enum language language;
    char *p;
    size_t line;
    const char **cells;
    size_t n;
    const char *why;
};

static bool
fail(struct csv *c, size_t line, const char *what)
{
    c->why = trf(c->a, c->language, what, 1, arena_printf(c->a, "%zu", line));
    return false;
}

// A quoted cell, unescaped where it stands. Leaves p behind the closing quote.
static bool
quoted(struct csv *c, char **end)
{
    size_t start = c->line;
    char *to = ++c->p;
    for (;; c->p++) {
        if (*c->p == '\0') {
            return fail(c, start, T("第 {0} 行：引号没有结束"));
        }
        if (*c->p == '"') {
            if (c->p[1] != '"') {
                break;
            }
            c->p++;
        }
        c->line += *c->p == '\n';
        *to++ = *c->p;
    }
    c->p++;
    *end = to;
    if (*c->p != ',' && *c->p != '\n' && *c->p != '\r' && *c->p != '\0') {
        return fail(c, c->line, T("第 {0} 行：引号后面只能是逗号或换行"));
    }
    return true;
}

static bool
plain(struct csv *c, char **end)
{
    c->p += strcspn(c->p, ",\"\r\n");
    *end = c->p;
    return *c->p != '"' || fail(c, c->line, T("第 {0} 行：引号只能出现在加引号的单元格里"));
}

// One cell; *last when the record ends behind it.
static bool
cell(struct csv *c, bool *last)
{
    if (c->n == TABLE_COLUMNS_MAX) {
        return fail(c, c->line, T("第 {0} 行：列数太多"));
    }
    char *from = *c->p == '"' ? c->p + 1 : c->p;
    char *end = NULL;
    if (!(*c->p == '"' ? quoted(c, &end) : plain(c, &end))) {
        return false;
    }
    if ((size_t)(end - from) > TABLE_CELL_MAX) {
        return fail(c, c->line, T("第 {0} 行：单元格内容太长"));
    }
    char separator = *c->p;
    *last = separator != ',';
    if (separator == '\r' && c->p[1] != '\n') {
        return fail(c, c->line, T("第 {0} 行：换行符不完整"));
    }
    c->line += *last && separator != '\0';
    c->p += separator == '\0' ? 0 : separator == '\r' ? 2 : 1;
    *end = '\0'; // only now: it may be the separator's own place
    c->cells[c->n++] = from;
    return true;
}

const char *
csv_read(struct arena *a, enum language l, const char *text, size_t size, csv_row_fn row,
         void *arg)
{
    struct csv c = {.a = a, .language = l, .p = to_utf8(a, text, size), .line = 1};
    if (c.p == NULL) {
        return tr(l, T("文件编码既不是 UTF-8 也不是 GB18030"));
    }
    c.cells = ARENA_ARRAY(a, const char *, TABLE_COLUMNS_MAX);
    while (*c.p != '\0') {
        if (*c.p == '\n' || (*c.p == '\r' && c.p[1] == '\n')) {
            c.p += *c.p == '\n' ? 1 : 2;
            c.line++;
            continue;
        }
        size_t start = c.line;
        c.n = 0;
        for (bool last = false; !last;) {
            if (!cell(&c, &last)) {
                return c.why;
            }
        }
        if (!row(arg, start, c.cells, c.n)) {
            return NULL;
        }
    }
    return NULL;
}
