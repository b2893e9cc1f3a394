// SPDX-License-Identifier: Apache-2.0
// What this program is made of.
#ifndef APP_H
#define APP_H

#include "kit/route.h"

extern const struct module *const MODULES[]; // ended by NULL

#endif
