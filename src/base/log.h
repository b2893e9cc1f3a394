// SPDX-License-Identifier: Apache-2.0
// One JSON line an event on standard error: time, level, message, fields. Text is encoded, so
// a value cannot forge a line (L3). Never pass secrets or personal data.
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level least);
// `fmt` is the message in English; the line also carries file and line for LOG_ERROR.
void log_at(enum log_level level, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#define log_debug(...) log_at(LOG_DEBUG, __FILE__, __LINE__, __VA_ARGS__)
#define log_info(...) log_at(LOG_INFO, __FILE__, __LINE__, __VA_ARGS__)
#define log_warn(...) log_at(LOG_WARN, __FILE__, __LINE__, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __FILE__, __LINE__, __VA_ARGS__)

#endif
