// SPDX-License-Identifier: Apache-2.0
// Sessions: a random 256-bit token in the cookie, its SHA-256 in the database. Because a GET
// never writes, when a session was last seen is kept in memory and written down with the next
// minute's tick (session_flush).
#include "kit/session.h"

#include "base/text.h"
#include "kit/app.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

enum { HASH = 32, SEEN_SLOTS = 4096, CSRF_BYTES = 18 };

#define STAFF_IDLE (30 * TIME_MINUTE)
#define STAFF_MOST (12 * TIME_HOUR)
#define MEMBER_MOST (30 * TIME_DAY)
#define TOKEN_MOST (365 * TIME_DAY)

#define ACTOR_COLUMNS                                                                          \
    "a.id, a.login, a.name, a.language, a.theme, a.size, p.role, p.organization_id, "          \
    "p.enterprise_id, o.name"
#define ACTOR_ROW                                                                              \
    "id:int login:text name:text language:text? theme:text size:text role:text? "              \
    "organization_id:int? enterprise_id:int? organization:text?"
#define ACTOR_JOIN                                                                             \
    "JOIN account a ON a.id = s.account_id AND a.state = 'active' "                            \
    "LEFT JOIN post p ON p.account_id = a.id AND (p.until IS NULL OR p.until > $2) "           \
    "LEFT JOIN organization o ON o.id = p.organization_id "

static const struct db_stmt BY_COOKIE = {
    .name = "session.by_cookie",
    .sql = "SELECT " ACTOR_COLUMNS ", s.csrf, s.staff, s.seen_at FROM session s " ACTOR_JOIN
           "WHERE s.token_hash = $1 AND s.expires_at > $2",
    .params = "hash:blob now:time",
    .row = ACTOR_ROW " csrf:text staff:int seen_at:time"};
static const struct db_stmt BY_TOKEN = {.name = "session.by_token",
                                        .sql =
                                            "SELECT " ACTOR_COLUMNS " FROM token s " ACTOR_JOIN
                                            "WHERE s.token_hash = $1 AND s.expires_at > $2",
                                        .params = "hash:blob now:time",
                                        .row = ACTOR_ROW};
static const struct db_stmt OPEN = {
    .name = "session.open",
    .sql = "INSERT INTO session (token_hash, account_id, csrf, staff, created_at, seen_at, "
           "expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)",
    .params = "hash:blob account_id:int csrf:text staff:int now:time expires_at:time"};
static const struct db_stmt IS_STAFF = {
    .name = "session.is_staff",
    .sql = "SELECT count(*) FROM post WHERE account_id = $1 AND role <> 'member'",
    .params = "account_id:int",
    .row = "n:int"};
static const struct db_stmt CLOSE = {.name = "session.close",
                                     .sql = "DELETE FROM session WHERE token_hash = $1",
                                     .params = "hash:blob"};
static const struct db_stmt CLOSE_ALL = {.name = "session.close_all",
                                         .sql = "DELETE FROM session WHERE account_id = $1",
                                         .params = "account_id:int"};
static const struct db_stmt CLOSE_TOKENS = {.name = "session.close_tokens",
                                            .sql = "DELETE FROM token WHERE account_id = $1",
                                            .params = "account_id:int"};
static const struct db_stmt EXPIRE = {.name = "session.expire",
                                      .sql = "DELETE FROM session WHERE expires_at <= $1",
                                      .params = "now:time"};
static const struct db_stmt SEEN = {
    .name = "session.seen",
    .sql = "UPDATE session SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2",
    .params = "hash:blob seen_at:time"};
static const struct db_stmt ADD_TOKEN = {
    .name = "session.add_token",
    .sql = "INSERT INTO token (token_hash, account_id, label, created_at, expires_at) "
           "VALUES ($1, $2, $3, $4, $5)",
    .params = "hash:blob account_id:int label:text now:time expires_at:time"};
const struct db_stmt *const SESSION_STMTS[] = {&BY_COOKIE, &BY_TOKEN,  &OPEN,         &IS_STAFF,
                                               &CLOSE,     &CLOSE_ALL, &CLOSE_TOKENS, &EXPIRE,
                                               &SEEN,      &ADD_TOKEN, NULL};

// ---- last seen, in memory ---------------------------------------------------------------

static struct {
    pthread_mutex_t lock;
    struct {
        unsigned char hash[HASH];
        int64_t at;
        bool dirty;
    } slots[SEEN_SLOTS];
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t
slot_of(const unsigned char *hash)
{
    uint32_t n;
    memcpy(&n, hash, sizeof n);
    return n % SEEN_SLOTS;
}

// When the session was last seen before now; remembers now. A slot taken by another session
// only makes idleness count from what the database knows.
static int64_t
touch(const unsigned char *hash, int64_t kept, int64_t now)
{
    size_t i = slot_of(hash);
    pthread_mutex_lock(&seen.lock);
    bool mine = memcmp(seen.slots[i].hash, hash, HASH) == 0;
    int64_t last = mine && seen.slots[i].at > kept ? seen.slots[i].at : kept;
    memcpy(seen.slots[i].hash, hash, HASH);
    seen.slots[i].at = now;
    seen.slots[i].dirty = true;
    pthread_mutex_unlock(&seen.lock);
    return last;
}

void
session_flush(struct ctx *c)
{
    for (size_t i = 0; i < SEEN_SLOTS; i++) {
        unsigned char hash[HASH];
        int64_t at = 0;
        pthread_mutex_lock(&seen.lock);
        if (seen.slots[i].dirty) {
            seen.slots[i].dirty = false;
            at = seen.slots[i].at;
            memcpy(hash, seen.slots[i].hash, HASH);
        }
        pthread_mutex_unlock(&seen.lock);
        if (at != 0) {
            db_run(c->tx, &SEEN, DB_ARGS(DB_BLOB(hash, HASH), DB_INT(at)));
        }
    }
    db_run(c->tx, &EXPIRE, DB_ARGS(DB_INT(c->now)));
}

// ---- who it is ---------------------------------------------------------------------------

static void
token_hash(const char *token, unsigned char out[HASH])
{
    crypto_hash_sha256(out, (const unsigned char *)token, strlen(token));
}

// What a session's row says beside the account.
struct held {
    const char *csrf;
    bool staff;
    int64_t seen_at;
};

static struct actor *
first_row(struct ctx *c, struct db_rows *r, struct held *held)
{
    struct actor *a = ARENA_NEW(c->arena, struct actor);
    a->id = db_int(r, 0);
    a->login = arena_strdup(c->arena, db_text(r, 1));
    a->name = arena_strdup(c->arena, db_text(r, 2));
    a->language = arena_strdup(c->arena, db_text(r, 3));
    a->theme = arena_strdup(c->arena, db_text(r, 4));
    a->size = arena_strdup(c->arena, db_text(r, 5));
    a->organization = "";
    if (held != NULL) {
        held->csrf = arena_strdup(c->arena, db_text(r, 10));
        held->staff = db_int(r, 11) != 0;
        held->seen_at = db_int(r, 12);
    }
    return a;
}

// The rows of one account, one a post, become one actor.
static struct actor *
read_actor(struct ctx *c, struct db_rows *r, struct held *held)
{
    struct actor *a = NULL;
    while (db_next(r)) {
        a = a == NULL ? first_row(c, r, held) : a;
        const char *role = db_text(r, 6);
        a->roles |= role == NULL ? 0 : role_parse(role);
        if (a->organization_id == 0 && !db_is_null(r, 7)) {
            const char *name = db_text(r, 9);
            a->organization_id = db_int(r, 7);
            a->organization = name == NULL ? "" : arena_strdup(c->arena, name);
        }
        if (a->enterprise_id == 0) {
            a->enterprise_id = db_int(r, 8);
        }
    }
    db_end(r);
    return a;
}

static const char *
cookie_name(const struct ctx *c)
{
    return c->req->tls ? "__Host-hq" : "hq";
}

static void
from_cookie(struct ctx *c, const struct actor **out)
{
    const char *token = http_cookie(c->req, cookie_name(c));
    if (token == NULL || strlen(token) != 64) {
        return;
    }
    unsigned char *hash = arena_raw(c->arena, HASH);
    token_hash(token, hash);
    struct held held = {0};
    struct actor *a = read_actor(
        c, db_query(c->tx, &BY_COOKIE, DB_ARGS(DB_BLOB(hash, HASH), DB_INT(c->now))), &held);
    if (a == NULL || (held.staff && c->now - touch(hash, held.seen_at, c->now) > STAFF_IDLE)) {
        return;
    }
    a->csrf = held.csrf;
    a->session = hash;
    *out = a;
}

enum err
session_actor(struct ctx *c, const struct actor **out)
{
    *out = &ACTOR_NOBODY;
    if (!c->api) {
        from_cookie(c, out);
        return ERR_OK;
    }
    const char *header = http_header(c->req, "authorization");
    if (header == NULL) {
        return ERR_OK;
    }
    unsigned char hash[HASH];
    if (!text_starts(header, "Bearer ")) {
        return ERR_UNAUTHENTICATED;
    }
    token_hash(header + 7, hash);
    const struct actor *a = read_actor(
        c, db_query(c->tx, &BY_TOKEN, DB_ARGS(DB_BLOB(hash, HASH), DB_INT(c->now))), NULL);
    if (a == NULL) {
        return ERR_UNAUTHENTICATED;
    }
    *out = a;
    return ERR_OK;
}

// ---- CSRF --------------------------------------------------------------------------------

// Pages are compressed, so a token that stood there unchanged could be guessed from lengths
// (BREACH): it is shown under a fresh mask every time, pad ‖ token⊕pad.
static const char *
mask(struct ctx *c, const char *token)
{
    size_t n = strlen(token);
    unsigned char *both = arena_raw(c->arena, n * 2);
    randombytes_buf(both, n);
    for (size_t i = 0; i < n; i++) {
        both[n + i] = (unsigned char)token[i] ^ both[i];
    }
    return text_hex(c->arena, both, n * 2);
}

static bool
unmask_equals(const char *masked, const char *token)
{
    size_t n = strlen(token), got = 0;
    unsigned char both[256];
    if (n * 2 > sizeof both ||
        sodium_hex2bin(both, sizeof both, masked, strlen(masked), NULL, &got, NULL) != 0 ||
        got != n * 2) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        both[n + i] ^= both[i];
    }
    return sodium_memcmp(both + n, token, n) == 0;
}

const char *
session_csrf(struct ctx *c)
{
    if (c->actor->csrf != NULL) {
        return mask(c, c->actor->csrf);
    }
    const char *pre = http_cookie(c->req, "hq_pre");
    if (pre == NULL || strlen(pre) != CSRF_BYTES * 2) {
        unsigned char random[CSRF_BYTES];
        randombytes_buf(random, sizeof random);
        pre = text_hex(c->arena, random, sizeof random);
        http_set(c->req, c->resp, "Set-Cookie",
                 arena_printf(c->arena, "hq_pre=%s; Path=/; HttpOnly; SameSite=Lax%s", pre,
                              c->req->tls ? "; Secure" : ""));
    }
    return mask(c, pre);
}

// Browsers name the origin of every POST; one that names another site is refused.
static bool
origin_ok(const struct ctx *c)
{
    const char *site = http_header(c->req, "sec-fetch-site");
    const char *origin = http_header(c->req, "origin");
    const char *host = http_header(c->req, "host");
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0) {
        return false;
    }
    if (origin == NULL) {
        return true;
    }
    const char *at = strstr(origin, "://");
    return at != NULL && host != NULL && strcmp(at + 3, host) == 0;
}

bool
session_csrf_ok(struct ctx *c)
{
    const char *given = http_list_get(&c->req->form, "csrf");
    const char *expected =
        c->actor->csrf != NULL ? c->actor->csrf : http_cookie(c->req, "hq_pre");
    if (given == NULL) {
        given = http_header(c->req, "x-csrf-token");
    }
    return given != NULL && expected != NULL && *expected != '\0' && origin_ok(c) &&
           unmask_equals(given, expected);
}

// ---- opening and closing --------------------------------------------------------------------

static const char *
new_token(struct ctx *c, unsigned char hash[HASH])
{
    unsigned char random[32];
    randombytes_buf(random, sizeof random);
    const char *token = text_hex(c->arena, random, sizeof random);
    token_hash(token, hash);
    return token;
}

enum err
session_open(struct ctx *c, int64_t account_id)
{
    unsigned char *hash = arena_raw(c->arena, HASH), random[CSRF_BYTES];
    const char *token = new_token(c, hash);
    bool staff = db_value_int(c->tx, &IS_STAFF, DB_ARGS(DB_INT(account_id)), 1) > 0;
    int64_t most = staff ? STAFF_MOST : MEMBER_MOST;
    randombytes_buf(random, sizeof random);
    if (c->actor->session != NULL) {
        db_run(c->tx, &CLOSE, DB_ARGS(DB_BLOB(c->actor->session, HASH)));
    }
    db_run(c->tx, &OPEN,
           DB_ARGS(DB_BLOB(hash, HASH), DB_INT(account_id),
                   DB_TEXT(text_hex(c->arena, random, sizeof random)), DB_INT(staff),
                   DB_INT(c->now), DB_INT(c->now + most)));
    // Staff sessions end with the browser; members keep theirs on their own phone.
    c->cookie =
        arena_printf(c->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s", cookie_name(c),
                     token, c->req->tls ? "; Secure" : "", staff ? "" : "; Max-Age=2592000");
    return db_tx_err(c->tx);
}

void
session_close(struct ctx *c)
{
    if (c->actor->session != NULL) {
        db_run(c->tx, &CLOSE, DB_ARGS(DB_BLOB(c->actor->session, HASH)));
    }
    c->cookie = arena_printf(c->arena, "%s=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0%s",
                             cookie_name(c), c->req->tls ? "; Secure" : "");
}

void
session_close_all(struct ctx *c, int64_t account_id)
{
    db_run(c->tx, &CLOSE_ALL, DB_ARGS(DB_INT(account_id)));
    db_run(c->tx, &CLOSE_TOKENS, DB_ARGS(DB_INT(account_id)));
}

const char *
session_token(struct ctx *c, int64_t account_id, const char *label)
{
    unsigned char *hash = arena_raw(c->arena, HASH);
    const char *token = new_token(c, hash);
    db_run(c->tx, &ADD_TOKEN,
           DB_ARGS(DB_BLOB(hash, HASH), DB_INT(account_id), DB_TEXT(label), DB_INT(c->now),
                   DB_INT(c->now + TOKEN_MOST)));
    return token;
}
