// SPDX-License-Identifier: Apache-2.0
// The statements of a kind, composed once from its tables. Only names that stand in those
// tables become text of a statement; what people type is always a parameter.
#include "kit/record_impl.h"

#include "base/text.h"
#include "kit/listing.h"
#include "kit/search.h"

#include <assert.h>
#include <stdlib.h>

enum { SQL_MOST = 16384, KINDS_MOST = 64 };

const char *
record_ref_name(struct arena *a, const char *field)
{
    size_t n = strlen(field);
    return text_ends(field, "_id") ? arena_printf(a, "%.*s_name", (int)n - 3, field)
                                   : arena_printf(a, "%s_name", field);
}

// A reference names a kind by its URL: "organizations", "policies" → its table.
static const char *
ref_table(struct arena *a, const char *plural)
{
    int n = (int)strlen(plural);
    if (strcmp(plural, "people") == 0) {
        return "person";
    }
    char *table = text_ends(plural, "ies") ? arena_printf(a, "%.*sy", n - 3, plural)
                                           : arena_printf(a, "%.*s", n - 1, plural);
    for (char *p = table; (p = strchr(p, '-')) != NULL;) {
        *p = '_';
    }
    return table;
}

struct record_path
record_scope_path(struct arena *a, const struct record_kind *k, enum record_scope scope)
{
    const char *text = scope == SCOPE_ORGANIZATION ? k->organization_column
                       : scope == SCOPE_ENTERPRISE ? k->enterprise_column
                                                   : NULL;
    const char *dot = text == NULL ? NULL : strchr(text, '.');
    if (dot == NULL) {
        return (struct record_path){.column = text};
    }
    const char *name = arena_strndup(a, text, (size_t)(dot - text));
    const struct field *f = field_find(k->fields, name);
    assert(f != NULL && f->type == FIELD_REF);
    return (struct record_path){
        .field = f->name, .table = ref_table(a, f->ref), .column = dot + 1};
}

static const char *
type_word(enum field_type t)
{
    switch (t) {
    case FIELD_INT:
    case FIELD_MONEY:
    case FIELD_REF:
        return "int";
    case FIELD_TIME:
        return "time";
    case FIELD_FLAG:
        return "bool";
    case FIELD_REFS:
        return "json";
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_CHOICE:
    case FIELD_CHOICES:
    case FIELD_DATE:
    case FIELD_MOBILE:
    case FIELD_FILES:
    case FIELD_PASSWORD:
    case FIELD_CODE:
        break;
    }
    return "text";
}

static const char *
field_type_word(struct arena *a, const struct field *f)
{
    return arena_printf(a, "%s%s", type_word(f->type), f->required ? "" : "?");
}

static void
put_stmt(struct record_built *b, const struct db_stmt *s)
{
    b->all = realloc(b->all, (b->all_count + 2) * sizeof *b->all);
    if (b->all == NULL) {
        abort(); // while starting: without memory for a list there is nothing to serve
    }
    b->all[b->all_count++] = s;
    b->all[b->all_count] = NULL;
}

// ---- columns ---------------------------------------------------------------------------

// "t.id AS id, …" and its row signature. Lists leave the long texts out, and hold the key they
// are sorted by, for the place where a page ends.
static void
put_columns(const struct record_built *b, struct buf *sql, struct buf *row, bool whole,
            unsigned sort)
{
    buf_puts(sql, "t.id AS id");
    buf_puts(row, "id:int");
    for (const struct field *f = b->k->fields; f->name != NULL; f++) {
        if (f->expression != NULL) {
            buf_printf(sql, ", (%s) AS %s", f->expression, f->name);
            buf_printf(row, " %s:%s?", f->name, type_word(f->type));
        }
        if (!record_is_stored(f) || (!whole && f->type == FIELD_LONG)) {
            continue;
        }
        buf_printf(sql, ", t.%s AS %s", f->name, f->name);
        buf_printf(row, " %s:%s", f->name, f->sealed ? "text?" : field_type_word(b->arena, f));
        if (f->type == FIELD_REF) {
            const char *name = record_ref_name(b->arena, f->name);
            buf_printf(sql, ", (SELECT r.name FROM %s r WHERE r.id = t.%s) AS %s",
                       ref_table(b->arena, f->ref), f->name, name);
            buf_printf(row, " %s:text?", name);
        }
    }
    buf_puts(sql, ", t.created_at AS created_at, t.updated_at AS updated_at,"
                  " t.version AS version");
    buf_puts(row, " created_at:time updated_at:time version:int");
    const struct record_key *key = record_sort_key(b, sort);
    if (key != NULL) {
        buf_printf(sql, ", t.%s AS %s", key->column, key->column);
        buf_printf(row, " %s:text", key->column);
    }
}

// ---- one record ------------------------------------------------------------------------

struct record_columns {
    struct buf names, marks, params;
    unsigned n;
};

static void
put_insert_column(struct record_columns *w, const char *name, const char *type)
{
    buf_printf(&w->names, "%s, ", name);
    buf_printf(&w->marks, "$%u, ", ++w->n);
    buf_printf(&w->params, "%s:%s ", name, type);
}

// The id is known before: what is sealed is bound to it, so that one statement makes the row.
static void
compose_insert(struct record_built *b)
{
    struct arena *a = b->arena;
    struct record_columns w = {.n = 0};
    buf_init(&w.names, a, 512, SQL_MOST);
    buf_init(&w.marks, a, 256, SQL_MOST);
    buf_init(&w.params, a, 512, SQL_MOST);
    put_insert_column(&w, "id", "int");
    for (const struct field *f = b->k->fields; f->name != NULL; f++) {
        if (record_is_plain(f)) {
            put_insert_column(&w, f->name, field_type_word(a, f));
        }
    }
    for (const struct record_key *key = b->k->keys; key != NULL && key->sort != NULL; key++) {
        put_insert_column(&w, key->column, "text");
    }
    for (const struct field *f = b->k->fields; f->name != NULL; f++) {
        if (f->sealed) {
            put_insert_column(&w, f->name, "text?");
            put_insert_column(&w, arena_printf(a, "%s_index", f->name), "text?");
            if (f->type == FIELD_MOBILE) {
                put_insert_column(&w, arena_printf(a, "%s_end", f->name), "text?");
            }
        }
    }
    b->insert = (struct db_stmt){
        .name = arena_printf(a, "%s.insert", b->k->name),
        .sql =
            arena_printf(a,
                         "INSERT INTO %s (%screated_at, updated_at, version)"
                         " VALUES (%s$%u, $%u, 1)",
                         b->k->table, buf_str(&w.names), buf_str(&w.marks), w.n + 1, w.n + 1),
        .params = arena_printf(a, "%snow:time", buf_str(&w.params))};
    put_stmt(b, &b->insert);
}

// A number whose record is gone is not given again: PostgreSQL's sequence forgets none; in
// SQLite the last number of the table may have been that of a record merged into another.
static void
compose_next(struct record_built *b)
{
    struct arena *a = b->arena;
    b->next = (struct db_stmt){
        .name = arena_printf(a, "%s.next_id", b->k->name),
        .sqlite = arena_printf(a,
                               "SELECT max(coalesce((SELECT max(id) FROM %s), 0),"
                               " coalesce((SELECT max(record_id) FROM record_gone"
                               " WHERE kind = '%s'), 0)) + 1 AS id",
                               b->k->table, b->k->name),
        .postgres = arena_printf(a, "SELECT nextval(pg_get_serial_sequence('%s', 'id')) AS id",
                                 b->k->table),
        .row = "id:int"};
    put_stmt(b, &b->next);
}

static void
compose_update(struct record_built *b)
{
    struct buf sets, params;
    buf_init(&sets, b->arena, 512, SQL_MOST);
    buf_init(&params, b->arena, 512, SQL_MOST);
    unsigned n = 0;
    for (const struct field *f = b->k->fields; f->name != NULL; f++) {
        if (record_is_plain(f)) {
            buf_printf(&sets, "%s = $%u, ", f->name, ++n);
            buf_printf(&params, "%s:%s ", f->name, field_type_word(b->arena, f));
        }
    }
    for (const struct record_key *key = b->k->keys; key != NULL && key->sort != NULL; key++) {
        buf_printf(&sets, "%s = $%u, ", key->column, ++n);
        buf_printf(&params, "%s:text ", key->column);
    }
    buf_puts(&params, "now:time id:int version:int");
    b->update = (struct db_stmt){
        .name = arena_printf(b->arena, "%s.update", b->k->name),
        .sql = arena_printf(b->arena,
                            "UPDATE %s SET %supdated_at = $%u, version = version + 1"
                            " WHERE id = $%u AND version = $%u",
                            b->k->table, buf_str(&sets), n + 1, n + 2, n + 3),
        .params = buf_str(&params)};
    put_stmt(b, &b->update);
}

static void
compose_by_id(struct record_built *b)
{
    struct buf sql, row;
    buf_init(&sql, b->arena, 1024, SQL_MOST);
    buf_init(&row, b->arena, 512, SQL_MOST);
    buf_puts(&sql, "SELECT ");
    put_columns(b, &sql, &row, true, 0);
    buf_printf(&sql, " FROM %s t WHERE t.id = $1", b->k->table);
    b->by_id = (struct db_stmt){.name = arena_printf(b->arena, "%s.by_id", b->k->name),
                                .sql = buf_str(&sql),
                                .params = "id:int",
                                .row = buf_str(&row)};
    put_stmt(b, &b->by_id);
}

// Looked up before saving, so that people read a sentence at the field and not "conflict".
static void
compose_checks(struct record_built *b)
{
    size_t n = 0;
    while (b->k->fields[n].name != NULL) {
        n++;
    }
    b->unique = ARENA_ARRAY(b->arena, struct db_stmt, n + 1);
    b->ref = ARENA_ARRAY(b->arena, struct db_stmt, n + 1);
    b->ref_all = ARENA_ARRAY(b->arena, struct db_stmt, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &b->k->fields[i];
        if (text_list_has(b->k->uniques, f->name)) {
            b->unique[i] = (struct db_stmt){
                .name = arena_printf(b->arena, "%s.same_%s", b->k->name, f->name),
                .sql = arena_printf(b->arena, "SELECT id FROM %s WHERE %s%s = $1 AND id <> $2",
                                    b->k->table, f->name, f->sealed ? "_index" : ""),
                .params = arena_printf(b->arena, "value:%s id:int", type_word(f->type)),
                .row = "id:int"};
            put_stmt(b, &b->unique[i]);
        }
        if (f->type == FIELD_REF) {
            b->ref[i] = (struct db_stmt){
                .name = arena_printf(b->arena, "%s.%s", b->k->name, f->name),
                .sql = arena_printf(b->arena, "SELECT name FROM %s WHERE id = $1",
                                    ref_table(b->arena, f->ref)),
                .params = "id:int",
                .row = "name:text"};
            put_stmt(b, &b->ref[i]);
            b->ref_all[i] = (struct db_stmt){
                .name = arena_printf(b->arena, "%s.%s_all", b->k->name, f->name),
                .sql = arena_printf(b->arena, "SELECT id, name FROM %s ORDER BY id LIMIT $1",
                                    ref_table(b->arena, f->ref)),
                .params = "most:int",
                .row = "id:int name:text"};
            put_stmt(b, &b->ref_all[i]);
        }
    }
}

// Whether what a record refers to is inside a scope.
static void
compose_within(struct record_built *b)
{
    static const char *const WORDS[] = {"", "organization", "enterprise"};
    for (enum record_scope s = SCOPE_ORGANIZATION; s <= SCOPE_ENTERPRISE; s++) {
        struct record_path path = record_scope_path(b->arena, b->k, s);
        if (path.field != NULL) {
            b->within[s] = (struct db_stmt){
                .name = arena_printf(b->arena, "%s.within_%s", b->k->name, WORDS[s]),
                .sql = arena_printf(b->arena, "SELECT id FROM %s WHERE id = $1 AND %s = $2",
                                    path.table, path.column),
                .params = "id:int scope:int",
                .row = "id:int"};
            put_stmt(b, &b->within[s]);
        }
    }
}

// ---- sealed fields --------------------------------------------------------------------

static void
compose_sealed_one(struct record_built *b, struct record_sealed *s, const struct field *f)
{
    struct arena *a = b->arena;
    const char *table = b->k->table, *name = f->name;
    bool end = f->type == FIELD_MOBILE;
    s->field = f;
    s->read = (struct db_stmt){
        .name = arena_printf(a, "%s.%s_sealed", b->k->name, name),
        .sql = arena_printf(a, "SELECT %s AS sealed FROM %s WHERE id = $1", name, table),
        .params = "id:int",
        .row = "sealed:text?"};
    s->write = (struct db_stmt){
        .name = arena_printf(a, "%s.%s_seal", b->k->name, name),
        .sql = arena_printf(a, "UPDATE %s SET %s = $1, %s_index = $2%s WHERE id = $%d", table,
                            name, name, end ? arena_printf(a, ", %s_end = $3", name) : "",
                            end ? 4 : 3),
        .params = end ? "sealed:text? index:text? end:text? id:int"
                      : "sealed:text? index:text? id:int"};
    s->find = (struct db_stmt){
        .name = arena_printf(a, "%s.%s_find", b->k->name, name),
        .sql = arena_printf(a, "SELECT id FROM %s WHERE %s_index = $1 ORDER BY id LIMIT $2",
                            table, name),
        .params = "index:text most:int",
        .row = "id:int"};
    s->after = (struct db_stmt){
        .name = arena_printf(a, "%s.%s_after", b->k->name, name),
        .sql = arena_printf(a,
                            "SELECT id, %s AS sealed FROM %s WHERE id > $1 ORDER BY id"
                            " LIMIT $2",
                            name, table),
        .params = "after:int most:int",
        .row = "id:int sealed:text?"};
}

static void
compose_sealed(struct record_built *b)
{
    size_t n = 0;
    for (const struct field *f = b->k->fields; f->name != NULL; f++) {
        n += f->sealed;
    }
    b->sealed = ARENA_ARRAY(b->arena, struct record_sealed, n + 1);
    n = 0;
    for (const struct field *f = b->k->fields; f->name != NULL; f++) {
        if (f->sealed) {
            struct record_sealed *s = &b->sealed[n++];
            compose_sealed_one(b, s, f);
            put_stmt(b, &s->read);
            put_stmt(b, &s->write);
            put_stmt(b, &s->find);
            put_stmt(b, &s->after);
        }
    }
    record_reveal_compose(b, n);
}

// For keys that rows lack.
static void
compose_keys(struct record_built *b)
{
    size_t n = 0;
    while (b->k->keys != NULL && b->k->keys[n].sort != NULL) {
        n++;
    }
    b->keyless = ARENA_ARRAY(b->arena, struct db_stmt, n + 1);
    b->key = ARENA_ARRAY(b->arena, struct db_stmt, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct record_key *key = &b->k->keys[i];
        const char *table = b->k->table;
        b->keyless[i] = (struct db_stmt){
            .name = arena_printf(b->arena, "%s.without_%s", b->k->name, key->column),
            .sql =
                arena_printf(b->arena, "SELECT id, %s AS name FROM %s WHERE %s = '' LIMIT $1",
                             key->of, table, key->column),
            .params = "most:int",
            .row = "id:int name:text"};
        b->key[i] = (struct db_stmt){
            .name = arena_printf(b->arena, "%s.%s", b->k->name, key->column),
            .sql = arena_printf(b->arena, "UPDATE %s SET %s = $1 WHERE id = $2", table,
                                key->column),
            .params = "key:text id:int"};
        put_stmt(b, &b->keyless[i]);
        put_stmt(b, &b->key[i]);
    }
}

// What stands before the words of an entry, as a pattern, and the phones after it.
static const char *
entry_condition(const struct record_built *b)
{
    struct buf out;
    bool any = false;
    buf_init(&out, b->arena, 256, SQL_MOST);
    for (enum record_scope s = SCOPE_ORGANIZATION; s <= SCOPE_ENTERPRISE; s++) {
        if (b->whose[s] != NULL) {
            buf_printf(&out, "%s'x%c' || COALESCE(t.%s, 0) || ' ' || ",
                       any ? "" : " AND s.tokens LIKE ", record_whose_letter(s), b->whose[s]);
            any = true;
        }
    }
    buf_puts(&out, any ? "'%'" : "");
    for (const struct record_sealed *s = b->sealed; s->field != NULL; s++) {
        if (s->field->type == FIELD_MOBILE) {
            buf_printf(&out,
                       " AND (t.%s_end IS NULL OR s.tokens LIKE '%%xm' || t.%s_end || ' %%')",
                       s->field->name, s->field->name);
        }
    }
    return buf_str(&out);
}

// For those who look after the district: what search would not find.
static void
compose_unfound(struct record_built *b)
{
    if (b->searched) {
        b->unfound = (struct db_stmt){
            .name = arena_printf(b->arena, "%s.unfound", b->k->name),
            .sql = arena_printf(b->arena,
                                "SELECT count(*) AS n FROM %s t WHERE NOT EXISTS"
                                " (SELECT 1 FROM search_doc s WHERE s.id = $1 + t.id%s)",
                                b->k->table, entry_condition(b)),
            .params = "base:int",
            .row = "n:int",
            .scans = "all of them, once"};
        put_stmt(b, &b->unfound);
        b->hits = (struct db_stmt){
            .name = arena_printf(b->arena, "%s.hits", b->k->name),
            .sqlite = "SELECT count(*) AS n FROM (SELECT 1 FROM search_index s"
                      " WHERE s.search_index MATCH $1 AND s.rowid > $2 AND s.rowid < $3"
                      " LIMIT $4) AS found",
            .postgres = "SELECT count(*) AS n FROM (SELECT 1 FROM" SEARCH_ANY(
                "$1", "$2") " WHERE s.id > $2 AND s.id < $3 LIMIT $4) AS found",
            .params = "q:text low:int high:int most:int",
            .row = "n:int"};
        put_stmt(b, &b->hits);
    }
}

int64_t
record_unfound(struct db_tx *tx, const struct record_kind *k)
{
    const struct record_built *b = record_built_of(k);
    return b->unfound.sql == NULL
               ? 0
               : db_value_int(tx, &b->unfound, DB_ARGS(DB_INT(b->search_base)), 0);
}

// ---- lists -----------------------------------------------------------------------------

struct composer {
    const struct record_built *b;
    struct record_stmt *out;
    struct buf sql, params;
    unsigned number[RECORD_SLOTS]; // $n of a slot, 0 when it is not used yet
    bool from, to; // bounds of codes; where a list begins is the cursor's to say
    bool counts, down;
    bool postgres; // the text being written is for
};

static unsigned
use(struct composer *w, unsigned slot, const char *name, const char *type)
{
    if (w->number[slot] == 0) {
        w->out->slots[w->out->count++] = (unsigned char)slot;
        w->number[slot] = w->out->count;
        buf_printf(&w->params, "%s%s:%s", w->params.n == 0 ? "" : " ", name, type);
    }
    return w->number[slot];
}

// Filters that do not lead: checked on each row that the index walks over, unless there are
// none.
static void
put_residuals(struct composer *w, unsigned except)
{
    buf_printf(&w->sql, " AND ($%u = 1 OR (1 = 1", use(w, SLOT_FREE, "free", "int"));
    for (unsigned i = 0; i < w->b->filter_count; i++) {
        const struct record_filter *f = &w->b->filters[i];
        if (i == except) {
            continue;
        }
        const char *type = arena_printf(w->b->arena, "%s?", type_word(f->type));
        unsigned n = use(w, i, f->name, type);
        static const char *const OPS[] = {"=", ">=", "<="};
        const char *expression = f->field == NULL ? NULL : f->field->expression;
        const char *left = expression != NULL ? arena_printf(w->b->arena, "(%s)", expression)
                                              : arena_printf(w->b->arena, "t.%s", f->column);
        buf_printf(&w->sql, " AND ($%u IS NULL OR %s %s $%u)", n, left, OPS[f->op], n);
    }
    buf_puts(&w->sql, "))");
}

bool
record_scope_leads(const struct record_kind *k, enum record_scope scope)
{
    return scope == SCOPE_ORGANIZATION ? strchr(k->organization_column, '.') == NULL
           : scope == SCOPE_ENTERPRISE ? strchr(k->enterprise_column, '.') == NULL
                                       : false;
}

static const char *
code_type(const struct record_built *b)
{
    return b->k->number != NULL ? "int" : "text";
}

// The index walks over the words' hits; of a reader's own record it is asked for that one.
static void
put_from_words(struct composer *w)
{
    long long base = (long long)w->b->search_base;
    buf_printf(&w->sql,
               " FROM search_index s CROSS JOIN %s t ON t.id = s.rowid - %lld"
               " WHERE s.search_index MATCH $%u AND s.rowid > %lld AND s.rowid < %lld",
               w->b->k->table, base, use(w, SLOT_QUERY, "q", "text"), base,
               base + (INT64_C(1) << 40));
}

// The same on PostgreSQL (SEARCH_WALK).
static void
put_walk_words(struct composer *w)
{
    long long base = (long long)w->b->search_base;
    unsigned q = use(w, SLOT_QUERY, "q", "text");
    buf_puts(&w->sql, " FROM");
    if (w->counts) {
        buf_printf(&w->sql, SEARCH_ANY("$%1$u", "%2$lld"), q, base);
    } else {
        unsigned id = use(w, SLOT_ID, "after_id", "int");
        if (w->down) {
            buf_printf(&w->sql, SEARCH_DOWN("$%1$u", "%2$lld", "$%3$u + %2$lld"), q, base, id);
        } else {
            buf_printf(&w->sql, SEARCH_UP("$%1$u", "%2$lld", "$%3$u + %2$lld"), q, base, id);
        }
    }
    buf_printf(&w->sql,
               " CROSS JOIN LATERAL (SELECT r.* FROM %s r WHERE r.id = s.id - %lld OFFSET 0) t"
               " WHERE s.id > %lld AND s.id < %lld",
               w->b->k->table, base, base, base + (INT64_C(1) << 40));
}

// The entry's own number, for the readers of one record.
static void
put_own_words(struct composer *w, const struct record_path *path)
{
    if (path->column != NULL && path->field == NULL && strcmp(path->column, "id") == 0) {
        buf_printf(&w->sql, " AND s.%s = $%u + %lld", w->postgres ? "id" : "rowid",
                   use(w, SLOT_SCOPE, "scope", "int"), (long long)w->b->search_base);
    }
}

static void
put_from_code(struct composer *w)
{
    const struct record_built *b = w->b;
    const char *and = "";
    buf_printf(&w->sql, " FROM %s t WHERE ", b->k->table);
    if (w->from) {
        buf_printf(&w->sql, "t.%s >= $%u", b->code, use(w, SLOT_FROM, "from", code_type(b)));
        and = " AND ";
    }
    if (w->to) {
        buf_printf(&w->sql, "%st.%s < $%u", and, b->code, use(w, SLOT_TO, "to", code_type(b)));
    }
}

// FROM and WHERE up to the residual filters. `composite`: the lead has an index that goes on
// with the order.
static void
put_from(struct composer *w, enum record_scope scope, unsigned lead, bool composite)
{
    const struct record_built *b = w->b;
    struct record_path path = record_scope_path(b->arena, b->k, scope);
    bool search = lead > b->lead_count;
    bool scope_leads = path.column != NULL && path.field == NULL && !search;
    const char *plus = w->postgres ? "" : "+"; // whose planner needs no such hint
    if (lead == record_lead_words(b)) {
        if (w->postgres) {
            put_walk_words(w);
        } else {
            put_from_words(w);
        }
        put_own_words(w, &path);
    } else if (lead == record_lead_code(b)) {
        put_from_code(w);
    } else {
        buf_printf(&w->sql, " FROM %s t WHERE %s", b->k->table,
                   !scope_leads && lead == 0 ? "t.id > 0" : "");
    }
    unsigned except = UINT32_MAX;
    if (lead > 0 && !search) {
        except = b->leads[lead - 1];
        const struct record_filter *f = &b->filters[except];
        unsigned n = use(w, except, f->name, type_word(f->type));
        buf_printf(&w->sql, "%st.%s = $%u", composite ? "" : plus, f->column, n);
    }
    if (path.field != NULL) {
        unsigned n = use(w, SLOT_SCOPE, "scope", "int");
        buf_printf(&w->sql, " AND %st.%s IN (SELECT p.id FROM %s p WHERE p.%s = $%u)", plus,
                   path.field, path.table, path.column, n);
    } else if (path.column != NULL) { // a code has an index that begins with it
        unsigned n = use(w, SLOT_SCOPE, "scope", "int");
        bool leads = composite && lead != record_lead_words(b);
        buf_printf(&w->sql, "%s%st.%s = $%u", scope_leads ? "" : " AND ", leads ? "" : plus,
                   path.column, n);
    }
    put_residuals(w, except);
}

const char *
record_sort_word(const struct record_built *b, unsigned sort)
{
    return sort == 0 ? "id" : sort == b->sort_count ? b->code : b->k->sorts[sort - 1].field;
}

const struct record_key *
record_sort_key(const struct record_built *b, unsigned sort)
{
    const struct record_key *key = sort == 0 || sort == b->sort_count ? NULL : b->k->keys;
    for (; key != NULL && key->sort != NULL; key++) {
        if (strcmp(key->sort, b->k->sorts[sort - 1].field) == 0) {
            return key;
        }
    }
    return NULL;
}

const char *
record_sort_column(const struct record_built *b, unsigned sort)
{
    const struct record_key *key = record_sort_key(b, sort);
    return key != NULL ? key->column : record_sort_word(b, sort);
}

// Whether an index begins with the lead (or scope) and goes on in this order.
static bool
is_composite(const struct record_built *b, enum record_scope scope, unsigned lead,
             unsigned sort)
{
    if (sort == 0 || lead > b->lead_count) {
        return true; // every index goes on with the id
    }
    struct record_path path = record_scope_path(b->arena, b->k, scope);
    const char *column = lead > 0             ? b->filters[b->leads[lead - 1]].column
                         : path.field == NULL ? path.column
                                              : NULL;
    return column == NULL || strcmp(column, "id") == 0 ||
           text_list_has(b->k->sorts[sort - 1].leads, column);
}

static const char *
sort_type(const struct record_built *b, unsigned sort)
{
    const char *column = record_sort_column(b, sort);
    const struct field *f = field_find(b->k->fields, column);
    return record_sort_key(b, sort) != NULL ? "text"
           : f != NULL                      ? type_word(f->type)
           : sort == 0                      ? "int"
                                            : "time";
}

static void
put_order(struct composer *w, unsigned lead, unsigned sort)
{
    const char *column = record_sort_column(w->b, sort);
    const char *way = w->down ? "DESC" : "ASC";
    char op = w->down ? '<' : '>';
    unsigned id = use(w, SLOT_ID, "after_id", "int");
    if (lead == record_lead_words(w->b) && w->postgres) {
        buf_printf(&w->sql, " AND s.id %c $%u + %lld LIMIT $%u) t ORDER BY t.id %s", op, id,
                   (long long)w->b->search_base, use(w, SLOT_LIMIT, "most", "int"), way);
        return;
    }
    if (lead == record_lead_words(w->b)) {
        buf_printf(&w->sql, " AND s.rowid %c $%u + %lld ORDER BY s.rowid %s", op, id,
                   (long long)w->b->search_base, way);
    } else if (sort == 0) {
        buf_printf(&w->sql, " AND t.id %c $%u ORDER BY t.id %s", op, id, way);
    } else {
        unsigned v = use(w, SLOT_SORT, "after", sort_type(w->b, sort));
        buf_printf(&w->sql, " AND (t.%s, t.id) %c ($%u, $%u) ORDER BY t.%s %s, t.id %s", column,
                   op, v, id, column, way, way);
    }
    buf_printf(&w->sql, " LIMIT $%u", use(w, SLOT_LIMIT, "most", "int"));
}

// The statement's text for one engine. Both have their parameters in the order of the first.
static const char *
compose_text(struct composer *w, enum record_scope scope, unsigned lead, int sort,
             bool postgres)
{
    struct buf row;
    w->postgres = postgres;
    buf_init(&w->sql, w->b->arena, 1024, SQL_MOST);
    buf_init(&row, w->b->arena, 512, SQL_MOST);
    bool composite = sort < 0 || is_composite(w->b, scope, lead, (unsigned)sort);
    if (sort < 0) {
        buf_puts(&w->sql, "SELECT count(*) AS n FROM (SELECT 1");
        put_from(w, scope, lead, composite);
        buf_printf(&w->sql, " LIMIT $%u) AS found", use(w, SLOT_LIMIT, "most", "int"));
        buf_puts(&row, "n:int");
    } else {
        buf_puts(&w->sql, "SELECT ");
        put_columns(w->b, &w->sql, &row, false, (unsigned)sort);
        if (postgres && lead == record_lead_words(w->b)) {
            buf_puts(&w->sql, " FROM (SELECT t.*");
        }
        put_from(w, scope, lead, composite);
        put_order(w, lead, (unsigned)sort);
    }
    w->out->s.row = buf_str(&row);
    return buf_str(&w->sql);
}

static void
compose_list(struct record_built *b, struct record_stmt *out, enum record_scope scope,
             unsigned lead, int sort, bool down)
{
    struct composer w = {.b = b,
                         .out = out,
                         .counts = sort < 0,
                         .down = down,
                         .from = sort < 0 || down,
                         .to = sort < 0 || !down};
    bool words = lead == record_lead_words(b);
    buf_init(&w.params, b->arena, 512, SQL_MOST);
    static const char *const SCOPES[] = {"all", "organization", "enterprise"};
    const char *by = words                         ? "q"
                     : lead == record_lead_code(b) ? "code"
                     : lead == 0                   ? "any"
                                                   : b->filters[b->leads[lead - 1]].name;
    out->s.name =
        sort < 0 ? arena_printf(b->arena, "%s.count_%s_%s", b->k->name, SCOPES[scope], by)
                 : arena_printf(b->arena, "%s.list_%s_%s_%s%s", b->k->name, SCOPES[scope], by,
                                down ? "down_" : "", record_sort_word(b, (unsigned)sort));
    const char *sql = compose_text(&w, scope, lead, sort, false);
    const char *other = compose_text(&w, scope, lead, sort, true);
    if (strcmp(sql, other) == 0) {
        out->s.sql = sql;
    } else {
        out->s.sqlite = sql;
        out->s.postgres = other;
    }
    out->s.params = buf_str(&w.params);
    put_stmt(b, &out->s);
}

static unsigned
leads_of(const struct record_built *b)
{
    return record_lead_code(b) + 1;
}

struct record_stmt *
record_list_stmt(const struct record_built *b, enum record_scope scope, unsigned lead,
                 unsigned sort, bool down)
{
    unsigned sorts = b->sort_count + 1;
    return &b->lists[(((unsigned)scope * leads_of(b) + lead) * sorts + sort) * 2 + down];
}

struct record_stmt *
record_count_stmt(const struct record_built *b, enum record_scope scope, unsigned lead)
{
    return &b->counts[(unsigned)scope * leads_of(b) + lead];
}

// What is searched has an order of its own, both ways; everything else each of the kind's.
static void
compose_lead(struct record_built *b, enum record_scope scope, unsigned lead)
{
    bool words = lead == record_lead_words(b), code = lead == record_lead_code(b);
    if (words  ? !b->searched
        : code ? b->code == NULL
               : lead > 0 && record_scope_leads(b->k, scope)) {
        return;
    }
    unsigned from = code && b->k->number == NULL ? b->sort_count : 0;
    unsigned to = words || code ? from + 1 : b->sort_count;
    compose_list(b, record_count_stmt(b, scope, lead), scope, lead, -1, false);
    for (unsigned i = from * 2; i < to * 2; i++) {
        compose_list(b, record_list_stmt(b, scope, lead, i / 2, i % 2 == 1), scope, lead,
                     (int)(i / 2), i % 2 == 1);
    }
}

static void
compose_lists(struct record_built *b)
{
    unsigned leads = leads_of(b);
    b->lists = ARENA_ARRAY(b->arena, struct record_stmt, 3 * leads * (b->sort_count + 1) * 2);
    b->counts = ARENA_ARRAY(b->arena, struct record_stmt, 3 * leads);
    for (enum record_scope scope = SCOPE_ALL; scope <= SCOPE_ENTERPRISE; scope++) {
        for (unsigned lead = 0; b->scopes[scope] && lead < leads; lead++) {
            compose_lead(b, scope, lead);
        }
    }
}

// ---- the kind --------------------------------------------------------------------------

static void
add_filter(struct record_built *b, const char *name, const char *suffix, enum filter_op op,
           enum field_type type, const struct field *f)
{
    assert(b->filter_count < RECORD_FILTERS);
    b->filters[b->filter_count++] =
        (struct record_filter){.name = arena_printf(b->arena, "%s%s", name, suffix),
                               .column = name,
                               .op = op,
                               .type = type,
                               .field = f};
}

static void
find_filters(struct record_built *b)
{
    for (const struct field *f = b->k->fields; f->name != NULL; f++) {
        bool range = f->type == FIELD_DATE || f->type == FIELD_TIME || f->type == FIELD_MONEY;
        bool told = record_is_stored(f) || f->expression != NULL;
        if ((f->where & IN_FILTER) == 0 || !told) {
            continue;
        }
        if (f->sealed) { // by its end; the whole value does not belong into an address
            const char *end = arena_printf(b->arena, "%s_end", f->name);
            add_filter(b, end, "", FILTER_IS, f->type, f);
        } else if (range) {
            add_filter(b, f->name, "_from", FILTER_FROM, f->type, f);
            add_filter(b, f->name, "_to", FILTER_TO, f->type, f);
        } else {
            add_filter(b, f->name, "", FILTER_IS, f->type, f);
        }
    }
    static const char *const TIMES[] = {"created_at", "updated_at"};
    for (size_t i = 0; i < 2; i++) {
        add_filter(b, TIMES[i], "_from", FILTER_FROM, FIELD_TIME, NULL);
        add_filter(b, TIMES[i], "_to", FILTER_TO, FIELD_TIME, NULL);
    }
}

static void
find_leads(struct record_built *b)
{
    const char *p = b->k->leads == NULL ? "" : b->k->leads;
    while (*(p += strspn(p, " ")) != '\0') {
        size_t n = strcspn(p, " ");
        for (unsigned i = 0; i < b->filter_count; i++) {
            const char *name = b->filters[i].name;
            if (strlen(name) == n && strncmp(name, p, n) == 0) {
                b->leads[b->lead_count++] = i;
            }
        }
        p += n;
    }
}

// The kind's columns that say whose a record is.
static void
find_whose(struct record_built *b)
{
    for (enum record_scope s = SCOPE_ORGANIZATION; s <= SCOPE_ENTERPRISE; s++) {
        struct record_path path = record_scope_path(b->arena, b->k, s);
        bool told = b->searched && b->scopes[s] && path.column != NULL && path.field == NULL;
        b->whose[s] = told && strcmp(path.column, "id") != 0 ? path.column : NULL;
    }
}

char
record_whose_letter(enum record_scope scope)
{
    return scope == SCOPE_ORGANIZATION ? 'c' : 'e';
}

// A code that is unique, and so has an index, is found by its beginning.
static const char *
code_of(const struct record_kind *k)
{
    const struct field *f = k->subtitle == NULL ? NULL : field_find(k->fields, k->subtitle);
    bool unique =
        f != NULL && f->type == FIELD_TEXT && !f->sealed && text_list_has(k->uniques, f->name);
    return k->number != NULL ? "id" : unique ? f->name : NULL;
}

static bool
has_words(const struct record_kind *k)
{
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (f->search > 0) {
            return true;
        }
    }
    return false;
}

bool
record_is_searched(const struct record_kind *k)
{
    return has_words(k) || code_of(k) != NULL;
}

static struct record_built *
compose(const struct record_kind *k)
{
    struct arena *a = arena_new((size_t)16 << 20);
    struct record_built *b = ARENA_NEW(a, struct record_built);
    *b = (struct record_built){.k = k, .arena = a, .sort_count = 1};
    b->searched = has_words(k);
    b->code = code_of(k);
    b->search_base = b->searched ? search_base(k->name) : 0;
    for (const struct record_sort *s = k->sorts; s != NULL && s->field != NULL; s++) {
        b->sort_count++;
    }
    for (const struct record_grant *g = k->grants; g->actions != 0; g++) {
        b->scopes[g->scope] |= (g->actions & RECORD_READ) != 0;
    }
    b->scopes[SCOPE_ALL] = true; // the system itself
    find_whose(b);
    find_filters(b);
    find_leads(b);
    compose_insert(b);
    compose_next(b);
    compose_update(b);
    compose_by_id(b);
    compose_checks(b);
    compose_within(b);
    compose_keys(b);
    compose_sealed(b);
    compose_unfound(b);
    compose_lists(b);
    return b;
}

// Kinds are constants, so what is made of them is kept for the life of the process: several
// apps in one process (tests) share it.
const struct record_built *
record_built_of(const struct record_kind *k)
{
    static struct record_built *built[KINDS_MOST];
    for (size_t i = 0; i < KINDS_MOST; i++) {
        if (built[i] == NULL) {
            built[i] = compose(k);
        }
        if (built[i]->k == k) {
            return built[i];
        }
    }
    abort(); // more kinds than KINDS_MOST: found at the first start
}

const struct db_stmt *const *
record_statements(const struct record_kind *k)
{
    return record_built_of(k)->all;
}
