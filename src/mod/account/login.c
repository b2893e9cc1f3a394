// SPDX-License-Identifier: Apache-2.0
// Logging in. Guessing is slowed down for each pair of account and network, so that an
// outsider who guesses cannot lock the owner out; the answer and its time are the same whether
// the account exists or not.
#include "mod/account/account_impl.h"

#include "base/text.h"
#include "kit/account.h"
#include "kit/app.h"
#include "kit/audit.h"
#include "kit/session.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { FREE_FAILURES = 5, LONGEST_WAIT_S = 900 };

const struct field LOGIN_FIELDS[] = {
    {.name = "login",
     .type = FIELD_TEXT,
     .label = T("手机号或账号"),
     .required = true,
     .max = 64,
     .where = IN_FORM},
    {.name = "password",
     .type = FIELD_PASSWORD,
     .label = T("密码"),
     .required = true,
     .max = 128,
     .where = IN_FORM},
    {.name = "next", .type = FIELD_TEXT, .label = T("登录后去"), .max = 2000, .where = IN_FORM},
    {0},
};
const struct field ACTIVATE_FIELDS[] = {
    {.name = "login",
     .type = FIELD_TEXT,
     .label = T("手机号或账号"),
     .required = true,
     .max = 64,
     .where = IN_FORM},
    {.name = "code",
     .type = FIELD_TEXT,
     .label = T("开通码"),
     .hint = T("秘书长给您的一次性开通码，7 天内有效。"),
     .required = true,
     .max = 64,
     .where = IN_FORM},
    {.name = "password",
     .type = FIELD_PASSWORD,
     .label = T("设一个密码"),
     .hint = T("至少 12 位，可以是一句话。"),
     .required = true,
     .max = 128,
     .where = IN_FORM},
    {.name = "again",
     .type = FIELD_PASSWORD,
     .label = T("再输一遍"),
     .required = true,
     .max = 128,
     .where = IN_FORM},
    {0},
};
const struct field PASSWORD_FIELDS[] = {
    {.name = "old",
     .type = FIELD_PASSWORD,
     .label = T("现在的密码"),
     .required = true,
     .max = 128,
     .where = IN_FORM},
    {.name = "password",
     .type = FIELD_PASSWORD,
     .label = T("新密码"),
     .hint = T("至少 12 位，可以是一句话。"),
     .required = true,
     .max = 128,
     .where = IN_FORM},
    {.name = "again",
     .type = FIELD_PASSWORD,
     .label = T("再输一遍"),
     .required = true,
     .max = 128,
     .where = IN_FORM},
    {0},
};

const struct db_stmt LOGIN_ACCOUNT = {
    .name = "login.account",
    .sql = "SELECT id, password_hash, activation_hash, activation_until FROM account "
           "WHERE login = $1 AND state = 'active'",
    .params = "login:text",
    .row = "id:int hash:text? activation_hash:blob? activation_until:time?"};
const struct db_stmt LOGIN_THROTTLED = {
    .name = "login.throttled",
    .sql = "SELECT failures, until FROM throttle WHERE key = $1",
    .params = "key:text",
    .row = "failures:int until:time"};
const struct db_stmt LOGIN_FAILED = {
    .name = "login.failed",
    .sql =
        "INSERT INTO throttle (key, failures, until) VALUES ($1, $2, $3) "
        "ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, until = excluded.until",
    .params = "key:text failures:int until:time"};
const struct db_stmt LOGIN_FORGIVE = {.name = "login.forgive",
                                      .sql = "DELETE FROM throttle WHERE key = $1",
                                      .params = "key:text"};
const struct db_stmt LOGIN_SET_PASSWORD = {
    .name = "login.set_password",
    .sql = "UPDATE account SET password_hash = $2, activation_hash = NULL, "
           "activation_until = NULL, updated_at = $3, version = version + 1 WHERE id = $1",
    .params = "id:int hash:text now:time"};

// What `prepare` found out, away from the request threads.
struct attempt {
    int64_t account_id; // 0 unknown
    bool right;
    bool waits; // too many failures: not even looked at
    int64_t failures;
    const char *key;
    const char *new_hash;
};

bool
is_own_path(const char *s)
{
    return s != NULL && s[0] == '/' && s[1] != '/' && s[1] != '\\' &&
           !text_has_control(s, false);
}

static const char *
throttle_key(struct ctx *c, const char *login)
{
    return arena_printf(c->arena, "%s %s", text_lower(c->arena, login), c->req->peer);
}

static struct attempt *
attempt_new(struct ctx *c, const char *login)
{
    struct attempt *t = ARENA_NEW(c->arena, struct attempt);
    t->key = throttle_key(c, login);
    struct db_rows *r = db_query(c->tx, &LOGIN_THROTTLED, DB_ARGS(DB_TEXT(t->key)));
    if (db_next(r)) {
        t->failures = db_int(r, 0);
        t->waits = db_int(r, 1) > c->now;
    }
    db_end(r);
    c->prepared = t;
    return t;
}

// A hash of nothing anybody knows, so that an unknown account costs the same time.
static const char *
dummy_hash(struct ctx *c)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char kept[crypto_pwhash_STRBYTES];
    pthread_mutex_lock(&lock);
    if (*kept == '\0') {
        const char *h = account_hash_password(c->app, c->arena, "nobody's password");
        snprintf(kept, sizeof kept, "%s", h == NULL ? "" : h);
    }
    pthread_mutex_unlock(&lock);
    return kept;
}

enum err
login_prepare(struct ctx *c)
{
    const char *login = value_get_text(c->in, "login");
    struct attempt *t = attempt_new(c, login);
    const char *hash = NULL;
    if (t->waits) {
        return ERR_OK;
    }
    struct db_rows *r = db_query(c->tx, &LOGIN_ACCOUNT, DB_ARGS(DB_TEXT(login)));
    if (db_next(r)) {
        t->account_id = db_int(r, 0);
        hash = arena_strdup(c->arena, db_text(r, 1));
    }
    db_end(r);
    bool known = hash != NULL;
    bool right = account_check_password(c->app, known ? hash : dummy_hash(c),
                                        value_get_text(c->in, "password"));
    t->right = known && right;
    return ERR_OK;
}

// Waits double from 2 s after five failures to 15 minutes.
static void
remember_failure(struct ctx *c, const struct attempt *t)
{
    int64_t n = t->failures + 1, wait = 0;
    if (n >= FREE_FAILURES) {
        wait = n - FREE_FAILURES > 9 ? LONGEST_WAIT_S : INT64_C(2) << (n - FREE_FAILURES);
        wait = wait > LONGEST_WAIT_S ? LONGEST_WAIT_S : wait;
    }
    db_run(c->tx, &LOGIN_FAILED,
           DB_ARGS(DB_TEXT(t->key), DB_INT(n), DB_INT(c->now + wait * TIME_SECOND)));
}

// A refusal is written down, so it must not roll back: the answer is a page of its own.
static enum err
refuse(struct ctx *c, const struct attempt *t, const char *why)
{
    remember_failure(c, t);
    audit_write(c, "session.refused", "account", t->account_id, NULL);
    const char *next = value_get_text(c->in, "next");
    c->flash = ctx_tr(c, why);
    c->location = next == NULL || !is_own_path(next)
                      ? "/login?failed=1"
                      : arena_printf(c->arena, "/login?failed=1&next=%s", next);
    return ERR_OK;
}

enum err
login_run(struct ctx *c)
{
    const struct attempt *t = c->prepared;
    const char *next = value_get_text(c->in, "next");
    if (t->waits) {
        return ctx_refuse(c, ERR_TOO_MANY, T("试的次数太多，请过一会儿再登录"));
    }
    if (!t->right) {
        return refuse(c, t, T("账号或密码不对"));
    }
    db_run(c->tx, &LOGIN_FORGIVE, DB_ARGS(DB_TEXT(t->key)));
    enum err e = session_open(c, t->account_id);
    audit_write(c, "session.login", "account", t->account_id, NULL);
    c->location = next != NULL && is_own_path(next) ? next : "/";
    return e;
}

enum err
logout_run(struct ctx *c)
{
    session_close(c);
    audit_write(c, "session.logout", "account", c->actor->id, NULL);
    c->location = "/login";
    return ERR_OK;
}

// ---- activation and change -----------------------------------------------------------------

static enum err
check_new_password(struct ctx *c, const char *login)
{
    const char *password = value_get_text(c->in, "password");
    const char *why = account_password_fault(c->arena, password, login);
    if (why != NULL) {
        return ctx_fault(c, "password", "weak", why);
    }
    if (!text_equal(password, value_get_text(c->in, "again"))) {
        return ctx_fault(c, "again", "differs", T("两次输入的不一样"));
    }
    return ERR_OK;
}

static bool
code_matches(struct ctx *c, struct db_rows *r)
{
    const char *code = value_get_text(c->in, "code");
    unsigned char hash[32];
    size_t n = 0;
    const void *kept = db_blob(r, 2, &n);
    crypto_hash_sha256(hash, (const unsigned char *)code, strlen(code));
    return n == sizeof hash && sodium_memcmp(kept, hash, n) == 0 && db_int(r, 3) > c->now;
}

enum err
activate_prepare(struct ctx *c)
{
    const char *login = value_get_text(c->in, "login");
    struct attempt *t = attempt_new(c, login);
    if (t->waits) {
        return ERR_OK;
    }
    if (check_new_password(c, login) != ERR_OK) {
        return ERR_INVALID;
    }
    struct db_rows *r = db_query(c->tx, &LOGIN_ACCOUNT, DB_ARGS(DB_TEXT(login)));
    if (db_next(r)) {
        t->account_id = db_int(r, 0);
        t->right = code_matches(c, r);
    }
    db_end(r);
    t->new_hash = account_hash_password(c->app, c->arena, value_get_text(c->in, "password"));
    return t->new_hash == NULL ? ERR_UNAVAILABLE : ERR_OK;
}

enum err
activate_run(struct ctx *c)
{
    const struct attempt *t = c->prepared;
    if (t->waits) {
        return ctx_refuse(c, ERR_TOO_MANY, T("试的次数太多，请过一会儿再试"));
    }
    if (!t->right) {
        remember_failure(c, t);
        c->flash = ctx_tr(c, T("账号或开通码不对，或者已经过期"));
        c->location = "/activate";
        return ERR_OK;
    }
    db_run(c->tx, &LOGIN_SET_PASSWORD,
           DB_ARGS(DB_INT(t->account_id), DB_TEXT(t->new_hash), DB_INT(c->now)));
    session_close_all(c, t->account_id);
    enum err e = session_open(c, t->account_id);
    audit_write(c, "account.activate", "account", t->account_id, NULL);
    c->location = "/";
    return e;
}

enum err
password_prepare(struct ctx *c)
{
    struct attempt *t = attempt_new(c, c->actor->login);
    const char *hash = NULL;
    if (t->waits) {
        return ctx_refuse(c, ERR_TOO_MANY, T("试的次数太多，请过一会儿再试"));
    }
    if (check_new_password(c, c->actor->login) != ERR_OK) {
        return ERR_INVALID;
    }
    struct db_rows *r = db_query(c->tx, &LOGIN_ACCOUNT, DB_ARGS(DB_TEXT(c->actor->login)));
    if (db_next(r)) {
        hash = arena_strdup(c->arena, db_text(r, 1));
    }
    db_end(r);
    if (hash == NULL || !account_check_password(c->app, hash, value_get_text(c->in, "old"))) {
        return ctx_fault(c, "old", "wrong", T("现在的密码不对"));
    }
    t->new_hash = account_hash_password(c->app, c->arena, value_get_text(c->in, "password"));
    return t->new_hash == NULL ? ERR_UNAVAILABLE : ERR_OK;
}

enum err
password_run(struct ctx *c)
{
    const struct attempt *t = c->prepared;
    db_run(c->tx, &LOGIN_SET_PASSWORD,
           DB_ARGS(DB_INT(c->actor->id), DB_TEXT(t->new_hash), DB_INT(c->now)));
    session_close_all(c, c->actor->id);
    enum err e = session_open(c, c->actor->id);
    audit_write(c, "account.password", "account", c->actor->id, NULL);
    c->flash = ctx_tr(c, T("密码已修改，其他设备已退出登录"));
    c->location = "/me";
    return e;
}

// ---- forms
// ------------------------------------------------------------------------------------

enum err
login_run_form(struct ctx *c)
{
    if (c->actor->id != 0 && !c->renewed) {
        c->location = "/";
    }
    return ERR_OK;
}

enum err
login_show_form(struct ctx *c)
{
    struct arena *a = c->arena;
    const char *next = c->renewed ? http_list_get(&c->req->form, "next") : ctx_query(c, "next");
    c->page = value_map(a);
    value_set_text(a, c->page, "title", ctx_tr(c, T("登录")));
    value_set_text(a, c->page, "next", is_own_path(next) ? next : "");
    value_set_text(a, c->page, "login",
                   c->renewed ? http_list_get(&c->req->form, "login") : "");
    value_set_text(a, c->page, "error",
                   c->detail != NULL                ? c->detail
                   : c->faults.count > 0            ? c->faults.items[0].message
                   : ctx_query(c, "failed") != NULL ? ctx_tr(c, T("账号或密码不对"))
                                                    : NULL);
    return ERR_OK;
}

static enum err
show_form(struct ctx *c, const char *title, const char *action, const char *submit,
          const char *cancel, const struct field *fields)
{
    struct arena *a = c->arena;
    struct value *summary = value_list(a);
    for (unsigned i = 0; i < c->faults.count; i++) {
        const struct fault *f = &c->faults.items[i];
        struct value *m = value_map(a);
        const struct field *field = field_find(fields, f->field == NULL ? "" : f->field);
        value_set_text(a, m, "id", arena_printf(a, "f-%s", f->field));
        value_set_text(a, m, "label", field == NULL ? "" : ctx_tr(c, field->label));
        value_set_text(a, m, "message", f->message);
        value_push(a, summary, m);
    }
    c->page = value_map(a);
    value_set_text(a, c->page, "title", ctx_tr(c, title));
    value_set(a, c->page, "crumbs", value_list(a));
    value_set_text(a, c->page, "action", action);
    value_set_text(a, c->page, "method", "post");
    value_set_text(a, c->page, "token", "");
    value_set(a, c->page, "record_version", &value_null);
    value_set_bool(a, c->page, "multipart", false);
    value_set(a, c->page, "draft", &value_null);
    value_set_text(a, c->page, "errors_title",
                   c->faults.count > 0 ? ctx_tr(c, T("有几处要改，改好就能提交")) : NULL);
    value_set(a, c->page, "errors_summary", summary);
    value_set(a, c->page, "fields", field_form(c, fields, NULL));
    value_set_text(a, c->page, "submit_label", ctx_tr(c, submit));
    value_set_text(a, c->page, "cancel_url", cancel);
    return ERR_OK;
}

enum err
activate_show_form(struct ctx *c)
{
    return show_form(c, T("开通账号"), "/activate", T("开通并登录"), "/login", ACTIVATE_FIELDS);
}

enum err
password_show_form(struct ctx *c)
{
    return show_form(c, T("修改密码"), "/me/password", T("修改密码"), "/me", PASSWORD_FIELDS);
}
