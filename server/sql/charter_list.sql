SELECT lineage, n, delta, at
FROM charter
WHERE station_id = $1
ORDER BY lineage, n
