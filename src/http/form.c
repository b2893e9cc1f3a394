// SPDX-License-Identifier: Apache-2.0
// Parses urlencoded and multipart forms. Written by hand, over the whole body at once: the
// library's incremental parser had an over-read (CVE-2023-27371), and with every byte present
// each step here is a search inside known bounds.
#include "http/form.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

enum { BOUNDARY_MAX = 70, PART_HEAD_MAX = 8192 };

struct span {
    const char *p;
    size_t n;
};

struct part {
    const char *name;
    const char *file_name; // NULL: an ordinary field
    const char *type;
    bool has_disposition;
};

struct multipart {
    struct arena *arena;
    struct form *out;
    size_t field_cap;
    size_t file_cap;
    char delimiter[4 + BOUNDARY_MAX + 1]; // CRLF "--" boundary
    size_t delimiter_size;
};

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

ptrdiff_t
form_unescape(char *d, const char *s, size_t n, bool plus)
{
    char *start = d;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '%') {
            int high = n - i > 2 ? hex_digit(s[i + 1]) : -1;
            int low = n - i > 2 ? hex_digit(s[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return -1;
            }
            *d++ = (char)(high << 4 | low);
            i += 2;
        } else {
            *d++ = plus && s[i] == '+' ? ' ' : s[i];
        }
    }
    return d - start;
}

// Decodes one name or value to *d and moves d past its NUL.
static const char *
decode_text(char **d, const char *s, size_t n)
{
    char *text = *d;
    ptrdiff_t length = form_unescape(text, s, n, true);
    if (length < 0 || !text_is_utf8(text, (size_t)length)) {
        return NULL;
    }
    text[length] = '\0';
    *d = text + length + 1;
    return text;
}

bool
form_parse_urlencoded(struct arena *a, const char *s, size_t n, struct http_list *out)
{
    size_t most = n > 0 ? 1 : 0;
    *out = (struct http_list){0};
    for (const char *p = s, *end = s + n; (p = memchr(p, '&', (size_t)(end - p))) != NULL;
         p++) {
        most++;
    }
    if (most == 0) {
        return true;
    }
    if (most > FORM_FIELDS_MAX) {
        return false;
    }
    struct http_kv *items = ARENA_ARRAY(a, struct http_kv, most);
    char *d = arena_raw(a, n + 2 * most);
    size_t count = 0;
    for (const char *p = s, *end = s + n; p < end;) {
        const char *stop = memchr(p, '&', (size_t)(end - p));
        stop = stop == NULL ? end : stop;
        const char *equals = memchr(p, '=', (size_t)(stop - p));
        const char *name_end = equals == NULL ? stop : equals;
        const char *value = equals == NULL ? stop : equals + 1;
        if (stop > p) {
            struct http_kv *kv = &items[count++];
            kv->name = decode_text(&d, p, (size_t)(name_end - p));
            kv->value =
                kv->name == NULL ? NULL : decode_text(&d, value, (size_t)(stop - value));
            if (kv->value == NULL) {
                return false;
            }
        }
        p = stop + 1;
    }
    *out = (struct http_list){items, count};
    return true;
}

// ---- parameters of a header value: ; name=token or ; name="quoted" ----------------------

static bool
is_token_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
span_is(struct span s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static struct span
span_trim(struct span s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    return s;
}

// Takes the text up to ';' off the front: the type itself.
static struct span
take_type(struct span *rest)
{
    const char *semicolon = memchr(rest->p, ';', rest->n);
    size_t n = semicolon == NULL ? rest->n : (size_t)(semicolon - rest->p);
    struct span type = span_trim((struct span){rest->p, n});
    rest->p += n;
    rest->n -= n;
    return type;
}

// The inside of a quoted string that starts after its opening quote; NULL when it never ends.
// Only \" and \\ are escapes: old browsers send Windows paths with bare backslashes.
static const char *
take_quoted(struct arena *a, struct span *rest)
{
    char *d = arena_raw(a, rest->n + 1);
    size_t length = 0;
    for (size_t i = 0; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == '"') {
            d[length] = '\0';
            rest->p += i + 1;
            rest->n -= i + 1;
            return d;
        }
        if (c == '\\' && i + 1 < rest->n && (rest->p[i + 1] == '"' || rest->p[i + 1] == '\\')) {
            c = rest->p[++i];
        }
        d[length++] = c;
    }
    return NULL;
}

// Takes the next "; name=value". 1: got one, 0: none left, -1: malformed.
static int
take_param(struct arena *a, struct span *rest, struct span *name, const char **value)
{
    *rest = span_trim(*rest);
    if (rest->n == 0) {
        return 0;
    }
    if (rest->p[0] != ';') {
        return -1;
    }
    *rest = span_trim((struct span){rest->p + 1, rest->n - 1});
    if (rest->n == 0) {
        return 0; // a closing semicolon is harmless and common
    }
    size_t n = 0;
    while (n < rest->n && is_token_char(rest->p[n])) {
        n++;
    }
    if (n == 0 || n == rest->n || rest->p[n] != '=') {
        return -1;
    }
    *name = (struct span){rest->p, n};
    *rest = (struct span){rest->p + n + 1, rest->n - n - 1};
    if (rest->n > 0 && rest->p[0] == '"') {
        *rest = (struct span){rest->p + 1, rest->n - 1};
        *value = take_quoted(a, rest);
        return *value == NULL ? -1 : 1;
    }
    n = 0;
    while (n < rest->n && rest->p[n] != ';' && rest->p[n] != ' ' && rest->p[n] != '\t') {
        n++;
    }
    *value = arena_strndup(a, rest->p, n);
    *rest = (struct span){rest->p + n, rest->n - n};
    return n == 0 ? -1 : 1;
}

// ---- file names --------------------------------------------------------------------------

// Browsers write a quote in a file name as %22 and line ends as %0D %0A; a real per cent sign
// stays as it is, so only these three may be decoded.
static void
decode_browser_escapes(char *s)
{
    char *d = s;
    for (; *s != '\0'; s++) {
        bool quote = strncmp(s, "%22", 3) == 0;
        if (quote || strncasecmp(s, "%0d", 3) == 0 || strncasecmp(s, "%0a", 3) == 0) {
            *d++ = quote ? '"' : ' ';
            s += 2;
        } else {
            *d++ = *s;
        }
    }
    *d = '\0';
}

// The last path part without control characters; "file" when nothing usable is left.
static const char *
base_name(char *s)
{
    char *base = s;
    for (char *p = s; *p != '\0'; p++) {
        if (*p == '/' || *p == '\\') {
            base = p + 1;
        }
    }
    char *d = base;
    for (char *p = base; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x20 && *p != 0x7F) {
            *d++ = *p;
        }
    }
    *d = '\0';
    bool dots = base[0] == '\0' || strcmp(base, ".") == 0 || strcmp(base, "..") == 0;
    return dots ? "file" : base;
}

// RFC 8187: UTF-8'language'percent-encoded. NULL when it is anything else.
static char *
extended_value(struct arena *a, const char *s)
{
    if (strncasecmp(s, "utf-8'", 6) != 0) {
        return NULL;
    }
    const char *text = strchr(s + 6, '\'');
    if (text == NULL) {
        return NULL;
    }
    text++;
    char *d = arena_raw(a, strlen(text) + 1);
    ptrdiff_t n = form_unescape(d, text, strlen(text), false);
    if (n < 0 || !text_is_utf8(d, (size_t)n)) {
        return NULL;
    }
    d[n] = '\0';
    return d;
}

// ---- multipart ---------------------------------------------------------------------------

struct disposition {
    const char *name, *plain;
    char *extended;
};

// One parameter; false when it is given twice or its text is not acceptable.
static bool
keep_param(struct arena *a, struct disposition *d, struct span name, const char *text)
{
    if (!text_is_utf8(text, strlen(text))) {
        return false;
    }
    if (span_is(name, "name")) {
        bool first = d->name == NULL;
        d->name = text;
        return first;
    }
    if (span_is(name, "filename")) {
        bool first = d->plain == NULL;
        d->plain = text;
        return first;
    }
    if (span_is(name, "filename*")) {
        bool first = d->extended == NULL;
        d->extended = extended_value(a, text);
        return first && d->extended != NULL;
    }
    return true;
}

static bool
read_disposition(struct arena *a, struct span value, struct part *part)
{
    struct disposition d = {0};
    struct span name;
    const char *text;
    int got;
    if (part->has_disposition || !span_is(take_type(&value), "form-data")) {
        return false;
    }
    part->has_disposition = true;
    while ((got = take_param(a, &value, &name, &text)) > 0) {
        if (!keep_param(a, &d, name, text)) {
            return false;
        }
    }
    char *file = d.extended;
    if (file == NULL && d.plain != NULL) {
        file = arena_strdup(a, d.plain);
        decode_browser_escapes(file);
    }
    part->name = d.name;
    part->file_name = file == NULL ? NULL : file[0] == '\0' ? "" : base_name(file);
    return got == 0 && d.name != NULL;
}

static bool
read_part_header(struct arena *a, struct span line, struct part *part)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (colon == NULL || colon == line.p) {
        return false;
    }
    struct span name = {line.p, (size_t)(colon - line.p)};
    struct span value = span_trim((struct span){colon + 1, line.n - name.n - 1});
    for (size_t i = 0; i < name.n; i++) {
        if (!is_token_char(name.p[i])) {
            return false;
        }
    }
    if (memchr(value.p, '\r', value.n) != NULL || memchr(value.p, '\n', value.n) != NULL ||
        memchr(value.p, '\0', value.n) != NULL) {
        return false;
    }
    if (span_is(name, "content-disposition")) {
        return read_disposition(a, value, part);
    }
    if (span_is(name, "content-type")) {
        part->type = arena_strndup(a, value.p, value.n);
        return text_is_utf8(part->type, value.n);
    }
    if (span_is(name, "content-transfer-encoding")) {
        // RFC 7578 §4.7: deprecated; anything that would need decoding is refused.
        return span_is(value, "binary") || span_is(value, "8bit") || span_is(value, "7bit");
    }
    return true;
}

// Reads header lines up to the empty one; returns the first byte of content or NULL.
static const char *
read_part_head(struct arena *a, const char *p, const char *end, struct part *part)
{
    const char *limit = end - p > PART_HEAD_MAX ? p + PART_HEAD_MAX : end;
    for (;;) {
        const char *eol = memmem(p, (size_t)(limit - p), "\r\n", 2);
        if (eol == NULL) {
            return NULL;
        }
        if (eol == p) {
            return part->name == NULL ? NULL : p + 2;
        }
        if (!read_part_header(a, (struct span){p, (size_t)(eol - p)}, part)) {
            return NULL;
        }
        p = eol + 2;
    }
}

// Room for one more item: `*cap` doubles. The old array stays in the arena.
static void *
grow(struct arena *a, void *items, size_t count, size_t *cap, size_t item)
{
    if (count < *cap) {
        return items;
    }
    size_t wider = *cap == 0 ? 16 : *cap * 2;
    char *p = arena_alloc(a, wider * item);
    if (count > 0) {
        memcpy(p, items, count * item);
    }
    *cap = wider;
    return p;
}

static bool
add_part(struct multipart *m, const struct part *part, const char *data, size_t n)
{
    struct form *f = m->out;
    if (part->file_name == NULL) {
        if (!text_is_utf8(data, n)) {
            return false;
        }
        f->fields.items = grow(m->arena, f->fields.items, f->fields.count, &m->field_cap,
                               sizeof(struct http_kv));
        f->fields.items[f->fields.count++] =
            (struct http_kv){part->name, arena_strndup(m->arena, data, n)};
    } else if (part->file_name[0] != '\0' || n > 0) { // else: a file input left empty
        f->files =
            grow(m->arena, f->files, f->file_count, &m->file_cap, sizeof(struct http_file));
        f->files[f->file_count++] = (struct http_file){
            .field = part->name,
            .name = part->file_name[0] == '\0' ? "file" : part->file_name,
            .type = part->type == NULL ? "application/octet-stream" : part->type,
            .data = (const unsigned char *)data,
            .size = n,
        };
    }
    return f->fields.count + f->file_count <= FORM_FIELDS_MAX;
}

// After a delimiter: "--" ends the form (1), padding and CRLF open a part (0), else bad (-1).
static int
after_delimiter(const char **p, const char *end)
{
    if (end - *p >= 2 && memcmp(*p, "--", 2) == 0) {
        return 1;
    }
    while (*p < end && (**p == ' ' || **p == '\t')) {
        (*p)++;
    }
    if (end - *p < 2 || memcmp(*p, "\r\n", 2) != 0) {
        return -1;
    }
    *p += 2;
    return 0;
}

static bool
parse_multipart(struct multipart *m, const char *body, size_t size)
{
    const char *p = body, *end = body + size;
    // The first delimiter needs no CRLF when nothing precedes it.
    size_t bare = m->delimiter_size - 2;
    if (size >= bare && memcmp(body, m->delimiter + 2, bare) == 0) {
        p += bare;
    } else {
        p = memmem(body, size, m->delimiter, m->delimiter_size);
        if (p == NULL) {
            return false;
        }
        p += m->delimiter_size;
    }
    for (;;) {
        int next = after_delimiter(&p, end);
        if (next != 0) {
            return next > 0;
        }
        struct part part = {0};
        const char *data = read_part_head(m->arena, p, end, &part);
        if (data == NULL) {
            return false;
        }
        // An empty part's delimiter may use the CRLF that closed its head.
        const char *from = data - 2;
        const char *stop = memmem(from, (size_t)(end - from), m->delimiter, m->delimiter_size);
        if (stop == NULL) {
            return false;
        }
        if (!add_part(m, &part, data, stop < data ? 0 : (size_t)(stop - data))) {
            return false;
        }
        p = stop + m->delimiter_size;
    }
}

// The boundary parameter into the delimiter; false when there is none we accept.
static bool
read_boundary(struct multipart *m, struct span params)
{
    const char *boundary = NULL;
    struct span name;
    const char *text;
    int got;
    while ((got = take_param(m->arena, &params, &name, &text)) > 0) {
        if (span_is(name, "boundary")) {
            if (boundary != NULL) {
                return false;
            }
            boundary = text;
        }
    }
    size_t n = boundary == NULL ? 0 : strlen(boundary);
    if (got < 0 || n == 0 || n > BOUNDARY_MAX || boundary[n - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < n; i++) { // RFC 2046 bchars
        if (!is_token_char(boundary[i]) && strchr("(),/:=? ", boundary[i]) == NULL) {
            return false;
        }
    }
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary, n);
    m->delimiter_size = n + 4;
    return true;
}

// Only UTF-8 text is taken; a form that declares another charset would be misread.
static bool
charset_is_utf8(struct arena *a, struct span params)
{
    struct span name;
    const char *text;
    int got;
    while ((got = take_param(a, &params, &name, &text)) > 0) {
        if (span_is(name, "charset") && strcasecmp(text, "utf-8") != 0) {
            return false;
        }
    }
    return got == 0;
}

enum form_result
form_parse(struct arena *a, const char *content_type, const char *body, size_t size,
           struct form *out)
{
    *out = (struct form){0};
    if (content_type == NULL) {
        return FORM_NONE;
    }
    struct span rest = {content_type, strlen(content_type)};
    struct span type = take_type(&rest);
    bool ok;
    if (span_is(type, "application/x-www-form-urlencoded")) {
        ok = charset_is_utf8(a, rest) && form_parse_urlencoded(a, body, size, &out->fields);
    } else if (span_is(type, "multipart/form-data")) {
        struct multipart m = {.arena = a, .out = out};
        ok = read_boundary(&m, rest) && parse_multipart(&m, body, size);
    } else {
        return FORM_NONE;
    }
    if (!ok) {
        *out = (struct form){0};
    }
    return ok ? FORM_OK : FORM_BAD;
}
