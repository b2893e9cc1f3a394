// SPDX-License-Identifier: Apache-2.0
// Cells of an answer: the server's binary forms as the few types that modules know.
#include "db/postgres.h"

#include <endian.h>
#include <math.h>
#include <string.h>

// Numbers of types are part of the protocol (pg_type.dat).
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_OID = 26,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_UNKNOWN = 705,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_NUMERIC = 1700,
    OID_JSONB = 3802,
};

static uint64_t
read_be(const char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | (unsigned char)p[i];
    }
    return v;
}

static double
read_real(const char *p, size_t n)
{
    if (n == sizeof(float)) {
        uint32_t bits = (uint32_t)read_be(p, n);
        float f;
        memcpy(&f, &bits, sizeof f);
        return (double)f;
    }
    uint64_t bits = read_be(p, n);
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

// What sum() of whole numbers answers: digits to the base of 10,000. `whole` is set when it is
// a whole number of 64 bits.
struct decimal {
    double real;
    int64_t i;
    bool whole;
};

static struct decimal
read_decimal(const char *p, size_t n)
{
    enum { HEAD = 8, NEGATIVE = 0x4000, SPECIAL = 0xC000 };
    struct decimal d = {.whole = true};
    int count = n < HEAD ? 0 : (int16_t)read_be(p, 2);
    int weight = n < HEAD ? 0 : (int16_t)read_be(p + 2, 2);
    unsigned sign = n < HEAD ? SPECIAL : (unsigned)read_be(p + 4, 2);
    if ((sign & SPECIAL) == SPECIAL || n < HEAD + (size_t)count * 2) {
        return (struct decimal){.real = (double)NAN};
    }
    for (int i = 0; i < count || i <= weight; i++) {
        int64_t digit = i < count ? (int64_t)read_be(p + HEAD + (size_t)i * 2, 2) : 0;
        d.real += (double)digit * pow(10000, weight - i);
        if (i > weight) {
            d.whole = d.whole && digit == 0;
        } else if (__builtin_mul_overflow(d.i, 10000, &d.i) ||
                   __builtin_add_overflow(d.i, digit, &d.i)) {
            d.whole = false;
        }
    }
    if (sign == NEGATIVE) {
        d.real = -d.real;
        d.i = -d.i;
    }
    return d;
}

static bool
int_of(Oid type, const char *p, size_t n, int64_t *out)
{
    switch (type) {
    case OID_INT8:
        *out = (int64_t)read_be(p, n);
        return n == 8;
    case OID_INT4:
        *out = (int32_t)read_be(p, n);
        return n == 4;
    case OID_INT2:
        *out = (int16_t)read_be(p, n);
        return n == 2;
    case OID_OID:
    case OID_BOOL:
        *out = (int64_t)read_be(p, n);
        return n == (type == OID_BOOL ? 1 : 4);
    case OID_NUMERIC: {
        struct decimal d = read_decimal(p, n);
        *out = d.i;
        return d.whole;
    }
    default:
        return false;
    }
}

bool
pg_cell_int(const PGresult *got, int row, int col, int64_t *out)
{
    return PQgetisnull(got, row, col) == 0 &&
           int_of(PQftype(got, col), PQgetvalue(got, row, col),
                  (size_t)PQgetlength(got, row, col), out);
}

static enum db_type
number(enum db_kind kind, Oid type, const char *p, size_t n, struct db_arg *out)
{
    int64_t i = 0;
    bool whole = int_of(type, p, n, &i);
    if (kind == KIND_REAL || !whole) {
        out->r = type == OID_FLOAT4 || type == OID_FLOAT8 ? read_real(p, n)
                 : type == OID_NUMERIC                    ? read_decimal(p, n).real
                                                          : (double)i;
        return DB_REAL_T;
    }
    out->i = i;
    return DB_INT_T;
}

enum db_type
pg_cell(struct db_rows *r, unsigned col, struct db_arg *out)
{
    const struct pg_stmt *st = pg_stmt_of(r);
    int at = (int)col;
    if (PQgetisnull(st->got, st->at, at) != 0) {
        return DB_NULL_T;
    }
    const char *p = PQgetvalue(st->got, st->at, at);
    size_t n = (size_t)PQgetlength(st->got, st->at, at);
    Oid type = PQftype(st->got, at);
    switch (type) {
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_BPCHAR:
    case OID_NAME:
    case OID_JSON:
    case OID_UNKNOWN:
        out->p = p;
        out->n = n;
        return DB_TEXT_T;
    case OID_JSONB: // a byte of version goes before the text
        out->p = p + 1;
        out->n = n - 1;
        return DB_TEXT_T;
    case OID_BYTEA:
        out->p = p;
        out->n = n;
        return DB_BLOB_T;
    default:
        return number(r->row->fields[col].kind, type, p, n, out);
    }
}
