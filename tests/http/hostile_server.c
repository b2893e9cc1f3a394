// SPDX-License-Identifier: Apache-2.0
// The server the hostile set is thrown at: the real http layer under a handler that only
// counts and echoes, so that a test can see what got through. Not part of the product.
#include "http/http.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_LIMIT = 1 << 20, SLOW_MS = 100 };

static _Atomic unsigned long handled, smuggled;
static struct http_server *_Atomic server;

static void
answer(struct http_req *r, struct http_resp *resp, int status, const char *text)
{
    resp->status = status;
    resp->type = "text/plain; charset=utf-8";
    resp->body = text;
    resp->size = strlen(text);
}

static void
answer_stats(struct http_req *r, struct http_resp *resp)
{
    struct http_stats s;
    http_stats(server, &s);
    answer(r, resp, 200,
           arena_printf(r->arena,
                        "{\"handled\":%lu,\"smuggled\":%lu,\"requests\":%lu,\"refused\":%lu,"
                        "\"slow\":%lu,\"connections\":%lu}\n",
                        atomic_load(&handled), atomic_load(&smuggled), s.requests, s.refused,
                        s.slow_closed, s.connections));
    resp->type = "application/json";
}

// Answers from a thread of its own, as the writer and the worker pool do.
static void *
work(void *arg)
{
    struct http_req *r = arg;
    if (r->query.count == 0) {
        nanosleep(&(struct timespec){0, SLOW_MS * 1000000L}, NULL);
    }
    http_resume(r);
    return NULL;
}

static bool
serve_suspended(struct http_req *r)
{
    pthread_t t;
    http_suspend(r);
    if (pthread_create(&t, NULL, work, r) != 0) {
        abort();
    }
    pthread_detach(t);
    return false;
}

static bool
serve(void *arg, struct http_req *r, struct http_resp *resp)
{
    if (strcmp(r->path, "/stats") == 0) {
        answer_stats(r, resp);
        return true;
    }
    atomic_fetch_add_explicit(&handled, 1, memory_order_relaxed);
    if (strcmp(r->path, "/smuggled") == 0) {
        atomic_fetch_add(&smuggled, 1);
    }
    if (strcmp(r->path, "/slow") == 0) {
        return serve_suspended(r);
    }
    if (r->too_large) {
        answer(r, resp, 413, "too large\n");
    } else if (r->bad_form) {
        answer(r, resp, 400, "bad form\n");
    } else if (strcmp(r->path, "/echo") == 0) {
        answer(r, resp, 200,
               arena_printf(r->arena, "body %zu fields %zu files %zu peer %s tls %d\n",
                            r->body_size, r->form.count, r->file_count, r->peer, r->tls));
    } else if (strcmp(r->path, "/split") == 0) {
        answer(r, resp, 200, "never seen\n");
        http_set(r, resp, "Location", "/a\r\nSet-Cookie: stolen=1");
    } else if (strcmp(r->path, "/memory") == 0) {
        arena_alloc(r->arena, (size_t)1 << 40);
    } else if (strcmp(r->path, "/headers") == 0) { // as many as the strictest page has
        answer(r, resp, 200, "hello\n");
        for (int i = 0; i < 12; i++) {
            http_set(r, resp, arena_printf(r->arena, "X-Policy-%d", i),
                     arena_printf(r->arena, "%0120d", i));
        }
    } else if (strcmp(r->path, "/long") == 0) {
        size_t n = (size_t)64 << 10;
        char *text = arena_raw(r->arena, n + 1);
        memset(text, 'x', n);
        text[n] = '\0';
        answer(r, resp, 200, text);
    } else {
        answer(r, resp, 200, "hello\n");
    }
    return true;
}

static void
resumed(void *arg, struct http_req *r, struct http_resp *resp)
{
    answer(r, resp, 200, "slow\n");
}

static size_t
limit(void *arg, struct arena *a, enum http_method m, const char *path)
{
    return BODY_LIMIT;
}

static unsigned
number(const char *name)
{
    const char *s = getenv(name);
    return s == NULL ? 0 : (unsigned)strtoul(s, NULL, 10);
}

// hostile_server LISTEN; limits come from the environment so that tests take seconds.
int
main(int argc, char **argv)
{
    const char *why = "usage: hostile_server LISTEN";
    struct arena *a = arena_new(1 << 20);
    struct http_options o = {
        .listen = argc > 1 ? argv[1] : "127.0.0.1:0",
        .threads = number("THREADS"),
        .max_connections = number("MAX_CONNECTIONS"),
        .per_ip = number("PER_IP"),
        .header_seconds = number("HEADER_SECONDS"),
        .idle_seconds = number("IDLE_SECONDS"),
        .grace_seconds = number("GRACE_SECONDS"),
        .min_body_rate = number("MIN_BODY_RATE"),
        .trusted_edge = getenv("TRUSTED_EDGE"),
    };
    struct http_app app = {.limit = limit, .serve = serve, .resumed = resumed};
    sigset_t stop;
    int sig;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    server = http_start(a, &o, &app, &why);
    if (server == NULL) {
        fprintf(stderr, "%s\n", why);
        arena_free(a);
        return 1;
    }
    printf("port %d\n", http_port(server));
    fflush(stdout);
    sigwait(&stop, &sig);
    http_stop(server, 3);
    arena_free(a);
    return 0;
}
