// SPDX-License-Identifier: Apache-2.0
// A chamber's bills of a year in one step: first what it would do, member by member, then the
// same for real. Doing it again makes only what is missing.
#include "mod/dues/dues_impl.h"

#include "base/text.h"
#include "mod/org/org.h"
#include "mod/post/post.h"

#include <string.h>

enum { ROWS_MOST = 100, MADE_MOST = 1000 };

const struct field DUES_IN_ISSUE[] = {
    {.name = "organization_id",
     .type = FIELD_REF,
     .label = "商会",
     .ref = "organizations",
     .where = IN_FORM},
    {.name = "year",
     .type = FIELD_INT,
     .label = "年度",
     .required = true,
     .min = DUES_YEAR_FIRST,
     .max = DUES_YEAR_LAST,
     .where = IN_FORM},
    {.name = "due_on", .type = FIELD_DATE, .label = "缴费期限", .where = IN_FORM},
    {.name = "expected", // how many the preview said: another number is looked at again
     .type = FIELD_INT,
     .label = "核对过的张数",
     .max = 1000000,
     .where = IN_INPUT},
    {0},
};

// One query for everybody, so that a chamber of thousands costs no more than its rows.
const struct db_stmt DUES_MEMBERS = {
    .name = "dues.members",
    .sql =
        "SELECT m.id, m.state, m.seat, m.dues_tier, m.since,"
        " coalesce(e.name, p.name) AS who,"
        " (SELECT count(*) FROM bill b WHERE b.membership_id = m.id AND b.year = $2) AS made,"
        " m.person_id, m.enterprise_id"
        " FROM membership m LEFT JOIN enterprise e ON e.id = m.enterprise_id"
        " LEFT JOIN person p ON p.id = m.person_id"
        " WHERE m.organization_id = $1 AND m.until IS NULL AND m.since IS NOT NULL"
        " ORDER BY m.id",
    .params = "organization:int year:int",
    .row = "id:int state:text seat:text? dues_tier:text? since:text who:text? made:int"
           " person_id:int? enterprise_id:int?"};

struct share { // of one tier
    int64_t full, half, fen;
};
struct outlook {
    struct dues_standard s;
    bool held; // a standard holds
    struct share tiers[DUES_TIERS_MOST];
    int64_t members, made, to_make, fen;
    struct value *rows, *skipped;
    int64_t ids[MADE_MOST]; // of the first to make
    size_t id_count;
};

static void
count(struct outlook *o, const struct dues_plan *p)
{
    for (size_t i = 0; i < o->s.n; i++) {
        if (strcmp(o->s.tiers[i].code, p->tier) == 0) {
            o->tiers[i].full += !p->half;
            o->tiers[i].half += p->half;
            o->tiers[i].fen += p->amount_fen;
        }
    }
    o->to_make++;
    o->fen += p->amount_fen;
}

static void
push_member(struct ctx *c, struct value *list, const struct db_rows *rows,
            const struct dues_plan *p)
{
    struct arena *a = c->arena;
    struct db_rows *r = (struct db_rows *)(uintptr_t)rows;
    const char *who = db_text(r, 5);
    if (value_count(list) >= ROWS_MOST) {
        return;
    }
    struct value *m = value_map(a);
    value_set_int(a, m, "membership_id", db_int(r, 0));
    value_set(a, m, "name", who == NULL ? &value_null : value_text(a, who));
    value_set(a, m, "since", value_text(a, db_text(r, 4)));
    value_set_text(a, m, "tier", p->tier);
    value_set_text(a, m, "basis", p->half ? "half" : "full");
    value_set_int(a, m, "amount_fen", p->amount_fen);
    value_set_text(a, m, "reason", p->skip == NULL ? NULL : ctx_tr(c, p->skip));
    value_push(a, list, m);
}

static void
look_at(struct ctx *c, struct outlook *o, struct db_rows *r, int64_t organization, int64_t year)
{
    o->members++;
    if (db_int(r, 6) > 0) { // also when it was cancelled: making it again is a decision
        o->made++;
        return;
    }
    const char *post = post_highest(c, organization, db_int(r, 7), db_int(r, 8));
    const struct dues_member m = {.state = db_text(r, 1),
                                  .seat = post != NULL ? post : db_text(r, 2),
                                  .tier = db_text(r, 3),
                                  .since = db_text(r, 4)};
    struct dues_plan p = dues_plan(&o->s, &m, year);
    if (p.skip != NULL) {
        push_member(c, o->skipped, r, &p);
        return;
    }
    count(o, &p);
    push_member(c, o->rows, r, &p);
    if (o->id_count < MADE_MOST) {
        o->ids[o->id_count++] = db_int(r, 0);
    }
}

static struct outlook *
look(struct ctx *c, int64_t organization, int64_t year)
{
    struct outlook *o = ARENA_NEW(c->arena, struct outlook);
    o->rows = value_list(c->arena);
    o->skipped = value_list(c->arena);
    o->held = organization != 0 && dues_standard_of(c, organization, year, &o->s);
    if (o->held) {
        struct db_rows *r =
            db_query(c->tx, &DUES_MEMBERS, DB_ARGS(DB_INT(organization), DB_INT(year)));
        while (db_next(r)) {
            look_at(c, o, r, organization, year);
        }
        db_end(r);
    }
    return o;
}

// ---- the preview -----------------------------------------------------------------------

static struct value *
tiers_value(struct ctx *c, const struct outlook *o)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (size_t i = 0; i < o->s.n; i++) {
        struct value *m = value_map(a);
        value_set_text(a, m, "tier", o->s.tiers[i].code);
        value_set_int(a, m, "amount_fen", o->s.tiers[i].amount_fen);
        value_set_int(a, m, "full", o->tiers[i].full);
        value_set_int(a, m, "half", o->tiers[i].half);
        value_set_int(a, m, "sum_fen", o->tiers[i].fen);
        value_push(a, list, m);
    }
    return list;
}

static const char *
due_of(struct ctx *c, int64_t year)
{
    const char *asked = ctx_query(c, "due_on");
    int32_t day;
    return asked != NULL && day_parse(asked, &day) ? asked : dues_due_on(c, year);
}

enum err
dues_issue_run(struct ctx *c)
{
    struct arena *a = c->arena;
    int64_t organization, year = dues_asked_year(c);
    enum err e = dues_asked_chamber(c, &organization);
    if (e != ERR_OK) {
        return e;
    }
    const struct outlook *o = look(c, organization, year);
    struct value *out = value_map(a);
    value_set(a, out, "organization_id",
              organization == 0 ? &value_null : value_int(a, organization));
    value_set_text(a, out, "organization", org_name(c->tx, a, organization));
    value_set_int(a, out, "year", year);
    value_set_text(a, out, "due_on", due_of(c, year));
    value_set(a, out, "standard_id", o->held ? value_int(a, o->s.id) : &value_null);
    value_set_int(a, out, "members", o->members);
    value_set_int(a, out, "made", o->made);
    value_set_int(a, out, "to_make", o->to_make);
    value_set_int(a, out, "sum_fen", o->fen);
    value_set(a, out, "tiers", tiers_value(c, o));
    value_set(a, out, "rows", o->rows);
    value_set(a, out, "skipped", o->skipped);
    c->out = out;
    return ERR_OK;
}

// The same with what people read in place of codes and fen.
static struct value *
readable(struct ctx *c, const struct value *list)
{
    struct arena *a = c->arena;
    struct value *rows = value_list(a);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = value_at(list, i);
        struct value *m = value_map(a);
        static const char *const SAME[] = {"name", "since", "reason", "full", "half"};
        for (size_t k = 0; k < sizeof SAME / sizeof *SAME; k++) {
            const struct value *v = value_get(item, SAME[k]);
            value_set(a, m, SAME[k], v == NULL ? &value_null : v);
        }
        value_set_text(a, m, "url",
                       arena_printf(a, "/memberships/%lld",
                                    (long long)value_get_int(item, "membership_id", 0)));
        value_set_text(
            a, m, "tier",
            choice_label(MEMBERSHIP_DUES_TIERS, value_get_text(item, "tier"), c->lang));
        value_set_text(a, m, "basis",
                       choice_label(BILL_BASES, value_get_text(item, "basis"), c->lang));
        value_set_text(a, m, "amount", dues_yuan(a, value_get_int(item, "amount_fen", 0)));
        value_set_text(a, m, "sum", dues_yuan(a, value_get_int(item, "sum_fen", 0)));
        value_push(a, rows, m);
    }
    return rows;
}

enum err
dues_issue_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *o = c->out;
    int64_t organization = value_get_int(o, "organization_id", 0),
            year = value_get_int(o, "year", 0), n = value_get_int(o, "to_make", 0);
    bool held = value_get_int(o, "standard_id", 0) != 0;
    struct value *page = value_map(a), *chambers = dues_chambers(c, organization);
    value_set_text(a, page, "title", ctx_tr(c, T("生成会费账单")));
    value_set_bool(a, page, "has_chambers", value_count(chambers) > 0);
    value_set(a, page, "chambers", chambers);
    value_set(a, page, "years", dues_years(c, year));
    value_set_bool(a, page, "chosen", organization != 0);
    value_set_text(a, page, "organization", value_get_text(o, "organization"));
    value_set_int(a, page, "organization_id", organization);
    value_set_text(a, page, "of_year", arena_printf(a, "%lld", (long long)year));
    value_set_text(a, page, "due_on", value_get_text(o, "due_on"));
    value_set_bool(a, page, "no_standard", organization != 0 && !held);
    value_set_bool(a, page, "held", held);
    value_set_text(
        a, page, "standard_url",
        arena_printf(a, "/dues-standards/%lld", (long long)value_get_int(o, "standard_id", 0)));
    value_set_text(a, page, "problem", c->renewed ? c->detail : NULL);
    value_set(a, page, "errors", field_summary(c, DUES_IN_ISSUE, "make"));
    value_set(a, page, "members", value_get(o, "members"));
    value_set(a, page, "made", value_get(o, "made"));
    value_set_int(a, page, "to_make", n);
    value_set_bool(a, page, "can_make", n > 0);
    value_set_text(a, page, "sum", dues_yuan(a, value_get_int(o, "sum_fen", 0)));
    value_set(a, page, "tiers", readable(c, value_get(o, "tiers")));
    value_set(a, page, "rows", readable(c, value_get(o, "rows")));
    value_set_bool(a, page, "more_rows", n > ROWS_MOST);
    value_set(a, page, "skipped", readable(c, value_get(o, "skipped")));
    value_set_bool(a, page, "has_skipped", value_count(value_get(o, "skipped")) > 0);
    c->page = page;
    return ERR_OK;
}

// ---- for real --------------------------------------------------------------------------

static enum err
make_one(struct ctx *c, int64_t membership, int64_t year, const char *due_on)
{
    struct value *rec = value_map(c->arena);
    value_set_int(c->arena, rec, "membership_id", membership);
    value_set_int(c->arena, rec, "year", year);
    value_set_text(c->arena, rec, "due_on", due_on);
    return record_create(c, &BILL_KIND, rec) != 0 ? ERR_OK : c->result;
}

static void
answer(struct ctx *c, const struct outlook *o, int64_t organization, int64_t year)
{
    struct arena *a = c->arena;
    struct value *out = value_map(a);
    int64_t made = (int64_t)o->id_count, left = o->to_make - made;
    value_set_int(a, out, "organization_id", organization);
    value_set_int(a, out, "year", year);
    value_set_int(a, out, "made", made);
    value_set_int(a, out, "left", left);
    c->out = out;
    if (!c->api && left > 0) {
        c->location = arena_printf(a, "/dues-issue?organization_id=%lld&year=%lld",
                                   (long long)organization, (long long)year);
        c->flash = T("人数多，分几次生成，请再点一次。");
    } else if (!c->api) {
        c->location = arena_printf(a, "/bills?organization_id=%lld&year=%lld",
                                   (long long)organization, (long long)year);
        c->flash =
            ctx_trf(c, T("已生成 {0} 张账单。"), 1, arena_printf(a, "%lld", (long long)made));
    }
}

enum err
dues_issue_make(struct ctx *c)
{
    int64_t organization, year = value_get_int(c->in, "year", 0);
    const char *due_on = value_get_text(c->in, "due_on");
    enum err e = dues_asked_chamber(c, &organization);
    if (e != ERR_OK) {
        return e;
    }
    if (organization == 0) {
        return ctx_fault(c, "organization_id", "missing", T("请选择商会"));
    }
    const struct outlook *o = look(c, organization, year);
    if (!o->held) {
        return ctx_refuse(c, ERR_CONFLICT,
                          T("这家商会这一年没有经大会批准的会费标准，不能收会费"));
    }
    if (value_get_int(c->in, "expected", o->to_make) != o->to_make) {
        return ctx_refuse(c, ERR_CONFLICT, T("会员名册刚刚有变化，请核对新的张数再生成。"));
    }
    for (size_t i = 0; i < o->id_count; i++) {
        e = make_one(c, o->ids[i], year, due_on);
        if (e != ERR_OK) {
            return e;
        }
    }
    answer(c, o, organization, year);
    return db_tx_err(c->tx);
}
