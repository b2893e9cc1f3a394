// SPDX-License-Identifier: Apache-2.0
#include "mod/account/account.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/attachment.h"
#include "kit/audit.h"
#include "kit/listing.h"
#include "kit/notice.h"
#include "kit/record_merge.h"
#include "kit/seal.h"
#include "kit/session.h"
#include "mod/account/account_impl.h"
#include "mod/account/people.h"
#include "mod/account/throttle.h"

#include <string.h>

enum { DRAFT_MAX = 64 * 1024, PAGE = 30 };

static const struct db_stmt PREFS = {
    .name = "account.prefs",
    .sql = "UPDATE account SET language = coalesce($2, language), theme = coalesce($3, theme), "
           "size = coalesce($4, size) WHERE id = $1",
    .params = "id:int language:text? theme:text? size:text?"};
static const struct db_stmt DRAFT_SAVE = {
    .name = "account.draft_save",
    .sql = "INSERT INTO draft (account_id, name, data, updated_at) VALUES ($1, $2, $3, $4) "
           "ON CONFLICT (account_id, name) DO UPDATE SET data = excluded.data, "
           "updated_at = excluded.updated_at",
    .params = "account_id:int name:text data:text now:time"};
static const struct db_stmt DRAFT_GET = {
    .name = "account.draft_get",
    .sql = "SELECT data, updated_at FROM draft WHERE account_id = $1 AND name = $2",
    .params = "account_id:int name:text",
    .row = "data:text updated_at:time"};
static const struct db_stmt DRAFT_DROP = {
    .name = "account.draft_drop",
    .sql = "DELETE FROM draft WHERE account_id = $1 AND name = $2",
    .params = "account_id:int name:text"};
static const struct db_stmt NOTICES = {
    .name = "account.notices",
    .sql = "SELECT id, at, link, text, arg0, arg1, read_at FROM notice "
           "WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
    .params = "account_id:int before:int most:int",
    .row = "id:int at:time link:text text:text arg0:text? arg1:text? read_at:time?"};
static const struct db_stmt NOTICES_READ = {
    .name = "account.notices_read",
    .sql = "UPDATE notice SET read_at = $2 WHERE account_id = $1 AND read_at IS NULL",
    .params = "account_id:int now:time"};

// ---- me ---------------------------------------------------------------------------------

static enum err
me_run(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct actor *me = c->actor;
    struct value *m = value_map(a), *roles = value_list(a);
    for (unsigned r = 1; r <= ROLE_MEMBER; r <<= 1) {
        if ((me->roles & r) != 0) {
            value_push(a, roles, value_ref(a, role_word((enum role)r)));
        }
    }
    value_set_int(a, m, "id", me->id);
    value_set_text(a, m, "name", me->name);
    value_set(a, m, "roles", roles);
    value_set(a, m, "organization_id",
              me->organization_id == 0 ? &value_null : value_int(a, me->organization_id));
    value_set(a, m, "enterprise_id",
              me->enterprise_id == 0 ? &value_null : value_int(a, me->enterprise_id));
    value_set_text(a, m, "language", language_tag(c->lang));
    c->out = m;
    return ERR_OK;
}

// "手机微信" or "电脑": enough to know one's own again, whatever browsers call themselves.
static const char *
device_of(struct ctx *c, const char *agent)
{
    bool mobile = strstr(agent, "Mobile") != NULL;
    bool wechat = strstr(agent, "MicroMessenger") != NULL;
    return ctx_tr(c, wechat && mobile ? T("手机微信")
                     : wechat         ? T("电脑微信")
                     : mobile         ? T("手机")
                     : *agent != '\0' ? T("电脑")
                                      : T("其他设备"));
}

static enum err
me_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *open = session_list(c);
    struct value *sessions = value_list(a);
    for (size_t i = 0; i < value_count(open); i++) {
        const struct value *s = value_at(open, i);
        struct value *m = value_map(a);
        value_set_text(a, m, "device", device_of(c, value_get_text(s, "agent")));
        value_set(a, m, "ip", value_get(s, "ip"));
        value_set(a, m, "seen_at", value_get(s, "seen_at"));
        value_set(a, m, "current", value_get(s, "current"));
        value_push(a, sessions, m);
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("我的账户")));
    value_set_text(a, c->page, "login", c->actor->login);
    value_set(a, c->page, "sessions", sessions);
    value_set_bool(a, c->page, "has_others", value_count(sessions) > 1);
    return ERR_OK;
}

static enum err
close_others_run(struct ctx *c)
{
    session_close_others(c);
    audit_write(c, "session.close_others", "account", c->actor->id, NULL);
    c->flash = ctx_tr(c, T("其他设备已退出登录"));
    c->location = "/me";
    return ERR_OK;
}

static enum err
nothing_run(struct ctx *c)
{
    return ERR_OK;
}

static const struct choice LANGUAGES[] = {
    {"zh-CN", "中文", NULL}, {"en", "English", NULL}, {0}};
static const struct choice THEMES[] = {
    {"auto", T("跟随系统"), NULL}, {"light", T("浅色"), NULL}, {"dark", T("深色"), NULL}, {0}};
static const struct choice SIZES[] = {{"normal", T("标准"), NULL},
                                      {"large", T("大"), NULL},
                                      {"elder", T("特大"), NULL},
                                      {"max", T("最大"), NULL},
                                      {0}};
static const struct field PREFS_FIELDS[] = {
    {.name = "language",
     .type = FIELD_CHOICE,
     .label = T("语言"),
     .choices = LANGUAGES,
     .where = IN_FORM},
    {.name = "theme",
     .type = FIELD_CHOICE,
     .label = T("深浅"),
     .choices = THEMES,
     .where = IN_FORM},
    {.name = "size",
     .type = FIELD_CHOICE,
     .label = T("字号"),
     .choices = SIZES,
     .where = IN_FORM},
    {.name = "back", .type = FIELD_TEXT, .label = T("返回"), .max = 2000, .where = IN_FORM},
    {0},
};

// One preference a request: into the account when there is one, and a cookie for everybody.
static enum err
prefs_run(struct ctx *c)
{
    static const char *const NAMES[][2] = {
        {"language", "hq_lang"}, {"theme", "hq_theme"}, {"size", "hq_size"}};
    const char *back = value_get_text(c->in, "back");
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const char *v = value_get_text(c->in, NAMES[i][0]);
        if (v != NULL) {
            c->cookie = arena_printf(c->arena, "%s=%s; Path=/; Max-Age=31536000; SameSite=Lax",
                                     NAMES[i][1], v);
        }
    }
    if (c->actor->id > 0) {
        db_put(c->tx, &PREFS,
               DB_ARGS(DB_INT(c->actor->id), DB_TEXT(value_get_text(c->in, "language")),
                       DB_TEXT(value_get_text(c->in, "theme")),
                       DB_TEXT(value_get_text(c->in, "size"))));
    }
    c->location = is_own_path(back) ? back : "/";
    return ERR_OK;
}

// ---- drafts -------------------------------------------------------------------------------

// What is being typed may be anything, mobiles too: sealed as a whole.
static struct seal_place
draft_place(const struct ctx *c, const char *name)
{
    return (struct seal_place){"draft", name, c->actor->id};
}

static enum err
draft_save_run(struct ctx *c)
{
    const struct http_list *form = &c->req->form;
    struct value *data = value_map(c->arena);
    const char *sent_as = http_list_get(form, "sent_as");
    if (sent_as != NULL && ctx_was_sent(c, sent_as)) {
        return ERR_OK; // overtaken by the form itself
    }
    for (size_t i = 0; i < form->count; i++) {
        if (!text_list_has("csrf token sent_as", form->items[i].name)) {
            value_set_text(c->arena, data, form->items[i].name, form->items[i].value);
        }
    }
    struct buf b;
    buf_init(&b, c->arena, 1024, DRAFT_MAX);
    json_write(&b, data);
    if (b.full || strlen(ctx_param(c, "name")) > 64) {
        return ERR_TOO_LARGE;
    }
    const char *name = ctx_param(c, "name");
    const struct seal_place at = draft_place(c, name);
    db_put(c->tx, &DRAFT_SAVE,
           DB_ARGS(DB_INT(c->actor->id), DB_TEXT(name),
                   DB_TEXT(seal_text(c->app, c->arena, seal_key(c->tx, c->arena), &at,
                                     buf_str(&b))),
                   DB_INT(c->now)));
    return ERR_OK;
}

const struct value *
draft_get(struct ctx *c, const char *name, int64_t *kept_at)
{
    struct value *row =
        db_one(c->tx, c->arena, &DRAFT_GET, DB_ARGS(DB_INT(c->actor->id), DB_TEXT(name)));
    const struct seal_place at = draft_place(c, name);
    *kept_at = value_get_int(row, "updated_at", 0);
    const char *sealed = value_get_text(row, "data"), *why;
    const char *plain = sealed == NULL ? NULL : seal_open(c->app, c->arena, &at, sealed);
    return plain == NULL ? NULL : json_parse(c->arena, plain, strlen(plain), &why);
}

void
draft_drop(struct ctx *c, const char *name)
{
    db_put(c->tx, &DRAFT_DROP, DB_ARGS(DB_INT(c->actor->id), DB_TEXT(name)));
}

static enum err
draft_drop_run(struct ctx *c)
{
    const char *back = http_list_get(&c->req->form, "back");
    draft_drop(c, ctx_param(c, "name"));
    c->location = is_own_path(back) ? back : "/";
    return ERR_OK;
}

// ---- notices -------------------------------------------------------------------------------

static int64_t
cursor(struct ctx *c)
{
    int64_t before = INT64_MAX;
    const char *after = ctx_query(c, "after");
    return after != NULL && text_to_int(after, &before) ? before : INT64_MAX;
}

const struct value *
account_next_cursor(struct arena *a, const struct value *items, size_t most)
{
    size_t n = value_count(items);
    if (n < most) {
        return &value_null;
    }
    return value_ref(
        a, arena_printf(a, "%lld", (long long)value_get_int(value_at(items, n - 1), "id", 0)));
}

static enum err
notices_run(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *rows = db_list(
        c->tx, a, &NOTICES, DB_ARGS(DB_INT(c->actor->id), DB_INT(cursor(c)), DB_INT(PAGE)));
    struct value *items = value_list(a), *out = value_map(a);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        const char *arg0 = value_get_text(row, "arg0"), *arg1 = value_get_text(row, "arg1");
        struct value *m = value_map(a);
        value_set(a, m, "id", value_get(row, "id"));
        value_set(a, m, "at", value_get(row, "at"));
        value_set(a, m, "link", value_get(row, "link"));
        value_set_text(a, m, "text",
                       ctx_trf(c, value_get_text(row, "text"), 2, arg0 == NULL ? "" : arg0,
                               arg1 == NULL ? "" : arg1));
        value_set(a, m, "read_at", value_get(row, "read_at"));
        value_set_bool(a, m, "unread", value_get(row, "read_at")->type == VALUE_NULL);
        value_push(a, items, m);
    }
    value_set(a, out, "items", items);
    value_set(a, out, "next", account_next_cursor(a, items, PAGE));
    c->out = out;
    return ERR_OK;
}

static enum err
notices_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    const char *next = value_get_text(c->out, "next");
    struct value *held = value_map(a);
    value_set(a, held, "list", items);
    value_set_text(a, c->page, "title", ctx_tr(c, T("提醒")));
    value_set_bool(a, c->page, "has_unread", notice_unread(c->tx, c->actor->id) > 0);
    value_set(a, c->page, "items", value_count(items) > 0 ? held : &value_null);
    value_set_text(a, c->page, "next",
                   next == NULL ? NULL : arena_printf(a, "/notices?after=%s", next));
    return ERR_OK;
}

static enum err
notices_read_run(struct ctx *c)
{
    db_put(c->tx, &NOTICES_READ, DB_ARGS(DB_INT(c->actor->id), DB_INT(c->now)));
    c->location = "/notices";
    return ERR_OK;
}

// ---- attachments
// -----------------------------------------------------------------------------

static enum err
upload_run(struct ctx *c)
{
    if (c->req->file_count != 1) {
        return ctx_fault(c, "file", "missing", T("请选一个文件"));
    }
    const struct http_file *f = &c->req->files[0];
    if (strcmp(f->field, "file") != 0) {
        return ctx_fault(c, "file", "missing", T("请选一个文件"));
    }
    if (f->size > ATTACHMENT_MAX) {
        return ctx_refuse(c, ERR_TOO_LARGE, T("文件超过 10 MB，请压缩后再传"));
    }
    int64_t id = attachment_store(c, f, "file");
    if (id == 0) {
        return ERR_INVALID;
    }
    struct value *m = value_map(c->arena);
    value_set_int(c->arena, m, "id", id);
    value_set_text(c->arena, m, "name", f->name);
    value_set_int(c->arena, m, "size", (int64_t)f->size);
    audit_write(c, "attachment.store", "attachment", id, NULL);
    c->out = m;
    c->location = arena_printf(c->arena, "/attachments/%lld", (long long)id);
    return ERR_OK;
}

static enum err
download_run(struct ctx *c)
{
    return attachment_send(c, ctx_id(c, "id"));
}

// ---- tables
// ----------------------------------------------------------------------------------

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/login",
     .roles = ROLE_ANYONE,
     .run = login_run_form,
     .show = login_show_form,
     .page = "login",
     .flags = ROUTE_PAGE,
     .help = "Log in"},
    {.method = HTTP_POST,
     .pattern = "/login",
     .roles = ROLE_ANYONE,
     .fields = LOGIN_FIELDS,
     .prepare = login_prepare,
     .run = login_run,
     .again = nothing_run,
     .again_show = login_show_form,
     .again_page = "login",
     .flags = ROUTE_PAGE | ROUTE_WAITS | ROUTE_RATED,
     .help = "Log in"},
    {.method = HTTP_POST,
     .pattern = "/logout",
     .roles = ROLE_SIGNED_IN,
     .run = logout_run,
     .flags = ROUTE_PAGE,
     .help = "Log out"},
    {.method = HTTP_GET,
     .pattern = "/activate",
     .roles = ROLE_ANYONE,
     .run = nothing_run,
     .show = activate_show_form,
     .page = "activate",
     .flags = ROUTE_PAGE,
     .help = "First password with a one-time code"},
    {.method = HTTP_POST,
     .pattern = "/activate",
     .roles = ROLE_ANYONE,
     .fields = ACTIVATE_FIELDS,
     .prepare = activate_prepare,
     .run = activate_run,
     .again = nothing_run,
     .again_show = activate_show_form,
     .again_page = "activate",
     .flags = ROUTE_PAGE | ROUTE_WAITS | ROUTE_RATED,
     .help = "First password with a one-time code"},
    {.method = HTTP_GET,
     .pattern = "/me",
     .roles = ROLE_SIGNED_IN,
     .run = me_run,
     .show = me_show,
     .page = "me",
     .help = "The reader"},
    {.method = HTTP_POST,
     .pattern = "/me/sessions/close",
     .roles = ROLE_SIGNED_IN,
     .run = close_others_run,
     .flags = ROUTE_PAGE,
     .help = "Log out everywhere else"},
    {.method = HTTP_GET,
     .pattern = "/me/password",
     .roles = ROLE_SIGNED_IN,
     .run = nothing_run,
     .show = password_show_form,
     .page = "form",
     .flags = ROUTE_PAGE,
     .help = "Change one's password"},
    {.method = HTTP_POST,
     .pattern = "/me/password",
     .roles = ROLE_SIGNED_IN,
     .fields = PASSWORD_FIELDS,
     .prepare = password_prepare,
     .run = password_run,
     .again = nothing_run,
     .again_show = password_show_form,
     .again_page = "form",
     .flags = ROUTE_PAGE | ROUTE_WAITS,
     .help = "Change one's password"},
    {.method = HTTP_POST,
     .pattern = "/prefs",
     .roles = ROLE_ANYONE,
     .fields = PREFS_FIELDS,
     .run = prefs_run,
     .flags = ROUTE_PAGE,
     .help = "Language, theme, size"},
    {.method = HTTP_POST,
     .pattern = "/drafts/{name}",
     .roles = ROLE_SIGNED_IN,
     .run = draft_save_run,
     .flags = ROUTE_PAGE,
     .max_body = DRAFT_MAX,
     .help = "Keep what is being typed"},
    {.method = HTTP_POST,
     .pattern = "/drafts/{name}/drop",
     .roles = ROLE_SIGNED_IN,
     .run = draft_drop_run,
     .flags = ROUTE_PAGE,
     .help = "Forget what was being typed"},
    {.method = HTTP_GET,
     .pattern = "/notices",
     .roles = ROLE_SIGNED_IN,
     .run = notices_run,
     .show = notices_show,
     .page = "notices",
     .help = "One's notices, newest first"},
    {.method = HTTP_POST,
     .pattern = "/notices/read",
     .roles = ROLE_SIGNED_IN,
     .run = notices_read_run,
     .help = "All read"},
    {.method = HTTP_POST,
     .pattern = "/attachments",
     .roles = ROLE_SIGNED_IN,
     .run = upload_run,
     .max_body = ATTACHMENT_MAX + 65536,
     .help = "Upload a file (multipart, field `file`)"},
    {.method = HTTP_GET,
     .pattern = "/attachments/{id}",
     .roles = ROLE_SIGNED_IN,
     .run = download_run,
     .help = "A file"},
    {.method = HTTP_GET,
     .pattern = "/audit",
     .roles = ROLE_ADMIN,
     .run = audit_log_run,
     .show = audit_log_show,
     .page = "list",
     .help = "Who did what, newest first"},
    {.method = HTTP_GET,
     .pattern = "/accounts",
     .roles = PEOPLE_ROLES,
     .run = people_list_run,
     .show = people_list_show,
     .page = "list",
     .help = "Accounts"},
    {.method = HTTP_GET,
     .pattern = "/accounts/new",
     .roles = PEOPLE_ROLES,
     .run = people_new_run,
     .show = people_new_show,
     .page = "form",
     .flags = ROUTE_PAGE,
     .help = "Form for a new account"},
    // Pages only: a kept answer of the API would hold the code.
    {.method = HTTP_POST,
     .pattern = "/accounts",
     .roles = PEOPLE_ROLES,
     .fields = PEOPLE_FIELDS,
     .run = people_create_run,
     .again = people_new_run,
     .again_show = people_new_show,
     .again_page = "form",
     .flags = ROUTE_PAGE,
     .help = "New account; shows its activation code"},
    {.method = HTTP_GET,
     .pattern = "/accounts/{id}",
     .roles = PEOPLE_ROLES,
     .run = people_detail_run,
     .show = people_detail_show,
     .page = "detail",
     .help = "An account and its posts"},
    {.method = HTTP_GET,
     .pattern = "/accounts/{id}/{step}",
     .roles = PEOPLE_ROLES,
     .run = people_step_form_run,
     .show = people_step_form_show,
     .page = "action",
     .flags = ROUTE_PAGE,
     .help = "Confirm a step: code, disable, enable"},
    {.method = HTTP_POST,
     .pattern = "/accounts/{id}/{step}",
     .roles = PEOPLE_ROLES,
     .run = people_step_run,
     .flags = ROUTE_PAGE,
     .help = "New activation code, disable, enable"},
    {0},
};

static const struct nav_item NAV[] = {
    {.group = T("管理"),
     .url = "/accounts",
     .label = T("账号"),
     .icon = "user-circle",
     .roles = PEOPLE_ROLES},
    {.group = T("管理"),
     .url = "/audit",
     .label = T("审计日志"),
     .icon = "history",
     .roles = ROLE_ADMIN},
    {.group = T("我的"),
     .url = "/me",
     .label = T("我的账户"),
     .icon = "user-circle",
     .roles = ROLE_SIGNED_IN,
     .tab = true},
    {0},
};

static const struct db_stmt *const STMTS[] = {&PREFS,
                                              &DRAFT_SAVE,
                                              &DRAFT_GET,
                                              &DRAFT_DROP,
                                              &NOTICES,
                                              &NOTICES_READ,
                                              &AUDIT_ALL,
                                              &AUDIT_BY_RECORD,
                                              &AUDIT_BY_ACCOUNT,
                                              &AUDIT_BY_ACTION,
                                              &AUDIT_BY_KIND,
                                              &LOGIN_ACCOUNT,
                                              &LOGIN_SET_PASSWORD,
                                              &LOGIN_ACTIVATE,
                                              &LOGIN_REHASH,
                                              &THROTTLE_GET,
                                              &THROTTLE_PUT,
                                              &THROTTLE_FORGET,
                                              &THROTTLE_EXPIRE,
                                              &PEOPLE_LIST,
                                              &PEOPLE_BY_LOGIN,
                                              &PEOPLE_BY_NAME,
                                              &PEOPLE_OF_CHAMBER,
                                              &PEOPLE_GET,
                                              &PEOPLE_POSTS,
                                              &PEOPLE_SET_STATE,
                                              &PEOPLE_OTHER_ADMINS,
                                              NULL};

// Whoever logs in for an enterprise does so for the one it became part of.
static const struct record_link LINKS[] = {
    {.to = "enterprises", .table = "post", .column = "enterprise_id", .label = "登录账号"},
    {0}};

const struct module ACCOUNT_MODULE = {
    .name = "account", .routes = ROUTES, .stmts = STMTS, .nav = NAV, .links = LINKS};
