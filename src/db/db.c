// SPDX-License-Identifier: Apache-2.0
// What both engines share: signatures, the checks of arguments and cells against them, and
// rows as values. Everything that talks to a database goes through the engine's table.
#include "db/engine.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// ---- signatures ------------------------------------------------------------------------

enum { SIGNATURE_BUCKETS = 512, SIGNATURE_FIELDS = 128 };

struct signature {
    struct db_signature sig;
    char *text;
    struct signature *next;
};

static const struct db_signature EMPTY = {0};

// Signatures and the names in them outlive every database: value maps in arenas keep them.
static struct {
    pthread_mutex_t lock;
    struct signature *bucket[SIGNATURE_BUCKETS];
} signatures = {.lock = PTHREAD_MUTEX_INITIALIZER};

// A few hundred bytes at the first use of a statement.
static char *
keep_text(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(arena_patient(n), text, n);
}

static bool
kind_parse(const char *s, size_t n, enum db_kind *kind)
{
    static const char *const NAMES[] = {"int", "text", "real", "blob", "bool", "time", "json"};
    for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strlen(NAMES[i]) == n && memcmp(NAMES[i], s, n) == 0) {
            *kind = (enum db_kind)i;
            return true;
        }
    }
    return false;
}

// One word "name:type" or "name:type?", cut out of the copy so that the name ends in NUL.
static bool
field_parse(char *word, struct db_field *f)
{
    char *colon = strchr(word, ':');
    if (colon == NULL || colon == word) {
        return false;
    }
    *colon = '\0';
    const char *type = colon + 1;
    size_t n = strlen(type);
    f->name = word;
    f->tag = value_tag(word);
    f->null = n > 0 && type[n - 1] == '?';
    return kind_parse(type, n - (f->null ? 1 : 0), &f->kind);
}

static bool
field_known(const struct db_field *fields, unsigned n, const char *name)
{
    for (unsigned i = 0; i < n; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static struct signature *
signature_parse(const char *text)
{
    struct db_field fields[SIGNATURE_FIELDS];
    unsigned n = 0;
    char *words = keep_text(text);
    char *save = NULL;
    for (char *w = strtok_r(words, " \n", &save); w != NULL; w = strtok_r(NULL, " \n", &save)) {
        if (n == SIGNATURE_FIELDS || !field_parse(w, &fields[n]) || field_known(fields, n, w)) {
            free(words);
            return NULL;
        }
        n++;
    }
    struct signature *s = arena_patient(sizeof *s);
    struct db_field *kept = arena_patient((n + 1) * sizeof *kept);
    memcpy(kept, fields, n * sizeof *kept);
    s->sig = (struct db_signature){.count = n, .fields = kept};
    s->text = keep_text(text);
    return s;
}

const struct db_signature *
db_signature_get(const char *text)
{
    if (text == NULL || *text == '\0') {
        return &EMPTY;
    }
    uint32_t hash = 2166136261U;
    for (const char *p = text; *p != '\0'; p++) {
        hash = (hash ^ (unsigned char)*p) * 16777619U;
    }
    pthread_mutex_lock(&signatures.lock);
    struct signature **bucket = &signatures.bucket[hash % SIGNATURE_BUCKETS];
    struct signature *s = *bucket;
    while (s != NULL && strcmp(s->text, text) != 0) {
        s = s->next;
    }
    if (s == NULL) {
        s = signature_parse(text);
        if (s != NULL) {
            s->next = *bucket;
            *bucket = s;
        }
    }
    pthread_mutex_unlock(&signatures.lock);
    return s == NULL ? NULL : &s->sig;
}

// ---- opening ---------------------------------------------------------------------------

enum { DEFAULT_READERS = 16, DEFAULT_QUEUE = 4096 };

static const struct db_engine *
engine_of(const char *url, const char **why)
{
    if (url == NULL || *url == '\0') {
        *why = "no database is named";
        return NULL;
    }
    return db_is_network(url) ? &db_postgres : &db_sqlite;
}

void
db_client_files(struct arena *a, const char *url, const char **out, size_t most)
{
    pg_client_files(a, url, out, most);
}

bool
db_is_network(const char *url)
{
    return url != NULL &&
           (text_starts(url, "postgresql://") || text_starts(url, "postgres://"));
}

struct db *
db_open(struct arena *a, const char *url, const struct db_options *o, const char **why)
{
    const struct db_engine *e = engine_of(url, why);
    if (e == NULL) {
        return NULL;
    }
    struct db_options filled = o == NULL ? (struct db_options){0} : *o;
    filled.readers = filled.readers == 0 ? DEFAULT_READERS : filled.readers;
    filled.queue = filled.queue == 0 ? DEFAULT_QUEUE : filled.queue;
    struct db *db = e->open(a, url, &filled, why);
    if (db == NULL) {
        return NULL;
    }
    db->engine = e;
    db->options = filled;
    db->writer = db_writer_start(db, a, why);
    if (db->writer == NULL) {
        e->read_close(db);
        e->close(db);
        return NULL;
    }
    return db;
}

void
db_close(struct db *db)
{
    if (db == NULL) {
        return;
    }
    const struct db_engine *e = db->engine;
    struct db_tx *last = db_writer_stop(db->writer);
    // The writing connection goes last: it alone can tidy the files up.
    e->read_close(db);
    e->write_close(last);
    e->close(db);
}

const char *
db_engine(const struct db *db)
{
    return db->engine->name;
}

bool
db_reads_wait(const struct db *db)
{
    return db->engine->reads_wait;
}

void
db_stats(const struct db *db, struct db_stats *out)
{
    *out = (struct db_stats){.jobs = atomic_load(&db->jobs),
                             .turns = atomic_load(&db->turns),
                             .busy_us = atomic_load(&db->busy_us),
                             .waiting = db_writer_waiting(db->writer)};
}

bool
db_is_read_only(const struct db *db)
{
    return atomic_load_explicit(&db->read_only, memory_order_relaxed);
}

uint64_t
db_generation(struct db *db)
{
    if (atomic_load_explicit(&db->deaf, memory_order_acquire)) {
        return atomic_fetch_add_explicit(&db->generation, 1, memory_order_acq_rel) + 1;
    }
    return atomic_load_explicit(&db->generation, memory_order_acquire);
}

struct db_tx *
db_read_begin(struct db *db)
{
    uint64_t generation = db_generation(db);
    struct db_tx *tx = db->engine->read_begin(db);
    if (tx != NULL) {
        tx->generation = generation;
    }
    return tx;
}

uint64_t
db_tx_generation(const struct db_tx *tx)
{
    return tx->generation != 0 ? tx->generation : db_generation(tx->db);
}

struct db_tx *
db_read_stale(struct db *db)
{
    return db->engine->read_stale == NULL ? NULL : db->engine->read_stale(db);
}

void
db_read_end(struct db_tx *tx)
{
    if (tx != NULL) {
        db_end_all(tx);
        tx->db->engine->read_end(tx);
    }
}

enum err
db_submit(struct db *db, struct db_job *job)
{
    return db_writer_submit(db->writer, job);
}

bool
db_others_wait(const struct db_tx *tx)
{
    return tx->later != NULL && db_writer_is_asked(tx->db->writer);
}

struct waiting {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool over;
    enum err result;
    db_work work;
    void *arg;
};

static enum err
waiting_work(struct db_tx *tx, void *arg)
{
    struct waiting *w = arg;
    return w->work(tx, w->arg);
}

static void
waiting_done(enum err e, void *arg)
{
    struct waiting *w = arg;
    pthread_mutex_lock(&w->lock);
    w->result = e;
    w->over = true;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->lock);
}

enum err
db_write(struct db *db, struct arena *a, db_work work, void *arg)
{
    struct waiting w = {.work = work, .arg = arg};
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.cond, NULL);
    struct db_job job = {.work = waiting_work, .done = waiting_done, .arg = &w, .arena = a};
    enum err e = db_submit(db, &job);
    if (e == ERR_OK) {
        pthread_mutex_lock(&w.lock);
        while (!w.over) {
            pthread_cond_wait(&w.cond, &w.lock);
        }
        pthread_mutex_unlock(&w.lock);
        e = w.result;
    }
    pthread_cond_destroy(&w.cond);
    pthread_mutex_destroy(&w.lock);
    return e;
}

// ---- statements ------------------------------------------------------------------------

// What a query that could not start answers: no rows, and db_end has nothing to do.
static struct db_rows nothing;

const char *
db_stmt_sql(const struct db_stmt *s, const struct db_engine *e)
{
    const char *own = e == &db_sqlite ? s->sqlite : s->postgres;
    return own != NULL ? own : s->sql;
}

bool
db_text_has_word(const char *sql, const char *word)
{
    size_t n = strlen(word);
    bool quoted = false;
    char before = ' ';
    for (const char *p = sql; *p != '\0'; before = *p, p++) {
        quoted = *p == '\'' ? !quoted : quoted;
        bool start = !quoted && !isalnum((unsigned char)before) && before != '_';
        if (start && strncasecmp(p, word, n) == 0 && !isalnum((unsigned char)p[n]) &&
            p[n] != '_') {
            return true;
        }
    }
    return false;
}

enum err
db_tx_err(struct db_tx *tx)
{
    if (tx->db->engine->settle != NULL) {
        tx->db->engine->settle(tx);
    }
    return tx->err;
}

uint64_t
db_tx_changed(struct db_tx *tx)
{
    return tx->db->engine->changed(tx);
}

void
db_tx_fail(struct db_tx *tx, enum err e)
{
    if (tx->err == ERR_OK) {
        tx->err = e;
    }
}

void
db_blame(struct db_tx *tx, const struct db_stmt *s, enum err e, const char *what)
{
    log_error("statement %s: %s", s->name, what);
    db_tx_fail(tx, e);
}

static bool
type_fits(enum db_kind kind, enum db_type type)
{
    switch (kind) {
    case KIND_INT:
    case KIND_BOOL:
    case KIND_TIME:
        return type == DB_INT_T;
    case KIND_REAL:
        return type == DB_REAL_T;
    case KIND_TEXT:
    case KIND_JSON:
        return type == DB_TEXT_T;
    case KIND_BLOB:
        return type == DB_BLOB_T;
    }
    return false;
}

static bool
arg_fits(const struct db_field *f, const struct db_arg *arg)
{
    if (arg->type == DB_NULL_T) {
        return f->null;
    }
    if (!type_fits(f->kind, arg->type)) {
        return false;
    }
    return f->kind != KIND_BOOL || arg->i == 0 || arg->i == 1;
}

static bool
args_fit(struct db_rows *r, const struct db_arg *args, size_t n)
{
    const struct db_signature *p = r->params;
    if (n != p->count) {
        log_error("statement %s: %zu arguments given, %u declared", r->stmt->name, n, p->count);
        return false;
    }
    for (unsigned i = 0; i < p->count; i++) {
        if (!arg_fits(&p->fields[i], &args[i])) {
            log_error("statement %s: argument $%u (%s) is not what is declared", r->stmt->name,
                      i + 1, p->fields[i].name);
            return false;
        }
    }
    return true;
}

struct db_rows *
db_query(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n)
{
    if (tx->err != ERR_OK) {
        return &nothing;
    }
    const struct db_engine *e = tx->db->engine;
    struct db_rows *r = e->prepare(tx, s);
    if (r == NULL) {
        return &nothing;
    }
    if (!args_fit(r, args, n)) {
        db_tx_fail(tx, ERR_INTERNAL);
        return &nothing;
    }
    if (!e->bind(r, args)) {
        return &nothing;
    }
    r->state = ROWS_OPEN;
    r->outer = tx->open;
    tx->open = r;
    return r;
}

bool
db_next(struct db_rows *r)
{
    if (r->state != ROWS_OPEN && r->state != ROWS_ON) {
        return false;
    }
    bool more = r->tx->err == ERR_OK && r->tx->db->engine->step(r);
    r->state = more ? ROWS_ON : ROWS_DONE;
    return more;
}

void
db_end(struct db_rows *r)
{
    if (r->state == ROWS_IDLE) {
        return;
    }
    struct db_rows **p = &r->tx->open;
    while (*p != NULL && *p != r) {
        p = &(*p)->outer;
    }
    if (*p == r) {
        *p = r->outer;
    }
    r->tx->db->engine->finish(r);
    r->state = ROWS_IDLE;
}

void
db_end_all(struct db_tx *tx)
{
    while (tx->open != NULL) {
        db_end(tx->open);
    }
}

// There is nothing to do in this engine.
static bool
is_nothing(const struct db *db, const struct db_stmt *s)
{
    const char *sql = db_stmt_sql(s, db->engine);
    return sql != NULL && *sql == '\0';
}

int64_t
db_run(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n)
{
    if (is_nothing(tx->db, s)) {
        return 0;
    }
    struct db_rows *r = db_query(tx, s, args, n);
    while (db_next(r)) {
    }
    int64_t changed =
        r->state == ROWS_DONE && tx->err == ERR_OK ? tx->db->engine->affected(r) : 0;
    db_end(r);
    return changed;
}

void
db_put(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n)
{
    const struct db_engine *e = tx->db->engine;
    if (e->put == NULL || is_nothing(tx->db, s)) {
        db_run(tx, s, args, n);
        return;
    }
    struct db_rows *r = tx->err == ERR_OK ? e->prepare(tx, s) : NULL;
    if (r == NULL) {
        return;
    }
    if (args_fit(r, args, n)) {
        e->put(r, args);
    } else {
        db_tx_fail(tx, ERR_INTERNAL);
    }
}

// A write goes on to its end: an engine may check references only there.
static void
run_out(struct db_rows *r)
{
    while (r->writes && db_next(r)) {
    }
}

int64_t
db_insert(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n)
{
    struct db_rows *r = db_query(tx, s, args, n);
    const struct db_engine *e = tx->db->engine;
    while (db_next(r)) {
    }
    bool made = r->state == ROWS_DONE && tx->err == ERR_OK && e->affected(r) > 0;
    int64_t id = made ? e->inserted(r) : 0;
    db_end(r);
    return id;
}

int64_t
db_value_int(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n,
             int64_t otherwise)
{
    struct db_rows *r = db_query(tx, s, args, n);
    int64_t v = otherwise;
    bool found = db_next(r);
    if (found && !db_is_null(r, 0)) {
        v = db_int(r, 0);
    }
    run_out(r);
    db_end(r);
    return tx->err == ERR_OK ? v : otherwise;
}

// ---- cells -----------------------------------------------------------------------------

// The cell, checked against the signature. DB_NULL_T also when it does not fit: then tx has
// failed.
static enum db_type
cell(struct db_rows *r, unsigned col, struct db_arg *out)
{
    const struct db_field *f = &r->row->fields[col];
    out->type = r->tx->db->engine->cell(r, col, out);
    if (out->type == DB_NULL_T) {
        if (!f->null && !r->blamed) {
            // Shown as unknown rather than refused: the reader can still work with the rest.
            r->blamed = true;
            log_error("statement %s: column %s is NULL, declared never to be", r->stmt->name,
                      f->name);
        }
    } else if (!type_fits(f->kind, out->type)) {
        log_error("statement %s: column %s has another type than declared", r->stmt->name,
                  f->name);
        db_tx_fail(r->tx, ERR_INTERNAL);
        out->type = DB_NULL_T;
    }
    return out->type;
}

// The cell when it stands on a row and is of a kind that answers `type`, else DB_NULL_T.
static enum db_type
cell_as(struct db_rows *r, int col, enum db_type type, struct db_arg *out)
{
    if (r->state != ROWS_ON) {
        return DB_NULL_T;
    }
    if (col < 0 || (unsigned)col >= r->row->count ||
        !type_fits(r->row->fields[col].kind, type)) {
        log_error("statement %s: column %d read as what it is not", r->stmt->name, col);
        db_tx_fail(r->tx, ERR_INTERNAL);
        return DB_NULL_T;
    }
    return cell(r, (unsigned)col, out);
}

bool
db_is_null(struct db_rows *r, int col)
{
    struct db_arg c;
    if (r->state != ROWS_ON || col < 0 || (unsigned)col >= r->row->count) {
        return true;
    }
    return r->tx->db->engine->cell(r, (unsigned)col, &c) == DB_NULL_T;
}

int64_t
db_int(struct db_rows *r, int col)
{
    struct db_arg c;
    return cell_as(r, col, DB_INT_T, &c) == DB_INT_T ? c.i : 0;
}

double
db_real(struct db_rows *r, int col)
{
    struct db_arg c;
    return cell_as(r, col, DB_REAL_T, &c) == DB_NULL_T ? 0 : c.r;
}

const char *
db_text(struct db_rows *r, int col)
{
    struct db_arg c;
    return cell_as(r, col, DB_TEXT_T, &c) == DB_TEXT_T ? c.p : NULL;
}

const void *
db_blob(struct db_rows *r, int col, size_t *n)
{
    struct db_arg c;
    if (cell_as(r, col, DB_BLOB_T, &c) != DB_BLOB_T) {
        *n = 0;
        return NULL;
    }
    *n = c.n;
    return c.p;
}

// ---- rows as values --------------------------------------------------------------------

static const struct value *
json_cell(struct db_rows *r, struct arena *a, const struct db_arg *c)
{
    const char *why = NULL;
    const struct value *v = json_parse(a, c->p, c->n, &why);
    if (v == NULL) {
        db_blame(r->tx, r->stmt, ERR_INTERNAL, "a json column does not hold JSON");
        return &value_null;
    }
    return v;
}

static const struct value *
real_cell(double d, struct value *v)
{
    double scaled = d * 10000.0;
    if (!isfinite(scaled) || fabs(scaled) > 9.2e18) {
        return &value_null;
    }
    *v = (struct value){.type = VALUE_DEC, .i = llround(scaled)};
    return v;
}

// A row is one chunk: the map, its pairs, its values, and the bytes of its texts.
struct chunk {
    struct value *map;
    struct value_pair *pairs;
    struct value *values;
    char *bytes;
};

static struct chunk
chunk_new(struct arena *a, unsigned n, size_t bytes)
{
    struct chunk k;
    char *p = arena_raw(a, sizeof *k.map + n * (sizeof *k.pairs + sizeof *k.values) + bytes);
    k.map = (struct value *)(void *)p;
    k.pairs = (struct value_pair *)(void *)(p + sizeof *k.map);
    k.values = (struct value *)(void *)(p + sizeof *k.map + n * sizeof *k.pairs);
    k.bytes = (char *)(k.values + n);
    *k.map = (struct value){.type = VALUE_MAP};
    k.map->map.pairs = k.pairs;
    k.map->map.count = n;
    k.map->map.cap = n;
    return k;
}

static const struct value *
text_cell(struct chunk *k, const struct db_arg *c, struct value *v)
{
    memcpy(k->bytes, c->p, c->n);
    k->bytes[c->n] = '\0';
    *v = (struct value){.type = VALUE_TEXT};
    v->s = k->bytes;
    v->n = c->n;
    k->bytes += c->n + 1;
    return v;
}

static const struct value *
cell_value(struct db_rows *r, struct arena *a, struct chunk *k, unsigned col,
           const struct db_arg *c)
{
    struct value *v = &k->values[col];
    if (c->type == DB_NULL_T) {
        return &value_null;
    }
    switch (r->row->fields[col].kind) {
    case KIND_INT:
        *v = (struct value){.type = VALUE_INT, .i = c->i};
        return v;
    case KIND_TIME:
        *v = (struct value){.type = VALUE_TIME, .i = c->i};
        return v;
    case KIND_BOOL:
        return value_bool(c->i != 0);
    case KIND_REAL:
        return real_cell(c->r, v);
    case KIND_TEXT:
        return text_cell(k, c, v);
    case KIND_JSON:
        return json_cell(r, a, c);
    case KIND_BLOB:
        return value_ref(a, text_hex(a, c->p, c->n));
    }
    return &value_null;
}

struct value *
db_row(struct db_rows *r, struct arena *a)
{
    if (r->state != ROWS_ON) {
        return value_map(a);
    }
    struct db_arg cells[SIGNATURE_FIELDS];
    unsigned n = r->row->count;
    size_t bytes = 0;
    for (unsigned i = 0; i < n; i++) {
        if (cell(r, i, &cells[i]) == DB_TEXT_T && r->row->fields[i].kind == KIND_TEXT) {
            bytes += cells[i].n + 1;
        }
    }
    struct chunk k = chunk_new(a, n, bytes);
    for (unsigned i = 0; i < n; i++) {
        const struct db_field *f = &r->row->fields[i];
        k.pairs[i] = (struct value_pair){f->name, cell_value(r, a, &k, i, &cells[i]), f->tag};
    }
    return k.map;
}

// Members are written one by one: a whole value copied right after it was put together waits
// for each of its parts, millions of times in an export.
void
db_cell(struct db_rows *r, unsigned col, struct value *out)
{
    struct db_arg c;
    out->type = VALUE_NULL;
    if (r->state != ROWS_ON || col >= r->row->count || cell(r, col, &c) == DB_NULL_T) {
        return;
    }
    switch (r->row->fields[col].kind) {
    case KIND_INT:
    case KIND_TIME:
        out->type = r->row->fields[col].kind == KIND_TIME ? VALUE_TIME : VALUE_INT;
        out->i = c.i;
        return;
    case KIND_BOOL:
        out->type = VALUE_BOOL;
        out->b = c.i != 0;
        return;
    case KIND_REAL:
        real_cell(c.r, out);
        return;
    case KIND_TEXT:
        out->type = VALUE_TEXT;
        out->s = c.p;
        out->n = c.n;
        return;
    case KIND_JSON:
    case KIND_BLOB:
        break;
    }
    log_error("statement %s: column %u is no single value", r->stmt->name, col);
    db_tx_fail(r->tx, ERR_INTERNAL);
}

int
db_column(const struct db_stmt *s, const char *name)
{
    const struct db_signature *row = db_signature_get(s->row);
    for (unsigned i = 0; row != NULL && i < row->count; i++) {
        if (strcmp(row->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

struct value *
db_one(struct db_tx *tx, struct arena *a, const struct db_stmt *s, const struct db_arg *args,
       size_t n)
{
    struct db_rows *r = db_query(tx, s, args, n);
    bool found = db_next(r);
    struct value *v = found ? db_row(r, a) : NULL;
    run_out(r);
    db_end(r);
    return v;
}

struct value *
db_list(struct db_tx *tx, struct arena *a, const struct db_stmt *s, const struct db_arg *args,
        size_t n)
{
    struct value *list = value_list(a);
    struct db_rows *r = db_query(tx, s, args, n);
    while (db_next(r)) {
        value_push(a, list, db_row(r, a));
    }
    db_end(r);
    return list;
}

// ---- schema ----------------------------------------------------------------------------

bool
db_check_stmt(struct db *db, struct arena *a, const struct db_stmt *s, const char **why)
{
    if (is_nothing(db, s)) {
        return true;
    }
    struct db_tx *tx = db_read_begin(db);
    if (tx == NULL) {
        *why = "no reader is free";
        return false;
    }
    bool sound = db->engine->check(tx, a, s, why);
    db_read_end(tx);
    return sound;
}

const char *
db_check_integrity(struct db *db, struct arena *a)
{
    return db->engine->integrity(db, a);
}

enum err
db_copy_to(struct db *db, const char *path, const char **why)
{
    return db->engine->copy(db, path, why);
}
