// SPDX-License-Identifier: Apache-2.0
// How Chinese characters are written: a table of the build (tools/strokes.mjs).
#ifndef KIT_STROKES_H
#define KIT_STROKES_H

#include <stddef.h>
#include <stdint.h>

extern const uint16_t STROKE_CHARS[];  // sorted
extern const uint32_t STROKE_STARTS[]; // one more than there are characters
extern const char STROKE_KINDS[];      // '1' 横 '2' 竖 '3' 撇 '4' 点 '5' 折, all in a row
extern const size_t STROKE_COUNT;      // of characters

// The strokes of a character, *n of them; NULL when the table does not have it.
const char *strokes_of(uint32_t character, size_t *n);

#endif
