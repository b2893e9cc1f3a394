// SPDX-License-Identifier: Apache-2.0
// huiqiao key and huiqiao backup: a district as one encrypted file, made beside the running
// server by whoever need not be able to read it.
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

#define BACKUP_ARENA ((size_t)2 << 30)
enum { KEY_MOST = 4096, INDUSTRIES_MOST = 16 << 20, PASSPHRASE_LEAST = 12 };

static const char SECRET_KEY[] = "huiqiao-secret-key-1:";
static const char PUBLIC_KEY[] = "huiqiao-public-key-1:";

// ---- keys ------------------------------------------------------------------------------

static const char *
key_id_text(struct arena *a, const unsigned char *public_key)
{
    unsigned char id[BOX_ID_SIZE];
    box_key_id(public_key, id);
    return text_hex(a, id, sizeof id);
}

static bool
make_keys(struct arena *a, const char *path)
{
    unsigned char public_key[crypto_box_PUBLICKEYBYTES];
    unsigned char secret_key[crypto_box_SECRETKEYBYTES];
    char hex[2 * crypto_box_SECRETKEYBYTES + 1];
    crypto_box_keypair(public_key, secret_key);
    sodium_bin2hex(hex, sizeof hex, secret_key, sizeof secret_key);
    char *secret = arena_printf(a, "%s%s\n", SECRET_KEY, hex);
    const char *open =
        arena_printf(a, "%s%s\n", PUBLIC_KEY, text_hex(a, public_key, sizeof public_key));
    bool ok = cmd_make_file(path, secret, strlen(secret)) &&
              cmd_make_file(arena_printf(a, "%s.pub", path), open, strlen(open));
    sodium_memzero(secret_key, sizeof secret_key);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(secret, strlen(secret));
    if (ok) {
        printf("key %s\n%s.pub makes backups and may lie on the server.\n"
               "%s reads them: keep it elsewhere, twice; without it they are lost.\n",
               key_id_text(a, public_key), path, path);
    }
    return ok;
}

int
cmd_key(int argc, char **argv)
{
    const char *const *rest;
    const struct cmd_option options[] = {{0}};
    if (!cmd_parse(argc, argv, options, 2, 2, &rest)) {
        return CMD_USAGE;
    }
    if (strcmp(rest[0], "new") != 0) {
        cmd_fail("key new FILE");
        return CMD_USAGE;
    }
    struct arena *a = arena_new(64 * 1024);
    bool ok = make_keys(a, rest[1]);
    arena_free(a);
    return ok ? CMD_OK : CMD_FAILED;
}

static const unsigned char *
read_key(struct arena *a, const char *path, bool writes)
{
    const char *begins = writes ? PUBLIC_KEY : SECRET_KEY;
    size_t n = 0;
    const char *text = cmd_read_file(a, path, KEY_MOST, &n);
    unsigned char *key = arena_alloc(a, crypto_box_PUBLICKEYBYTES);
    if (text == NULL) {
        return NULL;
    }
    if (text_starts(text, writes ? SECRET_KEY : PUBLIC_KEY)) {
        cmd_fail("%s is the %s key; this wants the %s", path, writes ? "secret" : "public",
                 writes ? "public one (FILE.pub)" : "secret one");
        return NULL;
    }
    const char *hex = text_starts(text, begins) ? text + strlen(begins) : "";
    size_t size = 0;
    if (sodium_hex2bin(key, crypto_box_PUBLICKEYBYTES, hex, strcspn(hex, "\r\n"), NULL, &size,
                       NULL) != 0 ||
        size != crypto_box_PUBLICKEYBYTES) {
        cmd_fail("%s is no key of huiqiao key new", path);
        return NULL;
    }
    return key;
}

bool
backup_key(struct arena *a, const struct backup_keys *keys, bool writes, struct box_key *out)
{
    size_t n = 0;
    *out = (struct box_key){0};
    if ((keys->key == NULL) == (keys->passphrase == NULL)) {
        cmd_fail("say which key: --key FILE%s or --passphrase FILE", writes ? ".pub" : "");
        return false;
    }
    if (keys->key != NULL) {
        const unsigned char *key = read_key(a, keys->key, writes);
        *(writes ? &out->public_key : &out->secret_key) = key;
        return key != NULL;
    }
    const char *text = cmd_read_file(a, keys->passphrase, KEY_MOST, &n);
    if (text == NULL) {
        return false;
    }
    out->passphrase = arena_strndup(a, text, strcspn(text, "\r\n"));
    if (writes && strlen(out->passphrase) < PASSPHRASE_LEAST) {
        cmd_fail("the passphrase in %s is shorter than %d bytes", keys->passphrase,
                 PASSPHRASE_LEAST);
        return false;
    }
    return true;
}

// ---- writing ---------------------------------------------------------------------------

struct writing {
    struct district d;
    const char *path; // "-": standard output
    const char *part; // the file until it is whole
    struct backup_keys keys;
    bool without_secret;
    struct arena *arena;
    struct bulk *snapshot;
    struct carry_database source;
    struct box *box;
    int fd;
    uint64_t rows, tables;
};

static const struct value *
head_of(struct writing *w)
{
    struct arena *a = w->arena;
    struct value *m = value_map(a);
    struct value *patches = value_list(a);
    const struct app *app = w->d.app;
    size_t n = 0;
    for (size_t i = 0; i < w->source.from.patch_count; i++) {
        value_push(a, patches, value_int(a, w->source.from.patches[i]));
    }
    value_set_int(a, m, "format", 1);
    value_set_text(a, m, "name", w->source.from.name);
    value_set_text(a, m, "district", app->district);
    value_set_text(a, m, "engine", db_engine(app->db));
    value_set(a, m, "made_at", value_time(a, time_now()));
    value_set(a, m, "patches", patches);
    if (!w->without_secret) {
        value_set_text(a, m, "secret", text_hex(a, app->secret, sizeof app->secret));
    }
    const char *industries = arena_printf(a, "%s/industries.csv", app->data);
    if (access(industries, R_OK) == 0) {
        value_set_text(a, m, "industries", cmd_read_file(a, industries, INDUSTRIES_MOST, &n));
    }
    return m;
}

// Under another name until it is whole: what has the name is a backup.
static bool
open_file(struct writing *w)
{
    struct stat st;
    if (strcmp(w->path, "-") == 0) {
        w->fd = STDOUT_FILENO;
        return isatty(w->fd) == 0 || cmd_fail("standard output is a terminal") == CMD_OK;
    }
    if (lstat(w->path, &st) == 0) {
        return cmd_fail("%s exists already; nothing was changed", w->path) == CMD_OK;
    }
    w->part = arena_printf(w->arena, "%s.part", w->path);
    w->fd = open(w->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return w->fd >= 0 || cmd_fail("%s: %s", w->part, strerror(errno)) == CMD_OK;
}

static bool
close_file(struct writing *w, bool ok)
{
    if (w->part == NULL) {
        return ok;
    }
    ok = ok && (fsync(w->fd) == 0 || cmd_fail("%s: %s", w->part, strerror(errno)) == CMD_OK);
    if (w->fd >= 0) {
        close(w->fd);
    }
    // A name that somebody took meanwhile is left to them.
    if (ok && (renameat2(AT_FDCWD, w->part, AT_FDCWD, w->path, RENAME_NOREPLACE) != 0 ||
               !cmd_sync_name(w->arena, w->path))) {
        ok = cmd_fail("%s: %s", w->path, strerror(errno)) == CMD_OK;
    }
    if (!ok && w->fd >= 0) {
        unlink(w->part);
    }
    return ok;
}

static bool
put(void *to, const void *p, size_t n)
{
    return box_put(to, p, n);
}

static void
count(const struct carry_said *said, void *arg)
{
    struct writing *w = arg;
    w->rows += said->rows;
    w->tables++;
}

static bool
write_backup(struct writing *w)
{
    struct box_key key;
    const char *why = "?";
    if (!backup_key(w->arena, &w->keys, true, &key)) {
        return false;
    }
    w->snapshot = bulk_open(w->arena, w->d.app->db, true, &why);
    if (w->snapshot == NULL) {
        return cmd_fail("cannot read the district: %s", why) == CMD_OK;
    }
    copy_name(w->d.app->db, w->source.from.name, sizeof w->source.from.name);
    carry_database(&w->source, w->arena, w->snapshot);
    if (!open_file(w)) {
        return false;
    }
    w->box = box_create(w->arena, w->fd, &key, &why);
    bool ok = w->box != NULL;
    ok = ok && archive_write(w->arena, head_of(w), &w->source.from, put, w->box, count, w) &&
         box_finish(w->box);
    if (!ok) {
        const char *wrong = w->box == NULL ? why : box_why(w->box);
        cmd_fail("the backup failed: %s", wrong != NULL ? wrong : w->source.from.why);
    }
    return close_file(w, ok);
}

int
cmd_backup(int argc, char **argv)
{
    const char *data = NULL;
    const char *db = NULL;
    const char *const *rest;
    struct writing w = {.fd = -1};
    const struct cmd_option options[] = {{"data", &data, NULL, NULL},
                                         {"db", &db, NULL, NULL},
                                         {"key", &w.keys.key, NULL, NULL},
                                         {"passphrase", &w.keys.passphrase, NULL, NULL},
                                         {"without-secret", NULL, NULL, &w.without_secret},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 1, 1, &rest)) {
        return CMD_USAGE;
    }
    if (!district_open(&w.d, data, db)) {
        return CMD_FAILED;
    }
    w.path = rest[0];
    w.arena = arena_new(BACKUP_ARENA);
    int64_t began = time_now();
    bool ok = write_backup(&w);
    if (ok) {
        fprintf(stderr, "%llu rows of %llu tables in %.1f s\n", (unsigned long long)w.rows,
                (unsigned long long)w.tables, (double)(time_now() - began) / 1000);
    }
    bulk_close(w.snapshot);
    arena_free(w.arena);
    district_close(&w.d);
    return ok ? CMD_OK : CMD_FAILED;
}
