// SPDX-License-Identifier: Apache-2.0
// Posts and terms in a district: what a nomination is refused for, who may make an exception,
// what a new term ends, who is reminded when, and what the chart says to whom.
#include "store/request.h"

#include "base/json.h"
#include "kit/record_impl.h"
#include "mod/membership/membership.h"
#include "mod/people/people.h"
#include "mod/post/post_impl.h"

static const struct actor STAFF = {
    .id = 91, .login = "staff", .name = "王", .roles = ROLE_STAFF};
static const struct actor FIRST = {
    .id = 92, .login = "s1", .name = "一", .roles = ROLE_SECRETARY, .organization_id = 1};
static const struct actor SECOND = {
    .id = 93, .login = "s2", .name = "二", .roles = ROLE_SECRETARY, .organization_id = 2};
static const struct actor MEMBER = {
    .id = 94, .login = "m", .name = "企", .roles = ROLE_MEMBER, .enterprise_id = 1};
static const struct actor OFFICER = {
    .id = 95, .login = "o", .name = "办", .roles = ROLE_OFFICER, .organization_id = 3};

static const struct module *const ALL[] = {&POST_MODULE, NULL};

struct attempt {
    const struct record_kind *kind;
    const char *json;
    int64_t id; // 0: a new one
};

static enum err
attempt(struct ctx *c, void *arg)
{
    struct attempt *t = arg;
    const char *why;
    struct value *rec =
        (struct value *)(uintptr_t)json_parse(c->arena, t->json, strlen(t->json), &why);
    assert_non_null(rec);
    if (t->id != 0) {
        return record_update(c, t->kind, t->id, rec, 0);
    }
    t->id = record_create(c, t->kind, rec);
    return t->id != 0 ? ERR_OK : c->result;
}

// The codes of its faults, "ok" for none, else the error's.
static const char *
save(struct world *w, const struct actor *who, const struct record_kind *k, int64_t *id,
     const char *json)
{
    struct attempt t = {k, json, *id};
    struct ctx *c = request(w, who);
    enum err e = in_write(w, c, attempt, &t);
    const char *text = e == ERR_OK ? "ok" : c->faults.count > 0 ? "" : err_info(e)->code;
    for (unsigned i = 0; i < c->faults.count; i++) {
        text = arena_printf(w->s.a, "%s%s%s:%s", text, i == 0 ? "" : " ",
                            c->faults.items[i].field, c->faults.items[i].code);
    }
    *id = t.id;
    return text;
}

static const char *
add(struct world *w, const struct actor *who, const struct record_kind *k, const char *json)
{
    int64_t id = 0;
    return save(w, who, k, &id, json);
}

static void
district(struct world *w)
{
    w->app.modules = ALL;
    CHANGE(w, "INSERT INTO organization (id, kind, name, created_at, updated_at) VALUES"
              " (1, 'town', '港口镇商会', 0, 0), (2, 'industry', '装备制造业商会', 0, 0),"
              " (3, 'department', '财政局', 0, 0), (4, 'federation', '工商联', 0, 0)");
    CHANGE(w, "INSERT INTO enterprise (id, name, uscc, chamber_id, created_at, updated_at)"
              " VALUES (1, '江南精密', '91320902MA0TEK012E', 1, 0, 0)");
    CHANGE(w, "INSERT INTO person (id, name, kind, birth, enterprise_id, state, created_at,"
              " updated_at) VALUES (1, '陈立', 'entrepreneur', '1975-03', 1, 'active', 0, 0),"
              " (2, '蒋明', 'entrepreneur', '1980-01', NULL, 'active', 0, 0),"
              " (3, '吴芳', 'staff', '1985-05', NULL, 'active', 0, 0),"
              " (4, '老周', 'entrepreneur', '1957-01', NULL, 'active', 0, 0)");
    CHANGE(w, "INSERT INTO membership (id, organization_id, enterprise_id, state, applied_on,"
              " since, created_at, updated_at) VALUES (1, 1, 1, 'member', '2020-01-01',"
              " '2020-01-01', 0, 0)");
}

#define TERM(org, n, from, to)                                                                 \
    "{\"organization_id\":" #org ",\"number\":" #n ",\"starts_on\":\"" from                    \
    "\",\"ends_on\":\"" to "\"}"
#define POST(org, person, code, since, more)                                                   \
    "{\"organization_id\":" #org ",\"person_id\":" #person ",\"post\":\"" code                 \
    "\",\"act\":\"elected\",\"since\":\"" since "\"" more "}"
#define GRADED ",\"grade\":\"B\",\"graded_on\":\"2025-03-01\""

static const struct value *
field(struct world *w, const struct record_kind *k, int64_t id, const char *name)
{
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    const struct value *v = value_get(record_get(c, k, id), name);
    read_end(c);
    return v;
}

static const char *
text_of(const struct value *v)
{
    return v != NULL && v->type == VALUE_TEXT ? v->s : "";
}

// ---- tests -----------------------------------------------------------------------------

static void
test_terms_follow_each_other(void **state)
{
    struct world *w = *state;
    int64_t second = 0;
    district(w);
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(3, 1, "2025-01-01", "2029-01-01")),
                        "organization_id:kind");
    assert_string_equal(add(w, &SECOND, &TERM_KIND, TERM(1, 1, "2025-01-01", "2029-01-01")),
                        "forbidden");
    assert_string_equal(
        save(w, &FIRST, &TERM_KIND, &second, TERM(1, 2, "2022-05-20", "2027-05-20")), "ok");
    assert_string_equal(text_of(field(w, &TERM_KIND, second, "name")), "第二届");
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(1, 2, "2026-05-20", "2027-05-19")),
                        "number:taken");
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2022-05-19", "2027-05-19")),
                        "number:taken"); // before the second one
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2026-05-20", "2031-05-21")),
                        "ends_on:long");
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2026-11-24", "2030-05-21")),
                        "starts_on:future");
    // one of the past, written down late, is over by itself
    int64_t first = 0;
    assert_string_equal(
        save(w, &STAFF, &TERM_KIND, &first, TERM(1, 1, "2017-05-20", "2022-05-20")), "ok");
    assert_string_equal(text_of(field(w, &TERM_KIND, first, "ended_on")), "2022-05-20");
    assert_string_equal(text_of(field(w, &TERM_KIND, first, "state")), "ended");
    assert_string_equal(text_of(field(w, &TERM_KIND, second, "state")), "current");
}

static void
test_a_term_is_postponed_once(void **state)
{
    struct world *w = *state;
    int64_t id = 0;
    district(w);
    assert_string_equal(
        save(w, &FIRST, &TERM_KIND, &id, TERM(1, 1, "2022-05-20", "2027-05-20")), "ok");
    assert_string_equal(save(w, &FIRST, &TERM_KIND, &id,
                             "{\"extended_until\":\"2028-05-21\",\"extension_no\":\"1\"}"),
                        "extended_until:range");
    assert_string_equal(save(w, &FIRST, &TERM_KIND, &id, "{\"extended_until\":\"2028-05-20\"}"),
                        "extension_no:missing");
    assert_string_equal(save(w, &FIRST, &TERM_KIND, &id,
                             "{\"extended_until\":\"2027-12-31\",\"extension_no\":\"1\"}"),
                        "ok");
    assert_string_equal(text_of(field(w, &TERM_KIND, id, "closes_on")), "2027-12-31");
    assert_string_equal(save(w, &FIRST, &TERM_KIND, &id, "{\"extended_until\":\"2028-05-20\"}"),
                        "extended_until:once");
    assert_string_equal(save(w, &STAFF, &TERM_KIND, &id, "{\"extended_until\":\"2028-05-20\"}"),
                        "ok");
}

static void
test_what_a_nomination_is_refused_for(void **state)
{
    struct world *w = *state;
    int64_t id = 0;
    district(w);
    assert_string_equal(
        add(w, &FIRST, &POST_KIND, POST(1, 1, "president", "2024-06-01", GRADED)),
        "since:term"); // elected into no term
    assert_string_equal(add(w, &FIRST, &TERM_KIND, TERM(1, 3, "2024-05-20", "2029-05-20")),
                        "ok");
    assert_string_equal(add(w, &FIRST, &POST_KIND, POST(1, 1, "chair", "2024-06-01", GRADED)),
                        "post:ladder"); // the federation's
    assert_string_equal(add(w, &FIRST, &POST_KIND, POST(1, 1, "president", "2026-06-01", "")),
                        "grade:evaluation");
    assert_string_equal(
        add(w, &FIRST, &POST_KIND, POST(1, 4, "vice_president", "2026-06-01", GRADED)),
        "person_id:age"); // 70 in January 2027
    assert_string_equal(
        save(w, &FIRST, &POST_KIND, &id, POST(1, 1, "president", "2026-06-01", GRADED)), "ok");
    assert_string_equal(text_of(field(w, &POST_KIND, id, "term_name")), "第三届");
    assert_string_equal(
        add(w, &FIRST, &POST_KIND, POST(1, 1, "president", "2026-06-02", GRADED)),
        "post:taken");
    assert_string_equal(
        add(w, &FIRST, &POST_KIND, POST(1, 2, "president", "2026-06-02", GRADED)), "post:held");
    assert_string_equal(
        add(w, &FIRST, &POST_KIND, POST(1, 1, "board_supervisor", "2026-06-02", "")),
        "post:incompatible");
    assert_string_equal(add(w, &FIRST, &POST_KIND, POST(1, 2, "director", "2026-11-24", "")),
                        "since:future");
    assert_string_equal(add(w, &FIRST, &POST_KIND,
                            "{\"organization_id\":1,\"person_id\":3,\"post\":\"director\","
                            "\"act\":\"hired\",\"since\":\"2026-06-01\"}"),
                        "act:hired");
    assert_string_equal(add(w, &SECOND, &POST_KIND, POST(1, 2, "director", "2026-06-01", "")),
                        "forbidden");
    // who ends a post is asked why, and no rule stands in the way
    assert_string_equal(save(w, &FIRST, &POST_KIND, &id, "{\"until\":\"2026-10-01\"}"),
                        "end_reason:missing");
    assert_string_equal(save(w, &FIRST, &POST_KIND, &id,
                             "{\"until\":\"2026-10-01\",\"end_reason\":\"resigned\"}"),
                        "ok");
    assert_string_equal(text_of(field(w, &POST_KIND, id, "state")), "ended");
    assert_string_equal(
        add(w, &FIRST, &POST_KIND, POST(1, 2, "president", "2026-10-01", GRADED)), "ok");
}

static void
test_only_the_office_makes_exceptions(void **state)
{
    struct world *w = *state;
    int64_t id = 0;
    district(w);
    add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2024-05-20", "2029-05-20"));
    assert_string_equal(
        add(w, &FIRST, &POST_KIND,
            POST(1, 4, "vice_president", "2026-06-01", GRADED ",\"override_reason\":\"需要\"")),
        "person_id:age");
    assert_string_equal(
        add(w, &FIRST, &POST_KIND,
            POST(1, 2, "vice_president", "2026-06-01", GRADED ",\"override_reason\":\"需要\"")),
        "override_reason:forbidden");
    assert_string_equal(save(w, &STAFF, &POST_KIND, &id,
                             POST(1, 4, "vice_president", "2026-06-01",
                                  ",\"override_reason\":\"区委同意，文号 12\"")),
                        "ok");
    assert_string_equal(text_of(field(w, &POST_KIND, id, "overridden")), "age evaluation");
    // the secretary goes on with it, but gets no further exception
    assert_string_equal(save(w, &FIRST, &POST_KIND, &id, "{\"title\":\"驻会副会长\"}"), "ok");
    assert_string_equal(
        save(w, &FIRST, &POST_KIND, &id, "{\"grade\":\"B\",\"graded_on\":\"2025-03-01\"}"),
        "ok");
    assert_string_equal(text_of(field(w, &POST_KIND, id, "overridden")), "age");
    assert_string_equal(save(w, &FIRST, &POST_KIND, &id, "{\"grade\":\"C\"}"),
                        "grade:evaluation");
}

static void
test_a_third_term_and_two_chambers(void **state)
{
    struct world *w = *state;
    district(w);
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(1, 1, "2016-05-20", "2020-05-20")),
                        "ok");
    assert_string_equal(add(w, &STAFF, &POST_KIND,
                            POST(1, 1, "vice_president", "2016-05-20",
                                 ",\"grade\":\"A\",\"graded_on\":\"2016-01-01\","
                                 "\"legal_representative\":true")),
                        "ok");
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(1, 2, "2020-05-20", "2024-05-20")),
                        "ok");
    assert_string_equal(add(w, &STAFF, &POST_KIND,
                            POST(1, 1, "vice_president", "2020-05-20",
                                 ",\"grade\":\"A\",\"graded_on\":\"2020-01-01\","
                                 "\"legal_representative\":true")),
                        "ok");
    // being legal representative here keeps from being it there
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(2, 1, "2024-05-20", "2028-05-20")),
                        "ok");
    assert_string_equal(
        add(w, &STAFF, &POST_KIND,
            POST(2, 1, "president", "2026-05-20", GRADED ",\"legal_representative\":true")),
        "legal_representative:legal_representative");
    assert_string_equal(add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2024-05-20", "2028-05-20")),
                        "ok");
    assert_string_equal(
        add(w, &STAFF, &POST_KIND, POST(1, 1, "vice_president", "2026-05-20", GRADED)),
        "post:term_cap");
    assert_string_equal(
        add(w, &STAFF, &POST_KIND, POST(1, 1, "president", "2026-05-20", GRADED)), "ok");
    // and now nothing does: the posts of the terms before are over
    assert_string_equal(
        add(w, &STAFF, &POST_KIND,
            POST(2, 1, "president", "2026-05-20", GRADED ",\"legal_representative\":true")),
        "ok");
}

static void
test_settings_move_the_bounds(void **state)
{
    struct world *w = *state;
    district(w);
    add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2024-05-20", "2029-05-20"));
    CHANGE(w, "INSERT INTO setting (key, value) VALUES ('post_evaluation', 'off')");
    assert_string_equal(add(w, &FIRST, &POST_KIND, POST(1, 1, "president", "2026-06-01", "")),
                        "ok");
    CHANGE(w, "INSERT INTO setting (key, value) VALUES ('post_officer_age', '45')");
    assert_string_equal(
        add(w, &FIRST, &POST_KIND, POST(1, 2, "vice_president", "2026-06-01", "")),
        "person_id:age");
}

static void
test_a_new_term_ends_the_old_one(void **state)
{
    struct world *w = *state;
    int64_t term = 0, elected = 0, hired = 0;
    district(w);
    assert_string_equal(
        save(w, &STAFF, &TERM_KIND, &term, TERM(1, 1, "2021-05-20", "2026-05-20")), "ok");
    assert_string_equal(
        save(w, &STAFF, &POST_KIND, &elected, POST(1, 2, "director", "2021-05-20", "")), "ok");
    assert_string_equal(save(w, &STAFF, &POST_KIND, &hired,
                             "{\"organization_id\":1,\"person_id\":3,\"act\":\"hired\","
                             "\"post\":\"secretary_general\",\"since\":\"2021-06-01\"}"),
                        "ok");
    assert_string_equal(add(w, &FIRST, &TERM_KIND, TERM(1, 2, "2026-06-18", "2031-06-18")),
                        "ok");
    assert_string_equal(text_of(field(w, &TERM_KIND, term, "ended_on")), "2026-06-18");
    assert_string_equal(text_of(field(w, &POST_KIND, elected, "until")), "2026-06-18");
    assert_string_equal(text_of(field(w, &POST_KIND, elected, "end_reason")), "term_over");
    assert_string_equal(text_of(field(w, &POST_KIND, hired, "state")), "current");
}

static enum err
remind(struct ctx *c, void *arg)
{
    *(int64_t *)arg = post_remind(c, 100);
    return ERR_OK;
}

static int64_t
reminded(struct world *w, const char *day)
{
    int32_t d;
    int64_t n = -1;
    assert_true(day_parse(day, &d));
    w->now = time_of_day(d) + 9 * TIME_HOUR;
    struct ctx *c = request(w, &ACTOR_NOBODY);
    assert_int_equal(in_write(w, c, remind, &n), ERR_OK);
    return n;
}

static void
test_reminders_come_once_each(void **state)
{
    struct world *w = *state;
    int64_t id = 0;
    static const struct db_stmt NOTICES = {.name = "test.notices",
                                           .sql = "SELECT count(*) AS n FROM notice",
                                           .row = "n:int",
                                           .scans = "test"};
    district(w);
    add_account(
        w, &(struct account_new){
               .login = "s1", .name = "一", .roles = ROLE_SECRETARY, .organization_id = 1});
    add_account(
        w, &(struct account_new){
               .login = "s2", .name = "二", .roles = ROLE_SECRETARY, .organization_id = 2});
    add_account(w, &(struct account_new){.login = "st", .name = "工", .roles = ROLE_STAFF});
    assert_string_equal(
        save(w, &STAFF, &TERM_KIND, &id, TERM(1, 1, "2024-05-20", "2029-05-20")), "ok");
    assert_int_equal(reminded(w, "2028-05-19"), 0);
    assert_int_equal(reminded(w, "2028-05-20"), 1);
    assert_int_equal(reminded(w, "2028-05-20"), 0);
    assert_int_equal(reminded(w, "2028-11-19"), 0);
    assert_int_equal(reminded(w, "2029-03-01"), 1); // the machine was off: one, not two
    assert_int_equal(reminded(w, "2029-05-20"), 0);
    assert_int_equal(reminded(w, "2029-05-21"), 1);
    assert_int_equal(reminded(w, "2029-08-21"), 0);
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    assert_int_equal(db_value_int(c->tx, &NOTICES, DB_NONE, 0), 3 * 2); // secretary and staff
    read_end(c);
    // postponed: the months count anew
    assert_string_equal(save(w, &STAFF, &TERM_KIND, &id,
                             "{\"extended_until\":\"2030-05-20\",\"extension_no\":\"1\"}"),
                        "ok");
    assert_int_equal(reminded(w, "2029-08-22"), 1);
}

static const struct value *
chart(struct world *w, const struct actor *who, const char *organization)
{
    struct ctx *c = request(w, who);
    c->match = (struct http_match){0};
    c->match.params[0] = (struct http_kv){"id", organization};
    c->match.count = 1;
    read_begin(w, c);
    enum err e = leadership_run(c);
    read_end(c);
    return e == ERR_OK ? c->out : NULL;
}

static bool
finds(const struct value *out, const char *rule)
{
    const struct value *list = value_get(out, "findings");
    for (size_t i = 0; i < value_count(list); i++) {
        if (strcmp(value_get_text(value_at(list, i), "rule"), rule) == 0) {
            return true;
        }
    }
    return false;
}

static void
test_the_chart_and_who_sees_it(void **state)
{
    struct world *w = *state;
    district(w);
    add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2024-05-20", "2029-05-20"));
    assert_string_equal(add(w, &STAFF, &POST_KIND, POST(1, 2, "director", "2024-05-20", "")),
                        "ok");
    assert_string_equal(
        add(w, &STAFF, &POST_KIND, POST(1, 1, "president", "2026-05-20", GRADED)), "ok");
    const struct value *out = chart(w, &FIRST, "1");
    const struct value *top = value_at(value_get(out, "posts"), 0);
    assert_string_equal(value_get_text(top, "post"), "president");
    const struct value *holder = value_at(value_get(top, "holders"), 0);
    assert_string_equal(value_get_text(holder, "person"), "陈立");
    assert_string_equal(value_get_text(holder, "enterprise"), "江南精密");
    assert_null(value_get(holder, "birth"));
    assert_null(value_get(holder, "grade"));
    assert_int_equal(value_get_int(holder, "person_id", 0), 1);
    assert_int_equal(value_get_int(value_get(out, "counts"), "directors", 0), 2);
    assert_true(finds(out, "directors_odd"));
    assert_true(finds(out, "directors_share"));
    assert_true(finds(out, "officers_few"));
    assert_false(finds(out, "president_missing"));
    // a member reads the own chamber's: names, no findings, no way on to persons
    out = chart(w, &MEMBER, "1");
    assert_int_equal(value_count(value_get(out, "posts")), 2);
    assert_int_equal(value_count(value_get(out, "findings")), 0);
    holder = value_at(value_get(value_at(value_get(out, "posts"), 0), "holders"), 0);
    assert_int_equal(value_get(holder, "person_id")->type, VALUE_NULL);
    assert_null(chart(w, &MEMBER, "2"));
    assert_null(chart(w, &SECOND, "1"));
    assert_null(chart(w, &OFFICER, "1"));
    assert_null(chart(w, &STAFF, "3")); // departments have none
    assert_null(chart(w, &STAFF, "77"));
    assert_non_null(chart(w, &STAFF, "4"));
    // the years pass and an evaluation with them
    w->now = time_from_civil(2028, 3, 2, 9, 0, 0);
    assert_true(finds(chart(w, &STAFF, "1"), "evaluation"));
}

// A fact stands once: while somebody holds a post for a member, the member's seat is that.
static void
test_a_seat_follows_from_the_post(void **state)
{
    struct world *w = *state;
    int64_t membership = 1, id = 0;
    static const struct module *const BOTH[] = {&POST_MODULE, &MEMBERSHIP_MODULE, NULL};
    district(w);
    w->app.modules = BOTH;
    add(w, &STAFF, &TERM_KIND, TERM(1, 3, "2024-05-20", "2029-05-20"));
    assert_string_equal(
        save(w, &STAFF, &MEMBERSHIP_KIND, &membership, "{\"seat\":\"vice_president\"}"), "ok");
    assert_string_equal(text_of(field(w, &MEMBERSHIP_KIND, 1, "post")), "vice_president");
    assert_string_equal(
        save(w, &FIRST, &POST_KIND, &id, POST(1, 1, "president", "2026-05-20", GRADED)), "ok");
    assert_string_equal(text_of(field(w, &MEMBERSHIP_KIND, 1, "seat")), ""); // history now
    assert_string_equal(text_of(field(w, &MEMBERSHIP_KIND, 1, "post")), "president");
    assert_string_equal(
        save(w, &STAFF, &MEMBERSHIP_KIND, &membership, "{\"seat\":\"director\"}"), "seat:post");
    assert_string_equal( // a roster that says the same
        save(w, &STAFF, &MEMBERSHIP_KIND, &membership, "{\"seat\":\"president\"}"), "ok");
    assert_string_equal(text_of(field(w, &MEMBERSHIP_KIND, 1, "seat")), "");
    struct ctx *c = request(w, &FIRST);
    read_begin(w, c);
    const struct value *items = value_get(record_list(c, &MEMBERSHIP_KIND, 0), "items");
    assert_string_equal(value_get_text(value_at(items, 0), "post"), "president");
    assert_int_equal(value_count(post_holders(c, 1)), 1);
    assert_null(post_highest(c, 2, 1, 1)); // nothing in another chamber
    read_end(c);
    assert_string_equal(save(w, &FIRST, &POST_KIND, &id,
                             "{\"until\":\"2026-10-01\",\"end_reason\":\"resigned\"}"),
                        "ok");
    assert_string_equal(text_of(field(w, &MEMBERSHIP_KIND, 1, "post")), "");
}

static void
test_statements(void **state)
{
    struct world *w = *state;
    check_statements(w, POST_MODULE.stmts);
    check_statements(w, record_statements(&POST_KIND));
    check_statements(w, record_statements(&TERM_KIND));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_terms_follow_each_other),
        WORLD_TEST(test_a_term_is_postponed_once),
        WORLD_TEST(test_what_a_nomination_is_refused_for),
        WORLD_TEST(test_only_the_office_makes_exceptions),
        WORLD_TEST(test_a_third_term_and_two_chambers),
        WORLD_TEST(test_settings_move_the_bounds),
        WORLD_TEST(test_a_new_term_ends_the_old_one),
        WORLD_TEST(test_reminders_come_once_each),
        WORLD_TEST(test_the_chart_and_who_sees_it),
        WORLD_TEST(test_a_seat_follows_from_the_post),
        WORLD_TEST(test_statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
