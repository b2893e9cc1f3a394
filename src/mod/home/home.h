// SPDX-License-Identifier: Apache-2.0
// Start pages, one for each kind of reader, and the figures of the cockpit. Owns no data.
#ifndef MOD_HOME_HOME_H
#define MOD_HOME_HOME_H

#include "kit/route.h"

extern const struct module HOME_MODULE;

#endif
