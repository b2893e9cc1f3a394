// SPDX-License-Identifier: Apache-2.0
// Notices are rows of their readers: one statement tells a whole role.
#include "kit/notice.h"

static const struct db_stmt TO_ACCOUNT = {
    .name = "notice.to_account",
    .sql = "INSERT INTO notice (account_id, at, link, text, arg0, arg1) "
           "VALUES ($1, $2, $3, $4, $5, $6)",
    .params = "account_id:int at:time link:text text:text arg0:text? arg1:text?"};

enum { ROLES = 6 }; // of accounts; a statement that names fewer repeats the last

#define FROM_POST                                                                              \
    "INSERT INTO notice (account_id, at, link, text, arg0, arg1) "                             \
    "SELECT DISTINCT p.account_id, $1, $2, $3, $4, $5 FROM post p "                            \
    "JOIN account a ON a.id = p.account_id AND a.state = 'active' "                            \
    "WHERE p.role IN ($7, $8, $9, $10, $11, $12) AND p.account_id <> $6 "                      \
    "AND p.since <= $1 AND (p.until IS NULL OR p.until > $1)"
#define FROM_POST_PARAMS                                                                       \
    "at:time link:text text:text arg0:text? arg1:text? me:int role1:text role2:text "          \
    "role3:text role4:text role5:text role6:text"

static const struct db_stmt TO_ROLE = {
    .name = "notice.to_role", .sql = FROM_POST, .params = FROM_POST_PARAMS};
static const struct db_stmt TO_UNIT = {.name = "notice.to_unit",
                                       .sql = FROM_POST " AND p.organization_id = $13",
                                       .params = FROM_POST_PARAMS " unit:int"};
static const struct db_stmt TO_ENTERPRISE = {.name = "notice.to_enterprise",
                                             .sql = FROM_POST " AND p.enterprise_id = $13",
                                             .params = FROM_POST_PARAMS " unit:int"};
static const struct db_stmt UNREAD = {
    .name = "notice.unread",
    .sql = "SELECT count(*) AS n FROM (SELECT 1 FROM notice WHERE account_id = $1 "
           "AND read_at IS NULL LIMIT 100) AS unread",
    .params = "account_id:int",
    .row = "n:int"};
const struct db_stmt *const NOTICE_STMTS[] = {&TO_ACCOUNT,    &TO_ROLE, &TO_UNIT,
                                              &TO_ENTERPRISE, &UNREAD,  NULL};

void
notice_to_account(struct ctx *c, int64_t account_id, const char *link, const char *chinese,
                  const char *arg0, const char *arg1)
{
    if (account_id > 0 && account_id != c->actor->id) {
        db_run(c->tx, &TO_ACCOUNT,
               DB_ARGS(DB_INT(account_id), DB_INT(c->now), DB_TEXT(link), DB_TEXT(chinese),
                       DB_TEXT(arg0), DB_TEXT(arg1)));
    }
}

void
notice_to_role(struct ctx *c, unsigned roles, int64_t organization_id, int64_t enterprise_id,
               const char *link, const char *chinese, const char *arg0, const char *arg1)
{
    const struct db_stmt *s = organization_id != 0 ? &TO_UNIT
                              : enterprise_id != 0 ? &TO_ENTERPRISE
                                                   : &TO_ROLE;
    struct db_arg args[6 + ROLES + 1] = {DB_INT(c->now), DB_TEXT(link), DB_TEXT(chinese),
                                         DB_TEXT(arg0),  DB_TEXT(arg1), DB_INT(c->actor->id)};
    size_t n = 6;
    for (unsigned r = 1; r <= ROLE_MEMBER; r <<= 1) {
        if ((roles & r) != 0) {
            args[n++] = DB_TEXT(role_word((enum role)r));
        }
    }
    if (n == 6) {
        return;
    }
    for (; n < 6 + ROLES; n++) {
        args[n] = args[n - 1];
    }
    if (s != &TO_ROLE) {
        args[n++] = DB_INT(organization_id != 0 ? organization_id : enterprise_id);
    }
    db_run(c->tx, s, args, n);
}

int64_t
notice_unread(struct db_tx *tx, int64_t account_id)
{
    return db_value_int(tx, &UNREAD, DB_ARGS(DB_INT(account_id)), 0);
}
