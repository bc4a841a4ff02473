SELECT
    record, kind, external_id, title, day, state, author, created_entry, updated_entry, changes,
    ops, flags
FROM record
WHERE station_id = $1 AND record = $2
