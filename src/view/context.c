// SPDX-License-Identifier: Apache-2.0
// The tokenizer follows the HTML standard's tokenization states as far as escaping depends on
// them; what it cannot follow for certain (unquoted values, split names) it refuses, because a
// wrong guess would be a hole.
#include "view/context.h"

#include <string.h>

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

// Of `prefix_n`: no ':' can make a scheme any more; or what stands in front depends on a
// section, so that a ':' is refused.
enum { PREFIX_SETTLED = 255, PREFIX_LOST = 254 };

// A name longer than the room cannot equal any name we know; its count stays at the maximum.
static void
push(char *name, uint8_t *n, char c)
{
    if (*n < CONTEXT_NAME_MAX) {
        name[(*n)++] = lower(c);
    }
}

static bool
name_is(const char *name, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(name, word, n) == 0;
}

static bool
name_in(const char *name, size_t n, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (name_is(name, n, *words)) {
            return true;
        }
    }
    return false;
}

static const char *const RAW_TAGS[] = {"script",  "style",    "xmp",       "iframe",
                                       "noembed", "noframes", "plaintext", NULL};
static const char *const RCDATA_TAGS[] = {"title", "textarea", NULL};
static const char *const URL_NAMES[] = {
    "href",     "src",       "action",    "formaction",  "xlink:href",
    "poster",   "cite",      "data",      "background",  "ping",
    "manifest", "srcset",    "hx-get",    "hx-post",     "hx-put",
    "hx-patch", "hx-delete", "hx-action", "hx-push-url", "hx-replace-url",
    NULL};
// Attributes whose value is a program, or can be made one by its first characters.
static const char *const CODE_NAMES[] = {"style",      "srcdoc",     "hx-vars",   "hx-vals",
                                         "hx-headers", "hx-trigger", "hx-config", NULL};

static enum context_attribute
attribute_of(const char *name, size_t n)
{
    if ((n >= 2 && memcmp(name, "on", 2) == 0) || (n >= 5 && memcmp(name, "hx-on", 5) == 0) ||
        name_in(name, n, CODE_NAMES)) {
        return ATTRIBUTE_CODE;
    }
    return name_in(name, n, URL_NAMES) ? ATTRIBUTE_URL : ATTRIBUTE_PLAIN;
}

static void
tag_end(struct context *c)
{
    c->state = CONTEXT_TEXT;
    if (!c->closing && name_in(c->tag, c->tag_n, RAW_TAGS)) {
        c->state = CONTEXT_RAW;
    } else if (!c->closing && name_in(c->tag, c->tag_n, RCDATA_TAGS)) {
        c->state = CONTEXT_RCDATA;
    }
    c->match = 0;
    c->cut = false;
}

// Inside <script> and <title> only the own end tag counts.
static void
feed_raw(struct context *c, char ch)
{
    if (c->match == 0) {
        c->match = ch == '<';
    } else if (c->match == 1) {
        c->match = ch == '/' ? 2 : ch == '<';
    } else if (c->match - 2 < c->tag_n) {
        c->match = lower(ch) == c->tag[c->match - 2] ? (uint8_t)(c->match + 1) : ch == '<';
    } else if (is_space(ch) || ch == '/' || ch == '>') {
        c->closing = true;
        c->cut = false;
        c->state = CONTEXT_TAG;
        if (ch == '>') {
            tag_end(c);
        }
    } else {
        c->match = ch == '<';
    }
}

static void
feed_comment(struct context *c, char ch)
{
    if (ch == '>' && c->match == 2) {
        c->state = CONTEXT_TEXT;
    }
    c->match = ch == '-' ? (c->match < 2 ? (uint8_t)(c->match + 1) : 2) : 0;
}

static void
feed_tag_open(struct context *c, char ch)
{
    if (ch == '/' && !c->closing) {
        c->closing = true;
    } else if (is_letter(ch)) {
        c->state = CONTEXT_TAG_NAME;
        c->tag_n = 0;
        push(c->tag, &c->tag_n, ch);
    } else if ((ch == '!' || ch == '?') && !c->closing) {
        c->state = CONTEXT_BANG;
        c->match = 0;
    } else if (ch != '<') {
        c->state = CONTEXT_TEXT;
    }
}

static void
feed_bang(struct context *c, char ch)
{
    if (ch == '-' && c->match < 2) {
        c->match++;
        if (c->match == 2) {
            c->state = CONTEXT_COMMENT;
            c->match = 0;
        }
    } else if (ch == '>') {
        c->state = CONTEXT_TEXT;
    } else {
        c->match = 3; // no comment any more
    }
}

static const char *
feed_tag(struct context *c, char ch)
{
    if (ch == '>') {
        tag_end(c);
    } else if (is_space(ch) || ch == '/') {
        c->cut = false;
    } else if (ch == '=') {
        return "the name of this attribute is not in one piece with its '='";
    } else if (c->cut) {
        return "a name goes on behind a mustache tag; put a space between";
    } else {
        c->state = CONTEXT_NAME;
        c->name_n = 0;
        push(c->name, &c->name_n, ch);
    }
    return NULL;
}

static const char *
feed_name(struct context *c, char ch)
{
    if (ch == '=') {
        c->state = CONTEXT_EQUALS;
        c->attribute = (uint8_t)attribute_of(c->name, c->name_n);
    } else if (is_space(ch)) {
        c->state = CONTEXT_AFTER_NAME;
    } else if (ch == '>' || ch == '/') {
        c->state = CONTEXT_TAG;
        return feed_tag(c, ch);
    } else if (c->state == CONTEXT_AFTER_NAME) {
        c->state = CONTEXT_TAG;
        c->cut = false;
        return feed_tag(c, ch);
    } else {
        push(c->name, &c->name_n, ch);
    }
    return NULL;
}

static void
feed_equals(struct context *c, char ch)
{
    if (ch == '"' || ch == '\'') {
        c->state = CONTEXT_QUOTED;
        c->quote = ch;
        c->url = URL_START;
        c->prefix_n = 0;
    } else if (ch == '>') {
        tag_end(c);
    } else if (!is_space(ch)) {
        c->state = CONTEXT_UNQUOTED;
    }
}

static void
feed_quoted(struct context *c, char ch)
{
    static const char *const schemes[] = {"https", "http", "mailto", "tel", NULL};
    if (ch == c->quote) {
        c->state = CONTEXT_TAG;
        c->cut = false;
    } else if (c->attribute == ATTRIBUTE_URL && c->url != URL_BAD_SCHEME) {
        c->url = URL_STARTED;
        if (ch == '/' || ch == '?' || ch == '#') {
            c->prefix_n = PREFIX_SETTLED;
        } else if (c->prefix_n == PREFIX_SETTLED) {
            return;
        } else if (ch != ':') {
            push(c->prefix, &c->prefix_n, ch);
        } else {
            bool good = c->prefix_n != PREFIX_LOST && name_in(c->prefix, c->prefix_n, schemes);
            c->url = good ? URL_STARTED : URL_BAD_SCHEME;
            c->prefix_n = PREFIX_SETTLED;
        }
    }
}

static void
feed_text(struct context *c, char ch)
{
    if (ch == '<') {
        c->state = CONTEXT_TAG_OPEN;
        c->closing = false;
        c->tag_n = 0;
    }
}

static const char *
feed_one(struct context *c, char ch)
{
    switch ((enum context_state)c->state) {
    case CONTEXT_TEXT:
        feed_text(c, ch);
        return NULL;
    case CONTEXT_RCDATA:
    case CONTEXT_RAW:
        feed_raw(c, ch);
        return NULL;
    case CONTEXT_BANG:
        feed_bang(c, ch);
        return NULL;
    case CONTEXT_COMMENT:
        feed_comment(c, ch);
        return NULL;
    case CONTEXT_TAG_OPEN:
        feed_tag_open(c, ch);
        return NULL;
    case CONTEXT_TAG_NAME:
        if (is_space(ch) || ch == '/' || ch == '>') {
            c->state = CONTEXT_TAG;
            return feed_tag(c, ch);
        }
        push(c->tag, &c->tag_n, ch);
        return NULL;
    case CONTEXT_TAG:
        return feed_tag(c, ch);
    case CONTEXT_NAME:
    case CONTEXT_AFTER_NAME:
        return feed_name(c, ch);
    case CONTEXT_EQUALS:
        feed_equals(c, ch);
        return NULL;
    case CONTEXT_QUOTED:
        feed_quoted(c, ch);
        return NULL;
    case CONTEXT_UNQUOTED:
        if (is_space(ch) || ch == '>') {
            c->state = CONTEXT_TAG;
            c->cut = false;
            return feed_tag(c, ch);
        }
        return NULL;
    }
    return NULL;
}

const char *
context_feed(struct context *c, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *why = feed_one(c, s[i]);
        if (why != NULL) {
            return why;
        }
    }
    return NULL;
}

const char *
context_cut(struct context *c)
{
    switch ((enum context_state)c->state) {
    case CONTEXT_TAG_OPEN:
        return "a mustache tag stands in the name of an element";
    case CONTEXT_EQUALS:
    case CONTEXT_UNQUOTED:
        return "a mustache tag stands in an attribute value without quotes";
    case CONTEXT_TAG_NAME:
    case CONTEXT_NAME:
        c->state = CONTEXT_TAG;
        c->cut = true;
        return NULL;
    case CONTEXT_AFTER_NAME:
        c->state = CONTEXT_TAG;
        c->cut = false;
        return NULL;
    case CONTEXT_RCDATA:
    case CONTEXT_RAW:
    case CONTEXT_BANG:
    case CONTEXT_COMMENT:
        c->match = c->state == CONTEXT_BANG ? 3 : 0;
        return NULL;
    case CONTEXT_TEXT:
    case CONTEXT_TAG:
    case CONTEXT_QUOTED:
        return NULL;
    }
    return NULL;
}

static const char *
url_variable(struct context *c, enum context_escape *escape)
{
    static const char *const reasons[] = {
        [URL_UNSURE] = "whether the URL starts here depends on a section in front",
        [URL_BAD_SCHEME] = "a variable may not follow this scheme in a URL",
    };
    if (c->url == URL_UNSURE || c->url == URL_BAD_SCHEME) {
        return reasons[c->url];
    }
    *escape = c->url == URL_START ? ESCAPE_URL : ESCAPE_COMPONENT;
    c->url = URL_STARTED;
    c->prefix_n = PREFIX_SETTLED; // whatever follows is no scheme any more
    return NULL;
}

const char *
context_variable(struct context *c, enum context_escape *escape)
{
    const char *why = context_cut(c);
    if (why != NULL) {
        return why;
    }
    *escape = ESCAPE_TEXT;
    switch ((enum context_state)c->state) {
    case CONTEXT_TEXT:
    case CONTEXT_RCDATA:
        return NULL;
    case CONTEXT_QUOTED:
        if (c->attribute == ATTRIBUTE_CODE) {
            return "a variable may not stand in an attribute that is a program";
        }
        return c->attribute == ATTRIBUTE_URL ? url_variable(c, escape) : NULL;
    case CONTEXT_RAW:
        return "a variable may not stand in a script or style";
    case CONTEXT_BANG:
    case CONTEXT_COMMENT:
        return "a variable may not stand in an HTML comment";
    default:
        return "a variable may not stand in a tag outside of a quoted value";
    }
}

bool
context_join(struct context *after, const struct context *before)
{
    if (after->state != before->state) {
        return false;
    }
    bool in_tag = after->state == CONTEXT_TAG || after->state == CONTEXT_QUOTED;
    bool raw = after->state == CONTEXT_RAW || after->state == CONTEXT_RCDATA;
    if ((in_tag || raw) &&
        (after->tag_n != before->tag_n || memcmp(after->tag, before->tag, after->tag_n) != 0)) {
        return false;
    }
    if (in_tag && after->closing != before->closing) {
        return false;
    }
    after->cut = after->cut || before->cut;
    if (after->state != CONTEXT_QUOTED) {
        return true;
    }
    if (after->quote != before->quote || after->attribute != before->attribute) {
        return false;
    }
    if (after->url != before->url) {
        bool bad = after->url == URL_BAD_SCHEME || before->url == URL_BAD_SCHEME;
        after->url = bad ? URL_BAD_SCHEME : URL_UNSURE;
    }
    if (after->prefix_n != before->prefix_n) {
        after->prefix_n = PREFIX_LOST;
    }
    return true;
}

bool
context_same(const struct context *a, const struct context *b)
{
    struct context joined = *a;
    return context_join(&joined, b) && a->cut == b->cut && a->url == b->url;
}
