// SPDX-License-Identifier: Apache-2.0
// huiqiao check: is everything as it was written?
#include "cmd/cmd.h"

#include "cmd/backup.h"

#include "app.h"
#include "kit/audit.h"
#include "kit/record.h"
#include "kit/search.h"
#include "mod/demand/demand.h"

#include <stdio.h>

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

bool
check_written(struct district *d)
{
    bool sound = check_integrity(d);
    return check_audit(d) && sound;
}

static int
check_district(const char *data, const char *db)
{
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    bool sound = check_written(&d);
    sound = check_search(&d) && sound;
    sound = check_memberships(&d) && sound;
    sound = check_caches(&d) && sound;
    district_close(&d);
    return sound ? CMD_OK : CMD_FAILED;
}

int
cmd_check(int argc, char **argv)
{
    const char *data = NULL;
    const char *db = NULL;
    const char *backup = NULL;
    struct backup_keys keys = {0};
    const struct cmd_option options[] = {{"data", &data, NULL, NULL},
                                         {"db", &db, NULL, NULL},
                                         {"backup", &backup, NULL, NULL},
                                         {"key", &keys.key, NULL, NULL},
                                         {"passphrase", &keys.passphrase, NULL, NULL},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    if (backup == NULL) {
        return check_district(data, db);
    }
    if (data != NULL || db != NULL) {
        cmd_fail("check takes --data DIR, or --backup FILE");
        return CMD_USAGE;
    }
    return backup_check(backup, &keys) ? CMD_OK : CMD_FAILED;
}
