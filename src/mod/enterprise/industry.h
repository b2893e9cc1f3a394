// SPDX-License-Identifier: Apache-2.0
// Industries by GB/T 4754-2017: 20 sections and 97 divisions stand here; the groups and classes
// below them come from DIR/industries.csv of who has the standard.
#ifndef MOD_ENTERPRISE_INDUSTRY_H
#define MOD_ENTERPRISE_INDUSTRY_H

#include "kit/code.h"

struct industry {
    const char *code; // "C", "35"
    const char *name;
};

enum { INDUSTRY_SECTIONS = 20, INDUSTRY_DIVISIONS = 97 };
// In the standard's order: a section, then its divisions, then the next section.
extern const struct industry INDUSTRIES[INDUSTRY_SECTIONS + INDUSTRY_DIVISIONS];

// The section or division of exactly this code, NULL when there is none.
const struct industry *industry_find(const char *code);
// The section's letter of a code of any depth, "C", "35", "351", "3511", also with its letter
// in front ("C3511"); '\0' when it cannot be one. `digits` receives where the digits begin.
char industry_section(const char *code, const char **digits);

// Of every depth: a section's letter finds its divisions, a division what was loaded below it.
extern const struct code_list INDUSTRY_CODES;

// Reads rows "code,name" (CSV, UTF-8 or GB18030) of groups and classes in place of what was
// read before; lines that are none are left out and counted. NULL, or what is wrong with the
// file. Before threads start; the texts live in the arena.
const char *industry_load(struct arena *a, const char *text, size_t size, unsigned *left_out);

#endif
