// SPDX-License-Identifier: Apache-2.0
// The command line's way through the import engine: read, check or write with a bar, an error
// sheet beside the file. The same command again goes on where it was stopped.
#include "cmd/import_table.h"

#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/import_read.h"
#include "kit/import_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_MAX = 256 * 1024 * 1024, TOLD_MOST = 30, SHEET_MAX = 256 * 1024 * 1024 };

struct run {
    const struct import_order *order;
    struct district d;
    struct arena *scratch;
    struct import_run *import;
    struct import_task *task;
    struct import_map map;
    enum language language; // of what is said about cells: the sheet's readers
    const char *kinds;
};

static enum language
reader_language(void)
{
    const char *all = getenv("LC_ALL");
    const char *lang = all != NULL && *all != '\0' ? all : getenv("LANG");
    return lang != NULL && text_starts(lang, "en") ? LANG_EN : LANG_ZH;
}

// ---- in ----------------------------------------------------------------------------------

static bool
read_map(struct run *r)
{
    size_t size;
    const char *why;
    r->map = IMPORT_MAP_NONE;
    if (r->order->map == NULL) {
        return true;
    }
    const char *json = cmd_read_file(r->d.arena, r->order->map, 1024 * 1024, &size);
    if (json != NULL && !import_map_parse(r->d.arena, json, size, &r->map, &why)) {
        cmd_fail("%s: %s", r->order->map, why);
        return false;
    }
    return json != NULL;
}

static const struct value *
options(struct run *r)
{
    struct value *v = value_map(r->d.arena);
    value_set(r->d.arena, v, "defaults",
              r->map.defaults == NULL ? &value_null : r->map.defaults);
    value_set(r->d.arena, v, "values", r->map.values == NULL ? &value_null : r->map.values);
    return v;
}

static void
tell_reading(void *arg, int64_t rows)
{
    (void)arg;
    if (isatty(STDERR_FILENO) != 0) {
        fprintf(stderr, "\rreading: %lld rows", (long long)rows);
        fflush(stderr);
    }
}

static bool
load(struct run *r, int64_t id)
{
    struct db_tx *tx = db_read_begin(r->d.app->db);
    r->import = tx == NULL ? NULL : import_run_get(tx, r->d.arena, r->d.app, id);
    db_read_end(tx);
    return r->import != NULL;
}

static int64_t
unfinished(struct run *r, int fd)
{
    const char *hash = import_hash(r->d.arena, fd);
    struct db_tx *tx = db_read_begin(r->d.app->db);
    int64_t id = hash == NULL || tx == NULL ? 0 : import_run_of_file(tx, hash, r->order->kind);
    db_read_end(tx);
    return id;
}

// The file as rows in the database: those of a run that was stopped, or new ones.
static bool
stage(struct run *r, const struct import_kind *kind, int fd)
{
    struct stat st;
    const char *why = NULL;
    int64_t id = r->order->dry ? 0 : unfinished(r, fd);
    if (id != 0) {
        return load(r, id);
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        cmd_fail("cannot read %s: not a file", r->order->file);
        return false;
    }
    static const struct actor SYSTEM = {.id = -1, .login = "system", .name = "系统"};
    const char *slash = strrchr(r->order->file, '/');
    const struct import_file f = {.app = r->d.app,
                                  .kind = kind,
                                  .actor = &SYSTEM,
                                  .language = r->language,
                                  .name = slash == NULL ? r->order->file : slash + 1,
                                  .fd = fd,
                                  .size = st.st_size,
                                  .format = import_format(fd),
                                  .runner = "command",
                                  .columns = r->map.columns,
                                  .options = options(r),
                                  .progress = tell_reading};
    id = import_stage(&f, r->d.arena, &why);
    if (isatty(STDERR_FILENO) != 0) {
        fputc('\n', stderr);
    }
    if (id == 0) {
        cmd_fail("%s: %s", r->order->file, why);
    }
    return id != 0 && load(r, id);
}

// ---- through -----------------------------------------------------------------------------

struct change {
    struct run *r;
    const char *state, *from;
};

static enum err
begin(struct ctx *c, void *arg)
{
    const struct change *ch = arg;
    return import_run_begin(c, ch->r->import, ch->state, ch->from) ? ERR_OK : ERR_CONFLICT;
}

static enum err
end(struct ctx *c, void *arg)
{
    const struct change *ch = arg;
    import_run_end(c, ch->r->import, ch->state, ch->from, NULL);
    import_run_forget(c, ch->r->import);
    return db_tx_err(c->tx);
}

static bool
move(struct run *r, cmd_work work, const char *state, const char *from)
{
    struct change ch = {r, state, from};
    enum err e = cmd_write(&r->d, r->scratch, work, &ch);
    arena_reset(r->scratch);
    return e == ERR_OK;
}

static bool
is_complete(struct run *r)
{
    const char *lacks = import_task_lacks(r->task, r->language);
    for (size_t i = 0; i < r->import->n; i++) {
        if (r->task->columns[i].field == NULL && *r->import->titles[i] != '\0' &&
            (r->map.columns == NULL ||
             value_get(r->map.columns, r->import->titles[i]) == NULL)) {
            fprintf(stderr, "huiqiao: column \"%s\" is left out\n", r->import->titles[i]);
        }
    }
    bool some = false;
    for (size_t i = 0; i < r->import->n; i++) {
        some = some || r->task->columns[i].field != NULL;
    }
    if (!some) {
        cmd_fail("%s: no column is known; name them in --map", r->order->file);
    } else if (lacks != NULL) {
        fprintf(stderr, "huiqiao: without a column for %s nothing new can be registered\n",
                lacks);
    }
    return some;
}

static bool
steps(struct run *r)
{
    const char *what = r->order->dry ? "checking" : "importing";
    struct import_pass *pass = import_pass_new(r->d.app, r->import);
    enum err e = ERR_OK;
    while (e == ERR_OK && r->import->position < r->import->blocks) {
        e = import_pass_step(pass);
        cmd_progress(what, (size_t)r->import->position, (size_t)r->import->blocks);
    }
    import_pass_free(pass);
    cmd_progress(what, 0, 0);
    if (e != ERR_OK) {
        cmd_fail("stopped after %lld of %lld blocks (%s); the same command goes on",
                 (long long)r->import->position, (long long)r->import->blocks,
                 err_info(e)->code);
    }
    return e == ERR_OK;
}

// ---- out ---------------------------------------------------------------------------------

struct telling {
    struct run *r;
    FILE *sheet;
    const struct table_column *cols;
    size_t n, told;
    struct arena *row;
};

static bool
tell_row(void *arg, const struct import_shown *row)
{
    struct telling *t = arg;
    const struct value *d = row->detail;
    printf("%zu: %s", row->cells.line, IMPORT_OUTCOME_WORDS[row->outcome]);
    for (uint32_t i = 0; row->outcome == IMPORT_CHANGED && i < d->map.count; i++) {
        const struct value *pair = d->map.pairs[i].v;
        struct buf b;
        buf_init(&b, t->row, 256, 64 * 1024);
        import_change_text(&b, t->r->import->kind, d->map.pairs[i].key, pair, LANG_EN);
        printf(" %s", buf_str(&b));
    }
    if (row->outcome == IMPORT_WRONG) {
        printf(" %s", import_complaints_text(t->row, d));
    }
    putchar('\n');
    arena_reset(t->row);
    return ++t->told < TOLD_MOST;
}

static bool
write_csv(void *arg, const struct value *row)
{
    struct telling *t = arg;
    struct buf b;
    buf_init(&b, t->row, 1024, 4 * IMPORT_ROW_MAX);
    csv_row(&b, t->cols, t->n, row);
    bool ok = fwrite(b.p, 1, b.n, t->sheet) == b.n;
    arena_reset(t->row);
    return ok;
}

// The table of a dry run, and the sheet of what is wrong.
static bool
tell(struct run *r, struct db_tx *tx)
{
    struct telling t = {.r = r, .row = arena_new(8 * IMPORT_ROW_MAX)};
    struct table_column *cols;
    const char *name = arena_printf(r->d.arena, "%s.errors.csv", r->order->file);
    unlink(name);
    if (r->order->dry) {
        import_run_rows(tx, r->d.app, r->import, 1U << IMPORT_CHANGED | 1U << IMPORT_WRONG, 0,
                        tell_row, &t);
    }
    bool ok = r->import->counts[IMPORT_WRONG] == 0;
    if (!ok && (t.sheet = fopen(name, "wbe")) != NULL) {
        t.n = import_sheet_columns(r->d.arena, r->language, r->import, &cols);
        t.cols = cols;
        struct buf head;
        buf_init(&head, t.row, 1024, 1 << 20);
        csv_head(&head, cols, t.n);
        fwrite(head.p, 1, head.n, t.sheet);
        import_sheet_rows(tx, r->d.app, r->import, cols, write_csv, &t);
        ok = ferror(t.sheet) == 0;
        ok = fclose(t.sheet) == 0 && ok;
        fprintf(stderr, "huiqiao: what is wrong is in %s\n", name);
    }
    arena_free(t.row);
    if (!ok) {
        cmd_fail("cannot write %s", name);
    }
    return ok;
}

static int
finish(struct run *r)
{
    const int64_t *n = r->import->counts;
    struct db_tx *tx = db_read_begin(r->d.app->db);
    bool ok = tx != NULL && tell(r, tx);
    db_read_end(tx);
    printf("%lld rows: %lld new, %lld changed, %lld unchanged, %lld refused%s\n",
           (long long)r->import->rows, (long long)n[IMPORT_NEW], (long long)n[IMPORT_CHANGED],
           (long long)n[IMPORT_SAME], (long long)n[IMPORT_WRONG],
           r->order->dry ? " (dry run: nothing was written)" : "");
    ok = move(r, end, r->order->dry ? "cancelled" : "done", "checking running") && ok;
    return ok && n[IMPORT_WRONG] == 0 ? CMD_OK : CMD_FAILED;
}

static int
go(struct run *r, const struct import_kind *kind, int fd)
{
    if (!read_map(r) || !stage(r, kind, fd)) {
        return CMD_FAILED;
    }
    r->task = import_run_task(r->d.arena, r->import);
    if (!is_complete(r)) {
        move(r, end, "cancelled", "mapped running");
        return CMD_FAILED;
    }
    if (strcmp(r->import->state, "running") == 0) {
        fprintf(stderr, "huiqiao: going on after block %lld of %lld\n",
                (long long)r->import->position, (long long)r->import->blocks);
    } else if (!move(r, begin, r->order->dry ? "checking" : "running", "mapped") ||
               !load(r, r->import->id)) {
        return cmd_fail("the database does not take the import");
    }
    return steps(r) ? finish(r) : CMD_FAILED;
}

static const char *
kind_names(struct run *r)
{
    struct buf b;
    const struct import_kind *k;
    buf_init(&b, r->d.arena, 128, 4096);
    for (size_t i = 0; (k = import_kind_at(r->d.app, i)) != NULL; i++) {
        buf_printf(&b, " %s", k->kind->plural);
    }
    return buf_str(&b);
}

int
import_table(const struct import_order *o)
{
    struct run r = {.order = o, .language = reader_language()};
    int fd = open(o->file, O_RDONLY | O_CLOEXEC);
    if (!parser_start()) { // before the database has threads
        return cmd_fail("cannot start a process: %s", strerror(errno));
    }
    if (!district_open(&r.d, o->data, o->db)) {
        return CMD_FAILED;
    }
    const struct import_kind *kind = import_kind_find(r.d.app, o->kind);
    int code = CMD_USAGE;
    r.scratch = arena_new(SCRATCH_MAX);
    if (kind == NULL) {
        cmd_fail("cannot import \"%s\"; it can be: demands%s", o->kind, kind_names(&r));
    } else if (fd < 0) {
        code = cmd_fail("cannot read %s: %s", o->file, strerror(errno));
    } else {
        code = go(&r, kind, fd);
    }
    arena_free(r.scratch);
    close(fd);
    district_close(&r.d);
    return code;
}
