// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: the first line of the input is the content type, the rest the body. What
// comes out must be bounded, terminated UTF-8 and lie inside the body.
#include "http/form.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void
inspect(const struct form *f, const char *body, size_t n)
{
    require(f->fields.count + f->file_count <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < f->fields.count; i++) {
        const struct http_kv *kv = &f->fields.items[i];
        require(text_is_utf8(kv->name, strlen(kv->name)));
        require(text_is_utf8(kv->value, strlen(kv->value)));
    }
    for (size_t i = 0; i < f->file_count; i++) {
        const struct http_file *file = &f->files[i];
        const char *start = (const char *)file->data;
        require(start >= body && file->size <= n && start + file->size <= body + n);
        require(file->name[0] != '\0' && strpbrk(file->name, "/\\\r\n") == NULL);
        require(text_is_utf8(file->name, strlen(file->name)) && file->type != NULL);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *a;
    if (a == NULL) {
        a = arena_new(16 << 20);
    }
    const uint8_t *line = size == 0 ? NULL : memchr(data, '\n', size);
    if (line == NULL) {
        return 0;
    }
    struct form f;
    struct arena_guard g;
    size_t n = size - (size_t)(line + 1 - data);
    char *body = malloc(n + (n == 0)); // its own block, so that one byte too far is seen
    memcpy(body, line + 1, n);
    if (ARENA_TRY(a, &g)) {
        const char *type = arena_strndup(a, (const char *)data, (size_t)(line - data));
        if (form_parse(a, type, body, n, &f) == FORM_OK) {
            inspect(&f, body, n);
        } else {
            require(f.fields.count == 0 && f.file_count == 0);
        }
        arena_end(a, &g);
    }
    arena_reset(a);
    free(body);
    return 0;
}
