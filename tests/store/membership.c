// SPDX-License-Identifier: Apache-2.0
// Memberships: from application to card, who may do and see what, the main membership and the
// enterprise's chamber as one fact, and counts by year.
#include "store/request.h"

#include "kit/lifecycle.h"
#include "kit/record_impl.h"
#include "mod/enterprise/enterprise.h"
#include "mod/membership/membership_impl.h"

static const struct actor STAFF = {
    .id = 1, .login = "staff", .name = "王", .roles = ROLE_STAFF};
static const struct actor FIRST = {
    .id = 2, .login = "s1", .name = "一", .roles = ROLE_SECRETARY, .organization_id = 1};
static const struct actor SECOND = {
    .id = 3, .login = "s2", .name = "二", .roles = ROLE_SECRETARY, .organization_id = 2};
static const struct actor MEMBER = {
    .id = 4, .login = "m", .name = "企", .roles = ROLE_MEMBER, .enterprise_id = 1};

static const struct db_stmt ADD_CHAMBER = {
    .name = "test.add_chamber",
    .sql = "INSERT INTO organization (id, kind, name, created_at, updated_at)"
           " VALUES ($1, $2, $3, 0, 0)",
    .params = "id:int kind:text name:text"};
static const struct db_stmt CHAMBER_OF = {.name = "test.chamber_of",
                                          .sql =
                                              "SELECT chamber_id FROM enterprise WHERE id = $1",
                                          .params = "id:int",
                                          .row = "chamber_id:int?"};
static const struct db_stmt MAINS = {
    .name = "test.mains",
    .sql = "SELECT count(*) AS n FROM membership m JOIN enterprise e ON e.id = m.enterprise_id"
           " WHERE m.is_main = 1 AND m.organization_id = e.chamber_id AND e.id = $1",
    .params = "id:int",
    .row = "n:int"};
static const struct db_stmt ALL_MAINS = {
    .name = "test.all_mains",
    .sql = "SELECT count(*) AS n FROM membership WHERE is_main = 1 AND enterprise_id = $1",
    .params = "id:int",
    .row = "n:int"};

static const struct module *const ALL[] = {&MEMBERSHIP_MODULE, NULL};

static enum err
make_district(struct ctx *c, void *arg)
{
    (void)arg;
    db_run(c->tx, &ADD_CHAMBER, DB_ARGS(DB_INT(1), DB_TEXT("town"), DB_TEXT("港口镇商会")));
    db_run(c->tx, &ADD_CHAMBER,
           DB_ARGS(DB_INT(2), DB_TEXT("industry"), DB_TEXT("装备制造业商会")));
    db_run(c->tx, &ADD_CHAMBER, DB_ARGS(DB_INT(3), DB_TEXT("department"), DB_TEXT("财政局")));
    struct value *rec = value_map(c->arena);
    value_set_text(c->arena, rec, "name", "江南精密");
    value_set_text(c->arena, rec, "uscc", "91320902MA0TEK012E");
    value_set_int(c->arena, rec, "chamber_id", 1);
    return record_create(c, &ENTERPRISE_KIND, rec) == 1 ? ERR_OK : ERR_INTERNAL;
}

static void
district(struct world *w)
{
    w->app.modules = ALL;
    assert_int_equal(in_write(w, request(w, &STAFF), make_district, NULL), ERR_OK);
}

struct
try {
    const char *step; // NULL: apply
    int64_t organization, id, enterprise;
    const char *since, *until;
};

static enum err
attempt(struct ctx *c, void *arg)
{
    struct try *t = arg;
    struct value *rec = value_map(c->arena);
    if (t->step == NULL) {
        value_set_int(c->arena, rec, "organization_id", t->organization);
        value_set_int(c->arena, rec, "enterprise_id", t->enterprise);
        if (t->since != NULL) {
            value_set_text(c->arena, rec, "since", t->since);
        }
        int64_t id = record_create(c, &MEMBERSHIP_KIND, rec);
        t->id = id != 0 ? id : t->id;
        return id != 0 ? ERR_OK : c->result;
    }
    value_set_text(c->arena, c->in, "reason", "说明事由");
    value_set_text(c->arena, c->in, "decision", "第 8 次会长办公会");
    if (t->until != NULL) {
        value_set_text(c->arena, c->in, "until", t->until);
    }
    struct lifecycle_record r;
    const struct transition *step = lifecycle_find(&MEMBERSHIP_LIFECYCLE, t->step);
    enum err e = lifecycle_step(c, &MEMBERSHIP_LIFECYCLE, step, t->id, &r);
    t->id = e == ERR_OK ? r.id : t->id;
    return e;
}

static enum err
step(struct world *w, const struct actor *who, int64_t *id, const char *name)
{
    struct try t = {.step = name, .id = *id};
    enum err e = in_write(w, request(w, who), attempt, &t);
    *id = t.id;
    return e;
}

static enum err
apply(struct world *w, const struct actor *who, int64_t organization, const char *since,
      int64_t *id)
{
    struct try t = {.organization = organization, .enterprise = 1, .since = since};
    enum err e = in_write(w, request(w, who), attempt, &t);
    *id = t.id;
    return e;
}

static struct value *
read_as(struct world *w, const struct actor *who, int64_t id)
{
    struct ctx *c = request(w, who);
    c->tx = db_read_begin(w->s.db);
    struct value *rec = record_get(c, &MEMBERSHIP_KIND, id);
    db_read_end(c->tx);
    c->tx = NULL;
    return rec;
}

static const char *
state_of(struct world *w, int64_t id)
{
    return value_get_text(read_as(w, &STAFF, id), "state");
}

// The chamber of the enterprise, after checking that it and the main membership agree.
static int64_t
chamber(struct world *w)
{
    struct db_tx *tx = db_read_begin(w->s.db);
    int64_t id = db_value_int(tx, &CHAMBER_OF, DB_ARGS(DB_INT(1)), 0);
    assert_int_equal(db_value_int(tx, &MAINS, DB_ARGS(DB_INT(1)), 0), 1);
    assert_int_equal(db_value_int(tx, &ALL_MAINS, DB_ARGS(DB_INT(1)), 0), 1);
    db_read_end(tx);
    return id;
}

// ---- tests -----------------------------------------------------------------------------

static enum err
admit_due(struct ctx *c, void *arg)
{
    *(int64_t *)arg = membership_admit_due(c, 10);
    return ERR_OK;
}

static void
test_from_application_to_member(void **state)
{
    struct world *w = *state;
    int64_t id, n = -1;
    district(w);
    assert_int_equal(apply(w, &MEMBER, 2, NULL, &id), ERR_OK);
    assert_string_equal(state_of(w, id), "applied");
    assert_int_equal(step(w, &MEMBER, &id, "check"), ERR_FORBIDDEN);
    assert_int_equal(step(w, &FIRST, &id, "check"), ERR_NOT_FOUND);   // another chamber's
    assert_int_equal(step(w, &SECOND, &id, "approve"), ERR_CONFLICT); // not in this order
    assert_int_equal(step(w, &SECOND, &id, "check"), ERR_OK);
    assert_int_equal(step(w, &SECOND, &id, "approve"), ERR_OK);
    assert_string_equal(state_of(w, id), "publicity");
    assert_string_equal(value_get_text(read_as(w, &STAFF, id), "publicity_until"),
                        "2026-11-30"); // five working days after Monday
    assert_int_equal(step(w, &SECOND, &id, "admit"), ERR_CONFLICT);
    w->now += 7 * TIME_DAY; // the last day itself
    assert_int_equal(in_write(w, request(w, &STAFF), admit_due, &n), ERR_OK);
    assert_int_equal(n, 0);
    w->now += TIME_DAY;
    assert_int_equal(in_write(w, request(w, &STAFF), admit_due, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(state_of(w, id), "member");
    assert_string_equal(value_get_text(read_as(w, &STAFF, id), "since"), "2026-12-01");
    assert_int_equal(chamber(w), 1); // a second chamber does not take the enterprise over
}

static void
test_ways_out_of_an_application(void **state)
{
    struct world *w = *state;
    int64_t id, again;
    district(w);
    assert_int_equal(apply(w, &MEMBER, 2, NULL, &id), ERR_OK);
    assert_int_equal(apply(w, &MEMBER, 2, NULL, &again), ERR_INVALID); // once at a time
    assert_int_equal(step(w, &SECOND, &id, "return"), ERR_OK);
    assert_int_equal(step(w, &MEMBER, &id, "resubmit"), ERR_OK);
    assert_int_equal(step(w, &SECOND, &id, "check"), ERR_OK);
    assert_int_equal(step(w, &SECOND, &id, "approve"), ERR_OK);
    assert_int_equal(step(w, &SECOND, &id, "object"), ERR_OK);
    assert_string_equal(state_of(w, id), "checked");
    assert_int_equal(step(w, &SECOND, &id, "reject"), ERR_OK);
    assert_int_equal(step(w, &MEMBER, &id, "withdraw"), ERR_CONFLICT);
    assert_int_equal(apply(w, &MEMBER, 2, NULL, &again), ERR_OK);
    assert_int_equal(step(w, &MEMBER, &again, "withdraw"), ERR_OK);
    assert_int_equal(apply(w, &MEMBER, 3, NULL, &again), ERR_INVALID);         // not a chamber
    assert_int_equal(apply(w, &MEMBER, 2, "2020-01-01", &again), ERR_INVALID); // no back door
}

static void
test_secretary_sees_her_own(void **state)
{
    struct world *w = *state;
    int64_t id;
    district(w);
    assert_int_equal(apply(w, &MEMBER, 2, NULL, &id), ERR_OK);
    assert_null(read_as(w, &FIRST, id));
    assert_non_null(read_as(w, &SECOND, id));
    assert_int_equal(apply(w, &SECOND, 1, NULL, &id), ERR_INVALID); // nor another's enterprise
    for (int i = 0; i < 2; i++) {
        const struct actor *who = i == 0 ? &FIRST : &SECOND;
        struct ctx *c = request(w, who);
        c->tx = db_read_begin(w->s.db);
        const struct value *items = value_get(record_list(c, &MEMBERSHIP_KIND, 0), "items");
        assert_int_equal(value_count(items), 1);
        assert_int_equal(value_get_int(value_at(items, 0), "organization_id", 0),
                         who->organization_id);
        // … and all the others as counts
        w->req.path = "/membership-report";
        assert_int_equal(membership_report_run(c), ERR_OK);
        assert_int_equal(value_count(value_get(c->out, "items")), 1);
        db_read_end(c->tx);
    }
}

static enum err
move(struct ctx *c, void *arg)
{
    struct value *rec = value_map(c->arena);
    value_set_int(c->arena, rec, "chamber_id", *(int64_t *)arg);
    return record_update(c, &ENTERPRISE_KIND, 1, rec, 0);
}

static void
test_main_membership_is_the_chamber(void **state)
{
    struct world *w = *state;
    int64_t id, two = 2, first = 1;
    district(w);
    assert_int_equal(chamber(w), 1); // registering was joining
    assert_int_equal(apply(w, &STAFF, 2, "2021-03-01", &id), ERR_OK);
    assert_string_equal(state_of(w, id), "member");
    assert_int_equal(chamber(w), 1);
    assert_int_equal(step(w, &SECOND, &id, "main"), ERR_FORBIDDEN);
    assert_int_equal(step(w, &STAFF, &id, "main"), ERR_OK);
    assert_int_equal(chamber(w), 2);
    assert_int_equal(in_write(w, request(w, &STAFF), move, &first), ERR_OK);
    assert_int_equal(chamber(w), 1);
    assert_int_equal(in_write(w, request(w, &STAFF), move, &two), ERR_OK);
    assert_int_equal(chamber(w), 2);
    assert_int_equal(step(w, &STAFF, &id, "leave"), ERR_OK);
    assert_int_equal(chamber(w), 1); // the other one follows
    assert_int_equal(in_write(w, request(w, &STAFF), move, &two), ERR_OK);
    assert_int_equal(chamber(w), 2); // put there again: another stay
}

static void
test_coming_back_is_another_stay(void **state)
{
    struct world *w = *state;
    int64_t id, old;
    district(w);
    assert_int_equal(apply(w, &STAFF, 2, "2021-03-01", &id), ERR_OK);
    old = id;
    assert_int_equal(step(w, &STAFF, &id, "suspend"), ERR_OK);
    assert_int_equal(step(w, &STAFF, &id, "resume"), ERR_OK);
    struct try t = {.step = "leave", .id = id, .until = "2020-01-01"};
    assert_int_equal(in_write(w, request(w, &STAFF), attempt, &t), ERR_INVALID);
    t.until = "2025-06-30";
    assert_int_equal(in_write(w, request(w, &STAFF), attempt, &t), ERR_OK);
    assert_int_equal(step(w, &STAFF, &id, "readmit"), ERR_OK);
    assert_true(id != old);
    assert_string_equal(state_of(w, old), "left");
    assert_string_equal(value_get_text(read_as(w, &STAFF, old), "until"), "2025-06-30");
    assert_string_equal(state_of(w, id), "applied");
    assert_int_equal(value_get_int(read_as(w, &STAFF, id), "previous_id", 0), old);
}

static const struct value *
report(struct world *w, const char *year)
{
    struct ctx *c = request(w, &FIRST);
    struct http_kv query = {"year", year};
    w->req.query = (struct http_list){&query, 1};
    c->tx = db_read_begin(w->s.db);
    assert_int_equal(membership_report_run(c), ERR_OK);
    db_read_end(c->tx);
    const struct value *items = value_get(c->out, "items");
    for (size_t i = 0; i < value_count(items); i++) {
        if (value_get_int(value_at(items, i), "id", 0) == 2) {
            return value_at(items, i);
        }
    }
    return NULL;
}

static void
test_counts_by_year(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *year;
        int before, joined, gone, expelled, after;
    } CASES[] = {{"2020", 0, 0, 0, 0, 0},
                 {"2021", 0, 1, 0, 0, 1},
                 {"2022", 1, 0, 0, 0, 1},
                 {"2025", 1, 0, 0, 1, 0},
                 {"2026", 0, 0, 0, 0, 0}};
    int64_t id;
    district(w);
    assert_int_equal(apply(w, &STAFF, 2, "2021-01-01", &id), ERR_OK);
    struct try t = {.step = "expel", .id = id, .until = "2025-12-31"};
    assert_int_equal(in_write(w, request(w, &STAFF), attempt, &t), ERR_OK);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const struct value *row = report(w, CASES[i].year);
        assert_int_equal(value_get_int(row, "before", -1), CASES[i].before);
        assert_int_equal(value_get_int(row, "joined", -1), CASES[i].joined);
        assert_int_equal(value_get_int(row, "gone", -1), CASES[i].gone);
        assert_int_equal(value_get_int(row, "expelled", -1), CASES[i].expelled);
        assert_int_equal(value_get_int(row, "after", -1), CASES[i].after);
    }
}

static const char *
verified(struct world *w, const char *token)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    c->match.params[0] = (struct http_kv){"token", token};
    c->match.count = 1;
    c->page = value_map(c->arena);
    c->tx = db_read_begin(w->s.db);
    assert_int_equal(membership_verify_run(c), ERR_OK);
    assert_int_equal(membership_verify_show(c), ERR_OK);
    db_read_end(c->tx);
    return value_get_text(c->page, "class");
}

static void
test_cards_verify_by_signature_only(void **state)
{
    struct world *w = *state;
    int64_t id;
    district(w);
    assert_int_equal(apply(w, &STAFF, 2, "2021-01-01", &id), ERR_OK);
    const char *token = membership_token(&w->app, w->s.a, id);
    assert_string_equal(verified(w, token), "is-ok");
    static const char *const FORGED[] = {
        "HY000001", "HY000001-", "HY000001-00000000000000000000", "",
        "-",        "HY-1",      "HY99999999999999999999-1"};
    for (size_t i = 0; i < sizeof FORGED / sizeof *FORGED; i++) {
        assert_string_equal(verified(w, FORGED[i]), "is-bad");
    }
    char *other = (char *)(uintptr_t)arena_strdup(w->s.a, token);
    other[7] = other[7] == '1' ? '2' : '1'; // another number under the same signature
    assert_string_equal(verified(w, other), "is-bad");
    assert_string_equal(verified(w, membership_token(&w->app, w->s.a, 999)), "is-bad");
    assert_int_equal(step(w, &STAFF, &id, "leave"), ERR_OK);
    assert_string_equal(verified(w, token), "is-warn");
}

static void
test_nobody_is_asked_what_is_theirs(void **state)
{
    struct world *w = *state;
    static const struct {
        const struct actor *who;
        const char *field;
        int64_t id;
    } CASES[] = {
        {&MEMBER, "enterprise_id", 1}, {&SECOND, "organization_id", 2}, {&STAFF, NULL, 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t id = 0;
        struct ctx *c = request(w, CASES[i].who);
        const char *home = record_home(c, &MEMBERSHIP_KIND, value_map(c->arena), &id);
        assert_true(CASES[i].field == NULL ? home == NULL
                                           : home != NULL && strcmp(home, CASES[i].field) == 0);
        assert_true(home == NULL || id == CASES[i].id);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_from_application_to_member),
        WORLD_TEST(test_ways_out_of_an_application),
        WORLD_TEST(test_secretary_sees_her_own),
        WORLD_TEST(test_main_membership_is_the_chamber),
        WORLD_TEST(test_coming_back_is_another_stay),
        WORLD_TEST(test_counts_by_year),
        WORLD_TEST(test_cards_verify_by_signature_only),
        WORLD_TEST(test_nobody_is_asked_what_is_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
