// SPDX-License-Identifier: Apache-2.0
#include "kit/rate.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

// A token is TOKEN parts, so that a limit of n a minute gives n parts a millisecond.
enum { SETS = 1024, WAYS = 8, TOKEN = 60000, NUMBER_MOST = 1000000 };

const char *const RATE_KEYS[RATE_CLASSES] = {
    [RATE_LOGIN] = "rate.login",
    [RATE_EXPORT] = "rate.export",
    [RATE_SEARCH] = "rate.search",
    [RATE_WRITE] = "rate.write",
};
// Generous: a department or an enterprise may sit behind one address, and a busy day is no
// attack.
const struct rate_limit RATE_DEFAULTS[RATE_CLASSES] = {
    [RATE_LOGIN] = {100, 60},
    [RATE_EXPORT] = {30, 20},
    [RATE_SEARCH] = {120, 240},
    [RATE_WRITE] = {120, 120},
};

struct bucket {
    uint64_t key; // 0: empty
    int64_t at;
    int64_t parts;
};

struct rates {
    pthread_mutex_t lock;
    struct rate_limit whole[RATE_CLASSES], limits[RATE_CLASSES]; // of all servers, and of this
    unsigned char secret[crypto_shorthash_KEYBYTES]; // nobody can aim at another's bucket
    struct bucket sets[SETS][WAYS];
};

static bool
read_number(const char **p, uint32_t *out)
{
    size_t n = strspn(*p, "0123456789");
    uint32_t v = 0;
    for (size_t i = 0; i < n && v <= NUMBER_MOST; i++) {
        v = v * 10 + (uint32_t)((*p)[i] - '0');
    }
    *p += n;
    *out = v;
    return n > 0 && v <= NUMBER_MOST;
}

bool
rate_parse(const char *text, struct rate_limit *out)
{
    struct rate_limit l = {0};
    if (strcmp(text, "off") == 0) {
        *out = l;
        return true;
    }
    if (!read_number(&text, &l.burst) || *text++ != ' ' || !read_number(&text, &l.minute) ||
        *text != '\0' || l.burst == 0 || l.minute == 0) {
        return false;
    }
    *out = l;
    return true;
}

struct rates *
rates_new(struct arena *a, const struct rate_limit limits[RATE_CLASSES])
{
    struct rates *r = ARENA_NEW(a, struct rates);
    pthread_mutex_init(&r->lock, NULL);
    memcpy(r->whole, limits, sizeof r->whole);
    memcpy(r->limits, limits, sizeof r->limits);
    randombytes_buf(r->secret, sizeof r->secret);
    return r;
}

static uint32_t
part_of(uint32_t whole, uint32_t nodes)
{
    return whole == 0 || whole / nodes > 0 ? whole / nodes : 1;
}

void
rates_divide(struct rates *r, int64_t nodes)
{
    uint32_t n = nodes < 1 ? 1 : nodes > NUMBER_MOST ? NUMBER_MOST : (uint32_t)nodes;
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < RATE_CLASSES; i++) {
        const struct rate_limit *w = &r->whole[i];
        r->limits[i] = (struct rate_limit){part_of(w->burst, n), part_of(w->minute, n)};
    }
    pthread_mutex_unlock(&r->lock);
}

static uint64_t
key_of(const struct rates *r, enum rate_class c, const char *who)
{
    unsigned char text[80], hash[crypto_shorthash_BYTES];
    uint64_t key;
    size_t n = strnlen(who, sizeof text - 1);
    text[0] = (unsigned char)c;
    memcpy(text + 1, who, n);
    crypto_shorthash(hash, text, n + 1, r->secret);
    memcpy(&key, hash, sizeof key);
    return key == 0 ? 1 : key;
}

// The bucket of the key: its own, or the one not used for longest, filled anew.
static struct bucket *
find(struct rates *r, uint64_t key, int64_t full, int64_t now)
{
    struct bucket *set = r->sets[key % SETS], *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key) {
            return &set[i];
        }
        oldest = set[i].at < oldest->at ? &set[i] : oldest;
    }
    *oldest = (struct bucket){.key = key, .at = now, .parts = full};
    return oldest;
}

int64_t
rates_take(struct rates *r, enum rate_class c, const char *who, int64_t now)
{
    int64_t wait = 0;
    if (c == RATE_FREE || r->whole[c].burst == 0) {
        return 0;
    }
    pthread_mutex_lock(&r->lock);
    const struct rate_limit *l = &r->limits[c];
    int64_t full = (int64_t)l->burst * TOKEN;
    struct bucket *b = find(r, key_of(r, c, who), full, now);
    int64_t since = now > b->at ? now - b->at : 0;
    int64_t minutes = since / TOKEN + 1;
    // Whoever was away for long enough finds it full; nothing overflows.
    b->parts = minutes > (int64_t)l->burst ? full : b->parts + since * l->minute;
    b->parts = b->parts > full ? full : b->parts;
    b->at = now > b->at ? now : b->at;
    if (b->parts >= TOKEN) {
        b->parts -= TOKEN;
    } else {
        wait = (TOKEN - b->parts + l->minute - 1) / l->minute;
    }
    pthread_mutex_unlock(&r->lock);
    return wait;
}

const char *
rate_network(struct arena *a, const char *peer)
{
    struct in6_addr v6;
    char text[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, peer, &v6) != 1) {
        return peer;
    }
    memset(v6.s6_addr + 8, 0, 8);
    return inet_ntop(AF_INET6, &v6, text, sizeof text) == NULL ? peer : arena_strdup(a, text);
}

bool
rate_is_local(const char *peer)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (peer == NULL) {
        return true;
    }
    if (inet_pton(AF_INET, peer, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, peer, &v6) != 1 || IN6_IS_ADDR_LOOPBACK(&v6);
}
