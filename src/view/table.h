// SPDX-License-Identifier: Apache-2.0
// Rows out as CSV or XLSX. A cell that a spreadsheet would take for a formula is defused.
#ifndef VIEW_TABLE_H
#define VIEW_TABLE_H

#include "base/buf.h"
#include "base/value.h"
#include "view/language.h"

#include <stdbool.h>

struct table_column {
    const char *key; // of the row maps
    const char *title;
};

// UTF-8 with BOM, CRLF, RFC 4180; texts that start with = + - @ (also full width), TAB, CR or
// LF get a ' before them, numbers do not. Times as "2026-11-23 10:05", lists joined by ';'.
void csv_head(struct buf *b, const struct table_column *cols, size_t n);
void csv_row(struct buf *b, const struct table_column *cols, size_t n, const struct value *row);
// The same of cells in the order of the columns.
void csv_cells(struct buf *b, const struct value *cells, size_t n);

// A whole workbook with one sheet: bold frozen header, texts as texts, integers and decimals
// as numbers, times as dates in Beijing time. NULL in case of failure (logged).
const char *xlsx_write(struct arena *a, const char *sheet, const struct table_column *cols,
                       size_t n, const struct value *rows, size_t *size);

// The same row by row, for any number of rows: they wait in a file without a name in `dir`, not
// in memory. `titles` is what lives as long as the workbook; a row's own memory is taken from
// `cells`, which the caller may reset between rows. NULL or false in case of failure (logged);
// xlsx_close writes the workbook to fd, which need not be a file.
struct xlsx;
struct xlsx *xlsx_open(struct arena *titles, struct arena *cells, const char *dir,
                       const char *sheet, const struct table_column *cols, size_t n);
bool xlsx_row(struct xlsx *x, const struct value *row);
// The same of cells in the order of the columns, with another arena for the row's own memory.
bool xlsx_cells(struct xlsx *x, struct arena *a, const struct value *cells);
bool xlsx_close(struct xlsx *x, int fd);
// Instead of xlsx_close: the finished workbook as a file without a name, which `titles` closes.
// -1 in case of failure.
int xlsx_file(struct xlsx *x, uint64_t *size);

// Reading: strict RFC 4180 (also LF, a BOM, line breaks inside quotes; blank lines are passed
// over). Calls `row` for each record with its cells and the line it starts on; false from it
// stops. The cells' texts live in the arena, the array only during the call. Returns NULL, or
// what is wrong and where, a sentence in the reader's language. The text is UTF-8, or
// GB18030, detected and converted through ICU.
typedef bool (*csv_row_fn)(void *arg, size_t line, const char **cells, size_t n);
const char *csv_read(struct arena *a, enum language l, const char *text, size_t size,
                     csv_row_fn row, void *arg);
// The first sheet of a workbook, same callback with the row's number as line; numbers as
// written, dates as serials of the 1900 system (a workbook of the 1904 system is refused),
// truth as TRUE and FALSE, formulas by the value saved with them; empty rows are passed over.
// Refuses archives that unpack to more than 64 MiB or hold strange paths, and XML with a DTD.
const char *xlsx_read(struct arena *a, enum language l, const void *data, size_t size,
                      csv_row_fn row, void *arg);
// The same for large workbooks: a row's texts are in `cells`, reset after each row; at most
// `unpacked` bytes. Merged areas are filled as people see them: down a column everywhere,
// across columns only in the first TABLE_HEAD_MAX rows, where headings stand.
const char *xlsx_stream(struct arena *a, struct arena *cells, enum language l, const void *data,
                        size_t size, size_t unpacked, csv_row_fn row, void *arg);

enum { TABLE_HEAD_MAX = 20 };
enum { TABLE_COLUMNS_MAX = 512, TABLE_CELL_MAX = 128 * 1024 }; // for both readers, bytes

#endif
