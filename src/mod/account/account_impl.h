// SPDX-License-Identifier: Apache-2.0
// Between the files of this module.
#ifndef MOD_ACCOUNT_IMPL_H
#define MOD_ACCOUNT_IMPL_H

#include "kit/route.h"

extern const struct field LOGIN_FIELDS[], ACTIVATE_FIELDS[], PASSWORD_FIELDS[];
extern const struct db_stmt LOGIN_ACCOUNT, LOGIN_SET_PASSWORD, LOGIN_ACTIVATE, LOGIN_REHASH;

enum err login_run_form(struct ctx *c);
enum err login_show_form(struct ctx *c);
enum err login_prepare(struct ctx *c);
enum err login_run(struct ctx *c);
enum err logout_run(struct ctx *c);
enum err activate_show_form(struct ctx *c);
enum err activate_prepare(struct ctx *c);
enum err activate_run(struct ctx *c);
enum err password_show_form(struct ctx *c);
enum err password_prepare(struct ctx *c);
enum err password_run(struct ctx *c);

extern const struct db_stmt AUDIT_ALL, AUDIT_BY_RECORD, AUDIT_BY_ACCOUNT, AUDIT_BY_ACTION,
    AUDIT_BY_KIND;
extern const struct choice AUDIT_ACTIONS[], AUDIT_KINDS[];
enum err audit_log_run(struct ctx *c);
enum err audit_log_show(struct ctx *c);

// The id of the last item as the cursor `after`, null when the list is not full.
const struct value *account_next_cursor(struct arena *a, const struct value *items,
                                        size_t most);
// The generic form (form.html, action.html); texts in Chinese, `fields` may be NULL.
enum err account_show_form(struct ctx *c, const char *title, const char *action,
                           const char *submit, const char *cancel, const struct field *fields);
// True for a path on this site: "/demands?x=1"; never "//host" or "/\host" (W6).
bool is_own_path(const char *s);

#endif
