-- Entries of the search index begin with whose they are and how their phones end, as tokens, so
-- that a search inside one chamber never walks the hits of the others. The index itself is made
-- anew by 0062.
UPDATE search_doc SET tokens = (
    SELECT 'xc' || COALESCE(e.chamber_id, 0) || ' ' || COALESCE('xm' || e.contact_mobile_end || ' ', '')
    FROM enterprise e WHERE e.id = search_doc.id - 2199023255552
) || tokens
WHERE id > 2199023255552 AND id < 3298534883328
    AND EXISTS (SELECT 1 FROM enterprise e WHERE e.id = search_doc.id - 2199023255552);
