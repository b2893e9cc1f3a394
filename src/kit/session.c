// SPDX-License-Identifier: Apache-2.0
// Sessions: a random 256-bit token in the cookie, its SHA-256 in the database. Who it is, is
// asked of the database only after a change (kit/known.h), so that it costs a request nearly
// nothing.
#include "kit/session.h"

#include "base/text.h"
#include "kit/app.h"
#include "kit/known.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

enum { HASH = KNOWN_HASH, CSRF_BYTES = 18, AGENT_CHARS = 200 };

#define STAFF_IDLE (30 * TIME_MINUTE)
#define STAFF_MOST (12 * TIME_HOUR)
#define MEMBER_MOST (30 * TIME_DAY)
#define TOKEN_MOST (365 * TIME_DAY)
#define NEVER_IDLE (INT64_MAX / 2)

#define ACTOR_COLUMNS                                                                          \
    "a.id, a.login, a.name, a.language, a.theme, a.size, p.role, p.organization_id, "          \
    "p.enterprise_id, o.name AS organization, s.expires_at"
#define ACTOR_ROW                                                                              \
    "id:int login:text name:text language:text? theme:text size:text role:text? "              \
    "organization_id:int? enterprise_id:int? organization:text? expires_at:time"
#define ACTOR_JOIN                                                                             \
    "JOIN account a ON a.id = s.account_id AND a.state = 'active' "                            \
    "LEFT JOIN post p ON p.account_id = a.id AND p.since <= $2 "                               \
    "AND (p.until IS NULL OR p.until > $2) "                                                   \
    "LEFT JOIN organization o ON o.id = p.organization_id "

static const struct db_stmt BY_COOKIE = {
    .name = "session.by_cookie",
    .sql = "SELECT " ACTOR_COLUMNS ", s.csrf, s.staff, s.seen_at FROM session s " ACTOR_JOIN
           "WHERE s.token_hash = $1 AND s.expires_at > $2 ORDER BY p.id",
    .params = "hash:blob now:time",
    .row = ACTOR_ROW " csrf:text staff:int seen_at:time"};
static const struct db_stmt BY_TOKEN = {.name = "session.by_token",
                                        .sql =
                                            "SELECT " ACTOR_COLUMNS " FROM token s " ACTOR_JOIN
                                            "WHERE s.token_hash = $1 AND s.expires_at > $2 "
                                            "ORDER BY p.id",
                                        .params = "hash:blob now:time",
                                        .row = ACTOR_ROW};
static const struct db_stmt OPEN = {
    .name = "session.open",
    .sql = "INSERT INTO session (token_hash, account_id, csrf, staff, created_at, seen_at, "
           "expires_at, ip, agent) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)",
    .params = "hash:blob account_id:int csrf:text staff:int now:time expires_at:time ip:text "
              "agent:text"};
static const struct db_stmt IS_STAFF = {
    .name = "session.is_staff",
    .sql = "SELECT count(*) AS n FROM post WHERE account_id = $1 AND role <> 'member'",
    .params = "account_id:int",
    .row = "n:int"};
static const struct db_stmt CLOSE = {.name = "session.close",
                                     .sql = "DELETE FROM session WHERE token_hash = $1",
                                     .params = "hash:blob"};
static const struct db_stmt CLOSE_ALL = {.name = "session.close_all",
                                         .sql = "DELETE FROM session WHERE account_id = $1",
                                         .params = "account_id:int"};
static const struct db_stmt CLOSE_OTHERS = {
    .name = "session.close_others",
    .sql = "DELETE FROM session WHERE account_id = $1 AND token_hash <> $2",
    .params = "account_id:int hash:blob"};
static const struct db_stmt LIST = {
    .name = "session.list",
    .sql = "SELECT token_hash, created_at, seen_at, ip, agent FROM session "
           "WHERE account_id = $1 AND expires_at > $2 ORDER BY created_at",
    .params = "account_id:int now:time",
    .row = "token_hash:blob created_at:time seen_at:time ip:text agent:text"};
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
const struct db_stmt *const SESSION_STMTS[] = {
    &BY_COOKIE, &BY_TOKEN, &OPEN,         &IS_STAFF, &CLOSE,     &CLOSE_ALL, &CLOSE_OTHERS,
    &LIST,      &SEEN,     &CLOSE_TOKENS, &EXPIRE,   &ADD_TOKEN, NULL};

static void
write_seen(void *arg, const unsigned char *hash, int64_t at)
{
    db_put(arg, &SEEN, DB_ARGS(DB_BLOB(hash, HASH), DB_INT(at)));
}

void
session_flush(struct ctx *c)
{
    known_each_seen(c->app->serial, write_seen, c->tx);
    db_put(c->tx, &EXPIRE, DB_ARGS(DB_INT(c->now)));
}

// ---- who it is ---------------------------------------------------------------------------

// Every request pays for this: libcrypto knows the processor's own instructions for it, and
// looking the algorithm up costs more than using it.
static struct {
    pthread_once_t once;
    EVP_MD *sha256;
} digest = {.once = PTHREAD_ONCE_INIT};

static void
fetch_digest(void)
{
    digest.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static void
token_hash(const char *token, unsigned char out[HASH])
{
    size_t n = strlen(token);
    unsigned size = HASH;
    pthread_once(&digest.once, fetch_digest);
    if (digest.sha256 == NULL || EVP_Digest(token, n, out, &size, digest.sha256, NULL) != 1) {
        crypto_hash_sha256(out, (const unsigned char *)token, n);
    }
}

static void
read_first(struct arena *a, struct db_rows *r, struct known *k)
{
    k->actor = (struct actor){.id = db_int(r, 0),
                              .login = arena_strdup(a, db_text(r, 1)),
                              .name = arena_strdup(a, db_text(r, 2)),
                              .organization = "",
                              .language = arena_strdup(a, db_text(r, 3)),
                              .theme = arena_strdup(a, db_text(r, 4)),
                              .size = arena_strdup(a, db_text(r, 5))};
    k->expires_at = db_int(r, 10);
    if (!k->bearer) {
        k->actor.csrf = arena_strdup(a, db_text(r, 11));
        k->staff = db_int(r, 12) != 0;
        k->seen_at = db_int(r, 13);
    }
}

// The rows of one account, one a post, become one actor; the oldest post is the main one.
static bool
read_known(struct arena *a, struct db_rows *r, struct known *k)
{
    bool found = false;
    for (; db_next(r); found = true) {
        if (!found) {
            read_first(a, r, k);
        }
        const char *role = db_text(r, 6);
        k->actor.roles |= role == NULL ? 0 : role_parse(role);
        if (k->actor.organization_id == 0 && !db_is_null(r, 7)) {
            const char *name = db_text(r, 9);
            k->actor.organization_id = db_int(r, 7);
            k->actor.organization = name == NULL ? "" : arena_strdup(a, name);
        }
        if (k->actor.enterprise_id == 0) {
            k->actor.enterprise_id = db_int(r, 8);
        }
    }
    db_end(r);
    return found;
}

// What is read is kept for as long as the database stays as it is, so it must not come from a
// snapshot older than the number it is kept under: the request's snapshot is taken anew.
static struct known *
find(struct ctx *c, const unsigned char *hash, bool bearer)
{
    struct db *db = c->app->db;
    struct known like = {
        .app = c->app->serial, .bearer = bearer, .generation = db_generation(db)};
    memcpy(like.hash, hash, HASH);
    struct known *k = known_find(c->arena, &like, c->now);
    if (k != NULL) {
        return k;
    }
    k = ARENA_NEW(c->arena, struct known);
    *k = like;
    k->read_at = c->now;
    db_read_end(c->tx);
    k->generation = db_generation(db);
    ctx_read_begin(c);
    const struct db_stmt *s = bearer ? &BY_TOKEN : &BY_COOKIE;
    if (c->tx == NULL ||
        !read_known(c->arena, db_query(c->tx, s, DB_ARGS(DB_BLOB(hash, HASH), DB_INT(c->now))),
                    k)) {
        return NULL;
    }
    known_keep(k);
    return k;
}

// Districts below one host share its cookies, so that each has its own names.
static const char *
own_name(const struct ctx *c, const char *name)
{
    const char *slash = strrchr(c->req->base, '/');
    return slash == NULL ? name : arena_printf(c->arena, "%s-%s", name, slash + 1);
}

static const char *
cookie_name(const struct ctx *c)
{
    return own_name(c, c->req->tls ? "__Host-hq" : "hq");
}

static const struct actor *
from_token(struct ctx *c, const char *token, bool bearer)
{
    unsigned char hash[HASH];
    if (token == NULL || strlen(token) != HASH * 2) {
        return NULL;
    }
    token_hash(token, hash);
    struct known *k = find(c, hash, bearer);
    if (k == NULL || k->expires_at <= c->now ||
        (!bearer && !known_touch(c->app->serial, hash, k->seen_at, c->now,
                                 k->staff ? STAFF_IDLE : NEVER_IDLE))) {
        return NULL;
    }
    k->actor.session = bearer ? NULL : k->hash;
    return &k->actor;
}

enum err
session_actor(struct ctx *c, const struct actor **out)
{
    const char *header = c->api ? http_header(c->req, "authorization") : NULL;
    const struct actor *a = NULL;
    *out = &ACTOR_NOBODY;
    if (!c->api) {
        a = from_token(c, http_cookie(c->req, cookie_name(c)), false);
    } else if (header != NULL && strncasecmp(header, "Bearer ", 7) == 0) {
        a = from_token(c, header + 7, true);
    }
    if (c->tx == NULL) {
        return ERR_UNAVAILABLE;
    }
    if (db_tx_err(c->tx) != ERR_OK) {
        return db_tx_err(c->tx); // not found is not the same as not asked
    }
    if (a == NULL) {
        return header == NULL ? ERR_OK : ERR_UNAUTHENTICATED;
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

// Behind TLS no other host of the domain can set it (__Host-).
static const char *
pre_name(const struct ctx *c)
{
    return own_name(c, c->req->tls ? "__Host-hq_pre" : "hq_pre");
}

const char *
session_csrf(struct ctx *c)
{
    if (c->actor->csrf != NULL) {
        return mask(c, c->actor->csrf);
    }
    const char *pre = http_cookie(c->req, pre_name(c));
    if (c->background && pre == NULL) {
        return ""; // no form for a person; a cookie would make the form of their page worthless
    }
    if (pre == NULL || strlen(pre) != CSRF_BYTES * 2) {
        unsigned char random[CSRF_BYTES];
        randombytes_buf(random, sizeof random);
        pre = text_hex(c->arena, random, sizeof random);
        http_set(c->req, c->resp, "Set-Cookie",
                 arena_printf(c->arena, "%s=%s; Path=/; HttpOnly; SameSite=Lax%s", pre_name(c),
                              pre, c->req->tls ? "; Secure" : ""));
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
        c->actor->csrf != NULL ? c->actor->csrf : http_cookie(c->req, pre_name(c));
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

static const char *
agent_of(struct ctx *c)
{
    const char *agent = http_header(c->req, "user-agent");
    return agent == NULL ? "" : text_ellipsis(c->arena, agent, AGENT_CHARS);
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
        db_put(c->tx, &CLOSE, DB_ARGS(DB_BLOB(c->actor->session, HASH)));
    }
    db_put(c->tx, &OPEN,
           DB_ARGS(DB_BLOB(hash, HASH), DB_INT(account_id),
                   DB_TEXT(text_hex(c->arena, random, sizeof random)), DB_INT(staff),
                   DB_INT(c->now), DB_INT(c->now + most), DB_TEXT(c->req->peer),
                   DB_TEXT(agent_of(c))));
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
        db_put(c->tx, &CLOSE, DB_ARGS(DB_BLOB(c->actor->session, HASH)));
    }
    c->cookie = arena_printf(c->arena, "%s=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0%s",
                             cookie_name(c), c->req->tls ? "; Secure" : "");
}

void
session_close_all(struct ctx *c, int64_t account_id)
{
    db_put(c->tx, &CLOSE_ALL, DB_ARGS(DB_INT(account_id)));
    db_put(c->tx, &CLOSE_TOKENS, DB_ARGS(DB_INT(account_id)));
}

void
session_close_others(struct ctx *c)
{
    if (c->actor->session != NULL) {
        db_put(c->tx, &CLOSE_OTHERS,
               DB_ARGS(DB_INT(c->actor->id), DB_BLOB(c->actor->session, HASH)));
    }
}

struct value *
session_list(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    struct db_rows *r = db_query(c->tx, &LIST, DB_ARGS(DB_INT(c->actor->id), DB_INT(c->now)));
    while (db_next(r)) {
        size_t n = 0;
        const void *hash = db_blob(r, 0, &n);
        bool mine = c->actor->session != NULL && n == HASH &&
                    sodium_memcmp(hash, c->actor->session, HASH) == 0;
        struct value *m = value_map(a);
        value_set(a, m, "since", value_time(a, db_int(r, 1)));
        value_set(a, m, "seen_at", value_time(a, mine ? c->now : db_int(r, 2)));
        value_set(a, m, "ip", value_text(a, db_text(r, 3)));
        value_set(a, m, "agent", value_text(a, db_text(r, 4)));
        value_set_bool(a, m, "current", mine);
        value_push(a, list, m);
    }
    db_end(r);
    return list;
}

const char *
session_token(struct ctx *c, int64_t account_id, const char *label)
{
    unsigned char *hash = arena_raw(c->arena, HASH);
    const char *token = new_token(c, hash);
    db_put(c->tx, &ADD_TOKEN,
           DB_ARGS(DB_BLOB(hash, HASH), DB_INT(account_id), DB_TEXT(label), DB_INT(c->now),
                   DB_INT(c->now + TOKEN_MOST)));
    return token;
}
