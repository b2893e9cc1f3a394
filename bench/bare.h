// SPDX-License-Identifier: Apache-2.0
// What the bare programs of the bench share: an answer of so many bytes, and a server that
// begins and never ends.
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <microhttpd.h>
#include <stdio.h>
#include <unistd.h>

static inline enum MHD_Result
bare_answer(struct MHD_Connection *connection, int status, size_t bytes)
{
    static char body[1 << 20];
    struct MHD_Response *r =
        MHD_create_response_from_buffer(bytes, body, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, r);
    MHD_destroy_response(r);
    return result;
}

// Returns only when it cannot begin: what main returns.
static inline int
bare_serve(uint16_t port, unsigned threads, MHD_AccessHandlerCallback handle)
{
    struct MHD_Daemon *d = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, port, NULL,
        NULL, handle, NULL, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_END);
    if (d == NULL) {
        perror("bare server");
        return 1;
    }
    puts("ready");
    fflush(stdout);
    pause();
    return 0;
}

#endif
