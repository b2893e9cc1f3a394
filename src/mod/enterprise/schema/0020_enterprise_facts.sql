-- What is dated about an enterprise: its figures by year, its recognitions, whom to call.
CREATE TABLE enterprise_figure (
    id INTEGER PRIMARY KEY,
    enterprise_id INTEGER NOT NULL REFERENCES enterprise(id),
    year INTEGER NOT NULL,
    revenue_fen INTEGER,
    assets_fen INTEGER,
    staff INTEGER,
    rd_fen INTEGER,
    tax_fen INTEGER,
    source TEXT NOT NULL
        CHECK (source = 'self' OR source = 'statistics' OR source = 'tax' OR source = 'audit'
               OR source = 'other'),
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX enterprise_figure_of ON enterprise_figure(enterprise_id, year, source);
CREATE INDEX enterprise_figure_enterprise ON enterprise_figure(enterprise_id);
CREATE INDEX enterprise_figure_ordered ON enterprise_figure(enterprise_id, year);
CREATE INDEX enterprise_figure_year ON enterprise_figure(year);

CREATE TABLE enterprise_tag (
    id INTEGER PRIMARY KEY,
    enterprise_id INTEGER NOT NULL REFERENCES enterprise(id),
    tag TEXT NOT NULL,
    level TEXT
        CHECK (level = 'national' OR level = 'provincial' OR level = 'municipal'
               OR level = 'district'),
    cert_no TEXT,
    awarded_on TEXT,
    valid_to TEXT,
    source TEXT NOT NULL,
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX enterprise_tag_enterprise ON enterprise_tag(enterprise_id);
CREATE INDEX enterprise_tag_tag ON enterprise_tag(tag);
CREATE INDEX enterprise_tag_cert ON enterprise_tag(cert_no);

CREATE TABLE enterprise_contact (
    id INTEGER PRIMARY KEY,
    enterprise_id INTEGER NOT NULL REFERENCES enterprise(id),
    name TEXT NOT NULL,
    duty TEXT,
    purpose TEXT,
    mobile TEXT,
    phone TEXT,
    email TEXT,
    since TEXT,
    until TEXT,
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX enterprise_contact_enterprise ON enterprise_contact(enterprise_id);
