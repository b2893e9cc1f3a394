// SPDX-License-Identifier: Apache-2.0
#include "mod/system/system.h"

#include "base/json.h"
#include "base/text.h"
#include "kit/find.h"
#include "kit/rule.h"
#include "view/html.h"

#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const struct db_stmt ALIVE = {
    .name = "system.alive", .sql = "SELECT 1 AS one", .params = "", .row = "one:int"};
static const struct db_stmt SESSIONS = {.name = "system.sessions",
                                        .sql = "SELECT count(*) AS n FROM session"
                                               " WHERE expires_at > $1",
                                        .params = "now:time",
                                        .row = "n:int"};
static const struct db_stmt *const STMTS[] = {&ALIVE, &SESSIONS, NULL};

static enum err
text_answer(struct ctx *c, const char *type, const char *text)
{
    c->raw_type = type;
    c->raw_body = text;
    c->raw_size = strlen(text);
    return ERR_OK;
}

static enum err
run_healthz(struct ctx *c)
{
    return text_answer(c, "text/plain; charset=utf-8", "ok\n");
}

static enum err
run_readyz(struct ctx *c)
{
    const struct program *p = c->app->program;
    bool leaving = p != NULL && atomic_load(&p->draining);
    if (leaving || db_is_read_only(c->app->db) ||
        db_value_int(c->tx, &ALIVE, DB_NONE, 0) != 1) {
        return ERR_UNAVAILABLE;
    }
    return text_answer(c, "text/plain; charset=utf-8", "ready\n");
}

static int64_t
resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL) {
        return 0;
    }
    int n = fscanf(f, "%ld %ld", &pages, &resident);
    fclose(f);
    return n == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : 0;
}

static void
figure(struct buf *b, const char *type, const char *name, uint64_t v)
{
    buf_printf(b, "# TYPE huiqiao_%s %s\nhuiqiao_%s %llu\n", name, type, name,
               (unsigned long long)v);
}

static void
time_spent(struct buf *b, const char *class, const struct http_took *t)
{
    static const char NAME[] = "huiqiao_request_seconds";
    uint64_t n = 0;
    for (size_t i = 0; i < HTTP_TOOK; i++) {
        n += t->took[i];
        buf_printf(b, "%s_bucket{class=\"%s\",le=\"%g\"} %llu\n", NAME, class,
                   HTTP_TOOK_MS[i] / 1000.0, (unsigned long long)n);
    }
    n += t->took[HTTP_TOOK];
    buf_printf(b, "%s_bucket{class=\"%s\",le=\"+Inf\"} %llu\n", NAME, class,
               (unsigned long long)n);
    buf_printf(b, "%s_sum{class=\"%s\"} %.6f\n", NAME, class, (double)t->sum_us / 1e6);
    buf_printf(b, "%s_count{class=\"%s\"} %llu\n", NAME, class, (unsigned long long)n);
}

static void
http_figures(struct buf *b, const struct http_server *server)
{
    struct http_stats s = {0};
    if (server != NULL) {
        http_stats(server, &s);
    }
    figure(b, "counter", "requests_total", s.requests);
    figure(b, "counter", "refused_total", s.refused);
    figure(b, "counter", "slow_closed_total", s.slow_closed);
    figure(b, "gauge", "connections", s.connections);
    buf_puts(b, "# TYPE huiqiao_answers_total counter\n");
    for (int i = 2; i < 6; i++) {
        buf_printf(b, "huiqiao_answers_total{class=\"%dxx\"} %llu\n", i,
                   (unsigned long long)s.status[i]);
    }
    buf_puts(b, "# TYPE huiqiao_request_seconds histogram\n");
    time_spent(b, "read", &s.reads);
    time_spent(b, "write", &s.writes);
}

static void
database_figures(struct buf *b, struct ctx *c)
{
    struct db_stats s;
    db_stats(c->app->db, &s);
    figure(b, "counter", "commits_total", db_generation(c->app->db));
    figure(b, "counter", "writes_total", s.jobs);
    figure(b, "counter", "write_turns_total", s.turns);
    buf_printf(b,
               "# TYPE huiqiao_write_turn_seconds_total counter\n"
               "huiqiao_write_turn_seconds_total %.6f\n",
               (double)s.busy_us / 1e6);
    figure(b, "gauge", "writes_waiting", s.waiting);
    figure(b, "gauge", "read_only", db_is_read_only(c->app->db));
    figure(b, "gauge", "sessions",
           (uint64_t)db_value_int(c->tx, &SESSIONS, DB_ARGS(DB_INT(c->now)), 0));
}

static enum err
run_metrics(struct ctx *c)
{
    struct statvfs disk = {0};
    struct buf b;
    buf_init(&b, c->arena, 4096, 65536);
    http_figures(&b, c->app->server);
    database_figures(&b, c);
    if (c->app->data != NULL && statvfs(c->app->data, &disk) == 0) {
        figure(&b, "gauge", "disk_free_bytes", disk.f_bavail * disk.f_frsize);
        figure(&b, "gauge", "disk_size_bytes", disk.f_blocks * disk.f_frsize);
    }
    figure(&b, "gauge", "jobs_last_run_timestamp_seconds",
           (uint64_t)(atomic_load(&c->app->minute) / 1000));
    figure(&b, "gauge", "resident_bytes", (uint64_t)resident_bytes());
    figure(&b, "gauge", "uptime_seconds", (uint64_t)((c->now - c->app->started) / 1000));
    return text_answer(c, "text/plain; version=0.0.4", buf_str(&b));
}

static enum err
run_openapi(struct ctx *c)
{
    c->out = system_openapi(c->app, c->arena);
    struct buf b;
    buf_init(&b, c->arena, 64 * 1024, 4 * 1024 * 1024);
    json_write(&b, c->out);
    return text_answer(c, "application/json; charset=utf-8", buf_str(&b));
}

// POST /api/v1/rules/NAME: the same text in and out as `huiqiao rule NAME`.
static enum err
run_rule(struct ctx *c)
{
    struct buf b;
    const char *why = NULL;
    const struct value *out = NULL;
    const char *name = ctx_param(c, "name");
    const struct value *in = json_parse(c->arena, c->req->body, c->req->body_size, &why);
    if (rule_find(name) == NULL) {
        return ERR_NOT_FOUND;
    }
    if (in == NULL) {
        c->detail = why;
        return ERR_BAD_REQUEST;
    }
    enum err e = rule_run(c->arena, name, in, &c->faults, &out);
    if (e != ERR_OK) {
        return e;
    }
    buf_init(&b, c->arena, 4096, 4 * 1024 * 1024);
    json_write(&b, out);
    return text_answer(c, "application/json; charset=utf-8", buf_str(&b));
}

static enum err
run_rules(struct ctx *c)
{
    struct value *out = value_map(c->arena);
    struct value *items = value_list(c->arena);
    const struct rule *r;
    for (size_t i = 0; (r = rule_at(i)) != NULL; i++) {
        value_push(c->arena, items, value_ref(c->arena, r->name));
    }
    value_set(c->arena, out, "items", items);
    c->out = out;
    return ERR_OK;
}

static enum err
run_search(struct ctx *c)
{
    const char *text =
        text_tidy(c->arena, ctx_query(c, "q") == NULL ? "" : ctx_query(c, "q"), false);
    if (text_length(text) > FIND_TEXT_MOST) {
        return ctx_fault(c, "q", "too_long", T("搜的内容太长了"));
    }
    struct value *out = value_map(c->arena);
    value_set_text(c->arena, out, "q", text);
    value_set(c->arena, out, "groups",
              *text == '\0' ? value_list(c->arena) : find_all(c, text));
    c->out = out;
    return ERR_OK;
}

static enum err
show_search(struct ctx *c)
{
    struct arena *a = c->arena;
    const char *text = value_get_text(c->out, "q");
    const struct value *groups = value_get(c->out, "groups");
    bool empty = *text != '\0' && value_count(groups) == 0;
    c->page = value_map(a);
    value_set_text(a, c->page, "title", ctx_tr(c, T("搜索")));
    value_set_text(a, c->page, "q", text);
    value_set(a, c->page, "groups", groups);
    value_set_text(a, c->page, "nothing",
                   empty ? ctx_trf(c, T("没有找到“{0}”"), 1, text) : NULL);
    return ERR_OK;
}

static enum err
run_static(struct ctx *c)
{
    c->page = value_map(c->arena);
    return ERR_OK;
}

static enum err
show_privacy(struct ctx *c)
{
    c->page = value_map(c->arena);
    value_set_text(c->arena, c->page, "title", ctx_tr(c, T("个人信息怎么用")));
    return ERR_OK;
}

static enum err
show_accessibility(struct ctx *c)
{
    c->page = value_map(c->arena);
    value_set_text(c->arena, c->page, "title", ctx_tr(c, T("无障碍说明")));
    return ERR_OK;
}

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/healthz",
     .roles = ROLE_ANYONE,
     .run = run_healthz,
     .flags = ROUTE_PAGE,
     .help = "The process lives"},
    {.method = HTTP_GET,
     .pattern = "/readyz",
     .roles = ROLE_ANYONE,
     .run = run_readyz,
     .flags = ROUTE_PAGE,
     .help = "The database answers and the server is not about to end"},
    {.method = HTTP_GET,
     .pattern = "/metrics",
     .roles = ROLE_ANYONE,
     .run = run_metrics,
     .flags = ROUTE_PAGE,
     .help = "Figures in Prometheus text"},
    {.method = HTTP_GET,
     .pattern = "/api/openapi.json",
     .roles = ROLE_ANYONE,
     .run = run_openapi,
     .flags = ROUTE_PAGE,
     .help = "This description"},
    {.method = HTTP_GET,
     .pattern = "/rules",
     .roles = ROLE_SIGNED_IN,
     .run = run_rules,
     .flags = ROUTE_API,
     .help = "Names of the pure rules"},
    {.method = HTTP_POST,
     .pattern = "/rules/{name}",
     .roles = ROLE_SIGNED_IN,
     .run = run_rule,
     .flags = ROUTE_API | ROUTE_NO_TX,
     .max_body = 1024 * 1024,
     .help = "One pure rule: JSON in, JSON out"},
    {.method = HTTP_GET,
     .pattern = "/search",
     .roles = ROLE_SIGNED_IN,
     .run = run_search,
     .show = show_search,
     .page = "search",
     .help = "What ?q= finds of everything the reader may see, by kind"},
    {.method = HTTP_GET,
     .pattern = "/privacy",
     .roles = ROLE_ANYONE,
     .run = run_static,
     .show = show_privacy,
     .page = "privacy",
     .flags = ROUTE_PAGE,
     .help = "How personal data is used"},
    {.method = HTTP_GET,
     .pattern = "/accessibility",
     .roles = ROLE_ANYONE,
     .run = run_static,
     .show = show_accessibility,
     .page = "accessibility",
     .flags = ROUTE_PAGE,
     .help = "Accessibility statement"},
    {0},
};

const struct module SYSTEM_MODULE = {.name = "system", .routes = ROUTES, .stmts = STMTS};
