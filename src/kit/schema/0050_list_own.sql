-- What an account keeps of a list (the plural of a kind): filters under a name, shown as tabs,
-- and the columns and density chosen.
CREATE TABLE list_view (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    list TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX list_view_name ON list_view(account_id, list, name);

CREATE TABLE list_layout (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    list TEXT NOT NULL,
    columns TEXT,
    dense INTEGER NOT NULL DEFAULT 0 CHECK (dense IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX list_layout_list ON list_layout(account_id, list);
