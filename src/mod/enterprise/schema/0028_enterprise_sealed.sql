-- Mobiles of whoever answers for an enterprise are sealed like those of people: found again by
-- *_index and *_end. What stood here in the clear is sealed by `huiqiao reseal`.
ALTER TABLE enterprise ADD COLUMN contact_mobile_index TEXT;
ALTER TABLE enterprise ADD COLUMN contact_mobile_end TEXT;
CREATE INDEX enterprise_contact_mobile ON enterprise(contact_mobile_index);
CREATE INDEX enterprise_contact_mobile_end ON enterprise(contact_mobile_end);
ALTER TABLE enterprise_contact ADD COLUMN mobile_index TEXT;
ALTER TABLE enterprise_contact ADD COLUMN mobile_end TEXT;
CREATE INDEX enterprise_contact_number ON enterprise_contact(mobile_index);
CREATE INDEX enterprise_contact_number_end ON enterprise_contact(mobile_end);
