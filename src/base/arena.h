// SPDX-License-Identifier: Apache-2.0
// One request, one arena: everything allocated while a request is served dies with it at
// once, so the request path has no free() and no leak. Not thread safe; one owner at a time.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

// What is left of the block at work; always a multiple of ARENA_ALIGN. Only the functions below
// look at it, so that taking some of it costs a request hardly anything.
struct arena_room {
    unsigned char *at, *end;
};
enum { ARENA_ALIGN = 16 };

struct arena; // begins with its room

// Makes an arena that may hold at most `max` bytes. Never returns NULL: see arena_patient. The
// caller frees it with arena_free().
struct arena *arena_new(size_t max);
// The same where it can be refused: NULL without memory.
struct arena *arena_try_new(size_t max);
// n zeroed bytes, for free(). Where nobody can be told that the machine has no memory, it is
// worth waiting for half a minute; then the process aborts.
void *arena_patient(size_t n) __attribute__((returns_nonnull));
void arena_free(struct arena *a);

// Forgets everything allocated and every clean-up (after running them); keeps one block for
// reuse.
void arena_reset(struct arena *a);

// Where a new block is needed, or the arena is exhausted.
void *arena_raw_slow(struct arena *a, size_t n) __attribute__((returns_nonnull));

// Returns n bytes, aligned for any type and not zeroed, for buffers that are filled at once.
// Never returns NULL: when the arena's maximum or the machine's memory is exhausted it unwinds
// to the innermost ARENA_TRY; when there is none it aborts, for memory after some patience.
static inline void *
arena_raw(struct arena *a, size_t n)
{
    struct arena_room *r = (struct arena_room *)(void *)a;
    if (n - 1 >= (size_t)(r->end - r->at)) { // none at all is rare, too
        return arena_raw_slow(a, n);
    }
    void *p = r->at;
    r->at += (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    return p;
}

// The same, zeroed.
static inline void *
arena_alloc(struct arena *a, size_t n)
{
    return memset(arena_raw(a, n), 0, n);
}

// Copies; a NULL source gives NULL.
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0), nonnull));

// Runs fn(arg) when the arena is reset or freed, last registered first: for what an arena
// cannot hold (file descriptors, library objects).
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);

// Whether it was the machine's memory, not the maximum, that the last unwinding was for.
bool arena_starved(const struct arena *a);

// Bytes handed out so far, for tests and metrics.
size_t arena_used(const struct arena *a);

// Unwinding. `struct arena_guard g; if (ARENA_TRY(a, &g)) { work; arena_end(a, &g); } else {
// out of memory; the guard is already gone }`. Guards nest. Nothing between may hold a lock
// or another resource that is not deferred. Only the thread that set a guard goes back to it:
// another one that works for it with its arena is as one without a guard.
struct arena_guard {
    jmp_buf jmp;
    struct arena_guard *outer;
    const void *thread;
};
void arena_begin(struct arena *a, struct arena_guard *g);
void arena_end(struct arena *a, struct arena_guard *g);
#define ARENA_TRY(a, g) (arena_begin((a), (g)), setjmp((g)->jmp) == 0)

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

#endif
