// SPDX-License-Identifier: Apache-2.0
// Tokens of Chinese and other text, and the index that holds them. Chinese is cut into
// bigrams: no dictionary, no wrong cut, and both engines agree on what matches.
#include "kit/search.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "kit/pinyin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

// A kind's place is its number: append only, or every index is worthless.
static const char *const KINDS[] = {"",       "organization", "enterprise", "demand",
                                    "policy", "person",       "event",      "article"};
enum { KIND_BITS = 40, TEXT_MOST = 20000, TOKENS_MOST = 256 * 1024, QUERY_MOST = 64 };

int64_t
search_base(const char *kind)
{
    for (size_t i = 1; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        if (strcmp(KINDS[i], kind) == 0) {
            return (int64_t)i << KIND_BITS;
        }
    }
    log_error("kind %s is not in the search index", kind);
    return 0;
}

// ---- ICU objects, one set a thread: opening one costs milliseconds ----------------------

struct tools {
    UBreakIterator *words;
};

static pthread_key_t tools_key;
static pthread_once_t tools_once = PTHREAD_ONCE_INIT;

static void
tools_close(void *p)
{
    struct tools *t = p;
    ubrk_close(t->words);
    free(t);
}

static void
tools_key_make(void)
{
    pthread_key_create(&tools_key, tools_close);
}

// NULL when ICU lacks its data: then nothing but bigrams is indexed.
static struct tools *
tools_get(void)
{
    pthread_once(&tools_once, tools_key_make);
    struct tools *t = pthread_getspecific(tools_key);
    if (t != NULL) {
        return t;
    }
    t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    UErrorCode e = U_ZERO_ERROR;
    t->words = ubrk_open(UBRK_WORD, "", NULL, 0, &e);
    if (U_FAILURE(e)) {
        log_error("ICU: %s", u_errorName(e));
    }
    pthread_setspecific(tools_key, t);
    return t;
}

// ---- cutting ---------------------------------------------------------------------------

struct tokens {
    struct arena *arena;
    struct buf out;
};

enum { TOKEN_MOST = 192 }; // a "word" of more bytes is noise

// ICU's way to write the one or two characters of most tokens costs more than finding them.
static int32_t
put_three(char *utf8, const UChar *s, int32_t n)
{
    int32_t size = 0;
    for (int32_t i = 0; i < n; i++) {
        if (s[i] < 0x800 || U16_IS_SURROGATE(s[i])) {
            return 0;
        }
        utf8[size++] = (char)(0xE0 | s[i] >> 12);
        utf8[size++] = (char)(0x80 | (s[i] >> 6 & 0x3F));
        utf8[size++] = (char)(0x80 | (s[i] & 0x3F));
    }
    return size;
}

static void
put_token(struct tokens *t, const UChar *s, int32_t n)
{
    char utf8[TOKEN_MOST];
    UErrorCode e = U_ZERO_ERROR;
    int32_t size = n <= 2 ? put_three(utf8, s, n) : 0;
    if (size == 0) {
        u_strToUTF8(utf8, sizeof utf8, &size, s, n, &e);
    }
    if (U_FAILURE(e) || size == 0) {
        return;
    }
    if (t->out.n > 0) {
        buf_putc(&t->out, ' ');
    }
    buf_put(&t->out, utf8, (size_t)size);
}

static bool
is_han(UChar32 c)
{
    if (c < 0x2E80 || (c >= 0x4E00 && c <= 0x9FFF)) { // nearly all there is
        return c >= 0x2E80;
    }
    UErrorCode e = U_ZERO_ERROR;
    UScriptCode s = uscript_getScript(c, &e);
    return s == USCRIPT_HAN || s == USCRIPT_HIRAGANA || s == USCRIPT_KATAKANA;
}

// ICU's own macro for this mixes signs.
static UChar32
next_char(const UChar *s, int32_t *at, int32_t n)
{
    UChar32 c = s[(*at)++];
    if (c >= 0xD800 && c < 0xDC00 && *at < n) {
        c = 0x10000 + ((c - 0xD800) << 10) + (s[(*at)++] - 0xDC00);
    }
    return c;
}

// End of the run of characters that are, or are not, Han.
static int32_t
run_end(const UChar *s, int32_t from, int32_t n, bool han)
{
    int32_t at = from;
    while (at < n) {
        int32_t next = at;
        if (is_han(next_char(s, &next, n)) != han) {
            break;
        }
        at = next;
    }
    return at;
}

static void
put_bigrams(struct tokens *t, const UChar *s, int32_t n)
{
    int32_t at = 0;
    int32_t second = 0;
    U16_FWD_1(s, second, n);
    if (second >= n) {
        put_token(t, s, n);
        return;
    }
    while (second < n) {
        int32_t end = second;
        U16_FWD_1(s, end, n);
        put_token(t, s + at, end - at);
        at = second;
        second = end;
    }
}

// Letters and digits only: whatever else a word holds ("a.b", "it's") would cut it in the
// engine, so it cuts it here.
static void
put_parts(struct tokens *t, const UChar *s, int32_t n)
{
    int32_t start = 0;
    for (int32_t at = 0; at < n;) {
        int32_t here = at;
        UChar32 c = next_char(s, &at, n);
        if (!u_isalnum(c) && (U_GET_GC_MASK(c) & U_GC_M_MASK) == 0) {
            if (here > start) {
                put_token(t, s + start, here - start);
            }
            start = at;
        }
    }
    if (n > start) {
        put_token(t, s + start, n - start);
    }
}

static bool
is_ascii(const UChar *s, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        if (s[i] > 127) {
            return false;
        }
    }
    return true;
}

static void
put_words(struct tokens *t, const UChar *s, int32_t n)
{
    struct tools *tools = is_ascii(s, n) ? NULL : tools_get(); // ASCII needs no dictionary
    if (tools == NULL || tools->words == NULL) {
        put_parts(t, s, n);
        return;
    }
    UErrorCode e = U_ZERO_ERROR;
    ubrk_setText(tools->words, s, n, &e);
    int32_t from = 0;
    for (int32_t to; U_SUCCESS(e) && (to = ubrk_next(tools->words)) != UBRK_DONE; from = to) {
        put_parts(t, s + from, to - from);
    }
}

// NFKC with case folded, in the arena; NULL when the text cannot be read.
static const UChar *
folded(struct arena *a, const char *text, int32_t *n)
{
    size_t size = strnlen(text, TEXT_MOST);
    while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80) {
        size--; // not in the middle of a character
    }
    UErrorCode e = U_ZERO_ERROR;
    int32_t wide = 0;
    UChar *raw = arena_raw(a, (size + 1) * sizeof *raw);
    u_strFromUTF8(raw, (int32_t)size + 1, &wide, text, (int32_t)size, &e);
    const UNormalizer2 *norm = unorm2_getNFKCCasefoldInstance(&e);
    int32_t cap = wide * 4 + 64; // some compatibility characters unfold to many
    UChar *out = arena_raw(a, (size_t)cap * sizeof *out);
    *n = U_SUCCESS(e) ? unorm2_normalize(norm, raw, wide, out, cap, &e) : 0;
    return U_SUCCESS(e) ? out : NULL;
}

static void
put_text(struct tokens *t, const UChar *s, int32_t n)
{
    bool han = true;
    for (int32_t at = 0; at < n; han = !han) {
        int32_t end = run_end(s, at, n, han);
        if (end > at && han) {
            put_bigrams(t, s + at, end - at);
        } else if (end > at) {
            put_words(t, s + at, end - at);
        }
        at = end;
    }
}

// What people type when they are in a hurry: "jiangnanjingmi" and "jnjm", and the same of the
// first two to four syllables, since a name is mostly known by its beginning.
static void
put_pinyin(struct tokens *t, const UChar *s, int32_t n)
{
    enum { SHORTEST = 2, LONGEST = 4 };
    UChar latin[PINYIN_MOST];
    UChar whole[PINYIN_MOST];
    UChar initials[PINYIN_MOST];
    int32_t size = pinyin_latin(s, n, latin);
    int32_t w = 0;
    int32_t syllables = 0;
    for (int32_t at = 0; at <= size; at++) {
        bool letter = at < size && latin[at] < 128 && u_isalnum(latin[at]);
        bool ends = !letter && at > 0 && latin[at - 1] < 128 && u_isalnum(latin[at - 1]);
        bool last = at == size;
        if (ends && !last && syllables >= SHORTEST && syllables <= LONGEST) {
            put_token(t, whole, w);
            put_token(t, initials, syllables);
        }
        if (letter && (at == 0 || latin[at - 1] == ' ')) {
            initials[syllables++] = latin[at];
        }
        if (letter) {
            whole[w++] = latin[at];
        }
    }
    put_token(t, whole, w);
    if (syllables > 1) {
        put_token(t, initials, syllables);
    }
}

static void
put_names(struct tokens *t, const UChar *s, int32_t n)
{
    bool han = true;
    for (int32_t at = 0; at < n; han = !han) {
        int32_t end = run_end(s, at, n, han);
        if (han && end > at) {
            put_pinyin(t, s + at, end - at);
        }
        at = end;
    }
}

// The characters of Han runs one by one; a run of one is a token already.
static void
put_singles(struct tokens *t, const UChar *s, int32_t n)
{
    bool han = true;
    for (int32_t at = 0; at < n; han = !han) {
        int32_t end = run_end(s, at, n, han);
        int32_t first = at;
        U16_FWD_1(s, first, n);
        for (int32_t from = at; han && first < end && from < end;) {
            int32_t to = from;
            U16_FWD_1(s, to, n);
            put_token(t, s + from, to - from);
            from = to;
        }
        at = end;
    }
}

const char *
search_tokens(struct arena *a, const char *text, bool name)
{
    struct tokens t = {.arena = a};
    buf_init(&t.out, a, 256, TOKENS_MOST);
    int32_t n = 0;
    const UChar *s = text == NULL ? NULL : folded(a, text, &n);
    if (s != NULL) {
        put_text(&t, s, n);
    }
    if (s != NULL && name) {
        put_singles(&t, s, n);
        put_names(&t, s, n);
    }
    return buf_str(&t.out);
}

const char *
search_singles(struct arena *a, const char *text)
{
    struct tokens t = {.arena = a};
    buf_init(&t.out, a, 128, TOKENS_MOST);
    int32_t n = 0;
    const UChar *s = text == NULL ? NULL : folded(a, text, &n);
    if (s != NULL) {
        put_singles(&t, s, n);
    }
    return buf_str(&t.out);
}

const char *
search_sound(struct arena *a, const char *text)
{
    int32_t n = 0;
    const UChar *s = text == NULL ? NULL : folded(a, text, &n);
    UChar latin[PINYIN_MOST];
    struct tokens t = {.arena = a};
    buf_init(&t.out, a, 128, 4096);
    bool han = true;
    for (int32_t at = 0; s != NULL && at < n; han = !han) {
        int32_t end = run_end(s, at, n, han);
        int32_t size = han && end > at ? pinyin_latin(s + at, end - at, latin) : 0, w = 0;
        for (int32_t i = 0; i < size; i++) {
            if (latin[i] < 128 && u_isalnum(latin[i])) {
                latin[w++] = latin[i];
            }
        }
        put_token(&t, latin, w);
        at = end;
    }
    return buf_str(&t.out);
}

const char *
search_whose(struct arena *a, char of, int64_t id)
{
    return arena_printf(a, "x%c%lld ", of, (long long)id);
}

static unsigned
put_quoted(struct buf *b, const char *tokens, unsigned most)
{
    unsigned n = 0;
    for (const char *p = tokens; *p != '\0' && n < most; n++) {
        size_t size = strcspn(p, " ");
        buf_printf(b, "%s\"%.*s\"", b->n == 0 ? "" : " ", (int)size, p);
        p += size + (p[size] == ' ');
    }
    return n;
}

const char *
search_expression(struct arena *a, const char *q, const char *within)
{
    struct buf b;
    buf_init(&b, a, 128, TOKENS_MOST * 2);
    if (q == NULL || put_quoted(&b, search_tokens(a, q, false), QUERY_MOST) == 0) {
        return NULL;
    }
    put_quoted(&b, within == NULL ? "" : within, 1);
    return buf_str(&b);
}

const char *
search_either(struct arena *a, const char *one, const char *other)
{
    return one == NULL ? other : other == NULL ? one : arena_printf(a, "%s OR %s", one, other);
}

enum { NEAR_LEAST = 3, NEAR_MOST = 12 };

// What is left of the word when the character at `at` is taken for a slip of the keyboard.
static const char *
without(struct arena *a, const UChar *s, int32_t n, int32_t at, int32_t end, const char *within)
{
    struct tokens t = {.arena = a};
    buf_init(&t.out, a, 128, 4096);
    put_text(&t, s, at);
    put_text(&t, s + end, n - end);
    return search_expression(a, buf_str(&t.out), within);
}

// How the whole of it sounds, as one token.
static const char *
sounding(struct arena *a, const UChar *s, int32_t n)
{
    UChar latin[PINYIN_MOST];
    struct tokens t = {.arena = a};
    buf_init(&t.out, a, 128, 4096);
    int32_t size = pinyin_latin(s, n, latin), w = 0;
    for (int32_t i = 0; i < size; i++) {
        if (latin[i] < 128 && u_isalnum(latin[i])) {
            latin[w++] = latin[i];
        }
    }
    put_token(&t, latin, w);
    return buf_str(&t.out);
}

const char *
search_near(struct arena *a, const char *q, const char *within)
{
    int32_t n = 0;
    const UChar *s = q == NULL ? NULL : folded(a, q, &n);
    if (s == NULL || n == 0 || run_end(s, 0, n, true) != n || n < NEAR_LEAST || n > NEAR_MOST) {
        return NULL;
    }
    const char *all = search_expression(a, sounding(a, s, n), within);
    for (int32_t at = 0; at < n;) {
        int32_t end = at;
        U16_FWD_1(s, end, n);
        all = search_either(a, all, without(a, s, n, at, end, within));
        at = end;
    }
    return all;
}

// ---- the index -------------------------------------------------------------------------

static const struct db_stmt OLD = {.name = "search.old",
                                   .sql = "SELECT tokens FROM search_doc WHERE id = $1",
                                   .params = "id:int",
                                   .row = "tokens:text"};
static const struct db_stmt ADD = {.name = "search.add",
                                   .sql = "INSERT INTO search_doc (id, tokens) VALUES ($1, $2)",
                                   .params = "id:int tokens:text"};
static const struct db_stmt CHANGE = {.name = "search.change",
                                      .sql = "UPDATE search_doc SET tokens = $2 WHERE id = $1",
                                      .params = "id:int tokens:text"};
// PostgreSQL indexes the document itself; there is nothing to keep beside it.
static const struct db_stmt INDEX = {
    .name = "search.index",
    .sqlite = "INSERT INTO search_index (rowid, tokens) VALUES ($1, $2)",
    .postgres = "",
    .params = "id:int tokens:text"};
static const struct db_stmt FORGET = {
    .name = "search.forget",
    .sqlite = "INSERT INTO search_index (search_index, rowid, tokens)"
              " VALUES ('delete', $1, $2)",
    .postgres = "",
    .params = "id:int tokens:text"};

static const struct db_stmt REMOVE = {
    .name = "search.remove", .sql = "DELETE FROM search_doc WHERE id = $1", .params = "id:int"};

// PostgreSQL's own vacuum does the like.
static const struct db_stmt MERGE = {
    .name = "search.merge",
    .sqlite = "INSERT INTO search_index (search_index, rank) VALUES ('merge', $1)",
    .postgres = "",
    .params = "pages:int"};

const struct db_stmt *const SEARCH_STATEMENTS[] = {&OLD,    &ADD,    &CHANGE, &INDEX,
                                                   &FORGET, &REMOVE, &MERGE,  NULL};

// The old tokens are what an external content index needs to forget an entry.
static bool
forget(struct db_tx *tx, int64_t key, const char *tokens, bool *same)
{
    struct db_rows *r = db_query(tx, &OLD, DB_ARGS(DB_INT(key)));
    char *old = NULL;
    if (db_next(r)) {
        old = strdup(db_text(r, 0)); // no arena here; the row goes before the next statement
    }
    db_end(r);
    if (old == NULL) {
        return false;
    }
    *same = strcmp(old, tokens) == 0;
    if (!*same) {
        db_later(tx, &FORGET, DB_ARGS(DB_INT(key), DB_TEXT(old)));
    }
    free(old);
    return true;
}

void
search_add(struct db_tx *tx, const char *kind, int64_t id, const char *tokens)
{
    int64_t base = search_base(kind);
    if (base == 0) {
        db_tx_fail(tx, ERR_INTERNAL);
        return;
    }
    db_put(tx, &ADD, DB_ARGS(DB_INT(base + id), DB_TEXT(tokens)));
    db_later(tx, &INDEX, DB_ARGS(DB_INT(base + id), DB_TEXT(tokens)));
}

void
search_put(struct db_tx *tx, const char *kind, int64_t id, const char *tokens)
{
    int64_t key = search_base(kind) + id;
    bool same = false;
    if (!forget(tx, key, tokens, &same)) {
        search_add(tx, kind, id, tokens);
    } else if (!same) {
        db_put(tx, &CHANGE, DB_ARGS(DB_INT(key), DB_TEXT(tokens)));
        db_later(tx, &INDEX, DB_ARGS(DB_INT(key), DB_TEXT(tokens)));
    }
}

void
search_remove(struct db_tx *tx, const char *kind, int64_t id)
{
    int64_t key = search_base(kind) + id;
    bool same = false;
    if (forget(tx, key, "", &same)) {
        db_put(tx, &REMOVE, DB_ARGS(DB_INT(key)));
    }
}

void
search_tidy(struct db_tx *tx, int64_t pages)
{
    db_put(tx, &MERGE, DB_ARGS(DB_INT(pages)));
}
