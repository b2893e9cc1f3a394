// SPDX-License-Identifier: Apache-2.0
// A line is composed on the stack and leaves in one write(2): logging needs no memory, no
// lock, and lines of several threads do not mix.
#include "base/log.h"

#include "base/text.h"
#include "base/timestamp.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_MAX = 1024, LINE_MAX_BYTES = MESSAGE_MAX * 6 + 512 };

static _Atomic int least_level = LOG_INFO;

void
log_set_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

// JSON text without quotes. What is not UTF-8 (also a message cut inside a character) keeps
// only its ASCII.
static size_t
encode(char *out, const char *s)
{
    static const char HEX[] = "0123456789abcdef";
    bool sound = text_is_utf8(s, strlen(s));
    char *p = out;
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == 0x7F || c == '"' || c == '\\') {
            memcpy(p, "\\u00", 4);
            p[4] = HEX[c >> 4];
            p[5] = HEX[c & 15];
            p += 6;
        } else {
            *p++ = c < 0x80 || sound ? *s : '?';
        }
    }
    *p = '\0';
    return (size_t)(p - out);
}

void
log_at(enum log_level level, const char *file, int line, const char *fmt, ...)
{
    static const char *const NAMES[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed)) {
        return;
    }
    char message[MESSAGE_MAX];
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(message, sizeof message, fmt, ap) < 0) {
        strcpy(message, "(message could not be formatted)");
    }
    va_end(ap);
    char encoded[MESSAGE_MAX * 6];
    encode(encoded, message);
    char when[TIME_TEXT_MAX];
    time_format(when, time_now());
    char out[LINE_MAX_BYTES];
    int n = snprintf(out, sizeof out, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":\"%s\"",
                     when, NAMES[level], encoded);
    const char *name = strrchr(file, '/');
    name = name == NULL ? file : name + 1;
    if (level == LOG_ERROR) {
        n += snprintf(out + n, sizeof out - (size_t)n, ",\"file\":\"%.100s\",\"line\":%d", name,
                      line);
    }
    n += snprintf(out + n, sizeof out - (size_t)n, "}\n");
    // Nothing can be done when standard error is gone.
    ssize_t ignored = write(STDERR_FILENO, out, (size_t)n);
    (void)ignored;
}
