// SPDX-License-Identifier: Apache-2.0
// The control of the hostile set: the HTTP library in its strict mode without our guard. What
// the set finds here shows that it can find something.
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Atomic unsigned handled, smuggled;

static enum MHD_Result
serve(void *arg, struct MHD_Connection *mhd, const char *url, const char *method,
      const char *version, const char *upload, size_t *upload_size, void **state)
{
    char text[80] = "hello\n";
    if (*state == NULL) {
        *state = (void *)(uintptr_t)method; // not the first call any more
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    if (strcmp(url, "/stats") == 0) {
        snprintf(text, sizeof text, "{\"handled\":%u,\"smuggled\":%u}\n", handled, smuggled);
    } else {
        handled++;
        smuggled += strcmp(url, "/smuggled") == 0;
    }
    struct MHD_Response *m =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result ok = MHD_queue_response(mhd, 200, m);
    MHD_destroy_response(m);
    return ok;
}

int
main(void)
{
    struct sockaddr_in loopback = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, serve,
                         NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_TIMEOUT,
                         5U, MHD_OPTION_SOCK_ADDR, &loopback, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        d == NULL ? NULL : MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
    if (info == NULL) {
        return 1;
    }
    printf("port %d\n", info->port);
    fflush(stdout);
    pause();
    return 0;
}
