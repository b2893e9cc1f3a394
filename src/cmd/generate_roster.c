// SPDX-License-Identifier: Apache-2.0
// The roster of an invented district: while one batch is written, the next is invented.
#include "cmd/generate_impl.h"

#include "cmd/generate_words.h"
#include "kit/audit.h"
#include "mod/enterprise/enterprise.h"
#include "mod/org/org.h"

#include <semaphore.h>

// Rows of a batch come in the order of their numbers, but names in any: a large batch touches
// each page of an index once where small ones would touch it again and again.
enum { BATCH = 20000, BATCH_ARENA_MAX = 1 << 30 };

const struct db_stmt GENERATE_CHAMBER = {.name = "generate.chamber",
                                         .sql = "SELECT id FROM organization WHERE code = $1",
                                         .params = "code:text",
                                         .row = "id:int",
                                         .scans = "a few dozen organisations"};
const struct db_stmt GENERATE_CODES = {.name = "generate.last_code",
                                       .sql =
                                           "SELECT count(*) AS n FROM enterprise "
                                           "WHERE uscc >= '91320902G' AND uscc < '91320902H'",
                                       .row = "n:int"};

// ---- chambers --------------------------------------------------------------------------

static enum err
put_chambers(struct ctx *c, void *arg)
{
    struct firm_maker *m = arg;
    for (size_t i = 0; GENERATE_CHAMBERS[i].kind != NULL && i < GENERATE_CHAMBERS_MOST; i++) {
        const struct generate_chamber *ch = &GENERATE_CHAMBERS[i];
        m->chambers[i] = db_value_int(c->tx, &GENERATE_CHAMBER, DB_ARGS(DB_TEXT(ch->code)), 0);
        if (m->chambers[i] != 0) {
            continue;
        }
        struct value *rec = value_map(c->arena);
        value_set_text(c->arena, rec, "kind", ch->kind);
        value_set_text(c->arena, rec, "name", ch->name);
        value_set_text(c->arena, rec, "short_name", ch->short_name);
        value_set_text(c->arena, rec, "code", ch->code);
        m->chambers[i] = record_create(c, &ORG_KIND, rec);
        if (m->chambers[i] == 0) {
            return c->result != ERR_OK ? c->result : ERR_INVALID;
        }
    }
    m->first_code = db_value_int(c->tx, &GENERATE_CODES, DB_NONE, 0);
    return db_tx_err(c->tx);
}

// ---- batches ---------------------------------------------------------------------------

struct batch {
    struct app *app;
    struct arena *arena;
    struct firm **firms;
    int64_t count, last;
    struct db_job job;
    enum err result;
    sem_t written;
};

static enum err
write_batch(struct db_tx *tx, void *arg)
{
    struct batch *b = arg;
    struct ctx c = ctx_system(b->app, b->arena);
    c.tx = tx;
    for (int64_t i = 0; i < b->count; i++) {
        enum err e = firm_put(&c, b->firms[i]);
        if (e != ERR_OK) {
            return e;
        }
    }
    struct value *data = value_map(c.arena);
    value_set_int(c.arena, data, "enterprises", b->count);
    audit_write(&c, "enterprise.generate", ENTERPRISE_KIND.name, 0, data);
    return db_tx_err(tx);
}

static void
batch_done(enum err e, void *arg)
{
    struct batch *b = arg;
    b->result = e;
    sem_post(&b->written);
}

// False when the batch before it in the same place was not written.
static bool
wait_for(struct batch *b, int64_t all)
{
    if (b->firms == NULL) {
        return true;
    }
    while (sem_wait(&b->written) != 0) {
    }
    b->firms = NULL;
    if (b->result != ERR_OK) {
        cmd_fail("enterprises: %s", err_info(b->result)->code);
        return false;
    }
    cmd_progress("enterprises", (size_t)b->last, (size_t)all);
    return true;
}

static bool
start(struct batch *b, struct firm_maker *m, int64_t first)
{
    arena_reset(b->arena);
    b->count = m->count - first < BATCH ? m->count - first : BATCH;
    b->last = first + b->count;
    b->firms = ARENA_ARRAY(b->arena, struct firm *, b->count);
    for (int64_t i = 0; i < b->count; i++) {
        b->firms[i] = firm_invent(m, b->arena, first + i);
    }
    b->job =
        (struct db_job){.work = write_batch, .done = batch_done, .arg = b, .arena = b->arena};
    b->result = db_submit(b->app->db, &b->job);
    if (b->result != ERR_OK) {
        sem_post(&b->written);
    }
    return b->result == ERR_OK;
}

static bool
put_all(struct district *d, struct firm_maker *m)
{
    struct batch both[2];
    bool fine = true;
    for (int i = 0; i < 2; i++) {
        both[i] = (struct batch){.app = d->app, .arena = arena_new(BATCH_ARENA_MAX)};
        sem_init(&both[i].written, 0, 0);
    }
    unsigned turn = 0;
    for (int64_t first = 0; fine && first < m->count; turn++) {
        struct batch *b = &both[turn % 2];
        fine = wait_for(b, m->count) && start(b, m, first);
        first = b->last;
    }
    for (int i = 0; i < 2; i++, turn++) { // the older one first
        fine = wait_for(&both[turn % 2], m->count) && fine;
    }
    for (int i = 0; i < 2; i++) {
        sem_destroy(&both[i].written);
        arena_free(both[i].arena);
    }
    cmd_progress("enterprises", 0, 0);
    return fine;
}

bool
generate_roster(struct district *d, int64_t enterprises, uint64_t seed, int64_t now)
{
    struct firm_maker m = {.chance = {seed}, .count = enterprises, .now = now};
    struct arena *a = arena_new((size_t)16 << 20);
    enum err e = cmd_write(d, a, put_chambers, &m);
    arena_free(a);
    if (e != ERR_OK) {
        cmd_fail("cannot add chambers: %s", err_info(e)->code);
        return false;
    }
    return put_all(d, &m);
}
