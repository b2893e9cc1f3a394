// SPDX-License-Identifier: Apache-2.0
// The orders of names: by strokes as candidates are listed, by sound as registers are.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kit/name_key.h"
#include "kit/strokes.h"

#include <string.h>

static int
setup(void **state)
{
    *state = arena_new((size_t)16 << 20);
    return 0;
}

static int
teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void
assert_order(struct arena *a, enum name_order order, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            const char *before = name_key(a, order, names[i]);
            const char *after = name_key(a, order, names[k]);
            if (strcmp(before, after) >= 0) {
                fail_msg("%s (%s) is not before %s (%s)", names[i], before, names[k], after);
            }
        }
    }
}
#define ORDER(a, order, ...)                                                                   \
    assert_order(a, order, (const char *const[]){__VA_ARGS__},                                 \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

// The names of architecture §11, with those ICU also puts wrong.
static void
test_surnames(void **state)
{
    ORDER(*state, NAME_STROKES, "丁", "邓", "李", "杨", "吴", "邱", "沈", "张", "陆", "陈",
          "郑");
    ORDER(*state, NAME_STROKES, "丁一", "王一", "王伟", "毛一", "刘一", "李一", "欧阳一",
          "郑一", "赵一", "戴一", "魏一");
}

static void
test_given_names(void **state)
{
    // one surname: names of one character first, then by the strokes of each
    ORDER(*state, NAME_STROKES, "王一", "王磊", "王一鸣", "王建国", "王磊一");
    ORDER(*state, NAME_STROKES, "张卫", "张卫东", "张卫国");
    // as many strokes, told apart by the first that differs: 横 竖 撇 点 折
    ORDER(*state, NAME_STROKES, "王干", "王上", "王千", "王门", "王己");
    // written alike, so by the name itself: two who are called the same stand together
    struct arena *a = *state;
    assert_string_equal(name_key(a, NAME_STROKES, "王己"), name_key(a, NAME_STROKES, "王己"));
    assert_string_not_equal(name_key(a, NAME_STROKES, "王己"),
                            name_key(a, NAME_STROKES, "王已"));
}

static void
test_strokes_of(void **state)
{
    (void)state;
    size_t n;
    const char *s = strokes_of(0x674E, &n); // 李
    assert_int_equal(n, 7);
    assert_memory_equal(s, "1234521", 7);
    assert_null(strokes_of('a', &n));
    assert_int_equal(n, 0);
    assert_null(strokes_of(0x20BB7, &n)); // 𠮷, not its low half
}

static void
test_pinyin(void **state)
{
    ORDER(*state, NAME_PINYIN, "陈立", "陈立新", "邓荣", "单晓", "沈佳", "吴芳", "曾明",
          "郑凯");
    // syllables, not letters: li an before lian
    ORDER(*state, NAME_PINYIN, "李安", "李安安", "连山");
    ORDER(*state, NAME_PINYIN, "3M中国", "ABC有限公司", "abd", "重庆商会", "江南精密",
          "江南精密厂");
}

static void
test_any_text(void **state)
{
    struct arena *a = *state;
    static const char *const NAMES[] = {"", "a", "，", "𠮷野家", "\xEF\xBC\xA1", "龘龘龘", "·"};
    char longest[400] = {0};
    for (size_t i = 0; i < 130; i++) {
        memcpy(longest + 3 * i, "国", 3);
    }
    for (enum name_order o = NAME_PINYIN; o <= NAME_STROKES; o++) {
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
            const char *key = name_key(a, o, NAMES[i]);
            assert_true(strlen(key) > strlen(NAMES[i])); // never empty, ends with the name
            assert_string_equal(key + strlen(key) - strlen(NAMES[i]), NAMES[i]);
        }
        assert_true(strlen(name_key(a, o, longest)) > sizeof longest - 20);
    }
    ORDER(a, NAME_STROKES, "一", "𠮷"); // what the table does not have comes last
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_surnames), TEST(test_given_names),
                                       TEST(test_strokes_of), TEST(test_pinyin),
                                       TEST(test_any_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
