// SPDX-License-Identifier: Apache-2.0
// The rules about posts as JSON in and JSON out: `huiqiao rule post-check` and `board-check`.
#include "mod/post/post.h"

#include "base/timestamp.h"
#include "kit/rule.h"
#include "mod/post/post_rules.h"

#include <string.h>

enum { TERMS_MOST = 100, PERSONS_MOST = 1000000 };

static struct value *
answer(struct arena *a, const char *list_name, const struct post_reason *reasons, size_t n)
{
    struct value *out = value_map(a), *list = value_list(a);
    for (size_t i = 0; i < n; i++) {
        const struct post_reason *r = &reasons[i];
        struct value *m = value_map(a);
        value_set_text(a, m, "rule", r->rule);
        if (r->field != NULL) {
            value_set_text(a, m, "field", r->field);
        }
        value_set_text(a, m, "message",
                       trf(a, LANG_ZH, r->text, 3, r->args[0] == NULL ? "" : r->args[0],
                           r->args[1] == NULL ? "" : r->args[1],
                           r->args[2] == NULL ? "" : r->args[2]));
        value_set_text(a, m, "source", r->source);
        value_push(a, list, m);
    }
    value_set_bool(a, out, "ok", n == 0);
    value_set(a, out, list_name, list);
    return out;
}

// A text that is absent or one of the words; a fault otherwise.
static const char *
text_member(struct arena *a, const struct value *in, const char *key, struct faults *f)
{
    const struct value *v = value_get(in, key);
    if (v == NULL || v->type == VALUE_NULL) {
        return NULL;
    }
    if (v->type != VALUE_TEXT) {
        rule_fault(a, f, "type", "要是文字", "%s", key);
        return NULL;
    }
    return v->s;
}

static void
read_birth(struct arena *a, const struct value *in, struct faults *f, struct post_nomination *n)
{
    int32_t day;
    n->birth = text_member(a, in, "birth", f);
    if (n->birth != NULL && !day_parse(n->birth, &day) &&
        (strlen(n->birth) != strlen("1975-03") ||
         !day_parse(arena_printf(a, "%s-01", n->birth), &day))) {
        rule_fault(a, f, "date", "出生日期写成 1975-03 或 1975-03-21", "birth");
        n->birth = NULL;
    }
}

static void
read_grade(struct arena *a, const struct value *in, struct faults *f, struct post_nomination *n)
{
    n->grade = text_member(a, in, "grade", f);
    rule_day(a, in, "graded_on", f, &n->graded_on);
    if (n->grade != NULL && (strlen(n->grade) != 1 || strchr("ABC", *n->grade) == NULL)) {
        rule_fault(a, f, "choice", "综合评价是 A、B 或 C", "grade");
    }
}

static void
read_also(struct arena *a, const struct value *in, struct faults *f, struct post_nomination *n)
{
    const struct value *also = value_get(in, "also");
    for (size_t i = 0; i < value_count(also); i++) {
        const struct value *v = value_at(also, i);
        const struct post_rung *r = v->type == VALUE_TEXT ? post_rung(v->s) : NULL;
        if (r == NULL) {
            rule_fault(a, f, "choice", "没有这个职务", "also[%zu]", i);
            continue;
        }
        n->also |= r->is;
        n->also_text =
            n->also_text == NULL ? r->label : arena_printf(a, "%s、%s", n->also_text, r->label);
    }
}

static void
read_limits(struct arena *a, const struct value *in, struct faults *f, struct post_limits *l)
{
    const struct value *s = value_get(in, "settings");
    const struct value *needed = value_get(s, "evaluation_needed");
    rule_int(a, s, "officer_terms", 1, TERMS_MOST, f, &l->officer_terms);
    rule_int(a, s, "officer_age", 1, TERMS_MOST, f, &l->officer_age);
    rule_int(a, s, "grade_years", 1, TERMS_MOST, f, &l->grade_years);
    l->evaluation_needed = needed == NULL ? l->evaluation_needed : value_is_truthy(needed);
}

const struct value *
post_check_rule(struct arena *a, const struct value *in, struct faults *f)
{
    struct post_reason reasons[POST_REASONS_MOST];
    struct post_limits limits = POST_LIMITS;
    struct post_nomination n = {0};
    const char *kind = text_member(a, in, "organization_kind", f);
    const char *post = text_member(a, in, "post", f), *act = text_member(a, in, "act", f);
    n.body = post_body_of(kind);
    n.rung = post_rung(post);
    n.hired = act != NULL && strcmp(act, "hired") == 0;
    n.full_time = value_get_bool(in, "full_time");
    n.legal_representative = value_get_bool(in, "legal_representative");
    n.elsewhere = text_member(a, in, "representative_of", f);
    if (n.body == 0) {
        rule_fault(a, f, "choice", "这类组织没有职务", "organization_kind");
    }
    if (n.rung == NULL || (n.body != 0 && (n.rung->bodies & n.body) == 0)) {
        rule_fault(a, f, "choice", "这类组织没有这个职务", "post");
    }
    if (rule_day(a, in, "on", f, &n.on) == RULE_ABSENT) {
        rule_fault(a, f, "required", "要给出提名的日期", "on");
    }
    rule_day(a, in, "term_ends", f, &n.term_ends);
    rule_int(a, in, "terms_before", 0, TERMS_MOST, f, &n.terms_before);
    read_birth(a, in, f, &n);
    read_grade(a, in, f, &n);
    read_also(a, in, f, &n);
    read_limits(a, in, f, &limits);
    return f->count > 0 ? NULL
                        : answer(a, "reasons", reasons, post_check(a, &limits, &n, reasons));
}

const struct value *
board_check_rule(struct arena *a, const struct value *in, struct faults *f)
{
    struct post_reason findings[POST_REASONS_MOST];
    struct post_board b = {.members = -1, .delegates = -1, .presidents = 1};
    const struct {
        const char *key;
        int64_t *n;
        bool needed;
    } COUNTS[] = {
        {"members", &b.members, false},       {"delegates", &b.delegates, false},
        {"directors", &b.directors, true},    {"standing", &b.standing, false},
        {"officers", &b.officers, true},      {"supervisors", &b.supervisors, true},
        {"presidents", &b.presidents, false},
    };
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        if (rule_int(a, in, COUNTS[i].key, 0, PERSONS_MOST, f, COUNTS[i].n) == RULE_ABSENT &&
            COUNTS[i].needed) {
            rule_fault(a, f, "required", "要给出人数", "%s", COUNTS[i].key);
        }
    }
    return f->count > 0 ? NULL
                        : answer(a, "findings", findings, post_board_check(a, &b, findings));
}
