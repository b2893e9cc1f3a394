// SPDX-License-Identifier: Apache-2.0
// Sixteen bytes at a time: whether a text holds a byte that must not be copied as it is. Nearly
// none does, and looking at every byte was most of what printing a page cost.
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned char block __attribute__((vector_size(16)));

// All bits of a byte set where the byte is one of those sought.
typedef block (*block_test)(block);

static inline bool
block_any(block hits)
{
    uint64_t halves[2];
    memcpy(halves, &hits, sizeof hits);
    return (halves[0] | halves[1]) != 0;
}

// True when one of the n bytes is sought. `a` must not be: short texts are filled up with it.
static inline __attribute__((always_inline)) bool
block_finds(const char *s, size_t n, block_test test)
{
    block b;
    if (n < sizeof b) {
        memset(&b, 'a', sizeof b);
        memcpy(&b, s, n);
        return block_any(test(b));
    }
    size_t i = 0;
    for (; i + sizeof b <= n; i += sizeof b) {
        memcpy(&b, s + i, sizeof b);
        if (block_any(test(b))) {
            return true;
        }
    }
    memcpy(&b, s + n - sizeof b, sizeof b); // the rest, with some of what was seen already
    return block_any(test(b));
}

#endif
