// SPDX-License-Identifier: Apache-2.0
// Pages: templates parsed once a language, and what the frame shows to everybody.
#include "kit/gate.h"

#include "base/log.h"
#include "base/text.h"
#include "kit/assets.h"
#include "kit/embedded.h"
#include "kit/listing.h"
#include "kit/notice.h"
#include "kit/session.h"
#include "view/mustache.h"

#include <stdlib.h>
#include <string.h>

#define VERSION "0.1.0"

struct page {
    const char *name;
    const struct mustache *m[LANG_COUNT];
};

struct pages {
    struct page *items; // sorted by name, as they are embedded
    size_t count;
    const struct value *assets;
};

static int
by_name(const void *key, const void *item)
{
    return strcmp(key, ((const struct embedded *)item)->name);
}

static const char *
page_source(void *arg, const char *name)
{
    (void)arg;
    const struct embedded *e =
        bsearch(name, EMBEDDED_PAGES, EMBEDDED_PAGES_COUNT, sizeof *e, by_name);
    return e == NULL ? NULL : e->text;
}

static const struct value *
asset_urls(struct arena *a)
{
    static const char *const KEYS[][2] = {{"app.css", "app_css"},
                                          {"app.js", "app_js"},
                                          {"doc.css", "doc_css"},
                                          {"i.svg", "icons"},
                                          {"logo.svg", "logo"}};
    struct value *m = value_map(a);
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        for (size_t k = 0; k < sizeof KEYS / sizeof *KEYS; k++) {
            if (strcmp(ASSETS[i].name, KEYS[k][0]) == 0) {
                value_set_text(a, m, KEYS[k][1], ASSETS[i].path);
            }
        }
    }
    return m;
}

// Whole pages stand in a frame; the rest are partials, parsed where they are used.
static bool
is_whole_page(const struct embedded *e)
{
    return strncmp(e->name, "frame", 5) != 0 &&
           (strstr(e->text, "{{<frame") != NULL || strstr(e->text, "{{<page}}") != NULL);
}

struct pages *
pages_load(struct arena *a, const char **why)
{
    struct pages *p = ARENA_NEW(a, struct pages);
    p->items = ARENA_ARRAY(a, struct page, EMBEDDED_PAGES_COUNT);
    p->assets = asset_urls(a);
    for (size_t i = 0; i < EMBEDDED_PAGES_COUNT; i++) {
        const struct embedded *e = &EMBEDDED_PAGES[i];
        if (!is_whole_page(e)) {
            continue;
        }
        struct page *page = &p->items[p->count++];
        page->name = e->name;
        for (int l = 0; l < LANG_COUNT; l++) {
            struct mustache_options o = {.flags = MUSTACHE_STRICT,
                                         .source = page_source,
                                         .translate = language_translate,
                                         .arg = (void *)(uintptr_t)l};
            page->m[l] = mustache_parse(a, e->name, e->text, &o, why);
            if (page->m[l] == NULL) {
                return NULL;
            }
        }
    }
    return p;
}

static const struct mustache *
find_page(const struct pages *pages, const char *name, enum language l)
{
    for (size_t i = 0; i < pages->count; i++) {
        if (strcmp(pages->items[i].name, name) == 0) {
            return pages->items[i].m[l];
        }
    }
    return NULL;
}

// ---- what every page shows ------------------------------------------------------------------

// How much of the path an entry stands for; 0: the path is not below it.
static size_t
nav_covers(const char *url, const char *path)
{
    size_t n = strcspn(url, "?");
    if (strcmp(url, "/") == 0) {
        return strcmp(path, "/") == 0;
    }
    return strncmp(url, path, n) == 0 && (path[n] == '\0' || path[n] == '/') ? n : 0;
}

const char *
page_current(const struct module *const *modules, unsigned roles, const char *path)
{
    const char *current = NULL;
    size_t most = 0;
    for (; *modules != NULL; modules++) {
        const struct nav_item *item = (*modules)->nav;
        for (; item != NULL && item->url != NULL; item++) {
            size_t n = (item->roles & roles) != 0 ? nav_covers(item->url, path) : 0;
            if (n > most) {
                most = n;
                current = item->url;
            }
        }
    }
    return current;
}

static struct value *
nav_value(struct ctx *c, const struct nav_item *item, const char *current, bool with_count)
{
    struct arena *a = c->arena;
    int64_t count = with_count && item->count != NULL && c->tx != NULL ? item->count(c) : -1;
    const struct value_pair pairs[] = {
        VALUE_PAIR("url", value_ref(a, item->url)),
        VALUE_PAIR("label", value_ref(a, tr(c->lang, item->label))),
        VALUE_PAIR("icon", value_ref(a, item->icon)),
        VALUE_PAIR("current", value_bool(text_equal(item->url, current))),
        VALUE_PAIR("count", count > 0 ? value_int(a, count) : &value_null),
    };
    return value_map_of(a, pairs, sizeof pairs / sizeof *pairs);
}

enum { GROUPS_MOST = 16 };

struct nav_group {
    const char *label; // Chinese
    struct value *items;
};

static struct value *
group_of(struct ctx *c, struct nav_group *groups, const char *label)
{
    struct nav_group *g = groups;
    while (g < groups + GROUPS_MOST - 1 && g->label != NULL && strcmp(g->label, label) != 0) {
        g++;
    }
    if (g->label == NULL) {
        *g = (struct nav_group){label, value_list(c->arena)};
    }
    return g->items;
}

static struct value *
groups_shown(struct ctx *c, const struct nav_group *groups)
{
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < GROUPS_MOST && groups[i].label != NULL; i++) {
        if (value_count(groups[i].items) > 0) {
            struct value *g = value_map(c->arena);
            value_set_text(c->arena, g, "label", tr(c->lang, groups[i].label));
            value_set(c->arena, g, "items", groups[i].items);
            value_push(c->arena, list, g);
        }
    }
    return list;
}

static void
add_nav(struct ctx *c)
{
    // What is done every day stands first, whatever the order of the modules.
    static const char *const ORDER[] = {T("工作"), T("诉求"), T("资料"), T("会费"),
                                        T("分析"), T("管理"), T("我的")};
    struct nav_group groups[GROUPS_MOST] = {0};
    struct value *tabs = value_list(c->arena);
    const char *now = page_current(c->app->modules, c->actor->roles, c->req->path);
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++) {
        group_of(c, groups, ORDER[i]);
    }
    for (size_t m = 0; c->app->modules[m] != NULL; m++) {
        const struct nav_item *item = c->app->modules[m]->nav;
        for (; item != NULL && item->url != NULL; item++) {
            if ((item->roles & c->actor->roles) == 0 ||
                (item->hidden != NULL && c->tx != NULL && item->hidden(c))) {
                continue;
            }
            value_push(c->arena, group_of(c, groups, item->group),
                       nav_value(c, item, now, true));
            if (item->tab && value_count(tabs) < 4) {
                value_push(c->arena, tabs, nav_value(c, item, now, false));
            }
        }
    }
    value_set(c->arena, c->page, "nav", groups_shown(c, groups));
    value_set(c->arena, c->page, "tabs", tabs);
}

static int64_t
count_unread(void *arg)
{
    struct ctx *c = arg;
    return notice_unread(c->tx, c->actor->id);
}

static int64_t
unread_of(struct ctx *c)
{
    const char *key = arena_printf(c->arena, "unread %lld", (long long)c->actor->id);
    return c->tx == NULL
               ? 0
               : listing_count_cached(c->app, key, db_tx_generation(c->tx), count_unread, c);
}

static void
add_me(struct ctx *c)
{
    struct arena *a = c->arena;
    int64_t unread = 0;
    if (c->actor->id == 0) {
        value_set(a, c->page, "me", &value_null);
    } else {
        struct value *me = value_map(a);
        unsigned lowest = c->actor->roles & (0U - c->actor->roles);
        value_set_int(a, me, "id", c->actor->id);
        value_set_text(a, me, "name", c->actor->name);
        value_set_text(a, me, "role_label", tr(c->lang, role_label((enum role)lowest)));
        value_set_text(a, me, "unit",
                       c->actor->organization == NULL ? "" : c->actor->organization);
        value_set(a, c->page, "me", me);
        unread = unread_of(c);
    }
    value_set_int(a, c->page, "notices", unread);
    value_set_bool(a, c->page, "has_notices", unread > 0);
}

// A choice kept in a cookie until the account keeps it.
static const char *
preference(struct ctx *c, const char *cookie, const char *kept, const char *allowed)
{
    const char *v = c->actor->id > 0 ? kept : http_cookie(c->req, cookie);
    return v != NULL && text_list_has(allowed, v) ? v : NULL;
}

static int
hex_digit(char ch)
{
    return ch >= '0' && ch <= '9'   ? ch - '0'
           : ch >= 'A' && ch <= 'F' ? ch - 'A' + 10
           : ch >= 'a' && ch <= 'f' ? ch - 'a' + 10
                                    : -1;
}

static const char *
take_flash(struct ctx *c)
{
    const char *s = http_cookie(c->req, "hq_flash");
    if (s == NULL || *s == '\0') {
        return NULL;
    }
    struct buf b;
    buf_init(&b, c->arena, 128, 1024);
    for (; *s != '\0'; s++) {
        if (*s == '%' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
            buf_putc(&b, (char)(hex_digit(s[1]) * 16 + hex_digit(s[2])));
            s += 2;
        } else {
            buf_putc(&b, *s);
        }
    }
    http_set(c->req, c->resp, "Set-Cookie",
             "hq_flash=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    const char *text = buf_str(&b);
    return text_is_utf8(text, b.n) && !text_has_control(text, false) ? text : NULL;
}

static void
add_common(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *p = c->page;
    const char *theme = preference(c, "hq_theme", c->actor->theme, "auto light dark");
    const char *size = preference(c, "hq_size", c->actor->size, "normal large elder max");
    size = size == NULL ? "normal" : size;
    value_set_text(a, p, "lang", language_tag(c->lang));
    value_set_text(a, p, "theme", theme == NULL ? "auto" : theme);
    value_set_text(a, p, "size", size);
    value_set_bool(a, p, "size_is_large", strcmp(size, "normal") != 0);
    value_set(a, p, "assets", c->app->pages->assets);
    value_set_text(a, p, "district", c->app->district);
    value_set_text(a, p, "federation", c->app->federation);
    value_set_text(a, p, "csrf", session_csrf(c));
    value_set_text(a, p, "flash", take_flash(c));
    value_set_bool(a, p, "stale", c->stale);
    value_set_text(a, p, "path", c->req->path);
    value_set_text(a, p, "base", c->req->base);
    value_set_text(a, p, "version", VERSION);
    value_set_int(a, p, "year", time_civil(c->now).year);
    if (value_get(p, "dense") == NULL) { // of any table on the page
        value_set_bool(a, p, "dense", false);
    }
    add_me(c);
    add_nav(c);
}

static bool
render(const struct pages *pages, struct ctx *c, const char *name, struct buf *out)
{
    const struct mustache *m = find_page(pages, name, c->lang);
    const char *why = NULL;
    if (m == NULL) {
        log_error("no page %s", name);
        return false;
    }
    if (!mustache_render(m, c->page, out, &why)) {
        log_error("page %s: %s", name, why);
        return false;
    }
    return true;
}

bool
page_render(struct ctx *c, const char *name, struct buf *out)
{
    add_common(c);
    return render(c->app->pages, c, name, out);
}

bool
page_render_plain(const struct program *program, struct ctx *c, const char *name,
                  struct buf *out)
{
    struct arena *a = c->arena;
    struct value *p = c->page;
    const char *theme = preference(c, "hq_theme", NULL, "auto light dark");
    const char *size = preference(c, "hq_size", NULL, "normal large elder max");
    value_set_text(a, p, "lang", language_tag(c->lang));
    value_set_text(a, p, "theme", theme == NULL ? "auto" : theme);
    value_set_text(a, p, "size", size == NULL ? "normal" : size);
    value_set(a, p, "assets", program->pages->assets);
    value_set_text(a, p, "district", "");
    value_set_text(a, p, "base", "");
    value_set_text(a, p, "csrf", "");
    value_set_bool(a, p, "stale", false);
    return render(program->pages, c, name, out);
}

// Whether the attribute whose `="` begins at `at` leads somewhere.
static bool
leads(const char *html, const char *at)
{
    static const char *const NAMES[] = {"href", "action", "hx-get", "hx-post", "src"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        size_t n = strlen(NAMES[i]);
        if ((size_t)(at - html) >= n && memcmp(at - n, NAMES[i], n) == 0) {
            return true;
        }
    }
    return false;
}

// A quotation mark in HTML is always the template's own (values have theirs escaped), so what
// stands behind `="/` is one of our paths. The program's files are the same everywhere.
void
page_rebase(struct buf *out, const char *html, size_t n, const char *base)
{
    const char *from = html;
    const char *end = html + n;
    const char *at;
    while ((at = memmem(from, (size_t)(end - from), "=\"/", 3)) != NULL) {
        bool file = end - at > 5 && memcmp(at + 2, "/s/", 3) == 0;
        buf_put(out, from, (size_t)(at + 2 - from));
        buf_puts(out, !file && leads(html, at) ? base : "");
        from = at + 2;
    }
    buf_put(out, from, (size_t)(end - from));
}

static void
add_link(struct ctx *c, struct value *links, const char *url, const char *label, bool primary)
{
    struct value *m = value_map(c->arena);
    value_set_text(c->arena, m, "url", url);
    value_set_text(c->arena, m, "label", tr(c->lang, label));
    value_set_bool(c->arena, m, "primary", primary);
    value_push(c->arena, links, m);
}

// "工作人员、秘书长"
static const char *
roles_text(struct ctx *c, unsigned roles)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 1024);
    for (unsigned r = 1; r <= ROLE_MEMBER; r <<= 1) {
        if ((roles & r) != 0) {
            buf_puts(&b, b.n == 0 ? "" : tr(c->lang, T("、")));
            buf_puts(&b, tr(c->lang, role_label((enum role)r)));
        }
    }
    return buf_str(&b);
}

// The longest fault first: the whole input's, else the first field's.
static const char *
error_detail(struct ctx *c)
{
    if (c->detail != NULL) {
        return c->detail;
    }
    if (c->faults.count > 0) {
        return c->faults.items[0].message;
    }
    if (c->result == ERR_NOT_FOUND) {
        return tr(c->lang, T("网址可能少了几个字，或者这条内容已经撤下。"));
    }
    if (c->result == ERR_FORBIDDEN && c->route != NULL && !ctx_is(c, c->route->roles)) {
        return ctx_trf(c, T("这一页给{0}用。如果您需要，请联系工商联。"), 1,
                       roles_text(c, c->route->roles));
    }
    if (c->result == ERR_UNAVAILABLE && c->req->method != HTTP_GET) {
        return tr(c->lang, T("这次没有办成，系统正在恢复。"));
    }
    return NULL; // the title says it all
}

void
page_error(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct err_info *info = err_info(c->result);
    struct value *links = value_list(a);
    const struct value *resend = stale_resend(c);
    add_link(c, links, "/", T("回首页"), resend == &value_null);
    value_set_text(a, c->page, "title", tr(c->lang, info->title));
    value_set_text(a, c->page, "detail", error_detail(c));
    value_set_int(a, c->page, "status", info->status);
    value_set_text(a, c->page, "icon",
                   c->result == ERR_NOT_FOUND ? "map-off" : "alert-triangle");
    value_set(a, c->page, "request_id", &value_null);
    value_set(a, c->page, "resend", resend);
    value_set(a, c->page, "links", links);
}
