// SPDX-License-Identifier: Apache-2.0
// Whose a record is stands in its index entry: it follows memberships, merges and the end of a
// chamber, and what a reader finds by any text is what a plain comparison of all rows finds.
#include "store/request.h"

#include "app.h"
#include "base/text.h"
#include "kit/find.h"
#include "kit/lifecycle.h"
#include "kit/record_impl.h"
#include "kit/record_merge.h"
#include "kit/seal.h"
#include "kit/search.h"
#include "mod/enterprise/enterprise.h"
#include "mod/membership/membership_impl.h"
#include "mod/org/org_impl.h"
#include "mod/people/people_impl.h"

enum { FEDERATION = 1, PORT, RIVER, MACHINES, CHAMBERS = MACHINES };

static const struct actor STAFF = {
    .id = 1, .login = "staff", .name = "王", .roles = ROLE_STAFF};

static struct actor
secretary(int64_t chamber)
{
    return (struct actor){.id = 10 + chamber,
                          .login = "s",
                          .name = "一",
                          .roles = ROLE_SECRETARY,
                          .organization_id = chamber};
}

static struct actor
member(int64_t enterprise)
{
    return (struct actor){.id = 1000 + enterprise,
                          .login = "m",
                          .name = "企",
                          .roles = ROLE_MEMBER,
                          .enterprise_id = enterprise};
}

// ---- making and changing -----------------------------------------------------------------

struct saving {
    const struct record_kind *k;
    const char *const *pairs;
    int64_t id; // 0: a new one
};

static enum err
save(struct ctx *c, void *arg)
{
    struct saving *s = arg;
    struct value *rec = value_map(c->arena);
    for (const char *const *p = s->pairs; *p != NULL; p += 2) {
        const struct field *f = field_find(s->k->fields, p[0]);
        int64_t i;
        if (f->type == FIELD_REF && text_to_int(p[1], &i)) {
            value_set_int(c->arena, rec, p[0], i);
        } else {
            value_set_text(c->arena, rec, p[0], p[1]);
        }
    }
    if (s->id != 0) {
        return record_update(c, s->k, s->id, rec, 0);
    }
    s->id = record_create(c, s->k, rec);
    return s->id != 0 ? ERR_OK : c->result;
}

static int64_t
put(struct world *w, const struct record_kind *k, int64_t id, const char *const *pairs)
{
    struct saving s = {k, pairs, id};
    assert_int_equal(in_write(w, request(w, &STAFF), save, &s), ERR_OK);
    return s.id;
}
#define PUT(w, kind, id, ...) put((w), &(kind), (id), (const char *const[]){__VA_ARGS__, NULL})

struct step {
    const struct lifecycle *life;
    const char *name;
    int64_t id, into;
};

static enum err
take(struct ctx *c, void *arg)
{
    const struct step *s = arg;
    struct lifecycle_record r;
    value_set_text(c->arena, c->in, "reason", "长期没有活动");
    value_set_text(c->arena, c->in, "decision", "临江联〔2026〕12号");
    if (s->into != 0) {
        value_set_int(c->arena, c->in, "into_id", s->into);
    }
    return lifecycle_step(c, s->life, lifecycle_find(s->life, s->name), s->id, &r);
}

static void
step(struct world *w, struct step s)
{
    assert_int_equal(in_write(w, request(w, &STAFF), take, &s), ERR_OK);
}

struct joining {
    const struct record_kind *k;
    int64_t into, from, merge;
};

static enum err
join(struct ctx *c, void *arg)
{
    struct joining *j = arg;
    if (j->merge != 0) {
        return record_unmerge(c, j->k, j->merge);
    }
    j->merge = record_merge(c, j->k, j->into, j->from, value_map(c->arena), "重复登记");
    return c->result;
}

static void
merge(struct world *w, struct joining *j)
{
    assert_int_equal(in_write(w, request(w, &STAFF), join, j), ERR_OK);
}

// A sound code: the check digit of 17 given characters.
static const char *
uscc(struct world *w, unsigned n)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for (size_t i = 0; i < 31; i++) {
        const char *code = arena_printf(w->s.a, "91320902MA%07u%c", n, alphabet[i]);
        if (enterprise_uscc_fault(w->s.a, code) == NULL) {
            return code;
        }
    }
    fail();
    return NULL;
}

static void
district(struct world *w)
{
    w->app.modules = MODULES;
    PUT(w, ORG_KIND, 0, "name", "区工商联", "kind", "federation");
    PUT(w, ORG_KIND, 0, "name", "港口镇商会", "kind", "town", "parent_id", "1");
    PUT(w, ORG_KIND, 0, "name", "滨江商会", "kind", "town", "parent_id", "1");
    PUT(w, ORG_KIND, 0, "name", "机械商会", "kind", "town", "parent_id", "1");
}

// ---- what is found -----------------------------------------------------------------------

static struct ctx *
asking(struct world *w, const struct actor *who, const char *q, const char *after)
{
    static struct http_kv query[3];
    struct ctx *c = request(w, who);
    query[0] = (struct http_kv){"q", arena_strdup(w->a, q)};
    query[1] = (struct http_kv){"limit", "7"};
    query[2] = (struct http_kv){"after", after == NULL ? NULL : arena_strdup(w->a, after)};
    w->req.query = (struct http_list){query, after == NULL ? 2 : 3};
    c->api = true;
    return c;
}

// Every page of the list, as a set of ids; how many there are.
static size_t
listed(struct world *w, const struct record_kind *k, const struct actor *who, const char *q,
       bool *ids, size_t most)
{
    char after[128];
    size_t n = 0;
    bool more = false;
    memset(ids, 0, most * sizeof *ids);
    do {
        struct ctx *c = asking(w, who, q, more ? after : NULL);
        read_begin(w, c);
        struct value *page = record_list(c, k, 0);
        read_end(c);
        assert_non_null(page);
        const struct value *items = value_get(page, "items");
        for (size_t i = 0; i < value_count(items); i++, n++) {
            int64_t id = value_get_int(value_at(items, i), "id", 0);
            assert_in_range(id, 1, most - 1);
            assert_false(ids[id]); // once only
            ids[id] = true;
        }
        const char *next = value_get_text(page, "next");
        more = next != NULL;
        snprintf(after, sizeof after, "%s", more ? next : "");
    } while (more);
    return n;
}

static size_t
found(struct world *w, const struct record_kind *k, const struct actor *who, const char *q)
{
    bool ids[64];
    return listed(w, k, who, q, ids, 64);
}

static const struct db_stmt ENTRIES = {
    .name = "test.entries",
    .sqlite = "SELECT count(*) AS n FROM search_index WHERE search_index MATCH $1"
              " AND rowid > $2 AND rowid < $3",
    .postgres = "SELECT count(*) AS n FROM search_doc"
                " WHERE search_vector(id, tokens) @@ search_query($1, id >> 12)"
                " AND id > $2 AND id < $3",
    .params = "q:text low:int high:int",
    .row = "n:int",
    .scans = "test"};

// Entries that say they are this chamber's: those a search of its secretary walks.
static int64_t
entries(struct world *w, const char *kind, int64_t chamber)
{
    struct ctx *c = request(w, &STAFF);
    int64_t base = search_base(kind);
    const char *q = search_expression(c->arena, search_whose(c->arena, 'c', chamber), NULL);
    read_begin(w, c);
    int64_t n =
        db_value_int(c->tx, &ENTRIES,
                     DB_ARGS(DB_TEXT(q), DB_INT(base), DB_INT(base + (INT64_C(1) << 40))), -1);
    assert_int_equal(record_unfound(c->tx, &ENTERPRISE_KIND), 0);
    assert_int_equal(record_unfound(c->tx, &PERSON_KIND), 0);
    read_end(c);
    return n;
}

// ---- tests -------------------------------------------------------------------------------

static void
an_entry_follows_memberships(void **state)
{
    struct world *w = *state;
    district(w);
    const struct actor port = secretary(PORT), river = secretary(RIVER);
    int64_t id = PUT(w, ENTERPRISE_KIND, 0, "name", "江南精密", "uscc", uscc(w, 1));
    assert_int_equal(entries(w, "enterprise", 0), 1);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &port, "江南"), 0);
    // a membership begins
    int64_t stay = PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "1", "organization_id", "2",
                       "since", "2020-01-01");
    assert_int_equal(entries(w, "enterprise", PORT), 1);
    assert_int_equal(entries(w, "enterprise", 0), 0);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &port, "江南"), 1);
    // another one, which is not the main one, and the first one ends
    PUT(w, MEMBERSHIP_KIND, 0, "enterprise_id", "1", "organization_id", "3", "since",
        "2021-01-01");
    assert_int_equal(found(w, &ENTERPRISE_KIND, &river, "江南"), 0);
    step(w, (struct step){&MEMBERSHIP_LIFECYCLE, "leave", stay, 0});
    assert_int_equal(found(w, &ENTERPRISE_KIND, &port, "江南"), 0);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &river, "江南"), 1);
    assert_int_equal(entries(w, "enterprise", RIVER), 1);
    // somebody puts it under a third
    PUT(w, ENTERPRISE_KIND, id, "chamber_id", "4");
    assert_int_equal(entries(w, "enterprise", RIVER), 0);
    assert_int_equal(entries(w, "enterprise", MACHINES), 1);
}

static void
an_entry_follows_the_end_of_a_chamber(void **state)
{
    struct world *w = *state;
    district(w);
    const struct actor river = secretary(RIVER);
    PUT(w, ENTERPRISE_KIND, 0, "name", "江南精密", "uscc", uscc(w, 1), "chamber_id", "2");
    PUT(w, ENTERPRISE_KIND, 0, "name", "恒鲜冷链", "uscc", uscc(w, 2), "chamber_id", "2");
    step(w, (struct step){&ORG_LIFECYCLE, "merge-into", PORT, RIVER});
    assert_int_equal(entries(w, "enterprise", PORT), 0);
    assert_int_equal(entries(w, "enterprise", RIVER), 2);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &river, "江南"), 1);
    step(w, (struct step){&ORG_LIFECYCLE, "dissolve", RIVER, 0});
    assert_int_equal(entries(w, "enterprise", RIVER), 0);
    assert_int_equal(entries(w, "enterprise", 0), 2);
}

static void
an_entry_follows_merges_and_their_undoing(void **state)
{
    struct world *w = *state;
    district(w);
    PUT(w, ENTERPRISE_KIND, 0, "name", "江南精密", "uscc", uscc(w, 1), "chamber_id", "2");
    PUT(w, ENTERPRISE_KIND, 0, "name", "江南机械", "uscc", uscc(w, 2), "chamber_id", "3",
        "contact_mobile", "13812346620");
    PUT(w, PERSON_KIND, 0, "name", "陈建国", "kind", "entrepreneur", "enterprise_id", "2",
        "mobile", "13900001111");
    const struct actor one = member(1), two = member(2), river = secretary(RIVER);
    assert_int_equal(found(w, &PERSON_KIND, &two, "建国"), 1);
    assert_int_equal(entries(w, "person", RIVER), 1);
    struct joining j = {&ENTERPRISE_KIND, 1, 2, 0};
    merge(w, &j);
    assert_int_equal(entries(w, "enterprise", RIVER), 0);
    assert_int_equal(found(w, &PERSON_KIND, &one, "建国"), 1);
    assert_int_equal(found(w, &PERSON_KIND, &two, "建国"), 0);
    assert_int_equal(found(w, &PERSON_KIND, &STAFF, "1111"), 1);
    merge(w, &j); // taken back
    assert_int_equal(entries(w, "enterprise", RIVER), 1);
    assert_int_equal(found(w, &PERSON_KIND, &one, "建国"), 0);
    assert_int_equal(found(w, &PERSON_KIND, &two, "建国"), 1);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &river, "6620"), 1);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &STAFF, "6620"), 1);
}

static void
phones_are_found_by_their_end(void **state)
{
    struct world *w = *state;
    district(w);
    int64_t id = PUT(w, ENTERPRISE_KIND, 0, "name", "江南精密", "uscc", uscc(w, 1),
                     "chamber_id", "2", "contact_mobile", "13812346620");
    PUT(w, ENTERPRISE_KIND, 0, "name", "6620 号仓库", "uscc", uscc(w, 2), "chamber_id", "3");
    const struct actor port = secretary(PORT), river = secretary(RIVER), nowhere = secretary(0);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &STAFF, "6620"), 2); // a phone, and a word
    assert_int_equal(found(w, &ENTERPRISE_KIND, &port, "6620"), 1);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &river, "6620"), 1);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &nowhere, "6620"), 0);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &STAFF, "46620"), 0);
    PUT(w, ENTERPRISE_KIND, id, "name", "江南精密机械"); // the number is not sent again
    assert_int_equal(found(w, &ENTERPRISE_KIND, &port, "6620"), 1);
    PUT(w, ENTERPRISE_KIND, id, "contact_mobile", "13812341234");
    assert_int_equal(found(w, &ENTERPRISE_KIND, &port, "6620"), 0);
    assert_int_equal(found(w, &ENTERPRISE_KIND, &port, "1234"), 1);
    assert_int_equal(entries(w, "enterprise", PORT), 1);
}

static void
memberships_are_found_by_their_number(void **state)
{
    struct world *w = *state;
    district(w);
    for (unsigned i = 1; i <= 12; i++) {
        PUT(w, ENTERPRISE_KIND, 0, "name", arena_printf(w->s.a, "企业%u号", i), "uscc",
            uscc(w, i), "chamber_id", i % 2 == 0 ? "2" : "3");
    }
    const struct actor port = secretary(PORT);
    assert_int_equal(found(w, &MEMBERSHIP_KIND, &STAFF, "HY000012"), 1);
    assert_int_equal(found(w, &MEMBERSHIP_KIND, &STAFF, "hy00001"), 3); // 10, 11, 12
    assert_int_equal(found(w, &MEMBERSHIP_KIND, &STAFF, "HY0000"), 12);
    assert_int_equal(found(w, &MEMBERSHIP_KIND, &port, "HY0000"), 6);
    assert_int_equal(found(w, &MEMBERSHIP_KIND, &port, "HY000011"), 0);
    assert_int_equal(found(w, &MEMBERSHIP_KIND, &STAFF, "000012"), 1);
    struct ctx *c = asking(w, &STAFF, "港口", NULL);
    read_begin(w, c);
    assert_null(record_list(c, &MEMBERSHIP_KIND, 0)); // it says that a number is wanted
    assert_int_equal(c->faults.count, 1);
    assert_null(find_kind(c, &MEMBERSHIP_KIND, "港口"));
    struct value *group = find_kind(c, &MEMBERSHIP_KIND, "HY000012");
    assert_string_equal(value_get_text(group, "count"), "1");
    read_end(c);
}

// ---- against a plain comparison ------------------------------------------------------------

enum { FIRMS = 600, NAME_MOST = 96 };

struct firm { // what the district should hold
    char name[NAME_MOST], code[20], mobile[16];
    int64_t chamber;
};

static uint32_t
dice(uint32_t *seed, uint32_t sides)
{
    *seed = *seed * 1664525U + 1013904223U;
    return (*seed >> 8) % sides;
}

static const char *const WORDS[] = {"江南", "南江", "精密", "宏远", "远洋", "临江",
                                    "江海", "海南", "恒新", "新远", "贸易", "科技"};
enum { WORD_COUNT = sizeof WORDS / sizeof *WORDS };

static void
invent(struct world *w, struct firm *f, unsigned n, uint32_t *seed)
{
    snprintf(f->name, sizeof f->name, "%s%s%s有限公司%u", WORDS[dice(seed, WORD_COUNT)],
             WORDS[dice(seed, WORD_COUNT)], WORDS[dice(seed, WORD_COUNT)], n);
    snprintf(f->code, sizeof f->code, "%s", uscc(w, 1000 + n * 37));
    snprintf(f->mobile, sizeof f->mobile, "1380000%04u", dice(seed, 40));
    f->chamber = dice(seed, CHAMBERS + 1);
    f->chamber = f->chamber == FEDERATION ? 0 : f->chamber;
}

static void
write_firm(struct world *w, const struct firm *f, int64_t id)
{
    const char *chamber = arena_printf(w->s.a, "%lld", (long long)f->chamber);
    PUT(w, ENTERPRISE_KIND, id, "name", f->name, "uscc", f->code, "contact_mobile", f->mobile,
        f->chamber == 0 ? NULL : "chamber_id", chamber);
}

static bool
fits(const struct firm *f, int64_t id, const struct actor *who, const char *q)
{
    size_t n = strlen(f->mobile);
    bool mine = who->roles == ROLE_STAFF ||
                (who->organization_id != 0 && f->chamber == who->organization_id) ||
                who->enterprise_id == id;
    return mine && (strstr(f->name, q) != NULL || text_starts(f->code, q) ||
                    (strlen(q) == 4 && strcmp(f->mobile + n - 4, q) == 0));
}

static void
compare(struct world *w, const struct firm *firms, const struct actor *who, const char *q)
{
    bool ids[FIRMS + 1];
    listed(w, &ENTERPRISE_KIND, who, q, ids, FIRMS + 1);
    for (int64_t id = 1; id <= FIRMS; id++) {
        if (ids[id] != fits(&firms[id], id, who, q)) {
            fail_msg("%s %lld %s: %s %s", q, (long long)who->id, ids[id] ? "finds" : "lacks",
                     firms[id].name, firms[id].code);
        }
    }
}

static void
what_is_found_is_what_a_comparison_finds(void **state)
{
    struct world *w = *state;
    static struct firm firms[FIRMS + 1];
    uint32_t seed = 20261123;
    district(w);
    for (unsigned i = 1; i <= FIRMS; i++) {
        invent(w, &firms[i], i, &seed);
        write_firm(w, &firms[i], 0);
    }
    for (unsigned i = 0; i < FIRMS; i++) { // some get other names, phones and chambers
        unsigned n = 1 + dice(&seed, FIRMS);
        int64_t chamber = firms[n].chamber;
        invent(w, &firms[n], n, &seed);
        firms[n].chamber = firms[n].chamber == 0 ? chamber : firms[n].chamber;
        write_firm(w, &firms[n], n);
    }
    const struct actor who[] = {
        STAFF,         secretary(PORT), secretary(RIVER), secretary(MACHINES),
        secretary(99), secretary(0),    member(3),        member(FIRMS)};
    for (size_t i = 0; i < sizeof who / sizeof *who; i++) {
        for (size_t k = 0; k < WORD_COUNT; k++) {
            compare(w, firms, &who[i], WORDS[k]);
        }
        static const char *const OTHERS[] = {
            "江",   "有限公司", "91320902MA", "91320902MA00", "91320902MA000104",
            "0007", "0039",     "南南"};
        for (size_t k = 0; k < sizeof OTHERS / sizeof *OTHERS; k++) {
            compare(w, firms, &who[i], OTHERS[k]);
        }
    }
    int64_t all = 0;
    for (int64_t chamber = 0; chamber <= CHAMBERS; chamber++) {
        all += entries(w, "enterprise", chamber);
    }
    assert_int_equal(all, FIRMS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(an_entry_follows_memberships),
        WORLD_TEST(an_entry_follows_the_end_of_a_chamber),
        WORLD_TEST(an_entry_follows_merges_and_their_undoing),
        WORLD_TEST(phones_are_found_by_their_end),
        WORLD_TEST(memberships_are_found_by_their_number),
        WORLD_TEST(what_is_found_is_what_a_comparison_finds),
    };
    return cmocka_run_group_tests_name("search_whose", tests, NULL, NULL);
}
