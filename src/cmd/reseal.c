// SPDX-License-Identifier: Apache-2.0
// huiqiao reseal: new personal values get a new key from now on, and what is kept comes under
// it, a few at a time, while the server runs. Stopped halfway, it goes on when it is called
// again with --continue; values of both keys can be read all along.
#include "cmd/cmd.h"

#include "app.h"
#include "kit/audit.h"
#include "kit/record.h"
#include "kit/seal.h"

#include <stdio.h>

enum { RESEAL_BATCH = 200, RESEAL_ARENA_MAX = 16 * 1024 * 1024 };

// Of a kind of record, or what a module keeps beside its kinds.
struct batch {
    const struct record_kind *kind;
    const struct module *module;
    int64_t after;
};

static enum err
next_key(struct ctx *c, void *arg)
{
    int64_t *key = arg;
    *key = seal_key(c->tx, c->arena) + 1;
    setting_set(c->tx, "seal_key", arena_printf(c->arena, "%lld", (long long)*key));
    struct value *data = value_map(c->arena);
    value_set_int(c->arena, data, "key", *key);
    audit_write(c, "setting.seal_key", NULL, 0, data);
    return db_tx_err(c->tx);
}

static enum err
reseal_batch(struct ctx *c, void *arg)
{
    struct batch *b = arg;
    int64_t last = b->kind != NULL ? record_reseal(c, b->kind, b->after, RESEAL_BATCH)
                                   : b->module->reseal(c, b->after, RESEAL_BATCH);
    enum err e = db_tx_err(c->tx);
    b->after = e == ERR_OK ? last : b->after;
    return e;
}

static bool
reseal_all(struct district *d, struct arena *a, struct batch b)
{
    do {
        struct batch tried = b;
        enum err e = cmd_write(d, a, reseal_batch, &tried);
        arena_reset(a);
        if (e != ERR_OK) {
            cmd_fail("%s after %lld: %s", b.kind != NULL ? b.kind->name : b.module->name,
                     (long long)b.after, err_info(e)->code);
            return false;
        }
        b = tried;
    } while (b.after != 0);
    return true;
}

static bool
reseal_module(struct district *d, struct arena *a, const struct module *m)
{
    bool ok = true;
    for (size_t i = 0; ok && m->kinds != NULL && m->kinds[i] != NULL; i++) {
        ok = reseal_all(d, a, (struct batch){.kind = m->kinds[i]});
    }
    return ok && (m->reseal == NULL || reseal_all(d, a, (struct batch){.module = m}));
}

int
cmd_reseal(int argc, char **argv)
{
    const char *data = NULL;
    const char *db = NULL;
    bool go_on = false;
    const char *const *rest;
    const struct cmd_option options[] = {{"data", &data, NULL, NULL},
                                         {"db", &db, NULL, NULL},
                                         {"continue", NULL, NULL, &go_on},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, &rest)) {
        return CMD_USAGE;
    }
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    int64_t key = 0;
    struct arena *a = arena_new(RESEAL_ARENA_MAX);
    bool ok = go_on || cmd_write(&d, a, next_key, &key) == ERR_OK;
    for (size_t m = 0; ok && MODULES[m] != NULL; m++) {
        ok = reseal_module(&d, a, MODULES[m]);
    }
    arena_free(a);
    district_close(&d);
    puts(ok ? "all sealed values are under the present key"
            : "not finished: huiqiao reseal --continue");
    return ok ? CMD_OK : CMD_FAILED;
}
