// SPDX-License-Identifier: Apache-2.0
// Opens the listening socket ourselves instead of letting the library do it, so that what is
// reachable from outside is decided, and refused, in one place.
#include "http/listen.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, ADDRESS_MAX = 64 };

static bool
fail(struct arena *a, const char **why, const char *where, const char *reason)
{
    *why = arena_printf(a, "cannot listen on %s: %s", where, reason);
    return false;
}

static bool
fail_errno(struct arena *a, const char **why, const char *where, int fd)
{
    int e = errno;
    if (fd >= 0) {
        close(fd);
    }
    return fail(a, why, where, strerrordesc_np(e));
}

// A socket file nobody answers on is left from a crash and may be replaced.
static bool
is_stale(const struct sockaddr_un *un)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool refused =
        connect(fd, (const struct sockaddr *)un, sizeof *un) != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static bool
open_unix(struct arena *a, const char *where, struct listener *out, const char **why)
{
    const char *path = where + strlen("unix:");
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    if (path[0] == '\0' || strlen(path) >= sizeof un.sun_path) {
        return fail(a, why, where, "the path is empty or too long");
    }
    strcpy(un.sun_path, path);
    if (is_stale(&un)) {
        unlink(path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return fail_errno(a, why, where, fd);
    }
    // The group may connect (the edge's), the world may not, at no moment.
    mode_t old = umask(0117);
    int bound = bind(fd, (struct sockaddr *)&un, sizeof un);
    int e = errno;
    umask(old);
    errno = e;
    if (bound != 0 || listen(fd, BACKLOG) != 0) {
        return fail_errno(a, why, where, fd);
    }
    *out = (struct listener){.fd = fd, .local = true, .loopback = true};
    strcpy(out->path, path);
    return true;
}

// "127.0.0.1:80", "[::1]:80", "localhost:80". No name service: what it binds must be evident.
static bool
parse_address(const char *where, struct sockaddr_storage *ss, socklen_t *size)
{
    char host[ADDRESS_MAX];
    const char *colon = strrchr(where, ':');
    if (colon == NULL || colon == where || (size_t)(colon - where) >= sizeof host) {
        return false;
    }
    size_t n = (size_t)(colon - where);
    char *end;
    long port = strtol(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port > 65535) {
        return false;
    }
    bool six = where[0] == '[' && where[n - 1] == ']';
    memcpy(host, where + six, n - 2 * six);
    host[n - 2 * six] = '\0';
    if (strcmp(host, "localhost") == 0) {
        strcpy(host, "127.0.0.1");
    }
    if (six) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
        *in6 =
            (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        *size = sizeof *in6;
        return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
    }
    struct sockaddr_in *in = (struct sockaddr_in *)ss;
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    *size = sizeof *in;
    return inet_pton(AF_INET, host, &in->sin_addr) == 1;
}

static bool
is_loopback(const struct sockaddr_storage *ss)
{
    if (ss->ss_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)ss)->sin6_addr);
    }
    return ntohl(((const struct sockaddr_in *)ss)->sin_addr.s_addr) >> 24 == 127;
}

static int
bound_port(int fd)
{
    struct sockaddr_storage ss;
    socklen_t size = sizeof ss;
    if (getsockname(fd, (struct sockaddr *)&ss, &size) != 0) {
        return 0;
    }
    return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
                                          : ((struct sockaddr_in *)&ss)->sin_port);
}

bool
listen_open(struct arena *a, const char *where, bool public_ok, struct listener *out,
            const char **why)
{
    struct sockaddr_storage ss = {0};
    socklen_t size = 0;
    if (strncmp(where, "unix:", 5) == 0) {
        return open_unix(a, where, out, why);
    }
    if (!parse_address(where, &ss, &size)) {
        return fail(a, why, where, "write 127.0.0.1:8080, [::1]:8080 or unix:/path");
    }
    bool loopback = is_loopback(&ss);
    if (!loopback && !public_ok) {
        return fail(
            a, why, where,
            "that address can be reached from outside, and this server speaks plain "
            "HTTP and leaves part of the protocol's checking to an edge. Put the nginx "
            "of edge/ (TLS, limits, strict parsing) in front and listen on 127.0.0.1 or "
            "unix:/path; or accept the risk with --public");
    }
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&ss, size) != 0 || listen(fd, BACKLOG) != 0) {
        return fail_errno(a, why, where, fd);
    }
    *out = (struct listener){.fd = fd, .port = bound_port(fd), .loopback = loopback};
    return true;
}

void
listen_forget(const struct listener *l)
{
    if (l->path[0] != '\0') {
        unlink(l->path);
    }
}

void
listen_refuse(const struct listener *l)
{
    static struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    static const struct sock_fprog program = {.len = 1, .filter = nothing};
    if (l->local) {
        listen_forget(l);
        return;
    }
    // Without it the door is open a little longer, that is all.
    if (setsockopt(l->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
        log_debug("the listening socket takes no filter: %s", strerrordesc_np(errno));
    }
}

bool
listen_has_guests(const struct listener *l)
{
    struct pollfd f = {.fd = l->fd, .events = POLLIN};
    return poll(&f, 1, 0) > 0 && (f.revents & POLLIN) != 0;
}

void
listen_peer_text(const struct sockaddr *sa, char out[LISTEN_TEXT])
{
    strcpy(out, "local");
    if (sa == NULL) {
        return;
    }
    if (sa->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr, out, LISTEN_TEXT);
    } else if (sa->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)sa)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(six)) {
            inet_ntop(AF_INET, six->s6_addr + 12, out, LISTEN_TEXT);
        } else {
            inet_ntop(AF_INET6, six, out, LISTEN_TEXT);
        }
    }
}

bool
listen_canonical(const char *text, size_t n, char out[LISTEN_TEXT])
{
    char copy[ADDRESS_MAX];
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (n == 0 || n >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (inet_pton(AF_INET, copy, &in.sin_addr) == 1) {
        listen_peer_text((struct sockaddr *)&in, out);
        return true;
    }
    if (inet_pton(AF_INET6, copy, &in6.sin6_addr) == 1) {
        listen_peer_text((struct sockaddr *)&in6, out);
        return true;
    }
    return false;
}
