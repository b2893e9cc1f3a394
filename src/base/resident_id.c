// SPDX-License-Identifier: Apache-2.0
// GB 11643: six digits of region, the date of birth, a serial number whose last digit is odd
// for men, and a check character, ISO 7064 MOD 11-2.
#include "base/resident_id.h"

#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

enum { LENGTH = 18, BIRTH = 6, SEX = 16 };

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum resident_id_fault
resident_id_check(const char *id, int32_t *birth, bool *male)
{
    static const int weights[LENGTH - 1] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                            3, 7, 9,  10, 5, 8, 4, 2};
    int sum = 0;
    if (strlen(id) != LENGTH) {
        return RESIDENT_ID_LENGTH;
    }
    for (int i = 0; i < LENGTH - 1; i++) {
        if (!is_digit(id[i])) {
            return RESIDENT_ID_CHARACTERS;
        }
        sum += weights[i] * (id[i] - '0');
    }
    if (!is_digit(id[LENGTH - 1]) && id[LENGTH - 1] != 'X') {
        return RESIDENT_ID_CHARACTERS;
    }
    char date[11];
    snprintf(date, sizeof date, "%.4s-%.2s-%.2s", id + BIRTH, id + BIRTH + 4, id + BIRTH + 6);
    if (!day_parse(date, birth)) {
        return RESIDENT_ID_BIRTH_DATE;
    }
    *male = (id[SEX] - '0') % 2 == 1;
    return id[LENGTH - 1] == "10X98765432"[sum % 11] ? RESIDENT_ID_SOUND
                                                     : RESIDENT_ID_CHECK_DIGIT;
}
