// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <assert.h>
#include <string.h>

static const struct err_info INFO[ERR_COUNT] = {
    [ERR_OK] = {200, "ok", "好了"},
    [ERR_BAD_REQUEST] = {400, "bad_request", "请求的格式不对"},
    [ERR_UNAUTHENTICATED] = {401, "unauthenticated", "请先登录"},
    [ERR_FORBIDDEN] = {403, "forbidden", "您没有办理这件事的权限"},
    [ERR_NOT_FOUND] = {404, "not_found", "没有这一页"},
    [ERR_METHOD] = {405, "method_not_allowed", "这个网址不支持这种操作"},
    [ERR_CONFLICT] = {409, "conflict", "现在不能这样办"},
    [ERR_STALE] = {412, "stale", "别人刚刚改过，请核对后再存"},
    [ERR_TOO_LARGE] = {413, "too_large", "内容太大"},
    [ERR_MEDIA_TYPE] = {415, "media_type", "不支持这种格式"},
    [ERR_INVALID] = {422, "invalid", "有几处要改"},
    [ERR_TOO_MANY] = {429, "too_many", "太频繁了，请稍后再试"},
    [ERR_INTERNAL] = {500, "internal", "系统出了问题，已经记录"},
    [ERR_UNAVAILABLE] = {503, "unavailable", "系统正忙，请稍后再试"},
    [ERR_FULL] = {507, "storage_full", "服务器的磁盘满了，这次没有存下，请告诉管理员"},
    [ERR_READ_ONLY] = {503, "read_only",
                       "服务器的磁盘出了故障，现在只能查看。请告诉管理员，恢复后再交一次"},
};

const struct err_info *
err_info(enum err e)
{
    assert(e >= 0 && e < ERR_COUNT);
    return &INFO[e];
}

enum err
faults_add(struct arena *a, struct faults *f, const char *field, const char *code,
           const char *message)
{
    if (f->count == f->cap) {
        unsigned cap = f->cap == 0 ? 8 : f->cap * 2;
        struct fault *items = ARENA_ARRAY(a, struct fault, cap);
        if (f->count > 0) {
            memcpy(items, f->items, sizeof *items * f->count);
        }
        f->items = items;
        f->cap = cap;
    }
    f->items[f->count++] = (struct fault){.field = field, .code = code, .message = message};
    return ERR_INVALID;
}

const struct fault *
faults_of(const struct faults *f, const char *field)
{
    for (unsigned i = 0; i < f->count; i++) {
        if (f->items[i].field != NULL && strcmp(f->items[i].field, field) == 0) {
            return &f->items[i];
        }
    }
    return NULL;
}
