// SPDX-License-Identifier: Apache-2.0
// The router: a trie with one level a path segment. Literal children are sorted by their text
// as routes are added, so a look-up is a few binary searches and touches no lock.
#include "http/http.h"

#include <string.h>

enum { METHODS = 6, PARAMS_MAX = 8, SEGMENTS_MAX = 16 };

struct leaf {
    const void *target; // NULL: this method is not routed here
    const char *names[PARAMS_MAX];
};

struct node {
    const char *text; // the literal segment; unused at the root and at a parameter
    size_t length;
    struct node **literals; // sorted by memcmp, then by length
    size_t count;
    struct node *param;
    struct leaf *leaves; // METHODS of them, or NULL where no pattern ends
};

struct http_router {
    struct arena *arena;
    struct node root;
    bool broken;
};

struct segment {
    const char *p;
    size_t n;
};

// Everything one look-up carries down the trie and back.
struct walk {
    const char *path;
    int method;
    struct segment values[PARAMS_MAX];
    size_t depth; // parameters bound on the way to here
    const struct leaf *found;
    size_t found_params;
    struct segment found_values[PARAMS_MAX];
    unsigned allowed;
};

struct http_router *
http_router_new(struct arena *a)
{
    struct http_router *r = ARENA_NEW(a, struct http_router);
    r->arena = a;
    return r;
}

static int
method_index(enum http_method m)
{
    switch (m) {
    case HTTP_GET:
        return 0;
    case HTTP_POST:
        return 1;
    case HTTP_PATCH:
        return 2;
    case HTTP_PUT:
        return 3;
    case HTTP_DELETE:
        return 4;
    case HTTP_OTHER:
        return 5;
    }
    return -1;
}

static int
compare(const struct node *n, const char *p, size_t length)
{
    size_t shorter = n->length < length ? n->length : length;
    int c = memcmp(n->text, p, shorter);
    return c != 0 ? c : (n->length > length) - (n->length < length);
}

// The position of the literal, or where it belongs.
static size_t
literal_position(const struct node *n, const char *p, size_t length, bool *exact)
{
    size_t lo = 0, hi = n->count;
    *exact = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = compare(n->literals[mid], p, length);
        if (c == 0) {
            *exact = true;
            return mid;
        }
        if (c < 0) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

static struct node *
literal_child(struct arena *a, struct node *n, const char *p, size_t length)
{
    bool exact;
    size_t at = literal_position(n, p, length, &exact);
    if (exact) {
        return n->literals[at];
    }
    struct node *child = ARENA_NEW(a, struct node);
    child->text = arena_strndup(a, p, length);
    child->length = length;
    struct node **grown = ARENA_ARRAY(a, struct node *, n->count + 1);
    for (size_t i = 0; i < n->count; i++) {
        grown[i + (i >= at)] = n->literals[i];
    }
    grown[at] = child;
    n->literals = grown;
    n->count++;
    return child;
}

static bool
fail(struct http_router *r, const char **why, const char *pattern, const char *reason)
{
    r->broken = true;
    *why = arena_printf(r->arena, "route %s: %s", pattern, reason);
    return false;
}

// Walks and extends the trie along the pattern. NULL and *reason when it is malformed.
static struct node *
descend(struct http_router *r, const char *pattern, const char **names, size_t *count,
        const char **reason)
{
    struct node *n = &r->root;
    const char *p = pattern;
    for (unsigned segments = 0; *p == '/'; segments++) {
        p++;
        size_t length = strcspn(p, "/");
        if (segments == SEGMENTS_MAX) {
            *reason = "too many segments";
            return NULL;
        }
        if (length >= 3 && p[0] == '{' && p[length - 1] == '}') {
            if (*count == PARAMS_MAX) {
                *reason = "too many parameters";
                return NULL;
            }
            names[(*count)++] = arena_strndup(r->arena, p + 1, length - 2);
            if (n->param == NULL) {
                n->param = ARENA_NEW(r->arena, struct node);
            }
            n = n->param;
        } else if (memchr(p, '{', length) != NULL || memchr(p, '}', length) != NULL) {
            *reason = "a parameter takes a whole segment";
            return NULL;
        } else {
            n = literal_child(r->arena, n, p, length);
        }
        p += length;
    }
    *reason = "must start with /";
    return *p == '\0' && p != pattern ? n : NULL;
}

bool
http_router_add(struct http_router *r, enum http_method m, const char *pattern,
                const void *target, const char **why)
{
    const char *names[PARAMS_MAX] = {NULL};
    const char *reason = NULL;
    size_t count = 0;
    int method = method_index(m);
    if (r->broken || method < 0 || target == NULL) {
        return fail(r, why, pattern, "no such method, no target, or an earlier conflict");
    }
    struct node *n = descend(r, pattern, names, &count, &reason);
    if (n == NULL) {
        return fail(r, why, pattern, reason);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(names[i], names[k]) == 0) {
                return fail(r, why, pattern, "the same parameter twice");
            }
        }
    }
    if (n->leaves == NULL) {
        n->leaves = ARENA_ARRAY(r->arena, struct leaf, METHODS);
    }
    if (n->leaves[method].target != NULL) {
        return fail(r, why, pattern, "the same method and pattern is routed already");
    }
    n->leaves[method].target = target;
    memcpy(n->leaves[method].names, names, sizeof names);
    return true;
}

static void
arrive(const struct node *n, struct walk *w)
{
    for (int i = 0; i < METHODS && n->leaves != NULL; i++) {
        if (n->leaves[i].target != NULL) {
            w->allowed |= 1U << i;
        }
    }
    if (w->found == NULL && n->leaves != NULL && n->leaves[w->method].target != NULL) {
        w->found = &n->leaves[w->method];
        w->found_params = w->depth;
        memcpy(w->found_values, w->values, sizeof w->values);
    }
}

// Depth first, literal before parameter. Goes on after a path is known but not its method: a
// page at the literal must not hide an action at the parameter, and `allowed` needs them all.
// The depth is bounded by the longest pattern.
static void
search(const struct node *n, const char *p, struct walk *w)
{
    if (*p == '\0') {
        arrive(n, w);
        return;
    }
    p++; // '/'
    size_t length = strcspn(p, "/");
    bool exact;
    size_t at = literal_position(n, p, length, &exact);
    if (exact) {
        search(n->literals[at], p + length, w);
    }
    if (w->found == NULL && n->param != NULL && length > 0 && w->depth < PARAMS_MAX) {
        w->values[w->depth++] = (struct segment){p, length};
        search(n->param, p + length, w);
        w->depth--;
    }
}

struct http_match
http_router_find(const struct http_router *r, struct arena *a, enum http_method m,
                 const char *path)
{
    struct http_match match = {0};
    struct walk w = {.method = method_index(m)};
    if (r->broken || w.method < 0 || path[0] != '/') {
        return match;
    }
    search(&r->root, path, &w);
    match.allowed = w.allowed;
    if (w.found == NULL) {
        return match;
    }
    match.target = w.found->target;
    match.count = w.found_params;
    for (size_t i = 0; i < w.found_params; i++) {
        match.params[i].name = w.found->names[i];
        match.params[i].value = arena_strndup(a, w.found_values[i].p, w.found_values[i].n);
    }
    return match;
}
