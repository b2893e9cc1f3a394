// SPDX-License-Identifier: Apache-2.0
// A running district: database, secret, settings; and the program, which all districts of a
// process share: routes, templates, worker threads.
#ifndef KIT_APP_H
#define KIT_APP_H

#include "kit/route.h"
#include "kit/workers.h"

#include <pthread.h>
#include <stdatomic.h>

struct program {
    struct arena *arena;                 // lives as long as the program
    const char *data;                    // directory of files for all districts: industries.csv
    const struct module *const *modules; // NULL-ended
    struct http_router *router, *api_router;
    struct pages *pages;       // parsed templates by language
    struct workers *workers;   // for what takes long
    struct workers *answerers; // program_answerers(); NULL until somebody needs them
    pthread_mutex_t lock;      // of answerers
    atomic_bool draining;      // program_drain
};

// Loads templates and language, builds the routers, opens the modules; refuses to start on a
// route conflict, a route without roles, a template error. NULL and *why. Once in a process.
struct program *program_open(const struct module *const *modules, const char *data,
                             const char **why);
// /readyz says no from now on; everything else is answered as before.
void program_drain(struct program *p);
// Lets the workers finish what is queued and ends them; then, when nothing of it is in use,
// frees the rest.
void program_stop(struct program *p);
void program_free(struct program *p);
// The threads that answer requests where a read may wait; started when first asked for.
struct workers *program_answerers(struct program *p);

struct app_options {
    struct program *program; // shared by several districts; NULL: it gets one of its own
    const char *data;        // directory: district.db, secret
    const char *db;          // URL in place of data/district.db, or NULL
    bool strict;             // templates: a missing key is an error (tests)
    bool bulk;               // see db_options
};

struct app {
    struct arena *arena; // lives as long as the app
    const char *data;
    struct db *db;
    const struct module *const *modules; // NULL-ended
    struct program *program;
    bool own;        // nobody else uses the program
    int lock;        // app_lock
    uint64_t serial; // no two that are ever open in a process have the same
    // Of the program, at hand.
    struct http_router *router, *api_router;
    struct pages *pages;
    struct workers *workers;
    unsigned char secret[32]; // DIR/secret: pepper and field keys are derived from it
    const char *district;     // "临江区"
    const char *federation;   // "临江区工商联（总商会）"
    bool strict;
    int64_t started;
    struct workers *answerers;  // for all requests, where a read may wait; else NULL
    atomic_uint held;           // app_hold
    atomic_flag exporting;      // a long workbook is being made: one at a time
    struct rates *rates;        // kit/rate.h; NULL: nothing is limited
    struct http_server *server; // NULL until it serves; for metrics
    _Atomic int64_t minute;     // when the minute's jobs were last through; 0 not yet
};

// Opens (and migrates) the district. NULL and *why, which stays until this thread fails again.
struct app *app_open(const struct app_options *o, const struct module *const *modules,
                     const char **why);
void app_close(struct app *app);

// Whoever uses a district holds its directory, with others; who moves or restores it holds it
// alone. A descriptor, which ends it when closed; -1 with errno, EWOULDBLOCK when it is taken.
int app_lock(const char *data, bool alone);

// The kit's own statements, as NULL-ended lists in a NULL-ended list.
extern const struct db_stmt *const *const KIT_STATEMENTS[];

// The http_app that serves it.
struct http_app app_http(struct app *app);

// Settings: texts by key in table setting.
const char *setting_get(struct db_tx *tx, struct arena *a, const char *key); // NULL if none
void setting_set(struct db_tx *tx, const char *key, const char *value);

// Runs fn(arg) on the worker pool; false when its queue is full.
bool app_work(struct app *app, void (*fn)(void *), void *arg);
bool program_work(struct program *p, void (*fn)(void *), void *arg);

// A district that a job has in hand between its turns is not closed to make room for others.
void app_hold(struct app *app);
void app_release(struct app *app);
bool app_is_idle(const struct app *app);

// Derives a 32-byte key for one purpose ("session", "pepper" …) from the secret.
void app_key(const struct app *app, const char *purpose, unsigned char out[32]);

#endif
