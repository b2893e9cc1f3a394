// SPDX-License-Identifier: Apache-2.0
// How long a list page takes to render: 20 rows of 12 cells in a page frame, about 30 KB.
#include "base/timestamp.h"
#include "view/mustache.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char FRAME[] =
    "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
    "<title>{{title}}</title><link rel=\"stylesheet\" href=\"{{css}}\"></head>\n<body>\n"
    "<nav aria-label=\"[[主导航]]\"><ul>\n{{#nav}}\n<li><a href=\"{{url}}\""
    "{{#here}} aria-current=\"page\"{{/here}}><svg class=\"icon\" aria-hidden=\"true\">"
    "<use href=\"/s/i.svg#{{icon}}\"/></svg>{{label}}</a></li>\n{{/nav}}\n</ul></nav>\n"
    "<main id=\"main\">\n{{$main}}{{/main}}\n</main></body></html>\n";

static const char LIST[] =
    "{{<frame}}\n{{$main}}\n<h1>{{title}}</h1>\n<table class=\"data\">\n<tbody>\n{{#rows}}\n"
    "<tr id=\"row-{{id}}\">\n"
    "  <td class=\"num\"><a href=\"/demands/{{id}}\">{{receipt_no}}</a></td>\n"
    "  <td class=\"title\"><a href=\"/demands/{{id}}?from=list\">{{name}}</a></td>\n"
    "  <td><a href=\"/enterprises/{{enterprise_id}}\">{{enterprise}}</a></td>\n"
    "  <td class=\"muted small nowrap\">{{category}}</td>\n"
    "  <td><span class=\"badge is-{{light}}\"><svg class=\"icon\" aria-hidden=\"true\">"
    "<use href=\"/s/i.svg#clock\"/></svg>{{state}}</span></td>\n"
    "  <td class=\"muted small nowrap\">{{unit}}</td>\n"
    "  <td class=\"num nowrap\"><time datetime=\"{{due_at}}\">{{due_at}}</time></td>\n"
    "  <td class=\"num nowrap\">{{created_at}}</td>\n"
    "  <td class=\"muted small nowrap\">{{level}}</td>\n"
    "  <td class=\"muted small nowrap\">{{contact}}</td>\n"
    "  <td class=\"num right\">{{satisfaction}}</td>\n"
    "  <td class=\"actions\">{{#can_sign}}<form method=\"post\" "
    "action=\"/demands/{{id}}/sign\">"
    "<input type=\"hidden\" name=\"csrf\" value=\"{{csrf}}\"><button class=\"btn small\">"
    "[[签收]]</button></form>{{/can_sign}}{{^can_sign}}<span class=\"muted\">[[无操作]]</span>"
    "{{/can_sign}}</td>\n</tr>\n{{/rows}}\n</tbody></table>\n{{/main}}\n{{/frame}}\n";

static const char *
source(void *arg, const char *name)
{
    (void)arg;
    (void)name;
    return FRAME;
}

static struct value *
make_row(struct arena *a, int i)
{
    struct value *m = value_map(a);
    value_set_int(a, m, "id", 100000 + i);
    value_set_text(a, m, "receipt_no", arena_printf(a, "SQ2026-%06d", i));
    value_set_text(a, m, "name", "园区道路夜间限行，冷链车辆无法按时配送 <急>");
    value_set_int(a, m, "enterprise_id", 7000 + i);
    value_set_text(a, m, "enterprise", "临江市恒达冷链物流有限公司");
    value_set_text(a, m, "category", "营商环境·交通");
    value_set_text(a, m, "light", "warn");
    value_set_text(a, m, "state", "办理中");
    value_set_text(a, m, "unit", "市交通运输局");
    value_set(a, m, "due_at", value_time(a, INT64_C(1795426800000) + i * TIME_DAY));
    value_set(a, m, "created_at", value_time(a, INT64_C(1795026800000) + i * TIME_HOUR));
    value_set_text(a, m, "level", "重点");
    value_set_text(a, m, "contact", "王* 138****6620");
    value_set_int(a, m, "satisfaction", i % 5 + 1);
    value_set_bool(a, m, "can_sign", i % 3 == 0);
    return m;
}

static struct value *
make_data(struct arena *a)
{
    struct value *d = value_map(a);
    value_set_text(a, d, "title", "诉求办理");
    value_set_text(a, d, "css", "/s/app.css");
    value_set_text(a, d, "csrf", "0123456789abcdef0123456789abcdef");
    struct value *nav = value_list(a);
    for (int i = 0; i < 12; i++) {
        struct value *m = value_map(a);
        value_set_text(a, m, "url", "/demands");
        value_set_bool(a, m, "here", i == 2);
        value_set_text(a, m, "icon", "list-check");
        value_set_text(a, m, "label", "诉求办理");
        value_push(a, nav, m);
    }
    value_set(a, d, "nav", nav);
    struct value *rows = value_list(a);
    for (int i = 0; i < 20; i++) {
        value_push(a, rows, make_row(a, i));
    }
    value_set(a, d, "rows", rows);
    return d;
}

static double
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int
main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 20000;
    struct arena *a = arena_new(64 * 1024 * 1024);
    struct mustache_options o = {MUSTACHE_STRICT, source, NULL, NULL};
    const char *why = NULL;
    struct mustache *m = mustache_parse(a, "list.html", LIST, &o, &why);
    if (m == NULL) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    struct value *data = make_data(a);
    struct arena *page = arena_new(4 * 1024 * 1024);
    size_t bytes = 0;
    double best = 1e9;
    for (int batch = 0; batch < 10; batch++) {
        double start = now_us();
        for (int i = 0; i < rounds / 10; i++) {
            struct buf out;
            buf_init(&out, page, 64 * 1024, 1024 * 1024);
            if (!mustache_render(m, data, &out, &why)) {
                fprintf(stderr, "%s\n", why);
                return 1;
            }
            bytes = out.n;
            arena_reset(page);
        }
        double each = (now_us() - start) / (rounds / 10.0);
        best = each < best ? each : best;
    }
    printf("list page, 20 rows x 12 cells: %zu bytes, %.1f us (best of 10 batches)\n", bytes,
           best);
    arena_free(page);
    arena_free(a);
    return 0;
}
