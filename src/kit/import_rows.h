// SPDX-License-Identifier: Apache-2.0
// Rows of cells as bytes: what the reading process sends, and what waits in the database. One
// row is its size, its line, the number of cells, and their texts each with a NUL.
#ifndef KIT_IMPORT_ROWS_H
#define KIT_IMPORT_ROWS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { IMPORT_ROW_MAX = 1024 * 1024 }; // bytes

// False when the row is too large; nothing is appended then.
bool import_rows_put(struct buf *b, size_t line, const char *const *cells, size_t n);

struct import_rows { // what is left to read
    const char *p, *end;
};
struct import_cells {
    size_t line, n;
    const char **cells; // point into the bytes
};
// The next row, its array in the arena. 1; 0 at the end; -1 when the bytes are no rows: they
// come from a process that a stranger's file may have taken over.
int import_rows_next(struct import_rows *r, struct arena *a, struct import_cells *out);

#endif
