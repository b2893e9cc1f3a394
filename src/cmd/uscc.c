// SPDX-License-Identifier: Apache-2.0
// Check characters, so that invented codes pass every check that real ones do.
#include "cmd/uscc.h"

#include <stdio.h>
#include <string.h>

// Place of a letter in GB 11714, where all letters count.
static int
organ_value(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

static char
organ_check(const char *organ)
{
    static const int weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (int i = 0; i < 8; i++) {
        sum += organ_value(organ[i]) * weights[i];
    }
    int check = 11 - sum % 11;
    return check == 10 ? 'X' : check == 11 ? '0' : (char)('0' + check);
}

// GB 32100 leaves out I O S V Z.
static char
whole_check(const char *code)
{
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    int weight = 1;
    int sum = 0;
    for (int i = 0; i < 17; i++) {
        const char *at = strchr(letters, code[i]);
        sum += at == NULL ? 0 : (int)(at - letters) * weight;
        weight = weight * 3 % 31;
    }
    return letters[(31 - sum % 31) % 31];
}

const char *
uscc_make(struct arena *a, const char *head, const char *organ)
{
    char code[19];
    snprintf(code, sizeof code, "%.8s%.8s%c", head, organ, organ_check(organ));
    code[17] = whole_check(code);
    code[18] = '\0';
    return arena_strdup(a, code);
}
