// SPDX-License-Identifier: Apache-2.0
// The words of demands: values as stored and printed, their Chinese labels, their badges; and
// the fields people fill in.
#include "mod/demand/demand_impl.h"

#include "base/text.h"

const struct choice DEMAND_STATES[] = {
    {"draft", "草稿", "is-mute"},         {"submitted", "待受理", "is-info"},
    {"accepted", "待交办", "is-info"},    {"rejected", "不予受理", "is-mute"},
    {"dispatched", "待签收", "is-info"},  {"signed", "已签收", "is-info"},
    {"objected", "已退单", "is-warn"},    {"handling", "办理中", "is-info"},
    {"suspended", "暂停计时", "is-mute"}, {"pending_conditions", "挂账", "is-mute"},
    {"answered", "待评价", "is-accent"},  {"confirmed", "已确认", "is-ok"},
    {"reopened", "重新办理", "is-warn"},  {"closed", "已办结", "is-ok"},
    {"archived", "已归档", "is-mute"},    {"withdrawn", "已撤回", "is-mute"},
    {"merged", "已并案", "is-mute"},      {0},
};

const struct choice DEMAND_SOURCES[] = {
    {"enterprise", "企业网上提交", NULL},
    {"staff", "工商联登记", NULL},
    {"secretary", "商会代报", NULL},
    {"visit", "走访", NULL},
    {"phone", "来电", NULL},
    {"symposium", "座谈会", NULL},
    {"import", "历史导入", NULL},
    {0},
};

// How a demand reached those who register it; what enterprises send themselves came online.
static const struct choice TAKEN[] = {
    {"visit", "走访", NULL},
    {"phone", "来电", NULL},
    {"symposium", "座谈会", NULL},
    {0},
};

const struct choice DEMAND_LEVELS[] = {
    {"L1", "一级 咨询查询", NULL},
    {"L2", "二级 一般事项", NULL},
    {"L3", "三级 跨部门事项", NULL},
    {"L4", "四级 疑难事项", NULL},
    {0},
};

const struct choice DEMAND_OUTCOMES[] = {
    {"resolved", "已解决", "is-ok"},          {"partial", "部分解决", "is-warn"},
    {"explained", "解释说明", "is-info"},     {"no_conditions", "不具备条件", "is-mute"},
    {"not_competent", "不属职权", "is-mute"}, {0},
};

const struct choice DEMAND_VISIBILITIES[] = {
    {"chamber", "商会和工商联可见", NULL},
    {"federation", "仅工商联可见", NULL},
    {0},
};

const struct choice DEMAND_EXTENSIONS[] = {
    {"none", "未延期", NULL},
    {"requested", "已申请延期", "is-warn"},
    {"granted", "已延期", "is-info"},
    {"refused", "未准延期", "is-mute"},
    {0},
};

const struct choice DEMAND_LIGHTS[] = {
    {"green", "正常", "is-ok"},    {"yellow", "快到期", "is-warn"},
    {"red", "已超期", "is-bad"},   {"paused", "暂停计时", "is-mute"},
    {"done", "已结束", "is-mute"}, {0},
};

const struct choice DEMAND_SATISFACTIONS[] = {
    {"5", "很满意", "is-ok"},   {"4", "满意", "is-ok"},      {"3", "一般", "is-info"},
    {"2", "不满意", "is-warn"}, {"1", "很不满意", "is-bad"}, {0},
};

const struct choice DEMAND_EVENTS[] = {
    {"submitted", "提交了诉求", NULL},
    {"accepted", "受理", NULL},
    {"rejected", "不予受理", NULL},
    {"dispatched", "交办", NULL},
    {"signed", "签收", NULL},
    {"objected", "退单", NULL},
    {"contacted", "联系企业", NULL},
    {"noted", "办理记录", NULL},
    {"suspended", "暂停计时", NULL},
    {"resumed", "恢复计时", NULL},
    {"extension_requested", "申请延期", NULL},
    {"extension_granted", "同意延期", NULL},
    {"extension_refused", "不同意延期", NULL},
    {"answered", "答复", NULL},
    {"confirmed", "评价", NULL},
    {"reopened", "重新办理", NULL},
    {"called_back", "回访", NULL},
    {"pended", "挂账", NULL},
    {"revived", "恢复办理", NULL},
    {"supervised", "督办", NULL},
    {"urged", "催办", NULL},
    {"merged", "并案", NULL},
    {"withdrawn", "撤回", NULL},
    {"closed", "办结", NULL},
    {"archived", "归档", NULL},
    {0},
};

const struct choice DEMAND_LEG_STATES[] = {
    {"dispatched", "待签收", "is-info"},
    {"signed", "已签收", "is-info"},
    {"objected", "已退单", "is-warn"},
    {"handling", "办理中", "is-info"},
    {"suspended", "暂停计时", "is-mute"},
    {"reopened", "重新办理", "is-warn"},
    {"answered", "已答复", "is-ok"},
    {"ended", "已结束", "is-mute"},
    {0},
};

const struct choice DEMAND_MEASURES[] = {
    {"accepted", "已受理", NULL},
    {"answered", "已答复", NULL},
    {"timed", "计入按时率", NULL},
    {"late", "超期答复", NULL},
    {"rated", "已评分", NULL},
    {"satisfied", "满意", NULL},
    {0},
};

const struct choice DEMAND_VIEWS[] = {
    {"mine", "我的待办", NULL},     {"open", "办理中", NULL},
    {"unassigned", "待交办", NULL}, {"due", "快到期", NULL},
    {"overdue", "已超期", NULL},    {"to_rate", "待评价", NULL},
    {"supervised", "督办件", NULL}, {"review", "挂账待复查", NULL},
    {"all", "全部", NULL},          {0},
};

static const char *
check_mobile(struct arena *a, const char *text)
{
    (void)a;
    return text_is_mobile(text) ? NULL : "手机号要是 11 位，以 1 开头。";
}

const struct field DEMAND_FIELDS[] = {
    {.name = "enterprise_id",
     .type = FIELD_REF,
     .label = "企业",
     .ref = "enterprise",
     .hint = "代企业登记时填写。",
     .where = IN_FORM | IN_DETAIL | IN_FILTER},
    {.name = "title",
     .type = FIELD_TEXT,
     .label = "标题",
     .required = true,
     .min = 2,
     .max = 100,
     .hint = "一句话说清是什么事。",
     .where = IN_ALL,
     .search = 2},
    {.name = "category",
     .type = FIELD_CHOICE,
     .label = "类别",
     .choices = DEMAND_CATEGORIES,
     .where = IN_ALL},
    {.name = "body",
     .type = FIELD_LONG,
     .label = "情况说明",
     .required = true,
     .max = 10000,
     .hint = "时间、地点、金额、已经找过谁。",
     .where = IN_FORM | IN_DETAIL,
     .search = 1},
    {.name = "hope",
     .type = FIELD_LONG,
     .label = "希望怎样解决",
     .max = 2000,
     .where = IN_FORM | IN_DETAIL},
    {.name = "contact_name",
     .type = FIELD_TEXT,
     .label = "联系人",
     .max = 30,
     .class = CLASS_PERSONAL,
     .where = IN_FORM | IN_DETAIL},
    {.name = "contact_mobile",
     .type = FIELD_MOBILE,
     .label = "联系手机",
     .check = check_mobile,
     .class = CLASS_PERSONAL,
     .where = IN_FORM | IN_DETAIL},
    {.name = "visibility",
     .type = FIELD_CHOICE,
     .label = "谁能看到",
     .choices = DEMAND_VISIBILITIES,
     .where = IN_FORM | IN_DETAIL},
    {.name = "source",
     .type = FIELD_CHOICE,
     .label = "来源",
     .choices = TAKEN,
     .hint = "从哪里得知的；不选就记为工商联登记或商会代报。",
     .where = IN_FORM | IN_DETAIL},
    {.name = "attachment_ids",
     .type = FIELD_FILES,
     .label = "附件",
     .hint = "合同、照片、文件等。",
     .where = IN_FORM},
    {.name = "draft", .type = FIELD_FLAG, .label = "先存草稿", .where = IN_INPUT},
    {0},
};

const struct field DEMAND_FILTERS[] = {
    {.name = "state", .type = FIELD_CHOICE, .label = "状态", .choices = DEMAND_STATES},
    {.name = "category", .type = FIELD_CHOICE, .label = "类别", .choices = DEMAND_CATEGORIES},
    {.name = "level", .type = FIELD_CHOICE, .label = "级别", .choices = DEMAND_LEVELS},
    {.name = "source", .type = FIELD_CHOICE, .label = "来源", .choices = DEMAND_SOURCES},
    {.name = "light", .type = FIELD_CHOICE, .label = "时限", .choices = DEMAND_LIGHTS},
    {.name = "lead_unit_id", .type = FIELD_REF, .label = "主办单位", .ref = "organization"},
    {.name = "chamber_id", .type = FIELD_REF, .label = "商会", .ref = "organization"},
    {.name = "enterprise_id", .type = FIELD_REF, .label = "企业", .ref = "enterprise"},
    {.name = "created_at_from", .type = FIELD_DATE, .label = "登记自"},
    {.name = "created_at_to", .type = FIELD_DATE, .label = "登记至"},
    {.name = "due_at_from", .type = FIELD_DATE, .label = "到期自"},
    {.name = "due_at_to", .type = FIELD_DATE, .label = "到期至"},
    {.name = "submitted_at_from", .type = FIELD_DATE, .label = "提交自"},
    {.name = "submitted_at_to", .type = FIELD_DATE, .label = "提交至"},
    {.name = "closed_at_from", .type = FIELD_DATE, .label = "办结自"},
    {.name = "closed_at_to", .type = FIELD_DATE, .label = "办结至"},
    {.name = "measure", .type = FIELD_CHOICE, .label = "口径", .choices = DEMAND_MEASURES},
    {0},
};
