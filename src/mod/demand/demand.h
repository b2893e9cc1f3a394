// SPDX-License-Identifier: Apache-2.0
// Demands of enterprises (诉求): registering, handing to departments, answering, confirming.
// What others may use: values as the API prints them, the steps a reader may take, the words.
//
// A demand as a value: {id receipt_no title state category source level enterprise_id
// enterprise chamber_id chamber lead_unit_id lead_unit created_at updated_at submitted_at
// due_at light supervised_at extension outcome satisfaction reopenings open visibility
// callback_due_at version}; in full also {body hope contact_name contact_mobile created_by
// accepted_at answered_at closed_at closed_by review_on merged_into comment legs[] cards[]
// clock{} attachments[]}.
//   level    "L1" … "L4" or null
//   light    "green" "yellow" "red" "paused" "done"; null for drafts
//   due_at   the earliest due that counts, null when none is open
//   callback_due_at  until when the enterprise is to be called back, null when it need not be
//   legs[]   {unit_id unit role state due_at light open}; role "lead" "assist"; state
//            "dispatched" "signed" "objected" "handling" "answered" "ended"
//   cards[]  {kind why what at unit_id unit}, only for readers outside the enterprise
//   clock    {due[{what unit_id unit start at met open}] spent_minutes silence_minutes}
#ifndef MOD_DEMAND_DEMAND_H
#define MOD_DEMAND_DEMAND_H

#include "kit/lifecycle.h"
#include "kit/route.h"
#include "mod/org/org.h"

extern const struct module DEMAND_MODULE;

// ---- words -------------------------------------------------------------------------------

extern const struct choice DEMAND_STATES[];
#define DEMAND_CATEGORIES ORG_CATEGORIES // departments are chosen by them
extern const struct choice DEMAND_SOURCES[];
extern const struct choice DEMAND_LEVELS[];
extern const struct choice DEMAND_OUTCOMES[];
extern const struct choice DEMAND_VISIBILITIES[];
extern const struct choice DEMAND_EXTENSIONS[];
extern const struct choice DEMAND_LIGHTS[];
extern const struct choice DEMAND_SATISFACTIONS[]; // "5" 很满意 … "1" 很不满意
extern const struct choice DEMAND_EVENTS[];        // by type: 提交了诉求 …
extern const struct choice DEMAND_LEG_STATES[];
extern const struct choice DEMAND_MEASURES[]; // accepted answered timed late rated satisfied
extern const struct choice
    DEMAND_VIEWS[]; // mine due overdue unassigned to_rate review open supervised all

// The input of POST /demands, for field_form.
extern const struct field DEMAND_FIELDS[];
// The parameters of GET /demands, for filters.
extern const struct field DEMAND_FILTERS[];

// ---- reading, on any snapshot ------------------------------------------------------------

// {"items":[demand…],"next":text or null} of what the reader may see, by c's query parameters.
// NULL with c->faults when one of them is wrong.
const struct value *demand_list(struct ctx *c);
// The full record; NULL when it does not exist or the reader may not see it.
struct value *demand_get(struct ctx *c, int64_t id);
// One demand and all that a page of it shows, read once and handed on. NULL as demand_get.
struct demand;
struct demand_seen {
    struct value *record;        // as demand_get gives it
    const struct value *events;  // its log, newest first; NULL: too long to have been kept
    const char *merged_no;       // of the one it went into, where the reader may open that
    const struct demand *demand; // as the rules know it
};
const struct demand_seen *demand_see(struct ctx *c, int64_t id);
// The steps this reader may take now: [{name label fields tone consequence}], in the order of
// the table. Look the fields up with demand_transition(name)->needs.
const struct value *demand_allowed(struct ctx *c, const struct demand_seen *seen);
const struct transition *demand_transition(const char *name); // NULL unknown
// What happened, newest first: [{id at type label actor unit_id unit internal data{} text}];
// internal entries only for readers outside the enterprise. `text` is what was written, if
// anything. Newest 200.
struct value *demand_timeline(struct ctx *c, const struct demand_seen *seen);
// How many rows the list of c's query has, where it is the list behind a figure (dates of
// submission or closing, a measure); -1 for other lists, which are not counted.
int64_t demand_list_total(struct ctx *c);
// How many demands the view holds for this reader, at most 1,001 ("1000+"). For tabs and nav.
int64_t demand_count(struct ctx *c, const char *view);
// May the reader see it? For attachments and links.
bool demand_may_read(struct ctx *c, int64_t id);
// Departments a demand may be dispatched to, and the one its category suggests.
// [{id name suggested}]
struct value *demand_units(struct ctx *c, const char *category);

// Figures of the cockpit, of the last 12 months: {from accepted closed open overdue supervised
// timed on_time_percent resolved_percent median_days{value n} satisfaction{percent rated
// satisfied} by_category[{category label count overdue}] by_department[{unit_id unit handled
// open overdue on_time_percent satisfaction_percent rated}] months[{month submitted closed}]
// as_of}. null where there is nothing to divide by. Kept until the database changes.
const struct value *demand_statistics(struct ctx *c);

// ---- writing, inside a write transaction -------------------------------------------------

// Closes demands whose confirmation is 5 working days overdue, as `no_response`: at most 500 a
// call; returns how many.
int64_t demand_auto_close(struct ctx *c);

// Tells staff of pending demands whose day of review has come, each once for its day: at most
// 500 a call; returns how many.
int64_t demand_tell_reviews(struct ctx *c);

// One demand from elsewhere, as a value with the members of POST /demands and, for history:
// {submitted_at accepted_at answered_at closed_at (times) level lead_unit_id outcome
// satisfaction source}. With `closed_at` or `answered_at` it becomes closed history (no cards,
// no notices, no audit row of its own); else it is submitted at submitted_at (or now) and, with
// lead_unit_id, dispatched. Returns its id; 0 with c->faults (or the transaction's error) when
// the row is wrong. Fast: no prepare step is needed, tokens are computed here.
int64_t demand_import(struct ctx *c, const struct value *row);

// Computes the caches of one demand from its log again; false when they differed (they are
// repaired). For `huiqiao check`.
bool demand_recompute(struct ctx *c, int64_t id);

#endif
