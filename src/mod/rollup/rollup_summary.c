// SPDX-License-Identifier: Apache-2.0
// Summaries: counting and signing them in a district, verifying and keeping them in a city.
#include "mod/rollup/rollup_impl.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/audit.h"

#include <sodium.h>
#include <string.h>

enum {
    FORMAT = 1,
    SUMMARY_MOST = 4000,
    FIGURES_MOST = 64,
    YEAR_FIRST = 2000,
    YEAR_LAST = 9999
};
// A clock may be ahead by so much.
#define AHEAD_MOST (5 * TIME_MINUTE)
#define FIGURE_MOST INT64_C(1000000000000)
// What is signed begins with it, so that a signature is good for nothing else.
#define PURPOSE "huiqiao summary 1\n"

// ---- counting --------------------------------------------------------------------------

#define WHOLE "a month's summary, counted once a day"

const struct db_stmt ROLLUP_ROSTER = {
    .name = "rollup.roster",
    .sql = "SELECT (SELECT count(*) FROM enterprise WHERE state = 'active') AS enterprises,"
           " (SELECT count(*) FROM organization WHERE state = 'active' AND kind IN"
           " ('town', 'industry', 'out_of_town', 'joint')) AS chambers",
    .row = "enterprises:int chambers:int",
    .scans = WHOLE};
const struct db_stmt ROLLUP_MEMBERS = {
    .name = "rollup.members",
    .sql = "SELECT sum(CASE WHEN since <= $2 AND (until IS NULL OR until > $2) THEN 1 ELSE 0"
           " END) AS members,"
           " sum(CASE WHEN since >= $1 AND since <= $2 THEN 1 ELSE 0 END) AS joined,"
           " sum(CASE WHEN until >= $1 AND until <= $2 THEN 1 ELSE 0 END) AS lost"
           " FROM membership WHERE since IS NOT NULL",
    .params = "first:text last:text",
    .row = "members:int? joined:int? lost:int?",
    .scans = WHOLE};
const struct db_stmt ROLLUP_DEMANDS = {
    .name = "rollup.demands",
    .sql = "SELECT count(*) AS submitted,"
           " sum(CASE WHEN on_time = 1 THEN 1 ELSE 0 END) AS on_time,"
           " sum(CASE WHEN on_time IS NOT NULL THEN 1 ELSE 0 END) AS timed,"
           " sum(CASE WHEN satisfaction >= 4 THEN 1 ELSE 0 END) AS satisfied,"
           " sum(CASE WHEN satisfaction IS NOT NULL THEN 1 ELSE 0 END) AS rated"
           " FROM demand WHERE submitted_at >= $1 AND submitted_at < $2",
    .params = "from:time to:time",
    .row = "submitted:int on_time:int? timed:int? satisfied:int? rated:int?",
    .scans = WHOLE};
const struct db_stmt ROLLUP_CLOSED = {
    .name = "rollup.closed",
    .sql = "SELECT count(*) AS closed FROM demand WHERE closed_at >= $1 AND closed_at < $2",
    .params = "from:time to:time",
    .row = "closed:int"};
const struct db_stmt ROLLUP_NOW = {
    .name = "rollup.now",
    .sql = "SELECT count(*) AS open,"
           " sum(CASE WHEN paused = 0 AND due_key < $1 THEN 1 ELSE 0 END) AS overdue"
           " FROM demand WHERE open = 1",
    .params = "now:time",
    .row = "open:int overdue:int?",
    .scans = "what is open is a small part, with an index of its own"};

// Adds every column of the statement's row.
static void
count(struct ctx *c, struct value *figures, const struct db_stmt *s, const struct db_arg *args,
      size_t n)
{
    struct db_rows *r = db_query(c->tx, s, args, n);
    if (db_next(r)) {
        for (const struct rollup_figure *f = ROLLUP_FIGURES; f->name != NULL; f++) {
            int column = db_column(s, f->name);
            if (column >= 0) {
                value_set_int(c->arena, figures, f->name, db_int(r, column));
            }
        }
    }
    db_end(r);
}

static struct value *
figures_of(struct ctx *c, const char *month)
{
    struct value *figures = value_map(c->arena);
    int32_t first = 0;
    day_parse(arena_printf(c->arena, "%s-01", month), &first);
    int32_t next = day_add_months(first, 1);
    const struct db_arg times[] = {DB_INT(time_of_day(first)), DB_INT(time_of_day(next))};
    count(c, figures, &ROLLUP_ROSTER, DB_NONE);
    count(c, figures, &ROLLUP_MEMBERS,
          DB_ARGS(DB_TEXT(day_text(c->arena, first)), DB_TEXT(day_text(c->arena, next - 1))));
    count(c, figures, &ROLLUP_DEMANDS, times, 2);
    count(c, figures, &ROLLUP_CLOSED, times, 2);
    count(c, figures, &ROLLUP_NOW, DB_ARGS(DB_INT(c->now)));
    return figures;
}

const char *
rollup_month(struct arena *a, int64_t now, int back)
{
    struct civil t = time_civil(now);
    int month = t.year * 12 + t.month - 1 - back;
    return arena_printf(a, "%04d-%02d", month / 12, month % 12 + 1);
}

bool
rollup_is_month(const char *text)
{
    int32_t day = 0;
    char first[sizeof "2026-11-01"];
    if (text == NULL || strlen(text) != 7) {
        return false;
    }
    memcpy(first, text, 7);
    memcpy(first + 7, "-01", sizeof "-01");
    return day_parse(first, &day);
}

// ---- signing ---------------------------------------------------------------------------

static void
key_pair(const struct app *app, unsigned char public[crypto_sign_PUBLICKEYBYTES],
         unsigned char secret[crypto_sign_SECRETKEYBYTES])
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    app_key(app, "rollup", seed);
    crypto_sign_seed_keypair(public, secret, seed);
    sodium_memzero(seed, sizeof seed);
}

const char *
rollup_public_key(const struct app *app, struct arena *a)
{
    unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    key_pair(app, public, secret);
    sodium_memzero(secret, sizeof secret);
    return text_hex(a, public, sizeof public);
}

static const char *
sign(const struct app *app, struct arena *a, const char *summary)
{
    unsigned char public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    unsigned char signature[crypto_sign_BYTES];
    const char *text = arena_printf(a, PURPOSE "%s", summary);
    key_pair(app, public, secret);
    crypto_sign_detached(signature, NULL, (const unsigned char *)text, strlen(text), secret);
    sodium_memzero(secret, sizeof secret);
    return text_hex(a, signature, sizeof signature);
}

const char *
rollup_summary(struct ctx *c, const char *month)
{
    struct arena *a = c->arena;
    struct value *summary = value_map(a), *line = value_map(a);
    struct buf inner, outer;
    value_set_int(a, summary, "format", FORMAT);
    value_set_text(a, summary, "district", c->app->district);
    value_set_text(a, summary, "month", month);
    value_set_text(a, summary, "made_at", time_rfc3339(a, c->now));
    value_set(a, summary, "figures", figures_of(c, month));
    buf_init(&inner, a, 1024, SUMMARY_MOST);
    json_write(&inner, summary);
    value_set_text(a, line, "summary", buf_str(&inner));
    value_set_text(a, line, "key", rollup_public_key(c->app, a));
    value_set_text(a, line, "signature", sign(c->app, a, buf_str(&inner)));
    buf_init(&outer, a, 1024, 2 * SUMMARY_MOST);
    json_write(&outer, line);
    return db_tx_err(c->tx) == ERR_OK ? buf_str(&outer) : NULL;
}

// ---- verifying -------------------------------------------------------------------------

const struct db_stmt ROLLUP_SOURCE = {
    .name = "rollup.source",
    .sql = "SELECT id, state FROM rollup_source WHERE public_key = $1",
    .params = "key:text",
    .row = "id:int state:text"};
const struct db_stmt ROLLUP_MADE = {
    .name = "rollup.made",
    .sql = "SELECT made_at FROM rollup_summary WHERE source_id = $1 AND month = $2",
    .params = "source:int month:text",
    .row = "made_at:time"};
const struct db_stmt ROLLUP_KEEP = {
    .name = "rollup.keep",
    .sql = "INSERT INTO rollup_summary (source_id, month, made_at, received_at, summary,"
           " signature) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (source_id, month) DO"
           " UPDATE SET made_at = excluded.made_at, received_at = excluded.received_at,"
           " summary = excluded.summary, signature = excluded.signature",
    .params = "source:int month:text made:time received:time summary:text signature:text"};

enum { KEY_CHARS = 2 * crypto_sign_PUBLICKEYBYTES, SIGNATURE_CHARS = 2 * crypto_sign_BYTES };

const struct field ROLLUP_IN[] = {{.name = "summary",
                                   .type = FIELD_LONG,
                                   .label = "汇总数据",
                                   .max = SUMMARY_MOST,
                                   .required = true,
                                   .where = IN_INPUT},
                                  {.name = "key",
                                   .type = FIELD_TEXT,
                                   .label = "公钥",
                                   .min = KEY_CHARS,
                                   .max = KEY_CHARS,
                                   .required = true,
                                   .where = IN_INPUT},
                                  {.name = "signature",
                                   .type = FIELD_TEXT,
                                   .label = "签名",
                                   .min = SIGNATURE_CHARS,
                                   .max = SIGNATURE_CHARS,
                                   .required = true,
                                   .where = IN_INPUT},
                                  {0}};

static bool
from_hex(unsigned char *out, size_t size, const char *text)
{
    size_t n = 0;
    return text != NULL && sodium_hex2bin(out, size, text, strlen(text), NULL, &n, NULL) == 0 &&
           n == size;
}

static bool
is_signed(struct arena *a, const struct value *in)
{
    unsigned char key[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
    const char *text = arena_printf(a, PURPOSE "%s", value_get_text(in, "summary"));
    return from_hex(key, sizeof key, value_get_text(in, "key")) &&
           from_hex(signature, sizeof signature, value_get_text(in, "signature")) &&
           crypto_sign_verify_detached(signature, (const unsigned char *)text, strlen(text),
                                       key) == 0;
}

// Counts and nothing else: also those that only a later version of the program knows.
static bool
are_figures(const struct value *figures)
{
    size_t n = value_count(figures);
    if (figures == NULL || figures->type != VALUE_MAP || n > FIGURES_MOST) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const struct value *v = value_at(figures, i);
        if (v->type != VALUE_INT || v->i < 0 || v->i > FIGURE_MOST) {
            return false;
        }
    }
    return true;
}

struct summary {
    const char *month;
    int64_t made_at;
};

static bool
read_summary(struct ctx *c, const char *text, struct summary *s)
{
    const char *why = NULL;
    const struct value *v = json_parse(c->arena, text, strlen(text), &why);
    const char *made = value_get_text(v, "made_at");
    s->month = value_get_text(v, "month");
    return value_get_int(v, "format", 0) == FORMAT && rollup_is_month(s->month) &&
           strcmp(s->month, rollup_month(c->arena, c->now, 0)) <= 0 && made != NULL &&
           time_parse(made, &s->made_at) && s->made_at <= c->now + AHEAD_MOST &&
           are_figures(value_get(v, "figures"));
}

// A repeated one changes nothing, and is no fault: the sender has not heard the answer.
static enum err
keep(struct ctx *c, int64_t source, const struct summary *s)
{
    int64_t made =
        db_value_int(c->tx, &ROLLUP_MADE, DB_ARGS(DB_INT(source), DB_TEXT(s->month)), 0);
    if (made > s->made_at) {
        return ctx_refuse(c, ERR_CONFLICT, T("已经收到这个月更新的汇总数据"));
    }
    if (made < s->made_at) {
        db_run(c->tx, &ROLLUP_KEEP,
               DB_ARGS(DB_INT(source), DB_TEXT(s->month), DB_INT(s->made_at), DB_INT(c->now),
                       DB_TEXT(value_get_text(c->in, "summary")),
                       DB_TEXT(value_get_text(c->in, "signature"))));
        audit_write(c, "rollup.take", "rollup-source", source, NULL);
    }
    return db_tx_err(c->tx);
}

enum err
rollup_take(struct ctx *c)
{
    struct summary s = {0};
    const struct value *of =
        db_one(c->tx, c->arena, &ROLLUP_SOURCE, DB_ARGS(DB_TEXT(value_get_text(c->in, "key"))));
    if (!text_equal(value_get_text(of, "state"), "active")) {
        return ctx_fault(c, "key", "unknown", T("没有登记这个区的公钥，或者已经暂停接收"));
    }
    if (!is_signed(c->arena, c->in)) {
        return ctx_fault(c, "signature", "invalid", T("签名不对，汇总数据可能被改过"));
    }
    if (!read_summary(c, value_get_text(c->in, "summary"), &s)) {
        return ctx_fault(c, "summary", "invalid",
                         T("不是这个系统的汇总数据，或者月份还没有到"));
    }
    enum err e = keep(c, value_get_int(of, "id", 0), &s);
    struct value *out = value_map(c->arena);
    value_set_text(c->arena, out, "month", s.month);
    c->out = out;
    return e;
}

bool
rollup_read_line(struct ctx *c, const char *line)
{
    const char *why = NULL;
    const struct value *v = json_parse(c->arena, line, strlen(line), &why);
    struct value *in = value_map(c->arena);
    for (const struct field *f = ROLLUP_IN; f->name != NULL; f++) {
        const char *text = value_get_text(v, f->name);
        if (text == NULL || strlen(text) < (size_t)f->min || strlen(text) > (size_t)f->max) {
            return false;
        }
        value_set_text(c->arena, in, f->name, text);
    }
    c->in = in;
    return true;
}
