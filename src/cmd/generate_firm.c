// SPDX-License-Identifier: Apache-2.0
// One invented enterprise: its name, code and size, five years of figures, whoever represents
// it, the chambers it joined and left, and what happened meanwhile.
#include "cmd/generate_impl.h"

#include "base/text.h"
#include "base/timestamp.h"
#include "cmd/generate_words.h"
#include "cmd/uscc.h"
#include "mod/enterprise/enterprise.h"
#include "mod/membership/membership.h"
#include "mod/people/people.h"

#include <math.h>
#include <string.h>

enum {
    STAYS_MOST = 4,
    // From how many people on there are figures, and those of all years.
    SMALL_STAFF = 10,
    LARGE_STAFF = 50,
    DAYS = GENERATE_YEARS * 365,
    FEN_IN_WAN = 1000000,
};

struct stay { // one membership
    struct value *rec;
    int64_t at, ended;  // when it was registered; 0 or when it ended
    const char *ending; // "leave", "expel", "suspend"
    int follows;        // the one before it in the same chamber, or -1
};

struct firm {
    struct value *rec;
    const char *tokens;
    int64_t at; // when it was registered here
    struct value *person;
    const char *person_tokens;
    const char *since; // the person's post
    struct stay stays[STAYS_MOST];
    size_t stay_count;
    struct value *figures[GENERATE_YEARS];
    size_t figure_count;
    struct value *tags[2];
    size_t tag_count;
    struct value *changes; // of an update, or NULL
    int64_t changed_at;

    const struct generate_trade *trade;
    const struct generate_town *town;
    int64_t staff, revenue_fen, assets_fen;
};

static int64_t
below(struct firm_maker *m, int64_t n)
{
    return chance_below(&m->chance, n);
}

static bool
percent(struct firm_maker *m, int p)
{
    return chance_percent(&m->chance, p);
}

static const char *
person_name(struct firm_maker *m, struct arena *a)
{
    const char *surname = chance_any(&m->chance, GENERATE_SURNAMES);
    return arena_printf(a, "%s%s", surname, chance_any(&m->chance, GENERATE_GIVEN));
}

// ---- the enterprise --------------------------------------------------------------------

static const struct generate_trade *
any_trade(struct firm_maker *m)
{
    int64_t total = 0;
    for (const struct generate_trade *t = GENERATE_TRADES; t->word != NULL; t++) {
        total += t->weight;
    }
    int64_t at = below(m, total);
    const struct generate_trade *t = GENERATE_TRADES;
    for (; at >= t->weight; t++) {
        at -= t->weight;
    }
    return t;
}

static const struct generate_town *
any_town(struct firm_maker *m)
{
    int64_t at = below(m, 100); // their weights are shares
    const struct generate_town *t = GENERATE_TOWNS;
    for (; at >= t->weight && t[1].place != NULL; t++) {
        at -= t->weight;
    }
    return t;
}

// Sizes of firms follow a power law: half have fewer than eight people, one in a hundred more
// than three hundred.
static int64_t
any_staff(struct firm_maker *m)
{
    double share = ((double)below(m, 1000000) + 1) / 1000000;
    double staff = 4 * pow(share, -0.9);
    return staff > 20000 ? 20000 : (int64_t)staff;
}

static const char *
code_of(struct arena *a, int64_t serial)
{
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    char organ[9] = "G0000000";
    for (int64_t n = serial, i = 7; i > 0; i--, n /= 31) {
        organ[i] = letters[n % 31];
    }
    return uscc_make(a, "91320902", organ);
}

// As the rule says it; that of the smallest is known without figures.
static void
put_size(struct arena *a, struct firm *f, int64_t year)
{
    const char *size = enterprise_size_of(f->trade->industry, f->staff, f->revenue_fen / 100,
                                          f->assets_fen / 100);
    value_set_text(a, f->rec, "size", size);
    if (f->figure_count > 0) {
        value_set_int(a, f->rec, "size_year", year);
        value_set_text(a, f->rec, "size_missing", size == NULL ? "not_applicable" : NULL);
    }
}

static void
name_it(struct firm_maker *m, struct arena *a, struct firm *f, int64_t serial)
{
    const char *first = chance_any(&m->chance, GENERATE_NAMES);
    const char *second = percent(m, 55) ? chance_any(&m->chance, GENERATE_NAMES) : "";
    const char *form = chance_any(&m->chance, GENERATE_FORMS);
    struct value *rec = f->rec;
    value_set_text(
        a, rec, "name",
        arena_printf(a, "%s%s%s%s%s", f->town->place, first, second, f->trade->word, form));
    if (percent(m, 30)) {
        value_set_text(a, rec, "short_name",
                       arena_printf(a, "%s%s%s", first, second, f->trade->word));
    }
    value_set_text(a, rec, "uscc", code_of(a, m->first_code + serial));
    value_set_text(a, rec, "industry", enterprise_section_of(a, f->trade->industry));
    value_set_text(a, rec, "industry_code", f->trade->industry);
    value_set_text(a, rec, "region_code", "320902");
    value_set_text(a, rec, "registry_state", percent(m, 96) ? "open" : "abnormal");
    value_set_text(a, rec, "state", "active");
    value_set_text(a, rec, "town", f->town->town);
    value_set_text(
        a, rec, "address",
        arena_printf(a, GENERATE_ADDRESS, f->town->town, second, 1 + (long long)below(m, 400)));
    value_set_text(a, rec, "contact_name", person_name(m, a));
    value_set_text(a, rec, "contact_mobile",
                   arena_printf(a, "138%08lld", (long long)below(m, 100000)));
}

// The roster was begun five years ago with two fifths of its enterprises; since then it grew.
static int64_t
registered_at(struct firm_maker *m, int64_t serial)
{
    double share = ((double)serial + 0.5) / (double)m->count;
    double since = share < 0.4 ? 0 : (share - 0.4) / 0.6;
    int64_t at = m->now - (int64_t)((1 - since) * DAYS * (double)TIME_DAY);
    at += (int64_t)(share * (double)(40 * TIME_DAY)); // two fifths take weeks to type
    return at < m->now ? at : m->now - 1;
}

// ---- figures and recognitions ----------------------------------------------------------

// A year's figures, `ago` years before the last whole one; a firm grows by a twelfth a year.
static struct value *
figures_of(struct arena *a, const struct firm *f, int64_t year, int ago)
{
    struct value *rec = value_map(a);
    int64_t part = 12 - ago;
    value_set_int(a, rec, "year", year - ago);
    value_set_int(a, rec, "staff", f->staff * part / 12);
    value_set_int(a, rec, "revenue_fen", f->revenue_fen / 12 * part);
    value_set_int(a, rec, "assets_fen", f->assets_fen / 12 * part);
    value_set_int(a, rec, "tax_fen", f->revenue_fen / 12 * part / 30);
    value_set_text(a, rec, "source", f->staff < LARGE_STAFF ? "self" : "statistics");
    return rec;
}

static void
add_tag(struct arena *a, struct firm *f, const char *tag, const char *level, int year)
{
    struct value *rec = value_map(a);
    value_set_text(a, rec, "tag", tag);
    value_set_text(a, rec, "level", level);
    value_set_text(a, rec, "source", "official_list");
    value_set_text(a, rec, "awarded_on", arena_printf(a, "%d-12-01", year));
    value_set_text(a, rec, "valid_to", arena_printf(a, "%d-11-30", year + 3));
    f->tags[f->tag_count++] = rec;
}

// What is known of a firm grows with it: of the smallest seldom a year, of the larger all.
static void
add_facts(struct firm_maker *m, struct arena *a, struct firm *f)
{
    int year = time_civil(m->now).year - 1;
    int years = f->staff < SMALL_STAFF   ? percent(m, 30)
                : f->staff < LARGE_STAFF ? 2 + (int)below(m, 2)
                                         : GENERATE_YEARS;
    int awarded = year - (int)below(m, 4);
    const char *industry = f->trade->industry;
    bool makes = strcmp(industry, "13") >= 0 && strcmp(industry, "44") < 0;
    bool technical = makes || strcmp(industry, "65") == 0;
    for (int ago = years - 1; ago >= 0; ago--) {
        f->figures[f->figure_count++] = figures_of(a, f, year, ago);
    }
    if (technical && f->staff >= LARGE_STAFF && percent(m, 30)) {
        add_tag(a, f, "hnte", "national", awarded);
    }
    if (makes && f->staff >= LARGE_STAFF && percent(m, 15)) {
        add_tag(a, f, "srdi", "provincial", awarded);
    }
    put_size(a, f, year);
}

// ---- memberships -----------------------------------------------------------------------

// The chamber of its town, of its trade, or one of those for anybody; 0 when there is none.
static int64_t
chamber_for(struct firm_maker *m, const struct firm *f, const char *kind)
{
    int64_t ids[GENERATE_CHAMBERS_MOST];
    int64_t n = 0;
    for (size_t i = 0; GENERATE_CHAMBERS[i].kind != NULL; i++) {
        const struct generate_chamber *ch = &GENERATE_CHAMBERS[i];
        bool fits = ch->of == NULL || text_equal(ch->of, f->town->town) ||
                    (*ch->of < 'A' && text_list_has(ch->of, f->trade->industry));
        if (fits && m->chambers[i] != 0 && strcmp(ch->kind, kind) == 0) {
            ids[n++] = m->chambers[i];
        }
    }
    return n == 0 ? 0 : ids[below(m, n)];
}

static const char *
day_of(struct arena *a, int64_t at)
{
    return day_text(a, time_to_day(at));
}

static struct stay *
add_stay(struct firm_maker *m, struct arena *a, struct firm *f, int64_t chamber, int64_t at)
{
    static const char *const SEATS[] = {"director", "director", "standing_director",
                                        "vice_president", NULL};
    struct stay *s = &f->stays[f->stay_count++];
    *s = (struct stay){.rec = value_map(a), .at = at, .follows = -1};
    value_set_int(a, s->rec, "organization_id", chamber);
    value_set_text(a, s->rec, "state", "member");
    value_set_text(a, s->rec, "applied_on", day_of(a, at - (10 + below(m, 30)) * TIME_DAY));
    value_set_text(a, s->rec, "since", day_of(a, at));
    if (f->staff >= LARGE_STAFF && percent(m, 25)) {
        value_set_text(a, s->rec, "seat", chance_any(&m->chance, SEATS));
    }
    return s;
}

// One in eight has left since, a few were struck off or may not vote for now.
static void
end_stay(struct firm_maker *m, struct arena *a, struct stay *s)
{
    int64_t at = s->at + (180 + below(m, DAYS)) * TIME_DAY;
    int64_t kind = below(m, 100);
    if (at >= m->now || kind >= 30) {
        return;
    }
    bool suspended = kind < 4;
    s->ending = suspended ? "suspend" : kind < 7 ? "expel" : "leave";
    s->ended = at;
    value_set_text(a, s->rec, "state",
                   suspended  ? "suspended"
                   : kind < 7 ? "expelled"
                              : "left");
    value_set_text(a, s->rec, "until", suspended ? NULL : day_of(a, at));
    value_set_text(a, s->rec, "reason", chance_any(&m->chance, GENERATE_PARTINGS));
}

// Some of those who left come back; then that is another stay.
static void
come_back(struct firm_maker *m, struct arena *a, struct firm *f, int of)
{
    const struct stay *left = &f->stays[of];
    int64_t at = left->ended + (90 + below(m, 500)) * TIME_DAY;
    if (left->ending == NULL || strcmp(left->ending, "leave") != 0 || at >= m->now ||
        f->stay_count == STAYS_MOST || !percent(m, 15)) {
        return;
    }
    int64_t chamber = value_get_int(left->rec, "organization_id", 0);
    add_stay(m, a, f, chamber, at)->follows = of;
}

static bool
is_current(const struct stay *s)
{
    return s->ended == 0 || strcmp(s->ending, "suspend") == 0;
}

// The first that goes on is the main one; its chamber looks after the enterprise. Whoever has
// left the last chamber stays under the first.
static void
choose_main(struct arena *a, struct firm *f)
{
    const struct stay *main = NULL;
    for (size_t i = 0; i < f->stay_count; i++) {
        bool first = main == NULL && is_current(&f->stays[i]);
        value_set_int(a, f->stays[i].rec, "is_main", first);
        main = first ? &f->stays[i] : main;
    }
    main = main == NULL && f->stay_count > 0 ? &f->stays[0] : main;
    if (main != NULL) {
        value_set_int(a, f->rec, "chamber_id", value_get_int(main->rec, "organization_id", 0));
    }
}

static void
join_chambers(struct firm_maker *m, struct arena *a, struct firm *f)
{
    static const struct {
        const char *kind;
        int small, large; // how many of a hundred join
    } WAYS[] = {
        {"town", 72, 80}, {"industry", 16, 55}, {"joint", 3, 10}, {"out_of_town", 1, 4}};
    for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
        bool joins = percent(m, f->staff < SMALL_STAFF ? WAYS[i].small : WAYS[i].large);
        int64_t chamber = joins ? chamber_for(m, f, WAYS[i].kind) : 0;
        int64_t at = f->at + (f->stay_count == 0 ? 0 : below(m, 700) * TIME_DAY);
        if (chamber == 0 || at >= m->now || f->stay_count >= STAYS_MOST) {
            continue;
        }
        end_stay(m, a, add_stay(m, a, f, chamber, at));
        come_back(m, a, f, (int)f->stay_count - 1);
    }
    choose_main(a, f);
}

// ---- people and what happened ----------------------------------------------------------

static void
add_person(struct firm_maker *m, struct arena *a, struct firm *f)
{
    static const char *const EDUCATION[] = {"college", "bachelor",  "bachelor",
                                            "master",  "secondary", NULL};
    const char *name = person_name(m, a);
    value_set_text(a, f->rec, "legal_representative", name);
    if (f->stay_count == 0 || !percent(m, f->staff < SMALL_STAFF ? 40 : 90)) {
        return;
    }
    f->person = value_map(a);
    value_set_text(a, f->person, "name", name);
    value_set_text(a, f->person, "kind", "entrepreneur");
    value_set_text(a, f->person, "state", "active");
    value_set_text(a, f->person, "sex", percent(m, 68) ? "male" : "female");
    value_set_text(a, f->person, "education", chance_any(&m->chance, EDUCATION));
    value_set_text(a, f->person, "birth",
                   arena_printf(a, "%d-%02d", 1958 + (int)below(m, 42), 1 + (int)below(m, 12)));
    if (percent(m, 35)) {
        value_set_text(a, f->person, "mobile",
                       arena_printf(a, "138%08lld", (long long)below(m, 100000)));
    }
    f->person_tokens = record_tokens(a, &PERSON_KIND, f->person);
}

// One in nine has another contact than it began with.
static void
add_change(struct firm_maker *m, struct arena *a, struct firm *f)
{
    f->changed_at = f->at + below(m, DAYS) * TIME_DAY;
    if (f->changed_at >= m->now || !percent(m, 20)) {
        return;
    }
    struct value *pair = value_list(a);
    value_push(a, pair, value_ref(a, text_mask(a, person_name(m, a))));
    value_push(a, pair, value_ref(a, text_mask(a, value_get_text(f->rec, "contact_name"))));
    f->changes = value_map(a);
    value_set(a, f->changes, "contact_name", pair);
}

struct firm *
firm_invent(struct firm_maker *m, struct arena *a, int64_t serial)
{
    struct firm *f = ARENA_NEW(a, struct firm);
    f->rec = value_map(a);
    f->trade = any_trade(m);
    f->town = any_town(m);
    f->staff = any_staff(m);
    f->revenue_fen =
        f->staff * f->trade->wan_per_head * (FEN_IN_WAN / 100) * (40 + below(m, 160));
    f->assets_fen = f->revenue_fen / 100 * (40 + below(m, 160));
    f->at = registered_at(m, serial);
    f->since = day_of(a, f->at - below(m, 4000) * TIME_DAY);
    value_set_text(a, f->rec, "registered_on", f->since);
    name_it(m, a, f, serial);
    add_facts(m, a, f);
    join_chambers(m, a, f);
    add_person(m, a, f);
    add_change(m, a, f);
    f->tokens = record_tokens(a, &ENTERPRISE_KIND, f->rec);
    return f;
}

// ---- putting in ------------------------------------------------------------------------

static int64_t
put_under(struct ctx *c, const struct record_kind *k, struct value *rec, int64_t enterprise)
{
    value_set_int(c->arena, rec, "enterprise_id", enterprise);
    return record_put(c, k, rec, NULL);
}

static int64_t
put_person(struct ctx *c, struct firm *f, int64_t enterprise)
{
    int64_t chamber = value_get_int(f->rec, "chamber_id", 0);
    if (chamber != 0) {
        value_set_int(c->arena, f->person, "chamber_id", chamber);
    }
    value_set_int(c->arena, f->person, "enterprise_id", enterprise);
    int64_t id = record_put(c, &PERSON_KIND, f->person, f->person_tokens);
    struct value *post = value_map(c->arena);
    value_set_int(c->arena, post, "person_id", id);
    value_set_text(c->arena, post, "post", "legal_representative");
    value_set_text(c->arena, post, "since", f->since);
    put_under(c, &PERSON_POST_KIND, post, enterprise);
    return id;
}

static void
put_stays(struct ctx *c, struct firm *f, int64_t enterprise, int64_t person)
{
    int64_t ids[STAYS_MOST] = {0};
    for (size_t i = 0; i < f->stay_count; i++) {
        struct stay *s = &f->stays[i];
        c->now = s->at;
        if (person != 0) {
            value_set_int(c->arena, s->rec, "person_id", person);
        }
        if (s->follows >= 0) {
            value_set_int(c->arena, s->rec, "previous_id", ids[s->follows]);
        }
        ids[i] = put_under(c, &MEMBERSHIP_KIND, s->rec, enterprise);
        if (s->ended != 0) {
            c->now = s->ended;
            record_event(c, MEMBERSHIP_KIND.name, ids[i], s->ending, NULL);
        }
    }
}

enum err
firm_put(struct ctx *c, struct firm *f)
{
    int64_t now = c->now;
    c->now = f->at;
    int64_t id = record_put(c, &ENTERPRISE_KIND, f->rec, f->tokens);
    int64_t person = f->person == NULL ? 0 : put_person(c, f, id);
    for (size_t i = 0; i < f->figure_count; i++) {
        put_under(c, &ENTERPRISE_FIGURE_KIND, f->figures[i], id);
    }
    for (size_t i = 0; i < f->tag_count; i++) {
        put_under(c, &ENTERPRISE_TAG_KIND, f->tags[i], id);
    }
    if (f->changes != NULL) {
        c->now = f->changed_at;
        record_event(c, ENTERPRISE_KIND.name, id, "update", f->changes);
    }
    put_stays(c, f, id, person);
    c->now = now;
    return db_tx_err(c->tx);
}
