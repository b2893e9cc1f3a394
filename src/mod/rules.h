// SPDX-License-Identifier: Apache-2.0
// The only list of pure rules (rules.md).
#ifndef MOD_RULES_H
#define MOD_RULES_H

// Hands the list to kit/rule.h; once, before threads start.
void rules_register(void);

#endif
