// SPDX-License-Identifier: Apache-2.0
// How often one reader, or one network of people who are not logged in, may ask for what is
// expensive (H5): a bucket of tokens each, refilled by the minute. In memory, of fixed size, so
// a restart forgives and a flood of addresses costs nothing.
#ifndef KIT_RATE_H
#define KIT_RATE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

enum rate_class {
    RATE_FREE,
    RATE_LOGIN,  // passwords and codes, by network
    RATE_EXPORT, // CSV, XLSX
    RATE_SEARCH, // words looked up, suggestions, rules computed
    RATE_WRITE,  // what people send from a browser, and enterprises in any way
    RATE_CLASSES
};

// `burst` at once, then `minute` a minute. burst 0: no limit.
struct rate_limit {
    uint32_t burst, minute;
};

// Key of the setting that holds a class's limit ("rate.login"), and what it is without one.
extern const char *const RATE_KEYS[RATE_CLASSES];
extern const struct rate_limit RATE_DEFAULTS[RATE_CLASSES];

// "200 60" or "off". False when it is neither.
bool rate_parse(const char *text, struct rate_limit *out);

struct rates;
// `limits` is copied.
struct rates *rates_new(struct arena *a, const struct rate_limit limits[RATE_CLASSES]);
// So many servers share out the requests: each gives that part of every limit, at least 1.
void rates_divide(struct rates *r, int64_t nodes);
// Takes a token for `who` at `now` (milliseconds): 0, or how long to wait. Thread safe.
int64_t rates_take(struct rates *r, enum rate_class c, const char *who, int64_t now);

// Addresses of one customer line count as one: a /64 of IPv6.
const char *rate_network(struct arena *a, const char *peer);
// The machine itself: loopback, or a socket without an address. It is never limited: what
// comes from there is the operator, or a proxy that limits by itself.
bool rate_is_local(const char *peer);

#endif
