// SPDX-License-Identifier: Apache-2.0
// What is dated about a person: posts in enterprises, and consents, which are a ledger.
#include "mod/people/people_impl.h"

#include "base/text.h"

#include <string.h>

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT
};

#define PERSON_FIELD                                                                           \
    {                                                                                          \
        .name = "person_id", .type = FIELD_REF, .label = "人员", .ref = "people",              \
        .required = true, .where = LISTED | IN_FILTER                                          \
    }

// ---- posts in enterprises --------------------------------------------------------------

static const struct choice POSTS[] = {
    {.value = "legal_representative", .label = "法定代表人"},
    {.value = "chairman", .label = "董事长"},
    {.value = "general_manager", .label = "总经理"},
    {.value = "controller", .label = "实际控制人"},
    {.value = "director", .label = "董事"},
    {.value = "supervisor", .label = "监事"},
    {.value = "deputy", .label = "副总经理"},
    {.value = "finance", .label = "财务负责人"},
    {.value = "party_secretary", .label = "党组织书记"},
    {.value = "contact", .label = "联系人"},
    {.value = "other", .label = "其他"},
    {0},
};

static const struct field POST_FIELDS[] = {
    PERSON_FIELD,
    {.name = "enterprise_id",
     .type = FIELD_REF,
     .label = "企业",
     .ref = "enterprises",
     .required = true,
     .where = LISTED | IN_FILTER},
    {.name = "post",
     .type = FIELD_CHOICE,
     .label = "任职",
     .required = true,
     .choices = POSTS,
     .where = LISTED | IN_FILTER},
    {.name = "title",
     .type = FIELD_TEXT,
     .label = "职务全称",
     .hint = "和上面不同时填写，例如 常务副总经理。",
     .max = 40,
     .where = KEPT},
    {.name = "since", .type = FIELD_DATE, .label = "任职起", .required = true, .where = LISTED},
    {.name = "until",
     .type = FIELD_DATE,
     .label = "任职止",
     .hint = "还在任就空着。",
     .where = LISTED},
    {.name = "note", .type = FIELD_TEXT, .label = "备注", .max = 200, .where = KEPT},
    {0},
};

// Whoever keeps the enterprise keeps who leads it.
static const struct record_grant POST_GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {RECORD_READ, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

static const struct record_sort POST_SORTS[] = {{"since", "person_id enterprise_id"}, {0}};

static const struct record_parent POST_PARENTS[] = {
    {"person_id", "企业任职", "还没有登记任职。"},
    {"enterprise_id", "任职人员", "还没有登记法定代表人、董事长、总经理等。"},
    {0},
};

// Only one can hold it at a time; an open end counts as the end of time.
static const struct db_stmt HELD = {
    .name = "person_post.held",
    .sql = "SELECT count(*) AS n FROM person_post WHERE enterprise_id = $1 AND post = $2"
           " AND id <> $3 AND since < $5 AND coalesce(until, '9999-12-31') > $4",
    .params = "enterprise:int post:text id:int since:text until:text",
    .row = "n:int"};

static enum err
post_before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *since = value_get_text(rec, "since"), *until = value_get_text(rec, "until");
    const char *post = value_get_text(rec, "post");
    if (until != NULL && strcmp(until, since) < 0) {
        return ctx_fault(c, "until", "order", T("结束日期不能早于开始日期"));
    }
    bool single = text_list_has("legal_representative chairman general_manager", post);
    int64_t held =
        single ? db_value_int(c->tx, &HELD,
                              DB_ARGS(DB_INT(value_get_int(rec, "enterprise_id", 0)),
                                      DB_TEXT(post), DB_INT(value_get_int(old, "id", 0)),
                                      DB_TEXT(since),
                                      DB_TEXT(until == NULL ? "9999-12-31" : until)),
                              0)
               : 0;
    return held == 0 ? ERR_OK
                     : ctx_fault(c, "post", "held",
                                 T("同一时间这个职务只能有一人，请先登记前任的结束日期"));
}

const struct record_kind PERSON_POST_KIND = {
    .name = "person_post",
    .plural = "person-posts",
    .label = "企业任职",
    .list_label = "企业任职",
    .table = "person_post",
    .title = "person_id",
    .subtitle = "post",
    .fields = POST_FIELDS,
    .grants = POST_GRANTS,
    .organization_column = "enterprise_id.chamber_id",
    .enterprise_column = "enterprise_id",
    .parents = POST_PARENTS,
    .leads = "person_id enterprise_id post",
    .sorts = POST_SORTS,
    .until = "until",
    .order = "-since",
    .before_save = post_before_save,
};

// ---- consents --------------------------------------------------------------------------

static const struct choice PURPOSES[] = {
    {.value = "sensitive", .label = "处理敏感个人信息"},
    {.value = "publish", .label = "公开姓名和职务"},
    {.value = "third_party", .label = "提供给政府部门或其他单位"},
    {.value = "message", .label = "接收短信和消息"},
    {.value = "portrait", .label = "使用照片和影像"},
    {0},
};

static const struct choice WAYS[] = {
    {.value = "paper", .label = "签署书面文件"}, {.value = "online", .label = "网上勾选"},
    {.value = "meeting", .label = "会上表示"},   {.value = "phone", .label = "电话"},
    {.value = "message", .label = "短信或微信"}, {0},
};

static const struct field CONSENT_FIELDS[] = {
    PERSON_FIELD,
    {.name = "purpose",
     .type = FIELD_CHOICE,
     .label = "用途",
     .required = true,
     .choices = PURPOSES,
     .where = LISTED | IN_FILTER},
    {.name = "scope",
     .type = FIELD_TEXT,
     .label = "范围",
     .hint = "同意的是哪些信息、给谁、到什么时候，例如 身份证号、政治面貌，用于综合评价。",
     .required = true,
     .min = 2,
     .max = 200,
     .where = KEPT},
    {.name = "given_on",
     .type = FIELD_DATE,
     .label = "同意日期",
     .required = true,
     .where = LISTED},
    {.name = "how",
     .type = FIELD_CHOICE,
     .label = "怎样同意",
     .required = true,
     .choices = WAYS,
     .where = LISTED},
    {.name = "evidence",
     .type = FIELD_TEXT,
     .label = "凭据",
     .hint = "告知书版本、文件编号或存放处。",
     .max = 200,
     .where = KEPT},
    {.name = "withdrawn_on",
     .type = FIELD_DATE,
     .label = "撤回日期",
     .hint = "本人撤回时填写，从当天起不再按这项用途处理。",
     .where = LISTED},
    {.name = "withdrawn_how",
     .type = FIELD_CHOICE,
     .label = "怎样撤回",
     .choices = WAYS,
     .where = KEPT},
    {0},
};

static const struct record_grant CONSENT_GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {RECORD_READ, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

static const struct record_sort CONSENT_SORTS[] = {{"given_on", "person_id"}, {0}};

static const struct record_parent CONSENT_PARENTS[] = {
    {"person_id", "个人信息同意", "还没有登记同意。处理敏感信息、公开和对外提供要单独同意。"},
    {0},
};

// A ledger: what was agreed stays as it was written, and so does a withdrawal.
static void
refuse_rewriting(struct ctx *c, const struct value *rec, const struct value *old)
{
    static const char *const WRITTEN[] = {"purpose", "scope",        "given_on",
                                          "how",     "withdrawn_on", "withdrawn_how"};
    for (size_t i = 0; i < sizeof WRITTEN / sizeof *WRITTEN; i++) {
        const char *was = value_get_text(old, WRITTEN[i]);
        if (was != NULL && !text_equal(was, value_get_text(rec, WRITTEN[i]))) {
            ctx_fault(c, WRITTEN[i], "written",
                      T("登记过的同意不能改；写错了请撤回，再另外登记"));
        }
    }
}

static enum err
consent_before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *given = value_get_text(rec, "given_on");
    const char *withdrawn = value_get_text(rec, "withdrawn_on");
    if (withdrawn != NULL && strcmp(withdrawn, given) < 0) {
        ctx_fault(c, "withdrawn_on", "order", T("结束日期不能早于开始日期"));
    }
    if (withdrawn == NULL && value_get_text(rec, "withdrawn_how") != NULL) {
        ctx_fault(c, "withdrawn_on", "missing", T("请填写撤回日期"));
    }
    if (old != NULL) {
        refuse_rewriting(c, rec, old);
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

const struct record_kind CONSENT_KIND = {
    .name = "consent",
    .plural = "consents",
    .label = "同意",
    .list_label = "个人信息同意",
    .table = "consent",
    .title = "purpose",
    .subtitle = "person_id",
    .fields = CONSENT_FIELDS,
    .grants = CONSENT_GRANTS,
    .organization_column = "person_id.chamber_id",
    .enterprise_column = "person_id.enterprise_id",
    .parents = CONSENT_PARENTS,
    .leads = "person_id purpose",
    .sorts = CONSENT_SORTS,
    .until = "withdrawn_on",
    .order = "-given_on",
    .before_save = consent_before_save,
};

static const struct db_stmt AGREED = {
    .name = "consent.agreed",
    .sql = "SELECT count(*) AS n FROM consent WHERE person_id = $1 AND purpose = $2"
           " AND given_on <= $3 AND (withdrawn_on IS NULL OR withdrawn_on > $3)",
    .params = "person:int purpose:text day:text",
    .row = "n:int"};

bool
person_agreed(struct ctx *c, int64_t person_id, const char *purpose)
{
    const char *today = day_text(c->arena, time_to_day(c->now));
    return db_value_int(c->tx, &AGREED,
                        DB_ARGS(DB_INT(person_id), DB_TEXT(purpose), DB_TEXT(today)), 0) > 0;
}

const struct db_stmt *const PERSON_STATEMENTS[] = {&HELD, &AGREED, NULL};
