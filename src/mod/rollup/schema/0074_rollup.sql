-- What a city (or province) knows of its districts: the key each of them signs with, and the
-- last summary of each month. Figures only; a district's rows never leave it.
CREATE TABLE rollup_source (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    public_key TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state = 'active' OR state = 'paused'),
    contact TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX rollup_source_name ON rollup_source(name);
CREATE UNIQUE INDEX rollup_source_key ON rollup_source(public_key);
CREATE INDEX rollup_source_updated ON rollup_source(updated_at);

-- summary is the text that was signed, so that the signature can be verified again at any time.
CREATE TABLE rollup_summary (
    source_id INTEGER NOT NULL REFERENCES rollup_source(id),
    month TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    summary TEXT NOT NULL,
    signature TEXT NOT NULL,
    PRIMARY KEY (source_id, month)
) STRICT, WITHOUT ROWID;
