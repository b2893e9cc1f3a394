// SPDX-License-Identifier: Apache-2.0
// A patch is cut into tokens and written out again; what is not in the short list of dialect.h
// passes through untouched, comments and blanks too.
#include "db/dialect.h"

#include "base/buf.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

const char DB_DIALECT_MOVE_ON[] =
    "DO $move_on$ DECLARE c record; most bigint; BEGIN\n"
    "  FOR c IN SELECT a.attrelid::regclass AS rel, a.attname AS col,\n"
    "      pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass AS seq\n"
    "    FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid\n"
    "    WHERE a.attidentity <> '' AND t.relkind = 'r'\n"
    "      AND t.relnamespace = current_schema()::regnamespace LOOP\n"
    "    EXECUTE format('SELECT max(%I) FROM %s', c.col, c.rel) INTO most;\n"
    "    IF most > coalesce(pg_sequence_last_value(c.seq), 0) THEN\n"
    "      PERFORM setval(c.seq, most);\n"
    "    END IF;\n"
    "  END LOOP;\n"
    "END $move_on$;\n";

// Before a table goes: what refers to it from elsewhere is taken off and remembered, until the
// end of the transaction, in a setting of ours.
static const char TAKE_OFF[] =
    "DO $take_off$ DECLARE r record; BEGIN\n"
    "  FOR r IN SELECT c.conname AS name, c.conrelid::regclass AS rel,\n"
    "      pg_get_constraintdef(c.oid) AS def FROM pg_constraint c\n"
    "    WHERE c.contype = 'f' AND c.confrelid = to_regclass('%s')\n"
    "      AND c.conrelid <> c.confrelid LOOP\n"
    "    EXECUTE format('ALTER TABLE %%s DROP CONSTRAINT %%I', r.rel, r.name);\n"
    "    PERFORM set_config('huiqiao.taken_off',\n"
    "      coalesce(current_setting('huiqiao.taken_off', true), '') ||\n"
    "      format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s;', r.rel, r.name, r.def), true);\n"
    "  END LOOP;\n"
    "END $take_off$;\n";
static const char PUT_BACK[] = "DO $put_back$ BEGIN\n"
                               "  IF current_setting('huiqiao.taken_off', true) <> '' THEN\n"
                               "    EXECUTE current_setting('huiqiao.taken_off', true);\n"
                               "    PERFORM set_config('huiqiao.taken_off', '', true);\n"
                               "  END IF;\n"
                               "END $put_back$;\n";

// ---- tokens ----------------------------------------------------------------------------

enum token_kind {
    TOKEN_BLANK, // white space and comments
    TOKEN_WORD,  // also numbers
    TOKEN_QUOTED,
    TOKEN_SIGN, // one character
    TOKEN_END,
};

struct token {
    enum token_kind kind;
    const char *s;
    size_t n;
};

enum { TOKENS_MOST = 65536, TEXT_MOST = 8 * 1024 * 1024 };

static size_t
quoted_length(const char *s, char quote)
{
    const char *p = s + 1;
    while (*p != '\0' && (*p != quote || p[1] == quote)) {
        p += *p == quote ? 2 : 1;
    }
    return (size_t)(p - s) + (*p == quote);
}

// "$tag$ … $tag$"; 0 when it is something else.
static size_t
dollar_length(const char *s)
{
    size_t tag = 1;
    while (isalnum((unsigned char)s[tag]) || s[tag] == '_') {
        tag++;
    }
    if (s[tag] != '$' || isdigit((unsigned char)s[1])) {
        return 0;
    }
    tag++;
    for (const char *p = s + tag; *p != '\0'; p++) {
        if (strncmp(p, s, tag) == 0) {
            return (size_t)(p - s) + tag;
        }
    }
    return strlen(s);
}

static size_t
blank_length(const char *s)
{
    size_t n = 0;
    for (;;) {
        if (isspace((unsigned char)s[n])) {
            n++;
        } else if (s[n] == '-' && s[n + 1] == '-') {
            n += strcspn(s + n, "\n");
        } else {
            return n;
        }
    }
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static struct token
token_at(const char *s)
{
    struct token t = {.kind = TOKEN_SIGN, .s = s, .n = 1};
    size_t blank = blank_length(s);
    size_t dollar = *s == '$' ? dollar_length(s) : 0;
    if (*s == '\0') {
        t = (struct token){.kind = TOKEN_END, .s = s};
    } else if (blank > 0) {
        t = (struct token){.kind = TOKEN_BLANK, .s = s, .n = blank};
    } else if (*s == '\'' || *s == '"') {
        t = (struct token){.kind = TOKEN_QUOTED, .s = s, .n = quoted_length(s, *s)};
    } else if (dollar > 0) {
        t = (struct token){.kind = TOKEN_QUOTED, .s = s, .n = dollar};
    } else if (is_word(*s)) {
        size_t n = 1;
        while (is_word(s[n])) {
            n++;
        }
        t = (struct token){.kind = TOKEN_WORD, .s = s, .n = n};
    }
    return t;
}

// All tokens, with a TOKEN_END behind them; NULL when there are too many.
static const struct token *
tokens_of(struct arena *a, const char *sql)
{
    size_t n = 0;
    for (struct token t = token_at(sql); t.kind != TOKEN_END; t = token_at(t.s + t.n)) {
        n++;
    }
    if (n > TOKENS_MOST) {
        return NULL;
    }
    struct token *all = ARENA_ARRAY(a, struct token, n + 1);
    all[0] = token_at(sql);
    for (size_t i = 0; i < n; i++) {
        all[i + 1] = token_at(all[i].s + all[i].n);
    }
    return all;
}

static bool
is(const struct token *t, const char *text)
{
    return (t->kind == TOKEN_WORD || t->kind == TOKEN_SIGN) && strlen(text) == t->n &&
           memcmp(t->s, text, t->n) == 0;
}

// The next token that says something, behind t.
static const struct token *
after(const struct token *t)
{
    while (t->kind != TOKEN_END && (++t)->kind == TOKEN_BLANK) {
    }
    return t;
}

// ---- writing ---------------------------------------------------------------------------

// A reference to be added at the end: ALTER TABLE table ADD FOREIGN KEY (column) text how.
struct reference {
    const char *table;
    const char *column;
    const char *text;
    const char *how;
    struct reference *next;
};

struct writer {
    struct arena *arena;
    struct buf out;
    const char *why;
    struct reference *first;
    struct reference **last;
    bool rows; // came in, perhaps with ids of their own

    // The statement being written.
    bool creates; // a table: what stands behind its columns is SQLite's alone
    const char *table;
    const struct token *column; // the definition's first word
    const struct token *ends;   // the parenthesis behind an index's columns
    const struct token *before; // the last token that says something
    unsigned depth;
};

static const char *
text_of(struct writer *w, const struct token *t)
{
    return arena_strndup(w->arena, t->s, t->n);
}

static const struct token *
skip_words(const struct token *t, const char *words)
{
    while (t->kind == TOKEN_WORD) {
        char word[16];
        if (t->n >= sizeof word) {
            break;
        }
        memcpy(word, t->s, t->n);
        word[t->n] = '\0';
        if (!text_list_has(words, word)) {
            break;
        }
        t = after(t);
    }
    return t;
}

// The table is gone, or has another name (`to`): references added later know.
static void
rename_table(struct writer *w, const char *table, const char *to)
{
    for (struct reference **p = &w->first; *p != NULL;) {
        struct reference *r = *p;
        if (strcmp(r->table, table) == 0 && to == NULL) {
            *p = r->next;
            continue;
        }
        if (strcmp(r->table, table) == 0) {
            r->table = to;
        }
        p = &r->next;
    }
    w->last = &w->first;
    while (*w->last != NULL) {
        w->last = &(*w->last)->next;
    }
}

static void
begin_drop(struct writer *w, const struct token *t)
{
    const struct token *name = skip_words(after(t), "TABLE IF EXISTS");
    if (!is(after(t), "TABLE") || name->kind != TOKEN_WORD) {
        return;
    }
    const char *table = text_of(w, name);
    rename_table(w, table, NULL);
    buf_printf(&w->out, TAKE_OFF, table);
}

static void
begin_alter(struct writer *w, const struct token *t)
{
    const struct token *name = skip_words(after(t), "TABLE IF EXISTS");
    if (!is(after(t), "TABLE")) {
        return;
    }
    const struct token *what = after(name);
    w->table = text_of(w, name);
    if (is(what, "ADD")) {
        w->column = skip_words(after(what), "COLUMN");
    } else if (is(what, "RENAME") && is(after(what), "TO")) {
        rename_table(w, w->table, text_of(w, after(after(what))));
    }
}

// Every index of SQLite goes on with the row's id, so that a list in the order of an index has
// a next page. Where the table has an id and the index does not name it, it is added.
static const char INDEX_BEGINS[] = "DO $index$ BEGIN EXECUTE replace($ddl$";
static const char INDEX_ENDS[] =
    "$ddl$, '/* id */', CASE WHEN EXISTS (SELECT 1 FROM pg_attribute"
    " WHERE attrelid = '%s'::regclass AND attname = 'id' AND attidentity <> '')"
    " THEN ', id' ELSE '' END); END $index$";

static void
begin_index(struct writer *w, const struct token *t)
{
    while (t->kind != TOKEN_END && !is(t, "ON") && !is(t, ";")) {
        t = after(t);
    }
    const struct token *name = after(t);
    if (!is(t, "ON") || name->kind != TOKEN_WORD || !is(after(name), "(")) {
        return;
    }
    unsigned depth = 0;
    bool has_id = false;
    for (t = after(name); t->kind != TOKEN_END; t = after(t)) {
        depth += is(t, "(") ? 1 : 0;
        depth -= is(t, ")") ? 1 : 0;
        has_id = has_id || is(t, "id");
        if (depth == 0) {
            break;
        }
    }
    if (!has_id && is(t, ")")) {
        w->ends = t;
        w->table = text_of(w, name);
        buf_puts(&w->out, INDEX_BEGINS);
    }
}

static void
end_statement(struct writer *w)
{
    if (w->ends != NULL) {
        buf_printf(&w->out, INDEX_ENDS, w->table);
        w->ends = NULL;
    }
}

// `t` is the first word of a statement. False when it does not belong into a patch.
static bool
begin_statement(struct writer *w, const struct token *t)
{
    static const char ENDS[] = "BEGIN START COMMIT END ROLLBACK ABORT SAVEPOINT RELEASE";
    w->creates = false;
    w->table = NULL;
    w->column = NULL;
    w->ends = NULL;
    w->before = t;
    w->depth = 0;
    if (t->kind == TOKEN_WORD && text_list_has(ENDS, text_upper(w->arena, text_of(w, t)))) {
        w->why = "it must not begin or end a transaction";
        return false;
    }
    if (is(t, "CREATE") && is(after(t), "TABLE")) {
        const struct token *name = skip_words(after(after(t)), "IF NOT EXISTS");
        w->creates = true;
        w->table = text_of(w, name);
    } else if (is(t, "CREATE") && is(after(t), "INDEX")) {
        begin_index(w, after(t));
    } else if (is(t, "DROP")) {
        begin_drop(w, t);
    } else if (is(t, "ALTER")) {
        begin_alter(w, t);
    }
    w->rows = w->rows || is(t, "INSERT") || is(t, "UPDATE");
    return true;
}

// REFERENCES … of a column: kept for the end. Returns the token behind it.
static const struct token *
keep_reference(struct writer *w, const struct token *t)
{
    const struct token *last = after(t); // the table
    const struct token *next = after(last);
    if (is(next, "(")) {
        while (next->kind != TOKEN_END && !is(next, ")")) {
            next = after(next);
        }
        last = next;
        next = after(last);
    }
    while (is(next, "ON")) {
        last = after(after(next));
        if (is(last, "SET") || is(last, "NO")) {
            last = after(last);
        }
        next = after(last);
    }
    bool said = is(next, "DEFERRABLE") || (is(next, "NOT") && is(after(next), "DEFERRABLE"));
    if (said) {
        last = is(next, "NOT") ? after(next) : next;
        last = is(after(last), "INITIALLY") ? after(after(last)) : last;
    }
    struct reference *r = ARENA_NEW(w->arena, struct reference);
    *r = (struct reference){
        .how = said ? "" : " DEFERRABLE",
        .table = w->table,
        .column = text_of(w, w->column),
        .text = arena_strndup(w->arena, t->s, (size_t)(last->s + last->n - t->s))};
    *w->last = r;
    w->last = &r->next;
    w->before = last;
    return last->kind == TOKEN_END ? last : last + 1;
}

static const char *
type_for(const struct writer *w, const struct token *t)
{
    bool key = is(after(t), "PRIMARY") && is(after(after(t)), "KEY");
    if (is(t, "INTEGER")) {
        return w->creates && key ? "bigint GENERATED BY DEFAULT AS IDENTITY" : "bigint";
    }
    if (is(t, "TEXT")) { // byte order, whatever the server's locale; a cast has no order
        return is(w->before, "AS") || is(after(t), "COLLATE") ? "text" : "text COLLATE \"C\"";
    }
    return is(t, "REAL")            ? "double precision"
           : is(t, "BLOB")          ? "bytea"
           : is(t, "AUTOINCREMENT") ? "" // an identity never gives an id again
                                    : NULL;
}

// One token inside a statement. Returns the token to go on with.
static const struct token *
write_token(struct writer *w, const struct token *t)
{
    const char *type = t->kind == TOKEN_WORD ? type_for(w, t) : NULL;
    bool definition = w->creates && w->depth == 1 && (is(w->before, "(") || is(w->before, ","));
    if (definition && t->kind == TOKEN_WORD) {
        w->column = t;
    }
    bool behind = w->creates && w->depth == 0 && is(w->before, ")");
    if (is(t, "REFERENCES") && w->table != NULL && w->column != NULL &&
        !is(w->column, "FOREIGN") && !is(w->column, "CONSTRAINT")) {
        return keep_reference(w, t);
    }
    if (behind && (t->kind == TOKEN_WORD || is(t, ","))) {
        return t + 1; // STRICT, WITHOUT ROWID; `before` stays the parenthesis
    }
    if (is(t, "(")) {
        w->depth++;
    } else if (is(t, ")") && w->depth > 0) {
        w->depth--;
    } else if (is(t, ";")) {
        end_statement(w);
    }
    if (t == w->ends) {
        buf_puts(&w->out, "/* id */");
    }
    if (type != NULL) {
        buf_puts(&w->out, type);
    } else {
        buf_put(&w->out, t->s, t->n);
    }
    w->before = t;
    return t + 1;
}

static bool
write_statements(struct writer *w, const struct token *t)
{
    bool inside = false;
    while (t->kind != TOKEN_END) {
        if (t->kind == TOKEN_BLANK) {
            buf_put(&w->out, t->s, t->n);
            t++;
            continue;
        }
        if (!inside && !is(t, ";") && !begin_statement(w, t)) {
            return false;
        }
        inside = !is(t, ";");
        t = write_token(w, t);
    }
    end_statement(w);
    buf_puts(&w->out, inside ? ";\n" : "\n");
    return true;
}

static void
write_end(struct writer *w)
{
    buf_puts(&w->out, "SET CONSTRAINTS ALL IMMEDIATE;\n"); // nothing changes while checks wait
    for (const struct reference *r = w->first; r != NULL; r = r->next) {
        buf_printf(&w->out, "ALTER TABLE %s ADD FOREIGN KEY (%s) %s%s;\n", r->table, r->column,
                   r->text, r->how);
    }
    buf_puts(&w->out, PUT_BACK);
    if (w->rows) {
        buf_puts(&w->out, DB_DIALECT_MOVE_ON);
    }
}

const char *
db_dialect_postgres(struct arena *a, const char *patch, const char **why)
{
    struct writer w = {.arena = a};
    w.last = &w.first;
    buf_init(&w.out, a, strlen(patch) * 2 + 2048, TEXT_MOST);
    const struct token *t = tokens_of(a, patch);
    if (t == NULL) {
        *why = "it is too long";
        return NULL;
    }
    buf_puts(&w.out, "SET CONSTRAINTS ALL DEFERRED;\n");
    if (!write_statements(&w, t)) {
        *why = w.why;
        return NULL;
    }
    write_end(&w);
    if (w.out.full) {
        *why = "it is too long";
        return NULL;
    }
    return buf_str(&w.out);
}
