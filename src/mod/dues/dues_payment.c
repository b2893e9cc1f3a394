// SPDX-License-Identifier: Apache-2.0
// Payments: written down from the bank's or the treasurer's papers; no money moves here. What
// was written down stays; a mistake is reversed and written down anew.
#include "mod/dues/dues_impl.h"

#include "base/text.h"
#include "kit/record_impl.h"

#include <string.h>

static const struct choice METHODS[] = {
    {.value = "transfer", .label = "银行转账"}, {.value = "scan", .label = "扫码支付"},
    {.value = "cash", .label = "现金"},         {.value = "cheque", .label = "支票"},
    {.value = "other", .label = "其他"},        {0},
};
static const struct choice STATES[] = {
    {.value = "recorded", .label = "有效", .tone = "is-ok"},
    {.value = "reversed", .label = "已冲销", .tone = "is-mute"},
    {0},
};
static const struct choice EVENTS[] = {{.value = "reverse", .label = "冲销"}, {0}};

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT,
    SYSTEM = IN_DETAIL | IN_EXPORT
};

static const struct field FIELDS[] = {
    {.name = "bill_id",
     .type = FIELD_REF,
     .label = "账单",
     .hint = "从账单的页面登记时不用填。",
     .ref = "bills",
     .required = true,
     .where = LISTED | IN_FILTER},
    {.name = "payer",
     .type = FIELD_TEXT,
     .label = "会员",
     .where = IN_LIST | SYSTEM,
     .derived = true},
    {.name = "amount_fen",
     .type = FIELD_MONEY,
     .label = "缴费金额（元）",
     .hint = "不能多于欠缴；多收的请退回，或登记到另一张账单。",
     .required = true,
     .min = 1,
     .where = LISTED},
    {.name = "paid_on",
     .type = FIELD_DATE,
     .label = "缴费日期",
     .required = true,
     .where = LISTED | IN_FILTER},
    {.name = "method",
     .type = FIELD_CHOICE,
     .label = "缴费方式",
     .required = true,
     .choices = METHODS,
     .initial = "transfer",
     .where = LISTED | IN_FILTER},
    {.name = "reference",
     .type = FIELD_TEXT,
     .label = "流水号或凭证号",
     .hint = "同一张账单上不能重复。",
     .max = 60,
     .where = LISTED},
    {.name = "received_by",
     .type = FIELD_TEXT,
     .label = "收款人",
     .hint = "不填就是登记的人。",
     .max = 30,
     .where = KEPT},
    {.name = "receipt_no", .type = FIELD_TEXT, .label = "会费收据号", .max = 60, .where = KEPT},
    {.name = "note", .type = FIELD_TEXT, .label = "备注", .max = 200, .where = KEPT},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "reversed_on", .type = FIELD_DATE, .label = "冲销日期", .where = SYSTEM},
    {.name = "reason",
     .type = FIELD_TEXT,
     .label = "冲销事由",
     .class = CLASS_INTERNAL,
     .where = SYSTEM},
    {0},
};

static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {RECORD_READ, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

static const struct record_parent PARENTS[] = {
    {"bill_id", "缴费记录", "还没有缴费。"},
    {0},
};

const struct db_stmt PAYMENT_SAME = {
    .name = "payment.same_reference",
    .sql = "SELECT count(*) AS n FROM payment WHERE bill_id = $1 AND reference = $2"
           " AND state = 'recorded'",
    .params = "bill:int reference:text",
    .row = "n:int"};
const struct db_stmt PAYMENT_REVERSE = {
    .name = "payment.reverse",
    .sql = "UPDATE payment SET state = 'reversed', reversed_on = $1, reason = $2,"
           " updated_at = $3, version = version + 1 WHERE id = $4",
    .params = "day:text reason:text now:time id:int"};

const struct db_stmt PAYMENT_PAYER = {
    .name = "payment.payer",
    .sql = "SELECT coalesce(e.name, p.name) AS payer FROM bill b"
           " LEFT JOIN enterprise e ON e.id = b.enterprise_id"
           " LEFT JOIN person p ON p.id = b.person_id WHERE b.id = $1",
    .params = "bill:int",
    .row = "payer:text?"};

static void
derive(struct ctx *c, struct value *rec)
{
    const struct value *of = db_one(c->tx, c->arena, &PAYMENT_PAYER,
                                    DB_ARGS(DB_INT(value_get_int(rec, "bill_id", 0))));
    value_set_text(c->arena, rec, "payer", value_get_text(of, "payer"));
}

// ---- saving ----------------------------------------------------------------------------

static void
check_amount(struct ctx *c, const struct value *rec, const struct value *bill)
{
    int64_t owed = value_get_int(bill, "owed_fen", 0),
            fen = value_get_int(rec, "amount_fen", 0);
    if (text_equal(value_get_text(bill, "state"), "cancelled")) {
        ctx_fault(c, "bill_id", "cancelled", T("账单已经作废"));
    } else if (owed == 0) {
        ctx_fault(c, "bill_id", "settled", T("账单已经缴清"));
    } else if (fen <= 0) {
        ctx_fault(c, "amount_fen", "too_small", T("金额太小了"));
    } else if (fen > owed) {
        ctx_fault(c, "amount_fen", "too_large",
                  ctx_trf(c, T("多于欠缴的 {0} 元"), 1, dues_yuan(c->arena, owed)));
    }
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    int64_t id = value_get_int(rec, "bill_id", 0);
    const char *reference = value_get_text(rec, "reference"),
               *paid_on = value_get_text(rec, "paid_on");
    const struct value *bill = old != NULL ? NULL : record_get(c, &BILL_KIND, id);
    if (old != NULL) {
        return ERR_OK; // nobody is granted it
    }
    if (bill == NULL) {
        return ctx_fault(c, "bill_id", "reference", T("没有这一项，请重新选择"));
    }
    check_amount(c, rec, bill);
    if (paid_on == NULL || value_get_text(rec, "method") == NULL) {
        ctx_fault(c, paid_on == NULL ? "paid_on" : "method", "missing",
                  T("请填写缴费日期和缴费方式"));
    } else if (strcmp(paid_on, dues_today(c)) > 0) {
        ctx_fault(c, "paid_on", "future", T("缴费日期不能在将来"));
    }
    if (reference != NULL &&
        db_value_int(c->tx, &PAYMENT_SAME, DB_ARGS(DB_INT(id), DB_TEXT(reference)), 0) > 0) {
        ctx_fault(c, "reference", "taken", T("这张账单上已经有这个流水号"));
    }
    if (value_get_text(rec, "received_by") == NULL) {
        value_set_text(c->arena, rec, "received_by", c->actor->name);
    }
    value_set_text(c->arena, rec, "state", "recorded");
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

// Whose bill it is and what is owed stand on the form, which begins with all of it, today.
static void
begin(struct ctx *c, struct value *rec)
{
    struct arena *a = c->arena;
    int64_t id = 0;
    const char *asked = ctx_query(c, "bill_id");
    const struct value *bill =
        asked != NULL && text_to_int(asked, &id) ? record_get(c, &BILL_KIND, id) : NULL;
    value_set_text(a, rec, "paid_on", dues_today(c));
    if (bill == NULL) {
        return;
    }
    int64_t owed = value_get_int(bill, "owed_fen", 0);
    const char *year = arena_printf(a, "%lld", (long long)value_get_int(bill, "year", 0));
    value_set_int(a, rec, "amount_fen", owed);
    value_set_text(a, rec, "bill_name",
                   ctx_trf(c, T("{0}　{1} 年会费　欠缴 {2} 元"), 3,
                           record_title(c, &BILL_KIND, bill), year, dues_yuan(a, owed)));
}

// What the bill's history says of it.
static struct value *
told(struct ctx *c, const struct value *rec)
{
    struct value *data = value_map(c->arena);
    int64_t fen = value_get_int(rec, "amount_fen", 0);
    value_set_int(c->arena, data, "payment_id", value_get_int(rec, "id", 0));
    value_set_int(c->arena, data, "amount_fen", fen);
    value_set_text(c->arena, data, "note", dues_yuan(c->arena, fen));
    return data;
}

static enum err
after_save(struct ctx *c, const struct value *rec, const struct value *old)
{
    return old != NULL ? ERR_OK
                       : bill_settle(c, value_get_int(rec, "bill_id", 0), "pay", told(c, rec));
}

// ---- reversal --------------------------------------------------------------------------

static bool
load(struct ctx *c, int64_t id, struct lifecycle_record *out)
{
    return record_step_load(c, &PAYMENT_STEPS, id, out);
}

static enum err
reverse(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *reason = value_get_text(c->in, "reason");
    db_put(c->tx, &PAYMENT_REVERSE,
           DB_ARGS(DB_TEXT(dues_today(c)), DB_TEXT(reason), DB_INT(c->now), DB_INT(r->id)));
    record_step_tell(c, &PAYMENT_STEPS, r, t->event, NULL);
    struct value *data = told(c, r->data);
    value_set_text(c->arena, data, "reason", reason);
    return bill_settle(c, value_get_int(r->data, "bill_id", 0), "reverse", data);
}

static const struct transition STEPS[] = {
    {"reverse", "冲销", "recorded", "reversed", DUES_KEEPERS, RECORD_STEP_MINE, DUES_IN_REASON,
     NULL, reverse, "reverse", "is-warn",
     T("这笔缴费不再算数，记录留着；登记错的请再登记一笔对的。")},
    {0},
};

static const struct lifecycle LIFECYCLE = {.kind = "payment", .steps = STEPS, .load = load};
const struct record_steps PAYMENT_STEPS = {
    .kind = &PAYMENT_KIND, .life = &LIFECYCLE, .action = RECORD_CREATE};

static void
decorate(struct ctx *c, const struct value *rec)
{
    record_step_actions(c, &PAYMENT_STEPS, rec);
}

const struct record_kind PAYMENT_KIND = {
    .name = "payment",
    .plural = "payments",
    .label = "缴费",
    .list_label = "缴费记录",
    .table = "payment",
    .title = "bill_id",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "bill_id.organization_id",
    .enterprise_column = "bill_id.enterprise_id",
    .parents = PARENTS,
    .leads = "bill_id state",
    .order = "-id",
    .begin = begin,
    .before_save = before_save,
    .after_save = after_save,
    .events = EVENTS,
    .derive = derive,
    .decorate = decorate,
    .empty_text = "在会费账单的页面登记缴费。",
};
