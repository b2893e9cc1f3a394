// SPDX-License-Identifier: Apache-2.0
// Terms and posts out of tables, as offices keep the lists of those elected. Its words are what
// sheets say; language: data.
#include "mod/post/post_impl.h"

#include "kit/import.h"

static const struct db_stmt TERM_OF_NUMBER = {
    .name = "term.of_number",
    .sql = "SELECT id FROM term WHERE organization_id = $1 AND number = $2 LIMIT 2",
    .params = "organization:int number:int",
    .row = "id:int"};
// The same stay: the same post from the same day.
static const struct db_stmt POST_OF_DAY = {
    .name = "organization_post.of_day",
    .sql = "SELECT id FROM organization_post WHERE person_id = $2 AND since = $4"
           " AND +organization_id = $1 AND post || '' = $3 LIMIT 2",
    .params = "organization:int person:int post:text since:text",
    .row = "id:int"};

static const struct import_key TERM_KEYS[] = {
    {.fields = "organization_id number", .find = &TERM_OF_NUMBER},
    {0},
};

static const struct import_title TERM_TITLES[] = {
    {.field = "organization_id", .titles = "商会 商会名称 组织名称"},
    {.field = "number", .titles = "届 届数 届别"},
    {.field = "starts_on", .titles = "成立时间 换届时间 换届日期 选举日期 任期起 开始日期"},
    {.field = "ends_on", .titles = "届满时间 届满日期 任期止 到期日期 结束日期"},
    {0},
};

const struct import_kind TERM_IMPORT = {
    .kind = &TERM_KIND,
    .keys = TERM_KEYS,
    .titles = TERM_TITLES,
    .never = "name closes_on state",
    .example = T("届次表：组织、第几届、选举产生和任期届满的日期、换届会议。"),
};

static const struct import_key POST_KEYS[] = {
    {.fields = "organization_id person_id post since", .find = &POST_OF_DAY},
    {0},
};

static const struct import_title POST_TITLES[] = {
    {.field = "organization_id", .titles = "商会 商会名称 所在商会 组织名称"},
    {.field = "person_id", .titles = "姓名 人员姓名 企业家姓名 手机 手机号 联系电话"},
    {.field = "post", .titles = "商会职务 工商联职务 担任职务 会内职务"},
    {.field = "since", .titles = "任职时间 任职日期 当选时间 当选日期 开始日期"},
    {.field = "until", .titles = "离任时间 离任日期 结束日期"},
    {.field = "grade", .titles = "综合评价等次 综合评价结果 评价等级"},
    {.field = "graded_on", .titles = "综合评价日期 评价时间"},
    {0},
};

// Lists of those elected do not say that they were elected.
static enum err
prepare_post(struct ctx *c, struct import_row *row)
{
    if (row->old == NULL && value_get(row->in, "act") == NULL) {
        value_set_text(c->arena, row->in, "act", "elected");
    }
    return ERR_OK;
}

const struct import_kind POST_IMPORT = {
    .kind = &POST_KIND,
    .keys = POST_KEYS,
    .titles = POST_TITLES,
    .never = "term_id state overridden override_reason",
    .supplies = "act",
    .example =
        T("任职名单：组织、姓名（或手机）、职务、任职起、综合评价。届次和人员要先登记。"),
    .prepare = prepare_post};
