// SPDX-License-Identifier: Apache-2.0
// Sealing of single values with libsodium: one random nonce a value (192 bits, so chance is no
// concern), the place as associated data, a key a generation.
#include "kit/seal.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"

#include <sodium.h>
#include <string.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    INDEX = 16,
    END_DIGITS = 4,
    MOBILE = 11,
    SEALED_MOST = 2 * 1024 * 1024, // a kept answer of 1 MiB
    BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

int64_t
seal_key(struct db_tx *tx, struct arena *a)
{
    int64_t key = SEAL_KEY_FIRST;
    const char *s = setting_get(tx, a, "seal_key");
    if (s != NULL && (!text_to_int(s, &key) || key < SEAL_KEY_FIRST)) {
        log_error("setting seal_key is not a number: %s", s);
        key = SEAL_KEY_FIRST;
    }
    return key;
}

// A whole list is opened with one key: the last one derived is kept, a thread each.
static void
key_of(const struct app *app, struct arena *a, int64_t key, unsigned char out[KEY])
{
    static _Thread_local struct {
        int64_t key;
        unsigned char of[sizeof app->secret], derived[KEY];
    } last;
    if (last.key != key || memcmp(last.of, app->secret, sizeof last.of) != 0) {
        app_key(app, arena_printf(a, "seal.%lld", (long long)key), last.derived);
        memcpy(last.of, app->secret, sizeof last.of);
        last.key = key;
    }
    memcpy(out, last.derived, KEY);
}

// What a value is bound to: "person.mobile.12". Lists make one for each of their rows.
static const char *
place_text(struct arena *a, const struct seal_place *at)
{
    struct buf b;
    buf_init(&b, a, 64, 512);
    buf_puts(&b, at->table);
    buf_putc(&b, '.');
    buf_puts(&b, at->column);
    buf_putc(&b, '.');
    buf_int(&b, at->id);
    return buf_str(&b);
}

// libsodium's decoder takes as long for any text, so that its time tells nothing of it. What is
// sealed is told by nobody's time, and it would be a third of opening a value.
static bool
decode(const char *s, size_t count, unsigned char *out, size_t *size)
{
    enum { NO = 64 };
    static const unsigned char VALUE[128] = {
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, //
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, //
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, // -
        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, // 0 … 9
        NO, 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, // A …
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63, // … Z, _
        NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, // a …
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO, // … z
    };
    uint32_t bits = 0, held = 0;
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)s[i], v = c < sizeof VALUE ? VALUE[c] : NO;
        if (v == NO) {
            return false;
        }
        bits = bits << 6 | v;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[n++] = (unsigned char)(bits >> held);
        }
    }
    *size = n;
    // one way only to write a value: what is left over is short and zero
    return held < 6 && (bits & ((1U << held) - 1)) == 0;
}

const char *
seal_text(const struct app *app, struct arena *a, int64_t key, const struct seal_place *at,
          const char *plain)
{
    const char *place = place_text(a, at);
    size_t n = strlen(plain);
    unsigned char secret[KEY];
    unsigned char *raw = arena_raw(a, NONCE + n + TAG);
    unsigned long long size = 0;
    key_of(app, a, key, secret);
    randombytes_buf(raw, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(raw + NONCE, &size, (const unsigned char *)plain,
                                               n, (const unsigned char *)place, strlen(place),
                                               NULL, raw, secret);
    sodium_memzero(secret, sizeof secret);
    size_t most = sodium_base64_ENCODED_LEN(NONCE + n + TAG, BASE64);
    char *text = arena_raw(a, most);
    sodium_bin2base64(text, most, raw, NONCE + (size_t)size, BASE64);
    return arena_printf(a, "%lld.%s", (long long)key, text);
}

int64_t
seal_key_of(const char *sealed)
{
    int64_t key = 0;
    char digits[20];
    size_t n = sealed == NULL ? 0 : strcspn(sealed, ".");
    if (n == 0 || n >= sizeof digits || sealed[n] != '.') {
        return 0;
    }
    memcpy(digits, sealed, n);
    digits[n] = '\0';
    return text_to_int(digits, &key) && key >= SEAL_KEY_FIRST ? key : 0;
}

// The number of the key and the base64 behind it; 0 when it is no sealed value.
static int64_t
parts_of(const char *sealed, const char **text, size_t *count)
{
    int64_t key = seal_key_of(sealed);
    *text = key == 0 ? "" : strchr(sealed, '.') + 1;
    *count = strlen(*text);
    return *count <= SEALED_MOST ? key : 0;
}

const char *
seal_open(const struct app *app, struct arena *a, const struct seal_place *at,
          const char *sealed)
{
    const char *text;
    size_t count, size;
    int64_t key = parts_of(sealed, &text, &count);
    unsigned char *raw = arena_raw(a, count + 1);
    if (key == 0 || !decode(text, count, raw, &size) || size < NONCE + TAG) {
        return NULL;
    }
    const char *place = place_text(a, at);
    unsigned char secret[KEY];
    unsigned char *plain = arena_raw(a, size);
    unsigned long long length = 0;
    key_of(app, a, key, secret);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, &length, NULL, raw + NONCE, size - NONCE, (const unsigned char *)place,
        strlen(place), raw, secret);
    sodium_memzero(secret, sizeof secret);
    plain[bad != 0 ? 0 : length] = '\0';
    return bad != 0 ? NULL : (const char *)plain;
}

// The cipher below the seal: its first block makes the key of the tag, the text begins with the
// second. Of the tag nothing is read but what shares a group of letters with the text.
const char *
seal_mobile_mask(const struct app *app, struct arena *a, const char *sealed)
{
    enum { NEEDED = (NONCE + MOBILE + 2) / 3 * 3 };
    const char *text;
    size_t count, size;
    int64_t key = parts_of(sealed, &text, &count);
    unsigned char raw[NEEDED], plain[MOBILE + 1] = {0}, secret[KEY];
    if (key == 0 || count + 1 != sodium_base64_ENCODED_LEN(NONCE + MOBILE + TAG, BASE64) ||
        !decode(text, NEEDED / 3 * 4, raw, &size)) {
        return NULL;
    }
    key_of(app, a, key, secret);
    crypto_stream_xchacha20_xor_ic(plain, raw + NONCE, MOBILE, raw, 1, secret);
    sodium_memzero(secret, sizeof secret);
    return text_is_mobile((const char *)plain) ? text_mask(a, (const char *)plain) : NULL;
}

// ---- blind indexes ---------------------------------------------------------------------

// The state of a hash that has taken the key, kept as keys are: a thread each.
static crypto_auth_hmacsha256_state
keyed(const struct app *app)
{
    static _Thread_local struct {
        bool made;
        unsigned char of[sizeof app->secret];
        crypto_auth_hmacsha256_state state;
    } last;
    if (!last.made || memcmp(last.of, app->secret, sizeof last.of) != 0) {
        unsigned char secret[KEY];
        app_key(app, "seal.index", secret);
        crypto_auth_hmacsha256_init(&last.state, secret, sizeof secret);
        sodium_memzero(secret, sizeof secret);
        memcpy(last.of, app->secret, sizeof last.of);
        last.made = true;
    }
    return last.state;
}

// Without the key nothing can be tried out, though there are only 10,000 phone ends.
static const char *
blind(const struct app *app, struct arena *a, const struct seal_place *at, const char *what,
      const char *s)
{
    unsigned char hash[crypto_auth_hmacsha256_BYTES];
    const char *text = arena_printf(a, "%s.%s.%s:%s", at->table, at->column, what, s);
    crypto_auth_hmacsha256_state state = keyed(app);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, hash);
    sodium_memzero(&state, sizeof state);
    return text_hex(a, hash, INDEX);
}

const char *
seal_index(const struct app *app, struct arena *a, const struct seal_place *at,
           const char *plain)
{
    struct buf b;
    buf_init(&b, a, 32, SEALED_MOST);
    for (const char *p = plain; *p != '\0'; p++) {
        if (*p != ' ') {
            buf_putc(&b, (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p));
        }
    }
    return blind(app, a, at, "whole", buf_str(&b));
}

const char *
seal_end(const struct app *app, struct arena *a, const struct seal_place *at, const char *plain)
{
    size_t n = strlen(plain);
    if (n < END_DIGITS || strspn(plain + n - END_DIGITS, "0123456789") != END_DIGITS) {
        return NULL;
    }
    return blind(app, a, at, "end", plain + n - END_DIGITS);
}

// ---- masks -----------------------------------------------------------------------------

const char *
seal_mask(struct arena *a, const char *plain)
{
    return text_mask(a, plain);
}

bool
seal_is_mask(const char *s)
{
    return s != NULL && strchr(s, '*') != NULL;
}
