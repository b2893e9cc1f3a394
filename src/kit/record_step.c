// SPDX-License-Identifier: Apache-2.0
// Steps of records as routes and pages.
#include "kit/record_step.h"

#include "kit/ask.h"
#include "kit/audit.h"
#include "kit/record_impl.h"

#include <string.h>

// ---- the engine's side -----------------------------------------------------------------

struct lifecycle_record
record_step_of(const struct ctx *c, const struct record_steps *s, struct value *rec)
{
    unsigned relations = s->relations != NULL                     ? s->relations(c, rec)
                         : record_may(c, s->kind, s->action, rec) ? RECORD_STEP_MINE
                                                                  : 0;
    return (struct lifecycle_record){.id = value_get_int(rec, "id", 0),
                                     .version = value_get_int(rec, "version", 0),
                                     .state = value_get_text(rec, "state"),
                                     .relations = relations,
                                     .data = rec};
}

bool
record_step_load(struct ctx *c, const struct record_steps *s, int64_t id,
                 struct lifecycle_record *out)
{
    struct value *rec = record_get(c, s->kind, id);
    if (rec == NULL) {
        return false;
    }
    *out = record_step_of(c, s, rec);
    return true;
}

void
record_step_tell(struct ctx *c, const struct record_steps *s, const struct lifecycle_record *r,
                 const char *event, const struct value *more)
{
    struct arena *a = c->arena;
    struct value *data = value_map(a);
    const struct value *const PARTS[] = {c->in, more};
    for (size_t k = 0; k < sizeof PARTS / sizeof *PARTS; k++) {
        for (uint32_t i = 0; PARTS[k] != NULL && i < PARTS[k]->map.count; i++) {
            const struct value_pair *p = &PARTS[k]->map.pairs[i];
            if (p->v->type != VALUE_NULL && p->v->type != VALUE_LIST) {
                value_set(a, data, p->key, p->v);
            }
        }
    }
    value_set_text(a, data, "state", r->state);
    record_event(c, s->kind->name, r->id, event, data);
    audit_write(c, arena_printf(a, "%s.%s", s->kind->name, event), s->kind->name, r->id, data);
}

// ---- the record's page -----------------------------------------------------------------

static const char *
tone_of(const struct transition *t)
{
    return t->tone == NULL                   ? ""
           : strcmp(t->tone, "is-main") == 0 ? "btn-primary"
           : strcmp(t->tone, "is-warn") == 0 ? "btn-danger"
                                             : "";
}

static void
push_action(struct ctx *c, struct value *list, const char *url, const char *label,
            const char *class, const char *icon)
{
    struct arena *a = c->arena;
    struct value *m = value_map(a);
    value_set_text(a, m, "url", url);
    value_set_text(a, m, "label", label);
    value_set_text(a, m, "class", class);
    value_set_text(a, m, "icon", icon);
    value_set(a, m, "dialog_id", &value_null);
    value_push(a, list, m);
}

void
record_step_actions(struct ctx *c, const struct record_steps *s, const struct value *rec)
{
    struct arena *a = c->arena;
    int64_t id = value_get_int(rec, "id", 0);
    struct lifecycle_record r = record_step_of(c, s, (struct value *)(uintptr_t)rec);
    const struct value *allowed = lifecycle_allowed(c, s->life, &r);
    const struct value *usual = value_get(c->page, "actions");
    struct value *actions = value_list(a);
    for (size_t i = 0; i < value_count(allowed); i++) {
        const struct value *step = value_at(allowed, i);
        const char *name = value_get_text(step, "name");
        push_action(c, actions, record_url(c, s->kind, id, arena_printf(a, "/%s", name)),
                    value_get_text(step, "label"), tone_of(lifecycle_find(s->life, name)),
                    NULL);
    }
    for (size_t i = 0; i < value_count(usual); i++) {
        struct value *m = (struct value *)(uintptr_t)value_at(usual, i); // of this page
        value_set_text(a, m, "class", "");
        value_push(a, actions, m);
    }
    value_set(a, c->page, "actions", actions);
}

void
record_action(struct ctx *c, const char *url, const char *label, const char *icon, bool main)
{
    const struct value *usual = value_get(c->page, "actions");
    struct value *actions = value_list(c->arena);
    if (main) {
        push_action(c, actions, url, ctx_tr(c, label), "btn-primary", icon);
    }
    for (size_t i = 0; i < value_count(usual); i++) {
        value_push(c->arena, actions, value_at(usual, i));
    }
    if (!main) {
        push_action(c, actions, url, ctx_tr(c, label), "", icon);
    }
    value_set(c->arena, c->page, "actions", actions);
}

// ---- routes ----------------------------------------------------------------------------

// A write's answer is read once it is committed.
static struct value *
shown(struct ctx *c, int64_t id)
{
    const struct record_step *step = c->route->data;
    const struct record_kind *k = step->steps->kind;
    const struct value *rec = record_get(c, k, id);
    return rec == NULL ? NULL : record_masked(c, k, rec);
}

enum err
record_step_run(struct ctx *c)
{
    const struct record_step *step = c->route->data;
    const struct record_steps *s = step->steps;
    const struct transition *t = lifecycle_find(s->life, step->name);
    struct lifecycle_record r;
    enum err e = lifecycle_step(c, s->life, t, ctx_id(c, "id"), &r);
    if (e != ERR_OK) {
        return e;
    }
    c->shown = shown;
    c->shown_id = r.id;
    if (!c->api) {
        c->location = record_url(c, s->kind, r.id, "");
        c->flash = ctx_trf(c, T("已{0}。"), 1, ctx_tr(c, t->label));
    }
    return ERR_OK;
}

enum err
record_step_form(struct ctx *c)
{
    const struct record_step *step = c->route->data;
    const struct record_steps *s = step->steps;
    struct value *rec = record_get(c, s->kind, ctx_id(c, "id"));
    if (rec == NULL) {
        return ERR_NOT_FOUND;
    }
    struct lifecycle_record r = record_step_of(c, s, rec);
    const struct transition *t = lifecycle_find(s->life, step->name);
    bool may = lifecycle_may(c, t, &r);
    const char *why = !may               ? T("现在的状态不能这样办理。")
                      : t->guard != NULL ? t->guard(c, &r)
                                         : NULL;
    c->out = rec;
    return c->renewed || why == NULL ? ERR_OK : ctx_refuse(c, ERR_CONFLICT, why);
}

enum err
record_step_show(struct ctx *c)
{
    const struct record_step *step = c->route->data;
    const struct record_kind *k = step->steps->kind;
    const struct transition *t = lifecycle_find(step->steps->life, step->name);
    const char *url = record_url(c, k, value_get_int(c->out, "id", 0), "");
    const char *tone = tone_of(t);
    const struct record_steps *s = step->steps;
    const char *about = s->about == NULL ? NULL : s->about(c, t, c->out);
    const struct ask ask = {.title = t->label,
                            .consequence = about != NULL ? about : t->consequence,
                            .fields = t->needs,
                            .action = arena_printf(c->arena, "%s/%s", url, t->name),
                            .submit = t->label,
                            .tone = *tone == '\0' ? "btn-primary" : tone,
                            .back_label = k->list_label,
                            .back_url = arena_printf(c->arena, "/%s", k->plural),
                            .of_label = record_title(c, k, c->out),
                            .of_url = url,
                            .version = value_get_int(c->out, "version", 0)};
    c->page = ask_page(c, &ask);
    return ERR_OK;
}
