// SPDX-License-Identifier: Apache-2.0
// The thread that knows how the servers are: it hears of what other nodes write, asks the
// primary every second whether it still answers, cuts everybody's lines when it does not, and
// looks for the next one. While it hears nothing nobody may keep what was read (struct db,
// deaf).
#include "db/postgres.h"

#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    RETRY_MS = 250,
    WATCH_MS = 1000,   // between looks at a commit that waits
    PING_MS = 2000,    // of one host
    PINGS_MS = 1000,   // of one of several: there is somewhere else to go
    SILENCE_MS = 4000, // a server that says nothing for so long has stopped
    COMMIT_MS = 20000, // a standby that is lost is replaced sooner than that
};

// True when it is time to end.
static bool
wait_until(const struct pg_db *db, const PGconn *h, int ms)
{
    struct pollfd f[2] = {{.fd = db->wake, .events = POLLIN},
                          {.fd = h == NULL ? -1 : PQsocket(h), .events = POLLIN}};
    while (poll(f, 2, ms) < 0 && errno == EINTR) {
    }
    return f[0].revents != 0;
}

// ---- which server ----------------------------------------------------------------------

// Nobody connects to it any more. What is connected finds out by itself, unless the server says
// nothing at all (or lives on beside its successor): then its lines are cut.
static void
give_up_primary(struct pg_db *db, bool cut)
{
    if (atomic_exchange(&db->primary, -1) >= 0) {
        log_error("no server takes writes: %s", db->reason);
    }
    if (cut) {
        pg_lines_cut(db, PG_LINES_ALL);
    }
}

// A connection that listens to the server that takes writes; NULL and db->reason.
static PGconn *
listen_now(struct pg_db *db)
{
    char text[128];
    int64_t nothing;
    int primary;
    int standby;
    PGconn *h = pg_hosts_seek(db, &primary, &standby);
    snprintf(text, sizeof text, "LISTEN \"%s\"", db->channel);
    if (h != NULL && !pg_ask_within(db, h, text, SILENCE_MS, &nothing)) {
        snprintf(db->reason, sizeof db->reason, "the server does not let us listen");
        PQfinish(h);
        h = NULL;
    }
    if (h == NULL && db->host_count > 1) { // of one only, whoever connects may as well try it
        give_up_primary(db, false);
    }
    if (h != NULL && primary != db->last) {
        snprintf(db->reason, sizeof db->reason, "another takes writes");
        give_up_primary(db, db->last >= 0);
    }
    if (h == NULL && standby != atomic_exchange(&db->standby, standby)) {
        pg_lines_cut(db, PG_LINES_STALE);
        if (standby >= 0) {
            log_warn("reading from a standby");
        }
    }
    if (h != NULL) {
        db->last = primary;
        atomic_store(&db->primary, primary);
        atomic_store(&db->standby, -1);
    }
    return h;
}

// ---- hearing ---------------------------------------------------------------------------

static void
take_notices(struct pg_db *db, PGconn *h)
{
    int own = atomic_load(&db->writer_pid);
    for (PGnotify *n; (n = PQnotifies(h)) != NULL; PQfreemem(n)) {
        if (n->be_pid != own) { // our own writes are counted where they are answered
            atomic_fetch_add(&db->db.generation, 1);
        }
    }
}

// False: it is cut, or says nothing, or takes no writes any more.
static bool
is_there(struct pg_db *db, PGconn *h)
{
    static const char HOW_FAR[] =
        "SELECT (pg_catalog.pg_current_wal_flush_lsn() - '0/0')::bigint";
    int64_t far;
    bool cut = PQstatus(h) != CONNECTION_OK;
    if (cut || !pg_ask_within(db, h, HOW_FAR, SILENCE_MS, &far)) {
        snprintf(db->reason, sizeof db->reason, "the primary does not answer");
        return false;
    }
    db->floor[1] = db->floor[0];
    db->floor[0] = far;
    pg_lines_cut(db, PG_LINES_STALE); // nobody asks those any more
    return true;
}

// Nobody knows whether it will be answered, and people wait.
static void
end_old_commit(struct pg_db *db)
{
    int64_t since = atomic_load(&db->commit_since);
    if (since != 0 && pg_now_ms() - since > COMMIT_MS) {
        log_error("a commit has waited %d s for its answer", COMMIT_MS / 1000);
        pg_line_cut(db, atomic_load(&db->commit_line));
    }
}

// False: it is time to end.
static bool
listen_until_lost(struct pg_db *db, PGconn *h)
{
    int64_t every = db->host_count > 1 ? PINGS_MS : PING_MS;
    int64_t asked = pg_now_ms();
    for (;;) {
        if (wait_until(db, h, WATCH_MS)) {
            return false;
        }
        bool whole = PQconsumeInput(h) == 1 && PQstatus(h) == CONNECTION_OK;
        if (whole && pg_now_ms() - asked >= every) {
            whole = is_there(db, h);
            asked = pg_now_ms();
            if (!whole && !wait_until(db, NULL, 0) && PQstatus(h) == CONNECTION_OK) {
                give_up_primary(db,
                                true); // it has stopped, and would be found again where it was
            }
        }
        if (!whole) {
            return !wait_until(db, NULL, 0);
        }
        take_notices(db, h);
        end_old_commit(db);
    }
}

static void
set_deaf(struct pg_db *db, bool deaf)
{
    // Missed ones count, too: first the flag goes up, and it comes down last.
    if (deaf) {
        atomic_store(&db->db.deaf, true);
    }
    atomic_fetch_add(&db->db.generation, 1);
    if (!deaf) {
        atomic_store(&db->db.deaf, false);
    }
}

static void *
listener_main(void *arg)
{
    struct pg_db *db = arg;
    PGconn *h = db->heard;
    bool on = true;
    sigset_t all; // signals are for the main thread
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    pthread_setname_np(pthread_self(), "listener");
    while (on) {
        if (h != NULL) {
            on = listen_until_lost(db, h);
            PQfinish(h);
            h = NULL;
            set_deaf(db, true);
            continue;
        }
        h = listen_now(db);
        if (h != NULL) {
            log_info("listening to the database again");
            set_deaf(db, false);
        } else {
            on = !wait_until(db, NULL, RETRY_MS);
        }
    }
    PQfinish(h);
    return NULL;
}

bool
pg_listen_start(struct pg_db *db, const char **why)
{
    db->wake = eventfd(0, EFD_CLOEXEC);
    db->heard = listen_now(db);
    if (db->heard == NULL) {
        *why = db->reason;
        return false;
    }
    *why = "cannot start the listening thread";
    if (db->wake < 0 || pthread_create(&db->listener, NULL, listener_main, db) != 0) {
        PQfinish(db->heard);
        return false;
    }
    db->listening = true;
    return true;
}

void
pg_listen_stop(struct pg_db *db)
{
    if (db->listening) {
        eventfd_write(db->wake, 1);
        pthread_join(db->listener, NULL);
    }
    if (db->wake >= 0) {
        close(db->wake);
    }
}
