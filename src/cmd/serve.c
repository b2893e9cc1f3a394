// SPDX-License-Identifier: Apache-2.0
// huiqiao serve: the server, until somebody asks it to stop.
#include "cmd/cmd.h"

#include "app.h"
#include "base/log.h"
#include "cmd/districts.h"
#include "http/http.h"
#include "kit/import_run.h"
#include "kit/parser.h"
#include "kit/sandbox.h"
#include "kit/search.h"
#include "mod/rules.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    TICK_SECONDS = 60,
    LOOK_SECONDS = 10,
    STOP_SECONDS = 10,
    DRAIN_SECONDS = 3,
    DRAIN_MOST = 600,
    OPEN_MOST = 1000, // 0.9 MB each, most of it what SQLite knows of the schema
    OPEN_EVER = 100000,
    FILES_OF_ONE = 8, // a district has open
};

struct serving {
    const char *data, *db;
    const char *districts; // directory of many, in place of data
    int64_t open;          // of them, most at once
    int64_t drain;         // seconds between "not ready" and the end
    struct http_options http;
    bool network, no_sandbox; // network: the database is reached by it
    struct arena *arena;
};

// What is served: one district, or many.
struct served {
    struct district one;
    struct districts *many; // NULL: one
};

static void
tick(const struct served *s)
{
    if (s->many == NULL) {
        cmd_minute(s->one.app);
    } else {
        districts_each(s->many, cmd_minute);
    }
}

// An import whose server has died is taken over soon; the rest of a minute's work can wait.
static void
look(const struct served *s)
{
    if (s->many == NULL && db_reads_wait(s->one.app->db)) {
        import_kick(s->one.app);
    }
}

// Waits for a signal to stop, with a tick a minute; one thread, so that jobs never overlap.
static int
run_until_stopped(const struct served *s, const sigset_t *stop)
{
    const struct timespec pause = {.tv_sec = LOOK_SECONDS};
    int sig, seconds = 0;
    struct arena *a = arena_new(64 * 1024);
    search_sound(a, "会桥"); // opens ICU's rules, so that nobody's search waits for that
    arena_free(a);
    tick(s);
    while ((sig = sigtimedwait(stop, NULL, &pause)) < 0) {
        if (errno != EAGAIN) {
            continue;
        }
        seconds = (seconds + LOOK_SECONDS) % TICK_SECONDS;
        if (seconds == 0) {
            tick(s);
        } else {
            look(s);
        }
    }
    return sig;
}

// ---- what it gives up --------------------------------------------------------------------

// The directory of a file, for a database or a socket that is not in the data directory.
static const char *
directory_of(struct arena *a, const char *path)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');
    return slash == NULL   ? "."
           : slash == path ? "/"
                           : arena_strndup(a, path, (size_t)(slash - path));
}

static bool
is_unix(const char *listen)
{
    return strncmp(listen, "unix:", 5) == 0;
}

static void
say_sandbox(const char *what, enum sandbox_result r)
{
    if (r == SANDBOX_ON) {
        log_info("sandbox: %s restricted", what);
    } else if (r == SANDBOX_MISSING) {
        log_warn("sandbox: this kernel cannot restrict %s", what);
    } else {
        log_error("sandbox: %s cannot be restricted: %s", what, strerror(errno));
    }
}

// Before any thread: they inherit it.
static void
give_up_files(const struct serving *v)
{
    enum { FILES_MOST = 24 };
    const char *files[FILES_MOST + 1] = {NULL};
    const char *tmp = getenv("TMPDIR");
    const char *dirs[5] = {v->data != NULL ? v->data : v->districts,
                           tmp == NULL ? "/tmp" : tmp};
    size_t n = 2;
    if (v->db != NULL && !v->network) {
        dirs[n++] = directory_of(v->arena, v->db);
    }
    if (is_unix(v->http.listen)) {
        dirs[n++] = directory_of(v->arena, v->http.listen + 5);
    }
    if (v->network) {
        db_client_files(v->arena, v->db != NULL ? v->db : "postgresql://", files, FILES_MOST);
    }
    say_sandbox("files", sandbox_files(dirs, files));
}

// Every request takes and returns some ten to a hundred kilobytes. By default the allocator
// gives them back to the system each time, and fetches them again.
static void
keep_memory(void)
{
    enum { KEPT = 4 * 1024 * 1024 };
    mallopt(M_TRIM_THRESHOLD, KEPT);
    mallopt(M_MMAP_THRESHOLD, KEPT);
}

static void
say_ready(const struct http_server *s, const char *listen)
{
    const char *colon = strrchr(listen, ':');
    if (is_unix(listen) || colon == NULL) {
        printf("listening on %s\n", listen);
    } else {
        printf("listening on http://%.*s:%d\n", (int)(colon - listen), listen, http_port(s));
    }
    fflush(stdout);
}

static bool
open_served(struct served *s, const struct serving *v)
{
    const char *why = "?";
    *s = (struct served){0};
    if (v->districts == NULL) {
        return district_open(&s->one, v->data, v->db);
    }
    s->many = districts_open(v->arena, v->districts, (unsigned)v->open, MODULES, &why);
    if (s->many == NULL) {
        cmd_fail("cannot open the districts in %s: %s", v->districts, why);
    }
    return s->many != NULL;
}

static void
close_served(struct served *s)
{
    if (s->many == NULL) {
        district_close(&s->one);
    } else {
        districts_close(s->many);
    }
}

// Still answers everything, but says that it is about to end, until those who share requests
// out have noticed. For SIGTERM alone: who presses Ctrl-C waits for nobody. A second signal
// ends it.
static void
drain(struct served *d, const struct serving *v, struct http_server *s, const sigset_t *stop)
{
    const struct timespec grace = {.tv_sec = (time_t)v->drain};
    if (v->drain == 0) {
        return;
    }
    log_info("draining: ends in %lld s", (long long)v->drain);
    if (d->many == NULL) {
        program_drain(d->one.app->program);
    } else {
        districts_drain(d->many);
    }
    http_drain(s);
    while (sigtimedwait(stop, NULL, &grace) < 0 && errno == EINTR) {
    }
}

static int
serve(struct served *d, const struct serving *v, const sigset_t *stop)
{
    const struct http_options *o = &v->http;
    struct http_app app = d->many == NULL ? app_http(d->one.app) : districts_http(d->many);
    const char *why = "?";
    struct http_server *s = http_start(v->arena, o, &app, &why);
    if (s == NULL) {
        return cmd_fail("cannot listen on %s: %s", o->listen, why);
    }
    if (d->many == NULL) {
        d->one.app->server = s;
    } else {
        districts_server(d->many, s);
    }
    if (!v->no_sandbox) {
        say_sandbox("system calls", sandbox_calls(v->network));
    }
    say_ready(s, o->listen);
    int sig = run_until_stopped(d, stop);
    if (sig == SIGTERM) {
        drain(d, v, s, stop);
    }
    log_info("stopping: %s", strsignal(sig));
    http_stop(s, STOP_SECONDS);
    return CMD_OK;
}

static bool
read_options(int argc, char **argv, struct serving *v)
{
    const struct cmd_option options[] = {{"data", &v->data, NULL, NULL},
                                         {"db", &v->db, NULL, NULL},
                                         {"districts", &v->districts, NULL, NULL},
                                         {"open", NULL, &v->open, NULL},
                                         {"drain", NULL, &v->drain, NULL},
                                         {"listen", &v->http.listen, NULL, NULL},
                                         {"edge", &v->http.trusted_edge, NULL, NULL},
                                         {"public", NULL, NULL, &v->http.public_ok},
                                         {"no-sandbox", NULL, NULL, &v->no_sandbox},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return false;
    }
    bool many = v->districts != NULL;
    if (many && (v->data != NULL || v->db != NULL || v->open < 1 || v->open > OPEN_EVER)) {
        cmd_fail("--districts DIR stands alone, with --open 1 to 100000");
        return false;
    }
    if (v->drain < 0 || v->drain > DRAIN_MOST) {
        cmd_fail("--drain is 0 to %d seconds", DRAIN_MOST);
        return false;
    }
    v->http.files = many ? (unsigned)v->open * FILES_OF_ONE : 0;
    v->db = many ? NULL : district_url(v->arena, v->data, v->db);
    // Any of many districts may live on another machine.
    v->network = many || db_is_network(v->db);
    return true;
}

static void
block_signals(sigset_t *stop)
{
    // Blocked before any thread starts, so that only sigtimedwait sees them.
    sigemptyset(stop);
    sigaddset(stop, SIGTERM);
    sigaddset(stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, stop, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int
cmd_serve(int argc, char **argv)
{
    struct serving v = {.open = OPEN_MOST,
                        .drain = DRAIN_SECONDS,
                        .http = {.listen = "127.0.0.1:8080"},
                        .arena = arena_new((size_t)64 << 20)};
    if (!read_options(argc, argv, &v)) {
        arena_free(v.arena);
        return CMD_USAGE;
    }
    if (!sandbox_harden()) {
        log_warn("cannot give up rights: %s", strerror(errno));
    }
    if (!parser_start()) { // while it may still start processes
        log_warn("no table can be read: %s", strerror(errno));
    }
    keep_memory();
    rules_register();
    sigset_t stop;
    block_signals(&stop);
    if (v.no_sandbox) {
        log_warn("running without the sandbox: --no-sandbox");
    } else if (v.data != NULL || v.districts != NULL) {
        give_up_files(&v);
    }
    struct served d;
    int code = CMD_FAILED;
    if (open_served(&d, &v)) {
        code = serve(&d, &v, &stop);
        close_served(&d);
    }
    arena_free(v.arena);
    return code;
}
