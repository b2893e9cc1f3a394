// SPDX-License-Identifier: Apache-2.0
// How one enterprise entered twice is recognised, and what moves when the two become one.
#ifndef MOD_ENTERPRISE_ENTERPRISE_SAME_H
#define MOD_ENTERPRISE_ENTERPRISE_SAME_H

#include "kit/record_merge.h"

// What is left of a name without the place in front, the legal form behind, brackets, spaces
// and full-width letters: "江苏省盐城市 江南精密机械（集团）有限公司" → "江南精密机械". The
// region's code and the district's name may be NULL. Never shorter than two characters.
const char *enterprise_core_name(struct arena *a, const char *name, const char *region,
                                 const char *district);
// Letters, digits and characters only: spaces, brackets and points say nothing.
char *enterprise_squeezed(struct arena *a, const char *text);
// At most one character is wrong, missing or superfluous.
bool enterprise_names_are_near(const char *a, const char *b);

extern const struct record_duplicate ENTERPRISE_DUPLICATES[];
extern const struct record_link ENTERPRISE_LINKS[];

#endif
