// SPDX-License-Identifier: Apache-2.0
// Private to the module: the kinds of records under an enterprise.
#ifndef MOD_ENTERPRISE_ENTERPRISE_FACTS_H
#define MOD_ENTERPRISE_ENTERPRISE_FACTS_H

#include "kit/record.h"

extern const struct record_kind ENTERPRISE_FIGURE_KIND;  // 年度数据
extern const struct record_kind ENTERPRISE_TAG_KIND;     // 资质标签
extern const struct record_kind ENTERPRISE_CONTACT_KIND; // 联系人
extern const struct db_stmt ENTERPRISE_SAME_YEAR;

// enterprise_size.c: works the size out of the newest year's figures and keeps it, with the
// enterprise's history, when it changes. What is stated of one without figures stays.
enum err enterprise_size_renew(struct ctx *c, int64_t enterprise_id);
extern const struct db_stmt ENTERPRISE_FIGURES, ENTERPRISE_SIZED;

#endif
