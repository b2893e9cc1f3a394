// SPDX-License-Identifier: Apache-2.0
// Two records become one and two again: what is found, what moves, that no reference of the
// schema is forgotten, and that undoing gives back exactly what was.
#include "store/request.h"

#include "app.h"
#include "base/buf.h"
#include "base/text.h"
#include "kit/record_merge_impl.h"
#include "kit/search.h"
#include "mod/enterprise/enterprise.h"
#include "mod/enterprise/enterprise_same.h"
#include "mod/membership/membership_impl.h"
#include "mod/people/people_impl.h"

#include <sqlite3.h>

static const struct actor STAFF = {
    .id = 1, .login = "staff", .name = "王", .roles = ROLE_STAFF};
static const struct actor SECRETARY = {
    .id = 2, .login = "s", .name = "一", .roles = ROLE_SECRETARY, .organization_id = 1};

static const struct db_stmt COUNT_OF = {
    .name = "test.count_of",
    .sql = "SELECT (SELECT count(*) FROM enterprise) AS enterprises,"
           " (SELECT count(*) FROM membership) AS memberships,"
           " (SELECT count(*) FROM membership WHERE is_main = 1) AS mains,"
           " (SELECT count(*) FROM enterprise_figure) AS figures,"
           " (SELECT count(*) FROM person) AS people,"
           " (SELECT count(*) FROM person_post) AS posts",
    .row = "enterprises:int memberships:int mains:int figures:int people:int posts:int",
    .scans = "test"};

// ---- a district --------------------------------------------------------------------------

struct entry { // an enterprise
    const char *name, *uscc, *mobile;
    int64_t chamber;
};

static enum err
add_enterprise(struct ctx *c, void *arg)
{
    const struct entry *e = arg;
    struct value *rec = value_map(c->arena);
    value_set_text(c->arena, rec, "name", e->name);
    value_set_text(c->arena, rec, "uscc", e->uscc);
    value_set_text(c->arena, rec, "contact_mobile", e->mobile);
    if (e->chamber != 0) {
        value_set_int(c->arena, rec, "chamber_id", e->chamber);
    }
    return record_create(c, &ENTERPRISE_KIND, rec) != 0 ? ERR_OK : ERR_INVALID;
}

struct child {
    const struct record_kind *k;
    const char *const *pairs; // name, value; a number when it looks like one
};

static enum err
add_child(struct ctx *c, void *arg)
{
    const struct child *x = arg;
    struct value *rec = value_map(c->arena);
    for (const char *const *p = x->pairs; *p != NULL; p += 2) {
        const struct field *f = field_find(x->k->fields, p[0]);
        int64_t n;
        bool number = f->type == FIELD_INT || f->type == FIELD_REF || f->type == FIELD_MONEY;
        if (number && text_to_int(p[1], &n)) {
            value_set_int(c->arena, rec, p[0], n);
        } else {
            value_set_text(c->arena, rec, p[0], p[1]);
        }
    }
    return record_create(c, x->k, rec) != 0 ? ERR_OK : c->result;
}

#define ADD(w, kind, ...)                                                                      \
    do {                                                                                       \
        static const char *const pairs_[] = {__VA_ARGS__, NULL};                               \
        struct child x_ = {&(kind), pairs_};                                                   \
        assert_int_equal(in_write((w), request((w), &STAFF), add_child, &x_), ERR_OK);         \
    } while (0)

static void
district(struct world *w)
{
    static const struct entry ENTRIES[] = {
        {"江南精密机械有限公司", "91320902MA0TEK012E", "13812346620", 1},
        {"盐城市江南精密机械（集团）有限公司", "91320902MA0TK05390", "13812346620", 2},
        {"荣光食品有限公司", "91350100M000100Y43", "13900001111", 1},
    };
    w->app.modules = MODULES;
    CHANGE(w, "INSERT INTO organization (id, kind, name, created_at, updated_at)"
              " VALUES (1, 'town', '港口镇商会', 0, 0), (2, 'industry', '装备商会', 0, 0)");
    for (size_t i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; i++) {
        assert_int_equal(
            in_write(w, request(w, &STAFF), add_enterprise, (void *)(uintptr_t)&ENTRIES[i]),
            ERR_OK);
    }
}

// ---- acts ----------------------------------------------------------------------------------

struct act {
    const struct record_kind *k;
    int64_t into, from, merge;
    const char *other; // space list of fields from the other record
};

static enum err
do_merge(struct ctx *c, void *arg)
{
    struct act *x = arg;
    struct value *other = value_map(c->arena);
    for (const struct field *f = x->k->fields; f->name != NULL; f++) {
        if (text_list_has(x->other, f->name)) {
            value_set_bool(c->arena, other, f->name, true);
        }
    }
    x->merge = record_merge(c, x->k, x->into, x->from, other, "重复登记");
    return c->result;
}

static enum err
do_undo(struct ctx *c, void *arg)
{
    struct act *x = arg;
    return record_unmerge(c, x->k, x->merge);
}

static enum err
do_scan(struct ctx *c, void *arg)
{
    const struct record_kind *k = arg;
    while (record_duplicates_scan(c, k, 2) > 0) {
    }
    return db_tx_err(c->tx);
}

static struct value *
pairs(struct world *w, const struct record_kind *k, const char *state)
{
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    struct value *list = record_duplicates_list(c, k, state);
    read_end(c);
    return (struct value *)(uintptr_t)value_get(list, "items");
}

// What a merge writes for its own sake, and what is derived.
static const char OWN[] =
    "record_event audit record_merge record_merge_row record_gone search_doc"
    " duplicate_key duplicate_mark duplicate_pair duplicate_changed";

static sqlite3 *
opened(struct world *w)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(w->s.url, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    return db;
}

static const char *
column_text(sqlite3_stmt *s, int i)
{
    const char *t = (const char *)sqlite3_column_text(s, i);
    return t == NULL ? "" : t;
}

static sqlite3_stmt *
asked(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    return s;
}

static const struct db_stmt TABLES = {
    .name = "test.tables",
    .postgres = "SELECT relname::text AS name FROM pg_class WHERE relkind = 'r'"
                " AND relnamespace = current_schema()::regnamespace ORDER BY 1",
    .row = "name:text",
    .scans = "test"};

static char *
everything_postgres(struct world *w)
{
    struct arena *a = w->s.a;
    struct buf b;
    buf_init(&b, a, 65536, (size_t)8 << 20);
    struct db_tx *tx = db_read_begin(w->s.db);
    const struct value *tables = db_list(tx, a, &TABLES, DB_NONE);
    assert_true(value_count(tables) > 30);
    for (size_t i = 0; i < value_count(tables); i++) {
        const char *table = value_get_text(value_at(tables, i), "name");
        struct db_stmt *s = ARENA_NEW(a, struct db_stmt);
        *s = (struct db_stmt){
            .name = "test.everything",
            .postgres = arena_printf(a,
                                     "SELECT (to_jsonb(t) - 'version' - 'updated_at')::text AS"
                                     " row FROM %s t ORDER BY 1",
                                     table),
            .row = "row:text",
            .scans = "test"};
        const struct value *rows =
            text_list_has(OWN, table) ? NULL : db_list(tx, a, s, DB_NONE);
        for (size_t r = 0; r < value_count(rows); r++) {
            buf_printf(&b, "%s|%s\n", table, value_get_text(value_at(rows, r), "row"));
        }
    }
    assert_int_equal(db_tx_err(tx), ERR_OK);
    db_read_end(tx);
    return arena_strdup(a, buf_str(&b));
}

// Every row of every table, without when it was written and how often.
static char *
everything(struct world *w)
{
    if (store_is_postgres()) {
        return everything_postgres(w);
    }
    sqlite3 *db = opened(w);
    struct buf b;
    buf_init(&b, w->s.a, 65536, (size_t)8 << 20);
    sqlite3_stmt *tables = asked(db, "SELECT name FROM sqlite_master WHERE type = 'table'"
                                     " AND name NOT LIKE 'search_index%' ORDER BY name");
    while (sqlite3_step(tables) == SQLITE_ROW) {
        const char *table = column_text(tables, 0);
        if (text_list_has(OWN, table)) {
            continue;
        }
        sqlite3_stmt *rows =
            asked(db, arena_printf(w->s.a, "SELECT * FROM %s ORDER BY 1, 2", table));
        while (sqlite3_step(rows) == SQLITE_ROW) {
            buf_printf(&b, "%s", table);
            for (int i = 0; i < sqlite3_column_count(rows); i++) {
                const char *name = sqlite3_column_name(rows, i);
                bool kept = strcmp(name, "version") != 0 && strcmp(name, "updated_at") != 0;
                buf_printf(&b, "|%s", kept ? column_text(rows, i) : "");
            }
            buf_putc(&b, '\n');
        }
        sqlite3_finalize(rows);
    }
    sqlite3_finalize(tables);
    sqlite3_close(db);
    return arena_strdup(w->s.a, buf_str(&b));
}

static struct value *
counts(struct world *w)
{
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    struct value *v = db_one(c->tx, c->arena, &COUNT_OF, DB_NONE);
    read_end(c);
    return v;
}

static enum err
merge(struct world *w, struct act *x)
{
    return in_write(w, request(w, &STAFF), do_merge, x);
}

static enum err
undo(struct world *w, struct act *x)
{
    return in_write(w, request(w, &STAFF), do_undo, x);
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

static enum err
decide(struct ctx *c, void *arg)
{
    const int64_t *id = arg;
    return record_duplicate_decide(c, &ENTERPRISE_KIND, *id, "distinct", "两家")
               ? ERR_OK
               : ERR_NOT_FOUND;
}

// ---- tests ---------------------------------------------------------------------------------

static void
pairs_are_found_and_decided(void **state)
{
    struct world *w = *state;
    district(w);
    assert_int_equal(
        in_write(w, request(w, &STAFF), do_scan, (void *)(uintptr_t)&ENTERPRISE_KIND), ERR_OK);
    struct value *found = pairs(w, &ENTERPRISE_KIND, "open");
    assert_int_equal(value_count(found), 1);
    const struct value *p = value_at(found, 0);
    assert_int_equal(value_get_int(value_get(p, "first"), "id", 0), 1);
    assert_int_equal(value_get_int(value_get(p, "second"), "id", 0), 2);
    assert_int_equal(value_get_int(p, "score", 0), 65 + 25 - 5);
    assert_int_equal(value_count(value_get(p, "reasons")), 2);
    // decided, and not asked again though one of them changes
    int64_t id = value_get_int(p, "id", 0);
    assert_int_equal(in_write(w, request(w, &STAFF), decide, &id), ERR_OK);
    CHANGE(w, "INSERT INTO duplicate_changed (kind, record_id) VALUES ('enterprise', 1)");
    assert_int_equal(
        in_write(w, request(w, &STAFF), do_scan, (void *)(uintptr_t)&ENTERPRISE_KIND), ERR_OK);
    assert_int_equal(value_count(pairs(w, &ENTERPRISE_KIND, "open")), 0);
    assert_int_equal(value_count(pairs(w, &ENTERPRISE_KIND, "distinct")), 1);
}

static void
fill_district(struct world *w)
{
    district(w);
    ADD(w, ENTERPRISE_FIGURE_KIND, "enterprise_id", "1", "year", "2025", "staff", "100",
        "source", "self");
    ADD(w, ENTERPRISE_FIGURE_KIND, "enterprise_id", "2", "year", "2025", "revenue_fen",
        "50000000", "source", "self");
    ADD(w, ENTERPRISE_FIGURE_KIND, "enterprise_id", "2", "year", "2024", "staff", "90",
        "source", "self");
    ADD(w, MEMBERSHIP_KIND, "enterprise_id", "2", "organization_id", "1", "since", "2020-03-01",
        "seat", "director", "contact_mobile", "13700002222");
    ADD(w, PERSON_KIND, "name", "陈建国", "kind", "entrepreneur", "mobile", "13812346620",
        "enterprise_id", "1");
    ADD(w, PERSON_KIND, "name", "陈建国", "kind", "entrepreneur", "id_number",
        "11010519491231002X", "enterprise_id", "2");
    ADD(w, PERSON_POST_KIND, "person_id", "1", "enterprise_id", "1", "post",
        "legal_representative", "since", "2019-06-18");
    ADD(w, PERSON_POST_KIND, "person_id", "2", "enterprise_id", "2", "post",
        "legal_representative", "since", "2018-01-01");
    CHANGE(w, "INSERT INTO demand (receipt_no, state, source, category, enterprise_id, title,"
              " body, visibility, open, unassigned, due_key, created_at, updated_at)"
              " VALUES ('A1', 'submitted', 'enterprise', 'other', 2, '停电', '停电', 'chamber',"
              " 1, 1, 0, 0, 0)");
    CHANGE(w, "INSERT INTO account (id, login, name, created_at, updated_at)"
              " VALUES (9, 'm', '企', 0, 0)");
    CHANGE(w, "INSERT INTO post (account_id, role, enterprise_id, since)"
              " VALUES (9, 'member', 2, 0)");
}

static void
everything_moves_and_comes_back(void **state)
{
    struct world *w = *state;
    fill_district(w);
    char *before = everything(w);
    struct act x = {.k = &ENTERPRISE_KIND, .into = 1, .from = 2, .other = "name uscc"};
    assert_int_equal(merge(w, &x), ERR_OK);
    const struct value *n = counts(w);
    assert_int_equal(value_get_int(n, "enterprises", 0), 2);
    assert_int_equal(value_get_int(n, "figures", 0), 2); // 2025 became one row
    assert_int_equal(value_get_int(n, "memberships", 0),
                     3); // chamber 1 once, chamber 2, and 3's
    assert_int_equal(value_get_int(n, "mains", 0), 2);
    const struct value *e = read_one(w, &ENTERPRISE_KIND, 1);
    assert_string_equal(value_get_text(e, "name"), "盐城市江南精密机械（集团）有限公司");
    assert_string_equal(value_get_text(e, "uscc"), "91320902MA0TK05390");
    assert_int_equal(value_get_int(e, "chamber_id", 0), 1);
    const struct value *m = read_one(w, &MEMBERSHIP_KIND, 1);
    assert_string_equal(value_get_text(m, "since"), "2020-03-01"); // the longer of both
    assert_string_equal(value_get_text(m, "seat"), "director");
    assert_string_equal(value_get_text(m, "contact_mobile"), "137****2222");
    assert_null(read_one(w, &ENTERPRISE_KIND, 2));
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    assert_int_equal(record_merged_into(c->tx, "enterprise", 2), 1);
    assert_int_equal(record_merged_into(c->tx, "membership", 4), 1);
    assert_string_equal(record_reveal(c, &MEMBERSHIP_KIND, 1,
                                      field_find(MEMBERSHIP_KIND.fields, "contact_mobile")),
                        "13700002222");
    assert_int_equal(record_unfound(c->tx, &ENTERPRISE_KIND), 0);
    read_end(c);
    assert_int_equal(undo(w, &x), ERR_OK);
    assert_string_equal(everything(w), before);
    assert_int_equal(undo(w, &x), ERR_CONFLICT); // once
}

static void
people_become_one(void **state)
{
    struct world *w = *state;
    fill_district(w);
    char *before = everything(w);
    struct act x = {.k = &PERSON_KIND, .into = 1, .from = 2, .other = "id_number"};
    assert_int_equal(merge(w, &x), ERR_OK);
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    const struct field *id = field_find(PERSON_KIND.fields, "id_number");
    assert_string_equal(record_reveal(c, &PERSON_KIND, 1, id), "11010519491231002X");
    read_end(c);
    assert_int_equal(value_get_int(counts(w), "posts", 0), 2);
    assert_int_equal(undo(w, &x), ERR_OK);
    assert_string_equal(everything(w), before);
}

static void
merges_upon_merges_come_back_in_turn(void **state)
{
    struct world *w = *state;
    fill_district(w);
    char *before = everything(w);
    struct act first = {.k = &ENTERPRISE_KIND, .into = 1, .from = 2};
    struct act second = {.k = &ENTERPRISE_KIND, .into = 3, .from = 1};
    assert_int_equal(merge(w, &first), ERR_OK);
    char *between = everything(w);
    assert_int_equal(merge(w, &second), ERR_OK);
    struct ctx *c = request(w, &STAFF);
    read_begin(w, c);
    assert_int_equal(record_merged_into(c->tx, "enterprise", 2), 3); // however far
    read_end(c);
    assert_int_equal(undo(w, &first), ERR_CONFLICT); // what it moved has moved on
    assert_int_equal(undo(w, &second), ERR_OK);
    assert_string_equal(everything(w), between);
    assert_int_equal(undo(w, &first), ERR_OK);
    assert_string_equal(everything(w), before);
}

static void
undo_refuses_what_has_changed(void **state)
{
    struct world *w = *state;
    fill_district(w);
    struct act x = {.k = &ENTERPRISE_KIND, .into = 1, .from = 2};
    assert_int_equal(merge(w, &x), ERR_OK);
    CHANGE(w, "UPDATE demand SET state = 'accepted', version = version + 1");
    assert_int_equal(undo(w, &x), ERR_CONFLICT);
    assert_non_null(strstr(w->c.detail, "诉求"));
    CHANGE(w, "UPDATE demand SET version = version - 1");
    CHANGE(w, "UPDATE person SET note = '改过' WHERE id = 2");
    assert_int_equal(undo(w, &x), ERR_CONFLICT);
    CHANGE(w, "UPDATE person SET note = NULL WHERE id = 2");
    w->now += 31 * TIME_DAY; // later than the setting allows
    assert_int_equal(undo(w, &x), ERR_CONFLICT);
}

static void
only_those_who_may_change_both(void **state)
{
    struct world *w = *state;
    district(w);
    struct act x = {.k = &ENTERPRISE_KIND, .into = 1, .from = 2};
    assert_int_equal(in_write(w, request(w, &SECRETARY), do_merge, &x), ERR_FORBIDDEN);
    x.from = 1;
    assert_int_equal(merge(w, &x), ERR_INVALID);
    x.from = 99;
    assert_int_equal(merge(w, &x), ERR_NOT_FOUND);
    assert_int_equal(value_get_int(counts(w), "enterprises", 0), 3);
}

static void
no_number_is_given_twice(void **state)
{
    static const struct entry NEXT = {"新办贸易有限公司", "91320902MA0TEK055U", NULL, 1};
    struct world *w = *state;
    district(w);
    struct act x = {.k = &ENTERPRISE_KIND, .into = 1, .from = 3}; // the last row of its table
    assert_int_equal(merge(w, &x), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), add_enterprise, (void *)(uintptr_t)&NEXT),
                     ERR_OK);
    struct ctx *c = request(w, &STAFF);
    c->tx = db_read_begin(w->s.db);
    const struct value *made = record_get(c, &ENTERPRISE_KIND, 4);
    assert_non_null(made);
    assert_string_equal(value_get_text(made, "name"), NEXT.name);
    assert_int_equal(value_count(record_events(c, "enterprise", 4)), 1);
    assert_null(record_get(c, &ENTERPRISE_KIND, 3));
    db_read_end(c->tx);
    assert_int_equal(undo(w, &x), ERR_OK);
    assert_int_equal(value_get_int(counts(w), "enterprises", 0), 4);
}

// ---- names -------------------------------------------------------------------------------

static void
names_lose_what_every_name_has(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name, *core;
    } CASES[] = {
        {"江南精密机械有限公司", "江南精密机械"},
        {"江苏省盐城市亭湖区江南精密机械股份有限公司", "江南精密机械"},
        {"盐城江南精密机械（集团）有限责任公司", "江南精密机械"},
        {"江南精密机械有限公司苏州分公司", "江南精密机械有限公司苏州分公司"},
        {"ＡＢＣ　食品有限公司", "ABC食品"},
        {"盐城有限公司", "盐城"},
        {"公司", "公司"},
        {"临江宏达机械厂", "宏达机械厂"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_string_equal(enterprise_core_name(w->a, CASES[i].name, "320902", "临江区"),
                            CASES[i].core);
    }
    assert_true(enterprise_names_are_near("江南精密", "江南精蜜"));
    assert_true(enterprise_names_are_near("江南精密", "江南精密机"));
    assert_true(enterprise_names_are_near("南精密", "江南精密"));
    assert_false(enterprise_names_are_near("江南精密", "江北精工"));
    assert_false(enterprise_names_are_near("江南", "江北"));
}

// ---- the schema -----------------------------------------------------------------------------

static bool
is_linked(const char *plural, const char *table, const char *column)
{
    for (const struct module *const *m = MODULES; *m != NULL; m++) {
        for (const struct record_link *l = (*m)->links; l != NULL && l->to != NULL; l++) {
            if (strcmp(l->to, plural) == 0 && strcmp(l->table, table) == 0 &&
                strcmp(l->column, column) == 0) {
                return true;
            }
        }
    }
    return false;
}

// Kinds that are merged, and those whose rows become one when their records do.
static bool
can_go(const struct record_kind *k)
{
    bool goes = k->duplicates != NULL;
    for (const struct module *const *m = MODULES; *m != NULL; m++) {
        for (const struct record_link *l = (*m)->links; l != NULL && l->to != NULL; l++) {
            goes = goes || (l->kind == k && l->same != NULL);
        }
    }
    return goes;
}

// Columns of all tables that name a record of this kind: by a foreign key, or by their name.
static unsigned
unlinked(struct world *w, sqlite3 *db, const struct record_kind *k)
{
    unsigned wrong = 0;
    sqlite3_stmt *s = asked(
        db,
        arena_printf(w->s.a,
                     "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
                     " WHERE m.type = 'table' AND m.name NOT LIKE 'search_index%%'"
                     " AND m.name NOT LIKE 'sqlite_%%'"
                     " AND (c.name = '%s_id' OR EXISTS (SELECT 1 FROM"
                     " pragma_foreign_key_list(m.name) f WHERE f.\"from\" = c.name"
                     " AND f.\"table\" = '%s')"
                     " OR (c.name = 'record_id' AND EXISTS (SELECT 1 FROM"
                     " pragma_table_info(m.name) x WHERE x.name = 'kind')))",
                     k->table, k->table));
    // Logs say what was; the rest is the merging's own; imports of demands only, so far.
    static const char KEPT[] = "record_event audit record_gone duplicate_key duplicate_changed"
                               " import_row";
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *table = column_text(s, 0), *column = column_text(s, 1);
        bool common = strcmp(column, "record_id") == 0;
        bool kept = text_list_has(KEPT, table) ||
                    (common && k->duplicates == NULL && strcmp(k->name, "membership") != 0);
        if (!kept && !is_linked(k->plural, table, column)) {
            print_error("%s.%s refers to %s, and no module.links says so\n", table, column,
                        k->plural);
            wrong++;
        }
    }
    sqlite3_finalize(s);
    return wrong;
}

static void
no_reference_is_forgotten(void **state)
{
    struct world *w = *state;
    if (store_is_postgres()) {
        skip(); // asks the schema in SQLite's words
    }
    sqlite3 *db = opened(w);
    unsigned wrong = 0, kinds = 0;
    for (const struct module *const *m = MODULES; *m != NULL; m++) {
        for (const struct record_kind *const *k = (*m)->kinds; k != NULL && *k != NULL; k++) {
            if (can_go(*k)) {
                wrong += unlinked(w, db, *k);
                kinds++;
            }
        }
    }
    sqlite3_close(db);
    assert_true(kinds >= 5);
    assert_int_equal(wrong, 0);
}

// A row that goes comes back whole only if every column of its table is known.
static void
raw_rows_have_every_column(void **state)
{
    struct world *w = *state;
    if (store_is_postgres()) {
        skip(); // asks the schema in SQLite's words
    }
    sqlite3 *db = opened(w);
    for (const struct module *const *m = MODULES; *m != NULL; m++) {
        for (const struct record_kind *const *k = (*m)->kinds; k != NULL && *k != NULL; k++) {
            const struct merge_table *t = can_go(*k) ? merge_table_of(*k) : NULL;
            sqlite3_stmt *s =
                asked(db, arena_printf(w->s.a, "SELECT name FROM pragma_table_info('%s')",
                                       (*k)->table));
            while (t != NULL && sqlite3_step(s) == SQLITE_ROW) {
                bool known = false;
                for (unsigned i = 0; i < t->count; i++) {
                    known = known || strcmp(t->columns[i], column_text(s, 0)) == 0;
                }
                if (!known) {
                    fail_msg("%s.%s is no field of the kind", (*k)->table, column_text(s, 0));
                }
            }
            sqlite3_finalize(s);
        }
    }
    sqlite3_close(db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(pairs_are_found_and_decided),
        WORLD_TEST(everything_moves_and_comes_back),
        WORLD_TEST(people_become_one),
        WORLD_TEST(merges_upon_merges_come_back_in_turn),
        WORLD_TEST(undo_refuses_what_has_changed),
        WORLD_TEST(only_those_who_may_change_both),
        WORLD_TEST(no_number_is_given_twice),
        WORLD_TEST(names_lose_what_every_name_has),
        WORLD_TEST(no_reference_is_forgotten),
        WORLD_TEST(raw_rows_have_every_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
