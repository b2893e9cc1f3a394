// SPDX-License-Identifier: Apache-2.0
// Routes of imports. An import belongs to whoever uploaded it; the office sees all of them.
#include "mod/imports/imports_impl.h"

#include "base/text.h"
#include "kit/audit.h"
#include "kit/listing.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ERRORS_MAX = 7 * 1024 * 1024, ROWS_DEFAULT = 50 };

struct import_run *
imports_get(struct ctx *c)
{
    int64_t id = ctx_id(c, "id");
    struct import_run *r = id == 0 ? NULL : import_run_get(c->tx, c->arena, c->app, id);
    bool own = r != NULL && (r->account_id == c->actor->id || ctx_is(c, ROLE_OFFICE));
    return own && r->kind != NULL ? r : NULL;
}

// ---- as data ---------------------------------------------------------------------------

static struct value *
counts_value(struct arena *a, const int64_t counts[IMPORT_OUTCOMES])
{
    struct value *v = value_map(a);
    for (int i = 0; i < IMPORT_OUTCOMES; i++) {
        value_set_int(a, v, IMPORT_OUTCOME_WORDS[i], counts[i]);
    }
    return v;
}

static struct value *
columns_value(struct arena *a, const struct import_run *r)
{
    struct value *list = value_list(a);
    for (size_t i = 0; i < r->n; i++) {
        struct value *m = value_map(a);
        const struct value *field =
            i < value_count(r->columns) ? value_at(r->columns, i) : &value_null;
        value_set_text(a, m, "title", r->titles[i]);
        value_set(a, m, "field", field);
        value_push(a, list, m);
    }
    return list;
}

static struct value *
run_value(struct ctx *c, const struct import_run *r)
{
    struct arena *a = c->arena;
    struct value *v = value_map(a);
    value_set_int(a, v, "id", r->id);
    value_set_text(a, v, "kind", r->kind_name);
    value_set_text(a, v, "file_name", r->file_name);
    value_set_text(a, v, "account", r->account);
    value_set_text(a, v, "state", r->state);
    value_set_text(a, v, "reason", r->reason);
    value_set_int(a, v, "rows", r->rows);
    value_set_int(a, v, "blocks", r->blocks);
    value_set_int(a, v, "position", r->position);
    value_set(a, v, "counts", counts_value(a, r->counts));
    value_set(a, v, "columns", columns_value(a, r));
    value_set(a, v, "created_at", value_time(a, r->created_at));
    value_set(a, v, "finished_at",
              r->finished_at == 0 ? &value_null : value_time(a, r->finished_at));
    return v;
}

static struct value *
shown(struct ctx *c, int64_t id)
{
    const struct import_run *r = import_run_get(c->tx, c->arena, c->app, id);
    return r == NULL ? NULL : run_value(c, r);
}

// ---- list and upload -------------------------------------------------------------------

static enum err
list_run(struct ctx *c)
{
    const char *after = ctx_query(c, "after");
    unsigned limit = listing_limit(c);
    int64_t before = 0;
    if (after != NULL && !text_to_int(after, &before)) {
        ctx_fault(c, "after", "cursor", T("页码不对，请从第一页开始"));
    }
    if (c->faults.count > 0 && !c->renewed) {
        return ERR_INVALID;
    }
    struct value *rows = import_run_list(
        c->tx, c->arena, ctx_is(c, ROLE_OFFICE) ? 0 : c->actor->id, before, limit + 1);
    struct value *items = value_list(c->arena), *out = value_map(c->arena);
    for (size_t i = 0; i < value_count(rows) && i < limit; i++) {
        value_push(c->arena, items, value_at(rows, i));
    }
    const char *next =
        value_count(rows) <= limit
            ? NULL
            : arena_printf(c->arena, "%lld",
                           (long long)value_get_int(value_at(rows, limit - 1), "id", 0));
    value_set(c->arena, out, "items", items);
    value_set_text(c->arena, out, "next", next);
    c->out = out;
    return ERR_OK;
}

static const struct http_file *
uploaded(struct ctx *c)
{
    for (size_t i = 0; c->req != NULL && i < c->req->file_count; i++) {
        if (strcmp(c->req->files[i].field, "file") == 0 && c->req->files[i].size > 0) {
            return &c->req->files[i];
        }
    }
    return NULL;
}

// On a worker: the file is read and its rows are kept before there is anything to answer.
static enum err
upload_prepare(struct ctx *c)
{
    const char *name = c->req == NULL ? NULL : http_list_get(&c->req->form, "kind");
    const struct import_kind *k = name == NULL ? NULL : import_kind_find(c->app, name);
    const struct http_file *f = uploaded(c);
    if (k == NULL || !import_may(c, k)) {
        ctx_fault(c, "kind", "choice", T("请选择要导入哪一种资料"));
    }
    if (f == NULL) {
        ctx_fault(c, "file", "missing", T("请选择一个 XLSX 或 CSV 文件"));
    }
    if (k == NULL || f == NULL || c->faults.count > 0) {
        return ERR_INVALID;
    }
    int fd = memfd_create("sheet", MFD_CLOEXEC);
    const char *why = ctx_tr(c, T("文件读不出来"));
    enum err failed = ERR_OK;
    int64_t *id = ARENA_NEW(c->arena, int64_t);
    if (fd >= 0 && write(fd, f->data, f->size) == (ssize_t)f->size) {
        const struct import_file file = {.app = c->app,
                                         .kind = k,
                                         .actor = c->actor,
                                         .language = c->lang,
                                         .name = text_ellipsis(c->arena, f->name, 100),
                                         .fd = fd,
                                         .size = (int64_t)f->size,
                                         .format = import_format(fd),
                                         .runner = "web",
                                         .failed = &failed};
        *id = import_stage(&file, c->arena, &why);
    }
    close(fd);
    if (*id == 0 && failed != ERR_OK) {
        return failed;
    }
    if (*id == 0) {
        return faults_add(c->arena, &c->faults, "file", "table", why);
    }
    c->prepared = id;
    return ERR_OK;
}

static enum err
upload_run(struct ctx *c)
{
    const int64_t *id = c->prepared;
    if (id == NULL) {
        return ERR_INVALID;
    }
    audit_write(c, "import.upload", "import", *id, NULL);
    c->location = arena_printf(c->arena, "/imports/%lld", (long long)*id);
    c->shown = shown;
    c->shown_id = *id;
    return ERR_OK;
}

// ---- one -------------------------------------------------------------------------------

static bool
is_going(const struct import_run *r)
{
    return text_list_has("checking running", r->state) && strcmp(r->runner, "web") == 0;
}

// Whoever looks at an import that waits for the job sets it going: the write that made it wait
// was not there yet when it was asked for.
static enum err
one_run(struct ctx *c)
{
    struct import_run *r = imports_get(c);
    if (r == NULL) {
        return ERR_NOT_FOUND;
    }
    if (is_going(r)) {
        import_kick(c->app);
    }
    c->prepared = r;
    c->out = run_value(c, r);
    return ERR_OK;
}

static enum err
refused(struct ctx *c, const struct import_run *r)
{
    struct value *extra = value_map(c->arena);
    value_set_text(c->arena, extra, "state", r->state);
    c->extra = extra;
    return ctx_refuse(c, ERR_CONFLICT, T("这次导入现在不能这样办理，请刷新后再看。"));
}

static enum err
moved(struct ctx *c, const struct import_run *r)
{
    c->location = c->api ? NULL : arena_printf(c->arena, "/imports/%lld", (long long)r->id);
    c->shown = shown;
    c->shown_id = r->id;
    return ERR_OK;
}

static const struct field COLUMNS[] = {
    {.name = "columns",
     .type = FIELD_LONG,
     .label = "各列的含义",
     .hint = "每列一个字段名，用空格分开，不要的写 -。",
     .max = 8000,
     .where = IN_FORM},
    {0},
};

// What the reader says of column i: from the page a field each, in the API one text.
static const char *
said_of(struct ctx *c, size_t i)
{
    if (!c->api) {
        return http_list_get(&c->req->form, arena_printf(c->arena, "c%zu", i));
    }
    const char *p = value_get_text(c->in, "columns");
    for (; p != NULL && i > 0; i--) {
        p += strcspn(p, " ");
        p += strspn(p, " ");
    }
    return p == NULL ? NULL : arena_strndup(c->arena, p, strcspn(p, " "));
}

static struct value *
read_columns(struct ctx *c, const struct import_run *r)
{
    struct value *list = value_list(c->arena);
    size_t known = 0;
    for (size_t i = 0; i < r->n; i++) {
        const char *name = said_of(c, i);
        const struct field *f = name == NULL ? NULL : import_field(r->kind, name);
        if (f == NULL && name != NULL && *name != '\0' && strcmp(name, "-") != 0) {
            ctx_fault(c, "columns", "choice", T("请从列出的字段里选"));
        }
        for (size_t k = 0; f != NULL && k < i; k++) {
            if (value_at(list, k)->type == VALUE_TEXT &&
                strcmp(value_at(list, k)->s, name) == 0) {
                faults_add(c->arena, &c->faults, "columns", "twice",
                           ctx_trf(c, T("“{0}”选了两次，请只留一列"), 1, ctx_tr(c, f->label)));
            }
        }
        known += f != NULL;
        value_push(c->arena, list, f == NULL ? &value_null : value_ref(c->arena, f->name));
    }
    if (known == 0) {
        ctx_fault(c, "columns", "missing", T("请至少说明一列是什么"));
    }
    return list;
}

static enum err
columns_run(struct ctx *c)
{
    const struct import_run *r = imports_get(c);
    if (r == NULL) {
        return ERR_NOT_FOUND;
    }
    struct value *columns = read_columns(c, r);
    if (c->faults.count > 0) {
        return ERR_INVALID;
    }
    if (!import_run_begin(c, r, "checking", "mapped checked")) {
        return refused(c, r);
    }
    import_run_map(c, r, columns);
    return moved(c, r);
}

static enum err
start_run(struct ctx *c)
{
    const struct import_run *r = imports_get(c);
    if (r == NULL) {
        return ERR_NOT_FOUND;
    }
    if (!import_run_begin(c, r, "running", "checked")) {
        return refused(c, r);
    }
    audit_write(c, "import.start", "import", r->id, NULL);
    return moved(c, r);
}

static enum err
cancel_run(struct ctx *c)
{
    const struct import_run *r = imports_get(c);
    if (r == NULL) {
        return ERR_NOT_FOUND;
    }
    if (!import_run_end(c, r, "cancelled", "mapped checking checked running", NULL)) {
        return refused(c, r);
    }
    audit_write(c, "import.cancel", "import", r->id, NULL);
    return moved(c, r);
}

// ---- rows ------------------------------------------------------------------------------

struct listing {
    struct ctx *c;
    struct value *items;
    size_t most;
    bool more;
};

static bool
take_row(void *arg, const struct import_shown *row)
{
    struct listing *l = arg;
    struct arena *a = l->c->arena;
    if (value_count(l->items) == l->most) {
        l->more = true;
        return false;
    }
    struct value *m = value_map(a), *cells = value_list(a);
    for (size_t i = 0; i < row->cells.n; i++) {
        value_push(a, cells, value_text(a, row->cells.cells[i]));
    }
    bool list = row->detail->type == VALUE_LIST;
    value_set_int(a, m, "line", (int64_t)row->cells.line);
    value_set_text(a, m, "outcome", IMPORT_OUTCOME_WORDS[row->outcome]);
    value_set(a, m, "record_id", row->id == 0 ? &value_null : value_int(a, row->id));
    value_set(a, m, "cells", cells);
    value_set(a, m, "changes",
              row->detail->type == VALUE_MAP ? value_copy(a, row->detail) : &value_null);
    value_set(a, m, "messages", list ? value_copy(a, row->detail) : &value_empty_list);
    value_push(a, l->items, m);
    return true;
}

// ?outcome=new|changed|same|wrong; all of them without.
static bool
outcomes_asked(struct ctx *c, unsigned *set)
{
    const char *asked = ctx_query(c, "outcome");
    *set = (1U << IMPORT_OUTCOMES) - 1;
    if (asked == NULL || *asked == '\0') {
        return true;
    }
    for (unsigned i = 0; i < IMPORT_OUTCOMES; i++) {
        if (strcmp(asked, IMPORT_OUTCOME_WORDS[i]) == 0) {
            *set = 1U << i;
            return true;
        }
    }
    ctx_fault(c, "outcome", "choice", T("请从列出的选项里选一个"));
    return false;
}

static enum err
rows_run(struct ctx *c)
{
    const struct import_run *r = imports_get(c);
    struct listing l = {.c = c, .items = value_list(c->arena), .most = listing_limit(c)};
    const char *text = ctx_query(c, "after");
    int64_t after = 0;
    unsigned set;
    if (r == NULL) {
        return ERR_NOT_FOUND;
    }
    if (text != NULL && (!text_to_int(text, &after) || after < 0)) {
        ctx_fault(c, "after", "cursor", T("页码不对，请从第一页开始"));
    }
    if (!outcomes_asked(c, &set) || c->faults.count > 0) {
        return ERR_INVALID;
    }
    import_run_rows(c->tx, c->app, r, set, (size_t)after, take_row, &l);
    struct value *out = value_map(c->arena);
    size_t n = value_count(l.items);
    value_set(c->arena, out, "items", l.items);
    value_set_text(
        c->arena, out, "next",
        !l.more ? NULL
                : arena_printf(c->arena, "%lld",
                               (long long)value_get_int(value_at(l.items, n - 1), "line", 0)));
    c->out = out;
    return ERR_OK;
}

// ---- the sheet of errors ---------------------------------------------------------------

struct sheet {
    struct buf csv;
    struct xlsx *xlsx;
    const struct table_column *cols;
    size_t n;
};

static bool
put_csv(void *arg, const struct value *row)
{
    struct sheet *s = arg;
    csv_row(&s->csv, s->cols, s->n, row);
    return !s->csv.full;
}

static bool
put_xlsx(void *arg, const struct value *row)
{
    struct sheet *s = arg;
    return xlsx_row(s->xlsx, row);
}

static enum err
send_xlsx(struct ctx *c, const struct import_run *r, struct sheet *s)
{
    struct arena *cells = arena_new((size_t)64 << 20);
    s->xlsx = xlsx_open(c->arena, cells, c->app->data, "1", s->cols, s->n);
    int fd = memfd_create("errors", MFD_CLOEXEC);
    bool ok = s->xlsx != NULL && fd >= 0;
    if (ok) {
        import_sheet_rows(c->tx, c->app, r, s->cols, put_xlsx, s);
        ok = xlsx_close(s->xlsx, fd);
    }
    off_t size = ok ? lseek(fd, 0, SEEK_END) : -1;
    char *body = size < 0 || size > ERRORS_MAX ? NULL : arena_raw(c->arena, (size_t)size + 1);
    ok = body != NULL && pread(fd, body, (size_t)size, 0) == size;
    close(fd);
    arena_free(cells);
    c->raw_body = body;
    c->raw_size = ok ? (size_t)size : 0;
    return ok ? ERR_OK : ERR_TOO_LARGE;
}

static enum err
errors_run(struct ctx *c)
{
    const struct import_run *r = imports_get(c);
    struct table_column *cols;
    struct sheet s = {0};
    bool xlsx = strcmp(c->route->data, "xlsx") == 0;
    if (r == NULL) {
        return ERR_NOT_FOUND;
    }
    s.n = import_sheet_columns(c->arena, c->lang, r, &cols);
    s.cols = cols;
    c->raw_name = arena_printf(c->arena, "%s-%s.%s", r->file_name, ctx_tr(c, T("错误")),
                               (const char *)c->route->data);
    c->raw_type = xlsx ? "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                       : "text/csv; charset=utf-8";
    if (xlsx) {
        return send_xlsx(c, r, &s);
    }
    buf_init(&s.csv, c->arena, 64 * 1024, ERRORS_MAX);
    csv_head(&s.csv, cols, s.n);
    import_sheet_rows(c->tx, c->app, r, cols, put_csv, &s);
    c->raw_body = buf_str(&s.csv);
    c->raw_size = s.csv.n;
    return s.csv.full ? ERR_TOO_LARGE : ERR_OK;
}

// ---- tables ----------------------------------------------------------------------------

#define STEP(word, what, step)                                                                 \
    {                                                                                          \
        .method = HTTP_POST, .pattern = "/imports/{id}/" word, .roles = IMPORTS_ROLES,         \
        .run = (step), .again = one_run, .again_show = imports_one_show,                       \
        .again_page = "import", .help = what                                                   \
    }

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/imports",
     .roles = IMPORTS_ROLES,
     .run = list_run,
     .show = imports_list_show,
     .page = "imports",
     .help = "Imports: one's own, for the office all, newest first"},
    {.method = HTTP_POST,
     .pattern = "/imports",
     .roles = IMPORTS_ROLES,
     .prepare = upload_prepare,
     .run = upload_run,
     .again = list_run,
     .again_show = imports_list_show,
     .again_page = "imports",
     .flags = ROUTE_WAITS,
     .max_body = IMPORTS_UPLOAD_MAX,
     .help = "Uploads a sheet: multipart with kind and file"},
    {.method = HTTP_GET,
     .pattern = "/imports/{id}",
     .roles = IMPORTS_ROLES,
     .run = one_run,
     .show = imports_one_show,
     .page = "import",
     .help = "One import: its columns, how far it is, what came of it"},
    {.method = HTTP_GET,
     .pattern = "/imports/{id}/rows",
     .roles = IMPORTS_ROLES,
     .run = rows_run,
     .flags = ROUTE_API,
     .help = "What would come, or came, of each row"},
    {.method = HTTP_POST,
     .pattern = "/imports/{id}/columns",
     .roles = IMPORTS_ROLES,
     .fields = COLUMNS,
     .run = columns_run,
     .again = one_run,
     .again_show = imports_one_show,
     .again_page = "import",
     .help = "Says what the columns mean and begins the dry run"},
    STEP("start", "Imports for good what the dry run has shown", start_run),
    STEP("cancel", "Gives the import up; what is written stays", cancel_run),
    {.method = HTTP_GET,
     .pattern = "/imports/{id}/errors.csv",
     .roles = IMPORTS_ROLES,
     .run = errors_run,
     .data = "csv",
     .help = "The rows that are wrong, with what is wrong"},
    {.method = HTTP_GET,
     .pattern = "/imports/{id}/errors.xlsx",
     .roles = IMPORTS_ROLES,
     .run = errors_run,
     .data = "xlsx",
     .help = "The same as a workbook"},
    {0},
};

static const struct nav_item NAV[] = {
    {.group = "资料",
     .url = "/imports",
     .label = "表格导入",
     .icon = "upload",
     .roles = IMPORTS_ROLES},
    {0},
};

static const struct db_stmt *const STATEMENTS[] = {NULL};

const struct module IMPORTS_MODULE = {
    .name = "imports", .routes = ROUTES, .stmts = STATEMENTS, .nav = NAV};
