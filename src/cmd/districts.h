// SPDX-License-Identifier: Apache-2.0
// Many districts behind one server: each has a database, a secret and sessions of its own and
// is opened when somebody asks for it; those nobody has asked for longest are closed again when
// too many are open (docs/adr/0014-many-districts.md).
#ifndef CMD_DISTRICTS_H
#define CMD_DISTRICTS_H

#include "kit/app.h"

struct districts;

// `most` is how many may be open at once. NULL and *why (in `a`, or constant).
struct districts *districts_open(struct arena *a, const char *dir, unsigned most,
                                 const struct module *const *modules, const char **why);
// Nothing may be served any more.
void districts_close(struct districts *d);

// A district by its host, or below /d/NAME; /healthz, /readyz and /metrics of the whole where
// the host is nobody's.
struct http_app districts_http(struct districts *d);
// /readyz, of the whole and of every district, says no from now on.
void districts_drain(struct districts *d);
// For /metrics.
void districts_server(struct districts *d, struct http_server *s);

// Runs `work` in every open district; and, of those that are closed, in so many that each has
// its turn within an hour. From one thread.
void districts_each(struct districts *d, void (*work)(struct app *app));

#endif
