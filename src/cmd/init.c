// SPDX-License-Identifier: Apache-2.0
// huiqiao init: a new district in a directory of its own, with one account that can make the
// others.
#include "cmd/cmd.h"

#include "cmd/demo.h"
#include "kit/account.h"
#include "mod/org/org.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct founding {
    const char *district, *federation;
    const char *hash; // of the administrator's password; NULL: the demo makes the accounts
};

static const char *
in_data(struct arena *a, const char *data, const char *name)
{
    return arena_printf(a, "%s/%s", data, name);
}

static bool
make_secret(const char *path)
{
    unsigned char secret[32];
    randombytes_buf(secret, sizeof secret);
    bool ok = cmd_make_file(path, secret, sizeof secret);
    sodium_memzero(secret, sizeof secret);
    return ok;
}

// The other commands find the database by it, and its password stays out of their arguments.
static bool
remember_database(struct arena *a, const char *data, const char *db)
{
    return db == NULL || cmd_make_file(in_data(a, data, DISTRICT_DATABASE), db, strlen(db));
}

// An existing directory is taken as long as no district lives in it.
static bool
make_directory(struct arena *a, const char *data)
{
    if (mkdir(data, 0700) != 0 && errno != EEXIST) {
        cmd_fail("%s: %s", data, strerror(errno));
        return false;
    }
    static const char *const ours[] = {"secret", "district.db", DISTRICT_DATABASE};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (access(in_data(a, data, ours[i]), F_OK) == 0) {
            cmd_fail("%s is a district already (%s exists); nothing was changed", data,
                     ours[i]);
            return false;
        }
    }
    return true;
}

// A district that could not be finished must not look like one.
static void
remove_files(struct arena *a, const char *data)
{
    static const char *const ours[] = {"secret", "district.db", "district.db-wal",
                                       "district.db-shm", DISTRICT_DATABASE};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        unlink(in_data(a, data, ours[i]));
    }
}

static enum err
found(struct ctx *c, void *arg)
{
    const struct founding *f = arg;
    setting_set(c->tx, "district", f->district);
    setting_set(c->tx, "federation", f->federation);
    if (f->hash == NULL) {
        return ERR_OK;
    }
    struct value *federation = value_map(c->arena);
    value_set_text(c->arena, federation, "kind", "federation");
    value_set_text(c->arena, federation, "name", f->federation);
    const struct account_new admin = {.login = "admin",
                                      .name = "系统管理员",
                                      .password_hash = f->hash,
                                      .roles = ROLE_ADMIN,
                                      .organization_id =
                                          record_create(c, &ORG_KIND, federation)};
    if (admin.organization_id == 0) {
        return c->result != ERR_OK ? c->result : ERR_INVALID;
    }
    return account_create(c, &admin) != 0 ? ERR_OK : ERR_CONFLICT;
}

static bool
found_district(struct district *d, const char *name, bool demo)
{
    const char *password = demo ? getenv("HUIQIAO_DEMO_PASSWORD") : NULL;
    bool given = password != NULL && *password != '\0';
    if (!given) {
        password = cmd_random_text(d->arena, 16);
    }
    struct founding f = {.district = name,
                         .federation = arena_printf(d->arena, "%s工商联（总商会）", name),
                         .hash =
                             demo ? NULL : account_hash_password(d->app, d->arena, password)};
    enum err e = cmd_write(d, d->arena, found, &f);
    if (e != ERR_OK) {
        cmd_fail("cannot found the district: %s", err_info(e)->code);
        return false;
    }
    d->app->district = f.district; // as whoever opens it from now on reads it
    d->app->federation = f.federation;
    if (demo && !demo_fill(d, password)) {
        return false;
    }
    if (demo) {
        printf("demo accounts: admin staff secretary officer leader member\npassword: %s\n",
               given ? "as in HUIQIAO_DEMO_PASSWORD" : password);
    } else {
        printf("account: admin\none-time password: %s\n", password);
    }
    return true;
}

bool
district_found(const char *data, const char *db, const char *name, bool demo)
{
    struct arena *a = arena_new(1024 * 1024);
    bool ok = make_directory(a, data) && make_secret(in_data(a, data, "secret")) &&
              remember_database(a, data, db);
    if (ok && (!cmd_sync_directory(data) || !cmd_sync_name(a, data))) {
        cmd_fail("%s: %s", data, strerror(errno));
        remove_files(a, data);
        ok = false;
    }
    if (ok) {
        struct district d;
        ok = district_open(&d, data, db);
        if (ok) {
            ok = found_district(&d, name != NULL ? name : demo ? "临江区" : "本区", demo);
            district_close(&d);
        }
        if (!ok) {
            remove_files(a, data);
        }
    }
    arena_free(a);
    return ok;
}

int
cmd_init(int argc, char **argv)
{
    const char *data = NULL;
    const char *db = NULL;
    const char *name = NULL;
    bool demo = false;
    const struct cmd_option options[] = {{"data", &data, NULL, NULL},
                                         {"db", &db, NULL, NULL},
                                         {"name", &name, NULL, NULL},
                                         {"demo", NULL, NULL, &demo},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    if (data == NULL) {
        cmd_fail("say where: --data DIR");
        return CMD_USAGE;
    }
    return district_found(data, db, name, demo) ? CMD_OK : CMD_FAILED;
}
