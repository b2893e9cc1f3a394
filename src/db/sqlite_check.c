// SPDX-License-Identifier: Apache-2.0
// What is asked of the embedded engine off the request path: is a statement sound and its
// plan bounded, is the file sound, and a copy of it.
#include "db/sqlite.h"

#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

// ---- plans -----------------------------------------------------------------------------

struct plan_node {
    int id;
    int parent;
    const char *detail;
};

struct plan {
    struct plan_node *nodes;
    unsigned count;
};

enum { PLAN_NODES = 256 };

static bool
read_plan(struct sq_conn *c, struct arena *a, const char *sql, struct plan *plan,
          const char **why)
{
    sqlite3_stmt *h = NULL;
    const char *explain = arena_printf(a, "EXPLAIN QUERY PLAN %s", sql);
    if (sqlite3_prepare_v2(c->h, explain, -1, &h, NULL) != SQLITE_OK) {
        *why = arena_strdup(a, sqlite3_errmsg(c->h));
        return false;
    }
    plan->nodes = ARENA_ARRAY(a, struct plan_node, PLAN_NODES);
    while (plan->count < PLAN_NODES && sqlite3_step(h) == SQLITE_ROW) {
        plan->nodes[plan->count++] = (struct plan_node){
            .id = sqlite3_column_int(h, 0),
            .parent = sqlite3_column_int(h, 1),
            .detail = arena_strdup(a, (const char *)sqlite3_column_text(h, 3))};
    }
    sqlite3_finalize(h);
    return true;
}

// "SCAN t USING …" → "t"
static const char *
scanned(struct arena *a, const char *detail)
{
    const char *name = detail + strlen("SCAN ");
    return arena_strndup(a, name, strcspn(name, " "));
}

// A name that stands for rows computed elsewhere in the same plan, not for a table.
static bool
is_derived(const struct plan *plan, const char *name)
{
    for (unsigned i = 0; i < plan->count; i++) {
        const char *d = plan->nodes[i].detail;
        size_t skip = text_starts(d, "MATERIALIZE ")  ? strlen("MATERIALIZE ")
                      : text_starts(d, "CO-ROUTINE ") ? strlen("CO-ROUTINE ")
                                                      : 0;
        if (skip > 0 && strcmp(d + skip, name) == 0) {
            return true;
        }
    }
    return name[0] == '(';
}

// The outermost loop of its query: the others run once for every row of an outer one.
static bool
is_outermost(const struct plan *plan, unsigned at)
{
    for (unsigned i = 0; i < at; i++) {
        const struct plan_node *n = &plan->nodes[i];
        if (n->parent == plan->nodes[at].parent &&
            (text_starts(n->detail, "SCAN ") || text_starts(n->detail, "SEARCH "))) {
            return false;
        }
    }
    return true;
}

// Full-text search without a term says "VIRTUAL TABLE INDEX 0:" and nothing behind it; the
// low bits are set by functions such as json_each, which have no table.
static bool
virtual_scan_is_bounded(const char *detail)
{
    const char *p = strstr(detail, "INDEX ") + strlen("INDEX ");
    int number = 0;
    for (; isdigit((unsigned char)*p); p++) {
        number = number * 10 + (*p - '0');
    }
    return (number & 3) != 0 || (*p == ':' && p[1] != '\0');
}

static bool
scan_is_bounded(const struct plan *plan, struct arena *a, unsigned at, const char *sql)
{
    const char *d = plan->nodes[at].detail;
    if (strstr(d, "CONSTANT ROW") != NULL || is_derived(plan, scanned(a, d))) {
        return true;
    }
    if (strstr(d, "VIRTUAL TABLE INDEX") != NULL) {
        return virtual_scan_is_bounded(d);
    }
    if (!db_text_has_word(sql, "LIMIT") || !is_outermost(plan, at)) {
        return false;
    }
    // An ordered walk that stops at LIMIT. With a condition, only an index that the author
    // made for it is believed to find its rows soon; the order of ids is not.
    return strstr(d, " USING ") != NULL || !db_text_has_word(sql, "WHERE");
}

// NULL when every step of the plan is bounded, else the step that is not.
static const char *
unbounded_step(const struct plan *plan, struct arena *a, const char *sql)
{
    bool limited = db_text_has_word(sql, "LIMIT");
    for (unsigned i = 0; i < plan->count; i++) {
        const char *d = plan->nodes[i].detail;
        bool scan = text_starts(d, "SCAN ") && !scan_is_bounded(plan, a, i, sql);
        // Sorting all that is shown is the price of showing it; sorting all to show the first
        // twenty is not.
        bool sort =
            limited && text_starts(d, "USE TEMP B-TREE FOR ") && text_ends(d, "ORDER BY");
        bool automatic = strstr(d, " AUTOMATIC ") != NULL;
        if (scan || sort || automatic) {
            return d;
        }
    }
    return NULL;
}

// ---- statements ------------------------------------------------------------------------

static bool
decl_fits(const char *decl, enum db_kind kind)
{
    switch (kind) {
    case KIND_INT:
    case KIND_BOOL:
    case KIND_TIME:
        return strcasecmp(decl, "INTEGER") == 0 || strcasecmp(decl, "INT") == 0;
    case KIND_TEXT:
    case KIND_JSON:
        return strcasecmp(decl, "TEXT") == 0;
    case KIND_REAL:
        return strcasecmp(decl, "REAL") == 0;
    case KIND_BLOB:
        return strcasecmp(decl, "BLOB") == 0;
    }
    return false;
}

static bool
columns_fit(const struct sq_stmt *st, struct arena *a, const char **why)
{
    const struct db_signature *row = st->rows.row;
    for (unsigned i = 0; i < row->count; i++) {
        const struct db_field *f = &row->fields[i];
        const char *name = sqlite3_column_name(st->h, (int)i);
        const char *decl = sqlite3_column_decltype(st->h, (int)i);
        if (name == NULL || strcmp(name, f->name) != 0) {
            *why = arena_printf(a, "column %u is named %s, the signature says %s", i + 1,
                                name == NULL ? "nothing" : name, f->name);
            return false;
        }
        if (decl != NULL && *decl != '\0' && !decl_fits(decl, f->kind)) {
            *why = arena_printf(a, "column %s is %s, the signature disagrees", f->name, decl);
            return false;
        }
    }
    return true;
}

bool
sq_check(struct db_tx *tx, struct arena *a, const struct db_stmt *s, const char **why)
{
    struct sq_conn *c = sq_conn_of(tx);
    int rc;
    const char *what = "";
    struct sq_stmt *st = sq_stmt_new(c, s, &rc, &what);
    if (st == NULL) {
        *why = arena_printf(a, "%s: %s", s->name, what);
        return false;
    }
    const char *sql = st->rows.sql;
    struct plan plan = {0};
    bool sound = columns_fit(st, a, why) && read_plan(c, a, sql, &plan, why);
    sq_stmt_free(st);
    if (sound && s->scans == NULL) {
        const char *step = unbounded_step(&plan, a, sql);
        if (step != NULL) {
            *why = arena_printf(a, "unbounded work: %s", step);
            sound = false;
        }
    }
    if (!sound) {
        *why = arena_printf(a, "%s: %s", s->name, *why);
    }
    return sound;
}

// ---- integrity -------------------------------------------------------------------------

enum { MOST_COMPLAINTS = 20 };

static bool
broken_references(struct sq_conn *c, struct buf *out)
{
    sqlite3_stmt *h = NULL;
    c->own = true;
    int rc = sqlite3_prepare_v2(c->h, "PRAGMA foreign_key_check", -1, &h, NULL);
    for (unsigned i = 0; rc == SQLITE_OK && i < MOST_COMPLAINTS; i++) {
        if ((rc = sqlite3_step(h)) != SQLITE_ROW) {
            break;
        }
        buf_printf(out, "%s row %lld: no such %s; ", (const char *)sqlite3_column_text(h, 0),
                   (long long)sqlite3_column_int64(h, 1),
                   (const char *)sqlite3_column_text(h, 2));
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_OK && rc != SQLITE_DONE) {
        buf_puts(out, sqlite3_errmsg(c->h));
    }
    sqlite3_finalize(h);
    c->own = false;
    return out->n > 0;
}

bool
sq_references(struct db_tx *tx, struct arena *a, const char **why)
{
    struct buf out;
    buf_init(&out, a, 256, 8192);
    if (broken_references(sq_conn_of(tx), &out)) {
        *why = buf_str(&out);
        return false;
    }
    return true;
}

static void
broken_pages(struct sq_conn *c, struct buf *out)
{
    sqlite3_stmt *h = NULL;
    c->own = true;
    int rc = sqlite3_prepare_v2(c->h, "PRAGMA integrity_check(20)", -1, &h, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(h)) == SQLITE_ROW) {
        const char *line = (const char *)sqlite3_column_text(h, 0);
        if (line == NULL || strcmp(line, "ok") != 0) {
            buf_printf(out, "%s; ", line == NULL ? "out of memory" : line);
        }
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_OK && rc != SQLITE_DONE) {
        buf_puts(out, sqlite3_errmsg(c->h));
    }
    sqlite3_finalize(h);
    c->own = false;
}

const char *
sq_integrity(struct db *db, struct arena *a)
{
    struct db_tx *tx = db_read_begin(db);
    if (tx == NULL) {
        return "no reader is free";
    }
    struct buf out;
    buf_init(&out, a, 256, 8192);
    broken_pages(sq_conn_of(tx), &out);
    if (out.n == 0) {
        broken_references(sq_conn_of(tx), &out);
    }
    db_read_end(tx);
    return out.n == 0 ? NULL : buf_str(&out);
}

// ---- copies ----------------------------------------------------------------------------

static int
copy_pages(struct sq_conn *from, const char *path)
{
    sqlite3 *to = NULL;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_backup *b = sqlite3_backup_init(to, "main", from->h, "main");
        if (b == NULL) {
            rc = sqlite3_errcode(to);
        } else {
            // All in one step, so that a write in between does not start it over.
            sqlite3_backup_step(b, -1);
            rc = sqlite3_backup_finish(b);
        }
    }
    int closed = sqlite3_close(to);
    return rc == SQLITE_OK ? closed : rc;
}

enum err
sq_copy(struct db *db, const char *path, const char **why)
{
    // "file:" would be read as a URI with options.
    char *name = sqlite3_mprintf("%s%s", *path == '/' ? "" : "./", path);
    int rc = name == NULL ? ENOMEM : sq_make_file(name);
    if (rc != 0) {
        *why = rc == EEXIST ? "the file exists already" : "the file cannot be made";
        sqlite3_free(name);
        return rc == EEXIST ? ERR_CONFLICT : ERR_UNAVAILABLE;
    }
    struct db_tx *tx = db_read_begin(db);
    rc = tx == NULL ? SQLITE_BUSY : copy_pages(sq_conn_of(tx), name);
    db_read_end(tx);
    if (rc != SQLITE_OK) {
        *why = sqlite3_errstr(rc);
        unlink(name);
    }
    sqlite3_free(name);
    return rc == SQLITE_OK ? ERR_OK : ERR_UNAVAILABLE;
}
