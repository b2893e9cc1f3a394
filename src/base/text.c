// SPDX-License-Identifier: Apache-2.0
// Text is checked once where it enters; the functions here then rely on well-formed UTF-8
// and still never run past the end of text that is not.
#include "base/text.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

bool
text_is_utf8(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s;
    const unsigned char *end = p + n;
    while (p < end) {
        unsigned char c = *p++;
        if (c < 0x80) {
            if (c == 0) {
                return false;
            }
            continue;
        }
        size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
        if (c < 0xC2 || c > 0xF4 || (size_t)(end - p) < more) {
            return false;
        }
        // The second byte excludes overlongs, surrogates and what lies past U+10FFFF.
        unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
        unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
        if (*p < low || *p > high) {
            return false;
        }
        for (size_t i = 1; i < more; i++) {
            if ((p[i] & 0xC0) != 0x80) {
                return false;
            }
        }
        p += more;
    }
    return true;
}

// The code point at s and its length in bytes; a stray byte stands for itself.
static uint32_t
decode(const char *s, size_t *len)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : p[0] >= 0xC0 ? 2 : 1;
    uint32_t c = n == 1 ? p[0] : p[0] & (0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            *len = 1;
            return p[0];
        }
        c = c << 6 | (p[i] & 0x3FU);
    }
    *len = n;
    return c;
}

// Bytes that neither begin nor are a control character, white space or a mark of direction:
// printable ASCII but the blank, and the parts of all longer characters but those that begin
// with C2 (U+0080 …), E2 (U+2000 …), E3 (U+3000 …) and EF (U+F000 …).
static const unsigned char PLAIN[256] = {
    [0x21 ... 0x7E] = 1, [0x80 ... 0xC1] = 1, [0xC3 ... 0xE1] = 1,
    [0xE4 ... 0xEE] = 1, [0xF0 ... 0xFF] = 1,
};

static size_t
plain_run(const char *s)
{
    size_t n = 0;
    while (PLAIN[(unsigned char)s[n]] != 0) {
        n++;
    }
    return n;
}

bool
text_has_control(const char *s, bool lines)
{
    size_t len;
    for (s += plain_run(s); *s != '\0'; s += len, s += plain_run(s)) {
        uint32_t c = decode(s, &len);
        bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
        bool allowed = lines && (c == '\n' || c == '\t');
        bool override = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
        if ((control && !allowed) || override) {
            return true;
        }
    }
    return false;
}

static bool
starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

size_t
text_length(const char *s)
{
    size_t n = 0, size = strlen(s);
    for (size_t i = 0; i < size; i++) {
        n += starts_character(s[i]);
    }
    return n;
}

size_t
text_prefix(const char *s, size_t chars)
{
    const char *p = s;
    for (; *p != '\0'; p++) {
        if (starts_character(*p) && chars-- == 0) {
            break;
        }
    }
    return (size_t)(p - s);
}

const char *
text_ellipsis(struct arena *a, const char *s, size_t chars)
{
    size_t all = text_prefix(s, chars);
    if (s[all] == '\0') {
        return arena_strndup(a, s, all);
    }
    if (chars == 0) {
        return "";
    }
    return arena_printf(a, "%.*s…", (int)text_prefix(s, chars - 1), s);
}

enum space { SPACE_NONE, SPACE_BLANK, SPACE_LINE, SPACE_INVISIBLE };

static enum space
space_of(uint32_t c)
{
    switch (c) {
    case '\n':
    case '\r':
    case 0x85:
    case 0x2028:
    case 0x2029:
        return SPACE_LINE;
    case 0x200B:
    case 0xFEFF:
        return SPACE_INVISIBLE;
    case ' ':
    case '\t':
    case '\v':
    case '\f':
    case 0xA0:
    case 0x202F:
    case 0x205F:
    case 0x3000:
        return SPACE_BLANK;
    default:
        return c >= 0x2000 && c <= 0x200A ? SPACE_BLANK : SPACE_NONE;
    }
}

const char *
text_tidy(struct arena *a, const char *s, bool lines)
{
    char *out = arena_raw(a, strlen(s) + 1);
    char *p = out;
    char *end = out; // after the last character that is not white space
    size_t len;
    for (; *s != '\0'; s += len) {
        len = plain_run(s);
        enum space space = len > 0 ? SPACE_NONE : space_of(decode(s, &len));
        if (space == SPACE_NONE) {
            memcpy(p, s, len);
            p += len;
            end = p;
        } else if (space == SPACE_INVISIBLE || p == out) {
            continue;
        } else if (!lines) {
            p = end;
            *p++ = ' ';
        } else if (space == SPACE_LINE) {
            len += s[0] == '\r' && s[1] == '\n';
            *p++ = '\n';
        } else {
            memcpy(p, s, len);
            p += len;
        }
    }
    *end = '\0';
    return out;
}

const char *
text_mask(struct arena *a, const char *s)
{
    enum { STARS_MAX = 8 };
    if (text_is_mobile(s)) {
        char *mask = arena_strndup(a, s, 11); // lists make one a row: nothing slow
        memset(mask + 3, '*', 4);
        return mask;
    }
    size_t chars = text_length(s);
    if (chars < 2) {
        return chars == 0 ? "" : "*";
    }
    // Of two characters the last is hidden too, or nothing would be.
    size_t stars = chars == 2 ? 1 : chars - 2 < STARS_MAX ? chars - 2 : STARS_MAX;
    const char *last = chars == 2 ? "" : s + text_prefix(s, chars - 1);
    return arena_printf(a, "%.*s%.*s%s", (int)text_prefix(s, 1), s, (int)stars, "********",
                        last);
}

bool
text_is_mobile(const char *s)
{
    if (s == NULL || s[0] != '1' || s[1] < '3' || s[1] > '9') {
        return false;
    }
    return strspn(s, "0123456789") == 11 && s[11] == '\0';
}

const char *
text_join(struct arena *a, const char *one, const char *other)
{
    size_t n = strlen(one), m = strlen(other);
    char *out = arena_raw(a, n + m + 2);
    memcpy(out, one, n);
    out[n] = ' ';
    memcpy(out + n + 1, other, m);
    out[n + 1 + m] = '\0';
    return out;
}

bool
text_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s);
    size_t m = strlen(suffix);
    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

bool
text_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool
text_list_has(const char *list, const char *word)
{
    size_t n = word == NULL ? 0 : strlen(word);
    if (list == NULL || n == 0) {
        return false;
    }
    while (*list != '\0') {
        size_t m = strcspn(list, " ");
        if (m == n && memcmp(list, word, n) == 0) {
            return true;
        }
        list += m + strspn(list + m, " ");
    }
    return false;
}

bool
text_to_int(const char *s, int64_t *out)
{
    if (s == NULL) {
        return false;
    }
    bool negative = *s == '-';
    s += negative;
    if (*s == '\0') {
        return false;
    }
    int64_t v = 0; // collected below zero, where there is one number more
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9' || __builtin_mul_overflow(v, INT64_C(10), &v) ||
            __builtin_sub_overflow(v, (int64_t)(*s - '0'), &v)) {
            return false;
        }
    }
    if (!negative && v == INT64_MIN) {
        return false;
    }
    *out = negative ? v : -v;
    return true;
}

const char *
text_hex(struct arena *a, const void *p, size_t n)
{
    static const char HEX[] = "0123456789abcdef";
    const unsigned char *bytes = p;
    char *out = arena_raw(a, n * 2 + 1);
    for (size_t i = 0; i < n; i++) {
        out[i * 2] = HEX[bytes[i] >> 4];
        out[i * 2 + 1] = HEX[bytes[i] & 15];
    }
    out[n * 2] = '\0';
    return out;
}

const char *
text_lower(struct arena *a, const char *s)
{
    char *out = arena_strdup(a, s);
    for (char *p = out; p != NULL && *p != '\0'; p++) {
        if (*p >= 'A' && *p <= 'Z') {
            *p = (char)(*p + ('a' - 'A'));
        }
    }
    return out;
}

const char *
text_upper(struct arena *a, const char *s)
{
    char *out = arena_strdup(a, s);
    for (char *p = out; p != NULL && *p != '\0'; p++) {
        if (*p >= 'a' && *p <= 'z') {
            *p = (char)(*p - ('a' - 'A'));
        }
    }
    return out;
}

const char *
text_grouped(struct arena *a, const char *number)
{
    size_t whole = strcspn(number, "."), n = 0;
    size_t sign = *number == '-' ? 1 : 0;
    char *out = ARENA_ARRAY(a, char, strlen(number) + whole / 3 + 1);
    for (size_t i = 0; number[i] != '\0'; i++) {
        if (i > sign && i < whole && (whole - i) % 3 == 0) {
            out[n++] = ',';
        }
        out[n++] = number[i];
    }
    out[n] = '\0';
    return out;
}
