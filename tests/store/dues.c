// SPDX-License-Identifier: Apache-2.0
// Dues over two years: standards that hold or do not, bills once for each member and year,
// payments and their reversal, waivers, reminders, arrears, statements, and who sees what.
#include "store/request.h"

#include "kit/lifecycle.h"
#include "kit/record_impl.h"
#include "mod/dues/dues_impl.h"
#include "mod/enterprise/enterprise.h"

static const struct actor STAFF = {
    .id = 1, .login = "staff", .name = "王", .roles = ROLE_STAFF};
static const struct actor FIRST = {
    .id = 2, .login = "s1", .name = "一", .roles = ROLE_SECRETARY, .organization_id = 1};
static const struct actor SECOND = {
    .id = 3, .login = "s2", .name = "二", .roles = ROLE_SECRETARY, .organization_id = 2};
static const struct actor MEMBER = {
    .id = 4, .login = "m", .name = "企", .roles = ROLE_MEMBER, .enterprise_id = 1};
static const struct actor OTHER = {
    .id = 5, .login = "o", .name = "别", .roles = ROLE_MEMBER, .enterprise_id = 2};
static const struct actor SYSTEM = {.id = -1, .login = "system", .name = "系统"};
static const struct actor LEADER = {.id = 6, .login = "l", .name = "领", .roles = ROLE_LEADER};

static const struct module *const ALL[] = {&ENTERPRISE_MODULE, &MEMBERSHIP_MODULE, &DUES_MODULE,
                                           NULL};

// Members of chamber 1, and one of chamber 2: membership ids 1 … 6.
static const struct {
    int64_t organization;
    const char *seat, *since, *state;
} MEMBERS[] = {
    {1, "president", "2015-03-01", "member"}, {1, "standing_director", "2018-05-01", "member"},
    {1, NULL, "2026-07-01", "member"},        {1, NULL, "2026-07-02", "suspended"},
    {1, NULL, "2027-01-05", "member"},        {2, NULL, "2020-01-01", "member"},
};
enum { MEMBERS_COUNT = sizeof MEMBERS / sizeof *MEMBERS };

static const struct db_stmt ADD_CHAMBER = {
    .name = "test.add_chamber",
    .sql = "INSERT INTO organization (id, kind, name, created_at, updated_at)"
           " VALUES ($1, $2, $3, 0, 0)",
    .params = "id:int kind:text name:text"};
static const struct db_stmt ADD_ENTERPRISE = {
    .name = "test.add_enterprise",
    .sql = "INSERT INTO enterprise (id, name, uscc, chamber_id, created_at, updated_at)"
           " VALUES ($1, $2, $3, $4, 0, 0)",
    .params = "id:int name:text uscc:text chamber:int"};
static const struct db_stmt ADD_MEMBER = {
    .name = "test.add_member",
    .sql = "INSERT INTO membership (id, organization_id, enterprise_id, seat, state, since,"
           " applied_on, created_at, updated_at) VALUES ($1, $2, $1, $3, $4, $5, $5, 0, 0)",
    .params = "id:int organization:int seat:text? state:text since:text"};
static const struct db_stmt NOTICES = {
    .name = "test.notices",
    .sql = "SELECT count(*) AS n FROM notice WHERE account_id = $1",
    .params = "account:int",
    .row = "n:int",
    .scans = "test"};

static enum err
make_district(struct ctx *c, void *arg)
{
    (void)arg;
    db_run(c->tx, &ADD_CHAMBER, DB_ARGS(DB_INT(1), DB_TEXT("town"), DB_TEXT("港口镇商会")));
    db_run(c->tx, &ADD_CHAMBER,
           DB_ARGS(DB_INT(2), DB_TEXT("industry"), DB_TEXT("装备制造业商会")));
    db_run(c->tx, &ADD_CHAMBER, DB_ARGS(DB_INT(3), DB_TEXT("committee"), DB_TEXT("青年委")));
    for (int64_t id = 1; id <= MEMBERS_COUNT; id++) {
        db_run(c->tx, &ADD_ENTERPRISE,
               DB_ARGS(DB_INT(id), DB_TEXT(arena_printf(c->arena, "企业%d", (int)id)),
                       DB_TEXT(arena_printf(c->arena, "U%d", (int)id)),
                       DB_INT(MEMBERS[id - 1].organization)));
        db_run(c->tx, &ADD_MEMBER,
               DB_ARGS(DB_INT(id), DB_INT(MEMBERS[id - 1].organization),
                       DB_TEXT(MEMBERS[id - 1].seat), DB_TEXT(MEMBERS[id - 1].state),
                       DB_TEXT(MEMBERS[id - 1].since)));
    }
    return db_tx_err(c->tx);
}

static void
district(struct world *w)
{
    w->app.modules = ALL;
    assert_int_equal(in_write(w, request(w, &STAFF), make_district, NULL), ERR_OK);
}

// ---- asking ----------------------------------------------------------------------------

// One thing to do: a creation (`step` NULL) or a step, with up to eight inputs.
struct
try {
    const struct record_kind *kind;
    const struct record_steps *steps;
    const char *step;
    int64_t id;
    struct {
        const char *key, *text;
        int64_t number;
    } in[12];
    const char *fault; // of the first fault: its code
    unsigned faults;
};

static enum err
attempt(struct ctx *c, void *arg)
{
    struct try *t = arg;
    struct value *rec = t->step == NULL ? value_map(c->arena) : c->in;
    for (size_t i = 0; t->in[i].key != NULL; i++) {
        if (t->in[i].text != NULL) {
            value_set_text(c->arena, rec, t->in[i].key, t->in[i].text);
        } else {
            value_set_int(c->arena, rec, t->in[i].key, t->in[i].number);
        }
    }
    if (value_get_text(rec, "secret_ballot") != NULL) {
        value_set_bool(c->arena, rec, "secret_ballot", true);
    }
    struct lifecycle_record r;
    enum err e = ERR_OK;
    if (t->step == NULL) {
        t->id = record_create(c, t->kind, rec);
        e = t->id != 0 ? ERR_OK : c->result;
    } else {
        e = lifecycle_step(c, t->steps->life, lifecycle_find(t->steps->life, t->step), t->id,
                           &r);
    }
    t->faults = c->faults.count;
    t->fault = c->faults.count > 0 ? c->faults.items[0].code : "";
    return e;
}

static enum err
try_it(struct world *w, const struct actor *who, struct try *t)
{
    struct ctx *c = request(w, who);
    enum err e = in_write(w, c, attempt, t);
    t->fault = t->fault == NULL || *t->fault == '\0' ? "" : arena_strdup(w->s.a, t->fault);
    return e;
}

static struct value *
get(struct world *w, const struct record_kind *k, const struct actor *who, int64_t id)
{
    struct ctx *c = request(w, who);
    c->tx = db_read_begin(w->s.db);
    struct value *rec = record_get(c, k, id);
    db_read_end(c->tx);
    c->tx = NULL;
    return rec;
}

static int64_t
standard(struct world *w, const struct actor *who, int64_t organization, const char *effective,
         const char *const *tiers, size_t n)
{
    static const int64_t AMOUNTS[] = {2000000, 300001, 300000, 100000, 50000};
    struct try t = {.kind = &DUES_STANDARD_KIND,
                    .in = {{"organization_id", NULL, organization},
                           {"effective_on", effective, 0},
                           {"meeting", "第三届第一次会员大会", 0},
                           {"held_on", "2024-12-20", 0},
                           {"secret_ballot", "yes", 0},
                           {"present", NULL, 61},
                           {"approve", NULL, 31}}};
    assert_int_equal(try_it(w, who, &t), ERR_OK);
    for (size_t i = 0; i < n; i++) {
        struct try tier = {.kind = &DUES_TIER_KIND,
                           .in = {{"standard_id", NULL, t.id},
                                  {"code", tiers[i], 0},
                                  {"amount_fen", NULL, AMOUNTS[i]}}};
        assert_int_equal(try_it(w, who, &tier), i < 4 ? ERR_OK : ERR_INVALID);
    }
    return t.id;
}

static const char *const TIERS[] = {"president", "director", "vice_president", "member",
                                    "supervisor"};

static int64_t
approved(struct world *w)
{
    struct try t = {.steps = &DUES_STANDARD_STEPS, .step = "approve"};
    t.id = standard(w, &FIRST, 1, "2025-01-01", TIERS, 4);
    assert_int_equal(try_it(w, &FIRST, &t), ERR_OK);
    return t.id;
}

static enum err
issue(struct ctx *c, void *arg)
{
    int64_t *made = arg;
    value_set_int(c->arena, c->in, "organization_id", made[0]);
    value_set_int(c->arena, c->in, "year", made[1]);
    value_set_text(c->arena, c->in, "due_on", arena_printf(c->arena, "%d-06-30", (int)made[1]));
    if (made[2] >= 0) {
        value_set_int(c->arena, c->in, "expected", made[2]);
    }
    enum err e = dues_issue_make(c);
    made[3] = value_get_int(c->out, "made", -1);
    return e;
}

// How many bills were made.
static int64_t
make_bills(struct world *w, const struct actor *who, int64_t organization, int64_t year,
           enum err expected)
{
    int64_t made[] = {organization, year, -1, -1};
    assert_int_equal(in_write(w, request(w, who), issue, made), expected);
    return made[3];
}

static int64_t
bill_of(struct world *w, int64_t membership, int64_t year)
{
    struct db_tx *tx = db_read_begin(w->s.db);
    int64_t id = dues_bill_of(tx, membership, year);
    db_read_end(tx);
    return id;
}

static void
is_bill(struct world *w, int64_t id, const char *state, int64_t amount, int64_t paid,
        int64_t waived, int64_t owed)
{
    const struct value *b = get(w, &BILL_KIND, &STAFF, id);
    assert_non_null(b);
    assert_string_equal(value_get_text(b, "state"), state);
    assert_int_equal(value_get_int(b, "amount_fen", -1), amount);
    assert_int_equal(value_get_int(b, "paid_fen", -1), paid);
    assert_int_equal(value_get_int(b, "waived_fen", -1), waived);
    assert_int_equal(value_get_int(b, "owed_fen", -1), owed);
}

static enum err
pay(struct world *w, const struct actor *who, int64_t bill, int64_t fen, const char *reference,
    struct try *t)
{
    *t = (struct try){.kind = &PAYMENT_KIND,
                      .in = {{"bill_id", NULL, bill},
                             {"amount_fen", NULL, fen},
                             {"paid_on", "2026-05-06", 0},
                             {"method", "transfer", 0},
                             {"reference", reference, 0}}};
    return try_it(w, who, t);
}

// ---- tests -----------------------------------------------------------------------------

static void
test_only_a_resolution_makes_a_standard(void **state)
{
    struct world *w = *state;
    district(w);
    // five tiers: the fifth is refused at once
    int64_t id = standard(w, &FIRST, 1, "2025-01-01", TIERS, 5);
    assert_int_equal(make_bills(w, &FIRST, 1, 2026, ERR_CONFLICT), -1);
    struct try one = {.kind = &BILL_KIND,
                      .in = {{"membership_id", NULL, 1}, {"year", NULL, 2026}}};
    assert_int_equal(try_it(w, &FIRST, &one), ERR_INVALID);
    assert_string_equal(one.fault, "no_standard");
    // a draft with an open ballot and too few votes says both
    struct try open = {.kind = &DUES_STANDARD_KIND,
                       .in = {{"organization_id", NULL, 1},
                              {"effective_on", "2025-01-01", 0},
                              {"meeting", "会员大会", 0},
                              {"held_on", "2025-02-01", 0},
                              {"present", NULL, 60},
                              {"approve", NULL, 29}}};
    assert_int_equal(try_it(w, &FIRST, &open), ERR_OK);
    struct try no = {.steps = &DUES_STANDARD_STEPS, .step = "approve", .id = open.id};
    assert_int_equal(try_it(w, &FIRST, &no), ERR_INVALID);
    assert_int_equal(no.faults, 4); // ballot, majority, tiers, effective before it was passed
    assert_string_equal(no.fault, "secret_ballot");
    no.id = id;
    assert_int_equal(try_it(w, &SECOND, &no), ERR_NOT_FOUND);
    assert_int_equal(try_it(w, &LEADER, &no), ERR_FORBIDDEN);
    assert_int_equal(try_it(w, &FIRST, &no), ERR_OK);
    assert_int_equal(try_it(w, &FIRST, &no), ERR_CONFLICT);
    // what holds is never changed, nor are its tiers
    struct try tier = {
        .kind = &DUES_TIER_KIND,
        .in = {{"standard_id", NULL, id}, {"code", "supervisor", 0}, {"amount_fen", NULL, 1}}};
    assert_int_equal(try_it(w, &FIRST, &tier), ERR_CONFLICT);
    // a branch may not even draft one
    struct try branch = {
        .kind = &DUES_STANDARD_KIND,
        .in = {{"organization_id", NULL, 3}, {"effective_on", "2025-01-01", 0}}};
    assert_int_equal(try_it(w, &STAFF, &branch), ERR_INVALID);
    assert_string_equal(branch.fault, "branch");
}

static void
test_a_new_standard_ends_the_old_one_for_new_years(void **state)
{
    struct world *w = *state;
    district(w);
    int64_t old = approved(w);
    struct try t = {.steps = &DUES_STANDARD_STEPS, .step = "approve"};
    t.id = standard(w, &FIRST, 1, "2026-01-01", TIERS + 3, 1); // "member" at 20,000 yuan
    assert_int_equal(try_it(w, &FIRST, &t), ERR_OK);
    assert_string_equal(value_get_text(get(w, &DUES_STANDARD_KIND, &FIRST, old), "state"),
                        "superseded");
    struct try late = {.steps = &DUES_STANDARD_STEPS, .step = "approve"};
    late.id = standard(w, &FIRST, 1, "2025-06-01", TIERS, 1);
    assert_int_equal(try_it(w, &FIRST, &late), ERR_INVALID);
    assert_string_equal(late.fault, "newest");
    assert_int_equal(make_bills(w, &FIRST, 1, 2025, ERR_OK), 2); // two were members by then
    assert_int_equal(make_bills(w, &FIRST, 1, 2026, ERR_OK), 4);
    is_bill(w, bill_of(w, 2, 2025), "open", 300001, 0, 0, 300001); // by the old one
    is_bill(w, bill_of(w, 2, 2026), "open", 2000000, 0, 0, 2000000);
    assert_int_equal(make_bills(w, &FIRST, 1, 2024, ERR_CONFLICT), -1); // none held then
}

static void
test_bills_are_made_once(void **state)
{
    struct world *w = *state;
    district(w);
    approved(w);
    int64_t wrong[] = {1, 2026, 3, -1};
    assert_int_equal(in_write(w, request(w, &FIRST), issue, wrong), ERR_CONFLICT);
    assert_int_equal(make_bills(w, &SECOND, 1, 2026, ERR_NOT_FOUND), -1);
    assert_int_equal(make_bills(w, &STAFF, 3, 2026, ERR_NOT_FOUND), -1); // a committee
    assert_int_equal(make_bills(w, &FIRST, 0, 2026, ERR_OK), 4); // her own without saying so
    is_bill(w, bill_of(w, 1, 2026), "open", 2000000, 0, 0, 2000000);
    is_bill(w, bill_of(w, 2, 2026), "open", 300001, 0, 0, 300001); // the tier below the seat
    is_bill(w, bill_of(w, 3, 2026), "open", 100000, 0, 0, 100000); // since 1 July
    is_bill(w, bill_of(w, 4, 2026), "open", 50000, 0, 0, 50000);   // since 2 July, suspended
    assert_int_equal(bill_of(w, 5, 2026), 0);                      // since the year after
    assert_int_equal(bill_of(w, 6, 2026), 0);                      // another chamber's
    assert_int_equal(make_bills(w, &STAFF, 1, 2026, ERR_OK), 0);
    struct try cancel = {.steps = &BILL_STEPS,
                         .step = "cancel",
                         .id = bill_of(w, 4, 2026),
                         .in = {{"reason", "开错了", 0}}};
    assert_int_equal(try_it(w, &FIRST, &cancel), ERR_OK);
    is_bill(w, cancel.id, "cancelled", 50000, 0, 0, 0);
    assert_int_equal(make_bills(w, &STAFF, 1, 2026, ERR_OK), 0); // a decision, not an omission
    struct try again = {.kind = &BILL_KIND,
                        .in = {{"membership_id", NULL, 4}, {"year", NULL, 2026}}};
    assert_int_equal(try_it(w, &FIRST, &again), ERR_OK);
    assert_int_equal(try_it(w, &FIRST, &again), ERR_INVALID);
    assert_string_equal(again.fault, "taken");
    assert_int_equal(make_bills(w, &FIRST, 1, 2027, ERR_OK), 5);
    is_bill(w, bill_of(w, 4, 2027), "open", 100000, 0, 0, 100000); // a whole year by now
    is_bill(w, bill_of(w, 5, 2027), "open", 100000, 0, 0, 100000);
}

static void
test_payments_are_reversed_never_changed(void **state)
{
    struct world *w = *state;
    struct try t, reverse = {.steps = &PAYMENT_STEPS,
                             .step = "reverse",
                             .in = {{"reason", "登记错了", 0}}};
    district(w);
    approved(w);
    make_bills(w, &FIRST, 1, 2026, ERR_OK);
    int64_t bill = bill_of(w, 3, 2026);
    assert_int_equal(pay(w, &SECOND, bill, 100, "a", &t), ERR_INVALID);
    assert_int_equal(pay(w, &MEMBER, bill, 100, "a", &t), ERR_INVALID);
    assert_int_equal(pay(w, &FIRST, bill, 100001, "a", &t), ERR_INVALID); // more than is owed
    assert_string_equal(t.fault, "too_large");
    assert_int_equal(pay(w, &FIRST, bill, 0, "a", &t), ERR_INVALID);
    assert_int_equal(pay(w, &FIRST, bill, 40000, "a", &t), ERR_OK);
    is_bill(w, bill, "partly", 100000, 40000, 0, 60000);
    assert_int_equal(pay(w, &FIRST, bill, 60000, "a", &t), ERR_INVALID); // twice the same
    assert_string_equal(t.fault, "taken");
    assert_int_equal(pay(w, &STAFF, bill, 60000, "b", &t), ERR_OK);
    is_bill(w, bill, "paid", 100000, 100000, 0, 0);
    assert_int_equal(pay(w, &FIRST, bill, 1, "c", &t), ERR_INVALID);
    assert_string_equal(t.fault, "settled");
    reverse.id = 2;
    assert_int_equal(try_it(w, &SECOND, &reverse), ERR_NOT_FOUND);
    assert_int_equal(try_it(w, &FIRST, &reverse), ERR_OK);
    assert_int_equal(try_it(w, &FIRST, &reverse), ERR_CONFLICT);
    is_bill(w, bill, "partly", 100000, 40000, 0, 60000);
    assert_int_equal(pay(w, &FIRST, bill, 60000, "b", &t), ERR_OK); // its number is free again
    is_bill(w, bill, "paid", 100000, 100000, 0, 0);
    const struct value *p = get(w, &PAYMENT_KIND, &FIRST, 2);
    assert_string_equal(value_get_text(p, "state"), "reversed");
    assert_string_equal(value_get_text(p, "reversed_on"), "2026-11-23");
    assert_string_equal(value_get_text(p, "reason"), "登记错了");
}

static void
test_waivers(void **state)
{
    struct world *w = *state;
    struct try p, t = {.steps = &BILL_STEPS,
                       .step = "waive",
                       .in = {{"reason", "停产", 0}, {"decision", "会长办公会", 0}}};
    district(w);
    approved(w);
    make_bills(w, &FIRST, 1, 2026, ERR_OK);
    t.id = bill_of(w, 3, 2026);
    assert_int_equal(try_it(w, &MEMBER, &t), ERR_NOT_FOUND);
    assert_int_equal(pay(w, &FIRST, t.id, 30000, "a", &p), ERR_OK);
    t.in[2].key = "amount_fen";
    t.in[2].number = 70001;
    assert_int_equal(try_it(w, &FIRST, &t), ERR_INVALID);
    t.in[2].number = 20000;
    assert_int_equal(try_it(w, &FIRST, &t), ERR_OK);
    is_bill(w, t.id, "partly", 100000, 30000, 20000, 50000);
    assert_int_equal(pay(w, &FIRST, t.id, 50000, "b", &p), ERR_OK);
    is_bill(w, t.id, "paid", 100000, 80000, 20000, 0);
    struct try back = {
        .steps = &BILL_STEPS, .step = "unwaive", .id = t.id, .in = {{"reason", "复产了", 0}}};
    assert_int_equal(try_it(w, &FIRST, &back), ERR_OK);
    is_bill(w, t.id, "partly", 100000, 80000, 0, 20000);
    assert_int_equal(try_it(w, &FIRST, &back), ERR_CONFLICT);
    t.id = bill_of(w, 1, 2026);
    t.in[2].key = NULL; // all of it
    assert_int_equal(try_it(w, &FIRST, &t), ERR_OK);
    is_bill(w, t.id, "waived", 2000000, 0, 2000000, 0);
    assert_string_equal(value_get_text(get(w, &BILL_KIND, &FIRST, t.id), "decision"),
                        "会长办公会");
    assert_int_equal(pay(w, &FIRST, t.id, 1, "c", &p), ERR_INVALID);
}

// ---- reminders and arrears ---------------------------------------------------------------

static enum err
remind_due(struct ctx *c, void *arg)
{
    *(int64_t *)arg = dues_remind_due(c, 100);
    return db_tx_err(c->tx);
}

static int64_t
job(struct world *w)
{
    int64_t n = -1;
    assert_int_equal(in_write(w, request(w, &SYSTEM), remind_due, &n), ERR_OK);
    return n;
}

static int64_t
notices(struct world *w, int64_t account)
{
    struct db_tx *tx = db_read_begin(w->s.db);
    int64_t n = db_value_int(tx, &NOTICES, DB_ARGS(DB_INT(account)), -1);
    db_read_end(tx);
    return n;
}

static void
test_reminders_are_not_too_many(void **state)
{
    struct world *w = *state;
    struct try p, t = {.steps = &BILL_STEPS, .step = "remind"};
    struct account_new with = {
        .login = "q1", .name = "甲", .roles = ROLE_MEMBER, .enterprise_id = 1};
    district(w);
    approved(w);
    w->now = MORNING - 200 * TIME_DAY; // 7 May 2026
    int64_t account = add_account(w, &with);
    assert_int_equal(make_bills(w, &FIRST, 1, 2026, ERR_OK), 4);
    assert_int_equal(notices(w, account), 1); // of the bill itself
    assert_int_equal(job(w), 0);
    w->now = time_from_civil(2026, 6, 15, 9, 0, 0);
    assert_int_equal(job(w), 0);
    w->now = time_from_civil(2026, 6, 16, 9, 0, 0); // a fortnight before 30 June
    assert_int_equal(job(w), 1);                    // the others have no account
    assert_int_equal(job(w), 0);
    assert_int_equal(notices(w, account), 2);
    t.id = bill_of(w, 1, 2026);
    assert_int_equal(try_it(w, &FIRST, &t), ERR_CONFLICT); // by hand neither
    w->now += 29 * TIME_DAY;
    assert_int_equal(try_it(w, &FIRST, &t), ERR_CONFLICT);
    w->now += TIME_DAY;
    assert_int_equal(try_it(w, &FIRST, &t), ERR_OK);
    assert_int_equal(job(w), 0);
    w->now += 30 * TIME_DAY;
    assert_int_equal(job(w), 1);
    assert_int_equal(value_get_int(get(w, &BILL_KIND, &STAFF, t.id), "reminders", 0), 3);
    assert_int_equal(pay(w, &FIRST, t.id, 2000000, "a", &p), ERR_OK);
    w->now += 60 * TIME_DAY;
    assert_int_equal(job(w), 0); // nothing is owed any more
    t.id = bill_of(w, 2, 2026);
    assert_int_equal(try_it(w, &FIRST, &t), ERR_CONFLICT); // nobody would read it
}

typedef enum err (*page_fn)(struct ctx *c);

static const struct value *
page(struct world *w, const struct actor *who, page_fn run, page_fn show, const char *year,
     const char *organization)
{
    struct ctx *c = request(w, who);
    static struct http_kv query[2];
    query[0] = (struct http_kv){"year", year};
    query[1] = (struct http_kv){"organization_id", organization};
    w->req.query = (struct http_list){query, organization == NULL ? 1 : 2};
    c->tx = db_read_begin(w->s.db);
    enum err e = run(c);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    const struct value *out = e == ERR_OK ? c->out : NULL;
    if (out != NULL) {
        assert_int_equal(show(c), ERR_OK);
    }
    db_read_end(c->tx);
    c->tx = NULL;
    return out;
}

static const struct value *
statement(struct world *w, const struct actor *who, const char *year, const char *organization)
{
    return page(w, who, dues_statement_run, dues_statement_show, year, organization);
}

static const char *
action(struct world *w, size_t i)
{
    const struct value *out =
        page(w, &FIRST, dues_arrears_run, dues_arrears_show, "2026", NULL);
    return value_get_text(value_at(value_get(out, "items"), i), "action");
}

static void
test_arrears_and_statements_over_two_years(void **state)
{
    struct world *w = *state;
    struct try p, waive = {.steps = &BILL_STEPS,
                           .step = "waive",
                           .in = {{"reason", "停产", 0}, {"decision", "会长办公会", 0}}};
    district(w);
    approved(w);
    make_bills(w, &FIRST, 1, 2025, ERR_OK); // memberships 1 and 2
    make_bills(w, &FIRST, 1, 2026, ERR_OK); // 1 … 4
    assert_int_equal(pay(w, &FIRST, bill_of(w, 1, 2025), 2000000, "a", &p), ERR_OK);
    assert_int_equal(pay(w, &FIRST, bill_of(w, 3, 2026), 40000, "b", &p), ERR_OK);
    waive.id = bill_of(w, 4, 2026);
    assert_int_equal(try_it(w, &FIRST, &waive), ERR_OK);
    const struct value *s = statement(w, &FIRST, "2026", NULL);
    assert_int_equal(value_get_int(s, "bills", 0), 4);
    assert_int_equal(value_get_int(s, "settled", 0), 1);
    assert_int_equal(value_get_int(s, "amount_fen", 0), 2000000 + 300001 + 100000 + 50000);
    assert_int_equal(value_get_int(s, "paid_fen", 0), 40000);
    assert_int_equal(value_get_int(s, "waived_fen", 0), 50000);
    assert_int_equal(value_get_int(s, "owed_fen", 0), 2000000 + 300001 + 60000);
    assert_int_equal(value_get_int(s, "received_fen", 0), 2040000); // whatever year it was for
    assert_int_equal(value_count(value_get(s, "tiers")), 3);
    assert_int_equal(value_count(value_get(s, "payers")), 4);
    s = statement(w, &FIRST, "2025", "1");
    assert_int_equal(value_get_int(s, "paid_fen", 0), 2000000);
    assert_int_equal(value_get_int(s, "owed_fen", 0), 300001);
    // leaders read sums, secretaries their own chamber
    s = statement(w, &LEADER, "2026", "1");
    assert_int_equal(value_get_int(s, "bills", 0), 4);
    assert_int_equal(value_count(value_get(s, "payers")), 0);
    s = statement(w, &LEADER, "2026", NULL);
    assert_int_equal(value_count(value_get(s, "chambers")), 1);
    assert_null(statement(w, &SECOND, "2026", "1"));
    assert_int_equal(value_get_int(statement(w, &SECOND, "2026", NULL), "bills", -1), 0);
    // arrears, the longest first: membership 2 since 30 June 2025
    assert_string_equal(action(w, 0), "warning");
    assert_string_equal(action(w, 1), "none");
    w->now = time_from_civil(2027, 6, 29, 9, 0, 0);
    assert_string_equal(action(w, 0), "warning");
    w->now = time_from_civil(2027, 6, 30, 9, 0, 0);
    assert_string_equal(action(w, 0), "charter");
    assert_string_equal(action(w, 1), "warning");
}

static void
test_who_sees_what(void **state)
{
    struct world *w = *state;
    struct try p;
    district(w);
    int64_t id = approved(w);
    make_bills(w, &FIRST, 1, 2026, ERR_OK);
    int64_t bill = bill_of(w, 1, 2026);
    assert_int_equal(pay(w, &FIRST, bill, 100, "a", &p), ERR_OK);
    static const struct {
        const struct actor *who;
        bool standard, bill;
    } CASES[] = {{&STAFF, true, true},   {&FIRST, true, true},   {&SECOND, false, false},
                 {&MEMBER, false, true}, {&OTHER, false, false}, {&LEADER, true, false}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const struct actor *who = CASES[i].who;
        assert_int_equal(get(w, &DUES_STANDARD_KIND, who, id) != NULL, CASES[i].standard);
        assert_int_equal(get(w, &DUES_TIER_KIND, who, 1) != NULL, CASES[i].standard);
        assert_int_equal(get(w, &BILL_KIND, who, bill) != NULL, CASES[i].bill);
        assert_int_equal(get(w, &PAYMENT_KIND, who, p.id) != NULL, CASES[i].bill);
    }
}

static enum err
give_tier(struct ctx *c, void *arg)
{
    struct value *rec = value_map(c->arena);
    value_set_text(c->arena, rec, "dues_tier", arg);
    return record_update(c, &MEMBERSHIP_KIND, 3, rec, 0);
}

static void
test_a_tier_given_to_a_member_is_the_standards(void **state)
{
    struct world *w = *state;
    district(w);
    approved(w);
    assert_int_equal(in_write(w, request(w, &FIRST), give_tier, "supervisor"), ERR_INVALID);
    assert_int_equal(in_write(w, request(w, &FIRST), give_tier, "vice_president"), ERR_OK);
    make_bills(w, &FIRST, 1, 2026, ERR_OK);
    is_bill(w, bill_of(w, 3, 2026), "open", 300000, 0, 0, 300000);
}

static enum err
merge(struct ctx *c, void *arg)
{
    int64_t *id = arg;
    *id = record_merge(c, &ENTERPRISE_KIND, 2, 3, value_map(c->arena), "登记了两次");
    return *id != 0 ? ERR_OK : c->result;
}

static enum err
unmerge(struct ctx *c, void *arg)
{
    return record_unmerge(c, &ENTERPRISE_KIND, *(int64_t *)arg);
}

static void
test_bills_of_a_member_entered_twice_become_one(void **state)
{
    struct world *w = *state;
    struct try p;
    int64_t id = 0;
    district(w);
    approved(w);
    make_bills(w, &FIRST, 1, 2026, ERR_OK);
    int64_t ours = bill_of(w, 2, 2026), theirs = bill_of(w, 3, 2026);
    assert_int_equal(pay(w, &FIRST, ours, 250000, "a", &p), ERR_OK);
    assert_int_equal(pay(w, &FIRST, theirs, 100000, "b", &p), ERR_OK);
    assert_int_equal(in_write(w, request(w, &STAFF), merge, &id), ERR_OK);
    is_bill(w, ours, "paid", 300001, 350000, 0, 0); // more came in than was asked, and it shows
    assert_null(get(w, &BILL_KIND, &STAFF, theirs));
    assert_int_equal(value_get_int(get(w, &PAYMENT_KIND, &STAFF, p.id), "bill_id", 0), ours);
    assert_int_equal(in_write(w, request(w, &STAFF), unmerge, &id), ERR_OK);
    is_bill(w, ours, "partly", 300001, 250000, 0, 50001);
    is_bill(w, theirs, "paid", 100000, 100000, 0, 0);
    assert_int_equal(value_get_int(get(w, &PAYMENT_KIND, &STAFF, p.id), "bill_id", 0), theirs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_only_a_resolution_makes_a_standard),
        WORLD_TEST(test_a_new_standard_ends_the_old_one_for_new_years),
        WORLD_TEST(test_bills_are_made_once),
        WORLD_TEST(test_payments_are_reversed_never_changed),
        WORLD_TEST(test_waivers),
        WORLD_TEST(test_reminders_are_not_too_many),
        WORLD_TEST(test_arrears_and_statements_over_two_years),
        WORLD_TEST(test_who_sees_what),
        WORLD_TEST(test_a_tier_given_to_a_member_is_the_standards),
        WORLD_TEST(test_bills_of_a_member_entered_twice_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
