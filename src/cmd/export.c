// SPDX-License-Identifier: Apache-2.0
// huiqiao export: all records of a kind, page by page, as the office sees them in the API.
#include "cmd/cmd.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "cmd/act.h"
#include "view/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_ARENA_MAX = 64 * 1024 * 1024, COLUMNS_MAX = 100 };

// Whoever can read the directory can read everything in it: no mask, no scope.
static const struct actor EXPORTER = {.id = -1,
                                      .login = "system",
                                      .name = "系统",
                                      .organization = "",
                                      .roles = ROLE_ADMIN | ROLE_STAFF};

enum format { FORMAT_CSV, FORMAT_XLSX, FORMAT_JSON, FORMAT_NONE };
static const char *const FORMATS[] = {"csv", "xlsx", "json"};

struct export
{
    struct act act;
    const char *path; // "/demands"
    const char *dir;  // where a workbook's rows wait
    enum format format;
    struct xlsx *book;
    struct table_column columns[COLUMNS_MAX];
    size_t column_count;
    size_t rows;
    struct arena *arena; // of the titles
};

// The first row decides: single values become columns, lists and maps stay in JSON only.
static void
choose_columns(struct export *x, const struct value *row)
{
    for (uint32_t i = 0; i < row->map.count && x->column_count < COLUMNS_MAX; i++) {
        const struct value_pair *p = &row->map.pairs[i];
        if (p->v->type != VALUE_LIST && p->v->type != VALUE_MAP) {
            const char *key = arena_strdup(x->arena, p->key);
            x->columns[x->column_count++] = (struct table_column){key, key};
        }
    }
}

// Before the first row; a workbook without rows has no columns either.
static bool
begin_table(struct export *x, const struct value *row, struct buf *b)
{
    if (row != NULL) {
        choose_columns(x, row);
    }
    if (x->format == FORMAT_CSV) {
        csv_head(b, x->columns, x->column_count);
        return true;
    }
    x->book =
        xlsx_open(x->arena, x->act.arena, x->dir, x->path + 1, x->columns, x->column_count);
    return x->book != NULL;
}

static bool
put_row(struct export *x, const struct value *row, struct buf *b)
{
    if (x->format == FORMAT_JSON) {
        buf_puts(b, x->rows++ == 0 ? "[\n" : ",\n");
        json_write(b, row);
        return true;
    }
    if (x->rows++ == 0 && !begin_table(x, row, b)) {
        return false;
    }
    if (x->format == FORMAT_XLSX) {
        return xlsx_row(x->book, row);
    }
    csv_row(b, x->columns, x->column_count, row);
    return true;
}

// One page; *after becomes the next one's key, NULL after the last.
static bool
export_page(struct export *x, const char **after)
{
    struct http_kv query[] = {{"limit", "200"}, {"after", *after}};
    const struct http_list list = {query, *after == NULL ? 1 : 2};
    const struct value *out;
    const char *why;
    if (act_get(&x->act, x->path, &list, &out, &why) != ERR_OK) {
        cmd_fail("%s: %s", x->path + 1, why);
        return false;
    }
    struct buf b;
    buf_init(&b, x->act.arena, 64 * 1024, PAGE_ARENA_MAX / 2);
    const struct value *items = value_get(out, "items");
    bool written = true;
    for (size_t i = 0; written && i < value_count(items); i++) {
        written = put_row(x, value_at(items, i), &b);
    }
    const char *next = value_get_text(out, "next");
    *after = arena_strdup(x->arena, next);
    written = written && !b.full && fwrite(buf_str(&b), 1, b.n, stdout) == b.n;
    arena_reset(x->act.arena);
    return written;
}

static bool
export_all(struct export *x)
{
    const char *after = NULL;
    do {
        if (!export_page(x, &after)) {
            return false;
        }
    } while (after != NULL);
    if (x->format == FORMAT_JSON) {
        puts(x->rows == 0 ? "[]" : "\n]");
    }
    if (x->format == FORMAT_XLSX) {
        return (x->book != NULL || begin_table(x, NULL, NULL)) &&
               xlsx_close(x->book, STDOUT_FILENO);
    }
    return fflush(stdout) == 0;
}

static enum format
format_of(const char *name)
{
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (strcmp(FORMATS[i], name) == 0) {
            return (enum format)i;
        }
    }
    return FORMAT_NONE;
}

int
cmd_export(int argc, char **argv)
{
    const char *data = NULL;
    const char *db = NULL;
    const char *format = "csv";
    const char *const *rest;
    const struct cmd_option options[] = {{"data", &data, NULL, NULL},
                                         {"db", &db, NULL, NULL},
                                         {"format", &format, NULL, NULL},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 1, 1, &rest)) {
        return CMD_USAGE;
    }
    if (format_of(format) == FORMAT_NONE) {
        cmd_fail("--format is csv, xlsx or json");
        return CMD_USAGE;
    }
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    struct export x = {
        .act = {d.app, arena_new(PAGE_ARENA_MAX), &EXPORTER, time_now()},
        .path = arena_printf(d.arena, "/%s", rest[0]),
        .dir = data,
        .format = format_of(format),
        .arena = d.arena,
    };
    bool ok = export_all(&x);
    arena_free(x.act.arena);
    district_close(&d);
    return ok ? CMD_OK : CMD_FAILED;
}
