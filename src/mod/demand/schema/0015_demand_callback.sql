-- Until when a call-back is owed, as the log says (demand_recompute); with it the federation's
-- to-do list. What became of cases withdrawn with a request in them is nobody's to do.
ALTER TABLE demand ADD COLUMN callback_due_at INTEGER;
DROP INDEX demand_todo_created;
DROP INDEX demand_todo_due;
CREATE INDEX demand_todo_created ON demand(created_at, id)
    WHERE unassigned = 1 OR (extension = 'requested' AND open = 1) OR callback_due_at IS NOT NULL;
CREATE INDEX demand_todo_due ON demand(due_key, id)
    WHERE unassigned = 1 OR (extension = 'requested' AND open = 1) OR callback_due_at IS NOT NULL;

-- For which day of review staff were told, so that they are told once.
ALTER TABLE demand ADD COLUMN review_told TEXT;
CREATE INDEX demand_review ON demand(review_on) WHERE review_on IS NOT NULL;
