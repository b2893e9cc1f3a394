// SPDX-License-Identifier: Apache-2.0
// Unified social credit codes (统一社会信用代码, GB 32100-2015).
#ifndef MOD_ENTERPRISE_USCC_H
#define MOD_ENTERPRISE_USCC_H

#include "base/err.h"
#include "base/value.h"

enum uscc_fault {
    USCC_SOUND,
    USCC_LENGTH,      // not 18 characters
    USCC_CHARACTERS,  // one that no code holds (I O S V Z …)
    USCC_REGION,      // characters 3 to 8 are not digits
    USCC_CHECK_DIGIT, // mistyped
};

// Upper case, trimmed: how codes are checked and kept.
const char *uscc_tidy(struct arena *a, const char *code);
enum uscc_fault uscc_check(const char *tidy_code);
// The organisation code inside (characters 9 to 17) has a check of its own, GB 11714. Old codes
// fail it and are valid all the same: a warning.
bool uscc_organisation_is_sound(const char *tidy_code);

#endif
