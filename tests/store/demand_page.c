// SPDX-License-Identifier: Apache-2.0
// What the pages of one demand are filled with, and what filling them costs.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "store/demand_fixture.h"

#include <dlfcn.h>
#include <sqlite3.h>

// ---- every statement that runs is counted ----------------------------------------------

enum { SEEN_MOST = 64 };
static const char *seen[SEEN_MOST];
static size_t seen_count;
static bool counting;

// Stands before the library's own: the first step of a statement is written down.
int
sqlite3_step(sqlite3_stmt *s)
{
    static int (*next)(sqlite3_stmt *);
    if (next == NULL) {
        *(void **)&next = dlsym(RTLD_NEXT, "sqlite3_step");
    }
    if (counting && !sqlite3_stmt_busy(s) && seen_count < SEEN_MOST) {
        seen[seen_count++] = sqlite3_sql(s);
    }
    return next(s);
}

// ---- a page as data --------------------------------------------------------------------

static const struct route *
route_of(const char *pattern)
{
    const struct route *r = DEMAND_MODULE.routes;
    while (r->pattern != NULL && (r->method != HTTP_GET || strcmp(r->pattern, pattern) != 0)) {
        r++;
    }
    assert_non_null(r->pattern);
    return r;
}

// c->page of a GET, as its template would get it.
static const struct value *
page(struct world *w, const struct actor *who, const char *pattern, int64_t id,
     const char *query)
{
    struct ctx *c = as(w, who, query);
    c->api = false;
    c->route = route_of(pattern);
    c->match.params[c->match.count++] =
        (struct http_kv){"id", arena_printf(w->a, "%lld", (long long)id)};
    c->tx = db_read_begin(w->app->db);
    assert_non_null(c->tx);
    c->page = value_map(w->a);
    assert_int_equal(c->route->run(c), ERR_OK);
    assert_int_equal(c->route->show(c), ERR_OK);
    assert_int_equal(db_tx_err(c->tx), ERR_OK);
    db_read_end(c->tx);
    return c->page;
}

static const struct value *
detail(struct world *w, const struct actor *who, int64_t id, const char *query)
{
    return value_get(page(w, who, "/demands/{id}", id, query), "case");
}

static void
assert_each_once(void)
{
    assert_true(seen_count >= 4); // record, legs, log, files: the counting works
    for (size_t i = 0; i < seen_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(seen[i], seen[k]) == 0) {
                fail_msg("twice: %s", seen[i]);
            }
        }
    }
}

static void
test_a_page_reads_everything_once(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "answered");
    const struct {
        const struct actor *who;
        const char *pattern, *query;
    } pages[] = {
        {&STAFF, "/demands/{id}", ""},         {&OWNER, "/demands/{id}", ""},
        {&STAFF, "/demands/{id}", "print=1"},  {&STAFF, "/demands/{id}/callback", ""},
        {&OWNER, "/demands/{id}/confirm", ""},
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        seen_count = 0;
        counting = true;
        page(w, pages[i].who, pages[i].pattern, id, pages[i].query);
        counting = false;
        assert_each_once();
    }
}

// A log longer than a page shows is still counted whole by the clocks, and cut for the page.
static void
test_a_long_log(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "handling");
    const struct value *before = value_get(get(w, id), "clock");
    for (int i = 0; i < 205; i++) {
        assert_int_equal(step(w, &OFFICER, id, "note", "{\"body\":\"x\",\"internal\":true}"),
                         ERR_OK);
    }
    const struct value *c = detail(w, &STAFF, id, "");
    assert_int_equal(value_count(value_get(c, "timeline")), 200);
    // What the enterprise may see is not pushed out by what it may not.
    assert_int_equal(value_count(value_get(detail(w, &OWNER, id, ""), "timeline")), 6);
    const struct value *after = value_get(get(w, id), "clock");
    assert_int_equal(value_count(value_get(after, "due")),
                     value_count(value_get(before, "due")));
    assert_true(value_is_truthy(value_get(c, "running")));
}

static const char *
row_label(const struct value *page_case, size_t section, size_t row)
{
    const struct value *rows =
        value_get(value_at(value_get(page_case, "aside"), section), "rows");
    return value_get_text(value_at(rows, row), "label");
}

// The lead's number is the greater one: 203 leads, 202 helps.
static void
test_the_lead_stands_first(void **state)
{
    struct world *w = *state;
    int64_t id = create(w, &OWNER, PLAIN);
    assert_int_equal(step(w, &STAFF, id, "accept", "{\"level\":\"L2\"}"), ERR_OK);
    assert_int_equal(
        step(w, &STAFF, id, "dispatch", "{\"lead_unit_id\":203,\"assist_unit_ids\":[201,202]}"),
        ERR_OK);
    const struct value *legs = value_get(get(w, id), "legs");
    assert_int_equal(value_count(legs), 3);
    assert_int_equal(value_get_int(value_at(legs, 0), "unit_id", 0), 203);
    assert_int_equal(value_get_int(value_at(legs, 1), "unit_id", 0), 201);
    assert_int_equal(value_get_int(value_at(legs, 2), "unit_id", 0), 202);
    const struct value *c = detail(w, &STAFF, id, "");
    assert_string_equal(row_label(c, 1, 0), "主办");
    assert_string_equal(row_label(c, 1, 1), "协办");
    assert_caches(w, id, 0);
}

static void
test_a_paused_case_says_so_once(void **state)
{
    struct world *w = *state;
    const struct value *badges =
        value_get(detail(w, &STAFF, bring_to(w, "suspended"), ""), "badges");
    assert_int_equal(value_count(badges), 1);
    assert_string_equal(value_get_text(value_at(badges, 0), "text"), "暂停计时");
    // Elsewhere the state and its clock are two things.
    badges = value_get(detail(w, &STAFF, bring_to(w, "pending_conditions"), ""), "badges");
    assert_int_equal(value_count(badges), 2);
}

static void
test_the_rating_is_shown(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "answered");
    const char *low = "{\"satisfaction\":1,\"comment\":\"没办\"}";
    const char *high = "{\"satisfaction\":5,\"comment\":\"谢谢\"}";
    const char *again = "{\"body\":\"再答\",\"outcome\":\"resolved\"}";
    assert_int_equal(step(w, &OWNER, id, "confirm", low), ERR_OK);
    assert_int_equal(step(w, &OFFICER, id, "answer", again), ERR_OK);
    // The new answer is not rated yet.
    const struct value *reply = value_get(detail(w, &OWNER, id, ""), "reply");
    assert_string_equal(value_get_text(reply, "text"), "再答");
    assert_null(value_get_text(reply, "rating"));
    assert_int_equal(step(w, &OWNER, id, "confirm", high), ERR_OK);
    const struct value *own = detail(w, &OWNER, id, "");
    reply = value_get(own, "reply");
    assert_string_equal(value_get_text(reply, "rating"), "5 很满意\n谢谢");
    assert_string_equal(value_get_text(reply, "rating_label"), "您的评分");
    const struct value *rated = value_at(value_get(own, "timeline"), 1); // under the closing
    assert_string_equal(value_get_text(rated, "label"), "评价");
    assert_string_equal(value_get_text(rated, "body"), "5 很满意\n谢谢");
    reply = value_get(detail(w, &STAFF, id, ""), "reply");
    assert_string_equal(value_get_text(reply, "rating_label"), "企业评价");
}

// The buttons an enterprise presses bear the words that staff read.
static void
test_one_word_for_each_grade(void **state)
{
    struct world *w = *state;
    const struct value *c = detail(w, &OWNER, bring_to(w, "answered"), "");
    const struct value *list = value_get(c, "scores");
    assert_int_equal(value_count(list), 5);
    for (size_t i = 0; i < 5; i++) {
        const struct value *score = value_at(list, i);
        const char *grade = value_get_text(score, "value");
        assert_string_equal(grade, arena_printf(w->a, "%zu", i + 1));
        assert_string_equal(value_get_text(score, "label"),
                            choice_label(DEMAND_SATISFACTIONS, grade, LANG_ZH));
    }
}

static const char *
order_of(struct world *w, int64_t id)
{
    const struct value *papers =
        value_get(page(w, &STAFF, "/demands/{id}", id, "print=1"), "papers");
    const struct value *parts = value_get(value_at(papers, 0), "parts");
    return value_get_text(value_at(parts, 0), "text");
}

// A paper is read on another day than it was printed.
static void
test_a_paper_says_the_date(void **state)
{
    struct world *w = *state;
    int64_t id = bring_to(w, "handling"); // due 2026-03-09 17:30
    static const int DAYS[] = {2, 8, 9};
    for (size_t i = 0; i < sizeof DAYS / sizeof *DAYS; i++) {
        time_freeze(time_from_civil(2026, 3, DAYS[i], 10, 0, 0));
        assert_non_null(strstr(order_of(w, id), "2026年3月9日17:30前"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_page_reads_everything_once), TEST(test_a_long_log),
        TEST(test_the_lead_stands_first),        TEST(test_a_paused_case_says_so_once),
        TEST(test_the_rating_is_shown),          TEST(test_one_word_for_each_grade),
        TEST(test_a_paper_says_the_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
