// SPDX-License-Identifier: Apache-2.0
// Reading, showing and suggesting codes of official classifications.
#include "kit/code.h"

#include "base/buf.h"
#include "base/text.h"
#include "kit/route.h"
#include "view/html.h"

#include <string.h>

enum { OPTIONS_MOST = 50 };

struct typed {
    struct arena *arena;
    enum language lang;
    const struct code_list *list;
    const char *text, *first;
    bool exact, more;
};

static bool
take(void *arg, const char *code)
{
    struct typed *t = arg;
    const char *name = t->list->name(t->arena, t->lang, code);
    t->exact = text_equal(name, t->text);
    t->more = t->more || (t->first != NULL && !t->exact);
    t->first = t->first == NULL || t->exact ? code : t->first;
    return !t->exact;
}

const char *
code_read(struct arena *a, enum language l, const struct code_list *list, const char *typed)
{
    const char *word = text_upper(a, arena_strndup(a, typed, strcspn(typed, " \t")));
    if (list->name(a, l, word) != NULL) {
        return word;
    }
    struct typed t = {.arena = a, .lang = l, .list = list, .text = typed};
    list->search(a, l, typed, take, &t);
    return t.exact || !t.more ? t.first : NULL;
}

const char *
code_text(struct arena *a, enum language l, const struct code_list *list, const char *code)
{
    const char *name = list->name(a, l, code);
    return name == NULL ? code : arena_printf(a, "%s %s", code, name);
}

// The one fragment without a template: what a suggestion list is made of, up to fifty times a
// key press.
void
code_option(struct buf *out, const char *text)
{
    buf_puts(out, "<option value=\"");
    html_text(out, text, strlen(text));
    buf_puts(out, "\"></option>");
}

struct options {
    struct ctx *c;
    struct buf out;
    unsigned count;
};

static bool
put_option(void *arg, const char *code)
{
    struct options *o = arg;
    const char *text = code_text(o->c->arena, o->c->lang, o->c->route->data, code);
    code_option(&o->out, text);
    return ++o->count < OPTIONS_MOST;
}

// The asking field names the parameter; whatever it is called, its text is searched.
enum err
code_options(struct ctx *c)
{
    const struct code_list *list = c->route->data;
    struct options o = {.c = c};
    buf_init(&o.out, c->arena, 2048, 65536);
    for (size_t i = 0; i < c->req->query.count && o.count == 0; i++) {
        const char *text = text_tidy(c->arena, c->req->query.items[i].value, false);
        if (*text != '\0') {
            list->search(c->arena, c->lang, text, put_option, &o);
        }
    }
    c->raw_type = "text/html; charset=utf-8";
    c->raw_body = buf_str(&o.out);
    c->raw_size = o.out.n;
    return ERR_OK;
}
