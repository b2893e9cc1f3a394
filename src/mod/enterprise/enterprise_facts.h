// SPDX-License-Identifier: Apache-2.0
// Private to the module: the kinds of records under an enterprise.
#ifndef MOD_ENTERPRISE_ENTERPRISE_FACTS_H
#define MOD_ENTERPRISE_ENTERPRISE_FACTS_H

#include "kit/record.h"

extern const struct record_kind ENTERPRISE_FIGURE_KIND;  // 年度数据
extern const struct record_kind ENTERPRISE_TAG_KIND;     // 资质标签
extern const struct record_kind ENTERPRISE_CONTACT_KIND; // 联系人
extern const struct db_stmt ENTERPRISE_SAME_YEAR;

#endif
