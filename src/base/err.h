// SPDX-License-Identifier: Apache-2.0
// The one registry of errors. A rule returns one of these and, for ERR_INVALID, the faults
// of single fields; the respond layer alone turns them into HTTP.
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/arena.h"

enum err {
    ERR_OK = 0,
    ERR_BAD_REQUEST,     // 400 malformed
    ERR_UNAUTHENTICATED, // 401
    ERR_FORBIDDEN,       // 403
    ERR_NOT_FOUND,       // 404, also for what the reader may not know exists
    ERR_METHOD,          // 405
    ERR_CONFLICT,        // 409 state conflict, or the same idempotency key with another body
    ERR_STALE,           // 412 somebody else saved in between
    ERR_TOO_LARGE,       // 413
    ERR_MEDIA_TYPE,      // 415
    ERR_INVALID,         // 422 see the faults
    ERR_TOO_MANY,        // 429
    ERR_INTERNAL,        // 500 our fault
    ERR_UNAVAILABLE,     // 503 try again
    ERR_FULL,            // 507 the disk has no room; what was sent is not kept
    ERR_READ_ONLY,       // 503 the disk failed: looking only, until a restart
    ERR_COUNT
};

struct err_info {
    int status;        // HTTP
    const char *code;  // stable word for machines: "not_found"
    const char *title; // Chinese source text, translated when shown
};

const struct err_info *err_info(enum err e);

// What is wrong with one field. `code` is stable for machines, `message` a full sentence in
// the reader's language.
struct fault {
    const char *field; // NULL: the whole input
    const char *code;
    const char *message;
};

struct faults {
    struct fault *items;
    unsigned count;
    unsigned cap;
};

// Adds a fault; texts are kept, not copied. Always returns ERR_INVALID, so that a rule can
// say `return faults_add(…)`.
enum err faults_add(struct arena *a, struct faults *f, const char *field, const char *code,
                    const char *message);
// The first fault of the field, or NULL.
const struct fault *faults_of(const struct faults *f, const char *field);

#endif
