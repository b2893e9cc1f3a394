// SPDX-License-Identifier: Apache-2.0
// What lists of names are sorted by: keys that compare as bytes, the same in both engines,
// stored beside the name. Neither engine's collation nor ICU's is asked (docs/adr/0009).
#ifndef KIT_NAME_KEY_H
#define KIT_NAME_KEY_H

#include "base/arena.h"

enum name_order {
    // By the sound of each character, as names are read: 单 Shàn, 曾 Zēng; then as written.
    NAME_PINYIN,
    // As candidates are listed (按姓氏笔画为序): fewer strokes of the surname's first character
    // first; of as many, by its strokes in the order of writing, 横 竖 撇 点 折; of one
    // surname,
    // names of one character before those of two; then the name's characters, each the same
    // way. What the table of strokes does not have comes last.
    NAME_STROKES,
};

// ASCII but for the name itself, which ends it: equal only for equal names. Never empty.
const char *name_key(struct arena *a, enum name_order order, const char *name);

#endif
