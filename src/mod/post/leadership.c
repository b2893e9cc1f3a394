// SPDX-License-Identifier: Apache-2.0
// Who leads an organisation, as a chart that prints: present holders by rank, the terms before,
// and what the rules find about the board as a whole. Names and posts only; what is personal
// about a holder stands on the person's own page.
#include "mod/post/post_impl.h"

#include "base/text.h"
#include "kit/listing.h"

#include <stdlib.h>
#include <string.h>

enum { HOLDERS_MOST = 2000, TERMS_MOST = 40, BLOCK_MOST = 12, SORT_LAST = 100000 };

#define HOLDER_SQL                                                                             \
    "SELECT p.id, p.person_id, n.name AS person, n.birth, e.name AS enterprise, p.post,"       \
    " p.title, p.act, p.since, p.until, p.full_time, p.legal_representative, p.term_id,"       \
    " p.sort, p.grade, p.graded_on, p.overridden FROM organization_post p"                     \
    " JOIN person n ON n.id = p.person_id LEFT JOIN enterprise e ON e.id = n.enterprise_id"
#define HOLDER_ROW                                                                             \
    "id:int person_id:int person:text birth:text? enterprise:text? post:text title:text?"      \
    " act:text since:text until:text? full_time:bool? legal_representative:bool? term_id:int?" \
    " sort:int? grade:text? graded_on:text? overridden:text?"

const struct db_stmt LEADERSHIP_CURRENT = {
    .name = "leadership.current",
    .sql = HOLDER_SQL " WHERE p.organization_id = $1 AND p.state = 'current'"
                      " ORDER BY p.id LIMIT $2",
    .params = "organization:int most:int",
    .row = HOLDER_ROW};
const struct db_stmt LEADERSHIP_ENDED = {.name = "leadership.ended",
                                         .sql = HOLDER_SQL
                                         " WHERE p.organization_id = $1 AND p.state = 'ended'"
                                         " ORDER BY p.id LIMIT $2",
                                         .params = "organization:int most:int",
                                         .row = HOLDER_ROW};
const struct db_stmt LEADERSHIP_OF_TERM = {.name = "leadership.of_term",
                                           .sql = HOLDER_SQL " WHERE p.term_id = $1"
                                                             " ORDER BY p.id LIMIT $2",
                                           .params = "term:int most:int",
                                           .row = HOLDER_ROW};
const struct db_stmt LEADERSHIP_TERMS = {
    .name = "leadership.terms",
    .sql = "SELECT id, number, name, starts_on, ends_on, closes_on, ended_on, delegates, act"
           " FROM term WHERE organization_id = $1 ORDER BY starts_on DESC LIMIT $2",
    .params = "organization:int most:int",
    .row = "id:int number:int name:text starts_on:text ends_on:text closes_on:text"
           " ended_on:text? delegates:int? act:text?"};
const struct db_stmt LEADERSHIP_MEMBERS = {
    .name = "leadership.members",
    .sql = "SELECT count(*) AS n FROM membership WHERE organization_id = $1"
           " AND (state = 'member' OR state = 'suspended')",
    .params = "organization:int",
    .row = "n:int"};
const struct db_stmt LEADERSHIP_JOINED = {
    .name = "leadership.joined",
    .sql = "SELECT count(*) AS n FROM membership WHERE enterprise_id = $1"
           " AND organization_id = $2 AND (state = 'member' OR state = 'suspended')",
    .params = "enterprise:int organization:int",
    .row = "n:int"};
const struct db_stmt LEADERSHIP_OF_ENTERPRISE = {
    .name = "leadership.of_enterprise",
    .sql = "SELECT p.id, p.organization_id, n.name AS person, o.name AS organization, p.post,"
           " p.title, p.since FROM person n JOIN organization_post p"
           " ON p.person_id = n.id JOIN organization o ON o.id = p.organization_id"
           " WHERE n.enterprise_id = $1 AND p.state = 'current' LIMIT $2",
    .params = "enterprise:int most:int",
    .row = "id:int organization_id:int person:text organization:text post:text title:text?"
           " since:text"};

const struct db_stmt LEADERSHIP_OF_PERSON = {
    .name = "leadership.of_person",
    .sql = "SELECT post FROM organization_post WHERE person_id = $1 AND organization_id = $2"
           " AND state = 'current' LIMIT $3",
    .params = "person:int organization:int most:int",
    .row = "post:text"};
const struct db_stmt LEADERSHIP_OF_UNIT = {
    .name = "leadership.of_unit",
    .sql =
        "SELECT p.post FROM person n JOIN organization_post p ON p.person_id = n.id"
        " WHERE n.enterprise_id = $1 AND +p.organization_id = $2 AND p.state || '' = 'current'"
        " LIMIT $3",
    .params = "enterprise:int organization:int most:int",
    .row = "post:text"};
const struct db_stmt LEADERSHIP_HOLDERS = {
    .name = "leadership.holders",
    .sql = "SELECT p.person_id, n.enterprise_id, p.post FROM organization_post p"
           " JOIN person n ON n.id = p.person_id WHERE p.organization_id = $1"
           " AND p.state = 'current' LIMIT $2",
    .params = "organization:int most:int",
    .row = "person_id:int enterprise_id:int? post:text"};

// ---- for other modules -----------------------------------------------------------------

// The highest of `best` and the posts of `who`.
static const char *
higher(struct ctx *c, const struct db_stmt *s, int64_t who, int64_t organization,
       const char *best)
{
    const struct value *rows =
        who == 0 ? NULL
                 : db_list(c->tx, c->arena, s,
                           DB_ARGS(DB_INT(who), DB_INT(organization), DB_INT(HOLDERS_MOST)));
    for (size_t i = 0; i < value_count(rows); i++) {
        const char *post = value_get_text(value_at(rows, i), "post");
        best = post_rank(post) < post_rank(best) ? post : best;
    }
    return best;
}

const char *
post_highest(struct ctx *c, int64_t organization_id, int64_t person_id, int64_t enterprise_id)
{
    const char *best = higher(c, &LEADERSHIP_OF_PERSON, person_id, organization_id, NULL);
    return higher(c, &LEADERSHIP_OF_UNIT, enterprise_id, organization_id, best);
}

const struct value *
post_holders(struct ctx *c, int64_t organization_id)
{
    return db_list(c->tx, c->arena, &LEADERSHIP_HOLDERS,
                   DB_ARGS(DB_INT(organization_id), DB_INT(HOLDERS_MOST)));
}

// ---- who may look ----------------------------------------------------------------------

static bool
may_keep(const struct ctx *c, int64_t organization)
{
    return ctx_is(c, ROLE_OFFICE) ||
           (ctx_is(c, ROLE_SECRETARY) && c->actor->organization_id == organization);
}

// Names lead on to persons, and findings are said, to those who work with them.
static bool
is_inside(const struct ctx *c, int64_t organization)
{
    return ctx_is(c, ROLE_LEADER) || may_keep(c, organization);
}

static bool
may_see(struct ctx *c, int64_t organization)
{
    return is_inside(c, organization) ||
           (ctx_is(c, ROLE_MEMBER) && c->actor->enterprise_id > 0 &&
            db_value_int(c->tx, &LEADERSHIP_JOINED,
                         DB_ARGS(DB_INT(c->actor->enterprise_id), DB_INT(organization)),
                         0) > 0);
}

// ---- by rank ---------------------------------------------------------------------------

static int
compare_holders(const void *x, const void *y)
{
    const struct value *a = *(const struct value *const *)x;
    const struct value *b = *(const struct value *const *)y;
    size_t p = post_rank(value_get_text(a, "post")), q = post_rank(value_get_text(b, "post"));
    int64_t s = value_get_int(a, "sort", SORT_LAST), t = value_get_int(b, "sort", SORT_LAST);
    if (p != q) {
        return p < q ? -1 : 1;
    }
    if (s != t) {
        return s < t ? -1 : 1;
    }
    s = value_get_int(a, "id", 0);
    t = value_get_int(b, "id", 0);
    return (s > t) - (s < t);
}

// The rows, highest first; *n of them.
static const struct value **
ranked(struct ctx *c, const struct value *rows, size_t *n)
{
    *n = value_count(rows);
    const struct value **list = ARENA_ARRAY(c->arena, const struct value *, *n + 1);
    for (size_t i = 0; i < *n; i++) {
        list[i] = value_at(rows, i);
    }
    if (*n > 1) {
        qsort(list, *n, sizeof *list, compare_holders);
    }
    return list;
}

static struct value *
holder_of(struct ctx *c, const struct value *row, bool inside)
{
    static const char *const SAME[] = {"person", "title", "enterprise",
                                       "act",    "since", "until"};
    struct value *m = value_map(c->arena);
    value_set(c->arena, m, "id", inside ? value_get(row, "id") : &value_null);
    value_set(c->arena, m, "person_id", inside ? value_get(row, "person_id") : &value_null);
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        value_set(c->arena, m, SAME[i], value_get(row, SAME[i]));
    }
    value_set_bool(c->arena, m, "full_time", value_get_bool(row, "full_time"));
    value_set_bool(c->arena, m, "legal_representative",
                   value_get_bool(row, "legal_representative"));
    return m;
}

// [{post label holders}] of the rows whose term is `term` (0: any).
static struct value *
rungs_of(struct ctx *c, const struct value *const *rows, size_t n, int64_t term, bool inside)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a), *holders = NULL;
    const char *last = NULL;
    for (size_t i = 0; i < n; i++) {
        const char *post = value_get_text(rows[i], "post");
        const struct post_rung *r = post_rung(post);
        if (r == NULL || (term != 0 && value_get_int(rows[i], "term_id", 0) != term)) {
            continue;
        }
        if (!text_equal(post, last)) {
            struct value *m = value_map(a);
            holders = value_list(a);
            value_set_text(a, m, "post", post);
            value_set_text(a, m, "label", ctx_tr(c, r->label));
            value_set(a, m, "holders", holders);
            value_push(a, list, m);
            last = post;
        }
        value_push(a, holders, holder_of(c, rows[i], inside));
    }
    return list;
}

// ---- findings --------------------------------------------------------------------------

struct person_is {
    int64_t id;
    unsigned is;
};

// What everybody is, each person once. Returns how many.
static size_t
persons_of(const struct value *const *rows, size_t n, struct person_is *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct post_rung *r = post_rung(value_get_text(rows[i], "post"));
        bool hired = text_equal(value_get_text(rows[i], "act"), "hired");
        int64_t id = value_get_int(rows[i], "person_id", 0);
        size_t k = 0;
        while (k < count && out[k].id != id) {
            k++;
        }
        count += k == count;
        out[k].is = (out[k].id == id ? out[k].is : 0) | (r == NULL ? 0 : post_is(r, hired));
        out[k].id = id;
    }
    return count;
}

static bool
has_post(const struct value *const *rows, size_t n, const char *post)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(value_get_text(rows[i], "post"), post)) {
            return true;
        }
    }
    return false;
}

static struct post_board
board_of(struct ctx *c, int64_t organization, const struct value *term,
         const struct value *const *rows, size_t n)
{
    struct person_is *persons = ARENA_ARRAY(c->arena, struct person_is, n + 1);
    memset(persons, 0, (n + 1) * sizeof *persons);
    size_t count = persons_of(rows, n, persons);
    // Officers sit on the standing board, where there is one.
    bool standing = has_post(rows, n, "standing_director");
    struct post_board b = {.delegates = value_get_int(term, "delegates", -1),
                           .presidents = has_post(rows, n, "president")};
    b.members = db_value_int(c->tx, &LEADERSHIP_MEMBERS, DB_ARGS(DB_INT(organization)), 0);
    for (size_t i = 0; i < count; i++) {
        b.directors += (persons[i].is & POST_DIRECTOR) != 0;
        b.standing += standing && (persons[i].is & POST_STANDING) != 0;
        b.officers += (persons[i].is & POST_OFFICER) != 0;
        b.supervisors += (persons[i].is & POST_SUPERVISOR) != 0;
    }
    return b;
}

static struct value *
counts_of(struct ctx *c, const struct post_board *b)
{
    struct value *m = value_map(c->arena);
    value_set_int(c->arena, m, "members", b->members);
    value_set(c->arena, m, "delegates",
              b->delegates < 0 ? &value_null : value_int(c->arena, b->delegates));
    value_set_int(c->arena, m, "directors", b->directors);
    value_set_int(c->arena, m, "standing", b->standing);
    value_set_int(c->arena, m, "officers", b->officers);
    value_set_int(c->arena, m, "supervisors", b->supervisors);
    return m;
}

static void
push_finding(struct ctx *c, struct value *list, const char *rule, const char *message,
             const char *source)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "rule", rule);
    value_set_text(c->arena, m, "message", message);
    value_set_text(c->arena, m, "source", source);
    value_push(c->arena, list, m);
}

// What would stand against a holder's nomination today: an evaluation that ran out, an age.
static void
find_about(struct ctx *c, enum post_body body, const struct post_limits *limits,
           const struct value *row, struct value *list)
{
    struct post_reason reasons[POST_REASONS_MOST];
    int32_t graded = 0;
    const char *graded_on = value_get_text(row, "graded_on");
    const struct post_rung *r = post_rung(value_get_text(row, "post"));
    const struct post_nomination n = {
        .body = body,
        .rung = r,
        .hired = text_equal(value_get_text(row, "act"), "hired"),
        .full_time = value_get_bool(row, "full_time"),
        .on = time_to_day(c->now),
        .birth = value_get_text(row, "birth"),
        .grade = value_get_text(row, "grade"),
        .graded_on = graded_on != NULL && day_parse(graded_on, &graded) ? graded : 0};
    size_t count = r == NULL ? 0 : post_check(c->arena, limits, &n, reasons);
    for (size_t i = 0; i < count; i++) {
        if (text_list_has(value_get_text(row, "overridden"), reasons[i].rule)) {
            continue;
        }
        if (strcmp(reasons[i].rule, "age") == 0) {
            reasons[i].text = T("已满{0}周岁");
        }
        const char *text = ctx_trf(c, T("{0}（{1}）：{2}"), 3, value_get_text(row, "person"),
                                   ctx_tr(c, r->label), post_reason_text(c, &reasons[i]));
        push_finding(c, list, reasons[i].rule, text, reasons[i].source);
    }
}

static struct value *
findings_of(struct ctx *c, enum post_body body, const struct post_board *board,
            const struct value *const *rows, size_t n)
{
    struct post_reason reasons[POST_REASONS_MOST];
    struct post_limits limits = post_limits_of(c);
    struct value *list = value_list(c->arena);
    size_t count =
        n > 0 && body == POST_CHAMBER ? post_board_check(c->arena, board, reasons) : 0;
    for (size_t i = 0; i < count; i++) {
        push_finding(c, list, reasons[i].rule, post_reason_text(c, &reasons[i]),
                     reasons[i].source);
    }
    for (size_t i = 0; i < n; i++) {
        find_about(c, body, &limits, rows[i], list);
    }
    return list;
}

// ---- the chart -------------------------------------------------------------------------

static struct value *
past_terms(struct ctx *c, int64_t organization, const struct value *terms, bool inside)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    size_t n;
    const struct value **rows =
        ranked(c,
               db_list(c->tx, a, &LEADERSHIP_ENDED,
                       DB_ARGS(DB_INT(organization), DB_INT(HOLDERS_MOST))),
               &n);
    for (size_t i = 0; i < value_count(terms); i++) {
        const struct value *term = value_at(terms, i);
        struct value *rungs = rungs_of(c, rows, n, value_get_int(term, "id", 0), inside);
        struct value *m = value_map(a);
        static const char *const SAME[] = {"id",        "name",     "starts_on", "ends_on",
                                           "closes_on", "ended_on", "act"};
        for (size_t k = 0; k < sizeof SAME / sizeof *SAME; k++) {
            value_set(a, m, SAME[k], value_get(term, SAME[k]));
        }
        value_set(a, m, "posts", rungs);
        value_push(a, list, m);
    }
    return list;
}

static const struct value *
current_term(const struct value *terms)
{
    const struct value *first = value_at(terms, 0);
    return value_count(terms) > 0 && value_get_text(first, "ended_on") == NULL ? first : NULL;
}

static struct value *
chart_of(struct ctx *c, int64_t id, const struct value *organization)
{
    struct arena *a = c->arena;
    struct value *out = value_map(a), *about = value_map(a);
    enum post_body body = post_body_of(value_get_text(organization, "kind"));
    bool inside = is_inside(c, id);
    const struct value *terms =
        db_list(c->tx, a, &LEADERSHIP_TERMS, DB_ARGS(DB_INT(id), DB_INT(TERMS_MOST)));
    const struct value *term = current_term(terms);
    size_t n;
    const struct value **rows = ranked(
        c, db_list(c->tx, a, &LEADERSHIP_CURRENT, DB_ARGS(DB_INT(id), DB_INT(HOLDERS_MOST))),
        &n);
    struct post_board board = board_of(c, id, term, rows, n);
    value_set_int(a, about, "id", id);
    value_set(a, about, "name", value_get(organization, "name"));
    value_set(a, out, "organization", about);
    value_set(a, out, "term_id", term == NULL ? &value_null : value_get(term, "id"));
    value_set(a, out, "posts", rungs_of(c, rows, n, 0, inside));
    value_set(a, out, "counts", body == POST_CHAMBER ? counts_of(c, &board) : &value_null);
    value_set(a, out, "findings",
              inside ? findings_of(c, body, &board, rows, n) : value_list(a));
    value_set(a, out, "terms", past_terms(c, id, terms, inside));
    return out;
}

enum err
leadership_run(struct ctx *c)
{
    int64_t id = ctx_id(c, "id");
    const struct value *organization = post_organization(c, id);
    if (organization == NULL || post_body_of(value_get_text(organization, "kind")) == 0 ||
        !may_see(c, id)) {
        return ERR_NOT_FOUND;
    }
    c->out = chart_of(c, id, organization);
    return ERR_OK;
}

// ---- its page --------------------------------------------------------------------------

static struct value *
shown_rungs(struct ctx *c, const struct value *rungs)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (size_t i = 0; i < value_count(rungs); i++) {
        const struct value *rung = value_at(rungs, i), *holders = value_get(rung, "holders");
        struct value *m = value_map(a), *names = value_list(a);
        for (size_t k = 0; k < value_count(holders); k++) {
            const struct value *h = value_at(holders, k);
            int64_t id = value_get_int(h, "id", 0);
            struct value *p = value_map(a);
            value_set(a, p, "name", value_get(h, "person"));
            value_set_text(a, p, "title", value_get_text(h, "title"));
            value_set_text(a, p, "enterprise", value_get_text(h, "enterprise"));
            value_set_text(a, p, "url",
                           id == 0 ? NULL : arena_printf(a, "/posts/%lld", (long long)id));
            value_set_bool(a, p, "represents", value_get_bool(h, "legal_representative"));
            value_push(a, names, p);
        }
        value_set(a, m, "label", value_get(rung, "label"));
        value_set_text(a, m, "count", arena_printf(a, "%zu", value_count(holders)));
        value_set(a, m, "names", names);
        value_push(a, list, m);
    }
    return list;
}

static const char *
span_text(struct ctx *c, const struct value *term)
{
    const char *ended = value_get_text(term, "ended_on");
    return ctx_trf(c, T("{0} 至 {1}"), 2, value_get_text(term, "starts_on"),
                   ended != NULL ? ended : value_get_text(term, "closes_on"));
}

static struct value *
shown_terms(struct ctx *c, const struct value *terms, int64_t current)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (size_t i = 0; i < value_count(terms); i++) {
        const struct value *term = value_at(terms, i);
        struct value *rungs = shown_rungs(c, value_get(term, "posts"));
        if (value_get_int(term, "id", 0) == current && value_count(rungs) == 0) {
            continue; // nobody has left since the election
        }
        struct value *m = value_map(a);
        value_set(a, m, "name", value_get(term, "name"));
        value_set_text(a, m, "span", span_text(c, term));
        value_set_bool(a, m, "current", value_get_int(term, "id", 0) == current);
        value_set(a, m, "rungs", rungs);
        value_set_bool(a, m, "has_rungs", value_count(rungs) > 0);
        value_push(a, list, m);
    }
    return list;
}

// "第三届　2023-05-20 至 2028-05-19", and how long there is.
static void
show_term(struct ctx *c, const struct value *terms, int64_t current)
{
    struct arena *a = c->arena;
    const struct value *term = current != 0 ? value_at(terms, 0) : NULL;
    int32_t closes = 0, today = time_to_day(c->now);
    const char *s = value_get_text(term, "closes_on");
    int months = s != NULL && day_parse(s, &closes) ? post_reminder(today, closes) : -1;
    const char *days = arena_printf(a, "%d", closes < today ? today - closes : closes - today);
    value_set_text(a, c->page, "term",
                   term == NULL ? NULL
                                : arena_printf(a, "%s　%s", value_get_text(term, "name"),
                                               span_text(c, term)));
    value_set(a, c->page, "due",
              months < 0
                  ? &value_null
                  : listing_badge(c, months == 0 ? "is-bad" : "is-warn", NULL,
                                  months == 0 ? ctx_trf(c, T("届满 {0} 天未换届"), 1, days)
                                              : ctx_trf(c, T("{0} 天后届满"), 1, days)));
}

static void
push_crumb(struct ctx *c, struct value *list, const char *label, const char *url)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "url", url);
    value_push(c->arena, list, m);
}

static struct value *
crumbs_of(struct ctx *c, int64_t id, const char *name)
{
    struct value *list = value_list(c->arena);
    push_crumb(c, list, ctx_tr(c, T("组织商会")), "/organizations");
    push_crumb(c, list, name, arena_printf(c->arena, "/organizations/%lld", (long long)id));
    push_crumb(c, list, ctx_tr(c, T("领导班子")), NULL);
    return list;
}

enum err
leadership_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *about = value_get(c->out, "organization");
    const struct value *terms = value_get(c->out, "terms");
    int64_t id = value_get_int(about, "id", 0), current = value_get_int(c->out, "term_id", 0);
    struct value *rungs = shown_rungs(c, value_get(c->out, "posts"));
    struct value *past = shown_terms(c, terms, current);
    const char *name = value_get_text(about, "name");
    bool keeps = may_keep(c, id);
    value_set_text(a, c->page, "title", ctx_trf(c, T("{0}领导班子"), 1, name));
    value_set(a, c->page, "crumbs", crumbs_of(c, id, name));
    value_set_text(a, c->page, "add_url",
                   keeps ? arena_printf(a, "/posts/new?organization_id=%lld", (long long)id)
                         : NULL);
    value_set_text(a, c->page, "term_url",
                   keeps ? arena_printf(a, "/terms/new?organization_id=%lld", (long long)id)
                         : NULL);
    show_term(c, terms, current);
    value_set(a, c->page, "rungs", rungs);
    value_set_bool(a, c->page, "has_rungs", value_count(rungs) > 0);
    value_set(a, c->page, "counts", value_get(c->out, "counts"));
    value_set(a, c->page, "findings", value_get(c->out, "findings"));
    value_set_bool(a, c->page, "has_findings", value_count(value_get(c->out, "findings")) > 0);
    value_set(a, c->page, "past", past);
    value_set_bool(a, c->page, "has_past", value_count(past) > 0);
    const struct value *delegates = value_get(value_get(c->out, "counts"), "delegates");
    value_set(a, c->page, "delegates", delegates == NULL ? &value_null : delegates);
    value_set_text(a, c->page, "printed_on", post_today(c));
    return ERR_OK;
}

// ---- blocks on other pages -------------------------------------------------------------

static struct value *
row_of(struct ctx *c, int64_t id, const char *url, const char *title, const char *sub)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *cells = value_list(a);
    struct value *cell = listing_cell(c, title, "wide");
    value_set_bool(a, cell, "is_title", true);
    value_set_text(a, cell, "sub", sub);
    value_set_text(a, cell, "url", url);
    value_push(a, cells, cell);
    value_set_int(a, row, "id", id);
    value_set_text(a, row, "url", url);
    value_set(a, row, "select_label", &value_null);
    value_set(a, row, "cells", cells);
    return row;
}

static void
add_cell(struct ctx *c, struct value *row, const char *text, const char *class)
{
    // the row's own list, made above
    value_push(c->arena, (struct value *)(uintptr_t)value_get(row, "cells"),
               listing_cell(c, text, class));
}

static const char *
names_of(struct ctx *c, const struct value *holders)
{
    const char *text = "";
    size_t n = value_count(holders);
    for (size_t i = 0; i < n && i < BLOCK_MOST; i++) {
        text = arena_printf(c->arena, "%s%s%s", text, i == 0 ? "" : "、",
                            value_get_text(value_at(holders, i), "person"));
    }
    return n > BLOCK_MOST ? ctx_trf(c, T("{0}等"), 1, text) : text;
}

// Rungs with their holders' names, and the way to the chart.
static struct value *
rung_block(struct ctx *c, const char *id, const char *title, const struct value *rungs,
           const char *url, const char *add_url)
{
    struct arena *a = c->arena;
    struct value *block = record_block(c, id, title, T("还没有登记任职人员。"));
    struct value *columns = value_list(a), *rows = value_list(a);
    listing_column(c, columns, T("职务"), "", NULL, NULL);
    listing_column(c, columns, T("人数"), "num right hide-s", NULL, NULL);
    listing_column(c, columns, T("姓名"), "", NULL, NULL);
    for (size_t i = 0; i < value_count(rungs); i++) {
        const struct value *rung = value_at(rungs, i), *holders = value_get(rung, "holders");
        struct value *row = row_of(c, (int64_t)i + 1, url, value_get_text(rung, "label"), NULL);
        add_cell(c, row, arena_printf(a, "%zu", value_count(holders)), "num right hide-s");
        add_cell(c, row, names_of(c, holders), "");
        value_push(a, rows, row);
    }
    record_block_table(c, block, columns, rows);
    record_block_links(c, block, T("登记"), add_url, url);
    return block;
}

struct value *
leadership_panel(struct ctx *c, int64_t organization_id)
{
    const struct value *o = post_organization(c, organization_id);
    if (o == NULL || post_body_of(value_get_text(o, "kind")) == 0 ||
        !may_see(c, organization_id)) {
        return NULL;
    }
    size_t n;
    const struct value **rows =
        ranked(c,
               db_list(c->tx, c->arena, &LEADERSHIP_CURRENT,
                       DB_ARGS(DB_INT(organization_id), DB_INT(HOLDERS_MOST))),
               &n);
    const char *id = arena_printf(c->arena, "%lld", (long long)organization_id);
    return rung_block(c, "posts", T("领导班子"), rungs_of(c, rows, n, 0, false),
                      arena_printf(c->arena, "/organizations/%s/leadership", id),
                      may_keep(c, organization_id)
                          ? arena_printf(c->arena, "/posts/new?organization_id=%s", id)
                          : NULL);
}

struct value *
leadership_term_panel(struct ctx *c, int64_t term_id)
{
    const struct value *term = record_get(c, &TERM_KIND, term_id);
    size_t n;
    const struct value **rows = ranked(c,
                                       db_list(c->tx, c->arena, &LEADERSHIP_OF_TERM,
                                               DB_ARGS(DB_INT(term_id), DB_INT(HOLDERS_MOST))),
                                       &n);
    return rung_block(c, "posts", T("这一届的任职人员"), rungs_of(c, rows, n, 0, false),
                      arena_printf(c->arena, "/organizations/%lld/leadership",
                                   (long long)value_get_int(term, "organization_id", 0)),
                      NULL);
}

// What the persons of an enterprise are in chambers; NULL where there is nothing to tell.
struct value *
leadership_enterprise_panel(struct ctx *c, int64_t enterprise_id)
{
    struct arena *a = c->arena;
    const struct value *items = db_list(c->tx, a, &LEADERSHIP_OF_ENTERPRISE,
                                        DB_ARGS(DB_INT(enterprise_id), DB_INT(BLOCK_MOST)));
    struct value *columns = value_list(a), *rows = value_list(a);
    listing_column(c, columns, T("人员"), "", NULL, NULL);
    listing_column(c, columns, T("职务"), "", NULL, NULL);
    listing_column(c, columns, T("组织"), "hide-s", NULL, NULL);
    listing_column(c, columns, T("任职起"), "hide-s", NULL, NULL);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_at(items, i);
        const char *title = value_get_text(item, "title");
        int64_t id = value_get_int(item, "id", 0);
        bool reads = is_inside(c, value_get_int(item, "organization_id", 0));
        struct value *row =
            row_of(c, id, reads ? arena_printf(a, "/posts/%lld", (long long)id) : NULL,
                   value_get_text(item, "person"), value_get_text(item, "organization"));
        add_cell(c, row,
                 title != NULL
                     ? title
                     : choice_label(POST_CODES, value_get_text(item, "post"), c->lang),
                 "");
        add_cell(c, row, value_get_text(item, "organization"), "hide-s");
        add_cell(c, row, value_get_text(item, "since"), "num hide-s");
        value_push(a, rows, row);
    }
    if (value_count(rows) == 0) {
        return NULL;
    }
    struct value *block = record_block(c, "chamber-posts", T("商会任职"), NULL);
    record_block_table(c, block, columns, rows);
    return block;
}
