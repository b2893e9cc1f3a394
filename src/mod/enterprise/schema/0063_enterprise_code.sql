-- The beginning of a code is looked for inside one chamber.
CREATE INDEX enterprise_chamber_uscc ON enterprise(chamber_id, uscc);
