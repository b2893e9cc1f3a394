// SPDX-License-Identifier: Apache-2.0
// Refuses every request whose end two parsers could see at different places, and every path
// that two layers could read differently. When in doubt it refuses: our clients are browsers,
// the API's users and the edge, none of which send such things.
#include "http/guard.h"

#include "base/text.h"
#include "http/form.h"

#include <string.h>
#include <strings.h>

// A "." or ".." segment would name something else to whoever resolves it.
static bool
has_dot_segment(const char *path)
{
    for (const char *p = path; *p == '/';) {
        p++;
        size_t n = strcspn(p, "/");
        if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.')) {
            return true;
        }
        p += n;
    }
    return false;
}

// An encoded slash splits segments for one reader and not for another.
static bool
has_encoded_slash(const char *raw, size_t n)
{
    for (const char *p = raw, *end = raw + n; (p = memchr(p, '%', (size_t)(end - p))) != NULL;
         p++) {
        if (end - p > 2 && p[1] == '2' && (p[2] | 0x20) == 'f') {
            return true;
        }
    }
    return false;
}

int
guard_target(struct arena *a, const char *raw, const char **path, const char **query)
{
    *path = "/";
    *query = "";
    if (raw == NULL || raw[0] != '/') {
        return 400; // absolute, authority and asterisk forms: the edge normalises them
    }
    for (const unsigned char *p = (const unsigned char *)raw; *p != '\0'; p++) {
        if (*p <= 0x20 || *p == 0x7F || *p == '#') {
            return 400;
        }
    }
    size_t n = strcspn(raw, "?");
    char *decoded = arena_raw(a, n + 1);
    ptrdiff_t length = form_unescape(decoded, raw, n, false);
    if (length < 0 || has_encoded_slash(raw, n) || !text_is_utf8(decoded, (size_t)length)) {
        return 400;
    }
    decoded[length] = '\0';
    if (text_has_control(decoded, false) || has_dot_segment(decoded)) {
        return 400;
    }
    *path = decoded;
    if (raw[n] == '?') {
        *query = arena_strdup(a, raw + n + 1);
    }
    return 0;
}

int
guard_version(const char *version)
{
    if (strcmp(version, "HTTP/1.1") == 0 || strcmp(version, "HTTP/1.0") == 0) {
        return 0;
    }
    return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
}

int
guard_method(const char *name, enum http_method *m, bool *head)
{
    static const struct {
        const char *name;
        enum http_method method;
    } known[] = {
        {"GET", HTTP_GET},       {"POST", HTTP_POST}, {"HEAD", HTTP_GET},
        {"PATCH", HTTP_PATCH},   {"PUT", HTTP_PUT},   {"DELETE", HTTP_DELETE},
        {"OPTIONS", HTTP_OTHER},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) == 0) {
            *m = known[i].method;
            *head = name[0] == 'H';
            return 0;
        }
    }
    return 501;
}

static bool
name_is_token(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alphanumeric && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return n > 0;
}

static bool
value_is_clean(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}

static bool
is_named(const char *name, size_t n, const char *lower)
{
    return strlen(lower) == n && strncasecmp(name, lower, n) == 0;
}

// host[:port]: only what such a name is written with, so that it can stand in a link.
static bool
host_is_plain(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        bool alphanumeric =
            (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alphanumeric && (c == '\0' || strchr("-.:[]_", c) == NULL)) {
            return false;
        }
    }
    return n > 0 && n <= 255;
}

// 1*DIGIT without a leading sign, space or list; more digits than any body has is malformed.
static bool
read_length(const char *s, size_t n, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
        v = v * 10 + (uint64_t)(s[i] - '0');
    }
    *out = v;
    return n > 0 && n <= 18;
}

static int
framing_header(struct guard_head *h, const char *name, size_t name_size, const char *value,
               size_t value_size)
{
    if (is_named(name, name_size, "host")) {
        return h->hosts++ > 0 || !host_is_plain(value, value_size) ? 400 : 0;
    }
    if (is_named(name, name_size, "content-length")) {
        return h->lengths++ > 0 || !read_length(value, value_size, &h->length) ? 400 : 0;
    }
    if (is_named(name, name_size, "transfer-encoding")) {
        h->chunked = is_named(value, value_size, "chunked");
        return h->encodings++ > 0 ? 400 : h->chunked ? 0 : 501;
    }
    if (is_named(name, name_size, "content-type")) {
        return h->types++ > 0 ? 400 : 0;
    }
    if (is_named(name, name_size, "expect")) {
        h->continues = is_named(value, value_size, "100-continue");
        return h->expects++ > 0 ? 400 : h->continues ? 0 : 417;
    }
    return 0;
}

int
guard_header(struct guard_head *h, const char *name, size_t name_size, const char *value,
             size_t value_size)
{
    h->size += name_size + value_size + 4;
    if (++h->headers > GUARD_HEADERS_MAX || h->size > GUARD_HEAD_MAX) {
        return 431;
    }
    if (!name_is_token(name, name_size) || !value_is_clean(value, value_size)) {
        return 400;
    }
    return framing_header(h, name, name_size, value, value_size);
}

int
guard_finish(const struct guard_head *h, const char *version)
{
    bool old = strcmp(version, "HTTP/1.0") == 0;
    if (h->hosts == 0 && !old) {
        return 400;
    }
    if (h->encodings > 0 && (h->lengths > 0 || old)) {
        return 400; // RFC 9112 §6.1 and §6.3: the classic smuggling pairs
    }
    return h->size > GUARD_HEAD_MAX ? 431 : 0;
}
