// SPDX-License-Identifier: Apache-2.0
// Imports on a database: whole passes over several blocks, rows that spoil their transaction,
// rows that refer to rows above them, and that a dry run and the real thing agree.
#include "store/request.h"

#include "app.h"
#include "base/text.h"
#include "cmd/uscc.h"
#include "kit/import_run.h"
#include "kit/record_impl.h"
#include "mod/enterprise/enterprise.h"
#include "mod/membership/membership_impl.h"
#include "mod/org/org_impl.h"

#include <sys/mman.h>
#include <unistd.h>

static const struct actor SYSTEM = {.id = -1, .login = "system", .name = "系统"};

// ---- a sheet on its way ------------------------------------------------------------------

static int64_t
stage(struct world *w, const char *kind, const char *text)
{
    int fd = memfd_create("sheet", MFD_CLOEXEC);
    const char *why = "";
    size_t n = strlen(text);
    assert_true(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    const struct import_file f = {.app = &w->app,
                                  .kind = import_kind_find(&w->app, kind),
                                  .actor = &SYSTEM,
                                  .language = LANG_ZH,
                                  .name = "sheet.csv",
                                  .fd = fd,
                                  .size = (int64_t)n,
                                  .format = PARSER_CSV,
                                  .runner = "command"};
    int64_t id = import_stage(&f, w->s.a, &why);
    close(fd);
    if (id == 0) {
        fail_msg("%s", why);
    }
    return id;
}

static struct import_run *
run_of(struct world *w, int64_t id)
{
    struct db_tx *tx = db_read_begin(w->s.db);
    struct import_run *r = import_run_get(tx, w->s.a, &w->app, id);
    db_read_end(tx);
    assert_non_null(r);
    return r;
}

struct moving {
    const struct import_run *run;
    const char *state, *from;
};

static enum err
begin(struct ctx *c, void *arg)
{
    const struct moving *m = arg;
    return import_run_begin(c, m->run, m->state, m->from) ? ERR_OK : ERR_CONFLICT;
}

// Begins in that state and goes through; the run as it stands afterwards.
static struct import_run *
pass(struct world *w, int64_t id, const char *state, const char *from)
{
    struct moving m = {run_of(w, id), state, from};
    assert_int_equal(in_write(w, request(w, &SYSTEM), begin, &m), ERR_OK);
    struct import_run *r = run_of(w, id);
    struct import_pass *p = import_pass_new(&w->app, r);
    while (r->position < r->blocks) {
        assert_int_equal(import_pass_step(p), ERR_OK);
    }
    import_pass_free(p);
    struct import_run *kept = run_of(w, id);
    assert_memory_equal(kept->counts, r->counts, sizeof r->counts);
    assert_int_equal(kept->position, r->blocks);
    return kept;
}

static void
assert_counts(const struct import_run *r, int64_t new, int64_t changed, int64_t same,
              int64_t wrong)
{
    assert_int_equal(r->counts[IMPORT_NEW], new);
    assert_int_equal(r->counts[IMPORT_CHANGED], changed);
    assert_int_equal(r->counts[IMPORT_SAME], same);
    assert_int_equal(r->counts[IMPORT_WRONG], wrong);
}

static int64_t
count_of(struct world *w, const struct db_stmt *s)
{
    struct db_tx *tx = db_read_begin(w->s.db);
    int64_t n = db_value_int(tx, s, DB_NONE, -1);
    db_read_end(tx);
    return n;
}

#define COUNT(w, expected, text)                                                               \
    do {                                                                                       \
        static const struct db_stmt count = {                                                  \
            .name = "test.count", .sql = (text), .row = "n:int", .scans = "test"};             \
        assert_int_equal(count_of((w), &count), (expected));                                   \
    } while (0)

// ---- enterprises -------------------------------------------------------------------------

enum { ROWS = 1700 }; // four blocks

// Names that are `bad` at some rows.
static const char *
enterprises(struct world *w, const char *address)
{
    struct buf b;
    buf_init(&b, w->s.a, 128 * 1024, 1 << 20);
    buf_puts(&b, "name,uscc,contact_mobile,address\n");
    for (int i = 0; i < ROWS; i++) {
        const char *uscc = uscc_make(w->s.a, "91320902", arena_printf(w->s.a, "M%07d", i));
        buf_printf(&b, "%s%d,%s,138%08d,%s\n", i % 600 == 7 ? "坏" : "临江机械", i, uscc, i,
                   address);
    }
    return buf_str(&b);
}

static struct import_kind spoiling;

// What a kind's own part of a row may do after it was saved.
static enum err
spoil(struct ctx *c, struct import_row *row)
{
    const char *name = value_get_text(row->in, "name");
    return !row->dry && name != NULL && text_starts(name, "坏")
               ? ctx_fault(c, "name", "spoilt", "这一行不行")
               : ENTERPRISE_IMPORT.after(c, row);
}

static const struct import_kind *const SPOILING[] = {&spoiling, NULL};
static const struct module SPOILING_MODULE = {
    .name = "spoiling", .routes = (const struct route[]){{0}}, .imports = SPOILING};
static const struct module *modules[64];

static void
district(struct world *w, bool spoils)
{
    size_t n = 0;
    spoiling = ENTERPRISE_IMPORT;
    spoiling.after = spoil;
    if (spoils) {
        modules[n++] = &SPOILING_MODULE;
    }
    for (size_t i = 0; MODULES[i] != NULL; i++) {
        modules[n++] = MODULES[i];
    }
    modules[n] = NULL;
    w->app.modules = modules;
}

static void
blocks_come_in(void **state)
{
    struct world *w = *state;
    district(w, false);
    int64_t id = stage(w, "enterprises", enterprises(w, "一号"));
    assert_int_equal(run_of(w, id)->blocks, 4);
    assert_counts(pass(w, id, "checking", "mapped"), ROWS, 0, 0, 0);
    COUNT(w, 0, "SELECT count(*) AS n FROM enterprise");
    assert_counts(pass(w, id, "running", "checking"), ROWS, 0, 0, 0);
    COUNT(w, ROWS,
          "SELECT count(*) AS n FROM enterprise WHERE name_pinyin <> ''"
          " AND contact_mobile_index IS NOT NULL");
    COUNT(w, ROWS, "SELECT count(*) AS n FROM record_event");
    COUNT(w, 4, "SELECT count(*) AS n FROM audit WHERE action = 'import.block'");
    // The same again, and with another address.
    assert_counts(pass(w, stage(w, "enterprises", enterprises(w, "一号")), "running", "mapped"),
                  0, 0, ROWS, 0);
    assert_counts(pass(w, stage(w, "enterprises", enterprises(w, "二号")), "running", "mapped"),
                  0, ROWS, 0, 0);
    COUNT(w, ROWS, "SELECT count(*) AS n FROM enterprise WHERE version = 2");
}

// What the record keeps sealed opens in its own place and in no other.
static void
sealed_where_it_stands(void **state)
{
    struct world *w = *state;
    district(w, false);
    pass(w, stage(w, "enterprises", enterprises(w, "一号")), "running", "mapped");
    struct ctx *c = request(w, &SYSTEM);
    read_begin(w, c);
    const struct field *f = field_find(ENTERPRISE_KIND.fields, "contact_mobile");
    int64_t ids[2];
    assert_int_equal(record_find_sealed(c, &ENTERPRISE_KIND, f, "13800001234", ids, 2), 1);
    assert_string_equal(record_reveal(c, &ENTERPRISE_KIND, ids[0], f), "13800001234");
    assert_string_equal(value_get_text(record_get(c, &ENTERPRISE_KIND, ids[0]), "name"),
                        "临江机械1234");
    read_end(c);
}

static void
spoilt_rows_take_nothing_with_them(void **state)
{
    struct world *w = *state;
    district(w, true);
    int64_t id = stage(w, "enterprises", enterprises(w, "一号"));
    assert_counts(pass(w, id, "running", "mapped"), ROWS - 3, 0, 0, 3);
    COUNT(w, ROWS - 3, "SELECT count(*) AS n FROM enterprise");
    COUNT(w, 0, "SELECT count(*) AS n FROM enterprise WHERE name LIKE '坏%'");
    COUNT(w, ROWS - 3, "SELECT count(*) AS n FROM record_event");
    COUNT(w, ROWS - 3, "SELECT count(*) AS n FROM search_doc");
    assert_null(db_check_integrity(w->s.db, w->s.a));
}

// ---- rows about rows ---------------------------------------------------------------------

// A row may name the one above it, though that was not there when it was looked at.
static void
rows_refer_to_rows_above(void **state)
{
    struct world *w = *state;
    district(w, false);
    int64_t id = stage(w, "organizations",
                       "name,kind,parent_id\n"
                       "区工商联,federation,\n"
                       "港口镇商会,town,区工商联\n"
                       "没有上级的商会,town,不存在的\n");
    assert_counts(pass(w, id, "running", "mapped"), 2, 0, 0, 1);
    COUNT(w, 1, "SELECT parent_id AS n FROM organization WHERE kind = 'town'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(blocks_come_in),
        WORLD_TEST(sealed_where_it_stands),
        WORLD_TEST(spoilt_rows_take_nothing_with_them),
        WORLD_TEST(rows_refer_to_rows_above),
    };
    if (!parser_start()) { // before there are threads
        return 1;
    }
    return cmocka_run_group_tests_name("store/import", tests, NULL, NULL);
}
