// SPDX-License-Identifier: Apache-2.0
// Forms and escapes as browsers send them. Pure functions over a complete body in memory:
// no socket, no state, so that they can be fuzzed whole.
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "http/http.h"

enum { FORM_FIELDS_MAX = 500 };

enum form_result {
    FORM_NONE, // another content type
    FORM_OK,
    FORM_BAD, // declared a form, but it is not one we accept
};

struct form {
    struct http_list fields;
    struct http_file *files;
    size_t file_count;
};

// Parses the body by its content type (NULL: none). Fields are copied into the arena; file
// contents stay where they are in `body`. On FORM_BAD *out is empty.
enum form_result form_parse(struct arena *a, const char *content_type, const char *body,
                            size_t size, struct form *out);

// "a=1&b=2" into fields; false when an escape is broken, text is not UTF-8 or holds NUL, or
// there are more than FORM_FIELDS_MAX.
bool form_parse_urlencoded(struct arena *a, const char *s, size_t n, struct http_list *out);

// Decodes percent escapes (and, with `plus`, '+' as space) from s to d, which may be the same
// place and needs n bytes. Returns the length, or -1 for an escape that is not two hex digits.
ptrdiff_t form_unescape(char *d, const char *s, size_t n, bool plus);

#endif
