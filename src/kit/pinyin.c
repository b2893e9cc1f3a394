// SPDX-License-Identifier: Apache-2.0
// ICU's rules for names look at a character, at whether the name begins with it, and at the
// character after it where that is one of a few (重庆, 沈阳, 令狐). The few are read from the
// rules themselves, so every other character has one reading at the beginning and one
// elsewhere.
#include "kit/pinyin.h"

#include "base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { HAN_FIRST = 0x4E00, HAN_LAST = 0x9FFF, TELLING_MOST = 64, RULES_MOST = 256 * 1024 };

// ---- ICU: one set is opened, which takes a tenth of a second; a thread has a copy ---------

static pthread_key_t latin_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t copying = PTHREAD_MUTEX_INITIALIZER;
static UTransliterator *original; // lives as long as the process; NULL: ICU has none

static struct {
    UChar telling[TELLING_MOST]; // characters whose predecessor is read by them
    int32_t count;
    bool known; // false: the rules could not be read, nothing is kept
} rules;

static void
latin_close(void *p)
{
    utrans_close(p);
}

// Characters that a rule looks at behind the one it reads: "{重}' '?庆 > chóng;". A rule that
// looks at characters before it would be news: then nothing is kept.
static void
read_rules(const UChar *id)
{
    UErrorCode e = U_ZERO_ERROR;
    UTransliterator *t = utrans_openU(id, -1, UTRANS_FORWARD, NULL, -1, NULL, &e);
    UChar *text = malloc(sizeof *text * RULES_MOST);
    int32_t n = t == NULL || text == NULL ? 0 : utrans_toRules(t, false, text, RULES_MOST, &e);
    rules.known = rules.known && U_SUCCESS(e) && n > 0 && n < RULES_MOST;
    bool behind = false;
    for (int32_t i = 0; rules.known && i < n; i++) {
        bool han = text[i] >= HAN_FIRST && text[i] <= HAN_LAST;
        behind = text[i] != u'\n' && text[i] != u'>' && (behind || text[i] == u'}');
        if (han && i + 1 < n && text[i + 1] == u'{') {
            rules.known = false;
        } else if (behind && han) {
            rules.known = rules.count < TELLING_MOST;
            rules.telling[rules.known ? rules.count++ : 0] = text[i];
        }
    }
    free(text);
    utrans_close(t);
}

static void
start(void)
{
    UErrorCode e = U_ZERO_ERROR;
    pthread_key_create(&latin_key, latin_close);
    original = utrans_openU(u"Han-Latin/Names; Latin-ASCII; Lower", -1, UTRANS_FORWARD, NULL,
                            -1, NULL, &e);
    if (U_FAILURE(e)) {
        log_error("ICU: %s", u_errorName(e));
        original = NULL;
    }
    rules.known = true;
    read_rules(u"Han-Latin/Names");
    read_rules(u"Han-Latin");
    if (!rules.known) {
        log_warn("the rules of pinyin cannot be read: names are looked up slowly");
    }
}

static UTransliterator *
latin(void)
{
    pthread_once(&once, start);
    UTransliterator *t = pthread_getspecific(latin_key);
    if (t == NULL && original != NULL) {
        UErrorCode e = U_ZERO_ERROR;
        pthread_mutex_lock(&copying);
        t = utrans_clone(original, &e);
        pthread_mutex_unlock(&copying);
        pthread_setspecific(latin_key, t);
    }
    return t;
}

int32_t
pinyin_latin_whole(const UChar *s, int32_t n, UChar out[PINYIN_MOST])
{
    UTransliterator *t = latin();
    if (t == NULL || n > PINYIN_NAME_MOST) {
        return 0;
    }
    memcpy(out, s, (size_t)n * sizeof *s);
    int32_t size = n, limit = n;
    UErrorCode e = U_ZERO_ERROR;
    utrans_transUChars(t, out, &size, PINYIN_MOST, 0, &limit, &e);
    return U_SUCCESS(e) ? size : 0;
}

// ---- what is kept ----------------------------------------------------------------------

// A syllable of up to eight letters as one number; 0: not asked yet.
static _Atomic uint64_t kept[2][HAN_LAST - HAN_FIRST + 1];

static bool
is_telling(UChar c)
{
    for (int32_t i = 0; i < rules.count; i++) {
        if (rules.telling[i] == c) {
            return true;
        }
    }
    return false;
}

// The syllable of `c` in "c next" or "一c next"; 0 when it is none.
static uint64_t
ask(bool first, UChar c, UChar next)
{
    UChar text[3], out[PINYIN_MOST];
    int32_t n = 0, at = 0;
    if (!first) {
        text[n++] = u'一';
    }
    text[n++] = c;
    if (next != 0) {
        text[n++] = next;
    }
    int32_t size = pinyin_latin_whole(text, n, out);
    while (!first && at < size && out[at++] != u' ') {
    }
    uint64_t syllable = 0;
    unsigned letters = 0;
    for (; at < size && out[at] != u' '; at++, letters++) {
        if (out[at] >= 0x80 || letters == sizeof syllable) {
            return 0;
        }
        syllable |= (uint64_t)out[at] << (8 * letters);
    }
    return syllable;
}

static uint64_t
reading(bool first, UChar c, UChar next)
{
    if (next != 0 && is_telling(next)) {
        return ask(first, c, next);
    }
    _Atomic uint64_t *place = &kept[first][c - HAN_FIRST];
    uint64_t syllable = atomic_load_explicit(place, memory_order_relaxed);
    if (syllable == 0) {
        syllable = ask(first, c, 0);
        atomic_store_explicit(place, syllable, memory_order_relaxed);
    }
    return syllable;
}

int32_t
pinyin_latin(const UChar *s, int32_t n, UChar out[PINYIN_MOST])
{
    int32_t size = 0;
    if (latin() == NULL || !rules.known || n > PINYIN_NAME_MOST) {
        return pinyin_latin_whole(s, n, out);
    }
    for (int32_t i = 0; i < n; i++) {
        bool han = s[i] >= HAN_FIRST && s[i] <= HAN_LAST;
        uint64_t syllable = han ? reading(i == 0, s[i], i + 1 < n ? s[i + 1] : 0) : 0;
        if (syllable == 0) { // rare characters: ICU alone
            return pinyin_latin_whole(s, n, out);
        }
        if (i > 0 && size < PINYIN_MOST) {
            out[size++] = u' ';
        }
        for (; syllable != 0 && size < PINYIN_MOST; syllable >>= 8) {
            out[size++] = (UChar)(syllable & 0xFF);
        }
    }
    return size;
}
