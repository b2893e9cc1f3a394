// SPDX-License-Identifier: Apache-2.0
// The command line. One function a command; main.c holds the table of them. Exit codes: 0 done,
// 1 it failed, 2 it was asked for wrongly.
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "base/arena.h"
#include "kit/app.h"

#include <stdbool.h>
#include <stddef.h>

enum { CMD_OK = 0, CMD_FAILED = 1, CMD_USAGE = 2 };

struct command {
    const char *name;
    const char *usage;                 // arguments, after the name
    const char *help;                  // one line
    int (*run)(int argc, char **argv); // argv[0] is the name
};
extern const struct command COMMANDS[]; // ended by a NULL name

int cmd_init(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_code(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_generate(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_rule(int argc, char **argv);
int cmd_routes(int argc, char **argv);
int cmd_sql(int argc, char **argv);
int cmd_openapi(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_setting(int argc, char **argv);
int cmd_reseal(int argc, char **argv);
int cmd_district(int argc, char **argv);
int cmd_rollup(int argc, char **argv);
int cmd_copy(int argc, char **argv);
int cmd_key(int argc, char **argv);

// Statements of commands, no routes.
extern const struct module IMPORT_MODULE, CHECK_MODULE, COPY_MODULE, GENERATE_MODULE,
    DEMO_MODULE;

// Every statement of the program: the kit's, the modules', the kinds'.
typedef void (*cmd_statement_fn)(const struct db_stmt *s, void *arg);
void cmd_each_statement(cmd_statement_fn fn, void *arg);

// ---- arguments -------------------------------------------------------------------------

// One long option: exactly one of text (takes an argument), number (takes one) and flag is set.
struct cmd_option {
    const char *name; // NULL ends the table
    const char **text;
    int64_t *number;
    bool *flag;
};
// Reads the options and leaves the other arguments in *rest (`least` to `most` of them). False
// after having said what is wrong; the caller returns CMD_USAGE.
bool cmd_parse(int argc, char **argv, const struct cmd_option *options, size_t least,
               size_t most, const char *const **rest);
// "huiqiao: …" on standard error; returns CMD_FAILED.
int cmd_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
// Names made in the directory are there after a power cut. False with errno.
bool cmd_sync_directory(const char *dir);
// The same of the name itself, in the directory it is in.
bool cmd_sync_name(struct arena *a, const char *path);

// ---- the district ----------------------------------------------------------------------

// An open district with an arena for what the command does.
struct district {
    struct arena *arena;
    struct app *app;
};
// In --data: the URL of the district's database, where it is not the file district.db.
#define DISTRICT_DATABASE "database"
// `db` when it is given (--db), else what DIR/database says, else NULL.
const char *district_url(struct arena *a, const char *data, const char *db);
// Opens the district of --data (or --db). False after having said why not.
bool district_open(struct district *d, const char *data, const char *db);
// The same for a command that writes very much and then ends.
bool district_open_bulk(struct district *d, const char *data, const char *db);
void district_close(struct district *d);

// Runs `work` in one write transaction with a ctx of the system, on the given arena. ERR_OK
// when it is committed.
typedef enum err (*cmd_work)(struct ctx *c, void *arg);
enum err cmd_write(struct district *d, struct arena *a, cmd_work work, void *arg);

// Once a minute for every district that is served: deadlines, reminders, what is kept only so
// long, what was put off.
void cmd_minute(struct app *app);

// Makes a district in the directory `data` (and the database `db`), says who can log in; false
// after having said why not, and with nothing left behind.
bool district_found(const char *data, const char *db, const char *name, bool demo);

// ---- small things ----------------------------------------------------------------------

// n random characters people can read aloud (no 0 O 1 l I), in the arena.
const char *cmd_random_text(struct arena *a, size_t n);
// "done/total" on a terminal, nothing elsewhere; total 0 ends the line.
void cmd_progress(const char *what, size_t done, size_t total);
// A whole file into the arena with a NUL after it; NULL after having said why not.
const char *cmd_read_file(struct arena *a, const char *path, size_t max, size_t *size);

// A new file that nobody else may read, on the disk; false after having said why not.
bool cmd_make_file(const char *path, const void *p, size_t n);
// The same in place of one that is there, in one step.
bool cmd_replace_file(struct arena *a, const char *dir, const char *name, const void *p,
                      size_t n);

#endif
