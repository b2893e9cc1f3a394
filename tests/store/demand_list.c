// SPDX-License-Identifier: Apache-2.0
// Who sees which demands, in lists that are whole in every order; history from elsewhere and
// the figures.
#include "store/demand_fixture.h"

// ---- who sees what ---------------------------------------------------------------------

static size_t
list_count(struct world *w, const struct actor *who, const char *query)
{
    return value_count(value_get(look(w, who, query, look_list, 0), "items"));
}

static void
test_visibility(void **state)
{
    struct world *w = *state;
    int64_t open = create(w, &OWNER, PLAIN);
    int64_t secret = create(w, &OWNER,
                            "{\"title\":\"举报\",\"body\":\"x\",\"visibility\":\"federation\","
                            "\"contact_mobile\":\"13812346620\"}");
    int64_t draft = create(w, &OWNER, "{\"title\":\"草稿\",\"body\":\"x\",\"draft\":true}");
    assert_non_null(look(w, &SECRETARY, "", look_get, open));
    assert_null(look(w, &SECRETARY, "", look_get, secret));
    assert_null(look(w, &OTHER_SECRETARY, "", look_get, open));
    assert_null(look(w, &STAFF, "", look_get, draft));
    assert_null(look(w, &LEADER, "", look_get, draft));
    assert_null(look(w, &OFFICER, "", look_get, open));
    assert_string_equal(value_get_text(look(w, &STAFF, "", look_get, secret), "contact_mobile"),
                        "13812346620");
    assert_string_equal(
        value_get_text(look(w, &LEADER, "", look_get, secret), "contact_mobile"),
        "138****6620");
    assert_int_equal(list_count(w, &OWNER, ""), 3);
    assert_int_equal(list_count(w, &STAFF, ""), 2);
    assert_int_equal(list_count(w, &LEADER, ""), 2);
    assert_int_equal(list_count(w, &SECRETARY, ""), 1);
    assert_int_equal(list_count(w, &OTHER_SECRETARY, ""), 0);
    assert_int_equal(list_count(w, &OFFICER, ""), 0);
    assert_int_equal(list_count(w, &STRANGER, ""), 0);
    assert_int_equal(list_count(w, &STRANGER, "enterprise_id=1"), 0);
    assert_int_equal(list_count(w, &OTHER_SECRETARY, "chamber_id=101"), 0);
    assert_int_equal(list_count(w, &STRANGER, "q=用地"), 0);
    assert_int_equal(list_count(w, &OWNER, "q=用地"), 1);
    assert_int_equal(list_count(w, &STAFF, "q=东风"), 2);
    assert_int_equal(list_count(w, &OFFICER, "q=用地"), 0);
    const char *no = value_get_text(get(w, secret), "receipt_no");
    assert_int_equal(list_count(w, &STAFF, arena_printf(w->a, "q=%s", no)), 1);
}

static void
test_registering_for_an_enterprise(void **state)
{
    struct world *w = *state;
    int64_t id = 0;
    const char *in = "{\"title\":\"代报\",\"body\":\"x\",\"enterprise_id\":2}";
    assert_int_equal(run(w, &SECRETARY, &id, NULL, in, false), ERR_INVALID); // not its chamber
    assert_int_equal(run(w, &OWNER, &id, NULL, in, false), ERR_INVALID);
    assert_int_equal(run(w, &STAFF, &id, NULL, PLAIN, false), ERR_INVALID); // whose?
    id = create(w, &OTHER_SECRETARY, in);
    const struct value *d = get(w, id);
    assert_string_equal(value_get_text(d, "source"), "secretary");
    assert_int_equal(value_get_int(d, "chamber_id", 0), OTHER_CHAMBER);
    // Registering is not owning.
    assert_int_equal(step(w, &OTHER_SECRETARY, id, "withdraw", "{\"reason\":\"x\"}"),
                     ERR_FORBIDDEN);
    const char *receipt = value_get_text(d, "receipt_no");
    assert_true(text_starts(receipt, "SQ2026-"));
    assert_int_equal(strlen(receipt), 13);
}

static const struct value *
look_page(struct ctx *c, int64_t id)
{
    (void)id;
    c->api = false; // pages know the way back
    return demand_list(c);
}

// From the last page back to the first: the same pages, the other way round.
static void
walk_back(struct world *w, const char *query, const struct value *const *pages, size_t n)
{
    for (size_t i = n - 1; i > 0; i--) {
        const char *before = value_get_text(pages[i], "previous");
        assert_non_null(before);
        const char *back = arena_printf(w->a, "%s&before=%s", query, before);
        const struct value *page = look(w, &STAFF, back, look_page, 0);
        const struct value *here = value_get(page, "items");
        const struct value *was = value_get(pages[i - 1], "items");
        assert_int_equal(value_count(here), value_count(was));
        for (size_t k = 0; k < value_count(was); k++) {
            assert_int_equal(value_get_int(value_at(here, k), "id", 0),
                             value_get_int(value_at(was, k), "id", 0));
        }
        assert_true((value_get_text(page, "previous") == NULL) == (i == 1));
        assert_string_equal(value_get_text(page, "next"), value_get_text(pages[i - 1], "next"));
    }
}

// Every order, page by page of three, holds every demand once.
static void
test_paging_is_whole(void **state)
{
    struct world *w = *state;
    enum { N = 10 };
    for (int i = 0; i < N; i++) {
        time_freeze(monday() + (i / 3) * TIME_DAY); // some at the same moment
        int64_t id = create(w, &OWNER, PLAIN);
        if (i % 4 == 0) {
            assert_int_equal(step(w, &STAFF, id, "reject", "{\"reason\":\"x\"}"), ERR_OK);
        }
        if (i % 4 == 1) {
            assert_int_equal(step(w, &STAFF, id, "accept", "{\"level\":\"L1\"}"), ERR_OK);
            assert_int_equal(step(w, &STAFF, id, "dispatch", "{\"lead_unit_id\":201}"), ERR_OK);
        }
    }
    static const char *const QUERIES[] = {
        "limit=3&sort=created_at", "limit=3&sort=-created_at",
        "limit=3&sort=due_at",     "limit=3&sort=-due_at",
        "limit=3&category=land",   "limit=3&chamber_id=101",
        "limit=3&q=用地",          "limit=3&enterprise_id=1&sort=due_at"};
    for (size_t q = 0; q < sizeof QUERIES / sizeof *QUERIES; q++) {
        bool seen[N + 2] = {false};
        const struct value *pages[N];
        size_t n = 0, count = 0;
        const char *after = "";
        while (after != NULL) {
            const char *query = arena_printf(w->a, "%s%s%s", QUERIES[q],
                                             *after == '\0' ? "" : "&after=", after);
            const struct value *page = look(w, &STAFF, query, look_page, 0);
            const struct value *items = value_get(page, "items");
            pages[count++] = page;
            for (size_t i = 0; i < value_count(items); i++, n++) {
                int64_t id = value_get_int(value_at(items, i), "id", 0);
                assert_true(id >= 1 && id <= N && !seen[id]);
                seen[id] = true;
            }
            assert_true(n <= N);
            after = value_get_text(page, "next");
        }
        assert_int_equal(n, N);
        if (strstr(QUERIES[q], "q=") == NULL) { // searches go one way
            walk_back(w, QUERIES[q], pages, count);
        }
    }
    assert_int_equal(list_count(w, &OFFICER, ""), 3);
    assert_int_equal(list_count(w, &OFFICER, "view=open&sort=due_at"), 3);
    assert_int_equal(list_count(w, &STAFF, "lead_unit_id=201"), 3);
    assert_int_equal(list_count(w, &STAFF, "view=unassigned"), 4);
    assert_int_equal(list_count(w, &STAFF, "state=rejected"), 3);
    assert_int_equal(list_count(w, &STAFF, "light=done"), 3);
}

static void
test_views_follow_the_clock(void **state)
{
    struct world *w = *state;
    bring_to(w, "submitted"); // due 03-03 17:30
    bring_to(w, "answered");
    bring_to(w, "suspended");
    assert_int_equal(list_count(w, &STAFF, "light=green"), 2); // and the answered one
    assert_int_equal(list_count(w, &STAFF, "view=to_rate"), 1);
    assert_int_equal(list_count(w, &STAFF, "light=paused"), 1);
    assert_int_equal(list_count(w, &STAFF, "view=overdue"), 0);
    time_freeze(time_from_civil(2026, 3, 3, 12, 0, 0));
    // With the answered one, whose assisting department has not signed.
    assert_int_equal(list_count(w, &STAFF, "view=due"), 2);
    assert_int_equal(list_count(w, &STAFF, "view=due&state=submitted"), 1);
    time_freeze(time_from_civil(2026, 3, 3, 17, 30, 1));
    assert_int_equal(list_count(w, &STAFF, "view=overdue"), 2);
    const struct value *items =
        value_get(look(w, &STAFF, "view=overdue", look_list, 0), "items");
    assert_string_equal(value_get_text(value_at(items, 0), "light"), "red");
}

static void
test_pending_ones_come_up_for_review(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "handling");
    assert_int_equal(step(w, &STAFF, id, "pend", "{\"review_on\":\"2026-09-01\"}"), ERR_OK);
    assert_int_equal(list_count(w, &STAFF, "view=review"), 0);
    time_freeze(time_from_civil(2026, 9, 1, 0, 0, 1));
    assert_int_equal(list_count(w, &STAFF, "view=review"), 1);
    assert_int_equal(step(w, &STAFF, id, "revive", "{}"), ERR_OK);
    assert_int_equal(list_count(w, &STAFF, "view=review"), 0);
}

// ---- the day of review -----------------------------------------------------------------

static const struct db_stmt ADD_ACCOUNT = {
    .name = "test.account",
    .sql = "INSERT INTO account (id, login, name, created_at, updated_at)"
           " VALUES ($1, 'sun', '孙', 1, 1)",
    .params = "id:int"};
static const struct db_stmt ADD_POST = {
    .name = "test.post",
    .sql = "INSERT INTO post (account_id, role, since) VALUES ($1, 'staff', 1)",
    .params = "id:int"};
static const struct db_stmt NOTICES = {
    .name = "test.notices",
    .sql = "SELECT link FROM notice WHERE account_id = $1 AND text LIKE '挂账到了%'",
    .params = "id:int",
    .row = "link:text"};

static enum err
add_staff(struct db_tx *tx, void *arg)
{
    (void)arg;
    db_run(tx, &ADD_ACCOUNT, DB_ARGS(DB_INT(STAFF.id)));
    db_run(tx, &ADD_POST, DB_ARGS(DB_INT(STAFF.id)));
    return ERR_OK;
}

static enum err
work_reviews(struct db_tx *tx, void *arg)
{
    struct job *j = arg;
    *j->c = ctx_system(j->w->app, j->w->a);
    j->c->tx = tx;
    j->id = demand_tell_reviews(j->c);
    return db_tx_err(tx);
}

// The minute job; how many were told, after looking that staff have `notices` in all.
static int64_t
tell_reviews(struct world *w, size_t notices)
{
    struct job j = {.w = w, .c = as(w, &STAFF, "")};
    assert_int_equal(db_write(w->app->db, w->a, work_reviews, &j), ERR_OK);
    struct db_tx *tx = db_read_begin(w->app->db);
    const struct value *list = db_list(tx, w->a, &NOTICES, DB_ARGS(DB_INT(STAFF.id)));
    db_read_end(tx);
    assert_int_equal(value_count(list), notices);
    return j.id;
}

static void
test_staff_are_told_of_a_review_once(void **state)
{
    struct world *w = *state;
    assert_int_equal(db_write(w->app->db, w->a, add_staff, NULL), ERR_OK);
    int64_t id = bring_to(w, "pending_conditions"); // until 2026-09-01
    int64_t version = value_get_int(get(w, id), "version", 0);
    time_freeze(time_from_civil(2026, 8, 31, 23, 59, 59));
    assert_int_equal(tell_reviews(w, 0), 0);
    time_freeze(time_from_civil(2026, 9, 1, 0, 0, 1));
    assert_int_equal(tell_reviews(w, 1), 1);
    assert_int_equal(tell_reviews(w, 1), 0);
    time_freeze(time_from_civil(2026, 9, 2, 9, 0, 0));
    assert_int_equal(tell_reviews(w, 1), 0);
    assert_int_equal(value_get_int(get(w, id), "version", 0), version);
    // The next day of review is another one.
    assert_int_equal(step(w, &STAFF, id, "revive", "{}"), ERR_OK);
    assert_int_equal(step(w, &STAFF, id, "pend", "{\"review_on\":\"2026-12-01\"}"), ERR_OK);
    time_freeze(time_from_civil(2026, 12, 5, 9, 0, 0)); // the server was down that day
    assert_int_equal(tell_reviews(w, 2), 1);
    assert_int_equal(tell_reviews(w, 2), 0);
}

// ---- call-backs ------------------------------------------------------------------------

static void
assert_todo(struct world *w, size_t n)
{
    assert_int_equal(list_count(w, &STAFF, "view=mine"), n);
    struct ctx *c = as(w, &STAFF, "");
    c->tx = db_read_begin(w->app->db);
    assert_int_equal(demand_count(c, "mine"), n);
    db_read_end(c->tx);
}

static void
test_owed_call_backs_are_to_do(void **state)
{
    struct world *w = *state;
    int64_t id = create(w, &OWNER, PLAIN);
    assert_todo(w, 1); // to be accepted
    assert_int_equal(step(w, &STAFF, id, "accept", "{\"level\":\"L3\"}"), ERR_OK);
    assert_int_equal(step(w, &STAFF, id, "dispatch", "{\"lead_unit_id\":201}"), ERR_OK);
    assert_int_equal(step(w, &OFFICER, id, "sign", NULL), ERR_OK);
    assert_todo(w, 0);
    assert_int_equal(
        step(w, &OFFICER, id, "answer", "{\"body\":\"x\",\"outcome\":\"resolved\"}"), ERR_OK);
    assert_todo(w, 1);
    assert_int_equal(step(w, &OWNER, id, "confirm", "{\"satisfaction\":5}"), ERR_OK);
    assert_todo(w, 1); // outlives the case
    assert_int_equal(value_get_int(get(w, id), "callback_due_at", 0),
                     time_from_civil(2026, 3, 5, 17, 30, 0));
    assert_caches(w, id, 10 * TIME_DAY);
    assert_int_equal(step(w, &STAFF, id, "callback", "{\"result\":\"好\"}"), ERR_OK);
    assert_todo(w, 0);
    assert_caches(w, id, 0);
}

// Nobody can call back about what is put away, so it is not to do for ever.
static void
test_what_is_archived_is_not_to_do(void **state)
{
    struct world *w = *state;
    int64_t id = create(w, &OWNER, PLAIN);
    assert_int_equal(step(w, &STAFF, id, "accept", "{\"level\":\"L4\"}"), ERR_OK);
    assert_int_equal(step(w, &STAFF, id, "dispatch", "{\"lead_unit_id\":201}"), ERR_OK);
    assert_int_equal(step(w, &OFFICER, id, "sign", NULL), ERR_OK);
    assert_int_equal(
        step(w, &OFFICER, id, "answer", "{\"body\":\"x\",\"outcome\":\"resolved\"}"), ERR_OK);
    assert_int_equal(step(w, &OWNER, id, "confirm", "{\"satisfaction\":5}"), ERR_OK);
    assert_todo(w, 1);
    assert_int_equal(step(w, &STAFF, id, "archive", NULL), ERR_OK);
    assert_todo(w, 0);
}

static void
test_wrong_filters_are_told(void **state)
{
    struct world *w = *state;
    static const char *const WRONG[] = {
        "state=nothing", "level=9",    "sort=title",   "view=none",           "limit=0",
        "after=zzz",     "light=blue", "chamber_id=x", "created_at_from=soon"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_null(look(w, &STAFF, WRONG[i], look_list, 0));
        assert_true(w->c.faults.count > 0);
    }
}

// ---- from elsewhere --------------------------------------------------------------------

struct import {
    struct ctx *c;
    const struct value *row;
    int64_t id;
};

static enum err
work_import(struct db_tx *tx, void *arg)
{
    struct import *i = arg;
    i->c->tx = tx;
    i->id = demand_import(i->c, i->row);
    return i->id == 0 ? ERR_INVALID : ERR_OK;
}

static int64_t
import(struct world *w, struct value *row)
{
    struct ctx c = ctx_system(w->app, w->a);
    struct import i = {.c = &c, .row = row};
    db_write(w->app->db, w->a, work_import, &i);
    return i.id;
}

static struct value *
imported(struct world *w)
{
    struct value *row = value_map(w->a);
    value_set_text(w->a, row, "title", "旧诉求");
    value_set_text(w->a, row, "body", "从前的事");
    value_set_int(w->a, row, "enterprise_id", ENTERPRISE);
    return row;
}

static void
test_import(void **state)
{
    struct world *w = *state;
    struct value *row = imported(w);
    value_set(w->a, row, "submitted_at",
              value_time(w->a, time_from_civil(2025, 5, 6, 9, 0, 0)));
    value_set(w->a, row, "answered_at",
              value_time(w->a, time_from_civil(2025, 6, 30, 9, 0, 0)));
    value_set(w->a, row, "closed_at", value_time(w->a, time_from_civil(2025, 7, 1, 9, 0, 0)));
    value_set_text(w->a, row, "level", "L2");
    value_set_text(w->a, row, "outcome", "resolved");
    value_set_int(w->a, row, "satisfaction", 5);
    value_set_int(w->a, row, "lead_unit_id", LEAD);
    int64_t id = import(w, row);
    assert_true(id > 0);
    const struct value *d = get(w, id);
    assert_string_equal(value_get_text(d, "state"), "closed");
    assert_true(text_starts(value_get_text(d, "receipt_no"), "SQ2025-"));
    assert_int_equal(value_count(value_get(d, "cards")), 0);
    assert_int_equal(value_get(d, "yellow_at")->type, VALUE_NULL);
    assert_caches(w, id, 0);
    assert_non_null(look(w, &OFFICER, "", look_get, id));
    assert_int_equal(step(w, &OWNER, id, "reopen", "{\"reason\":\"x\"}"), ERR_CONFLICT);

    int64_t live = import(w, imported(w));
    assert_state(w, live, "submitted");
    assert_caches(w, live, 0);
    value_set(w->a, row, "answered_at", value_time(w->a, time_from_civil(2025, 5, 1, 9, 0, 0)));
    assert_int_equal(import(w, row), 0); // answered before it was submitted
    row = imported(w);
    value_set_int(w->a, row, "enterprise_id", 99);
    assert_int_equal(import(w, row), 0);
}

static void
test_statistics(void **state)
{
    struct world *w = *state;
    bring_to(w, "closed");
    bring_to(w, "submitted");
    bring_to(w, "reopened");
    const struct value *s = look(w, &LEADER, "", look_statistics, 0);
    assert_int_equal(value_get_int(s, "accepted", -1), 2);
    assert_int_equal(value_get_int(s, "open", -1), 2);
    assert_int_equal(value_get_int(s, "overdue", -1), 0);
    const struct value *liked = value_get(s, "satisfaction");
    assert_int_equal(value_get_int(liked, "rated", -1), 2);
    assert_int_equal(value_get(liked, "percent")->i, 500000);
    assert_int_equal(value_count(value_get(s, "months")), 12);
    assert_int_equal(value_get_int(value_at(value_get(s, "months"), 11), "submitted", -1), 3);
    assert_int_equal(value_get_int(value_at(value_get(s, "by_department"), 0), "handled", -1),
                     2);
    // Kept, but never older than the last change.
    bring_to(w, "submitted");
    s = look(w, &LEADER, "", look_statistics, 0);
    assert_int_equal(value_get_int(s, "open", -1), 3);
    time_freeze(monday() + 4 * TIME_DAY);
    s = look(w, &LEADER, "", look_statistics, 0);
    assert_int_equal(value_get_int(s, "overdue", -1), 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_visibility),
        TEST(test_registering_for_an_enterprise),
        TEST(test_paging_is_whole),
        TEST(test_views_follow_the_clock),
        TEST(test_pending_ones_come_up_for_review),
        TEST(test_staff_are_told_of_a_review_once),
        TEST(test_owed_call_backs_are_to_do),
        TEST(test_what_is_archived_is_not_to_do),
        TEST(test_wrong_filters_are_told),
        TEST(test_import),
        TEST(test_statistics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
