// SPDX-License-Identifier: Apache-2.0
// Other people's accounts: the office keeps all of them, a chamber's secretary those of its
// member enterprises.
#ifndef MOD_ACCOUNT_PEOPLE_H
#define MOD_ACCOUNT_PEOPLE_H

#include "kit/route.h"

enum { PEOPLE_ROLES = ROLE_OFFICE | ROLE_SECRETARY };

extern const struct field PEOPLE_FIELDS[];
extern const struct db_stmt PEOPLE_LIST, PEOPLE_BY_LOGIN, PEOPLE_BY_NAME, PEOPLE_OF_CHAMBER,
    PEOPLE_GET, PEOPLE_POSTS, PEOPLE_SET_STATE, PEOPLE_OTHER_ADMINS;

enum err people_list_run(struct ctx *c);
enum err people_list_show(struct ctx *c);
enum err people_new_run(struct ctx *c);
enum err people_new_show(struct ctx *c);
enum err people_create_run(struct ctx *c);
enum err people_detail_run(struct ctx *c);
enum err people_detail_show(struct ctx *c);
enum err people_step_form_run(struct ctx *c);
enum err people_step_form_show(struct ctx *c);
enum err people_step_run(struct ctx *c);

// Between people.c and people_page.c: a step is "code", "disable" or "enable".
bool people_may_step(struct ctx *c, const struct value *person, const char *step);

#endif
