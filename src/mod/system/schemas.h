// SPDX-License-Identifier: Apache-2.0
// JSON schemas for the description of the API, from field tables and tables of answers.
#ifndef MOD_SYSTEM_SCHEMAS_H
#define MOD_SYSTEM_SCHEMAS_H

#include "kit/record.h"

const struct value *schema_type(struct arena *a, const char *type, const char *format);
const struct value *schema_ref(struct arena *a, const char *name);
const struct value *schema_list(struct arena *a, const struct value *items);
// {"items":[…],"next":…}
const struct value *schema_page(struct arena *a, const struct value *items);
const struct value *schema_field(struct arena *a, const struct field *f);
// The body of a POST or, partial, of a PATCH.
const struct value *schema_input(struct arena *a, const struct field *fields, bool partial);
// "Enterprise"
const char *schema_name(struct arena *a, const struct record_kind *k);
// What a path that is no record's is about; *one: it is no collection. NULL: nothing fixed.
const char *schema_of_path(const char *pattern, bool *one);
// What a path below a kind answers that is no record of it; *list: a page of them. NULL: none.
const char *schema_of_answer(const char *pattern, bool get, bool *list);
// Every schema that schema_ref may name.
const struct value *schemas_all(struct arena *a, const struct module *const *modules);

#endif
