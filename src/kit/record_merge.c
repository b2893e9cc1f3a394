// SPDX-License-Identifier: Apache-2.0
// Making two records one and taking it back. Every row that is touched is kept as it was and as
// it became; the record that goes is really gone from its table, so that the database itself
// refuses a merge that forgot a reference, and no list, count or search can show it again.
#include "kit/record_merge.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/app.h"
#include "kit/audit.h"
#include "kit/record_merge_impl.h"
#include "kit/search.h"

#include <stdlib.h>

enum { ROWS_MOST = 20000, UNDO_DAYS = 30, HOPS_MOST = 32 };

static const struct db_stmt MERGE_ADD = {
    .name = "merge.add",
    DB_INSERTS("INSERT INTO record_merge (kind, into_id, from_id, title, reason, account_id,"
               " who, at, undo_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
    .params = "kind:text into:int from:int title:text reason:text account:int who:text at:time"
              " until:time"};
static const struct db_stmt MERGE_SUMMARY = {
    .name = "merge.summary",
    .sql = "UPDATE record_merge SET summary = $1 WHERE id = $2",
    .params = "summary:text id:int"};
static const struct db_stmt MERGE_UNDONE = {
    .name = "merge.undone",
    .sql = "UPDATE record_merge SET undone_at = $1, undone_by = $2 WHERE id = $3",
    .params = "at:time who:text id:int"};
static const struct db_stmt ROW_ADD = {
    .name = "merge.row_add",
    .sql = "INSERT INTO record_merge_row (merge_id, what, row_id, before, after, row_version)"
           " VALUES ($1, $2, $3, $4, $5, $6)",
    .params = "merge:int what:text row:int before:text? after:text? version:int"};
static const struct db_stmt ROWS = {
    .name = "merge.rows",
    .sql = "SELECT id, what, row_id, before, after, row_version FROM record_merge_row"
           " WHERE merge_id = $1 ORDER BY id DESC",
    .params = "merge:int",
    .row = "id:int what:text row_id:int before:text? after:text? row_version:int"};
static const struct db_stmt ROWS_AGAIN = {
    .name = "merge.rows_again",
    .sql = "UPDATE record_merge_row SET row_version = $1"
           " WHERE what = $2 AND row_id = $3 AND row_version = $4",
    .params = "version:int what:text row:int was:int"};
static const struct db_stmt ROWS_FORGET = {
    .name = "merge.rows_forget",
    .sql = "DELETE FROM record_merge_row WHERE merge_id IN"
           " (SELECT m.id FROM record_merge m WHERE m.undo_until < $1)",
    .params = "now:time"};
static const struct db_stmt GONE_ADD = {
    .name = "merge.gone_add",
    .sql = "INSERT INTO record_gone (kind, record_id, into_id, merge_id)"
           " VALUES ($1, $2, $3, $4)",
    .params = "kind:text record:int into:int merge:int"};
static const struct db_stmt GONE_BACK = {.name = "merge.gone_back",
                                         .sql = "DELETE FROM record_gone WHERE merge_id = $1",
                                         .params = "merge:int"};
static const struct db_stmt GONE = {
    .name = "merge.gone",
    .sql = "SELECT into_id FROM record_gone WHERE kind = $1 AND record_id = $2",
    .params = "kind:text record:int",
    .row = "into_id:int"};

const struct db_stmt *const RECORD_MERGE_STATEMENTS[] = {
    &MERGE_ADD,  &MERGE_SUMMARY, &MERGE_UNDONE, &ROW_ADD,   &ROWS,
    &ROWS_AGAIN, &ROWS_FORGET,   &GONE_ADD,     &GONE_BACK, &GONE,
    &MERGE_GET,  &MERGE_LIST,    NULL};

int64_t
record_merged_into(struct db_tx *tx, const char *kind, int64_t id)
{
    int64_t into = 0;
    for (int i = 0; i < HOPS_MOST && id != 0; i++) {
        id = db_value_int(tx, &GONE, DB_ARGS(DB_TEXT(kind), DB_INT(id)), 0);
        into = id != 0 ? id : into;
    }
    return into;
}

void
record_merge_forget(struct ctx *c)
{
    db_put(c->tx, &ROWS_FORGET, DB_ARGS(DB_INT(c->now)));
}

// ---- rows ------------------------------------------------------------------------------

// One row that the merge has changed or is about to change.
struct touched {
    const struct merge_table *table; // NULL: a row of which only the reference moves
    const struct merge_link *link;
    int64_t id, from, into; // the two of a reference
    const struct value *before;
};

struct merge {
    struct ctx *c;
    int64_t id;
    struct touched *rows;
    unsigned count, room;
    struct value *moves; // what the summary tells
};

static void
remember(struct merge *m, struct touched row)
{
    if (m->count == m->room) {
        unsigned room = m->room == 0 ? 64 : m->room * 2;
        struct touched *more = ARENA_ARRAY(m->c->arena, struct touched, room);
        memcpy(more, m->rows == NULL ? more : m->rows, m->count * sizeof *more);
        m->rows = more;
        m->room = room;
    }
    m->rows[m->count++] = row;
}

struct value *
merge_row(struct ctx *c, const struct merge_table *t, int64_t id)
{
    return db_one(c->tx, c->arena, &t->image, DB_ARGS(DB_INT(id)));
}

// The row as it is, remembered as it was when the merge began.
static struct value *
touch(struct merge *m, const struct merge_table *t, int64_t id)
{
    struct value *row = merge_row(m->c, t, id);
    for (unsigned i = 0; i < m->count; i++) {
        if (m->rows[i].table == t && m->rows[i].id == id) {
            return row;
        }
    }
    struct value *before = row == NULL ? NULL : value_map(m->c->arena);
    for (uint32_t i = 0; row != NULL && i < row->map.count; i++) {
        value_set(m->c->arena, before, row->map.pairs[i].key, row->map.pairs[i].v);
    }
    remember(m, (struct touched){.table = t, .id = id, .before = before});
    return row;
}

// Undoing begins at the end: what ours took it gives back, then theirs is there again, and only
// then what refers to it can be moved to it.
static void
touch_last(struct merge *m, const struct merge_table *t, int64_t id)
{
    for (unsigned i = 0; i < m->count; i++) {
        if (m->rows[i].table == t && m->rows[i].id == id) {
            struct touched row = m->rows[i];
            memmove(&m->rows[i], &m->rows[i + 1], (m->count - i - 1) * sizeof row);
            m->rows[m->count - 1] = row;
            return;
        }
    }
}

static struct db_arg
raw_arg(const struct value *v)
{
    return v == NULL || v->type == VALUE_NULL ? DB_NULL
           : v->type == VALUE_TEXT ? (struct db_arg){.type = DB_TEXT_T, .p = v->s, .n = v->n}
                                   : DB_INT(v->i);
}

// All columns but the id, in the order of the table; the id last, or first for an INSERT.
static void
write_row(struct ctx *c, const struct merge_table *t, const struct db_stmt *s,
          const struct value *row)
{
    struct db_arg args[MERGE_COLUMNS];
    size_t n = 0;
    bool insert = s == &t->insert;
    for (unsigned i = 0; i < t->count; i++) {
        if (i > 0 || insert) {
            args[n++] = raw_arg(value_get(row, t->columns[i]));
        }
    }
    if (!insert) {
        args[n++] = DB_INT(value_get_int(row, "id", 0));
    }
    db_put(c->tx, s, args, n);
}

// Whose it is may have changed, and with it who finds it.
static void
index_row(struct ctx *c, const struct merge_table *t, const struct value *row)
{
    if (record_built_of(t->k)->searched) {
        search_put(c->tx, t->k->name, value_get_int(row, "id", 0),
                   record_entry(c, t->k, row, NULL));
    }
}

static void
change_row(struct ctx *c, const struct merge_table *t, struct value *row)
{
    value_set_int(c->arena, row, "version", value_get_int(row, "version", 0) + 1);
    value_set_int(c->arena, row, "updated_at", c->now);
    write_row(c, t, &t->restore, row);
    index_row(c, t, row);
}

struct value *
merge_ids(struct ctx *c, const struct merge_link *l, const struct record_kind *k, int64_t id)
{
    struct value *ids = value_list(c->arena);
    struct db_rows *r = l->l->kind_column != NULL
                            ? db_query(c->tx, &l->rows, DB_ARGS(DB_INT(id), DB_TEXT(k->name)))
                            : db_query(c->tx, &l->rows, DB_ARGS(DB_INT(id)));
    while (db_next(r) && value_count(ids) <= ROWS_MOST) {
        value_push(c->arena, ids, value_int(c->arena, db_int(r, 0)));
    }
    db_end(r);
    if (value_count(ids) > ROWS_MOST) {
        db_tx_fail(c->tx, ERR_TOO_LARGE);
    }
    return ids;
}

const struct value *
merge_twin(const struct merge_link *l, const struct value *ours, const struct value *theirs)
{
    for (size_t i = 0; l->l->same != NULL && i < value_count(ours); i++) {
        if (l->l->same(value_at(ours, i), theirs)) {
            return value_at(ours, i);
        }
    }
    return NULL;
}

struct value *
merge_rows(struct ctx *c, const struct merge_link *l, const struct record_kind *k, int64_t id)
{
    struct value *rows = value_list(c->arena), *ids = merge_ids(c, l, k, id);
    const struct merge_table *t = merge_table_of(l->l->kind);
    for (size_t i = 0; i < value_count(ids); i++) {
        struct value *row = merge_row(c, t, value_at(ids, i)->i);
        if (row != NULL) {
            value_push(c->arena, rows, row);
        }
    }
    return rows;
}

// ---- two rows that are one thing -------------------------------------------------------

void
record_row_fill(struct arena *a, struct value *ours, const struct value *theirs)
{
    for (uint32_t i = 0; i < theirs->map.count; i++) {
        const struct value_pair *p = &theirs->map.pairs[i];
        const struct value *mine = value_get(ours, p->key);
        if (mine == NULL || mine->type == VALUE_NULL) {
            value_set(a, ours, p->key, p->v);
        }
    }
}

// A sealed value opens in its own row only, so it is sealed again.
static void
fill_sealed(struct ctx *c, const struct record_kind *k, const struct value *ours,
            const struct value *theirs)
{
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (f->sealed && value_get_text(ours, f->name) == NULL &&
            value_get_text(theirs, f->name) != NULL) {
            const char *plain = record_reveal(c, k, value_get_int(theirs, "id", 0), f);
            record_seal_put(c, k, value_get_int(ours, "id", 0), f, plain);
        }
    }
}

static struct value *
without_sealed(struct ctx *c, const struct record_kind *k, const struct value *row)
{
    struct value *out = value_map(c->arena);
    for (uint32_t i = 0; i < row->map.count; i++) {
        const struct value_pair *p = &row->map.pairs[i];
        bool sealed = false;
        for (const struct field *f = k->fields; f->name != NULL; f++) {
            size_t n = strlen(f->name);
            sealed = sealed || (f->sealed && strncmp(p->key, f->name, n) == 0 &&
                                (p->key[n] == '\0' || strcmp(p->key + n, "_index") == 0 ||
                                 strcmp(p->key + n, "_end") == 0));
        }
        if (!sealed) {
            value_set(c->arena, out, p->key, p->v);
        }
    }
    return out;
}

static void
combine(struct merge *m, const struct merge_link *l, int64_t into, int64_t from)
{
    struct ctx *c = m->c;
    const struct merge_table *t = merge_table_of(l->l->kind);
    struct value *ours = touch(m, t, into);
    const struct value *theirs = merge_row(c, t, from);
    if (ours == NULL || theirs == NULL) {
        db_tx_fail(c->tx, ERR_INTERNAL);
        return;
    }
    const struct value *rest = without_sealed(c, t->k, theirs);
    if (l->l->combine != NULL) {
        l->l->combine(c->arena, ours, rest);
    } else {
        record_row_fill(c->arena, ours, rest);
    }
    change_row(c, t, ours);
    fill_sealed(c, t->k, ours, theirs);
}

// ---- moving ----------------------------------------------------------------------------

static void join(struct merge *m, const struct record_kind *k, int64_t into, int64_t from);

static void
move_reference(struct merge *m, const struct merge_link *l, int64_t id, int64_t into,
               int64_t from)
{
    struct ctx *c = m->c;
    remember(m, (struct touched){.link = l, .id = id, .from = from, .into = into});
    if (l->l->versioned) {
        db_put(c->tx, &l->move,
               DB_ARGS(DB_INT(into), DB_INT(id), DB_INT(from), DB_INT(c->now)));
    } else {
        db_put(c->tx, &l->move, DB_ARGS(DB_INT(into), DB_INT(id), DB_INT(from)));
    }
}

static bool
move_record(struct merge *m, const struct merge_link *l, int64_t id, int64_t into,
            const struct value *ours)
{
    struct ctx *c = m->c;
    const struct merge_table *t = merge_table_of(l->l->kind);
    struct value *row = touch(m, t, id);
    const struct value *twin = merge_twin(l, ours, row);
    if (twin != NULL) {
        int64_t twin_id = value_get_int(twin, "id", 0);
        combine(m, l, twin_id, id);
        join(m, l->l->kind, twin_id, id);
        touch_last(m, t, id);
        touch_last(m, t, twin_id);
        return false;
    }
    bool self = id == into && strcmp(l->l->table, t->k->table) == 0 && l->self;
    value_set(c->arena, row, l->l->column, self ? &value_null : value_int(c->arena, into));
    change_row(c, t, row);
    return true;
}

static void
tell(struct merge *m, const char *label, int64_t moved, int64_t joined)
{
    struct arena *a = m->c->arena;
    struct value *one = value_map(a);
    if (moved + joined > 0) {
        value_set_text(a, one, "label", label);
        value_set_int(a, one, "moved", moved);
        value_set_int(a, one, "joined", joined);
        value_push(a, m->moves, one);
    }
}

static void
move_link(struct merge *m, const struct merge_link *l, const struct record_kind *k,
          int64_t into, int64_t from)
{
    struct ctx *c = m->c;
    const struct value *ids = merge_ids(c, l, k, from);
    int64_t moved = 0, joined = 0;
    struct value *ours = l->l->same == NULL ? NULL : merge_rows(c, l, k, into);
    const struct value *mine =
        l->l->settle == NULL || l->l->kind == NULL ? NULL : merge_ids(c, l, k, into);
    for (size_t i = 0; i < value_count(mine); i++) { // what `settle` may change
        touch(m, merge_table_of(l->l->kind), value_at(mine, i)->i);
    }
    for (size_t i = 0; i < value_count(ids) && db_tx_err(c->tx) == ERR_OK; i++) {
        int64_t id = value_at(ids, i)->i;
        if (l->l->kind == NULL) {
            move_reference(m, l, id, into, from);
            moved++;
        } else if (move_record(m, l, id, into, ours)) {
            moved++;
        } else {
            joined++;
        }
    }
    tell(m, l->l->label, moved, joined);
}

// Everything that refers to `from` refers to `into`, and `from` goes.
static void
join(struct merge *m, const struct record_kind *k, int64_t into, int64_t from)
{
    struct ctx *c = m->c;
    const struct merge_table *t = merge_table_of(k);
    for (size_t i = 0; merge_link_at(c->app, k, i) != NULL; i++) {
        move_link(m, merge_link_at(c->app, k, i), k, into, from);
    }
    touch(m, t, from);
    if (record_built_of(k)->searched) {
        search_remove(c->tx, k->name, from);
    }
    db_put(c->tx, &t->remove, DB_ARGS(DB_INT(from)));
    db_put(c->tx, &GONE_ADD,
           DB_ARGS(DB_TEXT(k->name), DB_INT(from), DB_INT(into), DB_INT(m->id)));
}

// ---- writing it down -------------------------------------------------------------------

static const char *
json_of(struct arena *a, const struct value *v)
{
    struct buf b;
    buf_init(&b, a, 512, (size_t)4 << 20);
    json_write(&b, v);
    return buf_str(&b);
}

static void
keep_row(struct merge *m, const struct touched *row)
{
    struct ctx *c = m->c;
    struct arena *a = c->arena;
    if (row->link != NULL) {
        int64_t version = row->link->l->versioned ? db_value_int(c->tx, &row->link->version,
                                                                 DB_ARGS(DB_INT(row->id)), 0)
                                                  : 0;
        db_put(c->tx, &ROW_ADD,
               DB_ARGS(DB_INT(m->id), DB_TEXT(row->link->name), DB_INT(row->id),
                       DB_TEXT(arena_printf(a, "%lld", (long long)row->from)),
                       DB_TEXT(arena_printf(a, "%lld", (long long)row->into)),
                       DB_INT(version)));
        return;
    }
    const struct value *now = merge_row(c, row->table, row->id);
    if (now == NULL ? row->before == NULL
                    : row->before != NULL && value_equal(now, row->before)) {
        return;
    }
    db_put(c->tx, &ROW_ADD,
           DB_ARGS(DB_INT(m->id), DB_TEXT(row->table->k->name), DB_INT(row->id),
                   DB_TEXT(row->before == NULL ? NULL : json_of(a, row->before)),
                   DB_TEXT(now == NULL ? NULL : json_of(a, now)), DB_INT(0)));
}

static int64_t
undo_until(struct ctx *c)
{
    int64_t days = UNDO_DAYS;
    const char *s = setting_get(c->tx, c->arena, "merge_undo_days");
    days = s != NULL && text_to_int(s, &days) && days >= 0 ? days : UNDO_DAYS;
    return c->now + days * TIME_DAY;
}

static void
note(struct ctx *c, const struct record_kind *k, const char *type, int64_t id, int64_t other,
     const char *title, const char *reason)
{
    struct value *data = value_map(c->arena);
    value_set_int(c->arena, data, "other_id", other);
    value_set_text(c->arena, data, "other", title);
    value_set_text(c->arena, data, "reason", reason);
    record_event(c, k->name, id, type, data);
    audit_write(c, arena_printf(c->arena, "%s.%s", k->name, type), k->name, id, data);
}

const char *
merge_title(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    const char *title = value_get_text(rec, k->title);
    return title != NULL ? title
                         : arena_printf(c->arena, "%s %lld", ctx_tr(c, k->label),
                                        (long long)value_get_int(rec, "id", 0));
}

// The values chosen from the record that goes; read before it does.
static struct value *
chosen(struct ctx *c, const struct record_kind *k, const struct value *rec,
       const struct value *other)
{
    struct value *in = value_map(c->arena);
    int64_t id = value_get_int(rec, "id", 0);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        const struct value *v = value_get(rec, f->name);
        if (!value_get_bool(other, f->name) || !record_is_stored(f)) {
            continue;
        }
        if (f->sealed && v != NULL && v->type == VALUE_TEXT) {
            value_set_text(c->arena, in, f->name, record_reveal(c, k, id, f));
        } else {
            value_set(c->arena, in, f->name, v == NULL ? &value_null : v);
        }
    }
    return in;
}

static enum err
settle_all(struct ctx *c, const struct record_kind *k, int64_t id)
{
    enum err e = ERR_OK;
    const struct merge_link *l;
    for (size_t i = 0; e == ERR_OK && (l = merge_link_at(c->app, k, i)) != NULL; i++) {
        e = l->l->settle == NULL ? ERR_OK : l->l->settle(c, id);
    }
    return e;
}

static void
keep_all(struct merge *m, const struct value *other)
{
    struct arena *a = m->c->arena;
    struct value *summary = value_map(a), *fields = value_list(a);
    for (unsigned i = 0; i < m->count; i++) {
        keep_row(m, &m->rows[i]);
    }
    for (uint32_t i = 0; other != NULL && i < other->map.count; i++) {
        if (value_is_truthy(other->map.pairs[i].v)) {
            value_push(a, fields, value_ref(a, other->map.pairs[i].key));
        }
    }
    value_set(a, summary, "moves", m->moves);
    value_set(a, summary, "fields", fields);
    db_put(m->c->tx, &MERGE_SUMMARY, DB_ARGS(DB_TEXT(json_of(a, summary)), DB_INT(m->id)));
}

static enum err
do_merge(struct merge *m, const struct record_kind *k, const struct value *kept,
         const struct value *gone, const struct value *other, const char *reason)
{
    struct ctx *c = m->c;
    int64_t into = value_get_int(kept, "id", 0), from = value_get_int(gone, "id", 0);
    struct value *changes = chosen(c, k, gone, other);
    join(m, k, into, from);
    touch(m, merge_table_of(k), into);
    enum err e = db_tx_err(c->tx);
    e = e == ERR_OK ? record_update(c, k, into, changes, 0) : e;
    e = e == ERR_OK ? settle_all(c, k, into) : e;
    if (e != ERR_OK) {
        return e;
    }
    keep_all(m, other);
    note(c, k, "merge", into, from, merge_title(c, k, gone), reason);
    note(c, k, "merged", from, into, merge_title(c, k, kept), reason);
    record_duplicates_merged(c, k, into, from);
    return db_tx_err(c->tx);
}

int64_t
record_merge(struct ctx *c, const struct record_kind *k, int64_t into, int64_t from,
             const struct value *other, const char *reason)
{
    const struct record_built *b = record_built_of(k);
    const struct value *kept = record_load(c, b, into), *gone = record_load(c, b, from);
    struct merge m = {.c = c, .moves = value_list(c->arena)};
    if (kept == NULL || gone == NULL || !record_may(c, k, RECORD_UPDATE, kept) ||
        !record_may(c, k, RECORD_UPDATE, gone)) {
        c->result = kept == NULL || gone == NULL ? ERR_NOT_FOUND : ERR_FORBIDDEN;
        return 0;
    }
    if (into == from) {
        c->result = ctx_fault(c, "other_id", "same", T("不能和自己合并"));
        return 0;
    }
    m.id = db_insert(c->tx, &MERGE_ADD,
                     DB_ARGS(DB_TEXT(k->name), DB_INT(into), DB_INT(from),
                             DB_TEXT(merge_title(c, k, gone)), DB_TEXT(reason),
                             DB_INT(c->actor->id), DB_TEXT(c->actor->name), DB_INT(c->now),
                             DB_INT(undo_until(c))));
    c->result = m.id == 0 ? db_tx_err(c->tx) : do_merge(&m, k, kept, gone, other, reason);
    return c->result == ERR_OK ? m.id : 0;
}

// ---- taking it back --------------------------------------------------------------------

static const struct value *
parsed(struct arena *a, const char *text)
{
    const char *why;
    return text == NULL ? NULL : json_parse(a, text, strlen(text), &why);
}

// Whether the row is what the merge made of it; when it was written does not count.
static bool
is_same_row(const struct merge_table *t, const struct value *now, const struct value *then)
{
    for (unsigned i = 0; now != NULL && then != NULL && i < t->count; i++) {
        const char *name = t->columns[i];
        const struct value *a = value_get(now, name), *b = value_get(then, name);
        if (strcmp(name, "version") != 0 && strcmp(name, "updated_at") != 0 &&
            !value_equal(a == NULL ? &value_null : a, b == NULL ? &value_null : b)) {
            return false;
        }
    }
    return (now == NULL) == (then == NULL);
}

static int64_t
number_of(const struct value *row, const char *key)
{
    int64_t n = 0;
    const char *s = value_get_text(row, key);
    return s != NULL && text_to_int(s, &n) ? n : 0;
}

static bool
link_is_same(struct ctx *c, const struct merge_link *l, const struct value *row)
{
    int64_t id = value_get_int(row, "row_id", 0), into = number_of(row, "after");
    return db_value_int(c->tx, &l->now, DB_ARGS(DB_INT(id)), 0) == into &&
           (!l->l->versioned || db_value_int(c->tx, &l->version, DB_ARGS(DB_INT(id)), 0) ==
                                    value_get_int(row, "row_version", 0));
}

// The label of what has changed since, NULL when nothing has.
static const char *
changed_since(struct ctx *c, const struct value *row, int64_t *id)
{
    const char *what = value_get_text(row, "what");
    const struct merge_table *t = merge_table_named(c->app, what);
    const struct merge_link *l = t == NULL ? merge_link_named(c->app, what) : NULL;
    *id = value_get_int(row, "row_id", 0);
    if (l != NULL) {
        return link_is_same(c, l, row) ? NULL : l->l->label;
    }
    if (t == NULL) {
        return what;
    }
    const struct value *then = parsed(c->arena, value_get_text(row, "after"));
    return is_same_row(t, merge_row(c, t, *id), then) ? NULL : t->k->label;
}

static void
back_link(struct ctx *c, const struct merge_link *l, const struct value *row)
{
    int64_t id = value_get_int(row, "row_id", 0), was = value_get_int(row, "row_version", 0);
    int64_t from = number_of(row, "before"), into = number_of(row, "after");
    if (!l->l->versioned) {
        db_put(c->tx, &l->move, DB_ARGS(DB_INT(from), DB_INT(id), DB_INT(into)));
        return;
    }
    db_put(c->tx, &l->move, DB_ARGS(DB_INT(from), DB_INT(id), DB_INT(into), DB_INT(c->now)));
    // Merges before this one knew the version that was just left behind.
    db_put(c->tx, &ROWS_AGAIN,
           DB_ARGS(DB_INT(was + 1), DB_TEXT(l->name), DB_INT(id), DB_INT(was - 1)));
}

static void
back_row(struct ctx *c, const struct value *row)
{
    const char *what = value_get_text(row, "what");
    const struct merge_table *t = merge_table_named(c->app, what);
    if (t == NULL) {
        back_link(c, merge_link_named(c->app, what), row);
        return;
    }
    int64_t id = value_get_int(row, "row_id", 0);
    const struct value *now = merge_row(c, t, id);
    struct value *before =
        (struct value *)(uintptr_t)parsed(c->arena, value_get_text(row, "before")); // ours
    if (before == NULL) { // it came into being with the merge
        db_put(c->tx, &t->remove, DB_ARGS(DB_INT(id)));
        return;
    }
    if (now == NULL) {
        write_row(c, t, &t->insert, before);
        index_row(c, t, before);
    } else {
        value_set_int(c->arena, before, "version", value_get_int(now, "version", 0));
        change_row(c, t, before);
    }
}

static enum err
may_undo(struct ctx *c, const struct value *merge, const struct value *rows)
{
    if (value_get_int(merge, "undone_at", 0) != 0) {
        return ctx_refuse(c, ERR_CONFLICT, T("这次合并已经撤销过了"));
    }
    if (value_get_int(merge, "undo_until", 0) < c->now) {
        return ctx_refuse(c, ERR_CONFLICT, T("已经过了可以撤销的时间"));
    }
    for (size_t i = 0; i < value_count(rows); i++) {
        int64_t id;
        const char *label = changed_since(c, value_at(rows, i), &id);
        if (label != NULL) {
            const char *number = arena_printf(c->arena, "%lld", (long long)id);
            c->detail = ctx_trf(c, T("合并以后{0}（编号 {1}）改过，不能再撤销"), 2,
                                ctx_tr(c, label), number);
            return ERR_CONFLICT;
        }
    }
    return ERR_OK;
}

enum err
record_unmerge(struct ctx *c, const struct record_kind *k, int64_t id)
{
    const struct value *merge = merge_get(c, k, id);
    if (merge == NULL) {
        return ERR_NOT_FOUND;
    }
    const struct value *rows = db_list(c->tx, c->arena, &ROWS, DB_ARGS(DB_INT(id)));
    enum err e = may_undo(c, merge, rows);
    if (e != ERR_OK) {
        return e;
    }
    for (size_t i = 0; i < value_count(rows); i++) {
        back_row(c, value_at(rows, i));
    }
    int64_t into = value_get_int(merge, "into_id", 0),
            from = value_get_int(merge, "from_id", 0);
    db_put(c->tx, &GONE_BACK, DB_ARGS(DB_INT(id)));
    db_put(c->tx, &MERGE_UNDONE, DB_ARGS(DB_INT(c->now), DB_TEXT(c->actor->name), DB_INT(id)));
    if (db_tx_err(c->tx) == ERR_CONFLICT) {
        return ctx_refuse(c, ERR_CONFLICT, T("已经登记了相同的资料，不能再撤销"));
    }
    const char *title = value_get_text(merge, "title");
    note(c, k, "unmerge", into, from, title, NULL);
    note(c, k, "unmerge", from, into,
         merge_title(c, k, record_load(c, record_built_of(k), into)), NULL);
    record_duplicates_parted(c, k, into, from);
    return db_tx_err(c->tx);
}
