// SPDX-License-Identifier: Apache-2.0
// A growing byte buffer in an arena, with a compulsory maximum. Always NUL-terminated after
// an append, so `b.p` is a C string when the content holds no NUL.
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct buf {
    struct arena *arena;
    char *p; // NULL until the first append
    size_t n;
    size_t cap;
    size_t max;
    bool full; // an append was refused; the content is cut there and later appends are dropped
};

// `max` bytes at most; `hint` bytes are reserved at the first append.
void buf_init(struct buf *b, struct arena *a, size_t hint, size_t max);
void buf_grow(struct buf *b, size_t more);
void buf_put_slow(struct buf *b, const void *p, size_t n);

static inline void
buf_put(struct buf *b, const void *p, size_t n)
{
    if (n < b->cap - b->n) {
        if (b->p == NULL) {
            __builtin_unreachable(); // room means memory, which a reader of code cannot know
        }
        memcpy(b->p + b->n, p, n);
        b->n += n;
        b->p[b->n] = '\0';
    } else {
        buf_put_slow(b, p, n);
    }
}

// Room for n bytes, to be written by the caller and counted in b->n; NULL when it is refused.
static inline char *
buf_room(struct buf *b, size_t n)
{
    if (n >= b->cap - b->n) {
        buf_grow(b, n);
    }
    return n < b->cap - b->n && !b->full ? b->p + b->n : NULL;
}

static inline void
buf_putc(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

static inline void
buf_puts(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

void buf_int(struct buf *b, int64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// The content as a C string, "" when nothing was appended.
const char *buf_str(const struct buf *b);

#endif
