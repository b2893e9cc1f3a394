// SPDX-License-Identifier: Apache-2.0
// Attachments: what may come in, whom it belongs to, who gets it out again.
#include "store/request.h"

#include "kit/attachment.h"

static const struct actor MEI = {.id = 5, .name = "梅", .roles = ROLE_MEMBER};
static const struct actor WANG = {.id = 6, .name = "王", .roles = ROLE_OFFICER};

struct upload {
    struct http_file file;
    int64_t id;
};

static enum err
store(struct ctx *c, void *arg)
{
    struct upload *u = arg;
    u->id = attachment_store(c, &u->file, "file");
    return u->id != 0 ? ERR_OK : ERR_INVALID;
}

static int64_t
upload(struct world *w, const struct actor *who, const char *name, const void *data, size_t n)
{
    struct upload u = {.file = {"file", name, "text/html", data, n}};
    struct ctx *c = request(w, who);
    enum err e = in_write(w, c, store, &u);
    assert_true((e == ERR_OK) == (u.id != 0));
    assert_true((e == ERR_INVALID) == (c->faults.count == 1));
    return u.id;
}

#define WITH(s) (s), sizeof(s) - 1
#define ZIP "PK\x03\x04\x14\0\0\0\0\0"
#define OLE "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0"

static void
content_and_name_must_agree(void **state)
{
    static const struct {
        const char *name;
        const char *data;
        size_t n;
        const char *type; // NULL: refused
    } CASES[] = {
        {"a.jpg", WITH("\xff\xd8\xff\xe0JFIF"), "image/jpeg"},
        {"A.JPEG", WITH("\xff\xd8\xff\xe0JFIF"), "image/jpeg"},
        {"a.png", WITH("\x89PNG\r\n\x1a\n...."), "image/png"},
        {"a.gif", WITH("GIF89a"), "image/gif"},
        {"a.webp", WITH("RIFF\x10\0\0\0WEBPVP8 "), "image/webp"},
        {"a.pdf", WITH("%PDF-1.7\n"), "application/pdf"},
        {"a.docx", WITH(ZIP "word/document.xml"),
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
        {"a.xlsx", WITH(ZIP "xl/workbook.xml"),
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
        {"a.pptx", WITH(ZIP "ppt/presentation.xml"),
         "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
        {"a.zip", WITH(ZIP), "application/zip"},
        {"a.doc", WITH(OLE "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0"), "application/msword"},
        {"a.xls", WITH(OLE "W\0o\0r\0k\0b\0o\0o\0k\0"), "application/vnd.ms-excel"},
        {"a.txt", WITH("会议纪要\r\n"), "text/plain"},
        {"a.csv", WITH("\xef\xbb\xbf名称,数\n"), "text/csv"},
        {"gbk.csv", WITH("\xc3\xfb\xb3\xc6,1\r\n"), "text/csv"},
        {"gb4.txt", WITH("\x81\x30\x81\x30"), "text/plain"},
        // Another content under an innocent name, and the other way round.
        {"a.png", WITH("\xff\xd8\xff\xe0JFIF"), NULL},
        {"a.jpg", WITH("<html><script>alert(1)</script>"), NULL},
        {"a.pdf", WITH("<%PDF-"), NULL},
        {"a.webp", WITH("RIFF\x10\0\0\0AVI LIST"), NULL},
        {"a.docx", WITH(ZIP "xl/workbook.xml"), NULL},
        {"a.docx", WITH(ZIP), NULL},
        {"a.xls", WITH(OLE), NULL},
        {"a.svg", WITH("<svg xmlns='http://www.w3.org/2000/svg'/>"), NULL},
        {"a.html", WITH("<p>"), NULL},
        {"a.exe", WITH("MZ"), NULL},
        {"a.png.exe", WITH("\x89PNG\r\n\x1a\n"), NULL},
        {"png", WITH("\x89PNG\r\n\x1a\n"), NULL},
        {"a.", WITH("text"), NULL},
        {"", WITH("text"), NULL},
        {"a.txt", WITH("a\0b"), NULL},
        {"a.txt", WITH("\xff\xfe\x41"), NULL},
        {"a.txt", WITH("\xc3\xfb\x01\xc3"), NULL},
        {"a.txt", WITH("\x81"), NULL},
        {"a.png", WITH("\x89PNG"), NULL},
        {"a.png", "", 0, NULL},
    };
    struct world *w = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t id = upload(w, &MEI, CASES[i].name, CASES[i].data, CASES[i].n);
        if ((id != 0) != (CASES[i].type != NULL)) {
            fail_msg("case %zu, %s: %s", i, CASES[i].name, id != 0 ? "taken" : "refused");
        }
        if (id != 0) {
            struct ctx *c = request(w, &MEI);
            read_begin(w, c);
            assert_int_equal(attachment_send(c, id), ERR_OK);
            assert_string_equal(c->raw_type, CASES[i].type); // never the client's
            assert_string_equal(c->raw_name, CASES[i].name);
            assert_int_equal(c->raw_size, CASES[i].n);
            assert_memory_equal(c->raw_body, CASES[i].data, CASES[i].n);
            assert_non_null(
                strstr(http_list_get(&w->resp.headers, "Content-Security-Policy"), "sandbox"));
            read_end(c);
        }
    }
}

static void
size_is_limited(void **state)
{
    struct world *w = *state;
    char *big = calloc(1, ATTACHMENT_MAX + 1);
    assert_non_null(big);
    memcpy(big, "%PDF-", 5);
    assert_int_not_equal(upload(w, &MEI, "a.pdf", big, ATTACHMENT_MAX), 0);
    assert_int_equal(upload(w, &MEI, "a.pdf", big, ATTACHMENT_MAX + 1), 0);
    free(big);
}

static void
names_are_cut_before_the_extension(void **state)
{
    struct world *w = *state;
    char name[500] = "";
    for (int i = 0; i < 150; i++) {
        strcat(name, "长");
    }
    strcat(name, ".txt");
    int64_t id = upload(w, &MEI, name, "x", 1);
    struct ctx *c = request(w, &MEI);
    read_begin(w, c);
    assert_int_equal(attachment_send(c, id), ERR_OK);
    assert_true(strlen(c->raw_name) < 320);
    assert_string_equal(c->raw_name + strlen(c->raw_name) - 4, ".txt");
    read_end(c);
}

// ---- belonging -----------------------------------------------------------------------------

static int64_t readable; // the one record the reader may see

static bool
may_read(struct ctx *c, int64_t record_id)
{
    return record_id == readable;
}

struct binding {
    int64_t ids[12];
    size_t count;
    int64_t record;
};

static enum err
bind(struct ctx *c, void *arg)
{
    const struct binding *b = arg;
    struct value *list = value_list(c->arena);
    for (size_t i = 0; i < b->count; i++) {
        value_push(c->arena, list, value_int(c->arena, b->ids[i]));
    }
    return attachment_bind(c, list, "test", b->record, "files");
}

static enum err
sent(struct world *w, const struct actor *who, int64_t id)
{
    struct ctx *c = request(w, who);
    read_begin(w, c);
    enum err e = attachment_send(c, id);
    if (e != ERR_OK) {
        assert_null(c->raw_body);
        assert_null(c->raw_name);
    }
    read_end(c);
    return e;
}

static void
the_record_decides_who_reads(void **state)
{
    struct world *w = *state;
    attachment_register("test", may_read);
    int64_t id = upload(w, &MEI, "a.txt", "x", 1);
    struct binding b = {{id}, 1, 77};
    readable = 0;
    assert_int_equal(sent(w, &MEI, id), ERR_OK); // unbound: the uploader only
    assert_int_equal(sent(w, &WANG, id), ERR_NOT_FOUND);
    assert_int_equal(sent(w, &MEI, id + 1), ERR_NOT_FOUND);
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_OK);
    assert_int_equal(sent(w, &MEI, id), ERR_NOT_FOUND);
    assert_int_equal(sent(w, &WANG, id), ERR_NOT_FOUND);
    readable = 77;
    assert_int_equal(sent(w, &WANG, id), ERR_OK);
    struct ctx *c = request(w, &WANG);
    read_begin(w, c);
    const struct value *list = attachment_list(c, "test", 77);
    assert_int_equal(value_count(list), 1);
    assert_int_equal(value_get_int(value_at(list, 0), "id", 0), id);
    assert_string_equal(value_get_text(value_at(list, 0), "name"), "a.txt");
    assert_int_equal(value_get_int(value_at(list, 0), "size", 0), 1);
    assert_int_equal(value_count(attachment_list(c, "test", 78)), 0);
    read_end(c);
    // A kind nobody answers for is read by nobody.
    CHANGE(w, "UPDATE attachment SET kind = 'unknown'");
    assert_int_equal(sent(w, &MEI, id), ERR_NOT_FOUND);
}

static void
only_ones_own_and_only_once(void **state)
{
    struct world *w = *state;
    int64_t mine = upload(w, &MEI, "a.txt", "x", 1), theirs = upload(w, &WANG, "b.txt", "y", 1);
    struct binding b = {{mine, theirs}, 2, 77};
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_INVALID);
    assert_int_equal(w->c.faults.count, 1);
    assert_string_equal(w->c.faults.items[0].field, "files");
    assert_int_equal(sent(w, &MEI, mine), ERR_OK); // the refusal undid the first
    b = (struct binding){{mine, mine}, 2, 77};
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_INVALID);
    b = (struct binding){{mine}, 1, 77};
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_OK);
    b.record = 78;
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_INVALID);
    b = (struct binding){{999}, 1, 77};
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_INVALID);
}

static void
a_record_holds_nine(void **state)
{
    struct world *w = *state;
    struct binding b = {.record = 77};
    for (; b.count < ATTACHMENTS_PER_RECORD + 1; b.count++) {
        b.ids[b.count] = upload(w, &MEI, "a.txt", "x", 1);
    }
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_INVALID);
    b.count--;
    assert_int_equal(in_write(w, request(w, &MEI), bind, &b), ERR_OK);
    struct binding one = {{b.ids[b.count]}, 1, 77};
    assert_int_equal(in_write(w, request(w, &MEI), bind, &one), ERR_INVALID);
    one.record = 78;
    assert_int_equal(in_write(w, request(w, &MEI), bind, &one), ERR_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(content_and_name_must_agree),
        WORLD_TEST(size_is_limited),
        WORLD_TEST(names_are_cut_before_the_extension),
        WORLD_TEST(the_record_decides_who_reads),
        WORLD_TEST(only_ones_own_and_only_once),
        WORLD_TEST(a_record_holds_nine),
    };
    return cmocka_run_group_tests_name("attachment", tests, NULL, NULL);
}
