// SPDX-License-Identifier: Apache-2.0
// Private to mod/imports.
#ifndef MOD_IMPORTS_IMPORTS_IMPL_H
#define MOD_IMPORTS_IMPORTS_IMPL_H

#include "kit/import_run.h"
#include "mod/imports/imports.h"

enum { IMPORTS_ROLES = ROLE_OFFICE | ROLE_SECRETARY, IMPORTS_UPLOAD_MAX = 32 * 1024 * 1024 };

// The import of the path, when it is the reader's own or the reader is of the office.
struct import_run *imports_get(struct ctx *c);

enum err imports_list_show(struct ctx *c);
enum err imports_one_show(struct ctx *c);

#endif
