// SPDX-License-Identifier: Apache-2.0
#include "cmd/registry.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 16 * 1024 * 1024 };

bool
place_name_ok(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n > 0 && n <= PLACE_NAME_MOST && name[n] == '\0' && *name >= 'a' && *name <= 'z' &&
           name[n - 1] != '-';
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->name, ((const struct place *)b)->name);
}

struct place *
registry_find(const struct registry *r, const char *name)
{
    const struct place key = {.name = name};
    return r->count == 0 ? NULL : bsearch(&key, r->places, r->count, sizeof key, by_name);
}

static int
by_host(const void *a, const void *b)
{
    return strcmp(((const struct place_host *)a)->host, ((const struct place_host *)b)->host);
}

struct place *
registry_by_host(const struct registry *r, const char *host)
{
    const struct place_host key = {.host = host};
    const struct place_host *found =
        r->host_count == 0 ? NULL : bsearch(&key, r->hosts, r->host_count, sizeof key, by_host);
    return found == NULL ? NULL : &r->places[found->place];
}

struct place *
registry_add(struct arena *a, struct registry *r, const char *name)
{
    if (r->count == r->cap) {
        size_t cap = r->cap == 0 ? 16 : r->cap * 2;
        struct place *more = ARENA_ARRAY(a, struct place, cap);
        if (r->count > 0) {
            memcpy(more, r->places, r->count * sizeof *more);
        }
        r->places = more;
        r->cap = cap;
    }
    struct place *p = &r->places[r->count++];
    *p = (struct place){.name = arena_strdup(a, name), .title = ""};
    return p;
}

const char *
registry_sort(struct arena *a, struct registry *r)
{
    if (r->count > 0) {
        qsort(r->places, r->count, sizeof *r->places, by_name);
    }
    r->hosts = ARENA_ARRAY(a, struct place_host, r->count * PLACE_HOSTS_MOST + 1);
    r->host_count = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (i > 0 && strcmp(r->places[i].name, r->places[i - 1].name) == 0) {
            return arena_printf(a, "there is a district %s already", r->places[i].name);
        }
        for (const char *const *h = r->places[i].hosts; *h != NULL; h++) {
            r->hosts[r->host_count++] = (struct place_host){*h, i};
        }
    }
    if (r->host_count > 0) {
        qsort(r->hosts, r->host_count, sizeof *r->hosts, by_host);
    }
    for (size_t i = 1; i < r->host_count; i++) {
        if (strcmp(r->hosts[i].host, r->hosts[i - 1].host) == 0) {
            return arena_printf(a, "the host %s leads to two districts", r->hosts[i].host);
        }
    }
    return NULL;
}

// ---- reading ---------------------------------------------------------------------------

static const char *
take_place(struct arena *a, struct registry *r, const struct value *m)
{
    const char *name = value_get_text(m, "name");
    const struct value *hosts = value_get(m, "hosts");
    if (name == NULL || !place_name_ok(name)) {
        return "a district without a proper name";
    }
    if (value_count(hosts) > PLACE_HOSTS_MOST) {
        return arena_printf(a, "%s has too many hosts", name);
    }
    struct place *p = registry_add(a, r, name);
    p->title = value_get_text(m, "title");
    p->title = p->title == NULL ? name : p->title;
    p->suspended = value_get_bool(m, "suspended");
    for (size_t i = 0; i < value_count(hosts); i++) {
        const struct value *host = value_at(hosts, i);
        if (host->type != VALUE_TEXT) {
            return arena_printf(a, "a host of %s is no text", name);
        }
        p->hosts[i] = text_lower(a, host->s);
    }
    return NULL;
}

static const char *
read_text(struct arena *a, const char *path, size_t *n, const char **why)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        *why = errno == ENOENT ? NULL : arena_printf(a, "%s: %s", path, strerror(errno));
        return NULL;
    }
    struct stat st;
    bool ok = fstat(fileno(f), &st) == 0 && st.st_size <= FILE_MOST;
    char *text = ok ? arena_raw(a, (size_t)st.st_size + 1) : NULL;
    *n = ok ? fread(text, 1, (size_t)st.st_size, f) : 0;
    ok = ok && ferror(f) == 0;
    fclose(f);
    if (!ok) {
        *why = arena_printf(a, "%s cannot be read", path);
        return NULL;
    }
    text[*n] = '\0';
    return text;
}

struct registry *
registry_read(struct arena *a, const char *dir, const char **why)
{
    struct registry *r = ARENA_NEW(a, struct registry);
    const char *path = arena_printf(a, "%s/districts.json", dir);
    size_t n = 0;
    *why = NULL;
    const char *text = read_text(a, path, &n, why);
    if (text == NULL) {
        return *why == NULL ? r : NULL;
    }
    const struct value *all = json_parse(a, text, n, why);
    if (all == NULL) {
        *why = arena_printf(a, "%s: %s", path, *why);
        return NULL;
    }
    const struct value *list = value_get(all, "districts");
    *why = NULL;
    for (size_t i = 0; i < value_count(list) && *why == NULL; i++) {
        *why = take_place(a, r, value_at(list, i));
    }
    *why = *why == NULL ? registry_sort(a, r) : *why;
    *why = *why == NULL ? NULL : arena_printf(a, "%s: %s", path, *why);
    return *why == NULL ? r : NULL;
}

// ---- writing ---------------------------------------------------------------------------

// One line a district, so that people and their tools can read it.
static const char *
as_text(struct arena *a, const struct registry *r, size_t *n)
{
    struct buf b;
    buf_init(&b, a, 4096, FILE_MOST);
    buf_puts(&b, "{\"districts\": [\n");
    for (size_t i = 0; i < r->count; i++) {
        const struct place *p = &r->places[i];
        struct value *m = value_map(a);
        struct value *hosts = value_list(a);
        for (const char *const *h = p->hosts; *h != NULL; h++) {
            value_push(a, hosts, value_ref(a, *h));
        }
        value_set_text(a, m, "name", p->name);
        value_set_text(a, m, "title", p->title);
        value_set(a, m, "hosts", hosts);
        value_set_bool(a, m, "suspended", p->suspended);
        json_write(&b, m);
        buf_puts(&b, i + 1 < r->count ? ",\n" : "\n");
    }
    buf_puts(&b, "]}\n");
    *n = b.n;
    return b.full ? NULL : buf_str(&b);
}

bool
registry_write(struct arena *a, const char *dir, const struct registry *r, const char **why)
{
    const char *path = arena_printf(a, "%s/districts.json", dir);
    const char *made = arena_printf(a, "%s/districts.json.new", dir);
    size_t n = 0;
    const char *text = as_text(a, r, &n);
    int fd = text == NULL ? -1 : open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;
    if (fd >= 0) {
        ok = close(fd) == 0 && ok;
    }
    ok = ok && rename(made, path) == 0 && cmd_sync_directory(dir);
    if (!ok) {
        *why = arena_printf(a, "%s: %s", path, strerror(errno));
    }
    return ok;
}

int
registry_lock(struct arena *a, const char *dir)
{
    const char *path = arena_printf(a, "%s/districts.lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}
