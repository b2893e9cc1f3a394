// SPDX-License-Identifier: Apache-2.0
// Life cycles of kinds of records: the routes of their steps, the pages that ask for a step's
// input, the buttons on a record's page. The module gives the table of steps (kit/lifecycle.h).
#ifndef KIT_RECORD_STEP_H
#define KIT_RECORD_STEP_H

#include "kit/lifecycle.h"
#include "kit/record.h"

enum { RECORD_STEP_MINE = 1 }; // a transition's relation: `action` is granted for the record

struct record_steps {
    const struct record_kind *kind;
    const struct lifecycle *life;
    unsigned action; // RECORD_UPDATE …: whoever may do it, may take RECORD_STEP_MINE steps
    // In place of `action`: all that the actor is to the record. NULL: as above.
    unsigned (*relations)(const struct ctx *c, const struct value *rec);
    // What follows for this very record, in the reader's language; NULL: what the table says.
    const char *(*about)(struct ctx *c, const struct transition *t, const struct value *rec);
};
// A route's data.
struct record_step {
    const struct record_steps *steps;
    const char *name;
};

// The record as the engine takes steps on it; `rec` becomes its data.
struct lifecycle_record record_step_of(const struct ctx *c, const struct record_steps *s,
                                       struct value *rec);
// The body of a lifecycle's `load`.
bool record_step_load(struct ctx *c, const struct record_steps *s, int64_t id,
                      struct lifecycle_record *out);
// Buttons of the steps that are possible now, before the usual ones; for `decorate`.
void record_step_actions(struct ctx *c, const struct record_steps *s, const struct value *rec);
// One more button behind them, or before them as the `main` one; `label` is Chinese, `icon` may
// be NULL.
void record_action(struct ctx *c, const char *url, const char *label, const char *icon,
                   bool main);
// History and audit of a step that is taken: the input's texts and numbers, the new state, and
// `more` (a map or NULL).
void record_step_tell(struct ctx *c, const struct record_steps *s,
                      const struct lifecycle_record *r, const char *event,
                      const struct value *more);

enum err record_step_run(struct ctx *c);
enum err record_step_form(struct ctx *c);
enum err record_step_show(struct ctx *c);

// The two routes of a step: /plural/{id}/word. `file_body` is 0, or the size of a body with
// files.
#define RECORD_STEP(of, plural, word, who, input, file_body, what)                             \
    {.method = HTTP_GET,                                                                       \
     .pattern = "/" plural "/{id}/" word,                                                      \
     .roles = (who),                                                                           \
     .run = record_step_form,                                                                  \
     .show = record_step_show,                                                                 \
     .page = "action",                                                                         \
     .flags = ROUTE_PAGE,                                                                      \
     .data = &(const struct record_step){&(of), word},                                         \
     .help = "The page of a step: " what},                                                     \
    {                                                                                          \
        .method = HTTP_POST, .pattern = "/" plural "/{id}/" word, .roles = (who),              \
        .fields = (input), .run = record_step_run, .again = record_step_form,                  \
        .again_show = record_step_show, .again_page = "action", .max_body = (file_body),       \
        .data = &(const struct record_step){&(of), word}, .help = what                         \
    }

#endif
