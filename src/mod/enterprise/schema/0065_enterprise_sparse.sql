-- Sizes are worked out later, the registry is asked seldom, not everybody leaves a number.
DROP INDEX enterprise_size;
DROP INDEX enterprise_registry_state;
DROP INDEX enterprise_contact_mobile;
DROP INDEX enterprise_contact_mobile_end;
CREATE INDEX enterprise_size ON enterprise(size) WHERE size IS NOT NULL;
CREATE INDEX enterprise_registry_state ON enterprise(registry_state)
    WHERE registry_state IS NOT NULL;
CREATE INDEX enterprise_contact_mobile ON enterprise(contact_mobile_index)
    WHERE contact_mobile_index IS NOT NULL;
CREATE INDEX enterprise_contact_mobile_end ON enterprise(contact_mobile_end)
    WHERE contact_mobile_end IS NOT NULL;
