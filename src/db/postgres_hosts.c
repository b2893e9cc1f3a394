// SPDX-License-Identifier: Apache-2.0
// The hosts of a URL: which of them takes writes, and, while none does, which may be read all
// the same. Whoever dials is told by the listening thread, which asks all of them at once.
#include "db/postgres.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    SEEK_MS = 2000,  // a host that has not answered by then is as good as gone
    CHOICE_MS = 500, // with a standby in hand no other host is waited for longer
    TWIN_MS = 100,   // a primary that was replaced may not know it yet: its successor answers
    ASK_MS = 500,
};

static const char DEFAULT_PORT[] = "5432";

// ---- the list --------------------------------------------------------------------------

// The n-th of a list with commas, as libpq counts; a list of one holds for all. An empty place
// in a list is libpq's default, which has to be said where it stands alone.
static char *
nth(const char *list, unsigned n, const char *empty)
{
    if (list == NULL || *list == '\0') {
        return NULL;
    }
    const char *at = list;
    for (unsigned i = 0; i < n; i++) {
        const char *comma = strchr(at, ',');
        if (comma == NULL) {
            return i == 0 ? strdup(list) : NULL;
        }
        at = comma + 1;
    }
    size_t size = strcspn(at, ",");
    return size == 0 ? strdup(empty) : strndup(at, size);
}

static unsigned
count_of(const char *list)
{
    unsigned n = list == NULL || *list == '\0' ? 0 : 1;
    for (const char *p = list; p != NULL && *p != '\0'; p++) {
        n += *p == ',';
    }
    return n;
}

static const char *
option(const PQconninfoOption *options, const char *keyword)
{
    for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, keyword) == 0) {
            return o->val;
        }
    }
    return NULL;
}

bool
pg_hosts_read(struct pg_db *db, const char **why)
{
    static const char MANY[] = "the URL names more hosts than 8";
    PQconninfoOption *options = PQconninfoParse(db->url, NULL);
    *why = "the database's URL is not one";
    if (options == NULL) {
        return false;
    }
    const char *host = option(options, "host");
    const char *address = option(options, "hostaddr");
    const char *port = option(options, "port");
    unsigned n = count_of(address) > 0 ? count_of(address) : count_of(host);
    bool good = n <= PG_HOSTS;
    *why = MANY;
    // One host, or what the environment says, is libpq's own business.
    db->host_count = n > 1 && good ? n : 1;
    for (unsigned i = 0; n > 1 && good && i < n; i++) {
        db->hosts[i] = (struct pg_host){nth(host, i, "localhost"), nth(address, i, ""),
                                        nth(port, i, DEFAULT_PORT)};
    }
    PQconninfoFree(options);
    return good;
}

void
pg_hosts_free(struct pg_db *db)
{
    for (unsigned i = 0; i < PG_HOSTS; i++) {
        free(db->hosts[i].host);
        free(db->hosts[i].address);
        free(db->hosts[i].port);
    }
}

// ---- options of a connection -----------------------------------------------------------

// Where the URL says nothing: a host that is gone must be noticed in seconds, not in hours.
static const char *const DEFAULTS[][2] = {
    {"connect_timeout", "5"},  {"keepalives_idle", "10"},     {"keepalives_interval", "3"},
    {"keepalives_count", "3"}, {"tcp_user_timeout", "15000"}, {"application_name", "huiqiao"},
    {"gssencmode", "disable"},
};

static void
put(struct pg_dial *d, const char *name, const char *value)
{
    if (value != NULL && d->count + 1 < PG_DIAL) {
        d->names[d->count] = name;
        d->values[d->count++] = value;
    }
}

void
pg_dial_fill(const struct pg_db *db, int host, const char *attrs, struct pg_dial *d)
{
    *d = (struct pg_dial){0};
    for (size_t i = 0; i < sizeof DEFAULTS / sizeof *DEFAULTS; i++) {
        put(d, DEFAULTS[i][0], DEFAULTS[i][1]);
    }
    put(d, "dbname", db->url); // what it says goes over what stands before it
    put(d, "client_encoding", "UTF8");
    // A read tells what was answered last, so it goes where writes go (security.md D8),
    // whatever the URL says.
    put(d, "target_session_attrs", attrs);
    if (db->host_count > 1) {
        const struct pg_host *h = &db->hosts[host];
        put(d, "host", h->host == NULL ? "" : h->host);
        put(d, "hostaddr", h->address == NULL ? "" : h->address);
        put(d, "port", h->port == NULL ? "" : h->port);
    }
}

// ---- waiting, but not for ever ---------------------------------------------------------

// False: time is up, or the listening thread is to end.
static bool
wait_for(const struct pg_db *db, PGconn *h, short events, int64_t until)
{
    struct pollfd f[2] = {{.fd = db->wake, .events = POLLIN},
                          {.fd = PQsocket(h), .events = events}};
    int64_t left = until - pg_now_ms();
    return left > 0 && poll(f, 2, (int)left) > 0 && f[0].revents == 0;
}

bool
pg_ask_within(const struct pg_db *db, PGconn *h, const char *sql, int ms, int64_t *out)
{
    int64_t until = pg_now_ms() + ms;
    bool good = PQsendQuery(h, sql) == 1;
    PGresult *got = NULL;
    *out = 0;
    while (good) {
        while (good && PQisBusy(h)) {
            good = wait_for(db, h, POLLIN, until) && PQconsumeInput(h) == 1;
        }
        if (!good || (got = PQgetResult(h)) == NULL) {
            break;
        }
        ExecStatusType status = PQresultStatus(got);
        good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (status == PGRES_TUPLES_OK && PQntuples(got) == 1 && PQnfields(got) == 1) {
            *out = strtoll(PQgetvalue(got, 0, 0), NULL, 10);
        }
        PQclear(got);
    }
    return good;
}

// ---- asking all of them ----------------------------------------------------------------

struct probe {
    PGconn *h; // NULL: gone
    PostgresPollingStatusType state;
    bool primary;
    bool standby;
    int64_t figure; // of a primary its timeline, of a standby how far it is
};

static bool
is_on(PGconn *h, const char *parameter)
{
    const char *v = PQparameterStatus(h, parameter);
    return v != NULL && strcmp(v, "on") == 0;
}

static void
drop(struct probe *p)
{
    PQfinish(p->h);
    p->h = NULL;
    p->primary = p->standby = false;
}

// The server has answered: what it is.
static void
judge(const struct pg_db *db, struct probe *p)
{
    static const char TIMELINE[] =
        "SELECT ('x' || left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))"
        "::bit(32)::bigint";
    static const char REPLAYED[] =
        "SELECT coalesce(pg_catalog.pg_last_wal_replay_lsn() - '0/0', 0)::bigint";
    bool standby = is_on(p->h, "in_hot_standby");
    if (!standby && is_on(p->h, "default_transaction_read_only")) {
        drop(p);
        return;
    }
    if (db->host_count > 1 &&
        !pg_ask_within(db, p->h, standby ? REPLAYED : TIMELINE, ASK_MS, &p->figure)) {
        drop(p);
        return;
    }
    p->standby = standby;
    p->primary = !standby;
}

static bool
is_open(const struct probe *p)
{
    return p->h != NULL && !p->primary && !p->standby;
}

static void
advance(struct pg_db *db, struct probe *p)
{
    p->state = PQconnectPoll(p->h);
    if (p->state == PGRES_POLLING_OK) {
        judge(db, p);
    } else if (p->state == PGRES_POLLING_FAILED) {
        pg_reason(PQerrorMessage(p->h), db->reason, sizeof db->reason);
        drop(p);
    }
}

// One round of waiting for whoever has not answered. False: it is time to end.
static bool
attend(struct pg_db *db, struct probe *probes, int64_t until)
{
    struct pollfd f[PG_HOSTS + 1] = {{.fd = db->wake, .events = POLLIN}};
    for (unsigned i = 0; i < db->host_count; i++) {
        const struct probe *p = &probes[i];
        f[i + 1] =
            (struct pollfd){.fd = is_open(p) ? PQsocket(p->h) : -1,
                            .events = p->state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
    }
    int64_t left = until - pg_now_ms();
    poll(f, db->host_count + 1, left < 0 ? 0 : (int)left);
    for (unsigned i = 0; i < db->host_count; i++) {
        if (f[i + 1].revents != 0) {
            advance(db, &probes[i]);
        }
    }
    return f[0].revents == 0;
}

// How long the others are worth waiting for, now that some have answered. 0: not at all.
static int64_t
deadline(const struct pg_db *db, const struct probe *probes, int64_t began, int64_t found)
{
    bool open = false;
    bool standby = false;
    bool primary = false;
    for (unsigned i = 0; i < db->host_count; i++) {
        open = open || is_open(&probes[i]);
        standby = standby || probes[i].standby;
        primary = primary || probes[i].primary;
    }
    return !open     ? 0
           : primary ? found + TWIN_MS
           : standby ? began + CHOICE_MS
                     : began + SEEK_MS;
}

// The one that has most of what there is to have: -1 none.
static int
best(const struct pg_db *db, const struct probe *probes, bool primary, int64_t least)
{
    int found = -1;
    for (unsigned i = 0; i < db->host_count; i++) {
        const struct probe *p = &probes[i];
        if ((primary ? p->primary : p->standby) && p->figure >= least &&
            (found < 0 || p->figure > probes[found].figure)) {
            found = (int)i;
        }
    }
    return found;
}

static void
ask_all(struct pg_db *db, struct probe *probes)
{
    struct pg_dial d;
    for (unsigned i = 0; i < db->host_count; i++) {
        pg_dial_fill(db, (int)i, "any", &d);
        probes[i].h = PQconnectStartParams(d.names, d.values, 1);
        probes[i].state = PGRES_POLLING_WRITING;
        if (probes[i].h != NULL && PQstatus(probes[i].h) == CONNECTION_BAD) {
            pg_reason(PQerrorMessage(probes[i].h), db->reason, sizeof db->reason);
            drop(&probes[i]);
        }
        if (probes[i].h != NULL) {
            PQsetNoticeReceiver(probes[i].h, pg_no_notice, NULL);
        }
    }
    int64_t began = pg_now_ms();
    int64_t found = 0;
    int64_t until;
    while ((until = deadline(db, probes, began, found)) > pg_now_ms()) {
        if (!attend(db, probes, until)) {
            break;
        }
        found = found == 0 && best(db, probes, true, 0) >= 0 ? pg_now_ms() : found;
    }
}

PGconn *
pg_hosts_seek(struct pg_db *db, int *primary, int *standby)
{
    struct probe probes[PG_HOSTS] = {{0}};
    snprintf(db->reason, sizeof db->reason, "no server answers");
    ask_all(db, probes);
    // One that was replaced takes writes, too, until it hears of it.
    *primary = best(db, probes, true, db->timeline);
    *standby = *primary >= 0 ? -1 : best(db, probes, false, db->floor[1]);
    PGconn *h = NULL;
    if (*primary >= 0) {
        h = probes[*primary].h;
        probes[*primary].h = NULL;
        db->timeline = probes[*primary].figure;
    } else if (best(db, probes, true, 0) >= 0) {
        snprintf(db->reason, sizeof db->reason, "the server that takes writes was replaced");
    } else if (best(db, probes, false, 0) >= 0) {
        snprintf(db->reason, sizeof db->reason, "no server takes writes");
    }
    for (unsigned i = 0; i < db->host_count; i++) {
        PQfinish(probes[i].h);
    }
    return h;
}

// ---- the lines that are open -----------------------------------------------------------

struct pg_line {
    PGconn *h;
    int fd;
    bool stale;
    struct pg_line *next;
};

bool
pg_line_add(struct pg_db *db, PGconn *h, bool stale)
{
    struct pg_line *line = malloc(sizeof *line);
    if (line == NULL) {
        return false;
    }
    pthread_mutex_lock(&db->lines_lock);
    *line = (struct pg_line){.h = h, .fd = PQsocket(h), .stale = stale, .next = db->lines};
    db->lines = line;
    pthread_mutex_unlock(&db->lines_lock);
    return true;
}

void
pg_line_end(struct pg_db *db, PGconn *h)
{
    struct pg_line *gone = NULL;
    pthread_mutex_lock(&db->lines_lock);
    for (struct pg_line **at = &db->lines; *at != NULL; at = &(*at)->next) {
        if ((*at)->h == h) {
            gone = *at;
            *at = gone->next;
            break;
        }
    }
    pthread_mutex_unlock(&db->lines_lock);
    free(gone);
    PQfinish(h);
}

// Whoever waits at our end of a line, for an answer or for room to send, finds it cut: nobody
// waits longer for a server that has stopped than the listening thread does.
void
pg_lines_cut(struct pg_db *db, enum pg_lines which)
{
    pthread_mutex_lock(&db->lines_lock);
    for (struct pg_line *line = db->lines; line != NULL; line = line->next) {
        if (which == PG_LINES_ALL || line->stale) {
            shutdown(line->fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&db->lines_lock);
}

void
pg_line_cut(struct pg_db *db, const PGconn *h)
{
    pthread_mutex_lock(&db->lines_lock);
    for (struct pg_line *line = db->lines; line != NULL; line = line->next) {
        if (line->h == h) {
            shutdown(line->fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&db->lines_lock);
}
