// SPDX-License-Identifier: Apache-2.0
// Credit codes: the worked examples of domain.md §4, and every way to mistype one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "kit/rule.h"
#include "mod/enterprise/uscc.h"
#include "mod/rules.h"

#include <string.h>

static const char *const SOUND[] = {"91320902MA0TEK012E", "51320902MJ0TEK0237",
                                    "13320902MB0TEK032L", "91320902MA0TK05390"};

static void
examples_are_sound(void **state)
{
    for (size_t i = 0; i < sizeof SOUND / sizeof SOUND[0]; i++) {
        assert_int_equal(uscc_check(SOUND[i]), USCC_SOUND);
        assert_true(uscc_organisation_is_sound(SOUND[i]));
    }
}

// A check modulo the prime 31 finds every single mistake, and every swap of two neighbours
// that differ.
static void
every_single_mistake_is_found(void **state)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for (size_t i = 0; i < 18; i++) {
        for (const char *c = alphabet; *c != '\0'; c++) {
            char code[19];
            memcpy(code, SOUND[0], sizeof code);
            code[i] = *c;
            assert_int_equal(uscc_check(code) == USCC_SOUND, *c == SOUND[0][i]);
        }
        char code[19];
        memcpy(code, SOUND[0], sizeof code);
        if (i < 17 && code[i] != code[i + 1]) {
            code[i] = SOUND[0][i + 1];
            code[i + 1] = SOUND[0][i];
            assert_int_not_equal(uscc_check(code), USCC_SOUND);
        }
    }
}

static void
faults_are_told_apart(void **state)
{
    assert_int_equal(uscc_check(""), USCC_LENGTH);
    assert_int_equal(uscc_check("91320902MA0TEK012"), USCC_LENGTH);
    assert_int_equal(uscc_check("91320902MA0TEK012EE"), USCC_LENGTH);
    assert_int_equal(uscc_check("9132O902MA0TEK012E"), USCC_CHARACTERS);
    assert_int_equal(uscc_check("91320902ma0tek012e"), USCC_CHARACTERS); // not tidied
    assert_int_equal(uscc_check("91A20902MA0TEK012E"), USCC_REGION);
    assert_int_equal(uscc_check("91320902MA0TEK012F"), USCC_CHECK_DIGIT);
}

static void
rule_is(const char *in, const char *expected)
{
    struct arena *a = arena_new((size_t)4 << 20);
    struct buf out;
    buf_init(&out, a, 256, 65536);
    rule_run_json(a, "uscc", in, strlen(in), &out);
    assert_non_null(strstr(buf_str(&out), expected));
    arena_free(a);
}

static void
the_rule_answers_as_agreed(void **state)
{
    rules_register();
    rule_is("{\"code\":\" 91320902ma0tek012e \"}",
            "{\"ok\":true,\"registry\":\"9\",\"class\":\"91\",\"region\":\"320902\","
            "\"warnings\":[]}");
    rule_is("{\"code\":\"91320902MA0TEK012F\"}", "{\"ok\":false,\"errors\":[\"check_digit\"]}");
    rule_is("{}", "\"required\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_are_sound),
        cmocka_unit_test(every_single_mistake_is_found),
        cmocka_unit_test(faults_are_told_apart),
        cmocka_unit_test(the_rule_answers_as_agreed),
    };
    return cmocka_run_group_tests_name("uscc", tests, NULL, NULL);
}
