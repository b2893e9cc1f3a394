// SPDX-License-Identifier: Apache-2.0
// Opening a district: secret, database, schema, templates, routes. Whatever is wrong with the
// tables stops the start, not a request later.
#include "kit/app.h"

#include "base/log.h"
#include "kit/embedded.h"
#include "kit/gate.h"
#include "kit/import_store.h"
#include "kit/listing_own.h"
#include "kit/rate.h"
#include "kit/record_merge.h"
#include "kit/search.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    APP_ARENA = 256 * 1024 * 1024,
    // What takes long: hashing a password takes 64 MiB.
    WORKERS = 2,
    WORK_QUEUE = 64,
    // Requests, where a read waits on the network; with the workers fewer than
    // db_options.readers.
    ANSWERERS = 12,
    ANSWER_QUEUE = 2000,
};

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

// ---- workers ----------------------------------------------------------------------------

struct work {
    struct task task;
    void (*fn)(void *);
    void *arg;
};

static void
work_run(void *arg)
{
    struct work *w = arg;
    w->fn(w->arg);
    free(w);
}

bool
app_work(struct app *app, void (*fn)(void *), void *arg)
{
    struct work *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return false;
    }
    *w = (struct work){.task = {.fn = work_run, .arg = w}, .fn = fn, .arg = arg};
    bool added = workers_add(app->workers, &w->task);
    if (!added) {
        free(w);
    }
    return added;
}

// ---- opening --------------------------------------------------------------------------------

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

static bool
add_route(struct app *app, const struct route *r, const char **why)
{
    if (r->roles == 0) {
        *why = arena_printf(app->arena, "route %s names no role", r->pattern);
        return false;
    }
    if ((r->flags & ROUTE_API) == 0 &&
        !http_router_add(app->router, r->method, r->pattern, r, why)) {
        return false;
    }
    return (r->flags & ROUTE_PAGE) != 0 ||
           http_router_add(app->api_router, r->method, r->pattern, r, why);
}

static bool
add_routes(struct app *app, const struct route *routes, const char **why)
{
    for (const struct route *r = routes; r != NULL && r->pattern != NULL; r++) {
        if (!add_route(app, r, why)) {
            return false;
        }
    }
    return true;
}

static bool
build_routes(struct app *app, const char **why)
{
    app->router = http_router_new(app->arena);
    app->api_router = http_router_new(app->arena);
    for (size_t i = 0; app->modules[i] != NULL; i++) {
        const struct module *m = app->modules[i];
        if (!add_routes(app, m->routes, why)) {
            return false;
        }
        record_link_statements(m); // composed before threads start
        for (size_t n = 0; m->kinds != NULL && m->kinds[n] != NULL; n++) {
            if (!add_routes(app, record_routes(app->arena, m->kinds[n]), why)) {
                return false;
            }
        }
    }
    return true;
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

static bool
open_modules(struct app *app, const char **why)
{
    for (const struct module *const *m = app->modules; *m != NULL; m++) {
        if ((*m)->open != NULL && !(*m)->open(app, why)) {
            return false;
        }
    }
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

static bool
open_parts(struct app *app, const struct app_options *o, const char **why)
{
    const char *url =
        o->db != NULL ? o->db : arena_printf(app->arena, "%s/district.db", o->data);
    struct db_options options = {.create = true, .bulk = o->bulk};
    if (!read_secret(app, why) ||
        !language_load(EMBEDDED_LANG_EN.text, EMBEDDED_LANG_EN.size, why)) {
        return false;
    }
    app->db = db_open(app->arena, url, &options, why);
    if (app->db == NULL ||
        db_migrate(app->db, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, why) != ERR_OK) {
        return false;
    }
    app->pages = pages_load(app, why);
    return app->pages != NULL && build_routes(app, why) && load_settings(app) &&
           open_modules(app, why) && fill_keys(app, why);
}

struct app *
app_open(const struct app_options *o, const struct module *const *modules, const char **why)
{
    *why = "out of memory";
    if (sodium_init() < 0) {
        *why = "libsodium does not start";
        return NULL;
    }
    struct arena *a = arena_new(APP_ARENA);
    struct app *app = ARENA_NEW(a, struct app);
    app->arena = a;
    app->data = arena_strdup(a, o->data);
    app->modules = modules;
    app->strict = o->strict;
    app->started = time_now();
    if (!open_parts(app, o, why)) {
        // The reason lives in the arena, so a failed start keeps it: the program ends anyway.
        if (app->db != NULL) {
            db_close(app->db);
        }
        return NULL;
    }
    app->workers = workers_start(a, "worker", WORKERS, WORK_QUEUE);
    if (db_reads_wait(app->db)) {
        app->answerers = workers_start(a, "answerer", ANSWERERS, ANSWER_QUEUE);
    }
    return app;
}

void
app_close(struct app *app)
{
    workers_stop(app->workers);
    if (app->answerers != NULL) {
        workers_stop(app->answerers);
    }
    db_close(app->db);
    sodium_memzero(app->secret, sizeof app->secret);
    arena_free(app->arena);
}

struct http_app
app_http(struct app *app)
{
    return (struct http_app){
        .arg = app, .limit = gate_limit, .serve = gate_serve, .resumed = gate_resumed};
}
