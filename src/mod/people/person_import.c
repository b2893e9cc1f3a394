// SPDX-License-Identifier: Apache-2.0
// People out of tables: the same person by the ID number, else by name and mobile, else by name
// within one enterprise or with the month of birth. Never by a name alone.
// Its words are what sheets say; language: data.

#include "mod/people/people_impl.h"

#include "kit/import.h"

#include <string.h>

static const struct db_stmt PERSON_BY_ID_NUMBER = {
    .name = "person.by_id_number",
    .sql = "SELECT id FROM person WHERE id_number_index = $1 LIMIT 2",
    .params = "id_number:text",
    .row = "id:int"};
static const struct db_stmt PERSON_BY_NAME_MOBILE = {
    .name = "person.by_name_mobile",
    .sql = "SELECT id FROM person WHERE mobile_index = $2 AND name = $1 LIMIT 2",
    .params = "name:text mobile:text",
    .row = "id:int"};
static const struct db_stmt PERSON_BY_NAME_ENTERPRISE = {
    .name = "person.by_name_enterprise",
    .sql = "SELECT id FROM person WHERE enterprise_id = $2 AND name = $1 LIMIT 2",
    .params = "name:text enterprise:int",
    .row = "id:int"};
static const struct db_stmt PERSON_BY_NAME_BIRTH = {
    .name = "person.by_name_birth",
    .sql = "SELECT id FROM person WHERE name = $1 AND birth = $2 LIMIT 2",
    .params = "name:text birth:text",
    .row = "id:int"};
static const struct db_stmt PERSON_BY_MOBILE = {
    .name = "person.by_mobile",
    .sql = "SELECT id FROM person WHERE mobile_index = $1 LIMIT 2",
    .params = "mobile:text",
    .row = "id:int"};
static const struct db_stmt PERSON_BY_NAME = {
    .name = "person.by_name",
    .sql = "SELECT id FROM person WHERE name = $1 LIMIT 2",
    .params = "name:text",
    .row = "id:int"};

static const struct import_key KEYS[] = {
    {.fields = "id_number", .find = &PERSON_BY_ID_NUMBER},
    {.fields = "name mobile", .find = &PERSON_BY_NAME_MOBILE},
    {.fields = "name enterprise_id", .find = &PERSON_BY_NAME_ENTERPRISE},
    {.fields = "name birth", .find = &PERSON_BY_NAME_BIRTH},
    {.fields = "mobile", .find = &PERSON_BY_MOBILE, .refers = true},
    {.fields = "name", .find = &PERSON_BY_NAME, .refers = true},
    {0},
};

// "1975年3月" "1975.03" "1975-03-12" → "1975-03"
static const char *
tidy_birth(struct arena *a, const char *text)
{
    const char *day = import_date(a, text);
    return day != NULL && strlen(text) >= 6 ? arena_strndup(a, day, 7) : text;
}

static const struct import_title TITLES[] = {
    {.field = "name", .titles = "人员姓名 企业家姓名 负责人 会员姓名 代表姓名"},
    {.field = "kind", .titles = "人员类别 人员身份"},
    {.field = "enterprise_id",
     .titles = "统一社会信用代码 社会信用代码 信用代码 企业 企业名称 单位名称 公司名称 "
               "工作单位 所在企业 "
               "单位"},
    {.field = "chamber_id", .titles = "商会 所在商会 商会名称"},
    {.field = "mobile", .titles = "手机号 手机号码 联系电话 电话 联系方式 移动电话"},
    {.field = "id_number", .titles = "身份证号 身份证号码 公民身份号码 证件号码 身份证"},
    {.field = "birth", .titles = "出生日期 生日 出生", .tidy = tidy_birth},
    {.field = "political", .titles = "党派 政治身份"},
    {.field = "education", .titles = "文化程度 最高学历"},
    {.field = "note", .titles = "说明"},
    {0},
};

// Sheets of a federation list entrepreneurs unless they say otherwise.
static enum err
prepare(struct ctx *c, struct import_row *row)
{
    if (row->old == NULL && value_get(row->in, "kind") == NULL) {
        value_set_text(c->arena, row->in, "kind", "entrepreneur");
    }
    return ERR_OK;
}

const struct import_kind PERSON_IMPORT = {
    .kind = &PERSON_KIND,
    .keys = KEYS,
    .titles = TITLES,
    .supplies = "kind",
    .example = T("企业家和工作人员名单：姓名、手机、身份证号、所在企业。"),
    .prepare = prepare};
