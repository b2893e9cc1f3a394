// SPDX-License-Identifier: Apache-2.0
// The life cycle of demands on a real database: who may take which step in which state, and
// what the steps do to clocks, legs and the log.
#include "store/demand_fixture.h"

#include "kit/seal.h"

// ---- declarations ----------------------------------------------------------------------

static void
test_statements_are_sound(void **state)
{
    struct world *w = *state;
    for (const struct db_stmt *const *s = DEMAND_MODULE.stmts; *s != NULL; s++) {
        const char *why = "";
        if (!db_check_stmt(w->app->db, w->a, *s, &why)) {
            fail_msg("%s", why);
        }
    }
}

// A step without a route could not be taken; one with other roles or fields would lie.
static void
test_routes_follow_the_table(void **state)
{
    struct world *w = *state;
    size_t steps = 0;
    for (const struct transition *t = DEMAND_STEPS; t->name != NULL; t++, steps++) {
        const char *pattern = arena_printf(w->a, "/demands/{id}/%s", t->name);
        unsigned found = 0;
        for (const struct route *r = DEMAND_MODULE.routes; r->pattern != NULL; r++) {
            if (strcmp(r->pattern, pattern) != 0) {
                continue;
            }
            found |= r->method;
            assert_int_equal(r->roles, t->roles);
            assert_string_equal(r->data, t->name);
            assert_true(r->method != HTTP_POST || r->fields == t->needs);
        }
        assert_int_equal(found, HTTP_GET | HTTP_POST);
        assert_true(t->roles != 0 && t->relations != 0);
        assert_non_null(choice_find(DEMAND_EVENTS, t->event));
    }
    assert_int_equal(steps, 26);
}

// ---- every step × every state × everybody ----------------------------------------------

// What architecture §9 and domain §3 say, written down a second time.
enum { P_OWNER = 1, P_STAFF = 2, P_LEAD = 4, P_ASSIST = 8 };
static const struct {
    const char *step, *in;
    unsigned who;
    const char *states;
} RULES[] = {
    {"submit", NULL, P_OWNER, "draft"},
    {"withdraw", "{\"reason\":\"x\"}", P_OWNER,
     "draft submitted accepted dispatched signed objected handling suspended pending_conditions"
     " reopened"},
    {"reopen", "{\"reason\":\"x\"}", P_OWNER, "answered closed"},
    {"confirm", "{\"satisfaction\":4}", P_OWNER, "answered"},
    {"supplement", "{\"body\":\"x\"}", P_OWNER,
     "submitted accepted dispatched signed objected handling suspended pending_conditions"
     " answered reopened"},
    {"accept", "{\"level\":\"L1\"}", P_STAFF, "submitted"},
    {"reject", "{\"reason\":\"x\"}", P_STAFF, "submitted accepted"},
    {"dispatch", "{\"lead_unit_id\":203}", P_STAFF, "accepted objected"},
    {"grant_extension", "{\"days\":2}", P_STAFF, ""},
    {"refuse_extension", "{\"reason\":\"x\"}", P_STAFF, ""},
    {"merge", "{\"into_id\":1}", P_STAFF,
     "submitted accepted dispatched signed objected handling"},
    {"supervise", NULL, P_STAFF,
     "submitted accepted dispatched signed objected handling suspended pending_conditions"
     " reopened"},
    {"urge", NULL, P_STAFF, "dispatched signed objected handling suspended reopened"},
    {"callback", "{\"result\":\"x\"}", P_STAFF, "answered reopened closed"},
    {"pend", "{\"review_on\":\"2026-08-01\"}", P_STAFF,
     "accepted dispatched signed handling reopened"},
    {"revive", NULL, P_STAFF, "pending_conditions"},
    {"close", NULL, P_STAFF, "answered pending_conditions"},
    {"archive", NULL, P_STAFF, "closed rejected withdrawn merged"},
    {"object", "{\"reason\":\"x\"}", P_LEAD, "dispatched signed"},
    {"contact", "{\"body\":\"x\"}", P_LEAD, "signed handling suspended reopened"},
    {"suspend", "{\"reason\":\"x\"}", P_LEAD, "signed handling reopened"},
    {"resume", NULL, P_LEAD, "suspended"},
    {"extend", "{\"days\":2,\"reason\":\"x\"}", P_LEAD, "signed handling reopened"},
};

// The three that assisting departments have, too, where the assist has not signed yet.
static const char *const LEAD_SIGNS = "dispatched";
static const char *const ASSIST_SIGNS =
    "dispatched signed objected handling suspended reopened";
static const char *const LEAD_WORKS = "signed handling suspended reopened";

static void
assert_try(struct world *w, const struct actor *who, int64_t id, const char *name,
           const char *in, enum err expected)
{
    enum err e = run(w, who, &id, name, in, true);
    if (e != expected) {
        fail_msg("%s by %s from %s: %d, not %d", name, who->name,
                 value_get_text(get(w, id), "state"), e, expected);
    }
}

static const struct {
    const struct actor *who;
    unsigned part;
    bool sees_dispatched_only;
} PEOPLE[] = {
    {&OWNER, P_OWNER, false},  {&STAFF, P_STAFF, false}, {&OFFICER, P_LEAD, true},
    {&HELPER, P_ASSIST, true}, {&SECRETARY, 0, false},   {&LEADER, 0, false},
};

static bool
was_dispatched(const char *state)
{
    return !text_list_has("draft submitted accepted rejected withdrawn merged", state);
}

static void
check_rules(struct world *w, int64_t id, const char *state)
{
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        for (size_t p = 0; p < sizeof PEOPLE / sizeof *PEOPLE; p++) {
            bool sees = !PEOPLE[p].sees_dispatched_only || was_dispatched(state);
            enum err expected = !sees                                   ? ERR_NOT_FOUND
                                : (RULES[i].who & PEOPLE[p].part) == 0  ? ERR_FORBIDDEN
                                : text_list_has(RULES[i].states, state) ? ERR_OK
                                                                        : ERR_CONFLICT;
            assert_try(w, PEOPLE[p].who, id, RULES[i].step, RULES[i].in, expected);
        }
        assert_try(w, &STRANGER, id, RULES[i].step, RULES[i].in, ERR_NOT_FOUND);
        assert_try(w, &OUTSIDER, id, RULES[i].step, RULES[i].in, ERR_NOT_FOUND);
        assert_try(w, &OTHER_SECRETARY, id, RULES[i].step, RULES[i].in, ERR_NOT_FOUND);
    }
}

static void
check_department_steps(struct world *w, int64_t id, const char *state)
{
    const char *answer = "{\"body\":\"x\",\"outcome\":\"partial\"}";
    enum err none = was_dispatched(state) ? ERR_CONFLICT : ERR_NOT_FOUND;
    bool works = text_list_has(LEAD_WORKS, state);
    assert_try(w, &OFFICER, id, "sign", NULL, text_list_has(LEAD_SIGNS, state) ? ERR_OK : none);
    assert_try(w, &HELPER, id, "sign", NULL,
               text_list_has(ASSIST_SIGNS, state) ? ERR_OK : none);
    assert_try(w, &OFFICER, id, "note", "{\"body\":\"x\"}", works ? ERR_OK : none);
    assert_try(w, &OFFICER, id, "answer", answer, works ? ERR_OK : none);
    assert_try(w, &HELPER, id, "note", "{\"body\":\"x\"}", none); // has not signed
    assert_try(w, &HELPER, id, "answer", answer, none);
    assert_try(w, &STAFF, id, "answer", answer, ERR_FORBIDDEN);
    assert_try(w, &OWNER, id, "note", "{\"body\":\"x\"}", ERR_FORBIDDEN);
}

// The answer to a creation is made of what was written; it must be what a GET reads, member by
// member, in the same order, to the same reader.
static void
test_answer_of_a_creation_is_the_record(void **state)
{
    struct world *w = *state;
    static const struct {
        const struct actor *who;
        const char *in;
    } CASES[] = {
        {&OWNER, PLAIN},
        {&OWNER, "{\"title\":\"草\",\"body\":\"稿\",\"draft\":true,\"hope\":\"早日\"}"},
        {&OWNER, "{\"title\":\"一\",\"body\":\"二\",\"contact_name\":\"李四\",\"visibility\":"
                 "\"federation\",\"contact_mobile\":\"13800138000\"}"},
        {&STAFF, "{\"title\":\"一\",\"body\":\"二\",\"enterprise_id\":1,\"source\":\"phone\","
                 "\"contact_mobile\":\"13800138000\"}"},
        {&SECRETARY, "{\"title\":\"一\",\"body\":\"二\",\"enterprise_id\":1}"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t id = create(w, CASES[i].who, CASES[i].in);
        struct ctx c = w->c;
        c.tx = db_read_begin(w->app->db);
        ctx_read_shown(&c);
        db_read_end(c.tx);
        struct buf answer, record;
        buf_init(&answer, w->a, 4096, 65536);
        buf_init(&record, w->a, 4096, 65536);
        json_write(&answer, c.out);
        json_write(&record, look(w, CASES[i].who, "", look_get, id));
        assert_string_equal(buf_str(&answer), buf_str(&record));
    }
}

static const struct db_stmt MOBILE = {.name = "test.mobile",
                                      .sql = "SELECT contact_mobile FROM demand WHERE id = $1",
                                      .params = "id:int",
                                      .row = "contact_mobile:text?"};

static enum err
new_key(struct db_tx *tx, void *arg)
{
    setting_set(tx, "seal_key", arg);
    return ERR_OK;
}

static enum err
only_run(struct db_tx *tx, void *arg)
{
    struct ctx *c = arg;
    c->tx = tx;
    return demand_create_run(c);
}

// The mobile is sealed before the transaction; with the key of the transaction, though.
static void
test_mobile_is_sealed_with_the_present_key(void **state)
{
    struct world *w = *state;
    static const char IN[] =
        "{\"title\":\"一\",\"body\":\"二\",\"contact_mobile\":\"13800138000\"}";
    for (int renewed = 0; renewed < 2; renewed++) {
        struct ctx *c = as(w, &OWNER, "");
        c->in = (struct value *)(uintptr_t)json(w->a, IN);
        c->tx = db_read_begin(w->app->db);
        assert_int_equal(demand_create_prepare(c), ERR_OK);
        db_read_end(c->tx);
        if (renewed) {
            assert_int_equal(db_write(w->app->db, w->a, new_key, "2"), ERR_OK);
        }
        assert_int_equal(db_write(w->app->db, w->a, only_run, c), ERR_OK);
        struct db_tx *tx = db_read_begin(w->app->db);
        const struct value *row = db_one(tx, w->a, &MOBILE, DB_ARGS(DB_INT(c->shown_id)));
        db_read_end(tx);
        assert_int_equal(seal_key_of(value_get_text(row, "contact_mobile")), 1 + renewed);
        const struct value *d = look(w, &OWNER, "", look_get, c->shown_id);
        assert_string_equal(value_get_text(d, "contact_mobile"), "13800138000");
    }
}

static void
test_every_step_in_every_state(void **state)
{
    struct world *w = *state;
    int64_t first = create(w, &OWNER, PLAIN); // the one to merge into
    assert_int_equal(first, 1);
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        int64_t id = bring_to(w, PATHS[i].state);
        check_rules(w, id, PATHS[i].state);
        check_department_steps(w, id, PATHS[i].state);
        assert_caches(w, id, 0);
        assert_caches(w, id, 40 * TIME_DAY);
    }
}

// What the table promises a reader is what the engine then does.
static void
test_allowed_is_what_works(void **state)
{
    struct world *w = *state;
    create(w, &OWNER, PLAIN);
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        int64_t id = bring_to(w, PATHS[i].state);
        for (size_t p = 0; p < sizeof PEOPLE / sizeof *PEOPLE; p++) {
            if (PEOPLE[p].sees_dispatched_only && !was_dispatched(PATHS[i].state)) {
                continue;
            }
            const struct value *allowed = look(w, PEOPLE[p].who, "", look_allowed, id);
            size_t n = 0;
            for (size_t r = 0; r < sizeof RULES / sizeof *RULES; r++) {
                bool may =
                    run(w, PEOPLE[p].who, &id, RULES[r].step, RULES[r].in, true) == ERR_OK;
                for (size_t k = 0; k < value_count(allowed); k++) {
                    bool listed = strcmp(value_get_text(value_at(allowed, k), "name"),
                                         RULES[r].step) == 0;
                    n += listed && may;
                    assert_true(!listed || may);
                }
                n -= may; // and none is missing
            }
            assert_int_equal(n, 0);
        }
    }
}

static void
test_refusal_names_what_is_allowed(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "submitted");
    assert_int_equal(step(w, &STAFF, id, "dispatch", "{\"lead_unit_id\":201}"), ERR_CONFLICT);
    assert_non_null(w->c.detail);
    const struct value *allowed = value_get(w->c.extra, "allowed");
    bool accept = false;
    for (size_t i = 0; i < value_count(allowed); i++) {
        accept = accept || strcmp(value_at(allowed, i)->s, "accept") == 0;
        assert_string_not_equal(value_at(allowed, i)->s, "confirm"); // not hers
    }
    assert_true(accept);
}

// ---- stories ---------------------------------------------------------------------------

static void
test_dissatisfaction_ends(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "answered");
    const char *answer = "{\"body\":\"再答\",\"outcome\":\"explained\"}";
    for (int round = 1; round <= 2; round++) {
        assert_int_equal(step(w, &OWNER, id, "confirm", "{\"satisfaction\":2}"), ERR_OK);
        assert_state(w, id, "reopened");
        assert_int_equal(value_get_int(get(w, id), "reopenings", 0), round);
        assert_int_equal(step(w, &OFFICER, id, "answer", answer), ERR_OK);
        assert_caches(w, id, 0);
    }
    assert_int_equal(step(w, &OWNER, id, "reopen", "{\"reason\":\"还不行\"}"), ERR_CONFLICT);
    assert_int_equal(step(w, &OWNER, id, "confirm", "{\"satisfaction\":1}"), ERR_OK);
    const struct value *d = get(w, id);
    assert_string_equal(value_get_text(d, "state"), "closed");
    assert_string_equal(value_get_text(d, "closed_by"), "dissatisfied");
    assert_string_equal(value_get_text(d, "light"), "done");
    const struct value *dues = value_get(value_get(d, "clock"), "due");
    unsigned owed = 0;
    for (size_t i = 0; i < value_count(dues); i++) {
        const struct value *due = value_at(dues, i);
        owed +=
            strcmp(value_get_text(due, "what"), "callback") == 0 && value_get_bool(due, "open");
    }
    assert_true(owed > 0);
    assert_int_equal(step(w, &STAFF, id, "callback", "{\"result\":\"已说明\"}"), ERR_OK);
    assert_int_equal(step(w, &OWNER, id, "reopen", "{\"reason\":\"x\"}"), ERR_CONFLICT);
    assert_caches(w, id, 0);
}

static void
test_internal_notes_stay_inside(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "signed");
    const char *note = "{\"body\":\"企业资料有疑点\",\"internal\":true}";
    assert_int_equal(step(w, &OFFICER, id, "note", note), ERR_OK);
    look_fn looks[] = {look_events, look_timeline};
    for (size_t i = 0; i < 2; i++) {
        struct buf theirs, ours;
        buf_init(&theirs, w->a, 1024, 65536);
        buf_init(&ours, w->a, 1024, 65536);
        json_write(&theirs, look(w, &OWNER, "", looks[i], id));
        json_write(&ours, look(w, &STAFF, "", looks[i], id));
        assert_null(strstr(buf_str(&theirs), "疑点"));
        assert_non_null(strstr(buf_str(&theirs), "signed"));
        assert_non_null(strstr(buf_str(&ours), "疑点"));
    }
    assert_null(look(w, &STRANGER, "", look_events, id));
}

static void
test_objection_has_its_day(void **state)
{
    struct world *w = *state;
    int64_t late = bring_to(w, "dispatched");
    int64_t id = bring_to(w, "dispatched");
    time_freeze(time_from_civil(2026, 3, 3, 17, 30, 0));
    assert_int_equal(step(w, &OFFICER, id, "object", "{\"reason\":\"x\"}"), ERR_OK);
    assert_state(w, id, "objected");
    time_freeze(time_from_civil(2026, 3, 3, 17, 30, 1));
    assert_int_equal(step(w, &OFFICER, late, "object", "{\"reason\":\"x\"}"), ERR_CONFLICT);
    assert_int_equal(step(w, &STAFF, id, "dispatch", "{\"lead_unit_id\":203}"), ERR_OK);
    assert_int_equal(step(w, &OFFICER, id, "sign", NULL), ERR_FORBIDDEN); // looks only
    assert_int_equal(step(w, &OUTSIDER, id, "sign", NULL), ERR_OK);
    assert_state(w, id, "signed");
    assert_int_equal(value_get_int(get(w, id), "lead_unit_id", 0), THIRD);
    assert_int_equal(value_count(value_get(get(w, id), "legs")), 3);
    assert_caches(w, id, 0);
}

static int64_t
due_at(struct world *w, int64_t id, int64_t unit)
{
    const struct value *legs = value_get(get(w, id), "legs");
    for (size_t i = 0; i < value_count(legs); i++) {
        if (value_get_int(value_at(legs, i), "unit_id", 0) == unit) {
            return value_get_int(value_at(legs, i), "due_at", 0);
        }
    }
    return 0;
}

static void
test_extension(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "handling"); // level L2: 5 working days from 03-02
    assert_int_equal(due_at(w, id, LEAD), time_from_civil(2026, 3, 9, 17, 30, 0));
    assert_int_equal(step(w, &OFFICER, id, "extend", "{\"days\":6,\"reason\":\"x\"}"),
                     ERR_INVALID);
    assert_int_equal(step(w, &OFFICER, id, "extend", "{\"days\":3,\"reason\":\"x\"}"), ERR_OK);
    assert_int_equal(step(w, &STAFF, id, "grant_extension", "{\"days\":6}"), ERR_INVALID);
    assert_int_equal(step(w, &STAFF, id, "grant_extension", "{\"days\":2}"), ERR_OK);
    assert_int_equal(due_at(w, id, LEAD), time_from_civil(2026, 3, 11, 17, 30, 0));
    assert_string_equal(value_get_text(get(w, id), "extension"), "granted");
    assert_int_equal(step(w, &OFFICER, id, "extend", "{\"days\":1,\"reason\":\"x\"}"),
                     ERR_CONFLICT);
    assert_caches(w, id, 0);
    int64_t other = bring_to(w, "handling");
    assert_int_equal(step(w, &OFFICER, other, "extend", "{\"days\":3,\"reason\":\"x\"}"),
                     ERR_OK);
    assert_int_equal(step(w, &STAFF, other, "refuse_extension", "{\"reason\":\"x\"}"), ERR_OK);
    assert_int_equal(due_at(w, other, LEAD), time_from_civil(2026, 3, 9, 17, 30, 0));
}

static void
test_pauses_give_back_the_state(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "suspended");
    const struct value *d = get(w, id);
    assert_string_equal(value_get_text(d, "light"), "paused");
    assert_int_equal(value_get(d, "due_at")->type, VALUE_NULL);
    time_freeze(time_from_civil(2026, 3, 4, 10, 0, 0));
    assert_int_equal(step(w, &OFFICER, id, "resume", NULL), ERR_OK);
    assert_state(w, id, "signed");
    assert_int_equal(due_at(w, id, LEAD), time_from_civil(2026, 3, 11, 17, 30, 0));
    assert_int_equal(step(w, &STAFF, id, "pend", "{\"review_on\":\"2026-03-04\"}"),
                     ERR_INVALID);
    assert_int_equal(step(w, &STAFF, id, "pend", "{\"review_on\":\"2026-09-01\"}"), ERR_OK);
    assert_caches(w, id, TIME_DAY);
    assert_int_equal(step(w, &STAFF, id, "revive", NULL), ERR_OK);
    assert_state(w, id, "signed");
    assert_caches(w, id, 0);
}

// Half a year is the longest that a matter waits unlooked at.
static void
test_the_review_is_within_half_a_year(void **state)
{
    static const struct {
        int month, day;
        const char *latest, *later;
    } DAYS[] = {
        {3, 2, "2026-09-02", "2026-09-03"},
        {8, 31, "2027-02-28", "2027-03-01"}, // February has no 31st
        {12, 1, "2027-06-01", "2027-06-02"},
    };
    struct world *w = *state;
    int64_t id = bring_to(w, "handling");
    for (size_t i = 0; i < sizeof DAYS / sizeof *DAYS; i++) {
        time_freeze(time_from_civil(2026, DAYS[i].month, DAYS[i].day, 10, 0, 0));
        const char *late = arena_printf(w->a, "{\"review_on\":\"%s\"}", DAYS[i].later);
        assert_int_equal(step(w, &STAFF, id, "pend", late), ERR_INVALID);
        assert_string_equal(w->c.faults.items[0].field, "review_on");
        assert_state(w, id, "handling");
        const char *last = arena_printf(w->a, "{\"review_on\":\"%s\"}", DAYS[i].latest);
        assert_int_equal(run(w, &STAFF, &id, "pend", last, true), ERR_OK);
    }
}

static void
test_assist_works_beside_the_lead(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "dispatched");
    assert_int_equal(step(w, &HELPER, id, "sign", NULL), ERR_OK);
    assert_int_equal(step(w, &HELPER, id, "note", "{\"body\":\"x\"}"), ERR_OK);
    assert_state(w, id, "dispatched"); // the lead decides
    assert_int_equal(step(w, &HELPER, id, "answer", "{\"body\":\"我局意见\"}"), ERR_OK);
    assert_int_equal(step(w, &HELPER, id, "note", "{\"body\":\"x\"}"), ERR_CONFLICT);
    assert_int_equal(step(w, &OFFICER, id, "sign", NULL), ERR_OK);
    assert_int_equal(step(w, &OFFICER, id, "answer", "{\"body\":\"x\"}"), ERR_INVALID);
    assert_int_equal(step(w, &OFFICER, id, "note", "{\"body\":\"x\"}"), ERR_OK);
    assert_state(w, id, "handling");
    assert_caches(w, id, 0);
}

static enum err
work_auto_close(struct db_tx *tx, void *arg)
{
    struct job *j = arg;
    j->c->tx = tx;
    j->id = demand_auto_close(j->c);
    return db_tx_err(tx);
}

static void
test_no_response_closes(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "answered"); // confirmation due 03-09 17:30
    const int64_t moments[] = {time_from_civil(2026, 3, 9, 17, 30, 0),
                               time_from_civil(2026, 3, 9, 17, 31, 0)};
    for (int i = 0; i < 2; i++) {
        time_freeze(moments[i]);
        struct ctx c = ctx_system(w->app, w->a);
        struct job j = {.c = &c};
        assert_int_equal(db_write(w->app->db, w->a, work_auto_close, &j), ERR_OK);
        assert_int_equal(j.id, i);
    }
    assert_state(w, id, "closed");
    assert_string_equal(value_get_text(get(w, id), "closed_by"), "no_response");
}

static void
test_stale_version(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "submitted");
    struct http_kv header = {"if-match", "\"7\""};
    struct job j = {.c = as(w, &STAFF, ""), .step = "accept", .id = id};
    w->req.headers = (struct http_list){&header, 1};
    j.c->in = (struct value *)(uintptr_t)json(w->a, "{\"level\":\"L1\"}");
    db_write(w->app->db, w->a, work, &j);
    assert_int_equal(j.result, ERR_STALE);
    header.value = arena_printf(w->a, "\"%d\"", (int)value_get_int(get(w, id), "version", 0));
    j.c = as(w, &STAFF, "");
    w->req.headers = (struct http_list){&header, 1};
    j.c->in = (struct value *)(uintptr_t)json(w->a, "{\"level\":\"L1\"}");
    db_write(w->app->db, w->a, work, &j);
    assert_int_equal(j.result, ERR_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_statements_are_sound),
        TEST(test_routes_follow_the_table),
        TEST(test_answer_of_a_creation_is_the_record),
        TEST(test_mobile_is_sealed_with_the_present_key),
        TEST(test_every_step_in_every_state),
        TEST(test_allowed_is_what_works),
        TEST(test_refusal_names_what_is_allowed),
        TEST(test_dissatisfaction_ends),
        TEST(test_internal_notes_stay_inside),
        TEST(test_objection_has_its_day),
        TEST(test_extension),
        TEST(test_pauses_give_back_the_state),
        TEST(test_the_review_is_within_half_a_year),
        TEST(test_assist_works_beside_the_lead),
        TEST(test_no_response_closes),
        TEST(test_stale_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
