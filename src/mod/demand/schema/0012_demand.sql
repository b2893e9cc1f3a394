-- Demands of enterprises, the departments' legs, and the log from which every clock is computed.
CREATE TABLE demand_counter (
    year INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE demand (
    id INTEGER PRIMARY KEY,
    receipt_no TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state = 'draft' OR state = 'submitted' OR state = 'accepted'
        OR state = 'rejected' OR state = 'dispatched' OR state = 'signed'
        OR state = 'objected' OR state = 'handling' OR state = 'suspended'
        OR state = 'pending_conditions' OR state = 'answered' OR state = 'confirmed'
        OR state = 'reopened' OR state = 'closed' OR state = 'archived' OR state = 'withdrawn'
        OR state = 'merged'),
    source TEXT NOT NULL
        CHECK (source = 'enterprise' OR source = 'staff' OR source = 'secretary'
        OR source = 'import' OR source = 'visit' OR source = 'phone' OR source = 'symposium'),
    level TEXT
        CHECK (level = 'L1' OR level = 'L2' OR level = 'L3' OR level = 'L4'),
    category TEXT NOT NULL,
    enterprise_id INTEGER REFERENCES enterprise(id), -- NULL: imported history
    chamber_id INTEGER REFERENCES organization(id),
    lead_unit_id INTEGER REFERENCES organization(id),
    created_by INTEGER,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    hope TEXT,
    contact_name TEXT,
    contact_mobile TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('chamber', 'federation')),
    outcome TEXT
        CHECK (outcome = 'resolved' OR outcome = 'partial' OR outcome = 'explained'
        OR outcome = 'no_conditions' OR outcome = 'not_competent'),
    satisfaction INTEGER CHECK (satisfaction BETWEEN 1 AND 5),
    comment TEXT,
    extension TEXT NOT NULL DEFAULT 'none'
        CHECK (extension = 'none' OR extension = 'requested' OR extension = 'granted'
        OR extension = 'refused'),
    extension_days INTEGER,
    resume_state TEXT,
    supervised_at INTEGER,
    closed_by TEXT,
    reopenings INTEGER NOT NULL DEFAULT 0,
    merged_into INTEGER REFERENCES demand(id),
    submitted_at INTEGER,
    accepted_at INTEGER,
    answered_at INTEGER,
    closed_at INTEGER,
    review_on TEXT,
    -- Caches of what the log says (demand_recompute): a test compares them.
    next_due_at INTEGER,
    confirm_due_at INTEGER,
    yellow_at INTEGER,
    red_at INTEGER,
    paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    on_time INTEGER CHECK (on_time IN (0, 1)),
    spent_minutes INTEGER NOT NULL DEFAULT 0,
    -- Of the state; keys of the lists. due_key is next_due_at, or the end of time.
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    unassigned INTEGER NOT NULL CHECK (unassigned IN (0, 1)),
    due_key INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX demand_receipt ON demand(receipt_no);
CREATE INDEX demand_created ON demand(created_at, id);
CREATE INDEX demand_due ON demand(due_key, id);
CREATE INDEX demand_enterprise_created ON demand(enterprise_id, created_at, id);
CREATE INDEX demand_enterprise_due ON demand(enterprise_id, due_key, id);
CREATE INDEX demand_chamber_created ON demand(chamber_id, created_at, id);
CREATE INDEX demand_chamber_due ON demand(chamber_id, due_key, id);
CREATE INDEX demand_state_created ON demand(state, created_at, id);
CREATE INDEX demand_state_due ON demand(state, due_key, id);
CREATE INDEX demand_category_created ON demand(category, created_at, id);
CREATE INDEX demand_category_due ON demand(category, due_key, id);
CREATE INDEX demand_open_created ON demand(created_at, id) WHERE open = 1;
CREATE INDEX demand_open_due ON demand(due_key, id) WHERE open = 1;
CREATE INDEX demand_unassigned_created ON demand(created_at, id) WHERE unassigned = 1;
CREATE INDEX demand_unassigned_due ON demand(due_key, id) WHERE unassigned = 1;
CREATE INDEX demand_supervised_created ON demand(created_at, id) WHERE supervised_at IS NOT NULL;
CREATE INDEX demand_supervised_due ON demand(due_key, id) WHERE supervised_at IS NOT NULL;
CREATE INDEX demand_confirm ON demand(confirm_due_at) WHERE confirm_due_at IS NOT NULL;
CREATE INDEX demand_merged ON demand(merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX demand_submitted ON demand(submitted_at);
CREATE INDEX demand_closed ON demand(closed_at) WHERE closed_at IS NOT NULL;

-- One row a department: a second dispatch to the same one begins its leg again. created_at,
-- due_key are the demand's, so that a department's lists are one index walk.
CREATE TABLE demand_leg (
    id INTEGER PRIMARY KEY,
    demand_id INTEGER NOT NULL REFERENCES demand(id),
    unit_id INTEGER NOT NULL REFERENCES organization(id),
    role TEXT NOT NULL CHECK (role IN ('lead', 'assist')),
    state TEXT NOT NULL
        CHECK (state = 'dispatched' OR state = 'signed' OR state = 'objected'
        OR state = 'handling' OR state = 'suspended' OR state = 'reopened'
        OR state = 'answered' OR state = 'ended'),
    dispatched_at INTEGER NOT NULL,
    signed_at INTEGER,
    answered_at INTEGER,
    due_at INTEGER,
    met INTEGER CHECK (met IN (0, 1)),
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    created_at INTEGER NOT NULL,
    due_key INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX demand_leg_unit ON demand_leg(demand_id, unit_id);
CREATE INDEX demand_leg_created ON demand_leg(unit_id, created_at, demand_id);
CREATE INDEX demand_leg_due ON demand_leg(unit_id, due_key, demand_id);
CREATE INDEX demand_leg_open_created ON demand_leg(unit_id, created_at, demand_id) WHERE open = 1;
CREATE INDEX demand_leg_open_due ON demand_leg(unit_id, due_key, demand_id) WHERE open = 1;

CREATE TABLE demand_event (
    id INTEGER PRIMARY KEY,
    demand_id INTEGER NOT NULL REFERENCES demand(id),
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    account_id INTEGER,
    actor TEXT,
    unit_id INTEGER REFERENCES organization(id),
    internal INTEGER NOT NULL DEFAULT 0 CHECK (internal IN (0, 1)),
    data TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX demand_event_demand ON demand_event(demand_id, id);
