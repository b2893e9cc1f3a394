// SPDX-License-Identifier: Apache-2.0
// From a table somebody else made to rows in our words: columns renamed by a map, dates as
// spreadsheets write them, texts tidied. Pure: no database, no files.
#ifndef CMD_IMPORT_READ_H
#define CMD_IMPORT_READ_H

#include "base/err.h"
#include "base/value.h"
#include "kit/field.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How the foreign columns are called here. As JSON:
//   {"columns":{"created_at":"submitted_at"},"timezone":"+08:00","defaults":{"category":"other"},
//    "values":{"category":{"融资":"finance"}}}
// A column the map does not name keeps its name; "" drops it.
struct import_map {
    const struct value *columns, *defaults, *values; // maps; may be NULL
    int64_t offset;                                  // of the table's clock from UTC, ms
};
extern const struct import_map IMPORT_MAP_NONE; // Beijing time, names as they are

// False with *why when the JSON is no map.
bool import_map_parse(struct arena *a, const char *json, size_t n, struct import_map *out,
                      const char **why);

// One table on its way in: the header, then rows.
struct import_table {
    struct arena *arena; // lives as long as the table
    const struct import_map *map;
    const struct field *fields; // what a row may hold
    const char *const *unknown; // columns nobody asked to leave out, but are
    size_t unknown_count;
    const struct field **by_column; // NULL: left out
    const char **titles;            // the foreign names, for the error sheet
    size_t columns;
};

// Reads the header row. False with *why when a required field has neither column nor default,
// or two columns mean the same.
bool import_header(struct import_table *t, const char *const *cells, size_t n,
                   const char **why);
// Reads one row into a map with typed members; empty cells are absent. NULL with faults, whose
// `field` is the foreign column's title.
struct value *import_row(const struct import_table *t, struct arena *a,
                         const char *const *cells, size_t n, struct faults *f);

#endif
