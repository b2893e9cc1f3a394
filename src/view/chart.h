// SPDX-License-Identifier: Apache-2.0
// Charts as inline SVG without script or style attributes; colours come from app.css classes.
// The page shows the same numbers as a table beside it.
#ifndef VIEW_CHART_H
#define VIEW_CHART_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct chart_series {
    const char *label;
    const int64_t *values; // one per label on the axis
};

// Lines over a common axis (at most two series: classes l1 and l2). `unit` may be "".
// `title_id` names the heading for aria-labelledby.
void chart_lines(struct buf *b, const char *title_id, const char *const *labels, size_t n,
                 const struct chart_series *series, size_t series_count, const char *unit);
// Horizontal bars; `notes` (may be NULL, also single ones) is the text after a bar in place of
// its number, `flag` (may be NULL) marks bars in accent; colour alone tells nothing to some
// readers, so a flagged bar's note should say it too ("44 件　▼86%").
void chart_bars(struct buf *b, const char *title_id, const char *const *labels,
                const int64_t *values, const char *const *notes, const bool *flag, size_t n);

#endif
