// SPDX-License-Identifier: Apache-2.0
// Threads that may wait, for what the http threads must not do.
#ifndef KIT_WORKERS_H
#define KIT_WORKERS_H

#include "base/arena.h"

#include <stdbool.h>

struct task { // the caller's, until it runs
    void (*fn)(void *arg);
    void *arg;
    struct task *next;
};

// Starts the threads; without them the process aborts. At most `most` tasks wait.
struct workers *workers_start(struct arena *a, const char *name, unsigned threads,
                              unsigned most);
// Runs what waits, then ends the threads.
void workers_stop(struct workers *w);
// False when so much waits that another one would come too late.
bool workers_add(struct workers *w, struct task *t);
// For what ends work begun earlier: never refused, and before whatever else waits.
void workers_add_first(struct workers *w, struct task *t);

#endif
