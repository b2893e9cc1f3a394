// SPDX-License-Identifier: Apache-2.0
// Figures of the cockpit. Counted in the database, kept as text until it changes: a cockpit
// that many look at costs one counting, not one each.
#include "mod/demand/demand_impl.h"

#include "base/buf.h"
#include "base/json.h"
#include "kit/app.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_YEAR "a year's demands are counted; the answer is kept until the database changes"

const struct db_stmt DEMAND_FIGURE_TOTALS = {
    .name = "demand.totals",
    .sql = "SELECT sum(CASE WHEN accepted_at IS NOT NULL THEN 1 ELSE 0 END) AS accepted,"
           " sum(CASE WHEN state IN ('closed', 'archived', 'confirmed') THEN 1 ELSE 0 END)"
           " AS closed,"
           " sum(CASE WHEN on_time = 1 THEN 1 ELSE 0 END) AS on_time,"
           " sum(CASE WHEN on_time IS NOT NULL THEN 1 ELSE 0 END) AS timed,"
           " sum(CASE WHEN outcome = 'resolved' THEN 1 ELSE 0 END) AS resolved,"
           " sum(CASE WHEN outcome IS NOT NULL THEN 1 ELSE 0 END) AS judged,"
           " sum(CASE WHEN satisfaction >= 4 THEN 1 ELSE 0 END) AS satisfied,"
           " sum(CASE WHEN satisfaction IS NOT NULL THEN 1 ELSE 0 END) AS rated,"
           " sum(CASE WHEN answered_at IS NOT NULL THEN 1 ELSE 0 END) AS answered"
           " FROM demand WHERE submitted_at >= $1",
    .params = "from:time",
    .row = "accepted:int? closed:int? on_time:int? timed:int? resolved:int? judged:int?"
           " satisfied:int? rated:int? answered:int?",
    .scans = WHOLE_YEAR};

const struct db_stmt DEMAND_FIGURE_NOW = {
    .name = "demand.totals_now",
    .sql = "SELECT count(*) AS open,"
           " sum(CASE WHEN paused = 0 AND due_key < $1 THEN 1 ELSE 0 END) AS overdue,"
           " sum(CASE WHEN supervised_at IS NOT NULL THEN 1 ELSE 0 END) AS supervised"
           " FROM demand WHERE open = 1",
    .params = "now:time",
    .row = "open:int overdue:int? supervised:int?",
    .scans = "what is open is a small part, with an index of its own"};

const struct db_stmt DEMAND_FIGURE_MEDIAN = {
    .name = "demand.median",
    .sql = "SELECT spent_minutes FROM demand WHERE submitted_at >= $1 AND answered_at IS NOT"
           " NULL ORDER BY spent_minutes LIMIT 1 OFFSET $2",
    .params = "from:time middle:int",
    .row = "spent_minutes:int",
    .scans = WHOLE_YEAR};

const struct db_stmt DEMAND_FIGURE_CATEGORIES = {
    .name = "demand.by_category",
    .sql = "SELECT category, count(*) AS n,"
           " sum(CASE WHEN open = 1 AND paused = 0 AND due_key < $2 THEN 1 ELSE 0 END)"
           " AS overdue FROM demand WHERE submitted_at >= $1 GROUP BY category ORDER BY 2 DESC,"
           " 1",
    .params = "from:time now:time",
    .row = "category:text n:int overdue:int",
    .scans = WHOLE_YEAR};

const struct db_stmt DEMAND_FIGURE_DEPARTMENTS = {
    .name = "demand.by_department",
    .sql = "SELECT d.lead_unit_id AS unit_id, o.name AS unit, count(*) AS handled,"
           " sum(d.open) AS open,"
           " sum(CASE WHEN d.open = 1 AND d.paused = 0 AND d.due_key < $2 THEN 1 ELSE 0 END)"
           " AS overdue,"
           " sum(CASE WHEN d.on_time = 1 THEN 1 ELSE 0 END) AS on_time,"
           " sum(CASE WHEN d.on_time IS NOT NULL THEN 1 ELSE 0 END) AS timed,"
           " sum(CASE WHEN d.satisfaction >= 4 THEN 1 ELSE 0 END) AS satisfied,"
           " sum(CASE WHEN d.satisfaction IS NOT NULL THEN 1 ELSE 0 END) AS rated"
           " FROM demand d JOIN organization o ON o.id = d.lead_unit_id"
           " WHERE d.submitted_at >= $1 GROUP BY d.lead_unit_id, o.name ORDER BY 3 DESC, 1",
    .params = "from:time now:time",
    .row = "unit_id:int unit:text handled:int open:int overdue:int on_time:int timed:int"
           " satisfied:int rated:int",
    .scans = WHOLE_YEAR};

const struct db_stmt DEMAND_FIGURE_SUBMITTED = {
    .name = "demand.submitted_between",
    .sql = "SELECT count(*) AS n FROM demand WHERE submitted_at >= $1 AND submitted_at < $2",
    .params = "from:time to:time",
    .row = "n:int"};

const struct db_stmt DEMAND_FIGURE_CLOSED = {
    .name = "demand.closed_between",
    .sql = "SELECT count(*) AS n FROM demand WHERE closed_at >= $1 AND closed_at < $2",
    .params = "from:time to:time",
    .row = "n:int"};

// ---- figures ---------------------------------------------------------------------------

// One decimal; null when there is nothing to divide by.
static const struct value *
percent(struct arena *a, int64_t part, int64_t whole)
{
    if (whole <= 0) {
        return &value_null;
    }
    return value_dec(a, (part * 2000 + whole) / (whole * 2) * 1000);
}

static int64_t
month_start(int64_t now, int back)
{
    struct civil t = time_civil(now);
    int month = t.year * 12 + t.month - 1 - back;
    return time_from_civil(month / 12, month % 12 + 1, 1, 0, 0, 0);
}

static struct value *
months(struct ctx *c)
{
    struct value *list = value_list(c->arena);
    for (int back = 11; back >= 0; back--) {
        int64_t from = month_start(c->now, back);
        int64_t to = month_start(c->now, back - 1);
        struct civil t = time_civil(from);
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "month",
                       arena_printf(c->arena, "%04d-%02d", t.year, t.month));
        value_set_int(c->arena, m, "submitted",
                      db_value_int(c->tx, &DEMAND_FIGURE_SUBMITTED,
                                   DB_ARGS(DB_INT(from), DB_INT(to)), 0));
        value_set_int(
            c->arena, m, "closed",
            db_value_int(c->tx, &DEMAND_FIGURE_CLOSED, DB_ARGS(DB_INT(from), DB_INT(to)), 0));
        value_push(c->arena, list, m);
    }
    return list;
}

static struct value *
categories(struct ctx *c, int64_t from)
{
    struct value *rows = db_list(c->tx, c->arena, &DEMAND_FIGURE_CATEGORIES,
                                 DB_ARGS(DB_INT(from), DB_INT(c->now)));
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        const char *word = value_get_text(row, "category");
        const struct choice *choice = choice_find(DEMAND_CATEGORIES, word);
        struct value *v = value_map(c->arena);
        value_set_text(c->arena, v, "category", word);
        value_set_text(c->arena, v, "label", choice == NULL ? word : choice->label);
        value_set(c->arena, v, "count", value_get(row, "n"));
        value_set(c->arena, v, "overdue", value_get(row, "overdue"));
        value_push(c->arena, list, v);
    }
    return list;
}

static struct value *
departments(struct ctx *c, int64_t from)
{
    struct value *rows = db_list(c->tx, c->arena, &DEMAND_FIGURE_DEPARTMENTS,
                                 DB_ARGS(DB_INT(from), DB_INT(c->now)));
    struct value *list = value_list(c->arena);
    static const char *const SAME[] = {"unit_id", "unit",    "handled",
                                       "open",    "overdue", "rated"};
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        struct value *v = value_map(c->arena);
        for (size_t k = 0; k < sizeof SAME / sizeof *SAME; k++) {
            value_set(c->arena, v, SAME[k], value_get(row, SAME[k]));
        }
        value_set(c->arena, v, "on_time_percent",
                  percent(c->arena, value_get_int(row, "on_time", 0),
                          value_get_int(row, "timed", 0)));
        value_set(c->arena, v, "satisfaction_percent",
                  percent(c->arena, value_get_int(row, "satisfied", 0),
                          value_get_int(row, "rated", 0)));
        value_push(c->arena, list, v);
    }
    return list;
}

static struct value *
median(struct ctx *c, int64_t from, int64_t answered)
{
    struct value *v = value_map(c->arena);
    const struct value *days = &value_null;
    if (answered > 0) {
        int64_t minutes = db_value_int(c->tx, &DEMAND_FIGURE_MEDIAN,
                                       DB_ARGS(DB_INT(from), DB_INT((answered - 1) / 2)), 0);
        const struct office_hours *hours = &demand_rules_now(c)->hours;
        int64_t day = hours->close - hours->open;
        days = value_dec(c->arena, (minutes * 20 + day) / (day * 2) * 1000);
    }
    value_set(c->arena, v, "value", days);
    value_set_int(c->arena, v, "n", answered);
    return v;
}

static struct value *
compute(struct ctx *c)
{
    struct arena *a = c->arena;
    int64_t from = month_start(c->now, 11);
    const struct value *t = db_one(c->tx, a, &DEMAND_FIGURE_TOTALS, DB_ARGS(DB_INT(from)));
    const struct value *now = db_one(c->tx, a, &DEMAND_FIGURE_NOW, DB_ARGS(DB_INT(c->now)));
    int64_t rated = value_get_int(t, "rated", 0);
    int64_t satisfied = value_get_int(t, "satisfied", 0);
    struct value *out = value_map(a);
    value_set_text(a, out, "from", day_text(a, time_to_day(from)));
    value_set_int(a, out, "timed", value_get_int(t, "timed", 0));
    value_set_int(a, out, "accepted", value_get_int(t, "accepted", 0));
    value_set_int(a, out, "closed", value_get_int(t, "closed", 0));
    value_set_int(a, out, "open", value_get_int(now, "open", 0));
    value_set_int(a, out, "overdue", value_get_int(now, "overdue", 0));
    value_set_int(a, out, "supervised", value_get_int(now, "supervised", 0));
    value_set(a, out, "on_time_percent",
              percent(a, value_get_int(t, "on_time", 0), value_get_int(t, "timed", 0)));
    value_set(a, out, "resolved_percent",
              percent(a, value_get_int(t, "resolved", 0), value_get_int(t, "judged", 0)));
    value_set(a, out, "median_days", median(c, from, value_get_int(t, "answered", 0)));
    struct value *s = value_map(a);
    value_set(a, s, "percent", percent(a, satisfied, rated));
    value_set_int(a, s, "rated", rated);
    value_set_int(a, s, "satisfied", satisfied);
    value_set(a, out, "satisfaction", s);
    value_set(a, out, "by_category", categories(c, from));
    value_set(a, out, "by_department", departments(c, from));
    value_set(a, out, "months", months(c));
    return out;
}

// ---- kept ------------------------------------------------------------------------------

// One district a process; tests open several, so the database is part of the key.
static struct {
    pthread_mutex_t lock;
    const struct db *db;
    uint64_t generation;
    int64_t at, took;
    char *text;
    size_t size;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

// Where counting is slow and writes are many, figures may be as old as twenty countings take:
// then it costs at most a twentieth of one core.
static bool
is_fresh(const struct ctx *c, uint64_t generation)
{
    int64_t age = c->now - kept.at;
    bool same_day = time_to_day(c->now) == time_to_day(kept.at);
    bool grace = kept.took >= 20 && age >= 0 && age < kept.took * 20;
    bool unchanged = kept.generation == generation && age >= 0 && age < TIME_MINUTE;
    return kept.text != NULL && kept.db == c->app->db && same_day && (unchanged || grace);
}

static const struct value *
read_kept(struct ctx *c, uint64_t generation)
{
    const struct value *v = NULL;
    const char *text = NULL;
    size_t n = 0;
    int64_t at = 0;
    pthread_mutex_lock(&kept.lock);
    bool fresh = is_fresh(c, generation);
    n = fresh ? kept.size : 0;
    pthread_mutex_unlock(&kept.lock);
    if (!fresh) {
        return NULL;
    }
    char *copy = arena_alloc(c->arena, n + 1); // outside the lock: it may unwind
    pthread_mutex_lock(&kept.lock);
    if (is_fresh(c, generation) && kept.size == n) {
        memcpy(copy, kept.text, n);
        text = copy;
        at = kept.at;
    }
    pthread_mutex_unlock(&kept.lock);
    if (text != NULL) {
        const char *why = NULL;
        v = json_parse(c->arena, text, n, &why);
    }
    if (v != NULL) {
        value_set(c->arena, (struct value *)(uintptr_t)v, "as_of", value_time(c->arena, at));
    }
    return v;
}

static void
keep(struct ctx *c, uint64_t generation, int64_t took, const struct value *v)
{
    struct buf b;
    buf_init(&b, c->arena, 8192, (size_t)1 << 20);
    json_write(&b, v);
    char *text = b.full ? NULL : malloc(b.n + 1);
    if (text == NULL) {
        return;
    }
    memcpy(text, b.p, b.n + 1);
    pthread_mutex_lock(&kept.lock);
    free(kept.text);
    kept.text = text;
    kept.size = b.n;
    kept.db = c->app->db;
    kept.generation = generation;
    kept.at = c->now;
    kept.took = took;
    pthread_mutex_unlock(&kept.lock);
}

const struct value *
demand_statistics(struct ctx *c)
{
    uint64_t generation = db_tx_generation(c->tx);
    const struct value *known = read_kept(c, generation);
    if (known != NULL) {
        return known;
    }
    int64_t began = time_now();
    struct value *v = compute(c);
    keep(c, generation, time_now() - began, v);
    value_set(c->arena, v, "as_of", value_time(c->arena, c->now));
    return v;
}
