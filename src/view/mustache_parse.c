// SPDX-License-Identifier: Apache-2.0
// From source to tree: translation marks, tags, standalone lines. Everything about white space
// that can be known from one source alone is settled here.
#include "view/mustache_impl.h"

#include <string.h>

enum { NESTING_MAX = 64, TAG_NAME_MAX = 200 };

struct scan {
    struct arena *a;
    const char *name;
    const char *p; // next byte
    uint32_t line;
    struct slice open, close; // delimiters
    struct node_list list;
    const char *why;
};

static bool
fail(struct scan *s, uint32_t line, const char *what, struct slice about)
{
    s->why = arena_printf(s->a, "%s:%u: %s%s%.*s", s->name, line, what, about.n > 0 ? " " : "",
                          (int)about.n, about.n > 0 ? about.p : "");
    return false;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice
trim(const char *p, const char *end)
{
    while (p < end && is_blank(*p)) {
        p++;
    }
    while (end > p && is_blank(end[-1])) {
        end--;
    }
    return (struct slice){p, (size_t)(end - p)};
}

// --- [[中文]] ---

// Replaces the marks by the text of the language, keeping the white space around it.
static const char *
translate_marks(struct scan *s, struct arena *keep, const struct mustache_options *o)
{
    const char *text = s->p;
    const char *open = strstr(text, "[[");
    if (open == NULL) {
        return text;
    }
    struct buf b;
    buf_init(&b, keep, strlen(text) + 256, SIZE_MAX / 4);
    for (; open != NULL; open = strstr(text, "[[")) {
        const char *close = strstr(open, "]]");
        if (close == NULL) {
            uint32_t line = 1;
            for (const char *p = s->p; p < open; p++) {
                line += *p == '\n';
            }
            fail(s, line, "unclosed [[", (struct slice){NULL, 0});
            return NULL;
        }
        struct slice key = trim(open + 2, close);
        const char *chinese = arena_strndup(s->a, key.p, key.n);
        const char *other = o->translate == NULL ? NULL : o->translate(o->arg, chinese);
        buf_put(&b, text, (size_t)(open - text));
        buf_put(&b, open + 2, (size_t)(key.p - open - 2));
        buf_puts(&b, other == NULL ? chinese : other);
        buf_put(&b, key.p + key.n, (size_t)(close - key.p) - key.n);
        text = close + 2;
    }
    buf_puts(&b, text);
    return buf_str(&b);
}

// --- tags ---

static struct node *
append(struct scan *s, enum node_kind kind, const char *p, size_t n)
{
    struct node_list *l = &s->list;
    if (l->count == l->cap) {
        size_t cap = l->cap == 0 ? 128 : l->cap * 2;
        struct node *items = ARENA_ARRAY(s->a, struct node, cap);
        if (l->count > 0) {
            memcpy(items, l->items, l->count * sizeof *items);
        }
        l->items = items;
        l->cap = cap;
    }
    struct node *node = &l->items[l->count++];
    *node = (struct node){.kind = kind, .line = s->line, .file = s->name, .text = {p, n}};
    return node;
}

// Literal text up to `end`, in pieces that never cross a line.
static void
scan_text(struct scan *s, const char *end)
{
    while (s->p < end) {
        const char *nl = memchr(s->p, '\n', (size_t)(end - s->p));
        const char *stop = nl == NULL ? end : nl;
        if (nl != NULL && stop > s->p && stop[-1] == '\r') {
            stop--;
        }
        if (stop > s->p) {
            append(s, NODE_TEXT, s->p, (size_t)(stop - s->p));
        }
        if (nl == NULL) {
            s->p = end;
            return;
        }
        append(s, NODE_NEWLINE, stop, (size_t)(nl + 1 - stop));
        s->line++;
        s->p = nl + 1;
    }
}

static bool
set_delimiters(struct scan *s, const char *from, const char *end)
{
    struct slice both = trim(from, end - 1);
    const char *last = both.p + both.n;
    const char *p = both.p;
    while (p < last && !is_blank(*p)) {
        p++;
    }
    struct slice open = {both.p, (size_t)(p - both.p)};
    struct slice close = trim(p, last);
    bool inner =
        close.n > 0 && (memchr(close.p, ' ', close.n) || memchr(close.p, '=', close.n));
    if (end[-1] != '=' || open.n == 0 || close.n == 0 || inner) {
        return fail(s, s->line, "bad delimiters", both);
    }
    s->open = open;
    s->close = close;
    return true;
}

static enum node_kind
kind_of(char sigil)
{
    switch (sigil) {
    case '#':
        return NODE_SECTION;
    case '^':
        return NODE_INVERTED;
    case '/':
        return NODE_CLOSE;
    case '>':
        return NODE_PARTIAL;
    case '<':
        return NODE_PARENT;
    case '$':
        return NODE_BLOCK;
    case '!':
    case '=':
        return NODE_COMMENT;
    case '&':
    case '{':
        return NODE_RAW;
    default:
        return NODE_VARIABLE;
    }
}

static const char *
find(const char *p, struct slice what)
{
    for (; (p = strchr(p, what.p[0])) != NULL; p++) {
        if (strncmp(p, what.p, what.n) == 0) {
            return p;
        }
    }
    return NULL;
}

// The tag whose opening delimiter is at `open`.
static bool
scan_tag(struct scan *s, const char *open)
{
    const char *p = open + s->open.n;
    char sigil = *p;
    enum node_kind kind = kind_of(sigil);
    struct slice close = s->close;
    const char *end = find(p, close);
    if (end != NULL && sigil == '{' && end[-1] != '}' && end[close.n] == '}') {
        end++; // "}}}": the first brace belongs to the name
    }
    if (end == NULL || (sigil == '{' && end[-1] != '}')) {
        return fail(s, s->line, "unclosed tag", trim(open, open + strcspn(open, "\n")));
    }
    const char *from = kind == NODE_VARIABLE ? p : p + 1;
    const char *to = sigil == '{' ? end - 1 : end;
    struct slice name = trim(from, to > from ? to : from);
    struct node *node = append(s, kind, name.p, name.n);
    if (sigil == '=' && !set_delimiters(s, from, end)) {
        return false;
    }
    bool named = kind != NODE_COMMENT;
    if (named && (name.n == 0 || name.n > TAG_NAME_MAX)) {
        return fail(s, s->line, "a tag needs a name", (struct slice){NULL, 0});
    }
    for (size_t i = 0; named && i < name.n; i++) {
        if (is_blank(name.p[i]) || strchr("\"'{}<>&", name.p[i]) != NULL) {
            return fail(s, s->line, "a name may not hold this:", name);
        }
    }
    for (; s->p < end + close.n; s->p++) {
        s->line += *s->p == '\n';
    }
    node->source = (struct slice){open, (size_t)(s->p - open)};
    return true;
}

static bool
scan_all(struct scan *s)
{
    while (*s->p != '\0') {
        const char *open = find(s->p, s->open);
        scan_text(s, open == NULL ? s->p + strlen(s->p) : open);
        if (open != NULL && !scan_tag(s, open)) {
            return false;
        }
    }
    return true;
}

// --- standalone lines ---

static struct slice
margin_of(const struct node *n)
{
    struct slice m = {n->text.p, 0};
    if (n->kind == NODE_TEXT) {
        while (m.n < n->text.n && (m.p[m.n] == ' ' || m.p[m.n] == '\t')) {
            m.n++;
        }
    }
    return m;
}

// A line counts as standalone when it holds white space and one tag that prints nothing
// itself, or several tags of inheritance. A block that opens and closes on its line is text.
static bool
line_is_standalone(const struct node *line, size_t n)
{
    size_t tags = 0, structure = 0, open_blocks = 0;
    for (size_t i = 0; i < n; i++) {
        const struct node *t = &line[i];
        switch (t->kind) {
        case NODE_TEXT:
            if (margin_of(t).n < t->text.n) {
                return false;
            }
            break;
        case NODE_VARIABLE:
        case NODE_RAW:
            return false;
        case NODE_NEWLINE:
        case NODE_LINE:
            break;
        case NODE_BLOCK:
            open_blocks++;
            tags++;
            structure++;
            break;
        case NODE_CLOSE:
            if (open_blocks > 0) {
                return false;
            }
            tags++;
            structure++;
            break;
        case NODE_PARENT:
            tags++;
            structure++;
            break;
        case NODE_SECTION:
        case NODE_INVERTED:
        case NODE_PARTIAL:
        case NODE_COMMENT:
            tags++;
            break;
        }
    }
    return tags == 1 || (tags > 1 && tags == structure);
}

static void
put(struct node_list *out, struct node n)
{
    out->items[out->count++] = n;
}

static void
keep_line(struct node_list *out, const struct node *line, size_t n, struct slice margin)
{
    if (line->kind != NODE_NEWLINE) {
        struct node start = *line;
        start.kind = NODE_LINE;
        start.text = (struct slice){NULL, 0};
        start.margin = margin;
        put(out, start);
    }
    for (size_t i = 0; i < n; i++) {
        struct node t = line[i];
        if (i == 0 && margin.n > 0) {
            t.text.p += margin.n;
            t.text.n -= margin.n;
            if (t.text.n == 0) {
                continue;
            }
        }
        bool first = i == 0 || (i == 1 && margin.n > 0 && margin.n == line->text.n);
        t.margin = first ? margin : (struct slice){NULL, 0};
        put(out, t);
    }
}

static size_t
line_length(const struct node *line, size_t left)
{
    size_t n = 0;
    while (n < left && line[n].kind != NODE_NEWLINE) {
        n++;
    }
    return n < left ? n + 1 : n;
}

// Drops standalone lines, marks the starts of the others and gives blocks the margin of
// their first line.
static struct node_list
settle_lines(struct scan *s)
{
    struct node_list out = {.items = ARENA_ARRAY(s->a, struct node, s->list.count * 2 + 1)};
    size_t waiting = SIZE_MAX; // a block whose first line is still to come
    const struct node *line = s->list.items;
    size_t left = s->list.count;
    while (left > 0) {
        size_t n = line_length(line, left);
        struct slice margin = margin_of(line);
        if (waiting != SIZE_MAX && line->kind != NODE_NEWLINE) {
            out.items[waiting].inner = margin;
            waiting = SIZE_MAX;
        }
        if (!line_is_standalone(line, n)) {
            keep_line(&out, line, n, margin);
        } else {
            for (size_t i = 0; i < n; i++) {
                if (line[i].kind == NODE_TEXT || line[i].kind == NODE_NEWLINE) {
                    continue;
                }
                struct node t = line[i];
                t.standalone = true;
                t.margin = margin;
                waiting = t.kind == NODE_BLOCK ? out.count : waiting;
                put(&out, t);
            }
        }
        line += n;
        left -= n;
    }
    return out;
}

// --- tree ---

static bool
has_children(enum node_kind k)
{
    return k == NODE_SECTION || k == NODE_INVERTED || k == NODE_PARENT || k == NODE_BLOCK;
}

static bool
link_nodes(struct scan *s, struct node_list *l, struct node **root)
{
    struct node *open[NESTING_MAX];
    struct node **tail[NESTING_MAX + 1] = {root};
    size_t depth = 0;
    for (size_t i = 0; i < l->count; i++) {
        struct node *n = &l->items[i];
        if (n->kind == NODE_COMMENT) {
            continue;
        }
        if (n->kind == NODE_CLOSE) {
            if (depth == 0) {
                return fail(s, n->line, "nothing to close with", n->text);
            }
            struct node *o = open[--depth];
            if (o->text.n != n->text.n || memcmp(o->text.p, n->text.p, n->text.n) != 0) {
                return fail(s, o->line, "unclosed section", o->text);
            }
            o->body.p = o->source.p + o->source.n;
            o->body.n = (size_t)(n->source.p - o->body.p);
            continue;
        }
        *tail[depth] = n;
        tail[depth] = &n->next;
        if (has_children(n->kind)) {
            if (depth == NESTING_MAX) {
                return fail(s, n->line, "nested too deeply:", n->text);
            }
            open[depth++] = n;
            tail[depth] = &n->children;
        }
    }
    return depth == 0 ||
           fail(s, open[depth - 1]->line, "unclosed section", open[depth - 1]->text);
}

bool
mustache_tree(struct arena *a, struct arena *tmp, const char *name, const char *text,
              const struct mustache_options *o, struct node **tree, const char **why)
{
    struct scan s = {.a = tmp, .name = arena_strdup(a, name), .p = text, .line = 1};
    s.open = (struct slice){"{{", 2};
    s.close = (struct slice){"}}", 2};
    *tree = NULL;
    bool ok = true;
    if ((o->flags & MUSTACHE_SPEC) == 0) {
        s.p = translate_marks(&s, a, o);
        ok = s.p != NULL;
    }
    ok = ok && scan_all(&s);
    if (ok) {
        struct node_list lines = settle_lines(&s);
        ok = link_nodes(&s, &lines, tree);
    }
    if (!ok) {
        *why = arena_strdup(a, s.why);
    }
    return ok;
}
