// SPDX-License-Identifier: Apache-2.0
// Lists of any kind: limits, cursors, addresses, the parts of list.html, kept counts.
#include "kit/listing.h"

#include "base/text.h"
#include "kit/app.h"
#include "view/html.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

// ---- page size and cursors -------------------------------------------------------------

unsigned
listing_limit(struct ctx *c)
{
    const char *s = ctx_query(c, "limit");
    int64_t n = LISTING_DEFAULT;
    if (s != NULL && (!text_to_int(s, &n) || n < 1 || n > LISTING_MOST)) {
        ctx_fault(c, "limit", "range", T("每页要在 1 到 200 条之间"));
        return LISTING_DEFAULT;
    }
    return (unsigned)n;
}

enum { CURSOR_MOST = 1024 };

const char *
listing_cursor_encode(struct arena *a, const struct value *sort, int64_t id)
{
    const char *text = sort != NULL && sort->type == VALUE_TEXT ? sort->s : "";
    bool number = sort != NULL && (sort->type == VALUE_INT || sort->type == VALUE_TIME ||
                                   sort->type == VALUE_DEC);
    const char *raw = number ? arena_printf(a, "%lld\n%lld", (long long)sort->i, (long long)id)
                             : arena_printf(a, "%s\n%lld", text, (long long)id);
    size_t n = strlen(raw);
    char *out = arena_alloc(a, (n + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)raw, (int)n);
    for (char *p = out; *p != '\0'; p++) {
        *p = (char)(*p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p);
        if (*p == '\0') {
            break;
        }
    }
    return out;
}

bool
listing_cursor_decode(struct arena *a, const char *s, struct listing_cursor *out)
{
    size_t n = strlen(s);
    if (n == 0 || n > CURSOR_MOST || n % 4 == 1) {
        return false;
    }
    size_t padded = (n + 3) / 4 * 4;
    char *in = arena_alloc(a, padded + 1);
    memset(in, '=', padded);
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '+' || s[i] == '/' || s[i] == '=') {
            return false;
        }
        in[i] = (char)(s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i]);
    }
    char *raw = arena_alloc(a, padded);
    int size = EVP_DecodeBlock((unsigned char *)raw, (const unsigned char *)in, (int)padded);
    if (size < 0) {
        return false;
    }
    size = size - (int)(padded - n); // the padding decoded to zero bytes
    char *line =
        size > 0 && text_is_utf8(raw, (size_t)size) ? memrchr(raw, '\n', (size_t)size) : NULL;
    if (line == NULL) {
        return false;
    }
    raw[size] = '\0';
    *line = '\0';
    *out = (struct listing_cursor){.text = raw};
    if (!text_to_int(raw, &out->number)) {
        out->number = 0;
    }
    return text_to_int(line + 1, &out->id);
}

// ---- addresses -------------------------------------------------------------------------

enum { CHANGES = 16 };

struct changes {
    const char *names[CHANGES];
    const char *values[CHANGES];
    size_t n;
};

static void
changes_read(struct changes *ch, va_list ap)
{
    for (const char *name; ch->n < CHANGES && (name = va_arg(ap, const char *)) != NULL;) {
        ch->names[ch->n] = name;
        ch->values[ch->n++] = va_arg(ap, const char *);
    }
}

static bool
is_changed(const struct changes *ch, const char *name)
{
    for (size_t i = 0; i < ch->n; i++) {
        if (strcmp(ch->names[i], name) == 0) {
            return true;
        }
    }
    return strcmp(name, "after") == 0 || strcmp(name, "before") == 0;
}

static void
put_parameter(struct buf *b, const char *name, const char *value, size_t start)
{
    buf_putc(b, b->n == start ? '?' : '&');
    url_component(b, name);
    buf_putc(b, '=');
    url_component(b, value);
}

static const char *
build_url(struct ctx *c, const char *path, const struct changes *ch)
{
    struct buf b;
    buf_init(&b, c->arena, 256, 16384);
    buf_puts(&b, path);
    size_t start = b.n;
    const struct http_list none = {0};
    const struct http_list *query = c->req == NULL ? &none : &c->req->query;
    for (size_t i = 0; i < query->count; i++) {
        const struct http_kv *kv = &query->items[i];
        if (!is_changed(ch, kv->name) && *kv->value != '\0') {
            put_parameter(&b, kv->name, kv->value, start);
        }
    }
    for (size_t i = 0; i < ch->n; i++) {
        if (ch->values[i] != NULL) {
            put_parameter(&b, ch->names[i], ch->values[i], start);
        }
    }
    return buf_str(&b);
}

const char *
listing_url(struct ctx *c, ...)
{
    struct changes ch = {.n = 0};
    va_list ap;
    va_start(ap, c);
    changes_read(&ch, ap);
    va_end(ap);
    return build_url(c, c->req == NULL ? "/" : c->req->path, &ch);
}

const char *
listing_query(struct ctx *c, ...)
{
    struct changes ch = {.n = 0};
    va_list ap;
    va_start(ap, c);
    changes_read(&ch, ap);
    va_end(ap);
    return build_url(c, "", &ch);
}

// ---- parts of list.html ----------------------------------------------------------------

void
listing_chip(struct ctx *c, struct value *chips, const char *label, const char *text,
             const char *parameter)
{
    struct value *chip = value_map(c->arena);
    value_set_text(c->arena, chip, "label",
                   arena_printf(c->arena, "%s: %s", ctx_tr(c, label), text));
    value_set_text(c->arena, chip, "url", listing_url(c, parameter, NULL, NULL));
    value_push(c->arena, chips, chip);
}

static struct value *
choice_options(struct ctx *c, const struct choice *choices, const char *chosen)
{
    struct value *list = value_list(c->arena);
    for (const struct choice *ch = choices; ch != NULL && ch->value != NULL; ch++) {
        struct value *o = value_map(c->arena);
        value_set_text(c->arena, o, "value", ch->value);
        value_set_text(c->arena, o, "label", ctx_tr(c, ch->label));
        value_set_bool(c->arena, o, "selected", text_equal(ch->value, chosen));
        value_push(c->arena, list, o);
    }
    return list;
}

void
listing_filter(struct ctx *c, struct value *filters, enum listing_control control,
               const char *name, const char *label, const char *placeholder,
               const struct choice *choices)
{
    struct arena *a = c->arena;
    const char *value = ctx_query(c, name);
    struct value *f = value_map(a);
    value_set_text(a, f, "name", name);
    value_set_text(a, f, "label", ctx_tr(c, label));
    value_set_text(a, f, "placeholder", placeholder == NULL ? NULL : ctx_tr(c, placeholder));
    value_set_text(a, f, "value", value == NULL ? "" : value);
    value_set_bool(a, f, "is_search", control == LISTING_SEARCH);
    value_set_bool(a, f, "is_text", control == LISTING_TEXT);
    value_set_bool(a, f, "is_date", control == LISTING_DATE);
    value_set_bool(a, f, "is_choice", control == LISTING_CHOICE);
    value_set(a, f, "options", choice_options(c, choices, value));
    value_push(a, filters, f);
}

void
listing_column(struct ctx *c, struct value *columns, const char *label, const char *class,
               const char *sort, const char *order)
{
    struct arena *a = c->arena;
    bool down = order != NULL && *order == '-';
    bool current = sort != NULL && order != NULL && strcmp(order + down, sort) == 0;
    const char *next = current && !down ? arena_printf(a, "-%s", sort) : sort;
    struct value *col = value_map(a);
    value_set_text(a, col, "label", ctx_tr(c, label));
    value_set_text(a, col, "class", class);
    value_set_text(a, col, "sort_url",
                   sort == NULL ? NULL : listing_url(c, "sort", next, NULL));
    value_set_text(a, col, "sort", !current ? NULL : down ? "descending" : "ascending");
    value_push(a, columns, col);
}

// A list has hundreds of cells, so a cell is a copy of one map and not seven searches.
struct value *
listing_cell(struct ctx *c, const char *text, const char *class)
{
    const struct value_pair pairs[] = {
        VALUE_PAIR("class", value_ref(c->arena, class)),
        VALUE_PAIR("text", value_ref(c->arena, text)),
        VALUE_PAIR("is_title", &value_false),
        VALUE_PAIR("caption", &value_null),
        VALUE_PAIR("sub", &value_null),
        VALUE_PAIR("url", &value_null),
        VALUE_PAIR("badge", &value_null),
        VALUE_PAIR("sla", &value_null),
    };
    return value_map_of(c->arena, pairs, sizeof pairs / sizeof *pairs);
}

struct value *
listing_badge(struct ctx *c, const char *class, const char *icon, const char *text)
{
    struct value *b = value_map(c->arena);
    value_set_text(c->arena, b, "class", class == NULL ? "is-mute" : class);
    value_set_text(c->arena, b, "icon", icon);
    value_set_text(c->arena, b, "text", text);
    return b;
}

const char *
listing_count_to(struct arena *a, int64_t count, int64_t most)
{
    bool more = count > most;
    struct buf b;
    buf_init(&b, a, 24, 24);
    buf_int(&b, more ? most : count);
    buf_puts(&b, more ? "+" : "");
    return buf_str(&b);
}

const char *
listing_count_text(struct arena *a, int64_t count)
{
    return listing_count_to(a, count, LISTING_COUNT_MOST);
}

struct value *
listing_pager(struct ctx *c, const char *previous, const char *next, size_t shown,
              int64_t count)
{
    struct arena *a = c->arena;
    struct value *p = value_map(a);
    value_set_text(a, p, "previous",
                   previous == NULL ? NULL : listing_url(c, "before", previous, NULL));
    value_set_text(a, p, "next", next == NULL ? NULL : listing_url(c, "after", next, NULL));
    const char *here = arena_printf(a, "%zu", shown);
    value_set_text(a, p, "range_text",
                   count < 0 ? ctx_trf(c, T("本页 {0} 条"), 1, here)
                             : ctx_trf(c, T("本页 {0} 条，共 {1} 条"), 2, here,
                                       listing_count_text(a, count)));
    return p;
}

// ---- counts ----------------------------------------------------------------------------

// Direct-mapped: a collision only costs a count. Keys that do not fit are not kept.
enum { COUNTS = 1024, COUNT_KEY = 184 };

struct count_slot {
    uint64_t app; // its serial
    uint64_t generation;
    int64_t count;
    char key[COUNT_KEY];
};

static struct count_slot counts[COUNTS];
static pthread_mutex_t counts_lock = PTHREAD_MUTEX_INITIALIZER;

static struct count_slot *
count_slot_of(const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (const char *p = key; *p != '\0'; p++) {
        h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
    }
    return &counts[h % COUNTS];
}

int64_t
listing_count_cached(struct app *app, const char *key, uint64_t generation,
                     int64_t (*fn)(void *arg), void *arg)
{
    struct count_slot *s = count_slot_of(key);
    pthread_mutex_lock(&counts_lock);
    bool hit = s->app == app->serial && s->generation == generation && strcmp(s->key, key) == 0;
    int64_t n = s->count;
    pthread_mutex_unlock(&counts_lock);
    if (hit) {
        return n;
    }
    n = fn(arg);
    if (n >= 0 && strlen(key) < COUNT_KEY) {
        pthread_mutex_lock(&counts_lock);
        *s = (struct count_slot){.app = app->serial, .generation = generation, .count = n};
        memcpy(s->key, key, strlen(key) + 1);
        pthread_mutex_unlock(&counts_lock);
    }
    return n;
}
