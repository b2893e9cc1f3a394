// SPDX-License-Identifier: Apache-2.0
// Whole tables of an SQLite file. A load commits without waiting for the disk until it is over:
// the log keeps the order, so a power cut costs the last rows, which are copied again.
#include "db/bulk_engine.h"

#include "db/sqlite.h"

#include <stdio.h>
#include <string.h>

struct sq_bulk {
    struct bulk bulk; // first
    struct sq_conn *c;
    sqlite3_stmt *rows;   // read
    sqlite3_stmt *insert; // written
};

static struct sq_bulk *
of(struct bulk *b)
{
    return (struct sq_bulk *)(void *)b;
}

static bool
failed(struct bulk *b)
{
    const char *what = sqlite3_errmsg(of(b)->c->h);
    return b->at == NULL ? bulk_fail(b, "%s", what) : bulk_fail(b, "%s: %s", b->at->name, what);
}

static bool
run(struct bulk *b, const char *sql)
{
    return sqlite3_exec(of(b)->c->h, sql, NULL, NULL, NULL) == SQLITE_OK || failed(b);
}

static sqlite3_stmt *
prepare(struct bulk *b, const char *sql)
{
    sqlite3_stmt *h = NULL;
    if (sqlite3_prepare_v2(of(b)->c->h, sql, -1, &h, NULL) != SQLITE_OK) {
        failed(b);
    }
    return h;
}

static const char *
text_at(sqlite3_stmt *h, int column)
{
    const char *s = (const char *)sqlite3_column_text(h, column);
    return s == NULL ? "" : s;
}

// ---- opening ---------------------------------------------------------------------------

static void
sq_bulk_close(struct bulk *b)
{
    struct sq_bulk *s = of(b);
    sqlite3_finalize(s->rows);
    sqlite3_finalize(s->insert);
    sq_conn_close(s->c);
}

static struct bulk *
sq_bulk_open(struct arena *a, struct db *db, bool reads, const char **why)
{
    static const char READS[] = "BEGIN; SELECT count(*) FROM sqlite_master";
    static const char LOADS[] = "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -131072;"
                                "PRAGMA temp_store = FILE; PRAGMA threads = 2";
    struct sq_bulk *s = ARENA_NEW(a, struct sq_bulk);
    s->bulk = (struct bulk){.engine = &bulk_sqlite, .db = db, .arena = a, .reads = reads};
    s->c = sq_conn_open((struct sq_db *)(void *)db, reads ? SQ_READER : SQ_PATCHER, a, why);
    if (s->c == NULL) {
        return NULL;
    }
    s->c->own = true; // every statement here is ours
    // A load leaves triggers out: what they did is among the rows.
    sqlite3_db_config(s->c->h, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (!run(&s->bulk, reads ? READS : LOADS)) {
        *why = arena_strdup(a, s->bulk.why);
        sq_bulk_close(&s->bulk);
        return NULL;
    }
    return &s->bulk;
}

// ---- the catalogue ---------------------------------------------------------------------

static bool
has_table(struct bulk *b, const char *name)
{
    sqlite3_stmt *h =
        prepare(b, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
    sqlite3_bind_text(h, 1, name, -1, SQLITE_STATIC);
    bool has = sqlite3_step(h) == SQLITE_ROW;
    sqlite3_finalize(h);
    return has;
}

static bool
look_for_unfinished(struct bulk *b)
{
    if (!has_table(b, "schema_patch")) {
        return !b->failed;
    }
    sqlite3_stmt *h = prepare(b, "SELECT sha256 FROM schema_patch WHERE number = 0");
    if (sqlite3_step(h) == SQLITE_ROW) {
        b->unfinished = arena_strdup(b->arena, text_at(h, 0));
    }
    sqlite3_finalize(h);
    return !b->failed;
}

static bool
sq_bulk_look(struct bulk *b)
{
    // hidden: 2 and 3 are computed columns. The shadow tables of a search index are none of
    // ours.
    static const char COLUMNS[] =
        "SELECT l.name, x.name, x.type, x.pk FROM pragma_table_list AS l, "
        "pragma_table_xinfo(l.name) AS x WHERE l.schema = 'main' AND l.type = 'table' AND "
        "substr(l.name, 1, 7) <> 'sqlite_' AND l.name NOT IN ('schema_patch', 'copy_progress') "
        "AND x.hidden = 0 ORDER BY l.name, x.name";
    sqlite3_stmt *h = prepare(b, COLUMNS);
    int rc = SQLITE_DONE;
    while (h != NULL && (rc = sqlite3_step(h)) == SQLITE_ROW) {
        const struct bulk_found f = {text_at(h, 0), text_at(h, 1), text_at(h, 2),
                                     sqlite3_column_int64(h, 3)};
        if (!bulk_add(b, &f)) {
            break;
        }
    }
    if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
        failed(b);
    }
    sqlite3_finalize(h);
    return !b->failed && look_for_unfinished(b);
}

static size_t
sq_bulk_patches(struct bulk *b, int64_t *numbers, size_t most)
{
    size_t n = 0;
    sqlite3_stmt *h =
        prepare(b, "SELECT number FROM schema_patch WHERE number > 0 ORDER BY number");
    while (n < most && sqlite3_step(h) == SQLITE_ROW) {
        numbers[n++] = sqlite3_column_int64(h, 0);
    }
    sqlite3_finalize(h);
    return n;
}

// ---- reading ---------------------------------------------------------------------------

static bool
sq_bulk_read(struct bulk *b, const char *sql)
{
    struct sq_bulk *s = of(b);
    sqlite3_finalize(s->rows);
    s->rows = prepare(b, sql);
    return s->rows != NULL;
}

static void
take_cell(sqlite3_stmt *h, int i, struct db_arg *cell)
{
    switch (sqlite3_column_type(h, i)) {
    case SQLITE_INTEGER:
        *cell = DB_INT(sqlite3_column_int64(h, i));
        return;
    case SQLITE_FLOAT:
        *cell = DB_REAL(sqlite3_column_double(h, i));
        return;
    case SQLITE_TEXT:
        *cell = (struct db_arg){.type = DB_TEXT_T, .p = sqlite3_column_text(h, i)};
        break;
    case SQLITE_BLOB:
        *cell = (struct db_arg){.type = DB_BLOB_T, .p = sqlite3_column_blob(h, i)};
        break;
    default:
        *cell = DB_NULL;
        return;
    }
    cell->n = (size_t)sqlite3_column_bytes(h, i);
    cell->p = cell->p == NULL ? "" : cell->p;
}

static bool
sq_bulk_next(struct bulk *b, struct db_arg *cells)
{
    struct sq_bulk *s = of(b);
    int rc = sqlite3_step(s->rows);
    if (rc == SQLITE_ROW) {
        for (unsigned i = 0; i < b->at->columns; i++) {
            take_cell(s->rows, (int)i, &cells[i]);
        }
        return true;
    }
    if (rc != SQLITE_DONE) {
        failed(b);
    }
    sqlite3_finalize(s->rows);
    s->rows = NULL;
    return false;
}

static bool
sq_bulk_rows(struct bulk *b, const char *sql, int64_t *n)
{
    sqlite3_stmt *h = prepare(b, sql);
    bool ok = h != NULL && sqlite3_step(h) == SQLITE_ROW;
    *n = ok ? sqlite3_column_int64(h, 0) : 0;
    sqlite3_finalize(h);
    return ok || failed(b);
}

// ---- beginning -------------------------------------------------------------------------

static bool
empty_table(struct bulk *b, const struct bulk_table *t)
{
    struct buf sql;
    buf_init(&sql, b->arena, 128, 1024);
    buf_puts(&sql, "DELETE FROM ");
    bulk_name(&sql, t->name);
    return run(b, buf_str(&sql));
}

static bool
drop_indexes(struct bulk *b)
{
    sqlite3_stmt *h = prepare(b, "SELECT what FROM copy_progress WHERE ddl LIKE 'CREATE%'");
    struct buf sql;
    buf_init(&sql, b->arena, 4096, (size_t)1 << 20);
    while (h != NULL && sqlite3_step(h) == SQLITE_ROW) {
        buf_puts(&sql, "DROP INDEX ");
        bulk_name(&sql, text_at(h, 0));
        buf_putc(&sql, ';');
    }
    sqlite3_finalize(h); // dropping wants no statement at work
    return !b->failed && run(b, buf_str(&sql));
}

static bool
set_mark(struct bulk *b, const char *what)
{
    sqlite3_stmt *h = prepare(b, "INSERT INTO schema_patch (number, name, sha256, applied_at) "
                                 "VALUES (0, 'unfinished copy', ?, 0)");
    sqlite3_bind_text(h, 1, what, -1, SQLITE_STATIC);
    bool ok = sqlite3_step(h) == SQLITE_DONE || failed(b);
    sqlite3_finalize(h);
    return ok;
}

static bool
sq_bulk_begin(struct bulk *b, const char *what)
{
    static const char REMEMBER[] =
        "BEGIN IMMEDIATE;"
        "CREATE TABLE copy_progress (seq INTEGER PRIMARY KEY, what TEXT NOT NULL,"
        " ddl TEXT NOT NULL) STRICT;"
        "INSERT INTO copy_progress (what, ddl) SELECT name, sql FROM sqlite_master"
        " WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name;"
        "INSERT INTO copy_progress (what, ddl) SELECT name, 'INSERT INTO \"' || name ||"
        " '\" (\"' || name || '\") VALUES (''rebuild'')' FROM sqlite_master"
        " WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%'";
    bool ok = run(b, REMEMBER) && drop_indexes(b);
    for (size_t i = 0; ok && i < b->count; i++) {
        ok = empty_table(b, &b->tables[i]);
    }
    ok = ok && set_mark(b, what) && run(b, "COMMIT");
    if (!ok) {
        sqlite3_exec(of(b)->c->h, "ROLLBACK", NULL, NULL, NULL);
    }
    return ok;
}

// ---- rows ------------------------------------------------------------------------------

// The log is emptied as it goes, or it would grow as large as the district.
static bool
sq_bulk_flush(struct bulk *b)
{
    struct sq_bulk *s = of(b);
    sqlite3_finalize(s->insert);
    s->insert = NULL;
    if (sqlite3_get_autocommit(s->c->h) == 0 && !run(b, "COMMIT")) {
        return false;
    }
    sqlite3_wal_checkpoint_v2(s->c->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return true;
}

static bool
sq_bulk_clear(struct bulk *b, const struct bulk_table *t)
{
    return empty_table(b, t) && sq_bulk_flush(b);
}

static bool
sq_bulk_write(struct bulk *b, const struct bulk_table *t)
{
    struct buf sql;
    buf_init(&sql, b->arena, 1024, (size_t)64 << 10);
    buf_puts(&sql, "INSERT INTO ");
    bulk_name(&sql, t->name);
    buf_puts(&sql, " (");
    bulk_names(&sql, t);
    for (unsigned i = 0; i < t->columns; i++) {
        buf_puts(&sql, i == 0 ? ") VALUES (?" : ", ?");
    }
    buf_putc(&sql, ')');
    if (!run(b, "BEGIN IMMEDIATE")) {
        return false;
    }
    of(b)->insert = prepare(b, buf_str(&sql));
    return of(b)->insert != NULL;
}

static bool
sq_bulk_put(struct bulk *b, const struct db_arg *cells)
{
    sqlite3_stmt *h = of(b)->insert;
    int rc = SQLITE_OK;
    for (unsigned i = 0; rc == SQLITE_OK && i < b->at->columns; i++) {
        rc = sq_bind_one(h, (int)i + 1, &cells[i]);
    }
    bool ok = rc == SQLITE_OK && sqlite3_step(h) == SQLITE_DONE;
    return sqlite3_reset(h) == SQLITE_OK && ok ? true : failed(b);
}

// Ids are the table's own business here: one more than the greatest.
static bool
sq_bulk_given(struct bulk *b, const struct bulk_table *t, int64_t given)
{
    return true;
}

// ---- ending ----------------------------------------------------------------------------

static bool
sq_bulk_mend(struct bulk *b, const char **what)
{
    b->at = NULL;
    sqlite3_stmt *h =
        prepare(b, "SELECT seq, what, ddl FROM copy_progress ORDER BY seq LIMIT 1");
    bool more = h != NULL && sqlite3_step(h) == SQLITE_ROW;
    int64_t seq = more ? sqlite3_column_int64(h, 0) : 0;
    *what = more ? arena_strdup(b->arena, text_at(h, 1)) : "";
    const char *ddl = more ? arena_strdup(b->arena, text_at(h, 2)) : "";
    sqlite3_finalize(h);
    if (!more) {
        return false;
    }
    bool ok = run(b, "BEGIN IMMEDIATE") && run(b, ddl);
    sqlite3_stmt *done = ok ? prepare(b, "DELETE FROM copy_progress WHERE seq = ?") : NULL;
    sqlite3_bind_int64(done, 1, seq);
    ok = ok && sqlite3_step(done) == SQLITE_DONE;
    sqlite3_finalize(done);
    ok = ok ? sq_bulk_flush(b) : failed(b);
    return ok || bulk_fail(b, "%s cannot be made again", *what);
}

static bool
sq_bulk_finish(struct bulk *b)
{
    static const char END[] = "PRAGMA synchronous = FULL;"
                              "BEGIN IMMEDIATE; DROP TABLE copy_progress;"
                              "DELETE FROM schema_patch WHERE number = 0; COMMIT";
    const char *why = "";
    b->at = NULL;
    if (!sq_references(&of(b)->c->tx, b->arena, &why)) {
        return bulk_fail(b, "%s", why);
    }
    of(b)->c->own = true; // which looking for references took back
    if (!run(b, END)) {
        return false;
    }
    b->unfinished = NULL;
    return sqlite3_wal_checkpoint_v2(of(b)->c->h, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                     NULL) == SQLITE_OK ||
           failed(b);
}

const struct bulk_engine bulk_sqlite = {
    .open = sq_bulk_open,
    .close = sq_bulk_close,
    .look = sq_bulk_look,
    .patches = sq_bulk_patches,
    .read = sq_bulk_read,
    .next = sq_bulk_next,
    .begin = sq_bulk_begin,
    .rows = sq_bulk_rows,
    .clear = sq_bulk_clear,
    .write = sq_bulk_write,
    .put = sq_bulk_put,
    .flush = sq_bulk_flush,
    .given = sq_bulk_given,
    .mend = sq_bulk_mend,
    .finish = sq_bulk_finish,
};
