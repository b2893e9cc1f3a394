// SPDX-License-Identifier: Apache-2.0
// How Chinese characters of names are read, by ICU's own rules. ICU takes half a millisecond
// for a company's name, so what it says of a character is kept.
#ifndef KIT_PINYIN_H
#define KIT_PINYIN_H

#include <stdint.h>
#include <unicode/utypes.h>

enum { PINYIN_NAME_MOST = 64, PINYIN_MOST = 512 };

// A run of Han characters as syllables with spaces between: "江南精密" → "jiang nan jing mi".
// Returns the length, 0 when the run is longer than PINYIN_NAME_MOST or ICU cannot. Thread
// safe.
int32_t pinyin_latin(const UChar *s, int32_t n, UChar out[PINYIN_MOST]);
// The same asked of ICU as one text, without what is kept: what the other has to agree with.
int32_t pinyin_latin_whole(const UChar *s, int32_t n, UChar out[PINYIN_MOST]);

#endif
