// SPDX-License-Identifier: Apache-2.0
// Bump allocation in blocks that double up to 256 KiB. One block survives a reset, so a
// reused arena serves an ordinary request without touching malloc.
#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_BLOCK = 16 * 1024, LARGEST_BLOCK = 256 * 1024 };
enum { PATIENCE_MS = 10, PATIENCE_TIMES = 3000 };

struct block {
    struct block *next;
    size_t size;
    _Alignas(ARENA_ALIGN) unsigned char data[];
};

struct cleanup {
    struct cleanup *next;
    void (*fn)(void *);
    void *arg;
};

struct arena {
    struct arena_room room; // of the head; first, see arena_raw
    struct block *head;
    struct cleanup *cleanups;
    struct arena_guard *guard;
    size_t max;
    size_t held;
    size_t used; // of the blocks below the head
    bool starved;
};
_Static_assert(offsetof(struct arena, room) == 0, "arena_raw looks for it there");

static _Thread_local char this_thread; // its address tells threads apart

static bool
has_guard(const struct arena *a)
{
    return a->guard != NULL && a->guard->thread == &this_thread;
}

static _Noreturn void
exhausted(struct arena *a)
{
    struct arena_guard *g = a->guard;
    if (!has_guard(a)) {
        fputs("huiqiao: out of memory\n", stderr);
        abort();
    }
    a->guard = g->outer;
    longjmp(g->jmp, 1);
}

void *
arena_patient(size_t n)
{
    const struct timespec moment = {.tv_nsec = PATIENCE_MS * 1000000L};
    void *p = calloc(1, n);
    for (int i = 0; p == NULL && i < PATIENCE_TIMES; i++) {
        nanosleep(&moment, NULL);
        p = calloc(1, n);
    }
    if (p == NULL) {
        fputs("huiqiao: out of memory\n", stderr);
        abort();
    }
    return p;
}

struct arena *
arena_try_new(size_t max)
{
    struct arena *a = calloc(1, sizeof *a);
    if (a != NULL) {
        a->max = max;
    }
    return a;
}

struct arena *
arena_new(size_t max)
{
    struct arena *a = arena_patient(sizeof *a);
    a->max = max;
    return a;
}

bool
arena_starved(const struct arena *a)
{
    return a->starved;
}

static void
work_on(struct arena *a, struct block *b)
{
    a->head = b;
    a->room = b == NULL ? (struct arena_room){0}
                        : (struct arena_room){.at = b->data, .end = b->data + b->size};
}

static size_t
used_of_head(const struct arena *a)
{
    return a->head == NULL ? 0 : (size_t)(a->room.at - a->head->data);
}

static void
run_cleanups(struct arena *a)
{
    while (a->cleanups != NULL) {
        struct cleanup *c = a->cleanups;
        a->cleanups = c->next;
        c->fn(c->arg);
    }
}

void
arena_reset(struct arena *a)
{
    run_cleanups(a);
    struct block *keep = NULL;
    for (struct block *b = a->head, *next; b != NULL; b = next) {
        next = b->next;
        if (next == NULL && b->size <= LARGEST_BLOCK) {
            keep = b;
        } else {
            free(b);
        }
    }
    work_on(a, keep);
    a->guard = NULL;
    a->used = 0;
    a->held = keep == NULL ? 0 : keep->size;
}

void
arena_free(struct arena *a)
{
    if (a == NULL) {
        return;
    }
    arena_reset(a);
    free(a->head);
    free(a);
}

static void
add_block(struct arena *a, size_t n)
{
    size_t size = a->head == NULL ? FIRST_BLOCK : a->head->size * 2;
    if (size > LARGEST_BLOCK) {
        size = LARGEST_BLOCK;
    }
    if (size < n) {
        size = n;
    }
    if (size > a->max || a->held > a->max - size) {
        size = n; // the last bytes may still fit exactly
    }
    if (size > a->max || a->held > a->max - size) {
        a->starved = false;
        exhausted(a);
    }
    struct block *b = malloc(sizeof *b + size);
    a->starved = b == NULL;
    if (b == NULL && has_guard(a)) {
        exhausted(a);
    }
    b = b == NULL ? arena_patient(sizeof *b + size) : b;
    a->used += used_of_head(a);
    b->next = a->head;
    b->size = size;
    a->held += size;
    work_on(a, b);
}

void *
arena_raw_slow(struct arena *a, size_t n)
{
    if (n == 0) {
        return arena_raw(a, 1);
    }
    if (n > SIZE_MAX / 2) { // neither rounding up nor the block header may wrap
        exhausted(a);
    }
    add_block(a, (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1));
    return arena_raw(a, n);
}

void *
arena_memdup(struct arena *a, const void *p, size_t n)
{
    return p == NULL ? NULL : n == 0 ? arena_raw(a, 1) : memcpy(arena_raw(a, n), p, n);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
    if (s == NULL) {
        return NULL;
    }
    char *p = arena_raw(a, n + 1);
    memcpy(p, s, n);
    p[n] = '\0';
    return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
    return s == NULL ? NULL : arena_strndup(a, s, strlen(s));
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
    // Straight into what is left of the block, which is nearly always enough: measuring first
    // would cost as much as writing.
    size_t room = (size_t)(a->room.end - a->room.at);
    char *here = (char *)a->room.at;
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(here, room, fmt, ap);
    if (n < 0) {
        va_end(again);
        exhausted(a);
    }
    char *p = arena_raw(a, (size_t)n + 1);
    if (p != here) {
        vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *p = arena_vprintf(a, fmt, ap);
    va_end(ap);
    return p;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
    struct cleanup *c = ARENA_NEW(a, struct cleanup);
    c->fn = fn;
    c->arg = arg;
    c->next = a->cleanups;
    a->cleanups = c;
}

size_t
arena_used(const struct arena *a)
{
    return a->used + used_of_head(a);
}

void
arena_begin(struct arena *a, struct arena_guard *g)
{
    g->outer = a->guard;
    g->thread = &this_thread;
    a->guard = g;
}

void
arena_end(struct arena *a, struct arena_guard *g)
{
    a->guard = g->outer;
}
