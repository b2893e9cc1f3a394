// SPDX-License-Identifier: Apache-2.0
// huiqiao copy: a district from here to there, on either engine, compared row by row.
#include "cmd/copy.h"

#include "cmd/carry.h"
#include "cmd/cmd.h"

#include "base/text.h"
#include "base/timestamp.h"
#include "kit/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COPY_ARENA ((size_t)4 << 30)
enum { FILE_MOST = 64 << 20, NOTICED_MS = 1200 };

static const struct db_stmt FIRST_AUDIT = {.name = "copy.first_audit",
                                           .sql =
                                               "SELECT sha256 FROM audit ORDER BY id LIMIT 1",
                                           .row = "sha256:blob"};
static const struct db_stmt *const STATEMENTS[] = {&FIRST_AUDIT, NULL};
static const struct route NO_ROUTES[] = {{0}};
const struct module COPY_MODULE = {.name = "copy", .routes = NO_ROUTES, .stmts = STATEMENTS};

void
copy_name(struct db *db, char *out, size_t size)
{
    struct arena *a = arena_new(64 * 1024);
    struct db_tx *tx = db_read_begin(db);
    struct value *row = tx == NULL ? NULL : db_one(tx, a, &FIRST_AUDIT, DB_NONE);
    db_read_end(tx);
    snprintf(out, size, "%s", row == NULL ? "new" : value_get_text(row, "sha256"));
    arena_free(a);
}

// ---- what is said ----------------------------------------------------------------------

void
copy_say_table(const struct carry_said *said, void *quiet)
{
    char hex[2 * BULK_SUM_SIZE + 1];
    if (*(const bool *)quiet) {
        return;
    }
    sodium_bin2hex(hex, sizeof hex, said->sum, sizeof said->sum);
    printf("%s\t%llu\t%s\n", said->table, (unsigned long long)said->rows, hex);
    fflush(stdout);
}

void
copy_say_step(const char *what, void *quiet)
{
    if (!*(const bool *)quiet && isatty(STDERR_FILENO) != 0) {
        fprintf(stderr, "%s\n", what);
    }
}

// ---- databases -------------------------------------------------------------------------

struct copying {
    const struct copy_order *order;
    struct arena *arena;
    struct db *from, *to;
    struct bulk *snapshot;
    struct carry carry;
    struct carry_database source;
    bool quiet;
};

static bool
open_source(struct copying *c)
{
    const char *why = "?";
    c->from = db_open(c->arena, c->order->from, &(struct db_options){.readers = 2}, &why);
    if (c->from == NULL ||
        db_migrate(c->from, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, &why) != ERR_OK) {
        cmd_fail("cannot read the district: %s", why);
        return false;
    }
    copy_name(c->from, c->source.from.name, sizeof c->source.from.name);
    return true;
}

static bool
take_snapshot(struct copying *c)
{
    const char *why = "?";
    c->snapshot = bulk_open(c->arena, c->from, true, &why);
    if (c->snapshot == NULL) {
        cmd_fail("cannot read the district: %s", why);
        return false;
    }
    carry_database(&c->source, c->arena, c->snapshot);
    return true;
}

static bool
open_target(struct copying *c)
{
    const char *why = "?";
    const struct db_options o = {.create = true, .readers = 2};
    c->to = db_open(c->arena, c->order->to, &o, &why);
    if (c->to == NULL) {
        cmd_fail("cannot write the copy: %s", why);
    }
    return c->to != NULL;
}

static bool
carry_all(struct copying *c)
{
    c->carry = (struct carry){.arena = c->arena,
                              .db = c->to,
                              .from = &c->source.from,
                              .table = copy_say_table,
                              .step = copy_say_step,
                              .arg = &c->quiet};
    const struct copy_order *o = c->order;
    bool ok = carry_begin(&c->carry) && carry_rows(&c->carry) &&
              (o->before_use == NULL || o->before_use(o->arg)) && carry_finish(&c->carry);
    if (!ok) {
        cmd_fail("%s", c->carry.why == NULL ? "the copy is not finished" : c->carry.why);
    }
    carry_end(&c->carry);
    return ok;
}

// What others write is noticed within a second.
static void
warn_of_writes(struct db *db, uint64_t before)
{
    const struct timespec wait = {.tv_sec = NOTICED_MS / 1000,
                                  .tv_nsec = NOTICED_MS % 1000 * 1000000L};
    nanosleep(&wait, NULL);
    if (db_generation(db) != before) {
        fputs("huiqiao: the district was written meanwhile; the copy holds what it was when "
              "copying began\n",
              stderr);
    }
}

bool
copy_database(const struct copy_order *o)
{
    struct copying c = {.order = o, .arena = arena_new(COPY_ARENA), .quiet = o->quiet};
    int64_t began = time_now();
    bool ok = open_source(&c);
    uint64_t before = ok ? db_generation(c.from) : 0;
    ok = ok && take_snapshot(&c) && open_target(&c) && carry_all(&c);
    bulk_close(c.snapshot);
    if (ok) {
        warn_of_writes(c.from, before);
    }
    db_close(c.to);
    db_close(c.from);
    if (ok && !o->quiet) {
        printf("%llu rows of %zu tables are the same on both sides, in %.1f s\n",
               (unsigned long long)c.carry.rows, c.source.next,
               (double)(time_now() - began) / 1000);
    }
    arena_free(c.arena);
    return ok;
}

// ---- directories -----------------------------------------------------------------------

bool
copy_switch(struct arena *a, const char *dir, const char *url)
{
    if (url != NULL) {
        return cmd_replace_file(a, dir, DISTRICT_DATABASE, url, strlen(url));
    }
    const char *path = arena_printf(a, "%s/%s", dir, DISTRICT_DATABASE);
    if (unlink(path) != 0 && errno != ENOENT) {
        cmd_fail("%s: %s", path, strerror(errno));
        return false;
    }
    return cmd_sync_directory(dir);
}

// An end of the copy: a district's directory, or a database alone.
struct side {
    const char *dir; // NULL: rows only
    const char *url;
    int lock;
};

struct both {
    struct arena *arena;
    struct side from, to;
    const char *db; // of --db: where the new directory's database is
};

static bool
lock_side(struct side *s, bool alone)
{
    s->lock = s->dir == NULL ? -1 : app_lock(s->dir, alone);
    if (s->dir != NULL && s->lock < 0) {
        cmd_fail("%s: %s", s->dir, errno == EWOULDBLOCK ? "it is in use" : strerror(errno));
        return false;
    }
    return true;
}

static void
unlock_side(const struct side *s)
{
    if (s->dir != NULL && s->lock >= 0) {
        close(s->lock);
    }
}

static const char *
database_of(struct arena *a, const char *dir, const char *db)
{
    const char *url = district_url(a, dir, db);
    return url != NULL ? url : arena_printf(a, "%s/district.db", dir);
}

// One of the small files; what is there already must be the same.
static bool
carry_file(struct both *b, const char *name, bool needed)
{
    const char *from = arena_printf(b->arena, "%s/%s", b->from.dir, name);
    const char *to = arena_printf(b->arena, "%s/%s", b->to.dir, name);
    size_t n = 0;
    size_t there = 0;
    if (!needed && access(from, F_OK) != 0) {
        return true;
    }
    const char *text = cmd_read_file(b->arena, from, FILE_MOST, &n);
    if (text == NULL || access(to, F_OK) != 0) {
        return text != NULL && cmd_make_file(to, text, n);
    }
    const char *old = cmd_read_file(b->arena, to, FILE_MOST, &there);
    if (old == NULL || there != n || memcmp(old, text, n) != 0) {
        cmd_fail("%s is there already, and another", to);
        return false;
    }
    return true;
}

// Last of all, so that a directory with a secret has a district.
static bool
carry_files(void *arg)
{
    struct both *b = arg;
    if (b->to.dir == NULL || b->from.dir == NULL) {
        return true;
    }
    return carry_file(b, "industries.csv", false) &&
           (b->db == NULL || copy_switch(b->arena, b->to.dir, b->db)) &&
           carry_file(b, "secret", true) && cmd_sync_directory(b->to.dir) &&
           cmd_sync_name(b->arena, b->to.dir);
}

static bool
take_sides(struct both *b, const char *from, const char *to)
{
    bool network = db_is_network(from);
    b->from = (struct side){network ? NULL : from, from, -1};
    if (!network) {
        b->from.url = database_of(b->arena, from, NULL);
    }
    network = db_is_network(to);
    b->to = (struct side){network ? NULL : to, to, -1};
    if (network) {
        return b->db == NULL || cmd_fail("--db goes with --to DIR") == CMD_OK;
    }
    if (mkdir(to, 0700) != 0 && errno != EEXIST) {
        return cmd_fail("%s: %s", to, strerror(errno)) == CMD_OK;
    }
    b->to.url = database_of(b->arena, to, b->db);
    if (b->from.dir == NULL && access(arena_printf(b->arena, "%s/secret", to), F_OK) != 0) {
        return cmd_fail("%s has no secret, and a database alone brings none; put the "
                        "district's there first",
                        to) == CMD_OK;
    }
    return true;
}

int
cmd_copy(int argc, char **argv)
{
    const char *from = NULL;
    const char *to = NULL;
    struct both b = {0};
    const struct cmd_option options[] = {
        {"from", &from, NULL, NULL}, {"to", &to, NULL, NULL}, {"db", &b.db, NULL, NULL}, {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    if (from == NULL || to == NULL) {
        cmd_fail("copy --from DIR|URL --to DIR|URL");
        return CMD_USAGE;
    }
    b.arena = arena_new((size_t)256 << 20);
    bool ok = take_sides(&b, from, to) && lock_side(&b.from, false) && lock_side(&b.to, true);
    ok = ok && copy_database(&(struct copy_order){
                   .from = b.from.url, .to = b.to.url, .before_use = carry_files, .arg = &b});
    if (ok && b.to.dir == NULL) {
        puts("rows only: the secret and other files stay where they are");
    }
    unlock_side(&b.from);
    unlock_side(&b.to);
    arena_free(b.arena);
    return ok ? CMD_OK : CMD_FAILED;
}
