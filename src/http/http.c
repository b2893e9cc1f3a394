// SPDX-License-Identifier: Apache-2.0
// Starts and stops the server: the library's options, the limits and their defaults, the
// orderly end.
#include "http/http.h"

#include "base/log.h"
#include "http/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    CONNECTIONS_DEFAULT = 10000,
    PER_IP_PUBLIC = 256,
    REPLY_MS = 30000,
    DOOR_MS = 500,      // for connections that were made but not taken yet
    FILES_BESIDE = 256, // descriptors of the server itself that are no connections
};

static unsigned
or_default(unsigned v, unsigned otherwise)
{
    return v == 0 ? otherwise : v;
}

// As many connections as the process may have descriptors, after asking for more; `others` of
// them are for whoever started the server.
static unsigned
allow_files(unsigned connections, unsigned others)
{
    struct rlimit l;
    rlim_t beside = (rlim_t)FILES_BESIDE + others;
    rlim_t want = (rlim_t)connections + connections / 10 + beside;
    if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= want) {
        return connections;
    }
    l.rlim_cur = l.rlim_max == RLIM_INFINITY || l.rlim_max >= want ? want : l.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &l) != 0 || getrlimit(RLIMIT_NOFILE, &l) != 0 ||
        l.rlim_cur >= want) {
        return connections;
    }
    unsigned fewer =
        l.rlim_cur > beside + FILES_BESIDE ? (unsigned)(l.rlim_cur - beside) : FILES_BESIDE;
    log_warn("only %u connections of %u: raise the limit of open files", fewer, connections);
    return fewer;
}

static struct conn_limits
limits_of(const struct http_options *o, bool loopback)
{
    unsigned per_ip = loopback ? 0 : PER_IP_PUBLIC;
    return (struct conn_limits){
        .header_ms = (int64_t)or_default(o->header_seconds, 10) * 1000,
        .idle_ms = (int64_t)or_default(o->idle_seconds, 60) * 1000,
        .grace_ms = (int64_t)or_default(o->grace_seconds, 5) * 1000,
        .reply_ms = REPLY_MS,
        .min_rate = or_default(o->min_body_rate, 500),
        .max = allow_files(or_default(o->max_connections, CONNECTIONS_DEFAULT), o->files),
        .per_ip = or_default(o->per_ip, per_ip),
    };
}

// ---- the library's callbacks about connections -------------------------------------------

static enum MHD_Result
accept_policy(void *server, const struct sockaddr *sa, socklen_t size)
{
    struct http_server *s = server;
    return conn_welcome(&s->conns, size == 0 ? NULL : sa) ? MHD_YES : MHD_NO;
}

static void
connection_event(void *server, struct MHD_Connection *mhd, void **context,
                 enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = server;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*context != NULL) {
            conn_close(&s->conns, *context);
            *context = NULL;
        }
        return;
    }
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *peer =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    bool local = s->listener.local || peer == NULL;
    *context = fd == NULL ? NULL
                          : conn_open(&s->conns, mhd, fd->connect_fd,
                                      local ? NULL : peer->client_addr);
}

// The guard decodes; the library's own decoding, which stops at %00, is switched off.
static size_t
leave_escapes(void *arg, struct MHD_Connection *mhd, char *s)
{
    return strlen(s);
}

// ---- start -------------------------------------------------------------------------------

static bool
start_daemon(struct http_server *s, unsigned threads)
{
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (threads < 2) {
        pool[0].option = MHD_OPTION_END;
    }
    unsigned most = s->conns.limits.max + s->conns.limits.max / 10 + 16; // with the reserve
    // clang-format off
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME,
        0, accept_policy, s, exchange_step, s,
        MHD_OPTION_LISTEN_SOCKET, s->listener.fd,
        MHD_OPTION_ARRAY, pool,
        MHD_OPTION_CONNECTION_LIMIT, most,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)EXCHANGE_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escapes, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, exchange_end, s,
        MHD_OPTION_NOTIFY_CONNECTION, connection_event, s,
        MHD_OPTION_END);
    // clang-format on
    return s->daemon != NULL;
}

static unsigned
cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
}

static struct http_server *
give_up(struct http_server *s, const char **why, const char *reason)
{
    *why = reason;
    if (s->listener.fd >= 0) {
        close(s->listener.fd);
        listen_forget(&s->listener);
    }
    free(s);
    return NULL;
}

struct http_server *
http_start(struct arena *a, const struct http_options *o, const struct http_app *app,
           const char **why)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        *why = "out of memory";
        return NULL;
    }
    s->app = *app;
    s->arena_max = o->arena_max == 0 ? (size_t)64 << 20 : o->arena_max;
    s->listener.fd = -1;
    pthread_mutex_init(&s->pool_lock, NULL);
    if (!listen_open(a, o->listen, o->public_ok, &s->listener, why)) {
        return give_up(s, why, *why);
    }
    struct conn_limits limits = limits_of(o, s->listener.loopback);
    if (!conn_set_init(&s->conns, &limits, o->trusted_edge, s->listener.local)) {
        return give_up(s, why, "the trusted edge must be a list of numeric addresses");
    }
    if (!conn_set_start(&s->conns)) {
        return give_up(s, why, "no thread for the watchdog");
    }
    if (!start_daemon(s, or_default(o->threads, cores()))) {
        conn_set_stop(&s->conns);
        return give_up(s, why, "the HTTP library did not start");
    }
    return s;
}

int
http_port(const struct http_server *s)
{
    return s->listener.port;
}

// ---- stop --------------------------------------------------------------------------------

// Waits until the counter is zero or the time is over; true when it is zero.
static bool
wait_for_zero(const _Atomic uint64_t *counter, int64_t until)
{
    while (atomic_load(counter) > 0) {
        if (conn_now() >= until) {
            return false;
        }
        usleep(5000);
    }
    return true;
}

// Nobody new comes in, and nobody who stood at the door is sent away.
static void
close_door(struct http_server *s)
{
    int64_t until = conn_now() + DOOR_MS;
    listen_refuse(&s->listener);
    while (listen_has_guests(&s->listener) && conn_now() < until) {
        usleep(1000);
    }
    // The descriptor stays open until the library's threads have ended: they may still name it.
    MHD_quiesce_daemon(s->daemon);
    shutdown(s->listener.fd, SHUT_RDWR);
}

// Until all that was asked is answered, and nobody is about to ask.
static void
finish_requests(struct http_server *s, int64_t until)
{
    while (conn_set_close_idle(&s->conns) + atomic_load(&s->active) > 0 && conn_now() < until) {
        usleep(5000);
    }
}

void
http_drain(struct http_server *s)
{
    atomic_store(&s->stopping, true);
}

void
http_stop(struct http_server *s, unsigned seconds)
{
    if (s == NULL) {
        return;
    }
    http_drain(s);
    close_door(s);
    finish_requests(s, conn_now() + (int64_t)seconds * 1000);
    atomic_store(&s->closed, true);
    if (!wait_for_zero(&s->in_app, conn_now() + 1000)) {
        // The library cannot end while connections are suspended, and what the application
        // still works on must not be freed: the process is about to end anyway.
        log_error("stopped with requests still in the application");
        return;
    }
    MHD_stop_daemon(s->daemon);
    close(s->listener.fd);
    conn_set_stop(&s->conns);
    exchange_pool_free(s);
    pthread_mutex_destroy(&s->pool_lock);
    free(s);
}

static void
copy_took(const struct took *t, struct http_took *out)
{
    for (size_t i = 0; i <= HTTP_TOOK; i++) {
        out->took[i] = atomic_load(&t->took[i]);
    }
    out->sum_us = atomic_load(&t->sum_us);
}

void
http_stats(const struct http_server *s, struct http_stats *out)
{
    *out = (struct http_stats){
        .requests = atomic_load(&s->requests),
        .refused = atomic_load(&s->refused),
        .slow_closed = atomic_load(&s->conns.slow_closed),
        .connections = atomic_load(&s->conns.open),
    };
    for (size_t i = 0; i < sizeof s->status / sizeof *s->status; i++) {
        out->status[i] = atomic_load(&s->status[i]);
    }
    copy_took(&s->reads, &out->reads);
    copy_took(&s->writes, &out->writes);
}
