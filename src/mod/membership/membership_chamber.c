// SPDX-License-Identifier: Apache-2.0
// What becomes of the members when their chamber ends: the stays end by that day, and go on in
// the chamber it became part of.
#include "mod/membership/membership_impl.h"

#include "base/text.h"
#include "kit/notice.h"
#include "mod/enterprise/enterprise.h"

#include <string.h>

const struct db_stmt MEMBERSHIP_OF_CHAMBER = {
    .name = "membership.of_chamber",
    .sql = "SELECT id, enterprise_id, person_id, state, since, is_main FROM membership"
           " WHERE organization_id = $1 AND state <> 'rejected' AND state <> 'withdrawn'"
           " AND state <> 'left' AND state <> 'expelled'",
    .params = "organization:int",
    .row = "id:int enterprise_id:int? person_id:int? state:text since:text? is_main:int"};
const struct db_stmt MEMBERSHIP_END = {
    .name = "membership.end",
    .sql = "UPDATE membership SET state = $1, until = $2, reason = $3, publicity_until = NULL,"
           " is_main = 0, updated_at = $4, version = version + 1 WHERE id = $5",
    .params = "state:text until:text? reason:text now:time id:int"};
const struct db_stmt MEMBERSHIP_GO_ON = {
    .name = "membership.go_on",
    .sql = "INSERT INTO membership (id, organization_id, enterprise_id, person_id, state,"
           " applied_on, since, decision, previous_id, created_at, updated_at)"
           " VALUES ($8, $1, $2, $3, 'member', $4, $4, $5, $6, $7, $7)",
    .params =
        "organization:int enterprise:int? person:int? day:text decision:text? previous:int"
        " now:time id:int"};

struct ending { // of a chamber
    const struct value *chamber;
    const char *day, *reason;
    int64_t into; // 0: it is dissolved
};

static void
tell_record(struct ctx *c, int64_t id, const char *type, const char *reason)
{
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "reason", reason);
    record_event(c, MEMBERSHIP_KIND.name, id, type, data);
}

// The stay in the chamber that the old one became part of; 0 when there is one already.
static int64_t
go_on(struct ctx *c, const struct ending *e, const struct value *row, const char *day)
{
    int64_t enterprise = value_get_int(row, "enterprise_id", 0),
            person = value_get_int(row, "person_id", 0);
    if (e->into == 0 ||
        db_value_int(c->tx, &MEMBERSHIP_GOES_ON,
                     DB_ARGS(DB_INT(e->into), DB_INT(enterprise), DB_INT(person), DB_INT(0)),
                     0) > 0) {
        return 0;
    }
    int64_t id = record_next_id(c, &MEMBERSHIP_KIND);
    db_put(c->tx, &MEMBERSHIP_GO_ON,
           DB_ARGS(DB_INT(e->into), DB_REF(enterprise), DB_REF(person), DB_TEXT(day),
                   DB_TEXT(value_get_text(e->chamber, "decision")),
                   DB_INT(value_get_int(row, "id", 0)), DB_INT(c->now), DB_INT(id)));
    tell_record(c, id, "create", e->reason);
    return id;
}

static enum err
end_one(struct ctx *c, const struct ending *e, const struct value *row)
{
    int64_t id = value_get_int(row, "id", 0),
            enterprise = value_get_int(row, "enterprise_id", 0);
    const char *state = value_get_text(row, "state"), *since = value_get_text(row, "since");
    bool member = membership_is_current(state);
    const char *day = since != NULL && strcmp(since, e->day) > 0 ? since : e->day;
    db_put(c->tx, &MEMBERSHIP_END,
           DB_ARGS(DB_TEXT(member ? "left" : "rejected"), DB_TEXT(member ? day : NULL),
                   DB_TEXT(e->reason), DB_INT(c->now), DB_INT(id)));
    tell_record(c, id, member ? "leave" : "reject", e->reason);
    int64_t next = member ? go_on(c, e, row, day) : 0;
    if (enterprise != 0) {
        notice_to_role(
            c, ROLE_MEMBER, 0, enterprise,
            arena_printf(c->arena, "/memberships/%lld", (long long)(next != 0 ? next : id)),
            e->into != 0 ? T("{0}已并入其他商会，会籍接续") : T("{0}已撤销，会籍终止"),
            value_get_text(e->chamber, "name"), NULL);
    }
    if (!member || enterprise == 0) {
        return db_tx_err(c->tx);
    }
    return next != 0 && value_get_int(row, "is_main", 0) != 0
               ? membership_make_main(c, enterprise, next)
               : membership_settle_after(c, enterprise, value_get_int(e->chamber, "id", 0));
}

enum err
membership_chamber_saved(struct ctx *c, const struct value *rec, const struct value *old)
{
    const char *state = value_get_text(rec, "state");
    if (old == NULL || text_equal(state, value_get_text(old, "state")) ||
        !text_list_has("dissolved merged", state)) {
        return ERR_OK;
    }
    bool merged = strcmp(state, "merged") == 0;
    const char *day = value_get_text(rec, "ended_on");
    const struct ending e = {
        .chamber = rec,
        .day = day != NULL ? day : day_text(c->arena, time_to_day(c->now)),
        .reason = ctx_trf(c, merged ? T("商会并入其他组织：{0}") : T("商会撤销：{0}"), 1,
                          value_get_text(rec, "reason")),
        .into = merged ? value_get_int(rec, "merged_into_id", 0) : 0};
    const struct value *rows = db_list(c->tx, c->arena, &MEMBERSHIP_OF_CHAMBER,
                                       DB_ARGS(DB_INT(value_get_int(rec, "id", 0))));
    enum err err = db_tx_err(c->tx);
    for (size_t i = 0; err == ERR_OK && i < value_count(rows); i++) {
        err = end_one(c, &e, value_at(rows, i));
    }
    return err;
}
