// SPDX-License-Identifier: Apache-2.0
// The audit chain: whatever is changed in it shows.
#include "store/request.h"

#include "kit/audit.h"
#include "kit/notice.h"

#include <time.h>

static const struct actor ZHOU = {.id = 3, .login = "zhoumin", .name = "周敏"};

static enum err
write_rows(struct ctx *c, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++) {
        struct value *data = value_map(c->arena);
        value_set_int(c->arena, data, "step", i);
        value_set_text(c->arena, data, "text", "\"引号\"\n换行");
        audit_write(c, "demand.accept", "demand", 100 + i, i % 2 == 0 ? data : NULL);
    }
    return ERR_OK;
}

static void
write_audit(struct world *w, int rows)
{
    struct ctx *c = request(w, &ZHOU);
    assert_int_equal(in_write(w, c, write_rows, &rows), ERR_OK);
}

// NULL when the chain is sound.
static const char *
verify(struct world *w, int64_t *rows)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    read_begin(w, c);
    const char *why = audit_verify(c->tx, w->s.a, rows);
    read_end(c);
    return why;
}

static void
a_chain_verifies(void **state)
{
    struct world *w = *state;
    int64_t rows = -1;
    assert_null(verify(w, &rows));
    assert_int_equal(rows, 0);
    write_audit(w, 3);
    w->now += TIME_DAY;
    w->peer = "2001:db8::1";
    write_audit(w, 4);
    assert_null(verify(w, &rows));
    assert_int_equal(rows, 7);
}

static enum err
write_and_refuse(struct ctx *c, void *arg)
{
    audit_write(c, "demand.accept", "demand", 1, NULL);
    return ERR_FORBIDDEN;
}

static void
a_refused_write_leaves_no_gap(void **state)
{
    struct world *w = *state;
    int64_t rows;
    write_audit(w, 2);
    assert_int_equal(in_write(w, request(w, &ZHOU), write_and_refuse, NULL), ERR_FORBIDDEN);
    write_audit(w, 2);
    assert_null(verify(w, &rows));
    assert_int_equal(rows, 4);
}

static void
the_system_writes_without_a_request(void **state)
{
    struct world *w = *state;
    int64_t rows;
    int n = 2;
    struct ctx c = ctx_system(&w->app, w->a);
    assert_int_equal(in_write(w, &c, write_rows, &n), ERR_OK);
    assert_null(verify(w, &rows));
    assert_int_equal(rows, 2);
}

// Every column, a removed row anywhere but at the end, an inserted and an exchanged one.
static void
tampering_shows(void **state)
{
    struct world *w = *state;
    int64_t rows;
    write_audit(w, 6);
#define SHOWS(change, undo)                                                                    \
    do {                                                                                       \
        CHANGE(w, change);                                                                     \
        if (verify(w, &rows) == NULL) {                                                        \
            fail_msg("not seen: %s", change);                                                  \
        }                                                                                      \
        CHANGE(w, undo);                                                                       \
        assert_null(verify(w, &rows));                                                         \
    } while (0)
    SHOWS("UPDATE audit SET at = at + 1 WHERE id = 3",
          "UPDATE audit SET at = at - 1 WHERE id = 3");
    SHOWS("UPDATE audit SET account_id = 4 WHERE id = 1",
          "UPDATE audit SET account_id = 3 WHERE id = 1");
    SHOWS("UPDATE audit SET who = '周' WHERE id = 6",
          "UPDATE audit SET who = '周敏' WHERE id = 6");
    SHOWS("UPDATE audit SET ip = '' WHERE id = 2",
          "UPDATE audit SET ip = '203.0.113.7' WHERE id = 2");
    SHOWS("UPDATE audit SET action = 'demand.reject' WHERE id = 2",
          "UPDATE audit SET action = 'demand.accept' WHERE id = 2");
    SHOWS("UPDATE audit SET kind = 'demands' WHERE id = 5",
          "UPDATE audit SET kind = 'demand' WHERE id = 5");
    SHOWS("UPDATE audit SET record_id = 7 WHERE id = 4",
          "UPDATE audit SET record_id = 103 WHERE id = 4");
    SHOWS("UPDATE audit SET data = '{} ' WHERE id = 4",
          "UPDATE audit SET data = '{}' WHERE id = 4");
    // What moves from one field to the next must not spell the same.
    SHOWS("UPDATE audit SET kind = '', action = 'demand.acceptdemand' WHERE id = 2",
          "UPDATE audit SET kind = 'demand', action = 'demand.accept' WHERE id = 2");
    SHOWS("UPDATE audit SET id = 60 WHERE id = 6", "UPDATE audit SET id = 6 WHERE id = 60");
    SHOWS("UPDATE audit SET id = -id WHERE id IN (3, 4)",
          "UPDATE audit SET id = -id WHERE id < 0");
#undef SHOWS
}

// Either digest alone is enough, and neither hides behind the other.
static void
sha256_counts(void **state)
{
    struct world *w = *state;
    int64_t rows;
    write_audit(w, 3);
    CHANGE(w, "UPDATE audit SET sha256 = sm3 WHERE id = 3");
    assert_non_null(verify(w, &rows));
}

static void
sm3_counts(void **state)
{
    struct world *w = *state;
    int64_t rows;
    write_audit(w, 3);
    CHANGE(w, "UPDATE audit SET sm3 = sha256 WHERE id = 3");
    assert_non_null(verify(w, &rows));
}

static void
a_removed_row_shows(void **state)
{
    struct world *w = *state;
    int64_t rows;
    write_audit(w, 5);
    CHANGE(w, "DELETE FROM audit WHERE id = 1");
    assert_non_null(verify(w, &rows));
}

static void
writing_is_quick(void **state)
{
    struct world *w = *state;
    int64_t rows;
    struct timespec from, to;
    int n = 20000;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    write_audit(w, n);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    double us =
        (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
    print_message("%.1f us a row\n", us / n);
    assert_true(us / n < 500); // a mistake in the plan, not a slow machine
    assert_null(verify(w, &rows));
    assert_int_equal(rows, n);
}

// ---- notices -----------------------------------------------------------------------------

static int64_t
unread(struct world *w, int64_t account)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    read_begin(w, c);
    int64_t n = notice_unread(c->tx, account);
    read_end(c);
    return n;
}

static enum err
tell_staff(struct ctx *c, void *arg)
{
    notice_to_role(c, ROLE_STAFF | ROLE_LEADER, 0, 0, "/demands/1", "{0} 已受理", "甲", NULL);
    return ERR_OK;
}

static enum err
tell_unit(struct ctx *c, void *arg)
{
    notice_to_role(c, ROLE_OFFICER, 7, 0, "/demands/1", "{0} 交办", "甲", NULL);
    return ERR_OK;
}

// Half-made actors (a job, a request below the socket) are told of, too.
static void
nobody_in_particular_may_act(void **state)
{
    static const struct actor NAMELESS = {.id = 7};
    struct world *w = *state;
    int64_t rows;
    int one = 1;
    w->peer = NULL;
    assert_int_equal(in_write(w, request(w, &NAMELESS), write_rows, &one), ERR_OK);
    assert_null(verify(w, &rows));
    assert_int_equal(rows, 1);
}

static enum err
tell_enterprise(struct ctx *c, void *arg)
{
    notice_to_role(c, ROLE_MEMBER, 0, 42, "/demands/1", "{0} 答复", "甲", NULL);
    return ERR_OK;
}

static enum err
tell_one(struct ctx *c, void *arg)
{
    notice_to_account(c, *(int64_t *)arg, "/demands/1", "{0}", "甲", NULL);
    return ERR_OK;
}

static void
notices_reach_whom_they_concern(void **state)
{
    struct world *w = *state;
    int64_t me = add_account(w, &(struct account_new){"me", "我", NULL, ROLE_STAFF, 0, 0});
    int64_t both = add_account(
        w, &(struct account_new){"both", "双", NULL, ROLE_STAFF | ROLE_LEADER, 0, 0});
    int64_t gone = add_account(w, &(struct account_new){"gone", "离", NULL, ROLE_STAFF, 0, 0});
    int64_t ours = add_account(w, &(struct account_new){"o7", "七", NULL, ROLE_OFFICER, 7, 0});
    int64_t other = add_account(w, &(struct account_new){"o8", "八", NULL, ROLE_OFFICER, 8, 0});
    int64_t firm = add_account(w, &(struct account_new){"m", "企", NULL, ROLE_MEMBER, 0, 42});
    int64_t rival = add_account(w, &(struct account_new){"r", "他", NULL, ROLE_MEMBER, 0, 43});
    const struct actor staff = {.id = me, .name = "我", .roles = ROLE_STAFF};
    CHANGE(w, "UPDATE account SET state = 'disabled' WHERE login = 'gone'");
    assert_int_equal(in_write(w, request(w, &staff), tell_staff, NULL), ERR_OK);
    assert_int_equal(in_write(w, request(w, &staff), tell_unit, NULL), ERR_OK);
    assert_int_equal(in_write(w, request(w, &staff), tell_enterprise, NULL), ERR_OK);
    assert_int_equal(in_write(w, request(w, &staff), tell_one, &me), ERR_OK);
    assert_int_equal(in_write(w, request(w, &staff), tell_one, &rival), ERR_OK);
    assert_int_equal(unread(w, me), 0);   // never to oneself
    assert_int_equal(unread(w, both), 1); // once, though in two roles
    assert_int_equal(unread(w, gone), 0);
    assert_int_equal(unread(w, ours), 1);
    assert_int_equal(unread(w, other), 0);
    assert_int_equal(unread(w, firm), 1);
    assert_int_equal(unread(w, rival), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_chain_verifies),
        WORLD_TEST(a_refused_write_leaves_no_gap),
        WORLD_TEST(the_system_writes_without_a_request),
        WORLD_TEST(nobody_in_particular_may_act),
        WORLD_TEST(tampering_shows),
        WORLD_TEST(sha256_counts),
        WORLD_TEST(sm3_counts),
        WORLD_TEST(a_removed_row_shows),
        WORLD_TEST(writing_is_quick),
        WORLD_TEST(notices_reach_whom_they_concern),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
