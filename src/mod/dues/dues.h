// SPDX-License-Identifier: Apache-2.0
// Dues: standards decided by a chamber's assembly, a bill for each member and year, payments
// written down (no money moves through the system), reminders, arrears, yearly statements.
#ifndef MOD_DUES_DUES_H
#define MOD_DUES_DUES_H

#include "kit/record.h"

extern const struct module DUES_MODULE;
extern const struct record_kind DUES_STANDARD_KIND; // 会费标准
extern const struct record_kind DUES_TIER_KIND;     // 会费档次, under a standard
extern const struct record_kind BILL_KIND;          // 会费账单
// 缴费记录. Plain: record_create with bill_id, amount_fen, paid_on and method is all it takes.
// More than is owed is refused; a record is never changed, only reversed.
extern const struct record_kind PAYMENT_KIND;

// The bill of a membership and year that is not cancelled; 0 when there is none.
int64_t dues_bill_of(struct db_tx *tx, int64_t membership_id, int64_t year);

// Reminds of up to `most` bills whose day to be reminded has come; in a write. Returns how
// many.
int64_t dues_remind_due(struct ctx *c, int64_t most);

// The setting `dues_half_after`: "off", or month and day ("07-01") that exist in every year.
bool dues_is_boundary(const char *text);

#endif
