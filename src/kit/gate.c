// SPDX-License-Identifier: Apache-2.0
// The gate: route, actor, permission, CSRF, input, transaction, answer. A GET is answered on
// the http thread from one snapshot; a write suspends the connection, runs on the writer and
// is answered after its commit. Where reads wait on the network (db_reads_wait) no http thread
// touches the database: other threads do all of that.
#include "kit/gate.h"

#include "base/log.h"
#include "base/text.h"
#include "kit/assets.h"
#include "kit/attachment.h"
#include "kit/rate.h"
#include "kit/session.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BODY_MAX = 256 * 1024, KEY_MAX = 200, READ_AGAIN = 2, READ_AGAIN_MS = 200 };

static const char API[] = "/api/v1";

static bool
is_api(const char *path)
{
    return strncmp(path, API, sizeof API - 1) == 0 &&
           (path[sizeof API - 1] == '/' || path[sizeof API - 1] == '\0');
}

static struct http_match
find_route(const struct app *app, struct arena *a, enum http_method m, const char *path)
{
    bool api = is_api(path);
    return http_router_find(api ? app->api_router : app->router, a, m,
                            api ? path + sizeof API - 1 : path);
}

size_t
gate_limit(void *arg, struct arena *a, enum http_method m, const char *path)
{
    const struct app *app = arg;
    struct http_match match = find_route(app, a, m, path);
    const struct route *route = match.target;
    // Files come with forms; JSON of a table of fields is never larger.
    bool fields = route != NULL && is_api(path) && route->fields != NULL;
    size_t limit = route == NULL                    ? 4096
                   : !fields && route->max_body > 0 ? route->max_body
                                                    : BODY_MAX;
    return limit;
}

// ---- running --------------------------------------------------------------------------

static void
reset_answer(struct ctx *c)
{
    c->out = NULL;
    c->shown = NULL;
    c->secret = false;
    c->status = 0;
    c->location = c->flash = c->cookie = c->detail = NULL;
    c->extra = NULL;
    c->page = NULL;
    c->template = NULL;
    c->raw_type = c->raw_body = NULL;
    c->raw_source = NULL;
    c->faults.count = 0;
}

// Files uploaded with a form become attachments whose ids join the typed ones.
static enum err
store_files(struct ctx *c)
{
    for (size_t i = 0; c->req != NULL && i < c->req->file_count; i++) {
        const struct http_file *file = &c->req->files[i];
        const struct field *f = field_find(c->route->fields, file->field);
        if (f == NULL || f->type != FIELD_FILES || (file->size == 0 && *file->name == '\0')) {
            continue;
        }
        int64_t id = attachment_store(c, file, f->name);
        if (id == 0) {
            return ERR_INVALID;
        }
        const struct value *given = value_get(c->in, f->name);
        struct value *ids = value_list(c->arena);
        for (size_t k = 0; k < value_count(given); k++) {
            value_push(c->arena, ids, value_at(given, k));
        }
        value_push(c->arena, ids, value_int(c->arena, id));
        value_set(c->arena, c->in, f->name, ids);
    }
    return c->faults.count > 0 ? ERR_INVALID : ERR_OK;
}

static struct value *
copy_map(struct arena *a, const struct value *m)
{
    struct value *copy = value_map(a);
    for (uint32_t i = 0; m != NULL && i < m->map.count; i++) {
        value_set(a, copy, m->map.pairs[i].key, m->map.pairs[i].v);
    }
    return copy;
}

// The write itself, on the engine's thread; may run again.
static enum err
write_work(struct db_tx *tx, void *arg)
{
    struct exchange *x = arg;
    struct ctx *c = &x->c;
    reset_answer(c);
    c->tx = tx;
    c->in = copy_map(c->arena, x->in);
    if (!replay_find(x)) {
        c->result = store_files(c);
        if (c->result == ERR_OK) {
            c->result = c->route->run(c);
        }
        if (c->result == ERR_OK && c->faults.count > 0) {
            c->result = ERR_INVALID;
        }
        if (c->result == ERR_OK && x->key != NULL && !c->secret) {
            if (c->api) {
                ctx_read_shown(c); // the same answer each time
            }
            replay_keep(x);
        }
    }
    c->tx = NULL;
    return c->result;
}

static void
end_read(struct ctx *c)
{
    if (c->tx != NULL) {
        db_read_end(c->tx);
        c->tx = NULL;
    }
}

// No half answers: what a failed snapshot did not find may be there.
static void
make_whole(struct ctx *c)
{
    enum err e = c->tx == NULL ? ERR_OK : db_tx_err(c->tx);
    if (e != ERR_OK) {
        end_read(c);
        reset_answer(c);
        c->result = e;
        *c->resp = (struct http_resp){0};
        respond(c);
    }
}

static void
respond_whole(struct ctx *c)
{
    respond(c);
    make_whole(c);
}

// Makes the answer to a request whose work is over, with a snapshot if it needs one.
static void
answer(struct exchange *x)
{
    struct ctx *c = &x->c;
    // A redirect or ready JSON needs no database; a page (faults, refusals) does.
    bool page = c->result != ERR_OK && !c->api;
    bool rest = c->result == ERR_OK && c->api && c->shown != NULL;
    if (page || rest) {
        c->tx = db_read_begin(c->app->db);
        if (c->tx == NULL && page) { // who they are, for the frame
            c->tx = db_read_stale(c->app->db);
            c->stale = c->tx != NULL;
        }
    }
    struct value *(*shown)(struct ctx *, int64_t) = c->shown;
    if (rest) {
        ctx_read_shown(c);
    }
    if (rest && c->tx != NULL && db_tx_err(c->tx) != ERR_OK) {
        end_read(c);
        c->shown = shown;
        ctx_read_shown(c); // it is written all the same: the id alone says so
    }
    respond_whole(c);
}

// On a thread that may wait.
static void
answer_waiting(void *arg)
{
    struct exchange *x = arg;
    struct ctx *c = &x->c;
    struct arena_guard g;
    c->resp = &x->answer;
    if (ARENA_TRY(c->arena, &g)) {
        answer(x);
        arena_end(c->arena, &g);
    } else {
        x->answer = (struct http_resp){.status = arena_starved(c->arena) ? 503 : 500};
    }
    end_read(c);
    x->answered = true;
    http_resume(c->req);
}

// The work of a suspended request is over; from any thread. Nothing of it is touched after.
static void
over(struct exchange *x)
{
    struct app *app = x->c.app;
    if (app->answerers == NULL) {
        http_resume(x->c.req);
        return;
    }
    x->task = (struct task){.fn = answer_waiting, .arg = x};
    workers_add_first(app->answerers, &x->task);
}

// Before the exchange is handed to another thread: nothing jumps back into this one any more.
static void
suspend(struct exchange *x)
{
    if (!x->suspended) {
        x->suspended = true;
        http_suspend(x->c.req);
    }
    if (x->guard != NULL) {
        arena_end(x->c.arena, x->guard);
        x->guard = NULL;
    }
}

static void
write_done(enum err e, void *arg)
{
    struct exchange *x = arg;
    x->c.tx = NULL; // the writer's, when the work ended for want of memory
    x->c.result = e;
    over(x);
}

static enum err
out_of_memory(const struct ctx *c)
{
    return arena_starved(c->arena) ? ERR_UNAVAILABLE : ERR_TOO_LARGE;
}

// What a snapshot that failed did not find may be there: nothing is concluded from it.
static enum err
prepare(struct ctx *c)
{
    struct arena_guard g;
    if (!ARENA_TRY(c->arena, &g)) {
        return out_of_memory(c);
    }
    enum err e = c->route->prepare(c);
    enum err failed = c->tx == NULL ? ERR_OK : db_tx_err(c->tx);
    arena_end(c->arena, &g);
    if (failed != ERR_OK) {
        reset_answer(c);
        return failed;
    }
    return e;
}

// On a worker: the slow preparation, then the write.
static void
prepare_and_submit(void *arg)
{
    struct exchange *x = arg;
    struct ctx *c = &x->c;
    enum err e = ERR_UNAVAILABLE;
    c->tx = db_read_begin(c->app->db);
    if (c->tx != NULL) {
        e = prepare(c);
        end_read(c);
    }
    if (e == ERR_OK && c->faults.count > 0) {
        e = ERR_INVALID;
    }
    if (e == ERR_OK) {
        x->in = c->in;
        e = db_submit(c->app->db, &x->job);
        if (e == ERR_OK) {
            return;
        }
    }
    write_done(e, x);
}

// Hands a write over. Returns false when it was answered at once.
static bool
start_write(struct exchange *x)
{
    struct ctx *c = &x->c;
    x->in = c->in;
    x->job =
        (struct db_job){.work = write_work, .done = write_done, .arg = x, .arena = c->arena};
    if ((c->route->flags & ROUTE_WAITS) != 0) {
        end_read(c);
        suspend(x);
        if (!app_work(c->app, prepare_and_submit, x)) {
            write_done(ERR_UNAVAILABLE, x);
        }
        return true;
    }
    if (c->route->prepare != NULL) {
        c->result = prepare(c);
        if (c->result == ERR_OK && c->faults.count > 0) {
            c->result = ERR_INVALID;
        }
        if (c->result != ERR_OK) {
            return false;
        }
        x->in = c->in;
    }
    end_read(c);
    suspend(x);
    enum err e = db_submit(c->app->db, &x->job);
    if (e != ERR_OK) {
        write_done(e, x);
    }
    return true;
}

// On a worker: a read that takes its time. Its page, if it has one, is made by gate_resumed.
static void
read_long(void *arg)
{
    struct exchange *x = arg;
    struct ctx *c = &x->c;
    struct arena_guard g;
    c->result = ERR_UNAVAILABLE;
    c->tx = db_read_begin(c->app->db);
    if (c->tx != NULL && ARENA_TRY(c->arena, &g)) {
        c->result = c->route->run(c);
        if (db_tx_err(c->tx) != ERR_OK) {
            reset_answer(c);
            c->result = db_tx_err(c->tx);
        }
        arena_end(c->arena, &g);
    } else if (c->tx != NULL) {
        reset_answer(c);
        c->result = out_of_memory(c);
    }
    end_read(c);
    over(x);
}

static void
start_read(struct exchange *x)
{
    end_read(&x->c);
    suspend(x);
    if (!app_work(x->c.app, read_long, x)) {
        write_done(ERR_UNAVAILABLE, x);
    }
}

// ---- checks before running ----------------------------------------------------------------

static enum err
check_permission(struct ctx *c)
{
    if ((c->route->roles & ROLE_ANYONE) != 0 || (c->actor->roles & c->route->roles) != 0) {
        return ERR_OK;
    }
    return c->actor->id == 0 ? ERR_UNAUTHENTICATED : ERR_FORBIDDEN;
}

static enum err
check_body(struct ctx *c)
{
    const struct http_req *r = c->req;
    const char *type = http_header(r, "content-type");
    if (r->too_large) {
        return ERR_TOO_LARGE;
    }
    if (c->api) {
        bool json = type != NULL && text_starts(type, "application/json");
        bool upload = type != NULL && text_starts(type, "multipart/form-data");
        bool takes_file = c->route->fields == NULL;
        if (r->body_size > 0 && !json && !(upload && takes_file)) {
            return ERR_MEDIA_TYPE;
        }
        return r->bad_form ? ERR_BAD_REQUEST : ERR_OK;
    }
    if (r->bad_form) {
        return ctx_refuse(c, ERR_BAD_REQUEST, T("表单里有不是文字的内容，请重新填写"));
    }
    if (!session_csrf_ok(c)) {
        // The form of nobody's session is shown again at once, with a token that counts.
        bool again = c->actor->id == 0 && c->route->again != NULL;
        return ctx_refuse(c, ERR_FORBIDDEN,
                          again ? T("页面已过期，请再提交一次")
                                : T("页面已过期，请返回刷新后再提交"));
    }
    return ERR_OK;
}

// How expensive a request is, and for whom that counts.
static enum rate_class
rate_class_of(const struct ctx *c)
{
    const char *q = ctx_query(c, "q");
    if ((c->route->flags & ROUTE_RATED) != 0) {
        return RATE_LOGIN;
    }
    if (c->route->method == HTTP_GET) {
        bool export =
            text_ends(c->route->pattern, ".csv") || text_ends(c->route->pattern, ".xlsx");
        bool search = (q != NULL && *q != '\0') || text_ends(c->route->pattern, "/options");
        return export ? RATE_EXPORT : search ? RATE_SEARCH : RATE_FREE;
    }
    if ((c->route->flags & ROUTE_NO_TX) != 0) {
        return RATE_SEARCH;
    }
    // The tokens of the office are programs, which bring in whole years at once.
    return !c->api || ctx_is(c, ROLE_MEMBER) ? RATE_WRITE : RATE_FREE;
}

static enum err
check_rate(struct ctx *c)
{
    enum rate_class class = rate_class_of(c);
    if (class == RATE_FREE || c->app->rates == NULL || rate_is_local(c->req->peer)) {
        return ERR_OK;
    }
    const char *who = class == RATE_LOGIN || c->actor->id == 0
                          ? rate_network(c->arena, c->req->peer)
                          : arena_printf(c->arena, "a%lld", (long long)c->actor->id);
    c->retry_ms = rates_take(c->app->rates, class, who, c->now);
    if (c->retry_ms == 0) {
        return ERR_OK;
    }
    const char *seconds = arena_printf(c->arena, "%lld", (long long)(c->retry_ms + 999) / 1000);
    c->detail = ctx_trf(c, T("请求太频繁，请过 {0} 秒再试"), 1, seconds);
    return ERR_TOO_MANY;
}

static void
hash_text(crypto_generichash_state *s, const char *text)
{
    const char *t = text == NULL ? "" : text;
    crypto_generichash_update(s, (const unsigned char *)t, strlen(t) + 1);
}

// What was sent. Of a form that is its fields: the same ones sent once more look another way,
// with another mark between the parts and the token of the session under another mask.
static void
hash_input(const struct http_req *r, crypto_generichash_state *s)
{
    for (size_t i = 0; i < r->form.count; i++) {
        if (strcmp(r->form.items[i].name, "csrf") != 0) {
            hash_text(s, r->form.items[i].name);
            hash_text(s, r->form.items[i].value);
        }
    }
    for (size_t i = 0; i < r->file_count; i++) {
        hash_text(s, r->files[i].field);
        hash_text(s, r->files[i].name);
        crypto_generichash_update(s, r->files[i].data, r->files[i].size);
    }
    if (r->form.count == 0) {
        crypto_generichash_update(s, (const unsigned char *)r->body, r->body_size);
    }
}

static enum err
read_key(struct exchange *x)
{
    struct ctx *c = &x->c;
    // A script that keeps a draft sends the form's fields, too, but is not the form.
    const char *key = c->api          ? http_header(c->req, "idempotency-key")
                      : c->background ? NULL
                                      : http_list_get(&c->req->form, "token");
    if (key == NULL || *key == '\0') {
        return ERR_OK;
    }
    if (strlen(key) > KEY_MAX || text_has_control(key, false)) {
        return ERR_BAD_REQUEST;
    }
    x->key = key;
    crypto_generichash_state s;
    crypto_generichash_init(&s, NULL, 0, sizeof x->body_hash);
    crypto_generichash_update(&s, (const unsigned char *)c->req->path, strlen(c->req->path));
    hash_input(c->req, &s);
    crypto_generichash_final(&s, x->body_hash, sizeof x->body_hash);
    return ERR_OK;
}

// The table the body is read by; NULL: the route reads it itself, or takes a file. What takes
// nothing still does not take just anything in the API.
static const struct field *
input_table(const struct ctx *c)
{
    static const struct field NOTHING[1];
    bool own = (c->route->flags & ROUTE_NO_TX) != 0 || c->req->file_count > 0;
    if (c->route->fields != NULL || !c->api || own || c->req->body_size == 0) {
        return c->route->fields;
    }
    return c->req->form.count > 0 ? NULL : NOTHING;
}

static enum err
check_all(struct exchange *x)
{
    struct ctx *c = &x->c;
    bool write = c->route->method != HTTP_GET;
    enum err e = session_actor(c, &c->actor);
    if (e != ERR_OK) {
        return e;
    }
    if (c->actor->language != NULL) {
        c->lang = text_equal(c->actor->language, "en") ? LANG_EN : LANG_ZH;
    }
    e = check_permission(c);
    if (e == ERR_OK) {
        e = check_rate(c);
    }
    if (e == ERR_OK && write) {
        e = check_body(c);
    }
    if (e == ERR_OK && write) {
        e = read_key(x);
    }
    const struct field *fields = write ? input_table(c) : NULL;
    if (e == ERR_OK && fields != NULL) {
        e = field_read(c, fields, (c->route->flags & ROUTE_PARTIAL) != 0);
    }
    return e;
}

// ---- entry ------------------------------------------------------------------------------

bool
gate_asset(struct http_req *r, struct http_resp *resp)
{
    if (strncmp(r->path, "/s/", 3) != 0) {
        return false;
    }
    for (size_t i = 0; i < ASSETS_COUNT; i++) {
        if (strcmp(ASSETS[i].path, r->path) == 0) {
            http_serve_asset(&ASSETS[i], r, resp);
            return true;
        }
    }
    return false;
}

static enum language
chosen_language(const struct http_req *r)
{
    const char *cookie = http_cookie(r, "hq_lang");
    if (cookie != NULL) {
        return strcmp(cookie, "en") == 0 ? LANG_EN : LANG_ZH;
    }
    return language_from_header(http_header(r, "accept-language"));
}

static struct ctx
ctx_new(struct app *app, struct http_req *r)
{
    return (struct ctx){.app = app,
                        .arena = r->arena,
                        .req = r,
                        .api = is_api(r->path),
                        .background = http_header(r, "hx-request") != NULL,
                        .actor = &ACTOR_NOBODY,
                        .lang = chosen_language(r),
                        .now = time_now()};
}

static void
leave_snapshot(void *arg)
{
    struct exchange *x = arg;
    end_read(&x->c);
}

static struct exchange *
exchange_new(struct app *app, struct http_req *r)
{
    struct exchange *x = ARENA_NEW(r->arena, struct exchange);
    x->c = ctx_new(app, r);
    r->user = x;
    arena_defer(r->arena, leave_snapshot, x); // when the arena runs out
    return x;
}

// Runs a read or the checks of a write. True: suspended.
static bool
run_request(struct exchange *x)
{
    struct ctx *c = &x->c;
    if (c->route == NULL) {
        c->result = c->match.allowed != 0 ? ERR_METHOD : ERR_NOT_FOUND;
        // The frame of an error page still shows who is logged in.
        session_actor(c, &c->actor);
        return false;
    }
    c->result = check_all(x);
    if (c->result != ERR_OK) {
        return false;
    }
    if (c->route->method != HTTP_GET && (c->route->flags & ROUTE_NO_TX) == 0) {
        return start_write(x);
    }
    if (c->route->method == HTTP_GET && (c->route->flags & ROUTE_WAITS) != 0) {
        start_read(x);
        return true;
    }
    c->result = c->route->run(c);
    return false;
}

// Runs a request and answers it, as far as its snapshot lets it. False: it was handed over.
static bool
try_request(struct exchange *x)
{
    struct ctx *c = &x->c;
    if (!ctx_read_begin(c)) {
        c->result = ERR_UNAVAILABLE;
    } else if (run_request(x)) {
        return false;
    }
    respond(c);
    return true;
}

// A read that found no server or lost its line: another may answer, when one is found.
static bool
is_cut(const struct ctx *c)
{
    enum err e = c->tx == NULL ? c->result : db_tx_err(c->tx);
    return c->req->method == HTTP_GET && e == ERR_UNAVAILABLE;
}

static void
start_over(struct exchange *x)
{
    const struct timespec nap = {.tv_nsec = READ_AGAIN_MS * 1000000L};
    struct ctx *c = &x->c;
    struct ctx fresh = ctx_new(c->app, c->req);
    end_read(c);
    fresh.resp = c->resp;
    fresh.match = c->match;
    fresh.route = c->route;
    *c = fresh;
    *c->resp = (struct http_resp){0};
    nanosleep(&nap, NULL);
}

// Where reads wait: the whole of a request, on a thread that may.
static void
serve_waiting(void *arg)
{
    struct exchange *x = arg;
    struct ctx *c = &x->c;
    struct arena_guard g;
    c->resp = &x->answer;
    if (ARENA_TRY(c->arena, &g)) {
        x->guard = &g; // which ends where the exchange is handed over
        for (int i = 0; i <= READ_AGAIN && (i == 0 || is_cut(c)); i++) {
            if (i > 0) {
                start_over(x);
            }
            if (!try_request(x)) {
                return;
            }
        }
        make_whole(c);
        arena_end(c->arena, &g);
    } else {
        x->answer = (struct http_resp){.status = arena_starved(c->arena) ? 503 : 500};
    }
    end_read(c);
    x->answered = true;
    http_resume(c->req);
}

static void
start_waiting(struct exchange *x)
{
    struct ctx *c = &x->c;
    suspend(x);
    x->task = (struct task){.fn = serve_waiting, .arg = x};
    if (!workers_add(c->app->answerers, &x->task)) {
        c->result = ERR_UNAVAILABLE;
        http_resume(c->req);
    }
}

bool
gate_serve(void *arg, struct http_req *r, struct http_resp *resp)
{
    struct app *app = arg;
    if (gate_asset(r, resp)) {
        return true;
    }
    struct exchange *x = exchange_new(app, r);
    struct ctx *c = &x->c;
    c->resp = resp;
    c->match = find_route(app, r->arena, r->method, r->path);
    c->route = c->match.target;
    if (app->answerers != NULL) {
        start_waiting(x);
        return false;
    }
    c->tx = db_read_begin(app->db);
    if (c->tx == NULL) {
        c->result = ERR_UNAVAILABLE;
        respond(c);
        return true;
    }
    // Nothing of the exchange may be touched once it is suspended.
    if (run_request(x)) {
        return false;
    }
    respond_whole(c);
    end_read(c);
    return true;
}

void
gate_resumed(void *arg, struct http_req *r, struct http_resp *resp)
{
    struct exchange *x = r->user;
    (void)arg;
    if (x->answered) {
        *resp = x->answer;
        return;
    }
    x->c.resp = resp;
    if (x->c.app->answerers == NULL) {
        answer(x);
        end_read(&x->c);
    } else { // too much waits
        respond(&x->c);
    }
}
