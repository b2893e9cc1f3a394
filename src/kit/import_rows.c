// SPDX-License-Identifier: Apache-2.0
// Rows as bytes, written and read; the reader believes nothing.
#include "kit/import_rows.h"

#include "base/text.h"
#include "view/table.h"

#include <string.h>

struct head {
    uint32_t size; // of everything behind the head
    uint32_t line;
    uint32_t n;
};

bool
import_rows_put(struct buf *b, size_t line, const char *const *cells, size_t n)
{
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        size += strlen(cells[i]) + 1;
    }
    if (size > IMPORT_ROW_MAX || n > TABLE_COLUMNS_MAX || line > UINT32_MAX) {
        return false;
    }
    struct head h = {(uint32_t)size, (uint32_t)line, (uint32_t)n};
    buf_put(b, &h, sizeof h);
    for (size_t i = 0; i < n; i++) {
        buf_put(b, cells[i], strlen(cells[i]) + 1);
    }
    return !b->full;
}

static bool
split(const char *p, size_t size, struct import_cells *out)
{
    const char *end = p + size;
    for (size_t i = 0; i < out->n; i++) {
        const char *nul = memchr(p, '\0', (size_t)(end - p));
        if (nul == NULL || !text_is_utf8(p, (size_t)(nul - p))) {
            return false;
        }
        out->cells[i] = p;
        p = nul + 1;
    }
    return p == end;
}

int
import_rows_next(struct import_rows *r, struct arena *a, struct import_cells *out)
{
    struct head h;
    size_t left = (size_t)(r->end - r->p);
    if (left == 0) {
        return 0;
    }
    if (left < sizeof h) {
        return -1;
    }
    memcpy(&h, r->p, sizeof h);
    if (h.size > left - sizeof h || h.n > TABLE_COLUMNS_MAX || h.n > h.size) {
        return -1;
    }
    *out = (struct import_cells){h.line, h.n, ARENA_ARRAY(a, const char *, h.n + 1)};
    const char *body = r->p + sizeof h;
    r->p = body + h.size;
    return split(body, h.size, out) ? 1 : -1;
}
