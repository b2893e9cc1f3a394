// SPDX-License-Identifier: Apache-2.0
// Memberships: an enterprise or a person in a chamber, as what, since when and until when.
#ifndef MOD_MEMBERSHIP_MEMBERSHIP_H
#define MOD_MEMBERSHIP_MEMBERSHIP_H

#include "kit/record.h"

extern const struct module MEMBERSHIP_MODULE;
extern const struct record_kind MEMBERSHIP_KIND;
// What a tier of dues may be called, for whatever a seat or a standard of dues asks.
extern const struct choice MEMBERSHIP_DUES_TIERS[];

// Being a member today, also while suspended.
bool membership_is_current(const char *state);

// Admits everybody whose publicity has ended without objection, at most `most` at a time; in a
// write. Returns how many.
int64_t membership_admit_due(struct ctx *c, int64_t most);

#endif
