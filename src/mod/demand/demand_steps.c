// SPDX-License-Identifier: Apache-2.0
// The life cycle of a demand: the table of steps (architecture §9) and the reasons beyond the
// state why one cannot be taken. What each does is in demand_effects.c.
#include "mod/demand/demand_effects.h"

#include "base/text.h"

#include <string.h>

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
    struct demand *d = demand_in(r);
    const struct demand_leg *leg = demand_acting_leg(c, d);
    return leg != NULL && strcmp(leg->state, "dispatched") == 0 ? NULL : "本单位已经签收。";
}

static const char *
guard_object(struct ctx *c, const struct lifecycle_record *r)
{
    struct demand *d = demand_in(r);
    const struct demand_leg *leg = demand_lead_leg(d);
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
    struct demand *d = demand_in(r);
    const struct demand_leg *leg = demand_acting_leg(c, d);
    if (leg == NULL || strcmp(leg->state, "dispatched") == 0) {
        return "请先签收。";
    }
    return text_list_has("signed handling suspended reopened", leg->state)
               ? NULL
               : "本单位的办理已经结束。";
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
     .effect = demand_do_submit,
     .event = "submitted",
     .tone = "is-main",
     .consequence = "提交后由工商联受理，办到哪一步都能看到。"},
    {.name = "confirm",
     .label = "评价",
     .from = "answered",
     .to = "closed",
     ENTERPRISE,
     .needs = DEMAND_IN_CONFIRM,
     .effect = demand_do_confirm,
     .event = "confirmed",
     .tone = "is-main",
     .consequence = "满意或一般即办结；不满意会退回原单位重新办理，次数有限。"},
    {.name = "reopen",
     .label = "要求重办",
     .from = "answered confirmed closed",
     .to = "reopened",
     ENTERPRISE,
     .needs = DEMAND_IN_REASON,
     .guard = guard_reopen,
     .effect = demand_do_reopen,
     .event = "reopened",
     .tone = "is-warn",
     .consequence = "退回原主办单位，重新计算时限。"},
    {.name = "supplement",
     .label = "补充说明",
     .from = "submitted accepted pending_conditions answered " IN_HAND,
     ENTERPRISE,
     .needs = DEMAND_IN_SUPPLEMENT,
     .effect = demand_do_supplement,
     .event = "noted",
     .tone = NULL,
     .consequence = "办理单位和工商联会收到通知。"},
    {.name = "withdraw",
     .label = "撤回",
     .from = "draft submitted accepted pending_conditions " IN_HAND,
     .to = "withdrawn",
     ENTERPRISE,
     .needs = DEMAND_IN_REASON,
     .effect = demand_do_withdraw,
     .event = "withdrawn",
     .tone = "is-danger",
     .consequence = "撤回后不再办理，也不能恢复；需要时可以重新提交。"},
    {.name = "accept",
     .label = "受理",
     .from = "submitted",
     .to = "accepted",
     OFFICE,
     .needs = DEMAND_IN_ACCEPT,
     .effect = demand_do_accept,
     .event = "accepted",
     .tone = "is-main",
     .consequence = "受理后要在时限内交办。"},
    {.name = "dispatch",
     .label = "交办",
     .from = "accepted objected",
     .to = "dispatched",
     OFFICE,
     .needs = DEMAND_IN_DISPATCH,
     .effect = demand_do_dispatch,
     .event = "dispatched",
     .tone = "is-main",
     .consequence = "主办和协办单位会收到通知，要在时限内签收。"},
    {.name = "grant_extension",
     .label = "同意延期",
     .from = IN_HAND,
     OFFICE,
     .needs = DEMAND_IN_GRANT,
     .guard = guard_extension,
     .effect = demand_do_grant,
     .event = "extension_granted",
     .tone = "is-main",
     .consequence = "答复时限按工作日顺延，企业会收到通知。"},
    {.name = "refuse_extension",
     .label = "不同意延期",
     .from = IN_HAND,
     OFFICE,
     .needs = DEMAND_IN_REASON,
     .guard = guard_extension,
     .effect = demand_do_refuse,
     .event = "extension_refused",
     .tone = NULL,
     .consequence = "答复时限不变。"},
    {.name = "callback",
     .label = "回访",
     .from = "answered confirmed reopened closed",
     OFFICE,
     .needs = DEMAND_IN_CALLBACK,
     .effect = demand_do_callback,
     .event = "called_back",
     .tone = NULL,
     .consequence = "记入办理经过。"},
    {.name = "urge",
     .label = "催办",
     .from = IN_HAND,
     OFFICE,
     .guard = guard_urge,
     .effect = demand_do_urge,
     .event = "urged",
     .tone = NULL,
     .consequence = "办理单位会收到催办通知。"},
    {.name = "supervise",
     .label = "督办",
     .from = "submitted accepted pending_conditions " IN_HAND,
     OFFICE,
     .guard = guard_supervise,
     .effect = demand_do_supervise,
     .event = "supervised",
     .tone = "is-warn",
     .consequence = "列为督办件，抄送领导。"},
    {.name = "pend",
     .label = "挂账",
     .from = "accepted dispatched signed handling reopened",
     .to = "pending_conditions",
     OFFICE,
     .needs = DEMAND_IN_PEND,
     .effect = demand_do_pend,
     .event = "pended",
     .tone = NULL,
     .consequence = "暂停计时，到复查日期再看条件是否具备。"},
    {.name = "revive",
     .label = "恢复办理",
     .from = "pending_conditions",
     OFFICE,
     .effect = demand_do_revive,
     .event = "revived",
     .tone = "is-main",
     .consequence = "继续计时办理。"},
    {.name = "merge",
     .label = "并案",
     .from = "submitted accepted dispatched signed objected handling",
     .to = "merged",
     OFFICE,
     .needs = DEMAND_IN_MERGE,
     .effect = demand_do_merge,
     .event = "merged",
     .tone = NULL,
     .consequence = "本件随另一件办理，不再单独计时。"},
    {.name = "close",
     .label = "办结",
     .from = "answered confirmed pending_conditions",
     .to = "closed",
     OFFICE,
     .effect = demand_do_close,
     .event = "closed",
     .tone = NULL,
     .consequence = "不等企业评价直接办结。"},
    {.name = "reject",
     .label = "不予受理",
     .from = "submitted accepted",
     .to = "rejected",
     OFFICE,
     .needs = DEMAND_IN_REASON,
     .effect = demand_do_reject,
     .event = "rejected",
     .tone = "is-danger",
     .consequence = "理由会告知企业。"},
    {.name = "archive",
     .label = "归档",
     .from = "closed confirmed rejected withdrawn merged",
     .to = "archived",
     OFFICE,
     .effect = demand_do_archive,
     .event = "archived",
     .tone = NULL,
     .consequence = "归档后不能再办理。"},
    {.name = "sign",
     .label = "签收",
     .from = IN_HAND,
     UNITS,
     .guard = guard_sign,
     .effect = demand_do_sign,
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
     .effect = demand_do_answer,
     .event = "answered",
     .tone = "is-main",
     .consequence = "答复送达企业，由企业评价。"},
    {.name = "contact",
     .label = "联系企业",
     .from = "signed handling suspended reopened",
     LEAD,
     .needs = DEMAND_IN_CONTACT,
     .guard = guard_working,
     .effect = demand_do_contact,
     .event = "contacted",
     .tone = NULL,
     .consequence = "记入办理经过，企业可见。"},
    {.name = "note",
     .label = "办理记录",
     .from = IN_HAND,
     UNITS,
     .needs = DEMAND_IN_NOTE,
     .guard = guard_working,
     .effect = demand_do_note,
     .event = "noted",
     .tone = NULL,
     .consequence = "记入办理经过。"},
    {.name = "extend",
     .label = "申请延期",
     .from = "signed handling reopened",
     LEAD,
     .needs = DEMAND_IN_EXTEND,
     .guard = guard_extend,
     .effect = demand_do_extend,
     .event = "extension_requested",
     .tone = NULL,
     .consequence = "工商联批准后顺延；一件只能申请一次。"},
    {.name = "suspend",
     .label = "暂停时限",
     .from = "signed handling reopened",
     .to = "suspended",
     LEAD,
     .needs = DEMAND_IN_REASON,
     .effect = demand_do_suspend,
     .event = "suspended",
     .tone = NULL,
     .consequence = "等企业补充材料期间不计时，企业会收到通知。"},
    {.name = "resume",
     .label = "恢复计时",
     .from = "suspended",
     LEAD,
     .effect = demand_do_resume,
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
     .effect = demand_do_object,
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
