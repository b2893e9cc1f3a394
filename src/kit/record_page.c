// SPDX-License-Identifier: Apache-2.0
// Records as people see them: what the generic list, detail and form templates need.
#include "base/text.h"
#include "kit/app.h"
#include "kit/listing.h"
#include "kit/listing_own.h"
#include "kit/record_impl.h"

#include <sodium.h>

static const struct record_kind *
kind_of(const struct ctx *c)
{
    return c->route->data;
}

const char *
record_url(struct ctx *c, const struct record_kind *k, int64_t id, const char *rest)
{
    return arena_printf(c->arena, "/%s/%lld%s", k->plural, (long long)id, rest);
}

static bool
may_create(const struct ctx *c, const struct record_kind *k)
{
    const struct record_grant *g;
    enum record_scope scope;
    return record_scope_of(c, k, RECORD_CREATE, &g, &scope);
}

// The field as people read it; a reference by its name.
const char *
record_shown(struct ctx *c, const struct field *f, const struct value *rec)
{
    if (f->type == FIELD_REF) {
        const char *name = value_get_text(rec, record_ref_name(c->arena, f->name));
        return name == NULL ? "" : name;
    }
    const char *text = field_text(c, f, value_get(rec, f->name));
    return f->type == FIELD_MONEY ? text_grouped(c->arena, text) : text;
}

// Numbers stand under each other; on phones a row says its name and its choices.
static const char *
cell_class(const struct field *f, bool title)
{
    return title                                            ? "wide"
           : f->type == FIELD_CHOICE                        ? ""
           : f->type == FIELD_MONEY || f->type == FIELD_INT ? "num right"
                                                            : "hide-s";
}

// What a record is called: the field that names it, whatever its type.
const char *
record_title(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    const struct field *f = field_find(k->fields, k->title);
    const char *title = f == NULL ? "" : record_shown(c, f, rec);
    f = *title == '\0' && k->subtitle != NULL ? field_find(k->fields, k->subtitle) : NULL;
    title = f == NULL ? title : record_shown(c, f, rec);
    return *title == '\0' ? ctx_tr(c, k->label) : title;
}

// Over since yesterday or before.
static bool
is_over(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    const char *until = k->until == NULL ? NULL : value_get_text(rec, k->until);
    int32_t day;
    return until != NULL && day_parse(until, &day) && day < time_to_day(c->now);
}

// Choices with a tone are badges.
static struct value *
badge_of(struct ctx *c, const struct field *f, const struct value *rec)
{
    const char *value = f->type == FIELD_CHOICE ? value_get_text(rec, f->name) : NULL;
    const struct choice *ch = choice_find(f->choices, value);
    return ch == NULL || ch->tone == NULL
               ? NULL
               : listing_badge(c, ch->tone, NULL, ctx_tr(c, ch->label));
}

// ---- list ------------------------------------------------------------------------------

// The field whose column leads to the record: the one that names it, or the first that shows.
static const char *
link_of(const struct record_kind *k, const char *skip)
{
    const struct field *f = k->fields;
    while (text_equal(k->title, skip) && f->name != NULL &&
           (!record_is_listed(k, f, NULL) || text_equal(f->name, skip))) {
        f++;
    }
    return text_equal(k->title, skip) ? f->name : k->title;
}

struct value *
record_columns(struct ctx *c, const struct record_query *q, const char *skip,
               const char *chosen)
{
    const struct record_kind *k = q->b->k;
    struct value *cols = value_list(c->arena);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (!record_is_listed(k, f, chosen) || text_equal(f->name, skip)) {
            continue;
        }
        const char *sort = NULL; // a block does not sort
        for (unsigned i = 1;
             skip == NULL && i < q->b->sort_count && q->lead <= q->b->lead_count; i++) {
            sort = strcmp(record_sort_word(q->b, i), f->name) == 0 ? f->name : sort;
        }
        const char *class = cell_class(f, text_equal(f->name, link_of(k, skip)));
        listing_column(c, cols, f->label, strcmp(class, "wide") == 0 ? "" : class, sort,
                       q->order);
    }
    return cols;
}

static struct value *
list_cell(struct ctx *c, const struct record_kind *k, const struct field *f, const char *skip,
          const struct value *rec)
{
    struct arena *a = c->arena;
    bool title = text_equal(f->name, link_of(k, skip));
    bool named = strcmp(f->name, k->title) == 0;
    struct value *badge = badge_of(c, f, rec);
    const char *text = record_shown(c, f, rec);
    struct value *cell = listing_cell(c, badge != NULL ? NULL : text, cell_class(f, title));
    if (!title && (f->type == FIELD_MONEY || f->type == FIELD_INT)) {
        value_set_text(a, cell, "caption", ctx_tr(c, f->label));
    }
    if (badge != NULL) {
        value_set(a, cell, "badge", badge);
    }
    if (title) {
        const struct field *sub = k->subtitle == NULL || text_equal(k->subtitle, skip)
                                      ? NULL
                                      : field_find(k->fields, k->subtitle);
        value_set_bool(a, cell, "is_title", true);
        bool doubled = *text == '\0'; // then the subtitle names it
        value_set_text(a, cell, "text", named ? record_title(c, k, rec) : text);
        value_set_text(a, cell, "sub",
                       sub == NULL || doubled ? NULL : record_shown(c, sub, rec));
        if (is_over(c, k, rec)) {
            value_set(a, cell, "badge",
                      listing_badge(c, "is-mute", NULL, ctx_tr(c, T("已结束"))));
        }
        value_set_text(a, cell, "url", record_url(c, k, value_get_int(rec, "id", 0), ""));
    }
    return cell;
}

struct value *
record_rows(struct ctx *c, const struct record_kind *k, const char *skip, const char *chosen,
            const struct value *items)
{
    struct arena *a = c->arena;
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *rec = value_at(items, i);
        struct value *row = value_map(a);
        struct value *cells = value_list(a);
        for (const struct field *f = k->fields; f->name != NULL; f++) {
            if (record_is_listed(k, f, chosen) && !text_equal(f->name, skip)) {
                value_push(a, cells, list_cell(c, k, f, skip, rec));
            }
        }
        int64_t id = value_get_int(rec, "id", 0);
        value_set_int(a, row, "id", id);
        value_set_text(a, row, "url", record_url(c, k, id, ""));
        value_set_text(a, row, "select_label",
                       ctx_trf(c, T("选择 {0}"), 1, record_title(c, k, rec)));
        value_set(a, row, "cells", cells);
        value_push(a, rows, row);
    }
    return rows;
}

// Whether the reader may see every record of the kind.
static bool
sees_all(const struct ctx *c, const char *plural)
{
    const struct module *const *m = c->app->modules;
    for (; m != NULL && *m != NULL; m++) {
        const struct record_kind *const *k = (*m)->kinds;
        for (; k != NULL && *k != NULL; k++) {
            const struct record_grant *g;
            enum record_scope scope;
            if (strcmp((*k)->plural, plural) == 0) {
                return record_scope_of(c, *k, RECORD_READ, &g, &scope) && scope == SCOPE_ALL;
            }
        }
    }
    return false;
}

// What a reference may be narrowed to, when the choice is small enough for a menu.
static const struct choice *
ref_choices(struct ctx *c, const struct record_built *b, const struct field *f)
{
    // A menu names what the reader may see anyway; and only what the list shows is worth one.
    if (f == NULL || (f->where & IN_LIST) == 0 || !sees_all(c, f->ref)) {
        return NULL;
    }
    const struct db_stmt *all = &b->ref_all[f - b->k->fields];
    struct value *rows = db_list(c->tx, c->arena, all, DB_ARGS(DB_INT(RECORD_MENU + 1)));
    size_t n = value_count(rows);
    if (n > RECORD_MENU) {
        return NULL;
    }
    struct choice *list = ARENA_ARRAY(c->arena, struct choice, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct value *row = value_at(rows, i);
        list[i].value = arena_printf(c->arena, "%lld", (long long)value_get_int(row, "id", 0));
        list[i].label = value_get_text(row, "name");
    }
    return list;
}

static void
push_hidden(struct ctx *c, struct value *hidden, const char *name)
{
    const char *value = ctx_query(c, name);
    if (value != NULL && *value != '\0') {
        struct value *h = value_map(c->arena);
        value_set_text(c->arena, h, "name", name);
        value_set_text(c->arena, h, "value", value);
        value_push(c->arena, hidden, h);
    }
}

// What a filter is set to, as people read it.
static const char *
filter_text(struct ctx *c, const struct record_built *b, const struct record_filter *f,
            const struct choice *choices, const char *value)
{
    int64_t id;
    if (f->type == FIELD_REF && choices == NULL && text_to_int(value, &id)) {
        const char *name = record_ref_title(c, b->k, f->name, id);
        return name == NULL ? value : name;
    }
    return choices != NULL ? choice_label(choices, value, c->lang) : value;
}

static void
put_filter(struct ctx *c, const struct record_built *b, const struct record_filter *f,
           struct value *filters, struct value *chips, struct value *hidden)
{
    const char *label = f->field != NULL                       ? f->field->label
                        : strcmp(f->column, "created_at") == 0 ? T("登记时间")
                                                               : T("更新时间");
    bool ref = f->type == FIELD_REF;
    const struct choice *choices = ref                ? ref_choices(c, b, f->field)
                                   : f->field == NULL ? NULL
                                                      : f->field->choices;
    enum listing_control control = choices != NULL      ? LISTING_CHOICE
                                   : f->op != FILTER_IS ? LISTING_DATE
                                                        : LISTING_TEXT;
    if (f->field != NULL && (!ref || choices != NULL)) {
        const char *hint = f->field->sealed ? T("后四位") : NULL;
        const char *whole = f->op == FILTER_FROM ? T("{0}从")
                            : f->op == FILTER_TO ? T("{0}到")
                                                 : NULL;
        const char *named = whole == NULL ? label : ctx_trf(c, whole, 1, ctx_tr(c, label));
        listing_filter(c, filters, control, f->name, named, hint, choices);
    } else {
        push_hidden(c, hidden, f->name);
    }
    const char *value = ctx_query(c, f->name);
    if (value != NULL && *value != '\0') {
        static const char *const SIGNS[] = {"", "≥ ", "≤ "};
        const char *text = filter_text(c, b, f, choices, value);
        listing_chip(c, chips, label, arena_printf(c->arena, "%s%s", SIGNS[f->op], text),
                     f->name);
    }
}

// What a text may be (record_query_text).
static const char *
text_hint(const struct record_built *b)
{
    const struct record_sealed *s = b->sealed;
    while (s->field != NULL && s->field->type != FIELD_MOBILE) {
        s++;
    }
    return !b->searched       ? T("编号，或者它的开头")
           : s->field == NULL ? T("名称、代码或拼音首字母")
           : b->code == NULL  ? T("名称、拼音首字母、手机后四位")
                              : T("名称、拼音首字母、代码、手机后四位");
}

static void
put_filters(struct ctx *c, const struct record_query *q, struct value *page)
{
    struct arena *a = c->arena;
    struct value *filters = value_list(a);
    struct value *chips = value_list(a);
    struct value *hidden = value_list(a);
    if (record_is_searched(q->b->k)) {
        listing_filter(c, filters, LISTING_SEARCH, "q", T("关键词"), text_hint(q->b), NULL);
    }
    const char *text = record_is_searched(q->b->k) ? ctx_query(c, "q") : NULL;
    if (text != NULL && *text != '\0') {
        listing_chip(c, chips, T("关键词"), text, "q");
    }
    for (unsigned i = 0; i < q->b->filter_count; i++) {
        put_filter(c, q->b, &q->b->filters[i], filters, chips, hidden);
    }
    const struct record_key *key = record_sort_key(q->b, q->sort);
    if (key != NULL && key->label != NULL) {
        listing_chip(c, chips, T("排序"), ctx_tr(c, key->label), "sort");
    }
    push_hidden(c, hidden, "sort");
    value_set(a, page, "filters", filters);
    value_set(a, page, "chips", chips);
    value_set(a, page, "hidden", hidden);
    value_set_bool(a, page, "has_filters", value_count(filters) > 0);
    value_set_bool(a, page, "more_filters", value_count(filters) > 1);
    value_set_text(a, page, "clear_url", value_count(chips) > 0 ? c->req->path : NULL);
}

static struct value *
create_action(struct ctx *c, const struct record_kind *k)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    int64_t id;
    const char *home = record_home(c, k, NULL, &id); // the parent whose records these are
    value_set_text(a, m, "url",
                   home == NULL
                       ? arena_printf(a, "/%s/new", k->plural)
                       : arena_printf(a, "/%s/new?%s=%lld", k->plural, home, (long long)id));
    value_set_text(a, m, "label", ctx_trf(c, T("登记{0}"), 1, ctx_tr(c, k->label)));
    value_set_text(a, m, "icon", "plus");
    value_set_bool(a, m, "primary", true);
    return m;
}

// Orders that no column's head stands for.
static void
push_sorts(struct ctx *c, const struct record_query *q, struct value *actions)
{
    struct arena *a = c->arena;
    bool searching = q->lead > q->b->lead_count; // has an order of its own
    for (unsigned i = 1; i < q->b->sort_count && !searching; i++) {
        const struct record_key *key = record_sort_key(q->b, i);
        if (key != NULL && key->label != NULL && q->sort != i) {
            struct value *m = value_map(a);
            value_set_text(a, m, "url", listing_url(c, "sort", key->sort, NULL));
            value_set_text(a, m, "label", ctx_tr(c, key->label));
            value_set_text(a, m, "icon", "arrows-sort");
            value_set_bool(a, m, "primary", false);
            value_push(a, actions, m);
        }
    }
}

static struct value *
list_action(struct ctx *c, const char *url, const char *label, const char *icon)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "url", url);
    value_set_text(a, m, "label", ctx_tr(c, label));
    value_set_text(a, m, "icon", icon);
    value_set_bool(a, m, "primary", false);
    return m;
}

// The kind's other pages, and the pairs that look like one record entered twice for those who
// may merge them.
static void
push_more(struct ctx *c, const struct record_kind *k, struct value *actions)
{
    for (const struct record_more *m = k->more; m != NULL && m->url != NULL; m++) {
        if (ctx_is(c, m->roles)) {
            value_push(c->arena, actions, list_action(c, m->url, m->label, m->icon));
        }
    }
    if (k->duplicates != NULL && ctx_is(c, ROLE_OFFICE)) {
        value_push(c->arena, actions,
                   list_action(c, arena_printf(c->arena, "/%s/duplicates", k->plural),
                               T("查重"), "arrows-join"));
    }
}

static const struct value *
empty_part(struct ctx *c, const struct record_kind *k, bool filtered)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    const char *label = ctx_tr(c, k->label);
    value_set_text(a, m, "title",
                   filtered ? ctx_tr(c, T("没有符合条件的记录"))
                            : ctx_trf(c, T("还没有{0}"), 1, label));
    value_set_text(a, m, "text",
                   filtered ? ctx_tr(c, T("换个条件，或清除全部条件再看。"))
                   : k->empty_text != NULL ? ctx_tr(c, k->empty_text)
                                           : NULL);
    value_set(a, m, "action",
              !filtered && may_create(c, k) ? create_action(c, k) : &value_null);
    return m;
}

enum err
record_list_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    const struct record_found *list = c->prepared;
    const struct record_query *q = &list->query;
    const struct record_page *found = &list->page;
    struct listing_layout layout = listing_layout_of(c, k->plural);
    const char *columns = record_shown_columns(c, k, layout.columns);
    int64_t count = record_query_count(c, q);
    size_t n = value_count(found->items);
    struct value *page = value_map(a);
    struct value *actions = value_list(a);
    struct value *exports = value_map(a);
    const struct listing_own own = record_own_of(k);
    push_sorts(c, q, actions);
    value_push(a, actions, listing_own_action(c, &own));
    push_more(c, k, actions);
    if (may_create(c, k)) {
        value_push(a, actions, create_action(c, k));
    }
    value_set_text(
        a, exports, "csv",
        arena_printf(a, "/%s.csv%s", k->plural, listing_query(c, "columns", columns, NULL)));
    value_set_text(
        a, exports, "xlsx",
        arena_printf(a, "/%s.xlsx%s", k->plural, listing_query(c, "columns", columns, NULL)));
    value_set_text(a, page, "title", ctx_tr(c, k->list_label));
    value_set_text(a, page, "subtitle",
                   ctx_trf(c, T("共 {0} 条"), 1, listing_count_text(a, count)));
    value_set(a, page, "actions", actions);
    value_set(a, page, "views", listing_tabs(c, k->plural, record_view_count));
    value_set_bool(a, page, "dense", layout.dense);
    put_filters(c, q, page);
    value_set(a, page, "columns", record_columns(c, q, NULL, layout.columns));
    value_set(a, page, "rows", record_rows(c, k, NULL, layout.columns, found->items));
    bool filtered = value_count(value_get(page, "chips")) > 0;
    value_set(a, page, "empty", n > 0 ? &value_null : empty_part(c, k, filtered));
    value_set(a, page, "pager",
              n > 0 ? listing_pager(c, found->previous, found->next, n, count) : &value_null);
    value_set(a, page, "bulk", record_bulk_part(c, k));
    value_set(a, page, "exports", n > 0 ? exports : &value_null);
    c->page = page;
    return ERR_OK;
}

// ---- detail ----------------------------------------------------------------------------

static struct value *
crumb(struct ctx *c, const char *label, const char *url)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "url", url);
    return m;
}

// The way to a record: its kind's list, or its parent's page.
static struct value *
crumbs_to(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct arena *a = c->arena;
    struct value *crumbs = value_list(a);
    int64_t id;
    const char *home = record_home(c, k, rec, &id);
    const char *name = home == NULL ? NULL : record_ref_title(c, k, home, id);
    if (name != NULL) {
        value_push(a, crumbs, crumb(c, name, record_home_url(c, k, rec)));
    }
    value_push(a, crumbs,
               crumb(c, ctx_tr(c, k->list_label),
                     name == NULL
                         ? arena_printf(a, "/%s", k->plural)
                         : arena_printf(a, "/%s?%s=%lld", k->plural, home, (long long)id)));
    return crumbs;
}

static struct value *
fact(struct ctx *c, const char *label, const char *text, const char *url, struct value *badge)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "label", ctx_tr(c, label));
    value_set_text(c->arena, m, "text", text);
    value_set_text(c->arena, m, "url", url);
    value_set(c->arena, m, "badge", badge == NULL ? &value_null : badge);
    return m;
}

static struct value *
section(struct ctx *c, const char *title, struct value *rows)
{
    struct value *list = value_list(c->arena);
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "title", title);
    value_set(c->arena, m, "rows", rows);
    value_push(c->arena, list, m);
    return list;
}

static struct value *
facts_of(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct value *rows = value_list(c->arena);
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        const char *text = record_shown(c, f, rec);
        if ((f->where & IN_DETAIL) == 0 || *text == '\0') {
            continue;
        }
        struct value *badge = badge_of(c, f, rec);
        const char *url = NULL;
        if (f->type == FIELD_REF) {
            url = arena_printf(c->arena, "/%s/%lld", f->ref,
                               (long long)value_get_int(rec, f->name, 0));
        }
        value_push(c->arena, rows, fact(c, f->label, badge != NULL ? NULL : text, url, badge));
    }
    return rows;
}

static const char *
event_label(struct ctx *c, const struct record_kind *k, const char *type)
{
    return choice_find(k->events, type) != NULL ? choice_label(k->events, type, c->lang)
           : strcmp(type, "create") == 0        ? ctx_tr(c, T("登记"))
           : strcmp(type, "update") == 0        ? ctx_tr(c, T("修改"))
           : strcmp(type, "reveal") == 0        ? ctx_tr(c, T("查看完整号码"))
           : strcmp(type, "merge") == 0         ? ctx_tr(c, T("并入重复的记录"))
           : strcmp(type, "merged") == 0        ? ctx_tr(c, T("并入另一条记录"))
           : strcmp(type, "unmerge") == 0       ? ctx_tr(c, T("撤销合并"))
                                                : type;
}

// "修改了：电话、地址"; the values themselves are in the API's events.
static const char *
event_body(struct ctx *c, const struct record_kind *k, const struct value *event)
{
    const struct value *data = value_get(event, "data");
    struct buf b;
    buf_init(&b, c->arena, 128, 2048);
    if (data == NULL || data->type != VALUE_MAP) {
        return NULL;
    }
    if (!text_equal(value_get_text(event, "type"), "update")) {
        const char *reason = value_get_text(data, "reason"),
                   *note = value_get_text(data, "note");
        return reason != NULL ? reason : note != NULL ? note : value_get_text(data, "decision");
    }
    for (uint32_t i = 0; i < data->map.count; i++) {
        const struct field *f = field_find(k->fields, data->map.pairs[i].key);
        if (f != NULL) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : "、", ctx_tr(c, f->label));
        }
    }
    return buf_str(&b);
}

static struct value *
timeline_of(struct ctx *c, const struct record_kind *k, int64_t id)
{
    struct arena *a = c->arena;
    struct value *events = record_events(c, k->name, id);
    struct value *list = value_list(a);
    for (size_t i = value_count(events); i-- > 0;) {
        const struct value *e = value_at(events, i);
        const char *who = value_get_text(e, "actor");
        int64_t at = value_get_int(e, "at", 0);
        struct value *m = value_map(a);
        value_set_text(a, m, "class", "");
        value_set_text(a, m, "who", who == NULL ? ctx_tr(c, T("系统")) : who);
        value_set_text(a, m, "unit", value_get_text(e, "unit"));
        value_set_text(a, m, "at_text", time_minute_text(a, at));
        value_set_text(a, m, "at_iso", time_rfc3339(a, at));
        value_set_text(a, m, "label", event_label(c, k, value_get_text(e, "type")));
        value_set_text(a, m, "body", event_body(c, k, e));
        value_set_bool(a, m, "internal", false);
        value_set(a, m, "files", &value_empty_list);
        value_push(a, list, m);
    }
    return list;
}

static struct value *
detail_actions(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    if (record_may(c, k, RECORD_UPDATE, rec)) {
        struct value *m = value_map(a);
        value_set_text(a, m, "url", record_url(c, k, value_get_int(rec, "id", 0), "/edit"));
        value_set_text(a, m, "label", ctx_tr(c, T("修改")));
        value_set_text(a, m, "class", "btn-primary");
        value_set(a, m, "icon", &value_null);
        value_set(a, m, "dialog_id", &value_null);
        value_push(a, list, m);
    }
    if (k->duplicates != NULL && ctx_is(c, ROLE_OFFICE)) {
        struct value *m = value_map(a);
        value_set_text(a, m, "url", record_url(c, k, value_get_int(rec, "id", 0), "/merge"));
        value_set_text(a, m, "label", ctx_tr(c, T("合并重复")));
        value_set_text(a, m, "class", "");
        value_set_text(a, m, "icon", "arrows-join");
        value_set(a, m, "dialog_id", &value_null);
        value_push(a, list, m);
    }
    if (record_built_of(k)->sealed[0].field != NULL && record_may(c, k, RECORD_REVEAL, rec)) {
        struct value *m = value_map(a);
        value_set_text(a, m, "url", record_url(c, k, value_get_int(rec, "id", 0), "/reveal"));
        value_set_text(a, m, "label", ctx_tr(c, T("查看完整号码")));
        value_set_text(a, m, "class", "");
        value_set_text(a, m, "icon", "eye");
        value_set(a, m, "dialog_id", &value_null);
        value_push(a, list, m);
    }
    return list;
}

enum err
record_detail_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    const struct value *rec = c->out;
    int64_t id = value_get_int(rec, "id", 0);
    const char *title = record_title(c, k, rec);
    struct value *crumbs = crumbs_to(c, k, rec);
    value_push(a, crumbs, crumb(c, title, NULL));
    struct value *badges = value_list(a);
    const struct field *state = field_find(k->fields, "state");
    struct value *badge = state == NULL ? NULL : badge_of(c, state, rec);
    if (badge != NULL) {
        value_push(a, badges, badge);
    }
    if (is_over(c, k, rec)) {
        value_push(a, badges, listing_badge(c, "is-mute", NULL, ctx_tr(c, T("已结束"))));
    }
    struct value *kept = value_list(a);
    value_push(a, kept,
               fact(c, T("登记时间"), time_minute_text(a, value_get_int(rec, "created_at", 0)),
                    NULL, NULL));
    value_push(a, kept,
               fact(c, T("更新时间"), time_minute_text(a, value_get_int(rec, "updated_at", 0)),
                    NULL, NULL));
    struct value *page = value_map(a);
    value_set_text(a, page, "title", // "2024" alone says little
                   k->parents == NULL ? title
                                      : arena_printf(a, "%s　%s", ctx_tr(c, k->label), title));
    value_set(a, page, "badges", badges);
    value_set(a, page, "crumbs", crumbs);
    value_set(a, page, "actions", detail_actions(c, k, rec));
    value_set(a, page, "sections", section(c, ctx_tr(c, T("基本资料")), facts_of(c, k, rec)));
    value_set(a, page, "blocks", record_blocks(c, k, id));
    value_set_bool(a, page, "has_timeline", true);
    value_set(a, page, "timeline", timeline_of(c, k, id));
    value_set(a, page, "aside", section(c, ctx_tr(c, T("登记信息")), kept));
    c->page = page;
    if (k->decorate != NULL) {
        k->decorate(c, rec);
    }
    return ERR_OK;
}

// The page's own lists, made above for this request.
static struct value *
list_of(const struct value *map, const char *key)
{
    return (struct value *)(uintptr_t)value_get(map, key);
}

void
record_badge(struct ctx *c, const char *tone, const char *text)
{
    value_push(c->arena, list_of(c->page, "badges"), listing_badge(c, tone, NULL, text));
}

void
record_fact(struct ctx *c, const char *label, const char *text)
{
    const struct value *facts = value_at(value_get(c->page, "sections"), 0);
    value_push(c->arena, list_of(facts, "rows"), fact(c, label, text, NULL, NULL));
}

// ---- form ------------------------------------------------------------------------------

// The version that was read, also when the form is shown again. After a lost update it is the
// new one: whoever saves again has been told and means it.
static const char *
form_version(struct ctx *c, const struct value *rec)
{
    const char *typed = c->renewed && c->req != NULL && c->result != ERR_STALE
                            ? http_list_get(&c->req->form, "version")
                            : NULL;
    int64_t version = value_get_int(rec, "version", 0);
    return typed != NULL ? typed
           : version > 0 ? arena_printf(c->arena, "%lld", (long long)version)
                         : NULL;
}

// So that a form sent twice makes one record.
static const char *
form_token(struct ctx *c)
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof bytes);
    return text_hex(c->arena, bytes, sizeof bytes);
}

static const char *
errors_title(struct ctx *c)
{
    const char *n = arena_printf(c->arena, "%u", c->faults.count);
    return c->faults.count > 0 ? ctx_trf(c, T("还有 {0} 处要改，改好就能提交"), 1, n)
           : c->renewed        ? c->detail
                               : NULL;
}

// References as the suggestions offer them: "12 港口镇商会".
static const struct value *
form_record(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct value *out = value_map(c->arena);
    for (uint32_t i = 0; i < rec->map.count; i++) {
        const struct value_pair *p = &rec->map.pairs[i];
        const struct field *f = field_find(k->fields, p->key);
        value_set(c->arena, out, p->key, p->v);
        if (f != NULL && f->type == FIELD_REF && p->v->type == VALUE_INT) {
            value_set_text(
                c->arena, out, p->key,
                arena_printf(c->arena, "%lld %s", (long long)p->v->i, record_shown(c, f, rec)));
        }
    }
    return out;
}

// What a grant keeps from the reader, and the parent once it is known, are shown and sent back
// as they are.
static bool
is_fixed(struct ctx *c, const struct record_kind *k, const struct field *f, bool new)
{
    const struct record_grant *g;
    enum record_scope scope;
    return (!new &&record_parent_of(k, f->name) != NULL) ||
           (record_scope_of(c, k, new ? RECORD_CREATE : RECORD_UPDATE, &g, &scope) &&
            text_list_has(g->keeps, f->name));
}

// The record of a new form, whose parent is known.
static struct value *
known_of(struct ctx *c, const struct value *rec, const char *home, int64_t id)
{
    struct value *out = value_map(c->arena);
    for (uint32_t i = 0; i < rec->map.count; i++) {
        value_set(c->arena, out, rec->map.pairs[i].key, rec->map.pairs[i].v);
    }
    value_set_int(c->arena, out, home, id);
    return out;
}

static struct value *
form_fields(struct ctx *c, const struct record_kind *k, const struct value *rec)
{
    struct arena *a = c->arena;
    bool new = value_get_int(rec, "id", 0) == 0;
    int64_t id;
    const char *home = new ? record_home(c, k, rec, &id) : NULL;
    const char *said = home == NULL ? NULL : value_get_text(rec, record_ref_name(a, home));
    const char *parent = home == NULL   ? NULL
                         : said != NULL ? said
                                        : record_ref_title(c, k, home, id);
    struct value *all = field_form(c, k->fields, form_record(c, k, rec)), *list = value_list(a);
    for (size_t i = 0; i < value_count(all); i++) {
        struct value *m = (struct value *)(uintptr_t)value_at(all, i); // made for this page
        const struct field *f = field_find(k->fields, value_get_text(m, "name"));
        bool fixed = is_fixed(c, k, f, new);
        if (parent != NULL && strcmp(f->name, home) == 0) {
            field_fix(c, m, arena_printf(a, "%lld", (long long)id), parent);
        } else if (fixed && !new) {
            field_fix(c, m, NULL, record_shown(c, f, rec));
        } else if (fixed) {
            continue; // the federation fills it in later
        }
        value_push(a, list, m);
    }
    if (k->form != NULL) {
        k->form(c, home == NULL ? rec : known_of(c, rec, home, id), list);
    }
    return list;
}

enum err
record_form_show(struct ctx *c)
{
    const struct record_kind *k = kind_of(c);
    struct arena *a = c->arena;
    int64_t id = value_get_int(c->out, "id", 0), parent;
    const char *list = arena_printf(a, "/%s", k->plural);
    const char *url = id == 0 ? list : record_url(c, k, id, "");
    const char *label = ctx_tr(c, k->label);
    const char *home = record_home(c, k, c->out, &parent);
    const char *query =
        home == NULL ? "" : arena_printf(a, "?%s=%lld", home, (long long)parent);
    struct value *crumbs = crumbs_to(c, k, c->out);
    if (id != 0) {
        value_push(a, crumbs, crumb(c, record_title(c, k, c->out), url));
    }
    value_push(a, crumbs, crumb(c, ctx_tr(c, id == 0 ? T("登记") : T("修改")), NULL));
    struct value *page = value_map(a);
    value_set_text(a, page, "title",
                   id == 0 ? ctx_trf(c, T("登记{0}"), 1, label)
                           : ctx_trf(c, T("修改{0}"), 1, label));
    value_set(a, page, "crumbs", crumbs);
    value_set_text(a, page, "method", "post");
    value_set_text(a, page, "action", arena_printf(a, "%s%s", url, query));
    value_set_text(a, page, "token", id == 0 ? form_token(c) : NULL);
    value_set_text(a, page, "record_version", form_version(c, c->out));
    value_set_bool(a, page, "multipart", false);
    value_set(a, page, "draft", &value_null);
    value_set_text(a, page, "errors_title", errors_title(c));
    value_set(a, page, "errors_summary", field_summary(c, k->fields, "errors"));
    value_set(a, page, "fields", form_fields(c, k, c->out));
    value_set_text(a, page, "submit_label", ctx_tr(c, T("保存")));
    value_set_text(a, page, "cancel_url", home == NULL ? url : record_home_url(c, k, c->out));
    c->page = page;
    return ERR_OK;
}
