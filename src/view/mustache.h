// SPDX-License-Identifier: Apache-2.0
// Mustache with the whole specification (interpolation, sections, inverted, comments,
// delimiters, partials, inheritance), parsed once, rendered from values.
//
// Beyond the specification:
//  - Escaping by context, found when the template is parsed: text, quoted attribute, URL in
//    href/src/action (a value that does not start with '/', '#', '?' , "https:" , "mailto:" or
//    "tel:" becomes "#"). {{{raw}}} is for values that are HTML already, and only for keys
//    ending in "_html".  (Spec tests switch this off with MUSTACHE_SPEC.)
//  - [[中文]] marks text for translation; it may hold tags: [[共 {{n}} 件]]. In Chinese the
//    marks vanish; in English the catalogue's text stands there, bound at parse time.
//  - Strict mode: a missing key is an error instead of nothing.
//  - {{time_key}} of a VALUE_TIME prints "2026-11-23 10:05"; VALUE_INT prints plain digits.
#ifndef VIEW_MUSTACHE_H
#define VIEW_MUSTACHE_H

#include "base/buf.h"
#include "base/value.h"

#include <stdbool.h>

// Text in another language: NULL when the catalogue has none (then Chinese stands).
typedef const char *(*mustache_translate)(void *arg, const char *chinese);
// Source of a partial or parent by name, or NULL.
typedef const char *(*mustache_source)(void *arg, const char *name);

enum {
    MUSTACHE_SPEC = 1,   // plain specification: no contexts, no [[ ]], {{{x}}} for any key
    MUSTACHE_STRICT = 2, // missing keys are errors
};

struct mustache_options {
    unsigned flags;
    mustache_source source;
    mustache_translate translate;
    void *arg;
};

struct mustache;
// Parses a template and, once each, everything it includes. Lives in the arena. NULL and *why
// ("list.html:12: unclosed section rows") on a syntax error. Immutable afterwards: any number
// of threads may render it.
struct mustache *mustache_parse(struct arena *a, const char *name, const char *text,
                                const struct mustache_options *o, const char **why);

// Appends the page. In strict mode returns false at the first key that is found in no
// enclosing map and sets *why; sections and inverted sections count too (a key that may be
// empty is set to null, false or an empty list).
bool mustache_render(const struct mustache *m, const struct value *data, struct buf *out,
                     const char **why);

#endif
