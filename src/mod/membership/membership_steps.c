// SPDX-License-Identifier: Apache-2.0
// The life of a membership as a table: application, check, decision, publicity, member, and
// the ways out and back.
#include "mod/membership/membership_impl.h"

#include "base/text.h"
#include "base/workday.h"
#include "kit/app.h"
#include "kit/audit.h"
#include "kit/notice.h"

#include <string.h>

enum { PUBLICITY_DAYS = 5, PUBLICITY_DAYS_MOST = 60 };

// ---- input -----------------------------------------------------------------------------

#define REASON_FIELD                                                                           \
    {                                                                                          \
        .name = "reason", .type = FIELD_TEXT, .label = "事由", .required = true, .min = 2,     \
        .max = 500, .where = IN_FORM                                                           \
    }
#define DECISION_FIELD                                                                         \
    {                                                                                          \
        .name = "decision", .type = FIELD_TEXT, .label = "商会决定",                           \
        .hint = "哪次会议或哪份文件，例如 2026 年第 8 次会长办公会。", .required = true,       \
        .min = 2, .max = 200, .where = IN_FORM                                                 \
    }

const struct field MEMBERSHIP_IN_NOTE[] = {
    {.name = "note", .type = FIELD_TEXT, .label = "说明", .max = 500, .where = IN_FORM}, {0}};
const struct field MEMBERSHIP_IN_REASON[] = {REASON_FIELD, {0}};
const struct field MEMBERSHIP_IN_APPROVE[] = {DECISION_FIELD, {0}};
const struct field MEMBERSHIP_IN_LEAVE[] = {REASON_FIELD,
                                            {.name = "until",
                                             .type = FIELD_DATE,
                                             .label = "离会日期",
                                             .hint = "不填就是今天。",
                                             .where = IN_FORM},
                                            {0}};
const struct field MEMBERSHIP_IN_EXPEL[] = {DECISION_FIELD, REASON_FIELD, {0}};

// ---- loading and saving ----------------------------------------------------------------

const struct db_stmt MEMBERSHIP_SET = {
    .name = "membership.set",
    .sql = "UPDATE membership SET state = $1, publicity_until = $2, decision = $3, since = $4,"
           " until = $5, reason = $6, updated_at = $7, version = version + 1 WHERE id = $8",
    .params = "state:text publicity:text? decision:text? since:text? until:text? reason:text?"
              " now:time id:int"};
const struct db_stmt MEMBERSHIP_LINK = {
    .name = "membership.link",
    .sql = "UPDATE membership SET previous_id = $1 WHERE id = $2",
    .params = "previous:int id:int"};
const struct db_stmt MEMBERSHIP_DUE = {
    .name = "membership.due",
    .sql = "SELECT id FROM membership WHERE state = 'publicity' AND publicity_until < $1"
           " ORDER BY publicity_until LIMIT $2",
    .params = "today:text most:int",
    .row = "id:int"};

static unsigned
relations_of(const struct ctx *c, const struct value *rec)
{
    unsigned relations = ctx_is(c, ROLE_OFFICE) ? MEMBERSHIP_OFFICE : 0;
    const struct actor *who = c->actor;
    if (ctx_is(c, ROLE_SECRETARY) && who->organization_id != 0 &&
        who->organization_id == value_get_int(rec, "organization_id", 0)) {
        relations |= MEMBERSHIP_CHAMBER;
    }
    if (ctx_is(c, ROLE_MEMBER) && who->enterprise_id != 0 &&
        who->enterprise_id == value_get_int(rec, "enterprise_id", 0)) {
        relations |= MEMBERSHIP_MEMBER;
    }
    return relations;
}

static bool
load(struct ctx *c, int64_t id, struct lifecycle_record *out)
{
    return record_step_load(c, &MEMBERSHIP_STEPS, id, out);
}

static const char *
today(struct ctx *c)
{
    return day_text(c->arena, time_to_day(c->now));
}

static struct db_arg
text_of(const struct value *rec, const char *key)
{
    return DB_TEXT(value_get_text(rec, key));
}

// Writes what `rec` says by now, and tells of it.
static enum err
save(struct ctx *c, const char *event, struct lifecycle_record *r)
{
    struct arena *a = c->arena;
    struct value *rec = r->data, *data = value_map(a);
    static const char *const TOLD[] = {"reason", "note", "decision", "until"};
    value_set_text(a, rec, "state", r->state);
    db_put(c->tx, &MEMBERSHIP_SET,
           DB_ARGS(DB_TEXT(r->state), text_of(rec, "publicity_until"), text_of(rec, "decision"),
                   text_of(rec, "since"), text_of(rec, "until"), text_of(rec, "reason"),
                   DB_INT(c->now), DB_INT(r->id)));
    r->version++;
    for (size_t i = 0; i < sizeof TOLD / sizeof *TOLD; i++) {
        const char *s = value_get_text(c->in, TOLD[i]);
        if (s != NULL) {
            value_set_text(a, data, TOLD[i], s);
        }
    }
    value_set_text(a, data, "state", r->state);
    record_event(c, MEMBERSHIP_KIND.name, r->id, event, data);
    audit_write(c, arena_printf(a, "membership.%s", event), MEMBERSHIP_KIND.name, r->id, data);
    return db_tx_err(c->tx);
}

// Both sides hear of what the other one did.
static void
tell(struct ctx *c, const struct lifecycle_record *r, const char *chinese)
{
    const struct value *rec = r->data;
    const char *link = arena_printf(c->arena, "/memberships/%lld", (long long)r->id);
    const char *name = value_get_text(rec, "enterprise_name");
    name = name == NULL ? value_get_text(rec, "person_name") : name;
    const char *chamber = value_get_text(rec, "organization_name");
    int64_t enterprise = value_get_int(rec, "enterprise_id", 0);
    if (ctx_is(c, ROLE_MEMBER) && c->actor->id > 0) {
        notice_to_role(c, ROLE_SECRETARY, value_get_int(rec, "organization_id", 0), 0, link,
                       chinese, name, chamber);
    } else if (enterprise != 0) {
        notice_to_role(c, ROLE_MEMBER, 0, enterprise, link, chinese, name, chamber);
    }
}

// ---- guards and effects ----------------------------------------------------------------

static const char *
publicity_over(struct ctx *c, const struct lifecycle_record *r)
{
    const char *until = value_get_text(r->data, "publicity_until");
    return until != NULL && strcmp(until, today(c)) >= 0 ? T("公示期还没有结束") : NULL;
}

static const char *
of_enterprise(struct ctx *c, const struct lifecycle_record *r)
{
    const struct value *main = value_get(r->data, "is_main");
    (void)c;
    return value_get_int(r->data, "enterprise_id", 0) == 0 ? T("个人会员没有主要商会")
           : main != NULL && value_is_truthy(main)         ? T("已经是主要商会")
                                                           : NULL;
}

static enum err
simply(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    tell(c, r,
         strcmp(t->name, "check") == 0      ? T("{0}加入{1}的申请已初核")
         : strcmp(t->name, "return") == 0   ? T("{0}加入{1}的申请要补正")
         : strcmp(t->name, "resubmit") == 0 ? T("{0}补正了加入{1}的申请")
         : strcmp(t->name, "withdraw") == 0 ? T("{0}撤回了加入{1}的申请")
                                            : T("{0}在{1}的会籍有变化"));
    return save(c, t->event, r);
}

static enum err
with_reason(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    value_set_text(c->arena, r->data, "reason", value_get_text(c->in, "reason"));
    return simply(c, t, r);
}

static enum err
admit(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    (void)t;
    value_set_text(c->arena, r->data, "since", today(c));
    value_set(c->arena, r->data, "reason", &value_null);
    tell(c, r, T("{0}成为{1}的会员"));
    enum err e = save(c, "admit", r);
    return e != ERR_OK ? e : membership_settle(c, value_get_int(r->data, "enterprise_id", 0));
}

static int64_t
publicity_days(struct ctx *c)
{
    int64_t days = PUBLICITY_DAYS;
    const char *s = setting_get(c->tx, c->arena, "membership_publicity_days");
    bool sound = s != NULL && text_to_int(s, &days) && days >= 0 && days <= PUBLICITY_DAYS_MOST;
    return sound ? days : PUBLICITY_DAYS;
}

static enum err
approve(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    int64_t days = publicity_days(c);
    value_set_text(c->arena, r->data, "decision", value_get_text(c->in, "decision"));
    if (days == 0) {
        enum err e = save(c, t->event, r);
        r->state = "member";
        return e != ERR_OK ? e : admit(c, t, r);
    }
    int32_t last = workday_add(time_to_day(c->now), (int)days);
    value_set_text(c->arena, r->data, "publicity_until", day_text(c->arena, last));
    tell(c, r, T("{1}同意{0}入会，正在公示"));
    return save(c, t->event, r);
}

static enum err
object(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    value_set(c->arena, r->data, "publicity_until", &value_null);
    return with_reason(c, t, r);
}

static enum err
end(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *until = value_get_text(c->in, "until");
    const char *since = value_get_text(r->data, "since");
    until = until == NULL ? today(c) : until;
    if (strcmp(until, today(c)) > 0 || (since != NULL && strcmp(until, since) < 0)) {
        return ctx_fault(c, "until", "range", T("离会日期要在入会之后、今天或以前"));
    }
    value_set_text(c->arena, r->data, "until", until);
    if (value_get_text(c->in, "decision") != NULL) {
        value_set_text(c->arena, r->data, "decision", value_get_text(c->in, "decision"));
    }
    enum err e = with_reason(c, t, r);
    return e != ERR_OK ? e : membership_settle(c, value_get_int(r->data, "enterprise_id", 0));
}

// A stay that is over stays over; coming back is another one, which leads to it.
static enum err
readmit(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct arena *a = c->arena;
    struct value *rec = value_map(a);
    static const char *const SAME[] = {"organization_id", "enterprise_id", "person_id",
                                       "contact_name"};
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        const struct value *v = value_get(r->data, SAME[i]);
        if (v != NULL && v->type != VALUE_NULL) {
            value_set(a, rec, SAME[i], v);
        }
    }
    int64_t id = record_create(c, &MEMBERSHIP_KIND, rec);
    if (id == 0) {
        return c->result != ERR_OK ? c->result : ERR_INTERNAL;
    }
    db_put(c->tx, &MEMBERSHIP_LINK, DB_ARGS(DB_INT(r->id), DB_INT(id)));
    enum err e = save(c, t->event, r);
    r->id = id;
    return e;
}

static enum err
make_main(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    enum err e = save(c, t->event, r);
    return e != ERR_OK
               ? e
               : membership_make_main(c, value_get_int(r->data, "enterprise_id", 0), r->id);
}

// ---- the table -------------------------------------------------------------------------

enum {
    KEEPERS = ROLE_OFFICE | ROLE_SECRETARY,
    KEPT_BY = MEMBERSHIP_OFFICE | MEMBERSHIP_CHAMBER,
    APPLICANTS = ROLE_OFFICE | ROLE_SECRETARY | ROLE_MEMBER,
    ANY_SIDE = MEMBERSHIP_OFFICE | MEMBERSHIP_CHAMBER | MEMBERSHIP_MEMBER
};

static const struct transition STEPS[] = {
    {"check", "初核通过", "applied", "checked", KEEPERS, KEPT_BY, MEMBERSHIP_IN_NOTE, NULL,
     simply, "check", "is-main", T("资料齐全，提交商会讨论。")},
    {"approve", "商会同意入会", "checked", "publicity", KEEPERS, KEPT_BY, MEMBERSHIP_IN_APPROVE,
     NULL, approve, "approve", "is-main", T("开始公示，公示期满没有异议就成为会员。")},
    {"admit", "办理入会", "publicity", "member", KEEPERS, KEPT_BY, NULL, publicity_over, admit,
     "admit", "is-main", T("从今天起是会员，可以打印会员证。")},
    {"return", "退回补正", "applied checked", "returned", KEEPERS, KEPT_BY,
     MEMBERSHIP_IN_REASON, NULL, with_reason, "return", NULL, T("申请人补正后可以重新提交。")},
    {"resubmit", "重新提交", "returned", "applied", APPLICANTS, ANY_SIDE, MEMBERSHIP_IN_NOTE,
     NULL, simply, "resubmit", "is-main", NULL},
    {"reject", "不予通过", "applied checked", "rejected", KEEPERS, KEPT_BY,
     MEMBERSHIP_IN_REASON, NULL, with_reason, "reject", "is-warn",
     T("申请到此为止，以后可以再申请。")},
    {"object", "公示有异议", "publicity", "checked", KEEPERS, KEPT_BY, MEMBERSHIP_IN_REASON,
     NULL, object, "object", "is-warn", T("停止公示，退回商会重新研究。")},
    {"withdraw", "撤回申请", "applied returned checked publicity", "withdrawn", APPLICANTS,
     ANY_SIDE, MEMBERSHIP_IN_NOTE, NULL, simply, "withdraw", NULL, T("以后可以再申请。")},
    {"main", "设为主要商会", "member suspended", NULL, KEEPERS, MEMBERSHIP_OFFICE, NULL,
     of_enterprise, make_main, "main", NULL,
     T("企业归到这家商会名下，以后的诉求由它的秘书长看到。")},
    {"suspend", "暂停权利", "member", "suspended", KEEPERS, KEPT_BY, MEMBERSHIP_IN_REASON, NULL,
     with_reason, "suspend", NULL, T("仍是会员，暂停表决和任职。")},
    {"resume", "恢复权利", "suspended", "member", KEEPERS, KEPT_BY, MEMBERSHIP_IN_NOTE, NULL,
     simply, "resume", NULL, NULL},
    {"leave", "退会", "member suspended", "left", KEEPERS, KEPT_BY, MEMBERSHIP_IN_LEAVE, NULL,
     end, "leave", "is-warn", T("会籍到离会日期为止，会员证失效。")},
    {"expel", "除名", "member suspended", "expelled", KEEPERS, KEPT_BY, MEMBERSHIP_IN_EXPEL,
     NULL, end, "expel", "is-warn", T("会籍到今天为止，会员证失效。")},
    {"readmit", "重新入会", "left expelled", NULL, KEEPERS, KEPT_BY, MEMBERSHIP_IN_NOTE, NULL,
     readmit, "readmit", NULL, T("另起一段会籍，从申请开始；以前的会籍不变。")},
    {0},
};

const struct lifecycle MEMBERSHIP_LIFECYCLE = {
    .kind = "membership", .steps = STEPS, .load = load};
const struct record_steps MEMBERSHIP_STEPS = {
    .kind = &MEMBERSHIP_KIND, .life = &MEMBERSHIP_LIFECYCLE, .relations = relations_of};

int64_t
membership_admit_due(struct ctx *c, int64_t most)
{
    const struct value *due =
        db_list(c->tx, c->arena, &MEMBERSHIP_DUE, DB_ARGS(DB_TEXT(today(c)), DB_INT(most)));
    const struct transition *t = lifecycle_find(&MEMBERSHIP_LIFECYCLE, "admit");
    int64_t n = 0;
    for (size_t i = 0; i < value_count(due); i++) {
        struct lifecycle_record r;
        int64_t id = value_get_int(value_at(due, i), "id", 0);
        n += lifecycle_step(c, &MEMBERSHIP_LIFECYCLE, t, id, &r) == ERR_OK;
    }
    return n;
}
