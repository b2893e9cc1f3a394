-- What waits for the federation: to be accepted or dispatched, or an extension to be decided.
-- The same indexes serve the list of what is not dispatched, which is nearly all of it.
DROP INDEX demand_unassigned_created;
DROP INDEX demand_unassigned_due;
CREATE INDEX demand_todo_created ON demand(created_at, id)
    WHERE unassigned = 1 OR extension = 'requested';
CREATE INDEX demand_todo_due ON demand(due_key, id)
    WHERE unassigned = 1 OR extension = 'requested';
