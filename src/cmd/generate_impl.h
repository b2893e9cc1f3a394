// SPDX-License-Identifier: Apache-2.0
// Private to generate*.c: chance, and the roster of an invented district.
#ifndef CMD_GENERATE_IMPL_H
#define CMD_GENERATE_IMPL_H

#include "cmd/cmd.h"

// SplitMix64: small, fast, the same everywhere.
struct chance {
    uint64_t state;
};
static inline uint64_t
chance_next(struct chance *g)
{
    uint64_t z = (g->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}
static inline int64_t
chance_below(struct chance *g, int64_t n)
{
    return n <= 0 ? 0 : (int64_t)(chance_next(g) % (uint64_t)n);
}
static inline bool
chance_percent(struct chance *g, int p)
{
    return chance_below(g, 100) < p;
}
// One of a list that ends with NULL.
static inline const char *
chance_any(struct chance *g, const char *const *list)
{
    int64_t n = 0;
    while (list[n] != NULL) {
        n++;
    }
    return list[chance_below(g, n)];
}

// What enterprises are invented from.
enum { GENERATE_CHAMBERS_MOST = 64, GENERATE_YEARS = 5 };
struct firm_maker {
    struct chance chance;
    int64_t chambers[GENERATE_CHAMBERS_MOST]; // ids, in the order of GENERATE_CHAMBERS
    int64_t first_code;                       // serial number of the first one's code
    int64_t count;                            // of enterprises in all
    int64_t now;
};

// generate_firm.c: an enterprise with all that hangs on it. Inventing takes no transaction;
// putting in takes no chance, and may run again.
struct firm;
struct firm *firm_invent(struct firm_maker *m, struct arena *a, int64_t serial);
enum err firm_put(struct ctx *c, struct firm *f);

// generate_roster.c: chambers as GENERATE_CHAMBERS names them, where there are none by these
// codes; then the enterprises, the next batch being invented while one is written. False after
// having said why.
bool generate_roster(struct district *d, int64_t enterprises, uint64_t seed, int64_t now);
extern const struct db_stmt GENERATE_CHAMBER, GENERATE_CODES;

#endif
