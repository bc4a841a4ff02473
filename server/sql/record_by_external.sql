SELECT
    record, kind, external_id, title, day, state, author, created_entry, updated_entry, changes,
    ops, flags
FROM record
WHERE station_id = $1 AND external_id = $2
ORDER BY record
