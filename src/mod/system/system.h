// SPDX-License-Identifier: Apache-2.0
// What belongs to the program rather than to the district: health, metrics, the description
// of the API, pure rules over HTTP, and the pages every site owes its visitors.
#ifndef MOD_SYSTEM_SYSTEM_H
#define MOD_SYSTEM_SYSTEM_H

#include "kit/app.h"

extern const struct module SYSTEM_MODULE;

// The OpenAPI 3.1 description of every API route, made from the route and field tables.
const struct value *system_openapi(struct app *app, struct arena *a);

#endif
