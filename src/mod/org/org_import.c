// SPDX-License-Identifier: Apache-2.0
// Organisations out of tables, and by which words other tables name them.
// Its words are what sheets say; language: data.

#include "mod/org/org.h"

#include "kit/import.h"

static const struct db_stmt ORG_BY_CODE = {
    .name = "org.by_code",
    .sql = "SELECT id FROM organization WHERE code = $1 LIMIT 2",
    .params = "code:text",
    .row = "id:int"};
static const struct db_stmt ORG_BY_NAME = {
    .name = "org.by_name",
    .sql = "SELECT id FROM organization WHERE name = $1 LIMIT 2",
    .params = "name:text",
    .row = "id:int"};

static const struct import_key KEYS[] = {
    {.fields = "name", .find = &ORG_BY_NAME}, {.fields = "code", .find = &ORG_BY_CODE}, {0}};

static const struct import_title TITLES[] = {
    {.field = "name", .titles = "商会名称 组织名称 单位名称 部门名称 商会 组织"},
    {.field = "kind", .titles = "组织类型 商会类型 类别"},
    {.field = "code", .titles = "组织代码 商会代码"},
    {.field = "parent_id", .titles = "上级 主管单位 上级单位 所属组织"},
    {.field = "phone", .titles = "电话 联系电话 固定电话"},
    {.field = "address", .titles = "办公地址 联系地址"},
    {0},
};

const struct import_kind ORG_IMPORT = {
    .kind = &ORG_KIND,
    .keys = KEYS,
    .titles = TITLES,
    .example = T("商会、专委会、部门的名单：名称、类型、上级、电话。")};
