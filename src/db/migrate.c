// SPDX-License-Identifier: Apache-2.0
// Brings a database up to the program's schema: numbered patches, each applied once, whole or
// not at all, and remembered with the hash of its text.
#include "db/engine.h"

#include "db/dialect.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timestamp.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char TABLE[] = "CREATE TABLE IF NOT EXISTS schema_patch ("
                            "number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                            "sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;";

static const struct db_stmt APPLIED = {
    .name = "migrate.applied",
    .sql = "SELECT number, name, sha256 FROM schema_patch ORDER BY number",
    .row = "number:int name:text sha256:text",
    .scans = "a row a patch"};
static const struct db_stmt REMEMBER = {
    .name = "migrate.remember",
    .sql = "INSERT INTO schema_patch (number, name, sha256, applied_at) "
           "VALUES ($1, $2, $3, $4)",
    .params = "number:int name:text sha256:text applied_at:time"};

struct migration {
    struct db *db;
    struct db_tx *tx;
    struct arena *arena;
    const struct db_patch *patches;
    size_t count;
    bool *applied;
    const char *why;
};

// ---- sections --------------------------------------------------------------------------

// The line without its end and trailing blanks is exactly `mark`.
static bool
line_is(const char *line, size_t n, const char *mark)
{
    while (n > 0 && strchr(" \t\r\n", line[n - 1]) != NULL) {
        n--;
    }
    return strlen(mark) == n && memcmp(line, mark, n) == 0;
}

// Before each engine's text had a hash of its own, a patch was recorded with that of the whole
// file: what it was stands in such a line.
static const char RECORDED[] = "-- @recorded ";

// The text for one engine; NULL when the sections do not match up.
static const char *
text_for(struct arena *a, const char *sql, const char *engine)
{
    struct buf out;
    const char *mine = arena_printf(a, "-- @%s", engine);
    bool inside = false;
    bool skip = false;
    buf_init(&out, a, strlen(sql) + 1, SIZE_MAX / 2);
    for (const char *line = sql, *next; *line != '\0'; line = next) {
        const char *end = strchr(line, '\n');
        next = end == NULL ? line + strlen(line) : end + 1;
        size_t n = (size_t)(next - line);
        if (!text_starts(line, "-- @")) {
            if (!skip) {
                buf_put(&out, line, n);
            }
            continue;
        }
        if (text_starts(line, RECORDED)) {
            continue;
        }
        bool over = line_is(line, n, "-- @end");
        bool known = line_is(line, n, "-- @sqlite") || line_is(line, n, "-- @postgres");
        if (over != inside || !(over || known)) {
            return NULL;
        }
        inside = !over;
        skip = inside && !line_is(line, n, mine);
    }
    return inside ? NULL : buf_str(&out);
}

static const char *
hash_of(struct arena *a, const char *text)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    return text_hex(a, hash, sizeof hash);
}

// A patch is known by the text that its engine applies, so another engine's section may be
// mended.
static bool
hash_is(struct arena *a, const struct db_patch *p, const char *engine, const char *hash)
{
    const char *text = text_for(a, p->sql, engine);
    if (text == NULL || text_equal(hash_of(a, text), hash)) {
        return text != NULL;
    }
    for (const char *line = p->sql; (line = strstr(line, RECORDED)) != NULL;) {
        line += strlen(RECORDED);
        if (strncmp(line, hash, strlen(hash)) == 0) {
            return true;
        }
    }
    return false;
}

// ---- what is applied -------------------------------------------------------------------

static bool
patches_in_order(struct migration *m)
{
    for (size_t i = 1; i < m->count; i++) {
        if (m->patches[i].number <= m->patches[i - 1].number) {
            m->why = arena_printf(m->arena, "patch %s is out of order", m->patches[i].name);
            return false;
        }
    }
    return true;
}

// One remembered patch against the program's.
static bool
compare(struct migration *m, int64_t number, const char *name, const char *hash)
{
    if (number == 0) { // db/bulk.h
        m->why = "it holds a copy or restore that is not finished; the same command, given "
                 "again, goes on with it";
        return false;
    }
    for (size_t i = 0; i < m->count; i++) {
        const struct db_patch *p = &m->patches[i];
        if (p->number != number) {
            continue;
        }
        m->applied[i] = true;
        if (!hash_is(m->arena, p, m->db->engine->name, hash)) {
            m->why = arena_printf(m->arena, "patch %s was changed after it was applied", name);
            return false;
        }
        return true;
    }
    m->why = arena_printf(m->arena, "the database is newer than this program: it has patch %s",
                          name);
    return false;
}

static bool
read_applied(struct migration *m)
{
    m->applied = ARENA_ARRAY(m->arena, bool, m->count + 1);
    struct value *list = db_list(m->tx, m->arena, &APPLIED, DB_NONE);
    if (db_tx_err(m->tx) != ERR_OK) {
        m->why = "the list of patches cannot be read";
        return false;
    }
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *row = value_at(list, i);
        if (!compare(m, value_get_int(row, "number", 0), value_get_text(row, "name"),
                     value_get_text(row, "sha256"))) {
            return false;
        }
    }
    return true;
}

// ---- applying --------------------------------------------------------------------------

// A script in the words of the engine; NULL and *why when it cannot be said in them.
static const char *
in_words_of(struct migration *m, const char *text, const char **why)
{
    return m->db->engine == &db_sqlite ? text : db_dialect_postgres(m->arena, text, why);
}

static bool
apply(struct migration *m, const struct db_patch *p)
{
    const struct db_engine *e = m->db->engine;
    const char *text = text_for(m->arena, p->sql, e->name);
    const char *why = "its sections do not match up";
    const char *script = text == NULL ? NULL : in_words_of(m, text, &why);
    bool good = script != NULL && e->script(m->tx, m->arena, script, &why) &&
                e->references(m->tx, m->arena, &why);
    if (good) {
        db_run(m->tx, &REMEMBER,
               DB_ARGS(DB_INT(p->number), DB_TEXT(p->name), DB_TEXT(hash_of(m->arena, text)),
                       DB_INT(time_now())));
        good = db_tx_err(m->tx) == ERR_OK;
        why = "it cannot be recorded";
    }
    if (!good) {
        m->why = arena_printf(m->arena, "patch %s: %s", p->name, why);
    }
    return good;
}

// One transaction: the table of patches, or the patch at `i`. Another process may have been
// quicker, so what is applied is read again inside.
static bool
step(struct migration *m, size_t i)
{
    const struct db_engine *e = m->db->engine;
    m->tx->err = ERR_OK;
    if (e->begin(m->tx) != DB_DONE) {
        m->why = "the database is busy";
        return false;
    }
    bool good = true;
    if (i == m->count) {
        const char *script = in_words_of(m, TABLE, &m->why);
        good = script != NULL && e->script(m->tx, m->arena, script, &m->why);
    }
    good = good && read_applied(m);
    if (good && i < m->count && !m->applied[i]) {
        good = apply(m, &m->patches[i]);
        if (good) {
            log_info("schema: applied %s", m->patches[i].name);
        }
    }
    if (good && e->commit(m->tx) != DB_DONE) {
        m->why = "the database cannot be written";
        return false;
    }
    if (!good) {
        e->rollback(m->tx);
    }
    return good;
}

enum err
db_migrate(struct db *db, const struct db_patch *patches, size_t n, const char **why)
{
    enum { MOST_MEMORY = 64 * 1024 * 1024 };
    struct migration m = {.db = db, .patches = patches, .count = n, .why = ""};
    m.arena = arena_new(MOST_MEMORY);
    m.tx = db->engine->patch_open(db, m.arena, &m.why);
    bool good = m.tx != NULL && patches_in_order(&m) && step(&m, n);
    for (size_t i = 0; good && i < n; i++) {
        good = m.applied[i] || step(&m, i);
    }
    if (m.tx != NULL) {
        db->engine->write_close(m.tx);
    }
    atomic_fetch_add(&db->generation, 1);
    if (!good) {
        // The caller gave no arena; the reason must outlive ours.
        static _Thread_local char reason[512];
        snprintf(reason, sizeof reason, "%s", m.why);
        *why = reason;
        log_error("schema: %s", reason);
    }
    arena_free(m.arena);
    return good ? ERR_OK : ERR_INTERNAL;
}
