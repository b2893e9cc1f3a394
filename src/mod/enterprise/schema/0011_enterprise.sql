-- Enterprises of the district.
CREATE TABLE enterprise (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    short_name TEXT,
    uscc TEXT NOT NULL,
    industry TEXT CHECK (industry BETWEEN 'A' AND 'T'),
    town TEXT,
    address TEXT,
    size TEXT
        CHECK (size = 'large' OR size = 'medium' OR size = 'small' OR size = 'micro'),
    contact_name TEXT,
    contact_mobile TEXT,
    chamber_id INTEGER REFERENCES organization(id),
    state TEXT NOT NULL DEFAULT 'active'
        CHECK (state = 'active' OR state = 'suspended' OR state = 'closed'),
    intro TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX enterprise_uscc ON enterprise(uscc);
CREATE INDEX enterprise_name ON enterprise(name);
CREATE INDEX enterprise_chamber ON enterprise(chamber_id, name);
CREATE INDEX enterprise_chamber_id ON enterprise(chamber_id);
CREATE INDEX enterprise_town ON enterprise(town);
CREATE INDEX enterprise_industry ON enterprise(industry);
CREATE INDEX enterprise_size ON enterprise(size);
CREATE INDEX enterprise_state ON enterprise(state);
CREATE INDEX enterprise_updated ON enterprise(updated_at);
