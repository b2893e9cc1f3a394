// SPDX-License-Identifier: Apache-2.0
// Acting as a person from the command line: a request of the API without a socket. Roles, input
// checks and rules are the same as for everybody, only the moment may be chosen; so what a
// demonstration shows has really happened, step by step.
#ifndef CMD_ACT_H
#define CMD_ACT_H

#include "cmd/cmd.h"

struct act {
    struct app *app;
    struct arena *arena; // of this act; the answer lives here
    const struct actor *actor;
    int64_t now;
};

// `path` without /api/v1; `in` is the JSON body as a map. ERR_OK and *out (may be NULL). On
// failure *why is a sentence for the operator.
enum err act_post(const struct act *act, const char *path, const struct value *in,
                  const struct value **out, const char **why);

// The same for a change of a record (PATCH).
enum err act_patch(const struct act *act, const char *path, const struct value *in,
                   const struct value **out, const char **why);

// Reads a list or a record: the answer's data. `query` may be NULL.
enum err act_get(const struct act *act, const char *path, const struct http_list *query,
                 const struct value **out, const char **why);

#endif
