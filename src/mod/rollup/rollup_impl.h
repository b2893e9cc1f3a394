// SPDX-License-Identifier: Apache-2.0
// Private to mod/rollup.
#ifndef MOD_ROLLUP_IMPL_H
#define MOD_ROLLUP_IMPL_H

#include "mod/rollup/rollup.h"

// A figure of a summary and a column of the city's page. `of`: the figure it is a part of,
// shown as a share of that one instead of a number.
struct rollup_figure {
    const char *name;  // in the summary; NULL ends the table
    const char *label; // Chinese; NULL: not a column, only the whole of a share
    const char *of;
};
extern const struct rollup_figure ROLLUP_FIGURES[];

extern const struct record_kind ROLLUP_SOURCE_KIND;
extern const struct db_stmt ROLLUP_ROSTER, ROLLUP_MEMBERS, ROLLUP_DEMANDS, ROLLUP_CLOSED,
    ROLLUP_NOW, ROLLUP_SOURCE, ROLLUP_MADE, ROLLUP_KEEP;

extern const struct field ROLLUP_IN[];
enum err rollup_page_run(struct ctx *c);
enum err rollup_page_show(struct ctx *c);

#endif
