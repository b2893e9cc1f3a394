// SPDX-License-Identifier: Apache-2.0
// Finding entries of one thing: every record leaves keyed hashes of what it might have in
// common with another (kit/record_merge.h), so a new one is compared with those few only that
// share a key; what is found is kept as pairs, and so is what people decided about them.
#include "base/text.h"
#include "kit/app.h"
#include "kit/audit.h"
#include "kit/listing.h"
#include "kit/record_merge_impl.h"

#include <sodium.h>

// A key that so many share says nothing: the number of an agent, a name like 王伟.
enum { SHARED_MOST = 20, CANDIDATES_MOST = 100, RULES_MOST = 16 };

static const struct db_stmt KEYS_CLEAR = {
    .name = "duplicate.keys_clear",
    .sql = "DELETE FROM duplicate_key WHERE kind = $1 AND record_id = $2",
    .params = "kind:text record:int"};
static const struct db_stmt KEY_ADD = {
    .name = "duplicate.key_add",
    .sql = "INSERT INTO duplicate_key (kind, record_id, hash) VALUES ($1, $2, $3)",
    .params = "kind:text record:int hash:int"};
static const struct db_stmt KEY_SHARED = {
    .name = "duplicate.key_shared",
    .sql = "SELECT record_id FROM duplicate_key WHERE hash = $1 LIMIT $2",
    .params = "hash:int most:int",
    .row = "record_id:int"};
static const struct db_stmt MARK = {.name = "duplicate.mark",
                                    .sql = "SELECT last_id FROM duplicate_mark WHERE kind = $1",
                                    .params = "kind:text",
                                    .row = "last_id:int"};
static const struct db_stmt MARK_SET = {
    .name = "duplicate.mark_set",
    .sql = "INSERT INTO duplicate_mark (kind, last_id) VALUES ($1, $2)"
           " ON CONFLICT (kind) DO UPDATE SET last_id = excluded.last_id",
    .params = "kind:text last:int"};
static const struct db_stmt CHANGED_ADD = {
    .name = "duplicate.changed_add",
    .sql = "INSERT INTO duplicate_changed (kind, record_id) VALUES ($1, $2)"
           " ON CONFLICT DO NOTHING",
    .params = "kind:text record:int"};
static const struct db_stmt CHANGED = {
    .name = "duplicate.changed",
    .sql =
        "SELECT record_id FROM duplicate_changed WHERE kind = $1 ORDER BY record_id LIMIT $2",
    .params = "kind:text most:int",
    .row = "record_id:int"};
static const struct db_stmt CHANGED_DONE = {
    .name = "duplicate.changed_done",
    .sql = "DELETE FROM duplicate_changed WHERE kind = $1 AND record_id = $2",
    .params = "kind:text record:int"};
static const struct db_stmt PAIRS_FIRST = {
    .name = "duplicate.pairs_first",
    .sql = "DELETE FROM duplicate_pair WHERE kind = $1 AND first_id = $2 AND state = 'open'",
    .params = "kind:text record:int"};
static const struct db_stmt PAIRS_SECOND = {
    .name = "duplicate.pairs_second",
    .sql = "DELETE FROM duplicate_pair WHERE kind = $1 AND second_id = $2 AND state = 'open'",
    .params = "kind:text record:int"};
// What people decided stays; only how alike the two are is told anew.
static const struct db_stmt PAIR_PUT = {
    .name = "duplicate.pair_put",
    .sql = "INSERT INTO duplicate_pair (kind, first_id, second_id, score, reasons, state)"
           " VALUES ($1, $2, $3, $4, $5, 'open') ON CONFLICT (kind, first_id, second_id)"
           " DO UPDATE SET score = excluded.score, reasons = excluded.reasons",
    .params = "kind:text first:int second:int score:int reasons:text"};
static const struct db_stmt PAIR_STATE = {
    .name = "duplicate.pair_state",
    .sql = "UPDATE duplicate_pair SET state = $1, note = $2, decided_by = $3, decided_at = $4"
           " WHERE kind = $5 AND first_id = $6 AND second_id = $7",
    .params = "state:text note:text? by:text? at:time? kind:text first:int second:int"};
static const struct db_stmt PAIR = {
    .name = "duplicate.pair",
    .sql = "SELECT id, first_id, second_id, score, reasons, state, note, decided_by, decided_at"
           " FROM duplicate_pair WHERE id = $1 AND kind = $2",
    .params = "id:int kind:text",
    .row = "id:int first_id:int second_id:int score:int reasons:text state:text note:text?"
           " decided_by:text? decided_at:time?"};
static const struct db_stmt PAIRS = {
    .name = "duplicate.pairs",
    .sql = "SELECT id, first_id, second_id, score, reasons, state, note, decided_by, decided_at"
           " FROM duplicate_pair WHERE kind = $1 AND state = $2 AND (score, id) < ($3, $4)"
           " ORDER BY score DESC, id DESC LIMIT $5",
    .params = "kind:text state:text score:int id:int most:int",
    .row = "id:int first_id:int second_id:int score:int reasons:text state:text note:text?"
           " decided_by:text? decided_at:time?"};

const struct db_stmt *const RECORD_DUPLICATE_STATEMENTS[] = {
    &KEYS_CLEAR,  &KEY_ADD,    &KEY_SHARED,   &MARK,        &MARK_SET,
    &CHANGED_ADD, &CHANGED,    &CHANGED_DONE, &PAIRS_FIRST, &PAIRS_SECOND,
    &PAIR_PUT,    &PAIR_STATE, &PAIR,         &PAIRS,       NULL};

#define HASH_MASK ((INT64_C(1) << 52) - 1)

// ---- keys ------------------------------------------------------------------------------

// Keyed, so that the table of hashes tells nobody whose number stands behind one.
static int64_t
hash_of(struct ctx *c, const struct record_kind *k, const char *rule, const char *key)
{
    unsigned char secret[32], out[crypto_shorthash_BYTES];
    int64_t hash;
    const char *text = arena_printf(c->arena, "%s|%s|%s", k->name, rule, key);
    app_key(c->app, "duplicates", secret);
    _Static_assert(crypto_shorthash_KEYBYTES <= sizeof secret, "the key is long enough");
    crypto_shorthash(out, (const unsigned char *)text, strlen(text), secret);
    sodium_memzero(secret, sizeof secret);
    memcpy(&hash, out, sizeof hash);
    return hash & HASH_MASK; // a number that every reader of the file can hold
}

// Ids of records that share this key with `id`, added to those found.
static size_t
add_shared(struct ctx *c, int64_t hash, int64_t id, int64_t *found, size_t n)
{
    int64_t some[SHARED_MOST + 1];
    size_t count = 0;
    struct db_rows *r =
        db_query(c->tx, &KEY_SHARED, DB_ARGS(DB_INT(hash), DB_INT(SHARED_MOST + 1)));
    while (db_next(r)) {
        some[count++] = db_int(r, 0);
    }
    db_end(r);
    for (size_t i = 0; count <= SHARED_MOST && i < count && n < CANDIDATES_MOST; i++) {
        bool known = some[i] == id;
        for (size_t j = 0; j < n; j++) {
            known = known || found[j] == some[i];
        }
        if (!known) {
            found[n++] = some[i];
        }
    }
    return n;
}

static size_t
put_keys(struct ctx *c, const struct record_kind *k, int64_t id, const struct value *row,
         int64_t *found)
{
    size_t n = 0;
    for (const struct record_duplicate *d = k->duplicates; d->name != NULL; d++) {
        const char *key = d->finds ? d->key(c, row) : NULL;
        if (key != NULL && *key != '\0') {
            int64_t hash = hash_of(c, k, d->name, key);
            n = add_shared(c, hash, id, found, n);
            db_put(c->tx, &KEY_ADD, DB_ARGS(DB_TEXT(k->name), DB_INT(id), DB_INT(hash)));
        }
    }
    return n;
}

// ---- how alike two records are ---------------------------------------------------------

static int
compare(struct ctx *c, const struct record_kind *k, const struct value *a,
        const struct value *b, const char **reasons)
{
    struct buf names;
    buf_init(&names, c->arena, 64, 1024);
    int score = 0;
    for (const struct record_duplicate *d = k->duplicates; d->name != NULL; d++) {
        const char *x = d->key(c, a), *y = d->key(c, b);
        bool said = false;
        for (const struct record_duplicate *u = k->duplicates; u->name != NULL; u++) {
            said = said || (text_list_has(d->unless, u->name) &&
                            text_list_has(buf_str(&names), u->name));
        }
        if (x == NULL || y == NULL || *x == '\0' || *y == '\0' || said) {
            continue;
        }
        bool same = d->alike == NULL ? strcmp(x, y) == 0 : d->alike(x, y);
        score += same ? d->same : d->differs;
        if (same && d->label != NULL && d->same > 0) {
            buf_printf(&names, "%s%s", names.n == 0 ? "" : " ", d->name);
        }
    }
    *reasons = buf_str(&names);
    return score > DUPLICATE_MOST ? DUPLICATE_MOST : score;
}

static void
put_pair(struct ctx *c, const struct record_kind *k, int64_t a, int64_t b, int score,
         const char *reasons)
{
    db_put(c->tx, &PAIR_PUT,
           DB_ARGS(DB_TEXT(k->name), DB_INT(a < b ? a : b), DB_INT(a < b ? b : a),
                   DB_INT(score), DB_TEXT(reasons)));
}

static void
forget(struct ctx *c, const struct record_kind *k, int64_t id)
{
    db_put(c->tx, &KEYS_CLEAR, DB_ARGS(DB_TEXT(k->name), DB_INT(id)));
    db_put(c->tx, &PAIRS_FIRST, DB_ARGS(DB_TEXT(k->name), DB_INT(id)));
    db_put(c->tx, &PAIRS_SECOND, DB_ARGS(DB_TEXT(k->name), DB_INT(id)));
    db_put(c->tx, &CHANGED_DONE, DB_ARGS(DB_TEXT(k->name), DB_INT(id)));
}

static void
renew(struct ctx *c, const struct record_kind *k, int64_t id)
{
    const struct merge_table *t = merge_table_of(k);
    int64_t found[CANDIDATES_MOST];
    const struct value *row = merge_row(c, t, id);
    size_t n = row == NULL ? 0 : put_keys(c, k, id, row, found);
    for (size_t i = 0; i < n; i++) {
        const struct value *other = merge_row(c, t, found[i]);
        const char *reasons;
        int score = other == NULL ? 0 : compare(c, k, row, other, &reasons);
        if (score >= DUPLICATE_LEAST) {
            put_pair(c, k, id, found[i], score, reasons);
        }
    }
}

void
record_duplicates_renew(struct ctx *c, const struct record_kind *k, int64_t id)
{
    if (k->duplicates != NULL) {
        forget(c, k, id);
        renew(c, k, id);
    }
}

void
record_duplicates_note(struct ctx *c, const struct record_kind *k, int64_t id)
{
    if (k->duplicates != NULL) {
        db_put(c->tx, &CHANGED_ADD, DB_ARGS(DB_TEXT(k->name), DB_INT(id)));
    }
}

static const struct value *
mark_of(struct ctx *c, const struct record_kind *k, unsigned most, int64_t *last)
{
    *last = db_value_int(c->tx, &MARK, DB_ARGS(DB_TEXT(k->name)), 0);
    return db_list(c->tx, c->arena, &merge_table_of(k)->next,
                   DB_ARGS(DB_INT(*last), DB_INT(most)));
}

unsigned
record_duplicates_scan(struct ctx *c, const struct record_kind *k, unsigned most)
{
    int64_t last;
    const struct value *changed =
        db_list(c->tx, c->arena, &CHANGED, DB_ARGS(DB_TEXT(k->name), DB_INT(most)));
    unsigned n = (unsigned)value_count(changed);
    for (size_t i = 0; i < value_count(changed); i++) {
        record_duplicates_renew(c, k, value_get_int(value_at(changed, i), "record_id", 0));
    }
    const struct value *new = n >= most ? NULL : mark_of(c, k, most - n, &last);
    for (size_t i = 0; i < value_count(new); i++) {
        last = value_get_int(value_at(new, i), "id", 0);
        renew(c, k, last);
    }
    if (value_count(new) > 0) {
        db_put(c->tx, &MARK_SET, DB_ARGS(DB_TEXT(k->name), DB_INT(last)));
    }
    return n + (unsigned)value_count(new);
}

// ---- decisions -------------------------------------------------------------------------

static void
set_state(struct ctx *c, const struct record_kind *k, int64_t a, int64_t b, const char *state,
          const char *text)
{
    bool open = strcmp(state, "open") == 0;
    db_put(c->tx, &PAIR_STATE,
           DB_ARGS(DB_TEXT(state), DB_TEXT(text), DB_TEXT(open ? NULL : c->actor->name),
                   open ? DB_NULL : DB_INT(c->now), DB_TEXT(k->name), DB_INT(a < b ? a : b),
                   DB_INT(a < b ? b : a)));
}

void
record_duplicates_merged(struct ctx *c, const struct record_kind *k, int64_t into, int64_t from)
{
    if (k->duplicates != NULL) {
        set_state(c, k, into, from, "merged", NULL);
        forget(c, k, from);
        record_duplicates_renew(c, k, into);
    }
}

void
record_duplicates_parted(struct ctx *c, const struct record_kind *k, int64_t into, int64_t from)
{
    if (k->duplicates != NULL) {
        set_state(c, k, into, from, "open", NULL);
        record_duplicates_renew(c, k, into);
        record_duplicates_renew(c, k, from);
    }
}

bool
record_duplicate_decide(struct ctx *c, const struct record_kind *k, int64_t pair,
                        const char *state, const char *text)
{
    const struct value *p =
        db_one(c->tx, c->arena, &PAIR, DB_ARGS(DB_INT(pair), DB_TEXT(k->name)));
    if (p == NULL || text_equal(value_get_text(p, "state"), "merged")) {
        return false;
    }
    int64_t first = value_get_int(p, "first_id", 0), second = value_get_int(p, "second_id", 0);
    struct value *data = value_map(c->arena);
    value_set_int(c->arena, data, "other_id", second);
    value_set_text(c->arena, data, "state", state);
    value_set_text(c->arena, data, "note", text);
    set_state(c, k, first, second, state, text);
    audit_write(c, arena_printf(c->arena, "%s.%s", k->name, state), k->name, first, data);
    return true;
}

// ---- reading ---------------------------------------------------------------------------

static struct value *
labels_of(struct ctx *c, const struct record_kind *k, const char *reasons)
{
    struct value *list = value_list(c->arena);
    for (const struct record_duplicate *d = k->duplicates; d->name != NULL; d++) {
        if (d->label != NULL && text_list_has(reasons, d->name)) {
            value_push(c->arena, list, value_ref(c->arena, ctx_tr(c, d->label)));
        }
    }
    return list;
}

// NULL when the reader may not see both.
static struct value *
pair_of(struct ctx *c, const struct record_kind *k, const struct value *p)
{
    struct arena *a = c->arena;
    const struct value *first = record_get(c, k, value_get_int(p, "first_id", 0));
    const struct value *second = record_get(c, k, value_get_int(p, "second_id", 0));
    if (first == NULL || second == NULL) {
        return NULL;
    }
    struct value *out = value_map(a);
    static const char *const SAME[] = {"id",   "score",      "state",
                                       "note", "decided_by", "decided_at"};
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        const struct value *v = value_get(p, SAME[i]);
        value_set(a, out, SAME[i], v == NULL ? &value_null : v);
    }
    value_set(a, out, "reasons", labels_of(c, k, value_get_text(p, "reasons")));
    value_set(a, out, "first", record_masked(c, k, first));
    value_set(a, out, "second", record_masked(c, k, second));
    return out;
}

struct value *
record_duplicate_pair(struct ctx *c, const struct record_kind *k, int64_t pair)
{
    const struct value *p =
        db_one(c->tx, c->arena, &PAIR, DB_ARGS(DB_INT(pair), DB_TEXT(k->name)));
    return p == NULL ? NULL : pair_of(c, k, p);
}

struct value *
record_duplicates_list(struct ctx *c, const struct record_kind *k, const char *state)
{
    struct arena *a = c->arena;
    struct listing_cursor from = {.number = DUPLICATE_MOST + 1, .id = INT64_MAX};
    unsigned limit = listing_limit(c);
    const char *after = ctx_query(c, "after");
    if (after != NULL && *after != '\0' && !listing_cursor_decode(a, after, &from)) {
        ctx_fault(c, "after", "cursor", T("这个翻页位置不对，请从第一页看起"));
    }
    struct value *rows = db_list(c->tx, a, &PAIRS,
                                 DB_ARGS(DB_TEXT(k->name), DB_TEXT(state), DB_INT(from.number),
                                         DB_INT(from.id), DB_INT((int64_t)limit + 1)));
    struct value *out = value_map(a), *items = value_list(a);
    const char *next = NULL;
    for (size_t i = 0; i < value_count(rows) && i < limit; i++) {
        const struct value *p = value_at(rows, i);
        struct value *pair = pair_of(c, k, p);
        if (pair != NULL) {
            value_push(a, items, pair);
        }
        if (i + 1 == limit && value_count(rows) > limit) {
            next = listing_cursor_encode(a, value_get(p, "score"), value_get_int(p, "id", 0));
        }
    }
    int64_t last;
    value_set(a, out, "items", items);
    value_set_text(a, out, "next", next);
    value_set_bool(a, out, "pending",
                   value_count(mark_of(c, k, 1, &last)) > 0 ||
                       db_one(c->tx, a, &CHANGED, DB_ARGS(DB_TEXT(k->name), DB_INT(1))) !=
                           NULL);
    return out;
}
