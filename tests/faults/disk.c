// SPDX-License-Identifier: Apache-2.0
// What a power cut leaves: of every write that no sync followed, the bytes that were there
// before, 512 at a time; of every name that no sync of its directory followed, how it was. At
// the cut a seeded choice of them is put back.
#include "faults/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512, PAGE = 4096, FDS = 4096, FILES = 4096, NAMES = 4096 };

// One sector before a write that is not synced.
struct old {
    int64_t sector;
    uint64_t when; // in the order of writes
    unsigned char bytes[SECTOR];
};

struct file {
    char *path;
    int fd; // ours, open as long as the process: closing it would drop the program's locks
    bool is_directory;
    dev_t dev;
    ino_t ino;
    off_t durable_size;
    struct old *old;
    size_t count, room;
    size_t doomed; // the first of them: a sync that failed threw them away
};

enum name_change { NAME_MADE, NAME_GONE, NAME_MOVED };
struct name {
    enum name_change change;
    char *path, *to, *aside;
};

static struct file files[FILES];
static size_t file_count;
static struct file *by_fd[FDS];
static struct name names[NAMES];
static size_t name_count;
static uint64_t writes;
static const char *root;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

_Thread_local bool disk_inside;

void
disk_lock(void)
{
    pthread_mutex_lock(&lock);
    disk_inside = true;
}

void
disk_unlock(void)
{
    disk_inside = false;
    pthread_mutex_unlock(&lock);
}

void
disk_start(const char *path)
{
    root = path;
}

bool
disk_holds(const char *path)
{
    size_t n = root == NULL ? 0 : strlen(root);
    return n > 0 && strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static char *
copy(const char *s)
{
    char *p = strdup(s);
    return p == NULL ? (give_up("no memory"), NULL) : p;
}

static bool
ends(const char *s, const char *with)
{
    size_t n = strlen(s), m = strlen(with);
    return n >= m && strcmp(s + n - m, with) == 0;
}

// ---- files -------------------------------------------------------------------------------

struct file *
disk_file(int fd)
{
    return fd >= 0 && fd < FDS ? by_fd[fd] : NULL;
}

bool
disk_is_database(const struct file *f)
{
    return ends(f->path, ".db");
}

static int
own_descriptor(const char *path, bool is_directory)
{
    int (*open_real)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
    int fd = open_real(path, (is_directory ? O_RDONLY | O_DIRECTORY : O_RDWR) | O_CLOEXEC);
    return fd < 0 ? (give_up("cannot open once more"), -1) : fd;
}

// ---- from one process to the next --------------------------------------------------------

struct kept {
    dev_t dev;
    ino_t ino;
    struct old old;
};

static int
kept_file(const char *how)
{
    char path[PATH_MAX];
    int (*open_real)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
    snprintf(path, sizeof path, "%s/.doomed", root);
    bool anew = *how == 'w';
    return open_real(path, anew ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY, 0600);
}

// The preloaded one would wait for the lock that is held.
static void
close_real(int fd)
{
    if (fd >= 0) {
        ((int (*)(int))real("close"))(fd);
    }
}

static struct old *
add_old(struct file *f)
{
    if (f->count == f->room) {
        f->room = f->room == 0 ? 1024 : f->room * 2;
        f->old = realloc(f->old, f->room * sizeof *f->old);
        if (f->old == NULL) {
            give_up("no memory");
        }
    }
    return &f->old[f->count++];
}

static void
take_doomed(struct file *f)
{
    struct kept k;
    int fd = kept_file("r");
    while (fd >= 0 && read(fd, &k, sizeof k) == (ssize_t)sizeof k) {
        if (k.dev == f->dev && k.ino == f->ino) {
            *add_old(f) = k.old;
        }
    }
    f->doomed = f->count;
    close_real(fd);
}

static void
keep_doomed(void)
{
    ssize_t (*write_real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))real("write");
    int fd = kept_file("w");
    for (size_t i = 0; i < file_count; i++) {
        for (size_t n = 0; n < files[i].doomed; n++) {
            struct kept k = {files[i].dev, files[i].ino, files[i].old[n]};
            if (write_real(fd, &k, sizeof k) != (ssize_t)sizeof k) {
                give_up("cannot keep what is lost");
            }
        }
    }
    close_real(fd);
}

static struct file *
file_of(const char *path, const struct stat *st)
{
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].dev == st->st_dev && files[i].ino == st->st_ino) {
            return &files[i];
        }
    }
    if (file_count == FILES) {
        give_up("too many files");
    }
    struct file *f = &files[file_count++];
    *f = (struct file){.path = copy(path),
                       .is_directory = S_ISDIR(st->st_mode),
                       .dev = st->st_dev,
                       .ino = st->st_ino,
                       .durable_size = st->st_size};
    for (size_t n = strlen(f->path); n > 1 && f->path[n - 1] == '/'; n--) {
        f->path[n - 1] = '\0';
    }
    f->fd = own_descriptor(path, f->is_directory);
    take_doomed(f);
    return f;
}

// The shared memory beside a log is made anew by whoever comes first; other files without a
// name are gone in any case.
void
disk_opened(int fd, const char *path, bool made)
{
    struct stat st;
    if (fd < 0 || fd >= FDS || ends(path, "-shm") || fstat(fd, &st) != 0 ||
        (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || st.st_nlink == 0) {
        return;
    }
    if (made) {
        disk_made(path);
    }
    by_fd[fd] = file_of(path, &st);
}

void
disk_closed(int fd)
{
    if (fd >= 0 && fd < FDS) {
        by_fd[fd] = NULL;
    }
}

static off_t
size_of(const struct file *f)
{
    struct stat st;
    return fstat(f->fd, &st) == 0 ? st.st_size : 0;
}

static void
remember(struct file *f, int64_t sector)
{
    struct old *o = add_old(f);
    *o = (struct old){.sector = sector, .when = writes};
    if (pread(f->fd, o->bytes, SECTOR, sector * SECTOR) < 0) {
        give_up("cannot read what is there");
    }
}

void
disk_writes(struct file *f, off_t at, size_t n)
{
    writes++;
    for (int64_t s = at / SECTOR; n > 0 && s <= (at + (off_t)n - 1) / SECTOR; s++) {
        remember(f, s);
    }
}

void
disk_cuts(struct file *f, off_t size)
{
    off_t now = size_of(f);
    disk_writes(f, size, now > size ? (size_t)(now - size) : 0);
}

// A sector that was lost and written again is on the disk after all.
static void
spare_rewritten(struct file *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->doomed; i++) {
        bool again = false;
        for (size_t k = f->doomed; k < f->count && !again; k++) {
            again = f->old[k].sector == f->old[i].sector;
        }
        if (!again) {
            f->old[kept++] = f->old[i];
        }
    }
    f->doomed = kept;
}

static void
forget_name(struct name *n)
{
    if (n->aside != NULL) {
        int (*unlink_real)(const char *) = (int (*)(const char *))real("unlink");
        unlink_real(n->aside);
    }
    free(n->path);
    free(n->to);
    free(n->aside);
}

static bool
is_in(const char *path, const char *directory)
{
    size_t n = strlen(directory);
    return strncmp(path, directory, n) == 0 && path[n] == '/' &&
           strchr(path + n + 1, '/') == NULL;
}

static void
names_synced(const char *directory)
{
    size_t kept = 0;
    for (size_t i = 0; i < name_count; i++) {
        if (is_in(names[i].path, directory)) {
            forget_name(&names[i]);
        } else {
            names[kept++] = names[i];
        }
    }
    name_count = kept;
}

void
disk_synced(struct file *f, bool ok)
{
    if (!ok) {
        f->doomed = f->count;
    } else if (f->is_directory) {
        names_synced(f->path);
    } else {
        spare_rewritten(f);
        f->count = f->doomed;
        f->durable_size = size_of(f);
    }
}

// ---- names -------------------------------------------------------------------------------

static void
add_name(const struct name *n)
{
    if (name_count == NAMES) {
        give_up("too many names");
    }
    names[name_count++] = *n;
}

char *
disk_aside(const char *path)
{
    static unsigned serial;
    char *name = NULL;
    if (asprintf(&name, "%s.aside-%u", path, ++serial) < 0) {
        give_up("no memory");
    }
    return name;
}

void
disk_made(const char *path)
{
    add_name(&(struct name){.change = NAME_MADE, .path = copy(path)});
}

void
disk_gone(const char *path, const char *aside)
{
    add_name(&(struct name){.change = NAME_GONE, .path = copy(path), .aside = copy(aside)});
}

void
disk_moved(const char *from, const char *to, const char *aside)
{
    add_name(&(struct name){.change = NAME_MOVED,
                            .path = copy(from),
                            .to = copy(to),
                            .aside = aside == NULL ? NULL : copy(aside)});
}

// ---- the cut -----------------------------------------------------------------------------

// splitmix64
static uint64_t
draw(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

// One interrupted disk.
struct loss {
    enum disk_loss how;
    uint64_t seed, state;
    uint64_t chance; // of 100: a sector has been written
    uint64_t until;  // of LOSS_TAIL: the last write that arrived
};

static int
by_sector(const void *a, const void *b)
{
    const struct old *x = a, *y = b;
    return x->sector != y->sector ? (x->sector < y->sector ? -1 : 1)
                                  : (x->when < y->when ? -1 : x->when > y->when);
}

// Which of m older versions of a sector is on the disk; m: the newest.
static size_t
version(struct loss *l, const struct old *first, size_t m)
{
    size_t k = 0;
    uint64_t page = l->seed ^ (uint64_t)(first->sector / (PAGE / SECTOR) + 1);
    switch (l->how) {
    case LOSS_SECTORS:
        return draw(&l->state) % 100 < l->chance ? m : draw(&l->state) % m;
    case LOSS_PAGES:
        return draw(&page) % 100 < l->chance ? m : 0;
    case LOSS_TAIL:
        while (k < m && first[k].when <= l->until) {
            k++;
        }
        return k;
    case LOSS_NONE:
        return m;
    case LOSS_ALL:
    case LOSS_COUNT:
        break;
    }
    return 0;
}

static void
put_back(struct file *f, const struct old *o)
{
    ssize_t (*pwrite_real)(int, const void *, size_t, off_t) =
        (ssize_t(*)(int, const void *, size_t, off_t))real("pwrite");
    if (pwrite_real(f->fd, o->bytes, SECTOR, o->sector * SECTOR) != SECTOR) {
        give_up("cannot put a sector back");
    }
    control->sectors_lost++;
}

// What a failed sync threw away is lost however the disk behaves.
static void
lose_doomed(struct file *f)
{
    for (size_t i = f->doomed; i > 0; i--) {
        put_back(f, &f->old[i - 1]);
    }
}

static void
lose_sectors(struct file *f, struct loss *l)
{
    struct old *fresh = f->old + f->doomed;
    size_t n = f->count - f->doomed;
    off_t size = size_of(f);
    // Before sectors are put back: that may make the file longer.
    bool longer = l->how == LOSS_NONE || (l->how != LOSS_ALL && draw(&l->state) % 2 == 0);
    if (n > 0) {
        qsort(fresh, n, sizeof *fresh, by_sector);
    }
    for (size_t i = 0, m; i < n; i += m) {
        for (m = 1; i + m < n && fresh[i + m].sector == fresh[i].sector; m++) {
        }
        size_t k = version(l, &fresh[i], m);
        if (k < m) {
            put_back(f, &fresh[i + k]);
        } else {
            control->sectors_kept++;
        }
    }
    lose_doomed(f);
    int (*cut_real)(int, off_t) = (int (*)(int, off_t))real("ftruncate");
    if (f->count > 0 && cut_real(f->fd, longer ? size : f->durable_size) != 0) {
        give_up("cannot give a file its length");
    }
}

static void
undo_name(const struct name *n)
{
    int (*rename_real)(const char *, const char *) =
        (int (*)(const char *, const char *))real("rename");
    int (*unlink_real)(const char *) = (int (*)(const char *))real("unlink");
    char *lost = NULL;
    switch (n->change) {
    case NAME_MADE: // a directory goes with all that is in it
        if (unlink_real(n->path) != 0 && errno == EISDIR) {
            lost = disk_aside(n->path);
            rename_real(n->path, lost);
        }
        break;
    case NAME_GONE:
        rename_real(n->aside, n->path);
        break;
    case NAME_MOVED:
        rename_real(n->to, n->path);
        if (n->aside != NULL) {
            rename_real(n->aside, n->to);
        }
        break;
    }
    free(lost);
    control->names_lost++;
}

// A journal keeps their order, so the last ones are lost.
static void
lose_names(struct loss *l)
{
    size_t keep = l->how == LOSS_NONE                     ? name_count
                  : l->how == LOSS_ALL || name_count == 0 ? 0
                                                          : draw(&l->state) % (name_count + 1);
    while (name_count > keep) {
        undo_name(&names[--name_count]);
    }
}

static void
tidy_names(void)
{
    while (name_count > 0) {
        forget_name(&names[--name_count]);
    }
}

void
disk_cut(void)
{
    uint64_t seed = (uint64_t)control->seed;
    struct loss l = {.seed = seed, .state = seed, .until = UINT64_MAX};
    l.how = control->how >= 0 ? (enum disk_loss)control->how
                              : (enum disk_loss)(draw(&l.state) % LOSS_COUNT);
    l.chance = draw(&l.state) % 101;
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < file_count; i++) {
        if (files[i].count > files[i].doomed && files[i].old[files[i].doomed].when < first) {
            first = files[i].old[files[i].doomed].when;
        }
    }
    if (first <= writes) {
        l.until = first - 1 + draw(&l.state) % (writes - first + 2);
    }
    for (size_t i = 0; i < file_count; i++) {
        if (!files[i].is_directory) {
            lose_sectors(&files[i], &l);
        }
    }
    lose_names(&l);
    tidy_names();
    for (size_t i = 0; i < file_count; i++) { // what was thrown away is lost now
        files[i].doomed = 0;
    }
    keep_doomed();
    control->cut = 1;
}

void
disk_end(void)
{
    tidy_names();
    keep_doomed();
}
