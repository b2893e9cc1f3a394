// SPDX-License-Identifier: Apache-2.0
// Terms and posts of the demonstration district: the federation, two chambers whose board is as
// it should be (one of them elects again in five months), one with findings, one whose term
// has ended without an election. Dates count back from today. language: data
#include "cmd/demo.h"

#include "base/text.h"

#include <string.h>

enum { MONTHS_IN_YEAR = 12, PERSONS_MAX = 128, GRADED_BEFORE = 4, FIRST_YEAR = 1962 };

// A post and who holds it: names between spaces.
struct seats {
    const char *post, *names; // NULL ends
    const char *act;          // NULL: elected
    const char *more;         // a member set to true, or NULL
};
struct season {
    const char *place; // NULL ends
    int number, months_ago, years, delegates;
    const char *meeting;
    int graded_before; // months before the election, 0: the usual ones
    const struct seats *seats;
};

#define SEATS(...)                                                                             \
    (const struct seats[])                                                                     \
    {                                                                                          \
        __VA_ARGS__,                                                                           \
        {                                                                                      \
            0                                                                                  \
        }                                                                                      \
    }

// In the order of time: a new term ends the one before.
static const struct season SEASONS[] = {
    {"LJ-GSL", 9, 84, 5, 0, "第九次会员代表大会", 0,
     SEATS({"chair", "钱国梁", NULL, NULL}, {"parttime_vice_chair", "何明远 陈立", NULL, NULL},
           {"executive_member", "顾川 邓荣 赵宏", NULL, NULL})},
    {"LJ-S01", 2, 67, 5, 0, "第二届会员大会第一次会议", 0,
     SEATS({"president", "钱国梁", NULL, "legal_representative"},
           {"vice_president", "陈立 蒋明", NULL, NULL},
           {"director", "周大同 吴建军 郑小平 孙立新", NULL, NULL},
           {"chief_board_supervisor", "许国庆", NULL, NULL})},
    {"LJ-S02", 1, 62, 5, 0, "第一届会员大会第一次会议", 0,
     SEATS({"president", "宋佳", NULL, "legal_representative"},
           {"vice_president", "谢敏", NULL, NULL}, {"director", "叶青", NULL, NULL},
           {"secretary_general", "林涛", "hired", "full_time"})},
    {"LJ-H01", 1, 55, 5, 48, "第一届会员代表大会第一次会议", 0,
     SEATS({"president", "赵宏", NULL, "legal_representative"},
           {"vice_president", "邓荣 马成钢 江海波", NULL, NULL},
           {"chief_board_supervisor", "潘文斌", NULL, NULL},
           {"secretary_general", "高原", "hired", "full_time"},
           {"director",
            "严志刚 华春雷 金永福 魏东升 陶建华 姜维民 戚少云 谢长林 邹德明 喻晓峰 柏立群",
            NULL, NULL},
           {"board_supervisor", "窦秋生 章有才", NULL, NULL})},
    {"LJ-GSL", 10, 24, 5, 0, "第十次会员代表大会", 0,
     SEATS({"chair", "何明远", NULL, NULL},
           {"party_group_secretary", "沈思远", "appointed", "full_time"},
           {"executive_vice_chair", "沈思远", NULL, "full_time"},
           {"fulltime_vice_chair", "施国平 温雅琴", NULL, "full_time"},
           {"parttime_vice_chair", "陈立 顾川 邓荣 曹阳", NULL, NULL},
           {"secretary_general", "梁玉", "appointed", "full_time"},
           {"standing_committee_member", "蒋明 赵宏 宋佳 韩雪 谢敏 马成钢 周大同", NULL, NULL},
           {"executive_member",
            "叶青 彭鼎 田禾 江海波 严志刚 华春雷 吴建军 郑小平 金永福 苗新宇 卜元庆 任思齐",
            NULL, NULL})},
    {"LJ-H02", 2, 20, 4, 0, "第二届会员大会第一次会议", 18,
     SEATS({"president", "曹阳", NULL, "legal_representative"},
           {"vice_president", "韩雪 蒋明", NULL, NULL},
           {"secretary_general", "马骏", "hired", "full_time"},
           {"director", "苗新宇 卜元庆 任思齐", NULL, NULL})},
    {"LJ-S01", 3, 7, 5, 48, "第三届会员代表大会第一次会议", 0,
     SEATS({"president", "陈立", NULL, "legal_representative"},
           {"vice_president", "蒋明 周大同 吴建军", NULL, NULL},
           {"chief_board_supervisor", "许国庆", NULL, NULL},
           {"secretary_general", "吴芳", "hired", "full_time"},
           {"director",
            "郑小平 孙立新 水志强 范立德 彭寿山 鲁家兴 韦明辉 昌盛林 苗青山 凤春梅 方树仁",
            NULL, NULL},
           {"board_supervisor", "俞德海 任小川", NULL, NULL})},
    {0},
};

static const char STAFF_NAMES[] = "沈思远 施国平 温雅琴 梁玉 林涛 高原 马骏 吴芳";

struct leading {
    const struct act *act;
    const struct demo_known *known;
    int32_t today;
    struct {
        const char *name;
        int64_t id;
    } persons[PERSONS_MAX];
    size_t count;
};

static bool
send(struct leading *x, const char *path, const struct value *in, int64_t *id)
{
    const struct value *out;
    const char *why;
    enum err e = act_post(x->act, path, in, &out, &why);
    if (e != ERR_OK) {
        cmd_fail("demo: %s: %s", path, why);
    } else if (id != NULL) {
        *id = value_get_int(out, "id", 0);
    }
    return e == ERR_OK;
}

static const char *
months_ago(struct leading *x, int months)
{
    return day_text(x->act->arena, day_add_months(x->today, -months));
}

static int64_t
known_id(const struct leading *x, const char *name)
{
    for (size_t i = 0; i < x->count; i++) {
        if (strcmp(x->persons[i].name, name) == 0) {
            return x->persons[i].id;
        }
    }
    return x->known->person(x->known->of, name);
}

// Registered when the name first comes up. 0 after a failure.
static int64_t
person_id(struct leading *x, const char *name)
{
    struct arena *a = x->act->arena;
    int64_t id = known_id(x, name);
    if (id != 0 || x->count == PERSONS_MAX) {
        return id;
    }
    struct value *in = value_map(a);
    int n = (int)x->count;
    value_set_text(a, in, "name", name);
    value_set_text(a, in, "kind", text_list_has(STAFF_NAMES, name) ? "staff" : "entrepreneur");
    value_set_text(
        a, in, "birth",
        arena_printf(a, "%d-%02d", FIRST_YEAR + n * 7 % 27, 1 + n * 5 % MONTHS_IN_YEAR));
    if (send(x, "/people", in, &id)) {
        x->persons[x->count].name = name;
        x->persons[x->count++].id = id;
    }
    return id;
}

static bool
add_post(struct leading *x, const struct season *s, const struct seats *seats, const char *name)
{
    struct arena *a = x->act->arena;
    struct value *in = value_map(a);
    int64_t id = person_id(x, name);
    int graded = s->months_ago + (s->graded_before > 0 ? s->graded_before : GRADED_BEFORE);
    value_set_int(a, in, "organization_id", x->known->place(x->known->of, s->place));
    value_set_int(a, in, "person_id", id);
    value_set_text(a, in, "post", seats->post);
    value_set_text(a, in, "act", seats->act == NULL ? "elected" : seats->act);
    value_set_text(a, in, "document_no", seats->act == NULL ? s->meeting : NULL);
    value_set_text(a, in, "since", months_ago(x, s->months_ago));
    value_set_text(a, in, "grade", strstr(seats->post, "president") != NULL ? "A" : "B");
    value_set_text(a, in, "graded_on", months_ago(x, graded));
    if (seats->more != NULL) {
        value_set_bool(a, in, seats->more, true);
    }
    return id != 0 && send(x, "/posts", in, NULL);
}

static bool
add_seats(struct leading *x, const struct season *s, const struct seats *seats)
{
    bool ok = true;
    for (const char *p = seats->names; ok && *p != '\0'; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        ok = add_post(x, s, seats, arena_strndup(x->act->arena, p, n));
        p += n;
    }
    return ok;
}

static bool
add_season(struct leading *x, const struct season *s)
{
    struct arena *a = x->act->arena;
    struct value *in = value_map(a);
    int32_t ends = day_add_months(x->today, s->years * MONTHS_IN_YEAR - s->months_ago);
    value_set_int(a, in, "organization_id", x->known->place(x->known->of, s->place));
    value_set_int(a, in, "number", s->number);
    value_set_text(a, in, "starts_on", months_ago(x, s->months_ago));
    value_set_text(a, in, "ends_on", day_text(a, ends - 1));
    value_set_text(a, in, "act", s->meeting);
    if (s->delegates > 0) {
        value_set_int(a, in, "delegates", s->delegates);
    }
    bool ok = send(x, "/terms", in, NULL);
    for (const struct seats *seats = s->seats; ok && seats->post != NULL; seats++) {
        ok = add_seats(x, s, seats);
    }
    return ok;
}

bool
demo_posts(const struct act *act, const struct demo_known *known)
{
    struct leading x = {.act = act, .known = known, .today = time_to_day(act->now)};
    bool ok = true;
    for (const struct season *s = SEASONS; ok && s->place != NULL; s++) {
        ok = add_season(&x, s);
    }
    return ok;
}
