// SPDX-License-Identifier: Apache-2.0
// The catalogue as an open-addressing hash, built once at start and read by every thread
// without locks afterwards.
#include "view/language.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CATALOGUE_MAX = 16 * 1024 * 1024 };

struct entry {
    const char *chinese;
    const char *other;
};

static struct {
    struct arena *arena;
    struct entry *slots; // a power of two of them, at most half full
    size_t mask;
} catalogue;

// FNV-1a: short keys, no adversary.
static size_t
hash(const char *s)
{
    uint64_t h = 14695981039346656037u;
    for (; *s != '\0'; s++) {
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    }
    return (size_t)(h ^ (h >> 32));
}

static struct entry *
slot_of(struct entry *slots, size_t mask, const char *chinese)
{
    size_t i = hash(chinese) & mask;
    while (slots[i].chinese != NULL && strcmp(slots[i].chinese, chinese) != 0) {
        i = (i + 1) & mask;
    }
    return &slots[i];
}

static bool
fill(struct arena *a, const struct value *map, const char **why)
{
    size_t size = 64;
    while (size < (size_t)map->map.count * 2) {
        size *= 2;
    }
    struct entry *slots = ARENA_ARRAY(a, struct entry, size);
    for (uint32_t i = 0; i < map->map.count; i++) {
        const struct value_pair *p = &map->map.pairs[i];
        if (p->v->type != VALUE_TEXT) {
            *why = "an entry of the catalogue is not text";
            return false;
        }
        if (p->v->n > 0) { // empty: still to be translated
            *slot_of(slots, size - 1, p->key) = (struct entry){p->key, p->v->s};
        }
    }
    catalogue.arena = a;
    catalogue.slots = slots;
    catalogue.mask = size - 1;
    return true;
}

bool
language_load(const char *json, size_t n, const char **why)
{
    struct arena *a = arena_new(CATALOGUE_MAX);
    struct arena *old = catalogue.arena;
    const char *reason = NULL;
    const struct value *map = json_parse(a, json, n, &reason);
    if (map == NULL) {
        // `reason` lives in the arena that goes now.
        static char kept[200];
        size_t len = strnlen(reason, sizeof kept - 1);
        memcpy(kept, reason, len);
        kept[len] = '\0';
        *why = kept;
    } else if (map->type != VALUE_MAP) {
        *why = "the catalogue is not an object";
    } else if (fill(a, map, why)) {
        if (old != NULL) {
            arena_free(old);
        }
        return true;
    }
    arena_free(a);
    return false;
}

const char *
language_translate(void *arg, const char *chinese)
{
    if ((enum language)(uintptr_t)arg != LANG_EN || catalogue.slots == NULL) {
        return NULL;
    }
    return slot_of(catalogue.slots, catalogue.mask, chinese)->other;
}

const char *
tr(enum language l, const char *chinese)
{
    const char *other = language_translate((void *)(uintptr_t)l, chinese);
    return other == NULL ? chinese : other;
}

// English counts: beside "{0} 个工作日" may stand "{0} 个工作日|one", for when {0} is 1.
static const char *
counted(struct arena *a, enum language l, const char *chinese, const char *first)
{
    const char *one = NULL;
    if (l == LANG_EN && first != NULL && strcmp(first, "1") == 0) {
        one = language_translate((void *)(uintptr_t)l, arena_printf(a, "%s|one", chinese));
    }
    return one != NULL ? one : tr(l, chinese);
}

const char *
trf(struct arena *a, enum language l, const char *chinese, size_t n, ...)
{
    const char *args[10];
    va_list ap;
    va_start(ap, n);
    for (size_t i = 0; i < n && i < 10; i++) {
        args[i] = va_arg(ap, const char *);
    }
    va_end(ap);
    struct buf b;
    buf_init(&b, a, 128, 1024 * 1024);
    const char *s = counted(a, l, chinese, n > 0 ? args[0] : NULL);
    for (const char *p; (p = strchr(s, '{')) != NULL;) {
        size_t i = (size_t)(p[1] - '0');
        bool place = p[1] >= '0' && p[1] <= '9' && p[2] == '}' && i < n;
        buf_put(&b, s, (size_t)(p - s));
        if (place) {
            buf_puts(&b, args[i] == NULL ? "" : args[i]);
        } else {
            buf_putc(&b, '{');
        }
        s = p + (place ? 3 : 1);
    }
    buf_puts(&b, s);
    return buf_str(&b);
}

const char *
language_tag(enum language l)
{
    return l == LANG_EN ? "en" : "zh-CN";
}

// A quality in thousandths, or -1 when it is not one (RFC 9110 §12.4.2).
static int
quality(const char *s, const char *end)
{
    if (s == end || (*s != '0' && *s != '1')) {
        return -1;
    }
    int q = (*s++ - '0') * 1000;
    if (s < end && *s == '.') {
        s++;
        for (int place = 100; s < end && place > 0; place /= 10, s++) {
            if (*s < '0' || *s > '9') {
                return -1;
            }
            q += (*s - '0') * place;
        }
    }
    return s == end && q <= 1000 ? q : -1;
}

static bool
is_range(const char *s, size_t n, const char *language)
{
    size_t len = strlen(language);
    return n >= len && strncasecmp(s, language, len) == 0 && (n == len || s[len] == '-');
}

// One item, "zh-CN;q=0.8": raises the quality of the language it names. 0 refuses.
static void
weigh(const char *s, const char *end, int best[LANG_COUNT], int *any)
{
    const char *semi = memchr(s, ';', (size_t)(end - s));
    const char *tag_end = semi == NULL ? end : semi;
    while (s < tag_end && (*s == ' ' || *s == '\t')) {
        s++;
    }
    while (tag_end > s && (tag_end[-1] == ' ' || tag_end[-1] == '\t')) {
        tag_end--;
    }
    int q = 1000;
    if (semi != NULL) {
        const char *p = semi + 1;
        while (p < end && (*p == ' ' || *p == '\t')) {
            p++;
        }
        while (end > p && (end[-1] == ' ' || end[-1] == '\t')) {
            end--;
        }
        bool named = end - p >= 2 && (p[0] == 'q' || p[0] == 'Q') && p[1] == '=';
        q = named ? quality(p + 2, end) : -1;
    }
    size_t n = (size_t)(tag_end - s);
    static const char *const names[LANG_COUNT] = {[LANG_ZH] = "zh", [LANG_EN] = "en"};
    for (int l = 0; q >= 0 && l < LANG_COUNT; l++) {
        if (is_range(s, n, names[l]) && q > best[l]) {
            best[l] = q;
        }
    }
    if (n == 1 && s[0] == '*' && q > *any) {
        *any = q;
    }
}

enum language
language_from_header(const char *accept)
{
    if (accept == NULL) {
        return LANG_ZH;
    }
    int best[LANG_COUNT] = {-1, -1};
    int any = -1;
    for (const char *s = accept;;) {
        const char *end = s + strcspn(s, ",");
        weigh(s, end, best, &any);
        if (*end == '\0') {
            break;
        }
        s = end + 1;
    }
    for (int l = 0; l < LANG_COUNT; l++) {
        if (best[l] < 0) {
            best[l] = any;
        }
    }
    return best[LANG_EN] > best[LANG_ZH] && best[LANG_EN] > 0 ? LANG_EN : LANG_ZH;
}
