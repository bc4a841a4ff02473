-- The records that a book numbers so. Two books may word their numbers alike.
SELECT DISTINCT record
FROM number
WHERE station_id = $1 AND text = $2
ORDER BY record
LIMIT 2
