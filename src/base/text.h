// SPDX-License-Identifier: Apache-2.0
// UTF-8 text: checking what comes in, counting what people see, cleaning what they paste.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// True when the n bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlongs) with
// no NUL.
bool text_is_utf8(const char *s, size_t n);
// True when there is a control character (C0, DEL, C1) other than, with `lines`, \n and \t,
// or a bidirectional override (U+202A–202E, U+2066–2069), which can hide what is written.
bool text_has_control(const char *s, bool lines);
// Number of code points: what a length limit means to a person.
size_t text_length(const char *s);
// Bytes of the longest prefix with at most `chars` code points.
size_t text_prefix(const char *s, size_t chars);
// Cuts to at most `chars` code points, with "…" in place of the rest.
const char *text_ellipsis(struct arena *a, const char *s, size_t chars);
// Trims white space (also U+3000 and U+FEFF) from both ends, makes line ends \n and, without
// `lines`, folds inner white space and line ends to one space.
const char *text_tidy(struct arena *a, const char *s, bool lines);
// 13812346620 → 138****6620; other text keeps its first and last character.
const char *text_mask(struct arena *a, const char *s);
// A plain number with its thousands apart: "-1234567.80" → "-1,234,567.80".
const char *text_grouped(struct arena *a, const char *number);
bool text_is_mobile(const char *s); // ^1[3-9]\d{9}$, domain.md §4 (F:21)
// "one other".
const char *text_join(struct arena *a, const char *one, const char *other);
bool text_starts(const char *s, const char *prefix);
bool text_ends(const char *s, const char *suffix);
bool text_equal(const char *a, const char *b); // NULL equals only NULL
// True when the space-separated list holds the word; NULL list holds nothing.
bool text_list_has(const char *list, const char *word);
// Whole decimal integer, no sign but '-', no overflow; false otherwise.
bool text_to_int(const char *s, int64_t *out);
// Lower-case hexadecimal.
const char *text_hex(struct arena *a, const void *p, size_t n);
const char *text_lower(struct arena *a, const char *s); // ASCII only
const char *text_upper(struct arena *a, const char *s); // ASCII only

#endif
