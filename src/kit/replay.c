// SPDX-License-Identifier: Apache-2.0
// A POST repeated with the same key (hidden form token, or Idempotency-Key) gives the first
// answer again instead of a second record; the same key with another body is refused.
#include "kit/gate.h"

#include "base/json.h"
#include "kit/seal.h"

#include <string.h>

static const struct db_stmt REPLAY_FIND = {
    .name = "replay.find",
    .sql = "SELECT body_hash, status, location, flash, answer FROM replay "
           "WHERE account_id = $1 AND key = $2",
    .params = "account_id:int key:text",
    .row = "body_hash:blob status:int location:text? flash:text? answer:text?"};

static const struct db_stmt REPLAY_KEEP = {
    .name = "replay.keep",
    .sql =
        "INSERT INTO replay (account_id, key, body_hash, status, location, flash, answer, at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .params = "account_id:int key:text body_hash:blob status:int location:text? flash:text? "
              "answer:text? at:time"};

const struct db_stmt *const REPLAY_STMTS[] = {&REPLAY_FIND, &REPLAY_KEEP, NULL};

// Answers hold mobiles: they wait sealed.
static const char *
sealed(struct ctx *c, const char *answer)
{
    const struct seal_place at = {"replay", "answer", c->actor->id};
    return seal_text(c->app, c->arena, seal_key(c->tx, c->arena), &at, answer);
}

static const struct value *
opened(struct ctx *c, const char *answer)
{
    const struct seal_place at = {"replay", "answer", c->actor->id};
    const char *plain = answer == NULL ? NULL : seal_open(c->app, c->arena, &at, answer);
    const char *why;
    return plain == NULL ? NULL : json_parse(c->arena, plain, strlen(plain), &why);
}

bool
replay_find(struct exchange *x)
{
    struct ctx *c = &x->c;
    bool found = false;
    if (x->key == NULL) {
        return false;
    }
    struct db_rows *r =
        db_query(c->tx, &REPLAY_FIND, DB_ARGS(DB_INT(c->actor->id), DB_TEXT(x->key)));
    if (db_next(r)) {
        size_t n = 0;
        const void *hash = db_blob(r, 0, &n);
        found = true;
        x->replayed = true;
        if (n != sizeof x->body_hash || memcmp(hash, x->body_hash, n) != 0) {
            c->result = ctx_refuse(c, ERR_CONFLICT,
                                   c->api ? T("同一个提交编号已经用于另一份内容")
                                          : T("这张表单已经提交过一次。确实要再提交一份，请核对"
                                              "内容后再点一次。"));
        } else {
            c->status = (int)db_int(r, 1);
            c->location = arena_strdup(c->arena, db_text(r, 2));
            c->flash = arena_strdup(c->arena, db_text(r, 3));
            c->out = opened(c, db_text(r, 4));
            c->result = ERR_OK;
        }
    }
    db_end(r);
    return found;
}

void
replay_keep(struct exchange *x)
{
    struct ctx *c = &x->c;
    const char *answer = NULL;
    if (c->api && c->out != NULL) {
        struct buf b;
        buf_init(&b, c->arena, 1024, 1024 * 1024);
        json_write(&b, c->out);
        answer = b.full ? NULL : sealed(c, buf_str(&b));
    }
    db_put(c->tx, &REPLAY_KEEP,
           DB_ARGS(DB_INT(c->actor->id), DB_TEXT(x->key),
                   DB_BLOB(x->body_hash, sizeof x->body_hash), DB_INT(c->status),
                   DB_TEXT(c->location), DB_TEXT(c->flash), DB_TEXT(answer), DB_INT(c->now)));
}

bool
ctx_was_sent(struct ctx *c, const char *token)
{
    struct db_rows *r =
        db_query(c->tx, &REPLAY_FIND, DB_ARGS(DB_INT(c->actor->id), DB_TEXT(token)));
    bool was = db_next(r);
    db_end(r);
    return was;
}
