// SPDX-License-Identifier: Apache-2.0
// A whole district from one database to another, for `huiqiao copy` and `huiqiao district
// move`.
#ifndef CMD_COPY_H
#define CMD_COPY_H

#include "db/db.h"

// What is read and written; the caller holds the locks that both need.
struct copy_order {
    const char *from, *to; // URLs, or paths of files
    // Runs when all rows are there and before the copy may be used; false: it may not be.
    bool (*before_use)(void *arg);
    void *arg;
    bool quiet; // says nothing of tables
};
// False after having said why not; given again it goes on.
bool copy_database(const struct copy_order *o);

// A district's own name, from the first row of its audit log: of this district alone.
void copy_name(struct db *db, char *out, size_t size);

// The district of DIR now lives in `url` (NULL: in its file district.db). In one step.
bool copy_switch(struct arena *a, const char *dir, const char *url);

// Tells the terminal about a table, a thing made again.
struct carry_said;
void copy_say_table(const struct carry_said *said, void *quiet);
void copy_say_step(const char *what, void *quiet);

#endif
