// SPDX-License-Identifier: Apache-2.0
// The style sheets, script, icons and logo that tools/assets.mjs builds into the program, each
// also as gzip and brotli, under a name that holds the hash of its content.
#ifndef KIT_ASSETS_H
#define KIT_ASSETS_H

#include "http/http.h"

// In this order of names: app.css app.js doc.css i.svg logo.svg (sorted, so bsearch works).
extern const struct http_asset ASSETS[];
extern const size_t ASSETS_COUNT;

#endif
