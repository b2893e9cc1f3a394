// SPDX-License-Identifier: Apache-2.0
// Where the headings of a sheet stand and what they mean. Offices put a title above them, who
// filled the sheet and when, and write headings in two rows: 联系人 over 姓名 and 手机.
#include "kit/import.h"

#include "base/text.h"
#include "kit/app.h"
#include "view/table.h"

#include <sodium.h>
#include <string.h>

enum { FIELDS_MOST = 64 };

// ---- kinds -----------------------------------------------------------------------------

const struct import_kind *
import_kind_at(const struct app *app, size_t i)
{
    for (const struct module *const *m = app->modules; *m != NULL; m++) {
        for (size_t n = 0; (*m)->imports != NULL && (*m)->imports[n] != NULL; n++) {
            if (i-- == 0) {
                return (*m)->imports[n];
            }
        }
    }
    return NULL;
}

const struct import_kind *
import_kind_find(const struct app *app, const char *plural)
{
    const struct import_kind *k;
    for (size_t i = 0; (k = import_kind_at(app, i)) != NULL; i++) {
        if (text_equal(k->kind->plural, plural)) {
            return k;
        }
    }
    return NULL;
}

// ---- fields ----------------------------------------------------------------------------

static bool
is_imported(const struct import_kind *k, const struct field *f)
{
    bool own = (f->where & (IN_FORM | IN_INPUT)) != 0;
    bool can = f->type != FIELD_FILES && f->type != FIELD_PASSWORD && f->type != FIELD_REFS;
    return own && can && !text_list_has(k->never, f->name);
}

const struct field *const *
import_fields(struct arena *a, const struct import_kind *k)
{
    const struct field **list = ARENA_ARRAY(a, const struct field *, FIELDS_MOST + 1);
    const struct field *const tables[] = {k->kind->fields, k->fields};
    size_t n = 0;
    for (size_t t = 0; t < 2; t++) {
        for (const struct field *f = tables[t]; f != NULL && f->name != NULL; f++) {
            if (n < FIELDS_MOST && is_imported(k, f)) {
                list[n++] = f;
            }
        }
    }
    return list;
}

const struct field *
import_field(const struct import_kind *k, const char *name)
{
    const struct field *f = name == NULL ? NULL : field_find(k->kind->fields, name);
    if (f == NULL && name != NULL) {
        f = field_find(k->fields, name);
    }
    return f != NULL && is_imported(k, f) ? f : NULL;
}

// ---- titles ----------------------------------------------------------------------------

// What people add to a title: spaces, line breaks, a star for "required", units and remarks in
// brackets, a number in front.
static const char *
bare(struct arena *a, const char *title)
{
    const char *s = text_lower(a, text_tidy(a, import_narrow(a, title), false));
    char *out = arena_strdup(a, s);
    char *to = out;
    int depth = 0;
    s += strspn(s, "0123456789. ");
    for (; *s != '\0'; s++) {
        depth += *s == '(' || *s == '[' ? 1 : 0;
        if (depth == 0 && strchr(" *:\"'_-", *s) == NULL) {
            *to++ = *s;
        }
        depth -= (*s == ')' || *s == ']') && depth > 0 ? 1 : 0;
    }
    *to = '\0';
    return out;
}

enum { OWN_NAME = 1000, NO_MEANING = -1 };

// The place in the list: -1 when it is not there.
static int
place_in(struct arena *a, const char *titles, const char *title)
{
    int at = 0;
    for (const char *p = titles; *p != '\0'; at++) {
        size_t n = strcspn(p, " ");
        if (strcmp(bare(a, arena_strndup(a, p, n)), title) == 0) {
            return at;
        }
        p += n + strspn(p + n, " ");
    }
    return NO_MEANING;
}

// How well the title names the field: the smaller the better, -1 not at all. The words of the
// kind's own table come in its order, so that a code goes before a name.
static int
rank_of(struct arena *a, const struct import_kind *k, const struct field *f, const char *title)
{
    if (strcmp(bare(a, f->name), title) == 0 || strcmp(bare(a, f->label), title) == 0 ||
        strcmp(bare(a, tr(LANG_EN, f->label)), title) == 0) {
        return OWN_NAME;
    }
    for (const struct import_title *t = k->titles; t != NULL && t->field != NULL; t++) {
        if (strcmp(t->field, f->name) == 0) {
            return place_in(a, t->titles, title);
        }
    }
    return NO_MEANING;
}

int
import_title_rank(struct arena *a, const struct import_kind *k, const struct field *f,
                  const char *title)
{
    return rank_of(a, k, f, bare(a, title));
}

const struct field *
import_field_of_title(struct arena *a, const struct import_kind *k, const char *title)
{
    const struct field *const *fields = import_fields(a, k);
    const char *s = bare(a, title);
    for (size_t i = 0; *s != '\0' && fields[i] != NULL; i++) {
        if (rank_of(a, k, fields[i], s) != NO_MEANING) {
            return fields[i];
        }
    }
    return NULL;
}

// ---- where they stand ------------------------------------------------------------------

// A column's title out of one row or two. An empty upper cell belongs to its left neighbour,
// whose text stands over several columns.
static const char *
title_at(struct arena *a, const struct import_kind *k, const struct import_cells *rows,
         size_t count, size_t column)
{
    const char *last = column < rows[count - 1].n ? rows[count - 1].cells[column] : "";
    const char *upper = "";
    last = text_tidy(a, last, false);
    if (count == 1) {
        return last;
    }
    for (size_t c = column + 1; *upper == '\0' && c-- > 0;) {
        upper = c < rows[0].n ? text_tidy(a, rows[0].cells[c], false) : "";
        if (*last == '\0') {
            break; // nothing below: only what stands right above
        }
    }
    if (*last == '\0' || *upper == '\0' || strcmp(last, upper) == 0) {
        return *last == '\0' ? upper : last;
    }
    const char *both = arena_printf(a, "%s%s", upper, last);
    return import_field_of_title(a, k, both) == NULL &&
                   import_field_of_title(a, k, last) != NULL
               ? last
               : both;
}

static size_t
score(struct arena *a, const struct import_kind *k, const struct import_head *h)
{
    const struct field **met = ARENA_ARRAY(a, const struct field *, h->n + 1);
    size_t known = 0;
    for (size_t i = 0; i < h->n; i++) {
        const struct field *f = import_field_of_title(a, k, h->titles[i]);
        bool again = f == NULL;
        for (size_t j = 0; !again && j < known; j++) {
            again = met[j] == f;
        }
        met[known] = f;
        known += !again;
    }
    return known;
}

static struct import_head
head_at(struct arena *a, const struct import_kind *k, const struct import_cells *rows,
        size_t first, size_t count)
{
    struct import_head h = {.first = first, .rows = count};
    for (size_t i = 0; i < count; i++) {
        h.n = rows[first + i].n > h.n ? rows[first + i].n : h.n;
    }
    h.titles = ARENA_ARRAY(a, const char *, h.n + 1);
    for (size_t c = 0; c < h.n; c++) {
        h.titles[c] = title_at(a, k, rows + first, count, c);
    }
    return h;
}

static size_t
texts_in(const struct import_cells *row)
{
    size_t n = 0;
    for (size_t i = 0; i < row->n; i++) {
        n +=
            *row->cells[i] != '\0' && (i == 0 || strcmp(row->cells[i], row->cells[i - 1]) != 0);
    }
    return n;
}

bool
import_head_find(struct arena *a, const struct import_kind *k, const struct import_cells *rows,
                 size_t count, struct import_head *out)
{
    size_t best = 0, widest = 1, otherwise = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (texts_in(&rows[i]) > widest && otherwise == SIZE_MAX) {
            otherwise = i; // the first row that is more than a title
        }
        for (size_t two = 1; two <= 2 && i + two <= count; two++) {
            struct import_head h = head_at(a, k, rows, i, two);
            size_t known = score(a, k, &h);
            if (known > best || (known > 0 && known == best && two < out->rows)) {
                best = known;
                *out = h;
            }
        }
    }
    if (best == 0 && otherwise != SIZE_MAX) {
        *out = head_at(a, k, rows, otherwise, 1);
    }
    return best > 0 || otherwise != SIZE_MAX;
}

const char *
import_signature(struct arena *a, const char *const *titles, size_t n)
{
    unsigned char hash[16], short_hash[8];
    crypto_generichash_state s;
    crypto_generichash_init(&s, NULL, 0, sizeof hash);
    for (size_t i = 0; i < n; i++) {
        crypto_generichash_update(&s, (const unsigned char *)titles[i], strlen(titles[i]) + 1);
    }
    crypto_generichash_final(&s, hash, sizeof hash);
    memcpy(short_hash, hash, sizeof short_hash);
    return text_hex(a, short_hash, sizeof short_hash);
}
