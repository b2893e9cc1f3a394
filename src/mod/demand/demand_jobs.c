// SPDX-License-Identifier: Apache-2.0
// What happens to demands without anybody asking for it: the minute job calls it.
#include "mod/demand/demand_effects.h"

int64_t
demand_auto_close(struct ctx *c)
{
    const struct value *ids = demand_store_unconfirmed(c, c->now, 500);
    const struct transition *close = demand_transition("close");
    int64_t n = 0;
    for (size_t i = 0; i < value_count(ids); i++) {
        struct lifecycle_record r;
        int64_t id = value_get_int(value_at(ids, i), "id", 0);
        n += lifecycle_step(c, &DEMAND_LIFECYCLE, close, id, &r) == ERR_OK;
    }
    return n;
}
