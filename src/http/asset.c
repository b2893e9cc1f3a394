// SPDX-License-Identifier: Apache-2.0
// Static files that were compressed and hashed at build time: the name changes with the
// content, so a client may keep them for ever.
#include "http/reply.h"

#include <string.h>

// Weak comparison of RFC 9110 §13.1.2: any listed tag, with or without W/, or "*".
static bool
tag_matches(const char *list, const char *etag)
{
    size_t n = strlen(etag);
    while (*list != '\0') {
        list += strspn(list, " \t,");
        size_t length = strcspn(list, ",");
        size_t used = length;
        while (used > 0 && (list[used - 1] == ' ' || list[used - 1] == '\t')) {
            used--;
        }
        const char *tag = list;
        if (used > 2 && tag[0] == 'W' && tag[1] == '/') {
            tag += 2;
            used -= 2;
        }
        if ((used == 1 && tag[0] == '*') || (used == n && memcmp(tag, etag, n) == 0)) {
            return true;
        }
        list += length;
    }
    return false;
}

static void
choose(const struct http_asset *f, const char *accepted, struct http_resp *resp)
{
    if (f->brotli != NULL && reply_accepts(accepted, "br")) {
        resp->body = (const char *)f->brotli;
        resp->size = f->brotli_size;
        resp->encoding = "br";
    } else if (f->gzip != NULL && reply_accepts(accepted, "gzip")) {
        resp->body = (const char *)f->gzip;
        resp->size = f->gzip_size;
        resp->encoding = "gzip";
    } else {
        resp->body = (const char *)f->plain;
        resp->size = f->plain_size;
    }
}

void
http_serve_asset(const struct http_asset *f, struct http_req *r, struct http_resp *resp)
{
    const char *known = http_header(r, "if-none-match");
    http_set(r, resp, "ETag", f->etag);
    http_set(r, resp, "Cache-Control", "public, max-age=31536000, immutable");
    if (f->gzip != NULL || f->brotli != NULL) {
        http_set(r, resp, "Vary", "Accept-Encoding");
    }
    if (known != NULL && tag_matches(known, f->etag)) {
        resp->status = 304;
        return;
    }
    resp->status = 200;
    resp->type = f->type;
    resp->no_compress = true;
    choose(f, http_header(r, "accept-encoding"), resp);
}
