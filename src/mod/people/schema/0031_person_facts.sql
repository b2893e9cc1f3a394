-- What people are in enterprises, since when and until when; and what they agreed to.
CREATE TABLE person_post (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person(id),
    enterprise_id INTEGER NOT NULL REFERENCES enterprise(id),
    post TEXT NOT NULL,
    title TEXT,
    since TEXT NOT NULL,
    until TEXT,
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX person_post_person ON person_post(person_id);
CREATE INDEX person_post_person_since ON person_post(person_id, since);
CREATE INDEX person_post_enterprise ON person_post(enterprise_id);
CREATE INDEX person_post_enterprise_since ON person_post(enterprise_id, since);
CREATE INDEX person_post_since ON person_post(since);
CREATE INDEX person_post_post ON person_post(post);

-- A row is never changed but by its withdrawal.
CREATE TABLE consent (
    id INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person(id),
    purpose TEXT NOT NULL,
    scope TEXT NOT NULL,
    given_on TEXT NOT NULL,
    how TEXT NOT NULL,
    evidence TEXT,
    withdrawn_on TEXT,
    withdrawn_how TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX consent_person ON consent(person_id);
CREATE INDEX consent_person_given ON consent(person_id, given_on);
CREATE INDEX consent_given ON consent(given_on);
CREATE INDEX consent_purpose ON consent(purpose);
