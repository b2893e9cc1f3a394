-- @recorded f92d9897c5b34c0762c4a3d4f2d590b39c99caad61a1a4e4eb56a3495010bf9c
-- Organisations with their registration, their life, and what they cover. The kinds and states
-- stand in the checks of the table, so it is made anew.
-- @sqlite
CREATE TABLE organization_new (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL
        CHECK (kind = 'federation' OR kind = 'town' OR kind = 'industry'
        OR kind = 'out_of_town' OR kind = 'joint' OR kind = 'committee'
        OR kind = 'party_committee' OR kind = 'department'),
    name TEXT NOT NULL,
    short_name TEXT,
    code TEXT,
    parent_id INTEGER REFERENCES organization(id),
    categories TEXT,
    phone TEXT,
    address TEXT,
    state TEXT NOT NULL DEFAULT 'active'
        CHECK (state = 'preparing' OR state = 'active' OR state = 'suspended'
        OR state = 'dissolved' OR state = 'merged'),
    sort INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    uscc TEXT,
    registry TEXT,
    registered_on TEXT,
    competent_authority TEXT,
    duty_phone TEXT,
    towns TEXT,
    industries TEXT,
    founded_on TEXT,
    suspended_on TEXT,
    ended_on TEXT,
    merged_into_id INTEGER REFERENCES organization(id),
    decision TEXT,
    reason TEXT
) STRICT;
INSERT INTO organization_new (id, kind, name, short_name, code, parent_id, categories, phone,
    address, state, sort, created_at, updated_at, version)
SELECT id, kind, name, short_name, code, parent_id, categories, phone, address, state, sort,
    created_at, updated_at, version FROM organization;
DROP TABLE organization;
ALTER TABLE organization_new RENAME TO organization;
CREATE UNIQUE INDEX organization_code ON organization(code);
CREATE UNIQUE INDEX organization_name ON organization(name);
CREATE INDEX organization_parent ON organization(parent_id);
CREATE INDEX organization_kind ON organization(kind);
CREATE INDEX organization_kind_sort ON organization(kind, sort);
CREATE INDEX organization_state ON organization(state);
CREATE INDEX organization_sort ON organization(sort);
CREATE INDEX organization_updated ON organization(updated_at);
-- @end
-- @postgres
ALTER TABLE organization DROP CONSTRAINT organization_kind_check;
ALTER TABLE organization DROP CONSTRAINT organization_state_check;
ALTER TABLE organization ADD CONSTRAINT organization_kind_check
    CHECK (kind IN ('federation', 'town', 'industry', 'out_of_town', 'joint', 'committee',
                    'party_committee', 'department'));
ALTER TABLE organization ADD CONSTRAINT organization_state_check
    CHECK (state IN ('preparing', 'active', 'suspended', 'dissolved', 'merged'));
ALTER TABLE organization ADD COLUMN uscc TEXT;
ALTER TABLE organization ADD COLUMN registry TEXT;
ALTER TABLE organization ADD COLUMN registered_on TEXT;
ALTER TABLE organization ADD COLUMN competent_authority TEXT;
ALTER TABLE organization ADD COLUMN duty_phone TEXT;
ALTER TABLE organization ADD COLUMN towns TEXT;
ALTER TABLE organization ADD COLUMN industries TEXT;
ALTER TABLE organization ADD COLUMN founded_on TEXT;
ALTER TABLE organization ADD COLUMN suspended_on TEXT;
ALTER TABLE organization ADD COLUMN ended_on TEXT;
ALTER TABLE organization ADD COLUMN merged_into_id INTEGER REFERENCES organization(id);
ALTER TABLE organization ADD COLUMN decision TEXT;
ALTER TABLE organization ADD COLUMN reason TEXT;
-- @end
CREATE UNIQUE INDEX organization_uscc ON organization(uscc);
-- A town's chamber is mostly called after the town that it covers.
UPDATE organization SET towns = replace(name, '商会', '') WHERE kind = 'town'
    AND (name LIKE '%镇商会' OR name LIKE '%街道商会' OR name LIKE '%乡商会');
-- Who is a member of any chamber at all: one row an enterprise, read from the index alone.
CREATE INDEX membership_main ON membership(enterprise_id) WHERE is_main = 1;
