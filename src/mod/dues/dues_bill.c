// SPDX-License-Identifier: Apache-2.0
// Bills: what a membership owes for a year. The amount comes from the standard that holds, is
// never typed, and changes only by payments, waivers and their reversals.
#include "mod/dues/dues_impl.h"

#include "base/text.h"
#include "kit/audit.h"
#include "kit/notice.h"
#include "kit/record_impl.h"

#include <string.h>

enum { DUE_MONTH = 6, DUE_DAY = 30, DUE_DAYS = 30 };

const struct choice BILL_STATES[] = {
    {.value = "open", .label = "未缴", .tone = "is-warn"},
    {.value = "partly", .label = "部分缴纳", .tone = "is-warn"},
    {.value = "paid", .label = "已缴清", .tone = "is-ok"},
    {.value = "waived", .label = "已减免", .tone = "is-info"},
    {.value = "cancelled", .label = "已作废", .tone = "is-mute"},
    {0},
};

const struct choice BILL_BASES[] = {
    {.value = "full", .label = "全年"}, {.value = "half", .label = "半年"}, {0}};

static const struct choice EVENTS[] = {
    {.value = "pay", .label = "登记缴费"},    {.value = "reverse", .label = "冲销缴费"},
    {.value = "waive", .label = "减免"},      {.value = "unwaive", .label = "撤销减免"},
    {.value = "postpone", .label = "延期"},   {.value = "cancel", .label = "作废"},
    {.value = "remind", .label = "提醒缴费"}, {0},
};

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT,
    SYSTEM = IN_DETAIL | IN_EXPORT
};

#define FEN(id, text, more)                                                                    \
    {                                                                                          \
        .name = (id), .type = FIELD_MONEY, .label = (text), .required = true,                  \
        .where = SYSTEM | (more)                                                               \
    }

static const struct field FIELDS[] = {
    {.name = "membership_id",
     .type = FIELD_REF,
     .label = "会籍",
     .hint = "从会员的页面登记时不用填。",
     .ref = "memberships",
     .required = true,
     .where = KEPT | IN_FILTER},
    {.name = "enterprise_id",
     .type = FIELD_REF,
     .label = "企业",
     .ref = "enterprises",
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "person_id",
     .type = FIELD_REF,
     .label = "个人会员",
     .ref = "people",
     .where = SYSTEM},
    {.name = "organization_id",
     .type = FIELD_REF,
     .label = "商会",
     .ref = "organizations",
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "standard_id",
     .type = FIELD_REF,
     .label = "依据的标准",
     .ref = "dues-standards",
     .where = IN_EXPORT},
    {.name = "year",
     .type = FIELD_INT,
     .label = "年度",
     .required = true,
     .min = DUES_YEAR_FIRST,
     .max = DUES_YEAR_LAST,
     .where = LISTED | IN_FILTER},
    {.name = "tier",
     .type = FIELD_CHOICE,
     .label = "档次",
     .hint = "不选就按会籍上的档次或会内职务。",
     .choices = MEMBERSHIP_DUES_TIERS,
     .where = LISTED | IN_FILTER},
    {.name = "basis",
     .type = FIELD_CHOICE,
     .label = "全年或半年",
     .choices = BILL_BASES,
     .where = SYSTEM},
    FEN("amount_fen", "应缴（元）", IN_LIST),
    FEN("paid_fen", "已缴（元）", 0),
    FEN("waived_fen", "减免（元）", 0),
    FEN("owed_fen", "欠缴（元）", IN_LIST),
    {.name = "due_on",
     .type = FIELD_DATE,
     .label = "缴费期限",
     .hint = "不填就是当年 6 月 30 日，已经过了就是三十天后。",
     .where = LISTED | IN_FILTER},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = BILL_STATES,
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "decision", .type = FIELD_TEXT, .label = "减免由谁决定", .where = SYSTEM},
    {.name = "reason",
     .type = FIELD_TEXT,
     .label = "事由",
     .class = CLASS_INTERNAL,
     .where = SYSTEM},
    {.name = "reminded_on", .type = FIELD_DATE, .label = "最近提醒", .where = SYSTEM},
    {.name = "reminders",
     .type = FIELD_INT,
     .label = "提醒次数",
     .required = true,
     .where = IN_EXPORT},
    {.name = "remind_on", .type = FIELD_DATE, .label = "下次提醒", .where = IN_EXPORT},
    {0},
};

// Members see their own; leaders see sums only (dues_statement.c). Nobody edits a bill.
static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {RECORD_READ, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

static const struct record_parent PARENTS[] = {
    {"membership_id", "会费账单", "还没有会费账单。"},
    {"enterprise_id", "会费账单", NULL},
    {0},
};

// ---- statements ------------------------------------------------------------------------

const struct db_stmt BILL_OF_MEMBERSHIP = {
    .name = "bill.of_membership",
    .sql = "SELECT id FROM bill WHERE membership_id = $1 AND year = $2"
           " AND state <> 'cancelled'",
    .params = "membership:int year:int",
    .row = "id:int"};
const struct db_stmt BILL_PAID = {
    .name = "bill.paid",
    .sql = "SELECT sum(amount_fen) AS fen FROM payment WHERE bill_id = $1"
           " AND state = 'recorded'",
    .params = "bill:int",
    .row = "fen:int?"};
const struct db_stmt BILL_SET = {
    .name = "bill.set",
    .sql = "UPDATE bill SET paid_fen = $1, waived_fen = $2, owed_fen = $3, state = $4,"
           " due_on = $5, decision = $6, reason = $7, reminded_on = $8, reminders = $9,"
           " remind_on = $10, updated_at = $11, version = version + 1 WHERE id = $12",
    .params = "paid:int waived:int owed:int state:text due:text decision:text? reason:text?"
              " reminded:text? reminders:int remind:text? now:time id:int"};
const struct db_stmt BILL_LATER = {.name = "bill.remind_later",
                                   .sql = "UPDATE bill SET remind_on = $1 WHERE id = $2",
                                   .params = "remind:text? id:int"};
const struct db_stmt BILL_REMINDABLE = {
    .name = "bill.remindable",
    .sql = "SELECT id FROM bill WHERE remind_on IS NOT NULL AND remind_on <= $1"
           " ORDER BY remind_on LIMIT $2",
    .params = "today:text most:int",
    .row = "id:int"};
const struct db_stmt BILL_OVERDUE = {
    .name = "bill.overdue",
    .sql = "SELECT id FROM bill WHERE organization_id = $1 AND owed_fen > 0 AND due_on < $2"
           " AND (reminded_on IS NULL OR reminded_on <= $3) ORDER BY due_on LIMIT $4",
    .params = "organization:int today:text before:text most:int",
    .row = "id:int"};
const struct db_stmt BILL_ACCOUNTS = {
    .name = "bill.accounts",
    .sql = "SELECT count(*) AS n FROM post p"
           " JOIN account a ON a.id = p.account_id AND a.state = 'active'"
           " WHERE p.role = 'member' AND p.enterprise_id = $1 AND p.since <= $2"
           " AND (p.until IS NULL OR p.until > $2)",
    .params = "enterprise:int now:time",
    .row = "n:int"};

int64_t
dues_bill_of(struct db_tx *tx, int64_t membership_id, int64_t year)
{
    return db_value_int(tx, &BILL_OF_MEMBERSHIP, DB_ARGS(DB_INT(membership_id), DB_INT(year)),
                        0);
}

// ---- making ----------------------------------------------------------------------------

static int64_t
amount_of(const struct dues_standard *s, const char *tier)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->tiers[i].code, tier) == 0) {
            return s->tiers[i].amount_fen;
        }
    }
    return 0;
}

struct dues_plan
dues_plan(const struct dues_standard *s, const struct dues_member *m, int64_t year)
{
    struct dues_plan p = {0};
    if (!membership_is_current(m->state) || m->since == NULL) {
        p.skip = T("现在不是会员");
        return p;
    }
    p.tier = m->tier == NULL                    ? dues_tier_of_seat(m->seat, s->codes)
             : text_list_has(s->codes, m->tier) ? m->tier
                                                : NULL;
    if (p.tier == NULL) {
        p.skip = m->tier != NULL ? T("会籍上的档次不在标准里") : T("标准里没有适合的档次");
        return p;
    }
    p.amount_fen = dues_amount(amount_of(s, p.tier), m->since, year, s->half_after, &p.half);
    p.skip = p.amount_fen == 0 ? T("这一年以后才入会") : NULL;
    return p;
}

const char *
dues_due_on(struct ctx *c, int64_t year)
{
    int32_t day = day_from_civil((int)year, DUE_MONTH, DUE_DAY), today = time_to_day(c->now);
    return day_text(c->arena, day > today ? day : today + DUE_DAYS);
}

// The first reminder comes before the bill is due; a bill that is late when it is made has just
// been told of.
static const char *
first_reminder(struct ctx *c, int32_t due)
{
    int64_t every = dues_remind_every(c);
    int32_t today = time_to_day(c->now), day = due - (int32_t)dues_remind_before(c);
    if (every == 0) {
        return NULL;
    }
    return day_text(c->arena, day > today ? day : due > today ? due : today + (int32_t)every);
}

static void
copy(struct ctx *c, struct value *rec, const char *key, const struct value *from)
{
    const struct value *v = value_get(from, key);
    value_set(c->arena, rec, key, v == NULL ? &value_null : v);
}

static void
fill(struct ctx *c, struct value *rec, const struct value *member,
     const struct dues_standard *s, const struct dues_plan *p)
{
    struct arena *a = c->arena;
    int32_t due = 0;
    copy(c, rec, "organization_id", member);
    copy(c, rec, "enterprise_id", member);
    if (value_get_int(member, "enterprise_id", 0) == 0) {
        copy(c, rec, "person_id", member);
    }
    if (value_get_text(rec, "due_on") == NULL) {
        value_set_text(a, rec, "due_on", dues_due_on(c, value_get_int(rec, "year", 0)));
    }
    day_parse(value_get_text(rec, "due_on"), &due);
    value_set_int(a, rec, "standard_id", s->id);
    value_set_text(a, rec, "tier", p->tier);
    value_set_text(a, rec, "basis", p->half ? "half" : "full");
    value_set_int(a, rec, "amount_fen", p->amount_fen);
    value_set_int(a, rec, "owed_fen", p->amount_fen);
    value_set_int(a, rec, "paid_fen", 0);
    value_set_int(a, rec, "waived_fen", 0);
    value_set_int(a, rec, "reminders", 0);
    value_set_text(a, rec, "state", "open");
    value_set_text(a, rec, "remind_on", first_reminder(c, due));
}

static enum err
check_due(struct ctx *c, const char *due_on, int64_t year)
{
    const char *first = arena_printf(c->arena, "%04d-01-01", (int)year),
               *last = arena_printf(c->arena, "%04d-12-31", (int)year + 1);
    return due_on != NULL && (strcmp(due_on, first) < 0 || strcmp(due_on, last) > 0)
               ? ctx_fault(c, "due_on", "range", T("缴费期限要在会费年度或下一年"))
               : ERR_OK;
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    struct dues_standard s;
    int64_t year = value_get_int(rec, "year", 0), id = value_get_int(rec, "membership_id", 0);
    struct value *member = old != NULL ? NULL : record_get(c, &MEMBERSHIP_KIND, id);
    if (old != NULL) {
        return ERR_OK; // nobody is granted it; the system brings references up to date
    }
    if (member == NULL) {
        return ctx_fault(c, "membership_id", "reference", T("没有这一项，请重新选择"));
    }
    if (!dues_standard_of(c, value_get_int(member, "organization_id", 0), year, &s)) {
        return ctx_fault(c, "year", "no_standard",
                         T("这家商会这一年没有经大会批准的会费标准，不能收会费"));
    }
    if (dues_bill_of(c->tx, id, year) != 0) {
        return ctx_fault(c, "year", "taken", T("这个会员这一年已经有账单"));
    }
    const char *tier = value_get_text(rec, "tier");
    const struct dues_member m = {.state = value_get_text(member, "state"),
                                  .seat = value_get_text(member, "post"),
                                  .tier =
                                      tier != NULL ? tier : value_get_text(member, "dues_tier"),
                                  .since = value_get_text(member, "since")};
    struct dues_plan p = dues_plan(&s, &m, year);
    if (p.skip != NULL) {
        return ctx_fault(c, "membership_id", "rule", p.skip);
    }
    fill(c, rec, member, &s, &p);
    return check_due(c, value_get_text(rec, "due_on"), year);
}

static enum err
after_save(struct ctx *c, const struct value *rec, const struct value *old)
{
    int64_t enterprise = value_get_int(rec, "enterprise_id", 0);
    if (old != NULL || enterprise == 0 ||
        strcmp(value_get_text(rec, "due_on"), dues_today(c)) < 0) {
        return ERR_OK;
    }
    const struct value *of =
        record_get(c, &MEMBERSHIP_KIND, value_get_int(rec, "membership_id", 0));
    notice_to_role(
        c, ROLE_MEMBER, 0, enterprise,
        arena_printf(c->arena, "/bills/%lld", (long long)value_get_int(rec, "id", 0)),
        T("{0} {1} 年会费的账单，请在期限内缴纳"), value_get_text(of, "organization_name"),
        arena_printf(c->arena, "%lld", (long long)value_get_int(rec, "year", 0)));
    return db_tx_err(c->tx);
}

// ---- changing --------------------------------------------------------------------------

// Sums decide the state. Nothing is owed when more came in than was asked, as happens when two
// records of a member turn out to be one.
void
bill_sums(struct arena *a, struct value *rec)
{
    int64_t paid = value_get_int(rec, "paid_fen", 0),
            waived = value_get_int(rec, "waived_fen", 0),
            owed = value_get_int(rec, "amount_fen", 0) - paid - waived;
    const char *state = value_get_text(rec, "state");
    if (strcmp(state, "cancelled") == 0) {
        owed = 0;
    } else {
        state = owed > 0 ? paid > 0 ? "partly" : "open" : paid > 0 ? "paid" : "waived";
    }
    value_set_int(a, rec, "owed_fen", owed > 0 ? owed : 0);
    value_set_text(a, rec, "state", state);
    if (owed <= 0) { // nothing left to remind of
        value_set(a, rec, "remind_on", &value_null);
    }
}

static void
settle(struct ctx *c, struct value *rec)
{
    int32_t due = 0;
    bill_sums(c->arena, rec);
    day_parse(value_get_text(rec, "due_on"), &due);
    if (value_get_int(rec, "owed_fen", 0) > 0 && value_get_text(rec, "remind_on") == NULL) {
        value_set_text(c->arena, rec, "remind_on", first_reminder(c, due));
    }
}

static void
put(struct ctx *c, struct value *rec)
{
    settle(c, rec);
    db_put(c->tx, &BILL_SET,
           DB_ARGS(
               DB_INT(value_get_int(rec, "paid_fen", 0)),
               DB_INT(value_get_int(rec, "waived_fen", 0)),
               DB_INT(value_get_int(rec, "owed_fen", 0)), DB_TEXT(value_get_text(rec, "state")),
               DB_TEXT(value_get_text(rec, "due_on")), DB_TEXT(value_get_text(rec, "decision")),
               DB_TEXT(value_get_text(rec, "reason")),
               DB_TEXT(value_get_text(rec, "reminded_on")),
               DB_INT(value_get_int(rec, "reminders", 0)),
               DB_TEXT(value_get_text(rec, "remind_on")), DB_INT(c->now),
               DB_INT(value_get_int(rec, "id", 0))));
}

enum err
bill_settle(struct ctx *c, int64_t id, const char *what, const struct value *data)
{
    struct value *rec = record_load(c, record_built_of(&BILL_KIND), id);
    if (rec == NULL) {
        return ERR_NOT_FOUND;
    }
    value_set_int(c->arena, rec, "paid_fen",
                  db_value_int(c->tx, &BILL_PAID, DB_ARGS(DB_INT(id)), 0));
    put(c, rec);
    value_set_text(c->arena, (struct value *)(uintptr_t)data, "state",
                   value_get_text(rec, "state"));
    record_event(c, BILL_KIND.name, id, what, data);
    audit_write(c, arena_printf(c->arena, "bill.%s", what), BILL_KIND.name, id, data);
    return db_tx_err(c->tx);
}

// ---- reminders -------------------------------------------------------------------------

static bool
has_account(struct ctx *c, const struct value *rec)
{
    int64_t enterprise = value_get_int(rec, "enterprise_id", 0);
    return enterprise != 0 && db_value_int(c->tx, &BILL_ACCOUNTS,
                                           DB_ARGS(DB_INT(enterprise), DB_INT(c->now)), 0) > 0;
}

// The last day on which a reminder may have gone out for another one to follow today.
static const char *
quiet_since(struct ctx *c)
{
    int64_t every = dues_remind_every(c);
    return day_text(c->arena, time_to_day(c->now) - (int32_t)(every > 0 ? every : 1));
}

static const char *
may_remind(struct ctx *c, const struct lifecycle_record *r)
{
    const char *last = value_get_text(r->data, "reminded_on");
    return last != NULL && strcmp(last, quiet_since(c)) > 0 ? T("最近已经提醒过，过些天再提醒")
           : !has_account(c, r->data) ? T("会员没有登录账号，请打电话或当面提醒")
                                      : NULL;
}

static enum err
remind(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct value *rec = r->data;
    int64_t every = dues_remind_every(c);
    const char *today = dues_today(c);
    bool late = strcmp(value_get_text(rec, "due_on"), today) < 0;
    notice_to_role(c, ROLE_MEMBER, 0, value_get_int(rec, "enterprise_id", 0),
                   arena_printf(c->arena, "/bills/%lld", (long long)r->id),
                   late ? T("{0} {1} 年会费已过缴费期限，请尽快缴纳")
                        : T("{0} {1} 年会费快到缴费期限，请按时缴纳"),
                   value_get_text(rec, "organization_name"),
                   arena_printf(c->arena, "%lld", (long long)value_get_int(rec, "year", 0)));
    value_set_text(c->arena, rec, "reminded_on", today);
    value_set_int(c->arena, rec, "reminders", value_get_int(rec, "reminders", 0) + 1);
    value_set_text(c->arena, rec, "remind_on",
                   every == 0 ? NULL
                              : day_text(c->arena, time_to_day(c->now) + (int32_t)every));
    put(c, rec);
    record_step_tell(c, &BILL_STEPS, r, t->event, NULL);
    return db_tx_err(c->tx);
}

// Reminds of those in the list who can be reminded; the others are left for later. Returns how
// many were reminded.
static int64_t
remind_all(struct ctx *c, const struct value *ids)
{
    const struct transition *t = lifecycle_find(BILL_STEPS.life, "remind");
    int64_t n = 0, every = dues_remind_every(c);
    for (size_t i = 0; i < value_count(ids); i++) {
        int64_t id = value_get_int(value_at(ids, i), "id", 0);
        struct value *rec = record_load(c, record_built_of(&BILL_KIND), id);
        struct lifecycle_record r = record_step_of(c, &BILL_STEPS, rec);
        if (text_list_has(t->from, r.state) && may_remind(c, &r) == NULL) {
            n += remind(c, t, &r) == ERR_OK;
        } else {
            const char *later = day_text(c->arena, time_to_day(c->now) + (int32_t)every);
            db_put(c->tx, &BILL_LATER, DB_ARGS(DB_TEXT(every == 0 ? NULL : later), DB_INT(id)));
        }
    }
    return n;
}

int64_t
dues_remind_due(struct ctx *c, int64_t most)
{
    return remind_all(c, db_list(c->tx, c->arena, &BILL_REMINDABLE,
                                 DB_ARGS(DB_TEXT(dues_today(c)), DB_INT(most))));
}

int64_t
dues_remind_overdue(struct ctx *c, int64_t organization_id, int64_t most)
{
    return remind_all(c, db_list(c->tx, c->arena, &BILL_OVERDUE,
                                 DB_ARGS(DB_INT(organization_id), DB_TEXT(dues_today(c)),
                                         DB_TEXT(quiet_since(c)), DB_INT(most))));
}

// ---- steps -----------------------------------------------------------------------------

const struct field BILL_IN_WAIVE[] = {
    {.name = "amount_fen",
     .type = FIELD_MONEY,
     .label = "减免金额（元）",
     .hint = "不填就是减免全部欠缴。",
     .min = 1,
     .where = IN_FORM},
    {.name = "decision",
     .type = FIELD_TEXT,
     .label = "由谁决定",
     .hint = "哪次会议或哪位负责人，例如 2026 年第 5 次会长办公会。",
     .required = true,
     .min = 2,
     .max = 200,
     .where = IN_FORM},
    {.name = "reason",
     .type = FIELD_TEXT,
     .label = "事由",
     .required = true,
     .min = 2,
     .max = 500,
     .where = IN_FORM},
    {0}};
const struct field BILL_IN_DUE[] = {{.name = "due_on",
                                     .type = FIELD_DATE,
                                     .label = "新的缴费期限",
                                     .required = true,
                                     .where = IN_FORM},
                                    {.name = "reason",
                                     .type = FIELD_TEXT,
                                     .label = "事由",
                                     .required = true,
                                     .min = 2,
                                     .max = 500,
                                     .where = IN_FORM},
                                    {0}};

static enum err
save(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    value_set_text(c->arena, r->data, "reason", value_get_text(c->in, "reason"));
    put(c, r->data);
    r->state = value_get_text(r->data, "state");
    record_step_tell(c, &BILL_STEPS, r, t->event, NULL);
    return db_tx_err(c->tx);
}

static enum err
waive(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    int64_t owed = value_get_int(r->data, "owed_fen", 0),
            fen = value_get_int(c->in, "amount_fen", owed);
    if (fen > owed) {
        return ctx_fault(c, "amount_fen", "too_large", T("减免不能多于欠缴"));
    }
    value_set_int(c->arena, r->data, "waived_fen",
                  value_get_int(r->data, "waived_fen", 0) + fen);
    value_set_int(c->arena, c->in, "amount_fen", fen);
    value_set_text(c->arena, r->data, "decision", value_get_text(c->in, "decision"));
    return save(c, t, r);
}

static const char *
was_waived(struct ctx *c, const struct lifecycle_record *r)
{
    (void)c;
    return value_get_int(r->data, "waived_fen", 0) == 0 ? T("没有减免过") : NULL;
}

static enum err
unwaive(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    value_set_int(c->arena, r->data, "waived_fen", 0);
    value_set(c->arena, r->data, "decision", &value_null);
    return save(c, t, r);
}

static enum err
postpone(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *due_on = value_get_text(c->in, "due_on");
    int32_t due = 0;
    if (strcmp(due_on, dues_today(c)) < 0) {
        return ctx_fault(c, "due_on", "past", T("新的缴费期限要在今天或以后"));
    }
    enum err e = check_due(c, due_on, value_get_int(r->data, "year", 0));
    if (e != ERR_OK) {
        return e;
    }
    day_parse(due_on, &due);
    value_set_text(c->arena, r->data, "due_on", due_on);
    value_set_text(c->arena, r->data, "remind_on", first_reminder(c, due));
    return save(c, t, r);
}

static enum err
cancel(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    value_set_text(c->arena, r->data, "state", "cancelled");
    value_set_int(c->arena, r->data, "waived_fen", 0);
    return save(c, t, r);
}

static bool
load(struct ctx *c, int64_t id, struct lifecycle_record *out)
{
    return record_step_load(c, &BILL_STEPS, id, out);
}

static const struct transition STEPS[] = {
    {"remind", "提醒缴费", "open partly", NULL, DUES_KEEPERS, RECORD_STEP_MINE, NULL,
     may_remind, remind, "remind", NULL, T("给会员的账号发一条提醒。")},
    {"waive", "减免", "open partly", NULL, DUES_KEEPERS, RECORD_STEP_MINE, BILL_IN_WAIVE, NULL,
     waive, "waive", NULL, T("减免的部分不再欠缴，写明事由和由谁决定。")},
    {"unwaive", "撤销减免", "open partly paid waived", NULL, DUES_KEEPERS, RECORD_STEP_MINE,
     DUES_IN_REASON, was_waived, unwaive, "unwaive", NULL, T("减免的部分重新成为欠缴。")},
    {"postpone", "延期", "open partly", NULL, DUES_KEEPERS, RECORD_STEP_MINE, BILL_IN_DUE, NULL,
     postpone, "postpone", NULL, T("到新的期限以前不算逾期。")},
    {"cancel", "作废", "open", "cancelled", DUES_KEEPERS, RECORD_STEP_MINE, DUES_IN_REASON,
     NULL, cancel, "cancel", "is-warn",
     T("开错的账单作废，不再计入应缴；需要时另外登记一张。")},
    {0},
};

static const struct lifecycle LIFECYCLE = {.kind = "bill", .steps = STEPS, .load = load};
const struct record_steps BILL_STEPS = {
    .kind = &BILL_KIND, .life = &LIFECYCLE, .action = RECORD_CREATE};

// ---- its page --------------------------------------------------------------------------

static void
decorate(struct ctx *c, const struct value *rec)
{
    int64_t id = value_get_int(rec, "id", 0), year = value_get_int(rec, "year", 0);
    bool owed = value_get_int(rec, "owed_fen", 0) > 0;
    value_set_text(c->arena, c->page, "title",
                   ctx_trf(c, T("{0} 年会费　{1}"), 2,
                           arena_printf(c->arena, "%lld", (long long)year),
                           record_title(c, &BILL_KIND, rec)));
    record_fact(c, T("账单号"),
                arena_printf(c->arena, "HF%lld-%06lld", (long long)year, (long long)id));
    if (owed && strcmp(value_get_text(rec, "due_on"), dues_today(c)) < 0) {
        record_badge(c, "is-bad", ctx_tr(c, T("已逾期")));
    }
    record_step_actions(c, &BILL_STEPS, rec);
    if (owed && record_may(c, &BILL_KIND, RECORD_CREATE, rec)) {
        record_action(c, arena_printf(c->arena, "/payments/new?bill_id=%lld", (long long)id),
                      T("登记缴费"), "plus", true);
    }
}

const struct record_kind BILL_KIND = {
    .name = "bill",
    .plural = "bills",
    .label = "会费账单",
    .list_label = "会费账单",
    .table = "bill",
    .title = "enterprise_id",
    .subtitle = "person_id",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "organization_id",
    .enterprise_column = "enterprise_id",
    .parents = PARENTS,
    .leads = "membership_id enterprise_id organization_id state",
    .order = "-id",
    .before_save = before_save,
    .after_save = after_save,
    .events = EVENTS,
    .decorate = decorate,
    .empty_text = "商会按批准的标准生成账单以后，在这里看到。",
};
