-- Who is in which chamber, as what, since when and until when. A row is one stay: whoever comes
-- back gets another. is_main marks the one whose chamber stands in enterprise.chamber_id.
CREATE TABLE membership (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organization(id),
    enterprise_id INTEGER REFERENCES enterprise(id),
    person_id INTEGER REFERENCES person(id),
    seat TEXT,
    dues_tier TEXT,
    contact_name TEXT,
    contact_mobile TEXT,
    contact_mobile_index TEXT,
    contact_mobile_end TEXT,
    statement TEXT,
    state TEXT NOT NULL,
    applied_on TEXT NOT NULL,
    publicity_until TEXT,
    decision TEXT,
    since TEXT,
    until TEXT,
    reason TEXT,
    is_main INTEGER NOT NULL DEFAULT 0 CHECK (is_main IN (0, 1)),
    previous_id INTEGER REFERENCES membership(id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX membership_organization ON membership(organization_id);
CREATE INDEX membership_enterprise ON membership(enterprise_id);
CREATE INDEX membership_person ON membership(person_id);
CREATE INDEX membership_state ON membership(state);
CREATE INDEX membership_seat ON membership(seat);
CREATE INDEX membership_contact ON membership(contact_mobile_index);
CREATE INDEX membership_publicity ON membership(state, publicity_until);
CREATE INDEX membership_years ON membership(organization_id, since, until, state);
