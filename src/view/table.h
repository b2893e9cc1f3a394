// SPDX-License-Identifier: Apache-2.0
// Rows out as CSV or XLSX. A cell that a spreadsheet would take for a formula is defused.
#ifndef VIEW_TABLE_H
#define VIEW_TABLE_H

#include "base/buf.h"
#include "base/value.h"

#include <stdbool.h>

struct table_column {
    const char *key; // of the row maps
    const char *title;
};

// UTF-8 with BOM, CRLF, RFC 4180; leading = + - @ TAB CR get a ' before them.
void csv_head(struct buf *b, const struct table_column *cols, size_t n);
void csv_row(struct buf *b, const struct table_column *cols, size_t n, const struct value *row);

// A whole workbook with one sheet: bold frozen header, texts as texts, integers and decimals
// as numbers, times as dates in Beijing time. NULL in case of failure (logged).
const char *xlsx_write(struct arena *a, const char *sheet, const struct table_column *cols,
                       size_t n, const struct value *rows, size_t *size);

// Reading: strict RFC 4180 (also LF, a BOM, line breaks inside quotes). Calls `row` for each
// record with its cells and the line it starts on; false from it stops. Returns NULL, or what
// is wrong and where. `text` must be UTF-8 (or GB18030, detected and converted through ICU).
typedef bool (*csv_row_fn)(void *arg, size_t line, const char **cells, size_t n);
const char *csv_read(struct arena *a, const char *text, size_t size, csv_row_fn row, void *arg);
// The first sheet of a workbook, same callback; numbers as written, dates as serials.
const char *xlsx_read(struct arena *a, const void *data, size_t size, csv_row_fn row,
                      void *arg);

#endif
