-- People: entrepreneurs and staff, once each, whatever they are in which enterprise or
-- chamber. Mobile and ID number are sealed by the kit; *_index and *_end find them again.
CREATE TABLE person (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('entrepreneur', 'staff')),
    sex TEXT CHECK (sex IN ('male', 'female')),
    birth TEXT,
    ethnicity TEXT,
    political TEXT,
    education TEXT,
    mobile TEXT,
    mobile_index TEXT,
    mobile_end TEXT,
    id_number TEXT,
    id_number_index TEXT,
    enterprise_id INTEGER REFERENCES enterprise(id),
    chamber_id INTEGER REFERENCES organization(id),
    state TEXT NOT NULL CHECK (state = 'active' OR state = 'retired' OR state = 'deceased'),
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX person_name ON person(name);
CREATE INDEX person_chamber ON person(chamber_id, name);
CREATE INDEX person_chamber_id ON person(chamber_id);
CREATE INDEX person_enterprise ON person(enterprise_id);
CREATE INDEX person_kind ON person(kind);
CREATE INDEX person_state ON person(state);
CREATE INDEX person_mobile ON person(mobile_index);
CREATE INDEX person_mobile_end ON person(mobile_end);
CREATE UNIQUE INDEX person_id_number ON person(id_number_index);
CREATE INDEX person_updated ON person(updated_at);

-- Who looked at which sealed value, when and why: the rate is counted here, and persons
-- concerned are told from here.
CREATE TABLE reveal (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    field TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX reveal_account ON reveal(account_id, at);
CREATE INDEX reveal_record ON reveal(kind, record_id);
