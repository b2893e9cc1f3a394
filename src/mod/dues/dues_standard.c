// SPDX-License-Identifier: Apache-2.0
// Standards of dues and their tiers: written down as a draft with the assembly's resolution,
// valid only when every rule of dues_rules.h holds, then never changed, only superseded.
#include "mod/dues/dues_impl.h"

#include "base/text.h"
#include "kit/app.h"
#include "kit/attachment.h"
#include "kit/listing.h"
#include "kit/record_impl.h"

#include <string.h>

enum { VOTES_MOST = 100000 };

static const struct choice STATES[] = {
    {.value = "draft", .label = "草案", .tone = "is-info"},
    {.value = "approved", .label = "现行", .tone = "is-ok"},
    {.value = "refused", .label = "未通过", .tone = "is-bad"},
    {.value = "superseded", .label = "已被取代", .tone = "is-mute"},
    {0},
};

static const struct choice EVENTS[] = {
    {.value = "approve", .label = "登记批准"},
    {.value = "refuse", .label = "登记未通过"},
    {.value = "revise", .label = "重新拟订"},
    {.value = "supersede", .label = "被新标准取代"},
    {.value = "attach", .label = "补充决议文件"},
    {0},
};

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT,
    SYSTEM = IN_DETAIL | IN_EXPORT
};

#define VOTES(id, text)                                                                        \
    {                                                                                          \
        .name = (id), .type = FIELD_INT, .label = (text), .max = VOTES_MOST, .where = KEPT     \
    }

static const struct field FIELDS[] = {
    {.name = "effective_on",
     .type = FIELD_DATE,
     .label = "执行日期",
     .hint = "从这一天所在的年度起按此标准收会费。",
     .required = true,
     .where = LISTED},
    {.name = "organization_id",
     .type = FIELD_REF,
     .label = "商会",
     .ref = "organizations",
     .required = true,
     .where = LISTED | IN_FILTER},
    {.name = "meeting",
     .type = FIELD_TEXT,
     .label = "通过的会议",
     .hint = "例如 第三届第二次会员代表大会。",
     .max = 80,
     .where = LISTED},
    {.name = "held_on", .type = FIELD_DATE, .label = "通过日期", .where = LISTED},
    {.name = "secret_ballot",
     .type = FIELD_FLAG,
     .label = "无记名投票",
     .required = true,
     .where = KEPT},
    VOTES("eligible", "应到人数"),
    VOTES("present", "到会人数"),
    VOTES("approve", "同意票"),
    VOTES("oppose", "反对票"),
    VOTES("abstain", "弃权票"),
    {.name = "document_no", .type = FIELD_TEXT, .label = "决议文号", .max = 60, .where = KEPT},
    {.name = "note", .type = FIELD_TEXT, .label = "备注", .max = 200, .where = KEPT},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "decided_on", .type = FIELD_DATE, .label = "登记批准日期", .where = SYSTEM},
    {.name = "reason", .type = FIELD_TEXT, .label = "未通过原因", .max = 500, .where = SYSTEM},
    {0},
};

static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {0},
};

static const struct record_parent PARENTS[] = {
    {"organization_id", "会费标准", NULL},
    {0},
};

// ---- statements ------------------------------------------------------------------------

const struct db_stmt DUES_KIND_OF = {.name = "dues.organization_kind",
                                     .sql = "SELECT kind FROM organization WHERE id = $1",
                                     .params = "id:int",
                                     .row = "kind:text"};
const struct db_stmt DUES_TIERS_OF = {
    .name = "dues.tiers_of",
    .sql = "SELECT code, amount_fen FROM dues_tier WHERE standard_id = $1"
           " ORDER BY amount_fen DESC, id",
    .params = "standard:int",
    .row = "code:text amount_fen:int"};
// What holds for a year also held when a later one has taken its place since.
const struct db_stmt DUES_IN_FORCE = {
    .name = "dues.in_force",
    .sql = "SELECT id FROM dues_standard WHERE organization_id = $1 AND effective_on <= $2"
           " AND (state = 'approved' OR state = 'superseded')"
           " ORDER BY effective_on DESC LIMIT 1",
    .params = "organization:int last:text",
    .row = "id:int"};
const struct db_stmt DUES_NEWER = {
    .name = "dues.newer_standard",
    .sql = "SELECT count(*) AS n FROM dues_standard WHERE organization_id = $1"
           " AND effective_on >= $2 AND state = 'approved' AND id <> $3",
    .params = "organization:int effective:text id:int",
    .row = "n:int"};
const struct db_stmt DUES_HOLDING = {
    .name = "dues.holding_standards",
    .sql = "SELECT id FROM dues_standard WHERE organization_id = $1 AND state = 'approved'"
           " AND id <> $2 ORDER BY id LIMIT 100",
    .params = "organization:int id:int",
    .row = "id:int"};
const struct db_stmt DUES_SET = {
    .name = "dues.set_standard",
    .sql = "UPDATE dues_standard SET state = $1, reason = $2, decided_on = $3,"
           " updated_at = $4, version = version + 1 WHERE id = $5",
    .params = "state:text reason:text? decided:text? now:time id:int"};
const struct db_stmt DUES_TIER_COUNT = {
    .name = "dues.tier_count",
    .sql = "SELECT count(*) AS n FROM dues_tier WHERE standard_id = $1",
    .params = "standard:int",
    .row = "n:int"};
const struct db_stmt DUES_TIER_SAME = {
    .name = "dues.tier_same",
    .sql = "SELECT count(*) AS n FROM dues_tier WHERE standard_id = $1 AND code = $2"
           " AND id <> $3",
    .params = "standard:int code:text id:int",
    .row = "n:int"};

// ---- what holds ------------------------------------------------------------------------

bool
dues_standard_of(struct ctx *c, int64_t organization_id, int64_t year,
                 struct dues_standard *out)
{
    const char *last = arena_printf(c->arena, "%04d-12-31", (int)year);
    *out = (struct dues_standard){.codes = "", .half_after = dues_half_after(c)};
    out->id =
        db_value_int(c->tx, &DUES_IN_FORCE, DB_ARGS(DB_INT(organization_id), DB_TEXT(last)), 0);
    if (out->id == 0) {
        return false;
    }
    struct value *tiers = db_list(c->tx, c->arena, &DUES_TIERS_OF, DB_ARGS(DB_INT(out->id)));
    for (size_t i = 0; i < value_count(tiers) && out->n < DUES_TIERS_MOST; i++) {
        const struct value *tier = value_at(tiers, i);
        const char *code = value_get_text(tier, "code");
        out->tiers[out->n].code = code;
        out->tiers[out->n++].amount_fen = value_get_int(tier, "amount_fen", 0);
        out->codes = arena_printf(c->arena, "%s%s%s", out->codes, i == 0 ? "" : " ", code);
    }
    return out->n > 0;
}

static int32_t
day_of(const struct value *rec, const char *key)
{
    const char *s = value_get_text(rec, key);
    int32_t day;
    return s != NULL && day_parse(s, &day) ? day : INT32_MIN;
}

static struct dues_resolution
resolution_of(struct ctx *c, const struct value *rec)
{
    int64_t id = value_get_int(rec, "id", 0),
            organization = value_get_int(rec, "organization_id", 0);
    const struct value *kind =
        db_one(c->tx, c->arena, &DUES_KIND_OF, DB_ARGS(DB_INT(organization)));
    const struct value *tiers = db_list(c->tx, c->arena, &DUES_TIERS_OF, DB_ARGS(DB_INT(id)));
    size_t n = value_count(tiers);
    return (struct dues_resolution){
        .organization_kind = value_get_text(kind, "kind"),
        .meeting = value_get_text(rec, "meeting"),
        .held_on = day_of(rec, "held_on"),
        .effective_on = day_of(rec, "effective_on"),
        .today = time_to_day(c->now),
        .secret_ballot = value_get_bool(rec, "secret_ballot"),
        .eligible = value_get_int(rec, "eligible", -1),
        .present = value_get_int(rec, "present", -1),
        .approve = value_get_int(rec, "approve", -1),
        .tiers = n,
        .least_fen = n == 0 ? 0 : value_get_int(value_at(tiers, n - 1), "amount_fen", 0),
        .newest =
            db_value_int(c->tx, &DUES_NEWER,
                         DB_ARGS(DB_INT(organization),
                                 DB_TEXT(value_get_text(rec, "effective_on")), DB_INT(id)),
                         0) == 0};
}

// ---- saving ----------------------------------------------------------------------------

static bool
is_draft(const struct value *rec)
{
    return text_equal(value_get_text(rec, "state"), "draft");
}

static void
check_votes(struct ctx *c, const struct value *rec)
{
    int64_t eligible = value_get_int(rec, "eligible", -1),
            present = value_get_int(rec, "present", -1),
            votes = value_get_int(rec, "approve", 0) + value_get_int(rec, "oppose", 0) +
                    value_get_int(rec, "abstain", 0);
    if (eligible >= 0 && present > eligible) {
        ctx_fault(c, "present", "range", T("到会人数不能多于应到人数"));
    }
    if (present >= 0 && votes > present) {
        ctx_fault(c, "approve", "range", T("票数加起来不能多于到会人数"));
    }
    if (day_of(rec, "held_on") > time_to_day(c->now)) {
        ctx_fault(c, "held_on", "future", T("通过日期不能在将来"));
    }
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const struct value *kind =
        db_one(c->tx, c->arena, &DUES_KIND_OF,
               DB_ARGS(DB_INT(value_get_int(rec, "organization_id", 0))));
    if (old != NULL && !is_draft(old)) {
        return ctx_refuse(c, ERR_CONFLICT,
                          T("只有草案可以修改；标准变了请另外登记一个，由大会通过。"));
    }
    if (kind != NULL && !dues_collects(value_get_text(kind, "kind"))) {
        ctx_fault(c, "organization_id", "branch",
                  T("会费由商会收取，专门委员会等分支机构和部门不能收"));
    }
    check_votes(c, rec);
    value_set_text(c->arena, rec, "state", "draft");
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

// ---- its page --------------------------------------------------------------------------

static void
push_rows_cell(struct ctx *c, struct value *rows, struct value *first, struct value *second)
{
    struct value *row = value_map(c->arena), *cells = value_list(c->arena);
    value_push(c->arena, cells, first);
    value_push(c->arena, cells, second);
    value_set(c->arena, row, "cells", cells);
    value_push(c->arena, rows, row);
}

// What stands between a draft and bills, point by point.
static struct value *
checks_block(struct ctx *c, const struct value *rec)
{
    struct dues_check checks[DUES_CHECKS];
    struct dues_resolution r = resolution_of(c, rec);
    dues_checks(&r, checks);
    struct value *columns = value_list(c->arena), *rows = value_list(c->arena);
    listing_column(c, columns, T("要求"), "", NULL, NULL);
    listing_column(c, columns, T("核对"), "", NULL, NULL);
    for (size_t i = 0; i < DUES_CHECKS; i++) {
        const char *fault = checks[i].fault;
        struct value *cell = listing_cell(c, NULL, "");
        value_set(c->arena, cell, "badge",
                  listing_badge(c, fault == NULL ? "is-ok" : "is-warn",
                                fault == NULL ? "circle-check" : "alert-triangle",
                                ctx_tr(c, fault == NULL ? T("符合") : fault)));
        push_rows_cell(c, rows, listing_cell(c, ctx_tr(c, checks[i].label), "wide"), cell);
    }
    struct value *block = record_block(c, "checks", T("收会费的条件"), NULL);
    record_block_table(c, block, columns, rows);
    return block;
}

static struct value *
files_block(struct ctx *c, int64_t id)
{
    const struct value *files = attachment_list(c, DUES_STANDARD_KIND.name, id);
    struct value *columns = value_list(c->arena), *rows = value_list(c->arena);
    listing_column(c, columns, T("文件"), "", NULL, NULL);
    listing_column(c, columns, T("大小"), "num right", NULL, NULL);
    for (size_t i = 0; i < value_count(files); i++) {
        const struct value *f = value_at(files, i);
        int64_t kb = (value_get_int(f, "size", 0) + 1023) / 1024;
        struct value *cell = listing_cell(c, value_get_text(f, "name"), "wide");
        value_set_text(
            c->arena, cell, "url",
            arena_printf(c->arena, "/attachments/%lld", (long long)value_get_int(f, "id", 0)));
        push_rows_cell(
            c, rows, cell,
            listing_cell(c, arena_printf(c->arena, "%lld KB", (long long)kb), "num right"));
    }
    struct value *block = record_block(c, "files", T("决议文件"), NULL);
    record_block_table(c, block, columns, rows);
    return value_count(files) == 0 ? NULL : block;
}

// What is decided is not changed: no buttons that would only be refused.
static void
hold(struct ctx *c, const struct value *blocks)
{
    value_set(c->arena, c->page, "actions", &value_empty_list);
    for (size_t i = 0; i < value_count(blocks); i++) {
        struct value *block = (struct value *)(uintptr_t)value_at(blocks, i); // of this page
        if (text_equal(value_get_text(block, "id"), DUES_TIER_KIND.plural)) {
            record_block_links(c, block, NULL, NULL, NULL);
        }
    }
}

static void
decorate(struct ctx *c, const struct value *rec)
{
    struct value *blocks = (struct value *)(uintptr_t)value_get(c->page, "blocks");
    struct value *files = files_block(c, value_get_int(rec, "id", 0));
    if (!is_draft(rec)) {
        hold(c, blocks);
    }
    record_step_actions(c, &DUES_STANDARD_STEPS, rec);
    if (is_draft(rec)) {
        value_push(c->arena, blocks, checks_block(c, rec));
    }
    if (files != NULL) {
        value_push(c->arena, blocks, files);
    }
}

const struct record_kind DUES_STANDARD_KIND = {
    .name = "dues_standard",
    .plural = "dues-standards",
    .label = "会费标准",
    .list_label = "会费标准",
    .table = "dues_standard",
    .title = "effective_on",
    .subtitle = "organization_id",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "organization_id",
    .parents = PARENTS,
    .leads = "organization_id state",
    .order = "-id",
    .before_save = before_save,
    .events = EVENTS,
    .decorate = decorate,
    .empty_text = "没有经会员（代表）大会无记名投票通过的标准，不能收会费。",
};

bool
dues_standard_may_read(struct ctx *c, int64_t id)
{
    return record_get(c, &DUES_STANDARD_KIND, id) != NULL;
}

// ---- tiers -----------------------------------------------------------------------------

static const struct field TIER_FIELDS[] = {
    {.name = "standard_id",
     .type = FIELD_REF,
     .label = "会费标准",
     .ref = "dues-standards",
     .required = true,
     .where = KEPT | IN_FILTER},
    {.name = "code",
     .type = FIELD_CHOICE,
     .label = "档次",
     .hint = "没有单独档次的职务按下面一档。",
     .required = true,
     .choices = MEMBERSHIP_DUES_TIERS,
     .where = LISTED},
    {.name = "amount_fen",
     .type = FIELD_MONEY,
     .label = "每年金额（元）",
     .required = true,
     .min = 1,
     .where = LISTED},
    {.name = "note", .type = FIELD_TEXT, .label = "备注", .max = 100, .where = LISTED},
    {0},
};

static const struct record_parent TIER_PARENTS[] = {
    {"standard_id", "档次", "还没有档次：最多四个，每个一个固定金额。"},
    {0},
};

static enum err
tier_before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    int64_t id = value_get_int(old, "id", 0), standard = value_get_int(rec, "standard_id", 0);
    const struct value *of = record_get(c, &DUES_STANDARD_KIND, standard);
    if (of == NULL) {
        return ctx_fault(c, "standard_id", "reference", T("没有这一项，请重新选择"));
    }
    if (!is_draft(of)) {
        return ctx_refuse(c, ERR_CONFLICT,
                          T("只有草案可以修改；标准变了请另外登记一个，由大会通过。"));
    }
    if (old == NULL && db_value_int(c->tx, &DUES_TIER_COUNT, DB_ARGS(DB_INT(standard)), 0) >=
                           DUES_TIERS_MOST) {
        return ctx_fault(c, "code", "too_many", T("会费档次最多四个"));
    }
    return db_value_int(
               c->tx, &DUES_TIER_SAME,
               DB_ARGS(DB_INT(standard), DB_TEXT(value_get_text(rec, "code")), DB_INT(id)),
               0) > 0
               ? ctx_fault(c, "code", "taken", T("这一档已经登记，每档只有一个金额"))
               : ERR_OK;
}

const struct record_kind DUES_TIER_KIND = {
    .name = "dues_tier",
    .plural = "dues-tiers",
    .label = "会费档次",
    .list_label = "会费档次",
    .table = "dues_tier",
    .title = "code",
    .fields = TIER_FIELDS,
    .grants = GRANTS,
    .organization_column = "standard_id.organization_id",
    .parents = TIER_PARENTS,
    .leads = "standard_id",
    .order = "id",
    .before_save = tier_before_save,
};

// ---- steps -----------------------------------------------------------------------------

const struct field DUES_IN_REASON[] = {{.name = "reason",
                                        .type = FIELD_TEXT,
                                        .label = "事由",
                                        .required = true,
                                        .min = 2,
                                        .max = 500,
                                        .where = IN_FORM},
                                       {0}};
const struct field DUES_IN_NOTE[] = {
    {.name = "note", .type = FIELD_TEXT, .label = "说明", .max = 500, .where = IN_FORM}, {0}};
const struct field DUES_IN_FILES[] = {{.name = "attachment_ids",
                                       .type = FIELD_FILES,
                                       .label = "决议文件",
                                       .hint = "会议决议、表决结果的扫描件或照片。",
                                       .where = IN_FORM},
                                      {0}};

static bool
load(struct ctx *c, int64_t id, struct lifecycle_record *out)
{
    return record_step_load(c, &DUES_STANDARD_STEPS, id, out);
}

static enum err
save(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const char *reason = value_get_text(c->in, "reason");
    db_put(c->tx, &DUES_SET,
           DB_ARGS(DB_TEXT(r->state), DB_TEXT(reason),
                   DB_TEXT(strcmp(r->state, "approved") == 0 ? dues_today(c) : NULL),
                   DB_INT(c->now), DB_INT(r->id)));
    record_step_tell(c, &DUES_STANDARD_STEPS, r, t->event, NULL);
    return db_tx_err(c->tx);
}

// The one before it holds for the years before, no longer for new ones.
static void
supersede(struct ctx *c, const struct lifecycle_record *r)
{
    const struct value *others =
        db_list(c->tx, c->arena, &DUES_HOLDING,
                DB_ARGS(DB_INT(value_get_int(r->data, "organization_id", 0)), DB_INT(r->id)));
    for (size_t i = 0; i < value_count(others); i++) {
        int64_t id = value_get_int(value_at(others, i), "id", 0);
        struct value *rec = record_get(c, &DUES_STANDARD_KIND, id);
        struct lifecycle_record other = {.id = id, .state = "superseded", .data = rec};
        db_put(c->tx, &DUES_SET,
               DB_ARGS(DB_TEXT(other.state), DB_NULL,
                       DB_TEXT(value_get_text(rec, "decided_on")), DB_INT(c->now), DB_INT(id)));
        record_step_tell(c, &DUES_STANDARD_STEPS, &other, "supersede", NULL);
    }
}

static enum err
approve(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    struct dues_check checks[DUES_CHECKS];
    struct dues_resolution resolution = resolution_of(c, r->data);
    if (!dues_checks(&resolution, checks)) {
        for (size_t i = 0; i < DUES_CHECKS; i++) {
            if (checks[i].fault != NULL) {
                ctx_fault(c, NULL, checks[i].code, checks[i].fault);
            }
        }
        return ERR_INVALID;
    }
    enum err e = save(c, t, r);
    supersede(c, r);
    return e;
}

static enum err
attach(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    const struct value *files = value_get(c->in, "attachment_ids");
    if (value_count(files) == 0) {
        return ctx_fault(c, "attachment_ids", "missing", T("请选择文件"));
    }
    enum err e = attachment_bind(c, files, DUES_STANDARD_KIND.name, r->id, "attachment_ids");
    record_step_tell(c, &DUES_STANDARD_STEPS, r, t->event, NULL);
    return e;
}

static const struct transition STEPS[] = {
    {"approve", "登记批准", "draft", "approved", DUES_KEEPERS, RECORD_STEP_MINE, DUES_IN_NOTE,
     NULL, approve, "approve", "is-main",
     T("会员（代表）大会已经通过。批准后不能再改，可以按它生成账单；以前的标准到此为止。")},
    {"refuse", "登记未通过", "draft", "refused", DUES_KEEPERS, RECORD_STEP_MINE, DUES_IN_REASON,
     NULL, save, "refuse", NULL, T("大会没有通过，不能按它收会费。")},
    {"revise", "重新拟订", "refused", "draft", DUES_KEEPERS, RECORD_STEP_MINE, DUES_IN_NOTE,
     NULL, save, "revise", NULL, T("回到草案，改好后再由大会表决。")},
    {"attach", "补充决议文件", "draft approved refused superseded", NULL, DUES_KEEPERS,
     RECORD_STEP_MINE, DUES_IN_FILES, NULL, attach, "attach", NULL, NULL},
    {0},
};

static const struct lifecycle LIFECYCLE = {
    .kind = "dues_standard", .steps = STEPS, .load = load};
const struct record_steps DUES_STANDARD_STEPS = {
    .kind = &DUES_STANDARD_KIND, .life = &LIFECYCLE, .action = RECORD_UPDATE};

// ---- memberships -----------------------------------------------------------------------

// A tier given to a member by name is one of those the chamber's standard has.
static enum err
membership_saved(struct ctx *c, const struct value *rec, const struct value *old)
{
    struct dues_standard s;
    const char *tier = value_get_text(rec, "dues_tier");
    if (tier == NULL || text_equal(tier, value_get_text(old, "dues_tier"))) {
        return ERR_OK;
    }
    bool held =
        dues_standard_of(c, value_get_int(rec, "organization_id", 0), dues_this_year(c), &s);
    return held && !text_list_has(s.codes, tier)
               ? ctx_fault(c, "dues_tier", "tier", T("商会现行的会费标准里没有这一档"))
               : ERR_OK;
}

const struct record_watch DUES_WATCHES[] = {{"memberships", membership_saved}, {0}};
