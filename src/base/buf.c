// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <stdio.h>

void
buf_init(struct buf *b, struct arena *a, size_t hint, size_t max)
{
    *b = (struct buf){.arena = a, .max = max};
    if (hint > 0) {
        buf_grow(b, hint);
    }
}

// Makes room for `more` bytes and the terminator, or marks the buffer full.
void
buf_grow(struct buf *b, size_t more)
{
    if (b->cap - b->n > more) {
        return;
    }
    if (more > b->max || b->n > b->max - more) {
        b->full = true;
        return;
    }
    size_t cap = b->cap < 64 ? 64 : b->cap * 2;
    while (cap <= b->n + more) {
        cap *= 2;
    }
    if (cap > b->max + 1) {
        cap = b->max + 1;
    }
    char *p = arena_raw(b->arena, cap);
    if (b->n > 0) {
        memcpy(p, b->p, b->n);
    }
    p[b->n] = '\0';
    b->p = p;
    b->cap = cap;
}

void
buf_put_slow(struct buf *b, const void *p, size_t n)
{
    if (n == 0 || b->full) {
        return;
    }
    buf_grow(b, n);
    if (b->full) {
        return;
    }
    memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void
buf_int(struct buf *b, int64_t v)
{
    char tmp[24];
    char *end = tmp + sizeof tmp;
    char *p = end;
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--p = (char)('0' + u % 10);
        u /= 10;
    } while (u > 0);
    if (v < 0) {
        *--p = '-';
    }
    buf_put(b, p, (size_t)(end - p));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    size_t room = b->cap - b->n;
    va_start(ap, fmt);
    int n = vsnprintf(room == 0 ? NULL : b->p + b->n, room, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < room) {
        b->n += (size_t)n;
        return;
    }
    if (room > 0) {
        b->p[b->n] = '\0';
    }
    va_start(ap, fmt);
    buf_puts(b, arena_vprintf(b->arena, fmt, ap));
    va_end(ap);
}

const char *
buf_str(const struct buf *b)
{
    return b->p == NULL ? "" : b->p;
}
