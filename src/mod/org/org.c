// SPDX-License-Identifier: Apache-2.0
// Organisations as tables: fields, who may do what. The kit does the rest.
#include "mod/org/org_impl.h"

#include "base/buf.h"
#include "base/text.h"
#include "mod/enterprise/enterprise.h"

#include <string.h>

const struct choice ORG_KINDS[] = {
    {.value = "federation", .label = "工商联"},
    {.value = "town", .label = "镇街商会"},
    {.value = "industry", .label = "行业商会"},
    {.value = "out_of_town", .label = "异地商会"},
    {.value = "joint", .label = "联合商会"},
    {.value = "committee", .label = "专门委员会"},
    {.value = "party_committee", .label = "联合党委"},
    {.value = "department", .label = "部门"},
    {0},
};

// Which kinds may stand under which; any may stand alone.
static const struct {
    const char *kind, *under; // space list
} PLACES[] = {
    {"federation", ""},
    {"town", "federation joint"},
    {"industry", "federation joint"},
    {"out_of_town", "federation joint"},
    {"joint", "federation"},
    {"committee", "federation town industry out_of_town joint"},
    {"party_committee", "federation"},
    {"department", "federation department"},
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
    {.value = "preparing", .label = "筹备中", .tone = "is-info"},
    {.value = "active", .label = "正常", .tone = "is-ok"},
    {.value = "suspended", .label = "暂停活动", .tone = "is-warn"},
    {.value = "dissolved", .label = "已撤销", .tone = "is-mute"},
    {.value = "merged", .label = "已合并", .tone = "is-mute"},
    {0},
};

static const struct choice EVENTS[] = {
    {.value = "found", .label = "成立"},
    {.value = "suspend", .label = "暂停活动"},
    {.value = "resume", .label = "恢复活动"},
    {.value = "dissolve", .label = "撤销"},
    {.value = "merge_into", .label = "并入其他组织"},
    {0},
};

// Section letters and divisions of GB/T 4754, with spaces between.
static const char *
industries_fault(struct arena *a, const char *text)
{
    for (const char *p = text + strspn(text, " "); *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        if (enterprise_industry_name(arena_strndup(a, p, n)) == NULL) {
            return T("写门类字母或两位的大类代码，用空格分开，例如 34 35 或 C");
        }
        p += n;
    }
    return NULL;
}

enum {
    LISTED = IN_LIST | IN_FORM | IN_DETAIL | IN_EXPORT,
    KEPT = IN_FORM | IN_DETAIL | IN_EXPORT,
    SYSTEM = IN_DETAIL | IN_EXPORT
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
                   " AND x.state || '' = 'current' LIMIT 1"},
    {.name = "phone", .type = FIELD_TEXT, .label = "办公电话", .max = 40, .where = LISTED},
    {.name = "duty_phone", .type = FIELD_TEXT, .label = "值班电话", .max = 40, .where = KEPT},
    {.name = "address", .type = FIELD_TEXT, .label = "地址", .max = 120, .where = KEPT},
    {.name = "uscc",
     .type = FIELD_TEXT,
     .label = "统一社会信用代码",
     .max = 40,
     .where = KEPT,
     .search = 1,
     .check = enterprise_uscc_fault,
     .source = "GB 32100-2015"},
    {.name = "registry",
     .type = FIELD_TEXT,
     .label = "登记机关",
     .hint = "例如 临江区民政局。工商联不用登记。",
     .max = 60,
     .where = KEPT},
    {.name = "registered_on", .type = FIELD_DATE, .label = "登记日期", .where = KEPT},
    {.name = "competent_authority",
     .type = FIELD_TEXT,
     .label = "业务主管单位",
     .max = 60,
     .where = KEPT},
    {.name = "towns",
     .type = FIELD_TEXT,
     .label = "覆盖镇街",
     .hint = "镇街名称，用空格分开，例如 港口镇 滨江街道。镇街商会不填就是名称里的镇街。",
     .max = 300,
     .where = KEPT},
    {.name = "industries",
     .type = FIELD_TEXT,
     .label = "覆盖行业",
     .hint = "大类代码，用空格分开，例如 34 35；整个门类写字母，例如 C。",
     .max = 400,
     .where = KEPT,
     .check = industries_fault,
     .source = "GB/T 4754-2017"},
    {.name = "founded_on",
     .type = FIELD_DATE,
     .label = "成立日期",
     .hint = "还在筹备的不填，状态选筹备中。",
     .where = KEPT},
    {.name = "state",
     .type = FIELD_CHOICE,
     .label = "状态",
     .choices = STATES,
     .initial = "active",
     .where = IN_LIST | IN_DETAIL | IN_EXPORT | IN_FILTER | IN_FORM},
    {.name = "suspended_on", .type = FIELD_DATE, .label = "暂停日期", .where = SYSTEM},
    {.name = "ended_on", .type = FIELD_DATE, .label = "终止日期", .where = SYSTEM},
    {.name = "merged_into_id",
     .type = FIELD_REF,
     .label = "并入",
     .ref = "organizations",
     .where = SYSTEM},
    {.name = "decision", .type = FIELD_TEXT, .label = "决定文件", .where = SYSTEM},
    {.name = "reason",
     .type = FIELD_TEXT,
     .label = "事由",
     .class = CLASS_INTERNAL,
     .where = SYSTEM},
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
    {RECORD_READ | RECORD_CREATE, ROLE_OFFICE, SCOPE_ALL, NULL},
    {RECORD_UPDATE, ROLE_OFFICE, SCOPE_ALL, "state"}, // by steps only
    {RECORD_READ, ROLE_SIGNED_IN, SCOPE_ALL, NULL},
    {RECORD_UPDATE, ROLE_SECRETARY, SCOPE_ORGANIZATION,
     "kind name code parent_id state sort uscc registry registered_on competent_authority towns"
     " industries founded_on"},
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

static const struct db_stmt ABOVE = {.name = "org.above",
                                     .sql =
                                         "SELECT kind, state FROM organization WHERE id = $1",
                                     .params = "id:int",
                                     .row = "kind:text state:text"};
static const struct db_stmt BELOW = {
    .name = "org.below",
    .sql = "SELECT kind FROM organization WHERE parent_id = $1 GROUP BY kind ORDER BY kind",
    .params = "parent:int",
    .row = "kind:text"};

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

bool
org_is_alive(const char *state)
{
    return text_list_has("preparing active suspended", state);
}

// "工商联、联合商会"
static const char *
kinds_text(struct ctx *c, const char *kinds)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 1024);
    for (const struct choice *k = ORG_KINDS; k->value != NULL; k++) {
        if (text_list_has(kinds, k->value)) {
            buf_printf(&b, "%s%s", b.n == 0 ? "" : "、", ctx_tr(c, k->label));
        }
    }
    return buf_str(&b);
}

const char *
org_place_fault(struct ctx *c, const char *kind, const char *parent_kind)
{
    size_t i = 0;
    while (i < sizeof PLACES / sizeof *PLACES && !text_equal(PLACES[i].kind, kind)) {
        i++;
    }
    if (parent_kind == NULL || i == sizeof PLACES / sizeof *PLACES ||
        text_list_has(PLACES[i].under, parent_kind)) {
        return NULL;
    }
    const char *label = choice_label(ORG_KINDS, kind, c->lang);
    return *PLACES[i].under == '\0'
               ? ctx_trf(c, T("{0}上面没有别的组织"), 1, label)
               : ctx_trf(c, T("{0}的上级只能是{1}"), 2, label, kinds_text(c, PLACES[i].under));
}

static bool
is_same(const struct value *rec, const struct value *old, const char *key)
{
    const struct value *a = value_get(rec, key), *b = value_get(old, key);
    return value_equal(a == NULL ? &value_null : a, b == NULL ? &value_null : b);
}

static void
add_fault(struct ctx *c, const char *field, const char *code, const char *text)
{
    faults_add(c->arena, &c->faults, field, code, text);
}

// Where it stands, and whether what stands under it still may. What was so before stays.
static void
check_place(struct ctx *c, const struct value *rec, const struct value *old)
{
    int64_t id = value_get_int(old, "id", 0), parent = value_get_int(rec, "parent_id", 0);
    const char *kind = value_get_text(rec, "kind");
    if (old != NULL && is_same(rec, old, "kind") && is_same(rec, old, "parent_id")) {
        return;
    }
    const struct value *above =
        parent == 0 ? NULL : db_one(c->tx, c->arena, &ABOVE, DB_ARGS(DB_INT(parent)));
    const char *why = org_place_fault(c, kind, value_get_text(above, "kind"));
    if (why != NULL) {
        add_fault(c, "parent_id", "kind", why);
    } else if (above != NULL && !org_is_alive(value_get_text(above, "state"))) {
        ctx_fault(c, "parent_id", "ended", T("上级组织已经撤销或合并"));
    }
    const struct value *below =
        old == NULL ? NULL : db_list(c->tx, c->arena, &BELOW, DB_ARGS(DB_INT(id)));
    for (size_t i = 0; i < value_count(below) && !is_same(rec, old, "kind"); i++) {
        why = org_place_fault(c, value_get_text(value_at(below, i), "kind"), kind);
        if (why != NULL) {
            add_fault(c, "kind", "below", why);
            return;
        }
    }
}

// "港口镇商会" covers 港口镇 without saying so.
static const char *
town_of_name(struct ctx *c, const char *name)
{
    bool town = name != NULL && (text_ends(name, "镇商会") || text_ends(name, "街道商会") ||
                                 text_ends(name, "乡商会") || text_ends(name, "园区商会"));
    return town ? arena_strndup(c->arena, name, strlen(name) - strlen("商会")) : NULL;
}

static void
tidy_facts(struct ctx *c, struct value *rec)
{
    struct arena *a = c->arena;
    const char *uscc = value_get_text(rec, "uscc"), *kind = value_get_text(rec, "kind");
    const char *industries = value_get_text(rec, "industries");
    if (value_get_text(rec, "towns") == NULL && text_equal(kind, "town")) {
        value_set_text(a, rec, "towns", town_of_name(c, value_get_text(rec, "name")));
    }
    if (industries != NULL) {
        value_set_text(a, rec, "industries", text_upper(a, text_tidy(a, industries, false)));
    }
    if (uscc != NULL) {
        value_set_text(a, rec, "uscc", text_upper(a, text_tidy(a, uscc, false)));
    }
}

static void
check_life(struct ctx *c, struct value *rec, const struct value *old)
{
    const char *state = value_get_text(rec, "state");
    const char *founded = value_get_text(rec, "founded_on");
    if (state == NULL) {
        value_set_text(c->arena, rec, "state", "active");
    } else if (old == NULL && strcmp(state, "active") != 0 && strcmp(state, "preparing") != 0) {
        ctx_fault(c, "state", "new", T("新登记的组织只能是筹备中或正常"));
    }
    if (founded != NULL && strcmp(founded, day_text(c->arena, time_to_day(c->now))) > 0) {
        ctx_fault(c, "founded_on", "future", T("成立日期不能在将来"));
    } else if (founded != NULL && text_equal(state, "preparing")) {
        ctx_fault(c, "founded_on", "preparing", T("筹备中的组织还没有成立日期"));
    }
}

static enum err
before_save(struct ctx *c, struct value *rec, const struct value *old)
{
    if (value_get_int(rec, "sort", -1) < 0) {
        value_set_int(c->arena, rec, "sort", 0);
    }
    int64_t parent = value_get_int(rec, "parent_id", 0);
    tidy_facts(c, rec);
    check_life(c, rec, old);
    if (old != NULL && is_circle(c->tx, value_get_int(old, "id", 0), parent)) {
        ctx_fault(c, "parent_id", "circle", T("上级组织不能是自己或自己的下级"));
    } else {
        check_place(c, rec, old);
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

// "34 通用设备制造业、35 专用设备制造业"
static const char *
industries_text(struct ctx *c, const char *codes)
{
    struct buf b;
    buf_init(&b, c->arena, 256, 4096);
    for (const char *p = codes; p != NULL && *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        const char *code = arena_strndup(c->arena, p, n);
        const char *name = enterprise_industry_name(code);
        buf_printf(&b, "%s%s %s", b.n == 0 ? "" : "、", code,
                   name == NULL ? "" : ctx_tr(c, name));
        p += n;
    }
    return buf_str(&b);
}

static void
decorate(struct ctx *c, const struct value *rec)
{
    const char *industries = value_get_text(rec, "industries");
    if (industries != NULL) {
        record_fact(c, T("行业名称"), industries_text(c, industries));
    }
    record_step_actions(c, &ORG_STEPS, rec);
}

static const struct record_more MORE[] = {
    {"/organizations/tree", "组织架构", "sitemap", ROLE_SIGNED_IN},
    {"/organizations/coverage", "覆盖情况", "map-off", ROLE_OFFICE | ROLE_LEADER},
    {0},
};

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
    .uniques = "name code uscc",
    .before_save = before_save,
    .decorate = decorate,
    .events = EVENTS,
    .more = MORE,
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

static const struct nav_item NAV[] = {
    {.group = "资料",
     .url = "/organizations",
     .label = "组织商会",
     .icon = "sitemap",
     .roles = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER | ROLE_OFFICER},
    {0},
};

#define STEP(word, input, what)                                                                \
    RECORD_STEP(ORG_STEPS, "organizations", word, ROLE_OFFICE, input, 0, what)

static const struct route ROUTES[] = {
    STEP("found", ORG_IN_FOUND, "a chamber in preparation is founded"),
    STEP("suspend", ORG_IN_SUSPEND, "an organisation rests"),
    STEP("resume", ORG_IN_RESUME, "it goes on"),
    STEP("dissolve", ORG_IN_DISSOLVE, "it ends, and with it its memberships"),
    STEP("merge-into", ORG_IN_MERGE, "it becomes part of another, and its members with it"),
    {.method = HTTP_GET,
     .pattern = "/organizations/tree",
     .roles = ROLE_SIGNED_IN,
     .run = org_tree_run,
     .show = org_tree_show,
     .page = "org-tree",
     .help = "What stands under what, with the members of each"},
    {.method = HTTP_GET,
     .pattern = "/organizations/coverage",
     .roles = ROLE_OFFICE | ROLE_LEADER,
     .run = org_coverage_run,
     .show = org_coverage_show,
     .page = "org-coverage",
     .help = "Which towns and which industries have a chamber, and who is outside"},
    {.method = HTTP_GET,
     .pattern = "/organizations/coverage/enterprises",
     .roles = ROLE_OFFICE | ROLE_LEADER,
     .run = org_uncovered_run,
     .show = org_uncovered_show,
     .page = "org-enterprises",
     .help = "The enterprises behind a figure of the coverage"},
    {0},
};

struct value *
org_tabs(struct ctx *c, const char *here)
{
    static const struct record_more FIRST = {"/organizations", "名录", NULL, ROLE_SIGNED_IN};
    struct arena *a = c->arena;
    struct value *tabs = value_list(a);
    for (const struct record_more *m = &FIRST; m->url != NULL; m = m == &FIRST ? MORE : m + 1) {
        struct value *t = value_map(a);
        value_set_text(a, t, "url", m->url);
        value_set_text(a, t, "label", ctx_tr(c, m->label));
        value_set_bool(a, t, "current", strcmp(m->url, here) == 0);
        if (ctx_is(c, m->roles)) {
            value_push(a, tabs, t);
        }
    }
    return tabs;
}

static const struct db_stmt *const STATEMENTS[] = {
    &PARENT,     &ABOVE,      &BELOW,       &NAME,         &OPTIONS,     &HANDLERS,
    &ORG_TREE,   &ORG_SET,    &ORG_LIVING,  &ORG_MEMBERS,  &ORG_NAMES,   &ORG_TOWNS,
    &ORG_TRADES, &ORG_COVERS, &ORG_IN_TOWN, &ORG_IN_TRADE, &ORG_NO_TOWN, NULL};

static const struct record_kind *const KINDS[] = {&ORG_KIND, NULL};
static const struct import_kind *const IMPORTS[] = {&ORG_IMPORT, NULL};

const struct module ORG_MODULE = {.name = "org",
                                  .routes = ROUTES,
                                  .stmts = STATEMENTS,
                                  .nav = NAV,
                                  .kinds = KINDS,
                                  .imports = IMPORTS};
