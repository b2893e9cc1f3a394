// SPDX-License-Identifier: Apache-2.0
// Group commit: one thread takes all writes that wait, runs them inside one transaction so
// that a failing one leaves nothing behind, commits once, and only then answers them
// (docs/adr/0003-group-commit.md).
#include "db/engine.h"

#include "base/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum {
    BATCH_MS = 20,  // a batch takes no more jobs after this long, so that the first is not late
    IDLE_MS = 500,  // housekeeping when nothing happens
    ALONE_TRIES = 3 // for an engine that asks to run a job again
};

struct db_writer {
    struct db *db;
    struct db_tx *tx;
    struct db_later_list later;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct db_job *first;
    struct db_job **last;
    size_t waiting;
    bool shared; // the batch that runs holds more than one job
    bool sleeping;
    bool stop;
};

struct batch {
    struct db_job *first;
    struct db_job **last;
    unsigned count;
    unsigned kept; // successful jobs in the open transaction
    bool begun;
    bool marked; // every job gets a mark to go back to
    uint64_t changed;
    int64_t until;
};

static int64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// ---- the queue -------------------------------------------------------------------------

enum err
db_writer_submit(struct db_writer *w, struct db_job *job)
{
    job->next = NULL;
    job->result = ERR_OK;
    pthread_mutex_lock(&w->lock);
    bool read_only = atomic_load(&w->db->read_only);
    bool refuse = w->stop || read_only || w->waiting >= w->db->options.queue;
    if (!refuse) {
        *w->last = job;
        w->last = &job->next;
        w->waiting++;
        if (w->sleeping) {
            w->sleeping = false;
            pthread_cond_signal(&w->wake);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return !refuse ? ERR_OK : read_only ? ERR_READ_ONLY : ERR_UNAVAILABLE;
}

size_t
db_writer_waiting(struct db_writer *w)
{
    pthread_mutex_lock(&w->lock);
    size_t n = w->waiting;
    pthread_mutex_unlock(&w->lock);
    return n;
}

bool
db_writer_is_asked(struct db_writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool asked = w->shared || w->waiting > 0;
    pthread_mutex_unlock(&w->lock);
    return asked;
}

// The next job for the batch, or NULL when it is full or nothing waits.
static struct db_job *
take(struct db_writer *w, struct batch *b)
{
    if (b->count >= w->db->engine->batch || (b->count > 0 && now_ms() >= b->until)) {
        return NULL;
    }
    pthread_mutex_lock(&w->lock);
    struct db_job *job = w->first;
    if (job != NULL) {
        w->shared = b->count > 0;
        w->first = job->next;
        w->waiting--;
        if (w->first == NULL) {
            w->last = &w->first;
        }
    }
    pthread_mutex_unlock(&w->lock);
    if (job != NULL) {
        job->next = NULL;
        *b->last = job;
        b->last = &job->next;
        b->count++;
    }
    return job;
}

// Sleeps until something waits (true) or for one idle period (false).
static bool
wait_for_jobs(struct db_writer *w, bool *stop)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += IDLE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&w->lock);
    int rc = 0;
    while (w->first == NULL && !w->stop && rc == 0) {
        w->sleeping = true;
        rc = pthread_cond_timedwait(&w->wake, &w->lock, &until);
    }
    w->sleeping = false;
    bool some = w->first != NULL;
    *stop = w->stop;
    pthread_mutex_unlock(&w->lock);
    return some;
}

// ---- one job ---------------------------------------------------------------------------

// The work itself, with the arena's unwinding caught. Queries it left open are ended here.
static enum err
guarded(struct db_tx *tx, struct db_job *job)
{
    struct arena_guard guard;
    enum err e;
    tx->err = ERR_OK;
    if (job->arena == NULL) {
        e = job->work(tx, job->arg);
    } else if (ARENA_TRY(job->arena, &guard)) {
        e = job->work(tx, job->arg);
        arena_end(job->arena, &guard);
    } else {
        e = arena_starved(job->arena) ? ERR_UNAVAILABLE : ERR_TOO_LARGE;
    }
    db_end_all(tx);
    enum err failed = db_tx_err(tx); // asked in any case: the engine may still wait for answers
    bool outage = failed == ERR_UNAVAILABLE || failed == ERR_FULL;
    return e != ERR_OK && !outage ? e : failed;
}

static void
give_up(struct db_writer *w, struct batch *b)
{
    w->db->engine->rollback(w->tx);
    db_later_forget(&w->later, &w->later.first);
    b->begun = false;
}

static enum db_outcome run_in_batch(struct db_writer *w, struct batch *b, struct db_job *job);

// A job wrote something and then failed: everything is undone, and all jobs up to it run again,
// each behind a mark. Marks for every job from the start would cost more than this rare case:
// most refusals come before the first write, and full-text search writes out its pages at
// every mark.
static enum db_outcome
run_again_marked(struct db_writer *w, struct batch *b, const struct db_job *last)
{
    enum db_outcome o = DB_DONE;
    give_up(w, b);
    b->marked = true;
    b->kept = 0;
    b->changed = 0;
    for (struct db_job *job = b->first; o == DB_DONE; job = job->next) {
        o = run_in_batch(w, b, job);
        if (job == last) {
            break;
        }
    }
    return o;
}

// After a job that failed: its traces go. As long as nothing in the transaction must be kept,
// going back is rolling back.
static enum db_outcome
undo(struct db_writer *w, struct batch *b, const struct db_job *job, bool marked, bool traces)
{
    if (marked) {
        return w->db->engine->mark_undo(w->tx) == DB_DONE ? DB_DONE : DB_ALONE;
    }
    if (b->kept > 0) {
        return traces ? run_again_marked(w, b, job) : DB_DONE;
    }
    give_up(w, b);
    return DB_DONE;
}

// Begins the transaction if need be, and sets the job's mark.
static enum db_outcome
start_job(struct db_writer *w, struct batch *b, bool marked)
{
    const struct db_engine *e = w->db->engine;
    if (!b->begun) {
        enum db_outcome o = e->begin(w->tx);
        if (o != DB_DONE) {
            return o;
        }
        b->begun = true;
    }
    return marked && e->mark(w->tx) != DB_DONE ? DB_ALONE : DB_DONE;
}

// Runs the job inside the batch's transaction.
static enum db_outcome
run_in_batch(struct db_writer *w, struct batch *b, struct db_job *job)
{
    const struct db_engine *e = w->db->engine;
    bool marked = b->marked && b->kept > 0;
    enum db_outcome o = start_job(w, b, marked);
    if (o != DB_DONE) {
        return o;
    }
    uint64_t before = e->changed(w->tx);
    struct db_put_off **put_off = w->later.last;
    job->result = guarded(w->tx, job);
    uint64_t changed = e->changed(w->tx) - before;
    enum db_state state = e->state(w->tx);
    if (state == DB_GONE || state == DB_AGAIN) { // disk full, out of memory, connection lost
        give_up(w, b);
        job->result = job->result == ERR_OK ? ERR_UNAVAILABLE : job->result;
        return b->kept > 0 || state == DB_AGAIN ? DB_ALONE : DB_DONE;
    }
    if (job->result != ERR_OK) {
        db_later_forget(&w->later, put_off);
        return undo(w, b, job, marked, changed > 0 || state == DB_SPOILT);
    }
    b->kept++;
    b->changed += changed;
    return marked && e->mark_keep(w->tx) != DB_DONE ? DB_ALONE : DB_DONE;
}

// ---- a batch ---------------------------------------------------------------------------

static enum db_outcome
close_batch(struct db_writer *w, struct batch *b, enum db_outcome o)
{
    if (!b->begun) {
        return o;
    }
    if (o == DB_DONE && b->kept > 0) {
        if (db_later_run(w->tx)) {
            b->begun = false;
            return w->db->engine->commit(w->tx);
        }
        o = DB_REFUSED;
    }
    give_up(w, b);
    return o;
}

static void
count_changes(struct db_writer *w, const struct batch *b)
{
    if (b->changed > 0) {
        atomic_fetch_add_explicit(&w->db->generation, 1, memory_order_acq_rel);
    }
}

static void
refuse_writes(struct db_writer *w)
{
    atomic_store(&w->db->read_only, true);
    log_error("the disk failed: no more writes until a restart");
}

// What is answered to jobs of a transaction that ended so.
static enum err
refusal(const struct db_writer *w, enum db_outcome o)
{
    enum err e = w->tx->err;
    return o == DB_BROKEN                     ? ERR_READ_ONLY
           : o == DB_REFUSED || e == ERR_FULL ? e
                                              : ERR_UNAVAILABLE;
}

// One of the jobs spoilt the transaction for all: each again, in a transaction of its own.
static enum db_outcome
run_each_alone(struct db_writer *w, struct batch *all)
{
    for (struct db_job *job = all->first; job != NULL; job = job->next) {
        enum db_outcome o = DB_ALONE;
        for (int i = 0; i < ALONE_TRIES && o == DB_ALONE; i++) {
            struct batch one = {0};
            o = close_batch(w, &one, run_in_batch(w, &one, job));
            if (o == DB_DONE) {
                count_changes(w, &one);
            }
        }
        if (o != DB_DONE) {
            job->result = refusal(w, o);
        }
        if (o == DB_BROKEN) {
            for (struct db_job *rest = job->next; rest != NULL; rest = rest->next) {
                rest->result = ERR_READ_ONLY;
            }
            return o;
        }
    }
    return DB_DONE;
}

static void
answer(struct batch *b)
{
    for (struct db_job *job = b->first, *next; job != NULL; job = next) {
        next = job->next; // done() may free the job
        job->done(job->result, job->arg);
    }
}

static int64_t
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
run_batch(struct db_writer *w)
{
    int64_t begun = now_us();
    struct batch b = {.last = &b.first, .until = now_ms() + BATCH_MS};
    enum db_outcome o = db_is_read_only(w->db) ? DB_BROKEN : DB_DONE;
    struct db_job *job;
    while ((job = take(w, &b)) != NULL) {
        if (o == DB_DONE) {
            o = run_in_batch(w, &b, job);
        }
    }
    o = close_batch(w, &b, o);
    if (o == DB_ALONE || o == DB_REFUSED) {
        o = run_each_alone(w, &b);
    } else if (o == DB_DONE) {
        count_changes(w, &b);
    } else {
        for (job = b.first; job != NULL; job = job->next) {
            job->result = refusal(w, o);
        }
    }
    if (o == DB_BROKEN && !db_is_read_only(w->db)) {
        refuse_writes(w);
    }
    atomic_fetch_add_explicit(&w->db->jobs, b.count, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->db->turns, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->db->busy_us, (uint64_t)(now_us() - begun),
                              memory_order_relaxed);
    answer(&b);
}

static void *
writer_main(void *arg)
{
    struct db_writer *w = arg;
    bool stop = false;
    sigset_t all; // signals are for the main thread
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_setname_np(pthread_self(), "writer");
    for (;;) {
        bool some = wait_for_jobs(w, &stop);
        if (some) {
            run_batch(w);
        } else if (stop) {
            return NULL;
        }
        if (!db_is_read_only(w->db) && w->db->engine->tidy(w->tx, !some) == DB_BROKEN) {
            refuse_writes(w);
        }
    }
}

// ---- life ------------------------------------------------------------------------------

struct db_writer *
db_writer_start(struct db *db, struct arena *a, const char **why)
{
    struct db_writer *w = calloc(1, sizeof *w);
    if (w == NULL) {
        *why = "out of memory";
        return NULL;
    }
    w->db = db;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attr);
    pthread_condattr_destroy(&attr);
    w->tx = db->engine->write_open(db, a, why);
    if (w->tx != NULL) {
        w->later.last = &w->later.first;
        w->tx->later = &w->later;
        if (pthread_create(&w->thread, NULL, writer_main, w) == 0) {
            return w;
        }
        *why = "cannot start the writing thread";
        db->engine->write_close(w->tx);
    }
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

struct db_tx *
db_writer_stop(struct db_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    struct db_tx *tx = w->tx;
    tx->later = NULL;
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return tx;
}
