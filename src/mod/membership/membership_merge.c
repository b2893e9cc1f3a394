// SPDX-License-Identifier: Apache-2.0
// What becomes of memberships when two enterprises or two persons turn out to be one: two stays
// in the same chamber at the same time were one stay, the longer of both.
#include "mod/membership/membership_impl.h"

#include "base/text.h"
#include "mod/enterprise/enterprise.h"

#include <string.h>

static bool
goes_on(const struct value *row)
{
    return !text_list_has("rejected withdrawn left expelled", value_get_text(row, "state"));
}

// Both say when they began, and neither had ended when the other did.
static bool
overlap(const struct value *a, const struct value *b)
{
    const char *from = value_get_text(a, "since"), *to = value_get_text(a, "until");
    const char *since = value_get_text(b, "since"), *until = value_get_text(b, "until");
    return from != NULL && since != NULL && (until == NULL || strcmp(from, until) <= 0) &&
           (to == NULL || strcmp(since, to) <= 0);
}

static bool
stay_is_same(const struct value *ours, const struct value *theirs)
{
    return value_get_int(ours, "organization_id", 0) ==
               value_get_int(theirs, "organization_id", 0) &&
           ((goes_on(ours) && goes_on(theirs)) || overlap(ours, theirs));
}

// A person who represents an enterprise is no second member.
static bool
own_stay_is_same(const struct value *ours, const struct value *theirs)
{
    return value_get_int(ours, "enterprise_id", 0) == 0 &&
           value_get_int(theirs, "enterprise_id", 0) == 0 && stay_is_same(ours, theirs);
}

static const char *
earlier(const char *a, const char *b)
{
    return a == NULL || (b != NULL && strcmp(b, a) < 0) ? b : a;
}

// From the first of both beginnings; a member if either is one.
static void
combine(struct arena *a, struct value *ours, const struct value *theirs)
{
    bool open = goes_on(ours) || goes_on(theirs);
    const char *state = value_get_text(ours, "state"), *other = value_get_text(theirs, "state");
    const char *until = value_get_text(ours, "until"), *end = value_get_text(theirs, "until");
    bool take = !membership_is_current(state) &&
                (membership_is_current(other) || (!goes_on(ours) && goes_on(theirs)));
    value_set_text(a, ours, "since",
                   earlier(value_get_text(ours, "since"), value_get_text(theirs, "since")));
    value_set_text(
        a, ours, "applied_on",
        earlier(value_get_text(ours, "applied_on"), value_get_text(theirs, "applied_on")));
    bool main =
        value_get_int(ours, "is_main", 0) != 0 || value_get_int(theirs, "is_main", 0) != 0;
    value_set_int(a, ours, "is_main", main ? 1 : 0);
    record_row_fill(a, ours, theirs);
    if (value_get_int(ours, "previous_id", 0) == value_get_int(ours, "id", 0)) {
        value_set(a, ours, "previous_id", &value_null);
    }
    value_set_text(a, ours, "state", take ? other : state);
    value_set_text(a, ours, "until",
                   open                           ? NULL
                   : until == NULL || end == NULL ? NULL
                   : strcmp(until, end) > 0       ? until
                                                  : end);
}

// The main one is that of the chamber the enterprise stands under, which people have chosen.
static enum err
settle(struct ctx *c, int64_t enterprise_id)
{
    const struct value *e = enterprise_by_id(c->tx, c->arena, enterprise_id);
    const struct value *rows =
        db_list(c->tx, c->arena, &MEMBERSHIP_CURRENT, DB_ARGS(DB_INT(enterprise_id)));
    int64_t chamber = value_get_int(e, "chamber_id", 0);
    for (size_t i = 0; chamber != 0 && i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        if (value_get_int(row, "organization_id", 0) == chamber) {
            return membership_make_main(c, enterprise_id, value_get_int(row, "id", 0));
        }
    }
    return membership_settle(c, enterprise_id);
}

const struct record_link MEMBERSHIP_LINKS[] = {
    {.to = "enterprises",
     .table = "membership",
     .column = "enterprise_id",
     .label = "会籍",
     .kind = &MEMBERSHIP_KIND,
     .same = stay_is_same,
     .combine = combine,
     .settle = settle},
    {.to = "people",
     .table = "membership",
     .column = "person_id",
     .label = "会籍",
     .kind = &MEMBERSHIP_KIND,
     .same = own_stay_is_same,
     .combine = combine},
    {.to = "memberships",
     .table = "membership",
     .column = "previous_id",
     .label = "下一段会籍",
     .kind = &MEMBERSHIP_KIND},
    {.to = "memberships",
     .table = "attachment",
     .column = "record_id",
     .label = "附件",
     .kind_column = "kind"},
    {.to = "memberships",
     .table = "reveal",
     .column = "record_id",
     .label = "查看号码的记录",
     .kind_column = "kind"},
    {0},
};
