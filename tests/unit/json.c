// SPDX-License-Identifier: Apache-2.0
// JSON in and out: strictness, exact decimals, limits, escapes safe in HTML.
#include "base/json.h"

#include "base/timestamp.h"

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
    a = arena_new(64 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static const struct value *
parse(const char *text)
{
    const char *why = NULL;
    const struct value *v = json_parse(a, text, strlen(text), &why);
    assert_true((v == NULL) == (why != NULL));
    return v;
}

static const char *
print(const struct value *v)
{
    struct buf b;
    buf_init(&b, a, 0, 1 << 20);
    json_write(&b, v);
    return buf_str(&b);
}

static void
round_trips(void **state)
{
    static const char *const TEXTS[] = {
        "null",
        "true",
        "false",
        "0",
        "-1",
        "9223372036854775807",
        "-9223372036854775808",
        "\"\"",
        "\"汇桥 会桥\"",
        "[]",
        "{}",
        "[1,[2,[3]],{\"a\":{\"b\":[null,true]}}]",
        "{\"z\":1,\"a\":2,\"m\":3}",
        "2.7",
        "-0.0001",
        "120.8",
        "922337203685477.5807",
        "-922337203685477.5807",
        "[0.1,1,0.2,{\"x\":0.3,\"y\":[0.4]},0.5]",
        "\"\\u0001\\n\\t\\\"\\\\\"",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        const struct value *v = parse(TEXTS[i]);
        assert_non_null(v);
        assert_string_equal(print(v), TEXTS[i]);
    }
}

static void
refuses_what_is_not_strict_json(void **state)
{
    static const char *const TEXTS[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "01",
        "+1",
        ".5",
        "1.",
        "1e",
        "nul",
        "[1] 2",
        "NaN",
        "Infinity",
        "\"\t\"",
        "\"\\x\"",
        "\"\\u12\"",
        "// c\n1",
        ("\xEF\xBB\xBF"
         "1"),
        "\"\\u0000\"",
        "\"\xC0\x80\"",
        "\"\xFF\"",
        "{\"a\":1,\"a\":2}",
        "\"\\uD800\"",
        "\"unfinished",
        "{\"a\\u0000\":1}",
        "\"\xED\xA0\x80\"",
        "9223372036854775808",
        "[1 2]",
        "--1",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        if (parse(TEXTS[i]) != NULL) {
            fail_msg("accepted: %s", TEXTS[i]);
        }
    }
}

static void
decimals_are_exact_or_refused(void **state)
{
    assert_int_equal(parse("2.7")->type, VALUE_DEC);
    assert_int_equal(parse("2.7")->i, 27000);
    assert_int_equal(parse("-3.1415")->i, -31415);
    assert_int_equal(parse("0.00010")->i, 1);
    assert_int_equal(parse("2.5e1")->type, VALUE_INT);
    assert_int_equal(parse("2.5e1")->i, 25);
    assert_int_equal(parse("12345e-4")->i, 12345);
    assert_int_equal(parse("1E3")->i, 1000);
    assert_int_equal(parse("3.0")->type, VALUE_INT);
    assert_int_equal(parse("3.0")->i, 3);
    assert_int_equal(parse("-0.0")->i, 0);
    assert_int_equal(parse("100.5")->i, 1005000);
    // Binary floating point could not tell these apart.
    assert_null(parse("2.70000000000000001"));
    assert_null(parse("0.00001"));
    assert_null(parse("1e-5"));
    assert_null(parse("922337203685477.5808"));
    assert_null(parse("1e300"));
    assert_null(parse("1e-99999999999"));
    assert_null(parse("1e99999999999"));
}

static void
decimals_in_text_and_keys_do_not_confuse_the_order(void **state)
{
    const struct value *v =
        parse("{\"1.5\":\"9.99999\",\"a\\\"2.5\":0.25,\"b\":[\"\\\\\",1.75],\"c\":7}");
    assert_non_null(v);
    assert_int_equal(value_get(v, "a\"2.5")->i, 2500);
    assert_int_equal(value_at(value_get(v, "b"), 1)->i, 17500);
    assert_int_equal(value_get(v, "c")->i, 7);
}

static void
depth_is_bounded(void **state)
{
    char text[200];
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    assert_non_null(parse(text));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    assert_null(parse(text));
    struct buf deep;
    buf_init(&deep, a, 1 << 20, 2 << 20);
    for (int i = 0; i < 1000000; i++) {
        buf_putc(&deep, '[');
    }
    const char *why;
    assert_null(json_parse(a, deep.p, deep.n, &why));
}

static void
wide_objects_cost_their_length(void **state)
{
    struct buf b;
    buf_init(&b, a, 4 << 20, 8 << 20);
    buf_putc(&b, '{');
    for (int i = 0; i < 100000; i++) {
        buf_printf(&b, "%s\"k%d\":%d", i > 0 ? "," : "", i, i);
    }
    buf_putc(&b, '}');
    int64_t before = time_now();
    const char *why;
    const struct value *v = json_parse(a, b.p, b.n, &why);
    assert_non_null(v);
    assert_int_equal(v->map.count, 100000);
    assert_int_equal(value_get_int(v, "k99999", 0), 99999);
    assert_true(time_now() - before < 5000); // the square would take minutes
}

static void
a_key_stands_once(void **state)
{
    assert_null(parse("{\"abcdefghi\":1,\"x\":2,\"abcdefghi\":3}"));
    assert_null(parse("{\"a\":1,\"\\u0061\":2}"));
    assert_non_null(parse("{\"abcdefghi\":1,\"abcdefghj\":2}"));
    for (int again = 0; again < 2; again++) { // more keys than are searched in order
        struct buf b;
        buf_init(&b, a, 1024, 4096);
        for (int i = 0; i < 60; i++) {
            buf_printf(&b, "%s\"k%d\":0", i > 0 ? "," : "{", again && i == 59 ? 7 : i);
        }
        buf_putc(&b, '}');
        assert_true((parse(buf_str(&b)) == NULL) == (again == 1));
    }
}

// Sixteen bytes are looked at at once: what must be escaped may stand anywhere among them.
static void
escapes_are_seen_in_every_place(void **state)
{
    static const char ODD[] = "\"\\\n\x01\x1f<>&\x7f";
    for (size_t n = 1; n < 50; n++) {
        for (size_t at = 0; at < n; at++) {
            for (const char *odd = ODD; *odd != '\0'; odd++) {
                char text[50];
                memset(text, 'b', n);
                text[at] = *odd;
                text[n] = '\0';
                const char *out = print(value_text(a, text));
                const struct value *back = parse(out);
                assert_null(strpbrk(out, "<>&\x01\x1f\x7f\n"));
                assert_non_null(back);
                assert_string_equal(back->s, text);
            }
        }
    }
}

static void
output_is_safe_inside_html(void **state)
{
    const char *s = "</script><!--&\xE2\x80\xA8\xE2\x80\xA9“好”\x7F";
    assert_string_equal(print(value_ref(a, s)),
                        "\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\\u2029“好”\\u007f\"");
    struct value *m = value_map(a);
    value_set_int(a, m, "<", 1);
    assert_string_equal(print(m), "{\"\\u003c\":1}");
    assert_string_equal(print(value_ref(a, "\xE2\x80")), "\"\xE2\x80\""); // never reads on
}

static void
prints_times_in_beijing(void **state)
{
    struct value *t = value_time(a, time_from_civil(2026, 5, 6, 17, 30, 0));
    assert_string_equal(print(t), "\"2026-05-06T17:30:00+08:00\"");
    t->i += 45;
    assert_string_equal(print(t), "\"2026-05-06T17:30:00.045+08:00\"");
    assert_string_equal(print(value_dec(a, INT64_MIN)), "-922337203685477.5808");
    assert_string_equal(print(value_dec(a, -5)), "-0.0005");
    assert_string_equal(print(value_dec(a, 1208000)), "120.8");
}

static void
the_reason_is_text(void **state)
{
    const char *why = NULL;
    assert_null(json_parse(a, "[1,\xFF]", 5, &why));
    assert_non_null(why);
    assert_true(strlen(why) > 0);
    struct buf b;
    buf_init(&b, a, 0, 1000);
    json_write_text(&b, why, strlen(why));
    assert_non_null(parse(b.p));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(refuses_what_is_not_strict_json),
        cmocka_unit_test(decimals_are_exact_or_refused),
        cmocka_unit_test(decimals_in_text_and_keys_do_not_confuse_the_order),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(wide_objects_cost_their_length),
        cmocka_unit_test(a_key_stands_once),
        cmocka_unit_test(escapes_are_seen_in_every_place),
        cmocka_unit_test(output_is_safe_inside_html),
        cmocka_unit_test(prints_times_in_beijing),
        cmocka_unit_test(the_reason_is_text),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
