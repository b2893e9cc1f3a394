-- What the registry says of an enterprise, its industry to any depth, its place, and what its
-- size was worked out from.
ALTER TABLE enterprise ADD COLUMN industry_code TEXT;
ALTER TABLE enterprise ADD COLUMN region_code TEXT;
ALTER TABLE enterprise ADD COLUMN legal_representative TEXT;
ALTER TABLE enterprise ADD COLUMN registered_on TEXT;
ALTER TABLE enterprise ADD COLUMN registry_state TEXT;
ALTER TABLE enterprise ADD COLUMN registry_checked_on TEXT;
ALTER TABLE enterprise ADD COLUMN size_year INTEGER;
ALTER TABLE enterprise ADD COLUMN size_missing TEXT;
UPDATE enterprise SET industry_code = industry;
CREATE INDEX enterprise_registry_state ON enterprise(registry_state);
