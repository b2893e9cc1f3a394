// SPDX-License-Identifier: Apache-2.0
// The reader of backups against bytes that are not as they were written: every byte changed,
// every length cut, lengths that lie. Encryption refuses all of that first; this is the reader
// alone, which must not fall over, and must not call changed rows whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 5, MOST = 8192 };

static const struct bulk_column COLUMNS[] = {
    {"at", DB_REAL_T}, {"data", DB_BLOB_T}, {"id", DB_INT_T}, {"name", DB_TEXT_T}};
static const unsigned KEY[] = {2};

// Two tables, the second without rows.
struct made {
    struct carry_from from; // first
    int tables, rows;
    struct buf row;
};

static bool
made_table(struct carry_from *f, struct bulk_table *t)
{
    struct made *m = (struct made *)(void *)f;
    *t = (struct bulk_table){.name = m->tables == 0 ? "one" : "two",
                             .columns = 4,
                             .keys = 1,
                             .column = COLUMNS,
                             .key = KEY,
                             .given = 9};
    m->rows = m->tables == 0 ? ROWS : 0;
    return m->tables++ < 2;
}

static bool
made_row(struct carry_from *f, struct db_arg *cells, const void **bytes, size_t *n)
{
    struct made *m = (struct made *)(void *)f;
    if (m->rows == 0) {
        return false;
    }
    m->rows--;
    cells[0] = m->rows == 2 ? DB_NULL : DB_REAL(m->rows / 3.0);
    cells[1] = DB_BLOB("\0\1\2", (size_t)m->rows % 4);
    cells[2] = DB_INT(ROWS - m->rows);
    cells[3] = DB_TEXT("会桥");
    m->row.n = 0;
    bulk_encode(&m->row, cells, 4);
    *bytes = m->row.p;
    *n = m->row.n;
    return true;
}

struct bytes {
    unsigned char p[MOST];
    size_t n, at;
};

static bool
put(void *to, const void *p, size_t n)
{
    struct bytes *b = to;
    assert_true(b->n + n <= MOST);
    memcpy(b->p + b->n, p, n);
    b->n += n;
    return true;
}

static bool
get(void *from, void *p, size_t n)
{
    struct bytes *b = from;
    if (n > b->n - b->at) {
        return false;
    }
    memcpy(p, b->p + b->at, n);
    b->at += n;
    return true;
}

static bool
end(void *from)
{
    const struct bytes *b = from;
    return b->at == b->n;
}

static void
write_made(struct bytes *b)
{
    struct arena *a = arena_new((size_t)16 << 20);
    struct made m = {.from = {.table = made_table, .row = made_row}};
    struct value *head = value_map(a);
    struct value *patches = value_list(a);
    value_push(a, patches, value_int(a, 1));
    value_set_int(a, head, "format", 1);
    value_set_text(a, head, "name", "this");
    value_set(a, head, "patches", patches);
    buf_init(&m.row, a, 256, 4096);
    b->n = b->at = 0;
    assert_true(archive_write(a, head, &m.from, put, b, NULL, NULL));
    arena_free(a);
}

struct found {
    uint64_t rows, tables;
};

static void
count(const struct carry_said *said, void *arg)
{
    struct found *f = arg;
    f->rows += said->rows;
    f->tables++;
}

static bool
reads(struct bytes *b, struct found *f)
{
    struct arena *a = arena_new((size_t)256 << 20);
    struct archive r;
    *f = (struct found){0};
    b->at = 0;
    bool whole = archive_open(&r, a, get, end, b) && archive_verify(&r, count, f);
    assert_true(whole || r.from.why[0] != '\0');
    archive_close(&r);
    arena_free(a);
    return whole;
}

static void
test_as_written(void **state)
{
    (void)state;
    struct bytes b;
    struct found f;
    write_made(&b);
    assert_true(reads(&b, &f));
    assert_int_equal(f.tables, 2);
    assert_int_equal(f.rows, ROWS);
}

static void
test_cut_and_lengthened(void **state)
{
    (void)state;
    struct bytes b;
    struct found f;
    write_made(&b);
    size_t whole = b.n;
    for (size_t n = 0; n < whole; n++) {
        b.n = n;
        assert_false(reads(&b, &f));
    }
    b.n = whole + 1;
    b.p[whole] = 'T';
    assert_false(reads(&b, &f));
}

// Heads may say another district's name and be whole; rows and counts may not differ.
static void
test_changed(void **state)
{
    (void)state;
    static struct bytes b, changed;
    struct found f;
    write_made(&b);
    const unsigned char *rows = memmem(b.p, b.n, "}R", 2);
    assert_non_null(rows);
    size_t first = (size_t)(rows - b.p) + 1;
    const unsigned char *last = memmem(rows, b.n - first, "T\0\0", 3);
    assert_non_null(last);
    for (size_t i = 0; i < b.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            changed = b;
            changed.p[i] ^= (unsigned char)(1U << bit);
            bool whole = reads(&changed, &f);
            if (i >= first && b.p + i < last && whole) {
                fail_msg("byte %zu, bit %u", i, bit);
            }
        }
    }
}

// A length of four gigabytes, everywhere one could stand: refused, and no memory taken for it.
static void
test_lengths_that_lie(void **state)
{
    (void)state;
    static struct bytes b, lying;
    struct found f;
    write_made(&b);
    for (size_t i = 0; i + 4 <= b.n; i++) {
        lying = b;
        memset(lying.p + i, 0xff, 4);
        reads(&lying, &f);
        memset(lying.p + i, 0, 4);
        reads(&lying, &f);
    }
}

// Pieces of what was written, put together as chance has it.
static void
test_shuffled(void **state)
{
    (void)state;
    static struct bytes b, mixed;
    struct found f;
    unsigned seed = 17;
    write_made(&b);
    for (int round = 0; round < 3000; round++) {
        mixed.n = 0;
        for (int k = 0; k < 6; k++) {
            size_t from = (size_t)rand_r(&seed) % b.n;
            size_t n = (size_t)rand_r(&seed) % (b.n - from);
            from = k == 0 ? 0 : from;
            if (mixed.n + n <= MOST) {
                memcpy(mixed.p + mixed.n, b.p + from, n);
                mixed.n += n;
            }
        }
        assert_true(!reads(&mixed, &f) || (mixed.n == b.n && memcmp(mixed.p, b.p, b.n) == 0));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_written), cmocka_unit_test(test_cut_and_lengthened),
        cmocka_unit_test(test_changed),    cmocka_unit_test(test_lengths_that_lie),
        cmocka_unit_test(test_shuffled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
