// SPDX-License-Identifier: Apache-2.0
// Payments out of tables, as treasurers keep them: who, for which year, how much, when. The
// bill is found by that; a payment that is written down already stays as it is. Its words are
// what sheets say; language: data.
#include "mod/dues/dues_impl.h"

#include "kit/import.h"

#include <stdlib.h>

static const struct db_stmt BY_REFERENCE = {
    .name = "payment.by_reference",
    .sql = "SELECT p.id FROM bill b JOIN payment p ON p.bill_id = b.id WHERE"
           " b.enterprise_id = $1 AND p.reference = $2 AND p.state = 'recorded' LIMIT 2",
    .params = "enterprise:int reference:text",
    .row = "id:int"};
static const struct db_stmt BY_DAY = {
    .name = "payment.by_day",
    .sql = "SELECT p.id FROM bill b JOIN payment p ON p.bill_id = b.id WHERE"
           " b.enterprise_id = $1 AND p.paid_on = $2 AND p.amount_fen = $3"
           " AND p.reference IS NULL AND p.state = 'recorded' LIMIT 2",
    .params = "enterprise:int day:text fen:int",
    .row = "id:int"};
const struct db_stmt PAYMENT_BILLS = {
    .name = "payment.bills",
    .sql = "SELECT id FROM bill WHERE enterprise_id = $1 AND year = $2 AND state <> 'cancelled'"
           " AND ($3 = 0 OR organization_id = $3) LIMIT 2",
    .params = "enterprise:int year:int organization:int",
    .row = "id:int"};

static const struct import_key KEYS[] = {
    {.fields = "enterprise_id reference", .find = &BY_REFERENCE},
    {.fields = "enterprise_id paid_on amount_fen", .find = &BY_DAY},
    {0},
};

static const struct import_title TITLES[] = {
    {.field = "enterprise_id",
     .titles =
         "统一社会信用代码 社会信用代码 信用代码 企业名称 单位名称 公司名称 缴费单位 付款单位"
         " 会员单位 会员企业 会员名称 单位 缴费会员 payer"},
    {.field = "organization_id", .titles = "商会名称 所在商会 所属商会"},
    {.field = "year", .titles = "会费年度 年份 缴费年度 所属年度"},
    {.field = "amount_fen", .titles = "金额 会费 会费金额 缴纳金额 实缴金额 实缴会费 到账金额"},
    {.field = "paid_on",
     .titles = "缴费时间 缴纳日期 缴纳时间 到账日期 到账时间 付款日期 日期"},
    {.field = "method", .titles = "支付方式 付款方式 缴纳方式"},
    {.field = "reference", .titles = "流水号 凭证号 交易流水号 银行流水号"},
    {.field = "received_by", .titles = "经办人 收款经办人"},
    {.field = "receipt_no", .titles = "收据号 票据号 收据编号"},
    {0},
};

static const struct field MORE[] = {
    {.name = "enterprise_id",
     .type = FIELD_REF,
     .label = "企业",
     .ref = "enterprises",
     .where = IN_FORM},
    {.name = "organization_id",
     .type = FIELD_REF,
     .label = "商会",
     .ref = "organizations",
     .where = IN_FORM},
    {.name = "year",
     .type = FIELD_INT,
     .label = "年度",
     .min = DUES_YEAR_FIRST,
     .max = DUES_YEAR_LAST,
     .where = IN_FORM},
    {0},
};

static enum err
prepare(struct ctx *c, struct import_row *row)
{
    const struct value *in = row->in;
    const char *paid_on = value_get_text(in, "paid_on");
    int64_t enterprise = value_get_int(in, "enterprise_id", 0);
    int64_t year = value_get_int(in, "year", paid_on == NULL ? 0 : strtol(paid_on, NULL, 10));
    if (row->old != NULL) {
        return ERR_OK;
    }
    if (enterprise == 0) {
        return ctx_fault(c, "enterprise_id", "missing", T("请填写缴费的企业"));
    }
    const struct value *bills =
        db_list(c->tx, c->arena, &PAYMENT_BILLS,
                DB_ARGS(DB_INT(enterprise), DB_INT(year),
                        DB_INT(value_get_int(in, "organization_id", 0))));
    if (value_count(bills) != 1) {
        return ctx_fault(c, "enterprise_id", "bill",
                         value_count(bills) == 0
                             ? T("没有这一年度的会费账单，请先开账单，或核对年度和商会")
                             : T("这一年度有不止一张账单，请加一列商会"));
    }
    value_set_int(c->arena, row->in, "bill_id", value_get_int(value_at(bills, 0), "id", 0));
    if (value_get(in, "method") == NULL) {
        value_set_text(c->arena, row->in, "method", "transfer");
    }
    return ERR_OK;
}

const struct import_kind PAYMENT_IMPORT = {
    .kind = &PAYMENT_KIND,
    .fields = MORE,
    .keys = KEYS,
    .titles = TITLES,
    .never = "bill_id",
    .supplies = "bill_id method",
    .example = T("缴费流水：企业、商会、年度、金额、日期、流水号。要先开出会费账单。"),
    .prepare = prepare};
