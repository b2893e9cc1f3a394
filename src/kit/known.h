// SPDX-License-Identifier: Apache-2.0
// What the process remembers of sessions between requests: who a token is, until anything in
// the database changes, and when it was last seen, because a GET never writes. Private to the
// kit.
#ifndef KIT_KNOWN_H
#define KIT_KNOWN_H

#include "kit/ctx.h"

enum { KNOWN_HASH = 32 };

struct known {
    uint64_t app;                   // its serial: a token counts in one district only
    unsigned char hash[KNOWN_HASH]; // of the token
    bool bearer;                    // a program's token, not a browser's session
    bool staff;                     // ends when idle
    uint64_t generation;            // of the database when it was read, or older
    int64_t read_at, seen_at, expires_at;
    struct actor actor; // texts in an arena; `session` is not set
};

// A copy in the arena when this token (app, hash and bearer of `like`) was read at its
// generation and lately, else NULL.
struct known *known_find(struct arena *a, const struct known *like, int64_t now);
// Remembers k (copied) in place of what its slot held.
void known_keep(const struct known *k);

// False when the session was not seen for longer than `idle` before now; else remembers that
// it is seen now. `kept` is what the database knows.
bool known_touch(uint64_t app, const unsigned char *hash, int64_t kept, int64_t now,
                 int64_t idle);
// Whether any session of this app was seen since the last walk.
bool known_any_seen(uint64_t app);
// Calls fn for every session of this app seen since the last walk.
void known_each_seen(uint64_t app, void (*fn)(void *arg, const unsigned char *hash, int64_t at),
                     void *arg);

#endif
