-- The records in which all of four words stand, or whose number has the fifth in it; filters
-- that are empty or 0 let all pass. The newest change first; a part begins behind a record.
SELECT
    record.record, record.kind, record.title, record.day, record.state, record.author,
    record.flags, record.updated_entry
FROM record
JOIN search ON search.station_id = record.station_id AND search.record = record.record
WHERE record.station_id = $1
    AND record.created_entry >= $2
    AND (record.updated_entry, record.record) < ($15, $16)
    AND ($3 = 0 OR (record.flags & $3) <> 0)
    AND ($4 = '' OR record.kind = $4)
    AND ($5 = '' OR record.state = $5)
    AND ($6 = '' OR record.author = $6)
    AND ($7 = '' OR record.day = $7)
    AND (
        (
            search.words LIKE $8 ESCAPE '\' AND search.words LIKE $9 ESCAPE '\'
            AND search.words LIKE $10 ESCAPE '\' AND search.words LIKE $11 ESCAPE '\'
        )
        OR record.record IN (
            SELECT number.record
            FROM number
            WHERE number.station_id = $1 AND LOWER(number.text) LIKE $12 ESCAPE '\'
        )
    )
ORDER BY record.updated_entry DESC, record.record DESC
LIMIT $13 OFFSET $14
