// SPDX-License-Identifier: Apache-2.0
// Organisations: what may stand under what, how they end and what becomes of their members, the
// tree, and where there is no chamber.
#include "store/request.h"

#include "app.h"
#include "base/text.h"
#include "kit/lifecycle.h"
#include "mod/enterprise/enterprise.h"
#include "mod/membership/membership_impl.h"
#include "mod/org/org_impl.h"
#include "mod/post/post_impl.h"

static const struct actor STAFF = {
    .id = 1, .login = "staff", .name = "王", .roles = ROLE_STAFF};
static const struct actor SECRETARY = {
    .id = 2, .login = "s", .name = "一", .roles = ROLE_SECRETARY, .organization_id = 2};

struct new_one {
    const struct record_kind *k;
    const char *const *pairs;
    int64_t change, id; // change: the record to change, 0 for a new one
};

static enum err
put_one(struct ctx *c, void *arg)
{
    struct new_one *n = arg;
    struct value *rec = value_map(c->arena);
    for (const char *const *p = n->pairs; *p != NULL; p += 2) {
        const struct field *f = field_find(n->k->fields, p[0]);
        int64_t i;
        if (f->type == FIELD_REF && text_to_int(p[1], &i)) {
            value_set_int(c->arena, rec, p[0], i);
        } else {
            value_set_text(c->arena, rec, p[0], p[1]);
        }
    }
    if (n->change != 0) {
        return record_update(c, n->k, n->change, rec, 0);
    }
    n->id = record_create(c, n->k, rec);
    return n->id != 0 ? ERR_OK : c->result;
}

static enum err
put(struct world *w, const struct actor *who, const struct record_kind *k, int64_t change,
    const char *const *pairs)
{
    struct new_one n = {k, pairs, change, 0};
    return in_write(w, request(w, who), put_one, &n);
}
#define PUT(w, kind, change, ...)                                                              \
    put((w), &STAFF, &(kind), (change), (const char *const[]){__VA_ARGS__, NULL})

struct step {
    const char *name;
    int64_t id;
    const char *on, *reason;
    int64_t into;
};

static enum err
take(struct ctx *c, void *arg)
{
    const struct step *s = arg;
    struct lifecycle_record r;
    value_set_text(c->arena, c->in, "reason", s->reason != NULL ? s->reason : "长期没有活动");
    value_set_text(c->arena, c->in, "decision", "临江联〔2026〕12号");
    if (s->on != NULL) {
        value_set_text(c->arena, c->in, "on", s->on);
    }
    if (s->into != 0) {
        value_set_int(c->arena, c->in, "into_id", s->into);
    }
    return lifecycle_step(c, &ORG_LIFECYCLE, lifecycle_find(&ORG_LIFECYCLE, s->name), s->id,
                          &r);
}

static enum err
step(struct world *w, struct step s)
{
    return in_write(w, request(w, &STAFF), take, &s);
}

static const struct value *
read_one(struct world *w, const struct record_kind *k, int64_t id)
{
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    const struct value *rec = record_get(c, k, id);
    read_end(c);
    return rec;
}

// 1 federation, 2 港口镇商会, 3 装备制造业商会, 4 机械业商会; enterprises 1 (2 and 3), 2 (2), 3
// (none).
static void
district(struct world *w)
{
    w->app.modules = MODULES;
    assert_int_equal(PUT(w, ORG_KIND, 0, "name", "区工商联", "kind", "federation"), ERR_OK);
    assert_int_equal(
        PUT(w, ORG_KIND, 0, "name", "港口镇商会", "kind", "town", "parent_id", "1"), ERR_OK);
    assert_int_equal(PUT(w, ORG_KIND, 0, "name", "装备制造业商会", "kind", "industry",
                         "parent_id", "1", "industries", "34 35"),
                     ERR_OK);
    assert_int_equal(PUT(w, ORG_KIND, 0, "name", "机械业商会", "kind", "industry", "parent_id",
                         "1", "industries", "c"),
                     ERR_OK);
    assert_int_equal(PUT(w, ENTERPRISE_KIND, 0, "name", "江南精密", "uscc",
                         "91320902MA0TEK012E", "chamber_id", "2", "town", "港口镇",
                         "industry_code", "34"),
                     ERR_OK);
    assert_int_equal(PUT(w, ENTERPRISE_KIND, 0, "name", "荣光照明", "uscc",
                         "91320902MA0TK05390", "chamber_id", "2", "town", "港口镇",
                         "industry_code", "38"),
                     ERR_OK);
    assert_int_equal(PUT(w, ENTERPRISE_KIND, 0, "name", "青石竹艺", "uscc",
                         "91350100M000100Y43", "town", "青石镇", "industry_code", "20"),
                     ERR_OK);
    assert_int_equal(PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "1", "organization_id", "3",
                         "since", "2022-01-01"),
                     ERR_OK);
    assert_int_equal(PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "3", "organization_id", "2"),
                     ERR_OK);
}

// ---- tests ---------------------------------------------------------------------------------

static void
only_what_may_stands_under(void **state)
{
    struct world *w = *state;
    district(w);
    assert_int_equal(
        PUT(w, ORG_KIND, 0, "name", "云溪镇商会", "kind", "town", "parent_id", "2"),
        ERR_INVALID);
    assert_string_equal(w->c.faults.items[0].field, "parent_id");
    assert_non_null(strstr(w->c.faults.items[0].message, "工商联、联合商会"));
    assert_int_equal(
        PUT(w, ORG_KIND, 0, "name", "青年委员会", "kind", "committee", "parent_id", "9"),
        ERR_INVALID); // nowhere
    assert_int_equal(
        PUT(w, ORG_KIND, 0, "name", "青年委员会", "kind", "committee", "parent_id", "2"),
        ERR_OK);
    assert_int_equal(
        PUT(w, ORG_KIND, 0, "name", "联合党委", "kind", "party_committee", "parent_id", "1"),
        ERR_OK);
    // what stands below must still be allowed to
    assert_int_equal(PUT(w, ORG_KIND, 2, "kind", "department"), ERR_INVALID);
    assert_string_equal(w->c.faults.items[0].field, "kind");
    assert_int_equal(PUT(w, ORG_KIND, 1, "parent_id", "5"), ERR_INVALID); // a circle
}

static void
facts_are_tidied(void **state)
{
    struct world *w = *state;
    district(w);
    assert_string_equal(value_get_text(read_one(w, &ORG_KIND, 2), "towns"), "港口镇");
    assert_string_equal(value_get_text(read_one(w, &ORG_KIND, 4), "industries"), "C");
    assert_int_equal(PUT(w, ORG_KIND, 2, "uscc", "51320902mj0tek0237"), ERR_OK);
    assert_string_equal(value_get_text(read_one(w, &ORG_KIND, 2), "uscc"),
                        "51320902MJ0TEK0237");
    assert_int_equal(PUT(w, ORG_KIND, 2, "founded_on", "2030-01-01"), ERR_INVALID);
    // states change by steps, and a secretary keeps no registration facts
    assert_int_equal(PUT(w, ORG_KIND, 2, "state", "dissolved"), ERR_INVALID);
    assert_int_equal(
        put(w, &SECRETARY, &ORG_KIND, 2, (const char *const[]){"registry", "某局", NULL}),
        ERR_INVALID);
    assert_int_equal(
        put(w, &SECRETARY, &ORG_KIND, 2, (const char *const[]){"duty_phone", "1", NULL}),
        ERR_OK);
}

static void
members_leave_with_their_chamber(void **state)
{
    struct world *w = *state;
    district(w);
    assert_int_equal(step(w, (struct step){.name = "dissolve", .id = 2, .on = "2030-01-01"}),
                     ERR_INVALID);
    assert_int_equal(step(w, (struct step){.name = "dissolve", .id = 1}), ERR_CONFLICT);
    assert_int_equal(step(w, (struct step){.name = "dissolve", .id = 2}), ERR_OK);
    const struct value *m = read_one(w, &MEMBERSHIP_KIND, 1);
    assert_string_equal(value_get_text(m, "state"), "left");
    assert_string_equal(value_get_text(m, "until"), "2026-11-23");
    m = read_one(w, &MEMBERSHIP_KIND, 4);
    assert_string_equal(value_get_text(m, "state"), "rejected");
    assert_null(value_get_text(m, "until"));
    // the other chamber becomes the main one; who has none stands under none
    assert_int_equal(value_get_int(read_one(w, &ENTERPRISE_KIND, 1), "chamber_id", 0), 3);
    assert_int_equal(value_get_int(read_one(w, &ENTERPRISE_KIND, 2), "chamber_id", 0), 0);
    assert_int_equal(PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "3", "organization_id", "2"),
                     ERR_INVALID);
    assert_int_equal(step(w, (struct step){.name = "resume", .id = 2}), ERR_CONFLICT);
    assert_int_equal(
        PUT(w, ORG_KIND, 0, "name", "青年委员会", "kind", "committee", "parent_id", "2"),
        ERR_INVALID); // nothing new under what is over
    assert_int_equal(PUT(w, TERM_KIND, 0, "organization_id", "2", "starts_on", "2026-11-01",
                         "ends_on", "2031-10-31"),
                     ERR_INVALID);
    bool told = false;
    for (size_t i = 0; i < w->c.faults.count; i++) {
        told = told || strcmp(w->c.faults.items[i].code, "ended") == 0;
    }
    assert_true(told); // and no term begins
}

static void
members_go_on_in_the_other_chamber(void **state)
{
    struct world *w = *state;
    district(w);
    assert_int_equal(step(w, (struct step){.name = "merge-into", .id = 3, .into = 2}),
                     ERR_INVALID); // not of its kind
    assert_int_equal(step(w, (struct step){.name = "merge-into", .id = 3, .into = 3}),
                     ERR_INVALID);
    assert_int_equal(
        step(w, (struct step){.name = "merge-into", .id = 3, .into = 4, .on = "2026-11-20"}),
        ERR_OK);
    const struct value *m = read_one(w, &MEMBERSHIP_KIND, 3);
    assert_string_equal(value_get_text(m, "until"), "2026-11-20");
    m = read_one(w, &MEMBERSHIP_KIND, 5);
    assert_int_equal(value_get_int(m, "organization_id", 0), 4);
    assert_int_equal(value_get_int(m, "previous_id", 0), 3);
    assert_string_equal(value_get_text(m, "since"), "2026-11-20");
    assert_string_equal(value_get_text(m, "state"), "member");
    assert_int_equal(value_get_int(read_one(w, &ENTERPRISE_KIND, 1), "chamber_id", 0), 2);
    assert_int_equal(value_get_int(read_one(w, &ORG_KIND, 3), "merged_into_id", 0), 4);
}

static void
a_chamber_is_prepared_founded_and_rests(void **state)
{
    struct world *w = *state;
    district(w);
    assert_int_equal(PUT(w, ORG_KIND, 0, "name", "餐饮业商会", "kind", "industry", "state",
                         "preparing", "parent_id", "1"),
                     ERR_OK);
    assert_int_equal(PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "3", "organization_id", "5"),
                     ERR_INVALID); // not founded yet
    assert_int_equal(step(w, (struct step){.name = "found", .id = 5, .on = "2026-11-01"}),
                     ERR_OK);
    assert_string_equal(value_get_text(read_one(w, &ORG_KIND, 5), "founded_on"), "2026-11-01");
    assert_int_equal(step(w, (struct step){.name = "suspend", .id = 5, .on = "2026-10-01"}),
                     ERR_INVALID); // before it was founded
    assert_int_equal(step(w, (struct step){.name = "suspend", .id = 5}), ERR_OK);
    assert_int_equal(PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "3", "organization_id", "5"),
                     ERR_INVALID);
    assert_int_equal(step(w, (struct step){.name = "resume", .id = 5}), ERR_OK);
    assert_null(value_get_text(read_one(w, &ORG_KIND, 5), "suspended_on"));
    assert_int_equal(PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "3", "organization_id", "5"),
                     ERR_OK);
}

static const struct value *
named(const struct value *places, const char *code)
{
    for (size_t i = 0; i < value_count(places); i++) {
        if (text_equal(value_get_text(value_at(places, i), "code"), code)) {
            return value_at(places, i);
        }
    }
    fail_msg("no place %s", code);
    return NULL;
}

static void
coverage_says_who_is_outside(void **state)
{
    struct world *w = *state;
    district(w);
    CHANGE(w, "INSERT INTO setting (key, value) VALUES ('towns', '港口镇 高塘镇')");
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    assert_int_equal(org_coverage_run(c), ERR_OK);
    const struct value *towns = value_get(c->out, "towns"),
                       *trades = value_get(c->out, "industries");
    assert_int_equal(value_count(towns), 3);
    assert_string_equal(value_get_text(value_at(towns, 0), "code"), "青石镇"); // needs one most
    assert_int_equal(value_get_int(value_at(towns, 0), "outside", 0), 1);
    assert_int_equal(value_get_int(named(towns, "港口镇"), "outside", 0), 0);
    assert_int_equal(value_get_int(named(towns, "港口镇"), "enterprises", 0), 2);
    assert_int_equal(value_count(value_get(named(towns, "高塘镇"), "organizations")), 0);
    assert_int_equal(value_count(trades), 117);
    // two chambers cover 34, one of them by its whole section
    assert_int_equal(value_count(value_get(named(trades, "34"), "organizations")), 2);
    assert_int_equal(value_count(value_get(named(trades, "38"), "organizations")), 1);
    assert_int_equal(value_count(value_get(named(trades, "C"), "organizations")), 2);
    assert_int_equal(value_get_int(named(trades, "C"), "outside", 0), 1);
    assert_int_equal(value_count(value_get(named(trades, "51"), "organizations")), 0);
    read_end(c);
}

static void
the_tree_counts_members_of_today(void **state)
{
    struct world *w = *state;
    district(w);
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    assert_int_equal(org_tree_run(c), ERR_OK);
    const struct value *items = value_get(c->out, "items");
    assert_int_equal(value_count(items), 4);
    assert_int_equal(value_get_int(value_at(items, 0), "depth", -1), 0);
    assert_int_equal(value_get_int(value_at(items, 0), "members_below", -1), 3);
    assert_int_equal(value_get_int(value_at(items, 1), "depth", -1), 1);
    assert_int_equal(value_get_int(value_at(items, 1), "members", -1), 2);
    read_end(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(only_what_may_stands_under),
        WORLD_TEST(facts_are_tidied),
        WORLD_TEST(members_leave_with_their_chamber),
        WORLD_TEST(members_go_on_in_the_other_chamber),
        WORLD_TEST(a_chamber_is_prepared_founded_and_rests),
        WORLD_TEST(coverage_says_who_is_outside),
        WORLD_TEST(the_tree_counts_members_of_today),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
