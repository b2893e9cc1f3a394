// SPDX-License-Identifier: Apache-2.0
// Statements of demands: one demand, its legs, its log. Lists are in demand_lists.c.
#include "mod/demand/demand_impl.h"

#include "base/buf.h"
#include "base/json.h"
#include "kit/seal.h"
#include "kit/search.h"

#include <stdio.h>
#include <string.h>

static const struct db_stmt COUNT_ON = {
    .name = "demand.count_on",
    .sql = "UPDATE demand_counter SET last = last + 1 WHERE year = $1",
    .params = "year:int"};

static const struct db_stmt COUNT_FIRST = {
    .name = "demand.count_first",
    .sql = "INSERT INTO demand_counter (year, last) VALUES ($1, 1)",
    .params = "year:int"};

static const struct db_stmt COUNTER = {.name = "demand.counter",
                                       .sql = "SELECT last FROM demand_counter WHERE year = $1",
                                       .params = "year:int",
                                       .row = "last:int"};

static const struct db_stmt INSERT = {
    .name = "demand.insert",
    DB_INSERTS(
        "INSERT INTO demand (receipt_no, state, source, level, category, enterprise_id,"
        " chamber_id, lead_unit_id, created_by, title, body, hope, contact_name,"
        " contact_mobile, visibility, outcome, satisfaction, comment, closed_by,"
        " submitted_at, accepted_at, answered_at, closed_at, next_due_at, yellow_at, red_at,"
        " on_time, spent_minutes, open, unassigned, due_key, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
        " $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32,"
        " $33)"),
    .params = "receipt_no:text state:text source:text level:text? category:text"
              " enterprise_id:int? chamber_id:int? lead_unit_id:int? created_by:int? title:text"
              " body:text hope:text? contact_name:text? contact_mobile:text? visibility:text"
              " outcome:text? satisfaction:int? comment:text? closed_by:text?"
              " submitted_at:time? accepted_at:time? answered_at:time? closed_at:time?"
              " next_due_at:time? yellow_at:time? red_at:time? on_time:int? spent_minutes:int"
              " open:int unassigned:int due_key:int created_at:time updated_at:time"};

static const struct db_stmt EDIT = {
    .name = "demand.edit",
    .sql = "UPDATE demand SET title = COALESCE($2, title), body = COALESCE($3, body),"
           " hope = COALESCE($4, hope), category = COALESCE($5, category),"
           " contact_name = COALESCE($6, contact_name),"
           " contact_mobile = COALESCE($7, contact_mobile),"
           " visibility = COALESCE($8, visibility), source = COALESCE($10, source),"
           " updated_at = $9, version = version + 1 WHERE id = $1",
    .params = "id:int title:text? body:text? hope:text? category:text? contact_name:text?"
              " contact_mobile:text? visibility:text? now:time source:text?"};

static const struct db_stmt SAVE = {
    .name = "demand.save",
    .sql =
        "UPDATE demand SET state = $2, level = $3, lead_unit_id = $4, outcome = $5,"
        " satisfaction = $6, comment = $7, extension = $8, extension_days = $9,"
        " resume_state = $10, supervised_at = $11, closed_by = $12, reopenings = $13,"
        " merged_into = $14, submitted_at = $15, accepted_at = $16, answered_at = $17,"
        " closed_at = $18, review_on = $19, next_due_at = $20, confirm_due_at = $21,"
        " yellow_at = $22, red_at = $23, paused = $24, on_time = $25, spent_minutes = $26,"
        " open = $27, unassigned = $28, due_key = $29, updated_at = $30, callback_due_at = $31,"
        " version = version + 1 WHERE id = $1",
    .params = "id:int state:text level:text? lead_unit_id:int? outcome:text? satisfaction:int?"
              " comment:text? extension:text extension_days:int? resume_state:text?"
              " supervised_at:time? closed_by:text? reopenings:int merged_into:int?"
              " submitted_at:time? accepted_at:time? answered_at:time? closed_at:time?"
              " review_on:text? next_due_at:time? confirm_due_at:time? yellow_at:time?"
              " red_at:time? paused:int on_time:int? spent_minutes:int open:int unassigned:int"
              " due_key:int now:time callback_due_at:time?"};

#define GET_COLUMNS                                                                            \
    "id:int receipt_no:text title:text state:text category:text source:text level:text?"       \
    " enterprise_id:int? enterprise:text? chamber_id:int? chamber:text? lead_unit_id:int?"     \
    " lead_unit:text? visibility:text body:text hope:text? contact_name:text?"                 \
    " contact_mobile:text? created_by:int? created_at:time updated_at:time"                    \
    " submitted_at:time? accepted_at:time? answered_at:time? closed_at:time? due_at:time?"     \
    " supervised_at:time? extension:text extension_days:int? outcome:text? satisfaction:int?"  \
    " comment:text? reopenings:int closed_by:text? merged_into:int? review_on:text? open:bool" \
    " version:int yellow_at:time? red_at:time? callback_due_at:time? confirm_due_at:time?"     \
    " resume_state:text?"                                                                      \
    " on_time:int? spent_minutes:int paused:bool due_key:int"

static const struct db_stmt GET = {
    .name = "demand.get",
    .sql = "SELECT d.id, d.receipt_no, d.title, d.state, d.category, d.source, d.level,"
           " d.enterprise_id, e.name AS enterprise, d.chamber_id, ch.name AS chamber,"
           " d.lead_unit_id, u.name AS lead_unit, d.visibility, d.body, d.hope, d.contact_name,"
           " d.contact_mobile, d.created_by, d.created_at, d.updated_at, d.submitted_at,"
           " d.accepted_at, d.answered_at, d.closed_at, d.next_due_at AS due_at,"
           " d.supervised_at, d.extension, d.extension_days, d.outcome, d.satisfaction,"
           " d.comment, d.reopenings, d.closed_by, d.merged_into, d.review_on, d.open,"
           " d.version, d.yellow_at, d.red_at, d.callback_due_at, d.confirm_due_at, "
           "d.resume_state, d.on_time,"
           " d.spent_minutes, d.paused, d.due_key"
           " FROM demand d LEFT JOIN enterprise e ON e.id = d.enterprise_id"
           " LEFT JOIN organization ch ON ch.id = d.chamber_id"
           " LEFT JOIN organization u ON u.id = d.lead_unit_id WHERE d.id = $1",
    .params = "id:int",
    .row = GET_COLUMNS};

static const struct db_stmt LEGS = {
    .name = "demand.legs",
    .sql = "SELECT l.unit_id, o.name AS unit, l.role, l.state, l.dispatched_at, l.signed_at,"
           " l.answered_at, l.due_at, l.met, l.open"
           " FROM demand_leg l LEFT JOIN organization o ON o.id = l.unit_id"
           " WHERE l.demand_id = $1 ORDER BY l.unit_id",
    .params = "id:int",
    .row = "unit_id:int unit:text? role:text state:text dispatched_at:time signed_at:time?"
           " answered_at:time? due_at:time? met:int? open:bool"};

static const struct db_stmt LEG_PUT = {
    .name = "demand.leg_put",
    .sql = "INSERT INTO demand_leg (demand_id, unit_id, role, state, dispatched_at, signed_at,"
           " answered_at, due_at, met, open, created_at, due_key)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
           " ON CONFLICT (demand_id, unit_id) DO UPDATE SET role = excluded.role,"
           " state = excluded.state, dispatched_at = excluded.dispatched_at,"
           " signed_at = excluded.signed_at, answered_at = excluded.answered_at,"
           " due_at = excluded.due_at, met = excluded.met, open = excluded.open,"
           " due_key = excluded.due_key",
    .params = "demand_id:int unit_id:int role:text state:text dispatched_at:time"
              " signed_at:time? answered_at:time? due_at:time? met:int? open:int"
              " created_at:time due_key:int"};

static const struct db_stmt EVENT = {
    .name = "demand.event_add",
    .sql =
        "INSERT INTO demand_event (demand_id, at, type, account_id, actor, unit_id, internal,"
        " data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .params = "demand_id:int at:time type:text account_id:int? actor:text? unit_id:int?"
              " internal:int data:text"};

static const struct db_stmt EVENTS = {
    .name = "demand.events",
    .sql = "SELECT v.id, v.at, v.type, v.actor, v.unit_id, o.name AS unit, v.internal, v.data"
           " FROM demand_event v LEFT JOIN organization o ON o.id = v.unit_id"
           " WHERE v.demand_id = $1 AND v.internal <= $2 ORDER BY v.id DESC LIMIT $3",
    .params = "id:int internal:int limit:int",
    .row = "id:int at:time type:text actor:text? unit_id:int? unit:text? internal:bool"
           " data:json"};

static const struct db_stmt LOG = {
    .name = "demand.log",
    .sql = "SELECT at, type, unit_id, data FROM demand_event WHERE demand_id = $1 ORDER BY id",
    .params = "id:int",
    .row = "at:time type:text unit_id:int? data:text"};

static const struct db_stmt UNCONFIRMED = {.name = "demand.unconfirmed",
                                           .sql =
                                               "SELECT id FROM demand WHERE confirm_due_at < $1"
                                               " ORDER BY confirm_due_at LIMIT $2",
                                           .params = "now:time limit:int",
                                           .row = "id:int"};

// The index of days leads; written with =, the state would, and every pending one be looked at.
static const struct db_stmt TO_REVIEW = {
    .name = "demand.to_review",
    .sql = "SELECT id, receipt_no, title FROM demand WHERE"
           " review_on <= $1 AND NOT (state <> 'pending_conditions')"
           " AND (review_told IS NULL OR review_told < review_on) ORDER BY review_on LIMIT $2",
    .params = "today:text limit:int",
    .row = "id:int receipt_no:text title:text"};

// Not a change of the demand: whoever has it open may go on.
static const struct db_stmt REVIEW_TOLD = {
    .name = "demand.review_told",
    .sql = "UPDATE demand SET review_told = review_on WHERE id = $1",
    .params = "id:int"};

static const struct db_stmt ENTERPRISE = {
    .name = "demand.enterprise",
    .sql = "SELECT e.id, e.name, e.state, e.chamber_id, ch.name AS chamber, e.contact_name"
           " FROM enterprise e LEFT JOIN organization ch ON ch.id = e.chamber_id"
           " WHERE e.id = $1",
    .params = "id:int",
    .row = "id:int name:text state:text chamber_id:int? chamber:text? contact_name:text?"};
static const struct db_stmt MOBILES = {
    .name = "demand.mobiles",
    .sql = "SELECT id, created_at, contact_mobile FROM demand WHERE id > $1 ORDER BY id"
           " LIMIT $2",
    .params = "after:int most:int",
    .row = "id:int created_at:time contact_mobile:text?"};
static const struct db_stmt SET_MOBILE = {
    .name = "demand.set_mobile",
    .sql = "UPDATE demand SET contact_mobile = $2 WHERE id = $1",
    .params = "id:int mobile:text"};

static const struct db_stmt DEPARTMENT = {
    .name = "demand.department",
    .sql = "SELECT id, name FROM organization WHERE id = $1 AND kind = 'department'"
           " AND state = 'active'",
    .params = "id:int",
    .row = "id:int name:text"};

static const struct db_stmt DEPARTMENTS = {
    .name = "demand.departments",
    .sql = "SELECT id, name, categories FROM organization WHERE kind = 'department'"
           " AND state = 'active' ORDER BY sort LIMIT 500",
    .params = "",
    .row = "id:int name:text categories:text?"};

#define LIST_STMT_POINTERS(d)                                                                  \
    &DEMAND_LISTS[d][0], &DEMAND_LISTS[d][1], &DEMAND_LISTS[d][2], &DEMAND_LISTS[d][3],        \
        &DEMAND_COUNTS[d][0], &DEMAND_COUNTS[d][1]

extern const struct db_stmt DEMAND_LISTS[DEMAND_DRIVERS][DEMAND_ORDERS];
extern const struct db_stmt DEMAND_COUNTS[DEMAND_DRIVERS][2];

const struct db_stmt *const DEMAND_STATEMENTS[] = {
    &COUNT_ON,
    &COUNT_FIRST,
    &COUNTER,
    &INSERT,
    &EDIT,
    &SAVE,
    &GET,
    &LEGS,
    &LEG_PUT,
    &EVENT,
    &EVENTS,
    &LOG,
    &UNCONFIRMED,
    &TO_REVIEW,
    &REVIEW_TOLD,
    &ENTERPRISE,
    &MOBILES,
    &SET_MOBILE,
    &DEPARTMENT,
    &DEPARTMENTS,
    LIST_STMT_POINTERS(DEMAND_BY_ALL),
    LIST_STMT_POINTERS(DEMAND_BY_OPEN),
    LIST_STMT_POINTERS(DEMAND_BY_UNASSIGNED),
    LIST_STMT_POINTERS(DEMAND_BY_TODO),
    LIST_STMT_POINTERS(DEMAND_BY_SUPERVISED),
    LIST_STMT_POINTERS(DEMAND_BY_ENTERPRISE),
    LIST_STMT_POINTERS(DEMAND_BY_CHAMBER),
    LIST_STMT_POINTERS(DEMAND_BY_STATE),
    LIST_STMT_POINTERS(DEMAND_BY_CATEGORY),
    LIST_STMT_POINTERS(DEMAND_BY_UNIT),
    LIST_STMT_POINTERS(DEMAND_BY_UNIT_OPEN),
    &DEMAND_LISTS[DEMAND_BY_SEARCH][0],
    &DEMAND_COUNTS[DEMAND_BY_SEARCH][0],
    &DEMAND_FIGURE_TOTALS,
    &DEMAND_FIGURE_NOW,
    &DEMAND_FIGURE_MEDIAN,
    &DEMAND_FIGURE_CATEGORIES,
    &DEMAND_FIGURE_DEPARTMENTS,
    &DEMAND_FIGURE_SUBMITTED,
    &DEMAND_FIGURE_CLOSED,
    &DEMAND_RULES_ALL,
    &DEMAND_RULES_ADD,
    NULL,
};

// ---- writing ---------------------------------------------------------------------------

const char *
demand_store_receipt(struct ctx *c, int64_t at)
{
    int year = time_civil(at).year;
    if (db_run(c->tx, &COUNT_ON, DB_ARGS(DB_INT(year))) == 0) {
        db_put(c->tx, &COUNT_FIRST, DB_ARGS(DB_INT(year)));
    }
    int64_t n = db_value_int(c->tx, &COUNTER, DB_ARGS(DB_INT(year)), 0);
    return arena_printf(c->arena, "SQ%04d-%06lld", year, (long long)n);
}

// The mobile is sealed (kit/seal.h) to the moment its demand was made, which never changes and
// is known before the id is.
static struct seal_place
mobile_place(int64_t created_at)
{
    return (struct seal_place){"demand", "contact_mobile", created_at};
}

static const char *
sealed_mobile(struct ctx *c, int64_t created_at, const char *plain)
{
    const struct seal_place at = mobile_place(created_at);
    return plain == NULL ? NULL
                         : seal_text(c->app, c->arena, seal_key(c->tx, c->arena), &at, plain);
}

// What stands in the clear was written before mobiles were sealed.
static const char *
open_mobile(struct ctx *c, int64_t created_at, const char *sealed)
{
    const struct seal_place at = mobile_place(created_at);
    return sealed == NULL || seal_key_of(sealed) == 0
               ? sealed
               : seal_open(c->app, c->arena, &at, sealed);
}

int64_t
demand_store_reseal(struct ctx *c, int64_t after, unsigned most)
{
    int64_t key = seal_key(c->tx, c->arena), last = 0;
    const struct value *rows =
        db_list(c->tx, c->arena, &MOBILES, DB_ARGS(DB_INT(after), DB_INT(most)));
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        const char *sealed = value_get_text(row, "contact_mobile");
        int64_t made = value_get_int(row, "created_at", 0);
        last = value_get_int(row, "id", 0);
        const char *plain =
            sealed == NULL || seal_key_of(sealed) == key ? NULL : open_mobile(c, made, sealed);
        if (plain != NULL) {
            db_put(c->tx, &SET_MOBILE,
                   DB_ARGS(DB_INT(last), DB_TEXT(sealed_mobile(c, made, plain))));
        }
    }
    return last;
}

// Sealed to the moment of the request, as which a demand's creation counts.
struct demand_sealed
demand_store_seal(struct ctx *c, const char *mobile)
{
    return (struct demand_sealed){.key = seal_key(c->tx, c->arena),
                                  .text = sealed_mobile(c, c->now, mobile)};
}

static const char *
sealed_for(struct ctx *c, const struct demand *d, const struct value *in,
           const struct demand_sealed *mobile)
{
    bool good =
        mobile != NULL && d->created_at == c->now && mobile->key == seal_key(c->tx, c->arena);
    return good ? mobile->text
                : sealed_mobile(c, d->created_at, value_get_text(in, "contact_mobile"));
}

int64_t
demand_store_insert(struct ctx *c, const struct demand *d, const struct value *in,
                    const struct demand_sealed *mobile)
{
    return db_insert(
        c->tx, &INSERT,
        DB_ARGS(
            DB_TEXT(d->receipt_no), DB_TEXT(d->state), DB_TEXT(d->source), DB_TEXT(d->level),
            DB_TEXT(d->category), DB_REF(d->enterprise_id), DB_REF(d->chamber_id),
            DB_REF(d->lead_unit_id), DB_REF(d->created_by), DB_TEXT(d->title),
            DB_TEXT(value_get_text(in, "body")), DB_TEXT(value_get_text(in, "hope")),
            DB_TEXT(value_get_text(in, "contact_name")), DB_TEXT(sealed_for(c, d, in, mobile)),
            DB_TEXT(d->visibility), DB_TEXT(d->outcome), DB_REF(d->satisfaction),
            DB_TEXT(d->comment), DB_TEXT(d->closed_by), DB_REF(d->submitted_at),
            DB_REF(d->accepted_at), DB_REF(d->answered_at), DB_REF(d->closed_at),
            DB_REF(d->next_due_at), DB_REF(d->yellow_at), DB_REF(d->red_at),
            d->on_time < 0 ? DB_NULL : DB_INT(d->on_time), DB_INT(d->spent_minutes),
            DB_INT(demand_state_open(d->state)), DB_INT(demand_state_unassigned(d->state)),
            DB_INT(d->next_due_at == 0 ? DEMAND_NEVER : d->next_due_at), DB_INT(d->created_at),
            DB_INT(c->now)));
}

static const struct value *
ref_or_null(struct arena *a, int64_t id)
{
    return id == 0 ? &value_null : value_int(a, id);
}

static const struct value *
time_or_null(struct arena *a, int64_t at)
{
    return at == 0 ? &value_null : value_time(a, at);
}

struct value *
demand_store_made(struct ctx *c, const struct demand *d, const struct value *in,
                  const char *enterprise, const char *chamber)
{
    struct arena *a = c->arena;
    const struct value_pair pairs[] = {
        VALUE_PAIR("id", value_int(a, d->id)),
        VALUE_PAIR("receipt_no", value_ref(a, d->receipt_no)),
        VALUE_PAIR("title", value_ref(a, d->title)),
        VALUE_PAIR("state", value_ref(a, d->state)),
        VALUE_PAIR("category", value_ref(a, d->category)),
        VALUE_PAIR("source", value_ref(a, d->source)),
        VALUE_PAIR("level", &value_null),
        VALUE_PAIR("enterprise_id", ref_or_null(a, d->enterprise_id)),
        VALUE_PAIR("enterprise", value_ref(a, enterprise)),
        VALUE_PAIR("chamber_id", ref_or_null(a, d->chamber_id)),
        VALUE_PAIR("chamber", value_ref(a, chamber)),
        VALUE_PAIR("lead_unit_id", &value_null),
        VALUE_PAIR("lead_unit", &value_null),
        VALUE_PAIR("visibility", value_ref(a, d->visibility)),
        VALUE_PAIR("body", value_ref(a, value_get_text(in, "body"))),
        VALUE_PAIR("hope", value_ref(a, value_get_text(in, "hope"))),
        VALUE_PAIR("contact_name", value_ref(a, value_get_text(in, "contact_name"))),
        VALUE_PAIR("contact_mobile", value_ref(a, value_get_text(in, "contact_mobile"))),
        VALUE_PAIR("created_by", ref_or_null(a, d->created_by)),
        VALUE_PAIR("created_at", value_time(a, d->created_at)),
        VALUE_PAIR("updated_at", value_time(a, c->now)),
        VALUE_PAIR("submitted_at", time_or_null(a, d->submitted_at)),
        VALUE_PAIR("accepted_at", &value_null),
        VALUE_PAIR("answered_at", &value_null),
        VALUE_PAIR("closed_at", &value_null),
        VALUE_PAIR("due_at", time_or_null(a, d->next_due_at)),
        VALUE_PAIR("supervised_at", &value_null),
        VALUE_PAIR("extension", value_ref(a, d->extension)),
        VALUE_PAIR("extension_days", &value_null),
        VALUE_PAIR("outcome", &value_null),
        VALUE_PAIR("satisfaction", &value_null),
        VALUE_PAIR("comment", &value_null),
        VALUE_PAIR("reopenings", value_int(a, 0)),
        VALUE_PAIR("closed_by", &value_null),
        VALUE_PAIR("merged_into", &value_null),
        VALUE_PAIR("review_on", &value_null),
        VALUE_PAIR("open", value_bool(demand_state_open(d->state))),
        VALUE_PAIR("version", value_int(a, 1)),
        VALUE_PAIR("yellow_at", time_or_null(a, d->yellow_at)),
        VALUE_PAIR("red_at", time_or_null(a, d->red_at)),
        VALUE_PAIR("callback_due_at", &value_null),
    };
    return value_map_of(a, pairs, sizeof pairs / sizeof *pairs);
}

void
demand_store_edit(struct ctx *c, const struct demand *d, const struct value *in)
{
    db_put(
        c->tx, &EDIT,
        DB_ARGS(DB_INT(d->id), DB_TEXT(value_get_text(in, "title")),
                DB_TEXT(value_get_text(in, "body")), DB_TEXT(value_get_text(in, "hope")),
                DB_TEXT(value_get_text(in, "category")),
                DB_TEXT(value_get_text(in, "contact_name")),
                DB_TEXT(sealed_mobile(c, d->created_at, value_get_text(in, "contact_mobile"))),
                DB_TEXT(value_get_text(in, "visibility")), DB_INT(c->now),
                DB_TEXT(value_get_text(in, "source"))));
}

void
demand_store_save(struct ctx *c, const struct demand *d)
{
    db_put(c->tx, &SAVE,
           DB_ARGS(DB_INT(d->id), DB_TEXT(d->state), DB_TEXT(d->level), DB_REF(d->lead_unit_id),
                   DB_TEXT(d->outcome), DB_REF(d->satisfaction), DB_TEXT(d->comment),
                   DB_TEXT(d->extension), DB_REF(d->extension_days), DB_TEXT(d->resume_state),
                   DB_REF(d->supervised_at), DB_TEXT(d->closed_by), DB_INT(d->reopenings),
                   DB_REF(d->merged_into), DB_REF(d->submitted_at), DB_REF(d->accepted_at),
                   DB_REF(d->answered_at), DB_REF(d->closed_at), DB_TEXT(d->review_on),
                   DB_REF(d->next_due_at), DB_REF(d->confirm_due_at), DB_REF(d->yellow_at),
                   DB_REF(d->red_at), DB_INT(d->paused),
                   d->on_time < 0 ? DB_NULL : DB_INT(d->on_time), DB_INT(d->spent_minutes),
                   DB_INT(demand_state_open(d->state)),
                   DB_INT(demand_state_unassigned(d->state)),
                   DB_INT(d->next_due_at == 0 ? DEMAND_NEVER : d->next_due_at), DB_INT(c->now),
                   DB_REF(d->callback_due_at)));
}

void
demand_store_save_leg(struct ctx *c, const struct demand *d, const struct demand_leg *leg)
{
    db_put(c->tx, &LEG_PUT,
           DB_ARGS(DB_INT(d->id), DB_INT(leg->unit_id), DB_TEXT(leg->role), DB_TEXT(leg->state),
                   DB_INT(leg->dispatched_at), DB_REF(leg->signed_at), DB_REF(leg->answered_at),
                   DB_REF(leg->due_at), leg->met < 0 ? DB_NULL : DB_INT(leg->met),
                   DB_INT(leg->open), DB_INT(d->created_at),
                   DB_INT(d->next_due_at == 0 ? DEMAND_NEVER : d->next_due_at)));
}

void
demand_store_event(struct ctx *c, int64_t id, const struct demand_event *e)
{
    struct buf b;
    buf_init(&b, c->arena, 64, (size_t)256 << 10);
    if (e->data == NULL) {
        buf_puts(&b, "{}");
    } else {
        json_write(&b, e->data);
    }
    bool person = c->actor->id > 0;
    db_put(c->tx, &EVENT,
           DB_ARGS(DB_INT(id), DB_INT(e->at), DB_TEXT(e->type),
                   DB_REF(person ? c->actor->id : 0), DB_TEXT(person ? c->actor->name : NULL),
                   DB_REF(e->unit_id), DB_INT(e->internal), DB_TEXT(buf_str(&b))));
}

// ---- reading ---------------------------------------------------------------------------

static struct value *
legs_of(struct ctx *c, int64_t id)
{
    return db_list(c->tx, c->arena, &LEGS, DB_ARGS(DB_INT(id)));
}

struct value *
demand_store_events(struct ctx *c, int64_t id, bool open_only, int64_t limit)
{
    return db_list(c->tx, c->arena, &EVENTS,
                   DB_ARGS(DB_INT(id), DB_INT(!open_only), DB_INT(limit)));
}

static bool
has_data(const struct clock_event *e)
{
    return e->type == CLOCK_DISPATCHED || e->type == CLOCK_EXTENSION_GRANTED ||
           e->type == CLOCK_CONFIRMED;
}

// What the clocks need of an event's data.
static void
read_data(const struct value *v, struct clock_event *e)
{
    const char *role = value_get_text(v, "role");
    e->assist = role != NULL && strcmp(role, "assist") == 0;
    e->days = (int)value_get_int(v, "days", 0);
    e->satisfaction = (int)value_get_int(v, "satisfaction", 0);
}

struct clock_event *
demand_store_log(struct ctx *c, int64_t id, size_t *n)
{
    size_t cap = 32;
    struct clock_event *log = ARENA_ARRAY(c->arena, struct clock_event, cap);
    *n = 0;
    struct db_rows *rows = db_query(c->tx, &LOG, DB_ARGS(DB_INT(id)));
    while (db_next(rows)) {
        struct clock_event e = {.at = db_int(rows, 0), .unit = db_int(rows, 2)};
        if (!clock_event_parse(db_text(rows, 1), &e.type)) {
            continue;
        }
        if (has_data(&e)) {
            const char *json = db_text(rows, 3);
            const char *why = NULL;
            read_data(json_parse(c->arena, json, strlen(json), &why), &e);
        }
        if (*n == cap) {
            struct clock_event *more = ARENA_ARRAY(c->arena, struct clock_event, cap * 2);
            memcpy(more, log, sizeof *log * cap);
            log = more;
            cap *= 2;
        }
        log[(*n)++] = e;
    }
    db_end(rows);
    return log;
}

struct clock_event *
demand_store_log_of(struct ctx *c, const struct value *events, size_t *n)
{
    size_t count = value_count(events);
    struct clock_event *log = ARENA_ARRAY(c->arena, struct clock_event, count + 1);
    *n = 0;
    for (size_t i = count; i-- > 0;) {
        const struct value *v = value_at(events, i);
        struct clock_event e = {.at = value_get_int(v, "at", 0),
                                .unit = value_get_int(v, "unit_id", 0)};
        if (!clock_event_parse(value_get_text(v, "type"), &e.type)) {
            continue;
        }
        if (has_data(&e)) {
            read_data(value_get(v, "data"), &e);
        }
        log[(*n)++] = e;
    }
    return log;
}

// Whoever reads of the departments reads of the lead first.
static void
lead_first(struct demand *d)
{
    for (size_t i = 1; i < d->leg_count; i++) {
        if (d->legs[i].unit_id == d->lead_unit_id) {
            struct demand_leg lead = d->legs[i];
            memmove(d->legs + 1, d->legs, i * sizeof *d->legs);
            d->legs[0] = lead;
            return;
        }
    }
}

static void
load_legs(struct ctx *c, struct demand *d)
{
    const struct value *legs = legs_of(c, d->id);
    // Room for those a dispatch adds.
    size_t n = value_count(legs);
    d->legs = arena_raw(c->arena, sizeof *d->legs * (n + DEMAND_LEGS_MAX));
    for (size_t i = 0; i < n; i++) {
        const struct value *v = value_at(legs, i);
        d->legs[i] = (struct demand_leg){
            .unit_id = value_get_int(v, "unit_id", 0),
            .unit = value_get_text(v, "unit"),
            .role = value_get_text(v, "role"),
            .state = value_get_text(v, "state"),
            .dispatched_at = value_get_int(v, "dispatched_at", 0),
            .signed_at = value_get_int(v, "signed_at", 0),
            .answered_at = value_get_int(v, "answered_at", 0),
            .due_at = value_get_int(v, "due_at", 0),
            .met = (int)value_get_int(v, "met", -1),
            .open = value_get_bool(v, "open"),
        };
    }
    d->leg_count = n;
    lead_first(d);
}

bool
demand_store_load(struct ctx *c, int64_t id, struct demand *d, struct value **row)
{
    struct value *v = db_one(c->tx, c->arena, &GET, DB_ARGS(DB_INT(id)));
    if (v == NULL) {
        return false;
    }
    if (row != NULL) {
        int64_t made = value_get_int(v, "created_at", 0);
        value_set_text(c->arena, v, "contact_mobile",
                       open_mobile(c, made, value_get_text(v, "contact_mobile")));
        *row = v;
    }
    *d = (struct demand){
        .id = id,
        .version = value_get_int(v, "version", 0),
        .receipt_no = value_get_text(v, "receipt_no"),
        .title = value_get_text(v, "title"),
        .state = value_get_text(v, "state"),
        .source = value_get_text(v, "source"),
        .level = value_get_text(v, "level"),
        .category = value_get_text(v, "category"),
        .visibility = value_get_text(v, "visibility"),
        .enterprise_id = value_get_int(v, "enterprise_id", 0),
        .chamber_id = value_get_int(v, "chamber_id", 0),
        .lead_unit_id = value_get_int(v, "lead_unit_id", 0),
        .created_by = value_get_int(v, "created_by", 0),
        .outcome = value_get_text(v, "outcome"),
        .comment = value_get_text(v, "comment"),
        .extension = value_get_text(v, "extension"),
        .resume_state = value_get_text(v, "resume_state"),
        .closed_by = value_get_text(v, "closed_by"),
        .review_on = value_get_text(v, "review_on"),
        .satisfaction = value_get_int(v, "satisfaction", 0),
        .extension_days = value_get_int(v, "extension_days", 0),
        .reopenings = value_get_int(v, "reopenings", 0),
        .merged_into = value_get_int(v, "merged_into", 0),
        .created_at = value_get_int(v, "created_at", 0),
        .submitted_at = value_get_int(v, "submitted_at", 0),
        .accepted_at = value_get_int(v, "accepted_at", 0),
        .answered_at = value_get_int(v, "answered_at", 0),
        .closed_at = value_get_int(v, "closed_at", 0),
        .supervised_at = value_get_int(v, "supervised_at", 0),
        .next_due_at = value_get_int(v, "due_at", 0),
        .confirm_due_at = value_get_int(v, "confirm_due_at", 0),
        .callback_due_at = value_get_int(v, "callback_due_at", 0),
        .yellow_at = value_get_int(v, "yellow_at", 0),
        .red_at = value_get_int(v, "red_at", 0),
        .spent_minutes = value_get_int(v, "spent_minutes", 0),
        .on_time = (int)value_get_int(v, "on_time", -1),
        .paused = value_get_bool(v, "paused"),
    };
    load_legs(c, d);
    return true;
}

struct value *
demand_store_unconfirmed(struct ctx *c, int64_t now, int64_t limit)
{
    return db_list(c->tx, c->arena, &UNCONFIRMED, DB_ARGS(DB_INT(now), DB_INT(limit)));
}

struct value *
demand_store_to_review(struct ctx *c, const char *today, int64_t limit)
{
    return db_list(c->tx, c->arena, &TO_REVIEW, DB_ARGS(DB_TEXT(today), DB_INT(limit)));
}

void
demand_store_review_told(struct ctx *c, int64_t id)
{
    db_put(c->tx, &REVIEW_TOLD, DB_ARGS(DB_INT(id)));
}

struct value *
demand_store_enterprise(struct ctx *c, int64_t id)
{
    return db_one(c->tx, c->arena, &ENTERPRISE, DB_ARGS(DB_INT(id)));
}

struct value *
demand_store_department(struct ctx *c, int64_t id)
{
    return db_one(c->tx, c->arena, &DEPARTMENT, DB_ARGS(DB_INT(id)));
}

struct value *
demand_store_departments(struct ctx *c)
{
    return db_list(c->tx, c->arena, &DEPARTMENTS, DB_NONE);
}
