// SPDX-License-Identifier: Apache-2.0
// Where the server listens: loopback, a unix socket or, when allowed, elsewhere.
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include "base/arena.h"

#include <stdbool.h>
#include <sys/socket.h>

enum { LISTEN_TEXT = 64 };

struct listener {
    int fd;
    int port;       // 0 on a unix socket
    bool local;     // a unix socket: every peer is the trusted edge
    bool loopback;  // a unix socket or a loopback address
    char path[108]; // of the unix socket, to unlink
};

// False and *why (static or in the arena) when it cannot.
bool listen_open(struct arena *a, const char *where, bool public_ok, struct listener *out,
                 const char **why);
// Removes the unix socket's name; closes nothing.
void listen_forget(const struct listener *l);
// From now on nobody new gets in: a unix socket loses its name, on TCP the first packet of a
// connection is not heard, which its sender repeats a second later, to find the door closed.
// Those already connected wait in the queue as before.
void listen_refuse(const struct listener *l);
// Whether connections wait in the queue.
bool listen_has_guests(const struct listener *l);

// The numeric address without port, IPv4-mapped as IPv4; "local" for a unix socket.
void listen_peer_text(const struct sockaddr *sa, char out[LISTEN_TEXT]);
// Copies a well-formed address in its one canonical spelling; false when it is not one.
bool listen_canonical(const char *text, size_t n, char out[LISTEN_TEXT]);

#endif
