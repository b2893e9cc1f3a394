// SPDX-License-Identifier: Apache-2.0
// Duplicates of enterprises: names without what every name has, codes that hold the same
// organisation code, phones, addresses; and the tables that follow an enterprise.
#include "mod/enterprise/enterprise_same.h"

#include "kit/app.h"
#include "kit/search.h"
#include "mod/enterprise/enterprise.h"
#include "mod/enterprise/enterprise_facts.h"

#include <string.h>

enum { USCC_LENGTH_WHOLE = 18, ORGANISATION_AT = 8, ORGANISATION_SIZE = 9 };

// ---- what two entries have in common ---------------------------------------------------

// Characters 9 to 17 of the code stay when a district or registry changes.
static const char *
key_organisation(struct ctx *c, const struct value *row)
{
    const char *code = value_get_text(row, "uscc");
    code = code == NULL ? NULL : enterprise_squeezed(c->arena, code);
    return code != NULL && strlen(code) == USCC_LENGTH_WHOLE
               ? arena_strndup(c->arena, code + ORGANISATION_AT, ORGANISATION_SIZE)
               : NULL;
}

static const char *
core_of(struct ctx *c, const struct value *row)
{
    const char *region = value_get_text(row, "region_code");
    const char *code = value_get_text(row, "uscc");
    if (region == NULL && code != NULL && strlen(code) == USCC_LENGTH_WHOLE) {
        region = arena_strndup(c->arena, code + 2, 6);
    }
    return enterprise_core_name(c->arena, value_get_text(row, "name"), region,
                                c->app->district);
}

static const char *
key_sound(struct ctx *c, const struct value *row)
{
    const char *sound = search_sound(c->arena, core_of(c, row));
    return *sound == '\0' ? NULL : sound;
}

static const char *
key_mobile(struct ctx *c, const struct value *row)
{
    (void)c;
    return value_get_text(row,
                          "contact_mobile_index"); // equal for equal numbers, and no number
}

static const char *
key_legal(struct ctx *c, const struct value *row)
{
    (void)c;
    return value_get_text(row, "legal_representative");
}

static const char *
key_address(struct ctx *c, const struct value *row)
{
    const char *address = value_get_text(row, "address");
    return address == NULL ? NULL : enterprise_squeezed(c->arena, address);
}

static const char *
key_town(struct ctx *c, const struct value *row)
{
    (void)c;
    return value_get_text(row, "town");
}

// Two sound codes that differ speak for two enterprises, but only a little: whoever enters one
// again has perhaps taken the code of another.
const struct record_duplicate ENTERPRISE_DUPLICATES[] = {
    {.name = "organisation",
     .label = "组织机构代码相同",
     .key = key_organisation,
     .same = 75,
     .differs = -5,
     .finds = true},
    {.name = "name", .label = "名称相同", .key = core_of, .same = 65, .finds = true},
    {.name = "sound",
     .label = "名称读音相同",
     .key = key_sound,
     .same = 40,
     .finds = true,
     .unless = "name"},
    {.name = "near",
     .label = "名称只差一个字",
     .key = core_of,
     .alike = enterprise_names_are_near,
     .same = 30,
     .unless = "name sound"},
    {.name = "mobile", .label = "手机相同", .key = key_mobile, .same = 25, .finds = true},
    {.name = "legal", .label = "法定代表人相同", .key = key_legal, .same = 15},
    {.name = "address", .label = "地址相同", .key = key_address, .same = 15},
    {.name = "town", .label = NULL, .key = key_town, .same = 5, .differs = -5},
    {0},
};

// ---- what follows an enterprise --------------------------------------------------------

static bool
same_member(const struct value *a, const struct value *b, const char *key)
{
    const struct value *x = value_get(a, key), *y = value_get(b, key);
    return value_equal(x == NULL ? &value_null : x, y == NULL ? &value_null : y);
}

static bool
figure_is_same(const struct value *ours, const struct value *theirs)
{
    return same_member(ours, theirs, "year") && same_member(ours, theirs, "source");
}

static bool
tag_is_same(const struct value *ours, const struct value *theirs)
{
    return same_member(ours, theirs, "tag") && same_member(ours, theirs, "level") &&
           same_member(ours, theirs, "cert_no");
}

static bool
contact_is_same(const struct value *ours, const struct value *theirs)
{
    return same_member(ours, theirs, "name") && same_member(ours, theirs, "mobile_index") &&
           same_member(ours, theirs, "until");
}

const struct record_link ENTERPRISE_LINKS[] = {
    {.to = "enterprises",
     .table = "enterprise_figure",
     .column = "enterprise_id",
     .label = "年度数据",
     .kind = &ENTERPRISE_FIGURE_KIND,
     .same = figure_is_same,
     .settle = enterprise_size_renew},
    {.to = "enterprises",
     .table = "enterprise_tag",
     .column = "enterprise_id",
     .label = "资质标签",
     .kind = &ENTERPRISE_TAG_KIND,
     .same = tag_is_same},
    {.to = "enterprises",
     .table = "enterprise_contact",
     .column = "enterprise_id",
     .label = "企业联系人",
     .kind = &ENTERPRISE_CONTACT_KIND,
     .same = contact_is_same},
    {.to = "enterprises",
     .table = "attachment",
     .column = "record_id",
     .label = "附件",
     .kind_column = "kind"},
    {.to = "enterprises",
     .table = "reveal",
     .column = "record_id",
     .label = "查看号码的记录",
     .kind_column = "kind"},
    {0},
};
