// SPDX-License-Identifier: Apache-2.0
// An import from file to result: staged once, looked at as often as one likes, written block
// by block. Everything that must survive a kill is in the database; nothing else matters.
#ifndef KIT_IMPORT_RUN_H
#define KIT_IMPORT_RUN_H

#include "kit/app.h"
#include "kit/import.h"
#include "kit/parser.h"

enum { IMPORT_BLOCK = 500, IMPORT_KEEP_DAYS = 7 };

// reading → mapped → checking → checked → running → done; cancelled from any but running.
extern const struct choice IMPORT_STATES[];

struct import_run {
    int64_t id;
    const struct import_kind *kind; // NULL: its module is gone
    const char *kind_name, *file_name, *sha256, *runner, *state, *reason, *signature, *account;
    enum language language;
    int64_t account_id, size, rows, blocks, position;
    int64_t counts[IMPORT_OUTCOMES];
    int64_t created_at, updated_at, finished_at;
    const char **titles;
    size_t n;
    const struct value *columns; // names of fields, null where left out
    const struct value *options; // {defaults, values} of a --map file
};

// ---- a file in ---------------------------------------------------------------------------

struct import_file {
    struct app *app;
    const struct import_kind *kind;
    const struct actor *actor;
    enum language language;
    const char *name; // as the reader knows it
    int fd;
    int64_t size;
    enum parser_format format;
    const char *runner;          // "web", "command"
    const struct value *columns; // title → field name or ""; NULL: by their titles
    const struct value *options; // NULL none
    // Told after each block; may be NULL. `done` of the whole is not known before the end.
    void (*progress)(void *arg, int64_t rows);
    void *arg;
    enum err *failed; // may be NULL: not the file was wrong, but the database did this
};
// Reads the file in the sandboxed process and keeps its rows. Not inside a transaction. The id,
// or 0 with *why in the reader's language.
int64_t import_stage(const struct import_file *f, struct arena *a, const char **why);
// "csv" or "xlsx" by what the content begins with, whatever the name says.
enum parser_format import_format(int fd);
// SHA-256 of the file, hexadecimal; NULL when it cannot be read.
const char *import_hash(struct arena *a, int fd);

// ---- one import --------------------------------------------------------------------------

struct import_run *import_run_get(struct db_tx *tx, struct arena *a, const struct app *app,
                                  int64_t id);
// The newest of a command's that is not over, of the same file and kind; 0 none.
int64_t import_run_of_file(struct db_tx *tx, const char *sha256, const char *kind);
// The oldest of the pages' that waits for the job; 0 none.
int64_t import_run_waiting(struct db_tx *tx);
struct value *import_run_list(struct db_tx *tx, struct arena *a, int64_t account,
                              int64_t before,
                              unsigned most); // account 0: everybody's
struct import_task *import_run_task(struct arena *a, const struct import_run *r);

// The first rows, for whoever has to say what the columns are. Returns how many.
size_t import_run_sample(struct db_tx *tx, const struct app *app, struct arena *a,
                         const struct import_run *r, struct import_cells *out, size_t most);

// In a write: sets the columns and remembers them for sheets of this make.
void import_run_map(struct ctx *c, const struct import_run *r, const struct value *columns);
// In a write: begins a dry run ("checking") or the import ("running") from the first block.
// False when it is not in one of the states of the space list.
bool import_run_begin(struct ctx *c, const struct import_run *r, const char *state,
                      const char *from);
bool import_run_end(struct ctx *c, const struct import_run *r, const char *state,
                    const char *from, const char *reason);

// One way through a run that is checking or running, from its position. `r` stays until it is
// freed; one thread has it.
struct import_pass;
struct import_pass *import_pass_new(struct app *app, struct import_run *r);
// Takes the next blocks, in one transaction together with the run's position: several at once,
// a single one when others wait to write. Afterwards `r` tells how it stands. Not when its
// position is its end.
enum err import_pass_step(struct import_pass *p);
void import_pass_free(struct import_pass *p);

// Calls fn for the rows with an outcome of the set (bits 1 << outcome) behind line `after`,
// until it says false. Blocks without such rows are not opened.
struct import_shown {
    struct import_cells cells;
    enum import_outcome outcome;
    int64_t id;
    const struct value *detail;
};
typedef bool (*import_row_fn)(void *arg, const struct import_shown *row);
void import_run_rows(struct db_tx *tx, const struct app *app, const struct import_run *r,
                     unsigned outcomes, size_t after, import_row_fn fn, void *arg);

// The sheet of what was wrong: the line, the original columns, what is wrong. Rows of the table
// writer (view/table.h), each alive during its call.
size_t import_sheet_columns(struct arena *a, enum language l, const struct import_run *r,
                            struct table_column **out);
void import_sheet_rows(struct db_tx *tx, const struct app *app, const struct import_run *r,
                       const struct table_column *cols,
                       bool (*fn)(void *arg, const struct value *row), void *arg);
// "地址：旧 → 新", as people read values.
void import_change_text(struct buf *b, const struct import_kind *k, const char *field,
                        const struct value *pair, enum language l);
// "列：原因；列：原因"
const char *import_complaints_text(struct arena *a, const struct value *detail);

// In a write: forgets the rows of imports that were over, or left lying, for IMPORT_KEEP_DAYS.
void import_tidy(struct ctx *c);
// In a write: the rows of one import.
void import_run_forget(struct ctx *c, const struct import_run *r);

// ---- the server's job --------------------------------------------------------------------

// Goes on with what waits, on the worker pool, a block at a time. Any thread; each minute too.
void import_kick(struct app *app);

extern const struct db_stmt *const IMPORT_STATEMENTS[];

#endif
