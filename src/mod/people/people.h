// SPDX-License-Identifier: Apache-2.0
// People: entrepreneurs and staff, once each. What they are in an enterprise or a chamber are
// dated relations, kept beside them.
#ifndef MOD_PEOPLE_PEOPLE_H
#define MOD_PEOPLE_PEOPLE_H

#include "kit/record.h"

extern const struct module PERSON_MODULE;
extern const struct record_kind PERSON_KIND;
extern const struct record_kind PERSON_POST_KIND; // what people are in enterprises

// Whether a person agrees to a purpose (see CONSENT_KIND) today. On a snapshot or in a write.
bool person_agreed(struct ctx *c, int64_t person_id, const char *purpose);

// NULL for an ID number that can exist, else the Chinese reason.
const char *person_id_fault(struct arena *a, const char *s);

#endif
