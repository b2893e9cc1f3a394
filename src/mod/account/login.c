// SPDX-License-Identifier: Apache-2.0
// Logging in: the answer and its time are the same whether the account exists or not. A try
// that fails is written down (throttle, audit), so it is answered by a commit, not by an error
// that would roll back.
#include "mod/account/account_impl.h"

#include "base/text.h"
#include "kit/account.h"
#include "kit/app.h"
#include "kit/audit.h"
#include "kit/session.h"
#include "mod/account/throttle.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { CODE_HASH = crypto_hash_sha256_BYTES };

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
    .sql = "SELECT id, name, password_hash, activation_hash, activation_until FROM account "
           "WHERE login = $1 AND state = 'active'",
    .params = "login:text",
    .row = "id:int name:text password_hash:text? activation_hash:blob? activation_until:time?"};
const struct db_stmt LOGIN_SET_PASSWORD = {
    .name = "login.set_password",
    .sql = "UPDATE account SET password_hash = $2, activation_hash = NULL, "
           "activation_until = NULL, updated_at = $3, version = version + 1 WHERE id = $1",
    .params = "id:int hash:text now:time"};
// One use: whoever comes second with the same code changes nothing.
const struct db_stmt LOGIN_ACTIVATE = {
    .name = "login.activate",
    .sql = "UPDATE account SET password_hash = $2, activation_hash = NULL, "
           "activation_until = NULL, updated_at = $3, version = version + 1 "
           "WHERE id = $1 AND activation_hash = $4 AND activation_until > $3",
    .params = "id:int hash:text now:time code:blob"};
const struct db_stmt LOGIN_REHASH = {
    .name = "login.rehash",
    .sql = "UPDATE account SET password_hash = $2 WHERE id = $1 AND password_hash = $3",
    .params = "id:int hash:text old:text"};

// What `prepare` found out, away from the request threads.
struct attempt {
    struct throttle throttle;
    int64_t account_id; // 0 unknown
    const char *name;
    bool right;
    unsigned char code[CODE_HASH];
    const char *hash;     // as it was; NULL none
    const char *new_hash; // NULL: stays
};

bool
is_own_path(const char *s)
{
    return s != NULL && s[0] == '/' && s[1] != '/' && s[1] != '\\' &&
           !text_has_control(s, false);
}

static struct attempt *
attempt_new(struct ctx *c, const char *login)
{
    struct attempt *t = ARENA_NEW(c->arena, struct attempt);
    throttle_read(c, login, &t->throttle);
    c->prepared = t;
    return t;
}

static enum err
too_many(struct ctx *c, const struct attempt *t)
{
    const char *seconds =
        arena_printf(c->arena, "%lld", (long long)((t->throttle.wait + 999) / 1000));
    c->detail = ctx_trf(c, T("试的次数太多，请过 {0} 秒再试"), 1, seconds);
    c->retry_ms = t->throttle.wait;
    return ERR_TOO_MANY;
}

// The log-in itself is done by whom it makes known.
static void
audit_as(struct ctx *c, const struct attempt *t, const char *action)
{
    const struct actor *nobody = c->actor;
    const struct actor who = {.id = t->account_id, .name = t->name};
    c->actor = &who;
    audit_write(c, action, "account", t->account_id, NULL);
    c->actor = nobody;
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

static void
find_account(struct ctx *c, const char *login, struct attempt *t)
{
    struct db_rows *r = db_query(c->tx, &LOGIN_ACCOUNT, DB_ARGS(DB_TEXT(login)));
    if (db_next(r)) {
        t->account_id = db_int(r, 0);
        t->name = arena_strdup(c->arena, db_text(r, 1));
        t->hash = arena_strdup(c->arena, db_text(r, 2));
    }
    db_end(r);
}

enum err
login_prepare(struct ctx *c)
{
    const char *login = value_get_text(c->in, "login");
    const char *password = value_get_text(c->in, "password");
    struct attempt *t = attempt_new(c, login);
    if (t->throttle.wait > 0) {
        return too_many(c, t);
    }
    find_account(c, login, t);
    bool known = t->hash != NULL;
    bool right = account_check_password(c->app, known ? t->hash : dummy_hash(c), password);
    t->right = known && right;
    if (t->right && account_hash_outdated(t->hash)) {
        t->new_hash = account_hash_password(c->app, c->arena, password);
    }
    return ERR_OK;
}

enum err
login_run(struct ctx *c)
{
    const struct attempt *t = c->prepared;
    const char *next = value_get_text(c->in, "next");
    if (!t->right) {
        throttle_failed(c, &t->throttle);
        audit_write(c, "session.refused", "account", t->account_id, NULL);
        c->status = 422;
        c->template = "login";
        c->renewed = true;
        c->detail = ctx_tr(c, T("账号或密码不对"));
        return login_show_form(c);
    }
    throttle_passed(c, &t->throttle);
    if (t->new_hash != NULL) {
        db_put(c->tx, &LOGIN_REHASH,
               DB_ARGS(DB_INT(t->account_id), DB_TEXT(t->new_hash), DB_TEXT(t->hash)));
    }
    enum err e = session_open(c, t->account_id);
    audit_as(c, t, "session.login");
    c->location = is_own_path(next) ? next : "/";
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

// As it is typed: with the spaces it is printed with, in either case.
static void
hash_code(struct arena *a, const char *typed, unsigned char out[CODE_HASH])
{
    const char *s = text_lower(a, typed);
    char *code = arena_alloc(a, strlen(s) + 1);
    size_t n = 0;
    for (; *s != '\0'; s++) {
        if (*s != ' ' && *s != '-') {
            code[n++] = *s;
        }
    }
    crypto_hash_sha256(out, (const unsigned char *)code, n);
}

// True when the account waits for this code.
static bool
code_matches(struct ctx *c, const char *login, const struct attempt *t)
{
    struct db_rows *r = db_query(c->tx, &LOGIN_ACCOUNT, DB_ARGS(DB_TEXT(login)));
    bool matches = false;
    if (db_next(r)) {
        size_t n = 0;
        const void *kept = db_blob(r, 3, &n);
        matches =
            n == CODE_HASH && sodium_memcmp(kept, t->code, n) == 0 && db_int(r, 4) > c->now;
    }
    db_end(r);
    return matches;
}

enum err
activate_prepare(struct ctx *c)
{
    const char *login = value_get_text(c->in, "login");
    struct attempt *t = attempt_new(c, login);
    if (t->throttle.wait > 0) {
        return too_many(c, t);
    }
    if (check_new_password(c, login) != ERR_OK) {
        return ERR_INVALID;
    }
    hash_code(c->arena, value_get_text(c->in, "code"), t->code);
    find_account(c, login, t);
    t->right = code_matches(c, login, t);
    // Hashed in any case: the time must not tell whether the code was right.
    t->new_hash = account_hash_password(c->app, c->arena, value_get_text(c->in, "password"));
    return t->new_hash == NULL ? ERR_UNAVAILABLE : ERR_OK;
}

enum err
activate_run(struct ctx *c)
{
    const struct attempt *t = c->prepared;
    bool right = t->right && db_run(c->tx, &LOGIN_ACTIVATE,
                                    DB_ARGS(DB_INT(t->account_id), DB_TEXT(t->new_hash),
                                            DB_INT(c->now), DB_BLOB(t->code, CODE_HASH))) == 1;
    if (!right) {
        throttle_failed(c, &t->throttle);
        audit_write(c, "account.activation_refused", "account", t->account_id, NULL);
        c->flash = ctx_tr(c, T("账号或开通码不对，或者已经过期"));
        c->location = "/activate";
        return ERR_OK;
    }
    throttle_passed(c, &t->throttle);
    session_close_all(c, t->account_id);
    enum err e = session_open(c, t->account_id);
    audit_as(c, t, "account.activate");
    c->location = "/";
    return e;
}

enum err
password_prepare(struct ctx *c)
{
    const char *login = c->actor->login;
    struct attempt *t = attempt_new(c, login);
    if (t->throttle.wait > 0) {
        return too_many(c, t);
    }
    if (check_new_password(c, login) != ERR_OK) {
        return ERR_INVALID;
    }
    find_account(c, login, t);
    t->right = t->hash != NULL &&
               account_check_password(c->app, t->hash, value_get_text(c->in, "old"));
    if (t->right) {
        t->new_hash =
            account_hash_password(c->app, c->arena, value_get_text(c->in, "password"));
    }
    return t->right && t->new_hash == NULL ? ERR_UNAVAILABLE : ERR_OK;
}

enum err
password_run(struct ctx *c)
{
    const struct attempt *t = c->prepared;
    if (!t->right) {
        throttle_failed(c, &t->throttle);
        audit_write(c, "account.password_refused", "account", c->actor->id, NULL);
        c->flash = ctx_tr(c, T("现在的密码不对"));
        c->location = "/me/password";
        return ERR_OK;
    }
    throttle_passed(c, &t->throttle);
    db_put(c->tx, &LOGIN_SET_PASSWORD,
           DB_ARGS(DB_INT(c->actor->id), DB_TEXT(t->new_hash), DB_INT(c->now)));
    session_close_all(c, c->actor->id);
    enum err e = session_open(c, c->actor->id);
    audit_write(c, "account.password", "account", c->actor->id, NULL);
    c->flash = ctx_tr(c, T("密码已修改，其他设备已退出登录"));
    c->location = "/me";
    return e;
}

// ---- forms -------------------------------------------------------------------------------

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
                   c->detail != NULL     ? c->detail
                   : c->faults.count > 0 ? c->faults.items[0].message
                                         : NULL);
    return ERR_OK;
}

enum err
account_show_form(struct ctx *c, const char *title, const char *action, const char *submit,
                  const char *cancel, const struct field *fields)
{
    struct arena *a = c->arena;
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
    value_set(a, c->page, "errors_summary", field_summary(c, fields, "errors"));
    value_set(a, c->page, "fields",
              fields == NULL ? value_list(a) : field_form(c, fields, NULL));
    value_set_text(a, c->page, "submit_label", ctx_tr(c, submit));
    value_set_text(a, c->page, "cancel_url", cancel);
    return ERR_OK;
}

enum err
activate_show_form(struct ctx *c)
{
    return account_show_form(c, T("开通账号"), "/activate", T("开通并登录"), "/login",
                             ACTIVATE_FIELDS);
}

enum err
password_show_form(struct ctx *c)
{
    return account_show_form(c, T("修改密码"), "/me/password", T("修改密码"), "/me",
                             PASSWORD_FIELDS);
}
