// SPDX-License-Identifier: Apache-2.0
// The write path: every job stands alone though many share a commit, nobody is answered
// early, and two processes may write the same district.
#include "store/fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

// ---- jobs and their answers ------------------------------------------------------------

struct call {
    struct db_job job;
    char name[32];
    enum err result;
    atomic_int answered;
    int runs;
    sem_t *done;
};

static void
on_done(enum err e, void *arg)
{
    struct call *c = arg;
    c->result = e;
    atomic_fetch_add(&c->answered, 1);
    if (c->done != NULL) {
        sem_post(c->done);
    }
}

static enum err
work_good(struct db_tx *tx, void *arg)
{
    struct call *c = arg;
    c->runs++;
    return add_org(tx, c->name);
}

// Writes, then refuses: what it wrote must vanish.
static enum err
work_refuses(struct db_tx *tx, void *arg)
{
    struct call *c = arg;
    c->runs++;
    add_org(tx, c->name);
    return ERR_FORBIDDEN;
}

static enum err
work_conflicts(struct db_tx *tx, void *arg)
{
    struct call *c = arg;
    c->runs++;
    add_org(tx, c->name);
    add_org(tx, "taken");
    return ERR_OK; // db_tx_err counts, not what the rule says
}

static enum err
work_exhausts(struct db_tx *tx, void *arg)
{
    struct call *c = arg;
    c->runs++;
    add_org(tx, c->name);
    struct db_rows *r = db_query(tx, &ORG_COUNT, DB_NONE); // left open by the unwinding
    db_next(r);
    for (int i = 0; i < 1000; i++) {
        arena_alloc(c->job.arena, 4096);
    }
    return ERR_OK;
}

static enum err
work_stalls(struct db_tx *tx, void *arg)
{
    struct timespec t = {.tv_nsec = 60000000};
    nanosleep(&t, NULL);
    return ERR_OK;
}

static void
prepare(struct call *c, db_work work, const char *name, struct arena *a, sem_t *done)
{
    memset(c, 0, sizeof *c);
    snprintf(c->name, sizeof c->name, "%s", name);
    c->done = done;
    c->job = (struct db_job){.work = work, .done = on_done, .arg = c, .arena = a};
}

static void
wait_for(sem_t *done, size_t n)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    for (size_t i = 0; i < n; i++) {
        if (sem_timedwait(done, &until) != 0) {
            fail_msg("only %zu of %zu jobs were answered", i, n);
        }
    }
}

// Holds the writer up long enough that all that follows waits, and shares the next batch.
static void
stall(struct store *s, struct call *c, sem_t *done)
{
    prepare(c, work_stalls, "", NULL, done);
    assert_int_equal(db_submit(s->db, &c->job), ERR_OK);
}

static enum err
only_reads(struct db_tx *tx, void *arg)
{
    return db_value_int(tx, &ORG_COUNT, DB_NONE, -1) >= 0 ? ERR_OK : ERR_INTERNAL;
}

// The generation when the writer has noticed all that the set-up wrote: it looks after every
// batch, so a second batch finds it done.
static uint64_t
settled_generation(struct store *s)
{
    assert_int_equal(db_write(s->db, s->a, only_reads, NULL), ERR_OK);
    assert_int_equal(db_write(s->db, s->a, only_reads, NULL), ERR_OK);
    return db_generation(s->db);
}

// ---- tests -----------------------------------------------------------------------------

static void
failing_jobs_go_alone(void **state)
{
    static const db_work WORKS[] = {work_good,     work_refuses, work_good, work_conflicts,
                                    work_exhausts, work_good,    work_good, work_refuses};
    enum { N = sizeof WORKS / sizeof *WORKS };
    static const enum err EXPECTED[N] = {ERR_OK,        ERR_FORBIDDEN, ERR_OK, ERR_CONFLICT,
                                         ERR_TOO_LARGE, ERR_OK,        ERR_OK, ERR_FORBIDDEN};
    struct store *s = *state;
    sem_t done;
    sem_init(&done, 0, 0);
    assert_int_equal(db_write(s->db, s->a, add_org, "taken"), ERR_OK);
    uint64_t before = settled_generation(s);
    struct call first;
    struct call calls[N];
    struct arena *arenas[N];
    stall(s, &first, &done);
    for (size_t i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "job %zu", i);
        arenas[i] = arena_new(64 * 1024);
        prepare(&calls[i], WORKS[i], name, arenas[i], &done);
        assert_int_equal(db_submit(s->db, &calls[i].job), ERR_OK);
    }
    wait_for(&done, N + 1);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(calls[i].result, EXPECTED[i]);
        assert_in_range(calls[i].runs, 1, 2); // again, with marks, after the first failure
        assert_int_equal(org_exists(s->db, calls[i].name), EXPECTED[i] == ERR_OK);
        arena_free(arenas[i]);
    }
    if (strcmp(db_engine(s->db), "sqlite") == 0) {
        assert_int_equal(db_generation(s->db), before + 1); // one commit for all of them
    }
    sem_destroy(&done);
}

static enum err
work_refuses_at_once(struct db_tx *tx, void *arg)
{
    struct call *c = arg;
    c->runs++;
    return only_reads(tx, NULL) == ERR_OK ? ERR_FORBIDDEN : ERR_INTERNAL;
}

// Most refusals come before the first write. They leave nothing to undo, so nobody runs again.
static void
refusal_without_a_write_costs_nothing(void **state)
{
    struct store *s = *state;
    sem_t done;
    sem_init(&done, 0, 0);
    struct call first;
    struct call calls[3];
    stall(s, &first, &done);
    prepare(&calls[0], work_good, "a", NULL, &done);
    prepare(&calls[1], work_refuses_at_once, "", NULL, &done);
    prepare(&calls[2], work_good, "c", NULL, &done);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(db_submit(s->db, &calls[i].job), ERR_OK);
    }
    wait_for(&done, 4);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(calls[i].result, i == 1 ? ERR_FORBIDDEN : ERR_OK);
        assert_int_equal(calls[i].runs, 1);
    }
    assert_int_equal(org_count(s->db), 2);
    sem_destroy(&done);
}

static const struct db_stmt ORG_LATER = {.name = "test.org_later",
                                         .sql = "INSERT INTO org (name) VALUES ($1)",
                                         .params = "name:text"};

// Puts a row off and writes one now; the text it gave is gone when the row is written.
static enum err
work_later(struct db_tx *tx, void *arg)
{
    struct call *c = arg;
    char name[64];
    c->runs++;
    snprintf(name, sizeof name, "late %s", c->name);
    db_later(tx, &ORG_LATER, DB_ARGS(DB_TEXT(name)));
    bool now = db_value_int(tx, &ORG_ID, DB_ARGS(DB_TEXT(name)), 0) != 0;
    memset(name, 'x', sizeof name - 1);
    add_org(tx, c->name);
    return now ? ERR_INTERNAL : ERR_OK;
}

static enum err
work_later_refuses(struct db_tx *tx, void *arg)
{
    return work_later(tx, arg) == ERR_OK ? ERR_FORBIDDEN : ERR_INTERNAL;
}

static enum err
work_later_conflicts(struct db_tx *tx, void *arg)
{
    struct call *c = arg;
    c->runs++;
    db_later(tx, &ORG_LATER, DB_ARGS(DB_TEXT("taken")));
    return add_org(tx, c->name);
}

// What is put off belongs to its job: it is written with it, vanishes with it, and when it
// fails takes nobody else along.
static void
put_off_belongs_to_its_job(void **state)
{
    static const db_work WORKS[] = {work_later, work_later_refuses, work_later,
                                    work_later_conflicts, work_later};
    enum { N = sizeof WORKS / sizeof *WORKS };
    static const enum err EXPECTED[N] = {ERR_OK, ERR_FORBIDDEN, ERR_OK, ERR_CONFLICT, ERR_OK};
    struct store *s = *state;
    sem_t done;
    sem_init(&done, 0, 0);
    assert_int_equal(db_write(s->db, s->a, add_org, "taken"), ERR_OK);
    struct call first;
    struct call calls[N];
    stall(s, &first, &done);
    for (size_t i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "job %zu", i);
        prepare(&calls[i], WORKS[i], name, NULL, &done);
        assert_int_equal(db_submit(s->db, &calls[i].job), ERR_OK);
    }
    wait_for(&done, N + 1);
    for (size_t i = 0; i < N; i++) {
        char late[32];
        snprintf(late, sizeof late, "late %s", calls[i].name);
        assert_int_equal(calls[i].result, EXPECTED[i]);
        assert_int_equal(org_exists(s->db, calls[i].name), EXPECTED[i] == ERR_OK);
        assert_int_equal(org_exists(s->db, late), EXPECTED[i] == ERR_OK);
    }
    assert_int_equal(org_count(s->db), 1 + 2 * 3);
    sem_destroy(&done);
}

// The first job of a batch has no mark to go back to: it takes the transaction with it.
static void
first_job_of_a_batch_may_fail(void **state)
{
    struct store *s = *state;
    sem_t done;
    sem_init(&done, 0, 0);
    struct call first;
    struct call calls[3];
    struct arena *a = arena_new(64 * 1024);
    stall(s, &first, &done);
    prepare(&calls[0], work_refuses, "a", NULL, &done);
    prepare(&calls[1], work_exhausts, "b", a, &done);
    prepare(&calls[2], work_good, "c", NULL, &done);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(db_submit(s->db, &calls[i].job), ERR_OK);
    }
    wait_for(&done, 4);
    assert_int_equal(calls[0].result, ERR_FORBIDDEN);
    assert_int_equal(calls[1].result, ERR_TOO_LARGE);
    assert_int_equal(calls[2].result, ERR_OK);
    assert_false(org_exists(s->db, "a"));
    assert_false(org_exists(s->db, "b"));
    assert_true(org_exists(s->db, "c"));
    arena_free(a);
    sem_destroy(&done);
}

static enum err
work_deferred(struct db_tx *tx, void *arg)
{
    static const struct db_stmt ADD = {.name = "test.later_add",
                                       .sql = "INSERT INTO later (org_id) VALUES ($1)",
                                       .params = "org:int"};
    struct call *c = arg;
    c->runs++;
    db_run(tx, &ADD, DB_ARGS(DB_INT(4711)));
    return ERR_OK;
}

// What an unwinding left open would pile up in the writer and hold its log.
static void
unwound_queries_are_ended(void **state)
{
    struct store *s = *state;
    for (int i = 0; i < 40; i++) {
        struct arena *a = arena_new(64 * 1024);
        struct call c;
        prepare(&c, work_exhausts, "gone", a, NULL);
        assert_int_equal(db_write(s->db, a, work_exhausts, &c), ERR_TOO_LARGE);
        arena_free(a);
    }
    assert_int_equal(db_write(s->db, s->a, only_reads, NULL), ERR_OK);
    assert_int_equal(org_count(s->db), 0);
}

// A reference that is checked only at the commit fails the shared commit; the others must not
// pay for it, so each runs again alone.
static void
one_bad_commit_does_not_fail_the_others(void **state)
{
    struct store *s = *state;
    const struct db_patch patches[] = {
        STORE_SCHEMA[0],
        {2, "0002_later",
         "CREATE TABLE later (org_id INTEGER NOT NULL REFERENCES org(id)"
         " DEFERRABLE INITIALLY DEFERRED) STRICT;\n"},
    };
    const char *why = "";
    assert_int_equal(db_migrate(s->db, patches, 2, &why), ERR_OK);
    sem_t done;
    sem_init(&done, 0, 0);
    struct call first;
    struct call calls[3];
    stall(s, &first, &done);
    prepare(&calls[0], work_good, "good 0", NULL, &done);
    prepare(&calls[1], work_deferred, "", NULL, &done);
    prepare(&calls[2], work_good, "good 2", NULL, &done);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(db_submit(s->db, &calls[i].job), ERR_OK);
    }
    wait_for(&done, 4);
    assert_int_equal(calls[0].result, ERR_OK);
    assert_int_equal(calls[1].result, ERR_CONFLICT);
    assert_int_equal(calls[2].result, ERR_OK);
    assert_true(org_exists(s->db, "good 0"));
    assert_true(org_exists(s->db, "good 2"));
    assert_int_equal(org_count(s->db), 2);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(atomic_load(&calls[i].answered), 1);
    }
    sem_destroy(&done);
}

static void
full_queue_refuses(void **state)
{
    enum { QUEUE = 8 };
    struct store *s = *state;
    db_close(s->db);
    s->db = store_open(s, &(struct db_options){.queue = QUEUE});
    sem_t done;
    sem_init(&done, 0, 0);
    struct call first;
    struct call calls[QUEUE];
    struct call refused;
    stall(s, &first, &done);
    struct timespec t = {.tv_nsec = 20000000};
    nanosleep(&t, NULL); // the writer has taken it
    for (size_t i = 0; i < QUEUE; i++) {
        char name[16];
        snprintf(name, sizeof name, "q%zu", i);
        prepare(&calls[i], work_good, name, NULL, &done);
        assert_int_equal(db_submit(s->db, &calls[i].job), ERR_OK);
    }
    prepare(&refused, work_good, "refused", NULL, &done);
    assert_int_equal(db_submit(s->db, &refused.job), ERR_UNAVAILABLE);
    assert_int_equal(db_write(s->db, s->a, add_org, "refused too"), ERR_UNAVAILABLE);
    wait_for(&done, QUEUE + 1);
    assert_int_equal(atomic_load(&refused.answered), 0);
    assert_int_equal(org_count(s->db), QUEUE);
    assert_int_equal(db_write(s->db, s->a, add_org, "room again"), ERR_OK);
    sem_destroy(&done);
}

static enum err
fails_after_writing(struct db_tx *tx, void *arg)
{
    add_org(tx, "gone");
    db_tx_fail(tx, ERR_STALE);
    db_tx_fail(tx, ERR_NOT_FOUND); // the first counts
    return ERR_OK;
}

static void
generation_counts_what_changed(void **state)
{
    struct store *s = *state;
    uint64_t g = settled_generation(s);
    assert_int_equal(db_write(s->db, s->a, add_org, "one"), ERR_OK);
    assert_int_equal(db_generation(s->db), g + 1);
    assert_int_equal(db_write(s->db, s->a, only_reads, NULL), ERR_OK);
    assert_int_equal(db_write(s->db, s->a, fails_after_writing, NULL), ERR_STALE);
    assert_int_equal(db_generation(s->db), g + 1);
    org_count(s->db);
    assert_int_equal(db_generation(s->db), g + 1);
}

static void
close_runs_what_is_queued(void **state)
{
    enum { N = 100 };
    struct store *s = *state;
    static struct call calls[N + 1];
    stall(s, &calls[N], NULL);
    for (size_t i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "late %zu", i);
        prepare(&calls[i], work_good, name, NULL, NULL);
        assert_int_equal(db_submit(s->db, &calls[i].job), ERR_OK);
    }
    store_reopen(s);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(atomic_load(&calls[i].answered), 1);
        assert_int_equal(calls[i].result, ERR_OK);
    }
    assert_int_equal(org_count(s->db), N);
}

// When done() is called another connection must see the write: answered means committed.
struct look {
    struct store *s;
    struct call call;
};

static enum err
work_look(struct db_tx *tx, void *arg)
{
    struct look *l = arg;
    add_org(tx, l->call.name);
    // Not yet: a read from elsewhere must not see it.
    return org_exists(l->s->db, l->call.name) ? ERR_INTERNAL : ERR_OK;
}

static void
done_look(enum err e, void *arg)
{
    struct look *l = arg;
    l->call.runs = org_exists(l->s->db, l->call.name) ? 1 : -1;
    on_done(e, &l->call);
}

static void
answered_means_committed(void **state)
{
    struct store *s = *state;
    sem_t done;
    sem_init(&done, 0, 0);
    for (int i = 0; i < 20; i++) {
        struct look l = {.s = s};
        snprintf(l.call.name, sizeof l.call.name, "seen %d", i);
        l.call.done = &done;
        l.call.job = (struct db_job){.work = work_look, .done = done_look, .arg = &l};
        assert_int_equal(db_submit(s->db, &l.call.job), ERR_OK);
        wait_for(&done, 1);
        assert_int_equal(l.call.result, ERR_OK);
        assert_int_equal(l.call.runs, 1);
    }
    sem_destroy(&done);
}

// ---- whoever writes for long -----------------------------------------------------------

struct long_work {
    struct call call;
    sem_t *go;
    bool alone, asked;
};

static enum err
work_long(struct db_tx *tx, void *arg)
{
    struct long_work *l = arg;
    l->alone = !db_others_wait(tx);
    sem_post(l->call.done); // now the other comes
    wait_for(l->go, 1);
    l->asked = db_others_wait(tx);
    return add_org(tx, l->call.name);
}

static void
long_work_knows_who_waits(void **state)
{
    struct store *s = *state;
    sem_t done, go;
    sem_init(&done, 0, 0);
    sem_init(&go, 0, 0);
    struct long_work l = {.go = &go};
    struct call other;
    prepare(&l.call, work_long, "long", NULL, &done);
    l.call.job.arg = &l;
    assert_int_equal(db_submit(s->db, &l.call.job), ERR_OK);
    wait_for(&done, 1);
    prepare(&other, work_good, "short", NULL, &done);
    assert_int_equal(db_submit(s->db, &other.job), ERR_OK);
    sem_post(&go);
    wait_for(&done, 2);
    assert_true(l.alone);
    assert_true(l.asked);
    assert_int_equal(org_count(s->db), 2);
    sem_destroy(&go);
    sem_destroy(&done);
}

// ---- many threads ----------------------------------------------------------------------

enum { THREADS = 8, JOBS = 2500 };

struct crowd {
    struct db *db;
    int number;
    int good;
    int refused;
    int wrong;
};

static void *
crowd_main(void *arg)
{
    struct crowd *me = arg;
    sem_t done;
    sem_init(&done, 0, 0);
    struct call *calls = calloc(JOBS, sizeof *calls);
    for (int i = 0; i < JOBS; i++) {
        char name[32];
        snprintf(name, sizeof name, "t%d-%d", me->number, i);
        prepare(&calls[i], i % 10 == 3 ? work_refuses : work_good, name, NULL, &done);
        while (db_submit(me->db, &calls[i].job) == ERR_UNAVAILABLE) {
            usleep(1000);
        }
        if (i >= 16) { // at most 16 outstanding
            while (sem_wait(&done) != 0) {
            }
        }
    }
    for (int i = 0; i < 16; i++) {
        while (sem_wait(&done) != 0) {
        }
    }
    for (int i = 0; i < JOBS; i++) {
        me->good += calls[i].result == ERR_OK;
        me->refused += calls[i].result == ERR_FORBIDDEN;
        me->wrong +=
            calls[i].runs < 1 || calls[i].runs > 2 || atomic_load(&calls[i].answered) != 1;
    }
    free(calls);
    sem_destroy(&done);
    return NULL;
}

static void *
reader_main(void *arg)
{
    struct crowd *me = arg;
    int64_t last = 0;
    for (int i = 0; i < 2000; i++) {
        struct db_tx *tx = db_read_begin(me->db);
        int64_t n = tx == NULL ? -1 : db_value_int(tx, &ORG_COUNT, DB_NONE, -1);
        int64_t again = tx == NULL ? -2 : db_value_int(tx, &ORG_COUNT, DB_NONE, -1);
        db_read_end(tx);
        me->wrong += n < last || n != again; // never back in time, never torn
        last = n;
    }
    return NULL;
}

static void
twenty_thousand_jobs_of_eight_threads(void **state)
{
    struct store *s = *state;
    pthread_t threads[THREADS + 2];
    struct crowd crowds[THREADS + 2];
    for (int i = 0; i < THREADS + 2; i++) {
        crowds[i] = (struct crowd){.db = s->db, .number = i};
        pthread_create(&threads[i], NULL, i < THREADS ? crowd_main : reader_main, &crowds[i]);
    }
    int good = 0;
    int refused = 0;
    for (int i = 0; i < THREADS + 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(crowds[i].wrong, 0);
        good += crowds[i].good;
        refused += crowds[i].refused;
    }
    assert_int_equal(good, THREADS * JOBS * 9 / 10);
    assert_int_equal(refused, THREADS * JOBS / 10);
    assert_int_equal(org_count(s->db), good);
    assert_null(db_check_integrity(s->db, s->a));
}

// ---- two processes ---------------------------------------------------------------------

static int
write_from_child(const char *url, const char *prefix, int n)
{
    struct arena *a = arena_new(1 << 20);
    const char *why = "";
    struct db *db = db_open(a, url, NULL, &why);
    if (db == NULL) {
        return 1;
    }
    int bad = 0;
    for (int i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%d", prefix, i);
        bad += db_write(db, a, add_org, name) != ERR_OK;
    }
    db_close(db);
    arena_free(a);
    return bad != 0;
}

static void
two_processes_write(void **state)
{
    enum { N = 300 };
    struct store *s = *state;
    db_close(s->db); // a connection must not cross fork()
    pid_t child = fork();
    if (child == 0) {
        _exit(write_from_child(s->url, "child ", N));
    }
    s->db = store_open(s, NULL);
    for (int i = 0; i < N; i++) {
        char name[32];
        snprintf(name, sizeof name, "parent %d", i);
        assert_int_equal(db_write(s->db, s->a, add_org, name), ERR_OK);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(org_count(s->db), 2 * N);
    assert_null(db_check_integrity(s->db, s->a));
}

struct hog {
    struct db *db;
    struct db_job job;
    int turns;
    sem_t over;
};

static enum err
hog_work(struct db_tx *tx, void *arg)
{
    struct hog *h = arg;
    char name[32];
    snprintf(name, sizeof name, "hog %d", h->turns);
    add_org(tx, name);
    usleep(120000);
    return db_tx_err(tx);
}

// The next begins at once, as blocks of an import do.
static void
hog_done(enum err e, void *arg)
{
    struct hog *h = arg;
    h->turns++;
    if (e != ERR_OK || h->turns == 60 || db_submit(h->db, &h->job) != ERR_OK) {
        sem_post(&h->over);
    }
}

static int
hog_from_child(const char *url)
{
    struct arena *a = arena_new(1 << 20);
    const char *why = "";
    struct hog h = {.db = db_open(a, url, NULL, &why)};
    if (h.db == NULL) {
        return 1;
    }
    h.job = (struct db_job){.work = hog_work, .done = hog_done, .arg = &h};
    sem_init(&h.over, 0, 0);
    int bad = db_submit(h.db, &h.job) != ERR_OK;
    wait_for(&h.over, 1);
    db_close(h.db);
    return bad;
}

// A server that wrote and wrote (an import, comparing records) kept `huiqiao token` waiting
// until it gave up.
static void
processes_take_turns(void **state)
{
    struct store *s = *state;
    db_close(s->db);
    pid_t child = fork();
    if (child == 0) {
        _exit(hog_from_child(s->url));
    }
    s->db = store_open(s, NULL);
    while (org_count(s->db) == 0) {
        usleep(10000);
    }
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "turn %d", i);
        int64_t before = org_count(s->db);
        assert_int_equal(db_write(s->db, s->a, add_org, name), ERR_OK);
        assert_in_range(org_count(s->db) - before, 1, 4); // its own and a few turns
        usleep(30000);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

// What another process wrote moves the generation too, within a second or so.
static void
generation_sees_other_processes(void **state)
{
    struct store *s = *state;
    db_close(s->db);
    int go[2];
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        char c;
        _exit(read(go[0], &c, 1) == 1 ? write_from_child(s->url, "child ", 1) : 1);
    }
    s->db = store_open(s, NULL);
    uint64_t before = settled_generation(s);
    assert_int_equal(write(go[1], "x", 1), 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (int i = 0; i < 50 && db_generation(s->db) == before; i++) {
        usleep(100000);
    }
    assert_true(db_generation(s->db) > before);
    close(go[0]);
    close(go[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(failing_jobs_go_alone),
        STORE_TEST(refusal_without_a_write_costs_nothing),
        STORE_TEST(put_off_belongs_to_its_job),
        STORE_TEST(first_job_of_a_batch_may_fail),
        STORE_TEST_FAST(unwound_queries_are_ended),
        STORE_TEST(one_bad_commit_does_not_fail_the_others),
        STORE_TEST(full_queue_refuses),
        STORE_TEST(generation_counts_what_changed),
        STORE_TEST(close_runs_what_is_queued),
        STORE_TEST(answered_means_committed),
        STORE_TEST(long_work_knows_who_waits),
        STORE_TEST_FAST(twenty_thousand_jobs_of_eight_threads),
        STORE_TEST(two_processes_write),
        STORE_TEST(processes_take_turns),
        STORE_TEST(generation_sees_other_processes),
    };
    return cmocka_run_group_tests_name("store/write", tests, NULL, NULL);
}
