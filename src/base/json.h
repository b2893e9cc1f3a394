// SPDX-License-Identifier: Apache-2.0
// JSON in (strict) and out, both in one pass.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/value.h"

// Parses a whole document: UTF-8, no duplicate keys, depth ≤ 64, no NUL in text, numbers as
// VALUE_INT or VALUE_DEC (at most four decimals; more, or an exponent out of range, is an
// error: nothing is rounded). Returns NULL and sets *why (a short English reason, in the
// arena) when it is not that.
const struct value *json_parse(struct arena *a, const char *text, size_t n, const char **why);
// The same for a form's input, where a number that cannot be kept exactly is one wrong field
// and not a wrong document: it becomes a VALUE_DEC of no meaning. Only for readers that take no
// decimals.
const struct value *json_parse_input(struct arena *a, const char *text, size_t n,
                                     const char **why);

// Appends v. VALUE_TIME as RFC 3339 with +08:00 (milliseconds only when not zero), VALUE_DEC
// without trailing zeros, `<`, `>` and `&` as \u escapes so that the text is safe in HTML.
void json_write(struct buf *b, const struct value *v);
void json_write_text(struct buf *b, const char *s, size_t n);

#endif
