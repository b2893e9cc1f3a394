// SPDX-License-Identifier: Apache-2.0
// One search index per district, fed in the same transaction as the record. Tokens are ours:
// Chinese bigrams (single characters too in names, and when alone), ICU words for other
// scripts, pinyin and initials for names; so both engines give the same hits. Ordered by
// record, never by rank.
#ifndef KIT_SEARCH_H
#define KIT_SEARCH_H

#include "kit/ctx.h"

// Space-separated tokens of a text; `name` adds pinyin and initials. Costs microseconds, so
// call it in `prepare`, not in the transaction.
const char *search_tokens(struct arena *a, const char *text, bool name);
// The entry of a new record. `kind` must be registered in search.c's table.
void search_add(struct db_tx *tx, const char *kind, int64_t id, const char *tokens);
// Replaces the record's entry, or adds it.
void search_put(struct db_tx *tx, const char *kind, int64_t id, const char *tokens);
// Forgets the record.
void search_remove(struct db_tx *tx, const char *kind, int64_t id);
// How the Chinese of a name is read, without spaces and tones: "jiangnanjingmi"; "" when it has
// none or cannot be read.
const char *search_sound(struct arena *a, const char *text);
// Merges parts of the index that writing left behind, some `pages` of it: a search asks every
// part. For the minute job; SEARCH_ALL leaves one part, for after many writes at once.
enum { SEARCH_ALL = -1000000000 };
void search_tidy(struct db_tx *tx, int64_t pages);
// The single Chinese characters of a short text, for what is found by one character too; the
// tokens of a name hold them already.
const char *search_singles(struct arena *a, const char *text);
// Whose a record is, as a token of its entry: "xc12 " of chamber ('c') 12, "xe7 " of enterprise
// ('e') 7; 0 is nobody's. With it a search inside one chamber never walks the hits of others.
// It narrows and grants nothing: what a reader may see is decided by the statement.
const char *search_whose(struct arena *a, char of, int64_t id);
// The engine's expression for what a person typed (all tokens must match), for `MATCH $n`;
// NULL when nothing of it can be searched. `within`: of search_whose, or NULL.
const char *search_expression(struct arena *a, const char *q, const char *within);
// When nothing has all tokens of a Chinese name of three characters or more: an expression that
// allows one wrong, missing or superfluous character, or any of the same sound. NULL otherwise.
const char *search_near(struct arena *a, const char *q, const char *within);
// Either of two expressions; NULL is none.
const char *search_either(struct arena *a, const char *one, const char *other);
// Index entries of a kind are base + record id; statements use
//   search_index MATCH $q AND rowid > base AND rowid < base + 2^40   ORDER BY rowid DESC
int64_t search_base(const char *kind);

// PostgreSQL can name all that matches or nothing: its index cannot be walked in the order of
// records. So tokens are indexed with the block of 4,096 keys they stand in (0002_search.sql),
// and a search walks from block to block until it has enough: a word in every record costs one
// block, a word in none a look a block. In place of a table; `s.id` are keys. Nothing but
// nested loops can run it (each part needs the one before; OFFSET keeps them apart), and those
// keep the order: what is joined to it stands in a LATERAL with an OFFSET too, and a LIMIT ends
// the walk.
#define SEARCH_WALK(blocks, q, order)                                                          \
    " generate_series(" blocks ") AS b(n) CROSS JOIN LATERAL (SELECT k.id FROM search_doc k"   \
    " WHERE search_vector(k.id, k.tokens) @@ search_query(" q ", b.n)" order " OFFSET 0) s"
#define SEARCH_LAST(base)                                                                      \
    "coalesce((SELECT max(m.id) FROM search_doc m WHERE m.id < " base " + 1099511627776), 0)"
// Keys below `end` of the kind, falling; keys above `end`, rising; all of the kind.
#define SEARCH_DOWN(q, base, end)                                                              \
    SEARCH_WALK("least(" SEARCH_LAST(base) ", " end ") >> 12, " base " >> 12, -1", q,          \
                " ORDER BY k.id + 0 DESC")
#define SEARCH_UP(q, base, end)                                                                \
    SEARCH_WALK("(" end ") >> 12, " SEARCH_LAST(base) " >> 12", q, " ORDER BY k.id + 0")
#define SEARCH_ANY(q, base) SEARCH_WALK(SEARCH_LAST(base) " >> 12, " base " >> 12, -1", q, "")

// NULL-ended, for `huiqiao sql`.
extern const struct db_stmt *const SEARCH_STATEMENTS[];

#endif
