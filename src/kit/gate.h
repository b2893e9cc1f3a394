// SPDX-License-Identifier: Apache-2.0
// From a request to a rule and back: the one path every request takes. For the kit, and for
// who serves several districts.
#ifndef KIT_GATE_H
#define KIT_GATE_H

#include "kit/app.h"

// One request in flight.
struct exchange {
    struct ctx c;
    struct db_job job;
    const char *key; // idempotency key or NULL
    unsigned char body_hash[32];
    const struct value *in; // as read; `run` gets a fresh copy each time
    bool replayed;
    bool suspended;
    // Where reads wait no http thread asks the database: the answer is made by another.
    struct arena_guard *guard; // of that thread, until it hands over
    struct task task;
    struct http_resp answer;
    bool answered;
};

// The callbacks of http_app.
size_t gate_limit(void *arg, struct arena *a, enum http_method m, const char *path);
bool gate_serve(void *arg, struct http_req *r, struct http_resp *resp);
void gate_resumed(void *arg, struct http_req *r, struct http_resp *resp);
// Answers for a file of the program, the same in every district; false when it is none.
bool gate_asset(struct http_req *r, struct http_resp *resp);

// ---- respond.c -------------------------------------------------------------------------

// Turns what the ctx holds (result, out, location, faults …) into the answer. Needs c->tx for
// pages.
void respond(struct ctx *c);
// Security headers of every answer (W3, W4).
void respond_headers(struct ctx *c);

// ---- stale.c ---------------------------------------------------------------------------

// What was sent and could not be written, as a form that sends it once more: {action once
// fields files multipart}; null when there is none or it is not to stand in a page.
const struct value *stale_resend(struct ctx *c);

// ---- page.c ----------------------------------------------------------------------------

struct pages; // parsed templates, by language and name
struct pages *pages_load(struct arena *a, const char **why);
// The url of the navigation entry that the path is at or below: of several the longest. NULL
// when there is none. Entries of other roles do not count.
const char *page_current(const struct module *const *modules, unsigned roles, const char *path);
// Adds what every page shows (src/kit/pages/README.md) to c->page and renders the template
// into the answer's body. False when the template is unknown or incomplete (logged).
bool page_render(struct ctx *c, const char *name, struct buf *out);
// The error page's own keys from c->result.
void page_error(struct ctx *c);
// A page outside of all districts: only what c->page holds and the frame "page" needs. c->app
// may be NULL.
bool page_render_plain(const struct program *p, struct ctx *c, const char *name,
                       struct buf *out);
// The same page for a reader who sees everything of ours below `base`.
void page_rebase(struct buf *out, const char *html, size_t n, const char *base);

// ---- replay.c ----------------------------------------------------------------------------

// Idempotency: true when this key was answered before (then the ctx holds the first answer),
// or c->result is ERR_CONFLICT because the body differs.
bool replay_find(struct exchange *x);
void replay_keep(struct exchange *x);

#endif
