// SPDX-License-Identifier: Apache-2.0
// What answers look like. Kinds of records tell it themselves by their fields; the others are
// tables here, held to the truth by tests/http/api/openapi.mjs, which compares every answer.
#include "mod/system/schemas.h"

#include "base/buf.h"
#include "base/text.h"
#include "kit/code.h"
#include "mod/demand/demand.h"
#include "mod/org/org.h"
#include "mod/post/post.h"

#include <ctype.h>
#include <string.h>

// `type`: int, number, text, time, date, flag, object, or the name of a schema; "[]" behind it
// is a list, "?" may be null, "*" may be missing.
struct member {
    const char *name; // NULL ends a table
    const char *type;
    const struct choice *choices; // of a text
};

static const struct member PROBLEM[] = {
    {"type", "text", NULL},   {"title", "text", NULL},       {"status", "int", NULL},
    {"detail", "text", NULL}, {"errors", "Fault[]*", NULL},  {"allowed", "text[]*", NULL},
    {"state", "text*", NULL}, {"merged_into", "int*", NULL}, {0},
};
static const struct member FAULT[] = {
    {"field", "text?", NULL}, {"code", "text", NULL}, {"message", "text", NULL}, {0}};

static const struct member DEMAND[] = {
    {"id", "int", NULL},
    {"receipt_no", "text?", NULL},
    {"title", "text", NULL},
    {"state", "text", DEMAND_STATES},
    {"category", "text?", DEMAND_CATEGORIES},
    {"source", "text", NULL},
    {"level", "text?", DEMAND_LEVELS},
    {"enterprise_id", "int?", NULL},
    {"enterprise", "text?", NULL},
    {"chamber_id", "int?", NULL},
    {"chamber", "text?", NULL},
    {"lead_unit_id", "int?", NULL},
    {"lead_unit", "text?", NULL},
    {"visibility", "text", DEMAND_VISIBILITIES},
    {"body", "text*", NULL},
    {"hope", "text?*", NULL},
    {"contact_name", "text?*", NULL},
    {"contact_mobile", "text?*", NULL},
    {"created_by", "int?*", NULL},
    {"created_at", "time", NULL},
    {"updated_at", "time", NULL},
    {"submitted_at", "time?", NULL},
    {"accepted_at", "time?*", NULL},
    {"answered_at", "time?*", NULL},
    {"closed_at", "time?*", NULL},
    {"due_at", "time?", NULL},
    {"supervised_at", "time?", NULL},
    {"extension", "text", DEMAND_EXTENSIONS},
    {"extension_days", "int?*", NULL},
    {"outcome", "text?", DEMAND_OUTCOMES},
    {"satisfaction", "int?", NULL},
    {"comment", "text?*", NULL},
    {"reopenings", "int", NULL},
    {"closed_by", "text?*", NULL},
    {"merged_into", "int?*", NULL},
    {"review_on", "date?*", NULL},
    {"open", "flag", NULL},
    {"version", "int", NULL},
    {"yellow_at", "time?", NULL},
    {"red_at", "time?", NULL},
    {"callback_due_at", "time?", NULL},
    {"light", "text?", NULL},
    {"legs", "DemandLeg[]*", NULL},
    {"cards", "DemandCard[]*", NULL},
    {"clock", "DemandClock*", NULL},
    {"attachments", "Attachment[]*", NULL},
    {0},
};
static const struct member DEMAND_LEG[] = {
    {"unit_id", "int", NULL},  {"unit", "text?", NULL},
    {"role", "text", NULL},    {"state", "text", NULL},
    {"due_at", "time?", NULL}, {"light", "text", NULL},
    {"open", "flag", NULL},    {0},
};
static const struct member DEMAND_CARD[] = {
    {"unit_id", "int?", NULL},
    {"unit", "text?", NULL},
    {"kind", "text", NULL},
    {"why", "text", NULL},
    {"what", "text", NULL},
    {"at", "time", NULL},
    {0},
};
static const struct member DEMAND_CLOCK[] = {
    {"due", "DemandDue[]", NULL},
    {"spent_minutes", "int", NULL},
    {"silence_minutes", "int", NULL},
    {0},
};
static const struct member DEMAND_DUE[] = {
    {"what", "text", NULL},  {"unit_id", "int?", NULL},
    {"unit", "text?", NULL}, {"start", "time", NULL},
    {"at", "time", NULL},    {"met", "flag?", NULL},
    {"open", "flag", NULL},  {0},
};

static const struct member ATTACHMENT[] = {
    {"id", "int", NULL},   {"name", "text", NULL}, {"type", "text*", NULL},
    {"size", "int", NULL}, {"at", "time*", NULL},  {0},
};
static const struct member EVENT[] = {
    {"id", "int", NULL},      {"at", "time", NULL},        {"type", "text", NULL},
    {"actor", "text?", NULL}, {"unit_id", "int?*", NULL},  {"unit", "text?", NULL},
    {"data", "object", NULL}, {"internal", "flag*", NULL}, {0},
};
static const struct member NOTICE[] = {
    {"id", "int", NULL},
    {"at", "time", NULL},
    {"link", "text?", NULL},
    {"text", "text", NULL},
    {"read_at", "time?", NULL},
    {"unread", "flag", NULL},
    {0},
};
static const struct member ME[] = {
    {"id", "int", NULL},
    {"name", "text", NULL},
    {"roles", "text[]", NULL},
    {"organization_id", "int?", NULL},
    {"enterprise_id", "int?", NULL},
    {"language", "text?", NULL},
    {0},
};
static const struct member ACCOUNT[] = {
    {"id", "int", NULL},         {"login", "text", NULL},
    {"name", "text", NULL},      {"state", "text", NULL},
    {"activated", "flag", NULL}, {"created_at", "time", NULL},
    {"posts", "Post[]", NULL},   {0},
};
static const struct member POST[] = {
    {"role", "text", NULL},
    {"organization_id", "int?", NULL},
    {"organization", "text?", NULL},
    {"enterprise_id", "int?", NULL},
    {"enterprise", "text?", NULL},
    {"chamber_id", "int?", NULL},
    {0},
};
static const struct member AUDIT[] = {
    {"id", "int", NULL},          {"at", "time", NULL},
    {"account_id", "int?", NULL}, {"who", "text", NULL},
    {"ip", "text", NULL},         {"action", "text", NULL},
    {"kind", "text?", NULL},      {"record_id", "int?", NULL},
    {"data", "object?", NULL},    {0},
};
static const struct member FOUND[] = {
    {"q", "text", NULL}, {"groups", "FoundGroup[]", NULL}, {0}};
static const struct member FOUND_GROUP[] = {
    {"kind", "text", NULL},         {"label", "text", NULL},
    {"items", "FoundItem[]", NULL}, {"count", "text?", NULL},
    {"more", "flag", NULL},         {"url", "text?", NULL},
    {"near", "flag", NULL},         {0},
};
static const struct member FOUND_ITEM[] = {{"id", "int", NULL},
                                           {"title", "text", NULL},
                                           {"sub", "text?", NULL},
                                           {"url", "text", NULL},
                                           {0}};

static const struct member STATISTICS[] = {
    {"from", "date", NULL},
    {"timed", "int", NULL},
    {"accepted", "int", NULL},
    {"closed", "int", NULL},
    {"open", "int", NULL},
    {"overdue", "int", NULL},
    {"supervised", "int", NULL},
    {"on_time_percent", "number?", NULL},
    {"resolved_percent", "number?", NULL},
    {"median_days", "object", NULL},
    {"satisfaction", "object", NULL},
    {"by_category", "object[]", NULL},
    {"by_department", "object[]", NULL},
    {"months", "object[]", NULL},
    {"as_of", "time", NULL},
    {0},
};

static const struct member SLA_RULES[] = {
    {"version", "int", NULL},
    {"settings", "object", NULL},
    {"default", "object", NULL},
    {"items", "object[]", NULL},
    {0},
};

static const struct member IMPORT[] = {
    {"id", "int", NULL},
    {"kind", "text", NULL},
    {"file_name", "text", NULL},
    {"account", "text", NULL},
    {"state", "text", NULL},
    {"reason", "text?*", NULL},
    {"rows", "int", NULL},
    {"blocks", "int*", NULL},
    {"position", "int*", NULL},
    {"counts", "object*", NULL},
    {"columns", "object[]*", NULL},
    {"created_at", "time", NULL},
    {"finished_at", "time?*", NULL},
    {"n_new", "int*", NULL},
    {"n_changed", "int*", NULL},
    {"n_same", "int*", NULL},
    {"n_wrong", "int*", NULL},
    {0},
};
static const struct member IMPORT_ROW[] = {
    {"line", "int", NULL},
    {"outcome", "text", NULL},
    {"record_id", "int?", NULL},
    {"cells", "text[]", NULL},
    {"changes", "object?", NULL},
    {"messages", "object[]", NULL},
    {0},
};

static const struct member MEMBERSHIP_REPORT[] = {
    {"year", "int", NULL},
    {"items", "MembershipCount[]", NULL},
    {"total", "MembershipCount", NULL},
    {0},
};
static const struct member MEMBERSHIP_COUNT[] = {
    {"id", "int*", NULL},     {"name", "text*", NULL},
    {"before", "int", NULL},  {"joined", "int", NULL},
    {"gone", "int", NULL},    {"expelled", "int", NULL},
    {"lost", "int", NULL},    {"after", "int", NULL},
    {"stock", "int[]", NULL}, {0},
};
static const struct member PUBLICITY[] = {
    {"name", "text", NULL},
    {"chamber", "text", NULL},
    {"phone", "text?", NULL},
    {"until", "date", NULL},
    {0},
};
static const struct member DUES_ISSUE[] = {
    {"organization_id", "int?", NULL},
    {"organization", "text?*", NULL},
    {"year", "int", NULL},
    {"due_on", "date*", NULL},
    {"standard_id", "int?*", NULL},
    {"members", "int*", NULL},
    {"made", "int", NULL},
    {"left", "int*", NULL},
    {"to_make", "int*", NULL},
    {"sum_fen", "int*", NULL},
    {"tiers", "object[]*", NULL},
    {"rows", "object[]*", NULL},
    {"skipped", "object[]*", NULL},
    {0},
};
static const struct member DUES_ARREARS_SCHEMA[] = {{"organization_id", "int?", NULL},
                                                    {"organization", "text?", NULL},
                                                    {"owed_fen", "int", NULL},
                                                    {"items", "DuesOwing[]", NULL},
                                                    {0}};
static const struct member DUES_OWING[] = {
    {"membership_id", "int", NULL},
    {"organization_id", "int", NULL},
    {"chamber", "text", NULL},
    {"who", "text?", NULL},
    {"first_due", "date", NULL},
    {"first_year", "int", NULL},
    {"bills", "int", NULL},
    {"owed_fen", "int", NULL},
    {"reminded_on", "date?", NULL},
    {"action", "text", NULL},
    {0},
};
static const struct member DUES_REMINDED[] = {
    {"organization_id", "int", NULL}, {"reminded", "int", NULL}, {0}};
static const struct member DUES_STATEMENT[] = {
    {"year", "int", NULL},
    {"organization_id", "int?", NULL},
    {"organization", "text?", NULL},
    {"standard_id", "int?", NULL},
    {"bills", "int", NULL},
    {"settled", "int", NULL},
    {"amount_fen", "int", NULL},
    {"paid_fen", "int", NULL},
    {"waived_fen", "int", NULL},
    {"owed_fen", "int", NULL},
    {"received_fen", "int?", NULL},
    {"tiers", "object[]?", NULL},
    {"payers", "object[]?", NULL},
    {"chambers", "object[]?", NULL},
    {0},
};

// What stands under what, and where there is no chamber.
static const struct member ORGANIZATION_NODE[] = {
    {"id", "int", NULL},
    {"parent_id", "int?", NULL},
    {"kind", "text", ORG_KINDS},
    {"name", "text", NULL},
    {"state", "text", NULL},
    {"phone", "text?", NULL},
    {"members", "int", NULL},
    {"depth", "int", NULL},
    {"members_below", "int", NULL},
    {0},
};
static const struct member COVERAGE[] = {{"towns", "CoveragePlace[]", NULL},
                                         {"without_town", "CoveragePlace", NULL},
                                         {"industries", "CoveragePlace[]", NULL},
                                         {0}};
static const struct member COVERAGE_PLACE[] = {
    {"code", "text?", NULL},
    {"name", "text?", NULL},
    {"section", "text*", NULL},
    {"organizations", "object[]", NULL},
    {"enterprises", "int", NULL},
    {"outside", "int", NULL},
    {0},
};
static const struct member COVERAGE_ENTERPRISE[] = {
    {"id", "int", NULL},
    {"name", "text", NULL},
    {"uscc", "text", NULL},
    {"town", "text?", NULL},
    {"industry_code", "text?", NULL},
    {"chamber_id", "int?", NULL},
    {"chamber", "text?", NULL},
    {0},
};

// Records that were two and became one (kit/record_merge.h).
static const struct member DUPLICATE[] = {
    {"id", "int", NULL},           {"score", "int", NULL},
    {"state", "text", NULL},       {"note", "text?", NULL},
    {"decided_by", "text?", NULL}, {"decided_at", "time?", NULL},
    {"reasons", "text[]", NULL},   {"first", "object", NULL},
    {"second", "object", NULL},    {0},
};
static const struct member DUPLICATE_LIST[] = {
    {"items", "Duplicate[]", NULL}, {"next", "text?", NULL}, {"pending", "flag", NULL}, {0}};
static const struct member MERGE_MOVE[] = {
    {"label", "text", NULL}, {"moved", "int", NULL}, {"joined", "int", NULL}, {0}};
static const struct member MERGE_FIELD[] = {
    {"name", "text", NULL},    {"label", "text", NULL},     {"ours", "text?", NULL},
    {"theirs", "text?", NULL}, {"suggested", "text", NULL}, {0}};
static const struct member MERGE_PREVIEW[] = {{"into", "object", NULL},
                                              {"from", "object", NULL},
                                              {"fields", "MergeField[]", NULL},
                                              {"moves", "MergeMove[]", NULL},
                                              {0}};
static const struct member MERGE[] = {
    {"id", "int", NULL},          {"kind", "text", NULL},
    {"into_id", "int", NULL},     {"into_title", "text?", NULL},
    {"from_id", "int", NULL},     {"title", "text", NULL},
    {"reason", "text", NULL},     {"who", "text", NULL},
    {"at", "time", NULL},         {"undo_until", "time", NULL},
    {"undone_at", "time?", NULL}, {"undone_by", "text?", NULL},
    {"can_undo", "flag", NULL},   {"moves", "MergeMove[]", NULL},
    {"fields", "text[]", NULL},   {0},
};
static const struct member LEADERSHIP[] = {
    {"organization", "LeadershipOrganization", NULL},
    {"term_id", "int?", NULL},
    {"posts", "LeadershipRung[]", NULL},
    {"counts", "LeadershipCounts?", NULL},
    {"findings", "LeadershipFinding[]", NULL},
    {"terms", "LeadershipTerm[]", NULL},
    {0},
};
static const struct member LEADERSHIP_ORGANIZATION[] = {
    {"id", "int", NULL}, {"name", "text", NULL}, {0}};
static const struct member LEADERSHIP_RUNG[] = {{"post", "text", POST_CODES},
                                                {"label", "text", NULL},
                                                {"holders", "LeadershipHolder[]", NULL},
                                                {0}};
static const struct member LEADERSHIP_HOLDER[] = {{"id", "int?", NULL},
                                                  {"person_id", "int?", NULL},
                                                  {"person", "text", NULL},
                                                  {"title", "text?", NULL},
                                                  {"enterprise", "text?", NULL},
                                                  {"act", "text", NULL},
                                                  {"since", "date", NULL},
                                                  {"until", "date?", NULL},
                                                  {"full_time", "flag", NULL},
                                                  {"legal_representative", "flag", NULL},
                                                  {0}};
static const struct member LEADERSHIP_COUNTS[] = {{"members", "int", NULL},
                                                  {"delegates", "int?", NULL},
                                                  {"directors", "int", NULL},
                                                  {"standing", "int", NULL},
                                                  {"officers", "int", NULL},
                                                  {"supervisors", "int", NULL},
                                                  {0}};
static const struct member LEADERSHIP_FINDING[] = {
    {"rule", "text", NULL}, {"message", "text", NULL}, {"source", "text", NULL}, {0}};
static const struct member LEADERSHIP_TERM[] = {{"id", "int", NULL},
                                                {"name", "text", NULL},
                                                {"starts_on", "date", NULL},
                                                {"ends_on", "date", NULL},
                                                {"closes_on", "date", NULL},
                                                {"ended_on", "date?", NULL},
                                                {"act", "text?", NULL},
                                                {"posts", "LeadershipRung[]", NULL},
                                                {0}};

static const struct member ROLLUP[] = {{"month", "text", NULL},
                                       {"items", "RollupDistrict[]*", NULL},
                                       {"total", "object*", NULL},
                                       {0}};
static const struct member ROLLUP_DISTRICT[] = {
    {"id", "int", NULL},        {"name", "text", NULL},       {"state", "text", NULL},
    {"made_at", "time?", NULL}, {"figures", "object?", NULL}, {0}};

static const struct {
    const char *name;
    const struct member *members;
} SCHEMAS[] = {
    {"Rollup", ROLLUP},
    {"RollupDistrict", ROLLUP_DISTRICT},
    {"Problem", PROBLEM},
    {"Fault", FAULT},
    {"Demand", DEMAND},
    {"DemandLeg", DEMAND_LEG},
    {"DemandCard", DEMAND_CARD},
    {"DemandClock", DEMAND_CLOCK},
    {"DemandDue", DEMAND_DUE},
    {"Attachment", ATTACHMENT},
    {"Event", EVENT},
    {"Notice", NOTICE},
    {"Me", ME},
    {"Account", ACCOUNT},
    {"Post", POST},
    {"Leadership", LEADERSHIP},
    {"LeadershipOrganization", LEADERSHIP_ORGANIZATION},
    {"LeadershipRung", LEADERSHIP_RUNG},
    {"LeadershipHolder", LEADERSHIP_HOLDER},
    {"LeadershipCounts", LEADERSHIP_COUNTS},
    {"LeadershipFinding", LEADERSHIP_FINDING},
    {"LeadershipTerm", LEADERSHIP_TERM},
    {"Audit", AUDIT},
    {"Import", IMPORT},
    {"ImportRow", IMPORT_ROW},
    {"Statistics", STATISTICS},
    {"SlaRules", SLA_RULES},
    {"Found", FOUND},
    {"FoundGroup", FOUND_GROUP},
    {"FoundItem", FOUND_ITEM},
    {"MembershipReport", MEMBERSHIP_REPORT},
    {"MembershipCount", MEMBERSHIP_COUNT},
    {"Publicity", PUBLICITY},
    {"Duplicate", DUPLICATE},
    {"DuplicateList", DUPLICATE_LIST},
    {"Merge", MERGE},
    {"MergeMove", MERGE_MOVE},
    {"MergeField", MERGE_FIELD},
    {"MergePreview", MERGE_PREVIEW},
    {"DuesIssue", DUES_ISSUE},
    {"DuesArrears", DUES_ARREARS_SCHEMA},
    {"DuesOwing", DUES_OWING},
    {"DuesReminded", DUES_REMINDED},
    {"DuesStatement", DUES_STATEMENT},
    {"OrganizationNode", ORGANIZATION_NODE},
    {"Coverage", COVERAGE},
    {"CoveragePlace", COVERAGE_PLACE},
    {"CoverageEnterprise", COVERAGE_ENTERPRISE},
};

// By the first segment of the path: what it is about. Kinds of records are not here.
static const struct {
    const char *path, *schema;
    bool one; // not a collection
} ABOUT[] = {
    {"imports", "Import", false},
    {"demands", "Demand", false},
    {"attachments", "Attachment", false},
    {"notices", "Notice", false},
    {"accounts", "Account", false},
    {"audit", "Audit", false},
    {"me", "Me", true},
    {"statistics", "Statistics", true},
    {"search", "Found", true},
    {"sla-rules", "SlaRules", true},
    {"membership-report", "MembershipReport", true},
    {"publicity", "Publicity", false},
    {"organizations/{id}/leadership", "Leadership", true},
    {"dues-issue", "DuesIssue", true},
    {"dues-arrears", "DuesArrears", true},
    {"dues-remind", "DuesReminded", true},
    {"dues-statement", "DuesStatement", true},
    {"rollup", "Rollup", true},
};

const struct value *
schema_type(struct arena *a, const char *type, const char *format)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "type", type);
    if (format != NULL) {
        value_set_text(a, m, "format", format);
    }
    return m;
}

const struct value *
schema_ref(struct arena *a, const char *name)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "$ref", arena_printf(a, "#/components/schemas/%s", name));
    return m;
}

const struct value *
schema_list(struct arena *a, const struct value *items)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "type", "array");
    value_set(a, m, "items", items);
    return m;
}

// Adds null to a schema made here.
static const struct value *
nullable(struct arena *a, const struct value *schema)
{
    struct value *m = value_map(a), *two = value_list(a);
    const struct value *type = value_get(schema, "type");
    if (type == NULL) {
        value_push(a, two, schema);
        value_push(a, two, schema_type(a, "null", NULL));
        value_set(a, m, "anyOf", two);
        return m;
    }
    for (uint32_t i = 0; i < schema->map.count; i++) {
        value_set(a, m, schema->map.pairs[i].key, schema->map.pairs[i].v);
    }
    value_push(a, two, type);
    value_push(a, two, value_ref(a, "null"));
    value_set(a, m, "type", two);
    const struct value *words = value_get(schema, "enum");
    if (words != NULL) {
        struct value *more = value_list(a);
        for (size_t i = 0; i < value_count(words); i++) {
            value_push(a, more, value_at(words, i));
        }
        value_push(a, more, &value_null);
        value_set(a, m, "enum", more);
    }
    return m;
}

static const struct value *
choice_schema(struct arena *a, const struct choice *choices)
{
    struct value *m = value_map(a), *list = value_list(a);
    for (const struct choice *o = choices; o != NULL && o->value != NULL; o++) {
        value_push(a, list, value_ref(a, o->value));
    }
    value_set_text(a, m, "type", "string");
    value_set(a, m, "enum", list);
    return m;
}

// Several of them: words with spaces between.
static const struct value *
choices_schema(struct arena *a, const struct choice *choices)
{
    struct value *m = value_map(a);
    struct buf b;
    buf_init(&b, a, 256, 4096);
    for (const struct choice *o = choices; o->value != NULL; o++) {
        buf_printf(&b, "%s%s", b.n == 0 ? "" : "|", o->value);
    }
    value_set_text(a, m, "type", "string");
    value_set_text(a, m, "pattern",
                   arena_printf(a, "^(%s)( (%s))*$", buf_str(&b), buf_str(&b)));
    return m;
}

static const struct value *
named_type(struct arena *a, const char *name)
{
    static const struct {
        const char *name, *type, *format;
    } TYPES[] = {
        {"int", "integer", "int64"},     {"number", "number", NULL}, {"text", "string", NULL},
        {"time", "string", "date-time"}, {"date", "string", "date"}, {"flag", "boolean", NULL},
        {"object", "object", NULL},
    };
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (strcmp(TYPES[i].name, name) == 0) {
            return schema_type(a, TYPES[i].type, TYPES[i].format);
        }
    }
    return schema_ref(a, name);
}

static const struct value *
member_schema(struct arena *a, const struct member *m)
{
    const char *base = arena_strndup(a, m->type, strcspn(m->type, "[?*"));
    const struct value *schema =
        m->choices != NULL ? choice_schema(a, m->choices) : named_type(a, base);
    if (strstr(m->type, "[]") != NULL) {
        schema = schema_list(a, schema);
    }
    return strchr(m->type, '?') != NULL ? nullable(a, schema) : schema;
}

static const struct value *
object_schema(struct arena *a, const struct value *properties, const struct value *required)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "type", "object");
    value_set(a, m, "properties", properties);
    if (value_count(required) > 0) {
        value_set(a, m, "required", required);
    }
    return m;
}

static const struct value *
table_schema(struct arena *a, const struct member *members)
{
    struct value *properties = value_map(a), *required = value_list(a);
    for (const struct member *m = members; m->name != NULL; m++) {
        value_set(a, properties, m->name, member_schema(a, m));
        if (strchr(m->type, '*') == NULL) {
            value_push(a, required, value_ref(a, m->name));
        }
    }
    return object_schema(a, properties, required);
}

// ---- fields ----------------------------------------------------------------------------

static const struct value *
text_schema(struct arena *a, const struct field *f, bool input)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "type", "string");
    if (input) { // answers may be masked
        value_set_int(a, m, "maxLength",
                      f->max > 0              ? f->max
                      : f->type == FIELD_LONG ? 10000
                                              : 200);
        if (f->min > 0) {
            value_set_int(a, m, "minLength", f->min);
        }
        if (f->type == FIELD_MOBILE) {
            value_set_text(a, m, "pattern", "^1[3-9][0-9]{9}$");
        }
    }
    return m;
}

static const struct value *
number_schema(struct arena *a, const struct field *f)
{
    struct value *m = value_map(a);
    value_set_text(a, m, "type", "integer");
    value_set_text(a, m, "format", "int64");
    if (f->type == FIELD_REF) {
        value_set_int(a, m, "minimum", 1);
    } else if (f->type == FIELD_MONEY) {
        value_set_int(a, m, "minimum", f->min);
        value_set_text(a, m, "description", "in fen, a hundredth of a yuan");
    } else if (f->min != 0 || f->max != 0) {
        value_set_int(a, m, "minimum", f->min);
    }
    if (f->type == FIELD_INT && f->max != 0) {
        value_set_int(a, m, "maximum", f->max);
    }
    return m;
}

static const struct value *
plain_schema(struct arena *a, const struct field *f, bool input)
{
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG:
    case FIELD_MOBILE:
    case FIELD_PASSWORD:
        return text_schema(a, f, input);
    case FIELD_CHOICE:
        return choice_schema(a, f->choices);
    case FIELD_CHOICES:
        return choices_schema(a, f->choices);
    case FIELD_INT:
    case FIELD_MONEY:
    case FIELD_REF:
        return number_schema(a, f);
    case FIELD_CODE:
        return schema_type(a, "string", f->codes->format);
    case FIELD_DATE:
        return schema_type(a, "string", "date");
    case FIELD_TIME:
        return schema_type(a, "string", "date-time");
    case FIELD_FLAG:
        return schema_type(a, "boolean", NULL);
    case FIELD_REFS:
    case FIELD_FILES:
        return schema_list(a, schema_type(a, "integer", "int64"));
    }
    return schema_type(a, "string", NULL);
}

const struct value *
schema_field(struct arena *a, const struct field *f)
{
    const struct value *m = plain_schema(a, f, true);
    return f->required ? m : nullable(a, m);
}

const struct value *
schema_input(struct arena *a, const struct field *fields, bool partial)
{
    struct value *properties = value_map(a), *required = value_list(a);
    for (const struct field *f = fields; f->name != NULL; f++) {
        if ((f->where & (IN_FORM | IN_INPUT)) == 0) {
            continue;
        }
        value_set(a, properties, f->name, schema_field(a, f));
        if (f->required && !partial) {
            value_push(a, required, value_ref(a, f->name));
        }
    }
    struct value *m = (struct value *)(uintptr_t)object_schema(a, properties, required);
    value_set_bool(a, m, "additionalProperties", false);
    return m;
}

// ---- kinds -----------------------------------------------------------------------------

// "enterprise_tag" → "EnterpriseTag"
const char *
schema_name(struct arena *a, const struct record_kind *k)
{
    char *name = arena_strdup(a, k->name), *to = name;
    bool first = true;
    for (const char *p = k->name; *p != '\0'; p++) {
        if (*p != '_') {
            *to++ = first ? (char)toupper((unsigned char)*p) : *p;
        }
        first = *p == '_';
    }
    *to = '\0';
    return name;
}

// "chamber_id" → "chamber_name": what a reference is called.
static const char *
reference_name(struct arena *a, const char *field)
{
    size_t n = strlen(field);
    return arena_printf(a, "%.*s_name", (int)(n > 3 ? n - 3 : n), field);
}

static const struct value *
kind_schema(struct arena *a, const struct record_kind *k)
{
    static const struct member MORE[] = {
        {"id", "int", NULL},
        {"version", "int", NULL},
        {"created_at", "time", NULL},
        {"updated_at", "time", NULL},
        {0},
    };
    struct value *properties = value_map(a), *required = value_list(a);
    for (const struct member *m = MORE; m->name != NULL; m++) {
        value_set(a, properties, m->name, member_schema(a, m));
        value_push(a, required, value_ref(a, m->name));
    }
    for (const struct field *f = k->fields; f->name != NULL; f++) {
        if (f->type == FIELD_FILES || f->type == FIELD_PASSWORD) {
            continue; // not kept with the record
        }
        const struct value *plain = plain_schema(a, f, false);
        value_set(a, properties, f->name, f->required ? plain : nullable(a, plain));
        if (f->type != FIELD_LONG) { // lists leave long texts out
            value_push(a, required, value_ref(a, f->name));
        }
        if (f->type == FIELD_REF) {
            value_set(a, properties, reference_name(a, f->name),
                      nullable(a, schema_type(a, "string", NULL)));
        }
    }
    return object_schema(a, properties, required);
}

// ---- together --------------------------------------------------------------------------

const struct value *
schema_page(struct arena *a, const struct value *items)
{
    struct value *properties = value_map(a), *required = value_list(a);
    value_set(a, properties, "items", schema_list(a, items));
    value_set(a, properties, "next", nullable(a, schema_type(a, "string", NULL)));
    value_push(a, required, value_ref(a, "items"));
    return object_schema(a, properties, required);
}

const struct value *
schemas_all(struct arena *a, const struct module *const *modules)
{
    struct value *all = value_map(a);
    for (size_t i = 0; i < sizeof SCHEMAS / sizeof *SCHEMAS; i++) {
        value_set(a, all, SCHEMAS[i].name, table_schema(a, SCHEMAS[i].members));
    }
    for (; *modules != NULL; modules++) {
        const struct record_kind *const *k = (*modules)->kinds;
        for (; k != NULL && *k != NULL; k++) {
            value_set(a, all, schema_name(a, *k), kind_schema(a, *k));
        }
    }
    return all;
}

const char *
schema_of_answer(const char *pattern, bool get, bool *list)
{
    static const struct {
        const char *end, *get, *post;
        bool list;
    } ENDS[] = {
        {"/duplicates", "DuplicateList", NULL, false},
        {"/distinct", NULL, "Duplicate", false},
        {"/reopen", NULL, "Duplicate", false},
        {"/merge", "MergePreview", "Merge", false},
        {"/merges", "Merge", NULL, true},
        {"/merges/{merge}", "Merge", NULL, false},
        {"/merges/{merge}/undo", NULL, "Merge", false},
        {"/organizations/tree", "OrganizationNode", NULL, true},
        {"/organizations/coverage", "Coverage", NULL, false},
        {"/organizations/coverage/enterprises", "CoverageEnterprise", NULL, true},
    };
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        if (text_ends(pattern, ENDS[i].end)) {
            *list = ENDS[i].list;
            return get ? ENDS[i].get : ENDS[i].post;
        }
    }
    return NULL;
}

const char *
schema_of_path(const char *pattern, bool *one)
{
    size_t n = strcspn(pattern + 1, "/.");
    for (size_t i = 0; i < sizeof ABOUT / sizeof *ABOUT; i++) {
        bool whole = strcmp(ABOUT[i].path, pattern + 1) == 0;
        if (whole ||
            (strlen(ABOUT[i].path) == n && memcmp(ABOUT[i].path, pattern + 1, n) == 0)) {
            *one = ABOUT[i].one;
            return ABOUT[i].schema;
        }
    }
    return NULL;
}
