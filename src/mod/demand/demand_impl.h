// SPDX-License-Identifier: Apache-2.0
// What the files of this module share and nobody else may use.
#ifndef MOD_DEMAND_DEMAND_IMPL_H
#define MOD_DEMAND_DEMAND_IMPL_H

#include "mod/demand/clock.h"
#include "mod/demand/demand.h"
#include "mod/demand/demand_rules.h"

// Later than any due: the key of demands that have none.
#define DEMAND_NEVER INT64_C(9000000000000000)

enum {                  // what the reader is to a demand
    DEMAND_OWNER = 1,   // its enterprise
    DEMAND_AUTHOR = 2,  // registered it
    DEMAND_LEAD = 4,    // its lead department
    DEMAND_ASSIST = 8,  // helps
    DEMAND_OFFICE = 16, // the federation
    DEMAND_LOOKS = 32,  // may only look
};

struct demand_leg {
    int64_t unit_id;
    const char *unit;
    const char *role; // "lead" "assist"
    const char *state;
    int64_t dispatched_at, signed_at, answered_at, due_at;
    int met; // 0 late, 1 in time, -1 not known yet
    bool open;
};

enum { DEMAND_LEGS_MAX = 40 };

// A demand while a step changes it. Texts live in the arena.
struct demand {
    int64_t id, version;
    const char *receipt_no, *title, *state, *source, *level, *category, *visibility;
    int64_t enterprise_id, chamber_id, lead_unit_id, created_by;
    const char *outcome, *comment, *extension, *resume_state, *closed_by, *review_on;
    int64_t satisfaction, extension_days, reopenings, merged_into;
    int64_t created_at, submitted_at, accepted_at, answered_at, closed_at, supervised_at;
    // Caches.
    int64_t next_due_at, confirm_due_at, callback_due_at, yellow_at, red_at, spent_minutes;
    int on_time; // -1 not known
    bool paused;
    struct demand_leg *legs;
    size_t leg_count;
    unsigned relations;
};

struct demand_event {
    int64_t at;
    const char *type;
    int64_t unit_id;
    bool internal;
    const struct value *data; // NULL: nothing
};

// ---- store: the only SQL -----------------------------------------------------------------

extern const struct db_stmt *const DEMAND_STATEMENTS[];
extern const struct db_stmt DEMAND_FIGURE_TOTALS, DEMAND_FIGURE_NOW, DEMAND_FIGURE_MEDIAN,
    DEMAND_FIGURE_CATEGORIES, DEMAND_FIGURE_DEPARTMENTS, DEMAND_FIGURE_SUBMITTED,
    DEMAND_FIGURE_CLOSED;

enum demand_driver { // what a list walks along
    DEMAND_BY_ALL,
    DEMAND_BY_OPEN,
    DEMAND_BY_UNASSIGNED,
    DEMAND_BY_TODO,
    DEMAND_BY_SUPERVISED,
    DEMAND_BY_ENTERPRISE,
    DEMAND_BY_CHAMBER,
    DEMAND_BY_STATE,
    DEMAND_BY_CATEGORY,
    DEMAND_BY_UNIT,
    DEMAND_BY_UNIT_OPEN,
    DEMAND_BY_SEARCH,
    DEMAND_DRIVERS
};
enum demand_order {
    DEMAND_NEWEST,
    DEMAND_OLDEST,
    DEMAND_DUE_FIRST,
    DEMAND_DUE_LAST,
    DEMAND_ORDERS
};

struct demand_query {
    enum demand_driver driver;
    enum demand_order order;
    int64_t after_key, after_id;
    bool backward;            // `order` is turned round: the page before the cursor
    int64_t key_from, key_to; // set by demand_store_list() and _count()
    int64_t limit;
    const char *state, *category, *level, *source;
    int64_t lead_unit_id, chamber_id, enterprise_id;
    int64_t created_from, created_to, due_from, due_to; // 0 none; `to` is exclusive
    int64_t submitted_from, submitted_to, closed_from, closed_to;
    const char *measure;   // one of DEMAND_MEASURES: what a figure counts
    const char *review_by; // pending ones that are to be reviewed by this day
    int open, paused, supervised, unassigned; // -1 any
    int todo;                                 // 1: waits for the federation
    const char *match;                        // DEMAND_BY_SEARCH
    int64_t unit_id;                          // DEMAND_BY_UNIT, DEMAND_BY_UNIT_OPEN
    int64_t seen_by;   // only visibility chamber, or registered by this account; 0 all
    int64_t drafts_of; // drafts only of this account; 0 all
};

// Rows for people: public members first, then (internal) `paused due_key`.
struct value *demand_store_list(struct ctx *c, const struct demand_query *q);
int64_t demand_store_count(struct ctx *c, const struct demand_query *q);
// Newest first; without internal ones for `open_only`.
struct value *demand_store_events(struct ctx *c, int64_t id, bool open_only, int64_t limit);
// The log as the clocks read it, oldest first.
struct clock_event *demand_store_log(struct ctx *c, int64_t id, size_t *n);
// The same from what demand_store_events gave, when that was all.
struct clock_event *demand_store_log_of(struct ctx *c, const struct value *events, size_t *n);
// `row`, when not NULL, gets the row as a value, with these internal members last:
// confirm_due_at resume_state on_time spent_minutes paused due_key.
bool demand_store_load(struct ctx *c, int64_t id, struct demand *d, struct value **row);
const char *demand_store_receipt(struct ctx *c, int64_t at);
// A mobile sealed before the transaction that inserts it, with the key of then.
struct demand_sealed {
    int64_t key;
    const char *text; // NULL: there is none
};
struct demand_sealed demand_store_seal(struct ctx *c, const char *mobile);
// `mobile`: from demand_store_seal, or NULL to seal now; sealed again when the key has changed.
int64_t demand_store_insert(struct ctx *c, const struct demand *d, const struct value *in,
                            const struct demand_sealed *mobile);
void demand_store_edit(struct ctx *c, const struct demand *d, const struct value *in);
// Brings sealed mobiles to the present key, as record_reseal does.
int64_t demand_store_reseal(struct ctx *c, int64_t after, unsigned most);
void demand_store_save(struct ctx *c, const struct demand *d);
void demand_store_save_leg(struct ctx *c, const struct demand *d, const struct demand_leg *leg);
void demand_store_event(struct ctx *c, int64_t id, const struct demand_event *e);
// Ids of answered demands whose confirmation was due before `now`.
struct value *demand_store_unconfirmed(struct ctx *c, int64_t now, int64_t limit);
// Pending ones whose day of review has come and is not told: [{id receipt_no title}].
struct value *demand_store_to_review(struct ctx *c, const char *today, int64_t limit);
void demand_store_review_told(struct ctx *c, int64_t id);
// {id name state chamber_id contact…} of an enterprise, {id kind name} of an organisation.
struct value *demand_store_enterprise(struct ctx *c, int64_t id);
// The row of one that was just inserted, as demand.get would read it, without what stands last
// there and is for rules only.
struct value *demand_store_made(struct ctx *c, const struct demand *d, const struct value *in,
                                const char *enterprise, const char *chamber);
struct value *demand_store_department(struct ctx *c, int64_t id);
struct value *demand_store_departments(struct ctx *c);

// ---- rules -------------------------------------------------------------------------------

int demand_level_number(const char *level); // "L2" → 2; 0 none
bool demand_state_open(const char *state);
bool demand_state_unassigned(const char *state);
// The reader's relations to it; 0: must not know that it exists.
unsigned demand_relations(const struct ctx *c, const struct demand *d);
// Computes every cache of *d and its legs from the events.
void demand_compute(struct ctx *c, struct demand *d, const struct clock_event *log, size_t n);
// The same for history from elsewhere: nothing runs, and it was in time when it was answered
// within its level's days of its submission.
void demand_history(struct ctx *c, struct demand *d);
// True for a log of history: answered or closed without ever being dispatched here.
bool demand_is_history(const struct demand *d, const struct clock_event *log, size_t n);
// Log of *d as stored → caches → one UPDATE, and one a leg.
void demand_settle(struct ctx *c, struct demand *d);
const char *demand_light(struct ctx *c, const char *state, bool open, bool paused,
                         int64_t due_at);
const char *demand_search_text(struct arena *a, const char *receipt_no, const char *enterprise,
                               const struct value *in, int64_t enterprise_id,
                               int64_t chamber_id);
// demand_find.c: demands in the search box (module.find).
struct value *demand_find(struct ctx *c, const char *text, unsigned most);
void demand_log(struct ctx *c, const struct demand *d, const char *type, int64_t unit_id,
                bool internal, const struct value *data);

// The full record for its reader (d->relations) from the row of demand_store_load. For
// `events` see demand_seen.
struct value *demand_present_log(struct ctx *c, const struct demand *d, struct value *row,
                                 const struct clock_event *log, size_t n,
                                 const struct value *files);
struct value *demand_present(struct ctx *c, const struct demand *d, struct value *row,
                             const struct value *events);
// demand_export.c: the list that c's query asks for as a file.
enum err demand_csv_run(struct ctx *c);
enum err demand_xlsx_run(struct ctx *c);
// Its rows, `piece` at a time: false with faults, or when there is nothing to be seen. Each
// call gives the next ones and moves the query on.
bool demand_export_query(struct ctx *c, struct demand_query *q, unsigned piece);
struct value *demand_export_next(struct ctx *c, struct demand_query *q);
// {"items":[…]} oldest first, as the rule `clock` reads them; NULL when it may not be seen.
const struct value *demand_events(struct ctx *c, int64_t id);

extern const struct lifecycle DEMAND_LIFECYCLE;
extern const struct transition DEMAND_STEPS[];

// Inputs of the steps.
extern const struct field DEMAND_IN_REASON[], DEMAND_IN_ACCEPT[], DEMAND_IN_DISPATCH[],
    DEMAND_IN_GRANT[], DEMAND_IN_EXTEND[], DEMAND_IN_MERGE[], DEMAND_IN_CALLBACK[],
    DEMAND_IN_PEND[], DEMAND_IN_CONFIRM[], DEMAND_IN_CONTACT[], DEMAND_IN_NOTE[],
    DEMAND_IN_SUPPLEMENT[], DEMAND_IN_BULK[], DEMAND_IN_ANSWER[];

// Handlers of routes.
enum err demand_create_prepare(struct ctx *c);
enum err demand_create_run(struct ctx *c);
enum err demand_edit_prepare(struct ctx *c);
enum err demand_edit_run(struct ctx *c);
enum err demand_bulk_form(struct ctx *c);
enum err demand_bulk_run(struct ctx *c);

#endif
