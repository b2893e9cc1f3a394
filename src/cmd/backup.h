// SPDX-License-Identifier: Apache-2.0
// What backup, restore and check --backup share: keys in files, and a backup opened to be read.
#ifndef CMD_BACKUP_H
#define CMD_BACKUP_H

#include "cmd/archive.h"
#include "cmd/cmd.h"
#include "cmd/strongbox.h"

// As the options say: names of files.
struct backup_keys {
    const char *key, *passphrase;
};

enum { BACKUP_SECRET_SIZE = 32 };

// A backup being read. Ends with backup_close(), also after a failure.
struct backup {
    struct arena *arena;
    struct archive archive;
    struct box *box;
    int fd;
};
// Finds the key and reads the head. False after having said why not.
bool backup_open(struct backup *b, const char *path, const struct backup_keys *keys);
void backup_close(struct backup *b);
// Why reading failed: what the encryption says goes before what is inside.
const char *backup_why(const struct backup *b);

// The keys of the options; false after having said why not. `writes`: the public one.
bool backup_key(struct arena *a, const struct backup_keys *keys, bool writes,
                struct box_key *out);
// Reads a whole backup and says what is in it. False after having said what is wrong.
bool backup_check(const char *path, const struct backup_keys *keys);

// check.c: pages, references, audit chain.
bool check_written(struct district *d);

#endif
