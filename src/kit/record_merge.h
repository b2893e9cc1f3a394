// SPDX-License-Identifier: Apache-2.0
// One record entered twice: finding such pairs, making one of them, and undoing it. A kind
// takes part by a table of what two entries of it have in common (record_kind.duplicates); what
// refers to it is a table, too (module.links), which a test holds against the schema.
#ifndef KIT_RECORD_MERGE_H
#define KIT_RECORD_MERGE_H

#include "kit/record.h"

// A column of a module's own tables that holds the id of a record of some kind. Rows follow
// their record when it is merged into another. A raw row, here and below, holds every column of
// the kind's table under its own name, numbers and texts as the database has them, sealed ones
// sealed.
struct record_link {
    const char *to; // plural of the kind; NULL ends a table
    const char *table, *column;
    const char *label;       // Chinese, what is moved: "会籍"
    const char *kind_column; // "kind": rows whose column of this name names the kind; NULL none
    const struct record_kind *kind; // the rows are records of this kind, of the same module;
                                    // NULL: only moved
    bool versioned;                 // without `kind`: the table has `version` and `updated_at`
    // Both records have a row of the same thing, `theirs` that of the one that goes: then these
    // two rows become one as well. NULL: never. Only with `kind`.
    bool (*same)(const struct value *ours, const struct value *theirs);
    // What `ours` gets from `theirs` (raw rows). NULL: whatever it lacks.
    void (*combine)(struct arena *a, struct value *ours, const struct value *theirs);
    // After everything has moved to record `id`, also back. What it changes is undone if it is
    // the record itself or a row of this link.
    enum err (*settle)(struct ctx *c, int64_t id);
};

// What two entries of one thing have in common.
struct record_duplicate {
    const char *name; // "uscc"; NULL ends a table
    const char *label; // Chinese, the reason shown: "组织机构代码相同"; NULL: only for finding
    // NULL when the raw row says nothing about it.
    const char *(*key)(struct ctx *c, const struct value *row);
    bool (*alike)(const char *a, const char *b); // NULL: equal
    int same, differs;                           // points, when both say something
    bool finds;         // pairs are looked for by it: keys are kept in an index
    const char *unless; // space list of rules that say more when they hold
};
// A pair is shown from so many points on.
enum { DUPLICATE_LEAST = 60, DUPLICATE_MOST = 99 };

// Looks at up to `most` records that are new or have changed. Returns how many. In a write.
unsigned record_duplicates_scan(struct ctx *c, const struct record_kind *k, unsigned most);
// One record again, at once.
void record_duplicates_renew(struct ctx *c, const struct record_kind *k, int64_t id);
// Remembers to look at a changed record; for record.c.
void record_duplicates_note(struct ctx *c, const struct record_kind *k, int64_t id);

// Makes record `from` part of `into`, in a write. `other` is a map of fields whose value comes
// from `from`: {"name": true}. Returns the id of the merge, 0 when refused; c->result says why.
int64_t record_merge(struct ctx *c, const struct record_kind *k, int64_t into, int64_t from,
                     const struct value *other, const char *reason);
// ERR_CONFLICT when something moved has changed since, or too much time has passed.
enum err record_unmerge(struct ctx *c, const struct record_kind *k, int64_t merge);
// For `combine`: what `ours` lacks, it gets from `theirs`.
void record_row_fill(struct arena *a, struct value *ours, const struct value *theirs);
// Where a record that is not there any more went, however far; 0 when it never was merged.
int64_t record_merged_into(struct db_tx *tx, const char *kind, int64_t id);
// Forgets what is needed only to undo merges whose time has passed.
void record_merge_forget(struct ctx *c);

extern const struct db_stmt *const RECORD_MERGE_STATEMENTS[];
extern const struct db_stmt *const RECORD_DUPLICATE_STATEMENTS[];
// Composed for a module's links and for its kinds that take part; NULL-ended.
const struct db_stmt *const *record_link_statements(const struct module *m);

#endif
