// SPDX-License-Identifier: Apache-2.0
// A file into the database: read by the sandboxed process, headings found, rows kept in sealed
// blocks, a transaction each, so that neither side ever holds the whole.
// Its words are what sheets say; language: data.

#include "kit/import_store.h"

#include "base/log.h"
#include "base/text.h"

#include <malloc.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

enum { STAGE_ROWS_MAX = 16 * 1024 * 1024 };

static const struct db_stmt NEW_RUN = {
    .name = "import.new",
    DB_INSERTS("INSERT INTO import_run (kind, file_name, size, sha256, runner, account_id,"
               " account, language, state, signature, titles, columns, options, rows, blocks,"
               " position, n_new, n_changed, n_same, n_wrong, created_at, updated_at)"
               " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'reading', '', '[]', '[]', $9, 0, 0,"
               " 0, 0, 0, 0, 0, $10, $10)"),
    .params = "kind:text file_name:text size:int sha256:text runner:text account_id:int"
              " account:text language:text options:json now:time"};
static const struct db_stmt STAGED = {
    .name = "import.staged",
    .sql = "UPDATE import_run SET state = $2, signature = $3, titles = $4, columns = $5,"
           " rows = $6, blocks = $7, updated_at = $8 WHERE id = $1",
    .params = "id:int state:text signature:text titles:json columns:json rows:int blocks:int"
              " now:time"};
static const struct db_stmt DELETE = {
    .name = "import.delete", .sql = "DELETE FROM import_run WHERE id = $1", .params = "id:int"};
const struct db_stmt *const IMPORT_STAGE_STATEMENTS[] = {&NEW_RUN, &STAGED, &DELETE, NULL};

struct staging {
    const struct import_file *f;
    struct arena *a;       // of the caller
    struct arena *scratch; // of one write
    const char *hash;
    int64_t id;
    struct import_cells first[TABLE_HEAD_MAX]; // until the headings are found
    size_t first_n;
    struct import_head head;
    bool head_known;
    struct buf rows; // of the block
    size_t in_block;
    int64_t total, blocks;
    const char *why;
    enum err err;
};

// ---- writes ------------------------------------------------------------------------------

static enum err
write_new(struct db_tx *tx, void *arg)
{
    struct staging *s = arg;
    const struct import_file *f = s->f;
    s->id =
        db_insert(tx, &NEW_RUN,
                  DB_ARGS(DB_TEXT(f->kind->kind->plural), DB_TEXT(f->name), DB_INT(f->size),
                          DB_TEXT(s->hash), DB_TEXT(f->runner), DB_INT(f->actor->id),
                          DB_TEXT(f->actor->name == NULL ? "" : f->actor->name),
                          DB_TEXT(language_tag(f->language)),
                          DB_TEXT(import_json(s->scratch, f->options)), DB_INT(time_now())));
    return db_tx_err(tx);
}

static enum err
write_block(struct db_tx *tx, void *arg)
{
    struct staging *s = arg;
    import_block_add(tx, s->f->app, s->scratch, s->id, s->blocks, s->rows.p, s->rows.n);
    return db_tx_err(tx);
}

static enum err
forget(struct db_tx *tx, void *arg)
{
    struct staging *s = arg;
    import_blocks_drop(tx, s->id);
    db_put(tx, &DELETE, DB_ARGS(DB_INT(s->id)));
    return db_tx_err(tx);
}

static bool
write_down(struct staging *s, db_work work)
{
    s->err = db_write(s->f->app->db, s->scratch, work, s);
    arena_reset(s->scratch);
    if (s->err != ERR_OK && s->why == NULL) {
        s->why = tr(s->f->language, err_info(s->err)->title);
    }
    return s->err == ERR_OK;
}

// ---- what columns mean -------------------------------------------------------------------

static const char *
name_of_column(const struct staging *s, const char *title)
{
    const struct value *told = s->f->columns == NULL ? NULL : value_get(s->f->columns, title);
    if (told != NULL) {
        return told->type == VALUE_TEXT && *told->s != '\0' ? told->s : NULL;
    }
    const struct field *f = import_field_of_title(s->a, s->f->kind, title);
    return f == NULL ? NULL : f->name;
}

// Column `other` has the field already: which of the two keeps it?
static bool
is_better(const struct staging *s, const char *name, size_t column, size_t other)
{
    const struct import_kind *k = s->f->kind;
    const struct field *f = import_field(k, name);
    return s->f->columns == NULL && f != NULL && f->type == FIELD_REF &&
           import_title_rank(s->a, k, f, s->head.titles[column]) <
               import_title_rank(s->a, k, f, s->head.titles[other]);
}

// Each field once: of two columns that mean the same the first is taken, of two references the
// better named one.
static struct value *
proposed(const struct staging *s)
{
    const char **names = ARENA_ARRAY(s->a, const char *, s->head.n + 1);
    for (size_t i = 0; i < s->head.n; i++) {
        names[i] = name_of_column(s, s->head.titles[i]);
        for (size_t k = 0; names[i] != NULL && k < i; k++) {
            if (text_equal(names[k], names[i])) {
                names[is_better(s, names[i], i, k) ? k : i] = NULL;
            }
        }
    }
    struct value *list = value_list(s->a);
    for (size_t i = 0; i < s->head.n; i++) {
        value_push(s->a, list, value_ref(s->a, names[i]));
    }
    return list;
}

static struct value *
titles_value(const struct staging *s)
{
    struct value *list = value_list(s->a);
    for (size_t i = 0; i < s->head.n; i++) {
        value_push(s->a, list, value_ref(s->a, s->head.titles[i]));
    }
    return list;
}

static const struct value *
columns_of(struct staging *s, struct db_tx *tx, const char *signature)
{
    struct ctx c = {.app = s->f->app, .arena = s->a, .actor = s->f->actor, .tx = tx};
    const struct value *kept =
        s->f->columns != NULL ? NULL
                              : import_columns_kept(&c, s->f->kind->kind->plural, signature);
    return kept != NULL && value_count(kept) == s->head.n ? kept : proposed(s);
}

static enum err
write_staged(struct db_tx *tx, void *arg)
{
    struct staging *s = arg;
    const char *signature = import_signature(s->a, s->head.titles, s->head.n);
    const char *columns = import_json(s->a, columns_of(s, tx, signature));
    db_put(tx, &STAGED,
           DB_ARGS(DB_INT(s->id), DB_TEXT("mapped"), DB_TEXT(signature),
                   DB_TEXT(import_json(s->a, titles_value(s))), DB_TEXT(columns),
                   DB_INT(s->total), DB_INT(s->blocks), DB_INT(time_now())));
    return db_tx_err(tx);
}

// ---- rows --------------------------------------------------------------------------------

static bool
end_block(struct staging *s)
{
    if (s->in_block == 0) {
        return true;
    }
    bool ok = write_down(s, write_block);
    s->blocks++;
    s->rows.n = 0;
    s->in_block = 0;
    if (s->f->progress != NULL) {
        s->f->progress(s->f->arg, s->total);
    }
    return ok;
}

// Lines numbered in advance that nobody filled in.
static bool
is_number_only(const struct staging *s, size_t at, size_t texts)
{
    static const char *const NUMBERS[] = {"序号", "编号", "行号", "No.", "No", "#"};
    for (size_t i = 0; texts == 1 && at < s->head.n && i < sizeof NUMBERS / sizeof *NUMBERS;
         i++) {
        if (strcmp(s->head.titles[at], NUMBERS[i]) == 0) {
            return true;
        }
    }
    return false;
}

// Sums, remarks and who filled the sheet stand below the rows, and headings stand again on
// every printed page. None of them is a record.
static bool
is_beside(const struct staging *s, size_t n, const char *const *cells)
{
    static const char *const SUMS[] = {"合计", "总计", "小计", "合 计", "总 计"};
    static const char *const REMARKS[] = {"注：",  "注:",    "备注：", "备注:", "说明：",
                                          "说明:", "填表人", "制表人", "审核人"};
    size_t first = 0, texts = 0, same = 0;
    while (first < n && *cells[first] == '\0') {
        first++;
    }
    for (size_t i = first; i < n; i++) {
        texts += *cells[i] != '\0';
        same += *cells[i] != '\0' && i < s->head.n && strcmp(cells[i], s->head.titles[i]) == 0;
    }
    if (texts == 0 || same == texts || is_number_only(s, first, texts)) {
        return true;
    }
    const char *text = cells[first];
    for (size_t i = 0; i < sizeof SUMS / sizeof *SUMS; i++) {
        if (strcmp(text, SUMS[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof REMARKS / sizeof *REMARKS; i++) {
        if (texts <= 3 && text_starts(text, REMARKS[i])) {
            return true;
        }
    }
    return false;
}

static bool
keep_row(struct staging *s, size_t line, const char *const *cells, size_t n)
{
    if (is_beside(s, n, cells)) {
        return true;
    }
    if (!import_rows_put(&s->rows, line, cells, n)) {
        s->why = tr(s->f->language, T("有一行太长，请核对是不是表格"));
        return false;
    }
    s->total++;
    bool full = ++s->in_block == IMPORT_BLOCK || s->rows.n > STAGE_ROWS_MAX / 2;
    return !full || end_block(s);
}

// The headings are known, or there are none.
static bool
find_head(struct staging *s)
{
    s->head_known = true;
    if (!import_head_find(s->a, s->f->kind, s->first, s->first_n, &s->head)) {
        s->why =
            tr(s->f->language,
               s->first_n == 0 ? T("表格是空的") : T("没有找到表头：请在第一行写上各列的名称"));
        return false;
    }
    if (!write_down(s, write_new)) {
        return false;
    }
    bool ok = true;
    for (size_t i = s->head.first + s->head.rows; ok && i < s->first_n; i++) {
        ok = keep_row(s, s->first[i].line, s->first[i].cells, s->first[i].n);
    }
    return ok;
}

static bool
take_row(void *arg, size_t line, const char **cells, size_t n)
{
    struct staging *s = arg;
    if (s->head_known) {
        return keep_row(s, line, cells, n);
    }
    struct import_cells *c = &s->first[s->first_n++];
    *c = (struct import_cells){line, n, ARENA_ARRAY(s->a, const char *, n + 1)};
    for (size_t i = 0; i < n; i++) {
        c->cells[i] = arena_strdup(s->a, cells[i]);
    }
    return s->first_n < TABLE_HEAD_MAX || find_head(s);
}

int64_t
import_stage(const struct import_file *f, struct arena *a, const char **why)
{
    struct staging *s = ARENA_NEW(a, struct staging);
    *s = (struct staging){.f = f, .a = a, .hash = import_hash(a, f->fd)};
    s->scratch = arena_new((size_t)4 * STAGE_ROWS_MAX);
    buf_init(&s->rows, a, 256 * 1024, STAGE_ROWS_MAX);
    const char *wrong = s->hash == NULL
                            ? tr(f->language, T("文件读不出来"))
                            : parser_read(a, f->language, f->fd, f->format, take_row, s);
    s->why = s->why != NULL ? s->why : wrong;
    bool ok = s->why == NULL && (s->head_known || find_head(s)) && end_block(s);
    if (ok && s->total == 0) {
        s->why = tr(f->language, T("表头下面没有内容"));
        ok = false;
    }
    ok = ok && write_down(s, write_staged);
    if (!ok && s->err != ERR_OK && f->failed != NULL) {
        *f->failed = s->err;
    }
    if (!ok && s->id != 0) {
        write_down(s, forget);
    }
    arena_free(s->scratch);
    malloc_trim(0);
    *why = s->why;
    return ok ? s->id : 0;
}

// ---- the file ------------------------------------------------------------------------------

enum parser_format
import_format(int fd)
{
    char magic[4] = {0};
    return pread(fd, magic, sizeof magic, 0) == 4 && memcmp(magic, "PK\3\4", 4) == 0
               ? PARSER_XLSX
               : PARSER_CSV;
}

const char *
import_hash(struct arena *a, int fd)
{
    unsigned char out[32];
    char part[64 * 1024];
    ssize_t n = 0;
    off_t at = 0;
    EVP_MD_CTX *m = EVP_MD_CTX_new();
    bool ok = m != NULL && EVP_DigestInit_ex(m, EVP_sha256(), NULL) == 1;
    while (ok && (n = pread(fd, part, sizeof part, at)) > 0) {
        ok = EVP_DigestUpdate(m, part, (size_t)n) == 1;
        at += n;
    }
    ok = ok && n == 0 && EVP_DigestFinal_ex(m, out, NULL) == 1;
    EVP_MD_CTX_free(m);
    return ok ? text_hex(a, out, sizeof out) : NULL;
}
