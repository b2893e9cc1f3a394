// SPDX-License-Identifier: Apache-2.0
// huiqiao export: all records of a kind, page by page, as the office sees them in the API.
#include "cmd/cmd.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "cmd/act.h"
#include "view/table.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_ARENA_MAX = 64 * 1024 * 1024, COLUMNS_MAX = 100 };

// Whoever can read the directory can read everything in it: no mask, no scope.
static const struct actor EXPORTER = {.id = -1,
                                      .login = "system",
                                      .name = "系统",
                                      .organization = "",
                                      .roles = ROLE_ADMIN | ROLE_STAFF};

struct export
{
    struct act act;
    const char *path; // "/demands"
    bool csv;
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

static void
put_page(struct export *x, const struct value *items, struct buf *b)
{
    for (size_t i = 0; i < value_count(items); i++, x->rows++) {
        const struct value *row = value_at(items, i);
        if (!x->csv) {
            buf_puts(b, x->rows == 0 ? "[\n" : ",\n");
            json_write(b, row);
            continue;
        }
        if (x->rows == 0) {
            choose_columns(x, row);
            csv_head(b, x->columns, x->column_count);
        }
        csv_row(b, x->columns, x->column_count, row);
    }
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
    put_page(x, value_get(out, "items"), &b);
    const char *next = value_get_text(out, "next");
    *after = arena_strdup(x->arena, next);
    bool written = !b.full && fwrite(buf_str(&b), 1, b.n, stdout) == b.n;
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
    if (!x->csv) {
        puts(x->rows == 0 ? "[]" : "\n]");
    }
    return fflush(stdout) == 0;
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
    if (strcmp(format, "csv") != 0 && strcmp(format, "json") != 0) {
        cmd_fail("--format is csv or json");
        return CMD_USAGE;
    }
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    struct export x = {
        .act = {d.app, arena_new(PAGE_ARENA_MAX), &EXPORTER, time_now()},
        .path = arena_printf(d.arena, "/%s", rest[0]),
        .csv = strcmp(format, "csv") == 0,
        .arena = d.arena,
    };
    bool ok = export_all(&x);
    arena_free(x.act.arena);
    district_close(&d);
    return ok ? CMD_OK : CMD_FAILED;
}
