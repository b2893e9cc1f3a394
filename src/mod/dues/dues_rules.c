// SPDX-License-Identifier: Apache-2.0
// The rules of dues.
#include "mod/dues/dues_rules.h"

#include "base/text.h"
#include "base/timestamp.h"
#include "mod/dues/dues.h"
#include "view/language.h"

#include <stdio.h>
#include <string.h>

// ---- standards -------------------------------------------------------------------------

bool
dues_collects(const char *organization_kind)
{
    return text_list_has("town industry out_of_town joint federation", organization_kind);
}

static const char *
ballot_fault(const struct dues_resolution *r)
{
    return r->present <= 0 || r->approve < 0 ? T("还没有登记到会人数和同意票数")
           : r->approve * 2 < r->present     ? T("同意票不到到会人数的一半")
                                             : NULL;
}

static const char *
quorum_fault(const struct dues_resolution *r)
{
    return r->eligible > 0 && r->present >= 0 && r->present * 3 < r->eligible * 2
               ? T("到会人数不到应到人数的三分之二")
               : NULL;
}

static const char *
held_fault(const struct dues_resolution *r)
{
    return r->meeting == NULL || r->held_on == INT32_MIN
               ? T("还没有登记哪次会员（代表）大会、哪天通过的")
           : r->held_on > r->today ? T("会议还没有召开")
                                   : NULL;
}

bool
dues_checks(const struct dues_resolution *r, struct dues_check out[DUES_CHECKS])
{
    const struct dues_check all[DUES_CHECKS] = {
        {"branch", T("由商会收取，分支机构不得收会费"),
         dues_collects(r->organization_kind) ? NULL : T("这个组织不能收会费")},
        {"resolution", T("会员（代表）大会的决议"), held_fault(r)},
        {"quorum", T("到会不少于应到的三分之二"), quorum_fault(r)},
        {"secret_ballot", T("无记名投票"), r->secret_ballot ? NULL : T("不是无记名投票通过的")},
        {"majority", T("到会人数的半数以上同意"), ballot_fault(r)},
        {"tiers", T("一到四个档次"),
         r->tiers == 0                ? T("还没有登记档次")
         : r->tiers > DUES_TIERS_MOST ? T("档次超过四个")
                                      : NULL},
        {"amounts", T("每档一个固定金额"),
         r->tiers > 0 && r->least_fen <= 0 ? T("有的档次金额不大于零") : NULL},
        {"effective", T("通过以后才执行"),
         r->held_on != INT32_MIN && r->effective_on < r->held_on ? T("执行日期早于通过日期")
                                                                 : NULL},
        {"newest", T("接着现行标准执行"),
         r->newest ? NULL : T("已经有同一天或以后开始执行的标准")},
    };
    bool good = true;
    for (size_t i = 0; i < DUES_CHECKS; i++) {
        out[i] = all[i];
        good = good && all[i].fault == NULL;
    }
    return good;
}

// ---- tiers -----------------------------------------------------------------------------

const char *
dues_tier_of_seat(const char *seat, const char *codes)
{
    static const struct {
        const char *seat, *tiers[5];
    } FITS[] = {
        {"president", {"president", "vice_president", "standing_director", "director"}},
        {"executive_vice_president", {"vice_president", "standing_director", "director"}},
        {"vice_president", {"vice_president", "standing_director", "director"}},
        {"secretary_general", {"standing_director", "director"}},
        {"standing_director", {"standing_director", "director"}},
        {"director", {"director"}},
        {"chief_board_supervisor", {"supervisor", "standing_director", "director"}},
        {"board_supervisor", {"supervisor", "director"}},
    };
    for (size_t i = 0; seat != NULL && i < sizeof FITS / sizeof *FITS; i++) {
        for (size_t k = 0; strcmp(FITS[i].seat, seat) == 0 && FITS[i].tiers[k] != NULL; k++) {
            if (text_list_has(codes, FITS[i].tiers[k])) {
                return FITS[i].tiers[k];
            }
        }
    }
    return text_list_has(codes, "member") ? "member" : NULL;
}

// ---- amounts ---------------------------------------------------------------------------

int64_t
dues_amount(int64_t full_fen, const char *since, int64_t year, const char *half_after,
            bool *half)
{
    char first[16], last[24];
    snprintf(first, sizeof first, "%04d-%s", (int)year,
             half_after == NULL ? "12-31" : half_after);
    snprintf(last, sizeof last, "%04d-12-31", (int)year);
    *half = half_after != NULL && strcmp(since, first) > 0 && strcmp(since, last) <= 0;
    return strcmp(since, last) > 0 ? 0 : *half ? full_fen / 2 : full_fen;
}

bool
dues_is_boundary(const char *text)
{
    char day[16];
    int32_t found;
    if (strcmp(text, "off") == 0) {
        return true;
    }
    if (strlen(text) != 5) {
        return false;
    }
    snprintf(day, sizeof day, "2025-%s", text); // a year without 29 February
    return day_parse(day, &found);
}

int
dues_years_since(int32_t from, int32_t to)
{
    int y1, m1, d1, y2, m2, d2;
    day_to_civil(from, &y1, &m1, &d1);
    day_to_civil(to, &y2, &m2, &d2);
    d1 = m1 == 2 && d1 == 29 ? 28 : d1;
    int years = y2 - y1 - (m2 < m1 || (m2 == m1 && d2 < d1));
    return years > 0 ? years : 0;
}
