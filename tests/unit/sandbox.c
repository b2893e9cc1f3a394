// SPDX-License-Identifier: Apache-2.0
// Probes from inside: what a sandboxed process tries, it may not; the same without it, it may.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// A probe answers 0 when it could, else errno. `seat` is what the sandbox was made for.
struct seat {
    char dir[64];
    int socket;
    pid_t victim;
};
typedef int (*probe_fn)(const struct seat *s);

static int
read_foreign(const struct seat *s)
{
    int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : (close(fd), 0);
}

static int
list_home(const struct seat *s)
{
    int fd = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? errno : (close(fd), 0);
}

static int
write_foreign(const struct seat *s)
{
    char path[] = "/var/tmp/huiqiao-probe-XXXXXX";
    int fd = mkstemp(path);
    return fd < 0 ? errno : (unlink(path), close(fd), 0);
}

static int
write_own(const struct seat *s)
{
    char path[128];
    snprintf(path, sizeof path, "%s/file", s->dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    bool ok = write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0;
    close(fd);
    return ok && unlink(path) == 0 ? 0 : errno;
}

static int
start_program(const struct seat *s)
{
    char *const argv[] = {"true", NULL};
    execv("/bin/true", argv);
    return errno;
}

static int
start_process(const struct seat *s)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return pid < 0 ? errno : (waitpid(pid, NULL, 0), 0);
}

static void *
nothing(void *arg)
{
    return arg;
}

static int
start_thread(const struct seat *s)
{
    pthread_t t;
    int e = pthread_create(&t, NULL, nothing, NULL);
    return e == 0 ? pthread_join(t, NULL) : e;
}

static int
open_socket(const struct seat *s)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno : (close(fd), 0);
}

// With a socket it had before. The port is closed, so "refused" is what success looks like.
static int
connect_out(const struct seat *s)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int e = connect(s->socket, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : errno;
    return e == ECONNREFUSED ? 0 : e;
}

static int
signal_other(const struct seat *s)
{
    return kill(s->victim, 0) == 0 ? 0 : errno;
}

static int
trace_other(const struct seat *s)
{
    if (ptrace(PTRACE_ATTACH, s->victim, NULL, NULL) != 0) {
        return errno;
    }
    waitpid(s->victim, NULL, 0);
    ptrace(PTRACE_DETACH, s->victim, NULL, NULL);
    return 0;
}

// Without the right to, too, the call answers; so the argument is wrong on purpose.
static int
mount_something(const struct seat *s)
{
    int e = mount("none", "/nowhere", "tmpfs", 0, NULL) == 0 ? 0 : errno;
    return e == ENOENT || e == EFAULT ? 0 : e;
}

static int
make_code(const struct seat *s)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int e = mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
    munmap(p, 4096);
    return e;
}

static int
dump_core(const struct seat *s)
{
    struct rlimit l;
    getrlimit(RLIMIT_CORE, &l);
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && l.rlim_max == 0 ? EPERM : 0;
}

enum part { ALWAYS, FILES, CALLS, SOCKETS, HARDENED };
static const struct {
    const char *name;
    probe_fn probe;
    enum part part; // which part of the sandbox refuses it
    bool root;      // may need to be root to be possible at all
} PROBES[] = {
    {"read a foreign file", read_foreign, FILES, false},
    {"list a foreign directory", list_home, FILES, false},
    {"write a foreign file", write_foreign, FILES, false},
    {"write its own file", write_own, ALWAYS, false},
    {"start a process", start_process, CALLS, false},
    {"start a thread", start_thread, ALWAYS, false},
    {"open a socket", open_socket, SOCKETS, false},
    {"connect", connect_out, SOCKETS, false},
    {"signal another process", signal_other, CALLS, false},
    {"trace another process", trace_other, CALLS, true},
    {"mount", mount_something, CALLS, true},
    {"make code", make_code, CALLS, false},
    {"dump core", dump_core, HARDENED, false},
    {"start a program", start_program, CALLS, false}, // last: when it can, nothing follows
};
enum { PROBE_COUNT = sizeof PROBES / sizeof *PROBES };

struct outcome {
    enum sandbox_result files, calls;
    int error[2][PROBE_COUNT]; // by the thread that entered, and by one from before
};

struct prober {
    const struct seat *seat;
    struct outcome *out;
    pthread_barrier_t ready;
    bool old;
};

static void
probe_all(const struct seat *s, int *error, int count)
{
    for (int i = 0; i < count; i++) {
        error[i] = PROBES[i].probe(s);
    }
}

static void *
probe_later(void *arg)
{
    struct prober *p = arg;
    pthread_barrier_wait(&p->ready);
    probe_all(p->seat, p->out->error[1], PROBE_COUNT - 1); // leaves the program to the other
    return NULL;
}

enum mode { MODE_FREE, MODE_SERVER, MODE_NETWORK };

// In a child: enters, then probes from a thread that was there before and from the main one.
static void
run_child(const struct seat *s, enum mode mode, struct outcome *out)
{
    struct prober p = {.seat = s, .out = out};
    const char *const writable[] = {s->dir, "/does/not/exist", NULL};
    const char *const readable[] = {"/does/not/exist/either", NULL};
    pthread_t early;
    pthread_barrier_init(&p.ready, NULL, 2);
    if (mode != MODE_FREE) {
        sandbox_harden();
        out->files = sandbox_files(writable, readable);
    }
    pthread_create(&early, NULL, probe_later, &p);
    if (mode != MODE_FREE) {
        out->calls = sandbox_calls(mode == MODE_NETWORK);
    }
    pthread_barrier_wait(&p.ready);
    pthread_join(early, NULL);
    probe_all(s, out->error[0], PROBE_COUNT);
    _exit(0);
}

static void
probe(enum mode mode, struct outcome *out)
{
    struct seat s = {.dir = "/tmp/huiqiao-sandbox-XXXXXX", .victim = fork()};
    struct outcome *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s.victim == 0) {
        pause();
        _exit(0);
    }
    assert_non_null(mkdtemp(s.dir));
    s.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t pid = fork();
    if (pid == 0) {
        run_child(&s, mode, shared);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    kill(s.victim, SIGKILL);
    waitpid(s.victim, NULL, 0);
    close(s.socket);
    rmdir(s.dir);
    *out = *shared;
    munmap(shared, sizeof *shared);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool
is_refused(const struct outcome *o, enum part part, enum mode mode)
{
    if (mode == MODE_FREE) {
        return false;
    }
    switch (part) {
    case ALWAYS:
        return false;
    case FILES:
        return o->files == SANDBOX_ON;
    case CALLS:
        return o->calls == SANDBOX_ON;
    case SOCKETS:
        return o->calls == SANDBOX_ON && mode == MODE_SERVER;
    case HARDENED:
        return true;
    }
    return false;
}

static void
compare(const struct outcome *o, enum mode mode)
{
    for (int t = 0; t < 2; t++) {
        for (int i = 0; i < PROBE_COUNT - t; i++) {
            bool refused = is_refused(o, PROBES[i].part, mode);
            int e = o->error[t][i];
            bool as_told = refused ? e == EPERM || e == EACCES : e == 0;
            if (!as_told && !(PROBES[i].root && geteuid() != 0)) {
                fail_msg("%s (thread %d): %s, should be %s", PROBES[i].name, t, strerror(e),
                         refused ? "refused" : "possible");
            }
        }
    }
}

static void
the_probes_can_succeed(void **state)
{
    struct outcome o = {0};
    probe(MODE_FREE, &o);
    compare(&o, MODE_FREE);
}

static void
a_server_is_shut_in(void **state)
{
    struct outcome o = {0};
    probe(MODE_SERVER, &o);
    assert_int_not_equal(o.files, SANDBOX_FAILED);
    assert_int_equal(o.calls, SANDBOX_ON);
    if (o.files == SANDBOX_MISSING) {
        print_message("this kernel has no Landlock: files are not probed\n");
    }
    compare(&o, MODE_SERVER);
}

// With a database on the network it must be able to reconnect, and nothing more.
static void
a_network_is_left_when_asked_for(void **state)
{
    struct outcome o = {0};
    probe(MODE_NETWORK, &o);
    compare(&o, MODE_NETWORK);
}

static void
aborting_still_works(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGABRT, SIG_DFL);
        sandbox_harden();
        sandbox_calls(false);
        abort();
    }
    int status = 0;
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_probes_can_succeed),
        cmocka_unit_test(a_server_is_shut_in),
        cmocka_unit_test(a_network_is_left_when_asked_for),
        cmocka_unit_test(aborting_still_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
