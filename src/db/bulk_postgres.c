// SPDX-License-Identifier: Apache-2.0
// Whole tables of a PostgreSQL schema, by COPY in its binary form, both ways. A load commits
// without waiting for the disk until it is over.
#include "db/bulk_engine.h"

#include "db/dialect.h"
#include "db/postgres.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_BYTES = 256 * 1024, HEAD_BYTES = 19 };

static const char SIGNATURE[11] = "PGCOPY\n\377\r\n";

struct pg_bulk {
    struct bulk bulk; // first
    struct pg_conn *c;
    char *message; // read: libpq's, holds a row
    const char *at, *end;
    bool begun; // the head of the stream was read
    bool copying;
    struct buf out; // written: rows on their way
};

static struct pg_bulk *
of(struct bulk *b)
{
    return (struct pg_bulk *)(void *)b;
}

static bool
failed(struct bulk *b)
{
    char reason[240];
    pg_reason(PQerrorMessage(of(b)->c->h), reason, sizeof reason);
    return b->at == NULL ? bulk_fail(b, "%s", reason)
                         : bulk_fail(b, "%s: %s", b->at->name, reason);
}

// The answer, or NULL after failing.
static PGresult *
ask(struct bulk *b, const char *sql, const char *argument)
{
    const char *values[] = {argument};
    PGresult *got =
        PQexecParams(of(b)->c->h, sql, argument == NULL ? 0 : 1, NULL, values, NULL, NULL, 0);
    ExecStatusType s = PQresultStatus(got);
    if (s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK) {
        return got;
    }
    failed(b);
    PQclear(got);
    return NULL;
}

// A script of one or more statements.
static bool
run(struct bulk *b, const char *sql)
{
    PGresult *got = PQexec(of(b)->c->h, sql);
    ExecStatusType s = PQresultStatus(got);
    PQclear(got);
    return s == PGRES_TUPLES_OK || s == PGRES_COMMAND_OK ? true : failed(b);
}

// ---- opening ---------------------------------------------------------------------------

static void
pg_bulk_close(struct bulk *b)
{
    PQfreemem(of(b)->message);
    pg_conn_close(of(b)->c);
}

static bool
set_up(struct bulk *b)
{
    static const char ALWAYS[] = "SET idle_in_transaction_session_timeout TO 0;"
                                 "SET statement_timeout TO 0;"
                                 "SET client_connection_check_interval TO '1s'";
    static const char READS[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    static const char LOADS[] =
        "SET synchronous_commit TO off; SET maintenance_work_mem TO '256MB'";
    // Two that load one schema would be in each other's way. One that was killed is gone as
    // soon as the server notices.
    static const char ALONE[] = "SELECT pg_catalog.pg_advisory_lock(pg_catalog."
                                "hashtextextended('huiqiao.copy.' || current_schema(), 0))";
    if (!run(b, ALWAYS) || !run(b, b->reads ? READS : LOADS) || b->reads) {
        return !b->failed;
    }
    PGresult *got = PQexec(of(b)->c->h, ALONE);
    bool alone = PQresultStatus(got) == PGRES_TUPLES_OK;
    PQclear(got);
    return alone || bulk_fail(b, "another copy into this database is at work");
}

static struct bulk *
pg_bulk_open(struct arena *a, struct db *db, bool reads, const char **why)
{
    struct pg_bulk *s = ARENA_NEW(a, struct pg_bulk);
    s->bulk = (struct bulk){.engine = &bulk_postgres, .db = db, .arena = a, .reads = reads};
    s->c = pg_conn_open(pg_db_of(db), PG_PATCHER, a, why);
    if (s->c == NULL) {
        return NULL;
    }
    if (!pg_pipeline(s->c, false) || !set_up(&s->bulk)) {
        *why = s->bulk.failed ? arena_strdup(a, s->bulk.why) : "the connection is lost";
        pg_bulk_close(&s->bulk);
        return NULL;
    }
    return &s->bulk;
}

// ---- the catalogue ---------------------------------------------------------------------

static bool
look_for_unfinished(struct bulk *b)
{
    PGresult *got =
        ask(b, "SELECT to_regclass(current_schema() || '.schema_patch') IS NOT NULL", NULL);
    bool some = got != NULL && strcmp(PQgetvalue(got, 0, 0), "t") == 0;
    PQclear(got);
    got = some ? ask(b, "SELECT sha256 FROM schema_patch WHERE number = 0", NULL) : NULL;
    if (got != NULL && PQntuples(got) > 0) {
        b->unfinished = arena_strdup(b->arena, PQgetvalue(got, 0, 0));
    }
    PQclear(got);
    return !b->failed;
}

// What sequences have given, also to rows that are no more.
static bool
look_for_given(struct bulk *b)
{
    static const char GIVEN[] =
        "SELECT t.relname, coalesce(pg_sequence_last_value(pg_get_serial_sequence("
        "a.attrelid::regclass::text, a.attname)::regclass), 0)"
        " FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid WHERE a.attidentity <> ''"
        " AND t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace";
    PGresult *got = ask(b, GIVEN, NULL);
    for (int i = 0; got != NULL && i < PQntuples(got); i++) {
        const struct bulk_table *t = bulk_find(b, PQgetvalue(got, i, 0));
        if (t != NULL) {
            b->tables[t - b->tables].given = strtoll(PQgetvalue(got, i, 1), NULL, 10);
        }
    }
    PQclear(got);
    return !b->failed;
}

static bool
pg_bulk_look(struct bulk *b)
{
    static const char COLUMNS[] =
        "SELECT t.relname, a.attname, format_type(a.atttypid, NULL),"
        " coalesce(array_position(k.conkey, a.attnum), 0)"
        " FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid"
        " LEFT JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'p'"
        " WHERE t.relkind = 'r' AND t.relnamespace = current_schema()::regnamespace"
        " AND t.relname NOT IN ('schema_patch', 'copy_progress')"
        " AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " ORDER BY t.relname COLLATE \"C\", a.attname COLLATE \"C\"";
    PGresult *got = ask(b, COLUMNS, NULL);
    for (int i = 0; got != NULL && i < PQntuples(got); i++) {
        const struct bulk_found f = {PQgetvalue(got, i, 0), PQgetvalue(got, i, 1),
                                     PQgetvalue(got, i, 2),
                                     strtoll(PQgetvalue(got, i, 3), NULL, 10)};
        if (!bulk_add(b, &f)) {
            break;
        }
    }
    PQclear(got);
    return !b->failed && look_for_unfinished(b) && look_for_given(b);
}

static size_t
pg_bulk_patches(struct bulk *b, int64_t *numbers, size_t most)
{
    PGresult *got =
        ask(b, "SELECT number FROM schema_patch WHERE number > 0 ORDER BY number", NULL);
    size_t n = got == NULL ? 0 : (size_t)PQntuples(got);
    n = n < most ? n : most;
    for (size_t i = 0; i < n; i++) {
        numbers[i] = strtoll(PQgetvalue(got, (int)i, 0), NULL, 10);
    }
    PQclear(got);
    return n;
}

// ---- reading ---------------------------------------------------------------------------

static bool
pg_bulk_read(struct bulk *b, const char *sql)
{
    struct pg_bulk *s = of(b);
    struct buf text;
    buf_init(&text, b->arena, strlen(sql) + 64, (size_t)64 << 10);
    buf_puts(&text, "COPY (");
    buf_puts(&text, sql);
    buf_puts(&text, ") TO STDOUT (FORMAT binary)");
    PGresult *got = PQexec(s->c->h, buf_str(&text));
    s->copying = PQresultStatus(got) == PGRES_COPY_OUT;
    PQclear(got);
    s->begun = false;
    s->at = s->end = NULL;
    return s->copying || failed(b);
}

// All that the server still has to say about the last COPY.
static bool
drain(struct bulk *b)
{
    PGresult *got;
    bool ok = true;
    while ((got = PQgetResult(of(b)->c->h)) != NULL) {
        ok = PQresultStatus(got) == PGRES_COMMAND_OK && ok;
        if (!ok) {
            failed(b);
        }
        PQclear(got);
    }
    of(b)->copying = false;
    return ok;
}

// The next message; false at the end of the stream, or with the reason.
static bool
receive(struct bulk *b)
{
    struct pg_bulk *s = of(b);
    PQfreemem(s->message);
    s->message = NULL;
    int n = PQgetCopyData(s->c->h, &s->message, 0);
    if (n <= 0) {
        if (n == -1 ? !drain(b) : !failed(b)) {
            return false;
        }
        return false;
    }
    s->at = s->message;
    s->end = s->message + n;
    return true;
}

static bool
take(struct pg_bulk *s, void *out, size_t n)
{
    if ((size_t)(s->end - s->at) < n) {
        return false;
    }
    memcpy(out, s->at, n);
    s->at += n;
    return true;
}

static bool
take_cell(struct pg_bulk *s, enum db_type type, struct db_arg *cell)
{
    uint32_t be = 0;
    uint64_t v = 0;
    if (!take(s, &be, sizeof be)) {
        return false;
    }
    int32_t n = (int32_t)be32toh(be);
    if (n < 0) {
        *cell = DB_NULL;
        return true;
    }
    cell->type = type;
    if (type == DB_TEXT_T || type == DB_BLOB_T) {
        cell->p = s->at;
        cell->n = (size_t)n;
        s->at += (size_t)n <= (size_t)(s->end - s->at) ? n : 0;
        return s->at == (const char *)cell->p + n;
    }
    if (n != sizeof v || !take(s, &v, sizeof v)) {
        return false;
    }
    v = be64toh(v);
    if (type == DB_INT_T) {
        cell->i = (int64_t)v;
    } else {
        memcpy(&cell->r, &v, sizeof v);
    }
    return true;
}

static bool
skip_head(struct pg_bulk *s)
{
    char head[HEAD_BYTES];
    s->begun = true;
    return take(s, head, sizeof head) && memcmp(head, SIGNATURE, sizeof SIGNATURE) == 0 &&
           memcmp(head + sizeof SIGNATURE, "\0\0\0\0\0\0\0\0", 8) == 0;
}

static bool
pg_bulk_next(struct bulk *b, struct db_arg *cells)
{
    struct pg_bulk *s = of(b);
    uint16_t be = 0;
    if (s->at == s->end && !receive(b)) {
        return false;
    }
    bool good = s->begun || skip_head(s);
    if (good && s->at == s->end && !receive(b)) {
        return false;
    }
    good = good && take(s, &be, sizeof be);
    if (good && be == UINT16_MAX) { // the stream's own end
        s->at = s->end;
        return receive(b) ? bulk_fail(b, "%s: rows behind the end", b->at->name) : false;
    }
    good = good && be16toh(be) == b->at->columns;
    for (unsigned i = 0; good && i < b->at->columns; i++) {
        good = take_cell(s, b->at->column[i].type, &cells[i]);
    }
    return good || bulk_fail(b, "%s: the server's rows cannot be read", b->at->name);
}

static bool
pg_bulk_rows(struct bulk *b, const char *sql, int64_t *n)
{
    PGresult *got = ask(b, sql, NULL);
    *n = got == NULL ? 0 : strtoll(PQgetvalue(got, 0, 0), NULL, 10);
    PQclear(got);
    return got != NULL;
}

// ---- beginning -------------------------------------------------------------------------

// Indexes are made after rows, references last; then the planner is told what it has.
static const char TAKE_OFF[] =
    "CREATE TABLE copy_progress (seq bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
    " what text NOT NULL, ddl text NOT NULL);\n"
    "DO $off$ DECLARE r record; BEGIN\n"
    "  FOR r IN SELECT c.oid::regclass AS name, c.relname, pg_get_indexdef(c.oid) AS def\n"
    "      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid\n"
    "      WHERE c.relnamespace = current_schema()::regnamespace AND NOT EXISTS\n"
    "      (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype <> 'f')\n"
    "      AND i.indrelid <> 'schema_patch'::regclass ORDER BY c.relname LOOP\n"
    "    INSERT INTO copy_progress (what, ddl) VALUES (r.relname, r.def);\n"
    "    EXECUTE format('DROP INDEX %s', r.name);\n"
    "  END LOOP;\n"
    "  FOR r IN SELECT conname, conrelid::regclass AS rel, pg_get_constraintdef(oid) AS def\n"
    "      FROM pg_constraint WHERE contype = 'f'\n"
    "      AND connamespace = current_schema()::regnamespace ORDER BY conname LOOP\n"
    "    INSERT INTO copy_progress (what, ddl) VALUES (r.conname,\n"
    "      format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.rel, r.conname, r.def));\n"
    "    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.rel, r.conname);\n"
    "  END LOOP;\n"
    "  FOR r IN SELECT c.oid::regclass AS rel FROM pg_class c WHERE c.relkind = 'r'\n"
    "      AND c.relnamespace = current_schema()::regnamespace\n"
    "      AND c.relname NOT IN ('schema_patch', 'copy_progress') LOOP\n"
    "    EXECUTE format('TRUNCATE %s', r.rel);\n"
    "    INSERT INTO copy_progress (what, ddl)\n"
    "      VALUES (r.rel::text, format('ANALYZE %s', r.rel));\n"
    "  END LOOP;\n"
    "END $off$";

static bool
pg_bulk_begin(struct bulk *b, const char *what)
{
    bool ok = run(b, "BEGIN") && run(b, TAKE_OFF);
    PGresult *got = ok ? ask(b, "INSERT INTO copy_progress (what, ddl) VALUES ('ids', $1)",
                             DB_DIALECT_MOVE_ON)
                       : NULL;
    PQclear(got);
    got = got == NULL ? NULL
                      : ask(b,
                            "INSERT INTO schema_patch (number, name, sha256, applied_at) "
                            "VALUES (0, 'unfinished copy', $1, 0)",
                            what);
    PQclear(got);
    ok = got != NULL && run(b, "COMMIT");
    if (!ok) {
        PQclear(PQexec(of(b)->c->h, "ROLLBACK"));
    }
    return ok;
}

static bool
pg_bulk_clear(struct bulk *b, const struct bulk_table *t)
{
    struct buf sql;
    buf_init(&sql, b->arena, 128, 1024);
    buf_puts(&sql, "DELETE FROM ");
    bulk_name(&sql, t->name);
    return run(b, buf_str(&sql));
}

// ---- rows ------------------------------------------------------------------------------

static bool
send_out(struct bulk *b)
{
    struct pg_bulk *s = of(b);
    bool ok = s->out.n == 0 || PQputCopyData(s->c->h, s->out.p, (int)s->out.n) == 1;
    s->out.n = 0;
    return ok || failed(b);
}

static bool
pg_bulk_write(struct bulk *b, const struct bulk_table *t)
{
    struct pg_bulk *s = of(b);
    struct buf sql;
    buf_init(&sql, b->arena, 1024, (size_t)64 << 10);
    buf_puts(&sql, "COPY ");
    bulk_name(&sql, t->name);
    buf_puts(&sql, " (");
    bulk_names(&sql, t);
    buf_puts(&sql, ") FROM STDIN (FORMAT binary)");
    PGresult *got = PQexec(s->c->h, buf_str(&sql));
    s->copying = PQresultStatus(got) == PGRES_COPY_IN;
    PQclear(got);
    if (!s->copying) {
        return failed(b);
    }
    if (s->out.arena == NULL) {
        buf_init(&s->out, b->arena, OUT_BYTES * 2, BULK_ROW_MOST * 2);
    }
    s->out.n = 0;
    buf_put(&s->out, SIGNATURE, sizeof SIGNATURE);
    buf_put(&s->out, "\0\0\0\0\0\0\0\0", 8);
    return true;
}

static void
put_cell(struct buf *out, const struct db_arg *cell)
{
    uint64_t v = 0;
    bool bytes = cell->type == DB_TEXT_T || cell->type == DB_BLOB_T;
    uint32_t n = htobe32(cell->type == DB_NULL_T ? UINT32_MAX
                         : bytes                 ? (uint32_t)cell->n
                                                 : (uint32_t)sizeof v);
    buf_put(out, &n, sizeof n);
    if (bytes) {
        buf_put(out, cell->p == NULL ? "" : cell->p, cell->n);
    } else if (cell->type != DB_NULL_T) {
        memcpy(&v, &cell->i, sizeof v); // a real stands in the same eight bytes
        v = htobe64(v);
        buf_put(out, &v, sizeof v);
    }
}

static bool
pg_bulk_put(struct bulk *b, const struct db_arg *cells)
{
    struct buf *out = &of(b)->out;
    uint16_t n = htobe16((uint16_t)b->at->columns);
    buf_put(out, &n, sizeof n);
    for (unsigned i = 0; i < b->at->columns; i++) {
        put_cell(out, &cells[i]);
    }
    if (out->full) {
        return bulk_fail(b, "%s: a row is too large", b->at->name);
    }
    return out->n < OUT_BYTES || send_out(b);
}

static bool
pg_bulk_flush(struct bulk *b)
{
    struct pg_bulk *s = of(b);
    if (!s->copying) {
        return true;
    }
    buf_put(&s->out, "\377\377", 2);
    if (!send_out(b)) {
        return false;
    }
    return PQputCopyEnd(s->c->h, NULL) == 1 ? drain(b) : failed(b);
}

static bool
pg_bulk_given(struct bulk *b, const struct bulk_table *t, int64_t given)
{
    static const char MOVE[] =
        "SELECT setval(seq, $1::bigint) FROM (SELECT pg_get_serial_sequence("
        "a.attrelid::regclass::text, a.attname)::regclass AS seq FROM pg_attribute a"
        " WHERE a.attidentity <> '' AND a.attrelid = '";
    static const char ONLY[] =
        "'::regclass) AS s WHERE coalesce(pg_sequence_last_value(seq), 0) < $1::bigint";
    struct buf sql;
    char text[24];
    buf_init(&sql, b->arena, 512, 4096);
    buf_puts(&sql, MOVE);
    buf_puts(&sql, t->name); // plain
    buf_puts(&sql, ONLY);
    snprintf(text, sizeof text, "%lld", (long long)given);
    PGresult *got = ask(b, buf_str(&sql), text);
    PQclear(got);
    return got != NULL;
}

// ---- ending ----------------------------------------------------------------------------

static bool
pg_bulk_mend(struct bulk *b, const char **what)
{
    b->at = NULL;
    PGresult *got =
        ask(b, "SELECT seq, what, ddl FROM copy_progress ORDER BY seq LIMIT 1", NULL);
    bool more = got != NULL && PQntuples(got) > 0;
    const char *seq = more ? arena_strdup(b->arena, PQgetvalue(got, 0, 0)) : "";
    const char *ddl = more ? arena_strdup(b->arena, PQgetvalue(got, 0, 2)) : "";
    *what = more ? arena_strdup(b->arena, PQgetvalue(got, 0, 1)) : "";
    PQclear(got);
    if (!more) {
        return false;
    }
    bool ok = run(b, "BEGIN") && run(b, ddl);
    got = ok ? ask(b, "DELETE FROM copy_progress WHERE seq = $1::bigint", seq) : NULL;
    PQclear(got);
    if (got == NULL || !run(b, "COMMIT")) {
        PQclear(PQexec(of(b)->c->h, "ROLLBACK"));
        return false;
    }
    return true;
}

static bool
pg_bulk_finish(struct bulk *b)
{
    b->at = NULL;
    bool ok = run(b, "SET synchronous_commit TO on") && run(b, "BEGIN") &&
              run(b, "DROP TABLE copy_progress") &&
              run(b, "DELETE FROM schema_patch WHERE number = 0") && run(b, "COMMIT");
    b->unfinished = ok ? NULL : b->unfinished;
    return ok;
}

const struct bulk_engine bulk_postgres = {
    .open = pg_bulk_open,
    .close = pg_bulk_close,
    .look = pg_bulk_look,
    .patches = pg_bulk_patches,
    .read = pg_bulk_read,
    .next = pg_bulk_next,
    .begin = pg_bulk_begin,
    .rows = pg_bulk_rows,
    .clear = pg_bulk_clear,
    .write = pg_bulk_write,
    .put = pg_bulk_put,
    .flush = pg_bulk_flush,
    .given = pg_bulk_given,
    .mend = pg_bulk_mend,
    .finish = pg_bulk_finish,
};
