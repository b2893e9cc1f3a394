// SPDX-License-Identifier: Apache-2.0
// huiqiao generate: an invented district of any size, for measuring and for showing how the
// system looks when it is full. The same seed gives the same district on the same day.
#include "cmd/cmd.h"

#include "base/text.h"
#include "base/timestamp.h"
#include "base/workday.h"
#include "cmd/act.h"
#include "cmd/demo.h"
#include "cmd/generate_impl.h"
#include "cmd/generate_words.h"
#include "kit/account.h"
#include "kit/search.h"
#include "mod/demand/demand.h"
#include "mod/org/org.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    BATCH = 5000,
    BATCH_ARENA_MAX = 512 * 1024 * 1024,
    YEARS = 3,
    LIVE_STEPS_MOST = 300, // demands that are taken further step by step
};

static const struct db_stmt UNITS = {
    .name = "generate.units",
    .sql = "SELECT id, kind, coalesce(categories, '') AS categories FROM organization "
           "WHERE state = 'active' ORDER BY id",
    .row = "id:int kind:text categories:text",
    .scans = "a few dozen organisations"};
static const struct db_stmt ENTERPRISES = {.name = "generate.enterprises",
                                           .sql = "SELECT id FROM enterprise ORDER BY id",
                                           .row = "id:int",
                                           .scans = "all of them, once"};
static const struct db_stmt *const STATEMENTS[] = {&UNITS, &ENTERPRISES, &GENERATE_CHAMBER,
                                                   &GENERATE_CODES, NULL};
static const struct route NO_ROUTES[] = {{0}};
const struct module GENERATE_MODULE = {
    .name = "generate", .routes = NO_ROUTES, .stmts = STATEMENTS};

struct unit {
    int64_t id;
    const char *kind, *categories;
    int64_t officer; // account
};

struct live { // an open demand and its lead
    int64_t id, unit;
};

struct generate {
    struct district d;
    struct arena *scratch;
    int64_t enterprises, demands, seed;
    struct chance random, batch_random; // the batch's start, since a batch may run again
    struct unit *units;
    size_t unit_count;
    int64_t *owners; // enterprise ids
    size_t owner_count;
    int64_t first, last; // of the batch
    struct live live[LIVE_STEPS_MOST];
    size_t live_count, batch_live;
    int64_t now;
};

// ---- chance -------------------------------------------------------------------------------

static int64_t
below(struct generate *g, int64_t n)
{
    return chance_below(&g->random, n);
}

static bool
percent(struct generate *g, int p)
{
    return chance_percent(&g->random, p);
}

static const char *
any(struct generate *g, const char *const *list)
{
    return chance_any(&g->random, list);
}

// ---- organisations ------------------------------------------------------------------------

static enum err
add_units(struct ctx *c, void *arg)
{
    (void)arg;
    for (const struct demo_organization *o = DEMO_ORGANIZATIONS + 1; o->name != NULL; o++) {
        struct value *rec = value_map(c->arena);
        value_set_text(c->arena, rec, "kind", o->kind);
        value_set_text(c->arena, rec, "name", o->name);
        value_set_text(c->arena, rec, "short_name", o->short_name);
        value_set_text(c->arena, rec, "code", o->code);
        value_set_text(c->arena, rec, "categories", o->categories);
        if (record_create(c, &ORG_KIND, rec) == 0) {
            return c->result != ERR_OK ? c->result : ERR_INVALID;
        }
    }
    return db_tx_err(c->tx);
}

static void
read_units(struct generate *g)
{
    struct db_tx *tx = db_read_begin(g->d.app->db);
    struct value *list = db_list(tx, g->d.arena, &UNITS, DB_NONE);
    g->unit_count = value_count(list);
    g->units = ARENA_ARRAY(g->d.arena, struct unit, g->unit_count + 1);
    for (size_t i = 0; i < g->unit_count; i++) {
        const struct value *u = value_at(list, i);
        g->units[i] = (struct unit){value_get_int(u, "id", 0), value_get_text(u, "kind"),
                                    value_get_text(u, "categories"), 0};
    }
    db_read_end(tx);
}

static bool
has_department(const struct generate *g)
{
    for (size_t i = 0; i < g->unit_count; i++) {
        if (text_equal(g->units[i].kind, "department")) {
            return true;
        }
    }
    return false;
}

static int64_t
department_for(struct generate *g, const char *category)
{
    int64_t others = 0;
    for (size_t i = 0; i < g->unit_count; i++) {
        if (text_equal(g->units[i].kind, "department")) {
            if (strstr(g->units[i].categories, category) != NULL) {
                return g->units[i].id;
            }
            others = g->units[i].id;
        }
    }
    return others;
}

// ---- demands ------------------------------------------------------------------------------

static void
read_owners(struct generate *g)
{
    struct db_tx *tx = db_read_begin(g->d.app->db);
    struct value *list = db_list(tx, g->d.arena, &ENTERPRISES, DB_NONE);
    db_read_end(tx);
    g->owner_count = value_count(list);
    g->owners = ARENA_ARRAY(g->d.arena, int64_t, g->owner_count + 1);
    for (size_t i = 0; i < g->owner_count; i++) {
        g->owners[i] = value_get_int(value_at(list, i), "id", 0);
    }
}

static const struct generate_topic *
any_topic(struct generate *g)
{
    int64_t total = 0;
    for (const struct generate_topic *t = GENERATE_TOPICS; t->category != NULL; t++) {
        total += t->weight;
    }
    int64_t at = below(g, total);
    const struct generate_topic *t = GENERATE_TOPICS;
    while (at >= t->weight) {
        at -= t->weight;
        t++;
    }
    return t;
}

// Demands come in the order of time, which their numbers follow and which keeps the indexes
// quick; more of them every year. Mostly on working days in office hours, a few at night.
static int64_t
moment_of(struct generate *g, int64_t serial)
{
    double share = ((double)serial + 0.5) / (double)g->demands;
    int32_t ago = (int32_t)(YEARS * 365 * (1 - sqrt(share)));
    int32_t day = time_to_day(g->now) - ago;
    if (ago > 0 && percent(g, 92)) {
        day = workday_add(day, -1);
    }
    int64_t minute = percent(g, 90) ? 9 * 60 + below(g, 510) : below(g, INT64_C(24) * 60);
    int64_t at = time_of_day(day) + minute * TIME_MINUTE + below(g, 60000);
    return at < g->now ? at : g->now - below(g, TIME_HOUR);
}

// A moment `least` to `most` working days later, in office hours, not after now; 0 if it would
// be.
static int64_t
later(struct generate *g, int64_t at, int least, int most)
{
    int days = least + (int)below(g, most - least + 1);
    int32_t day = workday_add(time_to_day(at), days);
    int64_t then = time_of_day(day) + (9 * 60 + below(g, 510)) * TIME_MINUTE;
    then = then > at ? then : at + below(g, TIME_HOUR) + TIME_MINUTE;
    return then < g->now ? then : 0;
}

static void
invent_ending(struct generate *g, struct arena *a, struct value *row, int64_t accepted)
{
    static const char *const outcomes[] = {"resolved",  "resolved",  "resolved",      "partial",
                                           "explained", "explained", "no_conditions", NULL};
    int64_t answered = percent(g, 85) ? later(g, accepted, 0, 5) : later(g, accepted, 5, 25);
    // One of fifty takes very long: those are the open ones of last year.
    if (answered == 0 || percent(g, 2)) {
        return;
    }
    int64_t closed = later(g, answered, 0, 5);
    if (closed == 0) {
        return;
    }
    value_set(a, row, "answered_at", value_time(a, answered));
    value_set(a, row, "closed_at", value_time(a, closed));
    value_set_text(a, row, "answer", any(g, GENERATE_ANSWERS));
    value_set_text(a, row, "outcome", any(g, outcomes));
    if (percent(g, 75)) {
        value_set_int(a, row, "satisfaction",
                      percent(g, 88) ? 4 + below(g, 2) : 1 + below(g, 3));
    }
}

static struct value *
invent_demand(struct generate *g, struct arena *a, int64_t serial)
{
    static const char *const levels[] = {"L1", "L1", "L2", "L2", "L2", "L3", "L4", NULL};
    const struct generate_topic *t = any_topic(g);
    struct value *row = value_map(a);
    int64_t submitted = moment_of(g, serial);
    const char *title = any(g, t->titles);
    const char *opening = any(g, GENERATE_OPENINGS);
    const char *effect = any(g, GENERATE_EFFECTS);
    value_set_int(a, row, "enterprise_id", g->owners[below(g, (int64_t)g->owner_count)]);
    value_set_text(a, row, "title", title);
    value_set_text(a, row, "body", arena_printf(a, "%s%s。%s", opening, title, effect));
    value_set_text(a, row, "hope", any(g, GENERATE_WISHES));
    value_set_text(a, row, "category", t->category);
    value_set_text(a, row, "source", percent(g, 70) ? "enterprise" : "secretary");
    value_set_text(a, row, "visibility", percent(g, 85) ? "chamber" : "federation");
    value_set(a, row, "submitted_at", value_time(a, submitted));
    int64_t accepted = later(g, submitted, 0, 1);
    if (accepted == 0) {
        return row; // came in just now
    }
    value_set(a, row, "accepted_at", value_time(a, accepted));
    value_set_text(a, row, "level", any(g, levels));
    value_set_int(a, row, "lead_unit_id", department_for(g, t->category));
    invent_ending(g, a, row, accepted);
    return row;
}

static enum err
put_demands(struct ctx *c, void *arg)
{
    struct generate *g = arg;
    g->random = g->batch_random;
    g->live_count = g->batch_live;
    for (int64_t i = g->first; i < g->last; i++) {
        struct value *row = invent_demand(g, c->arena, i);
        int64_t id = demand_import(c, row);
        if (id == 0) {
            return c->faults.count > 0 ? ERR_INVALID : db_tx_err(c->tx);
        }
        if (value_get(row, "closed_at") == NULL && value_get(row, "level") != NULL &&
            g->live_count < LIVE_STEPS_MOST) {
            g->live[g->live_count++] = (struct live){id, value_get_int(row, "lead_unit_id", 0)};
        }
    }
    return db_tx_err(c->tx);
}

// Somebody has to act for each department; without a password, the account waits for
// activation.
static enum err
add_officers(struct ctx *c, void *arg)
{
    struct generate *g = arg;
    for (size_t i = 0; i < g->unit_count; i++) {
        struct unit *u = &g->units[i];
        const struct account_new a = {.login =
                                          arena_printf(c->arena, "unit-%lld", (long long)u->id),
                                      .name = "经办人",
                                      .roles = ROLE_OFFICER,
                                      .organization_id = u->id};
        if (strcmp(u->kind, "department") == 0) {
            u->officer = account_by_login(c->tx, a.login);
            u->officer = u->officer != 0 ? u->officer : account_create(c, &a);
        }
    }
    return db_tx_err(c->tx);
}

static int64_t
officer_of(const struct generate *g, int64_t unit)
{
    for (size_t i = 0; i < g->unit_count; i++) {
        if (g->units[i].id == unit) {
            return g->units[i].officer;
        }
    }
    return 0;
}

static bool
take_step(struct generate *g, const struct live *l, const char *step, const char *body)
{
    const struct actor officer = {.id = officer_of(g, l->unit),
                                  .login = "generate",
                                  .name = "经办人",
                                  .organization = "",
                                  .roles = ROLE_OFFICER,
                                  .organization_id = l->unit};
    struct act act = {g->d.app, g->scratch, &officer, g->now};
    const struct value *out;
    const char *why;
    struct value *in = value_map(g->scratch);
    if (body != NULL) {
        value_set_text(g->scratch, in, "body", body);
    }
    const char *path = arena_printf(g->scratch, "/demands/%lld/%s", (long long)l->id, step);
    enum err e = act_post(&act, path, in, &out, &why);
    if (e != ERR_OK) {
        cmd_fail("%s: %s", path, why);
    }
    arena_reset(g->scratch);
    return e == ERR_OK;
}

// Some of the open ones are taken further by their department, with the rules everybody uses.
static bool
take_further(struct generate *g)
{
    static const struct {
        const char *step, *body;
        int percent;
    } steps[] = {{"sign", NULL, 75},
                 {"contact", "已电话联系企业，了解情况。", 70},
                 {"note", "正在会同有关科室研究。", 60}};
    enum err e = cmd_write(&g->d, g->scratch, add_officers, g);
    arena_reset(g->scratch);
    if (e != ERR_OK) {
        cmd_fail("cannot add officers: %s", err_info(e)->code);
        return false;
    }
    for (size_t i = 0; i < g->live_count; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof *steps && percent(g, steps[k].percent);
             k++) {
            if (!take_step(g, &g->live[i], steps[k].step, steps[k].body)) {
                return false;
            }
        }
    }
    return true;
}

static enum err
merge_search(struct ctx *c, void *arg)
{
    (void)arg;
    search_tidy(c->tx, SEARCH_ALL);
    return db_tx_err(c->tx);
}

// ---- the whole ----------------------------------------------------------------------------

static bool
in_batches(struct generate *g, const char *what, int64_t count, cmd_work work)
{
    for (g->first = 0; g->first < count; g->first = g->last) {
        g->last = g->first + BATCH < count ? g->first + BATCH : count;
        g->batch_random = g->random;
        g->batch_live = g->live_count;
        enum err e = cmd_write(&g->d, g->scratch, work, g);
        arena_reset(g->scratch);
        if (e != ERR_OK) {
            cmd_fail("%s: %s", what, err_info(e)->code);
            return false;
        }
        cmd_progress(what, (size_t)g->last, (size_t)count);
    }
    cmd_progress(what, 0, 0);
    return true;
}

static bool
generate(struct generate *g)
{
    read_units(g);
    if (!has_department(g)) {
        if (cmd_write(&g->d, g->scratch, add_units, NULL) != ERR_OK) {
            cmd_fail("cannot add organisations");
            return false;
        }
        arena_reset(g->scratch);
        read_units(g);
    }
    if (g->enterprises > 0 &&
        !generate_roster(&g->d, g->enterprises, g->random.state, g->now)) {
        return false;
    }
    read_owners(g);
    if (g->owner_count == 0 && g->demands > 0) {
        cmd_fail("demands need at least one enterprise");
        return false;
    }
    if (!in_batches(g, "demands", g->demands, put_demands) || !take_further(g)) {
        return false;
    }
    // As a district that grew over years would have it.
    return cmd_write(&g->d, g->scratch, merge_search, NULL) == ERR_OK;
}

int
cmd_generate(int argc, char **argv)
{
    struct generate g = {.seed = 1, .now = time_now()};
    const char *data = NULL;
    const char *db = NULL;
    const struct cmd_option options[] = {{"data", &data, NULL, NULL},
                                         {"db", &db, NULL, NULL},
                                         {"enterprises", NULL, &g.enterprises, NULL},
                                         {"demands", NULL, &g.demands, NULL},
                                         {"seed", NULL, &g.seed, NULL},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    if (g.enterprises < 0 || g.demands < 0 || g.enterprises > 10000000 ||
        g.demands > 100000000) {
        cmd_fail("--enterprises and --demands count from 0");
        return CMD_USAGE;
    }
    if (!district_open_bulk(&g.d, data, db)) {
        return CMD_FAILED;
    }
    g.random.state = (uint64_t)g.seed;
    g.scratch = arena_new(BATCH_ARENA_MAX);
    struct timespec from;
    struct timespec to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    bool ok = generate(&g);
    clock_gettime(CLOCK_MONOTONIC, &to);
    if (ok) {
        printf("%lld enterprises and %lld demands in %.1f s\n", (long long)g.enterprises,
               (long long)g.demands,
               (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    }
    arena_free(g.scratch);
    district_close(&g.d);
    return ok ? CMD_OK : CMD_FAILED;
}
