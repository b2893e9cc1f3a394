// SPDX-License-Identifier: Apache-2.0
// Organisations as tables: fields, who may do what. The kit does the rest.
#include "mod/org/org.h"

#include "base/text.h"

const struct choice ORG_KINDS[] = {
    {.value = "federation", .label = "工商联"}, {.value = "town", .label = "镇街商会"},
    {.value = "industry", .label = "行业商会"}, {.value = "out_of_town", .label = "异地商会"},
    {.value = "joint", .label = "联合商会"},    {.value = "committee", .label = "专门委员会"},
    {.value = "department", .label = "部门"},   {0},
};

const struct choice ORG_CATEGORIES[] = {
    {"land", "用地", NULL},
    {"finance", "融资", NULL},
    {"labour", "用工", NULL},
    {"tax_fee", "税费", NULL},
    {"legal", "法律维权", NULL},
    {"technology", "科技", NULL},
    {"market", "市场拓展", NULL},
    {"energy_utility", "水电气", NULL},
    {"permit", "行政审批", NULL},
    {"policy_delivery", "政策兑现", NULL},
    {"environment_safety", "环保安监", NULL},
    {"arrears", "拖欠账款", NULL},
    {"construction", "工程建设", NULL},
    {"talent_schooling", "人才与子女入学", NULL},
    {"transport", "交通运输", NULL},
    {"customs", "海关通关", NULL},
    {"other", "其他", NULL},
    {0},
};

static const struct choice STATES[] = {
    {.value = "active", .label = "正常", .tone = "is-ok"},
    {.value = "dissolved", .label = "已撤销", .tone = "is-mute"},
    {0},
};

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT
};

static const struct field FIELDS[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .label = "名称",
     .required = true,
     .min = 2,
     .max = 60,
     .where = LISTED,
     .search = 2},
    {.name = "kind",
     .type = FIELD_CHOICE,
     .label = "类型",
     .required = true,
     .choices = ORG_KINDS,
     .where = LISTED | IN_FILTER},
    {.name = "short_name",
     .type = FIELD_TEXT,
     .label = "简称",
     .max = 30,
     .where = KEPT,
     .search = 2},
    {.name = "code",
     .type = FIELD_TEXT,
     .label = "代码",
     .hint = "本区内不重复。",
     .max = 30,
     .where = LISTED,
     .search = 1},
    {.name = "parent_id",
     .type = FIELD_REF,
     .label = "上级组织",
     .ref = "organizations",
     .where = LISTED | IN_FILTER},
    {.name = "categories",
     .type = FIELD_CHOICES,
     .label = "承办类别",
     .hint = "部门承办哪几类诉求；交办时先建议承办这一类的部门。",
     .choices = ORG_CATEGORIES,
     .where = KEPT},
    {.name = "closes_on",
     .type = FIELD_DATE,
     .label = "应换届",
     .class = CLASS_INTERNAL,
     .where = IN_LIST | IN_DETAIL | IN_EXPORT | IN_FILTER,
     .derived = true,
     .expression = "SELECT x.closes_on FROM term x WHERE x.organization_id = t.id"
                   " AND +x.state = 'current' LIMIT 1"},
    {.name = "phone", .type = FIELD_TEXT, .label = "办公电话", .max = 40, .where = LISTED},
    {.name = "address", .type = FIELD_TEXT, .label = "地址", .max = 120, .where = KEPT},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .initial = "active",
     .where = IN_LIST | IN_DETAIL | IN_EXPORT | IN_FILTER | IN_FORM},
    {.name = "sort",
     .type = FIELD_INT,
     .label = "排序",
     .hint = "小的在前。",
     .max = 9999,
     .where = KEPT},
    {0},
};

// Organisations are public; only the office keeps them, and a secretary their own chamber's.
static const struct record_grant GRANTS[] = {
    {RECORD_READ | RECORD_CREATE | RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_READ, ROLE_SIGNED_IN, SCOPE_ALL, NULL},
    {RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION, "kind name code parent_id state sort"},
    {0},
};

static const struct record_sort SORTS[] = {
    {"sort", "kind"},
    {"updated_at", NULL},
    {0},
};

static const struct db_stmt PARENT = {.name = "org.parent",
                                      .sql = "SELECT parent_id FROM organization WHERE id = $1",
                                      .params = "id:int",
                                      .row = "parent_id:int?"};

// No organisation stands above itself, however far.
static bool
is_circle(struct db_tx *tx, int64_t id, int64_t parent)
{
    enum { DEPTH_MOST = 16 };
    for (int i = 0; parent != 0 && i < DEPTH_MOST; i++) {
        if (parent == id) {
            return true;
        }
        parent = db_value_int(tx, &PARENT, DB_ARGS(DB_INT(parent)), 0);
    }
    return parent != 0;
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *state = value_get_text(rec, "state");
    if (state == NULL) {
        value_set_text(c->arena, rec, "state", "active");
    }
    if (value_get_int(rec, "sort", -1) < 0) {
        value_set_int(c->arena, rec, "sort", 0);
    }
    int64_t parent = value_get_int(rec, "parent_id", 0);
    if (old != NULL && is_circle(c->tx, value_get_int(old, "id", 0), parent)) {
        return ctx_fault(c, "parent_id", "circle", T("上级组织不能是自己或自己的下级"));
    }
    return ERR_OK;
}

const struct record_kind ORG_KIND = {
    .name = "organization",
    .plural = "organizations",
    .label = "组织",
    .list_label = "组织商会",
    .table = "organization",
    .title = "name",
    .subtitle = "code",
    .fields = FIELDS,
    .grants = GRANTS,
    .organization_column = "id",
    .leads = "parent_id kind state",
    .sorts = SORTS,
    .order = "sort",
    .uniques = "name code",
    .before_save = before_save,
    .empty_text = "先登记工商联，再登记商会和部门。",
};

// ---- for other modules -----------------------------------------------------------------

static const struct db_stmt NAME = {.name = "org.name",
                                    .sql = "SELECT name FROM organization WHERE id = $1",
                                    .params = "id:int",
                                    .row = "name:text"};
static const struct db_stmt OPTIONS = {
    .name = "org.options",
    .sql = "SELECT id, name FROM organization WHERE kind = $1 AND state = 'active'"
           " ORDER BY sort, id LIMIT 500",
    .params = "kind:text",
    .row = "id:int name:text"};
static const struct db_stmt HANDLERS = {
    .name = "org.handlers",
    .sql = "SELECT id, name, categories FROM organization WHERE kind = 'department'"
           " AND state = 'active' ORDER BY sort, id LIMIT 500",
    .row = "id:int name:text categories:text?"};

const char *
org_name(struct db_tx *tx, struct arena *a, int64_t id)
{
    return value_get_text(db_one(tx, a, &NAME, DB_ARGS(DB_INT(id))), "name");
}

static void
add_options(struct db_tx *tx, struct arena *a, const char *kind, struct value *list)
{
    struct db_rows *r = db_query(tx, &OPTIONS, DB_ARGS(DB_TEXT(kind)));
    while (db_next(r)) {
        struct value *o = value_map(a);
        value_set_text(a, o, "value", arena_printf(a, "%lld", (long long)db_int(r, 0)));
        value_set(a, o, "label", value_text(a, db_text(r, 1)));
        value_push(a, list, o);
    }
    db_end(r);
}

struct value *
org_options(struct db_tx *tx, struct arena *a, const char *kind)
{
    struct value *list = value_list(a);
    static const char *const CHAMBERS[] = {"town", "industry", "out_of_town", "joint"};
    if (strcmp(kind, "chamber") != 0) {
        add_options(tx, a, kind, list);
        return list;
    }
    for (size_t i = 0; i < sizeof CHAMBERS / sizeof CHAMBERS[0]; i++) {
        add_options(tx, a, CHAMBERS[i], list);
    }
    return list;
}

struct value *
org_for_category(struct db_tx *tx, struct arena *a, const char *category)
{
    struct value *list = value_list(a);
    struct value *all = db_list(tx, a, &HANDLERS, DB_NONE);
    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *unit = value_at(all, i);
        if (text_list_has(value_get_text(unit, "categories"), category)) {
            value_push(a, list, unit);
        }
    }
    return list;
}

static const struct db_stmt *const STATEMENTS[] = {&PARENT, &NAME, &OPTIONS, &HANDLERS, NULL};

static const struct nav_item NAV[] = {
    {.group = "资料",
     .url = "/organizations",
     .label = "组织商会",
     .icon = "sitemap",
     .roles = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER | ROLE_OFFICER},
    {0},
};

static const struct route NO_ROUTES[] = {{0}};

static const struct record_kind *const KINDS[] = {&ORG_KIND, NULL};
static const struct import_kind *const IMPORTS[] = {&ORG_IMPORT, NULL};

const struct module ORG_MODULE = {.name = "org",
                                  .routes = NO_ROUTES,
                                  .stmts = STATEMENTS,
                                  .nav = NAV,
                                  .kinds = KINDS,
                                  .imports = IMPORTS};
