// SPDX-License-Identifier: Apache-2.0
#include "mod/account/throttle.h"

#include "base/text.h"
#include "kit/rate.h"

#include <sodium.h>
#include <string.h>

#define WAIT_FIRST (2 * TIME_SECOND)
#define WAIT_MOST (15 * TIME_MINUTE)
#define FORGOTTEN_AFTER TIME_HOUR
#define TRUSTED_FOR (90 * TIME_DAY)

const struct db_stmt THROTTLE_GET = {
    .name = "throttle.get",
    .sql = "SELECT failures, until FROM throttle WHERE key = $1 AND until > $2",
    .params = "key:text after:time",
    .row = "failures:int until:time"};
const struct db_stmt THROTTLE_PUT = {
    .name = "throttle.put",
    .sql =
        "INSERT INTO throttle (key, failures, until) VALUES ($1, $2, $3) "
        "ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, until = excluded.until",
    .params = "key:text failures:int until:time"};
const struct db_stmt THROTTLE_FORGET = {.name = "throttle.forget",
                                        .sql = "DELETE FROM throttle WHERE key = $1",
                                        .params = "key:text"};
const struct db_stmt THROTTLE_EXPIRE = {.name = "throttle.expire",
                                        .sql = "DELETE FROM throttle WHERE until <= $1",
                                        .params = "before:time"};

// Keys are hashes: people type their password into the wrong field, too.
static const char *
key_of(struct arena *a, const char *kind, const char *login, const char *network)
{
    unsigned char hash[16];
    const char *text = arena_printf(a, "%s\n%s\n%s", kind, login, network);
    crypto_generichash(hash, sizeof hash, (const unsigned char *)text, strlen(text), NULL, 0);
    return text_hex(a, hash, sizeof hash);
}

struct count {
    int64_t failures, until;
};

static struct count
read_count(struct ctx *c, const char *key)
{
    struct count n = {0};
    struct db_rows *r =
        db_query(c->tx, &THROTTLE_GET, DB_ARGS(DB_TEXT(key), DB_INT(c->now - FORGOTTEN_AFTER)));
    if (db_next(r)) {
        n = (struct count){db_int(r, 0), db_int(r, 1)};
    }
    db_end(r);
    return n;
}

static bool
is_trusted(struct ctx *c, const struct throttle *t)
{
    return read_count(c, t->trusted).until > c->now;
}

void
throttle_read(struct ctx *c, const char *login, struct throttle *out)
{
    struct arena *a = c->arena;
    const char *name = text_lower(a, login), *network = rate_network(a, c->req->peer);
    *out = (struct throttle){.pair = key_of(a, "pair", name, network),
                             .network = key_of(a, "network", "", network),
                             .account = key_of(a, "account", name, ""),
                             .trusted = key_of(a, "trusted", name, network)};
    int64_t until = read_count(c, out->pair).until;
    if (!is_trusted(c, out)) {
        int64_t shared = read_count(c, out->network).until;
        until = shared > until ? shared : until;
    }
    out->wait = until > c->now ? until - c->now : 0;
}

// Doubles with every failure after the free ones.
static void
count_failure(struct ctx *c, const char *key, int64_t free)
{
    int64_t n = read_count(c, key).failures + 1, wait = 0;
    if (n >= free) {
        wait = n - free > 20 ? WAIT_MOST : WAIT_FIRST << (n - free);
        wait = wait > WAIT_MOST ? WAIT_MOST : wait;
    }
    db_put(c->tx, &THROTTLE_PUT, DB_ARGS(DB_TEXT(key), DB_INT(n), DB_INT(c->now + wait)));
}

void
throttle_failed(struct ctx *c, const struct throttle *t)
{
    bool attacked = read_count(c, t->account).failures >= THROTTLE_ATTACKED;
    int64_t tries = attacked && !is_trusted(c, t) ? THROTTLE_TRIES_ATTACKED : THROTTLE_TRIES;
    count_failure(c, t->pair, tries);
    count_failure(c, t->network, THROTTLE_NETWORK);
    count_failure(c, t->account, INT64_MAX); // never waits itself
    db_put(c->tx, &THROTTLE_EXPIRE, DB_ARGS(DB_INT(c->now - FORGOTTEN_AFTER)));
}

void
throttle_passed(struct ctx *c, const struct throttle *t)
{
    db_put(c->tx, &THROTTLE_FORGET, DB_ARGS(DB_TEXT(t->pair)));
    db_put(c->tx, &THROTTLE_PUT,
           DB_ARGS(DB_TEXT(t->trusted), DB_INT(0), DB_INT(c->now + TRUSTED_FOR)));
}
