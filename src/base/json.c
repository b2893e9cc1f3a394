// SPDX-License-Identifier: Apache-2.0
// jansson judges the grammar, but hands decimals out as binary floating point. So the number
// tokens are read here from the text, exactly, and matched to jansson's reals by their order,
// which its objects keep.
#include "base/json.h"

#include "base/block.h"
#include "base/text.h"
#include "base/timestamp.h"

#include <jansson.h>

enum { DEPTH_MAX = 64, PLACES = 4, EXPONENT_MAX = 1000 };

// The exact decimals of a document, in order, in ten-thousandths.
struct decimals {
    struct arena *arena;
    int64_t *items;
    size_t count;
    size_t cap;
    size_t next;
    char *loose; // the text itself, where a number out of range is replaced; NULL: an error
};

static void
decimals_push(struct decimals *d, int64_t v)
{
    if (d->count == d->cap) {
        size_t cap = d->cap == 0 ? 16 : d->cap * 2;
        int64_t *items = ARENA_ARRAY(d->arena, int64_t, cap);
        if (d->count > 0) {
            memcpy(items, d->items, sizeof *items * d->count);
        }
        d->items = items;
        d->cap = cap;
    }
    d->items[d->count++] = v;
}

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

// Reads `[-]digits[.digits][(e|E)[+|-]digits]`; what is not well formed is left to jansson.
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
    *out = negative ? -m.digits : m.digits;
    return m.wide ? "a number is out of range" : NULL;
}

static bool
is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static size_t
skip_string(const char *s, size_t n, size_t i)
{
    for (i++; i < n && s[i] != '"'; i++) {
        i += s[i] == '\\';
    }
    return i + 1;
}

static size_t
skip_digits(const char *s, size_t n, size_t i)
{
    while (i < n && s[i] >= '0' && s[i] <= '9') {
        i++;
    }
    return i;
}

// The grammar of a number, for those jansson does not get to see.
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
is_wide_integer(struct arena *a, const char *s, size_t n)
{
    enum { SAFE_DIGITS = 18 };
    int64_t v;
    return n > SAFE_DIGITS && is_number(s, n) && !text_to_int(arena_strndup(a, s, n), &v);
}

// Reads one number token; `real` as jansson will see it. NULL or why not.
static const char *
scan_number(struct decimals *d, size_t at, const char *s, size_t n, bool real)
{
    static const char ODD[] = "0.1"; // what stands for a number that cannot be kept
    int64_t v = 0;
    const char *why = real                              ? read_decimal(s, n, &v)
                      : is_wide_integer(d->arena, s, n) ? "a number is out of range"
                                                        : NULL;
    if (why != NULL && d->loose != NULL && n >= sizeof ODD - 1 && is_number(s, n)) {
        memset(d->loose + at, ' ', n);
        memcpy(d->loose + at, ODD, sizeof ODD - 1);
        v = 1000;
        real = true;
        why = NULL;
    }
    if (why == NULL && real) {
        decimals_push(d, v);
    }
    return why;
}

// Collects the decimals and bounds the depth before jansson sees the text. Text that is not
// JSON may be misread here; jansson then refuses it.
static const char *
scan(const char *s, size_t n, struct decimals *d)
{
    int depth = 0;
    for (size_t i = 0; i < n;) {
        char c = s[i];
        if (c == '"') {
            i = skip_string(s, n, i);
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            size_t from = i;
            bool real = false;
            for (; i < n && is_number_char(s[i]); i++) {
                real |= s[i] == '.' || s[i] == 'e' || s[i] == 'E';
            }
            const char *why = scan_number(d, from, s + from, i - from, real);
            if (why != NULL) {
                return why;
            }
        } else {
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            if (depth > DEPTH_MAX) {
                return "nested too deeply";
            }
            i++;
        }
    }
    return NULL;
}

static const struct value *
convert_text(struct arena *a, const json_t *j)
{
    struct value *v = ARENA_NEW(a, struct value);
    v->type = VALUE_TEXT;
    v->n = json_string_length(j);
    v->s = arena_strndup(a, json_string_value(j), v->n);
    return v;
}

// A decimal that is whole is an integer: 1.0 and 1 are the same number.
static const struct value *
convert_real(struct arena *a, struct decimals *d)
{
    int64_t v = d->next < d->count ? d->items[d->next++] : 0;
    return v % 10000 == 0 ? value_int(a, v / 10000) : value_dec(a, v);
}

static const struct value *convert(struct arena *a, json_t *j, struct decimals *d);

// Filled directly: jansson has refused repeated keys already, and value_set's search would make
// an object of many keys cost its square.
static const struct value *
convert_object(struct arena *a, json_t *j, struct decimals *d)
{
    struct value *map = value_map(a);
    map->map.cap = (uint32_t)json_object_size(j);
    map->map.pairs = ARENA_ARRAY(a, struct value_pair, map->map.cap);
    const char *key;
    json_t *member;
    json_object_foreach(j, key, member)
    {
        struct value_pair *p = &map->map.pairs[map->map.count++];
        *p = (struct value_pair){arena_strdup(a, key), convert(a, member, d), value_tag(key)};
    }
    return map;
}

static const struct value *
convert_array(struct arena *a, json_t *j, struct decimals *d)
{
    struct value *list = value_list(a);
    list->list.cap = (uint32_t)json_array_size(j);
    list->list.items = ARENA_ARRAY(a, const struct value *, list->list.cap);
    while (list->list.count < list->list.cap) {
        const struct value *v = convert(a, json_array_get(j, list->list.count), d);
        list->list.items[list->list.count++] = v;
    }
    return list;
}

static const struct value *
convert(struct arena *a, json_t *j, struct decimals *d)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return convert_object(a, j, d);
    case JSON_ARRAY:
        return convert_array(a, j, d);
    case JSON_STRING:
        return convert_text(a, j);
    case JSON_INTEGER:
        return value_int(a, json_integer_value(j));
    case JSON_REAL:
        return convert_real(a, d);
    case JSON_TRUE:
        return &value_true;
    case JSON_FALSE:
        return &value_false;
    case JSON_NULL:
        break;
    }
    return &value_null;
}

static void
release(void *j)
{
    json_decref(j);
}

static const struct value *
parse(struct arena *a, const char *text, size_t n, char *loose, const char **why)
{
    struct decimals decimals = {.arena = a, .loose = loose};
    *why = scan(text, n, &decimals);
    if (*why != NULL) {
        return NULL;
    }
    json_error_t error;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (root == NULL) {
        // jansson quotes the input, which need not be text.
        const char *said =
            text_is_utf8(error.text, strlen(error.text)) ? error.text : "not JSON";
        *why = arena_printf(a, "line %d: %s", error.line, said);
        return NULL;
    }
    arena_defer(a, release, root);
    return convert(a, root, &decimals);
}

const struct value *
json_parse(struct arena *a, const char *text, size_t n, const char **why)
{
    return parse(a, text, n, NULL, why);
}

const struct value *
json_parse_input(struct arena *a, const char *text, size_t n, const char **why)
{
    char *copy = arena_raw(a, n + 1);
    memcpy(copy, text, n);
    copy[n] = '\0';
    return parse(a, copy, n, copy, why);
}

// The bytes that cannot stand as they are: 1 escapes, 2 may begin U+2028 or U+2029, which end
// a line in JavaScript.
static const unsigned char SPECIAL[256] = {
    [0 ... 31] = 1, ['"'] = 1, ['\\'] = 1, ['<'] = 1,
    ['>'] = 1,      ['&'] = 1, [127] = 1,  [0xE2] = 2,
};

static void
write_escape(struct buf *b, unsigned c)
{
    static const char HEX[] = "0123456789abcdef";
    switch (c) {
    case '"':
        buf_put(b, "\\\"", 2);
        return;
    case '\\':
        buf_put(b, "\\\\", 2);
        return;
    case '\n':
        buf_put(b, "\\n", 2);
        return;
    case '\t':
        buf_put(b, "\\t", 2);
        return;
    default:
        break;
    }
    char u[6] = {'\\', 'u', HEX[c >> 12 & 15], HEX[c >> 8 & 15], HEX[c >> 4 & 15], HEX[c & 15]};
    buf_put(b, u, sizeof u);
}

static inline block
is_special(block b)
{
    return (block)((b < 0x20) | (b == '"') | (b == '\\') | (b == '<') | (b == '>') |
                   (b == '&') | (b == 127) | (b == 0xE2));
}

static void
write_special(struct buf *b, const char *s, size_t n)
{
    size_t done = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (SPECIAL[c] == 0) {
            continue;
        }
        bool separator = SPECIAL[c] == 2 && i + 2 < n && (unsigned char)s[i + 1] == 0x80 &&
                         ((unsigned char)s[i + 2] | 1) == 0xA9;
        if (SPECIAL[c] == 2 && !separator) {
            continue;
        }
        buf_put(b, s + done, i - done);
        if (separator) {
            write_escape(b, 0x2000U + ((unsigned char)s[i + 2] & 0x3FU));
            i += 2;
        } else {
            write_escape(b, c);
        }
        done = i + 1;
    }
    buf_put(b, s + done, n - done);
}

void
json_write_text(struct buf *b, const char *s, size_t n)
{
    bool special = block_finds(s, n, is_special);
    char *p = special ? NULL : buf_room(b, n + 2);
    if (p != NULL) {
        p[0] = '"';
        memcpy(p + 1, s, n);
        p[n + 1] = '"';
        p[n + 2] = '\0';
        b->n += n + 2;
        return;
    }
    buf_putc(b, '"');
    if (special) {
        write_special(b, s, n);
    } else {
        buf_put(b, s, n); // what still fits
    }
    buf_putc(b, '"');
}

static void
write_decimal(struct buf *b, int64_t v)
{
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    if (v < 0) {
        buf_putc(b, '-');
    }
    buf_int(b, (int64_t)(u / 10000));
    unsigned rest = (unsigned)(u % 10000);
    if (rest == 0) {
        return;
    }
    char digits[5] = {'.'};
    size_t n = 1;
    for (unsigned unit = 1000; rest > 0; unit /= 10) {
        digits[n++] = (char)('0' + rest / unit);
        rest %= unit;
    }
    buf_put(b, digits, n);
}

static void
write_list(struct buf *b, const struct value *v)
{
    buf_putc(b, '[');
    for (uint32_t i = 0; i < v->list.count; i++) {
        if (i > 0) {
            buf_putc(b, ',');
        }
        json_write(b, v->list.items[i]);
    }
    buf_putc(b, ']');
}

// `before`"key": at once: half of what a list of records says are its names.
static void
write_key(struct buf *b, char before, const char *key)
{
    size_t n = strlen(key);
    char *p = block_finds(key, n, is_special) ? NULL : buf_room(b, n + 4);
    if (p == NULL) {
        buf_putc(b, before);
        json_write_text(b, key, n);
        buf_putc(b, ':');
        return;
    }
    *p++ = before;
    *p++ = '"';
    memcpy(p, key, n);
    p += n;
    *p++ = '"';
    *p++ = ':';
    *p = '\0';
    b->n += n + 4;
}

static void
write_map(struct buf *b, const struct value *v)
{
    if (v->map.count == 0) {
        buf_put(b, "{}", 2);
        return;
    }
    for (uint32_t i = 0; i < v->map.count; i++) {
        write_key(b, i == 0 ? '{' : ',', v->map.pairs[i].key);
        json_write(b, v->map.pairs[i].v);
    }
    buf_putc(b, '}');
}

static void
write_time(struct buf *b, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    size_t n = time_format(text, ms);
    buf_putc(b, '"');
    buf_put(b, text, n);
    buf_putc(b, '"');
}

void
json_write(struct buf *b, const struct value *v)
{
    switch (v->type) {
    case VALUE_BOOL:
        buf_puts(b, v->b ? "true" : "false");
        return;
    case VALUE_INT:
        buf_int(b, v->i);
        return;
    case VALUE_DEC:
        write_decimal(b, v->i);
        return;
    case VALUE_TIME:
        write_time(b, v->i);
        return;
    case VALUE_TEXT:
        json_write_text(b, v->s, v->n);
        return;
    case VALUE_LIST:
        write_list(b, v);
        return;
    case VALUE_MAP:
        write_map(b, v);
        return;
    case VALUE_NULL:
    case VALUE_LAMBDA:
        break;
    }
    buf_put(b, "null", 4);
}
