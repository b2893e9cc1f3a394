// SPDX-License-Identifier: Apache-2.0
// Records on a real database: the plan of every statement, scope, masking, paging, filters,
// lost updates, history.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "kit/app.h"
#include "kit/embedded.h"
#include "kit/listing.h"
#include "kit/record.h"
#include "kit/search.h"
#include "mod/enterprise/enterprise.h"
#include "mod/org/org.h"
#include "store/fixture.h"

struct world {
    struct store s;
    struct app app;
    struct arena *a; // of one request
    struct http_req req;
    struct ctx c;
    int64_t town, other, federation;
};

static const struct actor STAFF = {
    .id = 1, .login = "staff", .name = "周敏", .roles = ROLE_STAFF, .organization = "区工商联"};
static const struct actor LEADER = {.id = 2, .name = "沈", .roles = ROLE_LEADER};
static const struct actor OFFICER = {.id = 3, .name = "王", .roles = ROLE_OFFICER};

// A fresh request of somebody; the query is "name=value&…" without escapes.
static struct ctx *
as(struct world *w, const struct actor *who, const char *query)
{
    arena_reset(w->a);
    w->req = (struct http_req){
        .arena = w->a, .path = "/enterprises", .base = "", .peer = "127.0.0.1"};
    w->req.query.items = ARENA_ARRAY(w->a, struct http_kv, 16);
    char *text = arena_strdup(w->a, query);
    for (char *save, *p = strtok_r(text, "&", &save); p != NULL;
         p = strtok_r(NULL, "&", &save)) {
        char *eq = strchr(p, '=');
        *eq = '\0';
        w->req.query.items[w->req.query.count++] = (struct http_kv){p, eq + 1};
    }
    w->c = (struct ctx){.app = &w->app,
                        .arena = w->a,
                        .req = &w->req,
                        .actor = who,
                        .api = true,
                        .now = time_now()};
    return &w->c;
}

struct job {
    struct ctx *c;
    const struct record_kind *k;
    struct value *rec;
    int64_t id, version;
};

static enum err
create_job(struct db_tx *tx, void *arg)
{
    struct job *j = arg;
    j->c->tx = tx;
    j->c->faults = (struct faults){0};
    j->id = record_create(j->c, j->k, j->rec);
    return j->id != 0 ? ERR_OK : j->c->result;
}

static enum err
update_job(struct db_tx *tx, void *arg)
{
    struct job *j = arg;
    j->c->tx = tx;
    j->c->faults = (struct faults){0};
    return record_update(j->c, j->k, j->id, j->rec, j->version);
}

static struct value *
rec(struct ctx *c, const char *const *pairs)
{
    struct value *v = value_map(c->arena);
    for (; *pairs != NULL; pairs += 2) {
        value_set_text(c->arena, v, pairs[0], pairs[1]);
    }
    return v;
}
#define REC(c, ...) rec((c), (const char *const[]){__VA_ARGS__, NULL})

static int64_t
add_org_of(struct world *w, const char *kind, const char *name, const char *code)
{
    struct ctx *c = as(w, &STAFF, "");
    struct job j = {
        .c = c, .k = &ORG_KIND, .rec = REC(c, "kind", kind, "name", name, "code", code)};
    assert_int_equal(db_write(w->s.db, c->arena, create_job, &j), ERR_OK);
    return j.id;
}

// A sound code: the check digit of 17 given characters.
static const char *
uscc(struct arena *a, unsigned n)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for (size_t i = 0; i < 31; i++) {
        const char *code = arena_printf(a, "91320902MA%07u%c", n, alphabet[i]);
        if (enterprise_uscc_fault(a, code) == NULL) {
            return code;
        }
    }
    fail();
    return NULL;
}

static enum err
try_enterprise(struct world *w, const struct actor *who, const char *name, unsigned n,
               int64_t chamber, const char *town, int64_t *id)
{
    struct ctx *c = as(w, who, "");
    struct job j = {.c = c,
                    .k = &ENTERPRISE_KIND,
                    .rec = REC(c, "name", name, "uscc", uscc(w->a, n), "town", town, "industry",
                               n % 2 == 0 ? "C" : "F", "contact_name", "陈立", "contact_mobile",
                               "13812346620")};
    if (chamber != 0) {
        value_set_int(c->arena, j.rec, "chamber_id", chamber);
    }
    enum err e = db_write(w->s.db, c->arena, create_job, &j);
    *id = j.id;
    return e;
}

static int64_t
add_enterprise(struct world *w, const char *name, unsigned n, int64_t chamber, const char *town)
{
    int64_t id = 0;
    assert_int_equal(try_enterprise(w, &STAFF, name, n, chamber, town, &id), ERR_OK);
    return id;
}

static int
set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    const char *why = "";
    w->s.a = arena_new((size_t)64 << 20);
    w->a = arena_new((size_t)64 << 20);
    w->s.url = store_url(&w->s);
    w->s.db = store_open(&w->s, &(struct db_options){.create = true, .sync_off = true});
    if (db_migrate(w->s.db, EMBEDDED_PATCHES, EMBEDDED_PATCHES_COUNT, &why) != ERR_OK) {
        fail_msg("%s", why);
    }
    w->app = (struct app){.arena = w->s.a, .db = w->s.db};
    w->federation = add_org_of(w, "federation", "临江区工商联", "LJ");
    w->town = add_org_of(w, "town", "港口镇商会", "S01");
    w->other = add_org_of(w, "town", "滨江街道商会", "S02");
    *state = w;
    return 0;
}

static int
tear_down(void **state)
{
    struct world *w = *state;
    db_close(w->s.db);
    store_clear(&w->s);
    arena_free(w->a);
    arena_free(w->s.a);
    free(w);
    return 0;
}

static struct value *
list_with(struct world *w, const struct actor *who, const struct record_kind *k,
          const char *query)
{
    struct ctx *c = as(w, who, query);
    c->tx = db_read_begin(w->s.db);
    struct value *v = record_list(c, k, 0);
    assert_int_equal(db_tx_err(c->tx), ERR_OK);
    db_read_end(c->tx);
    return v;
}

static struct value *
list(struct world *w, const struct actor *who, const char *query)
{
    return list_with(w, who, &ENTERPRISE_KIND, query);
}

static size_t
found(struct world *w, const struct actor *who, const char *query)
{
    struct value *v = list(w, who, query);
    assert_non_null(v);
    return value_count(value_get(v, "items"));
}

static struct value *
get(struct world *w, const struct actor *who, int64_t id)
{
    struct ctx *c = as(w, who, "");
    c->tx = db_read_begin(w->s.db);
    struct value *v = record_get(c, &ENTERPRISE_KIND, id);
    v = v == NULL ? NULL : record_masked(c, &ENTERPRISE_KIND, v);
    db_read_end(c->tx);
    return v;
}

// ---- tests -----------------------------------------------------------------------------

static void
check_statements(struct world *w, const struct db_stmt *const *all)
{
    for (; *all != NULL; all++) {
        const char *why = "";
        if (!db_check_stmt(w->s.db, w->s.a, *all, &why)) {
            fail_msg("%s\n%s", why, (*all)->sql != NULL ? (*all)->sql : (*all)->sqlite);
        }
    }
}

static void
every_statement_is_bounded(void **state)
{
    struct world *w = *state;
    check_statements(w, record_statements(&ORG_KIND));
    check_statements(w, record_statements(&ENTERPRISE_KIND));
    check_statements(w, RECORD_STATEMENTS);
    check_statements(w, ORG_MODULE.stmts);
    check_statements(w, ENTERPRISE_MODULE.stmts);
}

static void
statement_names_are_unique(void **state)
{
    const struct db_stmt *const *all = record_statements(&ENTERPRISE_KIND);
    for (size_t i = 0; all[i] != NULL; i++) {
        for (size_t k = i + 1; all[k] != NULL; k++) {
            assert_string_not_equal(all[i]->name, all[k]->name);
        }
    }
}

static void
scope_limits_lists_and_records(void **state)
{
    struct world *w = *state;
    int64_t a = add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    int64_t b = add_enterprise(w, "恒鲜冷链物流", 2, w->other, "滨江");
    struct actor secretary = {
        .id = 5, .name = "某人", .roles = ROLE_SECRETARY, .organization_id = w->town};
    struct actor member = {.id = 6, .name = "某人", .roles = ROLE_MEMBER, .enterprise_id = b};
    struct actor nobody = {.id = 7, .name = "某人", .roles = ROLE_MEMBER};
    struct actor stray = {.id = 8, .name = "某人", .roles = ROLE_SECRETARY};
    assert_int_equal(found(w, &STAFF, ""), 2);
    assert_int_equal(found(w, &LEADER, ""), 2);
    assert_int_equal(found(w, &secretary, ""), 1);
    assert_int_equal(found(w, &secretary, "q=恒鲜"), 0);
    assert_int_equal(found(w, &secretary, "chamber_id=3"), 0);
    assert_int_equal(found(w, &member, ""), 1);
    assert_int_equal(found(w, &member, "q=江南"), 0);
    assert_int_equal(found(w, &nobody, ""), 0);
    assert_int_equal(found(w, &stray, ""), 0);
    assert_non_null(get(w, &secretary, a));
    assert_null(get(w, &secretary, b));
    assert_null(get(w, &member, a));
    assert_non_null(get(w, &member, b));
    assert_null(get(w, &nobody, a));
    assert_null(get(w, &ACTOR_NOBODY, a));
}

static void
a_role_without_a_grant_gets_no_list(void **state)
{
    struct world *w = *state;
    struct ctx *c = as(w, &ACTOR_NOBODY, "");
    c->tx = db_read_begin(w->s.db);
    assert_null(record_list(c, &ENTERPRISE_KIND, 0));
    assert_int_equal(c->faults.count, 0);
    assert_int_equal(c->result, ERR_FORBIDDEN);
    db_read_end(c->tx);
}

static void
personal_data_is_masked(void **state)
{
    struct world *w = *state;
    int64_t id = add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    struct actor member = {.id = 6, .name = "某人", .roles = ROLE_MEMBER, .enterprise_id = id};
    struct actor secretary = {
        .id = 5, .name = "某人", .roles = ROLE_SECRETARY, .organization_id = w->town};
    const struct actor *whole[] = {&STAFF, &member, &secretary};
    const struct actor *masked[] = {&LEADER, &OFFICER};
    for (size_t i = 0; i < 3; i++) {
        const struct value *rec = get(w, whole[i], id);
        assert_string_equal(value_get_text(rec, "contact_name"), "陈立");
        assert_string_equal(value_get_text(rec, "contact_mobile"), "138****6620"); // sealed
    }
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(value_get_text(get(w, masked[i], id), "contact_mobile"),
                            "138****6620");
        struct value *v = list(w, masked[i], "");
        const struct value *row = value_at(value_get(v, "items"), 0);
        assert_string_equal(value_get_text(row, "contact_mobile"), "138****6620");
        assert_string_not_equal(value_get_text(row, "contact_name"), "陈立");
    }
}

static void
secretaries_stay_in_their_chamber(void **state)
{
    struct world *w = *state;
    struct actor secretary = {
        .id = 5, .name = "某人", .roles = ROLE_SECRETARY, .organization_id = w->town};
    int64_t id = 0;
    assert_int_equal(try_enterprise(w, &secretary, "新来的企业", 9, w->other, "x", &id),
                     ERR_FORBIDDEN);
    assert_int_equal(try_enterprise(w, &secretary, "新来的企业", 9, 0, "x", &id), ERR_OK);
    assert_int_equal(value_get_int(get(w, &STAFF, id), "chamber_id", 0), w->town);
    struct ctx *c = as(w, &secretary, ""); // nor may they give one away
    struct job j = {.c = c, .k = &ENTERPRISE_KIND, .rec = value_map(c->arena), .id = id};
    value_set_int(c->arena, j.rec, "chamber_id", w->other);
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_FORBIDDEN);
}

static void
members_keep_to_their_own_fields(void **state)
{
    struct world *w = *state;
    int64_t id = add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    int64_t alien = add_enterprise(w, "恒鲜冷链物流", 2, w->town, "港口镇");
    struct actor member = {.id = 6, .name = "某人", .roles = ROLE_MEMBER, .enterprise_id = id};
    struct ctx *c = as(w, &member, "");
    struct job j = {
        .c = c, .k = &ENTERPRISE_KIND, .id = id, .rec = REC(c, "address", "港口路 1 号")};
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_OK);
    j.rec = REC(c, "name", "别的名字");
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_INVALID);
    assert_string_equal(c->faults.items[0].field, "name");
    j.rec = REC(c, "address", "别处");
    j.id = alien;
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_NOT_FOUND);
}

static void
a_lost_update_is_refused(void **state)
{
    struct world *w = *state;
    int64_t id = add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    struct ctx *c = as(w, &STAFF, "");
    struct job j = {
        .c = c, .k = &ENTERPRISE_KIND, .id = id, .version = 1, .rec = REC(c, "address", "甲")};
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_OK);
    j.rec = REC(c, "address", "乙");
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_STALE);
    j.version = 2;
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_OK);
    struct value *v = get(w, &STAFF, id);
    assert_string_equal(value_get_text(v, "address"), "乙");
    assert_int_equal(value_get_int(v, "version", 0), 3);
}

static void
doubles_and_dangling_references_are_faults(void **state)
{
    struct world *w = *state;
    int64_t id = 0;
    add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    assert_int_equal(try_enterprise(w, &STAFF, "另一家", 1, w->town, "x", &id), ERR_INVALID);
    assert_string_equal(w->c.faults.items[0].field, "uscc");
    assert_int_equal(try_enterprise(w, &STAFF, "另一家", 2, 999, "x", &id), ERR_INVALID);
    assert_string_equal(w->c.faults.items[0].field, "chamber_id");
    assert_int_equal(found(w, &STAFF, ""), 1);
}

static void
organisations_do_not_form_circles(void **state)
{
    struct world *w = *state;
    struct ctx *c = as(w, &STAFF, "");
    struct job j = {.c = c, .k = &ORG_KIND, .id = w->town, .rec = value_map(c->arena)};
    value_set_int(c->arena, j.rec, "parent_id", w->federation);
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_OK);
    j.id = w->federation;
    j.rec = value_map(c->arena);
    value_set_int(c->arena, j.rec, "parent_id", w->town);
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_INVALID);
    assert_string_equal(c->faults.items[0].code, "circle");
}

// Walks all pages forward in an order; every record must come exactly once, in order.
static void
walk(struct world *w, const char *sort, unsigned expected)
{
    char after[2048] = "";
    bool seen[64] = {false};
    unsigned n = 0;
    for (int page = 0; page < 20; page++) {
        char query[4096];
        snprintf(query, sizeof query, "limit=4&sort=%s%s%s", sort, *after ? "&after=" : "",
                 after);
        struct value *v = list(w, &STAFF, query);
        assert_non_null(v);
        const struct value *items = value_get(v, "items");
        for (size_t i = 0; i < value_count(items); i++, n++) {
            int64_t id = value_get_int(value_at(items, i), "id", 0);
            assert_in_range(id, 1, 63);
            assert_false(seen[id]);
            seen[id] = true;
        }
        const char *next = value_get_text(v, "next");
        if (next == NULL) {
            assert_int_equal(n, expected);
            return;
        }
        snprintf(after, sizeof after, "%s", next);
    }
    fail_msg("%s does not end", sort);
}

static void
pages_hold_every_record_once(void **state)
{
    struct world *w = *state;
    time_freeze(time_from_civil(2026, 11, 23, 10, 0, 0)); // ties in updated_at
    for (unsigned i = 0; i < 13; i++) {
        add_enterprise(w,
                       i % 3 == 0   ? "同名企业"
                       : i % 3 == 1 ? "甲企业"
                                    : "zz",
                       i, w->town, "港口镇");
    }
    static const char *const SORTS[] = {
        "id", "-id", "name", "-name", "updated_at", "-updated_at", "created_at", "-created_at"};
    for (size_t i = 0; i < sizeof SORTS / sizeof SORTS[0]; i++) {
        walk(w, SORTS[i], 13);
    }
    time_freeze(0);
}

static void
before_goes_back_to_the_same_page(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < 9; i++) {
        add_enterprise(w, "企业", i, w->town, "港口镇");
    }
    struct value *v = list(w, &STAFF, "limit=3&sort=id");
    const struct value *items = value_get(v, "items");
    assert_int_equal(value_get_int(value_at(items, 0), "id", 0), 1);
    const char *cursor = listing_cursor_encode(w->s.a, NULL, 7); // the third page starts here
    v = list(w, &STAFF, arena_printf(w->s.a, "limit=3&sort=id&before=%s", cursor));
    items = value_get(v, "items");
    assert_int_equal(value_count(items), 3);
    assert_int_equal(value_get_int(value_at(items, 0), "id", 0), 4);
    assert_int_equal(value_get_int(value_at(items, 2), "id", 0), 6);
}

static void
filters_narrow_and_wrong_ones_are_refused(void **state)
{
    struct world *w = *state;
    time_freeze(time_from_civil(2026, 11, 20, 23, 59, 59));
    add_enterprise(w, "江南精密制造股份有限公司", 1, w->town, "港口镇");
    time_freeze(time_from_civil(2026, 11, 21, 0, 0, 0));
    add_enterprise(w, "恒鲜冷链物流有限公司", 2, w->town, "滨江");
    add_enterprise(w, "金禾新材料有限公司", 4, w->other, "滨江");
    time_freeze(0);
    assert_int_equal(found(w, &STAFF, "town=滨江"), 2);
    assert_int_equal(found(w, &STAFF, "town=滨江&industry=C"), 2);
    assert_int_equal(found(w, &STAFF, "town=滨江&chamber_id=2"), 1);
    assert_int_equal(found(w, &STAFF, "industry=F&sort=name"), 1);
    assert_int_equal(found(w, &STAFF, "town="), 3);
    assert_int_equal(found(w, &STAFF, "created_at_to=2026-11-20"), 1);
    assert_int_equal(found(w, &STAFF, "created_at_from=2026-11-21"), 2);
    assert_int_equal(found(w, &STAFF, "q=有限公司"), 3);
    assert_int_equal(found(w, &STAFF, "q=冷链"), 1);
    assert_int_equal(found(w, &STAFF, "q=冷链 精密"), 0);
    assert_int_equal(found(w, &STAFF, "q=jiangnan"), 1);
    assert_int_equal(found(w, &STAFF, "q=有限公司&town=滨江&sort=name"), 2);
    static const char *const WRONG[] = {
        "industry=Z",
        "chamber_id=x",
        "limit=0",
        "limit=201",
        "sort=address",
        "after=!!",
        "created_at_from=2026-02-30",
        "nonsense=1",
        "q=%",
        "after=MQ",
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        if (list(w, &STAFF, WRONG[i]) != NULL || w->c.faults.count != 1) {
            fail_msg("%s: %u faults", WRONG[i], w->c.faults.count);
        }
    }
}

static void
search_follows_changes(void **state)
{
    struct world *w = *state;
    int64_t id = add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    struct ctx *c = as(w, &STAFF, "");
    struct job j = {
        .c = c, .k = &ENTERPRISE_KIND, .id = id, .rec = REC(c, "name", "澄川半导体")};
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_OK);
    assert_int_equal(found(w, &STAFF, "q=江南"), 0);
    assert_int_equal(found(w, &STAFF, "q=半导"), 1);
    assert_null(db_check_integrity(w->s.db, w->s.a));
}

static void
history_tells_changes_but_not_personal_data(void **state)
{
    struct world *w = *state;
    int64_t id = add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    struct ctx *c = as(w, &STAFF, "");
    struct job j = {.c = c,
                    .k = &ENTERPRISE_KIND,
                    .id = id,
                    .rec = REC(c, "town", "滨江", "contact_mobile", "13900001111")};
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_OK);
    c = as(w, &STAFF, "");
    c->tx = db_read_begin(w->s.db);
    struct value *events = record_events(c, "enterprise", id);
    db_read_end(c->tx);
    assert_int_equal(value_count(events), 2);
    const struct value *e = value_at(events, 1);
    assert_string_equal(value_get_text(e, "type"), "update");
    assert_string_equal(value_get_text(e, "actor"), "周敏");
    const struct value *data = value_get(e, "data");
    assert_int_equal(data->map.count, 2);
    assert_string_equal(value_at(value_get(data, "town"), 0)->s, "港口镇");
    assert_string_equal(value_at(value_get(data, "town"), 1)->s, "滨江");
    assert_string_equal(value_at(value_get(data, "contact_mobile"), 1)->s, "*");
}

static void
saving_nothing_changes_nothing(void **state)
{
    struct world *w = *state;
    int64_t id = add_enterprise(w, "江南精密制造", 1, w->town, "港口镇");
    struct ctx *c = as(w, &STAFF, "");
    struct job j = {.c = c, .k = &ENTERPRISE_KIND, .id = id, .rec = REC(c, "town", "港口镇")};
    assert_int_equal(db_write(w->s.db, c->arena, update_job, &j), ERR_OK);
    assert_int_equal(value_get_int(get(w, &STAFF, id), "version", 0), 1);
}

static void
choices_of_organisations(void **state)
{
    struct world *w = *state;
    struct ctx *c = as(w, &STAFF, "");
    struct db_tx *tx = db_read_begin(w->s.db);
    assert_int_equal(value_count(org_options(tx, c->arena, "chamber")), 2);
    assert_int_equal(value_count(org_options(tx, c->arena, "department")), 0);
    assert_string_equal(org_name(tx, c->arena, w->town), "港口镇商会");
    assert_null(org_name(tx, c->arena, 999));
    db_read_end(tx);
    assert_int_equal(
        value_count(value_get(list_with(w, &OFFICER, &ORG_KIND, "kind=town"), "items")), 2);
}

static int64_t
count_of(void *arg)
{
    return ++*(int64_t *)arg;
}

static void
counts_are_kept_until_something_changes(void **state)
{
    struct world *w = *state;
    int64_t calls = 0;
    assert_int_equal(listing_count_cached(&w->app, "t/a", 7, count_of, &calls), 1);
    assert_int_equal(listing_count_cached(&w->app, "t/a", 7, count_of, &calls), 1);
    assert_int_equal(listing_count_cached(&w->app, "t/b", 7, count_of, &calls), 2);
    assert_int_equal(listing_count_cached(&w->app, "t/a", 8, count_of, &calls), 3);
    struct app other = {.serial = 9};
    assert_int_equal(listing_count_cached(&other, "t/a", 8, count_of, &calls), 4);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_statement_is_bounded),
        TEST(statement_names_are_unique),
        TEST(scope_limits_lists_and_records),
        TEST(a_role_without_a_grant_gets_no_list),
        TEST(personal_data_is_masked),
        TEST(secretaries_stay_in_their_chamber),
        TEST(members_keep_to_their_own_fields),
        TEST(a_lost_update_is_refused),
        TEST(doubles_and_dangling_references_are_faults),
        TEST(organisations_do_not_form_circles),
        TEST(pages_hold_every_record_once),
        TEST(before_goes_back_to_the_same_page),
        TEST(filters_narrow_and_wrong_ones_are_refused),
        TEST(search_follows_changes),
        TEST(history_tells_changes_but_not_personal_data),
        TEST(saving_nothing_changes_nothing),
        TEST(choices_of_organisations),
        TEST(counts_are_kept_until_something_changes),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
