// SPDX-License-Identifier: Apache-2.0
// A city's view of its districts: each district signs a summary of a month, a handful of
// counts, and sends it up; the city verifies, keeps and adds up. Rows of enterprises or people
// never leave a district (docs/adr/0014-many-districts.md).
#ifndef MOD_ROLLUP_H
#define MOD_ROLLUP_H

#include "kit/app.h"
#include "kit/record.h"

extern const struct module ROLLUP_MODULE;

// The key that a city enters for this district: 64 hexadecimal digits of Ed25519.
const char *rollup_public_key(const struct app *app, struct arena *a);
// "2026-11", so many months before the present one.
const char *rollup_month(struct arena *a, int64_t now, int back);
bool rollup_is_month(const char *text);
// The district's signed summary of a month, counted in c->tx: one line of JSON. NULL when it
// cannot be counted.
const char *rollup_summary(struct ctx *c, const char *month);
// Takes a signed summary, c->in or a line of JSON that says the same: verified by the key that
// is registered, kept unless a newer one of that month is known. In a write; refusals say why.
enum err rollup_take(struct ctx *c);
bool rollup_read_line(struct ctx *c, const char *line);

#endif
