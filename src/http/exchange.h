// SPDX-License-Identifier: Apache-2.0
// One request and its answer, from the first line to the last byte sent, and the pool these
// live in.
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/conn.h"
#include "http/guard.h"
#include "http/http.h"
#include "http/reply.h"

#include <microhttpd.h>

enum exchange_phase {
    EXCHANGE_HEAD,      // line seen, headers not yet judged
    EXCHANGE_BODY,      // taking the body
    EXCHANGE_READY,     // no body to come: serve at the library's next call
    EXCHANGE_SUSPENDED, // the application has it
    EXCHANGE_ANSWERED,  // an answer is queued
};

struct exchange {
    struct http_req req; // first: the application's pointer is ours
    struct http_resp resp;
    struct reply_stream stream; // of an answer with a source
    struct arena *arena;        // outlives the request, see exchange_pool
    struct arena_guard *guard;  // of the callback under way
    struct exchange *next;      // in the pool
    struct http_server *server;
    struct http_conn *conn;
    int64_t begun; // microseconds
    struct guard_head head;
    uintptr_t target, target_end; // where the library has the target, see request.c
    enum exchange_phase phase;
    _Atomic bool resumed; // http_resume was called: the application has let go
    bool again;           // http_restart: before it had begun
    int refuse;           // status when the guard refuses; 0
    bool close;           // Connection: close
    bool in_app;          // counted in server->in_app
    bool capped;          // counted against the client's cap
    size_t room;          // for the head of the answer
    size_t limit;
    char *body;
    size_t body_size;
    size_t body_cap;
    size_t dropped; // body bytes read only to be forgotten
    struct http_kv headers[GUARD_HEADERS_MAX];
    char client[LISTEN_TEXT];
};

enum {
    EXCHANGES_KEPT = 64,
    // The library's memory for one connection. Head, records and answer head share it, and it
    // touches all of it on every kept-alive connection: 5,000 of these are the 64 MB an idle
    // crowd may cost.
    EXCHANGE_MEMORY = 11 * 1024 + 512,
    EXCHANGE_RECORD = 64,       // it needs for each header, query field and cookie
    EXCHANGE_REPLY_HEAD = 2048, // must be left, or it hangs up without an answer
};

struct http_server {
    struct MHD_Daemon *daemon;
    struct http_app app;
    struct listener listener;
    struct conn_set conns;
    size_t arena_max;
    pthread_mutex_t pool_lock;
    struct exchange *pool;
    unsigned pooled;
    _Atomic bool stopping;   // answers close their connections
    _Atomic bool closed;     // the application is not asked any more
    _Atomic uint64_t active; // exchanges under way
    _Atomic uint64_t in_app; // of these, in the application's hands
    _Atomic uint64_t body_bytes;
    _Atomic uint64_t requests, refused;
    _Atomic uint64_t status[6];
    struct took {
        _Atomic uint64_t took[HTTP_TOOK + 1];
        _Atomic uint64_t sum_us;
    } reads, writes;
};

// The library's callbacks; `server` is their closure.
void *exchange_begin(void *server, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result exchange_step(void *server, struct MHD_Connection *mhd, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state);
void exchange_end(void *server, struct MHD_Connection *mhd, void **state,
                  enum MHD_RequestTerminationCode why);

void exchange_pool_free(struct http_server *s);

// Fills headers-derived parts of the request: lower-case names, cookies, query, peer, tls.
// `method` and `version` are the library's own pointers. Returns 0 or the status to refuse
// with. (request.c)
int request_read_headers(struct exchange *x, struct MHD_Connection *mhd, const char *method,
                         const char *version);

#endif
