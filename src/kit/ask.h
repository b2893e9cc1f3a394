// SPDX-License-Identifier: Apache-2.0
// The page that asks for one thing: a step of a life cycle, a look-up, a reason. Fills
// action.html (and form.html) from a table of fields.
#ifndef KIT_ASK_H
#define KIT_ASK_H

#include "kit/ctx.h"

struct ask { // texts are Chinese unless they are a record's
    const char *title;
    const char *consequence;           // what follows; NULL none
    const struct field *fields;        // NULL: nothing but the button
    const struct value *values;        // what stands in them; NULL empty
    const char *action;                // where it is posted
    const char *submit;                // the button
    const char *tone;                  // its class; NULL btn-primary
    const char *back_label, *back_url; // the crumb above it
    const char *of_label, *of_url;     // the record it is about, a crumb between; NULL none
    int64_t version;                   // of the record; 0 none
    bool once;                         // sent twice, it happens once
};

struct value *ask_page(struct ctx *c, const struct ask *ask);

#endif
