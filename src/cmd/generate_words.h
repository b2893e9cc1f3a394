// SPDX-License-Identifier: Apache-2.0
// Words from which invented districts are made.
#ifndef CMD_GENERATE_WORDS_H
#define CMD_GENERATE_WORDS_H

// Lists end with NULL.
extern const char *const GENERATE_PLACES[],
    *const GENERATE_NAMES[], *const GENERATE_TRADES[],
                                 *const GENERATE_FORMS[],
                                     *const GENERATE_SURNAMES[],
                                         *const GENERATE_GIVEN[],
                                             *const GENERATE_OPENINGS[],
                                                 *const GENERATE_EFFECTS[],
                                                     *const GENERATE_WISHES[],
                                                         *const GENERATE_ANSWERS[];

struct generate_topic {
    const char *category; // NULL ends
    int weight;           // of a thousand, nearly
    const char *titles[6];
};
extern const struct generate_topic GENERATE_TOPICS[];

#endif
