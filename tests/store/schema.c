// SPDX-License-Identifier: Apache-2.0
// Migrations, the checking of statements, and copies.
#include "store/fixture.h"

static const char PATCH2[] = "CREATE TABLE extra (id INTEGER PRIMARY KEY, v TEXT) STRICT;\n"
                             "-- @sqlite\n"
                             "CREATE TABLE only_sqlite (id INTEGER PRIMARY KEY) STRICT;\n"
                             "-- @end\n"
                             "-- @postgres\n"
                             "CREATE TABLE only_postgres (id BIGINT, tokens TSVECTOR);\n"
                             "-- @end\n"
                             "INSERT INTO extra (v) VALUES ('first');\n";

static const struct db_stmt PATCHES = {.name = "test.patches",
                                       .sql = "SELECT count(*) AS n FROM schema_patch",
                                       .row = "n:int",
                                       .scans = "test"};
static const struct db_stmt EXTRAS = {.name = "test.extras",
                                      .sql = "SELECT count(*) AS n FROM extra",
                                      .row = "n:int",
                                      .scans = "test"};

static int64_t
ask(struct db *db, const struct db_stmt *s)
{
    struct db_tx *tx = db_read_begin(db);
    int64_t n = db_value_int(tx, s, DB_NONE, -1);
    db_read_end(tx);
    return n;
}

static void
patches_apply_once(void **state)
{
    struct store *s = *state;
    const struct db_patch p[] = {STORE_SCHEMA[0], {2, "0002_extra", PATCH2}};
    const char *why = "";
    uint64_t g = db_generation(s->db);
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    assert_true(db_generation(s->db) > g);
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    assert_int_equal(ask(s->db, &PATCHES), 2);
    assert_int_equal(ask(s->db, &EXTRAS), 1); // run once, not twice
    store_reopen(s);
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    assert_int_equal(ask(s->db, &EXTRAS), 1);
}

static void
changed_patch_is_refused(void **state)
{
    struct store *s = *state;
    const struct db_patch p[] = {{1, "0001_base", "CREATE TABLE other (id INTEGER) STRICT;"}};
    const char *why = NULL;
    assert_int_not_equal(db_migrate(s->db, p, 1, &why), ERR_OK);
    assert_non_null(strstr(why, "0001_base"));
    assert_non_null(strstr(why, "changed"));
}

static const struct db_stmt HASH = {.name = "test.hash",
                                    .sql = "SELECT sha256 FROM schema_patch WHERE number = 2",
                                    .row = "sha256:text"};

// What another engine is told may be mended, what this one was told may not.
static void
other_engines_section_may_change(void **state)
{
    struct store *s = *state;
    const char *why = "";
    const bool sqlite = strcmp(db_engine(s->db), "sqlite") == 0;
    const struct db_patch p[] = {STORE_SCHEMA[0], {2, "0002_extra", PATCH2}};
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    static const char *const WORDS[][2] = {{"only_postgres", "also_postgres"},
                                           {"only_sqlite", "also_sqlite"}};
    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(PATCH2, WORDS[i][0]);
        const char *changed = arena_printf(s->a, "%.*s%s%s", (int)(at - PATCH2), PATCH2,
                                           WORDS[i][1], at + strlen(WORDS[i][0]));
        const struct db_patch q[] = {p[0], {2, "0002_extra", changed}};
        enum err e = db_migrate(s->db, q, 2, &why);
        assert_true((e == ERR_OK) == ((i == 0) == sqlite));
    }
}

// A patch may name hashes under which it was recorded before; they are no part of its text.
static void
earlier_hash_is_known(void **state)
{
    struct store *s = *state;
    const char *why = "";
    const struct db_patch p[] = {STORE_SCHEMA[0], {2, "0002_extra", PATCH2}};
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    struct db_tx *tx = db_read_begin(s->db);
    const char *hash = value_get_text(db_one(tx, s->a, &HASH, DB_NONE), "sha256");
    db_read_end(tx);
    const char *other = "CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT;\n";
    const char *line = arena_printf(s->a, "-- @recorded %s\n", hash);
    const struct db_patch with[] = {p[0],
                                    {2, "0002_extra", arena_printf(s->a, "%s%s", line, other)}};
    const struct db_patch same[] = {
        p[0], {2, "0002_extra", arena_printf(s->a, "%s%s", line, PATCH2)}};
    const struct db_patch without[] = {p[0], {2, "0002_extra", other}};
    assert_int_equal(db_migrate(s->db, with, 2, &why), ERR_OK);
    assert_int_equal(db_migrate(s->db, same, 2, &why), ERR_OK);
    assert_int_not_equal(db_migrate(s->db, without, 2, &why), ERR_OK);
}

static void
newer_database_is_refused(void **state)
{
    struct store *s = *state;
    const struct db_patch p[] = {STORE_SCHEMA[0], {2, "0002_extra", PATCH2}};
    const char *why = NULL;
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    assert_int_not_equal(db_migrate(s->db, p, 1, &why), ERR_OK);
    assert_non_null(strstr(why, "newer"));
}

static void
failed_patch_leaves_nothing(void **state)
{
    struct store *s = *state;
    const struct db_patch p[] = {
        STORE_SCHEMA[0],
        {2, "0002_extra", PATCH2},
        {3, "0003_broken",
         "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT;\n"
         "INSERT INTO extra (v) VALUES ('half');\n"
         "CREATE TABLE org (id INTEGER) STRICT;\n"},
        {4, "0004_never", "CREATE TABLE never (id INTEGER) STRICT;\n"},
    };
    const char *why = NULL;
    assert_int_not_equal(db_migrate(s->db, p, 4, &why), ERR_OK);
    assert_non_null(strstr(why, "0003_broken"));
    assert_int_equal(ask(s->db, &PATCHES), 2);
    assert_int_equal(ask(s->db, &EXTRAS), 1);
    // Repaired, it goes on from there: the first half was undone.
    const struct db_patch q[] = {
        p[0], p[1], {3, "0003_broken", "CREATE TABLE half (id INTEGER PRIMARY KEY) STRICT;"}};
    assert_int_equal(db_migrate(s->db, q, 3, &why), ERR_OK);
    assert_int_equal(ask(s->db, &PATCHES), 3);
}

static void
bad_patches_are_refused(void **state)
{
    static const char *const BAD[] = {
        "-- @sqlite\nCREATE TABLE x (id INTEGER) STRICT;\n",          // no end
        "-- @end\nCREATE TABLE x (id INTEGER) STRICT;\n",             // no begin
        "-- @sqlite\n-- @postgres\nSELECT 1;\n-- @end\n",             // nested
        "-- @mysql\nCREATE TABLE x (id INTEGER) STRICT;\n-- @end\n",  // unknown
        "COMMIT; CREATE TABLE x (id INTEGER) STRICT;\n",              // leaves its transaction
        "INSERT INTO org (name, parent_id) VALUES ('orphan', 12345);" // dangling reference
    };
    struct store *s = *state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        const struct db_patch p[] = {STORE_SCHEMA[0], {2, "0002_bad", BAD[i]}};
        const char *why = NULL;
        assert_int_not_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
        assert_non_null(strstr(why, "0002_bad"));
        assert_int_equal(ask(s->db, &PATCHES), 1);
        assert_int_equal(org_count(s->db), 0);
    }
    const struct db_patch unsorted[] = {{2, "0002_b", "SELECT 1;"}, {2, "0002_c", "SELECT 1;"}};
    const char *why = NULL;
    assert_int_not_equal(db_migrate(s->db, unsorted, 2, &why), ERR_OK);
    assert_non_null(strstr(why, "order"));
}

// Rebuilding a table that others refer to, as ALTER TABLE cannot do everything; and adding a
// column with a constraint, which the engine checks with a statement of its own.
static void
tables_can_be_rebuilt(void **state)
{
    struct store *s = *state;
    assert_int_equal(db_write(s->db, s->a, add_org, "kept"), ERR_OK);
    assert_int_equal(org_count(s->db), 1); // a reader with compiled statements
    const struct db_patch p[] = {
        STORE_SCHEMA[0],
        {2, "0002_rebuild",
         "CREATE TABLE org_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
         " parent_id INTEGER REFERENCES org(id), code TEXT) STRICT;\n"
         "INSERT INTO org_new (id, name, parent_id) SELECT id, name, parent_id FROM org;\n"
         "DROP TABLE org;\n"
         "ALTER TABLE org_new RENAME TO org;\n"
         "CREATE INDEX org_parent ON org(parent_id);\n"},
        {3, "0003_column",
         "ALTER TABLE org ADD COLUMN level INTEGER NOT NULL DEFAULT 1"
         " CHECK (level BETWEEN 1 AND 3);\n"},
    };
    const char *why = "";
    if (db_migrate(s->db, p, 3, &why) != ERR_OK) {
        fail_msg("%s", why);
    }
    assert_true(org_exists(s->db, "kept"));
    assert_int_equal(db_write(s->db, s->a, add_org, "more"), ERR_OK);
    assert_int_equal(org_count(s->db), 2);
    assert_null(db_check_integrity(s->db, s->a));
}

// ---- statements ------------------------------------------------------------------------

struct verdict {
    bool sound;
    const char *part; // of the reason
    struct db_stmt stmt;
};

static const struct verdict VERDICTS[] = {
    {true,
     NULL,
     {.sql = "SELECT name FROM org WHERE id = $1", .params = "i:int", .row = "name:text"}},
    {true,
     NULL,
     {.sql = "SELECT id, title FROM thing WHERE org_id = $1 AND id > $2 "
             "ORDER BY id LIMIT 20",
      .params = "o:int a:int",
      .row = "id:int title:text"}},
    {true,
     NULL,
     {.sql = "INSERT INTO org (name) VALUES ($1) RETURNING id",
      .params = "n:text",
      .row = "id:int"}},
    {true, NULL, {.sql = "UPDATE thing SET open = 0 WHERE id = $1", .params = "i:int"}},
    {true, NULL, {.sql = "SELECT max(id) AS m FROM thing", .row = "m:int?"}},
    {true,
     NULL,
     {.sqlite = "SELECT value AS v FROM json_each($1)",
      .postgres = "SELECT value AS v FROM jsonb_array_elements_text($1::jsonb)",
      .params = "l:json",
      .row = "v:text"}},
    // A tree walked by index; the walk itself is no table.
    {true,
     NULL,
     {.sql = "WITH RECURSIVE tree(id) AS (SELECT id FROM org WHERE id = $1 UNION ALL "
             "SELECT o.id FROM tree JOIN org o ON o.parent_id = tree.id) "
             "SELECT id FROM tree",
      .params = "i:int",
      .row = "id:int"}},
    // Ordered walks that stop.
    {true,
     NULL,
     {.sql = "SELECT id, name FROM org ORDER BY name LIMIT 20", .row = "id:int name:text"}},
    {true,
     NULL,
     {.sql = "SELECT id FROM thing ORDER BY id DESC LIMIT $1",
      .params = "n:int",
      .row = "id:int"}},
    {true,
     NULL,
     {.sql = "SELECT count(*) AS n FROM (SELECT 1 FROM org LIMIT 1001) AS x", .row = "n:int"}},
    // All rows of one key, sorted otherwise: they are all shown anyway.
    {true,
     NULL,
     {.sql = "SELECT title FROM thing WHERE org_id = $1 ORDER BY title",
      .params = "o:int",
      .row = "title:text"}},
    {false,
     "SCAN",
     {.sql = "SELECT id FROM thing WHERE title = $1", .params = "t:text", .row = "id:int"}},
    {false,
     "SCAN",
     {.sql = "SELECT id FROM thing t WHERE t.title = $1 LIMIT 1",
      .params = "t:text",
      .row = "id:int"}},
    {false, "SCAN", {.sql = "SELECT count(*) AS n FROM org", .row = "n:int"}},
    {false, "SCAN", {.sql = "SELECT id FROM thing WHERE title = 'a LIMIT b'", .row = "id:int"}},
    {false, "SCAN", {.sql = "UPDATE thing SET open = 0 WHERE at < $1", .params = "t:time"}},
    {false, "SCAN", {.sql = "DELETE FROM thing WHERE note IS NULL"}},
    {false,
     "",
     {.sql = "SELECT o.id FROM org o JOIN thing t ON t.title = o.name "
             "WHERE o.parent_id = $1",
      .params = "p:int",
      .row = "id:int"}},
    {false,
     "TEMP B-TREE",
     {.sql = "SELECT title FROM thing WHERE org_id = $1 ORDER BY title "
             "LIMIT 20",
      .params = "o:int",
      .row = "title:text"}},
    {true,
     NULL,
     {.sql = "SELECT id FROM thing WHERE title = $1",
      .params = "t:text",
      .row = "id:int",
      .scans = "for this test"}},
    // Signatures.
    {false, "parameter", {.sql = "SELECT id FROM org WHERE id = $1", .row = "id:int"}},
    {false,
     "parameter",
     {.sql = "SELECT id FROM org WHERE id = $1", .params = "a:int b:int", .row = "id:int"}},
    {false,
     "columns",
     {.sql = "SELECT id, name FROM org WHERE id = $1", .params = "i:int", .row = "id:int"}},
    {false, "columns", {.sql = "SELECT id FROM org WHERE id = $1", .params = "i:int"}},
    {false,
     "named",
     {.sql = "SELECT name, id FROM org WHERE id = $1",
      .params = "i:int",
      .row = "id:int name:text"}},
    {false,
     "disagrees",
     {.sql = "SELECT id, name FROM org WHERE id = $1",
      .params = "i:int",
      .row = "id:int name:int"}},
    {false,
     "malformed",
     {.sql = "SELECT id FROM org WHERE id = $1", .params = "i:integer", .row = "id:int"}},
    {false, "syntax", {.sql = "SELECT FROM org"}},
    {false,
     "no such",
     {.sql = "SELECT missing FROM org WHERE id = $1", .params = "i:int", .row = "missing:int"}},
    // A name in double quotes is never text.
    {false, "no such", {.sql = "SELECT id FROM org WHERE name = \"x\"", .row = "id:int"}},
};

static void
statements_are_judged(void **state)
{
    struct store *s = *state;
    unsigned bad = 0;
    for (size_t i = 0; i < sizeof VERDICTS / sizeof *VERDICTS; i++) {
        struct db_stmt stmt = VERDICTS[i].stmt;
        stmt.name = "test.judged";
        const char *why = "";
        bool sound = db_check_stmt(s->db, s->a, &stmt, &why);
        if (sound != VERDICTS[i].sound) {
            print_error("verdict %zu: %s\n", i, sound ? "passed" : why);
            bad++;
        }
        // The other engine has words of its own for the same.
        if (!sound && !store_is_postgres() && strstr(why, VERDICTS[i].part) == NULL) {
            fail_msg("%s: %s", stmt.sql, why);
        }
    }
    assert_int_equal(bad, 0);
}

static void
full_text_search_is_judged(void **state)
{
    static const struct db_stmt MATCH = {
        .name = "test.match",
        .sql =
            "SELECT rowid AS id FROM words WHERE words MATCH $1 ORDER BY rowid DESC LIMIT 20",
        .params = "q:text",
        .row = "id:int"};
    static const struct db_stmt ALL = {.name = "test.all",
                                       .sql = "SELECT rowid AS id FROM words ORDER BY rowid",
                                       .row = "id:int"};
    struct store *s = *state;
    if (strcmp(db_engine(s->db), "sqlite") != 0) {
        skip();
    }
    const struct db_patch p[] = {
        STORE_SCHEMA[0], {2, "0002_words", "CREATE VIRTUAL TABLE words USING fts5(body);"}};
    const char *why = "";
    assert_int_equal(db_migrate(s->db, p, 2, &why), ERR_OK);
    if (!db_check_stmt(s->db, s->a, &MATCH, &why)) {
        fail_msg("%s", why);
    }
    assert_false(db_check_stmt(s->db, s->a, &ALL, &why));
}

// ---- copies ----------------------------------------------------------------------------

static void
copy_is_whole_and_new(void **state)
{
    struct store *s = *state;
    if (store_is_postgres()) {
        skip(); // its own tools copy it
    }
    assert_int_equal(db_write(s->db, s->a, add_org, "in the copy"), ERR_OK);
    const char *path = arena_printf(s->a, "%s/copy.db", s->dir);
    const char *why = "";
    assert_int_equal(db_copy_to(s->db, path, &why), ERR_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(db_write(s->db, s->a, add_org, "not in the copy"), ERR_OK);
    assert_int_equal(db_copy_to(s->db, path, &why), ERR_CONFLICT);
    assert_non_null(strstr(why, "exists"));

    struct db *copy = db_open(s->a, path, NULL, &why);
    assert_non_null(copy);
    assert_null(db_check_integrity(copy, s->a));
    assert_true(org_exists(copy, "in the copy"));
    assert_false(org_exists(copy, "not in the copy"));
    assert_int_equal(db_write(copy, s->a, add_org, "only in the copy"), ERR_OK);
    assert_false(org_exists(s->db, "only in the copy"));
    db_close(copy);
}

static void
integrity_is_checked(void **state)
{
    struct store *s = *state;
    for (int i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "organisation number %d", i);
        assert_int_equal(db_write(s->db, s->a, add_org, name), ERR_OK);
    }
    assert_null(db_check_integrity(s->db, s->a));
    if (store_is_postgres()) {
        skip(); // its files are not ours to damage
    }
    db_close(s->db);
    // One byte of a row differs from its index.
    FILE *f = fopen(s->url, "r+b");
    assert_non_null(f);
    char *bytes = malloc(1 << 20);
    size_t n = fread(bytes, 1, 1 << 20, f);
    char *hit = memmem(bytes, n, "organisation number 7", 21);
    assert_non_null(hit);
    fseek(f, hit - bytes, SEEK_SET);
    fputc('X', f);
    fclose(f);
    free(bytes);
    s->db = store_open(s, NULL);
    assert_non_null(db_check_integrity(s->db, s->a));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST_FAST(patches_apply_once),
        STORE_TEST_FAST(changed_patch_is_refused),
        STORE_TEST_FAST(other_engines_section_may_change),
        STORE_TEST_FAST(earlier_hash_is_known),
        STORE_TEST_FAST(newer_database_is_refused),
        STORE_TEST_FAST(failed_patch_leaves_nothing),
        STORE_TEST_FAST(bad_patches_are_refused),
        STORE_TEST_FAST(tables_can_be_rebuilt),
        STORE_TEST_FAST(statements_are_judged),
        STORE_TEST_FAST(full_text_search_is_judged),
        STORE_TEST_FAST(copy_is_whole_and_new),
        STORE_TEST_FAST(integrity_is_checked),
    };
    return cmocka_run_group_tests_name("store/schema", tests, NULL, NULL);
}
