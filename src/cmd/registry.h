// SPDX-License-Identifier: Apache-2.0
// Which districts a server has, and by which names it is asked for them: DIR/districts.json,
// written by `huiqiao district`, read again whenever it has changed. A small file that one can
// read and mend by hand, replaced as a whole.
#ifndef CMD_REGISTRY_H
#define CMD_REGISTRY_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { PLACE_NAME_MOST = 40, PLACE_HOSTS_MOST = 8 };

struct place {
    const char *name;  // [a-z][a-z0-9-]*, also its directory below DIR and its path /d/NAME
    const char *title; // "临江区"
    const char *hosts[PLACE_HOSTS_MOST + 1]; // lower case, without a port; NULL-ended
    bool suspended;                          // nobody may use it
};

struct registry {
    struct place *places; // sorted by name
    size_t count, cap;
    struct place_host {
        const char *host;
        size_t place;
    } * hosts; // sorted
    size_t host_count;
};

// A name a district may have.
bool place_name_ok(const char *name);

// Reads DIR/districts.json into the arena; without a file there are no districts. NULL after
// *why (in the arena) when it is damaged, names a district or a host twice, or cannot be read.
struct registry *registry_read(struct arena *a, const char *dir, const char **why);
// Replaces the file: on the disk when it returns true.
bool registry_write(struct arena *a, const char *dir, const struct registry *r,
                    const char **why);

struct place *registry_find(const struct registry *r, const char *name);    // NULL: none
struct place *registry_by_host(const struct registry *r, const char *host); // NULL: none
// A new row at the end, with nothing but its name; registry_sort() before anything is looked
// up.
struct place *registry_add(struct arena *a, struct registry *r, const char *name);
// After changes. NULL, or which name or host stands there twice (in the arena).
const char *registry_sort(struct arena *a, struct registry *r);

// Holds DIR/districts.lock while a command changes the registry, so that no two do at once.
// Returns a descriptor for close(), -1 with errno.
int registry_lock(struct arena *a, const char *dir);

#endif
