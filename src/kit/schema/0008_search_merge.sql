-- Every segment of the search index is asked on every search, so two of a size are worth
-- merging (kit/search.h: search_tidy).
-- @sqlite
INSERT INTO search_index (search_index, rank) VALUES ('usermerge', 2);
-- @end
