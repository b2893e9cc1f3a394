-- The terms (届) of the federation and its chambers. closes_on is when the next election is
-- due: the planned end or what it was postponed to. reminded: the smallest number of months
-- before it at which somebody was told, 0 once it has passed.
CREATE TABLE term (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organization(id),
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    extended_until TEXT,
    extension_no TEXT,
    closes_on TEXT NOT NULL,
    ended_on TEXT,
    act TEXT,
    document_no TEXT,
    delegates INTEGER,
    state TEXT NOT NULL CHECK (state = 'current' OR state = 'ended'),
    reminded INTEGER,
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX term_number ON term(organization_id, number);
CREATE INDEX term_organization ON term(organization_id);
CREATE INDEX term_organization_starts ON term(organization_id, starts_on);
CREATE INDEX term_starts ON term(starts_on);
CREATE INDEX term_closes ON term(closes_on);
CREATE INDEX term_state_closes ON term(state, closes_on);
CREATE INDEX term_organization_closes ON term(organization_id, closes_on);
CREATE INDEX term_state ON term(state);

-- Who holds which post in the federation or a chamber. A row is one stay in one post: whoever
-- is elected again gets another. Current are the rows without an end.
CREATE TABLE organization_post (
    id INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organization(id),
    person_id INTEGER NOT NULL REFERENCES person(id),
    term_id INTEGER REFERENCES term(id),
    post TEXT NOT NULL,
    title TEXT,
    full_time INTEGER,
    legal_representative INTEGER,
    act TEXT NOT NULL,
    act_on TEXT,
    document_no TEXT,
    grade TEXT,
    graded_on TEXT,
    since TEXT NOT NULL,
    until TEXT,
    end_reason TEXT,
    sort INTEGER,
    state TEXT NOT NULL CHECK (state = 'current' OR state = 'ended'),
    override_reason TEXT,
    overridden TEXT,
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX organization_post_organization ON organization_post(organization_id);
CREATE INDEX organization_post_organization_since ON organization_post(organization_id, since);
CREATE INDEX organization_post_current ON organization_post(organization_id, state);
CREATE INDEX organization_post_person ON organization_post(person_id);
CREATE INDEX organization_post_person_since ON organization_post(person_id, since);
CREATE INDEX organization_post_term ON organization_post(term_id);
CREATE INDEX organization_post_post ON organization_post(post);
CREATE INDEX organization_post_since ON organization_post(since);
CREATE INDEX organization_post_state ON organization_post(state);
