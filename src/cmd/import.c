// SPDX-License-Identifier: Apache-2.0
// huiqiao import demands: a table of somebody else's into the district. Rows that are wrong go
// to an error sheet and harm no other; a second run adds only what is missing.
#include "cmd/cmd.h"

#include "base/text.h"
#include "base/timestamp.h"
#include "cmd/import_read.h"
#include "cmd/import_table.h"
#include "mod/demand/demand.h"
#include "view/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 500, FILE_MAX = 256 * 1024 * 1024, BATCH_ARENA_MAX = 256 * 1024 * 1024 };

static const struct db_stmt SEEN = {
    .name = "import.seen",
    .sql = "SELECT record_id FROM import_row WHERE kind = $1 AND external_id = $2",
    .params = "kind:text external_id:text",
    .row = "record_id:int"};
static const struct db_stmt REMEMBER = {
    .name = "import.remember",
    .sql = "INSERT INTO import_row (kind, external_id, record_id) VALUES ($1, $2, $3)",
    .params = "kind:text external_id:text record_id:int"};
static const struct db_stmt *const STATEMENTS[] = {&SEEN, &REMEMBER, NULL};
static const struct route NO_ROUTES[] = {{0}};
const struct module IMPORT_MODULE = {
    .name = "import", .routes = NO_ROUTES, .stmts = STATEMENTS};

// What a table of a kind may hold, and who takes a row.
struct kind {
    const char *name;
    const struct field *fields;
    const char *key; // the column that tells rows apart, so that a second run adds none twice
    int64_t (*put)(struct ctx *c, const struct value *row); // 0 with c->faults
};

static const struct field DEMAND_COLUMNS[] = {
    {.name = "external_id", .type = FIELD_TEXT, .label = "来源编号", .max = 100},
    {.name = "title", .type = FIELD_TEXT, .label = "标题", .required = true, .max = 200},
    {.name = "body", .type = FIELD_LONG, .label = "内容", .required = true, .max = 20000},
    {.name = "hope", .type = FIELD_LONG, .label = "希望", .max = 2000},
    {.name = "category", .type = FIELD_CHOICE, .label = "类别", .choices = DEMAND_CATEGORIES},
    {.name = "contact_name", .type = FIELD_TEXT, .label = "联系人", .max = 50},
    {.name = "contact_mobile", .type = FIELD_MOBILE, .label = "联系电话"},
    {.name = "visibility",
     .type = FIELD_CHOICE,
     .label = "可见范围",
     .choices = DEMAND_VISIBILITIES},
    {.name = "enterprise_id", .type = FIELD_REF, .label = "企业编号"},
    {.name = "lead_unit_id", .type = FIELD_REF, .label = "主办部门编号"},
    {.name = "level", .type = FIELD_CHOICE, .label = "等级", .choices = DEMAND_LEVELS},
    {.name = "submitted_at", .type = FIELD_TIME, .label = "提交时间"},
    {.name = "accepted_at", .type = FIELD_TIME, .label = "受理时间"},
    {.name = "answered_at", .type = FIELD_TIME, .label = "答复时间"},
    {.name = "closed_at", .type = FIELD_TIME, .label = "办结时间"},
    {.name = "answer", .type = FIELD_LONG, .label = "答复内容", .max = 20000},
    {.name = "outcome", .type = FIELD_CHOICE, .label = "办理结果", .choices = DEMAND_OUTCOMES},
    {.name = "satisfaction", .type = FIELD_INT, .label = "满意度", .min = 1, .max = 5},
    {0},
};

// What has no fields of a record: demands come with a history of their own. Everything else
// comes in by import_table.c.
static const struct kind DEMANDS = {"demands", DEMAND_COLUMNS, "external_id", demand_import};

// ---- one run --------------------------------------------------------------------------

struct row {
    size_t line;
    struct value *value; // NULL: could not be read
};

struct trouble {
    size_t line;
    const char *column;
    const char *message;
};

struct run {
    struct district d;
    const struct kind *kind;
    struct import_map map;
    struct import_table table;
    bool header_done, dry;
    const char *why;

    struct row *rows;
    size_t count, cap;
    struct trouble *troubles;
    size_t trouble_count, trouble_cap;
    size_t imported, known;

    struct arena *scratch; // of one batch
    size_t first, last;    // the batch: rows [first, last)
    size_t batch_imported, batch_known, batch_troubles;
    bool single; // one row a transaction
};

static void
complain(struct run *r, size_t line, const char *column, const char *message)
{
    if (r->trouble_count == r->trouble_cap) {
        size_t cap = r->trouble_cap == 0 ? 64 : r->trouble_cap * 2;
        struct trouble *more = ARENA_ARRAY(r->d.arena, struct trouble, cap);
        if (r->trouble_count > 0) {
            memcpy(more, r->troubles, r->trouble_count * sizeof *more);
        }
        r->troubles = more;
        r->trouble_cap = cap;
    }
    r->troubles[r->trouble_count++] =
        (struct trouble){line, arena_strdup(r->d.arena, column == NULL ? "" : column),
                         arena_strdup(r->d.arena, message)};
}

static void
complain_faults(struct run *r, size_t line, const struct faults *f)
{
    for (unsigned i = 0; i < f->count; i++) {
        complain(r, line, f->items[i].field, f->items[i].message);
    }
}

static bool
take_row(void *arg, size_t line, const char **cells, size_t n)
{
    struct run *r = arg;
    if (!r->header_done) {
        r->header_done = true;
        return import_header(&r->table, cells, n, &r->why);
    }
    if (r->count == r->cap) {
        size_t cap = r->cap == 0 ? 1024 : r->cap * 2;
        struct row *more = ARENA_ARRAY(r->d.arena, struct row, cap);
        if (r->count > 0) {
            memcpy(more, r->rows, r->count * sizeof *more);
        }
        r->rows = more;
        r->cap = cap;
    }
    struct faults f = {0};
    struct value *v = import_row(&r->table, r->d.arena, cells, n, &f);
    complain_faults(r, line, &f);
    r->rows[r->count++] = (struct row){line, v};
    return true;
}

static bool
read_table(struct run *r, const char *path)
{
    size_t size;
    const char *data = cmd_read_file(r->d.arena, path, FILE_MAX, &size);
    if (data == NULL) {
        return false;
    }
    const char *why = text_ends(path, ".xlsx")
                          ? xlsx_read(r->d.arena, LANG_EN, data, size, take_row, r)
                          : csv_read(r->d.arena, LANG_EN, data, size, take_row, r);
    if (why == NULL && !r->header_done) {
        why = "the table is empty";
    }
    if (r->why != NULL || why != NULL) {
        cmd_fail("%s: %s", path, r->why != NULL ? r->why : why);
        return false;
    }
    for (size_t i = 0; i < r->table.unknown_count; i++) {
        fprintf(stderr, "huiqiao: column \"%s\" is left out\n", r->table.unknown[i]);
    }
    return true;
}

// Moves everything that is still open by whole days, so that the newest row is the last one
// before now: a rehearsal with old rows then looks like a working week.
static void
shift_dates(struct run *r)
{
    static const char *const times[] = {"submitted_at", "accepted_at"};
    int64_t newest = INT64_MIN;
    for (size_t i = 0; i < r->count; i++) {
        const struct value *v = r->rows[i].value;
        if (v != NULL && value_get(v, "answered_at") == NULL) {
            int64_t at = value_get_int(v, "submitted_at", INT64_MIN);
            newest = at > newest ? at : newest;
        }
    }
    if (newest == INT64_MIN) {
        return;
    }
    int64_t now = time_now();
    int64_t shift = (time_to_day(now) - time_to_day(newest)) * TIME_DAY;
    shift -= newest + shift > now ? TIME_DAY : 0;
    for (size_t i = 0; i < r->count; i++) {
        struct value *v = r->rows[i].value;
        for (size_t k = 0; v != NULL && k < 2; k++) {
            const struct value *at = value_get(v, times[k]);
            if (at != NULL && value_get(v, "answered_at") == NULL) {
                value_set(r->d.arena, v, times[k], value_time(r->d.arena, at->i + shift));
            }
        }
    }
}

// ---- writing --------------------------------------------------------------------------

static enum err
put_row(struct run *r, struct ctx *c, const struct row *row)
{
    const char *kind = r->kind->name;
    const char *external = value_get_text(row->value, r->kind->key);
    if (external != NULL &&
        db_value_int(c->tx, &SEEN, DB_ARGS(DB_TEXT(kind), DB_TEXT(external)), 0) != 0) {
        r->batch_known++;
        return ERR_OK;
    }
    c->faults = (struct faults){0};
    int64_t id = r->kind->put(c, row->value);
    if (id == 0) {
        complain_faults(r, row->line, &c->faults);
        return c->faults.count > 0 ? ERR_INVALID : ERR_INTERNAL;
    }
    if (external != NULL) {
        db_run(c->tx, &REMEMBER, DB_ARGS(DB_TEXT(kind), DB_TEXT(external), DB_INT(id)));
    }
    r->batch_imported++;
    return db_tx_err(c->tx);
}

static enum err
put_batch(struct ctx *c, void *arg)
{
    struct run *r = arg;
    r->batch_imported = r->batch_known = 0;
    r->trouble_count = r->batch_troubles; // forget what an earlier attempt said
    for (size_t i = r->first; i < r->last; i++) {
        if (r->rows[i].value != NULL) {
            enum err e = put_row(r, c, &r->rows[i]);
            if (e != ERR_OK) {
                return e;
            }
        }
    }
    return r->dry ? ERR_CONFLICT : ERR_OK; // a rehearsal rolls back
}

static bool
write_rows(struct run *r, size_t first, size_t last)
{
    r->first = first;
    r->last = last;
    r->batch_troubles = r->trouble_count;
    enum err e = cmd_write(&r->d, r->scratch, put_batch, r);
    arena_reset(r->scratch);
    bool done = e == ERR_OK || (r->dry && e == ERR_CONFLICT);
    if (done) {
        r->imported += r->batch_imported;
        r->known += r->batch_known;
    }
    return done;
}

// A batch with a bad row is written again row by row, so that only that row is lost.
static void
write_all(struct run *r)
{
    for (size_t i = 0; i < r->count; i += BATCH) {
        size_t end = i + BATCH < r->count ? i + BATCH : r->count;
        size_t troubles = r->trouble_count;
        if (!write_rows(r, i, end)) {
            r->trouble_count = troubles;
            for (size_t k = i; k < end; k++) {
                troubles = r->trouble_count;
                if (!write_rows(r, k, k + 1) && r->trouble_count == troubles) {
                    complain(r, r->rows[k].line, NULL, "数据库不接受这一行");
                }
            }
        }
        cmd_progress(r->kind->name, end, r->count);
    }
    cmd_progress(r->kind->name, 0, 0);
}

static bool
write_error_sheet(struct run *r, const char *path)
{
    static const struct table_column columns[] = {
        {"line", "line"}, {"column", "column"}, {"message", "message"}};
    const char *name = arena_printf(r->d.arena, "%s.errors.csv", path);
    unlink(name);
    if (r->trouble_count == 0) {
        return true;
    }
    struct buf b;
    buf_init(&b, r->d.arena, 4096, FILE_MAX);
    csv_head(&b, columns, 3);
    for (size_t i = 0; i < r->trouble_count; i++) {
        struct value *row = value_map(r->d.arena);
        value_set_int(r->d.arena, row, "line", (int64_t)r->troubles[i].line);
        value_set_text(r->d.arena, row, "column", r->troubles[i].column);
        value_set_text(r->d.arena, row, "message", r->troubles[i].message);
        csv_row(&b, columns, 3, row);
    }
    FILE *f = fopen(name, "wbe");
    bool ok = f != NULL && fwrite(b.p, 1, b.n, f) == b.n;
    ok = f != NULL && fclose(f) == 0 && ok;
    if (!ok) {
        cmd_fail("cannot write %s", name);
        return false;
    }
    fprintf(stderr, "huiqiao: what is wrong is in %s\n", name);
    return true;
}

static bool
read_map(struct run *r, const char *path)
{
    r->map = IMPORT_MAP_NONE;
    if (path == NULL) {
        return true;
    }
    size_t size;
    const char *why;
    const char *json = cmd_read_file(r->d.arena, path, 1024 * 1024, &size);
    if (json != NULL && !import_map_parse(r->d.arena, json, size, &r->map, &why)) {
        cmd_fail("%s: %s", path, why);
        return false;
    }
    return json != NULL;
}

static int
import_file(struct run *r, const char *path, const char *map, bool shift)
{
    if (!read_map(r, map)) {
        return CMD_FAILED;
    }
    r->table =
        (struct import_table){.arena = r->d.arena, .map = &r->map, .fields = r->kind->fields};
    if (!read_table(r, path)) {
        return CMD_FAILED;
    }
    if (shift) {
        shift_dates(r);
    }
    r->scratch = arena_new(BATCH_ARENA_MAX);
    write_all(r);
    arena_free(r->scratch);
    printf("%zu rows: %zu %s, %zu known already, %zu refused\n", r->count, r->imported,
           r->dry ? "would be imported" : "imported", r->known,
           r->count - r->imported - r->known);
    return write_error_sheet(r, path) && r->imported + r->known == r->count ? CMD_OK
                                                                            : CMD_FAILED;
}

int
cmd_import(int argc, char **argv)
{
    struct run r = {0};
    const char *data = NULL;
    const char *db = NULL;
    const char *map = NULL;
    bool shift = false;
    const struct cmd_option options[] = {
        {"data", &data, NULL, NULL},         {"db", &db, NULL, NULL},
        {"map", &map, NULL, NULL},           {"dry-run", NULL, NULL, &r.dry},
        {"shift-dates", NULL, NULL, &shift}, {0}};
    const char *const *rest;
    if (!cmd_parse(argc, argv, options, 2, 2, &rest)) {
        return CMD_USAGE;
    }
    if (strcmp(rest[0], DEMANDS.name) != 0) {
        const struct import_order order = {data, db, rest[0], rest[1], map, r.dry};
        return import_table(&order);
    }
    r.kind = &DEMANDS;
    if (!district_open(&r.d, data, db)) {
        return CMD_FAILED;
    }
    int code = import_file(&r, rest[1], map, shift);
    district_close(&r.d);
    return code;
}
