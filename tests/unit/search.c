// SPDX-License-Identifier: Apache-2.0
// Tokens and expressions: what is typed must find what was written, and nothing that is typed
// may reach the engine as its syntax.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "kit/pinyin.h"
#include "kit/search.h"

#include <string.h>

static int
set_up(void **state)
{
    *state = arena_new((size_t)16 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(*state);
    return 0;
}

// What is kept of single characters has to give what ICU says of the whole name.
static void
kept_readings_are_icus(void **state)
{
    UChar whole[PINYIN_MOST], kept[PINYIN_MOST], name[8];
    static const UChar few[] = u"重庆沈阳秘鲁藏文令狐万俟澹台长孙单曾区华一行乐";
    enum { FEW = sizeof few / sizeof *few - 1, ROUNDS = 3000 };
    uint32_t seed = 7;
    for (unsigned i = 0; i < ROUNDS; i++) {
        int32_t n = 1 + (int32_t)(i % 6);
        for (int32_t k = 0; k < n; k++) {
            seed = seed * 1664525U + 1013904223U;
            name[k] = i % 2 == 0 ? few[(seed >> 8) % FEW]
                                 : (UChar)(0x4E00 + (seed >> 8) % (0x9FA5 - 0x4E00));
        }
        int32_t size = pinyin_latin_whole(name, n, whole);
        assert_int_equal(pinyin_latin(name, n, kept), size);
        assert_memory_equal(kept, whole, (size_t)size * sizeof *kept);
    }
}

static void
chinese_is_cut_into_pairs(void **state)
{
    struct arena *a = *state;
    assert_string_equal(search_tokens(a, "江南精密", false), "江南 南精 精密");
    assert_string_equal(search_tokens(a, "江", false), "江");
    assert_string_equal(search_tokens(a, "江，南精", false), "江 南精");
    assert_string_equal(search_tokens(a, "𠮷野家", false), "𠮷野 野家"); // beyond the BMP
    assert_string_equal(search_tokens(a, "", false), "");
    assert_string_equal(search_tokens(a, NULL, false), "");
    assert_string_equal(search_tokens(a, "！？ …", false), "");
}

static void
other_scripts_are_words_in_one_case(void **state)
{
    struct arena *a = *state;
    assert_string_equal(search_tokens(a, "SQ2026-000412", false), "sq2026 000412");
    assert_string_equal(search_tokens(a, "ＡＢＣ１２３", false), "abc123"); // full width
    assert_string_equal(search_tokens(a, "Ünïcode it's", false), "ünïcode it s");
    assert_string_equal(search_tokens(a, "5G基站A区", false), "5g 基站 a 区");
    assert_string_equal(search_tokens(a, "Straße", false), search_tokens(a, "STRASSE", false));
}

static void
names_have_pinyin_and_initials(void **state)
{
    struct arena *a = *state;
    const char *t = search_tokens(a, "江南精密", true);
    assert_true(text_list_has(t, "jiangnanjingmi"));
    assert_true(text_list_has(t, "jnjm"));
    assert_true(text_list_has(t, "jiangnan"));
    assert_true(text_list_has(t, "jn"));
    assert_true(text_list_has(t, "江南"));
    assert_string_equal(search_tokens(a, "银行", true), "银行 银 行 yinxing yx");
    t = search_tokens(a, "重庆银行A", true);
    assert_true(text_list_has(t, "chongqingyinxing"));
    assert_true(text_list_has(t, "cq"));
    assert_string_equal(search_tokens(a, "江", true), "江 jiang");
    assert_false(text_list_has(search_tokens(a, "江南精密", false), "jnjm"));
}

static void
names_are_found_by_one_character(void **state)
{
    struct arena *a = *state;
    assert_true(text_list_has(search_tokens(a, "江南精密", true), "精"));
    assert_false(text_list_has(search_tokens(a, "江南精密", false), "精"));
    assert_string_equal(search_singles(a, "停电3次，急"), "停 电"); // 次 and 急 stand alone
    assert_string_equal(search_singles(a, "𠮷野"), "𠮷 野");
    assert_string_equal(search_singles(a, NULL), "");
}

static void
near_allows_one_slip(void **state)
{
    struct arena *a = *state;
    assert_string_equal(search_near(a, "江南密", NULL),
                        "\"jiangnanmi\" OR \"南密\" OR \"江\" \"密\" OR \"江南\"");
    assert_null(search_near(a, "江南", NULL)); // too short to be mistaken
    assert_null(search_near(a, "jnjm", NULL));
    assert_null(search_near(a, "江南 精密", NULL));
    assert_null(search_near(a, "", NULL));
    assert_null(search_near(a, NULL, NULL));
    assert_null(search_near(a, "江南精密江南精密江南精密江南", NULL));
}

// Engines bind "and" closer than OR, so whose it is stands in every alternative.
static void
whose_it_is_narrows_every_alternative(void **state)
{
    struct arena *a = *state;
    const char *in = search_whose(a, 'c', 12);
    assert_string_equal(in, "xc12 ");
    assert_string_equal(search_expression(a, "江南 精密", in), "\"江南\" \"精密\" \"xc12\"");
    assert_null(search_expression(a, "%", in));
    assert_string_equal(search_near(a, "江南密", in),
                        "\"jiangnanmi\" \"xc12\" OR \"南密\" \"xc12\" OR \"江\" \"密\" \"xc12\""
                        " OR \"江南\" \"xc12\"");
    assert_string_equal(search_either(a, NULL, "b"), "b");
    assert_string_equal(search_either(a, "a", NULL), "a");
    assert_null(search_either(a, NULL, NULL));
    struct buf most;
    buf_init(&most, a, 64, 4096);
    for (int i = 0; i < 100; i++) {
        buf_printf(&most, "a%d ", i);
    }
    assert_non_null(strstr(search_expression(a, buf_str(&most), in), "\"xc12\""));
}

static void
tokens_hold_no_ascii_but_letters_and_digits(void **state)
{
    struct arena *a = *state;
    const char *t = search_tokens(
        a, "a\"b' OR \"c\" NEAR(d) {e} -f *g ^h:i (j) \\k;l--m %n_o\x01p \xE2\x80\x8Bq", true);
    for (const char *p = t; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        assert_true(c >= 128 || c == ' ' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'));
    }
    assert_true(text_list_has(t, "or")); // a word like any other
}

static void
expressions_quote_every_token(void **state)
{
    struct arena *a = *state;
    assert_string_equal(search_expression(a, "江南 OR \"x", NULL), "\"江南\" \"or\" \"x\"");
    assert_null(search_expression(a, "", NULL));
    assert_null(search_expression(a, NULL, NULL));
    assert_null(search_expression(a, "\"*()-", NULL));
}

static void
huge_input_is_bounded(void **state)
{
    struct arena *a = *state;
    enum { SIZE = 300000 };
    char *text = arena_alloc(a, SIZE + 1);
    for (size_t i = 0; i + 3 <= SIZE; i += 3) {
        memcpy(text + i, "\xE6\xB1\x9F", 3);
    }
    size_t n = strlen(search_tokens(a, text, true));
    assert_in_range(n, 1, 256 * 1024);
    assert_true(text_is_utf8(search_tokens(a, text, true), n));
    const char *e = search_expression(a, text, NULL);
    assert_in_range(strlen(e), 1, 1024); // at most 64 words of two characters
}

static void
kinds_have_ranges_of_their_own(void **state)
{
    int64_t org = search_base("organization");
    int64_t enterprise = search_base("enterprise");
    assert_true(org > 0);
    assert_true(enterprise - org >= INT64_C(1) << 40);
    assert_int_equal(search_base("nonsense"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(chinese_is_cut_into_pairs),
        TEST(other_scripts_are_words_in_one_case),
        TEST(names_have_pinyin_and_initials),
        TEST(tokens_hold_no_ascii_but_letters_and_digits),
        TEST(expressions_quote_every_token),
        TEST(huge_input_is_bounded),
        TEST(kinds_have_ranges_of_their_own),
        TEST(names_are_found_by_one_character),
        TEST(near_allows_one_slip),
        TEST(whose_it_is_narrows_every_alternative),
        cmocka_unit_test(kept_readings_are_icus),
    };
    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
