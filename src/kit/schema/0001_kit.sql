-- Accounts, sessions, audit, attachments, notices, settings: what every module stands on.
CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    language TEXT CHECK (language IN ('zh-CN', 'en')),
    theme TEXT NOT NULL DEFAULT 'auto',
    size TEXT NOT NULL DEFAULT 'normal',
    activation_hash BLOB,
    activation_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

-- One role of an account, in an organisation or for an enterprise, with dates.
CREATE TABLE post (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account(id),
    role TEXT NOT NULL,
    organization_id INTEGER,
    enterprise_id INTEGER,
    since INTEGER NOT NULL,
    until INTEGER
) STRICT;
CREATE INDEX post_account ON post(account_id);
CREATE INDEX post_role ON post(role, organization_id);
CREATE INDEX post_enterprise ON post(enterprise_id, role);

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account(id),
    csrf TEXT NOT NULL,
    staff INTEGER NOT NULL CHECK (staff IN (0, 1)),
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session(account_id);
CREATE INDEX session_expires ON session(expires_at);

CREATE TABLE token (
    token_hash BLOB PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account(id),
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX token_account ON token(account_id);

-- Failed log-ins, by account and network.
CREATE TABLE throttle (
    key TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    who TEXT NOT NULL,
    ip TEXT NOT NULL,
    action TEXT NOT NULL,
    kind TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    data TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    sm3 BLOB NOT NULL
) STRICT;
CREATE INDEX audit_record ON audit(kind, record_id, id);

CREATE TABLE attachment (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    account_id INTEGER NOT NULL,
    kind TEXT,
    record_id INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attachment_record ON attachment(kind, record_id, id);
CREATE TABLE attachment_data (
    id INTEGER PRIMARY KEY REFERENCES attachment(id),
    data BLOB NOT NULL
) STRICT;

CREATE TABLE notice (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    link TEXT NOT NULL,
    text TEXT NOT NULL,
    arg0 TEXT,
    arg1 TEXT,
    read_at INTEGER
) STRICT;
CREATE INDEX notice_account ON notice(account_id, id);
CREATE INDEX notice_unread ON notice(account_id) WHERE read_at IS NULL;

CREATE TABLE draft (
    account_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, name)
) STRICT;
