// SPDX-License-Identifier: Apache-2.0
// Maps are small (a row, a page), so an array searched in order beats a hash table and keeps
// the order in which JSON prints the keys.
#include "base/value.h"

#include <assert.h>
#include <string.h>

const struct value value_null = {.type = VALUE_NULL};
const struct value value_true = {.type = VALUE_BOOL, .b = true};
const struct value value_false = {.type = VALUE_BOOL, .b = false};
const struct value value_empty_list = {.type = VALUE_LIST};

static struct value *
value_new(struct arena *a, enum value_type type)
{
    struct value *v = arena_raw(a, sizeof *v);
    *v = (struct value){.type = type};
    return v;
}

struct value *
value_int(struct arena *a, int64_t i)
{
    struct value *v = value_new(a, VALUE_INT);
    v->i = i;
    return v;
}

const struct value *
value_bool(bool b)
{
    return b ? &value_true : &value_false;
}

struct value *
value_dec(struct arena *a, int64_t ten_thousandths)
{
    struct value *v = value_new(a, VALUE_DEC);
    v->i = ten_thousandths;
    return v;
}

struct value *
value_time(struct arena *a, int64_t ms)
{
    struct value *v = value_new(a, VALUE_TIME);
    v->i = ms;
    return v;
}

const struct value *
value_ref(struct arena *a, const char *s)
{
    if (s == NULL) {
        return &value_null;
    }
    struct value *v = value_new(a, VALUE_TEXT);
    v->s = s;
    v->n = strlen(s);
    return v;
}

const struct value *
value_text(struct arena *a, const char *s)
{
    return value_ref(a, arena_strdup(a, s));
}

struct value *
value_list(struct arena *a)
{
    return value_new(a, VALUE_LIST);
}

struct value *
value_map(struct arena *a)
{
    return value_new(a, VALUE_MAP);
}

struct value *
value_map_of(struct arena *a, const struct value_pair *pairs, uint32_t n)
{
    struct value *v = value_map(a);
    v->map.count = n;
    v->map.cap = n;
    v->map.pairs = arena_memdup(a, pairs, n * sizeof *pairs);
    return v;
}

struct value *
value_map_again(struct arena *a, const struct value *map)
{
    enum { ROOM = 8 };
    struct value *v = value_map(a);
    uint32_t n = map->map.count;
    v->map.cap = n + ROOM;
    v->map.pairs = arena_raw(a, v->map.cap * sizeof *v->map.pairs);
    if (n > 0) {
        memcpy(v->map.pairs, map->map.pairs, n * sizeof *v->map.pairs);
    }
    v->map.count = n;
    return v;
}

struct value *
value_copy(struct arena *a, const struct value *v)
{
    if (v->type == VALUE_MAP) {
        struct value *m = value_map(a);
        for (uint32_t i = 0; i < v->map.count; i++) {
            value_set(a, m, arena_strdup(a, v->map.pairs[i].key),
                      value_copy(a, v->map.pairs[i].v));
        }
        return m;
    }
    if (v->type == VALUE_LIST) {
        struct value *list = value_list(a);
        for (size_t i = 0; i < value_count(v); i++) {
            value_push(a, list, value_copy(a, value_at(v, i)));
        }
        return list;
    }
    struct value *one = arena_memdup(a, v, sizeof *v);
    if (v->type == VALUE_TEXT) {
        one->s = arena_strndup(a, v->s, v->n);
    }
    return one;
}

struct value *
value_lambda_new(struct arena *a, value_lambda fn, void *arg)
{
    struct value *v = value_new(a, VALUE_LAMBDA);
    v->lambda.fn = fn;
    v->lambda.arg = arg;
    return v;
}

void
value_push(struct arena *a, struct value *list, const struct value *v)
{
    assert(list->type == VALUE_LIST);
    if (list->list.count == list->list.cap) {
        uint32_t cap = list->list.cap == 0 ? 8 : list->list.cap * 2;
        const struct value **items = arena_raw(a, sizeof *items * cap);
        if (list->list.count > 0) {
            memcpy(items, list->list.items, sizeof *items * list->list.count);
        }
        list->list.items = items;
        list->list.cap = cap;
    }
    list->list.items[list->list.count++] = v;
}

static struct value_pair *
find(const struct value *map, const char *key, uint64_t tag)
{
    for (uint32_t i = 0; i < map->map.count; i++) {
        struct value_pair *p = &map->map.pairs[i];
        if (value_is_key(p, key, tag)) {
            return p;
        }
    }
    return NULL;
}

void
value_set_tagged(struct arena *a, struct value *map, const char *key, uint64_t tag,
                 const struct value *v)
{
    assert(map->type == VALUE_MAP);
    struct value_pair *p = find(map, key, tag);
    if (p != NULL) {
        p->v = v;
        return;
    }
    if (map->map.count == map->map.cap) {
        uint32_t cap = map->map.cap == 0 ? 16 : map->map.cap * 2;
        struct value_pair *pairs = arena_raw(a, sizeof *pairs * cap);
        if (map->map.count > 0) {
            memcpy(pairs, map->map.pairs, sizeof *pairs * map->map.count);
        }
        map->map.pairs = pairs;
        map->map.cap = cap;
    }
    map->map.pairs[map->map.count++] = (struct value_pair){key, v, tag};
}

const struct value *
value_get_tagged(const struct value *v, const char *key, uint64_t tag)
{
    if (v == NULL || v->type != VALUE_MAP) {
        return NULL;
    }
    const struct value_pair *p = find(v, key, tag);
    return p == NULL ? NULL : p->v;
}

const struct value *
value_find_near(const struct value *v, const char *key, uint64_t tag, uint32_t *at)
{
    if (v == NULL || v->type != VALUE_MAP) {
        return NULL;
    }
    const struct value_pair *p = find(v, key, tag);
    if (p == NULL) {
        return NULL;
    }
    *at = (uint32_t)(p - v->map.pairs);
    return p->v;
}

bool
value_is_truthy(const struct value *v)
{
    if (v == NULL) {
        return false;
    }
    switch (v->type) {
    case VALUE_NULL:
        return false;
    case VALUE_BOOL:
        return v->b;
    case VALUE_LIST:
        return v->list.count > 0;
    case VALUE_INT:
    case VALUE_DEC:
    case VALUE_TIME:
    case VALUE_TEXT:
    case VALUE_MAP:
    case VALUE_LAMBDA:
        return true;
    }
    return true;
}

size_t
value_count(const struct value *v)
{
    return v != NULL && v->type == VALUE_LIST ? v->list.count : 0;
}

const struct value *
value_at(const struct value *v, size_t i)
{
    return i < value_count(v) ? v->list.items[i] : NULL;
}

static bool
list_equal(const struct value *a, const struct value *b)
{
    if (a->list.count != b->list.count) {
        return false;
    }
    for (uint32_t i = 0; i < a->list.count; i++) {
        if (!value_equal(a->list.items[i], b->list.items[i])) {
            return false;
        }
    }
    return true;
}

static bool
map_equal(const struct value *a, const struct value *b)
{
    if (a->map.count != b->map.count) {
        return false;
    }
    for (uint32_t i = 0; i < a->map.count; i++) {
        const struct value *other = value_get(b, a->map.pairs[i].key);
        if (other == NULL || !value_equal(a->map.pairs[i].v, other)) {
            return false;
        }
    }
    return true;
}

bool
value_equal(const struct value *a, const struct value *b)
{
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->b == b->b;
    case VALUE_INT:
    case VALUE_DEC:
    case VALUE_TIME:
        return a->i == b->i;
    case VALUE_TEXT:
        return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
    case VALUE_LIST:
        return list_equal(a, b);
    case VALUE_MAP:
        return map_equal(a, b);
    case VALUE_LAMBDA:
        return a->lambda.fn == b->lambda.fn && a->lambda.arg == b->lambda.arg;
    }
    return false;
}
