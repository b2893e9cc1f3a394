// SPDX-License-Identifier: Apache-2.0
// Private to the preloaded disk of tests/faults: the page that a test shares with the process
// whose disk it is, and what of the files would survive a power cut.
#ifndef FAULTS_DISK_H
#define FAULTS_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Words of 64 bits in a shared file; tests/faults/disk.mjs has them in the same order. The test
// writes the first group, the process the second.
struct control {
    _Atomic int64_t cut_at;    // the power goes at this operation on a file; 0 never
    _Atomic int64_t cut_db_at; // or at this write into the database itself: a checkpoint
    _Atomic int64_t cut_end;   // or when the process ends by itself
    _Atomic int64_t seed;      // of what an interrupted disk keeps
    _Atomic int64_t how;       // enum disk_loss; -1: by the seed
    _Atomic int64_t error;     // errno of what fails; 0 nothing does
    _Atomic int64_t fails;     // FAIL_…
    _Atomic int64_t spare;     // so many of these still succeed
    _Atomic int64_t alloc_at;  // this allocation fails, counted from now; 0 none
    _Atomic int64_t alloc_run; // and so many after it

    _Atomic int64_t operations;
    _Atomic int64_t database_writes;
    _Atomic int64_t syncs;
    _Atomic int64_t failed;
    _Atomic int64_t allocations; // counted while alloc_at is set
    _Atomic int64_t alloc_failed;
    _Atomic int64_t sectors_lost; // at the cut
    _Atomic int64_t sectors_kept; // of those that were not synced
    _Atomic int64_t names_lost;   // entries of directories
    _Atomic int64_t cut;          // the power went
};

// FAIL_HIDDEN: a sync that fails says that it did not, for a mutant that overlooks it.
enum { FAIL_WRITE = 1, FAIL_SYNC = 2, FAIL_MAKE = 4, FAIL_HIDDEN = 8 };

// What an interrupted disk does with sectors it was not told to keep.
enum disk_loss {
    LOSS_ALL,     // none is there
    LOSS_SECTORS, // any of 512 bytes, each in any version it ever had
    LOSS_PAGES,   // any of 4 KiB
    LOSS_TAIL,    // what came last is not there: the order was kept
    LOSS_NONE,    // as after a killed process
    LOSS_COUNT
};

extern struct control *control;

// ---- disk.c ------------------------------------------------------------------------------

struct file;

// All of these under disk_lock.
extern _Thread_local bool disk_inside; // this thread has it: what it asks for is ours
void disk_lock(void);
void disk_unlock(void);
void disk_start(const char *path);
bool disk_holds(const char *path);
// The file open at fd, if it is one of ours.
struct file *disk_file(int fd);
void disk_opened(int fd, const char *path, bool made);
void disk_closed(int fd);
// Before what they are named after: notes what would be lost.
void disk_writes(struct file *f, off_t at, size_t n);
void disk_cuts(struct file *f, off_t size);
bool disk_is_database(const struct file *f);
// After a sync. A failed one drops what was to be written, as the kernel does: pages count as
// clean, and no later sync brings them to the disk.
void disk_synced(struct file *f, bool ok);
// Names: made, taken away (moved to `aside`), moved (what was there is at `aside`, or NULL).
void disk_made(const char *path);
char *disk_aside(const char *path); // a name to put it aside; malloc
void disk_gone(const char *path, const char *aside);
void disk_moved(const char *from, const char *to, const char *aside);
// Leaves on the disk what an interrupted one holds.
void disk_cut(void);
// The process ends and the machine goes on: removes what was put aside, and keeps for the next
// process on this disk what failed syncs threw away.
void disk_end(void);

// Under every function of this header: the library's own, without the preloaded ones.
void *real(const char *name);
_Noreturn void give_up(const char *what);

#endif
