// SPDX-License-Identifier: Apache-2.0
// Private to record*.c: a kind with everything that is composed for it once.
#ifndef KIT_RECORD_IMPL_H
#define KIT_RECORD_IMPL_H

#include "base/buf.h"
#include "kit/listing_own.h"
#include "kit/record.h"

enum { RECORD_MENU = 100, RECORD_SLOTS = 48, RECORD_FILTERS = 24, RECORD_ARGS = 64 };

enum filter_op { FILTER_IS, FILTER_FROM, FILTER_TO };

struct record_filter {
    const char *name; // of the query parameter: "state", "created_at_from"
    const char *column;
    enum filter_op op;
    enum field_type type;
    const struct field *field; // NULL for created_at, updated_at
};

// What a statement's parameters are, in its order: filters by their index, then these.
enum {
    SLOT_SCOPE = RECORD_FILTERS,
    SLOT_SORT,
    SLOT_ID,
    SLOT_QUERY,
    SLOT_FROM, // of codes that begin with what was typed
    SLOT_TO,
    SLOT_LIMIT,
    SLOT_FREE, // 1: no filter is given but the one that leads; record_query_bind sets it
    SLOTS
};

struct record_stmt {
    struct db_stmt s;
    unsigned char slots[RECORD_SLOTS];
    unsigned count;
};

struct record_built {
    const struct record_kind *k;
    struct arena *arena;
    struct record_filter filters[RECORD_FILTERS];
    unsigned filter_count;
    unsigned leads[RECORD_FILTERS]; // indexes of filters
    unsigned lead_count;
    unsigned sort_count; // with id as the first; one behind them is that of codes
    bool scopes[3];      // which are granted for reading
    bool searched;       // some field is in the index
    // By scope: the column whose value stands in the index entry as a token (search_whose);
    // NULL: the scope is none of this kind's own columns, or the record itself.
    const char *whose[3];
    const char *code; // the column whose beginning finds a record; "id" with k->number; or NULL
    struct db_stmt insert, next, update, by_id;
    struct db_stmt unfound; // sql NULL: the kind is not searched
    struct db_stmt hits;    // how many entries have the words, without a look at the rows
    struct db_stmt *keyless, *key; // by key: records without it, the setting of one
    struct db_stmt within[3]; // by scope, when it is a column of another table; sql NULL: none
    struct db_stmt *unique, *ref, *ref_all; // by index of the field; sql NULL: none
    struct record_stmt *lists;              // see record_list_stmt
    struct record_stmt *counts;             // by scope and lead
    const struct db_stmt **all;
    size_t all_count;
    int64_t search_base;
    struct record_sealed *sealed; // one each, ended by a NULL field
    struct field reveal[3];       // input of the page that opens one
};

// A sealed field and its statements.
struct record_sealed {
    const struct field *field;
    struct db_stmt read, write, find, after;
};

// The kind's, composed at the first call.
const struct record_built *record_built_of(const struct record_kind *k);

// lead: 0 none (or the scope alone), 1 … lead_count a filter, then the words of a search, then
// the beginning of a code. sort: 0 is id, sort_count the code.
static inline unsigned
record_lead_words(const struct record_built *b)
{
    return b->lead_count + 1;
}
static inline unsigned
record_lead_code(const struct record_built *b)
{
    return b->lead_count + 2;
}
struct record_stmt *record_list_stmt(const struct record_built *b, enum record_scope scope,
                                     unsigned lead, unsigned sort, bool down);
struct record_stmt *record_count_stmt(const struct record_built *b, enum record_scope scope,
                                      unsigned lead);
const char *record_sort_word(const struct record_built *b, unsigned sort);
const char *record_sort_column(const struct record_built *b, unsigned sort);
// The stored key a sort goes by, or NULL.
const struct record_key *record_sort_key(const struct record_built *b, unsigned sort);

static inline bool
record_is_stored(const struct field *f)
{
    return f->type != FIELD_FILES && f->type != FIELD_PASSWORD && !f->derived;
}
// Written by the kind's own UPDATE; sealed fields follow it.
static inline bool
record_is_plain(const struct field *f)
{
    return record_is_stored(f) && !f->sealed;
}

// What the actor may do: false, or the widest scope and its grant.
bool record_scope_of(const struct ctx *c, const struct record_kind *k, unsigned action,
                     const struct record_grant **grant, enum record_scope *scope);
// The record is inside the scope.
bool record_in_scope(const struct ctx *c, const struct record_kind *k, enum record_scope scope,
                     const struct value *rec);
bool record_may(const struct ctx *c, const struct record_kind *k, unsigned action,
                const struct value *rec);
// "chamber_id" → "chamber_name": the member that holds the name of what a field refers to.
const char *record_ref_name(struct arena *a, const char *field);

// What a new record needs and can be made before its turn to write. What checks have changed
// since is made again.
enum { RECORD_KEYS = 4, RECORD_SEALED = 4 };
struct record_ahead {
    const struct value *of; // the fields it was made of; alive as long as this
    const char *tokens;     // NULL: the kind is not searched
    const char *keys[RECORD_KEYS];
    struct record_found_by {
        const char *index, *end;
    } sealed[RECORD_SEALED]; // what a sealed value is found by
};
// Stays in `a`; `scratch` may be the same.
struct record_ahead *record_ahead(struct arena *a, struct arena *scratch, const struct app *app,
                                  const struct record_kind *k, const struct value *rec);
// ahead: NULL, nothing is made yet.
int64_t record_create_with(struct ctx *c, const struct record_kind *k, struct value *rec,
                           const struct record_ahead *ahead);
enum err record_apply_with(struct ctx *c, const struct record_kind *k, int64_t *id,
                           struct value *in, const struct record_ahead *ahead, bool dry,
                           struct value **changes);
// The whole entry of a record, as it is or as its row has it, for the search index: whose it
// is, how its phones end, its words. ahead: NULL, nothing is made yet.
const char *record_entry(struct ctx *c, const struct record_kind *k, const struct value *rec,
                         const struct record_ahead *ahead);
// The token of phones of this field that end in `end` (seal_end).
const char *record_end_token(struct arena *a, const char *end);

// A list as asked for.
struct record_query {
    const struct record_built *b;
    enum record_scope scope;
    unsigned lead, sort;
    bool down, backward;
    bool near; // nothing has all of the text: taken for a slip in a name
    struct db_arg args[SLOTS];
    bool given[RECORD_FILTERS];
    unsigned limit;
    unsigned counted;  // how far is counted; 0: LISTING_COUNT_MOST
    const char *order; // "-id"
};
// The same for the records of one parent, newest first by the kind's order, whoever asks.
void record_query_parent(struct ctx *c, const struct record_kind *k, const char *field,
                         int64_t id, unsigned most, struct record_query *q);
// A query of the whole kind in a scope, newest first.
struct record_query record_query_of(const struct ctx *c, const struct record_kind *k,
                                    enum record_scope scope, unsigned limit);
// Asks for what has `text`, as a person types it into a list or the search box: its words or
// the end of a phone; when nothing has them, the beginning of a code; at last its words with
// one slip. Sets lead and order. False: nothing of it can be searched here.
bool record_query_text(struct ctx *c, struct record_query *q, const char *text);
// Reads c's query. False with faults.
bool record_query_read(struct ctx *c, const struct record_kind *k, unsigned most,
                       struct record_query *q);
struct record_page {
    struct value *items;
    const char *previous, *next;
};
struct record_found { // what `run` of a list hands to `show`
    struct record_query query;
    struct record_page page;
};
// Rows of a statement of the kind as the actor may see them.
struct value *record_page_of(struct ctx *c, const struct record_built *b,
                             const struct value *rows);
// The arguments of its statement. Returns how many.
size_t record_query_bind(const struct record_query *q, const struct record_stmt *st,
                         struct db_arg args[RECORD_SLOTS]);
struct record_page record_query_run(struct ctx *c, const struct record_query *q);
// At most one more than `counted`.
int64_t record_query_count(struct ctx *c, const struct record_query *q);

// How a kind's scope is told: a column, or a column of what a reference leads to.
struct record_path {
    const char *field;  // of this kind; NULL: no reference is followed
    const char *table;  // what it leads to
    const char *column; // NULL: the kind has no such scope
};
// Which of search_whose's letters it is.
char record_whose_letter(enum record_scope scope);
// Whether lists of that scope begin with its own column: then no filter leads.
bool record_scope_leads(const struct record_kind *k, enum record_scope scope);
struct record_path record_scope_path(struct arena *a, const struct record_kind *k,
                                     enum record_scope scope);

// record_child.c: parents, children and other modules' panels.
const struct record_parent *record_parent_of(const struct record_kind *k, const char *field);
// The name of what a reference leads to, NULL when it leads nowhere.
const char *record_ref_title(struct ctx *c, const struct record_kind *k, const char *field,
                             int64_t id);
// The parent's field that the address names ("?enterprise_id=5"), else the first that the
// record has; NULL for a kind or a record without one. *id is the parent's.
const char *record_home(struct ctx *c, const struct record_kind *k, const struct value *rec,
                        int64_t *id);
// Where a page goes when a record is saved: its parent's page, or its own.
const char *record_home_url(struct ctx *c, const struct record_kind *k,
                            const struct value *rec);
// `blocks[]` of detail.html.
struct value *record_blocks(struct ctx *c, const struct record_kind *k, int64_t id);
// What an actor's new record belongs to without saying so.
void record_fill_scope(struct ctx *c, const struct record_kind *k, struct value *rec);
// record_seal.c
// The input of the page that opens one of the kind's n sealed fields.
void record_reveal_compose(struct record_built *b, size_t n);
// Puts masks in place of what is sealed.
// The mask of what a field of record `id` holds sealed.
const char *record_seal_masked(struct ctx *c, const struct record_kind *k, int64_t id,
                               const struct field *f, const char *sealed);
void record_seal_mask(struct ctx *c, const struct record_built *b, struct value *rec);
// The arguments of the INSERT of a new record for its sealed fields. Returns how many.
size_t record_seal_args(struct ctx *c, const struct record_built *b, int64_t id,
                        const struct value *rec, const struct record_ahead *ahead,
                        struct db_arg *args);
// What the i-th sealed field's value is found by, when it was made before and is still the
// same.
const struct record_found_by *record_seal_made(const struct record_built *b, size_t i,
                                               const struct value *rec,
                                               const struct record_ahead *ahead);
void record_seal_ahead(struct arena *a, const struct app *app, const struct record_built *b,
                       struct record_ahead *ahead);
// Puts masks in place of what was sealed: nobody after this needs the values.
void record_seal_hide(struct ctx *c, const struct record_built *b, struct value *rec);
// Seals what is in a changed `rec` and is no mask; NULL removes.
enum err record_seal_save(struct ctx *c, const struct record_built *b, int64_t id,
                          struct value *rec, const struct value *old);
// Masks in `rec` have to be the record's own. Faults.
void record_seal_check(struct ctx *c, const struct record_kind *k, const struct value *rec,
                       const struct value *old);
enum err record_reveal_form(struct ctx *c);
enum err record_reveal_form_show(struct ctx *c);
enum err record_reveal_run(struct ctx *c);

// One record as the database has it, masks for what is sealed; NULL when there is none.
struct value *record_load(struct ctx *c, const struct record_built *b, int64_t id);
const char *record_url(struct ctx *c, const struct record_kind *k, int64_t id,
                       const char *rest);

// record_own.c: what a reader keeps of a list.
bool record_may_list(const struct record_kind *k, const struct field *f);
// Whether the list shows it; `chosen` columns or NULL.
bool record_is_listed(const struct record_kind *k, const struct field *f, const char *chosen);
// Everything that the list shows, as a space list for exports.
const char *record_shown_columns(struct ctx *c, const struct record_kind *k,
                                 const char *chosen);
int64_t record_view_count(struct ctx *c, const char *query); // -1: its filters are wrong now
struct listing_own record_own_of(const struct record_kind *k);
enum err record_own_run(struct ctx *c);
enum err record_own_show(struct ctx *c);
enum err record_own_layout_run(struct ctx *c);
enum err record_own_view_run(struct ctx *c);
enum err record_own_change_run(struct ctx *c);

// record_export.c
enum err record_csv_run(struct ctx *c);
enum err record_xlsx_run(struct ctx *c);

// Seals a value in its place; NULL empties it.
void record_seal_put(struct ctx *c, const struct record_kind *k, int64_t id,
                     const struct field *f, const char *plain);

// record_bulk.c
enum err record_bulk_run(struct ctx *c);
enum err record_bulk_show(struct ctx *c);
enum err record_bulk_do(struct ctx *c);
// `bulk` of list.html: what this reader may do to several; null when nothing.
const struct value *record_bulk_part(struct ctx *c, const struct record_kind *k);

// record_page.c
// What a record is called.
const char *record_title(struct ctx *c, const struct record_kind *k, const struct value *rec);
// The field as people read it; a reference by its name.
const char *record_shown(struct ctx *c, const struct field *f, const struct value *rec);
// Table parts of list.html and of a block; `skip` is a field that is not shown, or NULL.
// `chosen`: columns in place of the table's own, or NULL.
struct value *record_columns(struct ctx *c, const struct record_query *q, const char *skip,
                             const char *chosen);
struct value *record_rows(struct ctx *c, const struct record_kind *k, const char *skip,
                          const char *chosen, const struct value *items);
enum err record_list_show(struct ctx *c);
enum err record_detail_show(struct ctx *c);
enum err record_form_show(struct ctx *c);

#endif
