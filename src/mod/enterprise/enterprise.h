// SPDX-License-Identifier: Apache-2.0
// Enterprises (企业) of the district. What others may use: name and chamber by id.
#ifndef MOD_ENTERPRISE_ENTERPRISE_H
#define MOD_ENTERPRISE_ENTERPRISE_H

#include "kit/record.h"

// The pure rules `uscc` and `enterprise-size` (rules.md).
const struct value *uscc_rule(struct arena *a, const struct value *in, struct faults *f);
const struct value *size_rule(struct arena *a, const struct value *in, struct faults *f);

extern const struct module ENTERPRISE_MODULE;
extern const struct record_kind ENTERPRISE_KIND;
// Under an enterprise.
extern const struct record_kind ENTERPRISE_FIGURE_KIND;  // 年度数据
extern const struct record_kind ENTERPRISE_TAG_KIND;     // 资质标签
extern const struct record_kind ENTERPRISE_CONTACT_KIND; // 联系人
extern const struct choice ENTERPRISE_INDUSTRIES[];      // sections A … T of GB/T 4754
extern const struct choice ENTERPRISE_SIZES[];

// {id name chamber_id chamber_name state}, NULL when there is none.
// Sections and divisions of GB/T 4754 in the standard's order, a section before its divisions;
// NULL past the last. Names are Chinese.
const char *enterprise_industry_at(size_t i, const char **name);
// The name of exactly this section or division, NULL when there is none.
const char *enterprise_industry_name(const char *code);

struct value *enterprise_by_id(struct db_tx *tx, struct arena *a, int64_t id);

// What the rules say of an enterprise whose figures are all known: "micro" … "large", or NULL
// where the industry has no sizes; and the section of an industry's code, "C" of "35".
const char *enterprise_size_of(const char *industry, int64_t staff, int64_t revenue_yuan,
                               int64_t assets_yuan);
const char *enterprise_section_of(struct arena *a, const char *industry);

// NULL when the unified social credit code is sound (GB 32100-2015), else a Chinese sentence.
// Lower case is taken; it is saved in upper case.
const char *enterprise_uscc_fault(struct arena *a, const char *code);
// As it is kept: upper case, without spaces around.
const char *enterprise_uscc_tidy(struct arena *a, const char *code);

// ---- names, for finding what was entered twice -------------------------------------------

// What is left of a name without the place in front, the legal form behind, brackets, spaces
// and full-width letters: "江苏省盐城市 江南精密机械（集团）有限公司" → "江南精密机械". The
// region's code and the district's name may be NULL. Never shorter than two characters.
const char *enterprise_core_name(struct arena *a, const char *name, const char *region,
                                 const char *district);
// Letters, digits and characters only: spaces, brackets and points say nothing.
char *enterprise_squeezed(struct arena *a, const char *text);
// At most one character is wrong, missing or superfluous.
bool enterprise_names_are_near(const char *a, const char *b);

#endif
