// SPDX-License-Identifier: Apache-2.0
// Looking up and finding regions. Their names are Chinese in every language.
#include "mod/enterprise/region.h"

#include <stdlib.h>
#include <string.h>

static int
compare(const void *code, const void *region)
{
    return strcmp(code, ((const struct region *)region)->code);
}

static const struct region *
find(const char *code)
{
    return bsearch(code, REGIONS, REGIONS_COUNT, sizeof *REGIONS, compare);
}

// What stands above: the first n digits, then zeros. "" when it has no name of its own.
static const char *
above(const char *code, size_t n)
{
    char upper[7] = "000000";
    memcpy(upper, code, n);
    const struct region *r = strcmp(upper, code) == 0 ? NULL : find(upper);
    // A city that is only a word of statistics says nothing.
    return r == NULL || strcmp(r->name, "市辖区") == 0 || strcmp(r->name, "县") == 0 ||
                   strstr(r->name, "直辖县级") != NULL
               ? ""
               : r->name;
}

const char *
region_own_name(const char *code)
{
    const struct region *r = find(code);
    return r == NULL ? NULL : r->name;
}

const char *
region_name(struct arena *a, const char *code)
{
    const struct region *r = find(code);
    return r == NULL ? NULL
                     : arena_printf(a, "%s%s%s", above(code, 2), above(code, 4), r->name);
}

static const char *
name(struct arena *a, enum language l, const char *code)
{
    (void)l;
    return region_name(a, code);
}

// By the digits a code begins with, else by any part of the whole name.
static void
search(struct arena *a, enum language l, const char *text,
       bool (*found)(void *arg, const char *code), void *arg)
{
    (void)l;
    bool digits = *text >= '0' && *text <= '9';
    size_t n = strspn(text, "0123456789");
    bool more = true;
    for (size_t i = 0; i < REGIONS_COUNT && more; i++) {
        const char *code = REGIONS[i].code;
        bool hit =
            digits ? strncmp(code, text, n) == 0 : strstr(region_name(a, code), text) != NULL;
        more = !hit || found(arg, code);
    }
}

const struct code_list REGION_CODES = {
    .source = "/regions/options", .format = "gb-t-2260", .name = name, .search = search};
