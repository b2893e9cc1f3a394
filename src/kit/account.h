// SPDX-License-Identifier: Apache-2.0
// Accounts: who may log in, with which posts. Passwords are Argon2id with a pepper (AN1).
#ifndef KIT_ACCOUNT_H
#define KIT_ACCOUNT_H

#include "kit/ctx.h"

// Hashes off the request path (about 90 ms, 64 MiB): call it from `prepare` of a ROUTE_WAITS
// route or the command line. In the arena.
const char *account_hash_password(struct app *app, struct arena *a, const char *password);
bool account_check_password(struct app *app, const char *hash, const char *password);
// True when the hash was made with weaker parameters than today's: hash again at log-in.
bool account_hash_outdated(const char *hash);
// NULL when the password may be used, else the Chinese reason (AN3).
const char *account_password_fault(struct arena *a, const char *password, const char *login);

struct account_new {
    const char *login, *name, *password_hash; // hash NULL: waits for activation
    unsigned roles;
    int64_t organization_id, enterprise_id;
};
// Creates an account with its posts; 0 when the login is taken.
int64_t account_create(struct ctx *c, const struct account_new *a);
int64_t account_by_login(struct db_tx *tx, const char *login); // 0 none
// A one-time activation code (AN9): 128 bit, 7 days, shown once.
const char *account_activation(struct ctx *c, int64_t account_id);

#endif
