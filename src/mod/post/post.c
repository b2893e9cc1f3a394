// SPDX-License-Identifier: Apache-2.0
// Posts as tables, and the rules at the moment somebody is nominated: what stands against it is
// said beside the field, and only the office can go on, with a reason that is kept.
#include "mod/post/post_impl.h"

#include "base/buf.h"
#include "base/text.h"
#include "kit/app.h"
#include "kit/listing.h"
#include "kit/record_merge.h"

#include <string.h>

enum { HELD_BEFORE_MOST = 50, RULES_TEXT = 200 };

const struct choice POST_ACTS[] = {
    {.value = "elected", .label = "选举"},
    {.value = "co_opted", .label = "增补"},
    {.value = "appointed", .label = "任命"},
    {.value = "hired", .label = "聘任"},
    {0},
};

static const struct choice END_REASONS[] = {
    {.value = "term_over", .label = "任期届满"},
    {.value = "resigned", .label = "辞职"},
    {.value = "left_unit", .label = "离开所代表的单位"},
    {.value = "transferred", .label = "工作调动"},
    {.value = "recalled", .label = "罢免"},
    {.value = "dismissed", .label = "解聘"},
    {.value = "deceased", .label = "去世"},
    {.value = "other", .label = "其他"},
    {0},
};

static const struct choice GRADES[] = {
    {.value = "A", .label = "A 优先推荐", .tone = "is-ok"},
    {.value = "B", .label = "B 可以推荐", .tone = "is-info"},
    {.value = "C", .label = "C 不得推荐", .tone = "is-bad"},
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
    {.name = "person_id",
     .type = FIELD_REF,
     .label = "人员",
     .ref = "people",
     .required = true,
     .where = LISTED | IN_FILTER},
    {.name = "post",
     .type = FIELD_CHOICE,
     .label = "职务",
     .required = true,
     .choices = POST_CODES,
     .where = LISTED | IN_FILTER,
     .source = "domain.md §8"},
    {.name = "title",
     .type = FIELD_TEXT,
     .label = "职务全称",
     .hint = "和上面不同时填写，例如 执行会长。",
     .max = 40,
     .where = KEPT},
    {.name = "act",
     .type = FIELD_CHOICE,
     .label = "产生方式",
     .required = true,
     .choices = POST_ACTS,
     .initial = "elected",
     .where = KEPT | IN_FILTER},
    {.name = "act_on",
     .type = FIELD_DATE,
     .label = "选举或任命日期",
     .hint = "不填就是任职开始的日期。",
     .where = KEPT},
    {.name = "document_no",
     .type = FIELD_TEXT,
     .label = "会议或文号",
     .hint = "例如 二届三次理事会，或批复文号。",
     .max = 60,
     .where = KEPT},
    {.name = "since", .type = FIELD_DATE, .label = "任职起", .required = true, .where = LISTED},
    {.name = "until",
     .type = FIELD_DATE,
     .label = "任职止",
     .hint = "还在任就空着。",
     .where = LISTED},
    {.name = "end_reason",
     .type = FIELD_CHOICE,
     .label = "离任原因",
     .choices = END_REASONS,
     .where = KEPT},
    {.name = "full_time", .type = FIELD_FLAG, .label = "专职", .where = KEPT},
    {.name = "legal_representative",
     .type = FIELD_FLAG,
     .label = "是法定代表人",
     .where = KEPT,
     .source = "domain.md §1 F:1, Art 12"},
    {.name = "grade",
     .type = FIELD_CHOICE,
     .label = "综合评价",
     .hint = "主席、副主席、常委、执委和会长、副会长要有 A 或 B 等。",
     .choices = GRADES,
     .class = CLASS_INTERNAL,
     .where = KEPT,
     .source = "domain.md §1 F:12"},
    {.name = "graded_on",
     .type = FIELD_DATE,
     .label = "评价日期",
     .hint = "三年内有效。",
     .class = CLASS_INTERNAL,
     .where = KEPT},
    {.name = "sort",
     .type = FIELD_INT,
     .label = "同职务排序",
     .hint = "小的在前。",
     .max = 9999,
     .where = KEPT},
    {.name = "override_reason",
     .type = FIELD_TEXT,
     .label = "破例理由",
     .hint = "不符合任职规则又确需任职时，由工商联写明理由和依据，会留在历史里。",
     .max = 300,
     .class = CLASS_INTERNAL,
     .where = KEPT},
    {.name = "overridden",
     .type = FIELD_CHOICES,
     .label = "破例的规则",
     .choices = POST_RULES,
     .class = CLASS_INTERNAL,
     .where = SYSTEM},
    {.name = "term_id",
     .type = FIELD_REF,
     .label = "届次",
     .ref = "terms",
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = POST_STATES,
     .where = IN_LIST | SYSTEM | IN_FILTER},
    {.name = "note",
     .type = FIELD_LONG,
     .label = "备注",
     .max = 500,
     .class = CLASS_INTERNAL,
     .where = IN_FORM | IN_DETAIL},
    {0},
};

// Whoever keeps the chamber keeps who leads it; exceptions are the office's.
static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_LEADER, SCOPE_ALL, NULL},
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION,
     "override_reason"},
    {RECORD_READ, ROLE_MEMBER, SCOPE_ENTERPRISE, NULL},
    {0},
};

static const struct record_sort SORTS[] = {{"since", "organization_id person_id"}, {0}};

static const struct record_parent PARENTS[] = {
    {"organization_id", NULL, NULL}, // leadership_panel
    {"person_id", "商会任职", NULL},
    {0},
};

// ---- statements ------------------------------------------------------------------------

#define OVERLAPS " AND p.since < $5 AND coalesce(p.until, '9999-12-31') > $4"
// An open end counts as the end of time.
static const struct db_stmt HELD = {
    .name = "organization_post.held",
    .sql = "SELECT count(*) AS n FROM organization_post p WHERE p.organization_id = $1"
           " AND p.post = $2 AND p.id <> $3" OVERLAPS,
    .params = "organization:int post:text id:int since:text until:text",
    .row = "n:int"};
static const struct db_stmt TWICE = {
    .name = "organization_post.twice",
    .sql = "SELECT count(*) AS n FROM organization_post p WHERE p.person_id = $1"
           " AND p.post = $2 AND p.id <> $3" OVERLAPS " AND p.organization_id = $6",
    .params = "person:int post:text id:int since:text until:text organization:int",
    .row = "n:int"};
static const struct db_stmt BIRTH = {.name = "organization_post.birth",
                                     .sql = "SELECT birth FROM person WHERE id = $1",
                                     .params = "id:int",
                                     .row = "birth:text?"};
static const struct db_stmt EARLIER = {
    .name = "organization_post.earlier",
    .sql = "SELECT t.number FROM organization_post p JOIN term t ON t.id = p.term_id"
           " WHERE p.person_id = $1 AND p.organization_id = $2 AND p.post = $3"
           " AND t.number < $4 AND p.act <> 'hired' LIMIT $5",
    .params = "person:int organization:int post:text number:int most:int",
    .row = "number:int"};
static const struct db_stmt ALSO = {
    .name = "organization_post.also",
    .sql = "SELECT p.post, p.act FROM organization_post p WHERE p.person_id = $1"
           " AND p.organization_id = $2 AND p.id <> $3 AND p.state = 'current' ORDER BY p.id",
    .params = "person:int organization:int id:int",
    .row = "post:text act:text"};
static const struct db_stmt ELSEWHERE = {
    .name = "organization_post.elsewhere",
    .sql = "SELECT o.name FROM organization_post p JOIN organization o"
           " ON o.id = p.organization_id WHERE p.person_id = $1 AND p.organization_id <> $2"
           " AND p.legal_representative = 1 AND p.state = 'current' ORDER BY p.id LIMIT 1",
    .params = "person:int organization:int",
    .row = "name:text"};

// ---- settings --------------------------------------------------------------------------

static void
limit_of(struct ctx *c, const char *key, int64_t *n)
{
    int64_t set;
    const char *s = setting_get(c->tx, c->arena, key);
    if (s != NULL && text_to_int(s, &set) && set > 0) {
        *n = set;
    }
}

struct post_limits
post_limits_of(struct ctx *c)
{
    struct post_limits l = POST_LIMITS;
    limit_of(c, "post_officer_terms", &l.officer_terms);
    limit_of(c, "post_officer_age", &l.officer_age);
    limit_of(c, "post_evaluation_years", &l.grade_years);
    limit_of(c, "term_years", &l.term_years);
    const char *needed = setting_get(c->tx, c->arena, "post_evaluation");
    l.evaluation_needed = needed == NULL || strcmp(needed, "off") != 0;
    return l;
}

const char *
post_reason_text(struct ctx *c, const struct post_reason *r)
{
    return ctx_trf(c, r->text, 3, r->args[0] == NULL ? "" : r->args[0],
                   r->args[1] == NULL ? "" : r->args[1], r->args[2] == NULL ? "" : r->args[2]);
}

// ---- the rules -------------------------------------------------------------------------

static bool
is_hired(const struct value *rec)
{
    return text_equal(value_get_text(rec, "act"), "hired");
}

static bool
has_number(const struct value *rows, int64_t number)
{
    for (size_t i = 0; i < value_count(rows); i++) {
        if (value_get_int(value_at(rows, i), "number", 0) == number) {
            return true;
        }
    }
    return false;
}

// Terms in a row right before `number`.
static int64_t
terms_before(struct ctx *c, const struct value *rec, int64_t number)
{
    const struct value *rows = db_list(c->tx, c->arena, &EARLIER,
                                       DB_ARGS(DB_INT(value_get_int(rec, "person_id", 0)),
                                               DB_INT(value_get_int(rec, "organization_id", 0)),
                                               DB_TEXT(value_get_text(rec, "post")),
                                               DB_INT(number), DB_INT(HELD_BEFORE_MOST)));
    int64_t n = 0;
    while (has_number(rows, number - 1 - n)) {
        n++;
    }
    return n;
}

static void
read_also(struct ctx *c, const struct value *rec, struct post_nomination *n)
{
    const struct value *rows = db_list(c->tx, c->arena, &ALSO,
                                       DB_ARGS(DB_INT(value_get_int(rec, "person_id", 0)),
                                               DB_INT(value_get_int(rec, "organization_id", 0)),
                                               DB_INT(value_get_int(rec, "id", 0))));
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        const struct post_rung *r = post_rung(value_get_text(row, "post"));
        if (r != NULL) {
            const char *label = ctx_tr(c, r->label);
            n->also |= post_is(r, is_hired(row));
            n->also_text = n->also_text == NULL
                               ? label
                               : arena_printf(c->arena, "%s、%s", n->also_text, label);
        }
    }
}

static int32_t
day_of(const struct value *rec, const char *field)
{
    int32_t day;
    const char *s = value_get_text(rec, field);
    return s != NULL && day_parse(s, &day) ? day : 0;
}

static void
nomination_of(struct ctx *c, const struct value *rec, enum post_body body,
              const struct value *term, struct post_nomination *n)
{
    int64_t person = value_get_int(rec, "person_id", 0);
    int32_t act_on = day_of(rec, "act_on");
    *n = (struct post_nomination){.body = body,
                                  .rung = post_rung(value_get_text(rec, "post")),
                                  .hired = is_hired(rec),
                                  .full_time = value_get_bool(rec, "full_time"),
                                  .on = act_on != 0 ? act_on : day_of(rec, "since"),
                                  .term_ends = term == NULL ? 0 : day_of(term, "ends_on"),
                                  .grade = value_get_text(rec, "grade"),
                                  .graded_on = day_of(rec, "graded_on"),
                                  .legal_representative =
                                      value_get_bool(rec, "legal_representative")};
    n->birth =
        value_get_text(db_one(c->tx, c->arena, &BIRTH, DB_ARGS(DB_INT(person))), "birth");
    n->terms_before = term == NULL ? 0 : terms_before(c, rec, value_get_int(term, "number", 0));
    if (n->legal_representative) {
        int64_t organization = value_get_int(rec, "organization_id", 0);
        n->elsewhere = value_get_text(
            db_one(c->tx, c->arena, &ELSEWHERE, DB_ARGS(DB_INT(person), DB_INT(organization))),
            "name");
    }
    read_also(c, rec, n);
}

// Whether something changed that a rule looks at: who corrects a title is not asked for an
// evaluation that ran out meanwhile.
static bool
is_nominated(const struct value *rec, const struct value *old)
{
    static const char *const MATTERS[] = {"person_id", "post",           "act",
                                          "act_on",    "since",          "full_time",
                                          "grade",     "graded_on",      "legal_representative",
                                          "term_id",   "override_reason"};
    bool changed = old == NULL;
    for (size_t i = 0; !changed && i < sizeof MATTERS / sizeof *MATTERS; i++) {
        const struct value *now = value_get(rec, MATTERS[i]), *was = value_get(old, MATTERS[i]);
        changed =
            !value_equal(now == NULL ? &value_null : now, was == NULL ? &value_null : was);
    }
    return changed;
}

// What the office let pass is written down with the post; what was let pass once stays so.
static void
judge(struct ctx *c, struct value *rec, const struct value *old,
      const struct post_nomination *n)
{
    struct post_reason reasons[POST_REASONS_MOST];
    struct post_limits limits = post_limits_of(c);
    size_t count = post_check(c->arena, &limits, n, reasons);
    bool passes = ctx_is(c, ROLE_OFFICE) && value_get_text(rec, "override_reason") != NULL;
    struct buf rules;
    buf_init(&rules, c->arena, RULES_TEXT, RULES_TEXT);
    for (size_t i = 0; i < count; i++) {
        const struct post_reason *r = &reasons[i];
        bool before = text_list_has(value_get_text(old, "overridden"), r->rule) &&
                      value_get_text(rec, "override_reason") != NULL;
        if (passes || before) {
            buf_printf(&rules, "%s%s", rules.n == 0 ? "" : " ", r->rule);
        } else {
            faults_add(c->arena, &c->faults, r->field, r->rule, post_reason_text(c, r));
        }
    }
    value_set_text(c->arena, rec, "overridden", rules.n == 0 ? NULL : buf_str(&rules));
}

// ---- saving ----------------------------------------------------------------------------

static void
check_dates(struct ctx *c, const struct value *rec)
{
    bool over = value_get_text(rec, "until") != NULL;
    post_check_past(c, rec, "since");
    post_check_past(c, rec, "until");
    post_check_past(c, rec, "graded_on");
    post_check_span(c, rec, "since", "until");
    const char *act_on = value_get_text(rec, "act_on");
    if (act_on != NULL && strcmp(act_on, value_get_text(rec, "since")) > 0) {
        ctx_fault(c, "since", "range", T("任职不能早于选举或任命"));
    }
    if (over && value_get_text(rec, "end_reason") == NULL) {
        ctx_fault(c, "end_reason", "missing", T("请选离任原因"));
    } else if (!over && value_get_text(rec, "end_reason") != NULL) {
        ctx_fault(c, "until", "missing", T("填了离任原因，也请填任职止的日期"));
    }
}

static void
check_rung(struct ctx *c, const struct value *rec, enum post_body body)
{
    const struct post_rung *r = post_rung(value_get_text(rec, "post"));
    if (body == 0) {
        ctx_fault(c, "organization_id", "kind",
                  T("部门没有会内职务，请选工商联、商会或专委会"));
    } else if ((r->bodies & body) == 0) {
        ctx_fault(c, "post", "ladder", T("这类组织没有这个职务"));
    } else if (is_hired(rec) && (r->is & POST_HIREABLE) == 0) {
        ctx_fault(c, "act", "hired", T("这个职务不能聘任，要选举或任命"));
    }
}

static void
check_held(struct ctx *c, const struct value *rec)
{
    const char *post = value_get_text(rec, "post"), *until = value_get_text(rec, "until");
    const struct db_arg since = DB_TEXT(value_get_text(rec, "since"));
    const struct db_arg end = DB_TEXT(until == NULL ? "9999-12-31" : until);
    const struct db_arg organization = DB_INT(value_get_int(rec, "organization_id", 0));
    const struct db_arg id = DB_INT(value_get_int(rec, "id", 0));
    bool single = (post_rung(post)->is & POST_SINGLE) != 0;
    if (db_value_int(c->tx, &TWICE,
                     DB_ARGS(DB_INT(value_get_int(rec, "person_id", 0)), DB_TEXT(post), id,
                             since, end, organization),
                     0) > 0) {
        ctx_fault(c, "post", "taken", T("这个人同一时间已经登记过这个职务"));
    } else if (single &&
               db_value_int(c->tx, &HELD, DB_ARGS(organization, DB_TEXT(post), id, since, end),
                            0) > 0) {
        ctx_fault(c, "post", "held", T("同一时间这个职务只能有一人，请先登记前任的结束日期"));
    }
}

// Elected posts belong to the term of the day; hired and appointed ones may stand outside.
static const struct value *
settle_term(struct ctx *c, struct value *rec)
{
    const struct value *term =
        post_term_on(c, value_get_int(rec, "organization_id", 0), value_get_text(rec, "since"));
    bool elected = text_list_has("elected co_opted", value_get_text(rec, "act"));
    if (term != NULL) {
        value_set_int(c->arena, rec, "term_id", value_get_int(term, "id", 0));
    } else {
        value_set(c->arena, rec, "term_id", &value_null);
    }
    if (term == NULL && elected && value_get_text(rec, "until") == NULL) {
        ctx_fault(c, "since", "term", T("任职起不在已登记的任何一届里，请先登记届次"));
    }
    return term;
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const struct value *o = post_organization(c, value_get_int(rec, "organization_id", 0));
    enum post_body body = post_body_of(value_get_text(o, "kind"));
    bool over = value_get_text(rec, "until") != NULL;
    if (o == NULL || post_rung(value_get_text(rec, "post")) == NULL) {
        return ERR_OK; // said of the field itself
    }
    if (!post_is_theirs(c, rec)) {
        return ERR_FORBIDDEN;
    }
    if (old == NULL && !over && text_list_has("dissolved merged", value_get_text(o, "state"))) {
        ctx_fault(c, "organization_id", "ended", T("这个组织已经撤销或合并"));
    }
    check_dates(c, rec);
    check_rung(c, rec, body);
    check_held(c, rec);
    const struct value *term = settle_term(c, rec);
    value_set_text(c->arena, rec, "state", over ? "ended" : "current");
    if (c->faults.count == 0 && !over && is_nominated(rec, old)) {
        struct post_nomination n;
        nomination_of(c, rec, body, term, &n);
        judge(c, rec, old, &n);
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

// Only the rungs that the organisation has, when it is known.
static void
offer_rungs(struct ctx *c, const struct value *rec, const struct value *fields)
{
    const struct value *o = post_organization(c, value_get_int(rec, "organization_id", 0));
    enum post_body body = post_body_of(value_get_text(o, "kind"));
    for (size_t i = 0; body != 0 && i < value_count(fields); i++) {
        struct value *f = (struct value *)(uintptr_t)value_at(fields, i); // of this page
        if (!text_equal(value_get_text(f, "name"), "post")) {
            continue;
        }
        const struct value *options = value_get(f, "options");
        struct value *offered = value_list(c->arena);
        for (size_t k = 0; k < value_count(options); k++) {
            const struct value *option = value_at(options, k);
            const struct post_rung *r = post_rung(value_get_text(option, "value"));
            if (r == NULL || (r->bodies & body) != 0) { // "please choose" is no rung
                value_push(c->arena, offered, option);
            }
        }
        value_set(c->arena, f, "options", offered);
    }
}

const struct record_kind POST_KIND = {
    .name = "organization_post",
    .plural = "posts",
    .label = "职务",
    .list_label = "会内职务",
    .table = "organization_post",
    .title = "person_id",
    .subtitle = "organization_id",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "organization_id",
    .enterprise_column = "person_id.enterprise_id",
    .parents = PARENTS,
    .leads = "person_id term_id organization_id post state",
    .sorts = SORTS,
    .order = "-since",
    .before_save = before_save,
    .form = offer_rungs,
    .empty_text = "先登记届次，再登记这一届选出的人。",
};

// ---- one person who was entered twice --------------------------------------------------

static bool
is_same_post(const struct value *ours, const struct value *theirs)
{
    return value_get_text(ours, "until") == NULL && value_get_text(theirs, "until") == NULL &&
           value_get_int(ours, "organization_id", 0) ==
               value_get_int(theirs, "organization_id", 0) &&
           text_equal(value_get_text(ours, "post"), value_get_text(theirs, "post"));
}

static void
combine_posts(struct arena *a, struct value *ours, const struct value *theirs)
{
    const char *since = value_get_text(ours, "since"), *first = value_get_text(theirs, "since");
    record_row_fill(a, ours, theirs);
    value_set_text(a, ours, "since", strcmp(first, since) < 0 ? first : since);
}

static const struct record_link LINKS[] = {
    {.to = "people",
     .table = "organization_post",
     .column = "person_id",
     .label = "商会任职",
     .kind = &POST_KIND,
     .same = is_same_post,
     .combine = combine_posts},
    {0},
};

// ---- the module ------------------------------------------------------------------------

static int64_t
count_closing(void *arg)
{
    return post_closing_count(arg);
}

// In the menu of every page, so it is counted once for all of them.
static int64_t
closing_count(struct ctx *c)
{
    const char *key = arena_printf(c->arena, "terms closing %lld %d", (long long)c->actor->id,
                                   (int)time_to_day(c->now));
    int64_t n = listing_count_cached(c->app, key, db_tx_generation(c->tx), count_closing, c);
    return n > 0 ? n : -1;
}

enum { READERS = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER };

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/organizations/{id}/leadership",
     .roles = READERS | ROLE_MEMBER,
     .run = leadership_run,
     .show = leadership_show,
     .page = "leadership",
     .help = "Who leads an organisation: present holders by rank, what the rules find, and "
             "the terms before"},
    {0},
};

static const struct nav_item NAV[] = {
    {.group = "资料", .url = "/posts", .label = "会内职务", .icon = "award", .roles = READERS},
    {.group = "资料",
     .url = "/terms?state=current&sort=closes_on",
     .label = "届次换届",
     .icon = "calendar-event",
     .roles = READERS,
     .count = closing_count},
    {0},
};

static const struct import_kind *const IMPORTS[] = {&TERM_IMPORT, &POST_IMPORT, NULL};
static const struct record_kind *const KINDS[] = {&TERM_KIND, &POST_KIND, NULL};

static const struct db_stmt *const STATEMENTS[] = {&HELD,
                                                   &TWICE,
                                                   &BIRTH,
                                                   &EARLIER,
                                                   &ALSO,
                                                   &ELSEWHERE,
                                                   &TERM_ORGANIZATION,
                                                   &TERM_ON,
                                                   &TERM_CLASH,
                                                   &TERM_NEXT,
                                                   &TERM_BEFORE,
                                                   &TERM_HOLDERS,
                                                   &TERM_ADOPT,
                                                   &TERM_FORGET,
                                                   &TERM_DUE,
                                                   &TERM_REMINDED,
                                                   &TERM_CLOSING,
                                                   &TERM_CLOSING_COUNT,
                                                   &LEADERSHIP_CURRENT,
                                                   &LEADERSHIP_ENDED,
                                                   &LEADERSHIP_TERMS,
                                                   &LEADERSHIP_OF_TERM,
                                                   &LEADERSHIP_OF_ENTERPRISE,
                                                   &LEADERSHIP_MEMBERS,
                                                   &LEADERSHIP_JOINED,
                                                   &LEADERSHIP_OF_PERSON,
                                                   &LEADERSHIP_OF_UNIT,
                                                   &LEADERSHIP_HOLDERS,
                                                   NULL};

const struct module POST_MODULE = {.name = "post",
                                   .routes = ROUTES,
                                   .stmts = STATEMENTS,
                                   .nav = NAV,
                                   .kinds = KINDS,
                                   .panels = TERM_PANELS,
                                   .links = LINKS,
                                   .imports = IMPORTS};
