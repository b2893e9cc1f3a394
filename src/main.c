// SPDX-License-Identifier: Apache-2.0
// The command line: finds the command and runs it.
#include "cmd/cmd.h"

#include "base/log.h"
#include "kit/rule.h"
#include "mod/rules.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int
cmd_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("huiqiao " HUIQIAO_VERSION);
    return CMD_OK;
}

static void
print_usage(FILE *to, const struct command *c)
{
    fprintf(to, "  huiqiao %s%s%s\n        %s\n", c->name, *c->usage != '\0' ? " " : "",
            c->usage, c->help);
}

static int
cmd_help(int argc, char **argv)
{
    if (argc > 1) {
        for (const struct command *c = COMMANDS; c->name != NULL; c++) {
            if (strcmp(c->name, argv[1]) == 0) {
                print_usage(stdout, c);
                return CMD_OK;
            }
        }
        fprintf(stderr, "huiqiao: there is no command \"%s\"\n", argv[1]);
        return CMD_USAGE;
    }
    puts("huiqiao: the working system of a district's chambers of commerce\n");
    for (const struct command *c = COMMANDS; c->name != NULL; c++) {
        print_usage(stdout, c);
    }
    puts("\nEvery command that takes --data also takes --db URL in place of DIR/district.db.");
    return CMD_OK;
}

int
cmd_rule(int argc, char **argv)
{
    if (argc > 2) {
        fputs("huiqiao: rule takes one name\n", stderr);
        return CMD_USAGE;
    }
    rules_register();
    return rule_main(argc == 2 ? argv[1] : NULL, stdin, stdout, stderr);
}

const struct command COMMANDS[] = {
    {"init", "--data DIR [--name DISTRICT] [--demo]",
     "make a district and print the administrator's password", cmd_init},
    {"serve",
     "--data DIR | --districts DIR [--open N] [--listen HOST:PORT|unix:PATH] [--public] "
     "[--edge ADDRESS,…] [--drain SECONDS] [--no-sandbox]",
     "serve it; --public allows addresses other than loopback, --edge trusts a proxy's "
     "headers, "
     "--drain is how long /readyz says no before the end",
     cmd_serve},
    {"token", "--data DIR USER", "print a bearer token for the API", cmd_token},
    {"code", "--data DIR USER",
     "print a one-time code with which the person chooses a password", cmd_code},
    {"import", "--data DIR KIND FILE [--map FILE] [--dry-run] [--shift-dates]",
     "read a CSV or XLSX table; what is wrong with it goes to FILE.errors.csv", cmd_import},
    {"export", "--data DIR KIND [--format csv|xlsx|json]", "print all records of a kind",
     cmd_export},
    {"generate", "--data DIR --enterprises N --demands M [--seed S]",
     "add an invented district of any size", cmd_generate},
    {"backup", "--data DIR --key FILE.pub | --passphrase FILE [--without-secret] FILE|-",
     "the running district into one encrypted file, or to standard output", cmd_backup},
    {"restore", "--data DIR [--db URL] --key FILE | --passphrase FILE FILE",
     "bring a backup, once all of it is verified, into an empty place on either engine",
     cmd_restore},
    {"key", "new FILE", "a pair of keys for backups: FILE.pub makes them, FILE reads them",
     cmd_key},
    {"check", "--data DIR | --backup FILE --key FILE | --passphrase FILE",
     "verify the database, the audit chain and everything kept twice; or a whole backup",
     cmd_check},
    {"copy", "--from DIR|URL --to DIR|URL [--db URL]",
     "bring a whole district into an empty place, on either engine, and compare every row",
     cmd_copy},
    {"setting", "--data DIR [KEY [VALUE]]",
     "show or change a setting; the server reads them when it starts", cmd_setting},
    {"reseal", "--data DIR [--continue]",
     "new key for personal fields; what is kept comes under it while the server runs",
     cmd_reseal},
    {"district",
     "add|list|suspend|resume|host|move --districts DIR [NAME] [--title TEXT] [--host HOST,…] "
     "[--db URL] [--demo]",
     "the districts of one server", cmd_district},
    {"rollup", "key|summary|take --data DIR (or --districts DIR) [--month 2026-11]",
     "a district's signed figures, and taking them in at the city", cmd_rollup},
    {"rule", "[NAME] < input.json", "run a pure rule of the domain; without a name, list them",
     cmd_rule},
    {"routes", "", "list the routes", cmd_routes},
    {"sql", "[--check --data DIR]",
     "list the SQL statements, or check them against a district's database", cmd_sql},
    {"openapi", "", "print the description of the API", cmd_openapi},
    {"version", "", "print the version", cmd_version},
    {"help", "[COMMAND]", "print this", cmd_help},
    {0},
};

int
main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cmd_help(1, argv);
        return argc < 2 ? CMD_USAGE : CMD_OK;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    umask(077); // what a command writes is nobody else's business
    if (sodium_init() < 0) {
        fputs("huiqiao: no source of random numbers\n", stderr);
        return CMD_FAILED;
    }
    for (const struct command *c = COMMANDS; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            // Only the server tells its story; a command speaks for itself.
            log_set_level(c->run == cmd_serve ? LOG_INFO : LOG_WARN);
            return c->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "huiqiao: there is no command \"%s\"; see huiqiao help\n", argv[1]);
    return CMD_USAGE;
}
