// SPDX-License-Identifier: Apache-2.0
// What happens to demands without anybody asking for it: the minute job calls it.
#include "mod/demand/demand_effects.h"

enum { AT_ONCE = 500 }; // of a kind in one transaction

int64_t
demand_auto_close(struct ctx *c)
{
    const struct value *ids = demand_store_unconfirmed(c, c->now, AT_ONCE);
    const struct transition *close = demand_transition("close");
    int64_t n = 0;
    for (size_t i = 0; i < value_count(ids); i++) {
        struct lifecycle_record r;
        int64_t id = value_get_int(value_at(ids, i), "id", 0);
        n += lifecycle_step(c, &DEMAND_LIFECYCLE, close, id, &r) == ERR_OK;
    }
    return n;
}

int64_t
demand_tell_reviews(struct ctx *c)
{
    const char *today = day_text(c->arena, time_to_day(c->now));
    const struct value *due = demand_store_to_review(c, today, AT_ONCE);
    size_t n = value_count(due);
    for (size_t i = 0; i < n; i++) {
        const struct value *v = value_at(due, i);
        const struct demand d = {.id = value_get_int(v, "id", 0),
                                 .receipt_no = value_get_text(v, "receipt_no"),
                                 .title = value_get_text(v, "title")};
        demand_tell_office(c, &d, T("挂账到了复查日期，请看条件是否具备 {0}：{1}"));
        demand_store_review_told(c, d.id);
    }
    return (int64_t)n;
}
