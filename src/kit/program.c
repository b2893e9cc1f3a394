// SPDX-License-Identifier: Apache-2.0
// What is the same for every district of a process: routes, templates, language, worker
// threads. Whatever is wrong with the tables stops the start, not a request later.
#include "base/log.h"
#include "kit/app.h"
#include "kit/embedded.h"
#include "kit/gate.h"
#include "kit/record_merge.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    PROGRAM_ARENA = 64 * 1024 * 1024,
    // What takes long: hashing a password takes 64 MiB.
    WORKERS = 2,
    WORK_QUEUE = 64,
    // Requests, where a read waits on the network; with the workers fewer than
    // db_options.readers.
    ANSWERERS = 12,
    ANSWER_QUEUE = 2000,
};

// ---- what takes long -------------------------------------------------------------------

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
program_work(struct program *p, void (*fn)(void *), void *arg)
{
    struct work *w = calloc(1, sizeof *w);
    if (w == NULL) {
        return false;
    }
    *w = (struct work){.task = {.fn = work_run, .arg = w}, .fn = fn, .arg = arg};
    bool added = workers_add(p->workers, &w->task);
    if (!added) {
        free(w);
    }
    return added;
}

struct workers *
program_answerers(struct program *p)
{
    pthread_mutex_lock(&p->lock);
    if (p->answerers == NULL) {
        p->answerers = workers_start(p->arena, "answerer", ANSWERERS, ANSWER_QUEUE);
    }
    pthread_mutex_unlock(&p->lock);
    return p->answerers;
}

// ---- tables ----------------------------------------------------------------------------

static bool
add_route(struct program *p, const struct route *r, const char **why)
{
    if (r->roles == 0) {
        *why = arena_printf(p->arena, "route %s names no role", r->pattern);
        return false;
    }
    if ((r->flags & ROUTE_API) == 0 &&
        !http_router_add(p->router, r->method, r->pattern, r, why)) {
        return false;
    }
    return (r->flags & ROUTE_PAGE) != 0 ||
           http_router_add(p->api_router, r->method, r->pattern, r, why);
}

static bool
add_routes(struct program *p, const struct route *routes, const char **why)
{
    for (const struct route *r = routes; r != NULL && r->pattern != NULL; r++) {
        if (!add_route(p, r, why)) {
            return false;
        }
    }
    return true;
}

static bool
build_routes(struct program *p, const char **why)
{
    p->router = http_router_new(p->arena);
    p->api_router = http_router_new(p->arena);
    for (size_t i = 0; p->modules[i] != NULL; i++) {
        const struct module *m = p->modules[i];
        if (!add_routes(p, m->routes, why)) {
            return false;
        }
        record_link_statements(m); // composed before threads start
        for (size_t n = 0; m->kinds != NULL && m->kinds[n] != NULL; n++) {
            if (!add_routes(p, record_routes(p->arena, m->kinds[n]), why)) {
                return false;
            }
        }
    }
    return true;
}

static bool
open_modules(struct program *p, const char **why)
{
    for (const struct module *const *m = p->modules; *m != NULL; m++) {
        if ((*m)->open != NULL && !(*m)->open(p, why)) {
            return false;
        }
    }
    return true;
}

struct program *
program_open(const struct module *const *modules, const char *data, const char **why)
{
    if (sodium_init() < 0) {
        *why = "libsodium does not start";
        return NULL;
    }
    struct arena *a = arena_new(PROGRAM_ARENA);
    struct program *p = ARENA_NEW(a, struct program);
    *p = (struct program){.arena = a, .modules = modules, .data = arena_strdup(a, data)};
    // The reason of a failure lives in the arena, which is kept: the process ends anyway.
    if (!language_load(EMBEDDED_LANG_EN.text, EMBEDDED_LANG_EN.size, why)) {
        return NULL;
    }
    p->pages = pages_load(a, why);
    if (p->pages == NULL || !build_routes(p, why) || !open_modules(p, why)) {
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    p->workers = workers_start(a, "worker", WORKERS, WORK_QUEUE);
    return p;
}

void
program_drain(struct program *p)
{
    atomic_store(&p->draining, true);
}

void
program_stop(struct program *p)
{
    workers_stop(p->workers);
    if (p->answerers != NULL) {
        workers_stop(p->answerers);
    }
}

void
program_free(struct program *p)
{
    arena_free(p->arena);
}
