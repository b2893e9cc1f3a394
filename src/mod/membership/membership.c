// SPDX-License-Identifier: Apache-2.0
// Memberships as tables: fields, who may do what, routes.
#include "mod/membership/membership_impl.h"

#include "base/text.h"
#include "mod/enterprise/enterprise.h"
#include "mod/post/post.h"

#include <string.h>

const struct choice MEMBERSHIP_STATES[] = {
    {.value = "applied", .label = "已申请", .tone = "is-info"},
    {.value = "returned", .label = "退回补正", .tone = "is-warn"},
    {.value = "checked", .label = "已初核", .tone = "is-info"},
    {.value = "publicity", .label = "公示中", .tone = "is-info"},
    {.value = "member", .label = "会员", .tone = "is-ok"},
    {.value = "suspended", .label = "暂停权利", .tone = "is-warn"},
    {.value = "rejected", .label = "未通过", .tone = "is-mute"},
    {.value = "withdrawn", .label = "已撤回", .tone = "is-mute"},
    {.value = "left", .label = "已退会", .tone = "is-mute"},
    {.value = "expelled", .label = "已除名", .tone = "is-mute"},
    {0},
};

const struct choice MEMBERSHIP_SEATS[] = {
    {.value = "president", .label = "会长"},
    {.value = "executive_vice_president", .label = "常务副会长"},
    {.value = "vice_president", .label = "副会长"},
    {.value = "secretary_general", .label = "秘书长"},
    {.value = "standing_director", .label = "常务理事"},
    {.value = "director", .label = "理事"},
    {.value = "chief_board_supervisor", .label = "监事长"},
    {.value = "board_supervisor", .label = "监事"},
    {0},
};

const struct choice MEMBERSHIP_DUES_TIERS[] = {
    {.value = "president", .label = "会长"},
    {.value = "vice_president", .label = "副会长"},
    {.value = "standing_director", .label = "常务理事"},
    {.value = "director", .label = "理事"},
    {.value = "supervisor", .label = "监事"},
    {.value = "member", .label = "会员"},
    {0},
};

static const struct choice EVENTS[] = {
    {.value = "check", .label = "秘书长初核"},
    {.value = "return", .label = "退回补正"},
    {.value = "resubmit", .label = "重新提交"},
    {.value = "approve", .label = "商会通过"},
    {.value = "reject", .label = "不予通过"},
    {.value = "object", .label = "公示有异议"},
    {.value = "admit", .label = "入会"},
    {.value = "withdraw", .label = "撤回申请"},
    {.value = "suspend", .label = "暂停权利"},
    {.value = "resume", .label = "恢复权利"},
    {.value = "leave", .label = "退会"},
    {.value = "expel", .label = "除名"},
    {.value = "readmit", .label = "重新入会"},
    {.value = "main", .label = "设为主要商会"},
    {0},
};

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT,
    SYSTEM = IN_DETAIL | IN_EXPORT
};

static const struct field FIELDS[] = {
    {.name = "enterprise_id",
     .type = FIELD_REF,
     .label = "企业",
     .hint = "个人会员不填企业，只填下面的人员。",
     .ref = "enterprises",
     .where = LISTED | IN_FILTER},
    {.name = "person_id",
     .type = FIELD_REF,
     .label = "会员代表或个人会员",
     .ref = "people",
     .where = LISTED | IN_FILTER},
    {.name = "organization_id",
     .type = FIELD_REF,
     .label = "商会",
     .ref = "organizations",
     .required = true,
     .where = LISTED | IN_FILTER},
    {.name = "seat",
     .type = FIELD_CHOICE,
     .label = "单位席位",
     .hint = "席位给单位、还没有登记任职的人时才选；普通会员不选。",
     .choices = MEMBERSHIP_SEATS,
     .where = KEPT | IN_FILTER},
    {.name = "post",
     .type = FIELD_CHOICE,
     .label = "会内职务",
     .choices = POST_CODES,
     .where = IN_LIST | SYSTEM,
     .derived = true},
    {.name = "contact_name", .type = FIELD_TEXT, .label = "联系人", .max = 30, .where = KEPT},
    {.name = "contact_mobile",
     .type = FIELD_MOBILE,
     .label = "联系人手机",
     .class = CLASS_PERSONAL,
     .where = KEPT,
     .sealed = true},
    {.name = "statement",
     .type = FIELD_LONG,
     .label = "申请说明",
     .hint = "企业情况、为什么申请、愿意承担的工作。",
     .max = 1000,
     .where = IN_FORM | IN_DETAIL},
    {.name = "dues_tier",
     .type = FIELD_CHOICE,
     .label = "会费档次",
     .hint = "不选就按会内职务；要选商会现行标准里有的档次。",
     .choices = MEMBERSHIP_DUES_TIERS,
     .class = CLASS_INTERNAL,
     .where = KEPT},
    {.name = "since",
     .type = FIELD_DATE,
     .label = "入会日期",
     .hint = "登记早已入会的会员时填写，不再走申请。",
     .where = LISTED},
    {.name = "until", .type = FIELD_DATE, .label = "离会日期", .where = IN_LIST | SYSTEM},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = MEMBERSHIP_STATES,
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "is_main",
     .type = FIELD_FLAG,
     .label = "主要商会",
     .required = true,
     .where = SYSTEM},
    {.name = "applied_on", .type = FIELD_DATE, .label = "申请日期", .where = SYSTEM},
    {.name = "publicity_until", .type = FIELD_DATE, .label = "公示至", .where = SYSTEM},
    {.name = "decision", .type = FIELD_TEXT, .label = "商会决定", .where = SYSTEM},
    {.name = "reason",
     .type = FIELD_TEXT,
     .label = "事由",
     .max = 500,
     .class = CLASS_INTERNAL,
     .where = SYSTEM},
    {.name = "previous_id", .type = FIELD_INT, .label = "上一段会籍", .where = IN_EXPORT},
    {0},
};

// Members see their own and apply; a secretary sees her chamber's by name, never another's.
static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE | RECORD_REVEAL, ROLE_SECRETARY,
     SCOPE_ORGANIZATION, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_MEMBER, SCOPE_ENTERPRISE,
     "person_id seat dues_tier since"},
    {0},
};

static const struct record_parent PARENTS[] = {
    {"organization_id", "会员", "还没有会员。"},
    {"enterprise_id", "加入的商会", "还没有加入商会。"},
    {"person_id", "商会身份", NULL},
    {0},
};

bool
membership_is_current(const char *state)
{
    return text_list_has("member suspended", state);
}

#define MEMBERSHIP_LETTERS "HY"

const char *
membership_number(struct arena *a, int64_t id)
{
    return arena_printf(a, MEMBERSHIP_LETTERS "%06lld", (long long)id);
}

// ---- saving ----------------------------------------------------------------------------

// In the same chamber only one stay goes on at a time.
const struct db_stmt MEMBERSHIP_GOES_ON = {
    .name = "membership.goes_on",
    .sql =
        "SELECT count(*) AS n FROM membership WHERE organization_id = $1"
        " AND ((enterprise_id = $2) OR (enterprise_id IS NULL AND $2 = 0 AND person_id = $3))"
        " AND id <> $4 AND state <> 'rejected' AND state <> 'withdrawn' AND state <> 'left'"
        " AND state <> 'expelled'",
    .params = "organization:int enterprise:int person:int id:int",
    .row = "n:int"};
static const struct db_stmt IS_CHAMBER = {
    .name = "membership.is_chamber",
    .sql = "SELECT count(*) AS n FROM organization WHERE id = $1 AND state = 'active'"
           " AND (kind = 'town' OR kind = 'industry' OR kind = 'out_of_town'"
           " OR kind = 'joint' OR kind = 'federation')",
    .params = "id:int",
    .row = "n:int"};

static bool
by_office(const struct ctx *c)
{
    return ctx_is(c, ROLE_OFFICE);
}

static void
check_who(struct ctx *c, const struct value *rec)
{
    int64_t organization = value_get_int(rec, "organization_id", 0);
    int64_t enterprise = value_get_int(rec, "enterprise_id", 0);
    int64_t person = value_get_int(rec, "person_id", 0);
    if (enterprise == 0 && person == 0) {
        ctx_fault(c, "enterprise_id", "missing", T("请填写企业，个人会员请填写人员"));
    }
    if (organization != 0 &&
        db_value_int(c->tx, &IS_CHAMBER, DB_ARGS(DB_INT(organization)), 0) == 0) {
        ctx_fault(c, "organization_id", "kind", T("请选一个现在还在的商会"));
    }
    // Names of other chambers' enterprises are not learned by trying numbers.
    if (enterprise != 0 && !by_office(c) &&
        record_get(c, &ENTERPRISE_KIND, enterprise) == NULL) {
        ctx_fault(c, "enterprise_id", "scope",
                  T("不是本商会名下的企业：请企业用自己的账号申请，或请工商联登记"));
    }
}

static void
check_once(struct ctx *c, const struct value *rec, int64_t id)
{
    if (db_value_int(c->tx, &MEMBERSHIP_GOES_ON,
                     DB_ARGS(DB_INT(value_get_int(rec, "organization_id", 0)),
                             DB_INT(value_get_int(rec, "enterprise_id", 0)),
                             DB_INT(value_get_int(rec, "person_id", 0)), DB_INT(id)),
                     0) > 0) {
        ctx_fault(c, "organization_id", "taken", T("已经是这家商会的会员，或者正在申请"));
    }
}

static void
start(struct ctx *c, struct value *rec)
{
    const char *today = day_text(c->arena, time_to_day(c->now));
    const char *since = value_get_text(rec, "since");
    if (since != NULL && strcmp(since, today) > 0) {
        ctx_fault(c, "since", "future", T("入会日期不能在将来"));
    }
    value_set_text(c->arena, rec, "applied_on", since != NULL ? since : today);
    value_set_text(c->arena, rec, "state", since != NULL ? "member" : "applied");
}

// docs/adr/0010: what somebody holds in the chamber; without that, the seat given to the unit.
static void
derive(struct ctx *c, struct value *rec)
{
    const char *post = post_highest(c, value_get_int(rec, "organization_id", 0),
                                    value_get_int(rec, "person_id", 0),
                                    value_get_int(rec, "enterprise_id", 0));
    bool current = membership_is_current(value_get_text(rec, "state"));
    value_set_text(c->arena, rec, "post",
                   post != NULL && current ? post : value_get_text(rec, "seat"));
}

// One fact stands once: who has a post needs no seat beside it.
static void
check_seat(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *seat = value_get_text(rec, "seat");
    if (seat == NULL || text_equal(seat, value_get_text(old, "seat"))) {
        return;
    }
    const char *post = post_highest(c, value_get_int(rec, "organization_id", 0),
                                    value_get_int(rec, "person_id", 0),
                                    value_get_int(rec, "enterprise_id", 0));
    if (text_equal(seat, post)) {
        value_set(c->arena, rec, "seat", &value_null);
    } else if (post != NULL) {
        ctx_fault(c, "seat", "post", T("已经登记了任职的人，职务请在会内职务里改"));
    }
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *was = value_get_text(old, "state");
    check_who(c, rec);
    check_seat(c, rec, old);
    if (old == NULL) {
        check_once(c, rec, 0);
        start(c, rec);
    } else if (ctx_is(c, ROLE_MEMBER) && c->actor->id > 0 && !by_office(c) &&
               !text_list_has("applied returned", was)) {
        return ctx_refuse(c, ERR_CONFLICT, T("申请已经进入审核，不能再改"));
    } else if (!value_equal(value_get(rec, "organization_id"),
                            value_get(old, "organization_id")) ||
               value_get_int(rec, "enterprise_id", 0) !=
                   value_get_int(old, "enterprise_id", 0)) {
        ctx_fault(c, "organization_id", "fixed", T("会籍不能改到别的企业或商会，请另外申请"));
    } else if (membership_is_current(was) && value_get_text(rec, "since") == NULL) {
        ctx_fault(c, "since", "missing", T("会员要有入会日期"));
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

static enum err
after_save(struct ctx *c, const struct value *rec, const struct value *old)
{
    if (old == NULL && membership_is_current(value_get_text(rec, "state"))) {
        return membership_settle(c, value_get_int(rec, "enterprise_id", 0));
    }
    return ERR_OK;
}

// ---- its page --------------------------------------------------------------------------

static void
decorate(struct ctx *c, const struct value *rec)
{
    record_step_actions(c, &MEMBERSHIP_STEPS, rec);
    if (membership_is_current(value_get_text(rec, "state"))) {
        record_action(c,
                      arena_printf(c->arena, "/memberships/%lld/card",
                                   (long long)value_get_int(rec, "id", 0)),
                      T("会员证"), "id-badge-2", false);
    }
}

const struct record_kind MEMBERSHIP_KIND = {
    .name = "membership",
    .plural = "memberships",
    .label = "会籍",
    .list_label = "会员名册",
    .table = "membership",
    .title = "enterprise_id",
    .subtitle = "person_id",
    .number = MEMBERSHIP_LETTERS,
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "organization_id",
    .enterprise_column = "enterprise_id",
    .parents = PARENTS,
    .leads = "enterprise_id person_id organization_id seat state",
    .order = "-id",
    .before_save = before_save,
    .after_save = after_save,
    .events = EVENTS,
    .derive = derive,
    .decorate = decorate,
    .empty_text = "企业登记到商会名下就是会员；别的商会由企业申请加入。",
};

// ---- routes ----------------------------------------------------------------------------

enum {
    KEEPERS = ROLE_OFFICE | ROLE_SECRETARY,
    READERS = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER | ROLE_MEMBER,
    APPLICANTS = ROLE_OFFICE | ROLE_SECRETARY | ROLE_MEMBER
};

#define STEP(word, who, input, what)                                                           \
    RECORD_STEP(MEMBERSHIP_STEPS, "memberships", word, who, input, 0, what)

static const struct route ROUTES[] = {
    STEP("check", KEEPERS, MEMBERSHIP_IN_NOTE, "the secretary has checked the application"),
    STEP("return", KEEPERS, MEMBERSHIP_IN_REASON, "back to the applicant for completion"),
    STEP("resubmit", APPLICANTS, MEMBERSHIP_IN_NOTE, "the applicant has completed it"),
    STEP("approve", KEEPERS, MEMBERSHIP_IN_APPROVE, "the chamber approves; publicity begins"),
    STEP("reject", KEEPERS, MEMBERSHIP_IN_REASON, "the chamber does not approve"),
    STEP("object", KEEPERS, MEMBERSHIP_IN_REASON, "an objection during publicity"),
    STEP("admit", KEEPERS, NULL, "publicity is over: a member from today"),
    STEP("withdraw", APPLICANTS, MEMBERSHIP_IN_NOTE, "the applicant withdraws"),
    STEP("suspend", KEEPERS, MEMBERSHIP_IN_REASON, "suspends a member's rights"),
    STEP("resume", KEEPERS, MEMBERSHIP_IN_NOTE, "a member's rights are restored"),
    STEP("leave", KEEPERS, MEMBERSHIP_IN_LEAVE, "a member leaves"),
    STEP("expel", KEEPERS, MEMBERSHIP_IN_EXPEL, "a member is expelled"),
    STEP("readmit", KEEPERS, MEMBERSHIP_IN_NOTE, "applies again: a new membership begins"),
    STEP("main", KEEPERS, NULL, "makes it the enterprise's main membership"),
    {.method = HTTP_GET,
     .pattern = "/memberships/{id}/card",
     .roles = READERS,
     .run = membership_card_run,
     .show = membership_card_show,
     .page = "membership-card",
     .flags = ROUTE_PAGE | ROUTE_FRESH,
     .help = "The card, with a QR code that verifies it"},
    {.method = HTTP_GET,
     .pattern = "/verify/{token}",
     .roles = ROLE_ANYONE | ROLE_SIGNED_IN,
     .run = membership_verify_run,
     .show = membership_verify_show,
     .page = "message",
     .flags = ROUTE_PAGE | ROUTE_FRESH,
     .help = "Whether a card is valid, for whoever holds it"},
    {.method = HTTP_GET,
     .pattern = "/membership-report",
     .roles = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER,
     .run = membership_report_run,
     .show = membership_report_show,
     .page = "membership-report",
     .help = "Members of each chamber by year: joined, left, kept"},
    {.method = HTTP_GET,
     .pattern = "/publicity/memberships",
     .roles = ROLE_ANYONE | ROLE_SIGNED_IN,
     .run = membership_publicity_run,
     .show = membership_publicity_show,
     .page = "membership-publicity",
     .help = "Applications in publicity, for everybody"},
    {0},
};

static const struct nav_item NAV[] = {
    {.group = "资料",
     .url = "/memberships",
     .label = "会员名册",
     .icon = "id-badge-2",
     .roles = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER},
    {.group = "资料",
     .url = "/membership-report",
     .label = "会员增减",
     .icon = "chart-bar",
     .roles = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER},
    {.group = "资料",
     .url = "/memberships",
     .label = "我的商会",
     .icon = "id-badge-2",
     .roles = ROLE_MEMBER},
    {0},
};

static const struct db_stmt *const STATEMENTS[] = {&MEMBERSHIP_GOES_ON,
                                                   &MEMBERSHIP_OF_CHAMBER,
                                                   &MEMBERSHIP_END,
                                                   &MEMBERSHIP_GO_ON,
                                                   &IS_CHAMBER,
                                                   &MEMBERSHIP_SET,
                                                   &MEMBERSHIP_LINK,
                                                   &MEMBERSHIP_DUE,
                                                   &MEMBERSHIP_CURRENT,
                                                   &MEMBERSHIP_MARK,
                                                   &MEMBERSHIP_ENDED,
                                                   &MEMBERSHIP_OF_NEW,
                                                   &MEMBERSHIP_SEATED,
                                                   &MEMBERSHIP_UNSEAT,
                                                   &MEMBERSHIP_CARD,
                                                   &MEMBERSHIP_MOVED,
                                                   &MEMBERSHIP_IN_PUBLICITY,
                                                   NULL};

static const struct record_kind *const KINDS[] = {&MEMBERSHIP_KIND, NULL};
static const struct import_kind *const IMPORTS[] = {&ENTERPRISE_IMPORT, &MEMBERSHIP_IMPORT,
                                                    NULL};

const struct module MEMBERSHIP_MODULE = {.name = "membership",
                                         .routes = ROUTES,
                                         .stmts = STATEMENTS,
                                         .nav = NAV,
                                         .kinds = KINDS,
                                         .watches = MEMBERSHIP_WATCHES,
                                         .links = MEMBERSHIP_LINKS,
                                         .imports = IMPORTS};
