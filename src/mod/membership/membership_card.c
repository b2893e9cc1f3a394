// SPDX-License-Identifier: Apache-2.0
// Membership cards: a page to show or print, and what its QR code leads to. A card is verified
// by its signature; without one, numbers tell nothing, not even that they exist.
#include "mod/membership/membership_impl.h"

#include "base/buf.h"
#include "base/text.h"
#include "kit/app.h"
#include "mod/post/post.h"

#include <qrencode.h>
#include <sodium.h>
#include <string.h>

enum { SIGNED = 10, NUMBER_DIGITS_MOST = 15, QR_BORDER = 2, QR_MOST = 65536 };

const struct db_stmt MEMBERSHIP_CARD = {
    .name = "membership.card",
    .sql = "SELECT m.state, m.since, o.name AS chamber, e.name AS enterprise, p.name AS person"
           " FROM membership m JOIN organization o ON o.id = m.organization_id"
           " LEFT JOIN enterprise e ON e.id = m.enterprise_id"
           " LEFT JOIN person p ON p.id = m.person_id WHERE m.id = $1",
    .params = "id:int",
    .row = "state:text since:text? chamber:text enterprise:text? person:text?"};

const char *
membership_token(const struct app *app, struct arena *a, int64_t id)
{
    unsigned char key[32], hash[crypto_auth_hmacsha256_BYTES];
    const char *number = membership_number(a, id);
    app_key(app, "membership.card", key);
    crypto_auth_hmacsha256_state s;
    crypto_auth_hmacsha256_init(&s, key, sizeof key);
    crypto_auth_hmacsha256_update(&s, (const unsigned char *)number, strlen(number));
    crypto_auth_hmacsha256_final(&s, hash);
    sodium_memzero(key, sizeof key);
    return arena_printf(a, "%s-%s", number, text_hex(a, hash, SIGNED));
}

// ---- the card --------------------------------------------------------------------------

// The dark modules of a QR code as one SVG path; *size is the side with its border.
static const char *
qr_path(struct arena *a, const char *text, int *size)
{
    QRcode *qr = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    struct buf b;
    buf_init(&b, a, 4096, QR_MOST);
    *size = 0;
    if (qr == NULL) {
        return "";
    }
    *size = qr->width + 2 * QR_BORDER;
    for (int y = 0; y < qr->width; y++) {
        for (int x = 0; x < qr->width; x++) {
            if ((qr->data[y * qr->width + x] & 1) != 0) {
                buf_printf(&b, "M%d %dh1v1h-1z", x + QR_BORDER, y + QR_BORDER);
            }
        }
    }
    QRcode_free(qr);
    return buf_str(&b);
}

enum err
membership_card_run(struct ctx *c)
{
    struct value *rec = record_get(c, &MEMBERSHIP_KIND, ctx_id(c, "id"));
    if (rec == NULL) {
        return ERR_NOT_FOUND;
    }
    if (!membership_is_current(value_get_text(rec, "state"))) {
        return ctx_refuse(c, ERR_CONFLICT, T("不是会员，没有会员证。"));
    }
    c->out = rec;
    return ERR_OK;
}

enum err
membership_card_show(struct ctx *c)
{
    struct arena *a = c->arena;
    int64_t id = value_get_int(c->out, "id", 0);
    const char *enterprise = value_get_text(c->out, "enterprise_name");
    const char *person = value_get_text(c->out, "person_name");
    const char *host = http_header(c->req, "host");
    const char *url =
        arena_printf(a, "%s://%s%s/verify/%s", c->req->tls ? "https" : "http",
                     host == NULL ? "" : host, c->req->base, membership_token(c->app, a, id));
    const char *seat = value_get_text(c->out, "post");
    int size;
    value_set_text(a, c->page, "title", ctx_tr(c, T("会员证")));
    value_set_text(a, c->page, "qr", qr_path(a, url, &size));
    value_set_int(a, c->page, "qr_size", size);
    value_set_text(a, c->page, "number", membership_number(a, id));
    value_set_text(a, c->page, "name", enterprise != NULL ? enterprise : person);
    value_set_text(a, c->page, "representative", enterprise != NULL ? person : NULL);
    value_set_text(a, c->page, "chamber", value_get_text(c->out, "organization_name"));
    value_set_text(a, c->page, "seat",
                   seat == NULL ? NULL : choice_label(POST_CODES, seat, c->lang));
    value_set_text(a, c->page, "since", value_get_text(c->out, "since"));
    value_set_text(a, c->page, "url", url);
    value_set_text(a, c->page, "back_url", arena_printf(a, "/memberships/%lld", (long long)id));
    return ERR_OK;
}

// ---- verifying -------------------------------------------------------------------------

// The id when the signature is right, else 0: forged and unknown look the same.
static int64_t
id_of_token(struct ctx *c, const char *token)
{
    const char *dash = strchr(token, '-');
    int64_t id;
    if (strncmp(token, "HY", 2) != 0 || dash == NULL || dash - token > NUMBER_DIGITS_MOST ||
        !text_to_int(arena_strndup(c->arena, token + 2, (size_t)(dash - token) - 2), &id) ||
        id <= 0) {
        return 0;
    }
    const char *right = membership_token(c->app, c->arena, id);
    size_t n = strlen(right);
    return strlen(token) == n && sodium_memcmp(token, right, n) == 0 ? id : 0;
}

enum err
membership_verify_run(struct ctx *c)
{
    int64_t id = id_of_token(c, ctx_param(c, "token"));
    int64_t into = id == 0 ? 0 : record_merged_into(c->tx, MEMBERSHIP_KIND.name, id);
    id = into != 0 ? into : id; // a card that was printed before two stays became one
    c->out = id == 0 ? NULL : db_one(c->tx, c->arena, &MEMBERSHIP_CARD, DB_ARGS(DB_INT(id)));
    if (c->out == NULL) {
        c->out = value_map(c->arena);
    }
    return ERR_OK;
}

static void
say(struct ctx *c, const char *class, const char *icon, const char *title, const char *detail)
{
    value_set_text(c->arena, c->page, "class", class);
    value_set_text(c->arena, c->page, "icon", icon);
    value_set_text(c->arena, c->page, "title", ctx_tr(c, title));
    value_set_text(c->arena, c->page, "detail", detail);
    value_set(c->arena, c->page, "links", &value_empty_list);
}

// Whoever holds the card reads the name on it; this page only says that it is right, and a
// person's name stays half hidden.
enum err
membership_verify_show(struct ctx *c)
{
    struct arena *a = c->arena;
    const char *state = value_get_text(c->out, "state");
    if (state == NULL) {
        say(c, "is-bad", "x", T("查不到这张会员证"),
            ctx_tr(c, T("请核对二维码是否完整，或向发证的商会查询。")));
        return ERR_OK;
    }
    if (!membership_is_current(state)) {
        say(c, "is-warn", "alert-triangle", T("这张会员证已经失效"),
            ctx_tr(c, T("会籍已经结束，请向发证的商会查询。")));
        return ERR_OK;
    }
    const char *name = value_get_text(c->out, "enterprise");
    const char *person = value_get_text(c->out, "person");
    name = name != NULL ? name : person != NULL ? text_mask(a, person) : "";
    const char *since = value_get_text(c->out, "since");
    bool suspended = strcmp(state, "suspended") == 0;
    say(c, suspended ? "is-warn" : "is-ok", suspended ? "alert-triangle" : "circle-check",
        suspended ? T("是会员，现在暂停权利") : T("会员证有效"),
        ctx_trf(c, T("{0}，{1}会员，{2}入会"), 3, name, value_get_text(c->out, "chamber"),
                since == NULL ? "" : since));
    return ERR_OK;
}
