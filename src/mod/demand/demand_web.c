// SPDX-License-Identifier: Apache-2.0
// Routes of demands: every step is a page that explains it and a POST that takes it, both made
// from the table of steps.
#include "mod/demand/demand_impl.h"
#include "mod/demand/demand_pages.h"

#include "kit/attachment.h"
#include "kit/listing.h"
#include "kit/record_merge.h"

#include <string.h>

// ---- reading ---------------------------------------------------------------------------

static enum err
list_run(struct ctx *c)
{
    c->out = demand_list(c);
    return c->out == NULL ? ERR_INVALID : ERR_OK;
}

// A page shows more of the demand than the record: what was read is handed on to it.
static enum err
see(struct ctx *c)
{
    const struct demand_seen *seen = demand_see(c, ctx_id(c, "id"));
    c->prepared = (void *)(uintptr_t)seen;
    c->out = seen == NULL ? NULL : seen->record;
    return seen == NULL ? ERR_NOT_FOUND : ERR_OK;
}

static enum err
get_run(struct ctx *c)
{
    if (!c->api) {
        return see(c);
    }
    c->out = demand_get(c, ctx_id(c, "id"));
    return c->out == NULL ? ERR_NOT_FOUND : ERR_OK;
}

static enum err
events_run(struct ctx *c)
{
    c->out = demand_events(c, ctx_id(c, "id"));
    return c->out == NULL ? ERR_NOT_FOUND : ERR_OK;
}

static enum err
new_run(struct ctx *c)
{
    c->out = value_map(c->arena);
    return ERR_OK;
}

// ---- steps -----------------------------------------------------------------------------

static enum err
step_run(struct ctx *c)
{
    struct lifecycle_record r;
    const struct transition *t = demand_transition(c->route->data);
    int64_t id = ctx_id(c, "id");
    enum err e = lifecycle_step(c, &DEMAND_LIFECYCLE, t, id, &r);
    if (e != ERR_OK) {
        return e;
    }
    c->shown = demand_get;
    c->shown_id = id;
    if (!c->api) {
        bool submitted = strcmp(t->name, "submit") == 0;
        c->location = arena_printf(c->arena, "/demands/%lld%s", (long long)id,
                                   submitted ? "?receipt=1" : "");
        c->flash = submitted ? NULL : ctx_trf(c, T("已{0}。"), 1, ctx_tr(c, t->label));
    }
    return ERR_OK;
}

// The page of a step that cannot be taken says so instead of showing a form in vain; after a
// refusal it must show, whatever the state is by now.
static enum err
step_form(struct ctx *c)
{
    const char *name = c->route->data;
    if (see(c) != ERR_OK) {
        return ERR_NOT_FOUND;
    }
    const struct value *allowed = demand_allowed(c, c->prepared);
    const struct value *step = NULL;
    for (size_t i = 0; i < value_count(allowed); i++) {
        if (strcmp(value_get_text(value_at(allowed, i), "name"), name) == 0) {
            step = value_at(allowed, i);
        }
    }
    if (step == NULL) {
        return ctx_refuse(c, ERR_CONFLICT, T("现在的状态不能这样办理。"));
    }
    struct value *out = value_map(c->arena);
    value_set(c->arena, out, "demand", c->out);
    value_set(c->arena, out, "step", step);
    c->out = out;
    return ERR_OK;
}

// ---- routes ----------------------------------------------------------------------------

// Uploads come with the form itself: nine files of 10 MB and the rest.
#define UPLOADS ((size_t)96 << 20)

#define STEP(word, who, input, body, what)                                                     \
    {.method = HTTP_GET,                                                                       \
     .pattern = "/demands/{id}/" word,                                                         \
     .roles = (who),                                                                           \
     .run = step_form,                                                                         \
     .show = demand_show_step,                                                                 \
     .page = "demand-step",                                                                    \
     .flags = ROUTE_PAGE,                                                                      \
     .data = word,                                                                             \
     .help = "The page of a step: " what},                                                     \
    {                                                                                          \
        .method = HTTP_POST, .pattern = "/demands/{id}/" word, .roles = (who),                 \
        .fields = (input), .run = step_run, .again = step_form,                                \
        .again_show = demand_show_step, .again_page = "demand-step", .max_body = (body),       \
        .data = word, .help = what                                                             \
    }

enum {
    READERS = ROLE_SIGNED_IN,
    CREATORS = ROLE_MEMBER | ROLE_OFFICE | ROLE_SECRETARY,
    KEEPERS_OF_VIEWS = ROLE_OFFICE | ROLE_SECRETARY | ROLE_LEADER, // who have the working list
    CITIZENS = ROLE_MEMBER | ROLE_OFFICE, // the office for people who have no account
};

static const struct route ROUTES[] = {
    {.method = HTTP_GET,
     .pattern = "/demands",
     .roles = READERS,
     .run = list_run,
     .show = demand_show_list,
     .page = "demand-list",
     .help = "Demands the reader may see"},
    {.method = HTTP_GET,
     .pattern = "/demands.csv",
     .roles = READERS,
     .run = demand_csv_run,
     .help = "The same list as CSV"},
    {.method = HTTP_GET,
     .pattern = "/demands.xlsx",
     .roles = READERS,
     .run = demand_xlsx_run,
     .flags = ROUTE_WAITS,
     .help = "The same list as a workbook"},
    {.method = HTTP_GET,
     .pattern = "/demands/new",
     .roles = CREATORS,
     .run = new_run,
     .show = demand_show_new,
     .page = "demand-new",
     .flags = ROUTE_PAGE,
     .help = "The form of a new demand"},
    {.method = HTTP_POST,
     .pattern = "/demands",
     .roles = CREATORS,
     .fields = DEMAND_FIELDS,
     .prepare = demand_create_prepare,
     .run = demand_create_run,
     .again = new_run,
     .again_show = demand_show_new,
     .again_page = "demand-new",
     .max_body = UPLOADS,
     .help = "Creates and submits a demand; with draft it waits for submit"},
    {.method = HTTP_GET,
     .pattern = "/demands/layout",
     .roles = KEEPERS_OF_VIEWS,
     .run = listing_own_run,
     .show = listing_own_show,
     .page = "layout",
     .flags = ROUTE_PAGE,
     .data = &DEMAND_OWN,
     .help = "Views that the reader keeps"},
    {.method = HTTP_POST,
     .pattern = "/demands/views",
     .roles = KEEPERS_OF_VIEWS,
     .run = listing_own_add_run,
     .again = listing_own_run,
     .again_show = listing_own_show,
     .again_page = "layout",
     .flags = ROUTE_PAGE,
     .data = &DEMAND_OWN,
     .help = "Keep a filter under a name"},
    {.method = HTTP_POST,
     .pattern = "/demands/views/{view}",
     .roles = KEEPERS_OF_VIEWS,
     .run = listing_own_change_run,
     .again = listing_own_run,
     .again_show = listing_own_show,
     .again_page = "layout",
     .flags = ROUTE_PAGE,
     .data = &DEMAND_OWN,
     .help = "Rename or remove a kept filter"},
    {.method = HTTP_GET,
     .pattern = "/demands/dispatch",
     .roles = ROLE_OFFICE,
     .run = demand_bulk_form,
     .show = demand_bulk_show,
     .page = "demand-bulk",
     .flags = ROUTE_PAGE,
     .help = "Hands several demands to one department: choose, look, confirm"},
    {.method = HTTP_POST,
     .pattern = "/demands/dispatch",
     .roles = ROLE_OFFICE,
     .fields = DEMAND_IN_BULK,
     .run = demand_bulk_run,
     .again = demand_bulk_form,
     .again_show = demand_bulk_show,
     .again_page = "demand-bulk",
     .help = "Hands several demands to one department, all of them or none"},
    {.method = HTTP_GET,
     .pattern = "/demands/{id}",
     .roles = READERS,
     .run = get_run,
     .show = demand_show_detail,
     .page = "demand-detail",
     .help = "One demand in full"},
    {.method = HTTP_PATCH,
     .pattern = "/demands/{id}",
     .roles = CREATORS,
     .fields = DEMAND_FIELDS,
     .prepare = demand_edit_prepare,
     .run = demand_edit_run,
     .flags = ROUTE_PARTIAL | ROUTE_API,
     .help = "Changes a draft"},
    {.method = HTTP_POST,
     .pattern = "/demands/{id}",
     .roles = CREATORS,
     .fields = DEMAND_FIELDS,
     .prepare = demand_edit_prepare,
     .run = demand_edit_run,
     .flags = ROUTE_PARTIAL | ROUTE_PAGE,
     .max_body = UPLOADS,
     .help = "Changes a draft, from a form"},
    {.method = HTTP_GET,
     .pattern = "/demands/{id}/events",
     .roles = READERS,
     .run = events_run,
     .flags = ROUTE_API,
     .help = "What happened, oldest first"},
    {.method = HTTP_GET,
     .pattern = "/sla-rules",
     .roles = ROLE_OFFICE,
     .run = demand_rules_run,
     .show = demand_rules_show,
     .page = "demand-rules",
     .help = "The numbers the clocks run by, and who changed them"},
    {.method = HTTP_POST,
     .pattern = "/sla-rules",
     .roles = ROLE_OFFICE,
     .fields = DEMAND_RULES_FIELDS,
     .run = demand_rules_save,
     .again = demand_rules_run,
     .again_show = demand_rules_show,
     .again_page = "demand-rules",
     .help = "Sets the numbers, for what starts from now on"},
    STEP("submit", CREATORS, NULL, 0, "submits a draft"),
    STEP("withdraw", CITIZENS, DEMAND_IN_REASON, 0, "the enterprise withdraws"),
    STEP("confirm", CITIZENS, DEMAND_IN_CONFIRM, 0, "the enterprise rates the answer"),
    STEP("reopen", CITIZENS, DEMAND_IN_REASON, 0, "the enterprise wants it handled again"),
    STEP("supplement", CITIZENS, DEMAND_IN_SUPPLEMENT, UPLOADS, "the enterprise adds to it"),
    STEP("accept", ROLE_OFFICE, DEMAND_IN_ACCEPT, 0, "accepts, with a level"),
    STEP("reject", ROLE_OFFICE, DEMAND_IN_REASON, 0, "does not accept"),
    STEP("dispatch", ROLE_OFFICE, DEMAND_IN_DISPATCH, 0, "hands it to departments"),
    STEP("grant_extension", ROLE_OFFICE, DEMAND_IN_GRANT, 0, "grants the extension asked for"),
    STEP("refuse_extension", ROLE_OFFICE, DEMAND_IN_REASON, 0, "refuses the extension"),
    STEP("merge", ROLE_OFFICE, DEMAND_IN_MERGE, 0, "handles it within another demand"),
    STEP("supervise", ROLE_OFFICE, NULL, 0, "puts it under supervision"),
    STEP("urge", ROLE_OFFICE, NULL, 0, "reminds the departments"),
    STEP("callback", ROLE_OFFICE, DEMAND_IN_CALLBACK, 0, "records a call-back"),
    STEP("pend", ROLE_OFFICE, DEMAND_IN_PEND, 0, "waits for conditions, with a review date"),
    STEP("revive", ROLE_OFFICE, NULL, 0, "goes on after waiting"),
    STEP("close", ROLE_OFFICE, NULL, 0, "closes"),
    STEP("archive", ROLE_OFFICE, NULL, 0, "archives"),
    STEP("sign", ROLE_OFFICER, NULL, 0, "a department signs for it"),
    STEP("object", ROLE_OFFICER, DEMAND_IN_REASON, 0, "the lead department sends it back"),
    STEP("contact", ROLE_OFFICER, DEMAND_IN_CONTACT, 0, "the lead department called"),
    STEP("note", ROLE_OFFICER, DEMAND_IN_NOTE, 0, "a department notes what it did"),
    STEP("suspend", ROLE_OFFICER, DEMAND_IN_REASON, 0, "stops the clock for papers"),
    STEP("resume", ROLE_OFFICER, NULL, 0, "lets the clock run again"),
    STEP("extend", ROLE_OFFICER, DEMAND_IN_EXTEND, 0, "asks for an extension"),
    STEP("answer", ROLE_OFFICER, DEMAND_IN_ANSWER, UPLOADS, "a department answers"),
    {0},
};

// ---- navigation ------------------------------------------------------------------------

static int64_t
nav_mine(struct ctx *c)
{
    return demand_count(c, "mine");
}

static int64_t
nav_to_rate(struct ctx *c)
{
    return demand_count(c, "to_rate");
}

static const struct nav_item NAV[] = {
    {.group = "诉求",
     .url = "/demands",
     .label = "诉求办理",
     .icon = "inbox",
     .roles = ROLE_OFFICE | ROLE_OFFICER | ROLE_SECRETARY | ROLE_LEADER,
     .tab = true,
     .count = nav_mine},
    {.group = "诉求",
     .url = "/demands",
     .label = "我的诉求",
     .icon = "inbox",
     .roles = ROLE_MEMBER,
     .tab = true,
     .count = nav_to_rate},
    {.group = "诉求",
     .url = "/demands/new",
     .label = "提诉求",
     .icon = "send",
     .roles = ROLE_MEMBER,
     .tab = true},
    {.group = "诉求",
     .url = "/demands/new",
     .label = "代企业登记",
     .icon = "plus",
     .roles = ROLE_OFFICE | ROLE_SECRETARY},
    {.group = "管理",
     .url = "/sla-rules",
     .label = "办理规则",
     .icon = "settings",
     .roles = ROLE_OFFICE},
    {0},
};

static const struct record_link LINKS[] = {{.to = "enterprises",
                                            .table = "demand",
                                            .column = "enterprise_id",
                                            .label = "诉求",
                                            .versioned = true},
                                           {0}};

const struct module DEMAND_MODULE = {.name = "demand",
                                     .routes = ROUTES,
                                     .stmts = DEMAND_STATEMENTS,
                                     .nav = NAV,
                                     .panels = DEMAND_PANELS,
                                     .find = demand_find,
                                     .reseal = demand_store_reseal,
                                     .links = LINKS};

// The kit asks the kind of record who may read its files; it must know before it serves.
__attribute__((constructor)) static void
demand_web_start(void)
{
    attachment_register("demand", demand_may_read);
}
