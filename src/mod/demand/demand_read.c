// SPDX-License-Identifier: Apache-2.0
// Demands as their readers may see them: lists within the reader's scope, the full record,
// the timeline, the steps.
#include "mod/demand/demand_impl.h"

#include "base/text.h"
#include "kit/app.h"
#include "kit/attachment.h"
#include "kit/listing.h"
#include "kit/search.h"

#include <string.h>
#include <strings.h>

enum {
    TOTAL_MOST = 1000000,
    TIMELINE_MOST = 200,
    EVENTS_MOST = 1000,
    INTERNAL = 6, // members that stand last in demand.get, see demand_store_load
};

// ---- scope -----------------------------------------------------------------------------

// The widest scope that the reader's roles give. False: nothing may be seen.
static bool
set_scope(const struct ctx *c, struct demand_query *q)
{
    const struct actor *a = c->actor;
    q->drafts_of = a->id > 0 ? a->id : 0;
    if (a->id == -1) {
        return true;
    }
    if (ctx_is(c, ROLE_OFFICE | ROLE_LEADER)) {
        return true;
    }
    if (ctx_is(c, ROLE_OFFICER)) {
        q->unit_id = a->organization_id;
        return q->unit_id != 0;
    }
    if (ctx_is(c, ROLE_SECRETARY)) {
        if (q->chamber_id != 0 && q->chamber_id != a->organization_id) {
            return false;
        }
        q->chamber_id = a->organization_id;
        q->seen_by = a->id;
        return q->chamber_id != 0;
    }
    if (!ctx_is(c, ROLE_MEMBER) || a->enterprise_id == 0 ||
        (q->enterprise_id != 0 && q->enterprise_id != a->enterprise_id)) {
        return false;
    }
    q->enterprise_id = a->enterprise_id;
    q->drafts_of = 0;
    return true;
}

// ---- what is asked for -----------------------------------------------------------------

static const char *
asked_choice(struct ctx *c, const char *name, const struct choice *choices)
{
    const char *s = ctx_query(c, name);
    if (s == NULL || *s == '\0') {
        return NULL;
    }
    if (choice_find(choices, s) == NULL) {
        ctx_fault(c, name, "choice", T("没有这个选项。"));
    }
    return s;
}

static int64_t
asked_id(struct ctx *c, const char *name)
{
    const char *s = ctx_query(c, name);
    int64_t id = 0;
    if (s != NULL && *s != '\0' && (!text_to_int(s, &id) || id <= 0)) {
        ctx_fault(c, name, "number", T("要填编号。"));
    }
    return id;
}

// A day or a moment; a day as the upper end includes that day.
static int64_t
asked_time(struct ctx *c, const char *name, bool upper)
{
    const char *s = ctx_query(c, name);
    int32_t day;
    int64_t ms = 0;
    if (s == NULL || *s == '\0') {
        return 0;
    }
    if (day_parse(s, &day)) {
        return time_of_day(day + (upper ? 1 : 0));
    }
    if (!time_parse(s, &ms)) {
        ctx_fault(c, name, "date", T("要填日期，如 2026-11-23。"));
        return 0;
    }
    return ms + (upper ? 1 : 0);
}

static void
not_before(int64_t *at, int64_t than)
{
    *at = *at == 0 || *at < than ? than : *at;
}

static void
before(int64_t *at, int64_t than)
{
    *at = *at == 0 || *at > than ? than : *at;
}

// The first moment whose due would be green: dues fall on closing times of working days.
static int64_t
green_from(struct ctx *c)
{
    const struct clock_profile *p = demand_rules_now(c);
    int64_t from = c->now;
    for (int n = 0; n < p->yellow_days + 3; n++) {
        int64_t due = workday_due(&p->hours, c->now, n);
        if (due >= c->now && clock_light_of(p, due, c->now) == CLOCK_YELLOW) {
            from = due + 1;
        }
    }
    return from;
}

static void
running(struct demand_query *q)
{
    q->open = 1;
    q->paused = 0;
}

static void
set_light(struct ctx *c, struct demand_query *q, const char *light)
{
    if (light == NULL) {
        return;
    }
    if (strcmp(light, "done") == 0) {
        q->open = 0;
    } else if (strcmp(light, "paused") == 0) {
        q->open = 1;
        q->paused = 1;
    } else {
        running(q);
    }
    if (strcmp(light, "green") == 0) {
        not_before(&q->due_from, green_from(c));
    } else if (strcmp(light, "yellow") == 0) {
        not_before(&q->due_from, c->now);
        before(&q->due_to, green_from(c));
    } else if (strcmp(light, "red") == 0) {
        before(&q->due_to, c->now);
    }
}

static void
set_view(struct ctx *c, struct demand_query *q, const char *view)
{
    if (view == NULL || strcmp(view, "all") == 0) {
        return;
    }
    if (strcmp(view, "mine") == 0 && ctx_is(c, ROLE_OFFICE)) {
        q->todo = 1; // a call-back outlives the case
    } else if (text_list_has("mine open", view)) {
        q->open = 1;
    } else if (strcmp(view, "unassigned") == 0) {
        q->unassigned = 1;
    } else if (strcmp(view, "supervised") == 0) {
        q->supervised = 1;
        q->open = 1;
    } else if (strcmp(view, "review") == 0) {
        q->state = "pending_conditions";
        q->review_by = day_text(c->arena, time_to_day(c->now));
    } else if (strcmp(view, "to_rate") == 0) {
        q->state = "answered";
    } else if (strcmp(view, "due") == 0) {
        set_light(c, q, "yellow");
    } else if (strcmp(view, "overdue") == 0) {
        set_light(c, q, "red");
    }
}

// A number that begins as the text does, "SQ2026-0004" or "20260004", with four digits or more
// of what is counted: at most a hundred, each two words of the index. NULL: it begins none.
static const char *
numbers_of(struct arena *a, const char *text, const char *in)
{
    enum { YEAR = 4, COUNTED = 6, LEAST = 4 };
    const char *all = NULL, *year = text + (strncasecmp(text, "SQ", 2) == 0 ? 2 : 0);
    const char *counted = year + strnlen(year, YEAR);
    counted += *counted == '-';
    size_t n = strlen(counted);
    if (strspn(year, "0123456789") < YEAR || n < LEAST || n > COUNTED ||
        strspn(counted, "0123456789") != n) {
        return NULL;
    }
    int64_t from = 0, width = 1;
    text_to_int(counted, &from);
    for (; n < COUNTED; n++) {
        width *= 10;
    }
    for (int64_t i = from * width; i < (from + 1) * width; i++) {
        const char *number = arena_printf(a, "SQ%.4s-%06lld", year, (long long)i);
        all = search_either(a, all, search_expression(a, number, in));
    }
    return all;
}

// Whose they are stands in the index as words of its own (demand_search_text).
static void
set_search(struct ctx *c, struct demand_query *q, const char *text)
{
    const char *in = NULL;
    if (q->enterprise_id != 0) {
        in = search_whose(c->arena, 'e', q->enterprise_id);
    } else if (q->chamber_id != 0) {
        in = search_whose(c->arena, 'c', q->chamber_id);
    }
    const char *tidy = text_tidy(c->arena, text, false);
    q->match = search_either(c->arena, search_expression(c->arena, tidy, in),
                             numbers_of(c->arena, tidy, in));
    q->driver = DEMAND_BY_SEARCH;
}

// The index that leaves least to filter. A department's own scope always leads: only its
// walks and the search know departments.
static enum demand_driver
driver_of(struct demand_query *q, bool bound_to_unit)
{
    if (bound_to_unit) {
        return q->open == 1 ? DEMAND_BY_UNIT_OPEN : DEMAND_BY_UNIT;
    }
    if (q->enterprise_id != 0) {
        return DEMAND_BY_ENTERPRISE;
    }
    if (q->lead_unit_id != 0) {
        q->unit_id = q->lead_unit_id;
        return DEMAND_BY_UNIT;
    }
    if (q->chamber_id != 0) {
        return DEMAND_BY_CHAMBER;
    }
    if (q->unassigned == 1) {
        return DEMAND_BY_UNASSIGNED;
    }
    if (q->todo == 1) {
        return DEMAND_BY_TODO;
    }
    if (q->supervised == 1) {
        return DEMAND_BY_SUPERVISED;
    }
    if (q->state != NULL) {
        return DEMAND_BY_STATE;
    }
    if (q->open == 1) {
        return DEMAND_BY_OPEN;
    }
    return q->category != NULL ? DEMAND_BY_CATEGORY : DEMAND_BY_ALL;
}

static void
first_page(struct demand_query *q)
{
    bool down = q->order == DEMAND_NEWEST || q->order == DEMAND_DUE_LAST;
    q->after_key = down ? INT64_MAX : INT64_MIN;
    q->after_id = down ? INT64_MAX : 0;
    if (q->driver == DEMAND_BY_SEARCH) {
        q->after_id = INT64_C(1) << 40;
    }
}

static enum demand_order
asked_order(struct ctx *c, const char *view)
{
    const char *sort = ctx_query(c, "sort");
    static const struct choice SORTS[] = {
        {"created_at", "", NULL},
        {"-created_at", "", NULL},
        {"due_at", "", NULL},
        {"-due_at", "", NULL},
        {0},
    };
    if (sort == NULL || *sort == '\0') {
        // What presses comes first where the view is about time.
        // A department's inbox always is.
        bool pressing = view != NULL && text_list_has("due overdue", view);
        bool inbox = ctx_is(c, ROLE_OFFICER) && !ctx_is(c, ROLE_OFFICE | ROLE_LEADER);
        return pressing || inbox ? DEMAND_DUE_FIRST : DEMAND_NEWEST;
    }
    if (choice_find(SORTS, sort) == NULL) {
        ctx_fault(c, "sort", "choice", T("不能这样排序。"));
        return DEMAND_NEWEST;
    }
    if (strstr(sort, "due") != NULL) {
        return sort[0] == '-' ? DEMAND_DUE_LAST : DEMAND_DUE_FIRST;
    }
    return sort[0] == '-' ? DEMAND_NEWEST : DEMAND_OLDEST;
}

static const struct demand_query ANY = {
    .open = -1, .paused = -1, .supervised = -1, .unassigned = -1, .todo = -1};

static void
read_filters(struct ctx *c, struct demand_query *q)
{
    q->state = asked_choice(c, "state", DEMAND_STATES);
    q->category = asked_choice(c, "category", DEMAND_CATEGORIES);
    q->level = asked_choice(c, "level", DEMAND_LEVELS);
    q->source = asked_choice(c, "source", DEMAND_SOURCES);
    q->lead_unit_id = asked_id(c, "lead_unit_id");
    q->chamber_id = asked_id(c, "chamber_id");
    q->enterprise_id = asked_id(c, "enterprise_id");
    q->created_from = asked_time(c, "created_at_from", false);
    q->created_to = asked_time(c, "created_at_to", true);
    q->due_from = asked_time(c, "due_at_from", false);
    q->due_to = asked_time(c, "due_at_to", true);
    q->submitted_from = asked_time(c, "submitted_at_from", false);
    q->submitted_to = asked_time(c, "submitted_at_to", true);
    q->closed_from = asked_time(c, "closed_at_from", false);
    q->closed_to = asked_time(c, "closed_at_to", true);
    q->measure = asked_choice(c, "measure", DEMAND_MEASURES);
    set_light(c, q, asked_choice(c, "light", DEMAND_LIGHTS));
}

static bool
is_due(const struct demand_query *q)
{
    return q->order == DEMAND_DUE_FIRST || q->order == DEMAND_DUE_LAST;
}

// Where the page begins; ?before walks the other way round. What was searched for is walked
// one way only: before it there is the first page.
static bool
read_cursor(struct ctx *c, struct demand_query *q)
{
    static const enum demand_order TURNED[DEMAND_ORDERS] = {
        [DEMAND_NEWEST] = DEMAND_OLDEST,
        [DEMAND_OLDEST] = DEMAND_NEWEST,
        [DEMAND_DUE_FIRST] = DEMAND_DUE_LAST,
        [DEMAND_DUE_LAST] = DEMAND_DUE_FIRST,
    };
    const char *after = ctx_query(c, "after"), *before = ctx_query(c, "before");
    bool on = after != NULL && *after != '\0';
    bool back = !on && before != NULL && *before != '\0';
    struct listing_cursor at;
    if (!on && !back) {
        return true;
    }
    if (!listing_cursor_decode(c->arena, on ? after : before, &at)) {
        ctx_fault(c, on ? "after" : "before", "cursor", T("这不是本列表的翻页位置。"));
        return false;
    }
    if (back && q->driver == DEMAND_BY_SEARCH) {
        return true;
    }
    q->backward = back;
    q->order = back ? TURNED[q->order] : q->order;
    q->after_key = at.number;
    q->after_id = at.id;
    return true;
}

// False: nothing can be found.
static bool
read_query(struct ctx *c, struct demand_query *q)
{
    const char *view = asked_choice(c, "view", DEMAND_VIEWS);
    *q = ANY;
    read_filters(c, q);
    set_view(c, q, view);
    q->order = asked_order(c, view);
    q->limit = (int64_t)listing_limit(c) + 1;
    if (!set_scope(c, q)) {
        return false;
    }
    const char *text = ctx_query(c, "q");
    if (text != NULL && *text != '\0') {
        set_search(c, q, text);
    } else {
        q->driver = driver_of(q, q->unit_id != 0);
    }
    first_page(q);
    if (!read_cursor(c, q)) {
        return false;
    }
    return q->driver != DEMAND_BY_SEARCH || q->match != NULL;
}

// ---- lists -----------------------------------------------------------------------------

// Where a row's members were found in the row before.
struct places {
    uint32_t state, open, due;
};

// The walk's own columns stand last and are cut off: `paused due_key`.
static int64_t
finish_item(struct ctx *c, struct value *row, struct places *at)
{
    const struct value_pair *own = &row->map.pairs[row->map.count - 2];
    const struct value *state = value_get_near(row, "state", &at->state);
    const struct value *due = value_get_near(row, "due_at", &at->due);
    bool open = value_is_truthy(value_get_near(row, "open", &at->open));
    bool paused = value_is_truthy(own[0].v);
    int64_t key = own[1].v->i;
    row->map.count -= 2;
    value_set_text(
        c->arena, row, "light",
        demand_light(c, state->s, open, paused, due->type == VALUE_TIME ? due->i : 0));
    return key;
}

static const char *
cursor_of(struct ctx *c, const struct demand_query *q, const struct value *row, int64_t due)
{
    int64_t key = is_due(q) ? due : value_get_int(row, "created_at", 0);
    return listing_cursor_encode(c->arena, value_int(c->arena, key),
                                 value_get_int(row, "id", 0));
}

const struct value *
demand_list(struct ctx *c)
{
    struct demand_query q;
    bool some = read_query(c, &q);
    if (c->faults.count > 0) {
        return NULL;
    }
    struct value *out = value_map(c->arena), *items = value_list(c->arena);
    const struct value *rows = some ? demand_store_list(c, &q) : items;
    size_t n = value_count(rows);
    bool more = (int64_t)n == q.limit, later = ctx_query(c, "after") != NULL;
    n -= more ? 1 : 0;
    const char *first = NULL, *last = NULL;
    struct places at = {0};
    for (size_t i = 0; i < n; i++) {
        // ours: just read
        struct value *row =
            (struct value *)(uintptr_t)value_at(rows, q.backward ? n - 1 - i : i);
        int64_t due = finish_item(c, row, &at);
        if (i == 0 || i + 1 == n) {
            last = cursor_of(c, &q, row, due);
            first = i == 0 ? last : first;
        }
        value_push(c->arena, items, row);
    }
    value_set(c->arena, out, "items", items);
    value_set_text(c->arena, out, "next", q.backward || more ? last : NULL);
    if (!c->api) {
        value_set_text(c->arena, out, "previous", (q.backward ? more : later) ? first : NULL);
    }
    return out;
}

bool
demand_export_query(struct ctx *c, struct demand_query *q, unsigned piece)
{
    bool some = read_query(c, q);
    q->limit = piece;
    return some && c->faults.count == 0;
}

struct value *
demand_export_next(struct ctx *c, struct demand_query *q)
{
    bool due = is_due(q);
    struct value *items = demand_store_list(c, q);
    struct places at = {0};
    for (size_t i = 0; i < value_count(items); i++) {
        struct value *row = (struct value *)(uintptr_t)value_at(items, i); // ours: just read
        int64_t key = finish_item(c, row, &at);
        q->after_key = due ? key : value_get_int(row, "created_at", 0);
        q->after_id = value_get_int(row, "id", 0);
    }
    return items;
}

// What a count needs when it has to be made again.
struct counting {
    struct ctx *c;
    const char *view;
};

static int64_t
count_now(void *arg)
{
    struct ctx *c = ((struct counting *)arg)->c;
    const char *view = ((struct counting *)arg)->view;
    struct demand_query q = ANY;
    set_view(c, &q, view);
    q.order = DEMAND_NEWEST;
    q.limit = LISTING_COUNT_MOST + 1;
    if (!set_scope(c, &q)) {
        return 0;
    }
    q.driver = driver_of(&q, q.unit_id != 0);
    first_page(&q);
    return demand_store_count(c, &q);
}

// Kept until something is written, and ten seconds at most: "due soon" moves with the time.
int64_t
demand_count(struct ctx *c, const char *view)
{
    const struct actor *me = c->actor;
    struct counting counting = {c, view};
    const int64_t parts[] = {me->roles, me->id, me->organization_id, me->enterprise_id,
                             c->now / (10 * TIME_SECOND)};
    struct buf key; // a page asks nine times
    buf_init(&key, c->arena, 128, 256);
    buf_puts(&key, "demand ");
    buf_puts(&key, view);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_putc(&key, ' ');
        buf_int(&key, parts[i]);
    }
    return listing_count_cached(c->app, buf_str(&key), db_tx_generation(c->tx), count_now,
                                &counting);
}

static int64_t
total_now(void *arg)
{
    struct ctx *c = arg;
    struct demand_query q;
    if (!read_query(c, &q)) {
        return 0;
    }
    q.order = DEMAND_NEWEST; // counts walk that way
    q.limit = TOTAL_MOST;
    first_page(&q);
    return demand_store_count(c, &q);
}

int64_t
demand_list_total(struct ctx *c)
{
    static const char *const COUNTED[] = {"submitted_at_from", "submitted_at_to",
                                          "closed_at_from", "closed_at_to", "measure"};
    bool counted = false;
    for (size_t i = 0; i < sizeof COUNTED / sizeof *COUNTED; i++) {
        const char *s = ctx_query(c, COUNTED[i]);
        counted = counted || (s != NULL && *s != '\0');
    }
    if (!counted) {
        return -1;
    }
    const char *key = arena_printf(c->arena, "demand total %s %lld %lld",
                                   listing_query(c, "id", NULL, "limit", NULL, NULL),
                                   (long long)c->actor->id, (long long)(c->now / TIME_MINUTE));
    return listing_count_cached(c->app, key, db_tx_generation(c->tx), total_now, c);
}

// ---- one -------------------------------------------------------------------------------

static struct value *
legs_shown(struct ctx *c, const struct demand *d, const struct clock_result *r)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < d->leg_count; i++) {
        const struct demand_leg *leg = &d->legs[i];
        enum clock_light light = CLOCK_DONE;
        int64_t due = leg->due_at;
        for (size_t k = 0; k < r->leg_count; k++) {
            if (r->legs[k].unit == leg->unit_id) {
                light = r->legs[k].light;
                due = r->legs[k].due_at; // moves on while a pause lasts
            }
        }
        struct value *v = value_map(c->arena);
        value_set_int(c->arena, v, "unit_id", leg->unit_id);
        value_set_text(c->arena, v, "unit", leg->unit);
        value_set_text(c->arena, v, "role", leg->role);
        value_set_text(c->arena, v, "state", leg->state);
        value_set(c->arena, v, "due_at", due == 0 ? &value_null : value_time(c->arena, due));
        value_set_text(c->arena, v, "light", clock_light_text(light));
        value_set_bool(c->arena, v, "open", leg->open);
        value_push(c->arena, list, v);
    }
    return list;
}

static const char *
unit_of(const struct demand *d, int64_t id)
{
    for (size_t i = 0; i < d->leg_count; i++) {
        if (d->legs[i].unit_id == id) {
            return d->legs[i].unit;
        }
    }
    return NULL;
}

static void
set_unit(struct ctx *c, struct value *v, const struct demand *d, int64_t id)
{
    value_set(c->arena, v, "unit_id", id == 0 ? &value_null : value_int(c->arena, id));
    value_set_text(c->arena, v, "unit", unit_of(d, id));
}

static struct value *
cards_shown(struct ctx *c, const struct demand *d, const struct clock_result *r)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < r->card_count; i++) {
        const struct clock_card *card = &r->cards[i];
        struct value *v = value_map(c->arena);
        value_set_text(c->arena, v, "kind", clock_card_kind_text(card->kind));
        value_set_text(c->arena, v, "why", clock_card_why_text(card->why));
        value_set_text(c->arena, v, "what", clock_what_text(card->what));
        value_set(c->arena, v, "at", value_time(c->arena, card->at));
        set_unit(c, v, d, card->unit);
        value_push(c->arena, list, v);
    }
    return list;
}

static struct value *
clock_shown(struct ctx *c, const struct demand *d, const struct clock_result *r)
{
    struct value *out = value_map(c->arena);
    struct value *dues = value_list(c->arena);
    for (size_t i = 0; i < r->due_count; i++) {
        const struct clock_due *due = &r->dues[i];
        struct value *v = value_map(c->arena);
        value_set_text(c->arena, v, "what", clock_what_text(due->what));
        set_unit(c, v, d, due->unit);
        value_set(c->arena, v, "start", value_time(c->arena, due->start));
        value_set(c->arena, v, "at", value_time(c->arena, due->at));
        value_set(c->arena, v, "met",
                  due->met == CLOCK_PENDING ? &value_null : value_bool(due->met == CLOCK_MET));
        value_set_bool(c->arena, v, "open", due->open);
        value_push(c->arena, dues, v);
    }
    value_set(c->arena, out, "due", dues);
    value_set_int(c->arena, out, "spent_minutes", r->spent_minutes);
    value_set_int(c->arena, out, "silence_minutes", r->silence_minutes);
    return out;
}

// Whether the reader is more than its enterprise: cards and internal notes are theirs.
static bool
insider(const struct demand *d)
{
    return (d->relations & ~(unsigned)DEMAND_OWNER) != 0;
}

// The mobile is for those who own or handle it: everybody else sees that there is one.
static void
mask(struct ctx *c, struct value *v, unsigned relations)
{
    const char *mobile = value_get_text(v, "contact_mobile");
    if (mobile != NULL && (relations & ~(unsigned)DEMAND_LOOKS) == 0) {
        value_set_text(c->arena, v, "contact_mobile", text_mask(c->arena, mobile));
    }
}

struct value *
demand_present_log(struct ctx *c, const struct demand *d, struct value *v,
                   const struct clock_event *log, size_t n, const struct value *files)
{
    struct clock_result r;
    clock_compute(c->arena, demand_rules_of(c, d->id), demand_level_number(d->level), log, n,
                  c->now, &r);
    value_set_text(
        c->arena, v, "light",
        demand_light(c, d->state, demand_state_open(d->state), d->paused, d->next_due_at));
    value_set(c->arena, v, "legs", legs_shown(c, d, &r));
    value_set(c->arena, v, "cards", insider(d) ? cards_shown(c, d, &r) : value_list(c->arena));
    value_set(c->arena, v, "clock", clock_shown(c, d, &r));
    value_set(c->arena, v, "attachments", files);
    mask(c, v, d->relations);
    return v;
}

struct value *
demand_present(struct ctx *c, const struct demand *d, struct value *v,
               const struct value *events)
{
    v->map.count -= INTERNAL;
    size_t n = 0;
    struct clock_event *log = d->submitted_at == 0 ? NULL
                              : events == NULL     ? demand_store_log(c, d->id, &n)
                                                   : demand_store_log_of(c, events, &n);
    n = demand_is_history(d, log, n) ? 0 : n;
    return demand_present_log(c, d, v, log, n, attachment_list(c, "demand", d->id));
}

// The demand as rules know it, with the row of its record; NULL when it is not to be seen.
static struct demand *
load_seen(struct ctx *c, int64_t id, struct value **row)
{
    struct demand *d = ARENA_NEW(c->arena, struct demand);
    if (id <= 0 || !demand_store_load(c, id, d, row)) {
        return NULL;
    }
    d->relations = demand_relations(c, d);
    return d->relations == 0 ? NULL : d;
}

struct value *
demand_get(struct ctx *c, int64_t id)
{
    struct value *v = NULL;
    const struct demand *d = load_seen(c, id, &v);
    return d == NULL ? NULL : demand_present(c, d, v, NULL);
}

const struct demand_seen *
demand_see(struct ctx *c, int64_t id)
{
    struct value *v = NULL;
    const struct demand *d = load_seen(c, id, &v);
    if (d == NULL) {
        return NULL;
    }
    struct demand_seen *seen = ARENA_NEW(c->arena, struct demand_seen);
    const struct value *events = demand_store_events(c, id, false, TIMELINE_MOST + 1);
    seen->demand = d;
    // The clocks need the whole log: of a very long one only they read everything.
    seen->events = value_count(events) > TIMELINE_MOST ? NULL : events;
    seen->record = demand_present(c, d, v, seen->events);
    struct value *into = NULL;
    if (d->merged_into != 0 && load_seen(c, d->merged_into, &into) != NULL) {
        seen->merged_no = value_get_text(into, "receipt_no");
    }
    return seen;
}

const struct value *
demand_allowed(struct ctx *c, const struct demand_seen *seen)
{
    const struct demand *d = seen->demand;
    const struct lifecycle_record r = {.id = d->id,
                                       .version = d->version,
                                       .state = d->state,
                                       .relations = d->relations,
                                       .data = (void *)(uintptr_t)d}; // only read
    return lifecycle_allowed(c, &DEMAND_LIFECYCLE, &r);
}

// ---- what happened ---------------------------------------------------------------------

static const char *
event_text(const struct value *data)
{
    static const char *const KEYS[] = {"body", "reason", "result", "comment"};
    for (size_t i = 0; i < sizeof KEYS / sizeof *KEYS; i++) {
        const char *s = value_get_text(data, KEYS[i]);
        if (s != NULL && *s != '\0') {
            return s;
        }
    }
    return NULL;
}

struct value *
demand_timeline(struct ctx *c, const struct demand_seen *seen)
{
    bool all = insider(seen->demand);
    const struct value *events =
        seen->events != NULL ? seen->events
                             : demand_store_events(c, seen->demand->id, !all, TIMELINE_MOST);
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < value_count(events); i++) {
        struct value *v = (struct value *)(uintptr_t)value_at(events, i); // ours: just read
        const char *type = value_get_text(v, "type");
        if (!all && value_get_bool(v, "internal")) {
            continue;
        }
        value_set_text(c->arena, v, "label", choice_label(DEMAND_EVENTS, type, c->lang));
        value_set_text(c->arena, v, "text", event_text(value_get(v, "data")));
        value_push(c->arena, list, v);
    }
    return list;
}

const struct value *
demand_events(struct ctx *c, int64_t id)
{
    const struct demand *d = load_seen(c, id, NULL);
    if (d == NULL) {
        return NULL;
    }
    const struct value *newest = demand_store_events(c, id, !insider(d), EVENTS_MOST);
    struct value *items = value_list(c->arena);
    for (size_t i = value_count(newest); i-- > 0;) {
        value_push(c->arena, items, value_at(newest, i));
    }
    struct value *out = value_map(c->arena);
    value_set(c->arena, out, "items", items);
    return out;
}

// ---- departments -----------------------------------------------------------------------

struct value *
demand_units(struct ctx *c, const char *category)
{
    struct value *list = demand_store_departments(c);
    for (size_t i = 0; i < value_count(list); i++) {
        struct value *v = (struct value *)(uintptr_t)value_at(list, i); // ours: just read
        const char *categories = value_get_text(v, "categories");
        value_set_bool(c->arena, v, "suggested",
                       category != NULL && categories != NULL &&
                           text_list_has(categories, category));
    }
    return list;
}
