// SPDX-License-Identifier: Apache-2.0
// The answer's last station. Faults of ours that would become header injection end here as a
// 500; text is compressed here because only here the whole body is known.
#include "http/reply.h"

#include "base/log.h"
#include "base/text.h"

#include <libdeflate.h>
#include <microhttpd.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { COMPRESS_LEVEL = 2, COMPRESS_LEAST = 1024, HEADERS_STEP = 16, PIECE = 32768 };

// ---- headers -----------------------------------------------------------------------------

static bool
header_is_safe(const char *name, const char *value)
{
    return name[0] != '\0' && strpbrk(name, "\r\n: ") == NULL && value != NULL &&
           strpbrk(value, "\r\n") == NULL;
}

void
http_set(struct http_req *r, struct http_resp *resp, const char *name, const char *value)
{
    struct http_list *h = &resp->headers;
    if (h->count % HEADERS_STEP == 0) { // full, or empty
        struct http_kv *items = ARENA_ARRAY(r->arena, struct http_kv, h->count + HEADERS_STEP);
        if (h->count > 0) {
            memcpy(items, h->items, h->count * sizeof *items);
        }
        h->items = items;
    }
    h->items[h->count++] = (struct http_kv){name, value};
}

// ---- content negotiation -----------------------------------------------------------------

// Whether the parameters after a coding say q=0, q=0.0, q=0.00 or q=0.000.
static bool
quality_is_zero(const char *p, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if ((p[i] | 0x20) == 'q' && p[i + 1] == '=') {
            for (i += 2; i < n && (p[i] == '0' || p[i] == '.'); i++) {
            }
            return i == n || p[i] == ' ' || p[i] == '\t' || p[i] == ';';
        }
    }
    return false;
}

bool
reply_accepts(const char *accept_encoding, const char *coding)
{
    bool any = false;
    size_t wanted = strlen(coding);
    for (const char *p = accept_encoding == NULL ? "" : accept_encoding; *p != '\0';) {
        p += strspn(p, " \t,");
        size_t length = strcspn(p, ",");
        size_t name = strcspn(p, ";, \t");
        bool refused = name < length && quality_is_zero(p + name, length - name);
        if (name == wanted && strncasecmp(p, coding, name) == 0) {
            return !refused;
        }
        if (name == 1 && *p == '*') {
            any = !refused;
        }
        p += length;
    }
    return any;
}

// ---- compression -------------------------------------------------------------------------

static pthread_key_t compressor_key;
static pthread_once_t compressor_once = PTHREAD_ONCE_INIT;

static void
compressor_free(void *c)
{
    libdeflate_free_compressor(c);
}

static void
compressor_key_make(void)
{
    if (pthread_key_create(&compressor_key, compressor_free) != 0) {
        log_error("no thread key for the compressor");
    }
}

// One a thread: making it costs more than compressing a page. NULL without memory.
static struct libdeflate_compressor *
compressor_get(void)
{
    pthread_once(&compressor_once, compressor_key_make);
    struct libdeflate_compressor *c = pthread_getspecific(compressor_key);
    if (c == NULL) {
        c = libdeflate_alloc_compressor(COMPRESS_LEVEL);
        pthread_setspecific(compressor_key, c);
    }
    return c;
}

static bool
type_is_text(const char *type)
{
    return text_starts(type, "text/") || text_starts(type, "application/json") ||
           text_starts(type, "application/problem+json") ||
           text_starts(type, "image/svg+xml") || text_starts(type, "application/javascript") ||
           text_starts(type, "application/xml") ||
           text_starts(type, "application/manifest+json");
}

static void
compress(struct http_req *r, struct http_resp *resp)
{
    struct libdeflate_compressor *c = compressor_get();
    if (c == NULL) {
        return;
    }
    size_t room = resp->size - resp->size / 16; // saving less than that does not pay
    char *packed = arena_raw(r->arena, room);
    size_t n = libdeflate_gzip_compress(c, resp->body, resp->size, packed, room);
    if (n > 0) {
        resp->body = packed;
        resp->size = n;
        resp->encoding = "gzip";
    }
}

static void
negotiate(struct http_req *r, struct http_resp *resp)
{
    if (resp->source != NULL || resp->no_compress || resp->encoding != NULL ||
        resp->type == NULL || resp->size < COMPRESS_LEAST || !type_is_text(resp->type)) {
        return;
    }
    http_set(r, resp, "Vary", "Accept-Encoding");
    if (reply_accepts(http_header(r, "accept-encoding"), "gzip")) {
        compress(r, resp);
    }
}

// ---- building ----------------------------------------------------------------------------

static const char *
error_text(int status)
{
    switch (status) {
    case 400:
        return "400 Bad Request\n";
    case 413:
        return "413 Content Too Large\n";
    case 417:
        return "417 Expectation Failed\n";
    case 429:
        return "429 Too Many Requests\n";
    case 431:
        return "431 Request Header Fields Too Large\n";
    case 501:
        return "501 Not Implemented\n";
    case 503:
        return "503 Service Unavailable\n";
    case 505:
        return "505 HTTP Version Not Supported\n";
    default:
        return "500 Internal Server Error\n";
    }
}

void
reply_error(struct http_req *r, struct http_resp *resp, int status)
{
    const char *text = error_text(status);
    *resp = (struct http_resp){
        .status = status,
        .type = "text/plain; charset=utf-8",
        .body = text,
        .size = strlen(text),
    };
    http_set(r, resp, "Cache-Control", "no-store");
    http_set(r, resp, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    http_set(r, resp, "X-Content-Type-Options", "nosniff");
    if (status == 429 || status == 503) {
        http_set(r, resp, "Retry-After", "5");
    }
}

static bool
is_sound(const struct http_req *r, const struct http_resp *resp)
{
    if (resp->status < 200 || resp->status > 599 || (resp->size > 0 && resp->body == NULL) ||
        (resp->type != NULL && !header_is_safe("Content-Type", resp->type))) {
        log_error("answer to %s is malformed: status %d", r->path, resp->status);
        return false;
    }
    for (size_t i = 0; i < resp->headers.count; i++) {
        if (!header_is_safe(resp->headers.items[i].name, resp->headers.items[i].value)) {
            log_error("answer to %s has a header that would split: %s", r->path,
                      resp->headers.items[i].name);
            return false;
        }
    }
    return true;
}

static ssize_t
read_source(void *arg, uint64_t at, char *to, size_t room)
{
    struct reply_stream *s = arg;
    (void)at;
    s->sent(s->arg);
    ptrdiff_t n = s->source->read(s->source->arg, to, room);
    return n > 0    ? n
           : n == 0 ? MHD_CONTENT_READER_END_OF_STREAM
                    : MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *
body_of(const struct http_resp *resp, struct reply_stream *stream)
{
    const struct http_source *source = resp->source;
    if (source == NULL) {
        // The library never writes to it; PERSISTENT says that we keep it until the request
        // ends.
        return MHD_create_response_from_buffer(resp->type == NULL ? 0 : resp->size,
                                               (void *)(uintptr_t)resp->body,
                                               MHD_RESPMEM_PERSISTENT);
    }
    if (source->read != NULL) {
        stream->source = source;
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_source, stream,
                                                 NULL);
    }
    int fd = dup(source->fd); // the library closes its own
    struct MHD_Response *m =
        fd < 0 ? NULL : MHD_create_response_from_fd_at_offset64(source->size, fd, 0);
    if (m == NULL && fd >= 0) {
        close(fd);
    }
    return m;
}

struct MHD_Response *
reply_build(struct http_req *r, struct http_resp *resp, bool close, struct reply_stream *stream)
{
    if (!is_sound(r, resp)) {
        reply_error(r, resp, 500);
    }
    negotiate(r, resp);
    struct MHD_Response *m = body_of(resp, stream);
    if (m == NULL) {
        return NULL;
    }
    bool ok = true;
    if (resp->type != NULL) {
        ok = MHD_add_response_header(m, "Content-Type", resp->type) == MHD_YES;
    }
    if (resp->encoding != NULL) {
        ok = ok && MHD_add_response_header(m, "Content-Encoding", resp->encoding) == MHD_YES;
    }
    for (size_t i = 0; i < resp->headers.count; i++) {
        const struct http_kv *h = &resp->headers.items[i];
        ok = ok &&
             (h->value[0] == '\0' || MHD_add_response_header(m, h->name, h->value) == MHD_YES);
    }
    if (close) {
        ok = ok && MHD_add_response_header(m, "Connection", "close") == MHD_YES;
    }
    if (!ok) {
        MHD_destroy_response(m);
        return NULL;
    }
    return m;
}
