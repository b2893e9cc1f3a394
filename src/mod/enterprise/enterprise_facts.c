// SPDX-License-Identifier: Apache-2.0
// What is dated about an enterprise, as kinds of records under it: figures by year,
// recognitions (高新技术企业, 专精特新 …), contacts.
#include "mod/enterprise/enterprise_facts.h"

#include "mod/enterprise/enterprise.h"

#include <string.h>

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT,
    YEAR_FIRST = 1990,
    YEAR_LAST = 2099,
    STAFF_MOST = 10000000
};

#define ENTERPRISE_FIELD                                                                       \
    {                                                                                          \
        .name = "enterprise_id", .type = FIELD_REF, .label = "企业", .ref = "enterprises",     \
        .required = true, .where = LISTED | IN_FILTER                                          \
    }

// Whoever keeps the enterprise keeps what is known of it; leaders and departments read.
static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER | ROLE_OFFICER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

// ---- figures ---------------------------------------------------------------------------

static const struct choice FIGURE_SOURCES[] = {
    {.value = "self", .label = "企业填报"}, {.value = "statistics", .label = "统计部门"},
    {.value = "tax", .label = "税务部门"},  {.value = "audit", .label = "审计报告"},
    {.value = "other", .label = "其他"},    {0},
};

static const struct field FIGURE_FIELDS[] = {
    ENTERPRISE_FIELD,
    {.name = "year",
     .type = FIELD_INT,
     .label = "年度",
     .required = true,
     .min = YEAR_FIRST,
     .max = YEAR_LAST,
     .where = LISTED | IN_FILTER},
    {.name = "revenue_fen", .type = FIELD_MONEY, .label = "营业收入（元）", .where = LISTED},
    {.name = "staff",
     .type = FIELD_INT,
     .label = "从业人员（人）",
     .hint = "年末在岗人数。",
     .max = STAFF_MOST,
     .where = LISTED},
    {.name = "assets_fen", .type = FIELD_MONEY, .label = "资产总额（元）", .where = LISTED},
    {.name = "rd_fen", .type = FIELD_MONEY, .label = "研发费用（元）", .where = KEPT},
    {.name = "tax_fen", .type = FIELD_MONEY, .label = "缴纳税金（元）", .where = KEPT},
    {.name = "source",
     .type = FIELD_CHOICE,
     .label = "数据来源",
     .required = true,
     .choices = FIGURE_SOURCES,
     .where = LISTED | IN_FILTER},
    {.name = "note", .type = FIELD_TEXT, .label = "备注", .max = 200, .where = KEPT},
    {0},
};

static const struct record_sort FIGURE_SORTS[] = {{"year", "enterprise_id"}, {0}};

static const struct record_parent FIGURE_PARENTS[] = {
    {"enterprise_id", "年度数据",
     "还没有年度数据。有了营业收入、从业人员和资产总额，才能算出企业规模。"},
    {0},
};

const struct db_stmt ENTERPRISE_SAME_YEAR = {
    .name = "enterprise_figure.same_year",
    .sql = "SELECT id FROM enterprise_figure WHERE enterprise_id = $1 AND year = $2"
           " AND source = $3",
    .params = "enterprise:int year:int source:text",
    .row = "id:int"};

static enum err
figure_before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    int64_t same = db_value_int(c->tx, &ENTERPRISE_SAME_YEAR,
                                DB_ARGS(DB_INT(value_get_int(rec, "enterprise_id", 0)),
                                        DB_INT(value_get_int(rec, "year", 0)),
                                        DB_TEXT(value_get_text(rec, "source"))),
                                0);
    return same != 0 && same != value_get_int(old, "id", 0)
               ? ctx_fault(c, "year", "taken", T("这一年已经有同一来源的数据，请修改那一条"))
               : ERR_OK;
}

static enum err
figure_after_save(struct ctx *c, const struct value *rec, const struct value *old)
{
    (void)old;
    return enterprise_size_renew(c, value_get_int(rec, "enterprise_id", 0));
}

const struct record_kind ENTERPRISE_FIGURE_KIND = {
    .name = "enterprise_figure",
    .plural = "enterprise-figures",
    .label = "年度数据",
    .list_label = "年度数据",
    .table = "enterprise_figure",
    .title = "year",
    .subtitle = "enterprise_id",
    .fields = FIGURE_FIELDS,
    .grants = GRANTS,
    .organization_column = "enterprise_id.chamber_id",
    .enterprise_column = "enterprise_id",
    .parents = FIGURE_PARENTS,
    .leads = "enterprise_id year",
    .sorts = FIGURE_SORTS,
    .order = "-year",
    .before_save = figure_before_save,
    .after_save = figure_after_save,
};

// ---- recognitions ----------------------------------------------------------------------

static const struct choice TAGS[] = {
    {.value = "hnte", .label = "高新技术企业"},
    {.value = "tech_sme", .label = "科技型中小企业"},
    {.value = "innovative_sme", .label = "创新型中小企业"},
    {.value = "srdi", .label = "专精特新中小企业"},
    {.value = "little_giant", .label = "专精特新“小巨人”企业"},
    {.value = "single_champion", .label = "制造业单项冠军企业"},
    {.value = "above_scale", .label = "规模以上企业"},
    {.value = "above_quota", .label = "限额以上企业"},
    {.value = "gazelle", .label = "瞪羚企业"},
    {.value = "unicorn", .label = "独角兽企业"},
    {.value = "time_honored", .label = "老字号"},
    {.value = "listed", .label = "上市挂牌企业"},
    {.value = "key_tax", .label = "重点税源企业"},
    {.value = "other", .label = "其他"},
    {0},
};

static const struct choice LEVELS[] = {
    {.value = "national", .label = "国家级"},
    {.value = "provincial", .label = "省级"},
    {.value = "municipal", .label = "市级"},
    {.value = "district", .label = "区级"},
    {0},
};

static const struct choice TAG_SOURCES[] = {
    {.value = "official_list", .label = "主管部门名单"},
    {.value = "certificate", .label = "证书"},
    {.value = "self", .label = "企业填报"},
    {.value = "other", .label = "其他"},
    {0},
};

static const struct field TAG_FIELDS[] = {
    ENTERPRISE_FIELD,
    {.name = "tag",
     .type = FIELD_CHOICE,
     .label = "资质标签",
     .required = true,
     .choices = TAGS,
     .where = LISTED | IN_FILTER},
    {.name = "level",
     .type = FIELD_CHOICE,
     .label = "级别",
     .choices = LEVELS,
     .where = LISTED | IN_FILTER},
    {.name = "cert_no", .type = FIELD_TEXT, .label = "证书编号", .max = 60, .where = LISTED},
    {.name = "awarded_on",
     .type = FIELD_DATE,
     .label = "认定日期",
     .where = LISTED | IN_FILTER},
    {.name = "valid_to", .type = FIELD_DATE, .label = "有效期至", .where = LISTED | IN_FILTER},
    {.name = "source",
     .type = FIELD_CHOICE,
     .label = "来源",
     .required = true,
     .choices = TAG_SOURCES,
     .where = KEPT | IN_FILTER},
    {.name = "note",
     .type = FIELD_TEXT,
     .label = "备注",
     .hint = "其他标签请在这里写明名称。",
     .max = 200,
     .where = KEPT},
    {0},
};

static const struct record_parent TAG_PARENTS[] = {
    {"enterprise_id", "资质标签", NULL},
    {0},
};

// ISO dates compare as texts.
static enum err
check_span(struct ctx *c, const struct value *rec, const char *from, const char *to)
{
    const char *a = value_get_text(rec, from), *b = value_get_text(rec, to);
    return a != NULL && b != NULL && strcmp(a, b) > 0
               ? ctx_fault(c, to, "range", T("结束日期不能早于开始日期"))
               : ERR_OK;
}

static enum err
tag_before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    (void)old;
    return check_span(c, rec, "awarded_on", "valid_to");
}

const struct record_kind ENTERPRISE_TAG_KIND = {
    .name = "enterprise_tag",
    .plural = "enterprise-tags",
    .label = "资质标签",
    .list_label = "资质标签",
    .table = "enterprise_tag",
    .title = "tag",
    .subtitle = "enterprise_id",
    .fields = TAG_FIELDS,
    .grants = GRANTS,
    .organization_column = "enterprise_id.chamber_id",
    .enterprise_column = "enterprise_id",
    .parents = TAG_PARENTS,
    .until = "valid_to",
    .leads = "enterprise_id tag",
    .order = "-id",
    .before_save = tag_before_save,
};

// ---- contacts --------------------------------------------------------------------------

static const struct choice PURPOSES[] = {
    {.value = "general", .label = "日常联系"},
    {.value = "policy", .label = "政策申报"},
    {.value = "finance", .label = "财务"},
    {.value = "party", .label = "党建"},
    {.value = "safety", .label = "安全生产"},
    {.value = "other", .label = "其他"},
    {0},
};

static const struct field CONTACT_FIELDS[] = {
    ENTERPRISE_FIELD,
    {.name = "name",
     .type = FIELD_TEXT,
     .label = "姓名",
     .required = true,
     .max = 30,
     .class = CLASS_PERSONAL,
     .where = LISTED},
    {.name = "duty", .type = FIELD_TEXT, .label = "职务", .max = 40, .where = LISTED},
    {.name = "purpose",
     .type = FIELD_CHOICE,
     .label = "联系事项",
     .choices = PURPOSES,
     .where = LISTED | IN_FILTER},
    {.name = "mobile",
     .type = FIELD_MOBILE,
     .label = "手机",
     .class = CLASS_PERSONAL,
     .where = LISTED,
     .sealed = true},
    {.name = "phone", .type = FIELD_TEXT, .label = "办公电话", .max = 40, .where = KEPT},
    {.name = "email",
     .type = FIELD_TEXT,
     .label = "电子邮箱",
     .max = 80,
     .class = CLASS_PERSONAL,
     .where = KEPT},
    {.name = "since", .type = FIELD_DATE, .label = "开始日期", .where = KEPT},
    {.name = "until",
     .type = FIELD_DATE,
     .label = "结束日期",
     .hint = "换了联系人时填写，原来的记录会留下。",
     .where = KEPT},
    {.name = "note", .type = FIELD_TEXT, .label = "备注", .max = 200, .where = KEPT},
    {0},
};

static const struct record_grant CONTACT_GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER | ROLE_OFFICER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_SECRETARY,
     SCOPE_ORGANIZATION, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

static const struct record_parent CONTACT_PARENTS[] = {
    {"enterprise_id", "联系人", NULL},
    {0},
};

static enum err
contact_before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    (void)old;
    return check_span(c, rec, "since", "until");
}

const struct record_kind ENTERPRISE_CONTACT_KIND = {
    .name = "enterprise_contact",
    .plural = "enterprise-contacts",
    .label = "联系人",
    .list_label = "企业联系人",
    .table = "enterprise_contact",
    .title = "name",
    .subtitle = "enterprise_id",
    .fields = CONTACT_FIELDS,
    .grants = CONTACT_GRANTS,
    .organization_column = "enterprise_id.chamber_id",
    .enterprise_column = "enterprise_id",
    .parents = CONTACT_PARENTS,
    .until = "until",
    .leads = "enterprise_id",
    .order = "-id",
    .before_save = contact_before_save,
};
