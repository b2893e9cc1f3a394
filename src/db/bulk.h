// SPDX-License-Identifier: Apache-2.0
// All rows of a district, table by table in the order of their keys, whole and fast: what a
// copy between engines, a backup and a restore are made of. Not for modules: there are no rules
// here, and what is loaded was checked where it came from.
//
// Rows are the same on both engines: columns by name, without those that are computed; cells
// are whole numbers, reals, texts and blobs. Their canonical bytes (bulk_encode) are what is
// hashed and what a backup holds.
//
// A load takes indexes and references off, fills the tables, and puts all back on. In between
// the database says of itself that it is not finished (db_migrate refuses it), and a load that
// was killed at any moment goes on from there.
#ifndef DB_BULK_H
#define DB_BULK_H

#include "base/buf.h"
#include "db/db.h"

#include <sodium.h>

enum { BULK_COLUMNS_MOST = 128, BULK_SUM_SIZE = 32 };
#define BULK_CELL_MOST ((size_t)64 << 20)
#define BULK_ROW_MOST ((size_t)128 << 20)

struct bulk_column {
    const char *name;
    enum db_type type; // INT TEXT REAL BLOB; any cell may be NULL
};

struct bulk_table {
    const char *name;
    unsigned columns, keys;
    const struct bulk_column *column; // by name
    const unsigned *key;              // columns of the primary key, in its order
    int64_t given; // the largest id ever given, where the engine remembers it; else 0
};

struct bulk;

// `reads`: a snapshot of the database begins now and stays until bulk_close. Otherwise the
// connection is for a load. NULL and *why (in the arena). Lives in the arena; one thread.
struct bulk *bulk_open(struct arena *a, struct db *db, bool reads, const char **why);
void bulk_close(struct bulk *b);
// Why the last call failed; NULL when it did not.
const char *bulk_why(const struct bulk *b);

// By name; schema_patch is not among them.
size_t bulk_count(const struct bulk *b);
const struct bulk_table *bulk_at(const struct bulk *b, size_t i);
const struct bulk_table *bulk_find(const struct bulk *b, const char *name);
// Numbers of the patches applied, ascending.
size_t bulk_patches(struct bulk *b, int64_t *numbers, size_t most);

// ---- reading ---------------------------------------------------------------------------

// All rows of a table in the order of its key, bytewise. After bulk_read, bulk_next fills the
// cells (valid until the next call) until it is false: at the end, or with bulk_why.
bool bulk_read(struct bulk *b, const struct bulk_table *t);
bool bulk_next(struct bulk *b, struct db_arg *cells);

// ---- loading ---------------------------------------------------------------------------

// What a load that is not finished was begun with; NULL: there is none.
const char *bulk_unfinished(const struct bulk *b);
// Reads the tables again, after the schema was made.
bool bulk_look(struct bulk *b);
// Begins a load named `what`: empties all tables, takes off what slows it. One transaction.
bool bulk_begin(struct bulk *b, const char *what);

bool bulk_rows(struct bulk *b, const struct bulk_table *t, int64_t *n);
bool bulk_clear(struct bulk *b, const struct bulk_table *t);
// Rows into a table: bulk_write, bulk_put each, bulk_write_end. Committed every some thousand,
// so that what is in the table is always the first of the rows put.
bool bulk_write(struct bulk *b, const struct bulk_table *t);
bool bulk_put(struct bulk *b, const struct db_arg *cells);
bool bulk_write_end(struct bulk *b);
// The next id of the table will be greater.
bool bulk_given(struct bulk *b, const struct bulk_table *t, int64_t given);

// Puts back one of the things taken off, and says which in *what (in the arena). False when
// nothing is left, or with bulk_why.
bool bulk_mend(struct bulk *b, const char **what);
// When all are: the database is a district like any other, on the disk.
bool bulk_finish(struct bulk *b);

// ---- canonical bytes -------------------------------------------------------------------

// Appends each cell: 0 for NULL; 1 and a whole number, 2 and a real (IEEE 754), eight bytes,
// the greatest first; 3 and a text, 4 and a blob, the length in four bytes before it.
void bulk_encode(struct buf *out, const struct db_arg *cells, unsigned n);

// BLAKE2b of a table: its name, its columns, the bytes of its rows in the order of the key.
// Not to be copied. libsodium wants its state at a multiple of 64 bytes, which neither an arena
// gives nor a stack under GCC's address sanitizer, so it lies somewhere in `room`.
struct bulk_sum {
    unsigned char room[sizeof(crypto_generichash_state) + _Alignof(crypto_generichash_state)];
    uint64_t rows;
};
void bulk_sum_begin(struct bulk_sum *s, const struct bulk_table *t);
void bulk_sum_row(struct bulk_sum *s, const void *bytes, size_t n);
void bulk_sum_end(struct bulk_sum *s, unsigned char out[BULK_SUM_SIZE]);
// Of a whole table, as it is now.
bool bulk_sum_table(struct bulk *b, const struct bulk_table *t, struct buf *row, uint64_t *rows,
                    unsigned char out[BULK_SUM_SIZE]);

#endif
