// SPDX-License-Identifier: Apache-2.0
// Workbooks out through libxlsxwriter, into a memory file or a file without a name: nothing of
// an export touches a disk by its own name.
#include "view/table.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>
#include <zip.h>

enum {
    SHEET_NAME_CHARS = 31,
    CELL_CHARS = 32767,
    WIDEST_COLUMN = 60,
    WIDTH_ROWS = 200,
    WIDTH_STREAMED = 16, // columns of rows nobody has seen yet
};

// Spreadsheets keep 15 digits of a number; longer ones are codes, not quantities.
static const int64_t EXACT = INT64_C(999999999999999);

struct writer {
    struct arena *a; // of the cells
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *bold, *time;
    int fd;
};

// For the arena: also runs when memory runs out half way.
static void
writer_close(void *arg)
{
    struct writer *w = arg;
    if (w->book != NULL) {
        lxw_workbook_free(w->book);
        w->book = NULL;
    }
    if (w->fd >= 0) {
        close(w->fd);
        w->fd = -1;
    }
}

// Sheet names may not hold []:*?/\ nor begin or end with an apostrophe.
static const char *
sheet_name(struct arena *a, const char *name)
{
    char *s = arena_strndup(a, name, text_prefix(name, SHEET_NAME_CHARS));
    for (char *p = s; *p != '\0'; p++) {
        if (strchr("[]:*?/\\'", *p) != NULL) {
            *p = '_';
        }
    }
    return *s == '\0' ? "Sheet1" : s;
}

static void
write_text(struct writer *w, lxw_row_t r, lxw_col_t c, const char *s)
{
    size_t n = text_prefix(s, CELL_CHARS);
    const char *fit = s[n] == '\0' ? s : arena_strndup(w->a, s, n);
    worksheet_write_string(w->sheet, r, c, fit, NULL);
}

static void
write_time(struct writer *w, lxw_row_t r, lxw_col_t c, int64_t ms)
{
    struct civil v = time_civil(ms);
    if (v.year < 1900 || v.year > 9999) { // before the epoch of spreadsheets
        write_text(w, r, c, time_minute_text(w->a, ms));
        return;
    }
    lxw_datetime t = {.year = v.year,
                      .month = v.month,
                      .day = v.day,
                      .hour = v.hour,
                      .min = v.minute,
                      .sec = v.second + v.ms / 1000.0};
    worksheet_write_datetime(w->sheet, r, c, &t, w->time);
}

static void
write_joined(struct writer *w, lxw_row_t r, lxw_col_t c, const struct value *v)
{
    struct buf b;
    buf_init(&b, w->a, 128, TABLE_CELL_MAX);
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *item = value_at(v, i);
        buf_puts(&b, i > 0 ? ";" : "");
        if (item->type == VALUE_TEXT) {
            buf_put(&b, item->s, item->n);
        } else {
            json_write(&b, item);
        }
    }
    if (v->type == VALUE_MAP) {
        json_write(&b, v);
    }
    write_text(w, r, c, buf_str(&b));
}

static void
write_cell(struct writer *w, lxw_row_t r, lxw_col_t c, const struct value *v)
{
    switch (v->type) {
    case VALUE_NULL:
    case VALUE_LAMBDA:
        return;
    case VALUE_BOOL:
        worksheet_write_boolean(w->sheet, r, c, v->b, NULL);
        return;
    case VALUE_INT:
        if (v->i > EXACT || v->i < -EXACT) {
            write_text(w, r, c, arena_printf(w->a, "%lld", (long long)v->i));
        } else {
            worksheet_write_number(w->sheet, r, c, (double)v->i, NULL);
        }
        return;
    case VALUE_DEC:
        worksheet_write_number(w->sheet, r, c, (double)v->i / 10000.0, NULL);
        return;
    case VALUE_TIME:
        write_time(w, r, c, v->i);
        return;
    case VALUE_TEXT:
        write_text(w, r, c, v->s); // a string cell: no program takes it for a formula
        return;
    case VALUE_LIST:
    case VALUE_MAP:
        write_joined(w, r, c, v);
        return;
    }
}

// Han characters are twice as wide as Latin ones.
static int
width_of(const char *s)
{
    int width = 0;
    for (; *s != '\0' && width < WIDEST_COLUMN; s++) {
        unsigned char ch = (unsigned char)*s;
        width += ch < 0x80 ? 1 : (ch & 0xC0) == 0x80 ? 0 : 2;
    }
    return width;
}

static void
write_titles(struct writer *w, const struct table_column *cols, size_t n)
{
    for (size_t c = 0; c < n; c++) {
        worksheet_write_string(w->sheet, 0, (lxw_col_t)c, cols[c].title, w->bold);
    }
}

static void
write_row(struct writer *w, const struct table_column *cols, size_t n, lxw_row_t at,
          const struct value *row)
{
    for (size_t c = 0; c < n; c++) {
        const struct value *v = value_get(row, cols[c].key);
        if (v != NULL) {
            write_cell(w, at, (lxw_col_t)c, v);
        }
    }
}

static void
set_widths(struct writer *w, const struct table_column *cols, size_t n,
           const struct value *rows)
{
    for (size_t c = 0; c < n; c++) {
        int width = width_of(cols[c].title);
        for (size_t r = 0; r < value_count(rows) && r < WIDTH_ROWS; r++) {
            const struct value *v = value_get(value_at(rows, r), cols[c].key);
            int cell = v == NULL               ? 0
                       : v->type == VALUE_TEXT ? width_of(v->s)
                       : v->type == VALUE_TIME ? 16
                       : v->type == VALUE_INT  ? 8
                                               : 6;
            width = cell > width ? cell : width;
        }
        worksheet_set_column(w->sheet, (lxw_col_t)c, (lxw_col_t)c, width + 2, NULL);
    }
}

// `dir` NULL: all in memory.
static bool
open_book(struct writer *w, const char *dir, const char *name)
{
    w->fd = dir == NULL ? memfd_create("huiqiao-xlsx", MFD_CLOEXEC)
                        : open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (w->fd < 0) {
        return false;
    }
    // The library takes a path only, and frees the directory's name.
    lxw_workbook_options o = {.constant_memory = dir != NULL,
                              .tmpdir = dir == NULL ? NULL : arena_strdup(w->a, dir)};
    w->book = workbook_new_opt(arena_printf(w->a, "/proc/self/fd/%d", w->fd), &o);
    if (w->book == NULL) {
        return false;
    }
    w->sheet = workbook_add_worksheet(w->book, sheet_name(w->a, name));
    w->bold = workbook_add_format(w->book);
    w->time = workbook_add_format(w->book);
    if (w->sheet == NULL || w->bold == NULL || w->time == NULL) {
        return false;
    }
    format_set_bold(w->bold);
    format_set_num_format(w->time, "yyyy-mm-dd hh:mm");
    worksheet_freeze_panes(w->sheet, 1, 0);
    return true;
}

// How many bytes of rows the library has put into its own file so far; -1: not all of them, for
// the disk is full, which it does not look at.
static long
rows_written(const struct writer *w)
{
    FILE *rows = w->sheet->optimize_tmpfile; // NULL: it keeps them in memory
    return rows == NULL ? 0 : fflush(rows) != 0 || ferror(rows) ? -1 : ftell(rows);
}

// The sheet in the finished book is never shorter than its rows, unless some were lost when it
// was put together: what a stream drops is at least as long as what stands around the rows.
static bool
sheet_holds(const struct writer *w, long rows)
{
    zip_stat_t st;
    int fd = dup(w->fd), why = 0;
    zip_t *z = fd < 0 ? NULL : zip_fdopen(fd, 0, &why);
    if (z == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    bool ok = zip_stat(z, "xl/worksheets/sheet1.xml", 0, &st) == 0 &&
              (st.valid & ZIP_STAT_SIZE) != 0 && st.size > (zip_uint64_t)rows;
    zip_discard(z);
    return ok;
}

// Closes the workbook, which writes it.
static bool
write_book(struct writer *w)
{
    long rows = rows_written(w);
    lxw_error err = workbook_close(w->book); // frees it in any case
    w->book = NULL;
    w->sheet = NULL;
    bool ok = err == LXW_NO_ERROR && rows >= 0 && (rows == 0 || sheet_holds(w, rows));
    if (!ok) {
        log_error("cannot write workbook: %s", err != LXW_NO_ERROR
                                                   ? lxw_strerror(err)
                                                   : "rows are missing, is the disk full?");
    }
    return ok;
}

// Writes the workbook and takes its bytes.
static const char *
finish(struct writer *w, size_t *size)
{
    if (!write_book(w)) {
        return NULL;
    }
    off_t end = lseek(w->fd, 0, SEEK_END);
    if (end <= 0) {
        log_error("workbook is empty");
        return NULL;
    }
    char *p = arena_raw(w->a, (size_t)end);
    for (off_t at = 0; at < end;) {
        ssize_t got = pread(w->fd, p + at, (size_t)(end - at), at);
        if (got <= 0) {
            log_error("cannot read workbook back");
            return NULL;
        }
        at += got;
    }
    *size = (size_t)end;
    return p;
}

const char *
xlsx_write(struct arena *a, const char *sheet, const struct table_column *cols, size_t n,
           const struct value *rows, size_t *size)
{
    struct writer *w = ARENA_NEW(a, struct writer);
    w->a = a;
    w->fd = -1;
    arena_defer(a, writer_close, w);
    if (value_count(rows) >= LXW_ROW_MAX || n > TABLE_COLUMNS_MAX ||
        !open_book(w, NULL, sheet)) {
        log_error("cannot make workbook of %zu rows", value_count(rows));
        writer_close(w);
        return NULL;
    }
    write_titles(w, cols, n);
    for (size_t r = 0; r < value_count(rows); r++) {
        write_row(w, cols, n, (lxw_row_t)r + 1, value_at(rows, r));
    }
    set_widths(w, cols, n, rows);
    const char *p = finish(w, size);
    writer_close(w);
    return p;
}

// ---- row by row ------------------------------------------------------------------------

struct xlsx {
    struct writer w;
    const struct table_column *cols;
    size_t n;
    lxw_row_t rows;
};

struct xlsx *
xlsx_open(struct arena *titles, struct arena *cells, const char *dir, const char *sheet,
          const struct table_column *cols, size_t n)
{
    struct xlsx *x = ARENA_NEW(titles, struct xlsx);
    *x = (struct xlsx){.w = {.a = titles, .fd = -1}, .cols = cols, .n = n};
    arena_defer(titles, writer_close, &x->w);
    if (n > TABLE_COLUMNS_MAX || !open_book(&x->w, dir, sheet)) {
        log_error("cannot make a workbook in %s: %s", dir, strerror(errno));
        writer_close(&x->w);
        return NULL;
    }
    x->w.a = cells;
    for (size_t c = 0; c < n; c++) { // before the first row: a row that is written stays
        int width = width_of(cols[c].title) + 2;
        worksheet_set_column(x->w.sheet, (lxw_col_t)c, (lxw_col_t)c,
                             width > WIDTH_STREAMED ? width : WIDTH_STREAMED, NULL);
    }
    write_titles(&x->w, cols, n);
    return x;
}

static bool
has_room(const struct xlsx *x)
{
    if (x->rows + 1 >= LXW_ROW_MAX) {
        log_error("a sheet holds no more than %d rows", LXW_ROW_MAX - 1);
        return false;
    }
    return true;
}

bool
xlsx_row(struct xlsx *x, const struct value *row)
{
    if (!has_room(x)) {
        return false;
    }
    write_row(&x->w, x->cols, x->n, ++x->rows, row);
    return true;
}

bool
xlsx_cells(struct xlsx *x, struct arena *a, const struct value *cells)
{
    if (!has_room(x)) {
        return false;
    }
    x->w.a = a;
    x->rows++;
    for (size_t c = 0; c < x->n; c++) {
        write_cell(&x->w, x->rows, (lxw_col_t)c, &cells[c]);
    }
    return true;
}

static bool
copy_out(int from, int to)
{
    char piece[65536];
    ssize_t got = lseek(from, 0, SEEK_SET) == 0 ? 1 : -1;
    while (got > 0 && (got = read(from, piece, sizeof piece)) > 0) {
        for (ssize_t done = 0, n; done < got; done += n) {
            n = write(to, piece + done, (size_t)(got - done));
            if (n <= 0) {
                return false;
            }
        }
    }
    return got == 0;
}

bool
xlsx_close(struct xlsx *x, int fd)
{
    bool ok = write_book(&x->w) && copy_out(x->w.fd, fd);
    if (!ok) {
        log_error("the workbook could not be written: %s", strerror(errno));
    }
    writer_close(&x->w);
    return ok;
}

int
xlsx_file(struct xlsx *x, uint64_t *size)
{
    off_t end = write_book(&x->w) ? lseek(x->w.fd, 0, SEEK_END) : -1;
    if (end <= 0) {
        log_error("the workbook could not be written: %s", strerror(errno));
        writer_close(&x->w);
        return -1;
    }
    *size = (uint64_t)end;
    return x->w.fd;
}
