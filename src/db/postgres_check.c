// SPDX-License-Identifier: Apache-2.0
// What is asked of PostgreSQL off the request path: is a statement sound and its plan bounded,
// are the indexes whole.
#include "db/postgres.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

// ---- signatures ------------------------------------------------------------------------

// Types by their numbers in the protocol, as postgres_cell.c reads them.
static bool
type_fits(Oid type, enum db_kind kind)
{
    static const Oid WHOLE[] = {20, 23, 21, 1700, 16, 0};
    static const Oid REAL[] = {701, 700, 1700, 20, 23, 21, 0};
    static const Oid TEXT[] = {25, 1043, 1042, 19, 114, 3802, 705, 0};
    static const Oid BLOB[] = {17, 0};
    const Oid *known = kind == KIND_REAL                        ? REAL
                       : kind == KIND_TEXT || kind == KIND_JSON ? TEXT
                       : kind == KIND_BLOB                      ? BLOB
                                                                : WHOLE;
    while (*known != 0 && *known != type) {
        known++;
    }
    return *known != 0;
}

static bool
columns_fit(const PGresult *got, const struct pg_stmt *st, struct arena *a, const char **why)
{
    const struct db_signature *row = st->rows.row;
    unsigned n = (unsigned)PQnfields(got);
    bool own = row->count == 0 && st->rows.stmt->postgres != NULL; // DB_INSERTS, functions
    if (n != row->count && !own) {
        *why = arena_printf(a, "%u columns, the signature has %u", n, row->count);
        return false;
    }
    for (unsigned i = 0; i < row->count; i++) {
        const struct db_field *f = &row->fields[i];
        if (strcmp(PQfname(got, (int)i), f->name) != 0) {
            *why = arena_printf(a, "column %u is named %s, the signature says %s", i + 1,
                                PQfname(got, (int)i), f->name);
            return false;
        }
        if (!type_fits(PQftype(got, (int)i), f->kind)) {
            *why = arena_printf(a, "column %s has type %u, the signature disagrees", f->name,
                                PQftype(got, (int)i));
            return false;
        }
    }
    return true;
}

// ---- plans -----------------------------------------------------------------------------

struct walk {
    struct arena *arena;
    const char *found; // the step that is not bounded
};

static bool
is_one_of(const char *word, const char *list)
{
    return word != NULL && text_list_has(list, word);
}

// A walk along an index that LIMIT stops, and nothing collects in between.
static void
look_at(struct walk *w, const struct value *node, bool limited)
{
    const char *type = value_get_text(node, "Node Type");
    const char *table = value_get_text(node, "Relation Name");
    const char *index = value_get_text(node, "Index Name");
    bool searched = value_get(node, "Index Cond") != NULL;
    bool seq = text_equal(type, "Seq Scan");
    bool walk = (text_equal(type, "Index Scan") || text_equal(type, "Index Only Scan") ||
                 text_equal(type, "Bitmap Index Scan")) &&
                !searched && !limited;
    bool sort = text_equal(type, "Sort") && limited;
    if (seq || walk || sort) {
        w->found = arena_printf(w->arena, "%s %s", type,
                                table != NULL   ? table
                                : index != NULL ? index
                                                : "");
        return;
    }
    static const char COLLECTS[] = "Sort Aggregate WindowAgg Hash Materialize";
    const struct value *plans = value_get(node, "Plans");
    limited = text_equal(type, "Limit") || (limited && !is_one_of(type, COLLECTS));
    for (size_t i = 0; w->found == NULL && i < value_count(plans); i++) {
        const struct value *inner = value_at(plans, i);
        // Only the outermost loop runs once.
        bool first = i == 0 || !text_equal(type, "Nested Loop");
        look_at(w, inner, limited && first);
    }
}

static const char *
unbounded_step(struct arena *a, const char *json, const char **why)
{
    const struct value *plans = json_parse(a, json, strlen(json), why);
    struct walk w = {.arena = a};
    const struct value *plan = plans == NULL ? NULL : value_get(value_at(plans, 0), "Plan");
    if (plan == NULL) {
        return "the plan cannot be read";
    }
    look_at(&w, plan, false);
    return w.found;
}

static bool
failed(PGconn *h, struct arena *a, const char **why)
{
    char reason[200];
    *why = arena_strdup(a, pg_reason(PQerrorMessage(h), reason, sizeof reason));
    return false;
}

// A plan every execution could have, where tables are large: what is left then of full scans
// and of what `avoid` turns off is there because no index serves.
static bool
plan_is_bounded(struct pg_conn *c, struct arena *a, const struct pg_stmt *st, const char *avoid,
                const char **why)
{
    static const char SETTINGS[] =
        "SET LOCAL plan_cache_mode TO force_generic_plan; SET LOCAL enable_seqscan TO off; "
        "SET LOCAL enable_hashjoin TO off; SET LOCAL enable_mergejoin TO off; "
        "DISCARD PLANS";
    struct buf sql;
    buf_init(&sql, a, 256, 8192);
    buf_puts(&sql, "EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE checked");
    for (unsigned i = 0; i < st->rows.params->count; i++) {
        buf_puts(&sql, i == 0 ? "(NULL" : ", NULL");
    }
    buf_puts(&sql, st->rows.params->count > 0 ? ")" : "");
    PQclear(PQexec(c->h, "BEGIN READ ONLY"));
    PQclear(PQexec(c->h, SETTINGS));
    PQclear(PQexec(c->h, avoid));
    PGresult *got = PQexec(c->h, buf_str(&sql));
    bool good = PQresultStatus(got) == PGRES_TUPLES_OK && PQntuples(got) > 0;
    if (good) {
        const char *step = unbounded_step(a, PQgetvalue(got, 0, 0), why);
        good = step == NULL;
        *why = good ? "" : arena_printf(a, "unbounded work: %s", step);
    } else {
        failed(c->h, a, why);
    }
    PQclear(got);
    PQclear(PQexec(c->h, "ROLLBACK"));
    return good;
}

static bool
check_prepared(struct pg_conn *c, struct arena *a, const struct pg_stmt *st, const char **why)
{
    PGresult *got =
        PQprepare(c->h, "checked", st->rows.sql, (int)st->rows.params->count, st->types);
    bool good = PQresultStatus(got) == PGRES_COMMAND_OK;
    PQclear(got);
    if (!good) {
        return failed(c->h, a, why);
    }
    got = PQdescribePrepared(c->h, "checked");
    good = PQresultStatus(got) == PGRES_COMMAND_OK ? columns_fit(got, st, a, why)
                                                   : failed(c->h, a, why);
    PQclear(got);
    if (good && st->rows.stmt->scans == NULL) {
        // In the order of an index; or by what a search found, which is sorted.
        const char *also = "";
        good = plan_is_bounded(c, a, st, "SET LOCAL enable_sort TO off", why) ||
               plan_is_bounded(c, a, st, "SET LOCAL enable_indexscan TO off", &also);
        *why = good ? "" : arena_printf(a, "%s; or %s", *why, also);
    }
    PQclear(PQexec(c->h, "DEALLOCATE checked"));
    return good;
}

bool
pg_check(struct db_tx *tx, struct arena *a, const struct db_stmt *s, const char **why)
{
    struct pg_conn *c = pg_conn_of(tx);
    // As the writer sees it: what writes is only looked at.
    c->role = PG_WRITER;
    struct db_rows *r = pg_compile(tx, s);
    c->role = PG_READER;
    if (r == NULL) {
        *why = arena_printf(a,
                            "%s: no text for this engine, a malformed signature, or "
                            "parameters that are not those of the signature",
                            s->name);
        return false;
    }
    *why = "the connection is lost";
    bool sound = pg_pipeline(c, false) && check_prepared(c, a, pg_stmt_of(r), why);
    sound = pg_pipeline(c, true) && sound;
    pg_rows_drop(r);
    if (!sound) {
        *why = arena_printf(a, "%s: %s", s->name, *why);
    }
    return sound;
}

// ---- integrity -------------------------------------------------------------------------

// The server checks references and constraints as rows are written; these are what an
// interrupted administrator leaves behind.
static const struct db_stmt UNSOUND = {
    .name = "postgres.unsound",
    .sql = "SELECT 'index ' || c.relname || ' is not valid' AS what "
           "FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid "
           "WHERE c.relnamespace = current_schema()::regnamespace "
           "AND NOT (i.indisvalid AND i.indisready) "
           "UNION ALL "
           "SELECT 'constraint ' || conname || ' was never checked' FROM pg_constraint "
           "WHERE connamespace = current_schema()::regnamespace AND NOT convalidated",
    .row = "what:text",
    .scans = "the catalogue"};
static const struct db_stmt CHECKER = {
    .name = "postgres.checker",
    .sql = "SELECT count(*) AS n FROM pg_proc AS p JOIN pg_extension AS e "
           "ON e.extnamespace = p.pronamespace AND e.extname = 'amcheck' "
           "WHERE p.proname = 'bt_index_check' AND p.pronargs = 2 "
           "AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')",
    .row = "n:int",
    .scans = "the catalogue"};
// Reads every page of every B-tree; raises what is wrong. Where the extension is.
static const struct db_stmt TREES = {
    .name = "postgres.trees",
    .sql = "SELECT count(public.bt_index_check(c.oid, false)::text) AS n FROM pg_class AS c "
           "JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree' "
           "WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'i'",
    .row = "n:int",
    .scans = "all indexes"};

const char *
pg_integrity(struct db *db, struct arena *a)
{
    struct db_tx *tx = db_read_begin(db);
    if (tx == NULL) {
        return "the database cannot be reached";
    }
    struct buf out;
    buf_init(&out, a, 256, 8192);
    const struct value *found = db_list(tx, a, &UNSOUND, DB_NONE);
    for (size_t i = 0; i < value_count(found); i++) {
        buf_printf(&out, "%s; ", value_get_text(value_at(found, i), "what"));
    }
    if (db_value_int(tx, &CHECKER, DB_NONE, 0) > 0) {
        db_value_int(tx, &TREES, DB_NONE, 0);
    }
    if (db_tx_err(tx) != ERR_OK) {
        buf_puts(&out, "the check failed; the log says where");
    }
    db_read_end(tx);
    return out.n == 0 ? NULL : buf_str(&out);
}
