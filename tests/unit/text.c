// SPDX-License-Identifier: Apache-2.0
// UTF-8 checks against the boundaries of RFC 3629; tidying, masking, limits.
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *a;

static int
set_up(void **state)
{
    a = arena_new(1 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

// An independent encoder: every code point must pass, every surrogate must not.
static size_t
encode(uint32_t c, char *out)
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char HEAD[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (char)(HEAD[n] | c);
    return n;
}

static void
accepts_exactly_unicode(void **state)
{
    char s[8];
    for (uint32_t c = 0; c < 0x120000; c++) {
        size_t n = encode(c, s);
        bool valid = c != 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        if (text_is_utf8(s, n) != valid) {
            fail_msg("U+%04X", c);
        }
        if (n > 1) {
            assert_false(text_is_utf8(s, n - 1)); // cut short
            assert_false(text_is_utf8(s + 1, n - 1));
        }
    }
    assert_false(text_is_utf8("\xC0\xAF", 2)); // overlong forms
    assert_false(text_is_utf8("\xE0\x80\xAF", 3));
    assert_false(text_is_utf8("\xF0\x80\x80\xAF", 4));
    assert_false(text_is_utf8("\xF8\x88\x80\x80\x80", 5));
    assert_false(text_is_utf8("a\0b", 3));
    assert_true(text_is_utf8("", 0));
}

static void
finds_control_characters(void **state)
{
    assert_false(text_has_control("汇桥 abc", false));
    assert_true(text_has_control("a\nb", false));
    assert_false(text_has_control("a\n\tb", true));
    assert_true(text_has_control("a\rb", true));
    assert_true(text_has_control("a\x1B[31m", true));
    assert_true(text_has_control("\x7F", true));
    assert_true(text_has_control("\xC2\x85", true)); // C1
    assert_true(text_has_control("txt\xE2\x80\xAE"
                                 "exe",
                                 true)); // right-to-left override
    assert_true(text_has_control("\xE2\x81\xA6", true));
    assert_false(text_has_control("👨‍👩‍👧", false)); // joiners are no overrides
}

static void
counts_characters(void **state)
{
    assert_int_equal(text_length(""), 0);
    assert_int_equal(text_length("会桥C17"), 5);
    assert_int_equal(text_prefix("会桥C17", 2), 6);
    assert_int_equal(text_prefix("会桥", 9), 6);
    assert_int_equal(text_prefix("会桥", 0), 0);
    assert_string_equal(text_ellipsis(a, "关于用地的诉求", 7), "关于用地的诉求");
    assert_string_equal(text_ellipsis(a, "关于用地的诉求", 6), "关于用地的…");
    assert_string_equal(text_ellipsis(a, "关于", 1), "…");
    assert_string_equal(text_ellipsis(a, "关于", 0), "");
}

static void
tidies_what_was_pasted(void **state)
{
    assert_string_equal(text_tidy(a, " \t　张　三\xEF\xBB\xBF \n", false), "张 三");
    assert_string_equal(text_tidy(a, "a \r\n\r\n b", false), "a b");
    assert_string_equal(text_tidy(a, "a\r\nb\rc\nd", true), "a\nb\nc\nd");
    assert_string_equal(text_tidy(a, "\n  a  b \n\n c\t\n", true), "a  b \n\n c");
    assert_string_equal(text_tidy(a, "", false), "");
    assert_string_equal(text_tidy(a, " 　\n", false), "");
    assert_string_equal(text_tidy(a, " 　\n", true), "");
    assert_string_equal(text_tidy(a, "\xE2\x80\x8B甲\xE2\x80\x8B乙", false), "甲乙");
}

static void
masks_what_is_personal(void **state)
{
    assert_string_equal(text_mask(a, "13812346620"), "138****6620");
    assert_string_equal(text_mask(a, "张三丰"), "张*丰");
    assert_string_equal(text_mask(a, "张三"), "张*");
    assert_string_equal(text_mask(a, "张"), "*");
    assert_string_equal(text_mask(a, ""), "");
    assert_string_equal(text_mask(a, "11010519491231002X"), "1********X");
}

static void
groups_thousands(void **state)
{
    assert_string_equal(text_grouped(a, "0.00"), "0.00");
    assert_string_equal(text_grouped(a, "999"), "999");
    assert_string_equal(text_grouped(a, "1000.50"), "1,000.50");
    assert_string_equal(text_grouped(a, "-1234567.80"), "-1,234,567.80");
    assert_string_equal(text_grouped(a, "-123"), "-123");
    assert_string_equal(text_grouped(a, ""), "");
}

static void
knows_mobile_numbers(void **state)
{
    assert_true(text_is_mobile("13812346620"));
    assert_true(text_is_mobile("19900000000"));
    assert_false(text_is_mobile("12812346620"));
    assert_false(text_is_mobile("1381234662"));
    assert_false(text_is_mobile("138123466200"));
    assert_false(text_is_mobile("1381234662x"));
    assert_false(text_is_mobile("+8613812346620"));
    assert_false(text_is_mobile(""));
    assert_false(text_is_mobile(NULL));
}

static void
reads_integers_without_overflow(void **state)
{
    int64_t v = 77;
    assert_true(text_to_int("0", &v) && v == 0);
    assert_true(text_to_int("-9223372036854775808", &v) && v == INT64_MIN);
    assert_true(text_to_int("9223372036854775807", &v) && v == INT64_MAX);
    v = 77;
    static const char *const BAD[] = {
        "9223372036854775808", "-9223372036854775809", "", "-", "+1", " 1", "1 ", "1.0", "0x1",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(text_to_int(BAD[i], &v));
        assert_int_equal(v, 77);
    }
    assert_false(text_to_int(NULL, &v));
}

static void
small_helpers(void **state)
{
    assert_true(text_list_has("admin staff leader", "staff"));
    assert_true(text_list_has("admin staff leader", "leader"));
    assert_false(text_list_has("admin staff leader", "lead"));
    assert_false(text_list_has("admin", "adminx"));
    assert_false(text_list_has("a  b", ""));
    assert_false(text_list_has(NULL, "a"));
    assert_true(text_starts("abc", "ab") && !text_starts("a", "ab"));
    assert_true(text_ends("abc", "bc") && !text_ends("c", "bc") && text_ends("c", ""));
    assert_true(text_equal(NULL, NULL) && !text_equal("", NULL) && text_equal("a", "a"));
    assert_string_equal(text_hex(a, "\x00\x9f\xff", 3), "009fff");
    assert_string_equal(text_lower(a, "AbZ[汇@"), "abz[汇@");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_exactly_unicode),
        cmocka_unit_test(finds_control_characters),
        cmocka_unit_test(counts_characters),
        cmocka_unit_test(tidies_what_was_pasted),
        cmocka_unit_test(masks_what_is_personal),
        cmocka_unit_test(groups_thousands),
        cmocka_unit_test(knows_mobile_numbers),
        cmocka_unit_test(reads_integers_without_overflow),
        cmocka_unit_test(small_helpers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
