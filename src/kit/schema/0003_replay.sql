-- First answers of POSTs that carried a key. Kept for a week, then cleared by a job.
CREATE TABLE replay (
    account_id INTEGER NOT NULL,
    key TEXT NOT NULL CHECK (length(key) <= 200),
    body_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    flash TEXT,
    answer TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT;
CREATE INDEX replay_at ON replay (at);
