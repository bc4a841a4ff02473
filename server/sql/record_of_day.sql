SELECT
    record
FROM record
WHERE station_id = $1 AND kind = $2 AND day = $3
ORDER BY record
LIMIT $4
