SELECT
    bundle
FROM catalogue
WHERE station_id = $1 AND hash = $2
