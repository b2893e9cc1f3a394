// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a request head, parsed as leniently as any server might, put to the guard.
// What it lets through must be unambiguous by an independent, slower check.
#include "http/guard.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void
inspect_target(struct arena *a, const char *raw)
{
    const char *path, *query;
    if (guard_target(a, raw, &path, &query) != 0) {
        return;
    }
    require(path[0] == '/' && text_is_utf8(path, strlen(path)));
    require(!text_has_control(path, false) && strlen(path) <= strlen(raw));
    require(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
    require(!text_ends(path, "/..") && !text_ends(path, "/."));
    require(strcasestr(raw, "%2f") == NULL || strcasestr(raw, "%2f") > strchr(raw, '?'));
    require(strpbrk(query, " \r\n") == NULL);
}

// Lines "name:value" after the first; the value may hold anything but '\n'.
static void
inspect_headers(const uint8_t *p, const uint8_t *end)
{
    struct guard_head h = {0};
    unsigned lengths = 0, encodings = 0, hosts = 0;
    while (p < end) {
        const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
        eol = eol == NULL ? end : eol;
        const uint8_t *colon = memchr(p, ':', (size_t)(eol - p));
        const uint8_t *name_end = colon == NULL ? eol : colon;
        const uint8_t *value = colon == NULL ? eol : colon + 1;
        size_t name_size = (size_t)(name_end - p), value_size = (size_t)(eol - value);
        if (guard_header(&h, (const char *)p, name_size, (const char *)value, value_size) !=
            0) {
            return;
        }
        require(memchr(p, 0, (size_t)(eol - p)) == NULL);
        lengths += name_size == 14 && strncasecmp((const char *)p, "content-length", 14) == 0;
        hosts += name_size == 4 && strncasecmp((const char *)p, "host", 4) == 0;
        encodings +=
            name_size == 17 && strncasecmp((const char *)p, "transfer-encoding", 17) == 0;
        p = eol + (eol < end);
    }
    if (guard_finish(&h, "HTTP/1.1") == 0) {
        require(hosts == 1 && lengths + encodings <= 1 && h.chunked == (encodings == 1));
        require(h.headers <= GUARD_HEADERS_MAX && h.size <= GUARD_HEAD_MAX);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *a;
    if (a == NULL) {
        a = arena_new(1 << 20);
    }
    const uint8_t *line = size == 0 ? NULL : memchr(data, '\n', size);
    size_t n = line == NULL ? size : (size_t)(line - data);
    if (n > 16384) {
        return 0;
    }
    inspect_target(a, arena_strndup(a, (const char *)data, n));
    if (line != NULL) {
        inspect_headers(line + 1, data + size);
    }
    arena_reset(a);
    return 0;
}
