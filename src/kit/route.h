// SPDX-License-Identifier: Apache-2.0
// A route is one row of data. The gate interprets it: roles, CSRF, input, transaction,
// answer. `/x` serves pages, `/api/v1/x` the same as JSON.
#ifndef KIT_ROUTE_H
#define KIT_ROUTE_H

#include "kit/ctx.h"

typedef enum err (*route_fn)(struct ctx *c);

enum {
    ROUTE_PAGE = 1,    // pages only, no /api/v1 twin
    ROUTE_API = 2,     // API only
    ROUTE_WAITS = 4,   // `prepare` (password hashing), or `run` of a GET without a page (a
                       // workbook), is slow: on the worker pool
    ROUTE_PARTIAL = 8, // required fields may be absent (PATCH)
    ROUTE_NO_TX = 16,  // POST that writes nothing (pure rules)
    ROUTE_FRESH = 64,  // a GET that vouches for something: never answered from a standby
    ROUTE_RATED = 32,  // login class of the rate limit (kit/rate.h); other classes show
};

struct route {
    enum http_method method;    // HTTP_GET, HTTP_POST, HTTP_PATCH
    const char *pattern;        // "/demands/{id}"; NULL ends a table
    unsigned roles;             // who may use it; 0 is refused at start
    const struct field *fields; // input of a POST/PATCH; NULL = none
    // On the http thread (or a worker with ROUTE_WAITS) before the transaction, input read and
    // valid, c->tx a read snapshot: look-ups, tokenising, hashing. May be NULL.
    route_fn prepare;
    // GET: on a snapshot. POST, PATCH: inside the write transaction, re-runnable.
    // Fills c->out, c->location …
    route_fn run;
    // Pages only, on a snapshot after `run` of a GET succeeded: fills c->page from c->out.
    route_fn show;
    const char *page; // template of a GET
    // POST from a page with faults (422) or refused (409, 412): this GET handler pair runs with
    // c->renewed and shows the form again with what was typed. NULL: the error page.
    route_fn again, again_show;
    const char *again_page;
    unsigned flags;
    size_t max_body;  // 0 = 64 KiB for JSON and forms
    const char *help; // English, one line, for `huiqiao routes` and OpenAPI
    const void *data; // the handlers' own: which kind of record, which step
};

// Nav entries a module contributes; shown to whom the roles name.
struct nav_item {
    const char *group; // Chinese heading
    const char *url;   // NULL ends a table
    const char *label;
    const char *icon;
    unsigned roles;
    bool tab; // also in the phone's tab bar (at most four)
    // Number beside it, -1 none; kept until the database changes. May be NULL.
    int64_t (*count)(struct ctx *c);
    // Where it is of no use it is not shown. NULL: always.
    bool (*hidden)(struct ctx *c);
};

struct program;     // kit/app.h
struct record_kind; // kit/record.h
struct record_link;
struct record_panel;
struct record_watch;
struct import_kind; // kit/import.h

// Everything a module hands to the app; app.c holds the only list of them.
struct module {
    const char *name;
    const struct route *routes;             // ended by a NULL pattern
    const struct db_stmt *const *stmts;     // NULL-ended list of its statements
    const struct nav_item *nav;             // may be NULL
    const struct record_kind *const *kinds; // its kinds of record (kit/record.h): a NULL-ended
                                            // list, or NULL
    const struct record_panel *panels;      // what it adds to pages of other modules' records
    // What the search box finds of records that are no such kind: a group as kit/find.h makes
    // them with at most `most` items, or NULL.
    struct value *(*find)(struct ctx *c, const char *text, unsigned most);
    // Once in a process, before any district is opened: reads what the process keeps. False and
    // *why when it cannot. May be NULL.
    bool (*open)(struct program *p, const char **why);
    // What it does when other modules' records are saved.
    const struct record_watch *watches;
    // What it keeps sealed beside its kinds: as record_reseal. May be NULL.
    int64_t (*reseal)(struct ctx *c, int64_t after, unsigned most);
    // Columns of its tables that refer to records which can be merged (kit/record_merge.h).
    const struct record_link *links;
    // Kinds that come in from tables: a NULL-ended list, or NULL.
    const struct import_kind *const *imports;
};

#endif
