// SPDX-License-Identifier: Apache-2.0
// What was wrong, as a sheet to mend and bring again: the original columns, and what is wrong
// behind them. Going through the table writer, nothing in it is a formula.
#include "kit/import_run.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/code.h"

size_t
import_sheet_columns(struct arena *a, enum language l, const struct import_run *r,
                     struct table_column **out)
{
    struct table_column *cols = ARENA_ARRAY(a, struct table_column, r->n + 2);
    cols[0] = (struct table_column){"line", tr(l, T("行号"))};
    for (size_t i = 0; i < r->n; i++) {
        cols[i + 1] = (struct table_column){arena_printf(a, "c%zu", i), r->titles[i]};
    }
    cols[r->n + 1] = (struct table_column){"wrong", tr(l, T("错误"))};
    *out = cols;
    return r->n + 2;
}

const char *
import_complaints_text(struct arena *a, const struct value *detail)
{
    struct buf b;
    buf_init(&b, a, 128, 64 * 1024);
    for (size_t i = 0; i < value_count(detail); i++) {
        const struct value *one = value_at(detail, i);
        const char *column = value_get_text(one, "column");
        const char *message = value_get_text(one, "message");
        buf_printf(&b, "%s%s%s%s", b.n == 0 ? "" : "；", column == NULL ? "" : column,
                   column == NULL ? "" : "：", message == NULL ? "" : message);
    }
    return buf_str(&b);
}

static void
put_value(struct buf *b, const struct field *f, const struct value *v, enum language l)
{
    if (v == NULL || v->type == VALUE_NULL) {
        buf_puts(b, "—");
    } else if (f != NULL && f->type == FIELD_CHOICE && v->type == VALUE_TEXT) {
        buf_puts(b, choice_label(f->choices, v->s, l));
    } else if (f != NULL && f->type == FIELD_CODE && v->type == VALUE_TEXT) {
        buf_puts(b, code_text(b->arena, l, f->codes, v->s));
    } else if (f != NULL && f->type == FIELD_MONEY && v->type == VALUE_INT) {
        buf_printf(b, "%lld.%02lld", (long long)v->i / 100, (long long)v->i % 100);
    } else if (v->type == VALUE_BOOL) {
        buf_puts(b, tr(l, v->b ? T("是") : T("否")));
    } else if (v->type == VALUE_TEXT) {
        buf_puts(b, text_ellipsis(b->arena, v->s, 60));
    } else {
        json_write(b, v);
    }
}

void
import_change_text(struct buf *b, const struct import_kind *k, const char *field,
                   const struct value *pair, enum language l)
{
    const struct field *f = field_find(k->kind->fields, field);
    f = f == NULL ? field_find(k->fields, field) : f;
    buf_printf(b, "%s：", f == NULL ? field : tr(l, f->label));
    put_value(b, f, value_at(pair, 0), l);
    buf_puts(b, " → ");
    put_value(b, f, value_at(pair, 1), l);
}

struct writing {
    const struct import_run *r;
    const struct table_column *cols;
    struct arena *row; // of one row
    bool (*fn)(void *arg, const struct value *row);
    void *arg;
};

static bool
write_row(void *arg, const struct import_shown *shown)
{
    struct writing *w = arg;
    struct value *row = value_map(w->row);
    value_set_int(w->row, row, "line", (int64_t)shown->cells.line);
    for (size_t i = 0; i < w->r->n && i < shown->cells.n; i++) {
        value_set_text(w->row, row, w->cols[i + 1].key, shown->cells.cells[i]);
    }
    value_set_text(w->row, row, "wrong", import_complaints_text(w->row, shown->detail));
    bool more = w->fn(w->arg, row);
    arena_reset(w->row);
    return more;
}

void
import_sheet_rows(struct db_tx *tx, const struct app *app, const struct import_run *r,
                  const struct table_column *cols,
                  bool (*fn)(void *arg, const struct value *row), void *arg)
{
    struct writing w = {r, cols, arena_new(4 * IMPORT_ROW_MAX), fn, arg};
    import_run_rows(tx, app, r, 1U << IMPORT_WRONG, 0, write_row, &w);
    arena_free(w.row);
}
