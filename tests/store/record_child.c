// SPDX-License-Identifier: Apache-2.0
// Records under a parent: whose they are, who reads and keeps them, what the parent's page
// shows, and that they never move.
#include "kit/record.h"
#include "mod/enterprise/enterprise.h"
#include "mod/org/org.h"
#include "store/request.h"

static const struct module *const MODULES_HERE[] = {&ENTERPRISE_MODULE, &ORG_MODULE, NULL};
static const struct actor STAFF = {.id = 1, .name = "周敏", .roles = ROLE_STAFF};
static const struct actor SECRETARY = {
    .id = 2, .name = "某人", .roles = ROLE_SECRETARY, .organization_id = 1};
static const struct actor OTHER = {
    .id = 3, .name = "某人", .roles = ROLE_SECRETARY, .organization_id = 2};
static const struct actor MEMBER = {
    .id = 4, .name = "某人", .roles = ROLE_MEMBER, .enterprise_id = 1};
static const struct actor LEADER = {.id = 5, .name = "沈", .roles = ROLE_LEADER};

static const struct record_kind *
kind(const char *plural)
{
    for (const struct record_kind *const *k = ENTERPRISE_MODULE.kinds; *k != NULL; k++) {
        if (strcmp((*k)->plural, plural) == 0) {
            return *k;
        }
    }
    fail();
    return NULL;
}

static int
set_up(void **state)
{
    int e = world_set_up(state);
    struct world *w = *state;
    w->app.modules = MODULES_HERE;
    CHANGE(w, "INSERT INTO organization (id, kind, name, created_at, updated_at) VALUES"
              " (1, 'town', '港口镇商会', 0, 0), (2, 'town', '滨江街道商会', 0, 0)");
    CHANGE(w, "INSERT INTO enterprise (id, name, uscc, industry, chamber_id, created_at,"
              " updated_at) VALUES (1, '江南精密', '91320902MA0TEK012E', 'C', 1, 0, 0),"
              " (2, '恒鲜冷链', '91320902MA0TK05390', 'G', 2, 0, 0)");
    return e;
}

struct job {
    const struct record_kind *k;
    struct value *rec;
    int64_t id;
};

static enum err
create_job(struct ctx *c, void *arg)
{
    struct job *j = arg;
    c->faults = (struct faults){0};
    j->id = record_create(c, j->k, j->rec);
    return j->id != 0 ? ERR_OK : c->result;
}

static enum err
update_job(struct ctx *c, void *arg)
{
    struct job *j = arg;
    c->faults = (struct faults){0};
    return record_update(c, j->k, j->id, j->rec, 0);
}

// A year's figures; enterprise 0: nothing is said of it.
static enum err
add_year(struct world *w, const struct actor *who, int64_t enterprise, int64_t year,
         int64_t *id)
{
    struct ctx *c = request(w, who);
    struct job j = {.k = kind("enterprise-figures"), .rec = value_map(w->a)};
    if (enterprise != 0) {
        value_set_int(w->a, j.rec, "enterprise_id", enterprise);
    }
    value_set_int(w->a, j.rec, "year", year);
    value_set_text(w->a, j.rec, "source", "self");
    enum err e = in_write(w, c, create_job, &j);
    *id = j.id;
    return e;
}

static size_t
listed(struct world *w, const struct actor *who, const char *name, const char *value)
{
    struct ctx *c = request(w, who);
    struct http_kv query[] = {{name, value}};
    c->req->query = (struct http_list){.items = query, .count = name == NULL ? 0 : 1};
    read_begin(w, c);
    struct value *v = record_list(c, kind("enterprise-figures"), 0);
    assert_non_null(v);
    size_t n = value_count(value_get(v, "items"));
    read_end(c);
    return n;
}

static void
statements_are_bounded(void **state)
{
    check_statements(*state, record_statements(kind("enterprise-figures")));
    check_statements(*state, record_statements(kind("enterprise-tags")));
    check_statements(*state, record_statements(kind("enterprise-contacts")));
}

static void
scope_follows_the_parent(void **state)
{
    struct world *w = *state;
    int64_t a, b, id;
    assert_int_equal(add_year(w, &STAFF, 1, 2024, &a), ERR_OK);
    assert_int_equal(add_year(w, &STAFF, 2, 2024, &b), ERR_OK);
    assert_int_equal(listed(w, &STAFF, NULL, NULL), 2);
    assert_int_equal(listed(w, &LEADER, NULL, NULL), 2);
    assert_int_equal(listed(w, &SECRETARY, NULL, NULL), 1);
    assert_int_equal(listed(w, &SECRETARY, "enterprise_id", "1"), 1);
    assert_int_equal(listed(w, &SECRETARY, "enterprise_id", "2"), 0);
    assert_int_equal(listed(w, &MEMBER, NULL, NULL), 1);
    assert_int_equal(listed(w, &MEMBER, "enterprise_id", "2"), 0);
    assert_int_equal(add_year(w, &SECRETARY, 1, 2025, &id), ERR_OK);
    assert_int_equal(add_year(w, &OTHER, 1, 2026, &id), ERR_FORBIDDEN);
    assert_int_equal(add_year(w, &LEADER, 1, 2026, &id), ERR_FORBIDDEN);
    assert_int_equal(add_year(w, &MEMBER, 2, 2026, &id), ERR_FORBIDDEN);
    // an enterprise's own record needs no saying whose it is
    assert_int_equal(add_year(w, &MEMBER, 0, 2023, &id), ERR_OK);
    assert_int_equal(listed(w, &MEMBER, "enterprise_id", "1"), 3);
    // and the scope moves with the parent: nothing was copied
    CHANGE(w, "UPDATE enterprise SET chamber_id = 2 WHERE id = 1");
    assert_int_equal(listed(w, &SECRETARY, NULL, NULL), 0);
    assert_int_equal(listed(w, &OTHER, NULL, NULL), 4);
}

static void
a_record_keeps_its_parent(void **state)
{
    struct world *w = *state;
    int64_t id;
    assert_int_equal(add_year(w, &STAFF, 1, 2024, &id), ERR_OK);
    struct ctx *c = request(w, &STAFF);
    struct job j = {.k = kind("enterprise-figures"), .id = id, .rec = value_map(w->a)};
    value_set_int(w->a, j.rec, "enterprise_id", 2);
    assert_int_equal(in_write(w, c, update_job, &j), ERR_INVALID);
    assert_string_equal(c->faults.items[0].code, "fixed");
    assert_int_equal(add_year(w, &STAFF, 9, 2024, &id), ERR_INVALID); // no such parent
    assert_string_equal(w->c.faults.items[0].field, "enterprise_id");
}

static void
a_year_has_one_record_of_a_source(void **state)
{
    struct world *w = *state;
    int64_t id;
    assert_int_equal(add_year(w, &STAFF, 1, 2024, &id), ERR_OK);
    assert_int_equal(add_year(w, &STAFF, 1, 2024, &id), ERR_INVALID);
    assert_string_equal(w->c.faults.items[0].field, "year");
    assert_int_equal(add_year(w, &STAFF, 2, 2024, &id), ERR_OK);
}

// The blocks of enterprise 1's page, and the one of a name.
static const struct value *
block(struct world *w, const struct actor *who, const char *id, struct ctx **out)
{
    static struct route detail;
    struct ctx *c = request(w, who);
    detail.data = &ENTERPRISE_KIND;
    c->route = &detail;
    read_begin(w, c);
    const struct route *r = record_routes(w->s.a, &ENTERPRISE_KIND);
    while (r->show == NULL || strcmp(r->pattern, "/enterprises/{id}") != 0) {
        r++;
    }
    struct value *rec = record_get(c, &ENTERPRISE_KIND, 1);
    assert_non_null(rec);
    c->out = rec;
    assert_int_equal(r->show(c), ERR_OK);
    *out = c;
    const struct value *list = value_get(c->page, "blocks");
    for (size_t i = 0; i < value_count(list); i++) {
        if (strcmp(value_get_text(value_at(list, i), "id"), id) == 0) {
            return value_at(list, i);
        }
    }
    return NULL;
}

static const char *
first_title(const struct value *block)
{
    const struct value *row = value_at(value_get(block, "rows"), 0);
    return value_get_text(value_at(value_get(row, "cells"), 0), "text");
}

static void
the_parents_page_shows_the_newest(void **state)
{
    struct world *w = *state;
    int64_t id;
    struct ctx *c;
    const struct value *b = block(w, &STAFF, "enterprise-figures", &c);
    assert_non_null(b); // empty, and says so
    assert_false(value_get_bool(b, "has_rows"));
    assert_string_equal(value_get_text(value_get(b, "add"), "url"),
                        "/enterprise-figures/new?enterprise_id=1");
    read_end(c);
    for (int64_t year = 2015; year < 2025; year++) {
        assert_int_equal(add_year(w, &STAFF, 1, year, &id), ERR_OK);
    }
    b = block(w, &STAFF, "enterprise-figures", &c);
    assert_int_equal(value_count(value_get(b, "rows")), 6);
    assert_string_equal(first_title(b), "2024");
    assert_string_equal(value_get_text(b, "all_url"), "/enterprise-figures?enterprise_id=1");
    read_end(c);
    // who may not add has no button; a block without rows or button is left out
    b = block(w, &LEADER, "enterprise-figures", &c);
    assert_int_equal(value_get(b, "add")->type, VALUE_NULL);
    read_end(c);
    assert_null(block(w, &LEADER, "enterprise-tags", &c));
    read_end(c);
    assert_non_null(block(w, &MEMBER, "enterprise-tags", &c));
    read_end(c);
}

static void
what_is_over_says_so(void **state)
{
    struct world *w = *state;
    struct ctx *c;
    CHANGE(w, "INSERT INTO enterprise_tag (enterprise_id, tag, source, valid_to, created_at,"
              " updated_at) VALUES (1, 'hnte', 'self', '2026-11-22', 0, 0),"
              " (1, 'srdi', 'self', '2026-11-23', 0, 0)"); // today is 2026-11-23
    const struct value *rows = value_get(block(w, &STAFF, "enterprise-tags", &c), "rows");
    const struct value *newest = value_at(value_get(value_at(rows, 0), "cells"), 0);
    const struct value *older = value_at(value_get(value_at(rows, 1), "cells"), 0);
    assert_string_equal(value_get_text(newest, "text"), "专精特新中小企业");
    assert_int_equal(value_get(newest, "badge")->type, VALUE_NULL);
    assert_string_equal(value_get_text(value_get(older, "badge"), "text"), "已结束");
    read_end(c);
}

// ---- what an enterprise's figures say --------------------------------------------------

static enum err
save_as(struct world *w, const struct actor *who, const char *plural, int64_t id,
        const char *const *pairs)
{
    struct ctx *c = request(w, who);
    struct job j = {.k = kind(plural), .rec = value_map(w->a), .id = id};
    for (; *pairs != NULL; pairs += 2) {
        bool number = **pairs == '#';
        if (number) {
            value_set_int(w->a, j.rec, *pairs + 1, atoll(pairs[1]));
        } else {
            value_set_text(w->a, j.rec, *pairs, pairs[1]);
        }
    }
    return in_write(w, c, id == 0 ? create_job : update_job, &j);
}
#define SAVE(w, plural, id, ...)                                                               \
    assert_int_equal(save_as(w, &STAFF, plural, id, (const char *const[]){__VA_ARGS__, NULL}), \
                     ERR_OK)

static void
size_is(struct world *w, const char *size, const char *missing, int64_t year)
{
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    struct value *e = record_get(c, &ENTERPRISE_KIND, 1);
    const char *has = value_get_text(e, "size"), *lacks = value_get_text(e, "size_missing");
    assert_string_equal(has == NULL ? "" : has, size);
    assert_string_equal(lacks == NULL ? "" : lacks, missing);
    assert_int_equal(value_get_int(e, "size_year", 0), year);
    read_end(c);
}

static void
figures_say_how_large_it_is(void **state)
{
    struct world *w = *state;
    const char *figures = "enterprise-figures";
    CHANGE(w, "UPDATE enterprise SET industry_code = 'C', size = 'large' WHERE id = 1");
    size_is(w, "large", "", 0); // as stated
    SAVE(w, figures, 0, "#enterprise_id", "1", "#year", "2024", "source", "self", "#staff",
         "500");
    size_is(w, "", "revenue", 2024);
    // 300 million yuan, in fen; the same year from another source completes it
    SAVE(w, figures, 0, "#enterprise_id", "1", "#year", "2024", "source", "tax", "#revenue_fen",
         "30000000000");
    size_is(w, "medium", "", 2024);
    // statistics are believed before the enterprise
    SAVE(w, figures, 0, "#enterprise_id", "1", "#year", "2024", "source", "statistics",
         "#staff", "19");
    size_is(w, "micro", "", 2024);
    // a newer year counts alone
    SAVE(w, figures, 0, "#enterprise_id", "1", "#year", "2025", "source", "self", "#staff",
         "1000");
    size_is(w, "", "revenue", 2025);
    SAVE(w, figures, 4, "#revenue_fen", "4000000000000");
    size_is(w, "large", "", 2025);
    // and the industry decides what counts at all
    SAVE(w, "enterprises", 1, "industry_code", "66");
    size_is(w, "", "not_applicable", 2025);
    SAVE(w, "enterprises", 1, "industry_code", "F");
    size_is(w, "", "industry", 2025);
    // an enterprise keeps its industry up to date, but states no size
    const char *const retail[] = {"industry_code", "52", NULL};
    const char *const large[] = {"size", "micro", NULL};
    assert_int_equal(save_as(w, &MEMBER, "enterprises", 1, retail), ERR_OK);
    size_is(w, "large", "", 2025);
    assert_int_equal(save_as(w, &MEMBER, "enterprises", 1, large), ERR_INVALID);
}

static void
the_code_says_the_section(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *field, *given, *code, *section;
    } STEPS[] = {{"industry_code", "35", "35", "C"},
                 {"industry_code", "C3511", "3511", "C"},
                 {"industry_code", "J", "J", "J"},
                 {"industry", "F", "F", "F"}}; // a table that knows no more
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        SAVE(w, "enterprises", 1, STEPS[i].field, STEPS[i].given);
        struct ctx *c = request(w, &STAFF);
        read_begin(w, c);
        struct value *e = record_get(c, &ENTERPRISE_KIND, 1);
        assert_string_equal(value_get_text(e, "industry_code"), STEPS[i].code);
        assert_string_equal(value_get_text(e, "industry"), STEPS[i].section);
        read_end(c);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(statements_are_bounded),
        TEST(scope_follows_the_parent),
        TEST(a_record_keeps_its_parent),
        TEST(a_year_has_one_record_of_a_source),
        TEST(the_parents_page_shows_the_newest),
        TEST(what_is_over_says_so),
        TEST(figures_say_how_large_it_is),
        TEST(the_code_says_the_section),
    };
    return cmocka_run_group_tests_name("record_child", tests, NULL, NULL);
}
