// SPDX-License-Identifier: Apache-2.0
// A list of records as a query asks for it: filters checked, the statement chosen, its
// parameters bound, one page read.
#include "base/text.h"
#include "kit/app.h"
#include "kit/listing.h"
#include "kit/record_impl.h"
#include "kit/seal.h"
#include "kit/search.h"

// ---- reading the query -----------------------------------------------------------------

static bool
moment_of(const char *s, enum filter_op op, int64_t *ms)
{
    int32_t day;
    if (day_parse(s, &day)) { // "to" holds its whole day
        *ms = op == FILTER_TO ? time_of_day(day + 1) - 1 : time_of_day(day);
        return true;
    }
    return time_parse(s, ms);
}

static bool
value_of(struct ctx *c, const char *table, const struct record_filter *f, const char *s,
         struct db_arg *out)
{
    int64_t i = 0;
    int32_t day;
    bool ok = true;
    if (f->field != NULL && f->field->sealed) {
        const struct seal_place at = {table, f->field->name, 0};
        const char *end = seal_end(c->app, c->arena, &at, text_tidy(c->arena, s, false));
        *out = DB_TEXT(end);
        return end != NULL;
    }
    switch (f->type) {
    case FIELD_CHOICE:
        ok = f->field != NULL && choice_find(f->field->choices, s) != NULL;
        *out = DB_TEXT(s);
        return ok;
    case FIELD_INT:
    case FIELD_MONEY:
    case FIELD_REF:
        ok = text_to_int(s, &i);
        break;
    case FIELD_FLAG:
        i = strcmp(s, "1") == 0 || strcmp(s, "true") == 0;
        ok = i == 1 || strcmp(s, "0") == 0 || strcmp(s, "false") == 0;
        break;
    case FIELD_TIME:
        ok = moment_of(s, f->op, &i);
        break;
    case FIELD_DATE:
        *out = DB_TEXT(s);
        return day_parse(s, &day);
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_MOBILE:
    case FIELD_CODE:
        *out = DB_TEXT(text_tidy(c->arena, s, false));
        return true;
    case FIELD_CHOICES:
    case FIELD_REFS:
    case FIELD_FILES:
    case FIELD_PASSWORD:
        return false;
    }
    *out = DB_INT(i);
    return ok;
}

static void
read_filters(struct ctx *c, struct record_query *q)
{
    for (unsigned i = 0; i < q->b->filter_count; i++) {
        const struct record_filter *f = &q->b->filters[i];
        const char *s = ctx_query(c, f->name);
        q->args[i] = DB_NULL;
        if (s == NULL || *s == '\0') {
            continue;
        }
        q->given[i] = true;
        if (!value_of(c, q->b->k->table, f, s, &q->args[i])) {
            ctx_fault(c, f->name, "filter", T("筛选条件的值不对"));
        }
    }
}

// A parameter that does nothing would look like a filter that found everything.
static void
refuse_unknown(struct ctx *c, const struct record_query *q)
{
    const char *pattern = c->route == NULL ? "" : c->route->pattern;
    bool file = text_ends(pattern, ".csv") || text_ends(pattern, ".xlsx");
    for (size_t i = 0; c->api && i < c->req->query.count; i++) {
        const char *name = c->req->query.items[i].name;
        bool known = text_list_has("limit after before sort", name) ||
                     (file && strcmp(name, "columns") == 0) ||
                     (strcmp(name, "q") == 0 && record_is_searched(q->b->k));
        for (unsigned k = 0; !known && k < q->b->filter_count; k++) {
            known = strcmp(q->b->filters[k].name, name) == 0;
        }
        if (!known) {
            ctx_fault(c, name, "unknown", T("没有这个筛选条件"));
        }
    }
}

static bool
find_sort(const struct record_built *b, const char *word, struct record_query *q)
{
    q->order = word;
    q->down = *word == '-';
    word += q->down;
    if (strcmp(word, "created_at") == 0) { // ids grow with time
        q->sort = 0;
        return true;
    }
    for (q->sort = 0; q->sort < b->sort_count; q->sort++) {
        if (strcmp(record_sort_word(b, q->sort), word) == 0) {
            return true;
        }
    }
    q->sort = 0;
    return false;
}

static void
read_order(struct ctx *c, struct record_query *q)
{
    const char *word = ctx_query(c, "sort");
    bool given = word != NULL && *word != '\0';
    if (!find_sort(q->b, given ? word : q->b->k->order, q)) {
        ctx_fault(c, "sort", "filter", T("不能按这一项排序"));
    }
}

static void
choose_lead(struct record_query *q)
{
    bool scope_leads = record_scope_leads(q->b->k, q->scope);
    for (unsigned i = 0; !scope_leads && i < q->b->lead_count; i++) {
        if (q->given[q->b->leads[i]]) {
            q->lead = i + 1;
            return;
        }
    }
}

static bool
sort_is_text(const struct record_query *q)
{
    const struct field *f = field_find(q->b->k->fields, record_sort_column(q->b, q->sort));
    return record_sort_key(q->b, q->sort) != NULL ||
           (f != NULL && f->type != FIELD_INT && f->type != FIELD_MONEY &&
            f->type != FIELD_REF && f->type != FIELD_TIME && f->type != FIELD_FLAG);
}

// Without a cursor the page starts beyond the first possible row, so that one statement
// serves all pages. Of codes that is where those typed begin or end.
static void
begin(struct record_query *q)
{
    bool down = q->down != q->backward;
    const struct db_arg *code = &q->args[down ? SLOT_TO : SLOT_FROM];
    if (q->lead == record_lead_code(q->b)) {
        q->args[SLOT_ID] =
            code->type == DB_INT_T ? DB_INT(down ? code->i : code->i - 1) : DB_INT(0);
        q->args[SLOT_SORT] = *code;
        return;
    }
    // half of the range: the search adds its base
    q->args[SLOT_ID] = DB_INT(down ? INT64_C(1) << 40 : 0);
    q->args[SLOT_SORT] = sort_is_text(q) ? DB_TEXT(down ? "\xF4\x8F\xBF\xBF" : "")
                                         : DB_INT(down ? INT64_MAX : INT64_MIN);
}

static void
read_cursor(struct ctx *c, struct record_query *q)
{
    const char *after = ctx_query(c, "after");
    const char *before = ctx_query(c, "before");
    q->backward = after == NULL && before != NULL && *before != '\0';
    const char *s = q->backward ? before : after;
    struct listing_cursor at = {.text = ""};
    bool first = s == NULL || *s == '\0';
    if (!first && !listing_cursor_decode(c->arena, s, &at)) {
        ctx_fault(c, q->backward ? "before" : "after", "cursor",
                  T("翻页位置无效，请回到第一页"));
    }
    if (first) {
        begin(q);
        return;
    }
    q->args[SLOT_ID] = DB_INT(at.id);
    q->args[SLOT_SORT] = sort_is_text(q) ? DB_TEXT(at.text) : DB_INT(at.number);
}

// How many entries of the kind have what an expression asks for, whoever may see them.
static int64_t
hits_of(struct ctx *c, const struct record_built *b, const char *expression, int64_t most)
{
    int64_t end = b->search_base + (INT64_C(1) << 40);
    return db_value_int(
        c->tx, &b->hits,
        DB_ARGS(DB_TEXT(expression), DB_INT(b->search_base), DB_INT(end), DB_INT(most)), -1);
}

// ---- what people type ------------------------------------------------------------------

enum { CODE_LEAST = 4, CODE_MOST = 18, END_DIGITS = 4, NUMBER_DIGITS = 6, NUMBER_MOST = 12 };

// Digits and Latin letters, with a digit among them: the beginning of a code, not a word.
static const char *
code_typed(struct arena *a, const char *text)
{
    size_t n = strlen(text);
    bool digit = false;
    char *code = arena_strndup(a, text, n);
    for (char *p = code; *p != '\0'; p++) {
        digit = digit || (*p >= '0' && *p <= '9');
        *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
        if (!(*p >= '0' && *p <= '9') && !(*p >= 'A' && *p <= 'Z')) {
            return NULL;
        }
    }
    return digit && n >= CODE_LEAST && n <= CODE_MOST ? code : NULL;
}

// HY0001 begins HY000100 … HY000199; the letters may be left out.
static bool
ask_number(struct record_query *q, const char *code)
{
    const char *prefix = q->b->k->number;
    int64_t from = 0, width = 1;
    code += text_starts(code, prefix) ? strlen(prefix) : 0;
    size_t digits = strlen(code);
    if (digits > NUMBER_MOST || !text_to_int(code, &from) || from < 0) {
        return false;
    }
    for (size_t i = digits; i < NUMBER_DIGITS; i++) {
        width *= 10;
    }
    q->args[SLOT_FROM] = DB_INT(from * width);
    q->args[SLOT_TO] = DB_INT((from + 1) * width);
    return true;
}

static bool
ask_code(struct ctx *c, struct record_query *q, const char *text)
{
    const char *code = q->b->code == NULL ? NULL : code_typed(c->arena, text);
    if (code == NULL || (q->b->k->number != NULL && !ask_number(q, code))) {
        return false;
    }
    if (q->b->k->number == NULL) {
        q->args[SLOT_FROM] = DB_TEXT(code);
        // behind the last code that begins so: all are ASCII
        q->args[SLOT_TO] = DB_TEXT(arena_printf(c->arena, "%s~", code));
    }
    q->lead = record_lead_code(q->b);
    q->sort = q->b->k->number == NULL ? q->b->sort_count : 0;
    q->down = false;
    q->order = record_sort_word(q->b, q->sort);
    return true;
}

// The token that everything this reader may find has; NULL when the index knows none, or when
// the words are so rare that looking at each of their records is less than walking over
// everything of a large chamber.
static const char *
within(struct ctx *c, const struct record_query *q, const char *words)
{
    enum { RARE = 200 };
    int64_t id = q->args[SLOT_SCOPE].i;
    if (q->b->whose[q->scope] == NULL) {
        return NULL;
    }
    if (id == 0) { // nobody's records are not those of a reader who belongs nowhere
        return "xn0";
    }
    return q->scope == SCOPE_ORGANIZATION && hits_of(c, q->b, words, RARE + 1) <= RARE
               ? NULL
               : search_whose(c->arena, record_whose_letter(q->scope), id);
}

// Phones that end in what was typed, in any of the kind's fields.
static const char *
ending(struct ctx *c, const struct record_query *q, const char *text, const char *in)
{
    const char *all = NULL;
    bool digits = strspn(text, "0123456789") == END_DIGITS && text[END_DIGITS] == '\0';
    for (const struct record_sealed *s = q->b->sealed; digits && s->field != NULL; s++) {
        const struct seal_place at = {q->b->k->table, s->field->name, 0};
        if (s->field->type == FIELD_MOBILE) {
            const char *end = seal_end(c->app, c->arena, &at, text);
            all =
                search_either(c->arena, all,
                              search_expression(c->arena, record_end_token(c->arena, end), in));
        }
    }
    return all;
}

// The index's hits come by id, and so does the list.
static void
ask_words(struct record_query *q, const char *expression)
{
    q->lead = record_lead_words(q->b);
    q->args[SLOT_QUERY] = DB_TEXT(expression);
    if (q->sort != 0) {
        q->sort = 0;
        q->down = true;
        q->order = "-id";
    }
}

// What the index is asked for: the words or a phone's end, inside what the reader may find.
static const char *
expression_of(struct ctx *c, const struct record_query *q, const char *text, const char *in)
{
    const char *words = search_expression(c->arena, text, in);
    return words == NULL ? NULL : search_either(c->arena, words, ending(c, q, text, in));
}

static void
ask_near(struct ctx *c, struct record_query *q, const char *text)
{
    const char *near = search_near(c->arena, text, NULL);
    const char *in = near == NULL ? NULL : within(c, q, near);
    if (near != NULL) {
        near = in == NULL ? near : search_near(c->arena, text, in);
        q->args[SLOT_QUERY] = DB_TEXT(near);
        q->near = true;
    }
}

// As words, or as words with a slip, whichever finds something; as words otherwise.
static bool
ask_index(struct ctx *c, struct record_query *q, const char *text)
{
    const char *words = expression_of(c, q, text, NULL);
    if (words == NULL) {
        return false;
    }
    const char *in = within(c, q, words);
    ask_words(q, in == NULL ? words : expression_of(c, q, text, in));
    if (record_query_count(c, q) > 0) {
        return true;
    }
    struct record_query code = *q;
    if (ask_code(c, &code, text) && record_query_count(c, &code) > 0) {
        *q = code;
        return true;
    }
    ask_near(c, q, text);
    return true;
}

bool
record_query_text(struct ctx *c, struct record_query *q, const char *text)
{
    const char *tidy = text_tidy(c->arena, text == NULL ? "" : text, false);
    bool some =
        *tidy != '\0' && (q->b->searched ? ask_index(c, q, tidy) : ask_code(c, q, tidy));
    if (some) {
        begin(q);
    }
    return some;
}

struct record_query
record_query_of(const struct ctx *c, const struct record_kind *k, enum record_scope scope,
                unsigned limit)
{
    struct record_query q = {
        .b = record_built_of(k), .scope = scope, .limit = limit, .order = "-id", .down = true};
    for (unsigned i = 0; i < SLOTS; i++) {
        q.args[i] = DB_NULL;
    }
    q.args[SLOT_SCOPE] = DB_INT(scope == SCOPE_ORGANIZATION ? c->actor->organization_id
                                                            : c->actor->enterprise_id);
    begin(&q);
    return q;
}

// What cannot be a code of a list that has nothing else to search finds nothing.
static void
read_text(struct ctx *c, struct record_query *q)
{
    const char *text = record_is_searched(q->b->k) ? ctx_query(c, "q") : NULL;
    if (text == NULL || *text == '\0' || c->faults.count > 0) {
        return;
    }
    if (record_query_text(c, q, text)) {
        return;
    }
    ctx_fault(c, "q", "filter",
              q->b->searched ? T("请输入文字或数字") : T("请输入编号，或者它开头的四位以上"));
}

bool
record_query_read(struct ctx *c, const struct record_kind *k, unsigned most,
                  struct record_query *q)
{
    const struct record_grant *g;
    enum record_scope scope;
    if (!record_scope_of(c, k, RECORD_READ, &g, &scope)) {
        c->result = ERR_FORBIDDEN;
        return false;
    }
    *q = record_query_of(c, k, scope, most > 0 ? most : listing_limit(c));
    read_filters(c, q);
    refuse_unknown(c, q);
    read_order(c, q);
    choose_lead(q);
    read_text(c, q);
    read_cursor(c, q);
    return c->faults.count == 0;
}

void
record_query_parent(struct ctx *c, const struct record_kind *k, const char *field, int64_t id,
                    unsigned most, struct record_query *q)
{
    *q = (struct record_query){.b = record_built_of(k), .scope = SCOPE_ALL, .limit = most};
    find_sort(q->b, k->order, q);
    for (unsigned i = 0; i < q->b->filter_count; i++) {
        bool lead = strcmp(q->b->filters[i].name, field) == 0;
        q->args[i] = lead ? DB_INT(id) : DB_NULL;
        q->given[i] = lead;
    }
    choose_lead(q);
    read_cursor(c, q);
}

// ---- running ---------------------------------------------------------------------------

// Whether no row has to be asked anything but what its index says.
static bool
is_free(const struct record_query *q)
{
    bool leads = q->lead > 0 && q->lead <= q->b->lead_count;
    bool any = false;
    for (unsigned i = 0; i < q->b->filter_count; i++) {
        any = any || (q->given[i] && !(leads && q->b->leads[q->lead - 1] == i));
    }
    return !any;
}

size_t
record_query_bind(const struct record_query *q, const struct record_stmt *st,
                  struct db_arg args[RECORD_SLOTS])
{
    for (unsigned i = 0; i < st->count; i++) {
        args[i] = st->slots[i] == SLOT_FREE ? DB_INT(is_free(q)) : q->args[st->slots[i]];
    }
    return st->count;
}

static struct value *
reversed(struct arena *a, const struct value *list)
{
    struct value *out = value_list(a);
    for (size_t i = value_count(list); i-- > 0;) {
        value_push(a, out, value_at(list, i));
    }
    return out;
}

static const char *
cursor_of(struct ctx *c, const struct record_query *q, const struct value *row)
{
    const struct value *sort =
        q->sort == 0 ? NULL : value_get(row, record_sort_column(q->b, q->sort));
    return listing_cursor_encode(c->arena, sort, value_get_int(row, "id", 0));
}

struct value *
record_page_of(struct ctx *c, const struct record_built *b, const struct value *rows)
{
    struct value *items = value_list(c->arena);
    for (size_t i = 0; i < value_count(rows); i++) {
        struct value *row = (struct value *)(uintptr_t)value_at(rows, i); // of this query
        record_seal_mask(c, b, row);
        if (b->k->derive != NULL) {
            b->k->derive(c, row);
        }
        value_push(c->arena, items, record_masked(c, b->k, row));
    }
    return items;
}

struct record_page
record_query_run(struct ctx *c, const struct record_query *q)
{
    struct record_query asked = *q;
    asked.args[SLOT_LIMIT] = DB_INT((int64_t)q->limit + 1);
    struct record_stmt *st =
        record_list_stmt(q->b, q->scope, q->lead, q->sort, q->down != q->backward);
    struct db_arg args[RECORD_SLOTS];
    size_t n = record_query_bind(&asked, st, args);
    struct value *rows = db_list(c->tx, c->arena, &st->s, args, n);
    bool more = value_count(rows) > q->limit;
    if (more) {
        rows->list.count = q->limit;
    }
    if (q->backward) {
        rows = reversed(c->arena, rows);
    }
    struct record_page page = {.items = record_page_of(c, q->b, rows)};
    size_t shown = value_count(rows);
    const char *after = ctx_query(c, "after");
    bool later = after != NULL && *after != '\0';
    if (shown > 0 && (q->backward || more)) {
        page.next = cursor_of(c, q, value_at(rows, shown - 1));
    }
    if (shown > 0 && (q->backward ? more : later)) {
        page.previous = cursor_of(c, q, value_at(rows, 0));
    }
    return page;
}

struct count_job {
    struct ctx *c;
    const struct record_query *q;
};

// Whoever sees every record of a kind need not have each of a thousand hits looked up.
static bool
is_whole(const struct record_query *q)
{
    return q->scope == SCOPE_ALL && q->lead == record_lead_words(q->b) && is_free(q);
}

static int64_t
count(void *arg)
{
    const struct count_job *job = arg;
    const struct record_query *q = job->q;
    if (is_whole(q)) {
        return hits_of(job->c, q->b, q->args[SLOT_QUERY].p, q->args[SLOT_LIMIT].i);
    }
    struct record_stmt *st = record_count_stmt(q->b, q->scope, q->lead);
    struct db_arg args[RECORD_SLOTS];
    size_t n = record_query_bind(q, st, args);
    return db_value_int(job->c->tx, &st->s, args, n, -1);
}

int64_t
record_query_count(struct ctx *c, const struct record_query *asked)
{
    struct record_query own = *asked;
    const struct record_query *q = &own;
    own.args[SLOT_LIMIT] = DB_INT((own.counted == 0 ? LISTING_COUNT_MOST : own.counted) + 1);
    struct buf key;
    buf_init(&key, c->arena, 128, 4096);
    buf_printf(&key, "%s/%d/%u", q->b->k->name, (int)q->scope, q->lead);
    struct record_stmt *st = record_count_stmt(q->b, q->scope, q->lead);
    for (unsigned i = 0; i < st->count; i++) {
        const struct db_arg *arg = &q->args[st->slots[i]];
        buf_putc(&key, '/');
        if (arg->type == DB_INT_T) {
            buf_int(&key, arg->i);
        } else if (arg->type == DB_TEXT_T) { // its length keeps "a/b" from being two
            buf_printf(&key, "%zu:%.*s", arg->n, (int)arg->n, (const char *)arg->p);
        }
    }
    struct count_job job = {c, q};
    return listing_count_cached(c->app, buf_str(&key), db_tx_generation(c->tx), count, &job);
}

struct value *
record_list(struct ctx *c, const struct record_kind *k, unsigned most)
{
    struct record_query q;
    if (!record_query_read(c, k, most, &q)) {
        return NULL;
    }
    struct record_page page = record_query_run(c, &q);
    struct value *out = value_map(c->arena);
    value_set(c->arena, out, "items", page.items);
    value_set_text(c->arena, out, "next", page.next);
    return out;
}
