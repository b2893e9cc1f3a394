// SPDX-License-Identifier: Apache-2.0
// Official classifications (industries, regions): lists too long for a menu, of which a
// FIELD_CODE keeps one code. People type a word or a code and choose from suggestions.
#ifndef KIT_CODE_H
#define KIT_CODE_H

#include "base/buf.h"
#include "kit/ctx.h"

struct code_list {
    const char *source; // address of the suggestions: "/industries/options"
    const char *format; // what the JSON schema calls it: "gb-t-4754"
    // What a code means, in the reader's language; NULL when there is no such code.
    const char *(*name)(struct arena *a, enum language l, const char *code);
    // Hands over the codes that a text finds, best first, until `found` says false.
    void (*search)(struct arena *a, enum language l, const char *text,
                   bool (*found)(void *arg, const char *code), void *arg);
};

// The code of what was typed: a code, "35 专用设备制造业" as the suggestions offer it, or a
// word that means one code only. NULL when it does not.
const char *code_read(struct arena *a, enum language l, const struct code_list *list,
                      const char *typed);
// "35 专用设备制造业"; the code alone when it means nothing.
const char *code_text(struct arena *a, enum language l, const struct code_list *list,
                      const char *code);
// Writes one suggestion, escaped, as a browser's list of them takes it.
void code_option(struct buf *out, const char *text);
// `run` of the route of a list's suggestions; the route's data is the list.
enum err code_options(struct ctx *c);

#endif
