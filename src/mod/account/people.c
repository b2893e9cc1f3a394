// SPDX-License-Identifier: Apache-2.0
// Making accounts, giving codes, disabling: nobody may do to an account what would give him
// more than he has, so staff do not touch administrators, and a secretary only the accounts
// of the chamber's own enterprises.
#include "mod/account/people.h"

#include "base/text.h"
#include "kit/account.h"
#include "kit/audit.h"
#include "kit/listing.h"
#include "kit/session.h"
#include "mod/account/account_impl.h"
#include "mod/enterprise/enterprise.h"
#include "mod/org/org.h"

#include <string.h>

enum { FOUND_MOST = 50 };

#define PERSON                                                                                 \
    "a.id, a.login, a.name, a.state, a.password_hash IS NOT NULL AS activated, a.created_at"
#define PERSON_ROW "id:int login:text name:text state:text activated:bool created_at:time"

const struct db_stmt PEOPLE_LIST = {.name = "people.list",
                                    .sql = "SELECT " PERSON " FROM account a WHERE a.id < $1 "
                                           "ORDER BY a.id DESC LIMIT $2",
                                    .params = "before:int most:int",
                                    .row = PERSON_ROW};
// $1 up to $2, which is $1 with the greatest character behind it: what begins with $1.
const struct db_stmt PEOPLE_BY_LOGIN = {
    .name = "people.by_login",
    .sql = "SELECT " PERSON " FROM account a WHERE a.login >= $1 AND a.login < $2 "
           "ORDER BY a.login LIMIT $3",
    .params = "from:text to:text most:int",
    .row = PERSON_ROW};
const struct db_stmt PEOPLE_BY_NAME = {
    .name = "people.by_name",
    .sql = "SELECT " PERSON " FROM account a WHERE a.name >= $1 AND a.name < $2 "
           "ORDER BY a.name LIMIT $3",
    .params = "from:text to:text most:int",
    .row = PERSON_ROW};
const struct db_stmt PEOPLE_OF_CHAMBER = {
    .name = "people.of_chamber",
    .sql = "SELECT DISTINCT " PERSON " FROM enterprise e JOIN post p ON p.enterprise_id = e.id "
           "JOIN account a ON a.id = p.account_id WHERE e.chamber_id = $1 AND a.id < $2 "
           "ORDER BY a.id DESC LIMIT $3",
    .params = "chamber_id:int before:int most:int",
    .row = PERSON_ROW,
    .scans = "sorts the accounts of one chamber, which are some hundreds"};
const struct db_stmt PEOPLE_GET = {.name = "people.get",
                                   .sql = "SELECT " PERSON " FROM account a WHERE a.id = $1",
                                   .params = "id:int",
                                   .row = PERSON_ROW};
const struct db_stmt PEOPLE_POSTS = {
    .name = "people.posts",
    .sql = "SELECT p.role, p.organization_id, o.name AS organization, p.enterprise_id, "
           "e.name AS enterprise, e.chamber_id FROM post p "
           "LEFT JOIN organization o ON o.id = p.organization_id "
           "LEFT JOIN enterprise e ON e.id = p.enterprise_id "
           "WHERE p.account_id = $1 AND (p.until IS NULL OR p.until > $2) ORDER BY p.id",
    .params = "account_id:int now:time",
    .row = "role:text organization_id:int? organization:text? enterprise_id:int? "
           "enterprise:text? chamber_id:int?"};
const struct db_stmt PEOPLE_SET_STATE = {
    .name = "people.set_state",
    .sql = "UPDATE account SET state = $2, updated_at = $3, version = version + 1 "
           "WHERE id = $1 AND state <> $2",
    .params = "id:int state:text now:time"};
const struct db_stmt PEOPLE_OTHER_ADMINS = {
    .name = "people.other_admins",
    .sql = "SELECT count(*) AS n FROM post p JOIN account a ON a.id = p.account_id "
           "WHERE p.role = 'admin' AND a.state = 'active' AND a.id <> $1 "
           "AND (p.until IS NULL OR p.until > $2)",
    .params = "id:int now:time",
    .row = "n:int"};

// ---- reading ---------------------------------------------------------------------------

static struct value *
with_posts(struct ctx *c, struct value *person)
{
    int64_t id = value_get_int(person, "id", 0);
    value_set(c->arena, person, "posts",
              db_list(c->tx, c->arena, &PEOPLE_POSTS, DB_ARGS(DB_INT(id), DB_INT(c->now))));
    return person;
}

// The office reads everybody; a secretary who has a post in an enterprise of the chamber.
static bool
may_read(struct ctx *c, const struct value *person)
{
    const struct value *posts = value_get(person, "posts");
    for (size_t i = 0; !ctx_is(c, ROLE_OFFICE) && i < value_count(posts); i++) {
        int64_t chamber = value_get_int(value_at(posts, i), "chamber_id", 0);
        if (chamber != 0 && chamber == c->actor->organization_id) {
            return true;
        }
    }
    return ctx_is(c, ROLE_OFFICE);
}

static bool
may_manage(struct ctx *c, const struct value *person)
{
    const struct value *posts = value_get(person, "posts");
    bool office = ctx_is(c, ROLE_OFFICE);
    for (size_t i = 0; i < value_count(posts); i++) {
        const struct value *post = value_at(posts, i);
        unsigned role = role_parse(value_get_text(post, "role"));
        int64_t chamber = value_get_int(post, "chamber_id", 0);
        if ((role == ROLE_ADMIN && !ctx_is(c, ROLE_ADMIN)) ||
            (!office &&
             (role != ROLE_MEMBER || chamber == 0 || chamber != c->actor->organization_id))) {
            return false;
        }
    }
    return value_get_int(person, "id", 0) != c->actor->id && may_read(c, person);
}

bool
people_may_step(struct ctx *c, const struct value *person, const char *step)
{
    bool active = text_equal(value_get_text(person, "state"), "active");
    bool known = strcmp(step, "code") == 0 || strcmp(step, "disable") == 0 ||
                 strcmp(step, "enable") == 0;
    return known && may_manage(c, person) && active == (strcmp(step, "enable") != 0);
}

// The person of {id} with posts; NULL when there is none the actor may read.
static struct value *
find_person(struct ctx *c)
{
    struct value *person =
        db_one(c->tx, c->arena, &PEOPLE_GET, DB_ARGS(DB_INT(ctx_id(c, "id"))));
    if (person == NULL || !may_read(c, with_posts(c, person))) {
        return NULL;
    }
    return person;
}

static struct value *
search(struct ctx *c, const char *q)
{
    const char *to = arena_printf(c->arena, "%s\xf4\x8f\xbf\xbf", q);
    const struct db_arg args[] = {DB_TEXT(q), DB_TEXT(to), DB_INT(FOUND_MOST)};
    struct value *found = db_list(c->tx, c->arena, &PEOPLE_BY_LOGIN, args, 3);
    const struct value *named = db_list(c->tx, c->arena, &PEOPLE_BY_NAME, args, 3);
    for (size_t i = 0; i < value_count(named); i++) {
        value_push(c->arena, found, value_at(named, i));
    }
    return found;
}

enum err
people_list_run(struct ctx *c)
{
    struct arena *a = c->arena;
    unsigned most = listing_limit(c);
    const char *q = ctx_query(c, "q"), *after = ctx_query(c, "after");
    int64_t before = INT64_MAX;
    bool searching = q != NULL && *q != '\0' && ctx_is(c, ROLE_OFFICE);
    if (after != NULL && !text_to_int(after, &before)) {
        ctx_fault(c, "after", "cursor", T("这个翻页位置不对，请从第一页看起"));
    }
    if (c->faults.count > 0) {
        return ERR_INVALID;
    }
    const struct value *found =
        searching ? search(c, text_tidy(a, q, false))
        : ctx_is(c, ROLE_OFFICE)
            ? db_list(c->tx, a, &PEOPLE_LIST, DB_ARGS(DB_INT(before), DB_INT((int64_t)most)))
            : db_list(c->tx, a, &PEOPLE_OF_CHAMBER,
                      DB_ARGS(DB_INT(c->actor->organization_id), DB_INT(before),
                              DB_INT((int64_t)most)));
    struct value *out = value_map(a), *items = value_list(a);
    for (size_t i = 0; i < value_count(found); i++) {
        value_push(a, items, with_posts(c, (struct value *)value_at(found, i)));
    }
    value_set(a, out, "items", items);
    value_set(a, out, "next", searching ? &value_null : account_next_cursor(a, items, most));
    c->out = out;
    return ERR_OK;
}

enum err
people_detail_run(struct ctx *c)
{
    c->out = find_person(c);
    return c->out == NULL ? ERR_NOT_FOUND : ERR_OK;
}

// ---- making an account
// -----------------------------------------------------------------------

static const char *
check_login(struct arena *a, const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-@");
    return s[n] == '\0' ? NULL : T("账号用手机号，或小写字母、数字和 . _ - @");
}

static const struct choice ROLE_CHOICES[] = {{"admin", T("系统管理员"), NULL},
                                             {"staff", T("工作人员"), NULL},
                                             {"secretary", T("商会秘书长"), NULL},
                                             {"officer", T("部门经办人"), NULL},
                                             {"leader", T("领导"), NULL},
                                             {"member", T("企业"), NULL},
                                             {0}};
const struct field PEOPLE_FIELDS[] = {
    {.name = "login",
     .type = FIELD_TEXT,
     .label = T("登录账号"),
     .hint = T("企业用联系人的手机号。"),
     .required = true,
     .min = 2,
     .max = 64,
     .check = check_login,
     .where = IN_FORM},
    {.name = "name",
     .type = FIELD_TEXT,
     .label = T("姓名"),
     .required = true,
     .max = 50,
     .where = IN_FORM},
    {.name = "enterprise_id",
     .type = FIELD_REF,
     .label = T("企业"),
     .hint = T("企业账号要选。"),
     .ref = "enterprises",
     .where = IN_FORM},
    // A secretary makes accounts of enterprises only and is not asked these two.
    {.name = "role",
     .type = FIELD_CHOICE,
     .label = T("身份"),
     .choices = ROLE_CHOICES,
     .where = IN_FORM},
    {.name = "organization_id",
     .type = FIELD_REF,
     .label = T("单位"),
     .hint = T("秘书长选商会，经办人选部门。"),
     .ref = "organizations",
     .where = IN_FORM},
    {0},
};

static unsigned
wanted_role(struct ctx *c)
{
    const char *role = value_get_text(c->in, "role");
    return !ctx_is(c, ROLE_OFFICE) ? ROLE_MEMBER : role == NULL ? 0 : role_parse(role);
}

static enum err
check_member(struct ctx *c, struct account_new *new)
{
    const struct value *e = enterprise_by_id(c->tx, c->arena, new->enterprise_id);
    if (new->enterprise_id == 0) {
        return ctx_fault(c, "enterprise_id", "required", T("企业账号要选企业"));
    }
    // What a secretary may not know of does not exist.
    if (e == NULL || (!ctx_is(c, ROLE_OFFICE) &&
                      value_get_int(e, "chamber_id", 0) != c->actor->organization_id)) {
        return ctx_fault(c, "enterprise_id", "reference", T("没有这家企业"));
    }
    new->organization_id = 0;
    return ERR_OK;
}

static enum err
check_post(struct ctx *c, struct account_new *new)
{
    if (new->roles == 0) {
        return ctx_fault(c, "role", "required", T("请选身份"));
    }
    if (new->roles == ROLE_ADMIN && !ctx_is(c, ROLE_ADMIN)) {
        return ctx_fault(c, "role", "forbidden", T("只有系统管理员能开设管理员账号"));
    }
    if (new->roles == ROLE_MEMBER) {
        return check_member(c, new);
    }
    new->enterprise_id = 0;
    bool needs = new->roles == ROLE_SECRETARY || new->roles == ROLE_OFFICER;
    if (needs && new->organization_id == 0) {
        return ctx_fault(c, "organization_id", "required", T("请选单位"));
    }
    if (new->organization_id != 0 && org_name(c->tx, c->arena, new->organization_id) == NULL) {
        return ctx_fault(c, "organization_id", "reference", T("没有这个单位"));
    }
    return ERR_OK;
}

// The code stands on this one page and nowhere else: not in the database, not in a redirect.
static enum err
show_code(struct ctx *c, int64_t id, const char *login, const char *name)
{
    struct arena *a = c->arena;
    const char *code = account_activation(c, id);
    struct buf b;
    buf_init(&b, a, 64, 64);
    for (size_t i = 0; code[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0) {
            buf_putc(&b, ' ');
        }
        buf_putc(&b, code[i]);
    }
    c->page = value_map(a);
    value_set_text(a, c->page, "title", ctx_tr(c, T("开通码")));
    value_set_text(a, c->page, "login", arena_strdup(a, login));
    value_set_text(a, c->page, "name", arena_strdup(a, name));
    value_set_text(a, c->page, "code", buf_str(&b));
    value_set(a, c->page, "until", value_time(a, c->now + 7 * TIME_DAY));
    value_set_text(a, c->page, "back_url", arena_printf(a, "/accounts/%lld", (long long)id));
    c->template = "account-code";
    return ERR_OK;
}

enum err
people_new_run(struct ctx *c)
{
    return ERR_OK;
}

enum err
people_create_run(struct ctx *c)
{
    struct account_new new = {.login = value_get_text(c->in, "login"),
                              .name = value_get_text(c->in, "name"),
                              .roles = wanted_role(c),
                              .organization_id = value_get_int(c->in, "organization_id", 0),
                              .enterprise_id = value_get_int(c->in, "enterprise_id", 0)};
    if (check_post(c, &new) != ERR_OK) {
        return ERR_INVALID;
    }
    int64_t id = account_create(c, &new);
    if (id == 0) {
        return ctx_fault(c, "login", "taken", T("这个账号已经有人用"));
    }
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "role", role_word((enum role) new.roles));
    value_set_int(c->arena, data, "organization_id", new.organization_id);
    value_set_int(c->arena, data, "enterprise_id", new.enterprise_id);
    audit_write(c, "account.create", "account", id, data);
    c->status = 201;
    return show_code(c, id, new.login, new.name);
}

// ---- steps ------------------------------------------------------------------------------

enum err
people_step_form_run(struct ctx *c)
{
    struct value *person = find_person(c);
    if (person == NULL || !people_may_step(c, person, ctx_param(c, "step"))) {
        return ERR_NOT_FOUND;
    }
    c->out = person;
    return ERR_OK;
}

static enum err
set_state(struct ctx *c, int64_t id, const char *state)
{
    if (strcmp(state, "disabled") == 0 &&
        db_value_int(c->tx, &PEOPLE_OTHER_ADMINS, DB_ARGS(DB_INT(id), DB_INT(c->now)), 0) ==
            0) {
        return ctx_refuse(c, ERR_CONFLICT, T("至少要留一个能用的系统管理员"));
    }
    db_put(c->tx, &PEOPLE_SET_STATE, DB_ARGS(DB_INT(id), DB_TEXT(state), DB_INT(c->now)));
    session_close_all(c, id);
    c->location = arena_printf(c->arena, "/accounts/%lld", (long long)id);
    return ERR_OK;
}

enum err
people_step_run(struct ctx *c)
{
    struct value *person = find_person(c);
    const char *step = ctx_param(c, "step");
    if (person == NULL || !people_may_step(c, person, step)) {
        return ERR_NOT_FOUND;
    }
    int64_t id = value_get_int(person, "id", 0);
    audit_write(c, arena_printf(c->arena, "account.%s", step), "account", id, NULL);
    if (strcmp(step, "code") == 0) {
        return show_code(c, id, value_get_text(person, "login"),
                         value_get_text(person, "name"));
    }
    return set_state(c, id, strcmp(step, "disable") == 0 ? "disabled" : "active");
}
