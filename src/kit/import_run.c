// SPDX-License-Identifier: Apache-2.0
// Imports in the database: their state, and what came of their rows.
#include "kit/import_run.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/import_store.h"

#include <string.h>

const struct choice IMPORT_STATES[] = {
    {.value = "reading", .label = "正在读取", .tone = "is-info"},
    {.value = "mapped", .label = "待核对各列", .tone = "is-warn"},
    {.value = "checking", .label = "正在预检", .tone = "is-info"},
    {.value = "checked", .label = "待确认", .tone = "is-warn"},
    {.value = "running", .label = "正在导入", .tone = "is-info"},
    {.value = "done", .label = "已完成", .tone = "is-ok"},
    {.value = "cancelled", .label = "已放弃", .tone = "is-mute"},
    {0},
};

#define RUN_COLUMNS                                                                            \
    "id, kind, file_name, size, sha256, runner, account_id, account, language, state, reason," \
    " signature, titles, columns, options, rows, blocks, position, n_new, n_changed, n_same,"  \
    " n_wrong, created_at, updated_at, finished_at"
#define RUN_ROW                                                                                \
    "id:int kind:text file_name:text size:int sha256:text runner:text account_id:int"          \
    " account:text language:text state:text reason:text? signature:text titles:json"           \
    " columns:json options:json rows:int blocks:int position:int n_new:int n_changed:int"      \
    " n_same:int n_wrong:int created_at:time updated_at:time finished_at:time?"

static const struct db_stmt GET = {.name = "import.get",
                                   .sql =
                                       "SELECT " RUN_COLUMNS " FROM import_run WHERE id = $1",
                                   .params = "id:int",
                                   .row = RUN_ROW};
static const struct db_stmt LIST_ALL = {
    .name = "import.list_all",
    .sql =
        "SELECT id, kind, file_name, account, state, rows, n_new, n_changed, n_same, n_wrong,"
        " created_at FROM import_run WHERE id < $1 ORDER BY id DESC LIMIT $2",
    .params = "before:int most:int",
    .row = "id:int kind:text file_name:text account:text state:text rows:int n_new:int"
           " n_changed:int n_same:int n_wrong:int created_at:time"};
static const struct db_stmt LIST_OWN = {
    .name = "import.list_own",
    .sql =
        "SELECT id, kind, file_name, account, state, rows, n_new, n_changed, n_same, n_wrong,"
        " created_at FROM import_run WHERE account_id = $3 AND id < $1 ORDER BY id DESC"
        " LIMIT $2",
    .params = "before:int most:int account:int",
    .row = "id:int kind:text file_name:text account:text state:text rows:int n_new:int"
           " n_changed:int n_same:int n_wrong:int created_at:time"};
static const struct db_stmt OF_FILE = {
    .name = "import.of_file",
    .sql = "SELECT id FROM import_run WHERE sha256 = $1 AND kind = $2 AND runner = 'command'"
           " AND state = 'running' ORDER BY id DESC LIMIT 1",
    .params = "sha256:text kind:text",
    .row = "id:int"};
static const struct db_stmt WAITING = {
    .name = "import.waiting",
    .sql = "SELECT id FROM import_run WHERE runner = 'web' AND state = $1 ORDER BY id LIMIT 1",
    .params = "state:text",
    .row = "id:int"};
static const struct db_stmt MOVE = {
    .name = "import.move",
    .sql = "UPDATE import_run SET state = $2, reason = $3, finished_at = $4, updated_at = $5"
           " WHERE id = $1 AND state = $6",
    .params = "id:int state:text reason:text? finished:time? now:time from:text"};
static const struct db_stmt RESTART = {
    .name = "import.restart",
    .sql = "UPDATE import_run SET position = 0, n_new = 0, n_changed = 0, n_same = 0,"
           " n_wrong = 0 WHERE id = $1",
    .params = "id:int"};
static const struct db_stmt SET_COLUMNS = {
    .name = "import.set_columns",
    .sql = "UPDATE import_run SET columns = $2, updated_at = $3 WHERE id = $1",
    .params = "id:int columns:json now:time"};
static const struct db_stmt OLD_RUNS = {
    .name = "import.old",
    .sql = "SELECT DISTINCT b.run_id AS id FROM import_block b JOIN import_run r"
           " ON r.id = b.run_id WHERE b.seq = 0 AND r.updated_at < $1 AND r.state <> 'running'"
           " LIMIT 20",
    .params = "before:time",
    .row = "id:int",
    .scans = "once an hour over the imports of the last days, whose rows are still kept"};

// ---- reading ---------------------------------------------------------------------------

struct import_run *
import_run_get(struct db_tx *tx, struct arena *a, const struct app *app, int64_t id)
{
    const struct value *v = db_one(tx, a, &GET, DB_ARGS(DB_INT(id)));
    if (v == NULL) {
        return NULL;
    }
    struct import_run *r = ARENA_NEW(a, struct import_run);
    *r = (struct import_run){
        .id = id,
        .kind_name = value_get_text(v, "kind"),
        .file_name = value_get_text(v, "file_name"),
        .sha256 = value_get_text(v, "sha256"),
        .runner = value_get_text(v, "runner"),
        .state = value_get_text(v, "state"),
        .reason = value_get_text(v, "reason"),
        .signature = value_get_text(v, "signature"),
        .account = value_get_text(v, "account"),
        .language = text_equal(value_get_text(v, "language"), "en") ? LANG_EN : LANG_ZH,
        .account_id = value_get_int(v, "account_id", 0),
        .size = value_get_int(v, "size", 0),
        .rows = value_get_int(v, "rows", 0),
        .blocks = value_get_int(v, "blocks", 0),
        .position = value_get_int(v, "position", 0),
        .counts = {value_get_int(v, "n_new", 0), value_get_int(v, "n_changed", 0),
                   value_get_int(v, "n_same", 0), value_get_int(v, "n_wrong", 0)},
        .created_at = value_get_int(v, "created_at", 0),
        .updated_at = value_get_int(v, "updated_at", 0),
        .finished_at = value_get_int(v, "finished_at", 0),
        .columns = value_get(v, "columns"),
        .options = value_get(v, "options"),
    };
    r->kind = import_kind_find(app, r->kind_name);
    const struct value *titles = value_get(v, "titles");
    r->n = value_count(titles);
    r->titles = ARENA_ARRAY(a, const char *, r->n + 1);
    for (size_t i = 0; i < r->n; i++) {
        const struct value *title = value_at(titles, i);
        r->titles[i] = title->type == VALUE_TEXT ? title->s : "";
    }
    return r;
}

int64_t
import_run_of_file(struct db_tx *tx, const char *sha256, const char *kind)
{
    return db_value_int(tx, &OF_FILE, DB_ARGS(DB_TEXT(sha256), DB_TEXT(kind)), 0);
}

int64_t
import_run_waiting(struct db_tx *tx)
{
    int64_t id = db_value_int(tx, &WAITING, DB_ARGS(DB_TEXT("checking")), 0);
    return id != 0 ? id : db_value_int(tx, &WAITING, DB_ARGS(DB_TEXT("running")), 0);
}

struct value *
import_run_list(struct db_tx *tx, struct arena *a, int64_t account, int64_t before,
                unsigned most)
{
    int64_t upto = before > 0 ? before : INT64_MAX;
    return account == 0 ? db_list(tx, a, &LIST_ALL, DB_ARGS(DB_INT(upto), DB_INT(most)))
                        : db_list(tx, a, &LIST_OWN,
                                  DB_ARGS(DB_INT(upto), DB_INT(most), DB_INT(account)));
}

struct import_task *
import_run_task(struct arena *a, const struct import_run *r)
{
    struct import_task *t = import_task_new(a, r->kind, r->titles, r->n, r->columns);
    t->defaults = value_get(r->options, "defaults");
    t->values = value_get(r->options, "values");
    return t;
}

size_t
import_run_sample(struct db_tx *tx, const struct app *app, struct arena *a,
                  const struct import_run *r, struct import_cells *out, size_t most)
{
    struct import_rows rows;
    size_t n = 0;
    if (import_block_rows(tx, app, a, r->id, 0, &rows)) {
        while (n < most && import_rows_next(&rows, a, &out[n]) == 1) {
            n++;
        }
    }
    return n;
}

// ---- its life --------------------------------------------------------------------------

void
import_run_map(struct ctx *c, const struct import_run *r, const struct value *columns)
{
    const char *json = import_json(c->arena, columns);
    db_put(c->tx, &SET_COLUMNS, DB_ARGS(DB_INT(r->id), DB_TEXT(json), DB_INT(c->now)));
    import_columns_keep(c, r->kind_name, r->signature, json);
}

static bool
move(struct ctx *c, const struct import_run *r, const char *state, const char *from,
     const char *reason, int64_t finished)
{
    return text_list_has(from, r->state) &&
           db_run(c->tx, &MOVE,
                  DB_ARGS(DB_INT(r->id), DB_TEXT(state), DB_TEXT(reason), DB_REF(finished),
                          DB_INT(c->now), DB_TEXT(r->state))) == 1;
}

bool
import_run_begin(struct ctx *c, const struct import_run *r, const char *state, const char *from)
{
    if (!move(c, r, state, from, NULL, 0)) {
        return false;
    }
    db_put(c->tx, &RESTART, DB_ARGS(DB_INT(r->id)));
    return true;
}

bool
import_run_end(struct ctx *c, const struct import_run *r, const char *state, const char *from,
               const char *reason)
{
    return move(c, r, state, from, reason, c->now);
}

void
import_run_forget(struct ctx *c, const struct import_run *r)
{
    import_blocks_drop(c->tx, r->id);
}

void
import_tidy(struct ctx *c)
{
    int64_t before = c->now - IMPORT_KEEP_DAYS * TIME_DAY;
    const struct value *old = db_list(c->tx, c->arena, &OLD_RUNS, DB_ARGS(DB_INT(before)));
    for (size_t i = 0; i < value_count(old); i++) {
        import_blocks_drop(c->tx, value_get_int(value_at(old, i), "id", 0));
    }
}

// ---- showing ---------------------------------------------------------------------------

struct showing {
    unsigned outcomes;
    size_t after;
    import_row_fn fn;
    void *arg;
};

static bool
show_block(struct arena *a, struct import_rows rows, const struct value *results,
           const struct showing *w)
{
    struct import_shown row;
    for (size_t i = 0; import_rows_next(&rows, a, &row.cells) == 1; i++) {
        const struct value *one = value_at(results, i);
        int64_t outcome = value_count(one) > 0 ? value_at(one, 0)->i : -1;
        if (outcome < 0 || outcome >= IMPORT_OUTCOMES || row.cells.line <= w->after ||
            (w->outcomes >> outcome & 1) == 0) {
            continue;
        }
        row.outcome = (enum import_outcome)outcome;
        row.id = value_at(one, 1)->i;
        row.detail = value_at(one, 2);
        if (!w->fn(w->arg, &row)) {
            return false;
        }
    }
    return true;
}

void
import_run_rows(struct db_tx *tx, const struct app *app, const struct import_run *r,
                unsigned outcomes, size_t after, import_row_fn fn, void *arg)
{
    const struct showing w = {outcomes, after, fn, arg};
    struct arena *a = arena_new((size_t)64 << 20);
    int64_t seq = -1;
    bool more = true;
    while (more && (seq = import_block_next(tx, r->id, seq, outcomes)) >= 0) {
        struct import_rows rows;
        const struct value *results;
        if (import_block_rows(tx, app, a, r->id, seq, &rows) &&
            (results = import_block_said(tx, app, a, r->id, seq)) != NULL) {
            more = show_block(a, rows, results, &w);
        }
        arena_reset(a);
    }
    arena_free(a);
}

const struct db_stmt *const IMPORT_STATEMENTS[] = {
    &GET,  &LIST_ALL, &LIST_OWN,    &OF_FILE,  &WAITING,
    &MOVE, &RESTART,  &SET_COLUMNS, &OLD_RUNS, NULL};
