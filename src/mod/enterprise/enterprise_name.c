// SPDX-License-Identifier: Apache-2.0
// Names of enterprises without what every name has, so that two spellings of one can be
// compared. language: data
#include "mod/enterprise/enterprise.h"

#include "base/text.h"
#include "mod/enterprise/region.h"

#include <string.h>

enum { CORE_LEAST = 2 };

static const char *const FORMS[] = {"有限责任公司", "股份有限公司", "集团有限公司", "集团公司",
                                    "有限公司",     "总公司",       "集团",         "公司"};

// One character of UTF-8.
static size_t
char_size(const char *s)
{
    size_t n = 1;
    while (((unsigned char)s[n] & 0xC0) == 0x80) {
        n++;
    }
    return n;
}

// Full-width letters and digits (U+FF01 … U+FF5E) as the plain ones.
static char
plain_letter(const char *s, size_t n)
{
    const unsigned char *u = (const unsigned char *)s;
    if (n == 1) {
        return s[0];
    }
    bool wide = n == 3 && u[0] == 0xEF && (u[1] == 0xBC || (u[1] == 0xBD && u[2] <= 0x9E));
    unsigned code = wide ? ((u[1] & 0x3FU) << 6 | (u[2] & 0x3FU)) - 0xF00U - 0x01U + 0x21U : 0;
    return wide ? (char)code : '\0';
}

char *
enterprise_squeezed(struct arena *a, const char *name)
{
    static const char *const SILENT[] = {"　", "（", "）", "·",  "•",
                                         "—",  "－", "、", "，", "。"};
    char *out = arena_raw(a, strlen(name) + 1);
    size_t w = 0, n;
    for (const char *p = name; *p != '\0'; p += n) {
        n = char_size(p);
        char c = plain_letter(p, n);
        bool silent = false;
        for (size_t i = 0; i < sizeof SILENT / sizeof *SILENT; i++) {
            silent = silent || (strlen(SILENT[i]) == n && memcmp(SILENT[i], p, n) == 0);
        }
        if (c >= 'a' && c <= 'z') {
            c = (char)(c - 'a' + 'A');
        }
        if (c != '\0' && ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
            out[w++] = c;
        } else if (c == '\0' && !silent) {
            memcpy(out + w, p, n);
            w += n;
        }
    }
    out[w] = '\0';
    return out;
}

// "盐城市" or "盐城" in front.
static const char *
past_place(const char *s, const char *place)
{
    static const char *const KINDS[] = {"省", "市", "区", "县", "自治区"};
    size_t n = place == NULL ? 0 : strlen(place);
    if (n > 0 && strncmp(s, place, n) == 0) {
        return s + n;
    }
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS && n > 0; i++) {
        size_t kind = strlen(KINDS[i]);
        if (n > kind + 3 && text_ends(place, KINDS[i]) && strncmp(s, place, n - kind) == 0) {
            return s + n - kind;
        }
    }
    return s;
}

static const char *
past_region(struct arena *a, const char *s, const char *region, const char *district)
{
    const char *parts[4] = {NULL, NULL, NULL, district};
    if (region != NULL && strlen(region) == 6) {
        parts[0] = region_own_name(arena_printf(a, "%.2s0000", region));
        parts[1] = region_own_name(arena_printf(a, "%.4s00", region));
        parts[2] = region_own_name(region);
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *rest = past_place(s, parts[i]);
        s = text_length(rest) >= CORE_LEAST ? rest : s;
    }
    return s;
}

const char *
enterprise_core_name(struct arena *a, const char *name, const char *region,
                     const char *district)
{
    if (name == NULL) {
        return NULL;
    }
    char *s = enterprise_squeezed(a, name);
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
        size_t n = strlen(s), form = strlen(FORMS[i]);
        // A branch is an enterprise of its own: 分公司 stays.
        bool branch = text_ends(s, "分公司");
        char *cut = s + n - (n > form ? form : n);
        if (!branch && n > form && strcmp(cut, FORMS[i]) == 0) {
            *cut = '\0';
            if (text_length(s) < CORE_LEAST) {
                memcpy(cut, FORMS[i], form);
            }
        }
    }
    const char *core = past_region(a, s, region, district);
    // The place may stand in brackets behind the name, too; then the rest is the name.
    return text_length(core) >= CORE_LEAST ? core : s;
}

enum { NEAR_LEAST = 3, NEAR_MOST = 60 };

bool
enterprise_names_are_near(const char *a, const char *b)
{
    size_t na = text_length(a), nb = text_length(b);
    if (na < NEAR_LEAST || nb < NEAR_LEAST || na > NEAR_MOST || nb > NEAR_MOST ||
        (na > nb ? na - nb : nb - na) > 1) {
        return false;
    }
    while (*a != '\0' && *b != '\0' && char_size(a) == char_size(b) &&
           memcmp(a, b, char_size(a)) == 0) {
        size_t n = char_size(a);
        a += n;
        b += n;
    }
    if (*a == '\0' || *b == '\0') {
        return true; // one ends where the other has at most one more
    }
    const char *x = na >= nb ? a + char_size(a) : a, *y = nb >= na ? b + char_size(b) : b;
    return strcmp(x, y) == 0;
}
