// SPDX-License-Identifier: Apache-2.0
// Reading foreign tables. A cell is judged by the field it becomes; nothing is guessed that a
// person could not see in the error sheet.
#include "cmd/import_read.h"

#include "base/json.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "kit/code.h"
#include "kit/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct import_map IMPORT_MAP_NONE = {.offset = 8 * TIME_HOUR};

// ---- the map --------------------------------------------------------------------------

static bool
parse_offset(const char *text, int64_t *offset)
{
    int hours;
    int minutes;
    char sign;
    int end = 0;
    if (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &end) != 3 || text[end] != '\0' ||
        (sign != '+' && sign != '-') || hours > 14 || minutes > 59) {
        return false;
    }
    *offset = (hours * TIME_HOUR + minutes * TIME_MINUTE) * (sign == '-' ? -1 : 1);
    return true;
}

static bool
part(const struct value *map, const char *key, const struct value **out, const char **why)
{
    *out = value_get(map, key);
    if (*out != NULL && (*out)->type != VALUE_MAP) {
        *why = "columns, defaults and values are objects";
        return false;
    }
    return true;
}

bool
import_map_parse(struct arena *a, const char *json, size_t n, struct import_map *out,
                 const char **why)
{
    *out = IMPORT_MAP_NONE;
    const struct value *map = json_parse(a, json, n, why);
    if (map == NULL) {
        return false;
    }
    if (map->type != VALUE_MAP) {
        *why = "the map is a JSON object";
        return false;
    }
    for (uint32_t i = 0; i < map->map.count; i++) {
        if (!text_list_has("columns timezone defaults values", map->map.pairs[i].key)) {
            *why = arena_printf(a, "the map knows no \"%s\"", map->map.pairs[i].key);
            return false;
        }
    }
    const char *zone = value_get_text(map, "timezone");
    if (zone != NULL && !parse_offset(zone, &out->offset)) {
        *why = "timezone is like +08:00";
        return false;
    }
    return part(map, "columns", &out->columns, why) &&
           part(map, "defaults", &out->defaults, why) && part(map, "values", &out->values, why);
}

// ---- the header -----------------------------------------------------------------------

static const struct field *
field_of_column(const struct import_table *t, const char *title)
{
    const struct value *renamed = value_get(t->map->columns, title);
    const char *name = renamed == NULL || renamed->type != VALUE_TEXT ? title : renamed->s;
    for (const struct field *f = t->fields; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0 || (renamed == NULL && strcmp(f->label, name) == 0)) {
            return f;
        }
    }
    return NULL;
}

static bool
check_columns(struct import_table *t, const char **why)
{
    for (const struct field *f = t->fields; f->name != NULL; f++) {
        size_t times = 0;
        for (size_t i = 0; i < t->columns; i++) {
            times += t->by_column[i] == f;
        }
        if (times > 1) {
            *why = arena_printf(t->arena, "two columns mean \"%s\"", f->name);
            return false;
        }
        if (times == 0 && f->required && value_get(t->map->defaults, f->name) == NULL) {
            *why = arena_printf(t->arena, "no column means \"%s\" (%s); name one in --map",
                                f->name, f->label);
            return false;
        }
    }
    return true;
}

bool
import_header(struct import_table *t, const char *const *cells, size_t n, const char **why)
{
    t->columns = n;
    t->by_column = ARENA_ARRAY(t->arena, const struct field *, n);
    t->titles = ARENA_ARRAY(t->arena, const char *, n);
    const char **unknown = ARENA_ARRAY(t->arena, const char *, n);
    for (size_t i = 0; i < n; i++) {
        t->titles[i] = text_tidy(t->arena, cells[i], false);
        t->by_column[i] = field_of_column(t, t->titles[i]);
        const struct value *meant = value_get(t->map->columns, t->titles[i]);
        bool dropped = meant != NULL && meant->type == VALUE_TEXT && meant->n == 0;
        if (t->by_column[i] == NULL && *t->titles[i] != '\0' && !dropped) {
            unknown[t->unknown_count++] = t->titles[i];
        }
    }
    t->unknown = unknown;
    return check_columns(t, why);
}

// ---- rows -----------------------------------------------------------------------------

static size_t
longest(const struct field *f)
{
    return f->max > 0 ? (size_t)f->max : f->type == FIELD_LONG ? 10000 : 200;
}

static const struct value *
text_cell(struct arena *a, const struct field *f, const char *text, const char **wrong)
{
    size_t length = text_length(text);
    if (length > longest(f)) {
        *wrong = arena_printf(a, "最多 %zu 个字", longest(f));
    } else if (f->min > 0 && length < (size_t)f->min) {
        *wrong = arena_printf(a, "至少 %d 个字", f->min);
    } else if (f->check != NULL) {
        *wrong = f->check(a, text);
    }
    return value_ref(a, text);
}

static const struct value *
choice_cell(struct arena *a, const struct field *f, const char *text, const char **wrong)
{
    for (const struct choice *c = f->choices; c->value != NULL; c++) {
        if (strcmp(c->value, text) == 0 || strcmp(c->label, text) == 0) {
            return value_ref(a, c->value);
        }
    }
    *wrong = "不是可选的值";
    return NULL;
}

static const struct value *
cell_value(const struct import_table *t, struct arena *a, const struct field *f,
           const char *text, const char **wrong)
{
    const struct value *known = value_get(value_get(t->map->values, f->name), text);
    if (known != NULL && known->type == VALUE_TEXT) {
        text = known->s;
    }
    int64_t n;
    switch (f->type) {
    case FIELD_TIME:
        if (!import_moment(text, t->map->offset, &n)) {
            *wrong = "不是日期，例如 2026-11-23 或 2026/11/23 9:30";
            return NULL;
        }
        return value_time(a, n);
    case FIELD_INT:
    case FIELD_REF:
        if (!text_to_int(text, &n) || (f->min != 0 && n < f->min) ||
            (f->max != 0 && n > f->max)) {
            *wrong = "不是整数，或超出范围";
            return NULL;
        }
        return value_int(a, n);
    case FIELD_CHOICE:
        return choice_cell(a, f, text, wrong);
    case FIELD_CODE:
        text = code_read(a, LANG_ZH, f->codes, text);
        *wrong = text == NULL ? "没有这个代码或名称" : *wrong;
        return text == NULL ? NULL : value_ref(a, text);
    case FIELD_MOBILE:
        if (!text_is_mobile(text)) {
            *wrong = "不是手机号";
        }
        return value_ref(a, text);
    default:
        return text_cell(a, f, text, wrong);
    }
}

static const char *
title_of(const struct import_table *t, const struct field *f)
{
    for (size_t i = 0; i < t->columns; i++) {
        if (t->by_column[i] == f) {
            return t->titles[i];
        }
    }
    return f->name;
}

static void
put_default(const struct import_table *t, struct arena *a, const struct field *f,
            struct value *row, struct faults *faults)
{
    const struct value *d = value_get(t->map->defaults, f->name);
    if (value_get(row, f->name) != NULL) {
        return;
    }
    if (d != NULL) {
        const char *wrong = NULL;
        const struct value *v = d->type == VALUE_TEXT ? cell_value(t, a, f, d->s, &wrong) : d;
        if (wrong != NULL) {
            faults_add(a, faults, f->name, "invalid", arena_printf(a, "默认值：%s", wrong));
        } else {
            value_set(a, row, f->name, v);
        }
    } else if (f->required) {
        faults_add(a, faults, title_of(t, f), "required", "没有填写");
    }
}

struct value *
import_row(const struct import_table *t, struct arena *a, const char *const *cells, size_t n,
           struct faults *f)
{
    struct value *row = value_map(a);
    for (size_t i = 0; i < n; i++) {
        if (i >= t->columns) {
            if (*cells[i] != '\0') {
                faults_add(a, f, NULL, "columns", "比表头多出的单元格");
            }
            continue;
        }
        const struct field *field = t->by_column[i];
        const char *text =
            field == NULL ? "" : import_clean(a, cells[i], field->type == FIELD_LONG);
        if (*text == '\0') {
            continue;
        }
        const char *wrong = NULL;
        const struct value *v = cell_value(t, a, field, text, &wrong);
        if (wrong != NULL) {
            faults_add(a, f, t->titles[i], "invalid", wrong);
            value_set(a, row, field->name, &value_null); // wrong is not missing
        } else {
            value_set(a, row, field->name, v);
        }
    }
    for (const struct field *p = t->fields; p->name != NULL; p++) {
        put_default(t, a, p, row, f);
    }
    return f->count == 0 ? row : NULL;
}
