// SPDX-License-Identifier: Apache-2.0
// huiqiao district: the districts of a server of many. A server that runs sees a change within
// a second.
#include "cmd/cmd.h"

#include "base/text.h"
#include "cmd/copy.h"
#include "cmd/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct order {
    const char *dir, *name;
    const char *title, *hosts, *db;
    bool demo;
    bool was_suspended; // before it was moved
    struct arena *arena;
    struct registry *registry;
};

static bool
sort_and_write(struct order *o)
{
    const char *why = registry_sort(o->arena, o->registry);
    bool ok = why == NULL && registry_write(o->arena, o->dir, o->registry, &why);
    if (!ok) {
        cmd_fail("%s", why);
    }
    return ok;
}

static bool
set_hosts(struct order *o, struct place *p)
{
    size_t n = 0;
    memset(p->hosts, 0, sizeof p->hosts);
    for (const char *h = o->hosts; h != NULL && *h != '\0';) {
        size_t size = strcspn(h, ",");
        if (n == PLACE_HOSTS_MOST || size == 0 || memchr(h, ':', size) != NULL) {
            cmd_fail("--host takes up to %d names without a port, separated by commas",
                     PLACE_HOSTS_MOST);
            return false;
        }
        p->hosts[n++] = text_lower(o->arena, arena_strndup(o->arena, h, size));
        h += size + (h[size] == ',');
    }
    return true;
}

static struct place *
existing(struct order *o)
{
    struct place *p = registry_find(o->registry, o->name);
    if (p == NULL) {
        cmd_fail("there is no district %s in %s", o->name, o->dir);
    }
    return p;
}

// ---- the verbs -------------------------------------------------------------------------

// First the district itself, then its row: a server never sees one without the other.
static bool
add(struct order *o)
{
    if (!place_name_ok(o->name)) {
        cmd_fail("a name has small letters, digits and hyphens, at most %d", PLACE_NAME_MOST);
        return false;
    }
    if (registry_find(o->registry, o->name) != NULL) {
        cmd_fail("there is a district %s already", o->name);
        return false;
    }
    struct place *p = registry_add(o->arena, o->registry, o->name);
    p->title = o->title != NULL ? o->title : o->demo ? "临江区" : o->name;
    if (!set_hosts(o, p)) {
        return false;
    }
    const char *why = registry_sort(o->arena, o->registry);
    if (why != NULL) {
        cmd_fail("%s", why);
        return false;
    }
    const char *data = arena_printf(o->arena, "%s/%s", o->dir, o->name);
    return district_found(data, o->db, o->title, o->demo) && sort_and_write(o);
}

static bool
list(struct order *o)
{
    for (size_t i = 0; i < o->registry->count; i++) {
        const struct place *p = &o->registry->places[i];
        printf("%s\t%s\t%s\t", p->name, p->suspended ? "suspended" : "open", p->title);
        for (const char *const *h = p->hosts; *h != NULL; h++) {
            printf("%s%s", h == p->hosts ? "" : ",", *h);
        }
        printf("\n");
    }
    return true;
}

static bool
suspend(struct order *o)
{
    struct place *p = existing(o);
    if (p != NULL) {
        p->suspended = true;
    }
    return p != NULL && sort_and_write(o);
}

static bool
resume(struct order *o)
{
    struct place *p = existing(o);
    if (p != NULL) {
        p->suspended = false;
    }
    return p != NULL && sort_and_write(o);
}

static bool
host(struct order *o)
{
    struct place *p = existing(o);
    return p != NULL && set_hosts(o, p) && sort_and_write(o);
}

// ---- moving ----------------------------------------------------------------------------

// A server that nobody asks for anything looks at the register once a minute.
enum { ALONE_SECONDS = 90 };

static bool with_registry(struct order *o, bool (*work)(struct order *o));

static bool
begin_move(struct order *o)
{
    struct place *p = existing(o);
    if (p == NULL) {
        return false;
    }
    o->was_suspended = p->suspended;
    p->suspended = true;
    return sort_and_write(o);
}

static bool
end_move(struct order *o)
{
    struct place *p = existing(o);
    if (p == NULL) {
        return false;
    }
    p->suspended = o->was_suspended;
    if (p->suspended) {
        printf("%s was suspended before and still is: district resume\n", p->name);
    }
    return sort_and_write(o);
}

// Waits until no server and no other command has the district in use.
static int
wait_alone(const char *dir)
{
    const struct timespec second = {.tv_sec = 1};
    int lock = -1;
    for (int i = 0; i < ALONE_SECONDS && (lock = app_lock(dir, true)) < 0; i++) {
        if (errno != EWOULDBLOCK) {
            break;
        }
        nanosleep(&second, NULL);
    }
    if (lock < 0) {
        cmd_fail("%s: %s", dir, errno == EWOULDBLOCK ? "still in use" : strerror(errno));
    }
    return lock;
}

// Kept, in case the new place does not prove itself, but under a name nothing opens.
static void
retire(struct order *o, const char *from)
{
    if (db_is_network(from)) {
        printf("moved; the old schema is as it was: drop it when all is well\n");
        return;
    }
    const char *kept = arena_printf(o->arena, "%s.moved-%lld", from, (long long)time(NULL));
    if (rename(from, kept) != 0) {
        kept = from;
    }
    printf("moved; the old database is kept as %s: remove it when all is well\n", kept);
}

static bool
move_database(struct order *o, const char *dir)
{
    const char *file = arena_printf(o->arena, "%s/district.db", dir);
    const char *now = district_url(o->arena, dir, NULL);
    const char *from = now != NULL ? now : file;
    bool to_file = strcmp(o->db, "file") == 0;
    const char *to = to_file ? file : o->db;
    if (strcmp(from, to) == 0) {
        cmd_fail("%s is there already", o->name);
        return false;
    }
    bool ok = copy_database(&(struct copy_order){.from = from, .to = to}) &&
              copy_switch(o->arena, dir, to_file ? NULL : to);
    if (ok) {
        retire(o, from);
    }
    return ok;
}

// Suspended meanwhile; as it was when anything fails, and given again it goes on.
static bool
move(struct order *o)
{
    const char *dir = arena_printf(o->arena, "%s/%s", o->dir, o->name);
    if (o->db == NULL) {
        cmd_fail("district move NAME --db URL, or --db file");
        return false;
    }
    if (!with_registry(o, begin_move)) {
        return false;
    }
    int lock = wait_alone(dir);
    bool ok = lock >= 0 && move_database(o, dir);
    if (lock >= 0) {
        close(lock);
    }
    return with_registry(o, end_move) && ok;
}

// ---- the command -----------------------------------------------------------------------

static const struct verb {
    const char *name;
    bool named; // wants a NAME
    bool alone; // takes long, and asks for the registry itself
    bool (*run)(struct order *o);
} VERBS[] = {{"add", true, false, add},
             {"list", false, false, list},
             {"suspend", true, false, suspend},
             {"resume", true, false, resume},
             {"host", true, false, host},
             {"move", true, true, move},
             {0}};

static const struct verb *
verb_of(const char *name)
{
    const struct verb *v = VERBS;
    while (v->name != NULL && strcmp(v->name, name) != 0) {
        v++;
    }
    return v->name == NULL ? NULL : v;
}

static bool
with_registry(struct order *o, bool (*work)(struct order *o))
{
    const char *why = "?";
    int lock = registry_lock(o->arena, o->dir);
    if (lock < 0) {
        cmd_fail("%s: %s", o->dir, strerror(errno));
        return false;
    }
    o->registry = registry_read(o->arena, o->dir, &why);
    if (o->registry == NULL) {
        cmd_fail("%s", why);
    }
    bool ok = o->registry != NULL && work(o);
    close(lock);
    return ok;
}

int
cmd_district(int argc, char **argv)
{
    struct order o = {0};
    const char *const *rest;
    const struct cmd_option options[] = {
        {"districts", &o.dir, NULL, NULL}, {"title", &o.title, NULL, NULL},
        {"host", &o.hosts, NULL, NULL},    {"db", &o.db, NULL, NULL},
        {"demo", NULL, NULL, &o.demo},     {0}};
    if (!cmd_parse(argc, argv, options, 1, 2, &rest)) {
        return CMD_USAGE;
    }
    const struct verb *v = verb_of(rest[0]);
    o.name = argc - (int)(rest - (const char *const *)argv) > 1 ? rest[1] : NULL;
    if (v == NULL || o.dir == NULL || v->named != (o.name != NULL)) {
        cmd_fail("district add|suspend|resume|host|move --districts DIR NAME, or list");
        return CMD_USAGE;
    }
    o.arena = arena_new((size_t)64 << 20);
    bool ok = v->alone ? v->run(&o) : with_registry(&o, v->run);
    arena_free(o.arena);
    return ok ? CMD_OK : CMD_FAILED;
}
