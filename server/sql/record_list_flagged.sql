-- Of a person's records, or of all (''), and of a day, or of all (''); a part begins behind a
-- record.
SELECT record, kind, title, day, updated_entry
FROM record
WHERE station_id = $1 AND (flags & $2) <> 0
    AND ($5 = '' OR author = $5) AND ($6 = '' OR day = $6)
    AND (updated_entry, record) < ($7, $8)
ORDER BY updated_entry DESC, record DESC
LIMIT $3 OFFSET $4
