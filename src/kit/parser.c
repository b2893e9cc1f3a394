// SPDX-License-Identifier: Apache-2.0
// Three processes: the program; the starter, forked from it before there are threads, secrets
// or connections, which only forks; and one reader a file, forked from the starter.
#include "kit/parser.h"

#include "base/text.h"
#include "kit/embedded.h"
#include "kit/import_rows.h"
#include "kit/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unicode/ucnv.h>
#include <unistd.h>

enum { FRAME = 64 * 1024, FRAME_MAX = FRAME + IMPORT_ROW_MAX + 1024, MESSAGE_MAX = 1000 };
enum { READER_MEMORY = 640 * 1024 * 1024, READER_ARENA = 512 * 1024 * 1024 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0 // the sanitizers need more memory and more calls than a reader has
#endif

// What the pipe carries: rows, the reason why not, the end.
struct frame {
    char type; // 'R' 'E' 'Z'
    uint32_t size;
};

struct order { // from the program to the starter, with two descriptors
    enum parser_format format;
    enum language language;
};

// ---- the reader ------------------------------------------------------------------------

static void
write_all(int fd, const void *data, size_t n)
{
    for (const char *p = data; n > 0;) {
        ssize_t done = write(fd, p, n);
        if (done <= 0) {
            _exit(1); // nobody listens any more
        }
        p += done;
        n -= (size_t)done;
    }
}

static void
send_frame(int fd, char type, const void *data, size_t n)
{
    struct frame f;
    memset(&f, 0, sizeof f);
    f.type = type;
    f.size = (uint32_t)n;
    write_all(fd, &f, sizeof f);
    write_all(fd, data, n);
}

struct reading {
    int out;
    struct buf rows;
    size_t count;
    const char *why;
};

static void
flush(struct reading *r)
{
    if (r->rows.n > 0) {
        send_frame(r->out, 'R', r->rows.p, r->rows.n);
        r->rows.n = 0;
    }
}

static bool
send_row(void *arg, size_t line, const char **cells, size_t n)
{
    struct reading *r = arg;
    if (++r->count > PARSER_ROWS_MAX) {
        r->why = T("行数太多，请拆分成几个文件再导入");
    } else if (!import_rows_put(&r->rows, line, cells, n)) {
        r->why = T("有一行太长，请核对是不是表格");
    }
    if (r->rows.n >= FRAME) {
        flush(r);
    }
    return r->why == NULL;
}

static void
limit(__rlimit_resource_t what, rlim_t most)
{
    const struct rlimit l = {most, most};
    if (setrlimit(what, &l) != 0) {
        _exit(1);
    }
}

// From here on there is only the mapped file, memory and the pipe.
static void
shut_in(void)
{
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, PARSER_CPU_SECONDS);
    limit(RLIMIT_FSIZE, 0);
    if (!SANITIZED) {
        limit(RLIMIT_AS, READER_MEMORY);
        if (!sandbox_reader()) {
            _exit(1);
        }
    }
}

static const char *
read_table(struct reading *r, const struct order *o, const char *data, size_t size)
{
    struct arena *a = arena_new(READER_ARENA);
    struct arena *cells = arena_new((size_t)TABLE_COLUMNS_MAX * TABLE_CELL_MAX);
    struct arena_guard whole, row;
    const char *why = T("文件太大，请拆分成几个文件再导入");
    buf_init(&r->rows, a, FRAME_MAX, FRAME_MAX);
    if (ARENA_TRY(a, &whole) && ARENA_TRY(cells, &row)) {
        why = o->format == PARSER_XLSX ? xlsx_stream(a, cells, o->language, data, size,
                                                     PARSER_UNPACKED_MAX, send_row, r)
                                       : csv_read(a, o->language, data, size, send_row, r);
    } else {
        return tr(o->language, why);
    }
    flush(r);
    return r->why != NULL ? tr(o->language, r->why) : why;
}

static void
reader_main(const struct order *o, int in, int out)
{
    struct reading r = {.out = out};
    struct stat st;
    prctl(PR_SET_NAME, "reader", 0, 0, 0);
    signal(SIGPIPE, SIG_DFL);
    const char *data = "";
    size_t size = 0;
    if (fstat(in, &st) == 0 && st.st_size > 0 && st.st_size <= PARSER_FILE_MAX) {
        size = (size_t)st.st_size;
        void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, in, 0);
        data = p == MAP_FAILED ? NULL : p;
    }
    shut_in();
    const char *why = data == NULL || st.st_size > PARSER_FILE_MAX
                          ? tr(o->language, T("文件太大，请拆分成几个文件再导入"))
                          : read_table(&r, o, data, size);
    if (why == NULL) {
        send_frame(out, 'Z', "", 0);
    } else {
        size_t n = strlen(why);
        send_frame(out, 'E', why, n < MESSAGE_MAX ? n : MESSAGE_MAX);
    }
    _exit(0);
}

// ---- the starter -----------------------------------------------------------------------

// An order with its two descriptors: false at the end.
static bool
take_order(int socket, struct order *o, int fds[2])
{
    char room[CMSG_SPACE(2 * sizeof(int))];
    struct iovec part = {o, sizeof *o};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    ssize_t n;
    do {
        n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    const struct cmsghdr *h = n == (ssize_t)sizeof *o ? CMSG_FIRSTHDR(&m) : NULL;
    if (h == NULL || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(2 * sizeof(int))) {
        return false;
    }
    memcpy(fds, CMSG_DATA(h), 2 * sizeof(int));
    return true;
}

// What readers need and could not fetch themselves.
static void
warm_up(void)
{
    const char *why;
    UErrorCode e = U_ZERO_ERROR;
    language_load(EMBEDDED_LANG_EN.text, EMBEDDED_LANG_EN.size, &why);
    ucnv_close(ucnv_open("gb18030", &e)); // ICU keeps what it has loaded
}

static void
starter_main(int socket)
{
    struct order o;
    int fds[2];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    prctl(PR_SET_NAME, "starter", 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    signal(SIGINT, SIG_IGN); // it ends with the program, not with the terminal
    signal(SIGTERM, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); // nobody waits for readers
    sigprocmask(SIG_SETMASK, &none, NULL);
    warm_up();
    while (take_order(socket, &o, fds)) {
        if (fork() == 0) {
            close(socket);
            reader_main(&o, fds[0], fds[1]);
        }
        close(fds[0]);
        close(fds[1]);
    }
    _exit(0);
}

// ---- the program -----------------------------------------------------------------------

static struct {
    pthread_mutex_t lock;
    int socket; // to the starter; 0: none
} starter = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool
parser_start(void)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        starter_main(pair[1]);
    }
    close(pair[1]);
    starter.socket = pair[0];
    return pid > 0;
}

static bool
give_order(const struct order *o, int in, int out)
{
    const int fds[2] = {in, out};
    char room[CMSG_SPACE(sizeof fds)];
    memset(room, 0, sizeof room);
    struct order copy = *o;
    struct iovec part = {&copy, sizeof copy};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(h), fds, sizeof fds);
    pthread_mutex_lock(&starter.lock);
    bool ok = starter.socket > 0 && sendmsg(starter.socket, &m, MSG_NOSIGNAL) > 0;
    pthread_mutex_unlock(&starter.lock);
    return ok;
}

// The whole n bytes; false at the end or when nothing comes for too long.
static bool
read_all(int fd, void *to, size_t n)
{
    for (char *p = to; n > 0;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = poll(&wait, 1, PARSER_WAIT_SECONDS * 1000);
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        ssize_t got = ready > 0 ? read(fd, p, n) : 0;
        if (got <= 0) {
            return false;
        }
        p += got;
        n -= (size_t)got;
    }
    return true;
}

struct receiving {
    struct arena *rows; // reset with each frame
    char *data;
    csv_row_fn row;
    void *arg;
    bool stopped;
};

// False when the bytes are no rows.
static bool
hand_over(struct receiving *r, size_t n)
{
    struct import_rows rows = {r->data, r->data + n};
    struct import_cells c;
    int more = 0;
    while (!r->stopped && (more = import_rows_next(&rows, r->rows, &c)) == 1) {
        r->stopped = !r->row(r->arg, c.line, c.cells, c.n);
    }
    arena_reset(r->rows);
    return r->stopped || more == 0;
}

static const char *
receive(struct arena *a, enum language l, int fd, struct receiving *r)
{
    struct frame f;
    while (read_all(fd, &f, sizeof f) && f.size <= FRAME_MAX && read_all(fd, r->data, f.size)) {
        if (f.type == 'Z') {
            return NULL;
        }
        if (f.type == 'E' && f.size <= MESSAGE_MAX && text_is_utf8(r->data, f.size)) {
            return arena_strndup(a, r->data, f.size);
        }
        if (f.type != 'R' || !hand_over(r, f.size)) {
            break;
        }
        if (r->stopped) {
            return NULL;
        }
    }
    return tr(l, T("文件读不出来：可能已经损坏，或者内容太大"));
}

const char *
parser_read(struct arena *a, enum language l, int fd, enum parser_format format, csv_row_fn row,
            void *arg)
{
    const struct order o = {format, l};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return tr(l, T("现在读不了表格，请稍后再试"));
    }
    bool ok = give_order(&o, fd, ends[1]);
    close(ends[1]);
    struct receiving r = {.rows = arena_new((size_t)64 << 20), .row = row, .arg = arg};
    struct arena *data = arena_new((size_t)2 * FRAME_MAX);
    r.data = arena_raw(data, FRAME_MAX + 1);
    const char *why = ok ? receive(a, l, ends[0], &r) : tr(l, T("现在读不了表格，请稍后再试"));
    close(ends[0]);
    arena_free(r.rows);
    arena_free(data);
    return why;
}
