-- @recorded 96a1ffc86efa7c7ca261e158b8d61dec47e019b13b4faf1c9b045e7a1be384cd
-- A membership has a name of its own, its number, for what refers to it. The tier of its dues
-- was free text; now it is one of the tiers a chamber may have, or empty: by the seat. What
-- was written is kept in the history of the membership.
-- @sqlite
ALTER TABLE membership ADD COLUMN name TEXT NOT NULL
    GENERATED ALWAYS AS (printf('HY%06d', id)) VIRTUAL;
-- @end
-- @postgres
ALTER TABLE membership ADD COLUMN name TEXT NOT NULL GENERATED ALWAYS AS
    ('HY' || CASE WHEN id < 1000000 THEN lpad(id::text, 6, '0') ELSE id::text END) STORED;
-- @end
UPDATE membership SET dues_tier = CASE
    WHEN dues_tier LIKE '%副会长%' THEN 'vice_president'
    WHEN dues_tier LIKE '%会长%' THEN 'president'
    WHEN dues_tier LIKE '%常务理事%' THEN 'standing_director'
    WHEN dues_tier LIKE '%理事%' THEN 'director'
    WHEN dues_tier LIKE '%监事%' THEN 'supervisor'
    WHEN dues_tier LIKE '%会员%' THEN 'member'
    END
    WHERE dues_tier IS NOT NULL;
