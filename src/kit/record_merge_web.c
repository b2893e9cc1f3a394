// SPDX-License-Identifier: Apache-2.0
// Duplicates as people work on them: the list of likely pairs, the two records side by side
// with what would move, the merges that were made, and undoing one.
#include "base/json.h"
#include "base/text.h"
#include "kit/app.h"
#include "kit/ask.h"
#include "kit/listing.h"
#include "kit/record_merge_impl.h"

#include <stdlib.h>

enum { KINDS_MOST = 16, FACTS_MOST = 6 };

const struct db_stmt MERGE_GET = {
    .name = "merge.get",
    .sql = "SELECT id, kind, into_id, from_id, title, reason, who, at, undo_until, undone_at,"
           " undone_by, summary FROM record_merge WHERE id = $1 AND kind = $2",
    .params = "id:int kind:text",
    .row = "id:int kind:text into_id:int from_id:int title:text reason:text who:text at:time"
           " undo_until:time undone_at:time? undone_by:text? summary:json"};
const struct db_stmt MERGE_LIST = {
    .name = "merge.list",
    .sql = "SELECT id, kind, into_id, from_id, title, reason, who, at, undo_until, undone_at,"
           " undone_by, summary FROM record_merge WHERE kind = $1 AND id < $2"
           " ORDER BY id DESC LIMIT $3",
    .params = "kind:text before:int most:int",
    .row = "id:int kind:text into_id:int from_id:int title:text reason:text who:text at:time"
           " undo_until:time undone_at:time? undone_by:text? summary:json"};

static const struct record_kind *
kind_of(const struct ctx *c)
{
    return c->route->data;
}

static struct value *
crumb(struct ctx *c, const char *label, const char *url)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "url", url);
    return m;
}

// The list, the pairs, and here.
static struct value *
crumbs_to(struct ctx *c, const char *here)
{
    const struct record_kind *k = kind_of(c);
    struct value *crumbs = value_list(c->arena);
    value_push(c->arena, crumbs,
               crumb(c, ctx_tr(c, k->list_label), arena_printf(c->arena, "/%s", k->plural)));
    value_push(
        c->arena, crumbs,
        crumb(c, ctx_tr(c, T("查重")),
              here == NULL ? NULL : arena_printf(c->arena, "/%s/duplicates", k->plural)));
    if (here != NULL) {
        value_push(c->arena, crumbs, crumb(c, here, NULL));
    }
    return crumbs;
}

// ---- pairs -----------------------------------------------------------------------------

static const char *
asked_state(struct ctx *c)
{
    const char *s = ctx_query(c, "state");
    return text_equal(s, "distinct") ? "distinct" : "open";
}

static enum err
pairs_run(struct ctx *c)
{
    c->out = record_duplicates_list(c, kind_of(c), asked_state(c));
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

// What tells one entry from another, in one line.
static const char *
facts_line(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct buf b;
    buf_init(&b, c->arena, 256, 2048);
    unsigned n = 0;
    for (const struct field *f = k->fields; f->name != NULL && n < FACTS_MOST; f++) {
        const char *text = record_shown(c, f, rec);
        bool shown = (f->where & IN_LIST) != 0 || text_equal(f->name, k->subtitle);
        if (shown && *text != '\0' && strcmp(f->name, k->title) != 0) {
            buf_printf(&b, "%s%s", n++ == 0 ? "" : " · ", text);
        }
    }
    return buf_str(&b);
}

static struct value *
side(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    int64_t id = value_get_int(rec, "id", 0);
    value_set_text(a, m, "title", merge_title(c, k, rec));
    value_set_text(a, m, "url", record_url(c, k, id, ""));
    value_set_text(a, m, "facts", facts_line(c, k, rec));
    value_set_text(a, m, "number", arena_printf(a, "%lld", (long long)id));
    return m;
}

static struct value *
pair_row(struct ctx *c, const struct record_kind *k, const struct value *pair)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    const struct value *first = value_get(pair, "first"), *second = value_get(pair, "second");
    bool open = text_equal(value_get_text(pair, "state"), "open");
    long long id = value_get_int(pair, "id", 0);
    value_set(a, m, "first", side(c, k, first));
    value_set(a, m, "second", side(c, k, second));
    value_set(a, m, "reasons", value_get(pair, "reasons"));
    value_set_int(a, m, "score", value_get_int(pair, "score", 0));
    value_set_int(a, m, "id", id);
    value_set_text(a, m, "note", value_get_text(pair, "note"));
    value_set_text(a, m, "by", value_get_text(pair, "decided_by"));
    value_set_bool(a, m, "open", open);
    value_set_text(
        a, m, "decide_url",
        arena_printf(a, "/%s/duplicates/%lld/%s", k->plural, id, open ? "distinct" : "reopen"));
    value_set_text(a, m, "merge_url",
                   arena_printf(a, "/%s/%lld/merge?with=%lld", k->plural,
                                (long long)value_get_int(first, "id", 0),
                                (long long)value_get_int(second, "id", 0)));
    return m;
}

static struct value *
tab(struct ctx *c, const char *label, const char *url, bool current)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", ctx_tr(c, label));
    value_set_text(c->arena, m, "url", url);
    value_set_bool(c->arena, m, "current", current);
    return m;
}

static enum err
pairs_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *rows = value_list(a), *tabs = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(a, rows, pair_row(c, k, value_at(items, i)));
    }
    bool open = strcmp(asked_state(c), "open") == 0;
    const char *url = arena_printf(a, "/%s/duplicates", k->plural);
    value_push(a, tabs, tab(c, T("待核对"), url, open));
    value_push(a, tabs,
               tab(c, T("不是重复"), arena_printf(a, "%s?state=distinct", url), !open));
    value_push(a, tabs, tab(c, T("合并记录"), arena_printf(a, "/%s/merges", k->plural), false));
    const char *next = value_get_text(c->out, "next");
    const char *after = ctx_query(c, "after");
    value_set_text(a, c->page, "title", ctx_trf(c, T("{0}查重"), 1, ctx_tr(c, k->label)));
    value_set(a, c->page, "crumbs", crumbs_to(c, NULL));
    value_set(a, c->page, "tabs_of", tabs);
    value_set(a, c->page, "rows", rows);
    value_set_bool(a, c->page, "has_rows", value_count(rows) > 0);
    value_set_bool(a, c->page, "pending", value_get_bool(c->out, "pending"));
    value_set_text(a, c->page, "next",
                   next == NULL ? NULL : listing_url(c, "after", next, NULL));
    value_set_text(a, c->page, "back",
                   after == NULL || *after == '\0' ? NULL
                                                   : listing_url(c, "after", NULL, NULL));
    value_set_bool(a, c->page, "paged", next != NULL || (after != NULL && *after != '\0'));
    value_set_bool(a, c->page, "open", open);
    return ERR_OK;
}

static const struct field NOTE[] = {
    {.name = "note", .type = FIELD_TEXT, .label = "说明", .max = 200, .where = IN_FORM}, {0}};

static struct value *
pair_shown(struct ctx *c, int64_t id)
{
    return record_duplicate_pair(c, kind_of(c), id);
}

static enum err
decide(struct ctx *c, const char *state, const char *flash)
{
    const struct record_kind *k = kind_of(c);
    int64_t id = ctx_id(c, "pair");
    if (!record_duplicate_decide(c, k, id, state, value_get_text(c->in, "note"))) {
        return ERR_NOT_FOUND;
    }
    c->shown = pair_shown;
    c->shown_id = id;
    if (!c->api) {
        c->location = arena_printf(c->arena, "/%s/duplicates", k->plural);
        c->flash = ctx_tr(c, flash);
    }
    return db_tx_err(c->tx);
}

static enum err
distinct_run(struct ctx *c)
{
    return decide(c, "distinct", T("记下了，不会再提示这两条。"));
}

static enum err
reopen_run(struct ctx *c)
{
    return decide(c, "open", T("已放回待核对。"));
}

// ---- looking before ----------------------------------------------------------------------

// "12" or "12 江南精密", as the suggestions offer it.
static int64_t
other_of(struct ctx *c)
{
    const char *s =
        c->renewed ? http_list_get(&c->req->form, "other_id") : ctx_query(c, "with");
    int64_t id = 0;
    return s != NULL && text_to_int(arena_strndup(c->arena, s, strcspn(s, " ")), &id) ? id : 0;
}

// Whose value would stand there if nobody chose: ours, unless there is none.
static bool
takes_other(const struct value *ours, const struct value *theirs)
{
    bool none = ours == NULL || ours->type == VALUE_NULL;
    return none && theirs != NULL && theirs->type != VALUE_NULL;
}

static bool
is_offered(const struct record_kind *k, const struct field *f)
{
    return record_is_stored(f) && (f->where & IN_FORM) != 0 &&
           record_parent_of(k, f->name) == NULL;
}

// A sealed value shows as its mask; which of two is the same is told by their hashes.
static bool
is_same_value(const struct field *f, const struct value *ours, const struct value *theirs,
              struct arena *a)
{
    const char *name = f->sealed ? arena_printf(a, "%s_index", f->name) : f->name;
    const struct value *x = value_get(ours, name), *y = value_get(theirs, name);
    return value_equal(x == NULL ? &value_null : x, y == NULL ? &value_null : y);
}

static const char *
shown_or_null(struct ctx *c, const struct field *f, const struct value *rec)
{
    const char *text = record_shown(c, f, rec);
    return *text == '\0' ? NULL : text;
}

static struct value *
field_choices(struct ctx *c, const struct record_kind *k, const struct value *ours,
              const struct value *theirs)
{
    struct arena *a = c->arena;
    const struct merge_table *t = merge_table_of(k);
    const struct value *raw = merge_row(c, t, value_get_int(ours, "id", 0)),
                       *other = merge_row(c, t, value_get_int(theirs, "id", 0));
    struct value *list = value_list(a);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (!is_offered(k, f) || is_same_value(f, raw, other, a)) {
            continue;
        }
        struct value *m = value_map(a);
        value_set_text(a, m, "name", f->name);
        value_set_text(a, m, "label", ctx_tr(c, f->label));
        value_set_text(a, m, "ours", shown_or_null(c, f, ours));
        value_set_text(a, m, "theirs", shown_or_null(c, f, theirs));
        bool takes = takes_other(value_get(ours, f->name), value_get(theirs, f->name));
        value_set_text(a, m, "suggested", takes ? "other" : "this");
        value_push(a, list, m);
    }
    return list;
}

static struct value *
moves_of(struct ctx *c, const struct record_kind *k, int64_t into, int64_t from)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    const struct merge_link *l;
    for (size_t i = 0; (l = merge_link_at(c->app, k, i)) != NULL; i++) {
        size_t n = value_count(merge_ids(c, l, k, from)), joined = 0;
        struct value *ours = l->l->same == NULL ? NULL : merge_rows(c, l, k, into);
        struct value *theirs = l->l->same == NULL ? NULL : merge_rows(c, l, k, from);
        for (size_t j = 0; j < value_count(theirs); j++) {
            joined += merge_twin(l, ours, value_at(theirs, j)) != NULL;
        }
        struct value *m = value_map(a);
        value_set_text(a, m, "label", ctx_tr(c, l->l->label));
        value_set_int(a, m, "moved", (int64_t)(n - joined));
        value_set_int(a, m, "joined", (int64_t)joined);
        if (n > 0) {
            value_push(a, list, m);
        }
    }
    return list;
}

static enum err
preview_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct value *out = value_map(c->arena);
    int64_t into = ctx_id(c, "id"), from = other_of(c);
    const struct value *ours = record_get(c, k, into);
    const struct value *theirs = from == 0 ? NULL : record_get(c, k, from);
    if (ours == NULL || (from != 0 && theirs == NULL)) {
        return ERR_NOT_FOUND;
    }
    if (theirs == NULL || into == from) {
        if (c->api || (into == from && !c->renewed)) {
            return ctx_fault(c, "with", "missing", T("请选择要和它合并的另一条"));
        }
        theirs = NULL;
    }
    ours = record_masked(c, k, ours);
    value_set(c->arena, out, "into", ours);
    c->out = out;
    if (theirs != NULL) {
        theirs = record_masked(c, k, theirs);
        value_set(c->arena, out, "from", theirs);
        value_set(c->arena, out, "fields", field_choices(c, k, ours, theirs));
        value_set(c->arena, out, "moves", moves_of(c, k, into, from));
    }
    return ERR_OK;
}

static const char *
version_of(struct ctx *c, const struct value *rec)
{
    return arena_printf(c->arena, "%lld", (long long)value_get_int(rec, "version", 0));
}

// The choices as radios, with what was typed when the page is shown again.
static struct value *
radios(struct ctx *c, const struct value *fields)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct value *f = value_at(fields, i);
        const char *name = value_get_text(f, "name");
        const char *typed = c->renewed ? http_list_get(&c->req->form, name) : NULL;
        bool other =
            text_equal(typed != NULL ? typed : value_get_text(f, "suggested"), "other");
        struct value *m = value_map(a);
        value_set_text(a, m, "name", name);
        value_set_text(a, m, "label", value_get_text(f, "label"));
        value_set_text(a, m, "mine", value_get_text(f, "ours"));
        value_set_text(a, m, "yours", value_get_text(f, "theirs"));
        value_set_bool(a, m, "other", other);
        value_push(a, list, m);
    }
    return list;
}

static struct value *
choose_field(struct ctx *c, const struct record_kind *k)
{
    struct field *f = ARENA_ARRAY(c->arena, struct field, 2);
    f[0] = (struct field){.name = "with",
                          .type = FIELD_REF,
                          .label = T("和哪一条合并"),
                          .hint = T("输入名称、代码或编号，从列出的里面选。"),
                          .ref = k->plural,
                          .required = true,
                          .where = IN_FORM};
    return field_form(c, f, value_map(c->arena));
}

static void
show_both(struct ctx *c, struct value *page)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    const struct value *ours = value_get(c->out, "into"), *theirs = value_get(c->out, "from");
    int64_t into = value_get_int(ours, "id", 0), from = value_get_int(theirs, "id", 0);
    const struct value *fields = value_get(c->out, "fields"),
                       *moves = value_get(c->out, "moves");
    value_set(a, page, "ours", side(c, k, ours));
    value_set(a, page, "theirs", side(c, k, theirs));
    value_set(a, page, "radios", radios(c, fields));
    value_set_bool(a, page, "has_radios", value_count(fields) > 0);
    value_set(a, page, "moves", moves);
    value_set_bool(a, page, "has_moves", value_count(moves) > 0);
    value_set_text(a, page, "action", record_url(c, k, into, "/merge"));
    value_set_text(a, page, "other_id", arena_printf(a, "%lld", (long long)from));
    value_set_text(a, page, "ours_version", version_of(c, ours));
    value_set_text(a, page, "theirs_version", version_of(c, theirs));
    value_set_text(a, page, "swap_url",
                   arena_printf(a, "/%s/%lld/merge?with=%lld", k->plural, (long long)from,
                                (long long)into));
}

static enum err
preview_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    bool both = value_get(c->out, "from") != NULL;
    const struct value *ours = value_get(c->out, "into");
    struct value *page = value_map(a);
    const char *title = ctx_trf(c, T("合并重复的{0}"), 1, ctx_tr(c, k->label));
    value_set_text(a, page, "title", title);
    value_set(a, page, "crumbs", crumbs_to(c, title));
    value_set_text(a, page, "errors_title",
                   c->faults.count > 0 ? ctx_tr(c, T("没有合并"))
                   : c->renewed        ? c->detail
                                       : NULL);
    value_set(a, page, "errors_summary", field_summary(c, record_merge_fields(k), "errors"));
    value_set_bool(a, page, "both", both);
    value_set_bool(a, page, "choose", !both);
    value_set_text(a, page, "here", record_url(c, k, value_get_int(ours, "id", 0), "/merge"));
    value_set_text(a, page, "back_url", record_url(c, k, value_get_int(ours, "id", 0), ""));
    value_set_text(a, page, "name", merge_title(c, k, ours));
    value_set(a, page, "fields", both ? &value_empty_list : choose_field(c, k));
    if (both) {
        show_both(c, page);
    }
    c->page = page;
    return ERR_OK;
}

// ---- doing -----------------------------------------------------------------------------

static const struct choice SIDES[] = {
    {.value = "this", .label = "保留的一条"}, {.value = "other", .label = "并入的一条"}, {0}};

const struct field *
record_merge_fields(const struct record_kind *k)
{
    static struct {
        const struct record_kind *k;
        struct field *fields;
    } made[KINDS_MOST];
    size_t i = 0, n = 0;
    while (i < KINDS_MOST && made[i].k != NULL && made[i].k != k) {
        i++;
    }
    if (i == KINDS_MOST) {
        abort(); // found at the first start
    }
    if (made[i].k == k) {
        return made[i].fields;
    }
    struct field *all = ARENA_ARRAY(record_built_of(k)->arena, struct field, RECORD_ARGS);
    all[n++] = (struct field){.name = "other_id",
                              .type = FIELD_INT,
                              .label = "并入的一条的编号",
                              .required = true,
                              .min = 1,
                              .where = IN_FORM};
    all[n++] = (struct field){
        .name = "record_version", .type = FIELD_INT, .label = "版本", .where = IN_FORM};
    all[n++] = (struct field){
        .name = "other_version", .type = FIELD_INT, .label = "版本", .where = IN_FORM};
    all[n++] = (struct field){
        .name = "reason", .type = FIELD_TEXT, .label = "理由", .max = 200, .where = IN_FORM};
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (is_offered(k, f)) {
            all[n++] = (struct field){.name = f->name,
                                      .type = FIELD_CHOICE,
                                      .label = f->label,
                                      .choices = SIDES,
                                      .where = IN_FORM};
        }
    }
    made[i].fields = all;
    made[i].k = k;
    return all;
}

static bool
is_stale(struct ctx *c, const struct record_kind *k, int64_t id, const char *key)
{
    int64_t seen = value_get_int(c->in, key, 0);
    const struct value *rec = seen == 0 ? NULL : record_get(c, k, id);
    return rec != NULL && value_get_int(rec, "version", 0) != seen;
}

static struct value *
merge_shown(struct ctx *c, int64_t id)
{
    return merge_get(c, kind_of(c), id);
}

static enum err
merge_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    int64_t into = ctx_id(c, "id"), from = value_get_int(c->in, "other_id", 0);
    const char *reason = value_get_text(c->in, "reason");
    struct value *other = value_map(c->arena);
    if (is_stale(c, k, into, "record_version") || is_stale(c, k, from, "other_version")) {
        return ctx_refuse(c, ERR_STALE, T("别人刚刚改过其中一条，请核对后再合并"));
    }
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (is_offered(k, f) && text_equal(value_get_text(c->in, f->name), "other")) {
            value_set_bool(c->arena, other, f->name, true);
        }
    }
    int64_t id = record_merge(c, k, into, from, other,
                              reason == NULL ? ctx_tr(c, T("重复登记")) : reason);
    if (id == 0) {
        return c->result != ERR_OK ? c->result : ERR_INTERNAL;
    }
    c->shown = merge_shown;
    c->shown_id = id;
    if (!c->api) {
        c->location = record_url(c, k, into, "");
        c->flash = ctx_tr(c, T("已合并。需要时可以在查重的合并记录里撤销。"));
    }
    return ERR_OK;
}

// ---- what was done ---------------------------------------------------------------------

// A row with its summary opened and whether it can be undone.
static struct value *
open_merge(struct ctx *c, const struct record_kind *k, const struct value *row)
{
    const struct value *summary = value_get(row, "summary");
    int64_t into = value_get_int(row, "into_id", 0);
    struct value *m = value_map(c->arena);
    for (uint32_t i = 0; i < row->map.count; i++) {
        if (strcmp(row->map.pairs[i].key, "summary") != 0) {
            value_set(c->arena, m, row->map.pairs[i].key, row->map.pairs[i].v);
        }
    }
    const struct value *rec = record_get(c, k, into);
    value_set(c->arena, m, "into_title",
              rec == NULL ? &value_null : value_ref(c->arena, merge_title(c, k, rec)));
    const struct value *moves = value_get(summary, "moves"),
                       *fields = value_get(summary, "fields");
    value_set(c->arena, m, "moves", moves == NULL ? &value_empty_list : moves);
    value_set(c->arena, m, "fields", fields == NULL ? &value_empty_list : fields);
    value_set_bool(c->arena, m, "can_undo",
                   value_get_int(m, "undone_at", 0) == 0 &&
                       value_get_int(m, "undo_until", 0) >= c->now);
    return m;
}

struct value *
merge_get(struct ctx *c, const struct record_kind *k, int64_t id)
{
    const struct value *row =
        db_one(c->tx, c->arena, &MERGE_GET, DB_ARGS(DB_INT(id), DB_TEXT(k->name)));
    return row == NULL ? NULL : open_merge(c, k, row);
}

static enum err
merges_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    struct listing_cursor from = {.id = INT64_MAX};
    unsigned limit = listing_limit(c);
    const char *after = ctx_query(c, "after"), *next = NULL;
    if (after != NULL && *after != '\0' && !listing_cursor_decode(a, after, &from)) {
        ctx_fault(c, "after", "cursor", T("这个翻页位置不对，请从第一页看起"));
    }
    struct value *rows =
        db_list(c->tx, a, &MERGE_LIST,
                DB_ARGS(DB_TEXT(k->name), DB_INT(from.id), DB_INT((int64_t)limit + 1)));
    if (value_count(rows) > limit) {
        rows->list.count = limit;
        int64_t id = value_get_int(value_at(rows, limit - 1), "id", 0);
        next = listing_cursor_encode(a, value_int(a, id), id);
    }
    struct value *out = value_map(a), *items = value_list(a);
    for (size_t i = 0; i < value_count(rows); i++) {
        value_push(a, items, open_merge(c, k, value_at(rows, i)));
    }
    value_set(a, out, "items", items);
    value_set_text(a, out, "next", next);
    c->out = out;
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

static struct value *
state_badge(struct ctx *c, const struct value *m)
{
    return value_get_int(m, "undone_at", 0) != 0
               ? listing_badge(c, "is-mute", NULL, ctx_tr(c, T("已撤销")))
           : value_get_bool(m, "can_undo")
               ? listing_badge(c, "is-info", NULL, ctx_tr(c, T("可以撤销")))
               : listing_badge(c, "is-ok", NULL, ctx_tr(c, T("已合并")));
}

static struct value *
merge_row_shown(struct ctx *c, const struct record_kind *k, const struct value *m)
{
    struct arena *a = c->arena;
    struct value *row = value_map(a), *cells = value_list(a);
    long long id = value_get_int(m, "id", 0);
    const char *url = arena_printf(a, "/%s/merges/%lld", k->plural, id);
    struct value *title = listing_cell(c, value_get_text(m, "title"), "wide");
    value_set_bool(a, title, "is_title", true);
    value_set_text(a, title, "url", url);
    const char *into = value_get_text(m, "into_title");
    value_set_text(a, title, "sub", into == NULL ? NULL : ctx_trf(c, T("并入 {0}"), 1, into));
    struct value *state = listing_cell(c, NULL, "");
    value_set(a, state, "badge", state_badge(c, m));
    value_push(a, cells, title);
    value_push(a, cells, state);
    value_push(a, cells, listing_cell(c, value_get_text(m, "who"), "hide-s"));
    value_push(a, cells,
               listing_cell(c, time_minute_text(a, value_get_int(m, "at", 0)), "nowrap"));
    value_set_int(a, row, "id", id);
    value_set_text(a, row, "url", url);
    value_set_text(a, row, "select_label", "");
    value_set(a, row, "cells", cells);
    return row;
}

static enum err
merges_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *page = c->page, *rows = value_list(a), *columns = value_list(a);
    struct value *block = record_block(c, "merges", T("合并记录"), T("还没有合并过。"));
    for (size_t i = 0; i < value_count(items); i++) {
        value_push(a, rows, merge_row_shown(c, k, value_at(items, i)));
    }
    listing_column(c, columns, T("并入的一条"), "", NULL, "");
    listing_column(c, columns, T("状态"), "", NULL, "");
    listing_column(c, columns, T("经手人"), "hide-s", NULL, "");
    listing_column(c, columns, T("时间"), "nowrap", NULL, "");
    record_block_table(c, block, columns, rows);
    struct value *blocks = value_list(a);
    value_push(a, blocks, block);
    const char *title = ctx_trf(c, T("{0}合并记录"), 1, ctx_tr(c, k->label));
    const char *next = value_get_text(c->out, "next");
    value_set_text(a, page, "title", title);
    value_set(a, page, "crumbs", crumbs_to(c, title));
    value_set(a, page, "blocks", blocks);
    value_set_text(a, page, "next", next == NULL ? NULL : listing_url(c, "after", next, NULL));
    return ERR_OK;
}

static enum err
one_run(struct ctx *c)
{
    c->out = merge_get(c, kind_of(c), ctx_id(c, "merge"));
    return c->out == NULL ? ERR_NOT_FOUND : ERR_OK;
}

static void
push_fact(struct ctx *c, struct value *rows, const char *label, const char *text,
          const char *url)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", ctx_tr(c, label));
    value_set_text(c->arena, m, "text", text);
    value_set_text(c->arena, m, "url", url);
    value_set(c->arena, m, "badge", &value_null);
    if (text != NULL && *text != '\0') {
        value_push(c->arena, rows, m);
    }
}

// "会籍 3，联系人 1（另有 1 合成一条）"
static const char *
moves_text(struct ctx *c, const struct value *moves)
{
    struct arena *a = c->arena;
    struct buf b;
    buf_init(&b, a, 256, 4096);
    for (size_t i = 0; i < value_count(moves); i++) {
        const struct value *m = value_at(moves, i);
        long long moved = value_get_int(m, "moved", 0), joined = value_get_int(m, "joined", 0);
        const char *label = value_get_text(m, "label");
        buf_printf(&b, "%s%s %lld", i == 0 ? "" : "\n", ctx_tr(c, label == NULL ? "" : label),
                   moved);
        if (joined > 0) {
            buf_puts(
                &b, ctx_trf(c, T("，另有 {0} 条合成一条"), 1, arena_printf(a, "%lld", joined)));
        }
    }
    return buf_str(&b);
}

static const char *
fields_text(struct ctx *c, const struct record_kind *k, const struct value *fields)
{
    struct buf b;
    buf_init(&b, c->arena, 256, 4096);
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct field *f = field_find(k->fields, value_at(fields, i)->s);
        if (f != NULL) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : "、", ctx_tr(c, f->label));
        }
    }
    return buf_str(&b);
}

static struct value *
merge_facts(struct ctx *c, const struct record_kind *k, const struct value *m)
{
    struct arena *a = c->arena;
    struct value *rows = value_list(a);
    int64_t into = value_get_int(m, "into_id", 0), undone = value_get_int(m, "undone_at", 0);
    push_fact(c, rows, T("保留的一条"), value_get_text(m, "into_title"),
              record_url(c, k, into, ""));
    push_fact(c, rows, T("并入的一条"),
              arena_printf(a, "%s（%lld）", value_get_text(m, "title"),
                           (long long)value_get_int(m, "from_id", 0)),
              undone == 0 ? NULL : record_url(c, k, value_get_int(m, "from_id", 0), ""));
    push_fact(c, rows, T("理由"), value_get_text(m, "reason"), NULL);
    push_fact(c, rows, T("取自并入的一条"), fields_text(c, k, value_get(m, "fields")), NULL);
    push_fact(c, rows, T("一起移过去的"), moves_text(c, value_get(m, "moves")), NULL);
    push_fact(c, rows, T("经手人"), value_get_text(m, "who"), NULL);
    push_fact(c, rows, T("时间"), time_minute_text(a, value_get_int(m, "at", 0)), NULL);
    push_fact(c, rows, T("可撤销到"), time_minute_text(a, value_get_int(m, "undo_until", 0)),
              NULL);
    if (undone != 0) {
        push_fact(c, rows, T("撤销时间"), time_minute_text(a, undone), NULL);
        push_fact(c, rows, T("撤销人"), value_get_text(m, "undone_by"), NULL);
    }
    return rows;
}

static enum err
one_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    struct value *page = c->page, *actions = value_list(a), *badges = value_list(a);
    struct value *section = value_map(a), *sections = value_list(a);
    long long id = value_get_int(c->out, "id", 0);
    const char *title = ctx_trf(c, T("合并：{0}"), 1, value_get_text(c->out, "title"));
    if (value_get_bool(c->out, "can_undo")) {
        struct value *m = value_map(a);
        value_set_text(a, m, "url", arena_printf(a, "/%s/merges/%lld/undo", k->plural, id));
        value_set_text(a, m, "label", ctx_tr(c, T("撤销合并")));
        value_set_text(a, m, "class", "btn-danger");
        value_set(a, m, "icon", &value_null);
        value_set(a, m, "dialog_id", &value_null);
        value_push(a, actions, m);
    }
    value_push(a, badges, state_badge(c, c->out));
    value_set_text(a, section, "title", ctx_tr(c, T("这次合并")));
    value_set(a, section, "rows", merge_facts(c, k, c->out));
    value_push(a, sections, section);
    value_set_text(a, page, "title", title);
    value_set(a, page, "crumbs", crumbs_to(c, title));
    value_set(a, page, "badges", badges);
    value_set(a, page, "actions", actions);
    value_set(a, page, "sections", sections);
    value_set(a, page, "blocks", &value_empty_list);
    value_set_bool(a, page, "has_timeline", false);
    value_set(a, page, "timeline", &value_empty_list);
    value_set(a, page, "aside", &value_empty_list);
    return ERR_OK;
}

static enum err
undo_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    long long id = value_get_int(c->out, "id", 0);
    const char *url = arena_printf(c->arena, "/%s/merges/%lld", k->plural, id);
    const struct ask ask = {
        .title = T("撤销合并"),
        .consequence =
            T("两条记录恢复成合并以前的样子，移过去的都移回来。合并以后改过的不能撤销。"),
        .action = arena_printf(c->arena, "%s/undo", url),
        .submit = T("撤销合并"),
        .tone = "btn-danger",
        .back_label = T("查重"),
        .back_url = arena_printf(c->arena, "/%s/duplicates", k->plural),
        .of_label = value_get_text(c->out, "title"),
        .of_url = url};
    c->page = ask_page(c, &ask);
    return ERR_OK;
}

static enum err
undo_run(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    int64_t id = ctx_id(c, "merge");
    enum err e = record_unmerge(c, k, id);
    if (e != ERR_OK) {
        return e;
    }
    c->shown = merge_shown;
    c->shown_id = id;
    if (!c->api) {
        c->location = arena_printf(c->arena, "/%s/merges/%lld", k->plural, (long long)id);
        c->flash = ctx_tr(c, T("已撤销，两条记录恢复原样。"));
    }
    return ERR_OK;
}

// ---- the table -------------------------------------------------------------------------

// Only the office may say that two are one.
const struct route RECORD_MERGE_ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/%s/duplicates",
     .roles = ROLE_OFFICE,
     .run = pairs_run,
     .show = pairs_show,
     .page = "duplicates",
     .help = "Pairs that look like one record entered twice, likeliest first"},
    {.method = HTTP_POST,
     .pattern = "/%s/duplicates/{pair}/distinct",
     .roles = ROLE_OFFICE,
     .fields = NOTE,
     .run = distinct_run,
     .help = "These two are not the same; remembered"},
    {.method = HTTP_POST,
     .pattern = "/%s/duplicates/{pair}/reopen",
     .roles = ROLE_OFFICE,
     .fields = NOTE,
     .run = reopen_run,
     .help = "Back among the pairs to look at"},
    {.method = HTTP_GET,
     .pattern = "/%s/{id}/merge",
     .roles = ROLE_OFFICE,
     .run = preview_run,
     .show = preview_show,
     .page = "merge",
     .help = "Two records side by side, and what would move (?with=)"},
    {.method = HTTP_POST,
     .pattern = "/%s/{id}/merge",
     .roles = ROLE_OFFICE,
     .fields = NOTE, // record_routes puts the kind's own
     .run = merge_run,
     .again = preview_run,
     .again_show = preview_show,
     .again_page = "merge",
     .help = "Makes the other record part of this one"},
    {.method = HTTP_GET,
     .pattern = "/%s/merges",
     .roles = ROLE_OFFICE,
     .run = merges_run,
     .show = merges_show,
     .page = "merges",
     .help = "Merges that were made"},
    {.method = HTTP_GET,
     .pattern = "/%s/merges/{merge}",
     .roles = ROLE_OFFICE,
     .run = one_run,
     .show = one_show,
     .page = "detail",
     .help = "One merge: what was chosen and moved"},
    {.method = HTTP_GET,
     .pattern = "/%s/merges/{merge}/undo",
     .roles = ROLE_OFFICE,
     .run = one_run,
     .show = undo_show,
     .page = "action",
     .flags = ROUTE_PAGE,
     .help = "The page that asks whether to undo a merge"},
    {.method = HTTP_POST,
     .pattern = "/%s/merges/{merge}/undo",
     .roles = ROLE_OFFICE,
     .run = undo_run,
     .again = one_run,
     .again_show = undo_show,
     .again_page = "action",
     .help = "Undoes a merge: both records as they were"},
    {0},
};
