// SPDX-License-Identifier: Apache-2.0
// The registry of rules as the command line and the API see it, with the rules workday and
// clock through their JSON.
#include "kit/rule.h"

#include "base/json.h"
#include "mod/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *a;

static int
set_up(void **state)
{
    rules_register();
    a = arena_new(64 << 20);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

static enum err
run(const char *name, const char *in, const char **out)
{
    struct buf b;
    buf_init(&b, a, 0, 1 << 20);
    enum err e = rule_run_json(a, name, in, strlen(in), &b);
    *out = buf_str(&b);
    return e;
}

static void
assert_answer(const char *name, const char *in, const char *want)
{
    const char *out;
    assert_int_equal(run(name, in, &out), ERR_OK);
    assert_string_equal(out, want);
}

// The answer is a problem document that blames exactly this field with this code first.
static void
assert_problem(const char *name, const char *in, enum err e, const char *field,
               const char *code)
{
    const char *out;
    assert_int_equal(run(name, in, &out), e);
    const char *why;
    const struct value *problem = json_parse(a, out, strlen(out), &why);
    assert_non_null(problem);
    assert_int_equal(value_get_int(problem, "status", 0), err_info(e)->status);
    assert_non_null(value_get_text(problem, "type"));
    assert_non_null(value_get_text(problem, "title"));
    assert_non_null(value_get_text(problem, "detail"));
    const struct value *first = value_at(value_get(problem, "errors"), 0);
    if (code == NULL) {
        assert_null(first);
        return;
    }
    assert_non_null(value_get_text(first, "message"));
    assert_string_equal(value_get_text(first, "code"), code);
    if (field == NULL) {
        assert_int_equal(value_get(first, "field")->type, VALUE_NULL);
    } else {
        assert_string_equal(value_get_text(first, "field"), field);
    }
}

static void
names_are_unique_and_found(void **state)
{
    size_t n = 0;
    for (; rule_at(n) != NULL; n++) {
        assert_ptr_equal(rule_find(rule_at(n)->name), rule_at(n));
    }
    assert_true(n >= 2);
    assert_null(rule_find("nope"));
    assert_null(rule_find(NULL));
    assert_non_null(rule_find("workday"));
    assert_non_null(rule_find("clock"));
}

static void
workday_as_the_contract_says(void **state)
{
    assert_answer("workday", "{\"from\":\"2026-02-12\",\"days\":5}",
                  "{\"date\":\"2026-02-26\"}");
    assert_answer("workday", "{\"from\":\"2026-02-26\",\"days\":-5}",
                  "{\"date\":\"2026-02-12\"}");
    assert_answer("workday", "{\"from\":\"2026-10-01\",\"days\":0}",
                  "{\"date\":\"2026-10-08\"}");
    assert_answer("workday", "{\"from\":\"2025-12-31\",\"to\":\"2026-12-31\"}",
                  "{\"days\":248}");
    assert_answer("workday", "{\"from\":\"2026-01-02\",\"to\":\"2026-01-02\"}", "{\"days\":0}");
    assert_answer("workday", "{\"from\":\"2026-12-30\",\"days\":1}",
                  "{\"date\":\"2026-12-31\"}");
    assert_answer("workday", "{\"from\":\"2026-12-31\",\"days\":1}",
                  "{\"date\":\"2027-01-01\",\"warning\":\"no_calendar:2027\"}");
    assert_answer("workday", "{\"from\":\"2026-12-30\",\"to\":\"2027-01-04\"}",
                  "{\"days\":3,\"warning\":\"no_calendar:2027\"}");
    assert_answer("workday", "{\"from\":\"2027-01-04\",\"days\":-1}",
                  "{\"date\":\"2027-01-01\",\"warning\":\"no_calendar:2027\"}");
    assert_answer("workday", "{\"from\":\"2003-12-31\",\"days\":1}",
                  "{\"date\":\"2004-01-02\"}");
    assert_answer("workday", "{\"from\":\"2004-01-02\",\"days\":-1}",
                  "{\"date\":\"2003-12-31\",\"warning\":\"no_calendar:2003\"}");
    assert_answer("workday", "{\"from\":\"2026-02-12\",\"days\":5,\"to\":null}",
                  "{\"date\":\"2026-02-26\"}");
}

static void
workday_refuses(void **state)
{
    assert_problem("workday", "{}", ERR_INVALID, "from", "required");
    assert_problem("workday", "{\"from\":\"2026-02-12\"}", ERR_INVALID, "days", "required");
    assert_problem("workday", "{\"from\":\"2026-02-12\",\"days\":1,\"to\":\"2026-02-13\"}",
                   ERR_INVALID, "days", "required");
    assert_problem("workday", "{\"from\":\"2026-02-30\",\"days\":1}", ERR_INVALID, "from",
                   "date");
    assert_problem("workday", "{\"from\":20260212,\"days\":1}", ERR_INVALID, "from", "date");
    assert_problem("workday", "{\"from\":\"2026-02-12\",\"days\":\"5\"}", ERR_INVALID, "days",
                   "type");
    assert_problem("workday", "{\"from\":\"2026-02-12\",\"days\":1.5}", ERR_INVALID, "days",
                   "type");
    assert_problem("workday", "{\"from\":\"2026-02-12\",\"days\":100001}", ERR_INVALID, "days",
                   "range");
    assert_problem("workday", "{\"from\":\"9999-12-31\",\"days\":1}", ERR_INVALID, "days",
                   "range");
    assert_problem("workday", "{\"from\":\"2026-02-12\",\"to\":\"x\",\"days\":1}", ERR_INVALID,
                   "to", "date");
}

static void
a_list_is_answered_by_a_list(void **state)
{
    assert_answer("workday", "[]", "[]");
    assert_answer(
        "workday",
        "[{\"from\":\"2026-02-14\",\"days\":5},{\"from\":\"2026-04-30\",\"days\":3},"
        "{\"from\":\"2026-09-30\",\"days\":5}]",
        "[{\"date\":\"2026-02-28\"},{\"date\":\"2026-05-08\"},{\"date\":\"2026-10-13\"}]");
    assert_problem("workday", "[{\"from\":\"2026-02-14\",\"days\":5},{\"days\":3}]",
                   ERR_INVALID, "[1].from", "required");
    assert_problem("workday", "[[]]", ERR_INVALID, "[0]", "type");
}

static void
bad_input_is_a_problem(void **state)
{
    assert_problem("workday", "{", ERR_BAD_REQUEST, NULL, NULL);
    assert_problem("workday", "", ERR_BAD_REQUEST, NULL, NULL);
    assert_problem("workday", "7", ERR_INVALID, NULL, "type");
    assert_problem("nope", "{}", ERR_NOT_FOUND, NULL, NULL);
}

#define CASE(now, more)                                                                        \
    "{\"level\":\"L2\",\"events\":["                                                           \
    "{\"at\":\"2026-04-30T16:00:00+08:00\",\"type\":\"submitted\",\"unit\":null,\"data\":{}"   \
    "}" more "],\"now\":\"" now "\"}"

static void
clock_as_the_contract_says(void **state)
{
    assert_answer("clock", CASE("2026-04-30T16:00:00+08:00", ""),
                  "{\"due\":[{\"what\":\"accept\",\"unit\":null,"
                  "\"at\":\"2026-05-06T17:30:00+08:00\",\"met\":null}],\"light\":\"green\","
                  "\"cards\":[],\"spent_minutes\":0,\"silence_minutes\":0}");
    assert_answer(
        "clock", CASE("2026-05-08T01:00:00Z", ""),
        "{\"due\":[{\"what\":\"accept\",\"unit\":null,\"at\":\"2026-05-06T17:30:00+08:00\","
        "\"met\":false}],\"light\":\"red\",\"cards\":[{\"kind\":\"yellow\","
        "\"at\":\"2026-05-07T09:00:00+08:00\",\"why\":\"overdue\",\"unit\":null}],"
        "\"spent_minutes\":1110,\"silence_minutes\":1110}");
    assert_answer(
        "clock",
        CASE("2026-05-07T10:00:00+08:00",
             ",{\"at\":\"2026-05-06T10:00:00+08:00\",\"type\":\"accepted\"}"
             ",{\"at\":\"2026-05-06T10:00:00+08:00\",\"type\":\"dispatched\",\"unit\":"
             "\"工信局\","
             "\"data\":{\"role\":\"lead\"}}"
             ",{\"at\":\"2026-05-06T10:00:00+08:00\",\"type\":\"dispatched\",\"unit\":7,"
             "\"data\":{\"role\":\"assist\"}}"
             ",{\"at\":\"2026-05-07T10:00:00+08:00\",\"type\":\"signed\",\"unit\":7}"
             ",{\"at\":\"2026-05-07T10:00:00+08:00\",\"type\":\"objected\",\"unit\":"
             "\"工信局\"}"),
        "{\"due\":["
        "{\"what\":\"accept\",\"unit\":null,\"at\":\"2026-05-06T17:30:00+08:00\",\"met\":true},"
        "{\"what\":\"dispatch\",\"unit\":null,\"at\":\"2026-05-07T17:30:00+08:00\",\"met\":"
        "true},"
        "{\"what\":\"sign\",\"unit\":\"工信局\",\"at\":\"2026-05-07T17:30:00+08:00\",\"met\":"
        "true},"
        "{\"what\":\"sign\",\"unit\":7,\"at\":\"2026-05-07T17:30:00+08:00\",\"met\":true},"
        "{\"what\":\"answer\",\"unit\":7,\"at\":\"2026-05-09T17:30:00+08:00\",\"met\":null}],"
        "\"light\":\"green\",\"cards\":[],\"spent_minutes\":660,\"silence_minutes\":660}");
}

static void
clock_reads_settings(void **state)
{
    assert_answer("clock",
                  "{\"events\":[{\"at\":\"2026-03-02T16:00:00+08:00\",\"type\":\"submitted\"}],"
                  "\"now\":\"2026-03-02T17:00:00+08:00\",\"settings\":{\"accept\":3,"
                  "\"office_close\":\"17:00\",\"delegate_threshold\":150}}",
                  "{\"due\":[{\"what\":\"accept\",\"unit\":null,"
                  "\"at\":\"2026-03-05T17:00:00+08:00\",\"met\":null}],\"light\":\"green\","
                  "\"cards\":[],\"spent_minutes\":60,\"silence_minutes\":60}");
    const char *out;
    assert_int_equal(
        run("clock",
            "{\"level\":\"L1\",\"events\":["
            "{\"at\":\"2026-03-02T10:00:00+08:00\",\"type\":\"submitted\"},"
            "{\"at\":\"2026-03-02T10:00:00+08:00\",\"type\":\"answered\"},"
            "{\"at\":\"2026-03-02T10:00:00+08:00\",\"type\":\"confirmed\","
            "\"data\":{\"satisfaction\":1}}],\"now\":\"2026-03-02T17:00:00+08:00\"}",
            &out),
        ERR_OK);
    assert_non_null(strstr(out, "{\"what\":\"callback\",\"unit\":null,"
                                "\"at\":\"2026-03-05T17:30:00+08:00\",\"met\":null}"));
}

static void
clock_warns(void **state)
{
    assert_answer("clock",
                  "{\"events\":[{\"at\":\"2026-12-31T16:00:00+08:00\",\"type\":\"submitted\"}],"
                  "\"now\":\"2026-12-31T16:00:00+08:00\"}",
                  "{\"due\":[{\"what\":\"accept\",\"unit\":null,"
                  "\"at\":\"2027-01-01T17:30:00+08:00\",\"met\":null}],\"light\":\"green\","
                  "\"cards\":[],\"spent_minutes\":0,\"silence_minutes\":0,"
                  "\"warning\":\"no_calendar:2027\"}");
}

static void
clock_refuses(void **state)
{
    assert_problem("clock", "{\"now\":\"2026-12-31T16:00:00+08:00\"}", ERR_INVALID, "events",
                   "required");
    assert_problem("clock", "{\"events\":[]}", ERR_INVALID, "now", "required");
    assert_problem("clock", "{\"events\":[],\"now\":\"2026-12-31\"}", ERR_INVALID, "now",
                   "time");
    assert_problem("clock", "{\"level\":\"L5\",\"events\":[],\"now\":\"2026-12-31T16:00:00Z\"}",
                   ERR_INVALID, "level", "choice");
    assert_problem("clock", CASE("2026-05-07T10:00:00Z", ",{\"type\":\"signed\"}"), ERR_INVALID,
                   "events[1].at", "time");
    assert_problem("clock", CASE("2026-05-07T10:00:00Z", ",5"), ERR_INVALID, "events[1].at",
                   "time");
    assert_problem(
        "clock",
        CASE("2026-05-07T10:00:00Z", ",{\"at\":\"2026-05-07T10:00:00Z\",\"type\":\"sign\"}"),
        ERR_INVALID, "events[1].type", "choice");
    assert_problem("clock",
                   CASE("2026-05-07T10:00:00Z",
                        ",{\"at\":\"2026-05-07T10:00:00Z\",\"type\":\"extension_granted\"}"),
                   ERR_INVALID, "events[1].data.days", "range");
    assert_problem("clock",
                   CASE("2026-05-07T10:00:00Z",
                        ",{\"at\":\"2026-05-07T10:00:00Z\",\"type\":\"signed\",\"unit\":[]}"),
                   ERR_INVALID, "events[1].unit", "type");
    assert_problem("clock",
                   "{\"events\":[{\"at\":\"2026-05-07T10:00:00Z\",\"type\":\"dispatched\"}],"
                   "\"now\":\"2026-12-31T16:00:00Z\"}",
                   ERR_INVALID, "level", "required");
    assert_problem("clock",
                   "{\"events\":[],\"now\":\"2026-12-31T16:00:00Z\","
                   "\"settings\":{\"answer\":{\"L3\":-1}}}",
                   ERR_INVALID, "settings.answer.L3", "range");
    assert_problem("clock",
                   "{\"events\":[],\"now\":\"2026-12-31T16:00:00Z\","
                   "\"settings\":{\"office_open\":\"18:00\"}}",
                   ERR_INVALID, "settings.office_close", "range");
}

// What the command line prints, for a name and an input.
struct printed {
    int code;
    char out[2000];
    char err[2000];
};

static void
keep(FILE *f, char *text, size_t n)
{
    rewind(f);
    text[fread(text, 1, n - 1, f)] = '\0';
    fclose(f);
}

static struct printed
command(const char *name, const char *input)
{
    struct printed p;
    FILE *in = tmpfile();
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    fputs(input, in);
    rewind(in);
    p.code = rule_main(name, in, out, err);
    fclose(in);
    keep(out, p.out, sizeof p.out);
    keep(err, p.err, sizeof p.err);
    return p;
}

static void
the_command_line(void **state)
{
    struct printed p = command("workday", "{\"from\":\"2026-02-12\",\"days\":5}\n");
    assert_int_equal(p.code, 0);
    assert_string_equal(p.out, "{\"date\":\"2026-02-26\"}\n");
    assert_string_equal(p.err, "");
    p = command("workday", "{\"from\":\"2026-02-12\"}");
    assert_int_equal(p.code, 2);
    assert_string_equal(p.out, "");
    assert_non_null(strstr(p.err, "\"status\":422"));
    p = command("nope", "");
    assert_int_equal(p.code, 2);
    assert_non_null(strstr(p.err, "\"status\":404"));
    p = command(NULL, "");
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "workday\n"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(workday_as_the_contract_says),
        cmocka_unit_test(workday_refuses),
        cmocka_unit_test(a_list_is_answered_by_a_list),
        cmocka_unit_test(bad_input_is_a_problem),
        cmocka_unit_test(clock_as_the_contract_says),
        cmocka_unit_test(clock_reads_settings),
        cmocka_unit_test(clock_warns),
        cmocka_unit_test(clock_refuses),
        cmocka_unit_test(the_command_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
