// SPDX-License-Identifier: Apache-2.0
// Statements put off to the end of a batch (db_later): index upkeep that is dear when it takes
// turns with other writes.
#include "db/engine.h"

#include <stdlib.h>
#include <string.h>

struct db_put_off {
    struct db_put_off *next;
    const struct db_stmt *stmt;
    size_t n;
    struct db_arg args[]; // then the bytes they point to
};

static size_t
arg_bytes(const struct db_arg *arg)
{
    return arg->type == DB_TEXT_T || arg->type == DB_BLOB_T ? arg->n + 1 : 0;
}

static struct db_put_off *
put_off_new(const struct db_stmt *s, const struct db_arg *args, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += arg_bytes(&args[i]);
    }
    struct db_put_off *p = malloc(sizeof *p + n * sizeof *args + bytes);
    if (p == NULL) {
        return NULL;
    }
    p->next = NULL;
    p->stmt = s;
    p->n = n;
    char *at = (char *)&p->args[n];
    for (size_t i = 0; i < n; i++) {
        p->args[i] = args[i];
        if (arg_bytes(&args[i]) > 0) {
            memcpy(at, args[i].p, args[i].n);
            at[args[i].n] = '\0';
            p->args[i].p = at;
            at += args[i].n + 1;
        }
    }
    return p;
}

void
db_later(struct db_tx *tx, const struct db_stmt *s, const struct db_arg *args, size_t n)
{
    if (tx->later == NULL) {
        db_put(tx, s, args, n);
        return;
    }
    if (tx->err != ERR_OK) {
        return;
    }
    struct db_put_off *p = put_off_new(s, args, n);
    if (p == NULL) {
        db_tx_fail(tx, ERR_UNAVAILABLE);
        return;
    }
    *tx->later->last = p;
    tx->later->last = &p->next;
}

void
db_later_forget(struct db_later_list *list, struct db_put_off **from)
{
    struct db_put_off *p = *from;
    *from = NULL;
    list->last = from;
    while (p != NULL) {
        struct db_put_off *next = p->next;
        free(p);
        p = next;
    }
}

bool
db_later_run(struct db_tx *tx)
{
    tx->err = ERR_OK;
    for (struct db_put_off *p = tx->later->first; p != NULL; p = p->next) {
        db_put(tx, p->stmt, p->args, p->n);
    }
    db_later_forget(tx->later, &tx->later->first);
    return tx->err == ERR_OK;
}
