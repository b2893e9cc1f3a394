// SPDX-License-Identifier: Apache-2.0
// Shared by the three parts of the template engine: mustache_parse.c makes trees of sources,
// mustache.c joins trees into one flat program, mustache_render.c runs it.
#ifndef VIEW_MUSTACHE_IMPL_H
#define VIEW_MUSTACHE_IMPL_H

#include "view/context.h"
#include "view/mustache.h"

#include <stdatomic.h>

struct slice {
    const char *p;
    size_t n;
};

// --- trees, alive only while a template is parsed ---

enum node_kind {
    NODE_TEXT,
    NODE_NEWLINE,
    NODE_LINE, // the start of a line that is not only tags: indentation goes here
    NODE_VARIABLE,
    NODE_RAW,
    NODE_SECTION,
    NODE_INVERTED,
    NODE_CLOSE,
    NODE_PARTIAL,
    NODE_PARENT,
    NODE_BLOCK,
    NODE_COMMENT,
};

struct node {
    enum node_kind kind;
    bool standalone;     // its line held nothing else and is gone
    uint32_t line;       // 1 …
    const char *file;    // name of the template
    struct slice text;   // literal, or the name in a tag
    struct slice margin; // white space in front, when nothing else is
    struct slice inner;  // NODE_BLOCK, standalone: margin of the first line inside
    struct slice source; // the tag in the source
    struct slice body;   // NODE_SECTION: the source between the tags
    struct node *children;
    struct node *next;
};

struct node_list {
    struct node *items;
    size_t count;
    size_t cap;
};

// The tree of a source. False and *why on a syntax error. Nodes go to `tmp`, rewritten
// sources (translated marks) to `a`, since lambdas may be handed parts of them.
bool mustache_tree(struct arena *a, struct arena *tmp, const char *name, const char *text,
                   const struct mustache_options *o, struct node **tree, const char **why);

// --- the program ---

enum op_kind {
    OP_TEXT,     // text[at … at + n)
    OP_VARIABLE, // path, escape
    OP_SECTION,  // path; skips to `at`; body is bodies[n]
    OP_INVERTED, // path; skips to `at`
    OP_END,      // of a section: repeats from `at` or leaves
    OP_CALL,     // routines[at]: a partial that includes itself
};

// One name of a dotted path, and where it was found last time: rows of a list are built the
// same way, so the next look is almost always a hit. A stale hint costs one comparison.
struct step {
    const char *key;
    uint64_t tag; // value_tag(key)
    _Atomic uint32_t hint;
};

struct op {
    uint8_t kind;   // enum op_kind
    uint8_t escape; // enum context_escape
    uint16_t steps; // 0: the implicit iterator
    uint32_t step;  // the first
    uint32_t at;
    uint32_t n;
};

struct routine {
    uint32_t start, end;
};

struct place {
    const char *file;
    uint32_t line;
};

struct mustache {
    const struct op *ops;
    uint32_t count;
    unsigned flags;
    struct step *steps;
    const char *text;
    const struct slice *bodies;
    const struct routine *routines;
    const struct place *places; // one per op, for messages
};

#endif
