// SPDX-License-Identifier: Apache-2.0
// How one enterprise entered twice is recognised, and what moves when the two become one.
// Private to mod/enterprise.
#ifndef MOD_ENTERPRISE_ENTERPRISE_SAME_H
#define MOD_ENTERPRISE_ENTERPRISE_SAME_H

#include "kit/record_merge.h"

extern const struct record_duplicate ENTERPRISE_DUPLICATES[];
extern const struct record_link ENTERPRISE_LINKS[];

#endif
