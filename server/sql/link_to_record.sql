-- The records that name a record.
SELECT
    link.record, link.field, record.kind, record.title, record.day
FROM link
JOIN record ON record.station_id = link.station_id AND record.record = link.record
WHERE link.station_id = $1 AND link.target = $2
ORDER BY record.day, link.record, link.field
LIMIT $3
