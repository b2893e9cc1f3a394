// SPDX-License-Identifier: Apache-2.0
// Values as JSON; reading is in json_parse.c.
#include "base/json.h"

#include "base/block.h"
#include "base/timestamp.h"

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
