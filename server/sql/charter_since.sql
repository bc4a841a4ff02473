SELECT
    lineage, n, delta, at
FROM charter
WHERE station_id = $1 AND lineage = $2 AND n > $3
ORDER BY n
