// SPDX-License-Identifier: Apache-2.0
// huiqiao serve: the server, until somebody asks it to stop.
#include "cmd/cmd.h"

#include "base/log.h"
#include "http/http.h"
#include "kit/import_run.h"
#include "kit/parser.h"
#include "kit/record_merge.h"
#include "kit/sandbox.h"
#include "kit/search.h"
#include "kit/session.h"
#include "mod/demand/demand.h"
#include "mod/dues/dues.h"
#include "mod/membership/membership.h"
#include "mod/post/post.h"
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

enum { TICK_SECONDS = 60, STOP_SECONDS = 10, TICK_ARENA_MAX = 64 * 1024 * 1024 };
enum { DUPLICATES_AT_ONCE = 300, DUPLICATES_TURNS = 60 };
enum { ADMITTED_AT_ONCE = 100, REMINDED_AT_ONCE = 100 };
enum { MERGE_PAGES = 500 }; // a few dozen milliseconds of the writer

struct serving {
    const char *data, *db;
    struct http_options http;
    bool network, no_sandbox; // network: the database is reached by it
    struct arena *arena;
};

static enum err
close_unconfirmed(struct ctx *c, void *arg)
{
    int64_t *closed = arg;
    *closed = demand_auto_close(c);
    return db_tx_err(c->tx);
}

static enum err
tell_reviews(struct ctx *c, void *arg)
{
    (void)arg;
    demand_tell_reviews(c);
    return db_tx_err(c->tx);
}

static enum err
keep_sessions(struct ctx *c, void *arg)
{
    (void)arg;
    session_flush(c);
    return db_tx_err(c->tx);
}

static enum err
admit_members(struct ctx *c, void *arg)
{
    (void)arg;
    membership_admit_due(c, ADMITTED_AT_ONCE);
    return db_tx_err(c->tx);
}

// Whatever kinds of record look for duplicates, some of the new and changed ones of each.
static enum err
find_duplicates(struct ctx *c, void *arg)
{
    unsigned *found = arg;
    *found = 0; // may run again
    for (const struct module *const *m = c->app->modules; *m != NULL; m++) {
        const struct record_kind *const *k = (*m)->kinds;
        for (; k != NULL && *k != NULL; k++) {
            *found += (*k)->duplicates == NULL
                          ? 0
                          : record_duplicates_scan(c, *k, DUPLICATES_AT_ONCE);
        }
    }
    return db_tx_err(c->tx);
}

// In small writes, so that nobody waits long for the writing thread.
static void
compare_records(struct district *d, struct arena *a)
{
    unsigned found = 1;
    for (int i = 0; found > 0 && i < DUPLICATES_TURNS; i++) {
        found = 0;
        if (cmd_write(d, a, find_duplicates, &found) != ERR_OK) {
            log_warn("cannot look for duplicates");
            return;
        }
        arena_reset(a);
    }
}

static enum err
forget_merges(struct ctx *c, void *arg)
{
    (void)arg;
    record_merge_forget(c);
    return db_tx_err(c->tx);
}

static enum err
remind_terms(struct ctx *c, void *arg)
{
    (void)arg;
    post_remind(c, REMINDED_AT_ONCE);
    return db_tx_err(c->tx);
}

// Rows of imports that were over long ago; once an hour is enough.
static enum err
forget_sheets(struct ctx *c, void *arg)
{
    static unsigned minutes;
    (void)arg;
    if (minutes++ % 60 == 0) {
        import_tidy(c);
    }
    return db_tx_err(c->tx);
}

static enum err
remind_of_dues(struct ctx *c, void *arg)
{
    (void)arg;
    dues_remind_due(c, REMINDED_AT_ONCE);
    return db_tx_err(c->tx);
}

static enum err
tidy_search(struct ctx *c, void *arg)
{
    (void)arg;
    search_tidy(c->tx, MERGE_PAGES);
    return db_tx_err(c->tx);
}

// What has to happen without anybody asking for it. One thread, so that jobs never overlap.
static void
tick(struct district *d, struct arena *a)
{
    int64_t closed = 0;
    if (cmd_write(d, a, keep_sessions, NULL) != ERR_OK) {
        log_warn("cannot write down when sessions were last seen");
    }
    arena_reset(a);
    enum err e = cmd_write(d, a, close_unconfirmed, &closed);
    if (e != ERR_OK) {
        log_warn("minute job failed: %s", err_info(e)->code);
    } else if (closed > 0) {
        log_info("closed %lld demands that nobody confirmed", (long long)closed);
    }
    arena_reset(a);
    if ((e = cmd_write(d, a, tell_reviews, NULL)) != ERR_OK) {
        log_warn("cannot tell of reviews: %s", err_info(e)->code);
    }
    if ((e = cmd_write(d, a, admit_members, NULL)) != ERR_OK) {
        log_warn("cannot admit members after publicity: %s", err_info(e)->code);
    }
    if ((e = cmd_write(d, a, remind_terms, NULL)) != ERR_OK) {
        log_warn("cannot remind of terms that end: %s", err_info(e)->code);
    }
    arena_reset(a);
    if ((e = cmd_write(d, a, remind_of_dues, NULL)) != ERR_OK) {
        log_warn("cannot remind of dues: %s", err_info(e)->code);
    }
    arena_reset(a);
    cmd_write(d, a, forget_sheets, NULL);
    arena_reset(a);
    import_kick(d->app); // what a restart has stopped
    cmd_write(d, a, tidy_search, NULL);
    arena_reset(a);
    cmd_write(d, a, forget_merges, NULL);
    arena_reset(a);
    compare_records(d, a);
}

// Waits for a signal to stop, with a tick a minute.
static int
run_until_stopped(struct district *d, const sigset_t *stop)
{
    struct arena *a = arena_new(TICK_ARENA_MAX);
    const struct timespec minute = {.tv_sec = TICK_SECONDS};
    int sig;
    search_sound(a, "会桥"); // opens ICU's rules, so that nobody's search waits for that
    tick(d, a);
    while ((sig = sigtimedwait(stop, NULL, &minute)) < 0) {
        if (errno == EAGAIN) {
            tick(d, a);
        }
    }
    arena_free(a);
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
    const char *dirs[5] = {v->data, tmp == NULL ? "/tmp" : tmp};
    size_t n = 2;
    if (v->db != NULL && !v->network) {
        dirs[n++] = directory_of(v->arena, v->db);
    }
    if (is_unix(v->http.listen)) {
        dirs[n++] = directory_of(v->arena, v->http.listen + 5);
    }
    if (v->network) {
        db_client_files(v->arena, v->db, files, FILES_MOST);
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

static int
serve(struct district *d, const struct serving *v, const sigset_t *stop)
{
    const struct http_options *o = &v->http;
    struct http_app app = app_http(d->app);
    const char *why = "?";
    struct http_server *s = http_start(d->arena, o, &app, &why);
    if (s == NULL) {
        return cmd_fail("cannot listen on %s: %s", o->listen, why);
    }
    d->app->server = s;
    if (!v->no_sandbox) {
        say_sandbox("system calls", sandbox_calls(v->network));
    }
    say_ready(s, o->listen);
    int sig = run_until_stopped(d, stop);
    log_info("stopping: %s", strsignal(sig));
    http_stop(s, STOP_SECONDS);
    return CMD_OK;
}

int
cmd_serve(int argc, char **argv)
{
    struct serving v = {.http = {.listen = "127.0.0.1:8080"}};
    const struct cmd_option options[] = {{"data", &v.data, NULL, NULL},
                                         {"db", &v.db, NULL, NULL},
                                         {"listen", &v.http.listen, NULL, NULL},
                                         {"edge", &v.http.trusted_edge, NULL, NULL},
                                         {"public", NULL, NULL, &v.http.public_ok},
                                         {"no-sandbox", NULL, NULL, &v.no_sandbox},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    v.arena = arena_new(64 * 1024);
    v.db = v.data == NULL ? v.db : district_url(v.arena, v.data, v.db);
    v.network = db_is_network(v.db);
    if (!sandbox_harden()) {
        log_warn("cannot give up rights: %s", strerror(errno));
    }
    if (!parser_start()) { // while it may still start processes
        log_warn("no table can be read: %s", strerror(errno));
    }
    keep_memory();
    rules_register();
    // Blocked before any thread starts, so that only sigtimedwait sees them.
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (v.no_sandbox) {
        log_warn("running without the sandbox: --no-sandbox");
    } else if (v.data != NULL) {
        give_up_files(&v);
    }
    struct district d;
    int code = CMD_FAILED;
    if (district_open(&d, v.data, v.db)) {
        code = serve(&d, &v, &stop);
        district_close(&d);
    }
    arena_free(v.arena);
    return code;
}
