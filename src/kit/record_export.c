// SPDX-License-Identifier: Apache-2.0
// The list of a kind as a file: the rows of the list's own statement, walked to the end. What
// nothing hides goes from the row to the file without becoming a record first.
#include "base/text.h"
#include "kit/code.h"
#include "kit/export.h"
#include "kit/record_impl.h"
#include "kit/seal.h"

enum { MEMO = 256, MEMO_CODE = 16, MEMO_TEXT = 160 };

// What a code or a choice says costs a search; a district uses few of them.
struct memo {
    char code[MEMO_CODE], text[MEMO_TEXT];
    size_t n; // of text
};

struct shown {
    const char *key;
    const struct field *field; // NULL: a column that all kinds have
    unsigned cell;             // of the statement's rows
    struct memo *memo;         // FIELD_CODE, FIELD_CHOICE
};

struct listing {
    struct export_list l;
    struct record_query q;
    struct record_stmt *st;
    unsigned sort_cell;
    bool by_record; // values may be hidden from this reader, row by row
    struct table_column columns[EXPORT_COLUMNS];
    struct shown shown[EXPORT_COLUMNS];
};

static const struct record_kind *
kind_of(const struct ctx *c)
{
    return c->route->data;
}

// ---- columns ---------------------------------------------------------------------------

static void
add_column(struct ctx *c, struct listing *x, const struct field *f, const char *name,
           const char *label)
{
    bool ref = f != NULL && f->type == FIELD_REF;
    const char *key = ref ? record_ref_name(c->arena, name) : name;
    struct shown *s = &x->shown[x->l.count];
    x->columns[x->l.count++] = (struct table_column){key, ctx_tr(c, label)};
    *s = (struct shown){.key = key, .field = f};
    if (f != NULL && (f->type == FIELD_CODE || f->type == FIELD_CHOICE)) {
        s->memo = ARENA_ARRAY(c->arena, struct memo, MEMO);
    }
}

// Those the address names, in its order: what a page shows. False with a fault.
static bool
named_columns(struct ctx *c, const struct record_kind *k, const char *words, struct listing *x)
{
    for (const char *p = words + strspn(words, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t size = strcspn(p, " ");
        const struct field *f = field_find(k->fields, arena_strndup(c->arena, p, size));
        bool code = f != NULL && text_equal(f->name, k->subtitle);
        if (f == NULL || (!code && !record_may_list(k, f)) || x->l.count == EXPORT_COLUMNS) {
            ctx_fault(c, "columns", "unknown", T("没有这一列"));
            return false;
        }
        add_column(c, x, f, f->name, f->label);
        p += size;
    }
    return true;
}

static bool
choose_columns(struct ctx *c, const struct record_kind *k, struct listing *x)
{
    const char *words = ctx_query(c, "columns");
    if (words != NULL && *words != '\0') {
        return named_columns(c, k, words, x);
    }
    add_column(c, x, NULL, "id", T("编号"));
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        bool kept = (f->where & IN_EXPORT) != 0 && (record_is_stored(f) || f->derived) &&
                    f->type != FIELD_LONG;
        if (kept && x->l.count < EXPORT_COLUMNS - 2) {
            add_column(c, x, f, f->name, f->label);
        }
    }
    add_column(c, x, NULL, "created_at", T("登记时间"));
    add_column(c, x, NULL, "updated_at", T("更新时间"));
    return true;
}

// ---- values ----------------------------------------------------------------------------

// In place: see db_cell.
static void
set_text(struct value *v, const char *s, size_t n)
{
    v->type = VALUE_TEXT;
    v->s = s;
    v->n = n;
}

static void
read_code(struct ctx *c, const struct shown *s, struct value *v)
{
    size_t slot = 0;
    for (const char *p = v->s; *p != '\0'; p++) {
        slot = slot * 31 + (unsigned char)*p;
    }
    struct memo *m = &s->memo[slot % MEMO];
    if (*v->s != '\0' && strcmp(m->code, v->s) == 0) {
        set_text(v, m->text, m->n);
        return;
    }
    const char *text = field_text(c, s->field, v);
    size_t n = strlen(text);
    if (v->n < MEMO_CODE && n < MEMO_TEXT) {
        memcpy(m->code, v->s, v->n + 1);
        memcpy(m->text, text, n + 1);
        m->n = n;
    }
    set_text(v, text, n);
}

// What people read in the list: labels for choices, yuan for fen; numbers stay numbers.
static void
make_readable(struct ctx *c, const struct shown *s, struct value *v)
{
    if (s->field == NULL || v->type == VALUE_NULL) {
        return;
    }
    if (s->memo != NULL && v->type == VALUE_TEXT) {
        read_code(c, s, v);
    } else if (s->field->type == FIELD_MONEY) {
        v->type = VALUE_DEC;
        v->i *= 100;
    } else if (s->field->type == FIELD_CHOICES || s->field->type == FIELD_FLAG) {
        const char *text = field_text(c, s->field, v);
        set_text(v, text, strlen(text));
    }
}

// Whether what a column shows may depend on the record and its reader.
static bool
may_be_hidden(const struct ctx *c, const struct listing *x)
{
    for (size_t i = 0; i < x->l.count; i++) {
        const struct field *f = x->shown[i].field;
        if (f != NULL && f->class != CLASS_PUBLIC && !ctx_is(c, ROLE_OFFICE)) {
            return true;
        }
    }
    return false;
}

static void
read_cell(struct ctx *c, const struct listing *x, const struct shown *s, struct db_rows *rows,
          struct value *v)
{
    db_cell(rows, s->cell, v);
    if (v->type == VALUE_TEXT && s->field != NULL && s->field->sealed) {
        const char *mask = seal_mobile_mask(c->app, c->arena, v->s);
        mask = mask != NULL ? mask
                            : record_seal_masked(c, x->q.b->k, db_int(rows, 0), s->field, v->s);
        set_text(v, mask, strlen(mask));
    }
    make_readable(c, s, v);
}

// As this reader may see the row's record.
static void
read_masked(struct ctx *c, const struct listing *x, struct db_rows *rows, struct value *cells)
{
    struct value *rec = db_row(rows, c->arena);
    record_seal_mask(c, x->q.b, rec);
    rec = record_masked(c, x->q.b->k, rec);
    for (size_t i = 0; i < x->l.count; i++) {
        const struct value *v = value_get(rec, x->shown[i].key);
        cells[i] = v == NULL ? value_null : *v;
        make_readable(c, &x->shown[i], &cells[i]);
    }
}

static void
read_cells(struct ctx *c, const struct listing *x, struct db_rows *rows, struct value *cells)
{
    if (x->by_record) {
        read_masked(c, x, rows, cells);
        return;
    }
    for (size_t i = 0; i < x->l.count; i++) {
        read_cell(c, x, &x->shown[i], rows, &cells[i]);
    }
}

// ---- rows ------------------------------------------------------------------------------

// The next piece begins behind this row.
static void
keep_place(struct ctx *c, struct listing *x, struct db_rows *rows)
{
    struct value sort;
    db_cell(rows, x->sort_cell, &sort);
    x->q.args[SLOT_ID] = DB_INT(db_int(rows, 0));
    x->q.args[SLOT_SORT] = sort.type == VALUE_TEXT
                               ? DB_TEXT(arena_strndup(c->arena, sort.s, sort.n))
                               : DB_INT(sort.i);
}

static bool
piece(struct ctx *c, void *state, struct export_out *out)
{
    struct listing *x = state;
    struct db_arg args[RECORD_SLOTS];
    struct value cells[EXPORT_COLUMNS];
    unsigned seen = 0;
    // records cost memory, and a reader who stops holds a piece
    unsigned most = x->by_record ? EXPORT_PIECE / 5 : EXPORT_PIECE;
    x->q.args[SLOT_LIMIT] = DB_INT(most);
    size_t n = record_query_bind(&x->q, x->st, args);
    struct db_rows *rows = db_query(c->tx, &x->st->s, args, n);
    while (db_next(rows)) {
        read_cells(c, x, rows, cells);
        export_row(out, cells);
        if (++seen == most) {
            keep_place(c, x, rows);
        }
    }
    db_end(rows);
    return seen == most;
}

static enum err
prepare(struct ctx *c, struct listing **out)
{
    const struct record_kind *k = kind_of(c);
    struct listing *x = ARENA_NEW(c->arena, struct listing);
    if (!record_query_read(c, k, EXPORT_PIECE, &x->q)) {
        return c->faults.count > 0 ? ERR_INVALID : ERR_FORBIDDEN;
    }
    if (!choose_columns(c, k, x)) {
        return ERR_INVALID;
    }
    struct record_query *q = &x->q;
    x->st = record_list_stmt(q->b, q->scope, q->lead, q->sort, q->down != q->backward);
    x->sort_cell = (unsigned)db_column(&x->st->s, record_sort_column(q->b, q->sort));
    for (size_t i = 0; i < x->l.count; i++) {
        x->shown[i].cell = (unsigned)db_column(&x->st->s, x->shown[i].key);
    }
    x->by_record = may_be_hidden(c, x);
    x->l.name = k->plural;
    x->l.sheet = ctx_tr(c, k->list_label);
    x->l.columns = x->columns;
    x->l.piece = piece;
    x->l.state = x;
    *out = x;
    return ERR_OK;
}

enum err
record_csv_run(struct ctx *c)
{
    struct listing *x;
    enum err e = prepare(c, &x);
    return e == ERR_OK ? export_csv(c, &x->l) : e;
}

enum err
record_xlsx_run(struct ctx *c)
{
    struct listing *x;
    enum err e = prepare(c, &x);
    return e == ERR_OK ? export_xlsx(c, &x->l) : e;
}
