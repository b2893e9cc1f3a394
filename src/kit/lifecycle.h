// SPDX-License-Identifier: Apache-2.0
// Life cycles as tables: which step leads from which states to which, who may take it, what
// must be filled in. One engine checks the order of things for every kind of record; the state
// is never set any other way.
#ifndef KIT_LIFECYCLE_H
#define KIT_LIFECYCLE_H

#include "kit/ctx.h"
#include "kit/field.h"

struct transition;

// The record a step works on, loaded by the kind inside the transaction. `relations` are bits
// of the kind: what the reader is to this record (its owner, its lead department …).
struct lifecycle_record {
    int64_t id;
    int64_t version;
    const char *state;
    unsigned relations;
    void *data; // the kind's own
};

// NULL when the step may be taken, else the reason as a Chinese sentence.
typedef const char *(*lifecycle_guard)(struct ctx *c, const struct lifecycle_record *r);
// Does it: writes, logs, tells. Re-runnable. The new state is in r->state already.
typedef enum err (*lifecycle_effect)(struct ctx *c, const struct transition *t,
                                     struct lifecycle_record *r);

struct transition {
    const char *name;   // "accept"; NULL ends a table
    const char *label;  // Chinese, the button
    const char *from;   // states, separated by spaces
    const char *to;     // NULL: the state stays (or the effect decides)
    unsigned roles;     // one of these roles …
    unsigned relations; // … and one of these relations; 0 = any that can see the record
    const struct field *needs; // input, NULL none
    lifecycle_guard guard;     // reasons beyond the state (409); NULL none
    lifecycle_effect effect;
    const char *event;       // type in the log
    const char *tone;        // button class: "is-main" "is-warn" …
    const char *consequence; // Chinese sentence: what follows
};

struct lifecycle {
    const char *kind; // "demand"
    const struct transition *steps;
    // Loads the record for the step if the reader may see it: false = not found.
    bool (*load)(struct ctx *c, int64_t id, struct lifecycle_record *out);
};

const struct transition *lifecycle_find(const struct lifecycle *l, const char *name);
// Who and when, without guard or input: may this reader take the step now?
bool lifecycle_may(const struct ctx *c, const struct transition *t,
                   const struct lifecycle_record *r);
// [{name label tone consequence input}] of the steps that are possible now, guards included.
struct value *lifecycle_allowed(struct ctx *c, const struct lifecycle *l,
                                const struct lifecycle_record *r);
// Takes the step: record (404), who (403), state (409, c->extra {"allowed":[names]}), If-Match
// or the input `version` (412), guard (409 with its reason), effect. In a write transaction.
// `*r` is the record afterwards.
enum err lifecycle_step(struct ctx *c, const struct lifecycle *l, const struct transition *t,
                        int64_t id, struct lifecycle_record *r);
// True when the request's If-Match header, or the hidden field `version` of a page, names this
// version or none at all.
bool lifecycle_version_fits(struct ctx *c, int64_t version);

#endif
