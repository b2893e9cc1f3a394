-- Records that were two and became one: what was moved, so that it can be moved back; where a
-- record that is gone went; and what looks like one record entered twice.
CREATE TABLE record_merge (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    into_id INTEGER NOT NULL,
    from_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    reason TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    undo_until INTEGER NOT NULL,
    undone_at INTEGER,
    undone_by TEXT,
    summary TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX record_merge_kind ON record_merge(kind, id);
CREATE INDEX record_merge_undo ON record_merge(undo_until);

-- A row of another table as it was before and after; `what` is a kind, or "table.column" of a
-- row of which only the reference changed. Kept as long as the merge can be undone.
CREATE TABLE record_merge_row (
    id INTEGER PRIMARY KEY,
    merge_id INTEGER NOT NULL REFERENCES record_merge(id),
    what TEXT NOT NULL,
    row_id INTEGER NOT NULL,
    before TEXT,
    after TEXT,
    row_version INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX record_merge_row_merge ON record_merge_row(merge_id, id);
CREATE INDEX record_merge_row_what ON record_merge_row(what, row_id);

CREATE TABLE record_gone (
    kind TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    into_id INTEGER NOT NULL,
    merge_id INTEGER NOT NULL REFERENCES record_merge(id),
    PRIMARY KEY (kind, record_id)
) STRICT;
CREATE INDEX record_gone_merge ON record_gone(merge_id);

-- Keyed hashes of what records may have in common; which records were not looked at yet: those
-- after the mark, and those changed.
CREATE TABLE duplicate_key (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    hash INTEGER NOT NULL
) STRICT;
CREATE INDEX duplicate_key_hash ON duplicate_key(hash);
CREATE INDEX duplicate_key_record ON duplicate_key(kind, record_id);
CREATE TABLE duplicate_mark (
    kind TEXT PRIMARY KEY,
    last_id INTEGER NOT NULL
) STRICT;
CREATE TABLE duplicate_changed (
    kind TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    PRIMARY KEY (kind, record_id)
) STRICT;

CREATE TABLE duplicate_pair (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    first_id INTEGER NOT NULL,
    second_id INTEGER NOT NULL,
    score INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'open' OR state = 'distinct' OR state = 'merged'),
    note TEXT,
    decided_by TEXT,
    decided_at INTEGER
) STRICT;
CREATE UNIQUE INDEX duplicate_pair_of ON duplicate_pair(kind, first_id, second_id);
CREATE INDEX duplicate_pair_second ON duplicate_pair(kind, second_id);
CREATE INDEX duplicate_pair_list ON duplicate_pair(kind, state, score, id);
