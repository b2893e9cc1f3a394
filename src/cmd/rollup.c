// SPDX-License-Identifier: Apache-2.0
// huiqiao rollup: a district's signed figures, and taking them in at the city. The program
// opens no connection itself; what it prints is sent by whatever the office has (curl, a file).
#include "cmd/cmd.h"

#include "cmd/registry.h"
#include "mod/rollup/rollup.h"

#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 16 * 1024, MONTHS = 2, ROLLUP_ARENA = 16 * 1024 * 1024 };

struct wish {
    const char *data, *db, *districts, *month;
};

static bool
print_key(struct app *app, struct arena *a, const struct wish *w)
{
    (void)w;
    printf("%s\t%s\n", rollup_public_key(app, a), app->district);
    return true;
}

static bool
print_month(struct app *app, struct arena *a, const char *month)
{
    struct ctx c = ctx_system(app, a);
    c.tx = db_read_begin(app->db);
    const char *line = c.tx == NULL ? NULL : rollup_summary(&c, month);
    db_read_end(c.tx);
    if (line == NULL) {
        cmd_fail("the figures of %s cannot be counted", month);
        return false;
    }
    puts(line);
    return true;
}

// The month before as well: what it began goes on being answered.
static bool
print_summary(struct app *app, struct arena *a, const struct wish *w)
{
    if (w->month != NULL) {
        return print_month(app, a, w->month);
    }
    bool ok = true;
    for (int back = MONTHS - 1; back >= 0; back--) {
        ok = ok && print_month(app, a, rollup_month(a, time_now(), back));
    }
    return ok;
}

static enum err
take_line(struct ctx *c, void *arg)
{
    if (!rollup_read_line(c, arg)) {
        c->detail = "not a line of huiqiao rollup summary";
        return ERR_INVALID;
    }
    enum err e = rollup_take(c);
    if (e == ERR_INVALID) {
        c->detail = "no summary, or of a month to come";
    }
    return e;
}

struct taking {
    char line[LINE_MOST];
    const char *why;
};

static enum err
take_one(struct ctx *c, void *arg)
{
    struct taking *t = arg;
    enum err e = take_line(c, t->line);
    t->why = e == ERR_OK ? NULL : c->detail != NULL ? c->detail : err_info(e)->code;
    return e;
}

static bool
take(struct district *d)
{
    static struct taking t;
    unsigned taken = 0, refused = 0, n = 0;
    while (fgets(t.line, sizeof t.line, stdin) != NULL) {
        t.line[strcspn(t.line, "\n")] = '\0';
        n++;
        if (cmd_write(d, d->arena, take_one, &t) == ERR_OK) {
            taken++;
        } else {
            refused++;
            fprintf(stderr, "line %u: %s\n", n, t.why == NULL ? "not written" : t.why);
        }
        arena_reset(d->arena);
    }
    printf("%u taken, %u refused\n", taken, refused);
    return refused == 0;
}

typedef bool (*print_fn)(struct app *app, struct arena *a, const struct wish *w);

static bool
print_one(const char *data, const char *db, const struct wish *w, print_fn print)
{
    struct district d;
    if (!district_open(&d, data, db)) {
        return false;
    }
    bool ok = print(d.app, d.arena, w);
    district_close(&d);
    return ok;
}

static bool
print_all(const struct wish *w, print_fn print)
{
    struct arena *a = arena_new(ROLLUP_ARENA);
    const char *why = "?";
    bool ok = true;
    const struct registry *r = registry_read(a, w->districts, &why);
    if (r == NULL) {
        cmd_fail("%s", why);
    }
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        const char *data = arena_printf(a, "%s/%s", w->districts, r->places[i].name);
        ok = (r->places[i].suspended || print_one(data, NULL, w, print)) && ok;
    }
    arena_free(a);
    return ok && r != NULL;
}

static bool
take_all(const struct wish *w)
{
    struct district d;
    if (!district_open(&d, w->data, w->db)) {
        return false;
    }
    bool ok = take(&d);
    district_close(&d);
    return ok;
}

int
cmd_rollup(int argc, char **argv)
{
    struct wish w = {0};
    const char *const *rest;
    const struct cmd_option options[] = {{"data", &w.data, NULL, NULL},
                                         {"db", &w.db, NULL, NULL},
                                         {"districts", &w.districts, NULL, NULL},
                                         {"month", &w.month, NULL, NULL},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 1, 1, &rest)) {
        return CMD_USAGE;
    }
    bool taking = strcmp(rest[0], "take") == 0;
    print_fn print = strcmp(rest[0], "key") == 0       ? print_key
                     : strcmp(rest[0], "summary") == 0 ? print_summary
                                                       : NULL;
    if ((print == NULL && !taking) || (w.data == NULL) == (w.districts == NULL) ||
        (taking && w.data == NULL) || (w.month != NULL && !rollup_is_month(w.month))) {
        cmd_fail("rollup key|summary|take --data DIR (or --districts DIR), --month 2026-11");
        return CMD_USAGE;
    }
    bool ok = taking                ? take_all(&w)
              : w.districts != NULL ? print_all(&w, print)
                                    : print_one(w.data, w.db, &w, print);
    return ok ? CMD_OK : CMD_FAILED;
}
