-- Enterprises sort by the sound of their names; the program computes the key (kit/name_key.h) and
-- fills it in for what is there when it next opens the district.
ALTER TABLE enterprise ADD COLUMN name_pinyin TEXT NOT NULL DEFAULT '';
DROP INDEX enterprise_chamber;
CREATE INDEX enterprise_pinyin ON enterprise(name_pinyin);
CREATE INDEX enterprise_chamber_pinyin ON enterprise(chamber_id, name_pinyin);
