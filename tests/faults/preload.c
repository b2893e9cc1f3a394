// SPDX-License-Identifier: Apache-2.0
// A disk that loses power, has no room, or fails, and memory that runs out: loaded before the C
// library (LD_PRELOAD) into the program as it is. FAULTS_CONTROL names the shared page by which
// a test directs it, FAULTS_ROOT the directory whose files are on that disk.
// FAULTS_SYNCHRONOUS=NORMAL or OFF makes a mutant: that is what SQLite is told in place of
// FULL.
#undef _FILE_OFFSET_BITS // both names of a function, the short one and the one with 64, are
                         // ours
#include "faults/disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CUT_STATUS = 137, FDS = 4096 };

struct control *control;
static bool nameless[FDS]; // open files without a name on the disk
static bool armed;         // false in a forked child: the disk is the parent's

static int spare(struct dl_phdr_info *info, size_t size, void *arg);

void *
real(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);
    if (f == NULL) {
        give_up(name);
    }
    return f;
}

void
give_up(const char *what)
{
    dprintf(STDERR_FILENO, "faults: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static void
disarm(void)
{
    armed = false;
}

// Says where the program ended; addr2line -e makes lines of it.
static void
say_where(int sig)
{
    void *frames[40];
    armed = false;
    signal(sig, SIG_DFL);
    backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
    raise(sig);
}

__attribute__((constructor)) static void
start(void)
{
    const char *path = getenv("FAULTS_CONTROL");
    const char *root = getenv("FAULTS_ROOT");
    if (path == NULL || root == NULL) {
        return;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *page =
        fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        give_up(path);
    }
    close(fd);
    pthread_atfork(NULL, NULL, disarm);
    void *frame[1];
    backtrace(frame, 1); // loads what it needs
    signal(SIGSEGV, say_where);
    signal(SIGABRT, say_where);
    dl_iterate_phdr(spare, NULL);
    disk_start(root);
    control = page;
    armed = true;
}

// Never with the lock held: whoever waits for it waits for ever.
static _Noreturn void
cut(void)
{
    disk_cut();
    _exit(CUT_STATUS);
}

__attribute__((destructor)) static void
end(void)
{
    if (armed) {
        disk_lock();
        if (control->cut_end != 0) {
            cut();
        }
        disk_end();
        disk_unlock();
    }
}

// ---- one operation -----------------------------------------------------------------------

// Counts it, and cuts the power where the test said. Under the lock.
static void
count(struct file *f, bool writes)
{
    int64_t at = ++control->operations;
    if (control->cut_at != 0 && at >= control->cut_at) {
        cut();
    }
    if (f != NULL && writes && disk_is_database(f)) {
        at = ++control->database_writes;
        if (control->cut_db_at != 0 && at >= control->cut_db_at) {
            cut();
        }
    }
}

// True, with errno: this one fails.
static bool
fails(int64_t kind)
{
    int64_t error = control->error;
    if (error == 0 || (control->fails & kind) == 0) {
        return false;
    }
    if (control->spare > 0) {
        control->spare--;
        return false;
    }
    control->failed++;
    errno = (int)error;
    return true;
}

static struct file *
enter(int fd)
{
    if (!armed) {
        return NULL;
    }
    disk_lock();
    struct file *f = disk_file(fd);
    if (f == NULL) {
        disk_unlock();
    }
    return f;
}

static ssize_t
put(struct file *f, int fd, const void *p, size_t n, off_t at)
{
    static ssize_t (*pwrite_real)(int, const void *, size_t, off_t);
    if (pwrite_real == NULL) {
        pwrite_real = (ssize_t(*)(int, const void *, size_t, off_t))real("pwrite");
    }
    count(f, true);
    if (fails(FAIL_WRITE)) {
        return -1;
    }
    disk_writes(f, at, n);
    return pwrite_real(fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
    static ssize_t (*next)(int, const void *, size_t, off_t);
    struct file *f = enter(fd);
    if (f == NULL) {
        next =
            next != NULL ? next : (ssize_t(*)(int, const void *, size_t, off_t))real("pwrite");
        return next(fd, p, n, at);
    }
    ssize_t done = put(f, fd, p, n, at);
    disk_unlock();
    return done;
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return pwrite(fd, p, n, at);
}

// A file without a name (an export) has no state to lose, but may find no room.
static bool
nameless_fails(int fd)
{
    if (!armed || fd < 0 || fd >= FDS || !nameless[fd]) {
        return false;
    }
    disk_lock();
    bool bad = fails(FAIL_WRITE);
    disk_unlock();
    return bad;
}

ssize_t
write(int fd, const void *p, size_t n)
{
    static ssize_t (*next)(int, const void *, size_t);
    next = next != NULL ? next : (ssize_t(*)(int, const void *, size_t))real("write");
    struct file *f = enter(fd);
    if (f == NULL) {
        return nameless_fails(fd) ? -1 : next(fd, p, n);
    }
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = put(f, fd, p, n, at);
    if (done > 0) {
        lseek(fd, at + done, SEEK_SET);
    }
    disk_unlock();
    return done;
}

int
ftruncate(int fd, off_t size)
{
    static int (*next)(int, off_t);
    next = next != NULL ? next : (int (*)(int, off_t))real("ftruncate");
    struct file *f = enter(fd);
    if (f == NULL) {
        return next(fd, size);
    }
    count(f, true);
    int rc = -1;
    if (!fails(FAIL_WRITE)) {
        disk_cuts(f, size);
        rc = next(fd, size);
    }
    disk_unlock();
    return rc;
}

int
ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

// Nothing is really synced: the machine keeps its power, and the test its time.
static int
sync_file(struct file *f)
{
    count(f, false);
    bool bad = fails(FAIL_SYNC);
    disk_synced(f, !bad);
    control->syncs++;
    disk_unlock();
    return bad && (control->fails & FAIL_HIDDEN) == 0 ? -1 : 0;
}

int
fsync(int fd)
{
    struct file *f = enter(fd);
    return f != NULL ? sync_file(f) : ((int (*)(int))real("fsync"))(fd);
}

int
fdatasync(int fd)
{
    struct file *f = enter(fd);
    return f != NULL ? sync_file(f) : ((int (*)(int))real("fdatasync"))(fd);
}

// ---- what is not modelled must not go by unseen ------------------------------------------

static void
refuse(int fd, const char *what)
{
    if (enter(fd) != NULL) {
        give_up(what);
    }
}

ssize_t
writev(int fd, const struct iovec *v, int n)
{
    refuse(fd, "writev");
    return ((ssize_t(*)(int, const struct iovec *, int))real("writev"))(fd, v, n);
}

int
sync_file_range(int fd, off64_t at, off64_t n, unsigned flags)
{
    refuse(fd, "sync_file_range");
    return ((int (*)(int, off64_t, off64_t, unsigned))real("sync_file_range"))(fd, at, n,
                                                                               flags);
}

int
posix_fallocate64(int fd, off64_t at, off64_t n)
{
    refuse(fd, "posix_fallocate");
    return ((int (*)(int, off64_t, off64_t))real("posix_fallocate64"))(fd, at, n);
}

int
fallocate64(int fd, int mode, off64_t at, off64_t n)
{
    refuse(fd, "fallocate");
    return ((int (*)(int, int, off64_t, off64_t))real("fallocate64"))(fd, mode, at, n);
}

void *
mmap64(void *at, size_t n, int prot, int flags, int fd, off64_t from)
{
    if ((flags & MAP_SHARED) != 0 && (prot & PROT_WRITE) != 0) {
        refuse(fd, "mmap");
    }
    return ((void *(*)(void *, size_t, int, int, int, off64_t))real("mmap64"))(at, n, prot,
                                                                               flags, fd, from);
}

// ---- names -------------------------------------------------------------------------------

static int
open_any(int at, const char *path, int flags, mode_t mode)
{
    static int (*next)(int, const char *, int, ...);
    next = next != NULL ? next : (int (*)(int, const char *, int, ...))real("openat");
    if (!armed || *path != '/' || !disk_holds(path)) {
        return next(at, path, flags, mode);
    }
    disk_lock();
    bool has_none = (flags & O_TMPFILE) == O_TMPFILE;
    bool makes = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
    if ((flags & (O_SYNC | O_DSYNC)) != 0) {
        give_up("O_SYNC");
    }
    if (makes || has_none) {
        count(NULL, false);
    }
    int fd = (makes || has_none) && fails(FAIL_MAKE) ? -1 : next(at, path, flags, mode);
    if (fd >= 0 && fd < FDS) {
        nameless[fd] = has_none;
    }
    if (fd >= 0 && !has_none) {
        disk_opened(fd, path, makes);
    }
    disk_unlock();
    return fd;
}

static mode_t
mode_of(int flags, va_list ap)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, ap);
    va_end(ap);
    return open_any(AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, ap);
    va_end(ap);
    return open_any(AT_FDCWD, path, flags, mode);
}

int
openat(int at, const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = mode_of(flags, ap);
    va_end(ap);
    return open_any(at, path, flags, mode);
}

int
close(int fd)
{
    static int (*next)(int);
    next = next != NULL ? next : (int (*)(int))real("close");
    if (armed && fd >= 0 && fd < FDS) {
        nameless[fd] = false;
    }
    if (enter(fd) == NULL) {
        return next(fd);
    }
    disk_closed(fd);
    int rc = next(fd);
    disk_unlock();
    return rc;
}

int
unlink(const char *path)
{
    static int (*next)(const char *);
    next = next != NULL ? next : (int (*)(const char *))real("unlink");
    if (!armed || !disk_holds(path) || access(path, F_OK) != 0) {
        return next(path);
    }
    disk_lock();
    count(NULL, false);
    char *aside = disk_aside(path);
    int rc = ((int (*)(const char *, const char *))real("rename"))(path, aside);
    if (rc == 0) {
        disk_gone(path, aside);
    }
    free(aside);
    disk_unlock();
    return rc;
}

int
rename(const char *from, const char *to)
{
    static int (*next)(const char *, const char *);
    next = next != NULL ? next : (int (*)(const char *, const char *))real("rename");
    if (!armed || !disk_holds(from)) {
        return next(from, to);
    }
    disk_lock();
    count(NULL, false);
    char *aside = access(to, F_OK) == 0 ? disk_aside(to) : NULL;
    int rc = aside == NULL ? 0 : link(to, aside);
    rc = rc == 0 ? next(from, to) : rc;
    if (rc == 0) {
        disk_moved(from, to, aside);
    }
    free(aside);
    disk_unlock();
    return rc;
}

int
mkdir(const char *path, mode_t mode)
{
    int rc = ((int (*)(const char *, mode_t))real("mkdir"))(path, mode);
    if (rc == 0 && armed && disk_holds(path)) {
        disk_lock();
        count(NULL, false);
        disk_made(path);
        disk_unlock();
    }
    return rc;
}

// ---- mutants -----------------------------------------------------------------------------

int
sqlite3_exec(sqlite3 *h, const char *sql, int (*row)(void *, int, char **, char **), void *arg,
             char **why)
{
    static const char FULL[] = "PRAGMA synchronous = FULL";
    int (*next)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
                char **) =
        (int (*)(sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *,
                 char **))real("sqlite3_exec");
    const char *mutant = getenv("FAULTS_SYNCHRONOUS");
    char less[1024];
    if (mutant != NULL && strncmp(sql, FULL, sizeof FULL - 1) == 0) {
        snprintf(less, sizeof less, "PRAGMA synchronous = %s%s", mutant, sql + sizeof FULL - 1);
        sql = less;
    }
    return next(h, sql, row, arg, why);
}

// ---- memory ------------------------------------------------------------------------------

// The C library's own names for them; dlsym itself allocates.
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t number, size_t each);
extern void *__libc_realloc(void *p, size_t n);

// ICU, OpenSSL and libxlsxwriter end the program for want of a few bytes here and there, which
// is theirs to mend; libsodium calls a password wrong that it had no memory to check.
static struct {
    uintptr_t from, to;
} spared[16];
static size_t spared_count;

static int
spare(struct dl_phdr_info *info, size_t size, void *arg)
{
    static const char *const NAMES[] = {"libicu",        "libcrypto",  "libsodium",
                                        "libxlsxwriter", "libminizip", "libstdc++"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (strstr(info->dlpi_name, NAMES[i]) != NULL && spared_count < 16) {
            const ElfW(Phdr) *last = &info->dlpi_phdr[0];
            for (int k = 0; k < info->dlpi_phnum; k++) {
                const ElfW(Phdr) *p = &info->dlpi_phdr[k];
                last = p->p_type == PT_LOAD && p->p_vaddr >= last->p_vaddr ? p : last;
            }
            spared[spared_count].from = info->dlpi_addr;
            spared[spared_count++].to = info->dlpi_addr + last->p_vaddr + last->p_memsz;
        }
    }
    return 0;
}

static bool
no_memory(const void *caller)
{
    if (!armed || disk_inside || control->alloc_at == 0) {
        return false;
    }
    for (size_t i = 0; i < spared_count; i++) {
        if ((uintptr_t)caller >= spared[i].from && (uintptr_t)caller < spared[i].to) {
            return false;
        }
    }
    int64_t n = ++control->allocations;
    if (n < control->alloc_at || n > control->alloc_at + control->alloc_run) {
        return false;
    }
    control->alloc_failed++;
    errno = ENOMEM;
    return true;
}

void *
malloc(size_t n)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t number, size_t each)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(number, each);
}

void *
realloc(void *p, size_t n)
{
    return no_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(p, n);
}
