// SPDX-License-Identifier: Apache-2.0
// A file that only whoever has the key can read, and that nobody can change, cut, lengthen or
// reorder unnoticed: packed and encrypted piece by piece (libsodium's secretstream,
// XChaCha20-Poly1305), in bounded memory. The key of the file is made for it alone and kept in
// its head: sealed for a public key, so that who writes it cannot read it, or under a
// passphrase. docs/adr/0017-copy-and-backup.md has the bytes.
#ifndef CMD_STRONGBOX_H
#define CMD_STRONGBOX_H

#include "base/arena.h"

#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>

// Exactly one is set.
struct box_key {
    const unsigned char *public_key; // to write: crypto_box_PUBLICKEYBYTES
    const unsigned char *secret_key; // to read: crypto_box_SECRETKEYBYTES
    const char *passphrase;          // both
};

// What of a public key is told to people, and stands in the head of a file.
enum { BOX_ID_SIZE = 8 };
void box_key_id(const unsigned char *public_key, unsigned char out[BOX_ID_SIZE]);

struct box;

// NULL and *why (in the arena). Bytes go to fd; it stays open.
struct box *box_create(struct arena *a, int fd, const struct box_key *key, const char **why);
bool box_put(struct box *b, const void *p, size_t n);
// The last piece: without it the file is not whole.
bool box_finish(struct box *b);

// Reads the head and finds the key. NULL and *why.
struct box *box_open(struct arena *a, int fd, const struct box_key *key, const char **why);
// Exactly n bytes; false with box_why.
bool box_get(struct box *b, void *p, size_t n);
// All was read, and the file ends here.
bool box_end(struct box *b);

// Why the last call failed; NULL when it did not.
const char *box_why(const struct box *b);
// Forgets the key.
void box_close(struct box *b);

#endif
