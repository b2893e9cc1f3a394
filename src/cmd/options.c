// SPDX-License-Identifier: Apache-2.0
// What the commands share: reading arguments, opening the district, small output.
#include "cmd/cmd.h"

#include "app.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPTIONS_MAX = 16, DISTRICT_ARENA_MAX = 1024 * 1024 * 1024 };

int
cmd_fail(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("huiqiao: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return CMD_FAILED;
}

bool
cmd_sync_directory(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

bool
cmd_sync_name(struct arena *a, const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') {
        n--;
    }
    while (n > 0 && path[n - 1] != '/') {
        n--;
    }
    return cmd_sync_directory(n == 0 ? "." : arena_strndup(a, path, n));
}

static bool
take(const struct cmd_option *o, const char *value)
{
    if (o->flag != NULL) {
        *o->flag = true;
        return true;
    }
    if (o->text != NULL) {
        *o->text = value;
        return true;
    }
    if (!text_to_int(value, o->number)) {
        cmd_fail("--%s wants a whole number, not \"%s\"", o->name, value);
        return false;
    }
    return true;
}

bool
cmd_parse(int argc, char **argv, const struct cmd_option *options, size_t least, size_t most,
          const char *const **rest)
{
    struct option known[OPTIONS_MAX + 1] = {0};
    for (size_t i = 0; options[i].name != NULL && i < OPTIONS_MAX; i++) {
        known[i].name = options[i].name;
        known[i].has_arg = options[i].flag != NULL ? no_argument : required_argument;
    }
    optind = 1;
    for (;;) {
        int index = 0;
        int c = getopt_long(argc, argv, "", known, &index);
        if (c == -1) {
            break;
        }
        if (c != 0 || !take(&options[index], optarg)) {
            return false; // getopt has said it
        }
    }
    size_t left = (size_t)(argc - optind);
    if (left < least || left > most) {
        cmd_fail("%s: %s; see huiqiao help", argv[0],
                 left < least ? "an argument is missing" : "too many arguments");
        return false;
    }
    if (rest != NULL) {
        *rest = (const char *const *)(argv + optind);
    }
    return true;
}

const char *
district_url(struct arena *a, const char *data, const char *db)
{
    enum { URL_MOST = 2000 };
    char text[URL_MOST + 1];
    FILE *f = NULL;
    if (db == NULL && data != NULL) {
        f = fopen(arena_printf(a, "%s/%s", data, DISTRICT_DATABASE), "re");
    }
    if (f == NULL) {
        return db;
    }
    size_t n = fread(text, 1, URL_MOST, f);
    fclose(f);
    text[n] = '\0';
    return text_tidy(a, text, false);
}

static bool
open_with(struct district *d, const char *data, const char *db, bool bulk)
{
    *d = (struct district){0};
    if (data == NULL) {
        cmd_fail("say which district: --data DIR");
        return false;
    }
    d->arena = arena_new(DISTRICT_ARENA_MAX);
    const struct app_options o = {
        .data = data, .db = district_url(d->arena, data, db), .bulk = bulk};
    const char *why = "?";
    d->app = app_open(&o, MODULES, &why);
    if (d->app == NULL) {
        cmd_fail("cannot open the district in %s: %s", data, why);
        arena_free(d->arena);
        *d = (struct district){0};
        return false;
    }
    return true;
}

bool
district_open(struct district *d, const char *data, const char *db)
{
    return open_with(d, data, db, false);
}

bool
district_open_bulk(struct district *d, const char *data, const char *db)
{
    return open_with(d, data, db, true);
}

void
district_close(struct district *d)
{
    if (d->app != NULL) {
        app_close(d->app);
        arena_free(d->arena);
    }
    *d = (struct district){0};
}

struct system_write {
    struct app *app;
    struct arena *arena;
    cmd_work work;
    void *arg;
};

static enum err
system_write(struct db_tx *tx, void *arg)
{
    struct system_write *w = arg;
    struct ctx c = ctx_system(w->app, w->arena);
    c.tx = tx;
    return w->work(&c, w->arg);
}

enum err
cmd_write(struct district *d, struct arena *a, cmd_work work, void *arg)
{
    struct system_write w = {d->app, a, work, arg};
    return db_write(d->app->db, a, system_write, &w);
}

const char *
cmd_random_text(struct arena *a, size_t n)
{
    static const char letters[] = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
    char *text = arena_alloc(a, n + 1);
    for (size_t i = 0; i < n; i++) {
        text[i] = letters[randombytes_uniform(sizeof letters - 1)];
    }
    return text;
}

void
cmd_progress(const char *what, size_t done, size_t total)
{
    enum { WIDTH = 30 };
    if (isatty(STDERR_FILENO) == 0) {
        return;
    }
    if (total == 0) {
        fputc('\n', stderr);
        return;
    }
    size_t filled = done * WIDTH / total;
    char bar[WIDTH + 1];
    memset(bar, '.', WIDTH);
    memset(bar, '#', filled < WIDTH ? filled : WIDTH);
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r%s [%s] %zu/%zu", what, bar, done, total);
    fflush(stderr);
}

const char *
cmd_read_file(struct arena *a, const char *path, size_t max, size_t *size)
{
    FILE *f = fopen(path, "rbe");
    struct stat st;
    if (f == NULL || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
        cmd_fail("cannot read %s: %s", path, f == NULL ? strerror(errno) : "not a file");
        if (f != NULL) {
            fclose(f);
        }
        return NULL;
    }
    if ((size_t)st.st_size > max) {
        cmd_fail("%s is larger than %zu MiB", path, max >> 20);
        fclose(f);
        return NULL;
    }
    char *text = arena_raw(a, (size_t)st.st_size + 1);
    *size = fread(text, 1, (size_t)st.st_size, f);
    text[*size] = '\0';
    bool whole = *size == (size_t)st.st_size;
    fclose(f);
    if (!whole) {
        cmd_fail("cannot read the whole of %s", path);
    }
    return whole ? text : NULL;
}

// ---- files -------------------------------------------------------------------------------

static bool
write_whole(int fd, const char *path, const void *p, size_t n)
{
    bool ok = fd >= 0 && write(fd, p, n) == (ssize_t)n && fsync(fd) == 0;
    if (!ok) {
        cmd_fail("%s: %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

bool
cmd_make_file(const char *path, const void *p, size_t n)
{
    return write_whole(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), path, p, n);
}

bool
cmd_replace_file(struct arena *a, const char *dir, const char *name, const void *p, size_t n)
{
    const char *path = arena_printf(a, "%s/%s", dir, name);
    const char *made = arena_printf(a, "%s/%s.new", dir, name);
    int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (!write_whole(fd, made, p, n)) {
        return false;
    }
    if (rename(made, path) != 0) {
        cmd_fail("%s: %s", path, strerror(errno));
        return false;
    }
    return cmd_sync_directory(dir) || cmd_fail("%s: %s", dir, strerror(errno)) == CMD_OK;
}
