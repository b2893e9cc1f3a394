// SPDX-License-Identifier: Apache-2.0
// The life cycle of a demand: the table of steps (architecture §9) and what each does. An
// effect changes the struct and writes events; the settling afterwards computes every clock
// from the log and stores it all once.
#include "mod/demand/demand_impl.h"

#include "base/text.h"
#include "kit/attachment.h"
#include "kit/audit.h"
#include "kit/notice.h"

#include <string.h>

// ---- small helpers ---------------------------------------------------------------------

static struct demand *
demand_of(const struct lifecycle_record *r)
{
    return r->data;
}

static struct demand_leg *
leg_find(struct demand *d, int64_t unit_id)
{
    for (size_t i = 0; i < d->leg_count; i++) {
        if (d->legs[i].unit_id == unit_id) {
            return &d->legs[i];
        }
    }
    return NULL;
}

static struct demand_leg *
lead_leg(struct demand *d)
{
    return d->lead_unit_id == 0 ? NULL : leg_find(d, d->lead_unit_id);
}

// The leg of the department that acts; its lead's when the system acts.
static struct demand_leg *
acting_leg(const struct ctx *c, struct demand *d)
{
    return c->actor->id == -1 ? lead_leg(d) : leg_find(d, c->actor->organization_id);
}

static bool
acts_as_lead(const struct ctx *c, const struct demand *d)
{
    return c->actor->id == -1 || (d->relations & DEMAND_LEAD) != 0;
}

static void
lead_state(struct demand *d, const char *state)
{
    struct demand_leg *leg = lead_leg(d);
    if (leg != NULL) {
        leg->state = state;
    }
}

// The input without members that are not for the log; the files that came with it as `files`.
static struct value *
log_data(struct ctx *c)
{
    struct value *v = value_map(c->arena);
    for (uint32_t i = 0; c->in != NULL && i < c->in->map.count; i++) {
        const char *key = c->in->map.pairs[i].key;
        if (strcmp(key, "internal") != 0 && strcmp(key, "attachment_ids") != 0) {
            value_set(c->arena, v, key, c->in->map.pairs[i].v);
        }
    }
    const struct value *files = value_get(c->in, "attachment_ids");
    if (value_count(files) > 0) {
        value_set(c->arena, v, "files", files);
    }
    return v;
}

static enum err
bind_files(struct ctx *c, const struct demand *d)
{
    const struct value *files = value_get(c->in, "attachment_ids");
    return value_count(files) == 0
               ? ERR_OK
               : attachment_bind(c, files, "demand", d->id, "attachment_ids");
}

static const char *
link_of(struct ctx *c, const struct demand *d)
{
    return arena_printf(c->arena, "/demands/%lld", (long long)d->id);
}

static void
tell_enterprise(struct ctx *c, const struct demand *d, const char *chinese)
{
    notice_to_role(c, ROLE_MEMBER, 0, d->enterprise_id, link_of(c, d), chinese, d->receipt_no,
                   d->title);
}

static void
tell_office(struct ctx *c, const struct demand *d, const char *chinese)
{
    notice_to_role(c, ROLE_STAFF, 0, 0, link_of(c, d), chinese, d->receipt_no, d->title);
}

static void
tell_unit(struct ctx *c, const struct demand *d, int64_t unit_id, const char *chinese)
{
    if (unit_id != 0) {
        notice_to_role(c, ROLE_OFFICER, unit_id, 0, link_of(c, d), chinese, d->receipt_no,
                       d->title);
    }
}

static void
end_legs(struct demand *d)
{
    for (size_t i = 0; i < d->leg_count; i++) {
        if (d->legs[i].open || strcmp(d->legs[i].state, "reopened") == 0) {
            d->legs[i].state = "ended";
        }
    }
}

static void
finish(struct ctx *c, struct demand *d, const char *closed_by)
{
    d->closed_by = closed_by;
    d->closed_at = c->now;
    d->resume_state = NULL;
    end_legs(d);
}

// What every step does after its own part: log, caches, audit, the answer.
static enum err
done(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    d->state = r->state;
    demand_settle(c, d);
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "state", d->state);
    audit_write(c, arena_printf(c->arena, "demand.%s", t->name), "demand", d->id, data);
    r->version = d->version + 1;
    return db_tx_err(c->tx);
}

static enum err
log_and_done(struct ctx *c, const struct transition *t, struct lifecycle_record *r,
             int64_t unit)
{
    demand_log(c, demand_of(r), t->event, unit, false, log_data(c));
    return done(c, t, r);
}

// ---- guards ----------------------------------------------------------------------------

static const char *
guard_reopen(struct ctx *c, const struct lifecycle_record *r)
{
    const struct demand *d = r->data;
    if (d->lead_unit_id == 0 || text_equal(d->closed_by, "import")) {
        return "这件诉求没有交办过，不能重新办理。";
    }
    return d->reopenings >= demand_rules_now(c)->max_reopenings
               ? "重新办理的次数已经用完，不能再重新办理。"
               : NULL;
}

static const char *
guard_extension(struct ctx *c, const struct lifecycle_record *r)
{
    (void)c;
    const struct demand *d = r->data;
    return strcmp(d->extension, "requested") == 0 ? NULL : "没有待批的延期申请。";
}

static const char *
guard_extend(struct ctx *c, const struct lifecycle_record *r)
{
    (void)c;
    const struct demand *d = r->data;
    return strcmp(d->extension, "none") == 0 ? NULL : "一件诉求只能申请一次延期。";
}

static const char *
guard_supervise(struct ctx *c, const struct lifecycle_record *r)
{
    (void)c;
    const struct demand *d = r->data;
    return d->supervised_at == 0 ? NULL : "已经在督办了。";
}

static const char *
guard_urge(struct ctx *c, const struct lifecycle_record *r)
{
    (void)c;
    const struct demand *d = r->data;
    return d->lead_unit_id != 0 ? NULL : "还没有交办，没有可以催办的单位。";
}

static const char *
guard_sign(struct ctx *c, const struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    const struct demand_leg *leg = acting_leg(c, d);
    return leg != NULL && strcmp(leg->state, "dispatched") == 0 ? NULL : "本单位已经签收。";
}

static const char *
guard_object(struct ctx *c, const struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    const struct demand_leg *leg = lead_leg(d);
    if (leg == NULL || c->now > clock_objection_until(demand_rules_at(c, leg->dispatched_at),
                                                      leg->dispatched_at)) {
        return "已经过了可以退单的时间。";
    }
    return NULL;
}

// A department works only on what it has signed for and not yet answered.
static const char *
guard_working(struct ctx *c, const struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    const struct demand_leg *leg = acting_leg(c, d);
    if (leg == NULL || strcmp(leg->state, "dispatched") == 0) {
        return "请先签收。";
    }
    return text_list_has("signed handling suspended reopened", leg->state)
               ? NULL
               : "本单位的办理已经结束。";
}

// ---- the enterprise --------------------------------------------------------------------

static enum err
do_submit(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    d->submitted_at = c->now;
    tell_office(c, d, "新诉求 {0}：{1}");
    return log_and_done(c, t, r, 0);
}

static enum err
do_withdraw(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    finish(c, d, "enterprise");
    if (d->lead_unit_id != 0) {
        tell_unit(c, d, d->lead_unit_id, "企业撤回了诉求 {0}：{1}");
    }
    tell_office(c, d, "企业撤回了诉求 {0}：{1}");
    return log_and_done(c, t, r, 0);
}

static void
reopen(struct ctx *c, struct demand *d, const struct value *data)
{
    d->reopenings++;
    d->closed_at = 0;
    d->closed_by = NULL;
    d->answered_at = 0;
    lead_state(d, "reopened");
    demand_log(c, d, "reopened", d->lead_unit_id, false, data);
    tell_unit(c, d, d->lead_unit_id, "企业不满意，请重新办理 {0}：{1}");
    tell_office(c, d, "企业不满意，已退回重办 {0}：{1}");
}

static enum err
do_reopen(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    reopen(c, demand_of(r), log_data(c));
    return done(c, t, r);
}

// 3 to 5 closes. 1 and 2 give it back to the same lead, twice at most; then it closes, and the
// call-back, which dissatisfaction always owes, remains.
static enum err
do_confirm(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    d->satisfaction = value_get_int(c->in, "satisfaction", 0);
    d->comment = value_get_text(c->in, "comment");
    demand_log(c, d, "confirmed", 0, false, log_data(c));
    if (d->satisfaction <= 2 && d->reopenings < demand_rules_now(c)->max_reopenings) {
        r->state = "reopened";
        reopen(c, d, NULL);
        return done(c, t, r);
    }
    r->state = "closed";
    const char *by = ctx_is(c, ROLE_OFFICE) ? "staff" : "enterprise";
    finish(c, d, d->satisfaction <= 2 ? "dissatisfied" : by);
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "closed_by", d->closed_by);
    demand_log(c, d, "closed", 0, false, data);
    if (d->satisfaction <= 2) {
        tell_office(c, d, "企业仍不满意，请回访 {0}：{1}");
    }
    tell_unit(c, d, d->lead_unit_id, "企业已评价 {0}：{1}");
    return done(c, t, r);
}

// More words and papers, whoever has it now. The clocks do not notice: a suspension ends when
// the department has looked at what came.
static enum err
do_supplement(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    enum err e = bind_files(c, d);
    if (e != ERR_OK) {
        return e;
    }
    struct value *data = log_data(c);
    bool waited = strcmp(d->state, "suspended") == 0;
    value_set_text(c->arena, data, "from", "enterprise");
    demand_log(c, d, t->event, 0, false, data);
    for (size_t i = 0; i < d->leg_count; i++) {
        if (d->legs[i].open) {
            tell_unit(c, d, d->legs[i].unit_id,
                      waited ? "企业已补充材料，请核对后恢复计时 {0}：{1}"
                             : "企业补充了说明 {0}：{1}");
        }
    }
    tell_office(c, d, "企业补充了说明 {0}：{1}");
    return done(c, t, r);
}

// ---- the federation --------------------------------------------------------------------

static enum err
do_accept(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    d->level = value_get_text(c->in, "level");
    d->accepted_at = c->now;
    tell_enterprise(c, d, "诉求 {0} 已受理：{1}");
    return log_and_done(c, t, r, 0);
}

static enum err
do_reject(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    finish(c, d, "staff");
    tell_enterprise(c, d, "诉求 {0} 不予受理：{1}");
    return log_and_done(c, t, r, 0);
}

static const char *
unit_name(struct ctx *c, int64_t id)
{
    const struct value *v = demand_store_department(c, id);
    return v == NULL ? NULL : value_get_text(v, "name");
}

static void
begin_leg(struct ctx *c, struct demand *d, int64_t unit_id, const char *role)
{
    struct demand_leg *leg = leg_find(d, unit_id);
    if (leg == NULL) {
        leg = &d->legs[d->leg_count++];
    } else if (leg->open && strcmp(leg->role, role) == 0) {
        return; // it works on it already
    }
    *leg = (struct demand_leg){.unit_id = unit_id,
                               .role = role,
                               .state = "dispatched",
                               .dispatched_at = c->now,
                               .met = -1,
                               .open = true};
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "role", role);
    demand_log(c, d, "dispatched", unit_id, false, data);
    tell_unit(c, d, unit_id,
              strcmp(role, "lead") == 0 ? "请签收主办诉求 {0}：{1}"
                                        : "请签收协办诉求 {0}：{1}");
}

static bool
units_known(struct ctx *c, int64_t lead, const struct value *assists)
{
    if (unit_name(c, lead) == NULL) {
        ctx_fault(c, "lead_unit_id", "unknown", "没有这个单位。");
    }
    if (value_count(assists) > DEMAND_LEGS_MAX / 2) {
        ctx_fault(c, "assist_unit_ids", "too_many", "协办单位太多。");
        return false;
    }
    for (size_t i = 0; i < value_count(assists); i++) {
        int64_t id = value_at(assists, i)->i;
        if (id == lead) {
            ctx_fault(c, "assist_unit_ids", "is_lead", "主办单位不能同时协办。");
        } else if (unit_name(c, id) == NULL) {
            ctx_fault(c, "assist_unit_ids", "unknown", "没有这个单位。");
        }
    }
    return c->faults.count == 0;
}

static enum err
do_dispatch(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    int64_t lead = value_get_int(c->in, "lead_unit_id", 0);
    const struct value *assists = value_get(c->in, "assist_unit_ids");
    if (!units_known(c, lead, assists)) {
        return ERR_INVALID;
    }
    struct demand_leg *former = lead_leg(d);
    if (former != NULL && former->unit_id != lead && former->open) {
        former->state = "ended";
    }
    d->lead_unit_id = lead;
    begin_leg(c, d, lead, "lead");
    for (size_t i = 0; i < value_count(assists); i++) {
        begin_leg(c, d, value_at(assists, i)->i, "assist");
    }
    tell_enterprise(c, d, "诉求 {0} 已交办：{1}");
    return done(c, t, r);
}

// The most days an extension may give, by the numbers its answer runs under.
static int
extension_most(struct ctx *c, struct demand *d)
{
    const struct demand_leg *leg = lead_leg(d);
    const struct clock_profile *p =
        demand_rules_at(c, leg == NULL ? c->now : leg->dispatched_at);
    return clock_extension_most(p, p->answer[demand_level_number(d->level)]);
}

static enum err
check_days(struct ctx *c, struct demand *d)
{
    int64_t most = extension_most(c, d);
    if (value_get_int(c->in, "days", 0) <= most) {
        return ERR_OK;
    }
    return faults_add(c->arena, &c->faults, "days", "too_many",
                      ctx_trf(c, "延期不能超过 {0} 个工作日。", 1,
                              arena_printf(c->arena, "%lld", (long long)most)));
}

static enum err
do_grant(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    if (check_days(c, d) != ERR_OK) {
        return ERR_INVALID;
    }
    d->extension = "granted";
    d->extension_days = value_get_int(c->in, "days", 0);
    tell_unit(c, d, d->lead_unit_id, "同意延期 {0}：{1}");
    tell_enterprise(c, d, "诉求 {0} 办理延期：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

static enum err
do_refuse(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    d->extension = "refused";
    tell_unit(c, d, d->lead_unit_id, "不同意延期 {0}：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

// The other one keeps its own clock; this one's ends.
static enum err
do_merge(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    struct demand into;
    int64_t id = value_get_int(c->in, "into_id", 0);
    if (id == d->id || !demand_store_load(c, id, &into, NULL) ||
        demand_relations(c, &into) == 0 || !demand_state_open(into.state)) {
        return ctx_fault(c, "into_id", "unknown", "没有这件正在办理的诉求。");
    }
    d->merged_into = id;
    finish(c, d, "merged");
    struct value *note = value_map(c->arena);
    value_set_text(c->arena, note, "body",
                   arena_printf(c->arena, "%s 并入本件", d->receipt_no));
    value_set_int(c->arena, note, "merged_id", d->id);
    demand_log(c, &into, "noted", 0, true, note);
    tell_enterprise(c, d, "诉求 {0} 已与同类诉求合并办理：{1}");
    tell_unit(c, d, d->lead_unit_id, "诉求 {0} 已并入另一件办理：{1}");
    return log_and_done(c, t, r, 0);
}

static enum err
do_supervise(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    d->supervised_at = c->now;
    tell_unit(c, d, d->lead_unit_id, "督办：{0} {1}");
    notice_to_role(c, ROLE_LEADER, 0, 0, link_of(c, d), "督办：{0} {1}", d->receipt_no,
                   d->title);
    return log_and_done(c, t, r, d->lead_unit_id);
}

static enum err
do_urge(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    for (size_t i = 0; i < d->leg_count; i++) {
        if (d->legs[i].open) {
            tell_unit(c, d, d->legs[i].unit_id, "催办：{0} {1}");
        }
    }
    return log_and_done(c, t, r, d->lead_unit_id);
}

static enum err
do_callback(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    int64_t satisfaction = value_get_int(c->in, "satisfaction", 0);
    if (d->satisfaction == 0 && satisfaction != 0) {
        d->satisfaction = satisfaction; // the enterprise itself never said
    }
    return log_and_done(c, t, r, 0);
}

static enum err
do_pend(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    int32_t day = 0;
    const char *text = value_get_text(c->in, "review_on");
    if (!day_parse(text, &day) || day <= time_to_day(c->now)) {
        return ctx_fault(c, "review_on", "past", "复查日期要在今天之后。");
    }
    d->review_on = text;
    d->resume_state = d->state;
    tell_enterprise(c, d, "诉求 {0} 暂不具备条件，已挂账：{1}");
    return log_and_done(c, t, r, 0);
}

static enum err
do_revive(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    r->state = d->resume_state == NULL ? "handling" : d->resume_state;
    d->resume_state = NULL;
    d->review_on = NULL;
    tell_unit(c, d, d->lead_unit_id, "恢复办理 {0}：{1}");
    tell_enterprise(c, d, "诉求 {0} 恢复办理：{1}");
    return log_and_done(c, t, r, 0);
}

static enum err
do_close(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    finish(c, d, c->actor->id == -1 ? "no_response" : "staff");
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "closed_by", d->closed_by);
    demand_log(c, d, t->event, 0, false, data);
    tell_enterprise(c, d, "诉求 {0} 已办结：{1}");
    return done(c, t, r);
}

static enum err
do_archive(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    return log_and_done(c, t, r, 0);
}

// ---- the departments -------------------------------------------------------------------

static enum err
do_sign(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    struct demand_leg *leg = acting_leg(c, d);
    leg->state = "signed";
    leg->signed_at = c->now;
    if (acts_as_lead(c, d)) {
        r->state = "signed";
    }
    return log_and_done(c, t, r, leg->unit_id);
}

static enum err
do_object(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    lead_state(d, "objected");
    tell_office(c, d, "退单，请重新交办 {0}：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

static enum err
do_contact(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    return log_and_done(c, t, r, demand_of(r)->lead_unit_id);
}

static enum err
do_note(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    struct demand_leg *leg = acting_leg(c, d);
    bool internal = value_get_bool(c->in, "internal");
    if (strcmp(leg->state, "signed") == 0) {
        leg->state = "handling";
        if (acts_as_lead(c, d) && strcmp(d->state, "signed") == 0) {
            r->state = "handling";
        }
    }
    demand_log(c, d, t->event, leg->unit_id, internal, log_data(c));
    if (!internal) {
        tell_enterprise(c, d, "诉求 {0} 有新进展：{1}");
    }
    return done(c, t, r);
}

static enum err
do_suspend(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    d->resume_state = d->state;
    lead_state(d, "suspended");
    tell_enterprise(c, d, "诉求 {0} 需要您补充材料，办理时限暂停：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

static enum err
do_resume(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    r->state = d->resume_state == NULL ? "handling" : d->resume_state;
    d->resume_state = NULL;
    lead_state(d, r->state);
    return log_and_done(c, t, r, d->lead_unit_id);
}

static enum err
do_extend(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    if (check_days(c, d) != ERR_OK) {
        return ERR_INVALID;
    }
    d->extension = "requested";
    d->extension_days = value_get_int(c->in, "days", 0);
    tell_office(c, d, "申请延期，请审批 {0}：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

// The lead's answer is the answer; an assisting department's goes to the lead.
static enum err
do_answer(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_of(r);
    struct demand_leg *leg = acting_leg(c, d);
    bool lead = acts_as_lead(c, d);
    if (lead && value_get_text(c->in, "outcome") == NULL) {
        return ctx_fault(c, "outcome", "required", "请选择办理结果。");
    }
    enum err e = bind_files(c, d);
    if (e != ERR_OK) {
        return e;
    }
    leg->state = "answered";
    leg->answered_at = c->now;
    if (lead) {
        r->state = "answered";
        d->answered_at = c->now;
        d->outcome = value_get_text(c->in, "outcome");
        d->resume_state = NULL;
        if (strcmp(d->extension, "requested") == 0) {
            d->extension = "none"; // nothing is left to extend
        }
        tell_enterprise(c, d, "诉求 {0} 已答复，请评价：{1}");
        tell_office(c, d, "已答复 {0}：{1}");
    } else {
        tell_unit(c, d, d->lead_unit_id, "协办单位已答复 {0}：{1}");
    }
    return log_and_done(c, t, r, leg->unit_id);
}

// ---- the table -------------------------------------------------------------------------

#define ENTERPRISE .roles = ROLE_MEMBER | ROLE_OFFICE, .relations = DEMAND_OWNER
#define OFFICE .roles = ROLE_OFFICE, .relations = DEMAND_OFFICE
#define LEAD .roles = ROLE_OFFICER, .relations = DEMAND_LEAD
#define UNITS .roles = ROLE_OFFICER, .relations = DEMAND_LEAD | DEMAND_ASSIST
#define IN_HAND "dispatched signed objected handling suspended reopened"

const struct transition DEMAND_STEPS[] = {
    {.name = "submit",
     .label = "提交",
     .from = "draft",
     .to = "submitted",
     .roles = ROLE_MEMBER | ROLE_OFFICE | ROLE_SECRETARY,
     .relations = DEMAND_OWNER | DEMAND_AUTHOR,
     .effect = do_submit,
     .event = "submitted",
     .tone = "is-main",
     .consequence = "提交后由工商联受理，办到哪一步都能看到。"},
    {.name = "confirm",
     .label = "评价",
     .from = "answered",
     .to = "closed",
     ENTERPRISE,
     .needs = DEMAND_IN_CONFIRM,
     .effect = do_confirm,
     .event = "confirmed",
     .tone = "is-main",
     .consequence = "满意或基本满意即办结；不满意会退回原单位重新办理，次数有限。"},
    {.name = "reopen",
     .label = "要求重办",
     .from = "answered confirmed closed",
     .to = "reopened",
     ENTERPRISE,
     .needs = DEMAND_IN_REASON,
     .guard = guard_reopen,
     .effect = do_reopen,
     .event = "reopened",
     .tone = "is-warn",
     .consequence = "退回原主办单位，重新计算时限。"},
    {.name = "supplement",
     .label = "补充说明",
     .from = "submitted accepted pending_conditions answered " IN_HAND,
     ENTERPRISE,
     .needs = DEMAND_IN_SUPPLEMENT,
     .effect = do_supplement,
     .event = "noted",
     .tone = NULL,
     .consequence = "办理单位和工商联会收到通知。"},
    {.name = "withdraw",
     .label = "撤回",
     .from = "draft submitted accepted pending_conditions " IN_HAND,
     .to = "withdrawn",
     ENTERPRISE,
     .needs = DEMAND_IN_REASON,
     .effect = do_withdraw,
     .event = "withdrawn",
     .tone = "is-danger",
     .consequence = "撤回后不再办理，也不能恢复；需要时可以重新提交。"},
    {.name = "accept",
     .label = "受理",
     .from = "submitted",
     .to = "accepted",
     OFFICE,
     .needs = DEMAND_IN_ACCEPT,
     .effect = do_accept,
     .event = "accepted",
     .tone = "is-main",
     .consequence = "受理后要在时限内交办。"},
    {.name = "dispatch",
     .label = "交办",
     .from = "accepted objected",
     .to = "dispatched",
     OFFICE,
     .needs = DEMAND_IN_DISPATCH,
     .effect = do_dispatch,
     .event = "dispatched",
     .tone = "is-main",
     .consequence = "主办和协办单位会收到通知，要在时限内签收。"},
    {.name = "grant_extension",
     .label = "同意延期",
     .from = IN_HAND,
     OFFICE,
     .needs = DEMAND_IN_GRANT,
     .guard = guard_extension,
     .effect = do_grant,
     .event = "extension_granted",
     .tone = "is-main",
     .consequence = "答复时限按工作日顺延，企业会收到通知。"},
    {.name = "refuse_extension",
     .label = "不同意延期",
     .from = IN_HAND,
     OFFICE,
     .needs = DEMAND_IN_REASON,
     .guard = guard_extension,
     .effect = do_refuse,
     .event = "extension_refused",
     .tone = NULL,
     .consequence = "答复时限不变。"},
    {.name = "callback",
     .label = "回访",
     .from = "answered confirmed reopened closed",
     OFFICE,
     .needs = DEMAND_IN_CALLBACK,
     .effect = do_callback,
     .event = "called_back",
     .tone = NULL,
     .consequence = "记入办理经过。"},
    {.name = "urge",
     .label = "催办",
     .from = IN_HAND,
     OFFICE,
     .guard = guard_urge,
     .effect = do_urge,
     .event = "urged",
     .tone = NULL,
     .consequence = "办理单位会收到催办通知。"},
    {.name = "supervise",
     .label = "督办",
     .from = "submitted accepted pending_conditions " IN_HAND,
     OFFICE,
     .guard = guard_supervise,
     .effect = do_supervise,
     .event = "supervised",
     .tone = "is-warn",
     .consequence = "列为督办件，抄送领导。"},
    {.name = "pend",
     .label = "挂账",
     .from = "accepted dispatched signed handling reopened",
     .to = "pending_conditions",
     OFFICE,
     .needs = DEMAND_IN_PEND,
     .effect = do_pend,
     .event = "pended",
     .tone = NULL,
     .consequence = "暂停计时，到复查日期再看条件是否具备。"},
    {.name = "revive",
     .label = "恢复办理",
     .from = "pending_conditions",
     OFFICE,
     .effect = do_revive,
     .event = "revived",
     .tone = "is-main",
     .consequence = "继续计时办理。"},
    {.name = "merge",
     .label = "并案",
     .from = "submitted accepted dispatched signed objected handling",
     .to = "merged",
     OFFICE,
     .needs = DEMAND_IN_MERGE,
     .effect = do_merge,
     .event = "merged",
     .tone = NULL,
     .consequence = "本件随另一件办理，不再单独计时。"},
    {.name = "close",
     .label = "办结",
     .from = "answered confirmed pending_conditions",
     .to = "closed",
     OFFICE,
     .effect = do_close,
     .event = "closed",
     .tone = NULL,
     .consequence = "不等企业评价直接办结。"},
    {.name = "reject",
     .label = "不予受理",
     .from = "submitted accepted",
     .to = "rejected",
     OFFICE,
     .needs = DEMAND_IN_REASON,
     .effect = do_reject,
     .event = "rejected",
     .tone = "is-danger",
     .consequence = "理由会告知企业。"},
    {.name = "archive",
     .label = "归档",
     .from = "closed confirmed rejected withdrawn merged",
     .to = "archived",
     OFFICE,
     .effect = do_archive,
     .event = "archived",
     .tone = NULL,
     .consequence = "归档后不能再办理。"},
    {.name = "sign",
     .label = "签收",
     .from = IN_HAND,
     UNITS,
     .guard = guard_sign,
     .effect = do_sign,
     .event = "signed",
     .tone = "is-main",
     .consequence = "签收后要在时限内联系企业。"},
    {.name = "answer",
     .label = "答复",
     .from = "signed handling suspended reopened objected "
             "dispatched",
     UNITS,
     .needs = DEMAND_IN_ANSWER,
     .guard = guard_working,
     .effect = do_answer,
     .event = "answered",
     .tone = "is-main",
     .consequence = "答复送达企业，由企业评价。"},
    {.name = "contact",
     .label = "联系企业",
     .from = "signed handling suspended reopened",
     LEAD,
     .needs = DEMAND_IN_CONTACT,
     .guard = guard_working,
     .effect = do_contact,
     .event = "contacted",
     .tone = NULL,
     .consequence = "记入办理经过，企业可见。"},
    {.name = "note",
     .label = "办理记录",
     .from = IN_HAND,
     UNITS,
     .needs = DEMAND_IN_NOTE,
     .guard = guard_working,
     .effect = do_note,
     .event = "noted",
     .tone = NULL,
     .consequence = "记入办理经过。"},
    {.name = "extend",
     .label = "申请延期",
     .from = "signed handling reopened",
     LEAD,
     .needs = DEMAND_IN_EXTEND,
     .guard = guard_extend,
     .effect = do_extend,
     .event = "extension_requested",
     .tone = NULL,
     .consequence = "工商联批准后顺延；一件只能申请一次。"},
    {.name = "suspend",
     .label = "暂停计时",
     .from = "signed handling reopened",
     .to = "suspended",
     LEAD,
     .needs = DEMAND_IN_REASON,
     .effect = do_suspend,
     .event = "suspended",
     .tone = NULL,
     .consequence = "等企业补充材料期间不计时，企业会收到通知。"},
    {.name = "resume",
     .label = "恢复计时",
     .from = "suspended",
     LEAD,
     .effect = do_resume,
     .event = "resumed",
     .tone = "is-main",
     .consequence = "继续计时。"},
    {.name = "object",
     .label = "退单",
     .from = "dispatched signed",
     .to = "objected",
     LEAD,
     .needs = DEMAND_IN_REASON,
     .guard = guard_object,
     .effect = do_object,
     .event = "objected",
     .tone = "is-danger",
     .consequence = "退回工商联重新交办；过了退单的时间就不能退。"},
    {0},
};

// ---- the engine's view -----------------------------------------------------------------

static bool
load(struct ctx *c, int64_t id, struct lifecycle_record *r)
{
    struct demand *d = ARENA_NEW(c->arena, struct demand);
    if (!demand_store_load(c, id, d, NULL)) {
        return false;
    }
    d->relations = demand_relations(c, d);
    *r = (struct lifecycle_record){.id = id,
                                   .version = d->version,
                                   .state = d->state,
                                   .relations = d->relations,
                                   .data = d};
    return d->relations != 0;
}

const struct lifecycle DEMAND_LIFECYCLE = {
    .kind = "demand", .steps = DEMAND_STEPS, .load = load};

const struct transition *
demand_transition(const char *name)
{
    return lifecycle_find(&DEMAND_LIFECYCLE, name);
}

int64_t
demand_auto_close(struct ctx *c)
{
    const struct value *ids = demand_store_unconfirmed(c, c->now, 500);
    const struct transition *close = demand_transition("close");
    int64_t n = 0;
    for (size_t i = 0; i < value_count(ids); i++) {
        struct lifecycle_record r;
        int64_t id = value_get_int(value_at(ids, i), "id", 0);
        n += lifecycle_step(c, &DEMAND_LIFECYCLE, close, id, &r) == ERR_OK;
    }
    return n;
}
