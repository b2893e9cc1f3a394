// SPDX-License-Identifier: Apache-2.0
// Fields that are kept encrypted: masks when a record is read, sealing after it is saved, one
// way to see a whole value, and that one is written down (PV1, PV2).
#include "kit/ask.h"
#include "kit/audit.h"
#include "kit/record_impl.h"
#include "kit/seal.h"
#include "kit/search.h"

#include "base/log.h"
#include "base/text.h"

#include <string.h>

enum { REVEALS_PER_HOUR = 60, HOUR_MS = 3600000 };

static const struct record_sealed *
sealed_of(const struct record_built *b, const struct field *f)
{
    const struct record_sealed *s = b->sealed;
    while (s->field != NULL && s->field != f) {
        s++;
    }
    return s->field == NULL ? NULL : s;
}

// ---- reading and writing ---------------------------------------------------------------

static const char *
opened(struct ctx *c, const struct record_kind *k, int64_t id, const struct field *f,
       const char *sealed)
{
    const struct seal_place at = {k->table, f->name, id};
    const char *plain = seal_open(c->app, c->arena, &at, sealed);
    if (plain == NULL) {
        log_error("%s %lld: %s cannot be opened", k->name, (long long)id, f->name);
    }
    return plain;
}

const char *
record_seal_masked(struct ctx *c, const struct record_kind *k, int64_t id,
                   const struct field *f, const char *sealed)
{
    const char *plain = opened(c, k, id, f, sealed);
    return plain == NULL ? "****" : seal_mask(c->arena, plain);
}

void
record_seal_mask(struct ctx *c, const struct record_built *b, struct value *rec)
{
    int64_t id = value_get_int(rec, "id", 0);
    for (const struct record_sealed *s = b->sealed; s->field != NULL; s++) {
        const char *sealed = value_get_text(rec, s->field->name);
        if (sealed != NULL) {
            value_set_text(c->arena, rec, s->field->name,
                           record_seal_masked(c, b->k, id, s->field, sealed));
        }
    }
}

void
record_seal_check(struct ctx *c, const struct record_kind *k, const struct value *rec,
                  const struct value *old)
{
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        const char *s = f->sealed ? value_get_text(rec, f->name) : NULL;
        if (seal_is_mask(s) && !text_equal(s, value_get_text(old, f->name))) {
            ctx_fault(c, f->name, "mask", T("请填写完整的号码，或者保持原样不改"));
        }
    }
}

static struct record_found_by
found_by(const struct app *app, struct arena *a, const struct record_built *b,
         const struct record_sealed *s, const char *plain)
{
    const struct seal_place at = {b->k->table, s->field->name, 0};
    return (struct record_found_by){
        .index = seal_index(app, a, &at, plain),
        .end = s->field->type == FIELD_MOBILE ? seal_end(app, a, &at, plain) : NULL};
}

static const char *
sealed_text(struct ctx *c, const struct record_built *b, const struct record_sealed *s,
            int64_t id, const char *plain)
{
    const struct seal_place at = {b->k->table, s->field->name, id};
    return seal_text(c->app, c->arena, seal_key(c->tx, c->arena), &at, plain);
}

static void
seal_value(struct ctx *c, const struct record_built *b, const struct record_sealed *s,
           int64_t id, const char *plain)
{
    const char *sealed = plain == NULL ? NULL : sealed_text(c, b, s, id, plain);
    struct record_found_by by = {0};
    if (plain != NULL) {
        by = found_by(c->app, c->arena, b, s, plain);
    }
    if (s->field->type == FIELD_MOBILE) {
        db_put(c->tx, &s->write,
               DB_ARGS(DB_TEXT(sealed), DB_TEXT(by.index), DB_TEXT(by.end), DB_INT(id)));
    } else {
        db_put(c->tx, &s->write, DB_ARGS(DB_TEXT(sealed), DB_TEXT(by.index), DB_INT(id)));
    }
}

void
record_seal_ahead(struct arena *a, const struct app *app, const struct record_built *b,
                  struct record_ahead *ahead)
{
    for (size_t i = 0; b->sealed[i].field != NULL && i < RECORD_SEALED; i++) {
        const char *plain = value_get_text(ahead->of, b->sealed[i].field->name);
        if (plain != NULL && !seal_is_mask(plain)) {
            ahead->sealed[i] = found_by(app, a, b, &b->sealed[i], plain);
        }
    }
}

const struct record_found_by *
record_seal_made(const struct record_built *b, size_t i, const struct value *rec,
                 const struct record_ahead *ahead)
{
    const char *name = b->sealed[i].field->name;
    bool made = ahead != NULL && i < RECORD_SEALED && ahead->sealed[i].index != NULL &&
                text_equal(value_get_text(rec, name), value_get_text(ahead->of, name));
    return made ? &ahead->sealed[i] : NULL;
}

size_t
record_seal_args(struct ctx *c, const struct record_built *b, int64_t id,
                 const struct value *rec, const struct record_ahead *ahead, struct db_arg *args)
{
    size_t n = 0;
    for (size_t i = 0; b->sealed[i].field != NULL; i++) {
        const struct record_sealed *s = &b->sealed[i];
        const char *plain = value_get_text(rec, s->field->name);
        const struct record_found_by *made = record_seal_made(b, i, rec, ahead);
        struct record_found_by by = {0};
        bool put = plain != NULL && !seal_is_mask(plain);
        if (made != NULL) {
            by = *made;
        } else if (put) {
            by = found_by(c->app, c->arena, b, s, plain);
        }
        args[n++] = DB_TEXT(put ? sealed_text(c, b, s, id, plain) : NULL);
        args[n++] = DB_TEXT(by.index);
        if (s->field->type == FIELD_MOBILE) {
            args[n++] = DB_TEXT(by.end);
        }
    }
    return n;
}

void
record_seal_hide(struct ctx *c, const struct record_built *b, struct value *rec)
{
    for (const struct record_sealed *s = b->sealed; s->field != NULL; s++) {
        const char *plain = value_get_text(rec, s->field->name);
        if (plain != NULL && !seal_is_mask(plain)) {
            value_set_text(c->arena, rec, s->field->name, seal_mask(c->arena, plain));
        }
    }
}

void
record_seal_put(struct ctx *c, const struct record_kind *k, int64_t id, const struct field *f,
                const char *plain)
{
    const struct record_built *b = record_built_of(k);
    seal_value(c, b, sealed_of(b, f), id, plain);
}

enum err
record_seal_save(struct ctx *c, const struct record_built *b, int64_t id, struct value *rec,
                 const struct value *old)
{
    for (const struct record_sealed *s = b->sealed; s->field != NULL; s++) {
        const char *plain = value_get_text(rec, s->field->name);
        bool had = value_get_text(old, s->field->name) != NULL;
        if (seal_is_mask(plain) || (plain == NULL && !had)) {
            continue;
        }
        seal_value(c, b, s, id, plain);
    }
    record_seal_hide(c, b, rec);
    return db_tx_err(c->tx);
}

size_t
record_find_sealed(struct ctx *c, const struct record_kind *k, const struct field *f,
                   const char *plain, int64_t *ids, size_t most)
{
    const struct record_sealed *s = sealed_of(record_built_of(k), f);
    const struct seal_place at = {k->table, f->name, 0};
    const char *index = seal_index(c->app, c->arena, &at, plain);
    size_t n = 0;
    struct db_rows *r =
        db_query(c->tx, &s->find, DB_ARGS(DB_TEXT(index), DB_INT((int64_t)most)));
    while (db_next(r) && n < most) {
        ids[n++] = db_int(r, 0);
    }
    db_end(r);
    return n;
}

// Returns the last id of the batch.
static int64_t
reseal_field(struct ctx *c, const struct record_built *b, const struct record_sealed *s,
             int64_t after, unsigned most)
{
    int64_t key = seal_key(c->tx, c->arena);
    struct value *rows =
        db_list(c->tx, c->arena, &s->after, DB_ARGS(DB_INT(after), DB_INT(most)));
    int64_t last = 0;
    for (size_t i = 0; i < value_count(rows); i++) {
        const struct value *row = value_at(rows, i);
        const char *sealed = value_get_text(row, "sealed");
        last = value_get_int(row, "id", 0);
        if (sealed == NULL || seal_key_of(sealed) == key) {
            continue;
        }
        // What stands in the clear was written before the field was sealed.
        const char *plain =
            seal_key_of(sealed) == 0 ? sealed : opened(c, b->k, last, s->field, sealed);
        if (plain != NULL) {
            seal_value(c, b, s, last, plain);
        }
        if (plain == sealed && b->searched) { // now it is found by its end
            search_put(c->tx, b->k->name, last,
                       record_entry(c, b->k, record_load(c, b, last), NULL));
        }
    }
    return last;
}

int64_t
record_reseal(struct ctx *c, const struct record_kind *k, int64_t after, unsigned most)
{
    const struct record_built *b = record_built_of(k);
    int64_t last = 0;
    for (const struct record_sealed *s = b->sealed; s->field != NULL; s++) {
        last = reseal_field(c, b, s, after, most);
    }
    return last;
}

// ---- opening one -----------------------------------------------------------------------

// What the page that opens a value asks: which one, and why.
void
record_reveal_compose(struct record_built *b, size_t n)
{
    struct choice *choices = ARENA_ARRAY(b->arena, struct choice, n + 1);
    for (size_t i = 0; i < n; i++) {
        choices[i] = (struct choice){.value = b->sealed[i].field->name,
                                     .label = b->sealed[i].field->label};
    }
    b->reveal[0] = (struct field){.name = "field",
                                  .type = FIELD_CHOICE,
                                  .label = T("查看哪一项"),
                                  .required = true,
                                  .choices = choices,
                                  .where = IN_FORM};
    b->reveal[1] = (struct field){.name = "reason",
                                  .type = FIELD_TEXT,
                                  .label = T("为什么要看"),
                                  .hint = T("会记入审计日志和这个人的记录，本人可以查询。"),
                                  .required = true,
                                  .min = 4,
                                  .max = 200,
                                  .where = IN_FORM};
}

static const struct db_stmt REVEAL_ADD = {
    .name = "reveal.add",
    .sql = "INSERT INTO reveal (account_id, at, kind, record_id, field, reason)"
           " VALUES ($1, $2, $3, $4, $5, $6)",
    .params = "account:int at:time kind:text record:int field:text reason:text"};
static const struct db_stmt REVEAL_COUNT = {
    .name = "reveal.count",
    .sql =
        "SELECT count(*) AS n, min(at) AS first FROM reveal WHERE account_id = $1 AND at > $2",
    .params = "account:int after:time",
    .row = "n:int first:int?"};

const struct db_stmt *const RECORD_SEAL_STATEMENTS[] = {&REVEAL_ADD, &REVEAL_COUNT, NULL};

const char *
record_reveal(struct ctx *c, const struct record_kind *k, int64_t id, const struct field *f)
{
    const struct record_sealed *s = sealed_of(record_built_of(k), f);
    const struct value *row =
        s == NULL ? NULL : db_one(c->tx, c->arena, &s->read, DB_ARGS(DB_INT(id)));
    const char *sealed = value_get_text(row, "sealed");
    return sealed == NULL ? NULL : opened(c, k, id, f, sealed);
}

static int64_t
reveals_per_hour(struct ctx *c)
{
    int64_t n = 0;
    const char *s = setting_get(c->tx, c->arena, "reveals_per_hour");
    return s != NULL && text_to_int(s, &n) && n >= 0 ? n : REVEALS_PER_HOUR;
}

static enum err
check_reveal_rate(struct ctx *c)
{
    const struct value *row = db_one(c->tx, c->arena, &REVEAL_COUNT,
                                     DB_ARGS(DB_INT(c->actor->id), DB_INT(c->now - HOUR_MS)));
    if (value_get_int(row, "n", 0) < reveals_per_hour(c)) {
        return ERR_OK;
    }
    c->retry_ms = value_get_int(row, "first", c->now) + HOUR_MS - c->now;
    return ctx_refuse(c, ERR_TOO_MANY, T("一小时内看的完整号码太多了，请过一会儿再看"));
}

enum err
record_reveal_note(struct ctx *c, const struct record_kind *k, int64_t id,
                   const struct field *f, const char *reason)
{
    enum err e = check_reveal_rate(c);
    if (e != ERR_OK) {
        return e;
    }
    struct value *data = value_map(c->arena);
    value_set_text(c->arena, data, "field", f->name);
    value_set_text(c->arena, data, "reason", reason);
    db_put(c->tx, &REVEAL_ADD,
           DB_ARGS(DB_INT(c->actor->id), DB_INT(c->now), DB_TEXT(k->name), DB_INT(id),
                   DB_TEXT(f->name), DB_TEXT(reason)));
    record_event(c, k->name, id, "reveal", data);
    audit_write(c, arena_printf(c->arena, "%s.reveal", k->name), k->name, id, data);
    return db_tx_err(c->tx);
}

// The record, when the actor may open its sealed fields.
static struct value *
revealable(struct ctx *c, const struct record_kind *k, enum err *e)
{
    struct value *rec = record_get(c, k, ctx_id(c, "id"));
    *e = rec == NULL                             ? ERR_NOT_FOUND
         : !record_may(c, k, RECORD_REVEAL, rec) ? ERR_FORBIDDEN
                                                 : ERR_OK;
    return rec;
}

enum err
record_reveal_form(struct ctx *c)
{
    enum err e;
    c->out = revealable(c, c->route->data, &e);
    return e;
}

enum err
record_reveal_form_show(struct ctx *c)
{
    const struct record_kind *k = c->route->data;
    struct value *chosen = value_map(c->arena);
    value_set_text(c->arena, chosen, "field", ctx_query(c, "field"));
    int64_t id = value_get_int(c->out, "id", 0);
    const struct ask ask = {.title = T("查看完整号码"),
                            .fields = record_built_of(k)->reveal,
                            .values = chosen,
                            .action = record_url(c, k, id, "/reveal"),
                            .submit = T("查看"),
                            .back_label = k->list_label,
                            .back_url = arena_printf(c->arena, "/%s", k->plural),
                            .of_label = value_get_text(c->out, k->title),
                            .of_url = record_url(c, k, id, "")};
    c->page = ask_page(c, &ask);
    return ERR_OK;
}

static struct value *
reveal_shown(struct ctx *c, int64_t id)
{
    const struct record_kind *k = c->route->data;
    const struct field *f = field_find(k->fields, value_get_text(c->in, "field"));
    const char *plain = record_reveal(c, k, id, f);
    struct value *out = value_map(c->arena);
    value_set_text(c->arena, out, "field", f->name);
    value_set_text(c->arena, out, "value", plain);
    return out;
}

static void
reveal_page(struct ctx *c, const struct record_kind *k, const struct value *rec,
            const struct field *f, const char *plain)
{
    struct arena *a = c->arena;
    struct value *page = value_map(a);
    value_set_text(a, page, "title", value_get_text(rec, k->title));
    value_set_text(a, page, "label", ctx_tr(c, f->label));
    value_set_text(a, page, "value", plain);
    value_set_text(a, page, "reason", value_get_text(c->in, "reason"));
    value_set_text(a, page, "back_url", record_url(c, k, value_get_int(rec, "id", 0), ""));
    c->page = page;
    c->template = "reveal";
}

// What answers a repeated request is kept; a plain value must not be.
enum err
record_reveal_run(struct ctx *c)
{
    const struct record_kind *k = c->route->data;
    enum err e;
    const struct value *rec = revealable(c, k, &e);
    if (e != ERR_OK) {
        return e;
    }
    int64_t id = value_get_int(rec, "id", 0);
    const struct field *f = field_find(k->fields, value_get_text(c->in, "field"));
    const char *plain = record_reveal(c, k, id, f);
    if (plain == NULL) {
        return ctx_fault(c, "field", "empty", T("这一项没有填写"));
    }
    e = record_reveal_note(c, k, id, f, value_get_text(c->in, "reason"));
    if (e != ERR_OK) {
        return e;
    }
    c->secret = true;
    if (c->api) {
        c->shown = reveal_shown;
        c->shown_id = id;
    } else {
        reveal_page(c, k, rec, f, plain);
    }
    return ERR_OK;
}
