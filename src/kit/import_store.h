// SPDX-License-Identifier: Apache-2.0
// Private to import*.c: blocks of rows at rest, what columns meant last time, who acts.
#ifndef KIT_IMPORT_STORE_H
#define KIT_IMPORT_STORE_H

#include "kit/import_run.h"

const char *import_json(struct arena *a, const struct value *v);

// The account an import acts as, with the posts it holds now; the system for a command's.
// NULL when the account is disabled.
const struct actor *import_actor(struct db_tx *tx, struct arena *a, int64_t account,
                                 const char *runner);

void import_block_add(struct db_tx *tx, struct app *app, struct arena *a, int64_t run,
                      int64_t seq, const void *rows, size_t n);
// False when there is none or it cannot be opened.
bool import_block_rows(struct db_tx *tx, const struct app *app, struct arena *a, int64_t run,
                       int64_t seq, struct import_rows *out);
void import_block_results(struct db_tx *tx, struct app *app, struct arena *a, int64_t run,
                          int64_t seq, const struct import_result *results, size_t n,
                          const int64_t counts[IMPORT_OUTCOMES]);
// The list of [outcome, id, detail], NULL when nothing is known of the block.
const struct value *import_block_said(struct db_tx *tx, const struct app *app, struct arena *a,
                                      int64_t run, int64_t seq);
// The next block behind seq with rows of these outcomes, -1 none.
int64_t import_block_next(struct db_tx *tx, int64_t run, int64_t seq, unsigned outcomes);
void import_blocks_drop(struct db_tx *tx, int64_t run);

// What a sheet of this make was last told to mean, by this organisation or account; NULL.
const struct value *import_columns_kept(struct ctx *c, const char *kind, const char *signature);
void import_columns_keep(struct ctx *c, const char *kind, const char *signature,
                         const char *json);

extern const struct db_stmt *const IMPORT_STORE_STATEMENTS[],
    *const IMPORT_STAGE_STATEMENTS[], *const IMPORT_STEP_STATEMENTS[];

#endif
