// SPDX-License-Identifier: Apache-2.0
// Reading JSON: RFC 8259 to the letter, and stricter where it leaves room. Keys do not repeat,
// text is UTF-8 without U+0000, nothing is nested deeper than 64, and a number is what it says
// or an error: libraries hand decimals out as binary floating point. One pass, values in the
// arena.
#include "base/json.h"

#include "base/block.h"
#include "base/text.h"

#include <stdlib.h>

enum { DEPTH_MAX = 64, PLACES = 4, EXPONENT_MAX = 1000, SEARCHED_KEYS = 32 };

struct parser {
    struct arena *arena;
    const char *text, *at, *end;
    const char *why; // the first fault
    int depth;
    bool loose; // a number that cannot be kept is read as one that no field takes
};

static const struct value *
fail(struct parser *p, const char *why)
{
    p->why = p->why != NULL ? p->why : why;
    return NULL;
}

// ---- numbers ---------------------------------------------------------------------------

// The digits of a number token before its exponent.
struct mantissa {
    int64_t digits;
    int zeros;  // trailing zeros not yet multiplied in
    int places; // digits after the point
    bool wide;  // more significant digits than an integer holds
};

static void
mantissa_add(struct mantissa *m, int digit)
{
    if (digit == 0) {
        m->zeros += m->digits != 0;
        return;
    }
    for (; m->zeros >= 0; m->zeros--) {
        m->wide |= __builtin_mul_overflow(m->digits, INT64_C(10), &m->digits);
    }
    m->zeros = 0;
    m->wide |= __builtin_add_overflow(m->digits, (int64_t)digit, &m->digits);
}

// Reads `[-]digits[.digits][(e|E)[+|-]digits]`, which is_number has seen.
static const char *
read_decimal(const char *s, size_t n, int64_t *out)
{
    struct mantissa m = {0};
    size_t i = n > 0 && s[0] == '-' ? 1 : 0;
    bool negative = i == 1;
    bool fraction = false;
    for (; i < n && s[i] != 'e' && s[i] != 'E'; i++) {
        if (s[i] == '.') {
            fraction = true;
        } else if (s[i] >= '0' && s[i] <= '9') {
            mantissa_add(&m, s[i] - '0');
            m.places += fraction;
        }
    }
    int exponent = 0;
    bool down = i + 1 < n && s[i + 1] == '-';
    for (; i < n && exponent < EXPONENT_MAX; i++) {
        if (s[i] >= '0' && s[i] <= '9') {
            exponent = exponent * 10 + (s[i] - '0');
        }
    }
    if (m.digits == 0) {
        *out = 0;
        return NULL;
    }
    int shift = (down ? -exponent : exponent) - m.places + m.zeros + PLACES;
    if (shift < 0) {
        return "a number has more than four decimals";
    }
    for (; shift > 0 && !m.wide; shift--) {
        m.wide |= __builtin_mul_overflow(m.digits, INT64_C(10), &m.digits);
    }
    *out = m.wide ? 0 : negative ? -m.digits : m.digits;
    return m.wide ? "a number is out of range" : NULL;
}

static size_t
skip_digits(const char *s, size_t n, size_t i)
{
    while (i < n && s[i] >= '0' && s[i] <= '9') {
        i++;
    }
    return i;
}

// The grammar of a number.
static bool
is_number(const char *s, size_t n)
{
    size_t from = n > 0 && s[0] == '-' ? 1 : 0;
    size_t i = skip_digits(s, n, from);
    bool ok = i > from && (s[from] != '0' || i == from + 1);
    if (i < n && s[i] == '.') {
        from = i + 1;
        i = skip_digits(s, n, from);
        ok = ok && i > from;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        from = i + 1;
        from += from < n && (s[from] == '-' || s[from] == '+');
        i = skip_digits(s, n, from);
        ok = ok && i > from;
    }
    return ok && i == n;
}

static bool
is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// A decimal that is whole is an integer: 1.0 and 1 are the same number.
static const struct value *
decimal(struct arena *a, int64_t v)
{
    return v % 10000 == 0 ? value_int(a, v / 10000) : value_dec(a, v);
}

static const struct value *
parse_number(struct parser *p)
{
    enum { ODD = 1000 }; // 0.1 stands for what cannot be kept
    const char *s = p->at, *why = NULL;
    bool real = false;
    int64_t v = 0;
    for (; p->at < p->end && is_number_char(*p->at); p->at++) {
        real |= *p->at == '.' || *p->at == 'e' || *p->at == 'E';
    }
    size_t n = (size_t)(p->at - s);
    if (!is_number(s, n)) {
        p->at = s;
        return fail(p, "not a number");
    }
    if (real) {
        why = read_decimal(s, n, &v);
    } else if (!text_to_int(arena_strndup(p->arena, s, n), &v)) {
        why = "a number is out of range";
    }
    if (why != NULL && !p->loose) {
        return fail(p, why);
    }
    return why != NULL ? decimal(p->arena, ODD)
           : real      ? decimal(p->arena, v)
                       : value_int(p->arena, v);
}

// ---- texts -----------------------------------------------------------------------------

static inline block
ends_run(block b)
{
    return (block)((b < 0x20) | (b == '"') | (b == '\\'));
}

// Past the bytes of a text that stand for themselves.
static const char *
skip_plain(const char *s, const char *end)
{
    block b;
    for (; (size_t)(end - s) >= sizeof b; s += sizeof b) {
        memcpy(&b, s, sizeof b);
        if (block_any(ends_run(b))) {
            break;
        }
    }
    while (s < end && *s != '"' && *s != '\\' && (unsigned char)*s >= 0x20) {
        s++;
    }
    return s;
}

// Four hexadecimal digits, or -1.
static int
read_hex(const char *s, const char *end)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        char c = s + i < end ? s[i] : '\0';
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return -1;
        }
        v = v * 16 + digit;
    }
    return v;
}

static char *
put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (char)(0xE0 | c >> 12);
        } else {
            *out++ = (char)(0xF0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        }
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
    }
    *out++ = (char)(0x80 | (c & 0x3F));
    return out;
}

// After `\u`: one character, of two of them outside of the first plane.
static char *
parse_unicode(struct parser *p, char *out)
{
    int c = read_hex(p->at, p->end);
    if (c <= 0 || (c >= 0xDC00 && c <= 0xDFFF)) {
        fail(p, c == 0 ? "U+0000 in a text" : "\\u is not a character");
        return out;
    }
    p->at += 4;
    if (c >= 0xD800 && c <= 0xDBFF) {
        bool pair = p->end - p->at >= 2 && p->at[0] == '\\' && p->at[1] == 'u';
        int low = pair ? read_hex(p->at + 2, p->end) : -1;
        if (low < 0xDC00 || low > 0xDFFF) {
            fail(p, "half a character");
            return out;
        }
        p->at += 6;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    return put_utf8(out, (unsigned)c);
}

static char *
parse_escape(struct parser *p, char *out)
{
    static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";
    char c = p->at < p->end ? *p->at : '\0';
    const char *known = c == '\0' ? NULL : strchr(FROM, c);
    if (c == 'u') {
        p->at++;
        return parse_unicode(p, out);
    }
    if (known == NULL) {
        fail(p, "no such escape");
        return out;
    }
    p->at++;
    *out++ = TO[known - FROM];
    return out;
}

// The rest of a text that holds escapes; `stop` is where the first run of plain bytes ends.
static char *
parse_escaped(struct parser *p, const char *stop, size_t *n)
{
    const char *last = stop;
    while (last < p->end && *last != '"') {
        last += *last == '\\' && p->end - last > 1 ? 2 : 1;
    }
    char *start = arena_raw(p->arena, (size_t)(last - p->at) + 1); // escapes only get shorter
    char *out = start;
    while (p->why == NULL) {
        memcpy(out, p->at, (size_t)(stop - p->at));
        out += stop - p->at;
        p->at = stop;
        if (stop == p->end || (unsigned char)*stop < 0x20) {
            fail(p, stop == p->end ? "a text without an end" : "a control character");
            return NULL;
        }
        p->at++;
        if (*stop == '"') {
            break;
        }
        out = parse_escape(p, out);
        stop = skip_plain(p->at, p->end);
    }
    *out = '\0';
    *n = (size_t)(out - start);
    return start;
}

// The text that begins at p->at, a quote, in the arena; NULL on a fault.
static const char *
parse_text(struct parser *p, size_t *n)
{
    const char *s = ++p->at, *stop = skip_plain(s, p->end);
    char *text;
    if (stop < p->end && *stop == '"') {
        *n = (size_t)(stop - s);
        text = arena_strndup(p->arena, s, *n);
        p->at = stop + 1;
    } else {
        text = parse_escaped(p, stop, n);
    }
    if (p->why == NULL && !text_is_utf8(text, *n)) {
        fail(p, "not UTF-8");
    }
    return p->why == NULL ? text : NULL;
}

static const struct value *
parse_string(struct parser *p)
{
    size_t n = 0;
    const char *s = parse_text(p, &n);
    if (s == NULL) {
        return NULL;
    }
    struct value *v = arena_raw(p->arena, sizeof *v);
    *v = (struct value){.type = VALUE_TEXT};
    v->s = s;
    v->n = n;
    return v;
}

// ---- lists and objects -----------------------------------------------------------------

static const struct value *parse_value(struct parser *p);

static void
skip_space(struct parser *p)
{
    while (p->at < p->end &&
           (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t')) {
        p->at++;
    }
}

// Takes the character if it is next.
static bool
take(struct parser *p, char c)
{
    skip_space(p);
    if (p->at == p->end || *p->at != c) {
        return false;
    }
    p->at++;
    return true;
}

// After a member: true when another one follows; otherwise it ends here, or is wrong.
static bool
goes_on(struct parser *p, char end)
{
    if (p->why != NULL || take(p, ',')) {
        return p->why == NULL;
    }
    if (!take(p, end)) {
        fail(p, "a comma or the end of the list is missing");
    }
    return false;
}

static const struct value *
parse_list(struct parser *p)
{
    struct value *list = value_list(p->arena);
    p->at++;
    bool more = !take(p, ']');
    while (more) {
        const struct value *v = parse_value(p);
        if (v != NULL) {
            value_push(p->arena, list, v);
        }
        more = goes_on(p, ']');
    }
    return list;
}

static int
compare_keys(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

// Few keys are searched in order; of many the square would be too dear.
static bool
repeats(struct arena *a, const struct value *map)
{
    uint32_t n = map->map.count;
    const struct value_pair *pairs = map->map.pairs;
    if (n <= SEARCHED_KEYS) {
        for (uint32_t i = 1; i < n; i++) {
            for (uint32_t k = 0; k < i; k++) {
                if (value_is_key(&pairs[k], pairs[i].key, pairs[i].tag)) {
                    return true;
                }
            }
        }
        return false;
    }
    const char **keys = arena_raw(a, sizeof *keys * n);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = pairs[i].key;
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    for (uint32_t i = 1; i < n; i++) {
        if (strcmp(keys[i - 1], keys[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Not by value_set, whose search would make an object of many keys cost its square, too.
static void
add_pair(struct arena *a, struct value *map, const char *key, const struct value *v)
{
    if (map->map.count == map->map.cap) {
        uint32_t cap = map->map.cap == 0 ? 8 : map->map.cap * 2;
        struct value_pair *pairs = arena_raw(a, sizeof *pairs * cap);
        if (map->map.count > 0) {
            memcpy(pairs, map->map.pairs, sizeof *pairs * map->map.count);
        }
        map->map.pairs = pairs;
        map->map.cap = cap;
    }
    map->map.pairs[map->map.count++] = (struct value_pair){key, v, value_tag(key)};
}

static const struct value *
parse_member(struct parser *p, const char **key)
{
    size_t n = 0;
    skip_space(p);
    if (p->at == p->end || *p->at != '"') {
        return fail(p, "a key is missing");
    }
    *key = parse_text(p, &n);
    if (*key == NULL) {
        return NULL;
    }
    return take(p, ':') ? parse_value(p) : fail(p, "a colon is missing");
}

static const struct value *
parse_object(struct parser *p)
{
    struct value *map = value_map(p->arena);
    p->at++;
    bool more = !take(p, '}');
    while (more) {
        const char *key = NULL;
        const struct value *v = parse_member(p, &key);
        if (v != NULL) {
            add_pair(p->arena, map, key, v);
        }
        more = goes_on(p, '}');
    }
    return p->why == NULL && repeats(p->arena, map) ? fail(p, "a key stands twice") : map;
}

static const struct value *
parse_word(struct parser *p)
{
    static const struct {
        const char *word;
        size_t n;
        const struct value *v;
    } WORDS[] = {
        {"true", 4, &value_true}, {"false", 5, &value_false}, {"null", 4, &value_null}};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if ((size_t)(p->end - p->at) >= WORDS[i].n &&
            memcmp(p->at, WORDS[i].word, WORDS[i].n) == 0) {
            p->at += WORDS[i].n;
            return WORDS[i].v;
        }
    }
    return fail(p, p->at == p->end ? "it ends too early" : "not JSON");
}

static const struct value *
parse_value(struct parser *p)
{
    skip_space(p);
    char c = p->at < p->end ? *p->at : '\0';
    if (c == '"') {
        return parse_string(p);
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
        return parse_number(p);
    }
    if (c != '{' && c != '[') {
        return parse_word(p);
    }
    if (p->depth == DEPTH_MAX) {
        return fail(p, "nested too deeply");
    }
    p->depth++;
    const struct value *v = c == '{' ? parse_object(p) : parse_list(p);
    p->depth--;
    return v;
}

static const struct value *
parse(struct arena *a, const char *text, size_t n, bool loose, const char **why)
{
    struct parser p = {.arena = a, .text = text, .at = text, .end = text + n, .loose = loose};
    const struct value *v = parse_value(&p);
    skip_space(&p);
    if (p.why == NULL && p.at != p.end) {
        fail(&p, "something follows the end");
    }
    *why = NULL;
    if (p.why != NULL) {
        int line = 1;
        for (const char *s = text; s < p.at; s++) {
            line += *s == '\n';
        }
        *why = arena_printf(a, "line %d: %s", line, p.why);
    }
    return p.why == NULL ? v : NULL;
}

const struct value *
json_parse(struct arena *a, const char *text, size_t n, const char **why)
{
    return parse(a, text, n, false, why);
}

const struct value *
json_parse_input(struct arena *a, const char *text, size_t n, const char **why)
{
    return parse(a, text, n, true, why);
}
