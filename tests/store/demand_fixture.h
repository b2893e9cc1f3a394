// SPDX-License-Identifier: Apache-2.0
// A small district for the tests of demands: two enterprises, two chambers, three departments,
// and everybody who deals with a demand.
#ifndef TESTS_STORE_DEMAND_FIXTURE_H
#define TESTS_STORE_DEMAND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/text.h"
#include "kit/app.h"
#include "mod/account/account.h"
#include "mod/demand/demand_impl.h"
#include "mod/enterprise/enterprise.h"
#include "mod/org/org.h"
#include "store/fixture.h"

#define ENTERPRISE 1
#define OTHER_ENTERPRISE 2
enum { CHAMBER = 101, OTHER_CHAMBER = 102, LEAD = 201, ASSIST = 202, THIRD = 203 };

static const struct module *const MODULES[] = {&DEMAND_MODULE, &ENTERPRISE_MODULE, &ORG_MODULE,
                                               &ACCOUNT_MODULE, NULL};

struct world {
    struct app *app;
    struct arena *a; // of one request
    struct store s;  // without a database of its own: the app has it
    struct http_req req;
    struct ctx c;
};

static const struct actor OWNER = {
    .id = 11, .name = "赵", .roles = ROLE_MEMBER, .enterprise_id = ENTERPRISE};
static const struct actor STRANGER = {
    .id = 12, .name = "钱", .roles = ROLE_MEMBER, .enterprise_id = OTHER_ENTERPRISE};
static const struct actor STAFF = {.id = 13, .name = "孙", .roles = ROLE_STAFF};
static const struct actor SECRETARY = {
    .id = 14, .name = "李", .roles = ROLE_SECRETARY, .organization_id = CHAMBER};
static const struct actor OTHER_SECRETARY = {
    .id = 15, .name = "周", .roles = ROLE_SECRETARY, .organization_id = OTHER_CHAMBER};
static const struct actor OFFICER = {
    .id = 16, .name = "吴", .roles = ROLE_OFFICER, .organization_id = LEAD};
static const struct actor HELPER = {
    .id = 17, .name = "郑", .roles = ROLE_OFFICER, .organization_id = ASSIST};
static const struct actor OUTSIDER = {
    .id = 18, .name = "王", .roles = ROLE_OFFICER, .organization_id = THIRD};
static const struct actor LEADER = {.id = 19, .name = "沈", .roles = ROLE_LEADER};

// Monday 2026-03-02 10:00.
static inline int64_t
monday(void)
{
    return time_from_civil(2026, 3, 2, 10, 0, 0);
}

// ---- a district ------------------------------------------------------------------------

static const struct db_stmt ADD_ORG = {
    .name = "test.org",
    .sql = "INSERT INTO organization (id, kind, name, categories, created_at, updated_at)"
           " VALUES ($1, $2, $3, $4, 1, 1)",
    .params = "id:int kind:text name:text categories:text?"};
static const struct db_stmt ADD_ENTERPRISE = {
    .name = "test.enterprise",
    .sql = "INSERT INTO enterprise (id, name, uscc, chamber_id, created_at, updated_at)"
           " VALUES ($1, $2, $3, $4, 1, 1)",
    .params = "id:int name:text uscc:text chamber_id:int"};

static inline enum err
fill(struct db_tx *tx, void *arg)
{
    (void)arg;
    db_run(tx, &ADD_ORG, DB_ARGS(DB_INT(CHAMBER), DB_TEXT("town"), DB_TEXT("甲商会"), DB_NULL));
    db_run(tx, &ADD_ORG,
           DB_ARGS(DB_INT(OTHER_CHAMBER), DB_TEXT("town"), DB_TEXT("乙商会"), DB_NULL));
    db_run(tx, &ADD_ORG,
           DB_ARGS(DB_INT(LEAD), DB_TEXT("department"), DB_TEXT("甲局"), DB_TEXT("land")));
    db_run(tx, &ADD_ORG,
           DB_ARGS(DB_INT(ASSIST), DB_TEXT("department"), DB_TEXT("乙局"), DB_NULL));
    db_run(tx, &ADD_ORG,
           DB_ARGS(DB_INT(THIRD), DB_TEXT("department"), DB_TEXT("丙局"), DB_NULL));
    db_run(tx, &ADD_ENTERPRISE,
           DB_ARGS(DB_INT(ENTERPRISE), DB_TEXT("东风机械厂"), DB_TEXT("A"), DB_INT(CHAMBER)));
    db_run(tx, &ADD_ENTERPRISE,
           DB_ARGS(DB_INT(OTHER_ENTERPRISE), DB_TEXT("西山食品"), DB_TEXT("B"),
                   DB_INT(OTHER_CHAMBER)));
    return ERR_OK;
}

static inline int
set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->s.a = arena_new((size_t)1 << 20);
    w->s.url = store_url(&w->s);
    char path[96];
    snprintf(path, sizeof path, "%s/secret", w->s.dir);
    FILE *secret = fopen(path, "wb");
    assert_non_null(secret);
    assert_int_equal(fwrite((const char[32]){7}, 1, 32, secret), 32);
    fclose(secret);
    assert_int_equal(chmod(path, 0600), 0);
    const char *why = "";
    w->app = app_open(&(struct app_options){.data = w->s.dir, .db = w->s.url, .strict = true},
                      MODULES, &why);
    if (w->app == NULL) {
        fail_msg("%s", why);
    }
    w->a = arena_new((size_t)256 << 20);
    time_freeze(monday());
    assert_int_equal(db_write(w->app->db, w->a, fill, NULL), ERR_OK);
    *state = w;
    return 0;
}

static inline int
tear_down(void **state)
{
    struct world *w = *state;
    app_close(w->app);
    store_clear(&w->s);
    arena_free(w->a);
    arena_free(w->s.a);
    free(w);
    time_freeze(0);
    return 0;
}

// ---- requests --------------------------------------------------------------------------

static inline const struct value *
json(struct arena *a, const char *text)
{
    const char *why = "";
    const struct value *v = json_parse(a, text, strlen(text), &why);
    if (v == NULL) {
        fail_msg("%s: %s", text, why);
    }
    return v;
}

// A fresh request. `query` is "name=value&…" without escapes.
static inline struct ctx *
as(struct world *w, const struct actor *who, const char *query)
{
    w->req =
        (struct http_req){.arena = w->a, .path = "/demands", .base = "", .peer = "127.0.0.1"};
    w->req.query.items = ARENA_ARRAY(w->a, struct http_kv, 16);
    char *text = arena_strdup(w->a, query);
    for (char *save, *p = strtok_r(text, "&", &save); p != NULL;
         p = strtok_r(NULL, "&", &save)) {
        char *eq = strchr(p, '=');
        *eq = '\0';
        w->req.query.items[w->req.query.count++] = (struct http_kv){p, eq + 1};
    }
    w->c = (struct ctx){.app = w->app,
                        .arena = w->a,
                        .req = &w->req,
                        .actor = who,
                        .api = true,
                        .now = time_now()};
    return &w->c;
}

struct job {
    struct world *w;
    struct ctx *c;
    const char *step; // NULL: create
    int64_t id;
    bool only_try; // rolls back whatever happens
    enum err result;
};

static inline enum err
work(struct db_tx *tx, void *arg)
{
    struct job *j = arg;
    struct ctx *c = j->c;
    struct lifecycle_record r = {0};
    c->tx = tx;
    c->faults = (struct faults){0};
    if (j->step == NULL) {
        j->result = demand_create_prepare(c);
        j->result = j->result == ERR_OK ? demand_create_run(c) : j->result;
        j->id = c->shown_id;
    } else {
        j->result = lifecycle_step(c, &DEMAND_LIFECYCLE, demand_transition(j->step), j->id, &r);
    }
    if (j->result == ERR_OK && db_tx_err(tx) != ERR_OK) {
        j->result = db_tx_err(tx);
    }
    return j->only_try ? ERR_CONFLICT : j->result;
}

static inline enum err
run(struct world *w, const struct actor *who, int64_t *id, const char *step, const char *in,
    bool only_try)
{
    struct job j = {.w = w, .c = as(w, who, ""), .step = step, .id = *id, .only_try = only_try};
    j.c->in = (struct value *)(uintptr_t)json(w->a, in == NULL ? "{}" : in);
    db_write(w->app->db, w->a, work, &j);
    *id = j.id;
    return j.result;
}

static inline enum err
step(struct world *w, const struct actor *who, int64_t id, const char *name, const char *in)
{
    return run(w, who, &id, name, in, false);
}

static inline int64_t
create(struct world *w, const struct actor *who, const char *in)
{
    int64_t id = 0;
    assert_int_equal(run(w, who, &id, NULL, in, false), ERR_OK);
    assert_true(id > 0);
    return id;
}

#define PLAIN "{\"title\":\"用地手续\",\"body\":\"扩建厂房需要用地\",\"category\":\"land\"}"

typedef const struct value *(*look_fn)(struct ctx *c, int64_t id);
static inline const struct value *
look(struct world *w, const struct actor *who, const char *query, look_fn fn, int64_t id)
{
    struct ctx *c = as(w, who, query);
    c->tx = db_read_begin(w->app->db);
    assert_non_null(c->tx);
    const struct value *v = fn(c, id);
    db_read_end(c->tx);
    return v;
}

static inline const struct value *
look_get(struct ctx *c, int64_t id)
{
    return demand_get(c, id);
}
static inline const struct value *
look_list(struct ctx *c, int64_t id)
{
    (void)id;
    return demand_list(c);
}
static inline const struct value *
look_events(struct ctx *c, int64_t id)
{
    return demand_events(c, id);
}
static inline const struct value *
look_timeline(struct ctx *c, int64_t id)
{
    const struct demand_seen *seen = demand_see(c, id);
    return seen == NULL ? value_list(c->arena) : demand_timeline(c, seen);
}
static inline const struct value *
look_allowed(struct ctx *c, int64_t id)
{
    return demand_allowed(c, demand_see(c, id));
}
static inline const struct value *
look_statistics(struct ctx *c, int64_t id)
{
    (void)id;
    return demand_statistics(c);
}

static inline const struct value *
get(struct world *w, int64_t id)
{
    const struct value *v = look(w, &STAFF, "", look_get, id);
    return v != NULL ? v : look(w, &OWNER, "", look_get, id); // drafts
}

static inline void
assert_state(struct world *w, int64_t id, const char *state)
{
    assert_string_equal(value_get_text(get(w, id), "state"), state);
}

static inline enum err
work_recompute(struct db_tx *tx, void *arg)
{
    struct job *j = arg;
    j->c->tx = tx;
    j->result = demand_recompute(j->c, j->id) ? ERR_OK : ERR_STALE;
    return ERR_CONFLICT; // repairs nothing
}

// The caches are what the log says, also later.
static inline void
assert_caches(struct world *w, int64_t id, int64_t later)
{
    struct job j = {.c = as(w, &STAFF, ""), .id = id};
    j.c->now += later;
    db_write(w->app->db, w->a, work_recompute, &j);
    assert_int_equal(j.result, ERR_OK);
}

// ---- a demand in any state ---

struct move {
    const struct actor *who;
    const char *step, *in;
};

#define ACCEPT                                                                                 \
    {                                                                                          \
        &STAFF, "accept", "{\"level\":\"L2\"}"                                                 \
    }
#define DISPATCH                                                                               \
    {                                                                                          \
        &STAFF, "dispatch", "{\"lead_unit_id\":201,\"assist_unit_ids\":[202]}"                 \
    }
#define SIGN                                                                                   \
    {                                                                                          \
        &OFFICER, "sign", NULL                                                                 \
    }
#define NOTE                                                                                   \
    {                                                                                          \
        &OFFICER, "note", "{\"body\":\"已到现场\"}"                                        \
    }
#define ANSWER                                                                                 \
    {                                                                                          \
        &OFFICER, "answer", "{\"body\":\"已解决\",\"outcome\":\"resolved\"}"                \
    }
#define CONFIRM(n)                                                                             \
    {                                                                                          \
        &OWNER, "confirm", "{\"satisfaction\":" #n "}"                                         \
    }

static const struct {
    const char *state;
    struct move moves[10];
} PATHS[] = {
    {"submitted", {{0}}},
    {"accepted", {ACCEPT}},
    {"rejected", {{&STAFF, "reject", "{\"reason\":\"不属职责\"}"}}},
    {"dispatched", {ACCEPT, DISPATCH}},
    {"signed", {ACCEPT, DISPATCH, SIGN}},
    {"objected", {ACCEPT, DISPATCH, {&OFFICER, "object", "{\"reason\":\"不是我们\"}"}}},
    {"handling", {ACCEPT, DISPATCH, SIGN, NOTE}},
    {"suspended", {ACCEPT, DISPATCH, SIGN, {&OFFICER, "suspend", "{\"reason\":\"等材料\"}"}}},
    {"pending_conditions",
     {ACCEPT, DISPATCH, SIGN, {&STAFF, "pend", "{\"review_on\":\"2026-09-01\"}"}}},
    {"answered", {ACCEPT, DISPATCH, SIGN, ANSWER}},
    {"reopened", {ACCEPT, DISPATCH, SIGN, ANSWER, CONFIRM(1)}},
    {"closed", {ACCEPT, DISPATCH, SIGN, ANSWER, CONFIRM(5)}},
    {"archived", {ACCEPT, DISPATCH, SIGN, ANSWER, CONFIRM(5), {&STAFF, "archive", NULL}}},
    {"withdrawn", {{&OWNER, "withdraw", "{\"reason\":\"自己解决了\"}"}}},
    {"merged", {{&STAFF, "merge", "{\"into_id\":1}"}}},
};

static inline int64_t
bring_to(struct world *w, const char *wanted)
{
    int64_t id = create(w, &OWNER, PLAIN);
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        const struct move *m = PATHS[i].moves;
        for (; strcmp(PATHS[i].state, wanted) == 0 && m->who != NULL; m++) {
            assert_int_equal(step(w, m->who, id, m->step, m->in), ERR_OK);
        }
    }
    assert_state(w, id, wanted);
    return id;
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

#endif
