-- Which foreign rows are here already, so that an import may be run again.
CREATE TABLE import_row (
    kind TEXT NOT NULL,
    external_id TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    PRIMARY KEY (kind, external_id)
) STRICT;
