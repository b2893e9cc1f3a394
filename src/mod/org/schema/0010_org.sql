-- Organisations: the federation, its chambers, committees, and the departments that answer.
CREATE TABLE organization (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL
        CHECK (kind = 'federation' OR kind = 'town' OR kind = 'industry'
        OR kind = 'out_of_town' OR kind = 'joint' OR kind = 'committee' OR kind = 'department'),
    name TEXT NOT NULL,
    short_name TEXT,
    code TEXT,
    parent_id INTEGER REFERENCES organization(id),
    categories TEXT,
    phone TEXT,
    address TEXT,
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'dissolved')),
    sort INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX organization_code ON organization(code);
CREATE UNIQUE INDEX organization_name ON organization(name);
CREATE INDEX organization_parent ON organization(parent_id);
CREATE INDEX organization_kind ON organization(kind);
CREATE INDEX organization_kind_sort ON organization(kind, sort);
CREATE INDEX organization_state ON organization(state);
CREATE INDEX organization_sort ON organization(sort);
CREATE INDEX organization_updated ON organization(updated_at);
