// SPDX-License-Identifier: Apache-2.0
#include "kit/known.h"

#include <pthread.h>
#include <string.h>

#define KNOWN_MOST (60 * TIME_SECOND) // posts end and begin by the clock, too

static uint32_t
number_of(const unsigned char *hash)
{
    uint32_t n;
    memcpy(&n, hash, sizeof n); // the hash is uniform: any part of it will do
    return n;
}

// ---- actors -----------------------------------------------------------------------------

enum { TEXTS = 7, TEXT_BYTES = 1280, SLOTS = 1024, LOCKS = 16 };

// Texts stand one after another with their NUL; a NULL has length -1.
struct slot {
    struct known k;
    int16_t length[TEXTS];
    char text[TEXT_BYTES];
};

static struct slot slots[SLOTS];
static pthread_mutex_t locks[LOCKS] = {
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
    PTHREAD_MUTEX_INITIALIZER};

static void
texts_of(struct actor *a, const char **out[TEXTS])
{
    const char **const all[TEXTS] = {&a->login, &a->name, &a->organization, &a->language,
                                     &a->theme, &a->size, &a->csrf};
    memcpy(out, all, sizeof all);
}

static void
point_texts(struct slot *s)
{
    const char **text[TEXTS];
    size_t at = 0;
    texts_of(&s->k.actor, text);
    for (size_t i = 0; i < TEXTS; i++) {
        *text[i] = s->length[i] < 0 ? NULL : s->text + at;
        at += s->length[i] < 0 ? 0 : (size_t)s->length[i] + 1;
    }
}

struct known *
known_find(struct arena *a, const struct known *like, int64_t now)
{
    uint32_t n = number_of(like->hash) % SLOTS;
    struct slot *s = &slots[n];
    // Allocated first: running out of memory unwinds, and a lock would stay behind.
    struct slot *copy = arena_raw(a, sizeof *copy);
    pthread_mutex_lock(&locks[n % LOCKS]);
    bool hit = s->k.app == like->app && s->k.generation == like->generation &&
               s->k.bearer == like->bearer && now - s->k.read_at < KNOWN_MOST &&
               now >= s->k.read_at && memcmp(s->k.hash, like->hash, KNOWN_HASH) == 0;
    if (hit) {
        memcpy(copy, s, sizeof *copy);
    }
    pthread_mutex_unlock(&locks[n % LOCKS]);
    if (!hit) {
        return NULL;
    }
    point_texts(copy);
    return &copy->k;
}

void
known_keep(const struct known *k)
{
    uint32_t n = number_of(k->hash) % SLOTS;
    struct slot made = {.k = *k};
    const char **text[TEXTS];
    size_t at = 0;
    texts_of(&made.k.actor, text);
    for (size_t i = 0; i < TEXTS; i++) {
        size_t length = *text[i] == NULL ? 0 : strlen(*text[i]);
        if (at + length + 1 > TEXT_BYTES) {
            return; // a name that long is read every time
        }
        made.length[i] = (int16_t)(*text[i] == NULL ? -1 : (int)length);
        if (*text[i] != NULL) {
            memcpy(made.text + at, *text[i], length + 1);
            at += length + 1;
        }
    }
    pthread_mutex_lock(&locks[n % LOCKS]);
    memcpy(&slots[n], &made, sizeof made);
    pthread_mutex_unlock(&locks[n % LOCKS]);
}

// ---- last seen ----------------------------------------------------------------------------

enum { BUCKETS = 2048, WAYS = 4 };

struct sight {
    uint64_t app;
    unsigned char hash[KNOWN_HASH];
    int64_t at;
    bool dirty;
};

static struct {
    pthread_mutex_t lock;
    struct sight bucket[BUCKETS][WAYS];
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

// The session's own place, or that of the bucket's longest unseen, which then only counts from
// what the database knows.
static struct sight *
place_of(const unsigned char *hash)
{
    struct sight *bucket = seen.bucket[number_of(hash) % BUCKETS], *oldest = bucket;
    for (size_t i = 0; i < WAYS; i++) {
        if (memcmp(bucket[i].hash, hash, KNOWN_HASH) == 0) {
            return &bucket[i];
        }
        oldest = bucket[i].at < oldest->at ? &bucket[i] : oldest;
    }
    return oldest;
}

bool
known_touch(uint64_t app, const unsigned char *hash, int64_t kept, int64_t now, int64_t idle)
{
    pthread_mutex_lock(&seen.lock);
    struct sight *s = place_of(hash);
    bool mine = memcmp(s->hash, hash, KNOWN_HASH) == 0;
    int64_t last = mine && s->at > kept ? s->at : kept;
    bool alive = now - last <= idle;
    if (alive) {
        s->app = app;
        memcpy(s->hash, hash, KNOWN_HASH);
        s->at = now;
        s->dirty = true;
    }
    pthread_mutex_unlock(&seen.lock);
    return alive;
}

void
known_each_seen(uint64_t app, void (*fn)(void *arg, const unsigned char *hash, int64_t at),
                void *arg)
{
    for (size_t b = 0; b < BUCKETS; b++) {
        struct sight found[WAYS];
        pthread_mutex_lock(&seen.lock);
        memcpy(found, seen.bucket[b], sizeof found);
        for (size_t i = 0; i < WAYS; i++) {
            struct sight *s = &seen.bucket[b][i];
            found[i].dirty = found[i].dirty && found[i].app == app;
            s->dirty = s->dirty && s->app != app;
        }
        pthread_mutex_unlock(&seen.lock);
        for (size_t i = 0; i < WAYS; i++) {
            if (found[i].dirty) {
                fn(arg, found[i].hash, found[i].at);
            }
        }
    }
}

bool
known_any_seen(uint64_t app)
{
    bool any = false;
    for (size_t b = 0; b < BUCKETS && !any; b++) {
        pthread_mutex_lock(&seen.lock);
        for (size_t i = 0; i < WAYS; i++) {
            any = any || (seen.bucket[b][i].dirty && seen.bucket[b][i].app == app);
        }
        pthread_mutex_unlock(&seen.lock);
    }
    return any;
}
