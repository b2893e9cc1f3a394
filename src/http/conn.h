// SPDX-License-Identifier: Apache-2.0
// Connections: who is connected, how many each address holds, and the watchdog that hangs up
// on those who are too slow. The library's own timeout is an idle timer, which one byte every
// few seconds holds open for ever; these deadlines are totals.
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include "http/listen.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;
struct http_server;

enum conn_phase {
    CONN_HEAD,  // waiting for a whole head; time = when it must be there
    CONN_BODY,  // the body comes; time = since when
    CONN_BUSY,  // the application works: never cut
    CONN_REPLY, // the answer goes out; time = when it must be gone
    CONN_IDLE,  // kept alive; time = until when
};

struct conn_peer; // an address and how much it holds

struct http_conn {
    struct http_conn *prev, *next; // under conn_set.lock
    struct MHD_Connection *mhd;
    int fd;
    bool trusted; // the edge: its forwarded headers count, its connections are not capped
    bool cut;     // shut down by the watchdog
    struct conn_peer *peer;
    // Phase and time in one word, so that the watchdog never pairs one's phase with another's
    // time: milliseconds << 3 | phase. Written by the connection's http thread alone.
    _Atomic uint64_t state;
    _Atomic uint64_t received; // body bytes of this request
    _Atomic uint32_t requests; // begun on this connection
    uint32_t sampled_requests; // the watchdog's: which idle time the next two belong to
    uint64_t sampled_bytes;    // bytes the kernel had received when it was sampled
    int64_t first_byte;        // when a next request's first bytes were noticed, or 0
    char address[LISTEN_TEXT];
};

struct conn_limits {
    int64_t header_ms, idle_ms, grace_ms, reply_ms;
    uint64_t min_rate; // bytes a second
    unsigned max;      // connections
    unsigned per_ip;   // 0: no cap
};

enum { CONN_BUCKETS = 1024, CONN_TRUSTED_MAX = 16 };

struct conn_set {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t watchdog;
    bool stop;
    struct conn_limits limits;
    struct http_conn *head;
    struct conn_peer *peers[CONN_BUCKETS];
    char trusted[CONN_TRUSTED_MAX][LISTEN_TEXT];
    unsigned trusted_count;
    bool all_trusted; // a unix socket
    _Atomic uint64_t open;
    _Atomic uint64_t slow_closed;
};

int64_t conn_now(void); // milliseconds, monotonic, cheap

// `trusted` is a comma-separated list of addresses, or NULL. False when one is not an address.
bool conn_set_init(struct conn_set *s, const struct conn_limits *l, const char *trusted,
                   bool all_trusted);
bool conn_set_start(struct conn_set *s); // the watchdog thread
void conn_set_stop(struct conn_set *s);  // ends it; frees what remains
// For an orderly stop: stops listening to connections that ask nothing. Returns how many are
// new, or have something to read, and so may be about to ask.
unsigned conn_set_close_idle(struct conn_set *s);

// Whether one more connection from there is welcome. Any thread.
bool conn_welcome(struct conn_set *s, const struct sockaddr *sa);
// NULL without memory.
struct http_conn *conn_open(struct conn_set *s, struct MHD_Connection *mhd, int fd,
                            const struct sockaddr *sa);
void conn_close(struct conn_set *s, struct http_conn *c);

void conn_enter(struct http_conn *c, enum conn_phase phase, int64_t time);

// Counts a request of a client behind the edge against its cap. False: it holds too many.
bool conn_client_enter(struct conn_set *s, const char *address);
void conn_client_leave(struct conn_set *s, const char *address);

#endif
