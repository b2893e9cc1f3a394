// SPDX-License-Identifier: Apache-2.0
// Reading and saving one record of any kind: scope, checks, version, search, history, audit.
#include "kit/record.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/app.h"
#include "kit/audit.h"
#include "kit/record_impl.h"
#include "kit/record_merge.h"
#include "kit/seal.h"
#include "kit/search.h"

// ---- access ----------------------------------------------------------------------------

bool
record_scope_of(const struct ctx *c, const struct record_kind *k, unsigned action,
                const struct record_grant **grant, enum record_scope *scope)
{
    static const struct record_grant SYSTEM = {.actions = 15, .scope = SCOPE_ALL};
    const struct record_grant *best = c->actor->id == -1 ? &SYSTEM : NULL;
    for (const struct record_grant *g = k->grants; g->actions != 0; g++) {
        if ((g->actions & action) != 0 && (c->actor->roles & g->roles) != 0 &&
            (best == NULL || g->scope < best->scope)) {
            best = g;
        }
    }
    if (best == NULL) {
        return false;
    }
    *grant = best;
    *scope = best->scope;
    return true;
}

bool
record_in_scope(const struct ctx *c, const struct record_kind *k, enum record_scope scope,
                const struct value *rec)
{
    const char *column =
        scope == SCOPE_ORGANIZATION ? k->organization_column : k->enterprise_column;
    int64_t own =
        scope == SCOPE_ORGANIZATION ? c->actor->organization_id : c->actor->enterprise_id;
    if (scope == SCOPE_ALL) {
        return true;
    }
    if (own == 0 || column == NULL) {
        return false;
    }
    struct record_path path = record_scope_path(c->arena, k, scope);
    if (path.field == NULL) {
        return value_get_int(rec, column, 0) == own;
    }
    int64_t id = value_get_int(rec, path.field, 0);
    return id != 0 && db_value_int(c->tx, &record_built_of(k)->within[scope],
                                   DB_ARGS(DB_INT(id), DB_INT(own)), 0) == id;
}

bool
record_may(const struct ctx *c, const struct record_kind *k, unsigned action,
           const struct value *rec)
{
    const struct record_grant *g;
    enum record_scope scope;
    return record_scope_of(c, k, action, &g, &scope) && record_in_scope(c, k, scope, rec);
}

// Who keeps a record up to date reads it whole: a form of masked values would save the masks.
static bool
sees_personal(const struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    return ctx_is(c, ROLE_OFFICE) || record_may(c, k, RECORD_UPDATE, rec);
}

// What a list is sorted by is nobody's to read.
static bool
is_key(const struct record_kind *k, const char *name)
{
    for (const struct record_key *s = k->keys; s != NULL && s->sort != NULL; s++) {
        if (strcmp(s->column, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool
sees_internal(const struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    return ctx_is(c, ROLE_SIGNED_IN & ~(unsigned)ROLE_MEMBER) || sees_personal(c, k, rec);
}

struct value *
record_masked(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    bool whole = sees_personal(c, k, rec);
    bool internal = sees_internal(c, k, rec);
    struct value *out = value_map(c->arena);
    for (uint32_t i = 0; i < rec->map.count; i++) {
        const struct value_pair *p = &rec->map.pairs[i];
        const struct field *f = field_find(k->fields, p->key);
        const struct value *v = p->v;
        if (f == NULL && is_key(k, p->key)) {
            continue;
        }
        if (f != NULL && f->class == CLASS_INTERNAL && !internal) {
            v = &value_null;
        } else if (f != NULL && f->class == CLASS_SENSITIVE && !whole) {
            v = &value_null;
        } else if (f != NULL && f->class == CLASS_PERSONAL && !whole && !f->sealed) {
            v = v->type == VALUE_TEXT ? value_text(c->arena, text_mask(c->arena, v->s))
                                      : &value_null;
        }
        value_set(c->arena, out, p->key, v);
    }
    return out;
}

struct value *
record_load(struct ctx *c, const struct record_built *b, int64_t id)
{
    struct value *rec = db_one(c->tx, c->arena, &b->by_id, DB_ARGS(DB_INT(id)));
    if (rec != NULL) {
        record_seal_mask(c, b, rec);
        if (b->k->derive != NULL) {
            b->k->derive(c, rec);
        }
    }
    return rec;
}

struct value *
record_get(struct ctx *c, const struct record_kind *k, int64_t id)
{
    struct value *rec = record_load(c, record_built_of(k), id);
    return rec != NULL && record_may(c, k, RECORD_READ, rec) ? rec : NULL;
}

// ---- history ---------------------------------------------------------------------------

static const struct db_stmt EVENT_ADD = {
    .name = "record.event_add",
    .sql = "INSERT INTO record_event (kind, record_id, at, account_id, actor, unit, type, data)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .params = "kind:text record:int at:time account:int? actor:text? unit:text? type:text"
              " data:json"};
static const struct db_stmt EVENTS = {
    .name = "record.events",
    .sql = "SELECT id, at, type, actor, unit, data FROM record_event"
           " WHERE kind = $1 AND record_id = $2 ORDER BY id LIMIT 1000",
    .params = "kind:text record:int",
    .row = "id:int at:time type:text actor:text? unit:text? data:json"};

const struct db_stmt *const RECORD_STATEMENTS[] = {&EVENT_ADD, &EVENTS, NULL};

static const char *
json_text(struct arena *a, const struct value *v)
{
    struct buf b;
    buf_init(&b, a, 256, (size_t)1 << 20);
    json_write(&b, v);
    return buf_str(&b);
}

void
record_event(struct ctx *c, const char *kind, int64_t id, const char *type,
             const struct value *data)
{
    const struct actor *who = c->actor;
    const char *text = data == NULL ? "{}" : json_text(c->arena, data);
    const char *unit =
        who->organization != NULL && *who->organization != '\0' ? who->organization : NULL;
    db_put(c->tx, &EVENT_ADD,
           DB_ARGS(DB_TEXT(kind), DB_INT(id), DB_INT(c->now), DB_REF(who->id > 0 ? who->id : 0),
                   DB_TEXT(who->name), DB_TEXT(unit), DB_TEXT(type), DB_TEXT(text)));
}

struct value *
record_events(struct ctx *c, const char *kind, int64_t id)
{
    return db_list(c->tx, c->arena, &EVENTS, DB_ARGS(DB_TEXT(kind), DB_INT(id)));
}

// [old, new] of an internal field; the reason of a step is told to whom it concerns.
static bool
is_hidden(const struct record_kind *k, const struct value_pair *p)
{
    const struct field *f = field_find(k->fields, p->key);
    return f != NULL && f->class == CLASS_INTERNAL && p->v->type == VALUE_LIST;
}

// What a reader does not see of the record, its history does not tell either.
struct value *
record_history(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct value *events = record_events(c, k->name, value_get_int(rec, "id", 0));
    if (sees_internal(c, k, rec)) {
        return events;
    }
    for (size_t i = 0; i < value_count(events); i++) {
        struct value *e = (struct value *)(uintptr_t)value_at(events, i); // of this query
        const struct value *data = value_get(e, "data");
        struct value *kept = value_map(c->arena);
        for (uint32_t n = 0; data->type == VALUE_MAP && n < data->map.count; n++) {
            const struct value_pair *p = &data->map.pairs[n];
            if (!is_hidden(k, p)) {
                value_set(c->arena, kept, p->key, p->v);
            }
        }
        value_set(c->arena, e, "data", kept);
    }
    return events;
}

// A personal value is told of, never repeated: the history outlives its erasure.
static const struct value *
told(struct arena *a, const struct field *f, const struct value *v)
{
    if (v == NULL || v->type == VALUE_NULL) {
        return &value_null;
    }
    if (!f->sealed && (f->class == CLASS_PUBLIC || f->class == CLASS_INTERNAL)) {
        return v;
    }
    return f->class == CLASS_PERSONAL && v->type == VALUE_TEXT && !f->sealed
               ? value_text(a, text_mask(a, v->s))
               : value_ref(a, "*");
}

// {field: [old, new]} of what differs.
static struct value *
changes_of(struct ctx *c, const struct record_kind *k, const struct value *rec,
           const struct value *old)
{
    struct arena *a = c->arena;
    struct value *out = value_map(a);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        const struct value *now = value_get(rec, f->name);
        const struct value *was = value_get(old, f->name);
        now = now == NULL ? &value_null : now;
        was = was == NULL ? &value_null : was;
        if (record_is_stored(f) && !value_equal(now, was)) {
            struct value *pair = value_list(a);
            value_push(a, pair, told(a, f, was));
            value_push(a, pair, told(a, f, now));
            value_set(a, out, f->name, pair);
        }
    }
    return out;
}

// ---- search ----------------------------------------------------------------------------

const char *
record_tokens(struct arena *a, const struct record_kind *k, const struct value *rec)
{
    struct buf b;
    buf_init(&b, a, 512, (size_t)1 << 20);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        const char *s = f->search > 0 ? value_get_text(rec, f->name) : NULL;
        if (s != NULL) {
            bool name = strcmp(f->name, k->title) == 0 || f->search > 1;
            buf_printf(&b, "%s%s", b.n == 0 ? "" : " ", search_tokens(a, s, name));
        }
    }
    return buf_str(&b);
}

// The tokens that were made before, when they still are those of the record.
static const char *
tokens_of(struct arena *a, const struct record_kind *k, const struct value *rec,
          const struct record_ahead *ahead)
{
    bool same = ahead != NULL && ahead->tokens != NULL;
    for (const struct field *f = k->fields; same && f->name != NULL; f++) {
        same = f->search == 0 ||
               text_equal(value_get_text(rec, f->name), value_get_text(ahead->of, f->name));
    }
    return same ? ahead->tokens : record_tokens(a, k, rec);
}

const char *
record_end_token(struct arena *a, const char *end)
{
    return arena_printf(a, "xm%s ", end);
}

// The end of a phone as its row has it, or of a number or its mask: that ends as the number
// does.
static const char *
end_of(struct ctx *c, const struct record_kind *k, const struct field *f,
       const struct value *rec)
{
    const struct seal_place at = {k->table, f->name, 0};
    const char *end = value_get_text(rec, arena_printf(c->arena, "%s_end", f->name));
    const char *s = end != NULL ? NULL : value_get_text(rec, f->name);
    return s == NULL || seal_key_of(s) != 0 ? end : seal_end(c->app, c->arena, &at, s);
}

const char *
record_entry(struct ctx *c, const struct record_kind *k, const struct value *rec,
             const struct record_ahead *ahead)
{
    const struct record_built *b = record_built_of(k);
    struct buf out;
    buf_init(&out, c->arena, 512, (size_t)1 << 20);
    for (enum record_scope s = SCOPE_ORGANIZATION; s <= SCOPE_ENTERPRISE; s++) {
        if (b->whose[s] != NULL) {
            buf_puts(&out, search_whose(c->arena, record_whose_letter(s),
                                        value_get_int(rec, b->whose[s], 0)));
        }
    }
    for (size_t i = 0; b->sealed[i].field != NULL; i++) {
        const struct field *f = b->sealed[i].field;
        const struct record_found_by *by = record_seal_made(b, i, rec, ahead);
        const char *end = by != NULL                ? by->end
                          : f->type == FIELD_MOBILE ? end_of(c, k, f, rec)
                                                    : NULL;
        buf_puts(&out, end == NULL ? "" : record_end_token(c->arena, end));
    }
    buf_puts(&out, tokens_of(c->arena, k, rec, ahead));
    return buf_str(&out);
}

static bool
is_searched(const struct record_built *b, const struct value *changes)
{
    for (uint32_t i = 0; b->searched && i < changes->map.count; i++) {
        const char *name = changes->map.pairs[i].key;
        const struct field *f = field_find(b->k->fields, name);
        if ((f != NULL && (f->search > 0 || (f->sealed && f->type == FIELD_MOBILE))) ||
            text_equal(name, b->whose[SCOPE_ORGANIZATION]) ||
            text_equal(name, b->whose[SCOPE_ENTERPRISE])) {
            return true;
        }
    }
    return false;
}

// ---- saving ----------------------------------------------------------------------------

static struct db_arg
arg_of(struct arena *a, const struct field *f, const struct value *v)
{
    if (v == NULL || v->type == VALUE_NULL) {
        return f->type == FIELD_FLAG && f->required ? DB_INT(0) : DB_NULL;
    }
    switch (v->type) {
    case VALUE_BOOL:
        return DB_INT(v->b ? 1 : 0);
    case VALUE_INT:
    case VALUE_TIME:
    case VALUE_DEC:
        return DB_INT(v->i);
    case VALUE_TEXT:
        return (struct db_arg){.type = DB_TEXT_T, .p = v->s, .n = v->n};
    case VALUE_LIST:
    case VALUE_MAP:
        return DB_TEXT(json_text(a, v));
    case VALUE_NULL:
    case VALUE_LAMBDA:
        break;
    }
    return DB_NULL;
}

static const char *
key_of(struct arena *a, const struct record_key *key, const char *name)
{
    return name_key(a, key->order, name == NULL ? "" : name);
}

struct record_ahead *
record_ahead(struct arena *a, struct arena *scratch, const struct app *app,
             const struct record_kind *k, const struct value *rec)
{
    const struct record_built *b = record_built_of(k);
    struct record_ahead *out = ARENA_NEW(a, struct record_ahead);
    out->of = rec;
    out->tokens = b->searched ? arena_strdup(a, record_tokens(scratch, k, rec)) : NULL;
    for (size_t i = 0; k->keys != NULL && k->keys[i].sort != NULL && i < RECORD_KEYS; i++) {
        const char *name = value_get_text(rec, k->keys[i].of);
        out->keys[i] = arena_strdup(a, key_of(scratch, &k->keys[i], name));
    }
    record_seal_ahead(a, app, b, out);
    return out;
}

// The columns of a record in the order of its statements; what was made ahead is used where the
// name is still the same.
static size_t
args_of(struct ctx *c, const struct record_kind *k, const struct value *rec,
        const struct record_ahead *ahead, struct db_arg *args)
{
    size_t n = 0;
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (record_is_plain(f)) {
            args[n++] = arg_of(c->arena, f, value_get(rec, f->name));
        }
    }
    for (size_t i = 0; k->keys != NULL && k->keys[i].sort != NULL; i++) {
        const char *name = value_get_text(rec, k->keys[i].of);
        bool same = ahead != NULL && i < RECORD_KEYS && ahead->keys[i] != NULL &&
                    text_equal(name, value_get_text(ahead->of, k->keys[i].of));
        args[n++] = DB_TEXT(same ? ahead->keys[i] : key_of(c->arena, &k->keys[i], name));
    }
    return n;
}

// Names that exist once, references that lead somewhere.
static void
check_links(struct ctx *c, const struct record_built *b, const struct value *rec, int64_t id)
{
    const struct field *f = b->k->fields;
    for (size_t i = 0; f[i].name != NULL; i++) {
        const struct value *v = value_get(rec, f[i].name);
        if (v == NULL || v->type == VALUE_NULL) {
            continue;
        }
        struct db_arg arg = arg_of(c->arena, &f[i], v);
        if (f[i].sealed && b->unique[i].sql != NULL) {
            if (v->type != VALUE_TEXT || seal_is_mask(v->s)) {
                continue; // as it was
            }
            const struct seal_place at = {b->k->table, f[i].name, 0};
            arg = DB_TEXT(seal_index(c->app, c->arena, &at, v->s));
        }
        if (b->unique[i].sql != NULL &&
            db_value_int(c->tx, &b->unique[i], DB_ARGS(arg, DB_INT(id)), 0) != 0) {
            ctx_fault(c, f[i].name, "taken", T("已经有一条相同的了"));
        }
        if (b->ref[i].sql != NULL &&
            db_one(c->tx, c->arena, &b->ref[i], DB_ARGS(arg)) == NULL) {
            ctx_fault(c, f[i].name, "reference", T("没有这一项，请重新选择"));
        }
    }
}

// A grant may keep some fields from its holders, and nobody moves a record out of their hands.
static enum err
check_grant(struct ctx *c, const struct record_kind *k, unsigned action,
            const struct value *rec, const struct value *old)
{
    const struct record_grant *g;
    enum record_scope scope;
    if (!record_scope_of(c, k, action, &g, &scope) ||
        (old != NULL && !record_in_scope(c, k, scope, old))) {
        return ERR_FORBIDDEN;
    }
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        const struct value *now = value_get(rec, f->name);
        const struct value *was = value_get(old, f->name);
        now = now == NULL ? &value_null : now;
        was = was == NULL ? &value_null : was;
        if (text_list_has(g->keeps, f->name) && !value_equal(now, was)) {
            ctx_fault(c, f->name, "forbidden", T("这一项由工商联维护，您不能修改"));
        }
    }
    if (!record_in_scope(c, k, scope, rec)) {
        return ctx_refuse(c, ERR_FORBIDDEN, T("只能登记和修改本单位的资料"));
    }
    return ERR_OK;
}

static void
note(struct ctx *c, const struct record_kind *k, int64_t id, const char *type,
     const struct value *changes)
{
    struct arena *a = c->arena;
    record_event(c, k->name, id, type, changes);
    if (c->batched) {
        return;
    }
    struct value *fields = value_list(a);
    for (uint32_t i = 0; i < changes->map.count; i++) {
        value_push(a, fields, value_ref(a, changes->map.pairs[i].key));
    }
    struct value *data = value_map(a);
    value_set(a, data, "fields", fields);
    audit_write(c, arena_printf(a, "%s.%s", k->name, type), k->name, id, data);
}

// History says whose a record is: it never moves to another parent.
static void
check_parents(struct ctx *c, const struct record_kind *k, const struct value *rec,
              const struct value *old)
{
    const struct record_parent *p = old == NULL ? NULL : k->parents;
    for (; p != NULL && p->field != NULL; p++) {
        if (value_get_int(rec, p->field, 0) != value_get_int(old, p->field, 0)) {
            ctx_fault(c, p->field, "fixed", T("登记后不能改到别的名下，请另外登记一条"));
        }
    }
}

static enum err
checked(struct ctx *c, const struct record_built *b, unsigned action, struct value *rec,
        const struct value *old)
{
    const struct record_kind *k = b->k;
    enum err e = k->before_save == NULL ? ERR_OK : k->before_save(c, rec, old);
    if (e == ERR_OK || e == ERR_INVALID) {
        record_seal_check(c, k, rec, old);
        check_links(c, b, rec, value_get_int(old, "id", 0));
        check_parents(c, k, rec, old);
    }
    if (e == ERR_OK) {
        e = check_grant(c, k, action, rec, old);
    }
    return e != ERR_OK ? e : c->faults.count > 0 ? ERR_INVALID : db_tx_err(c->tx);
}

// A secretary's new enterprise belongs to the secretary's chamber without saying so, an
// enterprise's figures to the enterprise.
void
record_fill_scope(struct ctx *c, const struct record_kind *k, struct value *rec)
{
    const struct record_grant *g;
    enum record_scope scope;
    if (!record_scope_of(c, k, RECORD_CREATE, &g, &scope) || scope == SCOPE_ALL) {
        return;
    }
    struct record_path path = record_scope_path(c->arena, k, scope);
    const struct value *v = path.column == NULL ? NULL : value_get(rec, path.column);
    if (path.field == NULL && path.column != NULL && (v == NULL || v->type == VALUE_NULL)) {
        value_set_int(c->arena, rec, path.column,
                      scope == SCOPE_ORGANIZATION ? c->actor->organization_id
                                                  : c->actor->enterprise_id);
    }
}

// What follows from a saved record: the kind's own, then other modules'.
enum err
record_saved(struct ctx *c, const struct record_kind *k, const struct value *rec,
             const struct value *old)
{
    enum err e = k->after_save == NULL ? ERR_OK : k->after_save(c, rec, old);
    for (const struct module *const *m = c->app->modules; m != NULL && *m != NULL; m++) {
        for (const struct record_watch *w = (*m)->watches; w != NULL && w->of != NULL; w++) {
            if (e == ERR_OK && strcmp(w->of, k->plural) == 0) {
                e = w->saved(c, rec, old);
            }
        }
    }
    return e;
}

int64_t
record_next_id(struct ctx *c, const struct record_kind *k)
{
    return db_value_int(c->tx, &record_built_of(k)->next, DB_NONE, 0);
}

// The row and its entry in the index.
static int64_t
insert(struct ctx *c, const struct record_built *b, struct value *rec,
       const struct record_ahead *ahead)
{
    struct db_arg args[RECORD_ARGS];
    int64_t id = record_next_id(c, b->k);
    size_t n = 0;
    args[n++] = DB_INT(id);
    n += args_of(c, b->k, rec, ahead, args + n);
    n += record_seal_args(c, b, id, rec, ahead, args + n);
    args[n++] = DB_INT(c->now);
    if (id == 0 || db_run(c->tx, &b->insert, args, n) != 1) {
        return 0;
    }
    value_set_int(c->arena, rec, "id", id);
    if (b->searched) {
        search_add(c->tx, b->k->name, id, record_entry(c, b->k, rec, ahead));
    }
    record_seal_hide(c, b, rec);
    return id;
}

int64_t
record_put(struct ctx *c, const struct record_kind *k, struct value *rec, const char *tokens)
{
    const struct record_ahead ahead = {.of = rec, .tokens = tokens};
    int64_t id = insert(c, record_built_of(k), rec, &ahead);
    if (id != 0) {
        record_event(c, k->name, id, "create", NULL);
    }
    c->result = db_tx_err(c->tx);
    return c->result == ERR_OK ? id : 0;
}

// A new record that has passed its checks.
static int64_t
create(struct ctx *c, const struct record_built *b, struct value *rec,
       const struct record_ahead *ahead, const struct value *changes)
{
    int64_t id = insert(c, b, rec, ahead);
    if (id == 0) {
        c->result = db_tx_err(c->tx);
        return 0;
    }
    note(c, b->k, id, "create", changes);
    c->result = record_saved(c, b->k, rec, NULL);
    return c->result == ERR_OK ? id : 0;
}

int64_t
record_create(struct ctx *c, const struct record_kind *k, struct value *rec)
{
    return record_create_with(c, k, rec, NULL);
}

int64_t
record_create_with(struct ctx *c, const struct record_kind *k, struct value *rec,
                   const struct record_ahead *ahead)
{
    const struct record_built *b = record_built_of(k);
    record_fill_scope(c, k, rec);
    c->result = checked(c, b, RECORD_CREATE, rec, NULL);
    return c->result == ERR_OK ? create(c, b, rec, ahead, changes_of(c, k, rec, NULL)) : 0;
}

// `old` with the members of `in`.
static struct value *
merged(struct arena *a, const struct value *old, const struct value *in)
{
    struct value *rec = value_map(a);
    for (uint32_t i = 0; i < old->map.count; i++) {
        value_set(a, rec, old->map.pairs[i].key, old->map.pairs[i].v);
    }
    for (uint32_t i = 0; in != NULL && i < in->map.count; i++) {
        value_set(a, rec, in->map.pairs[i].key, in->map.pairs[i].v);
    }
    return rec;
}

// A changed record that has passed its checks.
static enum err
update(struct ctx *c, const struct record_built *b, struct value *rec, const struct value *old,
       const struct value *changes)
{
    const struct record_kind *k = b->k;
    int64_t id = value_get_int(old, "id", 0);
    struct db_arg args[RECORD_ARGS];
    size_t n = args_of(c, k, rec, NULL, args);
    args[n++] = DB_INT(c->now);
    args[n++] = DB_INT(id);
    args[n++] = DB_INT(value_get_int(old, "version", 0));
    if (db_run(c->tx, &b->update, args, n) == 0) {
        enum err e = db_tx_err(c->tx);
        return e != ERR_OK ? e : ERR_STALE;
    }
    if (is_searched(b, changes)) {
        search_put(c->tx, k->name, id, record_entry(c, k, rec, NULL));
    }
    note(c, k, id, "update", changes);
    record_duplicates_note(c, k, id);
    enum err e = record_seal_save(c, b, id, rec, old);
    return e != ERR_OK ? e : record_saved(c, k, rec, old);
}

bool
record_lacks_keys(struct db_tx *tx, const struct record_kind *k)
{
    const struct record_built *b = record_built_of(k);
    bool lacks = false;
    for (size_t i = 0; k->keys != NULL && k->keys[i].sort != NULL && !lacks; i++) {
        lacks = db_value_int(tx, &b->keyless[i], DB_ARGS(DB_INT(1)), 0) != 0;
    }
    return lacks;
}

int64_t
record_renew_keys(struct ctx *c, const struct record_kind *k, unsigned most)
{
    const struct record_built *b = record_built_of(k);
    int64_t done = 0;
    for (size_t i = 0; k->keys != NULL && k->keys[i].sort != NULL; i++) {
        struct value *rows = db_list(c->tx, c->arena, &b->keyless[i], DB_ARGS(DB_INT(most)));
        for (size_t r = 0; r < value_count(rows); r++, done++) {
            const struct value *row = value_at(rows, r);
            const char *key = name_key(c->arena, k->keys[i].order, value_get_text(row, "name"));
            db_put(c->tx, &b->key[i],
                   DB_ARGS(DB_TEXT(key), DB_INT(value_get_int(row, "id", 0))));
        }
    }
    return done;
}

enum err
record_update(struct ctx *c, const struct record_kind *k, int64_t id, const struct value *in,
              int64_t version)
{
    const struct record_built *b = record_built_of(k);
    struct value *old = record_load(c, b, id);
    if (old == NULL || !record_may(c, k, RECORD_READ, old)) {
        return ERR_NOT_FOUND;
    }
    if (version != 0 && version != value_get_int(old, "version", 0)) {
        return ctx_refuse(c, ERR_STALE, T("别人刚刚改过这条资料，请核对后再保存"));
    }
    struct value *rec = merged(c->arena, old, in);
    enum err e = checked(c, b, RECORD_UPDATE, rec, old);
    struct value *changes = e == ERR_OK ? changes_of(c, k, rec, old) : NULL;
    return e != ERR_OK || changes->map.count == 0 ? e : update(c, b, rec, old, changes);
}

enum err
record_apply(struct ctx *c, const struct record_kind *k, int64_t *id, struct value *in,
             bool dry, struct value **changes)
{
    return record_apply_with(c, k, id, in, NULL, dry, changes);
}

enum err
record_apply_with(struct ctx *c, const struct record_kind *k, int64_t *id, struct value *in,
                  const struct record_ahead *ahead, bool dry, struct value **changes)
{
    const struct record_built *b = record_built_of(k);
    struct value *old = *id == 0 ? NULL : record_load(c, b, *id);
    if (*id != 0 && (old == NULL || !record_may(c, k, RECORD_READ, old))) {
        return ERR_NOT_FOUND;
    }
    struct value *rec = old == NULL ? in : merged(c->arena, old, in);
    if (old == NULL) {
        record_fill_scope(c, k, rec);
    } else if ((*changes = changes_of(c, k, rec, old))->map.count == 0) {
        return ERR_OK; // nothing that would have to be allowed
    }
    enum err e = checked(c, b, old == NULL ? RECORD_CREATE : RECORD_UPDATE, rec, old);
    if (e != ERR_OK) {
        return e;
    }
    *changes = changes_of(c, k, rec, old);
    if (dry || (old != NULL && (*changes)->map.count == 0)) {
        return ERR_OK;
    }
    if (old != NULL) {
        return update(c, b, rec, old, *changes);
    }
    *id = create(c, b, rec, ahead, *changes);
    return c->result;
}
