// SPDX-License-Identifier: Apache-2.0
#include "cmd/districts.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/registry.h"
#include "kit/gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    REGISTRY_ARENA = 64 * 1024 * 1024,
    SLOTS = 4096,
    PAGE_MAX = 1024 * 1024,
    ROOM_SECONDS = 5
};
#define TURN_EVERY TIME_HOUR // the longest a closed district waits for what is due by the clock
#define LOOK_EVERY TIME_SECOND

enum slot_state { SLOT_CLOSED, SLOT_OPENING, SLOT_OPEN, SLOT_CLOSING };

// A request that waits until its district is open.
struct waiter {
    struct slot *slot;
    struct http_req *req;
    struct waiter *next;
    bool failed;
};

// A district that was asked for since the start. Never freed before the end.
struct slot {
    struct districts *all;
    struct slot *next; // in its bucket
    char name[PLACE_NAME_MOST + 1];
    enum slot_state state;
    struct app *app;
    unsigned users;           // requests and jobs that have it in hand
    int64_t used_at, turn_at; // ms
    struct waiter *waiting;
    bool stale; // its place has changed: closed as soon as nobody has it in hand
};

struct districts {
    struct program *program;
    const char *dir;
    unsigned most;
    struct http_server *server;
    int64_t started;
    pthread_mutex_t lock; // of all that follows, and of the slots
    pthread_cond_t changed;
    struct slot *buckets[SLOTS];
    unsigned open;
    struct arena *arena; // of the registry
    struct registry *registry;
    struct timespec written; // of the file the registry was read from
    int64_t looked_at;
};

// ---- the registry ----------------------------------------------------------------------

// With the lock. What is open must be what the registry says.
static void close_stale(struct districts *d);

// With the lock. A damaged file changes nothing.
static void
read_again(struct districts *d)
{
    struct stat st = {0};
    char path[4096];
    int64_t now = time_now();
    if (now - d->looked_at < LOOK_EVERY && now >= d->looked_at) {
        return;
    }
    d->looked_at = now;
    snprintf(path, sizeof path, "%s/districts.json", d->dir);
    if (stat(path, &st) != 0 ||
        (st.st_mtim.tv_sec == d->written.tv_sec && st.st_mtim.tv_nsec == d->written.tv_nsec)) {
        return;
    }
    const char *why = NULL;
    struct arena *a = arena_new(REGISTRY_ARENA);
    struct registry *r = registry_read(a, d->dir, &why);
    d->written = st.st_mtim;
    if (r == NULL) {
        log_error("%s; the districts stay as they were", why);
        arena_free(a);
        return;
    }
    log_info("%zu districts", r->count);
    arena_free(d->arena);
    d->arena = a;
    d->registry = r;
    close_stale(d);
}

// Where a request belongs.
struct target {
    const char *name;
    bool suspended;
    const char *path, *base; // of a district reached by its path
};

static const char *
host_of(const struct http_req *r)
{
    const char *host = http_header(r, "host");
    size_t n = host == NULL ? 0 : *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return host == NULL ? "" : text_lower(r->arena, arena_strndup(r->arena, host, n));
}

static bool
find_target(struct districts *d, const struct http_req *r, struct target *t)
{
    struct arena *a = r->arena;
    const char *host = host_of(r); // allocated before the lock: memory may run out
    bool by_path = text_starts(r->path, "/d/");
    size_t n = by_path ? strcspn(r->path + 3, "/") : 0;
    const char *name = arena_strndup(a, r->path + 3, by_path ? n : 0);
    pthread_mutex_lock(&d->lock);
    read_again(d);
    const struct place *p = registry_by_host(d->registry, host);
    bool hosted = p != NULL;
    p = p == NULL && by_path ? registry_find(d->registry, name) : p;
    char own[PLACE_NAME_MOST + 1] = "";
    bool suspended = p != NULL && p->suspended;
    if (p != NULL) {
        snprintf(own, sizeof own, "%s", p->name);
    }
    pthread_mutex_unlock(&d->lock);
    *t = (struct target){arena_strdup(a, own), suspended, r->path, ""};
    if (p != NULL && !hosted) {
        t->base = arena_printf(a, "/d/%s", own);
        t->path = r->path[3 + n] == '\0' ? "/" : r->path + 3 + n;
    }
    return p != NULL;
}

// ---- slots -----------------------------------------------------------------------------

static struct slot **
bucket_of(struct districts *d, const char *name)
{
    uint32_t h = 2166136261U;
    for (const char *p = name; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * 16777619U;
    }
    return &d->buckets[h % SLOTS];
}

// With the lock. NULL without memory.
static struct slot *
slot_of(struct districts *d, const char *name)
{
    struct slot **bucket = bucket_of(d, name);
    for (struct slot *s = *bucket; s != NULL; s = s->next) {
        if (strcmp(s->name, name) == 0) {
            return s;
        }
    }
    struct slot *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->all = d;
        s->next = *bucket;
        snprintf(s->name, sizeof s->name, "%s", name);
        *bucket = s;
    }
    return s;
}

static bool
is_idle(const struct slot *s)
{
    return s->state == SLOT_OPEN && s->users == 0 && app_is_idle(s->app);
}

static struct slot *
longest_idle(struct districts *d)
{
    struct slot *found = NULL;
    for (size_t i = 0; i < SLOTS; i++) {
        for (struct slot *s = d->buckets[i]; s != NULL; s = s->next) {
            if (is_idle(s) && (found == NULL || s->used_at < found->used_at)) {
                found = s;
            }
        }
    }
    return found;
}

// With the lock, which it gives up while the database closes.
static void
close_slot(struct districts *d, struct slot *s)
{
    struct app *app = s->app;
    s->state = SLOT_CLOSING;
    pthread_mutex_unlock(&d->lock);
    app_close(app);
    pthread_mutex_lock(&d->lock);
    s->app = NULL;
    s->stale = false;
    s->state = SLOT_CLOSED;
    d->open--;
    pthread_cond_broadcast(&d->changed);
}

static void
close_stale(struct districts *d)
{
    for (size_t i = 0; i < SLOTS; i++) {
        for (struct slot *s = d->buckets[i]; s != NULL; s = s->next) {
            const struct place *p = registry_find(d->registry, s->name);
            s->stale = s->state == SLOT_OPEN && (p == NULL || p->suspended);
            if (s->stale && is_idle(s)) {
                close_slot(d, s);
            }
        }
    }
}

// With the lock. False when all that are open were in use for seconds.
static bool
make_room(struct districts *d)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ROOM_SECONDS;
    while (d->open >= d->most) {
        struct slot *s = longest_idle(d);
        if (s != NULL) {
            close_slot(d, s);
        } else if (pthread_cond_timedwait(&d->changed, &d->lock, &until) != 0) {
            return false;
        }
    }
    d->open++;
    return true;
}

static struct app *
open_app(struct districts *d, const char *name)
{
    char dir[4096];
    const char *why = "?";
    snprintf(dir, sizeof dir, "%s/%s", d->dir, name);
    struct arena *a = arena_new(64 * 1024);
    const struct app_options o = {
        .program = d->program, .data = dir, .db = district_url(a, dir, NULL)};
    struct app *app = app_open(&o, d->program->modules, &why);
    if (app == NULL) {
        log_error("district %s: %s", name, why);
    } else {
        app->server = d->server;
    }
    arena_free(a);
    return app;
}

// With the lock; true when it is open. Others who want it wait for s->state.
static bool
open_slot(struct slot *s)
{
    struct districts *d = s->all;
    const struct place *p = registry_find(d->registry, s->name);
    s->state = SLOT_OPENING;
    bool room = p != NULL && !p->suspended && make_room(d);
    struct app *app = NULL;
    if (room) {
        pthread_mutex_unlock(&d->lock);
        app = open_app(d, s->name);
        pthread_mutex_lock(&d->lock);
        d->open -= app == NULL;
    }
    s->app = app;
    s->state = app == NULL ? SLOT_CLOSED : SLOT_OPEN;
    s->used_at = time_now();
    pthread_cond_broadcast(&d->changed);
    return app != NULL;
}

// ---- requests --------------------------------------------------------------------------

// What a request has in hand until its arena is emptied.
struct hand {
    struct slot *slot; // NULL: nothing yet
};

static void
give_back(void *arg)
{
    struct slot *s = ((struct hand *)arg)->slot;
    if (s == NULL) {
        return;
    }
    pthread_mutex_lock(&s->all->lock);
    s->users--;
    s->used_at = time_now();
    if (s->stale && is_idle(s)) {
        close_slot(s->all, s);
    } else if (s->users == 0) {
        pthread_cond_broadcast(&s->all->changed); // somebody may wait for its room
    }
    pthread_mutex_unlock(&s->all->lock);
}

// On a worker: opens the district and lets all who wait for it begin.
static void
open_for_waiters(void *arg)
{
    struct slot *s = arg;
    struct districts *d = s->all;
    pthread_mutex_lock(&d->lock);
    while (s->state == SLOT_CLOSING || s->state == SLOT_OPENING) {
        pthread_cond_wait(&d->changed, &d->lock);
    }
    bool ok = s->state == SLOT_OPEN || open_slot(s);
    struct waiter *waiting = s->waiting;
    s->waiting = NULL;
    pthread_mutex_unlock(&d->lock);
    while (waiting != NULL) {
        struct waiter *w = waiting;
        waiting = w->next; // w is the request's, and gone after the next line
        w->failed = !ok;
        http_restart(w->req);
    }
}

enum taken { TAKEN, TAKEN_LATER, TAKEN_NOT };

// Suspends the request until its district is open.
static void
wait_for(struct slot *s, struct waiter *w)
{
    struct districts *d = s->all;
    http_suspend(w->req);
    pthread_mutex_lock(&d->lock);
    bool first = s->waiting == NULL;
    w->next = s->waiting;
    s->waiting = w;
    pthread_mutex_unlock(&d->lock);
    if (first && !program_work(d->program, open_for_waiters, s)) {
        open_for_waiters(s); // all workers are busy: this thread does it
    }
}

// The district's app for this request, now or, once it is open, later.
static enum taken
take(struct districts *d, struct http_req *r, const char *name, struct app **app)
{
    const struct waiter *waited = r->user;
    struct waiter *w = ARENA_NEW(r->arena, struct waiter); // before the lock, as ever
    struct hand *hand = ARENA_NEW(r->arena, struct hand);
    if (waited != NULL && waited->failed) {
        return TAKEN_NOT;
    }
    arena_defer(r->arena, give_back, hand);
    pthread_mutex_lock(&d->lock);
    struct slot *s = slot_of(d, name);
    bool stale = s == NULL || s->stale;
    bool open = s != NULL && !stale && s->state == SLOT_OPEN;
    if (open) {
        s->users++;
        hand->slot = s;
        *app = s->app;
    }
    pthread_mutex_unlock(&d->lock);
    if (open || stale) {
        r->user = NULL;
        return open ? TAKEN : TAKEN_NOT;
    }
    *w = (struct waiter){.slot = s, .req = r};
    r->user = w;
    wait_for(s, w);
    return TAKEN_LATER;
}

// ---- answers outside of all districts --------------------------------------------------

static struct value *
district_links(struct districts *d, struct arena *a)
{
    struct value *items = value_list(a);
    struct arena *own = arena_new(REGISTRY_ARENA);
    const char *why = NULL;
    const struct registry *r = registry_read(own, d->dir, &why);
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        const struct place *p = &r->places[i];
        struct value *m = value_map(a);
        if (p->suspended) {
            continue;
        }
        value_set_text(a, m, "url", arena_printf(a, "/d/%s/", p->name));
        value_set_text(a, m, "label", arena_strdup(a, p->title));
        value_push(a, items, m);
    }
    arena_free(own);
    return items;
}

static void
answer_page(struct districts *d, struct http_req *r, struct http_resp *resp, int status,
            const char *title)
{
    struct ctx c = {.arena = r->arena,
                    .req = r,
                    .resp = resp,
                    .actor = &ACTOR_NOBODY,
                    .page = value_map(r->arena),
                    .lang = language_from_header(http_header(r, "accept-language"))};
    struct value *items =
        strcmp(r->path, "/") == 0 ? district_links(d, r->arena) : value_list(r->arena);
    struct buf b;
    buf_init(&b, r->arena, 4096, PAGE_MAX);
    respond_headers(&c);
    value_set_text(r->arena, c.page, "title", tr(c.lang, title));
    value_set_text(r->arena, c.page, "detail", NULL);
    value_set_bool(r->arena, c.page, "some", value_count(items) > 0);
    value_set(r->arena, c.page, "items", items);
    resp->status = page_render_plain(d->program, &c, "districts", &b) ? status : 500;
    resp->type = "text/html; charset=utf-8";
    resp->body = buf_str(&b);
    resp->size = b.n;
    if (status == 503) {
        http_set(r, resp, "Retry-After", "5");
    }
}

static void
answer_text(struct http_req *r, struct http_resp *resp, const char *type, const char *text)
{
    http_set(r, resp, "Cache-Control", "no-store");
    resp->status = 200;
    resp->type = type;
    resp->body = text;
    resp->size = strlen(text);
}

static const char *
metrics(struct districts *d, struct arena *a)
{
    struct http_stats s = {0};
    struct buf b;
    buf_init(&b, a, 1024, PAGE_MAX);
    pthread_mutex_lock(&d->lock);
    size_t known = d->registry->count;
    unsigned open = d->open;
    pthread_mutex_unlock(&d->lock);
    if (d->server != NULL) {
        http_stats(d->server, &s);
    }
    buf_printf(&b, "# TYPE huiqiao_districts gauge\nhuiqiao_districts %zu\n", known);
    buf_printf(&b, "# TYPE huiqiao_districts_open gauge\nhuiqiao_districts_open %u\n", open);
    buf_printf(&b, "# TYPE huiqiao_requests_total counter\nhuiqiao_requests_total %llu\n",
               (unsigned long long)s.requests);
    buf_printf(&b, "# TYPE huiqiao_connections gauge\nhuiqiao_connections %llu\n",
               (unsigned long long)s.connections);
    buf_printf(&b, "# TYPE huiqiao_uptime_seconds gauge\nhuiqiao_uptime_seconds %lld\n",
               (long long)((time_now() - d->started) / 1000));
    return buf_str(&b);
}

static void
serve_nobody(struct districts *d, struct http_req *r, struct http_resp *resp)
{
    if (r->method != HTTP_GET) {
        answer_page(d, r, resp, 404, T("这里没有这个区的系统"));
    } else if (strcmp(r->path, "/readyz") == 0 && atomic_load(&d->program->draining)) {
        answer_page(d, r, resp, 503, T("系统暂时打不开，请稍后再试"));
    } else if (strcmp(r->path, "/healthz") == 0 || strcmp(r->path, "/readyz") == 0) {
        answer_text(r, resp, "text/plain; charset=utf-8", "ok\n");
    } else if (strcmp(r->path, "/metrics") == 0) {
        answer_text(r, resp, "text/plain; version=0.0.4", metrics(d, r->arena));
    } else if (strcmp(r->path, "/") == 0) {
        answer_page(d, r, resp, 200, T("请选择您所在的区"));
    } else {
        answer_page(d, r, resp, 404, T("这里没有这个区的系统"));
    }
}

// ---- the application -------------------------------------------------------------------

static size_t
limit(void *arg, struct arena *a, enum http_method m, const char *path)
{
    const struct districts *d = arg;
    const struct app any = {.router = d->program->router, .api_router = d->program->api_router};
    const char *rest = text_starts(path, "/d/") ? strchr(path + 3, '/') : path;
    return gate_limit((void *)&any, a, m, rest == NULL ? "/" : rest);
}

static bool
serve(void *arg, struct http_req *r, struct http_resp *resp)
{
    struct districts *d = arg;
    struct target t = {.path = r->path};
    struct app *app = NULL;
    struct waiter *waited = r->user;
    if (gate_asset(r, resp)) {
        return true;
    }
    if (waited != NULL) { // its path was taken apart before
        t.name = waited->slot->name;
        t.base = r->base;
    } else if (!find_target(d, r, &t)) {
        serve_nobody(d, r, resp);
        return true;
    }
    if (t.suspended) {
        answer_page(d, r, resp, 503, T("本区系统暂停服务，请联系工商联"));
        return true;
    }
    r->path = t.path;
    r->base = t.base;
    switch (take(d, r, t.name, &app)) {
    case TAKEN:
        return gate_serve(app, r, resp);
    case TAKEN_LATER:
        return false;
    case TAKEN_NOT:
        break;
    }
    answer_page(d, r, resp, 503, T("系统暂时打不开，请稍后再试"));
    return true;
}

struct http_app
districts_http(struct districts *d)
{
    return (struct http_app){.arg = d, .limit = limit, .serve = serve, .resumed = gate_resumed};
}

void
districts_drain(struct districts *d)
{
    program_drain(d->program);
}

void
districts_server(struct districts *d, struct http_server *s)
{
    d->server = s;
}

// ---- jobs ------------------------------------------------------------------------------

// With the lock: opens it if need be and takes it in hand. NULL when it cannot be.
static struct app *
hold(struct slot *s)
{
    struct districts *d = s->all;
    while (s->state == SLOT_OPENING || s->state == SLOT_CLOSING) {
        pthread_cond_wait(&d->changed, &d->lock);
    }
    if (s->state == SLOT_CLOSED && !open_slot(s)) {
        return NULL;
    }
    s->users++;
    return s->app;
}

static void
take_turn(struct districts *d, struct slot *s, void (*work)(struct app *app))
{
    int64_t used_at = s->used_at;
    s->turn_at = time_now();
    struct app *app = hold(s);
    if (app == NULL) {
        return;
    }
    pthread_mutex_unlock(&d->lock);
    work(app);
    pthread_mutex_lock(&d->lock);
    s->users--;
    s->used_at = used_at; // nobody has asked for it
}

void
districts_each(struct districts *d, void (*work)(struct app *app))
{
    pthread_mutex_lock(&d->lock);
    read_again(d);
    size_t budget = d->registry->count / (TURN_EVERY / TIME_MINUTE) + 1;
    int64_t now = time_now();
    // Names, because the registry may be read again in between.
    struct arena *a = arena_new(REGISTRY_ARENA);
    size_t n = d->registry->count;
    const char **names = ARENA_ARRAY(a, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        names[i] = d->registry->places[i].suspended
                       ? NULL
                       : arena_strdup(a, d->registry->places[i].name);
    }
    for (size_t i = 0; i < n; i++) {
        struct slot *s = names[i] == NULL ? NULL : slot_of(d, names[i]);
        bool closed = s != NULL && s->state == SLOT_CLOSED;
        bool due = closed && budget > 0 && now - s->turn_at >= TURN_EVERY;
        budget -= due;
        if (s != NULL && (!closed || due)) {
            take_turn(d, s, work);
        }
    }
    pthread_mutex_unlock(&d->lock);
    arena_free(a);
}

// ---- life ------------------------------------------------------------------------------

struct districts *
districts_open(struct arena *a, const char *dir, unsigned most,
               const struct module *const *modules, const char **why)
{
    struct districts *d = ARENA_NEW(a, struct districts);
    *d = (struct districts){.dir = dir, .most = most, .started = time_now()};
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    d->arena = arena_new(REGISTRY_ARENA);
    struct stat st = {0};
    if (stat(dir, &st) != 0) {
        *why = arena_printf(a, "%s: %s", dir, strerror(errno));
        return NULL;
    }
    d->registry = registry_read(d->arena, dir, why);
    if (d->registry == NULL) {
        return NULL;
    }
    d->program = program_open(modules, dir, why);
    return d->program == NULL ? NULL : d;
}

void
districts_close(struct districts *d)
{
    program_stop(d->program);
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        for (struct slot *s = d->buckets[i], *next; s != NULL; s = next) {
            next = s->next;
            if (s->state == SLOT_OPEN) {
                close_slot(d, s);
            }
            free(s);
        }
    }
    pthread_mutex_unlock(&d->lock);
    program_free(d->program);
    arena_free(d->arena);
}
