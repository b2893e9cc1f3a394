// SPDX-License-Identifier: Apache-2.0
// Organisations (组织): the federation, its chambers and committees, and the departments that
// answer demands. What others may use: names and choices.
#ifndef MOD_ORG_ORG_H
#define MOD_ORG_ORG_H

#include "kit/import.h"

extern const struct module ORG_MODULE;
extern const struct record_kind ORG_KIND;
extern const struct import_kind ORG_IMPORT;
// What demands are about, and so what a department handles.
extern const struct choice ORG_CATEGORIES[];
extern const struct choice ORG_KINDS[]; // federation town industry … department

// The name, or NULL when there is none.
const char *org_name(struct db_tx *tx, struct arena *a, int64_t id);
// [{value label}] of the active ones of one kind ("department"), or of all chambers for
// "chamber", in the order the federation gave them; `value` is the id as text.
struct value *org_options(struct db_tx *tx, struct arena *a, const char *kind);
// Departments that handle a category of demands: [{id name}].
struct value *org_for_category(struct db_tx *tx, struct arena *a, const char *category);

#endif
