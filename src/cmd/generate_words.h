// SPDX-License-Identifier: Apache-2.0
// Words from which invented districts are made.
#ifndef CMD_GENERATE_WORDS_H
#define CMD_GENERATE_WORDS_H

// Lists end with NULL.
extern const char *const GENERATE_PLACES[],
    *const GENERATE_NAMES[], *const GENERATE_FORMS[],
                                 *const GENERATE_SURNAMES[],
                                     *const GENERATE_GIVEN[],
                                         *const GENERATE_OPENINGS[],
                                             *const GENERATE_EFFECTS[],
                                                 *const GENERATE_WISHES[],
                                                     *const GENERATE_ANSWERS[];

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
