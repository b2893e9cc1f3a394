// SPDX-License-Identifier: Apache-2.0
// Makes struct http_req out of the library's connection: headers under lower-case names,
// cookies, query, and who the client is. Values stay in the library's memory, which lives as
// long as the request; only names are copied.
#include "http/exchange.h"
#include "http/form.h"

#include <string.h>
#include <strings.h>

struct reading {
    struct exchange *x;
    uintptr_t at;                    // where the next header's name must stand
    size_t sizes[GUARD_HEADERS_MAX]; // of the names
    size_t names_size;
    size_t count;
    int refuse;
};

// The library folds continuation lines into the name before them, cuts lines at NUL, drops
// those without a name and takes a bare LF for a line end, and tells us nothing of it. But it
// parses in place: in a well-formed head every name stands right behind the line end of the
// value before. So where pointers do not follow each other, something was hidden, and the
// request is refused. A version of the library that copies would be refused entirely, loudly.
static bool
follows(struct reading *reading, const char *name, size_t name_size, const char *value,
        size_t value_size)
{
    const char *p = name + name_size + 1; // behind the colon
    if ((uintptr_t)name != reading->at || (uintptr_t)value < (uintptr_t)p ||
        (uintptr_t)value - (uintptr_t)p > GUARD_HEAD_MAX) {
        return false;
    }
    while (p < value && (*p == ' ' || *p == '\t')) {
        p++;
    }
    reading->at = (uintptr_t)value + value_size + 2;
    return p == value;
}

// The last line and the empty one behind it: the library has turned both line ends into NULs.
static bool
ends_there(const struct reading *reading)
{
    return memcmp((const char *)reading->at - 2, "\0\0\0", 4) == 0;
}

static enum MHD_Result
take_header(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_size,
            const char *value, size_t value_size)
{
    struct reading *reading = arg;
    struct exchange *x = reading->x;
    reading->refuse = 400;
    if (value == NULL || !follows(reading, name, name_size, value, value_size)) {
        return MHD_NO;
    }
    reading->refuse = guard_header(&x->head, name, name_size, value, value_size);
    if (reading->refuse != 0) {
        return MHD_NO;
    }
    x->headers[reading->count] = (struct http_kv){name, value};
    reading->sizes[reading->count++] = name_size;
    reading->names_size += name_size + 1;
    return MHD_YES;
}

static void
lower_names(struct reading *reading)
{
    struct exchange *x = reading->x;
    char *d = arena_raw(x->arena, reading->names_size + 1);
    for (size_t i = 0; i < reading->count; i++) {
        const char *s = x->headers[i].name;
        x->headers[i].name = d;
        for (size_t k = 0; k < reading->sizes[i]; k++) {
            char c = s[k];
            *d++ = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
        *d++ = '\0';
    }
}

// ---- who asks ----------------------------------------------------------------------------

// Headers that speak for somebody else. From anyone but the edge they do not exist, so that
// no layer above can believe them by mistake.
static bool
is_forwarding(const char *name)
{
    return strncmp(name, "x-forwarded-", 12) == 0 || strcmp(name, "forwarded") == 0 ||
           strcmp(name, "x-real-ip") == 0 || strncmp(name, "x-remote-", 9) == 0;
}

static void
drop_forwarding(struct exchange *x)
{
    struct http_list *h = &x->req.headers;
    size_t kept = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (!is_forwarding(h->items[i].name)) {
            h->items[kept++] = h->items[i];
        }
    }
    h->count = kept;
}

// The last hop is the one the edge itself saw; what stands before it the client may have made
// up. Something that is not an address leaves the socket's.
static void
read_forwarding(struct exchange *x)
{
    for (size_t i = 0; i < x->req.headers.count; i++) {
        const struct http_kv *h = &x->req.headers.items[i];
        if (strcmp(h->name, "x-forwarded-for") == 0) {
            const char *last = strrchr(h->value, ',');
            last = last == NULL ? h->value : last + 1;
            last += strspn(last, " \t");
            if (listen_canonical(last, strcspn(last, " \t"), x->client)) {
                x->req.peer = x->client;
            }
        } else if (strcmp(h->name, "x-forwarded-proto") == 0) {
            x->req.tls = strcmp(h->value, "https") == 0;
        }
    }
}

// ---- cookies and query -------------------------------------------------------------------

static size_t
count_cookies(const struct http_list *headers)
{
    size_t n = 0;
    for (size_t i = 0; i < headers->count; i++) {
        if (strcmp(headers->items[i].name, "cookie") == 0) {
            n++;
            for (const char *p = headers->items[i].value; *p != '\0'; p++) {
                n += *p == ';';
            }
        }
    }
    return n;
}

// Splits "a=1; b=2"; pairs without '=' are dropped, as browsers send none.
static void
split_cookies(char *s, struct http_list *out)
{
    char *save = NULL;
    for (char *p = strtok_r(s, ";", &save); p != NULL; p = strtok_r(NULL, ";", &save)) {
        p += strspn(p, " \t");
        char *equals = strchr(p, '=');
        if (equals == NULL || equals == p) {
            continue;
        }
        *equals = '\0';
        char *end = equals + 1 + strlen(equals + 1);
        while (end > equals + 1 && (end[-1] == ' ' || end[-1] == '\t')) {
            *--end = '\0';
        }
        out->items[out->count++] = (struct http_kv){p, equals + 1};
    }
}

static void
read_cookies(struct exchange *x)
{
    const struct http_list *headers = &x->req.headers;
    size_t most = count_cookies(headers);
    if (most == 0) {
        return;
    }
    x->req.cookies.items = ARENA_ARRAY(x->arena, struct http_kv, most);
    for (size_t i = 0; i < headers->count; i++) {
        if (strcmp(headers->items[i].name, "cookie") == 0) {
            split_cookies(arena_strdup(x->arena, headers->items[i].value), &x->req.cookies);
        }
    }
}

// What the library's memory has left for the head of an answer. It copies cookies.
static size_t
room_left(const struct exchange *x)
{
    size_t records = x->head.headers + x->req.query.count + x->req.cookies.count;
    size_t used = x->head.size + records * EXCHANGE_RECORD;
    for (size_t i = 0; i < x->req.headers.count; i++) {
        if (strcmp(x->req.headers.items[i].name, "cookie") == 0) {
            used += strlen(x->req.headers.items[i].value);
        }
    }
    return used < EXCHANGE_MEMORY ? EXCHANGE_MEMORY - used : 0;
}

int
request_read_headers(struct exchange *x, struct MHD_Connection *mhd, const char *method,
                     const char *version)
{
    struct reading reading = {.x = x, .at = (uintptr_t)version + strlen(version) + 2};
    if ((uintptr_t)method + strlen(method) + 1 != x->target ||
        x->target_end + 1 != (uintptr_t)version) {
        return 400; // one space each, and no NUL that cut the target
    }
    MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, take_header, &reading);
    if (reading.refuse != 0) {
        return reading.refuse;
    }
    if (!ends_there(&reading)) {
        return 400;
    }
    lower_names(&reading);
    x->req.headers = (struct http_list){x->headers, reading.count};
    if (x->conn->trusted) {
        read_forwarding(x);
    } else {
        drop_forwarding(x);
    }
    read_cookies(x);
    const char *query = x->req.query_text;
    bool ok = form_parse_urlencoded(x->arena, query, strlen(query), &x->req.query);
    x->room = room_left(x);
    return !ok ? 400 : x->room >= EXCHANGE_REPLY_HEAD ? 0 : 431;
}

// ---- what the application asks -----------------------------------------------------------

const char *
http_list_get(const struct http_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->items[i].name, name) == 0) {
            return l->items[i].value;
        }
    }
    return NULL;
}

size_t
http_list_count(const struct http_list *l, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < l->count; i++) {
        n += strcmp(l->items[i].name, name) == 0;
    }
    return n;
}

const char *
http_header(const struct http_req *r, const char *lower_name)
{
    return http_list_get(&r->headers, lower_name);
}

const char *
http_cookie(const struct http_req *r, const char *name)
{
    return http_list_get(&r->cookies, name);
}
