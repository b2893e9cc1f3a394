// SPDX-License-Identifier: Apache-2.0
// Terms as tables: from one election to the next. Registering a new term ends the one before
// and the posts that were elected for it; reminders tell who has to prepare the election.
#include "mod/post/post_impl.h"

#include "base/text.h"
#include "kit/notice.h"

#include <string.h>

enum { MONTHS_IN_YEAR = 12, NUMBER_MOST = 99, POSTS_MOST = 1000, CLOSING_MONTHS = 12 };

const struct choice POST_STATES[] = {
    {.value = "current", .label = "现任", .tone = "is-ok"},
    {.value = "ended", .label = "已结束", .tone = "is-mute"},
    {0},
};

static const struct choice STATES[] = {
    {.value = "current", .label = "本届", .tone = "is-ok"},
    {.value = "ended", .label = "往届", .tone = "is-mute"},
    {0},
};

enum {
    SYSTEM = IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | SYSTEM,
    LISTED = IN_LIST | KEPT,
};

static const struct field FIELDS[] = {
    {.name = "organization_id",
     .type = FIELD_REF,
     .label = "组织",
     .ref = "organizations",
     .required = true,
     .where = LISTED | IN_FILTER},
    {.name = "number",
     .type = FIELD_INT,
     .label = "第几届",
     .required = true,
     .min = 1,
     .max = NUMBER_MOST,
     .where = KEPT},
    {.name = "name", .type = FIELD_TEXT, .label = "届次", .where = IN_LIST | SYSTEM},
    {.name = "starts_on",
     .type = FIELD_DATE,
     .label = "选举产生",
     .hint = "换届会议的日期。",
     .required = true,
     .where = LISTED},
    {.name = "ends_on",
     .type = FIELD_DATE,
     .label = "任期届满",
     .hint = "章程规定的届满日期，一届不超过五年。",
     .required = true,
     .where = KEPT,
     .source = "domain.md §1 F:4,6"},
    {.name = "act",
     .type = FIELD_TEXT,
     .label = "换届会议",
     .hint = "例如 第三届会员大会第一次会议。",
     .max = 100,
     .where = KEPT},
    {.name = "document_no",
     .type = FIELD_TEXT,
     .label = "批复或备案文号",
     .max = 60,
     .where = KEPT},
    {.name = "delegates",
     .type = FIELD_INT,
     .label = "会员代表人数",
     .hint = "开会员代表大会的填写，理事人数按代表人数核对。",
     .min = 1,
     .max = 9999,
     .where = KEPT},
    {.name = "extended_until",
     .type = FIELD_DATE,
     .label = "延期换届至",
     .hint = "经批准可以延期一次，不超过一年。",
     .where = KEPT,
     .source = "domain.md §1 F:4,6"},
    {.name = "extension_no",
     .type = FIELD_TEXT,
     .label = "延期批准文号",
     .max = 60,
     .where = KEPT},
    {.name = "closes_on",
     .type = FIELD_DATE,
     .label = "应换届",
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "ended_on",
     .type = FIELD_DATE,
     .label = "实际结束",
     .hint = "登记下一届时自动填写。",
     .where = KEPT},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "note", .type = FIELD_LONG, .label = "备注", .max = 500, .where = KEPT},
    {0},
};

static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, NULL},
    {0},
};

static const struct record_sort SORTS[] = {
    {"starts_on", "organization_id"},
    {"closes_on", "organization_id state"},
    {0},
};

static const struct record_parent PARENTS[] = {
    {"organization_id", "届次", NULL},
    {0},
};

// ---- statements ------------------------------------------------------------------------

const struct db_stmt TERM_ORGANIZATION = {
    .name = "term.of_organization",
    .sql = "SELECT name, kind, state FROM organization WHERE id = $1",
    .params = "id:int",
    .row = "name:text kind:text state:text"};
const struct db_stmt TERM_ON = {
    .name = "term.on",
    .sql = "SELECT id, ends_on, number FROM term WHERE organization_id = $1"
           " AND starts_on <= $2 AND (ended_on IS NULL OR ended_on > $2)"
           " ORDER BY starts_on DESC LIMIT 1",
    .params = "organization:int day:text",
    .row = "id:int ends_on:text number:int"};
// Another one with this number, or one whose days contradict the order of numbers.
const struct db_stmt TERM_CLASH = {
    .name = "term.clash",
    .sql = "SELECT count(*) AS n FROM term WHERE organization_id = $1 AND id <> $2"
           " AND (number = $3 OR (number < $3 AND starts_on >= $4)"
           " OR (number > $3 AND starts_on <= $4))",
    .params = "organization:int id:int number:int starts_on:text",
    .row = "n:int"};
const struct db_stmt TERM_NEXT = {
    .name = "term.next",
    .sql = "SELECT starts_on FROM term WHERE organization_id = $1 AND number > $2"
           " ORDER BY number LIMIT 1",
    .params = "organization:int number:int",
    .row = "starts_on:text"};
const struct db_stmt TERM_BEFORE = {
    .name = "term.before",
    .sql = "SELECT id FROM term WHERE organization_id = $1 AND number < $2"
           " AND state = 'current' ORDER BY number",
    .params = "organization:int number:int",
    .row = "id:int"};
// Hired staff go on.
const struct db_stmt TERM_HOLDERS = {
    .name = "term.holders",
    .sql =
        "SELECT id FROM organization_post WHERE organization_id = $1 AND state = 'current'"
        " AND since || '' < $2 AND act <> 'hired' AND act <> 'appointed' ORDER BY id LIMIT $3",
    .params = "organization:int starts_on:text most:int",
    .row = "id:int"};
const struct db_stmt TERM_ADOPT = {
    .name = "term.adopt",
    .sql = "UPDATE organization_post SET term_id = $1 WHERE organization_id = $2"
           " AND term_id IS NULL AND since >= $3 AND since < $4",
    .params = "term:int organization:int from:text to:text"};
const struct db_stmt TERM_FORGET = {.name = "term.forget",
                                    .sql = "UPDATE term SET reminded = NULL WHERE id = $1",
                                    .params = "id:int"};
const struct db_stmt TERM_DUE = {
    .name = "term.due",
    .sql = "SELECT t.id, t.organization_id, o.name AS organization, t.name, t.closes_on,"
           " t.reminded FROM term t JOIN organization o ON o.id = t.organization_id"
           " WHERE t.state = 'current' AND t.closes_on <= $1"
           " AND (t.reminded IS NULL OR t.reminded > 0) AND o.state = 'active'"
           " ORDER BY t.closes_on, t.id LIMIT 1000",
    .params = "until:text",
    .row = "id:int organization_id:int organization:text name:text closes_on:text"
           " reminded:int?"};
const struct db_stmt TERM_REMINDED = {.name = "term.reminded",
                                      .sql = "UPDATE term SET reminded = $1 WHERE id = $2",
                                      .params = "months:int id:int"};
#define CLOSING_SQL(columns, where)                                                            \
    "SELECT " columns " FROM term t JOIN organization o ON o.id = t.organization_id"           \
    " WHERE t.state = 'current' AND t.closes_on <= $1 AND o.state = 'active'" where
const struct db_stmt TERM_CLOSING = {
    .name = "term.closing",
    .sql = CLOSING_SQL("t.organization_id, o.name AS organization, t.name, t.closes_on",
                       " AND ($2 = 0 OR t.organization_id = $2)"
                       " ORDER BY t.closes_on, t.id LIMIT $3"),
    .params = "until:text organization:int most:int",
    .row = "organization_id:int organization:text name:text closes_on:text"};
const struct db_stmt TERM_CLOSING_COUNT = {
    .name = "term.closing_count",
    .sql = CLOSING_SQL("count(*) AS n", " AND ($2 = 0 OR t.organization_id = $2)"),
    .params = "until:text organization:int",
    .row = "n:int"};

// ---- what both kinds use ---------------------------------------------------------------

const struct value *
post_organization(struct ctx *c, int64_t id)
{
    return db_one(c->tx, c->arena, &TERM_ORGANIZATION, DB_ARGS(DB_INT(id)));
}

const struct value *
post_term_on(struct ctx *c, int64_t organization_id, const char *day)
{
    return db_one(c->tx, c->arena, &TERM_ON, DB_ARGS(DB_INT(organization_id), DB_TEXT(day)));
}

bool
post_is_theirs(const struct ctx *c, const struct value *rec)
{
    return ctx_is(c, ROLE_OFFICE) ||
           c->actor->organization_id == value_get_int(rec, "organization_id", 0);
}

const char *
post_today(struct ctx *c)
{
    return day_text(c->arena, time_to_day(c->now));
}

// ISO dates compare as texts.
void
post_check_span(struct ctx *c, const struct value *rec, const char *from, const char *to)
{
    const char *a = value_get_text(rec, from), *b = value_get_text(rec, to);
    if (a != NULL && b != NULL && strcmp(a, b) > 0) {
        ctx_fault(c, to, "range", T("结束日期不能早于开始日期"));
    }
}

void
post_check_past(struct ctx *c, const struct value *rec, const char *field)
{
    const char *s = value_get_text(rec, field);
    if (s != NULL && strcmp(s, post_today(c)) > 0) {
        ctx_fault(c, field, "future", T("日期不能在将来"));
    }
}

static const char *
months_after(struct ctx *c, const char *day, int64_t months)
{
    int32_t d;
    return day_parse(day, &d) ? day_text(c->arena, day_add_months(d, (int)months)) : day;
}

// ---- saving ----------------------------------------------------------------------------

// 3 → "第三届", 12 → "第十二届".
static const char *
term_name(struct arena *a, int64_t n)
{
    enum { TEN = 10, BYTES = 3 };
    static const char digits[] = "一二三四五六七八九";
    int tens = (int)(n / TEN), ones = (int)(n % TEN);
    const char *of_tens = tens < 2 ? "" : arena_strndup(a, digits + (tens - 1) * BYTES, BYTES);
    const char *of_ones = ones == 0 ? "" : arena_strndup(a, digits + (ones - 1) * BYTES, BYTES);
    return arena_printf(a, "第%s%s%s届", of_tens, tens > 0 ? "十" : "", of_ones);
}

// Once, with approval, and by no more than a year. The office may correct what was written.
static void
check_extension(struct ctx *c, const struct value *rec, const struct value *old)
{
    const char *until = value_get_text(rec, "extended_until");
    const char *was = value_get_text(old, "extended_until");
    const char *ends = value_get_text(rec, "ends_on");
    if (was != NULL && !text_equal(was, until) && !ctx_is(c, ROLE_OFFICE)) {
        ctx_fault(c, "extended_until", "once", T("只能延期一次；写错了请工商联更正"));
    } else if (until != NULL && (strcmp(until, ends) <= 0 ||
                                 strcmp(until, months_after(c, ends, MONTHS_IN_YEAR)) > 0)) {
        ctx_fault(c, "extended_until", "range", T("延期要在届满之后，最长一年"));
    }
    if (until != NULL && value_get_text(rec, "extension_no") == NULL) {
        ctx_fault(c, "extension_no", "missing", T("延期要有批准文号"));
    }
}

static void
check_days(struct ctx *c, const struct value *rec)
{
    const char *starts = value_get_text(rec, "starts_on"),
               *ends = value_get_text(rec, "ends_on");
    struct post_limits limits = post_limits_of(c);
    post_check_past(c, rec, "starts_on");
    post_check_past(c, rec, "ended_on");
    post_check_span(c, rec, "starts_on", "ended_on");
    if (strcmp(ends, starts) <= 0) {
        ctx_fault(c, "ends_on", "range", T("结束日期不能早于开始日期"));
    } else if (strcmp(ends, months_after(c, starts, limits.term_years * MONTHS_IN_YEAR)) > 0) {
        const char *years = arena_printf(c->arena, "%lld", (long long)limits.term_years);
        faults_add(c->arena, &c->faults, "ends_on", "long",
                   ctx_trf(c, T("一届不超过{0}年"), 1, years));
    }
}

static void
check_place(struct ctx *c, const struct value *rec, int64_t id)
{
    int64_t organization = value_get_int(rec, "organization_id", 0);
    const struct value *o = post_organization(c, organization);
    if (o != NULL && post_body_of(value_get_text(o, "kind")) == 0) {
        ctx_fault(c, "organization_id", "kind", T("部门没有届次，请选工商联、商会或专委会"));
    }
    if (id == 0 && text_list_has("dissolved merged", value_get_text(o, "state"))) {
        ctx_fault(c, "organization_id", "ended", T("这个组织已经撤销或合并"));
    }
    if (db_value_int(c->tx, &TERM_CLASH,
                     DB_ARGS(DB_INT(organization), DB_INT(id),
                             DB_INT(value_get_int(rec, "number", 0)),
                             DB_TEXT(value_get_text(rec, "starts_on"))),
                     0) > 0) {
        ctx_fault(c, "number", "taken", T("这一届已经登记，或者和前后届的日期对不上"));
    }
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    struct arena *a = c->arena;
    int64_t number = value_get_int(rec, "number", 0);
    if (!post_is_theirs(c, rec)) {
        return ERR_FORBIDDEN;
    }
    check_place(c, rec, value_get_int(old, "id", 0));
    check_days(c, rec);
    check_extension(c, rec, old);
    if (value_get_text(rec, "ended_on") == NULL) { // a term of the past, written down late
        int64_t organization = value_get_int(rec, "organization_id", 0);
        const struct value *next =
            db_one(c->tx, a, &TERM_NEXT, DB_ARGS(DB_INT(organization), DB_INT(number)));
        value_set_text(a, rec, "ended_on", value_get_text(next, "starts_on"));
    }
    const char *extended = value_get_text(rec, "extended_until");
    bool ended = value_get_text(rec, "ended_on") != NULL;
    value_set_text(a, rec, "name", term_name(a, number));
    value_set_text(a, rec, "closes_on",
                   extended != NULL ? extended : value_get_text(rec, "ends_on"));
    value_set_text(a, rec, "state", ended ? "ended" : "current");
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

static enum err
end_posts(struct ctx *c, int64_t organization, const char *starts_on)
{
    struct value *set = value_map(c->arena);
    const struct value *posts =
        db_list(c->tx, c->arena, &TERM_HOLDERS,
                DB_ARGS(DB_INT(organization), DB_TEXT(starts_on), DB_INT(POSTS_MOST)));
    value_set_text(c->arena, set, "until", starts_on);
    value_set_text(c->arena, set, "end_reason", "term_over");
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < value_count(posts); i++) {
        e = record_update(c, &POST_KIND, value_get_int(value_at(posts, i), "id", 0), set, 0);
    }
    return e;
}

// A new term: the ones before it are over, and with them the posts elected for them.
static enum err
begin(struct ctx *c, const struct value *rec)
{
    struct arena *a = c->arena;
    int64_t organization = value_get_int(rec, "organization_id", 0);
    const char *starts = value_get_text(rec, "starts_on");
    const struct value *before =
        db_list(c->tx, a, &TERM_BEFORE,
                DB_ARGS(DB_INT(organization), DB_INT(value_get_int(rec, "number", 0))));
    struct value *set = value_map(a);
    value_set_text(a, set, "ended_on", starts);
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < value_count(before); i++) {
        e = record_update(c, &TERM_KIND, value_get_int(value_at(before, i), "id", 0), set, 0);
    }
    return e != ERR_OK ? e : end_posts(c, organization, starts);
}

static enum err
after_save(struct ctx *c, const struct value *rec, const struct value *old)
{
    const char *ended = value_get_text(rec, "ended_on");
    if (old != NULL) {
        if (!value_equal(value_get(rec, "closes_on"), value_get(old, "closes_on"))) {
            db_put(c->tx, &TERM_FORGET, DB_ARGS(DB_INT(value_get_int(rec, "id", 0))));
        }
        return db_tx_err(c->tx);
    }
    db_put(c->tx, &TERM_ADOPT,
           DB_ARGS(DB_INT(value_get_int(rec, "id", 0)),
                   DB_INT(value_get_int(rec, "organization_id", 0)),
                   DB_TEXT(value_get_text(rec, "starts_on")),
                   DB_TEXT(ended == NULL ? "9999-12-31" : ended)));
    return ended == NULL ? begin(c, rec) : db_tx_err(c->tx);
}

const struct record_kind TERM_KIND = {
    .name = "term",
    .plural = "terms",
    .label = "届次",
    .list_label = "届次换届",
    .table = "term",
    .title = "organization_id",
    .subtitle = "name",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "organization_id",
    .parents = PARENTS,
    .leads = "organization_id state",
    .sorts = SORTS,
    .order = "-starts_on",
    .before_save = before_save,
    .after_save = after_save,
    .empty_text = "登记每一届的起止，快届满时会提醒换届。",
};

const struct record_panel TERM_PANELS[] = {
    {"organizations", leadership_panel},
    {"enterprises", leadership_enterprise_panel},
    {"terms", leadership_term_panel},
    {0},
};

// ---- reminders -------------------------------------------------------------------------

static const char *
reminder_text(int months)
{
    return months == 12  ? T("{0}{1}，还有不到一年，请着手准备换届")
           : months == 6 ? T("{0}{1}，还有不到半年，请抓紧换届准备")
           : months == 3 ? T("{0}{1}，还有不到三个月，请报送换届方案")
                         : T("{0}{1}，已经到期，还没有登记换届");
}

static void
remind(struct ctx *c, const struct value *term, int months)
{
    int64_t organization = value_get_int(term, "organization_id", 0);
    const char *link =
        arena_printf(c->arena, "/terms/%lld", (long long)value_get_int(term, "id", 0));
    const char *name = value_get_text(term, "organization");
    // The day is what matters; "第三届" says less than when it ends.
    const char *until = arena_printf(c->arena, "%s %s", value_get_text(term, "name"),
                                     value_get_text(term, "closes_on"));
    notice_to_role(c, ROLE_SECRETARY, organization, 0, link, reminder_text(months), name,
                   until);
    notice_to_role(c, ROLE_STAFF, 0, 0, link, reminder_text(months), name, until);
}

int64_t
post_remind(struct ctx *c, int64_t most)
{
    int32_t today = time_to_day(c->now);
    const char *until = day_text(c->arena, day_add_months(today, POST_REMINDERS[0]));
    const struct value *due = db_list(c->tx, c->arena, &TERM_DUE, DB_ARGS(DB_TEXT(until)));
    int64_t n = 0;
    for (size_t i = 0; n < most && i < value_count(due); i++) {
        const struct value *term = value_at(due, i);
        int32_t closes;
        if (!day_parse(value_get_text(term, "closes_on"), &closes)) {
            continue;
        }
        int months = post_reminder(today, closes);
        if (months >= 0 && months < value_get_int(term, "reminded", INT64_MAX)) {
            remind(c, term, months);
            db_put(c->tx, &TERM_REMINDED,
                   DB_ARGS(DB_INT(months), DB_INT(value_get_int(term, "id", 0))));
            n++;
        }
    }
    return n;
}

// ---- the home page ---------------------------------------------------------------------

// Whose terms the actor sees: 0 all, an organisation, -1 none.
static int64_t
seen(const struct ctx *c)
{
    return ctx_is(c, ROLE_OFFICE | ROLE_LEADER) ? 0
           : ctx_is(c, ROLE_SECRETARY) && c->actor->organization_id > 0
               ? c->actor->organization_id
               : -1;
}

static const char *
closing_until(struct ctx *c)
{
    return day_text(c->arena, day_add_months(time_to_day(c->now), CLOSING_MONTHS));
}

int64_t
post_closing_count(struct ctx *c)
{
    int64_t organization = seen(c);
    return organization < 0
               ? -1
               : db_value_int(c->tx, &TERM_CLOSING_COUNT,
                              DB_ARGS(DB_TEXT(closing_until(c)), DB_INT(organization)), 0);
}

struct value *
post_closing(struct ctx *c, unsigned most)
{
    struct arena *a = c->arena;
    int64_t organization = seen(c);
    struct value *list = value_list(a);
    const struct value *rows =
        organization < 0
            ? list
            : db_list(c->tx, a, &TERM_CLOSING,
                      DB_ARGS(DB_TEXT(closing_until(c)), DB_INT(organization), DB_INT(most)));
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        int32_t closes = 0, today = time_to_day(c->now);
        day_parse(value_get_text(row, "closes_on"), &closes);
        int months = post_reminder(today, closes);
        const char *days =
            arena_printf(a, "%d", closes < today ? today - closes : closes - today);
        struct value *m = value_map(a);
        value_set_text(a, m, "url",
                       arena_printf(a, "/organizations/%lld/leadership",
                                    (long long)value_get_int(row, "organization_id", 0)));
        value_set(a, m, "organization", value_get(row, "organization"));
        value_set(a, m, "name", value_get(row, "name"));
        value_set(a, m, "closes_on", value_get(row, "closes_on"));
        value_set_text(a, m, "tone",
                       months == 0   ? "is-bad"
                       : months <= 6 ? "is-warn"
                                     : "is-info");
        value_set_text(a, m, "text",
                       months == 0 ? ctx_trf(c, T("已过 {0} 天"), 1, days)
                                   : ctx_trf(c, T("还有 {0} 天"), 1, days));
        value_push(a, list, m);
    }
    return list;
}
