// SPDX-License-Identifier: Apache-2.0
// What the pages of imports show.
#include "mod/imports/imports_impl.h"

#include "base/text.h"
#include "kit/listing.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_ROWS = 50, SAMPLES = 3 };

static const struct choice OUTCOMES[] = {
    {.value = "new", .label = "新增", .tone = "is-ok"},
    {.value = "changed", .label = "变更", .tone = "is-info"},
    {.value = "same", .label = "无变化", .tone = "is-mute"},
    {.value = "wrong", .label = "有错误", .tone = "is-bad"},
    {0},
};

static struct value *
badge_of(struct ctx *c, const struct choice *choices, const char *word)
{
    const struct choice *ch = choice_find(choices, word);
    return listing_badge(c, ch == NULL ? "" : ch->tone, NULL,
                         choice_label(choices, word, c->lang));
}

static const char *
number(struct arena *a, int64_t n)
{
    return text_grouped(a, arena_printf(a, "%lld", (long long)n));
}

// ---- the list ----------------------------------------------------------------------------

static struct value *
kind_options(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    const char *asked =
        c->renewed ? http_list_get(&c->req->form, "kind") : ctx_query(c, "kind");
    const struct import_kind *k;
    for (size_t i = 0; (k = import_kind_at(c->app, i)) != NULL; i++) {
        struct value *o = value_map(a);
        if (!import_may(c, k)) {
            continue;
        }
        value_set_text(a, o, "value", k->kind->plural);
        value_set_text(a, o, "label", ctx_tr(c, k->kind->list_label));
        value_set_text(a, o, "example", k->example == NULL ? NULL : ctx_tr(c, k->example));
        value_set_bool(a, o, "selected", text_equal(asked, k->kind->plural));
        value_push(a, list, o);
    }
    return list;
}

static struct value *
list_row(struct ctx *c, const struct value *item)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a);
    const struct import_kind *k = import_kind_find(c->app, value_get_text(item, "kind"));
    value_set_text(a, row, "url",
                   arena_printf(a, "/imports/%lld", (long long)value_get_int(item, "id", 0)));
    value_set(a, row, "file_name", value_get(item, "file_name"));
    value_set_text(a, row, "kind",
                   k == NULL ? value_get_text(item, "kind") : ctx_tr(c, k->kind->list_label));
    value_set(a, row, "badge", badge_of(c, IMPORT_STATES, value_get_text(item, "state")));
    value_set_text(a, row, "rows", number(a, value_get_int(item, "rows", 0)));
    value_set_text(a, row, "fresh", number(a, value_get_int(item, "n_new", 0)));
    value_set_text(a, row, "changed", number(a, value_get_int(item, "n_changed", 0)));
    value_set_text(a, row, "wrong", number(a, value_get_int(item, "n_wrong", 0)));
    value_set(a, row, "account", value_get(item, "account"));
    value_set_text(a, row, "at", time_minute_text(a, value_get_int(item, "created_at", 0)));
    return row;
}

static const char *
fault_text(struct ctx *c, const char *field)
{
    const struct fault *f = faults_of(&c->faults, field);
    return f == NULL ? NULL : f->message;
}

enum err
imports_list_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    const char *next = value_get_text(c->out, "next");
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(a, rows, list_row(c, value_at(items, i)));
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("表格导入")));
    value_set(a, c->page, "kinds", kind_options(c));
    value_set_text(a, c->page, "kind_error", fault_text(c, "kind"));
    value_set_text(a, c->page, "file_error", fault_text(c, "file"));
    value_set_int(a, c->page, "max_bytes", IMPORTS_UPLOAD_MAX - 64 * 1024);
    value_set(a, c->page, "runs", rows);
    value_set_bool(a, c->page, "has_runs", value_count(rows) > 0);
    value_set_text(a, c->page, "next",
                   next == NULL ? NULL : arena_printf(a, "/imports?after=%s", next));
    return ERR_OK;
}

// ---- columns -----------------------------------------------------------------------------

static struct value *
field_options(struct ctx *c, const struct import_run *r, const char *chosen)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    const struct field *const *fields = import_fields(a, r->kind);
    for (size_t i = 0; fields[i] != NULL; i++) {
        struct value *o = value_map(a);
        value_set_text(a, o, "value", fields[i]->name);
        value_set_text(a, o, "label", ctx_tr(c, fields[i]->label));
        value_set_bool(a, o, "required", fields[i]->required);
        value_set_bool(a, o, "selected", text_equal(chosen, fields[i]->name));
        value_push(a, list, o);
    }
    return list;
}

static struct value *
column_rows(struct ctx *c, const struct import_run *r)
{
    struct arena *a = c->arena;
    struct import_cells rows[SAMPLES];
    size_t n = import_run_sample(c->tx, c->app, a, r, rows, SAMPLES);
    struct value *list = value_list(a);
    for (size_t i = 0; i < r->n; i++) {
        struct value *m = value_map(a), *samples = value_list(a);
        const struct value *v = i < value_count(r->columns) ? value_at(r->columns, i) : NULL;
        const char *name = arena_printf(a, "c%zu", i);
        const char *chosen = c->renewed ? http_list_get(&c->req->form, name)
                             : v != NULL && v->type == VALUE_TEXT ? v->s
                                                                  : NULL;
        for (size_t k = 0; k < n; k++) {
            struct value *s = value_map(a);
            value_set_text(a, s, "text",
                           i < rows[k].n ? text_ellipsis(a, rows[k].cells[i], 24) : "");
            value_push(a, samples, s);
        }
        value_set_text(a, m, "name", name);
        value_set_text(a, m, "title",
                       *r->titles[i] == '\0' ? ctx_tr(c, T("（没有列名）")) : r->titles[i]);
        value_set(a, m, "samples", samples);
        value_set(a, m, "options", field_options(c, r, chosen));
        value_push(a, list, m);
    }
    return list;
}

static void
show_columns(struct ctx *c, const struct import_run *r)
{
    struct arena *a = c->arena;
    const struct import_task *t = import_run_task(a, r);
    const char *lacks = import_task_lacks(t, c->lang);
    value_set_bool(a, c->page, "mapping", true);
    value_set(a, c->page, "columns", column_rows(c, r));
    value_set_text(
        a, c->page, "lacks",
        lacks == NULL
            ? NULL
            : ctx_trf(c, T("还没有对应的必填项：{0}。已有的资料可以更新，新的不能登记。"), 1,
                      lacks));
}

// ---- rows --------------------------------------------------------------------------------

struct rows_page {
    struct ctx *c;
    const struct import_run *r;
    struct value *rows;
    size_t last, name_column;
    bool more;
};

// The column that names a row.
static size_t
name_column(const struct import_run *r)
{
    for (size_t i = 0; i < value_count(r->columns); i++) {
        const struct value *v = value_at(r->columns, i);
        if (v->type == VALUE_TEXT && strcmp(v->s, r->kind->kind->title) == 0) {
            return i;
        }
    }
    return 0;
}

static const char *
changes_text(struct ctx *c, const struct import_run *r, const struct value *detail)
{
    struct buf b;
    buf_init(&b, c->arena, 256, 16 * 1024);
    for (uint32_t i = 0; i < detail->map.count; i++) {
        buf_puts(&b, i == 0 ? "" : "；");
        import_change_text(&b, r->kind, detail->map.pairs[i].key, detail->map.pairs[i].v,
                           c->lang);
    }
    return buf_str(&b);
}

static bool
push_row(void *arg, const struct import_shown *shown)
{
    struct rows_page *p = arg;
    struct arena *a = p->c->arena;
    if (value_count(p->rows) == PAGE_ROWS) {
        p->more = true;
        return false;
    }
    struct value *row = value_map(a);
    bool named = p->name_column < shown->cells.n;
    const char *said =
        shown->detail->type == VALUE_MAP    ? changes_text(p->c, p->r, shown->detail)
        : shown->detail->type == VALUE_LIST ? import_complaints_text(a, shown->detail)
                                            : "";
    value_set_int(a, row, "line", (int64_t)shown->cells.line);
    value_set(a, row, "name", value_text(a, named ? shown->cells.cells[p->name_column] : ""));
    value_set(a, row, "badge", badge_of(p->c, OUTCOMES, IMPORT_OUTCOME_WORDS[shown->outcome]));
    value_set_text(a, row, "said", said);
    value_set_text(a, row, "url",
                   shown->id == 0 ? NULL
                                  : arena_printf(a, "/%s/%lld", p->r->kind->kind->plural,
                                                 (long long)shown->id));
    value_push(a, p->rows, row);
    p->last = shown->cells.line;
    return true;
}

static struct value *
views(struct ctx *c, const struct import_run *r, unsigned chosen)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (unsigned i = 0; i < IMPORT_OUTCOMES; i++) {
        unsigned at = (i + IMPORT_WRONG) % IMPORT_OUTCOMES; // what is wrong comes first
        struct value *v = value_map(a);
        value_set_text(a, v, "url",
                       arena_printf(a, "/imports/%lld?outcome=%s", (long long)r->id,
                                    IMPORT_OUTCOME_WORDS[at]));
        value_set_text(a, v, "label", ctx_tr(c, OUTCOMES[at].label));
        value_set_text(a, v, "count", number(a, r->counts[at]));
        value_set_bool(a, v, "current", at == chosen);
        value_push(a, list, v);
    }
    return list;
}

// What the reader asked for, else what needs looking at.
static unsigned
outcome_shown(struct ctx *c, const struct import_run *r)
{
    static const unsigned ORDER[] = {IMPORT_WRONG, IMPORT_CHANGED, IMPORT_NEW, IMPORT_SAME};
    const char *asked = ctx_query(c, "outcome");
    for (unsigned i = 0; asked != NULL && i < IMPORT_OUTCOMES; i++) {
        if (strcmp(asked, IMPORT_OUTCOME_WORDS[i]) == 0) {
            return i;
        }
    }
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
        if (r->counts[ORDER[i]] > 0) {
            return ORDER[i];
        }
    }
    return IMPORT_SAME;
}

static void
show_rows(struct ctx *c, const struct import_run *r)
{
    struct arena *a = c->arena;
    const char *after = ctx_query(c, "after");
    unsigned outcome = outcome_shown(c, r);
    struct rows_page p = {.c = c, .r = r, .rows = value_list(a), .name_column = name_column(r)};
    size_t from = after == NULL ? 0 : strtoul(after, NULL, 10);
    import_run_rows(c->tx, c->app, r, 1U << outcome, from, push_row, &p);
    value_set_bool(a, c->page, "results", true);
    value_set(a, c->page, "views", views(c, r, outcome));
    value_set(a, c->page, "rows", p.rows);
    value_set_bool(a, c->page, "has_rows", value_count(p.rows) > 0);
    value_set_bool(a, c->page, "has_pager", from > 0 || p.more);
    value_set_text(a, c->page, "first",
                   from == 0 ? NULL
                             : arena_printf(a, "/imports/%lld?outcome=%s", (long long)r->id,
                                            IMPORT_OUTCOME_WORDS[outcome]));
    value_set_text(a, c->page, "next",
                   p.more
                       ? arena_printf(a, "/imports/%lld?outcome=%s&after=%zu", (long long)r->id,
                                      IMPORT_OUTCOME_WORDS[outcome], p.last)
                       : NULL);
}

// ---- one ---------------------------------------------------------------------------------

static void
show_frame(struct ctx *c, const struct import_run *r)
{
    struct arena *a = c->arena;
    struct value *crumbs = value_list(a), *first = value_map(a), *second = value_map(a);
    value_set_text(a, first, "label", ctx_tr(c, T("表格导入")));
    value_set_text(a, first, "url", "/imports");
    value_set_text(a, second, "label", r->file_name);
    value_set_text(a, second, "url", NULL);
    value_push(a, crumbs, first);
    value_push(a, crumbs, second);
    bool check = text_list_has("checking checked", r->state);
    value_set(a, c->page, "crumbs", crumbs);
    value_set_text(
        a, c->page, "title",
        ctx_trf(c, T("导入{0}：{1}"), 2, ctx_tr(c, r->kind->kind->list_label), r->file_name));
    value_set(a, c->page, "badge", badge_of(c, IMPORT_STATES, r->state));
    value_set_text(a, c->page, "url", arena_printf(a, "/imports/%lld", (long long)r->id));
    value_set_text(a, c->page, "rows_text", ctx_trf(c, T("共 {0} 行"), 1, number(a, r->rows)));
    value_set_text(a, c->page, "reason", r->reason == NULL ? NULL : ctx_tr(c, r->reason));
    value_set_text(a, c->page, "problem",
                   c->faults.count > 0 ? c->faults.items[0].message
                   : c->renewed        ? c->detail
                                       : NULL);
    value_set_bool(a, c->page, "is_check", check);
}

static void
show_progress(struct ctx *c, const struct import_run *r)
{
    struct arena *a = c->arena;
    int64_t done = 0;
    for (int i = 0; i < IMPORT_OUTCOMES; i++) {
        done += r->counts[i];
    }
    int64_t percent = r->rows == 0 ? 0 : done * 100 / r->rows;
    value_set_bool(a, c->page, "going", true);
    value_set_int(a, c->page, "percent", percent);
    value_set_text(a, c->page, "progress_text",
                   ctx_trf(c, T("{0} / {1} 行，有错误 {2} 行"), 3, number(a, done),
                           number(a, r->rows), number(a, r->counts[IMPORT_WRONG])));
}

enum err
imports_one_show(struct ctx *c)
{
    const struct import_run *r = c->prepared;
    struct arena *a = c->arena;
    static const char *const OFF[] = {"mapping", "going",    "results", "confirm",  "stop",
                                      "errors",  "has_rows", "again",   "has_pager"};
    static const char *const EMPTY[] = {"lacks", "first", "next", "progress_text", "percent"};
    static const char *const LISTS[] = {"columns", "views", "rows"};
    for (size_t i = 0; i < sizeof OFF / sizeof *OFF; i++) {
        value_set_bool(a, c->page, OFF[i], false);
    }
    for (size_t i = 0; i < sizeof EMPTY / sizeof *EMPTY; i++) {
        value_set(a, c->page, EMPTY[i], &value_null);
    }
    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++) {
        value_set(a, c->page, LISTS[i], &value_empty_list);
    }
    show_frame(c, r);
    bool web = strcmp(r->runner, "web") == 0;
    if (text_list_has("checking running", r->state)) {
        show_progress(c, r);
    } else if (strcmp(r->state, "mapped") == 0 || ctx_query(c, "columns") != NULL) {
        show_columns(c, r);
    } else if (text_list_has("checked done cancelled", r->state)) {
        show_rows(c, r);
    }
    int64_t useful = r->counts[IMPORT_NEW] + r->counts[IMPORT_CHANGED];
    bool checked = strcmp(r->state, "checked") == 0 && web;
    value_set_bool(a, c->page, "confirm", checked && useful > 0);
    value_set_bool(a, c->page, "again", checked && ctx_query(c, "columns") == NULL);
    value_set_bool(a, c->page, "stop",
                   web && text_list_has("mapped checking checked running", r->state));
    value_set_bool(a, c->page, "errors",
                   text_list_has("checked done cancelled", r->state) &&
                       r->counts[IMPORT_WRONG] > 0);
    value_set_text(a, c->page, "confirm_text",
                   ctx_trf(c, T("确认导入：新增 {0}，变更 {1}"), 2,
                           number(a, r->counts[IMPORT_NEW]),
                           number(a, r->counts[IMPORT_CHANGED])));
    return ERR_OK;
}
