// SPDX-License-Identifier: Apache-2.0
// The pages and the API of imports (kit/import_run.h): upload, what the columns mean, what
// would change, go, what was wrong.
#ifndef MOD_IMPORTS_IMPORTS_H
#define MOD_IMPORTS_IMPORTS_H

#include "kit/route.h"

extern const struct module IMPORTS_MODULE;

#endif
