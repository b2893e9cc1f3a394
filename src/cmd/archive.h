// SPDX-License-Identifier: Apache-2.0
// A district as one stream of bytes: a head, its tables with their rows in canonical bytes and
// their sums, an end that counts. What a backup holds inside its encryption; reads into either
// engine. Nothing is believed that is read: sizes are bounded, types compared, sums computed.
#ifndef CMD_ARCHIVE_H
#define CMD_ARCHIVE_H

#include "base/value.h"
#include "cmd/carry.h"

typedef bool (*archive_put)(void *to, const void *p, size_t n);
typedef bool (*archive_get)(void *from, void *p, size_t n); // exactly n bytes
typedef bool (*archive_end)(void *from);                    // nothing comes any more

// Writes `head` (a map) and all rows of the source. False: f->why is set, or `put` failed.
// `said` is told of each table, or NULL.
bool archive_write(struct arena *a, const struct value *head, struct carry_from *f,
                   archive_put put, void *to,
                   void (*said)(const struct carry_said *said, void *arg), void *arg);

struct archive {
    struct carry_from from; // first; `patches` and `name` are the head's
    struct arena *arena;
    const struct value *head;
    archive_get get;
    archive_end end;
    void *arg;
    struct arena *rows; // of the table at hand
    struct buf row;
    struct bulk_table table;
    struct bulk_sum sum;
    uint64_t count, total;
    uint32_t tables;
    bool open, whole; // inside a table; the end was read
};
// Reads the head. False with from.why.
bool archive_open(struct archive *r, struct arena *a, archive_get get, archive_end end,
                  void *arg);
// Reads all that is left; true when the stream is whole and every sum is right. NULL: nobody is
// told.
bool archive_verify(struct archive *r, void (*said)(const struct carry_said *said, void *arg),
                    void *arg);
void archive_close(struct archive *r);

#endif
