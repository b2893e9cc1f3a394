// SPDX-License-Identifier: Apache-2.0
// What every list needs, whatever it lists: page size, cursors, addresses of the same list
// with something changed, counts that stay until the database changes.
#ifndef KIT_LISTING_H
#define KIT_LISTING_H

#include "kit/ctx.h"

enum { LISTING_DEFAULT = 20, LISTING_MOST = 200, LISTING_COUNT_MOST = 1000 };

// ?limit; adds a fault when it is not 1 … 200. Returns a usable number in any case.
unsigned listing_limit(struct ctx *c);

// Where a page ends: the sort value of its last row (text or number) and the row's id. The
// text is opaque to clients.
struct listing_cursor {
    const char *text; // as it was written; a number for numeric orders
    int64_t number;   // 0 when the text is not a number
    int64_t id;
};
const char *listing_cursor_encode(struct arena *a, const struct value *sort, int64_t id);
bool listing_cursor_decode(struct arena *a, const char *s, struct listing_cursor *out);

// The address of this list (path and query of the request) with parameters replaced: pairs of
// name and value, ended by a NULL name; a NULL value removes. The cursors always go unless
// they are set here: another filter starts at the first page.
const char *listing_url(struct ctx *c, ...) __attribute__((sentinel));
// "?…" of the query only, or "" when nothing is left: for exports of the same list.
const char *listing_query(struct ctx *c, ...) __attribute__((sentinel));

// A chip and a filter of list.html.
void listing_chip(struct ctx *c, struct value *chips, const char *label, const char *text,
                  const char *parameter);
enum listing_control { LISTING_SEARCH, LISTING_TEXT, LISTING_DATE, LISTING_CHOICE };
// `options` may be NULL; value comes from the query.
void listing_filter(struct ctx *c, struct value *filters, enum listing_control control,
                    const char *name, const char *label, const char *placeholder,
                    const struct choice *choices);
// A column head; `sort` is the sort word of the column or NULL, `order` the current order.
void listing_column(struct ctx *c, struct value *columns, const char *label, const char *class,
                    const char *sort, const char *order);
// One cell with every key of the contract set; change what is special.
struct value *listing_cell(struct ctx *c, const char *text, const char *class);
struct value *listing_badge(struct ctx *c, const char *class, const char *icon,
                            const char *text);
// previous and next are cursors or NULL; shown rows, and the count (see below, -1 unknown).
struct value *listing_pager(struct ctx *c, const char *previous, const char *next, size_t shown,
                            int64_t count);
// "38" or "1000+".
const char *listing_count_text(struct arena *a, int64_t count);
// The same of what was counted to `most` + 1: "200+".
const char *listing_count_to(struct arena *a, int64_t count, int64_t most);

// fn's answer, kept for this key until the database changes. Thread safe. `key` must hold
// everything the answer depends on (scope and filters). fn counts to 1,001 at most.
int64_t listing_count_cached(struct app *app, const char *key, uint64_t generation,
                             int64_t (*fn)(void *arg), void *arg);

#endif
