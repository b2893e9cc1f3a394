// SPDX-License-Identifier: Apache-2.0
// What people fill in when they take a step.
#include "mod/demand/demand_impl.h"

const struct field DEMAND_IN_REASON[] = {
    {.name = "reason",
     .type = FIELD_LONG,
     .label = "理由",
     .required = true,
     .max = 1000,
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_ACCEPT[] = {
    {.name = "level",
     .type = FIELD_CHOICE,
     .label = "级别",
     .required = true,
     .choices = DEMAND_LEVELS,
     .hint = "级别决定答复时限：3、5、10、15 个工作日。",
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_DISPATCH[] = {
    {.name = "lead_unit_id",
     .type = FIELD_REF,
     .label = "主办单位",
     .required = true,
     .ref = "organization",
     .where = IN_FORM},
    {.name = "assist_unit_ids",
     .type = FIELD_REFS,
     .label = "协办单位",
     .ref = "organization",
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_GRANT[] = {
    {.name = "days",
     .type = FIELD_INT,
     .label = "延长的工作日",
     .required = true,
     .min = 1,
     .max = 15,
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_EXTEND[] = {
    {.name = "days",
     .type = FIELD_INT,
     .label = "申请延长的工作日",
     .required = true,
     .min = 1,
     .max = 15,
     .where = IN_FORM},
    {.name = "reason",
     .type = FIELD_LONG,
     .label = "理由",
     .required = true,
     .max = 1000,
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_MERGE[] = {
    {.name = "into_id",
     .type = FIELD_REF,
     .label = "并入的诉求",
     .required = true,
     .ref = "demand",
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_CALLBACK[] = {
    {.name = "result",
     .type = FIELD_LONG,
     .label = "回访情况",
     .required = true,
     .max = 2000,
     .where = IN_FORM},
    {.name = "satisfaction",
     .type = FIELD_INT,
     .label = "满意度",
     .min = 1,
     .max = 5,
     .hint = "5 最满意，1 最不满意。",
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_PEND[] = {
    {.name = "review_on",
     .type = FIELD_DATE,
     .label = "复查日期",
     .required = true,
     .hint = "至少每半年复查一次。",
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_CONFIRM[] = {
    {.name = "satisfaction",
     .type = FIELD_INT,
     .label = "满意度",
     .required = true,
     .min = 1,
     .max = 5,
     .hint = "5 最满意，1 最不满意；1 和 2 会退回重办。",
     .where = IN_FORM},
    {.name = "comment", .type = FIELD_LONG, .label = "意见", .max = 1000, .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_CONTACT[] = {
    {.name = "body",
     .type = FIELD_LONG,
     .label = "联系情况",
     .required = true,
     .max = 2000,
     .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_NOTE[] = {
    {.name = "body",
     .type = FIELD_LONG,
     .label = "办理记录",
     .required = true,
     .max = 5000,
     .where = IN_FORM},
    {.name = "internal", .type = FIELD_FLAG, .label = "内部可见，企业看不到", .where = IN_FORM},
    {0},
};
const struct field DEMAND_IN_ANSWER[] = {
    {.name = "body",
     .type = FIELD_LONG,
     .label = "答复内容",
     .required = true,
     .max = 10000,
     .where = IN_FORM},
    {.name = "outcome",
     .type = FIELD_CHOICE,
     .label = "办理结果",
     .choices = DEMAND_OUTCOMES,
     .hint = "主办单位要选。",
     .where = IN_FORM},
    {.name = "attachment_ids", .type = FIELD_FILES, .label = "附件", .where = IN_FORM},
    {0},
};
