-- Of the records from one id to another, the first two: enough to tell whether it is one.
SELECT record
FROM record
WHERE station_id = $1 AND record >= $2 AND record <= $3
ORDER BY record
LIMIT 2
