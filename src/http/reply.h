// SPDX-License-Identifier: Apache-2.0
// From struct http_resp to the library's response: checks, compression, headers.
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "http/http.h"

struct MHD_Response;

// Whether an Accept-Encoding value (NULL: none) takes the coding: named or by *, and not q=0.
bool reply_accepts(const char *accept_encoding, const char *coding);

// Turns *resp into a plain error page of our own, for refusals below the application.
void reply_error(struct http_req *r, struct http_resp *resp, int status);

// What a source needs while it is read: `sent` is called before each piece.
struct reply_stream {
    const struct http_source *source;
    void (*sent)(void *arg);
    void *arg;
};
// Makes the library's response; resp->status may be corrected to 500. `close` adds
// Connection: close. `stream` lives as long as the request. NULL without memory.
struct MHD_Response *reply_build(struct http_req *r, struct http_resp *resp, bool close,
                                 struct reply_stream *stream);

#endif
