// SPDX-License-Identifier: Apache-2.0
// What a field is: one row of a table from which come the form control, the parser and its
// messages, the list column, the filter, the JSON schema, the export column and the masking.
#ifndef KIT_FIELD_H
#define KIT_FIELD_H

#include "base/err.h"
#include "base/value.h"
#include "view/language.h"

#include <stdbool.h>
#include <stdint.h>

enum field_type {
    FIELD_TEXT = 1, // one line
    FIELD_LONG,     // several lines
    FIELD_CHOICE,   // one of `choices`
    FIELD_CHOICES,  // several of them: a text of their values with spaces between
    FIELD_INT,
    FIELD_MONEY,    // typed in yuan, kept in fen
    FIELD_DATE,     // "2026-11-23"
    FIELD_TIME,     // a moment; in JSON RFC 3339
    FIELD_FLAG,     // checkbox, boolean
    FIELD_REF,      // id of another record, `ref` names the kind
    FIELD_REFS,     // several ids: a JSON list, or the parameter repeated
    FIELD_FILES,    // ids of attachments; pages also upload files here
    FIELD_MOBILE,   // personal, masked
    FIELD_PASSWORD, // never shown again, never logged
    FIELD_CODE,     // a code of an official classification, `codes`
};

enum field_class { CLASS_PUBLIC, CLASS_INTERNAL, CLASS_PERSONAL, CLASS_SENSITIVE };

enum { // where it shows
    IN_LIST = 1,
    IN_FORM = 2, // people type it; without this the system keeps it
    IN_DETAIL = 4,
    IN_EXPORT = 8,
    IN_FILTER = 16,
    IN_INPUT = 32, // taken from the API though no form shows it
    IN_ALL = 31,
};

struct choice {
    const char *value;
    const char *label; // Chinese
    const char *tone;  // badge class: "is-ok" …; NULL none
};

// A rule a text must satisfy: NULL when it does, else the Chinese message.
typedef const char *(*field_check)(struct arena *a, const char *text);

struct code_list; // kit/code.h

struct field {
    const char *name; // NULL ends a table
    enum field_type type;
    const char *label; // Chinese
    const char *hint;  // Chinese, may be NULL
    bool required;
    // Characters for texts, bounds for numbers; 0 = none (texts: 200, long 10000). Money: the
    // least, in fen.
    int min, max;
    const struct choice *choices; // ended by a NULL value
    const char *initial;          // what the form of a new record begins with
    const char *ref;              // kind a FIELD_REF points at
    const struct code_list *codes;
    enum field_class class;
    unsigned where;
    int search; // weight in the search index; 0 = not indexed
    field_check check;
    const char *source; // law or standard the rule comes from
    // Follows from other records and is not kept with this one: the kind's `derive` says it
    // whenever a record is read. Neither in forms nor a filter.
    bool derived;
    // With `derived`: how the database says it, over the row `t` and with indexes: a filter as
    // well, and no `derive` is needed. Filters look at it row by row.
    const char *expression;
    // FIELD_TEXT, FIELD_MOBILE: kept encrypted (kit/seal.h). Records hold its mask everywhere,
    // a mask that comes back unchanged leaves it as it is, and record_reveal alone opens it.
    // The table has <name> and <name>_index, both TEXT, and <name>_end for FIELD_MOBILE.
    bool sealed;
};

const struct field *field_find(const struct field *fields, const char *name);
const struct choice *choice_find(const struct choice *choices, const char *value);
// Label of a choice in the reader's language; the value itself when unknown; "" for NULL.
const char *choice_label(const struct choice *choices, const char *value, enum language l);

// What came in, as texts, whatever the form: pages give form fields, the API a JSON map.
struct ctx;
// Reads c's body (form or JSON) by the table into c->in, adding a fault with a clear message
// for everything that is wrong: missing, too long, wrong type, invalid UTF-8, control
// characters, unknown (API), repeated. Absent optional fields are absent in c->in; with
// `partial` (PATCH) required fields may be absent, too. ERR_INVALID when there are faults.
enum err field_read(struct ctx *c, const struct field *fields, bool partial);

// The `fields[]` of form.html for the IN_FORM fields: values from `record` (may be NULL), from
// what was typed (after a fault), errors from c->faults.
struct value *field_form(struct ctx *c, const struct field *fields, const struct value *record);
// Makes one of those fields say its value without a control, and send it back as it is; a
// `value` of NULL is the one that it has.
void field_fix(struct ctx *c, struct value *field, const char *value, const char *text);
// The `errors_summary[]` of a form from c->faults; `whole` is the id of what a fault of no
// field points at.
struct value *field_summary(struct ctx *c, const struct field *fields, const char *whole);
// The value as people read it (label of a choice, yuan, date, masked mobile); "" when null.
const char *field_text(struct ctx *c, const struct field *f, const struct value *v);

#endif
