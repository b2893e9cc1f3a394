// SPDX-License-Identifier: Apache-2.0
// Hears of what other nodes write: a connection that does nothing but listen. While it is away
// nobody may keep what was read (struct db, deaf).
#include "db/postgres.h"

#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RETRY_MS = 250, PING_MS = 5000 };

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

static PGconn *
listen_now(struct pg_db *db, const char **why)
{
    char text[128];
    PGconn *h = pg_connect(db, PG_READER, why);
    if (h == NULL) {
        return NULL;
    }
    snprintf(text, sizeof text, "LISTEN \"%s\"", db->channel);
    PGresult *got = PQexec(h, text);
    bool good = PQresultStatus(got) == PGRES_COMMAND_OK;
    PQclear(got);
    if (!good) {
        *why = "the server does not let us listen";
        PQfinish(h);
        return NULL;
    }
    return h;
}

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

// A line that is cut without a word is noticed by asking.
static bool
is_there(PGconn *h)
{
    PGresult *got = PQexec(h, "");
    PQclear(got);
    return PQstatus(h) == CONNECTION_OK;
}

// False: it is time to end.
static bool
listen_until_lost(struct pg_db *db, PGconn *h)
{
    for (;;) {
        struct pollfd f = {.fd = PQsocket(h), .events = POLLIN};
        if (wait_until(db, h, PING_MS)) {
            return false;
        }
        bool said = poll(&f, 1, 0) > 0;
        if (said ? PQconsumeInput(h) == 0 : !is_there(h)) {
            return true;
        }
        if (PQstatus(h) != CONNECTION_OK) {
            return true;
        }
        take_notices(db, h);
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
    const char *why = "";
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
        h = listen_now(db, &why);
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
    db->heard = listen_now(db, why);
    if (db->heard == NULL) {
        return false;
    }
    db->wake = eventfd(0, EFD_CLOEXEC);
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
