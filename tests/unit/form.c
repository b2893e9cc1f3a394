// SPDX-License-Identifier: Apache-2.0
// Forms as browsers send them, and as nobody should. Every body is also cut at every byte:
// a truncated form must be refused, never read past its end.
#include "http/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define URLENCODED "application/x-www-form-urlencoded"
#define MULTIPART "multipart/form-data; boundary=XX"
#define PART(disposition) "--XX\r\nContent-Disposition: form-data; " disposition "\r\n"

static struct arena *a;
static struct form form;

static int
set_up(void **state)
{
    a = arena_new(1 << 24);
    return 0;
}

static int
tear_down(void **state)
{
    arena_free(a);
    return 0;
}

// The body ends where its allocation ends, so that a sanitizer sees one byte too far.
static enum form_result
parse_n(const char *type, const char *body, size_t n)
{
    char *exact = malloc(n + (n == 0));
    memcpy(exact, body, n);
    enum form_result result = form_parse(a, type, exact, n, &form);
    for (size_t i = 0; i < form.file_count; i++) {
        form.files[i].data = arena_memdup(a, form.files[i].data, form.files[i].size);
    }
    free(exact);
    return result;
}

static enum form_result
parse(const char *type, const char *body)
{
    return parse_n(type, body, strlen(body));
}

static const char *
field(const char *name)
{
    return http_list_get(&form.fields, name);
}

static void
urlencoded(void **state)
{
    assert_int_equal(parse(URLENCODED, "a=1&b=%E4%B8%AD+x%2B&c&&=v&a=2&d=x%3Dy=z"), FORM_OK);
    assert_int_equal(form.fields.count, 6);
    assert_string_equal(field("a"), "1");
    assert_int_equal(http_list_count(&form.fields, "a"), 2);
    assert_string_equal(field("b"), "中 x+");
    assert_string_equal(field("c"), "");
    assert_string_equal(field(""), "v");
    assert_string_equal(field("d"), "x=y=z");
    assert_int_equal(parse(URLENCODED "; charset=UTF-8", ""), FORM_OK);
    assert_int_equal(form.fields.count, 0);
    assert_int_equal(parse("Application/X-WWW-Form-urlencoded ;charset=\"utf-8\"", "a=1"),
                     FORM_OK);
}

static void
urlencoded_refused(void **state)
{
    static const char *const bad[] = {"a=%",   "a=%4",        "a=%zz",        "a=%00", "%00=1",
                                      "a=%ff", "a=%ed%a0%80", "a=1&b=%c0%af", "a=\xff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(parse(URLENCODED, bad[i]), FORM_BAD);
        assert_int_equal(form.fields.count, 0);
    }
    assert_int_equal(parse_n(URLENCODED, "a=\0b", 4), FORM_BAD);
    assert_int_equal(parse(URLENCODED "; charset=gbk", "a=1"), FORM_BAD);
}

static void
counts_fields(void **state)
{
    char body[FORM_FIELDS_MAX * 2 + 8];
    for (size_t i = 0; i < FORM_FIELDS_MAX + 1; i++) {
        memcpy(body + 2 * i, "a&", 2);
    }
    assert_int_equal(parse_n(URLENCODED, body, FORM_FIELDS_MAX * 2 - 1), FORM_OK);
    assert_int_equal(form.fields.count, FORM_FIELDS_MAX);
    assert_int_equal(parse_n(URLENCODED, body, FORM_FIELDS_MAX * 2 + 1), FORM_BAD);
}

static void
counts_parts(void **state)
{
    static const char part[] = PART("name=\"a\"") "\r\nx\r\n";
    size_t n = sizeof part - 1;
    char *body = arena_alloc(a, n * (FORM_FIELDS_MAX + 1) + 8);
    for (size_t i = 0; i < FORM_FIELDS_MAX; i++) {
        memcpy(body + i * n, part, n);
    }
    memcpy(body + n * FORM_FIELDS_MAX, "--XX--", 6);
    assert_int_equal(parse_n(MULTIPART, body, n * FORM_FIELDS_MAX + 6), FORM_OK);
    assert_int_equal(form.fields.count, FORM_FIELDS_MAX);
    memcpy(body + n * FORM_FIELDS_MAX, part, n);
    memcpy(body + n * (FORM_FIELDS_MAX + 1), "--XX--", 6);
    assert_int_equal(parse_n(MULTIPART, body, n * (FORM_FIELDS_MAX + 1) + 6), FORM_BAD);
}

static const char COMPLETE[] = "preamble\r\n" PART("name=\"title\"") "\r\n扩建厂房\r\n" PART(
    "name=\"empty\"") "\r\n\r\n" PART("name=\"file\"; filename=\"合同 1.pdf\"") "Content-Type: "
                                                                                "application/"
                                                                                "pdf\r\n\r\n"
                                                                                "%PDF\r\n--"
                                                                                "X\r\n--X-"
                                                                                "\r\n\r\n" PART(
                                                                                    "name="
                                                                                    "\"none\"; "
                                                                                    "filename="
                                                                                    "\"\"") "Co"
                                                                                            "nt"
                                                                                            "en"
                                                                                            "t-"
                                                                                            "Ty"
                                                                                            "pe"
                                                                                            ": "
                                                                                            "ap"
                                                                                            "pl"
                                                                                            "ic"
                                                                                            "at"
                                                                                            "io"
                                                                                            "n/"
                                                                                            "oc"
                                                                                            "te"
                                                                                            "t-"
                                                                                            "st"
                                                                                            "re"
                                                                                            "am"
                                                                                            "\r"
                                                                                            "\n"
                                                                                            "\r"
                                                                                            "\n"
                                                                                            "\r"
                                                                                            "\n"
                                                                                            "--"
                                                                                            "XX"
                                                                                            "--"
                                                                                            "\r"
                                                                                            "\n"
                                                                                            "ep"
                                                                                            "il"
                                                                                            "og"
                                                                                            "u"
                                                                                            "e";

static void
multipart(void **state)
{
    assert_int_equal(parse(MULTIPART, COMPLETE), FORM_OK);
    assert_int_equal(form.fields.count, 2);
    assert_string_equal(field("title"), "扩建厂房");
    assert_string_equal(field("empty"), "");
    assert_int_equal(form.file_count, 1); // an empty file input is no file
    assert_string_equal(form.files[0].field, "file");
    assert_string_equal(form.files[0].name, "合同 1.pdf");
    assert_string_equal(form.files[0].type, "application/pdf");
    assert_int_equal(form.files[0].size, 17);
    assert_memory_equal(form.files[0].data, "%PDF\r\n--X\r\n--X-\r\n", 17);
}

static void
multipart_cut_anywhere(void **state)
{
    const char *end = strstr(COMPLETE, "--XX--");
    for (size_t n = 0; n < (size_t)(end - COMPLETE) + 6; n++) {
        assert_int_equal(parse_n(MULTIPART, COMPLETE, n), FORM_BAD);
        assert_int_equal(form.fields.count + form.file_count, 0);
    }
}

// One file part with this disposition; the name it gets, or NULL when refused.
static const char *
file_name(const char *disposition)
{
    char body[1024];
    snprintf(body, sizeof body,
             "--XX\r\nContent-Disposition: form-data; name=\"f\"; %s\r\n\r\nx\r\n--XX--\r\n",
             disposition);
    return parse(MULTIPART, body) == FORM_OK && form.file_count == 1 ? form.files[0].name
                                                                     : NULL;
}

static void
file_names(void **state)
{
    static const struct {
        const char *given, *expected;
    } rows[] = {
        {"filename=\"a.txt\"", "a.txt"},
        {"filename=a.txt", "a.txt"},
        {"filename=\"C:\\Users\\x\\a.txt\"", "a.txt"},
        {"filename=\"../../etc/passwd\"", "passwd"},
        {"filename=\"..\"", "file"},
        {"filename=\"dir/\"", "file"},
        {"filename=\"a\\\"b.txt\"", "a\"b.txt"},
        {"filename=\"a%22b.txt\"", "a\"b.txt"},
        {"filename=\"100%25.txt\"", "100%25.txt"},
        {"filename=\"a%0D%0Ab.txt\"", "a  b.txt"},
        {"filename=\"a\tb\x7f.txt\"", "ab.txt"},
        {"filename=\"a;b=c.txt\"", "a;b=c.txt"},
        {"filename*=UTF-8''%E5%90%88%E5%90%8C.pdf", "合同.pdf"},
        {"filename=\"x.pdf\"; filename*=utf-8'zh'%E5%90%88.pdf", "合.pdf"},
        {"filename*=UTF-8''..%2F..%2Fpasswd", "passwd"},
        {"filename=\"a.txt\";", "a.txt"},
        {"filename*=UTF-8''%ff", NULL},
        {"filename*=UTF-8''a%00b", NULL},
        {"filename*=iso-8859-1''a", NULL},
        {"filename=\"\xff\"", NULL},
        {"filename=\"never closed", NULL},
        {"filename=\"a\" junk", NULL},
        {"filename=\"a\"; filename=\"b\"", NULL},
        {"filename=\"a\"; name=\"twice\"", NULL},
        {"filename", NULL},
        {"=a", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *name = file_name(rows[i].given);
        if (rows[i].expected == NULL) {
            assert_null(name);
        } else {
            assert_non_null(name);
            assert_string_equal(name, rows[i].expected);
        }
    }
}

static void
multipart_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "--XX",
        "--XX\r\n\r\nx\r\n--XX--",                // no disposition
        PART("filename=\"a\"") "\r\nx\r\n--XX--", // no name
        "--XX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--XX--",
        PART("name=\"a\"") "Content-Disposition: form-data; name=\"b\"\r\n\r\nx\r\n--XX--",
        PART("name=\"a\"") "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--XX--",
        PART("name=\"a\"") "no colon\r\n\r\nx\r\n--XX--",
        PART("name=\"a\"") "X y: 1\r\n\r\nx\r\n--XX--",
        PART("name=\"a\"") "\r\n\xff\r\n--XX--", // not UTF-8
        PART("name=\"a\"") "\r\nx\r\n--XXY\r\n", // another boundary
        PART("name=\"a\"") "\r\nx",              // never ends
        PART("name=\"a\"") "\r\nx--XX--",        // not at a line's start
        "--XX\nContent-Disposition: form-data; name=\"a\"\n\nx\n--XX--",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(parse(MULTIPART, bad[i]), FORM_BAD);
        assert_int_equal(form.fields.count + form.file_count, 0);
    }
    static const char nul[] = PART("name=\"a\"") "\r\na\0b\r\n--XX--";
    assert_int_equal(parse_n(MULTIPART, nul, sizeof nul - 1), FORM_BAD);
}

static void
boundaries(void **state)
{
    static const struct {
        const char *type;
        enum form_result expected;
    } rows[] = {
        {"multipart/form-data; boundary=XX", FORM_OK},
        {"multipart/form-data;boundary=\"XX\"", FORM_OK},
        {"Multipart/Form-Data; charset=utf-8; BOUNDARY=XX", FORM_OK},
        {"multipart/form-data", FORM_BAD},
        {"multipart/form-data; boundary=", FORM_BAD},
        {"multipart/form-data; boundary=\"\"", FORM_BAD},
        {"multipart/form-data; boundary=XX; boundary=YY", FORM_BAD},
        {"multipart/form-data; boundary=X\x01X", FORM_BAD},
        {"multipart/form-data; boundary=01234567890123456789012345678901234567890123456789"
         "012345678901234567890",
         FORM_BAD},
        {"multipart/mixed; boundary=XX", FORM_NONE},
        {"application/json", FORM_NONE},
        {"", FORM_NONE},
        {NULL, FORM_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(parse(rows[i].type, PART("name=\"a\"") "\r\nx\r\n--XX--"),
                         rows[i].expected);
    }
}

static void
padding_after_a_boundary(void **state)
{
    assert_int_equal(parse(MULTIPART,
                           "--XX \t\r\nContent-Disposition: form-data; name=a\r\n\r\n"
                           "x\r\n--XX-- trailing"),
                     FORM_OK);
    assert_string_equal(field("a"), "x");
}

static void
unescapes(void **state)
{
    char d[64];
    assert_int_equal(form_unescape(d, "a%41%6a+", 8, false), 4);
    assert_memory_equal(d, "aAj+", 4);
    assert_int_equal(form_unescape(d, "a+b", 3, true), 3);
    assert_memory_equal(d, "a b", 3);
    assert_int_equal(form_unescape(d, "%4", 2, false), -1);
    assert_int_equal(form_unescape(d, "%", 1, false), -1);
    assert_int_equal(form_unescape(d, "%+1", 3, false), -1);
    assert_int_equal(form_unescape(d, "%41", 2, false), -1); // the digits are not ours
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(urlencoded),
        TEST(urlencoded_refused),
        TEST(counts_fields),
        TEST(counts_parts),
        TEST(multipart),
        TEST(multipart_cut_anywhere),
        TEST(file_names),
        TEST(multipart_refused),
        TEST(boundaries),
        TEST(unescapes),
        TEST(padding_after_a_boundary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
