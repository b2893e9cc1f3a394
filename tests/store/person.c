// SPDX-License-Identifier: Apache-2.0
// Personal values at rest and on their way out: nowhere in the files, masked everywhere, and
// whoever opens one has said why.
#include "store/request.h"

#include "base/json.h"
#include "kit/audit.h"
#include "kit/record.h"
#include "kit/seal.h"
#include "mod/people/people.h"

static const char MOBILE[] = "13912346620", ID[] = "11010519491231002X";

static const struct actor STAFF = {
    .id = 1, .login = "staff", .name = "王科员", .roles = ROLE_STAFF};
static const struct actor SECRETARY = {
    .id = 2, .login = "sec", .name = "秘书", .roles = ROLE_SECRETARY, .organization_id = 1};
static const struct actor LEADER = {
    .id = 3, .login = "leader", .name = "领导", .roles = ROLE_LEADER};

static const struct db_stmt ADD_CHAMBER = {
    .name = "test.add_chamber",
    .sql = "INSERT INTO organization (id, kind, name, created_at, updated_at)"
           " VALUES ($1, 'town', $2, 0, 0)",
    .params = "id:int name:text"};
static const struct db_stmt RAW = {
    .name = "test.raw",
    .sql = "SELECT mobile, mobile_index, mobile_end, id_number FROM person WHERE id = $1",
    .params = "id:int",
    .row = "mobile:text? mobile_index:text? mobile_end:text? id_number:text?"};
static const struct db_stmt PUT_RAW = {.name = "test.put_raw",
                                       .sql = "UPDATE person SET mobile = $1 WHERE id = $2",
                                       .params = "mobile:text id:int"};
static const struct db_stmt REVEALS = {.name = "test.reveals",
                                       .sql = "SELECT count(*) AS n FROM reveal",
                                       .row = "n:int",
                                       .scans = "a test"};

// ---- sealing ---------------------------------------------------------------------------

static void
test_opens_in_its_place_only(void **state)
{
    struct world *w = *state;
    const struct seal_place here = {"person", "mobile", 7};
    const char *one = seal_text(&w->app, w->a, 1, &here, MOBILE);
    assert_string_equal(seal_open(&w->app, w->a, &here, one), MOBILE);
    assert_string_not_equal(one, seal_text(&w->app, w->a, 1, &here, MOBILE));
    const struct seal_place others[] = {
        {"person", "mobile", 8}, {"person", "id_number", 7}, {"enterprise", "mobile", 7}};
    for (size_t i = 0; i < 3; i++) {
        assert_null(seal_open(&w->app, w->a, &others[i], one));
    }
    for (size_t i = 0; i < strlen(one); i++) { // every letter counts
        char *bad = (char *)(uintptr_t)arena_strdup(w->a, one);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        const char *plain = seal_open(&w->app, w->a, &here, bad);
        assert_true(plain == NULL);
    }
    struct app other = w->app;
    other.secret[0] ^= 1;
    assert_null(seal_open(&other, w->a, &here, one));
    assert_null(seal_open(&w->app, w->a, &here, "plain"));
    assert_null(seal_open(&w->app, w->a, &here, ""));
}

// Exports make masks without asking whether the value is genuine; what is no mobile has none.
static void
test_masks_without_opening(void **state)
{
    struct world *w = *state;
    const struct seal_place here = {"person", "mobile", 7};
    for (int64_t key = 1; key <= 3; key++) {
        for (unsigned i = 0; i < 200; i++) {
            const char *plain =
                arena_printf(w->a, "1%u%09u", 3 + i % 7, i * 4999999U % 999999999U);
            const char *one = seal_text(&w->app, w->a, key, &here, plain);
            assert_string_equal(seal_mobile_mask(&w->app, w->a, one), seal_mask(w->a, plain));
        }
    }
    static const char *const OTHERS[] = {"11010519491231002X", "05158888666", "1381234662", "",
                                         "1381234662X"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        assert_null(
            seal_mobile_mask(&w->app, w->a, seal_text(&w->app, w->a, 1, &here, OTHERS[i])));
    }
    const char *one = seal_text(&w->app, w->a, 1, &here, MOBILE);
    struct app other = w->app;
    other.secret[0] ^= 1;
    assert_null(seal_mobile_mask(&other, w->a, one));
    assert_null(seal_mobile_mask(&w->app, w->a, "13812346620"));
    assert_null(seal_mobile_mask(&w->app, w->a, "1.!!!!"));
    assert_null(seal_mobile_mask(&w->app, w->a, NULL));
}

static void
test_blind_indexes(void **state)
{
    struct world *w = *state;
    const struct seal_place at = {"person", "id_number", 0}, other = {"person", "mobile", 0};
    const char *index = seal_index(&w->app, w->a, &at, ID);
    assert_int_equal(strlen(index), 32);
    assert_string_equal(index, seal_index(&w->app, w->a, &at, "110105 19491231 002x"));
    assert_string_not_equal(index, seal_index(&w->app, w->a, &other, ID));
    assert_string_equal(seal_end(&w->app, w->a, &other, MOBILE),
                        seal_end(&w->app, w->a, &other, "6620"));
    assert_null(seal_end(&w->app, w->a, &other, "662"));
    assert_null(seal_end(&w->app, w->a, &at, ID));
}

static void
test_id_numbers(void **state)
{
    struct world *w = *state;
    static const char *const WRONG[] = {"11010519491231002",   "110105194912310021",
                                        "11010519491331002X",  "1101051949123100XX",
                                        "11010519491231002X1", "X1010519491231002X"};
    assert_null(person_id_fault(w->a, ID));
    assert_null(person_id_fault(w->a, "11010519491231002x"));
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_non_null(person_id_fault(w->a, WRONG[i]));
    }
}

// ---- a record --------------------------------------------------------------------------

static enum err
make_chambers(struct ctx *c, void *arg)
{
    (void)arg;
    db_run(c->tx, &ADD_CHAMBER, DB_ARGS(DB_INT(1), DB_TEXT("港口镇商会")));
    db_run(c->tx, &ADD_CHAMBER, DB_ARGS(DB_INT(2), DB_TEXT("河东镇商会")));
    return ERR_OK;
}

static enum err
make_person(struct ctx *c, void *arg)
{
    struct value *rec = value_map(c->arena);
    value_set_text(c->arena, rec, "name", "陈建国");
    value_set_text(c->arena, rec, "kind", "entrepreneur");
    value_set_int(c->arena, rec, "chamber_id", 1);
    value_set_text(c->arena, rec, "mobile", MOBILE);
    value_set_text(c->arena, rec, "id_number", ID);
    value_set_text(c->arena, rec, "political", "cndca");
    int64_t id = record_create(c, &PERSON_KIND, rec);
    *(int64_t *)arg = id;
    return id == 0 ? c->result : ERR_OK;
}

static int64_t
person_of(struct world *w)
{
    int64_t id = 0;
    assert_int_equal(in_write(w, request(w, &STAFF), make_chambers, NULL), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), make_person, &id), ERR_OK);
    assert_true(id > 0);
    return id;
}

static struct value *
read_as(struct world *w, const struct actor *who, int64_t id)
{
    struct ctx *c = request(w, who);
    c->tx = db_read_begin(w->s.db);
    struct value *rec = record_get(c, &PERSON_KIND, id);
    struct value *shown = rec == NULL ? NULL : record_masked(c, &PERSON_KIND, rec);
    db_read_end(c->tx);
    c->tx = NULL;
    return shown;
}

static void
test_masked_for_everybody(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w);
    const struct value *rec = read_as(w, &STAFF, id);
    assert_string_equal(value_get_text(rec, "mobile"), "139****6620");
    assert_string_equal(value_get_text(rec, "id_number"), "1********X");
    assert_string_equal(value_get_text(rec, "birth"), "1949-12");
    assert_string_equal(value_get_text(rec, "sex"), "female");
    rec = read_as(w, &SECRETARY, id);
    assert_string_equal(value_get_text(rec, "mobile"), "139****6620");
    rec = read_as(w, &LEADER, id);
    assert_string_equal(value_get_text(rec, "mobile"), "139****6620");
    assert_null(value_get_text(rec, "id_number"));
    assert_null(value_get_text(rec, "political"));
    struct actor other = SECRETARY;
    other.organization_id = 2;
    assert_null(read_as(w, &other, id));
}

struct change {
    int64_t id;
    const char *field, *text;
};

static enum err
change(struct ctx *c, void *arg)
{
    const struct change *ch = arg;
    struct value *rec = value_map(c->arena);
    value_set_text(c->arena, rec, ch->field, ch->text);
    return record_update(c, &PERSON_KIND, ch->id, rec, 0);
}

static enum err
update(struct world *w, int64_t id, const char *field, const char *text)
{
    struct change ch = {id, field, text};
    return in_write(w, request(w, &STAFF), change, &ch);
}

static const struct value *
raw_of(struct world *w, int64_t id)
{
    struct db_tx *tx = db_read_begin(w->s.db);
    struct value *row = db_one(tx, w->s.a, &RAW, DB_ARGS(DB_INT(id)));
    db_read_end(tx);
    return row;
}

static void
test_masks_come_back_unchanged(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w);
    const struct value *before = raw_of(w, id);
    assert_int_equal(update(w, id, "mobile", "139****6620"), ERR_OK);
    assert_int_equal(update(w, id, "note", "常年在外"), ERR_OK);
    assert_string_equal(value_get_text(raw_of(w, id), "mobile"),
                        value_get_text(before, "mobile"));
    assert_int_equal(update(w, id, "mobile", "139****6621"), ERR_INVALID); // not its own
    assert_int_equal(update(w, id, "mobile", "13700000001"), ERR_OK);
    assert_string_equal(value_get_text(read_as(w, &STAFF, id), "mobile"), "137****0001");
    assert_string_not_equal(value_get_text(raw_of(w, id), "mobile_index"),
                            value_get_text(before, "mobile_index"));
    assert_int_equal(update(w, id, "mobile", NULL), ERR_OK);
    assert_null(value_get_text(raw_of(w, id), "mobile"));
    assert_null(value_get_text(raw_of(w, id), "mobile_index"));
    assert_null(value_get_text(raw_of(w, id), "mobile_end"));
}

static void
test_one_person_once(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w), again = 0;
    assert_int_equal(in_write(w, request(w, &STAFF), make_person, &again), ERR_INVALID);
    assert_non_null(faults_of(&w->c.faults, "id_number"));
    assert_int_equal(update(w, id, "sex", "male"), ERR_OK); // the number is not read again
}

static enum err
find(struct ctx *c, void *arg)
{
    int64_t *ids = arg;
    const struct field *f = field_find(PERSON_KIND.fields, "mobile");
    return record_find_sealed(c, &PERSON_KIND, f, MOBILE, ids, 2) == 1 ? ERR_OK : ERR_NOT_FOUND;
}

static void
test_found_by_value_and_by_end(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w), ids[2] = {0};
    assert_int_equal(in_write(w, request(w, &STAFF), find, ids), ERR_OK);
    assert_int_equal(ids[0], id);
    static const struct {
        const char *end;
        size_t n;
    } CASES[] = {{"6620", 1}, {"6621", 0}};
    for (size_t i = 0; i < 2; i++) {
        struct ctx *c = request(w, &STAFF);
        struct http_kv query = {"mobile_end", CASES[i].end};
        w->req.query = (struct http_list){&query, 1};
        c->tx = db_read_begin(w->s.db);
        const struct value *list = record_list(c, &PERSON_KIND, 0);
        assert_int_equal(value_count(value_get(list, "items")), CASES[i].n);
        db_read_end(c->tx);
    }
}

static enum err
forge(struct ctx *c, void *arg)
{
    const struct change *ch = arg;
    db_run(c->tx, &PUT_RAW, DB_ARGS(DB_TEXT(ch->text), DB_INT(ch->id)));
    return ERR_OK;
}

// A value copied from one row to another must not speak for that other person.
static void
test_a_moved_value_stays_shut(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w), second = 0;
    struct change ch = {0, "", value_get_text(raw_of(w, id), "mobile")};
    assert_int_equal(update(w, id, "id_number", NULL), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), make_person, &second), ERR_OK);
    ch.id = second;
    assert_int_equal(in_write(w, request(w, &STAFF), forge, &ch), ERR_OK);
    log_set_level(LOG_ERROR + 1);
    assert_string_equal(value_get_text(read_as(w, &STAFF, second), "mobile"), "****");
    log_set_level(LOG_WARN);
}

// ---- opening ---------------------------------------------------------------------------

static enum err
open_it(struct ctx *c, void *arg)
{
    int64_t id = *(int64_t *)arg;
    const struct field *f = field_find(PERSON_KIND.fields, "mobile");
    enum err e = record_reveal_note(c, &PERSON_KIND, id, f, "核对会费票据");
    if (e == ERR_OK) {
        assert_string_equal(record_reveal(c, &PERSON_KIND, id, f), MOBILE);
    }
    return e;
}

static enum err
allow_two(struct ctx *c, void *arg)
{
    (void)arg;
    setting_set(c->tx, "reveals_per_hour", "2");
    return ERR_OK;
}

static void
test_opening_is_told_and_limited(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w), rows = 0;
    assert_int_equal(in_write(w, request(w, &STAFF), allow_two, NULL), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), open_it, &id), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), open_it, &id), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), open_it, &id), ERR_TOO_MANY);
    assert_true(w->c.retry_ms > 0);
    assert_int_equal(in_write(w, request(w, &SECRETARY), open_it, &id), ERR_OK);
    w->now += 3600001;
    assert_int_equal(in_write(w, request(w, &STAFF), open_it, &id), ERR_OK);
    struct db_tx *tx = db_read_begin(w->s.db);
    assert_int_equal(db_value_int(tx, &REVEALS, DB_NONE, 0), 4);
    assert_null(audit_verify(tx, w->a, &rows));
    db_read_end(tx);
    struct ctx *c = request(w, &STAFF);
    c->tx = db_read_begin(w->s.db);
    const struct value *events = record_events(c, "person", id);
    const struct value *last = value_at(events, value_count(events) - 1);
    assert_string_equal(value_get_text(last, "type"), "reveal");
    assert_string_equal(value_get_text(value_get(last, "data"), "reason"), "核对会费票据");
    db_read_end(c->tx);
}

static enum err
next_key(struct ctx *c, void *arg)
{
    (void)arg;
    setting_set(c->tx, "seal_key", "2");
    int64_t last = 0;
    do {
        last = record_reseal(c, &PERSON_KIND, last, 1);
    } while (last != 0);
    return ERR_OK;
}

static void
test_keys_rotate(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w);
    const struct value *before = raw_of(w, id);
    assert_int_equal(in_write(w, request(w, &STAFF), next_key, NULL), ERR_OK);
    const struct value *after = raw_of(w, id);
    assert_int_equal(seal_key_of(value_get_text(before, "mobile")), 1);
    assert_int_equal(seal_key_of(value_get_text(after, "mobile")), 2);
    assert_int_equal(seal_key_of(value_get_text(after, "id_number")), 2);
    assert_string_equal(value_get_text(before, "mobile_index"),
                        value_get_text(after, "mobile_index"));
    assert_int_equal(in_write(w, request(w, &STAFF), open_it, &id), ERR_OK);
}

// ---- what is dated ---------------------------------------------------------------------

struct row {
    const char *kind, *pairs; // "post=chairman since=2020-01-01"
    int64_t person, enterprise, id;
};

static const struct db_stmt ADD_ENTERPRISE = {
    .name = "test.add_enterprise",
    .sql = "INSERT INTO enterprise (id, name, uscc, chamber_id, created_at, updated_at)"
           " VALUES (1, $1, $2, 1, 0, 0)",
    .params = "name:text uscc:text"};

static enum err
make_enterprise(struct ctx *c, void *arg)
{
    (void)arg;
    db_run(c->tx, &ADD_ENTERPRISE, DB_ARGS(DB_TEXT("江南精密"), DB_TEXT("x")));
    return ERR_OK;
}

static const struct record_kind *
kind_named(const char *name)
{
    for (size_t i = 0; PERSON_MODULE.kinds[i] != NULL; i++) {
        if (strcmp(PERSON_MODULE.kinds[i]->name, name) == 0) {
            return PERSON_MODULE.kinds[i];
        }
    }
    return NULL;
}

static enum err
put_row(struct ctx *c, void *arg)
{
    struct row *r = arg;
    struct value *rec = value_map(c->arena);
    const struct record_kind *k = kind_named(r->kind);
    if (r->id == 0) {
        value_set_int(c->arena, rec, "person_id", r->person);
    }
    if (r->enterprise != 0) {
        value_set_int(c->arena, rec, "enterprise_id", r->enterprise);
    }
    char *rest = (char *)(uintptr_t)arena_strdup(c->arena, r->pairs), *save = NULL;
    for (char *p = strtok_r(rest, " ", &save); p != NULL; p = strtok_r(NULL, " ", &save)) {
        char *eq = strchr(p, '=');
        *eq = '\0';
        value_set_text(c->arena, rec, p, eq + 1);
    }
    if (r->id != 0) {
        return record_update(c, k, r->id, rec, 0);
    }
    int64_t id = record_create(c, k, rec);
    if (id != 0) {
        r->id = id;
    }
    return id == 0 ? c->result : ERR_OK;
}

static enum err
put(struct world *w, struct row *r)
{
    return in_write(w, request(w, &STAFF), put_row, r);
}

static void
test_one_chairman_at_a_time(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w);
    assert_int_equal(in_write(w, request(w, &STAFF), make_enterprise, NULL), ERR_OK);
    struct row first = {"person_post", "post=chairman since=2018-01-01", id, 1, 0};
    struct row second = {"person_post", "post=chairman since=2022-01-01", id, 1, 0};
    struct row board = {"person_post", "post=director since=2022-01-01", id, 1, 0};
    struct row backwards = {"person_post", "post=other since=2022-01-01 until=2021-01-01", id,
                            1, 0};
    assert_int_equal(put(w, &first), ERR_OK);
    assert_int_equal(put(w, &second), ERR_INVALID);
    assert_int_equal(put(w, &board), ERR_OK);
    assert_int_equal(put(w, &backwards), ERR_INVALID);
    first.pairs = "until=2022-01-01";
    assert_int_equal(put(w, &first), ERR_OK);
    assert_int_equal(put(w, &second), ERR_OK);
}

static bool
agreed(struct world *w, int64_t id)
{
    struct ctx *c = request(w, &STAFF);
    c->tx = db_read_begin(w->s.db);
    bool yes = person_agreed(c, id, "publish");
    db_read_end(c->tx);
    c->tx = NULL;
    return yes;
}

static void
test_consents_are_a_ledger(void **state)
{
    struct world *w = *state;
    int64_t id = person_of(w);
    struct row row = {
        "consent", "purpose=publish scope=姓名和职务 given_on=2026-11-20 how=paper", id, 0, 0};
    assert_false(agreed(w, id));
    assert_int_equal(put(w, &row), ERR_OK);
    assert_true(agreed(w, id));
    row.pairs = "purpose=third_party";
    assert_int_equal(put(w, &row), ERR_INVALID);
    row.pairs = "withdrawn_on=2026-11-19 withdrawn_how=phone";
    assert_int_equal(put(w, &row), ERR_INVALID);
    row.pairs = "withdrawn_on=2026-11-23 withdrawn_how=phone";
    assert_int_equal(put(w, &row), ERR_OK);
    assert_false(agreed(w, id)); // from the very day
    row.pairs = "withdrawn_on=2026-12-01";
    assert_int_equal(put(w, &row), ERR_INVALID);
}

// ---- canaries --------------------------------------------------------------------------

static void
no_canary(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *bytes = malloc((size_t)n + 1);
    assert_int_equal(fread(bytes, 1, (size_t)n, f), n);
    fclose(f);
    bool found = memmem(bytes, (size_t)n, MOBILE, strlen(MOBILE)) != NULL ||
                 memmem(bytes, (size_t)n, ID, strlen(ID)) != NULL;
    bool name = memmem(bytes, (size_t)n, "陈建国", strlen("陈建国")) != NULL;
    free(bytes);
    if (found) {
        fail_msg("%s holds a plain value", path);
    }
    if (strstr(path, "backup") != NULL) {
        assert_true(name); // or nothing was looked at
    }
}

static void
test_no_canary_in_any_file(void **state)
{
    struct world *w = *state;
    if (store_is_postgres()) {
        skip(); // its files are not ours to read
    }
    const char *why = "";
    int64_t id = person_of(w);
    assert_int_equal(update(w, id, "note", "改过一次"), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), open_it, &id), ERR_OK);
    const char *copy = arena_printf(w->s.a, "%s/backup.db", w->s.dir);
    if (db_copy_to(w->s.db, copy, &why) != ERR_OK) {
        fail_msg("%s", why);
    }
    DIR *d = opendir(w->s.dir);
    size_t files = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] != '.') {
            no_canary(arena_printf(w->s.a, "%s/%s", w->s.dir, e->d_name));
            files++;
        }
    }
    closedir(d);
    assert_true(files >= 3); // database, log, copy
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_opens_in_its_place_only),
        WORLD_TEST(test_masks_without_opening),
        WORLD_TEST(test_blind_indexes),
        WORLD_TEST(test_id_numbers),
        WORLD_TEST(test_masked_for_everybody),
        WORLD_TEST(test_masks_come_back_unchanged),
        WORLD_TEST(test_one_person_once),
        WORLD_TEST(test_found_by_value_and_by_end),
        WORLD_TEST(test_a_moved_value_stays_shut),
        WORLD_TEST(test_opening_is_told_and_limited),
        WORLD_TEST(test_keys_rotate),
        WORLD_TEST(test_one_chairman_at_a_time),
        WORLD_TEST(test_consents_are_a_ledger),
        WORLD_TEST(test_no_canary_in_any_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
