// SPDX-License-Identifier: Apache-2.0
// One request as rules and handlers see it: who, what, when, in which language, on which
// transaction. The command line and jobs make one without HTTP (ctx_system), so a rule never
// knows where it was called from.
#ifndef KIT_CTX_H
#define KIT_CTX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/timestamp.h"
#include "base/value.h"
#include "db/db.h"
#include "http/http.h"
#include "kit/field.h"
#include "view/language.h"

enum role { // an account may hold several, through its posts
    ROLE_ADMIN = 1,
    ROLE_STAFF = 2,     // federation staff 工作人员
    ROLE_SECRETARY = 4, // chamber secretary 秘书长
    ROLE_OFFICER = 8,   // department officer 部门经办人
    ROLE_LEADER = 16,   // leader 领导
    ROLE_MEMBER = 32,   // enterprise 企业
    ROLE_ANYONE = 64,   // also without logging in
};
enum { ROLE_SIGNED_IN = 63, ROLE_OFFICE = ROLE_ADMIN | ROLE_STAFF };
unsigned role_parse(const char *word); // "staff" → ROLE_STAFF; 0 unknown
const char *role_word(enum role r);    // "staff"
const char *role_label(enum role r);   // Chinese

struct actor {
    int64_t id; // account; 0 = nobody, -1 = the system itself
    const char *login;
    const char *name;
    unsigned roles;
    int64_t organization_id; // of the main post; 0 none
    const char *organization;
    int64_t enterprise_id; // members: theirs; 0 none
    const char *language;  // "zh-CN", "en", or NULL: not chosen
    const char *theme;     // "auto" "light" "dark"
    const char *size;      // "normal" "large" "elder" "max"
    const char *csrf;      // this session's token; NULL with a bearer token
    const void *session;   // session id hash (32 bytes), or NULL
};
extern const struct actor ACTOR_NOBODY;

struct app;   // kit/app.h
struct route; // kit/route.h

struct ctx {
    struct app *app;
    struct arena *arena;
    struct http_req *req;   // NULL outside HTTP
    struct http_resp *resp; // NULL outside HTTP
    const struct route *route;
    struct http_match match;
    bool api; // under /api/v1: JSON in and out
    // A script of the page asks, nobody went there: its answer sends nobody to the login page
    // and leaves the cookies of the page they are on alone.
    bool background;
    const struct actor *actor;
    enum language lang;
    int64_t now;      // one moment for the whole request
    struct db_tx *tx; // snapshot, or the write transaction while `run` of a POST runs
    bool stale;       // the snapshot is a standby's: for showing, while nothing is written
    struct value *in; // typed input
    struct faults faults;

    // What `run` leaves behind; reset before it runs again.
    const struct value *out; // the answer as data (JSON prints it)
    // Instead of `out` after a write: reads it, by shown_id, once the write is committed, so
    // that it costs the writing thread nothing, and a page, which only goes on, nothing at all.
    // NULL: the write took the record out of its reader's sight, who is told only the id.
    struct value *(*shown)(struct ctx *c, int64_t id);
    int64_t shown_id;
    bool secret;               // the answer is not kept to be given again (Idempotency-Key)
    int status;                // 0 = 200, or 201 when `location` is set in the API
    const char *location;      // where a page goes afterwards (303), or Location of a creation
    const char *flash;         // shown once on that page
    const char *cookie;        // a Set-Cookie value: sessions, preferences
    const char *detail;        // of a problem
    int64_t retry_ms;          // with ERR_TOO_MANY: when it is worth trying again
    const struct value *extra; // members added to a problem (409: allowed steps)
    struct value *page;        // presentation: an empty map that `show` fills
    const char *template;      // overrides route->page
    const char *raw_type;      // set: the answer is raw_body, not JSON or a page
    const char *raw_body;
    size_t raw_size;
    const struct http_source *raw_source; // in place of raw_body
    const char *raw_name;                 // download name
    void *prepared;                       // what `prepare` computed for `run`
    enum err result;
    bool batched; // many records are saved as one act: the batch writes the audit row
    bool renewed; // field_form shows what was typed
};

static inline bool
ctx_is(const struct ctx *c, unsigned roles)
{
    return (c->actor->roles & roles) != 0 || c->actor->id == -1;
}
// Integer path parameter, 0 when it is not one (then answer ERR_NOT_FOUND).
int64_t ctx_id(const struct ctx *c, const char *name);
const char *ctx_param(const struct ctx *c, const char *name); // path parameter or NULL
const char *ctx_query(const struct ctx *c, const char *name); // query parameter or NULL
// Text in the reader's language; ctx_trf fills {0}… with n texts.
const char *ctx_tr(const struct ctx *c, const char *chinese);
#define ctx_trf(c, chinese, n, ...) trf((c)->arena, (c)->lang, (chinese), (n), __VA_ARGS__)
// True when the form with this token was sent already, by this actor.
bool ctx_was_sent(struct ctx *c, const char *token);
// Adds a fault (message translated); returns ERR_INVALID.
enum err ctx_fault(struct ctx *c, const char *field, const char *code, const char *chinese);
// Sets the problem's detail (translated) and returns e.
enum err ctx_refuse(struct ctx *c, enum err e, const char *chinese);
// Begins c->tx, a snapshot to answer this request from: of a standby (c->stale) while no server
// takes writes and the route may be answered so. False: there is none.
bool ctx_read_begin(struct ctx *c);
// Makes c->out of c->shown, if there is one and c->tx to read it in; the id alone otherwise.
void ctx_read_shown(struct ctx *c);
// A ctx for the command line and jobs: the system acts, in Chinese. `tx` may be set later.
struct ctx ctx_system(struct app *app, struct arena *a);

#endif
