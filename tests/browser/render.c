// SPDX-License-Identifier: Apache-2.0
// Renders embedded pages from JSON on standard input, for looking at templates and for browser
// checks before their modules exist: [{"page": "list", "out": "list.html", "data": {…}}, …].
// With --assets it prints the map `assets` of the pages; with --dump DIR it writes the files.
#include "base/json.h"
#include "kit/assets.h"
#include "kit/embedded.h"
#include "view/language.h"
#include "view/mustache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 64 * 1024 * 1024, PAGE_MAX = 4 * 1024 * 1024 };

static const char *
source(void *arg, const char *name)
{
    for (size_t i = 0; i < EMBEDDED_PAGES_COUNT; i++) {
        if (strcmp(EMBEDDED_PAGES[i].name, name) == 0) {
            return EMBEDDED_PAGES[i].text;
        }
    }
    return NULL;
}

static bool
write_file(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL) {
        perror(path);
        return false;
    }
    bool ok = fwrite(p, 1, n, f) == n;
    return (fclose(f) == 0) && ok;
}

static bool
render_one(struct arena *a, enum language l, const struct value *v)
{
    const char *page = value_get_text(v, "page");
    const char *out = value_get_text(v, "out");
    const char *text = page == NULL ? NULL : source(NULL, page);
    if (text == NULL || out == NULL) {
        fprintf(stderr, "no page %s\n", page == NULL ? "?" : page);
        return false;
    }
    struct mustache_options o = {.flags = MUSTACHE_STRICT, .source = source};
    if (l != LANG_ZH) {
        o.translate = language_translate;
        o.arg = (void *)(uintptr_t)l;
    }
    const char *why = NULL;
    struct mustache *m = mustache_parse(a, page, text, &o, &why);
    struct buf b;
    buf_init(&b, a, 16 * 1024, PAGE_MAX);
    if (m == NULL || !mustache_render(m, value_get(v, "data"), &b, &why)) {
        fprintf(stderr, "%s: %s\n", page, why);
        return false;
    }
    return write_file(out, b.p, b.n);
}

static int
render_all(struct arena *a, enum language l)
{
    const char *why = NULL;
    if (!language_load(EMBEDDED_LANG_EN.text, EMBEDDED_LANG_EN.size, &why)) {
        fprintf(stderr, "en: %s\n", why);
        return 1;
    }
    char *text = arena_raw(a, PAGE_MAX);
    size_t n = fread(text, 1, PAGE_MAX, stdin);
    const struct value *list = json_parse(a, text, n, &why);
    if (list == NULL) {
        fprintf(stderr, "input: %s\n", why);
        return 1;
    }
    int failed = 0;
    for (size_t i = 0; i < value_count(list); i++) {
        failed += render_one(a, l, value_at(list, i)) ? 0 : 1;
    }
    return failed == 0 ? 0 : 1;
}

static int
print_assets(void)
{
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        printf("%s %s %s\n", ASSETS[i].name, ASSETS[i].path, ASSETS[i].type);
    }
    return 0;
}

static int
dump_assets(const char *dir)
{
    char path[4096];
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        const struct http_asset *f = &ASSETS[i];
        bool br = f->brotli != NULL;
        snprintf(path, sizeof path, "%s/%s%s", dir, f->name, br ? ".br" : "");
        if (!write_file(path, br ? f->brotli : f->plain, br ? f->brotli_size : f->plain_size)) {
            return 1;
        }
    }
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--assets") == 0) {
        return print_assets();
    }
    if (argc == 3 && strcmp(argv[1], "--dump") == 0) {
        return dump_assets(argv[2]);
    }
    struct arena *a = arena_new(MEMORY);
    int rc = render_all(a, argc == 2 && strcmp(argv[1], "en") == 0 ? LANG_EN : LANG_ZH);
    arena_free(a);
    return rc;
}
