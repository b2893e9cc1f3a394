// SPDX-License-Identifier: Apache-2.0
// A demand begins: what is typed is checked and cut into words before the write transaction,
// which then holds only a handful of inserts.
#include "mod/demand/demand_impl.h"

#include "base/text.h"
#include "kit/attachment.h"
#include "kit/audit.h"
#include "kit/notice.h"
#include "kit/search.h"
#include "mod/account/account.h"
#include "mod/enterprise/enterprise.h"

#include <string.h>

struct demand_new {
    int64_t enterprise_id, chamber_id;
    const char *enterprise, *chamber, *contact_name;
    const char *source;
    const char *tokens;
    struct demand_sealed mobile;
    struct demand made;
    const struct value *in; // that it was made of
};

// Where it came from. An enterprise's own is online and cannot be called anything else.
static const char *
source_of(struct ctx *c)
{
    const char *typed = value_get_text(c->in, "source");
    if (!ctx_is(c, ROLE_OFFICE | ROLE_SECRETARY)) {
        if (typed != NULL) {
            ctx_fault(c, "source", "not_yours", "来源只由代为登记的人填写。");
        }
        return "enterprise";
    }
    if (typed != NULL) {
        return typed;
    }
    return ctx_is(c, ROLE_OFFICE) ? "staff" : "secretary";
}

// Whose demand it is: a member's own enterprise, or the one that was named.
static int64_t
enterprise_of(struct ctx *c)
{
    int64_t named = value_get_int(c->in, "enterprise_id", 0);
    if (ctx_is(c, ROLE_OFFICE | ROLE_SECRETARY)) {
        if (named == 0) {
            ctx_fault(c, "enterprise_id", "required", "请选择企业。");
        }
        return named;
    }
    int64_t own = c->actor->enterprise_id;
    if (own == 0 || (named != 0 && named != own)) {
        ctx_fault(c, "enterprise_id", "not_yours", "只能提交本企业的诉求。");
        return 0;
    }
    return own;
}

static enum err
check_enterprise(struct ctx *c, struct demand_new *p)
{
    p->enterprise_id = enterprise_of(c);
    if (p->enterprise_id == 0) {
        return ERR_INVALID;
    }
    const struct value *e = demand_store_enterprise(c, p->enterprise_id);
    p->chamber_id = value_get_int(e, "chamber_id", 0);
    bool theirs = !ctx_is(c, ROLE_SECRETARY) || ctx_is(c, ROLE_OFFICE) ||
                  (p->chamber_id != 0 && p->chamber_id == c->actor->organization_id);
    if (e == NULL || !theirs) {
        return ctx_fault(c, "enterprise_id", "unknown", "没有这家企业，或不属于您的商会。");
    }
    if (text_equal(value_get_text(e, "state"), "closed")) {
        return ctx_fault(c, "enterprise_id", "closed", "这家企业已经注销。");
    }
    p->enterprise = value_get_text(e, "name");
    p->chamber = value_get_text(e, "chamber");
    p->contact_name = value_get_text(e, "contact_name");
    return ERR_OK;
}

enum err
demand_create_prepare(struct ctx *c)
{
    struct demand_new *p = ARENA_NEW(c->arena, struct demand_new);
    p->source = source_of(c);
    enum err e = check_enterprise(c, p);
    if (e != ERR_OK || c->faults.count > 0) {
        return ERR_INVALID;
    }
    // Who to call is the enterprise's own contact unless another is named.
    if (value_get_text(c->in, "contact_name") == NULL && p->contact_name != NULL) {
        value_set_text(c->arena, c->in, "contact_name", p->contact_name);
    }
    if (value_get_text(c->in, "contact_mobile") == NULL) {
        const struct field *f = field_find(ENTERPRISE_KIND.fields, "contact_mobile");
        value_set_text(c->arena, c->in, "contact_mobile",
                       record_reveal(c, &ENTERPRISE_KIND, p->enterprise_id, f));
    }
    p->tokens = demand_search_text(c->arena, NULL, p->enterprise, c->in, p->enterprise_id,
                                   p->chamber_id);
    p->mobile = demand_store_seal(c, value_get_text(c->in, "contact_mobile"));
    c->prepared = p;
    return ERR_OK;
}

static const char *
text_or(const struct value *in, const char *key, const char *otherwise)
{
    const char *s = value_get_text(in, key);
    return s == NULL || *s == '\0' ? otherwise : s;
}

static struct clock_event
first_event(const struct demand *d)
{
    return (struct clock_event){.at = d->created_at, .type = CLOCK_SUBMITTED};
}

static struct demand
new_demand(struct ctx *c, const struct demand_new *p, bool draft)
{
    struct demand d = {
        .receipt_no = demand_store_receipt(c, c->now),
        .title = value_get_text(c->in, "title"),
        .state = draft ? "draft" : "submitted",
        .source = p->source,
        .category = text_or(c->in, "category", "other"),
        .visibility = text_or(c->in, "visibility", "chamber"),
        .enterprise_id = p->enterprise_id,
        .chamber_id = p->chamber_id,
        .created_by = c->actor->id > 0 ? c->actor->id : 0,
        .extension = "none",
        .created_at = c->now,
        .submitted_at = draft ? 0 : c->now,
        .on_time = -1,
    };
    if (!draft) {
        struct clock_event first = first_event(&d);
        demand_compute(c, &d, &first, 1);
    }
    return d;
}

// The answer to whoever made it, from what was written: reading it all back would cost as much
// as the writing.
static struct value *
show_made(struct ctx *c, int64_t id)
{
    struct demand_new *p = c->prepared;
    struct clock_event first = first_event(&p->made);
    p->made.relations = demand_relations(c, &p->made);
    if (p->made.relations == 0) {
        return NULL;
    }
    bool files = value_count(value_get(p->in, "attachment_ids")) > 0;
    return demand_present_log(c, &p->made,
                              demand_store_made(c, &p->made, p->in, p->enterprise, p->chamber),
                              &first, p->made.submitted_at == 0 ? 0 : 1,
                              files ? attachment_list(c, "demand", id) : value_list(c->arena));
}

enum err
demand_create_run(struct ctx *c)
{
    struct demand_new *p = c->prepared;
    bool draft = value_get_bool(c->in, "draft");
    struct demand d = new_demand(c, p, draft);
    d.id = demand_store_insert(c, &d, c->in, &p->mobile);
    if (d.id == 0) {
        return ERR_INTERNAL;
    }
    // The number is known only now; a receipt is a word or two, cheap to cut here.
    search_add(c->tx, "demand", d.id,
               text_join(c->arena, search_tokens(c->arena, d.receipt_no, false), p->tokens));
    const struct value *files = value_get(c->in, "attachment_ids");
    if (value_count(files) > 0) {
        enum err e = attachment_bind(c, files, "demand", d.id, "attachment_ids");
        if (e != ERR_OK) {
            return e;
        }
    }
    const char *link = arena_printf(c->arena, "/demands/%lld", (long long)d.id);
    if (!draft) {
        demand_log(c, &d, "submitted", 0, false, NULL);
        notice_to_role(c, ROLE_STAFF, 0, 0, link, T("{0} 提交诉求：{1}"), p->enterprise,
                       d.title);
    }
    p->made = d;
    p->in = c->in;
    audit_write(c, draft ? "demand.draft" : "demand.submit", "demand", d.id, NULL);
    // Sent from the form whose draft it was; a quick registration leaves that alone.
    if (!c->api && text_equal(http_list_get(&c->req->form, "draft_name"), "demand")) {
        draft_drop(c, "demand");
    }
    c->shown = show_made;
    c->shown_id = d.id;
    const char *page = draft ? link : arena_printf(c->arena, "%s?receipt=1", link);
    c->location = c->api ? arena_printf(c->arena, "/api/v1%s", link) : page;
    // A submission is confirmed by the page it leads to.
    c->flash = draft ? ctx_trf(c, "草稿已保存，编号 {0}。", 1, d.receipt_no) : NULL;
    return ERR_OK;
}

// ---- drafts ----------------------------------------------------------------------------

enum err
demand_edit_prepare(struct ctx *c)
{
    const struct value *old = demand_get(c, ctx_id(c, "id"));
    if (old == NULL) {
        return ERR_NOT_FOUND;
    }
    (void)source_of(c); // for its fault
    if (c->faults.count > 0) {
        return ERR_INVALID;
    }
    struct value *all = value_map(c->arena);
    static const char *const TEXTS[] = {"title", "body", "hope"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        const char *s = value_get_text(c->in, TEXTS[i]);
        value_set_text(c->arena, all, TEXTS[i], s != NULL ? s : value_get_text(old, TEXTS[i]));
    }
    c->prepared = (void *)demand_search_text(
        c->arena, value_get_text(old, "receipt_no"), value_get_text(old, "enterprise"), all,
        value_get_int(old, "enterprise_id", 0), value_get_int(old, "chamber_id", 0));
    return ERR_OK;
}

enum err
demand_edit_run(struct ctx *c)
{
    struct demand d;
    if (!demand_store_load(c, ctx_id(c, "id"), &d, NULL)) {
        return ERR_NOT_FOUND;
    }
    unsigned r = demand_relations(c, &d);
    if (r == 0) {
        return ERR_NOT_FOUND;
    }
    if ((r & (DEMAND_OWNER | DEMAND_AUTHOR)) == 0) {
        return ERR_FORBIDDEN;
    }
    if (strcmp(d.state, "draft") != 0) {
        return ctx_refuse(c, ERR_CONFLICT, "只有草稿可以修改。");
    }
    if (!lifecycle_version_fits(c, d.version)) {
        return ctx_refuse(c, ERR_STALE, "别人刚刚更新了这条记录，请刷新后再办。");
    }
    demand_store_edit(c, &d, c->in);
    search_put(c->tx, "demand", d.id, c->prepared);
    const struct value *files = value_get(c->in, "attachment_ids");
    if (value_count(files) > 0) {
        enum err e = attachment_bind(c, files, "demand", d.id, "attachment_ids");
        if (e != ERR_OK) {
            return e;
        }
    }
    audit_write(c, "demand.edit", "demand", d.id, NULL);
    c->shown = demand_get;
    c->shown_id = d.id;
    if (!c->api) {
        c->location = arena_printf(c->arena, "/demands/%lld", (long long)d.id);
        c->flash = ctx_tr(c, T("草稿已保存。"));
    }
    return ERR_OK;
}
