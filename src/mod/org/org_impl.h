// SPDX-License-Identifier: Apache-2.0
// Private to mod/org.
#ifndef MOD_ORG_ORG_IMPL_H
#define MOD_ORG_ORG_IMPL_H

#include "kit/lifecycle.h"
#include "kit/record_step.h"
#include "mod/org/org.h"

// Still there: preparing, active or suspended.
bool org_is_alive(const char *state);
// "town" may stand under "federation": NULL, or a sentence that names what is allowed.
const char *org_place_fault(struct ctx *c, const char *kind, const char *parent_kind);

// org_life.c
extern const struct lifecycle ORG_LIFECYCLE;
extern const struct record_steps ORG_STEPS;
extern const struct field ORG_IN_FOUND[], ORG_IN_SUSPEND[], ORG_IN_RESUME[], ORG_IN_DISSOLVE[],
    ORG_IN_MERGE[];
extern const struct db_stmt ORG_SET, ORG_LIVING, ORG_MEMBERS, ORG_NAMES;

// org_tree.c
enum err org_tree_run(struct ctx *c);
enum err org_tree_show(struct ctx *c);
extern const struct db_stmt ORG_TREE;

// org_coverage.c
enum err org_coverage_run(struct ctx *c);
enum err org_coverage_show(struct ctx *c);
enum err org_uncovered_run(struct ctx *c);
enum err org_uncovered_show(struct ctx *c);
extern const struct db_stmt ORG_TOWNS, ORG_TRADES, ORG_COVERS, ORG_IN_TOWN, ORG_IN_TRADE,
    ORG_NO_TOWN;

// The ways between list, tree and coverage, as tabs; `here` is the address of the current one.
struct value *org_tabs(struct ctx *c, const char *here);

#endif
