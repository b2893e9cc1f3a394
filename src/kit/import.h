// SPDX-License-Identifier: Apache-2.0
// Tables of other people's making into records of any kind. What a kind adds is one table: by
// which fields a row is recognised, and what its columns are called elsewhere. The rest (cells
// into values, headings, references by name, old and new, batches, going on after a stop) is
// here, the same for the command line and the pages.
//
//     static const struct import_key KEYS[] = {{"uscc", &BY_USCC}, {"name", &BY_NAME}, {0}};
//     static const struct import_title TITLES[] = {{"name", "单位名称 公司名称"}, {0}};
//     const struct import_kind X_IMPORT = {.kind = &X_KIND, .keys = KEYS, .titles = TITLES};
//
// and X_IMPORT in the `imports` of its module.
#ifndef KIT_IMPORT_H
#define KIT_IMPORT_H

#include "kit/import_rows.h"
#include "kit/record.h"

// One way of telling which record a row means. Keys are tried in order, each whose fields the
// row gives; a record found by a later key counts only when it has no other value where the
// earlier ones looked. A key of one field is also how other kinds' sheets refer to this one.
struct import_key {
    const char *fields;         // space list; NULL ends a table
    const struct db_stmt *find; // their values in this order → id, LIMIT 2; a sealed field's
                                // value is its blind index (kit/seal.h)
    bool refers; // only for how other sheets refer to it, too weak to tell rows apart by
};

// What columns are called elsewhere. Labels in both languages and field names are known anyway.
struct import_title {
    const char *field;  // NULL ends a table
    const char *titles; // space list
    // Brings a cell into the field's spelling before it is checked; NULL when nothing is
    // needed.
    const char *(*tidy)(struct arena *a, const char *text);
};

// A row on its way, for a kind that has to do more than the fields say.
struct import_row {
    struct value *in;                 // typed; may be changed in `prepare`
    const struct value *old;          // the record it means, NULL: a new one
    int64_t id;                       // of the record; 0 in `prepare` of a new one and when dry
    bool dry;                         // nothing is written: a snapshot
    struct value *changes;            // {field: [old, new]}; `after` may add to it
    bool more;                        // set by `after`: something else of this row was saved
    const struct record_ahead *ahead; // the engine's
};

struct import_kind {
    const struct record_kind *kind;
    const struct field *fields;    // beside the kind's own, for prepare and after; may be NULL
    const struct import_key *keys; // those that only refer stand last
    const struct import_title *titles;
    const char *never;    // space list of the kind's fields that no sheet says
    const char *supplies; // of its required fields that `prepare` fills in
    const char *example;  // Chinese, for the page: what such a sheet usually holds
    // Faults or refusals through ctx, as in before_save. May be NULL.
    enum err (*prepare)(struct ctx *c, struct import_row *row);
    enum err (*after)(struct ctx *c, struct import_row *row);
};

// All kinds of the modules, in their order; NULL at the end.
const struct import_kind *import_kind_at(const struct app *app, size_t i);
const struct import_kind *import_kind_find(const struct app *app, const char *plural);
// Whether the actor may bring records of this kind in at all.
bool import_may(const struct ctx *c, const struct import_kind *k);

// ---- columns ---------------------------------------------------------------------------

// What a sheet's columns mean.
struct import_column {
    const struct field *field; // NULL: left out
    int scale;                 // money: fen a unit (1 when a program wrote it), 0: yuan
    const char *(*tidy)(struct arena *a, const char *text);
};

// Every field a sheet of the kind may fill, in order, ended by NULL.
const struct field *const *import_fields(struct arena *a, const struct import_kind *k);
const struct field *import_field(const struct import_kind *k, const char *name);
// The field a column's title means, or NULL.
const struct field *import_field_of_title(struct arena *a, const struct import_kind *k,
                                          const char *title);

// How well a title names a field: the smaller the better, -1 not at all. Of two columns that
// mean the same, a reference goes by the better named one: by the code, not by the name.
int import_title_rank(struct arena *a, const struct import_kind *k, const struct field *f,
                      const char *title);

// The first rows of a sheet: finds where the headings stand, in one row or two, below titles.
struct import_head {
    size_t first, rows; // index of the heading's first row among the given ones, and how many
    const char **titles;
    size_t n;
};
// rows are `count` rows as they came. False when there is nothing that could be a heading.
bool import_head_find(struct arena *a, const struct import_kind *k,
                      const struct import_cells *rows, size_t count, struct import_head *out);
// Tells sheets of one make apart from others: 16 hexadecimal digits.
const char *import_signature(struct arena *a, const char *const *titles, size_t n);

// ---- cells -----------------------------------------------------------------------------

// Full-width letters, digits and signs as their plain twins; other characters stay.
const char *import_narrow(struct arena *a, const char *text);
// Tidied; control characters come from copying out of other systems and mean nothing: dropped,
// unlike in a form, where somebody is there to be asked.
const char *import_clean(struct arena *a, const char *cell, bool lines);
// "2021-3-5" "2021/3/5" "2021.3.5" "2021年3月5日" "20210305" "2021年3月" (its first day) or a
// serial of the 1900 system → "2021-03-05"; NULL when it is no date of 1900 … 2099.
const char *import_date(struct arena *a, const char *text);
// The same with a time of day: milliseconds UTC.
bool import_moment(const char *text, int64_t offset, int64_t *ms);
// A cell as the field keeps it; references stay texts. NULL with *wrong, a sentence in the
// reader's language that says how to mend it.
const struct value *import_cell(struct arena *a, enum language l, const struct import_column *c,
                                const char *text, const char **wrong);

// ---- rows ------------------------------------------------------------------------------

enum import_outcome { IMPORT_NEW, IMPORT_CHANGED, IMPORT_SAME, IMPORT_WRONG, IMPORT_OUTCOMES };
extern const char *const IMPORT_OUTCOME_WORDS[IMPORT_OUTCOMES]; // "new" "changed" …

// One import while it goes on: tables and what was looked up.
struct import_task {
    const struct import_kind *kind;
    struct arena *arena; // of the task
    struct import_column *columns;
    const char *const *titles;
    size_t n;
    const struct value *defaults, *values; // of a --map file; NULL none
    int64_t offset;                        // its clock from UTC, ms
    struct import_seen *seen;              // references found; rows met in a dry run
};
struct import_task *import_task_new(struct arena *a, const struct import_kind *k,
                                    const char *const *titles, size_t n,
                                    const struct value *columns);
// The titles of columns that must be there for new records and are not; NULL when none.
const char *import_task_lacks(const struct import_task *t, enum language l);

struct import_result {
    enum import_outcome outcome;
    int64_t id;
    struct value *detail; // changed: {field: [old, new]}; wrong: [{column, message}]
};
// What can be done of a row before its turn, on a snapshot: its cells are read, what a new
// record needs is made. It stays in `keep`; c's own arena is for what does not. A row that
// looks wrong gets nothing: rows before it may mend that.
struct import_ahead {
    const struct value *in; // NULL: nothing was done
    const struct record_ahead *record;
};
void import_look(struct ctx *c, struct import_task *t, const struct import_cells *cells,
                 struct arena *keep, struct import_ahead *out);
// Takes one row, in a write or, with `dry`, on a snapshot. ERR_OK also for a wrong row, nothing
// of which was written; otherwise what was written of it must be undone. ahead may be NULL.
enum err import_take(struct ctx *c, struct import_task *t, const struct import_cells *cells,
                     const struct import_ahead *ahead, bool dry, struct import_result *out);

#endif
