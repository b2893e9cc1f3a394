-- Which stay follows this one: asked when two stays become one.
CREATE INDEX membership_previous ON membership(previous_id) WHERE previous_id IS NOT NULL;
