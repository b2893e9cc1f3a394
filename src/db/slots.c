// SPDX-License-Identifier: Apache-2.0
// The prepared statements of one connection of either engine: prepared at their first use, kept
// until the connection ends, with copies for a query inside its own query.
#include "db/engine.h"

#include <stdlib.h>

enum { MOST_TWINS = 16, FIRST_SLOTS = 128 };

static struct db_rows **
slot_of(struct db_rows **slots, unsigned cap, const struct db_stmt *s)
{
    // Statements lie in arrays: the low bits of their addresses say little.
    uint64_t hash = ((uintptr_t)s >> 3) * UINT64_C(0x9e3779b97f4a7c15);
    unsigned i = (unsigned)(hash >> 32) & (cap - 1);
    while (slots[i] != NULL && slots[i]->stmt != s) {
        i = (i + 1) & (cap - 1);
    }
    return &slots[i];
}

static bool
slots_grow(struct db_slots *c)
{
    if (c->used * 2 < c->cap) {
        return true;
    }
    unsigned cap = c->cap == 0 ? FIRST_SLOTS : c->cap * 2;
    struct db_rows **slots = calloc(cap, sizeof(struct db_rows *));
    if (slots == NULL) {
        return false;
    }
    for (unsigned i = 0; i < c->cap; i++) {
        if (c->at[i] != NULL) {
            *slot_of(slots, cap, c->at[i]->stmt) = c->at[i];
        }
    }
    free(c->at);
    c->at = slots;
    c->cap = cap;
    return true;
}

struct db_rows *
db_slots_get(struct db_slots *slots, struct db_tx *tx, const struct db_stmt *s,
             struct db_rows *(*make)(struct db_tx *tx, const struct db_stmt *s))
{
    if (!slots_grow(slots)) {
        db_tx_fail(tx, ERR_UNAVAILABLE);
        return NULL;
    }
    struct db_rows **slot = slot_of(slots->at, slots->cap, s);
    if (*slot == NULL) {
        *slot = make(tx, s);
        slots->used += *slot != NULL;
        return *slot;
    }
    if ((*slot)->sql != db_stmt_sql(s, tx->db->engine)) {
        db_blame(tx, s, ERR_INTERNAL, "changed its text; statements are constant");
        return NULL;
    }
    unsigned n = 0;
    for (struct db_rows *r = *slot; r != NULL; r = r->twin, n++) {
        if (r->state == ROWS_IDLE) {
            return r;
        }
    }
    // Every copy is at work in an outer query: one more, unless something recurses endlessly.
    if (n >= MOST_TWINS) {
        db_blame(tx, s, ERR_INTERNAL, "is open too often at once");
        return NULL;
    }
    struct db_rows *r = make(tx, s);
    if (r != NULL) {
        r->twin = (*slot)->twin;
        (*slot)->twin = r;
    }
    return r;
}

void
db_slots_free(struct db_slots *slots, void (*drop)(struct db_rows *r))
{
    for (unsigned i = 0; i < slots->cap; i++) {
        for (struct db_rows *r = slots->at[i], *twin; r != NULL; r = twin) {
            twin = r->twin;
            drop(r);
        }
    }
    free(slots->at);
    *slots = (struct db_slots){0};
}
