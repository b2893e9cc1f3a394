// SPDX-License-Identifier: Apache-2.0
// Private to mod/post.
#ifndef MOD_POST_POST_IMPL_H
#define MOD_POST_POST_IMPL_H

#include "mod/post/post.h"
#include "mod/post/post_rules.h"

extern const struct choice POST_STATES[]; // current, ended
extern const struct choice POST_ACTS[];   // elected, appointed …

// What an operator has set, else what the domain book says.
struct post_limits post_limits_of(struct ctx *c);
// A reason in the reader's language.
const char *post_reason_text(struct ctx *c, const struct post_reason *r);
// {name kind} of an organisation, NULL when there is none.
const struct value *post_organization(struct ctx *c, int64_t id);
const char *post_today(struct ctx *c);
// The rules tell of who holds what: nobody hears that of a chamber that is not theirs.
bool post_is_theirs(const struct ctx *c, const struct value *rec);
// Faults of days that are out of order or in the future.
void post_check_span(struct ctx *c, const struct value *rec, const char *from, const char *to);
void post_check_past(struct ctx *c, const struct value *rec, const char *field);

// term.c: the term of an organisation on a day, NULL when there is none: {id ends_on number}.
const struct value *post_term_on(struct ctx *c, int64_t organization_id, const char *day);
extern const struct db_stmt TERM_ORGANIZATION, TERM_ON, TERM_CLASH, TERM_NEXT, TERM_BEFORE,
    TERM_HOLDERS, TERM_ADOPT, TERM_FORGET, TERM_DUE, TERM_REMINDED, TERM_CLOSING,
    TERM_CLOSING_COUNT;
extern const struct record_panel TERM_PANELS[];

// post_import.c
struct import_kind; // kit/import.h
extern const struct import_kind TERM_IMPORT, POST_IMPORT;

// leadership.c
enum err leadership_run(struct ctx *c);
enum err leadership_show(struct ctx *c);
struct value *leadership_panel(struct ctx *c, int64_t organization_id);
struct value *leadership_term_panel(struct ctx *c, int64_t term_id);
struct value *leadership_enterprise_panel(struct ctx *c, int64_t enterprise_id);
extern const struct db_stmt LEADERSHIP_CURRENT, LEADERSHIP_ENDED, LEADERSHIP_TERMS,
    LEADERSHIP_OF_TERM, LEADERSHIP_OF_ENTERPRISE, LEADERSHIP_MEMBERS, LEADERSHIP_JOINED,
    LEADERSHIP_OF_PERSON, LEADERSHIP_OF_UNIT, LEADERSHIP_HOLDERS;

#endif
