// SPDX-License-Identifier: Apache-2.0
// People as tables: fields, who may do what, and what an ID number says about the rest.
#include "mod/people/people_impl.h"

#include "base/resident_id.h"
#include "base/text.h"
#include "mod/enterprise/enterprise.h"

#include <string.h>

static const struct choice KINDS[] = {
    {.value = "entrepreneur", .label = "企业家"},
    {.value = "staff", .label = "工作人员"},
    {0},
};

static const struct choice SEXES[] = {
    {.value = "male", .label = "男"},
    {.value = "female", .label = "女"},
    {0},
};

// GB/T 3304-1991, in its order.
static const struct choice PEOPLES[] = {
    {"汉族", "汉族", NULL},
    {"蒙古族", "蒙古族", NULL},
    {"回族", "回族", NULL},
    {"藏族", "藏族", NULL},
    {"维吾尔族", "维吾尔族", NULL},
    {"苗族", "苗族", NULL},
    {"彝族", "彝族", NULL},
    {"壮族", "壮族", NULL},
    {"布依族", "布依族", NULL},
    {"朝鲜族", "朝鲜族", NULL},
    {"满族", "满族", NULL},
    {"侗族", "侗族", NULL},
    {"瑶族", "瑶族", NULL},
    {"白族", "白族", NULL},
    {"土家族", "土家族", NULL},
    {"哈尼族", "哈尼族", NULL},
    {"哈萨克族", "哈萨克族", NULL},
    {"傣族", "傣族", NULL},
    {"黎族", "黎族", NULL},
    {"傈僳族", "傈僳族", NULL},
    {"佤族", "佤族", NULL},
    {"畲族", "畲族", NULL},
    {"高山族", "高山族", NULL},
    {"拉祜族", "拉祜族", NULL},
    {"水族", "水族", NULL},
    {"东乡族", "东乡族", NULL},
    {"纳西族", "纳西族", NULL},
    {"景颇族", "景颇族", NULL},
    {"柯尔克孜族", "柯尔克孜族", NULL},
    {"土族", "土族", NULL},
    {"达斡尔族", "达斡尔族", NULL},
    {"仫佬族", "仫佬族", NULL},
    {"羌族", "羌族", NULL},
    {"布朗族", "布朗族", NULL},
    {"撒拉族", "撒拉族", NULL},
    {"毛南族", "毛南族", NULL},
    {"仡佬族", "仡佬族", NULL},
    {"锡伯族", "锡伯族", NULL},
    {"阿昌族", "阿昌族", NULL},
    {"普米族", "普米族", NULL},
    {"塔吉克族", "塔吉克族", NULL},
    {"怒族", "怒族", NULL},
    {"乌孜别克族", "乌孜别克族", NULL},
    {"俄罗斯族", "俄罗斯族", NULL},
    {"鄂温克族", "鄂温克族", NULL},
    {"德昂族", "德昂族", NULL},
    {"保安族", "保安族", NULL},
    {"裕固族", "裕固族", NULL},
    {"京族", "京族", NULL},
    {"塔塔尔族", "塔塔尔族", NULL},
    {"独龙族", "独龙族", NULL},
    {"鄂伦春族", "鄂伦春族", NULL},
    {"赫哲族", "赫哲族", NULL},
    {"门巴族", "门巴族", NULL},
    {"珞巴族", "珞巴族", NULL},
    {"基诺族", "基诺族", NULL},
    {0},
};

static const struct choice AFFILIATIONS[] = {
    {.value = "cpc", .label = "中共党员"},
    {.value = "cpc_probationary", .label = "中共预备党员"},
    {.value = "league", .label = "共青团员"},
    {.value = "rcck", .label = "民革党员"},
    {.value = "cdl", .label = "民盟盟员"},
    {.value = "cndca", .label = "民建会员"},
    {.value = "capd", .label = "民进会员"},
    {.value = "cpwdp", .label = "农工党党员"},
    {.value = "zgp", .label = "致公党党员"},
    {.value = "js", .label = "九三学社社员"},
    {.value = "tdsl", .label = "台盟盟员"},
    {.value = "independent", .label = "无党派人士"},
    {.value = "none", .label = "群众"},
    {0},
};

static const struct choice EDUCATIONS[] = {
    {.value = "doctor", .label = "博士研究生"},
    {.value = "master", .label = "硕士研究生"},
    {.value = "bachelor", .label = "大学本科"},
    {.value = "college", .label = "大学专科"},
    {.value = "secondary", .label = "中专或高中"},
    {.value = "basic", .label = "初中及以下"},
    {0},
};

static const struct choice STATES[] = {
    {.value = "active", .label = "在职", .tone = "is-ok"},
    {.value = "retired", .label = "退休或离任", .tone = "is-mute"},
    {.value = "deceased", .label = "去世", .tone = "is-mute"},
    {0},
};

// "1975-03"
static const char *
birth_fault(struct arena *a, const char *s)
{
    int32_t day;
    return strlen(s) == 7 && day_parse(arena_printf(a, "%s-01", s), &day)
               ? NULL
               : T("出生年月写成 1975-03 的样子");
}

// GB 11643
const char *
person_id_fault(struct arena *a, const char *s)
{
    int32_t birth;
    bool male;
    switch (resident_id_check(text_upper(a, s), &birth, &male)) {
    case RESIDENT_ID_LENGTH:
    case RESIDENT_ID_CHARACTERS:
        return T("居民身份证号是 18 位，只有最后一位可以是 X");
    case RESIDENT_ID_BIRTH_DATE:
        return T("身份证号里的出生日期不存在");
    case RESIDENT_ID_CHECK_DIGIT:
        return T("身份证号的校验位不对，请核对是否抄错");
    case RESIDENT_ID_SOUND:
        break;
    }
    return NULL;
}

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT
};

static const struct field FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .label = "姓名",
     .required = true,
     .min = 2,
     .max = 30,
     .where = LISTED,
     .search = 2},
    {.name = "kind",
     .type = FIELD_CHOICE,
     .label = "身份",
     .required = true,
     .choices = KINDS,
     .where = LISTED | IN_FILTER},
    {.name = "enterprise_id",
     .type = FIELD_REF,
     .label = "主要企业",
     .hint = "在其他企业的任职另外登记。",
     .ref = "enterprises",
     .where = LISTED | IN_FILTER},
    {.name = "chamber_id",
     .type = FIELD_REF,
     .label = "所属商会",
     .hint = "不填就是主要企业的商会。",
     .ref = "organizations",
     .where = LISTED | IN_FILTER},
    {.name = "mobile",
     .type = FIELD_MOBILE,
     .label = "手机",
     .class = CLASS_PERSONAL,
     .where = LISTED | IN_FILTER,
     .sealed = true},
    {.name = "id_number",
     .type = FIELD_TEXT,
     .label = "居民身份证号",
     .hint = "加密保存。出生年月和性别会从中取得。",
     .max = 18,
     .class = CLASS_SENSITIVE,
     .where = KEPT,
     .check = person_id_fault,
     .source = "GB 11643-1999",
     .sealed = true},
    {.name = "sex",
     .type = FIELD_CHOICE,
     .label = "性别",
     .choices = SEXES,
     .class = CLASS_INTERNAL,
     .where = KEPT},
    {.name = "birth",
     .type = FIELD_TEXT,
     .label = "出生年月",
     .hint = "例如 1975-03。",
     .max = 7,
     .class = CLASS_PERSONAL,
     .where = KEPT,
     .check = birth_fault},
    {.name = "ethnicity",
     .type = FIELD_CHOICE,
     .label = "民族",
     .choices = PEOPLES,
     .class = CLASS_SENSITIVE,
     .where = KEPT,
     .source = "GB/T 3304-1991"},
    {.name = "political",
     .type = FIELD_CHOICE,
     .label = "政治面貌",
     .choices = AFFILIATIONS,
     .class = CLASS_SENSITIVE,
     .where = KEPT},
    {.name = "education",
     .type = FIELD_CHOICE,
     .label = "学历",
     .choices = EDUCATIONS,
     .class = CLASS_INTERNAL,
     .where = KEPT},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .hint = "不选就是在职。",
     .choices = STATES,
     .where = LISTED | IN_FILTER},
    {.name = "note",
     .type = FIELD_LONG,
     .label = "备注",
     .max = 1000,
     .class = CLASS_INTERNAL,
     .where = IN_FORM | IN_DETAIL},
    {0},
};

static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_SECRETARY,
     SCOPE_ORGANIZATION, NULL},
    {RECORD_READ, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

static const struct record_sort SORTS[] = {
    {"name", "chamber_id"},
    {"strokes", "chamber_id"},
    {"updated_at", NULL},
    {0},
};

static const struct record_key KEYS[] = {
    {"name", "name_pinyin", "name", NAME_PINYIN, NULL},
    {"strokes", "name_strokes", "name", NAME_STROKES, T("按姓氏笔画")},
    {0},
};

// The number knows month and sex better than whoever types them.
static void
take_from_id(struct ctx *c, struct value *rec)
{
    const char *id = value_get_text(rec, "id_number");
    if (id == NULL || strlen(id) != 18 || strchr(id, '*') != NULL) {
        return;
    }
    const char *birth = arena_printf(c->arena, "%.4s-%.2s", id + 6, id + 10);
    const char *sex = (id[16] - '0') % 2 == 1 ? "male" : "female";
    const char *said = value_get_text(rec, "birth");
    if (said != NULL && strcmp(said, birth) != 0) {
        ctx_fault(c, "birth", "contradicts", T("出生年月和身份证号不一致"));
    }
    said = value_get_text(rec, "sex");
    if (said != NULL && strcmp(said, sex) != 0) {
        ctx_fault(c, "sex", "contradicts", T("性别和身份证号不一致"));
    }
    value_set_text(c->arena, rec, "birth", birth);
    value_set_text(c->arena, rec, "sex", sex);
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *id = value_get_text(rec, "id_number");
    if (id != NULL && strlen(id) == 18 && id[17] == 'x') {
        value_set_text(c->arena, rec, "id_number", arena_printf(c->arena, "%.17sX", id));
    }
    take_from_id(c, rec);
    if (value_get_text(rec, "state") == NULL) {
        value_set_text(c->arena, rec, "state", "active");
    }
    int64_t enterprise = value_get_int(rec, "enterprise_id", 0);
    if (value_get_int(rec, "chamber_id", 0) == 0 && enterprise != 0) {
        int64_t chamber =
            value_get_int(enterprise_by_id(c->tx, c->arena, enterprise), "chamber_id", 0);
        if (chamber != 0) {
            value_set_int(c->arena, rec, "chamber_id", chamber);
        }
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

const struct record_kind PERSON_KIND = {
    .name = "person",
    .plural = "people",
    .label = "人员",
    .list_label = "人员名册",
    .table = "person",
    .title = "name",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "chamber_id",
    .enterprise_column = "enterprise_id",
    .leads = "mobile_end enterprise_id chamber_id kind state",
    .sorts = SORTS,
    .keys = KEYS,
    .order = "-id",
    .uniques = "id_number",
    .before_save = before_save,
    .duplicates = PERSON_DUPLICATES,
    .empty_text = "企业家和工作人员各登记一次，任职和会员关系再连到他们。",
};

static const struct nav_item NAV[] = {
    {.group = "资料",
     .url = "/people",
     .label = "人员名册",
     .icon = "users",
     .roles = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER},
    {.group = "资料",
     .url = "/people/find",
     .label = "按号码找人",
     .icon = "search",
     .roles = ROLE_OFFICE | ROLE_SECRETARY},
    {0},
};

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/people/find",
     .roles = ROLE_OFFICE | ROLE_SECRETARY,
     .run = person_find_form,
     .show = person_find_show,
     .page = "action",
     .flags = ROUTE_PAGE,
     .help = "Form that asks for a whole number"},
    {.method = HTTP_POST,
     .pattern = "/people/find",
     .roles = ROLE_OFFICE | ROLE_SECRETARY,
     .fields = PERSON_FIND_FIELDS,
     .run = person_find_run,
     .again = person_find_form,
     .again_show = person_find_show,
     .again_page = "action",
     .help = "Who has exactly this ID number or mobile"},
    {0},
};
static const struct record_kind *const ALL[] = {&PERSON_KIND, &PERSON_POST_KIND, &CONSENT_KIND,
                                                NULL};

static const struct import_kind *const IMPORTS[] = {&PERSON_IMPORT, NULL};

const struct module PERSON_MODULE = {.name = "people",
                                     .routes = ROUTES,
                                     .stmts = PERSON_STATEMENTS,
                                     .nav = NAV,
                                     .kinds = ALL,
                                     .links = PERSON_LINKS,
                                     .imports = IMPORTS};
