// SPDX-License-Identifier: Apache-2.0
// Dues of the demonstration district: a chamber whose assembly passed a standard of four tiers,
// with bills of two years in every state; one whose assembly did not pass it; one whose draft
// does not hold yet. Dates count back from today. language: data
#include "cmd/demo.h"

#include "base/text.h"

#include <string.h>

enum { YEARS = 2, PAID_DAYS_AGO = 40, FEN = 100 };

// A member of the chamber that collects: enterprise, seat (NULL none), since; and for last year
// and this one what was paid in yuan, -1: waived.
static const struct {
    const char *enterprise, *seat, *since;
    int paid[YEARS];
} MEMBERS[] = {
    {"江南精密制造股份有限公司", "president", "2018-03-15", {20000, 10000}},
    {"金禾新材料有限公司", "vice_president", "2019-06-01", {5000, 0}},
    {"临江宏达机械厂", "director", NULL, {1500, 0}},
    {"恒鲜冷链物流有限公司", NULL, NULL, {0, -1}},
    {"澄川半导体（临江）有限公司", NULL, NULL, {1000, 1000}},
};

static const struct {
    const char *code;
    int yuan;
} TIERS[] = {
    {"president", 20000}, {"vice_president", 5000}, {"director", 3000}, {"member", 1000}};

// A standard as it was written down.
struct draft {
    const char *place, *meeting;
    bool secret;
    int eligible, present, approve, oppose;
    size_t tiers;
};
static const struct draft PASSED = {"LJ-S01", "第二届会员大会第三次会议", true, 62, 51, 46, 3,
                                    4};
static const struct draft FAILED = {
    "LJ-H01", "第一届会员代表大会第二次会议", true, 48, 40, 17, 21, 4};
static const struct draft OPEN = {"LJ-H02", "第二届会员大会第二次会议", false, 30, 24, 19, 2,
                                  2};

static bool
done(enum err e, const char *what, const char *why)
{
    if (e != ERR_OK) {
        cmd_fail("demo: dues: %s: %s", what, why);
    }
    return e == ERR_OK;
}

static bool
post(const struct act *act, const char *path, const struct value *in, int64_t *id)
{
    const struct value *out;
    const char *why = "";
    enum err e = act_post(act, path, in, &out, &why);
    if (e == ERR_OK && id != NULL) {
        *id = value_get_int(out, "id", 0);
    }
    return done(e, path, why);
}

static int
this_year(const struct act *act)
{
    return time_civil(act->now).year;
}

// ---- standards -------------------------------------------------------------------------

static bool
add_tiers(const struct act *act, int64_t standard, size_t n)
{
    bool ok = true;
    for (size_t i = 4 - n; ok && i < sizeof TIERS / sizeof *TIERS; i++) {
        struct value *in = value_map(act->arena);
        value_set_int(act->arena, in, "standard_id", standard);
        value_set_text(act->arena, in, "code", TIERS[i].code);
        value_set_int(act->arena, in, "amount_fen", INT64_C(1) * TIERS[i].yuan * FEN);
        ok = post(act, "/dues-tiers", in, NULL);
    }
    return ok;
}

// Passed in December three years ago, in force from the January after.
static bool
add_standard(const struct act *act, const struct demo_known *known, const struct draft *d,
             int years_ago, const char *step)
{
    struct arena *a = act->arena;
    int64_t id = 0;
    int year = this_year(act) - years_ago;
    struct value *in = value_map(a);
    value_set_int(a, in, "organization_id", known->place(known->of, d->place));
    value_set_text(a, in, "effective_on", arena_printf(a, "%d-01-01", year));
    value_set_text(a, in, "meeting", d->meeting);
    value_set_text(a, in, "held_on", arena_printf(a, "%d-12-18", year - 1));
    value_set_bool(a, in, "secret_ballot", d->secret);
    value_set_int(a, in, "eligible", d->eligible);
    value_set_int(a, in, "present", d->present);
    value_set_int(a, in, "approve", d->approve);
    value_set_int(a, in, "oppose", d->oppose);
    value_set_int(a, in, "abstain", d->present - d->approve - d->oppose);
    if (!post(act, "/dues-standards", in, &id) || !add_tiers(act, id, d->tiers)) {
        return false;
    }
    in = value_map(a);
    if (step != NULL && strcmp(step, "refuse") == 0) {
        value_set_text(a, in, "reason", "同意票不到到会人数的一半，修改后再提交大会");
    }
    return step == NULL ||
           post(act, arena_printf(a, "/dues-standards/%lld/%s", (long long)id, step), in, NULL);
}

// ---- members and bills -----------------------------------------------------------------

static const struct value *
list(const struct act *act, const char *path, int64_t organization)
{
    struct http_kv query[] = {
        {"organization_id", arena_printf(act->arena, "%lld", (long long)organization)},
        {"limit", "200"}};
    const struct http_list all = {query, sizeof query / sizeof *query};
    const struct value *out = NULL;
    const char *why = "";
    return done(act_get(act, path, &all, &out, &why), path, why) ? value_get(out, "items")
                                                                 : NULL;
}

static const struct value *
named(const struct value *items, const char *enterprise, int64_t year)
{
    for (size_t i = 0; i < value_count(items); i++) {
        const struct value *item = value_at(items, i);
        if (text_equal(value_get_text(item, "enterprise_name"), enterprise) &&
            (year == 0 || value_get_int(item, "year", 0) == year)) {
            return item;
        }
    }
    return NULL;
}

static bool
add_seats(const struct act *act, int64_t organization)
{
    const struct value *items = list(act, "/memberships", organization);
    bool ok = items != NULL;
    for (size_t i = 0; ok && i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        const struct value *of = named(items, MEMBERS[i].enterprise, 0);
        struct value *in = value_map(act->arena);
        const struct value *out;
        const char *why = "";
        if (MEMBERS[i].seat != NULL) {
            value_set_text(act->arena, in, "seat", MEMBERS[i].seat);
        }
        if (MEMBERS[i].since != NULL) {
            value_set_text(act->arena, in, "since", MEMBERS[i].since);
        }
        ok = in->map.count == 0 ||
             done(act_patch(act,
                            arena_printf(act->arena, "/memberships/%lld",
                                         (long long)value_get_int(of, "id", 0)),
                            in, &out, &why),
                  "membership", why);
    }
    return ok;
}

static bool
issue(const struct act *act, int64_t organization, int year)
{
    struct value *in = value_map(act->arena);
    value_set_int(act->arena, in, "organization_id", organization);
    value_set_int(act->arena, in, "year", year);
    value_set_text(act->arena, in, "due_on", arena_printf(act->arena, "%d-06-30", year));
    return post(act, "/dues-issue", in, NULL);
}

static bool
settle(const struct act *act, int64_t bill, int year, size_t member, int yuan)
{
    struct arena *a = act->arena;
    struct value *in = value_map(a);
    if (yuan < 0) {
        value_set_text(a, in, "reason", "冷库停产检修三个月，经营困难");
        value_set_text(a, in, "decision", arena_printf(a, "%d 年第 4 次会长办公会", year));
        return post(act, arena_printf(a, "/bills/%lld/waive", (long long)bill), in, NULL);
    }
    int32_t day = time_to_day(act->now) - PAID_DAYS_AGO - (int32_t)member;
    int32_t last = day_from_civil(year, 5, 20) + (int32_t)member;
    value_set_int(a, in, "bill_id", bill);
    value_set_int(a, in, "amount_fen", INT64_C(1) * yuan * FEN);
    value_set_text(a, in, "paid_on", day_text(a, day < last ? day : last));
    value_set_text(a, in, "method", member % 2 == 0 ? "transfer" : "scan");
    value_set_text(a, in, "reference", arena_printf(a, "%d%04zu", year, 17 * (member + 1)));
    value_set_text(a, in, "received_by", "吴芳");
    return yuan == 0 || post(act, "/payments", in, NULL);
}

bool
demo_dues(const struct act *act, const struct demo_known *known)
{
    int64_t organization = known->place(known->of, PASSED.place);
    int year = this_year(act);
    bool ok = add_seats(act, organization) && add_standard(act, known, &PASSED, 2, "approve") &&
              add_standard(act, known, &FAILED, 0, "refuse") &&
              add_standard(act, known, &OPEN, 0, NULL) && issue(act, organization, year - 1) &&
              issue(act, organization, year);
    const struct value *bills = ok ? list(act, "/bills", organization) : NULL;
    for (size_t i = 0; ok && i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        for (int k = 0; ok && k < YEARS; k++) {
            int of = year - YEARS + 1 + k;
            const struct value *bill = named(bills, MEMBERS[i].enterprise, of);
            ok = settle(act, value_get_int(bill, "id", 0), of, i, MEMBERS[i].paid[k]);
        }
    }
    return ok;
}
