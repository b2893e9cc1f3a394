// SPDX-License-Identifier: Apache-2.0
// huiqiao serve: the server, until somebody asks it to stop.
#include "cmd/cmd.h"

#include "base/log.h"
#include "http/http.h"
#include "kit/session.h"
#include "mod/demand/demand.h"
#include "mod/rules.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { TICK_SECONDS = 60, STOP_SECONDS = 10, TICK_ARENA_MAX = 64 * 1024 * 1024 };

static enum err
close_unconfirmed(struct ctx *c, void *arg)
{
    int64_t *closed = arg;
    *closed = demand_auto_close(c);
    return db_tx_err(c->tx);
}

static enum err
keep_sessions(struct ctx *c, void *arg)
{
    (void)arg;
    session_flush(c);
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
}

// Waits for a signal to stop, with a tick a minute.
static int
run_until_stopped(struct district *d, const sigset_t *stop)
{
    struct arena *a = arena_new(TICK_ARENA_MAX);
    const struct timespec minute = {.tv_sec = TICK_SECONDS};
    int sig;
    tick(d, a);
    while ((sig = sigtimedwait(stop, NULL, &minute)) < 0) {
        if (errno == EAGAIN) {
            tick(d, a);
        }
    }
    arena_free(a);
    return sig;
}

// A core file or a debugger would show the secret; a child could gain rights by setuid files.
static void
harden(void)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        log_warn("cannot give up rights: %s", strerror(errno));
    }
}

static void
say_ready(const struct http_server *s, const char *listen)
{
    const char *colon = strrchr(listen, ':');
    if (strncmp(listen, "unix:", 5) == 0 || colon == NULL) {
        printf("listening on %s\n", listen);
    } else {
        printf("listening on http://%.*s:%d\n", (int)(colon - listen), listen, http_port(s));
    }
    fflush(stdout);
}

static int
serve(struct district *d, const struct http_options *o, const sigset_t *stop)
{
    struct http_app app = app_http(d->app);
    const char *why = "?";
    struct http_server *s = http_start(d->arena, o, &app, &why);
    if (s == NULL) {
        return cmd_fail("cannot listen on %s: %s", o->listen, why);
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
    const char *data = NULL;
    const char *db = NULL;
    struct http_options o = {.listen = "127.0.0.1:8080"};
    const struct cmd_option options[] = {
        {"data", &data, NULL, NULL},          {"db", &db, NULL, NULL},
        {"listen", &o.listen, NULL, NULL},    {"edge", &o.trusted_edge, NULL, NULL},
        {"public", NULL, NULL, &o.public_ok}, {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    harden();
    rules_register();
    // Blocked before any thread starts, so that only sigtimedwait sees them.
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    int code = serve(&d, &o, &stop);
    district_close(&d);
    return code;
}
