// SPDX-License-Identifier: Apache-2.0
// Passwords: Argon2id over an HMAC with a pepper that is not in the database, so a stolen
// database alone cannot be guessed against.
#include "kit/account.h"

#include "base/text.h"
#include "kit/app.h"

#include <sodium.h>
#include <string.h>

enum { ARGON_MEMORY = 64 * 1024 * 1024, ARGON_PASSES = 3, PASSWORD_LEAST = 12 };

static const struct db_stmt CREATE = {
    .name = "account.create",
    DB_INSERTS("INSERT INTO account (login, name, password_hash, created_at, updated_at) "
               "VALUES ($1, $2, $3, $4, $4) ON CONFLICT (login) DO NOTHING"),
    .params = "login:text name:text hash:text? now:time"};
static const struct db_stmt ADD_POST = {
    .name = "account.add_post",
    .sql = "INSERT INTO post (account_id, role, organization_id, enterprise_id, since) "
           "VALUES ($1, $2, $3, $4, $5)",
    .params = "account_id:int role:text organization_id:int? enterprise_id:int? since:time"};
static const struct db_stmt BY_LOGIN = {.name = "account.by_login",
                                        .sql = "SELECT id FROM account WHERE login = $1",
                                        .params = "login:text",
                                        .row = "id:int"};
static const struct db_stmt ACTIVATION = {
    .name = "account.activation",
    .sql = "UPDATE account SET activation_hash = $2, activation_until = $3 WHERE id = $1",
    .params = "id:int hash:blob until:time"};
const struct db_stmt *const ACCOUNT_STMTS[] = {&CREATE, &ADD_POST, &BY_LOGIN, &ACTIVATION,
                                               NULL};

// The pepper makes every password the same length, too: no limit to what people may choose.
static void
peppered(struct app *app, const char *password, char out[crypto_auth_BYTES * 2 + 1])
{
    unsigned char key[32], mac[crypto_auth_BYTES];
    app_key(app, "password", key);
    crypto_auth(mac, (const unsigned char *)password, strlen(password), key);
    sodium_bin2hex(out, crypto_auth_BYTES * 2 + 1, mac, sizeof mac);
    sodium_memzero(key, sizeof key);
    sodium_memzero(mac, sizeof mac);
}

const char *
account_hash_password(struct app *app, struct arena *a, const char *password)
{
    char hash[crypto_pwhash_STRBYTES], text[crypto_auth_BYTES * 2 + 1];
    peppered(app, password, text);
    int failed = crypto_pwhash_str(hash, text, strlen(text), ARGON_PASSES, ARGON_MEMORY);
    sodium_memzero(text, sizeof text);
    return failed != 0 ? NULL : arena_strdup(a, hash);
}

bool
account_check_password(struct app *app, const char *hash, const char *password)
{
    char text[crypto_auth_BYTES * 2 + 1];
    peppered(app, password, text);
    bool ok = crypto_pwhash_str_verify(hash, text, strlen(text)) == 0;
    sodium_memzero(text, sizeof text);
    return ok;
}

bool
account_hash_outdated(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, ARGON_PASSES, ARGON_MEMORY) != 0;
}

const char *
account_password_fault(struct arena *a, const char *password, const char *login)
{
    static const char *const COMMON[] = {"123456", "password", "qwerty",       "abc123",
                                         "111111", "000000",   "huiqiao",      "admin",
                                         "woaini", "888888",   "gongshanglian"};
    const char *lower = text_lower(a, password);
    size_t n = text_length(password), longest = 0;
    if (n < PASSWORD_LEAST) {
        return T("密码至少 12 位");
    }
    if (n > 128) {
        return T("密码最多 128 位");
    }
    if (login != NULL && *login != '\0' && strstr(lower, text_lower(a, login)) != NULL) {
        return T("密码里不要含有账号");
    }
    for (size_t i = 0; i < sizeof COMMON / sizeof *COMMON; i++) {
        size_t len = strlen(COMMON[i]);
        if (strstr(lower, COMMON[i]) != NULL && len > longest) {
            longest = len;
        }
    }
    // A common word is no harm in a long phrase.
    return longest > 0 && n < longest + 8 ? T("这个密码太常见，换一个") : NULL;
}

int64_t
account_create(struct ctx *c, const struct account_new *new)
{
    int64_t id = db_insert(c->tx, &CREATE,
                           DB_ARGS(DB_TEXT(new->login), DB_TEXT(new->name),
                                   DB_TEXT(new->password_hash), DB_INT(c->now)));
    for (unsigned r = 1; id != 0 && r <= ROLE_MEMBER; r <<= 1) {
        if ((new->roles &r) != 0) {
            db_put(c->tx, &ADD_POST,
                   DB_ARGS(DB_INT(id), DB_TEXT(role_word((enum role)r)),
                           DB_REF(new->organization_id), DB_REF(new->enterprise_id),
                           DB_INT(c->now)));
        }
    }
    return id;
}

int64_t
account_by_login(struct db_tx *tx, const char *login)
{
    return db_value_int(tx, &BY_LOGIN, DB_ARGS(DB_TEXT(login)), 0);
}

const char *
account_activation(struct ctx *c, int64_t account_id)
{
    unsigned char random[16], hash[32];
    randombytes_buf(random, sizeof random);
    const char *code = text_hex(c->arena, random, sizeof random);
    crypto_hash_sha256(hash, (const unsigned char *)code, strlen(code));
    db_put(
        c->tx, &ACTIVATION,
        DB_ARGS(DB_INT(account_id), DB_BLOB(hash, sizeof hash), DB_INT(c->now + 7 * TIME_DAY)));
    return code;
}
