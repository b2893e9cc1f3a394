// SPDX-License-Identifier: Apache-2.0
// The catalogue and the choice of a language.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "view/language.h"

#include <stdio.h>
#include <string.h>

static bool
load(const char *json)
{
    const char *why = NULL;
    bool ok = language_load(json, strlen(json), &why);
    assert_true(ok || (why != NULL && *why != '\0'));
    return ok;
}

static void
test_tr(void **state)
{
    (void)state;
    assert_true(load("{\"商会\":\"chamber\",\"待译\":\"\",\"第 {0} 页\":\"page {0}\"}"));
    assert_string_equal(tr(LANG_EN, "商会"), "chamber");
    assert_string_equal(tr(LANG_ZH, "商会"), "商会");
    assert_string_equal(tr(LANG_EN, "没有"), "没有");
    assert_string_equal(tr(LANG_EN, "待译"), "待译");
    assert_null(language_translate((void *)(uintptr_t)LANG_EN, "没有"));
    assert_null(language_translate((void *)(uintptr_t)LANG_ZH, "商会"));
    assert_string_equal(language_tag(LANG_ZH), "zh-CN");
    assert_string_equal(language_tag(LANG_EN), "en");
}

// Enough entries to make the hash grow and collide.
static void
test_many(void **state)
{
    (void)state;
    struct arena *a = arena_new(1024 * 1024);
    char *json = arena_alloc(a, 100000);
    char *p = json;
    for (int i = 0; i < 2000; i++) {
        p += sprintf(p, "%c\"键%d\":\"key %d\"", i == 0 ? '{' : ',', i, i);
    }
    strcpy(p, "}");
    assert_true(load(json));
    for (int i = 0; i < 2000; i++) {
        assert_string_equal(tr(LANG_EN, arena_printf(a, "键%d", i)),
                            arena_printf(a, "key %d", i));
    }
    assert_string_equal(tr(LANG_EN, "键2000"), "键2000");
    arena_free(a);
}

// A bad catalogue is refused and the one in use stays.
static void
test_bad_catalogue(void **state)
{
    (void)state;
    assert_true(load("{\"商会\":\"chamber\"}"));
    assert_false(load("{"));
    assert_false(load("[]"));
    assert_false(load("{\"a\":1}"));
    assert_false(load("{\"a\":\"x\",\"a\":\"y\"}"));
    assert_string_equal(tr(LANG_EN, "商会"), "chamber");
}

static void
test_trf(void **state)
{
    (void)state;
    assert_true(load("{\"{0}的{1}\":\"{1} of {0}\"}"));
    struct arena *a = arena_new(1024 * 1024);
    assert_string_equal(trf(a, LANG_ZH, "{0}的{1}", 2, "商会", "会员"), "商会的会员");
    assert_string_equal(trf(a, LANG_EN, "{0}的{1}", 2, "chamber", "members"),
                        "members of chamber");
    // Places without an argument and other braces stay; arguments are not read again.
    assert_string_equal(trf(a, LANG_ZH, "{0}{1}{a}{", 1, "{0}"), "{0}{1}{a}{");
    assert_string_equal(trf(a, LANG_ZH, "{0}{0}", 1, NULL), "");
    assert_string_equal(trf(a, LANG_ZH, "无", 0), "无");
    arena_free(a);
}

static void
test_plural(void **state)
{
    (void)state;
    assert_true(
        load("{\"{0} 天\":\"{0} days\",\"{0} 天|one\":\"{0} day\",\"{0} 周\":\"{0} weeks\"}"));
    struct arena *a = arena_new(1024 * 1024);
    assert_string_equal(trf(a, LANG_EN, "{0} 天", 1, "1"), "1 day");
    assert_string_equal(trf(a, LANG_EN, "{0} 天", 1, "11"), "11 days");
    assert_string_equal(trf(a, LANG_EN, "{0} 天", 1, "0"), "0 days");
    assert_string_equal(trf(a, LANG_EN, "{0} 周", 1, "1"), "1 weeks");
    assert_string_equal(trf(a, LANG_ZH, "{0} 天", 1, "1"), "1 天");
    arena_free(a);
}

static void
test_header(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        enum language expected;
    } rows[] = {
        {NULL, LANG_ZH},
        {"", LANG_ZH},
        {"en", LANG_EN},
        {"en-US,en;q=0.9", LANG_EN},
        {"EN-gb", LANG_EN},
        {"zh-CN,zh;q=0.9,en;q=0.8", LANG_ZH},
        {"en;q=0.8,zh;q=0.9", LANG_ZH},
        {"en;q=0.9 , zh;q=0.8", LANG_EN},
        {"en ; q=0.9,zh;Q=0.85", LANG_EN},
        {"fr,de", LANG_ZH},
        {"fr,en;q=0.1", LANG_EN},
        {"en;q=0", LANG_ZH},
        {"en,zh", LANG_ZH}, // equal: Chinese
        {"*", LANG_ZH},
        {"zh;q=0.5,*;q=0.8", LANG_EN}, // anything but Chinese is preferred
        {"zh;q=0,*", LANG_EN},
        {"en;q=0,*", LANG_ZH},
        {"en;q=1.001,zh;q=0.1", LANG_ZH},
        {"en;q=0.9999,zh;q=0.1", LANG_ZH},
        {"en;q=,zh;q=0.001", LANG_ZH},
        {"en;q=1.000,zh;q=0.999", LANG_EN},
        {"english", LANG_ZH},
        {"zho,en;q=0.1", LANG_EN},
        {",,;,en", LANG_EN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (language_from_header(rows[i].accept) != rows[i].expected) {
            fail_msg("%s", rows[i].accept);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tr),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_bad_catalogue),
        cmocka_unit_test(test_trf),
        cmocka_unit_test(test_plural),
        cmocka_unit_test(test_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
