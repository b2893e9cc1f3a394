// SPDX-License-Identifier: Apache-2.0
// Words from which invented districts are made.
#ifndef CMD_GENERATE_WORDS_H
#define CMD_GENERATE_WORDS_H

// Lists end with NULL.
extern const char *const GENERATE_NAMES[],
    *const GENERATE_FORMS[], *const GENERATE_SURNAMES[],
                                 *const GENERATE_GIVEN[], *const GENERATE_OPENINGS[],
                                                              *const GENERATE_EFFECTS[],
                                                                  *const GENERATE_WISHES[],
                                                                      *const GENERATE_ANSWERS[];

extern const char *const GENERATE_PARTINGS[]; // why members leave
#define GENERATE_ADDRESS "%s%s路%lld号"

struct generate_town {
    const char *place, *town; // in names; the town itself; NULL ends
    int weight;               // share of the enterprises
};
extern const struct generate_town GENERATE_TOWNS[];

// Chambers of every generated district.
struct generate_chamber {
    const char *kind, *name, *short_name, *code; // NULL ends
    const char *of; // town: its name; industry: divisions of GB/T 4754; NULL: anybody's
};
extern const struct generate_chamber GENERATE_CHAMBERS[];

struct generate_trade {
    const char *word;     // in the name; NULL ends
    const char *industry; // GB/T 4754
    int weight;           // of a thousand, nearly
    int wan_per_head;     // a usual year's revenue by head, in 万元
};
extern const struct generate_trade GENERATE_TRADES[];

struct generate_topic {
    const char *category; // NULL ends
    int weight;           // of a thousand, nearly
    const char *titles[6];
};
extern const struct generate_topic GENERATE_TOPICS[];

#endif
