// SPDX-License-Identifier: Apache-2.0
// Fills the demonstration district: organisations, enterprises and people first, then every
// demand's life in the order of time, each step taken by the person it belongs to at the
// moment it says.
#include "cmd/demo.h"

#include "base/text.h"
#include "base/workday.h"
#include "cmd/uscc.h"
#include "kit/account.h"
#include "kit/record_merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEOPLE_MAX = 64, ORGANIZATIONS_MAX = 32, STEP_ARENA_MAX = 32 * 1024 * 1024 };
enum { DUPLICATES_MOST = 1000 };

static const struct actor FOUNDER = {.id = -1,
                                     .login = "system",
                                     .name = "系统",
                                     .organization = "",
                                     .roles = ROLE_ADMIN | ROLE_STAFF};

struct place { // of an organisation
    const char *code;
    int64_t id;
};

struct demo {
    struct district *d;
    struct arena *step; // of one act
    const char *hash;   // of the password
    int64_t now, founded;
    struct place places[ORGANIZATIONS_MAX];
    size_t place_count;
    struct actor people[PEOPLE_MAX];
    size_t people_count;
    int64_t person_ids[PEOPLE_MAX]; // of those of DEMO_ENTERPRISES, in their order
    struct account_new account;     // the one being created
    int64_t account_id;
    struct life *lives;
    size_t life_count;
};

// A demand on its way.
struct life {
    const struct demo_demand *plan;
    int64_t id;
    const char *lead, *assist; // logins of their officers
};

// One thing to happen.
struct happening {
    int64_t at;
    size_t life;
    const struct demo_step *step; // NULL: it is registered
    size_t order;
};

static int64_t
place_id(const struct demo *x, const char *code)
{
    for (size_t i = 0; i < x->place_count; i++) {
        if (strcmp(x->places[i].code, code) == 0) {
            return x->places[i].id;
        }
    }
    return 0;
}

static const struct actor *
person(const struct demo *x, const char *login)
{
    for (size_t i = 0; login != NULL && i < x->people_count; i++) {
        if (strcmp(x->people[i].login, login) == 0) {
            return &x->people[i];
        }
    }
    return NULL;
}

static bool
post(struct demo *x, const struct actor *who, int64_t at, const char *path,
     const struct value *in, int64_t *id)
{
    const struct value *out;
    const char *why;
    struct act act = {x->d->app, x->step, who, at};
    // Rules that ask the clock instead of their ctx see the same moment.
    time_freeze(at);
    enum err e = act_post(&act, path, in, &out, &why);
    time_freeze(0);
    if (e != ERR_OK) {
        cmd_fail("demo: %s by %s: %s", path, who->login, why);
    } else if (id != NULL) {
        *id = value_get_int(out, "id", 0);
    }
    arena_reset(x->step);
    return e == ERR_OK;
}

// ---- people and places ------------------------------------------------------------------

static enum err
create_account(struct ctx *c, void *arg)
{
    struct demo *x = arg;
    c->now = x->founded;
    x->account_id = account_create(c, &x->account);
    return x->account_id != 0 ? ERR_OK : c->result != ERR_OK ? c->result : ERR_CONFLICT;
}

// Only the accounts of the contract can log in at once; the others wait for activation.
static bool
add_person(struct demo *x, const char *login, const char *name, unsigned roles,
           int64_t organization, int64_t enterprise)
{
    static const char open[] = "admin staff secretary officer leader member";
    x->account =
        (struct account_new){.login = login,
                             .name = name,
                             .password_hash = text_list_has(open, login) ? x->hash : NULL,
                             .roles = roles,
                             .organization_id = organization,
                             .enterprise_id = enterprise};
    enum err e = cmd_write(x->d, x->step, create_account, x);
    arena_reset(x->step);
    if (e != ERR_OK || x->people_count == PEOPLE_MAX) {
        cmd_fail("demo: account %s: %s", login, err_info(e)->code);
        return false;
    }
    x->people[x->people_count++] = (struct actor){.id = x->account_id,
                                                  .login = login,
                                                  .name = name,
                                                  .roles = roles,
                                                  .organization_id = organization,
                                                  .organization = "",
                                                  .enterprise_id = enterprise};
    return true;
}

static const struct demo_chamber *
chamber_of(const char *code)
{
    const struct demo_chamber *o = DEMO_CHAMBERS;
    while (o->code != NULL && strcmp(o->code, code) != 0) {
        o++;
    }
    return o->code == NULL ? NULL : o;
}

// A chamber that is only being prepared has no day of founding yet.
static void
put_chamber_facts(struct demo *x, const struct demo_chamber *o, struct value *in)
{
    const struct {
        const char *key, *text;
    } FACTS[] = {{"founded_on", o->founded},
                 {"towns", o->towns},
                 {"industries", o->industries},
                 {"state", o->founded == NULL ? "preparing" : NULL}};
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
        if (FACTS[i].text != NULL) {
            value_set_text(x->step, in, FACTS[i].key, FACTS[i].text);
        }
    }
    if (o->organ != NULL) {
        value_set_text(x->step, in, "uscc", uscc_make(x->step, "51320902", o->organ));
        value_set_text(x->step, in, "registry", "临江区民政局");
        value_set_text(x->step, in, "registered_on", o->founded);
        value_set_text(x->step, in, "competent_authority", "临江区工商联");
    }
}

// Beside those with an account of their own: committees, the joint Party committee, a chamber
// in preparation.
static bool
add_chamber(struct demo *x, const struct demo_chamber *o)
{
    struct value *in = value_map(x->step);
    struct place *p = &x->places[x->place_count];
    value_set_text(x->step, in, "name", o->name);
    value_set_text(x->step, in, "kind", o->kind);
    value_set_text(x->step, in, "code", o->code);
    value_set_int(x->step, in, "parent_id", place_id(x, o->under));
    if (o->phone != NULL) {
        value_set_text(x->step, in, "phone", o->phone);
    }
    put_chamber_facts(x, o, in);
    p->code = o->code;
    x->place_count++;
    return post(x, &FOUNDER, x->founded, "/organizations", in, &p->id);
}

static bool
add_organization(struct demo *x, const struct demo_organization *o)
{
    struct value *in = value_map(x->step);
    value_set_text(x->step, in, "kind", o->kind);
    value_set_text(x->step, in, "name", o->name);
    value_set_text(x->step, in, "short_name", o->short_name);
    value_set_text(x->step, in, "code", o->code);
    value_set_text(x->step, in, "phone", o->phone);
    if (o->categories != NULL) {
        value_set_text(x->step, in, "categories", o->categories);
    }
    if (x->place_count > 0) {
        value_set_int(x->step, in, "parent_id", x->places[0].id);
    }
    const struct demo_chamber *facts = chamber_of(o->code);
    if (facts != NULL) {
        put_chamber_facts(x, facts, in);
    }
    struct place *p = &x->places[x->place_count];
    p->code = o->code;
    if (!post(x, &FOUNDER, x->founded, "/organizations", in, &p->id)) {
        return false;
    }
    x->place_count++;
    bool department = strcmp(o->kind, "department") == 0;
    return o->login == NULL || add_person(x, o->login, o->person,
                                          department ? ROLE_OFFICER : ROLE_SECRETARY, p->id, 0);
}

static bool
add_entrepreneur(struct demo *x, const struct demo_enterprise *e, int64_t enterprise)
{
    struct value *in = value_map(x->step);
    value_set_text(x->step, in, "name", e->person);
    value_set_text(x->step, in, "kind", "entrepreneur");
    value_set_text(x->step, in, "mobile", e->mobile);
    value_set_text(x->step, in, "birth",
                   arena_printf(x->step, "%d-0%d", 1968 + (int)(e - DEMO_ENTERPRISES) * 2,
                                1 + (int)(e - DEMO_ENTERPRISES) % 9));
    value_set_int(x->step, in, "enterprise_id", enterprise);
    int64_t id = 0;
    if (!post(x, &FOUNDER, x->founded, "/people", in, &id)) {
        return false;
    }
    x->person_ids[e - DEMO_ENTERPRISES] = id;
    in = value_map(x->step);
    value_set_int(x->step, in, "person_id", id);
    value_set_int(x->step, in, "enterprise_id", enterprise);
    value_set_text(x->step, in, "post", "legal_representative");
    value_set_text(x->step, in, "since", "2019-06-18");
    if (!post(x, &FOUNDER, x->founded, "/person-posts", in, NULL)) {
        return false;
    }
    in = value_map(x->step);
    value_set_int(x->step, in, "person_id", id);
    value_set_text(x->step, in, "purpose", "message");
    value_set_text(x->step, in, "scope", "会议通知和诉求进展，发到登记的手机");
    value_set_text(x->step, in, "given_on", day_text(x->step, time_to_day(x->founded)));
    value_set_text(x->step, in, "how", "paper");
    return post(x, &FOUNDER, x->founded, "/consents", in, NULL);
}

// Of the last whole year, or of the one before, when everything was a tenth less.
static bool
add_figures(struct demo *x, const struct demo_enterprise *e, int64_t enterprise, int ago)
{
    enum { FEN_IN_WAN = 1000000 };
    struct value *in = value_map(x->step);
    int part = 10 - ago;
    value_set_int(x->step, in, "enterprise_id", enterprise);
    value_set_int(x->step, in, "year", time_civil(x->founded).year - 1 - ago);
    value_set_int(x->step, in, "staff", e->staff * part / 10);
    value_set_int(x->step, in, "revenue_fen",
                  INT64_C(1) * e->revenue_wan * part / 10 * FEN_IN_WAN);
    value_set_int(x->step, in, "assets_fen",
                  INT64_C(1) * e->assets_wan * part / 10 * FEN_IN_WAN);
    value_set_text(x->step, in, "source", "self");
    return post(x, &FOUNDER, x->founded, "/enterprise-figures", in, NULL);
}

static bool
add_tag(struct demo *x, const struct demo_enterprise *e, int64_t enterprise)
{
    struct value *in = value_map(x->step);
    int year = time_civil(x->founded).year;
    if (e->tag == NULL) {
        return true;
    }
    value_set_int(x->step, in, "enterprise_id", enterprise);
    value_set_text(x->step, in, "tag", e->tag);
    value_set_text(x->step, in, "level",
                   strcmp(e->tag, "srdi") == 0 ? "provincial" : "national");
    value_set_text(x->step, in, "source", "official_list");
    value_set_text(x->step, in, "awarded_on", arena_printf(x->step, "%d-12-01", year - 2));
    value_set_text(x->step, in, "valid_to", arena_printf(x->step, "%d-11-30", year + 1));
    return post(x, &FOUNDER, x->founded, "/enterprise-tags", in, NULL);
}

static bool
add_enterprise(struct demo *x, const struct demo_enterprise *e)
{
    struct value *in = value_map(x->step);
    int64_t id = 0;
    value_set_text(x->step, in, "name", e->name);
    value_set_text(x->step, in, "short_name", e->short_name);
    value_set_text(x->step, in, "uscc", uscc_make(x->step, "91320902", e->organ));
    value_set_text(x->step, in, "industry_code", e->industry);
    value_set_text(x->step, in, "region_code", "320902");
    value_set_text(x->step, in, "registry_state", "open");
    value_set_text(x->step, in, "town", e->town);
    value_set_text(x->step, in, "contact_name", e->person);
    value_set_text(x->step, in, "contact_mobile", e->mobile);
    value_set_int(x->step, in, "chamber_id", place_id(x, e->chamber));
    return post(x, &FOUNDER, x->founded, "/enterprises", in, &id) && add_figures(x, e, id, 1) &&
           add_figures(x, e, id, 0) && add_tag(x, e, id) && add_entrepreneur(x, e, id) &&
           add_person(x, e->login, e->person, ROLE_MEMBER, 0, id);
}

static bool
add_everybody(struct demo *x)
{
    for (const struct demo_organization *o = DEMO_ORGANIZATIONS; o->name != NULL; o++) {
        if (!add_organization(x, o)) {
            return false;
        }
    }
    for (const struct demo_chamber *o = DEMO_CHAMBERS; o->code != NULL; o++) {
        if (o->name != NULL && !add_chamber(x, o)) {
            return false;
        }
    }
    int64_t federation = x->places[0].id;
    if (!add_person(x, "admin", "系统管理员", ROLE_ADMIN, federation, 0) ||
        !add_person(x, "staff", "周敏", ROLE_STAFF, federation, 0) ||
        !add_person(x, "leader", "沈思远", ROLE_LEADER, federation, 0)) {
        return false;
    }
    for (const struct demo_enterprise *e = DEMO_ENTERPRISES; e->name != NULL; e++) {
        if (!add_enterprise(x, e)) {
            return false;
        }
    }
    return true;
}

// ---- memberships ------------------------------------------------------------------------

// An enterprise's own application to another chamber than its town's, as far as `steps` goes.
static bool
join(struct demo *x, const char *login, const char *chamber, int days_ago,
     const char *const *steps)
{
    const struct actor *who = person(x, login);
    int64_t id = 0, at = x->now - days_ago * TIME_DAY;
    struct value *in = value_map(x->step);
    value_set_int(x->step, in, "organization_id", place_id(x, chamber));
    value_set_int(x->step, in, "enterprise_id", who->enterprise_id);
    value_set_text(x->step, in, "contact_name", who->name);
    value_set_text(x->step, in, "statement", "愿意参加同行交流，承担会员义务。");
    bool ok = post(x, who, at, "/memberships", in, &id);
    for (; ok && *steps != NULL; steps++) {
        in = value_map(x->step);
        if (strcmp(*steps, "approve") == 0) {
            value_set_text(x->step, in, "decision", "2026 年第 8 次会长办公会");
        }
        at += TIME_DAY;
        ok = post(x, person(x, "staff"), at,
                  arena_printf(x->step, "/memberships/%lld/%s", (long long)id, *steps), in,
                  NULL);
    }
    return ok;
}

// Long a member of another chamber, perhaps until some day.
static bool
has_joined(struct demo *x, const char *login, const char *chamber, const char *since,
           const char *until)
{
    const struct actor *staff = person(x, "staff");
    int64_t id = 0;
    struct value *in = value_map(x->step);
    value_set_int(x->step, in, "organization_id", place_id(x, chamber));
    value_set_int(x->step, in, "enterprise_id", person(x, login)->enterprise_id);
    value_set_text(x->step, in, "since", since);
    if (!post(x, staff, x->founded, "/memberships", in, &id) || until == NULL) {
        return id != 0;
    }
    in = value_map(x->step);
    value_set_text(x->step, in, "until", until);
    value_set_text(x->step, in, "reason", "企业迁出本区");
    return post(x, staff, x->founded,
                arena_printf(x->step, "/memberships/%lld/leave", (long long)id), in, NULL);
}

static bool
add_memberships(struct demo *x)
{
    static const char *const applied[] = {NULL}, *const checked[] = {"check", NULL};
    static const char *const approved[] = {"check", "approve", NULL};
    return has_joined(x, "haifan", "LJ-H02", "2022-05-20", NULL) &&
           has_joined(x, "qinghe", "LJ-H01", "2023-03-08", "2025-04-30") &&
           has_joined(x, "rongguang", "LJ-H01", "2021-09-15", NULL) &&
           has_joined(x, "jinhe", "LJ-H02", "2024-06-12", NULL) &&
           has_joined(x, "hongda", "LJ-S01", "2020-04-18", NULL) &&
           has_joined(x, "hengxian", "LJ-S01", "2022-10-09", NULL) &&
           has_joined(x, "chengchuan", "LJ-S01", "2023-09-01", NULL) &&
           join(x, "member", "LJ-H01", 40, approved) &&
           join(x, "jinhe", "LJ-H01", 2, approved) && join(x, "boyuan", "LJ-H01", 3, checked) &&
           join(x, "wanjiawei", "LJ-H02", 1, applied);
}

// ---- entered twice ----------------------------------------------------------------------

static bool
add_later(struct demo *x, const struct demo_enterprise *e, int64_t *id)
{
    struct value *in = value_map(x->step);
    value_set_text(x->step, in, "name", e->name);
    value_set_text(x->step, in, "uscc", uscc_make(x->step, "91320902", e->organ));
    value_set_text(x->step, in, "town", e->town);
    value_set_text(x->step, in, "contact_name", e->person);
    value_set_text(x->step, in, "contact_mobile", e->mobile);
    if (e->chamber != NULL) {
        value_set_int(x->step, in, "chamber_id", place_id(x, e->chamber));
    }
    if (e->industry != NULL) {
        value_set_text(x->step, in, "industry_code", e->industry);
    }
    return post(x, &FOUNDER, x->founded, "/enterprises", in, id);
}

static enum err
compare_all(struct ctx *c, void *arg)
{
    (void)arg;
    for (const struct module *const *m = c->app->modules; *m != NULL; m++) {
        const struct record_kind *const *k = (*m)->kinds;
        for (; k != NULL && *k != NULL; k++) {
            if ((*k)->duplicates != NULL) {
                record_duplicates_scan(c, *k, DUPLICATES_MOST);
            }
        }
    }
    return db_tx_err(c->tx);
}

// Enterprises that somebody has entered again; the last one was found out and merged.
static bool
add_duplicates(struct demo *x)
{
    int64_t id = 0;
    for (const struct demo_enterprise *e = DEMO_LATER; e->name != NULL; e++) {
        if (!add_later(x, e, &id)) {
            return false;
        }
    }
    struct value *in = value_map(x->step);
    value_set_int(x->step, in, "other_id", id);
    value_set_text(x->step, in, "reason", "秘书处重复登记，联系人同一人");
    const char *path = arena_printf(x->step, "/enterprises/%lld/merge",
                                    (long long)person(x, "qinghe")->enterprise_id);
    bool ok = post(x, person(x, "staff"), x->now - TIME_DAY, path, in, NULL) &&
              cmd_write(x->d, x->step, compare_all, NULL) == ERR_OK;
    arena_reset(x->step);
    return ok;
}

// ---- terms and posts --------------------------------------------------------------------

static int64_t
place_of(const void *x, const char *code)
{
    return place_id(x, code);
}

static int64_t
person_of(const void *of, const char *name)
{
    const struct demo *x = of;
    for (const struct demo_enterprise *e = DEMO_ENTERPRISES; e->name != NULL; e++) {
        if (strcmp(e->person, name) == 0) {
            return x->person_ids[e - DEMO_ENTERPRISES];
        }
    }
    return 0;
}

static bool
add_posts(struct demo *x)
{
    const struct act act = {x->d->app, x->step, person(x, "staff"), x->now};
    const struct demo_known known = {place_of, person_of, x};
    time_freeze(x->now);
    bool ok = demo_posts(&act, &known);
    time_freeze(0);
    arena_reset(x->step);
    return ok;
}

static bool
add_dues(struct demo *x)
{
    const struct act act = {x->d->app, x->step, person(x, "staff"), x->now};
    const struct demo_known known = {place_of, person_of, x};
    time_freeze(x->now);
    bool ok = demo_dues(&act, &known);
    time_freeze(0);
    arena_reset(x->step);
    return ok;
}

// ---- demands ------------------------------------------------------------------------------

static const char *
officer_of(const char *code)
{
    for (const struct demo_organization *o = DEMO_ORGANIZATIONS; o->name != NULL; o++) {
        if (code != NULL && strcmp(o->code, code) == 0) {
            return o->login;
        }
    }
    return NULL;
}

static const struct actor *
who_is(const struct demo *x, const struct life *l, enum demo_who who)
{
    switch (who) {
    case DEMO_MEMBER:
        return person(x, l->plan->enterprise);
    case DEMO_SECRETARY:
        return person(x, "secretary");
    case DEMO_LEAD:
        return person(x, l->lead);
    case DEMO_ASSIST:
        return person(x, l->assist);
    default:
        return person(x, "staff");
    }
}

static const struct demo_enterprise *
enterprise_of(const struct life *l)
{
    const struct demo_enterprise *e = DEMO_ENTERPRISES;
    while (strcmp(e->login, l->plan->enterprise) != 0) {
        e++;
    }
    return e;
}

static bool
register_demand(struct demo *x, struct life *l, int64_t at)
{
    const struct demo_demand *p = l->plan;
    struct value *in = value_map(x->step);
    value_set_text(x->step, in, "title", p->title);
    value_set_text(x->step, in, "body", p->body);
    value_set_text(x->step, in, "category", p->category);
    if (p->hope != NULL) {
        value_set_text(x->step, in, "hope", p->hope);
    }
    value_set_text(x->step, in, "contact_name", enterprise_of(l)->person);
    value_set_text(x->step, in, "contact_mobile", enterprise_of(l)->mobile);
    value_set_text(x->step, in, "visibility", "chamber");
    if (p->by != DEMO_MEMBER) {
        value_set_int(x->step, in, "enterprise_id", person(x, p->enterprise)->enterprise_id);
    }
    return post(x, who_is(x, l, p->by), at, "/demands", in, &l->id);
}

static void
set_number(struct arena *a, struct value *in, const char *key, const char *digits)
{
    int64_t n = 0;
    if (text_to_int(digits, &n)) {
        value_set_int(a, in, key, n);
    }
}

// What the step's columns `text` and `more` are called in its input.
static const struct {
    const char *step, *text, *more, *number;
} INPUTS[] = {
    {"accept", "level", NULL, NULL},     {"reject", "reason", NULL, NULL},
    {"object", "reason", NULL, NULL},    {"contact", "body", NULL, NULL},
    {"note", "body", NULL, NULL},        {"suspend", "reason", NULL, NULL},
    {"extend", "reason", NULL, "days"},  {"grant_extension", NULL, NULL, "days"},
    {"answer", "body", "outcome", NULL}, {"confirm", "comment", NULL, "satisfaction"},
    {"reopen", "reason", NULL, NULL},    {"callback", "result", NULL, "satisfaction"},
    {"withdraw", "reason", NULL, NULL},
};

static void
fill_step(struct demo *x, struct life *l, const struct demo_step *s, struct value *in)
{
    if (strcmp(s->step, "dispatch") == 0) {
        l->lead = officer_of(s->text);
        l->assist = officer_of(s->more);
        value_set_int(x->step, in, "lead_unit_id", place_id(x, s->text));
        if (s->more != NULL) {
            struct value *units = value_list(x->step);
            value_push(x->step, units, value_int(x->step, place_id(x, s->more)));
            value_set(x->step, in, "assist_unit_ids", units);
        }
        return;
    }
    for (size_t i = 0; i < sizeof INPUTS / sizeof *INPUTS; i++) {
        if (strcmp(INPUTS[i].step, s->step) != 0) {
            continue;
        }
        if (INPUTS[i].text != NULL && s->text != NULL) {
            value_set_text(x->step, in, INPUTS[i].text, s->text);
        }
        if (INPUTS[i].more != NULL && s->more != NULL) {
            value_set_text(x->step, in, INPUTS[i].more, s->more);
        }
        if (INPUTS[i].number != NULL && s->more != NULL) {
            set_number(x->step, in, INPUTS[i].number, s->more);
        }
    }
}

static bool
happen(struct demo *x, const struct happening *h)
{
    struct life *l = &x->lives[h->life];
    if (h->step == NULL) {
        return register_demand(x, l, h->at);
    }
    struct value *in = value_map(x->step);
    fill_step(x, l, h->step, in);
    const char *path =
        arena_printf(x->step, "/demands/%lld/%s", (long long)l->id, h->step->step);
    return post(x, who_is(x, l, h->step->who), h->at, path, in, NULL);
}

static int64_t
moment(int32_t day, int time)
{
    return time_of_day(day) + (time / 100) * TIME_HOUR + (time % 100) * TIME_MINUTE;
}

static int
by_time(const void *a, const void *b)
{
    const struct happening *x = a;
    const struct happening *y = b;
    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

// Everything that has happened by now, in order. A plan whose next step lies in the future
// simply is not further yet.
static struct happening *
plan_all(struct demo *x, size_t *count)
{
    size_t total = 0;
    for (const struct demo_demand *p = DEMO_DEMANDS; p->title != NULL; p++, x->life_count++) {
        for (const struct demo_step *s = p->steps; s->step != NULL; s++) {
            total++;
        }
        total++;
    }
    struct happening *all = ARENA_ARRAY(x->d->arena, struct happening, total);
    x->lives = ARENA_ARRAY(x->d->arena, struct life, x->life_count);
    size_t n = 0;
    int32_t today = time_to_day(x->now);
    for (size_t i = 0; i < x->life_count; i++) {
        const struct demo_demand *p = &DEMO_DEMANDS[i];
        x->lives[i].plan = p;
        int32_t day = p->ago == 0 ? today : workday_add(today, -p->ago);
        int64_t at = p->ago == 0 ? x->now - p->time * TIME_MINUTE : moment(day, p->time);
        all[n] = (struct happening){at, i, NULL, n};
        n++;
        for (const struct demo_step *s = p->steps; s->step != NULL; s++) {
            at = moment(s->day == 0 ? day : workday_add(day, s->day), s->time);
            if (at > x->now) {
                break;
            }
            all[n] = (struct happening){at, i, s, n};
            n++;
        }
    }
    qsort(all, n, sizeof *all, by_time);
    *count = n;
    return all;
}

// People have read what is older than three days; the bell tells what is new.
static const struct db_stmt READ_OLD = {.name = "demo.read_old",
                                        .sql = "UPDATE notice SET read_at = at"
                                               " WHERE read_at IS NULL AND at < $1",
                                        .params = "before:time",
                                        .scans = "once, when the demonstration is made"};
static const struct db_stmt *const STATEMENTS[] = {&READ_OLD, NULL};
static const struct route NO_ROUTES[] = {{0}};
const struct module DEMO_MODULE = {.name = "demo", .routes = NO_ROUTES, .stmts = STATEMENTS};

static enum err
read_old(struct db_tx *tx, void *arg)
{
    const struct demo *x = arg;
    db_run(tx, &READ_OLD, DB_ARGS(DB_INT(x->now - 3 * TIME_DAY)));
    return ERR_OK;
}

bool
demo_fill(struct district *d, const char *password)
{
    struct demo x = {.d = d, .now = time_now()};
    x.step = arena_new(STEP_ARENA_MAX);
    x.founded = x.now - 120 * TIME_DAY;
    x.hash = account_hash_password(d->app, d->arena, password);
    bool ok = add_everybody(&x) && add_memberships(&x) && add_duplicates(&x) && add_posts(&x);
    size_t n = 0;
    struct happening *all = ok ? plan_all(&x, &n) : NULL;
    for (size_t i = 0; ok && i < n; i++) {
        ok = happen(&x, &all[i]);
    }
    ok = ok && add_dues(&x);
    ok = ok && db_write(d->app->db, x.step, read_old, &x) == ERR_OK;
    arena_free(x.step);
    return ok;
}
