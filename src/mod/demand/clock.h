// SPDX-License-Identifier: Apache-2.0
// A demand's clocks: what is due when, which light shows, which cards were given, computed
// from the event log alone (rules.md `clock`, domain.md §3). Pure: no I/O, no state, memory
// only from the arena; a page calls it for every row.
//
// How the rule text is read where it leaves room (each is tested):
//   Time     Only events not later than `now` have happened. A moment of 17:30:00.000 is inside
//            the day; done at the due moment is met.
//   accept   is met by `accepted` or `rejected`. `dispatch` by the first `dispatched`.
//   sign     of a unit is met by its `signed`, `objected`, `contacted` or `answered`.
//   contact  starts with the lead's `signed` (assist units do not contact), met by `contacted`
//            or by the lead's `answered`: the enterprise has then heard from it.
//   answer   runs for the lead by level and for each assist unit; met by that unit's
//   `answered`. legs     `objected` ends the unit's leg. A `dispatched` lead replaces another
//   lead, whose leg
//            ends. To a unit whose leg is open, in the same role, it changes nothing.
//   ended    A due that is no longer owed (objection, other lead, withdrawal, closing) leaves
//   the
//            list, unless it was past already: then it stays, with met false.
//   extension  moves the open answer due of its unit (of the lead when none is named); all
//            extensions of one due together add at most its original days.
//   paused   `suspended`…`resumed`; also `pended`…`revived`, since a matter waiting for its
//            conditions is in nobody's hands. Open dues, also one past already, move by the
//            working days d with suspended < d ≤ resumed, by date; while the pause lasts they
//            show where they would be if it ended now. Nothing becomes late and no card is
//            given inside a pause. The lead's answer and the end of the case end it.
//   confirm  is met by `confirmed` or `reopened`.
//   callback is owed at level 3 and 4, when an answer was confirmed with satisfaction 1 or 2,
//   and
//            when profile.callback_owed says so (the sample, see clock_callback_sampled). Met
//            by `called_back`; it outlives `closed` and `archived`.
//   light    yellow when at most one working day of office time (510 minutes) is left.
//   cards    A "such day" is a working day whose opening time finds the due past, open and
//            not paused: the first gives yellow, the fourth red. The second yellow of the case
//            gives red at once, and that due no second red on its fourth day. An extension that
//            brings the due into the future again begins a new count. Done at exactly the
//            opening time is in time for the card.
//   minutes  run from `submitted` and from each `reopened` to the lead's `answered`, or to the
//            end of the case. `spent` stands still in pauses, `silence` does not.
#ifndef MOD_DEMAND_CLOCK_H
#define MOD_DEMAND_CLOCK_H

#include "base/arena.h"
#include "base/workday.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum clock_event_type {
    CLOCK_SUBMITTED,
    CLOCK_ACCEPTED,
    CLOCK_REJECTED,
    CLOCK_DISPATCHED,
    CLOCK_SIGNED,
    CLOCK_OBJECTED,
    CLOCK_CONTACTED,
    CLOCK_NOTED,
    CLOCK_SUSPENDED,
    CLOCK_RESUMED,
    CLOCK_EXTENSION_REQUESTED,
    CLOCK_EXTENSION_GRANTED,
    CLOCK_EXTENSION_REFUSED,
    CLOCK_ANSWERED,
    CLOCK_CONFIRMED,
    CLOCK_REOPENED,
    CLOCK_CALLED_BACK,
    CLOCK_PENDED,
    CLOCK_REVIVED,
    CLOCK_SUPERVISED,
    CLOCK_URGED,
    CLOCK_MERGED,
    CLOCK_WITHDRAWN,
    CLOCK_CLOSED,
    CLOCK_ARCHIVED,
    CLOCK_EVENT_COUNT
};

// "submitted" … "archived", as the log and the API spell them.
const char *clock_event_text(enum clock_event_type type);
bool clock_event_parse(const char *text, enum clock_event_type *type);

// One line of the log. The caller gives them in log order, which is also time order; an event
// stamped before its predecessor counts as simultaneous with it.
struct clock_event {
    int64_t at;
    enum clock_event_type type;
    int64_t unit;     // the department; 0 none (signed, answered … then mean the lead)
    bool assist;      // dispatched: as assist, else as lead
    int days;         // extension_granted
    int satisfaction; // confirmed: 1 … 5, 0 unknown
};

enum { CLOCK_LEVELS = 4 };

// Every number of the service profile. In JSON `settings` of the rule the members are called:
// accept dispatch sign objection contact assist confirm callback (working days), answer
// {"L1":3,"L2":5,"L3":10,"L4":15}, max_reopenings, callback_percent, yellow_days, red_day,
// callback_level extension_percent review_months, office_open and office_close ("09:00",
// "17:30"), callback_owed (true, false). Others are left for other rules to read.
struct clock_profile {
    struct office_hours hours;
    int accept;
    int dispatch;
    int sign;
    int objection;
    int contact;
    int answer[CLOCK_LEVELS + 1]; // by level; [0] is unused
    int assist;
    int confirm;
    int callback;
    int max_reopenings;
    int callback_percent;  // of the demands that owe no call-back otherwise
    int callback_level;    // from this level on every demand owes one
    int extension_percent; // an extension's most, of the days first given
    int review_months;     // what waits for conditions is looked at so often
    int yellow_days;       // a light is yellow with at most so many working days left
    int red_day;           // a red card on the n-th working day that finds a due past
    bool callback_owed;    // this demand owes a call-back whatever its level
    // A district changes its numbers from time to time. What started under a profile is
    // judged by it to its end; what starts at or after next->from, by the next one.
    int64_t from;
    const struct clock_profile *next; // NULL: the last one
};
extern const struct clock_profile CLOCK_PROFILE_DEFAULT;

enum clock_what {
    CLOCK_ACCEPT,
    CLOCK_DISPATCH,
    CLOCK_SIGN,
    CLOCK_CONTACT,
    CLOCK_ANSWER,
    CLOCK_CONFIRM,
    CLOCK_CALLBACK
};
const char *clock_what_text(enum clock_what what); // "accept" …

enum clock_met { CLOCK_PENDING, CLOCK_MET, CLOCK_MISSED };

struct clock_due {
    enum clock_what what;
    enum clock_met met;
    int64_t unit; // 0 for accept, dispatch, confirm, callback
    int64_t start;
    int64_t at;      // when it is due
    int64_t done_at; // when it was met or ended; 0 while open
    bool open;
    bool colours; // raises lights and cards: all but confirm and callback
};

// In the order of badness, so that the worst is the greatest; the last two are of whole cases.
enum clock_light { CLOCK_GREEN, CLOCK_YELLOW, CLOCK_RED, CLOCK_PAUSED, CLOCK_DONE };
const char *clock_light_text(enum clock_light light); // "green" …

enum clock_card_kind { CLOCK_CARD_YELLOW, CLOCK_CARD_RED };
enum clock_card_why { CLOCK_WHY_OVERDUE, CLOCK_WHY_REOPENED, CLOCK_WHY_SECOND_YELLOW };
const char *clock_card_kind_text(enum clock_card_kind kind); // "yellow" "red"
const char *clock_card_why_text(enum clock_card_why why);    // "overdue" …

struct clock_card {
    enum clock_card_kind kind;
    enum clock_card_why why;
    enum clock_what what; // the due that was past; CLOCK_ANSWER for a reopening
    int64_t at;
    int64_t unit; // 0 while the demand is with the federation itself
};

// One department's part. A unit dispatched to again after its leg ended has a second one.
struct clock_leg {
    int64_t unit;
    int64_t due_at; // of its latest answer clock; 0 none
    enum clock_met met;
    enum clock_light light; // DONE when it answered or its leg ended
    bool assist;
    bool open;
};

struct clock_result {
    struct clock_due *dues; // in start order
    size_t due_count;
    struct clock_card *cards; // in time order
    size_t card_count;
    struct clock_leg *legs; // in dispatch order
    size_t leg_count;
    size_t lead; // index of the current lead leg; SIZE_MAX none
    enum clock_light light;
    int64_t spent_minutes;
    int64_t silence_minutes;
    int64_t next_due_at; // earliest open due that colours; 0 none, paused or done
    // If nothing further happened: the moment of the first yellow and the first red card, past
    // or future, 0 never; and of the first card of either kind after now.
    int64_t yellow_at;
    int64_t red_at;
    int64_t next_card_at;
    int reopenings;
    int no_calendar; // a year the clocks ran into without its holiday notice (warn); 0 none
};

// `level` 1 … 4, or 0 while unknown: no answer clock of the lead then runs. A NULL profile is
// the default one.
void clock_compute(struct arena *a, const struct clock_profile *profile, int level,
                   const struct clock_event *events, size_t n, int64_t now,
                   struct clock_result *out);

// The light of a case whose next_due_at was kept (0: none, green); what clock_compute gives
// for a case that is neither paused nor done.
enum clock_light clock_light_of(const struct clock_profile *profile, int64_t next_due_at,
                                int64_t now);
// The profile in force at a moment; `first` is the head of the chain.
const struct clock_profile *clock_profile_at(const struct clock_profile *first, int64_t at);
// The most working days that an extension may add to so many.
int clock_extension_most(const struct clock_profile *profile, int days);
// Last moment at which a unit may object to a dispatch.
int64_t clock_objection_until(const struct clock_profile *profile, int64_t dispatched_at);
// True for callback_percent of all demand numbers; always the same answer for one number.
bool clock_callback_sampled(const struct clock_profile *profile, int64_t demand_id);

struct value;
struct faults;
// The rule `clock` of rules.md.
const struct value *clock_rule(struct arena *a, const struct value *in, struct faults *f);

#endif
