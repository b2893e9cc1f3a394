// SPDX-License-Identifier: Apache-2.0
// The one value that travels between layers: what a rule answers, what a page shows, what
// the API prints. Lives in an arena. Text is UTF-8, NUL-terminated, never NULL inside a value.
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
    VALUE_NULL, // unknown or absent; never zero, never no
    VALUE_BOOL,
    VALUE_INT,
    VALUE_DEC,  // decimal with four places, `i` holds ten-thousandths: compares exactly
    VALUE_TIME, // `i` is milliseconds UTC; JSON prints RFC 3339 with +08:00
    VALUE_TEXT,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_LAMBDA, // a page helper: mustache calls it (view/mustache.h); JSON prints null
};

struct value;

struct value_pair {
    const char *key; // static or in the arena
    const struct value *v;
    uint64_t tag; // value_tag(key)
};

// The first eight letters of a name as one number: enough to tell nearly all names apart, and
// the whole of a name that is shorter.
static inline uint64_t
value_tag(const char *key)
{
    uint64_t tag = 0;
    for (unsigned shift = 0; shift < 64 && *key != '\0'; shift += 8, key++) {
        tag |= (uint64_t)(unsigned char)*key << shift;
    }
    return tag;
}

static inline bool
value_is_key(const struct value_pair *p, const char *key, uint64_t tag)
{
    return p->tag == tag &&
           (p->key == key || tag >> 56 == 0 || __builtin_strcmp(p->key, key) == 0);
}

struct buf;
// Appends what the section {{#name}}text{{/name}} becomes; see view/mustache.h.
typedef void (*value_lambda)(struct buf *out, const char *text, void *arg);

struct value {
    enum value_type type;
    union {
        bool b;
        int64_t i;
        struct {
            const char *s;
            size_t n;
        };
        struct {
            const struct value **items;
            uint32_t count;
            uint32_t cap;
        } list;
        struct {
            struct value_pair *pairs; // in the order they were set
            uint32_t count;
            uint32_t cap;
        } map;
        struct {
            value_lambda fn;
            void *arg;
        } lambda;
    };
};

extern const struct value value_null, value_true, value_false, value_empty_list;

struct value *value_int(struct arena *a, int64_t i);
const struct value *value_bool(bool b);
// Decimal from ten-thousandths: value_dec(a, 1208000) is 120.8.
struct value *value_dec(struct arena *a, int64_t ten_thousandths);
// A moment, milliseconds UTC.
struct value *value_time(struct arena *a, int64_t ms);
// Copies the text; NULL gives value_null.
const struct value *value_text(struct arena *a, const char *s);
// Keeps the pointer: for literals and text already in the arena. NULL gives value_null.
const struct value *value_ref(struct arena *a, const char *s);
struct value *value_list(struct arena *a);
struct value *value_map(struct arena *a);
// A map of n pairs with different keys, copied. Pairs are written with VALUE_PAIR.
struct value *value_map_of(struct arena *a, const struct value_pair *pairs, uint32_t n);
// A map of its own with the same members.
struct value *value_map_again(struct arena *a, const struct value *map);
// The whole of it, down to keys and texts, for what outlives the arena it stands in. No
// lambdas.
struct value *value_copy(struct arena *a, const struct value *v);
struct value *value_lambda_new(struct arena *a, value_lambda fn, void *arg);

#define VALUE_PAIR(key, v)                                                                     \
    {                                                                                          \
        (key), (v), value_tag(key)                                                             \
    }

void value_push(struct arena *a, struct value *list, const struct value *v);
void value_set_tagged(struct arena *a, struct value *map, const char *key, uint64_t tag,
                      const struct value *v);
const struct value *value_get_tagged(const struct value *v, const char *key, uint64_t tag);
const struct value *value_find_near(const struct value *v, const char *key, uint64_t tag,
                                    uint32_t *at);

// Sets or replaces. The key is kept, not copied. Inline, as those below, because the tag of a
// literal is then a constant.
static inline void
value_set(struct arena *a, struct value *map, const char *key, const struct value *v)
{
    value_set_tagged(a, map, key, value_tag(key), v);
}
static inline void
value_set_int(struct arena *a, struct value *map, const char *key, int64_t i)
{
    value_set(a, map, key, value_int(a, i));
}
static inline void
value_set_bool(struct arena *a, struct value *map, const char *key, bool b)
{
    value_set(a, map, key, value_bool(b));
}
// value_ref semantics: the text is kept, not copied; NULL sets null.
static inline void
value_set_text(struct arena *a, struct value *map, const char *key, const char *s)
{
    value_set(a, map, key, value_ref(a, s));
}

// NULL when v is not a map or has no such key.
static inline const struct value *
value_get(const struct value *v, const char *key)
{
    return value_get_tagged(v, key, value_tag(key));
}
// The same for walks over maps that are built alike: `at` is where it was found last time.
static inline const struct value *
value_get_near(const struct value *v, const char *key, uint32_t *at)
{
    uint64_t tag = value_tag(key);
    if (v != NULL && v->type == VALUE_MAP && *at < v->map.count &&
        value_is_key(&v->map.pairs[*at], key, tag)) {
        return v->map.pairs[*at].v;
    }
    return value_find_near(v, key, tag, at);
}
// The text of map[key], or NULL when absent or not text.
static inline const char *
value_get_text(const struct value *v, const char *key)
{
    const struct value *m = value_get(v, key);
    return m != NULL && m->type == VALUE_TEXT ? m->s : NULL;
}
// map[key] as integer or time, or `otherwise` when absent or not an integer.
static inline int64_t
value_get_int(const struct value *v, const char *key, int64_t otherwise)
{
    const struct value *m = value_get(v, key);
    bool number = m != NULL && (m->type == VALUE_INT || m->type == VALUE_TIME);
    return number ? m->i : otherwise;
}
// True only for boolean true.
static inline bool
value_get_bool(const struct value *v, const char *key)
{
    const struct value *m = value_get(v, key);
    return m != NULL && m->type == VALUE_BOOL && m->b;
}
// Mustache truth: null, false and the empty list are not.
bool value_is_truthy(const struct value *v);
size_t value_count(const struct value *v);
const struct value *value_at(const struct value *v, size_t i);
bool value_equal(const struct value *a, const struct value *b);

#endif
