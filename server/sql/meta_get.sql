SELECT
    value
FROM meta
WHERE station_id = $1 AND key = $2
