-- Old rows are found and dropped by when they stop to matter.
CREATE INDEX throttle_until ON throttle(until);
