// SPDX-License-Identifier: Apache-2.0
// Slows guessing of passwords and codes down (AN5), so that an outsider who guesses cannot
// lock the owner out: only the guesser's own network waits. An account under attack from many
// networks gives each of them fewer tries, but every network its first, and the networks its
// owner comes from the usual number.
#ifndef MOD_ACCOUNT_THROTTLE_H
#define MOD_ACCOUNT_THROTTLE_H

#include "kit/ctx.h"

enum { // tries without waiting
    THROTTLE_TRIES = 5,
    THROTTLE_TRIES_ATTACKED = 1,
    THROTTLE_ATTACKED = 20, // failures on an account, from anywhere, that make an attack
    THROTTLE_NETWORK = 50,  // failures of a network, on any account
};

struct throttle {
    const char *pair, *network, *account, *trusted; // keys
    int64_t wait;                                   // milliseconds to wait; 0 may try
};

// Looks up how it stands for this login (as typed, it need not exist) from c's peer.
void throttle_read(struct ctx *c, const char *login, struct throttle *out);
// Inside a write, after a try. The counts are read anew, so that tries at the same time count.
void throttle_failed(struct ctx *c, const struct throttle *t);
void throttle_passed(struct ctx *c, const struct throttle *t);

extern const struct db_stmt THROTTLE_GET, THROTTLE_PUT, THROTTLE_FORGET, THROTTLE_EXPIRE;

#endif
