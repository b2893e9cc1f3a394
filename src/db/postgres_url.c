// SPDX-License-Identifier: Apache-2.0
// The part of a PostgreSQL URL that is ours: ?schema=NAME says which district; libpq would
// refuse it.
#include "db/postgres.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { SCHEMA_MAX = 48 }; // the server takes 63; the channel's name is longer than the schema's

static const char DEFAULT_SCHEMA[] = "huiqiao";

// A plain name needs no quoting anywhere and cannot be taken for anything else.
static bool
schema_is_plain(const char *s, size_t n)
{
    if (n == 0 || n > SCHEMA_MAX || strncmp(s, "pg_", 3) == 0 || (s[0] >= '0' && s[0] <= '9')) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!(s[i] == '_' || (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9'))) {
            return false;
        }
    }
    return true;
}

bool
pg_url_split(const char *url, char **rest, char **schema, const char **why)
{
    static const char KEY[] = "schema=";
    *rest = strdup(url);
    *schema = strdup(DEFAULT_SCHEMA);
    *why = "out of memory";
    if (*rest == NULL || *schema == NULL) {
        return false;
    }
    char *to = strchr(*rest, '?');
    const char *from = strchr(url, '?');
    char before = '?';
    while (from != NULL) {
        const char *part = from + 1;
        size_t n = strcspn(part, "&");
        from = part[n] == '&' ? part + n : NULL;
        if (text_starts(part, KEY)) {
            free(*schema);
            *schema = strndup(part + sizeof KEY - 1, n - (sizeof KEY - 1));
            if (*schema == NULL) {
                return false;
            }
            continue;
        }
        *to++ = before;
        memcpy(to, part, n); // never longer than what stood here
        to += n;
        before = '&';
    }
    if (to != NULL) {
        *to = '\0';
    }
    *why = "a schema is named by at most 48 small letters, digits and _, and not pg_";
    return schema_is_plain(*schema, strlen(*schema));
}
