// SPDX-License-Identifier: Apache-2.0
// Private to mod/dues.
#ifndef MOD_DUES_DUES_IMPL_H
#define MOD_DUES_DUES_IMPL_H

#include "kit/import.h"
#include "kit/record_merge.h"
#include "kit/record_step.h"
#include "mod/dues/dues.h"
#include "mod/dues/dues_rules.h"
#include "mod/membership/membership.h"

enum {
    DUES_YEAR_FIRST = 2000,
    DUES_YEAR_LAST = 2099,
    DUES_KEEPERS = ROLE_OFFICE | ROLE_SECRETARY,
    DUES_READERS = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER,
};

const char *dues_today(struct ctx *c);
int dues_this_year(const struct ctx *c);
// "3,000.00" of fen.
const char *dues_yuan(struct arena *a, int64_t fen);
// ?year, this year when it is missing or none.
int dues_asked_year(struct ctx *c);
// The chamber that ?organization_id or the input names, a secretary's own without saying so.
// 0: none is named. ERR_NOT_FOUND when it is none of the actor's, or cannot collect dues.
enum err dues_asked_chamber(struct ctx *c, int64_t *id);
// Chambers to choose from, [{value label selected}]; empty for whoever has only one.
struct value *dues_chambers(struct ctx *c, int64_t current);
// The years around this one, [{value label selected}].
struct value *dues_years(struct ctx *c, int64_t current);

// ---- dues.c: settings

// Month and day after which a new member pays half; NULL: nobody does.
const char *dues_half_after(struct ctx *c);
int64_t dues_remind_before(struct ctx *c); // days before a bill is due
int64_t dues_remind_every(struct ctx *c);  // days between two reminders; 0: only by hand
int64_t dues_charter_years(struct ctx *c); // unpaid for so long, the charter takes over

// ---- dues_standard.c

extern const struct record_steps DUES_STANDARD_STEPS;
extern const struct field DUES_IN_DECIDED[], DUES_IN_FILES[], DUES_IN_REASON[], DUES_IN_NOTE[];
extern const struct record_watch DUES_WATCHES[];
bool dues_standard_may_read(struct ctx *c, int64_t id); // for its attachments

// A standard with its tiers, for making bills.
struct dues_standard {
    int64_t id;
    size_t n;
    const char *codes;      // space list
    const char *half_after; // of the district
    struct {
        const char *code;
        int64_t amount_fen;
    } tiers[DUES_TIERS_MOST];
};
// The one that holds for a year: decided, begun by the end of it, the latest. False: none.
bool dues_standard_of(struct ctx *c, int64_t organization_id, int64_t year,
                      struct dues_standard *out);

// ---- dues_import.c

extern const struct import_kind PAYMENT_IMPORT;

// ---- dues_bill.c

extern const struct choice BILL_STATES[], BILL_BASES[];
extern const struct record_steps BILL_STEPS;
extern const struct field BILL_IN_WAIVE[], BILL_IN_DUE[];

// What a membership owes for a year under a standard. `skip` is a Chinese reason, or NULL.
struct dues_member {
    // The seat is what somebody of it holds, else its own; the tier one given to it, or NULL.
    const char *state, *seat, *tier, *since;
};
struct dues_plan {
    const char *skip;
    const char *tier;
    int64_t amount_fen;
    bool half;
};
struct dues_plan dues_plan(const struct dues_standard *s, const struct dues_member *m,
                           int64_t year);
// The day bills of a year fall due when nobody says: 30 June, or in thirty days.
const char *dues_due_on(struct ctx *c, int64_t year);
// What is owed, and the state, from what is asked, paid and waived.
void bill_sums(struct arena *a, struct value *rec);
// Brings sums, state and the next reminder of a bill up to date after `what` happened to it;
// history and audit tell of it with `data`.
enum err bill_settle(struct ctx *c, int64_t id, const char *what, const struct value *data);
// Reminds of every overdue bill of a chamber (0: of all) whose turn it is, at most `most`.
int64_t dues_remind_overdue(struct ctx *c, int64_t organization_id, int64_t most);

// ---- dues_merge.c

extern const struct record_link DUES_LINKS[];

// ---- dues_payment.c

extern const struct record_steps PAYMENT_STEPS;

// ---- dues_issue.c, dues_arrears.c, dues_statement.c

enum err dues_issue_run(struct ctx *c); // the preview
enum err dues_issue_show(struct ctx *c);
enum err dues_issue_make(struct ctx *c);
enum err dues_arrears_run(struct ctx *c);
enum err dues_arrears_show(struct ctx *c);
enum err dues_remind_run(struct ctx *c);
enum err dues_statement_run(struct ctx *c);
enum err dues_statement_show(struct ctx *c);
enum err dues_statement_csv(struct ctx *c);
enum err dues_statement_xlsx(struct ctx *c);
extern const struct field DUES_IN_ISSUE[], DUES_IN_REMIND[];

extern const struct db_stmt DUES_KIND_OF, DUES_TIERS_OF, DUES_IN_FORCE, DUES_NEWER,
    DUES_HOLDING, DUES_SET, DUES_TIER_COUNT, DUES_TIER_SAME, BILL_OF_MEMBERSHIP, BILL_PAID,
    BILL_SET, BILL_LATER, BILL_REMINDABLE, BILL_OVERDUE, BILL_ACCOUNTS, PAYMENT_SAME,
    PAYMENT_PAYER, PAYMENT_REVERSE, PAYMENT_BILLS, DUES_MEMBERS, DUES_ARREARS, DUES_ARREARS_ALL,
    DUES_BY_TIER, DUES_BY_CHAMBER, DUES_PAYERS, DUES_RECEIVED;

#endif
