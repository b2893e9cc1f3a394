// SPDX-License-Identifier: Apache-2.0
// A list as a file: whole, however long it is, in memory that does not grow with it. A CSV is
// made while it is sent, piece by piece, each from a snapshot of its own, so that a client who
// stops reading holds nothing but its connection; a workbook is made from one snapshot in a
// file without a name.
#ifndef KIT_EXPORT_H
#define KIT_EXPORT_H

#include "kit/ctx.h"
#include "view/table.h"

enum { EXPORT_COLUMNS = 64, EXPORT_PIECE = 500 };

struct export_out;

struct export_list {
    const char *name;  // of the file, without its ending
    const char *sheet; // title of the workbook's sheet, in the reader's language
    const struct table_column *columns;
    size_t count; // of columns, at most EXPORT_COLUMNS
    // Hands the next rows, about EXPORT_PIECE, to export_row; false: these were the last. On
    // c->tx; what it takes from c->arena is still there at the next call, but not after it.
    bool (*piece)(struct ctx *c, void *state, struct export_out *out);
    void *state; // lives as long as the request
};

// One row: cells in the order of the columns. Their texts need only live during the call.
void export_row(struct export_out *out, const struct value *cells);

// The answer of a route: `run` of /x.csv, and of /x.xlsx, which has ROUTE_WAITS. `l` and what
// it points to live as long as the request.
enum err export_csv(struct ctx *c, const struct export_list *l);
enum err export_xlsx(struct ctx *c, const struct export_list *l);

#endif
