-- @recorded ab84707932eee87b25fe864f46f585f9749e7d526b4f3c6c612cacb5ee1c2380
-- What a chamber may ask of its members (a standard, decided by its assembly, with one to four
-- tiers), what it asked of each (bills), and what came in (payments). Amounts are fen.
CREATE TABLE dues_standard (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organization(id),
    effective_on TEXT NOT NULL,
    meeting TEXT,
    held_on TEXT,
    secret_ballot INTEGER NOT NULL DEFAULT 0 CHECK (secret_ballot IN (0, 1)),
    eligible INTEGER,
    present INTEGER,
    approve INTEGER,
    oppose INTEGER,
    abstain INTEGER,
    document_no TEXT,
    note TEXT,
    state TEXT NOT NULL,
    decided_on TEXT,
    reason TEXT,
-- @sqlite
    name TEXT NOT NULL GENERATED ALWAYS AS (effective_on) VIRTUAL,
-- @end
-- @postgres
    name TEXT NOT NULL GENERATED ALWAYS AS (effective_on) STORED,
-- @end
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX dues_standard_organization ON dues_standard(organization_id);
CREATE INDEX dues_standard_state ON dues_standard(state);
CREATE INDEX dues_standard_effective ON dues_standard(organization_id, effective_on);

CREATE TABLE dues_tier (
    id INTEGER PRIMARY KEY,
    standard_id INTEGER NOT NULL REFERENCES dues_standard(id),
    code TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX dues_tier_standard ON dues_tier(standard_id);
CREATE UNIQUE INDEX dues_tier_code ON dues_tier(standard_id, code);

-- Whose it is, is fixed when it is made: the parties of a membership never change. remind_on is
-- the next day on which the member is reminded; NULL once there is nothing to remind of.
CREATE TABLE bill (
    id INTEGER PRIMARY KEY,
    membership_id INTEGER NOT NULL REFERENCES membership(id),
    organization_id INTEGER NOT NULL REFERENCES organization(id),
    enterprise_id INTEGER REFERENCES enterprise(id),
    person_id INTEGER REFERENCES person(id),
    standard_id INTEGER NOT NULL REFERENCES dues_standard(id),
    year INTEGER NOT NULL,
    tier TEXT NOT NULL,
    basis TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    paid_fen INTEGER NOT NULL DEFAULT 0 CHECK (paid_fen >= 0),
    waived_fen INTEGER NOT NULL DEFAULT 0 CHECK (waived_fen >= 0),
    owed_fen INTEGER NOT NULL CHECK (owed_fen >= 0),
    due_on TEXT NOT NULL,
    state TEXT NOT NULL,
    decision TEXT,
    reason TEXT,
    reminded_on TEXT,
    reminders INTEGER NOT NULL DEFAULT 0,
    remind_on TEXT,
-- @sqlite
    name TEXT NOT NULL GENERATED ALWAYS AS (printf('HF%d-%06d', year, id)) VIRTUAL,
-- @end
-- @postgres
    name TEXT NOT NULL GENERATED ALWAYS AS ('HF' || year::text || '-' ||
        CASE WHEN id < 1000000 THEN lpad(id::text, 6, '0') ELSE id::text END) STORED,
-- @end
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((state = 'cancelled' AND owed_fen = 0 AND paid_fen = 0)
        OR owed_fen = amount_fen - paid_fen - waived_fen
        OR (owed_fen = 0 AND amount_fen < paid_fen + waived_fen))
) STRICT;
CREATE UNIQUE INDEX bill_once ON bill(membership_id, year) WHERE state <> 'cancelled';
CREATE INDEX bill_membership ON bill(membership_id);
CREATE INDEX bill_organization ON bill(organization_id);
CREATE INDEX bill_enterprise ON bill(enterprise_id);
CREATE INDEX bill_person ON bill(person_id);
CREATE INDEX bill_state ON bill(state);
CREATE INDEX bill_year ON bill(year, organization_id);
CREATE INDEX bill_remind ON bill(remind_on) WHERE remind_on IS NOT NULL;
CREATE INDEX bill_owed ON bill(organization_id, due_on) WHERE owed_fen > 0;

CREATE TABLE payment (
    id INTEGER PRIMARY KEY,
    bill_id INTEGER NOT NULL REFERENCES bill(id),
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
    paid_on TEXT NOT NULL,
    method TEXT NOT NULL,
    reference TEXT,
    received_by TEXT,
    receipt_no TEXT,
    note TEXT,
    state TEXT NOT NULL,
    reversed_on TEXT,
    reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX payment_bill ON payment(bill_id);
CREATE INDEX payment_state ON payment(state);
CREATE INDEX payment_paid_on ON payment(paid_on);
