// SPDX-License-Identifier: Apache-2.0
// huiqiao restore, and check --backup: a backup is read to its end and found whole before a
// single row of it is written anywhere.
#include "cmd/backup.h"

#include "cmd/copy.h"

#include "base/text.h"
#include "base/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READING_ARENA ((size_t)1 << 30)

// ---- reading ---------------------------------------------------------------------------

static bool
get(void *from, void *p, size_t n)
{
    return box_get(from, p, n);
}

static bool
end(void *from)
{
    return box_end(from);
}

const char *
backup_why(const struct backup *b)
{
    const char *why = b->box == NULL ? NULL : box_why(b->box);
    return why != NULL ? why : b->archive.from.why;
}

bool
backup_open(struct backup *b, const char *path, const struct backup_keys *keys)
{
    struct box_key key;
    const char *why = "?";
    *b = (struct backup){.arena = arena_new(READING_ARENA), .fd = -1};
    if (!backup_key(b->arena, keys, false, &key)) {
        return false;
    }
    b->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (b->fd < 0) {
        return cmd_fail("%s: %s", path, strerror(errno)) == CMD_OK;
    }
    b->box = box_open(b->arena, b->fd, &key, &why);
    if (b->box == NULL) {
        return cmd_fail("%s: %s", path, why) == CMD_OK;
    }
    return archive_open(&b->archive, b->arena, get, end, b->box) ||
           cmd_fail("%s: %s", path, backup_why(b)) == CMD_OK;
}

void
backup_close(struct backup *b)
{
    archive_close(&b->archive);
    if (b->fd >= 0) {
        close(b->fd);
    }
    arena_free(b->arena); // and forgets the key
}

struct counted {
    uint64_t rows, tables;
};

static void
count(const struct carry_said *said, void *arg)
{
    struct counted *c = arg;
    c->rows += said->rows;
    c->tables++;
}

bool
backup_check(const char *path, const struct backup_keys *keys)
{
    struct backup b;
    struct counted c = {0};
    bool ok = backup_open(&b, path, keys);
    if (ok && !archive_verify(&b.archive, count, &c)) {
        ok = cmd_fail("%s: %s", path, backup_why(&b)) == CMD_OK;
    }
    if (ok) {
        const struct value *made = value_get(b.archive.head, "made_at");
        const char *district = value_get_text(b.archive.head, "district");
        printf("%s: whole; %s, %s, %llu rows of %llu tables, %s the secret\n", path,
               district == NULL ? "?" : district,
               made != NULL && made->type == VALUE_TEXT ? made->s : "?",
               (unsigned long long)c.rows, (unsigned long long)c.tables,
               value_get_text(b.archive.head, "secret") != NULL ? "with" : "without");
    }
    backup_close(&b);
    return ok;
}

// ---- restoring -------------------------------------------------------------------------

struct restoring {
    struct arena *arena;
    const char *path, *data, *db, *url;
    struct backup_keys keys;
    struct backup backup;
    unsigned char secret[BACKUP_SECRET_SIZE];
    bool has_secret; // of the backup
    int lock;
    struct db *to;
    uint64_t rows;
};

static bool
take_secret(struct restoring *r)
{
    const char *hex = value_get_text(r->backup.archive.head, "secret");
    const char *path = arena_printf(r->arena, "%s/secret", r->data);
    bool there = access(path, F_OK) == 0;
    size_t n = 0;
    r->has_secret = hex != NULL;
    if (hex != NULL &&
        (sodium_hex2bin(r->secret, sizeof r->secret, hex, strlen(hex), NULL, &n, NULL) != 0 ||
         n != sizeof r->secret)) {
        return cmd_fail("%s: its secret is damaged", r->path) == CMD_OK;
    }
    if (!there) {
        return hex != NULL ||
               cmd_fail("%s was made without the district's secret; put it into %s first",
                        r->path, path) == CMD_OK;
    }
    const char *old = cmd_read_file(r->arena, path, BACKUP_SECRET_SIZE, &n);
    if (old == NULL) {
        return false;
    }
    return hex == NULL || (n == sizeof r->secret && memcmp(old, r->secret, n) == 0) ||
           cmd_fail("%s is the secret of another district", path) == CMD_OK;
}

// Last of all, so that a directory with a secret has a district.
static bool
write_files(struct restoring *r)
{
    struct arena *a = r->arena;
    const char *industries = value_get_text(r->backup.archive.head, "industries");
    const char *table = arena_printf(a, "%s/industries.csv", r->data);
    const char *secret = arena_printf(a, "%s/secret", r->data);
    if (industries != NULL && access(table, F_OK) != 0 &&
        !cmd_make_file(table, industries, strlen(industries))) {
        return false;
    }
    if (r->db != NULL && !copy_switch(a, r->data, r->db)) {
        return false;
    }
    return (access(secret, F_OK) == 0 || cmd_make_file(secret, r->secret, sizeof r->secret)) &&
           cmd_sync_directory(r->data) && cmd_sync_name(r->arena, r->data);
}

static bool
load(struct restoring *r)
{
    bool quiet = false;
    const char *why = "?";
    const struct db_options o = {.create = true, .readers = 2};
    r->to = db_open(r->arena, r->url, &o, &why);
    if (r->to == NULL) {
        return cmd_fail("cannot write the district: %s", why) == CMD_OK;
    }
    struct carry c = {.arena = r->arena,
                      .db = r->to,
                      .from = &r->backup.archive.from,
                      .step = copy_say_step,
                      .arg = &quiet};
    bool ok = carry_begin(&c) && carry_rows(&c) && write_files(r) && carry_finish(&c);
    if (!ok) {
        cmd_fail("%s", c.why != NULL ? c.why : "the restore is not finished");
    }
    r->rows = c.rows;
    carry_end(&c);
    return ok;
}

static bool
take_place(struct restoring *r)
{
    if (mkdir(r->data, 0700) != 0 && errno != EEXIST) {
        return cmd_fail("%s: %s", r->data, strerror(errno)) == CMD_OK;
    }
    r->lock = app_lock(r->data, true);
    if (r->lock < 0) {
        return cmd_fail("%s: %s", r->data,
                        errno == EWOULDBLOCK ? "it is in use" : strerror(errno)) == CMD_OK;
    }
    r->url = district_url(r->arena, r->data, r->db);
    r->url = r->url != NULL ? r->url : arena_printf(r->arena, "%s/district.db", r->data);
    return true;
}

static bool
restore(struct restoring *r)
{
    bool ok = take_place(r) && backup_open(&r->backup, r->path, &r->keys);
    ok = ok && take_secret(r) && load(r);
    db_close(r->to);
    if (r->backup.arena != NULL) {
        backup_close(&r->backup);
    }
    if (r->lock >= 0) {
        close(r->lock);
    }
    return ok;
}

static bool
check_restored(const struct restoring *r)
{
    struct district d;
    if (!district_open(&d, r->data, NULL)) {
        return false;
    }
    bool sound = check_written(&d);
    district_close(&d);
    return sound;
}

int
cmd_restore(int argc, char **argv)
{
    struct restoring r = {.lock = -1};
    const char *const *rest;
    const struct cmd_option options[] = {{"data", &r.data, NULL, NULL},
                                         {"db", &r.db, NULL, NULL},
                                         {"key", &r.keys.key, NULL, NULL},
                                         {"passphrase", &r.keys.passphrase, NULL, NULL},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 1, 1, &rest)) {
        return CMD_USAGE;
    }
    if (r.data == NULL) {
        cmd_fail("say where to: --data DIR");
        return CMD_USAGE;
    }
    r.path = rest[0];
    r.arena = arena_new(READING_ARENA);
    int64_t began = time_now();
    bool ok = backup_check(r.path, &r.keys) && restore(&r) && check_restored(&r);
    if (ok) {
        printf("%llu rows restored into %s in %.1f s\n", (unsigned long long)r.rows, r.data,
               (double)(time_now() - began) / 1000);
    }
    sodium_memzero(r.secret, sizeof r.secret);
    arena_free(r.arena);
    return ok ? CMD_OK : CMD_FAILED;
}
