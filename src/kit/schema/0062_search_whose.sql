-- What 0060 and 0061 put into the documents comes into the index.
-- @sqlite
INSERT INTO search_index (search_index) VALUES ('rebuild');
-- @end
