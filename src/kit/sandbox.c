// SPDX-License-Identifier: Apache-2.0
// Landlock by its system calls (there is no library for it in Debian 12), seccomp through
// libseccomp. Calls are refused by list, not allowed by list: the libraries below us are free
// to change what they use, and none of them uses these.
#include "kit/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool
sandbox_harden(void)
{
    const struct rlimit none = {0};
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0;
}

// ---- files -----------------------------------------------------------------------------

// Newer than the headers of Debian 12.
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE                                                                           \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                             \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define ACCESS_NEVER                                                                           \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |                               \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                            \
     LANDLOCK_ACCESS_FS_MAKE_SYM)
#define ACCESS_OF_FILE                                                                         \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

// What libraries read at some time: themselves, the zone, the cipher configuration, the number
// of processors; and our own figures.
static const char *const READABLE[] = {
    "/usr/lib",     "/usr/share/zoneinfo", "/lib",       "/lib64",
    "/etc/ssl",     "/etc/localtime",      "/proc/self", "/sys/devices/system/cpu",
    "/dev/urandom", "/dev/null",           NULL,
};

static bool
allow_path(int ruleset, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = access};
    struct stat st;
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0) {
        return errno == ENOENT || errno == ENOTDIR;
    }
    if (fstat(rule.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
        rule.allowed_access &= ACCESS_OF_FILE;
    }
    long e = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(rule.parent_fd);
    return e == 0;
}

static bool
restrict_to(int ruleset, uint64_t write, const char *const *writable,
            const char *const *readable)
{
    bool ok = true;
    for (const char *const *p = readable; ok && *p != NULL; p++) {
        ok = allow_path(ruleset, *p, ACCESS_READ);
    }
    for (const char *const *p = READABLE; ok && *p != NULL; p++) {
        ok = allow_path(ruleset, *p, ACCESS_READ);
    }
    for (const char *const *p = writable; ok && *p != NULL; p++) {
        ok = allow_path(ruleset, *p, ACCESS_READ | write);
    }
    return ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
}

enum sandbox_result
sandbox_files(const char *const *writable, const char *const *readable)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        return SANDBOX_MISSING;
    }
    uint64_t write = ACCESS_WRITE | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0);
    write |= abi >= 3 ? ACCESS_TRUNCATE : 0;
    struct landlock_ruleset_attr all = {.handled_access_fs =
                                            ACCESS_READ | write | ACCESS_NEVER};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (ruleset < 0) {
        return SANDBOX_FAILED;
    }
    bool ok = restrict_to(ruleset, write, writable, readable);
    int why = errno;
    close(ruleset);
    errno = why;
    return ok ? SANDBOX_ON : SANDBOX_FAILED;
}

// ---- calls -----------------------------------------------------------------------------

// Names that an architecture or a kernel does not know are passed over.
static const char *const REFUSED[] = {
    // programs and processes
    "execve",
    "execveat",
    "fork",
    "vfork",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "kill",
    "tkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "personality",
    // who one is and where
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setfsuid",
    "setfsgid",
    "setgroups",
    "capset",
    "setns",
    "unshare",
    "chroot",
    "pivot_root",
    // file systems
    "mount",
    "umount",
    "umount2",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "swapon",
    "swapoff",
    "quotactl",
    "quotactl_fd",
    "acct",
    "name_to_handle_at",
    "open_by_handle_at",
    "mknod",
    "mknodat",
    "fanotify_init",
    // the machine
    "reboot",
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "iopl",
    "ioperm",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "sethostname",
    "setdomainname",
    "syslog",
    "vhangup",
    "lookup_dcookie",
    "nfsservctl",
    // large interfaces with a long record of holes
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "add_key",
    "request_key",
    "keyctl",
    "modify_ldt",
    NULL,
};
static const char *const REFUSED_NETWORK[] = {"socket", "socketpair", "connect",
                                              "bind",   "listen",     NULL};

static int
refuse(scmp_filter_ctx f, const char *const *names)
{
    int e = 0;
    for (; e == 0 && *names != NULL; names++) {
        int call = seccomp_syscall_resolve_name(*names);
        if (call >= 0) {
            e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 0);
        }
    }
    return e;
}

// A thread, yes; a process, no. clone3 keeps its flags where a filter cannot see them; the C
// library falls back to clone when it is told that clone3 does not exist.
static int
refuse_processes(scmp_filter_ctx f)
{
    int e = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (e == 0) {
        e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    }
    return e;
}

// Signals to oneself stay: abort() ends the process by one.
static int
refuse_signals(scmp_filter_ctx f)
{
    return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid(), 0));
}

// No new machine code: what is injected as data stays data.
static int
refuse_code(scmp_filter_ctx f)
{
    static const char *const CALLS[] = {"mmap", "mprotect", "pkey_mprotect"};
    int e = 0;
    for (size_t i = 0; e == 0 && i < sizeof CALLS / sizeof *CALLS; i++) {
        int call = seccomp_syscall_resolve_name(CALLS[i]);
        if (call >= 0) {
            e = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 1,
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
        }
    }
    return e;
}

static int
fill(scmp_filter_ctx f, bool network)
{
    int e = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1); // all threads at once
    if (e == 0) {
        e = refuse(f, REFUSED);
    }
    if (e == 0 && !network) {
        e = refuse(f, REFUSED_NETWORK);
    }
    if (e == 0) {
        e = refuse_processes(f);
    }
    if (e == 0) {
        e = refuse_signals(f);
    }
    return e == 0 ? refuse_code(f) : e;
}

enum sandbox_result
sandbox_calls(bool network)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (f == NULL) {
        errno = ENOMEM;
        return SANDBOX_FAILED;
    }
    int e = fill(f, network);
    if (e == 0) {
        e = seccomp_load(f);
    }
    seccomp_release(f);
    if (e == -EINVAL || e == -ENOSYS || e == -EOPNOTSUPP) {
        return SANDBOX_MISSING;
    }
    errno = -e;
    return e == 0 ? SANDBOX_ON : SANDBOX_FAILED;
}

// ---- nothing but bytes -------------------------------------------------------------------

// What reading needs: everything else fails.
static const int READER_CALLS[] = {
    SCMP_SYS(read),         SCMP_SYS(write),          SCMP_SYS(close),
    SCMP_SYS(fstat),        SCMP_SYS(newfstatat),     SCMP_SYS(lseek),
    SCMP_SYS(munmap),       SCMP_SYS(mremap),         SCMP_SYS(brk),
    SCMP_SYS(madvise),      SCMP_SYS(futex),          SCMP_SYS(getrandom),
    SCMP_SYS(exit),         SCMP_SYS(exit_group),     SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday), SCMP_SYS(getpid),         SCMP_SYS(gettid),
};

static int
allow_reading(scmp_filter_ctx f)
{
    int e = 0;
    for (size_t i = 0; e == 0 && i < sizeof READER_CALLS / sizeof *READER_CALLS; i++) {
        e = seccomp_rule_add(f, SCMP_ACT_ALLOW, READER_CALLS[i], 0);
    }
    // Memory, but none that can be run.
    static const int MAPS[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    for (size_t i = 0; e == 0 && i < sizeof MAPS / sizeof *MAPS; i++) {
        e = seccomp_rule_add(f, SCMP_ACT_ALLOW, MAPS[i], 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    }
    // abort() ends the process by a signal to itself.
    return e != 0 ? e
                  : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                     SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

// No file at all, for a kernel that knows Landlock.
static bool
close_files(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr all = {.handled_access_fs =
                                            ACCESS_READ | ACCESS_WRITE | ACCESS_NEVER};
    if (abi < 1) {
        return true;
    }
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    bool ok = ruleset >= 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return ok;
}

bool
sandbox_reader(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !close_files()) {
        return false;
    }
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int e = f == NULL ? -ENOMEM : allow_reading(f);
    if (e == 0) {
        e = seccomp_load(f);
    }
    if (f != NULL) {
        seccomp_release(f);
    }
    errno = -e;
    return e == 0;
}
