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

static const char *
place_text(struct arena *a, const struct seal_place *at)
{
    return arena_printf(a, "%s.%s.%lld", at->table, at->column, (long long)at->id);
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

const char *
seal_open(const struct app *app, struct arena *a, const struct seal_place *at,
          const char *sealed)
{
    int64_t key = seal_key_of(sealed);
    size_t n = sealed == NULL ? 0 : strlen(sealed);
    if (key == 0 || n > SEALED_MOST) {
        return NULL;
    }
    const char *text = strchr(sealed, '.') + 1;
    unsigned char *raw = arena_raw(a, n);
    size_t size = 0;
    if (sodium_base642bin(raw, n, text, strlen(text), NULL, &size, NULL, BASE64) != 0 ||
        size < NONCE + TAG) {
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
