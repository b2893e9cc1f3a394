// SPDX-License-Identifier: Apache-2.0
// Private to record_merge*.c and record_duplicate.c: raw rows of a kind's table, and the
// statements of a link, composed once.
#ifndef KIT_RECORD_MERGE_IMPL_H
#define KIT_RECORD_MERGE_IMPL_H

#include "kit/record_impl.h"
#include "kit/record_merge.h"

enum { MERGE_COLUMNS = RECORD_ARGS + 16 };

// Every column of the kind's table, the id first.
struct merge_table {
    const struct record_kind *k;
    const char *columns[MERGE_COLUMNS];
    unsigned count;
    struct db_stmt image, insert, restore, remove;
    struct db_stmt next; // ids after one: for finding duplicates
};

struct merge_link {
    const struct record_link *l;
    const char *name; // "demand.enterprise_id"
    bool self;        // a record of the kind may refer to another of it
    struct db_stmt rows, move, now, version;
};

const struct merge_table *merge_table_of(const struct record_kind *k);
// NULL when no kind of the modules is called so.
const struct merge_table *merge_table_named(const struct app *app, const char *kind);
// The links to a kind, one after the other; NULL past the last.
const struct merge_link *merge_link_at(const struct app *app, const struct record_kind *k,
                                       size_t i);
const struct merge_link *merge_link_named(const struct app *app, const char *name);

// Raw rows and ids, see kit/record_merge.h.
struct value *merge_row(struct ctx *c, const struct merge_table *t, int64_t id);
struct value *merge_ids(struct ctx *c, const struct merge_link *l, const struct record_kind *k,
                        int64_t id);
struct value *merge_rows(struct ctx *c, const struct merge_link *l, const struct record_kind *k,
                         int64_t id);
// Which of our rows is the same as one of theirs; NULL when none is.
const struct value *merge_twin(const struct merge_link *l, const struct value *ours,
                               const struct value *theirs);
const char *merge_title(struct ctx *c, const struct record_kind *k, const struct value *rec);
// A merge of this kind by its number.
struct value *merge_get(struct ctx *c, const struct record_kind *k, int64_t id);

// record_duplicate.c
void record_duplicates_merged(struct ctx *c, const struct record_kind *k, int64_t into,
                              int64_t from);
void record_duplicates_parted(struct ctx *c, const struct record_kind *k, int64_t into,
                              int64_t from);
// {"items": [pairs], "next", "pending"} in this state.
struct value *record_duplicates_list(struct ctx *c, const struct record_kind *k,
                                     const char *state);
// What is said of a pair: NULL when there is none of this kind.
struct value *record_duplicate_pair(struct ctx *c, const struct record_kind *k, int64_t pair);
// "open" or "distinct". False when it was merged.
bool record_duplicate_decide(struct ctx *c, const struct record_kind *k, int64_t pair,
                             const char *state, const char *text);

// The routes of a kind that takes part, ended by a NULL pattern: %s is its plural.
extern const struct route RECORD_MERGE_ROUTES[];
// Input of its POST …/merge: which field comes from the other record.
const struct field *record_merge_fields(const struct record_kind *k);

extern const struct db_stmt MERGE_GET, MERGE_LIST;

#endif
