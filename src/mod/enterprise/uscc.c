// SPDX-License-Identifier: Apache-2.0
// Two check characters: of the whole code modulo 31, of the organisation code modulo 11.
#include "mod/enterprise/uscc.h"

#include "mod/enterprise/enterprise.h"

#include "base/text.h"
#include "kit/rule.h"

#include <string.h>

enum { LENGTH = 18, MODULUS = 31, REGION = 2, ORGANISATION = 8, BODY = 8 };

const char *
uscc_tidy(struct arena *a, const char *code)
{
    return text_upper(a, text_tidy(a, code, false));
}

// Weights are powers of 3; the outer modulo makes remainder 0 the character '0'.
enum uscc_fault
uscc_check(const char *code)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    unsigned sum = 0;
    unsigned weight = 1;
    bool region = true;
    if (strlen(code) != LENGTH) {
        return USCC_LENGTH;
    }
    for (size_t i = 0; i < LENGTH; i++) {
        const char *at = strchr(alphabet, code[i]);
        if (at == NULL) {
            return USCC_CHARACTERS;
        }
        unsigned value = (unsigned)(at - alphabet);
        region = region && (i < REGION || i >= ORGANISATION || value < 10);
        if (i == LENGTH - 1) {
            bool sound = value == (MODULUS - sum % MODULUS) % MODULUS;
            return !region ? USCC_REGION : sound ? USCC_SOUND : USCC_CHECK_DIGIT;
        }
        sum += value * weight;
        weight = weight * 3 % MODULUS;
    }
    return USCC_LENGTH;
}

bool
uscc_organisation_is_sound(const char *code)
{
    static const int weights[BODY] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (size_t i = 0; i < BODY; i++) {
        char c = code[ORGANISATION + i];
        sum += weights[i] * (c <= '9' ? c - '0' : c - 'A' + 10);
    }
    int check = 11 - sum % 11;
    char expected = (char)(check == 10 ? 'X' : check == 11 ? '0' : '0' + check);
    return code[ORGANISATION + BODY] == expected;
}

const struct value *
uscc_rule(struct arena *a, const struct value *in, struct faults *f)
{
    static const char *const WORDS[] = {NULL, "length", "characters", "region", "check_digit"};
    const char *given = value_get_text(in, "code");
    if (given == NULL) {
        return rule_fault(a, f, "required", "要给出统一社会信用代码", "code");
    }
    const char *code = uscc_tidy(a, given);
    enum uscc_fault fault = uscc_check(code);
    struct value *out = value_map(a);
    struct value *list = value_list(a);
    value_set_bool(a, out, "ok", fault == USCC_SOUND);
    if (fault != USCC_SOUND) {
        value_push(a, list, value_ref(a, WORDS[fault]));
        value_set(a, out, "errors", list);
        return out;
    }
    value_set_text(a, out, "registry", arena_strndup(a, code, 1));
    value_set_text(a, out, "class", arena_strndup(a, code, 2));
    value_set_text(a, out, "region", arena_strndup(a, code + REGION, ORGANISATION - REGION));
    if (!uscc_organisation_is_sound(code)) {
        value_push(a, list, value_ref(a, "organization_check"));
    }
    value_set(a, out, "warnings", list);
    return out;
}
