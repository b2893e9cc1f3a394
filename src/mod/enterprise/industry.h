// SPDX-License-Identifier: Apache-2.0
// Industries by GB/T 4754-2017: 20 sections and 97 divisions stand here; the groups and classes
// below them are loaded by who has the standard (enterprise.industry_class).
#ifndef MOD_ENTERPRISE_INDUSTRY_H
#define MOD_ENTERPRISE_INDUSTRY_H

#include <stdbool.h>
#include <stddef.h>

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

#endif
