// SPDX-License-Identifier: Apache-2.0
// huiqiao token and code: let a program act as an account, let a person choose a password anew.
#include "cmd/cmd.h"

#include "kit/account.h"
#include "kit/audit.h"
#include "kit/session.h"

#include <stdio.h>

struct wanted {
    const char *login;
    const char *(*make)(struct ctx *c, int64_t account);
    const char *text;
};

static const char *
make_token(struct ctx *c, int64_t account)
{
    return session_token(c, account, "command line");
}

static const char *
make_code(struct ctx *c, int64_t account)
{
    audit_write(c, "account.code", "account", account, NULL);
    return account_activation(c, account);
}

static enum err
make(struct ctx *c, void *arg)
{
    struct wanted *w = arg;
    int64_t account = account_by_login(c->tx, w->login);
    if (account == 0) {
        return ERR_NOT_FOUND;
    }
    w->text = w->make(c, account);
    return w->text != NULL ? ERR_OK : ERR_FORBIDDEN;
}

static int
print_one(int argc, char **argv, const char *(*how)(struct ctx *c, int64_t account))
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
    struct wanted w = {.login = rest[0], .make = how};
    enum err e = cmd_write(&d, d.arena, make, &w);
    if (e == ERR_OK) {
        puts(w.text);
    } else {
        cmd_fail("%s", e == ERR_NOT_FOUND ? "there is no such account" : err_info(e)->code);
    }
    district_close(&d);
    return e == ERR_OK ? CMD_OK : CMD_FAILED;
}

int
cmd_token(int argc, char **argv)
{
    return print_one(argc, argv, make_token);
}

int
cmd_code(int argc, char **argv)
{
    return print_one(argc, argv, make_code);
}
