-- Limits that end after one moment and not after another.
SELECT COUNT(*) AS n
FROM open_limit
WHERE station_id = $1 AND due > $2 AND due <= $3
