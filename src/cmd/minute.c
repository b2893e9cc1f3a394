// SPDX-License-Identifier: Apache-2.0
// What has to happen in a district without anybody asking for it.
#include "cmd/cmd.h"

#include "base/log.h"
#include "kit/claim.h"
#include "kit/import_run.h"
#include "kit/rate.h"
#include "kit/record_merge.h"
#include "kit/search.h"
#include "kit/session.h"
#include "mod/demand/demand.h"
#include "mod/dues/dues.h"
#include "mod/membership/membership.h"
#include "mod/post/post.h"

#include <signal.h>

enum { JOB_ARENA_MAX = 64 * 1024 * 1024 };
enum { DUPLICATES_AT_ONCE = 300, DUPLICATES_TURNS = 60 };
enum { ADMITTED_AT_ONCE = 100, REMINDED_AT_ONCE = 100 };
enum { MERGE_PAGES = 500 }; // a few dozen milliseconds of the writer

static int64_t
flush_sessions(struct ctx *c)
{
    session_flush(c);
    return 0;
}

static int64_t
tell_reviews(struct ctx *c)
{
    demand_tell_reviews(c);
    return 0;
}

static int64_t
admit_members(struct ctx *c)
{
    membership_admit_due(c, ADMITTED_AT_ONCE);
    return 0;
}

static int64_t
remind_of_terms(struct ctx *c)
{
    post_remind(c, REMINDED_AT_ONCE);
    return 0;
}

static int64_t
remind_of_dues(struct ctx *c)
{
    dues_remind_due(c, REMINDED_AT_ONCE);
    return 0;
}

// Rows of imports that were over long ago: once an hour is enough, not for all districts in the
// same minute.
static int64_t
forget_imports(struct ctx *c)
{
    if ((uint64_t)(c->now / TIME_MINUTE) % 60 == c->app->serial % 60) {
        import_tidy(c);
    }
    return 0;
}

static int64_t
tidy_search(struct ctx *c)
{
    search_tidy(c->tx, MERGE_PAGES);
    return 0;
}

static int64_t
forget_merges(struct ctx *c)
{
    record_merge_forget(c);
    return 0;
}

// Whatever kinds of record look for duplicates, some of the new and changed ones of each.
static int64_t
find_duplicates(struct ctx *c)
{
    unsigned found = 0;
    for (const struct module *const *m = c->app->modules; *m != NULL; m++) {
        const struct record_kind *const *k = (*m)->kinds;
        for (; k != NULL && *k != NULL; k++) {
            found += (*k)->duplicates == NULL
                         ? 0
                         : record_duplicates_scan(c, *k, DUPLICATES_AT_ONCE);
        }
    }
    return found;
}

struct job {
    const char *what;
    int64_t (*run)(struct ctx *c); // how much it did
    int turns;
    bool told; // how much it did is worth a line in the log
};

// Each server knows for itself when it saw whom.
static const struct job SEEN = {"keep when sessions were seen", flush_sessions, 1, false};

// What one of all servers does. Each is a write of its own, small enough that nobody waits long
// for the writing thread; one that did something and may have more to do has so many turns.
static const struct job JOBS[] = {
    {"close demands nobody confirmed", demand_auto_close, 1, true},
    {"tell of reviews", tell_reviews, 1, false},
    {"admit members after publicity", admit_members, 1, false},
    {"remind of terms that end", remind_of_terms, 1, false},
    {"remind of dues", remind_of_dues, 1, false},
    {"forget old imports", forget_imports, 1, false},
    {"merge the search index", tidy_search, 1, false},
    {"forget old merges", forget_merges, 1, false},
    {"look for duplicates", find_duplicates, DUPLICATES_TURNS, false},
};

struct turn {
    const struct job *job;
    int64_t done;
};

static enum err
run_job(struct ctx *c, void *arg)
{
    struct turn *t = arg;
    t->done = t->job->run(c);
    return db_tx_err(c->tx);
}

// The rest can wait a minute; whoever stops us cannot.
static bool
is_stopping(void)
{
    sigset_t asked;
    return sigpending(&asked) == 0 &&
           (sigismember(&asked, SIGTERM) == 1 || sigismember(&asked, SIGINT) == 1);
}

static void
take_turns(struct district *d, const struct job *job)
{
    struct turn t = {.job = job, .done = 1};
    for (int i = 0; i < job->turns && t.done > 0 && !is_stopping(); i++) {
        enum err e = cmd_write(d, d->arena, run_job, &t);
        arena_reset(d->arena);
        if (e != ERR_OK) {
            log_warn("cannot %s: %s", job->what, err_info(e)->code);
            return;
        }
        if (job->told && t.done > 0) {
            log_info("%s: %lld", job->what, (long long)t.done);
        }
    }
}

// This server among those of the district.
struct place_among {
    bool first; // the one that does what is done once
    int64_t nodes;
};

static enum err
take_place(struct ctx *c, void *arg)
{
    struct place_among *p = arg;
    p->first = claim_take(c->tx, "minute");
    p->nodes = claim_nodes(c->tx);
    return db_tx_err(c->tx);
}

void
cmd_minute(struct app *app)
{
    struct district d = {.app = app, .arena = arena_new(JOB_ARENA_MAX)};
    struct place_among p = {0};
    if (cmd_write(&d, d.arena, take_place, &p) == ERR_OK) {
        rates_divide(app->rates, p.nodes);
    } else {
        p.first = false;
    }
    take_turns(&d, &SEEN);
    for (size_t i = 0; p.first && i < sizeof JOBS / sizeof *JOBS; i++) {
        take_turns(&d, &JOBS[i]);
    }
    arena_free(d.arena);
    atomic_store(&app->minute, time_now());
    import_kick(app); // what a restart has stopped
}
