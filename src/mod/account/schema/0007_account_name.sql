CREATE INDEX account_name ON account(name);
