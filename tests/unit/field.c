// SPDX-License-Identifier: Apache-2.0
// Input tables: every kind of field against every JSON type and against what forms send.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "kit/ctx.h"

enum { MEMORY = 16 * 1024 * 1024, PAIRS_MOST = 8 };

static const struct choice SIZES[] = {{"small", "小", NULL}, {"large", "大", NULL}, {0}};

#define FIELD(n, t, ...)                                                                       \
    {                                                                                          \
        .name = (n), .type = (t), .label = (n), .where = IN_FORM, __VA_ARGS__                  \
    }
static const struct field FIELDS[] = {
    FIELD("text", FIELD_TEXT, .max = 10),
    FIELD("long", FIELD_LONG, .max = 20),
    FIELD("choice", FIELD_CHOICE, .choices = SIZES),
    FIELD("choices", FIELD_CHOICES, .choices = SIZES),
    FIELD("int", FIELD_INT, .min = 1, .max = 100),
    FIELD("money", FIELD_MONEY),
    FIELD("date", FIELD_DATE),
    FIELD("time", FIELD_TIME),
    FIELD("flag", FIELD_FLAG),
    FIELD("ref", FIELD_REF, .ref = "things"),
    FIELD("refs", FIELD_REFS, .ref = "things"),
    FIELD("files", FIELD_FILES),
    FIELD("mobile", FIELD_MOBILE),
    FIELD("password", FIELD_PASSWORD),
    {0},
};

struct world {
    struct arena *a;
    struct http_req req;
    struct http_kv pairs[PAIRS_MOST];
    struct ctx c;
};

static int
set_up(void **state)
{
    static struct world w;
    w = (struct world){.a = arena_new(MEMORY)};
    *state = &w;
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(((struct world *)*state)->a);
    return 0;
}

static struct ctx *
fresh(struct world *w, bool api)
{
    arena_reset(w->a);
    w->req = (struct http_req){.arena = w->a, .body = "", .form.items = w->pairs};
    w->c = (struct ctx){
        .arena = w->a, .req = &w->req, .api = api, .lang = LANG_ZH, .actor = &ACTOR_NOBODY};
    return &w->c;
}

// ---- JSON ------------------------------------------------------------------------------

static struct ctx *
json_input(struct world *w, const char *field, const char *value, enum err *e)
{
    struct ctx *c = fresh(w, true);
    w->req.body = arena_printf(w->a, "{\"%s\":%s}", field, value);
    w->req.body_size = strlen(w->req.body);
    *e = field_read(c, FIELDS, false);
    return c;
}

static const char *
code_of(struct world *w, const char *field, const char *value)
{
    enum err e;
    struct ctx *c = json_input(w, field, value, &e);
    if (e == ERR_OK) {
        return "";
    }
    assert_int_equal(e, ERR_INVALID);
    assert_int_equal(c->faults.count, 1);
    assert_string_equal(c->faults.items[0].field, field);
    assert_true(*c->faults.items[0].message != '\0');
    return c->faults.items[0].code;
}

// What of JSON each kind takes; everything else of VALUES is a wrong type.
static const char *const VALUES[] = {
    "true",
    "false",
    "7",
    "-7",
    "1.5",
    "1e300",
    "-1e-300",
    "99999999999999999999",
    "[]",
    "[7]",
    "[[7]]",
    "{}",
    "{\"id\":7}",
    "\"7\"",
    "\"maybe\"",
    "\"true\"",
    "\"7 名称\"",
    "\"2026-02-28\"",
    "\"2026-02-28T09:30:00+08:00\"",
};

static const struct {
    const char *field;
    unsigned taken; // bits of VALUES
} TAKES[] = {
    {"text", 7U << 13 | 1U << 16 | 1U << 17},
    {"long", 7U << 13 | 1U << 16 | 1U << 17},
    {"choice", 0},
    {"int", 1U << 2},
    {"money", 1U << 2},
    {"date", 1U << 17},
    {"time", 1U << 18},
    {"flag", 3U},
    {"ref", 1U << 2},
    {"refs", 3U << 8},
    {"files", 3U << 8},
    {"mobile", 0},
    {"password", 63U << 13},
};

static void
every_kind_refuses_every_other_type(void **state)
{
    struct world *w = *state;
    for (size_t k = 0; k < sizeof TAKES / sizeof *TAKES; k++) {
        for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
            bool taken = (TAKES[k].taken >> i & 1) != 0;
            const char *code = code_of(w, TAKES[k].field, VALUES[i]);
            if (taken != (*code == '\0')) {
                fail_msg("%s = %s: %s", TAKES[k].field, VALUES[i],
                         taken ? code : "should be refused");
            }
        }
        assert_string_equal(code_of(w, TAKES[k].field, "null"), "");
    }
}

static void
wrong_types_are_named_so(void **state)
{
    struct world *w = *state;
    assert_string_equal(code_of(w, "flag", "\"maybe\""), "type");
    assert_string_equal(code_of(w, "flag", "1"), "type");
    assert_string_equal(code_of(w, "ref", "\"1 anything\""), "type");
    assert_string_equal(code_of(w, "ref", "\"1\""), "type");
    assert_string_equal(code_of(w, "ref", "0"), "reference");
    assert_string_equal(code_of(w, "refs", "[1,\"2\"]"), "reference");
    assert_string_equal(code_of(w, "refs", "[1,2.5]"), "reference");
    assert_string_equal(code_of(w, "int", "\"7\""), "type");
    assert_string_equal(code_of(w, "int", "0"), "too_small");
    assert_string_equal(code_of(w, "int", "101"), "too_large");
    assert_string_equal(code_of(w, "int", "123456789012345678901234567890"), "type");
    assert_string_equal(code_of(w, "money", "-1"), "money");
    assert_string_equal(code_of(w, "money", "9223372036854775807"), "money");
    assert_string_equal(code_of(w, "date", "20260228"), "type");
    assert_string_equal(code_of(w, "date", "\"2026-02-30\""), "date");
    assert_string_equal(code_of(w, "time", "\"2026-02-28T09:30\""), "time");
    assert_string_equal(code_of(w, "choice", "\"medium\""), "choice");
    assert_string_equal(code_of(w, "text", "\"a\\u001bb\""), "control");
    assert_string_equal(code_of(w, "text", "\"a\\u202eb\""), "control");
    assert_string_equal(code_of(w, "text", "\"12345678901\""), "too_long");
    assert_string_equal(code_of(w, "mobile", "\"1381234662\""), "mobile");
    assert_string_equal(code_of(w, "nothing", "1"), "unknown");
}

// A number out of range is one wrong field; a wrong document stays a wrong document.
static void
documents_that_are_not_json(void **state)
{
    static const char *const BAD[] = {
        "1e", "01", "-", "1.", "1e5e5", ".5", "1e300x", "--1", "00000000000000000000"};
    struct world *w = *state;
    enum err e;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        json_input(w, "int", BAD[i], &e);
        if (e != ERR_BAD_REQUEST) {
            fail_msg("%s is taken for JSON", BAD[i]);
        }
    }
    struct ctx *c = json_input(w, "int", "1e999999", &e);
    assert_int_equal(e, ERR_INVALID);
    assert_string_equal(c->faults.items[0].code, "type");
}

// ---- forms -----------------------------------------------------------------------------

static struct ctx *
form_input(struct world *w, const char *field, const char *value, enum err *e)
{
    struct ctx *c = fresh(w, false);
    w->pairs[0] = (struct http_kv){field, value};
    w->req.form.count = 1;
    *e = field_read(c, FIELDS, false);
    return c;
}

static const struct {
    const char *field, *typed;
    const char *code; // NULL: taken, and then `kept` as JSON
    const char *kept;
} FORMS[] = {
    {"flag", "1", NULL, "true"},
    {"flag", "on", NULL, "true"},
    {"flag", "0", NULL, "false"},
    {"flag", "maybe", "flag", NULL},
    {"flag", "1 ", NULL, "true"},
    {"flag", "2", "flag", NULL},
    {"ref", "12", NULL, "12"},
    {"ref", "12 临江一号", NULL, "12"},
    {"ref", "1x", "reference", NULL},
    {"ref", "x1", "reference", NULL},
    {"ref", "-1", "reference", NULL},
    {"ref", "1;1", "reference", NULL},
    {"ref", "99999999999999999999", "reference", NULL},
    {"refs", "1x", "reference", NULL},
    {"files", "1' OR '1'='1", "reference", NULL},
    {"int", "1e3", "integer", NULL},
    {"int", "1.0", "integer", NULL},
    {"int", "0x10", "integer", NULL},
    {"int", "５", "integer", NULL},
    {"int", " 5 ", NULL, "5"},
    {"int", "101", "too_large", NULL},
    {"money", "12.5", NULL, "1250"},
    {"money", "1e3", "money", NULL},
    {"money", "12.345", "money", NULL},
    {"money", "-1", "money", NULL},
    {"money", "1,000", "money", NULL},
    {"money", "999999999999999", "money", NULL},
    {"date", "2026-02-28", NULL, "\"2026-02-28\""},
    {"date", "2026-02-30", "date", NULL},
    {"date", "2026-2-3", "date", NULL},
    {"date", "28.02.2026", "date", NULL},
    {"time", "2026-02-28T09:30", NULL, "\"2026-02-28T09:30:00+08:00\""},
    {"time", "2026-02-30T09:30", "time", NULL},
    {"time", "2026-02-28T-1:30", "time", NULL},
    {"time", "2026-02-28T 9:30", "time", NULL},
    {"time", "2026-02-28T24:30", "time", NULL},
    {"choice", "small", NULL, "\"small\""},
    {"choice", "SMALL", "choice", NULL},
    {"choices", " large  small large", NULL, "\"small large\""},
    {"choices", "", NULL, "null"},
    {"choices", "small huge", "choice", NULL},
    {"mobile", "13812346620", NULL, "\"13812346620\""},
    {"mobile", "+8613812346620", "mobile", NULL},
    {"text", "a\x1b[31m", "control", NULL},
    {"text", "<script>", NULL, "\"\\u003cscript\\u003e\""},
    {"text", "😀", NULL, "\"😀\""},
    {"long", "一\r\n二", NULL, "\"一\\n二\""},
};

static void
forms_mean_what_they_say(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
        enum err e;
        struct ctx *c = form_input(w, FORMS[i].field, FORMS[i].typed, &e);
        const char *code = c->faults.count == 0 ? NULL : c->faults.items[0].code;
        if ((code == NULL) != (FORMS[i].code == NULL) ||
            (code != NULL && strcmp(code, FORMS[i].code) != 0)) {
            fail_msg("%s = \"%s\": %s", FORMS[i].field, FORMS[i].typed, code ? code : "taken");
        }
        if (code == NULL) {
            struct buf b;
            buf_init(&b, w->a, 64, 4096);
            json_write(&b, value_get(c->in, FORMS[i].field));
            assert_string_equal(buf_str(&b), FORMS[i].kept);
        }
    }
}

static void
a_repeated_parameter_is_refused(void **state)
{
    struct world *w = *state;
    struct ctx *c = fresh(w, false);
    w->pairs[0] = (struct http_kv){"int", "1"};
    w->pairs[1] = (struct http_kv){"int", "2"};
    w->req.form.count = 2;
    assert_int_equal(field_read(c, FIELDS, false), ERR_INVALID);
    assert_string_equal(c->faults.items[0].code, "repeated");
}

// Boxes come as a parameter repeated; the form shows them checked again.
static void
checked_boxes_are_one_text(void **state)
{
    struct world *w = *state;
    struct ctx *c = fresh(w, false);
    w->pairs[0] = (struct http_kv){"choices", "large"};
    w->pairs[1] = (struct http_kv){"choices", "small"};
    w->req.form.count = 2;
    assert_int_equal(field_read(c, FIELDS, false), ERR_OK);
    const struct value *v = value_get(c->in, "choices");
    assert_string_equal(v->s, "small large");
    assert_string_equal(field_text(c, field_find(FIELDS, "choices"), v), "小、大");
    c->renewed = true;
    const struct value *all = field_form(c, FIELDS, NULL);
    for (size_t i = 0; i < value_count(all); i++) {
        if (strcmp(value_get_text(value_at(all, i), "name"), "choices") == 0) {
            const struct value *o = value_get(value_at(all, i), "options");
            assert_true(value_is_truthy(value_get(value_at(o, 0), "selected")));
            assert_true(value_is_truthy(value_get(value_at(o, 1), "selected")));
        }
    }
}

static const struct field NEEDED[] = {
    FIELD("name", FIELD_TEXT, .required = true),
    FIELD("size", FIELD_CHOICE, .required = true, .choices = SIZES, .initial = "large"),
    {0},
};

// The summary says which field; the field, below its label, only what to do.
static void
what_is_missing_is_said_once(void **state)
{
    struct world *w = *state;
    struct ctx *c = fresh(w, false);
    assert_int_equal(field_read(c, NEEDED, false), ERR_INVALID);
    const struct value *list = field_summary(c, NEEDED, "main");
    assert_int_equal(value_count(list), 2);
    assert_string_equal(value_get_text(value_at(list, 0), "message"), "请填写name");
    assert_null(value_get_text(value_at(list, 0), "label"));
    assert_string_equal(value_get_text(value_at(list, 0), "id"), "f-name");
    assert_string_equal(value_get_text(value_at(list, 1), "message"), "请选择size");
    const struct value *form = field_form(c, NEEDED, NULL);
    assert_string_equal(value_get_text(value_at(form, 0), "error"), "请填写");
    assert_string_equal(value_get_text(value_at(form, 1), "error"), "请选择");
    faults_add(w->a, &c->faults, "size", "choice", "不对");
    faults_add(w->a, &c->faults, NULL, "whole", "整个");
    list = field_summary(c, NEEDED, "main");
    assert_string_equal(value_get_text(value_at(list, 2), "label"), "size");
    assert_string_equal(value_get_text(value_at(list, 3), "id"), "main");
}

static void
a_new_record_begins_with_initial_values(void **state)
{
    struct world *w = *state;
    struct ctx *c = fresh(w, false);
    const struct value *size = value_at(field_form(c, NEEDED, NULL), 1);
    assert_string_equal(value_get_text(size, "value"), "large");
    assert_true(
        value_is_truthy(value_get(value_at(value_get(size, "options"), 1), "selected")));
    struct value *old = value_map(w->a); // a record without one keeps being without one
    value_set(w->a, old, "size", &value_null);
    assert_string_equal(value_get_text(value_at(field_form(c, NEEDED, old), 1), "value"), "");
    c->renewed = true; // and who chose nothing chose nothing
    assert_string_equal(value_get_text(value_at(field_form(c, NEEDED, NULL), 1), "value"), "");
}

int
main(void)
{
#define FIELD_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FIELD_TEST(every_kind_refuses_every_other_type),
        FIELD_TEST(wrong_types_are_named_so),
        FIELD_TEST(documents_that_are_not_json),
        FIELD_TEST(forms_mean_what_they_say),
        FIELD_TEST(a_repeated_parameter_is_refused),
        FIELD_TEST(checked_boxes_are_one_text),
        FIELD_TEST(what_is_missing_is_said_once),
        FIELD_TEST(a_new_record_begins_with_initial_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
