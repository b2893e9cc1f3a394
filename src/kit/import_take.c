// SPDX-License-Identifier: Apache-2.0
// One row: cells into values, names into records, the record it means, and what saving it would
// change. The same steps in a dry run and in earnest, so that the one tells of the other.
#include "kit/import.h"

#include "base/text.h"
#include "kit/app.h"
#include "kit/record_impl.h"
#include "kit/seal.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_FIELDS = 4, SEEN_FIRST = 1024, SEEN_MOST = 1 << 20 };

const char *const IMPORT_OUTCOME_WORDS[IMPORT_OUTCOMES] = {"new", "changed", "same", "wrong"};

bool
import_may(const struct ctx *c, const struct import_kind *k)
{
    const struct record_grant *g;
    enum record_scope scope;
    return record_scope_of(c, k->kind, RECORD_CREATE, &g, &scope);
}

// ---- what was met before ---------------------------------------------------------------

// Texts and a number for each, in the task's arena.
struct import_seen {
    struct arena *arena;
    struct seen_entry {
        const char *key;
        uint64_t hash;
        int64_t value;
    } * entries;
    size_t cap, count;
};

static uint64_t
hash_of(const char *s)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *s != '\0'; s++) {
        h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
    }
    return h;
}

static struct seen_entry *
seen_place(const struct import_seen *s, const char *key, uint64_t hash)
{
    size_t i = (size_t)hash & (s->cap - 1);
    while (s->entries[i].key != NULL &&
           (s->entries[i].hash != hash || strcmp(s->entries[i].key, key) != 0)) {
        i = (i + 1) & (s->cap - 1);
    }
    return &s->entries[i];
}

static void
seen_grow(struct import_seen *s)
{
    struct import_seen wider = {.arena = s->arena, .cap = s->cap * 2, .count = s->count};
    wider.entries = ARENA_ARRAY(s->arena, struct seen_entry, wider.cap);
    for (size_t i = 0; i < s->cap; i++) {
        if (s->entries[i].key != NULL) {
            *seen_place(&wider, s->entries[i].key, s->entries[i].hash) = s->entries[i];
        }
    }
    *s = wider;
}

// What is kept for the key; keeps `value` when there is nothing and it is not 0.
static int64_t
seen(struct import_seen *s, const char *key, int64_t value)
{
    uint64_t hash = hash_of(key);
    struct seen_entry *e = seen_place(s, key, hash);
    if (e->key != NULL || value == 0 || s->count >= SEEN_MOST) {
        return e->value;
    }
    *e = (struct seen_entry){arena_strdup(s->arena, key), hash, value};
    if (++s->count * 2 > s->cap) {
        seen_grow(s);
    }
    return 0;
}

// ---- the task --------------------------------------------------------------------------

// A column under the field's own name is a program's, which writes fen.
static int
scale_of(const char *title, const struct field *f)
{
    return f != NULL && strcmp(title, f->name) == 0 ? 1
           : strstr(title, "亿元") != NULL ? 0 // beyond what an int scale holds: refused below
           : strstr(title, "万元") != NULL ? 1000000
                                           : 0;
}

struct import_task *
import_task_new(struct arena *a, const struct import_kind *k, const char *const *titles,
                size_t n, const struct value *columns)
{
    struct import_task *t = ARENA_NEW(a, struct import_task);
    *t = (struct import_task){
        .kind = k, .arena = a, .titles = titles, .n = n, .offset = 8 * TIME_HOUR};
    t->columns = ARENA_ARRAY(a, struct import_column, n + 1);
    for (size_t i = 0; i < n && i < value_count(columns); i++) {
        const struct value *v = value_at(columns, i);
        t->columns[i].field = v->type == VALUE_TEXT ? import_field(k, v->s) : NULL;
        t->columns[i].scale = scale_of(titles[i], t->columns[i].field);
        const struct import_title *title = k->titles;
        for (; t->columns[i].field != NULL && title != NULL && title->field != NULL; title++) {
            if (strcmp(title->field, t->columns[i].field->name) == 0) {
                t->columns[i].tidy = title->tidy;
            }
        }
    }
    t->seen = ARENA_NEW(a, struct import_seen);
    *t->seen = (struct import_seen){.arena = a, .cap = SEEN_FIRST};
    t->seen->entries = ARENA_ARRAY(a, struct seen_entry, SEEN_FIRST);
    return t;
}

static bool
has_column(const struct import_task *t, const struct field *f)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->columns[i].field == f) {
            return true;
        }
    }
    return value_get(t->defaults, f->name) != NULL;
}

const char *
import_task_lacks(const struct import_task *t, enum language l)
{
    struct buf b;
    buf_init(&b, t->arena, 128, 4096);
    for (const struct field *f = t->kind->kind->fields; f->name != NULL; f++) {
        bool asked = f->required && f->type != FIELD_FLAG &&
                     import_field(t->kind, f->name) != NULL &&
                     !text_list_has(t->kind->supplies, f->name);
        if (asked && !has_column(t, f)) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : "、", tr(l, f->label));
        }
    }
    return b.n == 0 ? NULL : buf_str(&b);
}

// ---- faults ----------------------------------------------------------------------------

static const char *
title_of(struct ctx *c, const struct import_task *t, const char *name)
{
    for (size_t i = 0; name != NULL && i < t->n; i++) {
        if (t->columns[i].field != NULL && strcmp(t->columns[i].field->name, name) == 0) {
            return t->titles[i];
        }
    }
    const struct field *f = name == NULL ? NULL : field_find(t->kind->kind->fields, name);
    return f == NULL ? NULL : ctx_tr(c, f->label);
}

static struct value *
complaint(struct arena *a, const char *column, const char *message)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "column", column);
    value_set_text(a, m, "message", message);
    return m;
}

// Whatever went wrong becomes the row's own affair.
static struct value *
complaints(struct ctx *c, const struct import_task *t, enum err e)
{
    struct value *list = value_list(c->arena);
    for (unsigned i = 0; i < c->faults.count; i++) {
        const struct fault *f = &c->faults.items[i];
        value_push(c->arena, list, complaint(c->arena, title_of(c, t, f->field), f->message));
    }
    if (c->faults.count == 0) {
        const char *why = c->detail != NULL    ? c->detail
                          : e == ERR_NOT_FOUND ? ctx_tr(c, T("这条资料不归您维护"))
                          : e == ERR_FORBIDDEN ? ctx_tr(c, T("您不能登记或修改这条资料"))
                                               : ctx_tr(c, err_info(e)->title);
        value_push(c->arena, list, complaint(c->arena, NULL, why));
    }
    return list;
}

// ---- references ------------------------------------------------------------------------

static const struct field *
key_field(const struct import_kind *k, const char *name)
{
    const struct field *f = field_find(k->kind->fields, name);
    return f != NULL ? f : field_find(k->fields, name);
}

// What the key's statement compares: a sealed field by its blind index.
static struct db_arg
key_arg(struct ctx *c, const struct import_kind *k, const struct field *f,
        const struct value *v)
{
    if (f->sealed && v->type == VALUE_TEXT) {
        const struct seal_place at = {k->kind->table, f->name, 0};
        return DB_TEXT(seal_index(c->app, c->arena, &at, v->s));
    }
    return v->type == VALUE_TEXT ? DB_TEXT(v->s) : DB_INT(v->i);
}

// The ids a key finds: at most two.
static size_t
find(struct ctx *c, const struct db_stmt *s, const struct db_arg *args, size_t n,
     int64_t ids[2])
{
    size_t found = 0;
    struct db_rows *r = db_query(c->tx, s, args, n);
    while (found < 2 && db_next(r)) {
        ids[found++] = db_int(r, 0);
    }
    db_end(r);
    return found;
}

// A name or number as another kind's own key would read it.
static size_t
find_by_text(struct ctx *c, const struct import_kind *k, const struct import_key *key,
             const char *text, int64_t ids[2])
{
    const struct field *f = key_field(k, key->fields);
    struct import_column column = {.field = f};
    for (const struct import_title *t = k->titles; t != NULL && t->field != NULL; t++) {
        column.tidy = strcmp(t->field, key->fields) == 0 ? t->tidy : column.tidy;
    }
    const char *wrong = NULL;
    const struct value *v = import_cell(c->arena, c->lang, &column, text, &wrong);
    if (v == NULL || wrong != NULL || v->type != VALUE_TEXT || strchr(v->s, '*') != NULL) {
        return 0;
    }
    const struct db_arg arg = key_arg(c, k, f, v);
    return find(c, key->find, &arg, 1, ids);
}

// Only what the actor may see counts as found: names are not learned by trying.
static bool
is_visible(struct ctx *c, const struct import_kind *k, int64_t id)
{
    return ctx_is(c, ROLE_OFFICE) || record_get(c, k->kind, id) != NULL;
}

static int64_t
resolve(struct ctx *c, struct import_task *t, const struct field *f, const char *text,
        const char **wrong)
{
    const struct import_kind *k = import_kind_find(c->app, f->ref);
    const char *memo = arena_printf(c->arena, "%s\1%s", f->ref, text);
    int64_t id = seen(t->seen, memo, 0);
    size_t n = 0;
    int64_t ids[2] = {0};
    if (id != 0) {
        return id;
    }
    const struct import_key *key = k == NULL ? NULL : k->keys;
    for (; key != NULL && key->fields != NULL && n == 0; key++) {
        n = strchr(key->fields, ' ') == NULL ? find_by_text(c, k, key, text, ids) : 0;
    }
    if (n == 0 && strlen(text) < 10 && text_to_int(text, &ids[0]) && ids[0] > 0) {
        n = 1; // our own number of it; whether there is one is checked when it is saved
    }
    if (n == 2) {
        *wrong = ctx_trf(c, T("有不止一个“{0}”，请改用号码或代码"), 1, text);
        return 0;
    }
    if (n == 0 || (k != NULL && !is_visible(c, k, ids[0]))) {
        *wrong = ctx_trf(c, T("没有“{0}”，请核对名称或代码，或者先登记"), 1, text);
        return 0;
    }
    seen(t->seen, memo, ids[0]);
    return ids[0];
}

// ---- cells -----------------------------------------------------------------------------

static const char *
renamed(const struct import_task *t, const struct field *f, const char *text)
{
    const struct value *values = value_get(t->values, f->name);
    const char *other = values == NULL ? NULL : value_get_text(values, text);
    return other != NULL ? other : text;
}

static void
take_cell(struct ctx *c, struct import_task *t, const struct import_column *col,
          const char *text, struct value *in)
{
    const char *wrong = NULL;
    text = renamed(t, col->field, text_tidy(c->arena, text, col->field->type == FIELD_LONG));
    if (*text == '\0') {
        return;
    }
    const struct value *v = import_cell(c->arena, c->lang, col, text, &wrong);
    if (wrong == NULL && col->field->type == FIELD_REF) {
        v = value_int(c->arena, resolve(c, t, col->field, v->s, &wrong));
    }
    if (wrong != NULL) {
        faults_add(c->arena, &c->faults, col->field->name, "cell", wrong);
    } else {
        value_set(c->arena, in, col->field->name, v);
    }
}

static void
take_cells(struct ctx *c, struct import_task *t, const struct import_cells *cells,
           struct value *in)
{
    for (size_t i = 0; i < cells->n; i++) {
        if (i >= t->n) {
            if (*cells->cells[i] != '\0') {
                faults_add(c->arena, &c->faults, NULL, "columns",
                           ctx_tr(c, T("比表头多出的单元格")));
            }
        } else if (t->columns[i].field != NULL) {
            take_cell(c, t, &t->columns[i], cells->cells[i], in);
        }
    }
    for (uint32_t i = 0; t->defaults != NULL && i < t->defaults->map.count; i++) {
        const struct value_pair *p = &t->defaults->map.pairs[i];
        struct import_column col = {.field = import_field(t->kind, p->key)};
        if (col.field != NULL && p->v->type == VALUE_TEXT && value_get(in, p->key) == NULL) {
            take_cell(c, t, &col, p->v->s, in);
        }
    }
}

// ---- which record it is ----------------------------------------------------------------

// The key's values of the row, as arguments and as a text; 0 when one is missing.
static size_t
key_args(struct ctx *c, const struct import_kind *k, const struct import_key *key,
         const struct value *in, struct db_arg args[KEY_FIELDS], const char **text)
{
    size_t n = 0;
    *text = key->fields;
    for (const char *p = key->fields; *p != '\0' && n < KEY_FIELDS;) {
        size_t size = strcspn(p, " ");
        const char *name = arena_strndup(c->arena, p, size);
        const struct value *v = value_get(in, name);
        const struct field *f = key_field(k, name);
        bool mask = f->sealed && v != NULL && v->type == VALUE_TEXT && strchr(v->s, '*');
        if (v == NULL || v->type == VALUE_NULL || mask) {
            return 0;
        }
        args[n++] = key_arg(c, k, f, v);
        *text = v->type == VALUE_TEXT
                    ? arena_printf(c->arena, "%s\1%s", *text, v->s)
                    : arena_printf(c->arena, "%s\1%lld", *text, (long long)v->i);
        p += size + strspn(p + size, " ");
    }
    return n;
}

// A record found by a weaker key that has another value for a stronger one is another record.
static bool
contradicts(struct ctx *c, const struct import_kind *k, const struct import_key *upto,
            const struct value *in, int64_t id)
{
    const struct value *rec = NULL;
    struct db_arg args[KEY_FIELDS];
    const char *text;
    for (const struct import_key *key = k->keys; key != upto; key++) {
        if (strchr(key->fields, ' ') != NULL || key_args(c, k, key, in, args, &text) == 0) {
            continue;
        }
        rec = rec == NULL ? record_load(c, record_built_of(k->kind), id) : rec;
        const struct value *v = value_get(rec, key->fields);
        if (v != NULL && v->type != VALUE_NULL) {
            return true;
        }
    }
    return false;
}

// The record the row means: 0 a new one, -1 more than one.
static int64_t
identify(struct ctx *c, const struct import_task *t, const struct value *in)
{
    struct db_arg args[KEY_FIELDS];
    const char *text;
    const struct import_key *key = t->kind->keys;
    for (; key != NULL && key->fields != NULL && !key->refers; key++) {
        int64_t ids[2];
        size_t n = key_args(c, t->kind, key, in, args, &text);
        size_t found = n == 0 ? 0 : find(c, key->find, args, n, ids);
        if (found == 2) {
            return -1;
        }
        if (found == 1 && !contradicts(c, t->kind, key, in, ids[0])) {
            return ids[0];
        }
    }
    return 0;
}

// In a dry run nothing is there yet of what the rows above will make.
static int64_t
met_before(struct ctx *c, struct import_task *t, const struct value *in, size_t line)
{
    struct db_arg args[KEY_FIELDS];
    const char *text;
    int64_t before = 0;
    const struct import_key *key = t->kind->keys;
    for (; key != NULL && key->fields != NULL && !key->refers && before == 0; key++) {
        if (key_args(c, t->kind, key, in, args, &text) > 0) {
            before = seen(t->seen, text, (int64_t)line);
        }
    }
    return before;
}

// ---- saving ----------------------------------------------------------------------------

// A sealed number that the record has already is no change, though it shows as a mask.
static void
leave_sealed(struct ctx *c, const struct record_kind *k, struct value *in,
             const struct value *old)
{
    int64_t id = value_get_int(old, "id", 0);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        const char *plain = f->sealed ? value_get_text(in, f->name) : NULL;
        if (plain == NULL || seal_is_mask(plain)) {
            continue;
        }
        int64_t ids[8];
        size_t n = record_find_sealed(c, k, f, plain, ids, 8);
        for (size_t i = 0; i < n; i++) {
            if (ids[i] == id) {
                value_set(c->arena, in, f->name, value_get(old, f->name));
            }
        }
    }
}

static void
check_required(struct ctx *c, const struct import_task *t, const struct value *in)
{
    for (const struct field *f = t->kind->kind->fields; f->name != NULL; f++) {
        const struct value *v = value_get(in, f->name);
        bool asked = f->required && f->type != FIELD_FLAG && import_field(t->kind, f->name);
        if (asked && (v == NULL || v->type == VALUE_NULL)) {
            faults_add(c->arena, &c->faults, f->name, "missing",
                       ctx_trf(c, T("新登记的要填写{0}"), 1, ctx_tr(c, f->label)));
        }
    }
}

// Changes as people read them: what a reference leads to by its name. The record's history
// keeps the numbers.
static struct value *
told(struct ctx *c, const struct import_kind *k, const struct value *changes)
{
    struct value *out = value_map(c->arena);
    for (uint32_t i = 0; i < changes->map.count; i++) {
        const struct value_pair *p = &changes->map.pairs[i];
        const struct field *f = key_field(k, p->key);
        struct value *pair = value_list(c->arena);
        for (size_t n = 0; n < 2; n++) {
            const struct value *v = value_at(p->v, n);
            bool ref = f != NULL && f->type == FIELD_REF && v->type == VALUE_INT;
            const struct import_kind *to = ref ? import_kind_find(c->app, f->ref) : NULL;
            const struct value *rec =
                to == NULL ? NULL : record_load(c, record_built_of(to->kind), v->i);
            const char *name = rec == NULL ? NULL : value_get_text(rec, to->kind->title);
            value_push(c->arena, pair, name == NULL ? v : value_ref(c->arena, name));
        }
        value_set(c->arena, out, p->key, pair);
    }
    return out;
}

// The row's own fields of the kind; what is for `after` stays beside.
static enum err
save(struct ctx *c, struct import_task *t, struct import_row *row, struct import_result *out)
{
    const struct import_kind *k = t->kind;
    enum err e = k->prepare == NULL ? ERR_OK : k->prepare(c, row);
    if (e == ERR_OK && row->old == NULL) {
        check_required(c, t, row->in);
    }
    if (e != ERR_OK || c->faults.count > 0) {
        return e == ERR_OK ? ERR_INVALID : e;
    }
    int64_t id = value_get_int(row->old, "id", 0);
    e = record_apply_with(c, k->kind, &id, row->in, row->ahead, row->dry, &row->changes);
    row->id = id;
    if (e == ERR_OK && k->after != NULL) {
        e = k->after(c, row);
    }
    if (e != ERR_OK || c->faults.count > 0) {
        return e == ERR_OK ? ERR_INVALID : e;
    }
    out->id = row->id;
    out->outcome = row->old == NULL                           ? IMPORT_NEW
                   : row->changes->map.count > 0 || row->more ? IMPORT_CHANGED
                                                              : IMPORT_SAME;
    out->detail = out->outcome == IMPORT_CHANGED ? told(c, k, row->changes) : NULL;
    return ERR_OK;
}

static enum err
take_known(struct ctx *c, struct import_task *t, struct import_row *row, int64_t id,
           struct import_result *out)
{
    row->old = record_get(c, t->kind->kind, id);
    if (row->old == NULL) {
        return ERR_NOT_FOUND;
    }
    leave_sealed(c, t->kind->kind, row->in, row->old);
    return save(c, t, row, out);
}

static enum err
take(struct ctx *c, struct import_task *t, const struct import_cells *cells,
     const struct import_ahead *ahead, bool dry, struct import_result *out)
{
    struct import_row row = {.dry = dry};
    if (ahead != NULL && ahead->in != NULL) {
        row.in = value_map_again(c->arena, ahead->in); // it may be taken more than once
        row.ahead = ahead->record;
    } else {
        row.in = value_map(c->arena);
        take_cells(c, t, cells, row.in);
    }
    if (c->faults.count > 0) {
        return ERR_INVALID;
    }
    int64_t id = identify(c, t, row.in);
    if (id < 0) {
        return ctx_refuse(c, ERR_CONFLICT,
                          T("库里有不止一条符合这一行，请先合并重复的资料，或者填写号码"));
    }
    int64_t before = dry && id == 0 ? met_before(c, t, row.in, cells->line) : 0;
    if (before != 0) {
        out->outcome = IMPORT_SAME;
        out->detail = value_list(c->arena);
        value_push(c->arena, out->detail,
                   complaint(c->arena, NULL,
                             ctx_trf(c, T("和第 {0} 行是同一条，导入时再与它核对"), 1,
                                     arena_printf(c->arena, "%lld", (long long)before))));
        return ERR_OK;
    }
    return id > 0 ? take_known(c, t, &row, id, out) : save(c, t, &row, out);
}

// Names of fields are constants.
static struct value *
kept(struct arena *keep, const struct value *in)
{
    struct value *out = value_map_again(keep, in);
    for (uint32_t i = 0; i < out->map.count; i++) {
        out->map.pairs[i].v = value_copy(keep, out->map.pairs[i].v);
    }
    return out;
}

void
import_look(struct ctx *c, struct import_task *t, const struct import_cells *cells,
            struct arena *keep, struct import_ahead *out)
{
    struct value *in = value_map(c->arena);
    *out = (struct import_ahead){0};
    c->faults = (struct faults){0};
    take_cells(c, t, cells, in);
    if (c->faults.count == 0) {
        out->in = kept(keep, in);
        out->record = record_ahead(keep, c->arena, c->app, t->kind->kind, out->in);
    }
    c->faults = (struct faults){0};
}

enum err
import_take(struct ctx *c, struct import_task *t, const struct import_cells *cells,
            const struct import_ahead *ahead, bool dry, struct import_result *out)
{
    c->faults = (struct faults){0};
    c->detail = NULL;
    *out = (struct import_result){0};
    uint64_t before = db_tx_changed(c->tx);
    enum err e = take(c, t, cells, ahead, dry, out);
    if (e == ERR_OK && db_tx_err(c->tx) == ERR_OK) {
        return ERR_OK;
    }
    out->outcome = IMPORT_WRONG;
    out->detail = complaints(c, t, e == ERR_OK ? ERR_INTERNAL : e);
    c->faults = (struct faults){0};
    c->detail = NULL;
    return db_tx_changed(c->tx) != before || db_tx_err(c->tx) != ERR_OK ? ERR_CONFLICT : ERR_OK;
}
