// SPDX-License-Identifier: Apache-2.0
// Every embedded template parses in both languages, and what is embedded is in order.
#include "kit/assets.h"
#include "kit/embedded.h"
#include "kit/gate.h"
#include "view/language.h"
#include "view/mustache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY = 64 * 1024 * 1024 };

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

static void
parse_all(const struct mustache_options *o)
{
    for (size_t i = 0; i < EMBEDDED_PAGES_COUNT; i++) {
        struct arena *a = arena_new(MEMORY);
        const char *why = NULL;
        const struct embedded *e = &EMBEDDED_PAGES[i];
        if (mustache_parse(a, e->name, e->text, o, &why) == NULL) {
            fail_msg("%s", why);
        }
        arena_free(a);
    }
}

static void
pages_parse_in_chinese(void **state)
{
    parse_all(&(struct mustache_options){.flags = MUSTACHE_STRICT, .source = source});
}

static void
pages_parse_in_english(void **state)
{
    const char *why = NULL;
    if (!language_load(EMBEDDED_LANG_EN.text, EMBEDDED_LANG_EN.size, &why)) {
        fail_msg("%s", why);
    }
    parse_all(&(struct mustache_options){.flags = MUSTACHE_STRICT,
                                         .source = source,
                                         .translate = language_translate,
                                         .arg = (void *)(uintptr_t)LANG_EN});
}

static void
pages_are_sorted_and_measured(void **state)
{
    assert_true(EMBEDDED_PAGES_COUNT > 0);
    for (size_t i = 0; i < EMBEDDED_PAGES_COUNT; i++) {
        assert_int_equal(strlen(EMBEDDED_PAGES[i].text), EMBEDDED_PAGES[i].size);
        assert_true(i == 0 || strcmp(EMBEDDED_PAGES[i - 1].name, EMBEDDED_PAGES[i].name) < 0);
    }
}

static void
patches_are_sorted(void **state)
{
    for (size_t i = 0; i < EMBEDDED_PATCHES_COUNT; i++) {
        assert_non_null(EMBEDDED_PATCHES[i].sql);
        assert_true(i == 0 || EMBEDDED_PATCHES[i - 1].number < EMBEDDED_PATCHES[i].number);
    }
}

// The order is the contract of assets.h; the encodings must pay.
static void
assets_are_what_pages_name(void **state)
{
    static const char *const NAMES[] = {"app.css", "app.js", "doc.css", "i.svg", "logo.svg"};
    assert_int_equal(ASSETS_COUNT, sizeof NAMES / sizeof NAMES[0]);
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        const struct http_asset *f = &ASSETS[i];
        assert_string_equal(f->name, NAMES[i]);
        assert_true(strncmp(f->path, "/s/", 3) == 0 && f->plain_size > 0);
        assert_true(f->brotli == NULL || f->brotli_size < f->plain_size);
        assert_true(f->gzip == NULL || f->gzip_size < f->plain_size);
    }
}

static const struct nav_item NAV_HOME[] = {{.url = "/", .roles = ROLE_SIGNED_IN}, {0}};
static const struct nav_item NAV_MORE[] = {
    {.url = "/demands", .roles = ROLE_SIGNED_IN},
    {.url = "/demands/new", .roles = ROLE_MEMBER},
    {.url = "/demands-archive", .roles = ROLE_STAFF},
    {0},
};
static const struct module HOME = {.nav = NAV_HOME}, BARE = {0}, MORE = {.nav = NAV_MORE};

// One entry is the current one, the one that says most about where the reader is.
static void
the_longest_entry_is_current(void **state)
{
    static const struct module *const ALL[] = {&HOME, &BARE, &MORE, NULL};
    static const struct {
        unsigned roles;
        const char *path, *url;
    } CASES[] = {
        {ROLE_MEMBER, "/", "/"},
        {ROLE_MEMBER, "/demands", "/demands"},
        {ROLE_MEMBER, "/demands/7", "/demands"},
        {ROLE_MEMBER, "/demands/new", "/demands/new"},
        {ROLE_STAFF, "/demands/new", "/demands"}, // has no such entry
        {ROLE_STAFF, "/demands-archive/1", "/demands-archive"},
        {ROLE_MEMBER, "/demandsx", NULL},
        {ROLE_MEMBER, "/notices", NULL},
        {0, "/demands", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const char *url = page_current(ALL, CASES[i].roles, CASES[i].path);
        if ((url == NULL) != (CASES[i].url == NULL) ||
            (url != NULL && strcmp(url, CASES[i].url) != 0)) {
            fail_msg("%s is below %s", CASES[i].path, url == NULL ? "nothing" : url);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_parse_in_chinese),
        cmocka_unit_test(pages_parse_in_english),
        cmocka_unit_test(pages_are_sorted_and_measured),
        cmocka_unit_test(patches_are_sorted),
        cmocka_unit_test(assets_are_what_pages_name),
        cmocka_unit_test(the_longest_entry_is_current),
    };
    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
