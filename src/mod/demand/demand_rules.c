// SPDX-License-Identifier: Apache-2.0
// The numbers of the service profile as the district sets them: read by every clock, changed
// on one page, kept version by version, since a clock goes on under the numbers it started
// with.
#include "mod/demand/demand_rules.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "kit/app.h"
#include "kit/audit.h"
#include "mod/demand/demand_impl.h"
#include "mod/demand/demand_view.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

enum { VERSIONS_MOST = 1000 };

const struct db_stmt DEMAND_RULES_ALL = {
    .name = "demand.rules",
    .sql = "SELECT id, valid_from, actor, data FROM demand_rules ORDER BY valid_from LIMIT $1",
    .params = "most:int",
    .row = "id:int valid_from:time actor:text? data:json"};

const struct db_stmt DEMAND_RULES_ADD = {
    .name = "demand.rules_add",
    .sql = "INSERT INTO demand_rules (valid_from, account_id, actor, data)"
           " VALUES ($1, $2, $3, $4) RETURNING id",
    .params = "from:time account:int? actor:text? data:text",
    .row = "id:int"};

// ---- the numbers as fields -------------------------------------------------------------

static bool
read_minute(const char *text, int *minute)
{
    int64_t hour = 0;
    int64_t rest = 0;
    char part[3] = {0};
    if (text == NULL || strlen(text) != 5 || text[2] != ':') {
        return false;
    }
    memcpy(part, text, 2);
    if (!text_to_int(part, &hour) || !text_to_int(text + 3, &rest) || hour < 0 || hour > 23 ||
        rest < 0 || rest > 59) {
        return false;
    }
    *minute = (int)(hour * 60 + rest);
    return true;
}

static const char *
check_minute(struct arena *a, const char *text)
{
    (void)a;
    int minute;
    return read_minute(text, &minute) ? NULL : T("请按 09:00 这样填写时刻");
}

#define NUMBER(word, text, note, least, most)                                                  \
    {                                                                                          \
        .name = word, .type = FIELD_INT, .label = text, .hint = note, .required = true,        \
        .min = least, .max = most, .where = IN_FORM                                            \
    }
#define MOMENT(word, text, note)                                                               \
    {                                                                                          \
        .name = word, .type = FIELD_TEXT, .label = text, .hint = note, .required = true,       \
        .check = check_minute, .where = IN_FORM                                                \
    }

const struct field DEMAND_RULES_FIELDS[] = {
    NUMBER("accept", "受理", "提交后几个工作日内受理，默认 1。", 1, 60),
    NUMBER("dispatch", "交办", "受理后几个工作日内交办，默认 1。", 1, 60),
    NUMBER("sign", "签收", "交办后几个工作日内签收，默认 1。", 1, 60),
    NUMBER("objection", "退单", "交办后几个工作日内可以退单，默认 1。", 1, 60),
    NUMBER("contact", "联系企业", "签收后几个工作日内联系企业，默认 2。", 1, 60),
    NUMBER("answer_l1", "一级 咨询查询", "默认 3 个工作日。", 1, 250),
    NUMBER("answer_l2", "二级 一般事项", "默认 5 个工作日。", 1, 250),
    NUMBER("answer_l3", "三级 跨部门事项", "默认 10 个工作日。", 1, 250),
    NUMBER("answer_l4", "四级 疑难事项", "默认 15 个工作日。", 1, 250),
    NUMBER("assist", "协办单位", "协办单位几个工作日内答复主办单位，默认 3。", 1, 250),
    NUMBER("extension_percent", "延期最多",
           "最多延长原办理时限的百分之几，默认 100；一件只能延期一次。", 0, 300),
    NUMBER("confirm", "企业评价", "答复后几个工作日内评价，过期按“未评价”办结，默认 5。", 1,
           250),
    NUMBER("max_reopenings", "重新办理", "不满意最多退回重办几次，默认 2。", 0, 9),
    NUMBER("callback", "回访", "应回访的，答复后几个工作日内回访，默认 3。", 1, 60),
    NUMBER("callback_level", "必须回访的级别",
           "从几级起每件都回访，默认 3；填 5 就都不按级别。不满意的都要回访。", 1, 5),
    NUMBER("callback_percent", "抽查回访", "其余的抽查百分之几，默认 20。", 0, 100),
    NUMBER("review_months", "挂账复查", "挂账的诉求几个月复查一次，默认 6。", 1, 24),
    NUMBER("yellow_days", "黄灯", "剩余几个工作日时亮黄灯，默认 1。", 0, 60),
    NUMBER("red_day", "红牌", "超期第几个工作日亮红牌，默认 4；第 1 个工作日亮黄牌。", 1, 60),
    MOMENT("office_open", "上班", "默认 09:00。"),
    MOMENT("office_close", "下班", "默认 17:30；之后提交的从下一个工作日起算。"),
    {0},
};

#define AT(member) offsetof(struct clock_profile, member)
static const struct {
    const char *name;
    size_t at;
} NUMBERS[] = {
    {"accept", AT(accept)},
    {"dispatch", AT(dispatch)},
    {"sign", AT(sign)},
    {"objection", AT(objection)},
    {"contact", AT(contact)},
    {"answer_l1", AT(answer[1])},
    {"answer_l2", AT(answer[2])},
    {"answer_l3", AT(answer[3])},
    {"answer_l4", AT(answer[4])},
    {"assist", AT(assist)},
    {"extension_percent", AT(extension_percent)},
    {"confirm", AT(confirm)},
    {"max_reopenings", AT(max_reopenings)},
    {"callback", AT(callback)},
    {"callback_level", AT(callback_level)},
    {"callback_percent", AT(callback_percent)},
    {"review_months", AT(review_months)},
    {"yellow_days", AT(yellow_days)},
    {"red_day", AT(red_day)},
};
enum { NUMBER_COUNT = sizeof NUMBERS / sizeof *NUMBERS };

static int *
number_of(struct clock_profile *p, size_t i)
{
    return (int *)(void *)((char *)p + NUMBERS[i].at);
}

// What a version does not name stays as the program has it.
static struct clock_profile
profile_of(const struct value *data, int64_t from)
{
    struct clock_profile p = CLOCK_PROFILE_DEFAULT;
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        int *n = number_of(&p, i);
        *n = (int)value_get_int(data, NUMBERS[i].name, *n);
    }
    read_minute(value_get_text(data, "office_open"), &p.hours.open);
    read_minute(value_get_text(data, "office_close"), &p.hours.close);
    p.from = from;
    return p;
}

static struct value *
data_of(struct arena *a, const struct clock_profile *profile)
{
    struct clock_profile p = *profile;
    struct value *v = value_map(a);
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        value_set_int(a, v, NUMBERS[i].name, *number_of(&p, i));
    }
    value_set_text(a, v, "office_open",
                   arena_printf(a, "%02d:%02d", p.hours.open / 60, p.hours.open % 60));
    value_set_text(a, v, "office_close",
                   arena_printf(a, "%02d:%02d", p.hours.close / 60, p.hours.close % 60));
    return v;
}

// ---- reading ---------------------------------------------------------------------------

// Every list and every clock asks, and the answer changes once a year: pages keep it until the
// database changes, and a second at most, since a page's snapshot may be older than the count
// of commits says. What writes always reads.
enum { KEPT_MOST = 16 };
static struct {
    pthread_mutex_t lock;
    const struct db *db;
    uint64_t generation;
    int64_t at;
    struct clock_profile versions[KEPT_MOST];
    size_t n;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool
copy_kept(const struct ctx *c, uint64_t generation, struct clock_profile out[KEPT_MOST],
          size_t *n)
{
    pthread_mutex_lock(&kept.lock);
    bool fresh = kept.db == c->app->db && kept.generation == generation && c->now >= kept.at &&
                 c->now - kept.at < TIME_SECOND;
    *n = fresh ? kept.n : 0;
    memcpy(out, kept.versions, *n * sizeof *out);
    pthread_mutex_unlock(&kept.lock);
    return fresh;
}

static void
keep(const struct ctx *c, uint64_t generation, const struct clock_profile *versions, size_t n)
{
    if (n > KEPT_MOST) {
        return;
    }
    pthread_mutex_lock(&kept.lock);
    kept.db = c->app->db;
    kept.generation = generation;
    kept.at = c->now;
    kept.n = n;
    memcpy(kept.versions, versions, n * sizeof *versions);
    pthread_mutex_unlock(&kept.lock);
}

// The program's own profile and after it those of the district, each leading to the next.
static const struct clock_profile *
linked(struct ctx *c, const struct clock_profile *versions, size_t n)
{
    if (n == 0) {
        return &CLOCK_PROFILE_DEFAULT;
    }
    struct clock_profile *chain = ARENA_ARRAY(c->arena, struct clock_profile, n + 1);
    chain[0] = CLOCK_PROFILE_DEFAULT;
    memcpy(chain + 1, versions, n * sizeof *versions);
    for (size_t i = 0; i < n; i++) {
        chain[i].next = &chain[i + 1];
    }
    return chain;
}

const struct clock_profile *
demand_rules(struct ctx *c)
{
    struct clock_profile copy[KEPT_MOST];
    size_t n = 0;
    bool page = c->route != NULL && c->route->method == HTTP_GET;
    uint64_t generation = db_tx_generation(c->tx);
    if (page && copy_kept(c, generation, copy, &n)) {
        return linked(c, copy, n);
    }
    const struct value *rows =
        db_list(c->tx, c->arena, &DEMAND_RULES_ALL, DB_ARGS(DB_INT(VERSIONS_MOST)));
    n = value_count(rows);
    struct clock_profile *versions = ARENA_ARRAY(c->arena, struct clock_profile, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct value *row = value_at(rows, i);
        versions[i] = profile_of(value_get(row, "data"), value_get_int(row, "valid_from", 0));
    }
    if (page) {
        keep(c, generation, versions, n);
    }
    return linked(c, versions, n);
}

const struct clock_profile *
demand_rules_at(struct ctx *c, int64_t at)
{
    return clock_profile_at(demand_rules(c), at);
}

const struct clock_profile *
demand_rules_now(struct ctx *c)
{
    return demand_rules_at(c, c->now);
}

int32_t
demand_rules_review_by(struct ctx *c)
{
    struct civil t = time_civil(c->now);
    int month = t.year * 12 + t.month - 1 + demand_rules_now(c)->review_months;
    int32_t first = day_from_civil(month / 12, month % 12 + 1, 1);
    int32_t next = day_from_civil((month + 1) / 12, (month + 1) % 12 + 1, 1);
    // Half a year after 31 August is the end of February.
    return first + t.day > next ? next - 1 : first + t.day - 1;
}

const struct clock_profile *
demand_rules_of(struct ctx *c, int64_t id)
{
    const struct clock_profile *from = demand_rules(c);
    size_t n = 0;
    for (const struct clock_profile *p = from; p != NULL; p = p->next) {
        n++;
    }
    struct clock_profile *chain = ARENA_ARRAY(c->arena, struct clock_profile, n);
    for (size_t i = 0; i < n; i++, from = from->next) {
        chain[i] = *from;
        chain[i].callback_owed = clock_callback_sampled(from, id);
        chain[i].next = i + 1 < n ? &chain[i + 1] : NULL;
    }
    return chain;
}

// ---- the page --------------------------------------------------------------------------

// {"id","settings":{…},"default":{…},"items":[{id valid_from actor settings}]}, newest first.
enum err
demand_rules_run(struct ctx *c)
{
    struct arena *a = c->arena;
    const struct value *rows =
        db_list(c->tx, a, &DEMAND_RULES_ALL, DB_ARGS(DB_INT(VERSIONS_MOST)));
    struct clock_profile now = CLOCK_PROFILE_DEFAULT;
    struct value *items = value_list(a);
    struct value *out = value_map(a);
    for (size_t i = value_count(rows); i-- > 0;) {
        const struct value *row = value_at(rows, i);
        struct clock_profile p =
            profile_of(value_get(row, "data"), value_get_int(row, "valid_from", 0));
        struct value *m = value_map(a);
        value_set(a, m, "id", value_get(row, "id"));
        value_set(a, m, "valid_from", value_get(row, "valid_from"));
        value_set(a, m, "actor", value_get(row, "actor"));
        value_set(a, m, "settings", data_of(a, &p));
        value_push(a, items, m);
        now = value_count(items) == 1 ? p : now;
    }
    value_set_int(a, out, "version", value_get_int(value_at(items, 0), "id", 0));
    value_set(a, out, "settings", data_of(a, &now));
    value_set(a, out, "default", data_of(a, &CLOCK_PROFILE_DEFAULT));
    value_set(a, out, "items", items);
    c->out = out;
    return ERR_OK;
}

// {name: [old, new]} of what differs, for the audit log and the list of changes.
static struct value *
changes(struct arena *a, const struct value *before, const struct value *after)
{
    struct value *out = value_map(a);
    for (const struct field *f = DEMAND_RULES_FIELDS; f->name != NULL; f++) {
        const struct value *x = value_get(before, f->name);
        const struct value *y = value_get(after, f->name);
        if (!value_equal(x, y)) {
            struct value *pair = value_list(a);
            value_push(a, pair, x);
            value_push(a, pair, y);
            value_set(a, out, f->name, pair);
        }
    }
    return out;
}

static enum err
check_hours(struct ctx *c)
{
    int open = 0;
    int close = 0;
    read_minute(value_get_text(c->in, "office_open"), &open);
    read_minute(value_get_text(c->in, "office_close"), &close);
    return close - open >= 60
               ? ERR_OK
               : ctx_fault(c, "office_close", "range", "下班要比上班至少晚 1 小时。");
}

enum err
demand_rules_save(struct ctx *c)
{
    demand_rules_run(c);
    const struct value *before = value_get(c->out, "settings");
    if (!lifecycle_version_fits(c, value_get_int(c->out, "version", 0))) {
        return ctx_refuse(c, ERR_STALE, "别人刚刚更新了这条记录，请刷新后再办。");
    }
    if (check_hours(c) != ERR_OK) {
        return ERR_INVALID;
    }
    struct clock_profile p = profile_of(c->in, c->now);
    const struct value *after = data_of(c->arena, &p);
    const struct value *what = changes(c->arena, before, after);
    c->location = c->api ? NULL : "/sla-rules";
    if (what->map.count == 0) {
        c->flash = ctx_tr(c, T("没有改动。"));
        return ERR_OK;
    }
    struct buf b;
    buf_init(&b, c->arena, 512, 4096);
    json_write(&b, after);
    const struct actor *me = c->actor;
    int64_t id =
        db_insert(c->tx, &DEMAND_RULES_ADD,
                  DB_ARGS(DB_INT(c->now), DB_REF(me->id > 0 ? me->id : 0),
                          DB_TEXT(me->id > 0 ? me->name : NULL), DB_TEXT(buf_str(&b))));
    audit_write(c, "demand_rules.change", "demand_rules", id, what);
    c->flash = ctx_tr(c, T("办理规则已保存，从现在起用于新开始的环节。"));
    return demand_rules_run(c);
}

static const char *
change_text(struct ctx *c, const struct value *what)
{
    struct buf b;
    buf_init(&b, c->arena, 128, 8192);
    for (const struct field *f = DEMAND_RULES_FIELDS; f->name != NULL; f++) {
        const struct value *pair = value_get(what, f->name);
        if (pair != NULL) {
            buf_printf(&b, "%s%s %s → %s", b.n == 0 ? "" : "；", tr(c->lang, f->label),
                       field_text(c, f, value_at(pair, 0)),
                       field_text(c, f, value_at(pair, 1)));
        }
    }
    return buf_str(&b);
}

static const struct value *
history_shown(struct ctx *c)
{
    const struct value *items = value_get(c->out, "items");
    struct value *list = value_list(c->arena);
    size_t n = value_count(items);
    for (size_t i = 0; i < n; i++) {
        const struct value *v = value_at(items, i);
        const struct value *before = value_get(i + 1 < n ? value_at(items, i + 1) : c->out,
                                               i + 1 < n ? "settings" : "default");
        const char *who = value_get_text(v, "actor");
        struct value *m = value_map(c->arena);
        value_set_text(c->arena, m, "at",
                       time_minute_text(c->arena, value_get_int(v, "valid_from", 0)));
        value_set_text(c->arena, m, "who", who == NULL ? tr(c->lang, T("系统")) : who);
        value_set_text(c->arena, m, "what",
                       change_text(c, changes(c->arena, before, value_get(v, "settings"))));
        value_push(c->arena, list, m);
    }
    return list;
}

static void
push_group(struct ctx *c, struct value *groups, const struct value *fields, const char *title,
           const char *names)
{
    struct value *list = value_list(c->arena);
    struct value *m = value_map(c->arena);
    for (size_t i = 0; i < value_count(fields); i++) {
        const struct value *f = value_at(fields, i);
        if (text_list_has(names, value_get_text(f, "name"))) {
            value_push(c->arena, list, f);
        }
    }
    value_set_text(c->arena, m, "title", tr(c->lang, title));
    value_set(c->arena, m, "fields", list);
    value_push(c->arena, groups, m);
}

enum err
demand_rules_show(struct ctx *c)
{
    struct arena *a = c->arena;
    struct value *groups = value_list(a);
    const struct value *fields =
        field_form(c, DEMAND_RULES_FIELDS, value_get(c->out, "settings"));
    push_group(c, groups, fields, T("各环节（工作日）"),
               "accept dispatch sign objection contact assist");
    push_group(c, groups, fields, T("答复企业（工作日）"),
               "answer_l1 answer_l2 answer_l3 answer_l4 extension_percent");
    push_group(c, groups, fields, T("评价、回访与挂账"),
               "confirm max_reopenings callback callback_level callback_percent review_months");
    push_group(c, groups, fields, T("亮灯亮牌"), "yellow_days red_day");
    push_group(c, groups, fields, T("上班时间"), "office_open office_close");
    demand_view_errors(c, DEMAND_RULES_FIELDS);
    value_set_text(a, c->page, "title", tr(c->lang, T("办理规则")));
    value_set(a, c->page, "groups", groups);
    value_set(a, c->page, "changes", history_shown(c));
    value_set_bool(a, c->page, "has_changes", value_count(value_get(c->out, "items")) > 0);
    value_set_text(a, c->page, "token", demand_view_token(c));
    value_set(a, c->page, "record_version", value_get(c->out, "version"));
    return ERR_OK;
}
