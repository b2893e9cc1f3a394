// SPDX-License-Identifier: Apache-2.0
// Notices are rows of their readers. Who they are is asked first, role by role: one statement
// that finds and writes would need temporary tables, dearer than all the rest of a small write.
#include "kit/notice.h"

#include <stdlib.h>
#include <string.h>

static const struct db_stmt TO_ACCOUNT = {
    .name = "notice.to_account",
    .sql = "INSERT INTO notice (account_id, at, link, text, arg0, arg1) "
           "VALUES ($1, $2, $3, $4, $5, $6)",
    .params = "account_id:int at:time link:text text:text arg0:text? arg1:text?"};

// Who holds a role now; twice, when they hold it in two places.
#define HOLDERS(where)                                                                         \
    "SELECT p.account_id FROM post p "                                                         \
    "JOIN account a ON a.id = p.account_id AND a.state = 'active' "                            \
    "WHERE p.role = $1 AND p.since <= $2 AND (p.until IS NULL OR p.until > $2)" where
#define HOLDERS_ROW "account_id:int"

static const struct db_stmt OF_ROLE = {.name = "notice.of_role",
                                       .sql = HOLDERS(""),
                                       .params = "role:text now:time",
                                       .row = HOLDERS_ROW};
static const struct db_stmt OF_UNIT = {.name = "notice.of_unit",
                                       .sql = HOLDERS(" AND p.organization_id = $3"),
                                       .params = "role:text now:time unit:int",
                                       .row = HOLDERS_ROW};
static const struct db_stmt OF_ENTERPRISE = {.name = "notice.of_enterprise",
                                             .sql = HOLDERS(" AND p.enterprise_id = $3"),
                                             .params = "role:text now:time unit:int",
                                             .row = HOLDERS_ROW};
static const struct db_stmt UNREAD = {
    .name = "notice.unread",
    .sql = "SELECT count(*) AS n FROM (SELECT 1 FROM notice WHERE account_id = $1 "
           "AND read_at IS NULL LIMIT 100) AS unread",
    .params = "account_id:int",
    .row = "n:int"};
const struct db_stmt *const NOTICE_STMTS[] = {&TO_ACCOUNT,    &OF_ROLE, &OF_UNIT,
                                              &OF_ENTERPRISE, &UNREAD,  NULL};

void
notice_to_account(struct ctx *c, int64_t account_id, const char *link, const char *chinese,
                  const char *arg0, const char *arg1)
{
    if (account_id > 0 && account_id != c->actor->id) {
        db_put(c->tx, &TO_ACCOUNT,
               DB_ARGS(DB_INT(account_id), DB_INT(c->now), DB_TEXT(link), DB_TEXT(chinese),
                       DB_TEXT(arg0), DB_TEXT(arg1)));
    }
}

struct readers {
    int64_t *ids;
    size_t n, cap;
};

static void
readers_add(struct arena *a, struct readers *r, int64_t id)
{
    if (r->n == r->cap) {
        size_t cap = r->cap == 0 ? 16 : r->cap * 2;
        int64_t *more = ARENA_ARRAY(a, int64_t, cap);
        if (r->n > 0) {
            memcpy(more, r->ids, r->n * sizeof *more);
        }
        r->ids = more;
        r->cap = cap;
    }
    r->ids[r->n++] = id;
}

static int
compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static struct readers
readers_of(struct ctx *c, unsigned roles, const struct db_stmt *s, int64_t unit)
{
    struct db_arg args[] = {DB_NULL, DB_INT(c->now), DB_INT(unit)};
    struct readers readers = {0};
    for (unsigned role = 1; role <= ROLE_MEMBER; role <<= 1) {
        if ((roles & role) == 0) {
            continue;
        }
        args[0] = DB_TEXT(role_word((enum role)role));
        struct db_rows *r = db_query(c->tx, s, args, s == &OF_ROLE ? 2 : 3);
        while (db_next(r)) {
            readers_add(c->arena, &readers, db_int(r, 0));
        }
        db_end(r);
    }
    if (readers.n > 1) {
        qsort(readers.ids, readers.n, sizeof *readers.ids, compare_ids);
    }
    return readers;
}

void
notice_to_role(struct ctx *c, unsigned roles, int64_t organization_id, int64_t enterprise_id,
               const char *link, const char *chinese, const char *arg0, const char *arg1)
{
    const struct db_stmt *s = organization_id != 0 ? &OF_UNIT
                              : enterprise_id != 0 ? &OF_ENTERPRISE
                                                   : &OF_ROLE;
    int64_t unit = organization_id != 0 ? organization_id : enterprise_id;
    struct readers readers = readers_of(c, roles, s, unit);
    for (size_t i = 0; i < readers.n; i++) {
        if (i == 0 || readers.ids[i] != readers.ids[i - 1]) {
            notice_to_account(c, readers.ids[i], link, chinese, arg0, arg1);
        }
    }
}

int64_t
notice_unread(struct db_tx *tx, int64_t account_id)
{
    return db_value_int(tx, &UNREAD, DB_ARGS(DB_INT(account_id)), 0);
}
