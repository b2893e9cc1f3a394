// SPDX-License-Identifier: Apache-2.0
// Parts of the start pages.
#ifndef MOD_HOME_HOME_IMPL_H
#define MOD_HOME_HOME_IMPL_H

#include "kit/ctx.h"

// Fills c->page for template "cockpit" from demand_statistics().
void home_cockpit(struct ctx *c, const struct value *figures);

#endif
