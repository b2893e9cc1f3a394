-- As for enterprises (0060).
UPDATE search_doc SET tokens = (
    SELECT 'xc' || COALESCE(p.chamber_id, 0) || ' xe' || COALESCE(p.enterprise_id, 0) || ' '
        || COALESCE('xm' || p.mobile_end || ' ', '')
    FROM person p WHERE p.id = search_doc.id - 5497558138880
) || tokens
WHERE id > 5497558138880 AND id < 6597069766656
    AND EXISTS (SELECT 1 FROM person p WHERE p.id = search_doc.id - 5497558138880);
