// SPDX-License-Identifier: Apache-2.0
// The demonstration district 临江区: every name and text in it is invented.
#ifndef CMD_DEMO_H
#define CMD_DEMO_H

#include "cmd/act.h"

enum demo_who { DEMO_MEMBER, DEMO_SECRETARY, DEMO_STAFF, DEMO_LEAD, DEMO_ASSIST };

struct demo_organization {
    const char *kind, *name, *short_name, *code, *categories, *phone;
    const char *login, *person; // officer or secretary; NULL none
};
// What is known of an organisation beside: its registration, its life, what it covers.
struct demo_chamber {
    const char *code, *name, *kind; // name and kind NULL: one of DEMO_ORGANIZATIONS
    const char *under;              // code
    const char *organ;              // first eight of the organisation code; NULL: none
    const char *founded, *towns, *industries, *phone;
};
struct demo_enterprise {
    const char *name, *short_name, *organ; // first eight characters of the organisation code
    const char *industry;                  // division of GB/T 4754
    int staff, revenue_wan, assets_wan;    // of last year; the size follows
    const char *tag, *town, *chamber;      // a recognition or NULL; chamber: its code
    const char *login, *person, *mobile;
};

// One step of a demand's life: `day` working days after it was submitted, at `time` (930 is
// 9:30). What text and more mean depends on the step, see demo.c.
struct demo_step {
    int day, time;
    enum demo_who who;
    const char *step; // NULL ends
    const char *text, *more;
};
struct demo_demand {
    // Registered `ago` working days before today at `time`; on day 0, `time` minutes before
    // now.
    int ago, time;
    enum demo_who by;       // who registers it
    const char *enterprise; // login of its person
    const char *category, *title, *body, *hope;
    const struct demo_step *steps;
};

extern const struct demo_organization DEMO_ORGANIZATIONS[]; // the federation first
extern const struct demo_chamber DEMO_CHAMBERS[];
extern const struct demo_enterprise DEMO_ENTERPRISES[];
// Entered later: most of them again, by mistake; the last one is the sixth of the first.
extern const struct demo_enterprise DEMO_LATER[];
extern const struct demo_demand DEMO_DEMANDS[];

// What the demo made before: ids of organisations by code, of people by name; 0: none.
struct demo_known {
    int64_t (*place)(const void *of, const char *code);
    int64_t (*person)(const void *of, const char *name);
    const void *of;
};
// Terms and posts. False after having said what went wrong.
bool demo_posts(const struct act *act, const struct demo_known *known);
// Standards of dues, bills of two years, payments. False after having said what went wrong.
bool demo_dues(const struct act *act, const struct demo_known *known);

// Fills the open, empty district; everybody who has a login of the contract (architecture §10)
// gets the password. False after having said what went wrong.
bool demo_fill(struct district *d, const char *password);

#endif
