// SPDX-License-Identifier: Apache-2.0
// The registry of pure rules (rules.md): one JSON in, one JSON out, the same for the command
// line, the API and the pages. The kit knows no rule; mod/rules.c hands its table over.
#ifndef KIT_RULE_H
#define KIT_RULE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/value.h"

#include <stdio.h>

struct rule {
    const char *name;
    // Answers in the arena, or adds at least one fault and returns NULL. `in` is always a map.
    const struct value *(*run)(struct arena *a, const struct value *in, struct faults *f);
};

// Sets the table, which must outlive every call; once, before threads start.
void rule_register(const struct rule *rules, size_t n);
const struct rule *rule_find(const char *name); // NULL when there is none
const struct rule *rule_at(size_t i);           // in the order of the table; NULL past its end

// Runs a rule on a parsed input; a list is many inputs, answered by a list in order. The fields
// of faults in a list begin with its index: "[2].from". ERR_OK, ERR_NOT_FOUND (no such rule) or
// ERR_INVALID with faults.
enum err rule_run(struct arena *a, const char *name, const struct value *in, struct faults *f,
                  const struct value **out);
// The same from JSON text to JSON text: `out` receives the result, or problem+json (RFC 9457)
// when the answer is not ERR_OK. Also ERR_BAD_REQUEST when the text is not JSON.
enum err rule_run_json(struct arena *a, const char *name, const char *text, size_t n,
                       struct buf *out);
// The command line: `in` → `out`, or problem+json → `err`. A NULL name lists the names. Exit
// code 0, 2 for bad input or an unknown rule, 1 when the machine fails.
int rule_main(const char *name, FILE *in, FILE *out, FILE *err);

// For rules: adds a fault with a field name put together ("events[3].at"). Returns NULL.
const struct value *rule_fault(struct arena *a, struct faults *f, const char *code,
                               const char *message, const char *field, ...)
    __attribute__((format(printf, 5, 6)));
// Reads one member. A member that is absent or null gives RULE_ABSENT and leaves *out; one of
// the wrong type, not a date, or out of range adds a fault and gives RULE_BAD.
enum rule_read { RULE_ABSENT, RULE_READ, RULE_BAD };
enum rule_read rule_int(struct arena *a, const struct value *in, const char *key, int64_t least,
                        int64_t most, struct faults *f, int64_t *out);
// A decimal of at most four places, not below zero, in ten-thousandths.
enum rule_read rule_decimal(struct arena *a, const struct value *in, const char *key,
                            struct faults *f, int64_t *out);
enum rule_read rule_day(struct arena *a, const struct value *in, const char *key,
                        struct faults *f, int32_t *out);
enum rule_read rule_time(struct arena *a, const struct value *in, const char *key,
                         struct faults *f, int64_t *out);

#endif
