// SPDX-License-Identifier: Apache-2.0
// Mustache with the whole specification (interpolation, sections, inverted, comments,
// delimiters, partials, inheritance), parsed once, rendered from values.
//
// Beyond the specification:
//  - Escaping by context, found when the template is parsed:
//      text and quoted attributes: & < > " ' as entities;
//      an attribute that is a URL (href, src, action, formaction, hx-get, hx-post …): a value
//      that starts the attribute must be a same-site reference ('/', '#', '?') or https:,
//      mailto:, tel:, otherwise it becomes "#"; a value behind something else, as in
//      "/demands/{{id}}", is percent-encoded.
//    A variable is a parse error where none of this would be safe: in a script or style, in a
//    comment, in a tag outside of a quoted value, in an attribute that is a program (on…,
//    style, srcdoc, hx-on, hx-vals, hx-headers, hx-trigger). So is a section that begins and
//    ends at different places of the HTML. {{{raw}}} is for values that are HTML already: only
//    for keys ending in "_html" and only between elements. (MUSTACHE_SPEC switches this off.)
//  - A parent may hold blocks and comments only; a template that is not found is an error.
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
// of threads may render it. The sources must live as long (lambdas are handed parts of them).
struct mustache *mustache_parse(struct arena *a, const char *name, const char *text,
                                const struct mustache_options *o, const char **why);

// Appends the page; false and *why when it does not fit into the buffer or the data is nested
// or circular beyond measure. In strict mode returns false at the first key that is found in no
// enclosing map and sets *why; sections and inverted sections count too (a key that may be
// empty is set to null, false or an empty list).
bool mustache_render(const struct mustache *m, const struct value *data, struct buf *out,
                     const char **why);

#endif
