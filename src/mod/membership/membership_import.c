// SPDX-License-Identifier: Apache-2.0
// Enterprises and memberships out of tables. A sheet of enterprises mostly says in which
// chamber each is and since when, so it makes the memberships, too: a new enterprise begins in
// its chamber; one that is in another already is a member of both.
// Its words are what sheets say; language: data.

#include "mod/membership/membership_impl.h"

#include "kit/import.h"
#include "mod/enterprise/enterprise.h"

#include <string.h>

static const struct db_stmt ENTERPRISE_BY_USCC = {
    .name = "enterprise.by_uscc",
    .sql = "SELECT id FROM enterprise WHERE uscc = $1 LIMIT 2",
    .params = "uscc:text",
    .row = "id:int"};
static const struct db_stmt ENTERPRISE_BY_NAME = {
    .name = "enterprise.by_name",
    .sql = "SELECT id FROM enterprise WHERE name = $1 LIMIT 2",
    .params = "name:text",
    .row = "id:int"};
static const struct db_stmt MEMBERSHIP_OF_BOTH = {
    .name = "membership.of_both",
    .sql = "SELECT id FROM membership WHERE enterprise_id = $1 AND organization_id = $2"
           " AND state <> 'rejected' AND state <> 'withdrawn' AND state <> 'left'"
           " AND state <> 'expelled' LIMIT 2",
    .params = "enterprise:int organization:int",
    .row = "id:int"};
static const struct db_stmt MEMBERSHIP_BEGUN = {
    .name = "membership.begun",
    .sql = "SELECT id FROM membership WHERE enterprise_id = $1 AND organization_id = $2"
           " AND since = $3 LIMIT 2",
    .params = "enterprise:int organization:int since:text",
    .row = "id:int"};
static const struct db_stmt MEMBERSHIP_OF_PERSON = {
    .name = "membership.of_person",
    .sql = "SELECT id FROM membership WHERE person_id = $1 AND organization_id = $2"
           " AND enterprise_id IS NULL AND state <> 'rejected' AND state <> 'withdrawn'"
           " AND state <> 'left' AND state <> 'expelled' LIMIT 2",
    .params = "person:int organization:int",
    .row = "id:int"};

// ---- enterprises -----------------------------------------------------------------------

static const struct import_key ENTERPRISE_KEYS[] = {
    {.fields = "uscc", .find = &ENTERPRISE_BY_USCC},
    {.fields = "name", .find = &ENTERPRISE_BY_NAME},
    {0},
};

static const struct import_title ENTERPRISE_TITLES[] = {
    {.field = "name",
     .titles =
         "企业全称 单位名称 单位全称 公司名称 公司名 公司 企业 会员单位 会员企业 会员名称 单位 "
         "名称"},
    {.field = "short_name", .titles = "企业简称 公司简称"},
    {.field = "uscc",
     .titles = "社会信用代码 信用代码 统一代码 统一信用代码 税号 纳税人识别号 营业执照号 "
               "营业执照号码",
     .tidy = enterprise_uscc_tidy},
    {.field = "industry", .titles = "门类"},
    {.field = "industry_code", .titles = "所属行业 行业类别 行业分类 国民经济行业 行业代码"},
    {.field = "size", .titles = "企业规模 规模类型"},
    {.field = "town", .titles = "乡镇 街道 乡镇街道 镇 所在镇街 所属镇街 属地 所属街道"},
    {.field = "region_code", .titles = "区划 区划代码"},
    {.field = "address", .titles = "注册地址 经营地址 企业地址 通讯地址 公司地址 住所"},
    {.field = "chamber_id", .titles = "商会 商会名称 所在商会 加入商会 隶属商会"},
    {.field = "contact_name", .titles = "联系人姓名 联络员 联系人名称"},
    {.field = "contact_mobile",
     .titles = "联系电话 手机 手机号 手机号码 联系方式 电话 联系人手机 联系人手机号 联系人电话 "
               "联系人联系电话"},
    {.field = "state", .titles = "企业状态"},
    {.field = "legal_representative", .titles = "法人 法人代表 法定代表人姓名 法人姓名"},
    {.field = "registered_on", .titles = "成立时间 注册日期 注册时间 登记日期"},
    {.field = "registry_state", .titles = "经营状态"},
    {.field = "intro", .titles = "简介 公司简介"},
    {.field = "member_since", .titles = "入会时间 加入时间 加入日期"},
    {.field = "member_seat", .titles = "商会职务 担任职务 职务"},
    {.field = "member_tier", .titles = "会费标准 会费等级"},
    {0},
};

static const struct field ENTERPRISE_MORE[] = {
    {.name = "member_since", .type = FIELD_DATE, .label = "入会日期", .where = IN_FORM},
    {.name = "member_seat",
     .type = FIELD_CHOICE,
     .label = "会内职务",
     .choices = MEMBERSHIP_SEATS,
     .where = IN_FORM},
    {.name = "member_tier",
     .type = FIELD_CHOICE,
     .label = "会费档次",
     .choices = MEMBERSHIP_DUES_TIERS,
     .where = IN_FORM},
    {.name = "member_of",
     .type = FIELD_REF,
     .label = "加入的商会",
     .ref = "organizations"}, // what `after` adds, no column
    {0},
};

// What the sheet says of the membership, under the names it has there.
static const struct {
    const char *here, *there;
} MORE[] = {{"member_since", "since"}, {"member_seat", "seat"}, {"member_tier", "dues_tier"}};

// An enterprise that has a chamber keeps it as its main one.
static enum err
prepare_enterprise(struct ctx *c, struct import_row *row)
{
    int64_t mine = value_get_int(row->old, "chamber_id", 0);
    int64_t chamber = value_get_int(row->in, "chamber_id", 0);
    const char *since = value_get_text(row->in, "member_since");
    if (since != NULL && strcmp(since, day_text(c->arena, time_to_day(c->now))) > 0) {
        return ctx_fault(c, "member_since", "future", T("入会日期不能在将来"));
    }
    if (mine == 0) {
        return ERR_OK; // becomes the main one (membership_main.c)
    }
    value_set(c->arena, row->in, "chamber_id", value_get(row->old, "chamber_id"));
    value_set_int(c->arena, row->in, "member_of", chamber == 0 ? mine : chamber);
    if (chamber == 0) {
        value_set_bool(c->arena, row->in, "member_only_if", true);
    }
    return ERR_OK;
}

static struct value *
more_of(struct ctx *c, const struct value *in)
{
    struct value *rec = value_map(c->arena);
    for (size_t i = 0; i < sizeof MORE / sizeof *MORE; i++) {
        const struct value *v = value_get(in, MORE[i].here);
        if (v != NULL) {
            value_set(c->arena, rec, MORE[i].there, v);
        }
    }
    return rec;
}

static void
add_changes(struct ctx *c, struct import_row *row, const struct value *changes, bool made)
{
    struct arena *a = c->arena;
    for (size_t i = 0; i < sizeof MORE / sizeof *MORE; i++) {
        const struct value *pair = value_get(changes, MORE[i].there);
        if (pair != NULL) {
            value_set(a, row->changes, MORE[i].here, pair);
        }
    }
    if (made) {
        struct value *pair = value_list(a);
        value_push(a, pair, &value_null);
        value_push(a, pair, value_get(row->in, "member_of"));
        value_set(a, row->changes, "member_of", pair);
    }
}

static enum err
after_enterprise(struct ctx *c, struct import_row *row)
{
    int64_t chamber = value_get_int(row->in, "member_of", 0);
    struct value *rec = more_of(c, row->in), *changes = NULL;
    if (row->old == NULL || chamber == 0) {
        return ERR_OK;
    }
    int64_t id =
        db_value_int(c->tx, &MEMBERSHIP_OF_BOTH, DB_ARGS(DB_INT(row->id), DB_INT(chamber)), 0);
    bool made = id == 0 && !value_get_bool(row->in, "member_only_if");
    if (!made && (id == 0 || rec->map.count == 0)) {
        return ERR_OK;
    }
    if (made) {
        value_set_int(c->arena, rec, "enterprise_id", row->id);
        value_set_int(c->arena, rec, "organization_id", chamber);
        if (value_get(rec, "since") == NULL) {
            value_set_text(c->arena, rec, "since", day_text(c->arena, time_to_day(c->now)));
        }
    }
    enum err e = record_apply(c, &MEMBERSHIP_KIND, &id, rec, row->dry, &changes);
    if (e == ERR_OK && changes->map.count > 0) {
        row->more = true;
        add_changes(c, row, changes, made);
    }
    return e;
}

const struct import_kind ENTERPRISE_IMPORT = {
    .kind = &ENTERPRISE_KIND,
    .fields = ENTERPRISE_MORE,
    .keys = ENTERPRISE_KEYS,
    .titles = ENTERPRISE_TITLES,
    .never = "size size_year size_missing",
    .example = T("企业名册：名称、统一社会信用代码、行业、镇街、联系人；有“所属商会”“入会日期”"
                 "两列时同时登记会籍。"),
    .prepare = prepare_enterprise,
    .after = after_enterprise};

// ---- memberships -----------------------------------------------------------------------

// A stay that is over is known by when it began.
static const struct import_key MEMBERSHIP_KEYS[] = {
    {.fields = "enterprise_id organization_id since", .find = &MEMBERSHIP_BEGUN},
    {.fields = "enterprise_id organization_id", .find = &MEMBERSHIP_OF_BOTH},
    {.fields = "person_id organization_id", .find = &MEMBERSHIP_OF_PERSON},
    {0},
};

static const struct import_title MEMBERSHIP_TITLES[] = {
    {.field = "enterprise_id",
     .titles =
         "统一社会信用代码 社会信用代码 信用代码 企业名称 单位名称 公司名称 会员单位 会员企业 "
         "会员名称 单位"},
    {.field = "person_id",
     .titles = "会员代表手机 代表手机 会员代表 代表 代表姓名 个人会员 姓名"},
    {.field = "organization_id", .titles = "商会名称 所在商会 所属商会 加入商会"},
    {.field = "seat", .titles = "职务 商会职务 担任职务"},
    {.field = "contact_mobile", .titles = "联系电话 手机 手机号 联系方式 联系手机 电话"},
    {.field = "dues_tier", .titles = "会费标准 会费等级"},
    {.field = "since", .titles = "入会时间 加入时间 加入日期"},
    {.field = "left_on", .titles = "until 退会日期 退会时间 离会时间"},
    {0},
};

static const struct field MEMBERSHIP_MORE[] = {
    {.name = "left_on", .type = FIELD_DATE, .label = "离会日期", .where = IN_FORM},
    {0},
};

// Whoever stands in a sheet of members is one; without a date, from today.
static enum err
prepare_membership(struct ctx *c, struct import_row *row)
{
    const char *left = value_get_text(row->in, "left_on");
    if (left != NULL && (row->old == NULL || value_get(row->old, "until") == NULL)) {
        return ctx_fault(
            c, "left_on", "past",
            T("表格不办理离会：还是会员的请在网页上办理退会，早已离会的请删去这一行"));
    }
    if (row->old == NULL && value_get(row->in, "since") == NULL) {
        value_set_text(c->arena, row->in, "since", day_text(c->arena, time_to_day(c->now)));
    }
    return ERR_OK;
}

const struct import_kind MEMBERSHIP_IMPORT = {
    .kind = &MEMBERSHIP_KIND,
    .fields = MEMBERSHIP_MORE,
    .keys = MEMBERSHIP_KEYS,
    .titles = MEMBERSHIP_TITLES,
    .never = "statement",
    .example = T(
        "会员名册：企业（名称或信用代码）、商会、入会日期、会内职务、会员代表。企业要先登记。"),
    .prepare = prepare_membership};
