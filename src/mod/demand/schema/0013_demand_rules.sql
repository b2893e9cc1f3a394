-- The numbers that demands' clocks run by. Each change is a row: what started under one is
-- judged by it to its end. Before the first row the numbers of the program count.
CREATE TABLE demand_rules (
    id INTEGER PRIMARY KEY,
    valid_from INTEGER NOT NULL,
    account_id INTEGER,
    actor TEXT,
    data TEXT NOT NULL
) STRICT;
CREATE INDEX demand_rules_from ON demand_rules(valid_from);
