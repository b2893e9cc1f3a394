// SPDX-License-Identifier: Apache-2.0
// Whose accounts one may see, make and disable: never anything that gives more than one has.
#include "store/request.h"

#include "mod/account/account.h"
#include "mod/account/people.h"

static const struct actor ADMIN = {.id = 1, .name = "管理", .roles = ROLE_ADMIN};
static const struct actor STAFF = {.id = 2, .name = "周敏", .roles = ROLE_STAFF};
static const struct actor SECRETARY = {
    .id = 3, .name = "吴", .roles = ROLE_SECRETARY, .organization_id = 1};

enum { ADMIN_ID = 1, STAFF_ID, SECRETARY_ID, OFFICER_ID, OURS_ID, THEIRS_ID };

static void
fill(struct world *w)
{
    CHANGE(w, "INSERT INTO organization (id, kind, name, created_at, updated_at) VALUES"
              " (1, 'town', '港口镇商会', 0, 0), (2, 'town', '滨江街道商会', 0, 0),"
              " (3, 'department', '市场监督管理局', 0, 0)");
    CHANGE(w,
           "INSERT INTO enterprise (id, name, uscc, chamber_id, created_at, updated_at) VALUES"
           " (10, '甲公司', '91110000600037341L', 1, 0, 0), (20, '乙公司', "
           "'91110000600037342L', 2, 0, 0)");
    static const struct account_new ALL[] = {
        {"admin", "管理", NULL, ROLE_ADMIN, 0, 0},
        {"staff", "周敏", NULL, ROLE_STAFF, 0, 0},
        {"secretary", "吴", NULL, ROLE_SECRETARY, 1, 0},
        {"officer", "王", NULL, ROLE_OFFICER, 3, 0},
        {"13800000001", "甲", NULL, ROLE_MEMBER, 0, 10},
        {"13800000002", "乙", NULL, ROLE_MEMBER, 0, 20},
    };
    for (int i = 0; i < 6; i++) {
        assert_int_equal(add_account(w, &ALL[i]), i + 1);
    }
}

static struct ctx *
about(struct world *w, const struct actor *who, int64_t id, const char *step)
{
    struct ctx *c = request(w, who);
    c->match.count = 2;
    c->match.params[0] = (struct http_kv){"id", arena_printf(w->a, "%lld", (long long)id)};
    c->match.params[1] = (struct http_kv){"step", step};
    return c;
}

static enum err
call(struct ctx *c, void *run)
{
    return (*(enum err(**)(struct ctx *))run)(c);
}

static enum err
do_step(struct world *w, const struct actor *who, int64_t id, const char *step)
{
    enum err (*run)(struct ctx *) = people_step_run;
    return in_write(w, about(w, who, id, step), call, &run);
}

static enum err
read_one(struct world *w, const struct actor *who, int64_t id)
{
    struct ctx *c = about(w, who, id, "");
    read_begin(w, c);
    enum err e = people_detail_run(c);
    read_end(c);
    return e;
}

static size_t
listed(struct world *w, const struct actor *who)
{
    struct ctx *c = request(w, who);
    read_begin(w, c);
    assert_int_equal(people_list_run(c), ERR_OK);
    size_t n = value_count(value_get(c->out, "items"));
    read_end(c);
    return n;
}

static void
who_sees_whom(void **state)
{
    struct world *w = *state;
    fill(w);
    assert_int_equal(listed(w, &ADMIN), 6);
    assert_int_equal(listed(w, &STAFF), 6);
    assert_int_equal(listed(w, &SECRETARY), 1);
    assert_int_equal(read_one(w, &STAFF, ADMIN_ID), ERR_OK);
    assert_int_equal(read_one(w, &SECRETARY, OURS_ID), ERR_OK);
    assert_int_equal(read_one(w, &SECRETARY, THEIRS_ID), ERR_NOT_FOUND);
    assert_int_equal(read_one(w, &SECRETARY, OFFICER_ID), ERR_NOT_FOUND);
    assert_int_equal(read_one(w, &SECRETARY, 99), ERR_NOT_FOUND);
    assert_int_equal(read_one(w, &STAFF, 99), ERR_NOT_FOUND);
}

static void
who_manages_whom(void **state)
{
    static const struct {
        const struct actor *who;
        int64_t id;
        bool may;
    } CASES[] = {
        {&ADMIN, STAFF_ID, true},        {&ADMIN, OURS_ID, true},
        {&ADMIN, ADMIN_ID, false}, // not oneself
        {&STAFF, ADMIN_ID, false}, // would become one
        {&STAFF, STAFF_ID, false},       {&STAFF, OFFICER_ID, true},
        {&STAFF, SECRETARY_ID, true},    {&STAFF, THEIRS_ID, true},
        {&SECRETARY, OURS_ID, true},     {&SECRETARY, THEIRS_ID, false},
        {&SECRETARY, STAFF_ID, false},   {&SECRETARY, ADMIN_ID, false},
        {&SECRETARY, OFFICER_ID, false},
    };
    struct world *w = *state;
    fill(w);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        static const char *const STEPS[] = {"code", "disable", "enable"};
        for (size_t s = 0; s < 3; s++) {
            enum err e = do_step(w, CASES[i].who, CASES[i].id, STEPS[s]);
            if (e != (CASES[i].may ? ERR_OK : ERR_NOT_FOUND)) {
                fail_msg("case %zu %s: %s", i, STEPS[s], err_info(e)->code);
            }
        }
    }
    assert_int_equal(do_step(w, &ADMIN, OURS_ID, "delete"), ERR_NOT_FOUND);
    assert_int_equal(do_step(w, &ADMIN, OURS_ID, "enable"),
                     ERR_NOT_FOUND); // it is not disabled
}

// An account with one post the secretary keeps and one she does not is not hers.
static void
a_second_post_takes_the_account_away(void **state)
{
    struct world *w = *state;
    fill(w);
    CHANGE(w, "INSERT INTO post (account_id, role, organization_id, since)"
              " VALUES (5, 'leader', 1, 0)");
    assert_int_equal(do_step(w, &SECRETARY, OURS_ID, "code"), ERR_NOT_FOUND);
    CHANGE(w, "UPDATE post SET role = 'member', organization_id = NULL, enterprise_id = 20"
              " WHERE role = 'leader'");
    assert_int_equal(do_step(w, &SECRETARY, OURS_ID, "code"), ERR_NOT_FOUND);
    CHANGE(w, "UPDATE post SET until = 1 WHERE enterprise_id = 20");
    assert_int_equal(do_step(w, &SECRETARY, OURS_ID, "code"), ERR_OK);
}

static void
an_administrator_stays(void **state)
{
    static const struct actor OTHER = {.id = 99, .name = "系统", .roles = ROLE_ADMIN};
    struct world *w = *state;
    fill(w);
    assert_int_equal(do_step(w, &OTHER, ADMIN_ID, "disable"), ERR_CONFLICT);
    CHANGE(w, "INSERT INTO post (account_id, role, since) VALUES (2, 'admin', 0)");
    assert_int_equal(do_step(w, &OTHER, ADMIN_ID, "disable"), ERR_OK);
    assert_int_equal(do_step(w, &OTHER, STAFF_ID, "disable"), ERR_CONFLICT);
}

// ---- making -----------------------------------------------------------------------------

struct wish {
    const struct actor *who;
    const char *login, *role;
    int64_t organization, enterprise;
    const char *fault; // the field at fault; NULL: made
};

static enum err
make(struct world *w, const struct wish *wish)
{
    enum err (*run)(struct ctx *) = people_create_run;
    struct ctx *c = request(w, wish->who);
    value_set_text(w->a, c->in, "login", wish->login);
    value_set_text(w->a, c->in, "name", "新");
    if (wish->role != NULL) {
        value_set_text(w->a, c->in, "role", wish->role);
    }
    if (wish->organization != 0) {
        value_set_int(w->a, c->in, "organization_id", wish->organization);
    }
    if (wish->enterprise != 0) {
        value_set_int(w->a, c->in, "enterprise_id", wish->enterprise);
    }
    return in_write(w, c, call, &run);
}

static void
who_makes_what(void **state)
{
    static const struct wish WISHES[] = {
        {&ADMIN, "a1", "admin", 0, 0, NULL},
        {&STAFF, "a2", "admin", 0, 0, "role"},
        {&STAFF, "a3", NULL, 0, 0, "role"},
        {&STAFF, "a3", "emperor", 0, 0, "role"},
        {&STAFF, "a3", "officer", 0, 0, "organization_id"},
        {&STAFF, "a3", "officer", 77, 0, "organization_id"},
        {&STAFF, "a3", "officer", 3, 0, NULL},
        {&STAFF, "a3", "leader", 0, 0, "login"}, // taken
        {&STAFF, "a4", "member", 0, 0, "enterprise_id"},
        {&STAFF, "a4", "member", 0, 77, "enterprise_id"},
        {&STAFF, "a4", "member", 0, 20, NULL},
        {&SECRETARY, "a5", NULL, 0, 10, NULL},
        {&SECRETARY, "a6", NULL, 0, 20, "enterprise_id"},
        {&SECRETARY, "a6", NULL, 0, 0, "enterprise_id"},
    };
    struct world *w = *state;
    fill(w);
    for (size_t i = 0; i < sizeof WISHES / sizeof *WISHES; i++) {
        enum err e = make(w, &WISHES[i]);
        const char *fault = w->c.faults.count > 0 ? w->c.faults.items[0].field : NULL;
        if ((e == ERR_OK) != (WISHES[i].fault == NULL) ||
            (fault != NULL && strcmp(fault, WISHES[i].fault) != 0)) {
            fail_msg("wish %zu: %s", i, fault == NULL ? "made" : fault);
        }
    }
    // Whatever a secretary asks for, it is a member's account.
    assert_int_equal(make(w, &(struct wish){&SECRETARY, "a7", "admin", 1, 10, NULL}), ERR_OK);
    static const struct db_stmt ROLES = {
        .name = "test.roles",
        .sql = "SELECT count(*) AS n FROM post p JOIN account a ON a.id = p.account_id "
               "WHERE a.login = 'a7' AND (p.role <> 'member' OR p.organization_id IS NOT NULL)",
        .row = "n:int",
        .scans = "test"};
    struct ctx *c = request(w, &ADMIN);
    read_begin(w, c);
    assert_int_equal(db_value_int(c->tx, &ROLES, DB_NONE, -1), 0);
    read_end(c);
}

static void
the_code_is_shown_and_not_kept(void **state)
{
    static const struct db_stmt HELD = {
        .name = "test.held",
        .sql = "SELECT count(*) AS n FROM account WHERE activation_hash IS NOT NULL "
               "AND login = 'a1'",
        .row = "n:int",
        .scans = "test"};
    struct world *w = *state;
    fill(w);
    assert_int_equal(make(w, &(struct wish){&STAFF, "a1", "leader", 0, 0, NULL}), ERR_OK);
    assert_string_equal(w->c.template, "account-code");
    assert_null(w->c.out); // an answer that is kept for replay would hold it
    assert_null(w->c.location);
    assert_null(w->c.flash);
    assert_int_equal(strlen(value_get_text(w->c.page, "code")), 32 + 7);
    struct ctx *c = request(w, &ADMIN);
    read_begin(w, c);
    assert_int_equal(db_value_int(c->tx, &HELD, DB_NONE, -1), 1);
    read_end(c);
}

static void
search_finds_beginnings(void **state)
{
    static const struct {
        const char *q;
        size_t n;
    } CASES[] = {{"138", 2}, {"周", 1}, {"周敏", 1}, {"敏", 0}, {"zzz", 0}, {"%", 0}, {"_", 0}};
    struct world *w = *state;
    fill(w);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct ctx *c = request(w, &STAFF);
        struct http_kv q = {"q", CASES[i].q};
        w->req.query = (struct http_list){&q, 1};
        read_begin(w, c);
        assert_int_equal(people_list_run(c), ERR_OK);
        if (value_count(value_get(c->out, "items")) != CASES[i].n) {
            fail_msg("%s", CASES[i].q);
        }
        read_end(c);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(who_sees_whom),
        WORLD_TEST(who_manages_whom),
        WORLD_TEST(a_second_post_takes_the_account_away),
        WORLD_TEST(an_administrator_stays),
        WORLD_TEST(who_makes_what),
        WORLD_TEST(the_code_is_shown_and_not_kept),
        WORLD_TEST(search_finds_beginnings),
    };
    return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
