-- Most memberships have no person, no seat, no number of their own and are in no publicity: an
-- index that leaves those out finds the same and costs a new member nothing.
DROP INDEX membership_person;
DROP INDEX membership_seat;
DROP INDEX membership_contact;
DROP INDEX membership_publicity;
CREATE INDEX membership_person ON membership(person_id) WHERE person_id IS NOT NULL;
CREATE INDEX membership_seat ON membership(seat) WHERE seat IS NOT NULL;
CREATE INDEX membership_contact ON membership(contact_mobile_index)
    WHERE contact_mobile_index IS NOT NULL;
CREATE INDEX membership_publicity ON membership(state, publicity_until)
    WHERE publicity_until IS NOT NULL;
