-- record_count_flagged
SELECT COUNT(*) AS n
FROM record
WHERE station_id = $1 AND (flags & $2) <> 0
