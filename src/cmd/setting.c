// SPDX-License-Identifier: Apache-2.0
// huiqiao setting: reads and writes what an operator may choose. The server reads it when it
// starts.
#include "cmd/cmd.h"

#include "base/text.h"
#include "kit/audit.h"
#include "kit/rate.h"
#include "mod/dues/dues.h"

#include <stdio.h>
#include <string.h>

enum { NAME_CHARS = 60, COUNT_MOST = 10000, WORDS_CHARS = 1000 };

struct setting {
    const char *key, *help;
    bool (*check)(const char *value);
};

static bool
is_name(const char *value)
{
    return *value != '\0' && text_is_utf8(value, strlen(value)) &&
           !text_has_control(value, false) && text_length(value) <= NAME_CHARS;
}

static bool
is_words(const char *value)
{
    return text_is_utf8(value, strlen(value)) && !text_has_control(value, false) &&
           text_length(value) <= WORDS_CHARS;
}

static bool
is_rate(const char *value)
{
    struct rate_limit l;
    return rate_parse(value, &l);
}

static bool
is_count(const char *value)
{
    int64_t n;
    return text_to_int(value, &n) && n >= 0 && n <= COUNT_MOST;
}

static bool
is_few(const char *value)
{
    enum { FEW_MOST = 100 };
    int64_t n;
    return text_to_int(value, &n) && n >= 1 && n <= FEW_MOST;
}

static bool
is_switch(const char *value)
{
    return strcmp(value, "on") == 0 || strcmp(value, "off") == 0;
}

static const struct setting SETTINGS[] = {
    {"district", "the district's name", is_name},
    {"federation", "the federation's name", is_name},
    {"rate.login", "passwords and codes a network may try: at once, then a minute; or off",
     is_rate},
    {"rate.export", "CSV and XLSX a reader may take: at once, then a minute; or off", is_rate},
    {"rate.search", "searches of a reader: at once, then a minute; or off", is_rate},
    {"rate.write",
     "what one sends from pages or as an enterprise: at once, then a minute; or "
     "off",
     is_rate},
    {"reveals_per_hour", "whole ID and mobile numbers an account may look at in an hour; 60",
     is_count},
    {"membership_publicity_days",
     "working days an approved application is in publicity; 5, at most 60", is_count},
    {"towns", "names of the district's towns, with spaces between; coverage shows them",
     is_words},
    {"merge_undo_days", "days in which merging two records can be undone; 30", is_count},
    {"term_years", "years a term of a chamber lasts at most; 5", is_few},
    {"post_officer_terms", "terms in a row an officer of a chamber may serve; 2", is_few},
    {"post_officer_age", "age an officer of a chamber must not reach in the term; 70", is_few},
    {"post_evaluation", "executive posts need a comprehensive evaluation: on or off; on",
     is_switch},
    {"post_evaluation_years", "years a comprehensive evaluation holds; 3", is_few},
    {"dues_half_after",
     "members who join later in the year than this day pay half of the year's dues; 07-01 as"
     " chambers' rules have it, or off",
     dues_is_boundary},
    {"dues_remind_before_days", "days before a bill is due on which it is reminded of; 14",
     is_count},
    {"dues_remind_every_days",
     "days between two reminders of a bill; 30, and 0 for none but those sent by hand",
     is_count},
    {"rollup", "on where districts send their summaries, a city or a province: on or off; off",
     is_switch},
    {"dues_charter_years", "years after which unpaid dues are a matter of the charter; 2",
     is_count},
    {0},
};

static const struct setting *
find(const char *key)
{
    for (const struct setting *s = SETTINGS; s->key != NULL; s++) {
        if (strcmp(s->key, key) == 0) {
            return s;
        }
    }
    return NULL;
}

static const char *
current(struct db_tx *tx, struct arena *a, const char *key)
{
    const char *value = setting_get(tx, a, key);
    for (int c = 0; value == NULL && c < RATE_CLASSES; c++) {
        if (RATE_KEYS[c] != NULL && strcmp(RATE_KEYS[c], key) == 0) {
            value = arena_printf(a, "%u %u", RATE_DEFAULTS[c].burst, RATE_DEFAULTS[c].minute);
        }
    }
    return value == NULL ? "" : value;
}

static int
show(struct district *d, const char *key)
{
    struct db_tx *tx = db_read_begin(d->app->db);
    if (tx == NULL) {
        return cmd_fail("the settings cannot be read");
    }
    if (key != NULL) {
        puts(current(tx, d->arena, key));
    }
    for (const struct setting *s = SETTINGS; key == NULL && s->key != NULL; s++) {
        printf("%-12s %-28s # %s\n", s->key, current(tx, d->arena, s->key), s->help);
    }
    db_read_end(tx);
    return CMD_OK;
}

static enum err
write_setting(struct ctx *c, void *arg)
{
    const char *const *pair = arg;
    struct value *data = value_map(c->arena);
    setting_set(c->tx, pair[0], pair[1]);
    value_set_text(c->arena, data, "key", pair[0]);
    value_set_text(c->arena, data, "value", pair[1]);
    audit_write(c, "setting.set", NULL, 0, data);
    return db_tx_err(c->tx);
}

static int
change(struct district *d, const struct setting *s, const char *value)
{
    const char *pair[] = {s->key, value};
    if (!s->check(value)) {
        return cmd_fail("\"%s\" is no value for %s: %s", value, s->key, s->help);
    }
    enum err e = cmd_write(d, d->arena, write_setting, pair);
    return e == ERR_OK ? CMD_OK : cmd_fail("%s was not written: %s", s->key, err_info(e)->code);
}

int
cmd_setting(int argc, char **argv)
{
    const char *data = NULL, *db = NULL;
    const char *const *rest;
    const struct cmd_option options[] = {
        {"data", &data, NULL, NULL}, {"db", &db, NULL, NULL}, {0}};
    if (!cmd_parse(argc, argv, options, 0, 2, &rest)) {
        return CMD_USAGE;
    }
    const struct setting *s = rest[0] == NULL ? NULL : find(rest[0]);
    if (rest[0] != NULL && s == NULL) {
        return cmd_fail("there is no setting \"%s\"; see huiqiao setting --data DIR", rest[0]);
    }
    struct district d;
    if (!district_open(&d, data, db)) {
        return CMD_FAILED;
    }
    int code = s != NULL && rest[1] != NULL ? change(&d, s, rest[1]) : show(&d, rest[0]);
    district_close(&d);
    return code;
}
