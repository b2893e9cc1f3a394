// SPDX-License-Identifier: Apache-2.0
// The list of demands as a file. Its rows come from the list's own statements, so that an
// export never shows more than the list.
#include "mod/demand/demand_impl.h"

#include "kit/export.h"

enum { COLUMNS = 13 };

static const struct {
    const char *key, *label;
    const struct choice *choices; // words for the values; NULL: as they are
} SHOWN[COLUMNS] = {
    {"receipt_no", T("编号"), NULL},
    {"title", T("标题"), NULL},
    {"enterprise", T("企业"), NULL},
    {"chamber", T("商会"), NULL},
    {"category", T("类别"), DEMAND_CATEGORIES},
    {"source", T("来源"), DEMAND_SOURCES},
    {"level", T("级别"), DEMAND_LEVELS},
    {"state", T("状态"), DEMAND_STATES},
    {"lead_unit", T("主办单位"), NULL},
    {"due_at", T("到期时间"), NULL},
    {"light", T("时限"), DEMAND_LIGHTS},
    {"satisfaction", T("满意度"), NULL},
    {"created_at", T("提交时间"), NULL},
};

struct listing {
    struct export_list l;
    struct demand_query q;
    bool some; // something may be seen
    struct table_column columns[COLUMNS];
};

static struct value
cell_of(const struct ctx *c, const struct value *row, size_t column)
{
    const struct value *v = value_get(row, SHOWN[column].key);
    struct value cell = v == NULL ? value_null : *v;
    if (cell.type == VALUE_TEXT && SHOWN[column].choices != NULL) {
        const char *label = choice_label(SHOWN[column].choices, cell.s, c->lang);
        cell.s = label;
        cell.n = strlen(label);
    }
    return cell;
}

static bool
piece(struct ctx *c, void *state, struct export_out *out)
{
    struct listing *x = state;
    struct value cells[COLUMNS];
    const struct value *rows = x->some ? demand_export_next(c, &x->q) : NULL;
    for (size_t r = 0; r < value_count(rows); r++) {
        for (size_t i = 0; i < COLUMNS; i++) {
            cells[i] = cell_of(c, value_at(rows, r), i);
        }
        export_row(out, cells);
    }
    return value_count(rows) == EXPORT_PIECE;
}

static struct listing *
prepare(struct ctx *c)
{
    struct listing *x = ARENA_NEW(c->arena, struct listing);
    x->some = demand_export_query(c, &x->q, EXPORT_PIECE);
    for (size_t i = 0; i < COLUMNS; i++) {
        x->columns[i] = (struct table_column){SHOWN[i].key, ctx_tr(c, SHOWN[i].label)};
    }
    x->l = (struct export_list){.name = "demands",
                                .sheet = ctx_tr(c, T("诉求")),
                                .columns = x->columns,
                                .count = COLUMNS,
                                .piece = piece,
                                .state = x};
    return c->faults.count > 0 ? NULL : x;
}

enum err
demand_csv_run(struct ctx *c)
{
    struct listing *x = prepare(c);
    return x == NULL ? ERR_INVALID : export_csv(c, &x->l);
}

enum err
demand_xlsx_run(struct ctx *c)
{
    struct listing *x = prepare(c);
    return x == NULL ? ERR_INVALID : export_xlsx(c, &x->l);
}
