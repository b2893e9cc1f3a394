// SPDX-License-Identifier: Apache-2.0
// The leader's screen: six figures, the year's course, categories and departments. Every
// figure says how it is counted and leads to the records behind it.
#include "mod/home/home_impl.h"

#include "base/text.h"
#include "mod/demand/demand_view.h"
#include "view/chart.h"

#include <string.h>

#define TR(c, text) tr((c)->lang, text)

enum { BARS = 10, CHART_MOST = 64 * 1024 };

static const char *
figure(struct ctx *c, const struct value *v)
{
    if (v == NULL || v->type == VALUE_NULL) {
        return "—";
    }
    if (v->type == VALUE_DEC) {
        long long n = (long long)v->i / 1000; // tenths
        return n % 10 == 0 ? arena_printf(c->arena, "%lld", n / 10)
                           : arena_printf(c->arena, "%lld.%lld", n / 10, n % 10);
    }
    return v->type == VALUE_INT ? arena_printf(c->arena, "%lld", (long long)v->i) : "—";
}

struct kpi {
    const char *label, *unit, *note, *url;
    const struct value *value;
};

static void
push_kpi(struct ctx *c, struct value *list, const struct kpi *k)
{
    struct value *m = value_map(c->arena);
    bool known = k->value != NULL && k->value->type != VALUE_NULL;
    value_set_text(c->arena, m, "label", k->label);
    value_set_text(c->arena, m, "value", figure(c, k->value));
    value_set_text(c->arena, m, "unit", known ? k->unit : NULL);
    value_set_text(c->arena, m, "note", k->note);
    value_set_text(c->arena, m, "url", k->url);
    value_push(c->arena, list, m);
}

// The list of what was submitted in the cockpit's months, narrowed by `rest`.
static const char *
list_url(struct ctx *c, const struct value *f, const char *rest)
{
    const char *from = value_get_text(f, "from");
    return arena_printf(c->arena, "/demands?%s&submitted_at_from=%s", rest,
                        from == NULL ? "" : from);
}

static void
set_kpis(struct ctx *c, const struct value *f)
{
    const struct value *days = value_get(f, "median_days");
    const struct value *liked = value_get(f, "satisfaction");
    struct value *list = value_list(c->arena);
    push_kpi(c, list,
             &(struct kpi){TR(c, "近 12 个月受理"), TR(c, "件"),
                           TR(c, "近 12 个月提交、已经受理的"),
                           list_url(c, f, "measure=accepted"), value_get(f, "accepted")});
    push_kpi(c, list,
             &(struct kpi){TR(c, "正在办"), TR(c, "件"), TR(c, "此刻没有办结的"),
                           "/demands?view=open", value_get(f, "open")});
    push_kpi(c, list,
             &(struct kpi){TR(c, "超期未办"), TR(c, "件"), TR(c, "此刻已过时限的"),
                           "/demands?view=overdue", value_get(f, "overdue")});
    push_kpi(c, list,
             &(struct kpi){TR(c, "按时答复率"), "%",
                           trf(c->arena, c->lang, "时限内答复 ÷ 全部答复，{0} 件", 1,
                               figure(c, value_get(f, "timed"))),
                           list_url(c, f, "measure=timed"), value_get(f, "on_time_percent")});
    push_kpi(c, list,
             &(struct kpi){TR(c, "办理用时中位数"), TR(c, "工作日"),
                           trf(c->arena, c->lang, "从提交到答复，{0} 件", 1,
                               figure(c, value_get(days, "n"))),
                           list_url(c, f, "measure=answered"), value_get(days, "value")});
    push_kpi(c, list,
             &(struct kpi){TR(c, "企业满意率"), "%",
                           trf(c->arena, c->lang, "4 分以上，{0} 件评了分", 1,
                               figure(c, value_get(liked, "rated"))),
                           list_url(c, f, "measure=rated"), value_get(liked, "percent")});
    value_set(c->arena, c->page, "kpis", list);
}

// The list of one month, "2026-03", by what happened in it.
static const char *
month_url(struct ctx *c, const char *month, const char *what)
{
    int32_t first = 0;
    if (!day_parse(arena_printf(c->arena, "%s-01", month), &first)) {
        return "/demands";
    }
    int year, number, dom;
    day_to_civil(first, &year, &number, &dom);
    int32_t next = day_from_civil(year + number / 12, number % 12 + 1, 1);
    return arena_printf(c->arena, "/demands?%s_at_from=%s-01&%s_at_to=%s", what, month, what,
                        day_text(c->arena, next - 1));
}

static void
set_month_rows(struct ctx *c, const struct value *months)
{
    struct value *rows = value_list(c->arena);
    for (size_t i = 0; i < value_count(months); i++) {
        const struct value *x = value_at(months, i);
        const char *month = value_get_text(x, "month");
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "month", month);
        value_set(c->arena, m, "submitted", value_get(x, "submitted"));
        value_set(c->arena, m, "closed", value_get(x, "closed"));
        value_set_text(c->arena, m, "submitted_url", month_url(c, month, "submitted"));
        value_set_text(c->arena, m, "closed_url", month_url(c, month, "closed"));
        value_push(c->arena, rows, m);
    }
    value_set(c->arena, c->page, "months", rows);
}

static void
set_months(struct ctx *c, const struct value *months)
{
    size_t n = value_count(months);
    const char **labels = ARENA_ARRAY(c->arena, const char *, n + 1);
    int64_t *in = ARENA_ARRAY(c->arena, int64_t, n + 1);
    int64_t *out = ARENA_ARRAY(c->arena, int64_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct value *m = value_at(months, i);
        const char *month = value_get_text(m, "month");
        // "2026-03" is the third month; the table beside the chart names the year.
        labels[i] = month == NULL || strlen(month) < 7
                        ? ""
                        : trf(c->arena, c->lang, "{0}月", 1, month + (month[5] == '0' ? 6 : 5));
        in[i] = value_get_int(m, "submitted", 0);
        out[i] = value_get_int(m, "closed", 0);
    }
    struct chart_series series[] = {{TR(c, "新提交"), in}, {TR(c, "办结"), out}};
    struct buf b;
    buf_init(&b, c->arena, 8192, CHART_MOST);
    chart_lines(&b, "t1-t", labels, n, series, 2, TR(c, "件"));
    value_set_text(c->arena, c->page, "months_html", buf_str(&b));
    set_month_rows(c, months);
}

static void
set_categories(struct ctx *c, const struct value *f)
{
    const struct value *all = value_get(f, "by_category");
    size_t n = value_count(all) < BARS ? value_count(all) : BARS;
    const char **labels = ARENA_ARRAY(c->arena, const char *, n + 1);
    int64_t *counts = ARENA_ARRAY(c->arena, int64_t, n + 1);
    struct value *rows = value_list(c->arena);
    for (size_t i = 0; i < n; i++) {
        const struct value *x = value_at(all, i);
        const char *word = value_get_text(x, "category");
        const char *label = value_get_text(x, "label");
        labels[i] = label == NULL ? TR(c, "未分类") : tr(c->lang, label);
        counts[i] = value_get_int(x, "count", 0);
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "label", labels[i]);
        value_set_int(c->arena, m, "count", counts[i]);
        value_set_int(c->arena, m, "overdue", value_get_int(x, "overdue", 0));
        const char *rest = arena_printf(c->arena, "category=%s", word == NULL ? "other" : word);
        value_set_text(c->arena, m, "url", list_url(c, f, rest));
        rest = arena_printf(c->arena, "view=overdue&%s", rest);
        value_set_text(c->arena, m, "overdue_url", list_url(c, f, rest));
        value_push(c->arena, rows, m);
    }
    struct buf b;
    buf_init(&b, c->arena, 8192, CHART_MOST);
    chart_bars(&b, "t2-t", labels, counts, NULL, NULL, n);
    value_set_text(c->arena, c->page, "categories_html", buf_str(&b));
    value_set(c->arena, c->page, "categories", rows);
}

// Below this share of answers in time a department's bar is marked.
static const int64_t ON_TIME_LOW = 900000; // 90 %, in ten-thousandths

static bool
is_low(const struct value *percent)
{
    if (percent == NULL || percent->type == VALUE_NULL) {
        return false;
    }
    return percent->type == VALUE_DEC ? percent->i < ON_TIME_LOW
                                      : percent->i < ON_TIME_LOW / 10000;
}

static void
set_department_urls(struct ctx *c, struct value *m, const struct value *f, int64_t unit)
{
    const char *rest = arena_printf(c->arena, "lead_unit_id=%lld", (long long)unit);
    value_set_text(c->arena, m, "url", list_url(c, f, rest));
    value_set_text(c->arena, m, "open_url",
                   list_url(c, f, arena_printf(c->arena, "view=open&%s", rest)));
    value_set_text(c->arena, m, "overdue_url",
                   list_url(c, f, arena_printf(c->arena, "view=overdue&%s", rest)));
    value_set_text(c->arena, m, "timed_url",
                   list_url(c, f, arena_printf(c->arena, "measure=timed&%s", rest)));
    value_set_text(c->arena, m, "rated_url",
                   list_url(c, f, arena_printf(c->arena, "measure=rated&%s", rest)));
}

static void
set_departments(struct ctx *c, const struct value *f)
{
    const struct value *all = value_get(f, "by_department");
    size_t n = value_count(all) < BARS ? value_count(all) : BARS;
    const char **labels = ARENA_ARRAY(c->arena, const char *, n + 1);
    const char **notes = ARENA_ARRAY(c->arena, const char *, n + 1);
    int64_t *counts = ARENA_ARRAY(c->arena, int64_t, n + 1);
    bool *low = ARENA_ARRAY(c->arena, bool, n + 1);
    struct value *rows = value_list(c->arena);
    for (size_t i = 0; i < n; i++) {
        const struct value *x = value_at(all, i);
        const struct value *percent = value_get(x, "on_time_percent");
        const char *unit = value_get_text(x, "unit");
        const char *share = figure(c, percent);
        labels[i] = unit == NULL ? "" : unit;
        counts[i] = value_get_int(x, "handled", 0);
        low[i] = is_low(percent);
        const char *text = arena_printf(c->arena, "%lld", (long long)counts[i]);
        const char *form = low[i] ? T("{0} 件　▼{1}%") : T("{0} 件　{1}%");
        notes[i] = *share == '\0' || strcmp(share, "—") == 0
                       ? trf(c->arena, c->lang, "{0} 件", 1, text)
                       : trf(c->arena, c->lang, form, 2, text, share);
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "label", labels[i]);
        value_set_int(c->arena, m, "count", counts[i]);
        value_set_int(c->arena, m, "open", value_get_int(x, "open", 0));
        value_set_int(c->arena, m, "overdue", value_get_int(x, "overdue", 0));
        value_set_text(c->arena, m, "on_time", share);
        value_set_text(c->arena, m, "satisfied",
                       figure(c, value_get(x, "satisfaction_percent")));
        set_department_urls(c, m, f, value_get_int(x, "unit_id", 0));
        value_push(c->arena, rows, m);
    }
    struct buf b;
    buf_init(&b, c->arena, 8192, CHART_MOST);
    chart_bars(&b, "t3-t", labels, counts, notes, low, n);
    value_set_text(c->arena, c->page, "departments_html", buf_str(&b));
    value_set(c->arena, c->page, "departments", rows);
}

void
home_cockpit(struct ctx *c, const struct value *figures)
{
    int64_t as_of = value_get_int(figures, "as_of", c->now);
    value_set_text(c->arena, c->page, "title", TR(c, "企业诉求驾驶舱"));
    value_set_text(
        c->arena, c->page, "as_of",
        trf(c->arena, c->lang, "数据截至 {0}", 1, time_minute_text(c->arena, as_of)));
    set_kpis(c, figures);
    set_months(c, value_get(figures, "months"));
    set_categories(c, figures);
    set_departments(c, figures);
}
