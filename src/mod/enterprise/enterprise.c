// SPDX-License-Identifier: Apache-2.0
// Enterprises as tables: fields, who may do what, and the check of their code.
#include "mod/enterprise/enterprise.h"

#include "base/log.h"
#include "base/text.h"
#include "kit/app.h"
#include "kit/code.h"
#include "mod/enterprise/enterprise_facts.h"
#include "mod/enterprise/enterprise_same.h"
#include "mod/enterprise/industry.h"
#include "mod/enterprise/region.h"
#include "mod/enterprise/uscc.h"

#include <stdio.h>

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

// What the registry of companies says, which is not the federation's own state.
static const struct choice REGISTRY_STATES[] = {
    {.value = "open", .label = "存续（在营）", .tone = "is-ok"},
    {.value = "abnormal", .label = "经营异常", .tone = "is-warn"},
    {.value = "moved_out", .label = "迁出", .tone = "is-mute"},
    {.value = "suspended", .label = "歇业", .tone = "is-warn"},
    {.value = "revoked", .label = "吊销", .tone = "is-bad"},
    {.value = "deregistered", .label = "注销", .tone = "is-mute"},
    {0},
};

// Why there is no size although there are figures (enterprise_size.c).
static const struct choice MISSING[] = {
    {.value = "industry", .label = "行业要细分到大类或中类", .tone = "is-warn"},
    {.value = "staff", .label = "缺从业人员", .tone = "is-warn"},
    {.value = "revenue", .label = "缺营业收入", .tone = "is-warn"},
    {.value = "assets", .label = "缺资产总额", .tone = "is-warn"},
    {.value = "staff revenue", .label = "缺从业人员、营业收入", .tone = "is-warn"},
    {.value = "staff assets", .label = "缺从业人员、资产总额", .tone = "is-warn"},
    {.value = "revenue assets", .label = "缺营业收入、资产总额", .tone = "is-warn"},
    {.value = "not_applicable", .label = "本行业不划分规模", .tone = "is-mute"},
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

const char *
enterprise_uscc_tidy(struct arena *a, const char *code)
{
    return uscc_tidy(a, code);
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
     .label = "行业门类",
     .choices = ENTERPRISE_INDUSTRIES,
     .where = IN_LIST | IN_EXPORT | IN_FILTER | IN_INPUT,
     .source = "GB/T 4754-2017"},
    {.name = "industry_code",
     .type = FIELD_CODE,
     .label = "行业",
     .hint = "输入名称或代码，例如“专用设备”或 35，从列出的里面选。",
     .codes = &INDUSTRY_CODES,
     .where = KEPT,
     .source = "GB/T 4754-2017"},
    {.name = "size",
     .type = FIELD_CHOICE,
     .label = "规模",
     .choices = ENTERPRISE_SIZES,
     .where = IN_DETAIL | IN_EXPORT | IN_FILTER | IN_INPUT,
     .source = "统计上大中小微型企业划分办法（2017）"},
    {.name = "size_year",
     .type = FIELD_INT,
     .label = "规模依据年度",
     .where = IN_DETAIL | IN_EXPORT},
    {.name = "size_missing",
     .type = FIELD_CHOICE,
     .label = "规模待补数据",
     .choices = MISSING,
     .where = IN_DETAIL | IN_EXPORT},
    {.name = "town",
     .type = FIELD_TEXT,
     .label = "镇街",
     .max = 30,
     .where = LISTED | IN_FILTER},
    {.name = "region_code",
     .type = FIELD_CODE,
     .label = "行政区划",
     .hint = "输入地名或代码。",
     .codes = &REGION_CODES,
     .where = KEPT,
     .source = "GB/T 2260"},
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
     .where = LISTED,
     .sealed = true},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .initial = "active",
     .where = LISTED | IN_FILTER},
    {.name = "legal_representative",
     .type = FIELD_TEXT,
     .label = "法定代表人",
     .max = 30,
     .class = CLASS_INTERNAL,
     .where = KEPT},
    {.name = "registered_on", .type = FIELD_DATE, .label = "成立日期", .where = KEPT},
    {.name = "registry_state",
     .type = FIELD_CHOICE,
     .label = "登记状态",
     .choices = REGISTRY_STATES,
     .where = KEPT | IN_FILTER},
    {.name = "registry_checked_on",
     .type = FIELD_DATE,
     .label = "登记状态核查日期",
     .where = KEPT},
    {.name = "intro",
     .type = FIELD_LONG,
     .label = "企业简介",
     .max = 2000,
     .where = IN_FORM | IN_DETAIL},
    {0},
};

static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER | ROLE_OFFICER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_SECRETARY,
     SCOPE_ORGANIZATION, NULL},
    {RECORD_READ | RECORD_UPDATE, ROLE_MEMBER, SCOPE_ENTERPRISE,
     "name uscc chamber_id state size registry_state registry_checked_on"},
    {0},
};

static const struct record_sort SORTS[] = {
    {"name", "chamber_id"},
    {"updated_at", NULL},
    {0},
};

static const struct record_key KEYS[] = {
    {"name", "name_pinyin", "name", NAME_PINYIN, NULL},
    {0},
};

const char *
enterprise_section_of(struct arena *a, const char *industry)
{
    const char *digits;
    char letter = industry == NULL ? '\0' : industry_section(industry, &digits);
    return letter == '\0' ? NULL : arena_printf(a, "%c", letter);
}

// The code says the section. Whoever gives only a section (older tables do) means that.
static void
keep_industry(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *code = value_get_text(rec, "industry_code");
    const char *section = value_get_text(rec, "industry");
    bool same = text_equal(code, value_get_text(old, "industry_code"));
    if (section != NULL && same && !text_equal(section, value_get_text(old, "industry"))) {
        code = section;
    }
    const char *digits;
    char letter = code == NULL ? '\0' : industry_section(code, &digits);
    if (letter == '\0') {
        value_set(c->arena, rec, "industry", &value_null);
        return;
    }
    section = arena_printf(c->arena, "%c", letter);
    value_set_text(c->arena, rec, "industry", section);
    value_set_text(c->arena, rec, "industry_code", *digits == '\0' ? section : digits);
}

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
    keep_industry(c, rec, old);
    return ERR_OK;
}

// After, not before: whoever may change the industry need not be one who may state the size.
static enum err
after_save(struct ctx *c, const struct value *rec, const struct value *old)
{
    bool same =
        text_equal(value_get_text(rec, "industry_code"), value_get_text(old, "industry_code"));
    return old == NULL || same ? ERR_OK : enterprise_size_renew(c, value_get_int(old, "id", 0));
}

static void
decorate(struct ctx *c, const struct value *rec)
{
    const char *code = value_get_text(rec, "uscc");
    if (uscc_check(code) != USCC_SOUND) {
        return;
    }
    const char *region = region_name(c->arena, arena_strndup(c->arena, code + 2, 6));
    record_fact(c, T("信用代码登记地"),
                region != NULL ? region : ctx_tr(c, T("区划代码已停用或未收录")));
    if (!uscc_organisation_is_sound(code)) {
        record_badge(c, "is-warn", ctx_tr(c, T("信用代码请核对")));
        record_fact(
            c, T("信用代码提示"),
            ctx_tr(c,
                   T("其中的组织机构代码校验位不符，早年的代码可能如此，请与营业执照核对。")));
    }
}

static const struct record_bulk BULK[] = {
    {"state", "改状态", "state"},
    {"chamber", "改所属商会", "chamber_id"},
    {0},
};

const struct record_kind ENTERPRISE_KIND = {
    .bulk = BULK,
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
    .leads = "chamber_id town industry size registry_state state",
    .sorts = SORTS,
    .keys = KEYS,
    .order = "-id",
    .uniques = "uscc",
    .before_save = before_save,
    .after_save = after_save,
    .decorate = decorate,
    .duplicates = ENTERPRISE_DUPLICATES,
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

static const struct db_stmt *const STATEMENTS[] = {
    &BY_ID, &ENTERPRISE_SAME_YEAR, &ENTERPRISE_FIGURES, &ENTERPRISE_SIZED, NULL};

static const struct nav_item NAV[] = {
    {.group = "资料",
     .url = "/enterprises",
     .label = "企业会员",
     .icon = "building",
     .roles = ROLE_SIGNED_IN & ~(unsigned)ROLE_MEMBER,
     .tab = true},
    {.group = "资料",
     .url = "/my-enterprise",
     .label = "我的企业",
     .icon = "building",
     .roles = ROLE_MEMBER},
    {0},
};

static enum err
my_enterprise(struct ctx *c)
{
    if (c->actor->enterprise_id == 0) {
        return ERR_NOT_FOUND;
    }
    c->location =
        arena_printf(c->arena, "/enterprises/%lld", (long long)c->actor->enterprise_id);
    return ERR_OK;
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/my-enterprise",
     .roles = ROLE_MEMBER,
     .run = my_enterprise,
     .flags = ROUTE_PAGE,
     .help = "Leads to the reader's own enterprise"},
    {.method = HTTP_GET,
     .pattern = "/industries/options",
     .roles = ROLE_SIGNED_IN,
     .run = code_options,
     .flags = ROUTE_PAGE,
     .data = &INDUSTRY_CODES,
     .help = "Suggestions for an industry"},
    {.method = HTTP_GET,
     .pattern = "/regions/options",
     .roles = ROLE_SIGNED_IN,
     .run = code_options,
     .flags = ROUTE_PAGE,
     .data = &REGION_CODES,
     .help = "Suggestions for a region"},
    {0},
};

// DIR/industries.csv is optional: who has the standard puts its groups and classes there.
static bool
load_industries(struct program *p, const char **why)
{
    enum { FILE_MOST = 1024 * 1024 };
    unsigned left_out = 0;
    FILE *f = fopen(arena_printf(p->arena, "%s/industries.csv", p->data), "re");
    if (f == NULL) {
        return true;
    }
    char *text = ARENA_ARRAY(p->arena, char, FILE_MOST + 1);
    size_t n = fread(text, 1, FILE_MOST, f);
    bool whole = feof(f) != 0;
    fclose(f);
    const char *wrong =
        whole ? industry_load(p->arena, text, n, &left_out) : "it is larger than 1 MiB";
    if (wrong != NULL) {
        *why = arena_printf(p->arena, "industries.csv: %s", wrong);
        return false;
    }
    if (left_out > 0) {
        log_warn("industries.csv: %u lines are no group or class", left_out);
    }
    return true;
}

static const struct record_kind *const KINDS[] = {&ENTERPRISE_KIND, &ENTERPRISE_FIGURE_KIND,
                                                  &ENTERPRISE_TAG_KIND,
                                                  &ENTERPRISE_CONTACT_KIND, NULL};

const struct module ENTERPRISE_MODULE = {.name = "enterprise",
                                         .routes = ROUTES,
                                         .open = load_industries,
                                         .stmts = STATEMENTS,
                                         .nav = NAV,
                                         .kinds = KINDS,
                                         .links = ENTERPRISE_LINKS};
