// SPDX-License-Identifier: Apache-2.0
// Enterprises as tables: fields, who may do what, and the check of their code.
#include "mod/enterprise/enterprise.h"

#include "mod/enterprise/enterprise_facts.h"
#include "mod/enterprise/uscc.h"

const struct choice ENTERPRISE_INDUSTRIES[] = {
    {.value = "A", .label = "农、林、牧、渔业"},
    {.value = "B", .label = "采矿业"},
    {.value = "C", .label = "制造业"},
    {.value = "D", .label = "电力、热力、燃气及水生产和供应业"},
    {.value = "E", .label = "建筑业"},
    {.value = "F", .label = "批发和零售业"},
    {.value = "G", .label = "交通运输、仓储和邮政业"},
    {.value = "H", .label = "住宿和餐饮业"},
    {.value = "I", .label = "信息传输、软件和信息技术服务业"},
    {.value = "J", .label = "金融业"},
    {.value = "K", .label = "房地产业"},
    {.value = "L", .label = "租赁和商务服务业"},
    {.value = "M", .label = "科学研究和技术服务业"},
    {.value = "N", .label = "水利、环境和公共设施管理业"},
    {.value = "O", .label = "居民服务、修理和其他服务业"},
    {.value = "P", .label = "教育"},
    {.value = "Q", .label = "卫生和社会工作"},
    {.value = "R", .label = "文化、体育和娱乐业"},
    {.value = "S", .label = "公共管理、社会保障和社会组织"},
    {.value = "T", .label = "国际组织"},
    {0},
};

const struct choice ENTERPRISE_SIZES[] = {
    {.value = "large", .label = "大型"},
    {.value = "medium", .label = "中型"},
    {.value = "small", .label = "小型"},
    {.value = "micro", .label = "微型"},
    {0},
};

static const struct choice STATES[] = {
    {.value = "active", .label = "正常", .tone = "is-ok"},
    {.value = "suspended", .label = "停业", .tone = "is-warn"},
    {.value = "closed", .label = "已注销", .tone = "is-mute"},
    {0},
};

const char *
enterprise_uscc_fault(struct arena *a, const char *code)
{
    switch (uscc_check(uscc_tidy(a, code))) {
    case USCC_SOUND:
        return NULL;
    case USCC_LENGTH:
        return T("统一社会信用代码是 18 位");
    case USCC_CHARACTERS:
        return T("统一社会信用代码里有不会出现的字符");
    case USCC_REGION:
        return T("统一社会信用代码第 3 到 8 位应是数字");
    case USCC_CHECK_DIGIT:
        break;
    }
    return T("统一社会信用代码的校验位不对，请核对是否抄错");
}

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT
};

static const struct field FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .label = "企业名称",
     .required = true,
     .min = 2,
     .max = 100,
     .where = LISTED,
     .search = 2},
    {.name = "short_name",
     .type = FIELD_TEXT,
     .label = "简称",
     .max = 30,
     .where = KEPT,
     .search = 2},
    {.name = "uscc",
     .type = FIELD_TEXT,
     .label = "统一社会信用代码",
     .required = true,
     .where = LISTED,
     .search = 1,
     .check = enterprise_uscc_fault,
     .source = "GB 32100-2015"},
    {.name = "industry",
     .type = FIELD_CHOICE,
     .label = "行业",
     .choices = ENTERPRISE_INDUSTRIES,
     .where = LISTED | IN_FILTER,
     .source = "GB/T 4754-2017"},
    {.name = "size",
     .type = FIELD_CHOICE,
     .label = "规模",
     .choices = ENTERPRISE_SIZES,
     .where = KEPT | IN_FILTER},
    {.name = "town",
     .type = FIELD_TEXT,
     .label = "镇街",
     .max = 30,
     .where = LISTED | IN_FILTER},
    {.name = "address", .type = FIELD_TEXT, .label = "地址", .max = 120, .where = KEPT},
    {.name = "chamber_id",
     .type = FIELD_REF,
     .label = "所属商会",
     .ref = "organizations",
     .where = LISTED | IN_FILTER},
    {.name = "contact_name",
     .type = FIELD_TEXT,
     .label = "联系人",
     .max = 30,
     .class = CLASS_PERSONAL,
     .where = KEPT},
    {.name = "contact_mobile",
     .type = FIELD_MOBILE,
     .label = "联系手机",
     .class = CLASS_PERSONAL,
     .where = LISTED},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .initial = "active",
     .where = LISTED | IN_FILTER},
    {.name = "intro",
     .type = FIELD_LONG,
     .label = "企业简介",
     .max = 2000,
     .where = IN_FORM | IN_DETAIL},
    {0},
};

static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER | ROLE_OFFICER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {RECORD_READ | RECORD_UPDATE, ROLE_MEMBER, SCOPE_ENTERPRISE, "name uscc chamber_id state"},
    {0},
};

static const struct record_sort SORTS[] = {
    {"name", "chamber_id"},
    {"updated_at", NULL},
    {0},
};

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *uscc = value_get_text(rec, "uscc");
    if (uscc != NULL) {
        value_set_text(c->arena, rec, "uscc", uscc_tidy(c->arena, uscc));
    }
    if (value_get_text(rec, "state") == NULL) {
        value_set_text(c->arena, rec, "state", "active");
    }
    return ERR_OK;
}

const struct record_kind ENTERPRISE_KIND = {
    .name = "enterprise",
    .plural = "enterprises",
    .label = "企业",
    .list_label = "企业会员",
    .table = "enterprise",
    .title = "name",
    .subtitle = "uscc",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "chamber_id",
    .enterprise_column = "id",
    .leads = "chamber_id town industry size state",
    .sorts = SORTS,
    .order = "-id",
    .uniques = "uscc",
    .before_save = before_save,
    .empty_text = "可以逐家登记，也可以从表格导入。",
};

static const struct db_stmt BY_ID = {
    .name = "enterprise.brief",
    .sql =
        "SELECT e.id, e.name, e.chamber_id, o.name AS chamber_name, e.state FROM enterprise e"
        " LEFT JOIN organization o ON o.id = e.chamber_id WHERE e.id = $1",
    .params = "id:int",
    .row = "id:int name:text chamber_id:int? chamber_name:text? state:text"};

struct value *
enterprise_by_id(struct db_tx *tx, struct arena *a, int64_t id)
{
    return db_one(tx, a, &BY_ID, DB_ARGS(DB_INT(id)));
}

static const struct db_stmt *const STATEMENTS[] = {&BY_ID, &ENTERPRISE_SAME_YEAR, NULL};

static const struct nav_item NAV[] = {
    {.group = "资料",
     .url = "/enterprises",
     .label = "企业会员",
     .icon = "building",
     .roles = ROLE_SIGNED_IN & ~(unsigned)ROLE_MEMBER,
     .tab = true},
    {0},
};

static const struct route NO_ROUTES[] = {{0}};

static const struct record_kind *const KINDS[] = {&ENTERPRISE_KIND, &ENTERPRISE_FIGURE_KIND,
                                                  &ENTERPRISE_TAG_KIND,
                                                  &ENTERPRISE_CONTACT_KIND, NULL};

const struct module ENTERPRISE_MODULE = {
    .name = "enterprise", .routes = NO_ROUTES, .stmts = STATEMENTS, .nav = NAV, .kinds = KINDS};
