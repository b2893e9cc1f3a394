// SPDX-License-Identifier: Apache-2.0
// A kind of record is a table of data: fields, who may do what, how it is listed. From it the
// kit makes routes, SQL, pages, JSON, exports, search and history; the module adds only what
// is special about its kind. docs/adr/0007-record-statements.md tells why SQL is composed.
#ifndef KIT_RECORD_H
#define KIT_RECORD_H

#include "kit/name_key.h"
#include "kit/route.h"

struct record_duplicate;

// RECORD_REVEAL: sees what `sealed` fields hold, one at a time, with a reason that is kept.
enum { RECORD_READ = 1, RECORD_CREATE = 2, RECORD_UPDATE = 4, RECORD_REVEAL = 8 };

// From wide to narrow: the widest that an actor's roles give counts.
enum record_scope { SCOPE_ALL, SCOPE_ORGANIZATION, SCOPE_ENTERPRISE };

struct record_grant {
    unsigned actions; // 0 ends a table
    unsigned roles;
    enum record_scope scope;
    const char *keeps; // space list of fields this grant does not let people change
};

// Order of a list beside that of ids. The column is NOT NULL and has an index; `leads` names
// the filters (space list) that have an index (filter, column) as well.
struct record_sort {
    const char *field; // NULL ends a table
    const char *leads;
};

// Names sort by a key that is kept beside them (kit/name_key.h) and computed with every save.
// The word stands among `sorts`, as a field's name or for itself.
struct record_key {
    const char *sort; // the word; NULL ends a table
    const char
        *column;    // that holds the key: TEXT NOT NULL DEFAULT '', indexed as its sort asks
    const char *of; // the text field
    enum name_order order;
    const char *label; // "按姓氏笔画": a button of the list; NULL: the column's head will do
};

// A record of this kind belongs to one of another kind, as a year's figures to an enterprise.
// The parent's page then shows its newest ones with a link to add one (when the reader may),
// to all of them, and to each; the form is opened there with the parent filled in, returns
// there, and the parent of a record never changes afterwards. A kind may have several parents:
// a membership shows on the page of the enterprise and on that of the chamber.
// The field is a FIELD_REF, IN_FILTER and one of the kind's `leads`; for the default `order`
// there is an index (field, order). The list columns show, without the parent itself.
struct record_parent {
    const char *field; // "enterprise_id"; NULL ends a table
    const char *label; // heading on the parent's page: "年度数据"; NULL: no block, a panel of
                       // the module shows them
    const char
        *empty; // said there when there is none; NULL: no block then, but for who may add
};

// One value that can be given to several records at once, chosen in the list. Every record is
// saved as if it had been changed alone (checks, history, audit); all of them or none.
struct record_bulk {
    const char *name;  // NULL ends a table
    const char *label; // Chinese, the button: "改状态"
    const char *sets;  // a field of the kind
};

// Another page about these records, for the head of their list.
struct record_more {
    const char *url; // NULL ends a table
    const char *label, *icon;
    unsigned roles;
};

struct record_kind {
    const char *name;       // "enterprise": in events, audit, search
    const char *plural;     // "enterprises": the URL
    const char *label;      // "企业"
    const char *list_label; // "企业会员"
    const char *table;      // has id, created_at, updated_at, version and a column per field
    const char *title;      // field that names a record in lists and references: any type
    const char *subtitle;   // field shown below it in lists; NULL none
    // FIELD_REF: `ref` is the plural of a kind, whose table is the singular and has a column
    // `name`. FIELD_FILES and FIELD_PASSWORD are not kept here.
    const struct field *fields;
    const struct record_grant *grants;
    // What SCOPE_ORGANIZATION and SCOPE_ENTERPRISE compare: a column, "id" is possible, or a
    // column of what a FIELD_REF leads to: "enterprise_id.chamber_id". Nothing is copied.
    const char *organization_column;
    const char *enterprise_column;
    const struct record_parent *parents; // NULL: stands alone
    // Space list of IN_FILTER fields with an index, the most selective first: it leads.
    const char *leads;
    const struct record_sort *sorts;
    const struct record_key *keys; // NULL none
    // A date (or year) after which the record is over: shown as past. NULL none.
    const char *until;
    const char *order;   // default: "-id", "name"
    const char *uniques; // space list of fields: a fault instead of a conflict
    // A subtitle that is unique is a code, found by its beginning; scopes that are a column of
    // the kind have an index (column, code). Where the id itself is the
    // number of a record, this stands before its six digits: "HY" of HY000123. NULL: it is not.
    const char *number;
    // Fields of `rec` may be set or corrected; `old` is NULL for a new record. Faults or
    // refusals through ctx. Inside the transaction, re-runnable. May be NULL.
    enum err (*before_save)(struct ctx *c, struct value *rec, const struct value *old);
    enum err (*after_save)(struct ctx *c, const struct value *rec, const struct value *old);
    const char *empty_text;         // what an empty list says
    const struct record_bulk *bulk; // NULL none
    // Sets the derived fields of a record that was read, each of them. In any transaction.
    void (*derive)(struct ctx *c, struct value *rec);
    // What its form offers: `fields` are those of form.html, of this page only; `rec` is the
    // record, or what is known of a new one. May be NULL.
    void (*form)(struct ctx *c, const struct value *rec, const struct value *fields);
    // What the form of a new record begins with; the address may name a parent. To say more of
    // it than its name: the member that holds the reference's name. May be NULL.
    void (*begin)(struct ctx *c, struct value *rec);
    // What the record's page says besides, with record_badge and record_fact. May be NULL.
    void (*decorate)(struct ctx *c, const struct value *rec);
    const struct choice *events;    // words for what its history tells beside create and update
    const struct record_more *more; // buttons above the list; NULL none
    // What two entries of one thing have in common (kit/record_merge.h): with it, duplicates
    // are looked for and can be merged. NULL: never.
    const struct record_duplicate *duplicates;
};

// What a module does when a record of another module's kind was created or changed (`old` is
// NULL or what it was); in the same transaction, after the kind's own after_save.
struct record_watch {
    const char *of; // plural of the kind; NULL ends a table
    enum err (*saved)(struct ctx *c, const struct value *rec, const struct value *old);
};

// What a module adds to the page of another module's records: the demands of an enterprise.
// `make` runs on a snapshot and answers with a block as src/kit/pages/README.md describes
// `blocks` (record_block makes an empty one), or NULL: nothing to show to this reader.
struct record_panel {
    const char *of; // plural of the kind whose page it is; NULL ends a table
    struct value *(*make)(struct ctx *c, int64_t id);
};
// For `decorate`: a badge beside the heading, a line among the facts. Texts in the reader's
// language.
void record_badge(struct ctx *c, const char *tone, const char *text);
void record_fact(struct ctx *c, const char *label, const char *text);
// A block without columns and rows; `id` is its anchor. Texts are Chinese.
struct value *record_block(struct ctx *c, const char *id, const char *title, const char *empty);
// Columns and rows as kit/listing.h makes them.
void record_block_table(struct ctx *c, struct value *block, struct value *columns,
                        struct value *rows);
// Its links, each may be NULL: one button and the address of the whole list.
void record_block_links(struct ctx *c, struct value *block, const char *add_label,
                        const char *add_url, const char *all_url);

// Static tables of a kind, made at the first call and the same afterwards: call them while
// the program starts, before threads do. The routes live in `a`.
const struct route *record_routes(struct arena *a, const struct record_kind *k);
const struct db_stmt *const *record_statements(const struct record_kind *k); // NULL-ended

// How many records of the kind the search index does not hold, or holds as somebody else's or
// with another phone: 0 in a sound district.
int64_t record_unfound(struct db_tx *tx, const struct record_kind *k);
// Computes the sort keys that up to `most` records of the kind lack (a new column, rows that
// came by other ways), in a write. Returns how many.
int64_t record_renew_keys(struct ctx *c, const struct record_kind *k, unsigned most);
bool record_lacks_keys(struct db_tx *tx, const struct record_kind *k);
// Whether lists take ?q=: some field of the kind has a weight, or it has a code.
bool record_is_searched(const struct record_kind *k);

// The record when the actor may read it, else NULL. Unmasked, but for sealed fields, which
// are their masks: for rules, not for readers.
struct value *record_get(struct ctx *c, const struct record_kind *k, int64_t id);
// The record as the actor may see it.
struct value *record_masked(struct ctx *c, const struct record_kind *k,
                            const struct value *rec);
// In a write: the number of the next record, for a module that inserts it by a statement of its
// own. Never one that a record had which was merged away: history and addresses are its.
int64_t record_next_id(struct ctx *c, const struct record_kind *k);
// Saves a new record with index, event and audit row, in c->tx, which writes. Faults go to c.
// Fields that are not in `rec` are NULL. 0 when refused; c->result says why.
int64_t record_create(struct ctx *c, const struct record_kind *k, struct value *rec);
// Puts in a record that whoever calls answers for: no checks, nothing follows from it, no audit
// row; with its index entry and, at c->now, the beginning of its history. For making whole
// districts, where a million of them take minutes. `tokens`: of record_tokens, NULL makes them.
int64_t record_put(struct ctx *c, const struct record_kind *k, struct value *rec,
                   const char *tokens);
// The words of a record for the search index; whose it is comes in when it is saved.
const char *record_tokens(struct arena *a, const struct record_kind *k,
                          const struct value *rec);
// Changes the fields that are in `rec`. `version` 0: whatever it is.
enum err record_update(struct ctx *c, const struct record_kind *k, int64_t id,
                       const struct value *rec, int64_t version);
// Either of them for a row of a table: *id 0 is a new record, and gets its id. `dry` checks all
// there is to check and writes nothing, on a snapshot. *changes, {field: [old, new]}, is empty
// when the record is so already.
enum err record_apply(struct ctx *c, const struct record_kind *k, int64_t *id, struct value *in,
                      bool dry, struct value **changes);
// For a kind whose records also change by statements of its own (a life cycle): tells the
// kind's after_save and other modules' watches.
enum err record_saved(struct ctx *c, const struct record_kind *k, const struct value *rec,
                      const struct value *old);
// The list as c's query asks for it, in the actor's scope: {"items":[…],"next":…}; NULL with
// faults. At most `most` rows when it is not 0, else ?limit.
struct value *record_list(struct ctx *c, const struct record_kind *k, unsigned most);

// What a sealed field holds, in c->tx; NULL when nothing or when it cannot be opened. Whoever
// shows it has asked record_reveal_note first.
const char *record_reveal(struct ctx *c, const struct record_kind *k, int64_t id,
                          const struct field *f);
// Writes down who looks at what and why: for the audit, the record's history, and the persons
// concerned. In a write. ERR_TOO_MANY beyond the setting `reveals_per_hour`.
enum err record_reveal_note(struct ctx *c, const struct record_kind *k, int64_t id,
                            const struct field *f, const char *reason);
// Ids (at most `most`) of the records whose sealed field has exactly this value, whoever may
// read them. Returns how many.
size_t record_find_sealed(struct ctx *c, const struct record_kind *k, const struct field *f,
                          const char *plain, int64_t *ids, size_t most);
// Brings the sealed fields of up to `most` records after id `after` to the present key, in a
// write. Returns the last id looked at, 0 at the end.
int64_t record_reseal(struct ctx *c, const struct record_kind *k, int64_t after, unsigned most);

// History that readers see: kind's name, type ("create"), data {field: [old, new]}.
void record_event(struct ctx *c, const char *kind, int64_t id, const char *type,
                  const struct value *data);
struct value *record_events(struct ctx *c, const char *kind, int64_t id); // newest last
// The same as the actor may read it, of a record that the actor may read.
struct value *record_history(struct ctx *c, const struct record_kind *k,
                             const struct value *rec);

// The statements of no kind in particular, NULL-ended.
extern const struct db_stmt *const RECORD_STATEMENTS[];
extern const struct db_stmt *const RECORD_SEAL_STATEMENTS[];

#endif
