-- @recorded f46860fa23146583febb119d7378d07b219e66d67cb0fd227af5a0b4db1a7cd9
-- Every segment of the search index is asked on every search, so two of a size are worth
-- merging (kit/search.h: search_tidy).
-- @sqlite
INSERT INTO search_index (search_index, rank) VALUES ('usermerge', 2);
-- @end
