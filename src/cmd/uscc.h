// SPDX-License-Identifier: Apache-2.0
// Unified social credit codes for invented enterprises (GB 32100, with GB 11714 inside).
#ifndef CMD_USCC_H
#define CMD_USCC_H

#include "base/arena.h"

// `head` is registry, class and region (eight characters), `organ` the first eight of the
// organisation code; both check characters are added.
const char *uscc_make(struct arena *a, const char *head, const char *organ);

#endif
