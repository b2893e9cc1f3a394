// SPDX-License-Identifier: Apache-2.0
// Reading strangers' tables (UP3): every file by a process of its own that has nothing but the
// open file and a pipe, may call nothing but read, write and memory, and ends with the file.
// Whoever takes it over holds rows that are checked again on this side.
#ifndef KIT_PARSER_H
#define KIT_PARSER_H

#include "view/table.h"

enum parser_format { PARSER_CSV, PARSER_XLSX };

enum { // limits of one file
    PARSER_FILE_MAX = 256 * 1024 * 1024,
    PARSER_UNPACKED_MAX = 1024 * 1024 * 1024,
    PARSER_ROWS_MAX = 1000000,
    PARSER_CPU_SECONDS = 60,
    PARSER_WAIT_SECONDS = 90, // for the next rows
};

// Starts the process that will start the readers, before this one has threads and before it
// gives up starting processes. False: errno says why. Once a process.
bool parser_start(void);

// Reads the table in fd, which may be any file; calls `row` as csv_read does, cells in an arena
// of the call. NULL, or what is wrong with the file, a sentence in the reader's language.
const char *parser_read(struct arena *a, enum language l, int fd, enum parser_format format,
                        csv_row_fn row, void *arg);

#endif
