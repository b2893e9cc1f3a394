// SPDX-License-Identifier: Apache-2.0
// Resident identity numbers (公民身份号码, GB 11643): what a number says and whether it is
// sound.
#ifndef BASE_RESIDENT_ID_H
#define BASE_RESIDENT_ID_H

#include <stdbool.h>
#include <stdint.h>

enum resident_id_fault {
    RESIDENT_ID_SOUND,
    RESIDENT_ID_LENGTH,     // not 18 characters
    RESIDENT_ID_CHARACTERS, // not 17 digits and a digit or X
    RESIDENT_ID_BIRTH_DATE, // no such day
    RESIDENT_ID_CHECK_DIGIT,
};

// `id` is trimmed and in upper case. Sound: fills the day of birth (base/timestamp.h) and sex.
enum resident_id_fault resident_id_check(const char *id, int32_t *birth, bool *male);

#endif
