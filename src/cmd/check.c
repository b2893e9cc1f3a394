// SPDX-License-Identifier: Apache-2.0
// huiqiao check, backup and restore: is everything as it was written, a copy of it, and back.
#include "cmd/cmd.h"

#include "app.h"
#include "kit/audit.h"
#include "kit/record.h"
#include "kit/search.h"
#include "mod/demand/demand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 500, BATCH_ARENA_MAX = 256 * 1024 * 1024 };

static const struct db_stmt DEMANDS_AFTER = {
    .name = "check.demands",
    .sql = "SELECT id FROM demand WHERE id > $1 ORDER BY id LIMIT $2",
    .params = "after:int limit:int",
    .row = "id:int"};
// The engine's own check of its index, with every document's words looked up in it. On
// PostgreSQL the index is computed from the documents and cannot differ.
static const struct db_stmt SEARCH_SOUND = {
    .name = "check.search_sound",
    .sqlite = "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)",
    .postgres = ""};
static const struct db_stmt DEMANDS_UNFOUND = {
    .name = "check.demands_unfound",
    .sql = "SELECT count(*) AS n FROM demand d WHERE NOT EXISTS "
           "(SELECT 1 FROM search_doc s WHERE s.id = $1 + d.id)",
    .params = "base:int",
    .row = "n:int",
    .scans = "all of them, once"};
// Kept twice: the chamber of an enterprise, and its main membership.
static const struct db_stmt ENTERPRISES_ASTRAY = {
    .name = "check.enterprises_astray",
    .sql = "SELECT count(*) AS n FROM enterprise e WHERE"
           " EXISTS (SELECT 1 FROM membership m WHERE m.enterprise_id = e.id"
           " AND (m.state = 'member' OR m.state = 'suspended'))"
           " AND 1 <> (SELECT count(*) FROM membership m WHERE m.enterprise_id = e.id"
           " AND m.is_main = 1 AND m.organization_id = e.chamber_id"
           " AND (m.state = 'member' OR m.state = 'suspended'))",
    .row = "n:int",
    .scans = "all of them, once"};
static const struct db_stmt *const STATEMENTS[] = {&DEMANDS_AFTER, &SEARCH_SOUND,
                                                   &DEMANDS_UNFOUND, &ENTERPRISES_ASTRAY, NULL};
static const struct route NO_ROUTES[] = {{0}};
const struct module CHECK_MODULE = {.name = "check", .routes = NO_ROUTES, .stmts = STATEMENTS};

static bool
check_integrity(struct district *d)
{
    const char *wrong = db_check_integrity(d->app->db, d->arena);
    printf("database: %s\n", wrong == NULL ? "sound" : wrong);
    return wrong == NULL;
}

static bool
check_audit(struct district *d)
{
    int64_t rows = 0;
    struct db_tx *tx = db_read_begin(d->app->db);
    const char *wrong = "cannot be read";
    if (tx != NULL) {
        wrong = audit_verify(tx, d->arena, &rows);
        db_read_end(tx);
    }
    printf("audit chain: %s (%lld rows)\n", wrong == NULL ? "sound" : wrong, (long long)rows);
    return wrong == NULL;
}

static enum err
run_search_check(struct ctx *c, void *arg)
{
    (void)arg;
    db_run(c->tx, &SEARCH_SOUND, DB_NONE);
    return db_tx_err(c->tx);
}

static int64_t
count_unfound(struct district *d)
{
    struct db_tx *tx = db_read_begin(d->app->db);
    int64_t n = tx == NULL ? 0
                           : db_value_int(tx, &DEMANDS_UNFOUND,
                                          DB_ARGS(DB_INT(search_base("demand"))), 0);
    for (size_t m = 0; tx != NULL && MODULES[m] != NULL; m++) {
        const struct record_kind *const *k = MODULES[m]->kinds;
        for (; k != NULL && *k != NULL; k++) {
            n += record_unfound(tx, *k);
        }
    }
    bool read = tx != NULL && db_tx_err(tx) == ERR_OK;
    if (tx != NULL) {
        db_read_end(tx);
    }
    return read ? n : -1;
}

// A record that search does not find is as good as lost to whoever looks for it.
static bool
check_search(struct district *d)
{
    struct arena *a = arena_new(BATCH_ARENA_MAX);
    enum err e = cmd_write(d, a, run_search_check, NULL);
    arena_free(a);
    int64_t unfound = count_unfound(d);
    if (e != ERR_OK) {
        printf("search index: damaged or not in step with its documents (%s)\n",
               err_info(e)->code);
    } else if (unfound != 0) {
        printf("search index: %lld records are not in it as they are\n", (long long)unfound);
    } else {
        printf("search index: sound\n");
    }
    return e == ERR_OK && unfound == 0;
}

static bool
check_memberships(struct district *d)
{
    struct db_tx *tx = db_read_begin(d->app->db);
    int64_t n = tx == NULL ? -1 : db_value_int(tx, &ENTERPRISES_ASTRAY, DB_NONE, -1);
    if (tx != NULL) {
        db_read_end(tx);
    }
    if (n != 0) {
        printf("memberships: %lld enterprises are not under the chamber of their main one\n",
               (long long)n);
    } else {
        printf("memberships: sound\n");
    }
    return n == 0;
}

struct caches {
    int64_t after;           // the last demand looked at
    int64_t seen, different; // so far
    int64_t batch_last, batch_seen, batch_different;
};

static enum err
recompute(struct ctx *c, void *arg)
{
    struct caches *k = arg;
    k->batch_seen = k->batch_different = 0;
    k->batch_last = k->after;
    struct value *ids =
        db_list(c->tx, c->arena, &DEMANDS_AFTER, DB_ARGS(DB_INT(k->after), DB_INT(BATCH)));
    for (size_t i = 0; i < value_count(ids); i++) {
        k->batch_last = value_get_int(value_at(ids, i), "id", 0);
        k->batch_different += !demand_recompute(c, k->batch_last);
        k->batch_seen++;
    }
    return db_tx_err(c->tx);
}

// What is computed from the log and kept is computed again; a difference is our mistake, is
// told and is repaired.
static bool
check_caches(struct district *d)
{
    struct caches k = {0};
    struct arena *a = arena_new(BATCH_ARENA_MAX);
    enum err e;
    do {
        e = cmd_write(d, a, recompute, &k);
        arena_reset(a);
        k.after = k.batch_last;
        k.seen += k.batch_seen;
        k.different += k.batch_different;
    } while (e == ERR_OK && k.batch_seen == BATCH);
    arena_free(a);
    if (e != ERR_OK) {
        printf("caches: cannot be computed (%s)\n", err_info(e)->code);
        return false;
    }
    printf("caches: %lld of %lld demands differed from their log%s\n", (long long)k.different,
           (long long)k.seen, k.different > 0 ? " and were repaired" : "");
    return k.different == 0;
}

int
cmd_check(int argc, char **argv)
{
    const char *data = NULL;
    const char *db = NULL;
    const struct cmd_option options[] = {
        {"data", &data, NULL, NULL}, {"db", &db, NULL, NULL}, {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    bool sound = check_integrity(&d);
    sound = check_audit(&d) && sound;
    sound = check_search(&d) && sound;
    sound = check_memberships(&d) && sound;
    sound = check_caches(&d) && sound;
    district_close(&d);
    return sound ? CMD_OK : CMD_FAILED;
}

int
cmd_backup(int argc, char **argv)
{
    const char *data = NULL;
    const char *db = NULL;
    const char *const *rest;
    const struct cmd_option options[] = {
        {"data", &data, NULL, NULL}, {"db", &db, NULL, NULL}, {0}};
    if (!cmd_parse(argc, argv, options, 1, 1, &rest)) {
        return CMD_USAGE;
    }
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    const char *why = "?";
    enum err e = db_copy_to(d.app->db, rest[0], &why);
    if (e != ERR_OK) {
        cmd_fail("%s: %s", rest[0], why);
    }
    district_close(&d);
    return e == ERR_OK ? CMD_OK : CMD_FAILED;
}

// Copies into a new file and waits until it is on the disk.
static bool
copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = out >= 0;
    ssize_t n = 1;
    while (ok && n > 0) {
        n = copy_file_range(in, NULL, out, NULL, (size_t)1 << 30, 0);
        ok = n >= 0;
    }
    ok = ok && fsync(out) == 0;
    if (!ok) {
        cmd_fail("cannot copy %s to %s: %s", from, to, strerror(errno));
    }
    if (in >= 0) {
        close(in);
    }
    if (out >= 0) {
        ok = close(out) == 0 && ok;
    }
    return ok;
}

// Passwords and tokens are bound to the secret, so a database without its own is of no use.
int
cmd_restore(int argc, char **argv)
{
    const char *data = NULL;
    const char *const *rest;
    const struct cmd_option options[] = {{"data", &data, NULL, NULL}, {0}};
    if (!cmd_parse(argc, argv, options, 1, 1, &rest)) {
        return CMD_USAGE;
    }
    if (data == NULL) {
        cmd_fail("say where to: --data DIR");
        return CMD_USAGE;
    }
    struct arena *a = arena_new(64 * 1024);
    const char *secret = arena_printf(a, "%s/secret", data);
    const char *file = arena_printf(a, "%s/district.db", data);
    if (db_is_network(district_url(a, data, NULL))) {
        cmd_fail("the district in %s is in PostgreSQL; restore it with PostgreSQL's tools",
                 data);
        arena_free(a);
        return CMD_FAILED;
    }
    bool ok = access(secret, R_OK) == 0;
    if (!ok) {
        cmd_fail("%s: %s; a backup is read with the secret of its district", secret,
                 strerror(errno));
    }
    struct district d;
    bool copied = ok && copy_file(rest[0], file);
    ok = copied && district_open(&d, data, NULL);
    if (ok) {
        ok = check_integrity(&d) && check_audit(&d);
        district_close(&d);
    }
    if (copied && !ok) {
        unlink(file);
        cmd_fail("%s is no sound backup; nothing was restored", rest[0]);
    }
    arena_free(a);
    return ok ? CMD_OK : CMD_FAILED;
}
