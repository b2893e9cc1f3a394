// SPDX-License-Identifier: Apache-2.0
// Runs a template's program. Nothing is allocated but the page itself; the context stack has a
// fixed depth, so that hostile or circular data ends in an error.
#include "view/mustache_impl.h"

#include "base/json.h"
#include "base/timestamp.h"
#include "view/html.h"

#include <string.h>

enum { DEPTH_MAX = 128, CALL_MAX = 48 };

struct frame {
    const struct value *list; // being walked, or NULL
    uint32_t i;
};

struct render {
    const struct mustache *m;
    struct buf *out;
    const char *why;
    unsigned depth; // of the innermost context
    unsigned calls;
    const struct value *context[DEPTH_MAX];
    struct frame frames[DEPTH_MAX];
};

// --- looking up ---

static const struct value *
find(struct step *s, const struct value *v)
{
    if (v->type != VALUE_MAP) {
        return NULL;
    }
    const struct value_pair *pairs = v->map.pairs;
    uint32_t hint = atomic_load_explicit(&s->hint, memory_order_relaxed);
    if (hint < v->map.count && value_is_key(&pairs[hint], s->key, s->tag)) {
        return pairs[hint].v;
    }
    for (uint32_t i = 0; i < v->map.count; i++) {
        if (value_is_key(&pairs[i], s->key, s->tag)) {
            atomic_store_explicit(&s->hint, i, memory_order_relaxed);
            return pairs[i].v;
        }
    }
    return NULL;
}

// The value of a path, or NULL. The first name is sought outwards through the contexts, the
// others only inside what the first one found.
static const struct value *
lookup(struct render *r, const struct op *op)
{
    if (op->steps == 0) {
        return r->context[r->depth];
    }
    struct step *s = &r->m->steps[op->step];
    const struct value *v = NULL;
    for (unsigned i = r->depth + 1; i > 0 && v == NULL; i--) {
        v = find(s, r->context[i - 1]);
    }
    for (unsigned i = 1; i < op->steps && v != NULL; i++) {
        v = find(s + i, v);
    }
    return v;
}

static bool
fail(struct render *r, const struct op *op, const char *what)
{
    const struct place *p = &r->m->places[op - r->m->ops];
    struct buf b;
    buf_init(&b, r->out->arena, 128, 4096);
    buf_printf(&b, "%s:%u: %s ", p->file, p->line, what);
    for (unsigned i = 0; i < op->steps; i++) {
        buf_puts(&b, i > 0 ? "." : "");
        buf_puts(&b, r->m->steps[op->step + i].key);
    }
    r->why = buf_str(&b);
    return false;
}

static bool
missing(struct render *r, const struct op *op)
{
    if ((r->m->flags & MUSTACHE_STRICT) == 0) {
        return true;
    }
    return fail(r, op, "no key");
}

// --- printing ---

static void
put_text(struct buf *b, uint8_t escape, const char *s, size_t n)
{
    switch ((enum context_escape)escape) {
    case ESCAPE_NONE:
        buf_put(b, s, n);
        return;
    case ESCAPE_TEXT:
        html_text(b, s, n);
        return;
    case ESCAPE_URL:
        html_url(b, s, n);
        return;
    case ESCAPE_COMPONENT:
        url_component(b, s);
        return;
    }
}

static void
put_time(struct buf *b, uint8_t escape, int64_t ms)
{
    char text[TIME_TEXT_MAX];
    size_t n = time_minute_format(text, ms);
    put_text(b, escape, text, n);
}

static void
put_lambda(struct buf *b, uint8_t escape, const struct value *v)
{
    struct buf text;
    buf_init(&text, b->arena, 256, b->max);
    v->lambda.fn(&text, "", v->lambda.arg);
    put_text(b, escape, buf_str(&text), text.n);
}

static bool
variable(struct render *r, const struct op *op)
{
    const struct value *v = lookup(r, op);
    if (v == NULL) {
        return missing(r, op);
    }
    switch (v->type) {
    case VALUE_TEXT:
        put_text(r->out, op->escape, v->s, v->n);
        return true;
    case VALUE_INT:
        buf_int(r->out, v->i);
        return true;
    case VALUE_DEC:
        json_write(r->out, v);
        return true;
    case VALUE_TIME:
        put_time(r->out, op->escape, v->i);
        return true;
    case VALUE_BOOL:
        buf_puts(r->out, v->b ? "true" : "false");
        return true;
    case VALUE_LAMBDA:
        put_lambda(r->out, op->escape, v);
        return true;
    case VALUE_NULL:
        return true;
    case VALUE_LIST:
    case VALUE_MAP:
        // A forgotten part of a path, most likely.
        return (r->m->flags & MUSTACHE_STRICT) == 0 || fail(r, op, "not a text:");
    }
    return true;
}

// --- sections ---

static bool
push(struct render *r, const struct op *op, const struct value *v, const struct value *list)
{
    if (r->depth + 1 == DEPTH_MAX) {
        return fail(r, op, "too deeply nested:");
    }
    r->depth++;
    r->context[r->depth] = v;
    r->frames[r->depth] = (struct frame){.list = list};
    return true;
}

// Enters the section at *pc or skips it.
static bool
section(struct render *r, const struct op *op, uint32_t *pc)
{
    const struct value *v = lookup(r, op);
    if (v == NULL && !missing(r, op)) {
        return false;
    }
    if (!value_is_truthy(v)) {
        *pc = op->at;
        return true;
    }
    if (v->type == VALUE_LAMBDA) {
        const struct slice *body = &r->m->bodies[op->n];
        v->lambda.fn(r->out, arena_strndup(r->out->arena, body->p, body->n), v->lambda.arg);
        *pc = op->at;
        return true;
    }
    (*pc)++;
    if (v->type == VALUE_LIST) {
        return push(r, op, v->list.items[0], v);
    }
    return push(r, op, v, NULL);
}

static uint32_t
section_end(struct render *r, const struct op *op, uint32_t pc)
{
    struct frame *f = &r->frames[r->depth];
    if (f->list != NULL && ++f->i < f->list->list.count) {
        r->context[r->depth] = f->list->list.items[f->i];
        return op->at;
    }
    r->depth--;
    return pc + 1;
}

static bool run(struct render *r, uint32_t pc, uint32_t end);

static bool
call(struct render *r, const struct op *op)
{
    if (r->calls == CALL_MAX) {
        return fail(r, op, "a partial includes itself without end");
    }
    const struct routine *to = &r->m->routines[op->at];
    r->calls++;
    bool ok = run(r, to->start, to->end);
    r->calls--;
    return ok;
}

static bool
run(struct render *r, uint32_t pc, uint32_t end)
{
    const struct op *ops = r->m->ops;
    while (pc < end) {
        const struct op *op = &ops[pc];
        switch ((enum op_kind)op->kind) {
        case OP_TEXT:
            buf_put(r->out, r->m->text + op->at, op->n);
            pc++;
            break;
        case OP_VARIABLE:
            if (!variable(r, op)) {
                return false;
            }
            pc++;
            break;
        case OP_SECTION:
            if (!section(r, op, &pc)) {
                return false;
            }
            break;
        case OP_INVERTED: {
            const struct value *v = lookup(r, op);
            if (v == NULL && !missing(r, op)) {
                return false;
            }
            pc = value_is_truthy(v) ? op->at : pc + 1;
            break;
        }
        case OP_END:
            pc = section_end(r, op, pc);
            break;
        case OP_CALL:
            if (!call(r, op)) {
                return false;
            }
            pc++;
            break;
        }
    }
    return true;
}

bool
mustache_render(const struct mustache *m, const struct value *data, struct buf *out,
                const char **why)
{
    // Not zeroed: 3 KB that are written before they are read.
    struct render r;
    r.m = m;
    r.out = out;
    r.why = NULL;
    r.depth = 0;
    r.calls = 0;
    r.context[0] = data;
    r.frames[0] = (struct frame){0};
    bool ok = run(&r, 0, m->count);
    if (ok && out->full) {
        r.why = "the page is larger than its buffer";
        ok = false;
    }
    if (!ok) {
        *why = r.why;
    }
    return ok;
}
