// SPDX-License-Identifier: Apache-2.0
// One mutex guards the list of connections and the table of addresses. A connection leaves the
// list before the library closes its socket, so a shutdown under the lock cannot hit a number
// that was given to somebody else.
#include "http/conn.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

enum {
    TICK_MS = 250,
    SAMPLE_TICKS = 4,
    RESERVED_FREE_FOR = 8, // an address holding fewer than this may use a reserved slot
    PRESSED_HEADER_MS = 3000,
    PRESSED_IDLE_MS = 5000,
    FRESH_MS = 500, // a connection without a request this young is about to make one
};

struct conn_peer {
    struct conn_peer *next;
    unsigned connections;
    unsigned requests; // under way, of clients behind the edge
    char address[LISTEN_TEXT];
};

int64_t
conn_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
conn_enter(struct http_conn *c, enum conn_phase phase, int64_t time)
{
    atomic_store_explicit(&c->state, (uint64_t)time << 3 | (uint64_t)phase,
                          memory_order_relaxed);
}

// ---- addresses ---------------------------------------------------------------------------

static unsigned
bucket_of(const char *address)
{
    uint32_t h = 2166136261U; // FNV-1a
    for (const char *p = address; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * 16777619U;
    }
    return h % CONN_BUCKETS;
}

static struct conn_peer *
peer_find(struct conn_set *s, const char *address)
{
    struct conn_peer *p = s->peers[bucket_of(address)];
    while (p != NULL && strcmp(p->address, address) != 0) {
        p = p->next;
    }
    return p;
}

static struct conn_peer *
peer_get(struct conn_set *s, const char *address)
{
    struct conn_peer *p = peer_find(s, address);
    if (p == NULL && (p = calloc(1, sizeof *p)) != NULL) {
        struct conn_peer **bucket = &s->peers[bucket_of(address)];
        strcpy(p->address, address);
        p->next = *bucket;
        *bucket = p;
    }
    return p;
}

static void
peer_release(struct conn_set *s, struct conn_peer *p)
{
    if (p->connections > 0 || p->requests > 0) {
        return;
    }
    struct conn_peer **at = &s->peers[bucket_of(p->address)];
    while (*at != p) {
        at = &(*at)->next;
    }
    *at = p->next;
    free(p);
}

static bool
is_trusted(const struct conn_set *s, const char *address)
{
    for (unsigned i = 0; i < s->trusted_count; i++) {
        if (strcmp(s->trusted[i], address) == 0) {
            return true;
        }
    }
    return s->all_trusted;
}

bool
conn_client_enter(struct conn_set *s, const char *address)
{
    pthread_mutex_lock(&s->lock);
    struct conn_peer *p = peer_get(s, address);
    bool ok = p != NULL && p->requests < s->limits.per_ip;
    if (ok) {
        p->requests++;
    } else if (p != NULL) {
        peer_release(s, p);
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

void
conn_client_leave(struct conn_set *s, const char *address)
{
    pthread_mutex_lock(&s->lock);
    struct conn_peer *p = peer_find(s, address);
    if (p != NULL) {
        p->requests--;
        peer_release(s, p);
    }
    pthread_mutex_unlock(&s->lock);
}

// ---- coming and going --------------------------------------------------------------------

bool
conn_welcome(struct conn_set *s, const struct sockaddr *sa)
{
    char address[LISTEN_TEXT];
    listen_peer_text(sa, address);
    if (is_trusted(s, address)) {
        return true;
    }
    pthread_mutex_lock(&s->lock);
    const struct conn_peer *p = peer_find(s, address);
    unsigned held = p == NULL ? 0 : p->connections;
    pthread_mutex_unlock(&s->lock);
    if (s->limits.per_ip == 0) {
        return true; // on loopback everybody has the same address; the rest waits in the
                     // backlog
    }
    bool reserved = atomic_load_explicit(&s->open, memory_order_relaxed) >= s->limits.max;
    return held < s->limits.per_ip && (!reserved || held < RESERVED_FREE_FOR);
}

struct http_conn *
conn_open(struct conn_set *s, struct MHD_Connection *mhd, int fd, const struct sockaddr *sa)
{
    struct http_conn *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    c->mhd = mhd;
    c->fd = fd;
    listen_peer_text(sa, c->address);
    c->trusted = is_trusted(s, c->address);
    conn_enter(c, CONN_HEAD, conn_now() + s->limits.header_ms);
    pthread_mutex_lock(&s->lock);
    c->peer = peer_get(s, c->address);
    if (c->peer != NULL) {
        c->peer->connections++;
    }
    c->next = s->head;
    if (s->head != NULL) {
        s->head->prev = c;
    }
    s->head = c;
    pthread_mutex_unlock(&s->lock);
    atomic_fetch_add_explicit(&s->open, 1, memory_order_relaxed);
    return c;
}

void
conn_close(struct conn_set *s, struct http_conn *c)
{
    pthread_mutex_lock(&s->lock);
    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        s->head = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }
    if (c->peer != NULL) {
        c->peer->connections--;
        peer_release(s, c->peer);
    }
    pthread_mutex_unlock(&s->lock);
    atomic_fetch_sub_explicit(&s->open, 1, memory_order_relaxed);
    free(c);
}

// ---- the watchdog ------------------------------------------------------------------------

static void
cut(struct conn_set *s, struct http_conn *c)
{
    // Only a shutdown: the http thread sees the end of the stream and closes in its own time.
    c->cut = true;
    shutdown(c->fd, SHUT_RDWR);
    atomic_fetch_add_explicit(&s->slow_closed, 1, memory_order_relaxed);
}

// Bytes the kernel ever received on the socket; 0 where it does not say (unix sockets).
static uint64_t
bytes_received(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received
                                                                    : 0;
}

// A kept-alive connection may be idle for long, but once the next request's first byte is
// there the head's deadline runs. The library does not tell; the kernel's counter does.
static bool
drips(const struct conn_set *s, struct http_conn *c, int64_t now)
{
    uint32_t requests = atomic_load_explicit(&c->requests, memory_order_relaxed);
    uint64_t bytes = bytes_received(c->fd);
    if (requests != c->sampled_requests) {
        c->sampled_requests = requests;
        c->first_byte = 0;
    } else if (bytes != c->sampled_bytes && c->first_byte == 0) {
        c->first_byte = now;
    }
    c->sampled_bytes = bytes;
    return c->first_byte != 0 && now - c->first_byte > s->limits.header_ms;
}

static bool
body_is_slow(const struct conn_set *s, const struct http_conn *c, int64_t elapsed)
{
    uint64_t received = atomic_load_explicit(&c->received, memory_order_relaxed);
    return elapsed > s->limits.grace_ms &&
           received < (uint64_t)elapsed * s->limits.min_rate / 1000;
}

static bool
is_overdue(const struct conn_set *s, struct http_conn *c, int64_t now, bool pressed,
           bool sample)
{
    uint64_t state = atomic_load_explicit(&c->state, memory_order_relaxed);
    int64_t time = (int64_t)(state >> 3);
    switch ((enum conn_phase)(state & 7)) {
    case CONN_HEAD:
        return now > time || (pressed && now > time - s->limits.header_ms + PRESSED_HEADER_MS);
    case CONN_BODY:
        return body_is_slow(s, c, now - time);
    case CONN_BUSY:
        return false;
    case CONN_REPLY:
        return now > time;
    case CONN_IDLE:
        return now > time || (pressed && now > time - s->limits.idle_ms + PRESSED_IDLE_MS) ||
               (sample && drips(s, c, now));
    }
    return false;
}

static void
patrol(struct conn_set *s, unsigned tick)
{
    int64_t now = conn_now();
    // When three quarters of the slots are taken, waiting is made expensive for everybody.
    bool pressed =
        atomic_load_explicit(&s->open, memory_order_relaxed) > (uint64_t)s->limits.max / 4 * 3;
    for (struct http_conn *c = s->head; c != NULL; c = c->next) {
        if (!c->cut && is_overdue(s, c, now, pressed, tick % SAMPLE_TICKS == 0)) {
            cut(s, c);
        }
    }
}

static void *
watch(void *arg)
{
    struct conn_set *s = arg;
    pthread_mutex_lock(&s->lock);
    for (unsigned tick = 0; !s->stop; tick++) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        while (!s->stop && pthread_cond_timedwait(&s->wake, &s->lock, &until) != ETIMEDOUT) {
        }
        patrol(s, tick);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

// Whether a request may be on its way: bytes nobody has read, or a connection just made.
static bool
may_ask(const struct conn_set *s, const struct http_conn *c, enum conn_phase phase,
        int64_t time)
{
    int waiting = 0;
    bool fresh = phase == CONN_HEAD && conn_now() - (time - s->limits.header_ms) < FRESH_MS;
    return fresh || (ioctl(c->fd, FIONREAD, &waiting) == 0 && waiting > 0);
}

unsigned
conn_set_close_idle(struct conn_set *s)
{
    unsigned left = 0;
    pthread_mutex_lock(&s->lock);
    for (struct http_conn *c = s->head; c != NULL; c = c->next) {
        uint64_t state = atomic_load(&c->state);
        enum conn_phase phase = (enum conn_phase)(state & 7);
        if (phase != CONN_IDLE && phase != CONN_HEAD) {
            continue;
        }
        if (may_ask(s, c, phase, (int64_t)(state >> 3))) {
            left++;
        } else {
            shutdown(c->fd, SHUT_RD); // an answer that begins just now still goes out
        }
    }
    pthread_mutex_unlock(&s->lock);
    return left;
}

// ---- the set -----------------------------------------------------------------------------

static bool
read_trusted(struct conn_set *s, const char *list)
{
    while (list != NULL && *list != '\0') {
        list += strspn(list, ", ");
        size_t n = strcspn(list, ", ");
        if (n == 0) {
            break;
        }
        if (s->trusted_count == CONN_TRUSTED_MAX ||
            !listen_canonical(list, n, s->trusted[s->trusted_count])) {
            return false;
        }
        s->trusted_count++;
        list += n;
    }
    return true;
}

bool
conn_set_init(struct conn_set *s, const struct conn_limits *l, const char *trusted,
              bool all_trusted)
{
    pthread_condattr_t attr;
    *s = (struct conn_set){.limits = *l, .all_trusted = all_trusted};
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    return read_trusted(s, trusted);
}

bool
conn_set_start(struct conn_set *s)
{
    return pthread_create(&s->watchdog, NULL, watch, s) == 0;
}

void
conn_set_stop(struct conn_set *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->watchdog, NULL);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
}
