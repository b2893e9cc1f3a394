// SPDX-License-Identifier: Apache-2.0
// Sessions and bearer tokens: opaque 256-bit values, stored hashed (AN6, AN7).
#ifndef KIT_SESSION_H
#define KIT_SESSION_H

#include "kit/ctx.h"

// The actor of the request's cookie (pages) or bearer token (API); the first thing a request
// asks, because it may take the snapshot c->tx anew (NULL then with ERR_UNAVAILABLE).
// ACTOR_NOBODY when there is none or it has expired. ERR_UNAUTHENTICATED when a bearer token
// is given but not valid.
enum err session_actor(struct ctx *c, const struct actor **out);
// True when the request's CSRF token and its Origin or Sec-Fetch-Site are right (W1).
bool session_csrf_ok(struct ctx *c);
// A token that a form of nobody's session (login) carries, bound to a pre-session cookie.
const char *session_csrf(struct ctx *c);

// Inside a write: opens a session for the account and sets the cookie on c->resp when done.
enum err session_open(struct ctx *c, int64_t account_id);
void session_close(struct ctx *c);                         // this one
void session_close_all(struct ctx *c, int64_t account_id); // disable, reset
void session_close_others(struct ctx *c);                  // all of the actor but this one
// The actor's open sessions: [{since seen_at ip agent current}].
struct value *session_list(struct ctx *c);
// Each minute, inside a write: writes down when sessions were last seen, drops expired ones.
void session_flush(struct ctx *c);
// A new bearer token for the account; the text is shown once.
const char *session_token(struct ctx *c, int64_t account_id, const char *label);

#endif
