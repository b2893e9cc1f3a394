// SPDX-License-Identifier: Apache-2.0
// A run that is checking or running, block by block. While the writing thread takes the rows of
// some blocks, this one looks at the next: reads their cells, finds what they refer to, makes
// what the index needs. Several blocks are one transaction as long as nobody else wants to
// write.
#include "kit/import_run.h"

#include "base/text.h"
#include "kit/audit.h"
#include "kit/import_store.h"

#include <malloc.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

enum {
    PART_BLOCKS = 16,       // most in one transaction
    PART_MS = 800,          // and longest: other processes may want to write, too
    FIRST_BLOCKS = 2,       // in the first, so that the writing thread has something to do
    PART_BYTES = 32 << 20,  // looked at in advance, unless one block is more
    PART_ARENA = 256 << 20, // a block is 8 MiB of cells at most
    TASK_ARENA = 512 << 20,
    ROW_ARENA = 64 << 20,
    ROW_BYTES = 128 * 1024, // of rows that are taken, until the memory is used again
};

static const struct db_stmt STEPPED = {
    .name = "import.stepped",
    .sql = "UPDATE import_run SET position = position + 1, n_new = n_new + $3,"
           " n_changed = n_changed + $4, n_same = n_same + $5, n_wrong = n_wrong + $6,"
           " updated_at = $7 WHERE id = $1 AND position = $2 AND state = $8",
    .params = "id:int position:int new:int changed:int same:int wrong:int now:time state:text"};
const struct db_stmt *const IMPORT_STEP_STATEMENTS[] = {&STEPPED, NULL};

struct block {
    int64_t seq;
    size_t n;
    struct import_cells *cells;
    struct import_ahead *ahead;
    struct import_result *results;
    bool *spoilt; // wrote something and then failed: left out the next time
    int64_t counts[IMPORT_OUTCOMES];
};

// Blocks that were looked at. One thread at a time has it, and its arena.
struct part {
    struct arena *arena;
    const struct actor *actor;
    struct block blocks[PART_BLOCKS];
    size_t at, n; // those from `at` are not written yet
};

struct import_pass {
    struct app *app;
    struct import_run *run;
    bool dry;
    struct arena *arena, *ahead_arena;
    struct arena *row, *cells;        // of a row that is taken, and of one that is looked at
    struct import_task *task, *ahead; // of the writing thread, and of the one that looks
    struct part parts[2];
    unsigned turn; // which of them is written
    int64_t next;  // block that was not looked at yet
    size_t reach;  // blocks to look at together
    // Of a write:
    struct db_job job;
    sem_t over;
    enum err result;
    size_t most, taken; // blocks
    bool again;         // one more row was spoilt
};

static struct ctx
pass_ctx(const struct import_pass *p, const struct part *part, struct db_tx *tx)
{
    return (struct ctx){.app = p->app,
                        .arena = part->arena,
                        .actor = part->actor,
                        .lang = p->run->language,
                        .now = time_now(),
                        .batched = true,
                        .tx = tx};
}

// ---- looking ---------------------------------------------------------------------------

static bool
open_block(struct import_pass *p, struct part *part, struct block *b, struct db_tx *tx)
{
    struct arena *a = part->arena;
    struct import_rows rows;
    int more = 0;
    *b = (struct block){.seq = p->next};
    if (!import_block_rows(tx, p->app, a, p->run->id, b->seq, &rows)) {
        return false;
    }
    b->cells = ARENA_ARRAY(a, struct import_cells, IMPORT_BLOCK);
    while (b->n < IMPORT_BLOCK && (more = import_rows_next(&rows, a, &b->cells[b->n])) == 1) {
        b->n++;
    }
    b->ahead = ARENA_ARRAY(a, struct import_ahead, b->n);
    b->results = ARENA_ARRAY(a, struct import_result, b->n);
    b->spoilt = ARENA_ARRAY(a, bool, b->n);
    return b->n > 0 && (more == 0 || b->n == IMPORT_BLOCK);
}

// What is said of a row outlives the memory it was made in.
static void
keep_detail(struct arena *a, struct import_result *r)
{
    r->detail = r->detail == NULL ? NULL : value_copy(a, r->detail);
}

static enum err
look_at_row(struct import_pass *p, struct ctx *c, struct part *part, struct block *b, size_t i)
{
    struct arena_guard g;
    if (!ARENA_TRY(p->cells, &g)) {
        return ERR_TOO_LARGE;
    }
    c->arena = p->cells;
    if (p->dry) {
        import_take(c, p->ahead, &b->cells[i], NULL, true, &b->results[i]);
        keep_detail(part->arena, &b->results[i]);
    } else {
        import_look(c, p->ahead, &b->cells[i], part->arena, &b->ahead[i]);
    }
    c->arena = part->arena;
    arena_end(p->cells, &g);
    if (arena_used(p->cells) > ROW_BYTES) {
        arena_reset(p->cells);
    }
    return ERR_OK;
}

static enum err
look_at_block(struct import_pass *p, struct part *part, struct db_tx *tx)
{
    struct block *b = &part->blocks[part->n];
    part->actor = import_actor(tx, part->arena, p->run->account_id, p->run->runner);
    if (part->actor == NULL) {
        return ERR_FORBIDDEN; // the account is gone
    }
    if (!open_block(p, part, b, tx)) {
        return ERR_INTERNAL;
    }
    struct ctx c = pass_ctx(p, part, tx);
    enum err e = ERR_OK;
    for (size_t i = 0; i < b->n && e == ERR_OK; i++) {
        e = look_at_row(p, &c, part, b, i);
        b->counts[b->results[i].outcome] += p->dry;
    }
    if (e != ERR_OK) {
        return e;
    }
    part->n++;
    p->next++;
    return db_tx_err(tx) == ERR_OK ? ERR_OK : ERR_UNAVAILABLE;
}

static enum err
look_guarded(struct import_pass *p, struct part *part, struct db_tx *tx)
{
    struct arena_guard g;
    if (!ARENA_TRY(part->arena, &g)) {
        return ERR_TOO_LARGE;
    }
    enum err e = look_at_block(p, part, tx);
    arena_end(part->arena, &g);
    return e;
}

// A snapshot a block: a long one would keep the log from being copied back.
static enum err
look(struct import_pass *p, struct part *part)
{
    enum err e = ERR_OK;
    arena_reset(part->arena);
    part->at = part->n = 0;
    while (e == ERR_OK && part->n < p->reach && p->next < p->run->blocks &&
           arena_used(part->arena) < PART_BYTES) {
        struct db_tx *tx = db_read_begin(p->app->db);
        e = tx == NULL ? ERR_UNAVAILABLE : look_guarded(p, part, tx);
        db_read_end(tx);
    }
    p->reach = p->reach * 2 < PART_BLOCKS ? p->reach * 2 : PART_BLOCKS;
    return e;
}

// ---- taking ----------------------------------------------------------------------------

static enum err
take_guarded(struct import_pass *p, struct ctx *c, struct block *b, size_t i)
{
    struct arena_guard g;
    if (!ARENA_TRY(p->row, &g)) {
        return ERR_TOO_LARGE;
    }
    b->spoilt[i] =
        import_take(c, p->task, &b->cells[i], &b->ahead[i], false, &b->results[i]) != ERR_OK;
    arena_end(p->row, &g);
    return ERR_OK;
}

static enum err
take_row(struct import_pass *p, struct ctx *c, struct part *part, struct block *b, size_t i)
{
    c->arena = p->row;
    enum err e = take_guarded(p, c, b, i);
    if (e == ERR_OK) {
        keep_detail(part->arena, &b->results[i]);
    }
    c->arena = part->arena;
    if (arena_used(p->row) > ROW_BYTES) {
        arena_reset(p->row);
    }
    return e;
}

// One row of the audit for the block; every record has its own history.
static void
note(const struct import_pass *p, struct ctx *c, const struct block *b)
{
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "kind", p->run->kind_name);
    value_set_int(c->arena, data, "first_line", (int64_t)b->cells[0].line);
    value_set_int(c->arena, data, "last_line", (int64_t)b->cells[b->n - 1].line);
    for (int i = 0; i < IMPORT_OUTCOMES; i++) {
        value_set_int(c->arena, data, IMPORT_OUTCOME_WORDS[i], b->counts[i]);
    }
    audit_write(c, "import.block", "import", p->run->id, data);
}

static enum err
take_rows(struct import_pass *p, struct ctx *c, struct part *part, struct block *b)
{
    enum err e = ERR_OK;
    memset(b->counts, 0, sizeof b->counts);
    for (size_t i = 0; i < b->n && e == ERR_OK; i++) {
        if (!b->spoilt[i]) {
            e = take_row(p, c, part, b, i);
            p->again = b->spoilt[i];
            e = e == ERR_OK && p->again ? ERR_CONFLICT : e;
        }
        b->counts[b->results[i].outcome]++;
    }
    if (e == ERR_OK) {
        note(p, c, b);
    }
    return e;
}

static enum err
keep_results(const struct import_pass *p, struct ctx *c, const struct block *b)
{
    const struct import_run *r = p->run;
    if (db_run(c->tx, &STEPPED,
               DB_ARGS(DB_INT(r->id), DB_INT(b->seq), DB_INT(b->counts[0]),
                       DB_INT(b->counts[1]), DB_INT(b->counts[2]), DB_INT(b->counts[3]),
                       DB_INT(c->now), DB_TEXT(r->state))) != 1) {
        enum err e = db_tx_err(c->tx);
        return e != ERR_OK ? e : ERR_STALE; // cancelled, or taken by somebody else
    }
    import_block_results(c->tx, p->app, c->arena, r->id, b->seq, b->results, b->n, b->counts);
    return db_tx_err(c->tx);
}

static enum err
write_blocks(struct db_tx *tx, void *arg)
{
    struct import_pass *p = arg;
    struct part *part = &p->parts[p->turn];
    struct ctx c = pass_ctx(p, part, tx);
    enum err e;
    p->again = false;
    p->taken = 0;
    do {
        struct block *b = &part->blocks[part->at + p->taken];
        e = p->dry ? ERR_OK : take_rows(p, &c, part, b);
        e = e == ERR_OK ? keep_results(p, &c, b) : e;
        p->taken += e == ERR_OK;
    } while (e == ERR_OK && p->taken < p->most && part->at + p->taken < part->n &&
             time_now() - c.now < PART_MS && !db_others_wait(tx));
    return e;
}

static void
written(enum err e, void *arg)
{
    struct import_pass *p = arg;
    p->result = e;
    sem_post(&p->over);
}

static enum err
submit(struct import_pass *p)
{
    p->job = (struct db_job){
        .work = write_blocks, .done = written, .arg = p, .arena = p->parts[p->turn].arena};
    return db_submit(p->app->db, &p->job);
}

static enum err
await(struct import_pass *p)
{
    while (sem_wait(&p->over) != 0) {
    }
    return p->result;
}

// A row that wrote something and failed takes its transaction with it: again, without it, and
// block by block, so that little is done twice.
static enum err
await_without_spoilt(struct import_pass *p)
{
    enum err e = await(p);
    while (e != ERR_OK && p->again) {
        p->most = 1;
        e = submit(p);
        e = e == ERR_OK ? await(p) : e;
    }
    return e;
}

// ---- a pass ----------------------------------------------------------------------------

struct import_pass *
import_pass_new(struct app *app, struct import_run *r)
{
    struct arena *a = arena_new(TASK_ARENA);
    struct import_pass *p = ARENA_NEW(a, struct import_pass);
    *p = (struct import_pass){.app = app,
                              .run = r,
                              .dry = strcmp(r->state, "checking") == 0,
                              .arena = a,
                              .ahead_arena = arena_new(TASK_ARENA),
                              .row = arena_new(ROW_ARENA),
                              .cells = arena_new(ROW_ARENA),
                              .next = r->position,
                              .reach = FIRST_BLOCKS,
                              .most = PART_BLOCKS};
    p->task = import_run_task(a, r);
    p->ahead = import_run_task(p->ahead_arena, r);
    p->parts[0].arena = arena_new(PART_ARENA);
    p->parts[1].arena = arena_new(PART_ARENA);
    sem_init(&p->over, 0, 0);
    return p;
}

void
import_pass_free(struct import_pass *p)
{
    if (p != NULL) {
        sem_destroy(&p->over);
        arena_free(p->parts[0].arena);
        arena_free(p->parts[1].arena);
        arena_free(p->row);
        arena_free(p->cells);
        arena_free(p->ahead_arena);
        arena_free(p->arena);
        malloc_trim(0); // some tens of megabytes that nobody needs now
    }
}

static bool
is_written(const struct part *part)
{
    return part->at == part->n;
}

static void
count(struct import_pass *p)
{
    struct part *part = &p->parts[p->turn];
    for (size_t i = 0; i < p->taken; i++) {
        const struct block *b = &part->blocks[part->at++];
        p->run->position++;
        for (int k = 0; k < IMPORT_OUTCOMES; k++) {
            p->run->counts[k] += b->counts[k];
        }
    }
}

enum err
import_pass_step(struct import_pass *p)
{
    enum err e = ERR_OK, later = ERR_OK;
    if (is_written(&p->parts[p->turn])) {
        p->turn ^= 1;
        p->most = PART_BLOCKS;
        e = is_written(&p->parts[p->turn]) ? look(p, &p->parts[p->turn]) : ERR_OK;
    }
    if (is_written(&p->parts[p->turn])) {
        return e == ERR_OK ? ERR_INTERNAL : e; // there is nothing more
    }
    e = submit(p);
    if (e != ERR_OK) {
        return e;
    }
    struct part *other = &p->parts[p->turn ^ 1];
    if (is_written(other) && p->next < p->run->blocks) {
        later = look(p, other);
    }
    e = await_without_spoilt(p);
    if (e == ERR_OK) {
        count(p);
        e = is_written(&p->parts[p->turn]) && is_written(other) ? later : ERR_OK;
    }
    return e;
}
