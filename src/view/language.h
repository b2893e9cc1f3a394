// SPDX-License-Identifier: Apache-2.0
// Two languages. Chinese text is its own key; lang/en.json maps it to English. A key may hold
// {0} … {9}, filled by the caller.
#ifndef VIEW_LANGUAGE_H
#define VIEW_LANGUAGE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum language { LANG_ZH, LANG_EN, LANG_COUNT };

// Marks a literal for the catalogue checker; T(x) is x.
#define T(x) x

// Loads the embedded catalogue once at start; false and *why when it is not valid.
bool language_load(const char *json, size_t n, const char **why);
// The text in that language; without an entry, the Chinese itself.
const char *tr(enum language l, const char *chinese);
// The same with {0}… replaced by the arguments (const char *, n of them), in the arena. When
// {0} is "1", an entry "…|one" of the catalogue comes before the plain one.
const char *trf(struct arena *a, enum language l, const char *chinese, size_t n, ...);
// "zh-CN" or "en".
const char *language_tag(enum language l);
// The best of an Accept-Language header; Chinese when it names neither.
enum language language_from_header(const char *accept);
// For templates: arg is (void *)(uintptr_t)language.
const char *language_translate(void *arg, const char *chinese);

#endif
