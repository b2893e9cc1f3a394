// SPDX-License-Identifier: Apache-2.0
// From trees to one flat program: partials and parents are expanded where they stand, so that
// rendering is a walk along an array; only a partial that includes itself stays a call. The
// HTML context is followed on the way and decides how each variable is escaped.
#include "view/mustache_impl.h"

#include "base/text.h"

#include <string.h>

enum { INCLUDE_MAX = 32, BLOCK_MAX = 32, PATH_MAX_STEPS = 16, TMP_MAX = 64 * 1024 * 1024 };

// Blocks handed down to parents, outermost first: the outermost of a name wins.
struct overrides {
    size_t count;
    const struct node *blocks[];
};

// What a line needs in front while a piece of source is laid out at another place.
struct layout {
    struct slice indent; // put before each line
    size_t dedent;       // taken off each margin first
    bool skip;           // the first line starts behind text that is already indented
};

// A partial or parent on its way into the program; `routine` when it calls itself.
struct include {
    struct include *outer;
    const char *name;
    struct slice indent;
    const struct overrides *overrides;
    struct context context;
    uint32_t start;
    uint32_t routine; // UINT32_MAX: not called
};

struct known_tree {
    struct known_tree *next;
    const char *name;
    struct node *tree; // NULL with `missing`: there is no such source
    bool missing;
};

// A growing array in the temporary arena.
struct vector {
    void *p;
    size_t n, cap, size;
};

struct build {
    struct arena *a;   // of the result
    struct arena *tmp; // dies with the parse
    const struct mustache_options *o;
    const char *why;
    struct known_tree *trees;
    struct include *includes;
    unsigned include_depth, block_depth;
    const struct node *active[BLOCK_MAX]; // overriding blocks being laid out
    const struct overrides *overrides;
    struct layout layout;
    struct context context;
    uint32_t barrier; // no text may be joined across this op: something jumps to it
    struct vector ops, places, steps, bodies, routines;
    struct buf text;
};

static bool build_nodes(struct build *b, const struct node *n);

static void *
vector_add(struct build *b, struct vector *v)
{
    if (v->n == v->cap) {
        size_t cap = v->cap == 0 ? 64 : v->cap * 2;
        void *p = arena_alloc(b->tmp, cap * v->size);
        if (v->n > 0) {
            memcpy(p, v->p, v->n * v->size);
        }
        v->p = p;
        v->cap = cap;
    }
    return (char *)v->p + v->size * v->n++;
}

static void *
vector_keep(struct build *b, const struct vector *v)
{
    return v->n == 0 ? NULL : arena_memdup(b->a, v->p, v->n * v->size);
}

static uint32_t
here(const struct build *b)
{
    return (uint32_t)b->ops.n;
}

static struct op *
op_at(struct build *b, uint32_t i)
{
    return (struct op *)b->ops.p + i;
}

static bool
fail(struct build *b, const struct node *n, const char *what)
{
    b->why = arena_printf(b->a, "%s:%u: %s", n->file, n->line, what);
    return false;
}

static bool
fail_name(struct build *b, const struct node *n, const char *what)
{
    b->why =
        arena_printf(b->a, "%s:%u: %s %.*s", n->file, n->line, what, (int)n->text.n, n->text.p);
    return false;
}

static struct op *
add_op(struct build *b, const struct node *n, enum op_kind kind)
{
    struct place *place = vector_add(b, &b->places);
    *place = (struct place){n->file, n->line};
    struct op *op = vector_add(b, &b->ops);
    *op = (struct op){.kind = (uint8_t)kind};
    return op;
}

static bool
is_spec(const struct build *b)
{
    return (b->o->flags & MUSTACHE_SPEC) != 0;
}

// --- literal text and layout ---

static bool
emit(struct build *b, const struct node *n, struct slice s)
{
    if (s.n == 0) {
        return true;
    }
    const char *why = is_spec(b) ? NULL : context_feed(&b->context, s.p, s.n);
    if (why != NULL) {
        return fail(b, n, why);
    }
    uint32_t at = (uint32_t)b->text.n;
    buf_put(&b->text, s.p, s.n);
    if (here(b) > b->barrier && op_at(b, here(b) - 1)->kind == OP_TEXT) {
        op_at(b, here(b) - 1)->n += (uint32_t)s.n;
        return true;
    }
    struct op *op = add_op(b, n, OP_TEXT);
    op->at = at;
    op->n = (uint32_t)s.n;
    return true;
}

static struct slice
dedented(const struct build *b, struct slice margin)
{
    size_t off = margin.n < b->layout.dedent ? margin.n : b->layout.dedent;
    if (off == 0) {
        return margin; // perhaps no text at all, which has no place to count from
    }
    return (struct slice){margin.p + off, margin.n - off};
}

static struct slice
joined(struct build *b, struct slice x, struct slice y)
{
    if (x.n == 0 || y.n == 0) {
        return x.n == 0 ? y : x;
    }
    char *p = arena_raw(b->tmp, x.n + y.n);
    memcpy(p, x.p, x.n);
    memcpy(p + x.n, y.p, y.n);
    return (struct slice){p, x.n + y.n};
}

static bool
build_line(struct build *b, const struct node *n)
{
    if (b->layout.skip) {
        b->layout.skip = false;
        return true;
    }
    return emit(b, n, b->layout.indent) && emit(b, n, dedented(b, n->margin));
}

// --- variables and sections ---

static const char *
intern(struct build *b, const char *p, size_t n)
{
    for (size_t i = 0; i < b->steps.n; i++) {
        const char *key = ((struct step *)b->steps.p)[i].key;
        if (strncmp(key, p, n) == 0 && key[n] == '\0') {
            return key;
        }
    }
    return arena_strndup(b->a, p, n);
}

static bool
set_path(struct build *b, const struct node *n, struct op *op)
{
    if (n->text.n == 1 && n->text.p[0] == '.') {
        return true;
    }
    op->step = (uint32_t)b->steps.n;
    const char *p = n->text.p;
    const char *end = p + n->text.n;
    for (;;) {
        const char *dot = memchr(p, '.', (size_t)(end - p));
        const char *stop = dot == NULL ? end : dot;
        if (stop == p || op->steps == PATH_MAX_STEPS) {
            return fail_name(b, n, "bad name");
        }
        const char *key = intern(b, p, (size_t)(stop - p));
        struct step *step = vector_add(b, &b->steps);
        step->key = key;
        step->tag = value_tag(key);
        op->steps++;
        if (dot == NULL) {
            return true;
        }
        p = dot + 1;
    }
}

static bool
ends_in_html(struct slice name)
{
    return name.n > 5 && memcmp(name.p + name.n - 5, "_html", 5) == 0;
}

static bool
build_variable(struct build *b, const struct node *n)
{
    enum context_escape escape = ESCAPE_TEXT;
    if (!is_spec(b)) {
        const char *why = context_variable(&b->context, &escape);
        if (why != NULL) {
            b->why = arena_printf(b->a, "%s:%u: {{%.*s}}: %s", n->file, n->line, (int)n->text.n,
                                  n->text.p, why);
            return false;
        }
        if (n->kind == NODE_RAW && !ends_in_html(n->text)) {
            return fail_name(b, n, "only a key ending in _html may be raw, not");
        }
        if (n->kind == NODE_RAW && b->context.state != CONTEXT_TEXT) {
            return fail_name(b, n, "HTML may stand between elements only, not here:");
        }
    }
    struct op *op = add_op(b, n, OP_VARIABLE);
    op->escape = (uint8_t)(n->kind == NODE_RAW ? ESCAPE_NONE : escape);
    return set_path(b, n, op);
}

static bool
cut(struct build *b, const struct node *n)
{
    const char *why = is_spec(b) ? NULL : context_cut(&b->context);
    return why == NULL || fail(b, n, why);
}

static bool
build_section(struct build *b, const struct node *n)
{
    if (!cut(b, n)) {
        return false;
    }
    struct context before = b->context;
    uint32_t start = here(b);
    struct op *op = add_op(b, n, n->kind == NODE_SECTION ? OP_SECTION : OP_INVERTED);
    if (n->kind == NODE_SECTION) {
        op->n = (uint32_t)b->bodies.n;
        *(struct slice *)vector_add(b, &b->bodies) = n->body;
    }
    if (!set_path(b, n, op) || !build_nodes(b, n->children) || !cut(b, n)) {
        return false;
    }
    if (!is_spec(b) && !context_join(&b->context, &before)) {
        return fail_name(b, n, "begins and ends at different places of the HTML: section");
    }
    if (n->kind == NODE_SECTION) {
        add_op(b, n, OP_END)->at = start + 1;
    }
    op_at(b, start)->at = here(b);
    b->barrier = here(b);
    return true;
}

// --- blocks ---

static const struct node *
override_of(const struct build *b, struct slice name)
{
    for (size_t i = 0; b->overrides != NULL && i < b->overrides->count; i++) {
        const struct node *n = b->overrides->blocks[i];
        if (n->text.n == name.n && memcmp(n->text.p, name.p, name.n) == 0) {
            return n;
        }
    }
    return NULL;
}

static bool
is_active(const struct build *b, const struct node *block)
{
    for (unsigned i = 0; i < b->block_depth; i++) {
        if (b->active[i] == block) {
            return true;
        }
    }
    return false;
}

// Lays out the overriding block at the place of the block: its own margin goes, the margin
// of the place comes.
static bool
build_override(struct build *b, const struct node *n, const struct node *over)
{
    if (b->block_depth == BLOCK_MAX) {
        return fail_name(b, n, "blocks are nested too deeply:");
    }
    struct layout saved = b->layout;
    struct slice margin = n->standalone && n->inner.n > 0 ? n->inner : n->margin;
    b->layout.indent = joined(b, saved.indent, dedented(b, margin));
    b->layout.dedent = over->standalone ? over->inner.n : 0;
    b->layout.skip = over->standalone && !n->standalone;
    b->active[b->block_depth++] = over;
    bool alone = n->standalone && !over->standalone && over->children != NULL;
    bool ok = (!alone || emit(b, n, b->layout.indent)) && build_nodes(b, over->children);
    b->block_depth--;
    b->layout = saved;
    return ok;
}

static bool
build_block(struct build *b, const struct node *n)
{
    const struct node *over = override_of(b, n->text);
    if (over == NULL || is_active(b, over)) {
        return build_nodes(b, n->children);
    }
    return build_override(b, n, over);
}

// --- partials and parents ---

static bool
find_tree(struct build *b, const struct node *n, struct known_tree **found)
{
    const char *name = arena_strndup(b->tmp, n->text.p, n->text.n);
    for (struct known_tree *t = b->trees; t != NULL; t = t->next) {
        if (text_equal(t->name, name)) {
            *found = t;
            return true;
        }
    }
    const char *text = b->o->source == NULL ? NULL : b->o->source(b->o->arg, name);
    if (text == NULL && !is_spec(b)) {
        return fail_name(b, n, "no template");
    }
    struct known_tree *t = ARENA_NEW(b->tmp, struct known_tree);
    *t = (struct known_tree){.next = b->trees, .name = name, .missing = text == NULL};
    b->trees = t;
    *found = t;
    return text == NULL || mustache_tree(b->a, b->tmp, name, text, b->o, &t->tree, &b->why);
}

// The blocks for a parent: those handed down to us first, then ours of other names.
static bool
collect_overrides(struct build *b, const struct node *parent, const struct overrides **out)
{
    size_t count = b->overrides == NULL ? 0 : b->overrides->count;
    size_t room = count;
    for (const struct node *n = parent->children; n != NULL; n = n->next) {
        room += n->kind == NODE_BLOCK;
        bool text = n->kind != NODE_BLOCK && n->kind != NODE_LINE && n->kind != NODE_NEWLINE;
        bool blank = n->kind == NODE_TEXT && strspn(n->text.p, " \t") >= n->text.n;
        if (text && !blank && !is_spec(b)) {
            return fail_name(b, n, "only blocks may stand inside of a parent, not");
        }
    }
    struct overrides *o = arena_alloc(b->tmp, sizeof *o + room * sizeof(const struct node *));
    if (count > 0) {
        memcpy(o->blocks, b->overrides->blocks, count * sizeof(const struct node *));
    }
    o->count = count;
    for (const struct node *n = parent->children; n != NULL; n = n->next) {
        if (n->kind == NODE_BLOCK && override_of(b, n->text) == NULL) {
            o->blocks[o->count++] = n;
        }
    }
    *out = o;
    return true;
}

static bool
same_overrides(const struct overrides *x, const struct overrides *y)
{
    size_t nx = x == NULL ? 0 : x->count;
    size_t ny = y == NULL ? 0 : y->count;
    return nx == ny && (nx == 0 || memcmp(x->blocks, y->blocks, nx * sizeof x->blocks[0]) == 0);
}

// The include under construction that this one would repeat exactly.
static struct include *
repeated(struct build *b, const struct include *inc)
{
    for (struct include *o = b->includes; o != NULL; o = o->outer) {
        if (text_equal(o->name, inc->name) && o->indent.n == inc->indent.n &&
            (o->indent.n == 0 || memcmp(o->indent.p, inc->indent.p, o->indent.n) == 0) &&
            same_overrides(o->overrides, inc->overrides) &&
            context_same(&o->context, &inc->context)) {
            return o;
        }
    }
    return NULL;
}

static void
build_call(struct build *b, const struct node *n, struct include *to)
{
    if (to->routine == UINT32_MAX) {
        to->routine = (uint32_t)b->routines.n;
        struct routine *r = vector_add(b, &b->routines);
        r->start = to->start;
    }
    add_op(b, n, OP_CALL)->at = to->routine;
}

static bool
build_tree(struct build *b, const struct node *n, struct include *inc, const struct node *tree)
{
    if (b->include_depth == INCLUDE_MAX) {
        return fail_name(b, n, "partials are nested too deeply:");
    }
    struct layout saved_layout = b->layout;
    const struct overrides *saved_overrides = b->overrides;
    b->layout = (struct layout){.indent = inc->indent};
    b->overrides = inc->overrides;
    b->includes = inc;
    b->include_depth++;
    b->barrier = inc->start = here(b);
    if (!build_nodes(b, tree)) {
        return false;
    }
    b->include_depth--;
    b->includes = inc->outer;
    b->layout = saved_layout;
    b->overrides = saved_overrides;
    if (inc->routine != UINT32_MAX) {
        if (!is_spec(b) && !context_same(&inc->context, &b->context)) {
            return fail_name(b, n, "a recursive partial must end in the HTML where it began:");
        }
        ((struct routine *)b->routines.p)[inc->routine].end = here(b);
        b->barrier = here(b);
    }
    return true;
}

static bool
build_include(struct build *b, const struct node *n)
{
    struct known_tree *tree;
    if (!find_tree(b, n, &tree)) {
        return false;
    }
    struct include inc = {.outer = b->includes, .name = tree->name, .routine = UINT32_MAX};
    if (n->standalone) {
        inc.indent = joined(b, b->layout.indent, dedented(b, n->margin));
    }
    if (n->kind == NODE_PARENT && !collect_overrides(b, n, &inc.overrides)) {
        return false;
    }
    if (tree->missing) {
        return true;
    }
    inc.context = b->context;
    struct include *same = repeated(b, &inc);
    if (same != NULL) {
        if (!cut(b, n)) {
            return false;
        }
        build_call(b, n, same);
        return true;
    }
    return build_tree(b, n, &inc, tree->tree);
}

// --- all together ---

static bool
build_node(struct build *b, const struct node *n)
{
    switch (n->kind) {
    case NODE_TEXT:
    case NODE_NEWLINE:
        return emit(b, n, n->text);
    case NODE_LINE:
        return build_line(b, n);
    case NODE_VARIABLE:
    case NODE_RAW:
        return build_variable(b, n);
    case NODE_SECTION:
    case NODE_INVERTED:
        return build_section(b, n);
    case NODE_PARTIAL:
    case NODE_PARENT:
        return build_include(b, n);
    case NODE_BLOCK:
        return build_block(b, n);
    case NODE_CLOSE:
    case NODE_COMMENT:
        return true;
    }
    return true;
}

static bool
build_nodes(struct build *b, const struct node *n)
{
    for (; n != NULL; n = n->next) {
        if (!build_node(b, n)) {
            return false;
        }
    }
    return true;
}

static struct mustache *
finish(struct build *b)
{
    struct mustache *m = ARENA_NEW(b->a, struct mustache);
    m->ops = vector_keep(b, &b->ops);
    m->count = here(b);
    m->flags = b->o->flags;
    m->steps = vector_keep(b, &b->steps);
    m->text = arena_strndup(b->a, buf_str(&b->text), b->text.n);
    m->bodies = vector_keep(b, &b->bodies);
    m->routines = vector_keep(b, &b->routines);
    m->places = vector_keep(b, &b->places);
    return m;
}

static struct mustache *
parse(struct build *b, const char *name, const char *text)
{
    b->ops.size = sizeof(struct op);
    b->places.size = sizeof(struct place);
    b->steps.size = sizeof(struct step);
    b->bodies.size = sizeof(struct slice);
    b->routines.size = sizeof(struct routine);
    buf_init(&b->text, b->tmp, 16 * 1024, UINT32_MAX / 2);
    struct node *tree = NULL;
    if (!mustache_tree(b->a, b->tmp, name, text, b->o, &tree, &b->why) ||
        !build_nodes(b, tree)) {
        return NULL;
    }
    if (b->context.state != CONTEXT_TEXT) {
        b->why = arena_printf(b->a, "%s: ends inside of a tag, comment or script", name);
        return NULL;
    }
    return finish(b);
}

struct mustache *
mustache_parse(struct arena *a, const char *name, const char *text,
               const struct mustache_options *o, const char **why)
{
    struct build *b = ARENA_NEW(a, struct build);
    b->a = a;
    b->tmp = arena_new(TMP_MAX);
    b->o = o;
    struct mustache *m = parse(b, name, text);
    arena_free(b->tmp);
    if (m == NULL) {
        *why = b->why;
    }
    return m;
}
