// SPDX-License-Identifier: Apache-2.0
// Rows at rest are sealed with a key of their own: they hold what the records keep encrypted.
#include "kit/import_store.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

#include <sodium.h>
#include <string.h>

enum { BLOCK_MAX = 64 * 1024 * 1024 };

static const struct db_stmt ADD = {
    .name = "import.block_add",
    .sql = "INSERT INTO import_block (run_id, seq, rows, n_new, n_changed, n_same, n_wrong)"
           " VALUES ($1, $2, $3, 0, 0, 0, 0)",
    .params = "run:int seq:int rows:blob"};
static const struct db_stmt ROWS = {
    .name = "import.block_rows",
    .sql = "SELECT rows FROM import_block WHERE run_id = $1 AND seq = $2",
    .params = "run:int seq:int",
    .row = "rows:blob"};
static const struct db_stmt SAID = {
    .name = "import.block_said",
    .sql = "SELECT results FROM import_block WHERE run_id = $1 AND seq = $2",
    .params = "run:int seq:int",
    .row = "results:blob?"};
static const struct db_stmt RESULTS = {
    .name = "import.block_results",
    .sql = "UPDATE import_block SET results = $3, n_new = $4, n_changed = $5, n_same = $6,"
           " n_wrong = $7 WHERE run_id = $1 AND seq = $2",
    .params = "run:int seq:int results:blob new:int changed:int same:int wrong:int"};
static const struct db_stmt NEXT = {
    .name = "import.block_next",
    .sql = "SELECT seq FROM import_block WHERE run_id = $1 AND seq > $2 AND n_new * $3"
           " + n_changed * $4 + n_same * $5 + n_wrong * $6 > 0 ORDER BY seq LIMIT 1",
    .params = "run:int seq:int new:int changed:int same:int wrong:int",
    .row = "seq:int"};
static const struct db_stmt DROP = {.name = "import.blocks_drop",
                                    .sql = "DELETE FROM import_block WHERE run_id = $1",
                                    .params = "run:int"};
static const struct db_stmt KEPT = {
    .name = "import.columns_kept",
    .sql = "SELECT columns FROM import_columns WHERE owner = $1 AND kind = $2"
           " AND signature = $3",
    .params = "owner:text kind:text signature:text",
    .row = "columns:json"};
static const struct db_stmt KEEP = {
    .name = "import.columns_keep",
    .sql = "INSERT INTO import_columns (owner, kind, signature, columns, updated_at)"
           " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (owner, kind, signature)"
           " DO UPDATE SET columns = excluded.columns, updated_at = excluded.updated_at",
    .params = "owner:text kind:text signature:text columns:json now:time"};
static const struct db_stmt ACTOR = {
    .name = "import.actor",
    .sql = "SELECT a.login, a.name, p.role, p.organization_id, p.enterprise_id,"
           " o.name AS organization FROM account a"
           " JOIN post p ON p.account_id = a.id AND p.since <= $2"
           " AND (p.until IS NULL OR p.until > $2)"
           " LEFT JOIN organization o ON o.id = p.organization_id"
           " WHERE a.id = $1 AND a.state = 'active' ORDER BY p.id",
    .params = "account:int now:time",
    .row = "login:text name:text role:text organization_id:int? enterprise_id:int?"
           " organization:text?"};

const struct db_stmt *const IMPORT_STORE_STATEMENTS[] = {&ADD,  &ROWS, &SAID, &RESULTS, &NEXT,
                                                         &DROP, &KEPT, &KEEP, &ACTOR,   NULL};

const char *
import_json(struct arena *a, const struct value *v)
{
    struct buf b;
    buf_init(&b, a, 4096, BLOCK_MAX);
    json_write(&b, v == NULL ? &value_null : v);
    return buf_str(&b);
}

// ---- who acts --------------------------------------------------------------------------

const struct actor *
import_actor(struct db_tx *tx, struct arena *a, int64_t account, const char *runner)
{
    static const struct actor SYSTEM = {.id = -1, .login = "system", .name = "系统"};
    if (strcmp(runner, "command") == 0) {
        return &SYSTEM;
    }
    struct actor *who = NULL;
    const struct value *posts =
        db_list(tx, a, &ACTOR, DB_ARGS(DB_INT(account), DB_INT(time_now())));
    for (size_t i = 0; i < value_count(posts); i++) {
        const struct value *p = value_at(posts, i);
        if (who == NULL) {
            who = ARENA_NEW(a, struct actor);
            *who = (struct actor){.id = account,
                                  .login = value_get_text(p, "login"),
                                  .name = value_get_text(p, "name"),
                                  .organization_id = value_get_int(p, "organization_id", 0),
                                  .organization = value_get_text(p, "organization"),
                                  .enterprise_id = value_get_int(p, "enterprise_id", 0)};
        }
        who->roles |= role_parse(value_get_text(p, "role"));
    }
    return who;
}

// ---- blocks ----------------------------------------------------------------------------

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
enum { TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES };

// What a sealed block stands for: it opens in no other place.
struct place {
    int64_t run, seq;
    int64_t what; // 0 rows, 1 results
};

static struct db_arg
sealed(const struct app *app, struct arena *a, const struct place *at, const void *data,
       size_t n)
{
    unsigned char key[32];
    unsigned long long size = 0;
    unsigned char *out = arena_raw(a, NONCE + n + TAG);
    app_key(app, "import", key);
    randombytes_buf(out, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + NONCE, &size, data, n, (const unsigned char *)at, sizeof *at, NULL, out, key);
    sodium_memzero(key, sizeof key);
    return DB_BLOB(out, NONCE + (size_t)size);
}

// NUL behind; NULL when it is forged or damaged.
static char *
opened(const struct app *app, struct arena *a, const struct place *at, const void *data,
       size_t n, size_t *size)
{
    unsigned char key[32];
    unsigned long long got = 0;
    if (n < NONCE + TAG) {
        return NULL;
    }
    unsigned char *out = arena_raw(a, n - NONCE - TAG + 1);
    app_key(app, "import", key);
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(
        out, &got, NULL, (const unsigned char *)data + NONCE, n - NONCE,
        (const unsigned char *)at, sizeof *at, data, key);
    sodium_memzero(key, sizeof key);
    if (bad != 0) {
        log_error("a block of import %lld cannot be opened", (long long)at->run);
        return NULL;
    }
    out[got] = '\0';
    *size = (size_t)got;
    return (char *)out;
}

static char *
block_open(struct db_tx *tx, const struct app *app, struct arena *a, const struct db_stmt *s,
           const struct place *at, size_t *size)
{
    char *out = NULL;
    struct db_rows *r = db_query(tx, s, DB_ARGS(DB_INT(at->run), DB_INT(at->seq)));
    if (db_next(r) && !db_is_null(r, 0)) {
        size_t n = 0;
        const void *data = db_blob(r, 0, &n);
        out = opened(app, a, at, data, n, size);
    }
    db_end(r);
    return out;
}

void
import_block_add(struct db_tx *tx, struct app *app, struct arena *a, int64_t run, int64_t seq,
                 const void *rows, size_t n)
{
    const struct place at = {run, seq, 0};
    db_put(tx, &ADD, DB_ARGS(DB_INT(run), DB_INT(seq), sealed(app, a, &at, rows, n)));
}

bool
import_block_rows(struct db_tx *tx, const struct app *app, struct arena *a, int64_t run,
                  int64_t seq, struct import_rows *out)
{
    const struct place at = {run, seq, 0};
    size_t n = 0;
    const char *p = block_open(tx, app, a, &ROWS, &at, &n);
    *out = (struct import_rows){p, p == NULL ? NULL : p + n};
    return p != NULL;
}

static void
put_result(struct buf *b, const struct import_result *r)
{
    buf_printf(b, "%s[%d,%lld,", b->n == 0 ? "[" : ",", (int)r->outcome, (long long)r->id);
    if (r->detail == NULL) {
        buf_puts(b, "null");
    } else {
        json_write(b, r->detail);
    }
    buf_putc(b, ']');
}

void
import_block_results(struct db_tx *tx, struct app *app, struct arena *a, int64_t run,
                     int64_t seq, const struct import_result *results, size_t n,
                     const int64_t counts[IMPORT_OUTCOMES])
{
    const struct place at = {run, seq, 1};
    struct buf b;
    buf_init(&b, a, 16 * 1024, BLOCK_MAX);
    for (size_t i = 0; i < n; i++) {
        put_result(&b, &results[i]);
    }
    buf_puts(&b, b.n == 0 ? "[]" : "]");
    db_put(tx, &RESULTS,
           DB_ARGS(DB_INT(run), DB_INT(seq), sealed(app, a, &at, buf_str(&b), b.n),
                   DB_INT(counts[IMPORT_NEW]), DB_INT(counts[IMPORT_CHANGED]),
                   DB_INT(counts[IMPORT_SAME]), DB_INT(counts[IMPORT_WRONG])));
}

const struct value *
import_block_said(struct db_tx *tx, const struct app *app, struct arena *a, int64_t run,
                  int64_t seq)
{
    const struct place at = {run, seq, 1};
    size_t n = 0;
    const char *why;
    const char *p = block_open(tx, app, a, &SAID, &at, &n);
    return p == NULL ? NULL : json_parse(a, p, n, &why);
}

int64_t
import_block_next(struct db_tx *tx, int64_t run, int64_t seq, unsigned outcomes)
{
    return db_value_int(tx, &NEXT,
                        DB_ARGS(DB_INT(run), DB_INT(seq), DB_INT(outcomes >> IMPORT_NEW & 1),
                                DB_INT(outcomes >> IMPORT_CHANGED & 1),
                                DB_INT(outcomes >> IMPORT_SAME & 1),
                                DB_INT(outcomes >> IMPORT_WRONG & 1)),
                        -1);
}

void
import_blocks_drop(struct db_tx *tx, int64_t run)
{
    db_put(tx, &DROP, DB_ARGS(DB_INT(run)));
}

// ---- columns ---------------------------------------------------------------------------

// Colleagues fill the same sheets.
static const char *
owner_of(struct ctx *c)
{
    const struct actor *who = c->actor;
    return who->organization_id != 0
               ? arena_printf(c->arena, "o%lld", (long long)who->organization_id)
               : arena_printf(c->arena, "a%lld", (long long)who->id);
}

const struct value *
import_columns_kept(struct ctx *c, const char *kind, const char *signature)
{
    return value_get(db_one(c->tx, c->arena, &KEPT,
                            DB_ARGS(DB_TEXT(owner_of(c)), DB_TEXT(kind), DB_TEXT(signature))),
                     "columns");
}

void
import_columns_keep(struct ctx *c, const char *kind, const char *signature, const char *json)
{
    db_put(c->tx, &KEEP,
           DB_ARGS(DB_TEXT(owner_of(c)), DB_TEXT(kind), DB_TEXT(signature), DB_TEXT(json),
                   DB_INT(c->now)));
}
