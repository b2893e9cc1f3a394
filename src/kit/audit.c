// SPDX-License-Identifier: Apache-2.0
// The audit chain: every row's two digests cover its own fields and the row before, so that a
// changed, removed, inserted or reordered row shows.
#include "kit/audit.h"

#include "base/json.h"
#include "base/log.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

enum { DIGEST = 32 };

static const struct db_stmt HEAD = {
    .name = "audit.head",
    .sql = "SELECT id, sha256, sm3 FROM audit ORDER BY id DESC LIMIT 1",
    .row = "id:int sha256:blob sm3:blob"};
static const struct db_stmt ADD = {
    .name = "audit.add",
    .sql = "INSERT INTO audit (id, at, account_id, who, ip, action, kind, record_id, data, "
           "sha256, sm3) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    .params = "id:int at:time account_id:int who:text ip:text action:text kind:text "
              "record_id:int data:text sha256:blob sm3:blob"};
static const struct db_stmt WALK = {
    .name = "audit.walk",
    .sql = "SELECT id, at, account_id, who, ip, action, kind, record_id, data, sha256, sm3 "
           "FROM audit ORDER BY id",
    .row = "id:int at:time account_id:int who:text ip:text action:text kind:text "
           "record_id:int data:text sha256:blob sm3:blob",
    .scans = "verifies every row of the chain"};
const struct db_stmt *const AUDIT_STMTS[] = {&HEAD, &ADD, &WALK, NULL};

// What a row says, in one fixed spelling.
struct entry {
    int64_t id, at, account_id, record_id;
    const char *who, *ip, *action, *kind, *data;
};

// Looking an algorithm up costs more than digesting a row with it, so it is done once.
static struct {
    pthread_once_t once;
    EVP_MD *sha256, *sm3;
} digests = {.once = PTHREAD_ONCE_INIT};

static void
fetch_digests(void)
{
    digests.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digests.sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
}

// False when the machine cannot: then nothing may be written that would have to be told of.
static bool
digest(EVP_MD_CTX *m, const EVP_MD *md, const unsigned char *prev, const char *text, size_t n,
       unsigned char out[DIGEST])
{
    unsigned size = DIGEST;
    return md != NULL && m != NULL && EVP_DigestInit_ex2(m, md, NULL) == 1 &&
           EVP_DigestUpdate(m, prev, DIGEST) == 1 && EVP_DigestUpdate(m, text, n) == 1 &&
           EVP_DigestFinal_ex(m, out, &size) == 1;
}

static void
entry_text(struct buf *b, const struct entry *e)
{
    // Quoted, so that no two rows have one spelling.
    const char *const texts[] = {e->who, e->ip, e->action, e->kind, e->data};
    buf_init(b, b->arena, 512, 1024 * 1024);
    const int64_t numbers[] = {e->id, e->at, e->account_id, e->record_id};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (i > 0) {
            buf_putc(b, ' ');
        }
        buf_int(b, numbers[i]);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        buf_putc(b, ' ');
        json_write_text(b, texts[i], strlen(texts[i]));
    }
}

static bool
seal(struct arena *a, const struct entry *e, const unsigned char *prev_sha,
     const unsigned char *prev_sm3, unsigned char sha[DIGEST], unsigned char sm3[DIGEST])
{
    struct buf b = {.arena = a};
    entry_text(&b, e);
    pthread_once(&digests.once, fetch_digests);
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    bool ok = !b.full && digest(m, digests.sha256, prev_sha, buf_str(&b), b.n, sha) &&
              digest(m, digests.sm3, prev_sm3, buf_str(&b), b.n, sm3);
    EVP_MD_CTX_free(m);
    return ok;
}

static void
copy_digest(struct db_rows *r, int col, unsigned char out[DIGEST])
{
    size_t n = 0;
    const void *p = db_blob(r, col, &n);
    if (n == DIGEST) {
        memcpy(out, p, DIGEST);
    }
}

void
audit_write(struct ctx *c, const char *action, const char *kind, int64_t id,
            const struct value *data)
{
    unsigned char prev_sha[DIGEST] = {0}, prev_sm3[DIGEST] = {0}, sha[DIGEST], sm3[DIGEST];
    struct entry e = {.id = 1,
                      .at = c->now,
                      .account_id = c->actor->id,
                      .record_id = id,
                      .who = c->actor->name == NULL ? "" : c->actor->name,
                      .ip = c->req == NULL || c->req->peer == NULL ? "" : c->req->peer,
                      .action = action,
                      .kind = kind == NULL ? "" : kind};
    struct db_rows *r = db_query(c->tx, &HEAD, DB_NONE);
    if (db_next(r)) {
        e.id = db_int(r, 0) + 1;
        copy_digest(r, 1, prev_sha);
        copy_digest(r, 2, prev_sm3);
    }
    db_end(r);
    struct buf b;
    buf_init(&b, c->arena, 128, 64 * 1024);
    if (data != NULL) {
        json_write(&b, data);
    }
    e.data = data == NULL ? "{}" : buf_str(&b);
    if (!seal(c->arena, &e, prev_sha, prev_sm3, sha, sm3)) {
        log_error("the audit row of %s cannot be sealed", action);
        db_tx_fail(c->tx, ERR_INTERNAL);
        return;
    }
    db_put(c->tx, &ADD,
           DB_ARGS(DB_INT(e.id), DB_INT(e.at), DB_INT(e.account_id), DB_TEXT(e.who),
                   DB_TEXT(e.ip), DB_TEXT(e.action), DB_TEXT(e.kind), DB_INT(e.record_id),
                   DB_TEXT(e.data), DB_BLOB(sha, DIGEST), DB_BLOB(sm3, DIGEST)));
}

const char *
audit_verify(struct db_tx *tx, struct arena *a, int64_t *rows)
{
    unsigned char sha[DIGEST] = {0}, sm3[DIGEST] = {0}, want_sha[DIGEST], want_sm3[DIGEST];
    const char *wrong = NULL;
    struct arena *scratch = arena_new(4 * 1024 * 1024);
    *rows = 0;
    struct db_rows *r = db_query(tx, &WALK, DB_NONE);
    while (wrong == NULL && db_next(r)) {
        struct entry e = {.id = db_int(r, 0),
                          .at = db_int(r, 1),
                          .account_id = db_int(r, 2),
                          .who = db_text(r, 3),
                          .ip = db_text(r, 4),
                          .action = db_text(r, 5),
                          .kind = db_text(r, 6),
                          .record_id = db_int(r, 7),
                          .data = db_text(r, 8)};
        if (!seal(scratch, &e, sha, sm3, want_sha, want_sm3)) {
            wrong = "no SHA-256 or SM3 on this machine";
            break;
        }
        memset(sha, 0, DIGEST);
        memset(sm3, 0, DIGEST);
        copy_digest(r, 9, sha);
        copy_digest(r, 10, sm3);
        ++*rows;
        if (e.id != *rows) {
            wrong = arena_printf(a, "audit row %lld is missing", (long long)*rows);
        } else if (memcmp(sha, want_sha, DIGEST) != 0 || memcmp(sm3, want_sm3, DIGEST) != 0) {
            wrong =
                arena_printf(a, "audit row %lld does not match its digest", (long long)e.id);
        }
        arena_reset(scratch);
    }
    db_end(r);
    arena_free(scratch);
    return wrong;
}
