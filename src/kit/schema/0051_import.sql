-- Tables of other people's making on their way in: the file as it was read, in blocks of rows
-- that are sealed (they hold numbers of persons) and go away some days after the end. A block
-- is one transaction; `position` is the next one, so that an import goes on where it stopped.
CREATE TABLE import_run (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    file_name TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    runner TEXT NOT NULL CHECK (runner IN ('web', 'command')),
    account_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    signature TEXT NOT NULL,
    titles TEXT NOT NULL,
    columns TEXT NOT NULL,
    options TEXT NOT NULL,
    rows INTEGER NOT NULL,
    blocks INTEGER NOT NULL,
    position INTEGER NOT NULL,
    n_new INTEGER NOT NULL,
    n_changed INTEGER NOT NULL,
    n_same INTEGER NOT NULL,
    n_wrong INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE INDEX import_run_state ON import_run(runner, state, id);
CREATE INDEX import_run_account ON import_run(account_id, id);
CREATE INDEX import_run_file ON import_run(sha256, id);

CREATE TABLE import_block (
    run_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    rows BLOB NOT NULL,
    results BLOB,
    n_new INTEGER NOT NULL,
    n_changed INTEGER NOT NULL,
    n_same INTEGER NOT NULL,
    n_wrong INTEGER NOT NULL,
    PRIMARY KEY (run_id, seq)
) STRICT;

-- What the columns of a sheet of one make meant last time; owner is an organisation or account.
CREATE TABLE import_columns (
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    signature TEXT NOT NULL,
    columns TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (owner, kind, signature)
) STRICT;
