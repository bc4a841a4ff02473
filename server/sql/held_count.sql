SELECT COUNT(*) AS n
FROM held_waiting
WHERE station_id = $1
