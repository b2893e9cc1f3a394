// SPDX-License-Identifier: Apache-2.0
// What becomes of bills when two records of a member turn out to be one: two bills of a year
// are one, with all that was paid on either.
#include "mod/dues/dues_impl.h"

#include "base/text.h"

static bool
bill_is_same(const struct value *ours, const struct value *theirs)
{
    return value_get_int(ours, "year", 0) == value_get_int(theirs, "year", 0) &&
           !text_equal(value_get_text(ours, "state"), "cancelled") &&
           !text_equal(value_get_text(theirs, "state"), "cancelled");
}

// What was asked of ours stands. More than that may have come in; then nothing is owed, and the
// sums show it.
static void
combine(struct arena *a, struct value *ours, const struct value *theirs)
{
    int64_t paid = value_get_int(ours, "paid_fen", 0) + value_get_int(theirs, "paid_fen", 0);
    value_set_int(a, ours, "paid_fen", paid);
    bill_sums(a, ours);
}

const struct record_link DUES_LINKS[] = {
    {.to = "enterprises",
     .table = "bill",
     .column = "enterprise_id",
     .label = "会费账单",
     .kind = &BILL_KIND},
    {.to = "people",
     .table = "bill",
     .column = "person_id",
     .label = "会费账单",
     .kind = &BILL_KIND},
    {.to = "memberships",
     .table = "bill",
     .column = "membership_id",
     .label = "会费账单",
     .kind = &BILL_KIND,
     .same = bill_is_same,
     .combine = combine},
    {.to = "bills",
     .table = "payment",
     .column = "bill_id",
     .label = "缴费记录",
     .kind = &PAYMENT_KIND},
    {0},
};
