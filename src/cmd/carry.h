// SPDX-License-Identifier: Apache-2.0
// Brings all rows of a district into an empty database, table by table, and compares: counts
// and sums of what was given against what is there. From another database (huiqiao copy) or
// from a backup (huiqiao restore); killed at any moment, the same call goes on.
#ifndef CMD_CARRY_H
#define CMD_CARRY_H

#include "db/bulk.h"

enum { CARRY_PATCHES_MOST = 1024, CARRY_NAME_SIZE = 65 };

// Where rows come from.
struct carry_from {
    // The next table into *t; false: there are no more, or `why` is set.
    bool (*table)(struct carry_from *f, struct bulk_table *t);
    // Its next row: cells and their canonical bytes, until the next call. False as above.
    bool (*row)(struct carry_from *f, struct db_arg *cells, const void **bytes, size_t *n);
    // The table's rows from the beginning once more; NULL: they cannot differ.
    bool (*again)(struct carry_from *f);
    char why[320];
    char name[CARRY_NAME_SIZE]; // of this district alone: a load of another does not go on here
    int64_t patches[CARRY_PATCHES_MOST]; // its schema
    size_t patch_count;
};

// All rows of a snapshot. The caller has set `name`.
struct carry_database {
    struct carry_from from; // first
    struct bulk *bulk;
    struct buf row;
    size_t next;
};
void carry_database(struct carry_database *d, struct arena *a, struct bulk *b);

// What was carried of a table, once it is there.
struct carry_said {
    const char *table;
    uint64_t rows;
    unsigned char sum[BULK_SUM_SIZE];
};

struct carry {
    struct arena *arena;
    struct db *db; // the target
    struct bulk *to;
    struct carry_from *from;
    // Told of every table, and of what is made again at the end; NULL: nobody is.
    void (*table)(const struct carry_said *said, void *arg);
    void (*step)(const char *what, void *arg);
    void *arg;
    const char *why;      // in the arena
    uint64_t rows, bytes; // carried
    const char *differs;  // the table whose rows are not those of the source
};

// Makes the schema and the mark, or goes on with a load of the same district. False with why,
// and with nothing changed, when the database holds a district.
bool carry_begin(struct carry *c);
// All rows, compared; then indexes and references. Killed or failed, it can be begun again.
bool carry_rows(struct carry *c);
// Takes the mark away: the district may be used.
bool carry_finish(struct carry *c);
// Ends the connection; after any of the above.
void carry_end(struct carry *c);

#endif
