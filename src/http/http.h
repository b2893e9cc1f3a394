// SPDX-License-Identifier: Apache-2.0
// The HTTP server: libmicrohttpd behind our own small vocabulary. Knows requests, answers and
// static files; knows nothing of accounts, pages or records.
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_method {
    HTTP_GET = 1, // HEAD arrives as GET with `head` set
    HTTP_POST = 2,
    HTTP_PATCH = 4,
    HTTP_PUT = 8,
    HTTP_DELETE = 16,
    HTTP_OTHER = 32,
};

struct http_kv {
    const char *name;
    const char *value;
};

// An uploaded part with a file name.
struct http_file {
    const char *field;
    const char *name; // base name as the client gave it, UTF-8 checked, path parts removed
    const char *type; // as the client claims; never trusted
    const unsigned char *data;
    size_t size;
};

struct http_list { // query or form fields, in order; repeats stay
    struct http_kv *items;
    size_t count;
};

struct http_req {
    struct arena *arena;
    enum http_method method;
    bool head;
    const char *path;       // decoded, UTF-8, no NUL, starts with '/'
    const char *base;       // what the application took away in front of it: "" or "/d/name"
    const char *query_text; // raw, "" when none
    struct http_list query;
    struct http_list headers; // names in lower case
    struct http_list cookies;
    const char *peer; // client address: the edge's X-Forwarded-For last hop only on a unix
                      // socket or when the peer is a trusted edge, else the socket's
    bool tls;         // the trusted edge says the client came by TLS
    const char *body; // whole body, NUL after it; "" when none
    size_t body_size;
    struct http_list form; // parsed when the type is a form (urlencoded or multipart)
    struct http_file *files;
    size_t file_count;
    bool too_large;         // the body went past the route's limit and was dropped
    bool bad_form;          // declared a form, but it does not parse (or > 500 fields)
    struct http_conn *conn; // for http_suspend / http_finish
    void *user;             // the layer above keeps its state here
};

const char *http_header(const struct http_req *r, const char *lower_name); // NULL if none
const char *http_cookie(const struct http_req *r, const char *name);
// First value of that name, or NULL.
const char *http_list_get(const struct http_list *l, const char *name);
size_t http_list_count(const struct http_list *l, const char *name);

// A body that is not in memory: made piece by piece while it is sent, or a file.
struct http_source {
    // Puts at most `room` bytes at `to` and returns how many; 0 at the end; -1 gives up: the
    // connection is cut, so that the client knows it has not got the whole. On an http thread,
    // which others wait for, until the request's arena is reset.
    ptrdiff_t (*read)(void *arg, char *to, size_t room);
    void *arg;
    int fd;        // `read` is NULL: this file from its beginning; it stays the caller's
    uint64_t size; // of the file
};

struct http_resp {
    int status;
    const char *type; // content type; NULL = no body
    const char *body; // in the arena, static, or kept alive by a deferred clean-up
    size_t size;
    const struct http_source *source; // in place of `body`; never compressed
    struct http_list headers;         // added by http_set
    bool no_compress;                 // already compressed, or not worth it
    const char *encoding;             // content-encoding of `body` when it is already encoded
};

// Adds a header. Values are checked: CR, LF or NUL in one is our bug and answers 500.
void http_set(struct http_req *r, struct http_resp *resp, const char *name, const char *value);

// What the application does with a request.
//  limit: called when the headers are in; returns the most body bytes accepted.
//  serve: called with the whole request on an http thread; fills *resp and returns true, or
//         has called http_suspend and returns false; then some thread calls http_resume, after
//         which `resumed` runs on an http thread and fills *resp.
struct http_app {
    void *arg;
    size_t (*limit)(void *arg, struct arena *a, enum http_method m, const char *path);
    bool (*serve)(void *arg, struct http_req *r, struct http_resp *resp);
    void (*resumed)(void *arg, struct http_req *r, struct http_resp *resp);
};
// Call http_suspend inside serve when everything is allocated, and only then hand the request
// to another thread: from that moment request and arena are its property, and serve may touch
// neither again. http_resume: from any thread, exactly once per suspend, even before serve has
// returned; the caller touches nothing of the request after it. A suspended request is never
// freed, even when its client has gone; then `resumed` is not called and the arena's deferred
// clean-ups run.
// http_restart: as http_resume, but then `serve` is asked once more in place of `resumed`, for
// an application that had to fetch something before it could begin.
void http_suspend(struct http_req *r);
void http_resume(struct http_req *r);
void http_restart(struct http_req *r);

struct http_options {
    const char *listen;       // "127.0.0.1:8080", "[::1]:8080", "unix:/path"; port 0 picks one
    bool public_ok;           // allow addresses other than loopback
    unsigned threads;         // 0 = one a core
    unsigned max_connections; // 0 = 10000
    unsigned files;           // descriptors the application itself may need, at most
    unsigned per_ip;          // most connections of one client address; 0 = no cap on
                              // loopback, 256 elsewhere
    unsigned header_seconds;  // total deadline for the request's head; 0 = 10
    unsigned min_body_rate;   // bytes a second after the grace; 0 = 500
    unsigned grace_seconds;   // before the body rate counts; 0 = 5
    unsigned idle_seconds;    // keep-alive; 0 = 60
    size_t arena_max;         // memory a request may take; 0 = 64 MiB
    const char *trusted_edge; // comma-separated peer addresses whose X-Forwarded-* count
};

struct http_server;
// NULL and *why (static or in the arena) when it cannot listen.
struct http_server *http_start(struct arena *a, const struct http_options *o,
                               const struct http_app *app, const char **why);
int http_port(const struct http_server *s);
// From now on every answer closes its connection; what is asked is answered as before. For the
// time between telling a balancer to go elsewhere and http_stop.
void http_drain(struct http_server *s);
// Stops accepting, lets requests in progress finish (at most `seconds`), then closes. Whoever
// got through to the server before is answered; who comes later is refused, or not heard, so
// that a balancer may safely ask elsewhere.
void http_stop(struct http_server *s, unsigned seconds);

// How long answers of the application took, from the request's first line to the answer's.
// took[i] of those not longer than HTTP_TOOK_MS[i], the last one of all others.
enum { HTTP_TOOK = 9 };
extern const unsigned HTTP_TOOK_MS[HTTP_TOOK];
struct http_took {
    uint64_t took[HTTP_TOOK + 1];
    uint64_t sum_us;
};

struct http_stats {
    uint64_t requests;
    uint64_t refused;     // malformed, stopped by the guard
    uint64_t slow_closed; // closed by the watchdog
    uint64_t connections; // open now
    uint64_t status[6];   // answers by class, [2] = 2xx
    struct http_took reads, writes;
};
void http_stats(const struct http_server *s, struct http_stats *out);

// ---- embedded static files ------------------------------------------------------------

struct http_asset {
    const char *path; // "/s/app.1a2b3c4d.css"
    const char *name; // "app.css"
    const char *type;
    const char *etag;                           // with its double quotes
    const unsigned char *plain, *gzip, *brotli; // gzip, brotli NULL where they do not pay
    size_t plain_size, gzip_size, brotli_size;
};
// Answers with the best encoding the client takes, immutable for a year; 304 on a match.
void http_serve_asset(const struct http_asset *f, struct http_req *r, struct http_resp *resp);

// ---- router -----------------------------------------------------------------------------

// Patterns: "/demands/{id}/events"; a {name} takes one whole, non-empty segment. Literal
// segments win over parameters; where the literal does not know the method, the parameter
// gets its chance (GET /x/{id}/sign beside POST /x/{id}/{step}). The same method and pattern
// twice is a conflict, whatever the parameters are called.
struct http_router;
struct http_router *http_router_new(struct arena *a);
// False (conflict) leaves the router unusable and sets *why.
bool http_router_add(struct http_router *r, enum http_method m, const char *pattern,
                     const void *target, const char **why);
struct http_match {
    const void *target; // NULL: no route
    unsigned allowed;   // methods the path knows, for 405 and Allow
    struct http_kv params[8];
    size_t count;
};
// Thread safe once the routes are added. Parameter values are copied into the arena.
struct http_match http_router_find(const struct http_router *r, struct arena *a,
                                   enum http_method m, const char *path);

#endif
