// SPDX-License-Identifier: Apache-2.0
// huiqiao district: the districts of a server of many. A server that runs sees a change within
// a second.
#include "cmd/cmd.h"

#include "base/text.h"
#include "cmd/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct order {
    const char *dir, *name;
    const char *title, *hosts, *db;
    bool demo;
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

static const struct verb {
    const char *name;
    bool named; // wants a NAME
    bool (*run)(struct order *o);
} VERBS[] = {{"add", true, add},       {"list", false, list}, {"suspend", true, suspend},
             {"resume", true, resume}, {"host", true, host},  {0}};

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
run(struct order *o, const struct verb *v)
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
    bool ok = o->registry != NULL && v->run(o);
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
        cmd_fail("district add|suspend|resume|host --districts DIR NAME, or list");
        return CMD_USAGE;
    }
    o.arena = arena_new((size_t)64 << 20);
    bool ok = run(&o, v);
    arena_free(o.arena);
    return ok ? CMD_OK : CMD_FAILED;
}
