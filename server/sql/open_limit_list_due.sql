-- Limits that end after one moment and not after another, the first to end first; a part begins
-- behind a limit, and is found in the index alone.
SELECT
    part.record, part.name, open_limit.book, open_limit.column_id, part.due, record.title,
    record.kind, record.author,
    (
        SELECT MIN(number.text)
        FROM number
        WHERE number.station_id = $1 AND number.record = part.record
    ) AS number
FROM (
    SELECT record, name, due
    FROM open_limit
    WHERE station_id = $1 AND due > $2 AND due <= $3
        AND (due, record, name) > ($6, $7, $8)
    ORDER BY due, record, name
    LIMIT $4 OFFSET $5
) AS part
JOIN open_limit ON open_limit.station_id = $1 AND open_limit.record = part.record
    AND open_limit.name = part.name
JOIN record ON record.station_id = $1 AND record.record = part.record
ORDER BY part.due, part.record, part.name
