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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_page_reads_everything_once),
        TEST(test_a_long_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
