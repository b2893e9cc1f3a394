// SPDX-License-Identifier: Apache-2.0
// The gate's way of a write, for one caller that waits: route, role, input, prepare, run.
#include "cmd/act.h"

#include "base/json.h"
#include "kit/field.h"

enum { BODY_MAX = 1024 * 1024 };

struct posting {
    struct ctx c;
    const struct value *in;
};

static enum err
run_posting(struct db_tx *tx, void *arg)
{
    struct posting *p = arg;
    struct ctx *c = &p->c;
    c->tx = tx;
    c->out = NULL;
    c->shown = NULL;
    c->faults = (struct faults){0};
    c->in = value_map(c->arena); // `run` may change its input, and may run again
    for (uint32_t i = 0; p->in != NULL && i < p->in->map.count; i++) {
        value_set(c->arena, c->in, p->in->map.pairs[i].key, p->in->map.pairs[i].v);
    }
    enum err e = c->route->run(c);
    return e == ERR_OK && c->faults.count > 0 ? ERR_INVALID : e;
}

static enum err
prepare(struct posting *p)
{
    struct ctx *c = &p->c;
    c->tx = db_read_begin(c->app->db);
    if (c->tx == NULL) {
        return ERR_UNAVAILABLE;
    }
    enum err e = c->route->fields == NULL
                     ? ERR_OK
                     : field_read(c, c->route->fields, (c->route->flags & ROUTE_PARTIAL) != 0);
    if (e == ERR_OK && c->route->prepare != NULL) {
        e = c->route->prepare(c);
    }
    p->in = c->in;
    db_read_end(c->tx);
    c->tx = NULL;
    return e == ERR_OK && c->faults.count > 0 ? ERR_INVALID : e;
}

static const char *
explain(const struct ctx *c, enum err e)
{
    if (c->faults.count > 0) {
        const struct fault *f = &c->faults.items[0];
        return arena_printf(c->arena, "%s: %s", f->field == NULL ? "input" : f->field,
                            f->message);
    }
    return c->detail != NULL ? c->detail : err_info(e)->code;
}

static bool
may(const struct posting *p)
{
    return (p->c.route->roles & (p->c.actor->roles | ROLE_ANYONE)) != 0 || p->c.actor->id == -1;
}

// A ctx like the gate's, for a request nobody sent.
static enum err
begin(struct posting *p, const struct act *act, struct http_req *req, struct http_resp *resp)
{
    p->c = (struct ctx){.app = act->app,
                        .arena = act->arena,
                        .req = req,
                        .resp = resp,
                        .api = true,
                        .actor = act->actor,
                        .lang = LANG_ZH,
                        .now = act->now};
    p->c.match = http_router_find(act->app->api_router, act->arena, req->method, req->path);
    p->c.route = p->c.match.target;
    return p->c.route == NULL ? ERR_NOT_FOUND : may(p) ? ERR_OK : ERR_FORBIDDEN;
}

static struct http_req
request(const struct act *act, enum http_method method, const char *path)
{
    return (struct http_req){.arena = act->arena,
                             .method = method,
                             .path = path,
                             .base = "",
                             .query_text = "",
                             .peer = "local",
                             .body = ""};
}

static enum err
write(const struct act *act, enum http_method method, const char *path, const struct value *in,
      const struct value **out, const char **why)
{
    struct buf body;
    buf_init(&body, act->arena, 1024, BODY_MAX);
    json_write(&body, in);
    struct http_req req = request(act, method, path);
    req.body = buf_str(&body);
    req.body_size = body.n;
    struct http_resp resp = {0};
    struct posting p = {0};
    enum err e = begin(&p, act, &req, &resp);
    if (e == ERR_OK) {
        e = prepare(&p);
    }
    if (e == ERR_OK) {
        e = db_write(act->app->db, act->arena, run_posting, &p);
    }
    if (e == ERR_OK && p.c.shown != NULL) {
        p.c.tx = db_read_begin(act->app->db);
        ctx_read_shown(&p.c);
        db_read_end(p.c.tx);
    }
    *out = p.c.out;
    *why = e == ERR_OK ? NULL : explain(&p.c, e);
    return e;
}

enum err
act_post(const struct act *act, const char *path, const struct value *in,
         const struct value **out, const char **why)
{
    return write(act, HTTP_POST, path, in, out, why);
}

enum err
act_patch(const struct act *act, const char *path, const struct value *in,
          const struct value **out, const char **why)
{
    return write(act, HTTP_PATCH, path, in, out, why);
}

enum err
act_get(const struct act *act, const char *path, const struct http_list *query,
        const struct value **out, const char **why)
{
    struct http_req req = request(act, HTTP_GET, path);
    if (query != NULL) {
        req.query = *query;
    }
    struct http_resp resp = {0};
    struct posting p = {0};
    enum err e = begin(&p, act, &req, &resp);
    if (e == ERR_OK) {
        p.c.tx = db_read_begin(act->app->db);
        e = p.c.tx == NULL ? ERR_UNAVAILABLE : p.c.route->run(&p.c);
        if (p.c.tx != NULL) {
            db_read_end(p.c.tx);
        }
    }
    *out = p.c.out;
    *why = e == ERR_OK ? NULL : explain(&p.c, e);
    return e;
}
