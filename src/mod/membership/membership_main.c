// SPDX-License-Identifier: Apache-2.0
// The main membership and the chamber an enterprise stands under are one fact in two places,
// for the speed of every scope; here, and nowhere else, they are kept the same.
#include "mod/membership/membership_impl.h"

#include "mod/enterprise/enterprise.h"

#include <string.h>

const struct db_stmt MEMBERSHIP_CURRENT = {
    .name = "membership.current",
    .sql = "SELECT id, organization_id, is_main, since FROM membership WHERE enterprise_id = $1"
           " AND (state = 'member' OR state = 'suspended') ORDER BY id LIMIT 200",
    .params = "enterprise:int",
    .row = "id:int organization_id:int is_main:int since:text?"};
const struct db_stmt MEMBERSHIP_MARK = {
    .name = "membership.mark",
    .sql = "UPDATE membership SET is_main = $1, version = version + 1 WHERE id = $2",
    .params = "main:int id:int"};
const struct db_stmt MEMBERSHIP_ENDED = {
    .name = "membership.ended",
    .sql = "SELECT id FROM membership WHERE enterprise_id = $1 AND is_main = 1"
           " AND state <> 'member' AND state <> 'suspended' LIMIT 10",
    .params = "enterprise:int",
    .row = "id:int"};
// An enterprise registered under a chamber is its member; the history is the enterprise's own.
const struct db_stmt MEMBERSHIP_OF_NEW = {
    .name = "membership.of_new",
    .sql = "INSERT INTO membership (id, organization_id, enterprise_id, state, applied_on,"
           " since, seat, dues_tier, is_main, created_at, updated_at)"
           " VALUES ($7, $1, $2, 'member', $3, $3, $5, $6, 1, $4, $4)",
    .params = "organization:int enterprise:int day:text now:time seat:text? tier:text?"
              " id:int"};

// The seats that a person's post makes history: the own one, and that of the enterprise.
const struct db_stmt MEMBERSHIP_SEATED = {
    .name = "membership.seated",
    .sql = "SELECT id, seat FROM membership WHERE person_id = $2 AND +organization_id = $1"
           " AND seat || '' IS NOT NULL UNION ALL SELECT m.id, m.seat FROM person n"
           " JOIN membership m ON m.enterprise_id = n.enterprise_id WHERE n.id = $2"
           " AND +m.organization_id = $1 AND m.seat || '' IS NOT NULL"
           " AND (m.person_id IS NULL OR m.person_id <> $2) LIMIT 50",
    .params = "organization:int person:int",
    .row = "id:int seat:text"};
const struct db_stmt MEMBERSHIP_UNSEAT = {
    .name = "membership.unseat",
    .sql = "UPDATE membership SET seat = NULL, updated_at = $1, version = version + 1"
           " WHERE id = $2",
    .params = "now:time id:int"};

static const struct actor SYSTEM = {.id = -1, .login = "system", .name = "系统"};

static enum err
put_chamber(struct ctx *c, int64_t enterprise_id, int64_t chamber)
{
    const struct value *e = enterprise_by_id(c->tx, c->arena, enterprise_id);
    if (e == NULL || value_get_int(e, "chamber_id", 0) == chamber) {
        return db_tx_err(c->tx);
    }
    const struct actor *who = c->actor;
    struct value *in = value_map(c->arena);
    value_set(c->arena, in, "chamber_id",
              chamber == 0 ? &value_null : value_int(c->arena, chamber));
    c->actor = &SYSTEM; // follows from a step that its actor was allowed to take
    enum err err = record_update(c, &ENTERPRISE_KIND, enterprise_id, in, 0);
    c->actor = who;
    return err;
}

// Marks one of the rows, unmarks the others.
static void
mark(struct ctx *c, const struct value *rows, int64_t id)
{
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        bool main = value_get_int(row, "id", 0) == id;
        if (main != (value_get_int(row, "is_main", 0) == 1)) {
            db_put(c->tx, &MEMBERSHIP_MARK,
                   DB_ARGS(DB_INT(main), DB_INT(value_get_int(row, "id", 0))));
        }
    }
}

static struct value *
current_of(struct ctx *c, int64_t enterprise_id)
{
    return db_list(c->tx, c->arena, &MEMBERSHIP_CURRENT, DB_ARGS(DB_INT(enterprise_id)));
}

enum err
membership_make_main(struct ctx *c, int64_t enterprise_id, int64_t id)
{
    const struct value *rows = current_of(c, enterprise_id);
    mark(c, rows, id);
    for (size_t i = 0; i < value_count(rows); i++) {
        if (value_get_int(value_at(rows, i), "id", 0) == id) {
            return put_chamber(c, enterprise_id,
                               value_get_int(value_at(rows, i), "organization_id", 0));
        }
    }
    return db_tx_err(c->tx);
}

static int64_t
main_of(const struct value *rows)
{
    const struct value *best = value_at(rows, 0);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        const char *since = value_get_text(row, "since"),
                   *first = value_get_text(best, "since");
        if (value_get_int(row, "is_main", 0) == 1) {
            return value_get_int(row, "id", 0);
        }
        best = since != NULL && (first == NULL || strcmp(since, first) < 0) ? row : best;
    }
    return value_get_int(best, "id", 0);
}

// The main one stays main; when it has ended, the longest of the others follows. An enterprise
// that has left its last chamber stays under it, so that somebody still looks after it.
enum err
membership_settle(struct ctx *c, int64_t enterprise_id)
{
    if (enterprise_id == 0) {
        return db_tx_err(c->tx);
    }
    const struct value *ended =
        db_list(c->tx, c->arena, &MEMBERSHIP_ENDED, DB_ARGS(DB_INT(enterprise_id)));
    for (size_t i = 0; i < value_count(ended); i++) {
        db_put(c->tx, &MEMBERSHIP_MARK,
               DB_ARGS(DB_INT(0), DB_INT(value_get_int(value_at(ended, i), "id", 0))));
    }
    const struct value *rows = current_of(c, enterprise_id);
    return value_count(rows) == 0 ? db_tx_err(c->tx)
                                  : membership_make_main(c, enterprise_id, main_of(rows));
}

// Whoever puts an enterprise under a chamber makes it a member there.
static enum err
enterprise_saved(struct ctx *c, const struct value *rec, const struct value *old)
{
    int64_t id = value_get_int(rec, "id", 0), chamber = value_get_int(rec, "chamber_id", 0);
    if (chamber == 0 || chamber == value_get_int(old, "chamber_id", 0)) {
        return ERR_OK;
    }
    const struct value *rows = old == NULL ? NULL : current_of(c, id);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        if (value_get_int(row, "organization_id", 0) == chamber) {
            mark(c, rows, value_get_int(row, "id", 0));
            return db_tx_err(c->tx);
        }
    }
    mark(c, rows, 0);
    // A table of enterprises may have said since when, and as what (membership_import.c).
    const char *since = value_get_text(rec, "member_since");
    since = since != NULL ? since : day_text(c->arena, time_to_day(c->now));
    db_put(c->tx, &MEMBERSHIP_OF_NEW,
           DB_ARGS(DB_INT(chamber), DB_INT(id), DB_TEXT(since), DB_INT(c->now),
                   DB_TEXT(value_get_text(rec, "member_seat")),
                   DB_TEXT(value_get_text(rec, "member_tier")),
                   DB_INT(record_next_id(c, &MEMBERSHIP_KIND))));
    return db_tx_err(c->tx);
}

// Once somebody holds a post for it, a membership's own seat is history.
static enum err
post_saved(struct ctx *c, const struct value *rec, const struct value *old)
{
    struct arena *a = c->arena;
    (void)old;
    if (value_get_text(rec, "until") != NULL) {
        return db_tx_err(c->tx);
    }
    const struct value *rows = db_list(c->tx, a, &MEMBERSHIP_SEATED,
                                       DB_ARGS(DB_INT(value_get_int(rec, "organization_id", 0)),
                                               DB_INT(value_get_int(rec, "person_id", 0))));
    for (size_t i = 0; i < value_count(rows); i++) {
        int64_t id = value_get_int(value_at(rows, i), "id", 0);
        struct value *data = value_map(a), *pair = value_list(a);
        value_push(a, pair, value_get(value_at(rows, i), "seat"));
        value_push(a, pair, &value_null);
        value_set(a, data, "seat", pair);
        db_put(c->tx, &MEMBERSHIP_UNSEAT, DB_ARGS(DB_INT(c->now), DB_INT(id)));
        record_event(c, MEMBERSHIP_KIND.name, id, "update", data);
    }
    return db_tx_err(c->tx);
}

enum err
membership_settle_after(struct ctx *c, int64_t enterprise_id, int64_t chamber)
{
    enum err e = membership_settle(c, enterprise_id);
    const struct value *now = enterprise_by_id(c->tx, c->arena, enterprise_id);
    return e == ERR_OK && value_get_int(now, "chamber_id", 0) == chamber
               ? put_chamber(c, enterprise_id, 0)
               : e;
}

const struct record_watch MEMBERSHIP_WATCHES[] = {{"enterprises", enterprise_saved},
                                                  {"posts", post_saved},
                                                  {"organizations", membership_chamber_saved},
                                                  {0}};
