-- @recorded 6b20ab2175444aa3d8eb5cf227fefa76b406f3092f3d8e51596f7562ef227f99
-- Search: one document of ready-made tokens a record (kit/search.h). The key is the kind's
-- number << 40 plus the record's id, so one range holds one kind, newest last.
CREATE TABLE search_doc (
    id INTEGER PRIMARY KEY,
    tokens TEXT NOT NULL
) STRICT;

-- @sqlite
-- Our tokens hold no ASCII but letters and digits, so the ascii tokenizer keeps them whole
-- whatever Unicode version the engine knows. Neither positions nor sizes are ever asked for.
CREATE VIRTUAL TABLE search_index USING fts5(
    tokens, content = 'search_doc', content_rowid = 'id',
    detail = none, columnsize = 0, tokenize = 'ascii'
);
-- @end
-- @postgres
-- A token is indexed together with the block of documents it stands in (kit/search.h: SEARCH_DOWN
-- walks over the blocks). No pending list: every search would read it once a block.
CREATE FUNCTION search_vector(id bigint, tokens text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(string_to_array(to_hex(id >> 12) || '#' ||
        replace(tokens, ' ', ' ' || to_hex(id >> 12) || '#'), ' '));
-- "one" "two" OR "three" → 'b#one'&'b#two'|'b#three'
CREATE FUNCTION search_query(expression text, block bigint) RETURNS tsquery
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CAST('''' || to_hex(block) || '#' || replace(replace(trim(expression, '"'),
        '" OR "', '''|''' || to_hex(block) || '#'),
        '" "', '''&''' || to_hex(block) || '#') || '''' AS tsquery);
CREATE INDEX search_doc_vector ON search_doc USING gin (search_vector(id, tokens))
    WITH (fastupdate = off);
-- @end

-- What happened to a record, as its readers see it (the audit chain is apart). The actor's
-- name and unit are kept as they were at the time.
CREATE TABLE record_event (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    account_id INTEGER,
    actor TEXT,
    unit TEXT,
    type TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX record_event_record ON record_event(kind, record_id);
