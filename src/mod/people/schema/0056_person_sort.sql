-- People sort by the sound of their names, and as candidates are listed, by the strokes of the
-- surname; the program computes the keys (kit/name_key.h).
ALTER TABLE person ADD COLUMN name_pinyin TEXT NOT NULL DEFAULT '';
ALTER TABLE person ADD COLUMN name_strokes TEXT NOT NULL DEFAULT '';
DROP INDEX person_chamber;
CREATE INDEX person_pinyin ON person(name_pinyin);
CREATE INDEX person_chamber_pinyin ON person(chamber_id, name_pinyin);
CREATE INDEX person_strokes ON person(name_strokes);
CREATE INDEX person_chamber_strokes ON person(chamber_id, name_strokes);
