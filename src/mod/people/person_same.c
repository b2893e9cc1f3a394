// SPDX-License-Identifier: Apache-2.0
// How one person entered twice is recognised, and what moves when the two become one.
#include "mod/people/people_impl.h"

#include "mod/enterprise/enterprise.h"

#include "base/text.h"

#include <string.h>

static const char *
text_key(const struct value *row, const char *column)
{
    return value_get_text(row, column);
}

// "王 建国" and "王建国" are one name.
static const char *
key_name(struct ctx *c, const struct value *row)
{
    return enterprise_core_name(c->arena, text_key(row, "name"), NULL, NULL);
}

static const char *
key_mobile(struct ctx *c, const struct value *row)
{
    (void)c;
    return text_key(row, "mobile_index"); // equal for equal numbers, and no number
}

static const char *
key_id(struct ctx *c, const struct value *row)
{
    (void)c;
    return text_key(row, "id_number_index");
}

static const char *
key_birth(struct ctx *c, const struct value *row)
{
    (void)c;
    return text_key(row, "birth");
}

static const char *
key_sex(struct ctx *c, const struct value *row)
{
    (void)c;
    return text_key(row, "sex");
}

static const char *
number_key(struct ctx *c, const struct value *row, const char *column)
{
    int64_t id = value_get_int(row, column, 0);
    return id == 0 ? NULL : arena_printf(c->arena, "%lld", (long long)id);
}

static const char *
key_enterprise(struct ctx *c, const struct value *row)
{
    return number_key(c, row, "enterprise_id");
}

static const char *
key_chamber(struct ctx *c, const struct value *row)
{
    return number_key(c, row, "chamber_id");
}

// Many share a common name; fewer also the month or the enterprise.
static const char *
key_name_and(struct ctx *c, const struct value *row, const char *more)
{
    return more == NULL ? NULL : arena_printf(c->arena, "%s|%s", key_name(c, row), more);
}

static const char *
key_name_birth(struct ctx *c, const struct value *row)
{
    return key_name_and(c, row, key_birth(c, row));
}

static const char *
key_name_enterprise(struct ctx *c, const struct value *row)
{
    return key_name_and(c, row, key_enterprise(c, row));
}

const struct record_duplicate PERSON_DUPLICATES[] = {
    {.name = "name",
     .label = "姓名相同",
     .key = key_name,
     .same = 30,
     .differs = -15,
     .finds = true},
    {.name = "near",
     .label = "姓名只差一个字",
     .key = key_name,
     .alike = enterprise_names_are_near,
     .same = 20,
     .unless = "name"},
    {.name = "mobile",
     .label = "手机相同",
     .key = key_mobile,
     .same = 60,
     .differs = -5,
     .finds = true},
    {.name = "birth", .label = "出生年月相同", .key = key_birth, .same = 35, .differs = -40},
    {.name = "enterprise", .label = "主要企业相同", .key = key_enterprise, .same = 30},
    {.name = "chamber", .key = key_chamber, .same = 5},
    {.name = "sex", .key = key_sex, .differs = -40},
    {.name = "id", .key = key_id, .differs = -60},
    {.name = "name_birth", .key = key_name_birth, .finds = true},
    {.name = "name_enterprise", .key = key_name_enterprise, .finds = true},
    {0},
};

// ---- what follows a person -------------------------------------------------------------

static bool
in_office_together(const struct value *a, const struct value *b)
{
    const char *from = value_get_text(a, "since"), *to = value_get_text(a, "until");
    const char *since = value_get_text(b, "since"), *until = value_get_text(b, "until");
    return text_equal(value_get_text(a, "post"), value_get_text(b, "post")) && from != NULL &&
           since != NULL && (until == NULL || strcmp(from, until) <= 0) &&
           (to == NULL || strcmp(since, to) <= 0);
}

static bool
post_is_same_there(const struct value *ours, const struct value *theirs)
{
    return value_get_int(ours, "enterprise_id", 0) ==
               value_get_int(theirs, "enterprise_id", 0) &&
           in_office_together(ours, theirs);
}

static bool
post_is_same_person(const struct value *ours, const struct value *theirs)
{
    return value_get_int(ours, "person_id", 0) == value_get_int(theirs, "person_id", 0) &&
           in_office_together(ours, theirs);
}

// From the first beginning to the last end.
static void
combine(struct arena *a, struct value *ours, const struct value *theirs)
{
    const char *since = value_get_text(ours, "since"), *first = value_get_text(theirs, "since");
    const char *until = value_get_text(ours, "until"), *last = value_get_text(theirs, "until");
    bool open = until == NULL || last == NULL;
    record_row_fill(a, ours, theirs);
    value_set_text(a, ours, "since", strcmp(first, since) < 0 ? first : since);
    value_set_text(a, ours, "until", open ? NULL : strcmp(last, until) > 0 ? last : until);
}

const struct record_link PERSON_LINKS[] = {
    {.to = "people",
     .table = "person_post",
     .column = "person_id",
     .label = "企业任职",
     .kind = &PERSON_POST_KIND,
     .same = post_is_same_there,
     .combine = combine},
    {.to = "people",
     .table = "consent",
     .column = "person_id",
     .label = "同意",
     .kind = &CONSENT_KIND},
    {.to = "people",
     .table = "attachment",
     .column = "record_id",
     .label = "附件",
     .kind_column = "kind"},
    {.to = "people",
     .table = "reveal",
     .column = "record_id",
     .label = "查看号码的记录",
     .kind_column = "kind"},
    {.to = "enterprises",
     .table = "person",
     .column = "enterprise_id",
     .label = "人员的主要企业",
     .kind = &PERSON_KIND},
    {.to = "enterprises",
     .table = "person_post",
     .column = "enterprise_id",
     .label = "任职人员",
     .kind = &PERSON_POST_KIND,
     .same = post_is_same_person,
     .combine = combine},
    {0},
};
