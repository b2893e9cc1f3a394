// SPDX-License-Identifier: Apache-2.0
// Two arenas take turns: what one piece leaves behind (where the next one begins) is still
// there while the next one is made.
#include "kit/export.h"

#include "base/log.h"
#include "kit/app.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE_ARENA = 32 << 20,
    PIECE_TEXT = 16 << 20,
    FREELY = 20 * EXPORT_PIECE, // rows of a workbook that need not wait for their turn
    SHEET_ROWS = 1048575,
};

struct export_out {
    struct ctx c; // of the pieces: the request's with an arena and a snapshot of their own
    const struct export_list *l;
    struct arena *arenas[2];
    unsigned turn;
    bool more;       // there is a next piece
    struct buf text; // CSV: of the piece
    size_t sent;     // of text
    struct xlsx *book;
    size_t rows;
    bool failed;
    bool alone; // holds app->exporting
    struct http_source source;
    int file; // -1: none
};

static void
out_free(void *arg)
{
    struct export_out *x = arg;
    arena_free(x->arenas[0]);
    arena_free(x->arenas[1]);
    if (x->file >= 0) {
        close(x->file);
    }
    if (x->alone) {
        atomic_flag_clear(&x->c.app->exporting);
    }
}

static struct export_out *
out_new(struct ctx *c, const struct export_list *l)
{
    struct export_out *x = ARENA_NEW(c->arena, struct export_out);
    *x = (struct export_out){.c = *c, .l = l, .more = true, .file = -1};
    x->arenas[0] = arena_new(PIECE_ARENA);
    x->arenas[1] = arena_new(PIECE_ARENA);
    arena_defer(c->arena, out_free, x);
    return x;
}

void
export_row(struct export_out *out, const struct value *cells)
{
    out->rows++;
    if (out->book == NULL) {
        csv_cells(&out->text, cells, out->l->count);
    } else if (!out->failed) {
        out->failed = !xlsx_cells(out->book, out->c.arena, cells);
    }
}

// The next piece from `tx`. False: something failed.
static bool
next_piece(struct export_out *x, struct db_tx *tx)
{
    struct arena *a = x->arenas[++x->turn % 2];
    struct arena_guard g;
    arena_reset(a);
    x->c.arena = a;
    x->c.tx = tx;
    x->sent = 0;
    if (!ARENA_TRY(a, &g)) {
        log_error("a piece of %s needs more memory than it may have", x->l->name);
        return false;
    }
    buf_init(&x->text, a, (size_t)128 << 10, PIECE_TEXT);
    if (x->rows == 0 && x->book == NULL) {
        csv_head(&x->text, x->l->columns, x->l->count);
    }
    x->more = x->l->piece(&x->c, x->l->state, x);
    arena_end(a, &g);
    return !x->failed && !x->text.full && db_tx_err(tx) == ERR_OK;
}

// Long ones are made one at a time, so that a thread is left for others.
static bool
take_turn(struct ctx *c, struct export_out *x)
{
    if (!x->alone && x->rows >= FREELY) {
        x->alone = !atomic_flag_test_and_set(&c->app->exporting);
        return x->alone;
    }
    return true;
}

// ---- CSV -------------------------------------------------------------------------------

static ptrdiff_t
read_csv(void *arg, char *to, size_t room)
{
    struct export_out *x = arg;
    while (x->sent == x->text.n) {
        struct db_tx *tx = x->more ? db_read_begin(x->c.app->db) : NULL;
        if (tx == NULL) {
            return x->more ? -1 : 0;
        }
        bool ok = next_piece(x, tx);
        db_read_end(tx);
        if (!ok) {
            log_error("%s.csv ends after %zu rows", x->l->name, x->rows);
            return -1;
        }
    }
    size_t n = x->text.n - x->sent;
    n = n < room ? n : room;
    memcpy(to, x->text.p + x->sent, n);
    x->sent += n;
    return (ptrdiff_t)n;
}

// Files without a name are refused, or end, where there is no room for them.
static enum err
no_room(struct ctx *c)
{
    return ctx_refuse(c, ERR_FULL, T("服务器的磁盘放不下这张表格，请告诉管理员"));
}

// Where a read may wait the pieces cannot be made while they are sent, which http threads do: a
// file without a name takes them.
static enum err
fill_file(struct ctx *c, struct export_out *x)
{
    bool ok = true;
    x->file = open(c->app->data, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    x->source = (struct http_source){.fd = x->file};
    while (ok && x->file >= 0) {
        ok = write(x->file, x->text.p, x->text.n) == (ssize_t)x->text.n;
        x->source.size += x->text.n;
        if (!ok || !x->more) {
            break;
        }
        ok = next_piece(x, c->tx);
        if (ok && x->more && !take_turn(c, x)) {
            return ctx_refuse(c, ERR_UNAVAILABLE, T("另一份大表格正在导出，请稍后再试"));
        }
    }
    if (x->file < 0 || !ok) {
        log_error("%s.csv ends after %zu rows", x->l->name, x->rows);
        return no_room(c);
    }
    c->raw_source = &x->source;
    return ERR_OK;
}

// A list of one piece is sent as any answer is: with its length, and compressed.
enum err
export_csv(struct ctx *c, const struct export_list *l)
{
    struct export_out *x = out_new(c, l);
    if (!next_piece(x, c->tx)) {
        return ERR_INTERNAL;
    }
    c->raw_type = "text/csv; charset=utf-8";
    c->raw_name = arena_printf(c->arena, "%s.csv", l->name);
    c->raw_body = buf_str(&x->text);
    c->raw_size = x->text.n;
    if (x->more && db_reads_wait(c->app->db)) {
        return fill_file(c, x);
    }
    if (x->more) {
        x->source = (struct http_source){.read = read_csv, .arg = x};
        c->raw_source = &x->source;
    }
    return ERR_OK;
}

// ---- workbooks -------------------------------------------------------------------------

static enum err
wait_for_turn(struct ctx *c, struct export_out *x)
{
    return take_turn(c, x) ? ERR_OK
                           : ctx_refuse(c, ERR_UNAVAILABLE,
                                        T("另一份大表格正在导出，请稍后再试，或者导出 CSV"));
}

static enum err
fill_book(struct ctx *c, struct export_out *x)
{
    while (x->more) {
        if (!next_piece(x, c->tx)) {
            return ERR_INTERNAL;
        }
        if (x->more && x->rows + EXPORT_PIECE > SHEET_ROWS) {
            return ctx_refuse(c, ERR_TOO_LARGE,
                              T("一张工作表放不下这么多行，请导出 CSV，或者先筛选"));
        }
        enum err e = wait_for_turn(c, x);
        if (e != ERR_OK) {
            return e;
        }
    }
    return ERR_OK;
}

enum err
export_xlsx(struct ctx *c, const struct export_list *l)
{
    struct export_out *x = out_new(c, l);
    x->book = xlsx_open(c->arena, c->arena, c->app->data, l->sheet, l->columns, l->count);
    if (x->book == NULL) {
        return no_room(c);
    }
    enum err e = fill_book(c, x);
    if (e != ERR_OK) {
        return e;
    }
    x->source.fd = xlsx_file(x->book, &x->source.size);
    c->raw_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    c->raw_name = arena_printf(c->arena, "%s.xlsx", l->name);
    c->raw_source = &x->source;
    return x->source.fd < 0 ? no_room(c) : ERR_OK;
}
