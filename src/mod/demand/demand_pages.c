// SPDX-License-Identifier: Apache-2.0
// Lists, the inbox, the forms: what demands look like before one is opened. One demand is
// shown by demand_show.c.
#include "mod/demand/demand_pages.h"

#include "base/text.h"
#include "base/workday.h"
#include "kit/listing.h"
#include "kit/record.h"
#include "mod/account/account.h"
#include "mod/demand/clock.h"
#include "mod/demand/demand.h"
#include "mod/demand/demand_rules.h"
#include "mod/demand/demand_show.h"
#include "mod/demand/demand_view.h"
#include "mod/enterprise/enterprise.h"

#include <string.h>

#define TR(c, text) tr((c)->lang, text)

static bool
is_enterprise(const struct ctx *c)
{
    return ctx_is(c, ROLE_MEMBER) &&
           !ctx_is(c, ROLE_OFFICE | ROLE_SECRETARY | ROLE_OFFICER | ROLE_LEADER);
}

// ---- lists -------------------------------------------------------------------------------

static const char *
views_of(const struct ctx *c)
{
    if (is_enterprise(c)) {
        return "open to_rate all";
    }
    if (ctx_is(c, ROLE_OFFICE)) {
        return "mine unassigned due overdue supervised to_rate review open all";
    }
    return ctx_is(c, ROLE_OFFICER) ? "mine due overdue supervised all"
                                   : "open due overdue supervised to_rate all";
}

// The start page of an officer is what waits for the department.
static const char *
view_here(const struct ctx *c)
{
    const char *view = ctx_query(c, "view");
    return view != NULL ? view : strcmp(c->req->path, "/") == 0 ? "mine" : "all";
}

static void
set_views(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (const struct choice *v = DEMAND_VIEWS; v->value != NULL; v++) {
        if (!text_list_has(views_of(c), v->value)) {
            continue;
        }
        struct value *m = value_map(a);
        bool all = strcmp(v->value, "all") == 0;
        int64_t n = all ? 0 : demand_count(c, v->value);
        value_set_text(a, m, "url", listing_url(c, "view", v->value, "id", NULL, NULL));
        value_set_text(a, m, "label", tr(c->lang, v->label));
        value_set_text(a, m, "count", all || n < 0 ? NULL : listing_count_text(a, n));
        value_set_bool(a, m, "current", strcmp(view_here(c), v->value) == 0);
        value_push(a, list, m);
    }
    value_set(a, c->page, "views", list);
}

const struct listing_own DEMAND_OWN = {.list = "demands", .label = T("诉求办理")};

// The reader's own ones behind those that everybody has; one place only is where one is.
static void
set_own_views(struct ctx *c)
{
    struct value *list = value_list(c->arena);
    const struct value *all = value_get(c->page, "views");
    struct value *own = value_list(c->arena);
    bool here = listing_push_views(c, own, DEMAND_OWN.list, NULL);
    for (size_t i = 0; i < value_count(all); i++) {
        struct value *m = (struct value *)(uintptr_t)value_at(all, i); // made by set_views
        if (here) {
            value_set_bool(c->arena, m, "current", false);
        }
        value_push(c->arena, list, m);
    }
    for (size_t i = 0; i < value_count(own); i++) {
        value_push(c->arena, list, value_at(own, i));
    }
    value_set(c->arena, c->page, "views", list);
}

static void
push_hidden(struct ctx *c, struct value *list, const char *name)
{
    const char *v = ctx_query(c, name);
    if (v != NULL) {
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "name", name);
        value_set_text(c->arena, m, "value", v);
        value_push(c->arena, list, m);
    }
}

// Filters that come with links and have no control of their own.
static const char KEPT_FILTERS[] = "source light due_at_from due_at_to created_at_to"
                                   " submitted_at_from submitted_at_to closed_at_from"
                                   " closed_at_to measure";

static void
set_filters(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *filters = value_list(a);
    struct value *chips = value_list(a);
    struct value *hidden = value_list(a);
    listing_filter(c, filters, LISTING_SEARCH, "q", T("关键词"), T("编号、企业名称、内容"),
                   NULL);
    listing_filter(c, filters, LISTING_CHOICE, "category", T("类别"), NULL, DEMAND_CATEGORIES);
    listing_filter(c, filters, LISTING_CHOICE, "state", T("状态"), NULL, DEMAND_STATES);
    listing_filter(c, filters, LISTING_CHOICE, "level", T("级别"), NULL, DEMAND_LEVELS);
    listing_filter(c, filters, LISTING_DATE, "created_at_from", T("提交日期从"), NULL, NULL);
    for (const struct field *f = DEMAND_FILTERS; f->name != NULL; f++) {
        const char *v = ctx_query(c, f->name);
        if (v == NULL || *v == '\0') {
            continue;
        }
        const char *text = f->type == FIELD_CHOICE ? choice_label(f->choices, v, c->lang) : v;
        listing_chip(c, chips, f->label, text, f->name);
        if (f->type == FIELD_REF || text_list_has(KEPT_FILTERS, f->name)) {
            push_hidden(c, hidden, f->name);
        }
    }
    const char *q = ctx_query(c, "q");
    if (q != NULL && *q != '\0') {
        listing_chip(c, chips, T("关键词"), q, "q");
    }
    push_hidden(c, hidden, "view");
    push_hidden(c, hidden, "sort");
    const char *view = ctx_query(c, "view");
    const char *clear =
        view == NULL ? c->req->path : arena_printf(a, "%s?view=%s", c->req->path, view);
    value_set_bool(a, c->page, "has_filters", true);
    value_set_bool(a, c->page, "more_filters", true);
    value_set(a, c->page, "filters", filters);
    value_set(a, c->page, "hidden", hidden);
    value_set(a, c->page, "chips", chips);
    value_set_text(a, c->page, "clear_url", value_count(chips) == 0 ? NULL : clear);
}

static void
set_columns(struct ctx *c)
{
    const char *order = ctx_query(c, "sort");
    struct value *cols = value_list(c->arena);
    listing_column(c, cols, T("事项"), "", NULL, order);
    listing_column(c, cols, T("类别"), "hide-s", NULL, order);
    listing_column(c, cols, T("状态"), "", NULL, order);
    listing_column(c, cols, T("承办部门"), "hide-s", NULL, order);
    listing_column(c, cols, T("时限"), "", "due_at", order);
    listing_column(c, cols, T("提交时间"), "hide-s", "created_at", order);
    value_set(c->arena, c->page, "columns", cols);
}

// Where a row's members were found in the row before.
struct places {
    uint32_t id, no, title, enterprise, category, state, unit, submitted, created;
};

static const char *
text_near(const struct value *d, const char *key, uint32_t *at, const char *otherwise)
{
    const struct value *v = value_get_near(d, key, at);
    return v != NULL && v->type == VALUE_TEXT ? v->s : otherwise;
}

static int64_t
time_near(const struct value *d, const char *key, uint32_t *at)
{
    const struct value *v = value_get_near(d, key, at);
    return v != NULL && v->type == VALUE_TIME ? v->i : 0;
}

// What demand-list.html says of a demand. A page has twenty and little else that takes time.
static struct value *
row_of(struct ctx *c, const struct value *d, struct places *at)
{
    struct arena *a = c->arena;
    const char *word = text_near(d, "state", &at->state, "");
    const struct choice *state = choice_find(DEMAND_STATES, word);
    const char *category = text_near(d, "category", &at->category, NULL);
    const struct value *sla = demand_view_sla(c, d);
    int64_t moment = time_near(d, "submitted_at", &at->submitted);
    moment = moment != 0 ? moment : time_near(d, "created_at", &at->created);
    const struct value_pair pairs[] = {
        VALUE_PAIR("id", value_get_near(d, "id", &at->id)),
        VALUE_PAIR("receipt_no",
                   value_ref(a, text_near(d, "receipt_no", &at->no, TR(c, "草稿")))),
        VALUE_PAIR("title", value_ref(a, text_near(d, "title", &at->title, ""))),
        VALUE_PAIR("enterprise", value_ref(a, text_near(d, "enterprise", &at->enterprise, ""))),
        VALUE_PAIR("category",
                   value_ref(a, choice_label(DEMAND_CATEGORIES, category, c->lang))),
        VALUE_PAIR("tone", value_ref(a, state == NULL ? NULL : state->tone)),
        VALUE_PAIR("state", value_ref(a, state == NULL ? word : tr(c->lang, state->label))),
        VALUE_PAIR("unit", value_ref(a, text_near(d, "lead_unit", &at->unit, "—"))),
        VALUE_PAIR("sla", sla == NULL ? &value_null : sla),
        VALUE_PAIR("day", value_ref(a, demand_view_day(c, moment))),
    };
    return value_map_of(a, pairs, sizeof pairs / sizeof *pairs);
}

static void
push_action(struct ctx *c, struct value *list, const char *url, const char *label,
            const char *icon, bool primary)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "url", url);
    value_set_text(c->arena, m, "label", label);
    value_set_text(c->arena, m, "icon", icon);
    value_set_bool(c->arena, m, "primary", primary);
    value_push(c->arena, list, m);
}

static const struct value *
empty_of(struct ctx *c, size_t shown, bool filtered)
{
    if (shown > 0) {
        return &value_null;
    }
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "title",
                   filtered ? TR(c, "没有符合条件的诉求") : TR(c, "这里现在没有诉求"));
    value_set_text(a, m, "text",
                   filtered ? TR(c, "换一个条件，或清除筛选再看。")
                            : TR(c, "有新的诉求时会出现在这里。"));
    value_set(a, m, "action", &value_null);
    if (is_enterprise(c) && !filtered) {
        struct value *b = value_map(a);
        value_set_text(a, b, "url", "/demands/new");
        value_set_text(a, b, "label", TR(c, "提诉求"));
        value_set(a, m, "action", b);
    }
    return m;
}

static void
set_exports(struct ctx *c, size_t shown)
{
    if (shown == 0 || is_enterprise(c)) {
        value_set(c->arena, c->page, "exports", &value_null);
        return;
    }
    const char *query = listing_query(c, "id", NULL, NULL);
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "csv", arena_printf(c->arena, "/demands.csv%s", query));
    value_set_text(c->arena, m, "xlsx", arena_printf(c->arena, "/demands.xlsx%s", query));
    value_set(c->arena, c->page, "exports", m);
}

static void
set_pager(struct ctx *c, size_t shown)
{
    const char *next = value_get_text(c->out, "next");
    const char *previous = value_get_text(c->out, "previous");
    int64_t total = demand_list_total(c);
    struct value *p = listing_pager(c, previous, next, shown, total);
    if (total > LISTING_COUNT_MOST) { // a figure's list has the figure's very number
        value_set_text(c->arena, p, "range_text",
                       trf(c->arena, c->lang, "本页 {0} 条，共 {1} 条", 2,
                           arena_printf(c->arena, "%zu", shown),
                           arena_printf(c->arena, "%lld", (long long)total)));
    }
    value_set(c->arena, c->page, "pager", p);
}

enum err
demand_show_list(struct ctx *c)
{
    struct arena *a = c->arena;
    if (ctx_is(c, ROLE_OFFICER) && !ctx_is(c, ROLE_OFFICE)) {
        return demand_show_inbox(c);
    }
    const struct value *items = value_get(c->out, "items");
    size_t n = value_count(items);
    struct value *rows = value_list(a);
    struct value *actions = value_list(a);
    struct places at = {0};
    for (size_t i = 0; i < n && !is_enterprise(c); i++) {
        value_push(a, rows, row_of(c, value_at(items, i), &at));
    }
    if (!is_enterprise(c)) {
        value_push(a, actions, listing_own_action(c, &DEMAND_OWN));
    }
    if (is_enterprise(c)) {
        push_action(c, actions, "/demands/new", TR(c, "提诉求"), "plus", true);
    } else if (ctx_is(c, ROLE_OFFICE | ROLE_SECRETARY)) {
        push_action(c, actions, "/demands/new", TR(c, "代企业登记"), "plus", true);
    }
    set_views(c);
    if (!is_enterprise(c)) {
        set_own_views(c);
    }
    set_filters(c);
    set_columns(c);
    set_pager(c, n);
    set_exports(c, n);
    value_set_text(a, c->page, "title",
                   is_enterprise(c) ? TR(c, "我的诉求") : TR(c, "诉求办理"));
    value_set(a, c->page, "subtitle", &value_null);
    value_set(a, c->page, "actions", actions);
    value_set(a, c->page, "rows", rows);
    value_set(a, c->page, "empty",
              empty_of(c, n, value_get_text(c->page, "clear_url") != NULL));
    value_set(a, c->page, "bulk", n > 0 && ctx_is(c, ROLE_OFFICE) ? &value_true : &value_null);
    if (is_enterprise(c)) {
        value_set_bool(a, c->page, "has_filters", false);
        value_set(a, c->page, "items", demand_view_items(c, c->out));
        c->template = "demand-mine";
    } else {
        c->template = "demand-list";
    }
    return ERR_OK;
}

// ---- the officers' inbox -----------------------------------------------------------------

// What the reader's department is to it, from the legs of full records; lists know the lead.
static const char *
part_of(struct ctx *c, const struct value *d)
{
    return value_get_int(d, "lead_unit_id", 0) == c->actor->organization_id ? TR(c, "主办")
                                                                            : TR(c, "协办");
}

static struct value *
inbox_line(struct ctx *c, const struct value *d, int64_t chosen)
{
    struct arena *a = c->arena;
    struct value *m = demand_view_item(c, d);
    int64_t id = value_get_int(d, "id", 0);
    const char *state = value_get_text(d, "state");
    bool unsigned_yet = text_equal(state, "dispatched") || text_equal(state, "reopened");
    const char *text = arena_printf(a, "%lld", (long long)id);
    value_set_text(a, m, "url",
                   arena_printf(a, "/demands%s",
                                listing_query(c, "id", text, "view", view_here(c), NULL)));
    value_set_bool(a, m, "current", id == chosen);
    value_set_bool(a, m, "fresh", unsigned_yet);
    value_set_text(a, m, "part", part_of(c, d));
    // A case nobody has signed for says so; its time runs, too, but is short anyway.
    bool late = text_equal(value_get_text(d, "light"), "red");
    value_set(a, m, "mark",
              unsigned_yet && !late ? value_get(m, "state") : value_get(m, "sla"));
    return m;
}

enum err
demand_show_inbox(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    size_t n = value_count(items);
    int64_t chosen = 0;
    const char *asked = ctx_query(c, "id");
    bool open = asked != NULL && text_to_int(asked, &chosen);
    if (!open && n > 0) {
        chosen = value_get_int(value_at(items, 0), "id", 0);
    }
    struct value *list = value_list(a);
    for (size_t i = 0; i < n; i++) {
        value_push(a, list, inbox_line(c, value_at(items, i), chosen));
    }
    const struct demand_seen *seen = chosen == 0 ? NULL : demand_see(c, chosen);
    set_views(c);
    set_pager(c, n);
    set_exports(c, n);
    value_set_text(a, c->page, "title", TR(c, "待办"));
    value_set_text(a, c->page, "unit",
                   c->actor->organization == NULL ? "" : c->actor->organization);
    value_set(a, c->page, "items", list);
    value_set(a, c->page, "empty", empty_of(c, n, false));
    value_set_bool(a, c->page, "is_open", open && seen != NULL);
    value_set_text(a, c->page, "list_url",
                   arena_printf(a, "/demands%s",
                                listing_query(c, "id", NULL, "view", view_here(c), NULL)));
    value_set(a, c->page, "case", seen == NULL ? &value_null : demand_show_case(c, seen));
    value_set_text(a, c->page, "token", demand_view_token(c));
    value_set(a, c->page, "record_version",
              seen == NULL ? &value_null : value_get(seen->record, "version"));
    c->template = "demand-inbox";
    return ERR_OK;
}

// ---- the form of a new one ---------------------------------------------------------------

static void
set_group(struct ctx *c, const struct value *fields, const char *key, const char *names)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct value *f = value_at(fields, i);
        if (text_list_has(names, value_get_text(f, "name"))) {
            value_push(c->arena, list, f);
        }
    }
    value_set(c->arena, c->page, key, list);
}

// Before anything was typed: who may see it is settled in the simplest way.
static struct value *
new_record(struct ctx *c)
{
    struct value *rec = value_map(c->arena);
    value_set_text(c->arena, rec, "visibility", "chamber");
    int64_t id = 0; // opened from the page of an enterprise
    const char *asked = is_enterprise(c) ? NULL : ctx_query(c, "enterprise_id");
    const struct value *enterprise =
        asked != NULL && text_to_int(asked, &id) ? record_get(c, &ENTERPRISE_KIND, id) : NULL;
    if (enterprise != NULL) {
        value_set_text(
            c->arena, rec, "enterprise_id",
            arena_printf(c->arena, "%s %s", asked, value_get_text(enterprise, "name")));
    }
    if (is_enterprise(c)) {
        value_set_text(c->arena, rec, "contact_name", c->actor->name);
    }
    return rec;
}

// What was typed here before and never sent comes back, unless the form was opened for a
// certain enterprise. Only words count: a draft of what the form itself fills in is none.
static void
take_draft(struct ctx *c, struct value *rec)
{
    static const char *const WORDS[] = {"title", "body", "hope"};
    int64_t at = 0;
    const struct value *draft = c->renewed || ctx_query(c, "enterprise_id") != NULL
                                    ? NULL
                                    : draft_get(c, "demand", &at);
    bool any = false;
    for (size_t i = 0; draft != NULL && i < sizeof WORDS / sizeof *WORDS; i++) {
        const char *s = value_get_text(draft, WORDS[i]);
        any |= s != NULL && *s != '\0';
    }
    for (uint32_t i = 0; draft != NULL && any && i < draft->map.count; i++) {
        value_set(c->arena, rec, draft->map.pairs[i].key, draft->map.pairs[i].v);
    }
    value_set_text(c->arena, c->page, "draft_at", any ? demand_view_when(c, at) : NULL);
}

enum err
demand_show_new(struct ctx *c)
{
    struct arena *a = c->arena;
    bool own = is_enterprise(c);
    struct value *rec = new_record(c);
    take_draft(c, rec);
    struct value *fields = field_form(c, DEMAND_FIELDS, rec);
    demand_view_need_enterprise(c, fields);
    set_group(c, fields, "who", own ? "" : "enterprise_id source");
    set_group(c, fields, "what", "body title category");
    set_group(c, fields, "want", "hope contact_name contact_mobile visibility");
    set_group(c, fields, "files", "attachment_ids");
    demand_view_errors(c, DEMAND_FIELDS);
    value_set_bool(a, c->page, "own", own);
    value_set_text(a, c->page, "title", own ? TR(c, "提诉求") : TR(c, "代企业登记诉求"));
    value_set_text(a, c->page, "back_url", own ? "/" : "/demands");
    value_set_text(a, c->page, "accept_by", demand_view_accept_by(c));
    value_set_text(a, c->page, "token", demand_view_token(c));
    value_set(a, c->page, "record_version", &value_null);
    c->template = own ? "demand-new" : "demand-register";
    return ERR_OK;
}

// ---- one step ----------------------------------------------------------------------------

// The four levels with the day each would be answered by.
static struct value *
level_picks(struct ctx *c, const char *chosen)
{
    struct arena *a = c->arena;
    const struct clock_profile *p = demand_rules_now(c);
    struct value *list = value_list(a);
    for (int i = 1; i <= CLOCK_LEVELS; i++) {
        const struct choice *l = &DEMAND_LEVELS[i - 1];
        int days = p->answer[i];
        struct value *m = value_map(a);
        value_set_text(a, m, "value", l->value);
        value_set_text(a, m, "label", tr(c->lang, l->label));
        value_set_text(a, m, "days",
                       trf(a, c->lang, "{0} 个工作日", 1, arena_printf(a, "%d", days)));
        value_set_text(a, m, "due", demand_view_when(c, workday_due(&p->hours, c->now, days)));
        value_set_bool(a, m, "checked", text_equal(chosen, l->value));
        value_push(a, list, m);
    }
    return list;
}

static const char *
typed(struct ctx *c, const char *name)
{
    return c->renewed && c->req != NULL ? http_list_get(&c->req->form, name) : NULL;
}

static bool
holds(const struct http_list *list, const char *name, const char *value)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0 &&
            strcmp(list->items[i].value, value) == 0) {
            return true;
        }
    }
    return false;
}

void
demand_show_units(struct ctx *c, const char *category, int64_t lead,
                  const struct http_list *chosen)
{
    struct arena *a = c->arena;
    const struct value *units = demand_units(c, category);
    bool any = chosen != NULL && http_list_get(chosen, "lead_unit_id") != NULL;
    struct value *list = value_list(a);
    const struct value *suggested = &value_null;
    for (size_t i = 0; i < value_count(units); i++) {
        const struct value *u = value_at(units, i);
        int64_t id = value_get_int(u, "id", 0);
        const char *text = arena_printf(a, "%lld", (long long)id);
        bool hint = value_get_bool(u, "suggested");
        bool now = lead == 0 ? hint : id == lead;
        struct value *m = value_map(a);
        value_set_int(a, m, "id", id);
        value_set_text(a, m, "name", value_get_text(u, "name"));
        value_set_bool(a, m, "suggested", hint);
        value_set_bool(a, m, "checked", any ? holds(chosen, "lead_unit_id", text) : now);
        value_set_bool(a, m, "assists", holds(chosen, "assist_unit_ids", text));
        value_push(a, list, m);
        suggested = hint ? m : suggested;
    }
    value_set(a, c->page, "units", list);
    value_set(a, c->page, "suggested_unit", suggested);
}

static void
push_preview(struct ctx *c, struct value *list, const char *label, int days, bool sum)
{
    struct arena *a = c->arena;
    const struct office_hours *hours = &demand_rules_now(c)->hours;
    struct value *m = value_map(a);
    value_set_text(a, m, "label", label);
    value_set_text(a, m, "days",
                   trf(a, c->lang, "{0} 个工作日", 1, arena_printf(a, "%d", days)));
    value_set_text(a, m, "due", demand_view_when(c, workday_due(hours, c->now, days)));
    value_set_bool(a, m, "sum", sum);
    value_push(a, list, m);
}

static void
set_preview(struct ctx *c, const struct value *d)
{
    const struct clock_profile *p = demand_rules_now(c);
    const char *level = value_get_text(d, "level");
    int n = level == NULL ? 0 : level[1] - '0';
    struct value *list = value_list(c->arena);
    push_preview(c, list, TR(c, "部门签收"), p->sign, false);
    push_preview(c, list, TR(c, "可以退单"), p->objection, false);
    push_preview(c, list, TR(c, "联系企业"), p->sign + p->contact, false);
    if (n >= 1 && n <= CLOCK_LEVELS) {
        push_preview(c, list, TR(c, "答复企业"), p->answer[n], true);
    }
    value_set(c->arena, c->page, "preview", list);
    value_set_text(c->arena, c->page, "level_label",
                   level == NULL ? NULL : choice_label(DEMAND_LEVELS, level, c->lang));
}

// What a step's form begins with: a review is due on the last day that the rules allow.
static const struct value *
step_record(struct ctx *c, const char *name)
{
    if (strcmp(name, "pend") != 0) {
        return NULL;
    }
    struct value *v = value_map(c->arena);
    value_set_text(c->arena, v, "review_on", day_text(c->arena, demand_rules_review_by(c)));
    return v;
}

static void
set_step_form(struct ctx *c, const struct value *d, const struct value *step,
              const struct transition *t)
{
    struct arena *a = c->arena;
    const char *name = value_get_text(step, "name");
    long long id = (long long)value_get_int(d, "id", 0);
    bool danger = text_list_has("is-bad is-danger is-warn", value_get_text(step, "tone"));
    const char *label = value_get_text(step, "label");
    value_set_text(a, c->page, "title", value_get_text(d, "title"));
    value_set_text(a, c->page, "label", label);
    value_set_text(a, c->page, "consequence", value_get_text(step, "consequence"));
    value_set_text(a, c->page, "method", "post");
    value_set_text(a, c->page, "action", arena_printf(a, "/demands/%lld/%s", id, name));
    value_set_text(a, c->page, "token", demand_view_token(c));
    value_set(a, c->page, "record_version", value_get(d, "version"));
    value_set_bool(a, c->page, "multipart", field_find(t->needs, "attachment_ids") != NULL);
    value_set(a, c->page, "draft", &value_null);
    value_set(a, c->page, "fields", field_form(c, t->needs, step_record(c, name)));
    value_set_text(a, c->page, "submit_label", trf(a, c->lang, "确认{0}", 1, label));
    value_set_text(a, c->page, "submit_class", danger ? "btn-danger" : "btn-primary");
    value_set_bool(a, c->page, "danger", danger);
    value_set_text(a, c->page, "cancel_url", arena_printf(a, "/demands/%lld", id));
    demand_view_errors(c, t->needs);
}

enum err
demand_show_step(struct ctx *c)
{
    const struct value *d = value_get(c->out, "demand");
    const struct value *step = value_get(c->out, "step");
    const char *name = value_get_text(step, "name");
    const struct transition *t = name == NULL ? NULL : demand_transition(name);
    if (t == NULL) {
        return ERR_NOT_FOUND;
    }
    set_step_form(c, d, step, t);
    demand_show_crumbs(c, d, value_get_text(step, "label"));
    value_set(c->arena, c->page, "case", demand_show_case(c, c->prepared));
    c->template = "demand-step";
    if (strcmp(name, "accept") == 0) {
        const char *level = typed(c, "level");
        value_set(c->arena, c->page, "levels", level_picks(c, level == NULL ? "L2" : level));
        c->template = "demand-accept";
    } else if (strcmp(name, "dispatch") == 0) {
        demand_show_units(c, value_get_text(d, "category"), value_get_int(d, "lead_unit_id", 0),
                          c->renewed ? &c->req->form : NULL);
        set_preview(c, d);
        c->template = "demand-dispatch";
    }
    return ERR_OK;
}
