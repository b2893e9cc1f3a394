// SPDX-License-Identifier: Apache-2.0
// Personal values at rest (PV1): sealed by XChaCha20-Poly1305 to the place they stand in, and
// found again by keyed hashes, never by their text. The keys come from DIR/secret and exist
// only here and for as long as a call lasts.
#ifndef KIT_SEAL_H
#define KIT_SEAL_H

#include "kit/app.h"

// Where a value stands. A sealed value opens nowhere else: copied to another row or column it
// is as good as forged.
struct seal_place {
    const char *table, *column;
    int64_t id;
};

enum { SEAL_KEY_FIRST = 1 };

// Which key new values get: setting `seal_key`, SEAL_KEY_FIRST when there is none. Older ones
// still open; record_reseal brings values to the present key.
int64_t seal_key(struct db_tx *tx, struct arena *a);
// "1.K7n…": the number of the key, then nonce and ciphertext.
const char *seal_text(const struct app *app, struct arena *a, int64_t key,
                      const struct seal_place *at, const char *plain);
// NULL when it is forged, damaged or from another secret.
const char *seal_open(const struct app *app, struct arena *a, const struct seal_place *at,
                      const char *sealed);
// The mask of a sealed mobile for exports, where thousands are wanted: a third of the work of
// opening one, since it is not checked that the value stands where it was sealed
// (docs/adr/0013-masks-in-exports.md). NULL when it is no mobile: seal_open tells what it is.
const char *seal_mobile_mask(const struct app *app, struct arena *a, const char *sealed);
// The number of the key a sealed value was made with; 0 when it is not a sealed value.
int64_t seal_key_of(const char *sealed);

// The blind index: 32 hexadecimal digits, equal for equal values of this table and column.
// Spaces and case do not count. at->id is not used.
const char *seal_index(const struct app *app, struct arena *a, const struct seal_place *at,
                       const char *plain);
// The same of the last four digits; NULL when there are not four of them.
const char *seal_end(const struct app *app, struct arena *a, const struct seal_place *at,
                     const char *plain);

// What everybody sees of it: 138****6620, 1********X.
const char *seal_mask(struct arena *a, const char *plain);
// A mask that came back from a form, not a value.
bool seal_is_mask(const char *s);

#endif
