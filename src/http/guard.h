// SPDX-License-Identifier: Apache-2.0
// The guard: judges a request's line and headers before anything else looks at them. Pure
// functions; what it cannot see (the library has already folded lines and cut at bare CR and
// NUL) is the edge's part, see docs/adr/0004-http-guard.md.
#ifndef HTTP_GUARD_H
#define HTTP_GUARD_H

#include "http/http.h"

enum { GUARD_HEAD_MAX = 8192, GUARD_HEADERS_MAX = 100 };

// What the headers of one request add up to. Start with zeroes.
struct guard_head {
    size_t size; // bytes of request line and headers as sent, nearly
    unsigned headers;
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
    unsigned types;
    unsigned expects;
    uint64_t length; // Content-Length when `lengths` is 1
    bool chunked;
    bool continues; // waits for 100 Continue
};

// All return 0, or the status to refuse with; a refused connection must be closed.

// The raw target. *path is decoded into the arena, *query points behind '?' ("" when none).
int guard_target(struct arena *a, const char *raw, const char **path, const char **query);
int guard_version(const char *version);
// The method, exactly as sent. Methods known but not ours come out as HTTP_OTHER.
int guard_method(const char *name, enum http_method *m, bool *head);
// One header; the name in any case.
int guard_header(struct guard_head *h, const char *name, size_t name_size, const char *value,
                 size_t value_size);
// After the last header.
int guard_finish(const struct guard_head *h, const char *version);

#endif
