// SPDX-License-Identifier: Apache-2.0
// What the server gives up before it listens to strangers: other people's files (Landlock),
// other processes, new connections, system administration (seccomp), core dumps. Whoever finds
// a way to run code inside it is then shut in with the one district it serves.
#ifndef KIT_SANDBOX_H
#define KIT_SANDBOX_H

#include <stdbool.h>

// No core files, no debugger, no rights from setuid files. False: errno says why.
bool sandbox_harden(void);

enum sandbox_result {
    SANDBOX_ON,
    SANDBOX_MISSING, // the kernel cannot; nothing has changed
    SANDBOX_FAILED,  // errno says why; nothing has changed
};

// From now on this thread, and those it starts, write below `writable` only and read below
// those, `readable` (both NULL-ended) and what a program needs of the system. Call it before
// threads start. What does not exist is passed over.
enum sandbox_result sandbox_files(const char *const *writable, const char *const *readable);

// From now on no thread of the process starts a program, looks into or signals another process,
// mounts, loads modules or changes who it is; without `network` it also opens no further
// sockets. Call it when everything listens. What is forbidden fails with EPERM.
enum sandbox_result sandbox_calls(bool network);

// For a process that only turns bytes into bytes: from now on it opens, starts, signals and
// connects to nothing; it reads and writes what is open, takes memory, and ends. A kernel
// without Landlock leaves the system calls to keep it in. False: errno says why.
bool sandbox_reader(void);

#endif
