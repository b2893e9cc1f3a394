// SPDX-License-Identifier: Apache-2.0
// libFuzzer target for what stands inside a backup once it is decrypted: whoever has the key
// may still have been lied to.
#include "cmd/archive.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
    const uint8_t *p;
    size_t n;
};

static bool
get(void *from, void *p, size_t n)
{
    struct bytes *b = from;
    if (n > b->n) {
        return false;
    }
    memcpy(p, b->p, n);
    b->p += n;
    b->n -= n;
    return true;
}

static bool
end(void *from)
{
    return ((const struct bytes *)from)->n == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    struct archive r;
    struct arena *a = arena_new((size_t)256 << 20);
    bool whole = archive_open(&r, a, get, end, &b) && archive_verify(&r, NULL, NULL);
    if (whole != (r.from.why[0] == '\0') || (whole && b.n > 0)) {
        abort();
    }
    archive_close(&r);
    arena_free(a);
    return 0;
}
