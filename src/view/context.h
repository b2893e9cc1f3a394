// SPDX-License-Identifier: Apache-2.0
// Where in an HTML page a template stands: a small tokenizer over its literal parts, run while
// the template is parsed, that decides how a variable there must be escaped, or that none may
// stand there.
#ifndef VIEW_CONTEXT_H
#define VIEW_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum context_state {
    CONTEXT_TEXT,
    CONTEXT_RCDATA, // inside <title> or <textarea>: text without tags
    CONTEXT_RAW,    // inside <script>, <style> and the like
    CONTEXT_BANG,   // <!doctype …>, <?…>
    CONTEXT_COMMENT,
    CONTEXT_TAG_OPEN, // just after '<'
    CONTEXT_TAG_NAME,
    CONTEXT_TAG, // between attributes
    CONTEXT_NAME,
    CONTEXT_AFTER_NAME,
    CONTEXT_EQUALS,
    CONTEXT_QUOTED,
    CONTEXT_UNQUOTED,
};

enum context_attribute { ATTRIBUTE_PLAIN, ATTRIBUTE_URL, ATTRIBUTE_CODE };

// How much of a URL stands already in front of this place.
enum context_url { URL_START, URL_STARTED, URL_UNSURE, URL_BAD_SCHEME };

enum { CONTEXT_NAME_MAX = 24 };

struct context {
    uint8_t state;     // enum context_state
    uint8_t attribute; // enum context_attribute
    uint8_t url;       // enum context_url
    char quote;
    bool closing;  // the tag is an end tag
    bool cut;      // a mustache tag may have ended a name here, which must not go on
    uint8_t match; // progress through "-->" or "</script"
    uint8_t tag_n;
    uint8_t name_n;
    char tag[CONTEXT_NAME_MAX];
    char name[CONTEXT_NAME_MAX];
    char prefix[CONTEXT_NAME_MAX]; // of the URL, while its scheme is not known yet
    uint8_t prefix_n;
};

enum context_escape { ESCAPE_NONE, ESCAPE_TEXT, ESCAPE_URL, ESCAPE_COMPONENT };

// Reads literal text. NULL, or what is wrong with it (a static text).
const char *context_feed(struct context *c, const char *s, size_t n);
// A mustache tag stands here: names that were being read may not go on behind it. NULL or why
// no tag may stand here at all.
const char *context_cut(struct context *c);
// How a variable here is escaped. NULL, or why none may stand here.
const char *context_variable(struct context *c, enum context_escape *escape);
// Joins the state behind a section with that before it (the section may be skipped). False
// when they do not fit together.
bool context_join(struct context *after, const struct context *before);
// True when a subroutine read from state a may be entered in state b.
bool context_same(const struct context *a, const struct context *b);

#endif
