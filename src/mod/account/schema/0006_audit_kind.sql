CREATE INDEX audit_kind ON audit(kind, id);
