-- record_list_flagged
SELECT record, kind, title, day, updated_entry
FROM record
WHERE station_id = $1 AND (flags & $2) <> 0
ORDER BY updated_entry DESC, record
LIMIT $3 OFFSET $4
