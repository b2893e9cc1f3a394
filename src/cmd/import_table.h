// SPDX-License-Identifier: Apache-2.0
// huiqiao import for every kind of record that comes in from tables (kit/import.h).
#ifndef CMD_IMPORT_TABLE_H
#define CMD_IMPORT_TABLE_H

#include <stdbool.h>

struct import_order {
    const char *data, *db, *kind, *file;
    const char *map; // a file, or NULL
    bool dry;
};
// Returns the exit code, after having said how it went.
int import_table(const struct import_order *o);

#endif
