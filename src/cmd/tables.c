// SPDX-License-Identifier: Apache-2.0
// huiqiao routes, sql and openapi: the tables the program is made of, as text.
#include "cmd/cmd.h"

#include "app.h"
#include "base/json.h"
#include "kit/import.h"
#include "kit/record.h"
#include "kit/record_merge.h"
#include "mod/system/system.h"

#include <stdio.h>

enum { TABLES_ARENA_MAX = 64 * 1024 * 1024 };

static const char *
method_text(enum http_method m)
{
    return m == HTTP_GET ? "GET" : m == HTTP_POST ? "POST" : "PATCH";
}

static void
print_roles(unsigned roles)
{
    if ((roles & ROLE_ANYONE) != 0) {
        fputs("anyone", stdout);
        return;
    }
    const char *comma = "";
    for (unsigned r = ROLE_ADMIN; r < ROLE_ANYONE; r <<= 1) {
        if ((roles & r) != 0) {
            printf("%s%s", comma, role_word((enum role)r));
            comma = ",";
        }
    }
}

static void
print_routes(const struct route *routes)
{
    for (const struct route *r = routes; r != NULL && r->pattern != NULL; r++) {
        const char *where = (r->flags & ROUTE_PAGE) != 0  ? "page"
                            : (r->flags & ROUTE_API) != 0 ? "api"
                                                          : "both";
        printf("%-5s %-4s %-40s ", method_text(r->method), where, r->pattern);
        print_roles(r->roles);
        printf("%s%s\n", r->help == NULL ? "" : "  # ", r->help == NULL ? "" : r->help);
    }
}

static void
print_statement(const struct db_stmt *s, void *arg)
{
    (void)arg;
    printf("-- %s (%s)%s%s\n", s->name, s->params == NULL ? "" : s->params,
           s->row == NULL ? "" : " -> ", s->row == NULL ? "" : s->row);
    if (s->scans != NULL) {
        printf("-- scans: %s\n", s->scans);
    }
    if (s->sql != NULL) {
        printf("%s;\n\n", s->sql);
    } else {
        printf("-- sqlite\n%s;\n-- postgres\n%s;\n\n", s->sqlite == NULL ? "" : s->sqlite,
               s->postgres == NULL ? "" : s->postgres);
    }
}

static void
each_of(const struct db_stmt *const *list, cmd_statement_fn fn, void *arg)
{
    for (; list != NULL && *list != NULL; list++) {
        fn(*list, arg);
    }
}

void
cmd_each_statement(cmd_statement_fn fn, void *arg)
{
    for (const struct db_stmt *const *const *l = KIT_STATEMENTS; *l != NULL; l++) {
        each_of(*l, fn, arg);
    }
    for (size_t i = 0; MODULES[i] != NULL; i++) {
        each_of(MODULES[i]->stmts, fn, arg);
        each_of(record_link_statements(MODULES[i]), fn, arg);
        const struct record_kind *const *k = MODULES[i]->kinds;
        for (; k != NULL && *k != NULL; k++) {
            each_of(record_statements(*k), fn, arg);
        }
        const struct import_kind *const *m = MODULES[i]->imports;
        for (; m != NULL && *m != NULL; m++) {
            for (const struct import_key *key = (*m)->keys; key->fields != NULL; key++) {
                fn(key->find, arg);
            }
        }
    }
}

int
cmd_routes(int argc, char **argv)
{
    static const struct cmd_option none[] = {{0}};
    if (!cmd_parse(argc, argv, none, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    struct arena *a = arena_new(TABLES_ARENA_MAX);
    for (size_t i = 0; MODULES[i] != NULL; i++) {
        print_routes(MODULES[i]->routes);
        const struct record_kind *const *k = MODULES[i]->kinds;
        for (; k != NULL && *k != NULL; k++) {
            print_routes(record_routes(a, *k));
        }
    }
    arena_free(a);
    return CMD_OK;
}

struct checking {
    struct district d;
    size_t statements, unsound;
};

static void
check_statement(const struct db_stmt *s, void *arg)
{
    struct checking *c = arg;
    struct arena *a = arena_new(TABLES_ARENA_MAX);
    const char *why = "";
    c->statements++;
    if (!db_check_stmt(c->d.app->db, a, s, &why)) {
        c->unsound++;
        cmd_fail("%s", why);
    }
    arena_free(a);
}

// Against a district as it has grown: its engine, its indexes, its version of the server.
static int
check_statements(const char *data, const char *db)
{
    struct checking c = {0};
    if (!district_open(&c.d, data, db)) {
        return CMD_FAILED;
    }
    cmd_each_statement(check_statement, &c);
    printf("%zu statements on %s: %s\n", c.statements, db_engine(c.d.app->db),
           c.unsound == 0 ? "sound" : "not all sound");
    district_close(&c.d);
    return c.unsound == 0 ? CMD_OK : CMD_FAILED;
}

int
cmd_sql(int argc, char **argv)
{
    bool check = false;
    const char *data = NULL, *db = NULL;
    const struct cmd_option options[] = {{"check", NULL, NULL, &check},
                                         {"data", &data, NULL, NULL},
                                         {"db", &db, NULL, NULL},
                                         {0}};
    if (!cmd_parse(argc, argv, options, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    if (check != (data != NULL || db != NULL)) {
        cmd_fail("sql --check needs --data DIR, and only it");
        return CMD_USAGE;
    }
    if (check) {
        return check_statements(data, db);
    }
    cmd_each_statement(print_statement, NULL);
    return CMD_OK;
}

int
cmd_openapi(int argc, char **argv)
{
    static const struct cmd_option none[] = {{0}};
    if (!cmd_parse(argc, argv, none, 0, 0, NULL)) {
        return CMD_USAGE;
    }
    struct arena *a = arena_new(TABLES_ARENA_MAX);
    // The description needs the tables only, no district.
    struct app app = {.arena = a, .modules = MODULES, .district = "", .federation = ""};
    struct buf b;
    buf_init(&b, a, 256 * 1024, TABLES_ARENA_MAX / 2);
    json_write(&b, system_openapi(&app, a));
    puts(buf_str(&b));
    arena_free(a);
    return CMD_OK;
}
