// SPDX-License-Identifier: Apache-2.0
// The life of an organisation as a table: founded, suspended, resumed, and the two ways it
// ends. What follows for its members is mod/membership's, which watches organisations.
#include "mod/org/org_impl.h"

#include "base/buf.h"
#include "base/text.h"

#include <string.h>

enum { NAMES_SHOWN = 3, NAMES_MOST = 60 };

// ---- input -----------------------------------------------------------------------------

#define DAY_FIELD                                                                              \
    {                                                                                          \
        .name = "on", .type = FIELD_DATE, .label = "日期", .hint = "不填就是今天。",           \
        .where = IN_FORM                                                                       \
    }
#define DECISION_FIELD(must)                                                                   \
    {                                                                                          \
        .name = "decision", .type = FIELD_TEXT, .label = "决定文件",                           \
        .hint = "哪次会议或哪份文件，例如 临江联〔2026〕12号。", .required = (must),           \
        .max = 200, .where = IN_FORM                                                           \
    }
#define REASON_FIELD                                                                           \
    {                                                                                          \
        .name = "reason", .type = FIELD_TEXT, .label = "事由", .required = true, .min = 2,     \
        .max = 500, .where = IN_FORM                                                           \
    }

const struct field ORG_IN_FOUND[] = {DAY_FIELD, DECISION_FIELD(false), {0}};
const struct field ORG_IN_SUSPEND[] = {DAY_FIELD, REASON_FIELD, DECISION_FIELD(false), {0}};
const struct field ORG_IN_RESUME[] = {DAY_FIELD, DECISION_FIELD(false), {0}};
const struct field ORG_IN_DISSOLVE[] = {DAY_FIELD, REASON_FIELD, DECISION_FIELD(true), {0}};
const struct field ORG_IN_MERGE[] = {{.name = "into_id",
                                      .type = FIELD_REF,
                                      .label = "并入哪个组织",
                                      .ref = "organizations",
                                      .required = true,
                                      .where = IN_FORM},
                                     DAY_FIELD,
                                     REASON_FIELD,
                                     DECISION_FIELD(true),
                                     {0}};

// ---- loading and saving ----------------------------------------------------------------

const struct db_stmt ORG_SET = {
    .name = "org.set",
    .sql = "UPDATE organization SET state = $1, founded_on = $2, suspended_on = $3,"
           " ended_on = $4, merged_into_id = $5, decision = $6, reason = $7, updated_at = $8,"
           " version = version + 1 WHERE id = $9",
    .params = "state:text founded:text? suspended:text? ended:text? into:int? decision:text?"
              " reason:text? now:time id:int"};
const struct db_stmt ORG_LIVING = {
    .name = "org.living",
    .sql =
        "SELECT count(*) AS n FROM organization WHERE parent_id = $1 AND state <> 'dissolved'"
        " AND state <> 'merged'",
    .params = "parent:int",
    .row = "n:int"};
// What ends with it.
const struct db_stmt ORG_MEMBERS = {
    .name = "org.members",
    .sql = "SELECT sum(CASE WHEN m.state = 'member' OR m.state = 'suspended' THEN 1 ELSE 0 END)"
           " AS members, sum(CASE WHEN m.state = 'applied' OR m.state = 'returned'"
           " OR m.state = 'checked' OR m.state = 'publicity' THEN 1 ELSE 0 END) AS applications"
           " FROM membership m WHERE m.organization_id = $1",
    .params = "id:int",
    .row = "members:int? applications:int?"};
const struct db_stmt ORG_NAMES = {
    .name = "org.names",
    .sql = "SELECT coalesce(e.name, p.name) AS name FROM membership m"
           " LEFT JOIN enterprise e ON e.id = m.enterprise_id"
           " LEFT JOIN person p ON p.id = m.person_id"
           " WHERE m.organization_id = $1 AND (m.state = 'member' OR m.state = 'suspended')"
           " ORDER BY m.id LIMIT $2",
    .params = "id:int most:int",
    .row = "name:text?"};

static bool
load(struct ctx *c, int64_t id, struct lifecycle_record *out)
{
    return record_step_load(c, &ORG_STEPS, id, out);
}

static const char *
today(struct ctx *c)
{
    return day_text(c->arena, time_to_day(c->now));
}

// The day of the step; NULL with a fault when it is later than today, or before `after`.
static const char *
day_of(struct ctx *c, const char *after)
{
    const char *on = value_get_text(c->in, "on");
    on = on == NULL ? today(c) : on;
    if (strcmp(on, today(c)) > 0) {
        ctx_fault(c, "on", "future", T("日期不能在将来"));
        return NULL;
    }
    if (after != NULL && strcmp(on, after) < 0) {
        ctx_fault(c, "on", "order", T("日期不能早于成立或暂停日期"));
        return NULL;
    }
    return on;
}

static struct db_arg
text_of(const struct value *rec, const char *key)
{
    return DB_TEXT(value_get_text(rec, key));
}

static struct value *
copy_of(struct ctx *c, const struct value *rec)
{
    struct value *out = value_map(c->arena);
    for (uint32_t i = 0; i < rec->map.count; i++) {
        value_set(c->arena, out, rec->map.pairs[i].key, rec->map.pairs[i].v);
    }
    return out;
}

// Writes what `now` says, tells of it, and lets other modules do what follows.
static enum err
save(struct ctx *c, const struct transition *t, struct lifecycle_record *r, struct value *now)
{
    value_set_text(c->arena, now, "state", r->state);
    db_put(c->tx, &ORG_SET,
           DB_ARGS(DB_TEXT(r->state), text_of(now, "founded_on"), text_of(now, "suspended_on"),
                   text_of(now, "ended_on"), DB_REF(value_get_int(now, "merged_into_id", 0)),
                   text_of(now, "decision"), text_of(now, "reason"), DB_INT(c->now),
                   DB_INT(r->id)));
    record_step_tell(c, &ORG_STEPS, r, t->event, NULL);
    r->version++;
    enum err e = db_tx_err(c->tx);
    return e != ERR_OK ? e : record_saved(c, &ORG_KIND, now, r->data);
}

// What the form says, on the record.
static struct value *
with_input(struct ctx *c, const struct lifecycle_record *r)
{
    struct value *now = copy_of(c, r->data);
    static const char *const TAKEN[] = {"decision", "reason"};
    for (size_t i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++) {
        const char *s = value_get_text(c->in, TAKEN[i]);
        if (s != NULL) {
            value_set_text(c->arena, now, TAKEN[i], s);
        }
    }
    return now;
}

// ---- guards and effects ----------------------------------------------------------------

static const char *
nothing_below(struct ctx *c, const struct lifecycle_record *r)
{
    return text_equal(value_get_text(r->data, "kind"), "federation") ? T("工商联不能撤销或合并")
           : db_value_int(c->tx, &ORG_LIVING, DB_ARGS(DB_INT(r->id)), 0) > 0
               ? T("下面还有组织，请先办理它们")
               : NULL;
}

static enum err
found(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *on = day_of(c, NULL);
    struct value *now = with_input(c, r);
    value_set_text(c->arena, now, "founded_on", on);
    return on == NULL ? ERR_INVALID : save(c, t, r, now);
}

static enum err
rest(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *on = day_of(c, value_get_text(r->data, "founded_on"));
    struct value *now = with_input(c, r);
    value_set_text(c->arena, now, "suspended_on", on);
    return on == NULL ? ERR_INVALID : save(c, t, r, now);
}

static enum err
go_on(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *on = day_of(c, value_get_text(r->data, "suspended_on"));
    struct value *now = with_input(c, r);
    value_set(c->arena, now, "suspended_on", &value_null);
    value_set(c->arena, now, "reason", &value_null);
    return on == NULL ? ERR_INVALID : save(c, t, r, now);
}

static enum err
dissolve(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *on = day_of(c, value_get_text(r->data, "founded_on"));
    struct value *now = with_input(c, r);
    value_set_text(c->arena, now, "ended_on", on);
    return on == NULL ? ERR_INVALID : save(c, t, r, now);
}

static enum err
merge_into(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    int64_t into = value_get_int(c->in, "into_id", 0);
    const struct value *target = into == r->id ? NULL : record_get(c, &ORG_KIND, into);
    if (target == NULL || !text_equal(value_get_text(target, "state"), "active")) {
        return ctx_fault(c, "into_id", "reference", T("请选另一个现在正常的组织"));
    }
    if (!text_equal(value_get_text(target, "kind"), value_get_text(r->data, "kind")) &&
        !text_equal(value_get_text(target, "kind"), "joint")) {
        return ctx_fault(c, "into_id", "kind", T("只能并入同一类的组织或联合商会"));
    }
    const char *on = day_of(c, value_get_text(r->data, "founded_on"));
    struct value *now = with_input(c, r);
    value_set_text(c->arena, now, "ended_on", on);
    value_set_int(c->arena, now, "merged_into_id", into);
    return on == NULL ? ERR_INVALID : save(c, t, r, now);
}

// ---- the table -------------------------------------------------------------------------

static const struct transition STEPS[] = {
    {"found", "登记成立", "preparing", "active", ROLE_OFFICE, 0, ORG_IN_FOUND, NULL, found,
     "found", "is-main", T("从成立日期起可以吸收会员。")},
    {"suspend", "暂停活动", "active", "suspended", ROLE_OFFICE, 0, ORG_IN_SUSPEND, NULL, rest,
     "suspend", NULL, T("已有的会籍不变，暂停期间不吸收新会员。")},
    {"resume", "恢复活动", "suspended", "active", ROLE_OFFICE, 0, ORG_IN_RESUME, NULL, go_on,
     "resume", "is-main", NULL},
    {"merge-into", "并入其他组织", "active suspended", "merged", ROLE_OFFICE, 0, ORG_IN_MERGE,
     nothing_below, merge_into, "merge_into", "is-warn", T("会员转到并入的组织，会籍接续。")},
    {"dissolve", "撤销组织", "preparing active suspended", "dissolved", ROLE_OFFICE, 0,
     ORG_IN_DISSOLVE, nothing_below, dissolve, "dissolve", "is-warn",
     T("会籍到终止日期为止，以后不能再吸收会员。")},
    {0},
};

const struct lifecycle ORG_LIFECYCLE = {.kind = "organization", .steps = STEPS, .load = load};

// "甲、乙、丙 等"
static const char *
names_of(struct ctx *c, int64_t id, int64_t count)
{
    const struct value *rows =
        db_list(c->tx, c->arena, &ORG_NAMES, DB_ARGS(DB_INT(id), DB_INT(NAMES_SHOWN)));
    struct buf b;
    buf_init(&b, c->arena, 128, 2048);
    for (size_t i = 0; i < value_count(rows); i++) {
        const char *name = value_get_text(value_at(rows, i), "name");
        buf_printf(&b, "%s%s", i == 0 ? "" : "、", text_ellipsis(c->arena, name, NAMES_MOST));
    }
    return count > NAMES_SHOWN ? ctx_trf(c, T("{0} 等"), 1, buf_str(&b)) : buf_str(&b);
}

// Whom it concerns, before it is done.
static const char *
about(struct ctx *c, const struct transition *t, const struct value *rec)
{
    int64_t id = value_get_int(rec, "id", 0);
    bool ends = t->effect == dissolve || t->effect == merge_into;
    const struct value *n =
        ends ? db_one(c->tx, c->arena, &ORG_MEMBERS, DB_ARGS(DB_INT(id))) : NULL;
    int64_t members = value_get_int(n, "members", 0);
    int64_t applications = value_get_int(n, "applications", 0);
    if (members + applications == 0) {
        return NULL;
    }
    const char *m = arena_printf(c->arena, "%lld", (long long)members);
    const char *p = arena_printf(c->arena, "%lld", (long long)applications);
    const char *names = names_of(c, id, members);
    const char *first =
        members == 0 ? ""
        : t->effect == merge_into
            ? ctx_trf(c, T("{0} 个会员（{1}）转到并入的组织，会籍从那一天接续。"), 2, m, names)
            : ctx_trf(c,
                      T("{0} 个会员（{1}）的会籍到终止日期为止，没有别的商会的企"
                        "业不再有所属商会。"),
                      2, m, names);
    const char *second =
        applications == 0 ? "" : ctx_trf(c, T("{0} 份入会申请不再办理。"), 1, p);
    return arena_printf(c->arena, "%s%s", first, second);
}

const struct record_steps ORG_STEPS = {
    .kind = &ORG_KIND, .life = &ORG_LIFECYCLE, .action = RECORD_UPDATE, .about = about};
