// SPDX-License-Identifier: Apache-2.0
// Who a request comes from, for how long, and how guessing is slowed down.
#include "store/request.h"

#include "base/text.h"
#include "mod/account/account.h"
#include "mod/account/account_impl.h"
#include "mod/account/throttle.h"

#include <fcntl.h>

// ---- sessions ---------------------------------------------------------------------------

static enum err
open_session(struct ctx *c, void *account)
{
    return session_open(c, *(int64_t *)account);
}

// Logs in without a password; the cookie's token, kept as long as the world.
static const char *
log_in(struct world *w, int64_t account)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    assert_int_equal(in_write(w, c, open_session, &account), ERR_OK);
    assert_non_null(c->cookie);
    assert_true(text_starts(c->cookie, "hq="));
    assert_non_null(strstr(c->cookie, "HttpOnly"));
    assert_non_null(strstr(c->cookie, "SameSite=Lax"));
    return arena_strndup(w->s.a, c->cookie + 3, 64);
}

static const struct actor *
actor_with(struct world *w, const char *cookie)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    add_pair(&w->req.cookies, "hq", cookie);
    read_begin(w, c);
    assert_int_equal(session_actor(c, &c->actor), ERR_OK);
    read_end(c);
    return c->actor;
}

static int64_t
add_staff(struct world *w)
{
    return add_account(
        w, &(struct account_new){.login = "zhoumin", .name = "周敏", .roles = ROLE_STAFF});
}

static int64_t
add_member(struct world *w)
{
    return add_account(w, &(struct account_new){.login = "13800000001",
                                                .name = "林晓",
                                                .roles = ROLE_MEMBER,
                                                .enterprise_id = 42});
}

static void
a_cookie_names_its_account(void **state)
{
    struct world *w = *state;
    int64_t id = add_account(w, &(struct account_new){.login = "wang",
                                                      .name = "王",
                                                      .roles = ROLE_OFFICER | ROLE_LEADER,
                                                      .organization_id = 7});
    const char *token = log_in(w, id);
    for (int i = 0; i < 2; i++) { // read, then remembered
        const struct actor *a = actor_with(w, token);
        assert_int_equal(a->id, id);
        assert_string_equal(a->login, "wang");
        assert_string_equal(a->name, "王");
        assert_int_equal(a->roles, ROLE_OFFICER | ROLE_LEADER);
        assert_int_equal(a->organization_id, 7);
        assert_string_equal(a->organization, "");
        assert_null(a->language);
        assert_string_equal(a->theme, "auto");
        assert_non_null(a->csrf);
        assert_non_null(a->session);
    }
    char *wrong = arena_strdup(w->s.a, token);
    wrong[0] = wrong[0] == 'a' ? 'b' : 'a';
    assert_int_equal(actor_with(w, wrong)->id, 0);
    assert_int_equal(actor_with(w, "")->id, 0);
    assert_int_equal(actor_with(w, "hq")->id, 0);
}

static void
staff_sessions_end_when_idle(void **state)
{
    struct world *w = *state;
    const char *token = log_in(w, add_staff(w));
    for (int i = 0; i < 5; i++) {
        w->now += 30 * TIME_MINUTE;
        assert_int_not_equal(actor_with(w, token)->id, 0);
    }
    w->now += 30 * TIME_MINUTE + 1;
    assert_int_equal(actor_with(w, token)->id, 0);
    // Asking again does not wake it.
    assert_int_equal(actor_with(w, token)->id, 0);
    w->now += TIME_MINUTE;
    assert_int_equal(actor_with(w, token)->id, 0);
}

static void
staff_sessions_end_after_twelve_hours(void **state)
{
    struct world *w = *state;
    const char *token = log_in(w, add_staff(w));
    for (int i = 0; i < 35; i++) {
        w->now += 20 * TIME_MINUTE;
        assert_int_not_equal(actor_with(w, token)->id, 0);
    }
    w->now = MORNING + 12 * TIME_HOUR - 1;
    assert_int_not_equal(actor_with(w, token)->id, 0);
    w->now += 1;
    assert_int_equal(actor_with(w, token)->id, 0);
}

static void
member_sessions_last_thirty_days(void **state)
{
    struct world *w = *state;
    const char *token = log_in(w, add_member(w));
    w->now += 30 * TIME_DAY - 1;
    assert_int_equal(actor_with(w, token)->enterprise_id, 42);
    w->now += 1;
    assert_int_equal(actor_with(w, token)->id, 0);
}

static enum err
flush(struct ctx *c, void *arg)
{
    session_flush(c);
    return ERR_OK;
}

static int64_t
count_sessions(struct world *w, int64_t seen_from)
{
    static const struct db_stmt COUNT = {.name = "test.sessions",
                                         .sql =
                                             "SELECT count(*) FROM session WHERE seen_at >= $1",
                                         .params = "from:time",
                                         .row = "n:int",
                                         .scans = "test"};
    struct ctx *c = request(w, &ACTOR_NOBODY);
    read_begin(w, c);
    int64_t n = db_value_int(c->tx, &COUNT, DB_ARGS(DB_INT(seen_from)), -1);
    read_end(c);
    return n;
}

static void
last_seen_is_written_each_minute_only(void **state)
{
    struct world *w = *state;
    const char *token = log_in(w, add_staff(w));
    log_in(w, add_member(w));
    w->now += 10 * TIME_MINUTE;
    uint64_t before = db_generation(w->s.db);
    assert_int_not_equal(actor_with(w, token)->id, 0);
    assert_int_equal(count_sessions(w, MORNING + 1), 0);
    assert_int_equal(db_generation(w->s.db), before);
    assert_int_equal(in_write(w, request(w, &ACTOR_NOBODY), flush, NULL), ERR_OK);
    assert_int_equal(count_sessions(w, w->now), 1);
    // And what has expired goes: the staff session first.
    w->now = MORNING + 12 * TIME_HOUR;
    assert_int_equal(in_write(w, request(w, &ACTOR_NOBODY), flush, NULL), ERR_OK);
    assert_int_equal(count_sessions(w, 0), 1);
}

static enum err
log_out(struct ctx *c, void *arg)
{
    session_close(c);
    return ERR_OK;
}

static enum err
close_all(struct ctx *c, void *account)
{
    session_close_all(c, *(int64_t *)account);
    return ERR_OK;
}

static enum err
close_others(struct ctx *c, void *arg)
{
    session_close_others(c);
    return ERR_OK;
}

static void
logging_out_ends_it_at_once(void **state)
{
    struct world *w = *state;
    int64_t id = add_staff(w);
    const char *token = log_in(w, id), *other = log_in(w, id);
    const struct actor *a = actor_with(w, token);
    struct actor kept = *a;
    unsigned char hash[32];
    memcpy(hash, a->session, sizeof hash);
    kept.session = hash;
    struct ctx *c = request(w, &kept);
    assert_int_equal(in_write(w, c, log_out, NULL), ERR_OK);
    assert_non_null(strstr(c->cookie, "Max-Age=0"));
    assert_int_equal(actor_with(w, token)->id, 0);
    assert_int_equal(actor_with(w, other)->id, id);
}

static void
disabling_and_resetting_end_all(void **state)
{
    struct world *w = *state;
    int64_t id = add_staff(w), member = add_member(w);
    const char *one = log_in(w, id), *two = log_in(w, id), *theirs = log_in(w, member);
    assert_int_equal(actor_with(w, one)->id, id);
    assert_int_equal(in_write(w, request(w, &ACTOR_NOBODY), close_all, &id), ERR_OK);
    assert_int_equal(actor_with(w, one)->id, 0);
    assert_int_equal(actor_with(w, two)->id, 0);
    assert_int_equal(actor_with(w, theirs)->id, member);
    // A disabled account's session is void even while its row stands.
    CHANGE(w, "UPDATE account SET state = 'disabled'");
    assert_int_equal(actor_with(w, theirs)->id, 0);
}

static void
others_can_be_ended_from_one(void **state)
{
    struct world *w = *state;
    int64_t id = add_staff(w), member = add_member(w);
    const char *one = log_in(w, id), *two = log_in(w, id), *theirs = log_in(w, member);
    struct actor a = *actor_with(w, one);
    unsigned char hash[32];
    memcpy(hash, a.session, sizeof hash);
    a.session = hash;
    a.id = id;
    struct ctx *c = request(w, &a);
    read_begin(w, c);
    const struct value *list = session_list(c);
    assert_int_equal(value_count(list), 2);
    assert_int_equal(value_get_bool(value_at(list, 0), "current") +
                         value_get_bool(value_at(list, 1), "current"),
                     1);
    assert_string_equal(value_get_text(value_at(list, 0), "ip"), "203.0.113.7");
    read_end(c);
    assert_int_equal(in_write(w, request(w, &a), close_others, NULL), ERR_OK);
    assert_int_equal(actor_with(w, one)->id, id);
    assert_int_equal(actor_with(w, two)->id, 0);
    assert_int_equal(actor_with(w, theirs)->id, member);
}

static void
posts_count_while_they_last(void **state)
{
    struct world *w = *state;
    const char *token = log_in(w, add_staff(w));
    assert_int_equal(actor_with(w, token)->roles, ROLE_STAFF);
    CHANGE(w, "INSERT INTO post (account_id, role, since, until) VALUES"
              " (1, 'admin', 1795395600000 + 600000, NULL),"
              " (1, 'leader', 0, 1795395600000 + 600000)");
    assert_int_equal(actor_with(w, token)->roles, ROLE_STAFF | ROLE_LEADER);
    // Nothing is written, only time passes: what is remembered must not outlive the posts.
    w->now += 11 * TIME_MINUTE;
    assert_int_equal(actor_with(w, token)->roles, ROLE_STAFF | ROLE_ADMIN);
}

static void
the_database_holds_no_token(void **state)
{
    struct world *w = *state;
    if (store_is_postgres()) {
        skip(); // its files are not ours to read
    }
    char token[65] = "";
    snprintf(token, sizeof token, "%s", log_in(w, add_staff(w)));
    assert_int_equal(strlen(token), 64);
    for (const char *const *f = (const char *const[]){"", "-wal", NULL}; *f != NULL; f++) {
        int fd = open(arena_printf(w->a, "%s%s", w->s.url, *f), O_RDONLY);
        assert_true(fd >= 0);
        struct stat st;
        assert_int_equal(fstat(fd, &st), 0);
        char *all = arena_raw(w->s.a, (size_t)st.st_size + 1);
        assert_int_equal(read(fd, all, (size_t)st.st_size), st.st_size);
        close(fd);
        assert_null(memmem(all, (size_t)st.st_size, token, 64));
        assert_null(memmem(all, (size_t)st.st_size, token, 16));
    }
}

// ---- bearer tokens -------------------------------------------------------------------------

static enum err
make_token(struct ctx *c, void *arg)
{
    *(const char **)arg = session_token(c, 1, "test");
    return ERR_OK;
}

static enum err
api_actor(struct world *w, const char *authorization, int64_t *id)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    c->api = true;
    if (authorization != NULL) {
        add_pair(&w->req.headers, "authorization", authorization);
    }
    read_begin(w, c);
    enum err e = session_actor(c, &c->actor);
    read_end(c);
    *id = c->actor->id;
    return e;
}

static void
bearer_tokens_are_for_the_api(void **state)
{
    struct world *w = *state;
    int64_t id = add_staff(w), who;
    const char *cookie = log_in(w, id), *token = NULL;
    struct ctx *c = request(w, &ACTOR_NOBODY);
    assert_int_equal(in_write(w, c, make_token, &token), ERR_OK);
    token = arena_strdup(w->s.a, token);
    const char *header = arena_printf(w->s.a, "Bearer %s", token);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(api_actor(w, header, &who), ERR_OK);
        assert_int_equal(who, id);
    }
    assert_int_equal(api_actor(w, NULL, &who), ERR_OK);
    assert_int_equal(who, 0);
    assert_int_equal(api_actor(w, "Bearer nonsense", &who), ERR_UNAUTHENTICATED);
    assert_int_equal(api_actor(w, "Basic YWRtaW46", &who), ERR_UNAUTHENTICATED);
    // Neither stands for the other, remembered or not.
    assert_int_equal(actor_with(w, token)->id, 0);
    assert_int_equal(actor_with(w, cookie)->id, id);
    assert_int_equal(api_actor(w, arena_printf(w->s.a, "Bearer %s", cookie), &who),
                     ERR_UNAUTHENTICATED);
    w->now += 365 * TIME_DAY;
    assert_int_equal(api_actor(w, header, &who), ERR_UNAUTHENTICATED);
}

// ---- CSRF
// ------------------------------------------------------------------------------------

static bool
csrf_with(struct world *w, const struct actor *a, const char *field, const char *header,
          const char *origin, const char *site)
{
    struct ctx *c = request(w, a);
    add_pair(&w->req.headers, "host", "huiqiao.example");
    if (field != NULL) {
        add_pair(&w->req.form, "csrf", field);
    }
    if (header != NULL) {
        add_pair(&w->req.headers, "x-csrf-token", header);
    }
    if (origin != NULL) {
        add_pair(&w->req.headers, "origin", origin);
    }
    if (site != NULL) {
        add_pair(&w->req.headers, "sec-fetch-site", site);
    }
    return session_csrf_ok(c);
}

static void
forms_need_their_sessions_token(void **state)
{
    struct world *w = *state;
    const struct actor a = {.id = 1, .csrf = "6f1c3a5b7d9e0f1122334455667788990a0b"};
    const struct actor b = {.id = 2, .csrf = "0a0b998877665544332211000f9e7d5b3a1c"};
    const char *token = arena_strdup(w->s.a, session_csrf(request(w, &a)));
    const char *again = arena_strdup(w->s.a, session_csrf(request(w, &a)));
    assert_string_not_equal(token, again); // masked anew on every page
    assert_true(csrf_with(w, &a, token, NULL, NULL, NULL));
    assert_true(csrf_with(w, &a, again, NULL, NULL, NULL));
    assert_true(csrf_with(w, &a, NULL, token, NULL, NULL));
    assert_false(csrf_with(w, &b, token, NULL, NULL, NULL));
    assert_false(csrf_with(w, &a, NULL, NULL, NULL, NULL));
    assert_false(csrf_with(w, &a, "", NULL, NULL, NULL));
    assert_false(csrf_with(w, &a, a.csrf, NULL, NULL, NULL));
    char *bent = arena_strdup(w->s.a, token);
    bent[strlen(bent) - 1] = bent[strlen(bent) - 1] == '0' ? '1' : '0';
    assert_false(csrf_with(w, &a, bent, NULL, NULL, NULL));
    assert_false(csrf_with(w, &a, arena_printf(w->s.a, "%s00", token), NULL, NULL, NULL));
}

static void
forms_come_from_this_site(void **state)
{
    struct world *w = *state;
    const struct actor a = {.id = 1, .csrf = "6f1c3a5b7d9e0f1122334455667788990a0b"};
    static const struct {
        const char *origin, *site;
        bool ok;
    } CASES[] = {
        {"https://huiqiao.example", "same-origin", true},
        {"http://huiqiao.example", NULL, true},
        {NULL, "none", true},
        {NULL, "cross-site", false},
        {NULL, "same-site", false},
        {"https://huiqiao.example", "cross-site", false},
        {"https://huiqiao.example.evil.example", NULL, false},
        {"https://evil.example", NULL, false},
        {"https://huiqiao.example:8443", NULL, false},
        {"null", NULL, false},
        {"", NULL, false},
    };
    const char *token = arena_strdup(w->s.a, session_csrf(request(w, &a)));
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        if (csrf_with(w, &a, token, NULL, CASES[i].origin, CASES[i].site) != CASES[i].ok) {
            fail_msg("case %zu", i);
        }
    }
}

static void
the_login_form_is_bound_to_its_cookie(void **state)
{
    struct world *w = *state;
    struct ctx *c = request(w, &ACTOR_NOBODY);
    const char *token = arena_strdup(w->s.a, session_csrf(c));
    const char *set = http_list_get(&w->resp.headers, "Set-Cookie");
    assert_non_null(set);
    assert_true(text_starts(set, "hq_pre="));
    const char *pre = arena_strndup(w->s.a, set + 7, strcspn(set + 7, ";"));
    c = request(w, &ACTOR_NOBODY);
    add_pair(&w->req.form, "csrf", token);
    assert_false(session_csrf_ok(c)); // without the cookie
    add_pair(&w->req.cookies, "hq_pre", pre);
    assert_true(session_csrf_ok(c));
    w->cookies[0].value = "000000000000000000000000000000000000";
    assert_false(session_csrf_ok(c));
    // Behind TLS only the prefixed cookie counts, which no other host can set.
    w->cookies[0].value = pre;
    w->req.tls = true;
    assert_false(session_csrf_ok(c));
}

// ---- guessing
// ----------------------------------------------------------------------------------

struct tries {
    const char *login;
    bool right;
};

static enum err
try_once(struct ctx *c, void *arg)
{
    const struct tries *t = arg;
    struct throttle th;
    throttle_read(c, t->login, &th);
    (t->right ? throttle_passed : throttle_failed)(c, &th);
    return ERR_OK;
}

// A try when there is no need to wait. The wait there was.
static int64_t
guess_from(struct world *w, const char *peer, const char *login, bool right)
{
    struct throttle t;
    w->peer = peer;
    struct ctx *c = request(w, &ACTOR_NOBODY);
    read_begin(w, c);
    throttle_read(c, login, &t);
    read_end(c);
    if (t.wait == 0) {
        struct tries once = {login, right};
        assert_int_equal(in_write(w, c, try_once, &once), ERR_OK);
    }
    return t.wait;
}

static void
guessing_waits_longer_and_longer(void **state)
{
    struct world *w = *state;
    for (int i = 0; i < THROTTLE_TRIES; i++) {
        assert_int_equal(guess_from(w, "198.51.100.9", "zhoumin", false), 0);
    }
    int64_t before = 0;
    for (int i = 0; i < 12; i++) {
        int64_t wait = guess_from(w, "198.51.100.9", "ZhouMin", false);
        assert_true(wait > before || wait == 15 * TIME_MINUTE);
        before = wait;
        w->now += wait;
        assert_int_equal(guess_from(w, "198.51.100.9", "zhoumin", false), 0);
    }
    assert_int_equal(before, 15 * TIME_MINUTE);
    // Another account from there, and the same account from elsewhere, do not wait.
    assert_int_equal(guess_from(w, "198.51.100.9", "wang", false), 0);
    assert_int_equal(guess_from(w, "203.0.113.7", "zhoumin", true), 0);
    // After an hour of silence it begins anew.
    w->now += 15 * TIME_MINUTE + TIME_HOUR;
    for (int i = 0; i < THROTTLE_TRIES; i++) {
        assert_int_equal(guess_from(w, "198.51.100.9", "zhoumin", false), 0);
    }
}

static void
success_forgives_the_pair(void **state)
{
    struct world *w = *state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < THROTTLE_TRIES - 1; i++) {
            assert_int_equal(guess_from(w, "198.51.100.9", "zhoumin", false), 0);
        }
        assert_int_equal(guess_from(w, "198.51.100.9", "zhoumin", true), 0);
    }
}

static void
outsiders_cannot_lock_the_owner_out(void **state)
{
    struct world *w = *state;
    const char *home = "203.0.113.7";
    assert_int_equal(guess_from(w, home, "zhoumin", true), 0);
    for (int i = 0; i < 500; i++) {
        char peer[32];
        snprintf(peer, sizeof peer, "198.51.%d.%d", i / 250, 1 + i % 250);
        assert_int_equal(guess_from(w, peer, "zhoumin", false), 0);
        w->now += TIME_SECOND;
        if (i > THROTTLE_ATTACKED) { // one try, no more
            assert_true(guess_from(w, peer, "zhoumin", false) > 0);
        }
    }
    // The owner's network has its usual tries, and a new one has its first.
    for (int i = 0; i < THROTTLE_TRIES - 1; i++) {
        assert_int_equal(guess_from(w, home, "zhoumin", false), 0);
    }
    assert_int_equal(guess_from(w, home, "zhoumin", true), 0);
    assert_int_equal(guess_from(w, "192.0.2.1", "zhoumin", true), 0);
}

static void
a_network_that_tries_many_accounts_waits(void **state)
{
    struct world *w = *state;
    const char *peer = "2001:db8:1:2::9", *owner = "13800000001";
    assert_int_equal(guess_from(w, peer, owner, true), 0);
    for (int i = 0; i < THROTTLE_NETWORK; i++) {
        char login[16], from[40];
        snprintf(login, sizeof login, "u%d", i);
        snprintf(from, sizeof from, "2001:db8:1:2::%x", i + 1); // one /64, one customer
        assert_int_equal(guess_from(w, from, login, false), 0);
    }
    assert_true(guess_from(w, peer, "u99", false) > 0);
    assert_int_equal(guess_from(w, "2001:db8:1:3::9", "u99", false), 0);
    assert_int_equal(guess_from(w, peer, owner, true), 0);
}

static void
throttling_forgets_and_names_nobody(void **state)
{
    static const struct db_stmt COUNT = {.name = "test.throttle",
                                         .sql = "SELECT count(*) FROM throttle",
                                         .row = "n:int",
                                         .scans = "test"};
    struct world *w = *state;
    for (int i = 0; i < 20; i++) {
        char login[16];
        snprintf(login, sizeof login, "u%d", i);
        guess_from(w, "198.51.100.9", login, false);
    }
    w->now += 2 * TIME_HOUR;
    guess_from(w, "198.51.100.9", "secret-password", false);
    struct ctx *c = request(w, &ACTOR_NOBODY);
    read_begin(w, c);
    assert_int_equal(db_value_int(c->tx, &COUNT, DB_NONE, -1), 3); // pair, network, account
    read_end(c);
}

// ---- logging in
// ---------------------------------------------------------------------------------

static enum err
run_route(struct ctx *c, void *run)
{
    return (*(enum err(**)(struct ctx *))run)(c);
}

static enum err
post(struct world *w, struct ctx *c, enum err (*prepare)(struct ctx *),
     enum err (*run)(struct ctx *))
{
    read_begin(w, c);
    enum err e = prepare(c);
    read_end(c);
    return e != ERR_OK ? e : in_write(w, c, run_route, &run);
}

static void
set_in(struct ctx *c, const char *name, const char *text)
{
    value_set_text(c->arena, c->in, name, text);
}

static enum err
try_login(struct world *w, const char *login, const char *password)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    set_in(c, "login", login);
    set_in(c, "password", password);
    set_in(c, "next", "/demands?view=mine");
    return post(w, c, login_prepare, login_run);
}

static void
passwords_open_sessions(void **state)
{
    struct world *w = *state;
    const char *hash = account_hash_password(&w->app, w->s.a, "correct horse battery");
    add_account(
        w, &(struct account_new){
               .login = "zhoumin", .name = "周敏", .roles = ROLE_STAFF, .password_hash = hash});
    add_account(w, &(struct account_new){.login = "new", .name = "新", .roles = ROLE_STAFF});
    assert_true(text_starts(hash, "$argon2id$v=19$m=65536,t=3,p=1$"));
    assert_int_equal(try_login(w, "zhoumin", "correct horse battery"), ERR_OK);
    assert_string_equal(w->c.location, "/demands?view=mine");
    assert_non_null(w->c.cookie);
    static const char *const WRONG[][2] = {{"zhoumin", "correct horse batterY"},
                                           {"zhoumin", ""},
                                           {"nobody", "correct horse battery"},
                                           {"new", ""},
                                           {"new", "nobody's password"}};
    const char *said = NULL;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_int_equal(try_login(w, WRONG[i][0], WRONG[i][1]), ERR_OK);
        assert_null(w->c.cookie);
        assert_null(w->c.location);
        assert_int_equal(w->c.status, 422);
        assert_true(said == NULL || strcmp(said, w->c.detail) == 0); // the same for all
        said = arena_strdup(w->s.a, w->c.detail);
    }
    CHANGE(w, "UPDATE account SET state = 'disabled'");
    assert_int_equal(try_login(w, "zhoumin", "correct horse battery"), ERR_OK);
    assert_null(w->c.cookie);
}

static void
the_pepper_is_needed(void **state)
{
    struct world *w = *state;
    const char *hash = account_hash_password(&w->app, w->s.a, "correct horse battery");
    assert_true(account_check_password(&w->app, hash, "correct horse battery"));
    w->app.secret[0] ^= 1;
    assert_false(account_check_password(&w->app, hash, "correct horse battery"));
}

static void
weak_hashes_are_renewed(void **state)
{
    struct world *w = *state;
    char weak[crypto_pwhash_STRBYTES];
    assert_int_equal(crypto_pwhash_str(weak, "x", 1, 1, 8 * 1024 * 1024), 0);
    assert_true(account_hash_outdated(weak));
    assert_false(account_hash_outdated(account_hash_password(&w->app, w->a, "x")));
}

static enum err
make_code(struct ctx *c, void *arg)
{
    *(const char **)arg = account_activation(c, 1);
    return ERR_OK;
}

static struct ctx *
activation(struct world *w, const char *login, const char *code)
{
    struct ctx *c = request(w, &ACTOR_NOBODY);
    set_in(c, "login", login);
    set_in(c, "code", code);
    set_in(c, "password", "a sentence of my own");
    set_in(c, "again", "a sentence of my own");
    return c;
}

static const char *
new_code(struct world *w)
{
    const char *code = NULL;
    assert_int_equal(in_write(w, request(w, &ACTOR_NOBODY), make_code, &code), ERR_OK);
    assert_int_equal(strlen(code), 32);
    return arena_strdup(w->s.a, code);
}

static void
a_code_works_once(void **state)
{
    struct world *w = *state;
    add_member(w);
    add_account(w, &(struct account_new){.login = "other", .name = "别人", .roles = 1});
    const char *code = new_code(w);
    post(w, activation(w, "other", code), activate_prepare, activate_run);
    assert_null(w->c.cookie); // bound to its account
    struct ctx *c = activation(w, "13800000001", code);
    read_begin(w, c);
    assert_int_equal(activate_prepare(c), ERR_OK);
    read_end(c);
    // Two at the same time: both were right when they were looked at.
    enum err (*run)(struct ctx *) = activate_run;
    assert_int_equal(in_write(w, c, run_route, &run), ERR_OK);
    assert_non_null(c->cookie);
    c->cookie = NULL;
    assert_int_equal(in_write(w, c, run_route, &run), ERR_OK);
    assert_null(c->cookie);
    assert_int_equal(try_login(w, "13800000001", "a sentence of my own"), ERR_OK);
    assert_non_null(w->c.cookie);
}

static void
codes_expire_and_are_replaced(void **state)
{
    struct world *w = *state;
    add_member(w);
    const char *first = new_code(w), *second = new_code(w);
    post(w, activation(w, "13800000001", first), activate_prepare, activate_run);
    assert_null(w->c.cookie);
    w->now += 7 * TIME_DAY;
    post(w, activation(w, "13800000001", second), activate_prepare, activate_run);
    assert_null(w->c.cookie);
    const char *third = new_code(w);
    w->now += 7 * TIME_DAY - 1;
    post(w, activation(w, "13800000001", third), activate_prepare, activate_run);
    assert_non_null(w->c.cookie);
}

static void
passwords_that_others_would_guess(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *password, *login;
        bool ok;
    } CASES[] = {
        {"short", "a", false},
        {"elevenchars", "zhou", false},
        {"twelve chars", "zhou", true},
        {"我们商会成立三十五周年啦", "zhou", true}, // characters, not bytes
        {"password1234", "zhou", false},
        {"123456123456", "zhou", false},
        {"Huiqiao-2026", "zhou", false},
        {"zhoumin is my name", "zhoumin", false},
        {"my password is a long sentence about rain", "zhou", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const char *why = account_password_fault(w->a, CASES[i].password, CASES[i].login);
        if ((why == NULL) != CASES[i].ok) {
            fail_msg("%s: %s", CASES[i].password, why == NULL ? "accepted" : why);
        }
    }
    char longest[130];
    memset(longest, 0, sizeof longest);
    for (size_t i = 0; i < 129; i++) {
        longest[i] = (char)('a' + i * 7 % 26);
    }
    assert_non_null(account_password_fault(w->a, longest, "zhou"));
    longest[128] = '\0';
    assert_null(account_password_fault(w->a, longest, "zhou"));
}

static void
redirects_stay_here(void **state)
{
    static const struct {
        const char *to;
        bool own;
    } CASES[] = {{"/", true},
                 {"/demands?x=1#y", true},
                 {NULL, false},
                 {"", false},
                 {"//evil.example", false},
                 {"/\\evil.example", false},
                 {"https://e", false},
                 {"demands", false},
                 {"javascript:1", false},
                 {"/\t/evil", false},
                 {"/x\r\nSet-Cookie: a=b", false}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        if (is_own_path(CASES[i].to) != CASES[i].own) {
            fail_msg("case %zu", i);
        }
    }
}

static void
every_statement_is_bounded(void **state)
{
    check_statements(*state, ACCOUNT_MODULE.stmts);
    for (const struct db_stmt *const *const *l = KIT_STATEMENTS; *l != NULL; l++) {
        check_statements(*state, *l);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_cookie_names_its_account),
        WORLD_TEST(staff_sessions_end_when_idle),
        WORLD_TEST(staff_sessions_end_after_twelve_hours),
        WORLD_TEST(member_sessions_last_thirty_days),
        WORLD_TEST(last_seen_is_written_each_minute_only),
        WORLD_TEST(logging_out_ends_it_at_once),
        WORLD_TEST(disabling_and_resetting_end_all),
        WORLD_TEST(others_can_be_ended_from_one),
        WORLD_TEST(posts_count_while_they_last),
        WORLD_TEST(the_database_holds_no_token),
        WORLD_TEST(bearer_tokens_are_for_the_api),
        WORLD_TEST(forms_need_their_sessions_token),
        WORLD_TEST(forms_come_from_this_site),
        WORLD_TEST(the_login_form_is_bound_to_its_cookie),
        WORLD_TEST(guessing_waits_longer_and_longer),
        WORLD_TEST(success_forgives_the_pair),
        WORLD_TEST(outsiders_cannot_lock_the_owner_out),
        WORLD_TEST(a_network_that_tries_many_accounts_waits),
        WORLD_TEST(throttling_forgets_and_names_nobody),
        WORLD_TEST(passwords_open_sessions),
        WORLD_TEST(the_pepper_is_needed),
        WORLD_TEST(weak_hashes_are_renewed),
        WORLD_TEST(a_code_works_once),
        WORLD_TEST(codes_expire_and_are_replaced),
        WORLD_TEST(passwords_that_others_would_guess),
        WORLD_TEST(redirects_stay_here),
        WORLD_TEST(every_statement_is_bounded),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
