// SPDX-License-Identifier: Apache-2.0
// Private to the module: statements and computed facts of an enterprise.
#ifndef MOD_ENTERPRISE_ENTERPRISE_FACTS_H
#define MOD_ENTERPRISE_ENTERPRISE_FACTS_H

#include "kit/record.h"

extern const struct db_stmt ENTERPRISE_SAME_YEAR;

// enterprise_size.c: works the size out of the newest year's figures and keeps it, with the
// enterprise's history, when it changes. What is stated of one without figures stays.
enum err enterprise_size_renew(struct ctx *c, int64_t enterprise_id);
extern const struct db_stmt ENTERPRISE_FIGURES, ENTERPRISE_SIZED;

#endif
