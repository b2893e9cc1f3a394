// SPDX-License-Identifier: Apache-2.0
// Private to mod/people.
#ifndef MOD_PEOPLE_PEOPLE_IMPL_H
#define MOD_PEOPLE_PEOPLE_IMPL_H

#include "kit/import.h"
#include "kit/record_merge.h"
#include "mod/people/people.h"

extern const struct import_kind PERSON_IMPORT;
extern const struct record_kind CONSENT_KIND;
extern const struct db_stmt *const PERSON_STATEMENTS[];

// person_find.c: who has this ID number, or this mobile. A POST, so that the number is in no
// address and no log.
// person_same.c
extern const struct record_duplicate PERSON_DUPLICATES[];
extern const struct record_link PERSON_LINKS[];

extern const struct field PERSON_FIND_FIELDS[];
enum err person_find_form(struct ctx *c);
enum err person_find_show(struct ctx *c);
enum err person_find_run(struct ctx *c);

#endif
