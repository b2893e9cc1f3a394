// SPDX-License-Identifier: Apache-2.0
// Files people attach: at most 10 MB each, known kinds only, checked by their first bytes,
// kept in the database, downloaded only through the record they belong to.
#ifndef KIT_ATTACHMENT_H
#define KIT_ATTACHMENT_H

#include "kit/ctx.h"

enum { ATTACHMENT_MAX = 10 * 1024 * 1024, ATTACHMENTS_PER_RECORD = 9 };

// Stores the uploaded file for the actor, belonging to nothing yet. 0 and a fault on `field`
// when it is too large, empty or of a kind that is not allowed.
int64_t attachment_store(struct ctx *c, const struct http_file *f, const char *field);
// Binds attachments (a VALUE_LIST of ids) that the actor uploaded to a record. A fault when
// one does not exist, is somebody else's, or is bound already.
enum err attachment_bind(struct ctx *c, const struct value *ids, const char *kind,
                         int64_t record_id, const char *field);
// [{id name size type}] of a record.
struct value *attachment_list(struct ctx *c, const char *kind, int64_t record_id);

// Answers with the file's content when the reader may have it, else ERR_NOT_FOUND.
enum err attachment_send(struct ctx *c, int64_t id);

// A kind of record says who may read its attachments; registered at start.
typedef bool (*attachment_may_read)(struct ctx *c, int64_t record_id);
void attachment_register(const char *kind, attachment_may_read may);

#endif
