// SPDX-License-Identifier: Apache-2.0
// Finding one person by a whole number that is kept sealed.
#include "mod/people/people_impl.h"

#include "kit/ask.h"

enum { FOUND_MOST = 10 };

const struct field PERSON_FIND_FIELDS[] = {
    {.name = "id_number",
     .type = FIELD_TEXT,
     .label = "居民身份证号",
     .max = 18,
     .where = IN_FORM,
     .check = person_id_fault},
    {.name = "mobile", .type = FIELD_MOBILE, .label = "手机", .where = IN_FORM},
    {0},
};

enum err
person_find_form(struct ctx *c)
{
    c->out = value_map(c->arena);
    return ERR_OK;
}

enum err
person_find_show(struct ctx *c)
{
    const struct ask ask = {.title = T("按号码找人"),
                            .consequence =
                                T("填其中一项，要填完整的号码。号码不会出现在网址和日志里。"),
                            .fields = PERSON_FIND_FIELDS,
                            .action = "/people/find",
                            .submit = T("查找"),
                            .back_label = T("人员名册"),
                            .back_url = "/people"};
    c->page = ask_page(c, &ask);
    return ERR_OK;
}

// Only what the reader may see anyway; a number of somebody else's member finds nothing.
enum err
person_find_run(struct ctx *c)
{
    struct value *items = value_list(c->arena);
    int64_t first = 0;
    for (const struct field *f = PERSON_FIND_FIELDS; f->name != NULL; f++) {
        const char *plain = value_get_text(c->in, f->name);
        int64_t ids[FOUND_MOST];
        const struct field *sealed = field_find(PERSON_KIND.fields, f->name);
        size_t n = plain == NULL
                       ? 0
                       : record_find_sealed(c, &PERSON_KIND, sealed, plain, ids, FOUND_MOST);
        for (size_t i = 0; i < n; i++) {
            const struct value *rec = record_get(c, &PERSON_KIND, ids[i]);
            if (rec != NULL) {
                first = first == 0 ? ids[i] : first;
                value_push(c->arena, items, record_masked(c, &PERSON_KIND, rec));
            }
        }
    }
    if (!c->api && first == 0) {
        return ctx_refuse(c, ERR_CONFLICT,
                          T("没有找到，请核对号码；别的商会的人员这里查不到。"));
    }
    struct value *out = value_map(c->arena);
    value_set(c->arena, out, "items", items);
    c->out = out;
    c->location = c->api ? NULL : arena_printf(c->arena, "/people/%lld", (long long)first);
    return ERR_OK;
}
