// SPDX-License-Identifier: Apache-2.0
// The text files that tools/embed.mjs builds into the program: page templates, the English
// catalogue and the schema patches.
#ifndef KIT_EMBEDDED_H
#define KIT_EMBEDDED_H

#include "db/db.h"

#include <stddef.h>

struct embedded {
    const char *name; // file name without its extension: "list"
    const char *text; // NUL after it
    size_t size;      // without that NUL
};

// Every src/kit/pages/*.html and src/mod/*/pages/*.html, sorted by name; names are unique.
extern const struct embedded EMBEDDED_PAGES[];
extern const size_t EMBEDDED_PAGES_COUNT;

// Every src/**/schema/NNNN_*.sql, sorted by number; numbers are unique.
extern const struct db_patch EMBEDDED_PATCHES[];
extern const size_t EMBEDDED_PATCHES_COUNT;

// lang/en.json; "{}" when there is none.
extern const struct embedded EMBEDDED_LANG_EN;

#endif
