// SPDX-License-Identifier: Apache-2.0
// Opening a district: secret, database, schema, settings.
#include "kit/app.h"

#include "base/log.h"
#include "kit/claim.h"
#include "kit/embedded.h"
#include "kit/gate.h"
#include "kit/import_store.h"
#include "kit/known.h"
#include "kit/listing_own.h"
#include "kit/rate.h"
#include "kit/record_merge.h"
#include "kit/search.h"
#include "kit/session.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { APP_ARENA = 256 * 1024 * 1024, REASON = 1024 };

// ---- settings ---------------------------------------------------------------------------

static const struct db_stmt SETTING_GET = {.name = "setting.get",
                                           .sql = "SELECT value FROM setting WHERE key = $1",
                                           .params = "key:text",
                                           .row = "value:text"};
static const struct db_stmt SETTING_SET = {
    .name = "setting.set",
    .sql = "INSERT INTO setting (key, value) VALUES ($1, $2) "
           "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    .params = "key:text value:text"};

extern const struct db_stmt *const ACCOUNT_STMTS[],
    *const ATTACHMENT_STMTS[], *const AUDIT_STMTS[], *const NOTICE_STMTS[],
                                                         *const REPLAY_STMTS[],
                                                             *const SESSION_STMTS[];
static const struct db_stmt *const SETTING_STMTS[] = {&SETTING_GET, &SETTING_SET, NULL};
const struct db_stmt *const *const KIT_STATEMENTS[] = {ACCOUNT_STMTS,
                                                       ATTACHMENT_STMTS,
                                                       AUDIT_STMTS,
                                                       CLAIM_STATEMENTS,
                                                       NOTICE_STMTS,
                                                       REPLAY_STMTS,
                                                       SESSION_STMTS,
                                                       SETTING_STMTS,
                                                       RECORD_STATEMENTS,
                                                       RECORD_SEAL_STATEMENTS,
                                                       SEARCH_STATEMENTS,
                                                       LISTING_STATEMENTS,
                                                       RECORD_MERGE_STATEMENTS,
                                                       RECORD_DUPLICATE_STATEMENTS,
                                                       IMPORT_STATEMENTS,
                                                       IMPORT_STORE_STATEMENTS,
                                                       IMPORT_STAGE_STATEMENTS,
                                                       IMPORT_STEP_STATEMENTS,
                                                       NULL};

const char *
setting_get(struct db_tx *tx, struct arena *a, const char *key)
{
    const char *v = NULL;
    struct db_rows *r = db_query(tx, &SETTING_GET, DB_ARGS(DB_TEXT(key)));
    if (db_next(r)) {
        v = arena_strdup(a, db_text(r, 0));
    }
    db_end(r);
    return v;
}

void
setting_set(struct db_tx *tx, const char *key, const char *value)
{
    db_put(tx, &SETTING_SET, DB_ARGS(DB_TEXT(key), DB_TEXT(value)));
}

// ---- opening ------------------------------------------------------------------------------

static bool
read_secret(struct app *app, const char **why)
{
    const char *path = arena_printf(app->arena, "%s/secret", app->data);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        *why = arena_printf(app->arena, "%s: %s (run: huiqiao init --data %s)", path,
                            strerror(errno), app->data);
        return false;
    }
    ssize_t n = read(fd, app->secret, sizeof app->secret);
    close(fd);
    if (n != (ssize_t)sizeof app->secret) {
        *why = arena_printf(app->arena, "%s: not a secret of 32 bytes", path);
        return false;
    }
    return true;
}

void
app_key(const struct app *app, const char *purpose, unsigned char out[32])
{
    crypto_generichash(out, 32, (const unsigned char *)purpose, strlen(purpose), app->secret,
                       sizeof app->secret);
}

static void
load_rates(struct app *app, struct db_tx *tx)
{
    struct rate_limit limits[RATE_CLASSES];
    memcpy(limits, RATE_DEFAULTS, sizeof limits);
    for (int i = 0; i < RATE_CLASSES; i++) {
        const char *text =
            RATE_KEYS[i] == NULL ? NULL : setting_get(tx, app->arena, RATE_KEYS[i]);
        if (text != NULL && !rate_parse(text, &limits[i])) {
            log_warn("setting %s: \"%s\" is no limit", RATE_KEYS[i], text);
        }
    }
    app->rates = rates_new(app->arena, limits);
}

static bool
load_settings(struct app *app)
{
    struct db_tx *tx = db_read_begin(app->db);
    if (tx == NULL) {
        return false;
    }
    const char *district = setting_get(tx, app->arena, "district");
    const char *federation = setting_get(tx, app->arena, "federation");
    load_rates(app, tx);
    db_read_end(tx);
    app->district = district != NULL ? district : "本区";
    app->federation = federation != NULL ? federation : "区工商联（总商会）";
    return true;
}

// ---- sort keys that are missing ------------------------------------------------------------

enum { KEYS_AT_ONCE = 5000 };

struct renewal {
    struct app *app;
    struct arena *arena;
    int64_t done;
};

static enum err
renew_keys(struct db_tx *tx, void *arg)
{
    struct renewal *r = arg;
    struct ctx c = ctx_system(r->app, r->arena);
    c.tx = tx;
    r->done = 0;
    for (const struct module *const *m = r->app->modules; *m != NULL; m++) {
        for (size_t k = 0; (*m)->kinds != NULL && (*m)->kinds[k] != NULL; k++) {
            r->done += record_renew_keys(&c, (*m)->kinds[k], KEYS_AT_ONCE);
        }
    }
    return db_tx_err(tx);
}

static bool
lacks_keys(const struct app *app)
{
    struct db_tx *tx = db_read_begin(app->db);
    bool lacks = false;
    for (const struct module *const *m = app->modules; tx != NULL && *m != NULL; m++) {
        for (size_t k = 0; (*m)->kinds != NULL && (*m)->kinds[k] != NULL; k++) {
            lacks = lacks || record_lacks_keys(tx, (*m)->kinds[k]);
        }
    }
    db_read_end(tx);
    return lacks;
}

// After a patch that brought a column of keys: once, some seconds for a million.
static bool
fill_keys(struct app *app, const char **why)
{
    struct renewal r = {.app = app, .arena = arena_new((size_t)64 << 20), .done = 1};
    enum err e = ERR_OK;
    while (lacks_keys(app) && e == ERR_OK && r.done > 0) {
        e = db_write(app->db, r.arena, renew_keys, &r);
        arena_reset(r.arena);
    }
    arena_free(r.arena);
    *why = e == ERR_OK ? *why : "the keys that names are sorted by cannot be written";
    return e == ERR_OK;
}

int
app_lock(const char *data, bool alone)
{
    int fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
        int e = errno;
        close(fd);
        errno = e;
        fd = -1;
    }
    return fd;
}

static bool
open_parts(struct app *app, const struct app_options *o, const char **why)
{
    const char *url =
        o->db != NULL ? o->db : arena_printf(app->arena, "%s/district.db", o->data);
    struct db_options options = {.create = true, .bulk = o->bulk};
    app->lock = app_lock(o->data, false);
    if (app->lock < 0 && errno == EWOULDBLOCK) {
        *why = "it is being moved or restored";
        return false;
    }
    if (!read_secret(app, why)) {
        return false;
    }
    app->db = db_open(app->arena, url, &options, why);
    if (app->db == NULL ||
        db_migrate(app->db, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, why) != ERR_OK) {
        return false;
    }
    return load_settings(app) && fill_keys(app, why);
}

// A program of its own for an app that is alone in its process.
static struct program *
program_of(const struct app_options *o, const struct module *const *modules, const char **why)
{
    return o->program != NULL ? o->program : program_open(modules, o->data, why);
}

struct app *
app_open(const struct app_options *o, const struct module *const *modules, const char **why)
{
    static _Atomic uint64_t serials;
    *why = "out of memory";
    struct program *p = program_of(o, modules, why);
    if (p == NULL) {
        return NULL;
    }
    struct arena *a = arena_new(APP_ARENA);
    struct app *app = ARENA_NEW(a, struct app);
    app->arena = a;
    app->data = arena_strdup(a, o->data);
    app->program = p;
    app->lock = -1;
    app->own = o->program == NULL;
    app->modules = p->modules;
    app->router = p->router;
    app->api_router = p->api_router;
    app->pages = p->pages;
    app->workers = p->workers;
    app->strict = o->strict;
    app->serial = atomic_fetch_add(&serials, 1) + 1;
    app->started = time_now();
    if (open_parts(app, o, why)) {
        app->answerers = db_reads_wait(app->db) ? program_answerers(p) : NULL;
        return app;
    }
    // The reason may live in the arena.
    static _Thread_local char reason[REASON];
    snprintf(reason, sizeof reason, "%s", *why);
    *why = reason;
    app_close(app);
    return NULL;
}

static enum err
keep_sessions(struct db_tx *tx, void *arg)
{
    struct app *app = arg;
    struct arena *a = arena_new(1 << 20);
    struct ctx c = ctx_system(app, a);
    c.tx = tx;
    session_flush(&c);
    arena_free(a);
    return db_tx_err(tx);
}

void
app_close(struct app *app)
{
    if (app->db != NULL && known_any_seen(app->serial)) {
        db_write(app->db, app->arena, keep_sessions, app);
    }
    struct program *own = app->own ? app->program : NULL;
    if (own != NULL) {
        program_stop(own);
    }
    if (app->db != NULL) {
        db_close(app->db);
    }
    if (app->lock >= 0) {
        close(app->lock);
    }
    sodium_memzero(app->secret, sizeof app->secret);
    arena_free(app->arena);
    if (own != NULL) {
        program_free(own);
    }
}

bool
app_work(struct app *app, void (*fn)(void *), void *arg)
{
    return program_work(app->program, fn, arg);
}

void
app_hold(struct app *app)
{
    atomic_fetch_add(&app->held, 1);
}

void
app_release(struct app *app)
{
    atomic_fetch_sub(&app->held, 1);
}

bool
app_is_idle(const struct app *app)
{
    return atomic_load(&app->held) == 0;
}

struct http_app
app_http(struct app *app)
{
    return (struct http_app){
        .arg = app, .limit = gate_limit, .serve = gate_serve, .resumed = gate_resumed};
}
