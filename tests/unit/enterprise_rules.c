// SPDX-License-Identifier: Apache-2.0
// Identity numbers, industries and sizes: the official values of domain.md §4, and what must
// hold for all of them.
#include "base/resident_id.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "kit/rule.h"
#include "mod/enterprise/industry.h"
#include "mod/enterprise/region.h"
#include "mod/enterprise/size.h"
#include "mod/enterprise/uscc.h"
#include "mod/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *a;

static int
set_up(void **state)
{
    rules_register();
    a = arena_new((size_t)64 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static void
rule_is(const char *rule, const char *in, const char *expected)
{
    struct buf out;
    buf_init(&out, a, 256, 65536);
    assert_int_equal(rule_run_json(a, rule, in, strlen(in), &out), ERR_OK);
    assert_string_equal(buf_str(&out), expected);
}

static void
rule_refuses(const char *rule, const char *in, const char *field)
{
    struct buf out;
    buf_init(&out, a, 256, 65536);
    assert_int_equal(rule_run_json(a, rule, in, strlen(in), &out), ERR_INVALID);
    assert_non_null(strstr(buf_str(&out), arena_printf(a, "\"field\":\"%s\"", field)));
}

// ---- identity numbers ------------------------------------------------------------------

static void
identity_numbers(void **state)
{
    rule_is("resident-id", "{\"id\":\"11010519491231002X\"}",
            "{\"ok\":true,\"birth_date\":\"1949-12-31\",\"sex\":\"female\"}");
    rule_is("resident-id", "{\"id\":\" 11010519491231002x \"}",
            "{\"ok\":true,\"birth_date\":\"1949-12-31\",\"sex\":\"female\"}");
    rule_is("resident-id", "{\"id\":\"110105194912310021\"}",
            "{\"ok\":false,\"errors\":[\"check_digit\"]}");
    rule_is("resident-id", "{\"id\":\"11010519490229002X\"}",
            "{\"ok\":false,\"errors\":[\"birth_date\"]}");
    rule_is("resident-id", "{\"id\":\"1101051949123100X2\"}",
            "{\"ok\":false,\"errors\":[\"characters\"]}");
    rule_is("resident-id", "{\"id\":\"110105491231002\"}",
            "{\"ok\":false,\"errors\":[\"length\"]}");
    rule_refuses("resident-id", "{}", "id");
    rule_refuses("resident-id", "{\"id\":110105194912310021}", "id");
}

static char
check_of(const char *seventeen)
{
    int32_t birth;
    bool male;
    for (const char *c = "0123456789X"; *c != '\0'; c++) {
        if (resident_id_check(arena_printf(a, "%.17s%c", seventeen, *c), &birth, &male) ==
            RESIDENT_ID_SOUND) {
            return *c;
        }
    }
    fail();
    return '\0';
}

// ISO 7064 MOD 11-2 finds every single mistake and every swap of two neighbours.
static void
every_identity_mistake_is_found(void **state)
{
    srand(7);
    for (int round = 0; round < 200; round++) {
        int32_t day = day_from_civil(1940 + rand() % 80, 1 + rand() % 12, 1 + rand() % 28);
        int32_t birth;
        bool male;
        const char *d = day_text(a, day);
        char id[19];
        memcpy(id,
               arena_printf(a, "%06d%.4s%.2s%.2s%03d?", 100000 + rand() % 800000, d, d + 5,
                            d + 8, rand() % 1000),
               sizeof id);
        id[17] = check_of(id);
        assert_int_equal(resident_id_check(id, &birth, &male), RESIDENT_ID_SOUND);
        assert_int_equal(birth, day);
        assert_int_equal(male, (id[16] - '0') % 2);
        for (int i = 0; i < 18; i++) {
            char wrong[19];
            memcpy(wrong, id, sizeof wrong);
            wrong[i] = (char)(id[i] == '9' || id[i] == 'X' ? '0' : id[i] + 1);
            assert_int_not_equal(resident_id_check(wrong, &birth, &male), RESIDENT_ID_SOUND);
            if (i < 17 && id[i] != id[i + 1]) {
                memcpy(wrong, id, sizeof wrong);
                wrong[i] = id[i + 1];
                wrong[i + 1] = id[i];
                assert_int_not_equal(resident_id_check(wrong, &birth, &male),
                                     RESIDENT_ID_SOUND);
            }
        }
    }
}

// ---- credit codes ----------------------------------------------------------------------

static void
the_organisation_code_inside_only_warns(void **state)
{
    rule_is("uscc", "{\"code\":\"91350100M000100Y43\"}",
            "{\"ok\":true,\"registry\":\"9\",\"class\":\"91\",\"region\":\"350100\","
            "\"warnings\":[]}");
    rule_is("uscc", "{\"code\":\"91350100M000100Y4Z\"}",
            "{\"ok\":false,\"errors\":[\"characters\"]}");
    // position 17 changed, position 18 made right again
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    unsigned sound = 0;
    for (const char *c = alphabet; *c != '\0'; c++) {
        const char *code = arena_printf(a, "91320902MA0TEK013%c", *c);
        if (uscc_check(code) == USCC_SOUND) {
            sound++;
            assert_false(uscc_organisation_is_sound(code));
            rule_is("uscc", arena_printf(a, "{\"code\":\"%s\"}", code),
                    "{\"ok\":true,\"registry\":\"9\",\"class\":\"91\",\"region\":\"320902\","
                    "\"warnings\":[\"organization_check\"]}");
        }
    }
    assert_int_equal(sound, 1);
}

// ---- industries ------------------------------------------------------------------------

static void
industries_are_whole(void **state)
{
    unsigned divisions = 0;
    const char *digits;
    for (size_t i = 0; i < sizeof INDUSTRIES / sizeof *INDUSTRIES; i++) {
        const char *code = INDUSTRIES[i].code;
        assert_ptr_equal(industry_find(code), &INDUSTRIES[i]);
        assert_int_not_equal(industry_section(code, &digits), '\0');
        if (code[1] != '\0') {
            assert_int_equal(atoi(code), ++divisions); // none is missing, all in order
        }
    }
    assert_int_equal(divisions, INDUSTRY_DIVISIONS);
    assert_int_equal(industry_section("3511", &digits), 'C');
    assert_int_equal(industry_section("C3511", &digits), 'C');
    assert_string_equal(digits, "3511");
    assert_int_equal(industry_section("T", &digits), 'T');
    static const char *const NONE[] = {"",   "U",     "c",     "3",   "98",
                                       "00", "D3511", "35111", "3 5", "C3"};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        assert_int_equal(industry_section(NONE[i], &digits), '\0');
    }
}

static const char *
read_as(const struct code_list *list, const char *typed)
{
    const char *code = code_read(a, LANG_ZH, list, typed);
    return code == NULL ? "" : code;
}

static void
a_code_is_typed_in_many_ways(void **state)
{
    const struct code_list *l = &INDUSTRY_CODES;
    assert_string_equal(read_as(l, "35"), "35");
    assert_string_equal(read_as(l, "35 专用设备制造业"), "35");
    assert_string_equal(read_as(l, "c"), "C");
    assert_string_equal(read_as(l, "制造业"), "C"); // exactly, though it stands in many
    assert_string_equal(read_as(l, "专用设备"), "35");
    assert_string_equal(read_as(l, "设备"), ""); // several
    assert_string_equal(read_as(l, "98"), "");
    assert_string_equal(read_as(l, "养龙业"), "");
    assert_string_equal(code_text(a, LANG_ZH, l, "35"), "35 专用设备制造业");
    const struct code_list *r = &REGION_CODES;
    assert_string_equal(read_as(r, "320902"), "320902");
    assert_string_equal(read_as(r, "亭湖区"), "320902");
    assert_string_equal(read_as(r, "江苏省盐城市亭湖区"), "320902");
    assert_string_equal(read_as(r, "朝阳"), ""); // Beijing, Changchun …
    assert_string_equal(read_as(r, "999999"), "");
    assert_string_equal(region_name(a, "110105"), "北京市朝阳区");
    assert_string_equal(region_name(a, "320000"), "江苏省");
    assert_string_equal(region_name(a, "320900"), "江苏省盐城市");
}

static void
deeper_industries_are_loaded(void **state)
{
    static const char file[] = "代码,名称\r\n351,采矿、冶金、建筑专用设备制造\r\n"
                               "C3511,矿山机械制造\r\n998,没有的\r\n35,大类\r\n";
    unsigned left_out;
    assert_string_equal(read_as(&INDUSTRY_CODES, "3511"), "");
    assert_null(industry_load(a, file, sizeof file - 1, &left_out));
    assert_int_equal(left_out, 3); // the heading, no such division, a division
    assert_string_equal(read_as(&INDUSTRY_CODES, "3511"), "3511");
    assert_string_equal(read_as(&INDUSTRY_CODES, "矿山机械"), "3511");
    assert_string_equal(code_text(a, LANG_ZH, &INDUSTRY_CODES, "351"),
                        "351 采矿、冶金、建筑专用设备制造");
    assert_string_equal(read_as(&INDUSTRY_CODES, "3519"), "");
}

// ---- sizes -----------------------------------------------------------------------------

// "industry staff revenue assets → size missing"; "-" is unknown.
static void
size_is(const char *industry, const char *staff, const char *revenue, const char *assets,
        const char *size, const char *missing)
{
    const char *in = arena_printf(
        a, "{\"industry\":\"%s\",\"staff\":%s,\"revenue_wan\":%s,\"assets_wan\":%s}", industry,
        *staff == '-' ? "null" : staff, *revenue == '-' ? "null" : revenue,
        *assets == '-' ? "null" : assets);
    rule_is("enterprise-size", in,
            arena_printf(a, "{\"size\":\"%s\",\"missing\":[%s]}", size, missing));
}

static void
sizes_of_the_standard(void **state)
{
    size_is("C", "500", "30000", "-", "M", "");
    size_is("C", "1200", "1500", "-", "S", "");
    size_is("C", "19", "90000", "-", "XS", "");
    size_is("65", "103", "15735", "-", "M", "");
    size_is("701", "-", "150000", "9000", "M", "");
    size_is("L", "320", "-", "7000", "S", "");
}

static void
bounds_are_lower_bounds(void **state)
{
    size_is("A", "-", "20000", "-", "L", "");
    size_is("A", "-", "19999.9999", "-", "M", "");
    size_is("0511", "-", "50", "-", "S", "");
    size_is("A", "-", "49.9999", "-", "XS", "");
    size_is("3511", "1000", "40000", "-", "L", "");
    size_is("C3511", "999", "40000", "-", "M", "");
    size_is("E", "-", "80000", "80000", "L", "");
    size_is("E", "-", "80000", "79999", "M", "");
    size_is("51", "4", "40000", "-", "XS", "");
    size_is("F52", "49", "500", "-", "S", "");
    size_is("591", "100", "1000", "-", "S", "");
    size_is("592", "100", "1000", "-", "M", "");
    size_is("60", "300", "2000", "-", "M", "");
    size_is("H", "300", "10000", "-", "L", "");
    size_is("64", "100", "1000", "-", "M", "");
    size_is("702", "99", "5000", "-", "XS", "");
    size_is("703", "300", "-", "-", "L", "");
    size_is("M", "10", "-", "-", "S", "");
    size_is("85", "9", "-", "-", "XS", "");
}

static void
some_industries_have_no_size(void **state)
{
    static const char *const NONE[] = {"J",  "P",   "84", "S",   "T",
                                       "53", "704", "91", "661", "8310"};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        size_is(NONE[i], "5000", "900000", "900000", "N/A", "");
    }
}

static void
what_is_unknown_is_asked_for(void **state)
{
    size_is("C", "500", "-", "-", "need_data", "\"revenue_wan\"");
    size_is("C", "-", "30000", "-", "need_data", "\"staff\"");
    size_is("C", "-", "-", "5", "need_data", "\"staff\",\"revenue_wan\"");
    size_is("E", "5", "-", "-", "need_data", "\"revenue_wan\",\"assets_wan\"");
    // whatever is unknown, it stays micro
    size_is("C", "19", "-", "-", "XS", "");
    size_is("C", "-", "299", "-", "XS", "");
    static const char *const SHALLOW[] = {"F", "G", "I", "K", "59", "70", "Q"};
    for (size_t i = 0; i < sizeof SHALLOW / sizeof *SHALLOW; i++) {
        size_is(SHALLOW[i], "5000", "900000", "900000", "need_data", "\"industry\"");
    }
    rule_is("enterprise-size", "{}", "{\"size\":\"need_data\",\"missing\":[\"industry\"]}");
}

static void
nonsense_is_refused(void **state)
{
    rule_refuses("enterprise-size", "{\"industry\":\"98\"}", "industry");
    rule_refuses("enterprise-size", "{\"industry\":\"705\"}", "industry");
    rule_refuses("enterprise-size", "{\"industry\":\"\"}", "industry");
    rule_refuses("enterprise-size", "{\"industry\":35}", "industry");
    rule_refuses("enterprise-size", "{\"industry\":\"C\",\"staff\":-1}", "staff");
    rule_refuses("enterprise-size", "{\"industry\":\"C\",\"staff\":1.5}", "staff");
    rule_refuses("enterprise-size", "{\"industry\":\"C\",\"revenue_wan\":-1}", "revenue_wan");
    rule_refuses("enterprise-size", "{\"industry\":\"C\",\"assets_wan\":\"5\"}", "assets_wan");
    rule_refuses("enterprise-size", "{\"industry\":\"C\",\"revenue_wan\":9223372036854775807}",
                 "revenue_wan");
}

static enum enterprise_size
size_at(const struct size_input *in)
{
    enum enterprise_size size;
    unsigned missing;
    assert_true(size_of(in, &size, &missing));
    assert_int_equal(missing != 0, size == SIZE_UNKNOWN);
    return size;
}

// More of anything never makes an enterprise smaller; and an answer with something unknown is
// the answer for every value of it.
static void
sizes_grow_and_agree(void **state)
{
    srand(11);
    for (size_t i = 0; i < sizeof INDUSTRIES / sizeof *INDUSTRIES; i++) {
        for (int round = 0; round < 300; round++) {
            struct size_input in = {.industry = INDUSTRIES[i].code,
                                    .known = (unsigned)(rand() % 8),
                                    .staff = rand() % 3000,
                                    .revenue_yuan = INT64_C(10000) * (rand() % 300000),
                                    .assets_yuan = INT64_C(10000) * (rand() % 300000)};
            enum enterprise_size part = size_at(&in);
            in.known = SIZE_STAFF | SIZE_REVENUE | SIZE_ASSETS;
            enum enterprise_size all = size_at(&in);
            assert_true(part == SIZE_UNKNOWN || part == all);
            struct size_input more = in;
            more.staff += rand() % 500;
            more.revenue_yuan += rand() % 500000000;
            more.assets_yuan += rand() % 500000000;
            assert_true(all >= SIZE_NONE ? size_at(&more) == all : size_at(&more) >= all);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_numbers),
        cmocka_unit_test(every_identity_mistake_is_found),
        cmocka_unit_test(the_organisation_code_inside_only_warns),
        cmocka_unit_test(industries_are_whole),
        cmocka_unit_test(a_code_is_typed_in_many_ways),
        cmocka_unit_test(deeper_industries_are_loaded),
        cmocka_unit_test(sizes_of_the_standard),
        cmocka_unit_test(bounds_are_lower_bounds),
        cmocka_unit_test(some_industries_have_no_size),
        cmocka_unit_test(what_is_unknown_is_asked_for),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(sizes_grow_and_agree),
    };
    return cmocka_run_group_tests_name("enterprise_rules", tests, set_up, tear_down);
}
