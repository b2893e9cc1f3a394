// SPDX-License-Identifier: Apache-2.0
// Private to src/db/bulk*.c: what an engine does for a load or a reader of whole tables.
#ifndef DB_BULK_ENGINE_H
#define DB_BULK_ENGINE_H

#include "db/bulk.h"
#include "db/engine.h"

// A row of the list of columns, as both engines answer it, ordered by table and column.
struct bulk_found {
    const char *table, *column, *type;
    int64_t key; // 1 … in the primary key, else 0
};

struct bulk {
    const struct bulk_engine *engine;
    struct db *db;
    struct arena *arena;
    bool reads;
    struct bulk_table *tables;
    size_t count, cap;
    const struct bulk_table *at; // read or written now
    size_t pending;              // bytes put since the last commit
    const char *unfinished;
    bool failed;
    char why[320];
};

// Where a commit is due.
enum { BULK_COMMIT_BYTES = 32 << 20 };

struct bulk_engine {
    struct bulk *(*open)(struct arena *a, struct db *db, bool reads, const char **why);
    void (*close)(struct bulk *b);
    bool (*look)(struct bulk *b); // calls bulk_add, sets unfinished
    size_t (*patches)(struct bulk *b, int64_t *numbers, size_t most);
    bool (*read)(struct bulk *b, const char *sql);
    bool (*next)(struct bulk *b, struct db_arg *cells);
    bool (*begin)(struct bulk *b, const char *what);
    bool (*rows)(struct bulk *b, const char *sql, int64_t *n);
    bool (*clear)(struct bulk *b, const struct bulk_table *t);
    bool (*write)(struct bulk *b, const struct bulk_table *t);
    bool (*put)(struct bulk *b, const struct db_arg *cells);
    bool (*flush)(struct bulk *b);
    bool (*given)(struct bulk *b, const struct bulk_table *t, int64_t given);
    bool (*mend)(struct bulk *b, const char **what);
    bool (*finish)(struct bulk *b);
};
extern const struct bulk_engine bulk_sqlite, bulk_postgres;

// One more column found; false when it is none that can be carried.
bool bulk_add(struct bulk *b, const struct bulk_found *f);
// False, with the reason.
bool bulk_fail(struct bulk *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// "a", "b", "c" of the table's columns.
void bulk_names(struct buf *out, const struct bulk_table *t);
void bulk_name(struct buf *out, const char *name);

#endif
