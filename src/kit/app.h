// SPDX-License-Identifier: Apache-2.0
// The running application: database, routes, templates, settings. One per process.
#ifndef KIT_APP_H
#define KIT_APP_H

#include "kit/route.h"
#include "kit/workers.h"

#include <stdatomic.h>

struct app_options {
    const char *data; // directory: district.db, secret
    const char *db;   // URL in place of data/district.db, or NULL
    bool strict;      // templates: a missing key is an error (tests)
    bool bulk;        // see db_options
};

struct app {
    struct arena *arena; // lives as long as the app
    const char *data;
    struct db *db;
    const struct module *const *modules; // NULL-ended
    struct http_router *router, *api_router;
    unsigned char secret[32]; // DIR/secret: pepper and field keys are derived from it
    const char *district;     // "临江区"
    const char *federation;   // "临江区工商联（总商会）"
    bool tls_only;            // cookies Secure and __Host-: behind the TLS edge
    bool strict;
    int64_t started;
    struct pages *pages;        // parsed templates by language
    struct workers *workers;    // for what takes long
    struct workers *answerers;  // for all requests, where a read may wait; else NULL
    atomic_flag exporting;      // a long workbook is being made: one at a time
    struct rates *rates;        // kit/rate.h; NULL: nothing is limited
    struct http_server *server; // NULL until it serves; for metrics
};

// Opens (and migrates) the district, loads templates and language, builds the routers; refuses
// to start on a route conflict, a route without roles, a template error. NULL and *why.
struct app *app_open(const struct app_options *o, const struct module *const *modules,
                     const char **why);
void app_close(struct app *app);

// The kit's own statements, as NULL-ended lists in a NULL-ended list.
extern const struct db_stmt *const *const KIT_STATEMENTS[];

// The http_app that serves it.
struct http_app app_http(struct app *app);

// Settings: texts by key in table setting.
const char *setting_get(struct db_tx *tx, struct arena *a, const char *key); // NULL if none
void setting_set(struct db_tx *tx, const char *key, const char *value);

// Runs fn(arg) on the worker pool; false when its queue is full.
bool app_work(struct app *app, void (*fn)(void *), void *arg);

// Derives a 32-byte key for one purpose ("session", "pepper" …) from the secret.
void app_key(const struct app *app, const char *purpose, unsigned char out[32]);

#endif
