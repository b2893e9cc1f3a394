-- From where a session was opened, so that its owner can tell which to end; and the audit log's
-- filters.
ALTER TABLE session ADD COLUMN ip TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN agent TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_action ON audit(action, id);
CREATE INDEX audit_account ON audit(account_id, id);
