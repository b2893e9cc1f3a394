// SPDX-License-Identifier: Apache-2.0
// How large an enterprise is: 统计上大中小微型企业划分办法 (2017).
#ifndef MOD_ENTERPRISE_SIZE_H
#define MOD_ENTERPRISE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

enum enterprise_size {
    SIZE_MICRO,
    SIZE_SMALL,
    SIZE_MEDIUM,
    SIZE_LARGE,
    SIZE_NONE,
    SIZE_UNKNOWN
};
extern const char *const SIZE_CODES[]; // "XS" "S" "M" "L" "N/A" "need_data"

enum { SIZE_STAFF = 1, SIZE_REVENUE = 2, SIZE_ASSETS = 4, SIZE_INDUSTRY = 8 };

// What is known: bits of SIZE_STAFF … in `known`. Money in ten-thousandths of 万元, that is
// yuan.
struct size_input {
    const char *industry; // section letter or code, NULL unknown
    unsigned known;
    int64_t staff, revenue_yuan, assets_yuan;
};

// False: there is no such industry. SIZE_UNKNOWN: `missing` tells what is needed. An answer is
// given as soon as nothing unknown could change it.
bool size_of(const struct size_input *in, enum enterprise_size *size, unsigned *missing);

#endif
