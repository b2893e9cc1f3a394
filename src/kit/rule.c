// SPDX-License-Identifier: Apache-2.0
// Rules see one map at a time; lists, field prefixes, problem documents and exit codes are
// made here once for all of them.
#include "kit/rule.h"

#include "base/json.h"
#include "base/text.h"
#include "base/timestamp.h"

#include <assert.h>
#include <string.h>

#define RULE_INPUT_MAX ((size_t)64 << 20)
#define RULE_OUTPUT_MAX ((size_t)256 << 20)
#define RULE_ARENA_MAX ((size_t)2 << 30)

static const struct rule *table;
static size_t table_count;

void
rule_register(const struct rule *rules, size_t n)
{
    table = rules;
    table_count = n;
}

const struct rule *
rule_at(size_t i)
{
    return i < table_count ? &table[i] : NULL;
}

const struct rule *
rule_find(const char *name)
{
    for (size_t i = 0; name != NULL && i < table_count; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

static const struct value *
run_one(struct arena *a, const struct rule *r, const struct value *in, struct faults *f)
{
    if (in->type != VALUE_MAP) {
        return rule_fault(a, f, "type", "输入要是一个 JSON 对象", NULL);
    }
    unsigned before = f->count;
    const struct value *v = r->run(a, in, f);
    assert((v == NULL) == (f->count > before));
    return v;
}

// Puts the index of the input before the fields of the faults it brought.
static void
prefix_faults(struct arena *a, struct faults *f, unsigned from, size_t index)
{
    for (unsigned i = from; i < f->count; i++) {
        const char *field = f->items[i].field;
        f->items[i].field = field == NULL ? arena_printf(a, "[%zu]", index)
                                          : arena_printf(a, "[%zu].%s", index, field);
    }
}

enum err
rule_run(struct arena *a, const char *name, const struct value *in, struct faults *f,
         const struct value **out)
{
    const struct rule *r = rule_find(name);
    if (r == NULL) {
        return ERR_NOT_FOUND;
    }
    if (in->type != VALUE_LIST) {
        *out = run_one(a, r, in, f);
        return *out == NULL ? ERR_INVALID : ERR_OK;
    }
    struct value *list = value_list(a);
    for (size_t i = 0; i < value_count(in); i++) {
        unsigned before = f->count;
        const struct value *v = run_one(a, r, value_at(in, i), f);
        if (v == NULL) {
            prefix_faults(a, f, before, i);
        } else {
            value_push(a, list, v);
        }
    }
    *out = list;
    return f->count > 0 ? ERR_INVALID : ERR_OK;
}

static void
write_problem(struct arena *a, enum err e, const char *detail, const struct faults *f,
              struct buf *out)
{
    const struct err_info *info = err_info(e);
    struct value *problem = value_map(a);
    struct value *errors = value_list(a);
    for (unsigned i = 0; i < f->count; i++) {
        struct value *error = value_map(a);
        value_set_text(a, error, "field", f->items[i].field);
        value_set_text(a, error, "code", f->items[i].code);
        value_set_text(a, error, "message", f->items[i].message);
        value_push(a, errors, error);
    }
    value_set_text(a, problem, "type", "about:blank");
    value_set_text(a, problem, "title", info->title);
    value_set_int(a, problem, "status", info->status);
    value_set_text(a, problem, "detail", detail);
    value_set(a, problem, "errors", errors);
    json_write(out, problem);
}

enum err
rule_run_json(struct arena *a, const char *name, const char *text, size_t n, struct buf *out)
{
    struct faults f = {0};
    if (rule_find(name) == NULL) {
        write_problem(a, ERR_NOT_FOUND, "没有这条规则", &f, out);
        return ERR_NOT_FOUND;
    }
    const char *why = NULL;
    const struct value *in = json_parse(a, text, n, &why);
    if (in == NULL) {
        write_problem(a, ERR_BAD_REQUEST, why, &f, out);
        return ERR_BAD_REQUEST;
    }
    const struct value *result = NULL;
    enum err e = rule_run(a, name, in, &f, &result);
    if (e == ERR_OK) {
        json_write(out, result);
    } else {
        write_problem(a, e, f.count > 0 ? f.items[0].message : err_info(e)->title, &f, out);
    }
    return e;
}

// The command line.

static bool
read_all(FILE *in, struct buf *text)
{
    char block[16 * 1024];
    size_t n;
    while ((n = fread(block, 1, sizeof block, in)) > 0) {
        buf_put(text, block, n);
    }
    return ferror(in) == 0;
}

static int
run_command(struct arena *a, const char *name, FILE *in, FILE *out, FILE *err)
{
    struct buf text;
    struct buf answer;
    buf_init(&text, a, 0, RULE_INPUT_MAX);
    buf_init(&answer, a, 4096, RULE_OUTPUT_MAX);
    if (rule_find(name) != NULL && !read_all(in, &text)) {
        fputs("huiqiao: the input cannot be read\n", err);
        return 1;
    }
    enum err e = ERR_TOO_LARGE;
    if (text.full) {
        write_problem(a, e, "输入最多 64 MiB", &(struct faults){0}, &answer);
    } else {
        e = rule_run_json(a, name, buf_str(&text), text.n, &answer);
    }
    buf_putc(&answer, '\n');
    FILE *to = e == ERR_OK ? out : err;
    if (answer.full || fwrite(answer.p, 1, answer.n, to) != answer.n || fflush(to) != 0) {
        fputs("huiqiao: the answer cannot be written\n", err);
        return 1;
    }
    return e == ERR_OK ? 0 : 2;
}

static int
list_names(FILE *out)
{
    for (size_t i = 0; i < table_count; i++) {
        fprintf(out, "%s\n", table[i].name);
    }
    return fflush(out) == 0 && ferror(out) == 0 ? 0 : 1;
}

int
rule_main(const char *name, FILE *in, FILE *out, FILE *err)
{
    if (name == NULL) {
        return list_names(out);
    }
    struct arena *a = arena_new(RULE_ARENA_MAX);
    struct arena_guard g;
    volatile int code = 1;
    if (ARENA_TRY(a, &g)) {
        code = run_command(a, name, in, out, err);
        arena_end(a, &g);
    } else {
        fputs("huiqiao: out of memory\n", err);
    }
    arena_free(a);
    return code;
}

// Reading members.

const struct value *
rule_fault(struct arena *a, struct faults *f, const char *code, const char *message,
           const char *field, ...)
{
    const char *name = NULL;
    if (field != NULL) {
        va_list ap;
        va_start(ap, field);
        name = arena_vprintf(a, field, ap);
        va_end(ap);
    }
    faults_add(a, f, name, code, message);
    return NULL;
}

static const struct value *
member(const struct value *in, const char *key)
{
    const struct value *v = value_get(in, key);
    return v == NULL || v->type == VALUE_NULL ? NULL : v;
}

enum rule_read
rule_int(struct arena *a, const struct value *in, const char *key, int64_t least, int64_t most,
         struct faults *f, int64_t *out)
{
    const struct value *v = member(in, key);
    if (v == NULL) {
        return RULE_ABSENT;
    }
    if (v->type != VALUE_INT) {
        rule_fault(a, f, "type", "要是整数", "%s", key);
        return RULE_BAD;
    }
    if (v->i < least || v->i > most) {
        const char *message =
            arena_printf(a, "要在 %lld 和 %lld 之间", (long long)least, (long long)most);
        rule_fault(a, f, "range", message, "%s", key);
        return RULE_BAD;
    }
    *out = v->i;
    return RULE_READ;
}

enum rule_read
rule_decimal(struct arena *a, const struct value *in, const char *key, struct faults *f,
             int64_t *out)
{
    enum { PARTS = 10000 };
    const struct value *v = member(in, key);
    if (v == NULL) {
        return RULE_ABSENT;
    }
    if (v->type != VALUE_INT && v->type != VALUE_DEC) {
        rule_fault(a, f, "type", "要是数字", "%s", key);
        return RULE_BAD;
    }
    int64_t parts = v->i;
    bool wide = v->type == VALUE_INT && __builtin_mul_overflow(v->i, PARTS, &parts);
    if (wide || parts < 0) {
        rule_fault(a, f, "range", "数字太大，或小于零", "%s", key);
        return RULE_BAD;
    }
    *out = parts;
    return RULE_READ;
}

enum rule_read
rule_day(struct arena *a, const struct value *in, const char *key, struct faults *f,
         int32_t *out)
{
    const struct value *v = member(in, key);
    if (v == NULL) {
        return RULE_ABSENT;
    }
    if (v->type != VALUE_TEXT || !day_parse(v->s, out)) {
        rule_fault(a, f, "date", "日期要写成 2026-02-12 这样", "%s", key);
        return RULE_BAD;
    }
    return RULE_READ;
}

enum rule_read
rule_time(struct arena *a, const struct value *in, const char *key, struct faults *f,
          int64_t *out)
{
    const struct value *v = member(in, key);
    if (v == NULL) {
        return RULE_ABSENT;
    }
    if (v->type != VALUE_TEXT || !time_parse(v->s, out)) {
        rule_fault(a, f, "time", "时间要写成 2026-02-12T09:00:00+08:00 这样", "%s", key);
        return RULE_BAD;
    }
    return RULE_READ;
}
