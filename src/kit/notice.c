// SPDX-License-Identifier: Apache-2.0
#include "kit/notice.h"

static const struct db_stmt TO_ACCOUNT = {
    .name = "notice.to_account",
    .sql = "INSERT INTO notice (account_id, at, link, text, arg0, arg1) "
           "VALUES ($1, $2, $3, $4, $5, $6)",
    .params = "account_id:int at:time link:text text:text arg0:text? arg1:text?"};

#define FROM_POST                                                                              \
    "INSERT INTO notice (account_id, at, link, text, arg0, arg1) "                             \
    "SELECT DISTINCT p.account_id, $1, $2, $3, $4, $5 FROM post p "                            \
    "JOIN account a ON a.id = p.account_id AND a.state = 'active' WHERE p.role = $6 "          \
    "AND (p.until IS NULL OR p.until > $1) AND p.account_id <> $7"

static const struct db_stmt TO_ROLE = {
    .name = "notice.to_role",
    .sql = FROM_POST,
    .params = "at:time link:text text:text arg0:text? arg1:text? role:text me:int"};
static const struct db_stmt TO_UNIT = {
    .name = "notice.to_unit",
    .sql = FROM_POST " AND p.organization_id = $8",
    .params = "at:time link:text text:text arg0:text? arg1:text? role:text me:int unit:int"};
static const struct db_stmt TO_ENTERPRISE = {
    .name = "notice.to_enterprise",
    .sql = FROM_POST " AND p.enterprise_id = $8",
    .params = "at:time link:text text:text arg0:text? arg1:text? role:text me:int unit:int"};
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
    int64_t unit = organization_id != 0 ? organization_id : enterprise_id;
    for (unsigned r = 1; r <= ROLE_MEMBER; r <<= 1) {
        if ((roles & r) != 0) {
            const struct db_arg args[] = {
                DB_INT(c->now),       DB_TEXT(link), DB_TEXT(chinese),
                DB_TEXT(arg0),        DB_TEXT(arg1), DB_TEXT(role_word((enum role)r)),
                DB_INT(c->actor->id), DB_INT(unit)};
            db_run(c->tx, s, args, s == &TO_ROLE ? 7 : 8);
        }
    }
}

int64_t
notice_unread(struct db_tx *tx, int64_t account_id)
{
    return db_value_int(tx, &UNREAD, DB_ARGS(DB_INT(account_id)), 0);
}
