// SPDX-License-Identifier: Apache-2.0
// The server's imports go on one at a time, a block a turn of the worker pool, so that log-ins
// come in between; of several servers of a district one has its imports in hand. What it
// remembers only saves work: a restart finds everything again.
#include "kit/import_run.h"

#include "base/log.h"
#include "base/text.h"
#include "kit/claim.h"

#include <stdatomic.h>
#include <string.h>

enum { TASK_ARENA = 512 * 1024 * 1024, SCRATCH_ARENA = 256 * 1024 * 1024 };

static struct {
    atomic_bool busy; // a turn is queued or running
    struct arena *arena, *scratch;
    struct import_run *run;   // NULL: none; belongs to whoever has `busy`
    struct import_pass *pass; // NULL until its first step
    bool claimed;             // no other server of the district has one in hand
} job;

static const char CLAIM[] = "import";

struct ending {
    struct app *app;
    const char *state, *reason;
    int64_t id;
};

static enum err
end_run(struct db_tx *tx, void *arg)
{
    const struct ending *e = arg;
    struct arena *a = arena_new(1 << 20);
    struct ctx c = ctx_system(e->app, a);
    c.tx = tx;
    const struct import_run *r = import_run_get(tx, a, e->app, e->id);
    if (r != NULL) {
        const char *from = strcmp(e->state, "done") == 0      ? "running"
                           : strcmp(e->state, "checked") == 0 ? "checking"
                                                              : "running checking";
        import_run_end(&c, r, e->state, from, e->reason);
    }
    arena_free(a);
    return db_tx_err(tx);
}

static enum err
take_claim(struct db_tx *tx, void *arg)
{
    (void)arg;
    job.claimed = claim_take(tx, CLAIM);
    return db_tx_err(tx);
}

static enum err
drop_claim(struct db_tx *tx, void *arg)
{
    (void)arg;
    claim_drop(tx, CLAIM);
    return db_tx_err(tx);
}

static void
forget(struct app *app)
{
    import_pass_free(job.pass);
    if (job.claimed) {
        db_write(app->db, job.scratch, drop_claim, NULL);
    }
    job.claimed = false;
    job.pass = NULL;
    job.run = NULL;
    arena_free(job.arena);
    arena_free(job.scratch);
}

static bool
something_waits(struct app *app)
{
    struct db_tx *tx = db_read_begin(app->db);
    bool some = tx != NULL && import_run_waiting(tx) != 0;
    db_read_end(tx);
    return some;
}

static enum err
restart_check(struct db_tx *tx, void *arg)
{
    struct app *app = arg;
    struct ctx c = ctx_system(app, job.arena);
    c.tx = tx;
    import_run_begin(&c, job.run, "checking", "checking");
    return db_tx_err(tx);
}

// What rows were met is not kept: a dry run that was stopped begins again.
static bool
open_run(struct app *app)
{
    if (!something_waits(app)) {
        return false;
    }
    job.arena = arena_new(TASK_ARENA);
    job.scratch = arena_new(SCRATCH_ARENA);
    if (db_write(app->db, job.scratch, take_claim, NULL) != ERR_OK || !job.claimed) {
        forget(app);
        return false;
    }
    struct db_tx *tx = db_read_begin(app->db); // as whoever had it before has left it
    int64_t id = tx == NULL ? 0 : import_run_waiting(tx);
    job.run = id == 0 ? NULL : import_run_get(tx, job.arena, app, id);
    db_read_end(tx);
    if (job.run == NULL || job.run->kind == NULL) {
        forget(app);
        return false;
    }
    if (strcmp(job.run->state, "checking") == 0 && job.run->position > 0) {
        if (db_write(app->db, job.arena, restart_check, app) != ERR_OK) {
            forget(app);
            return false;
        }
        job.run->position = 0;
        memset(job.run->counts, 0, sizeof job.run->counts);
    }
    return true;
}

static void
close_run(struct app *app, enum err e)
{
    bool check = strcmp(job.run->state, "checking") == 0;
    struct ending end = {.app = app, .id = job.run->id};
    end.state = e != ERR_OK ? "cancelled" : check ? "checked" : "done";
    if (e != ERR_OK) {
        end.reason = e == ERR_FORBIDDEN ? T("导入的账号已经停用") : T("导入中断，请重新上传");
        log_error("import %lld: %s", (long long)job.run->id, err_info(e)->code);
    }
    db_write(app->db, job.scratch, end_run, &end);
    forget(app);
}

// Transient trouble leaves the run as it is: the next minute tries again.
static bool
turn(struct app *app)
{
    if (job.run == NULL && !open_run(app)) {
        return false;
    }
    if (job.pass == NULL) {
        job.pass = import_pass_new(app, job.run);
    }
    enum err e = job.run->position < job.run->blocks ? import_pass_step(job.pass) : ERR_OK;
    if (e == ERR_UNAVAILABLE || e == ERR_FULL || e == ERR_READ_ONLY || e == ERR_STALE) {
        forget(app); // taken back by its owner, or the database is busy, or its disk full
        return e == ERR_STALE;
    }
    if (e != ERR_OK || job.run->position >= job.run->blocks) {
        close_run(app, e);
    }
    return true;
}

static bool
take_busy(void)
{
    bool idle = false;
    return atomic_compare_exchange_strong(&job.busy, &idle, true);
}

static void
work(void *arg)
{
    struct app *app = arg;
    if (turn(app) && app_work(app, work, app)) {
        return; // the next turn
    }
    if (job.run != NULL) {
        forget(app); // no place in the queue: the next minute goes on
    }
    atomic_store(&job.busy, false);
    app_release(app);
}

void
import_kick(struct app *app)
{
    if (app->workers == NULL || !take_busy()) {
        return;
    }
    app_hold(app);
    if (!app_work(app, work, app)) {
        atomic_store(&job.busy, false);
        app_release(app);
    }
}
