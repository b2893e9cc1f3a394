// SPDX-License-Identifier: Apache-2.0
// huiqiao check and backup: is everything as it was written, and a copy of it.
#include "cmd/cmd.h"

#include "kit/audit.h"
#include "mod/demand/demand.h"

#include <stdio.h>

enum { BATCH = 500, BATCH_ARENA_MAX = 256 * 1024 * 1024 };

static const struct db_stmt DEMANDS_AFTER = {
    .name = "check.demands",
    .sql = "SELECT id FROM demand WHERE id > $1 ORDER BY id LIMIT $2",
    .params = "after:int limit:int",
    .row = "id:int"};
static const struct db_stmt *const STATEMENTS[] = {&DEMANDS_AFTER, NULL};
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
