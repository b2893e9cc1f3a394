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

// ---- files of the client ---------------------------------------------------------------

struct files {
    struct arena *arena;
    const char **out;
    size_t count, most;
};

static void
add_file(struct files *f, const char *path)
{
    if (path != NULL && *path == '/' && f->count < f->most) {
        f->out[f->count++] = arena_strdup(f->arena, path);
        f->out[f->count] = NULL;
    }
}

// Those that the URL or the environment names.
static void
add_named(struct files *f, const char *url)
{
    static const char NAMED[] = "passfile sslcert sslkey sslrootcert sslcrl sslcrldir";
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        if (text_list_has(NAMED, o->keyword)) {
            add_file(f, o->val != NULL ? o->val : o->envvar != NULL ? getenv(o->envvar) : NULL);
        }
    }
    PQconninfoFree(options);
}

void
pg_client_files(struct arena *a, const char *url, const char **out, size_t most)
{
    static const char *const SYSTEM[] = {
        "/etc/hosts",         "/etc/resolv.conf", "/run/systemd/resolve",
        "/etc/nsswitch.conf", "/etc/host.conf",   "/etc/gai.conf",
        "/etc/services",      "/etc/passwd",      "/etc/ssl/certs"};
    struct files f = {.arena = a, .out = out, .most = most};
    char *rest = NULL;
    char *schema = NULL;
    const char *why = "";
    const char *home = getenv("HOME");
    for (size_t i = 0; i < sizeof SYSTEM / sizeof *SYSTEM; i++) {
        add_file(&f, SYSTEM[i]);
    }
    if (home != NULL) {
        add_file(&f, arena_printf(a, "%s/.postgresql", home));
        add_file(&f, arena_printf(a, "%s/.pgpass", home));
    }
    if (pg_url_split(url, &rest, &schema, &why)) {
        add_named(&f, rest);
    }
    free(rest);
    free(schema);
}
