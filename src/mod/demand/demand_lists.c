// SPDX-License-Identifier: Apache-2.0
// Lists of demands: for every way to look at them an index to walk along, in four orders, so
// that the first page of a million costs what twenty rows cost. The text of each statement is
// put together by the compiler; what is left to filter is done on the walk.
#include "mod/demand/demand_impl.h"

#include "kit/search.h"

#include <string.h>

extern const struct db_stmt DEMAND_LISTS[DEMAND_DRIVERS][DEMAND_ORDERS];
extern const struct db_stmt DEMAND_COUNTS[DEMAND_DRIVERS][2];

#define COLUMNS                                                                                \
    "d.id, d.receipt_no, d.title, d.state, d.category, d.source, d.level, d.enterprise_id,"    \
    " e.name AS enterprise, d.chamber_id, ch.name AS chamber, d.lead_unit_id,"                 \
    " u.name AS lead_unit, d.visibility, d.created_at, d.updated_at, d.submitted_at,"          \
    " d.next_due_at AS due_at, d.supervised_at, d.extension, d.outcome, d.satisfaction,"       \
    " d.reopenings, d.open, d.version, d.yellow_at, d.red_at, d.callback_due_at, d.paused,"    \
    " d.due_key"
#define ROW                                                                                    \
    "id:int receipt_no:text title:text state:text category:text source:text level:text?"       \
    " enterprise_id:int? enterprise:text? chamber_id:int? chamber:text? lead_unit_id:int?"     \
    " lead_unit:text? visibility:text created_at:time updated_at:time submitted_at:time?"      \
    " due_at:time? supervised_at:time? extension:text outcome:text? satisfaction:int?"         \
    " reopenings:int open:bool version:int yellow_at:time? red_at:time? callback_due_at:time?" \
    " paused:bool"                                                                             \
    " due_key:int"
#define NAMES                                                                                  \
    " LEFT JOIN enterprise e ON e.id = d.enterprise_id"                                        \
    " LEFT JOIN organization ch ON ch.id = d.chamber_id"                                       \
    " LEFT JOIN organization u ON u.id = d.lead_unit_id"
#define PARAMS                                                                                 \
    "after_key:int after_id:int limit:int state:text? category:text? level:text? lead:int?"    \
    " chamber:int? enterprise:int? source:text? created_from:int? created_to:int?"             \
    " due_from:int? due_to:int? open:int? paused:int? supervised:int? seen_by:int?"            \
    " drafts_of:int? unit:int? match:text? unassigned:int?"                                    \
    " submitted_from:int? submitted_to:int? closed_from:int? closed_to:int? measure:text?"     \
    " todo:int? review_by:text? key_from:int key_to:int free:int"
// What waits for the federation, as the indexes say it (0015_demand_callback.sql).
#define TODO                                                                                   \
    "d.unassigned = 1 OR (d.extension = 'requested' AND d.open = 1) OR d.callback_due_at IS"   \
    " NOT NULL"
// Of a list that nobody filters ($32) no row is asked the two dozen questions.
#define FILTERS                                                                                \
    " AND ($19 IS NULL OR d.state <> 'draft' OR d.created_by = $19)"                           \
    " AND ($32 = 1 OR (($4 IS NULL OR d.state = $4) AND ($5 IS NULL OR d.category = $5)"       \
    " AND ($6 IS NULL OR d.level = $6) AND ($7 IS NULL OR d.lead_unit_id = $7)"                \
    " AND ($8 IS NULL OR d.chamber_id = $8) AND ($9 IS NULL OR d.enterprise_id = $9)"          \
    " AND ($10 IS NULL OR d.source = $10)"                                                     \
    " AND ($11 IS NULL OR d.created_at >= $11) AND ($12 IS NULL OR d.created_at < $12)"        \
    " AND ($13 IS NULL OR d.due_key >= $13) AND ($14 IS NULL OR d.due_key < $14)"              \
    " AND ($15 IS NULL OR d.open = $15) AND ($16 IS NULL OR d.paused = $16)"                   \
    " AND ($17 IS NULL OR d.supervised_at IS NOT NULL)"                                        \
    " AND ($18 IS NULL OR d.visibility = 'chamber' OR d.created_by = $18)"                     \
    " AND ($22 IS NULL OR d.unassigned = $22)"                                                 \
    " AND ($23 IS NULL OR d.submitted_at >= $23) AND ($24 IS NULL OR d.submitted_at < $24)"    \
    " AND ($25 IS NULL OR d.closed_at >= $25) AND ($26 IS NULL OR d.closed_at < $26)"          \
    " AND ($27 IS NULL OR ($27 = 'accepted' AND d.accepted_at IS NOT NULL)"                    \
    " OR ($27 = 'answered' AND d.answered_at IS NOT NULL)"                                     \
    " OR ($27 = 'timed' AND d.on_time IS NOT NULL) OR ($27 = 'late' AND d.on_time = 0)"        \
    " OR ($27 = 'rated' AND d.satisfaction IS NOT NULL)"                                       \
    " OR ($27 = 'satisfied' AND d.satisfaction >= 4))"                                         \
    " AND ($28 IS NULL OR " TODO ")"                                                           \
    " AND ($29 IS NULL OR d.review_on <= $29)))"
// Every statement has every parameter.
#define NO_UNIT " AND $20 IS NULL"
#define ANY_UNIT                                                                               \
    " AND ($20 IS NULL OR EXISTS (SELECT 1 FROM demand_leg g WHERE g.demand_id = d.id"         \
    " AND g.unit_id = $20))"
#define NO_MATCH " AND $21 IS NULL"

// $30 and $31 bound the walk: without them a filter on its key would be asked of every row to
// the end of the index once the few that fit are found.
#define WALK(from, where, rest, key, id, op, dir)                                              \
    " FROM " from " WHERE " where " AND (" key ", " id ") " op " ($1, $2) AND " key            \
    " >= $30 AND " key " <= $31" FILTERS rest " ORDER BY " key " " dir ", " id " " dir         \
    " LIMIT $3"
// PostgreSQL plans for arguments it does not know; names joined to the walk let it think that
// few rows come and sort them all. So there they are joined to what the walk ended with.
#define LIST(what, from, where, rest, t, col, id, op, dir)                                     \
    {                                                                                          \
        .name = "demand.list_" what,                                                           \
        .sqlite =                                                                              \
            "SELECT " COLUMNS WALK(from NAMES, where, rest, t "." col, t "." id, op, dir),     \
        .postgres = "SELECT " COLUMNS " FROM (SELECT d.*" WALK(                                \
            from, where, rest, t "." col, t "." id, op, dir) ") d" NAMES " ORDER BY d." col    \
                                                             " " dir ", d.id " dir,            \
        .params = PARAMS, .row = ROW                                                           \
    }
#define LISTS(what, from, where, rest, t, id)                                                  \
    {                                                                                          \
        [DEMAND_NEWEST] =                                                                      \
            LIST(what "_newest", from, where, rest, t, "created_at", id, "<", "DESC"),         \
        [DEMAND_OLDEST] =                                                                      \
            LIST(what "_oldest", from, where, rest, t, "created_at", id, ">", "ASC"),          \
        [DEMAND_DUE_FIRST] =                                                                   \
            LIST(what "_due_first", from, where, rest, t, "due_key", id, ">", "ASC"),          \
        [DEMAND_DUE_LAST] =                                                                    \
            LIST(what "_due_last", from, where, rest, t, "due_key", id, "<", "DESC"),          \
    }
#define COUNT(what, by, from, where, rest, key, id)                                            \
    {                                                                                          \
        .name = "demand.count_" what by,                                                       \
        .sql = "SELECT count(*) AS n FROM (SELECT d.id" WALK(from, where, rest, key, id, "<",  \
                                                             "DESC") ") AS x",                 \
        .params = PARAMS, .row = "n:int"                                                       \
    }
#define COUNTS(what, from, where, rest, t, id)                                                 \
    {                                                                                          \
        COUNT(what, "", from, where, rest, t ".created_at", t "." id),                         \
            COUNT(what, "_due", from, where, rest, t ".due_key", t "." id),                    \
    }

#define OF_UNIT "demand_leg l CROSS JOIN demand d"
#define DRIVER_LIST(X)                                                                         \
    X(DEMAND_BY_ALL, "all", "demand d", "1 = 1", NO_UNIT NO_MATCH, "d", "id")                  \
    X(DEMAND_BY_OPEN, "open", "demand d", "d.open = 1", NO_UNIT NO_MATCH, "d", "id")           \
    X(DEMAND_BY_UNASSIGNED, "unassigned", "demand d", "d.unassigned = 1", NO_UNIT NO_MATCH,    \
      "d", "id")                                                                               \
    X(DEMAND_BY_TODO, "todo", "demand d", "(" TODO ")", NO_UNIT NO_MATCH, "d", "id")           \
    X(DEMAND_BY_SUPERVISED, "supervised", "demand d", "d.supervised_at IS NOT NULL",           \
      NO_UNIT NO_MATCH, "d", "id")                                                             \
    X(DEMAND_BY_ENTERPRISE, "enterprise", "demand d", "d.enterprise_id = $9",                  \
      NO_UNIT NO_MATCH, "d", "id")                                                             \
    X(DEMAND_BY_CHAMBER, "chamber", "demand d", "d.chamber_id = $8", NO_UNIT NO_MATCH, "d",    \
      "id")                                                                                    \
    X(DEMAND_BY_STATE, "state", "demand d", "d.state = $4", NO_UNIT NO_MATCH, "d", "id")       \
    X(DEMAND_BY_CATEGORY, "category", "demand d", "d.category = $5", NO_UNIT NO_MATCH, "d",    \
      "id")                                                                                    \
    X(DEMAND_BY_UNIT, "unit", OF_UNIT, "l.unit_id = $20 AND d.id = l.demand_id", NO_MATCH,     \
      "l", "demand_id")                                                                        \
    X(DEMAND_BY_UNIT_OPEN, "unit_open", OF_UNIT,                                               \
      "l.unit_id = $20 AND l.open = 1 AND d.id = l.demand_id", NO_MATCH, "l", "demand_id")

// Full text is walked by record number only: ranking or sorting all hits of a common word
// costs seconds.
#define SEARCH_TAIL " AND d.id >= $30 AND d.id <= $31" FILTERS ANY_UNIT
#define SEARCH_SQLITE(columns)                                                                 \
    "SELECT " columns " FROM search_index s CROSS JOIN demand d" NAMES                         \
    " WHERE s.search_index MATCH $21 AND s.rowid > $1 AND s.rowid < $2 AND d.id = s.rowid - "  \
    "$1" SEARCH_TAIL " ORDER BY s.rowid DESC LIMIT $3"
// The walk ends inside, where nothing is joined that could change its order.
#define SEARCH_POSTGRES(columns, names)                                                        \
    "SELECT " columns " FROM (SELECT d.* FROM" SEARCH_DOWN(                                    \
        "$21", "$1", "$2") " CROSS JOIN LATERAL (SELECT r.* FROM demand r WHERE r.id = s.id "  \
                           "- $1 OFFSET 0) d"                                                  \
                           " WHERE s.id > $1 AND s.id < $2" SEARCH_TAIL " LIMIT $3) d" names   \
                           " ORDER BY d.id DESC"

#define LISTS_OF(driver, ...) [driver] = LISTS(__VA_ARGS__),
const struct db_stmt DEMAND_LISTS[DEMAND_DRIVERS][DEMAND_ORDERS] = {
    DRIVER_LIST(LISTS_OF)[DEMAND_BY_SEARCH] = {{.name = "demand.list_search",
                                                .sqlite = SEARCH_SQLITE(COLUMNS),
                                                .postgres = SEARCH_POSTGRES(COLUMNS, NAMES),
                                                .params = PARAMS,
                                                .row = ROW}},
};
#define COUNTS_OF(driver, ...) [driver] = COUNTS(__VA_ARGS__),
// By time of creation, and by due time for what is asked by it.
const struct db_stmt DEMAND_COUNTS[DEMAND_DRIVERS][2] = {
    DRIVER_LIST(COUNTS_OF)[DEMAND_BY_SEARCH] =
        {{.name = "demand.count_search",
          .sqlite = "SELECT count(*) AS n FROM (" SEARCH_SQLITE("d.id") ") AS x",
          .postgres = "SELECT count(*) AS n FROM (" SEARCH_POSTGRES("d.id", "") ") AS x",
          .params = PARAMS,
          .row = "n:int"}},
};

static struct db_arg
optional(int flag)
{
    return flag < 0 ? DB_NULL : DB_INT(flag);
}

// Places of arguments that begin with 0.
enum { FIRST_FILTER = 3, DRAFTS_OF = 18, UNIT, MATCH, LAST_FILTER = 28, ARGS = 32 };

// The ends of the walk that the filters on its key give, the near one as where it begins.
static void
bound(struct demand_query *q)
{
    bool due = q->order == DEMAND_DUE_FIRST || q->order == DEMAND_DUE_LAST;
    bool down = q->order == DEMAND_NEWEST || q->order == DEMAND_DUE_LAST;
    int64_t from = due ? q->due_from : q->created_from;
    int64_t to = due ? q->due_to : q->created_to;
    q->key_from = from == 0 ? INT64_MIN : from;
    q->key_to = to == 0 ? INT64_MAX : to - 1;
    if (down && q->after_key > q->key_to) {
        q->after_key = q->key_to;
        q->after_id = INT64_MAX;
    } else if (!down && q->after_key < q->key_from) {
        q->after_key = q->key_from;
        q->after_id = INT64_MIN;
    }
}

// Whether nothing is filtered. Whose drafts are seen, which department leads and what is
// searched for stand outside of the filters.
static bool
is_free(const struct db_arg *args)
{
    for (int i = FIRST_FILTER; i <= LAST_FILTER; i++) {
        bool filter = i != DRAFTS_OF && i != UNIT && i != MATCH;
        if (filter && args[i].type != DB_NULL_T) {
            return false;
        }
    }
    return true;
}

static void
arguments(struct demand_query *q, struct db_arg *args)
{
    if (q->driver == DEMAND_BY_SEARCH) { // which walks by number
        q->key_from = 0;
        q->key_to = INT64_MAX;
    } else {
        bound(q);
    }
    int64_t base = q->driver == DEMAND_BY_SEARCH ? search_base("demand") : 0;
    const struct db_arg all[ARGS] = {
        DB_INT(q->driver == DEMAND_BY_SEARCH ? base : q->after_key),
        DB_INT(q->driver == DEMAND_BY_SEARCH ? base + q->after_id : q->after_id),
        DB_INT(q->limit),
        DB_TEXT(q->state),
        DB_TEXT(q->category),
        DB_TEXT(q->level),
        DB_REF(q->lead_unit_id),
        DB_REF(q->chamber_id),
        DB_REF(q->enterprise_id),
        DB_TEXT(q->source),
        DB_REF(q->created_from),
        DB_REF(q->created_to),
        DB_REF(q->due_from),
        DB_REF(q->due_to),
        optional(q->open),
        optional(q->paused),
        optional(q->supervised),
        DB_REF(q->seen_by),
        DB_REF(q->drafts_of),
        DB_REF(q->unit_id),
        DB_TEXT(q->match),
        optional(q->unassigned),
        DB_REF(q->submitted_from),
        DB_REF(q->submitted_to),
        DB_REF(q->closed_from),
        DB_REF(q->closed_to),
        DB_TEXT(q->measure),
        optional(q->todo),
        DB_TEXT(q->review_by),
        DB_INT(q->key_from),
        DB_INT(q->key_to),
        DB_INT(0),
    };
    memcpy(args, all, sizeof all);
    args[ARGS - 1] = DB_INT(is_free(all) ? 1 : 0);
}

struct value *
demand_store_list(struct ctx *c, const struct demand_query *q)
{
    struct db_arg args[ARGS];
    struct demand_query walk = *q;
    walk.order = q->driver == DEMAND_BY_SEARCH ? DEMAND_NEWEST : q->order;
    arguments(&walk, args);
    return db_list(c->tx, c->arena, &DEMAND_LISTS[q->driver][walk.order], args, ARGS);
}

int64_t
demand_store_count(struct ctx *c, const struct demand_query *q)
{
    struct db_arg args[ARGS];
    struct demand_query walk = *q;
    bool due = q->driver != DEMAND_BY_SEARCH && (q->due_from != 0 || q->due_to != 0);
    walk.order = due ? DEMAND_DUE_LAST : DEMAND_NEWEST;
    arguments(&walk, args);
    return db_value_int(c->tx, &DEMAND_COUNTS[q->driver][due], args, ARGS, 0);
}
