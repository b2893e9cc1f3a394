// SPDX-License-Identifier: Apache-2.0
// What each step does to a demand: it changes the struct, writes events and tells people; the
// settling afterwards computes every clock from the log and stores it all once.
#include "mod/demand/demand_effects.h"

#include "base/text.h"
#include "kit/attachment.h"
#include "kit/audit.h"
#include "kit/notice.h"

#include <string.h>

// ---- small helpers ---------------------------------------------------------------------

struct demand *
demand_in(const struct lifecycle_record *r)
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

struct demand_leg *
demand_lead_leg(struct demand *d)
{
    return d->lead_unit_id == 0 ? NULL : leg_find(d, d->lead_unit_id);
}

struct demand_leg *
demand_acting_leg(const struct ctx *c, struct demand *d)
{
    return c->actor->id == -1 ? demand_lead_leg(d) : leg_find(d, c->actor->organization_id);
}

static bool
acts_as_lead(const struct ctx *c, const struct demand *d)
{
    return c->actor->id == -1 || (d->relations & DEMAND_LEAD) != 0;
}

static void
lead_state(struct demand *d, const char *state)
{
    struct demand_leg *leg = demand_lead_leg(d);
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

void
demand_tell_office(struct ctx *c, const struct demand *d, const char *chinese)
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
    struct demand *d = demand_in(r);
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
    demand_log(c, demand_in(r), t->event, unit, false, log_data(c));
    return done(c, t, r);
}

// ---- the enterprise --------------------------------------------------------------------

enum err
demand_do_submit(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    d->submitted_at = c->now;
    demand_tell_office(c, d, "新诉求 {0}：{1}");
    return log_and_done(c, t, r, 0);
}

enum err
demand_do_withdraw(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    finish(c, d, "enterprise");
    if (d->lead_unit_id != 0) {
        tell_unit(c, d, d->lead_unit_id, "企业撤回了诉求 {0}：{1}");
    }
    demand_tell_office(c, d, "企业撤回了诉求 {0}：{1}");
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
    demand_tell_office(c, d, "企业不满意，已退回重办 {0}：{1}");
}

enum err
demand_do_reopen(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    reopen(c, demand_in(r), log_data(c));
    return done(c, t, r);
}

// 3 to 5 closes. 1 and 2 give it back to the same lead, twice at most; then it closes, and the
// call-back, which dissatisfaction always owes, remains.
enum err
demand_do_confirm(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
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
        demand_tell_office(c, d, "企业仍不满意，请回访 {0}：{1}");
    }
    tell_unit(c, d, d->lead_unit_id, "企业已评价 {0}：{1}");
    return done(c, t, r);
}

// More words and papers, whoever has it now. The clocks do not notice: a suspension ends when
// the department has looked at what came.
enum err
demand_do_supplement(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
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
    demand_tell_office(c, d, "企业补充了说明 {0}：{1}");
    return done(c, t, r);
}

// ---- the federation --------------------------------------------------------------------

enum err
demand_do_accept(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    d->level = value_get_text(c->in, "level");
    d->accepted_at = c->now;
    tell_enterprise(c, d, "诉求 {0} 已受理：{1}");
    return log_and_done(c, t, r, 0);
}

enum err
demand_do_reject(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
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

enum err
demand_do_dispatch(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    int64_t lead = value_get_int(c->in, "lead_unit_id", 0);
    const struct value *assists = value_get(c->in, "assist_unit_ids");
    if (!units_known(c, lead, assists)) {
        return ERR_INVALID;
    }
    struct demand_leg *former = demand_lead_leg(d);
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
    const struct demand_leg *leg = demand_lead_leg(d);
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

enum err
demand_do_grant(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    if (check_days(c, d) != ERR_OK) {
        return ERR_INVALID;
    }
    d->extension = "granted";
    d->extension_days = value_get_int(c->in, "days", 0);
    tell_unit(c, d, d->lead_unit_id, "同意延期 {0}：{1}");
    tell_enterprise(c, d, "诉求 {0} 办理延期：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

enum err
demand_do_refuse(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    d->extension = "refused";
    tell_unit(c, d, d->lead_unit_id, "不同意延期 {0}：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

// The other one keeps its own clock; this one's ends.
enum err
demand_do_merge(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
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

enum err
demand_do_supervise(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    d->supervised_at = c->now;
    tell_unit(c, d, d->lead_unit_id, "督办：{0} {1}");
    notice_to_role(c, ROLE_LEADER, 0, 0, link_of(c, d), "督办：{0} {1}", d->receipt_no,
                   d->title);
    return log_and_done(c, t, r, d->lead_unit_id);
}

enum err
demand_do_urge(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    for (size_t i = 0; i < d->leg_count; i++) {
        if (d->legs[i].open) {
            tell_unit(c, d, d->legs[i].unit_id, "催办：{0} {1}");
        }
    }
    return log_and_done(c, t, r, d->lead_unit_id);
}

enum err
demand_do_callback(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    int64_t satisfaction = value_get_int(c->in, "satisfaction", 0);
    if (d->satisfaction == 0 && satisfaction != 0) {
        d->satisfaction = satisfaction; // the enterprise itself never said
    }
    return log_and_done(c, t, r, 0);
}

enum err
demand_do_pend(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    int32_t day = 0;
    const char *text = value_get_text(c->in, "review_on");
    int32_t latest = demand_rules_review_by(c);
    if (!day_parse(text, &day) || day <= time_to_day(c->now)) {
        return ctx_fault(c, "review_on", "past", "复查日期要在今天之后。");
    }
    if (day > latest) {
        return faults_add(c->arena, &c->faults, "review_on", "too_late",
                          ctx_trf(c, T("复查日期最晚是 {0}。"), 1, day_text(c->arena, latest)));
    }
    d->review_on = text;
    d->resume_state = d->state;
    tell_enterprise(c, d, "诉求 {0} 暂不具备条件，已挂账：{1}");
    return log_and_done(c, t, r, 0);
}

enum err
demand_do_revive(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    r->state = d->resume_state == NULL ? "handling" : d->resume_state;
    d->resume_state = NULL;
    d->review_on = NULL;
    tell_unit(c, d, d->lead_unit_id, "恢复办理 {0}：{1}");
    tell_enterprise(c, d, "诉求 {0} 恢复办理：{1}");
    return log_and_done(c, t, r, 0);
}

enum err
demand_do_close(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    finish(c, d, c->actor->id == -1 ? "no_response" : "staff");
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "closed_by", d->closed_by);
    demand_log(c, d, t->event, 0, false, data);
    tell_enterprise(c, d, "诉求 {0} 已办结：{1}");
    return done(c, t, r);
}

enum err
demand_do_archive(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    return log_and_done(c, t, r, 0);
}

// ---- the departments -------------------------------------------------------------------

enum err
demand_do_sign(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    struct demand_leg *leg = demand_acting_leg(c, d);
    leg->state = "signed";
    leg->signed_at = c->now;
    if (acts_as_lead(c, d)) {
        r->state = "signed";
    }
    return log_and_done(c, t, r, leg->unit_id);
}

enum err
demand_do_object(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    lead_state(d, "objected");
    demand_tell_office(c, d, "退单，请重新交办 {0}：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

enum err
demand_do_contact(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    return log_and_done(c, t, r, demand_in(r)->lead_unit_id);
}

enum err
demand_do_note(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    struct demand_leg *leg = demand_acting_leg(c, d);
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

enum err
demand_do_suspend(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    d->resume_state = d->state;
    lead_state(d, "suspended");
    tell_enterprise(c, d, "诉求 {0} 需要您补充材料，办理时限暂停：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

enum err
demand_do_resume(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    r->state = d->resume_state == NULL ? "handling" : d->resume_state;
    d->resume_state = NULL;
    lead_state(d, r->state);
    return log_and_done(c, t, r, d->lead_unit_id);
}

enum err
demand_do_extend(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    if (check_days(c, d) != ERR_OK) {
        return ERR_INVALID;
    }
    d->extension = "requested";
    d->extension_days = value_get_int(c->in, "days", 0);
    demand_tell_office(c, d, "申请延期，请审批 {0}：{1}");
    return log_and_done(c, t, r, d->lead_unit_id);
}

// The lead's answer is the answer; an assisting department's goes to the lead.
enum err
demand_do_answer(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    struct demand_leg *leg = demand_acting_leg(c, d);
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
        demand_tell_office(c, d, "已答复 {0}：{1}");
    } else {
        tell_unit(c, d, d->lead_unit_id, "协办单位已答复 {0}：{1}");
    }
    return log_and_done(c, t, r, leg->unit_id);
}
