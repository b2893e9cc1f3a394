// SPDX-License-Identifier: Apache-2.0
#include "kit/name_key.h"

#include "base/buf.h"
#include "base/text.h"
#include "kit/pinyin.h"
#include "kit/strokes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

enum { NAME_CHARS = 128, NAME_MOST = 4 * NAME_CHARS, KEY_MOST = 8192, KEYED = 24 };

// ---- strokes ---------------------------------------------------------------------------

static int
by_character(const void *key, const void *entry)
{
    return (int)*(const uint16_t *)key - (int)*(const uint16_t *)entry;
}

const char *
strokes_of(uint32_t character, size_t *n)
{
    uint16_t key = (uint16_t)character;
    const uint16_t *at = character > UINT16_MAX ? NULL
                                                : bsearch(&key, STROKE_CHARS, STROKE_COUNT,
                                                          sizeof key, by_character);
    if (at == NULL) {
        *n = 0;
        return NULL;
    }
    size_t i = (size_t)(at - STROKE_CHARS);
    *n = STROKE_STARTS[i + 1] - STROKE_STARTS[i];
    return STROKE_KINDS + STROKE_STARTS[i];
}

// A number as one byte that sorts as the number does.
static char
digit(size_t n)
{
    return (char)('0' + (n < 70 ? n : 70));
}

static void
put_strokes(struct buf *b, const UChar *s, int32_t n)
{
    int32_t count = u_countChar32(s, n);
    for (int32_t at = 0, i = 0; at < n && i < KEYED; i++) {
        UChar32 ch = s[at];
        at += ch >= 0xD800 && ch < 0xDC00 && at + 1 < n ? 2 : 1;
        size_t strokes;
        const char *kinds = strokes_of((uint32_t)ch, &strokes);
        buf_putc(b, kinds == NULL ? '~' : digit(strokes));
        buf_put(b, kinds == NULL ? "" : kinds, strokes);
        if (i == 0) {
            buf_putc(b, digit((size_t)count - 1)); // of one surname, short names first
        }
    }
}

// ---- pinyin ----------------------------------------------------------------------------

static bool
is_han(UChar32 c)
{
    UErrorCode e = U_ZERO_ERROR;
    return uscript_getScript(c, &e) == USCRIPT_HAN;
}

// A blank sorts before every letter, so that "li an" comes before "lian".
static void
put_latin(struct buf *b, const UChar *s, int32_t n)
{
    UChar latin[PINYIN_MOST];
    int32_t size = pinyin_latin(s, n, latin);
    for (int32_t i = 0; i < size; i++) {
        buf_putc(b, latin[i] < 128 ? (char)tolower(latin[i]) : '~');
    }
    if (size == 0) {
        buf_putc(b, '~');
    }
    buf_putc(b, ' ');
}

static void
put_pinyin(struct buf *b, const UChar *s, int32_t n)
{
    for (int32_t at = 0; at < n;) {
        int32_t end = at;
        bool han = is_han(s[at]);
        while (end < n && end - at < PINYIN_NAME_MOST && is_han(s[end]) == han) {
            end++;
        }
        if (han) {
            put_latin(b, s + at, end - at);
        } else {
            for (int32_t i = at; i < end; i++) {
                buf_putc(b, s[i] < 128 ? (char)tolower(s[i]) : '~');
            }
        }
        at = end;
    }
}

const char *
name_key(struct arena *a, enum name_order order, const char *name)
{
    UChar wide[NAME_MOST];
    int32_t n = 0;
    UErrorCode e = U_ZERO_ERROR;
    struct buf b;
    buf_init(&b, a, 128, KEY_MOST);
    u_strFromUTF8(wide, NAME_MOST, &n, name, (int32_t)text_prefix(name, NAME_CHARS), &e);
    n = U_SUCCESS(e) ? n : 0;
    if (order == NAME_STROKES) {
        put_strokes(&b, wide, n);
    } else {
        put_pinyin(&b, wide, n);
    }
    buf_putc(&b, '!'); // below digits and letters: before what it is the beginning of
    buf_puts(&b, name);
    return buf_str(&b);
}
