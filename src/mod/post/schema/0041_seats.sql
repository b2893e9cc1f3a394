-- Seats are called as posts are (glossary): see docs/adr/0010-posts-and-seats.md.
UPDATE membership SET seat = 'chief_board_supervisor' WHERE seat = 'chief_supervisor';
