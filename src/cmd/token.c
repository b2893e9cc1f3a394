// SPDX-License-Identifier: Apache-2.0
// huiqiao token: lets a program act as an account.
#include "cmd/cmd.h"

#include "kit/account.h"
#include "kit/session.h"

#include <stdio.h>

struct wanted {
    const char *login;
    const char *token;
};

static enum err
make_token(struct ctx *c, void *arg)
{
    struct wanted *w = arg;
    int64_t account = account_by_login(c->tx, w->login);
    if (account == 0) {
        return ERR_NOT_FOUND;
    }
    w->token = session_token(c, account, "command line");
    return w->token != NULL ? ERR_OK : ERR_FORBIDDEN;
}

int
cmd_token(int argc, char **argv)
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
    struct wanted w = {.login = rest[0]};
    enum err e = cmd_write(&d, d.arena, make_token, &w);
    if (e == ERR_OK) {
        puts(w.token);
    } else {
        cmd_fail("%s", e == ERR_NOT_FOUND ? "there is no such account" : err_info(e)->code);
    }
    district_close(&d);
    return e == ERR_OK ? CMD_OK : CMD_FAILED;
}
