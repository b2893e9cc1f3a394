// SPDX-License-Identifier: Apache-2.0
// The audit log for the administrator, newest first: all of it, or what was done to one record,
// by one person, to one kind, in one way.
#include "mod/account/account_impl.h"

#include "base/text.h"
#include "kit/account.h"
#include "kit/field.h"
#include "kit/listing.h"

#include <string.h>

#define COLUMNS "id, at, account_id, who, ip, action, kind, record_id, data"
#define ROW                                                                                    \
    "id:int at:time account_id:int who:text ip:text action:text kind:text record_id:int "      \
    "data:json"
#define NEWEST " AND id < $1 ORDER BY id DESC LIMIT $2"
// What leads has an index; the others narrow what it finds.
#define NARROWED                                                                               \
    " AND ($3 = '' OR action = $3) AND ($4 = '' OR kind = $4) AND ($5 = 0 OR account_id = $5)"
#define PARAMS "before:int most:int action:text kind:text account_id:int"

const struct db_stmt AUDIT_ALL = {.name = "audit.list",
                                  .sql = "SELECT " COLUMNS
                                         " FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2",
                                  .params = "before:int most:int",
                                  .row = ROW};
const struct db_stmt AUDIT_BY_RECORD = {
    .name = "audit.by_record",
    .sql = "SELECT " COLUMNS " FROM audit WHERE kind = $4 AND record_id = $6 "
           "AND ($3 = '' OR action = $3) AND ($5 = 0 OR account_id = $5)" NEWEST,
    .params = PARAMS " record_id:int",
    .row = ROW};
const struct db_stmt AUDIT_BY_ACCOUNT = {
    .name = "audit.by_account",
    .sql = "SELECT " COLUMNS " FROM audit WHERE account_id = $5 "
           "AND ($3 = '' OR action = $3) AND ($4 = '' OR kind = $4)" NEWEST,
    .params = PARAMS,
    .row = ROW};
const struct db_stmt AUDIT_BY_ACTION = {
    .name = "audit.by_action",
    .sql = "SELECT " COLUMNS " FROM audit WHERE action = $3 "
           "AND ($4 = '' OR kind = $4) AND ($5 = 0 OR account_id = $5)" NEWEST,
    .params = PARAMS,
    .row = ROW};
const struct db_stmt AUDIT_BY_KIND = {
    .name = "audit.by_kind",
    .sql = "SELECT " COLUMNS " FROM audit WHERE kind = $4 "
           "AND ($3 = '' OR action = $3) AND ($5 = 0 OR account_id = $5)" NEWEST,
    .params = PARAMS,
    .row = ROW};

struct wanted {
    const char *action, *kind, *login;
    int64_t account_id, record_id;
    int64_t before;
    unsigned most;
};

static const char *
query(struct ctx *c, const char *name)
{
    const char *s = ctx_query(c, name);
    return s == NULL ? "" : text_tidy(c->arena, s, false);
}

static enum err
read_wanted(struct ctx *c, struct wanted *w)
{
    const char *after = ctx_query(c, "after"), *record = query(c, "record");
    *w = (struct wanted){.action = query(c, "action"),
                         .kind = query(c, "kind"),
                         .login = query(c, "login"),
                         .before = INT64_MAX,
                         .most = listing_limit(c)};
    if (after != NULL && !text_to_int(after, &w->before)) {
        ctx_fault(c, "after", "cursor", T("这个翻页位置不对，请从第一页看起"));
    }
    if (*record != '\0' && !text_to_int(record, &w->record_id)) {
        ctx_fault(c, "record", "number", T("请输入数字"));
    }
    if (*w->login != '\0') {
        w->account_id = account_by_login(c->tx, w->login);
        if (w->account_id == 0) {
            ctx_fault(c, "login", "reference", T("没有这个账号"));
        }
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

static struct value *
find_rows(struct ctx *c, const struct wanted *w)
{
    const struct db_arg args[] = {DB_INT(w->before),     DB_INT((int64_t)w->most),
                                  DB_TEXT(w->action),    DB_TEXT(w->kind),
                                  DB_INT(w->account_id), DB_INT(w->record_id)};
    if (*w->kind != '\0' && w->record_id != 0) {
        return db_list(c->tx, c->arena, &AUDIT_BY_RECORD, args, 6);
    }
    const struct db_stmt *s = w->account_id != 0   ? &AUDIT_BY_ACCOUNT
                              : *w->action != '\0' ? &AUDIT_BY_ACTION
                              : *w->kind != '\0'   ? &AUDIT_BY_KIND
                                                   : NULL;
    return s == NULL ? db_list(c->tx, c->arena, &AUDIT_ALL, args, 2)
                     : db_list(c->tx, c->arena, s, args, 5);
}

enum err
audit_log_run(struct ctx *c)
{
    struct wanted w;
    if (read_wanted(c, &w) != ERR_OK) {
        return ERR_INVALID;
    }
    struct value *items = find_rows(c, &w), *out = value_map(c->arena);
    value_set(c->arena, out, "items", items);
    value_set(c->arena, out, "next", account_next_cursor(c->arena, items, w.most));
    c->out = out;
    return ERR_OK;
}

// ---- page ---------------------------------------------------------------------------------

static struct value *
cells_of(struct ctx *c, const struct value *row)
{
    struct arena *a = c->arena;
    struct value *cells = value_list(a);
    const char *kind = value_get_text(row, "kind"), *action = value_get_text(row, "action");
    const char *id = arena_printf(a, "%lld", (long long)value_get_int(row, "record_id", 0));
    struct value *record = listing_cell(
        c,
        *kind == '\0' ? ""
                      : arena_printf(a, "%s %s", choice_label(AUDIT_KINDS, kind, c->lang), id),
        "num");
    struct value *what = listing_cell(c, choice_label(AUDIT_ACTIONS, action, c->lang), "");
    if (*kind != '\0') {
        value_set_text(a, record, "url", listing_url(c, "kind", kind, "record", id, NULL));
    }
    value_set_text(a, what, "url", listing_url(c, "action", action, NULL));
    value_push(a, cells,
               listing_cell(c, time_minute_text(a, value_get_int(row, "at", 0)), "num"));
    value_push(a, cells, listing_cell(c, value_get_text(row, "who"), ""));
    value_push(a, cells, what);
    value_push(a, cells, record);
    value_push(a, cells, listing_cell(c, value_get_text(row, "ip"), "num hide-s"));
    return cells;
}

static void
add_rows(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *items = value_get(c->out, "items");
    struct value *rows = value_list(a), *empty = value_map(a);
    for (size_t i = 0; i < value_count(items); i++) {
        struct value *row = value_map(a);
        value_set(a, row, "url", &value_null);
        value_set(a, row, "id", value_get(value_at(items, i), "id"));
        value_set_text(a, row, "select_label", "");
        value_set(a, row, "cells", cells_of(c, value_at(items, i)));
        value_push(a, rows, row);
    }
    value_set_text(a, empty, "title", ctx_tr(c, T("没有符合条件的记录")));
    value_set_text(a, empty, "text", ctx_tr(c, T("换个条件试试。")));
    value_set(a, empty, "action", &value_null);
    value_set(a, c->page, "rows", rows);
    value_set(a, c->page, "empty", value_count(rows) == 0 ? empty : &value_null);
    value_set(a, c->page, "pager",
              listing_pager(c, NULL, value_get_text(c->out, "next"), value_count(rows), -1));
}

static void
add_filters(struct ctx *c)
{
    static const struct {
        const char *name, *label;
        const struct choice *choices;
    } FILTERS[] = {{"login", T("登录账号"), NULL},
                   {"action", T("做了什么"), AUDIT_ACTIONS},
                   {"kind", T("对象"), AUDIT_KINDS},
                   {"record", T("对象编号"), NULL}};
    struct arena *a = c->arena;
    struct value *filters = value_list(a), *chips = value_list(a);
    for (size_t i = 0; i < sizeof FILTERS / sizeof *FILTERS; i++) {
        const char *given = query(c, FILTERS[i].name);
        const struct choice *choices = FILTERS[i].choices;
        listing_filter(c, filters, choices == NULL ? LISTING_TEXT : LISTING_CHOICE,
                       FILTERS[i].name, FILTERS[i].label, NULL, choices);
        if (*given != '\0') {
            listing_chip(c, chips, FILTERS[i].label,
                         choices == NULL ? given : choice_label(choices, given, c->lang),
                         FILTERS[i].name);
        }
    }
    value_set(a, c->page, "filters", filters);
    value_set(a, c->page, "chips", chips);
    value_set_text(a, c->page, "clear_url", value_count(chips) == 0 ? NULL : "/audit");
    value_set_bool(a, c->page, "has_filters", true);
    value_set_bool(a, c->page, "more_filters", true);
}

enum err
audit_log_show(struct ctx *c)
{
    static const char *const HEADS[] = {T("时间"), T("谁"), T("做了什么"), T("对象"),
                                        T("来自")};
    static const char *const LISTS[] = {"actions", "views", "hidden"};
    struct arena *a = c->arena;
    struct value *columns = value_list(a);
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        listing_column(c, columns, HEADS[i], i == 4 ? "hide-s" : "", NULL, NULL);
    }
    value_set_text(a, c->page, "title", ctx_tr(c, T("审计日志")));
    value_set_text(a, c->page, "subtitle",
                   ctx_tr(c, T("每一行都与前一行连在一起，改动会被发现")));
    for (size_t i = 0; i < sizeof LISTS / sizeof *LISTS; i++) {
        value_set(a, c->page, LISTS[i], value_list(a));
    }
    value_set(a, c->page, "bulk", &value_null);
    value_set(a, c->page, "exports", &value_null);
    value_set(a, c->page, "columns", columns);
    add_filters(c);
    add_rows(c);
    return ERR_OK;
}
