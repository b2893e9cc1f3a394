// SPDX-License-Identifier: Apache-2.0
// The engine of life cycles on a record that lives only here: the order of its questions, and
// that nothing happens before all are answered.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/lifecycle.h"

#include <string.h>

enum { MINE = 1, THEIRS = 2 };

static struct {
    const char *state;
    unsigned relations;
    const char *reason; // what the guard says
    unsigned effects;
} door;

static bool
load(struct ctx *c, int64_t id, struct lifecycle_record *r)
{
    (void)c;
    *r = (struct lifecycle_record){
        .id = id, .version = 4, .state = door.state, .relations = door.relations};
    return id == 1 && door.relations != 0;
}

static const char *
guard(struct ctx *c, const struct lifecycle_record *r)
{
    (void)c;
    (void)r;
    return door.reason;
}

static enum err
effect(struct ctx *c, const struct transition *t, struct lifecycle_record *r)
{
    (void)c;
    (void)t;
    door.effects++;
    door.state = r->state;
    return ERR_OK;
}

static const struct field CODE[] = {{.name = "code", .type = FIELD_TEXT}, {0}};

static const struct transition STEPS[] = {
    {.name = "open",
     .label = "打开",
     .from = "closed ajar",
     .to = "open",
     .roles = ROLE_MEMBER,
     .relations = MINE,
     .effect = effect},
    {.name = "lock",
     .label = "上锁",
     .from = "closed",
     .to = "locked",
     .roles = ROLE_MEMBER | ROLE_STAFF,
     .needs = CODE,
     .guard = guard,
     .effect = effect},
    {.name = "knock",
     .label = "敲门",
     .from = "closed open",
     .roles = ROLE_STAFF,
     .effect = effect},
    {0},
};
static const struct lifecycle DOOR = {.kind = "door", .steps = STEPS, .load = load};

static const struct actor MEMBER = {.id = 1, .roles = ROLE_MEMBER};
static const struct actor STAFF = {.id = 2, .roles = ROLE_STAFF};

struct world {
    struct arena *a;
    struct http_req req;
    struct ctx c;
};

static int
set_up(void **state)
{
    static struct world w;
    w = (struct world){.a = arena_new(1 << 20)};
    w.c = (struct ctx){.arena = w.a, .req = &w.req, .actor = &MEMBER, .api = true};
    door.state = "closed";
    door.relations = MINE;
    door.reason = NULL;
    door.effects = 0;
    *state = &w;
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(((struct world *)*state)->a);
    return 0;
}

static enum err
take(struct world *w, const char *name)
{
    struct lifecycle_record r;
    return lifecycle_step(&w->c, &DOOR, lifecycle_find(&DOOR, name), 1, &r);
}

static void
test_step(void **state)
{
    struct world *w = *state;
    assert_int_equal(take(w, "open"), ERR_OK);
    assert_string_equal(door.state, "open");
    assert_int_equal(door.effects, 1);
    assert_null(lifecycle_find(&DOOR, "slam"));
}

static void
test_state_stays_without_target(void **state)
{
    struct world *w = *state;
    w->c.actor = &STAFF;
    assert_int_equal(take(w, "knock"), ERR_OK);
    assert_string_equal(door.state, "closed");
}

// What cannot be seen is not found, even with a role that never could.
static void
test_order_of_refusals(void **state)
{
    struct world *w = *state;
    struct lifecycle_record r;
    const struct transition *t = lifecycle_find(&DOOR, "open");
    w->c.actor = &STAFF;
    assert_int_equal(lifecycle_step(&w->c, &DOOR, t, 2, &r), ERR_NOT_FOUND);
    assert_int_equal(lifecycle_step(&w->c, &DOOR, t, 0, &r), ERR_NOT_FOUND);
    door.state = "locked"; // who comes before when
    assert_int_equal(take(w, "open"), ERR_FORBIDDEN);
    w->c.actor = &MEMBER;
    door.relations = THEIRS;
    assert_int_equal(take(w, "open"), ERR_FORBIDDEN);
    door.relations = MINE;
    assert_int_equal(take(w, "open"), ERR_CONFLICT);
    assert_int_equal(door.effects, 0);
}

static void
test_a_state_is_a_whole_word(void **state)
{
    struct world *w = *state;
    door.state = "close";
    assert_int_equal(take(w, "open"), ERR_CONFLICT);
    door.state = "ajar";
    assert_int_equal(take(w, "open"), ERR_OK);
}

static void
test_guard_gives_its_reason(void **state)
{
    struct world *w = *state;
    door.reason = "没有钥匙。";
    assert_int_equal(take(w, "lock"), ERR_CONFLICT);
    assert_string_equal(w->c.detail, "没有钥匙。");
    assert_int_equal(door.effects, 0);
    // What is possible is listed without what the guard refuses or somebody else may do.
    const struct value *allowed = value_get(w->c.extra, "allowed");
    assert_int_equal(value_count(allowed), 1);
    assert_string_equal(value_at(allowed, 0)->s, "open");
    assert_string_equal(value_get_text(w->c.extra, "state"), "closed");
}

static void
test_allowed(void **state)
{
    struct world *w = *state;
    struct lifecycle_record r;
    assert_true(load(&w->c, 1, &r));
    const struct value *list = lifecycle_allowed(&w->c, &DOOR, &r);
    assert_int_equal(value_count(list), 2);
    assert_string_equal(value_get_text(value_at(list, 1), "name"), "lock");
    assert_string_equal(value_get_text(value_at(list, 1), "label"), "上锁");
    assert_true(value_get_bool(value_at(list, 1), "input"));
    assert_false(value_get_bool(value_at(list, 0), "input"));
}

static void
test_versions(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *header;
        enum err expected;
    } ROWS[] = {{"\"4\"", ERR_OK},      {"W/\"4\"", ERR_OK},
                {"4", ERR_OK},          {"*", ERR_OK},
                {"", ERR_OK},           {"\"3\"", ERR_STALE},
                {"\"04x\"", ERR_STALE}, {"nonsense", ERR_STALE},
                {"\"", ERR_STALE}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct http_kv kv = {"if-match", ROWS[i].header};
        w->req.headers = (struct http_list){&kv, 1};
        door.state = "closed";
        assert_int_equal(take(w, "open"), ROWS[i].expected);
    }
    // A page says it in the form; there the API's field means nothing.
    struct http_kv kv = {"version", "3"};
    w->req.headers = (struct http_list){0};
    w->req.form = (struct http_list){&kv, 1};
    door.state = "closed";
    assert_int_equal(take(w, "open"), ERR_OK);
    w->c.api = false;
    door.state = "closed";
    assert_int_equal(take(w, "open"), ERR_STALE);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_step),
        TEST(test_state_stays_without_target),
        TEST(test_order_of_refusals),
        TEST(test_a_state_is_a_whole_word),
        TEST(test_guard_gives_its_reason),
        TEST(test_allowed),
        TEST(test_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
