// SPDX-License-Identifier: Apache-2.0
// A cell as offices write it into a value as we keep it. What is wrong is said so that whoever
// filled the sheet can mend it.
// Its words are what sheets say; language: data.

#include "kit/import.h"

#include "base/text.h"
#include "kit/code.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { YEAR_FIRST = 1900, YEAR_LAST = 2099, EXAMPLES = 6 };

// ---- spelling --------------------------------------------------------------------------

const char *
import_narrow(struct arena *a, const char *text)
{
    char *out = arena_strdup(a, text);
    char *to = out;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        // U+FF01 … U+FF5E are EF BC 81 … EF BD 9E; U+3000 is a space.
        unsigned wide = p[0] == 0xEF && (p[1] == 0xBC || p[1] == 0xBD) && p[2] != '\0'
                            ? ((p[1] & 0x3FU) << 6) | (p[2] & 0x3FU)
                            : 0;
        if (wide >= 0xF01 && wide <= 0xF5E) {
            *to++ = (char)(wide - 0xF01 + '!');
            p += 3;
        } else if (p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80) {
            *to++ = ' ';
            p += 3;
        } else {
            *to++ = (char)*p++;
        }
    }
    *to = '\0';
    return out;
}

// Without the characters of `drop`.
static const char *
without(struct arena *a, const char *text, const char *drop)
{
    char *out = arena_strdup(a, text);
    char *to = out;
    for (const char *p = text; *p != '\0'; p++) {
        if (strchr(drop, *p) == NULL) {
            *to++ = *p;
        }
    }
    *to = '\0';
    return out;
}

static bool
is_plain(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s >= 0x80) {
            return false;
        }
    }
    return true;
}

const char *
import_clean(struct arena *a, const char *cell, bool lines)
{
    const char *text = text_tidy(a, cell, lines);
    if (!text_has_control(text, lines)) {
        return text;
    }
    char *out = arena_alloc(a, strlen(text) + 1);
    size_t n = 0;
    for (const char *p = text; *p != '\0';) {
        size_t size = text_prefix(p, 1);
        memcpy(out + n, p, size);
        out[n + size] = '\0';
        n += text_has_control(out + n, lines) ? 0 : size;
        p += size;
    }
    out[n] = '\0';
    return text_tidy(a, out, lines);
}

// ---- dates -----------------------------------------------------------------------------

struct civil_date {
    int year, month, day, hour, minute, second;
    bool month_only; // its day is the first
};

static bool
number(const char **s, int digits, int *out)
{
    int n = 0;
    *out = 0;
    while (**s >= '0' && **s <= '9' && n < digits) {
        *out = *out * 10 + (*(*s)++ - '0');
        n++;
    }
    return n > 0 && (**s < '0' || **s > '9');
}

static bool
skip(const char **s, const char *what)
{
    if (!text_starts(*s, what)) {
        return false;
    }
    *s += strlen(what);
    return true;
}

static bool
separator(const char **s, const char *word)
{
    return skip(s, "-") || skip(s, "/") || skip(s, ".") || skip(s, word);
}

static bool
clock_part(const char *s, struct civil_date *d)
{
    if (!number(&s, 2, &d->hour) || !skip(&s, ":") || !number(&s, 2, &d->minute)) {
        return false;
    }
    if (skip(&s, ":") && !number(&s, 2, &d->second)) {
        return false;
    }
    return *s == '\0' && d->hour < 24 && d->minute < 60 && d->second < 60;
}

static bool
is_real(const struct civil_date *d)
{
    int y, m, dom;
    if (d->year < YEAR_FIRST || d->year > YEAR_LAST || d->month < 1 || d->month > 12 ||
        d->day < 1) {
        return false;
    }
    day_to_civil(day_from_civil(d->year, d->month, d->day), &y, &m, &dom);
    return m == d->month && dom == d->day;
}

// "20210305"
static bool
eight_digits(const char *s, struct civil_date *d)
{
    int64_t n;
    if (strlen(s) != 8 || strspn(s, "0123456789") != 8 || !text_to_int(s, &n)) {
        return false;
    }
    *d = (struct civil_date){
        (int)(n / 10000), (int)(n / 100 % 100), (int)(n % 100), 0, 0, 0, false};
    return is_real(d);
}

static bool
written(const char *s, struct civil_date *d)
{
    *d = (struct civil_date){0};
    if (!number(&s, 4, &d->year) || !separator(&s, "年") || !number(&s, 2, &d->month)) {
        return false;
    }
    bool month = skip(&s, "月");
    if (*s == '\0') { // a month means its first day
        d->day = 1;
        d->month_only = true;
        return is_real(d);
    }
    if ((!month && !separator(&s, "月")) || !number(&s, 2, &d->day)) {
        return false;
    }
    skip(&s, "日");
    if (*s != '\0' &&
        !((skip(&s, " ") || skip(&s, "T")) && clock_part(s + strspn(s, " "), d))) {
        return false;
    }
    return is_real(d);
}

// A serial counts days from 1899-12-30; its fraction is the time of day, rounded to seconds.
static bool
serial(const char *text, struct civil_date *d)
{
    char *end;
    if (*text == '\0' || strspn(text, "0123456789.") != strlen(text)) {
        return false;
    }
    double days = strtod(text, &end);
    int32_t day0 = day_from_civil(1899, 12, 30);
    if (*end != '\0' || days < 61 || days >= day_from_civil(YEAR_LAST + 1, 1, 1) - day0) {
        return false; // before March 1900 that calendar has a day too many
    }
    if (strlen(text) == 4 && days >= YEAR_FIRST && days <= YEAR_LAST) {
        return false; // a year, and no day of 1905
    }
    int64_t seconds = (int64_t)(days * 86400 + 0.5);
    day_to_civil(day0 + (int32_t)(seconds / 86400), &d->year, &d->month, &d->day);
    d->month_only = false;
    int rest = (int)(seconds % 86400);
    d->hour = rest / 3600;
    d->minute = rest / 60 % 60;
    d->second = rest % 60;
    return true;
}

static bool
read_date(struct arena *a, const char *text, struct civil_date *d)
{
    const char *s = text_tidy(a, import_narrow(a, text), false);
    return eight_digits(s, d) || written(s, d) || serial(s, d);
}

const char *
import_date(struct arena *a, const char *text)
{
    struct civil_date d;
    return read_date(a, text, &d) ? arena_printf(a, "%04d-%02d-%02d", d.year, d.month, d.day)
                                  : NULL;
}

bool
import_moment(const char *text, int64_t offset, int64_t *ms)
{
    struct civil_date d;
    struct arena *a = arena_new(16 * 1024);
    bool ok = time_parse(text, ms);
    if (!ok && strlen(text) < 64 && read_date(a, text, &d) && !d.month_only) {
        *ms = time_from_civil(d.year, d.month, d.day, d.hour, d.minute, d.second) +
              8 * TIME_HOUR - offset;
        ok = true;
    }
    arena_free(a);
    return ok;
}

// ---- numbers ---------------------------------------------------------------------------

// "1,234" "１２３４" "1234.0" "12人" → 1234; false for anything that is no whole number.
static bool
whole_number(struct arena *a, const char *text, int64_t *n)
{
    static const char *const UNITS[] = {"人", "家", "元", "年", "次", "名", "件", "个", "届"};
    char *s = (char *)(uintptr_t)without(a, import_narrow(a, text), ", ");
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (text_ends(s, UNITS[i])) {
            s[strlen(s) - strlen(UNITS[i])] = '\0';
            break;
        }
    }
    char *dot = strchr(s, '.');
    if (dot != NULL && dot > s && strspn(dot + 1, "0") == strlen(dot + 1)) {
        *dot = '\0';
    }
    return text_to_int(s, n);
}

// An amount in units of `scale` fen. What a sheet computes has tails like 0.30000000000000004.
static bool
amount(struct arena *a, const char *text, int scale, int64_t *fen)
{
    char *s = (char *)(uintptr_t)without(a, import_narrow(a, text), ", ");
    s += text_starts(s, "¥") ? strlen("¥") : text_starts(s, "￥") ? strlen("￥") : 0;
    if (text_ends(s, "万元")) {
        s[strlen(s) - strlen("万元")] = '\0';
        scale = 1000000;
    } else if (text_ends(s, "元")) {
        s[strlen(s) - strlen("元")] = '\0';
        scale = 100;
    }
    char *end;
    if (*s < '0' || *s > '9') {
        return false;
    }
    double value = strtod(s, &end) * scale, whole = round(value);
    if (*end != '\0' || value > 1e15 || fabs(value - whole) > 1e-4 * (1 + value * 1e-9)) {
        return false;
    }
    *fen = (int64_t)whole;
    return true;
}

// ---- each type -------------------------------------------------------------------------

static const struct value *
wrong_cell(const char **wrong, const char *why)
{
    *wrong = why;
    return NULL;
}

// "1.38E+10": a long number that a spreadsheet took for a figure.
static bool
is_scientific(const char *s)
{
    size_t digits = strspn(s, "0123456789.");
    return digits > 0 && (s[digits] == 'E' || s[digits] == 'e') &&
           strspn(s + digits + 1, "+0123456789") == strlen(s + digits + 1) &&
           s[digits + 1] != '\0';
}

static const struct value *
text_value(struct arena *a, enum language l, const struct import_column *c, const char *text,
           const char **wrong)
{
    const struct field *f = c->field;
    size_t most = f->max > 0 ? (size_t)f->max : f->type == FIELD_LONG ? 10000 : 200;
    size_t n = text_length(text);
    if (n > most) {
        return wrong_cell(
            wrong, trf(a, l, T("太长了：最多 {0} 个字"), 1, arena_printf(a, "%zu", most)));
    }
    if (f->min > 0 && n < (size_t)f->min) {
        return wrong_cell(
            wrong, trf(a, l, T("再多写一点：至少 {0} 个字"), 1, arena_printf(a, "%d", f->min)));
    }
    const char *why = f->check == NULL ? NULL : f->check(a, text);
    if (why != NULL && is_scientific(text)) {
        why = T("表格把长号码当成了数字，请把这一列设为文本，重新填写");
    }
    return why != NULL ? wrong_cell(wrong, tr(l, why)) : value_ref(a, text);
}

static const struct value *
mobile_value(struct arena *a, enum language l, const char *text, const char **wrong)
{
    const char *s = without(a, import_narrow(a, text), " -()");
    s += text_starts(s, "+86") ? 3 : strlen(s) == 13 && text_starts(s, "86") ? 2 : 0;
    if (text_ends(s, ".0")) {
        s = arena_strndup(a, s, strlen(s) - 2);
    }
    if (is_scientific(s)) {
        return wrong_cell(wrong,
                          tr(l, T("表格把长号码当成了数字，请把这一列设为文本，重新填写")));
    }
    return text_is_mobile(s) ? value_ref(a, s)
                             : wrong_cell(wrong, tr(l, T("手机号应是 11 位数字")));
}

// What may be written, for the message.
static const char *
some_labels(struct arena *a, enum language l, const struct choice *choices)
{
    struct buf b;
    buf_init(&b, a, 128, 2048);
    int n = 0;
    for (const struct choice *c = choices; c->value != NULL; c++, n++) {
        if (n == EXAMPLES) {
            buf_puts(&b, "…");
            break;
        }
        buf_printf(&b, "%s%s", n == 0 ? "" : "、", tr(l, c->label));
    }
    return buf_str(&b);
}

// A value, a label of either language, or a part of one label only ("汉" for 汉族).
static const struct choice *
choice_of(struct arena *a, const struct choice *choices, const char *text)
{
    const struct choice *part = NULL;
    const char *lower = text_lower(a, text);
    unsigned parts = 0;
    for (const struct choice *c = choices; c->value != NULL; c++) {
        if (strcmp(c->value, text) == 0 || strcmp(c->label, text) == 0 ||
            strcmp(text_lower(a, tr(LANG_EN, c->label)), lower) == 0) {
            return c;
        }
        if (!is_plain(text) && strstr(c->label, text) != NULL) {
            part = c;
            parts++;
        }
    }
    return parts == 1 ? part : NULL;
}

static const struct value *
choice_value(struct arena *a, enum language l, const struct field *f, const char *text,
             const char **wrong)
{
    const struct choice *c = choice_of(a, f->choices, text);
    if (c != NULL) {
        return value_ref(a, c->value);
    }
    return wrong_cell(wrong, trf(a, l, T("“{0}”不是可选的值，可以填：{1}"), 2, text,
                                 some_labels(a, l, f->choices)));
}

static const struct value *
choices_value(struct arena *a, enum language l, const struct field *f, const char *text,
              const char **wrong)
{
    static const char *const MARKS[] = {"、", "，", "；", ",", ";", "/", "|", " "};
    struct buf chosen, out;
    buf_init(&chosen, a, 128, 4096);
    for (const char *p = text; *p != '\0';) {
        size_t n = strlen(p), mark = 0;
        for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++) {
            const char *at = strstr(p, MARKS[i]);
            if (at != NULL && (size_t)(at - p) < n) {
                n = (size_t)(at - p);
                mark = strlen(MARKS[i]);
            }
        }
        const struct value *one =
            n == 0 ? NULL : choice_value(a, l, f, arena_strndup(a, p, n), wrong);
        if (n > 0 && one == NULL) {
            return NULL;
        }
        buf_printf(&chosen, "%s%s", chosen.n == 0 ? "" : " ", one == NULL ? "" : one->s);
        p += n + mark;
    }
    buf_init(&out, a, 128, 4096);
    for (const struct choice *c = f->choices; c->value != NULL; c++) {
        if (text_list_has(buf_str(&chosen), c->value)) {
            buf_printf(&out, "%s%s", out.n == 0 ? "" : " ", c->value);
        }
    }
    return value_ref(a, buf_str(&out));
}

static const struct value *
int_value(struct arena *a, enum language l, const struct field *f, const char *text,
          const char **wrong)
{
    int64_t n;
    if (!whole_number(a, text, &n)) {
        return wrong_cell(wrong, trf(a, l, T("“{0}”不是整数"), 1, text));
    }
    if ((f->min != 0 || f->max != 0) && n < f->min) {
        return wrong_cell(wrong,
                          trf(a, l, T("不能小于 {0}"), 1, arena_printf(a, "%d", f->min)));
    }
    if (f->max != 0 && n > f->max) {
        return wrong_cell(wrong,
                          trf(a, l, T("不能大于 {0}"), 1, arena_printf(a, "%d", f->max)));
    }
    return value_int(a, n);
}

static const struct value *
flag_value(struct arena *a, enum language l, const char *text, const char **wrong)
{
    const char *s = text_lower(a, import_narrow(a, text));
    if (text_list_has("是 有 √ ✓ 对 y yes true 1 on", s)) {
        return &value_true;
    }
    if (text_list_has("否 无 没有 × x n no false 0 off", s)) {
        return &value_false;
    }
    return wrong_cell(wrong, trf(a, l, T("“{0}”看不出是或否，请填“是”或“否”"), 1, text));
}

static const struct value *
code_value(struct arena *a, enum language l, const struct field *f, const char *text,
           const char **wrong)
{
    const char *code = code_read(a, l, f->codes, text);
    if (code == NULL && l != LANG_ZH) {
        code = code_read(a, LANG_ZH, f->codes, text);
    }
    return code != NULL
               ? value_ref(a, code)
               : wrong_cell(wrong,
                            trf(a, l, T("没有“{0}”这个代码或名称，请填标准里的写法"), 1, text));
}

static const struct value *
date_value(struct arena *a, enum language l, const char *text, const char **wrong)
{
    const char *day = import_date(a, text);
    return day != NULL ? value_ref(a, day)
                       : wrong_cell(wrong, trf(a, l,
                                               T("“{0}”不是日期，可以写成 2021-03-05、"
                                                 "2021年3月5日 或 20210305"),
                                               1, text));
}

static const struct value *
money_value(struct arena *a, enum language l, const struct import_column *c, const char *text,
            const char **wrong)
{
    int64_t fen;
    return amount(a, text, c->scale == 0 ? 100 : c->scale, &fen)
               ? value_int(a, fen)
               : wrong_cell(wrong,
                            trf(a, l, T("“{0}”不是金额，请只填数字，最多两位小数"), 1, text));
}

// Texts with a check are numbers and codes: their letters are never meant full-width.
static const char *
spelled(struct arena *a, const struct import_column *c, const char *text)
{
    const char *s = import_clean(a, text, c->field->type == FIELD_LONG);
    if (c->field->check != NULL) {
        s = import_narrow(a, s);
    }
    return c->tidy != NULL ? c->tidy(a, s) : s;
}

const struct value *
import_cell(struct arena *a, enum language l, const struct import_column *c, const char *text,
            const char **wrong)
{
    const struct field *f = c->field;
    const char *s = spelled(a, c, text);
    int64_t ms;
    switch (f->type) {
    case FIELD_DATE:
        return date_value(a, l, s, wrong);
    case FIELD_TIME:
        return import_moment(s, 8 * TIME_HOUR, &ms)
                   ? value_time(a, ms)
                   : wrong_cell(wrong, trf(a, l, T("“{0}”不是日期和时间"), 1, s));
    case FIELD_INT:
        return int_value(a, l, f, s, wrong);
    case FIELD_MONEY:
        return money_value(a, l, c, s, wrong);
    case FIELD_FLAG:
        return flag_value(a, l, s, wrong);
    case FIELD_CHOICE:
        return choice_value(a, l, f, s, wrong);
    case FIELD_CHOICES:
        return choices_value(a, l, f, s, wrong);
    case FIELD_CODE:
        return code_value(a, l, f, s, wrong);
    case FIELD_MOBILE:
        return f->sealed && strchr(s, '*') != NULL ? value_ref(a, s)
                                                   : mobile_value(a, l, s, wrong);
    case FIELD_REF:
        return value_ref(a, s);
    case FIELD_TEXT:
    case FIELD_LONG:
        return f->sealed && strchr(s, '*') != NULL ? value_ref(a, s)
                                                   : text_value(a, l, c, s, wrong);
    case FIELD_REFS:
    case FIELD_FILES:
    case FIELD_PASSWORD:
        break;
    }
    return wrong_cell(wrong, tr(l, T("这一列不能从表格导入")));
}
