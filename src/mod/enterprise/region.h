// SPDX-License-Identifier: Apache-2.0
// Regions by GB/T 2260, as the build's data package has them: provinces, cities, counties.
#ifndef MOD_ENTERPRISE_REGION_H
#define MOD_ENTERPRISE_REGION_H

#include "kit/code.h"

struct region {
    char code[7]; // "320902"; a province ends with 0000, a city with 00
    const char *name;
};
extern const struct region REGIONS[]; // sorted by code
extern const size_t REGIONS_COUNT;

extern const struct code_list REGION_CODES;

// "亭湖区", without what stands above; NULL as region_name.
const char *region_own_name(const char *code);

// "江苏省盐城市亭湖区", NULL when there is no such region, or not any more.
const char *region_name(struct arena *a, const char *code);

#endif
