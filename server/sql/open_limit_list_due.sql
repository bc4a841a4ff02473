-- Limits that end after one moment and not after another, the first to end first.
SELECT
    open_limit.record, open_limit.name, open_limit.book, open_limit.column_id, open_limit.due,
    record.title, record.kind, record.author, number.text AS number
FROM open_limit
JOIN record ON record.station_id = open_limit.station_id AND record.record = open_limit.record
LEFT JOIN number ON number.station_id = open_limit.station_id
    AND number.record = open_limit.record AND number.book = open_limit.book
WHERE open_limit.station_id = $1 AND open_limit.due > $2 AND open_limit.due <= $3
ORDER BY open_limit.due, open_limit.record, open_limit.name
LIMIT $4 OFFSET $5
