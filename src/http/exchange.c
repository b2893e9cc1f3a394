// SPDX-License-Identifier: Apache-2.0
// Drives one request through the library's callbacks: line, head, body, application, answer,
// end. The library calls them on the connection's own http thread; another thread touches an
// exchange only between http_suspend and http_resume.
#include "http/exchange.h"

#include "base/log.h"
#include "http/form.h"
#include "http/reply.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

// How much more than allowed is read to the end, so that the client sees the answer instead
// of a reset; and what all bodies under way may hold together.
enum { DRAIN_MAX = 16 << 20, BODY_FIRST = 16 << 10, BODIES_MAX = 512 << 20 };

// ---- the pool ----------------------------------------------------------------------------

static struct exchange *
pool_take(struct http_server *s)
{
    pthread_mutex_lock(&s->pool_lock);
    struct exchange *x = s->pool;
    if (x != NULL) {
        s->pool = x->next;
        s->pooled--;
    }
    pthread_mutex_unlock(&s->pool_lock);
    if (x == NULL && (x = malloc(sizeof *x)) != NULL) {
        x->arena = arena_try_new(s->arena_max);
        if (x->arena == NULL) {
            free(x);
            x = NULL;
        }
    }
    return x;
}

static void
pool_give(struct http_server *s, struct exchange *x)
{
    arena_reset(x->arena);
    pthread_mutex_lock(&s->pool_lock);
    bool keep = s->pooled < EXCHANGES_KEPT;
    if (keep) {
        x->next = s->pool;
        s->pool = x;
        s->pooled++;
    }
    pthread_mutex_unlock(&s->pool_lock);
    if (!keep) {
        arena_free(x->arena);
        free(x);
    }
}

void
exchange_pool_free(struct http_server *s)
{
    while (s->pool != NULL) {
        struct exchange *x = s->pool;
        s->pool = x->next;
        arena_free(x->arena);
        free(x);
    }
}

// A blank exchange; the large header array is left as it is.
static void
exchange_clear(struct exchange *x, struct http_server *s, struct http_conn *c)
{
    struct arena *a = x->arena;
    memset(x, 0, offsetof(struct exchange, headers));
    x->arena = a;
    x->server = s;
    x->conn = c;
    x->req = (struct http_req){.arena = a,
                               .path = "/",
                               .base = "",
                               .query_text = "",
                               .body = "",
                               .peer = c->address,
                               .conn = c};
}

// ---- answering ---------------------------------------------------------------------------

// An answer head the library has no room for would end the connection without a word.
static bool
head_fits(const struct exchange *x)
{
    enum { FIXED = 256, EACH = 4 }; // status line, Date, length; ": " and CRLF
    size_t size = FIXED;
    for (size_t i = 0; i < x->resp.headers.count; i++) {
        const struct http_kv *h = &x->resp.headers.items[i];
        size += strlen(h->name) + (h->value == NULL ? 0 : strlen(h->value)) + EACH;
    }
    return size <= x->room;
}

// The time to send what is ready; of a source that makes more, each piece has its own.
static void
allow_reply(void *arg)
{
    struct exchange *x = arg;
    const struct conn_limits *l = &x->server->conns.limits;
    uint64_t size = x->resp.source == NULL ? x->resp.size : x->resp.source->size;
    int64_t worth = (int64_t)(size / l->min_rate) * 1000;
    conn_enter(x->conn, CONN_REPLY, conn_now() + l->reply_ms + worth);
}

static enum MHD_Result
queue(struct exchange *x, struct MHD_Connection *mhd)
{
    struct http_server *s = x->server;
    bool close = x->close || atomic_load_explicit(&s->stopping, memory_order_relaxed);
    x->stream = (struct reply_stream){.sent = allow_reply, .arg = x};
    struct MHD_Response *m = reply_build(&x->req, &x->resp, close, &x->stream);
    if (m == NULL) {
        return MHD_NO;
    }
    x->phase = EXCHANGE_ANSWERED;
    allow_reply(x);
    enum MHD_Result ok = MHD_queue_response(mhd, (unsigned)x->resp.status, m);
    MHD_destroy_response(m);
    atomic_fetch_add_explicit(&s->status[x->resp.status / 100], 1, memory_order_relaxed);
    log_debug("%s %d", x->req.path, x->resp.status);
    return ok;
}

static void
leave_app(struct exchange *x)
{
    if (x->in_app) {
        x->in_app = false;
        atomic_fetch_sub(&x->server->in_app, 1);
    }
}

static enum MHD_Result
refuse(struct exchange *x, struct MHD_Connection *mhd, int status)
{
    atomic_fetch_add_explicit(&x->server->refused, 1, memory_order_relaxed);
    x->close = true;
    reply_error(&x->req, &x->resp, status);
    return queue(x, mhd);
}

const unsigned HTTP_TOOK_MS[HTTP_TOOK] = {1, 5, 10, 25, 50, 100, 250, 500, 1000};

static int64_t
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
count_time(struct exchange *x)
{
    struct took *t = x->req.method == HTTP_GET ? &x->server->reads : &x->server->writes;
    uint64_t us = (uint64_t)(now_us() - x->begun);
    size_t i = 0;
    while (i < HTTP_TOOK && us > (uint64_t)HTTP_TOOK_MS[i] * 1000) {
        i++;
    }
    atomic_fetch_add_explicit(&t->took[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&t->sum_us, us, memory_order_relaxed);
}

static enum MHD_Result
answer_app(struct exchange *x, struct MHD_Connection *mhd)
{
    count_time(x);
    if (!head_fits(x)) {
        log_error("the head of the answer to %s is too large", x->req.path);
        reply_error(&x->req, &x->resp, 500);
    }
    enum MHD_Result ok = queue(x, mhd);
    leave_app(x);
    return ok;
}

static void
read_form(struct exchange *x)
{
    struct http_req *r = &x->req;
    const char *type = http_header(r, "content-type");
    struct form f;
    if (r->too_large || r->method == HTTP_GET) {
        return;
    }
    r->bad_form = form_parse(x->arena, type, r->body, r->body_size, &f) == FORM_BAD;
    r->form = f.fields;
    r->files = f.files;
    r->file_count = f.file_count;
}

static enum MHD_Result
ask_app(struct exchange *x, struct MHD_Connection *mhd)
{
    struct http_server *s = x->server;
    if (s->app.serve(s->app.arg, &x->req, &x->resp)) {
        return answer_app(x, mhd);
    }
    if (x->phase != EXCHANGE_SUSPENDED) {
        log_error("%s was neither answered nor suspended", x->req.path);
        reply_error(&x->req, &x->resp, 500);
        return answer_app(x, mhd);
    }
    return MHD_YES; // only `phase` is still ours to read
}

static enum MHD_Result
serve(struct exchange *x, struct MHD_Connection *mhd)
{
    struct http_server *s = x->server;
    conn_enter(x->conn, CONN_BUSY, 0);
    if (x->body != NULL && !x->req.too_large) {
        x->body[x->body_size] = '\0';
        x->req.body = x->body;
        x->req.body_size = x->body_size;
    }
    read_form(x);
    x->in_app = true;
    atomic_fetch_add(&s->in_app, 1);
    if (atomic_load(&s->closed)) {
        leave_app(x);
        return refuse(x, mhd, 503);
    }
    return ask_app(x, mhd);
}

void
http_suspend(struct http_req *r)
{
    struct exchange *x = (struct exchange *)r;
    x->phase = EXCHANGE_SUSPENDED;
    atomic_store(&x->resumed, false);
    arena_end(x->arena, x->guard); // from here the arena may be another thread's
    MHD_suspend_connection(x->conn->mhd);
}

// The library marks the connection and wakes its thread; that thread looks at the mark only
// after the callback that suspended has returned, so resuming before that is no race. Once it
// is marked the exchange may be gone, hence the order here.
void
http_resume(struct http_req *r)
{
    struct exchange *x = (struct exchange *)r;
    struct MHD_Connection *mhd = x->conn->mhd;
    atomic_store(&x->resumed, true);
    MHD_resume_connection(mhd);
}

void
http_restart(struct http_req *r)
{
    struct exchange *x = (struct exchange *)r;
    x->again = true;
    http_resume(r);
}

// ---- the body ----------------------------------------------------------------------------

static void
body_reserve(struct exchange *x, size_t need)
{
    if (need <= x->body_cap) {
        return;
    }
    size_t cap = x->body_cap == 0 ? BODY_FIRST : x->body_cap * 2;
    if (x->head.lengths > 0) {
        cap = (size_t)
                  x->head.length; // known: once and exactly, the memory is touched as it fills
    }
    cap = cap > x->limit ? x->limit : cap;
    cap = cap < need ? need : cap;
    char *wider = arena_raw(x->arena, cap + 1);
    if (x->body_size > 0) {
        memcpy(wider, x->body, x->body_size);
    }
    x->body = wider;
    x->body_cap = cap;
}

// False hangs up: more was sent than is worth reading to be polite.
static bool
body_take(struct exchange *x, const char *p, size_t n)
{
    struct http_server *s = x->server;
    atomic_fetch_add_explicit(&x->conn->received, n, memory_order_relaxed);
    if (!x->req.too_large && n > x->limit - x->body_size) {
        x->req.too_large = true;
    }
    if (x->req.too_large || x->refuse != 0) {
        x->dropped += n;
        return x->dropped <= DRAIN_MAX;
    }
    if (atomic_fetch_add(&s->body_bytes, n) + n > BODIES_MAX) {
        atomic_fetch_sub(&s->body_bytes, n);
        x->refuse = 503;
        x->dropped += n;
        return true;
    }
    body_reserve(x, x->body_size + n);
    memcpy(x->body + x->body_size, p, n);
    x->body_size += n;
    return true;
}

// ---- the head ----------------------------------------------------------------------------

static int
judge(struct exchange *x, struct MHD_Connection *mhd, const char *method, const char *version)
{
    int status = x->refuse;
    if (status == 0) {
        status = guard_method(method, &x->req.method, &x->req.head);
    }
    if (status == 0) {
        status = guard_version(version);
    }
    if (status == 0) {
        status = request_read_headers(x, mhd, method, version);
    }
    return status == 0 ? guard_finish(&x->head, version) : status;
}

// The cap of a client behind the edge; without an edge its connections are counted instead.
static bool
client_may(struct exchange *x)
{
    struct conn_set *conns = &x->server->conns;
    if (conns->limits.per_ip == 0 || !x->conn->trusted || x->req.peer != x->client) {
        return true;
    }
    x->capped = conn_client_enter(conns, x->client);
    return x->capped;
}

static enum MHD_Result
take_head(struct exchange *x, struct MHD_Connection *mhd, const char *method,
          const char *version)
{
    struct http_server *s = x->server;
    int status = judge(x, mhd, method, version);
    if (status != 0) {
        return refuse(x, mhd, status);
    }
    if (!client_may(x)) {
        return refuse(x, mhd, 429);
    }
    if (!x->head.chunked && x->head.length == 0) {
        // Not yet: the library takes an answer at this point as a refusal and closes.
        x->phase = EXCHANGE_READY;
        conn_enter(x->conn, CONN_BUSY, 0);
        return MHD_YES;
    }
    x->limit = s->app.limit == NULL
                   ? 0
                   : s->app.limit(s->app.arg, x->arena, x->req.method, x->req.path);
    uint64_t over = x->head.length > x->limit ? x->head.length - x->limit : 0;
    x->req.too_large = over > 0;
    if (over > 0 && (x->head.continues || over > DRAIN_MAX)) {
        x->close = true; // answered instead of reading on
        return serve(x, mhd);
    }
    x->phase = EXCHANGE_BODY;
    conn_enter(x->conn, CONN_BODY, conn_now());
    return MHD_YES;
}

// ---- the callbacks -----------------------------------------------------------------------

static struct http_conn *
conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

void *
exchange_begin(void *server, const char *uri, struct MHD_Connection *mhd)
{
    struct http_server *s = server;
    struct http_conn *c = conn_of(mhd);
    struct exchange *x = c == NULL ? NULL : pool_take(s);
    struct arena_guard g;
    if (x == NULL) {
        return NULL;
    }
    exchange_clear(x, s, c);
    x->begun = now_us();
    atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
    atomic_fetch_add(&s->active, 1);
    atomic_store_explicit(&c->received, 0, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&c->requests, 1, memory_order_relaxed) > 0) {
        conn_enter(c, CONN_HEAD, conn_now() + s->conns.limits.header_ms);
    } // else the deadline has been running since the connection was made
    if (ARENA_TRY(x->arena, &g)) {
        x->head.size = uri == NULL ? 0 : strlen(uri) + sizeof "GET  HTTP/1.1\r\n\r\n";
        x->target = (uintptr_t)uri;
        x->target_end = uri == NULL ? 0 : (uintptr_t)uri + strlen(uri);
        x->refuse = guard_target(x->arena, uri, &x->req.path, &x->req.query_text);
        arena_end(x->arena, &g);
    } else {
        x->refuse = 503;
    }
    return x;
}

static enum MHD_Result
advance(struct exchange *x, struct MHD_Connection *mhd, const char *method, const char *version,
        const char *upload, size_t *upload_size)
{
    switch (x->phase) {
    case EXCHANGE_HEAD:
        return take_head(x, mhd, method, version);
    case EXCHANGE_BODY:
        if (*upload_size > 0) {
            size_t n = *upload_size;
            *upload_size = 0;
            return body_take(x, upload, n) ? MHD_YES : MHD_NO;
        }
        return x->refuse != 0 ? refuse(x, mhd, x->refuse) : serve(x, mhd);
    case EXCHANGE_READY:
        return serve(x, mhd);
    case EXCHANGE_SUSPENDED:
        x->phase = EXCHANGE_READY;
        if (x->again) {
            x->again = false;
            return ask_app(x, mhd);
        }
        x->server->app.resumed(x->server->app.arg, &x->req, &x->resp);
        return answer_app(x, mhd);
    case EXCHANGE_ANSWERED:
        break;
    }
    *upload_size = 0;
    return MHD_YES;
}

// The request's memory is used up: forget everything but the fact, and say so.
static enum MHD_Result
out_of_memory(struct exchange *x, struct MHD_Connection *mhd)
{
    enum exchange_phase phase = x->phase;
    bool capped = x->capped;
    log_error("a request to %s needed more memory than it may have", x->req.path);
    if (phase == EXCHANGE_SUSPENDED) { // the arena is not ours: an error of the application
        abort();
    }
    leave_app(x);
    atomic_fetch_sub(&x->server->body_bytes, x->body_size);
    arena_reset(x->arena);
    exchange_clear(x, x->server, x->conn);
    x->capped = capped;
    if (phase == EXCHANGE_BODY) { // no answer is possible before the body's end
        x->phase = EXCHANGE_BODY;
        x->refuse = 503;
        return MHD_YES;
    }
    return refuse(x, mhd, 503);
}

enum MHD_Result
exchange_step(void *server, struct MHD_Connection *mhd, const char *url, const char *method,
              const char *version, const char *upload, size_t *upload_size, void **state)
{
    struct exchange *x = *state;
    struct arena_guard g;
    if (x == NULL) {
        return MHD_NO;
    }
    if (ARENA_TRY(x->arena, &g)) {
        x->guard = &g;
        enum MHD_Result ok = advance(x, mhd, method, version, upload, upload_size);
        if (x->phase != EXCHANGE_SUSPENDED) {
            arena_end(x->arena, &g);
        }
        return ok;
    }
    *upload_size = 0;
    return out_of_memory(x, mhd);
}

void
exchange_end(void *server, struct MHD_Connection *mhd, void **state,
             enum MHD_RequestTerminationCode why)
{
    struct http_server *s = server;
    struct exchange *x = *state;
    if (x == NULL) {
        return;
    }
    *state = NULL;
    // A client that went away is noticed only after http_resume, so this cannot happen unless
    // the library is stopped by force.
    if (x->phase == EXCHANGE_SUSPENDED && !atomic_load(&x->resumed)) {
        log_error("a connection ended while the application had its request; memory is kept");
        return;
    }
    leave_app(x);
    if (x->capped) {
        conn_client_leave(&s->conns, x->client);
    }
    atomic_fetch_sub(&s->body_bytes, x->body_size);
    conn_enter(x->conn, CONN_IDLE, conn_now() + s->conns.limits.idle_ms);
    pool_give(s, x);
    atomic_fetch_sub(&s->active, 1);
}
