// SPDX-License-Identifier: Apache-2.0
// Answers: JSON and problem+json in the API, redirects and pages elsewhere, the same security
// headers on all of them.
#include "kit/gate.h"

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "view/html.h"

#include <stdio.h>
#include <string.h>

enum { ANSWER_MAX = 8 * 1024 * 1024 };

static const char CSP[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

void
respond_headers(struct ctx *c)
{
    struct http_req *r = c->req;
    http_set(r, c->resp, "Content-Security-Policy", CSP);
    http_set(r, c->resp, "X-Content-Type-Options", "nosniff");
    http_set(r, c->resp, "X-Frame-Options", "DENY");
    http_set(r, c->resp, "Referrer-Policy", "same-origin");
    http_set(r, c->resp, "Cross-Origin-Opener-Policy", "same-origin");
    http_set(r, c->resp, "Cross-Origin-Resource-Policy", "same-origin");
    http_set(r, c->resp, "Permissions-Policy", "camera=(), geolocation=(), microphone=()");
    http_set(r, c->resp, "Cache-Control", "no-store");
    if (c->stale) {
        http_set(r, c->resp, "Huiqiao-Stale", "1");
    }
    if (r->tls) {
        http_set(r, c->resp, "Strict-Transport-Security",
                 "max-age=31536000; includeSubDomains");
    }
}

static void
send_buf(struct ctx *c, int status, const char *type, const struct buf *b)
{
    if (b->full) {
        log_error("answer of %s is larger than %d bytes", c->req->path, ANSWER_MAX);
        c->resp->status = 500;
        return;
    }
    c->resp->status = status;
    c->resp->type = type;
    c->resp->body = buf_str(b);
    c->resp->size = b->n;
}

// ---- API --------------------------------------------------------------------------------

static struct value *
fault_list(struct ctx *c)
{
    struct value *list = value_list(c->arena);
    for (unsigned i = 0; i < c->faults.count; i++) {
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "field", c->faults.items[i].field);
        value_set_text(c->arena, m, "code", c->faults.items[i].code);
        value_set_text(c->arena, m, "message", c->faults.items[i].message);
        value_push(c->arena, list, m);
    }
    return list;
}

static void
send_problem(struct ctx *c)
{
    const struct err_info *info = err_info(c->result);
    struct arena *a = c->arena;
    struct value *p = value_map(a);
    struct buf b;
    value_set_text(a, p, "type", arena_printf(a, "/problems/%s", info->code));
    value_set_text(a, p, "title", tr(c->lang, info->title));
    value_set_int(a, p, "status", info->status);
    value_set_text(a, p, "detail", c->detail != NULL ? c->detail : tr(c->lang, info->title));
    if (c->faults.count > 0) {
        value_set(a, p, "errors", fault_list(c));
    }
    for (uint32_t i = 0; c->extra != NULL && i < c->extra->map.count; i++) {
        value_set(a, p, c->extra->map.pairs[i].key, c->extra->map.pairs[i].v);
    }
    buf_init(&b, a, 512, ANSWER_MAX);
    json_write(&b, p);
    send_buf(c, info->status, "application/problem+json", &b);
}

// A path of ours as the reader's browser knows it. What came back from a form has the base
// already.
static const char *
based(const struct ctx *c, const char *path)
{
    size_t n = strlen(c->req->base);
    bool has = strncmp(path, c->req->base, n) == 0 && (path[n] == '/' || path[n] == '\0');
    return n == 0 || has || *path != '/' ? path
                                         : arena_printf(c->arena, "%s%s", c->req->base, path);
}

static void
send_json(struct ctx *c)
{
    struct buf b;
    int status = c->status != 0 ? c->status : c->location != NULL ? 201 : 200;
    if (c->location != NULL) {
        bool whole = text_starts(c->location, "/api/");
        http_set(
            c->req, c->resp, "Location",
            based(c, whole ? c->location : arena_printf(c->arena, "/api/v1%s", c->location)));
    }
    if (c->out == NULL) {
        c->resp->status = c->status != 0 ? c->status : 204;
        return;
    }
    buf_init(&b, c->arena, 16 * 1024, ANSWER_MAX);
    json_write(&b, c->out);
    send_buf(c, status, "application/json; charset=utf-8", &b);
}

static void
send_raw(struct ctx *c)
{
    c->resp->status = c->status != 0 ? c->status : 200;
    c->resp->type = c->raw_type;
    c->resp->body = c->raw_body;
    c->resp->size = c->raw_size;
    c->resp->source = c->raw_source;
    if (c->raw_name != NULL) {
        struct buf b;
        buf_init(&b, c->arena, 64, 1024);
        url_component(&b, c->raw_name);
        http_set(c->req, c->resp, "Content-Disposition",
                 arena_printf(c->arena, "attachment; filename*=UTF-8''%s", buf_str(&b)));
    }
}

// ---- pages --------------------------------------------------------------------------------

static void
send_page(struct ctx *c, const char *template, int status)
{
    struct buf b;
    buf_init(&b, c->arena, 32 * 1024, ANSWER_MAX);
    if (c->page == NULL) {
        c->page = value_map(c->arena);
    }
    if (!page_render(c, template, &b)) {
        c->resp->status = 500;
        c->resp->type = "text/plain; charset=utf-8";
        c->resp->body = tr(c->lang, err_info(ERR_INTERNAL)->title);
        c->resp->size = strlen(c->resp->body);
        return;
    }
    if (*c->req->base != '\0') {
        struct buf based;
        buf_init(&based, c->arena, b.n + b.n / 8, ANSWER_MAX);
        page_rebase(&based, b.p, b.n, c->req->base);
        b = based;
    }
    send_buf(c, status, "text/html; charset=utf-8", &b);
}

static void
redirect(struct ctx *c, const char *to)
{
    c->resp->status = 303;
    http_set(c->req, c->resp, "Location", based(c, to));
    if (c->flash != NULL) {
        struct buf b;
        buf_init(&b, c->arena, 128, 1024);
        url_component(&b, c->flash);
        http_set(c->req, c->resp, "Set-Cookie",
                 arena_printf(c->arena,
                              "hq_flash=%s; Path=/; Max-Age=60; HttpOnly; SameSite=Lax",
                              buf_str(&b)));
    }
}

static void
to_login(struct ctx *c)
{
    struct buf b;
    // A lost session while sending a form comes back to the page of the form.
    const char *next = c->req->path;
    if (c->req->method != HTTP_GET) {
        const char *from = http_header(c->req, "referer");
        const char *path = from == NULL ? NULL : strstr(from, "://");
        path = path == NULL ? NULL : strchr(path + 3, '/');
        next = path == NULL ? "/" : path;
    } else if (*c->req->query_text != '\0') {
        next = arena_printf(c->arena, "%s?%s", next, c->req->query_text);
    }
    buf_init(&b, c->arena, 128, 4096);
    buf_puts(&b, "/login?next=");
    url_component(&b, next);
    redirect(c, buf_str(&b));
}

// For a script whose session has ended: its page stays as it is, and decides.
static void
send_nothing(struct ctx *c)
{
    c->resp->status = err_info(c->result)->status;
    c->resp->type = "text/plain; charset=utf-8";
    c->resp->body = tr(c->lang, err_info(c->result)->title);
    c->resp->size = strlen(c->resp->body);
    http_set(c->req, c->resp, "HX-Reswap", "none");
}

static void
send_error_page(struct ctx *c)
{
    int status = err_info(c->result)->status;
    c->page = value_map(c->arena);
    page_error(c);
    send_page(c, "error", status);
}

// Shows the form again with what was typed and what is wrong with it.
static bool
show_again(struct ctx *c)
{
    const struct route *route = c->route;
    enum err failed = c->result;
    if (route == NULL || route->again == NULL || c->tx == NULL ||
        (failed != ERR_INVALID && failed != ERR_CONFLICT && failed != ERR_STALE &&
         failed != ERR_TOO_MANY && !(failed == ERR_FORBIDDEN && c->actor->id == 0))) {
        return false;
    }
    const char *detail = c->detail;
    c->renewed = true;
    c->template = NULL;
    c->page = value_map(c->arena);
    if (route->again(c) != ERR_OK ||
        (route->again_show != NULL && route->again_show(c) != ERR_OK)) {
        return false;
    }
    c->detail = detail;
    c->result = failed;
    send_page(c, c->template != NULL ? c->template : route->again_page,
              err_info(failed)->status);
    return true;
}

static void
respond_page(struct ctx *c)
{
    if (c->result == ERR_OK && c->raw_type == NULL && c->route->method == HTTP_GET &&
        c->route->show != NULL && c->location == NULL) {
        c->page = value_map(c->arena);
        c->result = c->route->show(c);
    }
    if (c->result == ERR_OK && c->raw_type != NULL) {
        send_raw(c);
    } else if (c->result == ERR_OK && c->location != NULL) {
        redirect(c, c->location);
    } else if (c->result == ERR_OK && (c->template != NULL || c->route->page != NULL)) {
        send_page(c, c->template != NULL ? c->template : c->route->page,
                  c->status != 0 ? c->status : 200);
    } else if (c->result == ERR_OK) {
        c->resp->status = 204;
    } else if (c->result == ERR_UNAUTHENTICATED && c->background) {
        send_nothing(c);
    } else if (c->result == ERR_UNAUTHENTICATED && (c->req->method & (HTTP_GET | HTTP_POST))) {
        to_login(c);
    } else if (!show_again(c)) {
        send_error_page(c);
    }
}

static void
set_allow(struct ctx *c)
{
    static const struct {
        enum http_method m;
        const char *name;
    } NAMES[] = {{HTTP_GET, "GET, HEAD"}, {HTTP_POST, "POST"}, {HTTP_PATCH, "PATCH"}};
    struct buf b;
    buf_init(&b, c->arena, 32, 128);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if ((c->match.allowed & NAMES[i].m) != 0) {
            buf_puts(&b, b.n > 0 ? ", " : "");
            buf_puts(&b, NAMES[i].name);
        }
    }
    http_set(c->req, c->resp, "Allow", buf_str(&b));
}

void
respond(struct ctx *c)
{
    respond_headers(c);
    if (c->cookie != NULL) {
        http_set(c->req, c->resp, "Set-Cookie", c->cookie);
    }
    if (c->result == ERR_METHOD) {
        set_allow(c);
    }
    bool disk = c->result == ERR_FULL || c->result == ERR_READ_ONLY;
    if (c->result == ERR_TOO_MANY || c->result == ERR_UNAVAILABLE || disk) {
        int64_t otherwise = disk ? 60 : c->result == ERR_TOO_MANY ? 30 : 2;
        int64_t seconds = c->retry_ms > 0 ? (c->retry_ms + 999) / 1000 : otherwise;
        http_set(c->req, c->resp, "Retry-After",
                 arena_printf(c->arena, "%lld", (long long)seconds));
    }
    if (c->result == ERR_UNAUTHENTICATED && c->api) {
        http_set(c->req, c->resp, "WWW-Authenticate", "Bearer");
    }
    if (!c->api) {
        respond_page(c);
    } else if (c->result != ERR_OK) {
        send_problem(c);
    } else if (c->raw_type != NULL) {
        send_raw(c);
    } else {
        send_json(c);
    }
}
