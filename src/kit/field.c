// SPDX-License-Identifier: Apache-2.0
// Typed input from field tables: one parser per type, the same for forms and JSON, so a
// handler only ever sees values that satisfy the table.
#include "kit/field.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "kit/code.h"
#include "kit/ctx.h"

#include <string.h>

enum { TEXT_MAX = 200, LONG_MAX_CHARS = 10000, REFS_MAX = 200, YUAN_DIGITS = 14 };
#define FEN_LIMIT INT64_C(10000000000000000) // YUAN_DIGITS and two decimals

const struct field *
field_find(const struct field *fields, const char *name)
{
    for (const struct field *f = fields; f != NULL && f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            return f;
        }
    }
    return NULL;
}

const struct choice *
choice_find(const struct choice *choices, const char *value)
{
    for (const struct choice *c = choices; c != NULL && c->value != NULL; c++) {
        if (value != NULL && strcmp(c->value, value) == 0) {
            return c;
        }
    }
    return NULL;
}

const char *
choice_label(const struct choice *choices, const char *value, enum language l)
{
    const struct choice *c = choice_find(choices, value);
    return c != NULL ? tr(l, c->label) : value != NULL ? value : "";
}

// ---- one value ------------------------------------------------------------------------

static const struct value *
fault(struct ctx *c, const struct field *f, const char *code, const char *message)
{
    ctx_fault(c, f->name, code, message);
    return NULL;
}

static const struct value *
fault_n(struct ctx *c, const struct field *f, const char *code, const char *message, int64_t n)
{
    const char *number = arena_printf(c->arena, "%lld", (long long)n);
    faults_add(c->arena, &c->faults, f->name, code, ctx_trf(c, message, 1, number));
    return NULL;
}

static bool
is_text_type(const struct field *f)
{
    return f->type == FIELD_TEXT || f->type == FIELD_LONG || f->type == FIELD_MOBILE ||
           f->type == FIELD_PASSWORD;
}

static const struct value *
read_text(struct ctx *c, const struct field *f, const char *raw)
{
    bool lines = f->type == FIELD_LONG;
    size_t most = f->max > 0 ? (size_t)f->max : lines ? LONG_MAX_CHARS : TEXT_MAX;
    const char *s = f->type == FIELD_PASSWORD ? raw : text_tidy(c->arena, raw, lines);
    if (text_has_control(s, lines)) {
        return fault(c, f, "control", T("含有不能显示的控制字符，请删掉后再提交"));
    }
    size_t n = text_length(s);
    if (n > most) {
        return fault_n(c, f, "too_long", T("太长了：最多 {0} 个字"), (int64_t)most);
    }
    if (n > 0 && f->min > 0 && n < (size_t)f->min) {
        return fault_n(c, f, "too_short", T("再多写一点：至少 {0} 个字"), f->min);
    }
    if (f->sealed && strchr(s, '*') != NULL) { // a mask: the record knows whether it is its own
        return value_ref(c->arena, s);
    }
    if (n > 0 && f->type == FIELD_MOBILE && !text_is_mobile(s)) {
        return fault(c, f, "mobile", T("手机号应是 11 位数字"));
    }
    if (n > 0 && f->check != NULL) {
        const char *why = f->check(c->arena, s);
        if (why != NULL) {
            return fault(c, f, "invalid", why);
        }
    }
    return n == 0 ? &value_null : value_ref(c->arena, s);
}

static const struct value *
check_int(struct ctx *c, const struct field *f, int64_t i)
{
    if ((f->min != 0 || f->max != 0) && i < f->min) {
        return fault_n(c, f, "too_small", T("不能小于 {0}"), f->min);
    }
    if (f->max != 0 && i > f->max) {
        return fault_n(c, f, "too_large", T("不能大于 {0}"), f->max);
    }
    return value_int(c->arena, i);
}

// As much as a form takes: nothing below zero or the field's least, fourteen digits of yuan.
static const struct value *
check_fen(struct ctx *c, const struct field *f, int64_t fen)
{
    return fen < 0 || fen >= FEN_LIMIT
               ? fault(c, f, "money", T("请填写金额（元），最多两位小数"))
           : fen < f->min ? fault(c, f, "too_small", T("金额太小了"))
                          : value_int(c->arena, fen);
}

// "12345.60" yuan → 1234560 fen; at most two decimals.
static bool
yuan_to_fen(const char *s, int64_t *fen)
{
    const char *dot = strchr(s, '.');
    char whole[20];
    size_t n = dot == NULL ? strlen(s) : (size_t)(dot - s);
    if (n == 0 || n > YUAN_DIGITS || s[0] == '-') {
        return false;
    }
    memcpy(whole, s, n);
    whole[n] = '\0';
    int64_t yuan;
    if (!text_to_int(whole, &yuan)) {
        return false;
    }
    int64_t cents = 0;
    if (dot != NULL) {
        size_t d = strlen(dot + 1);
        if (d < 1 || d > 2 || !text_to_int(dot + 1, &cents) || dot[1] == '-') {
            return false;
        }
        cents = d == 1 ? cents * 10 : cents;
    }
    *fen = yuan * 100 + cents;
    return true;
}

// A reference as typed: "12", or "12 名称" as the suggestions offer it.
static bool
ref_parse(struct arena *a, const char *s, int64_t *id)
{
    size_t n = strcspn(s, " \t");
    return text_to_int(arena_strndup(a, s, n), id) && *id > 0;
}

// A checkbox sends what its `value` says; a script may send the words.
static const struct value *
read_flag(struct ctx *c, const struct field *f, const char *s)
{
    if (strcmp(s, "1") == 0 || strcmp(s, "on") == 0 || strcmp(s, "true") == 0) {
        return &value_true;
    }
    if (strcmp(s, "0") == 0 || strcmp(s, "off") == 0 || strcmp(s, "false") == 0) {
        return &value_false;
    }
    return fault(c, f, "flag", T("请选是或否"));
}

static const struct value *
read_moment(struct ctx *c, const struct field *f, const char *s)
{
    int64_t ms;
    if (time_parse(s, &ms)) {
        return value_time(c->arena, ms);
    }
    // What a browser's own control sends: Beijing time without seconds or zone.
    if (!c->api && strlen(s) == 16 &&
        time_parse(arena_printf(c->arena, "%s:00+08:00", s), &ms)) {
        return value_time(c->arena, ms);
    }
    return fault(c, f, "time", T("请填写日期和时间，例如 2026-11-23T09:30"));
}

// In the order of the table, each once, whatever order they came in.
static const struct value *
read_choices(struct ctx *c, const struct field *f, const char *words)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 4096);
    for (const char *p = words + strspn(words, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (choice_find(f->choices, arena_strndup(c->arena, p, n)) == NULL) {
            return fault(c, f, "choice", T("请从列出的选项里选"));
        }
        p += n;
    }
    for (const struct choice *ch = f->choices; ch->value != NULL; ch++) {
        if (text_list_has(words, ch->value)) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : " ", ch->value);
        }
    }
    return b.n == 0 ? &value_null : value_ref(c->arena, buf_str(&b));
}

// A value that came as text: from a form, or a JSON string.
static const struct value *
read_string(struct ctx *c, const struct field *f, const char *raw)
{
    if (is_text_type(f)) {
        return read_text(c, f, raw);
    }
    const char *s = text_tidy(c->arena, raw, false);
    int64_t i;
    int32_t day;
    if (*s == '\0') {
        return &value_null;
    }
    if (text_has_control(s, false)) {
        return fault(c, f, "control", T("含有不能显示的控制字符，请删掉后再提交"));
    }
    switch (f->type) {
    case FIELD_CHOICE:
        return choice_find(f->choices, s) != NULL
                   ? value_ref(c->arena, s)
                   : fault(c, f, "choice", T("请从列出的选项里选一个"));
    case FIELD_CHOICES:
        return read_choices(c, f, s);
    case FIELD_INT:
        return text_to_int(s, &i) ? check_int(c, f, i)
                                  : fault(c, f, "integer", T("请填写整数"));
    case FIELD_MONEY:
        return yuan_to_fen(s, &i) ? check_fen(c, f, i)
                                  : fault(c, f, "money", T("请填写金额（元），最多两位小数"));
    case FIELD_DATE:
        return day_parse(s, &day) ? value_ref(c->arena, s)
                                  : fault(c, f, "date", T("请填写日期，例如 2026-11-23"));
    case FIELD_TIME:
        return read_moment(c, f, s);
    case FIELD_FLAG:
        return read_flag(c, f, s);
    case FIELD_REF:
        return ref_parse(c->arena, s, &i)
                   ? value_int(c->arena, i)
                   : fault(c, f, "reference", T("请从列出的名称里选一个"));
    case FIELD_CODE:
        s = code_read(c->arena, c->lang, f->codes, s);
        return s != NULL ? value_ref(c->arena, s)
                         : fault(c, f, "code", T("请输入代码或名称，从列出的里面选一个"));
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_REFS:
    case FIELD_FILES:
    case FIELD_MOBILE:
    case FIELD_PASSWORD:
        break;
    }
    return fault(c, f, "type", T("格式不对"));
}

static const struct value *
read_ids(struct ctx *c, const struct field *f, const struct value *list)
{
    struct value *out = value_list(c->arena);
    if (value_count(list) > REFS_MAX) {
        return fault(c, f, "too_many", T("选得太多了"));
    }
    for (size_t k = 0; k < value_count(list); k++) {
        const struct value *v = value_at(list, k);
        int64_t id = v->type == VALUE_INT ? v->i : 0;
        if (!c->api && v->type == VALUE_TEXT) { // as typed, perhaps with its name
            if (*v->s == '\0') {
                continue;
            }
            id = ref_parse(c->arena, v->s, &id) ? id : 0;
        }
        if (id <= 0) {
            return fault(c, f, "reference", T("请从列出的名称里选一个"));
        }
        value_push(c->arena, out, value_int(c->arena, id));
    }
    return out;
}

// Types that JSON has no kind of its own for, so they travel as text.
static bool
is_json_text(const struct field *f)
{
    return is_text_type(f) || f->type == FIELD_CHOICE || f->type == FIELD_CHOICES ||
           f->type == FIELD_DATE || f->type == FIELD_TIME || f->type == FIELD_CODE;
}

// A JSON value: its type has to be the field's, nothing is converted.
static const struct value *
read_json(struct ctx *c, const struct field *f, const struct value *v)
{
    switch (v->type) {
    case VALUE_NULL:
        return &value_null;
    case VALUE_TEXT:
        if (is_json_text(f)) {
            return read_string(c, f, v->s);
        }
        break;
    case VALUE_BOOL:
        if (f->type == FIELD_FLAG) {
            return v;
        }
        break;
    case VALUE_INT:
        if (f->type == FIELD_INT) {
            return check_int(c, f, v->i);
        }
        if (f->type == FIELD_MONEY) {
            return check_fen(c, f, v->i);
        }
        if (f->type == FIELD_REF) {
            return v->i > 0 ? v : fault(c, f, "reference", T("请从列出的名称里选一个"));
        }
        break;
    case VALUE_LIST:
        if (f->type == FIELD_REFS || f->type == FIELD_FILES) {
            return read_ids(c, f, v);
        }
        break;
    case VALUE_DEC:
    case VALUE_TIME:
    case VALUE_MAP:
    case VALUE_LAMBDA:
        break;
    }
    return fault(c, f, "type", T("类型不对"));
}

// ---- the whole input ------------------------------------------------------------------

// The checked boxes of a form, with spaces between.
static const char *
checked_boxes(struct ctx *c, const struct field *f)
{
    const struct http_list *form = &c->req->form;
    struct buf b;
    buf_init(&b, c->arena, 128, 4096);
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->items[i].name, f->name) == 0) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : " ", form->items[i].value);
        }
    }
    return buf_str(&b);
}

static const struct value *
from_form(struct ctx *c, const struct field *f)
{
    const struct http_list *form = &c->req->form;
    if (f->type == FIELD_CHOICES) {
        return read_string(c, f, checked_boxes(c, f));
    }
    if (f->type == FIELD_REFS || f->type == FIELD_FILES) {
        struct value *list = value_list(c->arena);
        for (size_t i = 0; i < form->count; i++) {
            if (strcmp(form->items[i].name, f->name) == 0) {
                value_push(c->arena, list, value_ref(c->arena, form->items[i].value));
            }
        }
        return read_ids(c, f, list);
    }
    size_t n = http_list_count(form, f->name);
    if (n > 1) {
        return fault(c, f, "repeated", T("这一项填了不止一次"));
    }
    const char *s = http_list_get(form, f->name);
    if (s == NULL) {
        return f->type == FIELD_FLAG ? &value_false : NULL;
    }
    return read_string(c, f, s);
}

static bool
has_file(const struct ctx *c, const struct field *f)
{
    for (size_t i = 0; c->req != NULL && i < c->req->file_count; i++) {
        if (strcmp(c->req->files[i].field, f->name) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_chosen(const struct field *f)
{
    return f->type == FIELD_CHOICE || f->type == FIELD_CHOICES || f->type == FIELD_REF ||
           f->type == FIELD_REFS;
}

static void
read_field(struct ctx *c, const struct field *f, const struct value *body, bool partial)
{
    const struct value *given = body == NULL ? NULL : value_get(body, f->name);
    const struct value *v = NULL;
    unsigned before = c->faults.count;
    if (body == NULL) {
        v = from_form(c, f);
    } else if (given != NULL) {
        v = read_json(c, f, given);
    }
    if (c->faults.count > before) {
        return;
    }
    bool empty = v == NULL || v->type == VALUE_NULL ||
                 (v->type == VALUE_LIST && value_count(v) == 0 && !has_file(c, f));
    if (f->required && empty && !(partial && v == NULL)) {
        const char *says = is_chosen(f) ? T("请选择{0}") : T("请填写{0}");
        faults_add(c->arena, &c->faults, f->name, "missing",
                   ctx_trf(c, says, 1, tr(c->lang, f->label)));
        return;
    }
    if (v != NULL) {
        value_set(c->arena, c->in, f->name, v);
    }
}

static void
refuse_unknown(struct ctx *c, const struct field *fields, const struct value *body)
{
    for (uint32_t i = 0; i < body->map.count; i++) {
        const char *name = body->map.pairs[i].key;
        const struct field *f = field_find(fields, name);
        if (f == NULL || (f->where & (IN_FORM | IN_INPUT)) == 0) {
            ctx_fault(c, name, "unknown", T("没有这一项"));
        }
    }
}

enum err
field_read(struct ctx *c, const struct field *fields, bool partial)
{
    const struct value *body = NULL;
    c->in = value_map(c->arena);
    if (c->api) {
        const char *why = NULL;
        body = c->req->body_size == 0
                   ? value_map(c->arena)
                   : json_parse_input(c->arena, c->req->body, c->req->body_size, &why);
        if (body == NULL || body->type != VALUE_MAP) {
            c->detail = why != NULL ? why : "the body is not a JSON object";
            return ERR_BAD_REQUEST;
        }
        refuse_unknown(c, fields, body);
    }
    for (const struct field *f = fields; f != NULL && f->name != NULL; f++) {
        if ((f->where & (IN_FORM | IN_INPUT)) != 0) {
            read_field(c, f, body, partial);
        }
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

// ---- showing --------------------------------------------------------------------------

// Their labels; a value that is no choice any more stays as it is.
static const char *
choices_text(struct ctx *c, const struct field *f, const char *words)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 4096);
    for (const char *p = words + strspn(words, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        buf_puts(&b, b.n == 0 ? "" : tr(c->lang, T("、")));
        buf_puts(&b, choice_label(f->choices, arena_strndup(c->arena, p, n), c->lang));
        p += n;
    }
    return buf_str(&b);
}

const char *
field_text(struct ctx *c, const struct field *f, const struct value *v)
{
    if (v == NULL || v->type == VALUE_NULL) {
        return "";
    }
    switch (f->type) {
    case FIELD_CHOICE:
        return v->type == VALUE_TEXT ? choice_label(f->choices, v->s, c->lang) : "";
    case FIELD_CHOICES:
        return v->type == VALUE_TEXT ? choices_text(c, f, v->s) : "";
    case FIELD_MONEY:
        return arena_printf(c->arena, "%lld.%02lld", (long long)(v->i / 100),
                            (long long)(v->i % 100));
    case FIELD_TIME:
        return time_minute_text(c->arena, v->i);
    case FIELD_FLAG:
        return tr(c->lang, v->type == VALUE_BOOL && v->b ? T("是") : T("否"));
    case FIELD_INT:
    case FIELD_REF:
        return v->type == VALUE_INT ? arena_printf(c->arena, "%lld", (long long)v->i) : "";
    case FIELD_PASSWORD:
        return "";
    case FIELD_CODE:
        return v->type == VALUE_TEXT ? code_text(c->arena, c->lang, f->codes, v->s) : "";
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_DATE:
    case FIELD_REFS:
    case FIELD_FILES:
    case FIELD_MOBILE:
        break;
    }
    return v->type == VALUE_TEXT ? v->s : "";
}

static const char *
shown_value(struct ctx *c, const struct field *f, const struct value *record)
{
    if (f->type == FIELD_PASSWORD) {
        return "";
    }
    if (c->renewed && c->req != NULL && f->type == FIELD_CHOICES) {
        return checked_boxes(c, f);
    }
    if (c->renewed && c->req != NULL) {
        const char *typed = http_list_get(&c->req->form, f->name);
        return typed == NULL ? "" : typed;
    }
    const struct value *v = value_get(record, f->name);
    if (v != NULL && v->type == VALUE_TEXT && f->type != FIELD_CODE) {
        return v->s;
    }
    if (v == NULL && f->initial != NULL) { // a record that is read has it, perhaps as null
        return f->initial;
    }
    if (f->type == FIELD_FLAG) {
        return v != NULL && value_is_truthy(v) ? "1" : "";
    }
    return field_text(c, f, v);
}

static struct value *
options_of(struct ctx *c, const struct field *f, const char *shown)
{
    struct value *list = value_list(c->arena);
    for (const struct choice *o = f->choices; o != NULL && o->value != NULL; o++) {
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "value", o->value);
        value_set_text(c->arena, m, "label", tr(c->lang, o->label));
        bool several = f->type == FIELD_CHOICES;
        value_set_bool(c->arena, m, "selected",
                       several ? text_list_has(shown, o->value) : strcmp(o->value, shown) == 0);
        value_push(c->arena, list, m);
    }
    return list;
}

static void
set_kinds(struct arena *a, struct value *m, unsigned t)
{
    value_set_bool(a, m, "is_text", t == FIELD_TEXT || t == FIELD_TIME);
    value_set_bool(a, m, "is_long", t == FIELD_LONG);
    value_set_bool(a, m, "is_choice", t == FIELD_CHOICE);
    value_set_bool(a, m, "is_choices", t == FIELD_CHOICES);
    value_set_bool(a, m, "is_date", t == FIELD_DATE);
    value_set_bool(a, m, "is_number", t == FIELD_INT || t == FIELD_MONEY);
    value_set_bool(a, m, "is_flag", t == FIELD_FLAG);
    value_set_bool(a, m, "is_files", t == FIELD_FILES);
    value_set_bool(a, m, "is_ref", t == FIELD_REF || t == FIELD_REFS || t == FIELD_CODE);
    value_set_bool(a, m, "is_tel", t == FIELD_MOBILE);
    value_set_bool(a, m, "is_password", t == FIELD_PASSWORD);
}

// The label stands above it already.
static const char *
error_at_field(struct ctx *c, const struct field *f, const struct fault *bad)
{
    return bad == NULL                         ? NULL
           : strcmp(bad->code, "missing") != 0 ? bad->message
           : is_chosen(f)                      ? tr(c->lang, T("请选择"))
                                               : tr(c->lang, T("请填写"));
}

static struct value *
form_field(struct ctx *c, const struct field *f, const struct value *record)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    const char *shown = shown_value(c, f, record);
    const struct fault *bad = faults_of(&c->faults, f->name);
    set_kinds(a, m, f->type);
    value_set(a, m, "fixed", &value_null);
    value_set_text(a, m, "id", arena_printf(a, "f-%s", f->name));
    value_set_text(a, m, "name", f->name);
    value_set_text(a, m, "label", tr(c->lang, f->label));
    value_set_text(a, m, "hint", f->hint == NULL ? NULL : tr(c->lang, f->hint));
    value_set_text(a, m, "error", error_at_field(c, f, bad));
    value_set_bool(a, m, "required", f->required);
    value_set_bool(a, m, "optional", !f->required && f->type != FIELD_FLAG);
    value_set_text(a, m, "value", shown);
    value_set_bool(a, m, "checked", *shown != '\0');
    value_set(a, m, "options", options_of(c, f, shown));
    // No maxlength: a browser would cut what is pasted without a word; the server says it.
    value_set(a, m, "maxlength", &value_null);
    value_set_text(a, m, "autocomplete", f->type == FIELD_MOBILE ? "tel" : NULL);
    value_set_text(a, m, "inputmode",
                   f->type == FIELD_MOBILE  ? "tel"
                   : f->type == FIELD_INT   ? "numeric"
                   : f->type == FIELD_MONEY ? "decimal"
                                            : NULL);
    value_set_text(a, m, "source",
                   f->codes != NULL ? f->codes->source
                   : f->ref == NULL ? NULL
                                    : arena_printf(a, "/%s/options", f->ref));
    value_set(a, m, "accept", &value_null);
    value_set(a, m, "max_bytes", f->type == FIELD_FILES ? value_int(a, 10485760) : &value_null);
    value_set_text(a, m, "max_text",
                   f->type == FIELD_FILES ? tr(c->lang, T("有文件超过 10 MB，请压缩后再选。"))
                                          : NULL);
    return m;
}

void
field_fix(struct ctx *c, struct value *field, const char *value, const char *text)
{
    bool flag = value_get_bool(field, "is_flag");
    if (value != NULL) {
        value_set_text(c->arena, field, "value", value);
    } else if (flag && !value_get_bool(field, "checked")) {
        value_set_text(c->arena, field, "value", "0");
    }
    set_kinds(c->arena, field, 0);
    value_set_text(c->arena, field, "fixed", *text == '\0' ? tr(c->lang, T("未登记")) : text);
}

struct value *
field_form(struct ctx *c, const struct field *fields, const struct value *record)
{
    struct value *list = value_list(c->arena);
    for (const struct field *f = fields; f != NULL && f->name != NULL; f++) {
        if ((f->where & IN_FORM) != 0) {
            value_push(c->arena, list, form_field(c, f, record));
        }
    }
    return list;
}

struct value *
field_summary(struct ctx *c, const struct field *fields, const char *whole)
{
    struct arena *a = c->arena;
    struct value *list = value_list(a);
    for (unsigned i = 0; i < c->faults.count; i++) {
        const struct fault *x = &c->faults.items[i];
        const struct field *f = x->field == NULL ? NULL : field_find(fields, x->field);
        bool names = f == NULL || strcmp(x->code, "missing") == 0; // says which field it is
        struct value *m = value_map(a);
        value_set_text(a, m, "id",
                       x->field == NULL ? whole : arena_printf(a, "f-%s", x->field));
        value_set_text(a, m, "label", names ? NULL : tr(c->lang, f->label));
        value_set_text(a, m, "message", x->message);
        value_push(a, list, m);
    }
    return list;
}
