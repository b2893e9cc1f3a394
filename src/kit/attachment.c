// SPDX-License-Identifier: Apache-2.0
// Attachments: content and extension have to agree, and the type we send is ours, never the
// client's.
#include "kit/attachment.h"

#include "base/text.h"

#include <openssl/evp.h>
#include <string.h>

enum { NAME_CHARS = 100 };

static const struct db_stmt ADD = {
    .name = "attachment.add",
    DB_INSERTS("INSERT INTO attachment (name, type, size, sha256, account_id, created_at) "
               "VALUES ($1, $2, $3, $4, $5, $6)"),
    .params = "name:text type:text size:int sha256:blob account_id:int now:time"};
static const struct db_stmt ADD_DATA = {
    .name = "attachment.add_data",
    .sql = "INSERT INTO attachment_data (id, data) VALUES ($1, $2)",
    .params = "id:int data:blob"};
static const struct db_stmt BIND = {.name = "attachment.bind",
                                    .sql = "UPDATE attachment SET kind = $3, record_id = $4 "
                                           "WHERE id = $1 AND account_id = $2 AND kind IS NULL",
                                    .params = "id:int account_id:int kind:text record_id:int"};
static const struct db_stmt COUNT = {
    .name = "attachment.count",
    .sql = "SELECT count(*) AS n FROM attachment WHERE kind = $1 AND record_id = $2",
    .params = "kind:text record_id:int",
    .row = "n:int"};
static const struct db_stmt LIST = {
    .name = "attachment.list",
    .sql = "SELECT id, name, size, type FROM attachment WHERE kind = $1 AND record_id = $2 "
           "ORDER BY id",
    .params = "kind:text record_id:int",
    .row = "id:int name:text size:int type:text"};
static const struct db_stmt GET = {
    .name = "attachment.get",
    .sql = "SELECT a.name, a.type, a.account_id, a.kind, a.record_id, d.data FROM attachment a "
           "JOIN attachment_data d ON d.id = a.id WHERE a.id = $1",
    .params = "id:int",
    .row = "name:text type:text account_id:int kind:text? record_id:int? data:blob"};
const struct db_stmt *const ATTACHMENT_STMTS[] = {&ADD,  &ADD_DATA, &BIND, &COUNT,
                                                  &LIST, &GET,      NULL};

// What a file must begin with and, where several kinds begin alike, hold somewhere.
static const struct {
    const char *extensions; // space list
    const char *type;
    const char *magic;
    size_t magic_size;
    const char *inside;
    size_t inside_size;
} KINDS[] = {
    {"jpg jpeg", "image/jpeg", "\xff\xd8\xff", 3, NULL, 0},
    {"png", "image/png", "\x89PNG\r\n\x1a\n", 8, NULL, 0},
    {"gif", "image/gif", "GIF8", 4, NULL, 0},
    {"webp", "image/webp", "RIFF", 4, "WEBPVP8", 7},
    {"pdf", "application/pdf", "%PDF-", 5, NULL, 0},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     "PK\x03\x04", 4, "word/", 5},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04",
     4, "xl/", 3},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation",
     "PK\x03\x04", 4, "ppt/", 4},
    {"zip", "application/zip", "PK\x03\x04", 4, NULL, 0},
    // Names of streams in a compound file are UTF-16: "WordDocument", "Workbook" or "Book".
    {"doc", "application/msword", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8,
     "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t\0", 24},
    {"xls", "application/vnd.ms-excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "o\0o\0k\0", 6},
    {"txt", "text/plain", NULL, 0, NULL, 0},
    {"csv", "text/csv", NULL, 0, NULL, 0},
};

// Text as Windows programs here still write it (GB 18030), with no control characters.
static bool
is_gb18030(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        if (p[i] < 0x80) {
            if ((p[i] < 0x20 && strchr("\t\r\n", p[i]) == NULL) || p[i] == 0 || p[i] == 0x7f) {
                return false;
            }
            i++;
            continue;
        }
        size_t left = n - i;
        bool lead = p[i] >= 0x81 && p[i] <= 0xfe;
        if (lead && left >= 2 && p[i + 1] >= 0x40 && p[i + 1] != 0x7f && p[i + 1] <= 0xfe) {
            i += 2;
        } else if (lead && left >= 4 && p[i + 1] >= 0x30 && p[i + 1] <= 0x39 &&
                   p[i + 2] >= 0x81 && p[i + 2] <= 0xfe && p[i + 3] >= 0x30 &&
                   p[i + 3] <= 0x39) {
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}

static bool
content_fits(size_t kind, const struct http_file *f)
{
    const char *magic = KINDS[kind].magic, *inside = KINDS[kind].inside;
    if (magic == NULL) {
        return text_is_utf8((const char *)f->data, f->size) || is_gb18030(f->data, f->size);
    }
    return f->size >= KINDS[kind].magic_size &&
           memcmp(f->data, magic, KINDS[kind].magic_size) == 0 &&
           (inside == NULL ||
            memmem(f->data, f->size, inside, KINDS[kind].inside_size) != NULL);
}

// The type of a file whose content and extension agree, else NULL.
static const char *
sniff(struct arena *a, const struct http_file *f)
{
    const char *dot = strrchr(f->name, '.');
    const char *extension = dot == NULL ? "" : text_lower(a, dot + 1);
    for (size_t i = 0; *extension != '\0' && i < sizeof KINDS / sizeof *KINDS; i++) {
        if (text_list_has(KINDS[i].extensions, extension)) {
            return content_fits(i, f) ? KINDS[i].type : NULL;
        }
    }
    return NULL;
}

// The name people see: no path, no leading dot, its extension kept when it is cut.
static const char *
tidy_name(struct arena *a, const char *name)
{
    const char *s = text_tidy(a, name, false);
    const char *dot = strrchr(s, '.');
    size_t stem = dot == NULL ? strlen(s) : (size_t)(dot - s);
    return arena_printf(a, "%s%s", text_ellipsis(a, arena_strndup(a, s, stem), NAME_CHARS),
                        dot == NULL ? "" : dot);
}

int64_t
attachment_store(struct ctx *c, const struct http_file *f, const char *field)
{
    unsigned char sha[32];
    if (f->size > ATTACHMENT_MAX) {
        ctx_fault(c, field, "too_large", T("文件超过 10 MB，请压缩后再传"));
        return 0;
    }
    if (f->size == 0) {
        ctx_fault(c, field, "empty", T("文件是空的"));
        return 0;
    }
    const char *type = sniff(c->arena, f);
    if (type == NULL) {
        ctx_fault(c, field, "file_type",
                  T("只收照片、PDF、Word、Excel、PPT、文本和 ZIP，且内容要与扩展名一致"));
        return 0;
    }
    const char *name = tidy_name(c->arena, f->name);
    // This one uses the processor's own instructions: 10 MB hold the writer up for 7 ms.
    if (EVP_Digest(f->data, f->size, sha, NULL, EVP_sha256(), NULL) != 1) {
        db_tx_fail(c->tx, ERR_UNAVAILABLE); // no memory is all that can be wrong
        return 0;
    }
    int64_t id =
        db_insert(c->tx, &ADD,
                  DB_ARGS(DB_TEXT(name), DB_TEXT(type), DB_INT((int64_t)f->size),
                          DB_BLOB(sha, sizeof sha), DB_INT(c->actor->id), DB_INT(c->now)));
    db_put(c->tx, &ADD_DATA, DB_ARGS(DB_INT(id), DB_BLOB(f->data, f->size)));
    return id;
}

enum err
attachment_bind(struct ctx *c, const struct value *ids, const char *kind, int64_t record_id,
                const char *field)
{
    int64_t held =
        value_count(ids) == 0
            ? 0
            : db_value_int(c->tx, &COUNT, DB_ARGS(DB_TEXT(kind), DB_INT(record_id)), 0);
    if (held + (int64_t)value_count(ids) > ATTACHMENTS_PER_RECORD) {
        return ctx_fault(c, field, "too_many", T("附件最多 9 个"));
    }
    for (size_t i = 0; i < value_count(ids); i++) {
        if (db_run(c->tx, &BIND,
                   DB_ARGS(DB_INT(value_at(ids, i)->i), DB_INT(c->actor->id), DB_TEXT(kind),
                           DB_INT(record_id))) != 1) {
            return ctx_fault(c, field, "reference", T("附件不存在，或已经用在别处"));
        }
    }
    return ERR_OK;
}

struct value *
attachment_list(struct ctx *c, const char *kind, int64_t record_id)
{
    return db_list(c->tx, c->arena, &LIST, DB_ARGS(DB_TEXT(kind), DB_INT(record_id)));
}

// ---- who may read --------------------------------------------------------------------------

enum { KIND_MOST = 16 };
static struct {
    const char *kind;
    attachment_may_read may;
} readers[KIND_MOST];
static size_t reader_count;

void
attachment_register(const char *kind, attachment_may_read may)
{
    for (size_t i = 0; i < reader_count; i++) {
        if (strcmp(readers[i].kind, kind) == 0) {
            return;
        }
    }
    if (reader_count < KIND_MOST) {
        readers[reader_count].kind = kind;
        readers[reader_count++].may = may;
    }
}

static bool
may_read(struct ctx *c, const char *kind, int64_t record_id, int64_t owner)
{
    if (kind == NULL) {
        return owner == c->actor->id;
    }
    for (size_t i = 0; i < reader_count; i++) {
        if (strcmp(readers[i].kind, kind) == 0) {
            return readers[i].may(c, record_id);
        }
    }
    return false;
}

enum err
attachment_send(struct ctx *c, int64_t id)
{
    struct db_rows *r = db_query(c->tx, &GET, DB_ARGS(DB_INT(id)));
    enum err e = ERR_NOT_FOUND;
    if (db_next(r)) {
        const char *kind = arena_strdup(c->arena, db_text(r, 3));
        int64_t record_id = db_int(r, 4), owner = db_int(r, 2);
        size_t n = 0;
        const void *data = db_blob(r, 5, &n);
        if (!may_read(c, kind, record_id, owner)) {
            db_end(r);
            return ERR_NOT_FOUND;
        }
        c->raw_name = arena_strdup(c->arena, db_text(r, 0));
        c->raw_type = arena_strdup(c->arena, db_text(r, 1));
        c->raw_body = arena_memdup(c->arena, data, n);
        c->raw_size = n;
        e = ERR_OK;
    }
    db_end(r);
    if (e == ERR_OK && c->resp != NULL) {
        // Beside the policy of all answers: even opened in the browser it can do nothing (UP1).
        http_set(c->req, c->resp, "Content-Security-Policy", "sandbox; default-src 'none'");
    }
    return e;
}
